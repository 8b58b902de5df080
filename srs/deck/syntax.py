"""TOML text to plain values, by `rtoml`; its refusals in our words, at the right place.

`rtoml` reads a deck of 20,000 cards in about an eighth of the time of `tomllib`.
"""

from __future__ import annotations

import re
from typing import Any

import rtoml

from srs.deck.clean import clean_line
from srs.deck.lines import Places, scan
from srs.deck.problems import Finding

_PLACE = re.compile(r"\bline (\d+),? column (\d+)")
_COLON = re.compile(r"""[ \t]*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*(:)""")
_IN_QUOTES = 'texts stand in quotes: `answer = "…"`'
_DEFAULT = "this is not TOML"

# Parts of the reader's messages, with our sentence and hint.
_SENTENCES: tuple[tuple[str, str, str | None], ...] = (
    ("string values must be quoted", "there is no value that TOML knows here", _IN_QUOTES),
    ("key with no value", "there is no `=` after this key", "TOML has one `key = value` a line"),
    (
        "unexpected key or value",
        "there is something after the end of the value",
        'a quote within a text is written `\\"`; each key needs a line of its own',
    ),
    ("unquoted keys cannot be empty", "there is no key here", "TOML has one `key = value` a line"),
    (
        "unquoted key",
        "a key has only letters, digits, `-` and `_`",
        "other keys stand in quotes",
    ),
    ("multi-line", "there is a character here that a text may not hold", None),
    (
        "missing escaped value",
        "there is no such escape after the backslash",
        "write `\\\\` for a backslash, or the text in single quotes: `'…'`",
    ),
    ("unicode", "this is no escape of a character", "it is `\\u` and four hexadecimal digits"),
    ("boolean", "there is no value that TOML knows here", "it is `true` or `false`; texts stand in quotes"),
    ("unclosed array table", "the header never ends", "it ends with `]]`"),
    ("unclosed array", "the list never ends", "it ends with `]`"),
    ("unclosed table", "the header never ends", "it ends with `]`"),
    ("unclosed inline table", "the table never ends", "it ends with `}`"),
    ("extra comma", "there is a comma too many", None),
    ("carriage return", "there is a carriage return without a newline", "save the file with newlines"),
    ("dotted key", "this is a value, it cannot hold further keys", None),
    ("date", "there is no such date", "texts stand in quotes"),
    ("time", "there is no such time", "texts stand in quotes"),
    ("offset", "there is no such time", "texts stand in quotes"),
    ("overflow", "the number is too large", None),
    ("leading zero", "a number does not begin with 0", "texts stand in quotes"),
    ("float", "there is no value that TOML knows here", _IN_QUOTES),
)


def load(text: str) -> tuple[dict[str, Any], Finding | None]:
    """The values of a TOML text, or nothing and what is wrong with it; never fails."""
    try:
        return rtoml.loads(text), None
    except rtoml.TomlParsingError as error:
        return {}, _explained(str(error), text)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # noqa: BLE001 - a panic of the reader is no Exception, and files come from anyone
        return {}, Finding("E109", 0, "the TOML reader gave up on this file")


def _explained(said: str, text: str) -> Finding:
    places = scan(text)
    if "recur" in said:
        return Finding("E109", places.deep or 0, "tables and lists nest too deep here")
    found = _PLACE.search(said)
    offset = places.offset(int(found[1]), int(found[2])) if found else 0
    if "duplicate" in said or "redefinition" in said:
        return _twice(offset, places)
    if places.unclosed is not None and places.unclosed <= offset:
        return _unclosed(places.unclosed, text)
    return _sentence(said, text, offset)


def _sentence(said: str, text: str, offset: int) -> Finding:
    if text[offset : offset + 1] in {"“", "”", "‘", "’", "„", "«"}:
        return Finding("E109", offset, "texts need straight quotes", 'write `"…"`, not `“…”`')
    colon = _COLON.match(text, text.rfind("\n", 0, offset) + 1)
    if "key with no value" in said and colon:
        return Finding("E109", colon.start(1), "a key and its value are joined by `=`", "TOML is not YAML")
    for part, sentence, hint in _SENTENCES:
        if part in said:
            return Finding("E109", offset, sentence, hint)
    return Finding("E109", offset, _DEFAULT)


def _unclosed(offset: int, text: str) -> Finding:
    if text[offset] in "[{":
        kind, end = ("list", "]") if text[offset] == "[" else ("table", "}")
        return Finding("E109", offset, f"the {kind} that begins here never ends", f"it ends with `{end}`")
    quote = text[offset]
    if text.startswith(quote * 3, offset):
        hint = f"it ends with `{quote * 3}`"
    else:
        hint = f"it ends with `{quote}` on the same line; longer texts stand between `{quote * 3}`"
    return Finding("E109", offset, "the text that begins here never ends", hint)


def _twice(offset: int, places: Places) -> Finding:
    first = places.twice.get(offset)
    if first is None:
        return Finding("E103", offset, "this key or table stands here for the second time")
    end = offset
    while end < min(len(places.text), offset + 200) and places.text[end] not in " \t\n=]":
        end += 1
    name = clean_line(places.text[offset:end]).replace("`", "'")[:60]
    line = places.position(first)[0]
    hint = "each card begins with a `[[cards]]` of its own" if name != "deck" else None
    return Finding("E103", offset, f"`{name}` stands here for the second time, first in line {line}", hint)
