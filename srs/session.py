"""One review session: what is left, what was answered, what the end says.

Pure: it is told what happened and keeps count; it reads no clock, no database, and prints nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from srs.model import TOOK_CAP_MS, Rating
from srs.queue import Heads, Mix, Pick, choose, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.queue import Kind


class Left(NamedTuple):
    """How many cards of each kind are still to come, and how many are finished; the sum stays."""

    new: int = 0
    learning: int = 0
    review: int = 0
    finished: int = 0

    @property
    def total(self) -> int:
        """All cards of the session, finished ones among them."""
        return sum(self)

    @property
    def due(self) -> int:
        """The cards still to come."""
        return self.new + self.learning + self.review

    def moved(self, place: str, to: str) -> Left:
        """One card goes from one of the four places to another."""
        changed = self._replace(**{place: getattr(self, place) - 1})
        return changed._replace(**{to: getattr(changed, to) + 1})

    def within(self, limit: int | None) -> Left:
        """No more than `limit` cards still to come: steps first, then the interleaving's first."""
        if limit is None or self.due <= limit:
            return self
        learning = min(self.learning, limit)
        reviews, new = spread(limit - learning, self.review, self.new)
        return self._replace(new=new, learning=learning, review=reviews)


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of this session, as the end tells it; `line` is its id in the log."""

    line: bytes
    card: bytes
    name: str
    question: str
    rating: Rating
    took_ms: int
    kind: Kind
    mode: str = "reveal"


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a session: distinct cards answered, time (capped), first tries, what was missed."""

    answers: int
    cards: int
    took_ms: int
    right_at_first_try: int
    missed: tuple[tuple[str, str], ...]
    """Name and question of each card that got Again, in the order they were first missed."""
    modes: frozenset[str]
    """The modes its answers were given in; none where nothing was answered."""


class Deed(NamedTuple):
    """One thing the session did: its line in the log, the card, and which number of `left` went where.

    `place` is None when no number moved, because the card was not among those counted. `asked` is
    False for what was done to a card whose answer stands: taken back, it is not to be answered again.
    """

    line: bytes
    card: bytes
    kind: Kind
    place: str | None
    to: str
    answered: Answered | None = None
    asked: bool = True


