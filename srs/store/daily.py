"""What the answers of each study day came to: kept sums, and sums made anew where they are not up to date.

`daily` holds sums of a learner's live answers by study day and deck, whole (part "") and once more by
hour, by mode and by state before, so that statistics read days and not answers. They are right for
all days but the fresh ones: those with an answer above the learner's mark (the newest answer there was
when days were summed last), and those noted in `daily_stale` because something in them changed since.
Fresh days are summed from the log when they are asked for, so that a look writes nothing and an answer
costs no statement more. `summing.py` writes what this module reads.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.model import MATURE_DAYS, TOOK_CAP_MS, Rating, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Rows = Callable[[str, dict[str, object]], Sequence[tuple[Any, ...]]]

FIRST_DAY, LAST_DAY = -800_000, 3_000_000
"""Study days before and after every answer: `datetime` itself ends within them."""

CARD = "coalesce(a.card, r.card)"
ANSWERS = "review r LEFT JOIN alias a ON a.old = r.card"
KEYS = "(SELECT n.card AS old UNION ALL SELECT s.old FROM alias s WHERE s.card = n.card) k"
"""Every key that means card `n.card`; walked before the log (CROSS JOIN), each key one index range."""


def neighbour(column: str, *, before: bool, learner: str = ":learner") -> str:
    """The card's live answer next to answer `n` in the order of the log; of it a column, or an expression.

    PostgreSQL would walk the log by its ids as long as it knows little of the table: it is made to look
    up each key of the card.
    """
    side, order = ("<", "DESC") if before else (">", "ASC")
    return (
        f"(SELECT {column} FROM {KEYS} CROSS JOIN /*pg LATERAL (SELECT * FROM*/ review p"
        f" WHERE p.learner = {learner} AND p.card = k.old AND p.undone = 0 AND p.id {side} n.id"
        f" /*pg ORDER BY p.id || '' {order} LIMIT 1) p*/ ORDER BY p.id {order} LIMIT 1)"
    )


# What is summed


class Sums(NamedTuple):
    """What some live answers came to, and the values they have in common, in the order asked for.

    `again` to `easy` count answers, `timed` those with a recorded time, `ms` is their time with each
    answer capped at 60 s, `new_ms` the part of it that went to cards which their first answer of the
    day found new. `new_cards` and `review_cards` count each card once for each day it has a recorded
    time on, at its first answer that has one. `cards` counts the first answers of a card on its day,
    `right` those of them that passed. Young and mature are the first answers that count for true
    retention (DESIGN §4): the interval before was 1 to 20 days, and 21 days or more.
    """

    group: tuple[Any, ...]
    again: int
    hard: int
    good: int
    easy: int
    timed: int
    ms: int
    new_ms: int
    new_cards: int
    review_cards: int
    cards: int
    right: int
    young_passed: int
    young_total: int
    mature_passed: int
    mature_total: int

    @property
    def answers(self) -> int:
        """All answers."""
        return self.again + self.hard + self.good + self.easy

    @property
    def true_retention(self) -> tuple[int, int, int, int]:
        """Young passed, young total, mature passed, mature total."""
        return self.young_passed, self.young_total, self.mature_passed, self.mature_total


MEASURES = Sums._fields[1:]
PARTS = ("", "hour", "mode", "state")
"""The sums that are kept: of all answers of a day and deck, and of those with the same hour, mode, state."""


# One pass over answers gives a cell for each combination of what tells answers apart, as one number:
#   mode | day | deck | hour 5 bits, 24 none | state 3 bits, 4 none | rating 2 bits | traits 5 bits
# and, as one number again, how many answers it has and their time. Cells are few, so that what is
# asked of them costs little. A row of the log comes with hour, state and rating as one number.
_TRAITS, _RATING, _STATE, _HOUR, _DECK, _DAY, _MODE = 0, 5, 7, 10, 15, 35, 60
_MASKS = {
    "state": 0b111 << _STATE,
    "hour": 0b11111 << _HOUR,
    "deck": (1 << _DAY - _DECK) - 1 << _DECK,
    "study_day": (1 << _MODE - _DAY) - 1 << _DAY,
    "mode": -1 << _MODE,
}
_DAY_ZERO = 1 << 23
"""Added to study days, so that those before 1970 are no negative numbers."""

_NO_HOUR, _NO_STATE = 24, 4
_LATER, _SHORT, _YOUNG, _MATURE = range(4)
"""A later answer of its card on the day; a first one by its interval: under a day, young, mature."""
_TIMED, _TIMED_CARD, _NEW = 4, 8, 16
_MET_NEW, _MET_UNKNOWN = State.NEW << _STATE, _NO_STATE << _STATE
_COUNT = 44
"""Bits of a cell below the number of its answers: their ms."""

_LANE = 64
"""Sums are added up side by side in one number, a lane each."""
_LANES = struct.Struct(f"<{len(MEASURES)}q")


def _one(measure: str) -> int:
    return 1 << _LANE * MEASURES.index(measure)


def _worth(traits: int, rating: int) -> int:
    """What one answer with these traits counts for, time aside."""
    passed = rating > Rating.AGAIN
    worth = _one(Rating(rating).name.lower())
    if traits & _TIMED:
        worth += _one("timed")
    if traits & _TIMED_CARD:
        worth += _one("new_cards" if traits & _NEW else "review_cards")
    kind = traits & 0b11
    if kind != _LATER:
        worth += _one("cards") + passed * _one("right")
    if kind in (_YOUNG, _MATURE):
        age = "young" if kind == _YOUNG else "mature"
        worth += _one(f"{age}_total") + passed * _one(f"{age}_passed")
    return worth


_WORTH = [_worth(both & 0b11111, (both >> _RATING) + 1) for both in range(1 << _STATE)]
"""By traits and rating, the lowest bits of a cell."""
_MS = [_one("ms") + (_one("new_ms") if traits & _NEW else 0) for traits in range(1 << _RATING)]

# A million days on top, so that whole numbers divide alike before 1970.
_LOCAL = "(r.at + r.utc_offset * 60000 + 86400000000000)"
LOCAL_HOUR = f"{_LOCAL} / 3600000 - {_LOCAL} / 86400000 * 24"
"""The hour (0-23) of the wall clock where an answer was given; null where no clock was recorded."""

_TELLING = (
    f"{CARD}, r.study_day, (r.rating - 1) * {1 << _RATING}"
    f" + coalesce(r.state_before, {_NO_STATE}) * {1 << _STATE}"
    f" + coalesce({LOCAL_HOUR}, {_NO_HOUR}) * {1 << _HOUR},"
    " r.mode, r.interval_before, r.took_ms"
)
"""The columns of a row for `Tally.add`; the last, the day of the card's previous answer, comes after."""


