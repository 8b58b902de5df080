"""Which entry of the database each table of the files is: its rows go with it, all or none of them.

A table whose name has rows keeps them. Another takes over a whole entry: the one a `was` name has,
the newest name before older ones; then one that had a `was` name once and is in no file any more;
last one that had the table's own name and comes back with the very text it had, as it does when a
rename is taken back. Further entries that its `was` names are taken in besides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srs.deck.content import content
from srs.model import card_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from srs.deck.known_rows import KnownRows
    from srs.deck.tables import Entry
    from srs.planned import Known


@dataclass(slots=True)
class Home:
    """What a table stands for: `rows` by variant, from wherever they are, and pairs of rows to be joined.

    `joins` are a row that is kept and the one it takes in. `robbed` are decks outside the import that
    lost a live entry; `still_live` the former names left alone because they are live there, `lost`
    those that went to another table.
    """

    rows: dict[str, Known]
    takes_over: bool = False
    joins: list[tuple[Known, Known]] = field(default_factory=list)
    robbed: set[str] = field(default_factory=set)
    still_live: list[Entry] = field(default_factory=list)
    lost: list[tuple[Entry, Entry]] = field(default_factory=list)


class _Taking:
    """The choice of entries, and which are taken already, by whom."""

    def __init__(self, rows: KnownRows) -> None:
        self.rows = rows
        self.former = rows.tables.former
        self.taken: dict[Entry, Entry] = {}
        self.homes: dict[Entry, Home] = {}

    def take_over(self) -> None:
        """Give entries to the tables whose names have no rows."""
        with_former = self._nameless(self.former)
        for table in with_former:
            self._take(table, (old for old in reversed(self.former[table]) if old in self.rows.rest))
        lost = [table for table in with_former if table not in self.homes]
        # An entry may have been of holes only when it had that name.
        self.rows.prepare((*old, "c1") for table in lost for old in self.former[table])
        for table in lost:
            self._take(table, self._once_named(table))
        if self.rows.any_roots:
            for table in self._nameless(dict.fromkeys(name[:2] for name in self.rows.missing)):
                self._take(table, self._come_back(table))

    def _nameless(self, tables: Iterable[Entry]) -> list[Entry]:
        return [table for table in tables if not self.rows.of_table(table)]

    def _take(self, table: Entry, entries: Iterable[Entry]) -> None:
        if table in self.homes:
            return
        for entry in entries:
            if entry not in self.taken:
                self.taken[entry] = table
                rows = self.rows.rest[entry]
                self.homes[table] = home = Home({row.variant: row for row in rows}, takes_over=True)
                if entry[0] not in self.rows.imported:
                    home.robbed.add(entry[0])
                return

    def _once_named(self, table: Entry) -> Iterator[Entry]:
        for old in reversed(self.former[table]):
            for variant in {**self.rows.probed(table), "c1": None}:
                row = self.rows.once_named((*old, variant))
                if row is not None and self.rows.is_gone((row.deck, row.id)):
                    yield row.deck, row.id

    def _come_back(self, table: Entry) -> Iterator[Entry]:
        for card in self.rows.tables.cards(table):
            row = self.rows.once_named((*table, card.variant))
            if row is None or row.content_hash != content(card)[0]:
                continue
            if self.rows.is_gone((row.deck, row.id)):
                yield row.deck, row.id

    def take_in(self, table: Entry) -> None:
        """Take in the other entries under the former names of a table."""
        home = self.homes.get(table)
        if home is None:
            home = self.homes[table] = Home(self.rows.of_table(table))
        own = tuple(home.rows.values())
        for old in self.former[table]:
            taker = self.taken.get(old)
            if taker == table or old not in self.rows.rest or self._is_settled(table, own, old):
                continue
            if taker is not None:
                home.lost.append((old, taker))
            elif not (home.takes_over or self.rows.is_gone(old)):
                home.still_live.append(old)
            else:
                self._take_in(table, home, old)

    def _take_in(self, table: Entry, home: Home, old: Entry) -> None:
        self.taken[old] = table
        if not self.rows.is_gone(old):
            home.robbed.add(old[0])
        for row in self.rows.rest[old]:
            kept = home.rows.setdefault(row.variant, row)
            if kept is not row:
                home.joins.append((kept, row))

    def _is_settled(self, table: Entry, own: Sequence[Known], old: Entry) -> bool:
        """Whether the entry had this name itself: then it does not also mean the one that took it next."""
        keys = {row.key for row in own}
        variants = {**self.rows.probed(table), **dict.fromkeys(row.variant for row in own)}
        if any(self.rows.root(self.rows.natural((*old, variant))) in keys for variant in variants):
            return True
        told = {name.partition("#")[0] for key in keys for name in self.rows.library.told_names(key)}
        return card_name(*old) in told


def take_entries(rows: KnownRows) -> dict[Entry, Home]:
    """The homes of tables that have former names or take an entry over.

    Every other table stands for the rows of its name.
    """
    taking = _Taking(rows)
    taking.take_over()
    for table in rows.tables.former:
        taking.take_in(table)
    return taking.homes
