"""Cards counted by interval, stability, difficulty and retrievability, with their medians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srs.refold import Model
from srs.timeline import DAY_MS, parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from srs.refold import Floats
    from srs.timeline import Parameters

SPANS = (1, 2, 4, 8, 15, 31, 61, 121, 241, 366, 731, 1_827)
"""Where the bins of days begin: a day, 2 to 3, 4 to 7, two weeks, a month … a year, two, five."""

EDGES: dict[str, tuple[float, ...]] = {
    "intervals": (0, *SPANS),
    "stability": (0, *SPANS),
    "difficulty": tuple(range(1, 10)),
    "retrievability": tuple(at / 10 for at in range(10)),
}
"""Where each bin begins; it ends where the next begins, the last one holds all the rest."""

TOPS = {"difficulty": 10.0, "retrievability": 1.0}
"""Where the last bin ends, if it does."""


class Bar(NamedTuple):
    """The cards from `low` on and below `high`; the last bin holds its end, too, and may have none."""

    low: float
    high: float | None
    cards: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many cards, their median (None without cards), and all bins up to the last with a card."""

    cards: int
    median: float | None
    bars: tuple[Bar, ...]


def histogram(name: str, values: ArrayLike) -> Histogram:
    """Count values by the bins of one of `EDGES`; values below the first bin count in it."""
    found = np.asarray(values, dtype=np.float64)
    if not found.size:
        return Histogram(0, None, ())
    edges = EDGES[name]
    place = np.clip(np.searchsorted(edges, found, side="right") - 1, 0, None)
    counts = np.bincount(place, minlength=len(edges))
    highs = (*edges[1:], TOPS.get(name))
    filled = np.flatnonzero(counts)
    bars = [Bar(low, high, int(n)) for low, high, n in zip(edges, highs, counts, strict=True)]
    return Histogram(int(found.size), float(np.median(found)), tuple(bars[filled[0] : filled[-1] + 1]))


def histograms(cards: Sequence[tuple[Any, ...]], sets: Parameters, now: int) -> dict[str, Histogram]:
    """All four, of rows as `store.figures.believed` gives them; intervals are of cards in review alone."""
    decks, stability, difficulty, last_at, interval = zip(*cards, strict=True) if cards else ((),) * 5
    stabilities = np.array(stability, dtype=np.float64)
    elapsed = np.maximum(now - np.array(last_at, dtype=np.int64), 0) / DAY_MS
    return {
        "intervals": histogram("intervals", [days for days in interval if days is not None]),
        "stability": histogram("stability", stabilities),
        "difficulty": histogram("difficulty", difficulty),
        "retrievability": histogram("retrievability", recall_now(decks, stabilities, elapsed, sets)),
    }


def recall_now(decks: Iterable[str], stability: Floats, elapsed: Floats, sets: Parameters) -> Floats:
    """Retrievability now, with fractional days (LOG §2 line 22), of cards by their decks.

    `stability` and `elapsed` are in days.
    """
    names = list(decks)
    found = np.empty(stability.size)
    distinct = {deck: parameters_of(sets, deck) for deck in set(names)}
    models = {parameters: Model(parameters) for parameters in set(distinct.values())}
    for parameters, model in models.items():
        mine = np.fromiter((distinct[deck] == parameters for deck in names), dtype=bool, count=len(names))
        found[mine] = (1 + model.factor * elapsed[mine] / stability[mine]) ** model.decay
    return found


def known_now(cards: Sequence[tuple[Any, ...]], sets: Parameters, now: int) -> float:
    """The sum of retrievability now, of rows as `store.figures.believed` gives them."""
    if not cards:
        return 0.0
    decks, stability, _, last_at, _ = zip(*cards, strict=True)
    elapsed = np.maximum(now - np.array(last_at, dtype=np.int64), 0) / DAY_MS
    return float(recall_now(decks, np.array(stability, dtype=np.float64), elapsed, sets).sum())


def as_json(found: Histogram) -> dict[str, Any]:
    """The shape of a histogram in `srs stats --json`; `to` is null where a bin has no end."""
    return {
        "cards": found.cards,
        "median": found.median,
        "bins": [{"from": bar.low, "to": bar.high, "cards": bar.cards} for bar in found.bars],
    }
