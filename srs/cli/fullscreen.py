"""A review on the full screen: one card at a time, one key each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from srs.cli import talk
from srs.cli.conversation import Conversation
from srs.cli.drawing import harmless
from srs.cli.keys import Action, action, layout_hint
from srs.cli.screen import help_rows, rows, scrolled
from srs.cli.terminal import Screen
from srs.errors import AnsweredElsewhereError, DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from srs.cli.keys import Key
    from srs.cli.notices import Stop
    from srs.cli.screen import CardView
    from srs.cli.taking_in import TakeIn
    from srs.model import ActKind, Rating
    from srs.reviewing import Review


class FullScreen(Conversation):
    """A conversation on the alternate screen; the terminal is given back however it ends."""

    def __init__(
        self,
        review: Review,
        *,
        now: Callable[[], int],
        take_in: TakeIn,
        load: Callable[[], None],
        ascii_only: bool,
    ) -> None:
        super().__init__(review, now=now, take_in=take_in, load=load, ascii_only=ascii_only)
        self._offset = 0
        self._note: str | None = None
        self._hint: str | None = None
        self._keys: tuple[str, ...] | None = None
        self._early: str | None = None
        self._typed_ahead: Key | None = None
        self._screen = Screen(encoding=sys.stdin.encoding or "utf-8")

    def run(self) -> Stop:
        """Run the session."""
        with self._screen:
            self._new_card()
            self._paint()
            self._load()
            self._hint = self._opening()
            if self._hint:
                self._paint()
            while self._review.shown is not None:
                key, self._typed_ahead = self._typed_ahead or self._screen.key(), None
                if key is None:
                    continue
                wanted = action(key, answer_shown=self._answer_shown, rating_keys=self._rating_keys)
                if wanted is Action.QUIT:
                    return "stopped"
                if wanted is None:
                    self._hint = layout_hint(key, self._rating_keys)
                else:
                    self._act(wanted)
                if self._review.shown is not None:
                    self._paint()
        told = self._note or self._hint
        if told:  # about the last card, and there was no next one to say it on
            sys.stdout.write(f"{harmless(told)}\n")
        return self._end()

    def _tell(self, sentence: str) -> None:
        self._hint = sentence

    def _act(self, wanted: Action) -> None:
        if wanted in (Action.DOWN, Action.UP):
            self._offset = scrolled(
                self._view(), *self._screen.size(), 1 if wanted is Action.DOWN else -1
            ).offset
            return
        deed = self._deeds.get(wanted)
        if deed is not None:
            self._note = self._hint = None
            deed()

    def _take_in_decks(self) -> None:
        hint = self._take_in.run()
        self._review.refresh(self._now())
        if self._left_the_queue:
            self._next()
        self._hint = hint

    def _answer(self, rating: Rating) -> None:
        now = self._now()
        if self._review.day_turned(now):
            self._note = talk.NEW_DAY
            return
        before = len(self._review.session.answered)
        try:
            recorded = self._rate(rating, now)
        except AnsweredElsewhereError as error:
            note, key = talk.elsewhere(error, self._review.days.zone), None
            self._review.refresh(now)
        except DatabaseError as error:
            raise talk.not_saved(error, before) from error
        else:
            note, key = "", None
            leech = talk.leech(recorded, "s suspends it, Space carries on.")
            if leech:
                # Said once, on the card it is about, before the next one is asked.
                key = self._tell_leech(leech, suspended=recorded is not None and recorded.memory.suspended)
        self._next()
        self._note = note or None
        if key == "u":
            self._undo()
        elif key == "q":
            self._typed_ahead = key

    def _tell_leech(self, sentence: str, *, suspended: bool) -> Key:
        self._note = sentence
        self._keys = talk.SUSPENDED_KEYS if suspended else talk.LEECH_KEYS
        key: Key = "redraw"
        while key in ("resize", "redraw"):
            self._paint()
            key = self._screen.key() or "redraw"
        self._keys = None
        if key in ("s", "S") and not suspended:
            self._review.suspend_answered(self._now())
        return key

    def _undo(self) -> None:
        now = self._now()
        given_here = {answer.line for answer in self._review.session.answered}
        taken = self._review.undo(now)
        if taken is None:
            self._hint = talk.NOTHING_TO_UNDO
            return
        if taken.on_screen:
            self._new_card()
            self._answer_shown = True
        self._note = talk.took_back(taken, now, self._review.days.zone, here=taken.line.id in given_here)

    def _redo(self) -> None:
        taken = self._review.redo(self._now())
        if taken is None:
            self._hint = talk.NOTHING_TO_REDO
            return
        self._next()
        self._hint = talk.put_back(taken)

    def _put_away(self, kind: ActKind) -> None:
        shown = self._review.shown
        if shown is None:
            return
        self._review.put_away(kind, self._now())
        self._next()
        self._hint = talk.PUT_AWAY[kind].format(name=shown.name)

    def _next(self) -> None:
        self._review.next(self._now())
        self._new_card()

    def _new_card(self) -> None:
        self._begin_card()
        self._offset = 0
        self._note = self._hint = None
        self._early = talk.early(self._review, self._shown_at)

    def _help(self) -> None:
        key = "redraw"
        while key in ("resize", "redraw", None):
            width, height = self._screen.size()
            self._screen.paint(
                help_rows(width, height, ascii_only=self._ascii_only, rating_keys=self._rating_keys)
            )
            key = self._screen.key() or "redraw"

    def _view(self) -> CardView:
        return talk.card_view(
            self._review,
            answer_shown=self._answer_shown,
            note=self._note,
            hints=tuple(told for told in (self._hint or self._early,) if told and not self._note),
            offset=self._offset,
            keys=self._keys,
        )

    def _paint(self) -> None:
        width, height = self._screen.size()
        self._screen.paint(rows(self._view(), width, height, ascii_only=self._ascii_only))
