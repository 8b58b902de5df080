"""Adopting parameters folds every memory anew, on arrays, as the scalar fold would; no due day moves."""

import csv
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from histories import parameter_sets, seeded
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from world import (
    Clock,
    DeckFile,
    Written,
    answer_card,
    check_laws,
    filled,
    log_of,
    memories_of,
    open_at,
    rounded_as,
)

from srs.beliefs import believe
from srs.errors import NotFoundError, RefusedError
from srs.fitting import Report, Verdict
from srs.history import import_answers
from srs.intake import import_decks
from srs.model import ActKind, Answer, Rating, State
from srs.optimizing import Fit, _seen, adopt, change_by, history, in_force, reschedule, revert
from srs.scheduling import DEFAULT_PARAMETERS, clipped
from srs.store.answers import live_answers

OTHERS = clipped([each * (0.8 + 0.017 * place) for place, each in enumerate(DEFAULT_PARAMETERS)])
SLOWER = (0.1, 0.6, 1.1, 4.0, *DEFAULT_PARAMETERS[4:])


def fit_of(collection, parameters, deck=None):
    """A fit that found these parameters and wants them adopted."""
    report = Report(
        Verdict.ADOPTED,
        "are better",
        tuple(parameters),
        0,
        0,
        {"default": None, "current": None, "new": None},
    )
    rows = collection.rows
    return Fit(deck, in_force(rows, collection.learner, deck), report, _seen(rows, collection.learner))


def dues_of(collection):
    """Card -> all that adopting must leave alone."""
    return {
        key: (each.state, each.step, each.due_day, each.due_at, each.reps, each.lapses, each.last_id)
        for key, each in memories_of(collection).items()
    }


def same(left, right):
    """Whether two sets of memories are alike, to rounding."""
    assert left.keys() == right.keys()
    assert all(left[key] == rounded_as(left[key], right[key]) for key in left)


class Life:
    """A learner who does all that can be done to a log."""

    def __init__(self, folder, seed):
        self.folder, self.random, self.clock = Path(folder), seeded(seed), Clock()
        self.collection = filled(self.folder, self.clock, 4, 3, seed=seed)
        self.names = ["d0/c0", "d0/c1", "d0/c2", "d0/c3", "d1/c0", "d1/c1", "d1/c2"]

    def live(self, deeds):
        """Do some deeds."""
        if self.random.random() < 0.6:
            self.brings_in()
        for _ in range(deeds):
            self.clock.advance(minutes=self.random.choice([1, 12, 700, 1_440, 9_000, 60_000]))
            weights = (14, 2, 2, 1, 1)
            self.random.choices(
                (self.answers, self.breaks_a_chain, self.forgets, self.sets_a_day, self.moves_dues), weights
            )[0]()
        if self.random.random() < 0.5:
            self.joins_cards()

    def answers(self):
        name = self.random.choice(self.names)
        answer_card(self.collection, name, self.random.choice(tuple(Rating)))

    def breaks_a_chain(self):
        """Undo any answer: the one after it was not shown after what comes before it now."""
        answers = [line for line in log_of(self.collection) if isinstance(line, Answer) and not line.undone]
        if answers:
            with self.collection.journal() as journal:
                journal.take_back(self.random.choice(answers).id)

    def forgets(self):
        self.collection.act(ActKind.FORGET, self.collection.find(self.random.choice(self.names)).key)

    def sets_a_day(self):
        on_file = self.collection.find(self.random.choice(self.names))
        if on_file.memory.state is State.REVIEW:
            self.collection.set_due(on_file, self.clock.today + self.random.randrange(40))

    def moves_dues(self):
        reschedule(self.collection, self.random.choice([None, "d0"]))

    def brings_in(self):
        """Answers without decisions, some of histories that begin mid-way."""
        path = self.folder / "log.csv"
        at = self.clock.now - 400 * 86_400_000
        with path.open("w", encoding="utf-8", newline="") as file:
            told = csv.writer(file)
            told.writerow(["card", "rating", "reviewed_at", "interval_before", "difficulty_before"])
            for _ in range(self.random.randrange(1, 25)):
                at += self.random.choice([60_000, 86_400_000, 15 * 86_400_000])
                interval = self.random.choice(["", "", 3, 40])
                name, rating = self.random.choice(self.names), self.random.randrange(1, 5)
                told.writerow([name, rating, at, interval, self.random.choice(["", 2.5, 9])])
        assert not import_answers(self.collection, path).problems

    def joins_cards(self):
        """Two cards become one, so that its lines stand under two keys."""
        kept = [Written("c0"), Written("c2", was=("c1",)), Written("c3")]
        import_decks(self.collection, [DeckFile(self.folder / "d0.toml", kept).write()])
        self.names = [name for name in self.names if name != "d0/c1"]


