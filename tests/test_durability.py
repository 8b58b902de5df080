"""An answer that was seen accepted is on disk: kills, full disks, locks, read-only files, the real program.

SIGKILL alone shows little, because the kernel keeps what was written; so kills are injected at the very
system calls, and the trace of these shows that each answer is synced before it is told.
"""

import re
import sqlite3
import sys
import time
from contextlib import closing, contextmanager, suppress
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("signals and pseudo-terminals are POSIX", allow_module_level=True)

from faults import UNSHARE, as_a_person, killing, may_mount, needs_strace
from programs import IMPATIENT, PROGRAM, SHIPPED, Home, Piped, Session, number_of_cards, run

pytestmark = pytest.mark.sqlite_file

STREAMED = 40
"""Answers sent at once, many more than there is time for."""
TOLD = re.compile(
    r"^(?:saved |Took back |Put back |\S+ is (?:suspended|buried) again|Suspended |Buried |Marked |The mark)",
    re.MULTILINE,
)
DEEDS = ("3", "1", "4", "\n3", "\n1", "\n2", "\n4", "u", "U", "s", "b", "!")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A home with the shipped deck imported; not to be written to."""
    return Home(tmp_path_factory.mktemp("shipped")).fill()


@pytest.fixture
def home(shipped, tmp_path):
    """A home of the test's own with the shipped deck imported."""
    return shipped.copy(tmp_path / "home")


def acknowledged_on_pipe(said):
    """How many deeds were told as done."""
    return len(TOLD.findall(said))


def acknowledged_on_screen(raw):
    """How many answers were followed by the next question: it has `Space answer`, the first one, too."""
    return max(0, raw.count(b"Space answer") - 1)


def assert_kept(home, acknowledged):
    """Every deed that was told is in the log, at most the one not yet told besides, and nothing is torn."""
    log = home.check()
    done = sum(getattr(line, "kind", None) != "options" for line in log)
    assert acknowledged <= done <= acknowledged + 1


def assert_goes_on(home):
    """The database is usable at once: the next answer is asked, saved and kept."""
    before = home.rows("SELECT count(*) FROM review")[0][0]
    done = run(home, "review", "--new", "40", typed="\n3\n")
    assert done.returncode == 0, done.stderr
    assert "saved good" in done.stdout
    assert home.rows("SELECT count(*) FROM review") == [(before + 1,)]
    home.check()


# Kills at the system calls


def killed_on_pipe(home, call, number):
    """Stream answers into a session that is killed; what was acknowledged."""
    program = [*killing(call, number), *PROGRAM]
    done = run(home, "review", "--new", "40", typed="\n3\n" * STREAMED, program=program)
    assert done.returncode in (-9, 137), done.stderr
    return acknowledged_on_pipe(done.stdout)


def killed_on_screen(home, call, number):
    """The same on a pseudo-terminal."""
    with Session(home, "review", "--new", "40", program=[*killing(call, number), *PROGRAM]) as session:
        while b"Space answer" not in session.raw and session.read():
            pass  # it may be killed before the first question
        with suppress(OSError):
            session.press(" 3" * STREAMED)
        session.to_the_end()
        assert "Tomorrow" not in session.raw.decode()
        return acknowledged_on_screen(session.raw)


@needs_strace
@pytest.mark.parametrize(("killed", "number"), [(killed_on_pipe, 5), (killed_on_screen, 4)])
def test_kill_at_a_sync_loses_no_acknowledged_answer(home, killed, number):
    """Killed as it is about to sync, the program has told of no answer that is not in the log."""
    acknowledged = killed(home, "fdatasync", number)
    # The first two make the write-ahead log itself; each answer takes one.
    assert acknowledged == number - 3
    assert_kept(home, acknowledged)


@needs_strace
@pytest.mark.faults
@pytest.mark.parametrize("number", range(1, 41))
@pytest.mark.parametrize("killed", [killed_on_pipe, killed_on_screen])
def test_kill_at_every_sync_loses_no_acknowledged_answer(home, killed, number):
    """The same at each of the first forty syncs, and the next session goes on from there."""
    assert_kept(home, killed(home, "fdatasync", number))
    assert_goes_on(home)


@needs_strace
@pytest.mark.faults
@pytest.mark.parametrize("number", range(1, 121, 3))
@pytest.mark.parametrize("killed", [killed_on_pipe, killed_on_screen])
def test_kill_at_any_write_leaves_no_card_half_written(home, killed, number):
    """Killed in the middle of what one answer writes, that answer is in the log whole, or not at all."""
    assert_kept(home, killed(home, "pwrite64", number))
    assert_goes_on(home)


