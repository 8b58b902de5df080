"""A card on the screen: question, answer, what the ratings mean, and the help behind `?`.

Screens A, B, C and M of the design: one bold thing, everything above the answer stays where it was
when the answer appears, ratings on the last row but two, keys on the last. `rows` makes whole
screens, `plain_lines` the same for terminals that only append.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.text import Text

from srs.cli.drawing import (
    cells,
    crop,
    harmless,
    in_ascii,
    lines_of,
    progress_bar,
    right_to_left,
    spoken,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NARROW = 60
TEXT_WIDTH = 72
FRAME_WIDTH = 80
BODY_TOP = 3
"""Rows above the body: the deck, the progress, an empty one."""
LEAST_SCROLLED = 3
"""With fewer rows than this for a long explanation, question and answer scroll with it."""
ROWS_BELOW = 4
"""Rows below the body: an empty one, two for the ratings, the keys."""

QUESTION_KEYS = ("Space answer", "u undo", "? keys", "q quit")
ANSWER_KEYS = ("Space good", "u undo", "s suspend", "b bury", "? keys", "q quit")
HARD_MEANS = "Hard means you knew it, with effort. If you did not know it, press 1."


@dataclass(frozen=True, slots=True)
class CardView:
    """Everything one screen of a card says, as text; the question side while `answer` is None.

    `new`, `learning` and `due` are what is left; `finished` of `total` counts cards. `ratings` are
    four pairs (word, interval as text) or empty. `note` is a sentence above the ratings and takes
    the bold, `hints` are quiet ones below it. `keys` are the pieces of the last row, the first and
    the last two kept longest. `offset` counts rows scrolled from where the screen starts.
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
    ratings: tuple[tuple[str, str], ...] = ()
    note: str | None = None
    hints: tuple[str, ...] = ()
    keys: tuple[str, ...] = QUESTION_KEYS
    offset: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    """The measures of one screen."""

    width: int
    height: int
    ascii_only: bool

    @property
    def narrow(self) -> bool:
        return self.width < NARROW

    @property
    def margin(self) -> int:
        return 1 if self.narrow else 2

    @property
    def text_width(self) -> int:
        return max(1, self.width - 3 if self.narrow else min(TEXT_WIDTH, self.width - 4))

    @property
    def frame_width(self) -> int:
        """From the margin to the right edge of the rows that are set to it."""
        edge = self.width - 3 if self.narrow else min(FRAME_WIDTH, self.width) - 2
        return max(1, edge - self.margin)

    def own(self, text: str) -> str:
        return in_ascii(text) if self.ascii_only else text

    def wrapped(self, text: str) -> list[str]:
        return wrap(self.own(text), self.text_width)

    def row(self, text: str, style: str = "") -> Text:
        line = crop(" " * self.margin + text, self.width) if text else ""
        return Text(line, style=style, end="")


@dataclass(frozen=True, slots=True)
class _Body:
    """The rows between progress and ratings: what stays, and what is seen of what scrolls."""

    fixed: list[tuple[str, str]]
    scrolled: list[tuple[str, str]]
    room: int
    first: int
    """Where the scrolled rows start unless the person scrolls."""
    cuttable_from: int
    """From this scrolled row on, text may give way to `… j more`."""

    @property
    def last_first(self) -> int:
        return max(0, len(self.scrolled) - self.room)

    def start(self, offset: int) -> int:
        return max(0, min(self.first + offset, self.last_first))


