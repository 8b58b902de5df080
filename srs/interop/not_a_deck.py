"""A list that somebody takes for a deck file: what it is, and which command takes it."""

from __future__ import annotations

import csv
import shlex
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from srs.deck.clean import clean_line
from srs.interop.answers_csv import CARDS_COME_IN, NEEDED, OF_CARDS, canonical
from srs.model import Problem

if TYPE_CHECKING:
    from srs.deck.parse import ParsedDeck

_SUFFIXES = (".csv", ".tsv")
_NO_TOML, _NO_DECK = "E109", "E115"
_LONGEST_HEADER = 10_000


def recognised(parsed: ParsedDeck) -> ParsedDeck:
    """The same file; where it is no TOML but a list, that is its problem, and not the first comma in it."""
    if not any(problem.code == _NO_TOML for problem in parsed.problems):
        return parsed
    columns = _columns(parsed.text)
    if {*NEEDED} <= columns or {"key", *NEEDED[1:]} <= columns:
        return replace(parsed, problems=(list_of_answers(parsed.path),))
    if PurePath(parsed.path).suffix.lower() in _SUFFIXES:
        what, hint = "a list of cards" if columns & OF_CARDS else "a list", CARDS_COME_IN
    else:
        return parsed
    return replace(parsed, problems=(_not_a_deck(parsed.path, what, hint),))


def list_of_answers(path: str) -> Problem:
    """The problem of a list of answers that somebody takes for cards."""
    file = clean_line(shlex.quote(path))
    return _not_a_deck(path, "a list of answers", f"`srs log import {file}` takes answers in")


def _not_a_deck(path: str, what: str, hint: str) -> Problem:
    return Problem(path, 1, 1, _NO_DECK, f"this is {what} (CSV), not a deck file", hint)


def _columns(text: str) -> set[str]:
    """What the first row may name, whatever separates its fields."""
    first = next((line for line in text[:_LONGEST_HEADER].splitlines() if line.strip()), "")
    found: set[str] = set()
    for delimiter in ",;\t":
        try:
            found.update(canonical(name) for name in next(csv.reader([first], delimiter=delimiter), []))
        except csv.Error:
            continue
    return found
