"""What today allows: the cards asked for, and how many of them within the day's limits."""

from __future__ import annotations

from srs.store import heads
from srs.store.records import NamedTuple

TYPE_CHECKING = False  # `typing` would cost `srs due --count` 4 ms
if TYPE_CHECKING:
    from srs.days import StudyDays
    from srs.settings import Settings
    from srs.store.heads import Counts, Rows, Scope


class Request(NamedTuple):
    """What was asked of a review: whose cards, how many, how long, whether ahead of time, asked how."""

    decks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    limit: int | None = None
    new: int | None = None
    minutes: float | None = None
    ahead: bool = False
    mode: str | None = None


EVERYTHING = Request()


def scope_at(
    now: int, days: StudyDays, learner: str, *, decks: tuple[str, ...] = (), tags: tuple[str, ...] = ()
) -> Scope:
    """The scope of a learner's cards on the study day of a moment (ms)."""
    today = days.day(now)
    return heads.Scope(learner, today, days.end(today), decks, tags)


def allowed(rows: Rows, scope: Scope, settings: Settings, *, request: Request = EVERYTHING) -> Counts:
    """What is due within what the day's limits leave; `--new N` replaces what they leave of new cards."""
    done = heads.done_today(rows, scope.learner, scope.today)
    new_limit = max(0, settings.new_per_day - done.new) if request.new is None else request.new
    review_limit = max(0, settings.reviews_per_day - done.review)
    if request.limit is not None:
        review_limit = max(review_limit, request.limit)
    return heads.count(rows, scope, new_limit=new_limit, review_limit=review_limit)
