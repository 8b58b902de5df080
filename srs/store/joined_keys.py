"""Keys that mean one card, from the `same` lines of the log: classes, and the row each stands under.

A card's key is made from its first name, so two devices may give one card two keys (it was renamed on
one before it was imported on the other, or `was` had gone from the file by then), and two cards one
key (a name was given up by a rename on one device and taken again by another card, which the other
device imported without the rename). What the lines say is what holds:

- The classes are the components of all live `same` lines, whoever wrote them. So they follow from the
  set of lines alone.
- Each class has at most one row, and each row is of at most one class: which, say the names that the
  lines tell, the newest line first, its new name before its old ones. A row goes to its class by its
  name, whatever key it was imported under; so it is all the same whether the file came first or the log.
- But where the newest name of a class is no card's here, the text of the rename may be still to come:
  till then a live row that is of the class stays what it is, whatever else its name means by now.
- A row that no line calls by its name keeps its class while no other row is of it, a live one first.
- A row that has to leave its key and is of no class is another card: a live one gets the next
  generation of its name as its key, the same that the device with the rename gave it. What was answered
  under its old key before counts for the class: nobody can tell any more which of the two cards a line
  under that key meant. A retired one has gone into the class, and its text with it.
- Answers under a key of its own that a row leaves for a class go with it: a `same` line tells so, that
  tells no name.
- A class without a row here stands under its least key, until an import brings its card.

The rows here are part of the rule, retired ones too, so devices agree when they have the same cards. A
card that was renamed and then dropped, and whose first name went to a new card, is known to a laptop
that imports only the end by that first name alone: there the new card has the old one's history.

Which key the class of a card stands under may differ from device to device, as the first import
settled it; what is in a class, and so every memory, does not.
"""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from srs.ids import card_key
from srs.model import ActKind, card_name
from srs.store import searching, summing
from srs.store.driver import learners_in, rows_among, rows_of, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
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
    joins: dict[bytes, bytes]
    """Keys with lines of their own whose row has gone to another key: to be told as one card."""


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
        self.lines: list[tuple[bytes, list[str]]] = []
        """A key of each line, in the order of the log, and the names it tells of it, the newest first."""
        self.alone: set[bytes] = set()
        """The keys that lines tell names of, in classes of their own or of several."""
        for number, (_, payload) in enumerate(_same_lines(connection)):
            told = json.loads(payload)
            said = [told.get(each) for each in ("new_name", "came_from", "old_name")]
            self.lines.append((bytes.fromhex(told["new"]), [name for name in said if isinstance(name, str)]))
            self.alone.add(bytes.fromhex(told["new"]))
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
        self._classes = self._told.classes()
        self._rows = self._find_rows()
        self._claimers: dict[bytes, _Row] = {}
        self._claimed: dict[bytes, bytes] = {}

    def rejoin(self) -> Rejoined:
        """See the function."""
        if not self._told.lines:
            return self._write({}, {}, set())
        claims = self._claims()
        wanted = {
            key: root
            for least, members in self._classes.items()
            for root in [self._root(least, members, claims)]
            for key in members
            if key != root
        }
        moved: dict[bytes, bytes] = {}
        gone: set[bytes] = set()
        given = {wanted.get(least, least) for least in claims}
        for row in sorted(self._rows.values()):
            least = self._told.least(row.key)
            claimed = self._claimed.get(row.key)
            if claimed is not None:
                moved[row.key] = wanted.get(claimed, claimed)
            elif least in claims and row.retired:
                gone.add(row.key)
            elif least in claims:
                moved[row.key] = self._next_key(row, given)
                given.add(moved[row.key])
        return self._write(wanted, {old: new for old, new in moved.items() if old != new}, gone)

    def _find_rows(self) -> dict[bytes, _Row]:
        """The rows of all keys and of all names that lines tell of."""
        found: dict[bytes, _Row] = {}
        sql = f"SELECT {', '.join(_Row._fields)} FROM card WHERE"
        keys = {key for members in self._classes.values() for key in members} | self._told.alone
        for row in rows_among(self._connection, f"{sql} key IN", sorted(keys)):
            found[row[0]] = _Row._make(row)
        by_deck: dict[str, set[str]] = defaultdict(set)
        names = {name for _, names in self._told.lines for name in names}
        for name in names:
            deck, _, rest = name.partition("/")
            by_deck[deck].add(rest.partition("#")[0])
        for deck, ids in by_deck.items():
            for row in rows_among(self._connection, f"{sql} deck = ? AND id IN", sorted(ids), deck):
                if card_name(*row[1:4]) in names:
                    found[row[0]] = _Row._make(row)
        return found

    def _claims(self) -> dict[bytes, _Row]:
        """By the least key of a class, the row that is its card: each has one, and is of one.

        The newest line is heard first. Rows no line calls by a name stay where they are, if they can.
        """
        named = {card_name(row.deck, row.id, row.variant): row for row in self._rows.values()}
        for row in sorted(self._rows.values()):
            newest = self._told.name(row.key)
            # Its new name may be in a file that is not here yet: until then the row is what it was.
            if newest is not None and newest not in named and not row.retired:
                self._claim(self._told.least(row.key), row)
        for key, names in reversed(self._told.lines):
            for name in names:
                if name in named:
                    self._claim(self._told.least(key), named[name])
        for row in sorted(self._rows.values(), key=lambda row: (row.retired, row.key)):
            least = self._told.least(row.key)
            if self._is_told(least):
                self._claim(least, row)
        return self._claimers

    def _claim(self, least: bytes, row: _Row) -> None:
        """Let a row be the card of a class, where neither has another."""
        if least not in self._claimers and row.key not in self._claimed:
            self._claimers[least] = row
            self._claimed[row.key] = least

    def _is_told(self, least: bytes) -> bool:
        return least in self._classes or least in self._told.alone

    def _root(self, least: bytes, members: set[bytes], claims: Mapping[bytes, _Row]) -> bytes:
        """The key a class stands under."""
        return claims[least].key if least in claims and claims[least].key in members else least

    def _next_key(self, row: _Row, given: set[bytes]) -> bytes:
        """The key of the first generation of a name that means no other card."""
        for generation in count(2):
            key = card_key(row.deck, row.id, row.variant, generation)
            sql = "SELECT 1 FROM card WHERE key = ?"
            free = key not in given and not self._is_told(self._told.least(key))
            if free and not rows_of(self._connection, sql, (key,)):
                return key
        raise AssertionError

    def _write(self, wanted: dict[bytes, bytes], moved: Mapping[bytes, bytes], gone: set[bytes]) -> Rejoined:
        """Write aliases and rows as they are to be."""
        connection = self._connection
        joins = {
            old: new
            for old, new in moved.items()
            if not self._is_told(self._told.least(old)) and _has_lines(connection, old)
        }
        wanted |= joins
        had = dict(rows_of(connection, "SELECT old, card FROM alias"))
        changed = {key for key in had.keys() | wanted.keys() if had.get(key) != wanted.get(key)}
        run_many(connection, "DELETE FROM alias WHERE old = ?", [(key,) for key in sorted(changed)])
        run_many(
            connection,
            "INSERT INTO alias (old, card) VALUES (?, ?)",
            [(key, wanted[key]) for key in sorted(changed) if key in wanted],
        )
        self._move(moved, gone)
        touched = changed | gone | moved.keys() | set(moved.values())
        touched |= {had[key] for key in changed if key in had}
        roots = {wanted.get(key, key) for key in touched}
        # Where a row has left a key that nothing was ever written under, nothing stands any more.
        standing = set(moved.values()) | set(wanted.values())
        empty = {key for key in moved if key not in standing and not self._is_told(self._told.least(key))}
        return Rejoined(roots - empty, (touched & wanted.keys()) | empty, joins)

    def _move(self, moved: Mapping[bytes, bytes], gone: set[bytes]) -> None:
        """Give rows other keys, all at once, and take others away."""
        connection = self._connection
        pairs = sorted(moved.items())
        for table, column in (("card", "key"), ("card_tag", "card"), ("card_need", "card")):
            run_many(connection, f"DELETE FROM {table} WHERE {column} = ?", [(key,) for key in sorted(gone)])
            sql = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
            run_many(connection, sql, [(_between(old), old) for old, _ in pairs])
            run_many(connection, sql, [(new, _between(old)) for old, new in pairs])
        searching.drop_cards(connection, [*sorted(gone), *moved])
        searching.index_cards(connection, moved.values())


