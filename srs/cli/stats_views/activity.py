"""The views of what was done when: `calendar`, `time`, `hours`, `ratings`."""

from __future__ import annotations

from itertools import dropwhile, groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs import activity
from srs.cli import words
from srs.cli.stats_views import View
from srs.cli.stats_views.dates import MONTHS, WEEKDAYS, short_words
from srs.days import date_of
from srs.stats import ENOUGH_TO_TELL, Share, interval_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.activity import Day, Hour, Rated, Spent, Time
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source

_WEEK = 7
_MONDAY = 4
"""The first Monday since 1970-01-01."""

_MARKS = ".-+*#"
"""A cell of the calendar: nothing, then more and more answers; told apart by shape alone."""
_NONE_YET = "No answers yet."
_SHOWN_WEEKS, _NARROW_WEEKS = 12, 8


# The calendar


class _Calendar(NamedTuple):
    days: tuple[Day, ...]
    ever: bool


def _read_calendar(source: Source) -> _Calendar:
    return _Calendar(activity.calendar(source.every_day, source.today), bool(source.every_day))


def _calendar_shape(found: _Calendar) -> dict[str, Any]:
    return {"calendar": activity.calendar_json(found.days)}


def steps_of(days: Sequence[Day]) -> tuple[int, int, int]:
    """The fewest answers of the second, third and fourth mark: quarters of the days with any."""
    found = sorted(day.answers for day in days if day.answers)
    if not found:
        return 1, 1, 1
    quarter = len(found) / 4
    second, third, fourth = (found[int(quarter * part)] for part in (1, 2, 3))
    return max(2, second), max(3, third), max(4, fourth)


def level_ranges(days: Sequence[Day], between: str) -> list[tuple[int, str]]:
    """The marks 1 to 4 that stand for some number of answers, and which; `between` joins two ends."""
    second, third, fourth = steps_of(days)
    ranges = enumerate([(1, second - 1), (second, third - 1), (third, fourth - 1)], 1)
    told = [
        (at, words.digits(low) if low == high else between.format(words.digits(low), words.digits(high)))
        for at, (low, high) in ranges
        if low <= high
    ]
    return [*told, (4, f"{words.digits(fourth)} or more")]


def _calendar_rows(found: _Calendar, page: Page) -> list[Text]:
    days = found.days
    studied = [day for day in days if day.answers]
    if not studied:
        return page.head(f"No answers in the last {len(days)} days." if found.ever else _NONE_YET)
    answers = sum(day.answers for day in days)
    head = f"Studied on {len(studied)} of the last {len(days)} days: {words.plural(answers, 'answer')}."
    drawn = page.head(head)
    if page.spoken:
        return drawn + page.notes(*_months(days))
    steps = steps_of(days)
    columns = weeks_of(days)[-(page.width - page.margin - 5) :]
    grid = []
    for weekday, name in enumerate(WEEKDAYS):
        cells = [_mark(week[weekday], steps) for week in columns]
        grid.append(f"{name if weekday % 2 == 0 else '':<5}{''.join(cells)}".rstrip())
    levels = [f"{_MARKS[at]} {told}" for at, told in level_ranges(days, "{}-{}")]
    legend = ", ".join([f"{_MARKS[0]} none", *levels])
    cut = [] if len(columns) == len(weeks_of(days)) else [f"The last {len(columns)} weeks of them."]
    return [
        *drawn,
        Text(),
        Text(" " * page.margin + f"{'':<5}" + _month_names(columns), style="dim"),
        *(Text(" " * page.margin + row) for row in grid),
        Text(),
        *page.notes(f"Answers a day: {legend}", *cut),
    ]


def weeks_of(days: Sequence[Day]) -> list[list[Day | None]]:
    """The days in columns from Monday to Sunday; None before the first and after the last."""
    before = (days[0].day - _MONDAY) % _WEEK
    cells: list[Day | None] = [*[None] * before, *days]
    cells += [None] * (-len(cells) % _WEEK)
    return [cells[at : at + _WEEK] for at in range(0, len(cells), _WEEK)]


def _mark(day: Day | None, steps: tuple[int, int, int]) -> str:
    if day is None:
        return " "
    return _MARKS[0] if not day.answers else _MARKS[1 + sum(day.answers >= step for step in steps)]


def _month_names(columns: Sequence[Sequence[Day | None]]) -> str:
    """The names of months over the first whole column of each, as far as they have room."""
    line = ""
    for at, week in enumerate(columns):
        first = next((day for day in week if day is not None and date_of(day.day).day == 1), None)
        if first is not None and at >= len(line) and at + 3 <= len(columns):
            line = line.ljust(at) + MONTHS[date_of(first.day).month - 1] + " "
    return line.rstrip()


