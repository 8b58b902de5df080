"""Which devices have joined, and as whom: two people both called `me` must not melt into one.

A line says by which device and for which learner it was written. The learner's name there, `known_as`,
means somebody of this database only when the device has joined: because a person said so once
(`--as NAME`), or because lines of that device and learner are in the log already, as they are in a
copy of the database and for every device that uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srs.store.doctoring import learners

if TYPE_CHECKING:
    from srs.store.heads import Rows
    from srs.store.journal import Journal


class Device(NamedTuple):
    """A device that was named when it joined: the `learner` its lines for `known_as` count for."""

    id: str
    known_as: str
    learner: str
    name: str


def learner_of(rows: Rows, device: str, known_as: str) -> str | None:
    """Whose the lines are that a device wrote for a learner; None: it has never joined."""
    found = rows(
        "SELECT learner FROM device WHERE id = :id AND known_as = :known_as",
        {"id": device, "known_as": known_as},
    )
    if found:
        return str(found[0][0])
    for table, more in (("act", ""), ("review", " AND batch IS NULL")):
        # Every device has written options before its first answer, so acts nearly always tell.
        sql = f"SELECT 1 FROM {table} WHERE learner = :known_as AND device = :id{more} LIMIT 1"
        if rows(sql, {"id": device, "known_as": known_as}):
            return known_as
    return None


def join(journal: Journal, device: str, known_as: str, *, name: str = "") -> None:
    """Let what a device wrote for a learner count for the journal's learner, from now on."""
    journal.run(
        "INSERT INTO device (id, known_as, learner, name) VALUES (:id, :known_as, :learner, :name)"
        " ON CONFLICT (id, known_as) DO UPDATE SET learner = excluded.learner, name = excluded.name",
        {"id": device, "known_as": known_as, "learner": journal.learner, "name": name},
    )


def joined(rows: Rows) -> list[Device]:
    """Every device that was joined by name."""
    found = rows("SELECT id, known_as, learner, name FROM device ORDER BY id, known_as", {})
    return [Device(*row) for row in found]


def learners_here(rows: Rows) -> set[str]:
    """Everybody who learns here, or as whom a device has joined."""
    return {*learners(rows), *(each.learner for each in joined(rows))}


def name_of(rows: Rows, device: str) -> str:
    """What a device is called: the name it joined under, else its id."""
    found = rows("SELECT name FROM device WHERE id = :id AND name <> '' ORDER BY known_as", {"id": device})
    return str(found[0][0]) if found else device
