"""Undo and redo through the collection: what they reach, and what closes the way forward."""

import pytest
from world import (
    Clock,
    answer_card,
    check_laws,
    filled,
    open_at,
    scope_of,
    state_of,
)

from srs.model import ActKind, Rating


@pytest.mark.parametrize("kind", [ActKind.SUSPEND, ActKind.RESUME, ActKind.BURY, ActKind.FORGET, ActKind.DUE])
def test_every_act_on_a_card_can_be_taken_back_and_put_back(tmp_path, kind):
    """Undo reaches each act that changes what is due, and redo gives it again."""
    clock = Clock()
    with filled(tmp_path, clock, 2) as collection:
        key = answer_card(collection, "d0/c0", Rating.EASY).answer.card
        if kind is ActKind.RESUME:
            collection.act(ActKind.SUSPEND, key)
        scope = scope_of(collection)
        before = state_of(collection, scope)
        line = collection.act(kind, key, day=clock.today + 3)
        after = state_of(collection, scope)
        assert after != before
        taken = collection.undo()
        assert (taken.line.id, taken.on_file.key) == (line, key)
        assert state_of(collection, scope) == before
        assert collection.redo().line.id == line
        assert state_of(collection, scope) == after
        check_laws(collection)


def test_flags_are_not_taken_back_but_stay_through_undo(tmp_path):
    """A mark for the next edit is no part of the history that undo walks: it stays as it is."""
    clock = Clock()
    with filled(tmp_path, clock, 2) as collection:
        answered = answer_card(collection, "d0/c0", Rating.EASY).answer
        collection.act(ActKind.FLAG, answered.card)
        assert collection.undo().line.id == answered.id
        assert collection.find("d0/c0").memory.flagged
        assert collection.redo().line.id == answered.id
        assert collection.find("d0/c0").memory.flagged
        check_laws(collection)


def test_undo_reaches_only_what_this_device_did(tmp_path):
    """Two laptops with one database's log: each takes back its own, never the other's."""
    clock = Clock()
    with (
        filled(tmp_path, clock, 3) as one,
        open_at(tmp_path / "cards.db", clock, seed=4, device="desktop") as two,
    ):
        mine = answer_card(one, "d0/c0", Rating.GOOD).answer
        theirs = answer_card(two, "d0/c1", Rating.GOOD).answer
        assert one.undo().line.id == mine.id
        assert one.undo() is None
        assert two.redo() is None
        assert two.undo().line.id == theirs.id
        assert one.redo().line.id == mine.id
        check_laws(one)


def test_redo_is_refused_after_something_new(tmp_path):
    """A new answer or act closes the way forward, and undo goes on from it."""
    clock = Clock()
    with filled(tmp_path, clock, 3) as collection:
        answer_card(collection, "d0/c0", Rating.GOOD)
        collection.undo()
        newer = collection.act(ActKind.SUSPEND, collection.find("d0/c1").key)
        assert collection.redo() is None
        assert collection.undo().line.id == newer
        assert collection.undo() is None
        assert collection.redo().line.id == newer
        assert collection.redo() is None
        check_laws(collection)


def test_a_clock_that_went_back_orders_nothing(tmp_path):
    """After the clock fell by a year new lines still come after all others, and undo takes the newest."""
    clock = Clock()
    with filled(tmp_path, clock, 2) as collection:
        first = answer_card(collection, "d0/c0", Rating.GOOD).answer
        clock.advance(days=-365)
        second = answer_card(collection, "d0/c0", Rating.EASY).answer
        assert second.id > first.id
        assert second.at < first.at
        assert collection.find("d0/c0").memory.last_day == first.study_day
        assert collection.undo().line.id == second.id
        check_laws(collection)


def test_a_due_day_set_by_hand_is_the_day_the_card_comes(tmp_path):
    """A card in review is due on the day that was set, and by undo on the day it was due before."""
    clock = Clock()
    with filled(tmp_path, clock, 1) as collection:
        due = answer_card(collection, "d0/c0", Rating.EASY).memory.due_day
        collection.set_due(collection.find("d0/c0"), clock.today + 2)
        assert collection.find("d0/c0").memory.due_day == clock.today + 2
        collection.undo()
        assert collection.find("d0/c0").memory.due_day == due
