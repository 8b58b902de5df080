"""Opening a database by what names it: the path of a SQLite file, or the URL of one on a server.

The quick look at a server asks here for its driver: SQLModel loads where a database is opened.
"""

from __future__ import annotations

from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING

from srs.errors import DatabaseError
from srs.places import is_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from srs.store.database import Database


def open_database(
    name: str | PathLike[str],
    version: str,
    *,
    create: bool = False,
    before_migrating: Callable[[Path, int], object] | None = None,
) -> Database:
    """Open a database, migrating it if it is older; with `create`, make it if it is missing.

    `before_migrating(path, schema)` keeps a copy of an older file; a server has backups of its own.

    Raises:
        NotFoundError: there is none and `create` is off.
        DatabaseError: it cannot be used.
    """
    if is_server(fspath(name)):
        need_driver()
        from srs.store.server import ServerDatabase  # noqa: PLC0415 - psycopg, where it is installed

        return ServerDatabase.at(fspath(name), version, create=create)
    from srs.store.database import Database  # noqa: PLC0415 - loads SQLModel

    return Database.open(Path(name), version, create=create, before_migrating=before_migrating)


def need_driver() -> None:
    """See that the driver for servers is installed; it is an extra.

    Raises:
        DatabaseError: it is not.
    """
    try:
        import psycopg  # noqa: F401, PLC0415 - whether it is there
    except ImportError as error:
        raise DatabaseError(
            "a database on a PostgreSQL server needs `psycopg`, which is not installed",
            "`pip install 'srs-flashcards[postgres]'`",
        ) from error
