"""Which cards a list asks for: the SQL behind `srs list`, `srs decks` and the names of `srs show`."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.model import LEECH_LAPSES
from srs.store import reading, searching

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile

_STATES = {
    "new": "coalesce(m.state, 0) = 0",
    "learning": "m.state = 1",
    "review": "m.state = 2",
    "relearning": "m.state = 3",
    "suspended": "m.suspended = 1",
    "buried": "m.buried_until > :today",
    "retired": "c.retired = 1",
    "leech": "m.lapses >= :leech",
}
STATES = tuple(_STATES)
"""What a list can be asked for; the first four are where a card stands, the others what befell it."""

_NAME = "c.deck || '/' || c.id || CASE c.variant WHEN '' THEN '' ELSE '#' || c.variant END"
_TEXTS = ("term", "question", "answer", "scenario", "explanation", "source")
_PACKED = ("tags", "extra")
"""Columns that are JSON."""
_AT_ONCE = 500
"""Keys asked for in one statement, below every driver's limit."""


class Wanted(NamedTuple):
    """What a list is asked for; several decks or tags are alternatives, every word must occur."""

    words: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    state: str | None = None
    flagged: bool = False


def find_cards(
    rows: Rows, learner: str, wanted: Wanted, today: int, *, dialect: str = "sqlite"
) -> list[CardOnFile]:
    """The cards asked for; retired ones only if they were asked for.

    Without words they come deck by deck in file order, with words the best match first. Where no card
    has all words as they are typed, those come that have other signs between the same letters. Another
    `dialect` has no index: the texts alone are looked through.
    """
    conditions, params = _filters(wanted, today)
    search = searching.Search.of(wanted.words)
    if not search.words:
        where = f"{' AND '.join(conditions)} ORDER BY c.deck, c.position, c.id, c.variant"
        return reading.cards_where(rows, learner, where, params)
    if not all(is_text(word) and "\0" not in word for word in search.words):
        return []  # no text of any card holds such a word, and no driver takes it
    indexed = dialect == "sqlite" and searching.has_index(rows)
    ranks = searching.ranks(rows, search.words) if indexed else {}
    plain = [word for word in search.words if _like_knows(word)][: searching.MOST]
    occurs, bound = _occur(plain)
    if ranks:
        # Not every card in which a word occurs is in the index under it, and not the other way round.
        occurs = f"({occurs} OR c.key IN (SELECT s.key {searching.MATCHING}))"
        bound["match"] = searching.expression(search.words)
    where, params = " AND ".join([*conditions, occurs]), params | bound
    others = [word for word in search.words if word not in set(plain)]
    if others:
        keys = [
            key
            for key, text in _raw_texts(rows, learner, where, params)
            if key in ranks or _has(text, others)
        ]
        found = _cards_under(rows, learner, keys)
    else:
        found = reading.cards_where(rows, learner, where, params)
    hits = [on_file for on_file in found if search.finds(on_file.card)]
    if not hits and dialect != "sqlite":
        # LIKE knows no accents, and no index knows words without the signs in them: all is looked through.
        found = reading.cards_where(rows, learner, " AND ".join(conditions), params)
        hits = [on_file for on_file in found if search.finds(on_file.card)]
        hits = hits or [on_file for on_file in found if search.reads_alike(on_file.card)]
    elif not hits:
        hits = [on_file for on_file in found if on_file.key in ranks and search.nearly_finds(on_file.card)]
    return _best_first(hits, search, ranks)


def _filters(wanted: Wanted, today: int) -> tuple[list[str], dict[str, Any]]:
    conditions = [f"c.retired = {int(wanted.state == 'retired')}"]
    params: dict[str, Any] = {"today": today, "leech": LEECH_LAPSES}
    if wanted.state:
        conditions.append(_STATES[wanted.state])
    if wanted.flagged:
        conditions.append("m.flagged = 1")
    if wanted.decks:
        names, bound = bind("deck", wanted.decks)
        conditions.append(f"c.deck IN ({names})")
        params |= bound
    if wanted.tags:
        # What cannot be written as UTF-8 is no tag of any card, and no driver takes it.
        names, bound = bind("tag", [tag for tag in wanted.tags if is_text(tag)])
        conditions.append(f"c.key IN (SELECT card FROM card_tag WHERE tag IN ({names}))")
        params |= bound
    return conditions, params


def _best_first(
    found: list[CardOnFile], search: searching.Search, ranks: dict[bytes, float]
) -> list[CardOnFile]:
    """Asked for by name, by term, by the index's rank, then where the words stand inside others."""

    def key(on_file: CardOnFile) -> tuple[Any, ...]:
        card = on_file.card
        called = 0 if search.is_name_of(card) else 1 if search.is_term_of(card) else 2
        rank = ranks.get(on_file.key)
        within = (0, rank) if rank is not None else (1, search.first_field(card))
        # Of an entry that was named, the plain card stands before its variants.
        return (
            called,
            called < 2 and card.variant != "",
            *within,
            card.deck,
            card.position,
            card.id,
            card.variant,
        )

    return sorted(found, key=key)


