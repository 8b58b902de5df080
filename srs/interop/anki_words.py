"""What an Anki package says, as plain values; the process that reads it writes them, we read them back.

Nothing here needs the package `anki`. Units are Anki's: moments of answers in ms, of cards in seconds,
intervals in days where positive and in seconds where negative, due days counted from the collection's
first day, difficulties and retentions as it stores them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple, overload

OCCLUSION = "occlusion"
TYPED = "typed"
CLOZE = "cloze"
BROKEN = "broken"
EMPTY_FRONT = "empty front"
EMPTY_BACK = "empty back"
CUT = "cut"
CUSTOM_DATA = "custom data"
"""What is special about a card (`AnkiCard.traits`)."""

NEW, LEARNING, REVIEW, RELEARNING = range(4)
"""`AnkiCard.type`."""

LEARN_ROW, REVIEW_ROW, RELEARN_ROW, FILTERED_ROW, MANUAL_ROW, RESCHEDULED_ROW = range(6)
"""`LogRow.kind`."""


class LogRow(NamedTuple):
    """A row of Anki's review log."""

    id: int
    ease: int
    interval: int
    last_interval: int
    factor: int
    took_ms: int
    kind: int


class LogRows(Sequence[LogRow]):
    """Rows of one card, packed: as objects those of a whole collection would fill the memory."""

    __slots__ = ("_numbers",)
    _WIDTH = len(LogRow._fields)

    def __init__(self, numbers: array[int]) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        """How many there are."""
        return len(self._numbers) // self._WIDTH

    @overload
    def __getitem__(self, place: int) -> LogRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[LogRow]: ...
    def __getitem__(self, place: int | slice) -> LogRow | Sequence[LogRow]:
        """A row by its place, or several."""
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        start = range(len(self))[place] * self._WIDTH
        return LogRow(*self._numbers[start : start + self._WIDTH])


class AnkiDeck(NamedTuple):
    """A deck with what its preset says; `parameters` are those of FSRS-6, where they were fitted.

    `old_parameters` tells that only an older version's were. Steps are in seconds.
    """

    id: int
    name: str
    description: str
    filtered: bool
    retention: float | None
    parameters: tuple[float, ...] | None
    old_parameters: bool
    learning_steps: tuple[int, ...]
    relearning_steps: tuple[int, ...]


class AnkiCard(NamedTuple):
    """A card, rendered and cleaned, with its rows of the log, oldest first.

    `deck` is its home deck; `filtered` the name of the filtered deck it is in. `title` is the text of
    the field its note is sorted by. `position` is where it stands among new cards. `difficulty` and
    `stability` are what Anki keeps with the card.
    """

    id: int
    guid: str
    note: int
    ord: int
    deck: int
    filtered: str | None
    notetype: str
    title: str
    tags: tuple[str, ...]
    question: str
    answer: str
    explanation: str | None
    media: tuple[str, ...]
    traits: tuple[str, ...]
    type: int
    queue: int
    due: int
    interval: int
    ease: int
    left: int
    flags: int
    modified: int
    position: int | None
    stability: float | None
    difficulty: float | None
    rows: Sequence[LogRow]
    bad_rows: int

    @property
    def suspended(self) -> bool:
        """Whether it is out of Anki's queue for good."""
        return self.queue == -1

    @property
    def buried(self) -> bool:
        """Whether it is out of Anki's queue until the next day."""
        return self.queue in {-2, -3}


class AnkiCollection(NamedTuple):
    """The collection of a package: its calendar and its switches.

    `created` in seconds; `created_offset` the zone then, in minutes west of UTC. `rollover` is None
    where the package does not tell it. `orphan_rows` count answers to cards that are deleted.
    """

    created: int
    created_offset: int | None
    rollover: int | None
    fsrs: bool | None
    cards: int
    orphan_rows: int
    custom_scheduling: bool


def card_of(told: dict[str, Any]) -> AnkiCard:
    """A card from its JSON object."""
    told["rows"] = LogRows(array("q", chain.from_iterable(told["rows"])))
    for name in ("tags", "media", "traits"):
        told[name] = tuple(told[name])
    return AnkiCard(**told)


def deck_of(told: dict[str, Any]) -> AnkiDeck:
    """A deck from its JSON object."""
    parameters = told["parameters"]
    told["parameters"] = None if parameters is None else tuple(parameters)
    for name in ("learning_steps", "relearning_steps"):
        told[name] = tuple(told[name])
    return AnkiDeck(**told)
