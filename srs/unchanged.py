"""Whether the files of an import are, byte for byte, what was imported last.

Their hashes tell, so no card is read. It is asked through the quick look, before anything is loaded
that reads cards, plans or writes; an import of a large deck that was not touched is over by then.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.intake_report import FileResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Rows = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]


class DeckRow(NamedTuple):
    """What the database says of a deck's file."""

    id: str
    path: str | None
    content_hash: str
    name: str


def deck_rows(rows: Rows) -> list[DeckRow]:
    """Every deck there is."""
    return [DeckRow(*row) for row in rows("SELECT id, path, content_hash, name FROM deck ORDER BY id", {})]


def files_imported_before(
    rows: Rows, known: Iterable[DeckRow]
) -> tuple[list[Path], list[tuple[str, str, int]]]:
    """The files that decks were imported from, and of those that are missing: deck, path, live cards."""
    files, gone = [], []
    for row in known:
        if row.path is None:
            continue
        if Path(row.path).is_file():
            files.append(Path(row.path))
        else:
            gone.append((row.id, row.path))
    live = _live_cards(rows) if gone else Counter()
    return files, [(deck, path, live[deck]) for deck, path in gone if live[deck]]


def all_unchanged(rows: Rows, files: Sequence[Path], known: Iterable[DeckRow]) -> list[FileResult] | None:
    """The results when every file is byte for byte what was imported last; None when any is not."""
    by_path = {row.path: row for row in known if row.content_hash}
    found = []
    for path in files:
        row = by_path.get(str(path.resolve()))
        if row is None or _hash_of(path) != row.content_hash:
            return None
        found.append((str(path), row.id))
    live = _live_cards(rows) if found else Counter()
    return [FileResult(path, deck, None, unchanged=live[deck]) for path, deck in found]


def new_times(rows: Rows, files: Iterable[Path]) -> list[dict[str, Any]]:
    """Path, size and time of those files that have others than the database knows, and look changed."""
    known = {row[0]: row[1:] for row in rows("SELECT path, size, mtime_ns FROM deck", {})}
    facts = [(str(path.resolve()), path.stat()) for path in files]
    return [
        {"path": path, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        for path, stat in facts
        if known.get(path) != (stat.st_size, stat.st_mtime_ns)
    ]


def _live_cards(rows: Rows) -> Counter[str]:
    """How many live cards each deck has.

    All are counted in the index of names and the retired ones looked for in the table from end to end:
    by the index to each row, to see whether it is retired, takes ten times as long.
    """
    live: Counter[str] = Counter(dict(rows("SELECT deck, count(*) FROM card GROUP BY deck", {})))
    live.subtract(deck for (deck,) in rows("SELECT deck FROM card WHERE retired = 1", {}))
    return live


def _hash_of(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    except OSError:
        return None
