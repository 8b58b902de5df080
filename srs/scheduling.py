"""The one wrapper round `fsrs`: next memory, four futures, fuzz and floors (DESIGN §4).

FSRS-6 by `fsrs` gives stability and difficulty; steps, fuzz, floors, caps and due days are ours. The
library's own fuzz is unseeded, its days are periods of 24 hours, and `Card()` reads the clock and
sleeps, so it is only ever handed whole study days, a card id and a due moment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import fsrs
from fsrs.scheduler import LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS

from srs.errors import UsageError
from srs.model import Memory, Options, Rating, State

if TYPE_CHECKING:
    from collections.abc import Sequence

# Written out, not taken from the library: a later `fsrs` with other defaults must not refold old logs.
# fmt: off
DEFAULT_PARAMETERS: tuple[float, ...] = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)
# fmt: on
"""The 21 FSRS-6 parameters used where nothing was fitted."""

PARAMETER_BOUNDS: tuple[tuple[float, float], ...] = tuple(
    zip(LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS, strict=True)
)
"""The lowest and highest value `fsrs` accepts for each parameter."""

STABILITY_MAX = 1e100
"""Days. `fsrs` has no upper bound and fails at infinity, which absurd same-day drills can reach."""

DIFFICULTY_MIN, DIFFICULTY_MAX = 1.0, 10.0

DEFAULT_OPTIONS = Options()

_DAY_SECONDS = 86_400
_DAY_MS = 86_400_000
# Noon UTC of a fixed date; only the difference of two study days ever reaches `fsrs`, so that
# every span of real dates fits.
_ANCHOR = datetime(1, 1, 1, 12, tzinfo=UTC)
_FUZZ_FROM = 2.5
_FUZZ_BANDS = ((2.5, 7.0, 0.15), (7.0, 20.0, 0.10), (20.0, math.inf, 0.05))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the four futures of a card: what a rating would make of it.

    Exactly one of `interval` (whole days, then `state` is review) and `delay` (seconds, then it is
    learning or relearning, at `step`) is set. Stability is in days, difficulty 1..10.
    """

    rating: Rating
    state: State
    step: int | None
    stability: float
    difficulty: float
    interval: int | None = None
    delay: int | None = None

    @property
    def seconds(self) -> int:
        """How far away it is, days counted as 24 hours: what orders the four buttons."""
        return self.delay if self.delay is not None else (self.interval or 0) * _DAY_SECONDS


def clipped(parameters: Sequence[float]) -> tuple[float, ...]:
    """The parameters moved into the bounds `fsrs` accepts (a fit in 32 bits lands a hair outside).

    Raises:
        UsageError: if there are not 21 of them, or one is not a number.
    """
    if len(parameters) == len(PARAMETER_BOUNDS):
        parameters = [
            min(max(value, low), high)
            for value, (low, high) in zip(parameters, PARAMETER_BOUNDS, strict=True)
        ]
    return _checked_parameters(parameters)


def fuzz_bounds(interval: int) -> tuple[int, int]:
    """The shortest and longest interval fuzz may make of one, whole days (10: 8 and 12).

    None below 2.5 days; the width is 1 day and 0.15 of each day from 2.5 to 7, 0.10 from 7 to 20,
    0.05 above, to either side.
    """
    if interval < _FUZZ_FROM:
        return interval, interval
    delta = 1.0 + sum(factor * max(0.0, min(interval, end) - start) for start, end, factor in _FUZZ_BANDS)
    return round(interval - delta), round(interval + delta)


def luck(key: bytes, answers: int) -> float:
    """Where in its fuzz range a card's answer falls, 0 <= u < 1: by its key and its number alone.

    `answers` counts the card's live answers before this one since it was last forgotten (`Memory.reps`).
    """
    digest = sha256(key + answers.to_bytes(8, "big")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)


def fuzzed(interval: int, u: float) -> int:
    """The interval that luck `u` (0 <= u < 1) picks from the fuzz range, each day of it alike.

    Never falls when the interval or `u` grows, so the four buttons keep their order.
    """
    low, high = fuzz_bounds(interval)
    return min(high, math.floor((1 - u) * low + u * (high + 1)))


