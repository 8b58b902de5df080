"""The full screen on real pseudo-terminals, read back with a terminal emulator."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

import pexpect
import pyte

from srs.cli.terminal import Ended, Screen, full_screen_refusal

HERE = Path(__file__).parent
DRIVER = [sys.executable, "-I", str(HERE / "screen_driver.py")]
PATIENCE = 30
"""Seconds after which a program that does not say it has failed: the machine may be busy."""
BOLD, DIM = "\x1b[1m", "\x1b[2m"
QUESTION_80X24 = [
    "  Container registry vocabulary                     2 new   1 learning   6 due",
    "  3/12 ━━━━━━──────────────────",
    "",
    "  Security engineer: “In production, deploy the image by its digest, not",
    "  by its tag.”",
    "",
    "  What is an image digest?",
    *[""] * 16,
    "  Space answer    u undo    ? keys    q quit",
]
ANSWER_80X24 = [
    *QUESTION_80X24[:8],
    "  A hash of the image's manifest. Other content has another digest, so it",
    "  always names the same image.",
    "",
    "  A tag can be moved to another image tomorrow; a digest cannot. Deploy by",
    "  tag, and two nodes may end up running different code.",
    "",
    "  OCI image spec 1.1, Digests",
    *[""] * 6,
    "  1 Again 10 min    2 Hard 8 days    3 Good 11 days    4 Easy 19 days",
    "",
    "  Space good    u undo    e edit    s suspend    b bury    ? keys    q quit",
]
ANSWER_40X20 = [
    " registry      2 new 1 learning 6 due",
    " 3/12 ━━━─────────",
    "",
    " Security engineer: “In production,",
    " deploy the image by its digest, not",
    " by its tag.”",
    "",
    " What is an image digest?",
    "",
    " A hash of the image's manifest. Other",
    " content has another digest, so it",
    " always names the same image.",
    "",
    " A tag can be moved to another image",
    " tomorrow; a digest cannot. Deploy by",
    " tag, and two nodes may end … j more",
    "",
    " 1 Again 10 min     2 Hard  8 days",
    " 3 Good  11 days    4 Easy 19 days",
    " Space good   u undo   ? keys   q quit",
]


class Terminal:
    """A program on a pseudo-terminal and the screen a person would see."""

    def __init__(self, columns=80, lines=24, *, command=DRIVER, **env):
        base = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        self.child = pexpect.spawn(
            command[0], command[1:], env=base | env, dimensions=(lines, columns), timeout=10
        )
        self.child.delaybeforesend = None
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

    def press(self, keys):
        self.child.send(keys)

    def read(self):
        try:
            data = self.child.read_nonblocking(65536, timeout=0.02)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self.stream.feed(data)
        return True

    def until(self, seen):
        """Read until `seen(self)`; fails after half a minute with what is on the screen."""
        deadline = time.monotonic() + PATIENCE
        while not seen(self):
            assert time.monotonic() < deadline, "\n".join(self.rows)
            if not self.read():
                assert seen(self), "\n".join(self.rows)

    def shows(self, text):
        self.until(lambda terminal: any(text in row for row in terminal.rows))

    def says(self, text):
        """Wait for a text that may be cut into rows anywhere, as one with a path in it is."""
        told = "".join(text.split())
        self.until(lambda terminal: told in "".join("".join(terminal.rows).split()))

    def to_the_end(self):
        """Read until the program has ended; its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < deadline, "\n".join(self.rows)
        self.child.wait()
        return self.child.exitstatus

    @property
    def modes(self):
        return termios.tcgetattr(self.child.child_fd)

    @property
    def rows(self):
        return [row.rstrip() for row in self.screen.display]

    def resize(self, columns, lines):
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.child.child_fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.child.kill(signal.SIGWINCH)

    def assert_given_back(self):
        """Alternate screen left, cursor visible, wrapping on, pastes unmarked, modes as before."""
        for on, off in ((b"?1049h", b"?1049l"), (b"?25l", b"?25h"), (b"?7l", b"?7h"), (b"?2004h", b"?2004l")):
            assert self.raw.count(b"\x1b[" + on) == self.raw.count(b"\x1b[" + off) > 0
            assert self.raw.rindex(b"\x1b[" + off) > self.raw.rindex(b"\x1b[" + on)
        assert not self.screen.cursor.hidden


def bold_rows(screen):
    """The rows, from 0, that hold anything bold."""
    return [at for at, row in screen.buffer.items() if any(cell.bold for cell in row.values())]


