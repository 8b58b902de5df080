"""The log of one card as the rows of Anki's review log, from its live lines folded one by one.

An answer's row says what it met and what it led to, as the fold has it. Anki keeps no line that is no
row: suspending, flags and renames show in the card alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.fold import step
from srs.interop.anki_words import (
    LEARN_ROW,
    MANUAL_ROW,
    RELEARN_ROW,
    RESCHEDULED_ROW,
    REVIEW_ROW,
    LogRow,
)
from srs.model import Act, ActKind, Answer, Memory, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srs.model import Line, Options
    from srs.scheduling import Scheduling

_KINDS = {
    State.NEW: LEARN_ROW,
    State.LEARNING: LEARN_ROW,
    State.REVIEW: REVIEW_ROW,
    State.RELEARNING: RELEARN_ROW,
}
_LONGEST_MS = (1 << 31) - 1


class Moments:
    """Moments in ms that no row has yet: Anki knows a row by its moment, and drops a second one."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, at: int, after: int) -> int:
        """The first free moment from `at` on, above `after`: a card's rows stay in their order."""
        at = max(at, after + 1)
        while at in self._taken:
            at += 1
        self._taken.add(at)
        return at


def factor_of(difficulty: float | None) -> int:
    """How a row of FSRS keeps a difficulty of 1 to 10: as 100 to 1100."""
    return round(((1.0 if difficulty is None else difficulty) - 1) / 9 * 1000 + 100)


def rows_of_card(
    lines: Iterable[Line], *, scheduling: Scheduling, options: Mapping[bytes, Options], moments: Moments
) -> list[LogRow]:
    """The rows of a card's live lines, handed in in the order of the log."""
    memory, last = Memory(), 0
    rows: list[LogRow] = []
    for line in lines:
        before = memory
        memory = step(before, line, scheduling=scheduling, options=options)
        if isinstance(line, Answer):
            last = moments.take(line.at, last)
            rows.append(_answer(line, before, memory, rows)._replace(id=last))
            continue
        row = _act(line, before, memory)
        if row is not None:
            last = moments.take(line.at, last)
            rows.append(row._replace(id=last))
    return rows


def _answer(answer: Answer, before: Memory, after: Memory, rows: list[LogRow]) -> LogRow:
    state, met = before.state, before.interval
    if before.stability is None and answer.state_before is State.REVIEW and answer.interval_before:
        # A history that starts mid-way (LOG §2 line 11).
        state, met = State.REVIEW, answer.interval_before
    if state is State.REVIEW:
        last_interval = answer.interval_before or met or 1
    elif state is State.NEW:
        last_interval = 0
    else:
        last_interval = rows[-1].interval if rows else 0
    took = min(max(0, answer.took_ms or 0), _LONGEST_MS)
    return LogRow(
        0,
        int(answer.rating),
        _interval(after),
        last_interval,
        factor_of(after.difficulty),
        took,
        _KINDS[state],
    )


def _interval(memory: Memory) -> int:
    """Days where positive, seconds where negative."""
    if memory.state is State.REVIEW:
        return max(1, memory.interval)
    if memory.due_at is None or memory.last_at is None:
        return 0
    return -max(1, (memory.due_at - memory.last_at) // 1000)


def _act(act: Act, before: Memory, after: Memory) -> LogRow | None:
    """The row of an act that changed what is due; None for any other."""
    if act.kind is ActKind.FORGET and before.reps:
        return LogRow(0, 0, 0, 0, 0, 0, MANUAL_ROW)
    if act.kind not in {ActKind.DUE, ActKind.RESCHEDULE} or before.due_day == after.due_day:
        return None
    kind = MANUAL_ROW if act.kind is ActKind.DUE else RESCHEDULED_ROW
    return LogRow(0, 0, _interval(after), max(1, before.interval), factor_of(after.difficulty), 0, kind)
