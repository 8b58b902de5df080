"""A card on the screen: the rows above it, the card itself, what the ratings mean, the keys.

Screens A, B, C, F, G and M of the design: one bold thing, everything above the answer stays where it
was when the answer appears, ratings on the last row but two, keys on the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from srs.cli.body import TOP, body_of, draw
from srs.cli.drawing import cells, crop, harmless, progress_bar, right_to_left
from srs.cli.page import PROMPT, Page, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from srs.cli.body import Body
    from srs.cli.responses import Response

ROWS_BELOW = 4
"""Rows below the body: an empty one, two for the ratings, the keys."""

QUESTION_KEYS = ("Space answer", "u undo", "? keys", "q quit")
ANSWER_KEYS = ("Space good", "u undo", "e edit", "s suspend", "b bury", "? keys", "q quit")


@dataclass(frozen=True, slots=True)
class CardView:
    """Everything one screen of a card says, as text; the question side while `answer` is None.

    `new`, `learning` and `due` are what is left; `finished` of `total` counts cards. `hint` is what
    the card says on demand, told while `hinted`. `response` stands where the answer would: options to
    choose from, or a line to type. `ratings` are pairs (word, interval as text), numbered from 1, or
    empty; `outcome` stands in their place once the answer is saved. `note` is a sentence above them
    and takes the bold, `hints` are quiet ones below it. `keys` are the pieces of the last row, the
    first and the last two kept longest. `offset` counts rows scrolled from where the screen starts.
    """

    deck_name: str
    deck_id: str
    question: str
    new: int = 0
    learning: int = 0
    due: int = 0
    finished: int = 0
    total: int = 0
    scenario: str | None = None
    answer: str | None = None
    explanation: str | None = None
    source: str | None = None
    hint: str | None = None
    hinted: bool = False
    response: Response | None = None
    outcome: str | None = None
    ratings: tuple[tuple[str, str], ...] = ()
    note: str | None = None
    hints: tuple[str, ...] = ()
    keys: tuple[str, ...] = QUESTION_KEYS
    offset: int = 0

    @property
    def types(self) -> bool:
        """Whether a line is to be typed now."""
        return self.answer is None and self.response is not None and self.response.to_be_typed


def rows(view: CardView, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """The whole screen, `height` rows of at most `width` cells."""
    page = Page(width, height, ascii_only)
    notes = _notes(view, page)
    drawn: dict[int, Text] = {0: _header(view, page), 1: _progress(view, page)}
    draw(drawn, _body(view, page), view.offset, page, more_key=":j" if view.types else "j")
    above_ratings = height - ROWS_BELOW
    for at, (text, style) in enumerate(notes, above_ratings - len(notes)):
        drawn[at] = page.row(text, style)
    told = [row.text for row in page.wrapped(view.outcome)] if view.outcome else _ratings(view, page)
    for at, text in enumerate(told[:2], height - 3):
        drawn[at] = page.row(text)
    drawn[height - 1] = page.row(_keys(view, page), "dim")
    return [drawn.get(at) or page.row("") for at in range(height)]


def scrolled(view: CardView, width: int, height: int, steps: int) -> CardView:
    """The view moved by `steps` half pages, down when positive, within what there is to see."""
    body = _body(view, Page(width, height, ascii_only=False))
    start = body.start(view.offset) + steps * max(1, body.room // 2)
    return replace(view, offset=max(0, min(start, body.last_first)) - body.first)


def prompt_place(view: CardView, width: int, height: int) -> tuple[int, int]:
    """Row and column, from 0, where a line is typed."""
    page = Page(width, height, ascii_only=False)
    return TOP + (_body(view, page).prompt or 0), page.margin + len(PROMPT)


def _body(view: CardView, page: Page) -> Body:
    notes = len(_notes(view, page))
    return body_of(view, page, max(1, page.height - TOP - ROWS_BELOW - (notes + 1 if notes else 0)))


def _header(view: CardView, page: Page) -> Text:
    gap = " " if page.narrow else "   "
    counts = gap.join((f"{view.new} new", f"{view.learning} learning", f"{view.due} due"))
    # A right-to-left name would take the counts with it; the id never is one.
    by_id = page.narrow or right_to_left(view.deck_name)
    room = page.frame_width - len(counts) - 2
    name = crop(harmless(page.own(view.deck_id if by_id else view.deck_name)), max(0, room), "...")
    return page.row(name + " " * max(1, page.frame_width - cells(name) - len(counts)) + counts, "dim")


def _progress(view: CardView, page: Page) -> Text:
    bar = progress_bar(view.finished, view.total, 12 if page.narrow else 24)
    return page.row(page.own(f"{view.finished}/{view.total} {bar}"), "dim")


def _notes(view: CardView, page: Page) -> list[Row]:
    note = page.wrapped(view.note or "", "bold")
    return note + [row for hint in view.hints for row in page.wrapped(hint, "dim")]


def _ratings(view: CardView, page: Page) -> list[str]:
    ratings = [(harmless(page.own(word)), harmless(page.own(interval))) for word, interval in view.ratings]
    told = [f"{n} {word} {interval}" for n, (word, interval) in enumerate(ratings, 1)]
    for gap in ("    ", "   "):
        if not page.narrow and cells(gap.join(told)) <= page.frame_width:
            return [gap.join(told)] if told else []
    in_line = _two_by_two(_column(ratings, 1), _column(ratings, 2), "    ")
    if all(cells(row) <= page.text_width for row in in_line):
        return in_line
    close = _two_by_two(told[::2], told[1::2], "  ")
    if all(cells(row) <= page.text_width for row in close):
        return close
    for unit, short in _SHORT_UNITS:
        told = [re.sub(rf" {unit}s?$", f" {short}", text) for text in told]
    return _two_by_two(told[::2], told[1::2], "  ")


_SHORT_UNITS = (("year", "y"), ("month", "mo"), ("day", "d"))


def _two_by_two(left: Sequence[str], right: Sequence[str], gap: str) -> list[str]:
    wide = max(map(len, left), default=0)
    return [f"{one:<{wide}}{gap}{two}".rstrip() for one, two in zip_longest(left, right, fillvalue="")]


def _column(ratings: Sequence[tuple[str, str]], first: int) -> list[str]:
    """Every second rating from `first` on, words and numbers in line."""
    mine = [(n, *rating) for n, rating in enumerate(ratings, 1) if n % 2 == first % 2]
    word_width = max((len(word) for _, word, _ in mine), default=0)
    number_width = max((len(interval.partition(" ")[0]) for _, _, interval in mine), default=0)
    column = []
    for n, word, interval in mine:
        amount, space, unit = interval.partition(" ")
        column.append(f"{n} {word:<{word_width}} {amount:>{number_width}}{space}{unit}")
    return column


def _keys(view: CardView, page: Page) -> str:
    """As many pieces as fit, in fewer words on a narrow screen; `Space` and the last one stay longest."""
    pieces = [harmless(page.own(piece)) for piece in view.keys]
    gap = "   " if page.narrow else "    "
    room = page.text_width if page.narrow else page.frame_width
    short = [_NARROW_KEYS.get(piece.partition(" ")[2], piece) for piece in pieces]
    if page.narrow and short != pieces and cells(gap.join(pieces)) > room:
        pieces = [
            piece if words == piece else piece.partition(" ")[0] + words
            for piece, words in zip(pieces, short, strict=True)
        ]
        gap = "  "
    while len(pieces) > 1 and cells(gap.join(pieces)) > room:
        del pieces[_least_needed(pieces)]
    return gap.join(pieces)


_NARROW_KEYS = {"choose": "", "I do not know": " not known"}


def _least_needed(pieces: Sequence[str]) -> int:
    """Which piece goes first: the later of those in the middle, the keys of all keys, the first."""
    order = (*range(len(pieces) - 3, 0, -1), len(pieces) - 2)
    return next((at for at in order if not pieces[at].startswith("Space ")), 0)
