"""The bytes of a deck file on disk, read and parsed."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from srs.deck.clean import clean_line
from srs.deck.parse import ParsedDeck, parse_deck
from srs.model import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024
"""Larger files are refused unread; a deck of 100,000 cards has about 60 MB."""


def read_deck(path: Path, shown: str, parse: Callable[[bytes, str], ParsedDeck] = parse_deck) -> ParsedDeck:
    """Read and parse one deck file; `shown` is what problems name it by.

    A file that cannot be read (missing, a folder, no permission, a pipe or device, over `MAX_BYTES`)
    is a problem E101, never an exception.
    """
    try:
        data, changed = _bytes_of(path)
    except _UnreadableError as error:
        return _unread(shown, *error.args)
    except FileNotFoundError:
        return _unread(shown, "there is no such file")
    except PermissionError:
        return _unread(shown, "there is no permission to read this file")
    except IsADirectoryError:
        return _unread(shown, "this is a folder, not a file")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return _unread(shown, f"the file cannot be read: {clean_line(reason)}")
    return replace(parse(data, shown), mtime_ns=changed)


class _UnreadableError(Exception):
    """A file that is there and is not read; a sentence, and maybe a hint."""


def _unread(shown: str, message: str, hint: str | None = None) -> ParsedDeck:
    return ParsedDeck(shown, None, (Problem(shown, 1, 1, "E101", message, hint),))


def _bytes_of(path: Path) -> tuple[bytes, int]:
    """A regular file's bytes and when it was changed, ns since 1970 UTC."""
    # Opening a pipe waits for a writer unless told not to; Windows has neither flag nor such pipes.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor, to look before reading
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise _UnreadableError("this is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise _UnreadableError("this is a pipe or a device, not a file")
        if status.st_size <= MAX_BYTES:
            data = file.read(MAX_BYTES + 1)
            if len(data) <= MAX_BYTES:
                return data, status.st_mtime_ns
    message = f"the file is too large: over {MAX_BYTES // 1024**2} MB"
    raise _UnreadableError(message, "split it into several decks")
