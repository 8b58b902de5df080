"""Line charts for the terminal, drawn by plotext and loaded only where one is wanted.

No frame and no colour: frames are of characters whose width terminals disagree on, the dots of
Braille patterns are not. Only lines are drawn here; bars are rows of a table, as their numbers have to
stand before the bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT = 10
NARROWEST = 30
_LINE, _ASCII_LINE = "braille", "*"


class Series(NamedTuple):
    """A line through points; with a `marker` of one character the points alone."""

    xs: Sequence[float]
    ys: Sequence[float]
    marker: str | None = None


class Axis(NamedTuple):
    """Where an axis begins and ends, and what is written at some of its places."""

    low: float
    high: float
    labels: Sequence[tuple[float, str]]


def line_chart(
    series: Sequence[Series],
    *,
    across: Axis,
    up: Axis,
    width: int,
    height: int = HEIGHT,
    ascii_only: bool = False,
) -> list[str]:
    """The rows of a chart, each at most `width` cells; later series are drawn over earlier ones."""
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plotsize(width, height)
    plotext.theme("clear")
    plotext.frame(False)
    for one in series:
        if one.marker is None:
            plotext.plot(list(one.xs), list(one.ys), marker=_ASCII_LINE if ascii_only else _LINE)
        else:
            plotext.scatter(list(one.xs), list(one.ys), marker=one.marker)
    plotext.xlim(across.low, across.high)
    plotext.ylim(up.low, up.high)
    plotext.xticks([at for at, _ in across.labels], [label for _, label in across.labels])
    plotext.yticks([at for at, _ in up.labels], [label for _, label in up.labels])
    text: str = plotext.uncolorize(plotext.build())
    plotext.clear_figure()
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]
