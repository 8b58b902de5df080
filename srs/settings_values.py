"""How each kind of value that can be set is read, checked and written.

A value has three forms: as TOML holds it (`check`), as a person types it after `srs config set`
(`read`), and as `Settings` keeps it, which `text` and `toml` write out again.
"""

from __future__ import annotations

from itertools import pairwise

from srs.errors import UsageError
from srs.settings_text import quoted, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

WRONG_TYPE = "E304"
NOT_ALLOWED = "E305"

_UNITS = {"s": 1, "m": 60, "h": 3_600}
_DAY = 86_400
_MAX_DIGITS = 15
_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_REVIEW_KEYS = frozenset(" uUsb!i?qehjk")


class BadValueError(UsageError):
    """A value that a setting cannot have, with the code its problem has in a file."""

    def __init__(self, message: str, hint: str | None = None, code: str = NOT_ALLOWED) -> None:
        super().__init__(message, hint)
        self.code = code


class Setting:
    """One setting: its name, what it may be in words, its default and its meaning in one line."""

    __slots__ = ("default", "meaning", "name", "type_text")

    def __init__(self, name: str, default: object, type_text: str, meaning: str) -> None:
        self.name = name
        self.default = default
        self.type_text = type_text
        self.meaning = meaning

    def check(self, value: object) -> object:
        """The value of a TOML file as `Settings` keeps it; raises BadValueError."""
        raise NotImplementedError

    def read(self, text: str) -> object:
        """The value a person typed, as `Settings` keeps it; raises BadValueError."""
        return self.check(text)

    def text(self, value: object) -> str:
        """The value as a person types it, empty where it is None; `read` reads it back."""
        return "" if value is None else str(value)

    def toml(self, value: object) -> str:
        """The value as the file holds it; `check` reads it back."""
        return quoted(self.text(value))

    @property
    def optional(self) -> bool:
        """Whether leaving the setting out is a value of its own."""
        return self.default is None

    def refuse(self, value: object, hint: str | None = None, code: str = NOT_ALLOWED) -> NoReturn:
        """Say what the setting may be, and what it was."""
        if hint is None and self.optional:
            hint = f"to go without: srs config unset {self.name}"
        raise BadValueError(f"`{self.name}` is {self.type_text}, not {_said(value, code)}", hint, code)


class Whole(Setting):
    """A whole number between two bounds."""

    __slots__ = ("high", "low")

    def __init__(self, name: str, default: int | None, low: int, high: int, meaning: str) -> None:
        super().__init__(name, default, f"a whole number from {low} to {high}", meaning)
        self.low = low
        self.high = high

    def check(self, value: object) -> int:
        """An int of TOML, within the bounds."""
        if isinstance(value, bool) or not isinstance(value, int):
            number = isinstance(value, str) and _whole(value) is not None
            self.refuse(value, "write the number without quotes" if number else None, WRONG_TYPE)
        if not self.low <= value <= self.high:
            self.refuse(value)
        return value

    def read(self, text: str) -> int:
        """The number in a text."""
        number = _whole(text)
        return self.refuse(text) if number is None else self.check(number)

    def toml(self, value: object) -> str:
        """The number."""
        return self.text(value)


