"""Import as a plan: what deck files change in the database, known before anything is written.

A card is its name, (deck, id, variant); its key was made from its first name and stays (LOG §1).
Cards of one `[[cards]]` table are one entry, and what becomes of an entry is decided once for all of
its cards (`entries_taken`). So each (deck, id) has one entry, and each entry one (deck, id), live or
retired. What the plan needs of the database comes through `Library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.deck.content import changed_fields, content, other_cloze
from srs.deck.entries_taken import Home, take_entries
from srs.deck.known_rows import KnownRows
from srs.deck.plan_needs import Needs
from srs.deck.tables import Tables
from srs.ids import card_key
from srs.model import Problem, card_name
from srs.planned import Carried, DeckPlan, Join, Placed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from srs.deck.library import Library
    from srs.deck.tables import Entry, Name
    from srs.model import Card, Deck
    from srs.planned import Known


def plan_decks(decks: Sequence[Deck], library: Library, paths: Mapping[str, str]) -> list[DeckPlan]:
    """The plans of decks imported together, in their order.

    Planned together, a card that left one of the files and came into another is moved, whichever
    file is named first. Deck ids must differ, names of cards too, and no `was` may name a card of
    these files: checks of the files come before. `paths` (by deck id) are what warnings name.
    """
    return _Planner(decks, library, paths).plans()


def _full_name(row: Known) -> str:
    return card_name(row.deck, row.id, row.variant)


class _Planner:
    """One planning: the tables of the files, the rows that are theirs, and the keys they get."""

    def __init__(self, decks: Sequence[Deck], library: Library, paths: Mapping[str, str]) -> None:
        self.decks = decks
        self.library = library
        self.paths = paths
        self.tables = Tables(decks)
        self.rows = KnownRows(library, {deck.id for deck in decks}, self.tables)
        self.homes = take_entries(self.rows)
        for table in {**self.tables.several, **self.rows.rest}:
            if table in self.tables and table not in self.homes:
                self.homes[table] = Home(self.rows.of_table(table))
        self.owners: dict[bytes, Entry] = {}
        self.entries: dict[Entry, bytes] = {}
        self._keep_entries()
        self.by_deck = {deck.id: DeckPlan(deck) for deck in decks}
        self.gone_on: set[bytes] = set()
        """Keys of rows that are not left behind: moved, carried or joined."""
        self.keys: dict[Name, bytes] = {}

    def _keep_entries(self) -> None:
        """The entry of each table of several rows is that of its first live one.

        Databases of before may have several entries under one name, or one under several names.
        """
        for retired in (0, 1):
            for table, home in self.homes.items():
                for row in home.rows.values():
                    free = table not in self.entries and row.retired == retired
                    if free and self.owners.setdefault(row.entry, table) == table:
                        self.entries[table] = row.entry
        for table, home in self.homes.items():
            if home.rows and table not in self.entries:
                self.entries[table] = self.rows.new_entry(*table, 2)

    def _entry(self, table: Entry, row: Known) -> bytes:
        """The entry of a table that has rows, of which this is one."""
        entry = self.entries.get(table)
        if entry is None:
            entry = row.entry
            if self.owners.setdefault(entry, table) != table:
                entry = self.rows.new_entry(*table, 2)
            self.entries[table] = entry
        return entry

    # Plans.

    def plans(self) -> list[DeckPlan]:
        """All plans; see `plan_decks`."""
        plans = list(self.by_deck.values())
        by_name, homes = self.rows.by_name, self.homes
        for table, card in self.tables.first.items():
            plan, home = self.by_deck[table[0]], homes.get(table)
            # Most tables are one card that has its row or needs one, and nothing else.
            if home is not None:
                self._place(plan, table, home)
            elif (row := by_name.get((*table, card.variant))) is not None:
                self._keep(plan, card, row, None)
            else:
                self._add(plan, card, ())
        for rows in self.rows.rest.values():
            for row in rows:
                if not row.retired and row.deck in self.by_deck and row.key not in self.gone_on:
                    self.by_deck[row.deck].retired.append(row)
        needs = Needs(self.decks, self.library)
        for plan in plans:
            plan.retired.sort(key=lambda row: row.position)
            self._tell_fields(plan)
            needs.tell(plan, self.keys, self.paths.get(plan.deck.id, ""))
        return plans

    def _place(self, plan: DeckPlan, table: Entry, home: Home) -> None:
        """Place all cards of a table, and let its rows that are no cards of it any more go with it."""
        came_from = self._join_rows(plan, table, home)
        keys = {row.key for row in home.rows.values()}
        names = [old for old in self.tables.former.get(table, ()) if not self._is_anothers(table, old, keys)]
        cards = self.tables.cards(table)
        for card in cards:
            row = home.rows.get(card.variant)
            if row is None:
                key = self._add(plan, card, names)
                self._join_free_names(plan, card, key, [*names, table])
            elif (row.deck, row.id) == table:
                self._keep(plan, card, row, came_from.get(row.key))
                self._join_free_names(plan, card, row.key, names)
            else:
                self.gone_on.add(row.key)
                placed = self._placed(card, row.key, self.entries[table], row)
                plan.moved.append(placed._replace(came_from=_full_name(row)))
                self._join_free_names(plan, card, row.key, [*names, table])
        variants = {card.variant for card in cards}
        for row in home.rows.values():
            if row.variant not in variants:
                self._carry(plan, table, row)
        plan.robbed |= home.robbed
        plan.unsettled |= bool(home.still_live)
        plan.warnings += _warnings(cards[0], home, self.paths.get(table[0], ""))

    def _keep(self, plan: DeckPlan, card: Card, row: Known, came_from: str | None) -> None:
        entry = self._entry((card.deck, card.id), row)
        placed = self._placed(card, row.key, entry, row)
        if came_from is not None:
            plan.moved.append(placed._replace(came_from=came_from))
        elif row.retired:
            plan.revived.append(placed)
        elif row.content_hash != placed.content_hash:
            plan.updated.append(placed)
        else:
            plan.unchanged += 1
            if placed.shifted or row.line != card.line:
                plan.shuffled.append(placed)

    def _add(self, plan: DeckPlan, card: Card, names: Sequence[Entry]) -> bytes:
        key, first = self._new_key(plan, card, names)
        table = card.deck, card.id
        entry = self.entries.get(table)
        if entry is None:
            entry = self.entries[table] = self.rows.new_entry(*first)
        self.rows.note_added(key)
        plan.added.append(self._placed(card, key, entry, None))
        return key

    def _carry(self, plan: DeckPlan, table: Entry, row: Known) -> None:
        """Let a row of a variant its entry has no longer go with it, retired.

        Left behind under the old name it would be taken for a variant of the next card of that name.
        """
        entry = self.entries[table]
        if (row.deck, row.id) == table and row.entry == entry:
            return
        plan.carried.append(Carried(row.key, *table, row.variant, entry, _full_name(row)))
        self.gone_on.add(row.key)
        if not row.retired:
            self.by_deck.get(row.deck, plan).retired.append(row)

    def _placed(self, card: Card, key: bytes, entry: bytes, row: Known | None) -> Placed:
        content_hash, tags, extra = content(card)
        shifted = row is None or row.position != card.position or row.entry != entry
        if card.needs:
            self.keys[card.deck, card.id, card.variant] = key
        return Placed(card, key, entry, content_hash, tags, extra, (), None, shifted)

    # Keys and former names.

    def _new_key(
        self, plan: DeckPlan, card: Card, names: Sequence[Entry]
    ) -> tuple[bytes, tuple[str, str, int]]:
        """The key of a card that has no row, and the deck, id and generation it is made from.

        It is that of its oldest name no other card stands under. A key the log knows joined to
        others, of a card that has no row yet, leads to the key they all stand under.
        """
        own = card.deck, card.id
        told = self.library.told_key(card.name)
        if told is not None:
            self.rows.look_up([told])
            if (self.rows.root(told) or told) not in self.rows.standing:
                plan.met.append(told)
                return told, (*own, 1)
        for name in (*names, own):
            natural = self.rows.natural((*name, card.variant))
            root = self.rows.root(natural)
            if root is None:
                return natural, (*name, 1)
            if root not in self.rows.standing and not self._is_told_anothers(root, card):
                plan.met.append(root)
                return root, (*name, 1)
        generation = 1
        while True:
            generation += 1
            key = card_key(*own, card.variant, generation)
            self.rows.look_up([key])
            if self.rows.root(key) is None:
                return key, (*own, generation)

    def _is_told_anothers(self, key: bytes, card: Card) -> bool:
        """Whether the log calls what stands under a key by the name of another card of these files."""
        told = self.library.newest_name(key)
        if told is None or told == card.name:
            return False
        deck, _, rest = told.partition("/")
        return (deck, rest.partition("#")[0]) in self.tables

    def _is_anothers(self, table: Entry, old: Entry, keys: Collection[bytes]) -> bool:
        """Whether a former name led to cards that are not this table's: then it tells nothing of it."""
        for variant in self.rows.probed(table):
            root = self.rows.root(self.rows.natural((*old, variant)))
            if root in self.rows.standing and root not in keys:
                return True
        return False

    def _join_rows(self, plan: DeckPlan, table: Entry, home: Home) -> dict[bytes, str]:
        """Join the rows a table takes in; by key, the name of the first of them that had answers."""
        came_from: dict[bytes, str] = {}
        answered = self.library.answered([other.key for _, other in home.joins]) if home.joins else ()
        for kept, other in home.joins:
            self.gone_on.add(other.key)
            now = card_name(*table, kept.variant)
            self._join(plan, Join(kept.key, other.key, other.key, now, _full_name(other), absorbs=True))
            if other.key in answered:
                came_from.setdefault(kept.key, _full_name(other))
        return came_from

    def _join_free_names(self, plan: DeckPlan, card: Card, key: bytes, names: Sequence[Entry]) -> None:
        """Join the natural keys of a card's names that no other card stands under."""
        for name in names:
            natural = self.rows.natural((*name, card.variant))
            root = self.rows.root(natural) or natural
            if root != key and root not in self.rows.standing:
                self._join(plan, Join(key, natural, root, card.name, card_name(*name, card.variant)))

    def _join(self, plan: DeckPlan, join: Join) -> None:
        plan.joins.append(join)
        self.rows.note_join(join)

    # What is told of cards that have their rows.

    def _tell_fields(self, plan: DeckPlan) -> None:
        """Say what was changed in updated cards, and warn of a hole that hides something else now."""
        stored = self.library.texts([placed.key for placed in plan.updated]) if plan.updated else {}
        path = self.paths.get(plan.deck.id, "")
        for rank, placed in enumerate(plan.updated):
            before = stored[placed.key]
            plan.updated[rank] = placed._replace(fields=changed_fields(placed, before))
            plan.warnings += other_cloze(placed.card, before["answer"], path)


def _warnings(card: Card, home: Home, path: str) -> Iterator[Problem]:
    """What is to be said of the former names of a table, of which this is the first card."""
    here = card_name(card.deck, card.id)
    for old in home.still_live:
        message = f"`was` of `{here}` names `{card_name(*old)}`, a live card of another deck"
        hint = (
            f"take `{old[1]}` out of deck `{old[0]}` and import both, or out of `was`; "
            "until then each keeps its own history"
        )
        yield Problem(path, card.line or 1, 1, "W201", message, hint)
    for old, taker in home.lost:
        message = f"`{card_name(*old)}`, named in `was` of `{here}`, is `{card_name(*taker)}` from now on"
        hint = "a history goes to one card: take the name out of one of the two `was`"
        yield Problem(path, card.line or 1, 1, "W208", message, hint)