class Scheduling:
    """FSRS-6 under one set of parameters and one set of options.

    Raises:
        UsageError: if the parameters are not 21 numbers within `PARAMETER_BOUNDS`, or the options
            could never schedule anything.
    """

    def __init__(
        self, parameters: Sequence[float] = DEFAULT_PARAMETERS, options: Options = DEFAULT_OPTIONS
    ) -> None:
        self.parameters = _checked_parameters(parameters)
        self.options = _checked_options(options)
        # No steps and a maximum of one day: its dues are never looked at and must not overflow a date.
        self._fsrs = fsrs.Scheduler(
            self.parameters,
            learning_steps=(),
            relearning_steps=(),
            maximum_interval=1,
            enable_fuzzing=False,
        )
        self._decay = -self.parameters[20]
        self._factor: float = 0.9 ** (1 / self._decay) - 1
        self._reach: float = options.desired_retention ** (1 / self._decay) - 1
        self._siblings = {options: self}

    def under(self, options: Options) -> Scheduling:
        """The same parameters under other options; made once for each set."""
        found = self._siblings.get(options)
        if found is None:
            found = Scheduling(self.parameters, options)
            found._siblings = self._siblings
            self._siblings[options] = found
        return found

    def next_memory(
        self, stability: float | None, difficulty: float | None, elapsed_days: int, rating: Rating
    ) -> tuple[float, float]:
        """Stability (days) and difficulty after an answer, `elapsed_days` study days after the one before.

        Without a stability it is the first answer; 0 elapsed days take the short-term formula. The
        same in every state (LOG §2 lines 9-12).
        """
        if stability is None or difficulty is None:
            card = fsrs.Card(card_id=0, due=_ANCHOR)
        else:
            card = fsrs.Card(
                card_id=0,
                state=fsrs.State.Review,
                stability=stability,
                difficulty=difficulty,
                due=_ANCHOR,
                last_review=_ANCHOR,
            )
        after, _ = self._fsrs.review_card(
            card, fsrs.Rating(rating), _ANCHOR + timedelta(days=max(0, elapsed_days))
        )
        if after.stability is None or after.difficulty is None:  # pragma: no cover - `fsrs` always sets them
            raise AssertionError
        return min(after.stability, STABILITY_MAX), after.difficulty

    def start_difficulty(self, recorded: float | None) -> float:
        """The difficulty a history that starts mid-way begins with (LOG §2 line 11), within 1..10."""
        if recorded is None or not math.isfinite(recorded):
            return self.next_memory(None, None, 0, Rating.GOOD)[1]
        return min(max(recorded, DIFFICULTY_MIN), DIFFICULTY_MAX)

    def retrievability(self, stability: float, elapsed_days: float) -> float:
        """The predicted chance of recall, 0..1, `elapsed_days` (with fraction) after the last answer."""
        return float((1 + self._factor * max(0.0, elapsed_days) / stability) ** self._decay)

    def recall(self, memory: Memory, now: int) -> float | None:
        """The predicted chance of recall at a moment (ms), None for a new card (LOG §2 line 22)."""
        if memory.stability is None or memory.last_at is None:
            return None
        return self.retrievability(memory.stability, (now - memory.last_at) / _DAY_MS)

    def interval(self, stability: float) -> int:
        """Whole days, at least one, until recall falls to the desired retention: no fuzz, no maximum."""
        return max(1, round((stability / self._factor) * self._reach))

    def planned(self, stability: float, *, key: bytes, answers: int) -> int:
        """The interval in whole days of a rescheduled card: fuzz, then the maximum (LOG §2 line 8)."""
        interval = self.interval(stability)
        if self.options.fuzz:
            interval = fuzzed(interval, luck(key, answers))
        return min(interval, self.options.maximum_interval)

    def outcomes(
        self, memory: Memory, *, key: bytes, study_day: int
    ) -> tuple[Outcome, Outcome, Outcome, Outcome]:
        """What Again, Hard, Good and Easy would make of a card on a study day, in this order.

        The result depends on the memory, the card's key and the day, on nothing else, so what is
        shown is what is applied. Days never fall from one rating to the next (LOG §2 lines 9-15).
        """
        elapsed = 0 if memory.last_day is None else max(0, study_day - memory.last_day)
        u = luck(key, memory.reps) if self.options.fuzz else None
        floor = 1
        futures = []
        for rating in Rating:
            passed = rating is not Rating.AGAIN
            stability, difficulty = self.next_memory(memory.stability, memory.difficulty, elapsed, rating)
            state, step, delay = self._move(memory.state, memory.step, rating)
            interval = None
            if delay is None:
                days = self._floored(stability, u, floor, memory.interval if passed else None)
                floor = days + 1 if passed else days
                interval = min(days, self.options.maximum_interval)
            futures.append(Outcome(rating, state, step, stability, difficulty, interval, delay))
        again, hard, good, easy = futures
        return again, hard, good, easy

    def _floored(self, stability: float, u: float | None, floor: int, previous: int | None) -> int:
        """The interval after fuzz and floors; `previous` is the one it may not fall back to by fuzz."""
        plain = self.interval(stability)
        chosen = plain if u is None else fuzzed(plain, u)
        if previous is not None and plain > previous:
            chosen = max(chosen, previous + 1)
        return max(chosen, floor)

    def _move(self, state: State, step: int | None, rating: Rating) -> tuple[State, int | None, int | None]:
        """State, step and delay in seconds after an answer; no delay means days (LOG §2 line 14)."""
        review = (State.REVIEW, None, None)
        if state is State.REVIEW:
            if rating is not Rating.AGAIN or not self.options.relearning_steps:
                return review
            return State.RELEARNING, 0, self.options.relearning_steps[0]
        relearning = state is State.RELEARNING
        steps = self.options.relearning_steps if relearning else self.options.learning_steps
        stay = State.RELEARNING if relearning else State.LEARNING
        if not steps or rating is Rating.EASY:
            return review
        if rating is Rating.AGAIN:
            return stay, 0, steps[0]
        # Steps may have become fewer since: a step beyond them is passed.
        at = min(max(0, step or 0), len(steps))
        if rating is Rating.GOOD:
            at += 1
        if at >= len(steps):
            return review
        return stay, at, steps[at] if rating is Rating.GOOD else _hard_delay(steps, at)


