"""A review on the full screen: one card at a time, one key each, a typed answer on its row."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from srs.cli import key_rows, talk
from srs.cli.conversation import Conversation
from srs.cli.drawing import harmless
from srs.cli.keys import Action, layout_hint
from srs.cli.screen import prompt_place, rows, scrolled
from srs.cli.terminal import Screen
from srs.cli.turn import Stage, event_meaning
from srs.cli.views import card_view, keys_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from srs.cli.conversation import Wanted
    from srs.cli.notices import Stop
    from srs.cli.screen import CardView
    from srs.cli.taking_in import TakeIn
    from srs.model import Rating
    from srs.reviewing import Recorded, Review, Shown


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
        edit: Callable[[Shown], str] | None = None,
    ) -> None:
        super().__init__(review, now=now, take_in=take_in, load=load, ascii_only=ascii_only, edit=edit)
        self._offset = 0
        self._note: str | None = None
        self._quiet: str | None = None
        self._outcome: str | None = None
        self._keys: tuple[str, ...] | None = None
        self._early: str | None = None
        self._screen = Screen(encoding=sys.stdin.encoding or "utf-8")

    def run(self) -> Stop:
        """Run the session."""
        with self._screen:
            self._new_card()
            self._paint()
            self._load()
            self._quiet = self._opening()
            if self._quiet:
                self._paint()
            while self._review.shown is not None:
                wanted = self._typed() if self._turn.waits_for_text else self._pressed()
                if wanted is Action.QUIT:
                    return self.when_left()
                if wanted is not None:
                    self._act(wanted)
                if self._review.shown is not None:
                    self._paint()
        told = self._note or self._quiet
        if told:  # about the last card, and there was no next one to say it on
            sys.stdout.write(f"{harmless(told)}\n")
        return self._end()

    def _pressed(self) -> Wanted | None:
        """What the next key means; one that means nothing may be told what to do about it."""
        key = self._screen.key()
        wanted = None if key is None else self._turn.meaning(key, self._rating_keys)
        if key is not None and wanted is None:
            self._quiet = layout_hint(key, self._rating_keys)
        return wanted

    def _typed(self) -> Wanted | None:
        """What the line means that is typed now, with the terminal's own editing."""
        line = self._screen.line()
        if line.event is not None:
            return event_meaning(line.event)
        return self._line_meaning(line.text)

    def _act(self, wanted: Wanted) -> None:
        if wanted in (Action.DOWN, Action.UP):
            view = self._view()
            self._offset = scrolled(view, *self._screen.size(), 1 if wanted is Action.DOWN else -1).offset
        elif wanted is not Action.REDRAW:
            self._note = self._quiet = None
            self._do(wanted)

    def _tell(self, sentence: str | None, *, aloud: bool = False) -> None:
        if aloud:
            self._note = sentence
        else:
            self._quiet = sentence

    def _show_anew(self, told: str | None = None, *, aloud: bool = False) -> None:
        self._tell(told, aloud=aloud)
        self._offset = 0
        if self._turn.stage is not Stage.WRITTEN:
            self._outcome = self._keys = None

    def _show_hint(self, hint: str) -> None:
        """Painted with the card, in the place that is kept for it."""

    def _show_answer(self) -> None:
        self._offset = 0

    def _show_written(self, recorded: Recorded | None, rating: Rating) -> None:  # noqa: ARG002 - lines say it
        if self._turn.stage is not Stage.WRITTEN:
            self._go_on()
            return
        self._offset = 0
        if self._turn.chose_wrong:
            self._outcome = talk.outcome(recorded, known=self._turn.picked is not None)
        # Said once, on the card it is about, before the next one is asked.
        self._note = talk.leech(recorded, "e edits it, s suspends it, Space carries on.")
        if self._note:
            suspended = recorded is not None and recorded.memory.suspended
            self._keys = key_rows.SUSPENDED if suspended else key_rows.LEECH

    def _go_on(self, told: str | None = None, *, aloud: bool = False) -> None:
        if self._review.next(self._now()) is not None:
            self._new_card()
        self._tell(told, aloud=aloud)

    def _new_card(self) -> None:
        self._begin_card()
        self._offset = 0
        self._note = self._quiet = self._outcome = self._keys = None
        self._early = talk.early(self._review, self._turn.shown_at)

    def _away(self) -> AbstractContextManager[None]:
        return self._screen.suspended()

    def _help(self) -> None:
        from srs.cli.help import HELP_KEYS, TYPING_COMMANDS, help_rows

        keys = TYPING_COMMANDS if self._turn.waits_for_text else HELP_KEYS
        key = "redraw"
        while key in ("resize", "redraw", None):
            width, height = self._screen.size()
            self._screen.paint(
                help_rows(
                    width, height, ascii_only=self._ascii_only, keys=keys, rating_keys=self._rating_keys
                )
            )
            key = self._screen.key() or "redraw"

    def _view(self) -> CardView:
        keys = self._keys or keys_of(self._review, self._turn)
        return card_view(
            self._review,
            self._turn,
            keys=key_rows.live(keys, writes=self._review.records, edits=self._edit is not None),
            note=self._note,
            hints=tuple(told for told in (self._quiet or self._early,) if told and not self._note),
            outcome=self._outcome,
            offset=self._offset,
        )

    def _paint(self) -> None:
        width, height = self._screen.size()
        view = self._view()
        self._screen.paint(
            rows(view, width, height, ascii_only=self._ascii_only),
            prompt_place(view, width, height) if view.types else None,
        )
