"""Schemas of every release, and the way from one to the next."""

import os
import sqlite3
import stat
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from world import Clock, answer_card, answer_next, check_laws, filled, open_at, started

from srs.errors import DatabaseError
from srs.model import Rating
from srs.store import migrations
from srs.store.database import Database, keep_copy
from srs.store.peek import SCHEMA, Peek

pytestmark = pytest.mark.sqlite_file

VERSION = "0.7"
KEPT = f"cards.db.schema{SCHEMA}.bak"
SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))


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


def restored(dump, path):
    """A database file made from an SQL dump."""
    plain = sqlite3.connect(path)
    plain.executescript(dump.read_text(encoding="utf-8"))
    plain.execute("PRAGMA journal_mode = WAL")
    plain.close()
    return path


def test_there_is_a_dump_of_every_schema():
    """Each schema that was ever released is kept as SQL, the newest among them."""
    assert [dump.name for dump in SCHEMAS] == [f"{number}.sql" for number in range(1, SCHEMA + 1)]


@pytest.mark.parametrize("dump", SCHEMAS, ids=lambda dump: dump.name)
def test_a_database_of_every_schema_opens_and_works(tmp_path, clock, dump):
    """A database of an earlier release is brought up to date, its log folds to its memories, and goes on."""
    path = restored(dump, tmp_path / "cards.db")
    clock.advance(days=400)
    with open_at(path, clock) as collection:
        assert dict(collection.rows("SELECT name, value FROM meta", {}))["schema"] == str(SCHEMA)
        assert len(check_laws(collection)) > 10
        answer_next(started(collection), clock, Rating.GOOD)
        collection.undo()
        collection.undo()
        check_laws(collection)


def test_the_newest_dump_is_what_a_new_database_looks_like(tmp_path):
    """Tables and indexes of a new database are those of the newest dump: a change needs a migration."""
    old = restored(SCHEMAS[-1], tmp_path / "old.db")
    Database.open(tmp_path / "new.db", VERSION, create=True).close()
    shapes = []
    for path in (old, tmp_path / "new.db"):
        plain = sqlite3.connect(path)
        shapes.append(
            sorted(
                " ".join(sql.split())
                for (sql,) in plain.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
            )
        )
        plain.close()
    assert shapes[0] == shapes[1]


def add_colour(connection):
    """A made-up migration: a column and a table more."""
    connection.exec_driver_sql("ALTER TABLE card ADD COLUMN colour TEXT")
    connection.exec_driver_sql("CREATE TABLE pigment (name TEXT PRIMARY KEY)")
    connection.exec_driver_sql("UPDATE card SET colour = 'red'")


def fail_after_much(connection):
    """A made-up migration that breaks off after it has changed tables."""
    add_colour(connection)
    connection.exec_driver_sql("DROP TABLE options")
    raise RuntimeError("the lights went out")


def everything_in(path):
    """All that a database holds, as SQL."""
    plain = sqlite3.connect(path)
    try:
        return list(plain.iterdump())
    finally:
        plain.close()


def test_a_migration_is_carried_out_whole(path):
    """A step changes tables and rows, and the schema number goes with it."""
    with Database.open(path, VERSION) as database:
        with database.transaction() as connection:
            migrations.migrate(connection, SCHEMA, "0.8", steps={SCHEMA: add_colour}, newest=SCHEMA + 1)
        assert set(database.rows("SELECT colour FROM card", {})) == {("red",)}
        assert dict(database.rows("SELECT name, value FROM meta", {})) == {
            "schema": str(SCHEMA + 1),
            "written_by": "0.8",
        }


def test_a_migration_that_fails_leaves_everything_as_it_was(path):
    """A step that raises after it changed tables leaves the schema with all its tables and rows."""
    before = everything_in(path)
    database = Database.open(path, VERSION)
    with closing(database), pytest.raises(RuntimeError), database.transaction() as connection:
        migrations.migrate(connection, SCHEMA, "0.8", steps={SCHEMA: fail_after_much}, newest=SCHEMA + 1)
    assert everything_in(path) == before


