"""Values that cannot stand where they stand: of another type, out of range, no JSON, no UTF-8.

SQLite takes any value in any column, so a damaged page may pass its own check with such in it. What is
asked of each column follows from the tables; what is asked beyond that stands here. A server takes no
value of another type and no text that is none: there only what is asked beyond can be wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, Integer, LargeBinary

from srs.store import daily
from srs.store.migrations import TABLES
from srs.store.sharing_checks import REMEMBERED, forget_folders

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Table

    Rows = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]

_DAY = f"BETWEEN {daily.FIRST_DAY} AND {daily.LAST_DAY}"
_MS = "BETWEEN -69120000000000 AND 259200000000000"
_KEY = "length({}) = 16"
_FIT: dict[str, dict[str, str]] = {
    # By table and column, what holds where the column is not NULL.
    "review": {
        "rating": "{} BETWEEN 1 AND 4",
        "study_day": f"{{}} {_DAY}",
        "due_day": f"{{}} {_DAY}",
        "at": f"{{}} {_MS}",
        "due_at": f"{{}} {_MS}",
        "state_before": "{} BETWEEN 0 AND 3",
        "state_after": "{} BETWEEN 0 AND 3",
        **dict.fromkeys(("id", "card", "after", "options", "batch"), _KEY),
    },
    "act": {
        "study_day": f"{{}} {_DAY}",
        "at": f"{{}} {_MS}",
        "payload": "json_valid({}) AND json_type({}) = 'object'",
        "kind": "{} IN ('undo', 'forget', 'suspend', 'resume', 'bury', 'flag', 'unflag', 'due',"
        " 'reschedule', 'options', 'params', 'same', 'deck', 'batch')",
        **dict.fromkeys(("id", "card", "target", "cause"), _KEY),
    },
    "card": {
        "tags": "json_valid({}) AND json_type({}) = 'array'",
        "extra": "json_valid({}) AND json_type({}) = 'object'",
        "retired": "{} IN (0, 1)",
        **dict.fromkeys(("key", "entry"), _KEY),
    },
    "memory": {
        "state": "{} BETWEEN 0 AND 3",
        **dict.fromkeys(("due_day", "last_day", "buried_until"), f"{{}} {_DAY}"),
        **dict.fromkeys(("due_at", "last_at"), f"{{}} {_MS}"),
        **dict.fromkeys(("card", "entry", "last_id"), _KEY),
        **dict.fromkeys(("passed", "suspended", "flagged", "shelf"), "{} IN (0, 1)"),
    },
    "alias": dict.fromkeys(("old", "card"), _KEY),
    "card_tag": {"card": _KEY},
    "card_need": {"card": _KEY},
    "options": {"body": "json_valid({}) AND json_type({}) = 'object'", "hash": _KEY},
    "daily": {"study_day": f"{{}} {_DAY}"},
    "daily_stale": {"study_day": f"{{}} {_DAY}"},
    "daily_mark": {"id": _KEY},
    "twin": {"line": "json_valid({}) AND json_type({}) = 'array'", **dict.fromkeys(("id", "batch"), _KEY)},
    "arrival": {"known": "{} IN (0, 1)", "ids": "length({}) % 16 = 0"},
    "sync_mark": {"sent_to": "length({}) IN (0, 16)", "arrived_to": "{} >= 0"},
    "sync_file": {"read_to": "{} >= 0", "head_hash": "json_valid({})"},
    "device": {"learner": "{} <> ''"},
    "deck": {"extra": "json_valid({}) AND json_type({}) = 'object'"},
}
_DERIVED = frozenset(
    {"memory", "daily", "daily_mark", "daily_stale", "card_tag", "card_need", "alias", "options"}
    | {*REMEMBERED}
)
_DERIVED_BITS = frozenset({"undone", "follows"})
"""Tables and columns that can be made anew, so that what stands in them is no loss."""


def bad_values(rows: Rows) -> dict[str, int]:
    """By table, how many rows hold a value that cannot be: of the tables that cannot be made anew."""
    return _bad(rows, derived=False)


def strays(rows: Rows) -> dict[str, int]:
    """By table, the same of the tables that can be made anew: their rows may be removed."""
    return _bad(rows, derived=True)


def remove_strays(connection: Connection) -> None:
    """Remove such rows; what should stand there is made from the log afterwards."""
    # Of what is remembered of shared folders one part tells nothing without the others.
    forget_folders(connection)
    for table in TABLES:
        if table.name in _DERIVED:
            wrong = f"NOT ({_condition(table)})"
            for name in _loose_texts(connection, table):
                # SQLite takes any bytes for text; what does not come out as it went in is no UTF-8.
                wrong += f' OR "{name}" IN (SELECT bad FROM temp.no_text)'
            if _loose_texts(connection, table):
                _list_no_texts(connection, table)
            connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {wrong}")


def _loose_texts(connection: Connection, table: Table) -> list[str]:
    """The columns whose texts may be none."""
    return _texts(table) if connection.dialect.name == "sqlite" else []


def _list_no_texts(connection: Connection, table: Table) -> None:
    connection.exec_driver_sql("CREATE TEMP TABLE IF NOT EXISTS no_text (bad TEXT)")
    connection.exec_driver_sql("DELETE FROM temp.no_text")
    for name in _texts(table):
        found = connection.exec_driver_sql(f'SELECT DISTINCT CAST("{name}" AS BLOB) FROM {table.name}')
        for (raw,) in found.fetchall():
            if raw is not None and not _is_text(raw):
                connection.exec_driver_sql("INSERT INTO temp.no_text VALUES (CAST(? AS TEXT))", (raw,))


def _bad(rows: Rows, *, derived: bool) -> dict[str, int]:
    there = {name for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table'", {})}
    found = {}
    for table in TABLES:
        if table.name in there and (table.name in _DERIVED) is derived:
            count = rows(f"SELECT count(*) FROM {table.name} WHERE NOT ({_condition(table)})", {})[0][0]
            count += 0 if count else _no_text(rows, table)
            if count:
                found[table.name] = count
    return found


def _condition(table: Table) -> str:
    """What must hold in each row; never NULL."""
    parts = []
    for column in table.columns:
        if column.name in _DERIVED_BITS:
            continue
        name = f'"{column.name}"'
        fit = _FIT.get(table.name, {}).get(column.name)
        must = f"typeof({name}) {_type(column.type)}"
        if fit is not None:
            must += f" AND {fit.replace('{}', name)}"
        parts.append(f"({name} IS NULL OR ({must}))" if column.nullable else f"({must})")
    return " AND ".join(parts)


def _type(kind: object) -> str:
    if isinstance(kind, Integer):
        return "= 'integer'"
    if isinstance(kind, Float):
        return "IN ('real', 'integer')"
    return "= 'blob'" if isinstance(kind, LargeBinary) else "= 'text'"


def _no_text(rows: Rows, table: Table) -> int:
    """How many different texts of a table are no UTF-8, which SQLite itself does not look at."""
    return sum(
        raw is not None and not _is_text(raw)
        for name in _texts(table)
        for (raw,) in rows(f'SELECT DISTINCT CAST("{name}" AS BLOB) FROM {table.name}', {})
    )


def _texts(table: Table) -> list[str]:
    kinds: tuple[type, ...] = (Integer, Float, LargeBinary)
    return [column.name for column in table.columns if not isinstance(column.type, kinds)]


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
