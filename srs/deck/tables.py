"""The tables of deck files: the cards of each entry, and the names it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.model import Card, Deck

Entry = tuple[str, str]
"""The deck and id of an entry: of one `[[cards]]` table, or of the rows that go by one name."""
Name = tuple[str, str, str]
"""A card's deck, id and variant."""


class Tables:
    """All tables of an import by deck and id, in the order of the files.

    `first` is the first card of each, `several` all cards of those that have more than one; `former`
    the `was` names of those that have any, oldest first, without names that tables have today.
    """

    def __init__(self, decks: Sequence[Deck]) -> None:
        self.names: dict[Name, Card] = {}
        self.first: dict[Entry, Card] = {}
        self.several: dict[Entry, list[Card]] = {}
        was: dict[Entry, dict[Entry, None]] = {}
        for deck in decks:
            for card in deck.cards:
                table = card.deck, card.id
                self.names[card.deck, card.id, card.variant] = card
                first = self.first.setdefault(table, card)
                if first is not card:
                    self.several.setdefault(table, [first]).append(card)
                if card.was:
                    was.setdefault(table, {}).update(dict.fromkeys(card.was))
        self.former: dict[Entry, tuple[Entry, ...]] = {
            table: tuple(name for name in names if name not in self.first) for table, names in was.items()
        }

    def __contains__(self, table: object) -> bool:
        return table in self.first

    def cards(self, table: Entry) -> Sequence[Card]:
        """The cards of a table, in its order."""
        return self.several.get(table) or (self.first[table],)
