"""What waits for a review: how many cards of each kind, and the heads of the sorted lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs import queue
from srs.ordering import ordered_reviews
from srs.session import Left
from srs.store import heads
from srs.today import allowed, scope_at

if TYPE_CHECKING:
    from srs.days import StudyDays
    from srs.session import Session
    from srs.settings import Settings
    from srs.store.heads import Counts, Rows, Scope
    from srs.today import Request

HEADS = 2
"""How many of each list are looked at: the first, and one more when the first was just shown."""

MANY_STEPS = 10_000
"""How many cards in steps are looked at where a limit leaves some of them out."""


class Upcoming:
    """The cards still to come that a request asks for; `now` is ms since 1970 UTC."""

    def __init__(
        self, rows: Rows, *, learner: str, settings: Settings, days: StudyDays, request: Request
    ) -> None:
        self.rows = rows
        self._learner = learner
        self._settings = settings
        self._days = days
        self._request = request
        self._ordered: list[bytes] | None = None
        self._started_at = 0
        self._ahead_until = 0
        self.new_held_back = False
        """Whether new cards wait because what is due fills the time box."""

    def start(self, now: int) -> None:
        """Fix the moment a session begins, which decides how far `--ahead` looks."""
        scope = self.scope(now)
        self._ordered, self._started_at = None, now
        self._ahead_until = max(scope.today + 1, heads.next_due_day(self.rows, scope) or 0)

    def scope(self, now: int) -> Scope:
        """Whose cards, and the study day of a moment."""
        request = self._request
        return scope_at(now, self._days, self._learner, decks=request.decks, tags=request.tags)

    def reorder(self) -> None:
        """Forget an order that was worked out: a card came back, or the decks changed."""
        self._ordered = None

    def count(self, now: int, minutes: float | None, *, new_shown: int = 0) -> Left:
        """How many cards are to come; `new_shown` new ones were already shown in this session."""
        scope, request = self.scope(now), self._request
        if request.new is not None:
            request = request._replace(new=max(0, request.new - new_shown))
        counts = allowed(self.rows, scope, self._settings, request=request)
        if request.ahead:
            ahead = heads.count_ahead(self.rows, scope, self._ahead_until, answered_before=self._started_at)
            return Left(learning=counts.learning, review=ahead)
        fills = bool(minutes and counts.new) and self._fills(counts, minutes or 0, now)
        self.new_held_back = fills and request.new is None
        new = 0 if self.new_held_back else counts.new
        return Left(new=new, learning=counts.learning, review=counts.review)

    def heads(self, now: int, session: Session) -> queue.Heads:
        """The first cards of each list, as far as the session's limits allow them."""
        scope = self.scope(now)
        ahead_ms = self._settings.look_ahead_minutes * 60_000
        found = heads.step_heads(
            self.rows, scope, now + ahead_ms, HEADS if session.limit is None else MANY_STEPS
        )
        allowed_steps = set(session.steps_within([head.card for head in found]))
        steps = [head for head in found if head.card in allowed_steps]
        fresh = heads.new_heads(self.rows, scope, HEADS) if session.allows("new") else []
        return queue.Heads(
            steps_due=tuple(head.card for head in steps if (head.due_at or 0) <= now),
            reviews=self._review_heads(scope) if session.allows("review") else (),
            new=tuple(head.card for head in fresh),
            steps_ahead=tuple(head.card for head in steps if (head.due_at or 0) > now),
        )

    def _review_heads(self, scope: Scope) -> tuple[bytes, ...]:
        rows = self.rows
        if self._request.ahead:
            found = heads.ahead_heads(rows, scope, self._ahead_until, HEADS, answered_before=self._started_at)
        elif self._settings.order == "due":
            found = heads.review_heads(rows, scope, queue.day_pivot(scope.today), HEADS)
        else:
            if self._ordered is None:
                self._ordered = ordered_reviews(rows, scope, self._settings.order)
            found = heads.still_due(rows, scope, self._ordered, HEADS)
            if found:
                # What stands before the first that is still due was dealt with; it is not asked for again.
                del self._ordered[: self._ordered.index(found[0].card)]
        return tuple(head.card for head in found)

    def _fills(self, counts: Counts, minutes: float, now: int) -> bool:
        from srs.coming import RECENT_DAYS, time_per_card  # noqa: PLC0415 - only for a time box
        from srs.store.counting import effort_by_day  # noqa: PLC0415 - the same

        today = self._days.day(now)
        effort = effort_by_day(self.rows, self._learner, since=today - RECENT_DAYS + 1, until=today)
        due_ms = (counts.learning + counts.review) * time_per_card(effort, today)[1]
        return due_ms > minutes * 60_000