# Kills at random moments


def dice(seed):
    """The same moments and deeds in every run."""
    return Random(seed)  # noqa: S311 - nothing secret


def deeds(chance):
    """A few hundred lines of answers and acts in any order."""
    return "".join(f"{chance.choice(DEEDS)}\n" for _ in range(300))


def kill_on_pipe(home, chance):
    """Kill a streaming session at a random moment; returns what was acknowledged."""
    with Piped(home, "review", "--new", "60") as session:
        session.process.stdin.write(deeds(chance).encode())
        session.process.stdin.flush()
        wanted = chance.randrange(25)
        while acknowledged_on_pipe(session.said) < wanted:
            assert session.read(), "the session ended by itself"
        time.sleep(chance.random() * 0.01)
        session.process.kill()
        while session.read():
            pass
        return acknowledged_on_pipe(session.said)


def kill_on_screen(home, chance):
    """The same on a pseudo-terminal, where answers alone are streamed."""
    with Session(home, "review", "--new", "60") as session:
        session.ready()
        session.press(" 3 1 2" * 50)
        wanted = chance.randrange(25)
        while acknowledged_on_screen(session.raw) < wanted:
            assert session.read(), "the session ended by itself"
        time.sleep(chance.random() * 0.01)
        session.kill()
        return acknowledged_on_screen(session.raw)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kill", [kill_on_pipe, kill_on_screen])
def test_kill_at_a_random_moment_loses_no_acknowledged_answer(home, kill, seed):
    """However it ends in the middle of streaming answers and acts, the log has all that was told."""
    assert_kept(home, kill(home, dice(seed)))


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(3, 53))
@pytest.mark.parametrize("kill", [kill_on_pipe, kill_on_screen])
def test_kills_at_fifty_random_moments_lose_nothing(home, kill, seed):
    """The same at fifty moments each, and the next session goes on from there."""
    assert_kept(home, kill(home, dice(seed)))
    assert_goes_on(home)


def test_kills_one_after_another_on_the_same_database(home):
    """A database that was left behind again and again keeps the answers of every session."""
    chance = dice(0)
    acknowledged = kills = 0
    while kills < 2:
        acknowledged += kill_on_pipe(home, chance)
        kills += 1
        done = sum(getattr(line, "kind", None) != "options" for line in home.check())
        assert acknowledged <= done <= acknowledged + kills
    assert_goes_on(home)


# Kills of an import


def assert_import_is_whole(home):
    """Nothing of the deck is there, or all of it; imported again, all of it."""
    cards = home.rows("SELECT count(*) FROM sqlite_master WHERE name = 'card'")[0][0]
    assert (cards and home.rows("SELECT count(*) FROM card")[0][0]) in (0, number_of_cards())
    done = run(home, "import", SHIPPED)
    assert done.returncode == 0, done.stderr
    assert home.rows("SELECT count(*) FROM card") == [(number_of_cards(),)]
    home.check()


@needs_strace
@pytest.mark.parametrize(
    "number", [4, *(pytest.param(n, marks=pytest.mark.faults) for n in (1, 2, 3, 5, 6, 7))]
)
def test_kill_during_a_first_import_leaves_all_or_nothing(tmp_path, number):
    """Killed at a sync, an import has taken in no card or every card, and can be done again."""
    home = Home(tmp_path / "home")
    done = run(home, "import", SHIPPED, program=[*killing("fdatasync", number), *PROGRAM])
    assert done.returncode in (-9, 137), "there are not so many syncs; take this number out"
    assert_import_is_whole(home)


@pytest.mark.parametrize(
    "kilobytes", [100, *(pytest.param(n, marks=pytest.mark.faults) for n in (0, 8, 200))]
)
def test_full_disk_during_a_first_import_leaves_all_or_nothing(tmp_path, kilobytes):
    """An import that the disk has no room for says so with exit code 4, and can be done again."""
    home = Home(tmp_path / "home")
    limit = ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "-", *PROGRAM]
    done = run(home, "import", SHIPPED, program=limit)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.splitlines()[0] == f"error: the disk that holds `{home.db}` is full"
    assert_import_is_whole(home)


# The order of the system calls


def traced(path, acknowledges):
    """The trace as a row of letters: `w` writes the log, `s` has synced it, `A` tells of an answer."""
    row, begun = "", {}
    for line in path.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\((\d+)<([^>]*)>)(.*)", line)
        if not found:
            continue
        task, resumed, call, number, target, rest = found.groups()
        if resumed:
            call, target = begun.pop((task, resumed), (resumed, ""))
        elif rest.endswith("<unfinished ...>"):
            begun[task, call] = (call, target)
        done = bool(resumed) or not rest.endswith("<unfinished ...>")
        if call == "pwrite64" and target.endswith("-wal") and not resumed:
            row += "w"
        elif call in ("fdatasync", "fsync") and target.endswith("-wal") and done and rest.endswith("= 0"):
            row += "s"
        elif call == "write" and number == "1" and acknowledges in rest:
            row += "A"
    return row


