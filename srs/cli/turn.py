"""One showing of a card: how it is asked, how far that has come, and what a key means there.

A turn is ASKED (its answer hidden), then ANSWERED (its answer shown, to be rated), and WRITTEN where
there is something left to read once the answer is on disk: after a wrong choice, after a leech.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from srs.cli.keys import GO_ON, RATINGS, Action, Key, action, number
from srs.model import Rating

if TYPE_CHECKING:
    from srs.deck.judge import Verdict
    from srs.model import Answer, Card
    from srs.modes import Option, Way
    from srs.reviewing import Shown

LONGEST_RESPONSE = 1000

_WHILE_CHOOSING = frozenset(
    {
        *(Action.REVEAL, Action.HINT, Action.UNDO, Action.REDO, Action.HELP, Action.QUIT),
        *(Action.DOWN, Action.UP, Action.REDRAW, Action.TAKE_IN, Action.FLAG),
    }
)
_WHILE_TYPING = frozenset({*_WHILE_CHOOSING, Action.SUSPEND, Action.BURY, Action.EDIT} - {Action.REVEAL})
_WHEN_WRITTEN = frozenset({*_WHILE_CHOOSING, Action.SUSPEND, Action.EDIT} - {Action.REVEAL, Action.HINT})


class Stage(Enum):
    """How far a turn has come."""

    ASKED = auto()
    ANSWERED = auto()
    WRITTEN = auto()


class Turn:
    """What is known of one showing; times in ms, `shown_at` since 1970 UTC.

    `seed` decides the order of the options. `response` is the option that was picked or the text that
    was typed, for the log. A plain class, because a dataclass would cost the first question 0.6 ms.
    """

    def __init__(
        self,
        way: Way = "reveal",
        *,
        shown_at: int = 0,
        stage: Stage = Stage.ASKED,
        seed: bytes = b"",
        options: tuple[Option, ...] = (),
        picked: int | None = None,
        hinted: bool = False,
    ) -> None:
        self.way: Way = way
        self.shown_at = shown_at
        self.stage = stage
        self.seed = seed
        self.options = options
        self.picked = picked
        self.hinted = hinted
        self.revealed_ms: int | None = None
        self.verdict: Verdict | None = None
        self.response: str | None = None

    @property
    def waits_for_text(self) -> bool:
        """Whether a line is to be typed now."""
        return self.way == "type" and self.stage is Stage.ASKED

    @property
    def right(self) -> bool:
        """Whether the answer was right; what was only revealed counts as right until it is rated."""
        if self.options:
            return self.picked is not None and self.options[self.picked].right
        return self.verdict is None or self.verdict.right

    @property
    def chose_wrong(self) -> bool:
        """Whether options were shown and the right one was not chosen: there is nothing to rate."""
        return bool(self.options) and not self.right

    @property
    def proposed(self) -> Rating:
        """The rating that Space gives."""
        if not self.right:
            return Rating.AGAIN
        return Rating.HARD if self.hinted else Rating.GOOD

    @property
    def offered(self) -> tuple[Rating, ...]:
        """The ratings there are; all of them for a card taken back."""
        if not self.options:
            return tuple(Rating)
        from srs.modes import offered

        return offered(self.way, right=self.right)

    def turn_over(self, now: int) -> None:
        """Show the answer; the time to the first look at it stays."""
        self.stage = Stage.ANSWERED
        if self.revealed_ms is None:
            self.revealed_ms = max(0, now - self.shown_at)

    def choose(self, index: int | None) -> None:
        """Take an option; None: it is not known."""
        self.picked = index
        self.response = None if index is None else self.options[index].text[:LONGEST_RESPONSE]

    def type(self, typed: str, verdict: Verdict) -> None:
        """Take what was typed, and what it was found to be."""
        self.verdict = verdict
        self.response = cleaned(typed)[:LONGEST_RESPONSE] or None

    def type_again(self) -> None:
        """Back to the line to be typed."""
        self.stage, self.verdict, self.response = Stage.ASKED, None, None

    def reread(self, card: Card) -> None:
        """Take over the card's new text, where its options are still the same number."""
        from srs.modes import options

        found = options(card, self.seed) if self.options else ()
        self.options = found if len(found) == len(self.options) else ()

    def how(self) -> dict[str, object]:
        """What the log keeps of it beside the rating and the whole time."""
        return {
            "revealed_ms": self.revealed_ms,
            "mode": self.way,
            "hinted": self.hinted,
            "response": self.response,
        }

    def meaning(self, key: Key, rating_keys: str = "") -> Action | int | None:
        """What a key means now: an action, an option (from 0), or nothing."""
        if self.stage is Stage.ANSWERED:
            return self._when_answered(key, rating_keys)
        if self.stage is Stage.WRITTEN:
            return Action.NEXT if key in GO_ON else _one_of(_WHEN_WRITTEN, key)
        if self.way != "choice":
            return action(key, answer_shown=False, rating_keys=rating_keys)
        from srs.modes import letter_choice

        index = letter_choice(key, len(self.options))
        if index is None and len(key) == 1 and 1 <= (number(key, rating_keys) or 0) <= len(self.options):
            index = (number(key, rating_keys) or 0) - 1
        return _one_of(_WHILE_CHOOSING, key) if index is None else index

    def _when_answered(self, key: Key, rating_keys: str) -> Action | None:
        if key in GO_ON:
            return RATINGS[self.proposed - 1]
        wanted = action(key, answer_shown=True, rating_keys=rating_keys)
        if wanted is Action.UNDO and self.verdict is not None:
            return Action.TYPE_AGAIN
        dead = {RATINGS[rating - 1] for rating in set(Rating) - set(self.offered)} | {Action.HINT}
        return None if wanted in dead else wanted


def event_meaning(event: Key) -> Action | None:
    """What comes in the place of a typed line: the end of the input, or a screen to be drawn anew."""
    return action(event, answer_shown=False)


def begin(shown: Shown, now: int) -> Turn:
    """The turn of a card that is shown now; its options in an order of this moment."""
    seed = shown.key + now.to_bytes(8, "big")
    if shown.way != "choice":
        return Turn(shown.way, shown_at=now, seed=seed)
    from srs.modes import options

    return Turn(shown.way, shown_at=now, seed=seed, options=options(shown.card, seed))


def taken_back(line: Answer | None, now: int) -> Turn:
    """The turn of a card that undo brought back, its answer shown; it was answered as the line says."""
    turn = Turn(shown_at=now, stage=Stage.ANSWERED)
    if line is not None:
        turn.way = "choice" if line.mode == "choice" else "type" if line.mode == "type" else "reveal"
        turn.hinted, turn.response = bool(line.hinted), line.response
    return turn


def command(typed: str) -> Action | None:
    """What a line means that is a colon and a key, while an answer is typed; None: it is an answer."""
    line = typed.strip()
    return _one_of(_WHILE_TYPING, line[1]) if len(line) == 2 and line[0] in ":\N{FULLWIDTH COLON}" else None


def cleaned(typed: str) -> str:
    """A typed line without anything that could act on a terminal."""
    from srs.deck.clean import clean_line

    return clean_line(typed).strip()


def _one_of(actions: frozenset[Action], key: Key) -> Action | None:
    wanted = action(key, answer_shown=False)
    return wanted if wanted in actions else None
