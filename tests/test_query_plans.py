"""What the database is asked, and how: no full scans of what grows, and a pinned number of statements."""

import re

import pytest
from world import LEARNER, Clock, answer_card, answer_next, deck_of, filled, make_due, started

from srs import __version__
from srs.intake import import_decks
from srs.model import ActKind, Rating
from srs.settings import Settings
from srs.store import heads, joined_keys, reading
from srs.store.peek import Peek
from srs.today import Request

pytestmark = pytest.mark.sqlite_file

GROWING = ("review", "act", "memory", "card", "card_tag", "alias")
ALLOWED = {
    # A name is looked for in all decks where a person leaves the deck out: once, before a session.
    "WHERE c.id = :id AND c.variant = :variant ORDER BY": {"card"},
    # The names to suggest one from, after a name that does not exist.
    "SELECT deck, id FROM card": {"card"},
    # The end of the key itself: one row.
    "SELECT (SELECT id FROM review WHERE learner = :learner ORDER BY id DESC LIMIT 1)": {"review", "act"},
    # From the newest line back, until one that this device wrote and that stands: the first, most often.
    "AND batch IS NULL ORDER BY id DESC LIMIT 1": {"review"},
    # The first deck that has new cards: one step in an index of nothing else.
    "SELECT min(m.deck) FROM memory m WHERE": {"memory"},
    # New cards in deck order, an index of nothing else, up to the limit.
    "m.state = 0 AND (m.buried_until IS NULL OR m.buried_until <= :today)": {"memory"},
    # Practice weighs all cards against each other: one scan when it starts.
    "ORDER BY m.state = 0, m.stability": {"memory"},
}
"""Statements that may walk a table or an index from end to end, by a part of their text; why, above each."""

STATEMENTS_OF_AN_ANSWER = [
    "BEGIN",
    # The newest line, above which the next id goes, and the schema: another program may have migrated.
    "SELECT (SELECT id FROM review",
    "SELECT m.state,",  # the memory as it is now, and adopted parameters
    "UPDATE memory",
    "INSERT INTO review",
    "COMMIT",
]
STATEMENTS_OF_THE_NEXT_CARD = 9  # two of them because the first due day has only one card


@pytest.fixture
def traced(tmp_path):
    """A collection, its clock, and a list that gathers each (SQL, parameters) it runs."""
    clock = Clock()
    collection = filled(tmp_path, clock, 30, 4)
    for i in range(6):
        make_due(collection, f"d0/c{i}", days_ago=i % 3)
    asked = []
    database = collection.database

    def noting(run):
        def note(sql, params):
            asked.append((sql, params))
            return run(sql, params)

        return note

    database.rows, database.run = noting(database.rows), noting(database.run)
    many = database.run_many

    def note_many(sql, params):
        asked.extend((sql, each) for each in params[:1])
        many(sql, params)

    database.run_many = note_many
    yield collection, clock, asked
    collection.close()


def walked(collection, sql, params):
    """The tables that SQLite would walk from end to end for a statement, and its plan.

    All rows of one learner are all rows, so a search by the learner alone is a walk, too.
    """
    plan = [row[3] for row in collection.database._driver.execute(f"EXPLAIN QUERY PLAN {sql}", params)]
    names = {alias: table for table, alias in re.findall(r"(?:FROM|JOIN) (\w+) (\w)\b", sql)}
    walks = [re.match(r"(?:SCAN|SEARCH(?=.*\(learner=\?\))) (\w+)", line) for line in plan]
    found = {match[1] for match in walks if match}
    return {names.get(name, name) for name in found} & set(GROWING), plan


def check_plans(collection, asked):
    """Every statement goes by an index to the rows it needs, but for those allowed by name."""
    assert asked
    for sql, params in asked:
        if not sql.lstrip().startswith(("SELECT", "UPDATE", "INSERT", "DELETE", "WITH")):
            continue
        found, plan = walked(collection, sql, params)
        allowed = {table for part, tables in ALLOWED.items() if part in sql for table in tables}
        assert not found - allowed, f"{sql}\n" + "\n".join(plan)


def live_a_little(collection, clock):
    """Everything a session and the commands about cards do."""
    for order in ("due", "forgotten", "random", "deck"):
        collection.settings = Settings(order=order)
        review = started(collection)
        for rating in Rating:
            answer_next(review, clock, rating)
        review.undo(clock())
        review.redo(clock())
        review.next(clock())
        review.put_away(ActKind.BURY, clock())
        review.next(clock())
        review.flag(clock())
        review.refresh(clock())
    for request in (Request(ahead=True), Request(("d0",), ("even",)), Request(limit=2), Request(minutes=1)):
        started(collection, request).next(clock())
    on_file = collection.find("d0/c9")
    collection.find("d1/c3")
    for kind in (ActKind.SUSPEND, ActKind.RESUME, ActKind.FORGET):
        collection.act(kind, on_file.key)
    answer_card(collection, "d0/c9", Rating.EASY)
    collection.set_due(collection.find("d0/c9"), clock.today)
    collection.answers(on_file)
    collection.undo_card(on_file)


