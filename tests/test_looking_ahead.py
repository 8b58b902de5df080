"""From the database to the simulation: which cards, whose habits, what rules; the same twice."""

from collections import Counter
from dataclasses import replace

import pytest
from histories import seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from world import (
    DAY_MS,
    DAYS,
    LEARNER,
    Clock,
    answer_card,
    deck_of,
    filled,
    log_of,
    make_due,
    siblings,
)

from srs.intake import import_decks
from srs.looking_ahead import ENOUGH_OF_THE_DECKS, _replayed, forecast_for, look_ahead
from srs.model import ActKind, Rating, State
from srs.scheduling import DEFAULT_PARAMETERS, clipped
from srs.settings import Settings
from srs.store.snapshot import answers_counted, cards_ahead

OTHER = clipped([value * 1.05 for value in DEFAULT_PARAMETERS])


@pytest.fixture
def clock():
    """A clock that is set."""
    return Clock()


@pytest.fixture
def collection(tmp_path, clock):
    """Two decks, `d0` of eight cards and `d1` of four, none answered."""
    with filled(tmp_path, clock, 8, 4) as collection:
        yield collection


def ahead_of(collection, **rest):
    """What a simulation from now on starts from."""
    now = rest.pop("now", collection.now())
    settings = rest.pop("settings", collection.settings)
    return look_ahead(collection.rows, LEARNER, settings, DAYS, now, **rest)


def cards_of(collection, **rest):
    """The cards as they stand today."""
    return cards_ahead(collection.rows, LEARNER, DAYS, DAYS.day(collection.now()), **rest)


def test_cards_come_with_their_memories_in_deck_order(collection, clock):
    """Each card has the state, memory and dues of its row; decks by name, cards as in their file."""
    make_due(collection, "d0/c3", days_ago=2)
    answer_card(collection, "d1/c1", Rating.AGAIN)
    cards = cards_of(collection)
    assert [deck.id for deck in cards.decks] == ["d0", "d1"]
    assert cards.deck == [0] * 8 + [1] * 4
    assert [i for i, state in enumerate(cards.state) if state != State.NEW] == [3, 9]
    due, step = collection.find("d0/c3").memory, collection.find("d1/c1").memory
    assert (cards.state[3], cards.state[9]) == (State.REVIEW, State.LEARNING)
    assert (cards.stability[3], cards.difficulty[3]) == (due.stability, due.difficulty)
    assert (cards.due_day[3], cards.last_day[3]) == (clock.today - 2, due.last_day)
    assert (cards.due_day[9], cards.step[9]) == (DAYS.day(step.due_at), step.step)


def test_what_is_put_away_is_left_out_and_what_is_buried_comes_later(collection, clock, tmp_path):
    """Suspended and retired cards are not there; a buried one is due when it is back, a new one is last."""
    for name in ("d0/c0", "d0/c1"):
        make_due(collection, name)
    collection.act(ActKind.SUSPEND, collection.find("d0/c0").key)
    for name in ("d0/c1", "d0/c2"):
        collection.act(ActKind.BURY, collection.find(name).key, day=clock.today + 3)
    deck = deck_of(tmp_path, "d1", 3)
    import_decks(collection, [deck.path])
    cards = cards_of(collection)
    assert len(cards.state) == 8 - 1 + 4 - 1
    assert [day for state, day in zip(cards.state, cards.due_day, strict=True) if state] == [clock.today + 3]
    assert (cards.state[-1], cards.deck[-1], cards.deck[-2]) == (State.NEW, 0, 1)


def test_a_card_of_an_entry_answered_today_waits_until_tomorrow(collection, clock):
    """Of two cards of one entry the other is due tomorrow; without the answer it is due as it stands."""
    for name in ("d0/c0", "d0/c1"):
        make_due(collection, name, days_ago=1)
    siblings(collection, "d0/c0", "d0/c1", "d0/c2")
    assert cards_of(collection).due_day[:2] == [clock.today - 1] * 2
    answer_card(collection, "d0/c0", Rating.GOOD)
    cards = cards_of(collection)
    assert cards.due_day[1] == clock.today + 1
    assert cards.due_day[0] > clock.today
    clock.advance(days=1)
    assert cards_of(collection).due_day[1] == clock.today - 2


