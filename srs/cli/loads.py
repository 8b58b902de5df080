"""What a session costs, and what waits behind it: estimates for the screens round a review."""

from __future__ import annotations

import os

from srs.store import heads, reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from srs.settings import Settings
    from srs.store.heads import Rows, Scope

RECENT_DAYS = 30


def estimate_ms(rows: Rows, scope: Scope, cards: int) -> int:
    """How long some cards will take, by what cards took on a day lately."""
    return round(cards * 1000 * reading.seconds_per_card(rows, scope.learner, scope.today - RECENT_DAYS))


def tomorrow(rows: Rows, scope: Scope, day_end: int, settings: Settings) -> heads.Counts:
    """What tomorrow will ask if nothing more is answered today; `day_end` is tomorrow's end (ms)."""
    return heads.count(
        rows,
        scope._replace(today=scope.today + 1, day_end=day_end),
        new_limit=settings.new_per_day,
        review_limit=settings.reviews_per_day,
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
