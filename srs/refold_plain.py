"""The memories of very many cards whose live lines are answers without decisions, as imports bring them.

Such answers fold under the built-in options, without fuzz (LOG §2 lines 13-15, 17): the steps depend on
the ratings alone, so a table walks them, and `refold` gives the rest. The scalar `fold` says what is
right; this one equals it to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srs.model import IMPORTED_OPTIONS, Memory, Rating, State
from srs.refold import Model, refold
from srs.scheduling import DEFAULT_PARAMETERS, DIFFICULTY_MAX, DIFFICULTY_MIN, Scheduling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.refold import Bools, Floats, Ints, Refolded


@dataclass(slots=True)
class PlainAnswers:
    """Live answers without decisions, in order of card, then id; lists of one entry an answer.

    `card` counts from 0 and never falls, without gaps. `interval_before` is 1 or more where the answer
    says that it met a card in review, else 0; `difficulty_before` goes with it (NaN: not recorded).
    """

    card: list[int]
    study_day: list[int]
    rating: list[int]
    interval_before: list[int]
    difficulty_before: list[float]


class PlainMemories(NamedTuple):
    """What the cards come to, by card index; `interval` is in days (0: in steps), `delay` in seconds."""

    state: list[State]
    step: list[int | None]
    stability: list[float]
    difficulty: list[float]
    interval: list[int]
    delay: list[int]
    last_day: list[int]
    reps: list[int]
    lapses: list[int]
    passed: list[bool]

    def memory(self, index: int, *, last_at: int, last_id: bytes) -> Memory:
        """The memory of one card, whose last answer was given at `last_at` (ms) by the line `last_id`."""
        state, last_day = self.state[index], self.last_day[index]
        in_review = state is State.REVIEW
        return Memory(
            state=state,
            step=self.step[index],
            stability=self.stability[index],
            difficulty=self.difficulty[index],
            due_day=last_day + self.interval[index] if in_review else None,
            due_at=None if in_review else last_at + self.delay[index] * 1000,
            last_at=last_at,
            last_day=last_day,
            last_id=last_id,
            reps=self.reps[index],
            lapses=self.lapses[index],
            passed=self.passed[index],
        )


def fold_plain(answers: PlainAnswers, parameters: Sequence[float] = DEFAULT_PARAMETERS) -> PlainMemories:
    """Fold such answers; every card has at least one."""
    machine = _Machine()
    walked = machine.walk(answers)
    arrays = _Arrays(answers, walked)
    earlier = np.ones(len(answers.card), dtype=bool)
    earlier[walked.last] = False
    after = arrays.refold(parameters)
    before = arrays.refold(parameters, rows=earlier, cards=len(walked.last))
    intervals = _intervals(machine, walked, arrays, (before, after), model=Model(parameters))
    places = [machine.places[at] for at in walked.after]
    return PlainMemories(
        state=[state for state, _ in places],
        step=[step for _, step in places],
        stability=after.stability.tolist(),
        difficulty=after.difficulty.tolist(),
        interval=intervals.tolist(),
        delay=walked.delay,
        last_day=after.last_day.tolist(),
        reps=after.reps.tolist(),
        lapses=after.lapses.tolist(),
        passed=walked.passed,
    )


@cache
def _machine() -> _Machine:
    return _Machine()


def plain_states(ratings: Sequence[int], *, midway: bool) -> list[int]:
    """The state after each of a card's first such answers; `midway` where it was in review before."""
    machine = _machine()
    at, states = machine.review if midway else 0, []
    for rating in ratings:
        at, _ = machine.moves[at][rating - 1]
        states.append(int(machine.places[at][0]))
    return states


class _Walked(NamedTuple):
    """`state_after` by answer, the rest by card: its last answer, its places before and after that."""

    state_after: list[int]
    last: list[int]
    before: list[int]
    after: list[int]
    delay: list[int]
    passed: list[bool]


