"""From an Anki package to the cards here: which deck each is in, its id, and what changes.

A card is recognised by its key, made from its note's GUID and the number of its template or hole
(LOG §1); its id here is made once, from the text its note is sorted by, and stays. Each deck of Anki's
that holds cards is a deck here, sub-decks too, because a desired retention, parameters and the order
of new cards belong to one deck; its name stays whole (`Spanish::Verbs`), its id is `spanish.verbs`.
Cards that are kept in deck files by now keep what their files say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.content import changed_fields, content
from srs.deck.names import is_id, made_id
from srs.ids import anki_key, note_guid, uuid5
from srs.model import REVERSE, Card, Deck
from srs.planned import CAME_FROM, DeckPlan, Placed
from srs.store.importing import FileFacts
from srs.store.library import CardLibrary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srs.interop.anki_read import Package
    from srs.interop.anki_words import AnkiCard, AnkiDeck
    from srs.planned import Known
    from srs.store.journal import Journal

ORIGIN = "anki"
"""The origin of decks that came from a package and live in no file."""
_LONGEST_ID = 64
_OUR_GUID = 22


_LONGEST_GUID = 200
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class DeckHere(NamedTuple):
    """A deck row: `collection` is the moment its collection of Anki's was made, where it is one of those."""

    id: str
    name: str
    description: str
    retention: float | None
    origin: str
    collection: int | None


@dataclass(slots=True)
class PackagePlan:
    """What a package changes: a plan for each deck by id, and its cards in order.

    By Anki's card id: `keys` the key made of note and number, `roots` the one the card's row stands
    under. `doubled` are further cards of one note and number, which a damaged collection may have.
    `textless` are ids of cards that cannot be shown; their answers are kept. `owned` are cards whose
    texts a deck file says.
    """

    plans: dict[str, DeckPlan] = field(default_factory=dict)
    cards: list[AnkiCard] = field(default_factory=list)
    doubled: list[AnkiCard] = field(default_factory=list)
    keys: dict[int, bytes] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    deck_ids: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    textless: set[int] = field(default_factory=set)
    owned: set[int] = field(default_factory=set)
    collection: int = 0

    @property
    def facts(self) -> FileFacts:
        """What a deck row says in the place of a file."""
        return FileFacts(path=None, content_hash="", origin=ORIGIN, extra={ORIGIN: self.collection})


def decks_here(journal: Journal) -> dict[str, DeckHere]:
    """All decks of the database, by id."""
    found = {}
    sql = "SELECT id, name, description, desired_retention, origin, extra FROM deck"
    for deck_id, name, description, retention, origin, extra in journal.rows(sql, {}):
        collection = json.loads(extra or "{}").get(ORIGIN)
        found[deck_id] = DeckHere(deck_id, name, description, retention, origin, collection)
    return found


def plan_package(journal: Journal, package: Package) -> PackagePlan:
    """What a package changes here, in the transaction of the journal."""
    return _Planner(journal, package).plan()


