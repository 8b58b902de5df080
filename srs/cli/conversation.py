"""What a review does at each action, whatever it is shown on; the full screen and the lines share it.

A card's turn goes through three states, and each has one place here:

- asked: `_reveal` turns it over, `_choose` takes an option, `_take_line` what was typed;
- answered, to be rated: `_answer` writes the rating, `_type_again` goes back to the line;
- written, where something is left to read: `_go_on` shows the next card.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING

from srs.cli import talk
from srs.cli.keys import RATINGS, Action, TypedLine
from srs.cli.turn import Stage, Turn, begin, cleaned, command, taken_back, unknown_command
from srs.errors import AnsweredElsewhereError, DatabaseError
from srs.model import ActKind, Answer, Rating

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from srs.cli.notices import Stop
    from srs.cli.taking_in import TakeIn
    from srs.deck.judge import Verdict
    from srs.reviewing import Recorded, Review, Shown

Wanted = Action | int | TypedLine
"""What a person wants: an action, an option by its number from 0, a typed line to be judged."""


class Conversation(ABC):
    """Asks and shows until the session ends; `run` returns how it ended.

    `load` is called once the first question can be read; `take_in` imports changed decks; `edit`
    opens a card's file in an editor and returns what to say, None where there is no editor.
    """

    def __init__(
        self,
        review: Review,
        *,
        now: Callable[[], int],
        take_in: TakeIn,
        load: Callable[[], None],
        ascii_only: bool,
        edit: Callable[[Shown], str] | None = None,
    ) -> None:
        self._review = review
        self._now = now
        self._take_in = take_in
        self._load = load
        self._ascii_only = ascii_only
        self._edit = edit
        self._rating_keys = review.settings.rating_keys or ""
        self._turn = Turn()
        self._unanswered: dict[bytes, Turn] = {}
        """By key, the latest turn of each card that has given something away and has no answer yet."""
        self._deeds = self._all_deeds()

    @abstractmethod
    def run(self) -> Stop:
        """Run the session."""

    @abstractmethod
    def _tell(self, sentence: str, *, aloud: bool = False) -> None:
        """Say a sentence to the person, `aloud` where it must be noticed."""

    @abstractmethod
    def _show_anew(self, told: str | None = None, *, aloud: bool = False) -> None:
        """Show the card on the screen again, with a sentence: something about it has changed."""

    @abstractmethod
    def _show_hint(self, hint: str) -> None:
        """Show what the card says on demand."""

    @abstractmethod
    def _show_answer(self) -> None:
        """Show the answer side."""

    @abstractmethod
    def _show_written(self, recorded: Recorded | None, rating: Rating) -> None:
        """Say what was saved; leave the card where something is left to read, else go on."""

    @abstractmethod
    def _go_on(self, told: str | None = None, *, aloud: bool = False) -> None:
        """Show the next card, with a sentence about what was done, `aloud` where it must be noticed."""

    @abstractmethod
    def _help(self) -> None: ...

    @abstractmethod
    def _away(self) -> AbstractContextManager[None]:
        """Leave the terminal to another program meanwhile."""

    def _all_deeds(self) -> dict[Action, Callable[[], None]]:
        """What each action does; practice does nothing that would have to be written."""
        always: dict[Action, Callable[[], None]] = {
            wanted: partial(self._answer, Rating(n)) for n, wanted in enumerate(RATINGS, 1)
        }
        always |= {
            Action.REVEAL: self._reveal,
            Action.NEXT: self._go_on,
            Action.TYPE_AGAIN: self._type_again,
            Action.HINT: self._hint,
            Action.HELP: self._help,
        }
        writing: dict[Action, Callable[[], None]] = {
            Action.UNDO: self._undo,
            Action.REDO: self._redo,
            Action.SUSPEND: partial(self._put_away, ActKind.SUSPEND),
            Action.BURY: partial(self._put_away, ActKind.BURY),
            Action.FLAG: self._flag,
            Action.TAKE_IN: self._take_in_decks,
            Action.EDIT: self._edit_card,
        }
        if not self._review.records:
            writing = dict.fromkeys(writing, partial(self._tell, talk.PRACTICE))
        return always | writing

    def _opening(self) -> str | None:
        """What is said once under the first question."""
        offer = self._take_in.offer(":i" if self._turn.waits_for_text else "i")
        return talk.at_the_start(self._review, offer, self._now())

    def _end(self) -> Stop:
        """How a session ended that was not stopped."""
        return "time" if self._review.session.out_of_time else "done"

    def when_left(self) -> Stop:
        """How a session ends that is left now; at its end where only the last answer was still read."""
        if self._turn.stage is not Stage.WRITTEN:
            return "stopped"
        return self._end() if self._review.next(self._now()) is None else "between"

    def _do(self, wanted: Wanted) -> None:
        if isinstance(wanted, TypedLine):
            self._take_line(wanted.text)
        elif isinstance(wanted, Action):
            self._deeds[wanted]()
        else:
            self._choose(wanted)

    # Asked

    def _begin_card(self) -> None:
        """Start the turn of the card on the screen, its answer hidden."""
        self._turn = self._kept(begin(self._current(), self._now()))

    def _kept(self, turn: Turn) -> Turn:
        """A turn of the card on the screen; what it has given away before counts on."""
        before = self._unanswered.get(self._current().key)
        if before is not None:
            turn.keep_from(before)
        return turn

    def _gives_away(self) -> None:
        """Remember the turn until its card is answered, whatever comes in between."""
        self._unanswered[self._current().key] = self._turn

    def _line_meaning(self, typed: str) -> Wanted:
        """What a line means while an answer is typed: a key after a colon, else the answer."""
        wanted = None if self._is_right(typed) else command(typed)
        return TypedLine(typed) if wanted is None else wanted

    def _is_right(self, typed: str) -> bool:
        """Whether a line is an answer of the card word for word, whatever else it could mean."""
        card = self._current().card
        return typed.strip() in (card.answer, *card.accept)

    def _reveal(self) -> None:
        if self._turn.way == "choice":
            self._choose(None)
        elif self._turn_over():
            self._show_answer()

    def _choose(self, index: int | None) -> None:
        """Take an option, None: it is not known; what is wrong is written before it is shown."""
        self._turn.choose(index)
        if not self._turn_over():
            return
        if self._turn.right:
            self._show_answer()
        else:
            self._answer(Rating.AGAIN)

    def _take_line(self, typed: str) -> None:
        """Judge what was typed; the person decides about the verdict."""
        unknown = None if self._is_right(typed) else unknown_command(typed)
        if unknown is not None:
            self._tell(talk.NO_COMMAND.format(typed=unknown))
            return
        self._turn.type(typed, self._judged(cleaned(typed)))
        if self._turn_over():
            self._show_answer()

    def _judged(self, typed: str) -> Verdict:
        from srs.deck.judge import Kind, judge

        card = self._current().card
        rights, others = (card.answer, *card.accept), [choice.text for choice in card.choices]
        verdict = judge(typed, rights, others)
        if verdict.kind is not Kind.SLIP:
            return verdict
        # A slip of the finger is none where it makes the answer to another card.
        return judge(typed, rights, others + self._review.other_answers())

    def _hint(self) -> None:
        if self._turn.stage is not Stage.ASKED or self._current().card.hint is None:
            self._tell(talk.NO_HINT)
        elif not self._turn.hinted:
            self._turn.hinted = True
            self._gives_away()
            self._show_hint(self._current().card.hint or "")

    def _turn_over(self) -> bool:
        """Turn the card over; False where it is gone since it was asked, and another one is shown."""
        now = self._now()
        # What is shown is what is got: the intervals of a card left open overnight are the new day's.
        if self._review.day_turned(now) and self._review.shown is None:
            self._go_on(talk.GONE, aloud=True)
            return False
        self._turn.turn_over(now)
        return True

    # Answered

    def _type_again(self) -> None:
        self._turn.type_again()
        self._gives_away()
        self._show_anew()

    def _answer(self, rating: Rating) -> None:
        now, key = self._now(), self._current().key
        if self._review.day_turned(now):
            if self._review.shown is None:
                self._go_on(talk.GONE, aloud=True)
            else:
                self._show_anew(talk.NEW_DAY, aloud=True)
            return
        before = len(self._review.session.answered)
        took_ms = max(0, now - self._turn.shown_at)
        try:
            recorded = self._review.answer(rating, now=now, took_ms=took_ms, **self._turn.how())
        except AnsweredElsewhereError as error:
            self._unanswered.pop(key, None)
            self._review.refresh(now)
            self._go_on(talk.elsewhere(error, self._review.days.zone), aloud=True)
        except DatabaseError as error:
            raise talk.not_saved(error, before) from error
        else:
            self._unanswered.pop(key, None)
            if self._turn.chose_wrong or (recorded is not None and recorded.leech):
                self._turn.stage = Stage.WRITTEN
            self._show_written(recorded, rating)

    # At any time

    def _undo(self) -> None:
        now = self._now()
        given_here = {answer.line for answer in self._review.session.answered}
        taken = self._review.undo(now)
        if taken is None:
            self._tell(talk.NOTHING_TO_UNDO)
            return
        told = talk.took_back(taken, now, self._review.days.zone, here=taken.line.id in given_here)
        if taken.on_screen:
            if isinstance(taken.line, Answer):
                self._turn = self._kept(taken_back(taken.line, self._current(), now))
                self._gives_away()
            else:
                # What was only put away has not been answered, so its answer is still to be found.
                self._turn = self._kept(begin(self._current(), now))
            self._show_anew(told, aloud=True)
        else:
            self._tell(told, aloud=True)

    def _redo(self) -> None:
        taken = self._review.redo(self._now())
        if taken is None:
            self._tell(talk.NOTHING_TO_REDO)
        else:
            if taken.on_file is not None and isinstance(taken.line, Answer):
                self._unanswered.pop(taken.on_file.key, None)
            self._go_on(talk.put_back(taken))

    def _put_away(self, kind: ActKind) -> None:
        name, now = self._current().name, self._now()
        if self._turn.stage is Stage.WRITTEN:
            self._review.suspend_answered(now)
        else:
            self._review.put_away(kind, now)
        self._go_on(talk.PUT_AWAY[kind].format(name=name))

    def _flag(self) -> None:
        self._tell(talk.flagged(marked=self._review.flag(self._now())))

    def _take_in_decks(self) -> None:
        self._reread(self._take_in.run())

    def _edit_card(self) -> None:
        if self._edit is None:
            self._tell(talk.NO_EDITOR)
            return
        began = self._now()
        with self._away():
            told = self._edit(self._current())
        self._turn.shown_at += max(0, self._now() - began)
        self._reread(told)

    def _reread(self, told: str) -> None:
        """Show the card as its file has it now, on the side it was on; the next one if it has gone."""
        self._review.refresh(self._now())
        shown = self._review.shown
        if shown is None or shown.on_file.retired:
            self._go_on(told)
            return
        if self._turn.stage is Stage.ASKED:
            before, self._turn = self._turn, begin(shown, self._turn.shown_at)
            self._turn.keep_from(before)
            self._turn.revealed_ms = before.revealed_ms
            self._gives_away()
        else:
            self._turn.reread(shown.card)
        self._show_anew(told)

    def _current(self) -> Shown:
        if self._review.shown is None:
            raise RuntimeError("no card is on the screen")
        return self._review.shown
