"""Sums by study day: right whatever happened to the log, brought up to date cheaply, never by a look."""

import re
import sqlite3
import tempfile
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from histories import seeded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_migrations import SCHEMAS, restored
from world import (
    DAYS,
    LEARNER,
    MINUTE_MS,
    Clock,
    Written,
    classes_of,
    deck_of,
    filled,
    log_of,
    open_at,
)

from srs import __version__
from srs.collection import Collection
from srs.days import StudyDays
from srs.errors import NotFoundError
from srs.fold import live
from srs.ids import card_key, uuid7
from srs.intake import import_decks
from srs.model import ActKind, Answer, Rating
from srs.reviewing import Shown
from srs.scheduling import Scheduling
from srs.settings import Settings
from srs.store import batches, counting, daily, reading, summing
from srs.store.peek import Peek

EVERY_BY = [
    columns
    for part in ((), ("hour",), ("mode",), ("state",))
    for shared in ((), ("study_day",), ("deck",), ("study_day", "deck"))
    for columns in [(*shared, *part)]
]


# The sums, counted naively from the lines of the log


def facts_of(lines, deck_of_key):
    """One (columns, counts) for each live answer, card after card, in the order of the log."""
    standing = live(lines)
    classes = classes_of(standing)
    cards = defaultdict(list)
    for line in standing:
        if isinstance(line, Answer):
            cards[classes.get(line.card, frozenset({line.card}))].append(line)
    for keys, answers in cards.items():
        deck = next((deck_of_key[key] for key in keys if key in deck_of_key), None)
        yield from facts_of_card(answers, deck)


def facts_of_card(answers, deck):
    """The facts of one card's answers."""
    new_on, timed_on = {}, set()
    for index, line in enumerate(answers):
        before = answers[index - 1] if index else None
        counts = Counter({line.rating.name.lower(): 1})
        if line.study_day not in new_on:
            new_on[line.study_day] = line.state_before == 0 or (line.state_before is None and not before)
            gap = line.interval_before
            if gap is None:
                gap = line.study_day - before.study_day if before else 0
            passed = line.rating > Rating.AGAIN
            counts.update(cards=1, right=int(passed))
            if gap >= 1:
                age = "young" if gap <= 20 else "mature"
                counts.update({f"{age}_total": 1, f"{age}_passed": int(passed)})
        if line.took_ms is not None:
            ms, new = min(line.took_ms, 60_000), new_on[line.study_day]
            counts.update(timed=1, ms=ms, new_ms=ms if new else 0)
            if line.study_day not in timed_on:
                counts.update({"new_cards" if new else "review_cards": 1})
                timed_on.add(line.study_day)
        yield {"study_day": line.study_day, "deck": deck, **told_by(line)}, counts


def told_by(line):
    """What an answer alone tells: its hour on the clock there, its mode, the state it met."""
    hour = None
    if line.utc_offset is not None:
        hour = (datetime.fromtimestamp(line.at / 1000, UTC) + timedelta(minutes=line.utc_offset)).hour
    return {"hour": hour, "mode": line.mode or None, "state": line.state_before}


def naive(facts, by, since=-(10**6), until=10**7, decks=()):
    """The facts by some columns: values -> measures."""
    groups = defaultdict(Counter)
    for columns, counts in facts:
        if since <= columns["study_day"] <= until and (not decks or columns["deck"] in decks):
            groups[tuple(columns[name] for name in by)].update(counts)
    return {group: tuple(counts[name] for name in daily.MEASURES) for group, counts in groups.items()}


def read(rows, by, **of):
    """What `summed` gives, in the same shape."""
    found = daily.summed(rows, LEARNER, by=by, **of)
    assert len({one.group for one in found}) == len(found)
    return {one.group: tuple(one[1:]) for one in found}


