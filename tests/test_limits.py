"""What a study day allows: distinct cards, what one session may override, and when more falls due."""

from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import (
    DAY_MS,
    LEARNER,
    Clock,
    answer_card,
    answer_next,
    filled,
    make_due,
    scatter,
    scope_of,
    seeded,
    started,
)

from srs.cli.due import next_growth
from srs.model import ActKind, Rating
from srs.session import Left
from srs.settings import Settings
from srs.store import heads
from srs.store.heads import DoneToday
from srs.today import Request, allowed, scope_at

FEW = Settings(new_per_day=3, reviews_per_day=2)


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


@pytest.fixture
def collection(tmp_path, clock):
    """Ten cards, five of them due for review, under limits of 3 new cards and 2 reviews."""
    with filled(tmp_path, clock, 10, settings=FEW) as made:
        for i in range(5):
            make_due(made, f"d0/c{i}")
        yield made


def done(collection):
    """What was done on the study day of now."""
    return heads.done_today(collection.rows, LEARNER, collection.days.day(collection.now()))


def test_limits_are_independent_and_start_anew_with_the_study_day(collection, clock):
    """Two reviews and three new cards a day; at the rollover, not before, there are as many again."""
    review = started(collection)
    assert review.left == Left(new=3, review=2)
    for _ in range(5):
        answer_next(review, clock, Rating.EASY)
    assert review.next(clock()) is None
    assert done(collection) == DoneToday(new=3, review=2)
    clock.now = collection.days.end(clock.today) - 1
    assert started(collection).left.total == 0
    clock.advance(seconds=1)
    assert started(collection).left == Left(new=2, review=2)


def test_limits_count_cards_not_answers(collection, clock):
    """A card answered five times costs one; relearning and learning steps cost nothing more."""
    for rating in (Rating.AGAIN, Rating.AGAIN, Rating.HARD, Rating.GOOD, Rating.GOOD):
        answer_card(collection, "d0/c0", rating)
        answer_card(collection, "d0/c9", rating)
        clock.advance(minutes=11)
    assert done(collection) == DoneToday(new=1, review=1)
    assert started(collection).left._replace(learning=0) == Left(new=2, review=1)


def test_an_undone_answer_costs_nothing_and_a_redone_one_again(collection, clock):
    """Undo gives the day's allowance back, redo takes it again."""
    answer_next(started(collection), clock, Rating.EASY)
    after = done(collection)
    assert sum(after) == 1
    collection.undo()
    assert done(collection) == DoneToday(0, 0)
    assert started(collection).left == Left(new=3, review=2)
    collection.redo()
    assert done(collection) == after


def test_a_card_met_again_after_a_forget_is_one_new_card(collection):
    """Answered, forgotten and answered again on one day, a card is one new card and no review."""
    answer_card(collection, "d0/c9", Rating.EASY)
    collection.act(ActKind.FORGET, collection.find("d0/c9").key)
    answer_card(collection, "d0/c9", Rating.EASY)
    assert done(collection) == DoneToday(new=1, review=0)


def test_a_review_forgotten_and_met_as_new_costs_one_of_each(collection):
    """Found in review first, then forgotten and met anew: the day saw one review and one new card."""
    answer_card(collection, "d0/c0", Rating.EASY)
    collection.act(ActKind.FORGET, collection.find("d0/c0").key)
    answer_card(collection, "d0/c0", Rating.EASY)
    assert done(collection) == DoneToday(new=1, review=1)


def test_answers_to_an_old_name_count_for_the_card_it_is_now(collection):
    """An answer under a key that means another card today costs nothing beside that card's own."""
    answer_card(collection, "d0/c8", Rating.EASY)
    old, new = collection.find("d0/c8").key, collection.find("d0/c9").key
    answer_card(collection, "d0/c9", Rating.EASY)
    collection.rows("INSERT INTO alias (old, card) VALUES (:old, :new)", {"old": old, "new": new})
    assert done(collection) == DoneToday(new=1, review=0)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(new=5), Left(new=5, review=2)),
        (Request(new=0), Left(new=0, review=2)),
        (Request(limit=1), Left(new=0, review=1)),
        (Request(limit=7), Left(new=3, review=4)),
        (Request(limit=8), Left(new=3, review=5)),
        (Request(limit=99), Left(new=3, review=5)),
        (Request(limit=99, new=9), Left(new=5, review=5)),
        (Request(limit=4, new=9), Left(new=2, review=2)),
    ],
)
def test_a_session_may_override_the_day(collection, request_, expected):
    """`--new N` replaces what the day leaves of new cards, `--limit N` caps cards and lifts the reviews'."""
    assert started(collection, request_).left == expected


def test_new_cards_asked_for_are_not_reduced_by_the_day(collection, clock):
    """With the day's three new cards met, `--new 2` allows two more."""
    review = started(collection)
    for _ in range(5):
        answer_next(review, clock, Rating.EASY)
    assert started(collection).left.total == 0
    assert started(collection, Request(new=2)).left == Left(new=2)


def test_nothing_ever_counts_below_zero(collection, clock):
    """Limits lowered under what was done leave nothing, not less."""
    for i in (0, 1, 8, 9):
        answer_card(collection, f"d0/c{i}", Rating.EASY)
    low = Settings(new_per_day=1, reviews_per_day=0)
    counts = allowed(collection.rows, scope_at(clock(), collection.days, LEARNER), low)
    assert counts.total == 0


# When more falls due.


@pytest.fixture(scope="module")
def scattered(tmp_path_factory):
    """A clock and a collection of 14 cards that each test scatters anew."""
    clock = Clock()
    with filled(tmp_path_factory.mktemp("growth"), clock, 14) as made:
        yield clock, made


def day_by_day(collection, scope, total, limits, horizon):
    """The first day in a horizon whose count is above the total, looked at one after the other."""
    for day in range(scope.today + 1, scope.today + horizon):
        later = scope._replace(today=day, day_end=collection.days.end(day))
        counts = heads.count(
            collection.rows, later, new_limit=limits.new_per_day, review_limit=limits.reviews_per_day
        )
        if counts.total > total:
            return collection.days.start(day)
    return None


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 1 << 40))
def test_the_next_due_moment_is_the_first_at_which_the_total_grows(scattered, seed):
    """`next_due` is what looking at each coming day in turn finds: dues, burials, limits, siblings."""
    clock, collection = scattered
    random = seeded(seed)
    collection.rows("DELETE FROM review", {})
    scatter(collection, random)
    collection.rows(
        "UPDATE memory SET due_day = due_day + :by WHERE state = 2 AND due_day > :today",
        {"by": random.choice([0, 3, 30]), "today": clock.today},
    )
    collection.rows(
        "UPDATE memory SET buried_until = :day WHERE buried_until > :today",
        {"day": clock.today + random.randrange(1, 9), "today": clock.today},
    )
    collection.rows(
        "UPDATE memory SET due_at = due_at + :by WHERE state IN (1, 3) AND card < :some",
        {"by": random.choice([0, 2 * DAY_MS]), "some": bytes([128]) * 16},
    )
    limits = Settings(new_per_day=random.choice([0, 1, 20]), reviews_per_day=random.choice([0, 2, 200]))
    if random.random() < 0.5:
        answer_card(collection, f"d0/c{random.randrange(14)}", Rating.AGAIN)
    scope = scope_of(collection)
    counts = allowed(collection.rows, scope, limits)
    found = next_growth(collection.rows, scope, counts, limits, SimpleNamespace(days=collection.days))
    assert found == day_by_day(collection, scope, counts.total, limits, 60)
