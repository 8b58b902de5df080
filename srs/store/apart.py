"""An answer and an act with one id, as damage leaves them: the answer keeps it, the act moves.

The new id follows from the act alone, so every device moves it to the same place, whether it finds the
two in its own log (`srs doctor --fix`) or they meet in a merge. Who knows one of them only keeps it where
it is until the other comes. An undo that named the id takes back the answer, and the act too if it did
before: one more line says so, whose id follows from the act as well.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.ids import id_ms, uuid7
from srs.model import ActKind
from srs.store import arrivals
from srs.store.driver import rows_of, run_many
from srs.store.line_rows import ACT_VALUES, INSERT_ACT_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srs.store.journal import Journal


Values = tuple[Any, ...]
_CARD = ACT_VALUES.index("card")
_SELECT_ACT = f"SELECT {', '.join(ACT_VALUES)}, undone FROM act WHERE learner = ? AND id = ?"
_NAMED = "SELECT 1 FROM act WHERE learner = ? AND target = ? AND kind = 'undo' LIMIT 1"
_COUNTER, _HASHED = 12, 62


def moved(act: Values) -> Values:
    """The values of an act (`line_rows.ACT_VALUES`) with the id it has beside an answer of its id."""
    return (_after(act[0], act), *act[1:])


def _after(line: bytes, told: Values) -> bytes:
    """An id a step of the counter above another, the rest made from what is told."""
    text = json.dumps([value.hex() if isinstance(value, bytes) else value for value in told])
    digest = int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    count = (int.from_bytes(line[6:8], "big") & ((1 << _COUNTER) - 1)) + 1
    ms = id_ms(line) + (count >> _COUNTER)
    found = uuid7(ms, count << _HASHED | digest & ((1 << _HASHED) - 1))
    # The id of an import's line may be made otherwise, and be above all of its millisecond.
    return found if found > line else uuid7(ms + 1, count << _HASHED | digest & ((1 << _HASHED) - 1))


class Moved(NamedTuple):
    """The lines that are new after acts moved, with `undone` 0, and the cards of all that moved."""

    new: list[Values]
    cards: set[bytes]


def move(journal: Journal, ids: Iterable[bytes]) -> Moved:
    """Move the acts that have the ids of answers; what follows from it is the caller's to bring up to date.

    The new lines are noted to be sent everywhere.
    """
    done = Moved([], set())
    for line in ids:
        _move(journal, line, done)
    arrivals.note(journal, [values[0] for values in done.new], "")
    return done


def _move(journal: Journal, line: bytes, done: Moved) -> None:
    connection, learner = journal.connection, journal.learner
    *act, undone = rows_of(connection, _SELECT_ACT, (learner, line))[0]
    was_taken_back = bool(undone) and bool(rows_of(connection, _NAMED, (learner, line)))
    values = moved(tuple(act))
    while not _is_free(journal, values):
        values = moved(values)
    lines = [values, _undo_of(values)] if was_taken_back else [values]
    run_many(connection, "DELETE FROM act WHERE learner = ? AND id = ?", [(learner, line)])
    new = [each for each in lines if not rows_of(connection, _SELECT_ACT, (learner, each[0]))]
    run_many(connection, INSERT_ACT_VALUES, [(learner, *each) for each in new])
    for each in new:
        journal.saw(each[0])
    done.new.extend(new)
    done.cards.update([values[_CARD]] if values[_CARD] is not None else [])


def _undo_of(act: Values) -> Values:
    """The line that takes an act back that moved: the same on every device."""
    line, _, at, study_day, *_, device = act
    return (_after(line, (*act, "undo")), ActKind.UNDO.value, at, study_day, None, line, None, "{}", device)


def _is_free(journal: Journal, values: Values) -> bool:
    """Whether nothing else has an id; the act itself may be there."""
    key = (journal.learner, values[0])
    if rows_of(journal.connection, "SELECT 1 FROM review WHERE learner = ? AND id = ?", key):
        return False
    found = rows_of(journal.connection, _SELECT_ACT, key)
    return not found or tuple(found[0][:-1]) == values
