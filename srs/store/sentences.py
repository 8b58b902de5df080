"""What SQLite or the file system says when a database cannot be used, as a sentence of ours.

SQLite's extended result codes tell apart what its texts do not: a full disk, one that fails, a damaged
page, a file that is no database. Loaded only when something went wrong.
"""

from __future__ import annotations

import errno
import os
import sqlite3

from srs.errors import DamagedError, DatabaseError, DiskFullError

LEAST_FREE = 1 << 16
"""Bytes; where fewer are free, a write that failed failed for want of room."""

_FULL = (DiskFullError, "the disk that holds `{path}` is full", "make room and try again")
_LOCKED = (
    DatabaseError,
    "the database `{path}` is locked by another program",
    "close what uses it and try again",
)
_READ_ONLY = (DatabaseError, "the database `{path}` is read-only", "check who may write to it")
_CANNOT_OPEN = (
    DatabaseError,
    "the database `{path}` cannot be opened",
    "check the path and its permissions",
)
_MOVED = (
    DatabaseError,
    "the database `{path}` was moved or removed while it was in use",
    "put it back and start again",
)
_NO_MEMORY = (DatabaseError, "there is not enough memory to read `{path}`", "close something and try again")
_NOT_OURS = (DatabaseError, "`{path}` is not an srs database", "nothing was changed")
_DAMAGED = (DamagedError, "`{path}` is damaged", "nothing was changed")
_NO_DATABASE = (DamagedError, "`{path}` is damaged or not an srs database", "nothing was changed")
_INDEX_DAMAGED = (
    DatabaseError,
    "the word search of `{path}` is damaged; cards and answers are not touched by it",
    "`srs doctor --fix` makes it anew",
)
_FAILS = (
    DamagedError,
    "the disk that holds `{path}` fails ({code}); it is not full",
    "copy your files to another disk before anything else",
)

Kind = tuple[type[DatabaseError], str, str]

_BY_CODE: tuple[tuple[str, Kind], ...] = (
    # The longer name comes before the family it is of.
    ("SQLITE_READONLY_DBMOVED", _MOVED),
    ("SQLITE_READONLY", _READ_ONLY),
    ("SQLITE_CORRUPT_VTAB", _INDEX_DAMAGED),
    ("SQLITE_CORRUPT", _DAMAGED),
    ("SQLITE_NOTADB", _NO_DATABASE),
    ("SQLITE_FULL", _FULL),
    ("SQLITE_BUSY", _LOCKED),
    ("SQLITE_LOCKED", _LOCKED),
    ("SQLITE_PROTOCOL", _LOCKED),
    ("SQLITE_CANTOPEN", _CANNOT_OPEN),
    ("SQLITE_PERM", _CANNOT_OPEN),
    ("SQLITE_AUTH", _CANNOT_OPEN),
    ("SQLITE_IOERR_NOMEM", _NO_MEMORY),
    ("SQLITE_NOMEM", _NO_MEMORY),
    ("SQLITE_IOERR", _FAILS),
)

_BY_ERRNO: dict[int, Kind] = {
    errno.ENOSPC: _FULL,
    getattr(errno, "EDQUOT", errno.ENOSPC): _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EIO: _FAILS,
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST), _CANNOT_OPEN
    ),
}

_BY_TEXT: tuple[tuple[tuple[str, ...], Kind], ...] = (
    # What Python's module or an exception of ours says without a code.
    (("locked", "busy"), _LOCKED),
    (("readonly", "read-only"), _READ_ONLY),
    (("is full", "no space"), _FULL),
    (("utf-8", "malformed", "corrupt"), _DAMAGED),
    (("not a database", "encrypted"), _NO_DATABASE),
    (("no such table", "no such column"), _NOT_OURS),
    (("unable to open", "permission", "directory", "no such file", "file exists"), _CANNOT_OPEN),
)

_READS = ("SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA")


def sentence(error: BaseException, path: str) -> DatabaseError:
    """The sentence for an error of SQLite or of the file system about the database at a path.

    Raises:
        sqlite3.Error: the error itself, where it is no fault of the database but a bug of ours.
    """
    if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError)):
        raise error
    code = getattr(error, "sqlite_errorname", None) or ""
    kind, text, hint = _kind(error, code, path)
    text = text.replace("{code}", code.removeprefix("SQLITE_") or "I/O error")
    return _made(kind, text.replace("{path}", path), hint, path)


def _kind(error: BaseException, code: str, path: str) -> Kind:
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    if code.startswith("SQLITE_IOERR") and not code.startswith(_READS) and no_room(path):
        return _FULL
    if code.startswith("SQLITE_CANTOPEN") and _may_only_be_read(path):
        return _READ_ONLY
    for name, kind in _BY_CODE:
        if code.startswith(name):
            return kind
    text = str((isinstance(error, OSError) and error.strerror) or error).lower()
    for signs, kind in _BY_TEXT:
        if any(sign in text for sign in signs):
            return kind
    return DatabaseError, f"the database `{{path}}` cannot be used: {text}", ""


def _may_only_be_read(path: str) -> bool:
    """Whether a database is there and nothing may be made beside it, where its log of writes would be."""
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - of a text
    return os.access(path, os.R_OK) and os.access(folder, os.X_OK) and not os.access(folder, os.W_OK)


def _made(kind: type[DatabaseError], text: str, hint: str, path: str) -> DatabaseError:
    if issubclass(kind, DamagedError):
        return kind(text, hint or None, path=path)
    return kind(text, hint or None)


def no_room(path: str) -> bool:
    """Whether nothing more can be written beside a file: the disk is full, or files may grow no larger.

    SQLite tells of a quota and of a limit on the size of files as it tells of a broken disk.
    """
    if not hasattr(os, "statvfs"):
        return False
    import resource  # noqa: PLC0415 - POSIX alone has it

    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        return True
    try:
        disk = os.statvfs(os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120 - of a text
        if disk.f_bavail * disk.f_frsize < LEAST_FREE:
            return True
        return not _takes_a_block(path)
    except OSError:
        return False


def _takes_a_block(path: str) -> bool:
    """Whether a file beside this one takes a block: a quota tells of itself in no other way."""
    from tempfile import TemporaryFile  # noqa: PLC0415 - rarely

    try:
        with TemporaryFile(dir=os.path.dirname(os.path.abspath(path))) as file:  # noqa: PTH100, PTH120
            file.write(bytes(LEAST_FREE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno not in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    return True
