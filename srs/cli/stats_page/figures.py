"""The frame of every figure of the page: heading, finding, chart, key, definition, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srs.cli.stats_page.markup import Element, clean, element, sentence, table
from srs.stats import interval_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srs.cli.stats_page.charts import Told
    from srs.cli.stats_views.source import Source
    from srs.grouping import Grouped
    from srs.rollover import Cut
    from srs.stats import Retention, Share


class Everything(NamedTuple):
    """What every view read, each once, by its name; retention told apart; and the study day's cut, if any.

    `told` has for each view what it says to those who hear it, the finding first.
    """

    source: Source
    reads: Mapping[str, Any]
    told: Mapping[str, Sequence[str]]
    groups: Mapping[str, Grouped]
    cut: Cut | None


class Numbers(NamedTuple):
    """A table of the figures behind a chart; `open` where the table is the thing to see."""

    heads: Sequence[str]
    rows: Iterable[Sequence[str]]
    open: bool = False


SHARE_HEADS = ("recalled", "answers", "share", "95 % interval", "young", "mature")
"""The columns of `share_row`."""


def figure(
    told: Told,
    finding: str,
    *parts: Element | None,
    means: str,
    numbers: Numbers | None = None,
    key: Sequence[tuple[str, str]] = (),
    wide: bool = False,
) -> Element:
    """A figure: what was found, the chart, what its marks are, what it means, and its numbers in a table."""
    for part in parts:
        described = None if part is None else part.find("desc")
        if described is not None:
            described.text = f"{described.text} {clean(finding)}"
    return element(
        "figure",
        element(
            "figcaption",
            element("h3", clean(told.title)),
            sentence(finding, class_="finding"),
        ),
        *parts,
        _key(key),
        sentence(means, class_="means"),
        _numbers(told, numbers),
        id=told.id,
        class_="whole" if wide else None,
    )


def _key(marks: Sequence[tuple[str, str]]) -> Element | None:
    if not marks:
        return None
    items = [
        element("li", element("span", class_=f"key {kind}", aria_hidden="true"), clean(word))
        for kind, word in marks
    ]
    return element("ul", *items, class_="keys")


def _numbers(told: Told, numbers: Numbers | None) -> Element | None:
    if numbers is None:
        return None
    made = table(told.title, numbers.heads, numbers.rows)
    if numbers.open:
        return made
    return element("details", element("summary", "The numbers"), made)


def all_answers(period: str) -> str:
    """Which answers a figure has, as the beginning of a sentence; `period` as that of the source."""
    return f"Answers{period}" if period else "All answers"


def percent_of(share: Share) -> float | None:
    """The share in per cent, unrounded."""
    return 100 * share.passed / share.total if share.total else None


def interval_of(share: Share) -> tuple[float, float] | None:
    """Its 95 % interval in per cent."""
    if share.interval is None:
        return None
    low, high = share.interval
    return 100 * low, 100 * high


def between(share: Share) -> str:
    """Its 95 % interval in words: `80 to 88 %`."""
    return f"{interval_words(share).replace('-', ' to ')} %" if share.total else ""


def share_row(label: str, row: Retention) -> tuple[str, ...]:
    """A row of `SHARE_HEADS` under a label."""
    every = row.all
    return (
        label,
        f"{every.passed:,}",
        f"{every.total:,}",
        every.percent if every.total else "",
        between(every),
        *(f"{part.passed:,}/{part.total:,}" if part.total else "" for part in (row.young, row.mature)),
    )


def share_note(label: str, share: Share) -> str:
    """What a mark of a share says."""
    if not share.total:
        return f"{label}: no answers"
    return f"{label}: {share.passed:,} of {share.total:,} recalled, {share.percent} ({between(share)})"
