"""Statistics: counts of the log and the memories, and today, become frozen tables and a verdict.

Nothing here reads the clock or the database: the counts come as plain tuples and mappings (made by
`store/counting.py`), the moment and the calendar are handed in. Shares are proportions 0..1, times
ms, days study days. Definitions: DESIGN §4, last line.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Any, Literal

from srs.coming import (
    RECENT_DAYS,
    coming_days,
    coming_tomorrow,
    forecast,
    load_ms,
    time_per_card,
    waiting_today,
)
from srs.days import StudyDays, date_of, moment
from srs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from srs.coming import DueDay, EffortRow, Left, Tomorrow

RecallRow = tuple[int, int, int, int, int, int, int]
"""Study day, cards, right at first try, young passed, young total, mature passed, mature total."""
VerdictKind = Literal["on", "under", "above", "unknown"]

MOST_DAYS = 36_500

ENOUGH_FOR_VERDICT = 50
"""Fewer answers give an interval so wide that it holds almost any aim."""

ENOUGH_TO_TELL = 20
"""Of fewer answers a share is told as a fraction, and of fewer cards or answers nothing is made a finding."""

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
    def percent(self) -> str:
        """Whole per cent in words: `100 %` only when every answer passed, `0 %` only when none did."""
        whole = round(100 * self.passed / self.total) if self.total else 0
        if whole == 0 and self.passed:
            return "<1 %"
        return ">99 %" if whole == 100 and self.passed < self.total else f"{whole} %"


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
class Today:
    """Today so far, and an estimate of its rest; `right` counts cards right at their first try.

    `waiting` are cards due today that wait for another day: beyond the limit of reviews, buried, or
    one of an entry of which another card is asked today.
    """

    answered: int
    cards: int
    right: int
    ms: int
    left: Left
    left_ms: int
    waiting: int = 0


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
    that was missed. `coming` are the days from tomorrow on, as `coming_days` gives them; `limit` is
    that of reviews.
    """

    as_of: int
    study_day: int
    aim: float
    retention: Mapping[str, Retention]
    today: Today
    tomorrow: Tomorrow
    forecast: tuple[DueDay, ...]
    coming: tuple[DueDay, ...]
    limit: int
    states: Mapping[str, int]
    days_studied_30: int
    streak: int
    answered_ever: bool
    verdict: Verdict

    @property
    def heaviest(self) -> DueDay | None:
        """The day to come with most cards, the first of equals; None where tomorrow says as much."""
        day = max(self.coming, key=lambda entry: entry.due)
        return day if day.due >= ENOUGH_TO_TELL and day.due > self.coming[0].due else None


def check_days(days: int) -> None:
    """See that statistics can be of so many days.

    Raises:
        UsageError: for fewer days than 1 or more than 36500.

    """
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(
            f"{days} is not a number of days for statistics", f"use 1 to {MOST_DAYS} with `--days`"
        )


def windows(today: int, extra_days: int | None = None) -> dict[str, tuple[float, float]]:
    """The rows of the retention table: key -> first and last study day, both included.

    Windows of several days end with today. `extra_days` adds `Nd` where it is no row already.

    Raises:
        UsageError: for fewer days than 1 or more than 36500.

    """
    lengths = {7, 30, 365}
    if extra_days is not None:
        check_days(extra_days)
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
        f"{kind.capitalize()} aim: you recalled {share.percent} in the last 30 days"
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
    limits: tuple[int, int],
    extra_days: int | None = None,
) -> Stats:
    """All statistics at a moment.

    `recall` holds every day of the log, `effort` at least the last 30 days; `last_missed` is the
    newest past study day without an answer although something was due. `aim` is the desired
    retention, `limits` the new cards and the reviews of a day. Errors as `windows`.
    """
    today = days.day(now)
    recall, effort = list(recall), list(effort)
    table = retention_table(recall, today, extra_days)
    pace = time_per_card(effort, today)
    studied = [row[0] for row in recall if row[0] <= today]
    cards, right = next((row[1:3] for row in recall if row[0] == today), (0, 0))
    answered, ms = next((row[1:3] for row in effort if row[0] == today), (0, 0))
    waiting = waiting_today(dues, today, left)
    return Stats(
        as_of=now,
        study_day=today,
        aim=aim,
        retention=table,
        today=Today(answered, cards, right, ms, left, load_ms(left.new, left.due, pace), waiting),
        tomorrow=coming_tomorrow(
            dues, today, new_waiting=states.get("new", 0), left=left, limits=limits, pace=pace
        ),
        forecast=forecast(dues, today),
        coming=coming_days(dues, today, waiting=waiting, limit=limits[1]),
        limit=limits[1],
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
            "waiting": today.waiting,
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
