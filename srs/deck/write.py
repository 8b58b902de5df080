"""A deck as TOML text, in the style of the decks that come along."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from srs.deck.cloze import read_cloze
from srs.deck.entries import made_question
from srs.model import REVERSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.model import Card, Choice, Deck

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
    if deck.mode is not None:
        head.append(f"mode = {_string(deck.mode)}")
    entries = [list(cards) for _, cards in groupby(deck.cards, key=lambda card: card.entry)]
    tables = ["\n".join(head), *("\n".join(_entry(cards)) for cards in entries)]
    return "\n\n".join(tables) + "\n"


def _entry(cards: Sequence[Card]) -> Iterable[str]:
    """The rows of the table that gives these cards."""
    first = cards[0]
    variants = {card.variant: card for card in cards}
    plain, back = variants.get(""), variants.get(REVERSE)
    cloze = next((card for card in cards if card.cloze), None)
    yield "[[cards]]"
    yield f"id = {_string(first.id)}"
    texts = {
        "term": first.term,
        "scenario": first.scenario,
        "question": _own_question(plain) if plain or not cloze else _above_sentence(cloze),
        "answer": plain.answer if plain else None,
    }
    yield from (f"{key} = {_string(text)}" for key, text in texts.items() if text)
    if back:
        yield "reverse = true"
    if cloze and cloze.cloze:
        yield f"cloze = {_string(cloze.cloze)}"
    if first.choices:
        yield f"choices = [{', '.join(map(_choice, first.choices))}]"
    accept = back.accept if back else first.accept
    if accept:
        yield f"accept = {_list(accept)}"
    if first.explanation:
        yield f"explanation = {_string(first.explanation)}"
    if first.tags:
        yield f"tags = {_list(first.tags)}"
    if first.needs:
        yield f"needs = {_names(first, first.needs)}"
    if first.source:
        yield f"source = {_string(first.source)}"
    if first.was:
        yield f"was = {_names(first, first.was)}"


def _own_question(card: Card | None) -> str | None:
    """The question of a plain card, unless it is the one made from its term."""
    if card is None or (card.term is not None and card.question == made_question(card.term)):
        return None
    return card.question


def _above_sentence(card: Card) -> str:
    """What a cloze card asks above its sentence."""
    sentence = read_cloze(card.cloze or "").question(int(card.variant[1:]))
    return card.question.removesuffix(sentence).removesuffix("\n")


def _choice(choice: Choice) -> str:
    if choice.why is None:
        return _string(choice.text)
    return f"{{ text = {_string(choice.text)}, why = {_string(choice.why)} }}"


def _names(card: Card, names: Iterable[tuple[str, str]]) -> str:
    """Cards of its own deck by their id alone."""
    return _list(card_id if deck == card.deck else f"{deck}/{card_id}" for deck, card_id in names)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_string, texts))}]"


def _string(text: str) -> str:
    """A basic string; over several lines where the text has them, with the quotes on their own rows."""
    if "\n" not in text:
        return f'"{text.translate(_ESCAPES)}"'
    body = text.replace("\\", "\\\\")
    body = _QUOTES.sub(lambda quotes: quotes[0].replace('"', '\\"'), body)
    return f'"""\n{body}\n"""'
