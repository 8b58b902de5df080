"""Backups: their names and which are kept, how they are made and put back, and what goes wrong meanwhile."""

import gzip
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import Home, Piped, run
from world import Clock, answer_card, filled, open_at

from srs.backup import DAILY, MONTHLY, WEEKLY, Reason, listed, name_of, parsed, superfluous
from srs.errors import DamagedError, DatabaseError, FileProblems, NotFoundError
from srs.model import Rating
from srs.safe import Safe
from srs.store import backups as store

pytestmark = pytest.mark.sqlite_file

# Names

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-9.5)), timezone(timedelta(hours=9))])
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=ZONES)  # noqa: DTZ001 - of each zone


@given(MOMENTS, st.sampled_from(Reason), st.integers(0, 10**9))
def test_a_name_says_when_why_and_how_much(at, reason, answers):
    """What a name was made of is read off it again, to the second."""
    backup = parsed(name_of(at, reason, answers))
    assert (backup.at, backup.reason, backup.answers) == (at.replace(microsecond=0), reason, answers)


@pytest.mark.parametrize(
    "name",
    [
        "", "cards.db", "2026-11-23.db.gz", ".backup.12-34.db.part",
        "2026-11-23_164219+0100_daily_1.db.gz.part",
        "2026-13-23_164219+0100_daily_1.db.gz", "2026-11-23_994219+0100_daily_1.db.gz",
        "2026-11-23_164219+0100_whim_1.db.gz", "../2026-11-23_164219+0100_daily_1.db.gz",
        "2026-11-23_164219+0100_daily_1.db-wal.gz", "٢٠٢٦-11-23_164219+0100_daily_1.db.gz",
    ],
)  # fmt: skip
def test_other_names_are_of_no_backup(name):
    """Whatever else lies there is nobody's to list or remove."""
    assert parsed(name) is None
    assert superfluous([name], date(2030, 1, 1)) == set()


# Which are kept

TODAY = date(2026, 11, 23)
LATELY = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=ZONES)  # noqa: DTZ001 - of each zone
BACKUPS = st.builds(name_of, LATELY, st.sampled_from(Reason), st.integers(0, 99))
FOLDERS = st.lists(BACKUPS | st.sampled_from(["notes.txt", "x.db.gz", "daily.db"]), max_size=150)


@given(FOLDERS)
def test_thinning_twice_is_thinning_once(names):
    """What is kept is kept again."""
    kept = set(names) - superfluous(names, TODAY)
    assert superfluous(kept, TODAY) == set()


@given(FOLDERS)
def test_the_newest_and_todays_are_never_removed(names):
    """Neither the newest good backup, nor any of today or later, nor what is no backup at all."""
    gone = superfluous(names, TODAY)
    assert gone <= {backup.name for backup in listed(names)}
    assert not {backup.name for backup in listed(names) if backup.at.date() >= TODAY} & gone
    good = [backup for backup in listed(names) if backup.good]
    assert not good or good[0].name not in gone


@given(FOLDERS)
def test_no_more_is_kept_than_was_promised(names):
    """Before today at most 12 days, 10 weeks and 9 months, and the newest; order plays no part."""
    gone = superfluous(names, TODAY)
    assert gone == superfluous(reversed(names), TODAY)
    for good in (True, False):
        older = {b.name for b in listed(names) if b.good is good and b.at.date() < TODAY} - gone
        assert len(older) <= DAILY + WEEKLY + MONTHLY + 1


@given(FOLDERS)
def test_damaged_databases_set_aside_displace_no_backup(names):
    """Whether a damaged one lies there or not, the same good ones stay."""
    good = [name for name in names if "_damaged_" not in name]
    assert superfluous(names, TODAY) & set(good) == superfluous(good, TODAY)


def test_a_year_of_days_leaves_days_weeks_and_months():
    """Thinned every day for a year: 12 days, then about ten weeks, then nine months, none of it in a lump."""
    names = set()
    for number in range(400):
        day = date(2025, 11, 1) + timedelta(days=number)
        for hour in (9, 21):
            names.add(name_of(datetime(day.year, day.month, day.day, hour, tzinfo=UTC), Reason.DAILY, number))
        names -= superfluous(names, day)
    days = sorted({backup.at.date() for backup in listed(names)}, reverse=True)
    ages = [(days[0] - day).days for day in days]
    assert ages[:13] == list(range(13))
    assert len(ages) == 1 + DAILY + WEEKLY + MONTHLY
    gaps = [later - sooner for sooner, later in pairwise(ages)]
    assert all(gap <= 7 for gap in gaps[13 : 13 + WEEKLY - 1])
    assert all(gap <= 31 + 7 for gap in gaps)
    assert ages[-1] > 300


# Made


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


