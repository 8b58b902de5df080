"""From the rows of Anki's review log to lines of ours: answers with what they decided, and resets.

A row says what it met and what became of the card, so each answer carries its decision and the fold
follows Anki's own intervals (LOG §2 line 16); stability and difficulty are folded anew. Everything an
answer says comes from rows of its card, so that other exports of the same collection say it alike.
"""

from __future__ import annotations

import marshal
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, overload

from srs.ids import id_ms, uuid7
from srs.interop.anki_words import (
    FILTERED_ROW,
    LEARN_ROW,
    MANUAL_ROW,
    RELEARN_ROW,
    RESCHEDULED_ROW,
    REVIEW_ROW,
    AnkiCard,
    LogRow,
)
from srs.model import Rating, State
from srs.scheduling import DEFAULT_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srs.history_lines import Calendar

_DAY_SECONDS = 86_400
_LONGEST_DAYS = 40_000
_SM2_EASE = 1_300
_MS_BITS, _TAIL_BITS = 48, 26
_EASE_BEFORE = {1: 200, 2: 150, 3: 0, 4: -150}
"""What SM-2 took from the ease at each rating."""


class Event(NamedTuple):
    """A line to be: an answer, or (`rating` None) a reset, at a moment in ms.

    The fields are those of `srs.model.Answer`, states as numbers; `due_at` in ms, `due_day` a study day.
    """

    at: int
    rating: int | None
    study_day: int
    offset: int
    took_ms: int = 0
    state_before: int | None = None
    interval_before: int | None = None
    difficulty_before: float | None = None
    state_after: int | None = None
    step_after: int | None = None
    due_day: int | None = None
    due_at: int | None = None


class Events(Sequence[Event]):
    """The events of one card, each packed: as objects those of a whole collection would fill the memory."""

    __slots__ = ("_packed",)

    def __init__(self) -> None:
        self._packed: list[bytes] = []

    def append(self, event: Event) -> None:
        """Add one."""
        self._packed.append(marshal.dumps(tuple(event)))

    def keep_last(self) -> None:
        """Forget all but the last one."""
        del self._packed[:-1]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._packed)

    def __iter__(self) -> Iterator[Event]:
        """One after the other."""
        return (Event(*marshal.loads(one)) for one in self._packed)  # noqa: S302 - what `append` made

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        """An event by its place, or several."""
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        return Event(*marshal.loads(self._packed[place]))  # noqa: S302 - what `append` made


@dataclass(slots=True)
class History:
    """The lines of one card, and its rows that are none: practice, rows set by hand, unusable ones."""

    events: Events = field(default_factory=Events)
    cram: int = 0
    manual: int = 0
    unusable: int = 0
    midway: bool = False
    """Whether the first answer met the card in review: what was before is lost."""
    newest: int = 0
    """The moment of the newest row of any kind, 0 without one."""

    @property
    def answered(self) -> bool:
        """Whether the card was answered since it was new."""
        return bool(self.events) and self.events[-1].rating is not None


def history_of(card: AnkiCard, calendar: Calendar, now: int) -> History:
    """The lines of a card's rows; rows dated after `now` (ms) are unusable."""
    history = History(unusable=card.bad_rows)
    rows = [row for row in card.rows if _is_usable(row, history, now)]
    steps = _Steps()
    for place, row in enumerate(rows):
        history.newest = row.id
        if row.kind == MANUAL_ROW and not row.factor:
            history.events.append(Event(row.id, None, *calendar.of(row.id)))
            steps = _Steps()
        elif row.kind in {MANUAL_ROW, RESCHEDULED_ROW}:
            history.manual += 1
        elif row.kind == FILTERED_ROW and not row.factor:
            history.cram += 1
        else:
            _answer(history, steps, row, _state_next(rows[place + 1 :], card), calendar)
    return history


def _is_usable(row: LogRow, history: History, now: int) -> bool:
    """Whether a row can be a line at all; if not it is counted."""
    rated = row.kind in {LEARN_ROW, REVIEW_ROW, RELEARN_ROW, FILTERED_ROW}
    good = 0 < row.id <= now and (1 <= row.ease <= 4 if rated else row.kind in {MANUAL_ROW, RESCHEDULED_ROW})
    history.unusable += not good
    return good


@dataclass(slots=True)
class _Steps:
    """Where a card stands while its rows are read, since it was new."""

    answers: int = 0
    step: int = 0
    factor: int | None = None
    reviewed: bool = False


def _answer(history: History, steps: _Steps, row: LogRow, after: State | None, calendar: Calendar) -> None:
    day, offset = calendar.of(row.id)
    if row.kind == LEARN_ROW and steps.reviewed and history.events[-1].at < row.id - 1:
        # Older versions forgot a card without a row; it was new again before it could be learned again.
        history.events.append(Event(row.id - 1, None, *calendar.of(row.id - 1)))
        steps.answers, steps.step, steps.factor, steps.reviewed = 0, 0, None, False
    before = _state_met(row, steps)
    interval = _interval_met(row, before)
    if not steps.answers and before is State.REVIEW:
        history.midway = True
    state, step, due_day, due_at = _decision(row, before, after, steps, day)
    history.events.append(
        Event(
            row.id,
            row.ease,
            day,
            offset,
            max(0, row.took_ms),
            int(before),
            interval,
            _difficulty_met(row, steps, interval),
            None if state is None else int(state),
            step,
            due_day,
            due_at,
        )
    )
    steps.answers += 1
    steps.step = step or 0
    steps.factor = row.factor
    steps.reviewed = steps.reviewed or state is State.REVIEW or row.kind in {REVIEW_ROW, RELEARN_ROW}


