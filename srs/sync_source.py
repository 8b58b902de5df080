"""The bytes of a file of a shared folder, plain or packed, line by line, never many of them at once."""

from __future__ import annotations

import os
import stat
import zlib
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Self

from srs.log import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srs.sync_files import Found

MOST_BYTES = 256 << 20
"""Bytes of the largest file that is read, unpacked; srs closes its files at a small part of it."""
HEAD_BYTES = 4_096
TAIL_BYTES = 256
_CHUNK = 1 << 18
_LONGEST = MAX_LINE + 2


def hash_of(data: bytes) -> str:
    """What tells some bytes from others."""
    return sha256(data).hexdigest()[:16]


class EndError(Exception):
    """A file cannot be read further; the message says why."""


class Source:
    """The bytes of a file of the folder, unpacked, never more than some of them at once."""

    def __init__(self, folder: str, found: Found) -> None:
        self._path = Path(folder) / found.name
        self._packed = found.closed
        self._tail = b""
        self._rest = b""
        self._handle = -1
        self.whole = True

    def __enter__(self) -> Self:
        # Not blocking: what was a file when it was listed may be a pipe now.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        self._handle = os.open(self._path, flags | getattr(os, "O_BINARY", 0))
        facts = os.fstat(self._handle)
        if not stat.S_ISREG(facts.st_mode):
            self.__exit__()
            raise EndError("is not a file any more")
        self.rewind()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    @property
    def tail_hash(self) -> str:
        """The hash of the last bytes before where reading stands."""
        return hash_of(self._tail)

    def rewind(self) -> None:
        """Begin at the first byte."""
        os.lseek(self._handle, 0, os.SEEK_SET)
        self._tail, self._rest, self.whole = b"", b"", True
        self._chunks = self._unpacked() if self._packed else self._plain(0)

    def skip(self, size: int) -> tuple[bytes, bytes]:
        """Pass over so many bytes; the first line of all, and the last bytes passed over."""
        if not self._packed:
            first = os.read(self._handle, HEAD_BYTES)
            start = max(0, size - TAIL_BYTES)
            os.lseek(self._handle, start, os.SEEK_SET)
            self._tail = os.read(self._handle, size - start)
            self._chunks = self._plain(size)
            return first.partition(b"\n")[0] + b"\n", self._tail
        first, passed = b"", 0
        for chunk in self._chunks:
            first = first or chunk[:HEAD_BYTES]
            passed += len(chunk)
            taken = chunk if passed <= size else chunk[: size - passed]
            self._tail = (self._tail + taken[-TAIL_BYTES:])[-TAIL_BYTES:]
            if passed >= size:
                self._rest = chunk[len(taken) :]
                break
        return first.partition(b"\n")[0] + b"\n", self._tail

    def lines(self) -> Iterator[tuple[bytes | None, int]]:
        """Each whole line with its line feed, None for one that is too long, and its size."""
        rest, dropped = b"", 0
        for chunk in chain((self._rest,), self._chunks):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                raw = line + b"\n"
                self._tail = (self._tail + raw[-TAIL_BYTES:])[-TAIL_BYTES:]
                too_long = dropped + len(raw) > _LONGEST
                yield None if too_long else raw, dropped + len(raw)
                dropped = 0
            if len(rest) > _LONGEST:
                # Nothing of a line that long is needed but its end.
                dropped += len(rest) - TAIL_BYTES
                rest = rest[-TAIL_BYTES:]
        if rest or dropped:
            self.whole = False

    def _plain(self, start: int) -> Iterator[bytes]:
        if os.fstat(self._handle).st_size > MOST_BYTES:
            raise EndError(f"is larger than {MOST_BYTES >> 20} MB, which no file of srs is")
        os.lseek(self._handle, start, os.SEEK_SET)
        while chunk := os.read(self._handle, _CHUNK):
            yield chunk

    def _unpacked(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(wbits=31)
        total = 0
        try:
            while not unpacker.eof:
                taken = unpacker.unconsumed_tail or os.read(self._handle, _CHUNK)
                chunk = unpacker.decompress(taken, _CHUNK)
                total += len(chunk)
                if total > MOST_BYTES:
                    raise EndError(f"unpacks to more than {MOST_BYTES >> 20} MB, which no file of srs does")
                if chunk:
                    yield chunk
                elif not taken:
                    # Half a file is waited for: a tool may still be bringing it.
                    self.whole = False
                    return
            if unpacker.unused_data or os.read(self._handle, 1):
                raise EndError("has more behind its end")
        except zlib.error:
            raise EndError("the compressed data is damaged") from None
