"""A new card at the end of a deck file, in the file's own style; every byte before it stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import rtoml

from srs.deck.clean import clean_line, clean_text, is_blank
from srs.deck.cloze import read_cloze
from srs.deck.lint import lint
from srs.deck.names import is_id, made_id
from srs.deck.parse import parse_deck
from srs.deck.style import read_style, written
from srs.errors import FileProblems
from srs.model import Choice

if TYPE_CHECKING:
    from srs.deck.parse import ParsedDeck
    from srs.deck.style import Style, Value
    from srs.model import Card, Deck, Problem

_LONGEST_ID = 64
_NO_CARDS_YET = frozenset({"E115"})


@dataclass(frozen=True, slots=True)
class NewCard:
    """What a person says of a new card, a table of the deck file; nothing is required here.

    Without an `id` one is made from the term or the question.
    """

    id: str = ""
    term: str = ""
    scenario: str = ""
    question: str = ""
    cloze: str = ""
    answer: str = ""
    reverse: bool = False
    explanation: str = ""
    tags: tuple[str, ...] = ()
    source: str = ""
    choices: tuple[Choice, ...] = ()
    accept: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def cleaned(self) -> NewCard:
        """The card without anything that could act on a terminal, and without blanks round its texts."""

        def line(text: str) -> str:
            text = clean_line(text).strip()
            return "" if is_blank(text) else text

        def texts(many: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(found for text in many if (found := line(text))))

        return NewCard(
            id=line(self.id),
            term=line(self.term),
            scenario=_text(self.scenario),
            question=_text(self.question),
            cloze=_text(self.cloze),
            answer=_text(self.answer),
            reverse=self.reverse,
            explanation=_text(self.explanation),
            tags=texts(self.tags),
            source=_text(self.source),
            choices=tuple(
                Choice(line(choice.text), line(choice.why or "") or None) for choice in self.choices
            ),
            accept=texts(self.accept),
            needs=texts(self.needs),
        )

    def table(self) -> dict[str, Value]:
        """The keys it gives, as the file holds them."""
        given: dict[str, Value] = {
            "id": self.id,
            "term": self.term,
            "scenario": self.scenario,
            "question": self.question,
            "cloze": self.cloze,
            "answer": self.answer,
            "reverse": self.reverse,
            "explanation": self.explanation,
            "tags": list(self.tags),
            "source": self.source,
            "choices": [
                choice.text if choice.why is None else {"text": choice.text, "why": choice.why}
                for choice in self.choices
            ],
            "accept": list(self.accept),
            "needs": list(self.needs),
        }
        return {key: value for key, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Appended:
    """A deck file with a card at its end, or why it would be refused.

    `data` are the file's new bytes, `table` the rows that came in and `line` the first of them; `id`
    is the card's own or the one made for it, `cards` what it gives. `problems` are all errors of the
    file where there is any, else what `srs check` would say of the new card.
    """

    data: bytes
    table: str
    line: int
    id: str
    cards: tuple[Card, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether an import would refuse the file."""
        return any(problem.is_error for problem in self.problems)


def append_card(data: bytes, card: NewCard, path: str, *, remarks: bool = True) -> Appended:
    """Append a card to a deck file's bytes; `path` is what problems name the file by.

    Without `remarks` only what an import says is looked for, which is quicker in very large decks.

    What comes in is read again and compared: every earlier card is as it was, on the line it was on,
    and the new table says what was asked.

    Raises:
        FileProblems: the file holds its cards in a form that takes no further `[[cards]]`.
    """
    before = parse_deck(data, path)
    card = card.cleaned()
    if not card.id:
        card = replace(card, id=fresh_id(card, before.draft))
    errors = tuple(problem for problem in before.errors if problem.code not in _NO_CARDS_YET)
    table = card.table()
    style = read_style(before.text, [known.line for known in _tables(before.draft)])
    added, glue = written(table, style), _glue(before.text, style)
    line = before.text.count("\n") + glue.count("\n") + 1
    if errors:
        return Appended(data, added, line, card.id, problems=errors)
    if _has_inline_cards(before):
        raise FileProblems(
            f"`{clean_line(path)}` holds its cards as inline tables, and no card can be added to these",
            "write each card as a table of its own, below a line `[[cards]]`",
        )
    ending = "\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else "\n"
    fresh = data + (glue + added).replace("\n", ending).encode()
    after = parse_deck(fresh, path)
    if after.deck is None:
        return Appended(fresh, added, line, card.id, problems=after.errors)
    cards = _new_cards(before, after, table, added)
    return Appended(fresh, added, line, card.id, cards, _said_of(after, line, remarks=remarks))


