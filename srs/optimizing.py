"""The front door of a fit: the learner's log in, parameters adopted or kept, and taken back.

Adopting is one line of the log. Stability and difficulty of every memory in its scope are folded
anew with it, on arrays; due days stay as they are, or move by one `reschedule` line a card
(`rescheduling`). Answers given while the fit ran are not lost: what is folded is the log as it is
when the line is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from srs.beliefs import Beliefs, believe
from srs.errors import NotFoundError, RefusedError
from srs.fitting import ENOUGH_REVIEWS, Verdict, optimize
from srs.fitting_items import Answers, Histories
from srs.model import ActKind
from srs.rescheduling import Change, change_of, held, restored
from srs.scheduling import DEFAULT_PARAMETERS
from srs.store import answers as store_answers
from srs.store import reading, refolding

if TYPE_CHECKING:
    from collections.abc import Callable

    from srs.collection import Collection
    from srs.fitting import Report
    from srs.model import Act
    from srs.refold import Bools
    from srs.store.answers import LiveAnswers
    from srs.store.heads import Rows
    from srs.store.journal import Journal

LATELY_DAYS = 30
"""Days that a pace is taken from."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The parameters that rule a scope, and the line that adopted them at a moment (None: the defaults)."""

    parameters: tuple[float, ...]
    line: bytes | None = None
    fitted_until: int | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The live answers as they were read, and the version of the database then (`_version`)."""

    live: LiveAnswers
    version: int


@dataclass(frozen=True, slots=True)
class Fit:
    """What came of a fit, not written yet.

    `deck` is the deck it is for, None for all cards without parameters of their own. `days_to_go` is
    how long it takes at the pace of the last 30 days until there are answers enough, None where there
    are, or where nothing was answered lately. `seen` is what it was made of.
    """

    deck: str | None
    before: InForce
    report: Report
    seen: Seen
    days_to_go: int | None = None

    @property
    def nothing_new(self) -> bool:
        """Whether the fit came to what is in force, so that there is nothing to compare."""
        return self.report.verdict is Verdict.SAME


@dataclass(frozen=True, slots=True)
class AdoptedSet:
    """Parameters that were adopted once: the line, whether they rule now."""

    line: Act
    in_force: bool

    @property
    def deck(self) -> str | None:
        """The deck they are for; None: the learner's."""
        deck = self.line.payload.get("deck")
        return deck if isinstance(deck, str) else None

    def figure(self, *path: str) -> float | None:
        """A number of its report, by its names; None where the line does not tell it."""
        found: Any = self.line.payload
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, int | float) else None


def in_force(rows: Rows, learner: str, deck: str | None) -> InForce:
    """The parameters that rule a deck's cards, or (None) all cards whose deck has none of its own."""
    newest: dict[str | None, Act] = {
        line.payload.get("deck"): line for line in refolding.parameter_lines(rows, learner) if not line.undone
    }
    line = newest.get(deck) or newest.get(None)
    if line is None:
        return InForce(DEFAULT_PARAMETERS)
    until = line.payload.get("fitted_until")
    until = until if isinstance(until, int) else None
    return InForce(tuple(line.payload["parameters"]), line.id, until, line.at)


