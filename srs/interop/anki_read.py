"""Reading an Anki package through Anki's own library, in a process of its own that is watched.

    with open_package(path, progress) as package:
        package.collection, package.decks
        for card in package.cards(): …

Nothing of the package is trusted: sizes are checked before, memory, files and time bounded while it is
read, and a crash of the library becomes a sentence. No collection of the person's is opened.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from srs.deck.clean import clean_line, quoted
from srs.errors import DiskFullError, FileProblems, SrsError, UsageError
from srs.interop.anki_words import AnkiCard, AnkiCollection, AnkiDeck, card_of, deck_of
from srs.interop.anki_zip import check_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[str, int, int], None]

EXTRA = "srs-flashcards[anki]"
STALL_SECONDS = 8
"""Without a sign of life for so long, the process is ended: an honest card takes a thousandth."""
_PATIENCE = 4
"""How many times as long a process may take that hardly got to run: other programs had the computer."""

_TICK = 0.25


class MissingExtraError(UsageError):
    """The packages that read Anki's files are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Anki packages need an extra that is not installed", f"pip install '{EXTRA}' adds it (AGPL)"
        )


class Package(NamedTuple):
    """An opened package; its cards are read from the disk each time."""

    path: Path
    collection: AnkiCollection
    decks: dict[int, AnkiDeck]
    media: Path
    told: Path

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole collection, not some decks of one."""
        return self.path.suffix.lower() == ".colpkg"

    def cards(self) -> Iterator[AnkiCard]:
        """Every card, in the order in which they were made."""
        with self.told.open(encoding="utf-8") as lines:
            for line in lines:
                told = json.loads(line).get("card")
                if told is not None:
                    yield card_of(told)


class _Bounds(NamedTuple):
    """Where the process may write, and how many bytes in all."""

    folder: Path
    most_bytes: int


@contextmanager
def open_package(path: Path, progress: Progress) -> Iterator[Package]:
    """Unpack and render a package in a folder that is gone when this is left.

    Raises:
        NotFoundError: there is no such file.
        FileProblems: it is no package, damaged, or made to hurt.
        DiskFullError: there is no room to unpack it.
        MissingExtraError: the library is not installed.
    """
    most_bytes = check_package(path)
    if find_spec("anki") is None or find_spec("selectolax") is None:
        raise MissingExtraError
    with _temporary() as name:
        folder = Path(name)
        with TemporaryFile() as complaints:
            child = _started(path, folder, most_bytes, complaints)
            _watch(child, path, _Bounds(folder, most_bytes), complaints, progress)
        yield _package(path, folder)


def _temporary() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory(prefix="srs-anki-", ignore_cleanup_errors=True)
    except OSError as error:
        raise FileProblems(
            f"there is no folder to unpack the package in: {error.strerror or error}",
            "name one with the environment variable TMPDIR",
        ) from error


def _no_room(folder: Path) -> DiskFullError:
    return DiskFullError(
        f"the disk that holds {quoted(str(folder.parent))} is full; nothing was imported",
        "a package is unpacked there first: make room, or name another folder in TMPDIR",
    )


def _started(path: Path, folder: Path, most_bytes: int, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise SrsError("cannot read Anki packages: this Python does not know where its program is")
    home = str(Path(__file__).parent.parent.parent)
    python_path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    # -P keeps the current folder out of the child's imports: a file `anki.py` there is not for us.
    return subprocess.Popen(  # noqa: S603 - this very Python, and paths of ours
        [
            sys.executable,
            "-P",
            "-m",
            "srs.interop.anki_child",
            str(path.resolve()),
            str(folder),
            str(most_bytes),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
        # Threads of Anki's core reserve memory each, of which there is little here.
        env={**os.environ, "PYTHONPATH": python_path, "TMPDIR": str(folder), "MALLOC_ARENA_MAX": "2"},
    )


def _watch(
    child: subprocess.Popen[bytes],
    path: Path,
    bounds: _Bounds,
    complaints: IO[bytes],
    progress: Progress,
) -> None:
    """Listen to the process until it is done; end it where it stalls or its files grow too large."""
    heard: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_listen, args=(child, heard), daemon=True).start()
    life = _Life(child.pid)
    try:
        while True:
            try:
                line = heard.get(timeout=_TICK)
            except queue.Empty:
                if life.size_now(bounds.folder) > bounds.most_bytes:
                    raise _refused(path, "it unpacks into far more than a collection of its size") from None
                if life.is_halted():
                    raise _refused(path, "reading it came to a halt") from None
                continue
            life.sign()
            if line is None:
                child.wait()
                raise _crashed(path, child.returncode, complaints)
            told = _told(line)
            if "refused" in told or "full" in told:
                why = told.get("refused")
                raise _no_room(bounds.folder) if why is None else _refused(path, why)
            if "read" in told:
                return
            if "stage" in told:
                progress(told["stage"], told["done"], told["total"])
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


class _Life:
    """Since when a process has given no sign of life: a line said, or a file that grew."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._size = 0
        self.sign()

    def sign(self) -> None:
        """Begin anew."""
        self._still, self._worked = 0.0, _seconds_worked(self._pid)

    def size_now(self, folder: Path) -> int:
        """What lies in the folder, in bytes; another size than before is a sign."""
        size = _size_of(folder)
        if size != self._size:
            self._size = size
            self.sign()
        return size

    def is_halted(self) -> bool:
        """Another tick went by: whether it has worked for long without a sign, or rested for very long."""
        self._still += _TICK
        if self._still < STALL_SECONDS:
            return False
        worked = _seconds_worked(self._pid)
        if worked is None or self._worked is None or self._still >= STALL_SECONDS * _PATIENCE:
            return True
        return worked - self._worked >= STALL_SECONDS / 2


