"""Looking ahead: a learner's cards, log and settings, handed to the simulation.

Everything here takes the moment and a seed; the same database, settings, moment and seed give the
same numbers. The seed of a day makes two looks on one day agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from srs import simulation_forecast
from srs.model import Rating, State
from srs.refold import refold
from srs.scheduling import DEFAULT_PARAMETERS
from srs.simulation import Snapshot
from srs.simulation_behaviour import ENOUGH, Counts, behaviour
from srs.simulation_cells import DeckRule, Rules
from srs.simulation_days import Limits
from srs.store import heads, reading
from srs.store.snapshot import answers_counted, answers_to_replay, cards_ahead

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Required, Unpack

    from numpy.typing import NDArray

    from srs.days import StudyDays
    from srs.settings import Settings
    from srs.simulation import Progress
    from srs.simulation_behaviour import Behaviour
    from srs.simulation_forecast import Comparison, DayAhead, Level, Load
    from srs.store.heads import Rows
    from srs.store.snapshot import DeckAhead

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LOAD_DAYS = 21
"""How far ahead `Ahead.load` looks."""

ENOUGH_OF_THE_DECKS = 400
"""With fewer answers to the decks asked for, those to all decks tell how the person answers."""

_BINS = 20


class How(TypedDict, total=False):
    """How a comparison is made: over how many days, by which seed, lived how often, told to whom."""

    days: Required[int]
    seed: Required[int]
    repeats: int | None
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a simulation starts from, and how many `cards` that is, `new` of them never seen.

    `keeps` are the decks whose own desired retention does not follow a comparison.
    """

    snapshot: Snapshot
    rules: Rules
    limits: Limits
    behaviour: Behaviour
    cards: int
    new: int
    keeps: tuple[DeckAhead, ...] = ()

    def retentions(
        self, retentions: Sequence[float] = simulation_forecast.RETENTIONS, **how: Unpack[How]
    ) -> Comparison:
        """What other desired retentions come to, the one in force among them."""
        return simulation_forecast.compare_retention(*self._parts, retentions=retentions, **how)

    def paces(
        self, new_per_day: Sequence[int] = simulation_forecast.NEW_PER_DAY, **how: Unpack[How]
    ) -> Comparison:
        """What other limits of new cards come to, the one in force among them."""
        return simulation_forecast.compare_new_per_day(*self._parts, new_per_day=new_per_day, **how)

    def review_limits(self, reviews_per_day: Sequence[int], **how: Unpack[How]) -> Comparison:
        """What other limits of reviews come to, the one in force among them."""
        return simulation_forecast.compare_reviews_per_day(
            *self._parts, reviews_per_day=reviews_per_day, **how
        )

    def forecast(
        self,
        *,
        seed: int,
        days: int = simulation_forecast.FORECAST_DAYS,
        repeats: int | None = None,
        progress: Progress | None = None,
    ) -> tuple[DayAhead, ...]:
        """The days ahead, today first, with the band that holds 80 % of the futures."""
        return simulation_forecast.forecast(
            *self._parts, seed=seed, days=days, repeats=repeats, progress=progress
        )

    def level(self, minutes: float, *, seed: int, most_days: int = 365, repeats: int = 50) -> Level:
        """The study day on which no review is left waiting, with so many minutes a day."""
        limits = replace(self.limits, minutes=minutes)
        return simulation_forecast.level_day(
            *(self.snapshot, self.rules, limits, self.behaviour),
            seed=seed,
            most_days=most_days,
            repeats=repeats,
        )

    def load(self, new_per_day: int, *, seed: int) -> Load:
        """What a number of new cards a day leads to in three weeks."""
        return simulation_forecast.load_of(*self._parts, new_per_day=new_per_day, seed=seed)

    @property
    def _parts(self) -> tuple[Snapshot, Rules, Limits, Behaviour]:
        return self.snapshot, self.rules, self.limits, self.behaviour


def look_ahead(
    rows: Rows,
    learner: str,
    settings: Settings,
    days: StudyDays,
    now: int,
    *,
    decks: Sequence[str] = (),
    within: int | None = None,
) -> Ahead:
    """Read what a simulation from a moment (ms) on starts from; `decks` narrows to their cards.

    The limits and the time box are those of the settings. A deck with a desired retention of its own
    keeps it, but where only the cards of one deck are looked at, its aim is the one compared. Where
    nobody asks what is known, reviews due later than `within` days need not be read.
    """
    today = days.day(now)
    until = None if within is None else today + within
    cards = cards_ahead(rows, learner, days, today, decks=decks, until=until)
    done = heads.done_today(rows, learner, today)
    rules, keeps = _rules(rows, learner, settings, cards.decks)
    return Ahead(
        snapshot=Snapshot(today, *cards[1:], done_new=done.new, done_reviews=done.review),
        rules=rules,
        limits=Limits(
            settings.new_per_day,
            settings.reviews_per_day,
            settings.minutes,
            settings.order,  # type: ignore[arg-type] # the table of settings allows these four alone
        ),
        behaviour=_behaviour(rows, learner, decks),
        cards=len(cards.state),
        new=cards.state.count(State.NEW),
        keeps=keeps,
    )


