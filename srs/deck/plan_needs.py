"""Which entries the cards of an import wait for, and what is to be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.deck.needing import circles, needs_of
from srs.model import Problem, card_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from srs.deck.library import Library
    from srs.deck.needing import Entry
    from srs.model import Card, Deck
    from srs.planned import DeckPlan


class Needs:
    """The needs of decks imported together, seen with those of all other decks.

    Needs that go in a circle hold nothing back, or all of its cards would wait for ever; the last file
    that closes the circle gives way, and is read again each time until the circle is gone.
    """

    def __init__(self, decks: Sequence[Deck], library: Library) -> None:
        self._needs = needs_of(decks)
        self._circular: dict[Entry, tuple[Entry, ...]] = {}
        self._known: set[Entry] = set()
        if not self._needs:
            return
        here = {deck.id for deck in decks}
        foreign = {name for needs in self._needs.values() for name in needs if name[0] not in here}
        elsewhere = library.needs_elsewhere(here) if foreign else {}
        self._circular = {name: group for group in circles({**elsewhere, **self._needs}) for name in group}
        self._known = {(card.deck, card.id) for deck in decks for card in deck.cards}
        if foreign:
            self._known |= {(row.deck, row.id) for row in library.named(foreign) if not row.retired}

    def tell(self, plan: DeckPlan, keys: Mapping[tuple[str, str, str], bytes], path: str) -> None:
        """Note what the cards of a deck wait for (`keys` by name), and warn of what cannot be waited for."""
        if not self._needs:
            return
        told: set[Entry] = set()
        for card in plan.deck.cards:
            entry = (card.deck, card.id)
            circle = self._circular.get(entry, ())
            waits_for = [name for name in card.needs if name not in circle]
            plan.needs += [(keys[card.deck, card.id, card.variant], *name) for name in waits_for]
            if entry in told or not card.needs:
                continue
            if circle and told.isdisjoint(circle):
                plan.warnings.append(_circle(card, circle, path))
                plan.unsettled |= any(name[0] != card.deck for name in circle)
            told.update(circle, {entry})
            plan.warnings += [_unknown(card, name, path) for name in waits_for if name not in self._known]


def _circle(card: Card, circle: Sequence[Entry], path: str) -> Problem:
    names = ", ".join(f"`{card_name(*name)}`" for name in circle[:5])
    message = f"{names} need each other, so none of them waits for another"
    if len(circle) == 1:
        message = f"{names} needs itself, so it waits for nothing"
    return Problem(path, card.line or 1, 1, "W206", message, "take one of these names out of `needs`")


def _unknown(card: Card, name: Entry, path: str) -> Problem:
    message = (
        f"`{card.deck}/{card.id}` needs `{card_name(*name)}`, which is no card here; it does not wait for it"
    )
    hint = "right the name in `needs`, or import the deck it is in"
    return Problem(path, card.line or 1, 1, "W207", message, hint)
