"""The problems of a file of answers by what is wrong: the first places of each kind, and how many have it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srs.model import Problem

MAX_COUNTED = 100_000
"""After so many problems the rest of a file is not read: it is none of answers."""
MAX_KEPT = 1_000
_KEPT_OF_A_KIND = 100

_VALUE = re.compile(r"`[^`]*`|\d[\d,.]*")


def kind_of(problem: Problem) -> str:
    """What is wrong, whatever value it is wrong with."""
    return f"{problem.code} {_VALUE.sub('…', problem.message)} {problem.hint or ''}"


def count_kinds(problems: Iterable[Problem]) -> Counter[str]:
    """How many problems there are of each kind."""
    return Counter(map(kind_of, problems))


class Problems:
    """The problems met so far: all are counted, of each kind the first ones kept."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, problem: Problem) -> None:
        """Note a problem."""
        kind = kind_of(problem)
        self._count += 1
        self.counts[kind] += 1
        if self.counts[kind] <= _KEPT_OF_A_KIND and len(self.kept) < MAX_KEPT:
            self.kept.append(problem)
