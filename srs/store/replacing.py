"""Putting a backup in the place of a database, whatever state that is in.

Where the database can be read, the backup is written into it as one transaction of SQLite, so that a kill
leaves the old one or the new one; where it cannot, a new file takes its place by one rename.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from srs.errors import DamagedError, DatabaseError
from srs.store.backups import keep
from srs.store.copying import (
    PART,
    SLEEP_SECONDS,
    draft_in,
    new_file,
    online_backup,
    pack,
    place,
    private_folder,
    reading,
    sync,
    sync_folder,
    told_of,
)
from srs.store.peek import sqlite_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIDE_FILES = ("-wal", "-shm")


class Present:
    """The database that is to be replaced, held so that nobody else reads or writes it meanwhile.

    `connection` is None where there is none that can be read; `exists` tells whether there is a file
    with anything in it, `answers` how many answers can be read.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection | None, *, ours: bool = True) -> None:
        self.path = path
        self.connection = connection
        self.ours = ours
        self.exists = path.is_file() and path.stat().st_size > 0

    def missing_in(self, backup: sqlite3.Connection) -> int:
        """How many of its answers a backup does not have."""
        if self.connection is None:
            return 0
        sql = "SELECT learner, id FROM review ORDER BY learner, id"
        there = iter(backup.execute(sql))
        other = next(there, None)
        count = 0
        for line in self.connection.execute(sql):
            while other is not None and other < line:
                other = next(there, None)
            count += other != line
        return count

    def put_aside(self, folder: Path, name: Callable[[int, int], str], *, now: float) -> Path | None:
        """Keep it as a backup; a damaged one byte for byte, its log of writes beside it. None: no file."""
        if self.connection is not None:
            return keep(self.connection, folder, name, now=now)
        kept = None
        with told_of(folder):
            private_folder(folder)
            for suffix in ("-wal", ""):
                part = self.path.with_name(self.path.name + suffix)
                if part.is_file() and part.stat().st_size:
                    packed = draft_in(folder, "gz")
                    try:
                        pack(part, packed, now)
                        kept = place(packed, folder, lambda n, suffix=suffix: _sided(name(0, n), suffix))  # type: ignore[misc]
                    finally:
                        with suppress(OSError):
                            packed.unlink()
        return kept

    def replace_by(self, backup: sqlite3.Connection) -> None:
        """Write a backup in its place, whole or not at all, and on the disk when this returns."""
        with told_of(self.path):
            if self.connection is not None and _pages_of(self.connection) == _pages_of(backup):
                online_backup(backup, self.connection)
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                return
            self.close()
            draft = self.path.with_name(f".{self.path.name}.{os.getpid()}{PART}")
            try:
                self._write_anew(backup, draft)
            finally:
                for suffix in ("", *_SIDE_FILES, "-journal"):
                    with suppress(OSError):
                        draft.with_name(draft.name + suffix).unlink()

    def _write_anew(self, backup: sqlite3.Connection, draft: Path) -> None:
        for folder in (*reversed(draft.parent.parents), draft.parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            draft.unlink()
        new_file(draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            online_backup(backup, copy)
        sync(draft)
        # A log of writes that belongs to the old file would be played into the new one. It goes first:
        # what is left then, should this be the end, is what was set aside a moment ago.
        for suffix in (*_SIDE_FILES, "-journal"):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + suffix).unlink()
        sync_folder(draft.parent)
        draft.replace(self.path)
        sync_folder(draft.parent)

    def close(self) -> None:
        """Let go of it."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@contextmanager
def present(path: Path, *, busy_seconds: float = 1.0) -> Iterator[Present]:
    """Hold the database at a path, whatever state it is in, so that it can be replaced.

    Raises:
        DatabaseError: another program has it open, or it may not be written.
    """
    path = Path(os.path.realpath(path))
    held = _held(path, busy_seconds)
    try:
        yield held
    finally:
        held.close()


def _held(path: Path, busy_seconds: float) -> Present:
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return Present(path, None)
    if not path.is_file():
        raise sqlite_sentence(IsADirectoryError(errno.EISDIR, "is a directory"), str(path))
    if _is_damaged(path):
        _refuse_if_open(path)
        return Present(path, None)
    connection = None
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=0)
        _hold_alone(connection, busy_seconds)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        told = sqlite_sentence(error, str(path))
        raise _in_use(path) if "locked" in told.message else told from error
    return Present(path, connection, ours=not tables or tables >= {"meta", "review"})


def _is_damaged(path: Path) -> bool:
    """Whether a database cannot be read; asked without writing, so that it can be set aside as it is."""
    try:
        with closing(reading(path)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]
    except sqlite3.Error as error:
        return isinstance(sqlite_sentence(error, str(path)), DamagedError)


def _hold_alone(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Lock a database so that nobody else may even have it open: they would not see it change."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA synchronous = FULL")
    if sys.platform == "darwin":
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA checkpoint_fullfsync = ON")
    waiting = threading.Event()
    for left in reversed(range(max(1, round(busy_seconds / SLEEP_SECONDS)))):
        try:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if not left or not getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise
            waiting.wait(SLEEP_SECONDS)
        else:
            return


_LOCK_BYTES = 0x40000000
"""Where SQLite locks a database file (`PENDING_BYTE`); it holds no data there."""


def _refuse_if_open(path: Path) -> None:
    """See that nobody has a database open which SQLite itself refuses to read."""
    if sys.platform == "win32":
        return  # an open file cannot be replaced there at all
    import fcntl  # noqa: PLC0415 - POSIX alone has it

    with path.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 512, _LOCK_BYTES)
        except OSError:
            raise _in_use(path) from None


def _in_use(path: Path) -> DatabaseError:
    return DatabaseError(
        f"the database `{path}` is in use by another program; nothing was restored",
        "close what uses it and try again",
    )


def _pages_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA page_size").fetchone()[0])


def _sided(name: str, suffix: str) -> str:
    return name.replace(".db.gz", f".db{suffix}.gz")
