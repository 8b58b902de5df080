"""`srs merge OTHER.db` at the command line: the file of another laptop, also into a server."""

import json
import os
import shutil
import sqlite3

import pytest
from programs import Home
from running import run
from world import START, Clock, answer_card, check_laws, deck_of, open_at

from srs.clock import now_ms
from srs.intake import import_decks
from srs.model import ActKind, Rating

pytestmark = pytest.mark.file_beside

OLD = "0000000000000abc"


@pytest.fixture
def home(tmp_path):
    """A laptop with a deck of six cards and three answers."""
    (tmp_path / "new").mkdir()
    home = Home(tmp_path / "new").fill(deck_of(tmp_path / "new", "d0", 6).path)
    with home.collection() as collection:
        for number in range(3):
            answer_card(collection, f"d0/c{number}", Rating.GOOD)
    return home


@pytest.fixture
def old(tmp_path):
    """Another laptop's database: answers to three cards, an act, and a deck of its own."""
    return other_database(tmp_path / "old", OLD)


def other_database(folder, device, clock=None):
    """A database of another device, closed; its path."""
    folder.mkdir()
    clock = clock or Clock(START)
    path = folder / "old.db"
    with open_at(path, clock, create=True, device=device, seed=77, as_file=True) as collection:
        decks = [deck_of(folder, "d0", 6), deck_of(folder, "own", 2)]
        import_decks(collection, [deck.path for deck in decks])
        for name in ("d0/c2", "d0/c3", "own/c0"):
            answer_card(collection, name, Rating.EASY)
            clock.advance(minutes=1)
        collection.act(ActKind.SUSPEND, collection.find("d0/c4").key)
    return path


def acts_in(path):
    """How many acts a database has."""
    with sqlite3.connect(path) as plain:
        return plain.execute("SELECT count(*) FROM act").fetchone()[0]


def contents(home):
    """All that the log and the memories of a home are."""
    return [
        sorted(home.rows(f"SELECT * FROM {table}"), key=repr)
        for table in ("review", "act", "memory", "alias", "options", "twin", "daily", "device")
    ]


def laws_hold(home):
    """Check the laws of the log; returns how many lines there are."""
    with home.collection() as collection:
        return len(check_laws(collection))


@pytest.mark.sqlite_file
def test_a_file_that_is_none_makes_no_database(tmp_path):
    """A slip of the path leaves no empty database behind."""
    home = Home(tmp_path)
    done = run(home, "merge", tmp_path / "typo.db")
    assert (done.returncode, home.db.exists()) == (3, False)


def test_lines_of_a_device_that_never_joined_are_refused(home, old):
    """They change nothing; how many and whose is said, and what to type if they are one's own."""
    before = contents(home)
    done = run(home, "merge", old)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == (
        "3 answers of me were refused: their device 0000000000000abc has never joined.\n"
        "If they are yours: srs merge " + str(old) + " --as me\n"
    )
    assert contents(home) == before


def test_a_device_joins_once(home, old):
    """With `--as` its lines come in, and from then on without."""
    acts = acts_in(old)
    done = run(home, "merge", old, "--as", "me")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        f"Took 3 answers and {acts} acts from old.db.\n"
        "1 answer belongs to a card this database has no text for; it meets its card when the deck is"
        " imported.\n"
    )
    laws_hold(home)
    with open_at(old, Clock(START + 86_400_000), device=OLD, seed=5) as collection:
        answer_card(collection, "d0/c5", Rating.HARD)
    done = run(home, "merge", old)
    assert done.returncode == 0
    assert done.stderr == f"Took 1 answer from old.db; {3 + acts} were known.\n"
    done = run(home, "merge", old)
    assert done.stderr == f"Nothing new in old.db: all {4 + acts} lines are here already.\n"
    assert done.returncode == 0


def test_another_name_may_be_meant(home, old):
    """Lines of somebody else's `me` go to whom one says, and leave one's own alone."""
    mine = home.rows("SELECT * FROM review ORDER BY id")
    done = run(home, "merge", old, "--as", "anna")
    assert done.returncode == 0
    assert "for anna" in done.stderr
    assert home.rows("SELECT * FROM review WHERE learner = 'me' ORDER BY id") == mine
    assert home.rows("SELECT count(*) FROM review WHERE learner = 'anna'") == [(3,)]
    # A learner who is new here may learn every card.
    assert home.rows(
        "SELECT count(*) FROM memory m JOIN card c ON c.key = m.card WHERE learner = 'anna'"
    ) == [(6,)]
    assert run(home, "merge", old).stderr.startswith("Nothing new in old.db")
    assert home.rows("SELECT id, known_as, learner FROM device") == [(OLD, "me", "anna")]