class _Modes(dict[str | None, int]):
    """The place of each mode in a cell, given when it comes up first."""

    def __missing__(self, mode: str | None) -> int:
        place = self[mode] = len(self) << _MODE
        return place


class Tally:
    """Live answers, counted as they come."""

    def __init__(self, decks: Mapping[bytes, str]) -> None:
        """Count answers of cards; those that have no deck here have no text."""
        self._decks = ["", *sorted(set(decks.values()))]
        places = {deck: place << _DECK for place, deck in enumerate(self._decks)}
        self._deck_of = {card: places[deck] for card, deck in decks.items()}
        self._modes = _Modes({None: 0, "": 0})
        self._cells: dict[int, int] = defaultdict(int)

    def add(self, answers: Iterable[tuple[Any, ...]], *, whole: bool) -> set[int]:
        """Count rows of `_TELLING`; the days whose count is not to be trusted.

        The rows are those of some days, whole, by day and then in the order of the log; or the `whole`
        log in its order, where the previous answer needs no looking up but an answer may be of a day
        before that of the answer before it. Such days must be counted again by themselves.
        """
        cells, deck_of, modes = self._cells, self._deck_of, self._modes
        newest: dict[bytes, int] = {}  # card -> the day it was answered last, and two traits of that day
        farthest: dict[bytes, int] = {}
        doubtful: set[int] = set()
        for card, day, telling, mode, interval, took, before in answers:
            known = newest.get(card)
            if known is not None and known >> _RATING == day:
                traits = known & _NEW
                counted = known & _TIMED
            else:
                if whole and known is not None:
                    before = known >> _RATING  # noqa: PLW2901 - in the whole log it is the one just seen
                    if day < before:
                        farthest[card] = max(before, farthest.get(card, before))
                    if farthest and day <= farthest.get(card, FIRST_DAY):
                        doubtful.add(day)
                if interval is None:
                    interval = 0 if before is None else day - before  # noqa: PLW2901 - as it would be
                traits = _SHORT if interval < 1 else _YOUNG if interval < MATURE_DAYS else _MATURE
                state = telling & _MASKS["state"]
                if state == _MET_NEW or (state == _MET_UNKNOWN and before is None):
                    traits |= _NEW
                known = newest[card] = day << _RATING | traits & _NEW
                counted = 0
            ms = 0
            if took is not None:
                ms = took if took < TOOK_CAP_MS else TOOK_CAP_MS  # noqa: FURB136 - a call takes thrice as long
                traits |= _TIMED
                if not counted:
                    traits |= _TIMED_CARD
                    newest[card] = known | _TIMED
            cell = modes[mode] | day + _DAY_ZERO << _DAY | deck_of.get(card, 0) | telling | traits
            cells[cell] += 1 << _COUNT | ms
        return doubtful

    def sums(
        self, columns: Sequence[str], *, decks: Sequence[str] = (), but: Iterable[int] = ()
    ) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """The measures by the values of some columns; of some decks alone; but for some study days."""
        mask = sum(_MASKS[column] for column in columns)
        wanted = {place << _DECK for place, deck in enumerate(self._decks) if not decks or deck in decks}
        unwanted = {day + _DAY_ZERO << _DAY for day in but}
        groups: dict[int, int] = {}
        for cell, packed in self._cells.items():
            if cell & _MASKS["deck"] in wanted and cell & _MASKS["study_day"] not in unwanted:
                count, ms = packed >> _COUNT, packed & (1 << _COUNT) - 1
                worth = _WORTH[cell & 0b1111111] * count + _MS[cell & 0b11111] * ms
                group = cell & mask
                groups[group] = groups.get(group, 0) + worth
        reads = [self._reader(column) for column in columns]
        return {
            tuple(read(group) for read in reads): _LANES.unpack(worth.to_bytes(_LANES.size, "little"))
            for group, worth in groups.items()
        }

    def _reader(self, column: str) -> Callable[[int], Any]:
        """How the value of a column is read off a cell."""
        mask = _MASKS[column]
        if column == "study_day":
            return lambda cell: ((cell & mask) >> _DAY) - _DAY_ZERO
        if column == "deck":
            return lambda cell: self._decks[(cell & mask) >> _DECK] or None
        if column == "mode":
            names = {place: mode or None for mode, place in self._modes.items()}
            return lambda cell: names[cell & mask]
        shift, none = (_HOUR, _NO_HOUR) if column == "hour" else (_STATE, _NO_STATE)
        return lambda cell: None if (cell & mask) >> shift == none else (cell & mask) >> shift