def tracing(path):
    """A command that runs another and traces what it writes and syncs."""
    calls = "trace=fdatasync,fsync,pwrite64,write"
    return ["strace", "-f", "-qq", "-y", "-s", "6000", "-o", str(path), "-e", calls]


@needs_strace
def test_each_answer_is_written_and_synced_before_it_is_told_on_a_pipe(home, tmp_path):
    """For each answer the trace shows: write to the log, fdatasync, and only then the line `saved …`."""
    trace = tmp_path / "trace"
    done = run(home, "review", typed="\n3\n" * 4, program=[*tracing(trace), *PROGRAM])
    assert done.stdout.count("saved good") == 4
    row = traced(trace, "saved good")
    # Making the log is a write and a sync of its own; closing it syncs and writes once more.
    assert re.fullmatch(r"(ws)?(w+sA){4}[ws]*", row), row


@needs_strace
def test_each_answer_is_written_and_synced_before_the_next_screen(home, tmp_path):
    """For each answer the trace shows: write to the log, fdatasync, and only then the next question."""
    trace = tmp_path / "trace"
    with Session(home, "review", program=[*tracing(trace), *PROGRAM]) as session:
        session.ready()
        for count in range(1, 5):
            session.key(" ", "4 Easy")
            session.key("3", f"{count} learning")
        session.press("q")
        assert session.to_the_end() == 0
    row = traced(trace, "Space answer")
    assert re.fullmatch(r"A(ws)?(w+sA){4}[ws]*", row), row


# A disk that takes no more

IN_A_SMALL_DISK = """
set -e
disk=$1 home=$2 room=$3; shift 3
mount -t tmpfs -o size=2m none "$disk"
cp "$home/cards.db" "$disk/cards.db"
free=$(stat -f -c '%f' "$disk")
dd if=/dev/zero of="$disk/full" bs=4096 count=$((free - room)) status=none
set +e
"$@"
code=$?
rm "$disk/full"
cp "$disk"/cards.db* "$home"
exit $code
"""


def on_a_small_disk(home, room, tmp_path):
    """The program, and where its database is, on a file system with room for `room` pages of 4096 bytes."""
    if not may_mount():
        pytest.skip("no file system may be mounted here, so no disk can be filled")
    disk = tmp_path / "disk"
    disk.mkdir()
    home.more_env["SRS_DB"] = str(disk / "cards.db")
    return [*UNSHARE, "bash", "-c", IN_A_SMALL_DISK, "-", str(disk), str(home.folder), str(room), *PROGRAM]


def under_a_file_limit(home, kilobytes, _tmp_path):
    """The program with a limit on the size of files, which SQLite tells as an I/O error."""
    assert home.db.stat().st_size
    return ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "-", *PROGRAM]


LIMITS = {"SQLITE_FULL": (on_a_small_disk, 50), "SQLITE_IOERR": (under_a_file_limit, 200)}
SQLITE_FULL, SQLITE_IOERR = LIMITS.values()


def assert_told_that_the_disk_is_full(home, told, answers):
    """The sentence of a full disk, what is safe, and all of that in the log."""
    safe = {1: "the one before it is safe"}.get(answers, f"the {answers} before it are safe")
    assert told.splitlines() == [
        f"error: that answer could not be saved, the disk is full. It does not count; {safe}",
        "hint: make room and try again",
    ]
    home.more_env.clear()
    assert len(home.answers()) == answers > 0
    home.check()


@pytest.mark.parametrize(
    ("limited", "size"), [SQLITE_FULL, pytest.param(*SQLITE_IOERR, marks=pytest.mark.faults)], ids=LIMITS
)
def test_full_disk_on_a_pipe_keeps_what_was_told(home, tmp_path, limited, size):
    """Both errors SQLite has for a full disk end the session with a sentence and exit code 4."""
    done = run(home, "review", "--new", "40", typed="\n3\n" * 30, program=limited(home, size, tmp_path))
    assert done.returncode == 4
    assert_told_that_the_disk_is_full(home, done.stderr, acknowledged_on_pipe(done.stdout))


