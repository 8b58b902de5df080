"""What simulations say: behaviour from a log, prices of settings, bands that hold, warnings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_futures import FREE, TODAY, coverage, snapshot

from srs.model import State
from srs.simulation import simulate
from srs.simulation_behaviour import PRIOR_RATINGS, PRIOR_SECONDS, Counts, behaviour
from srs.simulation_cells import Rules
from srs.simulation_days import Limits
from srs.simulation_forecast import (
    RETENTIONS,
    Load,
    _bands,
    _whole_bands,
    about,
    compare_new_per_day,
    compare_retention,
    forecast,
    level_day,
    load_of,
)


def test_a_higher_aim_never_asks_less():
    """The more should be remembered, the more reviews a year asks for, and the more is known."""
    rows = compare_retention(
        snapshot(), Rules(), FREE, behaviour(), days=120, seed=3, retentions=(0.7, 0.8, 0.9, 0.95, 0.98)
    ).rows
    assert [row.value for row in rows if row.stands] == [0.9]
    reviews = [row.reviews_per_day for row in rows]
    known = [row.known for row in rows]
    assert reviews == sorted(reviews)
    assert known == sorted(known)


def test_more_new_cards_cost_more_and_bring_more():
    """With no new cards nothing is begun; the more a day, the more minutes and known cards."""
    comparison = compare_new_per_day(
        snapshot(600, 500), Rules(), FREE, behaviour(), days=30, seed=3, new_per_day=(0, 5, 15)
    )
    assert [row.value for row in comparison.rows] == [0, 5, 15, 20]
    assert [row.stands for row in comparison.rows] == [False, False, False, True]
    assert [row.seen for row in comparison.rows] == [100, 250, 550, 600]
    for name in ("answers_per_day", "minutes_per_day", "known"):
        values = [getattr(row, name) for row in comparison.rows]
        assert values == sorted(values)
    row = comparison.rows[1]
    assert row.minutes_per_known == pytest.approx(row.minutes_per_day * 30 / row.known)
    assert comparison.known_idle < comparison.known_now < comparison.rows[-1].known


def test_progress_counts_up_to_the_end():
    """Progress of several runs rises by one simulated day to its total."""
    told = []
    compare_retention(
        snapshot(50, 10),
        Rules(),
        FREE,
        behaviour(),
        days=5,
        seed=1,
        retentions=(0.8, 0.9),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(number, 10) for number in range(1, 11)]


def test_no_cards_need_no_time():
    """Without cards every view is there, with nothing in it."""
    nothing = snapshot(0, 0)
    days = forecast(nothing, Rules(), FREE, behaviour(), seed=1)
    assert [day.day for day in days] == list(range(TODAY, TODAY + 30))
    assert {day.minutes for day in days} == {(0, 0, 0)}
    rows = compare_retention(nothing, Rules(), FREE, behaviour(), days=3, seed=1).rows
    assert [row.value for row in rows] == list(RETENTIONS)
    assert {row.minutes_per_known for row in rows} == {None}
    assert level_day(nothing, Rules(), FREE, behaviour(), seed=1) == (TODAY, TODAY, TODAY)


def test_a_backlog_ends_sooner_with_more_time():
    """The day a backlog is worked off is later the shorter the time box, and none where it never is."""
    start = snapshot(600, 100, overdue=3.0)
    ends = [
        level_day(start, Rules(), Limits(20, 9_999, minutes=box), behaviour(), seed=2, repeats=20)
        for box in (60, 22, 14)
    ]
    days = [end.day for end in ends]
    assert TODAY < days[0] < days[1] < days[2]
    assert all(end.low <= end.day <= end.high for end in ends)
    assert level_day(start, Rules(), Limits(20, 0), behaviour(), seed=2, most_days=40) == (None,) * 3


def test_many_new_cards_are_warned_of():
    """The warning grows with the number of new cards, and is said as a person says it."""
    start = snapshot(3_000, 2_800)
    fifty = load_of(start, Rules(), FREE, behaviour(), new_per_day=50, seed=1)
    same = load_of(start, Rules(), FREE, behaviour(), new_per_day=20, seed=1)
    assert same.weeks == same.weeks_now == fifty.weeks_now
    assert all(more > now for more, now in zip(fifty.weeks, fifty.weeks_now, strict=True))
    assert fifty.heaviest == 2
    sentence = Load(50, (90.0, 110.0, 118.0), (40.0, 45.0, 45.0)).sentence
    assert sentence == "50 new a day means about 2 h a day in three weeks"
    assert Load(50, (90.0, 30.0, 10.0), (0.0, 0.0, 0.0)).sentence.endswith("this week")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.4, "under a minute"),
        (7.4, "about 7 min"),
        (42, "about 40 min"),
        (59, "about 1 h"),
        (95, "about 1.5 h"),
    ],
)
def test_minutes_are_said_roughly(minutes, words):
    """Minutes are rounded to what an estimate is worth."""
    assert about(minutes) == words


def test_without_a_log_the_priors_speak_and_are_named():
    """With no answers the behaviour is the prior, and every part of it is named as assumed."""
    found = behaviour()
    assert found.chances == pytest.approx(PRIOR_RATINGS)
    assert found.seconds == pytest.approx(PRIOR_SECONDS)
    assert found.shift == 0
    assert len(found.assumed) == 6
    assert {each.answers for each in found.assumed} == {0}


@given(st.lists(st.integers(0, 10**6), min_size=16, max_size=16), st.floats(100, 60_000))
def test_behaviour_lies_between_prior_and_data(answers, each_ms):
    """Chances add up to one, a mean of seconds lies where the data and the prior are, nothing is infinite."""
    table = np.array(answers).reshape(4, 4)
    found = behaviour(Counts(table, table, table * each_ms))
    assert found.chances.sum(axis=1) == pytest.approx(np.ones(4))
    assert found.chances[State.REVIEW, 0] == 0
    assert (found.seconds > 0).all()
    # Cells without data follow the pace of the others, which a far prior slows or speeds.
    assert found.seconds[table > 5_000] == pytest.approx(each_ms / 1000, rel=0.3)


def test_much_data_outweighs_the_priors():
    """With many answers ratings, seconds, spread and recall are the person's own, and nothing is assumed."""
    table = np.array([[10, 20, 60, 10], [5, 5, 80, 10], [10, 9, 63, 18], [20, 10, 60, 10]]) * 1_000
    found = behaviour(
        Counts(
            table,
            table,
            table * 4_000,
            table * 4_000**2 * 1.25,
            predicted=[0.8, 0.9],
            passed=[8_800, 9_430],
            total=[10_000, 10_000],
        )
    )
    assert found.chances[State.NEW] == pytest.approx([0.1, 0.2, 0.6, 0.1], abs=0.001)
    assert found.chances[State.REVIEW] == pytest.approx([0, 0.1, 0.7, 0.2], abs=0.001)
    assert found.seconds == pytest.approx(np.full((4, 4), 4), rel=0.02)
    assert found.spread == pytest.approx(0.5, abs=0.01)
    assert found.shift == pytest.approx(np.log(0.88 / 0.12) - np.log(0.8 / 0.2), abs=0.05)
    assert found.assumed == ()


