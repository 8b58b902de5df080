"""What the views of the statistics say, and what they keep to themselves."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.activity import Hour, Rated, Spent, Time, Week
from srs.cli import stats_views, words
from srs.cli.stats_views.activity import _Calendar, _Hours, _Ratings, rating_shares
from srs.cli.stats_views.ahead import Ahead, Forecast
from srs.cli.stats_views.page import Page
from srs.cli.stats_views.source import SimulatedDay
from srs.cli.stats_views.spread import Spread
from srs.histograms import Bar, Histogram
from srs.stats import Share

TODAY = 20_780  # Mon 23 Nov 2026
WIDE, NARROW, SPOKEN = Page(80), Page(40), Page(80, plain=True)


def rows(name, read, page=WIDE):
    """What a view draws of what it read."""
    return [row.plain for row in stats_views.view(name).rows(read, page)]


# Shares


def number(share):
    """A told share, `<1 %` as 0 and `>99 %` as 100."""
    return {"<1 %": 0, ">99 %": 100}.get(share) or int(share.strip("<>").split()[0]) * (share[0] != "<")


def beside(counts, told):
    """Each figure is its share rounded down or up, equal for equal counts, and signs stand for nearly."""
    whole = sum(counts)
    for count, share in zip(counts, told, strict=True):
        assert abs(number(share) - 100 * count / whole) < 1
        assert (share == "0 %") == (count == 0)
        assert (share == "100 %") == (count == whole)
    assert len({*zip(counts, told, strict=True)}) == len({*counts})


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any))
def test_shares_add_up_to_a_hundred(counts):
    """Whole per cents of a whole come to 100 where all counts differ; equal counts may cost one or so."""
    told = words.percents(counts)
    beside(counts, told)
    off = abs(sum(map(number, told)) - 100)
    assert off <= max(map(counts.count, counts)) // 2
    order = sorted(zip(counts, map(number, told), strict=True))
    assert [share for _, share in order] == sorted(share for _, share in order)


@given(st.lists(st.integers(0, 5) | st.integers(0, 10_000), min_size=4, max_size=4).filter(any))
def test_missed_and_passed_come_to_a_hundred(counts):
    """Again is rounded as what passed is, and the four are at most one off, also where counts are equal."""
    told = rating_shares(counts)
    beside(counts, told)
    assert told[0] == Share(counts[0], sum(counts)).percent
    assert abs(sum(map(number, told)) - 100) <= (1 if len({*counts}) < 4 else 0)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([1, 0, 399, 0], ["<1 %", "0 %", ">99 %", "0 %"]),
        ([1, 1, 1, 0], ["33 %", "33 %", "33 %", "0 %"]),
        ([5, 5, 190, 0], ["2 %", "2 %", "95 %", "0 %"]),
        ([0, 0, 7, 0], ["0 %", "0 %", "100 %", "0 %"]),
    ],
)
def test_nothing_is_all_beside_a_miss(counts, told):
    """`100 %` Good only where nothing was missed, and what is alike is told alike."""
    assert rating_shares(counts) == told


def test_one_of_thousands_is_not_one_per_cent():
    """A single Hard of 8,000 answers is less than 1 %; what never was is 0 %."""
    found = _Ratings((Rated(None, 2_600, 1, 5_399, 0),), "")
    assert rows("ratings", found)[0] == "Of 8,000 answers: 32 % Again, <1 % Hard, 68 % Good, 0 % Easy."


def test_of_few_answers_ratings_are_counted():
    """Under twenty answers there are no per cents, and no word of what never was."""
    drawn = rows("ratings", _Ratings((Rated("new", 1, 0, 7, 0),), ""))
    assert drawn[0] == "Of 8 answers: 1 Again, 7 Good."
    assert not any("%" in row for row in drawn)


# Hours


def hours(**answers):
    """A day's hours; `h13=5` are five answers from one o'clock on."""
    return _Hours(tuple(Hour(at, answers.get(f"h{at}", 0), Share()) for at in range(24)), "")


def test_a_quiet_stretch_of_hours_is_one_row():
    """From two to seven nobody studied: one row says so, and a single quiet hour is its own."""
    drawn = rows("hours", hours(h0=30, h1=9, h7=40, h9=20))
    labels = [re.split(r"  +", row.strip())[:2] for row in drawn[3:]]
    assert labels == [
        ["00:00", "30"],
        ["01:00", "9"],
        ["02:00 to 07:00", "none"],
        ["07:00", "40"],
        ["08:00", "none"],
        ["09:00", "20"],
    ]


def test_a_favourite_hour_is_told_from_twenty_answers_on():
    """Eight answers in one hour are no habit."""
    assert rows("hours", hours(h16=8))[0] == "8 answers by the hour they were given at."
    assert rows("hours", hours(h16=20))[0] == "Most answers come between 16:00 and 17:00: 100 % of 20."


# Nothing, little


NOTHING = Spent(0, 0, 0, 0)


def spent(**periods):
    """Time by period; periods not named have none."""
    known = dict.fromkeys(("today", "7d", "30d", "365d", "all"), NOTHING)
    return Time({**known, **periods}, (Week(TODAY - 7, periods.get("30d", NOTHING)), Week(TODAY, NOTHING)))


@pytest.mark.parametrize(
    ("name", "nothing"),
    [
        ("calendar", _Calendar((), ever=False)),
        ("time", spent()),
        ("hours", hours()),
        ("ratings", _Ratings((), "")),
    ],
)
def test_before_the_first_answer_all_say_the_same(name, nothing):
    """One sentence, and no table of nothing."""
    assert rows(name, nothing) == ["No answers yet."]


def test_a_log_without_times_is_not_called_quick():
    """Where no answer tells how long it took, nobody is said to have spent 0 s."""
    untimed = Spent(21, 800, 0, 0)
    drawn = rows("time", spent(**{"30d": untimed, "all": untimed}))
    assert drawn[0] == "No answer tells how long it took."
    assert not any("0 s" in row for row in drawn)
    timed = Spent(40, 900, 100, 60_000)
    assert rows("time", spent(**{"30d": untimed, "all": timed}))[0] == (
        "No answer of the last 30 days tells how long it took."
    )
    assert rows("time", spent(all=timed))[0] == "No answers in the last 30 days."
    assert not any("week of" in row for row in rows("time", spent(all=timed)))


@pytest.mark.parametrize("name", ["intervals", "stability", "difficulty", "retrievability"])
def test_cards_out_of_the_queue_are_not_called_unanswered(name):
    """Where all answered cards are suspended, or have no text, they were answered all the same."""
    nothing = Histogram(0, None, ())
    never, none_here = (rows(name, Spread(nothing, ever=ever))[0] for ever in (False, True))
    assert " yet, so " in never
    assert " yet" not in none_here
    assert "the queue" in none_here


def test_half_of_a_few_cards_is_not_told():
    """The median is a finding from twenty cards on."""
    few, many = (Histogram(n, 3.0, (Bar(2, 4, n),)) for n in (3, 20))
    few, many = Spread(few), Spread(many)
    assert rows("stability", few)[0] == "3 cards answered."
    assert rows("stability", many)[0] == "20 cards answered; half have a stability of 3 days or less."


def test_a_sign_stays_with_what_it_stands_for():
    """The calendar's legend breaks between its parts alone, at any width."""
    from srs.activity import Day

    days = tuple(Day(TODAY - back, 135 + back, 9, 0) for back in range(364, -1, -1))
    for width in range(30, 81):
        legend = [row.strip() for row in rows("calendar", _Calendar(days, ever=True), Page(width))]
        assert not any(
            row.endswith((" .", " -", " +", " *", " #")) or row in {*".-+*#"} for row in legend[10:]
        )


