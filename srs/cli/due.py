"""`srs due` and bare `srs`: what there is to do, from the quick look alone.

Imported before Typer is, so nothing here may cost anything.
"""

from __future__ import annotations

import sys

from srs.errors import NotFoundError
from srs.store import heads
from srs.today import EVERYTHING, allowed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from srs.cli.context import Context
    from srs.settings import Settings
    from srs.store.heads import Counts, Rows, Scope
    from srs.today import Request

HORIZON_DAYS = 60
"""How many days with something due are tried for the moment the total grows."""


def count_due(context: Context, rows: Rows, request: Request = EVERYTHING) -> tuple[Scope, Counts]:
    """Today's counts within the limits, and the scope they were counted in."""
    today, day_end = context.today()
    scope = heads.Scope(context.learner, today, day_end, request.decks, request.tags)
    return scope, allowed(rows, scope, context.settings, request=request)


def due(
    context: Context,
    *,
    json: bool = False,
    count: bool = False,
    prompt: bool = False,
    exit_code: bool = False,
    request: Request = EVERYTHING,
) -> int:
    """Print what is due; returns the exit code."""
    try:
        with context.peek() as peek:
            if request.decks or request.tags:
                from srs.naming import check_asked_for

                check_asked_for(peek.rows, request.decks, request.tags)
            scope, counts = count_due(context, peek.rows, request)
            grows = next_growth(peek.rows, scope, counts, context.settings, context) if json else None
    except NotFoundError:
        # A shell prompt must stay quiet where srs was never used.
        if prompt and not context.db_was_named:
            return int(exit_code)
        raise
    if json:
        _print_json(context, counts, grows)
    elif count:
        sys.stdout.write(f"{counts.total}\n")
    elif prompt:
        sys.stdout.write(f"{counts.total}\n" if counts.total else "")
    else:
        _print_table(counts)
    return int(exit_code and not counts.total)


def next_growth(rows: Rows, scope: Scope, counts: Counts, settings: Settings, context: Context) -> int | None:
    """The first moment (ms) at which the total grows, if nothing is answered until then; None if never."""
    today = scope.today
    for _ in range(HORIZON_DAYS):
        candidates = [
            heads.next_due_day(rows, scope),
            heads.next_unburied_day(rows, scope),
            _day_of_next_step(rows, scope, context),
            # What a limit or a sibling holds back today may come with the next day.
            today + 1 if scope.today == today else None,
        ]
        days = [day for day in candidates if day is not None]
        if not days:
            return None
        day = min(days)
        scope = scope._replace(today=day, day_end=context.days.end(day))
        then = heads.count(rows, scope, new_limit=settings.new_per_day, review_limit=settings.reviews_per_day)
        if then.total > counts.total:
            return context.days.start(day)
    return None


def _day_of_next_step(rows: Rows, scope: Scope, context: Context) -> int | None:
    due_at = heads.next_step(rows, scope, scope.day_end - 1)
    return None if due_at is None else context.days.day(due_at)


def _print_json(context: Context, counts: Counts, grows: int | None) -> None:
    import json

    from srs.days import moment

    body = {
        "new": counts.new,
        "learning": counts.learning,
        "review": counts.review,
        "total": counts.total,
        "next_due": None if grows is None else moment(grows, context.days.zone).isoformat(),
    }
    sys.stdout.write(json.dumps(body) + "\n")


def _print_table(counts: Counts) -> None:
    rows = (
        ("due", counts.review),
        ("learning", counts.learning),
        ("new", counts.new),
        ("total", counts.total),
    )
    if not sys.stdout.isatty():
        sys.stdout.write("".join(f"{word}\t{n}\n" for word, n in rows))
        return
    width = len(str(counts.total))
    sys.stdout.write("".join(f"{n:>{width}} {word}\n" for word, n in rows))


def overview(context: Context) -> int:
    """Bare `srs`: how much is to do, and the next thing to type."""
    from srs.cli.ansi import print_rows
    from srs.cli.drawing import harmless
    from srs.cli.ending import nothing_due
    from srs.cli.loads import changed_decks, estimate_ms
    from srs.cli.notices import Waiting, nothing_due_rows, waiting_rows

    with context.peek() as peek:
        scope, counts = count_due(context, peek.rows)
        if counts.total:
            waiting = Waiting(
                due=counts.review,
                learning=counts.learning,
                new=counts.new,
                estimate_ms=estimate_ms(peek.rows, scope, counts),
            )
            rows = waiting_rows(waiting, context.width, ascii_only=context.ascii_only)
        elif not peek.rows("SELECT 1 FROM card LIMIT 1", {}):
            from srs.cli.context import no_cards_yet

            raise no_cards_yet()
        else:
            nothing = nothing_due(peek.rows, scope, context.now())
            rows = nothing_due_rows(nothing, context.width, ascii_only=context.ascii_only)
        changed = changed_decks(peek.rows)
    print_rows(rows, sys.stdout, context.env)
    if changed:
        sys.stderr.write(f"{harmless(changed[0])} changed since it was imported: srs import\n")
    return 0