def is_text(name: str) -> bool:
    """Whether a word from the command line is text at all, and not bytes that no encoding gave."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(name: str) -> str:
    """A word from the command line as text: bytes that no encoding gave become escapes."""
    return name.encode(errors="backslashreplace").decode()


def _occur(plain: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """A condition that no card with all these words fails, and its parameters."""
    params: dict[str, Any] = {}
    for number, word in enumerate(plain):
        text, packed = _forms(word.lower())
        params |= {f"word{number}": f"%{_escaped(text)}%", f"json{number}": f"%{_escaped(packed)}%"}
    return " AND ".join(_occurs(number) for number in range(len(plain))) or "1 = 1", params


def _raw_texts(rows: Rows, learner: str, where: str, params: dict[str, Any]) -> Iterator[tuple[bytes, str]]:
    """The keys of cards with all their texts in one, JSON as it is."""
    texts = ", ".join((_NAME, *(f"c.{name}" for name in (*_TEXTS, *_PACKED))))
    found = rows(
        f"SELECT c.key, {texts} FROM card c LEFT JOIN memory m ON m.learner = :learner AND m.card = c.key"
        f" WHERE {where}",
        params | {"learner": learner},
    )
    return ((key, searching.folded("\0".join(filter(None, said)))) for key, *said in found)


def _has(text: str, words: Sequence[str]) -> bool:
    return all(any(form in text for form in _forms(searching.folded(word))) for word in words)


def _cards_under(rows: Rows, learner: str, keys: Sequence[bytes]) -> list[CardOnFile]:
    found: list[CardOnFile] = []
    for first in range(0, len(keys), _AT_ONCE):
        names, bound = reading.bind_keys(keys[first : first + _AT_ONCE])
        found += reading.cards_where(rows, learner, f"c.key IN ({names})", bound)
    return found


def _forms(word: str) -> tuple[str, str]:
    """A word as it stands in a text, and in JSON."""
    return word, json.dumps(word, ensure_ascii=False)[1:-1]


def _like_knows(word: str) -> bool:
    """Whether LIKE finds a word wherever Python would: it folds the case of ASCII letters alone."""
    if len(word) > searching.LONGEST:
        return False
    caseless = word.lower() == word.upper() == word and unicodedata.normalize("NFD", word) == word
    return word.isascii() or (caseless and searching.folded(word) == word)


def _occurs(number: int) -> str:
    likes = [f"lower({text}) LIKE :word{number} ESCAPE '\\'" for text in (_NAME, *map("c.{}".format, _TEXTS))]
    likes += [f"lower(c.{packed}) LIKE :json{number} ESCAPE '\\'" for packed in _PACKED]
    return f"({' OR '.join(likes)})"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def bind(name: str, values: Sequence[object]) -> tuple[str, dict[str, Any]]:
    """Values as named parameters: their names for a statement, and what they stand for."""
    names = [f"{name}{i}" for i in range(len(values))]
    return ", ".join(f":{name}" for name in names), dict(zip(names, values, strict=True))


def names_before(rows: Rows, learner: str, on_file: CardOnFile) -> list[str]:
    """The names a card had before today's, oldest first, as the log's joins tell them."""
    names, params = reading.bind_keys(reading.class_keys(rows, on_file.key))
    found = rows(
        "SELECT payload FROM act WHERE learner = :learner AND kind = 'same' AND undone = 0"
        f" AND card IN ({names}) ORDER BY id",
        params | {"learner": learner},
    )
    told = [json.loads(payload) for (payload,) in found]
    every = [body.get(side) for body in told for side in ("came_from", "old_name", "new_name")]
    return [name for name in dict.fromkeys(every) if isinstance(name, str) and name != on_file.card.name]


# Decks


class DeckFacts(NamedTuple):
    """A deck and the file it was read from as it was then.

    `cards` counts live ones; `due` those of them that are due today, in steps or in review, and `new`
    the new ones, whatever a limit or a sibling holds back. Suspended and buried cards are in neither.
    """

    id: str
    name: str
    path: str | None
    content_hash: str
    size: int | None
    mtime_ns: int | None
    cards: int
    retired: int
    due: int = 0
    new: int = 0


def decks_on_file(rows: Rows, learner: str, *, today: int, day_end: int) -> list[DeckFacts]:
    """Every deck, by id; `day_end` is the first moment of tomorrow (ms)."""
    found = rows(
        "SELECT d.id, d.name, d.path, d.content_hash, d.size, d.mtime_ns, coalesce(n.cards, 0),"
        " coalesce(n.retired, 0) FROM deck d LEFT JOIN (SELECT deck, sum(1 - retired) AS cards,"
        " sum(retired) AS retired FROM card GROUP BY deck) n ON n.deck = d.id ORDER BY d.id",
        {},
    )
    waiting = rows(
        "SELECT deck, sum(CASE WHEN (state IN (1, 3) AND due_at < :day_end)"
        " OR (state = 2 AND due_day <= :today) THEN 1 ELSE 0 END), sum(CASE state WHEN 0 THEN 1 ELSE 0 END)"
        " FROM memory WHERE learner = :learner AND shelf = 0"
        " AND (buried_until IS NULL OR buried_until <= :today) GROUP BY deck",
        {"learner": learner, "today": today, "day_end": day_end},
    )
    counts = {deck: (due, new) for deck, due, new in waiting}
    return [DeckFacts._make((*row, *counts.get(row[0], (0, 0)))) for row in found]
