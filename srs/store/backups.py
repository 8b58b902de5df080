"""Backups of a SQLite database: made, and looked into before they are trusted.

A backup is a copy by SQLite's online backup, whole at one moment whatever else is written meanwhile,
looked through, packed and on the disk before it gets its name.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import zlib
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srs.errors import DamagedError, DatabaseError, FileProblems, NotFoundError
from srs.store.copying import (
    CHUNK,
    draft_in,
    new_file,
    online_backup,
    pack,
    path_of,
    place,
    private_folder,
    reading,
    sweep,
    sync,
    sync_folder,
    told_of,
)
from srs.store.peek import SCHEMA, sqlite_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HEADER = b"SQLite format 3\0"
_TABLES = frozenset({"meta", "deck", "card", "alias", "review", "act", "options", "memory"})


class Facts(NamedTuple):
    """What a database that was looked through says of itself."""

    schema: int
    written_by: str
    answers: int


# Making


def keep(
    source: Path | sqlite3.Connection, folder: Path, name: Callable[[int, int], str], *, now: float
) -> Path:
    """Keep a packed copy of a database in a folder of ours, made if need be; returns its path.

    `name(answers, n)` names it, `n` counted up while the name is taken. `now` (seconds since 1970) tells
    what is left over from a backup that was killed.

    Raises:
        DatabaseError: the copy could not be made; the disk may be full. Nothing is left of it.
        DamagedError: the database itself is damaged, so no copy of it is kept as a good one.
    """
    path = source if isinstance(source, Path) else Path(path_of(source))
    with told_of(folder):
        private_folder(folder)
        sweep(folder, now)
    draft, packed = draft_in(folder, "db"), draft_in(folder, "gz")
    try:
        answers = _copy(source, draft, path)
        with told_of(folder):
            pack(draft, packed, now)
            draft.unlink()
            return place(packed, folder, lambda n: name(answers, n))
    finally:
        for left in (draft, packed):
            with suppress(OSError):
                left.unlink()


def write_copy(database: Path, target: Path, *, overwrite: bool = False, now: float) -> int:
    """Write a copy to a file of somebody's choice, packed if it ends in `.gz`; its number of answers.

    Raises:
        FileExistsError: there is such a file already, and it is not to be overwritten.
        DatabaseError: the copy could not be made; nothing is left of it, and what was there stands.
    """
    folder = target.parent
    draft, packed = draft_in(folder, "db", hidden=target.name), draft_in(folder, "gz", hidden=target.name)
    try:
        answers = _copy(database, draft, database)
        with told_of(target):
            whole = draft
            if target.suffix == ".gz":
                pack(draft, packed, now)
                whole = packed
            else:
                sync(draft)
            if overwrite:
                whole.replace(target)
                sync_folder(folder)
            else:
                place(whole, folder, lambda n: target.name if n == 0 else None)
        return answers
    finally:
        for left in (draft, packed):
            with suppress(OSError):
                left.unlink()


def _copy(source: Path | sqlite3.Connection, draft: Path, path: Path) -> int:
    """Copy a database into a new private file and look the copy through; its number of answers."""
    try:
        new_file(draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            # The copy counts for nothing until it is packed and synced as a whole.
            copy.execute("PRAGMA synchronous = OFF")
            copy.execute("PRAGMA journal_mode = OFF")
            if isinstance(source, Path):
                with closing(reading(source)) as original:
                    online_backup(original, copy)
            else:
                online_backup(source, copy)
            # A file that is to be carried about needs no log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            found = copy.execute("PRAGMA quick_check(1)").fetchall()
            if found != [("ok",)]:
                raise DamagedError(f"`{path}` is damaged", "nothing was changed", path=str(path))
            return int(copy.execute("SELECT count(*) FROM review").fetchone()[0])
    except (sqlite3.Error, OSError) as error:
        # Which disk is full, if one is: that of the copy. What is damaged, if anything is: the database.
        told = sqlite_sentence(error, str(draft))
        told = sqlite_sentence(error, str(path)) if isinstance(told, DamagedError) else told
        raise told from error


# Looking


@contextmanager
def looked_through(file: Path, scratch: Path, version: str) -> Iterator[tuple[sqlite3.Connection, Facts]]:
    """A backup, open to be read, once all of it was found whole: packing, pages, tables, schema.

    A packed one is unpacked in the folder `scratch`, of ours.

    Raises:
        NotFoundError: there is no such file.
        FileProblems: it is damaged, or no database of ours.
        DatabaseError: it was written by a newer srs.
    """
    if not file.is_file():
        raise NotFoundError(f"there is no file `{file}`", "`srs backup --list` lists your backups")
    plain = file
    try:
        with told_of(scratch if is_packed(file) else file):
            if is_packed(file):
                private_folder(scratch)
                plain = draft_in(scratch, "db")
                unpack(file, plain)
            _check_header(plain, file)
        with closing(_opened(plain, file)) as connection:
            yield connection, _facts(connection, file, version)
    finally:
        if plain is not file:
            with suppress(OSError):
                plain.unlink()


def is_whole(file: Path) -> bool:
    """Whether a packed backup can be unpacked to its end and is a database by its header."""
    try:
        with gzip.open(file, "rb") as packed:
            if packed.read(len(_HEADER)) != _HEADER:
                return False
            while packed.read(CHUNK):
                pass
    except (OSError, EOFError, zlib.error):
        return False
    return True


def is_packed(file: Path) -> bool:
    """Whether a file is packed, whatever its name."""
    with file.open("rb") as start:
        return start.read(2) == b"\x1f\x8b"


def unpack(file: Path, plain: Path) -> None:
    """Unpack a backup into a new private file.

    Raises:
        FileProblems: it breaks off, or is damaged.
        OSError: the disk is full, for one.
    """
    new_file(plain)
    try:
        with gzip.open(file, "rb") as packed, plain.open("wb") as target:
            shutil.copyfileobj(packed, target, CHUNK)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise FileProblems(f"the backup `{file}` is not whole", _ANOTHER) from None


_ANOTHER = "nothing was changed; `srs backup --list` lists the others"


def _check_header(plain: Path, file: Path) -> None:
    with plain.open("rb") as start:
        header = start.read(len(_HEADER))
    if header != _HEADER:
        raise FileProblems(f"`{file}` is not a backup: it holds no SQLite database", _ANOTHER)


def _opened(plain: Path, file: Path) -> sqlite3.Connection:
    try:
        return reading(plain)
    except sqlite3.Error as error:
        raise _bad_backup(error, file) from error


def _facts(connection: sqlite3.Connection, file: Path, version: str) -> Facts:
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchall()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master").fetchall()}
        if found == [("ok",)] and not tables >= _TABLES:
            raise FileProblems(f"`{file}` is not an srs database", _ANOTHER)
        if found != [("ok",)]:
            raise FileProblems(f"the backup `{file}` is damaged", _ANOTHER)
        facts = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        answers = connection.execute("SELECT count(*) FROM review").fetchone()[0]
    except sqlite3.Error as error:
        raise _bad_backup(error, file) from error
    schema, written_by = str(facts.get("schema", "")), str(facts.get("written_by", "?"))
    if not schema.isdigit():
        raise FileProblems(f"`{file}` is not an srs database", _ANOTHER)
    if int(schema) > SCHEMA:
        raise DatabaseError(
            f"`{file}` was written by srs {written_by} and this is srs {version}; nothing was changed",
            "update srs",
        )
    return Facts(int(schema), written_by, int(answers))


def _bad_backup(error: sqlite3.Error, file: Path) -> Exception:
    told = sqlite_sentence(error, str(file))
    if isinstance(told, DamagedError):
        return FileProblems(f"the backup `{file}` is damaged", _ANOTHER)
    return told
