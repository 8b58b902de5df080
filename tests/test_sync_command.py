"""`srs sync` as people and scripts meet it: what it says, its exit codes, two at once, kills."""

import json
import random
import re
import shlex
import shutil
import signal
import subprocess
import time

import postgres
import pytest
from postgres import looking_into
from programs import PROGRAM, Home, now_ms, run
from world import Clock, deck_of, open_at

from srs.cli.context import Context
from srs.intake import import_decks
from srs.model import Rating

DEVICES = {"laptop": "00000000000000aa", "desk": "00000000000000bb"}


def home_of(tmp_path, name, *, size=6):
    """Somebody's computer of a name, with a deck imported."""
    folder = tmp_path / name
    folder.mkdir()
    home = Home(folder)
    state = folder / "state" / "srs"
    (state / "device").write_text(DEVICES[name] + "\n")
    (state / "device-name").write_text(name + "\n")
    with open_at(home.db, Clock(now_ms()), device=DEVICES[name], create=True) as collection:
        import_decks(collection, [deck_of(folder, "registry", size).path])
    return home


@pytest.fixture
def homes(tmp_path):
    """Two computers and a folder they share."""
    (tmp_path / "shared").mkdir()
    return home_of(tmp_path, "laptop"), home_of(tmp_path, "desk"), tmp_path / "shared"


def answer(home, times=3, *, db=None):
    """Answer some new cards; how many."""
    device = (home.folder / "state" / "srs" / "device").read_text().strip()
    seed = time.time_ns()
    with open_at(db or home.db, Clock(now_ms()), device=device, seed=seed) as collection:
        review = collection.review()
        for _ in range(times):
            assert review.next(collection.now())
            review.answer(Rating.GOOD, now=collection.now(), took_ms=900)
    return times


def said(home, *arguments, code=0, **how):
    """What `srs sync` says on stderr, with nothing on stdout."""
    done = run(home, "sync", *arguments, **how)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    return done.stderr


def test_two_computers_come_into_step(homes):
    """What goes out and comes in is told in one line; a stranger once in two, with what to type."""
    laptop, desk, shared = homes
    assert answer(laptop) == 3
    assert re.fullmatch(r"Sent \d\.\n", said(laptop, shared))
    told = said(desk, shared, code=5)
    assert told == (
        "Nothing new.\n3 answers of me wait in the file of laptop, which has never joined.\n"
        f"If they are yours: srs sync {shared} --as me\n"
    )
    told = said(desk, shared, "--as", "me")
    assert re.fullmatch(r"laptop has joined; what it wrote for me counts\.\nTook \d from laptop\.\n", told)
    assert desk.answers() == laptop.answers()
    assert said(desk, shared) == said(laptop, shared) == "Nothing new.\n"
    laptop.check()
    desk.check()


def test_the_hint_for_a_stranger_works_as_it_is_printed(homes):
    """It names the database and the learner that the call named."""
    laptop, desk, shared = homes
    answer(laptop)
    said(laptop, shared)
    other = desk.folder / "other one.db"
    call = ("--db", other, "--learner", "anna")
    assert run(desk, *call, "import", "registry").returncode in (0, 3)
    done = run(desk, *call, "sync", shared)
    assert done.returncode == 5, done.stderr
    hint = done.stderr.splitlines()[-1].removeprefix("If they are yours: ")
    typed = f"srs --db {shlex.quote(str(other))} --learner anna sync {shared} --as me"
    assert hint == typed


def test_a_hint_never_shows_a_password():
    """The database of the call is named in hints as it may be printed."""
    context = Context(db="postgresql+psycopg://anna:secret@host/srs", learner="anna")
    assert context.command == "srs --db postgresql+psycopg://anna@host/srs --learner anna"