def _months(days: Sequence[Day]) -> list[str]:
    told = []
    for (year, month), each in groupby(days, lambda day: (date_of(day.day).year, date_of(day.day).month)):
        studied = [day for day in each if day.answers]
        answers, ms = sum(day.answers for day in studied), sum(day.ms for day in studied)
        name = f"{MONTHS[month - 1]} {year}"
        told.append(
            f"{name}: {words.plural(len(studied), 'day')}, {words.plural(answers, 'answer')}"
            f"{f', {words.duration(ms)}' if ms else ''}."
            if studied
            else f"{name}: nothing."
        )
    return told


# Time


def _read_time(source: Source) -> Time:
    return activity.time_spent(source.every_day, source.today)


def _time_shape(found: Time) -> dict[str, Any]:
    return {"time": activity.time_json(found)}


PERIOD_WORDS = {"today": "today", "7d": "7 days", "30d": "30 days", "365d": "365 days", "all": "all"}
_SPOKEN_PERIODS = {
    "today": "Today",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "365d": "Last 365 days",
    "all": "Ever",
}


def _time_rows(found: Time, page: Page) -> list[Text]:
    if not found.periods["all"].answers:
        return page.head(_NONE_YET)
    drawn = page.head(_time_head(found))
    shown = found.weeks[-(_NARROW_WEEKS if page.narrow else _SHOWN_WEEKS) :]
    weeks = [*dropwhile(lambda week: not week.spent.answers, shown)]
    names = {week.monday: short_words(week.monday) for week in weeks}
    if page.spoken:
        return drawn + page.notes(
            *(f"{_SPOKEN_PERIODS[name]}: {_spoken(each)}." for name, each in found.periods.items()),
            *(f"Week of {names[week.monday]}: {_spoken(week.spent)}." for week in weeks),
            *_untimed(found),
        )
    heads = ("", "days", "answers", "time")
    periods = [(PERIOD_WORDS[name], *_spent(each)) for name, each in found.periods.items()]
    by_week = [(names[week.monday], *_spent(week.spent)) for week in weeks]
    return [
        *drawn,
        Text(),
        *page.table(heads, periods),
        *([Text()] if weeks else []),
        *(page.table(("week of", *heads[1:]), by_week, [week.spent.ms for week in weeks]) if weeks else []),
        *([Text(), *page.notes(*_untimed(found))] if _untimed(found) else []),
    ]


def _time_head(found: Time) -> str:
    month = found.periods["30d"]
    if not found.periods["all"].timed:
        return "No answer tells how long it took."
    if not month.answers:
        return "No answers in the last 30 days."
    if not month.timed:
        return "No answer of the last 30 days tells how long it took."
    day = f", {words.duration(month.ms // month.days)} a day" if month.days > 1 else ""
    return (
        f"In the last 30 days you spent {words.duration(month.ms)} on {words.plural(month.days, 'day')}{day}."
    )


def _spent(one: Spent) -> tuple[str, str, str]:
    return f"{one.days}", words.digits(one.answers), words.duration(one.ms) if one.timed else "-"


def _spoken(one: Spent) -> str:
    if not one.answers:
        return "nothing"
    time = f", {words.duration(one.ms)}" if one.timed else ""
    return f"{words.plural(one.days, 'day')} studied, {words.plural(one.answers, 'answer')}{time}"


def _untimed(found: Time) -> list[str]:
    every = found.periods["all"]
    missing = every.answers - every.timed
    if not missing or not every.timed:
        return []
    return [f"{words.plural(missing, 'answer')} of all without a recorded time."]


# Hours


class _Hours(NamedTuple):
    hours: tuple[Hour, ...]
    period: str


def _read_hours(source: Source) -> _Hours:
    return _Hours(activity.hours(source.summed("hour")), source.period)


def _hours_shape(found: _Hours) -> dict[str, Any]:
    return {"hours": activity.hours_json(found.hours)}


def _hours_rows(found: _Hours, page: Page) -> list[Text]:
    total = sum(one.answers for one in found.hours)
    known = [one for one in found.hours if one.hour is not None and one.answers]
    if not known:
        return page.head(
            _no_answers(found.period) if not total else f"No answer tells its hour{found.period}."
        )
    drawn = page.head(_hours_head(known, total, found.period))
    if page.spoken:
        return drawn + page.notes(
            *(
                f"{hour_words(one.hour)}: {words.plural(one.answers, 'answer')}{_spoken_share(one.share)}."
                for one in found.hours
                if one.answers
            )
        )
    first, last = known[0].hour or 0, known[-1].hour or 0
    shown = [one for one in found.hours if one.hour is None or first <= one.hour <= last]
    heads = ("hour", "answers", "recalled") if page.narrow else ("hour", "answers", "recalled", "")
    rows, bars = [], []
    for quiet, run in groupby(shown, lambda one: not one.answers):
        hours = list(run)
        if quiet and len(hours) > 1:
            rows.append(
                (f"{hour_words(hours[0].hour)} to {hour_words(_after(hours[-1]))}", "none", "", "")[
                    : len(heads)
                ]
            )
            bars.append(0)
            continue
        rows += [
            (
                hour_words(one.hour),
                words.digits(one.answers) if one.answers else "none",
                *_share_cells(one.share),
            )[: len(heads)]
            for one in hours
        ]
        bars += [one.answers for one in hours]
    return [*drawn, Text(), *page.table(heads, rows, bars)]


