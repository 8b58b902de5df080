"""The memories of very many cards whose decisions stand: each answer was shown after the one before it.

Such an answer says itself where it left its card (LOG §2 line 16), so that only stability and
difficulty are left to fold, and these go through NumPy. Answers without decisions may stand before the
chain, as an import brings them. The scalar `fold` says what is right; this one equals it to rounding.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from srs.fold import step
from srs.model import Act, ActKind, Memory, State
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store import reading
from srs.store.driver import rows_among, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from srs.store.journal import Journal

_CARDS_AT_ONCE = 2_000
_ANSWERS = (
    "SELECT card, id, study_day, rating, state_after, after, undone, follows, options FROM review"
    " WHERE learner = ? AND (undone = 0 OR follows = 1) AND card IN"
)
_LAST = "SELECT id, at, step_after, due_day, due_at FROM review WHERE learner = ? AND id IN"
_FIRST = "SELECT id, interval_before, difficulty_before, state_before FROM review WHERE learner = ? AND id IN"
_ACTS = (
    "SELECT card, id, kind, study_day, payload FROM act WHERE learner = ? AND undone = 0"
    " AND kind IN ('forget', 'suspend', 'resume', 'bury', 'flag', 'unflag', 'due', 'reschedule') AND card IN"
)
_CARD, _ID, _DAY, _RATING, _STATE, _AFTER, _UNDONE, _FOLLOWS, _OPTIONS = range(9)
_SHELVES = frozenset({ActKind.SUSPEND, ActKind.RESUME, ActKind.FLAG, ActKind.UNFLAG, ActKind.BURY})


@dataclass(slots=True)
class _Life:
    """A card whose chain is unbroken: the answers since it was last forgotten, and all its live acts.

    The first `plain` answers have no decision.
    """

    root: bytes
    answers: list[tuple[Any, ...]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    plain: int = 0


def refold(journal: Journal, roots: Collection[bytes], *, at_once: int = _CARDS_AT_ONCE) -> set[bytes]:
    """Fold those of these cards whose decisions all stand, and write their memories; returns the others.

    `roots` are the keys that the cards' rows stand under.
    """
    rest: set[bytes] = set()
    ordered = sorted(roots)
    folding = _Folding(journal)
    for first in range(0, len(ordered), at_once):
        rest |= folding.refold(ordered[first : first + at_once])
    return rest


class _Folding:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._connection, self._learner = journal.connection, journal.learner
        self._options = reading.options_by_name(journal.rows, journal.learner)
        self._schedulings: dict[str, Scheduling] = {}

    def refold(self, roots: Sequence[bytes]) -> set[bytes]:
        """Fold some cards; returns those whose chain is broken."""
        root_of = {root: root for root in roots}
        root_of.update(rows_among(self._connection, "SELECT old, card FROM alias WHERE card IN", roots))
        answers: dict[bytes, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows_among(self._connection, _ANSWERS, sorted(root_of), self._learner):
            answers[root_of[row[_CARD]]].append(row)
        acts: dict[bytes, list[Act]] = defaultdict(list)
        for card, line, kind, day, payload in rows_among(
            self._connection, _ACTS, sorted(root_of), self._learner
        ):
            act = Act(line, ActKind(kind), 0, day, card, payload=json.loads(payload))
            acts[root_of[card]].append(act)
        lives: list[_Life] = []
        bits: list[tuple[int, str, bytes]] = []
        for root in roots:
            life = _Life(root, acts=sorted(acts.get(root, ()), key=lambda act: act.id))
            changed = _walk(life, answers.get(root, ()))
            if changed is not None:
                lives.append(life)
                bits += [(follows, self._learner, line) for follows, line in changed]
        run_many(self._connection, "UPDATE review SET follows = ? WHERE learner = ? AND id = ?", bits)
        self._write(lives)
        return set(roots) - {life.root for life in lives}

    def _write(self, lives: Sequence[_Life]) -> None:
        """Fold what is left to fold and write the memories."""
        places = {
            key: (entry, deck, position, retired)
            for key, entry, deck, position, retired in rows_among(
                self._connection,
                "SELECT key, entry, deck, position, retired FROM card WHERE key IN",
                [life.root for life in lives],
            )
        }
        by_deck: dict[str, list[_Life]] = defaultdict(list)
        for life in lives:
            by_deck[places.get(life.root, _NOWHERE)[1]].append(life)
        for deck, some in by_deck.items():
            scheduling = self._scheduling(deck)
            memories = self._memories([life for life in some if life.answers], scheduling)
            self._journal.write_memories(
                (
                    life.root,
                    self._with_acts(life, memories.get(life.root), scheduling),
                    *places.get(life.root, _NOWHERE),
                )
                for life in some
            )

    def _scheduling(self, deck: str) -> Scheduling:
        found = self._schedulings.get(deck)
        if found is None:
            parameters = reading.parameters_for(self._journal.rows, self._learner, deck)
            found = self._schedulings[deck] = Scheduling(parameters or DEFAULT_PARAMETERS)
        return found

    def _memories(self, lives: Sequence[_Life], scheduling: Scheduling) -> dict[bytes, Memory]:
        """The memory that each card's last answer left, by its key."""
        from srs.refold import refold as refold_arrays  # noqa: PLC0415 - NumPy, only for very many

        if not lives:
            return {}
        columns = self._columns(lives)
        folded = refold_arrays(
            *columns[:4],
            parameters=scheduling.parameters,
            interval_before=columns[4],
            difficulty_before=columns[5],
        )
        lasts = self._by_line(_LAST, [life.answers[-1][_ID] for life in lives])
        made = zip(
            lives,
            folded.stability.tolist(),
            folded.difficulty.tolist(),
            folded.last_day.tolist(),
            folded.lapses.tolist(),
            strict=True,
        )
        found = {}
        for life, stability, difficulty, last_day, lapses in made:
            last = life.answers[-1]
            at, at_step, due_day, due_at = lasts[last[_ID]]
            found[life.root] = Memory(
                state=State(last[_STATE]),
                step=at_step,
                stability=stability,
                difficulty=difficulty,
                due_day=due_day,
                due_at=due_at,
                last_at=at,
                last_day=last_day,
                last_id=last[_ID],
                reps=len(life.answers),
                lapses=lapses,
                passed=any(row[_RATING] > 1 for row in life.answers),
            )
        return found

    def _columns(self, lives: Sequence[_Life]) -> tuple[list[Any], ...]:
        """Card, study day, rating, state after, interval and difficulty before, of all answers."""
        from srs.refold_plain import plain_states  # noqa: PLC0415 - NumPy, only for very many

        firsts = self._by_line(_FIRST, [life.answers[0][_ID] for life in lives])
        columns: tuple[list[Any], ...] = ([], [], [], [], [], [])
        for index, life in enumerate(lives):
            answers, size = life.answers, len(life.answers)
            interval, difficulty, state = firsts[answers[0][_ID]]
            midway = interval or 0 if state == State.REVIEW else 0
            states = [row[_STATE] for row in answers]
            if life.plain:
                ratings = [row[_RATING] for row in answers[: life.plain]]
                states[: life.plain] = plain_states(ratings, midway=midway >= 1)
            columns[0].extend([index] * size)
            columns[1].extend([row[_DAY] for row in answers])
            columns[2].extend([row[_RATING] for row in answers])
            columns[3].extend(states)
            columns[4].extend([midway, *[0] * (size - 1)])
            columns[5].extend([math.nan if difficulty is None else difficulty, *[math.nan] * (size - 1)])
        return columns

    def _by_line(self, sql: str, ids: Iterable[bytes]) -> dict[bytes, tuple[Any, ...]]:
        found = rows_among(self._connection, sql, sorted(ids), self._learner)
        return {line: tuple(rest) for line, *rest in found}

    def _with_acts(self, life: _Life, memory: Memory | None, scheduling: Scheduling) -> Memory:
        """The memory with what acts before the last answer left on the shelf, and those after it."""
        if not life.acts:
            return memory or Memory()
        before, last_id = Memory(), memory.last_id if memory is not None and memory.last_id else b""
        for act in life.acts:
            if act.id < last_id and act.kind in _SHELVES:
                before = step(before, act, scheduling=scheduling, options=self._options)
        shelf = {name: getattr(before, name) for name in ("suspended", "flagged", "buried_until")}
        found = replace(memory or Memory(), **shelf)
        for act in life.acts:
            if act.id > last_id:
                found = step(found, act, scheduling=scheduling, options=self._options)
        return found


