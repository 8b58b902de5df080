"""Simulated learners whose true recall is known, of several kinds; most are not what FSRS believes.

All learn with the default parameters at 90 %, learning steps 1m 10m, relearning 10m, some days off and
sessions that begin at another hour each day. What differs is how they forget: see `POPULATIONS`.
The formulas stand here once more, with parameters of their own for each row, on purpose: what is
tested must not be its own witness.
"""

import csv
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from srs.days import StudyDays
from srs.fitting_items import Answers
from srs.scheduling import DEFAULT_PARAMETERS, PARAMETER_BOUNDS

DAY_MS = 86_400_000
FIRST_DAY = 20_000
# How much people differ, as fsrs-rs has it (its PARAMS_STDDEV); the first stabilities are drawn by
# factors, and the weight of mean reversion by our own choice.
# fmt: off
SPREAD = np.array([
    0, 0, 0, 0, 0.57, 0.28, 0.6, 0.02, 0.39, 0.18, 0.33,
    0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32, 0.14, 0.27,
])
# fmt: on
LEAST, MOST = np.array(PARAMETER_BOUNDS).T
ROUNDS = 9
"""Steps are taken at most so often on one day; what is left waits for the next."""


REAL_LOG = Path(
    os.environ.get("SRS_REAL_LOG", Path(__file__).parents[2] / "shared" / "data" / "real-reviews.csv")
)
"""The log of one real person, from the test data of py-fsrs; it does not come with the project."""


def real_answers():
    """The answers of the real log, or None where it is absent.

    Its quiet hours fit a study day that turns at 04:00 in New York.
    """
    if not REAL_LOG.exists():
        return None
    with REAL_LOG.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    days = StudyDays(ZoneInfo("America/New_York"), 4)
    at = [round(datetime.fromisoformat(row["review_time"]).timestamp() * 1000) for row in rows]
    return Answers(
        card=np.array([int(row["card_id"]) for row in rows]),
        study_day=np.array([days.day(moment) for moment in at]),
        at=np.array(at),
        rating=np.array([int(row["review_rating"]) for row in rows]),
    )


@dataclass(frozen=True)
class Kind:
    """How the people of a population forget."""

    scale: float = 0.7
    """How far their parameters lie from the defaults, in units of what is usual."""
    drift: float = 0.0
    """The share of another person they have become at the end."""
    attention: float = 0.0
    """How often a known card is missed, on average; some days are worse."""
    cards: float = 0.0
    """How much cards differ in a way difficulty does not know: log of stability."""
    hours: float = 2.5
    """How much the hour of study varies."""
    halflife: bool = False
    """Forgetting is exponential with half-lives of its own rules: not FSRS at all."""
    whole_days: bool = False
    """Forgetting happens at night only, as FSRS counts."""
    two_buttons: bool = False
    """Hard and Easy are never pressed."""


POPULATIONS = {
    "default": Kind(scale=0.0),
    "near": Kind(scale=0.5),
    "far": Kind(scale=1.0),
    "whole days": Kind(scale=0.7, whole_days=True),
    "drifting": Kind(scale=0.7, drift=1.0),
    "inattentive": Kind(scale=0.7, attention=0.03),
    "uneven cards": Kind(scale=0.7, cards=0.7),
    "half-lives": Kind(halflife=True, cards=0.4),
    "all at once": Kind(scale=0.7, drift=0.5, attention=0.02, cards=0.5, hours=4.0, two_buttons=True),
}


@dataclass(frozen=True)
class Learner:
    """A simulated history and the true chance of recall before each answer (NaN where nothing was known)."""

    kind: str
    answers: Answers
    recall: np.ndarray

    def until(self, count):
        """The first answers only."""
        a = self.answers
        first = Answers(a.card[:count], a.study_day[:count], a.at[:count], a.rating[:count])
        return replace(self, answers=first, recall=self.recall[:count])


def learners(kind, count, *, answers, seed, new_per_day=(8, 25)):
    """So many learners of one population, each with at least so many answers and cut there."""
    world = _World(POPULATIONS[kind], count, answers, np.random.default_rng(seed), new_per_day)
    while world.answered.min() < answers:
        world.live_a_day()
    return [replace(each, kind=kind).until(answers) for each in world.histories()]


def random_parameters(count, scale, random):
    """Parameters of `count` people, (count, 21), as far from the defaults as people are."""
    w = DEFAULT_PARAMETERS + scale * SPREAD * random.standard_normal((count, 21))
    common, own = random.standard_normal((count, 1)), random.standard_normal((count, 4))
    w[:, :4] = np.sort(DEFAULT_PARAMETERS[:4] * np.exp(scale * (0.6 * common + 0.4 * own)), axis=1)
    return np.clip(w, LEAST, MOST)


