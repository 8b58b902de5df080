"""What the doctor finds: nothing in a healthy database, and every damage done by hand, which it repairs."""

import contextlib
import json
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, run_state_machine_as_test
from programs import Home, run
from test_laws import Histories
from test_sync import Laptop
from world import (
    LEARNER,
    Clock,
    answer_card,
    check_laws,
    copied,
    deck_of,
    filled,
    import_decks,
    open_at,
)

from srs.cli.doctor import _journals
from srs.doctor import Around, examine, is_healthy, mend
from srs.model import ActKind, Rating
from srs.synced_folders import synced_by

pytestmark = pytest.mark.sqlite_file

# A healthy database


def around(clock, **more):
    """What stands around a database at the moment of a clock."""
    return Around(clock(), clock.today, **more)


def wrong(collection, clock):
    """The codes of what is wrong, without what a clock that went back leaves behind."""
    found = [finding for finding in examine(collection.rows, around(clock)) if not finding.notice]
    return {finding.code for finding in found} - {"future"}


class Examined(Histories):
    """Two sessions do whatever a learner can, and the doctor looks at it after every step."""

    @precondition(lambda self: hasattr(self, "collections"))
    @invariant()
    def laws_hold(self):
        """The doctor finds nothing wrong."""
        assert not wrong(self.collections[0], self.clock)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A closed database with two decks, whose files have gone from where they were."""
    folder = tmp_path_factory.mktemp("small")
    filled(folder, Clock(), 5, 3).close()
    for deck in folder.glob("*.toml"):
        deck.unlink()
    return folder / "cards.db"


def _run(small, **how):
    Examined.template = small
    run_state_machine_as_test(
        Examined,
        settings=settings(
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            database=None,
            **how,
        ),
    )


def test_nothing_is_wrong_after_whatever_a_learner_did(small):
    """Answers, undos, renames, settings, clocks: the doctor finds the database as the log has it."""
    _run(small, max_examples=4, stateful_step_count=15)


@pytest.mark.nightly
def test_nothing_is_wrong_after_whatever_a_learner_did_at_length(small):
    """The same over many long histories."""
    _run(small, max_examples=150, stateful_step_count=40)


# A database with something of everything


@dataclass
class Rich:
    """A closed database, and the clock it was left at."""

    path: object
    clock: Clock


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """Answers on many days, acts of all kinds, joined keys, an import of answers, what was taken back."""
    folder = tmp_path_factory.mktemp("rich")
    clock = Clock()
    chance = random.Random(7)  # noqa: S311 - the same every time
    with filled(folder, clock, 6, 4) as collection:
        deck = deck_of(folder, "d0", 6)
        for card in deck.cards:
            card.tags = ("odd", "even") if card.id == "c0" else ("even",)
        deck.write()
        import_decks(collection, [deck.path])
        for _ in range(12):
            clock.advance(days=chance.randrange(1, 6))
            for number in range(4):
                answer_card(collection, f"d0/c{number}", chance.choice(list(Rating)))
                clock.advance(minutes=3)
        for kind, name in ((ActKind.SUSPEND, "d0/c1"), (ActKind.FLAG, "d0/c2"), (ActKind.FORGET, "d0/c3")):
            collection.act(kind, collection.find(name).key)
        collection.act(ActKind.BURY, collection.find("d1/c0").key, day=clock.today + 2)
        answer_card(collection, "d1/c1", Rating.EASY)
        collection.undo()
        answer_card(collection, "d1/c2", Rating.EASY)
        collection.set_due(collection.find("d1/c2"), clock.today + 9)
        deck.cards[0].was, deck.cards[0].id = ("c0",), "renamed"
        # c0 has another name now; and c5, gone from the file, becomes a part of c2.
        answer_card(collection, "d0/c5", Rating.GOOD)
        gone = deck.cards.pop()
        deck.write()
        import_decks(collection, [deck.path])
        deck.cards[2].was = (gone.id,)
        deck.write()
        assert not import_decks(collection, [deck.path]).problems
        answers = folder / "answers.csv"
        answers.write_text(
            "card,rating,reviewed_at\n"
            + "".join(f"d1/c3,3,2025-0{month}-02T09:00:00Z\n" for month in range(1, 7))
        )
        collection.import_answers(answers)
        collection.undo()
        collection.redo()
        clock.advance(days=1)
        answer_card(collection, "d1/c3", Rating.HARD)
        answer_card(collection, "d1/c1", Rating.AGAIN)
        check_laws(collection)
    return Rich(folder / "cards.db", clock)


@pytest.fixture
def path(rich, tmp_path):
    """A copy of it, to be damaged."""
    return copied(rich.path, tmp_path / "cards.db")


def damage(path, *statements):
    """Do something to a database behind its back."""
    with closing(sqlite3.connect(path)) as plain:
        for statement in statements:
            assert plain.execute(statement).rowcount != 0, f"changed nothing: {statement}"
        plain.commit()


NOBODY = "x'00000000000000000000000000000000'"
SOME_ANSWER = "(SELECT id FROM review WHERE undone = 0 AND batch IS NULL ORDER BY id LIMIT 1 OFFSET 5)"
DAMAGES = {
    "undone": [
        f"UPDATE review SET undone = 1 WHERE id = {SOME_ANSWER}",
        "UPDATE review SET undone = 0 WHERE undone = 1",
        "UPDATE review SET undone = 1 WHERE batch IS NOT NULL",
        "UPDATE act SET undone = 1 WHERE kind = 'suspend'",
        "UPDATE act SET undone = 1 WHERE kind = 'batch'",
        "UPDATE act SET undone = 1 - undone WHERE kind = 'undo'",
        "UPDATE review SET undone = 7 WHERE undone = 1",
    ],
    "follows": [
        f"UPDATE review SET follows = 0 WHERE id = {SOME_ANSWER}",
        "UPDATE review SET follows = 1 WHERE batch IS NOT NULL",
        "UPDATE review SET follows = 1 WHERE undone = 1",
        "UPDATE review SET follows = 3 WHERE follows = 1",
    ],
    "memories": [
        "UPDATE memory SET stability = stability * 1.001 WHERE stability IS NOT NULL",
        "UPDATE memory SET difficulty = difficulty + 0.01 WHERE reps = 12",
        "UPDATE memory SET due_day = due_day + 1 WHERE due_day IS NOT NULL",
        "UPDATE memory SET due_at = due_at + 1 WHERE due_at IS NOT NULL",
        "UPDATE memory SET state = 1, step = 0 WHERE state = 2",
        "UPDATE memory SET reps = reps + 1",
        "UPDATE memory SET lapses = lapses + 1 WHERE reps > 0",
        "UPDATE memory SET passed = 1 - passed",
        "UPDATE memory SET suspended = 0, shelf = 0 WHERE suspended = 1",
        "UPDATE memory SET flagged = 1 - flagged",
        "UPDATE memory SET buried_until = NULL WHERE buried_until IS NOT NULL",
        f"UPDATE memory SET last_id = {NOBODY} WHERE last_id IS NOT NULL",
        "UPDATE memory SET last_at = last_at - 1 WHERE last_at IS NOT NULL",
        "UPDATE memory SET last_day = last_day - 1 WHERE last_day IS NOT NULL",
        "UPDATE memory SET stability = NULL WHERE stability IS NOT NULL",
    ],
    "missing-memories": ["DELETE FROM memory", "DELETE FROM memory WHERE reps = 0"],
    "orphans": [
        f"""INSERT INTO memory (learner, card, entry, deck, position, state, reps, lapses, suspended, flagged,
        shelf) VALUES ('me', {NOBODY}, {NOBODY}, 'd0', 0, 0, 0, 0, 0, 0, 1)"""
    ],
    "places": [
        "UPDATE memory SET shelf = 1 - shelf",
        "UPDATE memory SET deck = 'd1' WHERE deck = 'd0'",
        "UPDATE memory SET position = position + 1",
        f"UPDATE memory SET entry = {NOBODY}",
    ],
    "aliases": [
        "DELETE FROM alias",
        f"INSERT INTO alias (old, card) SELECT {NOBODY}, key FROM card LIMIT 1",
    ],
    "options": [
        "DELETE FROM options",
        "UPDATE options SET body = replace(body, '0.9', '0.8')",
        "INSERT INTO options (learner, hash, body) SELECT learner, zeroblob(16), body FROM options",
    ],
    "strays": [
        "UPDATE options SET body = 'none'",
        "UPDATE memory SET state = 9 WHERE reps = 0",
        "UPDATE card_tag SET tag = CAST(x'ff' AS TEXT) WHERE tag = 'odd'",
        "UPDATE alias SET old = 'text' WHERE old = (SELECT min(old) FROM alias)",
    ],
    "tags": [
        "DELETE FROM card_tag",
        "UPDATE card_tag SET tag = 'strange' WHERE tag = 'odd'",
        f"INSERT INTO card_tag (tag, card) VALUES ('even', {NOBODY})",
    ],
    "needs": [f"INSERT INTO card_need (card, deck, id) VALUES ({NOBODY}, 'd0', 'c0')"],
    "decks": ["DELETE FROM deck WHERE id = 'd1'"],
    "days": [
        "UPDATE daily SET good = good + 1",
        "DELETE FROM daily WHERE part = 'hour'",
        """INSERT INTO daily SELECT learner, part, study_day - 5000, deck, slot, again, hard, good, easy,
        timed, ms, new_ms, new_cards, review_cards, cards, right, young_passed, young_total, mature_passed,
        mature_total FROM daily WHERE part = ''""",
    ],
    "search": [
        "DELETE FROM card_search",
        f"INSERT INTO card_search (key) VALUES ({NOBODY})",
        "INSERT INTO card_fts (card_fts) VALUES ('delete-all')",
        "DROP TABLE card_search",
        "DROP TABLE card_fts",
    ],
    "indexes": ["DROP INDEX memory_due_day", "DROP INDEX review_day"],
    "double-ids": [
        f"UPDATE act SET id = {SOME_ANSWER} WHERE kind = 'suspend'",
        f"UPDATE act SET id = {SOME_ANSWER} WHERE kind = 'options'",
    ],
    "future": [
        """UPDATE review SET study_day = study_day + 2000, at = at + 172800000000
        WHERE id = (SELECT max(id) FROM review)""",
    ],
}  # fmt: skip
ALL_DAMAGES = [(code, sql) for code, many in DAMAGES.items() for sql in many]


def cured(path, clock):
    """Examine, mend and examine again; the codes found at first, and those left."""
    with open_at(path, clock) as collection:
        before = examine(collection.rows, around(clock))
        with collection.database.transaction():
            journals = _journals(_Context, collection)
            after = mend(before, journals, lambda: examine(collection.rows, around(clock)))
        assert after == examine(collection.rows, around(clock))
        return {finding.code for finding in before if not finding.notice}, after


class _Context:
    """What a repair asks for besides a collection."""

    @staticmethod
    def random_bits(count):
        """Random bits."""
        return random.getrandbits(count)


def log_lines(path):
    """All that the log recorded, without the bits that are derived."""
    with closing(sqlite3.connect(path)) as plain:
        found = set()
        for table, but in (("review", ("undone", "follows")), ("act", ("undone",))):
            names = [row[1] for row in plain.execute(f"PRAGMA table_info({table})") if row[1] not in but]
            found |= {(table, *row) for row in plain.execute(f"SELECT {', '.join(names)} FROM {table}")}
        return found


def test_a_rich_database_is_healthy(rich, path):
    """What the other tests damage is without a fault before."""
    with open_at(path, rich.clock) as collection:
        assert [
            finding for finding in examine(collection.rows, around(rich.clock)) if not finding.notice
        ] == []


@pytest.mark.parametrize(
    ("code", "sql"), ALL_DAMAGES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(ALL_DAMAGES)]
)
def test_every_damage_is_found_and_repaired(rich, path, code, sql):
    """Damage done by hand is found under its name; repaired, nothing is wrong and no line is lost."""
    whole = log_lines(path)
    damage(path, sql)
    hurt = log_lines(path)
    found, left = cured(path, rich.clock)
    assert code in found
    assert is_healthy(left), left
    with open_at(path, rich.clock) as collection:
        check_laws(collection)
    if code == "double-ids":
        assert len(log_lines(path)) >= len(whole)
    else:
        assert log_lines(path) >= hurt


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(chosen=st.lists(st.sampled_from(ALL_DAMAGES), min_size=2, max_size=5, unique=True))
def test_damages_together_are_repaired(rich, tmp_path, chosen):
    """Several damages at once leave a healthy database after one repair."""
    path = copied(rich.path, tmp_path / "cards.db")
    with closing(sqlite3.connect(path)) as plain:
        for _, sql in chosen:
            with contextlib.suppress(sqlite3.Error):  # what one damage drops, another cannot change
                plain.execute(sql)
        plain.commit()
    found, left = cured(path, rich.clock)
    assert found
    assert is_healthy(left), left


COLUMNS = {
    "memory": ("state", "step", "stability", "due_day", "due_at", "last_day", "last_id", "reps", "lapses",
               "passed", "suspended", "flagged", "buried_until", "shelf", "deck", "entry", "position"),
    "review": ("undone", "follows"),
    "act": ("undone",),
    "daily": ("again", "good", "ms", "new_cards", "cards", "mature_total", "deck", "slot"),
    "card_tag": ("tag", "card"),
    "alias": ("old", "card"),
    "options": ("hash", "body"),
    "card_search": ("key",),
}  # fmt: skip
STRAY = st.one_of(
    st.integers(0, 3),
    st.integers(-(1 << 40), 1 << 40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.binary(min_size=16, max_size=16),
    st.text("ab☃", max_size=3),
)


@pytest.fixture
def shared(tmp_path):
    """A computer that synced with another one that had imported the same file of answers, closed."""
    folder = tmp_path / "folder"
    folder.mkdir()
    laptops = [Laptop(tmp_path, name, folder) for name in ("laptop", "desk")]
    csv = tmp_path / "history.csv"
    csv.write_text(
        "card,rating,reviewed_at\n"
        + "".join(f"registry/c{card},3,2025-0{month}-02T09:00:00Z\n" for card in (0, 1) for month in (1, 4))
    )
    for each in laptops:
        each.collection.import_answers(csv)
        each.answer("c2")
    for each in (*laptops, *laptops):
        each.sync(as_name="me")
    for each in laptops:
        each.collection.close()
    assert memories(laptops[0].home / "cards.db") == memories(laptops[1].home / "cards.db")
    return laptops[0]


def memories(path):
    """All memories of a database."""
    with closing(sqlite3.connect(path)) as plain:
        return plain.execute("SELECT * FROM memory ORDER BY card").fetchall()


@pytest.mark.parametrize(
    ("code", "sql"),
    [
        ("sent", "UPDATE sync_mark SET sent_to = x'ffffffffffffffffffffffffffffffff'"),
        ("versions", "DELETE FROM review WHERE batch IS NOT NULL"),
        (
            "versions",
            "UPDATE review SET batch = (SELECT batch FROM twin t WHERE t.id = review.id)",
        ),
        ("strays", "INSERT INTO arrival VALUES ('me', 99, '', 0, x'00')"),
        ("strays", "UPDATE sync_file SET head_hash = '{'"),
        ("strays", "UPDATE sync_mark SET arrived_to = 'x'"),
    ],
)
def test_what_is_kept_for_other_devices_is_repaired(shared, code, sql):
    """Marks of shared folders and versions of imported answers are put right; a sync is as before."""
    path = shared.home / "cards.db"
    before = memories(path)
    if "SET batch" in sql:
        with closing(sqlite3.connect(path)) as plain:
            swapped = plain.execute(
                "SELECT t.id, t.batch, r.batch, t.line FROM twin t JOIN review r USING (learner, id)"
            ).fetchall()
            assert swapped
            for line, less, more, text in swapped:
                if less > more:
                    plain.execute("UPDATE review SET batch = ? WHERE id = ?", (less, line))
                    told = text.replace(less.hex(), more.hex())
                    plain.execute("UPDATE twin SET batch = ?, line = ? WHERE id = ?", (more, told, line))
            plain.commit()
    else:
        damage(path, sql)
    with open_at(path, shared.clock, device="laptop") as collection:
        found = examine(collection.rows, around(shared.clock))
        assert code in {finding.code for finding in found}
    assert cured(path, shared.clock)[1] == []
    assert memories(path) == before
    shared.collection = open_at(path, shared.clock, device="laptop", seed=3)
    shared.sync()
    assert memories(path) == before
    shared.answer("c3")
    assert shared.sync().sent >= 1


def stray(path, table, column, value, row):
    """Write a value into a column of some row, or of none where it may not stand there."""
    with closing(sqlite3.connect(path)) as plain, contextlib.suppress(sqlite3.IntegrityError):
        keys = [each[1] for each in plain.execute(f"PRAGMA table_info({table})") if each[5]]
        rows = plain.execute(f"SELECT {', '.join(keys)} FROM {table}").fetchall()
        where = " AND ".join(f"{key} IS ?" for key in keys)
        plain.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *rows[row % len(rows)]))
        plain.commit()


def assert_any_stray_value_is_cured(rich, tmp_path, table, strays):
    """After one repair nothing is wrong, and the log has every line it had."""
    path = copied(rich.path, tmp_path / "cards.db")
    whole = log_lines(path)
    for column, value, row in strays:
        stray(path, table, column, value, row)
    _, left = cured(path, rich.clock)
    assert is_healthy(left), left
    assert log_lines(path) >= whole
    with open_at(path, rich.clock) as collection:
        check_laws(collection)


def strays(table):
    """Some values in some places of a table."""
    one = st.tuples(st.sampled_from(COLUMNS[table]), STRAY, st.integers(0, 10_000))
    return st.tuples(st.just(table), st.lists(one, min_size=1, max_size=3))


ANYWHERE = st.sampled_from(sorted(COLUMNS)).flatmap(strays)
QUIETLY = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@settings(max_examples=15, **QUIETLY)
@given(where=ANYWHERE)
def test_any_stray_value_in_what_is_derived_is_cured(rich, tmp_path, where):
    """Whatever value lands in a column that is derived, of whatever type, one repair makes it right."""
    assert_any_stray_value_is_cured(rich, tmp_path, *where)


@pytest.mark.nightly
@settings(max_examples=2_000, **QUIETLY)
@given(where=ANYWHERE)
def test_any_stray_value_in_what_is_derived_is_cured_at_length(rich, tmp_path, where):
    """The same two thousand times."""
    assert_any_stray_value_is_cured(rich, tmp_path, *where)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE review SET rating = 9 WHERE id = (SELECT max(id) FROM review)",
        "UPDATE review SET card = 'text' WHERE id = (SELECT max(id) FROM review)",
        "UPDATE review SET study_day = 'soon' WHERE id = (SELECT max(id) FROM review)",
        "UPDATE act SET payload = '{' WHERE kind = 'options'",
        "UPDATE act SET kind = 'strange' WHERE kind = 'flag'",
        "UPDATE card SET tags = 'none'",
        "UPDATE card SET question = CAST(x'ff41' AS TEXT)",
        "UPDATE deck SET extra = '[]'",
    ],
)
def test_what_cannot_be_made_anew_is_told_and_left(rich, path, sql):
    """A value that cannot stand in the log or in a card is found; no repair invents another."""
    damage(path, sql)
    found, left = cured(path, rich.clock)
    assert found == {"values"}
    assert [finding.code for finding in left if not finding.notice] == ["values"]


# What is no fault of the database


def notices(collection, clock, **more):
    """The codes of what the person should know."""
    return [finding.code for finding in examine(collection.rows, around(clock, **more)) if finding.notice]


def test_a_missing_deck_file_and_a_slow_clock_are_told(tmp_path):
    """A deck whose file is gone, a clock behind the newest answer: told, and the database is healthy."""
    clock = Clock()
    with filled(tmp_path, clock, 3) as collection:
        answer_card(collection, "d0/c0", Rating.GOOD)
        assert notices(collection, clock) == []
        (tmp_path / "d0.toml").unlink()
        clock.advance(days=-1, seconds=-1)
        assert notices(collection, clock) == ["deck-file", "clock"]
        assert not wrong(collection, clock)


def test_a_database_in_a_synced_folder_is_told_of(tmp_path):
    """In WAL mode and in somebody's synced folder it is told of, with the better way."""
    clock = Clock()
    with filled(tmp_path, clock, 1) as collection:
        assert notices(collection, clock, synced_by="a folder of Dropbox") == ["synced-folder"]


