"""Another database, opened to be read and never changed: whose lines it has, by which devices.

A packed backup is unpacked first. An older one is looked at as a copy brought up to date in memory. What
lies in a write-ahead log beside it is read, too, also where its folder cannot be written to.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, Self

from srs.errors import DatabaseError, FileProblems, NotFoundError
from srs.store import twins
from srs.store.backups import is_packed, unpack
from srs.store.line_rows import ACT_VALUES
from srs.store.merging import Part
from srs.store.migrations import migrate_copy
from srs.store.peek import Peek, sqlite_sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import TracebackType
    from typing import Any

    from srs.store.merging import Values

AT_ONCE = 5_000
_DEVICE = ACT_VALUES.index("device")
_ANSWER_DEVICE = twins.VALUE_NAMES.index("device")


class Writer(NamedTuple):
    """A device that wrote lines of another database for one of its learners, and how many."""

    device: str
    learner: str
    answers: int
    acts: int


class OtherDatabase:
    """Another database, open for reading; use it in a `with`.

    Raises:
        NotFoundError: there is no such file.
        FileProblems: it is packed, and not whole.
        DatabaseError: it is no database of ours, damaged, or newer than this srs.
    """

    def __init__(self, path: str, version: str) -> None:
        self.path = path
        self._stack = ExitStack()
        if not os.path.isfile(path):  # noqa: PTH113 - pathlib raises where a folder may not be looked into
            what = "is a folder, no database" if os.path.isdir(path) else None  # noqa: PTH112
            raise DatabaseError(f"`{path}` {what}") if what else NotFoundError(f"there is no file `{path}`")
        try:
            self._peek = self._stack.enter_context(Peek(self._readable(), version))
        except NotFoundError as error:
            raise DatabaseError(f"`{path}` is empty, no database of srs", "nothing was changed") from error
        self._peek.path = path
        with self._stack:
            found = self._peek.rows("PRAGMA quick_check(1)", {})
            if found != [("ok",)]:
                raise DatabaseError(f"`{path}` is damaged", "nothing was changed; take a backup of it")
            if self._peek.needs_migration:
                self._peek.look_at_a_copy(partial(migrate_copy, version=version))
            # One state of it, whoever else writes to it meanwhile.
            self._peek.rows("BEGIN", {})
            self._stack = self._stack.pop_all()
        self._batches: dict[str, dict[bytes, str]] = {}

    def _readable(self) -> str:
        """The path to read at: a copy's, where it is packed or SQLite would pass over the log beside it."""
        wal = f"{self.path}-wal"
        folder = os.path.dirname(os.path.abspath(self.path))  # noqa: PTH100, PTH120 - as above
        try:
            packed = is_packed(Path(self.path))
            has_log = os.path.isfile(wal) and not os.access(folder, os.W_OK)  # noqa: PTH113 - as above
            if not packed and not has_log:
                return self.path
            scratch = self._stack.enter_context(TemporaryDirectory(prefix="srs-merge-"))
            copy = os.path.join(scratch, "other.db")  # noqa: PTH118 - as above
            if packed:
                unpack(Path(self.path), Path(copy))
            else:
                shutil.copyfile(self.path, copy)
                shutil.copyfile(wal, f"{copy}-wal")
        except FileProblems:
            self._stack.close()
            raise
        except OSError as error:
            self._stack.close()
            raise sqlite_sentence(error, self.path) from error
        return copy

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def writers(self) -> list[Writer]:
        """Every device and learner with lines; an imported answer is of the device that imported it.

        In a damaged database names may be anything.
        """
        answers: dict[tuple[str, str], int] = {}
        sql = (
            "SELECT coalesce(b.device, r.device), r.learner, count(*) FROM"
            " (SELECT learner, batch, CASE WHEN batch IS NULL THEN device ELSE '' END AS device"
            " FROM review) r"
            " LEFT JOIN act b ON b.learner = r.learner AND b.id = r.batch GROUP BY 1, 2"
        )
        for device, learner, number in self._peek.rows(sql, {}):
            answers[device, learner] = number
        acts = {
            (device, learner): number
            for device, learner, number in self._peek.rows(
                "SELECT device, learner, count(*) FROM act GROUP BY 1, 2", {}
            )
        }
        return [
            Writer(device, learner, answers.get((device, learner), 0), acts.get((device, learner), 0))
            for device, learner in sorted(answers.keys() | acts.keys(), key=repr)
        ]

    def names(self) -> dict[str, str]:
        """What the database calls devices, by their ids."""
        found = self._peek.rows("SELECT id, name FROM device WHERE name <> '' ORDER BY known_as", {})
        return dict(found)

    def parts(self, learner: str, devices: Collection[str]) -> Iterator[Part]:
        """The lines that some devices wrote for a learner, in parts."""
        for rows in self._paged("act", ", ".join(ACT_VALUES), learner):
            yield Part([], [row for row in rows if row[_DEVICE] in devices])
        for rows in self._paged("review", ", ".join(twins.VALUE_NAMES), learner):
            yield Part([row for row in rows if self._device_of(row, learner) in devices], [])
        twin_lines = self._peek.rows("SELECT line FROM twin WHERE learner = :learner", {"learner": learner})
        others = (twins.unpacked(line) for (line,) in twin_lines)
        yield Part([row for row in others if self._device_of(row, learner) in devices], [])

    def _paged(self, table: str, columns: str, learner: str) -> Iterator[list[Values]]:
        after: Any = b""
        while True:
            found = self._peek.rows(
                f"SELECT {columns} FROM {table} WHERE learner = :learner AND id > :after"
                " ORDER BY id LIMIT :most",
                {"learner": learner, "after": after, "most": AT_ONCE},
            )
            yield found
            if len(found) < AT_ONCE:
                return
            after = found[-1][0]

    def _device_of(self, row: Values, learner: str) -> str:
        batch = row[twins.BATCH]
        if batch is None:
            return str(row[_ANSWER_DEVICE])
        if learner not in self._batches:
            sql = "SELECT id, device FROM act WHERE learner = :learner AND kind = 'batch'"
            self._batches[learner] = dict(self._peek.rows(sql, {"learner": learner}))
        return self._batches[learner].get(batch, "")
