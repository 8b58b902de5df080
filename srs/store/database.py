"""One connection to a database: opening, making, migrating, transactions, errors as sentences.

Statements are SQL text with `:name` parameters run at the driver level: they are written once, shared
with the quick look, and the answer path does not pay for what an ORM would build around them. The
tables themselves are SQLModel classes (`tables.py`).
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import URL, event, exc
from sqlalchemy.pool import NullPool
from sqlmodel import create_engine

from srs.store import migrations
from srs.store.peek import BUSY_SECONDS, check_schema, missing, not_ours, sqlite_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from sqlalchemy import Connection

_PAUSE_SECONDS = 0.01

# Ctrl-C while a connection closes would be logged with its traceback, and nobody is asked where to.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())


class Database:
    """A SQLite database, open for reading and writing; made through `Database.open`."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self.path = path
        self.connection = connection
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - narrows the type, cannot fail here
        self._driver = driver

    @classmethod
    def open(
        cls,
        path: Path,
        version: str,
        *,
        create: bool = False,
        busy_seconds: float = BUSY_SECONDS,
        before_migrating: Callable[[Path, int], object] | None = None,
    ) -> Self:
        """Open a database, migrating it if it is older; with `create`, make it (mode 0600) if missing.

        `before_migrating(path, schema)` is called first, to keep a copy; by default one beside the file.
        A database that another program writes to is waited for `busy_seconds`.

        Raises:
            NotFoundError: there is none and `create` is off.
            DatabaseError: it is locked, newer, damaged, read-only, or the disk is full.
        """
        if create:
            _make_file(path)
        elif not os.path.isfile(path):  # noqa: PTH113 - pathlib raises where a folder may not be looked into
            raise missing(str(path))
        with _sentences(path):
            database = cls(path, _connect(URL.create("sqlite", database=str(path.absolute())), busy_seconds))
        try:
            with _sentences(path):
                database._bring_up_to_date(
                    version,
                    create=create,
                    busy_seconds=busy_seconds,
                    before_migrating=before_migrating or keep_copy,
                )
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def in_memory(cls, version: str) -> Self:
        """An empty database that is never written to a disk."""
        database = cls(Path(":memory:"), _connect(URL.create("sqlite")))
        with database.transaction() as connection:
            migrations.create(connection, version)
        return database

    def rows(self, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a query with `:name` parameters, outside or inside a transaction."""
        try:
            return self._driver.execute(sql, params).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise sqlite_sentence(error, str(self.path)) from error

    def run(self, sql: str, params: dict[str, Any]) -> int:
        """Run a statement inside a transaction; returns how many rows it changed."""
        return self._driver.execute(sql, params).rowcount

    def run_many(self, sql: str, params: Sequence[dict[str, Any]]) -> None:
        """Run a statement for each set of parameters, inside a transaction."""
        self._driver.executemany(sql, params)

    @contextmanager
    def transaction(self, learner: str | None = None) -> Iterator[Connection]:  # noqa: ARG002 - a server's
        """One write transaction: committed on disk when the block ends, rolled back if it raises.

        On a server one of a `learner`, who alone is written of, leaves the others free to write.

        Raises:
            DatabaseError: nothing was written; the sentence says why.
        """
        try:
            self._driver.execute("BEGIN IMMEDIATE")
            yield self.connection
            self._driver.execute("COMMIT")
        except (sqlite3.Error, exc.DBAPIError) as error:
            self._roll_back()
            raise sqlite_sentence(_original(error), str(self.path)) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # A full disk makes SQLite roll back by itself; there is nothing left to roll back then.
        if self._driver.in_transaction:
            try:
                self._driver.execute("ROLLBACK")
            except sqlite3.Error:
                self.connection.invalidate()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()
        self.connection.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bring_up_to_date(
        self,
        version: str,
        *,
        create: bool,
        busy_seconds: float,
        before_migrating: Callable[[Path, int], object],
    ) -> None:
        schema, written_by = self._schema()
        if schema is None:
            if not create:
                raise missing(str(self.path))
            self._turn_to_wal(busy_seconds)
            with self.transaction() as connection:
                if self._schema()[0] is None:
                    migrations.create(connection, version)
            return
        if check_schema(schema, written_by, version):
            with self.transaction() as connection:
                # Read again: another program may have migrated it while this one waited to write.
                schema, written_by = self._schema()
                if schema is not None and check_schema(schema, written_by, version):
                    before_migrating(self.path, schema)
                    migrations.migrate(connection, schema, version)
        if self.rows("PRAGMA journal_mode", {}) != [("wal",)]:
            self._turn_to_wal(busy_seconds)

    def _turn_to_wal(self, busy_seconds: float) -> None:
        """Log writes ahead, from now on and for everybody.

        Of two programs that do it at once SQLite refuses one without letting it wait.
        """
        self._driver.execute("PRAGMA busy_timeout = 0")
        for left in reversed(range(max(1, round(busy_seconds / _PAUSE_SECONDS)))):
            try:
                self._driver.execute("PRAGMA journal_mode = WAL").fetchall()
                break
            except sqlite3.OperationalError as error:
                if not left or "locked" not in str(error):
                    raise
                time.sleep(_PAUSE_SECONDS)
        self._driver.execute(f"PRAGMA busy_timeout = {round(busy_seconds * 1000)}")

    def _schema(self) -> tuple[int | None, str]:
        """The schema number and who wrote it; None for an empty database."""
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1", {}):
            return None, ""
        facts = dict(self.rows("SELECT name, value FROM meta", {}))
        if not facts.get("schema", "").isdigit():
            raise not_ours(str(self.path))
        return int(facts["schema"]), facts.get("written_by", "?")


def keep_copy(path: Path, schema: int) -> Path:
    """Keep a copy of the database, as it was last committed, beside it; returns its path."""
    copy = path.with_name(f"{path.name}.schema{schema}.bak")
    draft = copy.with_name(copy.name + ".part")
    _make_file(draft)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(draft)) as target:
        source.backup(target)
    draft.replace(copy)
    return copy


def _connect(url: URL, busy_seconds: float = BUSY_SECONDS) -> Connection:
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"timeout": busy_seconds}
    )
    event.listen(engine, "connect", _prepare)
    return engine.connect()


def _original(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig else error


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say while a database is opened into sentences."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error, OSError) as error:
        raise sqlite_sentence(_original(error), str(path)) from error


def _make_file(path: Path) -> None:
    """Make an empty private file (0600) unless there is one; folders above it are made private."""
    try:
        # `mkdir(parents=True)` gives the mode to the last folder alone.
        for folder in (*reversed(path.parent.parents), path.parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        # Only ever made here, never opened: closing a file drops every lock this process holds on it,
        # and another connection to the same database would lose its hold on the log of writes.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not os.path.isfile(path):  # noqa: PTH113 - as above
            raise sqlite_sentence(IsADirectoryError("is a directory"), str(path)) from None
    except OSError as error:
        raise sqlite_sentence(error, str(path)) from error


def _prepare(driver: sqlite3.Connection, _record: object) -> None:
    """Durability for every commit (DESIGN rule 1), on each new connection."""
    driver.execute("PRAGMA synchronous = FULL")
    # An answer leaves nine pages in the log of writes. What it holds goes into the database every 400
    # answers, not every 100; a page that changed often goes once, and fewer answers wait for it.
    driver.execute("PRAGMA wal_autocheckpoint = 4000")
    if sys.platform == "darwin":
        driver.execute("PRAGMA fullfsync = ON")
        driver.execute("PRAGMA checkpoint_fullfsync = ON")
