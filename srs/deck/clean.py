"""Text from files is hostile until cleaned: no terminal controls, no bidi overrides.

Left alone: newlines, tabs, the joiners ZWJ and ZWNJ, and the direction marks LRM, RLM and ALM that
right-to-left text needs; none of them can change how anything outside its own line is shown.
"""

from __future__ import annotations

import re

_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls (C0 but tab and newline, DEL, C1), bidi overrides and isolates, the deprecated format
# characters, interlinear marks, the BOM as a character, and halves of surrogate pairs.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\u2028\u2029\ud800-\udfff]"
)
_ROW_END = re.compile("[\n\t][ \n\t]*")
_UNSEEN = re.compile("[\u200b-\u200f\u2060-\u2064\u061c\u00ad\u180e]")

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
"""What a deck text may not hold at all; carriage returns and U+0085 become newlines instead."""

BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Bidi embeddings, overrides and isolates: they can make a line read as another one."""

_SHOWN = 60


def clean_text(text: str) -> str:
    """The text without anything that could act on a terminal; newlines and tabs are kept.

    All line separators (CR LF, CR, VT, FF, U+0085, U+2028, U+2029) become newlines.
    """
    if _HOSTILE.search(text) is None:
        return text
    return _HOSTILE.sub("", _BREAK.sub("\n", text))


def clean_line(text: str) -> str:
    """The text cleaned and on one line: line breaks and tabs, with the blanks after, become a space.

    For anything from files, arguments or exceptions that is printed within a line.
    """
    # Nothing that is stripped here is printable, and most lines hold nothing else.
    return text if text.isprintable() else _ROW_END.sub(" ", clean_text(text))


def quoted(name: str) -> str:
    """A name from a file in backquotes, cleaned and cut to 60 characters, for a message."""
    shown = clean_line(name[: 4 * _SHOWN]).replace("`", "'")
    return f"`{shown[: _SHOWN - 1]}…`" if len(shown) > _SHOWN else f"`{shown}`"


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in it: blanks and characters without width only."""
    if text[:1].isalnum():
        return False
    return not text or text.isspace() or not _UNSEEN.sub("", text).strip()
