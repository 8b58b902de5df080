"""A clock behind the newest answer: review says so once and goes on only when told that it is right."""

import shutil

import pytest
from programs import PROGRAM, Home, at_moment, now_ms, run
from world import DAY_MS, START, Clock, answer_card

from srs.model import Rating

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A home with the shipped deck, its newest answer given at `START`."""
    home = Home(tmp_path_factory.mktemp("answered"))
    clock = Clock(START)
    home.fill(clock=clock)
    with home.collection(clock) as collection:
        name = collection.rows("SELECT deck || '/' || id FROM card ORDER BY position LIMIT 1", {})[0][0]
        answer_card(collection, name, Rating.GOOD)
    return home


@pytest.fixture
def home(answered, tmp_path):
    """A home of the test's own."""
    return answered.copy(tmp_path / "home")


def reviewed(home, behind_ms, *arguments):
    """A review of one card, by a clock that is so far behind the newest answer."""
    return run(home, "review", *arguments, typed="\n3\n", program=at_moment(START - behind_ms))


@pytest.mark.parametrize("behind", [DAY_MS + HOUR_MS, 365 * DAY_MS])
def test_a_clock_a_day_behind_is_refused_with_a_sentence(home, behind):
    """A day or a year behind: exit code 5, both moments, the way on, and nothing is shown or written."""
    done = reviewed(home, behind)
    assert (done.returncode, done.stdout) == (5, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: the clock says 202")
    assert "but your newest answer is of 2025-10-09" in error
    assert error.endswith(f"{'1 day' if behind < 2 * DAY_MS else '1 year'} later; nothing was shown")
    assert "`srs review --clock-ok`" in hint
    assert len(home.answers()) == 1


def test_a_clock_that_is_right_goes_on_and_is_asked_once(home):
    """With `--clock-ok` answers count; the next review by the same clock has nothing to say."""
    done = reviewed(home, 365 * DAY_MS, "--clock-ok")
    assert done.returncode == 0, done.stderr
    assert "saved good" in done.stdout
    again = reviewed(home, 365 * DAY_MS - HOUR_MS)
    assert (again.returncode, again.stderr) == (0, "")
    assert len(home.answers()) == 3
    home.check()


@pytest.mark.parametrize("behind", [DAY_MS - HOUR_MS, HOUR_MS, 0, -DAY_MS])
def test_a_clock_less_than_a_day_behind_is_no_matter(home, behind):
    """Summer time, a flight west, a clock that runs a little slow: nothing is said."""
    done = reviewed(home, behind)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_answer_taken_back_says_nothing_of_the_clock(home):
    """Only live answers count: what was answered under a wrong clock and undone is no newest answer."""
    with home.collection(Clock(START)) as collection:
        collection.undo()
    assert reviewed(home, 365 * DAY_MS).returncode == 0


def test_practice_and_counting_go_on_under_any_clock(home):
    """What writes nothing is not held up."""
    program = at_moment(START - 365 * DAY_MS)
    assert run(home, "due", "--count", program=program).returncode == 0
    assert run(home, "review", "--practice", typed="\n", program=program).returncode == 0


@pytest.mark.skipif(
    not shutil.which("faketime"),
    reason="faketime is missing, so no clock can be set back (`apt install faketime`)",
)
def test_a_computer_whose_clock_was_set_back_by_a_year(tmp_path):
    """The whole program under another system clock: refused, then `--clock-ok`, and nothing is lost."""
    home = Home(tmp_path / "home").fill()
    assert run(home, "review", typed="\n3\n\n3\n").returncode == 0
    earlier = ["faketime", "-f", "-365d", *PROGRAM]
    done = run(home, "review", typed="\n3\n", program=earlier)
    assert done.returncode == 5, done.stderr
    assert run(home, "review", "--clock-ok", typed="\n3\n", program=earlier).returncode == 0
    log = [line for line in home.check() if hasattr(line, "rating")]
    assert len(log) == 3
    assert log[-1].at < now_ms() - 364 * DAY_MS, "the newest line of the log is the one of the clock set back"
    assert run(home, "review", typed="\n3\n").returncode == 0
    assert run(home, "doctor").returncode == 0
