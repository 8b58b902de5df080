"""The quick look: a bare, read-only sqlite3 connection, for what must be there before anything loads.

It never creates or changes a database (DESIGN rule 11).
"""

from __future__ import annotations

import sqlite3

from srs.errors import DatabaseError, NotFoundError, SrsError

TYPE_CHECKING = False  # `typing` would cost `srs due --count` 4 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Self

SCHEMA = 4
"""The schema this version writes; `migrations.py` leads to it."""

BUSY_SECONDS = 5.0
"""How long a locked database is waited for."""


def check_schema(schema: int, written_by: str, this: str) -> bool:
    """Whether the database must be migrated first.

    Raises:
        DatabaseError: it was written by a newer version.
    """
    if schema > SCHEMA:
        raise DatabaseError(
            f"this database was written by srs {written_by} and this is srs {this}; nothing was touched",
            hint="update srs",
        )
    return schema < SCHEMA


def check_schema_stands(schema: str) -> None:
    """See, inside a transaction, that no newer srs has migrated the database since it was opened.

    Raises:
        DatabaseError: one has.
    """
    if schema != str(SCHEMA):
        raise DatabaseError(
            "a newer srs has changed this database meanwhile; nothing was written", "start again"
        )


def sqlite_sentence(error: BaseException, path: str) -> DatabaseError:
    """A sentence for what SQLite or the file system says when a database cannot be used.

    Raises:
        sqlite3.Error: the error itself, where it is no fault of the database but a bug of ours.
    """
    from srs.store.sentences import sentence  # noqa: PLC0415 - most looks go well

    return sentence(error, path)


def not_ours(path: str) -> DatabaseError:
    """The sentence for a database that another program made."""
    return sqlite_sentence(sqlite3.DatabaseError("no such table"), path)


def missing(path: str) -> NotFoundError:
    """The sentence for a database that does not exist."""
    return NotFoundError(
        f"there is no database `{path}`",
        hint="`srs import FILE.toml` makes one",
    )


def empty(path: str) -> NotFoundError:
    """The sentence for a database on a server in which no table is yet."""
    return NotFoundError(
        f"nothing is in the database `{path}` yet",
        hint="`srs import FILE.toml` makes the tables and takes in your first cards",
    )


class Peek:
    """A read-only look at a SQLite database.

    Raises:
        NotFoundError: there is no such file.
        DatabaseError: it cannot be read, is newer, or must be migrated first (`needs_migration`).
    """

    def __init__(self, path: str, this_version: str) -> None:
        self.path = path
        self._connection = _connect(path)
        try:
            if not self._connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall():
                # Its making was cut short; the next import makes it.
                raise missing(path)
            facts = dict(self._connection.execute("SELECT name, value FROM meta").fetchall())
            self.schema = int(facts["schema"])
            self.needs_migration = check_schema(self.schema, facts.get("written_by", "?"), this_version)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._connection.close()
            raise sqlite_sentence(error, path) from error
        except (KeyError, ValueError) as error:
            self._connection.close()
            raise not_ours(path) from error
        except SrsError:
            self._connection.close()
            raise

    def rows(self, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a query with `:name` parameters."""
        try:
            return self._connection.execute(sql, params).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # A damaged schema makes SQLite name what is no text, and the driver stumbles over its message.
            raise sqlite_sentence(error, self.path) from error

    def look_at_a_copy(self, fill: Callable[[sqlite3.Connection, sqlite3.Connection, int], None]) -> None:
        """Look at a copy in memory from now on; `fill` copies and brings it up from a schema."""
        copy = sqlite3.connect(":memory:", isolation_level=None)
        try:
            fill(self._connection, copy, self.schema)
        except sqlite3.Error as error:
            copy.close()
            raise sqlite_sentence(error, self.path) from error
        self._connection.close()
        self._connection = copy
        self.needs_migration = False

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _connect(path: str) -> sqlite3.Connection:
    from os.path import abspath, isfile  # noqa: PLC0415 - pathlib costs more than the whole look

    if not isfile(path):
        raise missing(path)
    uri = "file:" + abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    for mode in ("?mode=ro", "?mode=ro&immutable=1"):
        connection = sqlite3.connect(uri + mode, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")
        except sqlite3.OperationalError as error:
            connection.close()
            # A WAL database in a folder that cannot be written to opens only as immutable; which of the
            # two SQLite says of it depends on its version.
            told = str(error)
            if "immutable" in mode or not ("unable to open" in told or "readonly" in told):
                raise sqlite_sentence(error, path) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            connection.close()
            raise sqlite_sentence(error, path) from error
        else:
            return connection
    raise AssertionError("unreachable: the last mode returns or raises")
