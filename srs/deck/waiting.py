"""Remarks on `needs`: cards that are not there, and cards that would wait for each other."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from srs.deck.clean import clean_line, quoted
from srs.deck.needing import circles, needs_of, shortest_circle
from srs.deck.problems import Finding
from srs.deck.together import one_of_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srs.deck.needing import Entry
    from srs.deck.parse import ParsedDeck
    from srs.model import Card, Deck

_SHOWN = 4
_NEAR = 0.8
_MOST_GUESSES = 50
_MOST_COMPARED = 2000
_WAITS_NOT = "a card waits for no other that is not there: name another one, or take it out"


def points_nowhere(decks: Sequence[tuple[ParsedDeck, Deck]]) -> Iterator[tuple[str, Finding]]:
    """Each `needs` that names no card of a deck that is among the files and could be read whole."""
    there = _There(decks)
    for one, deck in decks:
        for card in one_of_each(deck.cards):
            for name in card.needs:
                if there.lacks(name):
                    message = f"this card needs {_named(name, deck.id)}, and no card goes by that id"
                    yield one.path, _at(card, name, message, there.hint(name, deck.id))


class _There:
    """The cards of the decks that are checked together."""

    def __init__(self, decks: Sequence[tuple[ParsedDeck, Deck]]) -> None:
        self._ids: dict[str, set[str]] = {}
        self._now: dict[Entry, Entry] = {}
        self._guesses = 0
        for _, deck in decks:
            ids = self._ids.setdefault(deck.id, set())
            for card in one_of_each(deck.cards):
                ids.add(card.id)
                self._now |= dict.fromkeys(card.was, (deck.id, card.id))
        # Of a file with errors some cards are missing here.
        for deck_id in {deck.id for one, deck in decks if one.deck is None}:
            del self._ids[deck_id]

    def lacks(self, name: Entry) -> bool:
        """Whether the deck is here, and the card is not."""
        return name[0] in self._ids and name[1] not in self._ids[name[0]]

    def hint(self, name: Entry, deck: str) -> str:
        """What may have been meant."""
        if name in self._now:
            return f"it goes by {_named(self._now[name], deck)} now"
        ids = self._ids[name[0]]
        self._guesses += 1
        few = self._guesses <= _MOST_GUESSES and len(ids) <= _MOST_COMPARED
        near = get_close_matches(name[1], sorted(ids), n=1, cutoff=_NEAR) if few else ()
        return f"did you mean {_named((name[0], near[0]), deck)}?" if near else _WAITS_NOT


def in_circles(decks: Sequence[tuple[ParsedDeck, Deck]]) -> Iterator[tuple[str, Finding]]:
    """Each circle of `needs` once, at the first of its cards."""
    needs = needs_of(deck for _, deck in decks)
    groups = circles(needs) if needs else []
    if not groups:
        return
    group_of = {entry: rank for rank, group in enumerate(groups) for entry in group}
    told: set[int] = set()
    for one, deck in decks:
        for card in one_of_each(deck.cards):
            rank = group_of.get((card.deck, card.id))
            if rank is not None and rank not in told:
                told.add(rank)
                yield one.path, _circle(card, set(groups[rank]), needs)


def _circle(card: Card, group: set[Entry], needs: Mapping[Entry, Sequence[Entry]]) -> Finding:
    start = (card.deck, card.id)
    inside = {entry: [other for other in needs[entry] if other in group] for entry in group}
    way = shortest_circle(start, inside)
    following = way[1] if len(way) > 1 else start
    names = [_named(entry, card.deck) for entry in way]
    if len(way) == 1:
        message = f"{names[0]} needs itself"
    else:
        cut = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN + 1 else names
        message = f"these cards need each other in a circle: {' → '.join([*cut, names[0]])}"
    return _at(card, following, message, "in a circle no card waits for another: take one of the `needs` out")


def _at(card: Card, name: Entry, message: str, hint: str) -> Finding:
    """A finding at the very element of `needs`."""
    full = "/".join(name)
    entries = (full, name[1]) if name[0] == card.deck else (full,)
    return Finding("Q111", ("cards", card.entry, "needs"), message, hint, entries=entries)


def _named(name: Entry, deck: str) -> str:
    return quoted(clean_line(name[1] if name[0] == deck else "/".join(name)))
