"""Whether a file is an Anki package that can be unpacked without harm, from its table of contents alone.

What the table says may be a lie; the process that unpacks is bounded besides (`anki_read`).
"""

from __future__ import annotations

import stat
import struct
import zipfile
from typing import TYPE_CHECKING

from srs.deck.clean import quoted
from srs.errors import FileProblems, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SUFFIXES = (".apkg", ".colpkg")
COLLECTIONS = ("collection.anki21b", "collection.anki21", "collection.anki2")
"""Newest first: where there are several, the older ones only say that Anki should be updated."""

MOST_ENTRIES = 500_000
MOST_COLLECTION = 8 << 30
MOST_MEDIA_FILE = 2 << 30
MOST_RATIO = 200
"""How much smaller an honest collection may be packed; ten times is usual."""

_SMALL = 64 << 20
"""Bytes that are harmless however small they were packed."""
_TAIL = 66_000
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"


def is_package(path: Path) -> bool:
    """Whether a file's name says that it is a package of Anki's."""
    return path.suffix.lower() in SUFFIXES


def check_package(path: Path) -> int:
    """See that a package can be unpacked; how many bytes it may come to, generously.

    Raises:
        NotFoundError: there is no such file.
        FileProblems: it is no package, or one made to hurt.
    """
    name = quoted(str(path))
    if not path.exists():
        raise NotFoundError(f"there is no file {name}")
    if not path.is_file():
        raise FileProblems(f"{name} is not a file, so not an Anki package")
    try:
        size = path.stat().st_size
        _check_count(path, size)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, UnicodeError) as error:
        hint = "export it from Anki again, or copy it anew"
        raise FileProblems(f"{name} is not an Anki package, or is damaged", hint) from error
    except OSError as error:
        raise FileProblems(f"{name} cannot be read: {error.strerror or error}") from error
    _check_entries(entries, name)
    _check_sum(entries, name, size)
    return _most_bytes(entries, size)


def _check_count(path: Path, size: int) -> None:
    """Refuse a table of contents that would take gigabytes to read."""
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise zipfile.BadZipFile
    entries, directory = struct.unpack_from("<HI", tail, at + 10)
    at_64 = tail.rfind(_END_64)
    if at_64 >= 0:
        entries, directory = struct.unpack_from("<QQ", tail, at_64 + 32)
    if entries > MOST_ENTRIES or directory > MOST_ENTRIES * 200:
        raise FileProblems(
            f"{quoted(str(path))} was refused: it has more than {MOST_ENTRIES:,} files packed in it"
        )


def _check_entries(entries: Iterable[zipfile.ZipInfo], name: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        why = _harm(entry)
        if entry.filename in seen:
            why = f"two of its files are called {quoted(entry.filename)}"
        seen.add(entry.filename)
        if why:
            raise FileProblems(f"{name} was refused: {why}", "a package that Anki exported has none of this")
    if not seen.intersection(COLLECTIONS):
        raise FileProblems(f"{name} is not an Anki package: it holds no collection")


def _check_sum(entries: Iterable[zipfile.ZipInfo], name: str, size: int) -> None:
    """Refuse many files that are harmless each, or that share one piece of the archive."""
    declared = sum(entry.file_size for entry in entries)
    if declared > _SMALL and declared > MOST_RATIO * size:
        why = f"it would unpack {_bytes(size)} into {_bytes(declared)}"
        raise FileProblems(f"{name} was refused: {why}", "a package that Anki exported has none of this")


def _harm(entry: zipfile.ZipInfo) -> str | None:
    """What is wrong with a file of the package, if anything."""
    told = quoted(entry.filename)
    parts = entry.filename.replace("\\", "/").split("/")
    # `zipfile` cuts names at a NUL; the name as it is written tells.
    if ".." in parts or parts[0] in {"", "~"} or ":" in entry.filename or "\0" in entry.orig_filename:
        return f"the name {told} leads out of it"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return f"{told} is a link to another file"
    if entry.flag_bits & 1:
        return f"{told} is encrypted"
    most = MOST_COLLECTION if entry.filename in COLLECTIONS else MOST_MEDIA_FILE
    if entry.file_size > most or _is_bomb(entry):
        return f"{told} would unpack {_bytes(entry.compress_size)} into {_bytes(entry.file_size)}"
    return None


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > _SMALL and entry.file_size > MOST_RATIO * entry.compress_size


def _most_bytes(entries: Iterable[zipfile.ZipInfo], size: int) -> int:
    """What an honest package of this size unpacks to at most, and room to work in."""
    declared = sum(entry.file_size for entry in entries)
    return max(declared, min(MOST_RATIO * size, MOST_COLLECTION)) + 4 * _SMALL


def _bytes(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= factor:
            return f"{size / factor:,.0f} {unit}"
    return f"{size} bytes"
