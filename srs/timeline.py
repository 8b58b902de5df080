"""The whole log as arrays, card by card, and what the fold believed at each line.

A million answers are never a Python object each. Parameters are those in force for the deck of each card
(LOG §2 line 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from srs.refold import Model, refold
from srs.scheduling import DEFAULT_PARAMETERS
from srs.store.answers import card_by_card
from srs.store.figures import DAY_ZERO, INTERVAL_BITS, RATING_BITS, RECALL_ONE, REVIEW_BITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

    from srs.store.figures import Forget, LogPart

DAY_MS = 86_400_000

Parameters = dict["str | None", tuple[float, ...]]
"""The parameters of each deck that has its own, and under None the learner's."""


class LogSource(Protocol):
    """Where a log is read from: the functions of `store.figures`, for one learner and some decks."""

    def parts(self) -> Iterable[LogPart]:
        """The live answers."""

    def forgets(self) -> Sequence[Forget]:
        """The live forgets."""

    def difficulties(self) -> Iterable[str]:
        """The difficulties that the answers met."""


def parameters_of(sets: Parameters, deck: str | None) -> tuple[float, ...]:
    """The parameters in force for the cards of a deck."""
    own = sets.get(deck) or sets.get(None)
    return DEFAULT_PARAMETERS if own is None else own


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Lines of a log in some order; one entry a line in each array."""

    card: Ints
    at: Ints
    day: Ints
    rating: Ints
    in_review: Bools
    interval: Floats
    recall: Floats


class Timeline:
    """The lines of a log, card by card in the order of the log; arrays have one entry a line.

    `card` counts cards from 0; `forget` marks forgets, whose `rating` is 0. `interval_before` and
    `recall` are NaN where the answer did not record them. `elapsed` are days with fraction since the
    card's line before, 0 at its first.
    """

    def __init__(self, source: LogSource, decks: Mapping[bytes, str], sets: Parameters) -> None:
        """Read a log; `decks` says whose parameters of `sets` rule a card."""
        lines, keys, order = _arranged(source)
        self._difficulty_before = _difficulties(source, lines, order)
        self.card: Ints = lines.card
        self.at: Ints = lines.at
        self.rating: Ints = lines.rating
        self.interval_before: Floats = lines.interval
        self.recall: Floats = lines.recall
        self.forget: Bools = lines.rating == 0
        self.first: Bools = _changes(lines.card)
        self.study_day: Ints = lines.day
        self._met_in_review: Bools = lines.in_review
        self.elapsed: Floats = np.zeros(len(self))
        since = np.diff(lines.at) / DAY_MS
        self.elapsed[1:] = np.where(self.first[1:], 0.0, np.maximum(since, 0.0))
        self._parameters, self._ruling = _ruling(sets, [decks.get(key) for key in keys])

    def __len__(self) -> int:
        return int(self.card.size)

    @cached_property
    def stability(self) -> Floats:
        """What was believed after each line under the parameters in force now, in days; NaN at forgets."""
        found = np.full(len(self), np.nan)
        midway = np.where(self._met_in_review, np.nan_to_num(self.interval_before), 0).astype(np.int64)
        for place, parameters in enumerate(self._parameters):
            mine = slice(None) if len(self._parameters) == 1 else self._ruling[self.card] == place
            folded = refold(
                self.card[mine],
                self.study_day[mine],
                self.rating[mine],
                np.zeros_like(self.rating[mine]),
                parameters=parameters,
                forget=self.forget[mine],
                interval_before=midway[mine],
                difficulty_before=self._difficulty_before[mine],
                history=True,
            )
            if folded.history is not None:
                found[mine] = folded.history.stability
        return found

    def recalled(self, lines: Ints, elapsed: Floats) -> Floats:
        """The chance of recall so many days (with fraction) after some lines; NaN after a forget."""
        models = [Model(parameters) for parameters in self._parameters]
        factor, decay = np.array([(each.factor, each.decay) for each in models]).reshape(-1, 2).T
        if len(models) > 1:
            ruling = self._ruling[self.card[lines]]
            factor, decay = factor[ruling], decay[ruling]
        recall: Floats = (1 + factor * elapsed / self.stability[lines]) ** decay
        return recall

    @cached_property
    def replayed(self) -> Floats:
        """The chance of recall that the fold gives each answer before it; NaN where it knows nothing yet."""
        found = np.full(len(self), np.nan)
        lines = np.flatnonzero(~self.first & ~self.forget)
        found[lines] = self.recalled(lines - 1, self.elapsed[lines])
        return found

    @cached_property
    def day(self) -> Ints:
        """Study days that never run backwards within a card (LOG §2 line 9)."""
        if not len(self):
            return self.study_day
        span = int(self.study_day.max() - self.study_day.min()) + 1
        base = self.card * span - self.study_day.min()
        found: Ints = np.maximum.accumulate(self.study_day + base) - base
        return found

    @cached_property
    def true_retention(self) -> Bools:
        """Which answers count for true retention: met an interval of a day or more, first of their day."""
        answers = np.flatnonzero(~self.forget)
        card, day = self.card[answers], self.study_day[answers]
        first_answer = _changes(card)
        since = np.zeros(answers.size)
        since[1:] = np.where(first_answer[1:], 0, day[1:] - day[:-1])
        told = self.interval_before[answers]
        interval = np.where(np.isnan(told), since, told)
        # The first of its card on its day, also where days went back and forth.
        span = int(day.max() - day.min()) + 1 if day.size else 1
        _, firsts = np.unique(card * span + day - (day.min() if day.size else 0), return_index=True)
        first_of_day = np.zeros(answers.size, dtype=bool)
        first_of_day[firsts] = True
        found = np.zeros(len(self), dtype=bool)
        found[answers] = first_of_day & (interval >= 1)
        return found


def _ruling(sets: Parameters, decks: Sequence[str | None]) -> tuple[list[tuple[float, ...]], Ints]:
    """The different parameters in force for some cards, given by their decks, and which is each card's."""
    of_deck = {deck: parameters_of(sets, deck) for deck in set(decks)}
    distinct = list(dict.fromkeys(of_deck.values()))
    place = {deck: distinct.index(parameters) for deck, parameters in of_deck.items()}
    return distinct, np.array([place[deck] for deck in decks], dtype=np.int64)


