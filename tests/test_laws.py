"""The laws of the log over a real database: histories of two sessions on one file, checked at every step."""

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from world import (
    LEARNER,
    Clock,
    Written,
    answer_card,
    as_shown,
    check_laws,
    copied,
    deck_of,
    filled,
    memories_of,
    open_at,
    scope_of,
    started,
    state_of,
)

from srs.errors import AnsweredElsewhereError, NotFoundError, UsageError
from srs.intake import import_decks
from srs.model import ActKind, Rating, State
from srs.settings import Settings
from srs.store import reading

SETTINGS = (
    Settings(),
    Settings(fuzz=False, desired_retention=0.8, learning_steps=(), relearning_steps=()),
    Settings(
        learning_steps=(60, 600, 7_200), relearning_steps=(30, 600), maximum_interval=30, order="random"
    ),
    Settings(desired_retention=0.97, order="forgotten", look_ahead_minutes=0, new_per_day=2),
)
SHELF = (ActKind.SUSPEND, ActKind.RESUME, ActKind.FORGET, ActKind.FLAG, ActKind.UNFLAG)
FLAGS = (ActKind.FLAG, ActKind.UNFLAG)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A closed database with two decks, whose files have gone from where they were."""
    folder = tmp_path_factory.mktemp("template")
    filled(folder, Clock(), 5, 3).close()
    for deck in folder.glob("*.toml"):
        deck.unlink()
    return folder / "cards.db"


@dataclass
class Done:
    """Something that can be undone: its line, and the state before it as of a scope (None: not known)."""

    line: bytes
    scope: object
    before: object
    after: object = None


class Histories(RuleBasedStateMachine):
    """Two sessions of one device on one file do whatever a learner can."""

    template = None

    @initialize(seed=st.integers(0, 1 << 30))
    def begin(self, seed):
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        self.path = copied(self.template, path / "cards.db")
        self.clock = Clock()
        self.seed = seed
        self.settings = Settings()
        self.decks = [deck_of(path, "d0", 5), deck_of(path, "d1", 3)]
        self.collections = [self._open(), self._open()]
        self.reviews = [None, None]
        self.done = []
        self.taken_back = []
        self.lines = []
        self.renames = 0

    def _open(self):
        self.seed += 1
        return open_at(self.path, self.clock, seed=self.seed, settings=self.settings)

    def teardown(self):
        for collection in getattr(self, "collections", ()):
            collection.close()
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @contextmanager
    def _doing(self, which):
        """Note the state before and after something that can be undone."""
        collection = self.collections[which]
        scope = scope_of(collection)
        done = Done(b"", scope, state_of(collection, scope))
        yield done
        if done.line:
            done.after = state_of(collection, scope)
            self.done.append(done)
            self.taken_back.clear()

    def _card(self, number):
        names = [
            row[0] for row in self.collections[0].rows("SELECT deck || '/' || id FROM card ORDER BY 1", {})
        ]
        return names[number % len(names)]

    def _something_else_happened(self):
        """Something undo does not reach has changed the memories: known states are no longer those."""
        for done in (*self.done, *self.taken_back):
            done.before = done.after = None

    # What a learner does.

    @rule(which=st.integers(0, 1), rating=st.sampled_from(Rating), stay=st.booleans())
    def answer(self, which, rating, stay):
        review = self.reviews[which]
        if review is None or not stay or review.next(self.clock()) is None:
            review = self.reviews[which] = started(self.collections[which])
            if review.next(self.clock()) is None:
                return
        self._answer_shown(which, review, rating)

    @rule(which=st.integers(0, 1), ratings=st.lists(st.sampled_from(Rating), min_size=2, max_size=6))
    def study(self, which, ratings):
        review = self.reviews[which] = started(self.collections[which])
        for rating in ratings:
            if review.next(self.clock()) is None:
                self.clock.advance(days=1)
                review.start(self.clock())
            else:
                self._answer_shown(which, review, rating)
                check_laws(self.collections[which])

    @rule(which=st.integers(0, 1), rating=st.sampled_from(Rating), number=st.integers(0, 99))
    def answer_any(self, which, rating, number):
        with self._doing(which) as done:
            done.line = answer_card(self.collections[which], self._card(number), rating).answer.id

    def _answer_shown(self, which, review, rating):
        review.day_turned(self.clock.now + 7_000)
        shown = review.shown
        if shown is None:
            return
        previews = review.outcomes()
        self.clock.advance(seconds=7)
        total = review.left.total
        stored = memories_of(self.collections[which]).get(shown.key)
        with self._doing(which) as done:
            try:
                recorded = review.answer(rating, now=self.clock(), took_ms=7_000)
            except AnsweredElsewhereError:
                assert stored != shown.memory
                return
            done.line = recorded.answer.id
        assert recorded.memory == as_shown(stored, previews[rating - 1], recorded.answer)
        assert review.left.total <= total

    @rule(which=st.integers(0, 1), rating=st.sampled_from(Rating))
    def answer_what_was_shown_long_ago(self, which, rating):
        review = self.reviews[which]
        if review is not None and review.shown is not None:
            self._answer_shown(which, review, rating)

    @rule(which=st.integers(0, 1), number=st.integers(0, 99), kind=st.sampled_from(SHELF))
    def shelve(self, which, number, kind):
        collection = self.collections[which]
        key = collection.find(self._card(number)).key
        if kind in FLAGS:
            collection.act(kind, key)
            self._something_else_happened()
            return
        with self._doing(which) as done:
            done.line = collection.act(kind, key)

    @rule(which=st.integers(0, 1), number=st.integers(0, 99), ahead=st.integers(1, 3))
    def bury(self, which, number, ahead):
        collection = self.collections[which]
        with self._doing(which) as done:
            key = collection.find(self._card(number)).key
            done.line = collection.act(ActKind.BURY, key, day=self.clock.today + ahead)

    @rule(which=st.integers(0, 1), number=st.integers(0, 99), ahead=st.integers(-5, 30))
    def due_on(self, which, number, ahead):
        collection = self.collections[which]
        in_review = reading.cards_where(collection.rows, LEARNER, "m.state = 2 ORDER BY c.key", {})
        on_file = in_review[number % len(in_review)] if in_review else collection.find(self._card(number))
        day = self.clock.today + ahead
        if on_file.memory.state is not State.REVIEW:
            with pytest.raises(UsageError):
                collection.set_due(on_file, day)
            return
        with self._doing(which) as done:
            collection.set_due(on_file, day)
            assert memories_of(collection)[on_file.key].due_day == day
            done.line = max(line.id for line in check_laws(collection))

    @rule(which=st.integers(0, 1), back=st.integers(1, 5), forth=st.integers(0, 6), in_session=st.booleans())
    def undo_and_redo(self, which, back, forth, in_session):
        for _ in range(back):
            self.undo(which, in_session)
        for _ in range(forth):
            self.redo(which, in_session)
            check_laws(self.collections[which])

    @rule(which=st.integers(0, 1), in_session=st.booleans())
    def undo(self, which, in_session):
        review = self.reviews[which] if in_session else None
        taken = self.collections[which].undo() if review is None else review.undo(self.clock())
        if taken is None:
            assert not self.done
            return
        done = self.done.pop()
        assert taken.line.id == done.line
        if done.before is not None:
            assert state_of(self.collections[which], done.scope) == done.before
        self.taken_back.append(done)
        if review is not None and review.shown is not None:
            on_screen = review.shown.key == taken.on_file.key
            assert on_screen or not taken.on_screen
            if on_screen:
                assert review.shown.memory == memories_of(self.collections[which])[review.shown.key]

    @rule(which=st.integers(0, 1), in_session=st.booleans())
    def redo(self, which, in_session):
        review = self.reviews[which] if in_session else None
        back = self.collections[which].redo() if review is None else review.redo(self.clock())
        if back is None:
            assert not self.taken_back
            return
        done = self.taken_back.pop()
        assert back.line.id == done.line
        assert not back.line.undone
        if done.after is not None:
            assert state_of(self.collections[which], done.scope) == done.after
        self.done.append(done)
        self.done.sort(key=lambda done: done.line)

    @rule(which=st.integers(0, 1), number=st.integers(0, 99))
    def undo_card(self, which, number):
        collection = self.collections[which]
        on_file = collection.find(self._card(number))
        live = [answer for answer in collection.answers(on_file) if not answer.undone]
        if not live:
            with pytest.raises(NotFoundError):
                collection.undo_card(on_file)
            return
        taken = collection.undo_card(on_file)
        assert taken.line.id == live[-1].id
        done = next(done for done in self.done if done.line == taken.line.id)
        self._something_else_happened()
        self.done.remove(done)
        self.taken_back.append(done)

    # What happens around it.

    @rule(days=st.integers(0, 40), minutes=st.integers(0, 900))
    def time_passes(self, days, minutes):
        self.clock.advance(days=days, minutes=minutes)

    @rule(minutes=st.integers(1, 4_000))
    def clock_goes_back(self, minutes):
        self.clock.advance(minutes=-minutes)

    @rule(settings=st.sampled_from(SETTINGS), which=st.integers(0, 1))
    def come_back_with_other_settings(self, settings, which):
        self.settings = settings
        self.collections[which].close()
        self.collections[which] = self._open()
        self.reviews[which] = None

    @rule(which=st.integers(0, 1), deck=st.integers(0, 1), data=st.data())
    def edit_decks(self, which, deck, data):
        self._edit(self.decks[deck], data)
        report = import_decks(self.collections[which], [deck.path for deck in self.decks])
        assert not [problem for problem in report.problems if problem.is_error]
        if any(file.plan is not None and file.plan.changes_cards for file in report.files):
            self._something_else_happened()
        again = import_decks(self.collections[1 - which], [deck.path for deck in self.decks])
        assert not any(file.plan is not None and file.plan.changes_cards for file in again.files)

    def _edit(self, deck, data):
        other = self.decks[1 - self.decks.index(deck)]
        edit = data.draw(st.sampled_from(["text", "rename", "move", "drop", "add", "turn"]))
        if edit == "add" or len(deck.cards) < 2:
            deck.cards.append(Written(self._free_name(deck, data)))
        elif edit == "turn":
            deck.cards.reverse()
        else:
            card = deck.cards[data.draw(st.integers(0, len(deck.cards) - 1))]
            self._edit_card(edit, deck, other, card, data)
        for file in self.decks:
            file.write()

    def _free_name(self, deck, data):
        """An id no card of the deck has: a new one, or one that was given up (and may have a history)."""
        self.renames += 1
        taken = {card.id for card in deck.cards}
        free = [f"c{i}" for i in range(5) if f"c{i}" not in taken]
        name = data.draw(st.sampled_from([f"n{self.renames}", *free]))
        # Nobody may claim to have been a card that is there.
        for file in self.decks:
            for card in file.cards:
                there = {f"{deck.path.stem}/{name}"} | ({name} if file is deck else set())
                card.was = tuple(was for was in card.was if was not in there)
        return name

    def _edit_card(self, edit, deck, other, card, data):
        if edit == "text":
            self.renames += 1
            card.answer = f"Another thing {self.renames}."
        elif edit == "drop":
            deck.cards.remove(card)
        elif edit == "rename":
            name = self._free_name(deck, data)
            card.was, card.id = (*card.was, card.id), name
        else:
            name = self._free_name(other, data)
            deck.cards.remove(card)
            was = tuple(was if "/" in was else f"{deck.path.stem}/{was}" for was in (*card.was, card.id))
            other.cards.append(Written(name, card.question, card.answer, card.tags, was))

    @precondition(lambda self: hasattr(self, "collections"))
    @invariant()
    def laws_hold(self):
        lines = [line.id for line in check_laws(self.collections[0])]
        assert lines[: len(self.lines)] == self.lines, "a line was changed, removed, or came out of order"
        self.lines = lines


def _run(template, **how):
    Histories.template = template
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Histories,
        settings=settings(
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            database=None,
            **how,
        ),
    )


def test_memory_is_the_fold_of_the_log_after_every_step(template):
    """Whatever is done, stored memories and bits are the log's, undo is absence, preview is applied."""
    _run(template, max_examples=8, stateful_step_count=25)


@pytest.mark.nightly
def test_memory_is_the_fold_of_the_log_after_every_step_at_length(template):
    """The same over many long histories."""
    _run(template, max_examples=300, stateful_step_count=50)
