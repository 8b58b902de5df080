"""True retention told apart: by the mode of the answers, by deck, by tag.

As pure as `srs.stats`: counts come in, frozen tables go out. Definitions: DESIGN §4, last line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from srs.days import date_of, moment
from srs.model import MODES
from srs.stats import RECENT_DAYS, Retention, Share, retention_json, retention_table, windows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from srs.days import StudyDays
    from srs.stats import RecallRow

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
        groups=tuple((name, found[name]) for name in sorted(found, key=_place)),
        all=retention_table(recall, today, length)[f"{length}d"],
    )


def _place(name: str | None) -> tuple[bool, int, str, str]:
    """Where a group stands: modes in the order of `MODES`, all others by name, no name last."""
    if name is None:
        return True, 0, "", ""
    return False, MODES.index(name) if name in MODES else len(MODES), name.casefold(), name


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
