"""What the database has that an import may need: its rows by name, and where natural keys lead."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from srs.ids import card_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from srs.deck.library import Library
    from srs.deck.tables import Entry, Name, Tables
    from srs.planned import Join, Known


class KnownRows:
    """The rows of the imported decks and of entries that former names lead to, and what keys mean.

    The key made from a name is its natural key: it leads to the row of the card that had the name
    first, wherever that is now. `missing` are the names of cards that have no row of that name, in
    the order of the files; `rest`, by entry, the rows that are no cards of the files; `standing` the
    keys that cards stand under when this plan is carried out.
    """

    def __init__(self, library: Library, imported: Collection[str], tables: Tables) -> None:
        self.library = library
        self.imported = imported
        self.tables = tables
        self.by_name: dict[Name, Known] = {row[1:4]: row for row in library.of_decks(imported)}
        self.by_key = {row.key: row for row in self.by_name.values()}
        self.missing = [name for name in tables.names if name not in self.by_name]
        self.rest: dict[Entry, list[Known]] = defaultdict(list)
        for name in sorted(self.by_name.keys() - tables.names.keys()):
            self.rest[name[:2]].append(self.by_name[name])
        self._loaded: set[Entry] = set()
        self._load_elsewhere(old for names in tables.former.values() for old in names)
        self.standing = set(self.by_key)
        self._natural: dict[Name, bytes] = {}
        self._roots: dict[bytes, bytes] = {}
        self._joined: dict[bytes, bytes] = {}
        self._load_keys()

    def _load_elsewhere(self, names: Iterable[Entry]) -> None:
        """The rows of entries of decks outside the import."""
        wanted = {name for name in names if name[0] not in self.imported} - self._loaded
        if not wanted:
            return
        self._loaded |= wanted
        for row in self.library.named(wanted):
            self.by_name[row[1:4]] = row
            self.by_key[row.key] = row
            self.rest[row.deck, row.id].append(row)

    def _load_keys(self) -> None:
        """All natural keys that may be needed, looked up together."""
        names = dict.fromkeys(self.missing)
        for table, olds in self.tables.former.items():
            names.update(((*table, card.variant), None) for card in self.tables.cards(table))
            names.update(((*old, variant), None) for old in olds for variant in self.probed(table))
        self.prepare(names)
        whole = {name[:2] for name in names}
        made = [self._natural.get((*entry, "")) or card_key(*entry) for entry in whole]
        self.used_entries = set(self.library.entries(made)) if made else set()

    def probed(self, table: Entry) -> dict[str, None]:
        """The variants under which former names of a table are looked for: its own, and the plain one."""
        return dict.fromkeys([*(card.variant for card in self.tables.cards(table)), ""])

    # Keys.

    def prepare(self, names: Iterable[Name]) -> None:
        """Make the natural keys of many names, and ask where they lead, in one go."""
        made = {name: card_key(*name) for name in names}
        self._natural.update(made)
        self.look_up(made.values())

    def look_up(self, keys: Collection[bytes]) -> None:
        """Ask the database where these keys lead."""
        if not keys:
            return
        found = self.library.roots(keys)
        self._roots.update(found)
        unknown = {root for root in found.values() if root not in self.by_key}
        elsewhere = list(self.library.keyed(unknown)) if unknown else []
        self._load_elsewhere((row.deck, row.id) for row in elsewhere)
        self.standing.update(row.key for row in elsewhere)

    @property
    def any_roots(self) -> bool:
        """Whether any key that was looked up leads somewhere."""
        return bool(self._roots)

    def natural(self, name: Name) -> bytes:
        """The key made from a name."""
        key = self._natural.get(name)
        if key is None:
            self.prepare([name])
            key = self._natural[name]
        return key

    def root(self, key: bytes) -> bytes | None:
        """The key this one stands under, as the database has it and this plan changes it."""
        root = self._roots.get(key)
        while root in self._joined:
            root = self._joined[root]
        return root

    def once_named(self, name: Name) -> Known | None:
        """The row that a natural key leads to in the database."""
        return self.by_key.get(self._roots.get(self.natural(name), b"no key"))

    def note_added(self, key: bytes) -> None:
        """A card stands under this key from now on."""
        self.standing.add(key)
        self._roots[key] = key

    def note_join(self, join: Join) -> None:
        """A key leads to another from now on."""
        self._roots.setdefault(join.other, join.root)
        self._joined[join.root] = join.keep
        self.standing.discard(join.root)

    # Entries.

    def is_gone(self, entry: Entry) -> bool:
        """Whether no file has this entry: it is retired, or missing from a file of this import."""
        if entry in self.tables:
            return False
        return entry[0] in self.imported or all(row.retired for row in self.rest.get(entry, ()))

    def of_table(self, table: Entry) -> dict[str, Known]:
        """The rows that go by a table's name, by variant, those of its cards first."""
        named = [self.by_name.get((*table, card.variant)) for card in self.tables.cards(table)]
        return {row.variant: row for row in (*named, *self.rest.get(table, ())) if row is not None}

    def new_entry(self, deck: str, card_id: str, generation: int) -> bytes:
        """An entry that no row has, made from a name."""
        while True:
            entry = (self._natural.get((deck, card_id, "")) if generation == 1 else None) or card_key(
                deck, card_id, "", generation
            )
            used = entry in self.used_entries or (generation > 1 and self.library.entries([entry]))
            if not used:
                self.used_entries.add(entry)
                return entry
            generation += 1