def forecast_for(
    rows: Rows,
    learner: str,
    settings: Settings,
    days: StudyDays,
    now: int,
    *,
    seed: int | None = None,
    decks: Sequence[str] = (),
    ahead_days: int = simulation_forecast.FORECAST_DAYS,
    repeats: int | None = None,
) -> list[DayAhead]:
    """The days ahead, today first: reviews, answers and minutes, expected and an 80 % band.

    Without a seed that of the study day, so that two looks on one day agree. Empty without cards to come.
    """
    ahead = look_ahead(rows, learner, settings, days, now, decks=decks, within=ahead_days)
    if not ahead.cards:
        return []
    seed = day_seed(days.day(now)) if seed is None else seed
    return list(ahead.forecast(seed=seed, days=ahead_days, repeats=repeats))


def day_seed(today: int) -> int:
    """The seed of a study day."""
    return abs(today)


def _rules(
    rows: Rows, learner: str, settings: Settings, decks: Sequence[DeckAhead]
) -> tuple[Rules, tuple[DeckAhead, ...]]:
    own = tuple(deck for deck in decks if deck.desired_retention is not None)
    parameters = [_parameters(rows, learner, deck.id) for deck in decks]
    if len(decks) == 1:
        options = settings.options(decks[0].desired_retention)
        return Rules(options, (DeckRule(parameters[0]),)), ()
    aims = [deck.desired_retention for deck in decks]
    rules = tuple(DeckRule(each, aim) for each, aim in zip(parameters, aims, strict=True))
    return Rules(settings.options(), rules or (DeckRule(),)), own


def _behaviour(rows: Rows, learner: str, decks: Sequence[str]) -> Behaviour:
    counted = answers_counted(rows, learner, decks=decks)
    if decks and counted.number < ENOUGH_OF_THE_DECKS:
        decks, counted = (), answers_counted(rows, learner)
    if sum(counted.total) < ENOUGH <= sum(counted.answers[State.REVIEW]):
        return behaviour(Counts(*counted[:4], *_replayed(rows, learner, decks)))
    return behaviour(Counts(*counted))


def _replayed(rows: Rows, learner: str, decks: Sequence[str]) -> tuple[Floats, Ints, Ints]:
    """The bins of predicted recall, as today's parameters would have predicted it at whole study days.

    For reviews that recorded no prediction (imported ones), or one made by parameters of before.
    """
    log = answers_to_replay(rows, learner, decks=decks)
    card, day, rating, met = (np.array(each, dtype=np.int64) for each in log[1:5])
    recall = np.full(card.size, np.nan)
    rule_of = {deck: _parameters(rows, learner, deck) for deck in set(log.decks)}
    rules = sorted(set(rule_of.values()))
    which = np.array([rules.index(rule_of[deck]) for deck in log.decks], dtype=np.int64)[card]
    for number, parameters in enumerate(rules):
        mine = which == number
        folded = refold(
            *(card[mine], day[mine], rating[mine], np.zeros(int(mine.sum()), dtype=np.int64)),
            parameters=parameters,
            interval_before=met[mine],
            history=True,
        )
        recall[mine] = np.nan if folded.history is None else folded.history.recall
    later = np.zeros(card.size, dtype=bool)
    later[1:] = (card[1:] == card[:-1]) & (day[1:] > day[:-1])
    asked = later & np.array(log.lately, dtype=bool) & np.isfinite(recall)
    places = (recall[asked] * _BINS).astype(np.int64)
    total = np.bincount(places).astype(np.int64)
    used = total > 0
    predicted = np.bincount(places, weights=recall[asked])[used] / total[used]
    passed = np.bincount(places[rating[asked] > Rating.AGAIN], minlength=total.size).astype(np.int64)
    return predicted, passed[used], total[used]


def _parameters(rows: Rows, learner: str, deck: str) -> tuple[float, ...]:
    return reading.parameters_for(rows, learner, deck) or DEFAULT_PARAMETERS