class Retention(Setting):
    """A proportion FSRS can aim at."""

    __slots__ = ()

    def check(self, value: object) -> float:
        """A float of TOML, from 0.70 to 0.99."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            number = isinstance(value, str) and _number(value) is not None
            self.refuse(value, "write the number without quotes" if number else None, WRONG_TYPE)
        if not 0.70 <= value <= 0.99:
            self.refuse(value, f"{value:g} % is written {value / 100:g}" if 70 <= value <= 99 else None)
        return float(value)

    def read(self, text: str) -> float:
        """The number in a text; a decimal comma and a percentage are pointed out."""
        number = _number(text)
        if number is not None:
            return self.check(number)
        meant = _number(text.replace(",", ".")) or _number(text.rstrip("% ")) or 0.0
        meant = meant / 100 if meant > 1 else meant
        return self.refuse(text, f"did you mean `{meant:g}`?" if 0.70 <= meant <= 0.99 else None)

    def toml(self, value: object) -> str:
        """The number."""
        return self.text(value)


class Flag(Setting):
    """Yes or no."""

    __slots__ = ()

    def __init__(self, name: str, *, default: bool, meaning: str) -> None:
        super().__init__(name, default, "`true` or `false`", meaning)

    def check(self, value: object) -> bool:
        """A bool of TOML."""
        return value if isinstance(value, bool) else self.refuse(value, code=WRONG_TYPE)

    def read(self, text: str) -> bool:
        """True, yes, on, false, no and off."""
        word = text.strip().lower()
        return word in _TRUE if word in _TRUE + _FALSE else self.refuse(text)

    def text(self, value: object) -> str:
        """`true` or `false`."""
        return "true" if value else "false"

    def toml(self, value: object) -> str:
        """The same."""
        return self.text(value)


class Word(Setting):
    """One of a few words; the first is the default."""

    __slots__ = ("words",)

    def __init__(self, name: str, words: tuple[str, ...], meaning: str) -> None:
        *most, last = (f"`{word}`" for word in words)
        super().__init__(name, words[0], f"{', '.join(most)} or {last}", meaning)
        self.words = words

    def check(self, value: object) -> str:
        """A text of TOML, one of the words."""
        if not isinstance(value, str):
            self.refuse(value, code=WRONG_TYPE)
        if value in self.words:
            return value
        near = nearest(value, self.words)
        return self.refuse(value, f"did you mean `{near}`?" if near else None)


class Steps(Setting):
    """Steps shorter than a day; kept as whole seconds."""

    __slots__ = ()

    def check(self, value: object) -> tuple[int, ...]:
        """A text of steps with spaces between, or a list of them."""
        if isinstance(value, str):
            words: list[object] = [*value.split()]
        elif isinstance(value, list | tuple):
            words = [*value]
        else:
            self.refuse(value, "a step is a number and a unit, in quotes: `10m`", WRONG_TYPE)
        steps = tuple(self._step(word) for word in words)
        for before, after in pairwise(steps):
            if after <= before:
                message = f"the steps of `{self.name}` rise, so `{_step_text(after)}` cannot follow"
                raise BadValueError(f"{message} `{_step_text(before)}`")
        return steps

    def _step(self, word: object) -> int:
        if not isinstance(word, str):
            self.refuse(word, f"write the step with its unit, in quotes: `{shown(word)}m`", WRONG_TYPE)
        number, unit = word[:-1], word[-1:]
        whole = number.isascii() and number.isdigit() and len(number) <= 5
        seconds = int(number) * _UNITS[unit] if whole and unit in _UNITS else 0
        if 1 <= seconds < _DAY:
            return seconds
        message = f"`{shown(word)}` in `{self.name}` is not a step from 1 second to under 1 day"
        raise BadValueError(message, _step_hint(word))

    def text(self, value: object) -> str:
        """The steps with spaces between, each in its largest whole unit: `1m 10m`."""
        return " ".join(_step_text(step) for step in value) if isinstance(value, tuple) else ""


class Zone(Setting):
    """An IANA time zone."""

    __slots__ = ()

    def check(self, value: object) -> str:
        """A text of TOML that names a zone this computer has rules for."""
        from srs.zones import zone_like, zone_named  # noqa: PLC0415 - only for those who set one

        if not isinstance(value, str):
            self.refuse(value, code=WRONG_TYPE)
        if value and zone_named(value) is not None:
            return value
        near = zone_like(value)
        hint = f"did you mean `{near}`?" if near else "leave it out to go by the system's time zone"
        return self.refuse(value, hint)


class RatingKeys(Setting):
    """Four keys that rate besides 1 to 4."""

    __slots__ = ()

    def check(self, value: object) -> str:
        """A text of TOML: four characters, none of which the review needs; accents are composed."""
        if not isinstance(value, str):
            self.refuse(value, code=WRONG_TYPE)
        keys = value if value.isascii() else composed(value)
        if len(keys) != 4 or not keys.isprintable() or len(set(keys)) != 4:
            self.refuse(value)
        for key in keys:
            self._check_key(key)
        return keys

    def _check_key(self, key: str) -> None:
        plain = key if key.isascii() else composed(key, compatible=True)
        if plain.isspace():
            raise BadValueError(f"`{self.name}` cannot hold a space: it shows the answer and rates Good")
        if key.isdigit() or plain.isdigit():
            raise BadValueError(f"`{self.name}` needs no digits: `{key}` rates anyway")
        if plain in _REVIEW_KEYS:
            raise BadValueError(f"`{self.name}` cannot hold `{key}`: the review has another use for it")
        if not key.isascii() and _is_mark(key):
            raise BadValueError(f"`{self.name}` holds an accent without a letter")


class Folder(Setting):
    """A folder, named from its root or from the home folder."""

    __slots__ = ()

    def check(self, value: object) -> str:
        """A text of TOML; whether the folder is there is seen when it is used."""
        if not isinstance(value, str):
            self.refuse(value, code=WRONG_TYPE)
        windows = value[1:3] in (":\\", ":/") or value.startswith("\\\\")
        if not value.isprintable() or not (value.startswith(("/", "~")) or windows):
            self.refuse(value, "name it in full, as `/media/stick/srs` or `~/Dropbox/srs`")
        return value


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a mistyped one most likely means."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is wrong

    plain = {name.lower().replace("_", "-"): name for name in sorted(known)}
    asked = word[:64].strip().lower().replace("_", "-").replace(" ", "-")
    near = get_close_matches(asked, plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def _said(value: object, code: str) -> str:
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, str) and not value:
        return "empty"
    return (
        f"the text `{shown(value)}`" if isinstance(value, str) and code == WRONG_TYPE else f"`{shown(value)}`"
    )


def _whole(text: str) -> int | None:
    text = text.strip()
    digits = text[1:] if text[:1] in ("-", "+") else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS else None


def _number(text: str) -> float | None:
    try:
        return float(text) if len(text) <= 40 and "_" not in text else None
    except ValueError:
        return None


def _step_text(seconds: int) -> str:
    for unit in ("h", "m"):
        if seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


def _step_hint(word: str) -> str:
    if word.isascii() and word.isdigit():
        return f"write its unit: `{shown(word)}m`"
    if "," in word or ";" in word:
        return "put spaces between steps: `1m 10m`"
    if word[-1:] == "d" or word[-1:] == "h":
        return "steps are shorter than a day; FSRS counts the days after them"
    return "a step is a whole number and s, m or h: `30s`, `10m`, `2h`"


def composed(text: str, *, compatible: bool = False) -> str:
    """A text whose letters and accents are one character each where there is such a character."""
    from unicodedata import normalize  # noqa: PLC0415 - only for keys beyond ASCII

    return normalize("NFKC" if compatible else "NFC", text)


def _is_mark(char: str) -> bool:
    from unicodedata import category  # noqa: PLC0415 - only for keys beyond ASCII

    return category(char).startswith("M")
