"""Cards as JSON: all that is known of decks, their cards and what FSRS believes of each; and its schema.

Dates are ISO 8601, study days as dates, moments in UTC. The same database gives the same text.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from srs.days import date_of, moment
from srs.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.model import Deck, Memory
    from srs.store.reading import CardOnFile

FORMAT = "srs.cards"
VERSION = 1


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _said(kind: str, meaning: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON Schema
    return {"type": kind, "description": meaning, **more}


def _maybe(kind: str, meaning: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON Schema
    return {"type": [kind, "null"], "description": meaning, **more}


_TEXTS = {"type": "array", "items": {"type": "string"}}
_MEMORY = _object(
    {
        "state": {"enum": [state.word for state in State]},
        "step": _maybe("integer", "which step, from 0; null outside of steps"),
        "stability": _maybe("number", "days until recall falls to 90 %"),
        "difficulty": _maybe("number", "1 to 10"),
        "due": _maybe("string", "a date in review, a moment in steps"),
        "interval": _said("integer", "scheduled whole days; 0 outside of review"),
        "last_at": _maybe("string", "the moment of its newest answer"),
        "last_day": _maybe("string", "the study day of its newest answer"),
        "reps": _said("integer", "answers since it was last forgotten"),
        "lapses": _said("integer", "of these, Again while in review"),
        "suspended": _said("boolean", "out of the queue by hand, or as a leech"),
        "flagged": _said("boolean", "marked by hand"),
        "buried_until": _maybe("string", "out of the queue before this study day"),
    }
)
_CARD = _object(
    {
        "name": _said("string", "deck/id, with #variant where there is one"),
        "id": _said("string", "its id in the deck; the cards of one entry share it"),
        "variant": _said("string", "empty, `reverse`, or the hole number `c1`, `c2` …"),
        "key": _said("string", "what its lines of the log are written under, 32 hexadecimal digits"),
        "retired": _said("boolean", "gone from its file, or put away"),
        "term": _maybe("string", "the word it is about"),
        "scenario": _maybe("string", "what is said before the question"),
        "question": _said("string", "what is asked"),
        "answer": _said("string", "the answer"),
        "explanation": _maybe("string", "what is told after the answer"),
        "source": _maybe("string", "where it comes from"),
        "tags": _TEXTS,
        "choices": {
            "type": "array",
            "items": _object({"text": _said("string", "wrong"), "why": _maybe("string", "why it is wrong")}),
        },
        "accept": _TEXTS,
        "cloze": _maybe("string", "the sentence with its holes, as written"),
        "hint": _maybe("string", "what its hole says on demand"),
        "needs": _TEXTS,
        "memory": _MEMORY,
    }
)
_DECK = _object(
    {
        "id": _said("string", "its id"),
        "name": _said("string", "its name"),
        "description": _said("string", "what it says of itself"),
        "desired_retention": _maybe("number", "its own, 0.70 to 0.99; null: that of the settings"),
        "mode": _maybe("string", "how its cards are asked; null: as in the settings"),
        "origin": _said("string", "`file`, `anki`, or `log` for cards that came with a history alone"),
        "path": _maybe("string", "the file it was read from last"),
        "cards": {"type": "array", "items": _CARD},
    }
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Cards exported by srs",
    **_object({"format": {"const": FORMAT}, "version": {"const": VERSION}, "decks": {"type": "array"}}),
}
SCHEMA["properties"]["decks"]["items"] = _DECK
"""The JSON Schema (draft 2020-12) of `json_text`."""


def json_text(decks: Iterable[tuple[Deck, str, str | None, Sequence[CardOnFile]]]) -> str:
    """Decks, each with its origin, path and cards, as indented JSON with a newline at its end."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "decks": [
            {
                "id": deck.id,
                "name": deck.name,
                "description": deck.description,
                "desired_retention": deck.desired_retention,
                "mode": deck.mode,
                "origin": origin,
                "path": path,
                "cards": [_card(on_file) for on_file in cards],
            }
            for deck, origin, path, cards in decks
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _card(on_file: CardOnFile) -> dict[str, Any]:
    card = on_file.card
    return {
        "name": card.name,
        "id": card.id,
        "variant": card.variant,
        "key": on_file.key.hex(),
        "retired": on_file.retired,
        "term": card.term,
        "scenario": card.scenario,
        "question": card.question,
        "answer": card.answer,
        "explanation": card.explanation,
        "source": card.source,
        "tags": list(card.tags),
        "choices": [{"text": choice.text, "why": choice.why} for choice in card.choices],
        "accept": list(card.accept),
        "cloze": card.cloze,
        "hint": card.hint,
        "needs": [f"{deck}/{card_id}" for deck, card_id in card.needs],
        "memory": _memory(on_file.memory),
    }


def _memory(memory: Memory) -> dict[str, Any]:
    due = _date(memory.due_day) if memory.due_day is not None else _moment(memory.due_at)
    return {
        "state": memory.state.word,
        "step": memory.step,
        "stability": memory.stability,
        "difficulty": memory.difficulty,
        "due": due,
        "interval": memory.interval,
        "last_at": _moment(memory.last_at),
        "last_day": _date(memory.last_day),
        "reps": memory.reps,
        "lapses": memory.lapses,
        "suspended": memory.suspended,
        "flagged": memory.flagged,
        "buried_until": _date(memory.buried_until),
    }


def _date(day: int | None) -> str | None:
    return None if day is None else date_of(day).isoformat()


def _moment(ms: int | None) -> str | None:
    if ms is None:
        return None
    return moment(ms, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
