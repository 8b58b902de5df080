"""The log as rows: every column of every line, for CSV and JSON lines.

One table says what each column is; answers fill those of answers, acts those of acts. An import reads
the same columns back (`answers_csv`).
"""

from __future__ import annotations

import csv
import io
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.days import date_of, moment
from srs.deck.clean import clean_text
from srs.model import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from enum import Enum

    from srs.model import Act, Line

FORMATS = ("csv", "jsonl")


class Column(NamedTuple):
    """A column of an export: its name, what it says, and how a line's value is written as JSON has it."""

    name: str
    meaning: str
    of_answer: Callable[[Answer], Any] | None
    of_act: Callable[[Act], Any] | None


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _uuid(value: bytes | None) -> str | None:
    if value is None:
        return None
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _iso(ms: int | None) -> str | None:
    """A moment as ISO 8601 in UTC; None also where no calendar reaches."""
    try:
        return None if ms is None else moment(ms).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return None


@lru_cache(maxsize=4_096)
def _date(day: int | None) -> str | None:
    try:
        return None if day is None else date_of(day).isoformat()
    except (ValueError, OverflowError):
        return None


def _word(value: Enum | None) -> str | None:
    return None if value is None else value.name.lower()


def _bit(value: bool | None) -> int | None:
    return None if value is None else int(value)


_NAMED = "card"
COLUMNS = (
    Column(
        "id", "the line's UUIDv7; the log is in order of it", lambda a: _uuid(a.id), lambda a: _uuid(a.id)
    ),
    Column(
        "kind", "`answer`, or the act: undo, forget, suspend …", lambda _: "answer", lambda a: a.kind.value
    ),
    Column(_NAMED, "the card's name today; empty where its text is not here", None, None),
    Column("key", "the key the line was written under, hex", lambda a: a.card.hex(), lambda a: _hex(a.card)),
    Column("rating", "1 again, 2 hard, 3 good, 4 easy", lambda a: int(a.rating), None),
    Column("reviewed_at", "what the clock said, ISO 8601 in UTC", lambda a: _iso(a.at), lambda a: _iso(a.at)),
    Column("at_ms", "the same in ms since 1970", lambda a: a.at, lambda a: a.at),
    Column(
        "study_day",
        "the study day it happened on",
        lambda a: _date(a.study_day),
        lambda a: _date(a.study_day),
    ),
    Column("utc_offset", "the learner's zone then, minutes east of UTC", lambda a: a.utc_offset, None),
    Column("took_ms", "from question to rating, raw", lambda a: a.took_ms, None),
    Column("revealed_ms", "from question to answer", lambda a: a.revealed_ms, None),
    Column("mode", "reveal, choice or type", lambda a: a.mode, None),
    Column("hinted", "1 where a hint was used", lambda a: _bit(a.hinted), None),
    Column("response", "the option picked or the text typed", lambda a: a.response, None),
    Column("after", "the line the card was shown after", lambda a: _uuid(a.after), None),
    Column("state_before", "new, learning, review or relearning", lambda a: _word(a.state_before), None),
    Column("interval_before", "the interval it met in days, 0 in steps", lambda a: a.interval_before, None),
    Column("difficulty_before", "the difficulty it met, 1 to 10", lambda a: a.difficulty_before, None),
    Column("recall", "the chance of recall predicted for it", lambda a: a.recall, None),
    Column("state_after", "its decision: state", lambda a: _word(a.state_after), None),
    Column("step_after", "its decision: step, from 0", lambda a: a.step_after, None),
    Column("due_day", "its decision: due day, in review", lambda a: _date(a.due_day), None),
    Column("due_at", "its decision: due moment, in steps", lambda a: _iso(a.due_at), None),
    Column("due_at_ms", "the same in ms since 1970", lambda a: a.due_at, None),
    Column("options", "hash of the settings it was given under", lambda a: _hex(a.options), None),
    Column("target", "the line an undo takes back", None, lambda a: _uuid(a.target)),
    Column("cause", "the line that made an act happen", None, lambda a: _uuid(a.cause)),
    Column("payload", "what an act says besides, JSON", None, lambda a: a.payload),
    Column(
        "device",
        "the device that wrote it; empty for answers from a file",
        lambda a: a.device,
        lambda a: a.device,
    ),
    Column("batch", "the import it came in with", lambda a: _uuid(a.batch), None),
    Column(
        "undone",
        "1 where it was taken back and counts nowhere",
        lambda a: int(a.undone),
        lambda a: int(a.undone),
    ),
    Column("follows", "1 where its decision stands in the memory", lambda a: int(a.follows), None),
)
"""Every column, in the order of the export."""


def _nothing(_line: Line) -> None:
    return None


_OF_ANSWER = [None if column.name == _NAMED else column.of_answer or _nothing for column in COLUMNS]
_OF_ACT = [None if column.name == _NAMED else column.of_act or _nothing for column in COLUMNS]


def as_dict(line: Line, name: str | None) -> dict[str, Any]:
    """The columns of a line that its kind has; `name` is the card's, where there is a text."""
    found: dict[str, Any] = {}
    for column in COLUMNS:
        if column.name == _NAMED:
            found[_NAMED] = name
        elif isinstance(line, Answer):
            if column.of_answer is not None:
                found[column.name] = column.of_answer(line)
        elif column.of_act is not None:
            found[column.name] = column.of_act(line)
    return found


class Writer:
    """Lines of the log as text of one format (`FORMATS`).

    For a terminal (`clean`) nothing that could act on it is left in the texts; otherwise they are as
    they were recorded.
    """

    def __init__(self, output: str, *, clean: bool = False) -> None:
        self._csv = output == "csv"
        self._clean = clean

    def head(self) -> str:
        """What stands above the lines."""
        return ",".join(column.name for column in COLUMNS) + "\n" if self._csv else ""

    def lines(self, entries: Sequence[tuple[Line, str | None]]) -> str:
        """Some lines, each with the name of its card."""
        if not self._csv:
            # ASCII is harmless anywhere, and JSON says the same with it.
            return "".join(f"{json.dumps(as_dict(line, name))}\n" for line, name in entries)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(_csv_row(line, name) for line, name in entries)
        return clean_text(text.getvalue()) if self._clean else text.getvalue()


def _csv_row(line: Line, name: str | None) -> list[object]:
    if isinstance(line, Answer):
        return [name if of is None else of(line) for of in _OF_ANSWER]
    return [_csv_value(value) for value in ([name if of is None else of(line) for of in _OF_ACT])]


def _csv_value(value: object) -> object:
    return json.dumps(value, separators=(",", ":"), sort_keys=True) if isinstance(value, dict) else value


def described() -> str:
    """Each column and what it says, one per row."""
    wide = max(len(column.name) for column in COLUMNS)
    return "\n".join(f"{column.name:<{wide}}  {column.meaning}" for column in COLUMNS)
