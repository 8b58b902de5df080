"""Where things stand in a TOML text: the place of every key, header and list element.

The TOML reader gives places for syntax errors only. This scanner knows just enough of TOML (the four
kinds of strings, comments, lists over several lines, inline tables, dotted and quoted keys) to find
every key again; it decides nothing about values. It takes any text whatever, in linear time, and on
text that is not TOML it finds what it can.

Offsets count characters from 0, lines and columns from 1. Line ends are newlines only: the text has
had its CR LF replaced and its byte order mark removed (`srs.deck.source`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

import rtoml

Path = tuple[str | int, ...]
"""The way to a value: keys, and positions in lists; `("cards", 3, "was", 0)`."""

MAX_DEPTH = 80
"""How deep tables and lists may nest; the TOML reader stops there too."""

_BLANK = re.compile(r"[ \t\r\n]*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_PAIR = re.compile(r'([A-Za-z0-9_-]+)[ \t]*=[ \t]*("[^"\\\n]*")(?!")')
_LITERAL = re.compile(r"'[^'\n]*'")
_BASIC_STOP = re.compile(r'\\.|["\n]')
_LONG_STOP = re.compile(r'\\[\s\S]|"""')
_SCALAR = re.compile(r"[^#\n]*")
_INNER_SCALAR = re.compile(r"[^,\]}#\n]*")
_LINE_END = re.compile("\n")
_FIRST_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_LIST_HEADER = re.compile(r"^[ \t]*\[\[", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|([\s\S]))")


@dataclass(slots=True)
class Place:
    """The offsets of a key and of its value, and what is inside it.

    A `[[header]]` and a list element stand at one offset; for a `[header]` the key is its last part
    and the value its bracket.
    """

    key: int
    value: int
    inner: dict[str, Place] | list[Place] | None = None


