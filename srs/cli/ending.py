"""The figures behind what is printed when a session ends or has nothing to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli import words
from srs.cli.loads import estimate_ms, new_waiting, tomorrow
from srs.cli.notices import NothingDue, SessionEnd
from srs.days import date_of
from srs.model import TOOK_CAP_MS
from srs.store import heads

if TYPE_CHECKING:
    from srs.cli.notices import Stop
    from srs.reviewing import Review
    from srs.store.heads import Counts, Rows, Scope

OFFERED = 5
"""How many more new cards the end of a session offers."""


def session_end(review: Review, now: int, stop: Stop) -> SessionEnd:
    """What a session came to, and what it leaves for tomorrow."""
    rows, scope = review.rows, review.scope(now)._replace(decks=(), tags=())
    summary = review.summary()
    ahead = _tomorrow(review, scope)
    return SessionEnd(
        answers=summary.answers,
        cards=summary.cards,
        spent_ms=summary.took_ms,
        first_try=summary.right_at_first_try,
        missed=summary.missed,
        tomorrow_due=ahead.review + ahead.learning,
        tomorrow_new=ahead.new,
        tomorrow_ms=estimate_ms(rows, scope, ahead.total),
        more_new=min(OFFERED, new_waiting(rows, scope)) if stop == "done" else 0,
        left=review.left.due,
        stop=stop,
    )


def nothing_due(rows: Rows, review: Review, now: int) -> NothingDue:
    """Why there is nothing to do, and what comes next."""
    scope = review.scope(now)
    back = heads.step_heads(rows, scope, scope.day_end - 1, limit=1000)
    ahead = heads.count_ahead(rows, scope, scope.today + 1)
    next_day = heads.next_due_day(rows, scope)
    today = rows(
        "SELECT card, rating, took_ms FROM review WHERE learner = :learner AND study_day = :today"
        " AND undone = 0 ORDER BY id",
        {"learner": scope.learner, "today": scope.today},
    )
    first: dict[bytes, int] = {}
    for card, rating, _ in today:
        first.setdefault(card, rating)
    return NothingDue(
        back=len(back),
        back_in_ms=max(0, (back[0].due_at or now) - now) if back else 0,
        tomorrow=ahead,
        next_day=None if next_day is None else words.day(date_of(next_day), date_of(scope.today)),
        cards=len(first),
        spent_ms=sum(min(took or 0, TOOK_CAP_MS) for _, _, took in today),
        first_try=sum(rating > 1 for rating in first.values()),
        new_waiting=new_waiting(rows, scope),
        offer=OFFERED,
    )


def _tomorrow(review: Review, scope: Scope) -> Counts:
    return tomorrow(review.rows, scope, review.days.end(scope.today + 1), review.settings)
