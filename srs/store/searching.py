"""Search by words: SQLite's full-text index over the cards (FTS5), and what it means that a word occurs.

A word occurs where its letters stand, whatever their case and accents, also inside a longer word or with
signs in it (`image-dig`, `/v2/`). The index does not decide what is found: it knows whole words and their
beginnings only, and ranks by them. Where there is none (an older database that is only read, a
SQLite without FTS5, PostgreSQL) the same cards are found, less well ordered; only accents must be typed
then.

The index keeps no text. `card_search` gives a card's row the number the index knows it by; a changed
card gets a new number and the old one means nobody from then on, so that no update needs to know the
text that was. When half of the index means nobody it is made anew.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from srs.model import Card
    from srs.store.heads import Rows

# The index

_TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS card_search"
        " (number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE)"
    ),
    (
        "CREATE VIRTUAL TABLE IF NOT EXISTS card_fts USING fts5(name, term, question, answer, more,"
        " content = '', tokenize = 'unicode61 remove_diacritics 2')"
    ),
    # Bytes gathered before they are written; at SQLite's own 1 MB a large import takes half as long again.
    "INSERT INTO card_fts (card_fts, rank) VALUES ('hashsize', 16777216)",
)
_WEIGHTS = "10, 10, 4, 3, 1"
"""What a word counts for in each column of the index."""

# Of JSON the index gets the signs and the keys too: no word is lost by them, and what is found is looked
# at again. Only an escape would grow together with the word after it.
_EXTRA = "replace(replace(c.extra, '\\n', ' '), '\\t', ' ')"
_TEXTS = (
    "c.deck || '/' || c.id || '#' || c.variant, c.term, c.question, c.answer,"
    " coalesce(c.scenario, '') || ' ' || coalesce(c.explanation, '') || ' ' || coalesce(c.source, '')"
    f" || ' ' || c.tags || ' ' || {_EXTRA}"
)
_INDEX = (
    "INSERT INTO card_fts (rowid, name, term, question, answer, more)"
    f" SELECT s.number, {_TEXTS} FROM card_search s CROSS JOIN card c ON c.key = s.key"
    " WHERE s.number > ? ORDER BY s.number"
)
_NUMBERS = (
    "SELECT (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'card_search'),"
    " (SELECT count(*) FROM card_search)"
)
"""The last number given, and how many mean a card."""

_FTS5 = "EXISTS (SELECT 1 FROM pragma_module_list WHERE name = 'fts5')"
_HAS_INDEX = f"SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'card_fts'), {_FTS5}"
MATCHING = "FROM card_fts CROSS JOIN card_search s ON s.number = card_fts.rowid WHERE card_fts MATCH :match"
"""What a query walks from `expression(words)` to the keys of cards, `s.key`."""

LONGEST, MOST = 200, 50
"""Words longer than this, and more of them, are looked for in Python: drivers refuse such patterns."""

_SLACK = 1000
"""Numbers that mean nobody and are not worth making the index anew."""


def create_search(connection: Connection) -> None:
    """Make the tables of the index, empty; nothing where the database has no FTS5."""
    if connection.dialect.name != "sqlite" or not _first(connection, f"SELECT {_FTS5}")[0]:
        return
    for statement in _TABLES:
        connection.exec_driver_sql(statement)


def index_all(connection: Connection) -> None:
    """Make the index anew from all card rows, inside the caller's transaction."""
    if _indexing(connection):
        connection.exec_driver_sql("INSERT INTO card_fts (card_fts) VALUES ('delete-all')")
        connection.exec_driver_sql("DELETE FROM card_search")
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'card_search'")
        connection.exec_driver_sql("INSERT INTO card_search (key) SELECT key FROM card ORDER BY key")
        connection.exec_driver_sql(_INDEX, (0,))


def index_cards(connection: Connection, keys: Iterable[bytes]) -> None:
    """Index the card rows under these keys as they are now, new or changed, after they were written.

    Once for an import is best; inside its transaction. Keys that have no row are passed over.
    """
    every = [(key,) for key in sorted(set(keys))]
    drop_cards(connection, (key for (key,) in every))
    if not every or not _indexing(connection):
        return
    given, meant = _first(connection, _NUMBERS)
    if given + len(every) > 2 * meant + _SLACK:
        index_all(connection)
        return
    connection.exec_driver_sql("INSERT INTO card_search (key) SELECT key FROM card WHERE key = ?", every)
    connection.exec_driver_sql(_INDEX, (given,))


def drop_cards(connection: Connection, keys: Iterable[bytes]) -> None:
    """Take the card rows under these keys out of the index, before or after they are removed."""
    every = [(key,) for key in keys]
    # Also without FTS5: a changed card that cannot be indexed must not be ranked by its old text.
    if every and connection.dialect.name == "sqlite" and _first(connection, _HAS_INDEX)[0]:
        connection.exec_driver_sql("DELETE FROM card_search WHERE key = ?", every)


def has_index(rows: Rows) -> bool:
    """Whether a SQLite database has the index and this SQLite can read it."""
    return rows(_HAS_INDEX, {}) == [(1, 1)]


def ranks(rows: Rows, words: Sequence[str]) -> dict[bytes, float]:
    """The keys of cards in which each of these words, or one that begins so, occurs; lower is better.

    Words without letters and digits, too long ones and those after the fiftieth are not asked for.
    """
    asked = expression(words)
    if not asked:
        return {}
    return dict(rows(f"SELECT s.key, bm25(card_fts, {_WEIGHTS}) {MATCHING}", {"match": asked}))


