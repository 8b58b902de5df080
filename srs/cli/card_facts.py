"""What goes with a card beside its text and its memory: choices, what it waits for, how it was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srs.deck.clean import clean_line
from srs.model import State, card_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srs.model import Answer, Card
    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile

_DONE = {"choice": "picked", "type": "typed"}

# What the queue holds a new card back for: needed entries of which no card was passed, and one is in use.
_NEEDED = (
    "EXISTS (SELECT 1 FROM card c JOIN memory w ON w.learner = :learner AND w.card = c.key"
    " WHERE c.deck = n.deck AND c.id = n.id AND {condition})"
)
_WAITED_FOR = (
    "SELECT n.deck, n.id FROM card_need n WHERE n.card = :card"
    f" AND {_NEEDED.format(condition='w.shelf = 0')} AND NOT {_NEEDED.format(condition='w.passed = 1')}"
)


def waits_for(rows: Rows, learner: str, on_file: CardOnFile) -> tuple[str, ...]:
    """The entries a new card is held back for, in the order its file names them."""
    if on_file.memory.state is not State.NEW or not on_file.card.needs:
        return ()
    found = rows(_WAITED_FOR, {"card": on_file.key, "learner": learner})
    order = {need: rank for rank, need in enumerate(on_file.card.needs)}
    known = sorted((deck, card_id) for deck, card_id in found)
    # One that goes by another name now is not in the file's list.
    return tuple(card_name(*name) for name in sorted(known, key=lambda name: order.get(name, len(order))))


def facts_of(card: Card) -> Iterator[tuple[str, str]]:
    """What is told under a label: choices with why they are wrong, other right answers, hint, needs."""
    if card.choices:
        rows = []
        for choice in card.choices:
            rows.append(clean_line(choice.text))
            rows += [f"  {clean_line(choice.why)}"] if choice.why else []
        yield "Choices", "\n".join(rows)
    if card.accept:
        yield "Accepted", ", ".join(map(clean_line, card.accept))
    if card.hint:
        yield "Hint", clean_line(card.hint)
    if card.needs:
        yield "Needs", clean_line(", ".join(card_name(*need) for need in card.needs))


def facts_json(card: Card) -> dict[str, Any]:
    """The same as the JSON of `srs show`."""
    return {
        "choices": [{"text": choice.text, "why": choice.why} for choice in card.choices],
        "accept": list(card.accept),
        "cloze": card.cloze,
        "hint": card.hint,
        "needs": [card_name(*need) for need in card.needs],
    }


def way_words(answer: Answer) -> str:
    """How an answer was given, in a word or two: `choice`, `type, hint`; nothing where it was revealed."""
    way = answer.mode if answer.mode not in (None, "reveal") else None
    return ", ".join(filter(None, (clean_line(way) if way else "", "hint" if answer.hinted else "")))


def response_words(answer: Answer) -> str:
    """The same with what was answered: `choice: picked “A file.”`, `type: typed “latset”, with the hint`."""
    way = way_words(answer).removesuffix("hint").removesuffix(", ")
    if way in _DONE:
        said = f"“{clean_line(answer.response)}”" if answer.response else "nothing"
        way = f"{way}: {_DONE[way]} {said}"
    elif answer.response:
        way = f"{way or 'answered'}: “{clean_line(answer.response)}”"
    return ", ".join(filter(None, (way, "with the hint" if answer.hinted else "")))


def how_json(answer: Answer) -> dict[str, Any]:
    """The keys of an answer's JSON that tell how it was given."""
    return {"mode": answer.mode, "hinted": answer.hinted, "response": answer.response}
