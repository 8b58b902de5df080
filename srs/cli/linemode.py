"""A review line by line: for pipes, screen readers and terminals that only append.

The same session as on the full screen. An empty line is Enter: it shows the answer, then says Good.
After each commit `saved good, 11 days` is printed and flushed; the end of input ends the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli import talk
from srs.cli.conversation import Conversation
from srs.cli.drawing import harmless
from srs.cli.keys import Action, action, digit
from srs.cli.screen import HELP_KEYS, help_lines, plain_lines
from srs.errors import AnsweredElsewhereError, DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from srs.cli.notices import Stop
    from srs.cli.taking_in import TakeIn
    from srs.model import ActKind, Rating
    from srs.reviewing import Review

KEYS_QUESTION = ("Enter answer", "u undo", "? keys", "q quit")
HELP = (
    ("Enter", "show the answer, then Good"),
    *(line for line in HELP_KEYS[1:-2]),
    ("q", "stop, and so does the end of the input; every answer is saved"),
)
KEYS_ANSWER = ("Enter good", "1-4 rate", "u undo", "s suspend", "b bury", "? keys", "q quit")
_WORDS = {"again": "1", "hard": "2", "good": "3", "easy": "4"} | {
    word: word[0] for word in ("undo", "suspend", "bury", "quit")
}


class Lines(Conversation):
    """A conversation a line at a time, until the session or the input ends."""

    def __init__(
        self,
        review: Review,
        *,
        now: Callable[[], int],
        take_in: TakeIn,
        load: Callable[[], None],
        ascii_only: bool,
        stdin: TextIO,
        stdout: TextIO,
    ) -> None:
        super().__init__(review, now=now, take_in=take_in, load=load, ascii_only=ascii_only)
        self._in = stdin
        self._out = stdout

    def run(self) -> Stop:
        """Run the session."""
        self._ask()
        self._load()
        told = self._opening()
        if told:
            self._tell(told)
        while self._review.shown is not None:
            line = self._in.readline()
            if not line:
                return "stopped"
            wanted = self._meaning(line.strip())
            if wanted is Action.QUIT:
                return "stopped"
            if wanted is not None:
                self._deeds[wanted]()
        return self._end()

    def _meaning(self, typed: str) -> Action | None:
        """What a line asks for; a line that asks for nothing is answered with one sentence."""
        key = _WORDS.get(typed.lower(), typed) or "enter"
        wanted = action(key, answer_shown=self._answer_shown, rating_keys=self._rating_keys)
        if wanted is Action.QUIT or wanted in self._deeds:
            return wanted
        rating = digit(key)
        if not self._answer_shown and rating is not None and 1 <= rating <= 4:
            self._tell(talk.TOO_EARLY)
        else:
            self._tell("That is no key here: Enter, 1 to 4, or ? for all of them.")
        return None

    def _reveal(self) -> None:
        super()._reveal()
        self._show()

    def _redo(self) -> None:
        taken = self._review.redo(self._now())
        self._tell(talk.NOTHING_TO_REDO if taken is None else talk.put_back(taken))
        if taken is not None:
            self._next()

    def _take_in_decks(self) -> None:
        self._tell(self._take_in.run())
        self._review.refresh(self._now())
        if self._left_the_queue:
            self._next()
        else:
            self._show(repeat=True)

    def _help(self) -> None:
        for line in help_lines(keys=HELP, rating_keys=self._rating_keys):
            self._tell(line)

    def _answer(self, rating: Rating) -> None:
        now = self._now()
        if self._review.day_turned(now):
            self._tell(talk.NEW_DAY)
            self._show(repeat=True)
            return
        before = len(self._review.session.answered)
        name = "" if self._review.shown is None else self._review.shown.name
        try:
            recorded = self._rate(rating, now)
        except AnsweredElsewhereError as error:
            self._tell(talk.elsewhere(error, self._review.days.zone))
            self._review.refresh(now)
        except DatabaseError as error:
            raise talk.not_saved(error, before) from error
        else:
            self._tell(talk.saved(recorded))
            leech = talk.leech(recorded, f"To suspend it: srs suspend {name}")
            if leech:
                self._tell(leech)
        self._next()

    def _undo(self) -> None:
        now = self._now()
        given_here = {answer.line for answer in self._review.session.answered}
        taken = self._review.undo(now)
        if taken is None:
            self._tell(talk.NOTHING_TO_UNDO)
            return
        self._tell(talk.took_back(taken, now, self._review.days.zone, here=taken.line.id in given_here))
        if taken.on_screen:
            self._begin_card()
            self._answer_shown = True
            self._show(repeat=True)

    def _put_away(self, kind: ActKind) -> None:
        shown = self._review.shown
        if shown is not None:
            self._review.put_away(kind, self._now())
            self._tell(talk.PUT_AWAY[kind].format(name=shown.name))
            self._next()

    def _next(self) -> None:
        if self._review.next(self._now()) is not None:
            self._tell("")
            self._ask()

    def _ask(self) -> None:
        self._begin_card()
        early = talk.early(self._review, self._shown_at)
        if early:
            self._tell(early)
        self._show()

    def _show(self, *, repeat: bool = False) -> None:
        view = talk.card_view(
            self._review,
            answer_shown=self._answer_shown,
            keys=KEYS_ANSWER if self._answer_shown else KEYS_QUESTION,
        )
        for line in plain_lines(view, repeat=repeat, ascii_only=self._ascii_only):
            self._out.write(line + "\n")
        self._out.flush()

    def _tell(self, sentence: str) -> None:
        self._out.write(harmless(sentence) + "\n")
        self._out.flush()