def expression(words: Sequence[str]) -> str:
    """The words as phrases that must all occur, the end of each open; nothing in them is syntax."""
    fit = [
        word for word in words if len(word) <= LONGEST and "\0" not in word and any(map(str.isalnum, word))
    ]
    return " AND ".join(f'"{word.replace(chr(34), " ")}"*' for word in fit[:MOST])


def _indexing(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite" and _first(connection, _HAS_INDEX) == (1, 1)


def _first(connection: Connection, statement: str) -> tuple[int, ...]:
    return tuple(connection.exec_driver_sql(statement).one())


# Words


class _Folding(dict[int, str]):
    """Each character without its case and accents, worked out once."""

    def __missing__(self, code: int) -> str:
        bare = _ACCENTS.sub("", unicodedata.normalize("NFD", chr(code)))
        folded = _ACCENTS.sub("", unicodedata.normalize("NFD", bare.casefold()))
        self[code] = unicodedata.normalize("NFC", folded)
        return self[code]


_ACCENTS = re.compile("[\u0300-\u036f]")
_FOLDING = _Folding()
_RUN = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """The text without case and accents, to compare."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).translate(_FOLDING)


def spans(text: str, needles: Iterable[str]) -> list[tuple[int, int]]:
    """Where folded needles stand in a text, as (start, end) in its characters, in order, none overlapping."""
    if text.isascii():
        low, places = text.lower(), None
    else:
        parts = [_FOLDING[ord(char)] for char in text]
        low = "".join(parts)
        places = [at for at, part in enumerate(parts) for _ in part]
    found = sorted(place for needle in needles for place in _occurrences(low, needle))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        first, last = (start, end) if places is None else (places[start], places[end - 1] + 1)
        while places is not None and last < len(text) and not _FOLDING[ord(text[last])]:
            last += 1  # the accent belongs to the letter before it
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _occurrences(text: str, needle: str) -> Iterator[tuple[int, int]]:
    at = text.find(needle) if needle else -1
    while at >= 0:
        yield at, at + len(needle)
        at = text.find(needle, at + len(needle))


FIELDS = (
    *("card", "term", "question", "answer", "accept", "choices"),
    *("explanation", "scenario", "hint", "source", "tags"),
)
"""What can be searched, the weightiest first; `card` is the name."""


def texts_of(card: Card) -> list[tuple[str, str]]:
    """Everything a card says that can be searched, as (field, text), in the order of `FIELDS`."""
    texts = (
        *(card.name, card.term, card.question, card.answer),
        "\n".join(card.accept),
        "\n".join(f"{text}\n{why}" if why else text for text, why in card.choices),
        *(card.explanation, card.scenario, card.hint, card.source),
        "\n".join(card.tags),
    )
    return [(field, text) for field, text in zip(FIELDS, texts, strict=True) if text]


class Search(NamedTuple):
    """What a person looks for: `words` as typed, `needles` folded, each once, both in the same order."""

    words: tuple[str, ...]
    needles: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Search:
        """The search for all of these words."""
        by_needle = {needle: word for word in words if (needle := folded(word))}
        return cls(tuple(by_needle.values()), tuple(by_needle))

    def finds(self, card: Card) -> bool:
        """Whether every word occurs, as it is typed but for case and accents."""
        return _all_in(self.needles, _haystack(card))

    def nearly_finds(self, card: Card) -> bool:
        """Whether the words occur if other signs may stand between their letters (`image_digest`)."""
        if not all(needle[0].isalnum() and needle[-1].isalnum() for needle in self.needles):
            return False
        return _all_in((run for needle in self.needles for run in runs(needle)), _haystack(card))

    def reads_alike(self, card: Card) -> bool:
        """Whether they nearly occur where no index says so: their runs in a row, the first a word's begin."""
        if not self.nearly_finds(card):
            return False
        texts = [folded(text) for _, text in texts_of(card)]
        return all(any(map(_phrase(needle).search, texts)) for needle in self.needles)

    def needles_in(self, card: Card) -> tuple[str, ...]:
        """What to mark in a card: the words, and of those that do not occur as typed their runs."""
        haystack = _haystack(card)
        return tuple(
            part
            for needle in self.needles
            for part in ((needle,) if needle in haystack else runs(needle))
            if part in haystack
        )

    def fields(self, card: Card) -> list[str]:
        """The fields that hold something of what is looked for, the weightiest first."""
        needles = self.needles_in(card)
        return [field for field, text in texts_of(card) if _any_in(needles, folded(text))]

    def is_name_of(self, card: Card) -> bool:
        """Whether a card is asked for by its name or its id, words joined by hyphens."""
        asked = " ".join(self.needles)
        names = (folded(card.id), folded(card.name))
        return any(way in names for way in (asked, asked.replace(" ", "-"), asked.replace(":", "#")))

    def is_term_of(self, card: Card) -> bool:
        """Whether a card is asked for by its term."""
        return card.term is not None and " ".join(self.needles) == folded(card.term)

    def first_field(self, card: Card) -> int:
        """The weightiest field that holds any of the words, counted from 0."""
        texts = texts_of(card)
        return next((FIELDS.index(field) for field, text in texts if _any_in(self.needles, folded(text))), 99)


@lru_cache(maxsize=256)
def runs(needle: str) -> tuple[str, ...]:
    """The runs of letters and digits of a word."""
    return tuple(_RUN.findall(needle))


@lru_cache(maxsize=256)
def _phrase(needle: str) -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, runs(needle))))


def _haystack(card: Card) -> str:
    # No word holds a NUL, so none reaches over the end of a text.
    return folded("\0".join(text for _, text in texts_of(card)))


def _all_in(needles: Iterable[str], text: str) -> bool:
    return all(needle in text for needle in needles)


def _any_in(needles: Iterable[str], text: str) -> bool:
    return any(needle in text for needle in needles)
