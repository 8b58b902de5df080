"""`srs show` and `srs log` say all of a card: its choices, what it waits for, how it was answered."""

from __future__ import annotations

import json
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import Home, now_ms
from running import run
from world import Clock, answer_card

from srs.model import Rating
from srs.reviewing import Shown
from srs.scheduling import Scheduling

DECK = """[deck]
id = "net"

[[cards]]
id = "ip"
question = "What is 127.0.0.1?"
answer = "The machine itself."
accept = ["localhost", "loopback"]
needs = ["name", "byte", "gone"]
choices = [{ text = "The gateway.", why = "That is another machine." }, "Every machine."]

[[cards]]
id = "name"
cloze = "DNS turns a {{c1::name::what?}} into an address."

[[cards]]
id = "byte"
question = "How many bits?"
answer = "8"
"""


@pytest.fixture
def home(tmp_path):
    """A home with such cards."""
    home = Home(tmp_path)
    (tmp_path / "net.toml").write_text(DECK)
    assert run(home, "import", "net.toml").returncode == 0
    return home


def answered(home, name, rating, **how):
    """Answer a card as a review of some mode does."""
    with home.collection(Clock(now_ms())) as collection:
        at = collection.now()
        on_file = collection.find(name)
        options = collection.settings.options(None)
        shown = Shown(on_file, "review", collection.days.day(at), options)
        outcomes = (
            Scheduling().under(options).outcomes(shown.memory, key=shown.key, study_day=shown.study_day)
        )
        collection.answer(shown, outcomes[rating - 1], at=at, took_ms=4_000, **how)


def test_show_says_what_goes_with_a_card(home):
    """Choices with why, other right answers, the hint, and what a card needs and still waits for."""
    out = run(home, "show", "ip").stdout
    for row in (
        "  Choices     The gateway.",
        "                That is another machine.",
        "              Every machine.",
        "  Accepted    localhost, loopback",
        "  Needs       net/name, net/byte, net/gone",
        "  State       new, waits for net/name, net/byte",
    ):
        assert f"\n{row}\n" in out
    assert "\n  Hint        what?\n" in run(home, "show", "name#c1").stdout
    with home.collection(Clock(now_ms())) as collection:
        answer_card(collection, "net/byte", Rating.GOOD)
        answer_card(collection, "net/name#c1", Rating.AGAIN)
    assert "\n  State       new, waits for net/name\n" in run(home, "show", "ip").stdout
    run(home, "suspend", "name")
    assert "waits" not in run(home, "show", "ip").stdout
    assert not {"Choices", "Accepted", "Hint", "Needs"} & set(run(home, "show", "byte").stdout.split())


def test_show_as_json_has_the_same(home):
    """The same as values, and how each review was answered."""
    assert json.loads(run(home, "show", "ip", "--json").stdout)["waits_for"] == ["net/name", "net/byte"]
    answered(home, "ip", 1, mode="choice", response="Every machine.", hinted=False)
    told = json.loads(run(home, "show", "ip", "--json").stdout)
    assert told["choices"] == [
        {"text": "The gateway.", "why": "That is another machine."},
        {"text": "Every machine.", "why": None},
    ]
    assert told["accept"] == ["localhost", "loopback"]
    assert (told["hint"], told["cloze"]) == (None, None)
    assert told["needs"] == ["net/name", "net/byte", "net/gone"]
    assert told["waits_for"] == [], "only new cards wait"
    review = told["reviews"][0]
    assert (review["mode"], review["response"], review["hinted"]) == ("choice", "Every machine.", False)
    cloze = json.loads(run(home, "show", "name#c1", "--json").stdout)
    assert (cloze["hint"], cloze["cloze"]) == ("what?", "DNS turns a {{c1::name::what?}} into an address.")


def test_how_an_answer_was_given_is_told(home):
    """What was picked or typed stands by each answer of a card; the log says the way and a hint."""
    for rating, how in (
        (1, {"mode": "choice", "response": "Every machine.\x1b[2J"}),
        (1, {"mode": "choice"}),
        (2, {"mode": "type", "response": "localhost", "hinted": True}),
        (3, {"mode": "reveal"}),
    ):
        answered(home, "ip", rating, **how)
    rows = run(home, "show", "ip").stdout.rstrip().splitlines()
    assert [row for row in rows if row.startswith("    ") and not row.startswith("     ")] == [
        '    choice: picked "Every machine.[2J"',
        "    choice: picked nothing",
        '    type: typed "localhost", with the hint',
    ]
    lines = [line.split("\t") for line in run(home, "log").stdout.splitlines()]
    assert [line[5:] for line in lines] == [["", ""], ["", "type, hint"], ["", "choice"], ["", "choice"]]
    log = json.loads(run(home, "log", "--json").stdout)
    assert [entry["hinted"] for entry in log] == [None, True, None, None]
    assert log[1]["response"] == "localhost"
