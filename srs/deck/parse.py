"""A deck file's bytes to a deck, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from srs.deck.checks import NO_CHECKS, read_checks
from srs.deck.clean import is_blank, quoted
from srs.deck.entries import can_be_asked, check_entry, made_cards, naming_text
from srs.deck.fields import CARD_KEYS, DECK_KEYS, TABLES, TableReader, read_retention
from srs.deck.lines import card_lines
from srs.deck.names import FORM, is_id, made_id
from srs.deck.problems import Finding, Findings
from srs.deck.source import decode
from srs.deck.syntax import load
from srs.garbage import nothing_collected
from srs.model import MODES, Deck, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srs.deck.checks import Checks
    from srs.deck.lines import Path
    from srs.model import Card

_NAME_HINTS = {
    "was": "write `old-id`, or `otherdeck/old-id` for a card that came from another deck",
    "needs": "write `other-id`, or `otherdeck/other-id` for a card of another deck",
}


@dataclass(frozen=True, slots=True)
class ParsedDeck:
    """What a deck file holds: its deck, or None where it has any error; and all its problems.

    `content_hash` is the SHA-256 of the file's bytes in hexadecimal and `size` their number;
    `mtime_ns` is when the file was changed, ns since 1970 UTC, where a file was read. `text` is what
    places are looked up in. `draft` is the deck, or of one with errors what could be read: ids may be
    missing there, or stand twice. `checks` is what the deck says of `srs check`.
    """

    path: str
    deck: Deck | None
    problems: tuple[Problem, ...] = ()
    content_hash: str = ""
    size: int = 0
    mtime_ns: int | None = None
    text: str = field(default="", repr=False, compare=False)
    draft: Deck | None = field(default=None, repr=False, compare=False)
    checks: Checks = NO_CHECKS

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems the file is refused for."""
        return tuple(problem for problem in self.problems if problem.is_error)


@nothing_collected()
def parse_deck(data: bytes, path: str) -> ParsedDeck:
    """Read a deck file's bytes; `path` is what problems name it by, and gives the default deck id.

    Never fails: whatever is wrong is a problem, all of them at once, in the order of the file.
    """
    source = decode(data)
    findings = Findings()
    findings.extend(source.findings)
    draft, checks = None, NO_CHECKS
    if source.readable:
        raw, refusal = load(source.text)
        if refusal is None:
            reading = _Reading(raw, findings, source.text, trusted=source.trusted)
            draft, checks = reading.deck(path), reading.checks
        else:
            findings.add(refusal)
    return ParsedDeck(
        path,
        None if findings.errors else draft,
        findings.placed(path, source.text),
        sha256(data).hexdigest(),
        len(data),
        text=source.text,
        draft=draft,
        checks=checks,
    )


