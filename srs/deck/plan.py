"""Import as a plan: what deck files change in the database, known before anything is written.

A card is its name, (deck, id, variant); its key was made from its first name and stays (LOG §1).
The plan finds for every card of the files the row that is the same card: the row of its name, or
the row one of its `was` names leads to. What it needs of the database comes through `Library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.deck.content import changed_fields, content, other_cloze
from srs.deck.needing import circles, needs_of
from srs.ids import card_key
from srs.model import Problem, card_name
from srs.planned import DeckPlan, Join, Placed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from srs.deck.library import Library
    from srs.model import Card, Deck
    from srs.planned import Known

Name = tuple[str, str, str]
"""A card's deck, id and variant."""


def plan_deck(deck: Deck, library: Library, path: str = "") -> DeckPlan:
    """The plan of one deck imported alone; see `plan_decks`."""
    return plan_decks([deck], library, {deck.id: path})[0]


def plan_decks(decks: Sequence[Deck], library: Library, paths: Mapping[str, str]) -> list[DeckPlan]:
    """The plans of decks imported together, in their order.

    Planned together, a card that left one of the files and came into another is moved, whichever
    file is named first. Deck ids must differ, names of cards too, and no `was` may name a card of
    these files: checks of the files come before. `paths` (by deck id) are what warnings name.
    """
    return _Planner(decks, library, paths).plans()


def _name(card: Card | Known) -> Name:
    return card.deck, card.id, card.variant


def _full_name(name: Name) -> str:
    return card_name(*name)


