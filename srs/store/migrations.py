"""From any earlier schema to the newest, forward only, one small function a step.

Each step runs in one transaction with the version it leads to, so a kill leaves the schema before or
the schema after. A copy of a SQLite file is kept before the first step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import SQLModel

from srs.store import tables
from srs.store.peek import SCHEMA
from srs.store.planning import describe_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    Migration = Callable[[Connection], None]

TABLES = tuple(
    SQLModel.metadata.tables[row.__tablename__]
    for row in (
        tables.MetaRow,
        tables.DeckRow,
        tables.CardRow,
        tables.AliasRow,
        tables.CardTagRow,
        tables.ReviewRow,
        tables.ActRow,
        tables.OptionsRow,
        tables.MemoryRow,
    )
)

STEPS: Mapping[int, Migration] = {}
"""`STEPS[n]` leads from schema n to n + 1."""


def create(connection: Connection, version: str) -> None:
    """Make every table of the newest schema in an empty database, inside the caller's transaction."""
    SQLModel.metadata.create_all(connection, tables=list(TABLES))
    describe_tables(connection)
    set_meta(connection, "schema", str(SCHEMA))
    set_meta(connection, "written_by", version)


def migrate(
    connection: Connection,
    schema: int,
    version: str,
    *,
    steps: Mapping[int, Migration] | None = None,
    newest: int | None = None,
) -> None:
    """Run the steps (default `STEPS`) from `schema` to the newest, inside the caller's transaction."""
    steps = STEPS if steps is None else steps
    for number in range(schema, SCHEMA if newest is None else newest):
        steps[number](connection)
        set_meta(connection, "schema", str(number + 1))
    describe_tables(connection)
    set_meta(connection, "written_by", version)


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Write one fact the database says of itself."""
    connection.exec_driver_sql(
        "INSERT INTO meta (name, value) VALUES (:name, :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"name": name, "value": value},
    )
