"""A database that is damaged: each command refuses with a sentence and names the way back, or works.

Never a traceback, never a bug report, and the backup that is named brings everything back.
"""

import errno
import gc
import io
import os
import random
import re
import shlex
import shutil
import sqlite3
import sys
from contextlib import closing

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from programs import SHIPPED, Home, run

from srs.__main__ import run as run_here
from srs.errors import DamagedError, DatabaseError, DiskFullError
from srs.store import sentences
from srs.store.sentences import sentence

pytestmark = pytest.mark.sqlite_file

ANSWERS = 12
COMMANDS = (
    ("due",), ("due", "--count"), (), ("stats",), ("stats", "--all"), ("review",), ("review", "--practice"),
    ("list",), ("list", "digest"), ("show", "registry/image-digest"), ("log",), ("log", "export"), ("decks",),
    ("import",), ("import", str(SHIPPED)), ("undo",), ("suspend", "registry/push"), ("bury", "registry/push"),
    ("forget", "registry/push"), ("retire", "registry"), ("optimize",), ("simulate", "--retention", "0.8"),
    ("backup",), ("backup", "copy.db"), ("doctor",), ("doctor", "--fix"),
)  # fmt: skip


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A home with the shipped deck, some answers and their backup."""
    home = Home(tmp_path_factory.mktemp("shipped")).fill()
    done = run(home, "review", "--new", "30", typed="\n3\n" * ANSWERS)
    assert done.returncode == 0, done.stderr
    assert run(home, "backup").returncode == 0
    return home


@pytest.fixture
def home(shipped, tmp_path):
    """A home of the test's own, whose backups are those of its database."""
    return moved(shipped, tmp_path / "home")


def moved(shipped, folder):
    """A copy of a home, whose backups are found where its database is now."""
    from srs import places

    home = shipped.copy(folder)
    (old,) = (home.folder / "data" / "srs" / "backups").iterdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", home.env["XDG_DATA_HOME"])
        old.rename(places.backups_dir(str(home.db)))
    return home


class Told:
    """What a command came to."""

    def __init__(self, code, out, err):
        self.returncode, self.stdout, self.stderr = code, out, err


def run_inside(home, *arguments, typed="\n3\n\n3\n"):
    """Run the program inside this process, which is quick."""
    out, err, env = io.StringIO(), io.StringIO(), home.env
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        patch.chdir(home.folder)
        patch.setattr(sys, "stdin", io.StringIO(typed))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = run_here(list(arguments))
    gc.unfreeze()  # a program that ends may leave it frozen
    return Told(code, out.getvalue(), err.getvalue())


def assert_refused(done):
    """Exit code 4, a sentence, and the command that brings the newest good backup back."""
    assert done.returncode == 4, (done.returncode, done.stdout, done.stderr)
    error, hint = done.stderr.splitlines()[-2:]
    assert error.startswith("error: ")
    found = re.search(rf"the newest good backup is of .*, with {ANSWERS} answers: `srs (.*)`$", hint)
    assert found, done.stderr
    return shlex.split(found[1])


def assert_comes_back(home, command):
    """The command that was named restores everything."""
    done = run_inside(home, *command)
    assert done.returncode == 0, done.stderr
    assert len(home.answers()) == ANSWERS
    home.check()
    assert run_inside(home, "doctor").returncode == 0


