"""Decks out of the database again, as values and as text: TOML as `srs` writes it, CSV, JSON.

What goes out is what the database knows: the text of each card as it was imported last. Retired cards
are in the JSON alone, marked; everywhere else they are left out, as in the queue.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.syntax import load
from srs.deck.write import write_deck
from srs.interop.cards_csv import csv_text
from srs.interop.cards_json import FORMAT, json_text
from srs.model import Deck
from srs.store import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile

FORMATS = ("csv", "json", "toml", "apkg")

_TOML_HEAD = "# Written by `srs export`.\n"
_JSON_HEAD = f'{{\n  "format": "{FORMAT}"'


class DeckOut(NamedTuple):
    """A deck on its way out: its head, `origin` (file, anki, log), and its cards in their order."""

    head: Deck
    origin: str
    path: str | None
    cards: list[CardOnFile]

    @property
    def live(self) -> list[CardOnFile]:
        """The cards that are not retired."""
        return [on_file for on_file in self.cards if not on_file.retired]

    @property
    def deck(self) -> Deck:
        """The deck as a file has it, with its live cards; cards of one id are one table."""
        entries: dict[str, int] = {}
        for on_file in self.live:
            entries.setdefault(on_file.card.id, len(entries))
        cards = sorted(self.live, key=lambda on_file: entries[on_file.card.id])
        placed = (
            replace(on_file.card, entry=entries[on_file.card.id], position=place, line=None)
            for place, on_file in enumerate(cards)
        )
        return replace(self.head, cards=tuple(placed))


def decks_out(rows: Rows, learner: str, wanted: Sequence[str] = ()) -> list[DeckOut]:
    """These decks, or all of them, by id; read within one transaction where others may write."""
    sql = "SELECT id, name, description, desired_retention, origin, path, extra FROM deck ORDER BY id"
    found = []
    for deck_id, name, description, retention, origin, path, extra in rows(sql, {}):
        if wanted and deck_id not in wanted:
            continue
        mode = json.loads(extra or "{}").get("mode")
        cards = reading.cards_where(
            rows, learner, "c.deck = :deck ORDER BY c.position, c.id, c.variant", {"deck": deck_id}
        )
        head = Deck(deck_id, name, description, retention, (), mode)
        found.append(DeckOut(head, origin, path, cards))
    return found


def as_toml(deck: DeckOut) -> str:
    """A deck as the text of a deck file; importing it changes nothing."""
    return _TOML_HEAD + write_deck(deck.deck)


def as_csv(decks: Sequence[DeckOut], *, delimiter: str = ",") -> str:
    """The cards of decks as CSV, a row for each table of a deck file (`interop.cards_csv`)."""
    tables = [(out.head.id, table) for out in decks if out.live for table in _tables(out)]
    return csv_text(tables, delimiter=delimiter)


def _tables(out: DeckOut) -> list[dict[str, object]]:
    """The `[[cards]]` tables of a deck file, as they would be read."""
    raw, _ = load(write_deck(out.deck))
    tables: list[dict[str, object]] = raw["cards"]
    return tables


def as_json(decks: Sequence[DeckOut]) -> str:
    """All that is known of decks and their cards, memories with it (`interop.cards_json.SCHEMA`)."""
    return json_text([(out.head, out.origin, out.path, out.cards) for out in decks])


def is_export(start: bytes, output: str) -> bool:
    """Whether a file that begins like this (1,000 bytes suffice) was written by an export of this format."""
    if not start:
        return True
    if output == "toml":
        return start.startswith(_TOML_HEAD.encode())
    if output == "json":
        return start.startswith(_JSON_HEAD.encode())
    heads = (csv_text([], delimiter=delimiter).encode() for delimiter in ",\t")
    return start.startswith(tuple(heads))
