"""The SQLite file inside an Anki package: written row by row, in the schema that every Anki reads (11)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from srs.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_COLUMNS = {
    "col": "id INTEGER PRIMARY KEY, crt INTEGER NOT NULL, mod INTEGER NOT NULL, scm INTEGER NOT NULL,"
    " ver INTEGER NOT NULL, dty INTEGER NOT NULL, usn INTEGER NOT NULL, ls INTEGER NOT NULL,"
    " conf TEXT NOT NULL, models TEXT NOT NULL, decks TEXT NOT NULL, dconf TEXT NOT NULL, tags TEXT NOT NULL",
    "notes": "id INTEGER PRIMARY KEY, guid TEXT NOT NULL, mid INTEGER NOT NULL, mod INTEGER NOT NULL,"
    " usn INTEGER NOT NULL, tags TEXT NOT NULL, flds TEXT NOT NULL, sfld INTEGER NOT NULL,"
    " csum INTEGER NOT NULL, flags INTEGER NOT NULL, data TEXT NOT NULL",
    "cards": "id INTEGER PRIMARY KEY, nid INTEGER NOT NULL, did INTEGER NOT NULL, ord INTEGER NOT NULL,"
    " mod INTEGER NOT NULL, usn INTEGER NOT NULL, type INTEGER NOT NULL, queue INTEGER NOT NULL,"
    " due INTEGER NOT NULL, ivl INTEGER NOT NULL, factor INTEGER NOT NULL, reps INTEGER NOT NULL,"
    " lapses INTEGER NOT NULL, left INTEGER NOT NULL, odue INTEGER NOT NULL, odid INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, data TEXT NOT NULL",
    "revlog": "id INTEGER PRIMARY KEY, cid INTEGER NOT NULL, usn INTEGER NOT NULL, ease INTEGER NOT NULL,"
    " ivl INTEGER NOT NULL, lastIvl INTEGER NOT NULL, factor INTEGER NOT NULL, time INTEGER NOT NULL,"
    " type INTEGER NOT NULL",
    "graves": "usn INTEGER NOT NULL, oid INTEGER NOT NULL, type INTEGER NOT NULL",
}
_INDEXES = (
    "CREATE INDEX ix_notes_usn ON notes (usn)",
    "CREATE INDEX ix_cards_usn ON cards (usn)",
    "CREATE INDEX ix_revlog_usn ON revlog (usn)",
    "CREATE INDEX ix_cards_nid ON cards (nid)",
    "CREATE INDEX ix_cards_sched ON cards (did, queue, due)",
    "CREATE INDEX ix_revlog_cid ON revlog (cid)",
    "CREATE INDEX ix_notes_csum ON notes (csum)",
)


def write_collection(path: Path, tables: Mapping[str, Iterable[tuple[Any, ...]]]) -> None:
    """Write a new file with the rows of `col`, `notes`, `cards` and `revlog`, in the order of the columns.

    Raises:
        DatabaseError: it cannot be written.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            # It is put in place whole when it is done, and nobody reads it before.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            for table, columns in _COLUMNS.items():
                connection.execute(f"CREATE TABLE {table} ({columns})")
            for table, rows in tables.items():
                marks = ", ".join("?" * (_COLUMNS[table].count(",") + 1))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            for index in _INDEXES:
                connection.execute(index)
            connection.execute("ANALYZE")
            connection.commit()
    except sqlite3.Error as error:
        raise DatabaseError(f"the package cannot be written: {error}") from error
