"""Scores of predictions: each figure against a plain computation, and the real log's published table."""

import math
from collections import defaultdict
from itertools import pairwise

import fsrs_rs_python
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learners import REAL_LOG, learners, real_answers

from srs.evaluation import (
    auc,
    bins_of,
    difference,
    forecasts,
    losses,
    predictions,
    rmse_bins,
    scores,
    splits,
)
from srs.fitting_items import DAY_MS, Answers, Histories, training
from srs.fitting_work import rust_items
from srs.scheduling import DEFAULT_PARAMETERS, PARAMETER_BOUNDS, Scheduling, clipped

HOUR_MS = 3_600_000


def answers_of(rows):
    """Answers from (card, day, hour, rating), as they come."""
    card, day, hour, rating = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Answers(card=card, study_day=day, at=day * DAY_MS + hour * HOUR_MS, rating=rating)


@st.composite
def histories(draw, *, most=60):
    """Answers of a few cards in order of time, a day or more or nothing between them."""
    steps = draw(
        st.lists(
            st.tuples(
                st.integers(0, 4), st.sampled_from((0, 0, 1, 1, 3, 40)), st.integers(0, 20), st.integers(1, 4)
            ),
            min_size=1,
            max_size=most,
        )
    )
    day, rows = 20_000, []
    for card, later, hour, rating in steps:
        day += later
        rows.append((card, day, hour, rating))
    return answers_of(rows)


parameter_sets = st.lists(st.floats(0, 1), min_size=21, max_size=21).map(
    lambda shares: tuple(
        low + share * (high - low) for share, (low, high) in zip(shares, PARAMETER_BOUNDS, strict=True)
    )
)


def one_by_one(answers, parameters):
    """Each long-term review's prediction and outcome, by the scalar scheduling, in order of time."""
    scheduling = Scheduling(parameters)
    memory, found = {}, []
    for card, day, at, rating in zip(*(each.tolist() for each in answers.arrays.values()), strict=True):
        stability, difficulty, last_day, last_at = memory.get(card, (None, None, day, at))
        days = max(0, day - last_day)
        if days:
            since = max(0, at - last_at) / DAY_MS
            found.append((scheduling.retrievability(stability, since), rating > 1))
        stability, difficulty = scheduling.next_memory(stability, difficulty, days, rating)
        memory[card] = stability, difficulty, max(day, last_day), at
    return found


@given(histories(), parameter_sets)
@settings(max_examples=40, deadline=None)
def test_predictions_are_those_of_the_scheduling(answers, parameters):
    """Fractional days since the last answer, memories folded with whole study days, in order of time."""
    h = Histories(answers)
    expected = one_by_one(answers, parameters)
    assert h.passed.tolist() == [passed for _, passed in expected]
    assert predictions(h, parameters) == pytest.approx([recall for recall, _ in expected], rel=1e-9)


def test_days_that_run_backwards_are_the_same_day():
    """An answer whose study day lies before the card's last one is no long-term review."""
    h = Histories(answers_of([(0, 10, 1, 3), (0, 12, 1, 3), (0, 11, 1, 3), (0, 12, 2, 3), (0, 13, 1, 1)]))
    assert h.days.tolist() == [0, 2, 0, 0, 1]
    assert h.passed.tolist() == [True, False]


def test_the_rollover_decides_what_the_same_day_is():
    """A review 10 hours later on the next study day is predicted, one 15 hours later on the same is not."""
    h = Histories(answers_of([(0, 10, 20, 3), (0, 11, 6, 3), (0, 11, 21, 3)]))
    assert h.targets.tolist() == [1]
    assert h.elapsed[1] == pytest.approx(10 / 24)


@given(
    st.lists(
        st.tuples(st.sampled_from((0.0, 0.2, 0.5, 0.9, 1.0)), st.booleans(), st.integers(0, 3)),
        min_size=1,
        max_size=40,
    )
)
def test_figures_are_what_they_are_defined_to_be(rows):
    """Log loss, RMSE(bins) and AUC equal sums over single reviews, bins and pairs."""
    predicted, passed, bins = (np.array(column) for column in zip(*rows, strict=True))
    loss = [-math.log(min(max(p if ok else 1 - p, 1e-4), 1 - 1e-4)) for p, ok, _ in rows]
    assert losses(predicted, passed) == pytest.approx(loss)
    of = defaultdict(list)
    for p, ok, place in rows:
        of[place].append(p - ok)
    squares = sum(len(off) * (sum(off) / len(off)) ** 2 for off in of.values())
    assert rmse_bins(predicted, passed, bins) == pytest.approx(math.sqrt(squares / len(rows)))
    pairs = [(good > bad) + (good == bad) / 2 for good, ok, _ in rows if ok for bad, no, _ in rows if not no]
    assert auc(predicted, passed) == pytest.approx(np.mean(pairs) if pairs else math.nan, nan_ok=True)


@given(histories())
@settings(max_examples=30, deadline=None)
def test_bins_go_by_days_reviews_and_lapses(answers):
    """Two reviews share a bin when the logarithms of all three floor alike, counted review by review."""
    h = Histories(answers)
    seen, expected = defaultdict(list), []
    for card, day, _, rating in zip(*(each.tolist() for each in answers.arrays.values()), strict=True):
        before = seen[card]
        days = max(0, day - max((each for each, _, _ in before), default=day))
        if days:
            long_term = [failed for _, failed, counted in before if counted]
            reviews, lapses = len(long_term) + 2, sum(long_term)
            lapse_bin = math.floor(math.log(lapses, 1.73)) if lapses else -1
            expected.append(
                (math.floor(math.log(days, 3.62)), math.floor(math.log(reviews, 1.89)), lapse_bin)
            )
        before.append((day, rating == 1, days > 0))
    found = bins_of(h).tolist()
    assert len(found) == len(expected)
    assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))


