"""The cards missed most, what each has cost, and what was taken for its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

MOST_CARDS = 10
MOST_TAKEN = 3
LONGEST_TAKEN = 60


class Taken(NamedTuple):
    """What was picked or typed instead of a card's answer, how often, and the card it is the answer of."""

    text: str
    times: int
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Hard:
    """A card missed in review `lapses` times since it was last forgotten, in `reps` answers.

    `answers` and `ms` count all its live answers; difficulty is 1..10.
    """

    name: str
    term: str | None
    lapses: int
    reps: int
    difficulty: float
    leech: bool
    suspended: bool
    answers: int
    ms: int
    taken: tuple[Taken, ...] = ()


def as_json(cards: tuple[Hard, ...]) -> list[dict[str, Any]]:
    """The shape of `hard` in `srs stats --json`."""
    return [
        {
            "card": card.name,
            "lapses": card.lapses,
            "reps": card.reps,
            "difficulty": card.difficulty,
            "leech": card.leech,
            "suspended": card.suspended,
            "answers": card.answers,
            "minutes": card.ms / 60_000,
            "taken": [taken._asdict() for taken in card.taken],
        }
        for card in cards
    ]
