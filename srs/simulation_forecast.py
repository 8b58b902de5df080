"""What simulations say: the price of other settings, the days ahead, the end of a backlog, a warning.

Nothing here names a best setting: the trade-off is shown, and where the person stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srs.simulation import Run, simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from srs.simulation import Progress, Snapshot
    from srs.simulation_behaviour import Assumed, Behaviour
    from srs.simulation_cells import Rules
    from srs.simulation_days import Limits

    Floats = NDArray[np.float64]
    _Settings = dict[float, tuple[Rules, Limits]]

RETENTIONS = (0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 0.98)
NEW_PER_DAY = (0, 10, 20, 30, 50)
FORECAST_DAYS = 30
BAND = 0.8
"""The share of futures that a band holds."""

_ROW_CELLS = 40_000
_BAND_CELLS = 1_500_000
_LEVEL_REPEATS = 50
_WEEK = 7
_WEEKS = ("this week", "next week", "in three weeks")


@dataclass(frozen=True, slots=True)
class Row:
    """What one value of a setting comes to: means over the days, and the last day's knowledge.

    `known` is the sum of recall over all seen cards at the end; `minutes_per_known` all minutes of the
    days by that sum, None where nothing is known. `waiting` are reviews the limits left undone at the
    end. `stands` marks the value in force.
    """

    value: float
    stands: bool
    answers_per_day: float
    reviews_per_day: float
    minutes_per_day: float
    known: float
    minutes_per_known: float | None
    seen: float
    waiting: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A setting's values side by side, ascending, over the same days from the same cards.

    `known_now` is today's sum of recall, `known_idle` what it falls to if nothing is answered.
    `assumed` names what rests on priors.
    """

    rows: tuple[Row, ...]
    days: int
    known_now: float
    known_idle: float
    assumed: tuple[Assumed, ...]


class Band(NamedTuple):
    """The mean of the simulated futures, and what holds 80 % of them, both ends included."""

    expected: float
    low: float
    high: float


class DayAhead(NamedTuple):
    """One study day of the forecast: cards reviewed, all answers, minutes, and new cards (a mean)."""

    day: int
    reviews: Band
    answers: Band
    minutes: Band
    new: float


class Level(NamedTuple):
    """The study day on which no review is left waiting: the middle future, and the 80 % band.

    None is a day beyond `most_days`.
    """

    day: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Load:
    """What a number of new cards a day leads to in the next three weeks.

    `weeks` are mean minutes a day of each week, `weeks_now` the same at the number in force.
    """

    new_per_day: int
    weeks: tuple[float, float, float]
    weeks_now: tuple[float, float, float]

    @property
    def heaviest(self) -> int:
        """Which week is heaviest, 0 to 2; the later of nearly equal ones."""
        most = max(self.weeks)
        return max(week for week, minutes in enumerate(self.weeks) if minutes >= 0.95 * most)

    @property
    def sentence(self) -> str:
        """`50 new a day means about 2 h a day in three weeks`."""
        week = self.heaviest
        return f"{self.new_per_day} new a day means {about(self.weeks[week])} a day {_WEEKS[week]}"