class _Planner:
    def __init__(self, journal: Journal, package: Package) -> None:
        self._package = package
        self._library = CardLibrary(journal.connection, journal.learner)
        self._here = decks_here(journal)
        self._plan = PackagePlan(collection=package.collection.created)
        self._by_name = {deck.name: deck for deck in self._here.values() if deck.origin == ORIGIN}

    def plan(self) -> PackagePlan:
        """The whole plan."""
        self._take_cards()
        cards, keys = self._plan.cards, self._plan.keys
        roots = self._library.roots(list(keys.values()))
        self._plan.roots = {card: roots.get(key, key) for card, key in keys.items()}
        known = {row.key: row for row in self._library.keyed(list(set(roots.values())))}
        self._give_deck_ids(cards)
        self._taken = {(row.deck, row.id): row.key for row in self._library.of_decks(list(self._plan.plans))}
        placed = [self._place(card, known, met=keys[card.id] in roots) for card in cards]
        self._drop_empty()
        if self._package.is_whole:
            self._retire_rest(set(self._plan.roots.values()))
        self._tell_fields(known)
        self._number(one for one in placed if one is not None)
        return self._plan

    def _take_cards(self) -> None:
        seen: set[bytes] = set()
        cards = sorted(self._package.cards(), key=_order)
        ours = _exported_from_here(self._library) if any(_may_be_ours(card.guid) for card in cards) else {}
        for card in cards:
            key = ours.get((card.guid, card.ord)) or anki_key(card.guid, card.ord)
            if key in seen:
                self._plan.doubled.append(card)
                continue
            seen.add(key)
            self._plan.cards.append(card)
            self._plan.keys[card.id] = key

    # Decks.

    def _give_deck_ids(self, cards: Iterable[AnkiCard]) -> None:
        """An id for each deck that holds cards: the one it has, or one made from its name."""
        wanted = dict.fromkeys(card.deck for card in cards)
        decks = [self._package.decks[deck] for deck in wanted if deck in self._package.decks]
        for deck in sorted(decks, key=lambda deck: deck.name):
            here = self._by_name.get(deck.name)
            deck_id = here.id if here else self._free_deck_id(deck.name)
            self._plan.deck_ids[deck.id] = deck_id
            self._plan.plans[deck_id] = DeckPlan(Deck(deck_id, deck.name, deck.description, _retention(deck)))

    def _free_deck_id(self, name: str) -> str:
        base = deck_id_of(name)
        number, found = 1, base
        while found in self._here or found in self._plan.plans:
            number += 1
            found = f"{base[: _LONGEST_ID - 4]}-{number}"
        return found

    # Cards.

    def _place(self, card: AnkiCard, known: dict[bytes, Known], *, met: bool) -> Placed | None:
        """Put a card into the list of its deck's plan where it belongs."""
        key = self._plan.roots[card.id]
        row = known.get(key)
        if row is not None and self._here[row.deck].origin != ORIGIN:
            self._plan.owned.add(card.id)
            self._plan.names[card.id] = f"{row.deck}/{row.id}"
            return None
        if not card.question:
            self._plan.textless.add(card.id)
            return None
        deck_id = self._plan.deck_ids.get(card.deck)
        if deck_id is None:
            deck_id = self._stray_deck(card)
        plan = self._plan.plans[deck_id]
        made = self._card(card, deck_id, row)
        content_hash, tags, _ = content(made)
        extra = _encode({CAME_FROM: [card.guid[:_LONGEST_GUID], card.ord]})
        entry = row.entry if row else uuid5(json.dumps([ORIGIN, card.guid], ensure_ascii=False))
        placed = Placed(made, key, entry, content_hash, tags, extra)
        self._plan.names[card.id] = made.name
        if row is None:
            plan.added.append(placed)
            if met:
                plan.met.append(key)
        elif (row.deck, row.id) != (made.deck, made.id):
            plan.moved.append(placed._replace(came_from=f"{row.deck}/{row.id}"))
        elif row.retired:
            plan.revived.append(placed)
        elif row.content_hash != content_hash:
            plan.updated.append(placed)
        else:
            plan.unchanged += 1
            plan.shuffled.append(placed)
        return placed

    def _stray_deck(self, card: AnkiCard) -> str:
        """The deck of a card whose own one is missing from a damaged collection."""
        deck_id = self._by_name["Default"].id if "Default" in self._by_name else self._free_deck_id("Default")
        self._plan.deck_ids[card.deck] = deck_id
        self._plan.plans.setdefault(deck_id, DeckPlan(Deck(deck_id, "Default")))
        return deck_id

    def _card(self, card: AnkiCard, deck_id: str, row: Known | None) -> Card:
        return Card(
            deck=deck_id,
            id=self._card_id(card, deck_id, row),
            question=card.question,
            answer=card.answer,
            explanation=card.explanation,
            tags=tuple(dict.fromkeys(tag for tag in card.tags if tag)),
        )

    def _card_id(self, card: AnkiCard, deck_id: str, row: Known | None) -> str:
        """The id a card has, or one made from its note's text; a mark of the note's where that is taken."""
        base = row.id if row else made_id(card.title or card.question[:200])
        if row is None and card.ord:
            base = f"{base[: _LONGEST_ID - 5].rstrip('-')}-{card.ord + 1}"
        key = self._plan.roots[card.id]
        found, size = base, 4
        while self._taken.setdefault((deck_id, found), key) != key:
            mark = sha256(f"{card.guid}\0{card.ord}".encode()).hexdigest()[:size]
            found, size = f"{base[: _LONGEST_ID - 1 - size].rstrip('-')}-{mark}", size + 4
        return found

    def _number(self, placed: Iterable[Placed]) -> None:
        """Write into each list where its cards stand in their decks: new cards in Anki's order."""
        places: dict[bytes, int] = {}
        counts: dict[str, int] = {}
        for one in placed:
            counts[one.card.deck] = counts.get(one.card.deck, -1) + 1
            places[one.key] = counts[one.card.deck]
        stood = {row.key: row.position for row in self._library.of_decks(list(self._plan.plans))}
        for plan in self._plan.plans.values():
            for cards in (plan.added, plan.moved, plan.revived, plan.updated, plan.shuffled):
                cards[:] = [_at(one, places[one.key], stood.get(one.key)) for one in cards]
            plan.shuffled[:] = [one for one in plan.shuffled if one.shifted]

    def _tell_fields(self, known: dict[bytes, Known]) -> None:
        changed = [one.key for plan in self._plan.plans.values() for one in plan.updated]
        stored = self._library.texts(changed) if changed and known else {}
        for plan in self._plan.plans.values():
            plan.updated[:] = [
                one._replace(fields=changed_fields(one, stored[one.key])) for one in plan.updated
            ]

    def _drop_empty(self) -> None:
        """Forget decks none of whose cards came to stand in them: files keep them all by now."""
        plans = self._plan.plans
        empty = {deck for deck, plan in plans.items() if not plan.changes_cards and not plan.unchanged}
        self._plan.plans = {deck: plan for deck, plan in plans.items() if deck not in empty}
        here = self._plan.deck_ids.items()
        self._plan.deck_ids = {anki: deck for anki, deck in here if deck not in empty}

    def _retire_rest(self, keys: set[bytes]) -> None:
        """Retire cards that came from this very collection before and are not in it any more."""
        mine = [
            deck
            for deck in self._here.values()
            if deck.origin == ORIGIN and deck.collection == self._plan.collection
        ]
        rows = self._library.of_decks([deck.id for deck in mine])
        gone = [row for row in rows if not row.retired and row.key not in keys]
        for row in sorted(gone, key=lambda row: (row.deck, row.position)):
            if row.deck not in self._plan.plans:
                deck = self._here[row.deck]
                head = Deck(deck.id, deck.name, deck.description, deck.retention)
                self._plan.plans[row.deck] = DeckPlan(head)
            self._plan.plans[row.deck].retired.append(row)


