"""Taking lines that were written elsewhere: what a merge writes, refuses and mends, case by case."""

from dataclasses import replace

import pytest
from histories import seeded
from many_devices import Laptop, by_class, give, laptops, take_all, versions_of
from world import LEARNER, START, Written, answer_card, check_laws, classes_of, log_of, memories_of

from srs.history import import_answers
from srs.ids import card_key
from srs.model import ActKind, Options, Rating, State
from srs.settings import Settings
from srs.store import arrivals, devices, merging
from srs.store.soundness import is_sound_act


@pytest.fixture
def two(tmp_path):
    """Two laptops with equal decks and an equal clock."""
    found = laptops(tmp_path, 2, seeded(3))
    for laptop in found:
        laptop.clock.now = found[0].clock.now
        laptop.collection.settings = Settings()
    yield found
    for laptop in found:
        laptop.collection.close()


def both_ways(one, other):
    """Merge two laptops with each other, and see that they agree."""
    give(one, other)
    give(other, one)
    assert by_class(one.collection) == by_class(other.collection)
    for laptop in (one, other):
        check_laws(laptop.collection)


def import_csv(laptop, name="history.csv", rating=3):
    """Import a file of three answers to two cards, the same on every laptop; its batch."""
    path = laptop.folder.parent / name
    at = START - 40 * 86_400_000
    rows = [f"d0/c0,{rating},{at}", f"d0/c0,3,{at + 86_400_000 * 3}", f"d0/c1,4,{at}"]
    path.write_text("card,rating,reviewed_at\n" + "\n".join(rows) + "\n")
    report = import_answers(laptop.collection, path)
    assert report.new == 3
    return report.batch


def reps(laptop, name="d0/c0"):
    """How many answers the memory of a card counts."""
    return laptop.collection.find(name).memory.reps


def take_back(laptop, line):
    """Undo a line."""
    laptop.clock.advance(minutes=1)
    with laptop.collection.journal() as journal:
        return journal.take_back(line)


# Imported answers.


def test_one_file_imported_on_two_laptops_counts_once(two):
    """Equal answers under two batches are one answer, on either laptop."""
    one, other = two
    import_csv(one)
    other.clock.advance(minutes=5)
    import_csv(other)
    both_ways(one, other)
    assert reps(one) == reps(other) == 2
    assert one.rows("SELECT count(*) FROM twin", {}) == [(3,)]


@pytest.mark.parametrize("first", [0, 1])
def test_undoing_one_import_leaves_what_the_other_brought(two, first):
    """An answer counts as long as one of its imports stands; redo brings it back."""
    batches = [import_csv(two[0])]
    two[1].clock.advance(minutes=5)
    batches.append(import_csv(two[1]))
    undo = take_back(two[first], batches[first])
    assert reps(two[first]) == 0
    both_ways(*two)
    assert reps(two[0]) == reps(two[1]) == 2
    take_back(two[first], batches[1 - first])
    assert reps(two[first]) == 0
    both_ways(*two)
    assert reps(two[1 - first]) == 0
    take_back(two[1 - first], undo)
    assert reps(two[1 - first]) == 2
    both_ways(*two)
    assert reps(two[first]) == 2


def test_two_versions_of_a_file_agree_on_one(two):
    """Where two imports say different things of one answer, the same one counts on every laptop."""
    one, other = two
    batch = import_csv(one, "a.csv", rating=1)
    other.clock.advance(minutes=5)
    import_csv(other, "b.csv", rating=4)
    both_ways(one, other)
    sql = "SELECT rating FROM review WHERE undone = 0 ORDER BY id, rating"
    assert one.rows(sql, {}) == other.rows(sql, {})
    assert one.rows("SELECT batch FROM review LIMIT 1", {}) == [(batch,)]
    take_back(other, batch)
    both_ways(one, other)
    assert sorted(one.rows(sql, {})) == [(3,), (4,), (4,)]


def test_an_answer_that_was_given_comes_before_its_import(two):
    """The line of a real answer wins over a copy of it that came in with a batch, whichever came first."""
    one, other = two
    answer_card(one.collection, "d0/c2", Rating.GOOD)
    (answers, acts) = versions_of(one.collection)
    (real,) = answers
    batch = import_csv(other)
    copied = (*real[:-1], batch)
    take_all(other, [copied], [])
    take_all(other, [real], sorted(acts))
    assert other.rows("SELECT batch FROM review WHERE id = :id", {"id": real[0]}) == [(None,)]
    take_back(other, batch)
    assert reps(other, "d0/c2") == 1
    check_laws(other.collection)


