"""How good predictions of recall are: log loss, RMSE(bins), AUC, time-series splits, intervals.

All figures are about long-term reviews only and weigh each of them alike. A prediction uses the days
with fraction since the last answer, stability and difficulty the whole study days (LOG §2 lines 12
and 22).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from srs.refold import refold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srs.fitting_items import Bools, Floats, Histories, Ints

CLIP = 1e-4
"""Predictions are scored within this far from 0 and 1: one surprise does not decide a comparison."""

SEGMENTS = 6
"""Time-series splits: each segment but the first is predicted by what was fitted on those before it."""

BOOTSTRAP_DRAWS = 1_000
BOOTSTRAP_GROUPS = 1_000
"""More cards than these are drawn in so many groups, which gives the same interval."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Log loss in nats per review, RMSE(bins) 0..1, and AUC 0..1; NaN where nothing can be said."""

    log_loss: float
    rmse_bins: float
    auc: float

    def as_json(self) -> dict[str, float | None]:
        """The figures by name, None where there is none."""
        named = {"log_loss": self.log_loss, "rmse_bins": self.rmse_bins, "auc": self.auc}
        return {name: None if np.isnan(value) else value for name, value in named.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """How much greater the first log loss is than the second, with a 95 % interval by card."""

    mean: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


def predictions(histories: Histories, parameters: Sequence[float], *, fractional: bool = True) -> Floats:
    """The predicted recall (0..1) at each long-term review, in order of time.

    Whole study days since the last answer are used without `fractional`, as Anki does.

    Raises:
        UsageError: if the parameters are not those of FSRS-6.

    """
    h = histories
    folded = refold(
        h.card,
        h.day,
        h.rating,
        np.zeros_like(h.card),
        parameters=parameters,
        interval_before=h.interval,
        history=True,
    )
    if folded.history is None:  # pragma: no cover - it was asked for
        raise AssertionError
    since = (h.elapsed if fractional else h.days)[h.targets]
    return forgetting(folded.history.stability[h.targets - 1], since, parameters)


def forecasts(
    histories: Histories, learn: Callable[[int], Sequence[float]], *, fractional: bool = True
) -> Floats:
    """The predictions of each split by the parameters learned on the reviews before it.

    `learn` is given how many long-term reviews, the first ones, it may learn from. The reviews before
    the first split are NaN.
    """
    found = np.full(histories.targets.size, np.nan)
    for start, end in splits(histories.targets.size):
        found[start:end] = predictions(histories, learn(start), fractional=fractional)[start:end]
    return found


def forgetting(stability: Floats, elapsed: Floats | Ints, parameters: Sequence[float] | Floats) -> Floats:
    """The chance of recall after so many days, by the forgetting curve of the parameters.

    Parameters may be arrays that spread over the stabilities.
    """
    decay = -parameters[20]
    factor = 0.9 ** (1 / decay) - 1
    recall: Floats = (1 + factor * elapsed / stability) ** decay
    return recall


def losses(predicted: Floats, passed: Bools) -> Floats:
    """The log loss of each prediction, in nats."""
    clipped = np.clip(predicted, CLIP, 1 - CLIP)
    found: Floats = -np.log(np.where(passed, clipped, 1 - clipped))
    return found


def scores(predicted: Floats, passed: Bools, bins: Ints) -> Scores:
    """All three figures; `bins` as `bins_of` gives them."""
    if not passed.size:
        return Scores(float("nan"), float("nan"), float("nan"))
    clipped = np.clip(predicted, CLIP, 1 - CLIP)
    return Scores(
        log_loss=float(losses(predicted, passed).mean()),
        rmse_bins=rmse_bins(clipped, passed, bins),
        auc=auc(clipped, passed),
    )


def rmse_bins(predicted: Floats, passed: Bools, bins: Ints) -> float:
    """The error of the mean prediction in each bin, as the root of the mean square over reviews."""
    off = np.bincount(bins, predicted - passed)
    count = np.bincount(bins)
    return float(np.sqrt(np.sum(off * off / np.maximum(count, 1)) / passed.size))


def bins_of(histories: Histories) -> Ints:
    """A number, not large, for each long-term review that tells the bins of FSRS apart.

    By days since the last answer, number of long-term reviews with this one and the first answer, and
    lapses before, each on a logarithmic scale, as the benchmarks of open-spaced-repetition have it.
    """
    long_term = histories.days > 0
    at = histories.targets
    reviews = histories.counts_before(long_term)[at] + 2
    lapses = histories.counts_before(long_term & (histories.rating == 1))[at]
    days = np.floor(np.log(histories.days[at]) / np.log(3.62))
    length = np.floor(np.log(reviews) / np.log(1.89))
    lapse = np.floor(np.log(np.maximum(lapses, 1)) / np.log(1.73)) + (lapses > 0)
    found: Ints = (days * 1_000 + length * 30 + lapse).astype(np.int64)
    return found


def auc(predicted: Floats, passed: Bools) -> float:
    """The chance that a recalled review was predicted above a failed one, ties counting half."""
    good, bad = np.sort(predicted[passed]), np.sort(predicted[~passed])
    if not good.size or not bad.size:
        return float("nan")
    # Twice the failed ones below each recalled one, those level with it counting once.
    below = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    return float(below.sum() / (2 * good.size * bad.size))


def splits(count: int) -> list[tuple[int, int]]:
    """(end of the training part, end of the test part) of each fold, as places among `count` reviews."""
    ends = [count * segment // SEGMENTS for segment in range(1, SEGMENTS + 1)]
    return list(pairwise(ends))


def difference(
    first: Floats,
    second: Floats,
    card: Ints,
    seed: int,
    *,
    draws: int = BOOTSTRAP_DRAWS,
    groups: int = BOOTSTRAP_GROUPS,
) -> Difference:
    """The mean of `first` minus `second`, log losses of the same reviews, by a paired bootstrap of cards.

    `card` is that of each review. Reviews of one card are alike, so cards are drawn, not reviews; of more
    cards than `groups`, so many groups of them.
    """
    if not first.size:
        return Difference(float("nan"), float("nan"), float("nan"))
    random = np.random.default_rng(seed)
    present, place = np.unique(card, return_inverse=True)
    if present.size > groups:
        place = random.permutation(present.size)[place] % groups
    gain = np.bincount(place, first - second)
    count = np.bincount(place).astype(np.float64)
    # Poisson weights: a bootstrap without lists of drawn places.
    weight = random.poisson(1.0, (draws, gain.size)).astype(np.float64)
    means = (weight @ gain) / np.maximum(weight @ count, 1.0)
    low, high = np.quantile(means, (0.025, 0.975))
    return Difference(float((first - second).mean()), float(low), float(high))