# Fresh days

WHOLE_LOG = (
    f"SELECT {_TELLING}, NULL FROM {ANSWERS} WHERE r.learner = :learner AND r.undone = 0 ORDER BY r.id"
)
"""The rows of the whole log for `Tally.add`."""

_DAYS_AT_ONCE = 50
"""Days whose answers are read together, so that they are never all held at once."""


def _of_days(days: Sequence[int]) -> str:
    return f"r.learner = :learner AND r.study_day IN ({', '.join(map(str, days))}) AND r.undone = 0"


def _answers_sql(days: Sequence[int]) -> str:
    # What is not recorded is asked of the card's previous answer; most answers need no such look.
    before = neighbour("p.study_day", before=True).replace("n.card", CARD).replace("n.id", "r.id")
    return (
        f"SELECT {_TELLING}, CASE WHEN r.interval_before IS NULL OR r.state_before IS NULL THEN {before} END"
        f" FROM {ANSWERS} WHERE {_of_days(days)} ORDER BY r.study_day, r.id"
    )


def _decks_sql(days: Sequence[int]) -> str:
    answered = f"SELECT {CARD} FROM {ANSWERS} WHERE {_of_days(days)}"
    return f"SELECT c.key, c.deck FROM card c WHERE c.key IN ({answered})"