# What is to come


def future(*days, limit=200):
    """A forecast of (due, expected, new, minutes) for each day."""
    return Forecast(
        tuple(
            Ahead(TODAY + at, due, SimulatedDay(expected, expected, expected, minutes, minutes, minutes, new))
            for at, (due, expected, new, minutes) in enumerate(days)
        ),
        limit,
    )


def test_the_forecast_speaks_of_what_is_expected():
    """Its first line and its bars are of the reviews to do, not of dues that a limit holds back."""
    drawn = rows("forecast", future((812, 200, 0, 87), (0, 200, 0, 83), (46, 100, 0, 30)))
    assert drawn[0] == "About 500 reviews in 3 days; heaviest Mon 23 Nov, 200 (your limit)."
    bars = [row.count("█") for row in drawn[3:6]]
    assert bars[0] == bars[1] == 2 * bars[2] > 0
    told = " ".join(" ".join(drawn[-3:]).split())
    assert told == (
        "due: as cards stand now. expected: the reviews you would do, with limits, new cards and what"
        " comes back; low to high holds 80 % of simulated futures."
    )


def test_minutes_of_new_cards_have_a_column():
    """A day of new cards alone says how many; without any there is no column of noughts."""
    drawn = rows("forecast", future((0, 0, 20, 17), (0, 7, 20, 18)))
    assert drawn[0] == "About 7 reviews and 40 new cards in 2 days."
    assert drawn[2].split() == ["due", "expected", "low", "to", "high", "new", "minutes"]
    assert drawn[3].split()[:9] == ["Mon", "23", "Nov", "0", "0", "0", "to", "0", "20"]
    assert drawn[-1].strip() == "minutes: of reviews and new cards."
    assert "new" not in rows("forecast", future((3, 3, 0, 1), (0, 1, 0, 1)), NARROW)[2]


