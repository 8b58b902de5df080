"""Figures on the cards: how much is known, histograms of what FSRS believes, the hardest cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli import words
from srs.cli.stats_page.charts import Axis, Series, Told, plot, rows, scale
from srs.cli.stats_page.figures import Everything, Numbers, figure
from srs.cli.stats_page.markup import Element, clean, table
from srs.cli.stats_views.dates import day_words, month_words, short_words
from srs.cli.stats_views.spread import bin_words
from srs.days import date_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.confusion import Hard
    from srs.histograms import Histogram
    from srs.knowledge import Knowledge, Known

_MOST_ROWS = 60
"""More days than these are told only every so often; the last is always there."""


def knowledge(every: Everything) -> Element:
    """What was known day by day."""
    found: Knowledge = every.reads["knowledge"]
    told = Told("knowledge", "Knowledge", "How many cards are known, and how many were answered so far.")
    finding, *_ = every.told["knowledge"]
    means = (
        "Known is the sum of the chances of recall of all cards answered so far, at the end of each study day"
        " (today: now), as FSRS believes under today's parameters; an estimate without an interval."
    )
    if not found.points:
        return figure(told, finding, means=means)
    points = found.points
    step = 1 + (len(points) - 1) // _MOST_ROWS
    listed = points[::-1][::step][::-1]
    return figure(
        told,
        finding,
        _knowledge_plot(told, points) if len(points) > 1 else None,
        means=means,
        key=[("area", "known"), ("dashes", "answered so far")],
        numbers=Numbers(
            ("day", "known", "cards"),
            [
                (
                    f"{day_words(one.day)} {date_of(one.day).year}",
                    f"{one.known:,.0f}",
                    words.digits(one.cards),
                )
                for one in listed
            ],
        ),
    )


def _knowledge_plot(told: Told, points: Sequence[Known]) -> Element:
    first, last = points[0].day, points[-1].day
    named = month_words if date_of(first).year != date_of(last).year else short_words
    middle = points[len(points) // 2].day
    labels = [(first, named(first)), (middle, named(middle)), (last, "today")]
    return plot(
        told,
        [
            Series("area", [(one.day, one.known) for one in points]),
            Series("line", [(one.day, one.known) for one in points]),
            Series("dashes", [(one.day, one.cards) for one in points]),
        ],
        across=Axis(first, last, labels if len(points) > 2 else labels[::2]),
        up=scale(max(one.cards for one in points)),
    )


_SPREADS = {
    "intervals": (
        "Intervals",
        "Cards in review by the days between their last answer and their due day.",
    ),
    "stability": (
        "Stability",
        "Stability is the days after which the chance of recall has fallen to 90 %, as FSRS believes.",
    ),
    "difficulty": (
        "Difficulty",
        "Difficulty is how hard FSRS believes a card to be, from 1, easy, to 10, hard.",
    ),
    "retrievability": (
        "Chance of recall now",
        "Retrievability is the chance that a card would be recalled now, as FSRS believes.",
    ),
}


def spreads(every: Everything) -> list[Element]:
    """Cards counted by a value, four times."""
    return [_spread(every, name) for name in _SPREADS]


def _spread(every: Everything, name: str) -> Element:
    found: Histogram = every.reads[name].found
    title, means = _SPREADS[name]
    told = Told(name, title, "How many cards there are in each bin.")
    finding, *_ = every.told[name]
    if found.median is None:
        return figure(told, finding, means=means)
    bars = [
        (label, float(bar.cards), f"{label}: {words.plural(bar.cards, 'card')}")
        for bar in found.bars
        for label in (bin_words(name, bar),)
    ]
    median = found.median
    marked = max(at for at, bar in enumerate(found.bars) if bar.low <= median or not at)
    return figure(
        told,
        finding,
        rows(told, bars, marked=marked),
        means=f"{means} Cards that are suspended, retired or without text are left out.",
        key=[("bars", "cards"), ("bars marked", "the bin with the median")],
        numbers=Numbers(
            (title.lower(), "cards", "share"),
            [
                (
                    bin_words(name, bar),
                    words.digits(bar.cards),
                    share if bar.cards else "",
                )
                for bar, share in zip(
                    found.bars, words.percents([bar.cards for bar in found.bars]), strict=True
                )
            ],
        ),
    )


def hard(every: Everything) -> Element:
    """The cards missed most, and what was taken for their answers."""
    found: tuple[Hard, ...] = every.reads["hard"]
    told = Told("hard", "Hardest cards", "")
    finding, *_ = every.told["hard"]
    means = (
        "The ten cards missed most often in review since they were last forgotten, with all their answers and"
        " time. Rewriting a card usually helps more than repeating it."
    )
    if not found:
        return figure(told, finding, means=means, wide=True)
    mixed = [
        (card.name, taken.text, f"{taken.times}", taken.card or "") for card in found for taken in card.taken
    ]
    confusions = (
        table(
            "What was picked or typed instead",
            ("card", "taken for its answer", "times", "that is"),
            [tuple(clean(cell) for cell in row) for row in mixed],
            class_="texts",
        )
        if mixed
        else None
    )
    cards = table(
        "The cards missed most",
        ("card", "missed", "answers", "time", "difficulty", ""),
        [
            (
                card.name,
                f"{card.lapses}",
                words.digits(card.answers),
                words.duration(card.ms),
                f"{card.difficulty:.1f}",
                ", ".join(["leech"] * card.leech + ["suspended"] * card.suspended),
            )
            for card in found
        ],
    )
    return figure(told, finding, cards, confusions, means=means, wide=True)
