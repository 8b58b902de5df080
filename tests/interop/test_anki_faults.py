"""Imports of packages that are cut short: killed at system calls, at any moment, on a full or read-only disk.

Before, during and after, the database is whole, answers given here are kept, and the next import does
what the first would have done.
"""

import os
import sqlite3
import sys
from contextlib import closing
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("signals and limits are POSIX", allow_module_level=True)
pytest.importorskip("anki", reason="the extra `anki` is not installed")

from anki_world import basic, make
from faults import injected, killing, needs_strace, random_moments, spread, traced
from programs import IMPATIENT, PROGRAM, Home, run

ANSWERS = 2
"""Answers given here before the package comes."""

HURT = [("fdatasync", 2), ("fsync", 1), ("rename", 1)]
CALLS = ("fdatasync", "fsync", "pwrite64", "rename", "unlink", "openat", "write")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A package of studied cards with a picture, and how many answers are in it."""
    folder = tmp_path_factory.mktemp("made")
    notes = [*basic(12), {"type": "Basic", "guid": "pic", "fields": ["<img src='dog.png'>", "dog"]}]
    facts = make(
        folder, notes=notes, days=6, fsrs=True, media={"dog.png": "dog" * 9_000}, exports=["new.colpkg"]
    )
    return folder / "new.colpkg", sum(card["answers"] for card in facts.values())


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A home with the shipped deck and two answers."""
    home = Home(tmp_path_factory.mktemp("answered")).fill()
    assert run(home, "review", typed="\n3\n" * ANSWERS).returncode == 0
    assert len(home.answers()) == ANSWERS
    return home


@pytest.fixture
def home(answered, tmp_path):
    """A home of the test's own."""
    return answered.copy(tmp_path / "home")


def assert_all_or_nothing(home, made, *arguments):
    """What is here is all of the package or nothing of it; importing again gives all; nothing is torn."""
    package, answers = made
    home.check()
    assert len(home.answers()) in (ANSWERS, ANSWERS + answers)
    for path in home.folder.rglob("*.png"):
        assert path.name.startswith(".") or path.stat().st_size == 27_000
    done = run(home, "import", package, *arguments)
    assert done.returncode == 0, done.stderr
    assert len(home.answers()) == ANSWERS + answers
    home.check()
    (picture,) = home.folder.rglob("dog.png")
    assert picture.stat().st_size == 27_000


def killed(home, made, call, number, *arguments):
    """Import the package, killed as it, or the process that reads, makes a system call for the nth time."""
    return run(home, "import", made[0], *arguments, program=[*killing(call, number), *PROGRAM])


@pytest.mark.sqlite_file
@needs_strace
@pytest.mark.parametrize(("call", "number"), HURT)
def test_a_kill_in_an_import_leaves_all_or_nothing(home, made, call, number):
    """Killed at a system call, an import has taken in the whole package or nothing, and can be done again."""
    assert killed(home, made, call, number).returncode != 0
    assert_all_or_nothing(home, made)


def assert_killed(home, made, tally, call, number):
    """Kill an import in a home, if it comes to that call, and see what it left."""
    _, came = injected(home, ("import", made[0]), call, f"signal=SIGKILL:when={number}")
    if came:
        assert_all_or_nothing(home, made)
    (tally.fault if came else tally.left_out)("import of an Anki package killed")


@pytest.mark.sqlite_file
@needs_strace
@pytest.mark.faults
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("call", CALLS)
def test_a_kill_anywhere_in_an_import_leaves_all_or_nothing(answered, made, tmp_path, tally, call):
    """The same at calls from the first to the last of each kind, of the process that makes most of them."""
    most = traced(answered.copy(tmp_path / "tried"), ("import", made[0]), call)
    for number in spread(most[call], 8):
        assert_killed(answered.copy(tmp_path / f"{number}"), made, tally, call, number)


@needs_strace
@pytest.mark.faults
@pytest.mark.timeout(1_800)
def test_kills_at_random_moments_of_an_import(answered, made, tmp_path, tally):
    """The same at system calls of any kind, drawn from those made since the database was first looked for."""
    chance = Random(0)  # noqa: S311 - the same every time
    tried = answered.copy(tmp_path / "tried")
    for call, number in random_moments(tried, ("import", made[0]), chance, 20):
        assert_killed(answered.copy(tmp_path / f"{call}{number}"), made, tally, call, number)


def limited(kilobytes):
    """The program with a limit on the size of files, which is told as a full disk."""
    return ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "-", *PROGRAM]


@pytest.mark.sqlite_file
@pytest.mark.parametrize("kilobytes", [60, *(pytest.param(n, marks=pytest.mark.faults) for n in (0, 300))])
def test_a_full_disk_refuses_the_import_and_loses_nothing(home, made, kilobytes):
    """Wherever a file grows too large: one sentence and an exit code; with room it goes on."""
    done = run(home, "import", made[0], program=limited(kilobytes))
    assert done.returncode in (1, 4), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[0].startswith("error: "), done.stderr
    assert_all_or_nothing(home, made)


@needs_strace
def test_no_room_to_unpack_is_told_as_that(home, made):
    """Where the temporary folder is full, the sentence names it, and how to take another."""
    trace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=pwrite64"]
    full = [*trace, "-e", "inject=pwrite64:error=ENOSPC:when=40+", *PROGRAM]
    done = run(home, "import", made[0], "--dry-run", program=full)
    assert done.returncode == 4, done.stderr
    assert "is full; nothing was imported" in done.stderr
    assert "TMPDIR" in done.stderr
    assert_all_or_nothing(home, made)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the rights of files do not bind root")
def test_a_folder_that_cannot_be_written_refuses_the_files(home, made, tmp_path):
    """`--to-toml` into a read-only folder: a sentence, and nothing of the package is here."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    done = run(home, "import", made[0], "--to-toml", folder / "decks")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert len(home.answers()) == ANSWERS


def test_a_file_in_the_place_of_the_folder_refuses_the_files(home, made, tmp_path):
    """`--to-toml` onto a file: a sentence, and nothing of the package is here."""
    (tmp_path / "closed").write_text("a file")
    done = run(home, "import", made[0], "--to-toml", tmp_path / "closed" / "decks")
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert len(home.answers()) == ANSWERS


@pytest.mark.sqlite_file
def test_a_locked_database_refuses_the_import(home, made):
    """While another program writes, one sentence and exit code 4; nothing is lost."""
    with closing(sqlite3.connect(home.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run(home, "import", made[0], program=IMPATIENT)
        other.execute("ROLLBACK")
    assert done.returncode == 4, done.stderr
    assert "locked" in done.stderr
    assert_all_or_nothing(home, made)
