"""Learners whose memory and habits are known, and how often a forecast of their next days is right.

Each learner has true parameters, ratings and pace of their own. The scheduler and the forecast know
none of them: they go by the default parameters and by what the learner's log counts.
"""

from dataclasses import dataclass

import numpy as np

from srs.model import State
from srs.refold import Model
from srs.scheduling import DEFAULT_PARAMETERS, clipped
from srs.simulation import Snapshot
from srs.simulation_behaviour import PRIOR_RATINGS, PRIOR_SECONDS, Counts, Habits, behaviour
from srs.simulation_cells import Columns, Rules
from srs.simulation_days import Course, Limits, Start
from srs.simulation_forecast import forecast

# How far fitted parameters of different people lie apart (the deviations of fsrs-rs's prior); the
# first four, stabilities in days, differ by a factor instead.
_DEVIATION = np.array(
    [
        *(0, 0, 0, 0, 0.57, 0.28, 0.6, 0.12, 0.39, 0.18, 0.33),
        *(0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32, 0.14, 0.27),
    ]
)
AHEAD = 30
TODAY = 20_000
FREE = Limits(new_per_day=20, reviews_per_day=9_999)


class Learner(Course):
    """A course that recalls by true memories beside the ones the scheduler believes in."""

    def __init__(self, start, rules, limits, habits, rng, *, parameters):
        super().__init__(start, rules, limits, habits, rng, counts_known=False)
        self.truth = Model(parameters)
        self.true_stability = np.ones(self.columns)
        self.true_difficulty = np.full(self.columns, 5.0)
        self.reviews = []
        """Predicted recall and rating of each review."""

    def true_recall(self, at, day):
        """The chance of recall, of which the scheduler knows nothing."""
        elapsed = np.maximum(day - self.cells.last[at].astype(np.int64), 0)
        return self.truth.retrievability(self.true_stability[at], elapsed)

    def chance(self, at, day):
        """Recall follows the true memory."""
        return self.true_recall(at, day)

    def _answer(self, at, rating, day):
        new = self.cells.state[at] == State.NEW
        review = self.cells.state[at] == State.REVIEW
        self.reviews.append((self.cells.recall(at[review], day), rating[review]))
        elapsed = np.where(new, 0, np.maximum(day - self.cells.last[at].astype(np.int64), 0))
        stability = self.truth.next_stability(
            self.true_stability[at], self.true_difficulty[at], self.true_recall(at, day), elapsed, rating
        )
        difficulty = self.truth.next_difficulty(self.true_difficulty[at], rating)
        self.true_stability[at] = np.where(new, self.truth.first_stability[rating], stability)
        self.true_difficulty[at] = np.where(new, self.truth.first_difficulty[rating], difficulty)
        return super()._answer(at, rating, day)


@dataclass
class Future:
    """What came, and whether each day's band held it; arrays by day."""

    forecast: tuple
    reviews: np.ndarray
    answers: np.ndarray
    minutes: np.ndarray

    def held(self, name):
        """Whether each day's band of `reviews`, `answers` or `minutes` held what came.

        Where a band is one number, as the reviews of today are, there is nothing to hold.
        """
        bands = [getattr(day, name) for day in self.forecast]
        return [
            low <= came <= high
            for (_, low, high), came in zip(bands, getattr(self, name), strict=True)
            if low < high
        ]


def true_parameters(rng, scale):
    """Parameters of a person: the defaults, and `scale` of what people differ by."""
    noise = rng.standard_normal(21) * scale
    values = np.array(DEFAULT_PARAMETERS) + noise * _DEVIATION
    values[:4] *= np.exp(noise[:4] * 0.7)
    values[:4] = np.maximum.accumulate(values[:4])
    return clipped(values.tolist())


def true_habits(rng):
    """Ratings, pace and spread of a person."""
    ratings = np.array([rng.dirichlet(15 * row + 1e-6) for row in PRIOR_RATINGS])
    seconds = PRIOR_SECONDS * np.exp(0.4 * rng.standard_normal() + 0.2 * rng.standard_normal((4, 4)))
    return Habits(
        ratings=np.cumsum(ratings, axis=1)[None, :, :3],
        odds=np.ones(1),
        drift=np.zeros(1),
        seconds=seconds[None],
        spread=float(rng.uniform(0.5, 1.0)),
    )


