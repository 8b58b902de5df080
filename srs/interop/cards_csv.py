"""Cards as CSV: the columns, and how the values of a card that are no plain text stand in a cell.

A row is a `[[cards]]` table of a deck file, so that a card with several holes is one row. What writes
and what reads (`cards_csv_read`) agree: rows that were written come back as they were.

- `tags` are separated by blanks; the other lists have one item a line. A list with an item that this
  cannot hold is a JSON array; so are choices that say why they are wrong: `[["text", "why"], ["text"]]`.
- A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@` or a tab) gets
  an apostrophe before it, which is taken off again when it is read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS = {
    "deck": "the id of its deck",
    "id": "the card's id in the deck, which its history hangs on",
    "term": "the word it is about",
    "scenario": "what is said before the question",
    "question": "what is asked; empty where it is made from the term",
    "answer": "the answer; empty for a card that is a cloze alone",
    "reverse": "`true` where the term is asked for, too",
    "cloze": "a sentence with holes, as `{{c1::hidden::hint}}`",
    "choices": "wrong answers, one a line",
    "accept": "other right answers, one a line",
    "explanation": "what is told after the answer",
    "tags": "tags, separated by blanks",
    "needs": "cards to be learned before, one a line",
    "source": "where it comes from",
}
"""Every column of an export, in its order, and what it says."""

LISTS = frozenset({"choices", "accept", "tags", "needs", "was"})

_FORMULA = re.compile(r"'*[=+\-@\t]")
_GUARDED = re.compile(r"'+[=+\-@\t]")
_TAG_PARTS = re.compile(r"[\s,;]")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def csv_text(tables: Iterable[tuple[str, Mapping[str, Any]]], *, delimiter: str = ",") -> str:
    """Tables of deck files, each with the id of its deck, as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(COLUMNS)
    for deck, table in tables:
        values = {**table, "deck": deck}
        writer.writerow([_cell(name, values.get(name)) for name in COLUMNS])
    return text.getvalue()


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - a value of a TOML file
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list):
        return guarded(_list(name, value))
    return guarded(str(value).rstrip())


def _list(name: str, items: list[Any]) -> str:
    if name == "choices":
        if all(isinstance(item, str) and _is_line(item) for item in items):
            return "\n".join(items)
        return _encode([[item] if isinstance(item, str) else [item["text"], item["why"]] for item in items])
    if name == "tags":
        return _encode(items) if any(map(_is_no_word, items)) else " ".join(items)
    return "\n".join(items) if all(map(_is_line, items)) else _encode(items)


def _is_no_word(tag: str) -> bool:
    return tag.startswith("[") or _TAG_PARTS.search(tag) is not None


def _is_line(item: str) -> bool:
    return not item.startswith("[") and "\n" not in item and item.strip() == item


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text


def items_of(name: str, cell: str) -> list[Any]:
    """The items of a list from its cell; choices with why they are wrong as tables."""
    if not cell.strip():
        return []
    array = _array(cell) if cell.lstrip().startswith("[") else None
    if array is not None:
        return [_choice(item) for item in array] if name == "choices" else [str(item) for item in array]
    if name == "tags":
        found = [tag.strip() for tag in _TAG_PARTS.split(cell)]
    else:
        found = [item.strip() for item in cell.splitlines()]
    return [item for item in found if item]


def _array(cell: str) -> list[Any] | None:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _choice(item: Any) -> str | dict[str, str]:  # noqa: ANN401 - from JSON
    if isinstance(item, list) and len(item) == 2:
        return {"text": str(item[0]), "why": str(item[1])}
    return str(item[0]) if isinstance(item, list) and len(item) == 1 else str(item)
