"""The views that count cards by a value: `intervals`, `stability`, `difficulty`, `retrievability`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs.cli import words
from srs.cli.stats_views import View
from srs.histograms import as_json
from srs.stats import ENOUGH_TO_TELL

if TYPE_CHECKING:
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source
    from srs.histograms import Bar, Histogram

_YEAR = 365


class Spread(NamedTuple):
    """What a view shows, and whether there is any answer, also of cards that are not counted."""

    found: Histogram
    ever: bool = True


def _read(name: str, source: Source) -> Spread:
    found = source.histograms[name]
    return Spread(found, found.median is not None or bool(source.every_day))


def _shape(name: str, read: Spread) -> dict[str, Any]:
    return {name: as_json(read.found)}


def _rows(name: str, read: Spread, page: Page) -> list[Text]:
    found = read.found
    if found.median is None:
        what, so = _NOTHING[name]
        return page.head(f"{_NONE_HERE[what] if read.ever else _NONE_YET[what]}, so {so}.")
    what, half = _HEADS[name]
    told = what.format(n=words.plural(found.cards, "card"))
    if found.cards >= ENOUGH_TO_TELL:
        told += f"; {half.format(median=_median(name, found.median))}"
    drawn = page.head(f"{told}.")
    label = partial(bin_words, name)
    if page.spoken:
        return drawn + page.notes(
            *(
                f"{_COLUMNS[name].capitalize()} {label(bar)}: {words.plural(bar.cards, 'card')}."
                for bar in found.bars
                if bar.cards
            )
        )
    rows = [
        (label(bar), words.digits(bar.cards), share if bar.cards else "-")
        for bar, share in zip(found.bars, words.percents([bar.cards for bar in found.bars]), strict=True)
    ]
    heads = (_COLUMNS[name], "cards", "")
    return [*drawn, Text(), *page.table(heads, rows, [bar.cards for bar in found.bars])]


_NONE_YET = {"review": "No card is in review yet", "answered": "No card was answered yet"}
_NONE_HERE = {"review": "No card in the queue is in review", "answered": "No answered card is in the queue"}
"""What is suspended, retired or without text is not in the queue."""

_NOTHING = {
    "intervals": ("review", "there are no intervals"),
    "stability": ("answered", "there is no stability"),
    "difficulty": ("answered", "there is no difficulty"),
    "retrievability": ("answered", "there is nothing to recall"),
}
_HEADS = {
    "intervals": ("{n} in review", "half of the intervals are {median} or less"),
    "stability": ("{n} answered", "half have a stability of {median} or less"),
    "difficulty": ("{n} answered", "half have a difficulty of {median} or less"),
    "retrievability": ("{n} answered", "half have a chance of {median} or less to be recalled now"),
}
"""What is counted, and what is said of it once there is enough."""

_COLUMNS = {
    "intervals": "interval",
    "stability": "stability",
    "difficulty": "difficulty",
    "retrievability": "recall now",
}


def bin_words(name: str, bar: Bar) -> str:
    """From where to where a bin goes: `4 to 7 days`, `6 to 7`, `80 to 90 %`."""
    return (_share if name == "retrievability" else _degree if name == "difficulty" else _days)(bar)


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
