"""Four futures of a card: FSRS's own numbers, our steps, fuzz and floors."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import fsrs
import pytest
from fsrs.scheduler import DEFAULT_PARAMETERS as FSRS_DEFAULTS
from histories import memories, option_sets, parameter_sets
from hypothesis import given
from hypothesis import strategies as st

from srs.errors import UsageError
from srs.model import Memory, Options, Rating, State
from srs.scheduling import (
    DEFAULT_PARAMETERS,
    PARAMETER_BOUNDS,
    STABILITY_MAX,
    Scheduling,
    clipped,
    fuzz_bounds,
    fuzzed,
    luck,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEYS = st.binary(min_size=16, max_size=16)
PLAIN = Scheduling(options=Options(fuzz=False))


def review(stability, interval, *, reps=5, last_day=20_000):
    """A card in review, answered on `last_day` and due `interval` days later."""
    return Memory(
        state=State.REVIEW,
        stability=stability,
        difficulty=5.0,
        due_day=last_day + interval,
        last_day=last_day,
        reps=reps,
    )


def days_of(futures):
    """The intervals of the four outcomes."""
    return [outcome.interval for outcome in futures]


def test_defaults_are_those_of_fsrs_6():
    """The parameters written out here are the library's own defaults."""
    assert DEFAULT_PARAMETERS == FSRS_DEFAULTS


def test_a_new_card_shows_1_min_6_min_10_min_8_days():
    """The first futures of a card are its steps and the first interval of Easy."""
    again, hard, good, easy = PLAIN.outcomes(Memory(), key=b"k", study_day=20_000)
    assert (again.delay, hard.delay, good.delay, easy.interval) == (60, 330, 600, 8)
    assert (again.state, hard.state, good.state, easy.state) == (1, 1, 1, 2)
    assert (again.step, hard.step, good.step, easy.step) == (0, 0, 1, None)


@given(parameter_sets(), option_sets(), memories(), KEYS, st.integers(-50, 60_000))
def test_a_better_rating_never_comes_sooner(parameters, options, memory, key, later):
    """Again <= hard <= good <= easy, under any parameters, options, state and day, after fuzz and floors."""
    day = (memory.last_day or 20_000) + later
    futures = Scheduling(parameters, options).outcomes(memory, key=key, study_day=day)
    waits = [outcome.seconds for outcome in futures]
    assert waits == sorted(waits)
    assert [outcome.rating for outcome in futures] == list(Rating)


@given(parameter_sets(), option_sets(), memories(), KEYS, st.integers(0, 60_000))
def test_every_outcome_is_either_in_review_or_in_steps(parameters, options, memory, key, later):
    """Days go with review and no step; seconds, under a day, go with a step of today's steps."""
    day = (memory.last_day or 20_000) + later
    for outcome in Scheduling(parameters, options).outcomes(memory, key=key, study_day=day):
        assert 0.001 <= outcome.stability <= STABILITY_MAX
        assert 1 <= outcome.difficulty <= 10
        if outcome.state is State.REVIEW:
            assert (outcome.step, outcome.delay) == (None, None)
            assert 1 <= outcome.interval <= options.maximum_interval
        else:
            learning = outcome.state is State.LEARNING
            steps = options.learning_steps if learning else options.relearning_steps
            assert outcome.interval is None
            assert outcome.step in range(len(steps))
            assert 1 <= outcome.delay < 86_400