@pytest.mark.parametrize(
    ("limited", "size"), [pytest.param(*SQLITE_FULL, marks=pytest.mark.faults), SQLITE_IOERR], ids=LIMITS
)
def test_full_disk_gives_the_terminal_back_and_keeps_what_was_told(home, tmp_path, limited, size):
    """On a terminal the sentence stands on the normal screen, after the cards; nothing is lost."""
    with Session(home, "review", "--new", "40", program=limited(home, size, tmp_path)) as session:
        session.ready()
        session.press(" 3" * 30)
        assert session.to_the_end() == 4
        session.assert_given_back()
        told = session.after_screen
        assert_told_that_the_disk_is_full(home, told, acknowledged_on_screen(session.raw))


@pytest.mark.faults
@pytest.mark.parametrize("size", [0, 1, 8, 9, 10, 15, 25, 100, 200])
@pytest.mark.parametrize("limited", [on_a_small_disk, under_a_file_limit], ids=LIMITS)
def test_every_fullness_is_told_and_loses_nothing(home, tmp_path, limited, size):
    """From no room even to read to room for many answers: exit code 4, a sentence, nothing lost."""
    done = run(home, "review", "--new", "60", typed="\n3\n" * 100, program=limited(home, size, tmp_path))
    assert done.returncode == 4
    told = r"error: (that answer could not be saved, the disk is full|the disk that holds .* is full)"
    assert re.match(told, done.stderr)
    home.more_env.clear()
    assert len(home.answers()) == acknowledged_on_pipe(done.stdout)
    home.check()
    assert_goes_on(home)


# A database that may not be written


@contextmanager
def read_only(home, *, folder):
    """The database may only be read; with `folder`, nothing may be made beside it, either."""
    home.db.chmod(0o444)
    if folder:
        home.folder.chmod(0o555)
    try:
        yield
    finally:
        home.folder.chmod(0o755)


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_read_only_database_can_be_looked_at_and_says_so_when_written(home, folder):
    """What is due can be seen; the first answer says that the database is read-only, exit code 4."""
    before = home.db.read_bytes()
    program = as_a_person(*PROGRAM)
    with read_only(home, folder=folder):
        assert run(home, "due", "--count", program=program).stdout == "20\n"
        done = run(home, "review", typed="\n3\n\n3\n", program=program)
        assert done.returncode == 4
        assert "saved" not in done.stdout
        sentence = (
            f"error: that answer could not be saved, the database `{home.db}` is read-only. It does not count"
        )
        assert done.stderr.splitlines()[0] == sentence
        if folder:
            return
        with Session(home, "review", program=program) as session:
            session.ready()
            session.key(" ", "4 Easy")
            session.press("3")
            assert session.to_the_end() == 4
            session.assert_given_back()
            assert sentence in session.after_screen
    assert home.db.read_bytes() == before


@contextmanager
def locked(home):
    """Another program holds the right to write."""
    with closing(sqlite3.connect(home.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_locked_database_is_told_and_nothing_is_lost(home):
    """A lock that stays ends the session: a sentence, exit code 4, earlier answers safe, none doubled."""
    with Session(home, "review", program=IMPATIENT) as session:
        session.ready()
        session.key(" ", "4 Easy")
        session.key("3", "1 learning")
        with locked(home):
            session.key(" ", "4 Easy")
            session.press("3")
            assert session.to_the_end() == 4
        session.assert_given_back()
        error, hint = session.after_screen.splitlines()
        assert error.startswith(f"error: that answer could not be saved, the database `{home.db}` is locked")
        assert error.endswith(" by another program. It does not count; the one before it is safe")
        assert hint == "hint: close what uses it and try again"
    with locked(home):
        assert run(home, "due", "--count").returncode == 0
    assert home.answers() == [("registry", 3)]
    home.check()


def test_short_lock_is_waited_for(home):
    """A lock that goes within a few seconds costs a moment, not the answer."""
    with Piped(home, "review") as session:
        session.send("")
        session.until("Enter good")
        with locked(home) as other:
            session.send("3")
            deadline = time.monotonic() + 0.5
            while time.monotonic() < deadline:
                assert session.read()
            assert "saved" not in session.said
            other.execute("ROLLBACK")
        session.until("saved good, 10 min")
        assert session.end()[0] == 0
    assert home.answers() == [("registry", 3)]


@pytest.mark.nightly
def test_lock_is_waited_for_five_seconds(home):
    """The program as it is waits about five seconds for a locked database before it gives up."""
    with locked(home):
        begun = time.monotonic()
        done = run(home, "review", typed="\n3\n")
        assert (done.returncode, done.stdout.count("saved")) == (4, 0)
        assert "is locked by another program. It does not count\nhint: close" in done.stderr
        assert 4.5 < time.monotonic() - begun < 15
