"""The real program in the tests: on pipes, on a pseudo-terminal, with a home and a clock of its own."""

import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import postgres
from test_terminal import Terminal
from world import Clock, answer_card, check_laws, open_at

from srs.intake import import_decks
from srs.model import Rating
from srs.settings import Settings

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "decks" / "registry.toml"
DEVICE = "00000000000000aa"
PATIENCE = 15
"""Seconds after which a program that says nothing has failed."""

PROGRAM = [sys.executable, "-m", "srs"]
_CLOCKED = """
import sys, srs.clock as clock
at, speed, real = int(sys.argv.pop(1)), int(sys.argv.pop(1)), clock.now_ms
start = real()
clock.now_ms = lambda: (real() - start) * speed + at
from srs.__main__ import main
main()
"""
_IMPATIENT = """
import srs.store.peek as peek
peek.BUSY_SECONDS = 0.3
from srs.__main__ import main
main()
"""
IMPATIENT = [sys.executable, "-c", _IMPATIENT]
"""The program as it is, except that it waits 0.3 s for a locked database, not 5."""

_PROGRESS_AT_ONCE = """
import srs.cli.progress as progress
progress.PATIENCE = 0
from srs.__main__ import main
main()
"""
PROGRESS_AT_ONCE = [sys.executable, "-c", _PROGRESS_AT_ONCE]
"""The program as it is, except that it shows how far it is from the start, not after a second."""


def at_moment(ms, *, speed=1):
    """The program with a clock that starts at a moment (ms since 1970 UTC) and goes on, as fast as told."""
    return [sys.executable, "-c", _CLOCKED, str(ms), str(speed)]


@dataclass
class Home:
    """A folder that is somebody's home: database, settings, this computer's id."""

    folder: Path
    config: str = ""
    named: bool = True
    """Whether `SRS_DB` names the database; otherwise it is in the usual place."""
    more_env: dict = field(default_factory=dict)

    def __post_init__(self):
        (self.folder / "state" / "srs").mkdir(parents=True, exist_ok=True)
        (self.folder / "state" / "srs" / "device").write_text(f"{DEVICE}\n")
        (self.folder / "config.toml").write_text(self.config, encoding="utf-8")

    @property
    def db(self):
        """Where the database is, or will be."""
        return self.folder / "cards.db" if self.named else self.folder / "data" / "srs" / "srs.db"

    @property
    def env(self):
        """The environment of its programs; nothing of ours but the path."""
        folder = str(self.folder)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "XDG_DATA_HOME": f"{folder}/data",
            "XDG_STATE_HOME": f"{folder}/state",
            "SRS_CONFIG": f"{folder}/config.toml",
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "TZ": "Europe/Berlin",
        }
        if postgres.SERVER is not None:
            env |= {"SRS_DB": str(postgres.empty(self.db)), "SRS_LEARNER": "me"}
        elif self.named:
            env["SRS_DB"] = str(self.db)
        return env | self.more_env

    def collection(self, clock=None):
        """Its collection, through the Python front door."""
        return open_at(self.db, clock or Clock(now_ms()), device=DEVICE)

    def fill(self, deck=SHIPPED, *, clock=None):
        """Import a deck into a new database; returns the home."""
        self.db.parent.mkdir(parents=True, exist_ok=True)
        with open_at(self.db, clock or Clock(now_ms()), device=DEVICE, create=True) as collection:
            report = import_decks(collection, [Path(deck)])
            assert not report.problems, report.problems
        return self

    def has_database(self):
        """Whether there is a database: a file, or tables on the server."""
        return postgres.is_there(self.db)

    def copy(self, folder):
        """The same home in another folder; the database must not be in use."""
        shutil.copytree(self.folder, folder)
        return Home(folder, self.config, self.named, self.more_env)

    def rows(self, sql):
        """Look into the database with a connection of our own."""
        if postgres.SERVER is not None:
            return postgres.rows(postgres.place(self.db), sql)
        with closing(sqlite3.connect(self.db)) as connection:
            return connection.execute(sql).fetchall()

    def answers(self):
        """Live answers in log order, as pairs (card id, rating)."""
        return self.rows(
            "SELECT coalesce(c.id, '?'), r.rating FROM review r LEFT JOIN card c ON c.key = r.card"
            " WHERE r.undone = 0 ORDER BY r.id"
        )

    def check(self):
        """No page is damaged, and every memory and derived bit is what the log gives; returns the log."""
        if postgres.SERVER is None:
            assert self.rows("PRAGMA integrity_check") == [("ok",)]
        with self.collection() as collection:
            return check_laws(collection)