def test_question_and_answer_are_the_screens_of_the_design():
    """At 80x24 the question is screen A and the answer screen B, with one bold thing each."""
    with Terminal() as terminal:
        terminal.shows("q quit")
        assert terminal.rows == QUESTION_80X24
        assert bold_rows(terminal.screen) == [6]
        terminal.press(" ")
        terminal.shows("19 days")
        assert terminal.rows == ANSWER_80X24
        assert sorted(bold_rows(terminal.screen)) == [8, 9]
        assert terminal.screen.cursor.hidden
        time.sleep(0.25)
        terminal.press(" ")
        assert terminal.to_the_end() == 0
        terminal.assert_given_back()
        assert b"rated good" in terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :]


def test_narrow_answer_is_screen_m():
    """At 40x20 the answer is screen M, and the explanation scrolls."""
    with Terminal(40, 20) as terminal:
        terminal.shows("q quit")
        terminal.press(" ")
        terminal.shows("19 days")
        assert terminal.rows == ANSWER_40X20
        terminal.press("j")
        terminal.shows("different code.")
        terminal.press("\x1b[A")
        terminal.shows("A tag can be moved")
        assert terminal.rows == ANSWER_40X20


def test_resize_draws_the_screen_anew():
    """After a resize the same card is drawn for the new size, with nothing left of the old."""
    with Terminal() as terminal:
        terminal.shows("q quit")
        terminal.press(" ")
        terminal.shows("19 days")
        terminal.resize(40, 20)
        terminal.until(lambda terminal: terminal.rows == ANSWER_40X20)
        terminal.resize(80, 24)
        terminal.until(lambda terminal: terminal.rows == ANSWER_80X24)


def test_no_color_keeps_bold_and_dim():
    """NO_COLOR changes nothing but colours: bold and dim stay."""
    with Terminal(NO_COLOR="1") as terminal:
        terminal.shows("q quit")
        assert terminal.rows == QUESTION_80X24
        assert bold_rows(terminal.screen) == [6]
        assert BOLD.encode() in terminal.raw
        assert DIM.encode() in terminal.raw


def test_dumb_terminal_gets_plain_lines():
    """TERM=dumb gets lines without one escape sequence, ratings one per line."""
    with Terminal(TERM="dumb") as terminal:
        assert terminal.to_the_end() == 0
        assert b"\x1b" not in terminal.raw
        assert b"3 of 12" in terminal.raw
        assert b"\r\n3 Good 11 days\r\n" in terminal.raw


def test_terminal_without_utf8_gets_ascii():
    """Where the encoding is not UTF-8 our own signs are ASCII and nothing fails."""
    command = [sys.executable, str(HERE / "screen_driver.py")]
    with Terminal(command=command, PYTHONIOENCODING="ascii") as terminal:
        terminal.shows("q quit")
        assert terminal.rows[1] == "  3/12 ======------------------"
        assert terminal.rows[3].startswith('  Security engineer: "In production')
        assert terminal.raw.isascii()


def test_small_window_and_pipe_are_refused():
    """A pipe at either end, TERM=dumb or none, or a window under 30x12 gets lines."""
    ours, theirs = pty.openpty()
    try:
        env = {"TERM": "xterm"}

        def sized(columns, lines):
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            return full_screen_refusal(env, theirs, theirs)

        assert sized(30, 12) is None
        assert sized(0, 0) is None
        assert "window" in sized(29, 24)
        assert "window" in sized(80, 11)
        assert "cannot place" in full_screen_refusal({}, theirs, theirs)
        assert "cannot place" in full_screen_refusal({"TERM": "dumb"}, theirs, theirs)
        reading, writing = os.pipe()
        assert "both ends" in full_screen_refusal(env, reading, theirs)
        assert "both ends" in full_screen_refusal(env, theirs, writing)
        os.close(reading)
        os.close(writing)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_stop_signals_give_the_terminal_back(number):
    """SIGTERM, SIGHUP and SIGQUIT leave the terminal as it was and exit with 128 plus the signal."""
    with Terminal() as terminal:
        terminal.shows("q quit")
        terminal.child.kill(number)
        assert terminal.to_the_end() == 128 + number
        terminal.assert_given_back()
        assert b"Traceback" not in terminal.raw


