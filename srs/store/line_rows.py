"""Lines and memories as rows: the statements that write them, and the values these bind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from srs.store import reading
from srs.store.driver import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from srs.model import Act, Answer, Memory

FEW = 200
"""With fewer lines than that, each is looked for."""
INSERT_ANSWER = (
    f"INSERT INTO review (learner, {reading.ANSWER_COLUMNS}) VALUES (:learner, "
    + ", ".join(f":{column.strip()}" for column in reading.ANSWER_COLUMNS.split(","))
    + ")"
)
INSERT_ACT = (
    f"INSERT INTO act (learner, {reading.ACT_COLUMNS}) VALUES (:learner, "
    + ", ".join(f":{column.strip()}" for column in reading.ACT_COLUMNS.split(","))
    + ")"
)
SET_BELIEF = (
    "state = :state, step = :step, stability = :stability, difficulty = :difficulty, due_day = :due_day,"
    " due_at = :due_at, last_at = :last_at, last_day = :last_day, last_id = :last_id, reps = :reps,"
    " lapses = :lapses, passed = :passed"
)
ACT_VALUES = ("id", "kind", "at", "study_day", "card", "target", "cause", "payload", "device")
"""What an act records."""
INSERT_ACT_VALUES = (
    f"INSERT INTO act (learner, {', '.join(ACT_VALUES)}, undone)"
    f" VALUES ({', '.join('?' * (len(ACT_VALUES) + 1))}, 0)"
)
"""For many at once, by the driver."""
_MEMORY_NAMES = [name.strip() for name in reading.MEMORY_COLUMNS.split(",")]
UPSERT_MEMORY = (
    f"INSERT INTO memory (learner, card, entry, deck, position, shelf, {reading.MEMORY_COLUMNS})"
    " VALUES (:learner, :card, :entry, :deck, :position, :shelf, "
    + ", ".join(f":{name}" for name in _MEMORY_NAMES)
    + ") ON CONFLICT (learner, card) DO UPDATE SET entry = excluded.entry, deck = excluded.deck,"
    " position = excluded.position, shelf = excluded.shelf, "
    + ", ".join(f"{name} = excluded.{name}" for name in _MEMORY_NAMES)
)


def without_known(
    connection: Connection, learner: str, columns: tuple[str, str], lines: Sequence[tuple[Any, ...]]
) -> Sequence[tuple[Any, ...]]:
    """The lines (columns of a table, the id first) without those the log has just so.

    One walk along the log, where they come in its order: of another database nearly every line is here
    as a rule, and to look for each takes several times as long. What is not seen so is looked for.
    """
    if len(lines) < FEW:
        return lines
    table, names = columns
    sql = f"SELECT {names} FROM {table} WHERE learner = ? AND id >= ? AND id <= ? ORDER BY id LIMIT ?"
    bound = (learner, lines[0][0], lines[-1][0], 2 * len(lines))
    here = set(map(tuple, rows_of(connection, sql, bound)))
    return [values for values in lines if values not in here]


def memory_values(memory: Memory) -> dict[str, Any]:
    """What `UPSERT_MEMORY` and `SET_BELIEF` bind of a memory."""
    return {
        "state": int(memory.state),
        "step": memory.step,
        "stability": memory.stability,
        "difficulty": memory.difficulty,
        "due_day": memory.due_day,
        "due_at": memory.due_at,
        "last_at": memory.last_at,
        "last_day": memory.last_day,
        "last_id": memory.last_id,
        "reps": memory.reps,
        "lapses": memory.lapses,
        "passed": int(memory.passed),
        "suspended": int(memory.suspended),
        "flagged": int(memory.flagged),
        "buried_until": memory.buried_until,
    }


def answer_values(answer: Answer) -> dict[str, Any]:
    """What `INSERT_ANSWER` binds of an answer."""
    return {
        "id": answer.id,
        "card": answer.card,
        "at": answer.at,
        "study_day": answer.study_day,
        "rating": int(answer.rating),
        "took_ms": answer.took_ms,
        "revealed_ms": answer.revealed_ms,
        "utc_offset": answer.utc_offset,
        "mode": answer.mode,
        "hinted": None if answer.hinted is None else int(answer.hinted),
        "response": answer.response,
        "after": answer.after,
        "state_before": None if answer.state_before is None else int(answer.state_before),
        "interval_before": answer.interval_before,
        "difficulty_before": answer.difficulty_before,
        "recall": answer.recall,
        "state_after": None if answer.state_after is None else int(answer.state_after),
        "step_after": answer.step_after,
        "due_day": answer.due_day,
        "due_at": answer.due_at,
        "options": answer.options,
        "device": answer.device,
        "batch": answer.batch,
        "undone": int(answer.undone),
        "follows": int(answer.follows),
    }


def act_values(act: Act) -> dict[str, Any]:
    """What `INSERT_ACT` binds of an act; its payload as the one text that it has."""
    return {
        "id": act.id,
        "kind": act.kind.value,
        "at": act.at,
        "study_day": act.study_day,
        "card": act.card,
        "target": act.target,
        "cause": act.cause,
        "payload": json.dumps(act.payload, separators=(",", ":"), sort_keys=True),
        "device": act.device,
        "undone": int(act.undone),
    }
