"""Statistics as pure tables: intervals, windows, forecast, estimates, verdict, JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.coming import (
    DEFAULT_NEW_MS,
    DEFAULT_REVIEW_MS,
    DueDay,
    Left,
    coming_days,
    forecast,
    time_per_card,
)
from srs.days import StudyDays
from srs.errors import UsageError
from srs.stats import (
    Retention,
    Share,
    as_json,
    interval_words,
    retention_table,
    summarise,
    verdict,
    wilson,
    windows,
)

TODAY = 20_000  # 2024-10-04
BERLIN = ZoneInfo("Europe/Berlin")
NOW = round(datetime(2024, 10, 4, 12, 0, tzinfo=BERLIN).timestamp() * 1000)

STATES = {"new": 9, "young": 3, "mature": 2, "leech": 1}


def make(**changed):
    """Statistics of a small learner, with what a test changes."""
    given = {
        "now": NOW,
        "days": StudyDays(BERLIN),
        "recall": [(TODAY - 1, 3, 2, 1, 2, 1, 1), (TODAY, 4, 3, 2, 3, 1, 1)],
        "effort": [(TODAY - 1, 5, 50_000, 1, 30_000, 2, 20_000), (TODAY, 6, 90_000, 1, 50_000, 3, 40_000)],
        "dues": {TODAY - 5: 2, TODAY: 1, TODAY + 1: 4, TODAY + 3: 7, TODAY + 40: 100},
        "states": STATES,
        "last_missed": None,
        "left": Left(new=2, due=3),
        "aim": 0.9,
        "limits": (5, 200),
    }
    return summarise(**{**given, **changed})


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [
        (81, 263, 0.2552671, 0.3661659),  # Newcombe 1998, table I: 0.2553 to 0.3662
        (15, 148, 0.0624, 0.1605),  # the same table
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_gives_the_published_intervals(passed, total, low, high):
    """The score interval equals the values of Newcombe 1998 (method 3) to their four places."""
    assert wilson(passed, total) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_holds_the_rate_and_mirrors(counts):
    """The interval holds the observed rate, stays in 0..1, and failures give its mirror image."""
    passed, total = counts
    low, high = wilson(passed, total)
    assert 0 <= low <= passed / total <= high <= 1
    assert wilson(total - passed, total) == (pytest.approx(1 - high), pytest.approx(1 - low))


@pytest.mark.parametrize(("passed", "total"), [(0, 0), (3, 2), (-1, 5)])
def test_wilson_refuses_what_is_no_proportion(passed, total):
    """No answers, or more passes than answers, have no interval."""
    with pytest.raises(ValueError, match="is not a proportion"):
        wilson(passed, total)


def test_percent_is_100_or_0_only_when_exact():
    """399 of 400 is neither 99 % nor 100 %, 1 of 400 neither 1 % nor 0 %."""
    counts = ((399, 400), (1, 400), (400, 400), (0, 400), (87, 100), (0, 0))
    assert [Share(*each).percent for each in counts] == [">99 %", "<1 %", "100 %", "0 %", "87 %", "0 %"]


def test_windows_of_days_include_today_and_yesterday_is_alone():
    """One answer on each edge of each window shows which rows count it."""
    edges = [0, 1, 6, 7, 29, 30, 364, 365, 5000]
    rows = [(TODAY - back, 1, 1, 1, 1, 0, 0) for back in edges]
    table = retention_table(rows, TODAY)
    assert {key: row.all.total for key, row in table.items()} == {
        "today": 1,  # 0
        "yesterday": 1,  # 1
        "7d": 3,  # 0 1 6
        "30d": 5,  # and 7 29
        "365d": 7,  # and 30 364
        "all": 9,
    }


def test_retention_splits_young_and_mature_and_adds_them():
    """The column all is young and mature together, row by row."""
    table = make().retention
    assert table["today"] == Retention(Share(2, 3), Share(1, 1))
    assert table["yesterday"].all == Share(2, 3)
    assert table["7d"].all == Share(5, 7)


@pytest.mark.parametrize(
    ("days", "keys"),
    [
        (1, ["today", "yesterday", "1d", "7d", "30d", "365d", "all"]),
        (90, ["today", "yesterday", "7d", "30d", "90d", "365d", "all"]),
        (30, ["today", "yesterday", "7d", "30d", "365d", "all"]),
    ],
)
def test_other_days_get_a_row_in_order(days, keys):
    """`--days N` adds a row in its place, unless it is there already."""
    assert list(windows(TODAY, days)) == keys


@pytest.mark.parametrize("days", [0, -3, 36_501])
def test_impossible_days_are_refused_with_a_hint(days):
    """A number of days that is none is wrong usage, named with the range that works."""
    with pytest.raises(UsageError, match=f"^{days} is not") as refused:
        windows(TODAY, days)
    assert "1 to 36500" in refused.value.hint


def test_forecast_counts_overdue_today_and_ends_after_30_days():
    """Two overdue cards stand on today with today's one; day 40 is not in it; empty days are zero."""
    days = forecast({TODAY - 5: 2, TODAY: 1, TODAY + 1: 4, TODAY + 29: 6, TODAY + 30: 100}, TODAY)
    assert [entry.day for entry in days] == list(range(TODAY, TODAY + 30))
    assert [entry.due for entry in days] == [3, 4, *[0] * 27, 6]


