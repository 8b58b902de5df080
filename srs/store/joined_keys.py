"""Keys that mean one card, from the `same` lines of the log: classes, and the row each stands under.

A card's key is made from its first name, so two devices may give one card two keys (it was renamed on
one before it was imported on the other, or `was` had gone from the file by then), and two cards one
key (a name was given up by a rename on one device and taken again by another card, which the other
device imported without the rename). What the lines say is what holds:

- The classes are the components of all live `same` lines, whoever wrote them. So they follow from the
  set of lines alone.
- A class has one row. Where lines join keys that have rows of their own, the row stays whose name is
  the one the newest of these lines tells; else a live one before a retired one; else the least key.
- Another row that is live is another card, whatever its key meant elsewhere: it gets the next
  generation of its name as its key, the same that the device with the rename gave it, and from then
  on both have one history. What was answered under its old key before counts for the class: nobody can
  tell any more which of the two cards a line under that key meant.
- Another row that is retired has gone into the class, and its text with it.
- A class without a row here stands under its least key, until an import brings its card.

Which key the class of a card stands under may differ from device to device, as the first import
settled it; what is in a class, and so every memory, does not.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from srs.ids import card_key
from srs.model import card_name
from srs.store import searching, summing
from srs.store.driver import learners_in, rows_among, rows_of, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from sqlalchemy import Connection

    from srs.store.journal import Journal


class _Row(NamedTuple):
    key: bytes
    deck: str
    id: str
    variant: str
    retired: int


class Rejoined(NamedTuple):
    """Keys of rows that stand for other lines than before, and keys nothing stands under any more."""

    changed: set[bytes]
    gone: set[bytes]


def rejoin(connection: Connection) -> Rejoined:
    """Bring the alias table and the rows of joined cards up to date with the live `same` lines.

    Memories and daily sums of the keys in the result are the caller's to mend, for every learner.
    """
    return _Rejoining(connection).rejoin()


class Told:
    """What live `same` lines tell: which keys are one card, and what each class was called last."""

    def __init__(self, connection: Connection) -> None:
        self._above: dict[bytes, bytes] = {}
        self._names: dict[bytes, tuple[str, int]] = {}
        """By the least key of a class, the newest name a line tells of it, and which line that was."""
        for number, (_, payload) in enumerate(_same_lines(connection)):
            told = json.loads(payload)
            old, new = self.least(bytes.fromhex(told["old"])), self.least(bytes.fromhex(told["new"]))
            key, other = min(old, new), max(old, new)
            names = [found for each in {key, other} if (found := self._names.pop(each, None))]
            if isinstance(told.get("new_name"), str):
                names.append((told["new_name"], number))
            if names:
                self._names[key] = max(names, key=lambda name: name[1])
            if key != other:
                self._above[other] = key

    def least(self, key: bytes) -> bytes:
        """The least key of a key's class."""
        way = []
        while (above := self._above.get(key)) is not None:
            way.append(key)
            key = above
        for each in way:
            self._above[each] = key
        return key

    def name(self, key: bytes) -> str | None:
        """The full name that was told last of a key's class."""
        found = self._names.get(self.least(key))
        return found[0] if found else None

    def named(self) -> dict[str, bytes]:
        """By full name, the least key of the class that was called so last."""
        ordered = sorted(self._names.items(), key=lambda one: one[1][1])
        return {name: key for key, (name, _) in ordered}

    def classes(self) -> dict[bytes, set[bytes]]:
        """Every class of several keys, by its least."""
        found: dict[bytes, set[bytes]] = defaultdict(set)
        for key in list(self._above):
            found[self.least(key)] |= {key, self.least(key)}
        return found


def _same_lines(connection: Connection) -> list[tuple[bytes, str]]:
    """The ids and payloads of the live `same` lines of everybody, in the order of the log."""
    sql = "SELECT id, payload FROM act WHERE learner = ? AND kind = 'same' AND undone = 0"
    found: list[tuple[bytes, str]] = []
    for learner in learners_in(connection, "act"):
        found += [(line, payload) for line, payload in rows_of(connection, sql, (learner,))]
    return sorted(found)


def take_told_names(journal: Journal, names: Collection[tuple[str, str]]) -> None:
    """Before an import of entries, let rows go by the names the log tells of their cards.

    A device that knows of a rename by the log needs no `was` for it, and gets no second card. Only for
    names (deck, id) that no row has: what has its row keeps it.
    """
    connection = journal.connection
    told = Told(connection).named()
    if not told:
        return
    roots = dict(rows_of(connection, "SELECT old, card FROM alias"))
    moved: set[bytes] = set()
    for full, least in told.items():
        deck, _, rest = full.partition("/")
        name = deck, rest.partition("#")[0]
        if name not in names or _rows_named(connection, *name):
            continue
        sql = "SELECT deck, id FROM card WHERE key = ?"
        for former in rows_of(connection, sql, (roots.get(least, least),)):
            moved |= _rename(connection, (former[0], former[1]), name)
    if moved:
        journal.refold(moved)
        summing.cards_changed(connection, moved)


