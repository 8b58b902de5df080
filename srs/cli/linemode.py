"""A review line by line: for pipes, screen readers and terminals that only append.

The same session as on the full screen. An empty line is Enter: it shows the answer, then says Good.
After each commit `saved good, 11 days` is printed and flushed; the end of input ends the session.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from srs.cli import talk
from srs.cli.drawing import harmless
from srs.cli.keys import RATINGS, Action, action, digit
from srs.cli.screen import HELP_KEYS, help_lines, plain_lines
from srs.errors import AnsweredElsewhereError, DatabaseError
from srs.model import ActKind, Rating

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from srs.cli.notices import Stop
    from srs.cli.taking_in import TakeIn
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


class Lines:
    """Asks and shows a line at a time until the session or the input ends; `run` returns how."""

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
        self._review = review
        self._now = now
        self._take_in = take_in
        self._load = load
        self._ascii_only = ascii_only
        self._in = stdin
        self._out = stdout
        self._answer_shown = False
        self._shown_at = 0
        self._revealed_ms: int | None = None

    def run(self) -> Stop:
        """Run the session."""
        self._ask()
        self._load()
        told = talk.at_the_start(self._review, self._take_in.offer(), self._now())
        if told:
            self._say(told)
        deeds = self._deeds()
        while self._review.shown is not None:
            line = self._in.readline()
            if not line:
                return "stopped"
            wanted = self._meaning(line.strip())
            if wanted is Action.QUIT:
                return "stopped"
            if wanted in deeds:
                deeds[wanted]()
        return "time" if self._review.session.out_of_time else "done"

    def _meaning(self, typed: str) -> Action | None:
        """What a line asks for; a line that asks for nothing is answered with one sentence."""
        key = _WORDS.get(typed.lower(), typed) or "enter"
        wanted = action(
            key, answer_shown=self._answer_shown, rating_keys=self._review.settings.rating_keys or ""
        )
        if wanted is Action.QUIT or wanted in self._deeds():
            return wanted
        rating = digit(key)
        if not self._answer_shown and rating is not None and 1 <= rating <= 4:
            self._say(talk.TOO_EARLY)
        else:
            self._say("That is no key here: Enter, 1 to 4, or ? for all of them.")
        return None

    def _deeds(self) -> dict[Action, Callable[[], None]]:
        always: dict[Action, Callable[[], None]] = {
            wanted: partial(self._answer, Rating(n)) for n, wanted in enumerate(RATINGS, 1)
        }
        always |= {Action.REVEAL: self._reveal, Action.HELP: self._help}
        writing: dict[Action, Callable[[], None]] = {
            Action.UNDO: self._undo,
            Action.REDO: self._redo,
            Action.SUSPEND: partial(self._put_away, ActKind.SUSPEND),
            Action.BURY: partial(self._put_away, ActKind.BURY),
            Action.FLAG: self._flag,
            Action.TAKE_IN: self._take_in_decks,
        }
        if not self._review.records:
            writing = dict.fromkeys(writing, self._refuse)
        return always | writing

    def _refuse(self) -> None:
        self._say(talk.PRACTICE)

    def _reveal(self) -> None:
        now = self._now()
        self._review.day_turned(now)
        self._answer_shown = True
        self._revealed_ms = max(0, now - self._shown_at)
        self._show()

    def _redo(self) -> None:
        taken = self._review.redo(self._now())
        self._say(talk.NOTHING_TO_REDO if taken is None else talk.put_back(taken))
        if taken is not None:
            self._next()

    def _flag(self) -> None:
        self._say(talk.flagged(marked=self._review.flag(self._now())))

    def _take_in_decks(self) -> None:
        self._say(self._take_in.run())
        self._review.refresh(self._now())
        if self._review.shown is None or self._review.shown.on_file.retired:
            self._next()
        else:
            self._show(repeat=True)

    def _help(self) -> None:
        for line in help_lines(keys=HELP, rating_keys=self._review.settings.rating_keys or ""):
            self._say(line)

    def _answer(self, rating: Rating) -> None:
        now = self._now()
        if self._review.day_turned(now):
            self._say(talk.NEW_DAY)
            self._show(repeat=True)
            return
        before = len(self._review.session.answered)
        name = "" if self._review.shown is None else self._review.shown.name
        try:
            recorded = self._review.answer(
                rating, now=now, took_ms=max(0, now - self._shown_at), revealed_ms=self._revealed_ms
            )
        except AnsweredElsewhereError as error:
            self._say(talk.elsewhere(error, self._review.days.zone))
            self._review.refresh(now)
        except DatabaseError as error:
            raise talk.not_saved(error, before) from error
        else:
            self._say(talk.saved(recorded))
            leech = talk.leech(recorded, f"To suspend it: srs suspend {name}")
            if leech:
                self._say(leech)
        self._next()

    def _undo(self) -> None:
        now = self._now()
        given_here = {answer.line for answer in self._review.session.answered}
        taken = self._review.undo(now)
        if taken is None:
            self._say(talk.NOTHING_TO_UNDO)
            return
        self._say(talk.took_back(taken, now, self._review.days.zone, here=taken.line.id in given_here))
        if taken.on_screen:
            self._answer_shown = True
            self._shown_at = now
            self._revealed_ms = None
            self._show(repeat=True)

    def _put_away(self, kind: ActKind) -> None:
        shown = self._review.shown
        if shown is not None:
            self._review.put_away(kind, self._now())
            self._say(talk.PUT_AWAY[kind].format(name=shown.name))
            self._next()

    def _next(self) -> None:
        if self._review.next(self._now()) is not None:
            self._say("")
            self._ask()

    def _ask(self) -> None:
        self._answer_shown = False
        self._shown_at = self._now()
        self._revealed_ms = None
        early = talk.early(self._review, self._shown_at)
        if early:
            self._say(early)
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

    def _say(self, sentence: str) -> None:
        self._out.write(harmless(sentence) + "\n")
        self._out.flush()
