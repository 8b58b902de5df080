"""Whether every memory is the fold of its card's log, for a million answers in seconds.

Most cards need no scalar fold: where every answer since the last forget follows the one before, state
and due are the last decision's, and stability and difficulty come from `refold`; answers without any
decisions fold together as imports do (`refold_plain`). What is left is folded line by line. Arrays and
numbers differ by rounding alone: stability and difficulty are compared to one part in 10^9.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from srs.fold import replay
from srs.model import ActKind, Memory, Rating, State
from srs.refold import refold
from srs.refold_plain import PlainAnswers, PlainMemories, fold_plain
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store import reading
from srs.store.doctoring import rows_among
from srs.store.logged import NONE, logged
from srs.store.refolding import moves

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from srs.model import Line
    from srs.store.heads import Rows

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

TOLERANCE = 1e-9
"""How far, relatively, stability and difficulty may be from what the scalar fold gives."""

_OVERLAY = ("suspend", "resume", "flag", "unflag", "bury")
_STORED = (
    f"SELECT m.card, m.entry, m.deck, m.position, m.shelf, {reading.prefixed(reading.MEMORY_COLUMNS, 'm')},"
    " c.entry, c.deck, c.position, c.retired FROM memory m LEFT JOIN card c ON c.key = m.card"
    " WHERE m.learner = :learner"
)
_UNMET = (
    "SELECT c.key FROM card c WHERE c.retired = 0 AND NOT EXISTS"
    " (SELECT 1 FROM memory m WHERE m.learner = :learner AND m.card = c.key)"
)


@dataclass(slots=True)
class Wrong:
    """The keys of cards whose memories are not what they should be, by what is wrong with them."""

    missing: set[bytes] = field(default_factory=set)
    """No memory, but a text in the queue or lines of the log."""
    folds: set[bytes] = field(default_factory=set)
    """Not the fold of the log."""
    follows: set[bytes] = field(default_factory=set)
    """Answers whose bit `follows` is wrong."""
    places: set[bytes] = field(default_factory=set)
    """Deck, entry, position or shelf are not those of the card."""


def wrong_memories(rows: Rows, learner: str) -> Wrong:
    """Compare every memory of a learner with its log; `rows` only reads."""
    return _Comparing(rows, learner).compare()


class _Comparing:
    def __init__(self, rows: Rows, learner: str) -> None:
        self._rows = rows
        self._me = {"learner": learner}
        self._learner = learner
        self._log = logged(rows, learner)
        self._aliases: dict[bytes, bytes] = dict(rows("SELECT old, card FROM alias", {}))
        self._parameters: dict[str, tuple[float, ...]] = {}
        self._stored = {row[0]: row[1:] for row in rows(_STORED, self._me)}
        self._wrong = Wrong()

    def compare(self) -> Wrong:
        self._compare_places()
        self._compare_follows()
        expected = self._expected()
        for key, row in self._stored.items():
            if not same(reading.memory_from(row[4:19]), expected.get(key) or Memory()):
                self._wrong.folds.add(key)
        self._wrong.missing |= {key for (key,) in self._rows(_UNMET, self._me)}
        self._wrong.missing |= set(expected) - set(self._stored)
        return self._wrong

    def _compare_places(self) -> None:
        for key, row in self._stored.items():
            entry, deck, position, shelf = row[:4]
            of_card = row[19:23]
            there = of_card[0] is not None
            shelved = int(not there or bool(of_card[3]) or bool(row[16]))
            if shelf != shelved or (there and not of_card[3] and (entry, deck, position) != of_card[:3]):
                self._wrong.places.add(key)

    # Which answers follow

    def _compare_follows(self) -> None:
        log = self._log
        first = self._firsts()
        before = np.zeros_like(log.id)
        before[1:] = log.id[:-1]
        before[first] = 0
        shown_after_it = (log.after == before).all(axis=1)
        self._follows = ~log.forget & (log.numbers["state_after"] != NONE) & shown_after_it
        wrong = ~log.forget & (self._follows.astype(np.int64) != log.numbers["follows"])
        self._wrong.follows |= {log.keys[place] for place in np.unique(log.card[wrong]).tolist()}
        sql = "SELECT DISTINCT card FROM review WHERE learner = :learner AND undone <> 0 AND follows <> 0"
        wrongly: list[bytes] = [key for (key,) in self._rows(sql, self._me)]
        self._wrong.follows |= {self._aliases.get(key, key) for key in wrongly}

    def _firsts(self) -> Bools:
        first = np.ones(len(self._log), dtype=bool)
        first[1:] = self._log.card[1:] != self._log.card[:-1]
        return first

    # What memories should be

    def _expected(self) -> dict[bytes, Memory]:
        """By key, the memory of each card that has a live line of its own."""
        log = self._log
        count = len(log.keys)
        moved = moves(self._rows, self._learner)
        newest = {log.keys[place]: log.line(row) for place, row in self._lasts()}
        moved = {key: move for key, move in moved.items() if move.id > newest.get(key, b"")}
        lives = np.cumsum(log.forget) + np.cumsum(self._firsts())
        last_life = np.zeros(count, dtype=np.int64)
        last_life[log.card] = lives  # the last one stays
        current = (lives == last_life[log.card]) & ~log.forget
        follows = np.ones(count, dtype=bool)
        np.logical_and.at(follows, log.card[current], self._follows[current])
        decided = np.zeros(count, dtype=bool)
        decided[log.card[log.forget | (log.numbers["state_after"] != NONE)]] = True
        slow = np.zeros(count, dtype=bool)
        for place, key in enumerate(log.keys):
            move = moved.get(key)
            slow[place] = move is not None and (move.kind is not ActKind.DUE or not follows[place])
        slow |= decided & ~follows
        slow |= np.isin(np.arange(count), self._undecided_with_options())
        plain = ~decided & ~slow
        found = self._decided(current & (decided & ~slow)[log.card])
        found |= self._plain(np.flatnonzero(plain[log.card]))
        for key, move in moved.items():
            if key in found and found[key].state is State.REVIEW:
                found[key] = replace(found[key], due_day=move.day)
        for place, row in self._lasts():
            if log.forget[row]:
                found[log.keys[place]] = Memory(last_id=log.line(row))
        found = self._overlaid(found)
        return found | self._folded([log.keys[place] for place in np.flatnonzero(slow).tolist()])

    def _undecided_with_options(self) -> list[int]:
        """The places of cards with an answer that names options and no decision, folded under those."""
        sql = (
            "SELECT DISTINCT card FROM review WHERE learner = :learner AND undone = 0"
            " AND state_after IS NULL AND options IS NOT NULL"
        )
        found = {self._aliases.get(key, key) for (key,) in self._rows(sql, self._me)}
        return [place for place, key in enumerate(self._log.keys) if key in found] if found else []

    def _lasts(self) -> Iterable[tuple[int, int]]:
        """Each card's place, and the last of its rows."""
        last = np.append(self._firsts()[1:], True)[: len(self._log)]
        at = np.flatnonzero(last)
        return zip(self._log.card[at].tolist(), at.tolist(), strict=True)

    def _decided(self, which: Bools) -> dict[bytes, Memory]:
        """Cards whose answers since the last forget all follow."""
        log, numbers = self._log, self._log.numbers
        at = np.flatnonzero(which)
        if not at.size:
            return {}
        card = log.card[at]
        ends = np.append(card[1:] != card[:-1], True)
        last = at[ends]
        passed = np.zeros(len(log.keys), dtype=bool)
        np.logical_or.at(passed, card, numbers["rating"][at] > Rating.AGAIN)
        found: dict[bytes, Memory] = {}
        interval, difficulty = self._beginnings(at)
        decks = self._decks_of([log.keys[place] for place in log.card[last].tolist()])
        ruling = [self._ruling(deck) for deck in decks]
        for parameters in dict.fromkeys(ruling):
            ending = last[np.array([each == parameters for each in ruling])]
            mine = np.zeros(len(log.keys), dtype=bool)
            mine[log.card[ending]] = True
            rows = mine[card]
            folded = refold(
                card[rows],
                numbers["study_day"][at[rows]],
                numbers["rating"][at[rows]],
                numbers["state_after"][at[rows]],
                parameters=parameters,
                interval_before=interval[rows],
                difficulty_before=difficulty[rows],
                cards=len(log.keys),
            )
            places = log.card[ending]
            columns = [
                *(numbers[name][ending].tolist() for name in ("state_after", "step_after")),
                *(folded.stability[places].tolist(), folded.difficulty[places].tolist()),
                *(numbers[name][ending].tolist() for name in ("due_day", "due_at", "at")),
                folded.last_day[places].tolist(),
                [row.tobytes() for row in log.id[ending].astype(">u8")],
                *(folded.reps[places].tolist(), folded.lapses[places].tolist(), passed[places].tolist()),
            ]
            for place, (state, *rest) in zip(places.tolist(), zip(*columns, strict=True), strict=True):
                values: list[Any] = [None if value == NONE else value for value in rest]
                found[log.keys[place]] = Memory(State(state), *values)
        return found

    def _beginnings(self, at: Ints) -> tuple[Ints, NDArray[np.float64]]:
        """For histories that begin mid-way, the interval and the difficulty their first answer met."""
        log, numbers = self._log, self._log.numbers
        first = np.append(True, log.card[at[1:]] != log.card[at[:-1]])
        midway = first & (numbers["state_before"][at] == State.REVIEW) & (numbers["interval_before"][at] > 0)
        interval = np.where(midway, numbers["interval_before"][at], 0)
        difficulty = np.full(at.size, np.nan)
        places = {log.line(at[row]): row for row in np.flatnonzero(midway).tolist()}
        sql = "SELECT id, difficulty_before FROM review WHERE learner = :learner AND id IN"
        for line, recorded in rows_among(self._rows, sql, places, **self._me):
            if recorded is not None:
                difficulty[places[line]] = recorded
        return interval, difficulty

    def _plain(self, at: Ints) -> dict[bytes, Memory]:
        """Cards whose answers carry no decisions at all, as they come with an import."""
        if not at.size:
            return {}
        log, numbers = self._log, self._log.numbers
        interval, difficulty = self._beginnings(at)
        keys = [log.keys[place] for place in dict.fromkeys(log.card[at].tolist())]
        decks = dict(zip(keys, self._decks_of(keys), strict=True))
        found: dict[bytes, Memory] = {}
        for parameters in dict.fromkeys(self._ruling(deck) for deck in decks.values()):
            mine = {key for key in keys if self._ruling(decks[key]) == parameters}
            is_mine = np.array([key in mine for key in log.keys])
            rows = is_mine[log.card[at]]
            chosen = at[rows]
            order = np.unique(log.card[chosen], return_inverse=True)[1]
            answers = PlainAnswers(
                order.tolist(),
                numbers["study_day"][chosen].tolist(),
                numbers["rating"][chosen].tolist(),
                interval[rows].tolist(),
                difficulty[rows].tolist(),
            )
            last = chosen[np.append(order[1:] != order[:-1], True)]
            found |= self._of_plain(fold_plain(answers, parameters), last)
        return found

    def _of_plain(self, folded: PlainMemories, last: Ints) -> dict[bytes, Memory]:
        log = self._log
        found = {}
        moments = log.numbers["at"][last].tolist()
        for index, (row, at) in enumerate(zip(last.tolist(), moments, strict=True)):
            card = log.keys[log.card[row]]
            found[card] = folded.memory(index, last_at=at, last_id=log.line(row))
        return found

    def _overlaid(self, found: dict[bytes, Memory]) -> dict[bytes, Memory]:
        """The memories with what was done to cards beside answering: suspended, flagged, buried."""
        kinds = ", ".join(f"'{kind}'" for kind in _OVERLAY)
        sql = (
            f"SELECT {reading.ACT_COLUMNS} FROM act WHERE learner = :learner AND undone = 0"
            f" AND kind IN ({kinds}) AND card IS NOT NULL ORDER BY id"
        )
        done: dict[bytes, dict[str, Any]] = defaultdict(dict)
        for act in map(reading.act_from, self._rows(sql, self._me)):
            card = done[self._aliases.get(act.card or b"", act.card or b"")]
            if act.kind in (ActKind.SUSPEND, ActKind.RESUME):
                card["suspended"] = act.kind is ActKind.SUSPEND
            elif act.kind is ActKind.BURY:
                day = act.payload.get("day")
                card["buried_until"] = day if isinstance(day, int) else None
            else:
                card["flagged"] = act.kind is ActKind.FLAG
        return found | {key: replace(found.get(key, Memory()), **what) for key, what in done.items()}

    def _folded(self, keys: list[bytes]) -> dict[bytes, Memory]:
        """The rest, line by line."""
        options = reading.options_by_name(self._rows, self._learner) if keys else {}
        schedulings: dict[tuple[float, ...], Scheduling] = {}
        found = {}
        for key, deck in zip(keys, self._decks_of(keys), strict=True):
            parameters = self._ruling(deck)
            if parameters not in schedulings:
                schedulings[parameters] = Scheduling(parameters)
            mine = reading.class_keys(self._rows, key)
            lines: list[Line] = [
                *reading.answers_of(self._rows, self._learner, mine),
                *reading.acts_of(self._rows, self._learner, mine),
            ]
            standing = sorted((line for line in lines if not line.undone), key=lambda line: line.id)
            found[key] = replay(standing, scheduling=schedulings[parameters], options=options).memory
        return found

    def _decks_of(self, keys: list[bytes]) -> list[str]:
        """The decks of cards by the card rows; "" where there is no text."""
        decks: Mapping[bytes, str] = {key: row[20] or "" for key, row in self._stored.items()}
        unknown = [key for key in keys if key not in decks]
        more = dict(rows_among(self._rows, "SELECT key, deck FROM card WHERE key IN", unknown))
        return [decks[key] if key in decks else more.get(key, "") for key in keys]

    def _ruling(self, deck: str) -> tuple[float, ...]:
        """The parameters that rule a deck's cards."""
        if deck not in self._parameters:
            found = reading.parameters_for(self._rows, self._learner, deck)
            self._parameters[deck] = found or DEFAULT_PARAMETERS
        return self._parameters[deck]


def same(one: Memory, other: Memory) -> bool:
    """Whether two memories are equal, stability and difficulty to rounding."""
    if one == other:
        return True
    close = all(
        (a is None) == (b is None) and (a is None or b is None or math.isclose(a, b, rel_tol=TOLERANCE))
        for a, b in ((one.stability, other.stability), (one.difficulty, other.difficulty))
    )
    return close and replace(one, stability=other.stability, difficulty=other.difficulty) == other