# Undo.


def test_an_undo_may_come_before_what_it_takes_back(two):
    """Lines come in any order: an undo waits for its target, an answer for its batch's undo."""
    one, other = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    one.collection.undo()
    batch = import_csv(one)
    take_back(one, batch)
    answers, acts = map(sorted, versions_of(one.collection))
    undos = [values for values in acts if values[1] == "undo"]
    take_all(other, [], undos)
    take_all(other, answers, [])
    assert other.rows("SELECT count(*) FROM review WHERE undone = 0", {}) == [(0,)]
    check_laws(other.collection)
    take_all(other, [], acts)
    assert by_class(other.collection) == by_class(one.collection)


def test_what_an_answer_caused_falls_with_it(two):
    """An undo on one laptop takes back the suspension that the answer caused on the other."""
    one, other = two
    line = answer_card(one.collection, "d0/c0", Rating.AGAIN).answer.id
    key = one.collection.find("d0/c0").key
    with one.collection.journal() as journal:
        journal.append_act(ActKind.SUSPEND, card=key, cause=line)
        journal.refold([key])
    give(one, other)
    assert memories_of(other.collection)[key].suspended
    take_back(other, line)
    both_ways(one, other)
    assert not memories_of(one.collection)[key].suspended


def test_redo_on_the_other_laptop(two):
    """Undoing an undo that another laptop wrote brings the answer back on both."""
    one, other = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    one.collection.undo()
    give(one, other)
    ((undo,),) = other.rows("SELECT id FROM act WHERE kind = 'undo'", {})
    take_back(other, undo)
    both_ways(one, other)
    assert reps(one) == 1


# What is written after a merge, and what is not taken.


def test_new_lines_are_above_all_that_came_in(two):
    """After lines from a clock a year ahead, an answer here still comes after them."""
    one, other = two
    one.clock.advance(days=400)
    ahead = answer_card(one.collection, "d0/c0", Rating.GOOD).answer
    give(one, other)
    with other.collection.journal() as journal:
        merging.take(journal, [[]])
        assert journal.next_id() > ahead.id
    mine = answer_card(other.collection, "d0/c0", Rating.AGAIN).answer
    assert mine.id > ahead.id
    both_ways(one, other)
    assert memories_of(one.collection)[mine.card].last_id == mine.id


