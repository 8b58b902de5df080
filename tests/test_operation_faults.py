"""Every operation put to every fault: no answer is lost, none doubled, and the command again finishes.

A sample runs with the other tests; `pytest -m faults` runs all and tells how many faults were tried.
"""

import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("signals and mounts are POSIX", allow_module_level=True)

from faults import (
    as_a_person,
    injected,
    needs_mounts,
    needs_strace,
    on_a_read_only_disk,
    on_a_small_disk,
    random_moments,
    spread,
    traced,
)
from operations import (
    OPERATIONS,
    answers_in,
    answers_kept,
    assert_finishes,
    assert_left_whole,
    lost,
    prepared,
)
from programs import IMPATIENT, PROGRAM, Piped, at_moment, now_ms, run

pytestmark = pytest.mark.sqlite_file

YEAR_MS = 365 * 86_400_000
SYNCS = ("fdatasync", "fsync")
WRITES = ("pwrite64", "write", "ftruncate", "rename", "link", "unlink")
ROOMS = (0, 1, 2, 4, 7, 8, 9, 10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def whole_table(test):
    """A test that tries a whole table, for each operation; many programs, so it may take its time."""
    for mark in (every_operation, pytest.mark.faults, pytest.mark.timeout(1_800)):
        test = mark(test)
    return test


@pytest.fixture(scope="session")
def patterns(tmp_path_factory):
    """Operation -> its prepared home; made when it is first asked for."""
    made = {}

    def pattern(name):
        if name not in made:
            made[name] = prepared(OPERATIONS[name], tmp_path_factory.mktemp(name.replace(" ", "-")))
        return made[name]

    return pattern


class Trial:
    """One operation, to be put to many faults."""

    def __init__(self, pattern, tally, family):
        self.pattern = pattern
        self.arguments = pattern.operation.arguments
        self.name = pattern.operation.name
        self.tally = tally
        self.family = family
        self.lost = 0
        self.tried = 0
        self.wrong = []

    def home(self):
        """A home for the next fault."""
        return self.pattern.copy()

    def fault(self, what, home, *, same=True):
        """A fault came: see what it left, and that the command again finishes."""
        self.tried += 1
        missing = None
        try:
            missing = lost(self.pattern, home)
            assert not missing, f"{len(missing)} answers lost"
            assert_left_whole(self.pattern, home)
            assert_finishes(self.pattern, home, same=same)
        except (AssertionError, sqlite3.Error) as error:
            self.wrong.append(f"{what}: {type(error).__name__}: {error}")
        self.lost += len(missing or ())
        self.tally.fault(self.family, len(missing or ()))

    def never_came(self):
        """The program ended before the fault."""
        self.tally.left_out(self.family)

    def told(self, what, done, home, *, says, codes=(4,)):
        """A fault that the program lives through is told in a sentence, with an exit code."""
        reports = [path.read_text() for path in (home.folder / "state" / "srs").glob("report-*")]
        good = done.returncode in codes and not reports and "Traceback" not in done.stderr
        if not good or (done.returncode and not re.search(says, done.stderr)):
            self.wrong.append(f"{what}: {done.returncode} {done.stdout!r} {done.stderr!r} {reports}")

    def end(self):
        """Nothing was lost and nothing was wrong."""
        assert not self.wrong, "\n".join(self.wrong)
        assert not self.lost
        assert self.tried


@pytest.fixture
def trial(patterns, tally):
    """Begin to try an operation."""
    return lambda name, family: Trial(patterns(name), tally, family)


# Kills


def kill(trial, call, number):
    """Kill the operation as it makes a system call for the nth time."""
    home = trial.home()
    done, came = injected(home, trial.arguments, call, f"signal=SIGKILL:when={number}")
    if came:
        trial.fault(f"killed at {call} {number}", home)
    else:
        trial.never_came()
    return done


@needs_strace
@pytest.mark.parametrize(
    ("name", "call", "number"), [("merge", "fdatasync", 3), ("sync", "fsync", 1), ("restore", "pwrite64", 20)]
)
def test_a_kill_in_an_operation_loses_nothing(trial, name, call, number):
    """Killed at a system call, an operation loses no answer, leaves no half, and is finished by the next."""
    tried = trial(name, "operations killed")
    kill(tried, call, number)
    tried.end()


@needs_strace
@whole_table
def test_a_kill_at_every_sync_of_an_operation_loses_nothing(trial, name):
    """The same at each fdatasync and fsync it makes."""
    tried = trial(name, "operations killed at each fdatasync and fsync")
    most = traced(tried.home(), tried.arguments, *SYNCS)
    for call in SYNCS:
        for number in range(1, most[call] + 1):
            kill(tried, call, number)
    tried.end()


@needs_strace
@whole_table
def test_a_kill_at_any_write_of_an_operation_loses_nothing(trial, name):
    """The same at writes from the first to the last, and at what names files and takes them away."""
    tried = trial(name, "operations killed at writes, renames and removals")
    most = traced(tried.home(), tried.arguments, *WRITES)
    for call in WRITES:
        for number in spread(most[call], 8):
            kill(tried, call, number)
    tried.end()


@needs_strace
@whole_table
def test_kills_at_random_moments_of_an_operation_lose_nothing(trial, name):
    """The same at system calls of any kind, drawn from those made since the database was first looked for."""
    tried = trial(name, "operations killed at random moments")
    chance = Random(name)  # noqa: S311 - the same every time
    for call, number in random_moments(tried.home(), tried.arguments, chance, 10):
        kill(tried, call, number)
    tried.end()


# Disks


@needs_mounts
@whole_table
def test_a_disk_of_any_fullness_loses_nothing(trial, name):
    """From no room to enough: exit code 4 and the sentence of a full disk, and with room it is done."""
    tried = trial(name, "operations on a full disk")
    for room in ROOMS:
        home = tried.home()
        done = on_a_small_disk(home, tried.arguments, room)
        if done.returncode == 0:
            break
        tried.told(f"room for {room}", done, home, says="full", codes=(1, 4) if name == "sync" else (4,))
        tried.fault(f"room for {room}", home)
    tried.end()


def fail(trial, call, error, number, *, says):
    """Let a system call fail from the nth time on; the program may not need what it wrote last."""
    home = trial.home()
    done, came = injected(home, trial.arguments, call, f"error={error}:when={number}+")
    if not came:
        trial.never_came()
        return
    what = f"{error} at {call} {number}"
    trial.told(what, done, home, says=says, codes=(0, 1, 4) if trial.name == "sync" else (0, 4))
    trial.fault(what, home)


@needs_strace
@pytest.mark.parametrize("name", ["merge"])
def test_a_disk_that_fails_in_an_operation_is_told(trial, name):
    """Where a sync of the disk fails the sentence says so, and that the disk is not full."""
    tried = trial(name, "operations on a failing disk")
    fail(tried, "fdatasync", "EIO", 2, says="fails")
    tried.end()


@needs_strace
@whole_table
def test_a_disk_that_fails_loses_nothing(trial, name):
    """From each sync on, and from writes on, the disk fails or is full: told as that, and nothing is lost."""
    tried = trial(name, "operations on a failing disk")
    most = traced(tried.home(), tried.arguments, *SYNCS, "pwrite64")
    for call in SYNCS:
        for number in spread(most[call], 5):
            fail(tried, call, "EIO", number, says="fails|Input/output error")
    for number in spread(most["pwrite64"], 5):
        fail(tried, "pwrite64", "EIO", number, says="fails|Input/output error")
        fail(tried, "pwrite64", "ENOSPC", number, says="full")
    tried.end()


READ_ONLY = r"read-only|Read-only|cannot be (opened|written|made)|Permission denied"


@needs_mounts
@whole_table
def test_a_read_only_disk_refuses_and_loses_nothing(trial, name):
    """On a disk that takes no writes, and in a folder one may not write to: a sentence, and as it was."""
    tried = trial(name, "operations in a read-only folder")
    home = tried.home()
    done = on_a_read_only_disk(home, tried.arguments)
    tried.told("a read-only disk", done, home, says=READ_ONLY, codes=(1, 4))
    tried.fault("a read-only disk", home)
    home = tried.home()
    for path in (home.db, home.folder):
        if path.exists():
            path.chmod(0o444 if path.is_file() else 0o555)
    done = run(home, *tried.arguments, program=as_a_person(*PROGRAM))
    home.folder.chmod(0o755)
    if home.db.exists():
        home.db.chmod(0o644)
    tried.told("a read-only folder", done, home, says=READ_ONLY, codes=(0, 1, 4))
    tried.fault("a read-only folder", home)
    tried.end()


# Others


@pytest.mark.parametrize("name", ["sync"])
def test_a_lock_in_an_operation_is_told(trial, name):
    """While another program writes, an operation is refused with a sentence, and done when that has ended."""
    assert_lock_is_told(trial(name, "operations on a locked database"))


def assert_lock_is_told(tried):
    """Hold the database while the operation is tried."""
    home = tried.home()
    with closing(sqlite3.connect(home.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE IF NOT EXISTS held (x)")
        done = run(home, *tried.arguments, program=IMPATIENT)
        other.execute("ROLLBACK")
    codes = (0,) if tried.name == "backup" else (4,)
    tried.told("locked", done, home, says="is locked by another program|is in use", codes=codes)
    tried.fault("locked", home)
    tried.end()


@whole_table
def test_every_operation_tells_of_a_lock(trial, name):
    """The same for each."""
    assert_lock_is_told(trial(name, "operations on a locked database"))


def answered_meanwhile(home, program):
    """Answer, one after another, while an operation goes on; how many were told as saved."""
    with Piped(home, "review", "--new", "60") as session:
        for _ in range(100):
            session.send("", "3")
            time.sleep(0.02)
            session.read(0.001)
            if program.poll() is not None:
                break
        session.end()
        return session.said.count("saved ")


def assert_answers_meanwhile_stay(trial, home, told, what):
    """Of the answers given meanwhile each is there, and the command again brings the rest."""
    before, expected = trial.pattern.before, {row[1:4] for row in trial.pattern.after["answers"]}
    found = set(answers_in(home.db)) | answers_kept(home)
    new = [row for row in found if row not in before and row[1:4] not in expected]
    if len(new) < told:
        trial.wrong.append(f"{what}: told {told}, found {len(new)}")
        trial.lost += told - len(new)
    trial.fault(what, home, same=False)
    if not trial.pattern.operation.replaces:
        missing = {row[1:4] for row in new} | expected
        missing -= {row[1:4] for row in answers_in(home.db)}
        if missing:
            trial.wrong.append(f"{what}: not there when it was done again: {len(missing)}")


@whole_table
def test_answers_given_while_an_operation_goes_on_stay(trial, name):
    """A session in another terminal answers all the while, the operation ends or is killed: all are there."""
    if name in ("first import", "migrate"):
        pytest.skip("there are no cards to answer, or the session itself would migrate")
    tried = trial(name, "operations with answers given meanwhile")
    chance = Random(name)  # noqa: S311 - the same every time
    for round_ in range(6):
        home = tried.home()
        program = subprocess.Popen(
            [*PROGRAM, *tried.arguments],
            env=home.env,
            cwd=home.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if round_ >= 2:
            time.sleep(0.3 + chance.random() * 0.4)
            program.kill()
        told = answered_meanwhile(home, program)
        program.wait()
        assert_answers_meanwhile_stay(tried, home, told, f"answers meanwhile {round_}")
    tried.end()


@whole_table
def test_the_same_operation_twice_at_once(trial, name):
    """Two of the same at the same time: each is done or says why not, and it is as if done once."""
    tried = trial(name, "operations twice at once")
    for _ in range(3):
        home = tried.home()
        both = [
            subprocess.Popen(
                [*PROGRAM, *tried.arguments],
                env=home.env,
                cwd=home.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for process in both:
            out, err = process.communicate(timeout=60)
            if process.returncode not in (0, 4, 5) or "Traceback" in err:
                tried.wrong.append(f"{process.returncode} {out!r} {err!r}")
        tried.fault("twice at once", home)
    tried.end()


@whole_table
def test_a_clock_set_back_by_a_year(trial, name):
    """With a clock a year behind an operation does the same or says why not, and nothing is lost."""
    tried = trial(name, "operations with a clock a year behind")
    home = tried.home()
    done = run(home, *tried.arguments, program=at_moment(now_ms() - YEAR_MS))
    tried.told("a year behind", done, home, says="clock|in the future", codes=(0, 1, 5))
    tried.fault("a year behind", home, same=False)
    tried.end()


# What only reads the database


@needs_mounts
def test_an_export_of_the_log_to_a_read_only_disk_is_refused(patterns):
    """A file that cannot be made there is told with the reason, exit code 1."""
    home = patterns("merge").copy()
    done = on_a_read_only_disk(home, ("log", "export", "-o", "log.csv"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: `log.csv` cannot be written: Read-only file system\n"


@needs_mounts
@pytest.mark.parametrize("arguments", [("undo",), ("suspend", "registry/c1")])
def test_a_database_on_a_read_only_disk_is_told_as_that(patterns, arguments):
    """What would write says that the database is read-only, not that something is wrong with its path."""
    home = patterns("merge").copy()
    done = on_a_read_only_disk(home, arguments)
    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        f"error: the database `{home.db}` is read-only",
        "hint: check who may write to it",
    ]
