"""What the views read from: the database of one moment, whose cards, which days; each thing once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from srs.coming import FORECAST_DAYS
from srs.grouping import window
from srs.store import figures
from srs.store.counting import recall_by_card
from srs.store.daily import FIRST_DAY, LAST_DAY, summed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from srs.days import StudyDays
    from srs.histograms import Histogram
    from srs.settings import Settings
    from srs.stats import Stats
    from srs.store.counting import OfCards
    from srs.store.daily import Rows, Sums
    from srs.timeline import Timeline

    Ahead = Mapping[int, "SimulatedDay"]


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """What simulations say of one study day ahead: cards reviewed and minutes with 80 % bands, new cards."""

    expected: float
    low: float
    high: float
    minutes: float
    minutes_low: float
    minutes_high: float
    new: float


@dataclass
class Source:
    """One learner's statistics at a moment; `last_days` narrows what is counted by day.

    `ahead_days` are the days to come that are told. `summary_of` reads the half screen, `simulate`
    lives the days ahead.
    """

    rows: Rows
    learner: str
    days: StudyDays
    now: int
    settings: Settings
    aim: float
    summary_of: Callable[[], Stats]
    simulate: Callable[[], Ahead]
    decks: Sequence[str] = ()
    last_days: int | None = None
    by: str | None = None
    ahead_days: int = FORECAST_DAYS
    _sums: dict[tuple[str, ...], list[Sums]] = field(default_factory=dict)

    @cached_property
    def today(self) -> int:
        """The study day of the moment."""
        return self.days.day(self.now)

    @property
    def since(self) -> int:
        """The first study day that counts."""
        return FIRST_DAY if self.last_days is None else self.today - self.last_days + 1

    @property
    def until(self) -> int:
        """The last study day that counts."""
        return LAST_DAY if self.last_days is None else self.today

    @property
    def period(self) -> str:
        """Which answers count, as words that end a sentence; nothing where all do."""
        if self.last_days is None:
            return ""
        return " today" if self.last_days == 1 else f" in the last {self.last_days} days"

    def summed(self, *by: str) -> list[Sums]:
        """Daily sums of the days that count."""
        if by not in self._sums:
            self._sums[by] = summed(
                self.rows, self.learner, by=by, since=self.since, until=self.until, decks=self.decks
            )
        return self._sums[by]

    @cached_property
    def summary(self) -> Stats:
        """The half screen."""
        return self.summary_of()

    @cached_property
    def every_day(self) -> list[Sums]:
        """Daily sums of all days."""
        return summed(self.rows, self.learner, by=("study_day",), decks=self.decks)

    @cached_property
    def recall_of_cards(self) -> OfCards:
        """True retention of each card in the days that retention is told apart in."""
        since, until = window(self.today, self.last_days)
        return recall_by_card(self.rows, self.learner, since=since, until=until, decks=self.decks)

    @cached_property
    def timeline(self) -> Timeline:
        """The whole log as arrays."""
        from srs.timeline import Timeline

        log = figures.Log(self.rows, self.learner, self.decks)
        # Which deck a card is in matters only where a deck has parameters of its own.
        decks = figures.decks_of_cards(self.rows) if set(self._parameters) - {None} else {}
        return Timeline(log, decks, self._parameters)

    @cached_property
    def _parameters(self) -> dict[str | None, tuple[float, ...]]:
        return figures.parameter_sets(self.rows, self.learner)

    @cached_property
    def histograms(self) -> dict[str, Histogram]:
        """Intervals, stability, difficulty and retrievability."""
        from srs.histograms import histograms

        cards: list[tuple[Any, ...]] = figures.believed(self.rows, self.learner, decks=self.decks)
        return histograms(cards, self._parameters, self.now)

    @cached_property
    def simulated(self) -> Ahead:
        """The days ahead by study day; empty without cards to come."""
        return self.simulate()
