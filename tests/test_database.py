"""The database file: private, durable, refused with a sentence when it cannot be used, migrated safely."""

import os
import shutil
import sqlite3
import stat
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from world import Clock, answer_next, filled, open_at, started

from srs.errors import DatabaseError, NotFoundError, SrsError
from srs.model import Rating
from srs.store.database import Database
from srs.store.peek import SCHEMA, Peek

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


def refused(path, *, create=False, kind=DatabaseError, busy=0.1):
    """The error of opening a database that cannot be used; the file stays as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(kind) as caught:
        Database.open(path, VERSION, create=create, busy_seconds=busy)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert sorted(found.name for found in path.parent.glob(path.name + "*")) in ([path.name], [])
    return caught.value


# The file.


@pytest.mark.skipif(os.name == "nt", reason="file modes are not Windows'")
def test_a_new_database_is_private(tmp_path):
    """The file is made with mode 0600 and folders above it with 0700, whatever the umask allows."""
    mask = os.umask(0)
    try:
        with Database.open(tmp_path / "deep" / "er" / "cards.db", VERSION, create=True) as database:
            modes = {
                found.name: stat.S_IMODE(found.stat().st_mode) for found in database.path.parent.iterdir()
            }
    finally:
        os.umask(mask)
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE((tmp_path / "deep" / "er").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_every_connection_is_durable(path, clock):
    """The file is in WAL mode and each commit waits for the disk (synchronous = FULL)."""
    with open_at(path, clock, durable=True) as collection:
        assert collection.rows("PRAGMA journal_mode", {}) == [("wal",)]
        assert collection.rows("PRAGMA synchronous", {}) == [(2,)]


def test_a_database_that_left_wal_mode_is_brought_back(path, clock):
    """A copy made in another journal mode (VACUUM INTO, a backup tool) is durable in ours again."""
    plain = sqlite3.connect(path)
    plain.execute("PRAGMA journal_mode = DELETE")
    plain.close()
    with open_at(path, clock) as collection:
        assert collection.rows("PRAGMA journal_mode", {}) == [("wal",)]


def test_only_creating_makes_a_file(tmp_path):
    """Opening what is not there is said and makes nothing, neither file nor folder."""
    missing = tmp_path / "no" / "cards.db"
    with pytest.raises(NotFoundError, match="there is no database"):
        Database.open(missing, VERSION)
    assert not missing.parent.exists()


def test_creating_what_is_there_changes_nothing(path, clock):
    """`create` on a database that exists opens it as it is."""
    with open_at(path, clock, create=True) as collection:
        assert collection.rows("SELECT count(*) FROM review", {}) == [(1,)]


# Files that cannot be used.


def test_a_newer_database_is_refused_and_left_as_it_was(path):
    """The sentence names both versions, the hint what to do, no byte changes; so for the quick look."""
    plain = sqlite3.connect(path)
    plain.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (str(SCHEMA + 1),))
    plain.execute("UPDATE meta SET value = '0.9' WHERE name = 'written_by'")
    plain.commit()
    plain.close()
    error = refused(path)
    assert str(error) == ("this database was written by srs 0.9 and this is srs 0.7; nothing was touched")
    assert (error.hint, error.exit_code) == ("update srs", 4)
    assert str(refused(path, create=True)) == str(error)
    with pytest.raises(DatabaseError, match="nothing was touched"):
        Peek(str(path), VERSION)


def garbage(path):
    """A file that is no database."""
    path.write_bytes(b"front,back\n" * 500)


def foreign(path):
    """Another program's database."""
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, flds TEXT)")
    plain.close()


def foreign_meta(path):
    """Another program's database with a table of our name."""
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE meta (name TEXT, value TEXT)")
        plain.execute("INSERT INTO meta VALUES ('schema', 'two')")
    plain.close()


def foreign_columns(path):
    """Another program's database with a table of our name and other columns."""
    with sqlite3.connect(path) as plain:
        plain.execute("CREATE TABLE meta (id INTEGER)")
    plain.close()


@pytest.mark.parametrize("make", [garbage, foreign, foreign_meta, foreign_columns])
@pytest.mark.parametrize("create", [False, True])
def test_a_file_that_is_not_ours_is_refused(tmp_path, make, create):
    """A foreign file is refused with a sentence and stays byte for byte what it was."""
    path = tmp_path / "cards.db"
    make(path)
    error = refused(path, create=create)
    assert error.exit_code == 4
    assert "not an srs database" in str(error)
    with pytest.raises(DatabaseError, match="not an srs database"):
        Peek(str(path), VERSION)


