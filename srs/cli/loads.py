"""What a session costs, and what waits behind it: estimates for the screens round a review."""

from __future__ import annotations

import os
from math import ceil

from srs.store import heads
from srs.today import EVERYTHING, allowed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from srs.coming import Left, Tomorrow
    from srs.days import StudyDays
    from srs.reviewing import Review
    from srs.settings import Settings
    from srs.store.heads import Counts, Rows, Scope
    from srs.today import Request


LEVEL_WITHIN = 120
"""Days within which a backlog is seen to its end."""
_MOST_LIVED = 20_000
_REPEATS = 5


def pace(rows: Rows, learner: str, today: int) -> tuple[float, float]:
    """Mean ms that a new card and a review took on a day lately; the one measure of every estimate."""
    from srs.coming import RECENT_DAYS, time_per_card
    from srs.store.counting import effort_by_day

    return time_per_card(effort_by_day(rows, learner, since=today - RECENT_DAYS + 1, until=today), today)


def estimate_ms(rows: Rows, scope: Scope, counts: Counts) -> int:
    """How long what is due will take, the same as `srs stats` tells."""
    from srs.coming import load_ms

    return load_ms(counts.new, counts.review + counts.learning, pace(rows, scope.learner, scope.today))


def left_today(rows: Rows, scope: Scope, settings: Settings, request: Request = EVERYTHING) -> Left:
    """What today still asks of the cards in scope, and whether the limit of reviews keeps more from it."""
    from srs.coming import Left

    counts = allowed(rows, scope, settings, request=request)
    room = settings.reviews_per_day - heads.done_today(rows, scope.learner, scope.today).review
    return Left(new=counts.new, due=counts.review + counts.learning, limited=counts.review >= room)


def tomorrow(rows: Rows, scope: Scope, days: StudyDays, settings: Settings, left: Left) -> Tomorrow:
    """What tomorrow asks once today is done, the same as `srs stats` tells."""
    from srs.coming import coming_tomorrow
    from srs.store.counting import card_states, dues_by_day

    return coming_tomorrow(
        dues_by_day(rows, scope.learner, days),
        scope.today,
        new_waiting=card_states(rows, scope.learner, scope.today)["new"],
        left=left,
        limits=(settings.new_per_day, settings.reviews_per_day),
        pace=pace(rows, scope.learner, scope.today),
    )


def level_day(review: Review, now: int, minutes: float) -> int | None:
    """The study day by which what waits is worked off; None if that takes more than `LEVEL_WITHIN` days.

    Said when the first question stands on the screen, so it may take a moment, but no more: of very
    many cards, and by tag, what is due is divided by the time box, which forgets what comes due
    meanwhile.
    """
    today = review.days.day(now)
    if review.request.tags or _due_by(review, today + LEVEL_WITHIN) > _MOST_LIVED:
        due = review.left.due if review.request.tags else _due_by(review, today)
        due_ms = due * pace(review.rows, review.learner, today)[1]
        waits = ceil(max(due_ms / (minutes * 60_000), due / max(1, review.settings.reviews_per_day))) - 1
        return today + waits if waits < LEVEL_WITHIN else None
    from srs.looking_ahead import day_seed, look_ahead

    ahead = look_ahead(
        *(review.rows, review.learner, review.settings, review.days, now),
        decks=review.request.decks,
        within=LEVEL_WITHIN,
    )
    return ahead.level(minutes, seed=day_seed(today), most_days=LEVEL_WITHIN, repeats=_REPEATS).day


def _due_by(review: Review, day: int) -> int:
    """How many reviews are due up to a study day, whatever the limits."""
    found = review.rows(
        "SELECT count(*) FROM memory"
        " WHERE learner = :learner AND shelf = 0 AND state = 2 AND due_day <= :day",
        {"learner": review.learner, "day": day},
    )
    return int(found[0][0])


def new_waiting(rows: Rows, scope: Scope) -> int:
    """How many new cards wait in all, whatever the day's limit."""
    return heads.count(rows, scope, new_limit=1_000_000_000, review_limit=0).new


def changed_decks(rows: Rows) -> list[str]:
    """The deck files whose size or time differ from what was imported, as their paths."""
    found = rows("SELECT path, size, mtime_ns FROM deck WHERE path IS NOT NULL ORDER BY id", {})
    changed = []
    for path, size, mtime_ns in found:
        try:
            facts = os.stat(path)  # noqa: PTH116 - quick path
        except OSError:
            continue
        if (facts.st_size, facts.st_mtime_ns) != (size, mtime_ns):
            changed.append(path)
    return changed
