"""Files of databases: copied whole while in use, packed, brought to the disk, named and not replaced."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from srs.store.peek import BUSY_SECONDS, sqlite_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK = 1 << 20
_LEVEL = 1
"""Of gzip: keys and ids are random, so more work saves hardly any room (5 % at 6, in thrice the time)."""
SLEEP_SECONDS = 0.02
PART = ".part"
_ABANDONED_SECONDS = 3600


def online_backup(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """SQLite's online backup in one step; Python itself would wait for a lock for ever."""
    tries = round(BUSY_SECONDS / SLEEP_SECONDS)

    def watch(status: int, _left: int, _all: int) -> None:
        nonlocal tries
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            tries -= 1
            if tries <= 0:
                raise sqlite3.OperationalError("database is locked")

    source.backup(target, pages=-1, progress=watch, sleep=SLEEP_SECONDS)


def pack(plain: Path, packed: Path, now: float) -> None:
    """Pack a file and bring it to the disk."""
    new_file(packed)
    with (
        plain.open("rb") as source,
        packed.open("wb") as target,
    ):
        with gzip.GzipFile("", "wb", _LEVEL, target, int(now)) as packing:
            shutil.copyfileobj(source, packing, CHUNK)
        target.flush()
        os.fsync(target.fileno())


def place(draft: Path, folder: Path, name: Callable[[int], str | None]) -> Path:
    """Give a whole file the first name that is free; it never replaces another."""
    number = 0
    while (wanted := name(number)) is not None:
        target = folder / wanted
        try:
            _rename_to_new(draft, target)
        except FileExistsError:
            number += 1
            continue
        sync_folder(folder)
        return target
    raise FileExistsError(str(folder / str(name(0))))


def _rename_to_new(draft: Path, target: Path) -> None:
    if sys.platform == "win32":
        draft.rename(target)  # on Windows a rename replaces nothing
        return
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT, some network folders).
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        draft.rename(target)
    else:
        draft.unlink()


def reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads; also where nothing may be written beside the file."""
    uri = path.absolute().as_uri()
    for mode in ("?mode=ro", "?mode=ro&immutable=1"):
        connection = sqlite3.connect(uri + mode, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        try:
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        except sqlite3.OperationalError as error:
            connection.close()
            told = str(error)
            if "immutable" in mode or not ("unable to open" in told or "readonly" in told):
                raise
        except sqlite3.Error:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError("unreachable: the last mode returns or raises")


def path_of(connection: sqlite3.Connection) -> str:
    """The file of a connection."""
    return str(connection.execute("PRAGMA database_list").fetchone()[2])


def private_folder(folder: Path) -> None:
    """Make a folder and those above it, for their owner alone."""
    for each in (*reversed(folder.parents), folder):
        each.mkdir(exist_ok=True, mode=0o700)


def sweep(folder: Path, now: float) -> None:
    """Remove what backups left that were killed, an hour ago or earlier."""
    for left in folder.glob(f".*{PART}"):
        with suppress(OSError):
            if now - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()


def draft_in(folder: Path, kind: str, *, hidden: str = "backup") -> Path:
    """A name nobody else writes to: of this process, and of this thread of it."""
    return folder / f".{hidden}.{os.getpid()}-{threading.get_ident()}.{kind}{PART}"


def new_file(path: Path) -> None:
    """Make an empty private file; one of the same name was left by a process that died."""
    with suppress(FileNotFoundError):
        path.unlink()
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def sync(path: Path) -> None:
    """Bring a file to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, where folders can be synced."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """Tell what SQLite and the file system say of a file as a sentence."""
    try:
        yield
    except FileExistsError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise sqlite_sentence(error, str(path)) from error
