"""Words as shells write them: which ones stand before the cursor, and how one is to be inserted there."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from srs.cli.completing import Found

_SEPARATORS = frozenset("|&;()<>\n")
_PLAIN_IN_BASH = re.compile(r"[\w@%+=:,./#-]")
_PLAIN_IN_POWERSHELL = re.compile(r"[\w+=:./-][\w+=:./#-]*")
_QUOTES_OF_POWERSHELL = re.compile("(['\u2018\u2019\u201a\u201b])")


class Typed(NamedTuple):
    """A command's words up to the cursor, without its name; `current` as far as it is typed.

    A shell that replaces only the end of a word begins at `kept`; `quote` is the one left open.
    """

    words: list[str]
    current: str
    kept: int = 0
    quote: str = ""


def typed_in(shell: str, handed: Sequence[str]) -> Typed:
    """What the script of a shell handed over."""
    if shell == "bash":
        breaks, line = handed
        return bash_line(line, breaks)
    *words, current = handed
    current = current.removeprefix("=")
    # These two hand over the last word as it is written, its quote still open.
    if shell == "fish":
        current = current[1:] if current[:1] in {"'", '"'} else re.sub(r"\\(.)", r"\1", current)
    elif shell == "powershell" and current[:1] in {"'", '"'}:
        current = current.strip(current[0])
    return Typed(words, current)


def bash_line(line: str, breaks: str) -> Typed:
    """The words of a bash line; it completes from the last word break, or the open quote, on."""
    words: list[str] = []
    word, begun, kept, quote = "", False, 0, ""
    characters = iter(line)
    for character in characters:
        if quote:
            if character == quote:
                quote, kept = "", 0
            elif character == "\\" and quote == '"':
                word += _unescaped(next(characters, ""))
            else:
                word += character
        elif character in {"'", '"'}:
            quote, begun, kept = character, True, len(word)
        elif character == "\\":
            word += next(characters, "")
            begun = True
        elif character.isspace() or character in _SEPARATORS:
            if begun:
                words.append(word)
            word, begun, kept = "", False, 0
        else:
            word += character
            begun = True
            if character in breaks:
                kept = len(word)
    return Typed(words[1:], word, kept, quote)


def _unescaped(character: str) -> str:
    return character if character in {'"', "\\", "$", "`"} else f"\\{character}"


def lines_for(shell: str, found: Found, typed: Typed) -> Iterator[str]:
    """A line for each word that fits, written as the shell inserts it."""
    write: dict[str, Callable[[str, str], str]] = {
        "bash": lambda word, _: _for_bash(word[typed.kept :], typed.quote, open_end=found.kind == "stems"),
        "zsh": _for_zsh,
        "fish": lambda word, told: f"{word}\t{told}" if told else word,
        "powershell": lambda word, told: f"{_for_powershell(word)}\t{told}",
    }
    for word, told in found.words:
        if _can_be_typed(word):
            yield write[shell](word, told if _can_be_typed(told) else "")


def _can_be_typed(word: str) -> bool:
    """Nothing that acts on a terminal, and nothing its encoding has not."""
    try:
        word.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return word.isprintable()


def _for_bash(word: str, quote: str, *, open_end: bool) -> str:
    """Quoted as what is typed already is; with a blank behind it where the word is complete."""
    if quote:
        return re.sub(r'(["\\$`])', r"\\\1", word) if quote == '"' else word.replace("'", "'\\''")
    escaped = "".join(char if _PLAIN_IN_BASH.match(char) else f"\\{char}" for char in word)
    return escaped if open_end else f"{escaped} "


def _for_zsh(word: str, told: str) -> str:
    escaped = re.sub(r"([\\:])", r"\\\1", word)
    return f"{escaped}:{told}" if told else escaped


def _for_powershell(word: str) -> str:
    if _PLAIN_IN_POWERSHELL.fullmatch(word):
        return word
    return "'" + _QUOTES_OF_POWERSHELL.sub(r"\1\1", word) + "'"
