"""From the values of one `[[cards]]` table to its cards: the plain one, the reverse, one a hole number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srs.deck.clean import is_blank, quoted
from srs.deck.cloze import read_cloze
from srs.deck.problems import Finding
from srs.model import REVERSE, Card

if TYPE_CHECKING:
    from srs.deck.cloze import Cloze
    from srs.deck.lines import Path
    from srs.deck.problems import Findings

REVERSE_QUESTION = "Which term is this?"

_HOLE_HINT = "a hole is written `{{c1::hidden}}`, with a hint `{{c1::hidden::hint}}`, numbers from 1 to 999"
_BESIDE_HINT = "an `answer` beside a `cloze` is that of a question: ask one, or leave the answer out"
_WHOSE_HINT = "they go with an `answer`, or with a `cloze` of one number"
_KIND_KEYS = frozenset({"reverse", "cloze", "choices", "accept"})


def made_question(term: str) -> str:
    """What is asked for a card that has a term and no question of its own."""
    return f"What does “{term}” mean?"


def check_entry(values: dict[str, Any], where: Path, findings: Findings) -> None:
    """Note what a table lacks, and what in it does not fit together.

    A `cloze` is replaced by what was read from it; by None where it could not be. What was refused
    already (None) is not told again.
    """
    if not _KIND_KEYS.isdisjoint(values):
        _check_kinds(values, where, findings)
    asks = "answer" in values or "cloze" not in values
    answer = values.get("answer", "")
    if answer is not None and is_blank(answer) and asks:
        _missing("answer", values, where, findings)
    question = values.get("question", "")
    if question is not None and is_blank(question) and asks:
        term = values.get("term", "")
        if term is not None and is_blank(term):
            if "question" in values or "term" in values:
                _missing("question" if "question" in values else "term", values, where, findings)
            else:
                hint = _BESIDE_HINT if "cloze" in values else None
                findings.add(Finding("E106", where, "this card has no `question` and no `term`", hint))


def _check_kinds(values: dict[str, Any], where: Path, findings: Findings) -> None:
    if "cloze" in values:
        values["cloze"] = _read_cloze(values["cloze"], where, findings)
    _check_reverse(values, where, findings)
    _check_whose(values, where, findings)
    _check_choices(values, where, findings)


def _missing(key: str, values: dict[str, Any], where: Path, findings: Findings) -> None:
    if key in values:
        findings.add(Finding("E106", (*where, key), f"the `{key}` of this card is empty"))
    else:
        findings.add(Finding("E106", where, f"this card has no `{key}`"))


def _read_cloze(text: str | None, where: Path, findings: Findings) -> Cloze | None:
    if text is None:
        return None
    if is_blank(text):
        findings.add(Finding("E106", (*where, "cloze"), "the `cloze` of this card is empty"))
        return None
    try:
        return read_cloze(text)
    except ValueError as error:
        findings.add(Finding("E116", (*where, "cloze"), f"in this `cloze`, {error}", _HOLE_HINT))
        return None


def _check_reverse(values: dict[str, Any], where: Path, findings: Findings) -> None:
    if not values.get("reverse"):
        return
    # That a card without a cloze has no answer, or an empty one, is told anyway.
    needed = ["term", "answer"] if "cloze" in values and "answer" not in values else ["term"]
    for key in needed:
        text = values.get(key, "")
        if text is not None and is_blank(text):
            message = f"`reverse` shows the answer and asks for the term, and this card has no `{key}`"
            hint = f"give it one with `{key}`, or take `reverse` out"
            findings.add(Finding("E117", (*where, "reverse"), message, hint, on_key=True))
            return


def _check_whose(values: dict[str, Any], where: Path, findings: Findings) -> None:
    """Without an answer, choices and accepted answers need a cloze that asks for one thing only."""
    cloze = values.get("cloze")
    if cloze is None or "answer" in values or len(cloze.numbers) == 1:
        return
    for key in ("choices", "accept"):
        if values.get(key) and not (key == "accept" and values.get("reverse")):
            message = f"`{key}` cannot tell which of {len(cloze.numbers)} hole numbers is meant"
            findings.add(Finding("E118", (*where, key), message, _WHOSE_HINT, on_key=True))


def _check_choices(values: dict[str, Any], where: Path, findings: Findings) -> None:
    """No wrong answer says what a right one says, or another wrong one."""
    cloze = values.get("cloze")
    right = values.get("answer") or (cloze.answer(cloze.numbers[0]) if cloze is not None else "")
    seen = {_folded(right): "the right answer"}
    if not values.get("reverse"):
        for text in filter(None, values.get("accept") or ()):
            seen.setdefault(_folded(text), "a right answer, by `accept`")
    for rank, choice in enumerate(values.get("choices") or ()):
        if choice is None:
            continue
        other = seen.setdefault(_folded(choice.text), f"choice {rank + 1}")
        if other != f"choice {rank + 1}":
            message = f"{quoted(choice.text)} is also {other}"
            hint = "each choice is another wrong answer"
            findings.add(Finding("E119", (*where, "choices", rank), message, hint))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def naming_text(values: dict[str, Any]) -> tuple[str, str] | None:
    """What an id is made from where none is written, and its key; None where there is no text."""
    for key in ("term", "question"):
        text = values.get(key)
        if text and not is_blank(text):
            return text, key
    cloze = values.get("cloze")
    return None if cloze is None else (cloze.whole, "cloze")


def can_be_asked(values: dict[str, Any]) -> bool:
    """Whether cards can be made of what could be read."""
    return values.get("cloze") is not None or _asks_plainly(values)


def _asks_plainly(values: dict[str, Any]) -> bool:
    asked = values.get("question") or values.get("term")
    return bool(values.get("answer") and asked and not is_blank(asked))


def made_cards(
    values: dict[str, Any],
    *,
    deck: str,
    was: tuple[tuple[str, str], ...],
    entry: int,
    position: int,
    line: int,
) -> list[Card]:
    """The cards of a table, the plain one first, in positions from `position` on."""
    get = values.get
    tags, question, term = get("tags"), get("question"), get("term") or None
    if question is None or is_blank(question):
        question = made_question(term) if term and get("answer") else ""
    # By position, in the order of `Card`: decks are large, and names cost a fifth of making a card.
    card = Card(
        deck,
        get("id") or "",
        question,
        get("answer") or "",
        "",
        term,
        get("scenario") or None,
        get("explanation") or None,
        tuple(dict.fromkeys([tag for tag in tags if tag])) if tags else (),
        get("source") or None,
        (),
        (),
        None,
        None,
        get("needs") or (),
        was,
        position,
        entry,
        line,
    )
    # Most tables give the plain card alone, and decks are large.
    return [card] if _KIND_KEYS.isdisjoint(values) else _all_kinds(card, values)


def _all_kinds(card: Card, values: dict[str, Any]) -> list[Card]:
    """The cards of a table that has more than the plain one, or something that goes with one of them."""
    cloze, back = values.get("cloze"), bool(values.get("reverse"))
    choices, accept = (tuple(filter(None, values.get(key) or ())) for key in ("choices", "accept"))
    card = replace(card, choices=choices, accept=accept)
    plain = replace(card, accept=()) if back else card
    asks = _asks_plainly(values)
    cards = [plain] if asks else []
    if back and card.term and card.answer:
        cards.append(_reversed(card, card.term))
    if cloze is not None:
        cards += _of_holes(replace(plain, position=card.position + len(cards)), cloze, alone=not asks)
    return cards


def _reversed(card: Card, term: str) -> Card:
    """The card that asks for the term; without its scene, in which the term is mostly said."""
    return replace(
        card,
        variant=REVERSE,
        question=f"{REVERSE_QUESTION}\n{card.answer}",
        answer=term,
        scenario=None,
        choices=(),
        position=card.position + 1,
    )


def _of_holes(plain: Card, cloze: Cloze, *, alone: bool) -> list[Card]:
    """A card for each number; beside a plain card they leave its question and choices to it."""
    above = f"{plain.question}\n" if alone and plain.question else ""
    numbers = cloze.numbers
    only = alone and len(numbers) == 1
    return [
        replace(
            plain,
            variant=f"c{number}",
            question=above + cloze.question(number),
            answer=cloze.answer(number),
            hint=cloze.hint(number),
            cloze=cloze.text,
            choices=plain.choices if only else (),
            accept=plain.accept if only else (),
            position=plain.position + rank,
        )
        for rank, number in enumerate(numbers)
    ]