SPOILT = {
    "id": b"short",
    "card": None,
    "at": 10**18,
    "study_day": "today",
    "rating": 5,
    "took_ms": 1.5,
    "mode": 7,
    "hinted": 2,
    "after": b"",
    "state_before": 4,
    "recall": float("nan"),
    "device": None,
    "batch": 0,
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_value_that_cannot_be_is_not_taken(two, name):
    """An answer with a value of another kind or range is counted as damaged; the others come in."""
    from srs.store.twins import VALUE_NAMES

    one, other = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    answer_card(one.collection, "d0/c1", Rating.GOOD)
    (good, bad), acts = map(sorted, versions_of(one.collection))
    spoilt = list(bad)
    spoilt[VALUE_NAMES.index(name)] = SPOILT[name]
    taken = take_all(other, [good, tuple(spoilt)], acts)
    assert (taken.answers, taken.damaged) == (1, 1)
    check_laws(other.collection)


def act_of(kind, payload="{}", *, card=b"k" * 16, target=None, cause=None):
    """The values of an act."""
    return (b"\1" + bytes(15), kind, 1_760_000_000_000, 20_000, card, target, cause, payload, "x")


ACTS = {
    "unknown kind": act_of("dance"),
    "undo of nothing": act_of("undo"),
    "undo of a later line": act_of("undo", target=b"\2" * 16),
    "cause that comes later": act_of("suspend", cause=b"\2" * 16),
    "no JSON": act_of("bury", "{"),
    "JSON of another kind": act_of("bury", "[]"),
    "a day that is none": act_of("bury", '{"day":1e9}'),
    "options of another name": act_of("options", '{"body":"{}","hash":"00"}'),
    "parameters": act_of("params", '{"deck":null,"parameters":[1,2,3]}'),
    "keys": act_of("same", '{"old":"00","new":"11"}'),
    "suspends no card": act_of("suspend", card=None),
}


@pytest.mark.parametrize("what", ACTS)
def test_an_act_that_cannot_be_is_not_taken(two, what):
    """An act that says nothing its kind could say is counted as damaged, and nothing else happens."""
    before = by_class(two[0].collection)
    taken = take_all(two[0], [], [ACTS[what]])
    assert (taken.acts, taken.damaged) == (0, 1)
    assert by_class(two[0].collection) == before


def test_every_act_of_a_log_is_sound(two):
    """What the program itself writes is never taken for damage."""
    one = two[0]
    one.collection.act(ActKind.BURY, one.collection.find("d0/c0").key, day=one.clock.today + 1)
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    one.collection.undo()
    import_csv(one)
    _, acts = versions_of(one.collection)
    assert len(acts) > 3
    assert all(map(is_sound_act, acts))


def test_a_line_that_contradicts_is_not_taken(two):
    """A known id that says something else changes nothing, be it an answer or an act."""
    one, other = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    one.collection.act(ActKind.FLAG, one.collection.find("d0/c0").key)
    answers, acts = map(sorted, versions_of(one.collection))
    give(one, other)
    before = by_class(other.collection)
    (answer,), act = answers, next(values for values in acts if values[1] == "flag")
    forged = [(*answer[:4], 1, *answer[5:])]
    forged_acts = [(*act[:2], act[2] + 1, *act[3:])]
    taken = take_all(other, forged, forged_acts)
    assert (taken.answers, taken.acts, taken.known, taken.damaged) == (0, 0, 0, 2)
    assert by_class(other.collection) == before


def test_options_may_come_after_their_answers(two):
    """A broken chain is folded anew under the options it names, once these are known."""
    one, other = two
    one.collection.settings = Settings(learning_steps=(), desired_retention=0.7)
    for laptop in two:
        answer_card(laptop.collection, "d0/c0", Rating.GOOD)
        laptop.clock.advance(minutes=10)
    answers, acts = map(sorted, versions_of(one.collection))
    take_all(other, answers, [])
    take_all(other, [], acts)
    give(other, one)
    assert by_class(one.collection) == by_class(other.collection)
    assert Options(desired_retention=0.7, learning_steps=()).name() in {
        name for (name,) in other.rows("SELECT hash FROM options", {})
    }


def test_answers_to_cards_without_text_are_kept_and_counted(two):
    """They fold, count as unknown, and meet their card when its deck is imported."""
    one, other = two
    one.decks[0].cards.append(Written("fresh"))
    one.import_decks()
    key = answer_card(one.collection, "d0/fresh", Rating.EASY).answer.card
    assert give(one, other).unknown == 1
    assert memories_of(other.collection)[key].reps == 1
    other.decks[0].cards.append(Written("fresh"))
    other.import_decks()
    assert reps(other, "d0/fresh") == 1
    check_laws(other.collection)


def test_a_learner_who_is_new_here_gets_all_cards(two):
    """Lines of somebody new make memories of every live card, as an import does."""
    one, other = two
    answer_card(one.collection, "d0/c0", Rating.EASY)
    answers, acts = map(sorted, versions_of(one.collection))
    with other.collection.journal() as journal:
        merging.take_values(journal.of("anna"), [merging.Part(answers, acts)])
    found = other.rows("SELECT state, count(*) FROM memory WHERE learner = 'anna' GROUP BY state", {})
    assert found == [(State.NEW, 7), (State.REVIEW, 1)]
    assert reps(other) == 0


# Keys.


def renamed(laptop, old, new):
    """Give a card of the first deck another name in the file, with `was`, and import."""
    card = next(card for card in laptop.decks[0].cards if card.id == old)
    card.was, card.id = (*card.was, old), new
    laptop.import_decks()


def without_was(laptop, other):
    """Take over another laptop's files after `was` has gone from them."""
    for mine, theirs in zip(laptop.decks, other.decks, strict=True):
        mine.cards = [replace(card, was=()) for card in theirs.cards]
    laptop.import_decks()


@pytest.mark.parametrize("merged_first", [False, True])
def test_a_rename_that_a_laptop_never_saw(two, merged_first):
    """The renamed card is one card on both, whether the file or the log came first."""
    one, other = two
    for laptop in two:
        answer_card(laptop.collection, "d0/c0", Rating.GOOD)
    renamed(one, "c0", "renamed")
    answer_card(one.collection, "d0/renamed", Rating.GOOD)
    if merged_first:
        give(one, other)
    without_was(other, one)
    answer_card(other.collection, "d0/renamed", Rating.HARD)
    both_ways(one, other)
    both_ways(one, other)
    assert reps(one, "d0/renamed") == reps(other, "d0/renamed") == 4
    assert other.rows("SELECT count(*) FROM card WHERE deck = 'd0' AND id = 'c0'", {}) == [(0,)]


@pytest.mark.parametrize("merged_first", [False, True])
def test_a_name_that_was_taken_again_is_another_card(two, merged_first):
    """A renamed card and the one that took its name stay two, also where their keys were given otherwise."""
    one, other = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    renamed(one, "c0", "renamed")
    one.decks[0].cards[0].was = ()
    one.decks[0].cards.append(Written("c0", "Something else entirely?"))
    one.import_decks()
    answer_card(one.collection, "d0/c0", Rating.EASY)
    if merged_first:
        give(one, other)
    without_was(other, one)
    if not merged_first:
        give(one, other)
    for laptop in two:
        laptop.clock.advance(days=1)
        answer_card(laptop.collection, "d0/c0", Rating.GOOD)
        answer_card(laptop.collection, "d0/renamed", Rating.GOOD)
    both_ways(one, other)
    for laptop in two:
        assert reps(laptop, "d0/renamed") == 3
        assert reps(laptop, "d0/c0") == 3
        assert laptop.collection.find("d0/c0").key == card_key("d0", "c0", "", 2)


def test_answers_to_a_name_taken_again_before_a_laptop_knew(two):
    """What was answered under the old key counts for the renamed card: nobody can tell which was meant."""
    one, other = two
    renamed(one, "c0", "renamed")
    one.decks[0].cards[0].was = ()
    one.decks[0].cards.append(Written("c0", "Something else entirely?"))
    one.import_decks()
    without_was(other, one)
    answer_card(other.collection, "d0/c0", Rating.GOOD)
    both_ways(one, other)
    for laptop in two:
        assert reps(laptop, "d0/renamed") == 1
        assert reps(laptop, "d0/c0") == 0
        assert laptop.rows("SELECT count(*) FROM card WHERE deck = 'd0' AND retired = 0", {}) == [(5,)]


def test_a_class_without_text_meets_its_card(two):
    """Joined keys that have no row here stand under one key, and an import finds them by any name."""
    one, other = two
    one.decks[0].cards.append(Written("fresh"))
    one.import_decks()
    answer_card(one.collection, "d0/fresh", Rating.GOOD)
    renamed(one, "fresh", "known")
    give(one, other)
    assert other.rows("SELECT count(*) FROM alias", {}) == [(1,)]
    check_laws(other.collection)
    without_was(other, one)
    assert reps(other, "d0/known") == 1
    both_ways(one, other)


def test_a_name_passed_on_before_the_files_came(two):
    """Until its files come, a laptop keeps each history with the card it has; then the names are right."""
    one, other = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    for _ in range(2):
        answer_card(one.collection, "d0/c1", Rating.GOOD)
    renamed(one, "c0", "renamed")
    one.decks[0].cards[0].was = ()
    renamed(one, "c1", "c0")
    give(one, other)
    assert (reps(other, "d0/c0"), reps(other, "d0/c1")) == (1, 2)
    without_was(other, one)
    both_ways(one, other)
    for laptop in two:
        assert (reps(laptop, "d0/renamed"), reps(laptop, "d0/c0")) == (1, 2)


@pytest.mark.sqlite_file
def test_two_names_for_one_card_learned_late(two):
    """Two rows that the log joins become one: the name told last stays, both histories with it."""
    one, other = two
    answer_card(other.collection, "d0/c0", Rating.GOOD)
    other.decks[0].cards[0] = replace(other.decks[0].cards[0], id="renamed")
    other.import_decks()
    answer_card(other.collection, "d0/renamed", Rating.GOOD)
    renamed(one, "c0", "renamed")
    both_ways(one, other)
    assert reps(other, "d0/renamed") == 2
    lines = log_of(other.collection)
    (joined,) = {keys for keys in classes_of(lines).values() if len(keys) > 1}
    assert joined == {card_key("d0", "c0"), card_key("d0", "renamed")}
    assert other.rows("SELECT count(*) FROM card_search", {}) == other.rows("SELECT count(*) FROM card", {})


def test_everybodys_memories_follow_joined_keys(two):
    """Cards are everybody's: another learner's memory of a joined card is folded anew, too."""
    one, other = two
    answer_card(other.collection, "d0/c0", Rating.GOOD)
    answers, acts = map(sorted, versions_of(other.collection))
    with other.collection.journal() as journal:
        merging.take_values(journal.of("anna"), [merging.Part(answers, acts)])
    other.decks[0].cards[0] = replace(other.decks[0].cards[0], id="renamed")
    other.import_decks()
    renamed(one, "c0", "renamed")
    give(one, other)
    sql = "SELECT learner, reps FROM memory JOIN card c ON c.key = card WHERE id = 'renamed' ORDER BY 1"
    assert other.rows(sql, {}) == [("anna", 1), (LEARNER, 1)]


# Devices and places.


def test_a_device_joins_as_somebody(two):
    """One whose lines are here has joined; another joins once, as whom it is said to be."""
    one, other = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    assert devices.learner_of(one.rows, one.name, LEARNER) == LEARNER
    assert devices.learner_of(other.rows, one.name, LEARNER) is None
    assert devices.learner_of(one.rows, one.name, "anna") is None
    with other.collection.journal() as journal:
        devices.join(journal.of("anna"), one.name, LEARNER, name="old laptop")
    assert devices.learner_of(other.rows, one.name, LEARNER) == "anna"
    assert devices.name_of(other.rows, one.name) == "old laptop"
    assert devices.name_of(other.rows, "unknown") == "unknown"
    assert devices.joined(other.rows) == [devices.Device(one.name, LEARNER, "anna", "old laptop")]


def sent_to(laptop, place, device=None):
    """Send a place what it lacks; the ids."""
    device = device or laptop.name
    with laptop.collection.journal() as journal:
        mark, parts = arrivals.unsent(journal.rows, LEARNER, place, device)
        ids = [line.id for part in parts for line in part]
        arrivals.sent(journal, place, device, mark)
    assert len(ids) == len(set(ids)), "a line was given twice"
    return set(ids)


def all_ids(laptop):
    """The ids of the whole log."""
    return {line.id for line in log_of(laptop.collection)}


def test_a_place_is_sent_everything_once(two):
    """The first time all lines, then what is new; another place and another device begin anew."""
    one, _ = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    everything = all_ids(one)
    assert sent_to(one, "P") == everything
    assert sent_to(one, "P") == set()
    batch = import_csv(one)
    assert sent_to(one, "P") == all_ids(one) - everything
    assert batch in all_ids(one) - everything
    assert sent_to(one, "Q") == all_ids(one)
    assert sent_to(one, "P", "another device of this database") == all_ids(one)


def test_what_came_from_elsewhere_is_passed_on(two):
    """Lines of a merged database go to every place; lines of a place to every other, not back."""
    one, other = two
    sent_to(one, "P")
    sent_to(one, "Q")
    answer_card(other.collection, "d0/c0", Rating.GOOD)
    theirs = all_ids(other)
    give(other, one, source=None)
    new = theirs & all_ids(one)
    assert sent_to(one, "P") == new
    answer_card(other.collection, "d0/c1", Rating.GOOD)
    more = all_ids(other) - theirs
    answers, acts = map(sorted, versions_of(other.collection))
    with one.collection.journal() as journal:
        merging.take_values(journal, [merging.Part(answers, acts)], source="P")
    assert sent_to(one, "P") == set()
    assert sent_to(one, "Q") == new | more
    assert one.rows("SELECT count(*) FROM arrival", {}) == [(0,)]


def test_a_place_that_was_replaced_is_filled_again(two):
    """When this device's file there is gone, everything is sent as if for the first time."""
    one, _ = two
    answer_card(one.collection, "d0/c0", Rating.GOOD)
    sent_to(one, "P")
    with one.collection.journal() as journal:
        arrivals.note_read(journal, "P", one.name, "a.jsonl", arrivals.FileRead(5, "x"))
        assert arrivals.files_read(journal.rows, "P", one.name) == {"a.jsonl": arrivals.FileRead(5, "x")}
        arrivals.forget_place(journal, "P", one.name)
        assert arrivals.files_read(journal.rows, "P", one.name) == {}
    assert sent_to(one, "P") == all_ids(one)


def test_many_lines_are_sent_whole(two, monkeypatch):
    """Pages and blobs of ids leave nothing out at their edges."""
    one, other = two
    for name in ("_IDS_AT_ONCE", "_LINES_AT_ONCE", "_KEYS_AT_ONCE"):
        monkeypatch.setattr(arrivals, name, 2)
    for number in range(4):
        answer_card(one.collection, f"d0/c{number}", Rating.GOOD)
        answer_card(other.collection, f"d1/c{number}", Rating.GOOD)
    import_csv(one)
    sent_to(one, "P")
    theirs = all_ids(other) - all_ids(one)
    give(other, one)
    answer_card(one.collection, "d1/c0", Rating.GOOD)
    assert len(sent_to(one, "P")) == len(theirs) + 1
    assert isinstance(one, Laptop)
