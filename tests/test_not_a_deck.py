"""A list taken for a deck file is named for what it is, with the command that takes it."""

import pytest
from programs import Home
from running import run

from srs.deck.parse import parse_deck
from srs.interop.not_a_deck import recognised

ANSWERS = "card_id,review_rating,review_time\n1,3,2024-03-29T20:32:32Z\n"


@pytest.mark.parametrize(
    ("name", "text", "said", "hint"),
    [
        ("a.csv", ANSWERS, "a list of answers (CSV)", "`srs log import a.csv` takes answers in"),
        ("my log.txt", ANSWERS, "a list of answers (CSV)", "`srs log import 'my log.txt'` takes answers in"),
        ("a.csv", "Card;Rating;Reviewed at\na;3;1\n", "a list of answers (CSV)", "`srs log import a.csv`"),
        ("a.csv", "front,back\na,b\n", "a list of cards (CSV)", "from deck files (TOML)"),
        ("a.TSV", "x\ty\na\tb\n", "a list (CSV)", "`srs init FILE.toml`"),
    ],
)
def test_a_list_is_no_deck(name, text, said, hint):
    """By its first row or its name: what it is, at its first line, and what to type."""
    (problem,) = recognised(parse_deck(text.encode(), name)).problems
    assert (problem.line, problem.column, problem.message) == (1, 1, f"this is {said}, not a deck file")
    assert hint in problem.hint


@pytest.mark.parametrize(
    "text", ["", "front,back\n", '[deck]\nid = "a"\n', 'id = "a\n', '[deck]\nid = "a"\n[[cards]]\nid = 1\n']
)
def test_any_other_file_keeps_its_problems(text):
    """A deck file with mistakes, and what is neither, is told of as ever."""
    parsed = parse_deck(text.encode(), "a.toml")
    assert recognised(parsed) is parsed


def test_obeying_the_hints_leads_somewhere(tmp_path):
    """`srs import` and `srs check` of answers name `srs log import`, which takes them."""
    home = Home(tmp_path)
    (home.folder / "a.csv").write_text(ANSWERS)
    for command in ("import", "check"):
        done = run(home, command, "a.csv")
        assert done.returncode == 1
        assert "`srs log import a.csv` takes answers in" in done.stdout + done.stderr
    assert run(home, "log", "import", "a.csv", "--create", "a.toml").returncode == 0
