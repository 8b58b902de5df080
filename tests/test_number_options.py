"""Options that take a whole number: whatever number is given, a sentence or an outcome, never a bug."""

import sys

import pytest
from running import run

if sys.platform == "win32":
    pytest.skip("a home of programs is of POSIX", allow_module_level=True)

from programs import Home

NUMBERS = ("-1", "1" + "0" * 30, str(1 << 63), "9" * 5_000, "1e30")
OPTIONS = (
    "log -n",
    "log --limit",
    "log import answers.csv --rollover",
    "review -n",
    "review --limit",
    "review d -n",
    "review --new",
    "review -m",
    "stats --days",
    "stats forecast --days",
    "simulate --new",
    "simulate --limit",
    "simulate --retention",
    "simulate --days",
    "simulate --repeats",
    "config set new_per_day",
    "config set reviews_per_day",
    "config set rollover",
    "config set maximum_interval",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with one card, answered once."""
    found = Home(tmp_path_factory.mktemp("numbers"))
    (found.folder / "d.toml").write_text(
        '[deck]\nid = "d"\n\n[[cards]]\nid = "c"\nquestion = "q"\nanswer = "a"\n'
    )
    (found.folder / "answers.csv").write_text("card,rating,reviewed_at\nd/c,3,2025-01-01T10:00:00Z\n")
    assert run(found, "import", "d.toml").returncode == 0
    assert run(found, "log", "import", "answers.csv").returncode == 0
    return found


@pytest.mark.parametrize("option", OPTIONS)
def test_a_number_that_cannot_be_is_wrong_usage(home, option):
    """Negative, greater than a database holds, longer than Python reads, no whole one: exit code 2."""
    for number in NUMBERS:
        done = run(home, *option.split(), number)
        assert (done.returncode, done.stdout) == (2, ""), (number[:40], done.stderr)
        assert done.stderr.startswith("error: ")
    assert not [*(home.folder / "state" / "srs").glob("report-*")]
