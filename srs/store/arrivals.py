"""What a place (a shared folder) has not been sent yet, and what came from where.

The tables of the log are in order of id, and a line may come in below others, so an id alone cannot
tell what is new for a place. What can: a mark for each place and device, of the newest line and the
newest arrival there were when everything had been sent, and notes of what came in from elsewhere.

    unsent(place) = lines above the mark that did not come in, or came from another source
                  + arrivals since the mark from another source
                  + the lines of batches among these (their ids are made from content, so they are below)
                  + twins that came since
                  - what was read in the place itself

So whoever wrote a line into this database, on whatever device, it is sent: also lines of a database
that was copied to a new laptop, of a backup that was restored, of a server that several devices use.
A device that has no mark for a place begins with everything that it did not read there: it reads all
files of the place first (`files_read` is by device, too). The worst that a lost mark, a restored
database or a kill between the two steps of a sync can do is to send a line twice, which a union does
not notice; nothing is left out.

Whoever reads here and marks later does so in a journal's transaction, or in one that holds off other
writers of the learner: ids are made there, and none may be committed below a mark afterwards.
"""

from __future__ import annotations

from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from srs.store import twins
from srs.store.driver import learners_in
from srs.store.reading import ACT_COLUMNS, ANSWER_COLUMNS, act_from, answer_from, bind_keys, newest_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from srs.model import Act, Answer, Line
    from srs.store.heads import Rows
    from srs.store.journal import Journal

ID_BYTES = 16
_IDS_AT_ONCE = 4_096
_LINES_AT_ONCE = 2_000
_KEYS_AT_ONCE = 500


class Mark(NamedTuple):
    """How far a place has everything: lines up to an id, arrivals up to a number."""

    sent_to: bytes = b""
    arrived_to: int = 0


class FileRead(NamedTuple):
    """How far a file of a place was read (bytes), and what tells that it is still the same file."""

    read_to: int
    head_hash: str


# Files of a place, as this device has read them.


def files_read(rows: Rows, place: str, device: str) -> dict[str, FileRead]:
    """By path, how far this device has read the files of a place into this database."""
    found = rows(
        "SELECT path, read_to, head_hash FROM sync_file WHERE place = :place AND device = :device",
        {"place": place, "device": device},
    )
    return {path: FileRead(read_to, head_hash) for path, read_to, head_hash in found}


def note_read(journal: Journal, place: str, device: str, path: str, file: FileRead) -> None:
    """Remember how far a file was read, in the transaction that took its lines."""
    journal.run(
        "INSERT INTO sync_file (place, device, path, read_to, head_hash)"
        " VALUES (:place, :device, :path, :read_to, :head_hash) ON CONFLICT (place, device, path)"
        " DO UPDATE SET read_to = excluded.read_to, head_hash = excluded.head_hash",
        {"place": place, "device": device, "path": path, **file._asdict()},
    )


def forget_place(journal: Journal, place: str, device: str) -> None:
    """Begin with a place anew: its files are read from their start, and all it lacks is sent.

    For when a file there is gone or shorter than it was, or the folder another one.
    """
    for table in ("sync_file", "sync_mark"):
        journal.run(
            f"DELETE FROM {table} WHERE place = :place AND device = :device",
            {"place": place, "device": device},
        )
    # What was read there once may be gone from there; other places wait for it all the same.
    for learner in learners_in(journal.connection, "arrival"):
        who = {"learner": learner, "place": place}
        journal.run("DELETE FROM arrival WHERE learner = :learner AND source = :place AND known = 1", who)
        journal.run("UPDATE arrival SET source = '' WHERE learner = :learner AND source = :place", who)
    for learner in learners_in(journal.connection, "twin"):
        who = {"learner": learner, "place": place}
        journal.run("UPDATE twin SET source = '' WHERE learner = :learner AND source = :place", who)


# Marks and arrivals.