def test_heaviest_day_comes_after_today():
    """The heaviest day ahead is day 3 with 27, though today with its backlog has more."""
    left = Left(due=50)
    assert make(dues={TODAY - 5: 50, TODAY + 3: 27, TODAY + 4: 27}, left=left).heaviest == DueDay(
        TODAY + 3, 27
    )
    assert make(dues={TODAY - 5: 50}, left=left).heaviest is None


@pytest.mark.parametrize("dues", [{TODAY + 2: 19}, {TODAY + 1: 30, TODAY + 2: 30}])
def test_a_heaviest_day_is_told_only_where_it_is_a_finding(dues):
    """Under twenty cards, or no more than tomorrow has, is not worth a word."""
    assert make(dues=dues).heaviest is None


def test_a_backlog_beyond_the_limit_waits_and_fills_the_days_to_come():
    """Of 812 overdue 200 are asked today; 612 wait, tomorrow is full, and so are the next days."""
    stats = make(dues={TODAY - 9: 812, TODAY + 2: 10}, left=Left(new=5, due=200, limited=True))
    assert stats.today.waiting == 612
    assert (stats.tomorrow.due, stats.tomorrow.new, stats.tomorrow.limited) == (200, 4, True)
    assert [day.due for day in stats.coming[:5]] == [200, 200, 200, 22, 0]
    assert stats.heaviest is None
    assert as_json(stats, BERLIN)["today"]["waiting"] == 612


def test_tomorrow_keeps_within_the_limit_of_reviews():
    """With 20 reviews a day, of 27 due tomorrow 20 are asked."""
    tomorrow = make(dues={TODAY + 1: 27}, limits=(5, 20)).tomorrow
    assert (tomorrow.due, tomorrow.limited) == (20, True)
    assert not make(dues={TODAY + 1: 20}, limits=(5, 20)).tomorrow.limited


@given(
    st.dictionaries(st.integers(TODAY + 1, TODAY + 29), st.integers(0, 500)),
    st.integers(0, 5_000),
    st.integers(0, 300),
)
def test_no_day_to_come_is_over_the_limit_and_no_card_is_lost(dues, waiting, limit):
    """What waits and what is due is asked once, as early as the limit lets it."""
    days = [day.due for day in coming_days(dues, TODAY, waiting=waiting, limit=limit)]
    assert max(days) <= limit
    for at, asked in enumerate(days):
        wanted = waiting + sum(due for day, due in dues.items() if day <= TODAY + 1 + at)
        assert sum(days[: at + 1]) <= wanted
        assert asked == limit or sum(days[: at + 1]) == wanted


def test_time_per_card_is_the_mean_of_timed_card_days():
    """New: 80 s over 2 card-days; reviews: 60 s over 5; a day 30 days ago no longer counts."""
    effort = [
        (TODAY - 30, 9, 9, 9, 9_000_000, 9, 9_000_000),
        (TODAY - 29, 5, 50_000, 1, 30_000, 2, 20_000),
        (TODAY, 6, 90_000, 1, 50_000, 3, 40_000),
    ]
    assert time_per_card(effort, TODAY) == (40_000, 12_000)


def test_time_per_card_has_defaults_before_data():
    """With nothing timed, new cards are taken for 60 s and reviews for 20 s."""
    assert time_per_card([(TODAY, 4, 0, 0, 0, 0, 0)], TODAY) == (DEFAULT_NEW_MS, DEFAULT_REVIEW_MS)


def test_today_and_tomorrow_are_estimated_from_the_means():
    """Left 2 new of 40 s and 3 reviews of 12 s; tomorrow 4 due and, of 7 new that wait, the limit 5."""
    stats = make()
    assert (stats.today.answered, stats.today.cards, stats.today.right, stats.today.ms) == (6, 4, 3, 90_000)
    assert stats.today.left_ms == 2 * 40_000 + 3 * 12_000
    assert (stats.tomorrow.due, stats.tomorrow.new) == (4, 5)
    assert stats.tomorrow.ms == 5 * 40_000 + 4 * 12_000
    assert make(limits=(20, 200)).tomorrow.new == 9 - 2


