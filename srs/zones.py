"""The learner's time zone, and today's study day without the price of a calendar.

The system's zone is what the C library goes by (`TZ`, then `/etc/localtime`), so that srs and `date`
agree; `tzlocal`, 15 ms to import, is asked only where that settles nothing (Windows, odd systems).
"""

# ruff: noqa: PTH113, PTH114, PTH115, PTH121, PTH123 - pathlib costs 9 ms to import

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False  # `typing` costs more to import than all else here
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from zoneinfo import ZoneInfo

LOCALTIME = "/etc/localtime"
TIMEZONE = "/etc/timezone"
ZONE_FOLDER = "/usr/share/zoneinfo/"

_DAY = 86_400
_HOUR = 3_600
_NEAR = 4 * _HOUR
_BEGIN, _END = 1, 1 << 40
"""Seconds between which a clock is believed: 1970, and far past every calendar."""


class ZoneWarning(UserWarning):
    """The system's time zone could not be found; study days follow UTC."""


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name such as `Europe/Berlin`; None if there is none of that name."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - 3 ms that the quick look saves

    try:
        return ZoneInfo(name)
    # A folder of zones (`Europe`), a name with a NUL or too long: each system has its own OSError.
    except (KeyError, ValueError, OSError):
        return None


def zone_like(name: str) -> str | None:
    """The zone that a mistyped name (`New_York`, `America/NewYork`) most likely means; None: none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for mistakes
    from zoneinfo import available_timezones  # noqa: PLC0415 - reads some 600 files

    def plain(text: str) -> str:
        return "".join(sign for sign in text[:64].lower() if sign.isalnum() or sign in "/+")

    zones = sorted(available_timezones())
    whole = {plain(zone): zone for zone in zones}
    places = {plain(zone.rpartition("/")[2]): zone for zone in reversed(zones)}
    asked = plain(name)
    for known in (whole, places):
        if asked in known:
            return known[asked]
    for known, word in ((whole, asked), (places, asked.rpartition("/")[2])):
        near = get_close_matches(word, known, n=1, cutoff=0.75)
        if near:
            return known[near[0]]
    return None


def system_zone() -> tzinfo:
    """The zone this computer goes by; UTC with a `ZoneWarning` where none can be found."""
    zone = None if sys.platform == "win32" else _posix_zone()
    return zone or _foreign_zone()


def today(zone_name: str | None, now: int, rollover: int) -> tuple[int, int]:
    """The study day of a moment and the first moment of the day after.

    The same as `StudyDays.day` and `StudyDays.end`, without their imports on all days but those on
    which the clocks change near the rollover. `zone_name` None is the system's zone.
    """
    quick = fast_day(now, rollover) if zone_name is None else None
    if quick is not None:
        return quick
    zone = system_zone() if zone_name is None else zone_named(zone_name)
    if zone is None:
        raise ValueError(f"there is no time zone `{zone_name}`")
    quick = _between_changes(_offset_of(zone), now, rollover)
    if quick is not None:
        return quick
    from srs.days import StudyDays  # noqa: PLC0415 - 17 ms, needed twice a year

    days = StudyDays(zone, rollover)
    day = days.day(now)
    return day, days.end(day)


def fast_day(now: int, rollover: int) -> tuple[int, int] | None:
    """What `today` says of the system's zone, from the C library alone.

    None where the C library might go by another zone than `system_zone()`, where the clocks change
    near the day's end, and on Windows.
    """
    if not _library_agrees():
        return None
    try:
        return _between_changes(_library_offset, now, rollover)
    except (OverflowError, ValueError, OSError):
        return None


def _between_changes(offset: Callable[[int], int], now: int, rollover: int) -> tuple[int, int] | None:
    """Day and end by arithmetic; None when the offset at the end might not be that of one clear moment."""
    seconds = now // 1000
    if not _BEGIN < seconds < _END:
        return None
    day = (seconds + offset(seconds) - rollover * _HOUR) // _DAY
    wall_end = (day + 1) * _DAY + rollover * _HOUR
    after = offset(wall_end - offset(seconds) + _NEAR)
    end = wall_end - after
    # One offset from four hours before the end to four hours after it: no wall time there is skipped
    # or comes twice, so this is the only moment at which the new day can begin.
    same = all(offset(end + step) == after for step in (-_NEAR, -_HOUR, -1, 0, _HOUR, _NEAR))
    return (day, end * 1000) if same and seconds < end else None


def _library_offset(seconds: int) -> int:
    return time.localtime(seconds).tm_gmtoff


def _offset_of(zone: tzinfo) -> Callable[[int], int]:
    from datetime import datetime  # noqa: PLC0415 - the quick look of most learners needs none

    def offset(seconds: int) -> int:
        shift = datetime.fromtimestamp(seconds, zone).utcoffset()
        return 0 if shift is None else shift.days * _DAY + shift.seconds

    return offset


def _library_agrees() -> bool:
    """Whether the C library and `zoneinfo` read the same zone from the same folder."""
    if sys.platform == "win32" or "TZDIR" in os.environ or "PYTHONTZPATH" in os.environ:
        return False
    name = os.environ.get("TZ")
    if name is not None:
        name = name.removeprefix(":")
        return name in ("", "UTC") or (_is_plain(name) and os.path.isfile(ZONE_FOLDER + name))
    name = _linked_name()
    if name is None:
        # A file of its own: both read that very file.
        return os.path.isfile(LOCALTIME) and not os.path.islink(LOCALTIME) and not _stated_name()
    try:
        return _is_plain(name) and os.path.samefile(LOCALTIME, ZONE_FOLDER + name)
    except OSError:
        return False


def _is_plain(name: str) -> bool:
    # `right/` zones count leap seconds, which no calendar here does.
    return not name.startswith(("/", "right/")) and ".." not in name


def _posix_zone() -> tzinfo | None:
    name = os.environ.get("TZ")
    if name is not None:
        return _zone_of_variable(name.removeprefix(":"))
    name = _linked_name()
    linked = zone_named(name) if name is not None and _is_plain(name) else None
    if linked is not None:
        return linked
    stated = zone_named(_stated_name() or "")
    if not os.path.isfile(LOCALTIME):
        return stated
    if stated is not None and _same_zone(str(stated)):
        return stated
    return _zone_of_file(LOCALTIME)


def _zone_of_variable(value: str) -> tzinfo | None:
    """The zone of `TZ`: empty is UTC, then a name, a path, or a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`."""
    if not value:
        return zone_named("UTC")
    if value.startswith("/"):
        _, found, name = value.partition("/zoneinfo/")
        return (zone_named(name) if found and _is_plain(name) else None) or _zone_of_file(value)
    return zone_named(value) or _zone_of_rule(value)


def _linked_name() -> str | None:
    """What `/etc/localtime` points at, from `…/zoneinfo/` on; None when it is no such link."""
    try:
        target = os.readlink(LOCALTIME)
        if "/zoneinfo/" not in target:
            target = os.path.realpath(LOCALTIME)
    except OSError:
        return None
    _, found, name = target.partition("/zoneinfo/")
    return name.removeprefix("posix/") if found else None


def _stated_name() -> str | None:
    """The first line of `/etc/timezone`, which old Debian keeps beside a copied zone file."""
    try:
        with open(TIMEZONE, encoding="ascii") as file:
            return file.readline().strip() or None
    except (OSError, ValueError):
        return None


def _same_zone(name: str) -> bool:
    try:
        with open(LOCALTIME, "rb") as ours, open(ZONE_FOLDER + name, "rb") as theirs:
            return ours.read() == theirs.read()
    except OSError:
        return False


def _zone_of_file(path: str) -> ZoneInfo | None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - 3 ms that the quick look saves

    try:
        with open(path, "rb") as file:
            return ZoneInfo.from_file(file, key="local")
    except (OSError, ValueError):
        return None


def _zone_of_rule(rule: str) -> ZoneInfo | None:
    """A POSIX rule, read by `zoneinfo` as the last line of a zone file that has nothing else (RFC 8536)."""
    from io import BytesIO  # noqa: PLC0415 - for the few who set such a rule
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - 3 ms that the quick look saves

    if not rule.isascii() or not rule.isprintable():
        return None
    counts = (0, 0, 0, 0, 1, 4)
    header = b"TZif2" + bytes(15) + b"".join(count.to_bytes(4, "big") for count in counts)
    block = header + bytes(6) + b"UTC\0"
    try:
        return ZoneInfo.from_file(BytesIO(block * 2 + b"\n" + rule.encode() + b"\n"), key=rule)
    except (ValueError, KeyError, IndexError):
        return None


def _foreign_zone() -> tzinfo:
    import warnings  # noqa: PLC0415 - only where the system tells nothing
    from datetime import UTC  # noqa: PLC0415 - the same

    import tzlocal  # noqa: PLC0415 - the same

    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            zone = tzlocal.get_localzone()
        if not any("defaulting to UTC" in str(warning.message) for warning in told):
            return zone
    except (KeyError, ValueError, OSError):
        pass  # a name it does not know, or settings that contradict each other
    message = "the time zone of this computer could not be found, so days follow UTC; set `timezone`"
    warnings.warn(ZoneWarning(message), stacklevel=3)
    return UTC
