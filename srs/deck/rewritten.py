"""Holes that hide something else than in an earlier version of their file, under the same number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srs.deck.clean import clean_line, clean_text, quoted
from srs.deck.cloze import read_cloze
from srs.deck.content import same_words
from srs.deck.entries import naming_text
from srs.deck.names import made_id
from srs.deck.problems import Finding, Findings
from srs.deck.source import decode
from srs.deck.syntax import load
from srs.deck.together import lines_of_cards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from srs.deck.parse import ParsedDeck
    from srs.model import Deck, Problem

CODE = "Q112"

_HINT = "its history goes on; for another question take a number that was not used yet"


def may_be_rewritten(now: ParsedDeck) -> bool:
    """Whether a file has a cloze, and wants to be told of holes that hide something else."""
    cards = () if now.draft is None else now.draft.cards
    return CODE not in now.checks.ignored and any(card.is_cloze for card in cards)


def rewritten_holes(now: ParsedDeck, before: bytes) -> tuple[Problem, ...]:
    """A remark for each hole number that hid wholly other words when the file held the bytes `before`."""
    if now.draft is None:
        return ()
    findings = Findings()
    findings.extend(_rewritten(now.draft, _hidden_in(before)))
    return findings.placed(now.path, now.text, lines_of_cards(now.draft))


def _rewritten(deck: Deck, hidden: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    for card in deck.cards:
        if not card.is_cloze:
            continue
        former = (card.id, *(old for deck_id, old in card.was if deck_id == deck.id))
        hid = next(filter(None, (hidden.get((name, card.variant)) for name in former)), None)
        if hid is not None and not same_words(hid, card.answer):
            message = f"the hole {card.variant} hid {quoted(hid)} in the last commit, now"
            where = ("cards", card.entry, "cloze")
            yield Finding(CODE, where, f"{message} {quoted(card.answer)}", _HINT)


def _hidden_in(data: bytes) -> dict[tuple[str, str], str]:
    """What the holes of a file hide, by the id of their card and `c1`, `c2` …, as far as it can be read.

    Only tables with a cloze are looked at: reading all of a large deck a second time would take long.
    """
    source = decode(data)
    raw, _ = load(source.text) if source.readable else ({}, None)
    tables = raw.get("cards")
    hidden: dict[tuple[str, str], str] = {}
    for table in tables if isinstance(tables, list) else ():
        text = table.get("cloze") if isinstance(table, dict) else None
        if not isinstance(text, str):
            continue
        try:
            cloze = read_cloze(clean_text(text))
        except ValueError:
            continue
        card_id = _id_of(table) or made_id(cloze.whole)
        hidden |= {(card_id, f"c{number}"): cloze.answer(number) for number in cloze.numbers}
    return hidden


def _id_of(table: Mapping[str, Any]) -> str | None:
    texts = {key: text for key in ("id", "term", "question") if isinstance(text := table.get(key), str)}
    if texts.get("id", "").strip():
        return clean_line(texts["id"]).strip()
    named = naming_text({key: clean_text(text).rstrip() for key, text in texts.items()})
    return made_id(named[0]) if named else None
