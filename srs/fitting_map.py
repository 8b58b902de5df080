"""The most probable parameters given the answers and how people differ: a Newton fit in NumPy.

Log loss of the long-term reviews, predicted as `srs` predicts them (days with fraction since the last
answer, whole study days in the memory), plus a normal prior round the defaults. All reviews are used
at every step, so nothing depends on an order or a seed, and the steps end where the slope does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srs.evaluation import CLIP
from srs.refold import STABILITY_MIN
from srs.scheduling import DEFAULT_PARAMETERS, DIFFICULTY_MAX, DIFFICULTY_MIN, PARAMETER_BOUNDS, STABILITY_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.fitting_items import Bools, Floats, Histories, Ints

PRIOR_SHRINK = 0.7
"""How far people are from the defaults, in units of the table below; chosen on simulated learners."""

# The first four, the first stabilities, are logarithms. The others are what fsrs-rs found between people
# (its PARAMS_STDDEV), but for the weight of mean reversion, which lies on its bound for most.
# fmt: off
PRIOR_SPREAD = PRIOR_SHRINK * np.array([
    0.7, 0.7, 0.7, 0.7, 0.57, 0.28, 0.6, 0.02, 0.39, 0.18, 0.33,
    0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32, 0.14, 0.27,
])
# fmt: on
FIRST_STABILITIES_ALIKE = 0.6
"""The correlation of the first four between people: who remembers long after Good does so after Again."""

MOST_STEPS = 20
ENOUGH, ENOUGH_A_REVIEW = 0.05, 2.5e-5
"""A step that gains less, in nats over all reviews, is the last: the greater of the two. What chance
adds to the log loss of 20,000 reviews is twenty times as much a review."""

_LOGS = 4
_NUDGE = 1e-3 * PRIOR_SPREAD / PRIOR_SHRINK


class Batch:
    """The memories of histories under many sets of parameters at once.

    It says what `refold` says (a test holds them together); it is here because the slope in 21
    directions needs 22 folds, and one after the other they take five times as long.
    """

    def __init__(self, histories: Histories) -> None:
        ends = np.append(histories.begins[1:], histories.rating.size)
        lengths = ends - histories.begins
        longest_first = np.argsort(-lengths, kind="stable")
        self._begins: Ints = histories.begins[longest_first]
        lengths = lengths[longest_first]
        longest = int(lengths[0]) if lengths.size else 0
        self._running = np.searchsorted(-lengths, -np.arange(longest), side="left").tolist()
        self._histories = histories

    def recall(self, sets: Floats) -> Floats:
        """The predicted recall (sets, long-term reviews) under parameters (sets, 21)."""
        h = self._histories
        model = _Formulas(sets)
        return model.recall(self._stability(model, sets)[:, h.targets - 1], h.elapsed[h.targets])

    def _stability(self, model: _Formulas, sets: Floats) -> Floats:
        h = self._histories
        found = np.empty((len(sets), h.rating.size))
        stability = difficulty = np.empty((len(sets), 0))
        for turn, running in enumerate(self._running):
            rows = self._begins[:running] + turn
            rating = h.rating[rows]
            if turn == 0:
                stability, difficulty = sets[:, rating - 1], model.first_difficulty[:, rating]
            else:
                before, harder = stability[:, :running], difficulty[:, :running]
                stability = model.next_stability(before, harder, h.days[rows], rating)
                difficulty = model.next_difficulty(harder, rating)
            found[:, rows] = stability
        return found


class _Formulas:
    """FSRS-6 with a set of parameters in each row."""

    def __init__(self, sets: Floats) -> None:
        w = sets.T[:, :, None]
        rating = np.arange(5.0)
        self.w = w
        self.decay = -w[20]
        self.factor = 0.9 ** (1 / self.decay) - 1
        self.first_difficulty = np.clip(
            w[4] - np.exp(w[5] * (rating - 1)) + 1, DIFFICULTY_MIN, DIFFICULTY_MAX
        )
        self.easy_target = w[4] - np.exp(w[5] * 3) + 1
        self.ease = -w[6] * (rating - 3) / 9
        self.short = np.exp(w[17] * (rating - 3 + w[18]))
        self.drop_at_least = np.exp(-w[17] * w[18])
        self.bonus = np.exp(w[8]) * np.where(rating == 2, w[15], np.where(rating == 4, w[16], 1.0))

    def next_difficulty(self, difficulty: Floats, rating: Ints) -> Floats:
        damped = difficulty + (10 - difficulty) * self.ease[:, rating]
        mixed = self.w[7] * self.easy_target + (1 - self.w[7]) * damped
        found: Floats = np.clip(mixed, DIFFICULTY_MIN, DIFFICULTY_MAX)
        return found

    # Powers are taken as exp(y log x): NumPy does both many at a time, and powers one by one.

    def next_stability(self, stability: Floats, difficulty: Floats, days: Ints, rating: Ints) -> Floats:
        found = np.empty_like(stability)
        for which, rule in (
            (days < 1, self._same_day),
            ((days >= 1) & (rating > 1), self._recalled),
            ((days >= 1) & (rating == 1), self._lapsed),
        ):
            at = np.flatnonzero(which)
            if at.size:
                found[:, at] = rule(stability[:, at], difficulty[:, at], days[at], rating[at])
        return np.clip(found, STABILITY_MIN, STABILITY_MAX, out=found)

    def _same_day(self, s: Floats, _difficulty: Floats, _days: Ints, rating: Ints) -> Floats:
        growth = self.short[:, rating] * np.exp(-self.w[19] * np.log(s))
        found: Floats = s * np.where(rating > 1, np.maximum(growth, 1.0), growth)
        return found

    def _recalled(self, s: Floats, difficulty: Floats, days: Ints, rating: Ints) -> Floats:
        forgotten = 1 - self.recall(s, days)
        surprise = (np.exp(forgotten * self.w[10]) - 1) * np.exp(-self.w[9] * np.log(s))
        found: Floats = s * (1 + self.bonus[:, rating] * (11 - difficulty) * surprise)
        return found

    def _lapsed(self, s: Floats, difficulty: Floats, days: Ints, rating: Ints) -> Floats:
        del rating
        w = self.w
        drop = np.exp((1 - self.recall(s, days)) * w[14] - w[12] * np.log(difficulty))
        lost = w[11] * (np.exp(w[13] * np.log(s + 1)) - 1) * drop
        found: Floats = np.minimum(lost, s * self.drop_at_least)
        return found

    def recall(self, stability: Floats, elapsed: Floats | Ints) -> Floats:
        found: Floats = np.exp(self.decay * np.log(1 + self.factor * elapsed / stability))
        return found


class MostProbable:
    """The search for the parameters of one body of reviews, from a start.

    `place` is where it stands, in the coordinates of the prior: logarithms of the first stabilities,
    the other parameters as they are.
    """

    def __init__(self, histories: Histories, start: Sequence[float] = DEFAULT_PARAMETERS) -> None:
        bounds = np.array(PARAMETER_BOUNDS)
        self._low, self._high = _coordinates(bounds[:, 0]), _coordinates(bounds[:, 1])
        self._prior_mean = _coordinates(np.array(DEFAULT_PARAMETERS))
        self._prior = np.linalg.inv(_prior_covariance())
        self._batch = Batch(histories)
        self._passed: Bools = histories.passed
        self._caution = 1e-3
        self.place: Floats = np.clip(_coordinates(np.array(start)), self._low, self._high)
        self.cost = self._cost(self.place, self._recall(self.place[None])[0])

    def parameters(self) -> tuple[float, ...]:
        """Where the search stands, as 21 numbers within the bounds of `fsrs`."""
        return tuple(float(value) for value in _parameters(self.place))

    def search(self) -> tuple[float, ...]:
        """Step until a step gains nothing, and say where that is."""
        enough = max(ENOUGH, ENOUGH_A_REVIEW * self._passed.size)
        for _ in range(MOST_STEPS):
            before = self.cost
            self._step()
            if before - self.cost < enough:
                break
        return self.parameters()

    def _step(self) -> None:
        """One step of Fisher scoring, shortened until it does not lead upwards."""
        recall, slope = self._slope()
        clipped = np.clip(recall, CLIP, 1 - CLIP)
        weight = 1 / (clipped * (1 - clipped))
        downhill = slope @ ((self._passed - clipped) * weight) - self._prior @ (self.place - self._prior_mean)
        curvature = (slope * weight) @ slope.T + self._prior
        for _ in range(10):
            place = self._moved(downhill, curvature)
            cost = self._cost(place, self._recall(place[None])[0])
            if cost <= self.cost:
                self.place, self.cost = place, cost
                self._caution /= 5
                return
            self._caution = max(self._caution, 1e-3) * 8

    def _moved(self, downhill: Floats, curvature: Floats) -> Floats:
        # What lies on a bound and would leave it stays there.
        stuck = (self.place <= self._low) & (downhill < 0) | (self.place >= self._high) & (downhill > 0)
        free = np.flatnonzero(~stuck)
        part = curvature[np.ix_(free, free)]
        place = self.place.copy()
        place[free] += np.linalg.solve(part + self._caution * np.diag(np.diag(part)), downhill[free])
        moved: Floats = np.clip(place, self._low, self._high)
        return moved

    def _slope(self) -> tuple[Floats, Floats]:
        """The recall of each review, and how it changes with each coordinate (21, reviews)."""
        nudge = np.where(self.place + _NUDGE > self._high, -_NUDGE, _NUDGE)
        recall = self._recall(np.vstack([self.place, self.place + np.diag(nudge)]))
        return recall[0], (recall[1:] - recall[0]) / nudge[:, None]

    def _recall(self, places: Floats) -> Floats:
        return self._batch.recall(_parameters(places))

    def _cost(self, place: Floats, recall: Floats) -> float:
        clipped = np.clip(recall, CLIP, 1 - CLIP)
        surprise = -np.log(np.where(self._passed, clipped, 1 - clipped)).sum()
        away = place - self._prior_mean
        return float(surprise + away @ self._prior @ away / 2)


def _coordinates(parameters: Floats) -> Floats:
    found = parameters.copy()
    found[..., :_LOGS] = np.log(found[..., :_LOGS])
    return found


def _parameters(place: Floats) -> Floats:
    found = place.copy()
    found[..., :_LOGS] = np.exp(found[..., :_LOGS])
    bounds = np.array(PARAMETER_BOUNDS)
    # A logarithm and back may end a hair outside.
    clipped: Floats = np.clip(found, bounds[:, 0], bounds[:, 1])
    return clipped


def _prior_covariance() -> Floats:
    alike = np.eye(PRIOR_SPREAD.size)
    alike[:_LOGS, :_LOGS] += FIRST_STABILITIES_ALIKE * (1 - np.eye(_LOGS))
    covariance: Floats = alike * np.outer(PRIOR_SPREAD, PRIOR_SPREAD)
    return covariance
