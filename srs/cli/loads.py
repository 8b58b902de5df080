"""What a session costs, and what waits behind it: estimates for the screens round a review."""

from __future__ import annotations

import os

from srs.store import heads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from srs.days import StudyDays
    from srs.settings import Settings
    from srs.stats import Tomorrow
    from srs.store.heads import Counts, Rows, Scope


def pace(rows: Rows, learner: str, today: int) -> tuple[float, float]:
    """Mean ms that a new card and a review took on a day lately; the one measure of every estimate."""
    from srs.stats import RECENT_DAYS, time_per_card
    from srs.store.counting import effort_by_day

    return time_per_card(effort_by_day(rows, learner, since=today - RECENT_DAYS + 1, until=today), today)


def estimate_ms(rows: Rows, scope: Scope, counts: Counts) -> int:
    """How long what is due will take."""
    new_ms, review_ms = pace(rows, scope.learner, scope.today)
    return round(counts.new * new_ms + (counts.review + counts.learning) * review_ms)


def tomorrow(rows: Rows, scope: Scope, days: StudyDays, settings: Settings, left_new: int) -> Tomorrow:
    """What tomorrow asks, the same as `srs stats` tells; `left_new` are today's new cards still to come."""
    from srs.stats import Left, coming_tomorrow
    from srs.store.counting import card_states, dues_by_day

    return coming_tomorrow(
        dues_by_day(rows, scope.learner, days),
        scope.today,
        new_waiting=card_states(rows, scope.learner, scope.today)["new"],
        left=Left(new=left_new),
        new_limit=settings.new_per_day,
        pace=pace(rows, scope.learner, scope.today),
    )


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
