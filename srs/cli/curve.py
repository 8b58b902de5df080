"""The forgetting curve of a card: recall since its first answers, each answer on it, and what is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srs.cli import words
from srs.cli.charts import NARROWEST, Axis, Series, line_chart
from srs.cli.drawing import wrap
from srs.days import date_of
from srs.fold import step
from srs.model import Answer, Memory, Rating
from srs.store import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.listing import AsOf
    from srs.model import Line
    from srs.scheduling import Scheduling
    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile

SHORTEST_DAYS = 14
LONGEST_DAYS = 3_650
PAST_TO_FUTURE = 3
"""The past is drawn at most so many times as long as the time to come."""

POINTS = 160
_UNITS = ((365.25, "year", 1_100), (30.4375, "month", 120), (7, "week", 21), (1, "day", 0))
"""Days of what a span is told in, from so many days on."""
_DAY_MS = 86_400_000


class Point(NamedTuple):
    """A moment (days from now, with fraction) and the predicted recall there, 0..1."""

    days: float
    recall: float


class Due(NamedTuple):
    """The due moment as a point, and its study day."""

    days: float
    recall: float
    day: int


class Curve(NamedTuple):
    """Predicted recall from past days to `days` whole days ahead, unless the card is answered before.

    `recalled` and `missed` are the answers on the way, each at what was predicted for it. `due` is the
    due moment, None for a card that is due already or in steps.
    """

    past: tuple[Point, ...]
    ahead: tuple[Point, ...]
    recalled: tuple[Point, ...]
    missed: tuple[Point, ...]
    due: Due | None
    days: int


def read_curve(
    rows: Rows, learner: str, on_file: CardOnFile, *, scheduling: Scheduling, as_of: AsOf
) -> Curve | None:
    """The curve of a card under its deck's parameters; None for a card without a live answer."""
    memory, now = on_file.memory, as_of.now
    if memory.stability is None or memory.last_at is None:
        return None
    wait = max(0, (memory.due_day or 0) - as_of.today)
    since = (now - memory.last_at) // _DAY_MS
    # Far enough to see it fall: well past the due day, or past the stability when it is due already;
    # after a long wait so far that the newest answers are still in the past that is drawn.
    ahead = max(SHORTEST_DAYS, 2 * wait, round(min(memory.stability, LONGEST_DAYS)), since // 2)
    ahead = min(ahead, LONGEST_DAYS)
    steps = _steps(rows, learner, on_file, scheduling)
    begin = max(now - PAST_TO_FUTURE * ahead * _DAY_MS, min((at for at, *_ in steps), default=now))
    due = None
    if wait and memory.due_day is not None:
        moment = as_of.days.start(memory.due_day)
        due = Due((moment - now) / _DAY_MS, scheduling.recall(memory, moment) or 0.0, memory.due_day)
    answers = [
        (Point((at - now) / _DAY_MS, before), rating)
        for at, rating, before, _ in steps
        if before is not None and at >= begin
    ]
    return Curve(
        past=_past(steps, scheduling, begin, now),
        ahead=_ahead(memory, scheduling, now, ahead),
        recalled=tuple(point for point, rating in answers if rating > Rating.AGAIN),
        missed=tuple(point for point, rating in answers if rating == Rating.AGAIN),
        due=due,
        days=ahead,
    )


_Step = tuple[int, int, "float | None", Memory]
"""An answer: its moment, its rating, the recall predicted before it, the memory after it."""


def _steps(rows: Rows, learner: str, on_file: CardOnFile, scheduling: Scheduling) -> list[_Step]:
    """The live answers since the last forget, as the fold goes through them."""
    keys = reading.class_keys(rows, on_file.key)
    answers = reading.answers_of(rows, learner, keys)
    acts = reading.acts_of(rows, learner, keys)
    options = reading.options_by_name(rows, learner)
    found: list[_Step] = []
    memory = Memory()
    lines: list[Line] = [*answers, *acts]
    for line in sorted((line for line in lines if not line.undone), key=lambda line: line.id):
        before = scheduling.recall(memory, line.at)
        memory = step(memory, line, scheduling=scheduling, options=options)
        if isinstance(line, Answer):
            told = before if line.recall is None else line.recall
            found.append((line.at, int(line.rating), told, memory))
        elif memory.last_at is None:
            found.clear()
    return found


def _past(steps: list[_Step], scheduling: Scheduling, begin: int, now: int) -> tuple[Point, ...]:
    """The curve up to now: full at each answer, falling after it."""
    found: list[Point] = []
    ends = [at for at, *_ in steps[1:]] + [now]
    span = max(1, now - begin)
    for (at, _, _, memory), end in zip(steps, ends, strict=True):
        start, stop = max(at, begin), min(end, now)
        if stop < begin or stop < start:
            continue
        count = 1 + POINTS * (stop - start) // span
        for part in range(count + 1):
            moment = start + (stop - start) * part // count
            found.append(Point((moment - now) / _DAY_MS, scheduling.recall(memory, moment) or 0.0))
    return tuple(found)


def _ahead(memory: Memory, scheduling: Scheduling, now: int, days: int) -> tuple[Point, ...]:
    """The curve from now on, unless the card is answered."""
    moments = [now + round(days * _DAY_MS * at / POINTS) for at in range(POINTS + 1)]
    return tuple(
        Point((moment - now) / _DAY_MS, scheduling.recall(memory, moment) or 0.0) for moment in moments
    )


def recall_words(curve: Curve, recall: float, as_of: AsOf) -> str:
    """The curve in words: now, when due, at its end."""
    told = [f"{words.percent(recall)} now"]
    if curve.due is not None:
        told.append(f"{words.percent(curve.due.recall)} when due ({_date(curve.due.day, as_of)})")
    told.append(f"{words.percent(curve.ahead[-1].recall)} on {_date(as_of.today + curve.days, as_of)}")
    return ", ".join(told)


def curve_lines(curve: Curve, as_of: AsOf, width: int, *, ascii_only: bool) -> list[str]:
    """The curve drawn, and what its signs mean; nothing where it could not be read."""
    if width < NARROWEST:
        return []
    line = [*curve.past, *curve.ahead]
    first, last = line[0].days, line[-1].days
    low = int(10 * min(point.recall for point in (*line, *curve.recalled, *curve.missed))) / 10
    across = [(0.0, "today"), (last, _date(as_of.today + curve.days, as_of))]
    if -first > last / 2:
        across.insert(0, (first, _date(as_of.today + round(first), as_of)))
    up = [(at, f"{100 * at:.0f} %") for at in (low, (low + 1) / 2, 1.0)]
    due = [Point(curve.due.days, curve.due.recall)] if curve.due else []
    marked = [(curve.recalled, "o", "recalled"), (curve.missed, "x", "missed")]
    marked.append((tuple(due), "D", f"due {_date(curve.due.day, as_of)}" if curve.due else ""))
    drawn = line_chart(
        [_series(line), *(_series(points, sign) for points, sign, _ in marked if points)],
        across=Axis(first, last, across),
        up=Axis(low, 1.0, up),
        width=width,
        ascii_only=ascii_only,
    )
    key = ", ".join(f"{sign} {what}" for points, sign, what in marked if points)
    caption = wrap(span_words(first, last), width)
    return [*drawn, *caption, *(wrap(key, width) if key else ())]


def span_words(first: float, last: float) -> str:
    """What the axis reaches over: `Recall, the last 6 weeks and 2 ahead`."""
    past, ahead = round(-first), round(last)
    longest = max(past, ahead)
    size, unit = next((size, unit) for size, unit, least in _UNITS if longest >= least)
    before, after = (round(days / size) for days in (past, ahead))
    if not before:
        return f"Recall, {words.plural(after, unit)} ahead"
    last_ones = words.plural(before, unit) if before > 1 else unit
    return f"Recall, the last {last_ones}" + (f" and {words.digits(after)} ahead" if after else "")


def _series(points: Sequence[Point], marker: str | None = None) -> Series:
    return Series([point.days for point in points], [point.recall for point in points], marker)


def _date(day: int, as_of: AsOf) -> str:
    return words.day(date_of(day), date_of(as_of.today))
