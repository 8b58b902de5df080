"""The days ahead in NumPy: the same cards as one by one, within the limits, by the person's habits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simulated_futures import FREE, TODAY, snapshot

from srs.errors import UsageError
from srs.model import Memory, Options, Rating, State
from srs.refold import Model
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling, clipped, fuzz_bounds, luck
from srs.scheduling import fuzzed as fuzzed_by_one
from srs.simulation import Snapshot, _Frozen, simulate
from srs.simulation_behaviour import PRIOR_RATINGS, PRIOR_SECONDS, Counts, behaviour
from srs.simulation_cells import Cells, Columns, DeckRule, Rules, fuzzed
from srs.simulation_days import MOST_STEP_ANSWERS, Course, Limits

OTHER_PARAMETERS = clipped([value * 1.1 for value in DEFAULT_PARAMETERS])
RATINGS = st.lists(st.sampled_from(list(Rating)), min_size=1, max_size=25)
NO_STEPS = Options(learning_steps=(), relearning_steps=())
STEPS = st.lists(st.integers(1, 86_399), max_size=3, unique=True).map(sorted).map(tuple)
OPTIONS = st.builds(
    Options,
    desired_retention=st.floats(0.7, 0.98),
    learning_steps=STEPS,
    relearning_steps=STEPS,
    maximum_interval=st.sampled_from([1, 30, 365, 36_500]),
    fuzz=st.booleans(),
)


def one_new_card():
    """The columns of a single card that was never seen."""
    zero, one = np.zeros(1, dtype=np.int64), np.ones(1)
    return Columns(zero, zero, one, one, zero, zero, zero)


@given(
    ratings=RATINGS,
    options=OPTIONS,
    parameters=st.sampled_from([DEFAULT_PARAMETERS, OTHER_PARAMETERS]),
    key=st.binary(max_size=2),
    late=st.integers(0, 40),
)
@example([Rating.GOOD] * 25, Options(), DEFAULT_PARAMETERS, b"", 0)
# Fuzz alone would leave the last interval, 2 days, as it is, though it grows to 3.
@example([Rating(each) for each in (1, 2, 1, 3, 2, 2)], NO_STEPS, DEFAULT_PARAMETERS, b"\x04", 0)
@example([Rating.AGAIN, Rating.HARD] * 8, Options(relearning_steps=()), DEFAULT_PARAMETERS, b"", 3)
@settings(max_examples=150, deadline=None)
def test_a_card_lives_as_the_scheduler_says(ratings, options, parameters, key, late):
    """For any ratings, options and parameters a simulated card has the memories and dues of `Scheduling`."""
    scheduling = Scheduling(parameters, options)
    cells = Cells(one_new_card(), Rules(options, (DeckRule(parameters),)), 1)
    at, memory, day = np.zeros(1, dtype=np.int64), Memory(), 0
    for reps, rating in enumerate(ratings):
        outcome = scheduling.outcomes(memory, key=key, study_day=day)[rating - 1]
        u = np.array([luck(key, reps)]) if options.fuzz else None
        in_days = cells.answer(at, np.array([int(rating)]), day, cells.recall(at, day), u)
        assert bool(in_days[0]) is (outcome.interval is not None)
        assert cells.state[0] == outcome.state
        assert cells.step[0] == (outcome.step or 0)
        assert cells.stability[0] == pytest.approx(outcome.stability, rel=1e-9)
        assert cells.difficulty[0] == pytest.approx(outcome.difficulty, rel=1e-9)
        due = day + (outcome.interval or 1)
        assert cells.due[0] == due
        memory = Memory(
            state=outcome.state,
            step=outcome.step,
            stability=outcome.stability,
            difficulty=outcome.difficulty,
            due_day=due if outcome.interval is not None else None,
            last_day=day,
            reps=reps + 1,
        )
        day = min(due + late, 10**6) if outcome.interval is not None else day


@given(st.lists(st.tuples(st.integers(1, 50_000), st.floats(0, 1, exclude_max=True)), min_size=1))
def test_fuzz_of_many_is_the_fuzz_of_one(pairs):
    """Intervals fuzzed at once are those fuzzed one by one."""
    interval, u = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    assert fuzzed(interval, u).tolist() == [fuzzed_by_one(days, luck) for days, luck in pairs]


@given(st.lists(st.floats(0.01, 20_000), min_size=1), st.floats(0.7, 0.99))
def test_intervals_of_many_are_those_of_one(stabilities, retention):
    """The interval of an array of stabilities is `Scheduling.interval` of each."""
    scheduling = Scheduling(DEFAULT_PARAMETERS, Options(desired_retention=retention))
    found = Model(DEFAULT_PARAMETERS).interval(np.array(stabilities), retention)
    assert found.tolist() == [scheduling.interval(each) for each in stabilities]


class Watched(Course):
    """A course that keeps which cells were answered, when and in which state."""

    def __init__(self, *args):
        super().__init__(*args)
        self.log = []

    def _answer(self, at, rating, day):
        states = self.cells.state[at].tolist()
        self.log += [(day, cell, state) for cell, state in zip(at.tolist(), states, strict=True)]
        return super()._answer(at, rating, day)


def watched(start, limits, *, days, repeats):
    """What was answered in a run: day, cell and state before."""
    frozen = _Frozen(start, Rules(), limits, days, counts_known=True)
    habits, rng = behaviour().expected(repeats), np.random.default_rng(1)
    course = Watched(frozen.start, Rules(), limits, habits, rng)
    for day in range(days):
        course.live(day)
    return course.log


LIMITS = st.builds(
    Limits,
    new_per_day=st.integers(0, 15),
    reviews_per_day=st.integers(0, 40),
    minutes=st.none() | st.floats(1, 20),
    order=st.sampled_from(["due", "forgotten", "random", "deck"]),
)


@given(limits=LIMITS, options=OPTIONS, overdue=st.floats(0, 3), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_no_day_asks_too_much(limits, options, overdue, seed):
    """Under any settings limits hold every day, no card is reviewed twice a day, and none is lost."""
    start, repeats, days = snapshot(150, 60, seed=seed, overdue=overdue, done_new=2, done_reviews=3), 3, 12
    run = simulate(
        start, Rules(options), limits, behaviour(), days=days, repeats=repeats, seed=seed, uncertain=True
    )
    new_limit = np.maximum(limits.new_per_day - np.array([2] + [0] * (days - 1)), 0)
    review_limit = np.maximum(limits.reviews_per_day - np.array([3] + [0] * (days - 1)), 0)
    assert (run.new <= new_limit).all()
    assert (run.reviews <= review_limit).all()
    assert (run.seen + run.unseen == 150).all()
    assert (run.seen == 90 + run.new.sum(axis=1)).all()
    assert (run.unseen >= 0).all()
    assert (run.lapses <= run.reviews).all()
    assert (run.waiting >= 0).all()
    assert (run.known >= 0).all()
    assert (run.known <= run.seen[:, None] + 1e-6).all()


def test_no_card_is_reviewed_twice_a_day():
    """Whatever happens in a day, a card is asked at most once in review and once as new."""
    log = watched(snapshot(), FREE, days=60, repeats=2)
    once = [entry for entry in log if entry[2] in (State.NEW, State.REVIEW)]
    assert len(once) > 1000
    assert len(once) == len(set(once))
    begun = [cell for _, cell, state in once if state == State.NEW]
    assert len(begun) == len(set(begun)) == 200


def test_the_same_seed_lives_the_same_days():
    """A run is decided by its arguments; another seed lives other days."""
    runs = [
        simulate(snapshot(), Rules(), FREE, behaviour(), days=30, repeats=3, seed=seed, uncertain=True)
        for seed in (7, 7, 8)
    ]
    for name in ("counts", "minutes", "known", "waiting"):
        first, again, other = (getattr(run, name) for run in runs)
        assert (first == again).all()
        assert name == "waiting" or (first != other).any()


def test_repeats_are_different_lives():
    """The repeats of one run do not copy each other."""
    run = simulate(snapshot(), Rules(), FREE, behaviour(), days=30, repeats=4, seed=1)
    assert len({tuple(row) for row in run.answers}) == 4


def test_today_asks_the_stored_dues():
    """The reviews of the first day are the cards due by then, and reviews not taken stay due."""
    start = snapshot(overdue=1.0)
    due = int(((np.asarray(start.state) == State.REVIEW) & (np.asarray(start.due_day) <= TODAY)).sum())
    assert due > 50
    run = simulate(start, Rules(), FREE, behaviour(), days=1, repeats=3, seed=1)
    assert run.reviews[:, 0].tolist() == [due] * 3
    few = simulate(start, Rules(), replace(FREE, reviews_per_day=30), behaviour(), days=1, repeats=3, seed=1)
    assert few.reviews[:, 0].tolist() == [30] * 3
    assert few.waiting[:, 0].tolist() == [due - 30] * 3


@pytest.mark.parametrize("order", ["due", "forgotten", "random", "deck"])
def test_reviews_come_in_the_order_asked_for(order):
    """Under a limit the reviews taken are the first by due day, by forgetting, or by deck; or any."""
    start = snapshot(200, 0, overdue=2.0)
    log = watched(start, Limits(0, 40, order=order), days=1, repeats=1)
    kept = np.flatnonzero(np.asarray(start.due_day) <= TODAY)
    by = {
        "due": np.asarray(start.due_day)[kept],
        "forgotten": -(TODAY - np.asarray(start.last_day)[kept]) / np.asarray(start.stability)[kept],
        "deck": kept,
        "random": kept * 0,
    }[order]
    # The simulated columns are the seen cards that come up within the day, in the order of the snapshot.
    taken = [cell for _, cell, state in log if state == State.REVIEW]
    assert len(taken) == 40
    assert by[taken].max() <= np.delete(by, taken).min()


def test_recall_follows_the_forgetting_curve():
    """Of very many reviews as many are recalled as FSRS predicts, within four standard errors."""
    start = snapshot(20_000, 0, overdue=2.0)
    due = np.asarray(start.due_day) <= TODAY
    elapsed = (TODAY - np.asarray(start.last_day))[due]
    chance = Model(DEFAULT_PARAMETERS).retrievability(np.asarray(start.stability)[due], elapsed)
    run = simulate(start, Rules(), FREE_OF_ALL, behaviour(), days=1, repeats=1, seed=5)
    passed = int(run.reviews[0, 0] - run.lapses[0, 0])
    assert int(run.reviews[0, 0]) == chance.size > 5_000
    assert abs(passed - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())


FREE_OF_ALL = Limits(new_per_day=10_000, reviews_per_day=100_000)


def test_habits_are_followed():
    """First ratings, ratings of passes and of steps come as often as the behaviour says."""
    start = snapshot(20_000, 10_000, overdue=2.0)
    run = simulate(start, Rules(), FREE_OF_ALL, behaviour(), days=1, repeats=1, seed=5)
    counts = run.counts[0, 0].astype(float)
    counts[State.REVIEW, 0] = 0
    for state in State:
        shares = counts[state] / counts[state].sum()
        error = np.sqrt(PRIOR_RATINGS[state] * (1 - PRIOR_RATINGS[state]) / counts[state].sum())
        assert (np.abs(shares - PRIOR_RATINGS[state]) <= 4 * error + 1e-12).all()
    assert run.minutes[0, 0] == pytest.approx((run.counts[0, 0] * PRIOR_SECONDS).sum() / 60)


def test_knowledge_is_the_sum_of_recall():
    """Known cards before, idle and after a day in which nothing is asked are sums of FSRS's recall."""
    start = snapshot(400, 100)
    seen = np.asarray(start.state) == State.REVIEW
    stability, elapsed = np.asarray(start.stability)[seen], (TODAY - np.asarray(start.last_day))[seen]
    run = simulate(start, Rules(), Limits(0, 0), behaviour(), days=11, repeats=2, seed=1)
    for later, found in (
        (0, run.known_before),
        (0, run.known[0, 0]),
        (10, run.known[1, 10]),
        (10, run.known_idle),
    ):
        expected = Model(DEFAULT_PARAMETERS).retrievability(stability, elapsed + later).sum()
        assert found == pytest.approx(expected, rel=1e-5)