def test_log_loss_is_the_library_s():
    """Weighed by place in time as fsrs-rs does, the log loss of whole days is what it reports."""
    h = Histories(learners("far", 1, answers=4_000, seed=31)[0].answers)
    items, _ = rust_items(h)
    theirs = fsrs_rs_python.FSRS(list(DEFAULT_PARAMETERS)).evaluate(items)
    weight = 0.25 + 0.75 * (np.arange(h.targets.size) / h.targets.size) ** 3
    ours = losses(predictions(h, DEFAULT_PARAMETERS, fractional=False), h.passed)
    assert np.average(ours, weights=weight) == pytest.approx(theirs.log_loss, abs=5e-5)


@given(st.integers(0, 10_000))
def test_splits_are_five_expanding_folds(count):
    """Six segments that differ by one at most; each but the first is tested on what came before it."""
    folds = splits(count)
    assert len(folds) == 5
    assert folds[-1][1] == count
    assert all(before[1] == after[0] for before, after in pairwise(folds))
    sizes = [folds[0][0], *(end - start for start, end in folds)]
    assert max(sizes) - min(sizes) <= 1


@given(histories(most=80))
@settings(max_examples=30, deadline=None)
def test_no_forecast_knows_what_came_later(answers):
    """Whatever happens after a split, its forecasts and what they were learned from stay."""
    h = Histories(answers)
    if h.targets.size < 12:
        return
    start, end = splits(h.targets.size)[2]
    until = int(h.order[h.targets[end - 1]]) + 1
    changed = {name: array.copy() for name, array in answers.arrays.items()}
    changed["rating"][until:] = 5 - changed["rating"][until:]
    other = Histories(Answers(**changed))

    def learned_from(histories):
        seen = {}

        def learn(reviews):
            past = training(histories, reviews, 1_000, 0)
            seen[reviews] = [past.rating.tolist(), past.days.tolist(), past.elapsed.tolist()]
            return DEFAULT_PARAMETERS

        return forecasts(histories, learn)[:end], {size: seen[size] for size in seen if size <= start}

    (first, first_seen), (second, second_seen) = learned_from(h), learned_from(other)
    assert np.array_equal(first, second, equal_nan=True)
    assert first_seen == second_seen


def test_a_difference_is_paired_and_turns_its_sign():
    """Equal losses differ by nothing for sure; swapped losses give the mirrored interval's mean."""
    random = np.random.default_rng(1)
    first, second = random.random(500), random.random(500)
    card = random.integers(0, 60, 500)
    same = difference(first, first, card, seed=3)
    assert (same.mean, same.low, same.high) == (0, 0, 0)
    one, other = difference(first, second, card, seed=3), difference(second, first, card, seed=3)
    assert one.mean == pytest.approx(-other.mean)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.low < one.mean < one.high


@pytest.mark.parametrize("cards", [80, 200])
def test_intervals_hold_the_truth_where_reviews_of_a_card_are_alike(cards):
    """Of 300 worlds whose cards differ, 91 to 98 % have the true difference within, also by groups."""
    random = np.random.default_rng(cards)
    held = 0
    for world in range(300):
        card = np.repeat(np.arange(cards), random.integers(1, 6, cards))
        of_card = 0.3 + 0.5 * random.standard_normal(cards)
        gain = of_card[card] + 0.5 * random.standard_normal(card.size)
        found = difference(gain, np.zeros(card.size), card, seed=world, draws=400, groups=100)
        held += found.low <= 0.3 <= found.high
    assert 273 <= held <= 294


PUBLISHED = {
    # (epochs, None: the defaults): log loss, RMSE(bins), AUC at whole study days
    None: (0.4722, 0.0922, 0.737),
    5: (0.4804, 0.0882, 0.721),
    8: (0.4742, 0.0798, 0.725),
    20: (0.4677, 0.0679, 0.733),
}


@pytest.mark.skipif(not REAL_LOG.exists(), reason="the real log is not there; SRS_REAL_LOG says where")
@pytest.mark.parametrize("epochs", PUBLISHED)
def test_the_published_table_of_the_real_log_comes_out(epochs):
    """What others measured on one person's 8,000 answers, to its digits, on the same 3,032 reviews."""
    h = Histories(real_answers())
    items, cards = rust_items(h)

    def learn(reviews):
        if epochs is None:
            return DEFAULT_PARAMETERS
        config = fsrs_rs_python.TrainingConfig(num_epochs=epochs)
        model = fsrs_rs_python.FSRS(list(DEFAULT_PARAMETERS))
        return clipped(model.compute_parameters(items[:reviews], cards[:reviews], training_config=config))

    first = splits(h.targets.size)[0][0]
    predicted = forecasts(h, learn, fractional=False)[first:]
    found = scores(predicted, h.passed[first:], bins_of(h)[first:])
    assert predicted.size == 3_032
    log_loss, rmse, area = PUBLISHED[epochs]
    assert found.log_loss == pytest.approx(log_loss, abs=6e-5)
    assert found.rmse_bins == pytest.approx(rmse, abs=6e-5)
    assert found.auc == pytest.approx(area, abs=6e-4)
