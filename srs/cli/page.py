"""The measures of one screen, and text as its rows."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text

from srs.cli.drawing import crop, in_ascii, wrap

NARROW = 60
TEXT_WIDTH = 72
FRAME_WIDTH = 80
PROMPT = "> "
"""What stands before a line that is typed."""


class Row(NamedTuple):
    """A row before it has a place: its text without the margin, and its style."""

    text: str
    style: str = ""


EMPTY = Row("")


class Page(NamedTuple):
    """The measures of one screen."""

    width: int
    height: int
    ascii_only: bool

    @property
    def narrow(self) -> bool:
        """Whether there is too little room for what is told beside something else."""
        return self.width < NARROW

    @property
    def margin(self) -> int:
        """Empty cells on the left."""
        return 1 if self.narrow else 2

    @property
    def text_width(self) -> int:
        """Cells a row of text may take."""
        return max(1, self.width - 3 if self.narrow else min(TEXT_WIDTH, self.width - 4))

    @property
    def frame_width(self) -> int:
        """From the margin to the right edge of the rows that are set to it."""
        edge = self.width - 3 if self.narrow else min(FRAME_WIDTH, self.width) - 2
        return max(1, edge - self.margin)

    def own(self, text: str) -> str:
        """The text in the signs this screen can show."""
        return in_ascii(text) if self.ascii_only else text

    def wrapped(self, text: str, style: str = "", *, indent: int = 0) -> list[Row]:
        """The rows of a text, each `indent` cells in."""
        wide = max(1, self.text_width - indent)
        return [Row(" " * indent + row if row else "", style) for row in wrap(self.own(text), wide)]

    def row(self, text: str, style: str = "") -> Text:
        """A row in its place from the margin on."""
        line = crop(" " * self.margin + text, self.width) if text else ""
        return Text(line, style=style, end="")


def spaced(*blocks: list[Row]) -> list[Row]:
    """Some blocks of rows with an empty row between those that have any."""
    found: list[Row] = []
    for block in blocks:
        if found and block:
            found.append(EMPTY)
        found += block
    return found
