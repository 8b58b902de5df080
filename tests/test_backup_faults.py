"""Kills and full disks in the middle of a backup and of a restore: one whole database is left.

What a backup and the restore of a whole database are put to besides stands in `test_operation_faults`.
"""

import gzip
import shutil
import sqlite3
import sys
import time
from contextlib import closing

import pytest

if sys.platform == "win32":
    pytest.skip("signals are POSIX", allow_module_level=True)

from faults import killing, needs_strace, spread, traced
from programs import PROGRAM, Home, run

pytestmark = pytest.mark.sqlite_file

CALLS = ("fdatasync", "fsync", "pwrite64", "write", "linkat", "link", "rename", "unlink", "ftruncate")
OLD, NEW = 5, 3
"""Answers in the database before a restore, and in the backup."""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A home whose backup has three answers and whose database two more."""
    home = Home(tmp_path_factory.mktemp("shipped")).fill()
    assert run(home, "review", typed="\n3\n" * NEW).returncode == 0
    assert run(home, "backup", "old.db.gz").returncode == 0
    assert run(home, "review", typed="\n3\n" * (OLD - NEW)).returncode == 0
    shutil.rmtree(home.folder / "data")
    return home


@pytest.fixture
def home(shipped, tmp_path):
    """A home of the test's own."""
    return shipped.copy(tmp_path / "home")


def answers_in(path):
    """How many answers a whole database has; None where it is not whole."""
    try:
        with closing(sqlite3.connect(path)) as plain:
            if plain.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return None
            return plain.execute("SELECT count(*) FROM review").fetchone()[0]
    except sqlite3.Error:
        return None


def kept(home):
    """The backups there are, by name."""
    return {path.name: path for path in (home.folder / "data").glob("srs/backups/*/[!.]*")}


def kept_answers(home, tmp_path):
    """The answers of each backup that is there; every one must be whole."""
    found = []
    for name, path in kept(home).items():
        plain = tmp_path / f"kept-{time.monotonic_ns()}.db"
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        if "_damaged_" not in name:
            found.append(answers_in(plain))
            assert found[-1] is not None
    return found


def assert_old_or_new(home, tmp_path):
    """The database is that before or that of the backup, whole; where it is the new one, the old is kept."""
    answers = answers_in(home.db)
    assert answers in (OLD, NEW)
    assert answers == OLD or OLD in kept_answers(home, tmp_path)
    assert run(home, "restore", "old.db.gz", "--yes").returncode == 0
    assert answers_in(home.db) == NEW
    home.check()


def killed(home, call, number, *arguments):
    """Run a command that is killed as it makes a system call for the nth time; whether it came so far."""
    done = run(home, *arguments, program=[*killing(call, number), *PROGRAM])
    return done.returncode in (-9, 137)


FEW = [("fdatasync", 3), ("fsync", 2), ("unlink", 2)]


def assert_restore_survives(home, tmp_path, call, number):
    """A restore that is killed there leaves the old database or the new one."""
    killed(home, call, number, "restore", "old.db.gz", "--yes")
    assert_old_or_new(home, tmp_path)


@needs_strace
@pytest.mark.parametrize(("call", "number"), FEW)
def test_a_kill_in_a_restore_leaves_one_whole_database(home, tmp_path, call, number):
    """Killed at a system call, a restore leaves the old or the new database, whole, and can be done again."""
    assert_restore_survives(home, tmp_path, call, number)


def damaged(home):
    """Damage the database beyond reading; what it was, byte for byte."""
    raw = bytearray(home.db.read_bytes())
    raw[:100] = bytes(100)
    home.db.write_bytes(raw)
    return bytes(raw)


def assert_restore_of_a_damaged_survives(home, call, number):
    """Killed, it leaves what was there or the new one, what was there kept before it goes; did it die."""
    was = damaged(home)
    came = killed(home, call, number, "restore", "old.db.gz", "--yes")
    if home.db.read_bytes() != was:
        assert answers_in(home.db) == NEW
        assert was in [gzip.decompress(path.read_bytes()) for path in kept(home).values()]
    assert run(home, "restore", "old.db.gz", "--yes").returncode == 0
    home.check()
    return came


@needs_strace
@pytest.mark.parametrize(("call", "number"), [("fsync", 4), ("rename", 1)])
def test_a_kill_in_the_restore_of_a_damaged_database(home, call, number):
    """The damaged file stands, or has been set aside and the new one has its place."""
    assert_restore_of_a_damaged_survives(home, call, number)


@needs_strace
@pytest.mark.faults
@pytest.mark.timeout(1_800)
def test_a_kill_anywhere_in_the_restore_of_a_damaged_database(shipped, tmp_path, tally):
    """The same at calls from the first to the last of each kind."""
    tried = shipped.copy(tmp_path / "tried")
    damaged(tried)
    most = traced(tried, ("restore", "old.db.gz", "--yes"), *CALLS)
    for call in CALLS:
        for number in spread(most[call], 7):
            home = shipped.copy(tmp_path / f"{call}{number}")
            came = assert_restore_of_a_damaged_survives(home, call, number)
            (tally.fault if came else tally.left_out)("restore of a damaged database killed")


def assert_backup_survives(home, tmp_path, call, number):
    """Killed, a backup leaves the database as it was and nothing but whole backups."""
    killed(home, call, number, "backup")
    assert answers_in(home.db) == OLD
    assert set(kept_answers(home, tmp_path)) <= {OLD}
    assert run(home, "backup").returncode == 0
    assert OLD in kept_answers(home, tmp_path)


@needs_strace
@pytest.mark.parametrize(("call", "number"), [("fsync", 2), ("unlink", 1)])
def test_a_kill_in_a_backup_leaves_no_half_one(home, tmp_path, call, number):
    """What has the name of a backup is whole; the database is not touched."""
    assert_backup_survives(home, tmp_path, call, number)


# A full disk


def limited(kilobytes):
    """The program with a limit on the size of files, which is told as a full disk."""
    return ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "-", *PROGRAM]


@pytest.mark.parametrize(
    "kilobytes", [300, *(pytest.param(n, marks=pytest.mark.faults) for n in (0, 100, 520))]
)
def test_a_full_disk_in_a_backup_or_restore_leaves_everything_as_it_was(home, tmp_path, kilobytes):
    """Exit code 4 and the sentence of a full disk; no half file, and the database as it was."""
    for arguments in (("backup",), ("backup", "mine.db"), ("restore", "old.db.gz", "--yes")):
        before = sorted(path.name for path in home.folder.rglob("*") if path.is_file())
        done = run(home, *arguments, program=limited(kilobytes))
        assert done.returncode == 4, (arguments, done.stdout)
        assert "is full" in done.stderr.splitlines()[0]
        assert answers_in(home.db) == OLD
        after = sorted(path.name for path in home.folder.rglob("*") if path.is_file())
        assert {name for name in after if name not in before} <= set(kept(home)) | {
            "cards.db-shm",
            "cards.db-wal",
        }
        assert set(kept_answers(home, tmp_path)) <= {OLD}


def test_a_full_disk_in_the_days_backup_is_said_at_the_end(home):
    """The answers find room, the backup does not: the session goes on, one sentence at its end."""
    done = run(home, "review", typed="\n3\n\n3\n", program=limited(400))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("saved good") == 2
    assert done.stderr == "Today's backup could not be made: the disk is full. Your answers are saved.\n"
    assert not kept(home)
