"""The laws of merging over real databases: any devices, any order, any number of times, one result."""

import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from many_devices import (
    DOINGS,
    adopt,
    by_class,
    edit_decks,
    give,
    history_files,
    laptops,
    live_on,
    pull,
    take_all,
    versions_of,
)
from world import LEARNER, check_laws, seeded

from srs.model import ActKind
from srs.store import arrivals, batches, chains, daily, heads, line_rows, merging
from srs.today import scope_at

SAMPLE = settings(
    max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)
CAMPAIGN = settings(SAMPLE, max_examples=600)
SEEDS = st.integers(0, 1 << 40)
WITH_RENAMES = {doing: weight for doing, weight in DOINGS.items() if doing is not adopt} | {edit_decks: 12}
"""Parameters may be a deck's, and which deck a card is in says the text, which is not merged."""


@contextmanager
def lived(seed, doings=None, *, number=None, turns=25, rounds=3):
    """Laptops that lived for a while and merged with each other now and then; and the random source."""
    source = seeded(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        history_files(folder)
        found = laptops(folder, number or source.randrange(2, 5), source)
        for _ in range(source.randrange(1, rounds + 1)):
            for laptop in found:
                live_on(laptop, source, source.randrange(turns), doings)
            for _ in range(source.randrange(3)):
                one, other = source.sample(found, 2)
                if doings is not None and source.random() < 0.3:
                    pull(other, one)
                else:
                    give(one, other, source)
                check_laws(other.collection)
        yield found, source
        for laptop in found:
            laptop.collection.close()


def unite(found, source):
    """Merge every laptop with every other, in any order, until nobody has anything new."""
    for _ in range(6):
        before = [versions_of(laptop.collection) for laptop in found]
        pairs = [(one, other) for one in found for other in found if one is not other]
        source.shuffle(pairs)
        for one, other in pairs:
            give(one, other, source)
        if before == [versions_of(laptop.collection) for laptop in found]:
            return
    raise AssertionError("there is something new for ever")


def joined_by_merging(acts):
    """The ids of the joins that a merge or an import found by the names: they tell no name."""
    kind, payload = line_rows.ACT_VALUES.index("kind"), line_rows.ACT_VALUES.index("payload")
    return {act[0] for act in acts if act[kind] == "same" and "new_name" not in act[payload]}


def everything(collection):
    """All that a database holds of the log and what follows from it, row by row."""
    return {
        table: sorted(collection.rows(f"SELECT * FROM {table}", {}), key=repr)
        for table in ("review", "act", "twin", "memory", "alias", "options", "daily", "daily_mark", "card")
    }


def figures(laptop, now):
    """Dues, limits and statistics of a laptop as of a moment."""
    rows = laptop.collection.rows
    scope = scope_at(now, laptop.collection.days, LEARNER)
    return (
        heads.count(rows, scope, new_limit=10_000, review_limit=10_000),
        heads.done_today(rows, LEARNER, scope.today),
        *(
            sorted(daily.summed(rows, LEARNER, by=by), key=repr)
            for by in (("study_day", "deck"), ("hour",), ("mode",), ("state", "study_day"))
        ),
    )


def assert_equal_logs_are_equal(found):
    """Laptops with one log have one of everything that follows from it."""
    states = [by_class(laptop.collection) for laptop in found]
    for state in states[1:]:
        for mine, first in zip(state, states[0], strict=True):
            assert mine == first


def check_union(seed, doings=None):
    """The union holds every line ever written, and is the same on every laptop."""
    with lived(seed, doings) as (found, source):
        written = [versions_of(laptop.collection) for laptop in found]
        unite(found, source)
        answers = set().union(*(each[0] for each in written))
        acts = set().union(*(each[1] for each in written))
        for laptop in found:
            got_answers, got_acts = versions_of(laptop.collection)
            assert got_answers == answers
            assert got_acts >= acts
            assert {act[0] for act in got_acts - acts} <= joined_by_merging(got_acts)
            check_laws(laptop.collection)
        assert_equal_logs_are_equal(found)
        if doings is None:
            now = max(laptop.clock.now for laptop in found)
            assert len({repr(figures(laptop, now)) for laptop in found}) == 1


@given(seed=SEEDS)
@SAMPLE
def test_every_order_gives_the_same(seed):
    """Whoever merges with whom, equal logs give equal memories, dues, flags, limits and statistics."""
    check_union(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
@given(seed=SEEDS)
@CAMPAIGN
def test_every_order_gives_the_same_at_length(seed):
    """The same over many histories."""
    check_union(seed)


@given(seed=SEEDS)
@SAMPLE
def test_renames_on_one_and_not_on_the_other(seed):
    """Cards that got other names, keys and decks here or there: classes and memories come out equal."""
    check_union(seed, WITH_RENAMES)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
@given(seed=SEEDS)
@CAMPAIGN
def test_renames_on_one_and_not_on_the_other_at_length(seed):
    """The same over many histories."""
    check_union(seed, WITH_RENAMES)


def check_ways(seed):
    """Merging is a union: by whatever way, in whatever parts, once or often."""
    with lived(seed, number=3, rounds=2) as (found, source):
        answers, acts = (
            sorted(set().union(*(versions_of(laptop.collection)[part] for laptop in found)))
            for part in (0, 1)
        )
        with lived(seed + 1, number=3, turns=1) as (fresh, _):
            one, two, three = fresh
            take_all(one, answers, acts)
            for _ in range(3):
                some = source.sample(answers, len(answers) // 2)
                take_all(two, some, source.sample(acts, len(acts) // 2), source)
            take_all(two, answers, acts, source)
            give(two, three, source)
            give(one, three, source)
            give(one, two)
            give(two, one)
            give(three, one)
            give(three, two)
            assert_equal_logs_are_equal(fresh)
            check_laws(three.collection)
            before = everything(three.collection)
            taken = give(one, three, source)
            assert (taken.answers, taken.acts, taken.damaged) == (0, 0, 0)
            assert everything(three.collection) == before


@given(seed=SEEDS)
@SAMPLE
def test_a_union_by_any_way(seed):
    """Commutative, associative and idempotent, also through a third device and torn apart."""
    check_ways(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
@given(seed=SEEDS)
@CAMPAIGN
def test_a_union_by_any_way_at_length(seed):
    """The same over many histories."""
    check_ways(seed)


def check_bulk(seed):
    """The folds in arrays write what the fold line by line does."""
    with lived(seed, {**WITH_RENAMES, adopt: 2}, number=2) as (found, _):
        collection = found[0].collection
        give(found[1], found[0])
        wanted = by_class(collection)
        keys = [key for (key,) in collection.rows("SELECT card FROM memory", {})]
        for fold in (_in_chains, batches.refold_many):
            with collection.journal() as journal:
                journal.run("UPDATE review SET follows = 1 - follows", {})
                journal.run("UPDATE memory SET reps = 99, stability = 1, passed = 1, suspended = 1", {})
                fold(journal, keys)
            got = by_class(collection)
            assert got == wanted


def _in_chains(journal, keys):
    journal.refold_each(chains.refold(journal, keys, at_once=3))


@given(seed=SEEDS)
@SAMPLE
def test_many_cards_fold_alike(seed):
    """Very many at once or one by one, memories and the bits of decisions that stand are the same."""
    check_bulk(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
@given(seed=SEEDS)
@CAMPAIGN
def test_many_cards_fold_alike_at_length(seed):
    """The same over many histories."""
    check_bulk(seed)


def by_name(laptop):
    """What the memories of live cards come to, by the cards' names."""
    found = laptop.collection.rows(
        "SELECT c.deck, c.id, m.reps, m.lapses, m.state, m.due_day, m.last_id, m.suspended, m.flagged"
        " FROM card c JOIN memory m ON m.card = c.key WHERE c.retired = 0",
        {},
    )
    return {(deck, card_id): rest for deck, card_id, *rest in found}


def check_one_author(seed, with_renames=WITH_RENAMES):
    """One laptop edits the decks, the others take its files over now and then, with or without `was`.

    In the end, when all have the last files and one log, each card has one history everywhere, though
    names were given up and taken again, and some laptops never saw a rename happen.
    """
    source = seeded(seed)
    doings = {doing: weight for doing, weight in WITH_RENAMES.items() if doing is not edit_decks}
    with lived(seed, doings, number=source.randrange(2, 4), rounds=1, turns=6) as (found, _):
        author, *others = found
        for _ in range(source.randrange(1, 5)):
            live_on(author, source, source.randrange(15), with_renames)
            for laptop in others:
                live_on(laptop, source, source.randrange(10), doings)
                if source.random() < 0.5:
                    pull(laptop, author)
                if source.random() < 0.4:
                    give(author, laptop, source)
                if source.random() < 0.4:
                    give(laptop, author, source)
        unite(found, source)
        for laptop in others:
            pull(laptop, author)
        unite(found, source)
        assert_equal_logs_are_equal(found)
        for laptop in others:
            assert by_name(laptop) == by_name(author)
            check_laws(laptop.collection)


@given(seed=SEEDS)
@SAMPLE
def test_renamed_cards_have_one_history_everywhere(seed):
    """Cards are the same cards on every laptop, whenever each of them got to know of a rename."""
    check_one_author(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
@given(seed=SEEDS)
@CAMPAIGN
def test_renamed_cards_have_one_history_everywhere_at_length(seed):
    """The same over many histories."""
    check_one_author(seed)


@pytest.mark.parametrize("seed", [56, 77, 8235])
def test_keys_joined_apart_come_together(seed):
    """Laptops that joined the keys of reused names each in its own way agree whose history is whose."""
    check_one_author(seed, {**WITH_RENAMES, edit_decks: 60})


# Places: what is sent, and when.


class Place:
    """A shared folder: each device appends to its own file, a list of lines."""

    def __init__(self, name):
        self.name = name
        self.files = {}

    def sync(self, laptop, *, fails=None):
        """What a sync does; it may fail before it has sent, or before it knows that it has."""
        collection, device = laptop.collection, laptop.name
        with collection.journal() as journal:
            read = arrivals.files_read(journal.rows, self.name, device)
            for writer, lines in self.files.items():
                known = read.get(writer, arrivals.FileRead(0, ""))
                parts = [lines[known.read_to : known.read_to + 7], lines[known.read_to + 7 :]]
                merging.take(journal, parts, source=self.name)
                arrivals.note_read(journal, self.name, device, writer, arrivals.FileRead(len(lines), writer))
        if fails == "before":
            return
        with collection.journal() as journal:
            mark, parts = arrivals.unsent(journal.rows, LEARNER, self.name, device)
            own = self.files.setdefault(device, [])
            for part in parts:
                own.extend(part)
            if fails == "after":
                return
            arrivals.sent(journal, self.name, device, mark)
            arrivals.note_read(journal, self.name, device, device, arrivals.FileRead(len(own), device))


def saved(laptop):
    """A backup of a laptop's database."""
    copy = sqlite3.connect(":memory:")
    laptop.collection.database._driver.backup(copy)
    return copy


def have_a_time(found, places, source):
    """Live, merge, back up, restore and sync, in any order, with what goes wrong on the way."""
    backups = {}
    for _ in range(source.randrange(2, 12)):
        laptop = source.choice(found)
        what = source.random()
        if what < 0.4:
            live_on(laptop, source, source.randrange(8))
        elif what < 0.5:
            backups[laptop.name] = saved(laptop)
        elif what < 0.6 and laptop.name in backups:
            backups[laptop.name].backup(laptop.collection.database._driver)
        elif what < 0.7:
            give(source.choice([one for one in found if one is not laptop]), laptop, source)
        else:
            fails = source.choice([None, None, "before", "after"])
            source.choice(places).sync(laptop, fails=fails)
            check_laws(laptop.collection)


def sync_all(found, places, times=1):
    """Let everybody sync with every place; returns how many lines each file has."""
    for _ in range(times):
        for laptop in found:
            for place in places:
                place.sync(laptop)
    return [{name: len(lines) for name, lines in place.files.items()} for place in places]


def check_places(seed):
    """What anybody has sent or has, everybody gets, whatever failed on the way."""
    source = seeded(seed)
    with lived(seed, number=source.randrange(2, 4), rounds=1, turns=8) as (found, _):
        places = [Place("P"), Place("Q")][: source.randrange(1, 3)]
        have_a_time(found, places, source)
        there = [versions_of(laptop.collection) for laptop in found]
        sizes = sync_all(found, places, times=4)
        answers, acts = (set().union(*(each[part] for each in there)) for part in (0, 1))
        sent = {line.id for place in places for lines in place.files.values() for line in lines}
        for laptop in found:
            has = versions_of(laptop.collection)
            assert has[0] >= answers
            assert has[1] >= acts
            assert {values[0] for part in has for values in part} >= sent
            check_laws(laptop.collection)
        assert_equal_logs_are_equal(found)
        assert sync_all(found, places) == sizes, "nothing was new, and yet it was sent"


@pytest.mark.sqlite_file
@given(seed=SEEDS)
@SAMPLE
def test_places_are_sent_what_they_lack(seed):
    """Through shared folders, with syncs that were killed and databases restored, nothing is lost."""
    check_places(seed)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
@given(seed=SEEDS)
@CAMPAIGN
def test_places_are_sent_what_they_lack_at_length(seed):
    """The same over many histories."""
    check_places(seed)


def test_histories_hold_what_they_are_for():
    """The histories of these tests have everything in them that could go wrong: the laws are not empty."""
    kinds, facts = set(), set()
    for seed in range(80):
        if kinds | {ActKind.DECK} == set(ActKind) and facts == FACTS.keys():
            break
        with lived(seed, {**WITH_RENAMES, adopt: 2}) as (found, source):
            unite(found, source)
            rows = found[0].collection.rows
            kinds |= {kind for (kind,) in rows("SELECT DISTINCT kind FROM act", {})}
            for fact, sql in FACTS.items():
                if rows(sql, {})[0][0]:
                    facts.add(fact)
    assert kinds | {ActKind.DECK} == set(ActKind)
    assert facts == FACTS.keys()


FACTS = {
    "twins": "SELECT count(*) FROM twin",
    "undone answers": "SELECT count(*) FROM review WHERE undone = 1",
    "undone undos": "SELECT count(*) FROM act WHERE undone = 1 AND kind = 'undo'",
    "undone batches": "SELECT count(*) FROM act WHERE undone = 1 AND kind = 'batch'",
    "undone parameters": "SELECT count(*) FROM act WHERE undone = 1 AND kind = 'params'",
    "broken chains": "SELECT count(*) FROM review WHERE follows = 0 AND undone = 0 AND state_after > 0",
    "chains": "SELECT count(*) FROM review WHERE follows = 1",
    "joined keys": "SELECT count(*) FROM alias",
    "cards without text": "SELECT count(*) FROM memory WHERE card NOT IN (SELECT key FROM card)",
    "causes": "SELECT count(*) FROM act WHERE cause IS NOT NULL",
}