@given(parameter_sets(), option_sets(), memories(), st.sampled_from(Rating), st.integers(0, 3_000))
def test_memory_state_and_step_are_those_of_fsrs(parameters, options, memory, rating, later):
    """Stability, difficulty, state, step, step delay and plain interval are what `fsrs` itself gives."""
    scheduler = fsrs.Scheduler(
        parameters,
        desired_retention=options.desired_retention,
        learning_steps=[timedelta(seconds=step) for step in options.learning_steps],
        relearning_steps=[timedelta(seconds=step) for step in options.relearning_steps],
        maximum_interval=1_000_000,
        enable_fuzzing=False,
    )
    new = memory.state is State.NEW
    card = fsrs.Card(
        card_id=1,
        state=fsrs.State.Learning if new else fsrs.State(memory.state),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=NOON,
        last_review=None if new else NOON,
    )
    moment = NOON + timedelta(days=later)
    theirs, _ = scheduler.review_card(card, fsrs.Rating(rating), moment)
    ours_under = Scheduling(parameters, options)
    ours = ours_under.outcomes(memory, key=b"k", study_day=(memory.last_day or 0) + later)[rating - 1]

    assert ours.stability == pytest.approx(theirs.stability, rel=1e-12)
    assert ours.difficulty == pytest.approx(theirs.difficulty, rel=1e-12)
    assert (ours.state, ours.step) == (theirs.state, theirs.step)
    wait = theirs.due - moment
    if ours.delay is None:
        assert min(ours_under.interval(ours.stability), 1_000_000) == wait.days
    elif rating is Rating.HARD and ours.step == 0:
        assert ours.delay <= wait.total_seconds() < ours.delay + 1 or ours.delay == 86_399
    else:
        assert ours.delay == wait.total_seconds()


@given(parameter_sets(), st.floats(0.001, 50_000), st.integers(0, 40_000))
def test_retrievability_is_that_of_fsrs(parameters, stability, elapsed):
    """At whole days the predicted recall is the library's; between them it falls steadily."""
    scheduling = Scheduling(parameters)
    card = fsrs.Card(card_id=1, stability=stability, difficulty=5.0, due=NOON, last_review=NOON)
    theirs = fsrs.Scheduler(parameters).get_card_retrievability(card, NOON + timedelta(days=elapsed))
    assert scheduling.retrievability(stability, elapsed) == pytest.approx(theirs, rel=1e-12)
    halfway = scheduling.retrievability(stability, elapsed + 0.5)
    assert scheduling.retrievability(stability, elapsed + 1) <= halfway <= theirs + 1e-12


def test_recall_counts_time_with_fraction_and_never_backwards():
    """Recall is predicted from the exact time since the last answer, as 1 before it, not at all when new."""
    memory = Memory(state=State.REVIEW, stability=10.0, difficulty=5.0, last_at=1_000, last_day=0)
    assert PLAIN.recall(memory, 1_000 + 86_400_000 * 10) == pytest.approx(0.9)
    assert PLAIN.recall(memory, 1_000 + 43_200_000) == PLAIN.retrievability(10.0, 0.5)
    assert PLAIN.recall(memory, 0) == 1
    assert PLAIN.recall(Memory(), 5_000) is None


def test_a_review_shows_the_intervals_of_the_screens():
    """Good, Good after 10 minutes, reviewed when due: 10 min, 8, 11 and 19 days or near (ux screen B)."""
    memory, day = Memory(), 20_000
    for _ in range(2):
        good = PLAIN.outcomes(memory, key=b"k", study_day=day)[2]
        memory = review(good.stability, good.interval or 0, last_day=day)
        memory = Memory(
            state=good.state,
            step=good.step,
            stability=good.stability,
            difficulty=good.difficulty,
            due_day=None if good.interval is None else day + good.interval,
            last_day=day,
            reps=memory.reps,
        )
    assert memory.state is State.REVIEW
    again, *passes = PLAIN.outcomes(memory, key=b"k", study_day=memory.due_day)
    assert again.delay == 600
    assert days_of(passes) == [8, 11, 19]


def test_empty_steps_graduate_at_once():
    """Without learning steps every rating of a new card gives days; a lapse without relearning steps too."""
    bare = Scheduling(options=Options(learning_steps=(), relearning_steps=(), fuzz=False))
    assert days_of(bare.outcomes(Memory(), key=b"k", study_day=1)) == [1, 1, 2, 8]
    lapse, *_ = bare.outcomes(review(30.0, 30), key=b"k", study_day=20_030)
    assert (lapse.state, lapse.step, lapse.delay) == (State.REVIEW, None, None)
    assert lapse.interval < 30


