"""The days of a simulation, one after another, in all its repeats at once.

Steps left over come first, then reviews within the limit, then new cards within theirs, then the
steps all of these lead to. Days count from today, 0; cells as `simulation_cells` has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from srs.model import Rating, State
from srs.simulation_cells import AGAIN, HARD, NEW, REVIEW, Cells, Columns, Rules

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from srs.simulation_behaviour import Habits

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_STEP_ANSWERS = 12
"""A card still in steps after so many answers of one day comes back the next."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a day may ask: new cards, reviews, minutes (None: no time box), and which review is first.

    Under a time box reviews come until it is full, and new cards only in what they leave of it.
    """

    new_per_day: int = 20
    reviews_per_day: int = 200
    minutes: float | None = None
    order: Literal["due", "forgotten", "random", "deck"] = "due"


@dataclass(frozen=True, slots=True)
class Start:
    """What the days begin with: cards, the last `new` of them new, and what today's limits have seen."""

    cards: Columns
    new: int
    days: int
    done_new: int = 0
    done_reviews: int = 0


class Course:
    """Some repeats, lived day by day."""

    def __init__(
        self,
        start: Start,
        rules: Rules,
        limits: Limits,
        habits: Habits,
        rng: np.random.Generator,
        *,
        counts_known: bool = True,
        draws_seconds: bool = True,
    ) -> None:
        repeats = habits.odds.size
        self.start, self.limits, self.habits, self.rng = start, limits, habits, rng
        self.cells = Cells(start.cards, rules, repeats)
        self.repeats, self.columns = repeats, self.cells.columns
        self.begun: Ints = np.zeros(repeats, dtype=np.int64)
        """New cards begun so far, by repeat."""
        self.counts = np.zeros((repeats, start.days, 4, 4), dtype=np.int32)
        self.known = np.zeros((repeats, start.days))
        self.waiting: Ints = np.zeros((repeats, start.days), dtype=np.int64)
        self._counts_known = counts_known
        self._draws_seconds = draws_seconds and limits.minutes is None
        self._first_new = self.columns - start.new
        self.box = None if limits.minutes is None else _Box(self.cells, habits, limits.minutes)

    def live(self, day: int) -> None:
        """One day of every repeat."""
        due = np.flatnonzero(self.cells.due <= day)
        in_review = self.cells.state[due] == REVIEW
        self._steps(due[~in_review], day)
        asked = due[in_review]
        limit = max(0, self.limits.reviews_per_day - (self.start.done_reviews if day == 0 else 0))
        if self.box is None:
            reviews = self._within(asked, limit, day)
            rating = self._rating_of_reviews(reviews, day)
            new = self._begin(np.full(self.repeats, self._new_limit(day)))
        else:
            reviews = self._within(asked, min(limit, self.box.most_reviews), day)
            rating = self._rating_of_reviews(reviews, day)
            left = self.box.seconds - (self.counts[:, day] * self.habits.seconds).sum(axis=(1, 2))
            kept, left = self.box.fill(left, reviews // self.columns, rating, self._key(reviews, day))
            reviews, rating = reviews[kept], rating[kept]
            new = self._begin(np.minimum(self.box.new_cards(left), self._new_limit(day)))
        self.waiting[:, day] = self._per_repeat(asked) - self._per_repeat(reviews)
        rating = np.concatenate([rating, self._draw(new, NEW)])
        self._steps(self._answer(np.concatenate([reviews, new]), rating, day), day)
        if self._counts_known:
            most = int(self.begun.max())
            not_begun = most - self.begun
            self.known[:, day] = self.cells.known(day, self._first_new + most) - not_begun

    def chance(self, at: Ints, day: int) -> Floats:
        """The chance that each seen cell is recalled: what FSRS predicts, and the person's shift."""
        recall, odds = self.cells.recall(at, day), self.habits.odds_on(day)[at // self.columns]
        chance: Floats = recall * odds / (1 - recall + recall * odds)
        return chance

    def minutes(self) -> Floats:
        """Minutes by repeat and day; each answer's seconds drawn, but their means under a time box."""
        seconds = self.habits.seconds[:, None]
        if self._draws_seconds and self.habits.spread > 0:
            # The sum of n gamma draws of one scale is one gamma draw.
            variance = self.habits.spread**2
            drawn = self.rng.standard_gamma(self.counts / variance) * (seconds * variance)
        else:
            drawn = self.counts * seconds
        return np.asarray(drawn.sum(axis=(2, 3)) / 60, dtype=np.float64)

    def _answer(self, at: Ints, rating: Ints, day: int) -> Ints:
        """Answer distinct cells and count it; returns those that come again today."""
        if not at.size:
            return at
        place = (at // self.columns) * 16 + self.cells.state[at].astype(np.int64) * 4 + rating - 1
        counted = np.bincount(place, minlength=self.repeats * 16).reshape(self.repeats, 4, 4)
        self.counts[:, day] += counted.astype(np.int32)
        u = self.rng.random(at.size) if self.cells.options.fuzz else None
        in_days = self.cells.answer(at, rating, day, self.cells.recall(at, day), u)
        return at[~in_days]

    def _steps(self, at: Ints, day: int) -> None:
        """Answer cells in steps until they have left them, at most so often."""
        for _ in range(MOST_STEP_ANSWERS):
            if not at.size:
                return
            rating = self._draw(at, self.cells.state[at])
            overdue = np.flatnonzero(self.cells.last[at] < day)
            if overdue.size:
                late = at[overdue]
                passed = self._draw(late, self.cells.state[late], recalled=True)
                rating[overdue] = self._if_recalled(passed, self.chance(late, day))
            at = self._answer(at, rating, day)

    def _rating_of_reviews(self, at: Ints, day: int) -> Ints:
        return self._if_recalled(self._draw(at, REVIEW, recalled=True), self.chance(at, day))

    def _if_recalled(self, passed: Ints, chance: Floats) -> Ints:
        return np.where(self.rng.random(passed.size) < chance, passed, AGAIN)

    def _draw(self, at: Ints, state: ArrayLike, *, recalled: bool = False) -> Ints:
        """Ratings of cells by the chances of their state; given recall, none is Again."""
        ends = self.habits.ratings[at // self.columns, np.asarray(state)]
        drawn = self.rng.random(at.size)
        if recalled:
            drawn = ends[:, 0] + drawn * (1 - ends[:, 0])
        rating: Ints = 1 + (drawn[:, None] >= ends).sum(axis=1, dtype=np.int64)
        return np.maximum(rating, HARD) if recalled else rating

    def _per_repeat(self, at: Ints) -> Ints:
        number: Ints = np.bincount(at // max(1, self.columns), minlength=self.repeats)
        return number

    def _new_limit(self, day: int) -> int:
        return max(0, self.limits.new_per_day - (self.start.done_new if day == 0 else 0))

    def _begin(self, number: Ints) -> Ints:
        """The cells of the next new cards, so many in each repeat as far as there are any."""
        number = np.minimum(self.start.new - self.begun, number)
        first = np.arange(self.repeats) * self.columns + self._first_new + self.begun
        cells: Ints = np.repeat(first - (np.cumsum(number) - number), number) + np.arange(number.sum())
        self.begun = self.begun + number
        return cells

    def _key(self, at: Ints, day: int) -> Floats:
        """What sorts reviews: the first come first, ties at random (DESIGN §4)."""
        cells, order = self.cells, self.limits.order
        if order == "random":
            return self.rng.random(at.size)
        if order == "deck":
            return (at % self.columns).astype(np.float64)
        if order == "forgotten":
            forgotten: Floats = -np.maximum(day - cells.last[at], 0) / cells.stability[at]
            return forgotten
        return cells.due[at] + self.rng.random(at.size)

    def _within(self, reviews: Ints, limit: int, day: int) -> Ints:
        """The first reviews of each repeat, at most `limit`; in the order of cells."""
        number = self._per_repeat(reviews)
        if number.max(initial=0) <= limit:
            return reviews
        key = self._key(reviews, day)
        ends = np.cumsum(number)
        taken = []
        for first, last in zip(ends - number, ends, strict=True):
            mine = reviews[first:last]
            if last - first > limit:
                mine = np.sort(mine[np.argpartition(key[first:last], limit)[:limit]])
            taken.append(mine)
        return np.concatenate(taken)


class _Box:
    """The time box of a day: what fits, by the mean seconds of each answer and the steps it leads to."""

    def __init__(self, cells: Cells, habits: Habits, minutes: float) -> None:
        self.seconds = 60 * minutes
        steps = _step_seconds(cells, habits)
        self.review: Floats = habits.seconds[:, REVIEW] + steps[:, REVIEW]
        first = habits.seconds[:, NEW] + steps[:, NEW]
        self.new: Floats = (_chances(habits)[:, NEW] * first).sum(axis=1)
        self.most_reviews = int(self.seconds / self.review.min()) + 1

    def fill(self, left: Floats, repeat: Ints, rating: Ints, key: Floats) -> tuple[Ints, Floats]:
        """Which reviews begin before the box is full, lowest key first, and the seconds then left.

        `left` are the seconds of each repeat, the others are by review, in order of repeat.
        """
        number = np.bincount(repeat, minlength=left.size)
        order = np.lexsort((key, repeat))
        cost = self.review[repeat, rating[order] - 1]
        before = np.cumsum(cost) - cost
        firsts = np.repeat(np.cumsum(number) - number, number)
        before = before - before[firsts]
        kept = before < left[repeat]
        spent = np.bincount(repeat[kept], weights=cost[kept], minlength=left.size)
        return np.sort(order[kept]), left - spent

    def new_cards(self, left: Floats) -> Ints:
        """How many new cards begin within the seconds left."""
        return np.ceil(np.maximum(left, 0.0) / self.new).astype(np.int64)


def _chances(habits: Habits) -> Floats:
    chances: Floats = np.diff(habits.ratings, axis=2, prepend=0.0, append=1.0)
    return chances


def _step_seconds(cells: Cells, habits: Habits) -> Floats:
    """The mean seconds of the step answers that a first answer or a review leads to.

    By repeat, state (rows NEW and REVIEW are filled) and rating: the steps are a Markov chain.
    """
    moves, repeats = cells.moves, habits.odds.size
    inside = [(state, step) for state in (State.LEARNING, State.RELEARNING) for step in range(moves.steps)]
    place = {where: number for number, where in enumerate(inside)}
    chances = _chances(habits)
    chain = np.zeros((repeats, len(inside), len(inside)))
    seconds = np.zeros((repeats, len(inside)))
    result = np.zeros((repeats, 4, 4))
    goes_on = [
        (state, step, rating)
        for state in State
        for step in range(moves.steps)
        for rating in Rating
        if not moves.to_days[state, step, rating]
    ]
    for state, step in inside:
        seconds[:, place[state, step]] = (chances[:, state] * habits.seconds[:, state]).sum(axis=1)
    after = {where: place[State(moves.to_state[where]), int(moves.to_step[where])] for where in goes_on}
    for (state, step, rating), to in after.items():
        if (state, step) in place:
            # A person who fails every step for ever would need endless time.
            chain[:, place[state, step], to] += 0.99 * chances[:, state, rating - 1]
    mean = np.linalg.solve(np.eye(len(inside)) - chain, seconds[:, :, None])[:, :, 0]
    for (state, step, rating), to in after.items():
        if step == 0 and state in (State.NEW, State.REVIEW):
            result[:, state, rating - 1] = mean[:, to]
    return result
