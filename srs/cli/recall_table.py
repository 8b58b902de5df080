"""True retention in rows and columns: young, mature, all, at any width and in plain lines.

The fractions are ASCII; so is a label that the program chose. One that a deck chose may be long, wide
or written from right to left, and then stands on a row of its own.
"""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from srs.cli.drawing import cells, crop, right_to_left
from srs.cli.words import digits
from srs.stats import ENOUGH_TO_TELL, interval_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.stats import Retention, Share

    Rows = Sequence[tuple[str, Retention]]

NARROW = 60
"""Below this width columns are folded."""
TINY = 30
"""Below this width the plain lines are shown."""

_WIDEST_LABEL = 26
_FIGURES, _FOLDED_FIGURES = 43, 28
"""What three columns take at least, with fractions and with per cents alone."""


class Form(NamedTuple):
    """How wide a row is, and where its parts begin."""

    width: int
    margin: int
    label: int

    @property
    def indent(self) -> int:
        """Where the words of a row begin."""
        return self.margin + self.label

    def head(self, label: str) -> str:
        """A label with blanks up to where the words begin."""
        return " " * self.margin + label + " " * (self.label - cells(label))

    def row(self, label: str, words: str) -> list[Text]:
        """A label and a sentence, wrapped under its own first word."""
        first, *more = wrapped(words, self.width - self.indent)
        return [Text(self.head(label) + first), *(Text(" " * self.indent + line) for line in more)]


def form_for(width: int, labels: Iterable[str] = ()) -> Form:
    """The form for a width: its labels take what the longest needs, as long as the figures fit."""
    margin, label, figures = (1, 10, _FOLDED_FIGURES) if width < NARROW else (2, 11, _FIGURES)
    wanted = min(_WIDEST_LABEL, 2 + max(map(cells, labels), default=0))
    return Form(width, margin, max(label, min(wanted, width - margin - figures)))


def wrapped(words: str, width: int) -> list[str]:
    """Lines of at most `width`; a number, or a sign alone, stays with the word after it."""
    tied = re.sub(r"(?<=\d) (?=\S)|(?<=(?<!\S)[-.+*#]) (?=\S)| (?=[\d,]+\))", "\N{NO-BREAK SPACE}", words)
    lines = wrap(tied, width, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def paragraph(words: str, width: int, style: str = "") -> list[Text]:
    """A sentence over as many rows as it needs."""
    return [Text(line, style=style) for line in wrapped(words, width)]


def table(rows: Rows, form: Form, *, more: str = "…") -> list[Text]:
    """The head, dim, and a row for each label; `more` stands where a label had to be cut."""
    figures = [[_cells(share) for share in _shares(row)] for _, row in rows]
    longest = max(len(fraction) for row in figures for fraction, _, _ in row)
    for with_interval in (True, False):
        head, *lines = _wide_lines(figures, form, max(9, longest + 2), with_interval=with_interval)
        if form.width >= NARROW and all(form.indent + len(line) <= form.width for line in (head, *lines)):
            break
    else:
        head, *lines = _folded_lines(rows, form)
    drawn = [Text(form.head("") + head, style="dim")]
    for (label, _), line in zip(rows, lines, strict=True):
        drawn += _labelled(label, line, form, more)
    return drawn


def _labelled(label: str, line: str, form: Form, more: str) -> list[Text]:
    # Right-to-left text shares its row with nothing.
    if cells(label) < form.label and not right_to_left(label):
        return [Text(form.head(label) + line)]
    margin = " " * form.margin
    return [Text(margin + crop(label, form.width - form.margin, more)), Text(form.head("") + line)]


def _cells(share: Share) -> tuple[str, str, str]:
    """A share as fraction, per cent and interval; the last two only where they mean something."""
    if not share.total:
        return "-", "", ""
    fraction = f"{digits(share.passed)}/{digits(share.total)}"
    if share.total < ENOUGH_TO_TELL:
        return fraction, "", ""
    return fraction, share.percent, f"({interval_words(share)})"


def _shares(row: Retention) -> tuple[Share, Share, Share]:
    return row.young, row.mature, row.all


def _wide_lines(
    figures: Sequence[Sequence[tuple[str, str, str]]], form: Form, fraction: int, *, with_interval: bool
) -> list[str]:
    """Young, mature and all side by side, each fraction with its per cent."""
    column = max(fraction + 6, min(20, (form.width - form.indent - fraction - 13) // 2))
    lines = ["young".ljust(column) + "mature".ljust(column) + "all"]
    for row in figures:
        parts = [(f"{left:<{fraction - 1}}{percent:>5}").ljust(column) for left, percent, _ in row]
        interval = f" {row[2][2]}" if with_interval else ""
        lines.append(("".join(parts).rstrip() + interval).rstrip())
    return lines


def _folded_lines(rows: Rows, form: Form) -> list[str]:
    """Per cent alone where it means something, else the fraction; how many answers only for all."""
    mature_cells = min(8, form.width - form.indent - 12)  # seven and five for the columns beside it
    lines = [f"{'young':<7}{'mature':<{mature_cells}}all"]
    for _, row in rows:
        young, mature, together = (percent or fraction for fraction, percent, _ in map(_cells, _shares(row)))
        line = f"{young:<7}{mature:<{mature_cells}}{together}"
        of_all = f" of {digits(row.all.total)}" if together.endswith("%") else ""
        lines.append(line + of_all if form.indent + len(line + of_all) <= form.width else line)
    return lines


def plain_facts(label: str, row: Retention) -> list[str]:
    """The same in sentences, one for each share there is."""
    named = zip(("young cards", "mature cards", "all cards"), _shares(row), strict=True)
    return [_plain_share(label, which, share) for which, share in named if share.total]


def _plain_share(label: str, which: str, share: Share) -> str:
    fact = f"{label}, {which}: {digits(share.passed)} of {digits(share.total)} recalled"
    if share.total < ENOUGH_TO_TELL:
        return f"{fact}."
    low, high = interval_words(share).split("-")
    return f"{fact}, {share.percent}, interval {low} to {high} %."