@given(st.integers(0, 10**6), st.integers(1, 40), parameter_sets(), st.sampled_from([None, "d0", "d1"]))
@example(0, 30, OTHERS, None)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_adopting_is_the_fold_with_the_new_parameters(seed, deeds, parameters, deck):
    """After any log memories are what the scalar fold gives, dues stay, and reverting leaves no trace."""
    _adopting_is_the_fold(seed, deeds, parameters, deck)


@pytest.mark.nightly
@given(st.integers(0, 10**9), st.integers(1, 60), parameter_sets(), st.sampled_from([None, "d0", "d1"]))
@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_adopting_is_the_fold_after_very_many_lives(seed, deeds, parameters, deck):
    """The same, for a thousand lives."""
    _adopting_is_the_fold(seed, deeds, parameters, deck)


def _adopting_is_the_fold(seed, deeds, parameters, deck):
    with tempfile.TemporaryDirectory() as folder:
        life = Life(folder, seed)
        collection = life.collection
        life.live(deeds)
        check_laws(collection)
        before, dues = memories_of(collection), dues_of(collection)
        adopt(collection, fit_of(collection, parameters, deck))
        check_laws(collection)
        assert dues_of(collection) == dues
        moved = change_by(collection, fit_of(collection, parameters, deck)).dues
        assert reschedule(collection, deck) == len(moved)
        check_laws(collection)
        assert {k: m.due_day for k, m in memories_of(collection).items() if k in moved} == moved
        for _ in range(1 + bool(moved)):
            revert(collection, deck)
            check_laws(collection)
        same(memories_of(collection), before)
        life.live(min(deeds, 5))
        check_laws(collection)
        collection.close()


@given(st.integers(0, 10**6), st.integers(1, 30), parameter_sets(), parameter_sets())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_sets_of_decks_and_of_the_learner_live_side_by_side(seed, deeds, first, second):
    """A deck's parameters rule its cards, whatever is adopted for all, until they are taken back."""
    with tempfile.TemporaryDirectory() as folder:
        life = Life(folder, seed)
        life.live(deeds)
        adopt(life.collection, fit_of(life.collection, first), move_dues=True)
        adopt(life.collection, fit_of(life.collection, second, "d1"))
        life.live(3)
        adopt(life.collection, fit_of(life.collection, OTHERS))
        check_laws(life.collection)
        revert(life.collection, "d1")
        check_laws(life.collection)
        with pytest.raises(NotFoundError):
            revert(life.collection, "d1")
        life.collection.close()


@given(st.integers(0, 10**6), st.integers(1, 20), parameter_sets())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_came_in_since_is_folded_when_parameters_are_taken_back(seed, deeds, parameters):
    """A history imported under the new parameters has the due days of the old ones after `--revert`."""
    with tempfile.TemporaryDirectory() as folder:
        life = Life(folder, seed)
        life.live(deeds)
        adopt(life.collection, fit_of(life.collection, parameters), move_dues=True)
        life.brings_in()
        check_laws(life.collection)
        revert(life.collection)
        check_laws(life.collection)
        life.collection.close()


def test_a_due_day_moved_to_its_own_day_comes_back_to_it(tmp_path):
    """A rescheduled card that had gone by is due on the day of that line, also after a fit was taken back."""
    clock = Clock()
    collection = filled(tmp_path, clock, 1)
    answer_card(collection, "c0", Rating.EASY)
    collection.set_due(collection.find("c0"), clock.today + 60)
    clock.advance(days=20)
    reschedule(collection, None)
    assert collection.find("c0").memory.due_day == clock.today
    clock.advance(days=2)
    adopt(collection, fit_of(collection, SLOWER))
    revert(collection)
    check_laws(collection)
    collection.close()


def test_answers_given_meanwhile_are_folded_too(tmp_path):
    """What another terminal wrote after the fit read the log is in the memories it leaves."""
    clock = Clock()
    collection = filled(tmp_path, clock, 3)
    answer_card(collection, "c0", Rating.GOOD)
    clock.advance(days=3)
    answer_card(collection, "c0", Rating.GOOD)
    found = fit_of(collection, OTHERS)
    with open_at(tmp_path / "cards.db", clock, seed=2) as elsewhere:
        clock.advance(days=9)
        late = answer_card(elsewhere, "c0", Rating.HARD).answer
    adopt(collection, found)
    assert late.id in {line.id for line in check_laws(collection)}
    assert collection.find("c0").memory.reps == 3
    collection.close()