def test_json_tells_the_counts(home, old):
    """Everything that is said is in the JSON, by name."""
    acts = acts_in(old)
    refused = run(home, "merge", old, "--json")
    assert refused.returncode == 5
    told = json.loads(refused.stdout)
    assert told["refused"] == [{"device": OLD, "learner": "me", "answers": 3, "acts": acts}]
    done = run(home, "merge", old, "--as", "me", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "file": str(old),
        "answers": 3,
        "acts": acts,
        "known": 0,
        "damaged": 0,
        "unknown": 1,
        "learners": {"me": {"answers": 3, "acts": acts, "known": 0}},
        "joined": [{"device": OLD, "learner": "me"}],
        "refused": [],
    }


def test_a_name_lets_in_whom_it_names(home, old):
    """Two learners of one database stay two: a name lets one of them in, the other waits to be named."""
    with open_at(old, Clock(START + 86_400_000), device=OLD, seed=5, learner="bob") as collection:
        answer_card(collection, "d0/c5", Rating.HARD)
        answer_card(collection, "d0/c0", Rating.HARD)
    mine = home.rows("SELECT count(*) FROM review WHERE learner = 'me'")[0][0]
    before = contents(home)
    done = run(home, "merge", old, "--as", "anna")
    assert done.returncode == 2
    assert "several learners in old.db have never joined: bob, me; nothing was changed" in done.stderr
    assert "`--as bob=anna`" in done.stderr
    assert contents(home) == before
    done = run(home, "merge", old, "--as", "me")
    assert done.returncode == 5
    assert done.stderr.endswith(f"If they are yours: srs merge {old} --as bob\n")
    assert home.rows("SELECT learner, count(*) FROM review GROUP BY 1") == [("me", mine + 3)]
    assert run(home, "merge", old, "--as", "bob=robert").returncode == 0
    assert home.rows("SELECT learner, count(*) FROM review GROUP BY 1 ORDER BY 1") == [
        ("me", mine + 3),
        ("robert", 2),
    ]
    assert run(home, "merge", old).stderr.startswith("Nothing new in old.db")


@pytest.mark.sqlite_file
def test_what_differs_is_seen_among_very_many_that_are_known(home, tmp_path):
    """Of a copy with a thousand known lines the new one comes in, and the one that differs does not."""
    csv = tmp_path / "history.csv"
    rows = (
        f"d0/c{n % 6},3,2025-{1 + n // 84:02}-{1 + n % 28:02}T09:{n % 60:02}:{n % 59:02}Z"
        for n in range(1000)
    )
    csv.write_text("card,rating,reviewed_at\n" + "\n".join(rows) + "\n")
    assert run(home, "log", "import", csv).returncode == 0
    before = contents(home)
    copy = tmp_path / "copy.db"
    shutil.copyfile(home.db, copy)
    with sqlite3.connect(copy) as plain:
        some = "(SELECT id FROM review WHERE batch IS NOT NULL ORDER BY id LIMIT 1 OFFSET {})"
        plain.execute(f"UPDATE review SET rating = 1 WHERE id = {some.format(300)}")
        plain.execute(f"UPDATE review SET follows = 1 WHERE id = {some.format(400)}")
    with sqlite3.connect(home.db) as plain:
        plain.execute(f"DELETE FROM review WHERE id = {some.format(500)}")
    done = run(home, "merge", copy)
    assert done.returncode == 1
    assert done.stderr.startswith("Took 1 answer from copy.db;")
    assert "1 line is damaged or contradicts the log here, and stayed out." in done.stderr
    laws_hold(home)
    assert contents(home)[0] == before[0]


@pytest.mark.sqlite_file
def test_a_conflicted_copy_needs_no_name(home, old, tmp_path):
    """A copy of one's own database is of devices that are known: what was answered there comes in."""
    run(home, "merge", old, "--as", "me")
    copy = tmp_path / "cards (conflicted copy).db"
    shutil.copyfile(home.db, copy)
    with open_at(copy, Clock(now_ms()), device=OLD, seed=8) as collection:
        answer_card(collection, "d0/c5", Rating.GOOD)
    assert run(home, "merge", copy).stderr.startswith("Took 1 answer from cards (conflicted copy).db;")
    with open_at(copy, Clock(now_ms()), device="0000000000000001", seed=9) as collection:
        collection.act(ActKind.FLAG, collection.find("d0/c1").key)
    done = run(home, "merge", copy)
    assert done.returncode == 5
    assert done.stderr.endswith(f"If they are yours: srs merge '{copy}' --as me\n")
    assert run(home, "merge", copy, "--as", "me").returncode == 0
    assert home.rows("SELECT count(*) FROM memory WHERE flagged = 1") == [(1,)]
    laws_hold(home)


