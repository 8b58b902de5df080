"""Reading the whole log in its order, a part at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srs.model import card_name
from srs.store import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srs.model import Line
    from srs.store.heads import Rows

AT_ONCE = 2_000
"""Lines of one part."""

Entry = tuple["Line", "str | None"]
"""A line of the log, and the name of the card it is about; None where there is no text for it."""


def every_line(
    rows: Rows, learner: str, *, decks: Sequence[str] = (), card: bytes | None = None
) -> Iterator[list[Entry]]:
    """All lines, oldest first, in parts; undone ones among them.

    With `decks`, those about cards of these decks; with `card`, those about this card under any name:
    then lines about no card are left out. Read within one transaction where others may write.
    """
    condition, params = _about(rows, decks, card)
    params |= {"learner": learner, "limit": AT_ONCE, "answer": b"", "act": b""}
    waiting: dict[str, list[Entry]] = {"answer": [], "act": []}
    ended: set[str] = set()
    while True:
        for kind in [kind for kind, found in waiting.items() if not found and kind not in ended]:
            waiting[kind] = _part(rows, kind, condition, params)
            if waiting[kind]:
                params[kind] = waiting[kind][-1][0].id
            else:
                ended.add(kind)
        answers, acts = waiting["answer"], waiting["act"]
        if not answers and not acts:
            return
        # Only what comes before the last line read of each table is known to be whole.
        ends = [found[-1][0].id for found in (answers, acts) if found]
        until = min(ends)
        ready = [entry for found in (answers, acts) for entry in found if entry[0].id <= until]
        for kind, found in waiting.items():
            waiting[kind] = [entry for entry in found if entry[0].id > until]
        yield sorted(ready, key=lambda entry: entry[0].id)


def _part(rows: Rows, kind: str, condition: str, params: dict[str, Any]) -> list[Entry]:
    """The next lines of one table."""
    if kind == "answer":
        table, columns = "review", reading.ANSWER_COLUMNS
    else:
        table, columns = "act", reading.ACT_COLUMNS
    bound = {name: value for name, value in params.items() if name not in ("answer", "act")}
    found = rows(
        f"SELECT c.deck, c.id, c.variant, {reading.prefixed(columns, 'l')} FROM {table} l"
        " LEFT JOIN alias a ON a.old = l.card LEFT JOIN card c ON c.key = coalesce(a.card, l.card)"
        f" WHERE l.learner = :learner AND l.id > :last{condition} ORDER BY l.id LIMIT :limit",
        bound | {"last": params[kind]},
    )
    return [
        (_line(kind, line), None if deck is None else card_name(deck, card_id, variant))
        for deck, card_id, variant, *line in found
    ]


def _line(kind: str, row: Sequence[Any]) -> Line:
    return reading.answer_from(row) if kind == "answer" else reading.act_from(row)


def _about(rows: Rows, decks: Sequence[str], card: bytes | None) -> tuple[str, dict[str, Any]]:
    condition = ""
    params: dict[str, Any] = {}
    if decks:
        names = [f"deck{i}" for i in range(len(decks))]
        condition += f" AND c.deck IN ({', '.join(f':{name}' for name in names)})"
        params |= dict(zip(names, decks, strict=True))
    if card is not None:
        marks, bound = reading.bind_keys(reading.class_keys(rows, card))
        condition += f" AND l.card IN ({marks})"
        params |= bound
    return condition, params
