"""A database in a synced folder is told of once, where it can be heeded, with the better way."""

import pytest
from programs import Home, run, write_deck

_WAY = "keep it on this computer's own disk, and let `srs sync DIR` share the answers in a folder there"
BETTER = f"Better: {_WAY}.\n"

pytestmark = pytest.mark.sqlite_file


@pytest.fixture
def home(tmp_path):
    """A home whose database lies in Dropbox."""
    (tmp_path / "Dropbox").mkdir()
    home = Home(tmp_path, more_env={"SRS_DB": str(tmp_path / "Dropbox" / "cards.db")})
    write_deck(tmp_path / "deck.toml", [("one", "What?", "That."), ("two", "Who?", "They.")])
    return home


def test_it_is_said_once_in_an_import(home):
    """The import that makes the database says it, and nothing after it does."""
    told = run(home, "import", home.folder / "deck.toml").stderr
    assert told.endswith(f"cards.db lies in a folder of Dropbox, which can damage it.\n{BETTER}")
    for arguments in (("import",), ("review",), ("due",)):
        assert "Dropbox" not in run(home, *arguments, typed="q\n").stderr


def test_it_is_said_once_in_a_review(home, tmp_path):
    """After the cards of a review; another database is told of by itself."""
    run(home, "import", home.folder / "deck.toml")
    home.more_env["SRS_DB"] = str(tmp_path / "Dropbox" / "other.db")
    run(home, "import", "--dry-run", home.folder / "deck.toml")
    (tmp_path / "Dropbox" / "other.db").write_bytes((tmp_path / "Dropbox" / "cards.db").read_bytes())
    assert run(home, "due", "--count").stderr == ""
    done = run(home, "review", typed="q\n")
    assert (done.returncode, done.stderr) == (
        0,
        f"other.db lies in a folder of Dropbox, which can damage it.\n{BETTER}",
    )
    assert run(home, "review", typed="q\n").stderr == ""


def test_elsewhere_nothing_is_said(tmp_path):
    """A database on the computer's own disk is nobody's business."""
    home = Home(tmp_path)
    write_deck(tmp_path / "deck.toml", [("one", "What?", "That.")])
    assert "damage" not in run(home, "import", tmp_path / "deck.toml").stderr
    assert run(home, "review", typed="q\n").stderr == ""
