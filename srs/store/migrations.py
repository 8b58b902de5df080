"""From any earlier schema to the newest, forward only, one small function a step.

Each step runs in one transaction with the version it leads to, so a kill leaves the schema before or
the schema after. A copy of a SQLite file is kept before the first step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel, create_engine

from srs.store import searching, summing, tables
from srs.store.peek import SCHEMA
from srs.store.planning import describe_tables

if TYPE_CHECKING:
    import sqlite3
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
        tables.CardNeedRow,
        tables.ReviewRow,
        tables.ActRow,
        tables.OptionsRow,
        tables.MemoryRow,
        tables.DailyRow,
        tables.DailyMarkRow,
        tables.DailyStaleRow,
        tables.TwinRow,
        tables.ArrivalRow,
        tables.SyncMarkRow,
        tables.SyncFileRow,
        tables.DeviceRow,
    )
)


def _needs_passes_and_search(connection: Connection) -> None:
    """1 to 2: what cards wait for, whether each was passed since it was last forgotten, and word search."""
    connection.exec_driver_sql(
        "CREATE TABLE card_need (card BLOB NOT NULL, deck VARCHAR NOT NULL, id VARCHAR NOT NULL,"
        " PRIMARY KEY (card, deck, id)) WITHOUT ROWID"
    )
    connection.exec_driver_sql("ALTER TABLE memory ADD COLUMN passed INTEGER DEFAULT '0' NOT NULL")
    keys = "(SELECT memory.card UNION ALL SELECT old FROM alias WHERE card = memory.card)"
    connection.exec_driver_sql(
        "UPDATE memory SET passed = 1 WHERE reps > 0 AND EXISTS (SELECT 1 FROM review r"
        f" WHERE r.learner = memory.learner AND r.card IN {keys} AND r.undone = 0 AND r.rating > 1"
        " AND r.id > coalesce((SELECT max(a.id) FROM act a WHERE a.learner = memory.learner"
        f" AND a.card IN {keys} AND a.kind = 'forget' AND a.undone = 0), x''))"
    )
    searching.create_search(connection)
    searching.index_all(connection)


def _days(connection: Connection) -> None:
    """2 to 3: what the answers of each study day came to; `migrate` sums them when the last step is done."""
    measures = (
        *("again", "hard", "good", "easy", "timed", "ms", "new_ms", "new_cards", "review_cards"),
        *("cards", "right", "young_passed", "young_total", "mature_passed", "mature_total"),
    )
    kinds = {"ms": "BIGINT", "new_ms": "BIGINT"}
    columns = ", ".join(f"{measure} {kinds.get(measure, 'INTEGER')} NOT NULL" for measure in measures)
    connection.exec_driver_sql(
        "CREATE TABLE daily (learner VARCHAR NOT NULL, part VARCHAR NOT NULL, study_day INTEGER NOT NULL,"
        f" deck VARCHAR NOT NULL, slot VARCHAR NOT NULL, {columns},"
        " PRIMARY KEY (learner, part, study_day, deck, slot)) WITHOUT ROWID"
    )
    connection.exec_driver_sql(
        "CREATE TABLE daily_mark (learner VARCHAR NOT NULL, id BLOB NOT NULL, PRIMARY KEY (learner))"
        " WITHOUT ROWID"
    )
    connection.exec_driver_sql(
        "CREATE TABLE daily_stale (learner VARCHAR NOT NULL, study_day INTEGER NOT NULL,"
        " PRIMARY KEY (learner, study_day)) WITHOUT ROWID"
    )


def _many_devices(connection: Connection) -> None:
    """3 to 4: what comes from other devices, what was sent to them, and as whom they have joined."""
    connection.exec_driver_sql(
        "CREATE TABLE twin (learner VARCHAR NOT NULL, id BLOB NOT NULL, batch BLOB NOT NULL,"
        " line VARCHAR NOT NULL, source VARCHAR NOT NULL, n BIGINT NOT NULL,"
        " PRIMARY KEY (learner, id, batch)) WITHOUT ROWID"
    )
    connection.exec_driver_sql("CREATE INDEX twin_batch ON twin (learner, batch)")
    connection.exec_driver_sql("CREATE INDEX twin_n ON twin (learner, n)")
    connection.exec_driver_sql(
        "CREATE TABLE arrival (learner VARCHAR NOT NULL, n BIGINT NOT NULL, source VARCHAR NOT NULL,"
        " known INTEGER NOT NULL, ids BLOB NOT NULL, PRIMARY KEY (learner, n)) WITHOUT ROWID"
    )
    connection.exec_driver_sql(
        "CREATE TABLE sync_mark (place VARCHAR NOT NULL, device VARCHAR NOT NULL, learner VARCHAR NOT NULL,"
        " sent_to BLOB NOT NULL, arrived_to BIGINT NOT NULL, PRIMARY KEY (place, device, learner))"
        " WITHOUT ROWID"
    )
    connection.exec_driver_sql(
        "CREATE TABLE sync_file (place VARCHAR NOT NULL, device VARCHAR NOT NULL, path VARCHAR NOT NULL,"
        " read_to BIGINT NOT NULL, head_hash VARCHAR NOT NULL, PRIMARY KEY (place, device, path))"
        " WITHOUT ROWID"
    )
    connection.exec_driver_sql(
        "CREATE TABLE device (id VARCHAR NOT NULL, known_as VARCHAR NOT NULL, learner VARCHAR NOT NULL,"
        " name VARCHAR NOT NULL, PRIMARY KEY (id, known_as)) WITHOUT ROWID"
    )


STEPS: Mapping[int, Migration] = {1: _needs_passes_and_search, 2: _days, 3: _many_devices}
"""`STEPS[n]` leads from schema n to n + 1; what a step writes is spelled out, since tables change later."""


def create(connection: Connection, version: str) -> None:
    """Make every table of the newest schema in an empty database, inside the caller's transaction."""
    SQLModel.metadata.create_all(connection, tables=list(TABLES))
    searching.create_search(connection)
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
    summing.sum_up_everybody(connection)


def migrate_copy(source: sqlite3.Connection, copy: sqlite3.Connection, schema: int, *, version: str) -> None:
    """Fill an empty database with a copy of an older one and bring that up to date.

    For commands that only read: the older file stays as it is.
    """
    source.backup(copy)
    engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)
    with engine.begin() as connection:
        migrate(connection, schema, version)


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Write one fact the database says of itself."""
    connection.exec_driver_sql(
        "INSERT INTO meta (name, value) VALUES (:name, :value)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        {"name": name, "value": value},
    )