def _state_met(row: LogRow, steps: _Steps) -> State:
    if row.kind == REVIEW_ROW or (row.kind == FILTERED_ROW and row.last_interval >= 1):
        return State.REVIEW
    if row.kind == RELEARN_ROW:
        return State.RELEARNING
    return State.LEARNING if steps.answers else State.NEW


def _interval_met(row: LogRow, before: State) -> int | None:
    """Whole days; a step of less than a day is none."""
    if before is State.NEW:
        return 0
    if row.last_interval > 0:
        return min(row.last_interval, _LONGEST_DAYS)
    if before is State.REVIEW:
        return None
    return min(-row.last_interval // _DAY_SECONDS, _LONGEST_DAYS)


def _difficulty_met(row: LogRow, steps: _Steps, interval: int | None) -> float | None:
    """What FSRS thought before, where a row tells; for a history that starts mid-way what SM-2 implies."""
    if steps.factor is not None:
        return difficulty_of(steps.factor)
    if steps.answers or not interval:
        return None
    found = difficulty_of(row.factor)
    if found is None and row.factor >= _SM2_EASE:
        found = _difficulty_of_ease(row.factor + _EASE_BEFORE[row.ease], interval)
    return found


def difficulty_of(factor: int) -> float | None:
    """The difficulty 1..10 that a row of FSRS keeps as a factor of 100..1100."""
    return round((factor / 1000 - 0.1) * 9 + 1, 4) if 100 <= factor <= 1100 else None


def _difficulty_of_ease(ease: int, stability: float) -> float:
    """The difficulty at which the interval grows by this ease (in thousandths), as FSRS-6 has it."""
    w = DEFAULT_PARAMETERS
    growth: float = math.exp(w[8]) * stability ** -w[9] * math.expm1(w[10] * (1 - 0.9))
    return min(max(11 - (ease / 1000 - 1) / growth, 1.0), 10.0)


def _state_next(rows: Sequence[LogRow], card: AnkiCard) -> State | None:
    """The state the next row met the card in; after the last one, the state the card is in.

    The interval alone does not tell: a step that crosses into the next day counts in days, too.
    """
    for row in rows:
        if row.kind == LEARN_ROW:
            return State.LEARNING
        if row.kind == RELEARN_ROW:
            return State.RELEARNING
        if row.kind == REVIEW_ROW or (row.kind == FILTERED_ROW and row.factor):
            return State.REVIEW
        if row.kind in {MANUAL_ROW, RESCHEDULED_ROW}:
            return State.REVIEW if row.interval > 0 and row.last_interval > 0 else None
    return State(card.type) if 1 <= card.type <= 3 else None


def _decision(
    row: LogRow, before: State, after: State | None, steps: _Steps, day: int
) -> tuple[State | None, int | None, int | None, int | None]:
    """State, step, due day and due moment that an answer led to."""
    in_steps = State.LEARNING if before in {State.NEW, State.LEARNING} else State.RELEARNING
    if after is None:
        after = State.REVIEW if row.interval > 0 else in_steps
    elif after is not State.REVIEW:
        after = in_steps
    if not row.interval:
        return None, None, None, None
    if after is State.REVIEW:
        days = row.interval if row.interval > 0 else 1
        return State.REVIEW, None, day + min(days, _LONGEST_DAYS), None
    if row.interval > _LONGEST_DAYS or -row.interval > _LONGEST_DAYS * _DAY_SECONDS:
        return None, None, None, None
    seconds = -row.interval if row.interval < 0 else row.interval * _DAY_SECONDS
    step = 0
    if before is not State.REVIEW and row.ease != Rating.AGAIN:
        step = steps.step + (row.ease == Rating.GOOD)
    return after, step, None, row.id + seconds * 1000


def answer_id(key: bytes, at: int) -> bytes:
    """The line id of an answer: its moment, and a hash of its card and moment alone.

    Zone and rollover are left out, other than in ids of CSV files (LOG §1): Anki's rows name their
    moment and nothing else, so two computers that import one collection in two zones write one line in
    two versions, of which the same one counts everywhere.
    """
    digest = sha256(key + f"{at}\0anki".encode()).digest()
    return uuid7(at, int.from_bytes(digest[:10], "big"))


def reset_id(key: bytes, at: int, batch: bytes) -> bytes:
    """The line id of a reset: of its moment, and another for each import, so that undo takes back its own.

    The older of two imports gives the greater id. Of an answer that came with both it is the older
    one's version that counts (`store.twins`), and that was shown after the older one's reset: as the
    last of the two it is what the answer follows.
    """
    later_is_less = (1 << _MS_BITS) - 1 - id_ms(batch)
    digest = sha256(key + f"{at}\0forget\0".encode() + batch).digest()
    return uuid7(at, later_is_less << _TAIL_BITS | int.from_bytes(digest[:4], "big") >> 32 - _TAIL_BITS)
