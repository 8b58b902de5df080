"""The page goes into its file in one step, and over nothing but an earlier page."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

from srs.cli.stats_page import MADE_BY
from srs.deck.clean import quoted
from srs.errors import FileProblems, NotFoundError, RefusedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 1_000
"""A page says what made it within so many bytes."""


def check_target(file: Path, *, force: bool) -> None:
    """See that nothing but an earlier page would be written over, before there is any work.

    Raises:
        UsageError: it is a folder.
        NotFoundError: its folder is not there.
        FileProblems: what is there cannot be read.
        RefusedError: something else is there, and `force` does not say to write over it.
    """
    if file.is_dir():
        raise UsageError(f"{quoted(str(file))} is a folder", "name a file in it")
    if not file.parent.is_dir():
        raise NotFoundError(f"there is no folder {quoted(str(file.parent))}", "make it first")
    if force or not file.is_file():
        return
    try:
        with file.open("rb") as stream:
            start = stream.read(_HEAD)
    except OSError as error:
        raise FileProblems(f"{quoted(str(file))} cannot be read: {error.strerror or error}") from error
    if start and f'content="{MADE_BY}"'.encode() not in start:
        raise RefusedError(
            f"{quoted(str(file))} is there already and no page of srs",
            "name another file, or write over it with `--force`",
        )


def write(file: Path, text: str) -> None:
    """Write the page, whole or not at all, and say so on stderr.

    Raises:
        FileProblems: the file cannot be written.
    """
    body = text.encode()
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(body)  # a pipe, or /dev/stdout
        else:
            _replace(file.resolve(), body)
    except OSError as error:
        raise FileProblems(f"{quoted(str(file))} cannot be written: {error.strerror or error}") from error
    sys.stderr.write(f"wrote {quoted(str(file))}, {_size(len(body))}\n")


def _replace(file: Path, body: bytes) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            draft.chmod(stat.S_IMODE(file.stat().st_mode))
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _size(count: int) -> str:
    return f"{max(1, round(count / 1000)):,} kB"