def test_only_what_comes_up_in_time_is_read(collection, clock):
    """With `until`, reviews due later are left out, all else stays; a forecast is the same without them."""
    make_due(collection, "d0/c0", days_ago=-3)
    make_due(collection, "d0/c1", days_ago=-40)
    assert len(cards_of(collection, until=clock.today + 39).state) == 11
    assert len(cards_of(collection, until=clock.today + 40).state) == 12
    whole, near = (ahead_of(collection, within=days) for days in (None, 10))
    assert (whole.cards, near.cards) == (12, 11)
    assert whole.forecast(seed=3, days=10, repeats=20) == near.forecast(seed=3, days=10, repeats=20)


def recounted(collection, *, since, decks=("d0", "d1")):
    """How often each rating was given in each state, with time and its squares, counted from the log."""
    names = dict(collection.rows("SELECT key, deck FROM card", {}))
    counts = Counter()
    for line in log_of(collection):
        if hasattr(line, "rating") and not line.undone and line.at >= since and names[line.card] in decks:
            ms = min(line.took_ms, 60_000)
            counts.update(
                {(kind, line.state_before, line.rating): n for kind, n in ((0, 1), (2, ms), (3, ms * ms))}
            )
    return [[[counts[kind, state, rating] for rating in Rating] for state in State] for kind in (0, 0, 2, 3)]


@given(seed=st.integers(0, 10**6))
@settings(max_examples=12, deadline=None)
def test_counts_are_those_of_the_log(tmp_path_factory, seed):
    """Answers, times and squares by state and rating are what the log holds of a year, undone aside."""
    clock, random = Clock(), seeded(seed)
    with filled(tmp_path_factory.mktemp("counts"), clock, 3, 2) as collection:
        start = clock()
        for day in sorted(random.randrange(-400, 1) for _ in range(40)):
            clock.now = start + day * DAY_MS
            answer_card(
                collection, f"d{random.randrange(2)}/c{random.randrange(2)}", random.choice(list(Rating))
            )
            if random.random() < 0.2:
                collection.undo()
        clock.now = start
        collection.rows("UPDATE review SET took_ms = 61000 WHERE rating = 2", {})
        for decks in ((), ("d0",)):
            counted = answers_counted(collection.rows, LEARNER, decks=decks)
            since = max(line.at for line in log_of(collection) if hasattr(line, "rating")) - 365 * DAY_MS
            assert list(counted[:4]) == recounted(collection, since=since, decks=decks or ("d0", "d1"))


def test_predictions_come_in_bins_from_the_newest_parameters_on(collection, clock):
    """Reviews count by what was predicted for them, means and passes; adopting parameters starts anew."""
    for number, rating in enumerate((Rating.AGAIN, Rating.GOOD, Rating.HARD)):
        make_due(collection, f"d0/c{number}", days_ago=1)
        answer_card(collection, f"d0/c{number}", rating)
    counted = answers_counted(collection.rows, LEARNER)
    (recall,) = {line.recall for line in log_of(collection) if getattr(line, "recall", None)}
    assert counted.predicted == [pytest.approx(recall)]
    assert (counted.passed, counted.total) == ([2], [3])
    clock.advance(minutes=1)
    with collection.journal() as journal:
        journal.append_act(ActKind.PARAMS, payload={"deck": None, "parameters": list(OTHER)})
    assert answers_counted(collection.rows, LEARNER).total == []
    assert ahead_of(collection).rules.decks[0].parameters == tuple(OTHER)


