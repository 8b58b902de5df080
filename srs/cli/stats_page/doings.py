"""Figures on what was done and what is to come: forecast, calendar, time spent, hours of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srs.cli import words
from srs.cli.stats_page.charts import Axis, Series, Told, columns, plot, scale
from srs.cli.stats_page.figures import Everything, Numbers, all_answers, between, figure
from srs.cli.stats_page.markup import Element, element
from srs.cli.stats_views.activity import PERIOD_WORDS, hour_words, level_ranges, steps_of, weeks_of
from srs.cli.stats_views.dates import MONTHS, WEEKDAYS, day_words, short_words
from srs.days import date_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.activity import Day, Hour, Spent, Time, Week

_WEEK = 7

_Names = tuple[str, str, str]
"""What of a simulated day is drawn: the middle, the lower and the upper end of its band."""

_REVIEWS: _Names = ("expected", "low", "high")
_MINUTES: _Names = ("minutes", "minutes_low", "minutes_high")


# What is to come


def forecast(every: Everything) -> list[Element]:
    """Cards and minutes of the next 30 days."""
    days = every.reads["forecast"].days
    simulated = [one for one in days if one.simulated is not None]
    finding, *_ = every.told["forecast"]
    told = Told("forecast", "Reviews to come", "Cards due, and reviews expected, on each of the next days.")
    due = Series(
        "hollow",
        [(at, one.due) for at, one in enumerate(days)],
        [f"{day_words(one.day)}: {words.plural(one.due, 'card')} due" for one in days],
    )
    series = [*_expected(days, _REVIEWS, "reviews"), due]
    means = (
        "Due counts cards as their dues stand now, today with all that is overdue. Expected is the mean of"
        " simulated futures in which you study every day, and the band holds 80 % of them; what is answered"
        " soon comes back, new cards come in and limits hold some back, so that the two differ."
    )
    key = [("hollow", "due now"), ("line", "expected"), ("band", "80 % of futures")]
    figures = [
        figure(
            told,
            finding,
            _over_days(told, days, series) if simulated or any(one.due for one in days) else None,
            means=means if simulated else "Due counts cards as their dues stand now.",
            key=key if simulated else key[:1] if any(one.due for one in days) else (),
            numbers=Numbers(
                ("day", "due", "expected", "80 % of futures", "new"),
                [
                    (
                        day_words(one.day),
                        words.digits(one.due),
                        *_simulated(one, _REVIEWS),
                        "" if one.simulated is None else f"{one.simulated.new:,.0f}",
                    )
                    for one in days
                ],
            ),
        )
    ]
    if simulated:
        figures.append(_minutes_ahead(days))
    return figures


def _minutes_ahead(days: Sequence[Any]) -> Element:
    told = Told("minutes", "Minutes to come", "Minutes expected on each of the next days, with their band.")
    tomorrow = next((one.simulated for one in days[1:] if one.simulated), None)
    finding = "Nothing is expected."
    if tomorrow is not None:
        finding = f"Tomorrow takes {words.about(round(60_000 * tomorrow.minutes))}"
        if tomorrow.minutes >= 1:
            finding += f", {tomorrow.minutes_low:.0f} to {tomorrow.minutes_high:.0f} in 80 % of futures"
        finding += "."
    series = _expected(days, _MINUTES, "min")
    return figure(
        told,
        finding,
        _over_days(told, days, series),
        means=(
            "Minutes of answering in the same simulated futures, new cards among them, at the pace of your"
            " own answers, each counted with 60 s at most. What stands under Tomorrow at the top differs:"
            " there cards are counted as they are due now, and not what comes back once it is answered."
        ),
        key=[("line", "expected"), ("band", "80 % of futures")],
        numbers=Numbers(
            ("day", "minutes", "80 % of futures"),
            [(day_words(one.day), *_simulated(one, _MINUTES)) for one in days],
        ),
    )


def _expected(days: Sequence[Any], names: _Names, unit: str) -> list[Series]:
    """The band and the middle of what simulations say."""
    found = [(at, one.day, one.simulated) for at, one in enumerate(days) if one.simulated is not None]
    if not found:
        return []
    middle, low, high = ([(float(at), float(getattr(one, name))) for at, _, one in found] for name in names)
    notes = [
        f"{day_words(day)}: {up:.0f} {unit} expected, {bottom:.0f} to {top:.0f} in 80 % of futures"
        for (_, day, _), (_, up), (_, bottom), (_, top) in zip(found, middle, low, high, strict=True)
    ]
    return [Series("band", [*low, *reversed(high), low[0]]), Series("line", middle, notes)]


def _simulated(one: Any, names: _Names) -> tuple[str, ...]:  # noqa: ANN401 - a row of the view, typed there
    if one.simulated is None:
        return ("", "")
    middle, low, high = (getattr(one.simulated, name) for name in names)
    return f"{middle:,.0f}", f"{low:,.0f} to {high:,.0f}"


def _over_days(told: Told, days: Sequence[Any], series: Sequence[Series]) -> Element:
    top = max(up or 0 for one in series for _, up in one.points)
    labels = [(at, "today" if not at else short_words(days[at].day)) for at in range(0, len(days), _WEEK)]
    return plot(told, series, across=Axis(0, len(days) - 1, labels), up=scale(top))


# The calendar


def calendar(every: Everything) -> Element:
    """The year, a column for each week."""
    days: tuple[Day, ...] = every.reads["calendar"].days
    told = Told("calendar", "The year", "")
    finding, *_ = every.told["calendar"]
    key = [("day level-0", "no answers")]
    key += [(f"day level-{at}", told_range) for at, told_range in level_ranges(days, "{} to {}")]
    return figure(
        told,
        finding,
        _year(days),
        means=(
            "A column is a week and a square a study day, the larger and stronger the more answers; the four"
            " sizes divide the days with answers into quarters."
        ),
        key=key,
        numbers=Numbers(("month", "days studied", "answers", "cards a day", "time"), _by_month(days)),
        wide=True,
    )


def _year(days: Sequence[Day]) -> Element:
    steps = steps_of(days)
    weeks = weeks_of(days)
    body = element("tbody")
    for weekday, name in enumerate(WEEKDAYS):
        cells = [_cell(week[weekday], steps) for week in weeks]
        body.append(element("tr", element("th", name, scope="row"), *cells))
    head = element("tr", element("td"))
    for names, span in _month_spans(weeks):
        head.append(element("th", names, scope="colgroup", colspan=f"{span}"))
    return element(
        "table",
        element("caption", "Answers on each study day of the last year"),
        element("thead", head),
        body,
        class_="year",
    )


def _month_spans(weeks: Sequence[Sequence[Day | None]]) -> list[tuple[str, int]]:
    """The months over the weeks in which they begin, and how many weeks each takes; short ones unnamed."""
    spans: list[list[Any]] = []
    for week in weeks:
        month = MONTHS[date_of(next(day for day in reversed(week) if day is not None).day).month - 1]
        if not spans or spans[-1][0] != month:
            spans.append([month, 0])
        spans[-1][1] += 1
    return [(month if span > 2 else "", span) for month, span in spans]


def _cell(day: Day | None, steps: tuple[int, int, int]) -> Element:
    if day is None:
        return element("td")
    level = 0 if not day.answers else 1 + sum(day.answers >= step for step in steps)
    told = f"{day_words(day.day)}: {words.plural(day.answers, 'answer')}"
    if day.answers:
        told += f" to {words.plural(day.cards, 'card')}"
        told += f" in {words.duration(day.ms)}" if day.ms else ""
    number = element("span", words.digits(day.answers), class_="heard")
    return element("td", element("span", number, class_=f"day level-{level}"), title=told)


def _by_month(days: Sequence[Day]) -> Sequence[tuple[str, ...]]:
    months: dict[tuple[int, int], list[Day]] = {}
    for day in days:
        date = date_of(day.day)
        months.setdefault((date.year, date.month), []).append(day)
    rows = []
    for (year, month), each in months.items():
        studied = [day for day in each if day.answers]
        cards = sum(day.cards for day in studied)
        rows.append(
            (
                f"{MONTHS[month - 1]} {year}",
                f"{len(studied)} of {len(each)}",
                words.digits(sum(day.answers for day in studied)),
                f"{cards / len(studied):.0f}" if studied else "",
                words.duration(ms) if (ms := sum(day.ms for day in studied)) else "",
            )
        )
    return rows


# Time and hours


def time(every: Everything) -> Element:
    """Minutes by week, and by period."""
    found: Time = every.reads["time"]
    told = Told("time", "Time spent", "Minutes of answering in each of the last weeks.")
    finding, *_ = every.told["time"]
    bars = [
        (
            short_words(week.monday),
            round(week.spent.ms / 60_000, 1),
            _week_note(week),
        )
        for week in found.weeks
    ]
    whole = found.periods["all"]
    untimed = whole.answers - whole.timed
    missing = f" {words.plural(untimed, 'answer')} of all have no recorded time." if untimed else ""
    rows = [(name, *_spent(found.periods[key])) for key, name in PERIOD_WORDS.items()]
    rows += [(f"week of {short_words(week.monday)}", *_spent(week.spent)) for week in found.weeks]
    return figure(
        told,
        finding,
        columns(told, bars, every=5, unit=" min") if whole.timed else None,
        means=(
            "Minutes by week, from Monday on. Each answer counts with 60 s at most, so that a coffee does not"
            f" count.{missing}"
        ),
        numbers=Numbers(("", "days", "answers", "time"), rows),
    )


def _week_note(week: Week) -> str:
    answers = words.plural(week.spent.answers, "answer")
    spent = f"{words.duration(week.spent.ms)}, {answers}" if week.spent.ms else answers
    return f"Week of {short_words(week.monday)}: {spent}"


def _spent(one: Spent) -> tuple[str, ...]:
    return f"{one.days}", words.digits(one.answers), words.duration(one.ms) if one.timed else ""


def hours(every: Everything) -> Element:
    """Answers by hour of the day."""
    found: tuple[Hour, ...] = every.reads["hours"].hours
    period = every.source.period
    told = Told("hours", f"Hours of the day{period}", "How many answers come at each hour of the day.")
    finding, *_ = every.told["hours"]
    known = [one for one in found if one.hour is not None]
    bars = [
        (hour_words(one.hour), one.answers, f"{hour_words(one.hour)}: {words.plural(one.answers, 'answer')}")
        for one in known
    ]
    return figure(
        told,
        finding,
        columns(told, bars, every=6) if any(one.answers for one in known) else None,
        means=(
            f"{all_answers(period)}, by the hour of the wall clock where they were given. Recalled, in the"
            " numbers, is retention as above, of the answers that count for it."
        ),
        numbers=Numbers(
            ("hour", "answers", "recalled", "of", "share", "95 % interval"),
            [
                (
                    hour_words(one.hour),
                    words.digits(one.answers),
                    words.digits(one.share.passed),
                    words.digits(one.share.total),
                    one.share.percent if one.share.total else "",
                    between(one.share),
                )
                for one in found
            ],
        ),
    )
