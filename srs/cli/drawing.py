"""What every screen is drawn with: text made harmless, measured in cells, wrapped, and two bars.

A row is measured by whichever is wider, what the terminal ought to draw (joined emoji count once)
or its code points one by one, because many terminals do not join; so no row is ever too wide.
"""

from __future__ import annotations

import re
import unicodedata
from codecs import lookup
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, get_character_cell_size, split_graphemes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Controls, line and paragraph separators, bidi overrides and isolates, lone surrogates, and the two
# invisible characters whose width terminals disagree on (soft hyphen, byte order mark).
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\ufeff\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
)
_ASCII = str.maketrans(
    {
        "━": "=",
        "─": "-",
        "█": "#",
        "…": "...",
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "·": "-",
        "•": "*",
        "–": "-",
        "—": "--",
        "→": "->",
        "≤": "<=",
        "≥": ">=",
        "×": "x",
        "\N{NO-BREAK SPACE}": " ",
    },
)
_TAB = 4
_SPARKS = "▁▂▃▄▅▆▇█"
_ASCII_SPARKS = "_.:-=+*#"
_MARKER = re.compile(r" *(?:[-*+•]|\d{1,3}[.)]) +(?=\S)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SPEAKER = re.compile(r"(?P<name>[^\W_][\w .'’&/()-]{0,39}?): +(?P<words>\S.*)")
_NO_ROW_START = frozenset("、。，．・：；！？）」』】〉》”’…ー々,.!?;:)]}")


def harmless(text: str) -> str:
    """One row's text without anything that could move the cursor or reorder the row."""
    return text if text.isprintable() else _UNSAFE.sub("", text)


def in_ascii(text: str) -> str:
    """Our own signs and common typography in ASCII; letters stay what they are."""
    return text if text.isascii() else text.translate(_ASCII)


def needs_ascii(encoding: str | None, *, wanted: bool = False) -> bool:
    """Whether to draw with ASCII signs: it was asked for, or the encoding is not UTF-8."""
    if wanted or not encoding:
        return True
    try:
        return lookup(encoding).name != "utf-8"
    except LookupError:
        return True


def cells(text: str) -> int:
    """How many cells a row takes at most, on terminals that join emoji and on those that do not."""
    if text.isascii():
        return len(text)
    return max(cell_len(text), sum(map(_cells_apart, text)))


def _cells_apart(char: str) -> int:
    """How many cells a code point takes by itself; half a flag is as wide as a whole one on some."""
    return 2 if "\U0001f1e6" <= char <= "\U0001f1ff" else get_character_cell_size(char)


def crop(text: str, width: int, end: str = "") -> str:
    """The text if it fits in `width` cells, else as much of it as fits followed by `end`."""
    if cells(text) <= width:
        return text
    room = width - cells(end)
    if room < 0:
        return crop(end, width) if end else ""
    kept = ""
    for cluster in _clusters(text, max(room, 1)):
        if cells(kept + cluster) > room:
            break
        kept += cluster
    return kept.rstrip() + end


def right_to_left(text: str) -> bool:
    """Whether the text holds right-to-left letters, which may share a row with nothing else."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def lines_of(text: str) -> list[str]:
    """The text's lines, harmless, tabs made spaces, without empty lines at either end."""
    lines = [harmless(line.expandtabs(_TAB)).rstrip(" ") for line in re.split(r"\r\n|\r|\n", text)]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return lines


def wrap(text: str, width: int) -> list[str]:
    """Rows of at most `width` cells; the writer's own line breaks stay.

    Prose breaks at spaces and between wide characters; a line that starts with spaces or a list
    marker hangs under its own text. Code (fenced, or indented by four) is cut, not re-flowed.
    """
    return [*_wrapped(text, max(width, 1))]


@lru_cache(maxsize=32)  # the parts of a card are drawn again at every key
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    rows: list[str] = []
    fence = ""
    for line in lines_of(text):
        mark = _FENCE.match(line)
        if fence or mark:
            rows += _chopped(line, width)
            if not fence and mark:
                fence = mark[1]
            elif mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
        elif line.startswith("    ") and not _MARKER.match(line):
            rows += _chopped(line, width)
        else:
            rows += _flowed(line, width)
    return tuple(rows)


def spoken(scenario: str) -> str:
    """A scenario as somebody speaking: each line `Name: words` becomes `Name: “words”`."""
    lines = []
    for line in lines_of(scenario):
        said = _SPEAKER.fullmatch(line)
        if said and said["words"][0] not in "“\"„«'":
            line = f"{said['name']}: “{said['words']}”"  # noqa: PLW2901 - the same line, quoted
        lines.append(line)
    return "\n".join(lines)


def progress_bar(done: int, total: int, width: int) -> str:
    """`━━━───`, `done` of `total` parts; full only when all is done."""
    filled = 0 if total <= 0 else max(0, min(width, done * width // total))
    return "━" * filled + "─" * (width - filled)


def sparkline(values: Sequence[int], *, most: int | None = None, ascii_only: bool = False) -> str:
    """One column per count, the tallest for `most` (default: the greatest).

    The lowest column means none; one is at least the next.
    """
    columns = _ASCII_SPARKS if ascii_only else _SPARKS
    top = max(1, max(values, default=0) if most is None else most)
    return "".join(columns[-(-value * (len(columns) - 1) // top)] for value in values)


def _clusters(text: str, width: int) -> Iterator[str]:
    """The smallest parts that may be drawn apart; one wider than `width` falls into code points."""
    for start, end, _ in split_graphemes(text)[0]:
        cluster = text[start:end]
        if cells(cluster) <= width:
            yield cluster
        else:
            yield from cluster


def _chopped(line: str, width: int) -> list[str]:
    rows, row = [], ""
    for cluster in _clusters(line, width):
        if row and cells(row + cluster) > width:
            rows.append(row)
            row = ""
        row += cluster
    return [*rows, row]


def _flowed(line: str, width: int) -> list[str]:
    marker = _MARKER.match(line)
    lead = marker.end() if marker else len(line) - len(line.lstrip(" "))
    hang = lead if lead * 2 <= width else 0
    first, indent = line[:lead][:width], " " * hang
    rows, row, empty = [], first, True
    for gap, word in _words(line[lead:], max(width - hang, 1)):
        if not empty and cells(row + gap + word) > width:
            rows.append(row)
            row, empty = indent, True
        row += word if empty else gap + word
        empty = False
        if cells(row) > width:  # only beside a lead too deep to hang from
            *full, row = _chopped(row, width)
            rows += full
    return [*rows, row]


def _words(text: str, width: int) -> Iterator[tuple[str, str]]:
    """Pairs (spaces before, unbreakable part), each part at most `width` cells."""
    for found in re.finditer(r"( *)([^ ]+)", text):
        gap, word = found.groups()
        for part in _parts(word, width):
            yield gap, part
            gap = ""


def _parts(word: str, width: int) -> Iterator[str]:
    if word.isascii():
        yield from (word[at : at + width] for at in range(0, len(word), width))
        return
    part, breakable = "", False
    for cluster in _clusters(word, width):
        wide = get_character_cell_size(cluster[0]) == 2
        may_break = (wide or breakable) and cluster[0] not in _NO_ROW_START
        if part and (may_break or cells(part + cluster) > width):
            yield part
            part = ""
        part += cluster
        breakable = wide
    if part:
        yield part
