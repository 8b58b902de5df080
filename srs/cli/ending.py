"""The figures behind what is printed when a session ends or has nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli import words
from srs.cli.loads import left_today, new_waiting, tomorrow
from srs.cli.notices import NothingDue, SessionEnd
from srs.days import date_of
from srs.store import heads
from srs.store.counting import effort_by_day, recall_by_day
from srs.store.heads import Counts
from srs.today import allowed

if TYPE_CHECKING:
    from srs.cli.notices import Stop
    from srs.reviewing import Review
    from srs.store.heads import Rows, Scope

OFFERED = 5
"""How many more new cards the end of a session offers."""
_MANY = 1000
"""As many cards in steps as are counted."""
_ALL = 1 << 31
"""A limit that is none."""


def session_end(review: Review, now: int, stop: Stop) -> SessionEnd:
    """What a session came to, and what it leaves for tomorrow."""
    rows, scope = review.rows, review.scope(now)._replace(decks=(), tags=())
    rest = allowed(rows, scope, review.settings) if stop == "done" else Counts(0, 0, 0)
    ahead_ms = review.settings.look_ahead_minutes * 60_000
    steps_now = len(heads.step_heads(rows, scope, now + ahead_ms, _MANY)) if rest.learning else 0
    rest_now = rest.review + (0 if review.new_held_back else rest.new) + min(steps_now, rest.learning)
    summary = review.summary()
    left = left_today(rows, scope, review.settings)
    ahead = tomorrow(rows, scope, review.days, review.settings, left)
    return SessionEnd(
        answers=summary.answers,
        cards=summary.cards,
        spent_ms=summary.took_ms,
        first_try=summary.right_at_first_try,
        missed=summary.missed,
        tomorrow_due=ahead.due,
        tomorrow_new=ahead.new,
        tomorrow_ms=ahead.ms,
        more_new=min(OFFERED, new_waiting(rows, scope)) if stop == "done" else 0,
        left=review.left.due,
        rest=rest_now + max(0, rest.learning - steps_now),
        rest_now=rest_now,
        stop="stopped" if stop == "between" else stop,
        unanswered=stop != "between",
        quiz=summary.modes == {"choice"},
    )


def nothing_due(rows: Rows, scope: Scope, now: int) -> NothingDue:
    """Why there is nothing to do, and what comes next."""
    back = heads.step_heads(rows, scope, scope.day_end - 1, _MANY)
    ahead = heads.count_ahead(rows, scope, scope.today + 1)
    next_day = heads.next_due_day(rows, scope)
    recall = recall_by_day(rows, scope.learner, since=scope.today, until=scope.today)
    effort = effort_by_day(rows, scope.learner, since=scope.today, until=scope.today)
    return NothingDue(
        back=len(back),
        back_in_ms=max(0, (back[0].due_at or now) - now) if back else 0,
        tomorrow=ahead,
        next_day=None if next_day is None else words.day(date_of(next_day), date_of(scope.today)),
        cards=sum(day.cards for day in recall),
        spent_ms=sum(day.ms for day in effort),
        first_try=sum(day.right for day in recall),
        new_waiting=new_waiting(rows, scope),
        offer=OFFERED,
        waiting=heads.count(rows, scope, new_limit=0, review_limit=_ALL).review,
    )
