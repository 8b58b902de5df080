"""What a plan of an import asks of the database."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from srs.planned import TEXT_FIELDS, Known
from srs.store.driver import has_rows, rows_among, rows_of
from srs.store.joined_keys import Told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

_KNOWN = ", ".join(Known._fields)


class CardLibrary:
    """The database as `deck.plan.Library` wants to see it, for one learner."""

    def __init__(self, connection: Connection, learner: str) -> None:
        self.connection = connection
        self.learner = learner

    def of_decks(self, decks: Collection[str]) -> Iterator[Known]:
        """All rows of these decks, retired ones too."""
        return map(
            Known._make, rows_among(self.connection, f"SELECT {_KNOWN} FROM card WHERE deck IN", decks)
        )

    def all(self) -> Iterator[Known]:
        """Every row, in no order."""
        return map(Known._make, rows_of(self.connection, f"SELECT {_KNOWN} FROM card"))

    def named(self, names: Collection[tuple[str, str]]) -> Iterator[Known]:
        """The rows of these (deck, id), every variant."""
        by_deck = defaultdict(list)
        for deck, card_id in names:
            by_deck[deck].append(card_id)
        for deck, ids in by_deck.items():
            sql = f"SELECT {_KNOWN} FROM card WHERE deck = ? AND id IN"
            yield from map(Known._make, rows_among(self.connection, sql, ids, deck))

    def keyed(self, keys: Collection[bytes]) -> Iterator[Known]:
        """The rows that stand under these keys."""
        return map(Known._make, rows_among(self.connection, f"SELECT {_KNOWN} FROM card WHERE key IN", keys))

    def roots(self, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """For each key that has a row or is joined to another: the key its row stands under."""
        found: dict[bytes, bytes] = {}
        if has_rows(self.connection, "card"):
            rows = rows_among(self.connection, "SELECT key FROM card WHERE key IN", keys)
            found.update((key, key) for (key,) in rows)
        if has_rows(self.connection, "alias"):
            found.update(rows_among(self.connection, "SELECT old, card FROM alias WHERE old IN", keys))
            # A key others were joined to leads to itself, also where its card has no row.
            roots = rows_among(self.connection, "SELECT DISTINCT card FROM alias WHERE card IN", keys)
            found.update((key, key) for (key,) in roots)
        return found

    def entries(self, entries: Collection[bytes]) -> set[bytes]:
        """Those of these entries that rows have."""
        if not has_rows(self.connection, "card"):
            return set()
        rows = rows_among(self.connection, "SELECT DISTINCT entry FROM card WHERE entry IN", entries)
        return {entry for (entry,) in rows}

    def texts(self, keys: Collection[bytes]) -> dict[bytes, dict[str, str | None]]:
        """The stored texts of the rows under these keys, with `tags` and `extra` as JSON."""
        names = (*TEXT_FIELDS, "tags", "extra")
        rows = rows_among(self.connection, f"SELECT key, {', '.join(names)} FROM card WHERE key IN", keys)
        return {key: dict(zip(names, texts, strict=True)) for key, *texts in rows}

    def answered(self, keys: Collection[bytes]) -> set[bytes]:
        """Those of these keys that have live answers, under themselves or a key joined to them."""
        return {key for key, count in reviews_kept(self.connection, self.learner, keys).items() if count}

    def needs_elsewhere(self, decks: Collection[str]) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
        """What each live entry of other decks than these waits for."""
        found: dict[tuple[str, str], dict[tuple[str, str], None]] = defaultdict(dict)
        sql = (
            "SELECT c.deck, c.id, n.deck, n.id FROM card_need n JOIN card c ON c.key = n.card"
            " WHERE c.retired = 0 ORDER BY c.deck, c.position"
        )
        for deck, card_id, *needed in rows_of(self.connection, sql):
            if deck not in decks:
                found[deck, card_id][needed[0], needed[1]] = None
        return {name: tuple(needs) for name, needs in found.items()}

    def told_key(self, name: str) -> bytes | None:
        """The key of the class that the log told last to have this full name."""
        found = self._told_keys.get(name)
        return None if found is None else self._roots_of_told.get(found, found)

    def newest_name(self, key: bytes) -> str | None:
        """The full name that the log told last of the card under this key."""
        return self._told.name(key)

    @cached_property
    def _told(self) -> Told:
        return Told(self.connection)

    @cached_property
    def _told_keys(self) -> dict[str, bytes]:
        return self._told.named()

    @cached_property
    def _roots_of_told(self) -> dict[bytes, bytes]:
        return dict(rows_of(self.connection, "SELECT old, card FROM alias"))

    def told_names(self, key: bytes) -> set[str]:
        """The full names that renames and joins in the log tell of the card under this key."""
        sql = (
            "SELECT payload FROM act WHERE learner = ? AND kind = 'same' AND undone = 0"
            " AND card IN (SELECT ? UNION ALL SELECT old FROM alias WHERE card = ?)"
        )
        told = (json.loads(payload) for (payload,) in rows_of(self.connection, sql, (self.learner, key, key)))
        names = ("came_from", "old_name", "new_name")
        return {body[name] for body in told for name in names if name in body}


def reviews_kept(connection: Connection, learner: str, keys: Collection[bytes]) -> dict[bytes, int]:
    """How many live answers each of these cards has, under its key and all keys joined to it."""
    owner = {key: key for key in keys}
    owner.update(rows_among(connection, "SELECT old, card FROM alias WHERE card IN", keys))
    counts = dict.fromkeys(keys, 0)
    sql = "SELECT card, count(*) FROM review WHERE learner = ? AND undone = 0 AND card IN"
    for key, count in rows_among(connection, sql, owner, learner, after="GROUP BY card"):
        counts[owner[key]] += count
    return counts
