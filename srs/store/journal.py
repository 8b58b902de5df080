"""Writing the log: answers, acts, undo and redo, and the memories that follow from it.

A journal lives inside one transaction of one learner on one device. It only ever inserts lines; what
it changes are derived bits (`undone`, `follows`) and memories, which are folds of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srs.errors import NotFoundError
from srs.fold import replay
from srs.ids import next_line_id
from srs.model import Act, ActKind, Answer, Line, Memory, Options
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store import batches, line_rows, reading, summing
from srs.store.peek import check_schema_stands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from srs.store.database import Database


class Writer(NamedTuple):
    """Who writes, where and when: `now` in ms, `study_day` as the learner's calendar has it now."""

    learner: str
    device: str
    now: int
    study_day: int
    random_bits: Callable[[int], int]


MANY_CARDS = 2_000
"""From so many on, cards are folded together in NumPy; below, one by one is as quick and exact."""

TAKEN_BACK = (ActKind.SUSPEND, ActKind.RESUME, ActKind.BURY, ActKind.FORGET, ActKind.DUE, ActKind.BATCH)
"""The acts that undo reaches, beside answers."""


class Journal:
    """The pen of one transaction."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self.learner = writer.learner
        self.connection: Connection = database.connection
        self.rows = database.rows
        self._newest, schema = reading.newest_line_and_schema(database.rows, writer.learner)
        check_schema_stands(schema)
        self._sums_are_due = summing.is_due(self._newest, writer.now)
        self._first_act: bytes | None = None
        self.run = database.run
        self.run_many = database.run_many

    def memory_and_parameters(self, card: bytes, deck: str) -> tuple[Memory | None, tuple[float, ...] | None]:
        """The memory of a card as it is in this transaction, if it has one, and its deck's parameters."""
        return reading.memory_and_parameters(self.rows, self.learner, card, deck)

    def of(self, learner: str) -> Journal:
        """The same transaction for another learner."""
        return Journal(self._database, self._writer._replace(learner=learner))

    def next_id(self) -> bytes:
        """The id of the next line, above every line of the log."""
        self._newest = next_line_id(self._writer.now, self._newest, self._writer.random_bits)
        return self._newest

    def saw(self, line_id: bytes) -> None:
        """Note a line that came in with its id: those made from now on are above it."""
        self._newest = max(self._newest or b"", line_id)

    def write_answer(self, answer: Answer, memory: Memory) -> None:
        """Write an answer with the memory it leaves; with the first of a day, sum up the days before."""
        if self._sums_are_due:
            summing.sum_up(self.connection, self.learner, most=summing.MOST_AT_AN_ANSWER)
            self._sums_are_due = False
        keys = {"learner": self.learner, "card": answer.card}
        self._database.run(
            f"UPDATE memory SET {line_rows.SET_BELIEF} WHERE learner = :learner AND card = :card",
            line_rows.memory_values(memory) | keys,
        )
        self._database.run(
            line_rows.INSERT_ANSWER, line_rows.answer_values(answer) | {"learner": self.learner}
        )

    def name_options(self, options: Options) -> bytes:
        """The hash of a set of options, written to the log the first time it is named."""
        name = options.name()
        known = {"learner": self.learner, "hash": name}
        if not self._database.rows("SELECT 1 FROM options WHERE learner = :learner AND hash = :hash", known):
            self.append_act(ActKind.OPTIONS, payload={"hash": name.hex(), "body": options.body()})
            self._database.run(
                "INSERT INTO options (learner, hash, body) VALUES (:learner, :hash, :body)",
                known | {"body": options.body()},
            )
        return name

    def append_act(
        self,
        kind: ActKind,
        *,
        card: bytes | None = None,
        target: bytes | None = None,
        cause: bytes | None = None,
        payload: dict[str, Any] | None = None,
    ) -> bytes:
        """Write an act without folding it; returns its id."""
        act = Act(
            id=self.next_id(),
            kind=kind,
            at=self._writer.now,
            study_day=self._writer.study_day,
            card=card,
            target=target,
            cause=cause,
            payload=payload or {},
            device=self._writer.device,
        )
        self._database.run(line_rows.INSERT_ACT, line_rows.act_values(act) | {"learner": self.learner})
        return act.id

    def act_on(self, kind: ActKind, card: bytes, *, payload: dict[str, Any] | None = None) -> bytes:
        """Write an act on a card and fold it in; returns its id.

        What one transaction does to several cards is one deed: the later acts name the first as their
        `cause`, and undo takes them back together.
        """
        line_id = self.append_act(kind, card=card, cause=self._first_act, payload=payload)
        self._first_act = self._first_act or line_id
        self.refold([card])
        return line_id

    def newest_to_undo(self) -> Line | None:
        """The newest live answer or act of this device that undo would take back (LOG §1)."""
        mine = {"learner": self.learner, "device": self._writer.device}
        answers = self._database.rows(
            f"SELECT {reading.ANSWER_COLUMNS} FROM review WHERE learner = :learner AND undone = 0"
            " AND device = :device AND batch IS NULL ORDER BY id DESC LIMIT 1",
            mine,
        )
        kinds = ", ".join(f"'{kind.value}'" for kind in TAKEN_BACK)
        acts = self._database.rows(
            f"SELECT {reading.ACT_COLUMNS} FROM act WHERE learner = :learner AND undone = 0 AND cause IS NULL"
            f" AND device = :device AND kind IN ({kinds}) ORDER BY id DESC LIMIT 1",
            mine,
        )
        lines: list[Line] = [*map(reading.answer_from, answers), *map(reading.act_from, acts)]
        return max(lines, key=lambda line: line.id, default=None)

    def newest_to_redo(self) -> Act | None:
        """The newest live undo of what undo reaches on this device, unless something was done after it."""
        found = self._database.rows(
            f"SELECT {reading.prefixed(reading.ACT_COLUMNS, 'u')} FROM act u WHERE u.learner = :learner"
            " AND u.kind = 'undo' AND u.undone = 0 AND u.device = :device AND NOT EXISTS"
            " (SELECT 1 FROM act t WHERE t.learner = u.learner AND t.id = u.target AND t.kind IN"
            " ('undo', 'params', 'reschedule')) ORDER BY u.id DESC LIMIT 1",
            {"learner": self.learner, "device": self._writer.device},
        )
        if not found:
            return None
        undo = reading.act_from(found[0])
        newest = self.newest_to_undo()
        return None if newest is not None and newest.id > undo.id else undo

    def take_back(self, target: bytes) -> bytes:
        """Undo a line: one more line that names it; everything that follows from it is folded anew."""
        undo = self.append_act(ActKind.UNDO, target=target)
        self.refold(self.relive(target))
        return undo

    def line(self, line_id: bytes) -> Line:
        """One line of the log by its id."""
        key = {"learner": self.learner, "id": line_id}
        for columns, table, make in (
            (reading.ANSWER_COLUMNS, "review", reading.answer_from),
            (reading.ACT_COLUMNS, "act", reading.act_from),
        ):
            found = self._database.rows(
                f"SELECT {columns} FROM {table} WHERE learner = :learner AND id = :id", key
            )
            if found:
                return make(found[0])
        raise NotFoundError("there is no such line in the log")

    def relive(self, target: bytes) -> set[bytes]:
        """Bring the `undone` bits of a line and of all that hangs on it up to date; the cards touched.

        What hangs on a line: what it caused, what came in with it as a batch, and for an undo the line
        it took back. A line is undone when a live undo names it or what it hangs on, or that is undone.
        """
        touched: set[bytes] = set()
        answers: set[bytes] = set()
        waiting = [target]
        while waiting:
            target = waiting.pop()
            for table, card, undone, line, parent in self._hanging_on(target):
                dead = self._is_undone(line) or (parent is not None and self._is_dead(parent))
                if dead == bool(undone):
                    continue
                self._database.run(
                    f"UPDATE {table} SET undone = :undone WHERE learner = :learner AND id = :id",
                    {"learner": self.learner, "id": line, "undone": int(dead)},
                )
                touched.update([card] if card is not None else [])
                if card is None and parent is not None:
                    touched |= batches.ruled_by(self._database, self.learner, line)
                answers.update([line] if table == "review" else [])
                if line != target:
                    waiting.append(line)
            cards, causes = batches.relive_batch(self._database, self.learner, target)
            touched |= cards
            if cards:
                summing.batch_changed(self.connection, self.learner, target)
            waiting += [*causes, *self._taken_back_by(target)]
        summing.answers_changed(self.connection, self.learner, answers)
        return touched

    def _hanging_on(self, line: bytes) -> list[tuple[str, bytes | None, int, bytes, bytes | None]]:
        """The line first, then what it caused: table, card, undone, id, its own parent."""
        params = {"learner": self.learner, "line": line}
        found: list[tuple[str, bytes | None, int, bytes, bytes | None]] = []
        for table, key in (("review", "id"), ("act", "id"), ("act", "cause")):
            parent = "batch" if table == "review" else "cause"
            rows = self._database.rows(
                f"SELECT card, undone, id, {parent} FROM {table}"
                f" WHERE learner = :learner AND {key} = :line ORDER BY id",
                params,
            )
            found += [(table, *row) for row in rows]
        return found

    def _taken_back_by(self, undo: bytes) -> list[bytes]:
        """The line an undo takes back, when the line is an undo."""
        rows = self._database.rows(
            "SELECT target FROM act WHERE learner = :learner AND id = :id AND kind = 'undo'",
            {"learner": self.learner, "id": undo},
        )
        return [target for (target,) in rows if target is not None]

    def _is_dead(self, line: bytes) -> bool:
        """Whether a line's bit says that it is undone."""
        params = {"learner": self.learner, "id": line}
        return any(
            self._database.rows(
                f"SELECT 1 FROM {table} WHERE learner = :learner AND id = :id AND undone = 1", params
            )
            for table in ("review", "act")
        )

    def _is_undone(self, line_id: bytes) -> bool:
        """Whether a live undo names a line."""
        return bool(
            self._database.rows(
                "SELECT 1 FROM act WHERE learner = :learner AND target = :id AND kind = 'undo'"
                " AND undone = 0",
                {"learner": self.learner, "id": line_id},
            )
        )

    def refold(self, keys: Iterable[bytes]) -> None:
        """Write anew the memories of some cards from the log of their whole classes.

        Keys may be any of a class. Memories that are missing are made; a card this database has no
        text for gets one that is on the shelf.
        """
        keys = set(keys)
        if len(keys) < MANY_CARDS:
            self.refold_each(keys)
        else:
            batches.refold_many(self, keys)

    def refold_each(self, keys: Iterable[bytes]) -> None:
        """What `refold` does, line by line, one card after the other."""
        rows = self._database.rows
        options = reading.options_by_name(rows, self.learner)
        schedulings: dict[str, Scheduling] = {}
        for key in {reading.row_key(rows, key) for key in keys}:
            keys_of_card = reading.class_keys(rows, key)
            answers = reading.answers_of(rows, self.learner, keys_of_card)
            lines: list[Line] = [*answers, *reading.acts_of(rows, self.learner, keys_of_card)]
            live = sorted((line for line in lines if not line.undone), key=lambda line: line.id)
            found = rows("SELECT entry, deck, position, retired FROM card WHERE key = :key", {"key": key})
            entry, deck, position, retired = found[0] if found else (None, "", 0, 1)
            if deck not in schedulings:
                parameters = reading.parameters_for(rows, self.learner, deck) or DEFAULT_PARAMETERS
                schedulings[deck] = Scheduling(parameters)
            folded = replay(live, scheduling=schedulings[deck], options=options)
            self._write_follows(answers, folded.follows)
            self.write_memories([(key, folded.memory, entry, deck, position, retired)])

    def write_memories(self, memories: Iterable[tuple[bytes, Memory, bytes | None, str, int, int]]) -> None:
        """Write memories with where their cards stand: key, memory, entry, deck, position, retired.

        Without an entry (there is no text for the card) its key is its entry.
        """
        self._database.run_many(
            line_rows.UPSERT_MEMORY,
            [
                line_rows.memory_values(memory)
                | {"learner": self.learner, "card": key, "entry": entry or key, "deck": deck}
                | {"position": position, "shelf": int(bool(retired) or memory.suspended)}
                for key, memory, entry, deck, position, retired in memories
            ],
        )

    def _write_follows(self, answers: Iterable[Answer], follows: frozenset[bytes]) -> None:
        changed = [answer for answer in answers if answer.follows != (answer.id in follows)]
        self._database.run_many(
            "UPDATE review SET follows = :follows WHERE learner = :learner AND id = :id",
            [{"learner": self.learner, "id": a.id, "follows": int(a.id in follows)} for a in changed],
        )