def rows(view: CardView, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """The whole screen, `height` rows of at most `width` cells."""
    page = _Page(width, height, ascii_only)
    notes = _notes(view, page)
    body = _body(view, page, _body_room(page, notes))
    drawn: dict[int, Text] = {0: _header(view, page), 1: _progress(view, page)}
    _draw_body(drawn, body, view.offset, page)
    above_ratings = height - ROWS_BELOW
    for at, (text, style) in enumerate(notes, above_ratings - len(notes)):
        drawn[at] = page.row(text, style)
    for at, text in enumerate(_ratings(view, page), height - 3):
        drawn[at] = page.row(text)
    drawn[height - 1] = page.row(_keys(view, page), "dim")
    return [drawn.get(at) or page.row("") for at in range(height)]


def scrolled(view: CardView, width: int, height: int, steps: int) -> CardView:
    """The view moved by `steps` half pages, down when positive, within what there is to see."""
    page = _Page(width, height, ascii_only=False)
    body = _body(view, page, _body_room(page, _notes(view, page)))
    start = body.start(view.offset) + steps * max(1, body.room // 2)
    return replace(view, offset=max(0, min(start, body.last_first)) - body.first)


def _body_room(page: _Page, notes: Sequence[object]) -> int:
    return max(1, page.height - BODY_TOP - ROWS_BELOW - (len(notes) + 1 if notes else 0))


def _header(view: CardView, page: _Page) -> Text:
    gap = " " if page.narrow else "   "
    counts = gap.join((f"{view.new} new", f"{view.learning} learning", f"{view.due} due"))
    # A right-to-left name would take the counts with it; the id never is one.
    by_id = page.narrow or right_to_left(view.deck_name)
    room = page.frame_width - len(counts) - 2
    name = crop(harmless(page.own(view.deck_id if by_id else view.deck_name)), max(0, room), "...")
    return page.row(name + " " * max(1, page.frame_width - cells(name) - len(counts)) + counts, "dim")


def _progress(view: CardView, page: _Page) -> Text:
    bar = progress_bar(view.finished, view.total, 12 if page.narrow else 24)
    return page.row(page.own(f"{view.finished}/{view.total} {bar}"), "dim")


def _notes(view: CardView, page: _Page) -> list[tuple[str, str]]:
    note = [(row, "bold") for row in page.wrapped(view.note or "")]
    return note + [(row, "dim") for hint in view.hints for row in page.wrapped(hint)]


def _body(view: CardView, page: _Page, room: int) -> _Body:
    told = [(row, "") for row in page.wrapped(spoken(view.scenario or ""))]
    eye = "" if view.note else "bold"
    asked = [(row, "" if view.answer is not None else eye) for row in page.wrapped(view.question)]
    asked = _spaced(told, asked)
    answer: list[tuple[str, str]] = []
    why: list[tuple[str, str]] = []
    if view.answer is not None:
        answer = [(row, eye) for row in page.wrapped(view.answer)]
        why = [(row, "") for row in page.wrapped(view.explanation or "")]
        why = _spaced(why, [(row, "dim") for row in page.wrapped(view.source or "")])
    fixed = _spaced(asked, answer)
    whole = _spaced(fixed, why)
    if len(whole) <= room:
        return _Body(whole, [], 0, 0, 0)
    if why and len(fixed) + 1 + min(len(why), LEAST_SCROLLED) <= room:
        fixed.append(("", ""))
        return _Body(fixed, why, room - len(fixed), 0, 0)
    # No room to read the rest beside question and answer, or for these: the answer comes into view, and
    # all of it scrolls.
    answer_at = len(fixed) - len(answer)
    first = max(0, min(answer_at, len(fixed) - room)) if answer else 0
    return _Body([], whole, room, first, len(fixed))


def _spaced(above: list[tuple[str, str]], below: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [*above, ("", ""), *below] if above and below else above + below


def _draw_body(drawn: dict[int, Text], body: _Body, offset: int, page: _Page) -> None:
    start = body.start(offset)
    seen = body.scrolled[start : start + body.room]
    for at, (text, style) in enumerate([*body.fixed, *seen], BODY_TOP):
        drawn[at] = page.row(text, style)
    hidden = len(body.scrolled) - start - len(seen)
    if not hidden:
        return
    more = page.own("… j more")
    last_at = BODY_TOP + len(body.fixed) + len(seen) - 1
    text, style = seen[-1] if seen else ("", "")
    if not text:
        drawn[last_at] = page.row(more)
    elif start + len(seen) > body.cuttable_from:
        drawn[last_at] = page.row(_cut_words(text, page.text_width - len(more) - 1) + f" {more}", style)
    else:  # the answer is never cut, so the sign takes the empty row above the ratings
        drawn[last_at + 1] = page.row(more)


def _cut_words(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    kept = crop(text, width)
    # Back to the end of a word, unless that would leave next to nothing.
    at_word = text[: len(kept)] if text[len(kept) : len(kept) + 1] == " " else kept.rpartition(" ")[0]
    return at_word.rstrip() if cells(at_word) * 2 > width else kept


def _ratings(view: CardView, page: _Page) -> list[str]:
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
    return [f"{one:<{wide}}{gap}{two}".rstrip() for one, two in zip(left, right, strict=False)]


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


def _keys(view: CardView, page: _Page) -> str:
    """As many pieces as fit; those between the first and the last two go first, the later before."""
    pieces = [harmless(page.own(piece)) for piece in view.keys]
    gap = "   " if page.narrow else "    "
    room = page.text_width if page.narrow else page.frame_width
    while len(pieces) > 1 and cells(gap.join(pieces)) > room:
        del pieces[-3 if len(pieces) > 3 else -2]
    return gap.join(pieces)


# Line by line


def plain_lines(view: CardView, *, repeat: bool = False, ascii_only: bool = False) -> list[str]:
    """The same card for terminals that only append, a screen reader's among them.

    The question side gives everything up to the keys; the answer side only what is new, unless
    `repeat` (the card is back by an undo) asks for the question too. One rating per line, each with
    its interval; no bar, nothing drawn; lines are not wrapped.
    """
    lines: list[str] = []
    if view.answer is None or repeat:
        counts = f"{view.new} new, {view.learning} learning, {view.due} due"
        lines += [f"{view.deck_name}: {view.finished} of {view.total}; {counts}", ""]
        lines += [*lines_of(spoken(view.scenario)), ""] if view.scenario else []
        lines += [*lines_of(view.question), ""]
    if view.answer is not None:
        lines += [*lines_of(view.answer), ""]
        lines += [*lines_of(view.explanation), ""] if view.explanation else []
        lines += [*lines_of(f"Source: {view.source}"), ""] if view.source else []
    lines += [view.note] if view.note else []
    lines += view.hints
    lines += [f"{n} {word} {interval}" for n, (word, interval) in enumerate(view.ratings, 1)]
    lines.append(", ".join(view.keys))
    return [harmless(in_ascii(line) if ascii_only else line) for line in lines]


# Help

HELP_KEYS = (
    ("Space Enter", "show the answer, then Good"),
    ("1 2 3 4", "Again, Hard, Good, Easy"),
    ("u U", "undo, redo, as far back as you like"),
    ("s", "suspend: out of the queue"),
    ("b", "bury until tomorrow"),
    ("!", "mark as wrong, for your next edit"),
    ("i", "take in a changed deck file"),
    ("j k", "more of a long text, and back"),
    ("q Ctrl-C", "stop; every answer is saved"),
)


def help_lines(*, keys: Sequence[tuple[str, str]] = HELP_KEYS, rating_keys: str = "") -> list[str]:
    """The keys and what they do, one per line, for line mode."""
    return [*(f"{key}: {does}" for key, does in _with_rating_keys(keys, rating_keys)), HARD_MEANS]


def help_rows(
    width: int,
    height: int,
    *,
    ascii_only: bool = False,
    keys: Sequence[tuple[str, str]] = HELP_KEYS,
    rating_keys: str = "",
) -> list[Text]:
    """The screen behind `?`, `height` rows; any key leaves it."""
    page = _Page(width, height, ascii_only)
    keys = _with_rating_keys(keys, rating_keys)
    column = max(len(key) for key, _ in keys) + (2 if page.narrow else 4)
    told: list[str] = []
    for key, does in keys:
        wrapped = wrap(page.own(does), max(8, page.text_width - column))
        told += [f"{key if not at else '':<{column}}{row}" for at, row in enumerate(wrapped)]
    means = page.wrapped(HARD_MEANS)
    head = [page.row("Keys", "bold"), page.row("")]
    drawn = [*head, *map(page.row, told), page.row(""), *map(page.row, means)]
    if len(drawn) > height - 1:
        drawn = [row for row in drawn if row.plain]
    drawn = drawn[: max(0, height - 1)]
    drawn += [page.row("")] * (height - 1 - len(drawn))
    return [*drawn, page.row("Any key back to the card" if width >= 30 else "Any key: back", "dim")][:height]


def _with_rating_keys(keys: Sequence[tuple[str, str]], rating_keys: str) -> list[tuple[str, str]]:
    own = [(" ".join(rating_keys), "the same, by your rating_keys")] if rating_keys else []
    return [*keys[:2], *own, *keys[2:]]
