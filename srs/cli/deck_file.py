"""The deck file a command means: by its deck's name, by its path, or the only one there is."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from srs.cli.drawing import harmless
from srs.deck.clean import clean_line, quoted
from srs.deck.parse import parse_deck
from srs.errors import FileProblems, NotFoundError, UsageError
from srs.naming import nearest

if TYPE_CHECKING:
    from srs.cli.asking import Asker
    from srs.cli.context import Context
    from srs.store.heads import Rows

_NEW_DECK = "a new deck: `srs init FILE.toml`, then `srs add FILE.toml`"
_ANKI_DECK = "add it in Anki and import again, or `srs import FILE.apkg --to-toml DIR` makes files of yours"


class DeckFile(NamedTuple):
    """The deck file a card goes into: `path` to open it, `shown` as one would type it from here."""

    deck: str
    path: Path
    shown: str

    def data(self) -> bytes:
        """The file's bytes.

        Raises:
            FileProblems: it cannot be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise FileProblems(f"{quoted(self.shown)} cannot be read: {error.strerror or error}") from error


def find_deck_file(context: Context, name: str | None, asker: Asker | None) -> DeckFile:
    """The deck file that is meant.

    Raises:
        NotFoundError: there is no such deck, or none with a file that is there.
        UsageError: there are several, and nobody to ask.
    """
    if name is not None and name.lower().endswith(".toml"):
        path = Path(name)
        if not path.exists():
            raise NotFoundError(f"there is no file {quoted(name)}", _NEW_DECK)
        target = _writable(DeckFile(path.stem, path, clean_line(name)))
        draft = parse_deck(target.data(), name).draft
        return target._replace(deck=draft.id or target.deck) if draft else target
    try:
        with context.peek() as peek:
            return _writable(_known_target(peek.rows, name, asker))
    except NotFoundError as error:
        if not context.db_was_named and error.message == "no cards yet":
            raise NotFoundError("no deck yet to add a card to", _NEW_DECK) from error
        raise


def _known_target(rows: Rows, name: str | None, asker: Asker | None) -> DeckFile:
    decks = rows("SELECT id, name, path, origin FROM deck ORDER BY id", {})
    if name is not None:
        found = next((path for deck, _, path, _ in decks if deck == name), "")
        if found == "":
            near = nearest(name, [deck for deck, *_ in decks])
            guess = f"did you mean `{near}`? " if near else ""
            raise NotFoundError(f"there is no deck {quoted(name)}", f"{guess}{_NEW_DECK}")
        if found is None:
            from_anki = any(deck == name and origin == "anki" for deck, _, _, origin in decks)
            told = "came from Anki and has no file" if from_anki else "has no file that a card could go into"
            raise NotFoundError(f"the deck `{name}` {told}", _ANKI_DECK if from_anki else _NEW_DECK)
        return _of_file(name, found)
    with_file = [(deck, title, path) for deck, title, path, _ in decks if path is not None]
    if not with_file:
        raise NotFoundError("no deck yet to add a card to", _NEW_DECK)
    if len(with_file) == 1:
        return _of_file(with_file[0][0], with_file[0][2])
    ids = [deck for deck, _, _ in with_file]
    if asker is None:
        raise UsageError("there are several decks", f"say which: {', '.join(f'`{deck}`' for deck in ids)}")
    chosen = _chosen(asker, [(deck, title) for deck, title, _ in with_file])
    return next(_of_file(deck, path) for deck, _, path in with_file if deck == chosen)


def _chosen(asker: Asker, decks: list[tuple[str, str]]) -> str:
    wide = max(len(deck) for deck, _ in decks)
    digits = len(str(len(decks)))
    asker.rows(
        [
            Text(harmless(f"  {number:>{digits}}  {deck:<{wide}}  {clean_line(title)}"), end="")
            for number, (deck, title) in enumerate(decks, 1)
        ]
    )
    ids = [deck for deck, _ in decks]
    while True:
        said = asker.line("Which deck, by number or name").strip()
        if said in ids:
            return said
        if said.isdecimal() and 1 <= int(said) <= len(ids):
            return ids[int(said) - 1]
        asker.tell(f"1 to {len(ids)}, or a name.")


def _of_file(deck: str, path: str) -> DeckFile:
    return DeckFile(deck, Path(path), near(path))


def near(path: str) -> str:
    """A path as one would type it from here, cleaned."""
    try:
        shown = str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        shown = path
    return clean_line(shown)


def _writable(target: DeckFile) -> DeckFile:
    """The target, seen to be there and writable before anybody is asked anything."""
    if target.path.suffix.lower() != ".toml":
        raise UsageError(
            f"the deck `{target.deck}` is kept in the list {quoted(target.shown)}",
            f"add a row there, then: srs import {clean_line(shlex.quote(target.shown))}",
        )
    if not target.path.exists():
        hint = "if it moved: `srs import NEW/PATH`"
        raise NotFoundError(f"{quoted(target.shown)}, the file of `{target.deck}`, is not there", hint)
    if not target.path.is_file():
        what = "folder" if target.path.is_dir() else "pipe or a device"
        raise FileProblems(f"{quoted(target.shown)} is a {what}, not a file")
    if not os.access(target.path, os.W_OK):
        raise FileProblems(f"{quoted(target.shown)} cannot be written: there is no permission")
    return target
