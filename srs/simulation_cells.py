"""The cards of many repeats of a simulation, and what one answer does to them: FSRS-6 and the steps.

A cell is one card in one repeat; cells are numbered row by row, a row for each repeat. Nothing is
drawn here: ratings and the luck of fuzz are handed in, so that a cell follows `Scheduling` exactly.
Days count from today, 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from srs.model import Memory, Options, Rating, State
from srs.refold import Model
from srs.scheduling import DEFAULT_OPTIONS, DEFAULT_PARAMETERS, Scheduling, fuzz_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

NEVER = np.int32(2**30)
"""The due day of a card that is not due at all: a new one."""

# Members of an enumeration are slow to reach where days are lived by the thousand.
NEW, LEARNING, REVIEW, RELEARNING = (int(state) for state in State)
AGAIN, HARD, GOOD, EASY = (int(rating) for rating in Rating)
_RATINGS = np.arange(5)


@dataclass(frozen=True, slots=True)
class DeckRule:
    """What holds for the cards of one deck; no `desired_retention`: that of the options."""

    parameters: tuple[float, ...] = DEFAULT_PARAMETERS
    desired_retention: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """How answers become intervals: the options of everybody, and a rule for each deck index."""

    options: Options = DEFAULT_OPTIONS
    decks: tuple[DeckRule, ...] = (DeckRule(),)

    def aiming_at(self, retention: float) -> Rules:
        """The same with another desired retention; decks that have one of their own keep it."""
        return replace(self, options=replace(self.options, desired_retention=retention))


class Moves:
    """The step machine as tables over (state, step, rating): `Scheduling` is asked once for each.

    `to_state` and `to_step` are where an answer leads; `to_days` is true where that is review.
    """

    def __init__(self, options: Options) -> None:
        scheduling = Scheduling(DEFAULT_PARAMETERS, options)
        self.steps = max(len(options.learning_steps), len(options.relearning_steps)) + 1
        shape = len(State), self.steps, len(Rating) + 1
        self.to_state = np.zeros(shape, dtype=np.int8)
        self.to_step = np.zeros(shape, dtype=np.int8)
        self.to_days = np.zeros(shape, dtype=bool)
        for state in State:
            for step in range(self.steps):
                known = state is not State.NEW
                memory = Memory(
                    state=state,
                    step=step if state in (State.LEARNING, State.RELEARNING) else None,
                    stability=1.0 if known else None,
                    difficulty=5.0 if known else None,
                )
                for outcome in scheduling.outcomes(memory, key=b"", study_day=0):
                    where = state, step, outcome.rating
                    self.to_state[where] = outcome.state
                    self.to_step[where] = outcome.step or 0
                    self.to_days[where] = outcome.interval is not None


@cache
def _fuzz_ends(size: int) -> tuple[Floats, Floats]:
    """The shortest and longest interval that fuzz makes of 0, 1 .. size - 1 days."""
    low, high = np.array([fuzz_bounds(days) for days in range(size)], dtype=np.float64).T
    return low, high


def fuzzed(interval: Floats, u: Floats) -> Floats:
    """`scheduling.fuzzed` for arrays of whole days and of luck, 0 <= u < 1."""
    size = 64
    while interval.size and size <= interval.max():
        size *= 2
    low, high = (end[interval.astype(np.int64)] for end in _fuzz_ends(size))
    days: Floats = np.minimum(high, np.floor((1 - u) * low + u * (high + 1)))
    return days


@dataclass(frozen=True, slots=True)
class Columns:
    """The cards a simulation begins with, one column each; as `Snapshot`, with days from today."""

    state: Ints
    step: Ints
    stability: Floats
    difficulty: Floats
    due: Ints
    last: Ints
    deck: Ints


class Cells:
    """Memories, states and dues of every card in every repeat, as flat arrays."""

    def __init__(self, start: Columns, rules: Rules, repeats: int) -> None:
        self.columns = start.state.size
        self.repeats = repeats
        self.options = rules.options
        self.moves = Moves(rules.options)
        new = start.state == NEW
        self.stability = np.tile(np.where(new, 1.0, start.stability), repeats)
        self.difficulty = np.tile(np.where(new, 5.0, start.difficulty), repeats)
        self.state = np.tile(start.state.astype(np.int8), repeats)
        self.step = np.tile(np.clip(start.step, 0, self.moves.steps - 1).astype(np.int8), repeats)
        self.due = np.tile(np.where(new, NEVER, start.due).astype(np.int32), repeats)
        self.last = np.tile(np.where(new, 0, start.last).astype(np.int32), repeats)
        aims = [rule.desired_retention or rules.options.desired_retention for rule in rules.decks]
        self._retention: Floats = np.array(aims)[start.deck]
        parameters = [rule.parameters for rule in rules.decks]
        distinct = list(dict.fromkeys(parameters))
        self.models = [Model(each) for each in distinct]
        self._model_of: Ints = np.array([distinct.index(each) for each in parameters])[start.deck]
        factors, decays = np.array([(each.factor, each.decay) for each in self.models]).T
        self._decay = decays[self._model_of].astype(np.float32)
        # What `known` multiplies elapsed days by: kept, because it is asked for every day.
        slope = np.where(new, 0.0, factors[self._model_of] / np.where(new, 1.0, start.stability))
        self._slope = np.tile(slope.astype(np.float32), repeats)

    def groups(self, column: Ints) -> list[tuple[Model, Ints | slice]]:
        """Each model, with the places of its cards among some columns."""
        if len(self.models) == 1:
            return [(self.models[0], slice(None))]
        model = self._model_of[column]
        found = [(each, np.flatnonzero(model == number)) for number, each in enumerate(self.models)]
        return [(each, places) for each, places in found if places.size]

    def recall(self, at: Ints, day: int) -> Floats:
        """The predicted chance of recall of some seen cells, at whole study days."""
        result = np.empty(at.size)
        for model, places in self.groups(at % self.columns):
            cells = at[places]
            elapsed = np.maximum(day - self.last[cells].astype(np.int64), 0)
            result[places] = model.retrievability(self.stability[cells], elapsed)
        return result

    def answer(self, at: Ints, rating: Ints, day: int, recall: Floats, u: Floats | None) -> Bools:
        """Answer distinct cells, which met a chance of `recall` (ignored for new cards).

        `u` is the luck of fuzz, None without fuzz. Returns which of them now have an interval in
        days; the others are in steps and due again on the same day.
        """
        column = at % self.columns
        in_days: Bools = np.empty(at.size, dtype=bool)
        for model, places in self.groups(column):
            cells = at[places]
            luck = None if u is None else u[places]
            answers = _Answers(
                self, model, cells, rating=rating[places], day=day, recall=recall[places], u=luck
            )
            in_days[places] = answers.apply(self._retention[column[places]])
        return in_days

    def known(self, day: int, upto: int) -> Floats:
        """The sum of recall over the first `upto` columns, for each repeat; a new card counts as 1.

        In 32 bits, which is exact to six digits and several times as quick.
        """
        shape, cut = (self.repeats, self.columns), np.s_[:, :upto]
        recall = (day - self.last.reshape(shape)[cut]).astype(np.float32)
        np.maximum(recall, 0, out=recall)
        recall *= self._slope.reshape(shape)[cut]
        recall += 1
        np.log(recall, out=recall)
        recall *= self._decay[:upto]
        np.exp(recall, out=recall)
        total: Floats = recall.sum(axis=1, dtype=np.float64)
        return total

    def remember(self, at: Ints, factor: float, stability: Floats, difficulty: Floats) -> None:
        """Give cells their memories; `factor` is that of their model's forgetting curve."""
        self.stability[at] = stability
        self.difficulty[at] = difficulty
        self._slope[at] = factor / stability


