"""The order of a session: steps, siblings, time boxes, reviewing ahead, ties and orders of a day."""

import pytest
from world import (
    DAY_MS,
    Clock,
    answer_card,
    answer_next,
    filled,
    make_due,
    siblings,
    started,
)

from srs.model import Rating
from srs.session import Left
from srs.settings import Settings
from srs.today import Request


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


def test_a_failed_card_waits_for_another(tmp_path, clock):
    """A missed card is not asked again at once while another can be; alone, it comes ahead of time."""
    with filled(tmp_path, clock, 2) as collection:
        review = started(collection)
        missed, _ = answer_next(review, clock, Rating.AGAIN)
        clock.advance(minutes=2)
        other, _ = answer_next(review, clock, Rating.EASY)
        assert other.key != missed.key
        assert answer_next(review, clock, Rating.AGAIN)[0].key == missed.key
        assert review.next(clock()).key == missed.key


def test_steps_are_shown_ahead_of_time_only_when_nothing_else_is_left(tmp_path, clock):
    """A step due in 20 minutes is asked early at the end of the queue, one due later ends the session."""
    with filled(tmp_path, clock, 2, settings=Settings(learning_steps=(60, 1_200))) as collection:
        review = started(collection)
        first, _ = answer_next(review, clock, Rating.GOOD)
        second, _ = answer_next(review, clock, Rating.GOOD)
        assert first.key != second.key
        assert review.next(clock()).key == first.key
    with filled(tmp_path, clock, 2, settings=Settings(learning_steps=(60, 1_300)), name="b.db") as collection:
        review = started(collection)
        answer_next(review, clock, Rating.GOOD)
        answer_next(review, clock, Rating.GOOD)
        assert review.next(clock()) is None
        assert review.left == Left(learning=2)
        clock.advance(minutes=2)
        assert review.next(clock()) is not None


def test_a_time_box_ends_the_session_after_the_card_on_the_screen(tmp_path, clock):
    """`--minutes 1` ends when the capped answering times reach a minute; an undo opens it again."""
    with filled(tmp_path, clock, 5) as collection:
        review = started(collection, Request(minutes=1, new=5))
        answer_next(review, clock, Rating.EASY, took_ms=30_000)
        answer_next(review, clock, Rating.EASY, took_ms=29_000)
        answer_next(review, clock, Rating.EASY, took_ms=600_000)
        assert review.next(clock()) is None
        assert review.session.out_of_time
        assert review.summary().took_ms == 119_000
        review.undo(clock())
        assert review.next(clock()) is not None


def test_new_cards_wait_while_reviews_fill_the_time_box(tmp_path, clock):
    """Twenty seconds a card: three reviews fill a minute, so new cards are held back unless asked for."""
    with filled(tmp_path, clock, 10) as collection:
        for i in range(4):
            make_due(collection, f"d0/c{i}", last=40)
        review = started(collection, Request(minutes=1))
        assert (review.left, review.new_held_back) == (Left(review=4), True)
        review = started(collection, Request(minutes=1, new=2))
        assert (review.left, review.new_held_back) == (Left(review=4, new=2), False)
        review = started(collection, Request(minutes=2))
        assert (review.left, review.new_held_back) == (Left(review=4, new=6), False)


def test_a_sibling_waits_for_the_next_study_day(tmp_path, clock):
    """Of two cards of one entry one is asked today, the other from the next study day on."""
    with filled(tmp_path, clock, 2) as collection:
        siblings(collection, "d0/c0", "d0/c1")
        review = started(collection)
        assert review.left == Left(new=1)
        answer_next(review, clock, Rating.EASY)
        assert review.next(clock()) is None
        clock.now = collection.days.end(clock.today) - 1
        assert started(collection).left.total == 0
        clock.advance(seconds=1)
        assert started(collection).left == Left(new=1)