@pytest.fixture
def path(tmp_path, clock):
    """A closed database with four cards and one answer."""
    with filled(tmp_path, clock, 4) as collection:
        answer_card(collection, "d0/c0", Rating.GOOD)
    return tmp_path / "cards.db"


@pytest.fixture
def safe(tmp_path, path, clock):
    """The safe of that database."""
    return Safe(path, tmp_path / "safe", now=clock, zone=lambda: UTC)


def unpacked(backup, target):
    """A backup as a plain database file."""
    target.write_bytes(gzip.decompress(backup.read_bytes()))
    return target


def everything_in(path):
    """All that a database holds, as SQL."""
    with closing(sqlite3.connect(path)) as plain:
        return list(plain.iterdump())


def test_a_backup_is_the_database_as_it_is(safe, path, clock, tmp_path):
    """Also what only stands in the log of writes is in it; it is private, named by the clock, and alone."""
    with open_at(path, clock, seed=3) as collection:
        answer_card(collection, "d0/c1", Rating.GOOD)
        kept = safe.before(Reason.MERGE)
        assert everything_in(unpacked(kept, tmp_path / "plain.db")) == everything_in(path)
    assert kept.name == f"{datetime.fromtimestamp(clock.now / 1000, UTC):%Y-%m-%d_%H%M%S}+0000_merge_2.db.gz"
    assert list(safe.folder.iterdir()) == [kept]
    if os.name != "nt":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(safe.folder.stat().st_mode) == 0o700


def test_a_name_that_is_taken_is_that_of_the_next_second(safe):
    """Two backups in one second replace neither."""
    first, second = safe.before("merge"), safe.before("merge")
    assert [backup.name for backup in safe.backups()] == [second.name, first.name]
    assert safe.backups()[0].at - safe.backups()[1].at == timedelta(seconds=1)


def test_no_database_is_no_backup(tmp_path, clock):
    """Before the first import there is nothing to keep, and no folder is made."""
    safe = Safe(tmp_path / "none.db", tmp_path / "safe", now=clock, zone=lambda: UTC)
    assert safe.before(Reason.ANKI) is None
    assert not safe.folder.exists()


def test_a_damaged_database_is_kept_as_no_good_backup(safe, path):
    """A page that does not read stops the backup with a sentence; nothing is left of it."""
    damage_a_page(path)
    with pytest.raises(DamagedError):
        safe.keep(Reason.DAILY)
    assert not list(safe.folder.iterdir())


def damage_a_page(path):
    """Overwrite the middle of a database."""
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2 // 4096 * 4096
    raw[middle : middle + 4096] = os.urandom(4096)
    path.write_bytes(raw)


def test_backups_at_once_are_all_whole(safe, path, clock):
    """Several threads and a writer at work: every backup is whole and none takes the name of another."""
    errors = []

    def keep():
        try:
            for _ in range(3):
                safe.keep(Reason.ASKED)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=keep) for _ in range(3)]
    with open_at(path, clock, seed=5) as collection:
        for thread in threads:
            thread.start()
        for number in range(4):
            answer_card(collection, f"d0/c{number}", Rating.GOOD)
        for thread in threads:
            thread.join()
    assert not errors
    assert len(safe.backups()) == 9
    assert all(store.is_whole(safe.folder / backup.name) for backup in safe.backups())


def test_what_a_killed_backup_left_is_swept_up_later(safe, clock):
    """Its half files go an hour later; younger ones may be another's, and other files are nobody's."""
    safe.keep(Reason.ASKED)
    young, old, other = (
        safe.folder / name for name in (".backup.1-1.db.part", ".backup.2-2.gz.part", "mine")
    )
    for file in (young, old, other):
        file.write_text("x")
        os.utime(file, (clock.now / 1000, clock.now / 1000 - (7200 if file != young else 60)))
    safe.keep(Reason.ASKED)
    assert young.exists()
    assert not old.exists()
    assert other.exists()


# Put back


def restored(safe, backup):
    """Restore a backup; what the restore tells."""
    with store.looked_through(backup, safe.folder, "0") as (connection, facts), safe.replacing() as replacing:
        return replacing.carry_out(connection, facts.answers)


