"""Quantities, moments and lists as a person reads them; the standard library only.

Time is given in the units of `srs.model` (ms, whole seconds, whole days); moments are datetimes of
the reader's zone. Month and weekday names are ours, so that the locale changes no screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

EXACT_DAYS = 99
"""Up to here an interval is told in days, exactly; above it in months, from a year on in years."""
_MONTH = 30.4375
_YEAR = 365.25


def digits(n: int) -> str:
    """A whole number in digits, with a comma at each thousand: `1,204`."""
    return f"{n:,}"


def number(n: int, *, capital: bool = False) -> str:
    """A number inside a sentence: below ten in words (`nine`, 0 is `no`), else in digits."""
    word = _SMALL[n] if 0 <= n < len(_SMALL) else digits(n)
    return word.capitalize() if capital else word


def noun(n: int, singular: str, plural: str | None = None) -> str:
    """The noun that goes with `n`: `card`, `cards`."""
    return singular if n == 1 else plural or f"{singular}s"


def plural(n: int, singular: str, many: str | None = None) -> str:
    """A number in digits with its noun: `1 card`, `9 cards`, `3 copies`."""
    return f"{digits(n)} {noun(n, singular, many)}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`one`, `one and two`, `one, two and three`; nothing for none."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def percent(share: float) -> str:
    """A proportion 0..1 as `91 %`; 100 % means all of them and 0 % none, never nearly."""
    whole = int(share * 100 + 0.5)
    if share < 1:
        whole = min(whole, 99)
    if share > 0:
        whole = max(whole, 1)
    return f"{whole} %"


def percents(counts: Sequence[int], *, whole: int | None = None, together: int = 100) -> list[str]:
    """Shares as whole per cent: `<1 %` and `>99 %` for nearly, `0 %` and `100 %` for none and all.

    Each is its share of `whole` (default: of all counts) rounded down or up, those with the largest
    remainders up, so that they come to `together`, or as near as equal figures for equal counts let them.
    """
    whole = sum(counts) if whole is None else whole
    if not whole:
        return ["0 %"] * len(counts)
    floors = {count: 100 * count // whole for count in counts}
    missing = together - sum(floors[count] for count in counts)
    for count in sorted(floors, key=lambda count: -(100 * count % whole)):
        alike = counts.count(count)
        if not 100 * count % whole or abs(missing - alike) > abs(missing):
            break
        floors[count] += 1
        missing -= alike
    return [_nearly(count, floors[count], whole) for count in counts]


def _nearly(count: int, told: int, whole: int) -> str:
    if count and not told:
        return "<1 %"
    return ">99 %" if told == 100 and count < whole else f"{told} %"


def days(n: int) -> str:
    """An interval of whole days: `1 day`, `99 days`, then `3.3 months`, `2 years`, `10.7 years`."""
    if n <= EXACT_DAYS:
        return plural(n, "day")
    # Rounded first: 364 days are 12 months, and 365 a year, so no interval reads as 12.0 months.
    size, unit = (n / _MONTH, "month") if n < int(_YEAR) else (n / _YEAR, "year")
    told = f"{size:,.1f}".removesuffix(".0")
    return f"{told} {unit if told == '1' else unit + 's'}"


def step(seconds: int) -> str:
    """An interval shorter than a day: `30 s`, `10 min`, `6 min` for 5.5, `2 h`, `1.5 h`."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = (seconds + 30) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{(seconds + 180) // 360 / 10:g} h"


def duration(ms: int) -> str:
    """Time spent: `21 s`, `4 min`, `1 h 5 min`, to the nearest second or minute."""
    seconds = (ms + 500) // 1000
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod((seconds + 30) // 60, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def about(ms: int) -> str:
    """An estimate of work to come: `under a minute`, `about 5 min`, from an hour on by 5 minutes."""
    if ms < 60_000:
        return "under a minute"
    minutes = (ms + 30_000) // 60_000
    if minutes >= 60:
        minutes = (minutes + 2) // 5 * 5
    return f"about {duration(minutes * 60_000)}"


def wait(ms: int) -> str:
    """How long until something comes, never less than it is: `8 min` for 7 min 10 s, `2 h`."""
    minutes = -(-ms // 60_000)
    if minutes <= 0:
        return "a moment"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return duration(minutes * 60_000)
    return days(-(-minutes // (24 * 60)))


def day(then: date, today: date) -> str:
    """A day: `today`, `yesterday`, `tomorrow`, `Thu 3 Dec`, with the year where it is not this one."""
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(then.toordinal() - today.toordinal())
    if near:
        return near
    told = f"{_WEEKDAYS[then.weekday()]} {then.day} {_MONTHS[then.month - 1]}"
    return told if then.year == today.year else f"{told} {then.year}"


def moment(then: datetime, now: datetime) -> str:
    """A moment by its wall clock: `today, 09:12`, `yesterday, 21:40`, `Thu 3 Dec, 21:40`."""
    return f"{day(then.date(), now.date())}, {then:%H:%M}"
