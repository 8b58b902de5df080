"""A review session over a real database: what it shows, counts, takes back, and how it ends."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import (
    MINUTE_MS,
    Clock,
    Written,
    answer_card,
    answer_next,
    deck_of,
    filled,
    make_due,
    open_at,
    scatter,
    seeded,
    started,
)

from srs.errors import AnsweredElsewhereError
from srs.intake import import_decks
from srs.model import ActKind, Rating, State
from srs.session import Left
from srs.settings import Settings
from srs.store import heads
from srs.today import Request

SEEDS = st.integers(0, 1 << 40)
PASSES = (Rating.GOOD, Rating.EASY)
IN_MEMORY = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "deadline": None}


def run_to_the_end(review, clock, rate, *, deadline):
    """Answer all there is, waiting for steps that come later today; the cards shown, in order."""
    shown = []
    while True:
        total = review.left.total
        card = review.next(clock())
        if card is None:
            waiting = heads.next_step(review.rows, review.scope(clock()), clock())
            if review.left.due == 0 or waiting is None or waiting >= deadline:
                return shown
            clock.now = waiting
            continue
        shown.append(card)
        clock.advance(seconds=2)
        review.answer(rate(), now=clock(), took_ms=2_000)
        assert review.left.total == total, "finished and left add up to the same all along"
        assert len(shown) < 500


@pytest.fixture(scope="module")
def scattered(tmp_path_factory):
    """A clock and a collection of 24 cards in two decks, some tagged, that each test scatters anew."""
    folder, clock = tmp_path_factory.mktemp("scattered"), Clock()
    collection = filled(folder, clock, 12, 12)
    for i in range(0, 12, 2):
        key = collection.find(f"d0/c{i}").key
        collection.rows("INSERT INTO card_tag (tag, card) VALUES ('even', :key)", {"key": key})
    yield clock, collection
    collection.close()


def check_count_is_kept(clock, collection, seed):
    """A session shows exactly as many cards as were counted when it began."""
    random = seeded(seed)
    clock.now = Clock().now + random.randrange(10) * MINUTE_MS
    collection.rows("DELETE FROM review", {})
    scatter(collection, random)
    collection.settings = Settings(
        new_per_day=random.choice([0, 1, 3, 20]),
        reviews_per_day=random.choice([0, 2, 5, 200]),
        order=random.choice(["due", "due", "forgotten", "random", "deck"]),
        learning_steps=random.choice([(60, 600), (), (600,), (60, 7_200)]),
        look_ahead_minutes=random.choice([20, 0]),
    )
    request = Request(
        decks=random.choice([(), (), ("d0",), ("d0", "d1")]),
        tags=random.choice([(), (), (), ("even",)]),
        limit=random.choice([None, None, None, 1, 2, 4, 50]),
        new=random.choice([None, None, None, 0, 2, 30]),
        ahead=random.random() < 0.15,
    )
    review = started(collection, request)
    counted = review.left
    deadline = collection.days.end(collection.days.day(clock()))
    shown = run_to_the_end(review, clock, lambda: random.choice(PASSES), deadline=deadline)
    assert len({card.key for card in shown}) == counted.total
    assert review.left == Left(finished=counted.total)


@settings(max_examples=150, **IN_MEMORY)
@given(seed=SEEDS)
def test_what_is_counted_is_what_is_shown(scattered, seed):
    """Every answer passing, a session shows as many cards as it counted: any states, siblings, limits."""
    check_count_is_kept(*scattered, seed)


@pytest.mark.nightly
@settings(max_examples=5_000, **IN_MEMORY)
@given(seed=SEEDS)
def test_what_is_counted_is_what_is_shown_at_length(scattered, seed):
    """The same over very many collections."""
    check_count_is_kept(*scattered, seed)


# Undo, redo, and other numbers in between.


def wander(clock, review, random, turns=40):
    """Do what a session can do at random; whatever is undone or redone brings its numbers with it."""
    past, future = [], []
    for _ in range(turns):
        clock.advance(seconds=random.choice([3, 40, 600]))
        before = (review.left, review.summary())
        doing = random.choice(["answer"] * 5 + ["undo"] * 3 + ["redo"] * 3 + ["away", "leech", "flag"])
        if doing == "undo" and past:
            assert review.undo(clock()) is not None
            assert (review.left, review.summary()) == past[-1]
            past.pop()
            future.append(before)
            continue
        if doing == "redo" and future:
            assert review.redo(clock()) is not None
            assert (review.left, review.summary()) == future.pop()
            past.append(before)
            continue
        if doing in ("undo", "redo") or review.next(clock()) is None:
            continue
        if doing == "flag":
            review.flag(clock())
            continue
        if doing == "away":
            review.put_away(random.choice([ActKind.SUSPEND, ActKind.BURY]), clock())
        else:
            review.answer(random.choice(list(Rating)), now=clock(), took_ms=random.randrange(90_000))
        past.append(before)
        if doing == "leech":
            past.append((review.left, review.summary()))
            review.suspend_answered(clock())
        future.clear()
        assert review.left.total == before[0].total


@settings(max_examples=25, **IN_MEMORY)
@given(seed=SEEDS)
def test_undo_and_redo_bring_the_numbers_of_the_session_with_them(tmp_path_factory, seed):
    """Undo gives the counts and the summary from before, redo those from after, as far as you like."""
    random, clock = seeded(seed), Clock()
    with filled(tmp_path_factory.mktemp("wander"), clock, 6) as collection:
        for i in random.sample(range(6), 3):
            make_due(collection, f"d0/c{i}", days_ago=random.randrange(3))
        wander(clock, started(collection), random)


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


def test_a_card_put_back_is_not_asked_at_once(tmp_path, clock):
    """After redo of a miss another card comes first, as after the miss itself."""
    with filled(tmp_path, clock, 3, settings=Settings(learning_steps=(1,))) as collection:
        review = started(collection)
        shown, _ = answer_next(review, clock, Rating.AGAIN)
        review.undo(clock())
        review.redo(clock())
        clock.advance(minutes=5)
        assert review.next(clock()).key != shown.key


def test_refreshing_keeps_the_limit_of_the_session(tmp_path, clock):
    """`--limit 3` shows three cards, whatever is counted again in between."""
    with filled(tmp_path, clock, 12) as collection:
        review = started(collection, Request(limit=3))
        assert review.left.total == 3
        for _ in range(2):
            answer_next(review, clock, Rating.EASY)
            review.refresh(clock())
        assert review.left == Left(new=1, finished=2)


def test_refreshing_keeps_the_new_cards_asked_for(tmp_path, clock):
    """`--new 3` shows three new cards, whatever is counted again in between."""
    with filled(tmp_path, clock, 12) as collection:
        review = started(collection, Request(new=3))
        answer_next(review, clock, Rating.EASY)
        answer_next(review, clock, Rating.EASY)
        review.refresh(clock())
        assert review.left == Left(new=1, finished=2)


def test_undoing_an_earlier_session_keeps_the_limit(tmp_path, clock):
    """An undo that reaches back before this session counts again within `--limit`."""
    with filled(tmp_path, clock, 12) as collection:
        answer_next(started(collection), clock, Rating.EASY)
        review = started(collection, Request(limit=3))
        assert review.undo(clock()) is not None
        assert review.left == Left(new=3)


def test_an_undo_that_follows_a_recount_takes_its_card_from_the_finished(tmp_path, clock):
    """After decks were read again in the session, undo still un-finishes the card it takes back."""
    with filled(tmp_path, clock, 4) as collection:
        review = started(collection)
        answer_next(review, clock, Rating.EASY)
        review.refresh(clock())
        review.undo(clock())
        assert review.left == Left(new=4)


def test_new_cards_that_came_in_are_mixed_with_the_reviews(tmp_path, clock):
    """After an import in the session new cards stand between the reviews, not behind them all."""
    with filled(tmp_path, clock, 4) as collection:
        for i in range(4):
            make_due(collection, f"d0/c{i}")
        review = started(collection)
        kinds = []
        deck = deck_of(tmp_path, "late", 4)
        import_decks(collection, [deck.path])
        review.refresh(clock())
        for _ in range(8):
            shown, _ = answer_next(review, clock, Rating.EASY)
            kinds.append(shown.kind)
        assert kinds[:4].count("new") == 2


def test_the_first_answer_time_survives_an_undo_and_no_more(tmp_path, clock):
    """An answer given again keeps the first time taken; the card's next answers have their own."""
    with filled(tmp_path, clock, 1) as collection:
        review = started(collection)
        answer_next(review, clock, Rating.AGAIN, took_ms=9_000)
        review.undo(clock())
        again = review.answer(Rating.GOOD, now=clock(), took_ms=500)
        assert again.answer.took_ms == 9_000
        review.undo(clock())
        review.redo(clock())
        clock.advance(minutes=11)
        _, later = answer_next(review, clock, Rating.GOOD, took_ms=700)
        assert later.answer.took_ms == 700