def test_decks_keep_their_parameters_and_retention():
    """Cards follow the parameters and the desired retention of their own deck."""
    rules = Rules(
        Options(fuzz=False), (DeckRule(), DeckRule(OTHER_PARAMETERS), DeckRule(desired_retention=0.97))
    )
    start = replace(snapshot(3, 3), deck=np.arange(3))
    cells = Cells(
        Columns(
            *(np.zeros(3, dtype=np.int64) for _ in range(2)),
            np.ones(3),
            np.ones(3),
            *np.zeros((2, 3), int),
            np.arange(3),
        ),
        rules,
        2,
    )
    assert start.deck[2] == 2
    easy = np.full(6, int(Rating.EASY))
    assert cells.answer(np.arange(6), easy, 0, np.ones(6), None).all()
    alone = [
        Scheduling(rule.parameters, Options(desired_retention=rule.desired_retention or 0.9, fuzz=False))
        for rule in rules.decks
    ]
    expected = [each.outcomes(Memory(), key=b"", study_day=0)[3] for each in alone]
    assert cells.due.tolist() == [outcome.interval for outcome in expected] * 2
    assert cells.stability.tolist() == pytest.approx([outcome.stability for outcome in expected] * 2)


def test_steps_left_over_are_answered():
    """A card in steps is answered on its day, and after a day's pause may be forgotten like any other."""
    start = Snapshot(
        TODAY, *(np.full(2_000, each) for each in (State.LEARNING, 1, 3.0, 5.0, TODAY - 3, TODAY - 4, 0))
    )
    run = simulate(start, Rules(), FREE, behaviour(), days=1, repeats=1, seed=1)
    assert run.answers[0, 0] >= 2_000
    assert run.reviews[0, 0] == 0
    chance = Model(DEFAULT_PARAMETERS).retrievability(np.array([3.0]), np.array([4]))[0]
    alone = simulate(start, Rules(Options(learning_steps=())), FREE, behaviour(), days=1, repeats=1, seed=1)
    failed = alone.counts[0, 0, State.LEARNING, 0] / 2_000
    assert failed == pytest.approx(1 - chance, abs=4 * np.sqrt(chance * (1 - chance) / 2_000))