def _seconds_worked(pid: int) -> float | None:
    """The processor time a process took; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _told(line: bytes) -> dict[str, Any]:
    """What a line of the process says; nothing where the library printed it."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _listen(child: subprocess.Popen[bytes], heard: queue.Queue[bytes | None]) -> None:
    try:
        for line in child.stdout or ():
            heard.put(line)
    except (OSError, ValueError):
        pass  # it was closed because nobody listens any more
    heard.put(None)


def _size_of(folder: Path) -> int:
    """What lies in the folder, in bytes; files may come and go meanwhile."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(root, name).lstat().st_size
            except OSError:
                continue
    return total


def _refused(path: Path, why: str) -> FileProblems:
    return FileProblems(f"{quoted(str(path))} was refused: {clean_line(why)}; nothing was imported")


def _crashed(path: Path, code: int, complaints: IO[bytes]) -> SrsError:
    complaints.seek(0)
    said = complaints.read()[-20_000:].decode(errors="replace")
    lines = said.strip().splitlines()
    last = clean_line(lines[-1]).strip()[:300] if lines else ""
    ended = f"signal {-code}" if code < 0 else f"code {code}"
    if "MemoryError" in said or "memory allocation" in said or code == -9:
        last = "it takes more memory than any honest package"
    hint = last or f"Anki's library ended with {ended}"
    return FileProblems(f"{quoted(str(path))} cannot be read; nothing was imported", hint)


def _package(path: Path, folder: Path) -> Package:
    told = folder / "told.jsonl"
    collection: AnkiCollection | None = None
    decks: dict[int, AnkiDeck] = {}
    with told.open(encoding="utf-8") as lines:
        for line in lines:
            said = json.loads(line)
            if "collection" in said:
                collection = AnkiCollection(**said["collection"])
            elif "deck" in said:
                deck = deck_of(said["deck"])
                decks[deck.id] = deck
            else:
                break
    if collection is None:  # pragma: no cover - the child says it first
        raise AssertionError
    return Package(path, collection, decks, folder / "media", told)