class _Machine:
    """The steps of the built-in options as a table, asked of `Scheduling`: no second definition."""

    def __init__(self) -> None:
        scheduling = Scheduling(options=IMPORTED_OPTIONS)
        self.places: list[tuple[State, int | None]] = [(State.NEW, None)]
        self.moves: list[tuple[tuple[int, int], ...]] = []
        """By place and rating less one: the next place, and the delay in seconds (0: days)."""
        for state, step in self.places:  # grows while it is walked
            memory = Memory(state, step, *((None, None) if state is State.NEW else (1.0, 5.0)))
            moves = []
            for outcome in scheduling.outcomes(memory, key=b"", study_day=0):
                after = (outcome.state, outcome.step)
                if after not in self.places:
                    self.places.append(after)
                moves.append((self.places.index(after), outcome.delay or 0))
            self.moves.append(tuple(moves))
        self.review = self.places.index((State.REVIEW, None))

    def walk(self, answers: PlainAnswers) -> _Walked:
        """Walk every card's ratings from its start."""
        walked = _Walked([], [], [], [], [], [])
        states = [int(state) for state, _ in self.places]
        before, at, delay, passed = 0, 0, 0, False
        ends = [*(here != following for here, following in pairwise(answers.card)), True]
        first = True
        for row, (rating, is_last) in enumerate(zip(answers.rating, ends, strict=bool(answers.card))):
            if first:
                at, passed = (self.review if answers.interval_before[row] >= 1 else 0), False
            before = at
            at, delay = self.moves[at][rating - 1]
            passed = passed or rating != Rating.AGAIN
            walked.state_after.append(states[at])
            first = is_last
            if is_last:
                walked.last.append(row)
                walked.before.append(before)
                walked.after.append(at)
                walked.delay.append(delay)
                walked.passed.append(passed)
        return walked

    def gives_days(self, places: Sequence[int], rating: Rating) -> Bools:
        """Whether a rating leads to an interval in days, from each of these places."""
        by_place = np.array([moves[rating - 1][1] == 0 for moves in self.moves])
        found: Bools = by_place[np.asarray(places, dtype=np.int64)]
        return found


class _Arrays:
    """The answers as arrays."""

    def __init__(self, answers: PlainAnswers, walked: _Walked) -> None:
        self.card: Ints = np.asarray(answers.card, dtype=np.int64)
        self.study_day: Ints = np.asarray(answers.study_day, dtype=np.int64)
        self.rating: Ints = np.asarray(answers.rating, dtype=np.int64)
        self.state_after: Ints = np.asarray(walked.state_after, dtype=np.int64)
        self.interval: Ints = np.asarray(answers.interval_before, dtype=np.int64)
        self.difficulty: Floats = np.asarray(answers.difficulty_before, dtype=np.float64)

    def refold(
        self, parameters: Sequence[float], *, rows: Bools | None = None, cards: int | None = None
    ) -> Refolded:
        """The fold of all rows, or of some."""
        which = slice(None) if rows is None else rows
        return refold(
            self.card[which],
            self.study_day[which],
            self.rating[which],
            self.state_after[which],
            parameters=parameters,
            interval_before=self.interval[which],
            difficulty_before=self.difficulty[which],
            cards=cards,
        )


def _intervals(
    machine: _Machine, walked: _Walked, arrays: _Arrays, folds: tuple[Refolded, Refolded], model: Model
) -> Ints:
    """Whole days of the cards in review, at least one more than those of a lower rating; else 0.

    `folds` are those without and with the last answers. Without fuzz an interval that grows is longer
    by a day already, so the one before sets no floor.
    """
    last = np.array(walked.last, dtype=np.int64)
    rating, retention = arrays.rating[last], IMPORTED_OPTIONS.desired_retention
    stability, difficulty, day = _met(arrays, last, folds[0], model)
    elapsed = np.maximum(arrays.study_day[last] - day, 0)
    floor = np.ones(last.size)
    for lower in (Rating.HARD, Rating.GOOD):
        at = np.flatnonzero((rating > lower) & machine.gives_days(walked.before, lower))
        recall = model.retrievability(stability[at], elapsed[at])
        pressed = np.full(at.size, int(lower))
        would_be = model.next_stability(stability[at], difficulty[at], recall, elapsed[at], pressed)
        floor[at] = np.maximum(model.interval(would_be, retention), floor[at]) + 1
    days = np.maximum(model.interval(folds[1].stability, retention), floor)
    whole: Ints = np.minimum(days, IMPORTED_OPTIONS.maximum_interval).astype(np.int64)
    whole[np.array(walked.delay, dtype=np.int64) > 0] = 0
    return whole


def _met(arrays: _Arrays, last: Ints, before: Refolded, model: Model) -> tuple[Floats, Floats, Ints]:
    """Stability, difficulty and day that the last answers met; those of a start mid-way where it says so."""
    interval, recorded, day = arrays.interval[last], arrays.difficulty[last], arrays.study_day[last]
    midway = (before.reps == 0) & (interval >= 1)
    clipped = np.clip(recorded, DIFFICULTY_MIN, DIFFICULTY_MAX)
    difficulty = np.where(np.isfinite(recorded), clipped, model.start_difficulty)
    return (
        np.where(midway, interval, before.stability),
        np.where(midway, difficulty, before.difficulty),
        np.where(midway, day - interval, before.last_day),
    )
