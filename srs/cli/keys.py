"""From bytes to keys, from keys to what is meant.

A key is a string: one character as typed, or a name of two letters and more (`enter`, `up`,
`ctrl-d`). `Screen.key` adds the events `resize` (the terminal has another size) and `redraw` (what
was drawn is gone).
"""

from __future__ import annotations

import re
import unicodedata
from codecs import getincrementaldecoder
from enum import Enum, StrEnum, auto
from typing import NamedTuple

Key = str


class TypedLine(NamedTuple):
    """A line typed with the terminal's own editing; or the event that came in its place."""

    text: str = ""
    event: Key | None = None


_PATIENCE = 0.05
_PASTE_PATIENCE = 1.0
_KEPT = 32

_FINALS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "backtab"}
_TILDES = {
    "1": "home",
    "2": "insert",
    "3": "delete",
    "4": "end",
    "5": "pageup",
    "6": "pagedown",
    "7": "home",
    "8": "end",
}
_KEYPAD = {"M": "enter"} | {chr(ord("p") + n): str(n) for n in range(10)}
_CONTROLS = {"\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\x08": "backspace"}
_PASTE_END = b"\x1b[201~"
_ESC, _BEL, _CANCEL = 0x1B, 0x07, (0x18, 0x1A)


class _State(Enum):
    GROUND = auto()
    ESCAPE = auto()
    CSI = auto()
    SS3 = auto()
    STRING = auto()
    STRING_ESCAPE = auto()
    SKIP = auto()
    ALT = auto()
    PASTE = auto()


