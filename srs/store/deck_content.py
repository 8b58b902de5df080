"""What the decks here hold, as hashes: texts do not travel between devices, but what differs is told."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srs.store.heads import Rows


class Content(NamedTuple):
    """What a deck holds: a hash of what it says, and when its file was written, in ms since 1970."""

    hash: str
    at: int

    def is_older(self, other: Content) -> bool:
        """Whether another content is something else, and was written later."""
        return self.hash != other.hash and self.at < other.at

    def moment(self) -> int:
        """When it was written."""
        return self.at


NOTHING = Content("", -(1 << 63))


def contents(rows: Rows, known: Mapping[str, Content]) -> dict[str, Content]:
    """The content of every deck that was imported from a file.

    Of a text that is `known` its time is the known one: a file that was only touched, or checked out
    again, says nothing new.
    """
    found = rows(
        "SELECT id, mtime_ns FROM deck WHERE path IS NOT NULL AND mtime_ns IS NOT NULL ORDER BY id", {}
    )
    result = {}
    for deck, mtime_ns in found:
        at = mtime_ns // 1_000_000
        told = known.get(deck)
        here = told if told is not None and told.at == at else Content(content_of(rows, deck), at)
        result[deck] = told if told is not None and told.hash == here.hash else here
    return result


def content_of(rows: Rows, deck: str) -> str:
    """What tells the content of a deck from others: what its live cards say, not the bytes of its file."""
    sql = "SELECT name, description, desired_retention FROM deck WHERE id = :deck"
    digest = sha256(json.dumps([[*row] for row in rows(sql, {"deck": deck})]).encode())
    for card_id, variant, content in rows(
        "SELECT id, variant, content_hash FROM card WHERE deck = :deck AND retired = 0"
        " ORDER BY position, id, variant",
        {"deck": deck},
    ):
        digest.update(f"{card_id}\0{variant}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]
