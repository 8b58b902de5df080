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
_SLIPS_OF_THE_HAND = ("slip", "none")
"""Kinds of a verdict that say nothing about what the person knew."""
_COLONS = ":\N{FULLWIDTH COLON}"

_WHILE_CHOOSING = frozenset(
    {
        *(Action.REVEAL, Action.HINT, Action.UNDO, Action.REDO, Action.HELP, Action.QUIT),
        *(Action.DOWN, Action.UP, Action.REDRAW, Action.TAKE_IN, Action.FLAG),
    }
)
_WHILE_TYPING = frozenset({*_WHILE_CHOOSING, Action.SUSPEND, Action.BURY, Action.EDIT} - {Action.REVEAL})
# Whoever pressed Enter too early goes on typing: what would move the card away or mark it is dead.
_DEAD_WHEN_JUDGED = frozenset(
    {Action.SUSPEND, Action.BURY, Action.FLAG, Action.TAKE_IN, Action.REDO, Action.HINT}
)
_WHEN_WRITTEN = frozenset({*_WHILE_CHOOSING, Action.SUSPEND, Action.EDIT} - {Action.REVEAL, Action.HINT})


class Stage(Enum):
    """How far a turn has come."""

    ASKED = auto()
    ANSWERED = auto()
    WRITTEN = auto()


class Turn:
    """What is known of one showing; times in ms, `shown_at` since 1970 UTC.

    `seed` decides the order of the options. `response` is the option that was picked or the text that
    was typed. `first_try` is what was typed before the answer was seen, and its verdict, where the
    person typed again. A plain class, because a dataclass would cost the first question 0.6 ms.
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
        self.rated_anew = False
        self.revealed_ms: int | None = None
        self.verdict: Verdict | None = None
        self.response: str | None = None
        self.first_try: tuple[str | None, Verdict] | None = None

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
        return bool(self.options) and not self.right and not self.rated_anew

    @property
    def proposed(self) -> Rating:
        """The rating that Space gives: no more than the first try deserved."""
        from srs.modes import proposed

        knew = self.first_try is None or self.first_try[1].right
        return proposed(right=self.right and knew, hinted=self.hinted)

    @property
    def offered(self) -> tuple[Rating, ...]:
        """The ratings there are; a card taken back may be rated otherwise than its choice was."""
        if self.way != "choice":
            return tuple(Rating)
        from srs.modes import offered

        return offered(self.way, right=not self.chose_wrong)

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
        """Back to the line to be typed, the answer having been seen.

        So the log keeps the first try, and no more is proposed than that deserved. A slip and an empty
        line are slips of the hand: what is typed next is the first try.
        """
        verdict = self.verdict
        if verdict is not None and self.first_try is None and verdict.kind not in _SLIPS_OF_THE_HAND:
            self.first_try = (self.response, verdict)
        self.stage, self.verdict, self.response = Stage.ASKED, None, None

    def keep_from(self, before: Turn) -> None:
        """Take over what an earlier showing, which came to no answer, has given away."""
        self.hinted = self.hinted or before.hinted
        if self.way == "type" and not self.rated_anew:
            self.first_try = before.first_try

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
            "response": self.first_try[0] if self.first_try else self.response,
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
        if self.verdict is not None:
            if wanted is Action.UNDO:
                return Action.TYPE_AGAIN
            return None if wanted in _DEAD_WHEN_JUDGED else wanted
        dead = {RATINGS[rating - 1] for rating in set(Rating) - set(self.offered)} | {Action.HINT}
        return None if wanted in dead else wanted


def event_meaning(event: Key) -> Action | None:
    """What comes in the place of a typed line: the end of the input, or a screen to be drawn anew."""
    return action(event, answer_shown=False)


def begin(shown: Shown, now: int) -> Turn:
    """The turn of a card that is shown now; its options in an order of this moment."""
    seed = _seed(shown, now)
    if shown.way != "choice":
        return Turn(shown.way, shown_at=now, seed=seed)
    from srs.modes import options

    return Turn(shown.way, shown_at=now, seed=seed, options=options(shown.card, seed))


def taken_back(line: Answer, shown: Shown, now: int) -> Turn:
    """The turn of a card whose answer undo took back, its answer shown; it was answered as the line says.

    Its options stand as they stood when it was answered, the one that was picked still marked.
    """
    way: Way = "choice" if line.mode == "choice" else "type" if line.mode == "type" else "reveal"
    turn = Turn(way, shown_at=now, stage=Stage.ANSWERED, hinted=bool(line.hinted))
    turn.rated_anew, turn.response = True, line.response
    if way == "choice":
        turn.seed = _seed(shown, line.at - (line.took_ms or 0))
        turn.options, turn.picked = _options_again(shown.card, turn.seed, line.response)
    return turn


def _options_again(card: Card, seed: bytes, response: str | None) -> tuple[tuple[Option, ...], int | None]:
    """A card's options and which was picked; no options where that one is none of them any longer."""
    from srs.modes import options

    found = options(card, seed)
    texts = [option.text[:LONGEST_RESPONSE] for option in found]
    if len(found) < 2 or (response is not None and response not in texts):
        return (), None
    return found, None if response is None else texts.index(response)


def _seed(shown: Shown, shown_at: int) -> bytes:
    return shown.key + max(0, shown_at).to_bytes(8, "big")


def command(typed: str) -> Action | None:
    """What a line means that is a colon and a key, while an answer is typed; None: it is an answer."""
    line = typed.strip()
    return _one_of(_WHILE_TYPING, line[1]) if len(line) == 2 and line[0] in _COLONS else None


def unknown_command(typed: str) -> str | None:
    """The colon and letter of a line that is only that, and no command; None: it is something else."""
    line = typed.strip()
    if len(line) != 2 or line[0] not in _COLONS or not line[1].isalpha() or command(line):
        return None
    return line


def cleaned(typed: str) -> str:
    """A typed line without anything that could act on a terminal."""
    from srs.deck.clean import clean_line

    return clean_line(typed).strip()


def _one_of(actions: frozenset[Action], key: Key) -> Action | None:
    wanted = action(key, answer_shown=False)
    return wanted if wanted in actions else None