def counted(learner, days, rng):
    """What the log of the first days tells of the learner."""
    counts = learner.counts[0, :days].sum(axis=0)
    ms, squares = np.zeros((4, 4)), np.zeros((4, 4))
    shape = learner.habits.spread**-2
    for state, rating in np.argwhere(counts):
        scale = learner.habits.seconds[0, state, rating] * 1000 / shape
        each = rng.gamma(shape, scale, counts[state, rating])
        ms[state, rating], squares[state, rating] = each.sum(), (each**2).sum()
    predicted, rating = (np.concatenate(column) for column in zip(*learner.reviews, strict=True))
    bins = np.minimum((predicted * 20).astype(int), 19)
    total = np.bincount(bins, minlength=20)
    return Counts(
        answers=counts,
        timed=counts,
        ms=ms,
        ms_squares=squares,
        predicted=np.bincount(bins, predicted, 20) / np.maximum(total, 1),
        passed=np.bincount(bins, rating > 1, 20),
        total=total,
    )


def frozen(cells, today):
    """The cards as they stand before day `today`."""
    return Snapshot(
        today=today,
        state=cells.state.copy(),
        step=cells.step.copy(),
        stability=cells.stability.copy(),
        difficulty=cells.difficulty.copy(),
        due_day=cells.due.copy(),
        last_day=cells.last.copy(),
        deck=np.zeros(cells.columns, dtype=int),
    )


def future_of(seed, scale=None, most_days=200, repeats=None):
    """Live some days of a new learner, forecast the next ones, and live them.

    `scale`: how far from the defaults the true parameters are drawn, 1 as far as people differ; left
    out, it is drawn too, 0 to 1.
    """
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0, 1) if scale is None else scale
    cards, days = int(rng.integers(200, 1500)), int(rng.integers(20, most_days))
    limits = Limits(int(rng.integers(5, 30)), 200)
    empty = np.zeros(cards, dtype=np.int64)
    start = Start(Columns(empty, empty, empty + 1.0, empty + 5.0, empty, empty, empty), cards, days + AHEAD)
    rules = Rules()
    learner = Learner(start, rules, limits, true_habits(rng), rng, parameters=true_parameters(rng, scale))
    for day in range(days):
        learner.live(day)
    told = forecast(
        frozen(learner.cells, days),
        rules,
        limits,
        behaviour(counted(learner, days, rng)),
        seed=seed,
        days=AHEAD,
        repeats=repeats,
    )
    for day in range(days, days + AHEAD):
        learner.live(day)
    counts = learner.counts[0, days:]
    return Future(
        forecast=told,
        reviews=counts[:, State.REVIEW].sum(axis=1),
        answers=counts.sum(axis=(1, 2)),
        minutes=learner.minutes()[0, days:],
    )


def coverage(seeds, **kwargs):
    """The share of days whose band held what came, by name; and the share of learners' days, by learner."""
    futures = [future_of(seed, **kwargs) for seed in seeds]
    return {
        name: [sum(held) / len(held) for held in (future.held(name) for future in futures) if held]
        for name in ("reviews", "answers", "minutes")
    }


def snapshot(cards=300, new=100, *, seed=0, overdue=0.0, decks=1, **more):
    """A learner's cards: the last `new` of them never seen, the others spread over their intervals."""
    rng = np.random.default_rng(seed)
    unseen = np.arange(cards) >= cards - new
    stability = np.exp(rng.normal(2.5, 1.0, cards))
    interval = np.maximum(1, np.rint(stability)).astype(int)
    ago = (rng.random(cards) * interval * (1 + overdue)).astype(int) + 1
    return Snapshot(
        today=TODAY,
        state=np.where(unseen, State.NEW, State.REVIEW),
        step=np.zeros(cards, dtype=int),
        stability=np.where(unseen, np.nan, stability),
        difficulty=np.where(unseen, np.nan, rng.uniform(2, 9, cards)),
        due_day=TODAY - ago + interval,
        last_day=TODAY - ago,
        deck=np.arange(cards) % decks,
        **more,
    )
