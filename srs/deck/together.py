"""Problems that show only when several deck files are imported together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.deck.clean import clean_line, quoted
from srs.deck.problems import Finding, Findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from srs.deck.parse import ParsedDeck
    from srs.model import Card, Deck, Problem


def check_together(parsed: Sequence[ParsedDeck]) -> dict[str, tuple[Problem, ...]]:
    """The problems between the files of one import, by path; files without any are left out.

    Two files with one deck id are an error in both, and a `was` that names a live card of another
    file in the file that says so. Files that have errors of their own are not looked at: nothing of
    them is imported.
    """
    findings: dict[str, Findings] = {}
    readable = [(one, one.deck) for one in parsed if one.deck is not None]
    by_id: dict[str, list[tuple[ParsedDeck, Deck]]] = {}
    for one, deck in readable:
        by_id.setdefault(deck.id, []).append((one, deck))
    for deck_id, group in by_id.items():
        if len(group) > 1:
            for one, _ in group:
                others = [other.path for other, _ in group if other is not one]
                findings.setdefault(one.path, Findings()).add(_one_deck_id(deck_id, others))
    moved = [(one, card) for one, deck in readable for card in one_of_each(deck.cards) if card.was]
    live = _live_cards({name for _, card in moved for name in card.was}, by_id)
    for one, card in moved:
        found = _still_there(card, live)
        if found:
            findings.setdefault(one.path, Findings()).extend(found)
    return {
        one.path: findings[one.path].placed(one.path, one.text, lines_of_cards(deck))
        for one, deck in readable
        if one.path in findings
    }


def one_of_each(cards: Iterable[Card]) -> Iterator[Card]:
    """The first card of each entry of a deck: what all cards of an entry share is looked at once."""
    entry = -1
    for card in cards:
        if card.entry != entry:
            entry = card.entry
            yield card


def lines_of_cards(deck: Deck) -> dict[int, int | None]:
    """The line of each entry of a deck by its number, for `Findings.placed`.

    An entry that is not in the deck, since it could not be read, counts as part of the one before it.
    """
    lines: dict[int, int | None] = {}
    after = 0
    for card in one_of_each(deck.cards):
        lines[after] = lines[card.entry] = card.line
        after = card.entry + 1
    return lines


def _one_deck_id(deck_id: str, others: list[str]) -> Finding:
    paths = ", ".join(f"`{clean_line(path)}`" for path in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    message = f"the deck id `{deck_id}` is taken by {paths}{more}"
    return Finding("E102", ("deck", "id"), message, "give one of the decks another id")


def _live_cards(
    names: set[tuple[str, str]], by_id: Mapping[str, list[tuple[ParsedDeck, Deck]]]
) -> dict[tuple[str, str], tuple[str, int | None]]:
    """Path and line of the cards of this import that go by one of these names."""
    return {
        (deck.id, card.id): (one.path, card.line)
        for deck_id in {deck_id for deck_id, _ in names}
        for one, deck in by_id.get(deck_id, ())
        for card in deck.cards
        if (deck.id, card.id) in names
    }


def _still_there(card: Card, live: Mapping[tuple[str, str], tuple[str, int | None]]) -> list[Finding]:
    found = []
    for rank, (deck_id, old) in enumerate(card.was):
        place = live.get((deck_id, old))
        if place is None:
            continue
        message = f"{quoted(f'{deck_id}/{old}')} is still a card of `{clean_line(place[0])}`, line {place[1]}"
        hint = "a card that moved is taken out of its old file"
        found.append(Finding("E114", ("cards", card.entry, "was", rank), message, hint))
    return found
