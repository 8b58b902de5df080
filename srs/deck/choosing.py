"""Choices that tell by their lengths alone which one is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.deck.problems import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srs.deck.wording import Words
    from srs.model import Card, Deck

LEAST_LENGTH = 12
"""Of answers shorter than this, in characters, the length tells nothing."""

LEAST_CARDS = 8
"""From so many cards with choices on, a deck may have a habit."""

_FAR = 1.25


def far_lengths(card: Card, _words: Words) -> Iterator[Finding]:
    """The right one is longer or shorter than every other one, by more than a quarter."""
    right = len(card.answer)
    if not card.choices or right < LEAST_LENGTH:
        return
    wrong = [len(choice.text) for choice in card.choices]
    if right > _FAR * max(wrong):
        message = f"the right choice is by far the longest: {right} characters, the others up to {max(wrong)}"
        hint = "shorten the answer, or say the wrong ones with as much care"
    elif _FAR * right < min(wrong):
        message = f"the right choice is by far the shortest: {right} characters, the others from {min(wrong)}"
        hint = "shorten the wrong ones, or tell as much in the answer"
    else:
        return
    yield Finding("Q108", ("cards", card.entry, "choices"), message, hint)


def longest_by_habit(deck: Deck) -> Iterator[Finding]:
    """The right one is the longest in more than half of a deck's cards with choices."""
    cards = [card for card in deck.cards if card.choices and len(card.answer) >= LEAST_LENGTH]
    longest = sum(len(card.answer) > max(len(choice.text) for choice in card.choices) for card in cards)
    if len(cards) >= LEAST_CARDS and 2 * longest > len(cards):
        message = f"in {longest:,} of {len(cards):,} cards the right choice is the longest"
        hint = "who sees that picks the longest; with three wrong ones, one card in four is fair"
        yield Finding("Q108", ("deck",), message, hint)