def _may_be_ours(guid: str) -> bool:
    """Whether a GUID has the form of those an export writes; Anki's own are half as long."""
    return len(guid) == _OUR_GUID


def _exported_from_here(library: CardLibrary) -> dict[tuple[str, int], bytes]:
    """The cards here by the GUID and number under which an export writes them (`ids.note_guid`).

    An entry of a deck file is one note, its cloze another. Where cards of several ids share an entry,
    all but the first are notes by their keys.
    """
    found: dict[tuple[str, int], bytes] = {}
    rows = sorted(library.all(), key=lambda row: (row.deck, row.position, row.id, row.variant))
    for row in rows:
        if row.variant in {"", REVERSE}:
            place, kind = int(row.variant == REVERSE), ""
        else:
            place, kind = int(row.variant[1:]) - 1, "cloze"
        for name in (row.entry, row.key):
            found.setdefault((note_guid(name, kind), place), row.key)
    return found


def _at(placed: Placed, position: int, stood: int | None) -> Placed:
    card = replace(placed.card, position=position)
    return placed._replace(card=card, shifted=stood != position)


def _order(card: AnkiCard) -> tuple[int, int, int, int]:
    return (card.position if card.position is not None else 0, card.note, card.ord, card.id)


def _retention(deck: AnkiDeck) -> float | None:
    """A deck's desired retention, where it is one and not the usual."""
    retention = deck.retention
    if not isinstance(retention, int | float) or not 0.70 <= retention <= 0.99 or retention == 0.9:
        return None
    return round(retention, 4)


def deck_id_of(name: str) -> str:
    """The id made from a deck's name: its parts, joined by points."""
    named = [part for part in name.split("::") if part.strip()] or [name]
    joined = ".".join(made_id(part, otherwise="deck") for part in named)
    return joined if is_id(joined) else made_id(name, otherwise="deck")
