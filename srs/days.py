"""Study days: which day a moment belongs to, and when a day begins.

A study day turns at the rollover hour: the day of a moment is the date of local wall time minus the
rollover hours (DESIGN rule 3). Days are ints since 1970-01-01, moments ints of milliseconds UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

EPOCH = date(1970, 1, 1)
_EPOCH_ORDINAL = EPOCH.toordinal()
DEFAULT_ROLLOVER = 4


def date_of(day: int) -> date:
    """The calendar date of a study day."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def day_number(day: date) -> int:
    """The study day of a calendar date."""
    return day.toordinal() - _EPOCH_ORDINAL


def moment(ms: int, zone: tzinfo = UTC) -> datetime:
    """A moment as a datetime of the zone."""
    return datetime.fromtimestamp(ms / 1000, zone)


@dataclass(frozen=True, slots=True)
class StudyDays:
    """A zone and a rollover hour (0..23): the calendar a learner studies by."""

    zone: tzinfo
    rollover: int = DEFAULT_ROLLOVER

    def day(self, ms: int) -> int:
        """The study day of a moment."""
        wall = moment(ms, self.zone).replace(tzinfo=None) - timedelta(hours=self.rollover)
        return wall.toordinal() - _EPOCH_ORDINAL

    def utc_offset(self, ms: int) -> int:
        """Minutes east of UTC at a moment."""
        offset = moment(ms, self.zone).utcoffset() or timedelta()
        return round(offset.total_seconds() / 60)

    def start(self, day: int) -> int:
        """The first moment of a study day.

        Where summer time skips the rollover hour, it is the first moment after the gap.
        """
        wall = datetime.combine(date_of(day), datetime.min.time()) + timedelta(hours=self.rollover)
        # fold=0 reads a skipped wall time with the offset before the gap, which is the moment of the
        # change itself where the gap begins at the rollover, and a wall time that comes twice as its
        # first coming. Where the gap begins before the rollover, the day begins where the gap ends.
        ms = round(wall.replace(tzinfo=self.zone, fold=0).timestamp() * 1000)
        return ms if self.day(ms) == day > self.day(ms - 1) else self._first_moment(day, ms)

    def _first_moment(self, day: int, near: int) -> int:
        low, high = near - 26 * 3_600_000, near + 26 * 3_600_000
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if self.day(middle) < day else (low, middle)
        return high

    def end(self, day: int) -> int:
        """The first moment of the day after."""
        return self.start(day + 1)
