"""Imported answers that came in more than once, with different batches.

The ids of imported lines are made from what they say, so that two devices that import one file write
equal ids, each under a batch of its own. The log then has several versions of one line. An answer
counts as long as one of its versions does: taking back one of the imports takes away only what no
other brought. The row of `review` is the version of the least live batch (of the least, when none is
live; one that came with no batch, because it was really given, before all); `twin` keeps the others
whole. So the row follows from the set of lines alone, in whatever order they came.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from srs.store import summing
from srs.store.driver import has_rows, rows_among, rows_of, run_many
from srs.store.reading import ANSWER_COLUMNS, answer_from, bind_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from srs.model import Answer
    from srs.store.heads import Rows

ANSWER_NAMES = tuple(name.strip() for name in ANSWER_COLUMNS.split(","))
VALUE_NAMES = ANSWER_NAMES[:-2]
"""The columns of an answer that are recorded: all but `undone` and `follows`, which are derived."""
BATCH = VALUE_NAMES.index("batch")
CARD = VALUE_NAMES.index("card")

_UPDATE = (
    f"UPDATE review SET {', '.join(f'{name} = ?' for name in VALUE_NAMES[1:])} WHERE learner = ? AND id = ?"
)


def packed(values: Sequence[Any]) -> str:
    """The values of an answer (`VALUE_NAMES`) as text."""
    return json.dumps(
        [value.hex() if isinstance(value, bytes) else value for value in values], separators=(",", ":")
    )


_KEYS = tuple(name in ("id", "card", "after", "options", "batch") for name in VALUE_NAMES)


def unpacked(line: str) -> tuple[Any, ...]:
    """The values again."""
    return tuple(
        bytes.fromhex(value) if is_key and value is not None else value
        for is_key, value in zip(_KEYS, json.loads(line), strict=True)
    )


def add(connection: Connection, learner: str, answers: Iterable[Sequence[Any]], source: str, n: int) -> None:
    """Keep further versions of answers the log has, to be settled before the transaction ends."""
    run_many(
        connection,
        "INSERT INTO twin (learner, id, batch, line, source, n) VALUES (?, ?, ?, ?, ?, ?)",
        [(learner, values[0], values[BATCH], packed(values), source, n) for values in answers],
    )


def put_first(connection: Connection, learner: str, answers: Sequence[Sequence[Any]], n: int) -> None:
    """Make versions that came with no batch the rows, and the rows that there are twins of arrival `n`."""
    sql = f"SELECT {', '.join(VALUE_NAMES)} FROM review WHERE learner = ? AND id IN"
    ids = sorted(values[0] for values in answers)
    add(connection, learner, list(rows_among(connection, sql, ids, learner)), "", n)
    run_many(connection, _UPDATE, [(*values[1:], learner, values[0]) for values in answers])


def versions(
    connection: Connection, learner: str, ids: Collection[bytes]
) -> dict[tuple[bytes, bytes | None], tuple[Any, ...]]:
    """The values of the twins of some answers, by id and batch."""
    sql = "SELECT line FROM twin WHERE learner = ? AND id IN"
    found = (unpacked(line) for (line,) in rows_among(connection, sql, sorted(ids), learner))
    return {(values[0], values[BATCH]): values for values in found}


def of_batch(connection: Connection, learner: str, batches: Iterable[bytes]) -> set[bytes]:
    """The ids of answers with twins, of which one version or another came with one of these batches."""
    if not has_rows(connection, "twin"):
        return set()
    batches = sorted(batches)
    as_twin = rows_among(connection, "SELECT id FROM twin WHERE learner = ? AND batch IN", batches, learner)
    as_row = rows_among(
        connection,
        "SELECT t.id FROM twin t JOIN review r ON r.learner = t.learner AND r.id = t.id"
        " WHERE t.learner = ? AND r.batch IN",
        batches,
        learner,
    )
    return {line_id for (line_id,) in (*as_twin, *as_row)}


def batches_of(connection: Connection, learner: str, ids: Collection[bytes]) -> set[bytes]:
    """Every batch that versions of these answers came with."""
    found: set[bytes] = set()
    for table in ("twin", "review"):
        sql = f"SELECT DISTINCT batch FROM {table} WHERE learner = ? AND batch IS NOT NULL AND id IN"
        found.update(batch for (batch,) in rows_among(connection, sql, sorted(ids), learner))
    return found


def settle(
    connection: Connection, learner: str, ids: Collection[bytes], dead: Mapping[bytes, bool], n: int = 0
) -> dict[bytes, set[bytes]]:
    """Bring the rows of answers with twins up to date; of those that changed, the cards by id.

    `dead` says of each batch of theirs whether it was taken back. A version that was the row becomes a
    twin of arrival `n`. The bits `undone` and `follows` of changed rows are the caller's to mend.
    """
    changed: dict[bytes, set[bytes]] = {}
    twins: dict[bytes, list[tuple[Any, ...]]] = defaultdict(list)
    sql = "SELECT id, line FROM twin WHERE learner = ? AND id IN"
    for line_id, line in rows_among(connection, sql, sorted(ids), learner):
        twins[line_id].append(unpacked(line))
    sql = f"SELECT {', '.join(VALUE_NAMES)} FROM review WHERE learner = ? AND id IN"
    rows = {values[0]: values for values in rows_among(connection, sql, sorted(twins), learner)}
    updated, lost, kept = [], [], []
    for line_id, others in twins.items():
        row = rows[line_id]
        best = min((row, *others), key=lambda values: (dead.get(values[BATCH], False), values[BATCH] or b""))
        if best is not row:
            changed[line_id] = {row[CARD], best[CARD]}
            updated.append((*best[1:], learner, line_id))
            lost.append((learner, line_id, best[BATCH]))
            kept.append(row)
    run_many(connection, _UPDATE, updated)
    run_many(connection, "DELETE FROM twin WHERE learner = ? AND id = ? AND batch = ?", lost)
    add(connection, learner, kept, "", n)
    return changed


def settle_batch(connection: Connection, learner: str, batch: bytes) -> set[bytes]:
    """Bring the rows of a batch that was just taken back or put back up to date; the cards that changed.

    Its own bit, and those of all undos, must be right already; the answers' bits are, afterwards, for
    those rows that changed.
    """
    ids = of_batch(connection, learner, [batch])
    if not ids:
        return set()
    return settle_lines(connection, learner, ids)


def bring_again(connection: Connection, learner: str, answers: Sequence[Sequence[Any]]) -> None:
    """Give answers that fell with their imports a version of a new batch, which makes them count again."""
    if answers:
        add(connection, learner, answers, "", 0)
        settle_lines(connection, learner, {values[0] for values in answers})


def settle_lines(connection: Connection, learner: str, ids: Collection[bytes]) -> set[bytes]:
    """Bring the rows of answers with twins up to date, their bits `undone`, too; the cards that changed."""
    dead = {each: _is_dead(connection, learner, each) for each in batches_of(connection, learner, ids)}
    changed = settle(connection, learner, ids, dead)
    sql = "SELECT target FROM act WHERE learner = ? AND kind = 'undo' AND undone = 0 AND target IN"
    named = {target for (target,) in rows_among(connection, sql, sorted(changed), learner)}
    sql = "SELECT id, batch FROM review WHERE learner = ? AND id IN"
    bits = [
        (int(dead.get(of, False) or line_id in named), learner, line_id)
        for line_id, of in rows_among(connection, sql, sorted(changed), learner)
    ]
    run_many(connection, "UPDATE review SET undone = ? WHERE learner = ? AND id = ?", bits)
    summing.answers_changed(connection, learner, changed)
    return set().union(*changed.values())


def _is_dead(connection: Connection, learner: str, batch: bytes) -> bool:
    """Whether a batch was taken back; a batch may be named by an undo that came before it."""
    found = rows_of(connection, "SELECT undone FROM act WHERE learner = ? AND id = ?", (learner, batch))
    return bool(found[0][0]) if found else _is_named(connection, learner, batch)


def _is_named(connection: Connection, learner: str, line: bytes) -> bool:
    sql = "SELECT 1 FROM act WHERE learner = ? AND target = ? AND kind = 'undo' AND undone = 0"
    return bool(rows_of(connection, sql, (learner, line)))


def unsent(
    rows: Rows, learner: str, place: str, arrived_to: int, batches: Sequence[bytes]
) -> Iterator[Answer]:
    """The twins a place lacks: those that came since an arrival from elsewhere, and those of some batches."""
    found = rows(
        "SELECT line FROM twin WHERE learner = :learner AND n > :n AND source <> :place",
        {"learner": learner, "n": arrived_to, "place": place},
    )
    for batch in batches:
        names, params = bind_keys([batch])
        found += rows(
            f"SELECT line FROM twin WHERE learner = :learner AND n <= :n AND batch IN ({names})",
            {"learner": learner, "n": arrived_to} | params,
        )
    return (answer_from((*unpacked(line), 0, 0)) for (line,) in found)
