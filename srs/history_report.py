"""What importing a file of answers did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srs.model import Problem
    from srs.rollover import Cut


class Spared(NamedTuple):
    """The deck file that was asked for and not written.

    Of the `cards` of the file of answers `textless` have no text here; `decks` are the decks of those
    that could have been written, had theirs been meant.
    """

    path: str
    cards: int
    textless: int
    decks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What importing a file of answers did, or would do.

    `new` answers came in, `known` were in the log already (`undone` of them taken back there, `other`
    with another rating, which stays). `left_out` are lines of an export that are no live answers.
    Of very many problems of a kind (`csv_problems.kind_of`) the first are told and `counts` counts all.
    Days are study days; `unknown` are cards without a text here, `created` counts those of a new file.
    """

    path: str
    problems: tuple[Problem, ...] = ()
    whole: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    answers: int = 0
    new: int = 0
    known: int = 0
    undone: int = 0
    other: int = 0
    left_out: int = 0
    cards: int = 0
    unknown: tuple[str, ...] = ()
    created: int = 0
    created_path: str | None = None
    spared: Spared | None = None
    first_day: int | None = None
    last_day: int | None = None
    calendar: tuple[str, int] | None = None
    """Zone and rollover that study days were worked out by; None where the file has its own."""
    cut: Cut | None = None
    """How many answers are near that rollover, where they are many."""
    batch: bytes | None = None

    @property
    def exit_code(self) -> int:
        """1 for a file that was refused, else 0."""
        return 1 if self.problems else 0
