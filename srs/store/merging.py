"""Taking lines of the log that were written elsewhere: the union by id, and all that follows from it.

Lines are put where their ids say and never changed. A line whose id the log has and that says
something else is not taken; but an act beside an answer of its id has one that follows from it
(`apart`). An imported answer may come in with several batches (`twins`). Then
everything derived is brought up to date for what was touched, in the same transaction: which lines
count (`liveness`), which keys are one card (`joined_keys`), options, memories, decisions that stand,
daily sums. The result follows from the set of lines: in whatever order, however often and by whatever
way they came (LOG §2 lines 2-4, 24).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.model import Answer
from srs.store import apart, arrivals, batches, joined_keys, line_rows, liveness, summing, twins
from srs.store.doctoring import double_ids
from srs.store.driver import rows_among, rows_of, run_many
from srs.store.line_rows import ACT_VALUES
from srs.store.reading import newest_line
from srs.store.soundness import is_sound_act, sound_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from srs.model import Act, Line
    from srs.store.journal import Journal

    Progress = Callable[[str, int, int], None]
    Values = tuple[Any, ...]

MANY_ANSWERS = 2_000
"""From so many new ones on, cards are folded in arrays, whatever their number."""
_MOST_NOTED = 50_000
"""With more new answers than that, all days are summed again."""
_AT_ONCE = 5_000
_STATE_AFTER = twins.VALUE_NAMES.index("state_after")
_REVIEW, _ACT = ("review", ", ".join(twins.VALUE_NAMES)), ("act", ", ".join(ACT_VALUES))
_KIND, _CARD, _CAUSE, _PAYLOAD = (ACT_VALUES.index(name) for name in ("kind", "card", "cause", "payload"))


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking lines did.

    `answers` and `acts` are new; `known` were in the log already; `damaged` have the id of a line that
    says something else, or cannot be lines at all, and were left out. `unknown` of the new answers
    belong to cards this database has no text for.
    """

    answers: int = 0
    acts: int = 0
    known: int = 0
    damaged: int = 0
    unknown: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.answers + other.answers,
            self.acts + other.acts,
            self.known + other.known,
            self.damaged + other.damaged,
            self.unknown + other.unknown,
        )


class Part(NamedTuple):
    """Some lines as values: answers in the order of `twins.VALUE_NAMES`, acts with their payload as text.

    Acts are the columns of `reading.ACT_COLUMNS` but the last, `undone`.
    """

    answers: Sequence[Values]
    acts: Sequence[Values]


def take(
    journal: Journal,
    parts: Iterable[Iterable[Line]],
    *,
    source: str = "",
    progress: Progress = lambda _stage, _done, _total: None,
) -> Taken:
    """Take lines of the journal's learner into the log, in any order, any number of times.

    `parts` are read one after the other and never held together: some thousand lines each are best.
    `source` is the place they are in (as `arrivals` knows it), "" where it is none. It all happens in
    the journal's transaction: undone and follows, options, joined keys, memories, daily sums. Lines
    written afterwards are above all of them. Whose they are is judged before (`devices`).
    """
    return take_values(journal, map(_as_values, parts), source=source, progress=progress)


def take_values(
    journal: Journal,
    parts: Iterable[Part],
    *,
    source: str = "",
    progress: Progress = lambda _stage, _done, _total: None,
) -> Taken:
    """`take`, of lines that are values already: quicker where there are very many."""
    taking = _Taking(journal, source)
    done = 0
    for part in parts:
        for piece in _pieces(part):
            taking.add(piece)
            done += len(piece.answers) + len(piece.acts)
            progress("Reading", done, 0)
    progress("Folding", 0, 1)
    return taking.settle()


def _as_values(lines: Iterable[Line]) -> Part:
    part = Part([], [])
    for line in lines:
        if isinstance(line, Answer):
            part.answers.append(answer_values(line))  # type: ignore[attr-defined]
        else:
            part.acts.append(act_values(line))  # type: ignore[attr-defined]
    return part


def answer_values(answer: Answer) -> Values:
    """The recorded values of an answer, in the order of `twins.VALUE_NAMES`."""
    return tuple(
        int(value) if isinstance(value, int) else value
        for value in (getattr(answer, name) for name in twins.VALUE_NAMES)
    )


def act_values(act: Act) -> Values:
    """The recorded values of an act, its payload as the one text it has."""
    payload = json.dumps(act.payload, separators=(",", ":"), sort_keys=True)
    values = (act.id, act.kind.value, act.at, act.study_day, act.card, act.target, act.cause)
    return (*values, payload, act.device)


def _pieces(part: Part) -> Iterator[Part]:
    answers, acts = iter(part.answers), iter(part.acts)
    while True:
        piece = Part(list(islice(answers, _AT_ONCE)), list(islice(acts, _AT_ONCE)))
        if not piece.answers and not piece.acts:
            return
        yield piece


