"""The quick look at a database on a server: one connection that only reads, and no SQLAlchemy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import psycopg

from srs.places import shown_database
from srs.store.dialect import for_postgres
from srs.store.peek import Peek, check_schema, empty, not_ours
from srs.store.server_link import connect, run, sentence

if TYPE_CHECKING:
    from srs.store.server_link import Link

_TABLES = (
    "SELECT to_regclass('meta') IS NOT NULL, EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n"
    " ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r')"
)


class ServerPeek(Peek):
    """A read-only look at a PostgreSQL database.

    Raises:
        NotFoundError: it is there and empty.
        DatabaseError: it cannot be reached or read, or is newer.
    """

    def __init__(self, url: str, this_version: str) -> None:
        self.path = url
        self._link = connect(url)
        try:
            self._link.execute("SET default_transaction_read_only = on")
            self.schema, written_by = _existing(self._link, url)
            # A server is brought up to date by whoever writes first; there is no copy to look at.
            self.needs_migration = check_schema(self.schema, written_by, this_version)
        except psycopg.Error as error:
            self._link.close()
            raise sentence(error, url) from error
        except BaseException:
            self._link.close()
            raise

    def rows(self, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a query with `:name` parameters; after `BEGIN` all of them see the same moment."""
        sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if sql == "BEGIN" else for_postgres(sql)
        try:
            return run(self._link, sql, params)
        except psycopg.Error as error:
            raise sentence(error, self.path) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()

    def __enter__(self) -> Self:
        return self


def _existing(link: Link, url: str) -> tuple[int, str]:
    schema, written_by = schema_of(link, url)
    if schema is None:
        raise empty(shown_database(url))
    return schema, written_by


def schema_of(link: Link, url: str) -> tuple[int | None, str]:
    """The schema number and who wrote it; None for an empty database."""
    try:
        ours, any_table = run(link, _TABLES)[0]
        if not ours:
            if any_table:
                raise not_ours(shown_database(url))
            return None, ""
        facts = dict(run(link, "SELECT name, value FROM meta"))
    except psycopg.Error as error:
        raise sentence(error, url) from error
    if not str(facts.get("schema", "")).isdigit():
        raise not_ours(shown_database(url))
    return int(facts["schema"]), facts.get("written_by", "?")
