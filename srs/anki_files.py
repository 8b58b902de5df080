"""Decks that came from Anki, written as TOML files that are the person's from then on; and media.

The key of each card was made from its note, that of a card in a file is made from its name: a `same`
line for each card joins the two, so that the history meets the file on other computers, too.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from srs.anki_cards import ORIGIN, decks_here
from srs.deck.clean import clean_line, quoted
from srs.deck.parse import parse_deck
from srs.deck.plan import plan_decks
from srs.deck.write import write_deck
from srs.errors import FileProblems, NotFoundError, RefusedError
from srs.ids import card_key
from srs.interop.anki_media import is_safe
from srs.model import Deck, card_name
from srs.places import write_private
from srs.planned import Join
from srs.store import reading
from srs.store.importing import FileFacts, apply_plan
from srs.store.library import CardLibrary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.anki_report import PackageReport
    from srs.deck.parse import ParsedDeck
    from srs.interop.anki_read import Package
    from srs.planned import DeckPlan
    from srs.store.journal import Journal


_OTHER = "name another folder: `--to-toml DIR`"


def check_folder(folder: Path) -> None:
    """See, before anything is read, that deck files can come to stand in a folder, made where it is not.

    Raises:
        NotFoundError: there is no folder to make it in, so its name is probably mistyped.
        FileProblems: something else has its name, or that of its folder of media.
    """
    told = quoted(str(folder))
    for place in (folder, folder / "media"):
        if (place.exists() or place.is_symlink()) and not place.is_dir():
            raise FileProblems(
                f"{quoted(str(place))} is not a folder; nothing was imported", f"{_OTHER}, new or your own"
            )
    parent = folder.absolute().parent
    if parent.exists() and not parent.is_dir():
        raise FileProblems(f"{told} cannot be written: {quoted(str(folder.parent))} is not a folder", _OTHER)
    if not parent.exists():
        raise NotFoundError(
            f"there is no folder {quoted(str(folder.parent))} to make {told} in; nothing was imported",
            "is it mistyped? else make it first",
        )


class FilesOfDecks:
    """The deck files that an import writes; nothing that is there already is written over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: list[Path] = []
        self._made_folder = False

    def write(self, journal: Journal, decks: Iterable[str]) -> list[str]:
        """Write each deck that lives in no file yet, with all its live cards; the paths.

        Raises:
            RefusedError: a file is there already.
            FileProblems: the folder cannot be written.
        """
        here = decks_here(journal)
        wanted = [deck for deck in sorted(decks) if deck in here and here[deck].origin == ORIGIN]
        paths = {deck: self._folder / f"{deck}.toml" for deck in wanted}
        for path in paths.values():
            if path.exists() or path.is_symlink():
                raise RefusedError(
                    f"{quoted(str(path))} is there already; nothing was imported",
                    _OTHER,
                )
        texts = {deck: _text_of(journal, here[deck].name, deck) for deck in wanted}
        texts = {deck: text for deck, text in texts.items() if text is not None}
        parsed = [_read_back(text, paths[deck]) for deck, text in texts.items() if text is not None]
        self._write_files(parsed)
        self._take_in(journal, parsed)
        return [str(paths[deck]) for deck in texts]

    def take_away(self) -> None:
        """Remove what was written."""
        for path in self._written:
            path.unlink(missing_ok=True)
        if self._made_folder:
            try:
                self._folder.rmdir()
            except OSError:
                return

    def _write_files(self, parsed: Iterable[ParsedDeck]) -> None:
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(parents=True)
                self._made_folder = True
            for one in parsed:
                path = Path(one.path)
                path.touch(exist_ok=False)  # a deck file is as readable as any new file here
                self._written.append(path)
                write_private(str(path), one.text.encode())
        except OSError as error:
            told = quoted(str(self._folder))
            raise FileProblems(f"{told} cannot be written: {error.strerror or error}") from error

    def _take_in(self, journal: Journal, parsed: Sequence[ParsedDeck]) -> None:
        """Read the decks in again, as any later import of the files will."""
        decks = [one.deck for one in parsed if one.deck is not None]
        library = CardLibrary(journal.connection, journal.learner)
        plans = plan_decks(
            decks, library, {deck.id: one.path for deck, one in zip(decks, parsed, strict=True)}
        )
        for one, plan in zip(parsed, plans, strict=True):
            if plan.added or plan.retired or plan.moved:
                raise AssertionError(f"the file of {plan.deck.id} does not meet its own cards")
            _join_names(plan, library)
            path = Path(one.path)
            stat = path.stat()
            data = one.text.encode()
            apply_plan(
                journal,
                plan,
                FileFacts(str(path.resolve()), sha256(data).hexdigest(), stat.st_size, stat.st_mtime_ns),
            )


def _text_of(journal: Journal, name: str, deck: str) -> str | None:
    """A deck as the text of its file; None for one without cards."""
    found = reading.cards_where(
        journal.rows,
        journal.learner,
        "c.deck = :deck AND c.retired = 0 ORDER BY c.position, c.id",
        {"deck": deck},
    )
    if not found:
        return None
    cards = tuple(
        replace(on_file.card, entry=place, position=place, line=None) for place, on_file in enumerate(found)
    )
    rows = journal.rows("SELECT description, desired_retention FROM deck WHERE id = :deck", {"deck": deck})
    description, retention = rows[0]
    return write_deck(Deck(deck, name, description, retention, cards))


def _read_back(text: str, path: Path) -> ParsedDeck:
    parsed = parse_deck(text.encode(), str(path))
    if parsed.deck is None or parsed.errors:
        raise AssertionError(str(parsed.errors[0]) if parsed.errors else str(path))
    return parsed


def _join_names(plan: DeckPlan, library: CardLibrary) -> None:
    """Let the key made from each card's name in the file lead to the key of its note."""
    named = {card_key(row.deck, row.id): row for row in library.of_decks([plan.deck.id]) if not row.retired}
    taken = library.roots(list(named))
    for made, row in named.items():
        if made not in taken:
            name = card_name(row.deck, row.id)
            plan.joins.append(Join(row.key, made, made, name, name))


# Media.


def copy_media(package: Package, report: PackageReport, folder: Path | None, *, dry_run: bool) -> None:
    """Copy the media that carried cards name; what is missing, or other than here, is noted."""
    names: dict[str, None] = {}
    for card in package.cards():
        names.update(dict.fromkeys(card.media))
    for name in names:
        source = _in_package(package.media, name)
        if source is None:
            report.leave("media", clean_line(name))
            continue
        if folder is None:
            continue
        target = folder / source.name
        if target.exists():
            if not filecmp.cmp(source, target, shallow=False):
                report.leave("other media", source.name)
            continue
        report.media += 1
        if not dry_run:
            _copy(source, target)
    report.media_folder = str(folder) if folder is not None and report.media else None


def _in_package(media: Path, name: str) -> Path | None:
    """The file of a name, if it is a plain file of the package and its name safe anywhere."""
    path = media / name
    return path if is_safe(name) and path.is_file() and not path.is_symlink() else None


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that a crash leaves none or the whole of it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        shutil.copyfile(source, part)
        os.replace(part, target)  # noqa: PTH105 - as everywhere a file is put in place whole
    except OSError as error:
        raise FileProblems(
            f"the cards are in, but {quoted(str(target))} cannot be written: {error.strerror or error}",
            "make room and import again",
        ) from error
