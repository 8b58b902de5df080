"""Study days: where they begin and end, and that every moment is in one of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.days import StudyDays, date_of, day_number, moment

HOUR = 3_600_000
# Both hemispheres, half and quarter hours, a half-hour summer time, changes at midnight and at 24:00.
ZONES = [
    "UTC",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "America/St_Johns",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
]
BEGIN = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp()) * 1000
END = int(datetime(2040, 1, 1, tzinfo=UTC).timestamp()) * 1000


def changes_of(zone):
    """The moments (ms) between BEGIN and END when the zone's offset changes."""

    def offset(ms):
        return moment(ms, zone).utcoffset()

    found = []
    for low in range(BEGIN, END, 24 * 7 * HOUR):
        before, after = low, low + 24 * 7 * HOUR
        if offset(before) == offset(after):
            continue
        while before + 1 < after:
            middle = (before + after) // 2
            before, after = (middle, after) if offset(middle) == offset(low) else (before, middle)
        found.append(after)
    return found


CHANGES = {name: changes_of(ZoneInfo(name)) for name in ZONES}


@st.composite
def calendars_and_moments(draw):
    """A calendar of any zone and rollover with a moment, often near a change of the zone's offset."""
    name = draw(st.sampled_from(ZONES))
    anywhere = st.integers(BEGIN, END)
    near = st.builds(
        lambda change, hours, ms: change + hours * HOUR // 2 + ms,
        st.sampled_from(CHANGES[name] or [BEGIN]),
        st.integers(-60, 60),
        st.integers(-1, 1),
    )
    return StudyDays(ZoneInfo(name), draw(st.integers(0, 23))), draw(st.one_of(anywhere, near))


@given(calendars_and_moments())
def test_every_moment_lies_in_its_day(given_pair):
    """A moment is at or after the start of its study day and before its end, in any zone and rollover."""
    days, ms = given_pair
    day = days.day(ms)
    assert days.start(day) <= ms < days.end(day)


@given(calendars_and_moments())
def test_days_partition_time(given_pair):
    """A day begins with its start: the moment belongs to it, the millisecond before to the day before."""
    days, ms = given_pair
    day = days.day(ms)
    start = days.start(day)
    assert days.day(start) == day
    assert days.day(start - 1) == day - 1
    assert days.end(day - 1) == start
    assert 20 * HOUR <= days.end(day) - start <= 28 * HOUR


@given(calendars_and_moments())
def test_day_is_the_date_of_wall_time_minus_rollover(given_pair):
    """The study day is the date of the wall clock turned back by the rollover hours."""
    days, ms = given_pair
    wall = datetime.fromtimestamp(ms // 1000, days.zone).replace(tzinfo=None) - timedelta(hours=days.rollover)
    assert date_of(days.day(ms)) == wall.date()


@given(st.dates())
def test_day_numbers_and_dates_are_inverse(day):
    """A date's study day is that date again."""
    assert date_of(day_number(day)) == day


def test_day_zero_is_1970():
    """Study days count from 1970-01-01."""
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(date(2026, 1, 1)) == 20454


@pytest.mark.parametrize(
    ("wall", "day"),
    [
        ("2026-03-28 22:00:00", date(2026, 3, 28)),
        ("2026-03-29 03:59:59", date(2026, 3, 28)),
        ("2026-03-29 04:00:00", date(2026, 3, 29)),
        ("2026-03-29 08:00:00", date(2026, 3, 29)),
        ("2028-03-01 03:00:00", date(2028, 2, 29)),
        ("2027-01-01 00:30:00", date(2026, 12, 31)),
    ],
)
def test_the_day_turns_at_four(wall, day):
    """An hour after midnight still belongs to the day before, also on the night summer time begins."""
    days = StudyDays(ZoneInfo("Europe/Berlin"))
    ms = int(datetime.fromisoformat(wall).replace(tzinfo=days.zone).timestamp() * 1000)
    assert date_of(days.day(ms)) == day


def test_a_skipped_rollover_hour_begins_the_day_after_the_gap():
    """Where summer time skips the rollover hour, the day begins with the first moment after the gap."""
    berlin = StudyDays(ZoneInfo("Europe/Berlin"), rollover=2)
    day = day_number(date(2026, 3, 29))
    assert moment(berlin.start(day), berlin.zone).isoformat() == "2026-03-29T03:00:00+02:00"


def test_days_of_summer_time_changes_have_23_and_25_hours():
    """Only the day before the change is shorter or longer; a day is never counted twice or lost."""
    berlin = StudyDays(ZoneInfo("Europe/Berlin"))

    def hours(day):
        return (berlin.end(day_number(day)) - berlin.start(day_number(day))) / HOUR

    assert hours(date(2026, 3, 28)) == 23
    assert hours(date(2026, 10, 24)) == 25
    assert hours(date(2026, 3, 29)) == hours(date(2026, 10, 25)) == 24