def mark_of(rows: Rows, learner: str, place: str, device: str) -> Mark | None:
    """How far a place had everything after this device's last sync; None: it never synced there."""
    found = rows(
        "SELECT sent_to, arrived_to FROM sync_mark"
        " WHERE place = :place AND device = :device AND learner = :learner",
        {"place": place, "device": device, "learner": learner},
    )
    return Mark(*found[0]) if found else None


def sent(journal: Journal, place: str, device: str, mark: Mark) -> None:
    """Set a mark that `unsent` gave, when what it gave is on disk in the place."""
    journal.run(
        "INSERT INTO sync_mark (place, device, learner, sent_to, arrived_to)"
        " VALUES (:place, :device, :learner, :sent_to, :arrived_to) ON CONFLICT (place, device, learner)"
        " DO UPDATE SET sent_to = excluded.sent_to, arrived_to = excluded.arrived_to",
        {"place": place, "device": device, "learner": journal.learner, **mark._asdict()},
    )
    # What every place has been told of needs no note any more.
    journal.run(
        "DELETE FROM arrival WHERE learner = :learner AND n <="
        " (SELECT min(m.arrived_to) FROM sync_mark m WHERE m.learner = :learner)",
        {"learner": journal.learner},
    )


def note(journal: Journal, ids: Iterable[bytes], source: str, *, known: bool = False) -> None:
    """Note lines that were read from elsewhere; `source` is the place, "" where it is none.

    Of lines that were `known` it is only noted that the place has them.

    What did not come from a place is noted only where some place waits for it.
    """
    if not source and not _is_marked(journal.rows, journal.learner):
        return
    every = sorted(set(ids))
    n = newest_arrival(journal.rows, journal.learner)
    journal.run_many(
        "INSERT INTO arrival (learner, n, source, known, ids) VALUES (:learner, :n, :source, :known, :ids)",
        [
            {"learner": journal.learner, "n": n + 1 + rank, "source": source, "known": int(known)}
            | {"ids": b"".join(every[first : first + _IDS_AT_ONCE])}
            for rank, first in enumerate(range(0, len(every), _IDS_AT_ONCE))
        ],
    )


def newest_arrival(rows: Rows, learner: str) -> int:
    """The greatest number an arrival ever had, as far as anybody remembers; 0: none."""
    found = rows(
        "SELECT max(n) FROM (SELECT max(n) AS n FROM arrival WHERE learner = :learner"
        " UNION ALL SELECT max(n) FROM twin WHERE learner = :learner"
        " UNION ALL SELECT max(arrived_to) FROM sync_mark WHERE learner = :learner) AS newest",
        {"learner": learner},
    )
    return found[0][0] or 0


def _is_marked(rows: Rows, learner: str) -> bool:
    return bool(rows("SELECT 1 FROM sync_mark WHERE learner = :learner LIMIT 1", {"learner": learner}))


# What has not been sent.


def unsent(rows: Rows, learner: str, place: str, device: str) -> tuple[Mark, Iterator[list[Line]]]:
    """The lines that a place lacks, in parts, and the mark to set when they are there.

    An imported answer that came in with several batches is given once for each. Lines come in no
    promised order.
    """
    newest = newest_line(rows, learner)
    had = mark_of(rows, learner, place, device) or Mark()
    now = Mark(max(newest or b"", had.sent_to), max(newest_arrival(rows, learner), had.arrived_to))
    return now, _Unsent(rows, learner, place, had).parts()


