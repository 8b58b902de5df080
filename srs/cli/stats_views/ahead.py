"""The view `forecast`: cards due on each of the next 30 days, and what simulations expect of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs.cli import words
from srs.cli.stats_views import View
from srs.cli.stats_views.dates import day_words
from srs.days import date_of

if TYPE_CHECKING:
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import SimulatedDay, Source


class _Day(NamedTuple):
    day: int
    due: int
    simulated: SimulatedDay | None


def _read(source: Source) -> tuple[_Day, ...]:
    ahead = source.simulated
    return tuple(_Day(day.day, day.due, ahead.get(day.day)) for day in source.summary.forecast)


_SIMULATED = ("expected", "low", "high", "minutes", "minutes_low", "minutes_high")


def _shape(days: tuple[_Day, ...]) -> dict[str, Any]:
    return {
        "forecast": [
            {
                "day": date_of(one.day).isoformat(),
                "due": one.due,
                **{name: getattr(one.simulated, name, None) for name in _SIMULATED},
            }
            for one in days
        ]
    }


def _rows(days: tuple[_Day, ...], page: Page) -> list[Text]:
    total = sum(one.due for one in days)
    heaviest = max(days[1:], key=lambda one: one.due)
    told = f"{words.plural(total, 'card')} due in the next {len(days)} days, as they stand now"
    if heaviest.due:
        told += f"; the heaviest day to come is {day_words(heaviest.day)} with {words.digits(heaviest.due)}"
    drawn = page.head(f"{told}.")
    simulated = any(one.simulated for one in days)
    if page.spoken:
        return drawn + page.notes(*(_spoken(one) for one in days))
    heads = ["", "due"]
    if simulated:
        heads += ["expected", "min"] if page.narrow else ["expected", "80 % of futures", "minutes"]
    rows = [(day_words(one.day), words.digits(one.due), *_cells(one, page)) for one in days]
    rows = [row + ("",) * (len(heads) - len(row)) for row in rows]
    return [*drawn, Text(), *page.table(heads, rows, [one.due for one in days])]


def _cells(one: _Day, page: Page) -> tuple[str, ...]:
    told = one.simulated
    if told is None:
        return ()
    if page.narrow:
        return f"{told.expected:.0f}", f"{told.minutes:.0f}"
    return f"{told.expected:.0f}", f"{told.low:.0f} to {told.high:.0f}", f"{told.minutes:.0f}"


def _spoken(one: _Day) -> str:
    told = f"{day_words(one.day)}: {words.digits(one.due)} due"
    if one.simulated is not None:
        told += (
            f"; {one.simulated.expected:.0f} reviews expected, {one.simulated.low:.0f} to"
            f" {one.simulated.high:.0f}, about {one.simulated.minutes:.0f} min"
        )
    return f"{told}."


VIEWS = {"forecast": View(_read, _shape, _rows)}
