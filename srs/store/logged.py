"""A learner's live answers and forgets as arrays, with all that their memories follow from.

Read as `answers.py` reads, some columns more: ids, what each answer was shown after, its decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srs.store.heads import Rows

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Keys = NDArray[np.uint64]

NONE = -(1 << 40)
"""Where a column holds no number."""

_AT_ONCE = 250_000
_NEWEST = b"\xff" * 16
_LAST = "SELECT id FROM review WHERE learner = :learner AND id > :after ORDER BY id LIMIT 1 OFFSET :most"
_NUMBERS: tuple[str, ...] = (
    *("at", "study_day", "rating", "state_before", "interval_before"),
    *("state_after", "step_after", "due_day", "due_at", "follows"),
)
_FOLLOWS = "CASE WHEN follows IN (0, 1) THEN follows ELSE 2 END AS follows"
_PART = (
    "SELECT CAST(group_concat(card, '') AS BLOB), CAST(group_concat(id, '') AS BLOB),"
    " CAST(group_concat(coalesce(after, zeroblob(16)), '') AS BLOB),"
    f" {', '.join(f'group_concat(coalesce({name}, {NONE}))' for name in _NUMBERS)}"
    f" FROM (SELECT card, id, after, {', '.join(_NUMBERS[:-1])}, {_FOLLOWS} FROM review"
    " WHERE learner = :learner AND id > :since AND id <= :last AND undone = 0 ORDER BY id) part"
)
_FORGETS = "SELECT card, id FROM act WHERE learner = :learner AND kind = 'forget' AND undone = 0"


@dataclass(frozen=True, slots=True, eq=False)
class Logged:
    """Rows in order of card, then id; `card` is a place in `keys`, the keys that rows stand under.

    `forget` marks the rows that are forgets and no answers. Ids are pairs of numbers. A number that is
    not there is `NONE`.
    """

    keys: tuple[bytes, ...]
    card: Ints
    forget: Bools
    id: Keys
    after: Keys
    numbers: dict[str, Ints]

    def __len__(self) -> int:
        return int(self.card.size)

    def line(self, row: int) -> bytes:
        """The id of a row."""
        return bytes(self.id[row].astype(">u8").tobytes())


def logged(rows: Rows, learner: str) -> Logged:
    """The live answers and forgets of a learner, those of joined keys as of one card."""
    cards, ids, after, numbers = _answers(rows, learner)
    forgets = rows(_FORGETS, {"learner": learner})
    count = len(forgets)
    forget = np.zeros(len(cards) + count, dtype=bool)
    forget[len(cards) :] = True
    if count:
        cards = np.concatenate([cards, _keys(b"".join(card for card, _ in forgets))])
        ids = np.concatenate([ids, _keys(b"".join(line for _, line in forgets))])
        after = np.concatenate([after, np.zeros((count, 2), np.uint64)])
        numbers = {name: np.append(values, np.full(count, NONE)) for name, values in numbers.items()}
    keys, card = _placed(cards, dict(rows("SELECT old, card FROM alias", {})))
    order = np.lexsort((ids[:, 1], ids[:, 0], card))
    return Logged(
        keys=keys,
        card=card[order],
        forget=forget[order],
        id=ids[order],
        after=after[order],
        numbers={name: values[order] for name, values in numbers.items()},
    )


def _answers(rows: Rows, learner: str) -> tuple[Keys, Keys, Keys, dict[str, Ints]]:
    """Keys, ids, what each was shown after, and the numbers, in order of id."""
    halves: list[list[Keys]] = [[np.empty((0, 2), np.uint64)] for _ in range(3)]
    numbers: dict[str, list[Ints]] = {name: [np.empty(0, np.int64)] for name in _NUMBERS}
    since, last = b"", b""
    while last != _NEWEST:
        found = rows(_LAST, {"learner": learner, "after": since, "most": _AT_ONCE - 1})
        last = found[0][0] if found else _NEWEST
        part = rows(_PART, {"learner": learner, "since": since, "last": last})[0]
        if part[0] is not None:
            for place in range(3):
                halves[place].append(_keys(part[place]))
            for name, text in zip(_NUMBERS, part[3:], strict=True):
                numbers[name].append(np.fromstring(text, np.int64, sep=","))
        since = last
    cards, ids, after = (np.concatenate(half) for half in halves)
    return cards, ids, after, {name: np.concatenate(parts) for name, parts in numbers.items()}


def _keys(raw: bytes) -> Keys:
    return np.frombuffer(raw, ">u8").reshape(-1, 2).astype(np.uint64)


def _placed(keys: Keys, aliases: dict[bytes, bytes]) -> tuple[tuple[bytes, ...], Ints]:
    """The different keys that rows stand under, and the place among them of each row's."""
    half, first, place = np.unique(keys[:, 0], return_index=True, return_inverse=True)
    known = keys[first]
    if not np.array_equal(known[place, 1], keys[:, 1]):
        known, place = np.unique(keys, axis=0, return_inverse=True)
    del half
    named = [row.tobytes() for row in known.astype(">u8")]
    places: dict[bytes, int] = {}
    roots = [places.setdefault(aliases.get(key, key), len(places)) for key in named]
    return tuple(places), np.array(roots, dtype=np.int64)[place.ravel()] if roots else np.empty(0, np.int64)
