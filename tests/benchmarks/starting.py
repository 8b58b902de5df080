"""Start-up: what a person or a shell prompt waits for, against imports that do nothing."""

import sys
from pathlib import Path

from tests.benchmarks.making import collection_of
from tests.benchmarks.measuring import SRS, Mark, environment, in_turn, program
from tests.benchmarks.on_a_terminal import first_question, reveal_at_once

CARDS = 10_000
EMPTY_APP = str(Path(__file__).with_name("empty_app.py"))


def run(folder, rounds):
    """The marks of start-up on a collection of 10,000 cards and 100,000 answers."""
    from srs.cli.app import app

    database = collection_of(folder, CARDS)
    env = environment(folder, SRS_DB=str(database), COMMANDS=str(len(app.registered_commands)))
    found = in_turn(
        {
            "srs due --count": program([SRS, "due", "--count"], env),
            "import sqlite3": program([sys.executable, "-c", "import sqlite3"], env),
            "srs --help": program([SRS, "--help"], env),
            "empty Typer app --help": program([sys.executable, EMPTY_APP, "--help"], env),
            "first question": first_question(env),
            "answer revealed at once": reveal_at_once(env),
            "import typer, sqlmodel, fsrs": program(
                [sys.executable, "-c", "import typer, sqlmodel, fsrs"], env
            ),
        },
        rounds,
    )
    marks = (
        ("srs due --count", "import sqlite3", 3.0),
        ("srs --help", "empty Typer app --help", 1.2),
        ("first question", "import typer, sqlmodel, fsrs", 0.6),
        ("answer revealed at once", "import typer, sqlmodel, fsrs", 1.3),
    )
    return [Mark(ours, found[ours], found[theirs], limit) for ours, theirs, limit in marks]
