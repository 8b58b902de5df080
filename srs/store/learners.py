"""Several learners in one database: everybody has a memory of every live card.

What an import does to decks and cards is everybody's, and a memory says where its card stands: so the
memories of the others follow the cards here, in the same transaction. A learner who comes later gets
new memories of all live cards at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from srs.store.driver import learners_in, rows_of, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from srs.store.database import Database
    from srs.store.heads import Rows


class Pen(Protocol):
    """One learner's log, open in a transaction that others' memories are written in, too."""

    connection: Connection
    learner: str

    def of(self, learner: str) -> Self:
        """The same transaction for another learner."""

    def refold(self, keys: Iterable[bytes]) -> None:
        """Rewrite the memories of these card rows from the lines of their whole classes."""


_COLUMNS = "learner, card, entry, deck, position, state, reps, lapses, passed, suspended, flagged, shelf"
_FIRST = (
    f"INSERT INTO memory ({_COLUMNS})"
    " SELECT :learner, c.key, c.entry, c.deck, c.position, 0, 0, 0, 0, 0, 0, 0 FROM card c"
    " WHERE c.retired = 0 ORDER BY c.key"
)
# A retired card gets no memory, but one that is there goes on the shelf.
_FOLLOW = (
    f"INSERT INTO memory ({_COLUMNS})"
    " SELECT l.learner, c.key, c.entry, c.deck, c.position, 0, 0, 0, 0, 0, 0, c.retired"
    " FROM (SELECT ? AS learner) l CROSS JOIN card c WHERE c.deck = ? AND (c.retired = 0"
    " OR EXISTS (SELECT 1 FROM memory m WHERE m.learner = l.learner AND m.card = c.key))"
    " ON CONFLICT (learner, card) DO UPDATE SET entry = excluded.entry, deck = excluded.deck,"
    " position = excluded.position,"
    " shelf = CASE WHEN excluded.shelf = 1 OR memory.suspended = 1 THEN 1 ELSE 0 END"
)


def is_new(rows: Rows, learner: str) -> bool:
    """Whether a learner has neither memories nor answers in a database with live cards.

    Answers without memories are damage: new memories would hide it, and the doctor folds them.
    """
    mine = {"learner": learner}
    known = any(
        rows(f"SELECT 1 FROM {table} WHERE learner = :learner LIMIT 1", mine)
        for table in ("memory", "review")
    )
    return not known and bool(rows("SELECT 1 FROM card WHERE retired = 0 LIMIT 1", {}))


def welcome(database: Database, learner: str) -> None:
    """Give a learner who has none yet a new memory of every live card."""
    if is_new(database.rows, learner):
        with database.transaction(learner):
            # Asked again: another program of the same learner may have been first.
            if is_new(database.rows, learner):
                database.run(_FIRST, {"learner": learner})


def others_follow(
    pen: Pen, decks: Iterable[str], *, gone: Collection[bytes] = (), refold: Collection[bytes] = ()
) -> None:
    """Bring the memories of all other learners to where the cards of these decks stand now.

    Memories of keys that are `gone` are removed, and the cards of `refold`, which took their lines, are
    folded anew for who had them.
    """
    connection = pen.connection
    others = [learner for learner in learners_in(connection, "memory") if learner != pen.learner]
    for learner in others:
        run_many(
            connection,
            "DELETE FROM memory WHERE learner = ? AND card = ?",
            [(learner, key) for key in sorted(gone)],
        )
        run_many(connection, _FOLLOW, [(learner, deck) for deck in sorted(set(decks))])
        if gone or (refold and _has_parameters(connection, learner)):
            pen.of(learner).refold(refold)


def _has_parameters(connection: Connection, learner: str) -> bool:
    sql = "SELECT 1 FROM act WHERE learner = ? AND kind = 'params' LIMIT 1"
    return bool(rows_of(connection, sql, (learner,)))
