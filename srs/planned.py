"""The words of an import: the rows a database has, and what deck files change in them.

`deck.plan` makes these values and `store.importing` writes them down; neither room knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from srs.model import Card, Deck, Problem

TEXT_FIELDS = ("term", "scenario", "question", "answer", "explanation", "source")
"""What a card says in columns of its own; `tags` and `extra` stand beside them as JSON."""

CAME_FROM = "anki"
"""A key of `extra` that no text says: the GUID and number a card had in Anki, which stay with its row."""


class Known(NamedTuple):
    """A card row the database has, without its text."""

    key: bytes
    deck: str
    id: str
    variant: str
    entry: bytes
    position: int
    line: int | None
    retired: int
    content_hash: bytes


class Placed(NamedTuple):
    """A card of the file, and the key and entry it has or gets.

    `tags` and `extra` are JSON. `fields` names what was changed in an updated card, in file order of
    the format; `came_from` is the former name of a moved one. `shifted` tells that its position or
    entry is another than before.
    """

    card: Card
    key: bytes
    entry: bytes
    content_hash: bytes
    tags: str
    extra: str
    fields: tuple[str, ...] = ()
    came_from: str | None = None
    shifted: bool = True


class Join(NamedTuple):
    """Two keys that are one card: a `same` act to log.

    `root` is what `other` stood under before: itself, the key of a row this card takes in (then
    `absorbs`), or a key joined in the log whose card has no row here.
    """

    keep: bytes
    other: bytes
    root: bytes
    keep_name: str
    other_name: str
    absorbs: bool = False


class Carried(NamedTuple):
    """A row of a variant its entry has no longer, which goes with it, retired.

    Its key, its name and entry from now on, and its full name before.
    """

    key: bytes
    deck: str
    id: str
    variant: str
    entry: bytes
    former: str


@dataclass(slots=True)
class DeckPlan:
    """What importing one deck file does; each of its cards stands in one list or is unchanged.

    `unchanged` counts cards whose text is as it was; those of them that stand elsewhere in the file
    are in `shuffled`, to be written without a word. `needs` are a card's key and the deck and id of an
    entry it waits for, of all cards of the file. `carried` are rows of variants that an entry has no
    longer, which go with it. `met` are keys of added cards that the log already knows joined to others.
    `robbed` are decks outside this import that lost a card to this one: their files must be read again.
    `unsettled` tells that a warning waits for another file, so this one must be read again too.
    """

    deck: Deck
    added: list[Placed] = field(default_factory=list)
    updated: list[Placed] = field(default_factory=list)
    moved: list[Placed] = field(default_factory=list)
    revived: list[Placed] = field(default_factory=list)
    retired: list[Known] = field(default_factory=list)
    unchanged: int = 0
    needs: list[tuple[bytes, str, str]] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    shuffled: list[Placed] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    met: list[bytes] = field(default_factory=list)
    robbed: set[str] = field(default_factory=set)
    warnings: list[Problem] = field(default_factory=list)
    unsettled: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of `srs import --json`: added, updated, moved, retired, revived, unchanged."""
        return {
            "added": len(self.added),
            "updated": len(self.updated),
            "moved": len(self.moved),
            "retired": len(self.retired),
            "revived": len(self.revived),
            "unchanged": self.unchanged,
        }

    @property
    def changes_cards(self) -> bool:
        """Whether there is anything to tell besides unchanged cards."""
        return bool(self.added or self.updated or self.moved or self.retired or self.revived)