def _changes(values: Ints) -> Bools:
    """Where a value differs from the one before, the first one among them."""
    found = np.ones(values.size, dtype=bool)
    found[1:] = values[1:] != values[:-1]
    return found


def _arranged(source: LogSource) -> tuple[_Lines, list[bytes], Ints]:
    """The lines card by card, the key of each card, and the places of the answers in the log."""
    keys = [b""]
    columns: list[list[NDArray[Any]]] = [[np.empty(0, np.int64)] for _ in range(3)]
    for part in source.parts():
        keys.append(part.cards)
        for column, text in zip(columns, part[1:], strict=True):
            column.append(np.fromstring(text, np.int64, sep=","))
    known, card, order = card_by_card(b"".join(keys))
    # What is packed is put in order before it is taken apart: fewer arrays to move about.
    at, packed, recall = (np.concatenate(column)[order] for column in columns)
    interval = packed & ((1 << INTERVAL_BITS) - 1)
    packed >>= INTERVAL_BITS
    in_review = (packed & 1).astype(bool)
    packed >>= REVIEW_BITS
    lines = _Lines(
        card,
        at,
        day=(packed >> RATING_BITS) - DAY_ZERO,
        rating=packed & ((1 << RATING_BITS) - 1),
        in_review=in_review,
        interval=np.where(interval, interval - 1.0, np.nan),
        recall=np.where(recall < 0, np.nan, recall / RECALL_ONE),
    )
    return _with_forgets(lines, source.forgets(), known), known, order


def _difficulties(source: LogSource, lines: _Lines, order: Ints) -> Floats:
    """The difficulty that the lines met; it matters only where a history begins mid-way, so seldom at all."""
    found = np.full(lines.card.size, np.nan)
    forget = lines.rating == 0
    begins = _changes(lines.card)
    begins[1:] |= forget[:-1]
    if np.any(begins & lines.in_review & (lines.interval >= 1)):
        told = np.concatenate([np.fromstring(text, np.float64, sep=",") for text in source.difficulties()])
        found[~forget] = np.where(told > 0, told, np.nan)[order]
    return found


def _with_forgets(lines: _Lines, forgets: Sequence[Forget], keys: Sequence[bytes]) -> _Lines:
    """The lines with the forgets in their places among those of their cards."""
    places = {key: place for place, key in enumerate(keys)} if forgets else {}
    known = [forget for forget in forgets if forget.card in places]
    if not known:
        return lines
    card = np.array([places[forget.card] for forget in known], dtype=np.int64)
    before = np.array([forget.answers_before for forget in known], dtype=np.int64)
    begins = np.searchsorted(lines.card, card)
    at = begins + before
    # What is inserted at one place keeps its order, which must be that of cards.
    order = np.lexsort((card, at))
    at, card = at[order], card[order]
    told = [known[place] for place in order.tolist()]
    none = np.full(at.size, np.nan)
    return _Lines(
        np.insert(lines.card, at, card),
        np.insert(lines.at, at, [forget.at for forget in told]),
        day=np.insert(lines.day, at, [forget.study_day for forget in told]),
        rating=np.insert(lines.rating, at, 0),
        in_review=np.insert(lines.in_review, at, False),
        interval=np.insert(lines.interval, at, none),
        recall=np.insert(lines.recall, at, none),
    )
