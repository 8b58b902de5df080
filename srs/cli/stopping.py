"""How a session is told to stop from outside, the same on every platform."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ended(SystemExit):
    """A signal or a hangup ended the session; nothing was half done when it was raised.

    Left alone it ends the program quietly with 128 plus the signal's number, as shells expect.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(128 + signal_number)
        self.signal_number = signal_number


HANGUP = 1
INTERRUPT = 2


def stop_for(signal_number: int) -> NoReturn:
    """Raise what a signal means: KeyboardInterrupt for Ctrl-C, `Ended` for the others."""
    if signal_number == INTERRUPT:
        raise KeyboardInterrupt
    raise Ended(signal_number)


@contextmanager
def told_when_stopped(sentence: str = "Stopped; nothing changed.") -> Iterator[None]:
    """Say on stderr how things are when Ctrl-C comes on the way, then let it end the program."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(f"{sentence}\n")
        raise