def fit(
    rows: Rows,
    learner: str,
    deck: str | None = None,
    *,
    today: int,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> Fit:
    """Fit parameters to a learner's answers, or to those of one deck, and judge them; writes nothing.

    `today` is the study day, `seed` draws the cards of the bootstrap; `progress` hears the share done.

    Raises:
        SrsError: the process that fits came to grief.
    """
    before = in_force(rows, learner, deck)
    seen = _seen(rows, learner)
    answers = _answers(seen.live, _in_scope(rows, learner, deck, seen.live.keys))
    report = optimize(
        answers, before.parameters, fitted_until=before.fitted_until, seed=seed, progress=progress
    )
    return Fit(deck, before, report, seen, _days_to_go(answers, report, today))


def adopt(collection: Collection, found: Fit, *, move_dues: bool = False) -> int:
    """Write the parameters of a fit that is to be adopted, and fold its scope anew, in one transaction.

    With `move_dues` the due days of its cards in review move, too. Returns how many did.

    Raises:
        RefusedError: other parameters were adopted since the fit began; nothing was written.
        DatabaseError: it could not be written.
    """
    with collection.journal() as journal:
        rows, learner = journal.rows, journal.learner
        if in_force(rows, learner, found.deck).line != found.before.line:
            raise RefusedError(
                "other parameters were adopted while this fit ran; nothing was changed",
                "`srs optimize` compares with those",
            )
        line = journal.append_act(ActKind.PARAMS, payload=_payload(found))
        beliefs = _believed(rows, learner, found.deck, seen=found.seen)
        standings = _standings(rows, learner, beliefs)
        change = Change()
        if move_dues:
            change = change_of(collection, standings, beliefs)
            _write_moves(journal, change, cause=line)
        stay = held(rows, learner, standings, change.dues)
        refolding.write_acts(journal, ActKind.DUE, stay, cause=line)
        refolding.write_beliefs(journal.connection, learner, beliefs.rows())
    return len(change.dues)


def change_by(collection: Collection, found: Fit) -> Change:
    """What moving the due days would do to the days ahead, under the parameters of a fit's report."""
    rows, learner = collection.rows, collection.learner
    beliefs = _believed(rows, learner, found.deck, parameters=found.report.parameters, seen=found.seen)
    return change_of(collection, _standings(rows, learner, beliefs), beliefs)


def reschedule(collection: Collection, deck: str | None) -> int:
    """Move the due days of a scope to what the parameters in force say; returns how many moved."""
    with collection.journal() as journal:
        beliefs = _believed(journal.rows, journal.learner, deck)
        change = change_of(collection, _standings(journal.rows, journal.learner, beliefs), beliefs)
        _write_moves(journal, change, deck=deck)
    return len(change.dues)


def history(rows: Rows, learner: str, deck: str | None = None) -> list[AdoptedSet]:
    """Every set of parameters that was ever adopted, or those of one deck, newest first."""
    ruling: dict[str | None, bytes] = {}
    lines = refolding.parameter_lines(rows, learner)
    for line in lines:
        if not line.undone:
            ruling[line.payload.get("deck")] = line.id
    found = [AdoptedSet(line, ruling.get(line.payload.get("deck")) == line.id) for line in reversed(lines)]
    return [each for each in found if deck is None or each.deck == deck]


def revert(collection: Collection, deck: str | None = None) -> Act:
    """Take back what was adopted or rescheduled last, or last for one deck; returns that line.

    It is an undo like any other: one more line that names it. Memories and due days come out as if it
    had not been.

    Raises:
        NotFoundError: there is nothing to take back.
    """
    with collection.journal() as journal:
        rows, learner = journal.rows, journal.learner
        lines = refolding.newest_to_revert(rows, learner)
        target = next((each for each in lines if deck is None or each.payload.get("deck") == deck), None)
        if target is None:
            of = "" if deck is None else f" for `{deck}`"
            raise NotFoundError(f"no adopted parameters{of} to take back", "`srs optimize` fits some")
        journal.append_act(ActKind.UNDO, target=target.id)
        touched = {reading.row_key(rows, key) for key in journal.relive(target.id)}
        beliefs = _believed(rows, learner, target.payload.get("deck"))
        refolding.write_beliefs(journal.connection, learner, beliefs.rows())
        dues, rest = restored(rows, learner, touched, beliefs)
        refolding.write_due_days(journal.connection, learner, dues)
        journal.refold(rest)
    return target


def _write_moves(
    journal: Journal, change: Change, *, cause: bytes | None = None, deck: str | None = None
) -> None:
    """A `reschedule` line for each card that moves, and where it moves to."""
    names = {options: journal.name_options(options).hex() for options in set(change.options.values())}
    told = {} if deck is None else {"deck": deck}
    lines = ((card, {"options": names[change.options[card]], **told}) for card in sorted(change.dues))
    refolding.write_acts(journal, ActKind.RESCHEDULE, lines, cause=cause)
    refolding.write_due_days(journal.connection, journal.learner, change.dues)


def _payload(found: Fit) -> dict[str, Any]:
    """What the line of adopted parameters says: them, and the figures they were adopted for."""
    report = found.report.as_json()
    kept = ("parameters", "reviews", "long_term_reviews", "scores", "differences")
    told = {name: report[name] for name in kept}
    return {"deck": found.deck, "fitted_until": found.report.fitted_until, **told}


def _in_scope(rows: Rows, learner: str, deck: str | None, keys: tuple[bytes, ...]) -> Bools:
    """Whether each card is ruled by a deck's parameters, or (None) by those of no deck."""
    decks = refolding.decks_of_memories(rows, learner)
    if deck is not None:
        return np.array([decks.get(key) == deck for key in keys], dtype=bool)
    own = {line.payload.get("deck") for line in refolding.parameter_lines(rows, learner) if not line.undone}
    return np.array([decks.get(key) not in own or not decks.get(key) for key in keys], dtype=bool)


def _seen(rows: Rows, learner: str) -> Seen:
    version = _version(rows)
    return Seen(store_answers.live_answers(rows, learner), version)


def _version(rows: Rows) -> int:
    """A number that changes when another connection has written to the database."""
    return int(rows("PRAGMA data_version", {})[0][0])


def _answers(live: LiveAnswers, there: Bools) -> Answers:
    """What a fit learns from, of the cards that are `there`; after a forget a card is another one."""
    which = slice(None) if there.all() else there[live.card]
    most = int(live.lives.max(initial=0)) + 1
    return Answers(
        card=(live.card * most + live.life)[which],
        study_day=live.study_day[which],
        at=live.at[which],
        rating=live.rating[which],
        interval_before=live.interval_before[which],
    )


def _believed(
    rows: Rows,
    learner: str,
    deck: str | None,
    *,
    parameters: tuple[float, ...] | None = None,
    seen: Seen | None = None,
) -> Beliefs:
    """Stability and difficulty of a scope's cards, under the parameters in force or under others.

    What was `seen` before is read again only if another connection has written since.
    """
    fresh = seen is not None and seen.version == _version(rows)
    live = seen.live if seen and fresh else store_answers.live_answers(rows, learner, moments=False)

    def difficulty(key: bytes, number: int) -> float | None:
        return store_answers.recorded_difficulty(rows, learner, key, number)

    there = _in_scope(rows, learner, deck, live.keys)
    parameters = parameters or in_force(rows, learner, deck).parameters
    return believe(live, there, parameters, difficulty)


def _standings(rows: Rows, learner: str, beliefs: Beliefs) -> list[refolding.Standing]:
    """The memories of a scope."""
    return [each for each in refolding.standings(rows, learner) if each.card in beliefs.of]


def _days_to_go(answers: Answers, report: Report, today: int) -> int | None:
    missing = ENOUGH_REVIEWS - report.long_term_reviews
    if missing <= 0 or not len(answers):
        return None
    histories = Histories(answers)
    days = histories.day[histories.targets]
    lately = int(np.sum((days > today - LATELY_DAYS) & (days <= today)))
    return -(-missing * LATELY_DAYS // lately) if lately else None