@dataclass(slots=True)
class Session:
    """The count of one session; `minutes` ends it after that much answering time.

    `limit` is the most cards it may come to. What undo takes back is found again by its line, so that
    other numbers (`recount`) in between do no harm.
    """

    left: Left
    mix: Mix
    minutes: float | None = None
    limit: int | None = None
    last: bytes | None = None
    _done: list[Deed] = field(default_factory=list)
    _taken_back: list[Deed] = field(default_factory=list)

    @property
    def answered(self) -> list[Answered]:
        """Every answer that stands, in the order they were given."""
        return [deed.answered for deed in self._done if deed.answered is not None]

    @property
    def out_of_time(self) -> bool:
        """Whether the time box is used up; the card on the screen was finished first."""
        return self.minutes is not None and self.took_ms >= self.minutes * 60_000

    @property
    def took_ms(self) -> int:
        """Time answered so far, each answer capped."""
        return sum(min(answer.took_ms, TOOK_CAP_MS) for answer in self.answered)

    def allows(self, kind: Kind) -> bool:
        """Whether another card of this kind may be shown within the session's limits."""
        return kind == "learning" or getattr(self.left, kind) > 0

    def steps_within(self, cards: Sequence[bytes]) -> Sequence[bytes]:
        """Those of some cards in steps that may be shown: under a limit, only as many as were counted."""
        if self.limit is None:
            return cards
        latest = {deed.card: deed.to for deed in self._done}
        coming_back = {card for card, to in latest.items() if to == "learning"}
        if self.left.learning > len(coming_back):
            return cards
        return [card for card in cards if card in coming_back]

    def pick(self, heads: Heads) -> Pick | None:
        """The next card, or None at the end: of the queue, or of the time box."""
        if self.out_of_time or self.left.due == 0:
            return None
        return choose(heads, self.mix, self.last)

    def answer(self, answered: Answered, *, comes_back: bool) -> None:
        """Take note of an answer; `comes_back` when its card is due again before the day ends."""
        to = "learning" if comes_back else "finished"
        self._do(self._deed(answered.line, answered.card, answered.kind, to, answered))

    def put_away(self, line: bytes, card: bytes, kind: Kind) -> None:
        """Take note that the card on the screen was suspended or buried."""
        self._do(self._deed(line, card, kind, "finished"))

    def put_away_answered(self, line: bytes, card: bytes) -> None:
        """Take note that the card answered last was suspended: it does not come back."""
        came_back = bool(self._done) and self._done[-1].card == card and self._done[-1].to == "learning"
        place = "learning" if came_back and self.left.learning else None
        self._do(Deed(line, card, "learning", place, "finished", asked=False))

    def was_asked(self, line: bytes) -> bool:
        """Whether a line is what this session did to a card that it asked, and nothing took it back."""
        return any(deed.line == line and deed.asked for deed in self._done)

    def take_back(self, line: bytes) -> bool:
        """Undo what a line did here; returns whether it was a deed of this session."""
        self.last = None
        found = next((deed for deed in reversed(self._done) if deed.line == line), None)
        if found is None:
            return False
        self._done.remove(found)
        self._taken_back.append(found)
        if found.place is not None:
            self.left = self.left.moved(found.to, found.place)
        self._shift(found.kind, -1)
        return True

    def put_back(self, line: bytes) -> bool:
        """Redo what was taken back last; returns whether it was a deed of this session."""
        if not self._taken_back or self._taken_back[-1].line != line:
            return False
        deed = self._taken_back.pop()
        self._apply(deed._replace(place=self._place(deed.place)))
        return True

    def recount(self, left: Left) -> None:
        """Start from new numbers after something outside changed the queue; finished cards stay."""
        finished = self.left.finished
        left = left.within(None if self.limit is None else max(0, self.limit - finished))
        self.left = left._replace(finished=finished)
        self.mix = self.mix._replace(
            reviews=self.mix.reviews_shown + left.review, new=self.mix.new_shown + left.new
        )

    def summary(self) -> Summary:
        """What the end of the session says."""
        first: dict[bytes, Rating] = {}
        missed: dict[str, str] = {}
        answers = self.answered
        for answer in answers:
            first.setdefault(answer.card, answer.rating)
            if answer.rating is Rating.AGAIN:
                missed.setdefault(answer.name, answer.question)
        return Summary(
            answers=len(answers),
            cards=len(first),
            took_ms=self.took_ms,
            right_at_first_try=sum(rating is not Rating.AGAIN for rating in first.values()),
            missed=tuple(missed.items()),
            modes=frozenset(answer.mode for answer in answers),
        )

    def _deed(self, line: bytes, card: bytes, kind: Kind, to: str, answered: Answered | None = None) -> Deed:
        return Deed(line, card, kind, self._place(kind), to, answered)

    def _place(self, place: str | None) -> str | None:
        """Where a card is counted; nowhere when none is counted there, or the total would grow."""
        return place if place is not None and getattr(self.left, place) else None

    def _do(self, deed: Deed) -> None:
        self._taken_back.clear()
        self._apply(deed)

    def _apply(self, deed: Deed) -> None:
        self._done.append(deed)
        self.last = deed.card
        if deed.place is not None:
            self.left = self.left.moved(deed.place, deed.to)
        self._shift(deed.kind, 1)

    def _shift(self, kind: Kind, by: int) -> None:
        if kind == "review":
            self.mix = self.mix._replace(reviews_shown=self.mix.reviews_shown + by)
        elif kind == "new":
            self.mix = self.mix._replace(new_shown=self.mix.new_shown + by)


def begin(left: Left, *, limit: int | None = None, minutes: float | None = None) -> Session:
    """A session over what is due, of at most `limit` cards: steps first, then the interleaving's first."""
    left = left.within(limit)
    return Session(left=left, mix=Mix(reviews=left.review, new=left.new), minutes=minutes, limit=limit)