@pytest.mark.sqlite_file
def test_the_own_device_counts_as_joined(home, tmp_path):
    """What this very device wrote into a copy comes in without a word."""
    copy = tmp_path / "copy.db"
    shutil.copyfile(home.db, copy)
    (device,) = {row[0] for row in home.rows("SELECT DISTINCT device FROM review")}
    with open_at(copy, Clock(now_ms()), device=device, seed=4) as collection:
        answer_card(collection, "d0/c5", Rating.GOOD)
    done = run(home, "merge", copy)
    assert (done.returncode, done.stderr) == (
        0,
        f"Took 1 answer from copy.db; {3 + acts_in(copy)} were known.\n",
    )


@pytest.mark.sqlite_file
def test_a_database_merged_with_itself_stays_as_it_is(home):
    """Nothing is written, no backup made."""
    before = contents(home)
    done = run(home, "merge", home.db)
    assert (done.returncode, done.stderr) == (0, "cards.db is this database itself; nothing to do.\n")
    assert contents(home) == before
    assert not list(home.folder.rglob("*.db.gz"))


@pytest.mark.sqlite_file
def test_a_backup_is_made_first(home, old):
    """Before lines come in, the database as it was is kept."""
    run(home, "merge", old, "--as", "me")
    assert len(list(home.folder.rglob("*_merge_*.db.gz"))) == 1


def test_what_lies_in_the_write_ahead_log_comes_in(home, tmp_path):
    """Answers that were never moved into the main file, because the laptop died, are there."""
    folder = tmp_path / "dead"
    source = other_database(tmp_path / "live", OLD)
    with open_at(source, Clock(START + 86_400_000), device=OLD, seed=6) as collection:
        collection.rows("PRAGMA wal_autocheckpoint = 0", {})
        answer_card(collection, "d0/c5", Rating.GOOD)
        folder.mkdir()
        for name in ("old.db", "old.db-wal"):
            shutil.copyfile(source.with_name(name), folder / name)
    before = (folder / "old.db").read_bytes()
    done = run(home, "merge", folder / "old.db", "--as", "me")
    assert done.stderr.startswith("Took 4 answers and ")
    assert (folder / "old.db").read_bytes() == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="every folder can be written to here")
def test_a_write_ahead_log_in_a_read_only_folder_comes_in(home, tmp_path):  # pragma: no cover - not as root
    """SQLite alone would pass over it there."""
    test_what_lies_in_the_write_ahead_log_comes_in(home, tmp_path)


def test_an_older_database_comes_in_and_stays_as_it_is(home, tmp_path):
    """One of an earlier schema is read as a copy brought up to date."""
    from test_migrations import SCHEMAS, restored

    path = restored(SCHEMAS[0], tmp_path / "first.db")
    before = path.read_bytes()
    done = run(home, "merge", path, "--as", "me")
    assert done.returncode == 0
    assert done.stderr.startswith("Took ")
    assert path.read_bytes() == before
    laws_hold(home)


def make_newer(path):
    """Let a database say that a newer srs wrote it."""
    with sqlite3.connect(path) as plain:
        plain.execute("UPDATE meta SET value = '999' WHERE name = 'schema'")


def make_other(path):
    """Put some other program's database there."""
    path.unlink()
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE notes (id INTEGER)")


SPOILT = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-40_000]),
    "flipped": lambda path: path.write_bytes(
        bytes(byte ^ 0xFF if 20_000 < at < 60_000 else byte for at, byte in enumerate(path.read_bytes()))
    ),
    "text": lambda path: path.write_text("[deck]\n" * 500),
    "empty": lambda path: path.write_bytes(b""),
    "newer": make_newer,
    "another program's": make_other,
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_database_that_cannot_be_used_is_refused(home, old, how):
    """One sentence that names it, exit code 4, and nothing changed."""
    before = contents(home)
    SPOILT[how](old)
    done = run(home, "merge", old, "--as", "me")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert contents(home) == before


def test_a_file_that_is_not_there(home, tmp_path):
    """It is named, with the exit code of what does not exist; a folder is no database."""
    done = run(home, "merge", tmp_path / "nowhere.db")
    assert done.returncode == 3
    assert "there is no file" in done.stderr
    assert run(home, "merge", tmp_path).returncode == 4