def _hours_head(known: Sequence[Hour], total: int, period: str) -> str:
    if total < ENOUGH_TO_TELL:
        were = "it was" if total == 1 else "they were"
        return f"{words.plural(total, 'answer')}{period} by the hour {were} given at."
    most = max(known, key=lambda one: one.answers)
    share = f"{words.percent(most.answers / total)} of {words.digits(total)}"
    return (
        f"Most answers{period} come between {hour_words(most.hour)} and {hour_words(_after(most))}: {share}."
    )


def _after(one: Hour) -> int:
    return ((one.hour or 0) + 1) % 24


def _no_answers(period: str) -> str:
    return f"No answers{period}." if period else _NONE_YET


def hour_words(hour: int | None) -> str:
    """An hour of the day as it is told."""
    return "not recorded" if hour is None else f"{hour:02}:00"


def _share_cells(share: Share) -> tuple[str, str]:
    """A share as per cent and its interval, as a fraction where it is small."""
    if not share.total:
        return "-", ""
    if share.total < ENOUGH_TO_TELL:
        return f"{share.passed}/{share.total}", ""
    return share.percent, f"({interval_words(share)})"


def _spoken_share(share: Share) -> str:
    if not share.total:
        return ""
    told = f"; {words.digits(share.passed)} of {words.digits(share.total)} recalled after a day or more"
    if share.total < ENOUGH_TO_TELL:
        return told
    low, high = interval_words(share).split("-")
    return f"{told}, {share.percent}, interval {low} to {high} %"


# Ratings


class _Ratings(NamedTuple):
    ratings: tuple[Rated, ...]
    period: str


def _read_ratings(source: Source) -> _Ratings:
    return _Ratings(activity.ratings(source.summed("state")), source.period)


def _ratings_shape(found: _Ratings) -> dict[str, Any]:
    return {"ratings": activity.ratings_json(found.ratings)}


_NAMES = ("again", "hard", "good", "easy")


def _ratings_rows(found: _Ratings, page: Page) -> list[Text]:
    total = sum(one.share.total for one in found.ratings)
    if not total:
        return page.head(_no_answers(found.period))
    counts = [sum(getattr(one, name) for one in found.ratings) for name in _NAMES]
    told = ", ".join(
        f"{part} {name.capitalize()}"
        for part, name, count in zip(_parts(counts), _NAMES, counts, strict=True)
        if count or total >= ENOUGH_TO_TELL
    )
    drawn = page.head(f"Of {words.plural(total, 'answer')}{found.period}: {told}.")
    if page.spoken:
        return drawn + page.notes(*(_spoken_ratings(one) for one in found.ratings))
    heads = ("met", *_NAMES) if page.narrow else ("met", "answers", *_NAMES, "passed", "")
    rows = []
    for one in found.ratings:
        parts = _parts([getattr(one, name) for name in _NAMES])
        state = one.state or "not recorded"
        rows.append(
            (state, *parts)
            if page.narrow
            else (state, words.digits(one.share.total), *parts, *_share_cells(one.share))
        )
    return [*drawn, Text(), *page.table(heads, rows)]


def rating_shares(counts: Sequence[int]) -> list[str]:
    """Again, Hard, Good and Easy in per cent; all but Again come to what passed, if equal counts let them."""
    again, *others = counts
    whole = sum(counts)
    missed = Share(again, whole).percent
    rest = [count for count in others if count != again]
    taken = round(100 * again / whole) * (len(counts) - len(rest))
    shares = iter(words.percents(rest, whole=whole, together=100 - taken))
    return [missed, *(missed if count == again else next(shares) for count in others)]


def _parts(counts: Sequence[int]) -> list[str]:
    """The same; of few answers their numbers."""
    return rating_shares(counts) if sum(counts) >= ENOUGH_TO_TELL else [f"{count}" for count in counts]


def _spoken_ratings(one: Rated) -> str:
    state = f"{one.state} cards" if one.state else "state not recorded"
    counts = ", ".join(f"{words.digits(getattr(one, name))} {name.capitalize()}" for name in _NAMES)
    return f"{state.capitalize()}: {words.plural(one.share.total, 'answer')}, {counts}."


VIEWS = {
    "calendar": View(_read_calendar, _calendar_shape, _calendar_rows),
    "time": View(_read_time, _time_shape, _time_rows),
    "hours": View(_read_hours, _hours_shape, _hours_rows),
    "ratings": View(_read_ratings, _ratings_shape, _ratings_rows),
}
