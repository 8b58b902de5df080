"""Cards named by their entry, by their deck, by a word that is nearly right: what is done, what is said."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import Home
from running import run

DECK = """[deck]
id = "net"

[[cards]]
id = "sig"
cloze = "{{c1::SIGTERM}} can be caught, {{c2::SIGKILL}} cannot."

[[cards]]
id = "dns"
term = "resolver"
question = "What finds an address?"
answer = "A server of names."
reverse = true
tags = ["naming"]
"""


@pytest.fixture
def home(tmp_path):
    """A home with an entry that has only variants and one that has a plain card too."""
    home = Home(tmp_path)
    (tmp_path / "net.toml").write_text(DECK)
    return home.fill(tmp_path / "net.toml")


@pytest.mark.parametrize(
    "arguments", [("show", "{}"), ("due-on", "{}", "+3"), ("undo", "{}"), ("log", "--card", "{}")]
)
@pytest.mark.parametrize("name", ["sig", "net/sig"])
def test_one_card_of_an_entry_of_variants_is_asked_for(home, arguments, name):
    """Where one card is wanted, an entry that has only variants is answered with their names."""
    done = run(home, *(word.format(name) for word in arguments))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"error: `{name}` is an entry of several cards\nhint: say which: `net/sig#c1` or `net/sig#c2`\n"
    )


def test_a_variant_that_is_not_there(home):
    """The cards of its entry are named."""
    done = run(home, "show", "sig#c9")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "error: there is no card `sig#c9`\nhint: its entry has `net/sig#c1` and `net/sig#c2`\n"
    )
    assert "hint: its entry has `net/dns` and `net/dns#reverse`" in run(home, "show", "dns#c1").stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sgi", "sig#c1"),
        ("net/sgi", "net/sig#c1"),
        ("sgi#c2", "sig#c2"),
        ("dnss", "dns"),
        ("nte/dns", "net/dns"),
    ],
)
def test_a_suggestion_is_a_card_that_is_there(home, typed, meant):
    """What is suggested is another name than the typed one, and leads to a card."""
    assert f"did you mean `{meant}`?" in run(home, "show", typed).stderr
    assert run(home, "show", meant).returncode == 0


def test_a_deck_is_no_card(home):
    """The name of a deck is said to be one; `srs edit` names its file."""
    done = run(home, "show", "net")
    assert done.returncode == 3
    assert done.stderr == (
        "error: there is no card `net`\nhint: it is a deck: `srs list -d net` lists its cards\n"
    )
    done = run(home, "edit", "net", EDITOR="true")
    assert done.returncode == 3
    assert done.stderr == (
        "error: `net` is a deck, and `srs edit` wants a card\n"
        "hint: its file is net.toml; `srs list -d net` lists its cards\n"
    )


def test_an_entry_can_be_edited(home):
    """Its cards stand in one table, so `srs edit` takes the entry."""
    done = run(home, "edit", "sig", EDITOR="true")
    assert (done.returncode, done.stdout) == (0, "Nothing changed.\n")


def test_what_is_done_to_several_cards_takes_an_entry_of_variants(home):
    """All its cards are meant, each is named; where there is a plain card the name stays that card's."""
    done = run(home, "suspend", "sig")
    assert done.returncode == 0
    assert done.stderr == (
        "Suspended net/sig#c1: it is out of the queue until srs resume.\n"
        "Suspended net/sig#c2: it is out of the queue until srs resume.\n"
    )
    assert run(home, "resume", "sig", "sig#c1").stderr == (
        "net/sig#c1 is in the queue again.\nnet/sig#c2 is in the queue again.\n"
    )
    assert run(home, "bury", "dns").stderr == "Buried net/dns until tomorrow.\n"
    done = run(home, "suspend", "sig#c9")
    assert (done.returncode, "its entry has" in done.stderr) == (3, True)


def test_an_entry_of_two_decks_needs_its_deck(home):
    """Nothing is done to either; with the deck before it, it is clear."""
    (home.folder / "os.toml").write_text(DECK.replace('"net"', '"os"'))
    assert run(home, "import", "os.toml").returncode == 0
    done = run(home, "suspend", "sig")
    assert (done.returncode, done.stdout) == (2, "")
    assert "several decks have" in done.stderr
    assert "`net/sig#c1`" in done.stderr
    assert "`os/sig#c2`" in done.stderr
    assert run(home, "suspend", "os/sig").returncode == 0
    assert home.rows("SELECT count(*) FROM memory WHERE suspended = 1") == [(2,)]


# Words of a search


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("resovler", "resolver"), ("namming", "naming"), ("net/dnss", None), ("xyzzy", None), ("dnns", "dns")],
)
def test_a_word_that_nothing_has_may_be_nearly_one(home, typed, meant):
    """The nearest word of names, terms and tags is suggested, and found; where none is near, none is."""
    done = run(home, "list", typed)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("No card matches.")
    if meant is None:
        assert "did you mean" not in done.stderr.lower()
    else:
        assert f"Did you mean {meant}?" in done.stderr
        assert run(home, "list", meant).stdout


def test_a_near_word_is_said_of_the_words_that_fail(home):
    """Words that occur are not corrected; of a hopeless search nothing is said."""
    assert "Did you mean resolver?" in run(home, "list", "address", "resovler").stderr
    assert "Did you mean" not in run(home, "list", "resolver", "SIGKILL").stderr
    assert "Did you mean" not in run(home, "list", "x" * 100_000).stderr


def test_words_with_a_dash_stand_after_two(home):
    """A word that looks like an option is told how to be searched for."""
    done = run(home, "list", "ss", "-ltn")
    assert done.returncode == 2
    assert "hint: to search for it: `srs list ss -- -ltn` (`--` ends the options)" in done.stderr
    assert run(home, "list", "ss", "--", "-ltn").returncode == 0
    assert "did you mean `--state`?" in run(home, "list", "--stat", "new").stderr
