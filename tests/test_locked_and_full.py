"""A database that others use, and a disk without room: a sentence, nothing lost, and on it goes."""

import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from world import DAYS, LEARNER, Clock, answer_next, check_laws, filled, open_at, started

from srs.collection import Collection
from srs.errors import DatabaseError, DiskFullError, NotFoundError
from srs.model import Rating
from srs.settings import Settings
from srs.store.database import Database

pytestmark = pytest.mark.sqlite_file

VERSION = "0.7"
ROOT = Path(__file__).parent.parent


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


@pytest.fixture
def path(tmp_path, clock):
    """A closed database with one deck of four cards and one answer."""
    with filled(tmp_path, clock, 4) as collection:
        answer_next(started(collection), clock, Rating.EASY)
    return tmp_path / "cards.db"


# Locked, and two at once.


def test_a_locked_database_is_said_after_the_wait(path, clock):
    """While another process writes, an answer waits as long as set, then is refused; nothing is written."""
    other = sqlite3.connect(path, isolation_level=None)
    with Database.open(path, VERSION, busy_seconds=0.2) as database:
        collection = Collection(
            database, settings=Settings(), days=DAYS, learner=LEARNER, device="laptop", now=clock
        )
        review = started(collection)
        review.next(clock())
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(DatabaseError, match="is locked by another program") as caught:
            review.answer(Rating.GOOD, now=clock(), took_ms=1)
        assert time.monotonic() - began > 0.15
        assert caught.value.exit_code == 4
        other.execute("ROLLBACK")
        assert review.answer(Rating.GOOD, now=clock(), took_ms=1).memory.reps == 1
        assert collection.rows("SELECT count(*) FROM review", {}) == [(2,)]
    other.close()


def test_a_short_lock_is_waited_out(path, clock):
    """A write of another session that ends within the wait only delays the answer."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.1, lambda: other.execute("ROLLBACK"))
    timer.start()
    with open_at(path, clock) as collection:
        answer_next(started(collection), clock, Rating.GOOD)
    timer.join()
    other.close()


def test_an_exclusively_locked_database_is_refused_when_opened(path):
    """A database that another program keeps to itself is refused with a sentence, not a crash."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseError, match="is locked by another program"):
        Database.open(path, VERSION, busy_seconds=0.05)
    other.execute("ROLLBACK")
    other.close()


def test_an_empty_file_locked_by_another_is_refused_when_a_database_is_to_be_made(tmp_path):
    """Two programs making one database: the one that is late reads a sentence."""
    path = tmp_path / "cards.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE t (x)")
    with pytest.raises(DatabaseError, match="is locked by another program"):
        Database.open(path, VERSION, create=True, busy_seconds=0.05)
    other.execute("ROLLBACK")
    other.close()


def test_two_programs_may_make_one_database_at_once(tmp_path):
    """However many start on a database that is not there, each gets the same one."""
    for turn in range(5):
        path, errors = tmp_path / f"{turn}.db", []

        def make(path=path, errors=errors):
            try:
                Database.open(path, VERSION, create=True).close()
            except Exception as error:  # noqa: BLE001 - told below
                errors.append(error)

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        Database.open(path, VERSION).close()


# A full disk.


def test_a_full_disk_costs_the_answer_not_yet_accepted_and_no_more(path, clock):
    """SQLITE_FULL: a sentence, the answers before are safe, and the session goes on when there is room."""
    with open_at(path, clock) as collection:
        review = started(collection)
        collection.rows("PRAGMA wal_checkpoint(TRUNCATE)", {})
        pages = collection.rows("PRAGMA page_count", {})[0][0]
        assert collection.rows(f"PRAGMA max_page_count = {pages}", {}) == [(pages,)]
        accepted = fill_the_disk(review, clock)
        left, shown = review.left, review.shown
        with pytest.raises(DiskFullError, match="the disk that holds"):
            review.answer(Rating.AGAIN, now=clock(), took_ms=1)
        assert (review.left, review.shown) == (left, shown)
        check_laws(collection)
        assert collection.rows("SELECT count(*) FROM review", {}) == [(1 + accepted,)]
        collection.rows("PRAGMA max_page_count = 1000000", {})
        assert review.answer(Rating.AGAIN, now=clock(), took_ms=1).answer.rating is Rating.AGAIN
        check_laws(collection)


def fill_the_disk(review, clock):
    """Answer until there is no room; how many answers were accepted. The card stays on the screen."""
    for accepted in range(2_000):
        clock.advance(minutes=1)
        try:
            answer_next(review, clock, Rating.AGAIN)
        except DiskFullError:
            return accepted
    raise AssertionError("the disk was never full")


FULL_CHILD = """
    import resource, sys
    sys.path[:0] = {paths!r}
    from pathlib import Path
    from world import Clock, answer_next, check_laws, open_at, started
    from srs.errors import DiskFullError
    from srs.model import Rating
    clock = Clock()
    path = Path({path!r})
    with open_at(path, clock, seed=7) as collection:
        review = started(collection)
        review.next(clock()); review.outcomes()
        room = path.with_name(path.name + "-wal").stat().st_size + 90_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        accepted = 0
        try:
            while accepted < 2_000:
                clock.advance(minutes=1)
                answer_next(review, clock, Rating.AGAIN)
                accepted += 1
        except DiskFullError as error:
            print("full:", error)
            print("left:", review.left.total)
        rows = collection.rows("SELECT count(*) FROM review", {{}})
        print("kept:", rows[0][0] - 1 == accepted, accepted > 0)
        check_laws(collection)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        review.answer(Rating.GOOD, now=clock(), took_ms=1)
        check_laws(collection)
        print("went on:", collection.rows("SELECT count(*) FROM review", {{}})[0][0] - 1 - accepted)
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no limits of this kind on Windows")
def test_a_failed_write_costs_the_answer_not_yet_accepted_and_no_more(path):
    """SQLITE_IOERR (the file may not grow): the same sentence, nothing lost, and on it goes."""
    text = textwrap.dedent(FULL_CHILD).format(paths=[str(ROOT), str(ROOT / "tests")], path=str(path))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert not done.stderr
    told = done.stdout.splitlines()
    assert told[0] == f"full: the disk that holds `{path}` is full"
    assert told[2:] == ["kept: True True", "went on: 1"]


@pytest.mark.skipif(os.name == "nt", reason="there are no limits of this kind on Windows")
def test_a_full_disk_while_a_database_is_made_leaves_no_half_of_it(tmp_path):
    """A disk that fills while the tables are made: a sentence, and the next try starts afresh."""
    path = tmp_path / "cards.db"
    text = f"""
import resource, sys
sys.path[:0] = [{str(ROOT)!r}]
from pathlib import Path
from srs.errors import SrsError
from srs.store.database import Database
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY))
try:
    Database.open(Path({str(path)!r}), "0.7", create=True).close()
except SrsError as error:
    print(error.exit_code, error)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert not done.stderr
    assert done.stdout == f"4 the disk that holds `{path}` is full\n"
    with pytest.raises(NotFoundError):
        Database.open(path, VERSION)
    Database.open(path, VERSION, create=True).close()
    Database.open(path, VERSION).close()
