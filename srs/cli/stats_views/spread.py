"""The views that count cards by a value: `intervals`, `stability`, `difficulty`, `retrievability`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli import words
from srs.cli.stats_views import View
from srs.histograms import as_json

if TYPE_CHECKING:
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source
    from srs.histograms import Bar, Histogram

_YEAR = 365


def _read(name: str, source: Source) -> Histogram:
    return source.histograms[name]


def _shape(name: str, found: Histogram) -> dict[str, Any]:
    return {name: as_json(found)}


def _rows(name: str, found: Histogram, page: Page) -> list[Text]:
    if found.median is None:
        return page.head(_NOTHING[name])
    drawn = page.head(
        _HEADS[name].format(n=words.plural(found.cards, "card"), median=_median(name, found.median))
    )
    label = _share if name == "retrievability" else _degree if name == "difficulty" else _days
    if page.spoken:
        return drawn + page.notes(
            *(
                f"{_COLUMNS[name].capitalize()} {label(bar)}: {words.plural(bar.cards, 'card')}."
                for bar in found.bars
                if bar.cards
            )
        )
    rows = [
        (label(bar), words.digits(bar.cards), words.percent(bar.cards / found.cards) if bar.cards else "-")
        for bar in found.bars
    ]
    heads = (_COLUMNS[name], "cards", "")
    return [*drawn, Text(), *page.table(heads, rows, [bar.cards for bar in found.bars])]


_NOTHING = {
    "intervals": "No card is in review yet, so there are no intervals.",
    "stability": "No card was answered yet, so there is no stability.",
    "difficulty": "No card was answered yet, so there is no difficulty.",
    "retrievability": "No card was answered yet, so there is nothing to recall.",
}
_HEADS = {
    "intervals": "{n} in review; half of the intervals are {median} or less.",
    "stability": "{n} answered; half have a stability of {median} or less.",
    "difficulty": "{n} answered; half have a difficulty of {median} or less.",
    "retrievability": "{n} answered; half have a chance of {median} or less to be recalled now.",
}
_COLUMNS = {
    "intervals": "interval",
    "stability": "stability",
    "difficulty": "difficulty",
    "retrievability": "recall now",
}


def _median(name: str, value: float) -> str:
    if name == "retrievability":
        return words.percent(value)
    if name == "difficulty":
        return f"{value:.1f}"
    if value >= words.EXACT_DAYS:
        return words.days(round(value))
    told = f"{value:.1f}".removesuffix(".0") if value >= 0.1 else f"{value:.2g}"
    return f"{told} {'day' if told == '1' else 'days'}"


def _days(bar: Bar) -> str:
    """`under a day`, `1 day`, `4 to 7 days`, `121 to 240 days`, `1 to 2 years`, `over 5 years`."""
    low, high = int(bar.low), bar.high
    if high is None:
        return f"over {(low - 1) // _YEAR} years"
    if low == 0:
        return "under a day"
    if low > _YEAR:
        return f"{(low - 1) // _YEAR} to {int(high - 1) // _YEAR} years"
    last = int(high) - 1
    return words.plural(low, "day") if last == low else f"{low} to {last} days"


def _degree(bar: Bar) -> str:
    return f"{bar.low:.0f} to {bar.high:.0f}"


def _share(bar: Bar) -> str:
    return f"{100 * bar.low:.0f} to {100 * (bar.high or 1):.0f} %"


VIEWS = {
    name: View(partial(_read, name), partial(_shape, name), partial(_rows, name))
    for name in ("intervals", "stability", "difficulty", "retrievability")
}