def test_a_better_memory_than_predicted_is_noticed():
    """Where more is recalled than predicted, simulated reviews fail less often."""
    better = behaviour(Counts(*(np.zeros((4, 4)),) * 3, predicted=[0.9], passed=[970], total=[1_000]))
    lapses = [
        simulate(snapshot(), Rules(), FREE, each, days=60, repeats=3, seed=1).lapses.sum()
        for each in (behaviour(), better)
    ]
    assert lapses[1] < 0.6 * lapses[0]


def test_uncertain_repeats_lie_further_apart():
    """What the log leaves open widens the band of a forecast."""
    spread = [
        simulate(snapshot(), Rules(), FREE, behaviour(), days=30, repeats=40, seed=1, uncertain=each)
        .minutes.sum(axis=1)
        .std()
        for each in (False, True)
    ]
    assert spread[1] > 1.3 * spread[0]


def test_bands_of_few_repeats_are_not_too_narrow():
    """A band of 20 repeats holds a 21st as often as it says, for whole numbers as for others."""
    rng = np.random.default_rng(1)
    for draw, bands in (
        (lambda size: rng.gamma(9.0, size=size), _bands),
        (lambda size: rng.poisson(30, size=size), _whole_bands),
    ):
        came = draw(4_000)
        found = bands(draw((20, 4_000)))
        held = [low <= value <= high for (_, low, high), value in zip(found, came, strict=True)]
        assert np.mean(held) == pytest.approx(0.8, abs=0.02)


def test_bands_hold_about_what_they_say():
    """A few learners' next 30 days lie in the 80 % band about as often as that."""
    for shares in coverage(range(8), most_days=80, repeats=60).values():
        assert 0.68 <= np.mean(shares) <= 0.92


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_bands_hold_what_they_say():
    """The 80 % bands of reviews, answers and minutes hold 75 to 85 of 100 days of 240 learners."""
    for name, shares in coverage(range(1_000, 1_240)).items():
        assert 0.75 <= np.mean(shares) <= 0.85, name
