"""Before a change that hurts: what more new cards a day lead to, said in a sentence, never asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from srs.errors import SrsError

if TYPE_CHECKING:
    from srs.cli.context import Context
    from srs.simulation_forecast import Load

MUCH_MORE, MORE, GROWTH = 60.0, 15.0, 1.5
"""Minutes a day that are said: an hour more, or a quarter of an hour that is half as much again."""


def warn_of_pace(context: Context | None, new_per_day: int) -> None:
    """Say on stderr what `new_per_day` means, if it means much more time than the number in force.

    A change of settings must succeed whatever the database is like: where it cannot be read, or the
    settings in force are wrong, nothing is said.
    """
    if context is None:
        return
    try:
        if new_per_day <= context.settings.new_per_day:
            return
        with context.peek() as peek:
            waiting = peek.rows(
                "SELECT 1 FROM memory WHERE learner = :learner AND shelf = 0 AND state = 0 LIMIT 1",
                {"learner": context.learner},
            )
            if not waiting:
                return
            from srs.looking_ahead import LOAD_DAYS, day_seed, look_ahead

            now = context.now()
            ahead = look_ahead(
                *(peek.rows, context.learner, context.settings, context.days, now), within=LOAD_DAYS
            )
    except SrsError:
        return
    load = ahead.load(new_per_day, seed=day_seed(ahead.snapshot.today))
    if hurts(load):
        sys.stderr.write(f"{sentence(load, ahead.limits.new_per_day)}\n")


def hurts(load: Load) -> bool:
    """Whether the heaviest week asks so much more time than the same week does now."""
    then, now = load.weeks[load.heaviest], load.weeks_now[load.heaviest]
    return then - now >= MUCH_MORE or (then - now >= MORE and then >= GROWTH * now)


def sentence(load: Load, new_now: int) -> str:
    """The warning: `50 new a day means about 2 h a day in three weeks; at 20 it is about 50 min`."""
    from srs.simulation_forecast import about

    return f"{load.sentence}; at {new_now} it is {about(load.weeks_now[load.heaviest])}."
