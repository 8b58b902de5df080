"""What is wrong in a deck file: the list that collects findings, and gives them their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import rtoml

from srs.deck.clean import clean_line
from srs.deck.codes import PROBLEM_CODES
from srs.deck.lines import Place, Places, control_escape, scan, string_end
from srs.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srs.deck.lines import Path

__all__ = ["LISTED", "PROBLEM_CODES", "Finding", "Findings"]

LISTED = 10_000
"""How many errors, and how many warnings, of one file are listed one by one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem whose place is not known yet: `where` is an offset in the text or a path in it.

    `on_key` places it at the key, otherwise at the value. With `other` the message goes on with the
    line of that place; with `escape` the place is the first escape that makes a control character;
    with `entries` it is the first element of the list there that says one of them.
    """

    code: str
    where: int | Path
    message: str
    hint: str | None = None
    on_key: bool = False
    other: Path | None = None
    escape: bool = False
    entries: tuple[str, ...] = ()


class Findings:
    """The problems of one file, in the order they were found."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts = {"E": 0, "W": 0, "Q": 0}

    @property
    def errors(self) -> int:
        """How many errors there are, those included that will not be listed."""
        return self._counts["E"]

    def add(self, finding: Finding) -> None:
        """Take one in; beyond `LISTED` of its kind it is only counted."""
        kind = finding.code[0]
        self._counts[kind] += 1
        if self._counts[kind] <= LISTED:
            self._found.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several in."""
        for finding in findings:
            self.add(finding)

    def placed(
        self, path: str, text: str, card_lines: Mapping[int, int | None] | None = None
    ) -> tuple[Problem, ...]:
        """All problems with line and column, in the order of the file.

        The text is scanned only where there is something to place. With the line of each card by its
        position, in a text that is valid, only those cards are.
        """
        if not self._found:
            return ()
        places = _Placing(text, card_lines or {})
        problems = [_placed(finding, path, places) for finding in self._found]
        problems.sort(key=lambda problem: (problem.line, problem.column, problem.code))
        for kind, word in (("E", "error"), ("W", "warning"), ("Q", "remark")):
            more = self._counts[kind] - LISTED
            if more > 0:
                last = problems[-1]
                message = f"{more} more {word}{'s' if more > 1 else ''} in this file, not listed"
                problems.append(Problem(path, last.line, last.column, f"{kind}199", message))
        return tuple(problems)


class _Placing:
    """Finds places in a text, by a scan of one card where that is enough."""

    def __init__(self, text: str, card_lines: Mapping[int, int | None]) -> None:
        self.places = Places(text)
        self._scanned = False
        self._lines = card_lines
        self._card: tuple[int, Place | None, int] = (-1, None, 0)

    def find(self, path: Path) -> tuple[Place, int]:
        """The place of a path, and what is to be added to its offsets."""
        if len(path) > 1 and path[0] == "cards" and isinstance(path[1], int) and not self._scanned:
            if self._card[0] != path[1]:
                self._card = (path[1], *self._scan_card(path[1]))
            _, card, start = self._card
            if card is not None:
                return Places("", card).find(path[2:]), start
        if not self._scanned:
            self.places, self._scanned = scan(self.places.text), True
        return self.places.find(path), 0

    def _scan_card(self, position: int) -> tuple[Place | None, int]:
        line, text = self._lines.get(position), self.places.text
        if not line:
            return None, 0
        next_line = self._lines.get(position + 1)
        start = self.places.offset(line, 1)
        end = self.places.offset(next_line, 1) if next_line else len(text)
        inner = scan(text[start:end]).find(("cards",)).inner
        header = text[start:end].lstrip(" \t").startswith("[[")
        return (inner[0] if header and isinstance(inner, list) and inner else None), start


def _placed(finding: Finding, path: str, placing: _Placing) -> Problem:
    if isinstance(finding.where, int):
        offset = finding.where
    else:
        place, start = placing.find(finding.where)
        if finding.entries:
            place = _entry(place, start, finding.entries, placing.places.text)
        offset = start + (place.key if finding.on_key else place.value)
        if finding.escape:
            offset = control_escape(placing.places.text, offset)
    message = finding.message
    if finding.other is not None:
        other, start = placing.find(finding.other)
        message += f" line {placing.places.position(start + other.value)[0]}"
    line, column = placing.places.position(offset)
    return Problem(path, line, column, finding.code, message, finding.hint)


def _entry(place: Place, start: int, entries: tuple[str, ...], text: str) -> Place:
    """The first element of a list whose text, cleaned, is one of these; the list where none is."""
    for element in place.inner if isinstance(place.inner, list) else ():
        begin = start + element.value
        token = text[begin : string_end(text, begin)]
        try:
            said = rtoml.loads(f"entry = {token}")["entry"]
        except ValueError:
            continue
        if isinstance(said, str) and clean_line(said).strip() in entries:
            return element
    return place