def after(w, s, d, days, rating):
    """Stability and difficulty after answers, one row each: parameters (n, 21), days 0 for the same day."""
    w = w.T
    decay = -w[20]
    recall = (1 + (0.9 ** (1 / decay) - 1) * days / s) ** decay
    factor = np.select([rating == 2, rating == 4], [w[15], w[16]], 1.0)
    gain = np.exp(w[8]) * (11 - d) * s ** -w[9] * (np.exp((1 - recall) * w[10]) - 1) * factor
    lost = w[11] * d ** -w[12] * ((s + 1) ** w[13] - 1) * np.exp((1 - recall) * w[14])
    lost = np.minimum(lost, s / np.exp(w[17] * w[18]))
    short = np.exp(w[17] * (rating - 3 + w[18])) * s ** -w[19]
    short = np.where(rating >= 2, np.maximum(short, 1), short)
    grown = np.where(days < 1, s * short, np.where(rating == 1, lost, s * (1 + gain)))
    target = w[4] - np.exp(w[5] * 3) + 1
    harder = d - w[6] * (rating - 3) * (10 - d) / 9
    return np.clip(grown, 0.001, 36_500), np.clip(w[7] * target + (1 - w[7]) * harder, 1, 10)


def first(w, rating):
    """Stability and difficulty after the first answers."""
    rows = np.arange(rating.size)
    return w[rows, rating - 1], np.clip(w[:, 4] - np.exp(w[:, 5] * (rating - 1)) + 1, 1, 10)


def _curve(w, s, t):
    decay = -w[:, 20]
    return (1 + (0.9 ** (1 / decay) - 1) * t / s) ** decay


