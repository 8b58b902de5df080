"""A learner's live answers as arrays: what a fit learns from and what many memories are folded from.

A row of the driver costs far more than what is in it, so SQLite writes the columns of very many
answers as one text, which NumPy reads: a million answers take half a second, and never a Python
object each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from srs.store.daily import CARD
from srs.store.figures import IN_ORDER, answers_in_parts, joined
from srs.store.reading import bind_keys, class_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from srs.store.heads import Rows

    Ints = NDArray[np.int64]

# Study day, rating and interval in one number: half the characters to read. An interval longer than
# the mask would be of four thousand years, and no file of answers may bring one in.
_INTERVAL_BITS, _RATING_BITS = 20, 3
_INTERVAL_MOST = (1 << _INTERVAL_BITS) - 1
_PACKED = (
    f"((r.study_day * {1 << _RATING_BITS} + r.rating) * {1 << _INTERVAL_BITS}"
    " + CASE WHEN r.state_before = 2 AND r.interval_before > 0"
    f" THEN min(r.interval_before, {_INTERVAL_MOST}) ELSE 0 END)"
)
_ANY_KEY = "(SELECT n.card UNION SELECT s.old FROM alias s WHERE s.card = n.card)"
_FORGETS = (
    "SELECT n.card, (SELECT count(*) FROM review r WHERE r.learner = :learner"
    f" AND r.card IN {_ANY_KEY} AND r.undone = 0 AND r.id < n.id)"
    " FROM (SELECT f.id, coalesce(a.card, f.card) AS card FROM act f LEFT JOIN alias a ON a.old = f.card"
    " WHERE f.learner = :learner AND f.kind = 'forget' AND f.undone = 0) n"
)


@dataclass(frozen=True, slots=True, eq=False)
class LiveAnswers:
    """Live answers in the order of the log; arrays have one entry an answer.

    `by_card` are the places of the answers card by card, each card's in the order of the log. `card` is
    a place in `keys`, the keys that the cards' rows stand under. `life` counts the card's forgets
    before the answer, and `lives` by card all of them: the answers of the last life make its memory.
    `interval_before` is that of an answer that met its card in review, else 0; the other
    columns are as in `srs.model.Answer`.
    """

    keys: tuple[bytes, ...]
    by_card: Ints
    card: Ints
    life: Ints
    study_day: Ints
    at: Ints
    rating: Ints
    interval_before: Ints
    lives: Ints

    def __len__(self) -> int:
        return int(self.card.size)


def live_answers(rows: Rows, learner: str, *, moments: bool = True) -> LiveAnswers:
    """Every live answer of a learner, those of joined keys as of one card.

    Without `moments`, which no memory depends on, `at` is empty and a fifth of the reading is saved.
    """
    keys, packed, at = _read(rows, learner, moments=moments)
    known, ordered, by_card = card_by_card(keys)
    card = np.empty_like(ordered)
    card[by_card] = ordered
    forgets = rows(_FORGETS, {"learner": learner})
    places = {key: place for place, key in enumerate(known)} if forgets else {}
    forgotten = [(places[key], before) for key, before in forgets if key in places]
    life, lives = _lives(forgotten, len(known), card, by_card)
    by_day = packed >> _INTERVAL_BITS
    return LiveAnswers(
        keys=tuple(known),
        by_card=by_card,
        card=card,
        life=life,
        study_day=by_day >> _RATING_BITS,
        at=at,
        rating=by_day & ((1 << _RATING_BITS) - 1),
        interval_before=packed & _INTERVAL_MOST,
        lives=lives,
    )


def recorded_difficulty(rows: Rows, learner: str, key: bytes, number: int) -> float | None:
    """The difficulty that a card's live answer met, as its line says; answers are counted from 0."""
    names, params = bind_keys(class_keys(rows, key))
    found = rows(
        f"SELECT difficulty_before FROM review WHERE learner = :learner AND card IN ({names})"
        " AND undone = 0 ORDER BY id LIMIT 1 OFFSET :number",
        params | {"learner": learner, "number": number},
    )
    return found[0][0] if found else None


def _read(rows: Rows, learner: str, *, moments: bool) -> tuple[bytes, Ints, Ints]:
    """Keys of 16 bytes, what is packed, and moments."""
    keys, packed, at = [b""], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    # Keys stay the bytes they are: SQLite joins them as text without looking into them.
    columns = f"CAST(group_concat({CARD} {IN_ORDER}, '') AS BLOB), {joined(_PACKED, *['r.at'] * moments)}"
    for cards, *numbers in answers_in_parts(rows, learner, columns):
        keys.append(cards)
        for column, text in zip((packed, at), numbers, strict=False):
            column.append(np.fromstring(text, np.int64, sep=","))
    return b"".join(keys), np.concatenate(packed), np.concatenate(at)


def card_by_card(keys: bytes) -> tuple[list[bytes], Ints, Ints]:
    """Keys of 16 bytes, one an answer, put in order: the different ones, and what stands where.

    Returns the different keys; the place among them of each answer, card by card; and the place of
    each of these answers among those given. A card's answers stay in their order.
    """
    high, low = np.ascontiguousarray(np.frombuffer(keys, ">u8").reshape(-1, 2).T, dtype=np.uint64)
    order = np.argsort(high, kind="stable")
    highs, lows = high[order], low[order]
    same = highs[1:] == highs[:-1]
    if np.any(lows[1:][same] != lows[:-1][same]):
        # Keys that share their first half: as good as never, and then all of it is compared.
        order = np.lexsort((low, high))
        highs, lows = high[order], low[order]
        same = (highs[1:] == highs[:-1]) & (lows[1:] == lows[:-1])
    first = np.concatenate(([True], ~same))[: order.size]
    known = np.stack((highs[first], lows[first]), axis=1).astype(">u8")
    return [key.tobytes() for key in known], np.cumsum(first) - 1, order


def _lives(forgets: Sequence[tuple[int, int]], cards: int, card: Ints, order: Ints) -> tuple[Ints, Ints]:
    """The life each answer is of, and by card how many forgets there were.

    `forgets` are a card's place and how many of its answers come before.
    """
    lives = np.bincount(np.array([place for place, _ in forgets], dtype=np.int64), minlength=cards)
    if not forgets:
        return np.zeros(card.size, dtype=np.int64), lives
    begins = np.searchsorted(card[order], np.arange(cards))
    number = np.empty(card.size, dtype=np.int64)
    number[order] = np.arange(card.size) - begins[card[order]]
    # One line of numbers for all cards: a forget stands before the answer whose number it has.
    span = card.size + 1
    forgotten = np.sort(np.array([place * span + before for place, before in forgets], dtype=np.int64))
    passed = np.searchsorted(forgotten, card * span + number, side="right")
    return (passed - np.searchsorted(forgotten, card * span, side="left")).astype(np.int64), lives