def compare_retention(
    snapshot: Snapshot,
    rules: Rules,
    limits: Limits,
    behaviour: Behaviour,
    *,
    days: int,
    seed: int,
    retentions: Sequence[float] = RETENTIONS,
    repeats: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """What other desired retentions come to; the one in force is always among the rows.

    Decks that have a desired retention of their own keep it. Errors as `simulate`.
    """
    stands = rules.options.desired_retention
    settings: _Settings = {value: (rules.aiming_at(value), limits) for value in sorted({*retentions, stands})}
    return _compare(
        snapshot, settings, stands, behaviour, days=days, seed=seed, repeats=repeats, progress=progress
    )


def compare_new_per_day(
    snapshot: Snapshot,
    rules: Rules,
    limits: Limits,
    behaviour: Behaviour,
    *,
    days: int,
    seed: int,
    new_per_day: Sequence[int] = NEW_PER_DAY,
    repeats: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """What other limits of new cards come to; the one in force is always among the rows."""
    stands = limits.new_per_day
    settings: _Settings = {
        value: (rules, replace(limits, new_per_day=value)) for value in sorted({*new_per_day, stands})
    }
    return _compare(
        snapshot, settings, stands, behaviour, days=days, seed=seed, repeats=repeats, progress=progress
    )


def compare_reviews_per_day(
    snapshot: Snapshot,
    rules: Rules,
    limits: Limits,
    behaviour: Behaviour,
    *,
    days: int,
    seed: int,
    reviews_per_day: Sequence[int],
    repeats: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """What other limits of reviews come to; the one in force is always among the rows."""
    stands = limits.reviews_per_day
    settings: _Settings = {
        value: (rules, replace(limits, reviews_per_day=value)) for value in sorted({*reviews_per_day, stands})
    }
    return _compare(
        snapshot, settings, stands, behaviour, days=days, seed=seed, repeats=repeats, progress=progress
    )


def forecast(
    snapshot: Snapshot,
    rules: Rules,
    limits: Limits,
    behaviour: Behaviour,
    *,
    seed: int,
    days: int = FORECAST_DAYS,
    repeats: int | None = None,
    progress: Progress | None = None,
) -> tuple[DayAhead, ...]:
    """The days ahead, today first, if the person studies every day: expected, and an 80 % band.

    The band holds luck, and what the log leaves open about the person. `repeats` defaults to 20 to
    200, fewer where there are many cards, whose luck evens out.
    """
    if repeats is None:
        repeats = int(np.clip(_BAND_CELLS // max(1, np.size(snapshot.state)), 20, 200))
    run = simulate(
        snapshot,
        rules,
        limits,
        behaviour,
        days=days,
        repeats=repeats,
        seed=seed,
        uncertain=True,
        counts_known=False,
        progress=progress,
    )
    reviews, answers = _whole_bands(run.reviews), _whole_bands(run.answers)
    minutes, new = _bands(run.minutes), run.new.mean(axis=0)
    return tuple(
        DayAhead(snapshot.today + day, reviews[day], answers[day], minutes[day], float(new[day]))
        for day in range(days)
    )


def level_day(
    snapshot: Snapshot,
    rules: Rules,
    limits: Limits,
    behaviour: Behaviour,
    *,
    seed: int,
    most_days: int = 365,
    repeats: int = _LEVEL_REPEATS,
) -> Level:
    """When the reviews that are due no longer exceed what `limits` let a person do in a day.

    The time box is `limits.minutes`; without one the limit of reviews counts alone.
    """
    days = min(30, most_days)
    while True:
        run = simulate(
            snapshot,
            rules,
            limits,
            behaviour,
            days=days,
            repeats=repeats,
            seed=seed,
            uncertain=True,
            counts_known=False,
        )
        level = run.waiting == 0
        first = np.where(level.any(axis=1), level.argmax(axis=1), most_days)
        low, middle, high = np.quantile(first, [0.1, 0.5, 0.9], method="closest_observation")
        if high < days or days >= most_days:
            return Level(*(_day(run, each, days) for each in (middle, low, high)))
        days = min(4 * days, most_days)


def load_of(
    snapshot: Snapshot,
    rules: Rules,
    limits: Limits,
    behaviour: Behaviour,
    *,
    new_per_day: int,
    seed: int,
    repeats: int | None = None,
) -> Load:
    """What `new_per_day` new cards a day lead to, beside what the number in force does."""
    wanted, now = (
        simulate(
            snapshot,
            rules,
            replace(limits, new_per_day=value),
            behaviour,
            days=len(_WEEKS) * _WEEK,
            repeats=repeats or _row_repeats(snapshot),
            seed=seed,
            counts_known=False,
        )
        for value in (new_per_day, limits.new_per_day)
    )
    return Load(new_per_day, _weeks(wanted), _weeks(now))


def about(minutes: float) -> str:
    """Minutes as a person says them: `under a minute`, `about 7 min`, `about 40 min`, `about 2 h`."""
    if minutes < 1:
        return "under a minute"
    if minutes < 57.5:
        whole = round(minutes) if minutes < 10 else 5 * round(minutes / 5)
        return f"about {whole} min"
    return f"about {round(minutes / 30) / 2:g} h"


def _row_repeats(snapshot: Snapshot) -> int:
    """Repeats that make the means steady: fewer where there are many cards, whose luck evens out."""
    return int(np.clip(_ROW_CELLS // max(1, np.size(snapshot.state)), 3, 20))


def _part(progress: Progress | None, number: int, parts: int) -> Progress | None:
    """Progress of one of several runs, as progress of all."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, parts * total)


def _compare(
    snapshot: Snapshot,
    settings: _Settings,
    stands: float,
    behaviour: Behaviour,
    *,
    days: int,
    seed: int,
    repeats: int | None,
    progress: Progress | None,
) -> Comparison:
    runs = [
        simulate(
            *(snapshot, rules, limits, behaviour),
            days=days,
            repeats=repeats or _row_repeats(snapshot),
            seed=seed,
            progress=_part(progress, number, len(settings)),
        )
        for number, (rules, limits) in enumerate(settings.values())
    ]
    rows = tuple(_row(value, value == stands, run) for value, run in zip(settings, runs, strict=True))
    return Comparison(rows, days, runs[0].known_before, runs[0].known_idle, behaviour.assumed)


def _row(value: float, stands: bool, run: Run) -> Row:
    known = float(run.known[:, -1].mean())
    minutes = float(run.minutes.sum(axis=1).mean())
    return Row(
        value=float(value),
        stands=bool(stands),
        answers_per_day=float(run.answers.mean()),
        reviews_per_day=float(run.reviews.mean()),
        minutes_per_day=float(run.minutes.mean()),
        known=known,
        minutes_per_known=minutes / known if known > 0 else None,
        seen=float(run.seen.mean()),
        waiting=float(run.waiting[:, -1].mean()),
    )


def _bands(values: Floats) -> list[Band]:
    """The bands of numbers with fractions, (repeats, days)."""
    tail = (1 - BAND) / 2
    low, high = np.quantile(values, [tail, 1 - tail], axis=0, method="weibull")
    columns = zip(values.mean(axis=0), low, high, strict=True)
    return [Band(float(mean), float(least), float(most)) for mean, least, most in columns]


def _whole_bands(values: ArrayLike) -> list[Band]:
    """The bands of counts, (repeats, days), ends whole.

    A band of whole numbers cannot hold just 80 %, and one that always holds at least that would hold
    90 % of small counts. So each count is spread evenly over the half above and below it; a whole
    number is in the band when it is between the quantiles of that.
    """
    counts = np.asarray(values, dtype=np.float64)
    tail, number = (1 - BAND) / 2, counts.shape[0]
    found = []
    for day in counts.T:
        value, times = np.unique(day, return_counts=True)
        above = np.cumsum(times)
        edges = np.stack([value - 0.5, value + 0.5], axis=1).ravel()
        heights = (np.stack([above - times, above], axis=1).ravel() + 0.5) / (number + 1)
        low, high = np.interp([tail, 1 - tail], heights, edges)
        found.append(Band(float(day.mean()), max(0.0, float(np.ceil(low))), float(np.floor(high))))
    return found


def _day(run: Run, day: float, days: int) -> int | None:
    return run.today + int(day) if day < days else None


def _weeks(run: Run) -> tuple[float, float, float]:
    first, second, third = run.minutes.mean(axis=0).reshape(len(_WEEKS), _WEEK).mean(axis=1)
    return float(first), float(second), float(third)
