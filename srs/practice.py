"""Practice: any cards, nothing recorded; missed ones come again before the end."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from srs import queue
from srs.model import Rating
from srs.reviewing import Recorded, Review, Shown
from srs.session import Answered, Left, Session, begin
from srs.store import heads

if TYPE_CHECKING:
    from srs.queue import Kind

DEFAULT_CARDS = 20


class Practice(Review):
    """A review that writes nothing: cards seen before by falling risk, then new ones in deck order."""

    records = False

    def start(self, now: int) -> Session:
        """Choose the cards and begin."""
        scope = self.scope(now)
        wanted = self.request.limit or DEFAULT_CARDS
        cards = heads.practice_cards(self.rows, scope, wanted)
        self._waiting: deque[bytes] = deque(queue.shuffled(cards, scope.today))
        self._session = begin(Left(review=len(cards)), minutes=self.request.minutes)
        return self._session

    def next(self, now: int) -> Shown | None:
        """The next card; one just missed waits behind the others."""
        done = self.session.out_of_time or not self._waiting
        self.shown = None if done else self._show(self._waiting.popleft(), "review", now)
        return self.shown

    def answer(
        self,
        rating: Rating,
        *,
        now: int,  # noqa: ARG002 - as Review
        took_ms: int | None = None,
        **how: Any,  # noqa: ANN401 - as Review
    ) -> Recorded | None:
        """Take note for the end of the session; nothing is written."""
        shown = self._current()
        again = rating is Rating.AGAIN
        if again:
            self._waiting.append(shown.key)
        line = len(self.session.answered).to_bytes(16, "big")
        kind: Kind = "learning" if any(a.card == shown.key for a in self.session.answered) else "review"
        self.session.answer(
            Answered(
                line,
                shown.key,
                shown.name,
                shown.card.question,
                rating,
                took_ms or 0,
                kind,
                how.get("mode") or "reveal",
            ),
            comes_back=again,
        )
        return None