def _between(key: bytes) -> bytes:
    """A key no card has, for a row on its way to one that another row is about to leave."""
    return b"\0" * 4 + key[4:]


def _has_lines(connection: Connection, key: bytes) -> bool:
    sql = "SELECT 1 FROM {} WHERE learner = ? AND card = ? LIMIT 1"
    return any(
        rows_of(connection, sql.format(table), (learner, key))
        for table in ("review", "act")
        for learner in learners_in(connection, table)
    )


def follow(journal: Journal) -> set[bytes]:
    """Let rows and the memories of everybody follow what the log tells of keys and names.

    Answers to a row that turns out to be a card the log knows go with it, and the log is told so.
    The result are the keys to fold anew for the journal's own learner.
    """
    connection = journal.connection
    rejoined = rejoin(connection)
    for old, new in sorted(rejoined.joins.items()):
        journal.append_act(ActKind.SAME, card=new, payload={"old": old.hex(), "new": new.hex()})
    for learner in learners_in(connection, "memory"):
        sql = "DELETE FROM memory WHERE learner = ? AND card = ?"
        run_many(connection, sql, [(learner, key) for key in sorted(rejoined.gone)])
        if learner != journal.learner and rejoined.changed:
            journal.of(learner).refold(rejoined.changed)
    summing.cards_changed(connection, rejoined.changed)
    return rejoined.changed