def test_reviews_without_a_prediction_are_replayed(tmp_path, clock):
    """Fifty reviews that recorded none, as imported ones do not, still tell how well the person recalls."""
    with filled(tmp_path, clock, 60) as collection:
        for number in range(60):
            make_due(collection, f"d0/c{number}", days_ago=1)
            answer_card(collection, f"d0/c{number}", Rating.AGAIN if number % 2 else Rating.GOOD)
        recorded = ahead_of(collection).behaviour
        collection.rows("UPDATE review SET recall = NULL", {})
        replayed = ahead_of(collection).behaviour
        assert answers_counted(collection.rows, LEARNER).total == []
        assert replayed.shift == pytest.approx(recorded.shift, abs=0.05)
        assert replayed.shift < -1
        assert replayed.shift_sd == pytest.approx(recorded.shift_sd, abs=0.02)
        assert ahead_of(collection, now=clock() + 999 * DAY_MS).behaviour.shift == replayed.shift


def test_a_replay_goes_by_the_parameters_of_each_deck(collection):
    """Reviews are predicted at whole study days by what is in force for their deck; forgotten cards not."""
    for name in ("d0/c0", "d0/c1", "d1/c0", "d1/c1"):
        make_due(collection, name, last=10)
        answer_card(collection, name, Rating.GOOD)
    collection.act(ActKind.FORGET, collection.find("d1/c1").key)
    with collection.journal() as journal:
        journal.append_act(ActKind.PARAMS, payload={"deck": "d1", "parameters": list(OTHER)})
    predicted, passed, total = _replayed(collection.rows, LEARNER, ())
    expected = 0.0
    for cards, parameters in ((2, DEFAULT_PARAMETERS), (1, OTHER)):
        easy, decay = parameters[3], -parameters[20]
        expected += cards * (1 + (0.9 ** (1 / decay) - 1) * 10 / easy) ** decay
    assert (predicted * total).sum() == pytest.approx(expected, rel=1e-9)
    assert (total.sum(), passed.sum()) == (3, 3)
    assert [bins.size for bins in _replayed(collection.rows, "nobody", ())] == [0, 0, 0]


def test_an_answer_that_tells_no_state_is_placed_by_its_days(collection, clock):
    """The first met a new card, the next of the day a step, one on a later day a review, then relearning."""
    key = collection.find("d0/c0").key
    told = [(0, 1), (0, 3), (4, 1), (4, 3), (9, 3)]
    for number, (day, rating) in enumerate(told):
        clock.advance(days=day - (told[number - 1][0] if number else 0), minutes=1)
        answer_card(collection, "d0/c0", Rating(rating))
    forget = "state_before = NULL, interval_before = NULL, recall = NULL"
    collection.rows(f"UPDATE review SET {forget} WHERE card = :key", {"key": key})
    answers = answers_counted(collection.rows, LEARNER).answers
    new, learning, review, relearning = [1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 1, 0], [0, 0, 1, 0]
    assert answers == [new, learning, review, relearning]
    collection.rows("UPDATE review SET interval_before = 2 WHERE rating = 1", {})
    assert answers_counted(collection.rows, LEARNER).answers == [[0] * 4, learning, [2, 0, 1, 0], relearning]
    clock.advance(days=358)
    answer_card(collection, "d0/c0", Rating.HARD)
    answers = answers_counted(collection.rows, LEARNER).answers
    assert answers == [[0] * 4, [0] * 4, [1, 1, 1, 0], relearning]


def test_limits_and_what_is_done_today_come_along(collection):
    """Limits, time box and order are those of the settings; what was answered today is counted."""
    make_due(collection, "d0/c0")
    answer_card(collection, "d0/c0", Rating.GOOD)
    answer_card(collection, "d0/c1", Rating.GOOD)
    chosen = Settings(new_per_day=7, reviews_per_day=9, minutes=15, order="random", relearning_steps=())
    ahead = ahead_of(collection, settings=chosen)
    assert (ahead.limits.new_per_day, ahead.limits.reviews_per_day) == (7, 9)
    assert (ahead.limits.minutes, ahead.limits.order) == (15, "random")
    assert (ahead.snapshot.done_new, ahead.snapshot.done_reviews) == (1, 1)
    assert ahead.rules.options == chosen.options()
    assert (ahead.cards, ahead.new) == (12, 10)


