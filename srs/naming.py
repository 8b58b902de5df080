"""From what a person types to a card or a deck: `deck/id`, a lone id, a variant, a near miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.errors import NotFoundError, UsageError
from srs.store import reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile


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
        NotFoundError: there is none; the hint suggests the nearest name.
        UsageError: several decks have the id.
    """
    deck, card_id, variant = split_name(name)
    condition = "c.id = :id AND c.variant = :variant" + (" AND c.deck = :deck" if deck else "")
    found = reading.cards_where(
        rows,
        learner,
        f"{condition} ORDER BY c.retired, c.deck",
        {"id": card_id, "variant": variant, "deck": deck},
    )
    live = [on_file for on_file in found if not on_file.retired] or found
    if len(live) == 1:
        return live[0]
    if live:
        names = ", ".join(f"`{on_file.card.name}`" for on_file in live)
        raise UsageError(f"several decks have a card `{card_id}`", hint=f"say which: {names}")
    known = [f"{row[0]}/{row[1]}" for row in rows("SELECT deck, id FROM card", {})]
    near = nearest(
        f"{deck}/{card_id}" if deck else card_id, known if deck else [k.split("/", 1)[1] for k in known]
    )
    search = "`srs list WORDS` searches texts"
    raise NotFoundError(
        f"there is no card `{name}`", hint=f"did you mean `{near}`? {search}" if near else search
    )


def find_deck(rows: Rows, name: str) -> str:
    """The id of the deck a person names.

    Raises:
        NotFoundError: there is none; the hint suggests the nearest name.
    """
    known = [deck for (deck,) in rows("SELECT id FROM deck ORDER BY id", {})]
    if name in known:
        return name
    near = nearest(name, known)
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
