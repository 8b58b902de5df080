"""One sync at a time of a device: whoever comes second waits."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from srs.errors import FileProblems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAUSE_SECONDS = 0.05
SAID_AFTER_SECONDS = 1.5
"""How long the second one waits without a word."""


@contextmanager
def one_at_a_time(
    folder: str, waits: Callable[[], None] = lambda: None, *, what: str = "sync", patience: float = 600.0
) -> Iterator[None]:
    """Hold the lock of some deed in a folder, until its end or the process's; `waits` is called once.

    Raises:
        FileProblems: the lock cannot be made, or another sync does not end within `patience` seconds.
    """
    path = Path(folder) / f"{what}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise FileProblems(f"{path} cannot be made: {error.strerror}") from error
    try:
        tries = 0
        while not _locked(handle):
            tries += 1
            if tries == round(SAID_AFTER_SECONDS / PAUSE_SECONDS):
                waits()
            if tries * PAUSE_SECONDS >= patience:
                raise FileProblems("another sync of this device does not end", "end it, then try again")
            time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # No locks on this file system: the write lock of the database still keeps order.
            return True
        return True
