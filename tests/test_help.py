"""What `srs COMMAND -h` says: plain names, nothing of Python's types and ranges."""

import re

import pytest
import typer
from programs import Home
from running import run

from srs.cli.app import app


def every_command():
    """The words of all commands that help shows, those of groups too."""
    found, waiting = [], [((), typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        found.append(words)
        for name, inner in getattr(command, "commands", {}).items():
            if not inner.hidden:
                waiting.append(((*words, name), inner))
    return sorted(found)


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_is_in_plain_words(tmp_path, words):
    """No type, brace, doubled bracket or range is shown."""
    said = run(Home(tmp_path), *words, "-h", COLUMNS="80").stdout
    assert said.startswith("Usage: srs")
    assert not re.search(r"<[a-z]|\{[A-Z]|\[\[|x[<>]=|Path|\[required", said), said


def test_a_word_that_may_be_left_out_stands_in_brackets(tmp_path):
    """Usage and the list of arguments call them alike."""
    said = run(Home(tmp_path), "import", "-h").stdout
    assert said.startswith("Usage: srs import [OPTIONS] [PATH]...\n")
    assert "\n  [PATH]...  Deck files" in said
    assert run(Home(tmp_path), "show", "-h").stdout.startswith("Usage: srs show [OPTIONS] CARD\n")