class Decoder:
    """Turns the bytes of a terminal into keys, however they are split over reads.

    Arrows and their kin come out as names; unknown escape sequences, mouse and focus reports, Alt
    with a key, replies of the terminal and bracketed pastes are swallowed whole.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self._new_text = getincrementaldecoder(encoding)
        self._text = self._new_text("replace")
        self._alt = self._new_text("replace")
        self._state = _State.GROUND
        self._kept = bytearray()
        self._skip = 0
        self._mid_character = False

    @property
    def patience(self) -> float | None:
        """Seconds of silence after which `flush` is due; None when nothing is half read."""
        if self._state is _State.PASTE:
            return _PASTE_PATIENCE
        if self._state is _State.GROUND and not self._mid_character:
            return None
        return _PATIENCE

    def feed(self, data: bytes) -> list[Key]:
        """The keys these bytes complete."""
        keys: list[Key] = []
        for byte in data:
            keys += self._byte(byte)
        return keys

    def flush(self) -> list[Key]:
        """What half-read bytes mean when nothing follows: a lone Esc is a key, the rest is dropped."""
        alone = self._state is _State.ESCAPE
        self._rest()
        return ["escape"] if alone else []

    def _rest(self) -> None:
        self._state = _State.GROUND
        self._kept.clear()
        self._text = self._new_text("replace")
        self._mid_character = False

    def _enter(self, state: _State) -> list[Key]:
        self._state = state
        self._kept.clear()
        return []

    def _byte(self, byte: int) -> list[Key]:
        match self._state:
            case _State.GROUND:
                keys = self._ground(byte)
            case _State.ESCAPE:
                keys = self._escape(byte)
            case _State.CSI | _State.SS3:
                keys = self._sequence(byte)
            case _State.STRING | _State.STRING_ESCAPE:
                keys = self._string(byte)
            case _State.PASTE:
                keys = self._paste(byte)
            case _State.ALT:
                keys = self._after_alt(byte)
            case _State.SKIP:
                keys = self._skipped()
        return keys

    def _skipped(self) -> list[Key]:
        self._skip -= 1
        return [] if self._skip else self._enter(_State.GROUND)

    def _ground(self, byte: int) -> list[Key]:
        if byte == _ESC:
            self._rest()
            return self._enter(_State.ESCAPE)
        characters = self._text.decode(bytes([byte]))
        self._mid_character = not characters
        return [key for key in map(key_of, characters) if key]

    def _escape(self, byte: int) -> list[Key]:
        match chr(byte):
            case "[":
                return self._enter(_State.CSI)
            case "O":
                return self._enter(_State.SS3)
            case "]" | "P" | "X" | "^" | "_":
                return self._enter(_State.STRING)
            case "\x1b":
                return ["escape"]
        if byte >= 0x80:  # Alt with a letter of several bytes
            self._alt = self._new_text("replace")
            self._enter(_State.ALT)
            return self._after_alt(byte)
        return self._enter(_State.GROUND)

    def _after_alt(self, byte: int) -> list[Key]:
        if byte == _ESC:
            return self._enter(_State.ESCAPE)
        return self._enter(_State.GROUND) if self._alt.decode(bytes([byte])) else []

    def _sequence(self, byte: int) -> list[Key]:
        if byte < 0x20 or byte >= 0x7F:  # broken off; what comes now stands for itself
            self._enter(_State.GROUND)
            return [] if byte in _CANCEL else self._ground(byte)
        single_shift = self._state is _State.SS3
        if byte < 0x40 and not (single_shift and byte < 0x30):
            if len(self._kept) < _KEPT:
                self._kept.append(byte)
            return []
        parameters, final = self._kept.decode("ascii"), chr(byte)
        self._enter(_State.GROUND)
        if single_shift:
            name = "" if parameters else _FINALS.get(final) or _KEYPAD.get(final)
            return [name] if name else []
        if not parameters and final in "M[":  # an old mouse report; F1 to F5 of the Linux console
            self._state, self._skip = _State.SKIP, 3 if final == "M" else 1
            return []
        if (parameters, final) == ("200", "~"):
            return self._enter(_State.PASTE)
        name = _TILDES.get(parameters) if final == "~" else _FINALS.get(final)
        return [name] if name and (final == "~" or parameters in ("", "1", "1;1")) else []

    def _string(self, byte: int) -> list[Key]:
        if self._state is _State.STRING_ESCAPE:
            self._enter(_State.GROUND if byte == ord("\\") else _State.ESCAPE)
            return [] if byte == ord("\\") else self._escape(byte)
        if byte == _ESC:
            return self._enter(_State.STRING_ESCAPE)
        return self._enter(_State.GROUND) if byte == _BEL or byte in _CANCEL else []

    def _paste(self, byte: int) -> list[Key]:
        # The end mark starts with Esc and holds no other, so a mismatch can only start it anew.
        if byte == _PASTE_END[len(self._kept)]:
            self._kept.append(byte)
        else:
            self._kept.clear()
            if byte == _ESC:
                self._kept.append(byte)
        return self._enter(_State.GROUND) if len(self._kept) == len(_PASTE_END) else []


# What keys that the terminal's line editing does not know leave in a line: sequences with parameters,
# arrows and their kin, function keys, replies. After a lone Esc the letters that follow are text.
_LEFT_BY_KEYS = re.compile(
    r"\x1b\[[0-?]+[ -/]*[@-~]"
    r"|\x1b\[\[?[A-Z]"
    r"|\x1bO[A-Z](?![^\W_])"
    r"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b\[?"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)


def typed_text(line: str) -> str:
    """What was typed on a line, without what arrow keys, Esc and their like have left in it."""
    return line if line.isprintable() else _LEFT_BY_KEYS.sub("", line)


def key_of(character: str) -> Key | None:
    """A key for one character; None for what is no character at all."""
    if character in _CONTROLS:
        return _CONTROLS[character]
    if character < " ":
        return f"ctrl-{chr(ord(character) + 0x60)}"
    if "\x80" <= character < "\xa0" or character == "\N{REPLACEMENT CHARACTER}":
        return None
    return character


class RepeatGuard:
    """Drops a key that comes again within 200 ms: a held key or a bouncing one rates no two cards.

    Each coming starts the time anew, so a held key counts once; keys that scroll may be held.
    """

    WINDOW = 0.2
    HELD = frozenset({"j", "k", "up", "down", "pageup", "pagedown", "resize", "redraw"})

    def __init__(self) -> None:
        self._last: Key = ""
        self._at = 0.0

    def accepts(self, key: Key, at: float) -> bool:
        """Whether the key counts; `at` in seconds of any steady clock."""
        again = key == self._last and at - self._at < self.WINDOW
        self._last, self._at = key, at
        return not again or key in self.HELD


class Action(StrEnum):
    """What a key means on a card."""

    REVEAL = "reveal"
    HINT = "hint"
    AGAIN = "again"
    HARD = "hard"
    GOOD = "good"
    EASY = "easy"
    NEXT = "next"
    TYPE_AGAIN = "type-again"
    UNDO = "undo"
    REDO = "redo"
    SUSPEND = "suspend"
    BURY = "bury"
    FLAG = "flag"
    TAKE_IN = "take-in"
    EDIT = "edit"
    HELP = "help"
    DOWN = "down"
    UP = "up"
    REDRAW = "redraw"
    QUIT = "quit"


RATINGS = (Action.AGAIN, Action.HARD, Action.GOOD, Action.EASY)
_CASE_MATTERS = {"u": Action.UNDO, "U": Action.REDO}
_LETTERS = {
    "s": Action.SUSPEND,
    "b": Action.BURY,
    "!": Action.FLAG,
    "i": Action.TAKE_IN,
    "e": Action.EDIT,
    "h": Action.HINT,
    "?": Action.HELP,
    "j": Action.DOWN,
    "k": Action.UP,
    "q": Action.QUIT,
}
_NAMED = {
    "down": Action.DOWN,
    "pagedown": Action.DOWN,
    "up": Action.UP,
    "pageup": Action.UP,
    "ctrl-d": Action.QUIT,
    "ctrl-l": Action.REDRAW,
    "resize": Action.REDRAW,
    "redraw": Action.REDRAW,
}
GO_ON = (" ", "enter", "\N{IDEOGRAPHIC SPACE}")
"""The keys that do the next thing, whatever it is."""


def digit(key: Key) -> int | None:
    """The digit a key stands for in any script, full width too; None for no digit.

    `²` is none: it is the key left of the digits on French keyboards, where a slip would rate.
    """
    return unicodedata.decimal(key, None) if len(key) == 1 else None


def action(key: Key, *, answer_shown: bool, rating_keys: str = "") -> Action | None:
    """What a key means; None when it means nothing here (ratings wait for the answer).

    `rating_keys` are the four characters of the setting, or nothing.
    """
    if key in GO_ON:
        return Action.GOOD if answer_shown else Action.REVEAL
    if key in _NAMED:
        return _NAMED[key]
    if len(key) != 1:
        return None
    rating = number(key, rating_keys)
    if rating is not None:
        return RATINGS[rating - 1] if answer_shown and 1 <= rating <= 4 else None
    letter = unicodedata.normalize("NFKC", key)
    # Caps Lock is no reason to be stuck, except that it makes a redo of an undo.
    return _CASE_MATTERS.get(letter) or _LETTERS.get(letter) or _LETTERS.get(letter.lower())


def number(key: Key, rating_keys: str = "") -> int | None:
    """The number a key stands for, by the setting or as a digit; None for none."""
    place = unicodedata.normalize("NFC", rating_keys).find(key)
    return place + 1 if place >= 0 else digit(key)


_NUMBER_ROWS = (("AZERTY", "&é\"'"), ("Czech", "+ěšč"), ("Lithuanian", "ąčęė"), ("bépo", '"«»('))


def layout_hint(key: Key, rating_keys: str = "") -> str | None:
    """A sentence for whoever presses the number row of a layout that sends no digits there.

    None when the key is no such key or the setting is made. `č` and `"` mean different digits on
    different layouts, so the keys are named and never guessed.
    """
    if rating_keys or len(key) != 1:
        return None
    found = [(name, keys) for name, keys in _NUMBER_ROWS if key in keys]
    if not found:
        return None
    offers = " or ".join(f"rating_keys = {_toml(keys)} ({name})" for name, keys in found)
    return f"Digits rate, here with Shift. Or put into config.toml: {offers}"


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