class _Answers:
    """Answers to distinct cells of one model."""

    def __init__(
        self,
        cells: Cells,
        model: Model,
        at: Ints,
        *,
        rating: Ints,
        day: int,
        recall: Floats,
        u: Floats | None,
    ) -> None:
        self.cells, self.model, self.at, self.rating, self.day, self.u = cells, model, at, rating, day, u
        self.recall = recall
        self.state, self.step = cells.state[at], cells.step[at]
        self.new = self.state == NEW
        self.stability = cells.stability[at]
        last = cells.last[at].astype(np.int64)
        self.elapsed = np.where(self.new, 0, np.maximum(day - last, 0))
        self.previous = np.where(self.state == REVIEW, np.maximum(cells.due[at] - last, 0), 0)

    def apply(self, retention: Floats) -> Bools:
        """Move the cells; returns which of them went to review."""
        cells, moves, at, rating, day = self.cells, self.cells.moves, self.at, self.rating, self.day
        difficulty = cells.difficulty[at]
        stability, interval = self._futures(difficulty, retention)
        where = self.state, self.step, rating
        in_days: Bools = moves.to_days[where]
        later = np.minimum(interval, cells.options.maximum_interval)
        cells.due[at] = day + np.where(in_days, later, 1).astype(np.int32)
        cells.state[at] = moves.to_state[where]
        cells.step[at] = moves.to_step[where]
        first, later_on = self.model.first_difficulty[rating], self.model.next_difficulty(difficulty, rating)
        cells.remember(at, self.model.factor, stability, np.where(self.new, first, later_on))
        cells.last[at] = np.maximum(cells.last[at], day)
        return in_days

    def _futures(self, difficulty: Floats, retention: Floats) -> tuple[Floats, Floats]:
        """Stability and interval after the ratings given.

        Better than Again, an interval rests on those of the ratings below it as floors, so they are
        worked out too; what is asked for is laid out in pairs of a cell and a rating.
        """
        count, given = self.at.size, self.rating[:, None]
        has_days = self.cells.moves.to_days[self.state, self.step]
        cell, rating = np.nonzero((given == _RATINGS) | (has_days & (given > _RATINGS)))
        stability = self.model.next_stability(
            self.stability[cell], difficulty[cell], self.recall[cell], self.elapsed[cell], rating
        )
        stability = np.where(self.new[cell], self.model.first_stability[rating], stability)
        after = np.zeros((count, 5))
        after[cell, rating] = stability
        days = np.zeros((count, 5))
        days[cell, rating] = self._days(cell, stability, retention[cell], rating)
        floor = np.ones(count)
        for number in range(1, 5):
            days[:, number] = np.maximum(days[:, number], floor)
            floor = np.where(has_days[:, number], days[:, number] + (number > AGAIN), floor)
        chosen = np.arange(count), self.rating
        return after[chosen], days[chosen]

    def _days(self, cell: Ints, stability: Floats, retention: Floats, rating: Ints) -> Floats:
        """The interval after fuzz, above the last one where it grows (DESIGN §4)."""
        # Beyond the maximum every interval is cut to it, and the table of fuzz need not reach there.
        most = 1.1 * self.cells.options.maximum_interval + 10
        plain = np.minimum(self.model.interval(stability, retention), np.rint(most))
        chosen = plain if self.u is None else fuzzed(plain, self.u[cell])
        previous = self.previous[cell]
        grows = (rating > AGAIN) & (plain > previous)
        longest: Floats = np.where(grows, np.maximum(chosen, previous + 1), chosen)
        return longest