def test_days_in_a_row_are_days_studied_since_the_last_missed_one():
    """Days studied count, days with nothing due neither count nor break; a missed day ends the row."""
    recall = [(TODAY - back, 1, 1, 0, 0, 0, 0) for back in (40, 29, 9, 3, 2)]
    assert make(recall=recall).streak == 5
    assert make(recall=recall, last_missed=TODAY - 5).streak == 2
    assert make(recall=recall, last_missed=TODAY - 1).streak == 0
    assert make(recall=recall).days_studied_30 == 4


def test_a_day_in_the_future_counts_in_no_row_of_days():
    """After a journey west the log may hold tomorrow; it is not a day studied yet."""
    stats = make(recall=[(TODAY, 1, 1, 0, 0, 0, 0), (TODAY + 1, 1, 1, 1, 1, 0, 0)])
    assert (stats.streak, stats.days_studied_30) == (1, 1)
    assert stats.retention["all"].all == Share(1, 1)


@pytest.mark.parametrize(
    ("share", "aim", "sentence"),
    [
        (
            Share(355, 390),
            0.9,
            "On aim: you recalled 91 % in the last 30 days (88-93), your aim is 90 %.",
        ),
        (
            Share(420, 500),
            0.9,
            "Under aim: you recalled 84 % in the last 30 days (81-87), your aim is 90 %.",
        ),
        (
            Share(490, 500),
            0.925,
            "Above aim: you recalled 98 % in the last 30 days (96-99), your aim is 92.5 %.",
        ),
        (
            Share(11, 12),
            0.9,
            "Too early to judge: 11 of 12 recalled in the last 30 days, it takes 50; your aim is 90 %.",
        ),
        (
            Share(),
            0.9,
            "Too early to judge: no card came back after a day or more in 30 days; your aim is 90 %.",
        ),
    ],
)
def test_the_verdict_is_a_sentence(share, aim, sentence):
    """On, under or above aim by the interval of 30 days, or plainly too early."""
    assert verdict(share, aim).sentence == sentence


@given(
    st.integers(50, 3000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))),
    st.integers(70, 99),
)
def test_the_verdict_and_its_printed_interval_agree(counts, aim):
    """Whoever reads the interval comes to the verdict's own conclusion."""
    share = Share(*counts)
    low, high = map(float, interval_words(share, aim / 100).split("-"))
    kind = verdict(share, aim / 100).kind
    printed = "under" if high < aim else "above" if low > aim else "on"
    assert printed == kind


def test_a_rounded_interval_does_not_belie_the_verdict():
    """50 of 61 ends at 89.6 %, just under the aim, and would be printed as the aim it misses."""
    share = Share(50, 61)
    _, high = share.interval
    assert round(high, 2) == 0.9
    assert high < 0.9
    assert interval_words(share, 0.9) == "70.5-89.6"


def test_json_has_the_promised_shape():
    """Moments with zone, days as dates, proportions as such, null bounds at total 0, whole numbers whole."""
    shape = as_json(make(extra_days=90), BERLIN)
    assert shape["as_of"] == "2024-10-04T12:00:00+02:00"
    assert shape["study_day"] == "2024-10-04"
    assert {key: shape["today"][key] for key in ("answered", "cards", "minutes")} == {
        "answered": 6,
        "cards": 4,
        "minutes": 1.5,
    }
    assert list(shape["retention"]) == ["today", "yesterday", "7d", "30d", "90d", "365d", "all"]
    assert shape["retention"]["today"]["young"] == {
        "passed": 2,
        "total": 3,
        "low": wilson(2, 3)[0],
        "high": wilson(2, 3)[1],
    }
    empty = as_json(make(recall=[], effort=[]), BERLIN)["retention"]["all"]["mature"]
    assert empty == {"passed": 0, "total": 0, "low": None, "high": None}
    assert len(shape["forecast"]) == 30
    assert shape["forecast"][0] == {"day": "2024-10-04", "due": 3}
    assert shape["states"] == STATES | {"review": STATES["young"] + STATES["mature"]}
    assert (shape["streak"], shape["days_studied_30"]) == (2, 2)
    assert shape["tomorrow"] == {"due": 4, "new": 5, "minutes": (5 * 40 + 4 * 12) / 60}
    assert shape["verdict"]["kind"] == "unknown"


def test_the_study_day_is_the_calendars_not_utcs():
    """At 01:30 in Berlin with rollover 4 it is still the day before."""
    night = round(datetime(2024, 10, 3, 23, 30, tzinfo=UTC).timestamp() * 1000)
    assert make(now=night).study_day == TODAY - 1
