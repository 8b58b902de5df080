"""What changes a database besides answers: each operation with its home, its command, and what must hold.

A home is made once for all the faults that its operation is put to, and copied for each.
"""

import gzip
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import running
from learners import learners
from programs import Home, now_ms
from test_optimize_command import bring_in
from test_sync_command import DEVICES, answer
from two_homes import pattern_in, sync_here
from world import Clock, answer_card, deck_of, import_decks, open_at

from srs.model import Rating

SCHEMA_1 = Path(__file__).parent / "schemas" / "1.sql"
ANSWERS = 6
"""Answers that were told as saved before an operation begins."""


@dataclass(frozen=True)
class Operation:
    """A command that changes much, and how the home is made that it is tried in."""

    name: str
    arguments: tuple
    make: Callable
    """Make the home in a folder that is not there yet."""
    replaces: bool = False
    """Whether answers may leave the database for a backup beside it."""
    sound: bool = True
    """Whether the doctor finds nothing before it, either."""
    finally_holds: Callable = lambda _home, _pattern: None
    finished_with: tuple = (0,)


@dataclass
class Pattern:
    """A prepared home, what was in it, and what is in it when the operation is done."""

    operation: Operation
    home: Home
    before: frozenset
    after: dict
    copies: int = 0
    folder: Path = field(default=None)

    def copy(self):
        """A home of one fault's own."""
        self.copies += 1
        return self.home.copy(self.folder / f"copy{self.copies}")


def answers_in(path):
    """The answers of a database as facts, undone ones too; empty where it has no tables yet."""
    with closing(sqlite3.connect(path)) as plain:
        if not plain.execute("SELECT 1 FROM sqlite_master WHERE name = 'review'").fetchall():
            return []
        return plain.execute("SELECT id, card, at, rating, device FROM review").fetchall()


def kept_backups(home):
    """The backups that have the name of one."""
    return sorted((home.folder / "data" / "srs" / "backups").glob("*/[!.]*.db.gz"))


