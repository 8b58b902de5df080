"""An import of files that are what they were: seen at once, told as ever, and never where it is not so."""

import os

import pytest
from programs import Home, run, write_deck

CARDS = [{"id": f"c{i}", "question": f"What is {i}?", "answer": f"It is {i}"} for i in range(4)]


@pytest.fixture
def home(tmp_path):
    """A home with two small decks."""
    home = Home(tmp_path)
    for name in ("one", "two"):
        write_deck(tmp_path / f"{name}.toml", CARDS, name=f"Deck {name}")
    done = run(home, "import", "one.toml", "two.toml", cwd=tmp_path)
    assert done.returncode == 0
    return home


def told(home, *arguments):
    """What an import says: its exit code, stdout and stderr."""
    done = run(home, "import", *arguments, cwd=home.folder)
    return done.returncode, done.stdout, done.stderr


def touched(home):
    """Give the files another time, which the database does not know: they are looked at the long way."""
    for name in ("one", "two"):
        os.utime(home.folder / f"{name}.toml", (1_000_000_000, 1_000_000_000))


@pytest.mark.parametrize("paths", [(), ("one.toml",), ("one.toml", "two.toml"), (".",)])
def test_what_is_told_is_the_same_the_short_way_and_the_long(home, paths):
    """Words, JSON and exit codes of the quick look are those of the import proper."""
    short = [told(home, *paths), told(home, *paths, "--json")]
    for arguments, expected in zip((paths, (*paths, "--json")), short, strict=True):
        touched(home)
        assert told(home, *arguments) == expected
    assert short[0][0] == 0
    assert "Nothing to do" in short[0][2]


def test_what_is_told_of_a_dry_run_is_the_same(home):
    """Without a database engine, and by way of Typer, a dry run says that there is nothing to do."""
    short = told(home, "one.toml", "--dry-run")
    assert told(home, "--dry-run", "--", "one.toml") == short
    assert "Nothing to do" in short[2]


def test_retired_cards_are_not_counted(home):
    """The cards that are as they were are the live ones of each deck."""
    write_deck(home.folder / "one.toml", CARDS[:3], name="Deck one")
    told(home, "one.toml")
    assert "all 3 cards of one" in told(home, "one.toml")[2]


def test_a_changed_file_is_imported(home):
    """One file of two that says something else is taken in, its neighbour as well looked at."""
    changed = [*CARDS[:3], CARDS[3] | {"answer": "something else"}]
    write_deck(home.folder / "one.toml", changed, name="Deck one")
    _, shown, _ = told(home)
    assert "1 updated" in shown
    assert "4 unchanged" in shown


def test_a_retired_deck_comes_back(home):
    """A file whose deck was put away is read again, byte for byte the same as it is."""
    run(home, "retire", "one")
    assert "4 revived" in told(home, "one.toml")[1]


def test_a_missing_file_is_told_and_the_rest_looked_at(home):
    """What does not exist is an error with its exit code; a deck whose file is gone is said to stay."""
    assert told(home, "one.toml", "none.toml")[0] == 3
    (home.folder / "two.toml").unlink()
    code, _, said = told(home)
    assert code == 0
    assert "two.toml is not there; its 4 cards stay in review" in said


def test_somebody_new_gets_memories(home):
    """A learner's first import gives them every card, though no file changed."""
    done = run(home, "--learner", "ada", "import", "one.toml", cwd=home.folder)
    assert "Nothing to do" in done.stderr
    assert run(home, "--learner", "ada", "due", "--count").stdout == "8\n"