@pytest.mark.parametrize(
    ("path", "mounts", "whose"),
    [
        ("/home/a/Dropbox/srs/x.db", "", "a folder of Dropbox"),
        ("/home/a/Dropbox (Work)/x.db", "", "a folder of Dropbox"),
        ("/home/a/OneDrive - Firm/x.db", "", "a folder of OneDrive"),
        ("/Users/a/Library/CloudStorage/GoogleDrive-a@b.c/My Drive/x.db", "", "a folder of Google Drive"),
        ("/Users/a/Library/Mobile Documents/com~apple~CloudDocs/x.db", "", "a folder of iCloud"),
        ("//server/share/x.db".replace("/", "\\"), "", "a network drive"),
        ("/mnt/team/x.db", "srv:/x /mnt/team nfs4 rw 0 0", "a network drive (nfs4)"),
        ("/mnt/my disk/x.db", "//srv/x /mnt/my\\040disk cifs rw 0 0", "a network drive (cifs)"),
        ("/mnt/team/in/x.db", "s:/x /mnt/team nfs rw 0 0\n/dev/a /mnt/team/in ext4 rw 0 0", None),
        ("/home/a/boxes/x.db", "/dev/a / ext4 rw 0 0\nproc /proc proc rw 0 0", None),
        ("/home/a/dropboxes/x.db", "", None),
    ],
)
def test_folders_of_others_are_known(path, mounts, whose):
    """By the names of folders and by mounts; what lies elsewhere is nobody's."""
    assert synced_by(path, mounts) == whose


