"""A deck as TOML text, in the style of the decks that come along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from srs.deck.parse import made_question

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srs.model import Card, Deck

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})
_QUOTES = re.compile('""+')


def write_deck(deck: Deck) -> str:
    """The deck as a TOML text that `parse_deck` reads back to the same deck.

    Texts are to be clean (`clean_text`) and without blanks at their end; names, terms, tags and ids
    are single lines. A card's line in its file is not kept: it is where the card stands now.
    """
    head = ["[deck]", f"id = {_string(deck.id)}", f"name = {_string(deck.name)}"]
    if deck.description:
        head.append(f"description = {_string(deck.description)}")
    if deck.desired_retention is not None:
        head.append(f"desired_retention = {deck.desired_retention!r}")
    tables = ["\n".join(head), *("\n".join(_card(card)) for card in deck.cards if not card.variant)]
    return "\n\n".join(tables) + "\n"


def _card(card: Card) -> Iterable[str]:
    yield "[[cards]]"
    yield f"id = {_string(card.id)}"
    made = card.term is not None and card.question == made_question(card.term)
    texts = {
        "term": card.term,
        "scenario": card.scenario,
        "question": None if made else card.question,
        "answer": card.answer,
        "explanation": card.explanation,
    }
    yield from (f"{key} = {_string(text)}" for key, text in texts.items() if text)
    if card.tags:
        yield f"tags = {_list(card.tags)}"
    if card.source:
        yield f"source = {_string(card.source)}"
    if card.was:
        yield f"was = {_list(old if deck == card.deck else f'{deck}/{old}' for deck, old in card.was)}"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_string, texts))}]"


def _string(text: str) -> str:
    """A basic string; over several lines where the text has them, with the quotes on their own rows."""
    if "\n" not in text:
        return f'"{text.translate(_ESCAPES)}"'
    body = text.replace("\\", "\\\\")
    body = _QUOTES.sub(lambda quotes: quotes[0].replace('"', '\\"'), body)
    return f'"""\n{body}\n"""'
