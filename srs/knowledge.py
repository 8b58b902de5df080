"""How much is known: the sum of retrievability over all cards, at the end of each study day.

A card counts from its first answer on, and from a forget until the next answer not at all; suspended
and retired cards count, as what was learned is still known. Days have fractions (LOG §2 line 22).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srs.days import date_of

if TYPE_CHECKING:
    from srs.days import StudyDays
    from srs.timeline import Bools, Ints, Timeline

MOST_POINTS = 10_000_000
"""So many cards times days are looked at; where there would be more, only every second day, and so on."""

_AT_ONCE = 1_000_000


class Known(NamedTuple):
    """The end of a study day (of today: now): the sum of retrievability, and of how many cards."""

    day: int
    known: float
    cards: int


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was known on days `every` days apart, oldest first; the last is today."""

    points: tuple[Known, ...]
    every: int = 1


def knowledge(timeline: Timeline, days: StudyDays, now: int) -> Knowledge:
    """What was known on each study day since the first answer, under the parameters in force now."""
    today = days.day(now)
    lines, begin, end = _spans(timeline, today)
    if not lines.size:
        return Knowledge(())
    first = int(begin.min())
    every = 1 + int((end - begin + 1).sum()) // MOST_POINTS
    grid = np.arange(today, first - 1, -every, dtype=np.int64)[::-1]
    moments = np.array([min(days.end(int(day)), now) for day in grid], dtype=np.int64)
    known = np.zeros(grid.size)
    cards = np.zeros(grid.size, dtype=np.int64)
    low = np.searchsorted(grid, begin, "left")
    high = np.searchsorted(grid, end, "right")
    for start, stop in _blocks(high - low):
        which = np.arange(start, stop)
        size = (high - low)[which]
        line = np.repeat(which, size)
        offset = np.arange(line.size) - np.repeat(np.cumsum(size) - size, size)
        place = low[line] + offset
        chosen = lines[line]
        elapsed = np.maximum(moments[place] - timeline.at[chosen], 0) / 86_400_000
        recall = timeline.recalled(chosen, elapsed)
        known += np.bincount(place, recall, minlength=grid.size)
        cards += np.bincount(place, minlength=grid.size)
    points = zip(grid.tolist(), known.tolist(), cards.tolist(), strict=True)
    return Knowledge(tuple(Known(*point) for point in points), every)


def _spans(timeline: Timeline, today: int) -> tuple[Ints, Ints, Ints]:
    """The answers whose memory lasts to the end of some day, and the first and last such day of each."""
    day = np.minimum(timeline.day, today)
    last = np.full(len(timeline), today, dtype=np.int64)
    last[:-1] = np.where(timeline.first[1:], today, day[1:] - 1)
    lasting: Bools = ~timeline.forget & (last >= day)
    lines = np.flatnonzero(lasting)
    return lines, day[lines], last[lines]


def _blocks(sizes: Ints) -> list[tuple[int, int]]:
    """Ranges of spans that together have about `_AT_ONCE` days, each span whole."""
    if not sizes.size:
        return []
    block = np.cumsum(sizes) // _AT_ONCE
    starts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), sizes.size]
    return [(start, stop) for start, stop in pairwise(starts) if stop > start]


def as_json(found: Knowledge) -> dict[str, Any]:
    """The shape of `knowledge` in `srs stats --json`."""
    return {
        "every": found.every,
        "days": [
            {"day": date_of(point.day).isoformat(), "known": point.known, "cards": point.cards}
            for point in found.points
        ],
    }