@pytest.mark.parametrize(
    ("steps", "hard"),
    [((60,), 90), ((61,), 91), ((80_000,), 86_399), ((60, 601), 330), ((60, 600, 900), 330), ((1, 1), 1)],
)
def test_hard_on_the_first_step(steps, hard):
    """Hard waits half way to the next step, 1.5 times a lone one, always under a day."""
    rules = Scheduling(options=Options(learning_steps=steps))
    assert rules.outcomes(Memory(), key=b"k", study_day=1)[1].delay == hard


def test_a_step_beyond_todays_steps_is_passed():
    """After the steps became fewer, a card beyond them graduates with any pass and restarts with Again."""
    rules = Scheduling(options=Options(learning_steps=(60,), fuzz=False))
    beyond = Memory(state=State.LEARNING, step=3, stability=2.0, difficulty=5.0, last_day=20_000, reps=3)
    again, *passes = rules.outcomes(beyond, key=b"k", study_day=20_000)
    assert (again.step, again.delay) == (0, 60)
    assert [outcome.state for outcome in passes] == [State.REVIEW] * 3


@pytest.mark.parametrize(
    ("interval", "bounds"),
    [(1, (1, 1)), (2, (2, 2)), (3, (2, 4)), (10, (8, 12)), (30, (27, 33)), (100, (93, 107))],
)
def test_fuzz_bounds(interval, bounds):
    """None below 2.5 days; 10 days may become 8 to 12, 30 days 27 to 33, 100 days 93 to 107."""
    assert fuzz_bounds(interval) == bounds
    assert fuzzed(interval, 0.0) == bounds[0]
    assert fuzzed(interval, 1 - 2**-53) == bounds[1]


@given(st.integers(1, 100_000), st.integers(0, 500), st.floats(0, 1, exclude_max=True))
def test_fuzz_keeps_order(interval, more, u):
    """With one luck, a longer interval never becomes the shorter one, and stays within its bounds."""
    low, high = fuzz_bounds(interval)
    assert low <= fuzzed(interval, u) <= high
    assert fuzzed(interval, u) <= fuzzed(interval + more, u)


def test_fuzz_spreads_evenly_and_is_fair():
    """Over many cards each day of the range comes as often, and the mean is the plain interval."""
    found = Counter(fuzzed(10, luck(number.to_bytes(16, "big"), 3)) for number in range(20_000))
    assert sorted(found) == [8, 9, 10, 11, 12]
    assert all(abs(count - 4_000) < 300 for count in found.values())
    assert sum(day * count for day, count in found.items()) / 20_000 == pytest.approx(10, abs=0.05)


def test_luck_is_pinned():
    """The luck of a card's n-th answer is the same for ever and everywhere, or devices would disagree."""
    assert luck(bytes(16), 0) == 0.6154870278466629
    assert luck(bytes(range(16)), 7) == 0.9148155596003968


@given(memories(), KEYS, st.integers(0, 400))
def test_futures_depend_on_card_and_number_alone(memory, key, later):
    """Asked again, by another instance, after other cards: the same futures."""
    day = (memory.last_day or 20_000) + later
    first = Scheduling().outcomes(memory, key=key, study_day=day)
    busy = Scheduling(options=Options(fuzz=False)).under(Options())
    busy.outcomes(review(9.0, 9), key=b"another card", study_day=20_009)
    assert busy.outcomes(memory, key=key, study_day=day) == first


def test_fuzz_differs_between_cards_and_between_answers():
    """Two cards, and two answers of one card, fall on different days often enough to part."""
    memory = review(30.0, 30)
    by_card = {Scheduling().outcomes(memory, key=bytes([n] * 16), study_day=20_030)[2] for n in range(30)}
    later = (review(30.0, 30, reps=n) for n in range(30))
    by_number = {Scheduling().outcomes(each, key=b"k", study_day=20_030)[2] for each in later}
    assert len(by_card) > 5
    assert len(by_number) > 5


@given(st.integers(1, 300), KEYS, st.integers(0, 300), st.booleans())
def test_a_growing_interval_never_falls_back_by_fuzz(interval, key, later, fuzz):
    """When the plain interval is longer than the one before, the chosen one is longer too."""
    memory = review(float(interval), interval)
    rules = Scheduling(options=Options(fuzz=fuzz))
    for outcome in rules.outcomes(memory, key=key, study_day=20_000 + later)[1:]:
        if rules.interval(outcome.stability) > interval:
            assert outcome.interval > interval


