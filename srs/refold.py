"""The fold of very many cards at once, in NumPy: stability, difficulty and counts (LOG §2 lines 5-12, 17).

What new parameters change is stability and difficulty alone; states and dues stay as decided. So the
k-th answer of every card is taken in one step, and a million answers cost a fraction of a second. The
scalar `fold` says what is right; this one equals it to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from srs.model import Rating, State
from srs.scheduling import DEFAULT_PARAMETERS, DIFFICULTY_MAX, DIFFICULTY_MIN, STABILITY_MAX, Scheduling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

STABILITY_MIN = 0.001


@dataclass(frozen=True, slots=True)
class History:
    """What was believed at each row of the log; NaN at forgets.

    `stability` (days) and `difficulty` are those after the row, `recall` (0..1) is what was predicted
    before it at whole study days, NaN at the first answer of a card.
    """

    stability: Floats
    difficulty: Floats
    recall: Floats


@dataclass(frozen=True, slots=True)
class Refolded:
    """The memories of all cards, by card index.

    `stability` (days) and `difficulty` are NaN and `last_day` is meaningless (0) where `reps` is 0: a
    card without answers since its last forget.
    """

    stability: Floats
    difficulty: Floats
    last_day: Ints
    reps: Ints
    lapses: Ints
    history: History | None = None


def refold(
    card: ArrayLike,
    study_day: ArrayLike,
    rating: ArrayLike,
    state_after: ArrayLike,
    *,
    parameters: Sequence[float] = DEFAULT_PARAMETERS,
    forget: ArrayLike | None = None,
    interval_before: ArrayLike | None = None,
    difficulty_before: ArrayLike | None = None,
    cards: int | None = None,
    history: bool = False,
) -> Refolded:
    """Fold the live answers and forgets of many cards, given as rows in order of card, then id.

    All arrays have one entry a row. `card` counts from 0 and never falls; `cards` is how many there
    are (default: up to the last with a row). `rating` is 1..4 and `state_after` the state each answer
    left the card in, from which lapses are counted; both are ignored where `forget` is true.
    `interval_before` is given where the answer says it met a card in review (0 or less: it does not),
    `difficulty_before` goes with it (NaN: not recorded): they start a history that begins mid-way.

    Raises:
        UsageError: if the parameters are not those of FSRS-6.
        ValueError: if the rows are not in order of card, or their lengths differ.
    """
    size = np.shape(card)
    rows = _Rows(
        card=np.asarray(card, dtype=np.int64),
        day=np.asarray(study_day, dtype=np.int64),
        rating=np.asarray(rating, dtype=np.int64),
        state=np.asarray(state_after, dtype=np.int64),
        forget=np.zeros(size, bool) if forget is None else np.asarray(forget, dtype=bool),
        interval=None if interval_before is None else np.asarray(interval_before, dtype=np.int64),
        difficulty=np.full(size, np.nan)
        if difficulty_before is None
        else np.asarray(difficulty_before, dtype=np.float64),
    )
    model = Model(parameters)
    lives = _Lives(rows)
    folded = _fold_lives(rows, lives, model, history=history)
    return _by_card(rows, lives, folded, cards)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows as arrays of one length; no `interval` where no history starts mid-way."""

    card: Ints
    day: Ints
    rating: Ints
    state: Ints
    forget: Bools
    interval: Ints | None
    difficulty: Floats

    def __post_init__(self) -> None:
        size = self.card.shape
        others = (self.day, self.rating, self.state, self.forget, self.interval, self.difficulty)
        if len(size) != 1 or any(array is not None and array.shape != size for array in others):
            raise ValueError("the arrays of a refold must have one entry for each row")
        if size[0] and (self.card[0] < 0 or np.any(self.card[1:] < self.card[:-1])):
            raise ValueError("the rows of a refold must be in order of card, counted from 0")