def test_undo_goes_on_into_the_session_before(tmp_path, clock):
    """A new session takes back what an earlier one did and shows its card, answer by answer."""
    with filled(tmp_path, clock, 3) as collection:
        review = started(collection)
        keys = [answer_next(review, clock, Rating.EASY)[0].key for _ in range(3)]
    clock.advance(days=2)
    with open_at(tmp_path / "cards.db", clock, seed=5) as collection:
        review = started(collection)
        assert review.left == Left()
        for back, key in enumerate(reversed(keys), 1):
            assert review.undo(clock()).on_file.key == key
            assert review.shown.key == key
            assert review.left == Left(new=back)
        assert review.undo(clock()) is None


# Two sessions, and what does not concern this one.


def test_two_sessions_on_one_card_record_one_answer(tmp_path, clock):
    """The slower of two sessions reads that the card was answered elsewhere, and when; nothing doubles."""
    with filled(tmp_path, clock, 3) as one, open_at(tmp_path / "cards.db", clock, seed=9) as two:
        mine, theirs = started(one), started(two)
        assert mine.next(clock()).key == theirs.next(clock()).key
        at = clock.advance(seconds=5)
        mine.answer(Rating.GOOD, now=at, took_ms=5_000)
        clock.advance(seconds=5)
        left = theirs.left
        with pytest.raises(AnsweredElsewhereError) as caught:
            theirs.answer(Rating.AGAIN, now=clock(), took_ms=5_000)
        assert caught.value.at == at
        assert theirs.left == left
        assert two.rows("SELECT count(*) FROM review", {}) == [(1,)]
        assert theirs.next(clock()).key != mine.shown.key


