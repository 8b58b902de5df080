"""`~` means the home folder wherever a path is given: shells leave it alone in quotes and after `=`."""

import pytest
from programs import Home
from running import run
from world import START, Clock, deck_of


@pytest.fixture
def home(tmp_path):
    """A home folder with a deck in it, imported."""
    (tmp_path / "me").mkdir()
    home = Home(tmp_path / "me")
    home.more_env["HOME"] = home.more_env["USERPROFILE"] = str(tmp_path)
    return home.fill(deck_of(tmp_path, "d0", 2).path, clock=Clock(START))


@pytest.mark.parametrize(
    "words",
    [
        ["stats", "--html=~/made.html"],
        ["export", "~/made.csv"],
        ["export", "-o", "~/made.json"],
        ["log", "export", "-o", "~/made.csv"],
        ["init", "~/made.toml"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_file_is_written_in_the_home_folder(home, tmp_path, words):
    """No folder called `~` is made, or missed."""
    done = run(home, *words)
    assert done.returncode == 0, done.stderr
    assert [path.stem for path in tmp_path.glob("made.*")] == ["made"]
    assert not (tmp_path / "me" / "~").exists()


@pytest.mark.parametrize("words", [["import"], ["import", "--dry-run"], ["check"]], ids=" ".join)
def test_a_file_is_read_from_the_home_folder(home, words):
    """A quoted path with `~` is found."""
    done = run(home, *words, "~/d0.toml")
    assert done.returncode == 0, done.stderr


@pytest.mark.sqlite_file
def test_the_database_is_found_in_the_home_folder(home, tmp_path):
    """`--db=~/cards.db` is that file, as it is for SRS_DB and in the settings."""
    home.db.rename(tmp_path / "cards.db")
    done = run(home, "--db=~/cards.db", "due", "--count")
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