class _Lives:
    """Runs of rows that fold on their own: a card's answers from its start or from a forget.

    Sorted by length, longest first, so that the lives still running at the k-th answer are a prefix.
    """

    def __init__(self, rows: _Rows) -> None:
        count = rows.card.size
        turns = np.flatnonzero(rows.card[1:] != rows.card[:-1])
        first = np.zeros(count, dtype=bool)
        first[:1] = True
        first[turns + 1] = True
        final = np.zeros(count, dtype=bool)
        final[turns] = True
        final[-1:] = True
        begins = np.flatnonzero(first | rows.forget)
        ends = np.append(begins[1:], count)[: begins.size]
        last = final[ends - 1]
        # The forget that opens a life is no answer.
        begins = begins + rows.forget[begins]
        lengths = ends - begins
        order = np.argsort(-lengths, kind="stable")
        self.begins: Ints = begins[order]
        self.lengths: Ints = lengths[order]
        self.last: Bools = last[order]
        """Whether it is the card's last life, the one its memory is made of."""

    def running(self) -> list[int]:
        """How many lives have a k-th answer, for k from 0 to the longest."""
        longest = int(self.lengths[0]) if self.lengths.size else 0
        return [int(n) for n in np.searchsorted(-self.lengths, -np.arange(longest), side="left")]


class Model:
    """The formulas of FSRS-6 on arrays; `fsrs` gives the first memories, which are numbers.

    All arrays of one call have one length: stability in days, difficulty 1..10, recall 0..1, elapsed
    whole study days, rating 1..4. `first_stability` and `first_difficulty` are indexed by rating.
    """

    def __init__(self, parameters: Sequence[float]) -> None:
        scheduling = Scheduling(parameters)
        self.w = scheduling.parameters
        first = [scheduling.next_memory(None, None, 0, rating) for rating in Rating]
        self.first_stability: Floats = np.array([np.nan, *(s for s, _ in first)])
        self.first_difficulty: Floats = np.array([np.nan, *(d for _, d in first)])
        self.start_difficulty = scheduling.start_difficulty(None)
        w = self.w
        self.decay = -w[20]
        self.factor = 0.9 ** (1 / self.decay) - 1
        self.easy_target = w[4] - np.exp(w[5] * 3) + 1
        by_rating = np.arange(5.0)
        self.short: Floats = np.exp(w[17] * (by_rating - 3 + w[18]))
        self.bonus: Floats = np.exp(w[8]) * np.array([np.nan, np.nan, w[15], 1.0, w[16]])
        self.ease: Floats = -(w[6] * (by_rating - 3))

    def retrievability(self, stability: Floats, elapsed: Ints) -> Floats:
        """The predicted chance of recall, 0..1."""
        recall: Floats = (1 + self.factor * elapsed / stability) ** self.decay
        return recall

    def interval(self, stability: Floats, retention: float | Floats) -> Floats:
        """`Scheduling.interval` at a desired retention: whole days, at least 1, no fuzz, no maximum."""
        reach = retention ** (1 / self.decay) - 1
        days: Floats = np.maximum(np.rint(stability / self.factor * reach), 1.0)
        return days

    def next_difficulty(self, difficulty: Floats, rating: Ints) -> Floats:
        """Difficulty after an answer, the same on every day."""
        damped = difficulty + (10.0 - difficulty) * self.ease[rating] / 9.0
        mixed = self.w[7] * self.easy_target + (1 - self.w[7]) * damped
        after: Floats = np.clip(mixed, DIFFICULTY_MIN, DIFFICULTY_MAX)
        return after

    def next_stability(self, s: Floats, d: Floats, recall: Floats, elapsed: Ints, rating: Ints) -> Floats:
        """Stability after an answer that met `recall`: short-term where `elapsed` is 0 (LOG §2 line 12)."""
        w = self.w
        after = np.empty_like(s)
        same_day = elapsed < 1
        failed = rating == Rating.AGAIN
        at = np.flatnonzero(same_day)
        if at.size:
            growth = self.short[rating[at]] * s[at] ** -w[19]
            after[at] = s[at] * np.where(failed[at], growth, np.maximum(growth, 1.0))
        at = np.flatnonzero(~same_day & failed)
        if at.size:
            drop = np.exp((1 - recall[at]) * w[14])
            long = w[11] * d[at] ** -w[12] * ((s[at] + 1) ** w[13] - 1) * drop
            after[at] = np.minimum(long, s[at] / np.exp(w[17] * w[18]))
        at = np.flatnonzero(~same_day & ~failed)
        if at.size:
            surprise = np.exp((1 - recall[at]) * w[10]) - 1
            gain = self.bonus[rating[at]] * (11 - d[at]) * s[at] ** -w[9] * surprise
            after[at] = s[at] * (1 + gain)
        return np.clip(after, STABILITY_MIN, STABILITY_MAX)