def test_what_a_restored_database_takes_back_is_its_own(homes):
    """Lines of this device that only the folder still has are told as its own."""
    laptop, _, shared = homes
    said(laptop, shared)
    answer(laptop, 1)
    kept = laptop.folder / "kept.db.gz"
    assert run(laptop, "backup", kept).returncode == 0
    answer(laptop, 2)
    said(laptop, shared)
    assert run(laptop, "restore", kept, "--yes").returncode == 0
    assert re.search(r"Took back \d of this device's own\.\n", said(laptop, shared), re.IGNORECASE)
    assert len(laptop.answers()) == 3


def test_the_folder_of_the_settings(homes):
    """Without a folder the one of the settings is taken; with neither it is said what to type."""
    laptop, _, shared = homes
    assert said(laptop, code=2) == (
        "error: no folder to sync with is given\nhint: `srs sync DIR`, or once: `srs config set sync DIR`\n"
    )
    assert run(laptop, "config", "set", "sync", shared).returncode == 0
    assert said(laptop) == "Nothing new.\n"
    assert [path.name for path in shared.iterdir()] == ["00000000000000aa.jsonl"]


def test_a_missing_folder_makes_no_database(tmp_path):
    """A folder that is not there is said, exit code 3, and nothing is made."""
    home = Home(tmp_path)
    told = said(home, tmp_path / "stick", code=3)
    assert told.startswith(f"error: there is no folder {tmp_path / 'stick'}\nhint: ")
    assert not home.has_database()


def test_a_new_computer_begins_with_a_sync(homes, tmp_path):
    """Sync may make the database; answers wait for their cards."""
    laptop, _, shared = homes
    answer(laptop)
    said(laptop, shared)
    (tmp_path / "new").mkdir()
    new = Home(tmp_path / "new")
    (new.folder / "state" / "srs" / "device").write_text("00000000000000cc\n")
    told = said(new, shared, "--as", "me").splitlines()
    assert "3 answers belong to cards that this database has no text for; they meet their cards" in told[2]
    assert told[3] == "laptop has `registry`, which is not here."
    run(new, "import", laptop.folder / "registry.toml")
    assert new.answers() == laptop.answers()


def test_a_damaged_line_is_told_with_its_place(homes):
    """A damaged line is told by file and line with exit code 1, and all others are taken."""
    laptop, desk, shared = homes
    answer(laptop)
    said(laptop, shared)
    path = shared / f"{DEVICES['laptop']}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        b"".join([*lines[:-1], lines[-1].replace(b'"rating":', b'"rating":4'), b"{\x1b[2Jno}\n"])
    )
    told = said(desk, shared, "--as", "me", code=1)
    number = len(lines)
    assert f"{path.name}:{number}: the checksum does not match\n" in told
    assert f"{path.name}:{number + 1}: this is not a line of the log\n" in told
    assert len(desk.answers()) == 2
    assert "the checksum does not match" in said(desk, shared, code=1)
    said(laptop, shared)
    assert "Took 1 from laptop.\n" in said(desk, shared)
    assert len(desk.answers()) == 3


def test_a_newer_deck_is_told(homes):
    """The older text of a deck is told of, with what to do about it."""
    laptop, desk, shared = homes
    answer(laptop, 1)
    said(laptop, shared)
    said(desk, shared, "--as", "me")
    answer(desk, 1)
    time.sleep(0.01)
    deck = laptop.folder / "registry.toml"
    deck.write_text(deck.read_text().replace("A thing.", "Another thing."))
    run(laptop, "import")
    said(laptop, shared)
    assert "laptop has a newer `registry`; run `srs import`\n" in said(desk, shared)


