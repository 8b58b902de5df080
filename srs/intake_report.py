"""What an import of deck files did, file by file, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from srs.errors import SrsError
    from srs.model import Problem
    from srs.planned import DeckPlan


@dataclass(frozen=True, slots=True)
class FileResult:
    """What importing one file did, or would do.

    `plan` is None for a file that was refused or is byte for byte what was imported last (then
    `unchanged` counts its cards). `kept` gives the live answers of changed cards by key.
    """

    path: str
    deck: str | None
    plan: DeckPlan | None
    problems: tuple[Problem, ...] = ()
    unchanged: int = 0
    kept: dict[bytes, int] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether nothing of it was imported, because it has errors."""
        return any(problem.is_error for problem in self.problems)

    @property
    def taken(self) -> bool:
        """Whether it is a deck and was imported, or would be."""
        return self.deck is not None and not self.refused

    @property
    def counts(self) -> dict[str, int]:
        """Cards added, updated, moved, retired, revived, unchanged."""
        if self.plan is not None:
            return self.plan.counts
        names = ("added", "updated", "moved", "retired", "revived")
        return dict.fromkeys(names, 0) | {"unchanged": self.unchanged}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did to every file, and the paths that led nowhere."""

    files: tuple[FileResult, ...]
    errors: tuple[SrsError, ...] = ()
    gone: tuple[tuple[str, str, int], ...] = ()
    """Decks whose file is missing: deck id, path, live cards."""

    @property
    def imported(self) -> tuple[FileResult, ...]:
        """The files that were taken in."""
        return tuple(result for result in self.files if result.taken)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems of all files."""
        return tuple(problem for result in self.files for problem in result.problems)

    @property
    def exit_code(self) -> int:
        """1 when a file was refused, 3 when a path led nowhere, else 0."""
        if any(result.refused for result in self.files):
            return 1
        return self.errors[0].exit_code if self.errors else 0

    def as_json(self) -> dict[str, Any]:
        """The shape of `srs import --json`."""
        return {
            "decks": [
                {"deck": result.deck, "path": result.path, **result.counts} for result in self.imported
            ],
            "problems": [problem.as_json() for problem in self.problems],
        }