def spoil(path, how, seed=0):
    """Damage a database file in a way that no program can overlook."""
    raw = bytearray(path.read_bytes())
    chance = random.Random(seed)  # noqa: S311 - the same every time
    if how == "empty":
        raw = b""
    elif how == "cut":
        raw = raw[: chance.randrange(1, len(raw) * 3 // 4)]
    elif how == "header":
        raw[chance.randrange(16)] ^= 1 << chance.randrange(8)
    elif how == "first page":
        raw[100:4096] = chance.randbytes(3996)
    elif how == "all pages":
        raw[4096:] = chance.randbytes(len(raw) - 4096)
    elif how == "text":
        raw = b"This is a text.\n" * 1000
    path.write_bytes(raw)


@pytest.mark.parametrize("how", ["empty", "cut", "header", "first page", "all pages", "text"])
def test_every_command_refuses_what_is_no_whole_database(home, how):
    """Empty, cut short, header or pages gone: exit code 4, one sentence, the backup; then all comes back."""
    for seed, arguments in enumerate(COMMANDS):
        spoil(home.db, how, seed) if seed == 0 else None
        before = home.db.read_bytes()
        done = run_inside(home, *arguments)
        command = assert_refused(done)
        assert home.db.read_bytes() == before, arguments
    assert_comes_back(home, command)


def test_the_program_itself_refuses_too(home):
    """The same through the real program, for one that starts quickly and one that does not."""
    spoil(home.db, "header")
    for arguments in (("due", "--count"), ("review",), ("list",)):
        command = assert_refused(run(home, *arguments))
    assert run(home, *command).returncode == 0


def test_a_database_that_is_gone_is_told_with_its_backup(home):
    """Its file vanished: looking refuses with the way back; importing anew is somebody's right."""
    home.db.unlink()
    command = assert_refused(run_inside(home, "due"))
    assert_refused(run_inside(home, "review"))
    assert_comes_back(home, command)
    home.db.unlink()
    assert run_inside(home, "import", str(SHIPPED)).returncode == 0


def test_a_damaged_backup_is_not_the_one_that_is_named(home):
    """The newest that can be unpacked whole is; where there is none, no command is promised."""
    (folder,) = (home.folder / "data" / "srs" / "backups").iterdir()
    newest = max(folder.iterdir())
    newest.write_bytes(newest.read_bytes()[:-100])
    spoil(home.db, "header")
    assert newest.name not in run_inside(home, "due").stderr
    shutil.rmtree(folder)
    assert run_inside(home, "due").stderr.splitlines() == [
        f"error: `{home.db}` is damaged or not an srs database",
        "hint: nothing was changed",
    ]


# Flipped bits

FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=40)
QUIETLY = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


def assert_works_or_refuses(shipped, tmp_path_factory, flips, arguments):
    """After some bits flipped a command works or refuses, and then names the backup; the home."""
    home = moved(shipped, tmp_path_factory.mktemp("flipped") / "home")
    raw = bytearray(home.db.read_bytes())
    for place, bit in flips:
        raw[int(place * len(raw))] ^= 1 << bit
    home.db.write_bytes(raw)
    done = run_inside(home, *arguments)
    assert done.returncode in (0, 1, 3, 4, 5), (done.returncode, done.stderr, reports(home))
    if done.returncode == 4 and "doctor --fix" not in done.stderr and arguments[:1] != ("import",):
        assert_refused(done)
    return home


def reports(home):
    """The bug reports that were written."""
    return "\n".join(path.read_text() for path in (home.folder / "state" / "srs").glob("report-*"))


@settings(max_examples=40, derandomize=True, **QUIETLY)
@given(flips=FLIPS, arguments=st.sampled_from(COMMANDS))
@example(flips=[(0.17578125, 7)], arguments=("due",))  # SQLite's own message is no text then
def test_flipped_bits_never_end_in_a_traceback(shipped, tmp_path_factory, flips, arguments):
    """Whatever bits flip, a command works on what it reads or refuses with a sentence."""
    shutil.rmtree(assert_works_or_refuses(shipped, tmp_path_factory, flips, arguments).folder)


@pytest.mark.faults
@pytest.mark.timeout(1_800)
@settings(max_examples=500, **QUIETLY)
@given(flips=FLIPS, arguments=st.sampled_from(COMMANDS))
def test_flipped_bits_never_end_in_a_traceback_at_length(shipped, tmp_path_factory, tally, flips, arguments):
    """The same five hundred times, and each time the newest backup brings every answer back."""
    home = assert_works_or_refuses(shipped, tmp_path_factory, flips, arguments)
    first = min(path for path in (home.folder / "data" / "srs" / "backups").glob("*/*_asked_*.db.gz"))
    assert run_inside(home, "restore", str(first), "--yes").returncode == 0
    tally.fault("databases with flipped bits", ANSWERS - len(home.answers()))
    assert len(home.answers()) == ANSWERS
    home.check()
    shutil.rmtree(home.folder)


# What each error of SQLite is told as


def failing(name):
    """An error of SQLite with a result code."""
    error = sqlite3.OperationalError("whatever SQLite says")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("SQLITE_FULL", DiskFullError, "is full"),
        ("SQLITE_IOERR_READ", DamagedError, r"fails \(IOERR_READ\); it is not full"),
        ("SQLITE_IOERR_SHORT_READ", DamagedError, r"fails \(IOERR_SHORT_READ\)"),
        ("SQLITE_IOERR_WRITE", DamagedError, r"fails \(IOERR_WRITE\)"),
        ("SQLITE_IOERR_FSYNC", DamagedError, r"fails \(IOERR_FSYNC\)"),
        ("SQLITE_IOERR_NOMEM", DatabaseError, "not enough memory"),
        ("SQLITE_READONLY", DatabaseError, "is read-only"),
        ("SQLITE_READONLY_DIRECTORY", DatabaseError, "is read-only"),
        ("SQLITE_READONLY_DBMOVED", DatabaseError, "was moved or removed"),
        ("SQLITE_CORRUPT", DamagedError, "is damaged"),
        ("SQLITE_CORRUPT_INDEX", DamagedError, "is damaged"),
        ("SQLITE_CORRUPT_VTAB", DatabaseError, "word search"),
        ("SQLITE_NOTADB", DamagedError, "damaged or not an srs database"),
        ("SQLITE_CANTOPEN", DatabaseError, "cannot be opened"),
        ("SQLITE_BUSY", DatabaseError, "is locked"),
        ("SQLITE_BUSY_SNAPSHOT", DatabaseError, "is locked"),
        ("SQLITE_LOCKED", DatabaseError, "is locked"),
        ("SQLITE_PROTOCOL", DatabaseError, "is locked"),
        ("SQLITE_NOMEM", DatabaseError, "not enough memory"),
        (None, DatabaseError, "cannot be used: whatever sqlite says"),
    ],
)
def test_each_result_code_has_its_own_sentence(tmp_path, code, kind, said):
    """A full disk, a failing one, a lock, a right, damage: none is told as another."""
    told = sentence(failing(code), str(tmp_path / "x.db"))
    assert type(told) is kind
    assert re.search(said, told.message)
    assert (told.exit_code, str(tmp_path) in told.message) == (4, True)


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.ENOSPC, DiskFullError, "is full"),
        (errno.EDQUOT, DiskFullError, "is full"),
        (errno.EIO, DamagedError, "fails"),
        (errno.EROFS, DatabaseError, "is read-only"),
        (errno.EACCES, DatabaseError, "cannot be opened"),
        (errno.ENOTDIR, DatabaseError, "cannot be opened"),
    ],
)
def test_each_error_of_the_file_system_has_its_own_sentence(tmp_path, number, kind, said):
    """What the system calls say is told apart as well."""
    told = sentence(OSError(number, os.strerror(number)), str(tmp_path / "x.db"))
    assert type(told) is kind
    assert said in told.message


