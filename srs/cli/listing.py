"""`srs list`: cards by their words, decks, tags and states; and what lists say of one card."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs.cli import pager, words
from srs.cli.drawing import cells, crop, harmless, in_ascii, right_to_left
from srs.cli.json_out import print_json
from srs.days import date_of, moment
from srs.deck.clean import clean_line
from srs.errors import UsageError
from srs.model import State
from srs.naming import find_deck, near_words, nearest
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store import reading
from srs.store.listing import STATES, Wanted, as_text, find_cards
from srs.store.searching import MOST, Search, folded, spans, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.cli.context import Context
    from srs.days import StudyDays
    from srs.model import Memory
    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile

NARROW = 60
QUESTION_ROOM = 20
"""With less room than this beside the columns, a question gets a row of its own."""
NAME_WIDTH = 36
MOST_PIECES = 3
"""Rows below a card that show where else the words occur."""

Row = tuple[str, str, str, str, str]


class Sought(NamedTuple):
    """What is looked for in a card, folded, and all its texts as (field, text)."""

    needles: tuple[str, ...]
    texts: list[tuple[str, str]]

    @classmethod
    def of(cls, on_file: CardOnFile, search: Search) -> Sought:
        """What a search looks for in a card that it found."""
        needles = search.needles_in(on_file.card)
        return cls(needles[:MOST], texts_of(on_file.card))


class AsOf(NamedTuple):
    """When a list was made: a moment (ms), its study day, and the calendar."""

    now: int
    today: int
    days: StudyDays

    @classmethod
    def of(cls, context: Context) -> AsOf:
        """The moment the command runs at."""
        now = context.now()
        return cls(now, context.days.day(now), context.days)


class Recalls:
    """Predicted recall at a moment, each deck by its own parameters (LOG §2 line 22)."""

    def __init__(self, rows: Rows, learner: str) -> None:
        self._rows = rows
        self._learner = learner
        self._schedulings: dict[str, Scheduling] = {}

    def at(self, on_file: CardOnFile, now: int) -> float | None:
        """The chance of recall 0..1 at a moment (ms); None for a card never answered."""
        return self.scheduling(on_file.card.deck).recall(on_file.memory, now)

    def scheduling(self, deck: str) -> Scheduling:
        """The scheduling under the deck's parameters."""
        if deck not in self._schedulings:
            parameters = reading.parameters_for(self._rows, self._learner, deck)
            self._schedulings[deck] = Scheduling(parameters or DEFAULT_PARAMETERS)
        return self._schedulings[deck]


def list_cards(context: Context, wanted: Wanted, *, as_json: bool = False, no_pager: bool = False) -> int:
    """Run `srs list`; returns the exit code."""
    _check_state(wanted.state)
    as_of = AsOf.of(context)
    with context.peek() as peek:
        for deck in wanted.decks:
            check_deck(peek.rows, deck)
        found = find_cards(peek.rows, context.learner, wanted, as_of.today, dialect=context.dialect)
        near = near_words(peek.rows, wanted.words) if wanted.words and not (found or as_json) else []
        recalls = Recalls(peek.rows, context.learner)
        told = [(on_file, recalls.at(on_file, as_of.now)) for on_file in found]
    search = Search.of(wanted.words)
    if as_json:
        print_json(
            [
                card_json(on_file, recall, as_of) | {"matched": search.fields(on_file.card)}
                for on_file, recall in told
            ]
        )
    elif not sys.stdout.isatty():
        rows = [_columns(on_file, recall, as_of, iso=True) for on_file, recall in told]
        sys.stdout.write("".join("\t".join(map(clean_line, row)) + "\n" for row in rows))
    elif told:
        rows = [_columns(on_file, recall, as_of) for on_file, recall in told]
        sought = [Sought.of(on_file, search) for on_file in found] if search.needles else []
        table = table_rows(rows, context.width, sought, ascii_only=context.ascii_only)
        pager.show(context, table, no_pager=no_pager)
    if not told and not as_json:
        sys.stderr.write(f"{_no_hits(wanted, near)}\n")
    return 0


