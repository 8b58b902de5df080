"""The day's backup: made behind a review after its first answer, while the person reads.

A thread does it, not a process: SQLite's copying and gzip let go of the interpreter, nothing is left
running when the program has ended, and what goes wrong can be said under the session's end. It begins
a moment after the answer, when the next card is on the screen.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from srs.errors import DiskFullError, SrsError

if TYPE_CHECKING:
    from threading import Event, Thread
    from types import TracebackType

    from srs.cli.context import Context

_MOMENT_SECONDS = 0.4
_PATIENCE_SECONDS = 1.0
"""After this long at the end of a session it is said what is waited for."""


class DailyBackup:
    """Makes the day's backup once, if there is none yet."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._thread: Thread | None = None
        self._ended: Event | None = None
        self._error: SrsError | None = None

    def answered(self) -> None:
        """Note that an answer is on the disk; the first one starts the backup."""
        if self._thread is None and "://" not in self._context.database:
            from threading import Event, Thread

            self._ended = Event()
            self._thread = Thread(target=self._make, args=(self._ended,), daemon=True)
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the backup at the end of the session; Ctrl-C gives it up. What failed is said.

        A session that failed has something else to say, and waits but a moment.
        """
        if self._thread is None or self._ended is None:
            return
        self._ended.set()
        with suppress(KeyboardInterrupt):
            self._thread.join(_PATIENCE_SECONDS)
            if kind is None and self._thread.is_alive():
                sys.stderr.write("Keeping today's backup; Ctrl-C leaves it for another session.\n")
                sys.stderr.flush()
                self._thread.join()
        if kind is None and self._error is not None:
            sys.stderr.write(f"{self._sentence(self._error)}\n")

    def _make(self, ended: Event) -> None:
        ended.wait(_MOMENT_SECONDS)
        try:
            from srs.backup import Reason
            from srs.cli.backups import safe_of

            safe = safe_of(self._context)
            if safe.daily_is_due():
                safe.keep(Reason.DAILY)
        except SrsError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - a backup that fails must not end a session
            self._error = SrsError(f"{type(error).__name__}: {error}")

    @staticmethod
    def _sentence(error: SrsError) -> str:
        from srs.cli.drawing import harmless

        why = "the disk is full" if isinstance(error, DiskFullError) else error.message
        return harmless(f"Today's backup could not be made: {why}. Your answers are saved.")