def check_readers(collection):
    """Every reader equals the naive count of the lines of the log; returns the facts."""
    rows = collection.rows
    decks = dict(rows("SELECT key, deck FROM card", {}))
    facts = list(facts_of([replace(line, undone=False) for line in log_of(collection)], decks))
    for by in EVERY_BY:
        assert read(rows, by) == naive(facts, by), by
    days = sorted({columns["study_day"] for columns, _ in facts}) or [0]
    some = {"since": days[len(days) // 3], "until": days[-1] - 1, "decks": ("d0", "nowhere")}
    assert read(rows, ("study_day", "mode"), **some) == naive(facts, ("study_day", "mode"), **some)
    by_day = naive(facts, ("study_day",))
    recall = [daily.Sums(day, *sums) for day, sums in sorted(by_day.items())]
    assert counting.recall_by_day(rows, LEARNER) == [
        (*day.group, day.cards, day.right, *day.true_retention) for day in recall
    ]
    assert [day[:3] for day in counting.effort_by_day(rows, LEARNER)] == [
        (*day.group, day.answers, day.ms) for day in recall
    ]
    for name in ("mode", "deck"):
        everything = {"since": days[0], "until": days[-1]}
        groups = [daily.Sums(group, *sums) for group, sums in naive(facts, (name,)).items()]
        assert {*counting.recall_by_group(rows, LEARNER, name, **everything)} == {
            (*group.group, *group.true_retention) for group in groups if any(group.true_retention)
        }
    return facts


# A life of all that can happen to a log

ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")
LATE = [("d0", "late0"), ("d1", "late1")]
"""Cards that are answered, elsewhere, before there is a text for them."""

card_numbers = st.integers(0, 3)
took = st.sampled_from([None, 0, 900, 60_000, 61_000])
minutes = st.sampled_from([0, 1, 60, 700, 1_440, 2_880, 31_000, -90, -1_500, -4_000])
OPERATIONS = st.one_of(
    st.tuples(
        st.just("study"),
        st.lists(st.tuples(card_numbers, st.sampled_from(Rating), took, minutes), min_size=1, max_size=9),
    ),
    st.tuples(st.just("wait"), minutes),
    st.tuples(
        st.just("insert"),
        st.lists(
            st.tuples(
                st.integers(0, 5),
                st.integers(-40, 3),
                st.sampled_from(Rating),
                took,
                st.sampled_from([None, None, 0, 1, 20, 21]),
                st.sampled_from([None, 0, 2]),
                st.sampled_from([None, "", "type", "sung"]),
                st.sampled_from([None, -570, 0, 345]),
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    *[st.just((name,)) for name in ("undo", "redo", "sum", "sum a little", "sum anew")],
    st.tuples(
        st.sampled_from(["undo card", "forget", "suspend", "move", "rename", "join", "text"]), card_numbers
    ),
    st.tuples(st.just("zone"), st.sampled_from(ZONES), st.sampled_from([0, 4, 23])),
)


class Life:
    """A collection with two decks, and what is done to it."""

    def __init__(self, folder, seed):
        self.clock = Clock()
        self.random = seeded(seed)
        self.collection = Collection.in_memory(
            settings=Settings(),
            days=DAYS,
            learner=LEARNER,
            device="laptop",
            now=self.clock,
            random_bits=self.random.getrandbits,
        )
        self.decks = [deck_of(folder, "d0", 3), deck_of(folder, "d1", 1)]
        self.decks[1].cards[0].id = "c3"
        self.names = [("d0", "c0"), ("d0", "c1"), ("d0", "c2"), ("d1", "c3")]
        self._import()

    def _import(self):
        report = import_decks(self.collection, [deck.write() for deck in self.decks])
        assert not [problem for problem in report.problems if problem.is_error], report.problems

    def do(self, name, *rest):
        """Carry out one operation."""
        getattr(self, name.replace(" ", "_"))(*rest)

    def study(self, answers):
        for number, rating, took_ms, wait in answers:
            self.answer(number, rating, took_ms)
            self.wait(wait)

    def answer(self, number, rating, took_ms):
        collection, at = self.collection, self.clock.advance(seconds=5)
        on_file = collection.find("/".join(self.names[number]))
        options = collection.settings.options(None)
        shown = Shown(on_file, "review", collection.days.day(at), options)
        outcomes = (
            Scheduling().under(options).outcomes(shown.memory, key=shown.key, study_day=shown.study_day)
        )
        mode = self.random.choice(["reveal", "choice", "type"])
        collection.answer(shown, outcomes[rating - 1], at=at, took_ms=took_ms, mode=mode)

    def wait(self, minutes):
        self.clock.advance(minutes=minutes)

    def zone(self, name, rollover):
        self.collection.days = StudyDays(ZoneInfo(name), rollover)

    def undo(self):
        self.collection.undo()

    def undo_card(self, number):
        with suppress(NotFoundError):  # it has no answer to take back
            self.collection.undo_card(self.collection.find("/".join(self.names[number])))

    def redo(self):
        self.collection.redo()

    def forget(self, number):
        self.collection.act(ActKind.FORGET, self._key(number))

    def suspend(self, number):
        self.collection.act(ActKind.SUSPEND, self._key(number))

    def _key(self, number):
        return self.collection.find("/".join(self.names[number])).key

    def insert(self, answers):
        """Answers from elsewhere, with ids of their own moments, mostly far below the newest."""
        with self.collection.journal() as journal:
            batch = journal.append_act(ActKind.BATCH)
            lines = []
            for number, day, rating, took_ms, interval, state, mode, offset in answers:
                at = self.clock.now + day * 86_400_000 - self.random.randrange(1_000) * MINUTE_MS
                key = card_key(*(*self.names, *LATE)[number]) if number > 3 else self._key(number)
                line_id = uuid7(at, self.random.getrandbits(74))
                line = Answer(
                    line_id, key, at, self.collection.days.day(at), rating, took_ms, device="", batch=batch
                )
                line = replace(line, interval_before=interval, state_before=state, mode=mode)
                line = replace(line, utc_offset=offset)
                values = [getattr(line, name.strip()) for name in reading.ANSWER_COLUMNS.split(",")]
                lines.append([int(each) if isinstance(each, bool) else each for each in values])
                journal.saw(line_id)
            list(batches.insert_answers(journal.connection, LEARNER, sorted(lines)))
            if self.random.random() < 0.5:
                summing.batch_changed(journal.connection, LEARNER, batch)
            else:
                summing.answers_changed(journal.connection, LEARNER, [line[0] for line in lines])
            journal.refold({line[1] for line in lines})

    def sum(self):
        with self.collection.journal() as journal:
            summing.sum_up(journal.connection, LEARNER)
        assert daily.fresh_days(self.collection.rows, LEARNER) == []

    def sum_a_little(self):
        with self.collection.journal() as journal:
            summing.sum_up(journal.connection, LEARNER, most=self.random.choice([0, 1, 3, 9]))

    def sum_anew(self):
        with self.collection.journal() as journal:
            summing.forget_sums(journal.connection, [LEARNER])
            summing.sum_up(journal.connection, LEARNER)

    def move(self, number):
        """The card is in the other deck's file from now on."""
        deck, card_id = self.names[number]
        here, there = self.decks if deck == "d0" else self.decks[::-1]
        card = next(card for card in here.cards if card.id == card_id)
        here.cards.remove(card)
        card.was = (f"{deck}/{card_id}",)
        there.cards.append(card)
        self.names[number] = (there.path.stem, card_id)
        if not here.cards:
            here.cards.append(Written("filler"))
        self._import()

    def rename(self, number):
        deck, card_id = self.names[number]
        card = next(card for one in self.decks for card in one.cards if card.id == card_id)
        card.was, card.id = (card_id,), f"{card_id}x"
        self.names[number] = (deck, card.id)
        self._import()

    def join(self, number):
        """A late card turns out to be this one."""
        _, card_id = self.names[number]
        card = next(card for one in self.decks for card in one.cards if card.id == card_id)
        late = LATE[number % 2]
        if not any(late[1] in (one.id, *one.was) for deck in self.decks for one in deck.cards):
            card.was = (*card.was, "/".join(late))
            self._import()

    def text(self, number):
        """A late card gets its text."""
        _, card_id = LATE[number % 2]
        names = [name for one in self.decks for card in one.cards for name in (card.id, *card.was)]
        if not any(name.endswith(card_id) for name in names):
            self.decks[number % 2].cards.append(Written(card_id))
            self._import()


def live_and_check(operations, seed):
    """Live a life; after a few deeds and at its end every reader is right, before and after summing up."""
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), seed)
        for number, operation in enumerate(operations):
            life.do(*operation)
            if number % 5 == 4:
                check_readers(life.collection)
        check_readers(life.collection)
        life.sum()
        check_readers(life.collection)
        life.collection.close()


LIVES = st.lists(OPERATIONS, min_size=1, max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(LIVES, st.integers(0, 1_000))
def test_every_reader_equals_a_count_of_the_lines(operations, seed):
    """Whatever happens to the log and the decks, and whenever days are summed, the sums are right."""
    live_and_check(operations, seed)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(OPERATIONS, min_size=1, max_size=60), st.integers(0, 1_000_000))
def test_every_reader_equals_a_count_of_the_lines_of_very_many_lives(operations, seed):
    """The same in many and longer lives."""
    live_and_check(operations, seed)


# What it costs


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


def studied(folder, clock, *, days=12, answers=6):
    """A collection whose every day has answers of two decks, summed up."""
    collection = filled(folder, clock, 30, 30)
    for day in range(days):
        for number in range(answers):
            for deck in ("d0", "d1"):
                answer(collection, clock, f"{deck}/c{(day + number) % 30}")
        clock.advance(days=1)
    sum_up(collection)
    return collection


def answer(collection, clock, name, rating=Rating.GOOD):
    """Answer a card by its name a few seconds from now."""
    at = clock.advance(seconds=5)
    on_file = collection.find(name)
    options = collection.settings.options(None)
    shown = Shown(on_file, "review", collection.days.day(at), options)
    outcomes = Scheduling().under(options).outcomes(shown.memory, key=shown.key, study_day=shown.study_day)
    return collection.answer(shown, outcomes[rating - 1], at=at, took_ms=4_000)


def sum_up(collection, **how):
    """Bring the sums up to date."""
    with collection.journal() as journal:
        summing.sum_up(journal.connection, LEARNER, **how)


def kept(collection):
    """All that is kept, as it stands in the tables."""
    return [
        collection.rows(f"SELECT * FROM {table} ORDER BY 1, 2", {})
        for table in ("daily", "daily_mark", "daily_stale")
    ]


def steps_of(collection, ask):
    """How many steps SQLite's machine takes for what is asked."""
    driver, steps = collection.database._driver, [0]

    def count():
        steps[0] += 1

    driver.set_progress_handler(count, 1)
    try:
        ask()
    finally:
        driver.set_progress_handler(None, 0)
    return steps[0]


@pytest.mark.sqlite_file
def test_what_a_reader_reads_does_not_grow_with_the_answers(tmp_path):
    """Six times the answers on the same days, in the same decks, cost not one step more."""
    few, many = tmp_path / "few", tmp_path / "many"
    costs = []
    for folder, answers in ((few, 3), (many, 18)):
        folder.mkdir()
        with studied(folder, Clock(), answers=answers) as collection:
            rows = collection.rows
            assert sum(day.answers for day in counting.effort_by_day(rows, LEARNER)) == 24 * answers
            costs.append(
                [
                    steps_of(collection, lambda rows=rows: counting.recall_by_day(rows, LEARNER)),
                    steps_of(collection, lambda rows=rows: counting.effort_by_day(rows, LEARNER)),
                    steps_of(
                        collection,
                        lambda rows=rows: counting.recall_by_group(
                            rows, LEARNER, "deck", since=0, until=99_999
                        ),
                    ),
                ]
            )
    assert costs[0] == costs[1]


@pytest.mark.sqlite_file
def test_days_are_summed_with_the_first_answer_of_a_day_and_no_other(tmp_path, clock):
    """The first answer after midnight in UTC sums up what was before; those after it write no sums."""
    with studied(tmp_path, clock) as collection:
        statements = []
        collection.database._driver.set_trace_callback(statements.append)
        written = []
        for number in range(4):
            statements.clear()
            answer(collection, clock, f"d0/c{number}")
            written.append(any("daily" in sql for sql in statements))
        collection.database._driver.set_trace_callback(None)
        assert written == [True, False, False, False]
        assert daily.fresh_days(collection.rows, LEARNER) == [clock.today]
        clock.advance(days=1)
        answer(collection, clock, "d1/c0")
        assert daily.fresh_days(collection.rows, LEARNER) == [clock.today]
        check_readers(collection)


def test_a_day_waits_when_there_is_too_much_to_sum(tmp_path, clock):
    """With a bound, the newest days that fit are summed, always one; the others stay noted and read right."""
    with studied(tmp_path, clock, days=6, answers=2) as collection:
        with collection.journal() as journal:
            summing.forget_sums(journal.connection, [LEARNER])
        days = daily.fresh_days(collection.rows, LEARNER)
        for most, left in ((9, days[:-2]), (0, days[:-3]), (4, days[:-4]), (1_000, [])):
            sum_up(collection, most=most)
            assert daily.fresh_days(collection.rows, LEARNER) == left
            check_readers(collection)


@pytest.mark.sqlite_file
def test_a_look_writes_nothing(tmp_path, clock):
    """A reading command counts fresh days by itself: right, and without a byte changed."""
    with studied(tmp_path, clock) as collection:
        answer(collection, clock, "d0/c1")
        collection.undo()
        answer(collection, clock, "d1/c1", Rating.AGAIN)
        expected = check_readers(collection)
        before = kept(collection)
        with Peek(str(collection.database.path), __version__) as peek:
            assert read(peek.rows, ("study_day",)) == naive(expected, ("study_day",))
        assert kept(collection) == before


def test_undoing_what_is_not_summed_yet_leaves_no_note(tmp_path, clock):
    """The usual undo, of the answer just given, costs the sums nothing; an old one notes its day."""
    with studied(tmp_path, clock) as collection:
        answer(collection, clock, "d0/c1")
        collection.undo()
        assert kept(collection)[2] == []
        collection.undo()
        (noted,) = kept(collection)[2]
        assert noted == (LEARNER, clock.today - 1)
        check_readers(collection)


def test_a_plan_that_is_only_shown_sums_nothing(tmp_path, clock):
    """A dry run of an import that would move cards leaves the sums as they were."""
    with studied(tmp_path, clock) as collection:
        before = kept(collection)
        deck = deck_of(tmp_path, "d1", 30)
        deck.cards.append(Written("moved", was=("d0/c1",)))
        deck.write()
        first = deck_of(tmp_path, "d0", 30)
        del first.cards[1]
        first.write()
        import_decks(collection, [deck.path, first.path], dry_run=True)
        assert kept(collection) == before
        import_decks(collection, [deck.path, first.path])
        assert kept(collection) != before
        check_readers(collection)


def test_many_cards_at_once_are_summed_in_one_pass(tmp_path, clock, monkeypatch):
    """When very many cards change decks or answers come back, all days are summed anew, and right."""
    monkeypatch.setattr(summing, "MANY_CARDS", 2)
    with studied(tmp_path, clock) as collection:
        deck = deck_of(tmp_path, "d2", 30)
        for card in deck.cards:
            card.was = (f"d0/{card.id}",)
        deck.write()
        gone = deck_of(tmp_path, "d0", 30)
        gone.cards = [Written("other")]
        gone.write()
        import_decks(collection, [deck.path, gone.path])
        assert {row[3] for row in kept(collection)[0]} == {"d1", "d2"}
        check_readers(collection)


def test_sums_of_other_learners_change_with_the_decks(tmp_path, clock):
    """A card that moves takes the answers of everybody along, also of who is not importing."""
    with studied(tmp_path, clock) as collection:
        collection.learner = "other"
        with collection.journal() as journal:
            journal.refold([collection.find("d0/c1").key])
        answer(collection, clock, "d0/c1")
        sum_other = {"learner": "other"}
        with collection.journal() as journal:
            summing.sum_up_everybody(journal.connection)
        collection.learner = LEARNER
        deck = deck_of(tmp_path, "d1", 30)
        deck.cards.append(Written("moved", was=("d0/c1",)))
        first = deck_of(tmp_path, "d0", 30)
        del first.cards[1]
        import_decks(collection, [deck.write(), first.write()])
        decks = "SELECT DISTINCT deck FROM daily WHERE learner = :learner"
        assert collection.rows(decks, sum_other) == [("d1",)]


def test_common_sums_of_two_parts_are_refused(tmp_path, clock):
    """Hour and mode together are not kept, and are not made up either."""
    with filled(tmp_path, clock, 1) as collection, pytest.raises(ValueError, match="hour and mode"):
        daily.summed(collection.rows, LEARNER, by=("study_day", "hour", "mode"))


SCANNED = re.compile(r"^SCAN (?:TABLE )?(review|act|memory|card|daily|r|p|d|c|a|s)\b")


@pytest.mark.sqlite_file
def test_sums_are_read_and_written_along_indexes(tmp_path, clock):
    """No statement that reads or writes sums walks a table of the log or of cards from end to end."""
    with studied(tmp_path, clock) as collection:
        statements = set()
        driver = collection.database._driver
        driver.set_trace_callback(statements.add)
        answer(collection, clock, "d0/c1")
        collection.undo()
        collection.undo()
        with collection.journal() as journal:
            batch = journal.append_act(ActKind.BATCH)
            summing.batch_changed(journal.connection, LEARNER, batch)
            summing.cards_changed(journal.connection, [collection.find("d0/c2").key])
        for by in EVERY_BY:
            daily.summed(collection.rows, LEARNER, by=by, since=1, until=clock.today, decks=("d0", "d1"))
        driver.set_trace_callback(None)
        about = [sql for sql in statements if "daily" in sql or "r.utc_offset" in sql]
        assert len(about) > 30
        for sql in about:
            plan = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert not [step for step in plan if SCANNED.match(step) and "m" not in step.split()[1]], (
                sql,
                plan,
            )
            walks = [step for step in plan if re.search(r" (r|p|review) .*\(learner=\?\)$", step)]
            assert not walks, (sql, plan)


# Older databases


@pytest.mark.sqlite_file
@pytest.mark.parametrize("dump", SCHEMAS, ids=lambda dump: dump.name)
def test_an_older_database_is_summed_when_it_is_brought_up_to_date(tmp_path, clock, dump):
    """After the migration nothing is left to sum, the sums are right and the log is as it was."""
    path = restored(dump, tmp_path / "cards.db")
    plain = sqlite3.connect(path)
    log = [plain.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in ("review", "act")]
    plain.close()
    with open_at(path, clock) as collection:
        assert log == [
            collection.rows(f"SELECT * FROM {table} ORDER BY id", {}) for table in ("review", "act")
        ]
        if dump != SCHEMAS[-1]:
            assert daily.fresh_days(collection.rows, LEARNER) == []
        assert len(check_readers(collection)) > 10