def test_a_deck_keeps_its_own_aim_unless_it_is_looked_at_alone(tmp_path, clock):
    """Beside others a deck's own retention stays in every row; alone it is the one in force and compared."""
    with filled(tmp_path, clock, 3) as collection:
        import_decks(collection, [deck_of(tmp_path, "own", 3, retention=0.8).path])
        both, alone = ahead_of(collection), ahead_of(collection, decks=("own",))
        assert [deck.id for deck in both.keeps] == ["own"]
        assert [rule.desired_retention for rule in both.rules.decks] == [None, 0.8]
        assert (alone.keeps, alone.rules.options.desired_retention, alone.cards) == ((), 0.8, 3)
        (row,) = [row for row in alone.retentions([0.9], days=2, seed=1).rows if row.stands]
        assert row.value == 0.8


def test_few_answers_to_a_deck_leave_the_word_to_all(collection, clock):
    """Habits are those shown in the decks asked for, once they have enough answers, else in all decks."""
    for day in range(3):
        make_due(collection, "d0/c0", last=10 + day)
    assert (
        ahead_of(collection, decks=("d1",)).behaviour.times.sum()
        == ahead_of(collection).behaviour.times.sum()
    )
    columns = "learner, card, at, study_day, rating, took_ms, state_before, device, undone, follows"
    taken = collection.rows(f"SELECT {columns} FROM review LIMIT 1", {})[0]
    names = ", ".join(f":{name.strip()}" for name in columns.split(","))
    row = dict(zip((name.strip() for name in columns.split(",")), taken, strict=True))
    row["card"] = collection.find("d1/c0").key
    for number in range(ENOUGH_OF_THE_DECKS):
        line = (clock() - number).to_bytes(6, "big") + bytes(10)
        collection.rows(f"INSERT INTO review (id, {columns}) VALUES (:id, {names})", row | {"id": line})
    alone, all_decks = ahead_of(collection, decks=("d1",)), ahead_of(collection)
    assert all_decks.behaviour.times.sum() - alone.behaviour.times.sum() == 3


def test_two_looks_on_one_day_agree(collection, clock):
    """The forecast of a day is the same at any moment of it; another seed gives other bands."""
    for number in range(6):
        make_due(collection, f"d0/c{number}", days_ago=-number)
    asked = (collection.rows, LEARNER, collection.settings, DAYS)
    first = forecast_for(*asked, clock())
    assert first == forecast_for(*asked, clock() + 60_000)
    assert first != forecast_for(*asked, clock(), seed=5)
    assert [day.day for day in first] == list(range(clock.today, clock.today + 30))
    assert first[0].reviews.expected == 1


def test_without_cards_there_is_nothing_ahead(collection, clock):
    """Where all is suspended the forecast is empty."""
    for deck, size in (("d0", 8), ("d1", 4)):
        for number in range(size):
            collection.act(ActKind.SUSPEND, collection.find(f"{deck}/c{number}").key)
    assert forecast_for(collection.rows, LEARNER, collection.settings, DAYS, clock()) == []
    assert ahead_of(collection).cards == 0


def test_a_backlog_is_worked_off_sooner_with_more_time(collection, clock):
    """With a long time box what is due is done today; with a short one it takes days."""
    for number in range(8):
        make_due(collection, f"d0/c{number}", days_ago=5)
    ahead = ahead_of(collection)
    assert ahead.level(60, seed=1).day == clock.today
    assert ahead.level(0.3, seed=1).day > clock.today + 1
    assert (
        replace(ahead, limits=replace(ahead.limits, reviews_per_day=0)).level(60, seed=1, most_days=40).day
        is None
    )
