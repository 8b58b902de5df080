"""What disks, clocks, networks and other programs do to a sync: a sentence, nothing lost, and on it goes."""

import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

if sys.platform == "win32":
    pytest.skip("file modes and mounts are POSIX", allow_module_level=True)

from faults import UNSHARE, as_a_person, may_mount
from programs import IMPATIENT, PROGRAM, Session, at_moment, now_ms, run
from test_sync_command import DEVICES, answer, begun, ended, said
from two_homes import homes_of, pattern_in, reviewed, sync_here, sync_with

YEAR = 365 * 86_400_000

IN_A_SMALL_FOLDER = """
set -e
folder=$1 room=$2 kept=$3; shift 3
cp -a "$folder" "$kept"
mount -t tmpfs -o size=1m none "$folder"
cp -a "$kept"/. "$folder"
free=$(stat -f -c '%f' "$folder")
dd if=/dev/zero of="$folder/full" bs=4096 count=$((free - room)) status=none
set +e
"$@"
code=$?
rm -f "$folder/full"
cp -a "$folder"/. "$kept"
exit $code
"""


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """Two computers that know each other, with one answer each."""
    return pattern_in(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def homes(pattern, tmp_path):
    """A copy of them, and the folder they share."""
    return homes_of(pattern, tmp_path)


def in_a_full_folder(shared, room, tmp_path):
    """The program where the shared folder's disk has room for `room` pages; what it wrote is in `kept`."""
    if not may_mount():
        pytest.skip("no file system may be mounted here, so no disk can be filled")
    kept = tmp_path / "kept"
    return [*UNSHARE, "bash", "-c", IN_A_SMALL_FOLDER, "-", str(shared), str(room), str(kept), *PROGRAM]


def end_of_the_story(laptop, desk, shared, answers):
    """When all is well again both have every answer, sound, and there is nothing left to do."""
    for home in (laptop, desk, laptop):
        sync_here(home, shared)
    assert laptop.answers() == desk.answers()
    assert len(laptop.answers()) == answers
    for home in (laptop, desk):
        home.check()
        report = sync_here(home, shared)
        assert (report.sent, report.taken, report.damaged, report.unsent) == (0, [], 0, None)


@pytest.mark.parametrize("room", [0, pytest.param(1, marks=pytest.mark.faults)])
def test_a_full_shared_folder_keeps_nothing_from_coming_in(homes, tmp_path, room):
    """Where the folder's disk is full, the others' lines come in, it is told, and all goes out later."""
    laptop, desk, shared = homes
    answer(desk, 1)
    sync_here(desk, shared)
    answer(laptop, 19)
    program = in_a_full_folder(shared, room, tmp_path)
    done = run(laptop, "sync", program=program)
    assert done.returncode == 1
    assert done.stderr == (
        f"Took 1 from desk.\nNothing was sent: the disk of {shared} is full;"
        " your answers are safe in the database\n"
    )
    for path in (tmp_path / "kept").iterdir():
        (shared / path.name).write_bytes(path.read_bytes())
    end_of_the_story(laptop, desk, shared, 22)


def test_a_review_with_a_full_shared_folder_ends_well(homes, tmp_path):
    """A session is as ever, and says under its end that nothing could be sent."""
    laptop, desk, shared = homes
    program = in_a_full_folder(shared, 0, tmp_path)
    told, printed = reviewed(laptop, "--new", "20", typed="\n4\n" * 20, program=program)
    assert told == (
        f"Nothing was sent: the disk of {shared} is full; your answers are safe in the database\n"
    )
    assert printed.count("saved easy") == 20
    end_of_the_story(laptop, desk, shared, 22)


def test_a_folder_that_may_only_be_read_is_read(homes):
    """What others wrote into a read-only folder comes in; what is new here waits, and that is told."""
    laptop, desk, shared = homes
    answer(desk, 1)
    sync_here(desk, shared)
    answer(laptop, 1)
    for path in shared.iterdir():
        path.chmod(0o444)
    shared.chmod(0o555)
    try:
        done = run(laptop, "sync", program=as_a_person(*PROGRAM))
        assert done.returncode == 1
        unsent = f"Nothing was sent: {shared} cannot be written: Permission denied; your answers are safe in"
        assert done.stderr == f"Took 1 from desk.\n{unsent} the database\n"
        told, printed = reviewed(laptop, program=as_a_person(*PROGRAM))
        assert told == f"{unsent} the database\n"
        assert "saved good" in printed
    finally:
        shared.chmod(0o755)
        for path in shared.iterdir():
            path.chmod(0o644)
    end_of_the_story(laptop, desk, shared, 5)


def test_a_folder_that_may_not_even_be_read_is_one_line(homes):
    """A folder that cannot be looked into is told in one line under the session."""
    laptop, desk, shared = homes
    shared.chmod(0)
    try:
        told, _ = reviewed(laptop, program=as_a_person(*PROGRAM))
        assert told == f"Not synced: the folder {shared} cannot be read: Permission denied.\n"
    finally:
        shared.chmod(0o755)
    end_of_the_story(laptop, desk, shared, 3)


@pytest.mark.sqlite_file
def test_a_database_locked_by_another_program(homes):
    """While another program writes, a sync is refused and a review shows its question; nothing is lost."""
    laptop, desk, shared = homes
    answer(desk, 1)
    sync_here(desk, shared)
    with closing(sqlite3.connect(laptop.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run(laptop, "sync", program=IMPATIENT)
        assert done.returncode == 4
        assert "is locked by another program" in done.stderr
        told, printed = reviewed(laptop, typed="q\n", program=IMPATIENT)
        assert told == f"Not synced: the database `{laptop.db}` is locked by another program.\n"
        assert "What is it?" in printed
        other.execute("ROLLBACK")
    end_of_the_story(laptop, desk, shared, 3)


def test_a_clock_set_back_by_a_year(homes):
    """Answers given with a clock a year behind are the newest of the log on both, and an undo finds them."""
    laptop, desk, shared = homes
    past = at_moment(now_ms() - YEAR)
    refused = run(laptop, "review", typed="\n3\n", program=past)
    assert refused.returncode == 5
    done = run(laptop, "review", "--clock-ok", typed="\n4\nq\n", program=past)
    assert (done.returncode, done.stderr) == (0, "")
    assert reviewed(desk, typed="q\n")[0] == ""
    assert desk.answers() == laptop.answers()
    assert desk.answers()[-1][1] == 4
    done = run(laptop, "undo", program=past)
    assert done.returncode == 0
    end_of_the_story(laptop, desk, shared, 2)


def test_two_computers_sync_one_folder_at_once(homes):
    """Two devices that write and read one folder at the same time lose nothing and wait for nobody."""
    laptop, desk, shared = homes
    for _ in range(2):
        for home in (laptop, desk):
            answer(home, 2)
        for process in [begun(home, "sync") for home in (laptop, desk) * 2]:
            ended(process)
    end_of_the_story(laptop, desk, shared, 10)


def test_two_reviews_of_one_computer_at_once(homes):
    """A second review that ends while the first still goes on sends its own and leaves the other's be."""
    laptop, desk, shared = homes
    with Session(laptop, "review") as first:
        first.ready()
        first.key(" ", "4 Easy")
        first.key("4", "Space answer")
        assert reviewed(laptop, typed="\n4\nq\n")[0] == ""
        first.key(" ", "4 Easy")
        first.press("q")
        assert first.to_the_end() == 0
    assert said(desk) == "Took 2 from laptop.\n"
    end_of_the_story(laptop, desk, shared, 4)


# Git.

_IMPATIENT_GIT = """
import srs.cli.auto_sync as auto
auto.GIT_SECONDS = 0.7
from srs.__main__ import main
main()
"""
IMPATIENT_GIT = [sys.executable, "-c", _IMPATIENT_GIT]


def git(home, folder, *arguments):
    """Git, as a person uses it; what it says."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=home.env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def clones(homes, tmp_path):
    """The two computers, each with its own clone of a repository."""
    laptop, desk, shared = homes
    remote = tmp_path / "remote.git"
    git(laptop, tmp_path, "init", "--bare", "--initial-branch=main", str(remote))
    for home in (laptop, desk):
        clone = home.folder / "clone"
        git(home, tmp_path, "clone", "--quiet", str(remote), str(clone))
        sync_with(home, clone, "sync_git = true")
        if home is laptop:
            for path in shared.iterdir():
                (clone / path.name).write_bytes(path.read_bytes())
            git(home, clone, "checkout", "--quiet", "-b", "main")
            git(home, clone, "add", ".")
            git(home, clone, "-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-qm", "begin")
            git(home, clone, "push", "--quiet", "-u", "origin", "main")
    return laptop, desk, remote


def test_reviews_sync_through_git(clones):
    """With `sync_git` a review pulls before its first question and pushes when it has ended."""
    laptop, desk, remote = clones
    assert reviewed(laptop, typed="\n4\nq\n")[0] == ""
    assert reviewed(desk, typed="\n4\nq\n")[0] == ""
    assert reviewed(laptop, typed="q\n")[0] == ""
    assert [card for card, _ in laptop.answers()] == ["c0", "c0", "c1", "c2"]
    assert laptop.answers() == desk.answers()
    assert "srs: " in git(laptop, remote, "log", "--format=%s", "-1", "main")


def test_a_remote_that_is_away_is_one_line(clones):
    """A repository that cannot be reached, at once or after a while, is one line; the next review pushes."""
    laptop, desk, remote = clones
    away = remote.rename(remote.with_name("away"))
    told, printed = reviewed(laptop, typed="\n4\nq\n")
    assert told.startswith("git could not reach the other side: ")
    assert told.count("\n") == 1
    assert "saved easy" in printed
    assert reviewed(laptop, typed="q\n")[0] == told
    clone = laptop.folder / "clone"
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        git(laptop, clone, "remote", "set-url", "origin", f"git://127.0.0.1:{port}/x")
        told, _ = reviewed(laptop, typed="\n4\nq\n", program=IMPATIENT_GIT)
        away_too = "no answer within 1 seconds"
        assert told == f"git could not reach the other side: {away_too}; it goes out next time.\n"
    away.rename(remote)
    git(laptop, clone, "remote", "set-url", "origin", str(remote))
    assert reviewed(laptop, typed="q\n")[0] == ""
    assert reviewed(desk, typed="q\n")[0] == ""
    assert desk.answers() == laptop.answers()
    assert len(desk.answers()) == 4


def test_ctrl_c_goes_on_without(clones):
    """While a remote does not answer it is said what is waited for; Ctrl-C goes on, and nothing is lost."""
    laptop, desk, remote = clones
    clone = laptop.folder / "clone"
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        git(laptop, clone, "remote", "set-url", "origin", f"git://127.0.0.1:{silent.getsockname()[1]}/x")
        with Session(laptop, "review") as session:
            session.shows("Syncing …  (Ctrl-C goes on without)")
            session.press("\x03")
            session.ready()
            session.key(" ", "4 Easy")
            session.key("4", "Space answer")
            session.press("q")
            session.shows("Syncing …  (Ctrl-C leaves it for later)")
            session.press("\x03")
            assert session.to_the_end() == 0
            told = session.after_screen
    assert "Sync was stopped; the next one does the rest." in told
    git(laptop, clone, "remote", "set-url", "origin", str(remote))
    assert reviewed(laptop, typed="\n4\nq\n")[0] == ""
    assert reviewed(desk, typed="q\n")[0] == ""
    assert len(desk.answers()) == 4 == len(laptop.answers())


def test_a_folder_that_is_no_repository_is_told_and_synced(homes):
    """`sync_git` with a plain folder: it says so under the session, and the files are synced all the same."""
    laptop, desk, shared = homes
    sync_with(laptop, shared, "sync_git = true")
    told, _ = reviewed(laptop, typed="\n4\nq\n")
    assert told.startswith(f"Not synced with git: {shared} cannot be used with `--git`")
    assert told.count("\n") == 1
    assert said(desk) == "Took 1 from laptop.\n"
    assert len((shared / f"{DEVICES['laptop']}.jsonl").read_bytes().splitlines()) > 1