def test_two_fits_at_once_do_not_overwrite_each_other(tmp_path):
    """Parameters adopted while a fit ran refuse it: it was compared with others."""
    collection = filled(tmp_path, Clock(), 1)
    answer_card(collection, "c0", Rating.GOOD)
    first, second = fit_of(collection, OTHERS), fit_of(collection, SLOWER)
    adopt(collection, first)
    with pytest.raises(RefusedError, match="nothing was changed"):
        adopt(collection, second)
    assert in_force(collection.rows, "me", None).parameters == OTHERS
    collection.close()


def test_undo_and_redo_pass_adopted_parameters_by(tmp_path):
    """`u` takes back the answer before, not the parameters; redo does not bring back a reverted set."""
    clock = Clock()
    collection = filled(tmp_path, clock, 2)
    answer = answer_card(collection, "c0", Rating.EASY).answer
    clock.advance(days=30)
    adopt(collection, fit_of(collection, SLOWER), move_dues=True)
    assert collection.undo().line.id == answer.id
    check_laws(collection)
    assert collection.redo().line.id == answer.id
    revert(collection)
    assert collection.redo() is None
    check_laws(collection)
    collection.close()


def test_moving_due_days_alone_is_taken_back_first(tmp_path):
    """Due days moved without a fit are one deed of their own; the parameters stay when it is taken back."""
    clock = Clock()
    collection = filled(tmp_path, clock, 2)
    answer_card(collection, "c0", Rating.EASY)
    adopt(collection, fit_of(collection, SLOWER))
    dues = dues_of(collection)
    assert reschedule(collection, None) == 1
    assert dues_of(collection) != dues
    assert revert(collection).kind is ActKind.RESCHEDULE
    assert dues_of(collection) == dues
    assert [each.in_force for each in history(collection.rows, "me")] == [True]
    check_laws(collection)
    collection.close()


def test_two_learners_do_not_mix(tmp_path):
    """One learner's parameters, answers and memories are nothing to another one's."""
    clock = Clock()
    collection = filled(tmp_path, clock, 2)
    answer_card(collection, "c0", Rating.GOOD)
    mine = memories_of(collection)
    collection.rows(
        "INSERT INTO review (learner, id, card, at, study_day, rating, device, undone, follows)"
        " SELECT 'you', id, card, at, study_day, 1, 'x', 0, 0 FROM review",
        {},
    )
    collection.learner = "you"
    adopt(collection, fit_of(collection, OTHERS))
    collection.learner = "me"
    assert memories_of(collection) == mine
    assert in_force(collection.rows, "me", None).parameters == DEFAULT_PARAMETERS
    assert live_answers(collection.rows, "you").rating.tolist() == [1]
    collection.close()


@given(st.integers(0, 10**6), st.integers(0, 40), st.sampled_from([1, 3, 7, 1_000]))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_live_answers_are_those_of_the_log(seed, deeds, at_once):
    """Each live answer once, in order of id, with its card under all its names and its life."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        life = Life(folder, seed)
        life.live(deeds)
        rows = life.collection.rows
        patch.setattr("srs.store.figures.ANSWERS_AT_ONCE", at_once)
        live = live_answers(rows, "me")
        root = dict(rows("SELECT old, card FROM alias", {}))
        lives, expected = {}, []
        for line in log_of(life.collection):
            card = root.get(line.card, line.card)
            if line.undone:
                continue
            if isinstance(line, Answer):
                met = line.interval_before or 0 if line.state_before is State.REVIEW else 0
                expected.append((card, lives.get(card, 0), line.study_day, line.at, line.rating, met))
            elif line.kind is ActKind.FORGET:
                lives[card] = lives.get(card, 0) + 1
        columns = (live.life, live.study_day, live.at, live.rating, live.interval_before)
        keys = [live.keys[place] for place in live.card.tolist()]
        assert list(zip(keys, *(column.tolist() for column in columns), strict=True)) == expected
        life.collection.close()


def test_keys_that_share_a_half_are_told_apart(tmp_path):
    """Cards whose keys begin alike are two cards."""
    collection = filled(tmp_path, Clock(), 1)
    for key in (b"\1" * 16, b"\1" * 8 + b"\2" * 8, b"\1" * 16):
        collection.rows(
            "INSERT INTO review (learner, id, card, at, study_day, rating, device, undone, follows)"
            " VALUES ('me', :id, :key, 1, -3, 3, 'x', 0, 0)",
            {"id": os.urandom(16), "key": key},
        )
    live = live_answers(collection.rows, "me")
    assert sorted(np.bincount(live.card)) == [1, 2]
    assert set(live.keys) == {b"\1" * 16, b"\1" * 8 + b"\2" * 8}
    assert live.study_day.tolist() == [-3] * 3
    beliefs = believe(live, np.ones(2, bool), DEFAULT_PARAMETERS, lambda _key, _number: None)
    assert beliefs.of.keys() == set(live.keys)
    collection.close()
