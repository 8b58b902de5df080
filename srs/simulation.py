"""The days ahead, lived many times over: a person's own cards under given settings, in NumPy.

Each repeat lives every day: steps left over, reviews due within the limit, new cards within theirs,
recall drawn from the forgetting curve at whole study days, ratings and seconds from the person's
`Behaviour`. Steps come on the day they are asked for, however long, so a card that enters them leaves
them the same day. What is suspended, retired or held back by a sibling is up to the snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from srs.model import State
from srs.simulation_cells import NEVER, Cells, Columns
from srs.simulation_days import Course, Start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from srs.simulation_behaviour import Behaviour
    from srs.simulation_cells import Rules
    from srs.simulation_days import Limits

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Counts = NDArray[np.int32]

    Progress = Callable[[int, int], None]
    """Is told after each simulated day how many are done, and of how many."""

_CELLS_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The cards of a learner as they stand on the study day `today`; arrays of one length.

    `state` as `State`; `step` counts from 0; `stability` (days) and `difficulty` are ignored for new
    cards, as are `due_day` and `last_day`. The due day of a card in steps is the study day of its
    moment, that of a buried card not before it is back. `deck` is the index into `Rules.decks`. New
    cards come in the order of the arrays, which is deck order. Leave out what is suspended or retired.
    `done_new` and `done_reviews` cards count against the limits of today already.
    """

    today: int
    state: ArrayLike
    step: ArrayLike
    stability: ArrayLike
    difficulty: ArrayLike
    due_day: ArrayLike
    last_day: ArrayLike
    deck: ArrayLike
    done_new: int = 0
    done_reviews: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """What happened, by repeat and day (first axes), day 0 being today.

    `counts` (repeats, days, 4, 4) are answers by the state they met and their rating. `minutes`,
    `known` (sum of recall over all seen cards at the end of the day) and `waiting` (reviews due but
    not asked that day) are (repeats, days). `known_before` is the sum as the snapshot stands,
    `known_idle` what it falls to by the last day if nothing is answered. `seen` and `unseen` (repeats,) are
    cards at the end.
    """

    today: int
    counts: Counts
    minutes: Floats
    known: Floats
    waiting: Ints
    known_before: float
    known_idle: float
    seen: Ints
    unseen: Ints

    @property
    def answers(self) -> Ints:
        """All answers, steps among them, (repeats, days)."""
        total: Ints = self.counts.sum(axis=(2, 3), dtype=np.int64)
        return total

    @property
    def new(self) -> Ints:
        """New cards begun, (repeats, days)."""
        begun: Ints = self.counts[:, :, State.NEW].sum(axis=2, dtype=np.int64)
        return begun

    @property
    def reviews(self) -> Ints:
        """Cards in review answered, (repeats, days)."""
        reviewed: Ints = self.counts[:, :, State.REVIEW].sum(axis=2, dtype=np.int64)
        return reviewed

    @property
    def lapses(self) -> Ints:
        """Reviews that failed, (repeats, days)."""
        return self.counts[:, :, State.REVIEW, 0].astype(np.int64)


