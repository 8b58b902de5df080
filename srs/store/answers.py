"""A learner's live answers as arrays: what a fit learns from and what many memories are folded from.

A row of the driver costs far more than what is in it, so SQLite writes the columns of very many
answers as one text, which NumPy reads: a million answers take half a second, and never a Python
object each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from srs.store.reading import bind_keys, class_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from srs.store.heads import Rows

    Ints = NDArray[np.int64]

_AT_ONCE = 250_000
"""Answers in one text; they take some 40 characters each."""

# Keys stay the bytes they are: SQLite joins them as text without looking into them.
# Study day, rating and interval in one number: half the characters to read. An interval longer than
# the mask would be of four thousand years, and no file of answers may bring one in.
_INTERVAL_BITS, _RATING_BITS = 20, 3
_INTERVAL_MOST = (1 << _INTERVAL_BITS) - 1
_PACKED = (
    f"((study_day * {1 << _RATING_BITS} + rating) * {1 << _INTERVAL_BITS}"
    f" + CASE WHEN state_before = 2 AND interval_before > 0 THEN min(interval_before, {_INTERVAL_MOST})"
    " ELSE 0 END)"
)
_PART = (
    "SELECT group_concat(at), group_concat(packed), CAST(group_concat(card, '') AS BLOB)"
    f" FROM (SELECT at, card, {_PACKED} AS packed FROM review"
    " WHERE learner = :learner AND id > :after AND id <= :last AND undone = 0 ORDER BY id) part"
)
_LAST = "SELECT id FROM review WHERE learner = :learner AND id > :after ORDER BY id LIMIT 1 OFFSET :most"
_NEWEST = b"\xff" * 16
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

    `card` is a place in `keys`, the keys that the cards' rows stand under. `life` counts the card's
    forgets before the answer, and `lives` by card all of them: the answers of the last life make its
    memory. `interval_before` is that of an answer that met its card in review, else 0; the other
    columns are as in `srs.model.Answer`.
    """

    keys: tuple[bytes, ...]
    card: Ints
    life: Ints
    study_day: Ints
    at: Ints
    rating: Ints
    interval_before: Ints
    lives: Ints

    def __len__(self) -> int:
        return int(self.card.size)


def live_answers(rows: Rows, learner: str) -> LiveAnswers:
    """Every live answer of a learner, those of joined keys as of one card."""
    keys, at, packed = _read(rows, learner)
    known, card = _numbered(keys)
    known, card = _joined(known, card, dict(rows("SELECT old, card FROM alias", {})))
    forgets = rows(_FORGETS, {"learner": learner})
    life, lives = _lives(forgets, {key: place for place, key in enumerate(known)}, card)
    by_day = packed >> _INTERVAL_BITS
    return LiveAnswers(
        keys=tuple(known),
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


def _read(rows: Rows, learner: str) -> tuple[NDArray[np.uint64], Ints, Ints]:
    """Keys as pairs of numbers, moments, and the rest packed."""
    keys, moments, packed = [np.empty((0, 2), ">u8")], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    after, last = b"", b""
    while last != _NEWEST:
        found = rows(_LAST, {"learner": learner, "after": after, "most": _AT_ONCE - 1})
        last = found[0][0] if found else _NEWEST
        at, rest, card = rows(_PART, {"learner": learner, "after": after, "last": last})[0]
        if card is not None:
            moments.append(np.fromstring(at, np.int64, sep=","))
            packed.append(np.fromstring(rest, np.int64, sep=","))
            keys.append(np.frombuffer(card, ">u8").reshape(-1, 2))
        after = last
    return np.concatenate(keys).astype(np.uint64), np.concatenate(moments), np.concatenate(packed)


def _numbered(keys: NDArray[np.uint64]) -> tuple[list[bytes], Ints]:
    """The different keys, and the place among them of each."""
    half, first, place = np.unique(keys[:, 0], return_index=True, return_inverse=True)
    known = keys[first]
    if not np.array_equal(known[place, 1], keys[:, 1]):
        # Keys that share their first half: as good as never, and then all of it is compared.
        known, place = np.unique(keys, axis=0, return_inverse=True)
    del half
    return [row.tobytes() for row in known.astype(">u8")], place.ravel().astype(np.int64)


def _joined(known: list[bytes], card: Ints, aliases: dict[bytes, bytes]) -> tuple[list[bytes], Ints]:
    """Keys that mean one card made one."""
    if not any(key in aliases for key in known):
        return known, card
    places: dict[bytes, int] = {}
    place = [places.setdefault(aliases.get(key, key), len(places)) for key in known]
    return list(places), np.array(place, dtype=np.int64)[card]


def _lives(forgets: Sequence[tuple[bytes, int]], places: dict[bytes, int], card: Ints) -> tuple[Ints, Ints]:
    """The life each answer is of, and by card how many forgets there were."""
    known = [(places[key], before) for key, before in forgets if key in places]
    forgotten = np.array([place for place, _ in known], dtype=np.int64)
    lives = np.bincount(forgotten, minlength=len(places)).astype(np.int64)
    if not known:
        return np.zeros(card.size, dtype=np.int64), lives
    order = np.argsort(card, kind="stable")
    begins = np.searchsorted(card[order], np.arange(len(places)))
    number = np.empty(card.size, dtype=np.int64)
    number[order] = np.arange(card.size) - begins[card[order]]
    # One line of numbers for all cards: a forget stands before the answer whose number it has.
    span = card.size + 1
    forgotten = np.sort(np.array([place * span + before for place, before in known], dtype=np.int64))
    passed = np.searchsorted(forgotten, card * span + number, side="right")
    return (passed - np.searchsorted(forgotten, card * span, side="left")).astype(np.int64), lives
