"""The view `knowledge`: how many cards are known, day by day."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli import words
from srs.cli.stats_views import View
from srs.cli.stats_views.dates import month_words, short_words
from srs.days import date_of
from srs.knowledge import as_json, knowledge

if TYPE_CHECKING:
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source
    from srs.knowledge import Knowledge

_BACK = (("A week ago", 7), ("A month ago", 30), ("A quarter ago", 91), ("A year ago", 365))


def _read(source: Source) -> Knowledge:
    return knowledge(source.timeline, source.days, source.now)


def _shape(found: Knowledge) -> dict[str, Any]:
    return {"knowledge": as_json(found)}


def _rows(found: Knowledge, page: Page) -> list[Text]:
    if not found.points or not found.points[-1].cards:
        return page.head("Nothing is known yet.")
    now = found.points[-1]
    drawn = page.head(
        f"You know about {_cards(now.known)} of {words.plural(now.cards, 'card')} answered so far."
    )
    facts = []
    for label, back in _BACK:
        then = next(
            (point for point in found.points if 0 <= point.day - (now.day - back) < found.every), None
        )
        if then is not None:
            facts.append(f"{label}: {_cards(then.known)} of {words.digits(then.cards)}.")
    if page.spoken or len(found.points) < 2:
        return drawn + page.notes(*facts)
    return [*drawn, Text(), *_chart(found, page), Text(), *page.notes(*facts)]


def _cards(known: float) -> str:
    return words.digits(round(known))


def _chart(found: Knowledge, page: Page) -> list[Text]:
    from srs.cli.charts import Axis, Series

    days = [point.day for point in found.points]
    top = _round_up(max(point.known for point in found.points))
    middle = days[len(days) // 2]
    named = month_words if date_of(days[0]).year != date_of(days[-1]).year else short_words
    labels = [(days[0], named(days[0])), (middle, named(middle)), (days[-1], "today")]
    return page.chart(
        [Series(days, [point.known for point in found.points])],
        across=Axis(days[0], days[-1], labels[:: 1 if len(days) > 2 else 2]),
        up=Axis(0, top, [(0, "0"), (top / 2, f"{top / 2:g}"), (top, f"{top:g}")]),
    )


def _round_up(value: float) -> int:
    """The next of 2, 4, 10, 20, 40, 100 … that is not below."""
    size = 1
    while True:
        for step in (2, 4, 6, 8, 10):
            if step * size >= ceil(value):
                return step * size
        size *= 10


VIEWS = {"knowledge": View(_read, _shape, _rows)}
