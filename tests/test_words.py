"""Words for quantities and moments."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cli import words

MINUTE = 60_000


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (0, "0 days"), (1, "1 day"), (8, "8 days"), (99, "99 days"), (100, "3.3 months"), (122, "4 months"),
        (364, "12 months"), (365, "1 year"), (366, "1 year"), (400, "1.1 years"), (731, "2 years"),
        (36_500, "99.9 years"),
    ],
)  # fmt: skip
def test_days_are_exact_to_99_then_rounded(n, told):
    """Days are told exactly up to 99, then months, from a year on years, one decimal at most."""
    assert words.days(n) == told


@given(st.integers(0, 36_500), st.integers(0, 36_500))
def test_a_longer_interval_never_reads_as_shorter(one, other):
    """The order of intervals survives their rounding."""

    def measure(n):
        amount, unit = words.days(n).split()
        return float(amount) * {"d": 1, "m": 30.4375, "y": 365.25}[unit[0]]

    low, high = sorted((one, other))
    assert measure(low) <= measure(high) + 0.51


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1, "1 s"), (30, "30 s"), (60, "1 min"), (330, "6 min"), (600, "10 min"), (3570, "1 h"), (3600, "1 h"),
     (5400, "1.5 h"), (86_399, "24 h")],
)  # fmt: skip
def test_steps(seconds, told):
    """A new card reads 1 min, 6 min, 10 min; steps of hours have one decimal."""
    assert words.step(seconds) == told


@pytest.mark.parametrize(
    ("ms", "told"),
    [(0, "0 s"), (21_400, "21 s"), (59_499, "59 s"), (59_500, "1 min"), (252_000, "4 min"),
     (65 * MINUTE, "1 h 5 min"),
     (120 * MINUTE, "2 h")],
)  # fmt: skip
def test_durations(ms, told):
    """Time spent is told in one or two units."""
    assert words.duration(ms) == told


@pytest.mark.parametrize(
    ("ms", "told"),
    [(0, "under a minute"), (59_999, "under a minute"), (MINUTE, "about 1 min"), (280_000, "about 5 min"),
     (121 * MINUTE, "about 2 h"), (64 * MINUTE, "about 1 h 5 min")],
)  # fmt: skip
def test_estimates(ms, told):
    """Estimates claim no more precision than they have."""
    assert words.about(ms) == told


@pytest.mark.parametrize(
    ("ms", "told"),
    [(-5, "a moment"), (0, "a moment"), (1, "1 min"), (7 * MINUTE + 1, "8 min"), (60 * MINUTE, "1 h"),
     (90 * MINUTE, "1 h 30 min"), (30 * 60 * MINUTE, "2 days")],
)  # fmt: skip
def test_waits_are_rounded_up(ms, told):
    """Whoever comes back after the time told finds the card there."""
    assert words.wait(ms) == told


def test_counts_and_lists():
    """Plurals, lists, numbers in words and in digits."""
    assert words.plural(1, "card") == "1 card"
    assert words.plural(0, "card") == "0 cards"
    assert words.plural(1204, "copy", "copies") == "1,204 copies"
    assert words.listed([]) == ""
    assert words.listed(["one"]) == "one"
    assert words.listed(["one", "two"]) == "one and two"
    assert words.listed(["one", "two", "three"], "or") == "one, two or three"
    assert [words.number(n) for n in (0, 9, 10, 1000)] == ["no", "nine", "10", "1,000"]
    assert words.number(1, capital=True) == "One"


@pytest.mark.parametrize(
    ("share", "told"),
    [(0, "0 %"), (0.001, "1 %"), (0.905, "91 %"), (0.999, "99 %"), (1, "100 %"), (0.5, "50 %")],
)
def test_percentages_never_claim_all_or_none(share, told):
    """100 % means every one, 0 % none."""
    assert words.percent(share) == told


def test_moments():
    """Today and yesterday by name, other days by date, with the year when it is another."""
    now = datetime(2026, 12, 4, 9, 30)  # noqa: DTZ001 - a wall clock is all that matters here
    assert words.moment(now.replace(hour=9, minute=12), now) == "today, 09:12"
    assert words.moment(now.replace(day=3, hour=21, minute=40), now) == "yesterday, 21:40"
    assert words.moment(now.replace(month=11, day=3, hour=21), now) == "Tue 3 Nov, 21:30"
    assert words.day(date(2026, 12, 5), now.date()) == "tomorrow"
    assert words.day(date(2026, 12, 10), now.date()) == "Thu 10 Dec"
    assert words.day(date(2027, 1, 1), now.date()) == "Fri 1 Jan 2027"
