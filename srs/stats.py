"""Statistics: counts of the log and the memories, and today, become frozen tables and a verdict.

Nothing here reads the clock or the database: the counts come as plain tuples and mappings (made by
`store/counting.py`), the moment and the calendar are handed in. Shares are proportions 0..1, times
ms, days study days. Definitions: DESIGN §4, last line.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Any, Literal

from srs.days import StudyDays, date_of, moment
from srs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

RecallRow = tuple[int, int, int, int, int, int, int]
"""Study day, cards, right at first try, young passed, young total, mature passed, mature total."""
EffortRow = tuple[int, int, int, int, int, int, int]
"""Study day, answers, ms, timed new cards and their ms, timed review cards and their ms."""

VerdictKind = Literal["on", "under", "above", "unknown"]

FORECAST_DAYS = 30
RECENT_DAYS = 30
MOST_DAYS = 36_500

ENOUGH_FOR_VERDICT = 50
"""Fewer answers give an interval so wide that it holds almost any aim."""

DEFAULT_REVIEW_MS = 20_000
DEFAULT_NEW_MS = 60_000
"""What a card takes on a day before there is data; a new card is shown several times."""

_Z95 = 1.959963984540054


def wilson(passed: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion, (low, high) within 0..1 (Wilson 1927).

    Raises:
        ValueError: unless 0 <= passed <= total and total > 0.

    """
    if not 0 <= passed <= total or total == 0:
        raise ValueError(f"{passed} of {total} is not a proportion")
    rate, z2 = passed / total, _Z95 * _Z95
    centre = rate + z2 / (2 * total)
    spread = _Z95 * sqrt(rate * (1 - rate) / total + z2 / (4 * total * total))
    low = (centre - spread) / (1 + z2 / total) if passed else 0.0
    high = (centre + spread) / (1 + z2 / total) if passed < total else 1.0
    return low, high


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many answers recalled their card."""

    passed: int = 0
    total: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.passed + other.passed, self.total + other.total)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson interval, 0..1; None where there are no answers."""
        return wilson(self.passed, self.total) if self.total else None

    @property
    def percent(self) -> int:
        """Whole per cent; 100 only when every answer passed, 0 only when none did."""
        if self.passed in (0, self.total):
            return 100 if self.passed else 0
        return min(99, max(1, round(100 * self.passed / self.total)))


@dataclass(frozen=True, slots=True)
class Retention:
    """True retention of some days, young and mature apart."""

    young: Share = Share()
    mature: Share = Share()

    @property
    def all(self) -> Share:
        """Young and mature together."""
        return self.young + self.mature


@dataclass(frozen=True, slots=True)
class Left:
    """What today still asks within its limits, as `srs due` counts it: new cards, and all others."""

    new: int = 0
    due: int = 0


@dataclass(frozen=True, slots=True)
class Today:
    """Today so far, and an estimate of its rest; `right` counts cards right at their first try."""

    answered: int
    cards: int
    right: int
    ms: int
    left: Left
    left_ms: int


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """What tomorrow asks, as dues stand now: cards due, new cards, and an estimate of the time."""

    due: int
    new: int
    ms: int


