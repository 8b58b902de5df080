"""Which card is next, from the heads of the sorted lists.

Pure: it is handed the first cards of each list and how far the session has come, and decides. The
order is steps due now; reviews and new cards interleaved; steps due within the look-ahead when
nothing else is left. A card just shown is not shown again while another can be (DESIGN §4).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal, NamedTuple

Kind = Literal["learning", "review", "new"]


class Heads(NamedTuple):
    """The first keys of each list, each in its own order; a list the session may not touch is empty."""

    steps_due: tuple[bytes, ...] = ()
    reviews: tuple[bytes, ...] = ()
    new: tuple[bytes, ...] = ()
    steps_ahead: tuple[bytes, ...] = ()


class Mix(NamedTuple):
    """How many reviews and new cards the session has in all, and how many of them it has shown."""

    reviews: int
    new: int
    reviews_shown: int = 0
    new_shown: int = 0


class Pick(NamedTuple):
    """The next card and the list it comes from."""

    card: bytes
    kind: Kind


def new_is_next(mix: Mix) -> bool:
    """Whether a new card comes before the next review, so that new ones are spread evenly.

    Of 6 reviews and 2 new cards, the new ones come after the second and the fourth review. What is due
    begins: with 2 reviews and 20 new cards, a review comes first, the other in the middle.
    """
    return mix.reviews_shown * (mix.new + 1) >= (mix.new_shown + 1) * mix.reviews


def choose(heads: Heads, mix: Mix, last: bytes | None = None) -> Pick | None:
    """The next card; None when nothing can be shown now."""
    review = _first(heads.reviews, last)
    new = _first(heads.new, last)
    both: list[tuple[bytes | None, Kind]] = [(review, "review"), (new, "new")]
    if new_is_next(mix):
        both.reverse()
    candidates: list[tuple[bytes | None, Kind]] = [
        (_first(heads.steps_due, last), "learning"),
        *both,
        (_first(heads.steps_ahead, last), "learning"),
    ]
    for card, kind in candidates:
        if card is not None:
            return Pick(card, kind)
    if last is not None and last in (*heads.steps_due, *heads.steps_ahead):
        return Pick(last, "learning")
    return None


def _first(cards: tuple[bytes, ...], last: bytes | None) -> bytes | None:
    return next((card for card in cards if card != last), None)


def spread(total: int, reviews: int, new: int) -> tuple[int, int]:
    """How many reviews and new cards are among the first `total` of their interleaving."""
    mix = Mix(reviews, new)
    for _ in range(min(total, reviews + new)):
        takes_new = mix.new_shown < new and (mix.reviews_shown >= reviews or new_is_next(mix))
        mix = mix._replace(
            reviews_shown=mix.reviews_shown + (not takes_new), new_shown=mix.new_shown + takes_new
        )
    return mix.reviews_shown, mix.new_shown


def day_pivot(day: int) -> bytes:
    """Where the walk through the keys begins on a study day (ties of one due day)."""
    return sha256(f"order of day {day}".encode()).digest()[:16]


def shuffled(cards: list[bytes], day: int) -> list[bytes]:
    """The cards in an order that depends on each card and the day alone."""
    salt = str(day).encode()
    return sorted(cards, key=lambda card: sha256(salt + card).digest())