@given(memories(), option_sets(), KEYS)
def test_passes_differ_by_a_day_until_the_maximum(memory, options, key):
    """In days, good is at least hard + 1 and easy at least good + 1, unless the maximum makes them equal."""
    futures = Scheduling(options=options).outcomes(memory, key=key, study_day=(memory.last_day or 0) + 5)
    days = [days for days in days_of(futures[1:]) if days is not None]
    for sooner, later in pairwise(days):
        assert later >= sooner + 1 or later == options.maximum_interval


def test_the_maximum_comes_last():
    """At the maximum all passes are equal, fuzz and floors notwithstanding."""
    rules = Scheduling(options=Options(maximum_interval=30))
    assert days_of(rules.outcomes(review(500.0, 30), key=b"k", study_day=20_030))[1:] == [30, 30, 30]
    assert rules.planned(500.0, key=b"k", answers=3) == 30


def test_no_day_counts_backwards():
    """On a study day before the last one the answer counts as of the same day."""
    memory = review(10.0, 10)
    assert PLAIN.outcomes(memory, key=b"k", study_day=19_990) == PLAIN.outcomes(
        memory, key=b"k", study_day=20_000
    )


def test_absurd_drills_never_fail():
    """A thousand Easy on one day under the highest parameters stays a number; so does a lapse after it."""
    rules = Scheduling([high for _, high in PARAMETER_BOUNDS[:19]] + [0.0, 0.1])
    stability, difficulty = rules.next_memory(None, None, 0, Rating.EASY)
    for _ in range(1_000):
        stability, difficulty = rules.next_memory(stability, difficulty, 0, Rating.EASY)
    assert stability == STABILITY_MAX
    memory = Memory(state=State.REVIEW, stability=stability, difficulty=difficulty, due_day=1, last_day=0)
    assert days_of(rules.outcomes(memory, key=b"k", study_day=3_000_000))[1:] == [36_500] * 3


def test_futures_neither_sleep_nor_read_the_clock(monkeypatch):
    """`fsrs.Card()` without an id sleeps; we never make one like that."""

    def woken(seconds):
        raise AssertionError(seconds)

    monkeypatch.setattr(time, "sleep", woken)
    with pytest.raises(AssertionError):
        fsrs.Card()
    assert PLAIN.outcomes(Memory(), key=b"k", study_day=20_000)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (DEFAULT_PARAMETERS[:19], "FSRS-6 has 21 parameters, not 19"),
        ((*DEFAULT_PARAMETERS[:20], 0.9), "FSRS parameter 20 (from 0) is 0.9, not within 0.1 to 0.8"),
        (
            (float("nan"), *DEFAULT_PARAMETERS[1:]),
            "FSRS parameter 0 (from 0) is nan, not within 0.001 to 100",
        ),
    ],
)
def test_parameters_outside_the_bounds_are_refused(parameters, message):
    """Wrong parameters are one sentence, which names the first that is wrong."""
    with pytest.raises(UsageError) as caught:
        Scheduling(parameters)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "options",
    [
        Options(desired_retention=0.0),
        Options(desired_retention=1.0),
        Options(desired_retention=float("nan")),
        Options(maximum_interval=0),
        Options(learning_steps=(0,)),
        Options(relearning_steps=(86_400,)),
    ],
)
def test_options_that_schedule_nothing_are_refused(options):
    """Options without sense are refused when they are taken up, not at the first answer."""
    with pytest.raises(UsageError):
        Scheduling(options=options)


def test_clipped_parameters_are_accepted():
    """A fit that ended a hair outside the bounds is moved onto them and then accepted."""
    outside = [
        0.800000011920929 if number == 20 else value for number, value in enumerate(DEFAULT_PARAMETERS)
    ]
    assert Scheduling(clipped(outside)).parameters == (*DEFAULT_PARAMETERS[:20], 0.8)
    with pytest.raises(UsageError):
        clipped(DEFAULT_PARAMETERS[:19])
