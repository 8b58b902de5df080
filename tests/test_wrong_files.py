"""Files that are not what somebody takes them for: what they are is said, and what takes them."""

import gzip

import pytest
from programs import Home
from running import run
from world import deck_of


@pytest.fixture
def home(tmp_path):
    """A home with a database that has two cards."""
    (tmp_path / "me").mkdir()
    return Home(tmp_path / "me").fill(deck_of(tmp_path, "d0", 2).path)


@pytest.mark.file_beside
@pytest.mark.parametrize(
    ("name", "start", "what", "hint"),
    [
        ("old.db", b"SQLite format 3\x00" + bytes(80), "this is a database", "`srs merge FILE`"),
        (
            "old.db.gz",
            gzip.compress(b"SQLite format 3\x00"),
            "this file is packed (gzip)",
            "`srs merge FILE`",
        ),
        ("deck.zip", b"PK\x03\x04" + bytes(80), "this file is packed (zip)", ".apkg or .colpkg"),
    ],
)
def test_a_file_that_is_no_deck_is_told_as_what_it_is(home, name, start, what, hint):
    """The hint names the command that takes it."""
    (home.folder / name).write_bytes(start)
    done = run(home, "import", name)
    assert done.returncode == 1
    assert f"E110 {what}, not a deck file" in done.stderr
    assert hint in done.stderr


def test_a_package_whose_name_a_shell_split_is_named_whole(home):
    """The hint can be typed as it is printed."""
    (home.folder / "my export.apkg").write_bytes(b"")
    done = run(home, "import", "my", "export.apkg")
    assert done.returncode == 2
    assert "hint: srs import 'my export.apkg'\n" in done.stderr


def test_a_folder_that_is_not_there_is_advised_for_an_export(home):
    """A name without an ending may be meant as a folder of deck files; what is advised works."""
    done = run(home, "export", "my decks")
    assert done.returncode == 2
    assert "`mkdir 'my decks'`, then `srs export --format toml 'my decks'`" in done.stderr
    (home.folder / "my decks").mkdir()
    assert run(home, "export", "--format", "toml", "my decks").returncode == 0


@pytest.mark.sqlite_file
def test_another_database_that_is_not_there_is_made_by_what_is_advised(home):
    """The hint names the database that was named, not the usual one."""
    done = run(home, "--db", "typo.db", "log")
    assert done.returncode == 3
    assert "`srs --db typo.db import FILE.toml` makes a new one" in done.stderr


def test_a_database_without_a_card_says_so(tmp_path):
    """Bare `srs` offers no practice of any cards where there are none."""
    home = Home(tmp_path)
    (tmp_path / "shared").mkdir()
    assert run(home, "sync", "shared").returncode == 0
    done = run(home)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: no cards yet\n")


def test_an_import_of_what_was_imported_before_says_where_there_is_nothing(tmp_path):
    """It is not silent where decks came from Anki alone, or not at all."""
    home = Home(tmp_path)
    (tmp_path / "shared").mkdir()
    run(home, "sync", "shared")
    done = run(home, "import")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("No deck file was imported so far")
