"""What Anki says of a card now, beside its log: due day, suspended, flagged, buried, new again.

Each is an act, written only where it changes something and nothing newer was done here: what a package
brought last is remembered by the acts it brought, so that importing again leaves alone what a person
decided here since.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from srs.days import day_number
from srs.interop.anki_words import NEW, REVIEW
from srs.model import ActKind, State

if TYPE_CHECKING:
    from srs.anki_log import History
    from srs.days import StudyDays
    from srs.interop.anki_words import AnkiCard, AnkiCollection
    from srs.model import Memory
    from srs.store.packages import Logged

    Acts = list[tuple[ActKind, bytes | None, dict[str, Any]]]

_SOME_DAYS = 100_000
_DAY_MINUTES = 1_440
_LATEST_SECONDS = 1 << 33
"""Later than any collection was made."""


def first_day_of(collection: AnkiCollection, days: StudyDays) -> int:
    """The study day that Anki counts as 0: the date on which the collection was made, where it was."""
    created = min(max(collection.created, 0), _LATEST_SECONDS)
    west = collection.created_offset
    if west is None or abs(west) > _DAY_MINUTES:
        return days.day(created * 1000)
    there = datetime.fromtimestamp(created, UTC) - timedelta(minutes=west)
    return max(0, day_number(there.date()))


@dataclass(slots=True)
class Standing:
    """A card of a package beside what is known of it here."""

    key: bytes
    card: AnkiCard
    history: History
    logged: Logged
    memory: Memory


@dataclass(slots=True)
class Wanted:
    """The acts that make cards here stand as they do in Anki, and how many of each kind."""

    today: int
    first_day: int
    days: StudyDays
    acts: Acts = field(default_factory=list)
    touched: set[bytes] = field(default_factory=set)
    unlike: list[AnkiCard] = field(default_factory=list)
    """Cards that Anki has in steps or in review, where the log leads elsewhere."""
    unanswered: list[AnkiCard] = field(default_factory=list)
    """Cards that Anki schedules without an answer in its log since they were new."""

    def look_at(self, one: Standing) -> None:
        """Note what a card needs."""
        self._suspend(one)
        self._flag(one)
        self._bury(one)
        self._schedule(one)

    def _add(self, kind: ActKind, one: Standing, payload: dict[str, Any] | None = None) -> None:
        self.acts.append((kind, one.key, payload or {}))
        self.touched.add(one.key)

    def _suspend(self, one: Standing) -> None:
        kinds = (ActKind.SUSPEND, ActKind.RESUME)
        if _is_news(one, one.card.suspended, one.memory.suspended, *kinds):
            self._add(kinds[0] if one.card.suspended else kinds[1], one)

    def _flag(self, one: Standing) -> None:
        kinds = (ActKind.FLAG, ActKind.UNFLAG)
        if _is_news(one, bool(one.card.flags), one.memory.flagged, *kinds):
            self._add(kinds[0] if one.card.flags else kinds[1], one)

    def _bury(self, one: Standing) -> None:
        day = self.days.day(one.card.modified * 1000) + 1
        here = one.memory.buried_until or 0
        if one.card.buried and day > self.today and here < day:
            self._add(ActKind.BURY, one, {"day": day})

    def _schedule(self, one: Standing) -> None:
        card, memory = one.card, one.memory
        newest_own = one.logged.newest_own
        if card.type == NEW:
            # What was answered only here is no business of Anki's, which knows the card as new. And a card
            # without its rows was exported without its progress: a reset in Anki keeps them.
            if memory.state is not State.NEW and one.history.events and not newest_own:
                self._add(ActKind.FORGET, one)
        elif newest_own > one.history.newest:
            return
        elif memory.state is State.NEW:
            if not one.history.answered:
                self.unanswered.append(card)
        elif (card.type == REVIEW) != (memory.state is State.REVIEW):
            self.unlike.append(card)
        elif card.type == REVIEW and 0 <= card.due + self.first_day <= _SOME_DAYS:
            self._due(one, card.due + self.first_day)

    def _due(self, one: Standing, day: int) -> None:
        own = one.logged.newest_of(ActKind.DUE, ActKind.RESCHEDULE, imported=False)
        seen = max(one.history.newest, one.card.modified * 1000)
        if one.memory.due_day != day and not (own and own.at > seen):
            self._add(ActKind.DUE, one, {"day": day})


def _is_news(one: Standing, there: bool, here: bool, on: ActKind, off: ActKind) -> bool:
    """Whether a switch was turned in Anki since the last package, and not here after that."""
    last = one.logged.newest_of(on, off, imported=True)
    own = one.logged.newest_of(on, off, imported=False)
    was = last is not None and last.kind is on
    return there not in {was, here} and not (own and own.at > one.card.modified * 1000)
