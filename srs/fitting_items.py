"""What a fit learns from: answers as arrays, and what is known about each before it was given.

A review is long-term when at least one study day lies between it and the card's answer before; only
these are predicted, learned from and scored. Answers of one day shape the memory but are not targets:
what somebody saw ten minutes ago says little about what they will know next week.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Live answers in order of time (of their ids), one entry an answer in each array.

    `card` is any whole number >= 0 that tells cards apart; what follows a forget is another card.
    `study_day` counts days since 1970-01-01, `at` is ms since 1970 UTC, `rating` 1..4.
    `interval_before`, where given, is the interval in days of an answer that met its card in review
    (0 or less: it did not, or nobody knows): it tells histories that begin mid-way.

    Raises:
        ValueError: if the arrays differ in length, or a rating is none.

    """

    card: Ints
    study_day: Ints
    at: Ints
    rating: Ints
    interval_before: Ints | None = None

    def __post_init__(self) -> None:
        for name in ("card", "study_day", "at", "rating", "interval_before"):
            value = getattr(self, name)
            if value is None and name == "interval_before":
                continue
            object.__setattr__(self, name, np.ascontiguousarray(value, dtype=np.int64))
        if self.card.ndim != 1 or any(each.shape != self.card.shape for each in self.arrays.values()):
            raise ValueError("the arrays of answers must have one entry for each answer")
        if self.card.size and not (self.rating.min() >= 1 and self.rating.max() <= 4):
            raise ValueError("a rating is not from 1 to 4")
        if self.card.size and self.card.min() < 0:
            raise ValueError("a card is below 0")

    @property
    def arrays(self) -> dict[str, Ints]:
        """The arrays by name, those that are there."""
        found = {name: getattr(self, name) for name in ("card", "study_day", "at", "rating")}
        return found if self.interval_before is None else found | {"interval_before": self.interval_before}

    def __len__(self) -> int:
        return int(self.card.size)


class Histories:
    """The answers card by card, each card's in order of time: the rows of a refold.

    Arrays have one entry a row. Those about what came before are 0 at a card's first row. Days never
    run backwards: an answer of an earlier study day than the one before it is of the same day
    (LOG §2 line 9).
    """

    def __init__(self, answers: Answers) -> None:
        order = np.argsort(answers.card, kind="stable")
        card = answers.card[order]
        size = order.size
        self.answers = answers
        self.order: Ints = order
        """The place of each row among the answers in order of time."""
        self.first: Bools = np.ones(size, dtype=bool)
        self.first[1:] = card[1:] != card[:-1]
        self.card: Ints = np.cumsum(self.first) - 1
        """Cards counted from 0 without gaps."""
        self.begins: Ints = np.flatnonzero(self.first)
        self.rating: Ints = answers.rating[order]
        self.day: Ints = _never_falling(answers.study_day[order], self.card)
        self.interval: Ints | None = None
        if answers.interval_before is not None:
            self.interval = np.where(self.first, answers.interval_before[order], 0)
        at = answers.at[order]
        self.days: Ints = np.zeros(size, dtype=np.int64)
        self.days[1:] = np.where(self.first[1:], 0, self.day[1:] - self.day[:-1])
        """Whole study days since the card's answer before."""
        since = np.zeros(size)
        since[1:] = np.where(self.first[1:], 0, at[1:] - at[:-1]) / DAY_MS
        self.elapsed: Floats = np.maximum(since, 0.0)
        """Days with fraction since the card's answer before."""
        rows = np.flatnonzero(self.days > 0)
        self.targets: Ints = rows[np.argsort(order[rows], kind="stable")]
        """The rows of the long-term reviews, in order of time."""

    @cached_property
    def learnable(self) -> int:
        """How many targets are of cards whose history is known from its beginning."""
        if self.interval is None:
            return int(self.targets.size)
        return int(np.sum(self.interval[self.begins[self.card[self.targets]]] < 1))

    @cached_property
    def passed(self) -> Bools:
        """Whether each target was recalled, in order of time."""
        found: Bools = self.rating[self.targets] > 1
        return found

    def counts_before(self, what: Bools) -> Ints:
        """How many rows of the same card before each row are so."""
        total: Ints = np.cumsum(what) - what
        found: Ints = total - total[self.begins][self.card]
        return found


def training(histories: Histories, reviews: int, most: int, seed: int) -> Histories:
    """The histories up to the so-manieth long-term review, of so many cards that about `most` are left.

    Cards are drawn whole, all alike; histories that begin mid-way are left out, as nobody knows what
    went before. With fewer reviews than `most` every card stays.
    """
    h, answers = histories, histories.answers
    until = int(h.order[h.targets[reviews - 1]]) + 1 if reviews else 0
    card = np.empty(len(answers), dtype=np.int64)
    card[h.order] = h.card
    kept = np.ones(h.begins.size, dtype=bool)
    if h.interval is not None:
        kept = h.interval[h.begins] < 1
    count = np.bincount(h.card[h.targets[:reviews]], minlength=kept.size) * kept
    if count.sum() > most:
        drawn = np.random.default_rng(seed).permutation(kept.size)
        enough = int(np.searchsorted(np.cumsum(count[drawn]), most)) + 1
        kept[drawn[enough:]] = False
    rows = np.flatnonzero(kept[card[:until]])
    arrays = {name: array[rows] for name, array in answers.arrays.items() if name != "interval_before"}
    return Histories(Answers(**arrays))


def _never_falling(day: Ints, card: Ints) -> Ints:
    """The greatest study day of a card so far, at each of its rows."""
    if not day.size:
        return day
    # One running maximum does for all cards when each card's days lie above those of the card before.
    span = int(day.max() - day.min()) + 1
    lifted = np.maximum.accumulate(day - day.min() + card * span)
    found: Ints = lifted - card * span + day.min()
    return found
