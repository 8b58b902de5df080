"""Backups by name alone: when each was made and why, and which are kept. Nothing here touches a file.

A name tells all that a list shows: `2026-11-23_164219+0100_daily_1204.db.gz` was made on that local date
and time, with its offset from UTC, before or after what, and holds so many answers.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

DAILY, WEEKLY, MONTHLY = 12, 10, 9
"""How many days, weeks and months before today are kept, each by its newest backup."""

_NAME = re.compile(r"(\d{4}-\d\d-\d\d_\d{6}[+-]\d{4})_([a-z]+)_(\d{1,12})\.db\.gz")
_STAMP = "%Y-%m-%d_%H%M%S%z"


class Reason(StrEnum):
    """Why a backup was made: on the day's first answer, asked for, or before something that changes much."""

    DAILY = "daily"
    ASKED = "asked"
    MIGRATION = "migration"
    RESTORE = "restore"
    MERGE = "merge"
    ANKI = "anki"
    DOCTOR = "doctor"
    DAMAGED = "damaged"
    """A database that could not be read any more, byte for byte, set aside by a restore."""

    @property
    def told(self) -> str:
        """The reason as a list shows it."""
        return _TOLD[self]


_TOLD = {
    Reason.DAILY: "first answer of the day",
    Reason.ASKED: "asked for",
    Reason.MIGRATION: "before an update",
    Reason.RESTORE: "before a restore",
    Reason.MERGE: "before a merge",
    Reason.ANKI: "before an Anki import",
    Reason.DOCTOR: "before a repair",
    Reason.DAMAGED: "damaged, set aside",
}


class Backup(NamedTuple):
    """A backup, read off its name; `at` carries the zone it was made in."""

    name: str
    at: datetime
    reason: Reason
    answers: int

    @property
    def good(self) -> bool:
        """Whether it was whole when it was made."""
        return self.reason is not Reason.DAMAGED


def name_of(at: datetime, reason: Reason, answers: int) -> str:
    """The name of a backup made at a local moment (aware), to the second."""
    # `%Y` does not pad years before 1000 on every system, and offsets may have seconds.
    offset = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    zone = f"{sign}{hours:02}{minutes:02}"
    return f"{at.date().isoformat()}_{at:%H%M%S}{zone}_{reason.value}_{answers}.db.gz"


def parsed(name: str) -> Backup | None:
    """The backup of a name; None where the name is not of a backup."""
    found = _NAME.fullmatch(name)
    if found is None or not name.isascii():
        return None
    stamp, reason, answers = found.groups()
    try:
        at = datetime.strptime(stamp, _STAMP)  # noqa: DTZ007 - the stamp has its zone
        return Backup(name, at, Reason(reason), int(answers))
    except ValueError:
        return None


def listed(names: Iterable[str]) -> list[Backup]:
    """The backups among some names, newest first."""
    found = [backup for name in names if (backup := parsed(name)) is not None]
    return sorted(found, key=lambda backup: (backup.at, backup.name), reverse=True)


def made_on(backups: Iterable[Backup], day: date, reason: Reason) -> bool:
    """Whether a backup was made for a reason on a local date."""
    return any(backup.at.date() == day and backup.reason is reason for backup in backups)


def superfluous(names: Iterable[str], today: date) -> set[str]:
    """The names of the backups that need not be kept any longer, on a local date.

    Kept are all of today (and of later days: the clock may have been wrong), then the newest of each of
    12 days, 10 weeks and 9 months that have any, and always the newest of all. Databases that were set
    aside damaged go by the same rule, but on their own: they take no place of a good backup.
    """
    backups = listed(names)
    gone: set[str] = set()
    for good in (True, False):
        kind = [backup for backup in backups if backup.good is good]
        gone |= _thinned(kind, today) - {backup.name for backup in kind[:1]}
    return gone


def _thinned(backups: Iterable[Backup], today: date) -> set[str]:
    """What is not the newest of a day, a week or a month that is kept; days as their clocks had them."""
    gone: set[str] = set()
    kept = [DAILY, WEEKLY, MONTHLY]
    last = _periods(today)
    for backup in sorted(backups, key=lambda backup: (backup.at.replace(tzinfo=None), backup.name))[::-1]:
        day = backup.at.date()
        if day >= today:
            continue
        stage = next((stage for stage, left in enumerate(kept) if left), None)
        if stage is None or _periods(day)[stage] >= last[stage]:
            gone.add(backup.name)
        else:
            kept[stage] -= 1
            last = _periods(day)
    return gone


def _periods(day: date) -> tuple[int, int, int]:
    """The day, the week from Monday on, and the month of a date, as numbers that count up."""
    ordinal = day.toordinal()
    return ordinal, (ordinal - 1) // 7, day.year * 12 + day.month