def make_state(path, state):
    """Bring a database into a state a restore may find."""
    raw = path.read_bytes()
    states = {
        "whole": raw,
        "empty": b"",
        "short": raw[: len(raw) // 2 + 100],
        "no header": os.urandom(100) + raw[100:],
        "text": b"This is no database.",
    }
    if state == "missing":
        path.unlink()
    else:
        path.write_bytes(states[state])


@pytest.mark.parametrize("state", ["whole", "empty", "short", "no header", "text", "missing"])
def test_a_backup_takes_the_place_of_whatever_is_there(safe, path, clock, state):
    """Whole, damaged, empty or gone: then the database is that of the backup, and what was there is kept."""
    before = everything_in(path)
    backup = safe.keep(Reason.ASKED)
    with open_at(path, clock, seed=3) as collection:
        answer_card(collection, "d0/c1", Rating.GOOD)
    make_state(path, state)
    was = path.read_bytes() if path.exists() else b""
    done = restored(safe, backup)
    assert everything_in(path) == before
    assert not [left for left in path.parent.iterdir() if left.name.startswith(".") or "wal" in left.name]
    if state == "whole":
        assert parsed(done.kept.name).reason is Reason.RESTORE
        restored(safe, done.kept)
        assert len(everything_in(path)) > len(before)
    elif was:
        assert parsed(done.kept.name).reason is Reason.DAMAGED
        assert gzip.decompress(done.kept.read_bytes()) == was
    else:
        assert done.kept is None
    with open_at(path, clock) as collection:
        answer_card(collection, "d0/c2", Rating.GOOD)


def test_the_log_of_writes_of_a_damaged_database_is_kept_and_not_played_back(safe, path, clock):
    """What still stood in it is set aside beside the file; the restored database knows nothing of it."""
    before = everything_in(path)
    backup = safe.keep(Reason.ASKED)
    with open_at(path, clock, seed=3) as collection:
        answer_card(collection, "d0/c1", Rating.GOOD)
        wal = path.with_name("cards.db-wal").read_bytes()
        whole = path.read_bytes()
    path.write_bytes(b"x" * 4096 + whole[4096:])
    path.with_name("cards.db-wal").write_bytes(wal)
    done = restored(safe, backup)
    assert everything_in(path) == before
    kept = done.kept.with_name(done.kept.name.replace(".db.gz", ".db-wal.gz"))
    assert gzip.decompress(kept.read_bytes()) == wal


def test_a_database_in_use_is_not_replaced(safe, path):
    """While another program has it open, reading or writing, nothing is restored."""
    backup = safe.keep(Reason.ASKED)
    hold = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM card').fetchall();"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", f"{hold} print('held', flush=True); sys.stdin.read()", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(DatabaseError, match="in use by another program; nothing was restored"):
            restored(safe, backup)
    finally:
        other.communicate()
    restored(safe, backup)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: raw[:-5], "is not whole"),
        (lambda raw: raw[: len(raw) // 2], "is not whole"),
        (lambda raw: raw[:60] + bytes([raw[60] ^ 255]) + raw[61:], "is not whole|is damaged|holds no SQLite"),
        (lambda _: gzip.compress(b"hello"), "holds no SQLite database"),
        (lambda _: b"hello", "holds no SQLite database"),
        (lambda _: b"", "holds no SQLite database"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:9000]), "is damaged"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(safe, path, spoil, said):
    """Cut short, spoiled, something else: a sentence, and the database stands."""
    backup = safe.keep(Reason.ASKED)
    before = path.read_bytes()
    backup.write_bytes(spoil(backup.read_bytes()))
    with pytest.raises(FileProblems, match=said):
        restored(safe, backup)
    assert path.read_bytes() == before


def test_backups_of_others_are_refused(safe, path, tmp_path):
    """A database of another program, a newer one, a missing file: refused, nothing changed."""
    before = path.read_bytes()
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as plain:
        plain.execute("CREATE TABLE t (x)")
    with pytest.raises(FileProblems, match="is not an srs database"):
        restored(safe, other)
    newer = unpacked(safe.keep(Reason.ASKED), tmp_path / "newer.db")
    with closing(sqlite3.connect(newer)) as plain:
        plain.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
        plain.commit()
    with pytest.raises(DatabaseError, match="and this is srs 0; nothing was changed"):
        restored(safe, newer)
    with pytest.raises(NotFoundError):
        restored(safe, tmp_path / "none.db")
    assert path.read_bytes() == before


# The commands


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A home with the shipped deck, in the usual place."""
    return Home(tmp_path_factory.mktemp("shipped"), named=False).fill()


@pytest.fixture
def home(shipped, tmp_path):
    """A home of the test's own."""
    return shipped.copy(tmp_path / "home")


def safe_folder(home):
    """Where a home's backups are: one folder in the data folder."""
    (folder,) = (home.folder / "data" / "srs" / "backups").iterdir()
    return folder


def test_the_first_answer_of_a_day_makes_a_backup(home):
    """One a day, with the answer in it; a look at what is due makes none."""
    run(home, "due")
    assert not (home.folder / "data" / "srs" / "backups").exists()
    for _ in range(2):
        done = run(home, "review", typed="\n3\n")
        assert (done.returncode, done.stderr) == (0, "")
    (kept,) = safe_folder(home).iterdir()
    assert parsed(kept.name).reason is Reason.DAILY
    assert parsed(kept.name).answers >= 1


def test_the_backup_waits_for_nobody_while_a_card_is_read(home):
    """In a session that goes on it is there while the next card is on the screen."""
    with Piped(home, "review") as session:
        session.until("Enter")
        session.send("", "3")
        session.until("saved good")
        folder = home.folder / "data" / "srs" / "backups"
        deadline = threading.Event()
        for _ in range(300):
            if list(folder.glob("*/*_daily_1.db.gz")):
                break
            deadline.wait(0.05)
        assert list(folder.glob("*/*_daily_1.db.gz"))
        assert session.end()[0] == 0


def test_a_backup_that_cannot_be_made_is_said_at_the_end(home):
    """Its folder cannot be written: the session goes on, one sentence at its end, exit code 0."""
    (home.folder / "data" / "srs" / "backups").write_text("in the way")
    done = run(home, "review", typed="\n3\n\n3\n")
    assert done.returncode == 0
    assert done.stdout.count("saved good") == 2
    assert re.fullmatch(r"Today's backup could not be made: .*\. Your answers are saved\.\n", done.stderr)
    assert len(home.answers()) == 2


def test_backup_and_restore_by_hand(home):
    """Written to a file, packed by its name, never over another unasked; and back again."""
    run(home, "review", typed="\n3\n")
    plain, packed = home.folder / "mine.db", home.folder / "mine.db.gz"
    for file in (plain, packed):
        done = run(home, "backup", file)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Kept a backup with 1 answer, ")
        again = run(home, "backup", file)
        assert (again.returncode, again.stderr.splitlines()[1]) == (5, "hint: `--force` overwrites it")
        assert run(home, "backup", file, "--force").returncode == 0
    assert plain.read_bytes().startswith(b"SQLite")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    run(home, "review", typed="\n3\n")
    refused = run(home, "restore", packed)
    assert refused.returncode == 5
    assert refused.stderr.splitlines() == [
        "error: 1 answer that is here now is not in that backup; nothing was restored",
        f"hint: `srs merge {packed}` keeps both; `--yes` restores it all the same",
    ]
    assert len(home.answers()) == 2
    done = run(home, "restore", packed, "--yes")
    assert done.returncode == 0, done.stderr
    assert len(home.answers()) == 1
    kept = re.search(r"srs restore (\S+_restore_2\.db\.gz)", done.stdout)[1]
    assert run(home, "restore", kept).returncode == 0
    assert len(home.answers()) == 2
    home.check()


def test_the_list_of_backups(home):
    """Newest first, tab-separated on a pipe, with a JSON of a fixed shape; none is said, too."""
    assert "There are no backups yet" in run(home, "backup", "--list").stderr
    assert run(home, "backup").returncode == 0
    (row,) = run(home, "backup", "--list").stdout.splitlines()
    when, age, reason, size, answers, name = row.split("\t")
    assert (age, reason, answers) == ("just now", "asked for", "0 answers")
    told = json.loads(run(home, "backup", "--list", "--json").stdout)
    assert told.keys() == {"folder", "backups"}
    (backup,) = told["backups"]
    assert backup["name"] == name
    assert backup.keys() == {"name", "path", "at", "reason", "size", "answers"}
    assert Path(backup["path"]).stat().st_size == backup["size"]
    assert backup["at"].startswith(when.replace(" ", "T"))
    assert size.endswith("kB")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("backup", "."), 2, "is a folder"),
        (("backup", "none/x.db"), 3, "there is no folder"),
        (("backup", "data/srs/srs.db", "--force"), 2, "that file is the database itself"),
        (("backup", "--force"), 2, "`--force` needs a FILE"),
        (("backup", "x.db", "--list"), 2, "takes no FILE"),
        (("restore", "none.db"), 3, "there is no file"),
        (("restore", "data/srs/srs.db"), 2, "that file is the database itself"),
        (("restore", "config.toml"), 1, "holds no SQLite database"),
        (("--db", "postgresql://h/d", "backup"), 2, "is on a server"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(home, arguments, code, said):
    """Wrong files and options: a sentence, the right exit code, the database untouched."""
    before = home.db.read_bytes()
    done = run(home, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert home.db.read_bytes() == before


def test_an_older_database_is_backed_up_before_it_is_brought_up_to_date(tmp_path):
    """The copy goes among the backups, not beside the database."""
    home = Home(tmp_path / "home")
    with closing(sqlite3.connect(home.db)) as plain:
        plain.executescript((Path(__file__).parent / "schemas" / "2.sql").read_text(encoding="utf-8"))
    assert run(home, "due", "--count").returncode == 0
    assert not (home.folder / "data").exists()
    done = run(home, "suspend", home.rows("SELECT deck || '/' || id FROM card LIMIT 1")[0][0])
    assert done.returncode == 0, done.stderr
    (kept,) = safe_folder(home).iterdir()
    assert parsed(kept.name).reason is Reason.MIGRATION
    assert not list(home.folder.glob("*.bak"))