def check_deck(rows: Rows, name: str) -> str:
    """The deck a person names.

    Raises:
        NotFoundError: there is none.
    """
    return find_deck(rows, as_text(name))


def _check_state(state: str | None) -> None:
    if state is None or state in STATES:
        return
    near = nearest(state, STATES)
    raise UsageError(
        f"there is no state `{clean_line(state)}`",
        hint=f"did you mean `{near}`?" if near else f"the states are {words.listed(STATES)}",
    )


def _no_hits(wanted: Wanted, near: Sequence[str]) -> str:
    if wanted == Wanted():
        return "There are no cards yet."
    if wanted == Wanted(flagged=True):
        return "No card is marked. In a review, ! marks the card on the screen."
    hidden = "" if wanted.state == "retired" else " Retired cards are listed with --state retired."
    guess = f" Did you mean {clean_line(' or '.join(near))}?" if near else ""
    return f"No card matches.{guess}{hidden if wanted.words else ''}"


# What is said of a card


def is_buried(memory: Memory, today: int) -> bool:
    """Whether a card is out of the queue until another day."""
    return memory.buried_until is not None and memory.buried_until > today


def card_json(on_file: CardOnFile, recall: float | None, as_of: AsOf) -> dict[str, Any]:
    """One element of `srs list --json`."""
    memory = on_file.memory
    return {
        "card": on_file.card.name,
        "deck": on_file.card.deck,
        "state": memory.state.word,
        "due": due_iso(memory, as_of),
        "stability": memory.stability,
        "difficulty": memory.difficulty,
        "retrievability": recall,
        "suspended": memory.suspended,
        "buried": is_buried(memory, as_of.today),
        "retired": on_file.retired,
        "leech": memory.leech,
        "tags": list(on_file.card.tags),
        "flagged": memory.flagged,
        "question": on_file.card.question,
    }


def due_iso(memory: Memory, as_of: AsOf) -> str | None:
    """A date in review, a moment with its zone in steps, None for a new card."""
    if memory.state is State.REVIEW:
        return None if memory.due_day is None else date_of(memory.due_day).isoformat()
    return None if memory.due_at is None else moment(memory.due_at, as_of.days.zone).isoformat()


def due_words(memory: Memory, as_of: AsOf) -> str:
    """When a card comes, as a person says it: `tomorrow`, `since Fri 20 Nov`, `in 8 min`, `-` when new."""
    if memory.due_day is not None:
        day = words.day(date_of(memory.due_day), date_of(as_of.today))
        return f"since {day}" if memory.due_day < as_of.today else day
    if memory.due_at is None:
        return "-"
    if memory.due_at <= as_of.now:
        return "now"
    return f"in {words.wait(memory.due_at - as_of.now)}"


def state_words(on_file: CardOnFile, today: int) -> str:
    """Where a card stands and what befell it: `review`, `review, suspended, leech`."""
    memory = on_file.memory
    befell = {
        "retired": on_file.retired,
        "suspended": memory.suspended,
        "buried": is_buried(memory, today),
        "leech": memory.leech,
        "marked": memory.flagged,
    }
    return ", ".join([memory.state.word, *(word for word, is_so in befell.items() if is_so)])


def _columns(on_file: CardOnFile, recall: float | None, as_of: AsOf, *, iso: bool = False) -> Row:
    memory = on_file.memory
    return (
        on_file.card.name,
        state_words(on_file, as_of.today),
        (due_iso(memory, as_of) or "-") if iso else due_words(memory, as_of),
        "-" if recall is None else words.percent(recall),
        on_file.card.question,
    )


# Drawing