def fresh_id(card: NewCard, deck: Deck | None) -> str:
    """An id for a card, made as an import makes it, with `-2`, `-3` … where the deck has or had it.

    Empty where there is no text to make it from.
    """
    text = card.term or card.question or _filled(card.cloze) or card.answer
    if is_blank(text):
        return ""
    taken = set()
    for known in deck.cards if deck else ():
        taken.add(known.id)
        taken.update(old for old_deck, old in known.was if old_deck == known.deck)
    wanted = made_id(text)
    number, found = 1, wanted
    while found in taken or not is_id(found):
        number += 1
        tail = f"-{number}"
        found = f"{wanted[: _LONGEST_ID - len(tail)].rstrip('-')}{tail}"
    return found


def _filled(cloze: str) -> str:
    """The sentence of a cloze, as a person reads it; as it is where it cannot be read."""
    try:
        return read_cloze(cloze).whole
    except ValueError:
        return cloze


def _text(text: str) -> str:
    """A text of one row or several, without blank rows round it."""
    text = clean_text(text)
    return "" if is_blank(text) else "\n".join(row.rstrip() for row in text.strip().split("\n"))


def _tables(deck: Deck | None) -> list[Card]:
    """One card of each table of the file."""
    return list({card.line: card for card in deck.cards}.values()) if deck else []


def _has_inline_cards(parsed: ParsedDeck) -> bool:
    tables = _tables(parsed.deck)
    if not tables:
        return False
    rows = parsed.text.split("\n")
    return not rows[(tables[-1].line or 1) - 1].lstrip().startswith("[[")


def _glue(text: str, style: Style) -> str:
    """What ends the file's last row and leaves the blank rows that it has between tables."""
    if not text:
        return ""
    end = "" if text.endswith("\n") else "\n"
    rows = (text + end).split("\n")[:-1]
    blank = 0
    while blank < len(rows) and not rows[-1 - blank].strip():
        blank += 1
    return end + "\n" * max(0, style.gap - blank)


def _new_cards(
    before: ParsedDeck, after: ParsedDeck, table: dict[str, Value], added: str
) -> tuple[Card, ...]:
    """The cards that came in, after everything was compared."""
    old = before.deck.cards if before.deck else ()
    new = after.deck.cards[len(old) :] if after.deck else ()
    said = rtoml.loads(added).get("cards", [])
    asked = {key: _stripped(value) for key, value in table.items()}
    if (
        after.deck is None
        or after.deck.cards[: len(old)] != old
        or (before.deck and replace(before.deck, cards=()) != replace(after.deck, cards=()))
        or before.checks != after.checks
        or len(said) != 1
        or not new
        or any(card.id != asked.get("id") for card in new)
        or {key: _stripped(value) for key, value in said[0].items()} != asked
    ):
        raise FileProblems(
            f"the card would not read back from `{clean_line(after.path)}` as it was given",
            "nothing was written; add it with an editor",
        )
    return new


def _stripped(value: Any) -> Any:  # noqa: ANN401 - any value of a TOML file
    """A value as a card gets it, whichever way choices are written: blanks after texts do not count."""
    if isinstance(value, str):
        return value.rstrip()
    if isinstance(value, dict):
        inner = {key: _stripped(one) for key, one in value.items()}
        return inner["text"] if inner.keys() == {"text"} else inner
    return [_stripped(one) for one in value] if isinstance(value, list) else value


def _said_of(parsed: ParsedDeck, line: int, *, remarks: bool) -> tuple[Problem, ...]:
    """What `srs check` says of the last table: nothing of what the deck ignores."""
    found = lint([parsed]).get(parsed.path, ()) if remarks else ()
    said = [
        problem
        for problem in (*parsed.problems, *found)
        if problem.line >= line and problem.code not in parsed.checks.ignored
    ]
    return tuple(sorted(said, key=lambda problem: (problem.line, problem.column, problem.code)))
