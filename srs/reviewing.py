"""Driving one review: the queue's heads in, decisions out, commits through a keeper.

`Review` joins the pure session to whatever reads the database. To be quick at the start it reads
through `rows` alone (a bare connection will do); the keeper, which writes, is asked for when the
first thing is to be written, and FSRS when the first answer is turned over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from srs.model import Act, ActKind, Answer, Memory, Rating, State
from srs.session import Answered, Left, Session, Summary, begin
from srs.store import reading
from srs.today import EVERYTHING
from srs.upcoming import Upcoming

if TYPE_CHECKING:
    from collections.abc import Callable

    from srs.days import StudyDays
    from srs.model import Card, Options
    from srs.modes import Way
    from srs.queue import Kind
    from srs.scheduling import Outcome, Scheduling
    from srs.settings import Settings
    from srs.store.heads import Rows, Scope
    from srs.store.reading import CardOnFile
    from srs.today import Request


@dataclass(frozen=True, slots=True)
class Shown:
    """A card on the screen: its text, the memory it was shown with, the study day, where it came from.

    `way` is how it is asked: revealed, with choices, typed.
    """

    on_file: CardOnFile
    kind: Kind
    study_day: int
    options: Options
    way: Way = "reveal"

    @property
    def key(self) -> bytes:
        """The key its row stands under."""
        return self.on_file.key

    @property
    def memory(self) -> Memory:
        """The memory it was shown with."""
        return self.on_file.memory

    @property
    def card(self) -> Card:
        """Its text."""
        return self.on_file.card

    @property
    def name(self) -> str:
        """`deck/id`."""
        return self.card.name


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an answer did: the line, the memory it left, and whether the card is now told to be a leech."""

    answer: Answer
    memory: Memory
    leech: bool = False


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What undo or redo did: the line it took back or put back, and the card it was about, if known."""

    line: Answer | Act
    on_file: CardOnFile | None
    on_screen: bool = False
    """Whether its card is on the screen again, to be rated anew."""


class Keeper(Protocol):
    """What a review needs of a collection to write; `at` in ms."""

    def rows(self, sql: str, params: dict[str, object]) -> list[tuple[object, ...]]: ...  # noqa: D102
    def answer(  # noqa: D102
        self,
        shown: Shown,
        outcome: Outcome,
        *,
        at: int,
        took_ms: int | None,
        **how: Any,  # noqa: ANN401 - as Collection.answer
    ) -> Recorded: ...
    def act(self, kind: ActKind, key: bytes, *, at: int, day: int | None = None) -> bytes: ...  # noqa: D102
    def undo(self, *, at: int) -> TakenBack | None: ...  # noqa: D102
    def redo(self, *, at: int) -> TakenBack | None: ...  # noqa: D102


class Review:
    """One review session over a database.

    `now` is ms since 1970 UTC wherever it is asked for. `keeper` is called once, when something is to
    be written first.
    """

    records = True
    """Whether what is done here is written down."""

    def __init__(
        self,
        rows: Rows,
        keeper: Callable[[], Keeper],
        *,
        learner: str,
        settings: Settings,
        days: StudyDays,
        request: Request = EVERYTHING,
    ) -> None:
        self.rows = rows
        """Runs a query; on the quick look at first, on the keeper once there is one."""
        self._make_keeper = keeper
        self._keeper: Keeper | None = None
        self.learner = learner
        self.settings = settings
        self.days = days
        self.request = request
        self.shown: Shown | None = None
        self.when_saved: Callable[[], None] | None = None
        """Called after each answer that is on the disk."""
        self.upcoming = Upcoming(
            rows,
            learner=learner,
            settings=settings,
            days=days,
            request=request,
        )
        self._first_took: dict[bytes, int] = {}
        self._schedulings: dict[str, Scheduling] = {}
        self._foreseen: tuple[Shown, tuple[Outcome, Outcome, Outcome, Outcome]] | None = None
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The count of the session; made by `start`."""
        if self._session is None:
            raise RuntimeError("the review has not been started")
        return self._session

    @property
    def left(self) -> Left:
        """What is still to come, for the first row of the screen."""
        return self.session.left

    def start(self, now: int) -> Session:
        """Count what is due, within the day's limits or those asked for, and begin."""
        minutes = self.request.minutes if self.request.minutes is not None else self.settings.minutes
        self._session = None
        self.upcoming.start(now)
        self._session = begin(self._count(now, minutes), limit=self.request.limit, minutes=minutes)
        return self._session

    def next(self, now: int) -> Shown | None:
        """The next card, or None when the session is at its end."""
        pick = self.session.pick(self.upcoming.heads(now, self.session))
        self.shown = None if pick is None else self._show(pick.card, pick.kind, now)
        return self.shown

    def outcomes(self) -> tuple[Outcome, Outcome, Outcome, Outcome]:
        """What each rating would make of the card on the screen; the first call loads FSRS."""
        shown = self._current()
        if self._foreseen is None or self._foreseen[0] is not shown:
            futures = self._scheduling(shown).outcomes(shown.memory, key=shown.key, study_day=shown.study_day)
            self._foreseen = (shown, futures)
        return self._foreseen[1]

    def day_turned(self, now: int) -> bool:
        """Whether a new study day began since the card was shown; it is shown anew, with other intervals.

        Where the card is no longer on file, none is `shown` from then on, until `next`.
        """
        shown = self._current()
        if self.days.day(now) == shown.study_day:
            return False
        self.shown = self._show_again(shown, now)
        return True

    def answer(
        self,
        rating: Rating,
        *,
        now: int,
        took_ms: int | None = None,
        **how: Any,  # noqa: ANN401 - `revealed_ms`, `mode`, `hinted`, `response` of the line
    ) -> Recorded | None:
        """Write the answer; when this returns it is on disk.

        It is an answer of the study day of `now`, whenever the card was shown. `took_ms` is the time
        from the question on, None where it is not known. Returns None where nothing was written: in
        practice, and for a card that is no longer on file.

        Raises:
            AnsweredElsewhereError: another session answered the card since it was shown.
            DatabaseError: it could not be written, and does not count.
        """
        if self.day_turned(now) and self.shown is None:
            return None
        shown = self._current()
        took_ms = self._first_took.get(shown.key, took_ms)
        recorded = self.keeper.answer(shown, self.outcomes()[rating - 1], at=now, took_ms=took_ms, **how)
        if self.when_saved is not None:
            self.when_saved()
        self._first_took.pop(shown.key, None)
        due_at = recorded.memory.due_at
        comes_back = due_at is not None and due_at < self.days.end(shown.study_day)
        self.session.answer(
            Answered(
                recorded.answer.id,
                shown.key,
                shown.name,
                shown.card.question,
                rating,
                took_ms or 0,
                shown.kind,
                how.get("mode") or "reveal",
            ),
            comes_back=comes_back and not recorded.memory.suspended,
        )
        return recorded

    def put_away(self, kind: ActKind, now: int) -> None:
        """Suspend the card on the screen, or bury it until tomorrow."""
        shown = self._current()
        day = shown.study_day + 1 if kind is ActKind.BURY else None
        line = self.keeper.act(kind, shown.key, at=now, day=day)
        self.session.put_away(line, shown.key, shown.kind)

    def suspend_answered(self, now: int) -> None:
        """Suspend the card that was just answered, before the next one is shown."""
        key = self._current().key
        self.session.put_away_answered(self.keeper.act(ActKind.SUSPEND, key, at=now), key)

    def flag(self, now: int) -> bool:
        """Mark the card on the screen as wrong, or take the mark off; returns whether it is marked now."""
        shown = self._current()
        flagged = not shown.memory.flagged
        self.keeper.act(ActKind.FLAG if flagged else ActKind.UNFLAG, shown.key, at=now)
        memory = replace(shown.memory, flagged=flagged)
        self.shown = replace(shown, on_file=shown.on_file._replace(memory=memory))
        return flagged

    def undo(self, now: int) -> TakenBack | None:
        """Take back the newest thing done on this device.

        The card of an answer is on the screen again, and one this session put away instead of an
        answer; what else was done to a card, once it was answered or from a command line for one,
        brings no card to be rated.
        """
        taken = self.keeper.undo(at=now)
        self.upcoming.reorder()
        if taken is None:
            return None
        on_screen = isinstance(taken.line, Answer) or self.session.was_asked(taken.line.id)
        taken = replace(taken, on_screen=on_screen and taken.on_file is not None)
        if isinstance(taken.line, Answer) and taken.line.took_ms is not None and taken.on_file is not None:
            self._first_took[taken.on_file.key] = taken.line.took_ms
        if not self.session.take_back(taken.line.id):
            # It was done in an earlier session, so this one's numbers know nothing of it.
            self.session.recount(self._count(now, self.session.minutes))
        if taken.on_file is not None and (taken.on_screen or self._shows(taken.on_file.key)):
            self.shown = self._shown(taken.on_file, _kind_of(taken.on_file.memory.state), now)
        return taken

    def redo(self, now: int) -> TakenBack | None:
        """Put back what undo took back last."""
        put_back = self.keeper.redo(at=now)
        if put_back is None:
            return None
        if put_back.on_file is not None:
            self._first_took.pop(put_back.on_file.key, None)
        if not self.session.put_back(put_back.line.id):
            self.session.recount(self._count(now, self.session.minutes))
        return put_back

    def refresh(self, now: int) -> None:
        """Count again and read the card on the screen again, after decks changed under the session."""
        self.session.recount(self._count(now, self.session.minutes))
        self.upcoming.reorder()
        if self.shown is not None:
            self.shown = self._show_again(self.shown, now) or self.next(now)

    def summary(self) -> Summary:
        """What the end of the session says."""
        return self.session.summary()

    @property
    def keeper(self) -> Keeper:
        """The collection that writes; from now on it reads, too."""
        if self._keeper is None:
            self._keeper = self._make_keeper()
            self.rows = self.upcoming.rows = self._keeper.rows
        return self._keeper

    def other_answers(self) -> list[str]:
        """What is right for other cards of the deck: short answers, and what else is accepted."""
        shown = self._current()
        those = """c.deck = :deck AND c.retired = 0 AND c.key <> :key AND c.extra LIKE '%"accept"%'"""
        params = {"deck": shown.card.deck, "key": shown.key}
        others = reading.cards_where(self.rows, self.learner, those, params)
        accepted = [text for other in others for text in other.card.accept]
        return [*reading.short_answers(self.rows, shown.key), *accepted]

    def scope(self, now: int) -> Scope:
        """Whose cards, and the study day of a moment."""
        return self.upcoming.scope(now)

    @property
    def new_held_back(self) -> bool:
        """Whether new cards wait because what is due fills the time box."""
        return self.upcoming.new_held_back

    def missed(self, key: bytes) -> bool:
        """Whether a card was answered in this session, and Again the last time."""
        ratings = (answer.rating for answer in reversed(self.session.answered) if answer.card == key)
        return next(ratings, None) is Rating.AGAIN

    def _count(self, now: int, minutes: float | None) -> Left:
        shown = 0 if self._session is None else self._session.mix.new_shown
        return self.upcoming.count(now, minutes, new_shown=shown)

    def _show(self, key: bytes, kind: Kind, now: int) -> Shown | None:
        on_file = reading.card_by_key(self.rows, self.learner, key)
        return None if on_file is None else self._shown(on_file, kind, now)

    def _show_again(self, shown: Shown, now: int) -> Shown | None:
        # Its card may have been joined to another one, under whose key it stands now.
        return self._show(reading.row_key(self.rows, shown.key), shown.kind, now)

    def _shown(self, on_file: CardOnFile, kind: Kind, now: int) -> Shown:
        options = self.settings.options(on_file.deck_retention)
        return Shown(on_file, kind, self.days.day(now), options, self._way(on_file))

    def _way(self, on_file: CardOnFile) -> Way:
        wanted = self.request.mode or on_file.deck_mode or self.settings.mode
        if wanted == "reveal":
            return "reveal"
        from srs.modes import mode_for  # noqa: PLC0415 - the usual way needs none of it

        return mode_for(on_file.card, wanted, on_file.memory.passed)

    def _shows(self, key: bytes) -> bool:
        return self.shown is not None and self.shown.key == key

    def _current(self) -> Shown:
        if self.shown is None:
            raise RuntimeError("no card is on the screen")
        return self.shown

    def _scheduling(self, shown: Shown) -> Scheduling:
        deck = shown.on_file.card.deck
        if deck not in self._schedulings:
            from srs.scheduling import DEFAULT_PARAMETERS, Scheduling  # noqa: PLC0415 - while the person reads

            parameters = reading.parameters_for(self.rows, self.learner, deck) or DEFAULT_PARAMETERS
            self._schedulings[deck] = Scheduling(parameters)
        return self._schedulings[deck].under(shown.options)


def _kind_of(state: State) -> Kind:
    if state is State.NEW:
        return "new"
    return "review" if state is State.REVIEW else "learning"
