"""The full screen on Linux, macOS and the BSDs.

Signals are only noted when they come and heeded in `key`: an answer that is being saved is saved
before Ctrl-C, Ctrl-Z or a hangup takes effect. The same stop signal a second time is heeded at once.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import termios
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from srs.cli.ansi import ENTER, LEAVE, TYPED, TYPING, Pen, frame
from srs.cli.keys import Decoder, Key, RepeatGuard, TypedLine, typed_text
from srs.cli.stopping import HANGUP, Ended, stop_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType
    from typing import Self

    from rich.text import Text

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_NOTED = (*_STOPS, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
_IFLAG, _LFLAG, _CC = 0, 3, 6


class Screen:
    """The alternate screen with keys one by one; whatever happens, the terminal is given back.

    Use it as a context manager in the main thread. `key` raises KeyboardInterrupt for Ctrl-C, and
    `Ended` for SIGTERM, SIGHUP, SIGQUIT and a terminal that has gone.
    """

    def __init__(
        self,
        stdin: int = 0,
        stdout: int = 1,
        *,
        env: Mapping[str, str] = os.environ,
        encoding: str = "utf-8",
    ) -> None:
        self._in = stdin
        self._out = stdout
        self._pen = Pen.of(env, terminal=True)
        self._encoding = encoding
        self._decoder = Decoder(encoding)
        self._guard = RepeatGuard()
        self._keys: deque[Key] = deque()
        self._noted: set[int] = set()
        self._handlers: dict[signal.Signals, Any] = {}
        self._wake: tuple[int, int] | None = None
        self._old_wake = -1
        self._saved: list[Any] = []
        self._leaving = False
        self._lines = False
        self._painted = (0, 0)

    def __enter__(self) -> Self:
        try:
            self._saved = termios.tcgetattr(self._in)
        except termios.error as gone:
            raise Ended(HANGUP) from gone
        self._catch_signals()
        try:
            self._take()
        except BaseException:
            self._give_back()
            self._release_signals()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._leaving = True
        self._give_back()
        self._release_signals()
        if kind is None:
            self._stop_if_told()

    def size(self) -> tuple[int, int]:
        """Columns and rows, asked anew; 80 by 24 where the terminal does not know."""
        try:
            columns, rows = os.get_terminal_size(self._out)
        except OSError:
            columns, rows = 0, 0
        return columns or 80, rows or 24

    def paint(self, rows: Sequence[Text], line_at: tuple[int, int] | None = None) -> None:
        """Show these rows and nothing else, in one write.

        With `line_at`, a row and a column from 0, a line is to be typed there: `line` reads it.
        """
        if line_at is not None:
            self._expect_line()
        elif self._lines:
            self._expect_keys()
        place = "" if line_at is None else f"\x1b[{line_at[0] + 1};{line_at[1] + 1}H{TYPING}"
        self._painted = self.size()
        self._write(frame(rows, *self._painted, self._pen) + place)

    def key(self, timeout: float | None = None) -> Key | None:
        """The next key or event; None when `timeout` seconds pass without one."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            self._heed_signals()
            if self._keys:
                return self._keys.popleft()
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            self._read(left)

    def line(self) -> TypedLine:
        """The line that is typed where `paint` has put it, edited as the terminal does.

        An event ends it: `resize` and `redraw`, after which it is painted anew with nothing typed, and
        `ctrl-d` for the end of the input.
        """
        try:
            return self._line()
        finally:
            if self._lines:
                self._expect_keys()

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Give the terminal to another program, an editor for one, then take it back.

        Meanwhile every signal does what it did before there was a screen: Ctrl-C interrupts a question.
        """
        self._give_back()
        self._put_handlers_back()
        try:
            yield
        finally:
            for number in self._handlers:
                signal.signal(number, self._note)
            self._take()
            self._keys.append("redraw")

    # Keys

    def _read(self, left: float | None) -> None:
        patience = self._decoder.patience
        waits = [seconds for seconds in (left, patience) if seconds is not None]
        ready = self._wait(min(waits, default=None))
        if self._in in ready:
            self._accept(self._decoder.feed(self._bytes()))
        elif not ready and patience is not None and (left is None or patience <= left):
            self._accept(self._decoder.flush())

    def _wait(self, seconds: float | None = None) -> list[int]:
        """What there is after `seconds` at most: bytes to read, a signal (noted by now), or nothing."""
        sources = [self._in] if self._wake is None else [self._in, self._wake[0]]
        ready, _, _ = select.select(sources, [], [], seconds)
        if self._wake is not None and self._wake[0] in ready:
            with suppress(BlockingIOError):
                os.read(self._wake[0], 64)
        return ready

    def _bytes(self) -> bytes:
        try:
            data = os.read(self._in, 4096)
        except BlockingIOError:
            return b""
        except OSError as gone:
            raise Ended(HANGUP) from gone
        if not data:
            raise Ended(HANGUP)
        return data

    def _accept(self, keys: list[Key]) -> None:
        now = time.monotonic()
        for key in keys:
            if key == "ctrl-c":  # only where another key is set to interrupt
                raise KeyboardInterrupt
            if self._guard.accepts(key, now):
                self._keys.append(key)

    # Lines

    def _expect_line(self) -> None:
        """From now on the terminal edits lines; what was typed before is dropped, as nothing shows it."""
        self._keys.clear()
        self._decoder = Decoder(self._encoding)
        self._set_modes(termios.TCSAFLUSH, self._line_modes())
        self._lines = True

    def _expect_keys(self) -> None:
        """From now on keys come one by one; what is left of a paste of several lines rates no card."""
        self._lines = False
        self._set_modes(termios.TCSAFLUSH, self._key_modes())
        self._write(TYPED)

    def _line(self) -> TypedLine:
        typed = b""
        while True:
            self._heed_signals()
            if self._keys:
                event = self._keys.popleft()
                if event == "resize" and self.size() == self._painted:
                    continue  # what is typed need not go for a size that is the same
                return TypedLine(event=event)
            data = self._line_bytes() if self._in in self._wait() else None
            if data is None:
                continue
            typed += data
            if data and not data.endswith(b"\n"):
                continue  # Ctrl-D within a line hands over what there is of it
            if not typed:
                return TypedLine(event="ctrl-d")
            text = typed_text(typed.decode(self._encoding, "replace"))
            # A held Enter that ended the last card is no answer to this one.
            counts = self._guard.accepts("enter", time.monotonic()) or text.strip()
            return TypedLine(text) if counts else TypedLine(event="redraw")

    def _line_bytes(self) -> bytes | None:
        """What was typed up to Enter or Ctrl-D, nothing for Ctrl-D alone; None: nothing is there yet."""
        try:
            data = os.read(self._in, 4096)
            if not data:  # Ctrl-D, or the terminal is gone
                termios.tcgetattr(self._in)
        except BlockingIOError:
            return None
        except (OSError, termios.error) as gone:
            raise Ended(HANGUP) from gone
        return data

    # Signals

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number in _STOPS and number in self._noted and not self._leaving:
            stop_for(number)
        self._noted.add(number)

    def _stop_if_told(self) -> None:
        for number in _STOPS:
            if number in self._noted:
                self._noted.discard(number)
                stop_for(number)

    def _heed_signals(self) -> None:
        self._stop_if_told()
        if signal.SIGTSTP in self._noted:
            self._stop_until_continued()
        if signal.SIGCONT in self._noted:
            self._noted.discard(signal.SIGCONT)
            self._take()
            self._keys.append("redraw")
        if signal.SIGWINCH in self._noted:
            self._noted.discard(signal.SIGWINCH)
            self._keys.append("resize")

    def _stop_until_continued(self) -> None:
        self._give_back()
        self._set_handler(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        self._set_handler(signal.SIGTSTP, self._note)
        self._noted.discard(signal.SIGTSTP)
        # Where nothing could stop us (no shell with job control) no SIGCONT comes either.
        self._noted.add(signal.SIGCONT)

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # signals are the main thread's; the terminal is still given back
        self._wake = os.pipe()
        for end in self._wake:
            os.set_blocking(end, False)
        # Written by the interpreter's own handler: ours runs too late for a signal that comes between
        # the last bytecode and the system call of `select`.
        self._old_wake = signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        for number in _NOTED:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or no job control
                self._handlers[number] = signal.signal(number, self._note)

    def _release_signals(self) -> None:
        self._put_handlers_back()
        self._handlers.clear()
        if self._wake is not None:
            signal.set_wakeup_fd(self._old_wake)
            wake, self._wake = self._wake, None
            for end in wake:
                os.close(end)

    def _put_handlers_back(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _set_handler(self, number: signal.Signals, handler: Any) -> None:  # noqa: ANN401 - signal's own type
        if number in self._handlers:
            signal.signal(number, handler)

    # The terminal

    def _take(self) -> None:
        sys.stdout.flush()
        # TCSADRAIN: a key pressed while the program was loading still counts.
        self._set_modes(termios.TCSADRAIN, self._key_modes())
        self._write(ENTER)

    def _key_modes(self) -> list[Any]:
        """The terminal's modes for keys one by one."""
        modes = self._our_modes()
        modes[_LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
        modes[_CC][termios.VMIN], modes[_CC][termios.VTIME] = 1, 0
        return modes

    def _line_modes(self) -> list[Any]:
        """The terminal's modes for a line that it edits itself."""
        modes = self._our_modes()
        modes[_LFLAG] |= termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ICANON | termios.IEXTEN
        modes[_IFLAG] |= termios.ICRNL
        return modes

    def _our_modes(self) -> list[Any]:
        modes = [*self._saved]
        modes[_CC] = [*modes[_CC]]
        modes[_LFLAG] |= termios.ISIG
        modes[_IFLAG] &= ~(termios.IXON | termios.ISTRIP)  # Ctrl-S would look like a hang
        return modes

    def _give_back(self) -> None:
        """Never raises: it runs on the way out, also of a terminal that has gone."""
        with suppress(Ended):
            self._write((TYPED if self._lines else "") + LEAVE)
        self._lines = False
        with suppress(Ended):
            # TCSAFLUSH: keys meant for cards must not become commands of the shell.
            self._set_modes(termios.TCSAFLUSH, self._saved)

    def _set_modes(self, when: int, modes: list[Any]) -> None:
        while True:
            try:
                termios.tcsetattr(self._in, when, modes)
                return
            except termios.error as problem:
                if problem.args[0] != errno.EINTR:
                    raise Ended(HANGUP) from problem

    def _write(self, text: str) -> None:
        data = memoryview(text.encode(self._encoding, "replace"))
        while data:
            try:
                data = data[os.write(self._out, data) :]
            except BlockingIOError:
                select.select([], [self._out], [])
            except OSError as gone:
                raise Ended(HANGUP) from gone
