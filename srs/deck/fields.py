"""The keys of a deck file and how their values are read: one row a key."""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from srs.deck.clean import BIDI, CONTROL, clean_line, clean_text, is_blank, quoted
from srs.deck.names import nearest
from srs.deck.problems import Finding
from srs.deck.source import control_name
from srs.model import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srs.deck.lines import Path
    from srs.deck.problems import Findings


class Kind(Enum):
    """What a key holds: a text of one line, a text, a list of one-line texts, a number, a flag, choices."""

    LINE = auto()
    TEXT = auto()
    LIST = auto()
    NUMBER = auto()
    FLAG = auto()
    CHOICES = auto()


DECK_KEYS: Mapping[str, Kind] = {
    "id": Kind.LINE,
    "name": Kind.LINE,
    "description": Kind.TEXT,
    "desired_retention": Kind.NUMBER,
    "mode": Kind.LINE,
}
CARD_KEYS: Mapping[str, Kind] = {
    "id": Kind.LINE,
    "term": Kind.LINE,
    "scenario": Kind.TEXT,
    "question": Kind.TEXT,
    "answer": Kind.TEXT,
    "reverse": Kind.FLAG,
    "cloze": Kind.TEXT,
    "choices": Kind.CHOICES,
    "accept": Kind.LIST,
    "explanation": Kind.TEXT,
    "tags": Kind.LIST,
    "needs": Kind.LIST,
    "source": Kind.TEXT,
    "was": Kind.LIST,
}
CHOICE_KEYS: Mapping[str, Kind] = {"text": Kind.LINE, "why": Kind.LINE}
CHECK_KEYS: Mapping[str, Kind] = {"ignore": Kind.LIST, "tags": Kind.LIST}
TABLES = ("deck", "cards", "check")

# What people who come from other programs call the keys.
_OTHER_WORDS = {
    "front": "question",
    "prompt": "question",
    "q": "question",
    "back": "answer",
    "definition": "answer",
    "a": "answer",
    "word": "term",
    "title": "term",
    "context": "scenario",
    "note": "explanation",
    "notes": "explanation",
    "why": "explanation",
    "tag": "tags",
    "labels": "tags",
    "reference": "source",
    "url": "source",
    "old_id": "was",
    "options": "choices",
    "distractors": "choices",
    "wrong": "choices",
    "synonyms": "accept",
    "requires": "needs",
    "prerequisites": "needs",
    "depends_on": "needs",
    "because": "why",
    "reason": "why",
    "aliases": "was",
    "retention": "desired_retention",
    "card": "cards",
}
_MOST_GUESSES = 200
_ALL_TEXT = {str}
_NOT_TEXT = "put the value in quotes"
_EXAMPLES = {
    "tags": 'a list looks like `tags = ["one", "two"]`',
    "was": 'a list looks like `was = ["old-id"]`',
    "ignore": 'a list looks like `ignore = ["Q103"]`',
    "accept": 'a list looks like `accept = ["one", "two"]`',
    "needs": 'a list looks like `needs = ["other-id"]`',
    "choices": 'a list looks like `choices = ["one", { text = "two", why = "…" }]`',
}


_TYPES: Mapping[Kind, tuple[type, ...]] = {Kind.NUMBER: (int, float), Kind.FLAG: (bool,)}
_WANTED = {
    Kind.LIST: "a list of texts",
    Kind.CHOICES: "a list of wrong answers",
    Kind.NUMBER: "a number",
    Kind.FLAG: "true or false",
}


