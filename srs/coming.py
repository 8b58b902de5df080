"""What today still asks and what is to come: counted from stored dues within the limits, with about how long.

Nothing is simulated here (that is `looking_ahead`), nothing read. Days are study days, times ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EffortRow = tuple[int, int, int, int, int, int, int]
"""Study day, answers, ms, timed new cards and their ms, timed review cards and their ms."""

FORECAST_DAYS = 30
RECENT_DAYS = 30

DEFAULT_REVIEW_MS = 20_000
DEFAULT_NEW_MS = 60_000
"""What a card takes on a day before there is data; a new card is shown several times."""


@dataclass(frozen=True, slots=True)
class Left:
    """What today still asks within its limits, as `srs due` counts it: new cards, and all others.

    `limited`: the limit of reviews is what keeps more from being asked today.
    """

    new: int = 0
    due: int = 0
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """What tomorrow asks within its limits, as dues stand now: cards due, new ones, and about how long.

    `limited`: the limit of reviews holds some back.
    """

    due: int
    new: int
    ms: int
    limited: bool = False


@dataclass(frozen=True, slots=True)
class DueDay:
    """A study day and how many cards are due on it."""

    day: int
    due: int


def forecast(dues: Mapping[int, int], today: int) -> tuple[DueDay, ...]:
    """Cards due on each of the next 30 study days, today first; what is overdue counts today."""
    overdue = sum(due for day, due in dues.items() if day < today)
    ahead = [DueDay(day, dues.get(day, 0)) for day in range(today, today + FORECAST_DAYS)]
    return (DueDay(today, ahead[0].due + overdue), *ahead[1:])


def time_per_card(effort: Iterable[EffortRow], today: int) -> tuple[float, float]:
    """Mean capped ms that a card took on a day, (new, review), over the last 30 days.

    A card counts once for each day it was answered on, with all its answers of that day; answers
    without a recorded time are left out. Before there is data: 60 s and 20 s.
    """
    recent = [row for row in effort if today - RECENT_DAYS < row[0] <= today]
    new_cards, new_ms, review_cards, review_ms = (sum(row[index] for row in recent) for index in range(3, 7))
    return (
        new_ms / new_cards if new_cards else DEFAULT_NEW_MS,
        review_ms / review_cards if review_cards else DEFAULT_REVIEW_MS,
    )


def load_ms(new: int, due: int, pace: tuple[float, float]) -> int:
    """How long so many new cards and others will take, at the `pace` of `time_per_card`.

    Every estimate that is not simulated is made here.
    """
    return round(new * pace[0] + due * pace[1])


def waiting_today(dues: Mapping[int, int], today: int, left: Left) -> int:
    """How many of the cards due today, overdue ones among them, wait for another day."""
    return max(0, sum(due for day, due in dues.items() if day <= today) - left.due)


def coming_days(dues: Mapping[int, int], today: int, *, waiting: int, limit: int) -> tuple[DueDay, ...]:
    """The days from tomorrow on up to the end of the forecast, each with what it asks within its limit.

    What waits today is asked tomorrow, what does not fit there on the day after, and so on; new cards
    and what comes back once it is answered are not foreseen.
    """
    days = []
    for day in range(today + 1, today + FORECAST_DAYS):
        wanted = waiting + dues.get(day, 0)
        days.append(DueDay(day, min(limit, wanted)))
        waiting = wanted - days[-1].due
    return tuple(days)


def coming_tomorrow(
    dues: Mapping[int, int],
    today: int,
    *,
    new_waiting: int,
    left: Left,
    limits: tuple[int, int],
    pace: tuple[float, float],
) -> Tomorrow:
    """What tomorrow asks: what waits today and what is due then, and new cards, each within its limit.

    `new_waiting` counts all new cards, those `left` for today among them; `limits` are a day's new
    cards and its reviews; `pace` is `time_per_card`.
    """
    new_limit, limit = limits
    wanted = waiting_today(dues, today, left) + dues.get(today + 1, 0)
    due = min(limit, wanted)
    new = min(new_limit, max(0, new_waiting - left.new))
    return Tomorrow(due, new, load_ms(new, due, pace), limited=due < wanted)