class _Taking:
    """One taking of lines, from the first to the last."""

    def __init__(self, journal: Journal, source: str) -> None:
        self._journal = journal
        self._connection: Connection = journal.connection
        self._learner = journal.learner
        self._source = source
        self._top = newest_line(journal.rows, journal.learner) or b""
        n = arrivals.newest_arrival(journal.rows, journal.learner) + 1
        self._came = liveness.Came(n=n)
        self._counts = Counter[str]()
        self._answers_of = Counter[bytes]()
        """How many new answers there are under each key."""
        self._touched: set[bytes] = set()
        self._fresh: list[bytes] = []
        """The ids of new answers, as long as they are not too many."""
        self._kinds: set[str] = set()
        self._options: dict[bytes, str] = {}
        self._doubles: set[bytes] = set()
        """The ids of acts that answers have, too."""

    def add(self, part: Part) -> None:
        """Write what is new of some lines."""
        if not self._source:
            part = Part(self._without_known(_REVIEW, part.answers), self._without_known(_ACT, part.acts))
        sound = Part(
            sound_answers(part.answers),
            [values for values in part.acts if is_sound_act(values)],
        )
        self._counts["damaged"] += len(part.answers) + len(part.acts)
        self._counts["damaged"] -= len(sound.answers) + len(sound.acts)
        self._add_acts(sound.acts)
        self._add_answers(sound.answers)

    def _without_known(self, columns: tuple[str, str], lines: Sequence[Values]) -> Sequence[Values]:
        new = line_rows.without_known(self._connection, self._learner, columns, lines)
        self._counts["known"] += len(lines) - len(new)
        return new

    def _known(self, table: str, columns: str, ids: Sequence[bytes]) -> dict[bytes, Values]:
        """The lines of a table that have these ids."""
        if not ids or ids[0] > self._top:
            return {}
        sql = f"SELECT {columns} FROM {table} WHERE learner = ? AND id IN"
        return {row[0]: tuple(row) for row in rows_among(self._connection, sql, ids, self._learner)}

    def _add_acts(self, acts: Sequence[Values]) -> None:
        answers = self._known("review", "id", sorted({values[0] for values in acts}))
        beside = [apart.moved(values) for values in acts if values[0] in answers]
        self._add_new_acts([values for values in acts if values[0] not in answers], self._source)
        # The place has them where they were; everybody is told where they are.
        self._add_new_acts(beside, "")

    def _add_new_acts(self, acts: Sequence[Values], source: str) -> None:
        known = self._known("act", ", ".join(ACT_VALUES), sorted({values[0] for values in acts}))
        new: dict[bytes, Values] = {}
        read = []
        for values in acts:
            there = known.get(values[0]) or new.get(values[0])
            if there is None:
                new[values[0]] = values
            elif there == values:
                self._counts["known"] += 1
                read.append(values[0])
            else:
                self._counts["damaged"] += 1
        rows = [new[line_id] for line_id in sorted(new)]
        run_many(self._connection, line_rows.INSERT_ACT_VALUES, [(self._learner, *values) for values in rows])
        for values in rows:
            self._note_act(values)
        self._counts["acts"] += len(rows)
        self._arrived(read, rows, source)

    def _note_act(self, values: Values) -> None:
        """See what an act may change besides itself."""
        line_id, kind = values[0], values[_KIND]
        self._kinds.add(kind)
        if values[_CARD] is not None:
            self._touched.add(values[_CARD])
        if values[_CAUSE] is not None:
            self._came.hanging.add(line_id)
        if kind == "undo":
            self._came.undos.add(line_id)
        elif kind == "options":
            body = json.loads(values[_PAYLOAD])
            self._options[bytes.fromhex(body["hash"])] = body["body"]

    def _add_answers(self, answers: Sequence[Values]) -> None:
        ids = sorted({values[0] for values in answers})
        known = self._known("review", ", ".join(twins.VALUE_NAMES), ids)
        self._doubles |= self._known("act", "id", ids).keys()
        new: dict[bytes, Values] = {}
        read, others = [], []
        for values in answers:
            line_id = values[0]
            there = known.get(line_id) or new.get(line_id)
            if there is None:
                new[line_id] = values
            elif there == values:
                self._counts["known"] += 1
                read.append(line_id)
            elif values[twins.BATCH] != there[twins.BATCH]:
                others.append(values)
                read.append(line_id)
            else:
                self._counts["damaged"] += 1
        rows = [new[line_id] for line_id in sorted(new)]
        # Most decisions stand; the fold of these cards takes the others back.
        written = ((*values, 0, int(values[_STATE_AFTER] is not None)) for values in rows)
        for _ in batches.insert_answers(self._connection, self._learner, written):
            pass
        self._note_answers(rows)
        self._add_versions(others)
        self._arrived(read, rows, self._source)

    def _add_versions(self, answers: Sequence[Values]) -> None:
        """Keep further versions of answers the log has, that came with other batches than their rows."""
        if not answers:
            return
        kept = twins.versions(self._connection, self._learner, {values[0] for values in answers})
        brought: list[Values] = []
        given: list[Values] = []
        for values in answers:
            which = values[0], values[twins.BATCH]
            if which in kept:
                self._counts["known" if kept[which] == values else "damaged"] += 1
                continue
            kept[which] = values
            self._counts["known"] += 1
            (given if values[twins.BATCH] is None else brought).append(values)
        twins.add(self._connection, self._learner, brought, self._source, self._came.n)
        # What came with no batch was really given: it is the row, whatever the others are.
        twins.put_first(self._connection, self._learner, given, self._came.n)
        self._came.twins.update(values[0] for values in (*brought, *given))
        self._came.batches.update(values[twins.BATCH] for values in brought)
        self._came.hanging.update(values[0] for values in given)
        self._touched.update(values[twins.CARD] for values in (*brought, *given))

    def _note_answers(self, rows: Sequence[Values]) -> None:
        self._counts["answers"] += len(rows)
        for values in rows:
            self._answers_of[values[twins.CARD]] += 1
            if values[twins.BATCH] is not None:
                self._came.batches.add(values[twins.BATCH])
        if len(self._fresh) <= _MOST_NOTED:
            self._fresh += [values[0] for values in rows]

    def _arrived(self, known: Sequence[bytes], new: Sequence[Values], source: str) -> None:
        """Note what came from where; the top of the log rises."""
        if known and source:
            arrivals.note(self._journal, known, source, known=True)
        if new:
            arrivals.note(self._journal, [values[0] for values in new], source)
            self._top = max(self._top, new[-1][0])

    # What follows from them.

    def settle(self) -> Taken:
        """Bring everything derived up to date; what was done."""
        counts = {name: self._counts[name] for name in ("answers", "acts", "known", "damaged")}
        if not (counts["answers"] or counts["acts"] or self._came.twins or self._doubles):
            return Taken(**counts)
        self._part_doubles()
        self._journal.saw(self._top)
        changed = liveness.settle(self._connection, self._learner, self._came)
        self._kinds |= changed.kinds
        self._touched |= changed.cards | self._answers_of.keys()
        self._touched |= self._learn_options()
        self._sum_fresh()
        if "same" in self._kinds:
            self._touched |= joined_keys.follow(self._journal)
        if "params" in self._kinds:
            self._touched |= self._in_scope_of_parameters()
        batches.place_first_memories(self._connection, self._learner)
        if self._counts["answers"] > MANY_ANSWERS:
            batches.refold_many(self._journal, self._touched)
        else:
            self._journal.refold(self._touched)
        summing.sum_up(self._connection, self._learner)
        return Taken(**counts, unknown=self._count_unknown())

    def _part_doubles(self) -> None:
        """Move the acts that have the ids of answers."""
        if self._counts["acts"]:
            # One that moved elsewhere may stand here beside its answer still.
            self._doubles.update(double_ids(self._journal.rows, self._learner))
        moved = apart.move(self._journal, sorted(self._doubles))
        self._touched |= moved.cards
        self._came.hanging.update(self._doubles)
        for values in moved.new:
            self._note_act(values)
            self._came.hanging.add(values[0])
            self._top = max(self._top, values[0])

    def _learn_options(self) -> set[bytes]:
        """Write the new sets of options; the cards with lines that named them before."""
        known = {
            name
            for (name,) in rows_of(
                self._connection, "SELECT hash FROM options WHERE learner = ?", (self._learner,)
            )
        }
        new = {name: body for name, body in self._options.items() if name not in known}
        run_many(
            self._connection,
            "INSERT INTO options (learner, hash, body) VALUES (?, ?, ?)",
            [(self._learner, name, body) for name, body in sorted(new.items())],
        )
        if not new:
            return set()
        # Options rule what has no decision that stands; what came in just now is folded anyway.
        sql = (
            "SELECT DISTINCT card FROM review WHERE learner = ? AND undone = 0 AND follows = 0 AND options IN"
        )
        found = {card for (card,) in rows_among(self._connection, sql, sorted(new), self._learner)}
        sql = "SELECT card, payload FROM act WHERE learner = ? AND kind = 'reschedule'"
        names = {name.hex() for name in new}
        for card, payload in rows_of(self._connection, sql, (self._learner,)):
            if json.loads(payload).get("options") in names:
                found.add(card)
        return found

    def _sum_fresh(self) -> None:
        if len(self._fresh) > _MOST_NOTED:
            summing.forget_sums(self._connection, [self._learner])
        else:
            summing.answers_changed(self._connection, self._learner, self._fresh)

    def _in_scope_of_parameters(self) -> set[bytes]:
        """Every answered card: which ones parameters rule depends on all sets of them."""
        sql = "SELECT card FROM memory WHERE learner = ? AND state > 0"
        return {card for (card,) in rows_of(self._connection, sql, (self._learner,))}

    def _count_unknown(self) -> int:
        """How many new answers belong to cards that have no text here."""
        aliases = batches.every_alias(self._connection) if self._answers_of else {}
        roots = {key: aliases.get(key, key) for key in self._answers_of}
        sql = "SELECT key FROM card WHERE key IN"
        here = {key for (key,) in rows_among(self._connection, sql, sorted(set(roots.values())))}
        return sum(number for key, number in self._answers_of.items() if roots[key] not in here)
