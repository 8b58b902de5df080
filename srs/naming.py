"""From what a person types to a card or a deck: `deck/id`, a lone id, a variant, a near miss."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from srs.errors import NotFoundError, UsageError
from srs.store import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile


_MOST_NAMED = 12
_MOST_ASKED = 6
_MOST_WORDS = 5_000
_LONGEST_WORD = 40
_NEAR_WORD = 0.75
_WORD = re.compile(r"[^\W_]+(?:[-._'’/][^\W_]+)*")


def split_name(name: str) -> tuple[str | None, str, str]:
    """`deck/id#variant` as (deck or None, id, variant); `:variant` is accepted, `#` is what we print."""
    deck, slash, rest = name.partition("/")
    if not slash:
        deck, rest = "", name
    sign = "#" if "#" in rest else ":"
    card_id, _, variant = rest.partition(sign)
    return deck or None, card_id, variant


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name most like a mistyped one, if any is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for mistakes

    found = get_close_matches(name, known, n=1, cutoff=0.6)
    return found[0] if found else None


def find_card(rows: Rows, learner: str, name: str) -> CardOnFile:
    """The card a person names.

    Raises:
        NotFoundError: there is none; the hint names the cards of its entry, or the nearest name.
        UsageError: several decks have the id.
    """
    found = find_named(rows, learner, name)
    if len(found) == 1:
        return found[0]
    raise NotFoundError(f"`{name}` is an entry of several cards", f"say which: {_listed(found, 'or')}")


def find_named(rows: Rows, learner: str, name: str) -> list[CardOnFile]:
    """The card a person names; all cards of an entry that is named and has no plain card.

    Raises:
        NotFoundError: there is none; the hint names the cards of its entry, or the nearest name.
        UsageError: several decks have the id.
    """
    deck, card_id, variant = split_name(name)
    condition = "c.id = :id" + (" AND c.deck = :deck" if deck else "")
    entry = reading.cards_where(
        rows,
        learner,
        f"{condition} ORDER BY c.retired, c.deck, c.position, c.variant",
        {"id": card_id, "deck": deck},
    )
    exact = _live([on_file for on_file in entry if on_file.card.variant == variant])
    found = exact if exact or variant else _live(entry)
    if len({on_file.card.deck for on_file in found}) > 1:
        names = ", ".join(f"`{on_file.card.name}`" for on_file in found[:_MOST_NAMED])
        raise UsageError(f"several decks have a card `{card_id}`", hint=f"say which: {names}")
    if found:
        return found
    raise NotFoundError(f"there is no card `{name}`", hint=_instead_of(rows, name, _live(entry)))


def _live(found: list[CardOnFile]) -> list[CardOnFile]:
    """Those that are in their files; where none is, all."""
    return [on_file for on_file in found if not on_file.retired] or found


def _listed(found: Sequence[CardOnFile], last: str) -> str:
    """`a`, `b` or `c`; of very many the first."""
    names = [f"`{on_file.card.name}`" for on_file in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        return ", ".join([*names, "…"])
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else names[0]


def _instead_of(rows: Rows, name: str, entry: Sequence[CardOnFile]) -> str:
    """What may have been meant by a name that no card has."""
    if entry:
        return f"its entry has {_listed(entry, 'and')}"
    if rows("SELECT 1 FROM deck WHERE id = :name", {"name": name}):
        return f"it is a deck: `srs list -d {name}` lists its cards"
    deck, card_id, variant = split_name(name)
    variants: dict[str, list[str]] = {}
    for of_deck, of_id, of_variant in rows(
        "SELECT deck, id, variant FROM card ORDER BY retired, position", {}
    ):
        variants.setdefault(f"{of_deck}/{of_id}" if deck else of_id, []).append(of_variant)
    near = nearest(f"{deck}/{card_id}" if deck else card_id, list(variants))
    search = "`srs list WORDS` searches texts"
    if near is None:
        return search
    there = variants[near]
    meant = variant if variant in there else "" if "" in there else there[0]
    return f"did you mean `{near}{'#' if meant else ''}{meant}`? {search}"


def near_words(rows: Rows, typed: Sequence[str]) -> list[str]:
    """For each word of a search the nearest word of all names, terms and tags, where one is near.

    Words that are one of them already stay out; so do very long ones, and what very large collections
    hold beyond the first few thousand words.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only for mistakes

    asked = list(dict.fromkeys(word.lower() for word in typed if 3 <= len(word) <= _LONGEST_WORD))
    if not asked:
        return []
    known: dict[str, None] = {}
    texts = rows(
        "SELECT tag FROM card_tag UNION SELECT id FROM card WHERE retired = 0"
        " UNION SELECT term FROM card WHERE retired = 0 AND term IS NOT NULL LIMIT :most",
        {"most": _MOST_WORDS},
    )
    for (text,) in texts:
        whole = text.lower()
        parts = [part for word in _WORD.findall(whole) for part in (word, *re.split(r"[-._'’/]", word))]
        known |= dict.fromkeys(word for word in (whole, *parts) if 3 <= len(word) <= _LONGEST_WORD)
        if len(known) > _MOST_WORDS:
            break
    found = [
        get_close_matches(word, known, n=1, cutoff=_NEAR_WORD)
        for word in asked[:_MOST_ASKED]
        if word not in known
    ]
    return [near[0] for near in found if near]


def find_deck(rows: Rows, name: str) -> str:
    """The id of the deck a person names.

    Raises:
        NotFoundError: there is none; the hint suggests the nearest name.
    """
    known = [deck for (deck,) in rows("SELECT id FROM deck ORDER BY id", {})]
    if name in known:
        return name
    begun = [deck for deck in known if name and deck.startswith(name)]
    near = begun[0] if begun else nearest(name, known)
    if near is None and rows("SELECT 1 FROM card WHERE id = :id LIMIT 1", {"id": name.rpartition("/")[2]}):
        raise NotFoundError(f"there is no deck `{name}`", hint=f"it is a card: `srs show {name}`")
    raise NotFoundError(
        f"there is no deck `{name}`",
        hint=f"did you mean `{near}`?" if near else "`srs decks` lists them",
    )


def check_asked_for(rows: Rows, decks: Sequence[str], tags: Sequence[str]) -> None:
    """See that the decks and tags somebody names exist.

    Raises:
        NotFoundError: one does not; the hint suggests the nearest name.
    """
    for deck in decks:
        find_deck(rows, deck)
    for tag in tags:
        if not rows("SELECT 1 FROM card_tag WHERE tag = :tag LIMIT 1", {"tag": tag}):
            near = nearest(tag, [name for (name,) in rows("SELECT DISTINCT tag FROM card_tag", {})])
            raise NotFoundError(f"no card has the tag `{tag}`", f"did you mean `{near}`?" if near else None)