def table_rows(
    rows: Iterable[Row], width: int, sought: Sequence[Sought] = (), *, ascii_only: bool = False
) -> list[Text]:
    """A table on a terminal: card, state, due, recall, and the question cropped to what is left.

    With `sought`, one for each row, what is looked for is bold; where a name and a question do not
    show it, a row below has a piece of the text that does.
    """
    head: Row = ("card", "state", "due", "recall", "question")
    told = [head, *(_drawn(row, ascii_only=ascii_only) for row in rows)]
    end = "..." if ascii_only else "…"
    name_width = min(NAME_WIDTH, max(cells(row[0]) for row in told))
    widths = [name_width, *(max(cells(row[at]) for row in told) for at in (1, 2, 3))]
    narrow = width < max(NARROW, sum(widths) + 2 * len(widths))
    drawn = []
    for at, row in enumerate(told[1:]):
        lines, question_at = _stacked(row, width, end) if narrow else _in_line(row, widths, width, end)
        drawn += lines
        if sought:
            needles = sought[at].needles
            shown = lines[-1].plain[question_at:]
            _embolden(lines[0], 0, row[0], needles)
            _embolden(lines[-1], question_at, shown, needles)
            seen = folded(f"{row[0]}\n{shown}")
            unseen = [needle for needle in needles if needle not in seen]
            drawn += _pieces(sought[at], unseen, width, ascii_only=ascii_only)
    if narrow:
        return drawn
    titles, _ = _in_line(head, widths, width, end)
    titles[0].stylize("dim")
    return titles + drawn


def _embolden(row: Text, at: int, part: str, needles: Sequence[str]) -> None:
    """Make what is looked for bold in the part of a row that begins at a character."""
    for start, end in spans(part, needles):
        row.stylize("bold", at + start, at + end)


def _pieces(sought: Sought, unseen: Sequence[str], width: int, *, ascii_only: bool) -> list[Text]:
    """Rows that show what a card's own rows do not, each a piece of a field: `answer: … a digest of …`."""
    drawn: list[Text] = []
    for field, text in sought.texts:
        if not unseen or len(drawn) >= MOST_PIECES:
            break
        if not any(needle in folded(text) for needle in unseen):
            continue
        line = harmless(clean_line(text)).strip()
        line = in_ascii(line) if ascii_only else line
        places = spans(line, unseen)
        alone = right_to_left(line)
        left = "  " if alone else f"  {field}: "
        piece = _around(
            line, places[0][0] if places else 0, width - cells(left), "..." if ascii_only else "…"
        )
        drawn += [_text(f"  {field}:")] if alone else []
        drawn.append(_text(left + piece))
        _embolden(drawn[-1], len(left), piece, sought.needles)
        shown = folded(piece)
        unseen = [needle for needle in unseen if needle not in shown]
    return drawn


def _around(line: str, at: int, room: int, end: str) -> str:
    """As much of a line as fits, with what stands at a character in its first half."""
    if cells(line) <= room:
        return line
    start, lead = at, 0
    while start and lead + cells(line[start - 1]) <= room // 3:
        start -= 1
        lead += cells(line[start])
    if start:
        start = line.find(" ", start - 1, at) + 1 or start
    while start < at and unicodedata.combining(line[start]):
        start += 1
    before = f"{end} " if start else ""
    return before + crop(line[start:], room - cells(before), end)


def _drawn(row: Row, *, ascii_only: bool) -> Row:
    name, state, due, recall, question = (harmless(clean_line(text)).strip() for text in row)
    if ascii_only:
        question = in_ascii(question)
    return name, state, due, recall, question


def _in_line(row: Row, widths: Sequence[int], width: int, end: str) -> tuple[list[Text], int]:
    """A card's rows, and at which character of the last one the question begins."""
    name, state, due, recall, question = row
    left = "  ".join(_padded(text, wide) for text, wide in zip((name, state, due), widths, strict=False))
    left += f"  {' ' * (widths[3] - cells(recall))}{recall}  "
    if cells(left.rstrip()) > width:
        return _stacked(row, width, end)
    room = width - cells(left)
    if room >= QUESTION_ROOM and not right_to_left(question):
        return [_text(left + crop(question, room, end))], len(left)
    return [_text(left), _text("  " + crop(question, width - 2, end))], 2


def _stacked(row: Row, width: int, end: str) -> tuple[list[Text], int]:
    """The same on a row each."""
    name, state, due, recall, question = row
    facts = ", ".join([state, *([f"due {due}", recall] if recall != "-" else [])])
    rows = (name, f"  {crop(facts, width - 2, end)}", f"  {crop(question, width - 2, end)}")
    return [_text(text) for text in rows], 2


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cells(text))


def _text(text: str) -> Text:
    return Text(text, end="")
