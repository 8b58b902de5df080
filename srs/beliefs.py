"""Stability and difficulty of very many cards from their live answers, on arrays (`refold`).

They depend on the answers since the last forget, their study days, and where a history began
mid-way: on no decision, option or due day. So what new parameters make of a million answers is a
matter of a second, and equals the scalar fold to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from srs.refold import refold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from srs.refold import Bools, Floats, Ints
    from srs.store.answers import LiveAnswers

    Difficulty = Callable[[bytes, int], float | None]


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Stability and difficulty, by key in `of`, of some cards under one set of parameters."""

    parameters: tuple[float, ...]
    of: dict[bytes, tuple[float, float]]

    def rows(self) -> Iterator[tuple[bytes, float, float]]:
        """(key, stability, difficulty) in order of key."""
        return ((key, *self.of[key]) for key in sorted(self.of))


def believe(live: LiveAnswers, there: Bools, parameters: Sequence[float], difficulty: Difficulty) -> Beliefs:
    """Fold the cards that are `there`, by their place in `live.keys`; those forgotten last are left out.

    `difficulty` looks up what a card's so-manieth answer says of the difficulty it met; it is asked
    only where a history begins mid-way.

    Raises:
        UsageError: if the parameters are not those of FSRS-6.
    """
    rows = order = live.by_card
    if not there.all() or live.lives.any():
        card = live.card[order]
        rows = order[(live.life[order] == live.lives[card]) & there[card]]
    folded = refold(
        live.card[rows],
        live.study_day[rows],
        live.rating[rows],
        np.zeros_like(rows),
        parameters=parameters,
        interval_before=live.interval_before[rows],
        difficulty_before=_difficulties(live, rows, difficulty),
    )
    known = np.flatnonzero(folded.reps).tolist()
    stability, difficulties = folded.stability[known].tolist(), folded.difficulty[known].tolist()
    keys = (live.keys[place] for place in known)
    return Beliefs(tuple(parameters), dict(zip(keys, zip(stability, difficulties, strict=True), strict=True)))


def _difficulties(live: LiveAnswers, rows: Ints, difficulty: Difficulty) -> Floats:
    """The recorded difficulty at each first row of a card whose history begins mid-way there, else NaN."""
    found = np.full(rows.size, np.nan)
    card = live.card[rows]
    first = np.ones(rows.size, dtype=bool)
    first[1:] = card[1:] != card[:-1]
    for at in np.flatnonzero(first & (live.interval_before[rows] > 0)).tolist():
        # The answers before are those of earlier lives.
        before = int(np.sum(live.card[: rows[at]] == card[at])) if live.lives[card[at]] else 0
        recorded = difficulty(live.keys[card[at]], before)
        if recorded is not None:
            found[at] = recorded
    return found
