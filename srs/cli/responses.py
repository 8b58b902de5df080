"""What a person answers with, as rows: options to choose from, and a line to type with its verdict.

Screens F and G of the design. Options stand where they stood when the words `right` and `yours`
appear in the margin before them; why a choice is wrong stands under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from srs.cli.drawing import cells, crop, lines_of, right_to_left
from srs.cli.page import EMPTY, PROMPT, Row

if TYPE_CHECKING:
    from srs.cli.page import Page

RIGHT, YOURS = "right", "yours"


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One option: what it is called, its text, the word before it, and why it is wrong if that is told."""

    letter: str
    text: str
    mark: str = ""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a card in the order they are shown; marked once one was chosen.

    `verdict` says in a word how that went, where there are no places on a screen to see it by.
    """

    lines: tuple[OptionLine, ...]
    verdict: str = ""

    to_be_typed = False

    @property
    def marked(self) -> bool:
        """Whether one of them was chosen, and the right one is told."""
        return any(line.mark for line in self.lines)

    def rows(self, page: Page, eye: str, *, short: bool = False) -> list[Row]:
        """All of them; the right one takes the bold once it is marked.

        `short`: those that are neither right nor chosen take one row each once it is told which they are.
        """
        found = []
        for line in self.lines:
            cut = short and self.marked and not line.mark
            found += _option(line, page, eye if line.mark == RIGHT else "", cut=cut)
        return found

    def first_marked(self, page: Page) -> int:
        """At which of the short `rows` the first marked option begins; 0 where none is marked."""
        if not self.marked:
            return 0
        above = takewhile(lambda line: not line.mark, self.lines)
        return sum(len(_option(line, page, "", cut=True)) for line in above)

    def plain(self) -> list[str]:
        """The options for terminals that only append: `A  text`, marked ones with their word before."""
        told = [self.verdict] if self.verdict else []
        for line in self.lines:
            first, *rest = lines_of(line.text) or [""]
            told += [f"{line.mark} {line.letter}  {first}".lstrip(), *rest]
            told += [f"why {line.letter} is wrong: {' '.join(lines_of(line.why))}"] if line.why else []
        return told


def _option(line: OptionLine, page: Page, style: str, *, cut: bool = False) -> list[Row]:
    gap = " " if page.narrow else "  "
    head = f"{line.mark:<{len(RIGHT)}}{gap}{line.letter}{gap}"
    rows = page.wrapped(line.text, style, indent=len(head)) or [EMPTY]
    if cut and len(rows) > 1:
        more = page.own("…")
        rows = [Row(crop(rows[0].text, page.text_width - cells(more)).rstrip() + more, style)]
    if right_to_left(line.text):  # such text shares its row with nothing
        rows.insert(0, Row(head.rstrip(), style))
    else:
        rows[0] = Row(head + rows[0].text[len(head) :], style)
    if line.why is None:
        return rows
    # Under one row of text it is plain what it is about; under several it stands a little further in.
    further = 2 if len(rows) > 1 else 0
    return rows + page.wrapped(line.why, indent=len(head) + further)


@dataclass(frozen=True, slots=True)
class Typed:
    """A line to be typed while `text` is None; then what was typed and what it was found to be.

    `compared` are pairs (label, text): `yours`, `answer`.
    """

    text: str | None = None
    verdict: str = ""
    compared: tuple[tuple[str, str], ...] = ()

    @property
    def to_be_typed(self) -> bool:
        """Whether the line is still to come."""
        return self.text is None

    def first_marked(self, page: Page) -> int:  # noqa: ARG002 - as Options
        """Its first row."""
        return 0

    def rows(self, page: Page, eye: str, *, short: bool = False) -> list[Row]:  # noqa: ARG002 - as Options
        """The typed line; then the verdict, which takes the bold, and the texts one above the other."""
        text = self.text or ""
        typed = page.wrapped(text, indent=len(PROMPT)) or [EMPTY]
        if right_to_left(text):
            typed.insert(0, Row(PROMPT))
        else:
            typed[0] = Row(PROMPT + typed[0].text[len(PROMPT) :])
        if self.text is None:
            return typed
        return [*typed, EMPTY, *page.wrapped(self.verdict, eye), *self._compared(page)]

    def _compared(self, page: Page) -> list[Row]:
        indent, gap = ("", 2) if page.narrow else ("  ", 3)
        column = len(indent) + max((len(label) for label, _ in self.compared), default=0) + gap
        found = []
        for label, text in self.compared:
            head = f"{indent}{label}".ljust(column)
            rows = page.wrapped(text, indent=column) or [EMPTY]
            if right_to_left(text):
                rows.insert(0, Row(head.rstrip()))
            else:
                rows[0] = Row(head + rows[0].text[column:])
            found += rows
        return found

    def plain(self) -> list[str]:
        """What the answer side says on terminals that only append."""
        if self.text is None:
            return []
        told = [self.verdict]
        for label, text in self.compared:
            first, *rest = lines_of(text) or [""]
            told += [f"{label}: {first}", *rest]
        return told


Response = Options | Typed