class _World:
    """Learners of one kind side by side; a card is a row, the learner its row // cards."""

    def __init__(self, kind, count, answers, random, new_per_day):
        self.kind, self.count, self.random = kind, count, random
        self.cards = answers // 4
        size = count * self.cards
        self.learner = np.repeat(np.arange(count), self.cards)
        self.answered = np.zeros(count, dtype=int)
        self.new_per_day = random.integers(*new_per_day, size=count, endpoint=True)
        self.expected_days = answers / (7 * self.new_per_day)
        self.met = np.zeros(count, dtype=int)
        self.hour = random.uniform(3, 16, count)
        self.w = random_parameters(count, kind.scale, random)
        self.other = random_parameters(count, kind.scale, random)
        shares = random.dirichlet((1.5, 12, 1.5), count)
        self.buttons = np.array([[0, 1, 0]] * count) if kind.two_buttons else shares
        self.starts = random.dirichlet((4, 1.5, 5, 1), count)
        if kind.two_buttons:
            self.starts = self.starts[:, [0, 0, 2, 3]] * [1, 0, 1, 0]
            self.starts /= self.starts.sum(axis=1, keepdims=True)
        self.step_pass = random.beta(18, 3, count)
        self.attention = kind.attention * random.gamma(3, 1 / 3, count)
        self.ease = np.exp(kind.cards * random.standard_normal(size))
        self.growth = np.exp(random.normal(0.55, 0.25, count))
        self.halving = np.exp(random.normal(-1.0, 0.4, count))
        self.start_halflife = np.exp(random.normal(0.7, 0.5, count))
        self.true = np.full((2, size), np.nan)
        self.believed = np.full((2, size), np.nan)
        self.day = 0
        self.last_day = np.zeros(size, dtype=int)
        self.last_at = np.zeros(size)
        self.due = np.full(size, 1 << 30)
        self.step = np.full(size, -1)  # -1 is review
        self.lapsed = np.zeros(size, dtype=bool)
        self.rows = []

    def live_a_day(self):
        random = self.random
        there = random.random(self.count) > 0.08
        start = (
            self.day * 1.0
            + np.clip(self.hour + self.kind.hours * random.standard_normal(self.count), 0.2, 21) / 24
        )
        tired = self.attention * random.gamma(2, 0.5, self.count)
        new = []
        for who in np.flatnonzero(there):
            until = min(self.met[who] + self.new_per_day[who], self.cards)
            new.append(np.arange(self.met[who], until) + who * self.cards)
            self.met[who] = until
        due = np.flatnonzero((self.due <= self.day) & there[self.learner])
        now = random.permutation(np.concatenate([due, *new]).astype(int))
        for turn in range(ROUNDS):
            place = random.random(now.size) * 8 / 1440
            at = start[self.learner[now]] + turn * 10 / 1440 + place
            self._answer(now, at, tired)
            now = now[self.step[now] >= 0]
            if not now.size:
                break
        self.due[now] = self.day + 1
        self.day += 1

    def _answer(self, card, at, tired):
        random, who = self.random, self.learner[card]
        fresh = np.isnan(self.true[0, card])
        days = np.where(fresh, 0, self.day - self.last_day[card])
        w = self._parameters(who)
        since = days if self.kind.whole_days else at - self.last_at[card]
        recall = self._recall(w, card, since)
        lost = np.minimum(tired[who], 0.5)
        recall = np.where(days > 0, recall * (1 - lost), self.step_pass[who])
        passed = random.random(card.size) < recall
        pressed = 2 + (random.random(card.size)[:, None] > np.cumsum(self.buttons[who], axis=1)[:, :2]).sum(
            axis=1
        )
        rating = np.where(passed, pressed, 1)
        begun = 1 + (random.random(card.size)[:, None] > np.cumsum(self.starts[who], axis=1)[:, :3]).sum(
            axis=1
        )
        rating = np.where(fresh, begun, rating)
        self._remember(w, card, fresh, days, rating)
        self._schedule(card, fresh, days, rating)
        self.last_day[card], self.last_at[card] = self.day, at
        recall[fresh] = np.nan
        self.rows.append((who, card % self.cards, np.full(card.size, self.day), at, rating, recall))
        self.answered += np.bincount(who, minlength=self.count)

    def _drawn(self, chances):
        """A column of each row, by the row's chances."""
        return (self.random.random(len(chances))[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)

    def _parameters(self, who):
        share = self.kind.drift * np.minimum(self.day / self.expected_days[who], 1)[:, None]
        return (1 - share) * self.w[who] + share * self.other[who]

    def _recall(self, w, card, since):
        stability = self.true[0, card] * self.ease[card]
        if self.kind.halflife:
            return 0.5 ** (since / (7 * stability))
        return _curve(w, stability, np.maximum(since, 0))

    def _remember(self, w, card, fresh, days, rating):
        true = self.true[:, card]
        if self.kind.halflife:
            who, s = self.learner[card], true[0]
            surprise = 1 - 0.5 ** (np.maximum(days, 0.02) / (7 * s * self.ease[card]))
            up = 1 + self.growth[who] * np.minimum(surprise * 6, 1.5) * (rating - 1) / 2 * s**-0.1
            found = np.where(rating == 1, np.maximum(0.05, s * self.halving[who]), s * up)
            found = np.where(
                fresh, self.start_halflife[who] * np.array([0, 0.1, 0.3, 0.6, 1.5])[rating], found
            )
            self.true[0, card] = np.minimum(found, 5_000)
        else:
            self.true[:, card] = np.where(fresh, first(w, rating), after(w, *true, days, rating))

    def _schedule(self, card, fresh, days, rating):
        default = np.broadcast_to(DEFAULT_PARAMETERS, (card.size, 21))
        s, d = np.where(fresh, first(default, rating), after(default, *self.believed[:, card], days, rating))
        self.believed[:, card] = s, d
        self.lapsed[card] = np.where(
            fresh, False, self.lapsed[card] | ((self.step[card] < 0) & (rating == 1))
        )
        step = np.where(fresh, 0, self.step[card])
        last = np.where(self.lapsed[card], 1, 2)
        moved = np.where(step < 0, -1, np.where(rating == 3, step + 1, step))
        moved = np.where(rating == 1, 0, np.where((rating == 4) | (moved >= last), -1, moved))
        self.step[card] = moved
        self.lapsed[card] &= moved >= 0
        fuzz = 1 + 0.1 * (self.random.random(card.size) - 0.5)
        self.due[card] = self.day + np.maximum(1, np.round(s * fuzz)).astype(int)

    def histories(self):
        who, card, day, at, rating, recall = (
            np.concatenate(column) for column in zip(*self.rows, strict=True)
        )
        for learner in range(self.count):
            mine = np.flatnonzero(who == learner)
            mine = mine[np.argsort(at[mine], kind="stable")]
            moment = np.round((FIRST_DAY + at[mine]) * DAY_MS).astype(np.int64)
            answers = Answers(card[mine], FIRST_DAY + day[mine], moment, rating[mine].astype(np.int64))
            yield Learner("", answers, recall[mine])