class _Planner:
    """One planning: the rows and keys it knows, and which rows are already spoken for."""

    def __init__(self, decks: Sequence[Deck], library: Library, paths: Mapping[str, str]) -> None:
        self.decks = decks
        self.library = library
        self.paths = paths
        self.imported = {deck.id for deck in decks}
        self.present = {_name(card) for deck in decks for card in deck.cards}
        self.by_name: dict[Name, Known] = {_name(row): row for row in library.of_decks(self.imported)}
        self.former = self._former_names()
        self._load_foreign_rows()
        self.by_key = {row.key: row for row in self.by_name.values()}
        self.row_keys = set(self.by_key)
        self.natural: dict[Name, bytes] = {}
        self.roots: dict[bytes, bytes] = {}
        self._load_keys()
        self.used_entries = self._load_used_entries()
        self.joined: dict[bytes, bytes] = {}
        self.spoken_for: set[bytes] = set()
        self.claims = self._claims()
        self.entries: dict[tuple[str, str], bytes] = {}
        self.keys: dict[Name, bytes] = {}
        self.circular: dict[tuple[str, str], tuple[tuple[str, str], ...]] | None = None
        self._keep_entries()

    def _former_names(self) -> dict[Name, tuple[Name, ...]]:
        """The `was` names of each card that has any, oldest first, without names cards have today."""
        former = {}
        for deck in self.decks:
            for card in deck.cards:
                if card.was:
                    names = dict.fromkeys((*pair, card.variant) for pair in card.was)
                    former[_name(card)] = tuple(name for name in names if name not in self.present)
        return former

    def _load_foreign_rows(self) -> None:
        wanted = {
            name[:2] for names in self.former.values() for name in names if name[0] not in self.imported
        }
        if wanted:
            self.by_name.update((_name(row), row) for row in self.library.named(wanted))

    def _load_keys(self) -> None:
        """Natural keys of all names that may need one, and what the database says of them."""
        names = {name for name in self.present if name not in self.by_name}
        for card, former in self.former.items():
            names.add(card)
            names.update(former)
        self.natural = {name: card_key(*name) for name in names}
        self._look_up(self.natural.values())

    def _look_up(self, keys: Collection[bytes]) -> None:
        if not keys:
            return
        found = self.library.roots(keys)
        self.roots.update(found)
        unknown = {root for root in found.values() if root not in self.by_key}
        for row in self.library.keyed(unknown) if unknown else ():
            self.by_key[row.key] = row
            self.row_keys.add(row.key)

    def _load_used_entries(self) -> set[bytes]:
        whole = {name[:2] for name in self.natural}
        made = [self.natural.get((*pair, "")) or card_key(*pair) for pair in whole]
        return set(self.library.entries(made)) if made else set()

    def _keep_entries(self) -> None:
        """Siblings share the entry of the first of them that has a row, one of their name before others."""
        for rows in filter(None, (self.by_name, self.claims)):
            for deck in self.decks:
                for card in deck.cards:
                    row = rows.get(_name(card))
                    if row is not None:
                        self.entries.setdefault((card.deck, card.id), row.entry)

    # Which row is which card.

    def _claims(self) -> dict[Name, Known]:
        """The rows that cards without a row of their name take over.

        First by the names in `was`, the newest before older ones; then by a `was` name that its row
        has given up since; last by the card's own name, when it was given up and comes back with
        the very text it had, as it does when a rename is taken back.
        """
        claims: dict[Name, Known] = {}
        nameless = [card for deck in self.decks for card in deck.cards if _name(card) not in self.by_name]
        with_former = [card for card in nameless if _name(card) in self.former]
        for card in with_former:
            self._claim(claims, card, self._rows_named(card))
        for card in with_former:
            self._claim(claims, card, self._rows_once_named(reversed(self.former[_name(card)])))
        for card in nameless if self.roots else ():
            own = self._rows_once_named((_name(card),))
            self._claim(claims, card, (row for row in own if row.content_hash == content(card)[0]))
        return claims

    def _claim(self, claims: dict[Name, Known], card: Card, rows: Iterable[Known]) -> None:
        name = _name(card)
        if name in claims:
            return
        for row in rows:
            if row.key not in self.spoken_for:
                self.spoken_for.add(row.key)
                claims[name] = row
                return

    def _rows_named(self, card: Card) -> Iterator[Known]:
        for name in reversed(self.former[_name(card)]):
            row = self.by_name.get(name)
            if row is not None:
                yield row

    def _rows_once_named(self, names: Iterable[Name]) -> Iterator[Known]:
        for name in names:
            row = self.by_key.get(self.roots.get(self.natural[name], b"no key"))
            if row is not None and self._is_gone(row):
                yield row

    def _is_gone(self, row: Known) -> bool:
        """Whether no file has this card: it is retired, or missing from a file of this import."""
        return _name(row) not in self.present and bool(row.retired or row.deck in self.imported)

    # Plans.

    def plans(self) -> list[DeckPlan]:
        plans = [self._plan(deck) for deck in self.decks]
        by_deck = {plan.deck.id: plan for plan in plans}
        for row in self.by_name.values():
            left = row.deck in self.imported and _name(row) not in self.present
            if left and not row.retired and row.key not in self.spoken_for:
                by_deck[row.deck].retired.append(row)
        needed = self._needed()
        for plan in plans:
            plan.retired.sort(key=lambda row: row.position)
            self._tell_fields(plan)
            self._tell_needs(plan, needed)
        return plans

    def _plan(self, deck: Deck) -> DeckPlan:
        plan = DeckPlan(deck)
        for card in deck.cards:
            name = _name(card)
            row = self.by_name.get(name)
            claimed = self.claims.get(name)
            if row is not None:
                self._keep(plan, card, row)
            elif claimed is not None:
                self._move(plan, card, claimed)
            else:
                self._add(plan, card)
        return plan

    def _keep(self, plan: DeckPlan, card: Card, row: Known) -> None:
        placed = self._placed(card, row.key, row)
        came_from = None
        if card.was:
            came_from = self._take_in_former(plan, card, row.key, take_over=False)
            self._join_free_names(plan, card, row.key, own=False)
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

    def _move(self, plan: DeckPlan, card: Card, row: Known) -> None:
        placed = self._placed(card, row.key, row)
        plan.moved.append(placed._replace(came_from=_full_name(_name(row))))
        if row.deck not in self.imported:
            plan.robbed.add(row.deck)
        if card.was:
            self._take_in_former(plan, card, row.key, take_over=True)
        self._join_free_names(plan, card, row.key, own=True)

    def _add(self, plan: DeckPlan, card: Card) -> None:
        key, first = self._new_key(plan, card)
        self._new_entry(card, first)
        self.row_keys.add(key)
        self.roots[key] = key
        plan.added.append(self._placed(card, key, None))
        if card.was:
            self._join_free_names(plan, card, key, own=True)

    def _placed(self, card: Card, key: bytes, row: Known | None) -> Placed:
        content_hash, tags, extra = content(card)
        keeps_name = row is not None and _name(row) == _name(card)
        entry = row.entry if row is not None and keeps_name else self.entries[card.deck, card.id]
        shifted = row is None or row.position != card.position
        if card.needs:
            self.keys[_name(card)] = key
        return Placed(card, key, entry, content_hash, tags, extra, (), None, shifted)

    def _new_key(self, plan: DeckPlan, card: Card) -> tuple[bytes, tuple[str, str, int]]:
        """The key of a card that has no row, and the deck, id and generation it is made from.

        It is that of its oldest name no other card here stands under. A key the log knows joined to
        others, of a card that has no row yet, leads to the key they all stand under.
        """
        own = _name(card)
        for name in (*self.former.get(own, ()), own):
            root = self._root(self.natural[name])
            if root is None:
                return self.natural[name], (name[0], name[1], 1)
            if root not in self.row_keys:
                plan.met.append(root)
                return root, (name[0], name[1], 1)
        generation = 1
        while True:
            generation += 1
            key = card_key(*own, generation)
            self._look_up([key])
            if self._root(key) is None:
                return key, (card.deck, card.id, generation)

    def _new_entry(self, card: Card, first: tuple[str, str, int]) -> None:
        group = card.deck, card.id
        if group in self.entries:
            return
        deck, card_id, generation = first
        while True:
            natural = self.natural.get((deck, card_id, "")) if generation == 1 else None
            entry = natural or card_key(deck, card_id, "", generation)
            used = entry in self.used_entries or (generation > 1 and self.library.entries([entry]))
            if not used:
                self.used_entries.add(entry)
                self.entries[group] = entry
                return
            generation += 1

    # Former names.

    def _root(self, key: bytes) -> bytes | None:
        """The key this one stands under, as the database has it and this plan changes it."""
        root = self.roots.get(key)
        while root in self.joined:
            root = self.joined[root]
        return root

    def _take_in_former(self, plan: DeckPlan, card: Card, key: bytes, *, take_over: bool) -> str | None:
        """Join the rows under former names of a card that has a row; the first that had answers.

        Live cards of decks outside this import are left alone, unless this card takes over another
        row too, as a card does that has just come from there.
        A name the card had itself is settled: it does not also mean the card that took it next.
        """
        came_from = None
        for name in self.former[_name(card)]:
            row = self.by_name.get(name)
            if row is None or row.key in self.spoken_for or self._root(self.natural[name]) == key:
                continue
            if _full_name(name) in self.library.told_names(key):
                continue
            if not self._is_gone(row) and take_over:
                plan.robbed.add(row.deck)
            elif not self._is_gone(row):
                plan.unsettled = True
                plan.warnings.append(_still_live(card, name, self.paths.get(card.deck, "")))
                continue
            self.spoken_for.add(row.key)
            if came_from is None and self.library.answered([row.key]):
                came_from = _full_name(name)
            self._join(plan, Join(key, row.key, row.key, card.name, _full_name(name), absorbs=True))
        return came_from

    def _join_free_names(self, plan: DeckPlan, card: Card, key: bytes, *, own: bool) -> None:
        """Join the natural keys of a card's names that no other card stands under."""
        name = _name(card)
        for each in (*self.former.get(name, ()), *([name] if own else [])):
            natural = self.natural[each]
            root = self._root(natural) or natural
            if root != key and root not in self.row_keys:
                self._join(plan, Join(key, natural, root, card.name, _full_name(each)))

    def _join(self, plan: DeckPlan, join: Join) -> None:
        plan.joins.append(join)
        self.roots.setdefault(join.other, join.root)
        self.joined[join.root] = join.keep
        self.row_keys.discard(join.root)

    # What is told of cards that have their rows.

    def _tell_fields(self, plan: DeckPlan) -> None:
        """Say what was changed in updated cards, and warn of a hole that hides something else now."""
        stored = self.library.texts([placed.key for placed in plan.updated]) if plan.updated else {}
        path = self.paths.get(plan.deck.id, "")
        for rank, placed in enumerate(plan.updated):
            before = stored[placed.key]
            plan.updated[rank] = placed._replace(fields=changed_fields(placed, before))
            plan.warnings += other_cloze(placed.card, before["answer"], path)

    def _needed(self) -> dict[tuple[str, str], bytes]:
        """The entry of every (deck, id) that these decks need; of an unknown one, what it would have."""
        names = {name for needs in needs_of(self.decks).values() for name in needs}
        elsewhere = names.difference(self.entries)
        known = {(row.deck, row.id): row.entry for row in self.library.named(elsewhere)} if elsewhere else {}
        return {name: self.entries.get(name) or known.get(name) or card_key(*name) for name in names}

    def _tell_needs(self, plan: DeckPlan, needed: Mapping[tuple[str, str], bytes]) -> None:
        """Which entries the cards of a deck wait for; needs that go in a circle hold nothing back."""
        if not needed:
            return
        if self.circular is None:
            groups = circles(needs_of(self.decks))
            self.circular = {name: group for group in groups for name in group}
        told: set[tuple[str, str]] = set()
        for card in plan.deck.cards:
            circle = self.circular.get((card.deck, card.id), ())
            plan.needs += [
                (self.keys[_name(card)], needed[name]) for name in card.needs if name not in circle
            ]
            if circle and told.isdisjoint(circle):
                told.update(circle)
                plan.warnings.append(_circle(card, circle, self.paths.get(card.deck, "")))


def _circle(card: Card, circle: Sequence[tuple[str, str]], path: str) -> Problem:
    names = ", ".join(f"`{card_name(*name)}`" for name in circle[:5])
    message = f"{names} need each other; none of them waits for another"
    return Problem(path, card.line or 1, 1, "W206", message, "take one out of the `needs` of another")


def _still_live(card: Card, name: Name, path: str) -> Problem:
    former = _full_name(name)
    return Problem(
        path=path,
        line=card.line or 1,
        column=1,
        code="W201",
        message=f"`was` of `{card.name}` names `{former}`, a live card of another deck",
        hint=f"take `{name[1]}` out of deck `{name[0]}` and import both, or out of `was`; "
        "until then each keeps its own history",
    )
