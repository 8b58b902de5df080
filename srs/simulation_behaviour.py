"""How a person answers: ratings, seconds and recall, from counts of the log, with priors where it is thin.

Every table has the rows of `State` (new, learning, review, relearning) and the columns again, hard,
good, easy. A row is the state the answer met: the row of new cards holds their first answers.

Minutes are sums of answers, so times enter as means of the capped times: medians would promise less
time than a day takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srs.model import State

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# The population means that fsrs-rs simulates with (its `SimulatorConfig`), from the logs of some ten
# thousand people. Step answers are its transitions, weighted by how often each rating comes before.
PRIOR_RATINGS: Floats = np.array(
    [
        [0.240, 0.094, 0.495, 0.171],
        [0.143, 0.098, 0.703, 0.056],
        [0.000, 0.224, 0.631, 0.145],
        [0.216, 0.064, 0.660, 0.060],
    ]
)
"""The chance of each rating; in review, of those that recalled the card (recall itself is FSRS's)."""

PRIOR_SECONDS: Floats = np.array(
    [
        [33.79, 24.30, 13.68, 6.50],
        [12.75, 12.26, 8.00, 6.38],
        [13.05, 11.74, 7.42, 5.60],
        [10.56, 10.00, 7.37, 5.40],
    ]
)
"""Mean seconds of an answer."""

PRIOR_SPREAD = 0.8
"""Standard deviation of an answer's seconds over their mean."""

PRIOR_ANSWERS = 20.0
"""How many answers of one's own weigh as much as the prior of a row of ratings."""
PRIOR_TIMES = 10.0
"""The same for the seconds of one state and rating."""
PRIOR_SPREAD_TIMES = 50.0

PRIOR_SHIFT = 0.6
"""How far, in log odds, recall of a person may be from what the parameters predict (one sd)."""

DRIFT = 0.4
"""How far that may move within a month ahead (one sd): cards to come are not those the log tells of."""

ENOUGH = 50
"""With fewer answers of one's own a part of the behaviour is named as assumed."""

_MONTH = 30
_MAXIMUM_SHIFT = 3.0
_PARTS = {
    State.NEW: "the first ratings of new cards",
    State.LEARNING: "ratings in learning steps",
    State.REVIEW: "how often a recalled card is hard, good or easy",
    State.RELEARNING: "ratings in relearning steps",
}
_TIMES, _RECALL = "seconds per answer", "recall as the parameters predict it"


class Assumed(NamedTuple):
    """A part of the behaviour that rests on the prior for want of data, and the answers there are."""

    what: str
    answers: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What the log tells, live answers only; tables of 4 x 4 as this module has them.

    `timed` counts the answers with a recorded time, `ms` sums their times, each capped at 60 s,
    `ms_squares` their squares (None: the spread is assumed). `predicted` (0..1), `passed` and `total`
    are the reviews in bins of predicted recall: the mean prediction, how many passed, of how many.
    """

    answers: ArrayLike
    timed: ArrayLike
    ms: ArrayLike
    ms_squares: ArrayLike | None = None
    predicted: ArrayLike = ()
    passed: ArrayLike = ()
    total: ArrayLike = ()


@dataclass(frozen=True, slots=True)
class Habits:
    """Behaviour in numbers to draw from, one row for each repeat of a simulation.

    `ratings` (repeats, 4, 4) are cumulative chances; row REVIEW is given recall. `odds` (repeats,)
    multiply the odds of recall; `drift` (repeats,) is added to their logarithm within a month, little
    by little. `seconds` (repeats, 4, 4) are means; `spread` their relative deviation.
    """

    ratings: Floats
    odds: Floats
    drift: Floats
    seconds: Floats
    spread: float

    def odds_on(self, day: int) -> Floats:
        """The factor of the odds of recall on a day, today being 0, by repeat."""
        changed: Floats = self.odds * np.exp(self.drift * min(day / _MONTH, 1.0))
        return changed


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a person answers, and how sure that is.

    `ratings` (4, 4) are the weights of a Dirichlet distribution by row; `seconds` (4, 4) means that
    rest on `times` (4, 4) answers, prior among them; `shift` is what log odds of recall are above the
    prediction, known to a standard deviation of `shift_sd`. `assumed` names what the log hardly tells.
    """

    ratings: Floats
    seconds: Floats
    times: Floats
    spread: float
    shift: float
    shift_sd: float
    assumed: tuple[Assumed, ...] = ()

    @property
    def chances(self) -> Floats:
        """The expected chance of each rating, (4, 4); row REVIEW is given recall."""
        shares: Floats = self.ratings / self.ratings.sum(axis=1, keepdims=True)
        return shares

    def expected(self, repeats: int) -> Habits:
        """The best guess, the same in every repeat."""
        return Habits(
            ratings=_cumulative(np.broadcast_to(self.chances, (repeats, 4, 4))),
            odds=np.full(repeats, np.exp(self.shift)),
            drift=np.zeros(repeats),
            seconds=np.broadcast_to(self.seconds, (repeats, 4, 4)),
            spread=self.spread,
        )

    def drawn(self, repeats: int, rng: np.random.Generator) -> Habits:
        """One guess for each repeat, as far apart as the data leave it open."""
        weights = rng.standard_gamma(np.broadcast_to(self.ratings, (repeats, 4, 4)))
        weights[:, :, 2] += 1e-12  # a row of tiny weights must not sum to 0
        error = rng.standard_normal((repeats, 4, 4)) * self.spread / np.sqrt(self.times)
        return Habits(
            ratings=_cumulative(weights / weights.sum(axis=2, keepdims=True)),
            odds=np.exp(self.shift + _centred(self.shift_sd, repeats, rng)),
            drift=_centred(DRIFT, repeats, rng),
            seconds=self.seconds * np.maximum(1 + error, 0.1),
            spread=self.spread,
        )


def _centred(deviation: float, repeats: int, rng: np.random.Generator) -> Floats:
    """Draws added to log odds that leave the mean of a recall about 0.9 where it is.

    Spread in log odds lowers the mean of a chance p by half its variance times p(1-p)(2p-1), so the
    draws are moved up by half their variance times 2p-1.
    """
    return deviation * rng.standard_normal(repeats) + 0.4 * deviation**2


def behaviour(counts: Counts | None = None) -> Behaviour:
    """What the counts say, drawn towards the priors the more, the fewer there are; None: priors alone.

    Raises:
        ValueError: if a table is not 4 x 4, or the bins differ in length.
    """
    empty = np.zeros((4, 4))
    counts = Counts(empty, empty, empty) if counts is None else counts
    answers, timed, ms = (_table(table) for table in (counts.answers, counts.timed, counts.ms))
    given_recall = answers.copy()
    given_recall[State.REVIEW, 0] = 0
    seconds = _seconds(timed, ms / 1000)
    shift, shift_sd, reviews = _shift(counts)
    return Behaviour(
        ratings=PRIOR_ANSWERS * PRIOR_RATINGS + given_recall,
        seconds=seconds,
        times=timed + PRIOR_TIMES,
        spread=_spread(counts, timed, ms),
        shift=shift,
        shift_sd=shift_sd,
        assumed=_assumed(given_recall.sum(axis=1), int(timed.sum()), reviews),
    )


def _table(values: ArrayLike) -> Floats:
    table = np.asarray(values, dtype=np.float64)
    if table.shape != (4, 4):
        raise ValueError("a table of behaviour has 4 states by 4 ratings")
    return table


def _cumulative(chances: Floats) -> Floats:
    """Chances of again, hard, good, easy as the upper ends at which a draw of 0..1 passes to the next."""
    ends: Floats = np.cumsum(chances, axis=2)[:, :, :3]
    return ends


def _seconds(timed: Floats, seconds: Floats) -> Floats:
    """Means by state and rating; a cell with little data follows the person's pace in the others."""
    expected = timed * PRIOR_SECONDS
    pace = (seconds.sum() + PRIOR_TIMES * PRIOR_SECONDS.mean()) / (
        expected.sum() + PRIOR_TIMES * PRIOR_SECONDS.mean()
    )
    means: Floats = (seconds + PRIOR_TIMES * pace * PRIOR_SECONDS) / (timed + PRIOR_TIMES)
    return means


def _spread(counts: Counts, timed: Floats, ms: Floats) -> float:
    """The deviation of times within their cells, over their mean."""
    if counts.ms_squares is None:
        return PRIOR_SPREAD
    cells = timed >= 2
    if not cells.any():
        return PRIOR_SPREAD
    number, mean = timed[cells], ms[cells] / timed[cells]
    within = _table(counts.ms_squares)[cells] - number * mean**2
    own = float(np.maximum(within, 0).sum() / np.maximum((number * mean**2).sum(), 1e-9))
    weight = float(number.sum()) / (float(number.sum()) + PRIOR_SPREAD_TIMES)
    return float(np.sqrt(weight * own + (1 - weight) * PRIOR_SPREAD**2))


def _shift(counts: Counts) -> tuple[float, float, int]:
    """The shift of log odds that best explains the passes, its deviation, and the reviews behind it."""
    predicted, passed, total = (
        np.asarray(each, dtype=np.float64) for each in (counts.predicted, counts.passed, counts.total)
    )
    if not predicted.shape == passed.shape == total.shape:
        raise ValueError("the bins of predicted recall differ in length")
    clipped = np.clip(predicted, 1e-3, 1 - 1e-3)
    logit = np.log(clipped / (1 - clipped))
    shift, precision = 0.0, PRIOR_SHIFT**-2
    for _ in range(20):
        chance = 1 / (1 + np.exp(-(logit + shift)))
        precision = float((total * chance * (1 - chance)).sum()) + PRIOR_SHIFT**-2
        move = (float((passed - total * chance).sum()) - shift * PRIOR_SHIFT**-2) / precision
        shift = min(max(shift + min(max(move, -1.0), 1.0), -_MAXIMUM_SHIFT), _MAXIMUM_SHIFT)
    return shift, precision**-0.5, int(total.sum())


def _assumed(ratings: Floats, timed: int, reviews: int) -> tuple[Assumed, ...]:
    parts = [(what, int(ratings[state])) for state, what in _PARTS.items()]
    parts += [(_TIMES, timed), (_RECALL, reviews)]
    return tuple(Assumed(what, number) for what, number in parts if number < ENOUGH)
