"""Statements handed to the driver as they are: through SQLAlchemy, many rows take three times as long.

They are written with `?` and hold for SQLite and PostgreSQL (`dialect.py` translates them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

AT_ONCE = 500
"""Keys asked for in one statement, below every driver's limit."""


def rows_of(connection: Connection, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows, as the driver gives them: through SQLAlchemy they would take three times as long."""
    result = connection.exec_driver_sql(statement, tuple(values))
    rows = result.cursor.fetchall() if result.cursor is not None else []
    result.close()
    return list(rows)


def has_rows(connection: Connection, table: str) -> bool:
    """Whether there is anything to look for, before a hundred thousand keys are looked for."""
    return bool(rows_of(connection, f"SELECT 1 FROM {table} LIMIT 1"))


def learners_in(connection: Connection, table: str) -> list[str]:
    """Every learner with a row in a table whose key leads with the learner: a step in it for each."""
    sql = (
        f"WITH RECURSIVE l (learner) AS (SELECT min(learner) FROM {table} UNION ALL"
        f" SELECT (SELECT min(t.learner) FROM {table} t WHERE t.learner > l.learner) FROM l"
        " WHERE l.learner IS NOT NULL) SELECT learner FROM l WHERE learner IS NOT NULL"
    )
    return [learner for (learner,) in rows_of(connection, sql)]


def run_many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement once for each row of values, if there are any."""
    if rows:
        connection.exec_driver_sql(statement, list(rows))


def widen_cache(connection: Connection) -> None:
    """Let SQLite keep 64 MB of pages from now on: what goes into many indexes does not fit into its 2."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size = -65536")


def rows_among(
    connection: Connection, start: str, keys: Iterable[Any], *fixed: object, after: str = ""
) -> Iterator[tuple[Any, ...]]:
    """The rows of `start (keys) after`, asked for in parts; `fixed` are the values before the keys."""
    every = list(keys)
    for first in range(0, len(every), AT_ONCE):
        part = every[first : first + AT_ONCE]
        marks = ", ".join("?" * len(part))
        yield from rows_of(connection, f"{start} ({marks}) {after}", (*fixed, *part))
