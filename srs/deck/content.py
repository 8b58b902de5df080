"""What a card says, as one hash; and what of it was changed."""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from srs.card_extra import packed
from srs.deck.clean import quoted
from srs.model import Problem
from srs.planned import CAME_FROM, TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from srs.model import Card
    from srs.planned import Placed

_SIGNS = ".,;:!?\"'`()[]{}“”‘’…"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def content(card: Card) -> tuple[bytes, str, str]:
    """The hash of all a card says (16 bytes), its tags and its extra as JSON; not where it stands."""
    tags = _encode_tags(card.tags)
    extra = packed(card)
    texts = (card.term, card.scenario, card.question, card.answer, card.explanation, card.source, tags, extra)
    # Lengths keep one field from running into the next; JSON would say it at three times the cost.
    said = "".join(["-" if text is None else f"{len(text)}:{text}" for text in texts])
    return sha256(said.encode()).digest()[:16], tags, extra


@lru_cache(maxsize=4096)
def _encode_tags(tags: tuple[str, ...]) -> str:
    return _encode(tags)


def changed_fields(placed: Placed, stored: Mapping[str, str | None]) -> tuple[str, ...]:
    """The names of the fields that say something else now, keys of `extra` by their own names."""
    changed = [name for name in TEXT_FIELDS if getattr(placed.card, name) != stored[name]]
    if placed.tags != stored["tags"]:
        changed.append("tags")
    if placed.extra != stored["extra"]:
        before, now = json.loads(stored["extra"] or "{}"), json.loads(placed.extra)
        missing = object()
        changed += [
            key
            for key in sorted({*before, *now} - {CAME_FROM})
            if before.get(key, missing) != now.get(key, missing)
        ]
    return tuple(changed)


def same_words(one: str, other: str) -> bool:
    """Whether two texts have a word in common, or one stands in the other."""
    first, second = one.casefold(), other.casefold()
    return first in second or second in first or not set(_words(first)).isdisjoint(_words(second))


def _words(text: str) -> list[str]:
    """The words of a text without the signs round them; of one that has only signs, what blanks part."""
    return [word.strip(_SIGNS) for word in text.split() if word.strip(_SIGNS)] or text.split()


def other_cloze(card: Card, before: str | None, path: str) -> Iterator[Problem]:
    """A warning where a hole of a cloze hides something wholly different from what it hid."""
    if not card.is_cloze or not before or same_words(card.answer, before):
        return
    message = (
        f"the hole {card.variant} of `{card.deck}/{card.id}` hid {quoted(before)}, now {quoted(card.answer)}"
    )
    hint = "its history goes on; for another question take a number that was not used yet"
    yield Problem(path, card.line or 1, 1, "W205", message, hint)
