"""The full screen in a Windows console, with the same face as the one for POSIX."""

from __future__ import annotations

import ctypes
import msvcrt
import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from srs.cli.ansi import ENTER, LEAVE, TYPED, TYPING, Pen, frame
from srs.cli.keys import Key, RepeatGuard, TypedLine, key_of, typed_text
from srs.cli.stopping import HANGUP, Ended, stop_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType
    from typing import Self

    from rich.text import Text

assert sys.platform == "win32"  # noqa: S101 - tells the type checker to read on only there

_POLL = 0.01
_STDOUT_HANDLE = -11
_PROCESSED_OUTPUT = 0x0001
_VIRTUAL_TERMINAL = 0x0004
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
_PREFIXES = ("\x00", "\xe0")
_SPECIAL = {
    "H": "up",
    "P": "down",
    "K": "left",
    "M": "right",
    "G": "home",
    "O": "end",
    "I": "pageup",
    "Q": "pagedown",
    "R": "insert",
    "S": "delete",
}


def enable_escapes() -> int | None:
    """Let the console understand escape sequences; its mode before, or None where it cannot."""
    kernel = ctypes.windll.kernel32
    kernel.GetStdHandle.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.GetStdHandle(_STDOUT_HANDLE))
    mode = ctypes.c_ulong()
    if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
        return None
    if not kernel.SetConsoleMode(handle, mode.value | _PROCESSED_OUTPUT | _VIRTUAL_TERMINAL):
        return None
    return mode.value


def _restore_console(mode: int) -> None:
    kernel = ctypes.windll.kernel32
    kernel.GetStdHandle.restype = ctypes.c_void_p
    kernel.SetConsoleMode(ctypes.c_void_p(kernel.GetStdHandle(_STDOUT_HANDLE)), mode)


class Screen:
    """The alternate screen with keys one by one; whatever happens, the console is given back.

    `key` raises KeyboardInterrupt for Ctrl-C and `Ended` for Ctrl-Break and a console that has gone.
    There is no signal for a new size, so it is looked at while waiting and before each painting.
    """

    def __init__(
        self,
        stdin: int = 0,
        stdout: int = 1,
        *,
        env: Mapping[str, str] = os.environ,
        encoding: str = "utf-8",
    ) -> None:
        del stdin, encoding  # msvcrt reads the console itself, and Python writes it as Unicode
        self._out = stdout
        self._pen = Pen.of(env, terminal=True)
        self._guard = RepeatGuard()
        self._handlers: dict[int, Any] = {}
        self._noted: set[int] = set()
        self._pending: list[Key] = []
        self._mode: int | None = None
        self._seen_size = (80, 24)
        self._away = False

    def __enter__(self) -> Self:
        for number in _STOPS:
            self._handlers[number] = signal.signal(number, self._note)
        try:
            self._take()
        except BaseException:
            self.__exit__(BaseException)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._handlers.clear()
        if kind is None:
            self._stop_if_told()

    def size(self) -> tuple[int, int]:
        """Columns and rows, asked anew; 80 by 24 where the console does not know."""
        try:
            columns, rows = os.get_terminal_size(self._out)
        except OSError:
            columns, rows = 0, 0
        return columns or 80, rows or 24

    def paint(self, rows: Sequence[Text], line_at: tuple[int, int] | None = None) -> None:
        """Show these rows and nothing else, in one write.

        With `line_at`, a row and a column from 0, a line is to be typed there: `line` reads it.
        """
        self._seen_size = self.size()
        place = "" if line_at is None else f"\x1b[{line_at[0] + 1};{line_at[1] + 1}H{TYPING}"
        self._write(frame(rows, *self._seen_size, self._pen) + place)

    def key(self, timeout: float | None = None) -> Key | None:
        """The next key or event; None when `timeout` seconds pass without one."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            self._stop_if_told()
            if self._pending:
                return self._pending.pop(0)
            if self.size() != self._seen_size:
                self._seen_size = self.size()
                return "resize"
            if msvcrt.kbhit():
                self._accept(self._character())
            elif deadline is not None and time.monotonic() >= deadline:
                return None
            else:
                time.sleep(_POLL)

    def line(self) -> TypedLine:
        """The line that is typed where `paint` has put it, edited as the console does.

        The event `ctrl-d` stands for the end of the input; a new size is seen after the line.
        """
        self._pending.clear()
        try:
            typed = sys.stdin.readline()
        finally:
            self._write(TYPED)
            while msvcrt.kbhit():  # what is left of a paste of several lines must not rate cards
                msvcrt.getwch()
        self._stop_if_told()
        if not typed:
            return TypedLine(event="ctrl-d")
        text = typed_text(typed)
        # A held Enter that ended the last card is no answer to this one.
        counts = self._guard.accepts("enter", time.monotonic()) or text.strip()
        return TypedLine(text) if counts else TypedLine(event="redraw")

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Give the console to another program, an editor for one, then take it back."""
        self._away = True
        self._give_back()
        try:
            yield
        finally:
            self._away = False
            self._take()
            self._pending.append("redraw")

    def _character(self) -> Key | None:
        first = msvcrt.getwch()
        # The second half of a special key is there at once; a letter à (the 0 key of AZERTY) has none.
        if first in _PREFIXES and msvcrt.kbhit():
            return _SPECIAL.get(msvcrt.getwch())
        if "\ud800" <= first <= "\udbff" and msvcrt.kbhit():
            pair = first + msvcrt.getwch()
            first = pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")[0]
        return key_of(first)

    def _accept(self, key: Key | None) -> None:
        if key == "ctrl-c":
            raise KeyboardInterrupt
        if key and self._guard.accepts(key, time.monotonic()):
            self._pending.append(key)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._away and number == signal.SIGINT:
            return  # meant for the program that has the console
        if number in self._noted:
            stop_for(number)
        self._noted.add(number)

    def _stop_if_told(self) -> None:
        for number in _STOPS:
            if number in self._noted:
                self._noted.discard(number)
                stop_for(number)

    def _take(self) -> None:
        mode = enable_escapes()
        if self._mode is None:
            self._mode = mode
        self._write(ENTER)

    def _give_back(self) -> None:
        """Never raises: it runs on the way out, also of a console that has gone."""
        try:
            self._write(LEAVE)
        except Ended:
            return
        while msvcrt.kbhit():  # keys meant for cards must not become commands of the shell
            msvcrt.getwch()
        if self._mode is not None:
            _restore_console(self._mode)

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as gone:
            raise Ended(HANGUP) from gone
