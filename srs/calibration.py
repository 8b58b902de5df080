"""Whether predictions came true: the recall that was predicted for each answer against what happened.

What was recorded with an answer is a true forecast, made before it; where nothing was recorded (an
imported log) the fold is replayed with the parameters in force now, which may have been fitted on
these very answers. The answers are those of true retention (DESIGN §4).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import pi, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srs.evaluation import CLIP, losses, rmse_bins
from srs.stats import Share, share_json

if TYPE_CHECKING:
    from srs.timeline import Bools, Floats, Ints, Timeline

BINS = 20
"""Bins of predicted recall, of equal width."""

_Z95 = 1.959963984540054


class Estimate(NamedTuple):
    """A figure and its 95 % interval; None where there is nothing to estimate it from."""

    value: float | None
    low: float | None
    high: float | None


NOTHING = Estimate(None, None, None)


class Bin(NamedTuple):
    """The answers predicted between `low` and `high` (0..1): their mean prediction, and what happened."""

    low: float
    high: float
    predicted: float
    share: Share


@dataclass(frozen=True, slots=True)
class Calibration:
    """How predictions and answers agree.

    `recorded` of the answers had a forecast recorded, `replayed` one made by the fold now; `unknown`
    more count for true retention but have neither. `predicted` is the mean prediction. `error` is the
    expected calibration error, the mean distance of prediction and outcome over the bins weighed by
    answers; `by_chance` is what it would be on average if every prediction were exactly right.
    Intervals of log loss and AUC are by card, as answers of one card are alike.
    """

    share: Share
    recorded: int
    replayed: int
    unknown: int
    predicted: float | None
    bins: tuple[Bin, ...]
    error: float | None
    by_chance: float | None
    log_loss: Estimate
    auc: Estimate
    rmse_bins: float | None


def calibrate(timeline: Timeline, *, since: int | None = None, until: int | None = None) -> Calibration:
    """Compare predictions and outcomes of the study days `since..until` (default: all)."""
    counted = timeline.true_retention.copy()
    if since is not None:
        counted &= timeline.study_day >= since
    if until is not None:
        counted &= timeline.study_day <= until
    lines = np.flatnonzero(counted)
    recorded = timeline.recall[lines]
    missing = np.isnan(recorded)
    predicted = recorded
    if missing.any():
        predicted = np.where(missing, timeline.replayed[lines], recorded)
    known = ~np.isnan(predicted)
    lines, predicted, missing = lines[known], predicted[known], missing[known]
    unknown = int(known.size - lines.size)
    if not lines.size:
        return Calibration(Share(), 0, 0, unknown, None, (), None, None, NOTHING, NOTHING, None)
    passed = timeline.rating[lines] > 1
    card = timeline.card[lines]
    bins, error, by_chance = _binned(predicted, passed)
    return Calibration(
        share=Share(int(passed.sum()), int(passed.size)),
        recorded=int((~missing).sum()),
        replayed=int(missing.sum()),
        unknown=unknown,
        predicted=float(predicted.mean()),
        bins=bins,
        error=error,
        by_chance=by_chance,
        log_loss=_mean_by_card(losses(predicted, passed), card),
        auc=_auc_by_card(predicted, passed, card),
        rmse_bins=rmse_bins(np.clip(predicted, CLIP, 1 - CLIP), passed, _fsrs_bins(timeline, lines)),
    )


def _binned(predicted: Floats, passed: Bools) -> tuple[tuple[Bin, ...], float, float]:
    """The bins with answers, the expected calibration error, and what chance alone makes of it."""
    edges = np.arange(BINS + 1) / BINS
    place = np.clip(np.searchsorted(edges, predicted, side="right") - 1, 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    told = np.bincount(place, predicted, minlength=BINS)
    right = np.bincount(place, passed, minlength=BINS)
    # The spread of the number of passes, were each prediction the true chance; half a normal's mean.
    spread = np.sqrt(np.bincount(place, predicted * (1 - predicted), minlength=BINS))
    bins = tuple(
        Bin(float(low), float(high), float(told[at] / count[at]), Share(int(right[at]), int(count[at])))
        for at, (low, high) in enumerate(pairwise(edges))
        if count[at]
    )
    error = float(np.abs(told - right).sum() / predicted.size)
    return bins, error, float(sqrt(2 / pi) * spread.sum() / predicted.size)


def _fsrs_bins(timeline: Timeline, lines: Ints) -> Ints:
    """A number for each answer that tells the bins of FSRS apart.

    By whole days since the card's answer before, its number among the answers a day or more apart (the
    first one counted), and how many of those before it were missed; each on a logarithmic scale.
    """
    begins = np.flatnonzero(timeline.first | timeline.forget)
    life = np.cumsum(timeline.first | timeline.forget) - 1
    # A day never runs backwards within a life; a forget ends one, and its own day is of none.
    day = timeline.study_day - timeline.study_day.min()
    base = life * (int(day.max()) + 1)
    day = np.maximum.accumulate(np.where(timeline.forget, 0, day) + base) - base
    days = np.zeros(len(timeline), dtype=np.int64)
    days[1:] = np.where(timeline.first[1:] | timeline.forget[:-1], 0, np.diff(day))
    long_term = (days > 0) & ~timeline.forget

    def before(what: Bools) -> Ints:
        total: Ints = np.cumsum(what) - what
        found: Ints = total - total[begins][life]
        return found

    length = before(long_term)[lines] + 2
    lapses = before(long_term & (timeline.rating == 1))[lines]
    by_days = np.floor(np.log(np.maximum(days[lines], 1)) / np.log(3.62))
    by_length = np.floor(np.log(length) / np.log(1.89))
    by_lapses = np.floor(np.log(np.maximum(lapses, 1)) / np.log(1.73)) + (lapses > 0)
    found: Ints = (by_days * 1_000 + by_length * 30 + by_lapses).astype(np.int64)
    return found


def _mean_by_card(values: Floats, card: Ints) -> Estimate:
    """A mean, and its interval from the sums by card (linearised, as for clusters)."""
    mean = float(values.mean())
    off = _sums(card, values - mean)
    spread = _Z95 * _deviation(off, np.unique(card).size, values.size)
    return Estimate(mean, max(0.0, mean - spread), mean + spread)


def _sums(card: Ints, values: Floats) -> Floats:
    return np.bincount(card, values).astype(np.float64)


def _deviation(off: Floats, cards: int, size: int) -> float:
    if cards < 2:
        return float("inf")
    return float(np.sqrt(np.sum(off * off) * cards / (cards - 1)) / size)


def _auc_by_card(predicted: Floats, passed: Bools, card: Ints) -> Estimate:
    """The AUC; its interval from each answer's share in it (DeLong 1988), summed by card."""
    good, bad = int(passed.sum()), int((~passed).sum())
    if not good or not bad:
        return NOTHING
    clipped = np.clip(predicted, CLIP, 1 - CLIP)
    levels, level = np.unique(clipped, return_inverse=True)
    right = np.bincount(level, passed, minlength=levels.size)
    wrong = np.bincount(level, minlength=levels.size) - right
    # Twice the answers of one outcome that were predicted below a level, those level with it counting once.
    beaten, beating = 2 * np.cumsum(wrong) - wrong, 2 * np.cumsum(right) - right
    value = float((right * beaten).sum() / (2 * good * bad))
    share = np.where(passed, beaten[level] / (2 * bad), 1 - beating[level] / (2 * good)) - value
    weight = np.where(passed, 1 / good, 1 / bad)
    cards = np.unique(card).size
    off = _sums(card, share * weight)
    spread = _Z95 * _deviation(off, cards, 1)
    return Estimate(value, max(0.0, value - spread), min(1.0, value + spread))


def as_json(found: Calibration) -> dict[str, Any]:
    """The shape of `calibration` in `srs stats --json`; an interval without ends is null."""
    return {
        "answers": found.share.total,
        "recorded": found.recorded,
        "replayed": found.replayed,
        "unknown": found.unknown,
        "predicted": found.predicted,
        "observed": share_json(found.share),
        "error": found.error,
        "error_by_chance": found.by_chance,
        "log_loss": estimate_json(found.log_loss),
        "auc": estimate_json(found.auc),
        "rmse_bins": found.rmse_bins,
        "bins": [
            {"from": one.low, "to": one.high, "predicted": one.predicted, **share_json(one.share)}
            for one in found.bins
        ],
    }


def estimate_json(found: Estimate) -> dict[str, float | None]:
    """A figure and its interval; ends that are infinite are null."""
    return {
        name: value if value is not None and np.isfinite(value) else None
        for name, value in found._asdict().items()
    }
