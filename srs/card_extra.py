"""What a card says besides its texts, as the JSON object that its row keeps; absent means empty.

`{"choices": [["text", "why"], ["text"]], "accept": […], "cloze": "…", "hint": "…", "needs": ["deck/id"]}`
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from srs.model import Choice

if TYPE_CHECKING:
    from srs.model import Card

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def packed(card: Card) -> str:
    """The object of a card as canonical JSON."""
    if not (card.choices or card.accept or card.needs or card.cloze):
        return "{}"
    said: dict[str, Any] = {
        "choices": [[text, why] if why else [text] for text, why in card.choices],
        "accept": card.accept,
        "cloze": card.cloze,
        "hint": card.hint,
        "needs": [f"{deck}/{card_id}" for deck, card_id in card.needs],
    }
    return _encode({key: value for key, value in said.items() if value})


def unpacked(text: str) -> dict[str, Any]:
    """The fields of `Card` that an object of `packed` gives."""
    if text == "{}":
        return {}
    said: dict[str, Any] = json.loads(text)
    fields: dict[str, Any] = {key: said[key] for key in ("cloze", "hint") if key in said}
    fields["choices"] = tuple(Choice(*choice) for choice in said.get("choices", ()))
    fields["accept"] = tuple(said.get("accept", ()))
    names = (name.partition("/") for name in said.get("needs", ()))
    fields["needs"] = tuple((deck, card_id) for deck, _, card_id in names)
    return fields
