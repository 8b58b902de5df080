"""The words of the house: frozen values that every room speaks in.

Units, everywhere: a moment is an int of milliseconds since 1970-01-01 UTC (`at`, `due_at`); a study
day is an int of days since 1970-01-01 (`study_day`, `due_day`); steps are whole seconds; stability
is in days; a retrievability, recall or retention is a proportion 0..1; ids and keys are 16 bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Any, NamedTuple


class Rating(IntEnum):
    """How a card was recalled; Hard, Good and Easy are passes."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4

    @property
    def word(self) -> str:
        """The rating as a person reads it: `Again`, `Hard`, `Good`, `Easy`."""
        return self.name.capitalize()


class State(IntEnum):
    """Where a card stands: never answered, in learning steps, in review, in relearning steps."""

    NEW = 0
    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3

    @property
    def word(self) -> str:
        """The state as lists and JSON print it: `new`, `learning`, `review`, `relearning`."""
        return self.name.lower()


class ActKind(StrEnum):
    """What can happen to the log besides an answer (LOG §1)."""

    UNDO = "undo"
    FORGET = "forget"
    SUSPEND = "suspend"
    RESUME = "resume"
    BURY = "bury"
    FLAG = "flag"
    UNFLAG = "unflag"
    DUE = "due"
    RESCHEDULE = "reschedule"
    OPTIONS = "options"
    PARAMS = "params"
    SAME = "same"
    DECK = "deck"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Options:
    """What rules the next interval; a line of the log names the set it was answered under by hash."""

    desired_retention: float = 0.9
    learning_steps: tuple[int, ...] = (60, 600)
    relearning_steps: tuple[int, ...] = (600,)
    maximum_interval: int = 36_500
    fuzz: bool = True

    def body(self) -> str:
        """The set as canonical JSON, the text whose hash is its name."""
        return json.dumps(
            {
                "desired_retention": self.desired_retention,
                "fuzz": self.fuzz,
                "learning_steps": self.learning_steps,
                "maximum_interval": self.maximum_interval,
                "relearning_steps": self.relearning_steps,
            },
            separators=(",", ":"),
            sort_keys=True,
        )

    def name(self) -> bytes:
        """The first 16 bytes of the SHA-256 of `body()`."""
        return sha256(self.body().encode()).digest()[:16]

    @classmethod
    def from_body(cls, body: str) -> Options:
        """Read `body()` back."""
        raw = json.loads(body)
        return cls(
            desired_retention=raw["desired_retention"],
            learning_steps=tuple(raw["learning_steps"]),
            relearning_steps=tuple(raw["relearning_steps"]),
            maximum_interval=raw["maximum_interval"],
            fuzz=raw["fuzz"],
        )


IMPORTED_OPTIONS = Options(fuzz=False)
"""What answers that name no options (imported ones) fold with (LOG §2, line 13)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, a line of the log, written once (LOG §1).

    `after` is the id of the line the card was shown after (None: none before). `interval_before` is
    the scheduled interval in whole days the answer met: 0 for a new card or a step, None where an
    imported log does not tell. `took_ms` runs from question to rating, `revealed_ms` from question to
    answer; `utc_offset` is the learner's zone then, in minutes east of UTC. `state_after`,
    `step_after` and `due_day` (review) or `due_at` (steps) are the decision; an imported answer
    carries none. `undone` and `follows` are derived.
    """

    id: bytes
    card: bytes
    at: int
    study_day: int
    rating: Rating
    took_ms: int | None = None
    revealed_ms: int | None = None
    utc_offset: int | None = None
    mode: str | None = None
    hinted: bool | None = None
    response: str | None = None
    after: bytes | None = None
    state_before: State | None = None
    interval_before: int | None = None
    difficulty_before: float | None = None
    recall: float | None = None
    state_after: State | None = None
    step_after: int | None = None
    due_day: int | None = None
    due_at: int | None = None
    options: bytes | None = None
    device: str = ""
    batch: bytes | None = None
    undone: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """One act, a line of the log: what happened besides answers.

    `target` is the line an undo takes back; `cause` the line that made this one happen (it falls
    with it). `payload` holds what the kind needs: `{"day": D}` for bury (back on study day D) and
    due, `{"hash", "body"}` for options, `{"deck", "parameters"}` for params (deck None: the
    learner's), `{"old", "new"}` (hex keys, with the names they had) for same.
    """

    id: bytes
    kind: ActKind
    at: int
    study_day: int
    card: bytes | None = None
    target: bytes | None = None
    cause: bytes | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    undone: bool = False


