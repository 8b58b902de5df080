"""What can be wrong in a deck file: the codes, and the list that collects findings and places them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from srs.deck.lines import Places, control_escape, scan
from srs.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srs.deck.lines import Path

PROBLEM_CODES: Mapping[str, str] = MappingProxyType(
    {
        "E101": "the file cannot be read",
        "E102": "an id is taken: two cards of a file, or two files of an import, have the same one",
        "E103": "a key or a table stands twice in the same place",
        "E104": "an unknown key or table",
        "E105": "a value of the wrong type",
        "E106": "something required is missing or empty",
        "E107": "an id that is not of the form `[a-z0-9][a-z0-9._-]{0,63}`",
        "E108": "a desired retention outside 0.70..0.99",
        "E109": "the file is not valid TOML",
        "E110": "the file is not UTF-8 text",
        "E111": "a control character or a terminal escape",
        "E112": "a key or table stands where it does not belong",
        "E113": "a `was` entry that is neither `old-id` nor `otherdeck/old-id`",
        "E114": "a `was` entry names a card that is still there",
        "E115": "the file holds no deck: no `[deck]`, or no cards",
        "E199": "further errors of the file, not listed",
        "W101": "a card without an id: changing its term or question loses its history",
        "W102": "a deck without an id: renaming its file makes it another deck",
        "W103": "text with bidi overrides, which are left out",
        "W199": "further warnings of the file, not listed",
    }
)
"""Every code with what it means; codes with E refuse the file, codes with W do not."""

LISTED = 10_000
"""How many errors, and how many warnings, of one file are listed one by one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem whose place is not known yet: `where` is an offset in the text or a path in it.

    `on_key` places it at the key, otherwise at the value. With `other` the message goes on with the
    line of that place; with `escape` the place is the first escape that makes a control character.
    """

    code: str
    where: int | Path
    message: str
    hint: str | None = None
    on_key: bool = False
    other: Path | None = None
    escape: bool = False


class Findings:
    """The problems of one file, in the order they were found."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts = {"E": 0, "W": 0}

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

    def placed(self, path: str, text: str) -> tuple[Problem, ...]:
        """All problems with line and column, in the order of the file.

        The text is scanned only where there is something to place.
        """
        if not self._found:
            return ()
        by_path = any(not isinstance(finding.where, int) for finding in self._found)
        places = scan(text) if by_path else Places(text)
        problems = [_placed(finding, path, places) for finding in self._found]
        problems.sort(key=lambda problem: (problem.line, problem.column, problem.code))
        for kind, word in (("E", "error"), ("W", "warning")):
            more = self._counts[kind] - LISTED
            if more > 0:
                last = problems[-1]
                message = f"{more} more {word}{'s' if more > 1 else ''} in this file, not listed"
                problems.append(Problem(path, last.line, last.column, f"{kind}199", message))
        return tuple(problems)


def _placed(finding: Finding, path: str, places: Places) -> Problem:
    if isinstance(finding.where, int):
        offset = finding.where
    else:
        place = places.find(finding.where)
        offset = place.key if finding.on_key else place.value
        if finding.escape:
            offset = control_escape(places.text, offset)
    message = finding.message
    if finding.other is not None:
        message += f" line {places.position(places.find(finding.other).value)[0]}"
    line, column = places.position(offset)
    return Problem(path, line, column, finding.code, message, finding.hint)
