"""Where in a row of a CSV a quote was left open, which takes all that follows into one field."""

from __future__ import annotations

import csv
import re

NEVER_CLOSED = "a quote that begins here is never closed"
HINT = "close it, or write it twice within quotes"


def open_quote(text: str, line: int, offset: int, delimiter: str) -> tuple[int, int] | None:
    """Line and column of the first quote that is not closed within 128 KB, in the row that begins here."""
    at = offset
    ends = re.compile(f"[{re.escape(delimiter)}\n]")
    while at < len(text):
        if text[at] == '"':
            closed = _closing(text, at)
            if closed is None:
                return line + text.count("\n", offset, at), at - text.rfind("\n", 0, at)
            at = closed
        end = ends.search(text, at)
        if end is None or end[0] == "\n":
            return None
        at = end.end()
    return None


def _closing(text: str, start: int) -> int | None:
    """The offset after the quote that closes the one at `start`."""
    at = start + 1
    while True:
        end = text.find('"', at, start + csv.field_size_limit() + 2)
        if end < 0:
            return None
        if text[end + 1 : end + 2] != '"':
            return end + 1
        at = end + 2