def test_an_empty_file_is_no_database_unless_one_is_made(tmp_path):
    """An empty file is refused by whatever only reads; import makes a database of it."""
    path = tmp_path / "cards.db"
    path.touch()
    assert "no database" in str(refused(path, kind=NotFoundError))
    with pytest.raises((NotFoundError, DatabaseError)):
        Peek(str(path), VERSION)
    Database.open(path, VERSION, create=True).close()
    Database.open(path, VERSION).close()


@pytest.mark.parametrize("kept", [100, 4_096, 0.5, 0.9])
def test_a_truncated_database_is_refused(path, clock, kept):
    """A file cut short is refused when opened or when the missing part is read, always with a sentence."""
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(len(whole) * kept)])

    def use_it():
        with open_at(path, clock) as collection:
            for table in ("meta", "deck", "card", "review", "act", "options", "memory"):
                collection.rows(f"SELECT * FROM {table}", {})
            answer_next(started(collection), clock, Rating.GOOD)

    with pytest.raises(DatabaseError, match=r"damaged|not an srs database"):
        use_it()


def test_a_folder_is_no_database(tmp_path):
    """A folder in the place of the database is refused with a sentence."""
    with pytest.raises((NotFoundError, DatabaseError)):
        Database.open(tmp_path, VERSION)
    with pytest.raises(DatabaseError, match="cannot be opened"):
        Database.open(tmp_path, VERSION, create=True)
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="cannot be opened"):
        Database.open(tmp_path / "file" / "cards.db", VERSION, create=True)


# Read-only. Root may write anywhere, so root is nobody for a while.


@contextmanager
def as_nobody():
    """Without the rights of root, where the tests have them."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def told(doing):
    """What a person reads of something: the exit code and the sentence, or `ok`."""
    with as_nobody():
        try:
            return f"ok {doing()}"
        except SrsError as error:
            return f"{error.exit_code} {error}"


@pytest.fixture
def for_nobody(path):
    """A folder of nobody's with the database in it, and what writing and reading there say."""
    if os.name == "nt":
        pytest.skip("file modes are not Windows'")
    folder = Path(tempfile.mkdtemp())
    target = folder / "cards.db"
    shutil.copy(path, target)
    if os.geteuid() == 0:
        os.chown(folder, 65_534, 65_534)
        os.chown(target, 65_534, 65_534)

    def write(create):
        database = Database.open(target, VERSION, create=create, busy_seconds=0.1)
        with closing(database), database.transaction():
            database.run("UPDATE meta SET value = 'x' WHERE name = 'written_by'", {})

    def read():
        with Peek(str(target), VERSION) as peek:
            return peek.rows("SELECT count(*) FROM review", {})

    yield folder, lambda *, create=False: (told(lambda: write(create)), told(read))
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_read_only_file_can_be_looked_at_and_not_written(for_nobody):
    """Without write permission a session says so in a sentence; the quick look still counts."""
    folder, run = for_nobody
    (folder / "cards.db").chmod(0o400)
    written, read = run()
    assert written == f"4 the database `{folder / 'cards.db'}` is read-only"
    assert read == "ok [(1,)]"


def test_a_read_only_folder_can_be_looked_at_and_not_written(for_nobody):
    """A database in a folder that cannot be written to is read as it is, and refused for writing."""
    folder, run = for_nobody
    folder.chmod(0o500)
    written, read = run()
    assert written.startswith("4 the database ")
    assert read == "ok [(1,)]"


def test_a_read_only_empty_file_is_refused_when_a_database_is_to_be_made(for_nobody):
    """Making a database in an empty file that cannot be written is refused with a sentence."""
    folder, run = for_nobody
    (folder / "cards.db").write_bytes(b"")
    (folder / "cards.db").chmod(0o400)
    assert run(create=True)[0].startswith("4 the database ")


def test_a_hidden_folder_is_refused(for_nobody):
    """A folder nobody may look into gives a sentence, for reading and for making."""
    folder, run = for_nobody
    folder.chmod(0o000)
    for create in (False, True):
        written, read = run(create=create)
        assert written[0] in "34"
        assert read[0] in "34"