def _walk(life: _Life, rows: Iterable[tuple[Any, ...]]) -> list[tuple[int, bytes]] | None:
    """Find a card's last life; the `follows` bits to change, or None where the chain is broken.

    Broken: an answer was not shown after the one before it, or has no decision and comes after one
    that has or names options of its own, or the last of the life has no decision.
    """
    changed: list[tuple[int, bytes]] = []
    last: bytes | None = None
    forgets = [act.id for act in life.acts if act.kind is ActKind.FORGET]
    decided = False
    for row in sorted(rows, key=_by_id):
        if row[_UNDONE]:
            changed.append((0, row[_ID]))
            continue
        while forgets and forgets[0] < row[_ID]:
            last, decided = forgets.pop(0), False
            life.answers, life.plain = [], 0
        if row[_STATE] is None:
            if decided or row[_OPTIONS] is not None:
                return None
            life.plain += 1
        elif row[_AFTER] != last:
            return None
        else:
            decided = True
        if row[_FOLLOWS] != decided:
            changed.append((int(decided), row[_ID]))
        last = row[_ID]
        life.answers.append(row)
    if forgets:
        life.answers, life.plain = [], 0
        return changed
    return changed if decided or not life.answers else None


def _by_id(row: tuple[Any, ...]) -> bytes:
    line: bytes = row[_ID]
    return line


_NOWHERE: tuple[bytes | None, str, int, int] = (None, "", 0, 1)
"""Where a card stands that this database has no text for: entry (its own key), deck, position, retired."""
