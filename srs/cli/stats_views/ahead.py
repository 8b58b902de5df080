"""The view `forecast`: cards due on each of the next 30 days, and what simulations expect of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs.cli import words
from srs.cli.stats_views import View
from srs.cli.stats_views.dates import day_words
from srs.days import date_of
from srs.stats import ENOUGH_TO_TELL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import SimulatedDay, Source


class Ahead(NamedTuple):
    """One day of the view."""

    day: int
    due: int
    simulated: SimulatedDay | None


class Forecast(NamedTuple):
    """What the view shows: days from today on, and the limit of reviews a day."""

    days: tuple[Ahead, ...]
    limit: int


def _read(source: Source) -> Forecast:
    ahead = source.simulated
    days = source.summary.forecast[: source.ahead_days]
    return Forecast(tuple(Ahead(day.day, day.due, ahead.get(day.day)) for day in days), source.summary.limit)


_SIMULATED = ("expected", "low", "high", "minutes", "minutes_low", "minutes_high", "new")


def _shape(found: Forecast) -> dict[str, Any]:
    return {
        "forecast": [
            {
                "day": date_of(one.day).isoformat(),
                "due": one.due,
                **{name: getattr(one.simulated, name, None) for name in _SIMULATED},
            }
            for one in found.days
        ]
    }


_DUE = "due: as cards stand now."
_EXPECTED = "expected: the reviews you would do, with limits, new cards and what comes back"
_BAND = "low to high holds 80 % of simulated futures"
_NEW = "minutes: of reviews and new cards."


def _rows(found: Forecast, page: Page) -> list[Text]:
    days = found.days
    if not any(one.due or one.simulated for one in days):
        return page.head(f"Nothing is due in {_in_days(days)}.")
    drawn = page.head(_head(found))
    told = [one.simulated for one in days if one.simulated is not None]
    columns: tuple[str, ...] = _WIDE if not page.narrow else _NARROW
    if not any(round(one.new) for one in told):
        columns = tuple(name for name in columns if name != "new")
    if not told:
        columns = ()
    banded = page.spoken or not page.narrow
    expected = f"{_EXPECTED}; {_BAND}." if banded else f"{_EXPECTED}, by simulated futures."
    means = (_DUE, *([expected] if columns else []), *([_NEW] if "new" in columns else []))
    if page.spoken:
        return drawn + page.notes(*(_spoken(one) for one in days), *means)
    rows = [
        (day_words(one.day), words.digits(one.due), *(_cell(one.simulated, name) for name in columns))
        for one in days
    ]
    table = page.table(["", "due", *columns], rows, [_bar(one) for one in days])
    return [*drawn, Text(), *table, Text(), *page.notes(*means)]


_WIDE = ("expected", "low to high", "new", "minutes")
_NARROW = ("expected", "new", "min")
"""The columns after `due`; that of new cards only where there are any."""


def _head(found: Forecast) -> str:
    """How much in all, and the heaviest day where that is a finding."""
    days = found.days
    total = sum(_bar(one) for one in days)
    new = round(sum(one.simulated.new for one in days if one.simulated))
    fresh = f" and {words.plural(new, 'new card')}" if new else ""
    told = f"About {words.plural(_roughly(total), 'review')}{fresh} in {_in_days(days)}"
    heaviest = max(days, key=lambda one: round(_bar(one)))
    most = round(_bar(heaviest))
    if most >= ENOUGH_TO_TELL and len(days) > 1:
        limit = " (your limit)" if most >= found.limit else ""
        told += f"; heaviest {day_words(heaviest.day)}, {words.digits(most)}{limit}"
    return f"{told}."


def _in_days(days: Sequence[Ahead]) -> str:
    return words.plural(len(days), "day")


def _roughly(number: float) -> int:
    """To two digits, as an estimate is said."""
    whole = round(number)
    return round(whole, 2 - len(f"{whole}")) if whole >= 100 else whole


def _bar(one: Ahead) -> float:
    """What a day is expected to ask; where nothing was simulated, what is due."""
    return float(one.due) if one.simulated is None else one.simulated.expected


def _cell(told: SimulatedDay | None, column: str) -> str:
    if told is None:
        return ""
    if column == "low to high":
        return f"{told.low:,.0f} to {told.high:,.0f}"
    value: float = getattr(told, {"min": "minutes"}.get(column, column))
    return f"{value:,.0f}"


def _spoken(one: Ahead) -> str:
    told = f"{day_words(one.day)}: {words.digits(one.due)} due"
    ahead = one.simulated
    if ahead is not None:
        told += (
            f"; {ahead.expected:,.0f} reviews expected, {ahead.low:,.0f} to {ahead.high:,.0f},"
            f"{f' {ahead.new:,.0f} new,' if round(ahead.new) else ''} about {ahead.minutes:,.0f} min"
        )
    return f"{told}."


VIEWS = {"forecast": View(_read, _shape, _rows)}