def now_ms():
    """The moment, in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


def run(home, *arguments, typed="", program=PROGRAM, cwd=None, patience=PATIENCE * 2, **more_env):
    """Run the program to its end on pipes; returns what subprocess tells, as text."""
    return subprocess.run(
        [*program, *map(str, arguments)],
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=home.env | more_env,
        cwd=cwd or home.folder,
        timeout=patience,
        check=False,
    )


class Piped:
    """The program in line mode, on pipes, a line at a time."""

    def __init__(self, home, *arguments, program=PROGRAM):
        self.process = subprocess.Popen(
            [*program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=home.env,
            cwd=home.folder,
        )
        self.said = ""
        self._seen = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def send(self, *lines):
        """Type some lines."""
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    def read(self, timeout=0.05):
        """Read what is there; False at the end."""
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            return True
        data = os.read(self.process.stdout.fileno(), 65536)
        self.said += data.decode(errors="replace")
        return bool(data)

    def until(self, text):
        """Read until a whole line with the text has come; returns everything since the last time."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.said.find(text, self._seen)
            end = self.said.find("\n", found)
            if found >= 0 and end >= 0:
                new, self._seen = self.said[self._seen : end + 1], end + 1
                return new
            assert time.monotonic() < deadline, self.said[self._seen :]
            assert self.read(), f"ended without {text!r}: {self.said[self._seen :]!r}"

    def end(self):
        """Close the input and read to the end; returns (exit code, stdout since the last time, stderr)."""
        self.process.stdin.close()
        deadline = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < deadline
        told = self.process.stderr.read().decode()
        new, self._seen = self.said[self._seen :], len(self.said)
        return self.process.wait(PATIENCE), new, told


class Session(Terminal):
    """The program on a pseudo-terminal, with a home."""

    def __init__(self, home, *arguments, columns=80, lines=24, program=PROGRAM, **more_env):
        self.home = home
        env = home.env | more_env
        super().__init__(columns, lines, command=[*program, *map(str, arguments)], **env)
        self.child.ptyproc.delayafterclose = self.child.ptyproc.delayafterterminate = 0.01
        self._last = ""

    def ready(self, text="Space answer"):
        """Wait for a question; returns the rows."""
        self.shows(text)
        return self.rows

    def key(self, key, text):
        """Press a key and wait for a text."""
        # The same key again within 200 ms would count as held; Ctrl-L between only draws the card anew.
        self.press(f"\x0c{key}" if key == self._last else key)
        self._last = key
        self.shows(text)
        return self.rows

    @property
    def after_screen(self):
        """What was printed on the normal screen after the cards, as text without escape sequences."""
        printed = self.raw[self.raw.rindex(b"\x1b[?1049l") :].decode()
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed).replace("\r\n", "\n")

    def kill(self):
        """SIGKILL, and the end of it."""
        self.child.kill(signal.SIGKILL)
        self.to_the_end()


def write_deck(path, cards, *, name="A small deck"):
    """Write a deck file of (id, question, answer) or dictionaries; returns its path."""
    lines = ["[deck]", f'id = "{path.stem}"', f'name = "{name}"']
    for card in cards:
        keys = card if isinstance(card, dict) else dict(zip(("id", "question", "answer"), card, strict=True))
        lines += ["[[cards]]", *(f"{key} = {_toml(value)}" for key, value in keys.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _toml(value):
    if isinstance(value, str):
        escaped = "".join(
            f"\\u{ord(char):04x}" if ord(char) < 0x20 or ord(char) == 0x7F else char
            for char in value.replace("\\", "\\\\").replace('"', '\\"')
        )
        return f'"{escaped}"'
    return f"[{', '.join(map(_toml, value))}]"


def cards_of(path=SHIPPED):
    """The cards of a deck file, read by another reader than ours."""
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))["cards"]


def number_of_cards(path=SHIPPED):
    """How many cards the tables of a deck file give: plain ones, reverse ones, one for each hole number."""
    return sum(
        ("answer" in card)
        + bool(card.get("reverse"))
        + len(set(re.findall(r"\{\{c(\d+)::", card.get("cloze", ""))))
        for card in cards_of(path)
    )


PARTS = ("id", "question", "answer", "scenario", "explanation", "source", "tags")


def plain_cards(count=48):
    """Cards of the deck that comes along with all their parts and nothing else: no options, no siblings."""
    whole = [card for card in cards_of() if card.keys() >= set(PARTS)]
    return [{key: card[key] for key in PARTS} for card in whole[:count]]


def plain_deck(folder):
    """A deck file of them, under the name and the id they have."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_deck(folder / "registry.toml", plain_cards(), name="Container registry vocabulary")


def nearly_a_leech(home, deck, config=""):
    """Import a deck whose card `tiny/one` was then missed seven times and is due; the program on that day."""
    clock = Clock()
    home.fill(deck, clock=clock)
    (home.folder / "config.toml").write_text(config, encoding="utf-8")
    with home.collection(clock) as collection:
        collection.settings = Settings(relearning_steps=())
        answer_card(collection, "tiny/one", Rating.EASY)
        for _ in range(7):
            clock.advance(days=60)
            answer_card(collection, "tiny/one", Rating.AGAIN)
    clock.advance(days=60)
    return at_moment(clock.now)