def test_a_syncthing_folder_is_known_by_its_mark(tmp_path):
    """Syncthing's folders may have any name; each has its mark at its top."""
    deep = tmp_path / "any" / "name"
    deep.mkdir(parents=True)
    assert synced_by(str(deep / "x.db")) is None
    (tmp_path / "any" / ".stfolder").mkdir()
    assert synced_by(str(deep / "x.db")) == "a folder of Syncthing"


# The command


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A home with the shipped deck and three answers."""
    home = Home(tmp_path_factory.mktemp("shipped")).fill()
    done = run(home, "review", typed="\n3\n\n4\n\n1\n")
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def home(shipped, tmp_path):
    """A home of the test's own."""
    return shipped.copy(tmp_path / "home")


def test_the_command_says_that_all_is_well_and_writes_nothing(home):
    """A healthy database: one sentence, exit code 0, not a byte changed, even with --fix."""
    before = home.db.read_bytes()
    for arguments in ((), ("--fix",)):
        done = run(home, "doctor", *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "All is well: 3 answers, 156 cards\n", "")
    assert home.db.read_bytes() == before


def test_the_command_finds_then_repairs_after_a_backup(home):
    """Damage is told with exit code 1 and nothing is written; --fix keeps a backup and leaves all well."""
    damage(home.db, "UPDATE memory SET reps = reps + 1 WHERE reps > 0", "DELETE FROM card_search")
    before = home.db.read_bytes()
    told = run(home, "doctor")
    assert told.returncode == 1
    assert told.stdout.splitlines() == [
        "Wrong: the word search does not know just the cards there are",
        "Wrong: 3 memories are not what the log comes to",
    ]
    assert told.stderr == "To repair it, after a backup: srs doctor --fix\n"
    assert home.db.read_bytes() == before
    done = run(home, "doctor", "--fix")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "Repaired: the word search does not know just the cards there are; made it anew",
        "Repaired: 3 memories are not what the log comes to; folded them from the log",
        "All is well now: 3 answers, 156 cards",
    ]
    backup = lines[3].removeprefix("The database before it is kept: ")
    restored = run(home, "restore", backup)
    assert restored.returncode == 0, restored.stderr
    assert run(home, "doctor").stdout == told.stdout