def test_a_card_nobody_counted_does_not_make_the_total_grow(tmp_path, clock):
    """A step that another session left behind is asked, and finished plus left stay what they were."""
    with filled(tmp_path, clock, 4) as collection:
        make_due(collection, "d0/c0")
        review = started(collection, Request(new=0))
        assert review.left == Left(review=1)
        answer_card(collection, "d0/c1", Rating.GOOD)
        clock.advance(minutes=11)
        shown, _ = answer_next(review, clock, Rating.GOOD)
        assert (shown.on_file.card.id, review.left) == ("c1", Left(review=1))


def test_a_leech_that_is_suspended_falls_and_returns_with_its_answer(tmp_path, clock):
    """The eighth lapse suspends by its own answer: one undo takes both back, one redo puts both back."""
    with filled(tmp_path, clock, 1, settings=Settings(leech="suspend", relearning_steps=())) as collection:
        answer_card(collection, "d0/c0", Rating.EASY)
        for lapse in range(1, 9):
            clock.advance(days=30)
            recorded = answer_card(collection, "d0/c0", Rating.AGAIN)
            assert (recorded.leech, recorded.memory.suspended) == (lapse == 8, lapse == 8)
        collection.undo()
        memory = collection.find("d0/c0").memory
        assert (memory.lapses, memory.suspended) == (7, False)
        collection.redo()
        memory = collection.find("d0/c0").memory
        assert (memory.lapses, memory.suspended) == (8, True)


def test_taking_back_what_was_done_to_the_card_on_the_screen_shows_it_as_it_is(tmp_path, clock):
    """A card forgotten from a command line while it is shown can be rated after `u` took that back."""
    with filled(tmp_path, clock, 2) as collection:
        key = make_due(collection, "d0/c0")
        review = started(collection, Request(new=0))
        assert review.next(clock()).key == key
        collection.act(ActKind.FORGET, key)
        review.refresh(clock())
        assert review.shown.memory.state is State.NEW
        review.undo(clock())
        assert review.shown.memory.state is State.REVIEW
        assert review.answer(Rating.GOOD, now=clock(), took_ms=1).memory.reps == 2


