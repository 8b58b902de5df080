"""Cards that got another id without `was`, seen by their texts: one is gone, one nearly equal is new."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from srs.deck.parse import parse_deck

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srs.model import Card
    from srs.planned import DeckPlan

Entry = tuple[str, str]
"""Deck and id."""

_NEAR = 0.75
_MOST_COMPARED = 50
_LONGEST = 500


def likely_renames(before: bytes, plan: DeckPlan) -> dict[Entry, Entry]:
    """Of each entry that vanished the new one it may have become.

    `before` are the file's bytes until then. Nothing is guessed where no new text is near.
    """
    there = {_entry(card) for card in plan.deck.cards}
    gone = {(row.deck, row.id): row.content_hash for row in plan.retired if (row.deck, row.id) not in there}
    if not gone or not plan.added:
        return {}
    draft = parse_deck(before, "").draft
    old = _first_cards(draft.cards if draft else ())
    new = _first_cards(placed.card for placed in plan.added)
    new = {entry: card for entry, card in new.items() if entry not in old}
    hashes = {placed.content_hash: _entry(placed.card) for placed in plan.added}
    found: dict[Entry, Entry] = {}
    for entry, content in list(gone.items())[:_MOST_COMPARED]:
        known = old.get(entry)
        became = hashes.get(content)
        if became not in new:
            became = _nearest(known, new) if known else None
        if became is not None:
            found[entry] = became
            del new[became]
    return found


def _first_cards(cards: Iterable[Card]) -> dict[Entry, Card]:
    found: dict[Entry, Card] = {}
    for card in cards:
        found.setdefault(_entry(card), card)
    return found


def _nearest(old: Card, new: dict[Entry, Card]) -> Entry | None:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_said(old))
    best: tuple[float, Entry | None] = (_NEAR, None)
    for entry, card in list(new.items())[:_MOST_COMPARED]:
        matcher.set_seq1(_said(card))
        if matcher.real_quick_ratio() > best[0] and matcher.quick_ratio() > best[0]:
            best = max(best, (matcher.ratio(), entry), key=lambda pair: pair[0])
    return best[1]


def _said(card: Card) -> str:
    return f"{card.question}\n{card.answer}"[:_LONGEST]


def _entry(card: Card) -> Entry:
    return card.deck, card.id