def _hard_delay(steps: tuple[int, ...], at: int) -> int:
    """Seconds until a step comes again after Hard: between Again and Good, and under a day."""
    if at > 0:
        delay = steps[at]
    elif len(steps) > 1:
        delay = (steps[0] + steps[1]) // 2
    else:
        delay = steps[0] * 3 // 2
    return min(delay, steps[at + 1] if at + 1 < len(steps) else _DAY_SECONDS - 1)


def _checked_parameters(parameters: Sequence[float]) -> tuple[float, ...]:
    if len(parameters) != len(PARAMETER_BOUNDS):
        raise UsageError(
            f"FSRS-6 has {len(PARAMETER_BOUNDS)} parameters, not {len(parameters)}",
            "parameters of another version of FSRS cannot be used",
        )
    for number, (value, (low, high)) in enumerate(zip(parameters, PARAMETER_BOUNDS, strict=True)):
        if not low <= value <= high:
            raise UsageError(f"FSRS parameter {number} (from 0) is {value:g}, not within {low:g} to {high:g}")
    return tuple(float(value) for value in parameters)


def _checked_options(options: Options) -> Options:
    steps = (*options.learning_steps, *options.relearning_steps)
    if not 0 < options.desired_retention < 1:
        raise UsageError(f"the desired retention is {options.desired_retention:g}, not between 0 and 1")
    if options.maximum_interval < 1:
        raise UsageError(f"the maximum interval is {options.maximum_interval} days, under one day")
    if not all(0 < seconds < _DAY_SECONDS for seconds in steps):
        raise UsageError("a step is not from 1 second to under 1 day")
    return options