@pytest.mark.nightly
@pytest.mark.parametrize("attempt", range(300))
def test_no_stop_signal_is_lost_whenever_it_comes(attempt):
    """A signal that comes between the drawing and the wait for a key is heeded like any other."""
    with Terminal() as terminal:
        terminal.shows("q quit")
        time.sleep(0.0003 * (attempt % 10))
        terminal.child.kill(signal.SIGTERM)
        assert terminal.to_the_end() == 128 + signal.SIGTERM


def test_exception_gives_the_terminal_back_before_it_is_told():
    """A failure of the program is told on the normal screen, with the terminal's modes restored."""
    with shell() as terminal:
        before = terminal.modes
        terminal.press("clear; " + " ".join(DRIVER) + "; echo status=$?\n")
        terminal.shows("q quit")
        assert terminal.modes != before
        terminal.press("x")
        terminal.shows("failed on purpose")
        terminal.shows("status=1")
        terminal.assert_given_back()
        assert terminal.modes == before


def test_ctrl_c_reaches_the_caller_after_what_was_being_saved(tmp_path):
    """Ctrl-C while an answer is saved waits for it, then KeyboardInterrupt arrives."""
    log = tmp_path / "log"
    with Terminal(command=[*DRIVER, str(log)]) as terminal:
        terminal.shows("q quit")
        terminal.press("z")
        time.sleep(0.1)
        terminal.press("\x03")
        assert terminal.to_the_end() == 130
        assert log.read_text() == "z\nsaved\n"
        terminal.assert_given_back()
        assert b"interrupted" in terminal.raw


def test_second_ctrl_c_does_not_wait(tmp_path):
    """Ctrl-C pressed twice while the program is busy stops it at once."""
    log = tmp_path / "log"
    with Terminal(command=[*DRIVER, str(log)]) as terminal:
        terminal.shows("q quit")
        terminal.press("z")
        time.sleep(0.1)
        terminal.press("\x03")
        time.sleep(0.1)
        terminal.press("\x03")
        assert terminal.to_the_end() == 130
        assert "saved" not in log.read_text()
        terminal.assert_given_back()


def shell():
    """An interactive shell with job control, whose prompt leaves the terminal's modes alone."""
    command = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    terminal = Terminal(command=command, PS1="$ ", BASH_SILENCE_DEPRECATION_WARNING="1")
    terminal.shows("$")
    return terminal


def test_ctrl_z_and_fg_give_the_terminal_back_and_take_it_again():
    """Ctrl-Z leaves a usable shell with its own modes; fg draws the card again and keys work."""
    with shell() as terminal:
        before = terminal.modes
        terminal.press("clear; " + " ".join(DRIVER) + "\n")
        terminal.until(lambda terminal: terminal.rows == QUESTION_80X24)
        terminal.press("\x1a")
        terminal.shows("Stopped")
        terminal.assert_given_back()
        assert terminal.modes == before
        terminal.press("fg\n")
        terminal.until(lambda terminal: terminal.rows == QUESTION_80X24)
        assert terminal.modes != before
        terminal.press(" ")
        terminal.until(lambda terminal: terminal.rows == ANSWER_80X24)
        terminal.press("3")
        terminal.shows("rated good")
        terminal.press("echo at'' prompt\n")
        terminal.shows("at prompt")
        terminal.assert_given_back()
        assert terminal.modes == before


def test_stop_and_continue_from_outside_draws_again():
    """A SIGSTOP that gave no warning is mended by the SIGCONT that follows."""
    with Terminal() as terminal:
        terminal.shows("q quit")
        terminal.child.kill(signal.SIGSTOP)
        terminal.screen.reset()
        mark = len(terminal.raw)
        terminal.child.kill(signal.SIGCONT)
        terminal.until(lambda terminal: terminal.rows == QUESTION_80X24)
        assert b"\x1b[?1049h" in terminal.raw[mark:]


def test_another_program_gets_an_ordinary_terminal():
    """While suspended the terminal echoes and edits lines; afterwards the card is drawn again."""
    with Terminal() as terminal:
        terminal.shows("q quit")
        terminal.press("e")
        terminal.until(lambda terminal: b"edited" in terminal.raw)
        told = terminal.raw[: terminal.raw.index(b"edited")].split()
        assert b"echo" in told
        assert b"icanon" in told
        terminal.until(lambda terminal: terminal.rows == QUESTION_80X24)
        terminal.press("q")
        assert terminal.to_the_end() == 0
        terminal.assert_given_back()