class _Unsent:
    """One look for what a place lacks."""

    def __init__(self, rows: Rows, learner: str, place: str, mark: Mark) -> None:
        self._rows = rows
        self._learner = learner
        self._place = place
        self._mark = mark

    def parts(self) -> Iterator[list[Line]]:
        batches: list[bytes] = []
        for acts in self._acts():
            batches += [act.id for act in acts if act.kind == "batch"]
            yield [*acts]
        for batch in batches:
            yield from self._of_batch(batch)
        yield from self._answers(frozenset(batches))
        yield from self._twins(batches)

    def _arrived(self, *, here: bool) -> Iterator[bytes]:
        """The ids noted since the mark, in order: those read in the place itself, or all others."""
        which = "source = :place" if here else "source <> :place AND known = 0"
        blobs = self._rows(
            f"SELECT ids FROM arrival WHERE learner = :learner AND n > :n AND {which}",
            {"learner": self._learner, "n": self._mark.arrived_to, "place": self._place},
        )
        streams = (_ids_in(ids) for (ids,) in blobs)
        return (line_id for line_id, _ in groupby(merge(*streams)))

    def _above(self, table: str) -> Iterator[bytes]:
        """The ids of a table above the mark, in order."""
        after = self._mark.sent_to
        while True:
            found = self._rows(
                f"SELECT id FROM {table} WHERE learner = :learner AND id > :after ORDER BY id LIMIT :most",
                {"learner": self._learner, "after": after, "most": _IDS_AT_ONCE},
            )
            yield from (line_id for (line_id,) in found)
            if len(found) < _IDS_AT_ONCE:
                return
            after = found[-1][0]

    def _lacking(self, table: str) -> Iterator[list[bytes]]:
        """The ids above the mark or arrived since that were not read in the place, a part at a time."""
        mine = (line_id for line_id, _ in groupby(merge(self._above(table), self._arrived(here=False))))
        part: list[bytes] = []
        for line_id in _without(mine, self._arrived(here=True)):
            part.append(line_id)
            if len(part) == _KEYS_AT_ONCE:
                yield part
                part = []
        if part:
            yield part

    def _acts(self) -> Iterator[list[Act]]:
        for ids in self._lacking("act"):
            yield [act_from(row) for row in self._named("act", ACT_COLUMNS, ids)]

    def _answers(self, batches: frozenset[bytes]) -> Iterator[list[Line]]:
        for ids in self._lacking("review"):
            found = [answer_from(row) for row in self._named("review", ANSWER_COLUMNS, ids)]
            yield [answer for answer in found if answer.batch not in batches]

    def _named(self, table: str, columns: str, ids: Sequence[bytes]) -> Sequence[tuple[Any, ...]]:
        names, params = bind_keys(ids)
        return self._rows(
            f"SELECT {columns} FROM {table} WHERE learner = :learner AND id IN ({names})",
            {"learner": self._learner} | params,
        )

    def _of_batch(self, batch: bytes) -> Iterator[list[Line]]:
        after = b""
        while True:
            found = self._rows(
                f"SELECT {ANSWER_COLUMNS} FROM review WHERE learner = :learner AND batch = :batch"
                " AND id > :after ORDER BY id LIMIT :most",
                {"learner": self._learner, "batch": batch, "after": after, "most": _LINES_AT_ONCE},
            )
            answers: list[Line] = [answer_from(row) for row in found]
            yield answers
            if len(found) < _LINES_AT_ONCE:
                return
            after = found[-1][0]

    def _twins(self, batches: Sequence[bytes]) -> Iterator[list[Line]]:
        found: list[Answer] = []
        for twin in twins.unsent(self._rows, self._learner, self._place, self._mark.arrived_to, batches):
            found.append(twin)
            if len(found) == _LINES_AT_ONCE:
                yield [*found]
                found.clear()
        yield [*found]


def _ids_in(blob: bytes) -> Iterator[bytes]:
    return (blob[at : at + ID_BYTES] for at in range(0, len(blob), ID_BYTES))


def _without(ids: Iterator[bytes], others: Iterator[bytes]) -> Iterator[bytes]:
    """Those of some ids, in order, that are not among others, in order, too."""
    other = next(others, None)
    for line_id in ids:
        while other is not None and other < line_id:
            other = next(others, None)
        if line_id != other:
            yield line_id
