"""Ids of decks and cards: their form, ids made from text, and the nearest known name."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""The form of a deck's and of a card's id; to be matched in full."""

FORM = "`[a-z0-9][a-z0-9._-]{0,63}`"
_LONGEST = 64
_HASHED = 8
_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST_GUESS = 40


def is_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return ID.fullmatch(text) is not None


def made_id(text: str, *, otherwise: str = "card") -> str:
    """An id made from a term or question; the same text always gives the same id.

    `What is an image digest?` gives `what-is-an-image-digest`. Where letters or digits are lost (other
    scripts, very long texts) a hash of the whole text follows, so that other texts get other ids; where
    nothing is left, `otherwise` stands before it.
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    slug = _OTHER.sub("-", letters).strip("-")
    lost = any(char.isalnum() and not char.isascii() for char in letters)
    if slug and not lost and len(slug) <= _LONGEST:
        return slug
    mark = sha256(unicodedata.normalize("NFC", text).encode("utf-8", "replace")).hexdigest()[:_HASHED]
    return f"{slug[: _LONGEST - _HASHED - 1].strip('-') or otherwise}-{mark}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one; None where none is."""
    if len(name) > _LONGEST_GUESS:
        return None
    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.65)
    return close[0] if close else None