def test_a_copy_is_kept_before_a_migration(path, monkeypatch):
    """Opening an older database keeps a private copy of it as it was, then migrates."""
    before = everything_in(path)
    upgrade(monkeypatch, add_colour)
    Database.open(path, "0.8").close()
    copy = path.with_name(KEPT)
    assert everything_in(copy) == before
    assert everything_in(path) != before
    if os.name != "nt":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.glob("*.part")] == []


def test_a_copy_is_not_replaced_by_one_made_too_late(path, monkeypatch):
    """Of two programs that migrate at once the later keeps no copy of what the first has changed."""
    before = everything_in(path)
    upgrade(monkeypatch, add_colour)
    first = Database.open(path, "0.8")
    first.close()
    stale = iter([(SCHEMA, "0.7")])
    real = Database._schema
    monkeypatch.setattr(Database, "_schema", lambda self: next(stale, None) or real(self))
    Database.open(path, "0.8").close()
    assert everything_in(path.with_name(KEPT)) == before


def test_a_failed_migration_leaves_the_database_usable_by_the_version_before(path, monkeypatch):
    """When a step raises, the copy is there and the database opens in the old version as ever."""
    before = everything_in(path)
    with monkeypatch.context() as newer:
        upgrade(newer, fail_after_much)
        with pytest.raises(RuntimeError):
            Database.open(path, "0.8")
    assert everything_in(path) == before
    Database.open(path, VERSION).close()


def test_a_copy_that_cannot_be_kept_stops_the_migration(path, monkeypatch):
    """Where the copy has no place, a sentence is said and nothing is migrated."""
    before = everything_in(path)
    upgrade(monkeypatch, add_colour)
    path.with_name(KEPT).mkdir()
    with pytest.raises(DatabaseError):
        Database.open(path, "0.8")
    assert everything_in(path) == before


def upgrade(monkeypatch, step):
    """Pretend that there is a newer schema and that this step leads to it."""
    from srs.store import peek

    monkeypatch.setattr(peek, "SCHEMA", SCHEMA + 1)
    monkeypatch.setattr(migrations, "SCHEMA", SCHEMA + 1)
    monkeypatch.setattr(migrations, "STEPS", {SCHEMA: step})


def test_a_kept_copy_holds_what_is_still_in_the_write_ahead_log(path, clock):
    """The copy is of the database as it is, also of answers not yet moved into the main file."""
    with open_at(path, clock, seed=3) as collection:
        answer_card(collection, "d0/c3", Rating.GOOD)
        copy = keep_copy(path, SCHEMA)
    plain = sqlite3.connect(copy)
    assert plain.execute("SELECT count(*) FROM review").fetchone() == (2,)
    plain.close()


@pytest.mark.parametrize("dump", SCHEMAS[:-1], ids=lambda dump: dump.name)
def test_a_migrated_database_has_the_tables_of_a_new_one(tmp_path, dump):
    """Every table has the columns, and every index the form, that it has in a new database."""
    shapes = []
    for path in (restored(dump, tmp_path / "old.db"), tmp_path / "new.db"):
        Database.open(path, VERSION, create=True).close()
        plain = sqlite3.connect(path)
        tables = [name for (name,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {
            table: {row[1:] for row in plain.execute(f"SELECT * FROM pragma_table_info('{table}')")}
            for table in tables
        }
        indexes = set(plain.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))
        plain.close()
        shapes.append((columns, indexes))
    old, new = shapes
    assert {name: {row[0] for row in rows} for name, rows in old[0].items()} == {
        name: {row[0] for row in rows} for name, rows in new[0].items()
    }
    assert old[1] == new[1]


@pytest.mark.parametrize("dump", SCHEMAS[:-1], ids=lambda dump: dump.name)
def test_a_look_at_an_older_database_changes_nothing(tmp_path, dump):
    """A command that only reads works on a copy brought up to date in memory; the file keeps its bytes."""
    path = restored(dump, tmp_path / "cards.db")
    before = path.read_bytes()
    peek = Peek(str(path), VERSION)
    assert peek.needs_migration
    peek.look_at_a_copy(partial(migrations.migrate_copy, version=VERSION))
    assert peek.rows("SELECT count(*) FROM memory WHERE passed = 1", {})[0][0] > 0
    assert peek.rows("SELECT value FROM meta WHERE name = 'schema'", {}) == [(str(SCHEMA),)]
    peek.close()
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir() if "bak" in found.name] == []