def test_a_heaviest_day_of_a_few_cards_is_not_told():
    """Nine reviews are no weight; without anything at all one sentence is enough."""
    assert rows("forecast", future((3, 9, 0, 1), (0, 1, 0, 1)))[0] == "About 10 reviews in 2 days."
    empty = Forecast(tuple(Ahead(TODAY + at, 0, None) for at in range(30)), 200)
    assert rows("forecast", empty) == ["Nothing is due in 30 days."]


# The program


if sys.platform != "win32":
    from programs import Home, Session, run

    from srs.model import Rating

    @pytest.fixture(scope="module")
    def home(tmp_path_factory):
        """A home with 156 cards and eight answers."""
        made = Home(tmp_path_factory.mktemp("sayings") / "home").fill()
        with made.collection() as collection:
            review = collection.review()
            for _ in range(8):
                review.next(collection.now())
                review.answer(Rating.EASY, now=collection.now(), took_ms=3_000, mode="reveal")
        return made

    @pytest.mark.parametrize("view", stats_views.NAMES)
    def test_a_view_typed_as_a_command_is_named(home, view):
        """`srs forecast` is told where forecasts are; a slip of the finger too."""
        done = run(home, view)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            f"error: there is no command `{view}`\nhint: {view} is a view: `srs stats {view}`\n"
        )

    @pytest.mark.parametrize(("typed", "meant"), [("calender", "stats calendar"), ("reviw", "review")])
    def test_what_is_nearest_may_be_a_view(home, typed, meant):
        """Commands and views are looked through alike."""
        assert f"did you mean `srs {meant}`?" in run(home, typed).stderr

    @pytest.mark.parametrize("view", sorted({*stats_views.NAMES}))
    def test_days_are_never_ignored(home, view):
        """A view takes `--days` or refuses it with exit 2, naming those that take it."""
        done = run(home, "stats", view, "--days", "7")
        if view in {"retention", "calibration", "hours", "ratings", "forecast"}:
            assert (done.returncode, done.stderr) == (0, "")
            return
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: `{view}` does not take `--days`\nhint: `retention`, ")

    @pytest.mark.parametrize("view", [(), ("hours",), ("ratings",), ("calibration",), ("--by", "tag")])
    @pytest.mark.parametrize("days", [36_501, 10**26])
    def test_no_view_takes_days_that_cannot_be(home, view, days):
        """Each view that takes `--days` takes 1 to 36500, and says so in a sentence."""
        done = run(home, "stats", *view, "--days", days)
        assert (done.returncode, done.stdout) == (2, "")
        assert "1 to 36500" in done.stderr

    def test_the_forecast_looks_as_far_as_it_is_told(home):
        """`--days` are the days to come, in the JSON too; more than a month is refused."""
        import json

        for days in (1, 7):
            found = json.loads(run(home, "stats", "forecast", "--days", days, "--json").stdout)
            assert len(found["forecast"]) == days
        done = run(home, "stats", "forecast", "--days", 31)
        assert (done.returncode, done.stdout) == (2, "")
        assert "use 1 to 30" in done.stderr

    def test_a_deck_that_was_never_answered_is_named(tmp_path):
        """The first words of a new deck's statistics can be typed as they stand."""
        new = Home(tmp_path / "home").fill()
        assert run(new, "stats", "-d", "registry").stdout == (
            "No answers yet. Your first: srs review registry\n156 cards, all new\n"
        )

    def test_a_long_view_goes_through_the_pager(home, tmp_path):
        """What does not fit is paged, the half screen too; what fits and `--no-pager` is printed."""
        kept = tmp_path / "paged"
        for words_, lines, paged in (
            (("forecast",), 24, True),
            ((), 6, True),
            ((), 24, False),
            (("forecast", "--no-pager"), 24, False),
        ):
            kept.unlink(missing_ok=True)
            with Session(home, "stats", *words_, lines=lines, SRS_PAGER=f"cat > {kept}") as session:
                assert session.to_the_end() == 0
            assert kept.exists() == paged

    def test_without_a_pager_the_verdict_stands_at_the_end_too(home):
        """On a screen that is too small for plain lines the verdict is not lost above its rim."""
        with Session(home, "stats", columns=40, lines=12, TERM="dumb") as session:
            assert session.to_the_end() == 0
            text = session.raw.decode().replace("\r\n", "\n")
        assert text.startswith("Too early to judge")
        assert text.count("Too early to judge") == 2
        assert text.rstrip().endswith("your aim is 90 %.")
        assert run(home, "stats", TERM="dumb").stdout.count("Too early") == 1