@dataclass
class Places:
    """Every place in a text.

    `unclosed` is the first text, list or table that never ends, `deep` the first that nests too deep,
    `twice` the offset of a key or table that stands twice with the offset of its first.
    """

    text: str
    root: Place = field(default_factory=lambda: Place(0, 0, {}))
    unclosed: int | None = None
    deep: int | None = None
    twice: dict[int, int] = field(default_factory=dict)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, within the text."""
        starts = self._line_starts
        start = starts[min(max(line, 1), len(starts)) - 1]
        return min(start + max(column, 1) - 1, len(self.text))

    def find(self, path: Path) -> Place:
        """The place of a path; of the nearest thing around it where there is none."""
        place = self.root
        for step in path:
            inner = place.inner
            found: Place | None = None
            if isinstance(inner, dict):
                found = inner.get(str(step))
            elif isinstance(inner, list) and isinstance(step, int) and step < len(inner):
                found = inner[step]
            if found is None:
                break
            place = found
        return place


def scan(text: str) -> Places:
    """Find every key, header and list element of a text."""
    places = Places(text)
    _Scanner(places).document()
    return places


def card_lines(text: str, cards: int) -> list[int]:
    """The line of each `[[cards]]` header of a valid deck text with so many cards.

    Every header of a card holds `[[`. Where there are exactly as many `[[` as cards (or, counting
    only those that begin a line, as many), each one is a header and no scan is needed. That reasoning
    needs the cards to come from headers, so it is used only when no key stands above the first one.
    """
    first = _FIRST_HEADER.search(text)
    if first is not None and _only_comments(text[: first.start()]):
        if text.count("[[") == cards:
            return _lines_of_brackets(text, cards)
        offsets = [found.end() for found in _LIST_HEADER.finditer(text)]
        if len(offsets) == cards:
            return _lines_of(text, offsets)
    inner = scan(text).find(("cards",)).inner
    return _lines_of(text, [place.key for place in inner] if isinstance(inner, list) else [])


def string_end(text: str, start: int) -> int:
    """The offset after the string at `start`; `start` where there is none."""
    return _Scanner(Places(text)).string_end(start) if text[start : start + 1] in {'"', "'"} else start


def control_escape(text: str, start: int) -> int:
    """The offset of the first escape in the string at `start` that makes a control character.

    `start` itself where there is none.
    """
    end = string_end(text, start)
    for found in _ESCAPE.finditer(text, start, end):
        digits = found[1] or found[2] or found[3]
        code = int(digits, 16) if digits else {"b": 8, "f": 12, "e": 27}.get(found[4], 32)
        if (code < 32 and code not in {9, 10, 13}) or (0x7F <= code < 0xA0 and code != 0x85):
            return found.start()
    return start


def _only_comments(text: str) -> bool:
    return all(not line or line[0] == "#" for line in map(str.lstrip, text.split("\n")))


def _lines_of_brackets(text: str, count: int) -> list[int]:
    lines, line, last = [], 1, 0
    for _ in range(count):
        found = text.find("[[", last)
        line += text.count("\n", last, found)
        lines.append(line)
        last = found + 2
    return lines


def _lines_of(text: str, offsets: list[int]) -> list[int]:
    lines, line, last = [], 1, 0
    for offset in offsets:
        line += text.count("\n", last, offset)
        lines.append(line)
        last = offset
    return lines


class _TooDeepError(Exception):
    """The text nests deeper than `MAX_DEPTH`; nothing after that is looked at."""


class _Scanner:
    """One walk over a text, filling its `Places`."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.text = places.text
        self.end = len(places.text)

    def document(self) -> None:
        text, table = self.text, self.places.root
        pos = self.gap(0)
        try:
            while pos < self.end:
                plain = _PLAIN_PAIR.match(text, pos)
                if plain is not None:
                    # Most lines of a deck are of this form: one match in place of a dozen steps.
                    self._put(table, plain[1], Place(plain.start(1), plain.start(2)))
                    pos = plain.end()
                elif text[pos] == "[":
                    table, pos = self._header(pos)
                else:
                    pos = self._pair(table, pos, 0)
                line_end = text.find("\n", pos)
                pos = self.gap(line_end) if line_end >= 0 else self.end
        except _TooDeepError:
            return

    def gap(self, pos: int) -> int:
        """The offset after blanks, line ends and comments."""
        text = self.text
        while True:
            found = _BLANK.match(text, pos)
            pos = found.end() if found else pos
            if not text.startswith("#", pos):
                return pos
            line_end = text.find("\n", pos)
            pos = line_end if line_end >= 0 else self.end

    def _space(self, pos: int) -> int:
        found = _SPACE.match(self.text, pos)
        return found.end() if found else pos

    def string_end(self, pos: int) -> int:
        """The offset after the string that begins here; one that never ends is noted."""
        text = self.text
        if text.startswith('"""', pos):
            return self._long_basic_end(pos)
        if text.startswith("'''", pos):
            close = text.find("'''", pos + 3)
            return self._with_quotes(close + 3, "'") if close >= 0 else self._never_closed(pos, self.end)
        if text[pos] == "'":
            literal = _LITERAL.match(text, pos)
            return literal.end() if literal else self._never_closed(pos, self._line_end(pos))
        at = pos + 1
        while (stop := _BASIC_STOP.search(text, at)) is not None:
            if stop[0] == '"':
                return stop.end()
            if stop[0] == "\n":
                return self._never_closed(pos, stop.start())
            at = stop.end()
        return self._never_closed(pos, self.end)

    def _long_basic_end(self, pos: int) -> int:
        at = pos + 3
        while (stop := _LONG_STOP.search(self.text, at)) is not None:
            at = stop.end()
            if stop[0] == '"""':
                return self._with_quotes(at, '"')
        return self._never_closed(pos, self.end)

    def _with_quotes(self, pos: int, quote: str) -> int:
        """Up to two quotes may stand directly before the closing three."""
        for _ in range(2):
            pos += self.text.startswith(quote, pos)
        return pos

    def _never_closed(self, pos: int, end: int) -> int:
        if self.places.unclosed is None:
            self.places.unclosed = pos
        return end

    def _line_end(self, pos: int) -> int:
        line_end = self.text.find("\n", pos)
        return line_end if line_end >= 0 else self.end

    def _too_deep(self, pos: int) -> _TooDeepError:
        if self.places.deep is None:
            self.places.deep = pos
        return _TooDeepError()

    def _keys(self, pos: int) -> tuple[list[tuple[str, int]], int]:
        """The parts of a dotted key with their offsets, and the offset after; no parts: no key."""
        parts: list[tuple[str, int]] = []
        text, start = self.text, pos
        while True:
            pos = self._space(pos)
            bare = _BARE.match(text, pos)
            if bare is not None:
                parts.append((bare[0], pos))
                pos = bare.end()
            elif text[pos : pos + 1] in {'"', "'"}:
                end = self.string_end(pos)
                parts.append((_unquoted(text[pos:end]), pos))
                pos = end
            else:
                return [], pos
            if len(parts) > MAX_DEPTH:
                raise self._too_deep(start)
            pos = self._space(pos)
            if not text.startswith(".", pos):
                return parts, pos
            pos += 1

    def _header(self, pos: int) -> tuple[Place, int]:
        double = self.text.startswith("[[", pos)
        parts, end = self._keys(pos + 1 + double)
        if not parts:
            return Place(pos, pos, {}), end
        table = self.places.root
        for name, offset in parts[:-1]:
            table = self._step(table, name, offset)
        name, offset = parts[-1]
        inner = table.inner if isinstance(table.inner, dict) else {}
        known = inner.get(name)
        if double:
            return self._list_header(inner, name, Place(offset, pos, []), known), end
        if known is None:
            known = inner[name] = Place(offset, pos, {})
        else:
            self.places.twice[offset] = known.key
            known = known if isinstance(known.inner, dict) else Place(offset, pos, {})
        return known, end

    def _list_header(self, inner: dict[str, Place], name: str, fresh: Place, known: Place | None) -> Place:
        if known is None:
            known = inner[name] = fresh
        element = Place(fresh.value, fresh.value, {})
        if isinstance(known.inner, list):
            known.inner.append(element)
        else:
            self.places.twice[fresh.key] = known.key
        return element

    def _step(self, table: Place, name: str, offset: int) -> Place:
        """Go into a table that a dotted key or header names, making it where there is none."""
        inner = table.inner if isinstance(table.inner, dict) else {}
        place = inner.get(name)
        if place is None:
            place = inner[name] = Place(offset, offset, {})
        if isinstance(place.inner, list) and place.inner:
            place = place.inner[-1]
        return place

    def _put(self, table: Place, name: str, place: Place) -> None:
        inner = table.inner
        if not isinstance(inner, dict):
            return
        known = inner.get(name)
        if known is None:
            inner[name] = place
        else:
            self.places.twice[place.key] = known.key

    def _pair(self, table: Place, pos: int, depth: int) -> int:
        parts, pos = self._keys(pos)
        # Within an inline table the reader takes line ends and comments round the sign, too.
        skip = self.gap if depth else self._space
        sign = skip(pos) if parts else pos
        if not parts or not self.text.startswith("=", sign):
            return pos
        for name, offset in parts[:-1]:
            table = self._step(table, name, offset)
        name, offset = parts[-1]
        place, pos = self._value(skip(sign + 1), depth + len(parts) - 1)
        place.key = offset
        self._put(table, name, place)
        return pos

    def _value(self, pos: int, depth: int) -> tuple[Place, int]:
        """The place of the value that begins here, its key left for the caller, and the offset after."""
        first = self.text[pos : pos + 1]
        place = Place(pos, pos)
        if first in {'"', "'"}:
            return place, self.string_end(pos)
        if first in {"[", "{"}:
            if depth >= MAX_DEPTH:
                raise self._too_deep(pos)
            return place, (self._list if first == "[" else self._inline)(place, pos, depth + 1)
        scalar = (_INNER_SCALAR if depth else _SCALAR).match(self.text, pos)
        return place, scalar.end() if scalar else pos

    def _list(self, place: Place, start: int, depth: int) -> int:
        elements: list[Place] = []
        place.inner = elements
        pos = self.gap(start + 1)
        while pos < self.end:
            char = self.text[pos]
            if char == "]":
                return pos + 1
            after = pos + 1
            if char not in {",", "}"}:
                element, after = self._value(pos, depth)
                elements.append(element)
            pos = self.gap(max(after, pos + 1))
        return self._never_closed(start, self.end)

    def _inline(self, place: Place, start: int, depth: int) -> int:
        place.inner = {}
        pos = self.gap(start + 1)
        while pos < self.end:
            char = self.text[pos]
            if char == "}":
                return pos + 1
            after = pos + 1
            if char != ",":
                after = self._pair(place, pos, depth)
            pos = self.gap(max(after, pos + 1))
        return self._never_closed(start, self.end)


def _unquoted(token: str) -> str:
    """The key that a quoted key means."""
    if token[0] == '"' and "\\" in token:
        try:
            return str(rtoml.loads(f"key = {token}")["key"])
        except (ValueError, KeyError):  # an invalid escape: the reader refuses the file for it
            return token
    return token[1:-1]