def test_a_write_that_fails_where_nothing_fits_is_a_full_disk(tmp_path, monkeypatch):
    """A quota, a limit on files: SQLite tells them as a failing disk, and they are told as a full one."""
    assert not sentences.no_room(str(tmp_path / "x.db"))
    monkeypatch.setattr(sentences, "LEAST_FREE", 1 << 62)
    assert type(sentence(failing("SQLITE_IOERR_WRITE"), str(tmp_path / "x.db"))) is DiskFullError
    assert type(sentence(failing("SQLITE_IOERR_READ"), str(tmp_path / "x.db"))) is DamagedError


@pytest.mark.parametrize("kind", [sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError])
def test_a_bug_of_ours_is_no_fault_of_the_database(tmp_path, kind):
    """What only our own code can cause is raised as it is."""
    with pytest.raises(kind):
        sentence(kind("a bug"), str(tmp_path / "x.db"))


def test_damage_that_is_found_between_questions_is_told_with_the_backup(home):
    """A page that goes bad under a session: the answer does not count, and the way back is named."""
    with closing(sqlite3.connect(home.db)) as plain:
        (page,) = plain.execute("SELECT rootpage FROM sqlite_master WHERE name = 'review_day'").fetchone()
    raw = bytearray(home.db.read_bytes())
    raw[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    home.db.write_bytes(raw)
    done = run_inside(home, "review", "--new", "5")
    assert_refused(done)