def test_steps_end_the_day_at_last():
    """A card whose steps are failed for ever is asked so often a day and comes back the next."""
    never = behaviour()
    never.ratings[State.LEARNING] = [1, 0, 0, 0]
    never.ratings[State.NEW] = [1, 0, 0, 0]
    run = simulate(snapshot(5, 5), Rules(), FREE, never, days=2, repeats=1, seed=1)
    assert run.new[0].tolist() == [5, 0]
    assert run.answers[0, 0] == 5 * (1 + MOST_STEP_ANSWERS)
    # The first answer of the next day is decided by recall, so some may leave the steps.
    assert 5 <= run.answers[0, 1] <= 5 * MOST_STEP_ANSWERS


def test_a_time_box_holds():
    """Under a time box no day takes longer than it and one card more, and new cards wait for reviews."""
    start, box = snapshot(1_000, 300, overdue=3.0), 10.0
    limits = Limits(20, 9_999, minutes=box)
    run = simulate(start, Rules(), limits, behaviour(), days=60, repeats=5, seed=1)
    # A card may lead to many steps.
    assert np.quantile(run.minutes, 0.95) < box + 3
    assert run.minutes[:, :5].mean() == pytest.approx(box, rel=0.1)
    assert (run.new[run.waiting > 0] == 0).all()
    assert run.new.sum() > 0