def test_the_command_as_json(home):
    """`--json` has each finding with its code, its sentence and its repair, then the backup."""
    assert json.loads(run(home, "doctor", "--json").stdout) == {
        "healthy": True,
        "findings": [],
        "fixed": [],
        "backup": None,
    }
    damage(home.db, "UPDATE memory SET reps = reps + 1 WHERE reps > 0")
    found = {
        "code": "memories",
        "message": "3 memories are not what the log comes to",
        "repair": "folded them from the log",
        "learner": LEARNER,
        "count": 3,
        "notice": False,
    }
    told = run(home, "doctor", "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout) == {"healthy": False, "findings": [found], "fixed": [], "backup": None}
    done = json.loads(run(home, "doctor", "--fix", "--json").stdout)
    assert (done["healthy"], done["findings"], done["fixed"]) == (True, [], [found])
    assert "_doctor_3.db.gz" in done["backup"]


def test_an_index_that_does_not_fit_is_made_anew(home):
    """An index with a row too few is found by SQLite's own check and rebuilt."""
    with closing(sqlite3.connect(home.db)) as plain:
        plain.execute("PRAGMA writable_schema = ON")
        (root,) = plain.execute("SELECT rootpage FROM sqlite_master WHERE name = 'memory_new'").fetchone()
        plain.execute("DELETE FROM sqlite_master WHERE name = 'memory_new'")
        plain.commit()
    with closing(sqlite3.connect(home.db)) as plain:
        plain.execute("UPDATE memory SET position = position + 1000 WHERE state = 0")
        plain.commit()
        plain.execute("PRAGMA writable_schema = ON")
        sql = (
            "CREATE INDEX memory_new ON memory (learner, deck, position, card) WHERE shelf = 0 AND state = 0"
        )
        plain.execute("INSERT INTO sqlite_master VALUES ('index', 'memory_new', 'memory', ?, ?)", (root, sql))
        plain.commit()
    told = run(home, "doctor")
    assert told.returncode == 1, told.stderr
    assert "wrong with indexes" in told.stdout or "does not fit it" in told.stdout
    done = run(home, "doctor", "--fix")
    assert done.returncode == 0, done.stdout + done.stderr
    home.check()


def test_the_tolerance_of_memories_is_rounding_alone(rich, path):
    """A stability off by one part in 10^10 is rounding; by one in 10^6 it is wrong."""
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("UPDATE memory SET stability = stability * (1 + 1e-10)")
        plain.commit()
    with open_at(path, rich.clock) as collection:
        assert not wrong(collection, rich.clock)
        collection.rows("UPDATE memory SET stability = stability * (1 + 1e-6)", {})
        assert wrong(collection, rich.clock) == {"memories"}