def tallies(rows: Rows, learner: str, days: Sequence[int]) -> Iterator[Tally]:
    """The live answers of some study days, counted from the log; every day is in one of the tallies."""
    ordered = sorted(days)
    for first in range(0, len(ordered), _DAYS_AT_ONCE):
        some = ordered[first : first + _DAYS_AT_ONCE]
        tally = Tally(dict(map(tuple, rows(_decks_sql(some), {"learner": learner}))))
        tally.add(rows(_answers_sql(some), {"learner": learner}), whole=False)
        yield tally


def fresh_days(rows: Rows, learner: str) -> list[int]:
    """The study days whose kept sums, if any, are not up to date, in order."""
    found = rows(
        "SELECT s.study_day FROM daily_stale s WHERE s.learner = :learner"
        " UNION SELECT r.study_day FROM review r WHERE r.learner = :learner"
        " AND r.id > coalesce((SELECT m.id FROM daily_mark m WHERE m.learner = :learner), :before_all)",
        {"learner": learner, "before_all": b""},
    )
    return sorted(day for (day,) in found)


# Reading


def summed(
    rows: Rows,
    learner: str,
    *,
    by: Sequence[str] = (),
    since: int = FIRST_DAY,
    until: int = LAST_DAY,
    decks: Sequence[str] = (),
) -> list[Sums]:
    """What the live answers of the study days `since..until` came to, by the values of some columns.

    `by` names any of `study_day`, `deck`, and one of `hour` (0-23, local, where the answer was given),
    `mode` and `state` (before the answer); None where it is not recorded, and the deck of a card
    without text. Decks are those of the cards today; `decks` narrows to some. In no order; nothing for
    values without answers.

    Raises:
        ValueError: for two of hour, mode and state, of which no common sums are kept.
    """
    parts = [column for column in by if column in PARTS]
    if len(parts) > 1:
        raise ValueError(f"no sums are kept by {' and '.join(parts)} together")
    fresh = [day for day in fresh_days(rows, learner) if since <= day <= until]
    sql, bound = _kept_sql(by, fresh, decks)
    bound |= {"learner": learner, "part": parts[0] if parts else "", "since": since, "until": until}
    groups: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for row in rows(sql, bound):
        group = tuple(_told(column, value) for column, value in zip(by, row, strict=False))
        if row[len(by)] is not None:
            groups[group] = tuple(map(int, row[len(by) :]))
    for tally in tallies(rows, learner, fresh):
        for group, more in tally.sums(by, decks=decks).items():
            had = groups.get(group)
            groups[group] = more if had is None else tuple(map(int.__add__, had, more))
    return [Sums(group, *measures) for group, measures in groups.items()]


def _kept_sql(by: Sequence[str], fresh: Sequence[int], decks: Sequence[str]) -> tuple[str, dict[str, object]]:
    """The kept sums of all but the fresh days, and the parameters of the decks."""
    columns = [f"d.{'slot' if column in PARTS else column}" for column in by]
    named: dict[str, object] = {f"deck{index}": deck for index, deck in enumerate(decks)}
    sql = (
        f"SELECT {', '.join([*columns, *(f'sum(d.{measure})' for measure in MEASURES)])} FROM daily d"
        " WHERE d.learner = :learner AND d.part = :part AND d.study_day BETWEEN :since AND :until"
    )
    if fresh:
        sql += f" AND d.study_day NOT IN ({', '.join(map(str, fresh))})"
    if named:
        sql += f" AND d.deck IN ({', '.join(f':{name}' for name in named)})"
    return f"{sql} GROUP BY {', '.join(columns)}" if columns else sql, named


def _told(column: str, value: int | str) -> int | str | None:
    """A value as it is told; what is not known is kept as empty text."""
    if value == "":
        return None
    return int(value) if column in ("hour", "state") else value