def test_as_json(homes):
    """With `--json` the report is an object on stdout, of this shape."""
    laptop, desk, shared = homes
    answer(laptop)
    sent = json.loads(run(laptop, "sync", shared, "--json").stdout)
    done = run(desk, "sync", shared, "--json")
    assert (done.returncode, done.stderr) == (5, "")
    told = json.loads(done.stdout)
    assert told == {
        "folder": str(shared),
        "sent": 0,
        "taken": [],
        "unknown": 0,
        "doubtful": 0,
        "newer": 0,
        "strangers": [{"device": DEVICES["laptop"], "name": "laptop", "known_as": "me", "answers": 3}],
        "joined": [],
        "damaged": 0,
        "troubles": [],
        "late": [],
        "vanished": [],
        "decks": [],
        "devices": {DEVICES["laptop"]: "laptop", DEVICES["desk"]: "desk"},
        "new_id": None,
        "unsent": None,
        "git": None,
    }
    told = json.loads(run(desk, "sync", shared, "--as", "me", "--json").stdout)
    assert told["taken"] == [{"device": DEVICES["laptop"], "name": "laptop", "lines": sent["sent"]}]
    assert told["joined"] == [{"device": DEVICES["laptop"], "name": "laptop", "known_as": "me", "answers": 3}]


def test_with_git(homes):
    """With `--git` the lines are committed; where there is no repository it is said, and nothing is done."""
    laptop, _, shared = homes
    answer(laptop)
    told = said(laptop, shared, "--git", code=2)
    assert re.match(r"error: .* cannot be used with `--git`: not a git repository", told)
    assert list(shared.iterdir()) == []
    for arguments in (["init", "."], ["remote", "add", "origin", str(shared / "away")]):
        subprocess.run(["git", *arguments], cwd=shared, env=laptop.env, check=True, capture_output=True)
    told = said(laptop, shared, "--git")
    assert re.match(r"Sent \d\.\ngit could not reach the other side: .*; it goes out next time\.\n", told)
    done = subprocess.run(
        ["git", "log", "--format=%s"], cwd=shared, env=laptop.env, check=True, capture_output=True, text=True
    )
    assert re.fullmatch(r"srs: \d lines of laptop\n", done.stdout)