@dataclass(frozen=True, slots=True)
class DueDay:
    """A study day and how many cards are due on it."""

    day: int
    due: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the desired retention lies in the interval of the last 30 days, and the sentence for it."""

    kind: VerdictKind
    sentence: str


@dataclass(frozen=True, slots=True)
class Stats:
    """Everything `srs stats` shows.

    `retention` has the keys `today`, `yesterday`, `7d`, `30d`, `365d`, `all` in this order, and `Nd`
    for other days asked for. `forecast` begins today, with what is overdue. `states` is what
    `store.counting.card_states` counted. `streak` counts days studied since the newest past day
    that was missed.
    """

    as_of: int
    study_day: int
    aim: float
    retention: Mapping[str, Retention]
    today: Today
    tomorrow: Tomorrow
    forecast: tuple[DueDay, ...]
    states: Mapping[str, int]
    days_studied_30: int
    streak: int
    answered_ever: bool
    verdict: Verdict

    @property
    def heaviest(self) -> DueDay | None:
        """The day after today with most cards due, the first of equals; None where none has any."""
        day = max(self.forecast[1:], key=lambda entry: entry.due)
        return day if day.due else None


def windows(today: int, extra_days: int | None = None) -> dict[str, tuple[float, float]]:
    """The rows of the retention table: key -> first and last study day, both included.

    Windows of several days end with today. `extra_days` adds `Nd` where it is no row already.

    Raises:
        UsageError: for fewer days than 1 or more than 36500.

    """
    lengths = {7, 30, 365}
    if extra_days is not None:
        if not 1 <= extra_days <= MOST_DAYS:
            raise UsageError(
                f"{extra_days} is not a number of days for statistics", f"use 1 to {MOST_DAYS} with `--days`"
            )
        lengths.add(extra_days)
    return {
        "today": (today, today),
        "yesterday": (today - 1, today - 1),
        **{f"{length}d": (today - length + 1, today) for length in sorted(lengths)},
        "all": (-inf, inf),
    }


def retention_table(
    recall: Iterable[RecallRow], today: int, extra_days: int | None = None
) -> dict[str, Retention]:
    """True retention by the keys of `windows`."""
    days = [(row[0], Retention(Share(*row[3:5]), Share(*row[5:7]))) for row in recall]
    table = {}
    for key, (first, last) in windows(today, extra_days).items():
        inside = [retention for day, retention in days if first <= day <= last]
        table[key] = Retention(
            sum((retention.young for retention in inside), Share()),
            sum((retention.mature for retention in inside), Share()),
        )
    return table


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


def coming_tomorrow(
    dues: Mapping[int, int],
    today: int,
    *,
    new_waiting: int,
    left: Left,
    new_limit: int,
    pace: tuple[float, float],
) -> Tomorrow:
    """What tomorrow asks: the dues stored for it, and of the new cards that wait what a day allows.

    `new_waiting` counts all new cards, those `left` for today among them; `pace` is `time_per_card`.
    """
    due = dues.get(today + 1, 0)
    new = min(new_limit, max(0, new_waiting - left.new))
    return Tomorrow(due, new, round(new * pace[0] + due * pace[1]))


def verdict(share: Share, aim: float) -> Verdict:
    """Compare the aim with the 95 % interval of the last 30 days; say so when answers are too few."""
    goal = f"your aim is {100 * aim:.4g} %"
    if share.interval is None:
        return Verdict(
            "unknown", f"Too early to judge: no card came back after a day or more in 30 days; {goal}."
        )
    if share.total < ENOUGH_FOR_VERDICT:
        return Verdict(
            "unknown",
            f"Too early to judge: {share.passed} of {share.total} recalled in the last 30 days,"
            f" it takes {ENOUGH_FOR_VERDICT}; {goal}.",
        )
    low, high = share.interval
    kind: VerdictKind = "under" if high < aim else "above" if low > aim else "on"
    words = (
        f"{kind.capitalize()} aim: you recalled {share.percent} % in the last 30 days"
        f" ({interval_words(share, aim)}), {goal}."
    )
    return Verdict(kind, words)


def interval_words(share: Share, aim: float | None = None) -> str:
    """The interval in per cent, `88-93`; with decimals where whole numbers would belie the verdict."""
    low, high = share.interval or (0.0, 1.0)
    words = ""
    for digits in range(5):
        words = f"{100 * low:.{digits}f}-{100 * high:.{digits}f}"
        bounds = round(100 * low, digits), round(100 * high, digits)
        if aim is None or (low <= aim <= high) == (bounds[0] <= 100 * aim <= bounds[1]):
            break
    return words


def summarise(
    *,
    now: int,
    days: StudyDays,
    recall: Iterable[RecallRow],
    effort: Iterable[EffortRow],
    dues: Mapping[int, int],
    states: Mapping[str, int],
    last_missed: int | None,
    left: Left,
    aim: float,
    new_limit: int,
    extra_days: int | None = None,
) -> Stats:
    """All statistics at a moment.

    `recall` holds every day of the log, `effort` at least the last 30 days; `last_missed` is the
    newest past study day without an answer although something was due. `aim` is the desired
    retention, `new_limit` the new cards of a day. Errors as `windows`.
    """
    today = days.day(now)
    recall, effort = list(recall), list(effort)
    table = retention_table(recall, today, extra_days)
    pace = time_per_card(effort, today)
    studied = [row[0] for row in recall if row[0] <= today]
    cards, right = next((row[1:3] for row in recall if row[0] == today), (0, 0))
    answered, ms = next((row[1:3] for row in effort if row[0] == today), (0, 0))
    return Stats(
        as_of=now,
        study_day=today,
        aim=aim,
        retention=table,
        today=Today(answered, cards, right, ms, left, round(left.new * pace[0] + left.due * pace[1])),
        tomorrow=coming_tomorrow(
            dues, today, new_waiting=states.get("new", 0), left=left, new_limit=new_limit, pace=pace
        ),
        forecast=forecast(dues, today),
        states=states,
        days_studied_30=sum(day > today - RECENT_DAYS for day in studied),
        streak=sum(last_missed is None or day > last_missed for day in studied),
        answered_ever=bool(recall),
        verdict=verdict(table["30d"].all, aim),
    )


def as_json(stats: Stats, zone: tzinfo) -> dict[str, Any]:
    """The shape of `srs stats --json`: moments ISO 8601 with zone, days dates, proportions 0..1."""
    today, tomorrow = stats.today, stats.tomorrow
    return {
        "as_of": moment(stats.as_of, zone).isoformat(timespec="seconds"),
        "study_day": date_of(stats.study_day).isoformat(),
        "today": {
            "answered": today.answered,
            "cards": today.cards,
            "minutes": today.ms / 60_000,
            "right_first_try": today.right,
            "left_new": today.left.new,
            "left_due": today.left.due,
            "left_minutes": today.left_ms / 60_000,
        },
        "tomorrow": {"due": tomorrow.due, "new": tomorrow.new, "minutes": tomorrow.ms / 60_000},
        "retention": {key: retention_json(row) for key, row in stats.retention.items()},
        "desired_retention": stats.aim,
        "verdict": verdict_json(stats.verdict),
        "forecast": [{"day": date_of(entry.day).isoformat(), "due": entry.due} for entry in stats.forecast],
        "states": {**stats.states, "review": stats.states.get("young", 0) + stats.states.get("mature", 0)},
        "streak": stats.streak,
        "days_studied_30": stats.days_studied_30,
    }


def verdict_json(found: Verdict) -> dict[str, str]:
    """A verdict, in every JSON that has one."""
    return {"kind": found.kind, "sentence": found.sentence}


def retention_json(row: Retention) -> dict[str, Any]:
    """A row of the table of retention, in every JSON that has one."""
    return {"young": share_json(row.young), "mature": share_json(row.mature), "all": share_json(row.all)}


def share_json(share: Share) -> dict[str, Any]:
    """A share with its interval, in every JSON that has one."""
    low, high = share.interval or (None, None)
    return {"passed": share.passed, "total": share.total, "low": low, "high": high}
