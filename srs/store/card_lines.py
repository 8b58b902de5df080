"""The live lines of very many cards, a part at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srs.store import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srs.model import Line
    from srs.store.heads import Rows

AT_ONCE = 300
"""Cards whose lines are read with one statement; with all their keys they stay below every driver's limit."""


def live_lines(
    rows: Rows, learner: str, roots: Sequence[bytes], *, kinds: Sequence[str]
) -> Iterator[tuple[bytes, list[Line]]]:
    """Each of these cards that has any, by the key of its row, with its live answers and acts of `kinds`.

    Lines are in the order of the log. Read within one transaction where others may write.
    """
    for first in range(0, len(roots), AT_ONCE):
        part = list(roots[first : first + AT_ONCE])
        owner = {root: root for root in part}
        marks, bound = reading.bind_keys(part)
        owner.update(rows(f"SELECT old, card FROM alias WHERE card IN ({marks})", bound))
        found: dict[bytes, list[Line]] = {}
        for line in _lines(rows, learner, list(owner), kinds):
            if line.card is not None:
                found.setdefault(owner[line.card], []).append(line)
        for root, lines in found.items():
            lines.sort(key=lambda line: line.id)
            yield root, lines


def _lines(rows: Rows, learner: str, keys: list[bytes], kinds: Sequence[str]) -> Iterator[Line]:
    marks, bound = reading.bind_keys(keys)
    params: dict[str, Any] = {"learner": learner} | bound
    condition = f"WHERE learner = :learner AND undone = 0 AND card IN ({marks})"
    for row in rows(f"SELECT {reading.ANSWER_COLUMNS} FROM review {condition}", params):
        yield reading.answer_from(row)
    told = ", ".join(f"'{kind}'" for kind in kinds)
    for row in rows(f"SELECT {reading.ACT_COLUMNS} FROM act {condition} AND kind IN ({told})", params):
        yield reading.act_from(row)