def begun(home, *arguments, program=PROGRAM):
    """The program, started."""
    return subprocess.Popen(
        [*program, *map(str, arguments)],
        env=home.env,
        cwd=home.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(process):
    """The end of a program that should end well."""
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    return out


def test_two_syncs_of_one_device_at_once(homes):
    """Two syncs at once, also of two databases of one device, wait for each other and lose nothing."""
    laptop, desk, shared = homes
    answer(laptop)
    other = laptop.folder / "other.db"
    second = Home(laptop.folder, more_env={"SRS_DB": ""})
    shutil.copy(laptop.db, other)
    second.more_env = {"SRS_DB": str(postgres.place(other))}
    answer(laptop, 2)
    answer(laptop, 1, db=other)
    many = [begun(home, "sync", shared) for home in (laptop, second, laptop, second)]
    for process in many:
        ended(process)
    for home in (laptop, second):
        run(home, "sync", shared)
    said(desk, shared, "--as", "me")
    assert len(desk.answers()) == 6 == len(laptop.answers())
    with looking_into(other) as connection:
        assert connection.execute("SELECT count(*) FROM review").fetchall() == [(6,)]
    assert json.loads(run(desk, "sync", shared, "--json").stdout)["damaged"] == 0


def kill_at_random(home, shared, source):
    """Begin a sync and kill it at some moment, or let it end."""
    process = begun(home, "sync", shared)
    time.sleep(source.uniform(0.1, 0.9))
    process.send_signal(signal.SIGKILL)
    process.communicate()


def killed_campaign(homes, seed, rounds):
    """Answer, sync and be killed, on two computers; then both have every answer that was told."""
    laptop, desk, shared = homes
    source = random.Random(seed)  # noqa: S311 - seeded on purpose, nothing is secret
    told = 0
    for _ in range(rounds):
        home = source.choice([laptop, desk])
        told += answer(home, 1)
        kill_at_random(home, shared, source)
    for home in (laptop, desk, laptop, desk):
        run(home, "sync", shared, "--as", "me")
    assert laptop.answers() == desk.answers()
    assert len(laptop.answers()) == told
    for home in (laptop, desk):
        home.check()
        assert said(home, shared) == "Nothing new.\n"


def test_kills_in_the_middle_lose_nothing(homes):
    """Killed at random moments of its syncs, no computer loses an answer that was told as saved."""
    killed_campaign(homes, 1, 3)


@pytest.mark.nightly
@pytest.mark.timeout(3_000)
def test_many_kills_lose_nothing(tmp_path):
    """The same, two hundred times."""
    for seed in range(20):
        folder = tmp_path / str(seed)
        (folder / "shared").mkdir(parents=True)
        homes = home_of(folder, "laptop", size=20), home_of(folder, "desk", size=20), folder / "shared"
        killed_campaign(homes, seed, 10)


@pytest.mark.parametrize("typed", ["mee", "em", "Me", "laptop=m", "laptop:me=mw"])
def test_a_slip_of_the_learners_name_lets_nobody_in(homes, typed):
    """A name nobody has here, but nearly, is refused with the one that may be meant; nothing changes."""
    laptop, desk, shared = homes
    answer(laptop)
    said(laptop, shared)
    answer(desk)
    before = desk.answers()
    learner = typed.rpartition("=")[2]
    told = said(desk, shared, "--as", typed, code=2)
    assert told == (
        f"error: no learner here is called `{learner}`; nothing was changed\n"
        f"hint: did you mean `me`? If `{learner}` is somebody new:"
        f" `srs --learner {learner} sync {shared} --as {typed}`\n"
    )
    assert desk.answers() == before
    assert desk.rows("SELECT * FROM device") == []
    done = run(desk, "--learner", learner, "sync", shared, "--as", typed)
    assert (done.returncode, "laptop has joined" in done.stderr) == (0, True)
    assert desk.rows(f"SELECT count(*) FROM review WHERE learner = '{learner}'") == [(3,)]


def test_a_name_unlike_any_other_is_somebody_new(homes):
    """Whom nobody can mean by mistake comes in, and it is said that nobody of that name was here."""
    laptop, desk, shared = homes
    answer(laptop)
    said(laptop, shared)
    told = said(desk, shared, "--as", "annabel")
    assert "laptop has joined; what it wrote for me counts for annabel, who is new here.\n" in told


@pytest.mark.parametrize("command", ["sync", "merge"])
def test_help_tells_every_form_of_as(tmp_path, command):
    """How one of several devices or learners is named can be read in the help."""
    told = " ".join(run(Home(tmp_path), command, "--help").stdout.split())
    forms = {"sync": ["NAME, DEVICE=NAME or DEVICE:THEIRS=NAME"], "merge": ["NAME or THEIRS=NAME"]}
    for form in forms[command]:
        assert form in told


@pytest.mark.sqlite_file
def test_a_backup_is_kept_before_a_device_joins(homes):
    """What lets answers in keeps the database as it was; a sync that lets nobody in does not."""
    laptop, desk, shared = homes
    answer(laptop)
    said(laptop, shared)
    answer(desk, 2)
    said(desk, shared, code=5)
    listed = run(desk, "backup", "--list", "--json").stdout
    assert json.loads(listed)["backups"] == []
    for _ in range(2):
        said(desk, shared, "--as", "me")
        (kept,) = json.loads(run(desk, "backup", "--list", "--json").stdout)["backups"]
        assert (kept["reason"], kept["answers"]) == ("merge", 2)
    assert len(desk.answers()) == 5


def test_an_empty_folder_that_was_written_to_is_not_begun_anew_unasked(homes, tmp_path):
    """A stick that is not mounted is an empty folder: nothing is written there until somebody says so."""
    laptop, _, shared = homes
    answer(laptop)
    said(laptop, shared)
    shared.rename(tmp_path / "stick")
    shared.mkdir()
    assert said(laptop, shared, code=3) == (
        f"error: {shared} is empty, and this device has written there before; nothing was done\n"
        "hint: a drive may have to be plugged in; to begin the folder anew, add `--anew`\n"
    )
    assert list(shared.iterdir()) == []
    assert said(laptop, tmp_path / "stick") == "Nothing new.\n"
    assert said(laptop, shared, "--anew").startswith("Sent")
    assert len(list(shared.iterdir())) == 1
    assert said(laptop, shared) == "Nothing new.\n"
