"""What may be wrong in what is kept for devices that share a log, found and put right.

What is remembered of a shared folder can be forgotten: the next sync reads all of it and sends what it
lacks. Further versions of imported answers cannot: they are lines of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srs.store import batches, twins
from srs.store.driver import run_many
from srs.store.reading import newest_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection

    from srs.store.journal import Journal

    Rows = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]

REMEMBERED = ("arrival", "sync_file", "sync_mark")
"""What is remembered of shared folders; one of these tells nothing without the others."""
_ROW = ", ".join(f"r.{name}" for name in twins.VALUE_NAMES)


def marks_ahead(rows: Rows, learner: str) -> int:
    """How many marks say that lines were sent which are not here: what comes below them is never sent."""
    newest = newest_line(rows, learner) or b""
    sql = "SELECT count(*) FROM sync_mark WHERE learner = :learner AND sent_to > :newest"
    return int(rows(sql, {"learner": learner, "newest": newest})[0][0])


def forget_folders(connection: Connection) -> None:
    """Begin with every shared folder anew."""
    for table in REMEMBERED:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    connection.exec_driver_sql("UPDATE twin SET source = '' WHERE source <> ''")


def wrong_versions(rows: Rows, learner: str) -> set[bytes]:
    """The ids of imported answers whose row is not the version that counts, or that have no row."""
    me = {"learner": learner}
    sql = "SELECT id, undone FROM act WHERE learner = :learner AND kind = 'batch'"
    is_dead: dict[bytes | None, int] = dict(rows(sql, me))
    if not rows("SELECT 1 FROM twin WHERE learner = :learner LIMIT 1", me):
        return set()
    named = {
        target
        for (target,) in rows(
            "SELECT target FROM act WHERE learner = :learner AND kind = 'undo' AND undone = 0", me
        )
    }

    def rank(batch: bytes | None) -> tuple[bool, bytes]:
        return bool(is_dead.get(batch, batch in named)), batch or b""

    sql = (
        "SELECT t.id, t.batch, r.id, r.batch FROM twin t LEFT JOIN review r"
        " ON r.learner = t.learner AND r.id = t.id WHERE t.learner = :learner"
    )
    return {line for line, batch, row, of in rows(sql, me) if row is None or rank(batch) < rank(of)}


def mend_versions(journal: Journal, ids: Iterable[bytes]) -> set[bytes]:
    """Put them right; the keys of the cards to fold anew."""
    connection, learner = journal.connection, journal.learner
    cards: set[bytes] = set()
    for line in sorted(ids):
        versions = twins.versions(connection, learner, [line])
        cards |= {values[twins.CARD] for values in versions.values()}
        if not journal.rows("SELECT 1 FROM review WHERE learner = :who AND id = :id", _key(learner, line)):
            batch, values = min((each or b"", values) for (_, each), values in versions.items())
            _write(connection, learner, values)
            where = "DELETE FROM twin WHERE learner = ? AND id = ? AND batch = ?"
            run_many(connection, where, [(learner, line, batch)])
        cards |= twins.settle_lines(connection, learner, {line})
    return cards


def _key(learner: str, line: bytes) -> dict[str, Any]:
    return {"who": learner, "id": line}


def _write(connection: Connection, learner: str, values: tuple[Any, ...]) -> None:
    written: Iterator[int] = batches.insert_answers(connection, learner, [(*values, 0, 0)])
    for _ in written:
        pass
