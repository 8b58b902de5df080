"""What was done when: the year's calendar, time by week, answers by hour of day, ratings by state.

Counts come in as they were summed by day (`store.daily.Sums` has what `Counted` asks for); tables go
out. Time is in ms with each answer capped at 60 s; answers without a recorded time have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from srs.days import date_of
from srs.model import State
from srs.stats import Share, share_json

if TYPE_CHECKING:
    from collections.abc import Iterable

YEAR = 365
WEEKS = 26
"""Weeks that are told one by one, this one among them."""

_MONDAY = 4
"""The first Monday since 1970-01-01, a Thursday."""


class Counted(Protocol):
    """What some answers with `group` in common came to."""

    @property
    def group(self) -> tuple[Any, ...]:
        """The values they have in common."""

    @property
    def again(self) -> int:
        """Answers rated Again."""

    @property
    def hard(self) -> int:
        """Answers rated Hard."""

    @property
    def good(self) -> int:
        """Answers rated Good."""

    @property
    def easy(self) -> int:
        """Answers rated Easy."""

    @property
    def answers(self) -> int:
        """All answers."""

    @property
    def cards(self) -> int:
        """Cards, each once a day."""

    @property
    def timed(self) -> int:
        """Answers with a recorded time."""

    @property
    def ms(self) -> int:
        """Their time."""

    @property
    def true_retention(self) -> tuple[int, int, int, int]:
        """Young passed, young total, mature passed, mature total."""


class Day(NamedTuple):
    """A study day: answers, distinct cards, and time."""

    day: int
    answers: int = 0
    cards: int = 0
    ms: int = 0


class Spent(NamedTuple):
    """Time spent over some days: days with an answer, answers, how many of them were timed, and ms."""

    days: int
    answers: int
    timed: int
    ms: int


class Week(NamedTuple):
    """A week by its Monday."""

    monday: int
    spent: Spent


@dataclass(frozen=True, slots=True)
class Time:
    """Time by period, with the keys of `PERIODS`, and by week, oldest first, this week last."""

    periods: dict[str, Spent]
    weeks: tuple[Week, ...]


PERIODS = {"today": 1, "7d": 7, "30d": 30, "365d": 365, "all": None}
"""Days that each period of `Time` has, today the last of them."""


class Hour(NamedTuple):
    """An hour of the day, 0-23, None where the clock was not recorded: all answers, true retention."""

    hour: int | None
    answers: int
    share: Share


class Rated(NamedTuple):
    """How answers were rated that met a card in one state; None where that was not recorded."""

    state: str | None
    again: int
    hard: int
    good: int
    easy: int

    @property
    def share(self) -> Share:
        """How many passed."""
        passed = self.hard + self.good + self.easy
        return Share(passed, passed + self.again)


def calendar(found: Iterable[Counted], today: int) -> tuple[Day, ...]:
    """The last 365 study days, oldest first, of counts by study day."""
    days = {one.group[0]: Day(one.group[0], one.answers, one.cards, one.ms) for one in found}
    return tuple(days.get(day, Day(day)) for day in range(today - YEAR + 1, today + 1))


def time_spent(found: Iterable[Counted], today: int) -> Time:
    """Time by period and week, of counts by study day; days after today are in `all` alone."""
    days = [(one.group[0], Spent(1, one.answers, one.timed, one.ms)) for one in found]
    periods = {
        name: _together(spent for day, spent in days if length is None or today - length < day <= today)
        for name, length in PERIODS.items()
    }
    monday = today - (today - _MONDAY) % 7
    by_week: dict[int, list[Spent]] = {monday - 7 * back: [] for back in reversed(range(WEEKS))}
    for day, spent in days:
        week = day - (day - _MONDAY) % 7
        if week in by_week and day <= today:
            by_week[week].append(spent)
    return Time(periods, tuple(Week(week, _together(each)) for week, each in by_week.items()))


def _together(parts: Iterable[Spent]) -> Spent:
    every = list(parts)
    return Spent(*(sum(values) for values in zip(*every, strict=True))) if every else Spent(0, 0, 0, 0)


def hours(found: Iterable[Counted]) -> tuple[Hour, ...]:
    """All 24 hours of counts by hour, and None last where there are answers without one."""
    known = {one.group[0]: one for one in found}
    order = [*range(24), *([None] if None in known else [])]
    return tuple(_hour(hour, known.get(hour)) for hour in order)


def _hour(hour: int | None, one: Counted | None) -> Hour:
    if one is None:
        return Hour(hour, 0, Share())
    young_passed, young, mature_passed, mature = one.true_retention
    return Hour(hour, one.answers, Share(young_passed + mature_passed, young + mature))


def ratings(found: Iterable[Counted]) -> tuple[Rated, ...]:
    """The states that were answered in, of counts by state before the answer, unrecorded last."""
    known = {one.group[0]: one for one in found}
    order = [state for state in (*State, None) if state in known]
    return tuple(
        Rated(
            None if state is None else state.word,
            *(getattr(known[state], name) for name in ("again", "hard", "good", "easy")),
        )
        for state in order
    )


# JSON


def calendar_json(days: Iterable[Day]) -> list[dict[str, Any]]:
    """The shape of `calendar` in `srs stats --json`."""
    return [
        {"day": _date(one.day), "answers": one.answers, "cards": one.cards, "minutes": one.ms / 60_000}
        for one in days
    ]


def time_json(found: Time) -> dict[str, Any]:
    """The shape of `time` in `srs stats --json`."""
    return {
        "periods": {name: _spent_json(spent) for name, spent in found.periods.items()},
        "weeks": [{"monday": _date(week.monday), **_spent_json(week.spent)} for week in found.weeks],
    }


def _spent_json(spent: Spent) -> dict[str, Any]:
    return {
        "days": spent.days,
        "answers": spent.answers,
        "timed": spent.timed,
        "minutes": spent.ms / 60_000,
    }


def hours_json(found: Iterable[Hour]) -> list[dict[str, Any]]:
    """The shape of `hours` in `srs stats --json`."""
    return [{"hour": one.hour, "answers": one.answers, **share_json(one.share)} for one in found]


def ratings_json(found: Iterable[Rated]) -> list[dict[str, Any]]:
    """The shape of `ratings` in `srs stats --json`; the interval is that of the share that passed."""
    return [{**one._asdict(), **share_json(one.share)} for one in found]


def _date(day: int) -> str:
    return date_of(day).isoformat()
