"""Days as the views name them, in words of our own, so that the locale changes no screen."""

from __future__ import annotations

from srs.days import date_of

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_words(day: int) -> str:
    """A study day: `Tue 1 Dec`."""
    return f"{WEEKDAYS[date_of(day).weekday()]} {short_words(day)}"


def short_words(day: int) -> str:
    """A study day without its weekday: `1 Dec`."""
    date = date_of(day)
    return f"{date.day} {MONTHS[date.month - 1]}"


def month_words(day: int) -> str:
    """The month of a study day: `Dec 2026`."""
    date = date_of(day)
    return f"{MONTHS[date.month - 1]} {date.year}"