def test_a_merge_makes_a_database_where_there_is_none(tmp_path, old):
    """A new laptop may begin with the old one's database."""
    (tmp_path / "fresh").mkdir()
    home = Home(tmp_path / "fresh")
    done = run(home, "merge", old, "--as", "me")
    assert done.returncode == 0
    assert "3 answers" in done.stderr
    assert laws_hold(home) == 3 + acts_in(old)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[31m"])
def test_a_name_that_is_none(home, old, name):
    """A learner's name is a line of text."""
    done = run(home, "merge", old, "--as", name)
    assert done.returncode == 2
    assert "--as" in done.stderr


def test_lines_that_contradict_are_left_out(home, old):
    """A line with a known id that says something else is counted, and the log stays as it is."""
    run(home, "merge", old, "--as", "me")
    before = contents(home)
    with sqlite3.connect(old) as plain:
        plain.execute("UPDATE review SET rating = 5 - rating WHERE id = (SELECT min(id) FROM review)")
        plain.execute("UPDATE review SET rating = 9 WHERE id = (SELECT max(id) FROM review)")
    done = run(home, "merge", old)
    assert done.returncode == 1
    assert "2 lines are damaged or contradict the log here, and stayed out." in done.stderr
    assert contents(home) == before


@pytest.mark.sqlite_file
def test_two_laptops_show_the_same_figures(home, tmp_path):
    """After merging each into the other, dues, lists and statistics are equal."""
    (tmp_path / "second").mkdir()
    second = Home(tmp_path / "second").fill(home.folder / "d0.toml", clock=Clock(START))
    (second.folder / "state" / "srs" / "device").write_text(f"{OLD}\n")
    clock = Clock(now_ms() - 3 * 86_400_000)
    with open_at(second.db, clock, device=OLD, seed=21) as collection:
        for name in ("c0", "c1", "c4", "c5", "c0"):
            answer_card(collection, f"d0/{name}", Rating.AGAIN if name == "c1" else Rating.EASY)
            clock.advance(days=1, minutes=7)
        collection.undo()
        collection.act(ActKind.FLAG, collection.find("d0/c5").key)
    assert run(home, "merge", second.db, "--as", "me").returncode == 0
    assert run(second, "merge", home.db, "--as", "me").returncode == 0
    for command in (("stats", "--json"), ("due", "--json"), ("list", "--json")):
        told = [run(one, *command) for one in (home, second)]
        assert [one.returncode for one in told] == [0, 0]
        shown = [one.stdout.replace(str(second.folder), str(home.folder)) for one in told]
        assert rounded(json.loads(shown[0])) == rounded(json.loads(shown[1]))


def rounded(value):
    """Values without what a moment between two runs makes of a chance of recall."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items() if name != "as_of"}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def test_a_packed_backup_is_merged_like_a_database(home, old, tmp_path):
    """What `srs backup` wrote comes in as it stands; half of one is refused, and nothing is changed."""
    packed = tmp_path / "kept.db.gz"
    assert run(home, "--db", old, "backup", packed).returncode == 0
    whole = packed.read_bytes()
    before = contents(home)
    (tmp_path / "half.db.gz").write_bytes(whole[: len(whole) // 2])
    done = run(home, "merge", tmp_path / "half.db.gz", "--as", "me")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: the backup `{tmp_path / 'half.db.gz'}` is not whole\n")
    assert contents(home) == before
    done = run(home, "merge", packed, "--as", "me")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"Took 3 answers and {acts_in(old)} acts from kept.db.gz.\n")
    assert packed.read_bytes() == whole
    assert run(home, "merge", old).stderr.startswith("Nothing new in old.db")
    laws_hold(home)


@pytest.mark.parametrize("typed", ["mee", "me=Me"])
def test_a_slip_of_the_learners_name_lets_nobody_in(home, old, typed):
    """A name nobody has here, but nearly, is refused with the one that may be meant; nothing changes."""
    before = contents(home)
    learner = typed.rpartition("=")[2]
    done = run(home, "merge", old, "--as", typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: no learner here is called `{learner}`; nothing was changed\n"
        f"hint: did you mean `me`? If `{learner}` is somebody new:"
        f" `srs --learner {learner} merge {old} --as {typed}`\n"
    )
    assert contents(home) == before
    assert run(home, "--learner", learner, "merge", old, "--as", typed).returncode == 0
    assert home.rows(f"SELECT count(*) FROM review WHERE learner = '{learner}'") == [(3,)]
