"""One connection to a database: opening, making, migrating, transactions, errors as sentences.

Statements are SQL text with `:name` parameters run at the driver level: they are written once, shared
with the quick look, and the answer path does not pay for what an ORM would build around them. The
tables themselves are SQLModel classes (`tables.py`).
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import event, exc
from sqlalchemy.pool import NullPool
from sqlmodel import create_engine

from srs.store import migrations
from srs.store.peek import BUSY_SECONDS, check_schema, missing, sqlite_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection


class Database:
    """A SQLite database, open for reading and writing; made through `Database.open`."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self.path = path
        self.connection = connection
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - narrows the type, cannot fail here
        self._driver = driver

    @classmethod
    def open(cls, path: Path, version: str, *, create: bool = False) -> Self:
        """Open a database, migrating it if it is older; with `create`, make it (mode 0600) if missing.

        Raises:
            NotFoundError: there is none and `create` is off.
            DatabaseError: it is locked, newer, damaged, read-only, or the disk is full.
        """
        if create:
            _make_file(path)
        elif not path.is_file():
            raise missing(str(path))
        try:
            database = cls(path, _connect(f"sqlite:///{path}"))
        except (exc.DBAPIError, sqlite3.Error) as error:
            raise sqlite_sentence(_original(error), str(path)) from error
        try:
            database._bring_up_to_date(version, create=create)
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def in_memory(cls, version: str) -> Self:
        """An empty database that is never written to a disk."""
        database = cls(Path(":memory:"), _connect("sqlite://"))
        with database.transaction() as connection:
            migrations.create(connection, version)
        return database

    def rows(self, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a query with `:name` parameters, outside or inside a transaction."""
        try:
            return self._driver.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise sqlite_sentence(error, str(self.path)) from error

    def run(self, sql: str, params: dict[str, Any]) -> int:
        """Run a statement inside a transaction; returns how many rows it changed."""
        return self._driver.execute(sql, params).rowcount

    def run_many(self, sql: str, params: Sequence[dict[str, Any]]) -> None:
        """Run a statement for each set of parameters, inside a transaction."""
        self._driver.executemany(sql, params)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One write transaction: committed on disk when the block ends, rolled back if it raises.

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

    def _bring_up_to_date(self, version: str, *, create: bool) -> None:
        schema, written_by = self._schema()
        if schema is None:
            if not create:
                raise missing(str(self.path))
            self._driver.execute("PRAGMA journal_mode = WAL").fetchall()
            with self.transaction() as connection:
                if self._schema()[0] is None:
                    migrations.create(connection, version)
        elif check_schema(schema, written_by, version):
            keep_copy(self.path, self._driver, schema)
            with self.transaction() as connection:
                again = self._schema()[0]
                if again is not None:
                    migrations.migrate(connection, again, version)

    def _schema(self) -> tuple[int | None, str]:
        """The schema number and who wrote it; None for an empty database."""
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1", {}):
            return None, ""
        facts = dict(self.rows("SELECT name, value FROM meta", {}))
        if not facts.get("schema", "").isdigit():
            raise sqlite_sentence(sqlite3.DatabaseError("no such table"), str(self.path))
        return int(facts["schema"]), facts.get("written_by", "?")


def keep_copy(path: Path, driver: sqlite3.Connection, schema: int) -> Path:
    """Keep a copy of the database beside it before a migration; returns its path."""
    copy = path.with_name(f"{path.name}.schema{schema}.bak")
    draft = copy.with_name(copy.name + ".part")
    _make_file(draft)
    target = sqlite3.connect(draft)
    try:
        driver.backup(target)
    finally:
        target.close()
    draft.replace(copy)
    return copy


def _connect(url: str) -> Connection:
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare)
    return engine.connect()


def _original(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig else error


def _make_file(path: Path) -> None:
    """Make an empty private file (0600) unless there is one; folders above it are made private."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise sqlite_sentence(error, str(path)) from error


def _prepare(driver: sqlite3.Connection, _record: object) -> None:
    """Durability for every commit (DESIGN rule 1), on each new connection."""
    driver.execute("PRAGMA synchronous = FULL")
    if sys.platform == "darwin":
        driver.execute("PRAGMA fullfsync = ON")
        driver.execute("PRAGMA checkpoint_fullfsync = ON")