def answers_kept(home):
    """The answers of all backups; every one must be whole."""
    found = set()
    for number, path in enumerate(kept_backups(home)):
        plain = home.folder / f"unpacked{number}.db"
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        with closing(sqlite3.connect(plain)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found |= set(answers_in(plain))
        plain.unlink()
    return found


def contents(home):
    """What a finished operation leaves, without moments and random numbers of its own."""
    cards = home.rows("SELECT deck, id, question, retired FROM card ORDER BY deck, id")
    memories = home.rows(
        "SELECT hex(card), state, reps, lapses, due_day, round(stability, 6) FROM memory ORDER BY card"
    )
    acts = Counter(kind for (kind,) in home.rows("SELECT kind FROM act WHERE undone = 0"))
    # Whose options were first is no matter: they are named by their hash.
    acts.pop("options", None)
    return {"answers": sorted(answers_in(home.db)), "cards": cards, "memories": memories, "acts": acts}


def prepared(operation, folder):
    """Make the home of an operation, and let the operation run undisturbed on a copy."""
    folder.mkdir(parents=True, exist_ok=True)
    operation.make(folder / "first")
    # Decks are read from where a copy of them is only while those they came from are gone.
    (folder / "first").rename(folder / "made")
    home = Home(folder / "made")
    before = frozenset(answers_in(home.db)) if home.db.exists() else frozenset()
    pattern = Pattern(operation, home, before, {}, folder=folder)
    done = pattern.copy()
    told = running.run(done, *operation.arguments)
    assert told.returncode in operation.finished_with, (told.stdout, told.stderr)
    pattern.after = contents(done)
    assert set(pattern.after["answers"]) >= before or operation.replaces
    assert_sound(pattern, done)
    return pattern


def lost(pattern, home, acknowledged=frozenset()):
    """Answers that were told as saved before the fault, and are neither here nor, if replaced, kept."""
    here = answers_in(home.db) if home.db.exists() else []
    wanted = pattern.before | acknowledged
    if pattern.operation.replaces and not wanted <= set(here):
        here = [*here, *answers_kept(home)]
    else:
        told = Counter((card, at, device) for _, card, at, _, device in here)
        assert not [each for each, times in told.items() if times > 1], "an answer is there twice"
    return wanted - set(here)


def assert_left_whole(pattern, home):
    """What a fault left is sound as it is, before anything is repeated or repaired."""
    if home.db.exists() and home.db.stat().st_size:
        assert home.rows("PRAGMA integrity_check") == [("ok",)]
        answers_kept(home)
        if pattern.operation.sound and answers_in(home.db):
            told = running.run(home, "doctor")
            assert told.returncode == 0, (told.stdout, told.stderr)


def assert_finishes(pattern, home, *, same=True):
    """The command again does what it would have done; with `same` exactly that."""
    told = running.run(home, *pattern.operation.arguments)
    assert told.returncode in pattern.operation.finished_with, (told.stdout, told.stderr)
    if same:
        assert contents(home) == pattern.after
    assert_sound(pattern, home)


def assert_sound(pattern, home):
    """The doctor finds nothing, every memory is the fold of the log, and the operation's own claim holds."""
    told = running.run(home, "doctor")
    assert told.returncode == 0, (told.stdout, told.stderr)
    home.check()
    pattern.operation.finally_holds(home, pattern)


# The homes


def _begun(folder, size=40):
    """A home with a deck of which some cards were answered."""
    folder.mkdir(parents=True)
    home = Home(folder).fill(deck_of(folder, "registry", size).path)
    with home.collection() as collection:
        for number in range(ANSWERS):
            answer_card(collection, f"registry/c{number}", Rating.GOOD)
    return home


def _edited(folder):
    """A deck of which cards were edited, renamed, taken away and added since it was imported."""
    home = _begun(folder)
    deck = deck_of(folder, "registry", 400)
    deck.cards[0].question = "What was it?"
    deck.cards[1].id, deck.cards[1].was = "renamed", ("c1",)
    del deck.cards[5]
    deck.write()
    return home


def _with_log(folder):
    """A file of answers given elsewhere."""
    home = _begun(folder)
    rows = [
        f"registry/c{n},{1 + n % 4},2026-0{month}-{1 + n % 27:02}T12:{n:02}:00Z,1200"
        for month in (3, 5, 9)
        for n in range(40)
    ]
    (folder / "answers.csv").write_text("\n".join(["card,rating,reviewed_at,took_ms", *rows]) + "\n")
    return home


def _two_devices(folder):
    """A laptop with answers to send, and a shared folder with a desk's answers to take."""
    apart = folder.with_name("devices")
    apart.mkdir()
    pattern_in(apart)
    laptop, desk = (Home(apart / name) for name in DEVICES)
    for home in (laptop, desk):
        (home.folder / "state" / "srs" / "device").write_text(DEVICES[home.folder.name] + "\n")
    answer(desk, 5)
    sync_here(desk, apart / "shared")
    answer(laptop, ANSWERS - 1)
    home = laptop.copy(folder)
    (apart / "shared").rename(folder / "shared")
    (folder / "state" / "srs" / "device").write_text(DEVICES["laptop"] + "\n")
    return home


def _the_desk_has_all(home, pattern):
    """The other device, syncing with the same folder, has every answer as well."""
    desk = pattern.folder / "devices" / "desk"
    pattern.copies += 1
    copy = Home(desk).copy(pattern.folder / f"desk{pattern.copies}")
    (copy.folder / "state" / "srs" / "device").write_text(DEVICES["desk"] + "\n")
    sync_here(copy, home.folder / "shared")
    assert copy.answers() == home.answers()


def _with_another(folder):
    """The database of an old laptop beside one's own."""
    home = _begun(folder)
    clock = Clock(now_ms() - 40 * 86_400_000)
    with open_at(folder / "old.db", clock, create=True, device="0000000000000abc", seed=77) as collection:
        import_decks(collection, [folder / "registry.toml"])
        for number in range(4, 40):
            answer_card(collection, f"registry/c{number}", Rating.EASY)
            clock.advance(minutes=1)
    return home


def _to_fit(folder):
    """A history long enough to be fitted, of somebody far from the defaults."""
    home = Home(folder)
    bring_in(home, learners("far", 1, answers=1_600, seed=9)[0].answers)
    return home


def _of_schema_1(folder):
    """A database as the first release wrote it."""
    home = Home(folder)
    deck = deck_of(folder, "registry", 6).path
    with closing(sqlite3.connect(home.db)) as plain:
        plain.executescript(SCHEMA_1.read_text(encoding="utf-8"))
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("UPDATE deck SET path = ?", (str(deck),))
        plain.commit()
    return home


def _with_a_wrong_memory(folder):
    """A database of which some memories are not what the log gives."""
    home = _begun(folder)
    with closing(sqlite3.connect(home.db)) as plain:
        plain.execute("UPDATE memory SET stability = stability + 1, reps = reps + 1 WHERE reps > 0")
        plain.commit()
    return home


def _with_a_backup(folder):
    """A backup with half of the answers, and a database with all."""
    home = _begun(folder)
    assert running.run(home, "backup", "old.db.gz").returncode == 0
    with home.collection() as collection:
        for number in range(ANSWERS, 2 * ANSWERS):
            answer_card(collection, f"registry/c{number}", Rating.GOOD)
    return home


def _empty(folder):
    """A home with a deck file and no database."""
    folder.mkdir(parents=True)
    deck_of(folder, "registry", 400)
    return Home(folder)


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("first import", ("import", "registry.toml"), _empty),
        Operation("import", ("import", "registry.toml"), _edited),
        Operation("log import", ("log", "import", "answers.csv", "--zone", "UTC"), _with_log),
        Operation("sync", ("sync", "shared"), _two_devices, finally_holds=_the_desk_has_all),
        Operation("merge", ("merge", "old.db", "--as", "me"), _with_another),
        Operation("optimize", ("optimize",), _to_fit),
        Operation("migrate", ("suspend", "registry/c3"), _of_schema_1),
        Operation("doctor", ("doctor", "--fix"), _with_a_wrong_memory, sound=False),
        Operation("backup", ("backup",), _begun),
        Operation("restore", ("restore", "old.db.gz", "--yes"), _with_a_backup, replaces=True),
    )
}
