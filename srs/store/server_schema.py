"""The tables as PostgreSQL gets them: the same models, text in the order of its bytes, 64-bit numbers.

SQLite compares text by its bytes and has whole numbers of 64 bits; a server would compare by the
language of whoever set it up, and overflow in a product of two columns. So every text column here has
the collation "C" and every whole number is a bigint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Integer, MetaData, String, TypeDecorator

from srs.store import migrations
from srs.store.peek import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from srs.store.migrations import Migration

FIRST = 4
"""The schema with which servers began: there is none of an earlier one."""

STEPS: Mapping[int, Migration] = {}
"""`STEPS[n]` leads from schema n to n + 1 on a server; those of `migrations.py` are written for SQLite."""


def tables() -> MetaData:
    """The tables of `migrations.TABLES` for a server."""
    metadata = MetaData()
    for table in migrations.TABLES:
        for column in table.to_metadata(metadata).columns:
            kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
            if isinstance(kind, String):
                column.type = String(collation="C")
            elif isinstance(kind, Integer):
                column.type = BigInteger()
                column.autoincrement = False
    return metadata


def create(connection: Connection, version: str) -> None:
    """Make every table of the newest schema, inside the caller's transaction."""
    tables().create_all(connection, checkfirst=False)
    migrations.set_meta(connection, "schema", str(SCHEMA))
    migrations.set_meta(connection, "written_by", version)
