"""Putting right what `doctoring.py` and the comparison of memories found, in the caller's transaction.

Only what is derived is written anew. The log itself keeps its lines: an answer from the future is taken
back by one more line, and an act that shares its id with an answer moves (`apart`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from srs.model import ActKind
from srs.store import apart, joined_keys, searching, server_schema, summing
from srs.store.driver import rows_among, rows_of, run_many
from srs.store.migrations import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from srs.store.doctoring import Bit
    from srs.store.journal import Journal


def indexes(connection: Connection) -> None:
    """Make every index that is missing; in a file, all of them anew: on a server they are its own matter."""
    on_server = connection.dialect.name != "sqlite"
    there = {name for (name,) in rows_of(connection, "SELECT name FROM sqlite_master WHERE type = 'index'")}
    for table in server_schema.tables().tables.values() if on_server else TABLES:
        for index in table.indexes:
            if index.name not in there:
                index.create(connection)
    if not on_server:
        connection.exec_driver_sql("REINDEX")


def missing_indexes(there: Iterable[str]) -> list[str]:
    """The indexes that are not among those there are."""
    names = {str(index.name) for table in TABLES for index in table.indexes}
    return sorted(names - set(there))


def bits(journal: Journal, wrong: Iterable[Bit]) -> set[bytes]:
    """Set the bits `undone`; the keys of the cards to fold anew."""
    wrong = list(wrong)
    for table in ("act", "review"):
        values = [(bit.undone, journal.learner, bit.id) for bit in wrong if bit.table == table]
        run_many(journal.connection, f"UPDATE {table} SET undone = ? WHERE learner = ? AND id = ?", values)
    answers = [bit.id for bit in wrong if bit.table == "review"]
    summing.answers_changed(journal.connection, journal.learner, answers)
    return {bit.card for bit in wrong if bit.card is not None}


def aliases(journal: Journal) -> set[bytes]:
    """Join keys as the log says; the keys to fold anew. Nothing stands under any others any more."""
    return joined_keys.follow(journal)


def options(journal: Journal, told: Mapping[bytes, str], untold: Iterable[bytes]) -> None:
    """Write the sets of options as the log tells them.

    One that only the table has is written to the log where answers were given under it, else removed.
    """
    connection, learner = journal.connection, journal.learner
    run_many(
        connection,
        "INSERT INTO options (learner, hash, body) VALUES (?, ?, ?)"
        " ON CONFLICT (learner, hash) DO UPDATE SET body = excluded.body",
        [(learner, name, body) for name, body in told.items()],
    )
    for name in untold:
        key = (learner, name)
        used = rows_of(connection, "SELECT 1 FROM review WHERE learner = ? AND options = ? LIMIT 1", key)
        found = rows_of(connection, "SELECT body FROM options WHERE learner = ? AND hash = ?", key)
        if used and found:
            journal.append_act(ActKind.OPTIONS, payload={"hash": name.hex(), "body": found[0][0]})
        else:
            run_many(connection, "DELETE FROM options WHERE learner = ? AND hash = ?", [key])


def tags(connection: Connection, keys: Iterable[bytes]) -> None:
    """Write the tags of some cards as their texts have them; of cards that are not here, none."""
    keys = sorted(keys)
    run_many(connection, "DELETE FROM card_tag WHERE card = ?", [(key,) for key in keys])
    found = list(rows_among(connection, "SELECT key, tags FROM card WHERE key IN", keys))
    pairs = sorted({(tag, key) for key, told in found for tag in json.loads(told)})
    run_many(connection, "INSERT INTO card_tag (tag, card) VALUES (?, ?)", pairs)


def needs(connection: Connection) -> None:
    """Remove what cards wait for that are not here."""
    connection.exec_driver_sql("DELETE FROM card_need WHERE card NOT IN (SELECT key FROM card)")


def decks(connection: Connection, names: Iterable[str]) -> None:
    """Give decks their rows back; the next import of their files fills in the rest."""
    sql = (
        "INSERT INTO deck (id, name, description, origin, content_hash, extra)"
        " VALUES (?, ?, '', 'file', '', '{}')"
    )
    run_many(connection, sql, [(name, name) for name in names])


def memories(journal: Journal, keys: Iterable[bytes], gone: Iterable[bytes] = ()) -> None:
    """Fold memories anew; remove those of keys nothing stands under."""
    run_many(
        journal.connection,
        "DELETE FROM memory WHERE learner = ? AND card = ?",
        [(journal.learner, key) for key in gone],
    )
    keys = set(keys)
    # A bit that is neither 0 nor 1 is read as 1.
    odd = "UPDATE review SET follows = 0 WHERE learner = ? AND follows NOT IN (0, 1)"
    run_many(journal.connection, odd, [(journal.learner,)])
    run_many(
        journal.connection,
        "UPDATE review SET follows = 0 WHERE learner = ? AND card = ? AND undone <> 0",
        [(journal.learner, key) for key in keys],
    )
    journal.refold(keys)


def days(connection: Connection, learner: str) -> None:
    """Sum up every day anew."""
    run_many(connection, "DELETE FROM daily_mark WHERE learner = ?", [(learner,)])
    run_many(connection, "DELETE FROM daily WHERE learner = ?", [(learner,)])
    run_many(connection, "DELETE FROM daily_stale WHERE learner = ?", [(learner,)])
    summing.sum_up(connection, learner)


def search(connection: Connection) -> None:
    """Make the word search anew."""
    for table in ("card_fts", "card_search"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    searching.create_search(connection)
    searching.index_all(connection)


def ahead(journal: Journal, ids: Iterable[bytes]) -> None:
    """Take answers back that were given in the future; redo would put them back."""
    for line in ids:
        journal.take_back(line)


def double_ids(journal: Journal, ids: Iterable[bytes]) -> None:
    """Move acts off the ids of answers; what undid one undoes it still."""
    moved = apart.move(journal, ids)
    touched = set(moved.cards)
    for values in moved.new:
        touched |= journal.relive(values[0])
    journal.refold(touched)
