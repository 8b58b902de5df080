"""The first minutes with the program: no database yet, the deck that comes along, a deck of one's own."""

import json
import os
import re
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("the helpers drive pseudo-terminals, which are POSIX", allow_module_level=True)

from programs import SHIPPED, Home, Session, cards_of, number_of_cards, run, write_deck

pytestmark = pytest.mark.sqlite_file  # a server is nowhere by itself: who has one has named it

SIZE = number_of_cards()
NO_CARDS = [
    "error: no cards yet",
    (
        "hint: try the deck that comes along: `srs init --sample`; your own: `srs import FILE.toml`;"
        " a history of answers: `srs log import FILE.csv`"
    ),
]
OFFER = f"No cards yet. A deck of {SIZE} cards on container registries comes with srs."


@pytest.fixture
def home(tmp_path):
    """A home where srs was never run, the database in the usual place."""
    folder = tmp_path / "home"
    return Home(folder, named=False)


def files(home):
    """Every file below a home but the settings and this computer's id."""
    kept = {"config.toml", "state/srs/device"}
    found = {str(path.relative_to(home.folder)) for path in home.folder.rglob("*") if path.is_file()}
    return found - kept


def test_first_review_offers_the_deck_that_comes_along(home):
    """On a terminal a yes copies the deck into the data folder, imports the copy and asks its first card."""
    with Session(home, "review") as session:
        session.shows("Start with it? [Y/n]")
        assert session.rows[0] == OFFER
        session.press("\n")
        session.ready()
        assert session.rows[0].split("  ")[1] == "Container registry vocabulary"
        assert cards_of()[0]["question"] in "\n".join(session.rows)
        session.key(" ", "4 Easy")
        session.key("3", "1 learning")
        session.press("q")
        assert session.to_the_end() == 0
        session.assert_given_back()
    copy = home.folder / "data" / "srs" / "decks" / "registry.toml"
    assert copy.read_bytes() == SHIPPED.read_bytes()
    assert home.rows("SELECT path FROM deck") == [(str(copy),)]
    assert home.rows("SELECT count(*) FROM card") == [(SIZE,)]
    assert home.answers() == [(cards_of()[0]["id"], 3)]
    assert home.db.stat().st_mode & 0o777 == 0o600
    home.check()
    copy.write_text(copy.read_text().replace(cards_of()[0]["question"], "Is this mine now?"))
    assert "1 updated" in run(home, "import").stdout


@pytest.mark.parametrize("no", ["n\n", "no\n", "\x04"], ids=["n", "no", "end of input"])
def test_first_review_takes_a_no(home, no):
    """A no makes nothing, tells what else there is, and exits with 3."""
    with Session(home, "review") as session:
        session.shows("Start with it? [Y/n]")
        session.press(no)
        assert session.to_the_end() == 3
        told = " ".join(row for row in session.rows if row)
        assert told.endswith("Then bring your own: srs import FILE.toml. To start one: srs init FILE.toml")
        assert "error" not in told
    assert files(home) == set()


def test_ctrl_c_at_the_offer_leaves_nothing_behind(home):
    """Ctrl-C at the question ends with 130 and makes nothing."""
    with Session(home, "review") as session:
        session.shows("Start with it? [Y/n]")
        session.press("\x03")
        assert session.to_the_end() == 130
        assert b"Traceback" not in session.raw
    assert files(home) == set()


@pytest.mark.parametrize("arguments", [("review",), (), ("stats",), ("due", "--json")])
def test_without_a_terminal_nothing_is_offered(home, arguments):
    """Piped, every reading command says how to begin, on stderr, exits with 3 and makes nothing."""
    done = run(home, *arguments, typed="y\n")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines() == NO_CARDS
    assert files(home) == set()


def test_sample_by_hand_is_copied_and_imported(home, tmp_path):
    """`srs init --sample` copies into the data folder, with a path to there; what is there stays."""
    done = run(home, "init", "--sample")
    assert done.returncode == 0
    copy = home.folder / "data" / "srs" / "decks" / "registry.toml"
    assert f"Copied to {copy}; it is yours to edit." in done.stderr
    assert re.match(rf"registry   {re.escape(str(copy))}\n  {SIZE} added ", done.stdout)
    assert run(home, "due", "--count").stdout == "20\n"
    copy.write_text("[deck]\n")
    refused = run(home, "init", "--sample")
    assert refused.returncode == 5
    assert refused.stderr.startswith(f"error: `{copy}` is there already")
    assert copy.read_text() == "[deck]\n"
    elsewhere = Home(tmp_path / "elsewhere", named=False)
    assert run(elsewhere, "init", "--sample", "there/words.toml").returncode == 0
    assert (elsewhere.folder / "there" / "words.toml").read_bytes() == SHIPPED.read_bytes()


