"""What SQLite's planner is told of the tables, so that it walks the index each query was written for.

Every key leads with the learner, and nearly every row is one learner's. Without statistics SQLite
takes `learner = ?` to be as selective as any other column and walks the whole table by its primary
key where an index would give the one row. So a new database is told at once what a large one is
like; `ANALYZE` would have to wait until there is a large one, and run again as it grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Rows in the index, then how many rows share the first column, the first two, and so on; as SQLite
# writes it (`sqlite_stat1`). The primary key of a table without rowid goes by the table's name.
_STATISTICS = {
    ("review", "review"): "1000000 1000000 1",
    ("review", "review_fold"): "1000000 1000000 10 1 1 1 1 1 1",
    ("review", "review_day"): "1000000 1000000 500 1 1 1 1 1",
    ("review", "review_batch"): "100000 100000 10000",
    ("act", "act"): "100000 100000 1",
    ("act", "act_card"): "100000 100000 4 2 1",
    ("act", "act_target"): "100000 100000 2",
    ("act", "act_cause"): "100000 100000 2",
    ("act", "act_kind"): "100000 100000 10000 1",
    ("memory", "memory"): "100000 100000 1",
    ("memory", "memory_due_day"): "50000 50000 100 1",
    ("memory", "memory_due_at"): "1000 1000 1 1",
    ("memory", "memory_new"): "50000 50000 5000 1 1",
    ("memory", "memory_buried"): "100 100 50",
    ("memory", "memory_entry"): "100000 100000 1 1",
    ("card", "sqlite_autoindex_card_1"): "100000 1",
    ("card", "card_name"): "100000 1000 1 1",
    ("card", "card_entry"): "100000 1",
    ("card_tag", "card_tag"): "200000 2000 1",
    ("card_tag", "card_tag_card"): "200000 2",
    ("card_need", "card_need"): "20000 2 1 1",
    ("alias", "alias"): "1000 1",
    ("alias", "alias_card"): "1000 1",
    ("daily", "daily"): "100000 100000 25000 25 3 1",
    ("daily_mark", "daily_mark"): "1 1",
    ("daily_stale", "daily_stale"): "10 10 1",
    ("twin", "twin"): "20000 20000 2 1",
    ("twin", "twin_batch"): "20000 20000 10000",
    ("twin", "twin_n"): "20000 20000 10000",
    ("arrival", "arrival"): "100 100 1",
    ("sync_mark", "sync_mark"): "4 2 1 1",
    ("sync_file", "sync_file"): "40 20 10 1",
    ("device", "device"): "10 1 1",
}


def describe_tables(connection: Connection) -> None:
    """Tell the planner, inside the caller's transaction; other databases keep their own statistics."""
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("ANALYZE sqlite_master")  # makes the table of statistics
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
        [(table, index, statistics) for (table, index), statistics in _STATISTICS.items()],
    )
    connection.exec_driver_sql("ANALYZE sqlite_master")  # reads it
