"""The files of one device in a shared folder, which it alone writes: appending and closing.

What is appended is on disk when `append` returns. At `CLOSE_AT` bytes the open file is closed: packed
beside it first, then begun anew, each in one step, so that a kill in between leaves both; readers take
the union, and `sync_mending` ends what was begun. Whoever writes here holds the device's lock.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from srs.errors import DiskFullError, FileProblems
from srs.log import Head, encode_head
from srs.sync_files import OPEN_ENDS, Found, Known, closed_name, is_open_file, list_files, number_of
from srs.sync_source import HEAD_BYTES, TAIL_BYTES, hash_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CLOSE_AT = 8 << 20
"""Bytes at which a file is closed: a day's answers are some kB, and tools may send a changed file whole."""
TEMPORARY = ".tmp"
_AT_ONCE = 1 << 20
_LEVEL = 6
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP)


class OwnFiles:
    """The files of a device in a folder.

    `name` is what people call the device; `file_id` makes what no two files have alike.
    """

    def __init__(
        self, folder: str, device: str, name: str, *, file_id: Callable[[], str], close_at: int = CLOSE_AT
    ) -> None:
        self.folder = Path(folder)
        self.device = device
        self.open_file = self.folder / (device + OPEN_ENDS)
        self.name = name
        self._file_id = file_id
        self._close_at = close_at

    def owns(self, name: str) -> bool:
        """Whether a file of the folder is this device's to write."""
        return is_open_file(name, self.device) or number_of(name, self.device) is not None

    def files(self) -> dict[str, Found]:
        """Its files as they stand there, closed ones first."""
        found, _ = list_files(str(self.folder))
        return {each.name: each for each in found if self.owns(each.name)}

    def head(self) -> bytes:
        """The first line of a new file."""
        return encode_head(Head(self.device, self.name, self._file_id()))

    def append(self, texts: Iterable[bytes], known: Known | None) -> dict[str, Known]:
        """Append lines to the open file, making and closing it as needed; they are on disk afterwards.

        `known` is what was read of the open file, None where there is none. Gives what is to be known
        of every file that was written, as if it had been read.

        Raises:
            DiskFullError: the disk is full; some lines may be there, and do no harm when sent again.
            FileProblems: the folder cannot be written.
        """
        written: dict[str, Known] = {}
        with sentences(self.folder):
            if self.open_file.is_symlink() or not self.open_file.exists():
                known = None  # a link is replaced, never written through
            for part in self._parts(texts):
                if known is None:
                    known = self._begin()
                elif self.open_file.stat().st_size >= self._close_at:
                    name, closed = self._close(known)
                    written[name] = closed
                    known = self._begin()
                known = self._add(part, known)
                written[self.open_file.name] = known
        return written

    def _parts(self, texts: Iterable[bytes]) -> Iterator[list[bytes]]:
        most = min(_AT_ONCE, self._close_at)
        part: list[bytes] = []
        size = 0
        for text in texts:
            part.append(text)
            size += len(text)
            if size >= most:
                yield part
                part, size = [], 0
        if part:
            yield part

    def _begin(self) -> Known:
        """Begin the open file, in the place of one that was closed if there was."""
        head = self.head()
        self.replace(self.open_file, head)
        return Known(
            read_to=len(head),
            line=1,
            head=hash_of(head[:HEAD_BYTES]),
            tail=hash_of(head[-TAIL_BYTES:]),
            device=self.device,
            name=self.name,
        )

    def _close(self, known: Known) -> tuple[str, Known]:
        """Pack the open file; the name of the packed one and what is to be known of it."""
        most = max((number_of(name, self.device) or 0 for name in self.files()), default=0)
        path = self.folder / closed_name(self.device, most + 1)
        self.replace(path, packed(self.open_file.read_bytes()))
        facts = path.stat()
        as_read = known.size >= 0
        return path.name, replace(
            known,
            size=facts.st_size if as_read else -1,
            mtime_ns=facts.st_mtime_ns if as_read else -1,
        )

    def _add(self, part: list[bytes], known: Known) -> Known:
        if known.name != self.name:
            part = [self.head(), *part]
        data = b"".join(part)
        with self.open_file.open("r+b") as file:
            begins = file.seek(0, os.SEEK_END)
            file.write(data)
            sync_to_disk(file)
            facts = os.fstat(file.fileno())
            file.seek(max(0, facts.st_size - TAIL_BYTES))
            tail = hash_of(file.read(TAIL_BYTES))
        if begins != known.read_to:
            # There is something in it that was not read: the next sync looks.
            return replace(known, size=-1, mtime_ns=-1)
        return replace(
            known,
            read_to=facts.st_size,
            line=known.line + len(part),
            tail=tail,
            size=facts.st_size,
            mtime_ns=facts.st_mtime_ns,
            name=self.name,
        )

    def replace(self, path: Path, data: bytes) -> None:
        """Write a file in one step: whoever looks sees the old or the new one, whole."""
        temporary = self.folder / f".{path.name}.{os.getpid()}{TEMPORARY}"
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            sync_to_disk(file)
        temporary.replace(path)
        _sync_folder(self.folder)


def packed(data: bytes) -> bytes:
    """Data compressed, the same bytes for the same data whenever it is done."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=out, mtime=0) as file:
        file.write(data)
    return out.getvalue()


def sync_to_disk(file: BinaryIO) -> None:
    """Wait until what was written is on the disk."""
    file.flush()
    try:
        os.fsync(file.fileno())
    except OSError as error:
        # Some file systems of networks and phones know no such thing.
        if error.errno not in _NO_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    """The same for the names in a folder, where it can be asked for."""
    flag = getattr(os, "O_DIRECTORY", None)
    if flag is None:
        return
    handle = os.open(folder, os.O_RDONLY | flag)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


@contextmanager
def sentences(folder: Path) -> Iterator[None]:
    """Turn what the file system says into sentences."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(
                f"the disk of {folder} is full; your answers are safe in the database",
                "make room and sync again",
            ) from error
        raise FileProblems(
            f"{folder} cannot be written: {error.strerror}; your answers are safe in the database"
        ) from error
