"""True retention told apart: by deck, tag, level, mode, hour of the day, weekday.

As pure as `srs.stats`: counts come in, frozen tables go out. Definitions: DESIGN §4, last line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from srs.coming import RECENT_DAYS
from srs.days import date_of, moment
from srs.model import MODES
from srs.stats import Retention, Share, retention_json, retention_table, windows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from srs.days import StudyDays
    from srs.stats import RecallRow

GROUPS = ("deck", "tag", "level", "mode", "hour", "weekday")
"""By what retention is told apart."""

LEVELS = ("core", "working", "deep")
"""The tags that say how far a card goes; the levels of retention by level, in this order."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_THURSDAY = 3
"""The weekday of 1970-01-01."""

_IN_ORDER = {"mode": MODES, "level": LEVELS, "weekday": WEEKDAYS}

GroupRow = tuple[str | None, int, int, int, int]
"""A name (None: answers without one), young passed, young total, mature passed, mature total."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """True retention of the last `days` study days, today among them, told apart by `by`.

    `groups` stand in the order to show them, the one without a name (None) last. `all` is each answer
    once; groups can overlap, as a card counts under each of its tags.
    """

    as_of: int
    study_day: int
    by: str
    days: int
    aim: float
    groups: tuple[tuple[str | None, Retention], ...]
    all: Retention


def window(today: int, days: int | None) -> tuple[int, int]:
    """The first and last study day of the last `days` ones (None: 30); errors as `stats.windows`."""
    days = RECENT_DAYS if days is None else days
    first, last = windows(today, days)[f"{days}d"]
    return int(first), int(last)


def group(
    *,
    now: int,
    days: StudyDays,
    by: str,
    rows: Iterable[GroupRow],
    recall: Iterable[RecallRow],
    aim: float,
    last_days: int | None = None,
) -> Grouped:
    """The table of groups at a moment; `rows` and `recall` were counted within `window`."""
    today = days.day(now)
    length = RECENT_DAYS if last_days is None else last_days
    found = {row[0]: Retention(Share(*row[1:3]), Share(*row[3:5])) for row in rows}
    return Grouped(
        as_of=now,
        study_day=today,
        by=by,
        days=length,
        aim=aim,
        groups=tuple((name, found[name]) for name in sorted(found, key=partial(_place, by))),
        all=retention_table(recall, today, length)[f"{length}d"],
    )


def weekday(day: int) -> str:
    """The weekday of a study day."""
    return WEEKDAYS[(day + _THURSDAY) % len(WEEKDAYS)]


def by_weekday(recall: Iterable[RecallRow]) -> list[GroupRow]:
    """The rows of the days, by weekday; only where there is any true retention."""
    sums: dict[str, list[int]] = {}
    for row in recall:
        counts = sums.setdefault(weekday(row[0]), [0, 0, 0, 0])
        counts[:] = [before + more for before, more in zip(counts, row[3:], strict=True)]
    return [
        (name, young_passed, young, mature_passed, mature)
        for name, (young_passed, young, mature_passed, mature) in sums.items()
        if young or mature
    ]


def hour_name(hour: int | None) -> str | None:
    """An hour of the day, 0-23, as a group is named: `09:00`."""
    return None if hour is None else f"{hour:02}:00"


def _place(by: str, name: str | None) -> tuple[bool, int, str, str]:
    """Where a group stands: in the order there is, all others by name, no name last."""
    if name is None:
        return True, 0, "", ""
    order = _IN_ORDER.get(by, ())
    return False, order.index(name) if name in order else len(order), name.casefold(), name


def as_json(table: Grouped, zone: tzinfo) -> dict[str, Any]:
    """The shape of `srs stats --by … --json`: as `stats.as_json`; `name` is null where there is none."""
    return {
        "as_of": moment(table.as_of, zone).isoformat(timespec="seconds"),
        "study_day": date_of(table.study_day).isoformat(),
        "by": table.by,
        "days": table.days,
        "desired_retention": table.aim,
        "groups": [{"name": name, **retention_json(row)} for name, row in table.groups],
        "all": retention_json(table.all),
    }