def test_starter_deck_is_imported_and_reviewed_as_it_is(home):
    """`srs init FILE.toml` writes a deck that imports without a word of complaint and can be answered."""
    done = run(home, "init", "my words.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert files(home) == {"my words.toml"}
    taken_in = run(home, "import", "my words.toml")
    assert taken_in.returncode == 0, taken_in.stderr
    assert "1 added" in taken_in.stdout
    assert re.search("error|warning|W[0-9]{3}|Q[0-9]{3}", taken_in.stderr) is None
    review = run(home, "review", typed="\n4\n")
    assert review.returncode == 0
    assert "What does spaced repetition do?" in review.stdout
    assert re.search(r"^saved easy, \d+ days$", review.stdout, re.MULTILINE)
    again = run(home, "init", "my words.toml")
    assert again.returncode == 5
    assert "is there already" in again.stderr
    assert run(home, "init").returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [("review",), (), ("import",)],
    ids=" ".join,
)
def test_mistyped_database_is_never_made(home, arguments):
    """`--db typo.db` says that there is none, exits with 3 and creates nothing, on pipes."""
    done = run(home, "--db", "typo.db", *arguments, typed="y\n")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[0] == "error: there is no database `typo.db`"
    assert files(home) == set()


def test_mistyped_database_is_never_made_on_a_terminal(home):
    """On a terminal neither: no deck is offered for a database that was named and is not there."""
    with Session(home, "--db", "typo.db", "review") as session:
        assert session.to_the_end() == 3
        assert session.rows[0] == "error: there is no database `typo.db`"
    with Session(home, "review", SRS_DB=f"{home.folder}/no.db") as session:
        assert session.to_the_end() == 3
        assert "there is no database" in session.rows[0]
    assert files(home) == set()


def test_dry_run_makes_no_database(home):
    """`srs import --dry-run` shows the plan and writes nothing, not even an empty database."""
    done = run(home, "import", "--dry-run", SHIPPED)
    assert done.returncode == 0
    assert f"  {SIZE} added " in done.stdout
    assert done.stderr.startswith("Nothing written (dry run). To do it: srs import ")
    shaped = json.loads(run(home, "import", "--dry-run", "--json", SHIPPED).stdout)
    assert shaped["decks"][0]["added"] == SIZE
    assert files(home) == set()


def test_import_that_was_cut_off_is_no_cards_yet(home):
    """What a first import that was killed leaves behind, a file without tables, is no cards yet."""
    home.db.parent.mkdir(parents=True)
    home.db.touch()
    done = run(home, "review")
    assert (done.returncode, done.stderr.splitlines()) == (3, NO_CARDS)


def test_bad_deck_makes_no_answerable_database(home):
    """A first import of a bad file exits with 1, and the review after it still says how to begin."""
    (home.folder / "bad.toml").write_text("[[cards]]\nid = 1\n")
    done = run(home, "import", "bad.toml")
    assert done.returncode == 1
    assert "bad.toml:2:" in done.stderr
    review = run(home, "review")
    assert (review.returncode, review.stderr.splitlines()) == (3, NO_CARDS)


def test_dry_run_over_a_touched_deck_writes_nothing(tmp_path):
    """A deck file with a new date and the same bytes is not even noted by a dry run."""
    home = Home(tmp_path / "home")
    deck = write_deck(tmp_path / "tiny.toml", [("one", "What is one?", "A card.")])
    assert run(home, "import", str(deck)).returncode == 0
    before = home.rows("SELECT path, size, mtime_ns FROM deck")
    os.utime(deck, ns=(1, 1))
    done = run(home, "import", "--dry-run", str(deck))
    assert (done.returncode, home.rows("SELECT path, size, mtime_ns FROM deck")) == (0, before)
