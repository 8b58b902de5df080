"""A database on a PostgreSQL server, with the interface of a SQLite file's (`database.py`).

Isolation is READ COMMITTED, and writing is kept apart by advisory locks that end with the transaction.
A transaction of one learner's own lines shares the lock of the whole database and holds that learner's
alone; one that writes what is everybody's (decks, joins) holds the whole alone. Nobody asks for a
second lock while holding one that another waits for, so nobody waits in a circle. The locks come
before anything is read, and at READ COMMITTED each statement sees what was committed before it began:
what is read under the lock is the newest there is, so that ids of lines only ever rise and an answer
given elsewhere is seen.
"""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg
from sqlalchemy import event, exc
from sqlalchemy.pool import NullPool
from sqlmodel import create_engine

from srs.errors import DatabaseError
from srs.places import shown_database
from srs.store import migrations, server_schema
from srs.store.database import Database
from srs.store.dialect import for_postgres
from srs.store.peek import check_schema, empty
from srs.store.server_link import connect, prepare, run, sentence
from srs.store.server_peek import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.engine import ExecutionContext

_SPACE = 0x737273
"""The first half of every lock's number: "srs"."""
_WHOLE = 0


class ServerDatabase(Database):
    """A PostgreSQL database, open for reading and writing; made through `ServerDatabase.at`."""

    def __init__(self, url: str, connection: Connection) -> None:
        # Not the file's own: there is no file, and another driver.
        self.url = url
        self.path = Path(shown_database(url))
        self.connection = connection
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - narrows the type, cannot fail here
        self._link = driver

    @classmethod
    def at(cls, url: str, version: str, *, create: bool = False) -> Self:
        """Open the database at a URL, migrating it if it is older; with `create`, fill it if it is empty.

        The database itself and who may use it are made on the server.

        Raises:
            NotFoundError: it is empty and `create` is off.
            DatabaseError: it cannot be reached or used, is newer, or of another program.
        """
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect(url),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
        )
        event.listen(engine, "before_cursor_execute", _translate, retval=True)
        try:
            database = cls(url, engine.connect())
        except exc.DBAPIError as error:
            raise sentence(_original(error), url) from None
        try:
            prepare(database._link)
            database._make_ready(version, create=create)
        except BaseException:
            database.close()
            raise
        return database

    def rows(self, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a query with `:name` parameters, outside or inside a transaction."""
        try:
            return run(self._link, for_postgres(sql), params)
        except psycopg.Error as error:
            raise sentence(error, self.url) from error

    def run(self, sql: str, params: dict[str, Any]) -> int:
        """Run a statement inside a transaction; returns how many rows it changed."""
        return self._link.execute(for_postgres(sql), params).rowcount

    def run_many(self, sql: str, params: Sequence[dict[str, Any]]) -> None:
        """Run a statement for each set of parameters, inside a transaction."""
        with self._link.cursor() as cursor:
            cursor.executemany(for_postgres(sql), params)

    @contextmanager
    def transaction(self, learner: str | None = None) -> Iterator[Connection]:
        """One write transaction: committed on the server when the block ends, rolled back if it raises.

        With a `learner` others go on writing: only rows of that learner may be written then.

        Raises:
            DatabaseError: nothing was written; the sentence says why.
        """
        try:
            self._link.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
            self._lock(learner)
            yield self.connection
            self._link.execute("COMMIT")
        except (psycopg.Error, exc.DBAPIError) as error:
            self._roll_back()
            raise sentence(_original(error), self.url) from error
        except BaseException:
            self._roll_back()
            raise

    def _lock(self, learner: str | None) -> None:
        if learner is None:
            self._link.execute("SELECT pg_advisory_xact_lock(%s::int4, %s::int4)", (_SPACE, _WHOLE))
        else:
            self._link.execute("SELECT pg_advisory_xact_lock_shared(%s::int4, %s::int4)", (_SPACE, _WHOLE))
            self._link.execute(
                "SELECT pg_advisory_xact_lock(%s::int4, %s::int4)", (_SPACE, lock_number(learner))
            )

    def _roll_back(self) -> None:
        try:
            if self._link.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self._link.execute("ROLLBACK")
        except psycopg.Error:
            self.connection.invalidate()

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()
        self.connection.engine.dispose()

    def _make_ready(self, version: str, *, create: bool) -> None:
        schema, written_by = schema_of(self._link, self.url)
        if schema is not None and not check_schema(schema, written_by, version):
            return
        if schema is None and not create:
            raise empty(shown_database(self.url))
        with self.transaction() as connection:
            # Read again: another program may have made it while this one waited to write.
            schema, written_by = schema_of(self._link, self.url)
            if schema is None:
                server_schema.create(connection, version)
            elif check_schema(schema, written_by, version):
                if schema < server_schema.FIRST:
                    raise DatabaseError(
                        f"this database was written by srs {written_by}, which knew no servers;"
                        " nothing was touched"
                    )
                migrations.migrate(connection, schema, version, steps=server_schema.STEPS)


def lock_number(learner: str) -> int:
    """The number of a learner's lock, never that of the whole."""
    number = int.from_bytes(sha256(learner.encode()).digest()[:4], "big") - (1 << 31)
    return number or 1


def _translate(
    _connection: object,
    _cursor: object,
    statement: str,
    parameters: object,
    context: ExecutionContext | None,
    _many: bool,
) -> tuple[str, object]:
    """Statements of ours are written for both databases; those of SQLAlchemy's own for this one."""
    own = context is None or getattr(context, "compiled", None) is not None
    return (statement if own else for_postgres(statement)), parameters


def _original(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