def simulate(
    snapshot: Snapshot,
    rules: Rules,
    limits: Limits,
    behaviour: Behaviour,
    *,
    days: int,
    repeats: int,
    seed: int,
    uncertain: bool = False,
    counts_known: bool = True,
    progress: Progress | None = None,
) -> Run:
    """Live `days` days from today, `repeats` times; the same arguments give the same run.

    With `uncertain` each repeat draws its own behaviour within what the log leaves open, and each
    answer its seconds, as a band needs; without, all follow the best guess and take mean seconds.
    `counts_known=False` leaves `known` NaN and is quicker.

    Raises:
        UsageError: for parameters or options that FSRS-6 does not take.
        ValueError: if the arrays of the snapshot do not fit together, or there is no day or repeat.
    """
    if days < 1 or repeats < 1:
        raise ValueError("a simulation takes at least one day and one repeat")
    frozen = _Frozen(snapshot, rules, limits, days, counts_known=counts_known)
    start = frozen.start
    rows = max(1, min(repeats, _CELLS_AT_ONCE // max(1, start.cards.state.size)))
    chunks = [min(rows, repeats - first) for first in range(0, repeats, rows)]
    done = []
    for number, size in enumerate(chunks):
        rng = np.random.default_rng([seed, number])
        habits = behaviour.drawn(size, rng) if uncertain else behaviour.expected(size)
        course = Course(start, rules, limits, habits, rng, counts_known=counts_known, draws_seconds=uncertain)
        for day in range(days):
            course.live(day)
            if progress is not None:
                progress(number * days + day + 1, len(chunks) * days)
        done.append((course.counts, course.minutes(), course.known, course.waiting, course.begun))
    return _run_of(frozen, snapshot.today, done)


def _run_of(frozen: _Frozen, today: int, done: Sequence[tuple[Any, ...]]) -> Run:
    """The parts of the repeats together, with what was not lived through."""
    counts, minutes, known, waiting, begun = (np.concatenate(part) for part in zip(*done, strict=True))
    return Run(
        today=today,
        counts=counts,
        minutes=minutes,
        known=known + frozen.known_passive,
        waiting=waiting,
        known_before=frozen.known_before,
        known_idle=frozen.known_idle,
        seen=frozen.seen + begun,
        unseen=frozen.unseen - begun,
    )


class _Frozen:
    """The cards that can matter within the days ahead, seen ones before new ones, and the rest.

    A review due later, or a new card beyond what the limits reach, is not lived through: its recall
    is the same in every repeat.
    """

    def __init__(
        self, snapshot: Snapshot, rules: Rules, limits: Limits, days: int, *, counts_known: bool
    ) -> None:
        columns = _columns(snapshot, len(rules.decks))
        new = columns.state == State.NEW
        ahead = (columns.state == State.REVIEW) & (columns.due >= days)
        reached = np.flatnonzero(new)[: limits.new_per_day * days]
        active = _pick(columns, np.concatenate([np.flatnonzero(~new & ~ahead), reached]))
        self.start = Start(active, reached.size, days, snapshot.done_new, snapshot.done_reviews)
        self.seen, self.unseen = int((~new).sum()), int(new.sum())
        late = range(days) if counts_known else ()
        passive = _known(_pick(columns, np.flatnonzero(ahead)), rules, late)
        self.known_passive = passive if counts_known else np.full(days, np.nan)
        idle = _known(_pick(columns, np.flatnonzero(~new)), rules, (0, days - 1))
        self.known_before, self.known_idle = float(idle[0]), float(idle[1])


def _columns(snapshot: Snapshot, decks: int) -> Columns:
    today = snapshot.today
    state, step, due, last, deck = (
        np.asarray(each, dtype=np.int64)
        for each in (snapshot.state, snapshot.step, snapshot.due_day, snapshot.last_day, snapshot.deck)
    )
    stability, difficulty = (
        np.asarray(each, dtype=np.float64) for each in (snapshot.stability, snapshot.difficulty)
    )
    if state.ndim != 1 or any(
        each.shape != state.shape for each in (step, due, last, deck, stability, difficulty)
    ):
        raise ValueError("the arrays of a snapshot must have one entry for each card")
    if state.size and not 0 <= deck.min() <= deck.max() < decks:
        raise ValueError("a card of the snapshot is in a deck without a rule")
    seen = state != State.NEW
    if not (np.isfinite(stability[seen]) & (stability[seen] > 0) & np.isfinite(difficulty[seen])).all():
        raise ValueError("a seen card of the snapshot has no stability or difficulty")
    far = int(NEVER) - 1
    due, last = np.clip(due - today, -far, far), np.clip(last - today, -far, far)
    return Columns(state, step, stability, difficulty, due, last, deck)


def _pick(columns: Columns, which: Ints) -> Columns:
    return Columns(
        *(
            getattr(columns, name)[which]
            for name in ("state", "step", "stability", "difficulty", "due", "last", "deck")
        )
    )


def _known(columns: Columns, rules: Rules, days: Sequence[int]) -> Floats:
    """The sum of recall at the end of some days if nothing is answered."""
    if not columns.state.size:
        return np.zeros(len(days))
    cells = Cells(columns, rules, 1)
    return np.array([cells.known(day, columns.state.size)[0] for day in days])