@pytest.mark.parametrize(
    "change",
    [
        {"stability": np.ones(3)},
        {"deck": np.ones(300, dtype=int)},
        {"stability": np.full(300, np.nan)},
        {"difficulty": np.full(300, np.inf)},
        {"state": np.zeros((300, 1))},
    ],
)
def test_a_snapshot_that_does_not_fit_is_refused(change):
    """Arrays of other lengths, decks without a rule and seen cards without a memory are refused."""
    with pytest.raises(ValueError, match="snapshot"):
        simulate(replace(snapshot(), **change), Rules(), FREE, behaviour(), days=1, repeats=1, seed=1)


def test_other_misuse_is_refused():
    """No days, tables of another shape, uneven bins and foreign parameters are refused with a sentence."""
    with pytest.raises(ValueError, match="at least one day"):
        simulate(snapshot(), Rules(), FREE, behaviour(), days=0, repeats=1, seed=1)
    with pytest.raises(ValueError, match="4 ratings"):
        behaviour(Counts(np.zeros(4), np.zeros((4, 4)), np.zeros((4, 4))))
    with pytest.raises(ValueError, match="bins"):
        behaviour(Counts(*(np.zeros((4, 4)),) * 3, predicted=[0.5]))
    with pytest.raises(UsageError):
        simulate(snapshot(), Rules(decks=(DeckRule((1.0,)),)), FREE, behaviour(), days=1, repeats=1, seed=1)


def test_the_fuzz_table_is_the_scheduler_s():
    """Every interval up to a year can fall on both ends of its fuzz range and no further."""
    days = np.arange(1, 366, dtype=float)
    ends = [fuzz_bounds(int(each)) for each in days]
    assert fuzzed(days, np.zeros(365)).tolist() == [low for low, _ in ends]
    assert fuzzed(days, np.full(365, 1 - 1e-12)).tolist() == [high for _, high in ends]
