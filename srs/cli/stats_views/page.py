"""What the views are drawn with: a page's measures, tables whose last column may be bars, charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from srs.cli.drawing import cells, crop, in_ascii
from srs.cli.recall_table import NARROW, TINY, paragraph, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.charts import Axis, Series

MOST_BAR = 24
"""Bars are ambiguous in width, so that none is longer."""
_LEAST_BAR, _LEAST_LABEL = 4, 14
_CHART_WIDTH = 72
_GAP = 2


class Page(NamedTuple):
    """The width of a page in cells, and whether it is read aloud or drawn with ASCII alone."""

    width: int
    plain: bool = False
    ascii_only: bool = False

    @property
    def margin(self) -> int:
        """Where rows below the headline begin."""
        return 1 if self.narrow else 2

    @property
    def narrow(self) -> bool:
        """Whether columns that can be missed are left out."""
        return self.width < NARROW

    @property
    def spoken(self) -> bool:
        """Whether there are sentences alone: for a screen reader, and where nothing else fits."""
        return self.plain or self.width < TINY

    def head(self, sentence: str) -> list[Text]:
        """The headline, the one bold thing."""
        if self.spoken:
            return [Text(self.own(sentence), style="bold")]
        return paragraph(self.own(sentence), self.width, "bold")

    def own(self, text: str) -> str:
        """A text with only what the terminal can show."""
        return in_ascii(text) if self.ascii_only else text

    def notes(self, *sentences: str, style: str = "") -> list[Text]:
        """Sentences under the figures, each on rows of its own; read aloud, each on one line."""
        if self.spoken:
            return [Text(self.own(sentence)) for sentence in sentences]
        room = self.width - self.margin
        return [
            Text(" " * self.margin + line, style)
            for sentence in sentences
            for line in wrapped(self.own(sentence), room)
        ]

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], bars: Sequence[float] | None = None
    ) -> list[Text]:
        """Columns under a dim head: the first stands left, the others right; `bars` come last, if they fit.

        A first column that is too long is cut; where that does not help, the last columns are left out.
        """
        every = [[self.own(cell) for cell in row] for row in (head, *rows)]
        widths = self._fitting([max(cells(row[at]) for row in every) for at in range(len(head))])
        room = self.width - self.margin
        drawn = []
        for row in every:
            first = crop(row[0], widths[0], "...")  # an ellipsis may be two cells wide
            padded = [first + " " * (widths[0] - cells(first))]
            padded += [
                " " * (wide - cells(cell)) + cell for cell, wide in zip(row[1:], widths[1:], strict=False)
            ]
            drawn.append(" " * self.margin + (" " * _GAP).join(padded).rstrip())
        left = room - sum(widths) - _GAP * len(widths)
        if bars is not None:
            full = " " * self.margin + " " * (sum(widths) + _GAP * len(widths))
            drawn[1:] = [
                row.ljust(len(full)) + bar if bar else row
                for row, bar in zip(drawn[1:], self._bars(bars, left), strict=True)
            ]
        return [Text(drawn[0], style="dim"), *map(Text, drawn[1:])]

    def _fitting(self, widths: list[int]) -> list[int]:
        """The widths of the columns that fit on the page."""
        room = self.width - self.margin
        while len(widths) > 1:
            over = sum(widths) + _GAP * (len(widths) - 1) - room
            if over <= 0 or widths[0] - over >= _LEAST_LABEL:
                return [widths[0] - max(0, over), *widths[1:]]
            widths = widths[:-1]
        return widths

    def _bars(self, values: Sequence[float], room: int) -> list[str]:
        """A bar for each value, the greatest the longest; what is not nothing has at least one cell."""
        longest = min(MOST_BAR, room if self.ascii_only else room // 2)
        most = max(values, default=0)
        if longest < _LEAST_BAR or most <= 0:
            return [""] * len(values)
        sign = self.own("█")
        return [sign * (max(1, round(value / most * longest)) if value > 0 else 0) for value in values]

    def chart(self, series: Sequence[Series], *, across: Axis, up: Axis) -> list[Text]:
        """A line chart; nothing where it could not be read."""
        from srs.cli.charts import NARROWEST, line_chart

        width = min(_CHART_WIDTH, self.width - 2 * self.margin)
        if self.spoken or width < NARROWEST:
            return []
        drawn = line_chart(series, across=across, up=up, width=width, ascii_only=self.ascii_only)
        return [Text(" " * self.margin + line) for line in drawn]