@pytest.mark.parametrize("rating", [Rating.AGAIN, Rating.GOOD])
def test_taking_back_the_suspension_of_an_answered_card_asks_nothing(tmp_path, clock, rating):
    """A card suspended once it was answered is not asked again by the undo: its answer stands."""
    with filled(tmp_path, clock, 3) as collection:
        review = started(collection)
        answered, _ = answer_next(review, clock, rating)
        left = review.left
        review.suspend_answered(clock())
        asked = review.next(clock())
        taken = review.undo(clock())
        assert taken.on_file.key == answered.key
        assert not taken.on_screen
        assert (review.shown, review.left) == (asked, left)
        review.redo(clock())
        assert not review.undo(clock()).on_screen
        assert review.undo(clock()).on_screen, "the answer itself is rated anew"
        assert review.shown.key == answered.key
        assert collection.rows("SELECT count(*) FROM review WHERE undone = 0", {}) == [(0,)]


# A card that is not there any more.


def test_a_card_joined_overnight_is_shown_under_its_new_key(tmp_path, clock):
    """A row that another process joined to another one is found by its old key on the new day."""
    with filled(tmp_path, clock, 2) as collection:
        review = started(collection)
        old = review.next(clock()).key
        deck = deck_of(tmp_path, "d0", 2)
        deck.cards[0] = Written("fresh", "What is it?", "A thing.")
        import_decks(collection, [deck.write()])
        deck.cards[0] = Written("fresh", "What is it?", "A thing.", was=("c0",))
        import_decks(collection, [deck.write()])
        assert review.day_turned(clock.advance(days=1))
        assert (review.shown.name, review.shown.key == old) == ("d0/fresh", False)
        assert review.answer(Rating.GOOD, now=clock()).answer.card == review.shown.key


def test_a_card_that_is_gone_overnight_takes_no_answer(tmp_path, clock):
    """Without its row a card is shown no longer on the new day, and a rating meant for it is not written."""
    with filled(tmp_path, clock, 2) as collection:
        review = started(collection)
        gone = review.next(clock()).key
        for table, column in (("memory", "card"), ("card", "key")):
            collection.rows(f"DELETE FROM {table} WHERE {column} = :key", {"key": gone})
        assert review.answer(Rating.GOOD, now=clock.advance(days=1)) is None
        assert review.shown is None
        assert collection.rows("SELECT count(*) FROM review", {}) == [(0,)]
        assert review.next(clock()).key != gone


def test_other_answers_of_the_deck_and_what_counts_as_them(tmp_path, clock):
    """Held against a slip: the answers and accepted answers of the other cards, not the card's own."""
    with filled(tmp_path, clock) as collection:
        path = tmp_path / "a.toml"
        cards = [("one", "latest", "newest"), ("two", "oldest", "eldest"), ("three", "next", "following")]
        tables = [
            f'[[cards]]\nid = "{name}"\nquestion = "{name}?"\nanswer = "{answer}"\naccept = ["{other}"]\n'
            for name, answer, other in cards
        ]
        path.write_text('[deck]\nid = "a"\nname = "A"\n' + "".join(tables), encoding="utf-8")
        assert not import_decks(collection, [path]).problems
        review = started(collection)
        assert review.next(clock()).name == "a/one"
        assert sorted(review.other_answers()) == ["eldest", "following", "next", "oldest"]


def test_the_end_knows_the_modes_of_the_answers_that_stand(tmp_path, clock):
    """Only modes of answers that were not taken back are told; an answer without one was revealed."""
    review = started(filled(tmp_path, clock, 3))
    assert review.summary().modes == set()
    for mode in ("choice", "choice", None):
        assert review.next(clock()) is not None
        review.answer(Rating.GOOD, now=clock.advance(seconds=5), took_ms=5_000, mode=mode)
    assert review.summary().modes == {"choice", "reveal"}
    review.undo(clock())
    assert review.summary().modes == {"choice"}
