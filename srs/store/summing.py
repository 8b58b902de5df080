"""Keeping the sums of `daily.py`: noting which days changed, and summing them again.

Everything here happens in the caller's transaction. Lines above the mark need no note: their days are
fresh by themselves. So an answer costs nothing, and once a day, with the first one, the days before
are summed up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srs.ids import id_ms
from srs.store import daily
from srs.store.driver import rows_among, rows_of, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

MOST_AT_AN_ANSWER = 2_000
"""Answers that are summed while somebody waits for the next card: a few hundredths of a second."""

_DAY_MS = 86_400_000
_FEW_DAYS = 30
"""So many days are summed one by one without a thought; of more, it is asked how much they hold."""
MANY_CARDS = 5_000
"""Of so many cards it is not asked on which days they were answered: all days are summed again."""

_KEEP = "INSERT INTO daily_stale (learner, study_day)"
_ONCE = "ON CONFLICT (learner, study_day) DO NOTHING"

# The answer after a changed one counts its interval from it, unless it recorded one.
_NEXT = daily.neighbour(
    "CASE WHEN p.interval_before IS NULL OR p.state_before IS NULL THEN p.study_day END",
    before=False,
    learner="n.learner",
)
_CHANGED = (
    f"SELECT r.learner, r.study_day, {daily.CARD} AS card, r.id FROM daily_mark m"
    " CROSS JOIN review r LEFT JOIN alias a ON a.old = r.card"
    " WHERE m.learner = ? AND r.learner = m.learner AND r.id <= m.id"
)


def _note_sql(which: str) -> tuple[str, str]:
    """Two statements that note the days of some answers, and of the ones after them."""
    changed = f"{_CHANGED} AND {which}"
    after = f"SELECT n.learner, {_NEXT} AS study_day FROM ({changed}) n"
    return (
        f"{_KEEP} SELECT n.learner, n.study_day FROM ({changed}) n WHERE true {_ONCE}",
        f"{_KEEP} SELECT t.learner, t.study_day FROM ({after}) t WHERE t.study_day IS NOT NULL {_ONCE}",
    )


def is_due(newest: bytes | None, now: int) -> bool:
    """Whether an answer at a moment (ms) is the first since a day began, in UTC, after the newest line."""
    return newest is not None and id_ms(newest) // _DAY_MS < now // _DAY_MS


def answers_changed(connection: Connection, learner: str, ids: Iterable[bytes]) -> None:
    """Note answers that came in below the newest line, or were undone or put back."""
    values = [(learner, line_id) for line_id in ids]
    for sql in _note_sql("r.id = ?"):
        run_many(connection, sql, values)


def batch_changed(connection: Connection, learner: str, batch: bytes) -> None:
    """Note the answers of a batch, which came in or were undone or put back, and sum up."""
    note_batch(connection, learner, batch)
    sum_up(connection, learner)


def note_batch(connection: Connection, learner: str, batch: bytes) -> None:
    """Note the answers of a batch, to be summed up later."""
    many = rows_of(
        connection,
        f"SELECT 1 FROM review WHERE learner = ? AND batch = ? LIMIT 1 OFFSET {10 * MANY_CARDS}",
        (learner, batch),
    )
    if many:
        forget_sums(connection, [learner])
    else:
        for sql in _note_sql("r.batch = ?"):
            run_many(connection, sql, [(learner, batch)])


def answered_by_others(connection: Connection, learner: str, keys: Collection[bytes]) -> set[bytes]:
    """Those of these keys that other learners have answers under, as far as these were summed."""
    others = rows_of(connection, "SELECT learner FROM daily_mark WHERE learner <> ?", (learner,))
    sql = "SELECT DISTINCT card FROM review WHERE learner = ? AND card IN"
    return {key for (other,) in others for (key,) in rows_among(connection, sql, keys, other)}


def cards_changed(connection: Connection, keys: Collection[bytes]) -> None:
    """Note cards that are of another deck now, or got text or answers by a join; then sum up.

    `keys` are those their rows stand under. Decks are everybody's, and so are the sums that change.
    """
    if not keys:
        return
    learners = [learner for (learner,) in rows_of(connection, "SELECT learner FROM daily_mark")]
    if len(keys) > MANY_CARDS:
        forget_sums(connection, learners)
    else:
        run_many(
            connection,
            f"{_KEEP} SELECT r.learner, r.study_day FROM daily_mark m"
            " CROSS JOIN (SELECT ? AS old UNION ALL SELECT a.old FROM alias a WHERE a.card = ?) k"
            " CROSS JOIN review r"
            f" WHERE r.learner = m.learner AND r.card = k.old AND r.id <= m.id AND r.undone = 0 {_ONCE}",
            [(key, key) for key in keys],
        )
    for learner in learners:
        sum_up(connection, learner)


def forget_sums(connection: Connection, learners: Iterable[str]) -> None:
    """Make every day of some learners fresh."""
    run_many(connection, "DELETE FROM daily_mark WHERE learner = ?", [(learner,) for learner in learners])


def sum_up_everybody(connection: Connection) -> None:
    """Bring the sums of all learners up to date."""
    for (learner,) in rows_of(connection, "SELECT DISTINCT learner FROM review"):
        sum_up(connection, learner)


def sum_up(connection: Connection, learner: str, *, most: int | None = None) -> None:
    """Bring a learner's sums up to date; with `most`, only days with so many answers together, newest first.

    What is left over stays noted.
    """
    sql = "SELECT id FROM review WHERE learner = ? ORDER BY id DESC LIMIT 1"
    found = rows_of(connection, sql, (learner,))
    if not found:
        return
    newest, mark = found[0][0], _mark(connection, learner)
    if mark is None and most is None:
        days = _sum_whole(connection, learner)
    else:
        _note_fresh(connection, learner, mark or b"")
        days = _noted(connection, learner)
        if most is not None:
            days = _newest_within(connection, learner, days, most)
        elif len(days) > _FEW_DAYS and _hold_most(connection, learner):
            days = _sum_whole(connection, learner)
    if mark != newest:
        _set_mark(connection, learner, newest)
    _sum_days(connection, learner, days)


def _mark(connection: Connection, learner: str) -> bytes | None:
    """The newest answer there was when the days were summed last."""
    found = rows_of(connection, "SELECT id FROM daily_mark WHERE learner = ?", (learner,))
    return found[0][0] if found else None


def _set_mark(connection: Connection, learner: str, newest: bytes) -> None:
    upsert = (
        "INSERT INTO daily_mark (learner, id) VALUES (?, ?)"
        " ON CONFLICT (learner) DO UPDATE SET id = excluded.id"
    )
    run_many(connection, upsert, [(learner, newest)])


def _note_fresh(connection: Connection, learner: str, mark: bytes) -> None:
    """Note the days with answers above the mark, which may then rise."""
    # Not DISTINCT: for its sake SQLite would walk all days instead of the few lines above the mark.
    above = "SELECT r.learner, r.study_day FROM review r WHERE r.learner = ? AND r.id > ?"
    run_many(connection, f"{_KEEP} {above} {_ONCE}", [(learner, mark)])


def _noted(connection: Connection, learner: str) -> list[int]:
    """The days that are noted, newest first."""
    found = rows_of(connection, "SELECT study_day FROM daily_stale WHERE learner = ?", (learner,))
    return sorted((day for (day,) in found), reverse=True)


def _newest_within(connection: Connection, learner: str, days: Sequence[int], most: int) -> list[int]:
    """The first of these days that together have no more answers than that; always one."""
    chosen: list[int] = []
    for day in days:
        sql = "SELECT count(*) FROM review WHERE learner = ? AND study_day = ?"
        most -= rows_of(connection, sql, (learner, day))[0][0]
        if chosen and most < 0:
            break
        chosen.append(day)
    return chosen


def _hold_most(connection: Connection, learner: str) -> bool:
    """Whether the noted days have so many of all answers that one pass over the log is quicker."""
    noted = (
        "SELECT count(*) FROM daily_stale s CROSS JOIN review r"
        " WHERE s.learner = ? AND r.learner = s.learner AND r.study_day = s.study_day"
    )
    every = "SELECT count(*) FROM review WHERE learner = ?"
    held, all_ = (rows_of(connection, sql, (learner,))[0][0] for sql in (noted, every))
    return bool(2 * held > all_)


def _sum_whole(connection: Connection, learner: str) -> list[int]:
    """Sum all days in one pass over the log; the days that must be summed by themselves."""
    tally = daily.Tally(dict(map(tuple, rows_of(connection, "SELECT key, deck FROM card"))))
    result = connection.exec_driver_sql(daily.WHOLE_LOG, {"learner": learner})
    answers: Any = result.cursor  # the rows one by one: there may be a million
    doubtful = tally.add(answers, whole=True)
    result.close()
    run_many(connection, "DELETE FROM daily WHERE learner = ?", [(learner,)])
    run_many(connection, "DELETE FROM daily_stale WHERE learner = ?", [(learner,)])
    _write(connection, learner, tally, doubtful)
    return sorted(doubtful)


def _sum_days(connection: Connection, learner: str, days: Sequence[int]) -> None:
    """Sum some days, each by itself."""
    run_many(
        connection,
        "DELETE FROM daily WHERE learner = ? AND part = ? AND study_day = ?",
        [(learner, part, day) for part in daily.PARTS for day in days],
    )

    def rows(sql: str, params: dict[str, object]) -> Sequence[tuple[Any, ...]]:
        result = connection.exec_driver_sql(sql, params)
        found = result.cursor.fetchall() if result.cursor is not None else []
        result.close()
        return list(found)

    for tally in daily.tallies(rows, learner, days):
        _write(connection, learner, tally)
    run_many(
        connection,
        "DELETE FROM daily_stale WHERE learner = ? AND study_day = ?",
        [(learner, day) for day in days],
    )


_INSERT = (
    f"INSERT INTO daily (learner, part, study_day, deck, slot, {', '.join(daily.MEASURES)})"
    f" VALUES ({', '.join('?' * (5 + len(daily.MEASURES)))})"
)


def _write(connection: Connection, learner: str, tally: daily.Tally, but: Iterable[int] = ()) -> None:
    """Write what was counted, each part in the order of its key; nothing of some days."""
    but = set(but)
    for part in daily.PARTS:
        columns = ("study_day", "deck", part) if part else ("study_day", "deck")
        rows = [
            (
                learner,
                part,
                day,
                deck or "",
                "".join(str(value) for value in slot if value is not None),
                *sums,
            )
            for (day, deck, *slot), sums in tally.sums(columns, but=but).items()
        ]
        run_many(connection, _INSERT, sorted(rows))