def test_a_sibling_in_steps_comes_before_one_due_for_review(tmp_path, clock):
    """A card left in steps yesterday is asked, its sibling's review waits, and the count says so."""
    with filled(tmp_path, clock, 2) as collection:
        answer_next(started(collection), clock, Rating.GOOD)
        clock.advance(days=1)
        make_due(collection, "d0/c1")
        siblings(collection, "d0/c0", "d0/c1")
        review = started(collection)
        assert review.left == Left(learning=1)
        assert review.next(clock()).on_file.card.id == "c0"


def test_a_new_card_never_takes_the_place_of_a_sibling_that_is_due(tmp_path, clock):
    """A new card whose sibling is due today waits, so that the review that was counted is shown."""
    with filled(tmp_path, clock, 3) as collection:
        make_due(collection, "d0/c1")
        siblings(collection, "d0/c0", "d0/c1")
        review = started(collection)
        assert review.left == Left(new=1, review=1)
        names = [answer_next(review, clock, Rating.EASY)[0].on_file.card.id for _ in range(2)]
        assert sorted(names) == ["c1", "c2"]


def test_reviewing_ahead_asks_each_card_once(tmp_path, clock):
    """A card answered ahead of time that falls due tomorrow again is not asked twice in the session."""
    with filled(tmp_path, clock, 3, settings=Settings(learning_steps=())) as collection:
        for i in range(3):
            answer_card(collection, f"d0/c{i}", Rating.AGAIN, at=clock() - DAY_MS)
            make_due(collection, f"d0/c{i}", days_ago=-1, last=0, rating=Rating.HARD)
        clock.advance(minutes=1)
        review = started(collection, Request(ahead=True))
        assert review.left == Left(review=3)
        shown = [answer_next(review, clock, Rating.HARD)[0].key for _ in range(3)]
        assert len(set(shown)) == 3
        assert review.next(clock()) is None


def test_reviewing_ahead_goes_on_when_an_answer_falls_due_sooner(tmp_path, clock):
    """What was to come next week stays in the session when a missed card passes and is due tomorrow."""
    with filled(tmp_path, clock, 3) as collection:
        for i in range(3):
            make_due(collection, f"d0/c{i}", days_ago=-5)
        review = started(collection, Request(ahead=True))
        first, _ = answer_next(review, clock, Rating.AGAIN)
        seen = {first.key}
        for _ in range(3):
            clock.advance(minutes=15)
            seen.add(answer_next(review, clock, Rating.GOOD)[0].key)
        assert len(seen) == 3


@pytest.mark.parametrize("order", ["due", "forgotten", "random", "deck"])
def test_an_order_is_the_same_all_day(tmp_path, clock, order):
    """Two sessions of one study day ask reviews in one order; answered cards leave it as it is."""
    with filled(tmp_path, clock, 12, settings=Settings(order=order)) as collection:
        for i in range(12):
            make_due(collection, f"d0/c{i}", days_ago=i % 3, last=5 + i)
        first = [answer_next(started(collection), clock, Rating.EASY)[0].key for _ in range(12)]
        for _ in first:
            collection.undo()
        review = started(collection)
        assert [answer_next(review, clock, Rating.EASY)[0].key for _ in range(12)] == first


def test_ties_of_one_due_day_are_asked_from_a_pivot_the_day_draws(tmp_path, clock):
    """Reviews come by due day; those of one day in key order from the pivot on, other days otherwise."""
    from srs.queue import day_pivot

    with filled(tmp_path, clock, 12) as collection:
        due = {make_due(collection, f"d0/c{i}", days_ago=i % 3): -(i % 3) for i in range(12)}
        orders = []
        for _ in range(3):
            pivot = day_pivot(clock.today)
            expected = sorted(due, key=lambda key: (due[key], key < pivot, key))
            review = started(collection)
            assert [answer_next(review, clock, Rating.EASY)[0].key for _ in due] == expected
            orders.append(expected)
            for _ in due:
                collection.undo()
            clock.advance(days=1)
        assert len({tuple(order) for order in orders}) == 3
