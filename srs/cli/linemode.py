"""A review line by line: for pipes, screen readers and terminals that only append.

The same session as on the full screen. An empty line is Enter: it shows the answer, then says Good.
After each commit `saved good, 11 days` is printed and flushed; the end of input ends the session.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from srs.cli import key_rows, talk
from srs.cli.conversation import Conversation
from srs.cli.drawing import harmless, lines_of
from srs.cli.keys import Action, digit, typed_text
from srs.cli.plain import plain_lines
from srs.cli.turn import Stage
from srs.cli.views import card_view, keys_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import TextIO

    from srs.cli.conversation import Wanted
    from srs.cli.notices import Stop
    from srs.cli.taking_in import TakeIn
    from srs.model import Rating
    from srs.reviewing import Recorded, Review, Shown

_WORDS = {"again": "1", "hard": "2", "good": "3", "easy": "4"} | {
    word: word[0] for word in ("undo", "suspend", "bury", "quit", "hint", "edit")
}

_ALWAYS_WORDS = ("undo", "quit", "hint")


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
        edit: Callable[[Shown], str] | None = None,
    ) -> None:
        super().__init__(review, now=now, take_in=take_in, load=load, ascii_only=ascii_only, edit=edit)
        self._in = stdin
        self._out = stdout
        if edit is None and review.records:
            del self._deeds[Action.EDIT]

    def run(self) -> Stop:
        """Run the session."""
        self._ask()
        self._load()
        told = self._opening()
        if told:
            self._tell(told)
        while self._review.shown is not None:
            line = self._in.readline()
            wanted = self._meaning(typed_text(line).strip()) if line else Action.QUIT
            if wanted is Action.QUIT:
                return self.when_left()
            if wanted is not None:
                self._do(wanted)
        return self._end()

    def _meaning(self, typed: str) -> Wanted | None:
        """What a line asks for; a line that asks for nothing is answered with one sentence."""
        if self._turn.waits_for_text:
            wanted: Wanted | None = self._line_meaning(typed)
        else:
            wanted = self._turn.meaning(self._key(typed), self._rating_keys)
        here = wanted is Action.QUIT or not isinstance(wanted, Action) or wanted in self._deeds
        if wanted is None or not here:
            self._tell(self._no_key(typed))
            return None
        return wanted

    def _key(self, typed: str) -> str:
        """The key that a word stands for; where letters and digits are options, no other word does."""
        word = typed.lower()
        if self._turn.way == "choice" and self._turn.stage is Stage.ASKED and word not in _ALWAYS_WORDS:
            return typed or "enter"
        return _WORDS.get(word, typed) or "enter"

    def _no_key(self, typed: str) -> str:
        if self._turn.waits_for_text:
            return talk.NO_COMMAND.format(typed=typed)
        if self._turn.stage is Stage.WRITTEN:
            return "That is no key here: Enter for the next card, or ? for all of them."
        rating = digit(_WORDS.get(typed.lower(), typed))
        asked, offered = self._turn.stage is Stage.ASKED, len(self._turn.offered)
        if asked and self._turn.way == "choice":
            last = keys_of(self._review, self._turn, lines=True)[0].split()[0].removeprefix("A-")
            return f"That is no key here: A to {last}, Enter if you do not know, or ? for all of them."
        if asked and rating is not None and 1 <= rating <= 4:
            return talk.TOO_EARLY
        return f"That is no key here: Enter, 1 to {offered}, or ? for all of them."

    def _show_anew(self, told: str | None = None, *, aloud: bool = False) -> None:  # noqa: ARG002 - lines are
        if told:
            self._tell(told)
        self._show(repeat=True)

    def _show_answer(self) -> None:
        self._show()

    def _show_written(self, recorded: Recorded | None, rating: Rating) -> None:  # noqa: ARG002 - it is recorded
        waits, name = self._turn.chose_wrong, self._current().name
        if waits:
            self._show(keys=False)
        told = talk.saved(recorded)
        way_out = "s suspends it, Enter carries on." if waits else f"To suspend it: srs suspend {name}"
        leech = talk.leech(recorded, way_out)
        if leech:
            told = f"{told}\n{leech}"
        if waits:
            self._tell(f"{told}\n{', '.join(self._keys())}")
        else:
            self._go_on(told)

    def _go_on(self, told: str | None = None, *, aloud: bool = False) -> None:  # noqa: ARG002 - lines are
        if told:
            self._tell(told)
        if self._review.next(self._now()) is not None:
            self._tell("")
            self._ask()

    def _show_hint(self, hint: str) -> None:
        self._tell(f"Hint: {hint}")

    def _away(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _help(self) -> None:
        from srs.cli.help import LINE_COMMANDS, LINE_KEYS, help_lines

        keys = LINE_COMMANDS if self._turn.waits_for_text else LINE_KEYS
        for line in help_lines(keys=keys, rating_keys=self._rating_keys):
            self._tell(line)

    def _ask(self) -> None:
        self._begin_card()
        early = talk.early(self._review, self._turn.shown_at)
        if early:
            self._tell(early)
        self._show()

    def _keys(self) -> tuple[str, ...]:
        keys = keys_of(self._review, self._turn, lines=True)
        return key_rows.live(keys, writes=self._review.records, edits=self._edit is not None)

    def _show(self, *, repeat: bool = False, keys: bool = True) -> None:
        view = card_view(self._review, self._turn, keys=self._keys() if keys else ())
        for line in plain_lines(view, repeat=repeat, ascii_only=self._ascii_only):
            self._out.write(line + "\n")
        self._out.flush()

    def _tell(self, sentence: str, *, aloud: bool = False) -> None:  # noqa: ARG002 - every line is
        for line in lines_of(sentence) or [""]:
            self._out.write(harmless(line) + "\n")
        self._out.flush()