def _rows_named(connection: Connection, deck: str, card_id: str) -> list[tuple[Any, ...]]:
    return rows_of(connection, "SELECT key FROM card WHERE deck = ? AND id = ?", (deck, card_id))


def _rename(connection: Connection, former: tuple[str, str], name: tuple[str, str]) -> set[bytes]:
    """Give all rows of an entry another name; their keys."""
    keys = {key for (key,) in _rows_named(connection, *former)}
    run_many(connection, "UPDATE card SET deck = ?, id = ? WHERE deck = ? AND id = ?", [(*name, *former)])
    run_many(
        connection,
        "UPDATE memory SET deck = ? WHERE learner = ? AND card = ?",
        [(name[0], learner, key) for learner in learners_in(connection, "memory") for key in sorted(keys)],
    )
    # Where the old name still stands in a file, it is another card's from now on.
    run_many(connection, "UPDATE deck SET content_hash = '' WHERE id = ?", [(former[0],)])
    searching.index_cards(connection, keys)
    return keys


class _Rejoining:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told = Told(connection)

    def rejoin(self) -> Rejoined:
        """See the function."""
        classes = self._told.classes()
        had = dict(rows_of(self._connection, "SELECT old, card FROM alias"))
        rows = self._rows({key for members in classes.values() for key in members})
        wanted: dict[bytes, bytes] = {}
        losers: list[_Row] = []
        for least, members in classes.items():
            found = [rows[key] for key in sorted(members) if key in rows]
            root = self._root(least, found)
            wanted.update((key, root) for key in members if key != root)
            losers += [row for row in found if row.key != root]
        changed = {key for key in had.keys() | wanted.keys() if had.get(key) != wanted.get(key)}
        run_many(self._connection, "DELETE FROM alias WHERE old = ?", [(key,) for key in sorted(changed)])
        run_many(
            self._connection,
            "INSERT INTO alias (old, card) VALUES (?, ?)",
            [(key, wanted[key]) for key in sorted(changed) if key in wanted],
        )
        touched = changed | {row.key for row in losers} | {had[key] for key in changed if key in had}
        renewed = self._give_way(losers, wanted)
        roots = {wanted.get(key, key) for key in touched}
        return Rejoined(roots | renewed, touched & wanted.keys())

    def _rows(self, keys: Iterable[bytes]) -> dict[bytes, _Row]:
        sql = "SELECT key, deck, id, variant, retired FROM card WHERE key IN"
        return {row[0]: _Row._make(row) for row in rows_among(self._connection, sql, sorted(keys))}

    def _root(self, least: bytes, found: list[_Row]) -> bytes:
        """The key a class stands under."""
        if not found:
            return least
        name = self._told.name(least)
        return min(
            found, key=lambda row: (card_name(row.deck, row.id, row.variant) != name, row.retired, row.key)
        ).key

    def _give_way(self, losers: Iterable[_Row], wanted: Mapping[bytes, bytes]) -> set[bytes]:
        """Give live rows that are other cards keys of their own, take the others away; the new keys."""
        renewed: dict[bytes, bytes] = {}
        gone = []
        for row in losers:
            if row.retired:
                gone.append((row.key,))
            else:
                renewed[row.key] = self._next_key(row, wanted, set(renewed.values()))
        for table, column in (("card", "key"), ("card_tag", "card"), ("card_need", "card")):
            run_many(self._connection, f"DELETE FROM {table} WHERE {column} = ?", gone)
            pairs = [(new, old) for old, new in renewed.items()]
            run_many(self._connection, f"UPDATE {table} SET {column} = ? WHERE {column} = ?", pairs)
        searching.drop_cards(self._connection, [key for (key,) in gone] + list(renewed))
        searching.index_cards(self._connection, renewed.values())
        return set(renewed.values())

    def _next_key(self, row: _Row, wanted: Mapping[bytes, bytes], given: set[bytes]) -> bytes:
        """The key of the first generation of a name that no other card here stands under."""
        generation = 1
        while True:
            generation += 1
            key = card_key(row.deck, row.id, row.variant, generation)
            root = wanted.get(key, key)
            sql = "SELECT 1 FROM card WHERE key = ?"
            if root not in given and not rows_of(self._connection, sql, (root,)):
                return root