def test_vanished_terminal_ends_the_session_quietly():
    """A terminal that is closed ends the program as a hangup, with no traceback."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [*DRIVER], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=os.environ | {"TERM": "xterm"}
    )
    os.close(theirs)
    seen = b""
    while b"q quit" not in seen:
        seen += os.read(ours, 65536)
    os.close(ours)
    _, told = program.communicate(timeout=10)
    assert program.returncode == 128 + signal.SIGHUP
    assert told == b""


def test_held_key_counts_once_and_reports_are_swallowed(tmp_path):
    """A bouncing key, a paste, mouse and focus reports reach the card as one key."""
    log = tmp_path / "log"
    with Terminal(command=[*DRIVER, str(log)]) as terminal:
        terminal.shows("q quit")
        terminal.press("\x1b[200~  3\r\x1b[201~\x1b[<0;3;4M\x1b[I  ")
        terminal.shows("19 days")
        assert log.read_text() == " \n"


def test_lone_escape_is_a_key_and_arrives_without_another(tmp_path):
    """Esc alone is told from the start of a sequence by the silence after it."""
    log = tmp_path / "log"
    with Terminal(command=[*DRIVER, str(log)]) as terminal:
        terminal.shows("q quit")
        terminal.press("\x1b")
        terminal.until(lambda _: log.read_text() == "escape\n")


def test_modes_are_restored_when_the_body_fails():
    """Leaving by an exception restores the very modes that were found, and the signal handlers."""
    ours, theirs = pty.openpty()
    try:
        modes = termios.tcgetattr(theirs)
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP)]

        def fail_inside():
            with Screen(theirs, theirs, env={"TERM": "xterm"}):
                assert not termios.tcgetattr(theirs)[3] & termios.ECHO
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_inside()
        assert termios.tcgetattr(theirs) == modes
        assert handlers == [
            signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP)
        ]
    finally:
        os.close(ours)
        os.close(theirs)


def test_key_times_out_and_an_empty_screen_has_a_size():
    """`key` gives None after its timeout; a terminal of no known size counts as 80 by 24."""
    ours, theirs = pty.openpty()
    try:
        with Screen(theirs, theirs, env={"TERM": "xterm"}) as screen:
            assert screen.size() == (80, 24)
            start = time.monotonic()
            assert screen.key(0.05) is None
            assert time.monotonic() - start > 0.04
            os.write(ours, b"a\x1b")
            assert screen.key(1) == "a"
            assert screen.key(0.01) is None
            assert screen.key(1) == "escape"
    finally:
        os.close(ours)
        os.close(theirs)


def test_signals_are_their_own_again_while_another_program_has_the_terminal():
    """While suspended every signal does what it did before; afterwards the screen notes it again."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCONT)

    def handlers():
        return [signal.getsignal(number) for number in numbers]

    ours, theirs = pty.openpty()
    try:
        before = handlers()
        with Screen(theirs, theirs, env={"TERM": "xterm"}) as screen:
            noting = handlers()
            assert all(now != then for now, then in zip(noting, before, strict=True))
            with screen.suspended():
                assert handlers() == before
                with pytest.raises(KeyboardInterrupt):
                    os.kill(os.getpid(), signal.SIGINT)
            assert handlers() == noting
            assert screen.key(1) == "redraw"
            assert screen.key(0.01) is None, "the interrupt was heeded once"
        assert handlers() == before
    finally:
        os.close(ours)
        os.close(theirs)


class _FalseAlarm(Screen):
    """A screen whose first wait says there are bytes where there are none, as `select` may."""

    alarms = 1

    def _wait(self, seconds=None):
        self.alarms -= 1
        return [self._in] if self.alarms >= 0 else super()._wait(seconds)


def test_a_wait_that_ends_for_nothing_is_no_end_of_input():
    """Bytes that are announced and do not come are waited for; the line typed then is read."""
    ours, theirs = pty.openpty()
    try:
        os.set_blocking(theirs, False)
        with _FalseAlarm(theirs, theirs, env={"TERM": "xterm"}) as screen:
            screen.paint([], (0, 0))
            os.read(ours, 65536)
            timer = threading.Timer(0.1, os.write, (ours, b"latest\n"))
            timer.start()
            line = screen.line()
            timer.join()
        assert (line.event, line.text.strip()) == (None, "latest")
        assert screen.alarms < 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_file_is_no_screen(tmp_path):
    """Entering on something that is no terminal raises `Ended` and changes nothing."""
    with (tmp_path / "file").open("w+") as file:
        screen = Screen(file.fileno(), file.fileno())
        with pytest.raises(Ended):
            screen.__enter__()
        assert not file.read()