Line = Answer | Act


@dataclass(frozen=True, slots=True)
class Memory:
    """What FSRS believes about one card, and its shelf; derived from the log by the fold.

    In review `due_day` is set, in steps `due_at`; a new card has neither. `last_id` is the newest
    live answer or forget; `last_at` and `last_day` are those of the newest live answer since the
    last forget. `passed`: a live answer since the last forget was hard, good or easy. Buried while
    today < `buried_until`.
    """

    state: State = State.NEW
    step: int | None = None
    stability: float | None = None
    difficulty: float | None = None
    due_day: int | None = None
    due_at: int | None = None
    last_at: int | None = None
    last_day: int | None = None
    last_id: bytes | None = None
    reps: int = 0
    lapses: int = 0
    passed: bool = False
    suspended: bool = False
    flagged: bool = False
    buried_until: int | None = None

    @property
    def leech(self) -> bool:
        """Missed often enough in review to be worth rewriting."""
        return self.lapses >= LEECH_LAPSES

    @property
    def interval(self) -> int:
        """The scheduled interval in whole days; 0 for a new card or one in steps."""
        if self.state is not State.REVIEW or self.due_day is None or self.last_day is None:
            return 0
        return max(0, self.due_day - self.last_day)


LEECH_LAPSES = 8
LEECH_AGAIN = 4
"""After the eighth lapse a leech is told of every fourth one."""

MATURE_DAYS = 21
TOOK_CAP_MS = 60_000
"""Time taken is kept raw and capped when read."""


def leech_told_at(lapses: int) -> bool:
    """Whether a card that has just reached this many lapses is said to be a leech now."""
    return lapses >= LEECH_LAPSES and (lapses - LEECH_LAPSES) % LEECH_AGAIN == 0


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file, and where; `line` and `column` count from 1, columns in characters.

    Codes that begin with E are errors (the file is refused), with W warnings.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether the file is refused for it."""
        return self.code.startswith("E")

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}"

    def as_json(self) -> dict[str, Any]:
        """The shape of the `problems` array of `srs import --json`."""
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
        }


class Choice(NamedTuple):
    """A wrong answer that is offered beside the right one, and why it is wrong."""

    text: str
    why: str | None = None


MODES = ("reveal", "choice", "type", "auto")
"""How a card is asked: turned over, with options, by typing; `auto` is options until it was passed once."""

REVERSE = "reverse"
"""The variant that asks the other way round; those of a cloze are `c1`, `c2` …, the plain card has none."""


@dataclass(frozen=True, slots=True)
class Card:
    """One card of a deck file: what there is to know, as written, cleaned of terminal controls.

    A table `[[cards]]` of the file, an entry, gives one card or several, told apart by `variant`:
    the plain one (""), the one that asks for the term (`reverse`), one for each number of its cloze
    (`c1`, `c2` …). `question` is what is asked: the card's own, one made from `term`, or the sentence
    with its hole; `cloze` is that sentence as written, `hint` what its hole says on demand. `choices`
    are wrong answers, `accept` other right ones. `needs` and `was` keep the order of the file, each a
    pair (deck, id). `position` counts the cards of the deck, `entry` the tables; `line` is where the
    card's table stands.
    """

    deck: str
    id: str
    question: str
    answer: str
    variant: str = ""
    term: str | None = None
    scenario: str | None = None
    explanation: str | None = None
    tags: tuple[str, ...] = ()
    source: str | None = None
    choices: tuple[Choice, ...] = ()
    accept: tuple[str, ...] = ()
    cloze: str | None = None
    hint: str | None = None
    needs: tuple[tuple[str, str], ...] = ()
    was: tuple[tuple[str, str], ...] = ()
    position: int = 0
    entry: int = 0
    line: int | None = None

    @property
    def name(self) -> str:
        """How the card is named everywhere: `deck/id`, a variant `deck/id#variant`."""
        return card_name(self.deck, self.id, self.variant)

    @property
    def is_cloze(self) -> bool:
        """Whether a hole in a sentence is asked for."""
        return self.variant not in ("", REVERSE)


def card_name(deck: str, card_id: str, variant: str = "") -> str:
    """`deck/id`, with `#variant` where there is one."""
    return f"{deck}/{card_id}#{variant}" if variant else f"{deck}/{card_id}"


@dataclass(frozen=True, slots=True)
class Deck:
    """One deck file, read: its head and its cards in file order."""

    id: str
    name: str
    description: str = ""
    desired_retention: float | None = None
    cards: tuple[Card, ...] = ()
    mode: str | None = None
