"""What an import of an Anki package asks of the log and writes to it, for very many cards at once.

Imports of packages are batches whose `batch` line says `"source": "anki"`; acts that came with one name
it as their cause, so that undo takes both back together.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.model import Act, ActKind, Memory
from srs.store import arrivals, line_rows
from srs.store.driver import has_rows, rows_among, rows_of
from srs.store.reading import MEMORY_COLUMNS, memory_from

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from srs.store.journal import Journal

SOURCE = "anki"
PUT_OFF_MS = 60_000
"""How much later at most an export from here may have had to date a line."""
_STATEFUL = ("forget", "suspend", "resume", "bury", "flag", "unflag", "due", "reschedule")


class LiveAnswer(NamedTuple):
    """A live answer: its line, its moment in ms, its rating, and whether it came with a package."""

    id: bytes
    at: int
    rating: int
    imported: bool


class LiveAct(NamedTuple):
    """A live act on a card; `day` is that of its payload."""

    id: bytes
    kind: ActKind
    at: int
    imported: bool


@dataclass(slots=True)
class Logged:
    """The live lines of one card, in the order of the log."""

    answers: list[LiveAnswer] = field(default_factory=list)
    acts: list[LiveAct] = field(default_factory=list)

    @property
    def answered_at(self) -> dict[int, bytes]:
        """The answers by the moment they were given at."""
        return {answer.at: answer.id for answer in self.answers}

    @property
    def reset_moments(self) -> dict[int, bytes]:
        """The resets by the moment they tell."""
        return {act.at: act.id for act in self.acts if act.kind is ActKind.FORGET}

    def known(self, told: Sequence[tuple[int, int | None]]) -> dict[int, bytes]:
        """The lines here that a package's answers and resets are, by the moment the package has for each.

        `told` are their moments and ratings (None: a reset), oldest first. Anki has no two rows of one
        moment, so an export from here writes the second of two as a moment after the first: what has no
        line of its very moment is the nearest line a little before it that nothing else is.
        """
        answers, resets = self.answered_at, self.reset_moments
        found, late = {}, []
        for at, rating in told:
            line = (resets if rating is None else answers).get(at)
            if line is None:
                late.append((at, rating))
            else:
                found[at] = line
        if not late:
            return found
        taken = set(found.values())
        free: list[tuple[int, int | None, bytes]] = []
        free += [(act.at, None, act.id) for act in self.acts if act.kind is ActKind.FORGET]
        free += [(answer.at, answer.rating, answer.id) for answer in self.answers]
        free = [line for line in free if line[2] not in taken]
        for at, rating in late:
            near = [line for line in free if line[1] == rating and 0 < at - line[0] <= PUT_OFF_MS]
            if near:
                nearest = max(near)
                found[at] = nearest[2]
                free.remove(nearest)
        return found

    @property
    def newest_own(self) -> int:
        """The moment of the newest answer that no package brought; 0 without one."""
        return max((answer.at for answer in self.answers if not answer.imported), default=0)

    def newest_of(self, *kinds: ActKind, imported: bool) -> LiveAct | None:
        """The newest act of these kinds that packages brought, or that they did not."""
        found = [act for act in self.acts if act.kind in kinds and act.imported == imported]
        return found[-1] if found else None


def batches_of_packages(journal: Journal) -> set[bytes]:
    """The ids of all batches that packages brought."""
    sql = "SELECT id, payload FROM act WHERE learner = ? AND kind = 'batch'"
    found = rows_of(journal.connection, sql, (journal.learner,))
    return {line for line, payload in found if json.loads(payload).get("source") == SOURCE}


def logged(journal: Journal, roots: Collection[bytes]) -> Mapping[bytes, Logged]:
    """The live lines of cards, by the key each stands under."""
    connection, learner = journal.connection, journal.learner
    found: dict[bytes, Logged] = defaultdict(Logged)
    mine = batches_of_packages(journal)
    owner = _classes(journal, roots)
    if has_rows(connection, "review"):
        sql = "SELECT card, id, at, rating, batch FROM review WHERE learner = ? AND undone = 0 AND card IN"
        for card, line, at, rating, batch in rows_among(connection, sql, owner, learner, after="ORDER BY id"):
            found[owner[card]].answers.append(LiveAnswer(line, at, rating, batch in mine))
    kinds = ", ".join(f"'{kind}'" for kind in _STATEFUL)
    sql = (
        "SELECT card, id, kind, at, cause FROM act WHERE learner = ? AND undone = 0"
        f" AND kind IN ({kinds}) AND card IN"
    )
    for card, line, kind, at, cause in rows_among(connection, sql, owner, learner, after="ORDER BY id"):
        found[owner[card]].acts.append(LiveAct(line, ActKind(kind), at, cause in mine))
    return found


def _classes(journal: Journal, roots: Collection[bytes]) -> dict[bytes, bytes]:
    """Every key of these cards, and the one its row stands under."""
    owner = {root: root for root in roots}
    if has_rows(journal.connection, "alias"):
        sql = "SELECT old, card FROM alias WHERE card IN"
        owner.update(rows_among(journal.connection, sql, roots))
    return owner


def memories(journal: Journal, roots: Collection[bytes]) -> dict[bytes, Memory]:
    """The memories of cards as they are in this transaction."""
    sql = f"SELECT card, {MEMORY_COLUMNS} FROM memory WHERE learner = ? AND card IN"
    found = rows_among(journal.connection, sql, roots, journal.learner)
    return {card: memory_from(row) for card, *row in found}


def cards_of_deck(journal: Journal, deck: str) -> set[bytes]:
    """The cards of a deck that were answered."""
    sql = "SELECT card FROM memory WHERE learner = ? AND deck = ? AND state > 0"
    return {card for (card,) in rows_of(journal.connection, sql, (journal.learner, deck))}


def parameters_of(journal: Journal) -> dict[str | None, tuple[tuple[float, ...], bool]]:
    """The newest live parameters by deck (None: all others), and whether a package brought them."""
    mine = batches_of_packages(journal)
    sql = "SELECT payload, cause FROM act WHERE learner = ? AND kind = 'params' AND undone = 0 ORDER BY id"
    found: dict[str | None, tuple[tuple[float, ...], bool]] = {}
    for payload, cause in rows_of(journal.connection, sql, (journal.learner,)):
        body = json.loads(payload)
        found[body.get("deck")] = (tuple(body["parameters"]), cause in mine)
    return found


def write_past_acts(journal: Journal, acts: Sequence[Act]) -> None:
    """Write acts that happened before others in the log, each with the id that says when."""
    journal.run_many(
        line_rows.INSERT_ACT, [line_rows.act_values(act) | {"learner": journal.learner} for act in acts]
    )
    # A place of a shared folder looks for what is new above a mark, and these are below it.
    arrivals.note(journal, [act.id for act in acts], "")


def write_acts(
    journal: Journal, batch: bytes, acts: Iterable[tuple[ActKind, bytes | None, dict[str, Any]]]
) -> None:
    """Write acts (kind, card, payload) that a package makes happen now, without folding them."""
    for kind, card, payload in acts:
        journal.append_act(kind, card=card, cause=batch, payload=payload)
