"""One review session: what is left, what was answered, what the end says.

Pure: it is told what happened and keeps count; it reads no clock, no database, and prints nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from srs.model import TOOK_CAP_MS, Rating
from srs.queue import Heads, Mix, Pick, choose, spread

if TYPE_CHECKING:
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

    def moved(self, kind: Kind, to: str) -> Left:
        """One card of a kind becomes `learning` or `finished`."""
        changed = self._replace(**{kind: max(0, getattr(self, kind) - 1)})
        return changed._replace(**{to: getattr(changed, to) + 1})


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


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a session: distinct cards answered, time (capped), first tries, what was missed."""

    answers: int
    cards: int
    took_ms: int
    right_at_first_try: int
    missed: tuple[tuple[str, str], ...]
    """Name and question of each card that got Again, in the order they were first missed."""


@dataclass(slots=True)
class Session:
    """The count of one session; `minutes` ends it after that much answering time."""

    left: Left
    mix: Mix
    minutes: float | None = None
    answered: list[Answered] = field(default_factory=list)
    last: bytes | None = None
    _before: list[tuple[bytes, Left, Mix]] = field(default_factory=list)

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

    def pick(self, heads: Heads) -> Pick | None:
        """The next card, or None at the end: of the queue, or of the time box."""
        if self.out_of_time or self.left.due == 0:
            return None
        return choose(heads, self.mix, self.last)

    def answer(self, answered: Answered, *, comes_back: bool) -> None:
        """Take note of an answer; `comes_back` when its card is due again before the day ends."""
        self._remember(answered.line)
        self.answered.append(answered)
        self._leave(answered.card, answered.kind, "learning" if comes_back else "finished")

    def put_away(self, line: bytes, card: bytes, kind: Kind) -> None:
        """Take note that the card on the screen was suspended or buried."""
        self._remember(line)
        self._leave(card, kind, "finished")

    def take_back(self, line: bytes) -> bool:
        """Forget what a line did, if it was the last thing this session did; returns whether it was."""
        self.answered = [answer for answer in self.answered if answer.line != line]
        self.last = None
        if not self._before or self._before[-1][0] != line:
            return False
        _, self.left, self.mix = self._before.pop()
        return True

    def recount(self, left: Left) -> None:
        """Start from new numbers after something outside changed the queue; finished cards stay."""
        self.left = left._replace(finished=self.left.finished)
        self._before.clear()

    def summary(self) -> Summary:
        """What the end of the session says."""
        first: dict[bytes, Rating] = {}
        missed: dict[str, str] = {}
        for answer in self.answered:
            first.setdefault(answer.card, answer.rating)
            if answer.rating is Rating.AGAIN:
                missed.setdefault(answer.name, answer.question)
        return Summary(
            answers=len(self.answered),
            cards=len(first),
            took_ms=self.took_ms,
            right_at_first_try=sum(rating is not Rating.AGAIN for rating in first.values()),
            missed=tuple(missed.items()),
        )

    def _remember(self, line: bytes) -> None:
        self._before.append((line, self.left, self.mix))

    def _leave(self, card: bytes, kind: Kind, to: str) -> None:
        self.last = card
        self.left = self.left.moved(kind, to)
        if kind == "review":
            self.mix = self.mix._replace(reviews_shown=self.mix.reviews_shown + 1)
        elif kind == "new":
            self.mix = self.mix._replace(new_shown=self.mix.new_shown + 1)


def begin(left: Left, *, limit: int | None = None, minutes: float | None = None) -> Session:
    """A session over what is due, of at most `limit` cards: steps first, then the interleaving's first."""
    if limit is not None and left.due > limit:
        learning = min(left.learning, limit)
        reviews, new = spread(limit - learning, left.review, left.new)
        left = Left(new=new, learning=learning, review=reviews)
    return Session(left=left, mix=Mix(reviews=left.review, new=left.new), minutes=minutes)