def test_no_statement_of_the_answer_path_scans_what_grows(traced):
    """Sessions in every order, undo, redo, acts and lookups walk indexes, with and without statistics."""
    collection, clock, asked = traced
    live_a_little(collection, clock)
    scope = started(collection).scope(clock())
    heads.next_due_day(collection.rows, scope)
    heads.next_unburied_day(collection.rows, scope)
    heads.next_step(collection.rows, scope, clock())
    heads.practice_cards(collection.rows, scope, 5)
    reading.count_live_answers(collection.rows, LEARNER, bytes(16))
    reading.row_key(collection.rows, bytes(16))
    texts = {sql for sql, _ in asked}
    assert len(texts) > 40
    check_plans(collection, asked)


def test_a_batch_taken_back_is_found_by_its_index(traced):
    """Undoing a whole import of answers walks the batch's lines alone."""
    collection, _, asked = traced
    with collection.journal() as journal:
        batch = journal.append_act(ActKind.BATCH)
    key = collection.find("d0/c0").key
    collection.rows("UPDATE review SET batch = :batch WHERE card = :key", {"batch": batch, "key": key})
    asked.clear()
    collection.undo()
    assert any(" batch = :" in sql for sql, _ in asked)
    check_plans(collection, asked)


def test_the_statements_of_a_rename_walk_indexes(traced, tmp_path):
    """Folding a card anew under its new name reads the lines of its keys alone."""
    collection, _, asked = traced
    deck = deck_of(tmp_path, "d0", 30)
    deck.cards[0].was, deck.cards[0].id = ("c0",), "renamed"
    deck.write()
    asked.clear()
    import_decks(collection, [deck.path])
    with collection.journal() as journal:
        journal.refold([collection.find("d0/renamed").key])
    assert len(collection.answers(collection.find("d0/renamed"))) == 1
    check_plans(collection, asked)


def test_a_name_told_by_the_log_finds_memories_by_their_learner(traced):
    """Where another device renamed a card, the memories here follow, each looked for by its whole key."""
    collection, _, _ = traced
    said = []
    key = collection.find("d0/c0").key
    with collection.database.transaction() as connection:
        collection.database._driver.set_trace_callback(said.append)
        joined_keys._rename(connection, ("d0", "c0"), ("d1", "new"))
        collection.database._driver.set_trace_callback(None)
        check_plans(collection, [(sql, {}) for sql in said if " memory " in sql and "RECURSIVE" not in sql])
    decks = collection.rows("SELECT deck FROM memory WHERE card = :key", {"key": key})
    assert decks == [("d1",)]


def test_a_sibling_is_found_by_its_entry(traced):
    """However many cards wait, whether another card of the entry holds one back is asked of an index."""
    collection, clock, asked = traced
    started(collection, Request(("d0",), ("even",))).next(clock())
    plans = [
        line for sql, params in asked for line in walked(collection, sql, params)[1] if "SEARCH s " in line
    ]
    assert plans
    assert {line.partition(" USING ")[2] for line in plans} == {"INDEX memory_entry (learner=? AND entry=?)"}


def test_the_quick_look_goes_the_same_way(traced):
    """A bare read-only connection plans as the store does."""
    collection, clock, asked = traced
    review = started(collection)
    review.next(clock())
    with Peek(str(collection.database.path), __version__) as peek:
        for sql, params in asked:
            ours = walked(collection, sql, params)[1]
            theirs = peek.rows(f"EXPLAIN QUERY PLAN {sql}", params)
            assert [row[3] for row in theirs] == ours


def test_the_plan_reader_sees_a_walk(traced):
    """A statement without an index is caught, under an alias too: these tests can fail."""
    collection, _, _ = traced
    for sql, table in (
        ("SELECT * FROM review r WHERE r.took_ms = 1", "review"),
        ("SELECT * FROM review r WHERE r.learner = 'me' AND r.took_ms = 1", "review"),
        ("UPDATE act SET undone = 0 WHERE at = 1", "act"),
        ("SELECT 1 FROM memory m WHERE m.learner = 'me' AND m.deck = 'd0'", "memory"),
        ("SELECT 1 FROM card WHERE answer = ''", "card"),
    ):
        assert walked(collection, sql, {})[0] == {table}


def test_an_answer_costs_a_known_number_of_statements(traced):
    """Between BEGIN and COMMIT nothing is asked twice; nor is it for the next card."""
    collection, clock, _ = traced
    review = started(collection)
    answer_next(review, clock, Rating.EASY)
    statements = []
    collection.database._driver.set_trace_callback(statements.append)
    review.next(clock())
    review.outcomes()
    for_next = [*statements]
    statements.clear()
    review.answer(Rating.EASY, now=clock(), took_ms=1)
    collection.database._driver.set_trace_callback(None)
    pairs = zip(statements, STATEMENTS_OF_AN_ANSWER, strict=True)
    assert [sql for sql, start in pairs if not sql.startswith(start)] == []
    assert len(set(statements)) == len(statements)
    assert len(set(for_next)) == len(for_next) == STATEMENTS_OF_THE_NEXT_CARD, "\n".join(for_next)


def test_answers_to_compare_a_slip_with_are_those_of_the_deck(traced):
    """The short answers of the other cards of a deck are found by the deck, live ones only, its own not."""
    collection, _, asked = traced
    card = collection.find("d0/c1")
    asked.clear()
    found = reading.short_answers(collection.rows, card.key)
    check_plans(collection, asked)
    expected = {
        answer
        for (answer,) in collection.rows(
            "SELECT answer FROM card WHERE deck = 'd0' AND key <> :key", {"key": card.key}
        )
    }
    assert set(found) == expected
    assert reading.short_answers(collection.rows, card.key, longest=0) == []