class TableReader:
    """Reads the tables of one file: known keys of the right type are kept, all else is a finding.

    With `trusted` texts cannot need cleaning (`srs.deck.source.Source`).
    """

    def __init__(self, findings: Findings, *, trusted: bool) -> None:
        self._findings = findings
        self._trusted = trusted
        self._guesses: dict[tuple[str, int], str | None] = {}

    def read(self, raw: dict[str, Any], where: Path, keys: Mapping[str, Kind]) -> dict[str, Any]:
        """The values of a table, cleaned; blanks around lines and after texts are gone.

        A key whose value was refused, or that is meant by an unknown key, is there with None.
        """
        values: dict[str, Any] = {}
        # Members of an enumeration are slow to look up, and this runs for every key of a deck.
        text_kind, line_kind = Kind.TEXT, Kind.LINE
        for key, value in raw.items():
            kind = keys.get(key)
            if kind is None:
                meant = self.stray(key, where, keys)
                if meant is not None:
                    values.setdefault(meant, None)
            elif type(value) is str and (kind is text_kind or kind is line_kind):
                if self._trusted:
                    values[key] = value.rstrip() if kind is text_kind else clean_line(value).strip()
                else:
                    values[key] = self._cleaned(value, (*where, key), kind)
            elif kind is Kind.LIST and type(value) is list:
                values[key] = self._list(key, value, (*where, key))
            elif kind is Kind.CHOICES and type(value) is list:
                values[key] = self._choices(value, (*where, key))
            elif type(value) in _TYPES.get(kind, ()):
                values[key] = value
            else:
                values[key] = None
                self._wrong_type(key, value, (*where, key), kind)
        return values

    def stray(self, key: str, where: Path, keys: Mapping[str, Kind]) -> str | None:
        """Note a key that does not belong into this table; the known key it means, where it is clear."""
        in_deck, in_check = keys is DECK_KEYS, keys is CHECK_KEYS
        path, name = (*where, key), quoted(key)
        if in_deck and (key in CARD_KEYS or key == "cards"):
            table = key == "cards"
            message = f"{name} stands in `[deck]`" if table else f"{name} is a key of a card, not of `[deck]`"
            hint = "each card begins with `[[cards]]`" if table else "put a line `[[cards]]` above it"
            self._findings.add(Finding("E112", path, message, hint, on_key=True))
            return None
        if keys is CARD_KEYS and key in DECK_KEYS:
            message = f"{name} is a key of `[deck]`, not of a card"
            hint = "put it under `[deck]`, above the first card"
            self._findings.add(Finding("E112", path, message, hint, on_key=True))
            return None
        if keys is CHOICE_KEYS and key in CARD_KEYS:
            message = f"{name} is a key of a card, not of a choice, which has `text` and `why`"
            hint = "the card's own keys stand above its first `[[cards.choices]]`"
            self._findings.add(Finding("E112", path, message, hint, on_key=True))
            return None
        guess = self.guess(key, keys)
        hint_or_none = f"did you mean `{guess}`?" if guess else None
        if key in CHECK_KEYS and keys is not CHOICE_KEYS:
            hint_or_none = "put it under `[check]`, a table of its own"
        if key == "hint" and keys is CARD_KEYS:
            hint_or_none = "a hint stands in its hole: `{{c1::hidden::hint}}`"
        owner = "`[deck]`" if in_deck else "`[check]`" if in_check else "a card"
        if keys is CHOICE_KEYS:
            owner = "a choice, which has `text` and `why`"
        message = f"{name} is not a key of {owner}"
        self._findings.add(Finding("E104", path, message, hint_or_none, on_key=True))
        return guess

    def guess(self, key: str, known: Mapping[str, Kind] | tuple[str, ...]) -> str | None:
        """The known key that an unknown one means; only so many are guessed in one file."""
        asked = (key, id(known))
        if asked not in self._guesses:
            if len(self._guesses) >= _MOST_GUESSES:
                return None
            other = _OTHER_WORDS.get(key.lower())
            self._guesses[asked] = other if other in known else nearest(key, known)
        return self._guesses[asked]

    def _list(self, key: str, value: list[Any], where: Path) -> list[str | None]:
        """The texts of a list, each on one line; None in the place of what is refused."""
        if self._trusted and set(map(type, value)) == _ALL_TEXT:
            return [clean_line(entry).strip() for entry in value]
        texts: list[str | None] = []
        for index, entry in enumerate(value):
            if type(entry) is not str:
                texts.append(None)
                message = f"an entry of `{key}` is text, not {_kind(entry)}"
                self._findings.add(Finding("E105", (*where, index), message, _NOT_TEXT))
            else:
                texts.append(self._line(entry, (*where, index)))
        return texts

    def _choices(self, value: list[Any], where: Path) -> list[Choice | None]:
        """Wrong answers, each a text or a table with `text` and `why`; None in the place of a refused one."""
        return [self._choice(entry, (*where, index)) for index, entry in enumerate(value)]

    def _choice(self, entry: object, where: Path) -> Choice | None:
        why: str | None = None
        if isinstance(entry, dict):
            given = self.read(entry, where, CHOICE_KEYS)
            text, why = given.get("text", ""), given.get("why")
            place = (*where, "text") if "text" in given else where
        elif isinstance(entry, str):
            text, place = self._line(entry, where), where
        else:
            message = f"an entry of `choices` is text, or a table with `text` and `why`, not {_kind(entry)}"
            self._findings.add(Finding("E105", where, message, _NOT_TEXT))
            return None
        if text is None:
            return None
        if is_blank(text):
            self._findings.add(Finding("E106", place, "this choice has no text"))
            return None
        return Choice(text, why or None)

    def _line(self, text: str, where: Path) -> str | None:
        return clean_line(text).strip() if self._trusted else self._cleaned(text, where, Kind.LINE)

    def _cleaned(self, text: str, where: Path, kind: Kind) -> str | None:
        control = CONTROL.search(text)
        if control is not None:
            message = f"{control_name(control[0])} is not allowed in a text"
            self._findings.add(Finding("E111", where, message, escape=True))
            return None
        bidi = BIDI.search(text)
        if bidi is not None:
            message = f"the text holds a bidi control, U+{ord(bidi[0]):04X}, which is left out"
            self._findings.add(Finding("W103", where, message))
        return clean_text(text).rstrip() if kind is Kind.TEXT else clean_line(text).strip()

    def _wrong_type(self, key: str, value: object, where: Path, kind: Kind) -> None:
        hint: str | None = _EXAMPLES.get(key, _NOT_TEXT)
        if kind is Kind.FLAG:
            hint = f"write `{key} = true`, without quotes"
        elif kind is Kind.NUMBER:
            hint = f"a number stands without quotes: `{key} = 0.9`"
        elif kind is Kind.CHOICES and isinstance(value, dict):
            hint = f"each choice begins with `[[cards.{key}]]`"
        elif isinstance(value, dict):
            hint = None
        message = f"`{key}` is {_WANTED.get(kind, 'text')}, not {_kind(value)}"
        self._findings.add(Finding("E105", where, message, hint))


def read_retention(value: float, where: Path, findings: Findings) -> float | None:
    """A desired retention as a proportion in 0.70..0.99, or None and a finding."""
    if 0.70 <= value <= 0.99:
        return float(value)
    hint = None
    if math.isfinite(value) and 70 <= value <= 99:
        hint = f"it is a proportion: `desired_retention = {value / 100:g}`"
    shown = "that" if math.isfinite(value) else "no number"
    message = "`desired_retention` lies between 0.70 and 0.99"
    findings.add(Finding("E108", where, f"{message}, {shown} is not" if shown == "that" else message, hint))
    return None


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
