"""A deck file's bytes to a deck, or to everything that is wrong with it."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from srs.deck.checks import NO_CHECKS, read_checks
from srs.deck.clean import is_blank, quoted
from srs.deck.fields import CARD_KEYS, DECK_KEYS, TABLES, TableReader, read_retention
from srs.deck.lines import card_lines
from srs.deck.names import FORM, is_id, made_id
from srs.deck.problems import Finding, Findings
from srs.deck.source import decode
from srs.deck.syntax import load
from srs.model import Card, Deck, Problem

if TYPE_CHECKING:
    from srs.deck.checks import Checks
    from srs.deck.lines import Path

_NO_ID_HINT = "write it down: with another term or question the card would lose its history"


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


def parse_deck(data: bytes, path: str) -> ParsedDeck:
    """Read a deck file's bytes; `path` is what problems name it by, and gives the default deck id.

    Never fails: whatever is wrong is a problem, all of them at once, in the order of the file.
    """
    # Hundreds of thousands of values are made and none is garbage: looking for some doubles the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _parsed(data, path)
    finally:
        if collecting:
            gc.enable()


def _parsed(data: bytes, path: str) -> ParsedDeck:
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


def made_question(term: str) -> str:
    """What is asked for a card that has a term and no question of its own."""
    return f"What does “{term}” mean?"


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
        was = [self._was(values, index, deck_id, ids) for index, values in enumerate(read)]
        retention = values.get("desired_retention")
        if retention is not None:
            retention = read_retention(retention, ("deck", "desired_retention"), self.findings)
        lines = card_lines(self.text, len(read))
        if self.findings.errors:
            # Every card of a draft has its texts; what else was refused is as if it were not there.
            lines += [0] * (len(read) - len(lines))
        return Deck(
            deck_id,
            values.get("name") or deck_id,
            values.get("description") or "",
            retention,
            tuple(
                _made_card(deck_id, index, values, was[index], lines[index])
                for index, values in enumerate(read)
                if not self.findings.errors or _can_be_asked(values)
            ),
        )

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
        answer = values.get("answer", "")
        if answer is not None and (not answer or is_blank(answer)):
            self._missing("answer", table, where)
        question, term = values.get("question", ""), values.get("term", "")
        if question is not None and term is not None and is_blank(question) and is_blank(term):
            if "question" in table or "term" in table:
                self._missing("question" if "question" in table else "term", table, where)
            else:
                self._add("E106", where, "this card has no `question` and no `term`")
        return values

    def _missing(self, key: str, table: dict[str, Any], where: Path) -> None:
        if key in table:
            self._add("E106", (*where, key), f"the `{key}` of this card is empty")
        else:
            self._add("E106", where, f"this card has no `{key}`")

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
        text = values.get("term") or values.get("question")
        if not text or is_blank(text):
            return
        card_id = values["id"] = made_id(text)
        origin = "term" if values.get("term") else "question"
        first = taken.setdefault(card_id, index)
        if first == index:
            message = f"this card has no id; it goes by `{card_id}`, from its {origin}"
            self._add("W101", ("cards", index), message, _NO_ID_HINT)
            return
        message = f"this card has no id, and `{card_id}`, from its {origin}, is taken by"
        hint = "give it an `id` of its own"
        self._add("E102", ("cards", index), message, hint, other=("cards", first, "id"))

    def _was(
        self, values: dict[str, Any], index: int, deck_id: str, ids: dict[str, int]
    ) -> tuple[tuple[str, str], ...]:
        """The names a card had before, each (deck, id); a name given twice counts once."""
        names: dict[tuple[str, str], None] = {}
        for rank, entry in enumerate(values.get("was") or ()):
            if entry is None:
                continue
            where = ("cards", index, "was", rank)
            deck, slash, old = entry.rpartition("/")
            if not is_id(old) or (slash and not is_id(deck)):
                hint = "write `old-id`, or `otherdeck/old-id` for a card that came from another deck"
                self._add("E113", where, f"{quoted(entry)} is not the name of a card", hint)
                continue
            name = (deck or deck_id, old)
            live = ids.get(old) if name[0] == deck_id else None
            if live == index:
                hint = "list only ids it no longer has"
                self._add("E114", where, f"this card lists its own id {quoted(old)}", hint)
            elif live is not None:
                message = f"{quoted(old)} is a card of this file, in"
                hint = "a card is renamed or kept, not both: take one of the two out"
                self._add("E114", where, message, hint, other=("cards", live, "id"))
            names[name] = None
        return tuple(names)


def _can_be_asked(values: dict[str, Any]) -> bool:
    asked = values.get("question") or values.get("term")
    return bool(asked and not is_blank(asked) and values.get("answer"))


def _made_card(
    deck_id: str, index: int, values: dict[str, Any], was: tuple[tuple[str, str], ...], line: int
) -> Card:
    get = values.get
    term, question = get("term") or None, get("question")
    if question is None or is_blank(question):
        question = made_question(term or "")
    tags = get("tags")
    return Card(
        deck=deck_id,
        id=values.get("id") or "",
        question=question,
        answer=values["answer"],
        term=term,
        scenario=get("scenario") or None,
        explanation=get("explanation") or None,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)) if tags else (),
        source=get("source") or None,
        was=was,
        position=index,
        line=line,
    )
