"""The fold of very many imported answers in NumPy is the scalar fold of each card, to rounding."""

import math

import pytest
from histories import parameter_sets
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.fold import replay
from srs.model import Answer, Rating, State
from srs.refold_plain import PlainAnswers, fold_plain
from srs.scheduling import Scheduling

ANSWER = st.tuples(
    st.sampled_from([0, 0, 0, 1, 2, 9, 40, 400, -3]),
    st.sampled_from(Rating),
    st.one_of(st.none(), st.integers(0, 300)),
    st.one_of(st.none(), st.floats(-3, 14)),
)
CARDS = st.lists(st.lists(ANSWER, min_size=1, max_size=14), min_size=1, max_size=12)


def lines_of(answers, number):
    """One card's answers as an import would bring them."""
    day, lines = 20_000, []
    for place, (gap, rating, interval, difficulty) in enumerate(answers):
        day += gap
        state = State.REVIEW if interval else None
        line_id = place.to_bytes(16, "big")
        card = number.to_bytes(16, "big")
        lines.append(
            Answer(
                line_id,
                card,
                day * 86_400_000 + place,
                day,
                rating,
                state_before=state,
                interval_before=interval,
                difficulty_before=difficulty,
            )
        )
    return lines


def columns_of(cards):
    """The cards as columns; only where a history begins does the interval count."""
    columns = PlainAnswers([], [], [], [], [])
    for number, lines in enumerate(cards):
        for line in lines:
            columns.card.append(number)
            columns.study_day.append(line.study_day)
            columns.rating.append(int(line.rating))
            columns.interval_before.append(line.interval_before or 0)
            difficulty = line.difficulty_before
            columns.difficulty_before.append(math.nan if difficulty is None else difficulty)
    return columns


@settings(max_examples=60)
@given(CARDS, parameter_sets())
def test_it_is_the_scalar_fold(cards, parameters):
    """States, steps, intervals, days and counts are equal, stability and difficulty to 1e-9."""
    cards = [lines_of(answers, number) for number, answers in enumerate(cards)]
    folded = fold_plain(columns_of(cards), parameters)
    for number, lines in enumerate(cards):
        memory = replay(lines, scheduling=Scheduling(parameters), options={}).memory
        assert folded.state[number] is memory.state
        assert folded.step[number] == memory.step
        assert folded.interval[number] == memory.interval
        assert folded.last_day[number] == memory.last_day
        assert folded.reps[number] == memory.reps
        assert folded.lapses[number] == memory.lapses
        assert folded.passed[number] == memory.passed
        if memory.due_at is not None:
            assert memory.due_at == memory.last_at + folded.delay[number] * 1000
        assert folded.stability[number] == pytest.approx(memory.stability, rel=1e-9)
        assert folded.difficulty[number] == pytest.approx(memory.difficulty, rel=1e-9)


def test_the_floors_of_the_last_answer_count():
    """Good comes a day after Hard, Easy a day after Good, also where stability alone would not tell."""
    start = [(0, Rating.GOOD, 1, None)]
    for rating in (Rating.HARD, Rating.GOOD, Rating.EASY):
        lines = lines_of([*start, (0, rating, None, None)], 0)
        memory = replay(lines, scheduling=Scheduling(), options={}).memory
        assert fold_plain(columns_of([lines])).interval == [memory.interval]