@dataclass(slots=True)
class _Folding:
    """The memories of the lives, in the order of `_Lives`."""

    stability: Floats
    difficulty: Floats
    day: Ints
    lapses: Ints
    review: Bools
    history: History | None


def _fold_lives(rows: _Rows, lives: _Lives, model: Model, *, history: bool) -> _Folding:
    count, size = lives.lengths.size, rows.card.size
    kept = History(*(np.full(size, np.nan) for _ in range(3))) if history else None
    folding = _Folding(
        stability=np.full(count, np.nan),
        difficulty=np.full(count, np.nan),
        day=np.zeros(count, dtype=np.int64),
        lapses=np.zeros(count, dtype=np.int64),
        review=np.zeros(count, dtype=bool),
        history=kept,
    )
    for k, running in enumerate(lives.running()):
        at = lives.begins[:running] + k
        if k == 0:
            _first_answers(rows, at, folding, model)
        else:
            _later_answers(rows, at, folding, model, np.arange(running))
        folding.review[:running] = rows.state[at] == State.REVIEW
        if kept is not None:
            kept.stability[at] = folding.stability[:running]
            kept.difficulty[at] = folding.difficulty[:running]
    return folding


def _first_answers(rows: _Rows, at: Ints, folding: _Folding, model: Model) -> None:
    """LOG §2 lines 10-11: new cards, and histories that start mid-way."""
    running = at.size
    rating, day = rows.rating[at], rows.day[at]
    folding.stability[:running] = model.first_stability[rating]
    folding.difficulty[:running] = model.first_difficulty[rating]
    folding.day[:running] = day
    if rows.interval is None:
        return
    midway = np.flatnonzero(rows.interval[at] >= 1)
    interval, recorded = rows.interval[at[midway]], rows.difficulty[at[midway]]
    clipped = np.clip(recorded, DIFFICULTY_MIN, DIFFICULTY_MAX)
    folding.stability[midway] = interval
    folding.difficulty[midway] = np.where(np.isfinite(recorded), clipped, model.start_difficulty)
    folding.day[midway] = day[midway] - interval
    folding.review[midway] = True
    _later_answers(rows, at[midway], folding, model, midway)


def _later_answers(rows: _Rows, at: Ints, folding: _Folding, model: Model, lives: Ints) -> None:
    """LOG §2 lines 9, 12 and 17: the answers in rows `at`, each of one of the `lives`."""
    # A slice keeps the usual case free of copies.
    which = slice(0, lives.size) if lives.size and lives[-1] == lives.size - 1 else lives
    rating = rows.rating[at]
    stability, difficulty = folding.stability[which], folding.difficulty[which]
    day = np.maximum(rows.day[at], folding.day[which])
    elapsed = day - folding.day[which]
    recall = model.retrievability(stability, elapsed)
    if folding.history is not None:
        folding.history.recall[at] = recall
    folding.stability[which] = model.next_stability(stability, difficulty, recall, elapsed, rating)
    folding.difficulty[which] = model.next_difficulty(difficulty, rating)
    folding.day[which] = day
    folding.lapses[which] += folding.review[which] & (rating == Rating.AGAIN)


def _by_card(rows: _Rows, lives: _Lives, folding: _Folding, cards: int | None) -> Refolded:
    """The last life of each card, laid out by card index."""
    known = int(rows.card[-1]) + 1 if rows.card.size else 0
    count = known if cards is None else max(known, cards)
    result = Refolded(
        stability=np.full(count, np.nan),
        difficulty=np.full(count, np.nan),
        last_day=np.zeros(count, dtype=np.int64),
        reps=np.zeros(count, dtype=np.int64),
        lapses=np.zeros(count, dtype=np.int64),
        history=folding.history,
    )
    chosen = np.flatnonzero(lives.last & (lives.lengths > 0))
    card = rows.card[lives.begins[chosen]]
    result.stability[card] = folding.stability[chosen]
    result.difficulty[card] = folding.difficulty[chosen]
    result.last_day[card] = folding.day[chosen]
    result.reps[card] = lives.lengths[chosen]
    result.lapses[card] = folding.lapses[chosen]
    return result