class _Reading:
    """One file's values on their way to a deck."""

    def __init__(self, raw: dict[str, Any], findings: Findings, text: str, *, trusted: bool) -> None:
        self.raw = raw
        self.findings = findings
        self.text = text
        self.reader = TableReader(findings, trusted=trusted)
        self.checks = NO_CHECKS

    def deck(self, path: str) -> Deck | None:
        """The deck, without what was refused; None where there is nothing like a deck."""
        head, cards = self.raw.get("deck"), self.raw.get("cards")
        meant = self._top_level()
        if head is None and cards is None and not meant:
            hint = "a deck begins with `[deck]` and an `id`, each card with `[[cards]]`"
            self._add("E115", (), "this is not a deck: there is no `[deck]` and no `[[cards]]`", hint)
            return None
        values = self._head(head, named="deck" in meant)
        self.checks = read_checks(self.raw.get("check"), self.reader, self.findings)
        deck_id = self._deck_id(values, path)
        tables = self._tables(cards, named="cards" in meant)
        read = [self._card(table, index) for index, table in enumerate(tables)]
        ids = self._ids(read)
        was = [self._was(card, index, deck_id, ids) for index, card in enumerate(read)]
        lines = card_lines(self.text, len(read))
        if self.findings.errors:
            # Every card of a draft has its texts; what else was refused is as if it were not there.
            lines += [0] * (len(read) - len(lines))
        made: list[Card] = []
        whole = not self.findings.errors
        for index, table in enumerate(read):
            if "needs" in table:
                names = self._names(table, index, deck_id, "needs")
                table["needs"] = tuple(dict.fromkeys(name for _, name in names))
            if whole or can_be_asked(table):
                made += made_cards(
                    table, deck=deck_id, was=was[index], entry=index, position=len(made), line=lines[index]
                )
        return Deck(
            deck_id,
            values.get("name") or deck_id,
            values.get("description") or "",
            self._retention(values),
            tuple(made),
            self._mode(values),
        )

    def _retention(self, values: dict[str, Any]) -> float | None:
        given = values.get("desired_retention")
        return None if given is None else read_retention(given, ("deck", "desired_retention"), self.findings)

    def _mode(self, values: dict[str, Any]) -> str | None:
        mode = values.get("mode")
        if mode is None or mode in MODES:
            return mode
        named = f"{quoted(mode)} is no mode" if not is_blank(mode) else "the `mode` of this deck is empty"
        *most, last = (f"`{known}`" for known in MODES)
        self._add("E120", ("deck", "mode"), named, f"a mode is {', '.join(most)} or {last}")
        return None

    def _add(
        self,
        code: str,
        where: Path,
        message: str,
        hint: str | None = None,
        *,
        on_key: bool = False,
        other: Path | None = None,
    ) -> None:
        self.findings.add(Finding(code, where, message, hint, on_key, other))

    def _top_level(self) -> set[str]:
        """Note what stands outside of the two tables; the names of those that it means."""
        meant: set[str] = set()
        strangers = [key for key in self.raw if key not in TABLES]
        for key in strangers:
            if key in CARD_KEYS or key in DECK_KEYS:
                header = "[[cards]]" if key in CARD_KEYS and key != "id" else "[deck]"
                message = f"{quoted(key)} stands outside of `[deck]` and `[[cards]]`"
                self._add("E112", (key,), message, f"put a line `{header}` above it", on_key=True)
                meant.update(TABLES)
                continue
            guess = self.reader.guess(key, TABLES)
            if guess is not None:
                meant.add(guess)
            elif "deck" not in self.raw and "cards" not in self.raw:
                continue  # Somebody else's file: one sentence says so.
            table = isinstance(self.raw[key], dict | list)
            message = f"{quoted(key)} is not a {'table' if table else 'key'} of a deck file"
            self._add("E104", (key,), message, f"did you mean `{guess}`?" if guess else None, on_key=True)
        return meant

    def _head(self, head: object, *, named: bool) -> dict[str, Any]:
        if isinstance(head, dict):
            return self.reader.read(head, ("deck",), DECK_KEYS)
        if isinstance(head, list):
            message = "`[[deck]]` is written `[deck]`: a file holds one deck"
            self._add("E112", ("deck",), message, on_key=True)
        elif head is not None:
            self._add("E105", ("deck",), "`deck` is a table", "write `[deck]`", on_key=True)
        elif not named:
            self._add("E115", (), "there is no `[deck]`", "begin the file with `[deck]` and an `id`")
        # An id that stands here is not asked for again.
        return {"id": None}

    def _deck_id(self, values: dict[str, Any], path: str) -> str:
        deck_id = values.get("id", "")
        if deck_id is None:
            return ""
        if deck_id:
            if not is_id(deck_id):
                self._bad_id("deck", deck_id, ("deck", "id"))
            return str(deck_id)
        stem = PurePath(path).stem
        deck_id = stem if is_id(stem) else made_id(stem)
        hint = f'write `id = "{deck_id}"`: with another file name it would be another deck'
        self._add("W102", ("deck",), f"the deck has no id; it goes by `{deck_id}`, from its file", hint)
        return deck_id

    def _bad_id(self, what: str, given: str, where: Path) -> None:
        guess = made_id(given)
        hint = f"for example `{guess}`" if not is_blank(given) else None
        self._add("E107", where, f"{quoted(given)} cannot be a {what}'s id, which is {FORM}", hint)

    def _tables(self, cards: object, *, named: bool) -> list[Any]:
        if isinstance(cards, list):
            if not cards:
                self._add("E115", ("cards",), "there are no cards", on_key=True)
            return cards
        if isinstance(cards, dict):
            inner = next((key for key, value in cards.items() if isinstance(value, dict)), None)
            hint = None if inner is None else f'write `[[cards]]`, and below it `id = "{made_id(inner)}"`'
            message = "`[cards]` is one table; each card begins with `[[cards]]`"
            self._add("E112", ("cards",), message, hint, on_key=True)
        elif cards is not None:
            message = "`cards` is no value; each card begins with `[[cards]]`"
            self._add("E105", ("cards",), message, on_key=True)
        elif not named:
            self._add("E115", ("deck",), "there are no cards", "each card begins with `[[cards]]`")
        return []

    def _card(self, table: object, index: int) -> dict[str, Any]:
        where = ("cards", index)
        if not isinstance(table, dict):
            self._add("E105", where, "a card is a table", "each card begins with `[[cards]]`")
            return {"id": None}
        values = self.reader.read(table, where, CARD_KEYS)
        check_entry(values, where, self.findings)
        return values

    def _ids(self, read: list[dict[str, Any]]) -> dict[str, int]:
        """Give each card its id: written ids first, then those made from texts; `{id: index}`."""
        taken: dict[str, int] = {}
        nameless = []
        for index, values in enumerate(read):
            card_id = values.get("id", "")
            if not card_id:
                if card_id == "":
                    nameless.append(index)
                continue
            if not is_id(card_id):
                self._bad_id("card", card_id, ("cards", index, "id"))
            first = taken.setdefault(card_id, index)
            if first != index:
                self._taken(card_id, index, first)
        for index in nameless:
            self._make_id(read[index], index, taken)
        return taken

    def _taken(self, card_id: str, index: int, first: int) -> None:
        self._add(
            "E102",
            ("cards", index, "id"),
            f"the id {quoted(card_id)} is taken by",
            "give the newer card an id of its own; the id carries the history",
            other=("cards", first, "id"),
        )

    def _make_id(self, values: dict[str, Any], index: int, taken: dict[str, int]) -> None:
        named = naming_text(values)
        if named is None:
            return
        text, origin = named
        card_id = values["id"] = made_id(text)
        first = taken.setdefault(card_id, index)
        if first == index:
            message = f"this card has no id; it goes by `{card_id}`, from its {origin}"
            text = "cloze" if origin == "cloze" else "term or question"
            hint = f"write it down: with another {text} the card would lose its history"
            self._add("W101", ("cards", index), message, hint)
            return
        message = f"this card has no id, and `{card_id}`, from its {origin}, is taken by"
        hint = "give it an `id` of its own"
        self._add("E102", ("cards", index), message, hint, other=("cards", first, "id"))

    def _was(
        self, values: dict[str, Any], index: int, deck_id: str, ids: dict[str, int]
    ) -> tuple[tuple[str, str], ...]:
        """The names a card had before, each (deck, id); a name given twice counts once."""
        if not values.get("was"):
            return ()
        names: dict[tuple[str, str], None] = {}
        for where, name in self._names(values, index, deck_id, "was"):
            live = ids.get(name[1]) if name[0] == deck_id else None
            if live == index:
                hint = "list only ids it no longer has"
                self._add("E114", where, f"this card lists its own id {quoted(name[1])}", hint)
            elif live is not None:
                message = f"{quoted(name[1])} is a card of this file, in"
                hint = "a card is renamed or kept, not both: take one of the two out"
                self._add("E114", where, message, hint, other=("cards", live, "id"))
            names[name] = None
        return tuple(names)

    def _names(
        self, values: dict[str, Any], index: int, deck_id: str, key: str
    ) -> Iterator[tuple[Path, tuple[str, str]]]:
        """The cards that a list names, each (deck, id), and where it does."""
        for rank, entry in enumerate(values.get(key) or ()):
            if entry is None:
                continue
            where = ("cards", index, key, rank)
            deck, slash, card_id = entry.rpartition("/")
            if is_id(card_id) and (not slash or is_id(deck)):
                yield where, (deck or deck_id, card_id)
            else:
                self._add("E113", where, f"{quoted(entry)} is not the name of a card", _NAME_HINTS[key])
