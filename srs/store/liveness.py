"""Which lines count after many came in at once: the bits `undone`, brought up to date in bulk.

What `fold.live` says of a set of lines, and `Journal.relive` of one line more (LOG §2 lines 1-2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srs.store import summing, twins
from srs.store.driver import rows_among, rows_of, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

_SET = "UPDATE {table} SET undone = ? WHERE learner = ? AND id = ?"
_PARENT = {"act": "cause", "review": "batch"}
_CAUSED_BY_BATCH = (
    "SELECT a.id FROM act a JOIN review r ON r.learner = a.learner AND r.id = a.cause"
    " WHERE a.learner = ? AND a.cause IS NOT NULL AND r.batch = ?"
)


@dataclass(slots=True)
class Came:
    """What came in that may count or not count for another line, by id.

    `undos` are new undo acts, `hanging` other lines that may have changed sides by what they hang on,
    `batches` those that new answers came with, `twins` answers that got a version more; `n` is the
    arrival they came with.
    """

    undos: set[bytes] = field(default_factory=set)
    hanging: set[bytes] = field(default_factory=set)
    batches: set[bytes] = field(default_factory=set)
    twins: set[bytes] = field(default_factory=set)
    n: int = 0


@dataclass(slots=True)
class Changed:
    """What changed sides: the keys of cards, the kinds of acts, and the answers."""

    cards: set[bytes] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    answers: set[bytes] = field(default_factory=set)


def settle(connection: Connection, learner: str, came: Came) -> Changed:
    """Bring every bit up to date after lines were written with `undone` 0."""
    return _Settling(connection, learner, came).settle()


class _Settling:
    def __init__(self, connection: Connection, learner: str, came: Came) -> None:
        self._connection = connection
        self._learner = learner
        self._came = came
        self._parents: dict[bytes, bytes | None] = {}
        self._targets: set[bytes] = set()
        """What live undos name."""
        self.changed = Changed()

    def settle(self) -> Changed:
        before = self._judge_undos()
        moved = before ^ self._targets
        swapped = self._settle_batches(moved)
        waiting = before | self._targets | self._came.hanging | swapped
        while waiting:
            waiting = self._settle_lines(waiting)
        summing.answers_changed(self._connection, self._learner, self.changed.answers)
        return self.changed

    def _judge_undos(self) -> set[bytes]:
        """Find what live undos name, newest first; returns what they named before the new lines came."""
        before, bits = set(), []
        sql = "SELECT id, target, cause, undone FROM act WHERE learner = ? AND kind = 'undo' ORDER BY id DESC"
        for undo, target, cause, undone in rows_of(self._connection, sql, (self._learner,)):
            if not undone and undo not in self._came.undos:
                before.add(target)
            dead = undo in self._targets or (cause is not None and self._is_dead(cause))
            if not dead:
                self._targets.add(target)
            if dead != bool(undone):
                bits.append((int(dead), self._learner, undo))
        run_many(self._connection, _SET.format(table="act"), bits)
        return before

    def _is_dead(self, line: bytes | None) -> bool:
        """Whether a line, or what it hangs on, is named by a live undo."""
        while line is not None:
            if line in self._targets:
                return True
            if line not in self._parents:
                self._parents[line] = self._parent_of(line)
            line = self._parents[line]
        return False

    def _parent_of(self, line: bytes) -> bytes | None:
        for table, parent in _PARENT.items():
            sql = f"SELECT {parent} FROM {table} WHERE learner = ? AND id = ?"
            found = rows_of(self._connection, sql, (self._learner, line))
            if found:
                of_line: bytes | None = found[0][0]
                return of_line
        return None

    # Batches.

    def _settle_batches(self, moved: set[bytes]) -> set[bytes]:
        """The answers of batches that changed sides or got more; the lines to look at after it."""
        batches = self._came.batches | self._known_batches(moved)
        ids = self._came.twins | twins.of_batch(self._connection, self._learner, batches)
        swapped: dict[bytes, set[bytes]] = {}
        if ids:
            dead = {
                batch: self._is_dead(batch)
                for batch in twins.batches_of(self._connection, self._learner, ids)
            }
            swapped = twins.settle(self._connection, self._learner, ids, dead, self._came.n)
            self._parents.clear()
            self.changed.answers |= swapped.keys()
            self.changed.cards.update(*swapped.values())
        waiting = set(swapped)
        for batch in sorted(batches):
            # In a batch that stood before, too, only what undos name themselves is taken back.
            if batch in moved or self._is_dead(batch):
                waiting |= self._settle_batch(batch)
        return waiting

    def _known_batches(self, ids: Iterable[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for table in ("review", "twin"):
            sql = f"SELECT DISTINCT batch FROM {table} WHERE learner = ? AND batch IN"
            rows = rows_among(self._connection, sql, sorted(ids), self._learner)
            found.update(batch for (batch,) in rows)
        return found

    def _settle_batch(self, batch: bytes) -> set[bytes]:
        """All answers of a batch at once; those named by an undo of their own are looked at after it."""
        dead = int(self._is_dead(batch))
        which = (self._learner, batch, dead)
        wrong = "learner = ? AND batch = ? AND undone <> ?"
        cards = rows_of(self._connection, f"SELECT DISTINCT card FROM review WHERE {wrong}", which)
        if not cards:
            return set()
        self.changed.cards.update(card for (card,) in cards)
        run_many(self._connection, f"UPDATE review SET undone = ? WHERE {wrong}", [(dead, *which)])
        summing.note_batch(self._connection, self._learner, batch)
        caused = rows_of(self._connection, _CAUSED_BY_BATCH, (self._learner, batch))
        return {line for (line,) in caused}

    # Lines.

    def _settle_lines(self, ids: Collection[bytes]) -> set[bytes]:
        """Bring some lines' bits up to date; the lines that hang on those that changed."""
        changed: set[bytes] = set()
        for table, kind in (("act", "kind"), ("review", "'answer'")):
            sql = (
                f"SELECT id, card, undone, {_PARENT[table]}, {kind} FROM {table} WHERE learner = ? AND id IN"
            )
            bits = []
            for line, card, undone, parent, what in list(
                rows_among(self._connection, sql, sorted(ids), self._learner)
            ):
                dead = line in self._targets or self._is_dead(parent)
                if dead == bool(undone):
                    continue
                bits.append((int(dead), self._learner, line))
                changed.add(line)
                self.changed.kinds.add(what)
                self.changed.cards.update([card] if card is not None else [])
                self.changed.answers.update([line] if table == "review" else [])
            run_many(self._connection, _SET.format(table=table), bits)
        sql = "SELECT id FROM act WHERE learner = ? AND cause IN"
        return {line for (line,) in rows_among(self._connection, sql, sorted(changed), self._learner)}
