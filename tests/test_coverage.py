"""Intervals and bands as a person reads them: through a database, over people whose memory is known."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import postgres
import pytest
from learners import POPULATIONS, after, first, learners
from simulated_futures import AHEAD, true_parameters
from world import DAY_MS, DAYS, LEARNER, START, Clock, DeckFile, Written, filled, open_at

from srs.cli.context import Context
from srs.cli.stats import stats
from srs.days import StudyDays
from srs.history import import_answers
from srs.intake import import_decks
from srs.looking_ahead import forecast_for
from srs.model import Rating, State
from srs.settings import Settings
from srs.simulation_behaviour import PRIOR_RATINGS, PRIOR_SECONDS

UTC_DAYS = StudyDays(ZoneInfo("UTC"), 0)
EPOCH = date(1970, 1, 1)


# Intervals of retention


def told(path, now, **options):
    """What `srs stats --json` says of a database."""
    context = Context(db=str(postgres.place(path)), learner="me", env={}, now=lambda: now)
    context._days = UTC_DAYS
    out = io.StringIO()
    with redirect_stdout(out):
        assert stats(context, **{"days": None, "json_": True} | options) == 0
    return json.loads(out.getvalue())


def moved_in(folder, people):
    """A database of the answers of many people, a deck each, and the moment after the last one."""
    rows, decks = ["card,rating,reviewed_at,study_day"], []
    for number, person in enumerate(people):
        a = person.answers
        names = [f"c{card}" for card in sorted({*a.card.tolist()})]
        decks.append(DeckFile(folder / f"p{number}.toml", [Written(name) for name in names]).write())
        rows += [
            f"p{number}/c{card},{rating},{at},{EPOCH + timedelta(days=day)}"
            for card, rating, at, day in zip(
                *(each.tolist() for each in (a.card, a.rating, a.at, a.study_day)), strict=True
            )
        ]
    (folder / "answers.csv").write_text("\n".join(rows) + "\n")
    clock = Clock(max(int(person.answers.at[-1]) for person in people) + DAY_MS)
    with open_at(folder / "people.db", clock, create=True, days=UTC_DAYS) as collection:
        assert not import_decks(collection, decks).problems
        report = import_answers(collection, folder / "answers.csv")
        assert (report.problems, report.new) == ((), len(rows) - 1)
    return folder / "people.db", clock()


def population_mean(person):
    """The mean of the true chances of recall at the answers that count: the first a day or more later."""
    a = person.answers
    last, chances = {}, []
    for card, day, chance in zip(a.card.tolist(), a.study_day.tolist(), person.recall.tolist(), strict=True):
        if day > last.get(card, day):
            chances.append(chance)
        last[card] = day
    return float(np.mean(chances)), len(chances)


def covered(folder, each, answers):
    """Whether each person's population mean lies in the interval told, for those with 50 answers that count.

    `each`: how many people of each population.
    """
    people = [one for kind in POPULATIONS for one in learners(kind, each, answers=answers, seed=41)]
    path, now = moved_in(folder, people)
    groups = {row["name"]: row["all"] for row in told(path, now, by="deck", days=36_500)["groups"]}
    held = []
    for number, person in enumerate(people):
        mean, count = population_mean(person)
        row = groups[f"p{number}"]
        assert row["total"] == count
        if count >= 50:
            held.append(row["low"] <= mean <= row["high"])
    return held


def test_most_wilson_intervals_told_hold_the_population_mean(tmp_path, monkeypatch):
    """Of 36 people of nine populations hardly one has a mean outside of what `srs stats` tells."""
    monkeypatch.setenv("SRS_CONFIG", str(tmp_path / "config.toml"))
    held = covered(tmp_path, 4, 300)
    assert len(held) > 30
    assert np.mean(held) >= 0.85


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_wilson_intervals_told_hold_the_population_mean(tmp_path, monkeypatch):
    """Of 720 people of nine populations 93 to 98 % have their mean inside what `srs stats` tells."""
    monkeypatch.setenv("SRS_CONFIG", str(tmp_path / "config.toml"))
    held = covered(tmp_path, 80, 400)
    assert len(held) > 600
    assert 0.93 <= np.mean(held) <= 0.98


# The band of the forecast


class Person:
    """Someone who reviews each day with the program, and recalls by a memory the program does not know."""

    def __init__(self, folder, seed):
        self.random = np.random.default_rng(seed)
        random = self.random
        self.truth = np.array([true_parameters(random, random.uniform(0, 1))])
        self.ratings = np.array([random.dirichlet(15 * row + 1e-6) for row in PRIOR_RATINGS])
        self.seconds = PRIOR_SECONDS * np.exp(
            0.4 * random.standard_normal() + 0.2 * random.standard_normal((4, 4))
        )
        self.shape = random.uniform(0.5, 1.0) ** -2
        self.clock = Clock(START)
        self.collection = filled(
            folder,
            self.clock,
            int(random.integers(60, 250)),
            settings=Settings(new_per_day=int(random.integers(3, 12))),
            name=f"person{seed}.db",
            seed=seed,
        )
        self.believed = {}  # key -> true stability and difficulty, last study day

    def rating(self, shown, today):
        """What this person rates: a review by the true chance of recall, a step by habit."""
        state = shown.memory.state
        chances = self.ratings[state].copy()
        if state == State.REVIEW:
            s, _, last = self.believed[shown.key]
            decay = -self.truth[0, 20]
            recall = (1 + (0.9 ** (1 / decay) - 1) * max(today - last, 0) / s) ** decay
            chances[1:] *= recall / chances[1:].sum()
            chances[0] = 1 - recall
        return int(self.random.choice(4, p=chances)) + 1

    def remember(self, shown, rating, today):
        """The true memory after an answer."""
        given = np.array([rating])
        if shown.memory.state == State.NEW:
            (s,), (d,) = first(self.truth, given)
        else:
            s, d, last = self.believed[shown.key]
            days = np.array([max(today - last, 0)])
            (s,), (d,) = after(self.truth, np.array([s]), np.array([d]), days, given)
        self.believed[shown.key] = float(s), float(d), today

    def study(self):
        """One session in the evening until nothing is left; reviews, answers and minutes of it."""
        reviews = answers = 0
        minutes = 0.0
        today = self.clock.today
        session = self.collection.review()
        while (shown := session.next(self.clock())) is not None:
            state = shown.memory.state
            rating = self.rating(shown, today)
            self.remember(shown, rating, today)
            took = self.random.gamma(self.shape, self.seconds[state, rating - 1] / self.shape)
            self.clock.now += round(took * 1000) + 500
            session.answer(Rating(rating), now=self.clock(), took_ms=round(took * 1000))
            reviews += state == State.REVIEW
            answers += 1
            minutes += min(round(took * 1000), 60_000) / 60_000
        return reviews, answers, minutes

    def live(self, days):
        """So many days, one session each at 18:00 or so; what each came to."""
        came = []
        for _ in range(days):
            came.append(self.study())
            self.clock.now = DAYS.start(self.clock.today + 1) + 14 * 3_600_000
        return came

    def held(self, days, repeats=None):
        """Whether each band told after so many days held what came; by name, each day ahead."""
        self.live(days)
        about = self.collection
        ahead = forecast_for(
            about.rows, LEARNER, about.settings, DAYS, self.clock(), ahead_days=AHEAD, repeats=repeats
        )
        found = {"reviews": [], "answers": [], "minutes": []}
        for day, came in zip(ahead, self.live(AHEAD), strict=True):
            for name, value in zip(found, came, strict=True):
                _, low, high = getattr(day, name)
                if low < high:
                    found[name].append(low <= value <= high)
        self.collection.close()
        return found


def coverage(folder, seeds, days, repeats=None):
    """The mean share of days whose band held, by name."""
    people = [Person(folder, seed).held(days(seed), repeats) for seed in seeds]
    return {
        name: float(np.mean([np.mean(one[name]) for one in people if one[name]]))
        for name in ("reviews", "answers", "minutes")
    }


def test_a_forecast_read_from_a_database_holds_about_what_it_says(tmp_path):
    """The days of four people who review with the program lie in the bands told before."""
    for share in coverage(tmp_path, range(500, 504), lambda _: 12, repeats=60).values():
        assert 0.6 <= share <= 0.97


@pytest.mark.nightly
@pytest.mark.timeout(1_500)
def test_forecasts_read_from_databases_hold_what_they_say(tmp_path):
    """The 80 % bands of reviews, answers and minutes of 120 people hold 75 to 85 of 100 days that came."""
    shares = coverage(tmp_path, range(500, 620), lambda seed: 15 + seed % 46)
    for name, share in shares.items():
        assert 0.75 <= share <= 0.85, name
