"""`srs review` on a pseudo-terminal, timed from the new process to what a person sees."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from tests.benchmarks.measuring import PATIENCE, SRS

_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")
QUESTION = re.compile(rb"What is term \d+, and who asks for it\?")
INTERVALS = re.compile(rb"(?:[1-4] (?:Again|Hard|Good|Easy)\s+[\d.]+ (?:s|min|h|days?|months?|years?)\s*){4}")


def first_question(env, command=(SRS, "review"), meanwhile=lambda _: None):
    """A job: from the start of the process until the question's last byte is on the terminal.

    Then `meanwhile` hears the process's id.
    """

    def job():
        return _review(env, command, meanwhile, reveal=False)

    return job


def reveal_at_once(env):
    """A job: from the start until the four intervals stand there, the key pressed at the question."""

    def job():
        return _review(env, (SRS, "review"), lambda _: None, reveal=True)

    return job


def _review(env, command, meanwhile, *, reveal):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    began = time.perf_counter()
    child = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
    )
    os.close(slave)
    try:
        took = _until(master, QUESTION, began)
        meanwhile(child.pid)
        if reveal:
            os.write(master, b" ")
            took = _until(master, INTERVALS, began)
        os.write(master, b"q")
        _drain(master)
        child.wait(PATIENCE)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        os.close(master)
    return took


def _until(master, wanted, began):
    """Read until a text is there; returns the ms since `began`."""
    seen = b""
    while not wanted.search(_ESCAPES.sub(b"", seen)):
        ready, _, _ = select.select([master], [], [], PATIENCE)
        try:
            new = os.read(master, 65_536) if ready else b""
        except OSError:  # Linux says so when the last program has let go of its end
            new = b""
        if not new:
            told = _ESCAPES.sub(b" ", seen).decode(errors="replace")
            raise RuntimeError(f"it did not show {wanted.pattern!r} but {told!r}")
        seen += new
    return (time.perf_counter() - began) * 1000


def _drain(master):
    """Read until the terminal is given up, so that the program never waits for room to write."""
    while select.select([master], [], [], PATIENCE)[0]:
        try:
            if not os.read(master, 65_536):
                return
        except OSError:  # as above
            return
