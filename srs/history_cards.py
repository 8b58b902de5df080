"""Which cards the names in a history mean, and the deck file for those that are new."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.clean import quoted
from srs.deck.names import is_id, made_id
from srs.deck.parse import parse_deck
from srs.deck.plan import plan_decks
from srs.deck.write import write_deck
from srs.errors import FileProblems, NotFoundError, RefusedError, UsageError
from srs.ids import card_key
from srs.model import Card, Deck, Problem, card_name
from srs.places import write_private
from srs.store import batches
from srs.store.importing import FileFacts, apply_plan
from srs.store.library import CardLibrary

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from srs.interop.answers_csv import AnswerRow
    from srs.planned import DeckPlan
    from srs.store.journal import Journal

NO_TEXT = "no text yet: this card came with a log of answers"
"""What the answer of a created card says until somebody writes one."""
_NAMES_SHOWN = 3


class Named(NamedTuple):
    """What a name in a file stands for; `key` None: a card that is not here, and has no deck."""

    deck: str | None
    id: str
    variant: str
    key: bytes | None
    here: bool


class Names:
    """The cards this database knows, by what a file may call them.

    `deck` is whose cards ids without a deck are; without it, those of the only deck that has them.
    """

    def __init__(self, journal: Journal, deck: str | None) -> None:
        self._deck = deck
        self.aliases = batches.every_alias(journal.connection)
        self._full: dict[tuple[str, str, str], bytes] = {}
        self._lone: dict[tuple[str, str], list[batches.NamedCard]] = {}
        self._keys: set[bytes] = set()
        for card in batches.every_name(journal.connection):
            self._full[card.deck, card.id, card.variant] = card.key
            self._lone.setdefault((card.id, card.variant), []).append(card)
            self._keys.add(card.key)

    def find(self, said: str) -> Named | Problem:
        """The card of a name; a problem without a place where it cannot be one."""
        deck, card_id, variant = _parts(said)
        if deck is None and not is_id(card_id):
            card_id, variant = made_id(said), ""
        deck = self._deck if deck is None else deck
        if deck is None:
            return self._find_lone(card_id, variant)
        if not is_id(deck) or not is_id(card_id):
            return _problem(
                f"{quoted(said)} is not the name of a card", "a name is `deck/id`, or the id alone"
            )
        key = self._full.get((deck, card_id, variant))
        if key is None:
            # The key of a card's first name leads to it through renames, too.
            made = card_key(deck, card_id, variant)
            key = self.aliases.get(made, made)
        return Named(deck, card_id, variant, key, here=key in self._keys)

    def has(self, key: bytes) -> bool:
        """Whether a text stands here for a key."""
        return self.aliases.get(key, key) in self._keys

    def knows(self, deck: str) -> bool:
        """Whether cards of a deck are here."""
        return any(known == deck for known, _, _ in self._full)

    def _find_lone(self, card_id: str, variant: str) -> Named | Problem:
        found = self._lone.get((card_id, variant), [])
        live = [card for card in found if not card.retired] or found
        if len(live) > 1:
            decks = ", ".join(f"`-d {card.deck}`" for card in sorted(live, key=lambda card: card.deck))
            return _problem(f"several decks have a card `{card_id}`", f"say which is meant: {decks}")
        if not live:
            return Named(None, card_id, variant, None, here=False)
        return Named(live[0].deck, card_id, variant, live[0].key, here=True)


def _parts(said: str) -> tuple[str | None, str, str]:
    """Deck, id and variant of `deck/id#variant`."""
    deck, slash, rest = said.partition("/")
    if not slash:
        deck, rest = "", said
    card_id, _, variant = rest.partition("#")
    return deck or None, card_id, variant


def _problem(message: str, hint: str | None) -> Problem:
    return Problem("", 0, 0, "E404", message, hint)


class Resolved(NamedTuple):
    """The key of every name of a file; `unknown` are names without a card here, kept all the same.

    `decks` are those of unknown cards that could be plain cards of a new file, were it for their deck.
    """

    keys: dict[str, bytes]
    unknown: list[str]
    created: list[Card]
    problems: list[Problem]
    decks: set[str]
    cards: set[bytes]
    """The keys of all cards of the file."""


def resolve(rows: Iterable[AnswerRow], names: Names, path: str, new_deck: str | None) -> Resolved:
    """Find the card of every name; those that are not here become cards of `new_deck`, if there is one."""
    resolving = _Resolving(names, path, new_deck)
    seen: set[str] = set()
    for row in rows:
        if row.key is not None:
            resolving.keyed(row.key, row.card)
        elif row.card not in seen:
            seen.add(row.card)
            resolving.named(row.card, row.line)
    return resolving.done()


class _Resolving:
    """The names of a file on their way to keys, each one handed in once."""

    def __init__(self, names: Names, path: str, new_deck: str | None) -> None:
        self._names = names
        self._path = path
        self._new_deck = new_deck
        self._told = Resolved({}, [], [], [], set(), set())
        self._taken: dict[str, str] = {}
        self._made: set[str] = set()
        self._lost: list[tuple[int, str]] = []

    def done(self) -> Resolved:
        """What came of it, the names that no card has as one problem."""
        if self._lost:
            self._told.problems.append(_lost(self._lost, self._path))
        self._told.cards.update(self._told.keys.values())
        return self._told

    def keyed(self, key: bytes, said: str) -> None:
        """A card that an export names by its key, whatever else it says."""
        if key in self._told.cards:
            return
        self._told.cards.add(key)
        if self._names.has(key):
            return
        deck, card_id, variant = _parts(said)
        deck = deck or self._new_deck
        # Under a name that it did not have from the first the card would get another key.
        its_own = deck is not None and not variant and card_key(deck, card_id, "") == key
        if deck is not None and its_own and is_id(deck) and is_id(card_id):
            self._not_here(deck, card_id, "", said)
        else:
            self._told.unknown.append(said)

    def named(self, said: str, line: int) -> None:
        """A card that is named and nothing more."""
        found = self._names.find(said)
        if isinstance(found, Problem):
            self._told.problems.append(replace(found, path=self._path, line=line, column=1))
            return
        deck = found.deck or self._new_deck
        if deck is None or (not found.here and deck != self._new_deck and "/" not in said):
            self._lost.append((line, said))
            return
        name = card_name(deck, found.id, found.variant)
        first = self._taken.setdefault(name, said)
        if first != said and _parts(first)[1] != _parts(said)[1]:
            message = f"{quoted(first)} and {quoted(said)} would be one card, `{name}`"
            self._told.problems.append(
                Problem(self._path, line, 1, "E404", message, "give one of them another id")
            )
            return
        self._told.keys[said] = found.key or card_key(deck, found.id, found.variant)
        if not found.here:
            self._not_here(deck, found.id, found.variant, said)

    def _not_here(self, deck: str, card_id: str, variant: str, said: str) -> None:
        """A card without a text here: one of the new deck, or one that stays unknown."""
        name = card_name(deck, card_id, variant)
        if name in self._made:
            return
        self._made.add(name)
        if deck == self._new_deck and not variant:
            self._told.created.append(_plain_card(deck, card_id, said, len(self._told.created)))
            return
        self._told.unknown.append(name)
        if not variant:
            self._told.decks.add(deck)


def _lost(lost: list[tuple[int, str]], path: str) -> Problem:
    """The one problem of all ids that no card here has."""
    told = ", ".join(quoted(said) for _, said in lost[:_NAMES_SHOWN])
    more = f" and {len(lost) - _NAMES_SHOWN:,} more" if len(lost) > _NAMES_SHOWN else ""
    message = (
        f"no card here has the id {told}{more}"
        if len(lost) == 1
        else f"no cards here have the ids {told}{more}"
    )
    hint = "`-d DECK` says whose cards they are; `--create FILE.toml` writes a deck file of them"
    return Problem(path, lost[0][0], 1, "E404", message, hint)


def _plain_card(deck: str, card_id: str, said: str, position: int) -> Card:
    return Card(deck, card_id, f"Card {said}", NO_TEXT, position=position, entry=position)


def deck_id_of(path: Path, deck: str | None) -> str:
    """The id of the deck that a file to be created will hold.

    Raises:
        UsageError: it is no name of a deck file.
    """
    if path.suffix.lower() != ".toml":
        raise UsageError("`--create` takes the deck file to write", "as in `--create history.toml`")
    found = deck or (path.stem if is_id(path.stem) else made_id(path.stem))
    if not is_id(found):
        raise UsageError(f"{quoted(found)} cannot be the id of a deck", "ids are like `history` or `go-1.22`")
    return found


class NewDeck:
    """A deck file of plain cards, written and imported inside a transaction.

    If that fails, what stood there before is put back.
    """

    def __init__(self, path: Path, deck: str, cards: Iterable[Card]) -> None:
        self.path = path
        self.deck = deck
        self.data = write_deck(Deck(deck, deck, cards=tuple(cards))).encode()
        self._here = str(path.resolve())
        self._written = False
        self._before: bytes | None = None

    def plan(self, journal: Journal) -> DeckPlan:
        """See that the file can be written, and what taking its cards in will do; changes nothing.

        Raises:
            NotFoundError: there is no such folder.
            RefusedError: another file is there, the deck is another file's, or it has cards already.
            FileProblems: it cannot be told.
        """
        self._look()
        parsed = parse_deck(self.data, str(self.path))
        if parsed.deck is None:  # pragma: no cover - what `write_deck` writes is read back
            raise FileProblems(str(parsed.errors[0]))
        known = journal.rows("SELECT path FROM deck WHERE id = :id", {"id": self.deck})
        if known and known[0][0] not in (None, self._here):
            raise RefusedError(
                f"the deck `{self.deck}` is kept in {quoted(known[0][0])}; nothing was imported",
                f"add the cards there, or name another deck: `-d DECK --create {self.path.name}`",
            )
        (plan,) = plan_decks(
            [parsed.deck], CardLibrary(journal.connection, journal.learner), {self.deck: self._here}
        )
        if plan.retired:
            raise RefusedError(
                f"the deck `{self.deck}` has cards already, which a new file would put away",
                "name another deck: `-d DECK`",
            )
        return plan

    def _look(self) -> None:
        """See that no other file is in the way; keep what is there."""
        if not self.path.parent.is_dir():
            raise NotFoundError(f"there is no folder {quoted(str(self.path.parent))}", "make it first")
        try:
            self._before = self.path.read_bytes() if self.path.exists() else None
        except OSError as error:
            raise FileProblems(f"{quoted(str(self.path))} cannot be read: {error.strerror}") from error
        if self._before not in {None, b"", self.data}:
            raise RefusedError(
                f"{quoted(str(self.path))} is there already; nothing was imported",
                "name a file that is not; each deck has one of its own",
            )
        if not os.access(self.path if self._before is not None else self.path.parent, os.W_OK):
            raise self._unwritable("no permission")

    def _unwritable(self, why: str | None) -> FileProblems:
        return FileProblems(f"{quoted(str(self.path))} cannot be written: {why}; nothing was imported")

    def write(self, journal: Journal, plan: DeckPlan) -> None:
        """Write the file and take its cards in.

        Raises:
            FileProblems: the file cannot be written.
        """
        self._written = True
        try:
            self.path.touch()  # a deck file is as readable as any new file here
            write_private(str(self.path), self.data)
            stat = self.path.stat()
        except OSError as error:
            raise self._unwritable(error.strerror) from error
        facts = FileFacts(self._here, sha256(self.data).hexdigest(), stat.st_size, stat.st_mtime_ns)
        apply_plan(journal, plan, facts)

    def put_back(self) -> None:
        """What stood there before this wrote."""
        if not self._written:
            return
        if self._before is None:
            self.path.unlink(missing_ok=True)
        elif self._before != self.data:
            write_private(str(self.path), self._before)


def keys_of(plan: DeckPlan) -> dict[tuple[str, str], bytes]:
    """The keys of a plan's cards by deck and id."""
    return {
        (one.card.deck, one.card.id): one.key
        for one in (*plan.added, *plan.updated, *plan.revived, *plan.moved)
    }
