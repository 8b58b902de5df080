"""`srs review --mode`, by way of the quick start and of Typer: passed on, refused, told at the end."""

import pytest
from programs import Home, run

DECK = """
[deck]
id = "words"
name = "Words"

[[cards]]
id = "digest"
question = "What is a digest?"
answer = "A hash of the content"
choices = ["A name for a version", "A number of the push", "A signature of the author"]
"""
QUICK = ("review", "--mode", "{}")
BY_TYPER = ("review", "-n1", "--mode={}")


@pytest.fixture
def home(tmp_path):
    """A home with one card that has choices."""
    home = Home(tmp_path)
    deck = tmp_path / "words.toml"
    deck.write_text(DECK, encoding="utf-8")
    assert run(home, "import", str(deck)).returncode == 0
    return home


@pytest.mark.parametrize("words", [QUICK, BY_TYPER])
@pytest.mark.parametrize(
    ("mode", "guess"),
    [("chioce", "did you mean `choice`? It"), ("Choice", "did you mean `choice`? It"), ("quiz", "it")],
)
def test_a_wrong_mode_is_wrong_usage(home, words, mode, guess):
    """A word that is no mode exits with 2 before anything is asked; the hint names the modes."""
    done = run(home, *(word.format(mode) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: `--mode` does not take `{mode}`\nhint: {guess} takes `reveal`, `choice`, `type` or `auto`\n"
    )


@pytest.mark.parametrize("words", [QUICK, BY_TYPER])
def test_the_mode_asked_for_is_the_mode_of_the_answer(home, words):
    """What `--mode` names goes into the log; a session of choices alone ends with its score."""
    by_choice = run(home, *(word.format("choice") for word in words), typed="\n\n")
    assert by_choice.returncode == 0
    assert "A hash of the content" in by_choice.stdout.partition("saved")[0]
    assert "\n0/1 right " in by_choice.stdout
    assert home.rows("SELECT DISTINCT mode, rating FROM review") == [("choice", 1)]


@pytest.mark.parametrize("words", [QUICK, BY_TYPER])
def test_reveal_is_a_mode_to_ask_for(home, words):
    """`--mode reveal` goes before the setting; the end counts cards, not a score."""
    run(home, "config", "set", "mode", "choice")
    done = run(home, *(word.format("reveal") for word in words), typed="\n4\n")
    assert "Done for today: 1 card in " in done.stdout
    assert home.rows("SELECT mode, rating FROM review") == [("reveal", 4)]


def test_the_last_mode_counts(home):
    """An alias that sets a mode can be overruled on the command line."""
    run(home, "review", "--mode", "reveal", "--mode=choice", typed="\n\n")
    assert home.rows("SELECT DISTINCT mode FROM review") == [("choice",)]
