"""Collections made once and kept in a folder, the same for srs and for Anki; copies of them for the jobs."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from srs.store import tables
from tests.benchmarks import real_log
from tests.benchmarks.making import copied, kept_of, ways_of
from tests.benchmarks.measuring import environment
from tests.benchmarks.processes import timed
from tests.learners import REAL_LOG

REAL = "real"
ANKI_SIDE = str(Path(__file__).with_name("anki_side.py"))
_ANKI_MAKING = Path(__file__).with_name("anki_making.py")


def anki_is_here():
    """Whether the package `anki` is installed."""
    return find_spec("anki") is not None and find_spec("anki.collection") is not None


@dataclass(frozen=True)
class Pair:
    """A database of srs and Anki's collection of the same cards and answers, and where they are studied."""

    ours: Path
    theirs: Path
    env: dict

    def srs(self, *arguments):
        """A command line of a job of `srs_side` on it."""
        job, *more = map(str, arguments)
        return [sys.executable, "-m", "tests.benchmarks.srs_side", job, str(self.ours), *more]

    def anki(self, *arguments):
        """A command line of a job of `anki_side` on it."""
        job, *more = map(str, arguments)
        return [sys.executable, ANKI_SIDE, job, str(self.theirs), *more]


class Keeper:
    """The collections in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder).absolute()
        self._home = self.folder / "home"
        self._home.mkdir(parents=True, exist_ok=True)

    def pair(self, cards, *, name="copy", env=None):
        """Fresh copies of the collections of so many cards, or of the real log."""
        made, theirs = self._kept(cards)
        ours = copied(made, self.folder / name / "ours.db")
        theirs = copied(theirs, self.folder / name / "theirs.anki2")
        return Pair(ours, theirs, self._env(cards, SRS_DB=str(ours), **env or {}))

    def renew(self, pair, path, cards):
        """Put a fresh copy in the place of one of the pair's files."""
        made, theirs = self._kept(cards)
        copied(made if path == pair.ours else theirs, path)

    def blank(self):
        """A place for a new database, and a copy of a collection of Anki's without cards."""
        made = self.folder / f"blank-{ways_of(_ANKI_MAKING)}.anki2"
        if not made.exists():
            told = "from tests.benchmarks.anki_making import make_empty; make_empty('{}')"
            timed([sys.executable, "-c", told.format(made)], self._env(0))
        ours = self.folder / "blank" / "ours.db"
        theirs = copied(made, self.folder / "blank" / "theirs.anki2")
        for left in ours.parent.glob(f"{ours.name}*"):
            left.unlink()
        return Pair(ours, theirs, self._env(0, SRS_DB=str(ours)))

    def _kept(self, cards):
        """Both files, made first where they are not there; Anki's in a process of its own."""
        made = self._real() if cards == REAL else kept_of(self.folder, cards)
        theirs = made.with_suffix(f".{ways_of(_ANKI_MAKING)}.anki2")
        if not theirs.exists():
            draft = made.with_suffix(".draft.anki2")
            making = [sys.executable, "-m", "tests.benchmarks.anki_making", str(made), str(draft)]
            timed(making, self._env(cards))
            draft.rename(theirs)
            draft.with_suffix(".media").rmdir()  # Anki makes one beside every collection
        return made, theirs

    def _real(self):
        made = self.folder / f"real-{ways_of(tables.__file__, real_log.__file__)}.db"
        if not made.exists():
            draft = made.with_suffix(".part")
            timed([sys.executable, "-m", "tests.benchmarks.real_log", str(draft)], self._env(REAL))
            draft.rename(made)
        return made

    def _env(self, cards, **more):
        return environment(self._home, **({"TZ": real_log.ZONE} if cards == REAL else {}), **more)


def real_log_is_here():
    """Whether the real log lies where it is looked for."""
    return REAL_LOG.exists()
