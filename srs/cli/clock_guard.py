"""A clock that is a day or more behind the newest answer: said once, before a card is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.errors import RefusedError

if TYPE_CHECKING:
    from srs.cli.context import Context
    from srs.store.peek import Peek

BEHIND_MS = 86_400_000


def check_clock(context: Context, peek: Peek, *, clock_ok: bool) -> None:
    """See that the clock has not fallen behind the newest live answer.

    The newest one is that in the order of the log. An answer that is given all the same is the newest
    from then on, so that nothing more is said of this clock.

    Raises:
        RefusedError: it has, and nobody said that it is right.
    """
    if clock_ok:
        return
    now = context.now()
    newest = newest_answer(peek, context.learner)
    if newest is None or newest - now < BEHIND_MS:
        return
    from srs.cli import words
    from srs.days import moment

    zone = context.days.zone
    here, there = moment(now, zone), moment(newest, zone)
    raise RefusedError(
        f"the clock says {_told(here)}, but your newest answer is of {_told(there)},"
        f" {words.days(round((newest - now) / BEHIND_MS))} later; nothing was shown",
        "set the clock; if it is right, `srs review --clock-ok` goes on, and what you answer then counts",
    )


def newest_answer(peek: Peek, learner: str) -> int | None:
    """The moment of a learner's newest live answer, ms since 1970 UTC; None: there is none."""
    found = peek.rows(
        "SELECT at FROM review WHERE learner = :learner AND undone = 0 ORDER BY id DESC LIMIT 1",
        {"learner": learner},
    )
    return found[0][0] if found else None


def _told(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
