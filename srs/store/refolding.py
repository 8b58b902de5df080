"""What new parameters change, read and written for very many memories at once.

They change stability and difficulty; due days change only where a line says so (LOG §2 line 20). The
folding itself is done elsewhere, on arrays.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.model import Act, ActKind
from srs.store.driver import run_many
from srs.store.reading import ACT_COLUMNS, act_from, prefixed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from srs.store.heads import Rows
    from srs.store.journal import Journal

_STANDING = (
    "SELECT m.card, m.deck, m.state, m.due_day, m.last_day, m.last_id, m.reps, m.shelf, r.follows, r.due_day"
    " FROM memory m JOIN review r ON r.learner = m.learner AND r.id = m.last_id"
    " WHERE m.learner = :learner AND m.state > 0 ORDER BY m.card"
)
_MOVES = (
    "SELECT coalesce(a.card, d.card), d.id, d.kind, d.payload, d.study_day, d.card"
    " FROM act d LEFT JOIN alias a ON a.old = d.card"
    " WHERE d.learner = :learner AND d.kind IN ('due', 'reschedule') AND d.undone = 0 ORDER BY d.id"
)


class Standing(NamedTuple):
    """The memory of a card that was answered: where it stands, and what its last answer decided."""

    card: bytes
    deck: str
    state: int
    due_day: int | None
    last_day: int
    last_id: bytes
    reps: int
    shelf: int
    follows: int
    decided_day: int | None


class Move(NamedTuple):
    """A live line that says when a card is due: of kind `due` with a day, or of kind `reschedule`."""

    id: bytes
    kind: ActKind
    payload: Mapping[str, Any]
    study_day: int
    key: bytes

    @property
    def day(self) -> int | None:
        """The study day that a `due` line sets."""
        day = self.payload.get("day")
        return day if isinstance(day, int) else None


def standings(rows: Rows, learner: str) -> list[Standing]:
    """The memories of all answered cards, by key."""
    return list(map(Standing._make, rows(_STANDING, {"learner": learner})))


def decks_of_memories(rows: Rows, learner: str) -> dict[bytes, str]:
    """The deck of each card the learner has a memory of; "" where there is no text for it."""
    return dict(rows("SELECT card, deck FROM memory WHERE learner = :learner", {"learner": learner}))


def moves(rows: Rows, learner: str) -> dict[bytes, Move]:
    """By card, the newest live line that sets a due day; an answer after it makes it void."""
    found: dict[bytes, Move] = {}
    for card, line, kind, payload, study_day, key in rows(_MOVES, {"learner": learner}):
        move = Move(line, ActKind(kind), json.loads(payload), study_day, key)
        if move.kind is ActKind.RESCHEDULE or move.day is not None:
            found[card] = move
    return found


def parameter_lines(rows: Rows, learner: str) -> list[Act]:
    """Every line that adopted parameters, live or undone, in the order of the log."""
    found = rows(
        f"SELECT {ACT_COLUMNS} FROM act WHERE learner = :learner AND kind = 'params' ORDER BY id",
        {"learner": learner},
    )
    return list(map(act_from, found))


def newest_to_revert(rows: Rows, learner: str) -> list[Act]:
    """The live lines that adopted parameters or moved due days on their own, newest first."""
    found = rows(
        f"SELECT {prefixed(ACT_COLUMNS, 'a')} FROM act a WHERE a.learner = :learner"
        " AND a.kind IN ('params', 'reschedule') AND a.undone = 0 AND a.cause IS NULL ORDER BY a.id DESC",
        {"learner": learner},
    )
    return list(map(act_from, found))


def retentions(rows: Rows) -> dict[str, float | None]:
    """The desired retention of each deck, where it has its own."""
    return dict(rows("SELECT id, desired_retention FROM deck", {}))


def write_acts(
    journal: Journal,
    kind: ActKind,
    acts: Iterable[tuple[bytes, dict[str, Any]]],
    *,
    cause: bytes | None = None,
) -> None:
    """Write an act on each of many cards, (key, payload), without folding them; one causes them all.

    Without a `cause` it is the first of them.
    """
    for key, payload in acts:
        line = journal.append_act(kind, card=key, cause=cause, payload=payload)
        cause = cause or line


def write_beliefs(
    connection: Connection, learner: str, beliefs: Iterable[tuple[bytes, float, float]]
) -> None:
    """Set stability and difficulty of many memories: (card, stability, difficulty), in order of card."""
    run_many(
        connection,
        "UPDATE memory SET stability = ?, difficulty = ? WHERE learner = ? AND card = ?",
        [(stability, difficulty, learner, card) for card, stability, difficulty in beliefs],
    )


def write_due_days(connection: Connection, learner: str, dues: Mapping[bytes, int]) -> None:
    """Set the due days of many memories in review."""
    run_many(
        connection,
        "UPDATE memory SET due_day = ? WHERE learner = ? AND card = ?",
        [(day, learner, card) for card, day in sorted(dues.items())],
    )
