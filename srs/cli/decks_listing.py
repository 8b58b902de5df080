"""`srs decks`: every deck with its cards, what is due, its file, and whether that changed."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from rich.text import Text

from srs.cli.ansi import print_rows
from srs.cli.drawing import cells, harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.listing import AsOf
from srs.deck.clean import clean_line
from srs.store.listing import DeckFacts, decks_on_file

if TYPE_CHECKING:
    from srs.cli.context import Context

FileState = Literal["as imported", "changed", "gone", "none"]

_SAID: dict[FileState, str] = {
    "as imported": "",
    "changed": "changed since import",
    "gone": "file is gone",
    "none": "",
}


class DeckRow(NamedTuple):
    """A deck, and how its file stands."""

    facts: DeckFacts
    file: FileState

    @property
    def said(self) -> str:
        """What there is to say of the deck and its file."""
        retired = not self.facts.cards and self.facts.retired
        return ", ".join(filter(None, ["retired" if retired else "", _SAID[self.file]]))


def list_decks(context: Context, *, as_json: bool = False) -> int:
    """Run `srs decks`; returns the exit code."""
    as_of = AsOf.of(context)
    day_end = as_of.days.end(as_of.today)
    with context.peek() as peek:
        found = decks_on_file(peek.rows, context.learner, today=as_of.today, day_end=day_end)
    decks = [DeckRow(facts, file_state(facts)) for facts in found]
    if as_json:
        print_json([_json(deck) for deck in decks])
    elif not decks:
        sys.stderr.write("There are no decks yet. Try: srs init --sample\n")
    elif sys.stdout.isatty():
        print_rows(_rows(decks, ascii_only=context.ascii_only), sys.stdout, context.env)
    else:
        for deck in decks:
            told = (*_columns(deck), deck.facts.path or "", deck.said)
            sys.stdout.write("\t".join(map(clean_line, told)) + "\n")
    return 0


def file_state(facts: DeckFacts) -> FileState:
    """Whether a deck's file is as it was imported; its bytes count, not its date."""
    if facts.path is None:
        return "none"
    path = Path(facts.path)
    try:
        stat = path.stat()
        if (stat.st_size, stat.st_mtime_ns) == (facts.size, facts.mtime_ns):
            return "as imported"
        if stat.st_size != facts.size:
            return "changed"
        # A checkout gives files new dates.
        return "as imported" if sha256(path.read_bytes()).hexdigest() == facts.content_hash else "changed"
    except (FileNotFoundError, NotADirectoryError):
        return "gone"
    except OSError:
        return "changed"


def _json(deck: DeckRow) -> dict[str, Any]:
    return {
        "deck": deck.facts.id,
        "name": deck.facts.name,
        "cards": deck.facts.cards,
        "due": deck.facts.due,
        "new": deck.facts.new,
        "retired": deck.facts.retired,
        "path": deck.facts.path,
        "changed": deck.file == "changed",
        "gone": deck.file == "gone",
    }


def _columns(deck: DeckRow) -> tuple[str, str, str, str, str]:
    counts = (deck.facts.cards, deck.facts.due, deck.facts.new)
    return deck.facts.id, deck.facts.name, *map(str, counts)  # type: ignore[return-value]


def _rows(decks: list[DeckRow], *, ascii_only: bool) -> list[Text]:
    """A deck's id, counts and what changed; under it its name and its file."""
    titles = ("deck", "cards", "due", "new")
    told = [(_columns(deck)[0], *_columns(deck)[2:]) for deck in decks]
    widths = [max(cells(row[at]) for row in [titles, *told]) for at in range(4)]
    rows = [Text(_line(titles, widths), "dim", end="")]
    for deck, columns in zip(decks, told, strict=True):
        head = _line((*columns, deck.said), widths)
        name = harmless(clean_line(deck.facts.name))
        rows.append(Text(in_ascii(head) if ascii_only else head, end=""))
        rows.append(Text(f"  {in_ascii(name) if ascii_only else name}", end=""))
        if deck.facts.path is not None:
            rows.append(Text(f"  {harmless(clean_line(_near(deck.facts.path)))}", "dim", end=""))
    return rows


def _line(columns: tuple[str, ...], widths: list[int]) -> str:
    name, *numbers = columns
    told = [harmless(name) + " " * (widths[0] - cells(name))]
    told += [f"{number:>{wide}}" for number, wide in zip(numbers, widths[1:], strict=False)]
    return "   ".join([*told, *numbers[3:]]).rstrip()


def _near(path: str) -> str:
    """A path as one would type it from here."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path
