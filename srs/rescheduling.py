"""Due days when parameters change: what would move, what is held, what comes back.

A due day follows from the newest of a card's live lines that says when: its last answer, or a `due`
or `reschedule` line after it. Most answers carry their own due day. What depends on parameters are
`reschedule` lines, and answers without a decision that stands (imported ones): these are held by a
`due` line when parameters change, so that no day moves unasked, and the log still gives the memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srs.model import IMPORTED_OPTIONS, ActKind, State
from srs.scheduling import Scheduling
from srs.store import reading, refolding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srs.beliefs import Beliefs
    from srs.collection import Collection
    from srs.model import Options
    from srs.store.heads import Rows
    from srs.store.refolding import Move, Standing

DAYS_AHEAD = 30


@dataclass(frozen=True, slots=True)
class Change:
    """What moving due days does: where each card that moves goes, and under which options.

    `before` and `after` count the cards due on each of the next 30 days, overdue ones on the first.
    """

    dues: dict[bytes, int] = field(default_factory=dict)
    options: dict[bytes, Options] = field(default_factory=dict)
    before: tuple[int, ...] = (0,) * DAYS_AHEAD
    after: tuple[int, ...] = (0,) * DAYS_AHEAD


def change_of(collection: Collection, standings: Sequence[Standing], beliefs: Beliefs) -> Change:
    """What rescheduling these memories would do, under the options their decks have now.

    A card that is due already and would be due still stays where it is: nothing is gained by it, and
    the order of what is overdue would be lost.
    """
    today = collection.days.day(collection.now())
    decks = refolding.retentions(collection.rows)
    of_deck: dict[str, Options] = {}
    scheduling = Scheduling(beliefs.parameters)
    dues, options = {}, {}
    before, after = [0] * DAYS_AHEAD, [0] * DAYS_AHEAD
    for each in standings:
        if each.state != State.REVIEW or each.due_day is None:
            continue
        if each.deck not in of_deck:
            of_deck[each.deck] = collection.settings.options(decks.get(each.deck))
        rules = of_deck[each.deck]
        day = _planned(each, beliefs, scheduling.under(rules), key=each.card, not_before=today)
        stays = day == each.due_day or max(day, each.due_day) <= today
        if not stays:
            dues[each.card], options[each.card] = day, rules
        if not each.shelf:
            _count(before, each.due_day - today)
            _count(after, (each.due_day if stays else day) - today)
    return Change(dues, options, tuple(before), tuple(after))


def held(
    rows: Rows, learner: str, standings: Sequence[Standing], moved: Mapping[bytes, int]
) -> Iterator[tuple[bytes, dict[str, int]]]:
    """The `due` lines, (card, payload), that keep days which would move with the parameters."""
    moves = refolding.moves(rows, learner)
    for each in standings:
        if each.state != State.REVIEW or each.due_day is None or each.card in moved:
            continue
        move = _said_by(moves, each)
        if move.kind is ActKind.RESCHEDULE if move is not None else not each.follows:
            yield each.card, {"day": each.due_day}


def restored(
    rows: Rows, learner: str, touched: set[bytes], beliefs: Beliefs
) -> tuple[dict[bytes, int], set[bytes]]:
    """Due days as the log has them now, where they are others, and the cards that need the whole fold.

    Looked at are the cards that are believed in and those `touched`.
    """
    moves = refolding.moves(rows, learner)
    options = reading.options_by_name(rows, learner)
    scheduling = Scheduling(beliefs.parameters)
    dues: dict[bytes, int] = {}
    rest: set[bytes] = set()
    for each in refolding.standings(rows, learner):
        if each.state != State.REVIEW or (each.card not in touched and each.card not in beliefs.of):
            continue
        move = _said_by(moves, each)
        day: int | None
        if move is not None and move.kind is ActKind.DUE:
            day = move.day
        elif move is not None and each.card in beliefs.of:
            named = options.get(bytes.fromhex(str(move.payload.get("options") or "")), IMPORTED_OPTIONS)
            day = _planned(each, beliefs, scheduling.under(named), key=move.key, not_before=move.study_day)
        else:
            day = each.decided_day if move is None and each.follows else None
        if day is None:
            rest.add(each.card)
        elif day != each.due_day:
            dues[each.card] = day
    return dues, rest


def _said_by(moves: Mapping[bytes, Move], each: Standing) -> Move | None:
    """The line after the last answer that says when a card is due, if there is one."""
    move = moves.get(each.card)
    return move if move is not None and move.id > each.last_id else None


def _planned(each: Standing, beliefs: Beliefs, rules: Scheduling, *, key: bytes, not_before: int) -> int:
    """The day a `reschedule` line gives (LOG §2 line 8)."""
    stability, _ = beliefs.of[each.card]
    return max(each.last_day + rules.planned(stability, key=key, answers=each.reps), not_before)


def _count(days: list[int], ahead: int) -> None:
    if ahead < DAYS_AHEAD:
        days[max(0, ahead)] += 1
