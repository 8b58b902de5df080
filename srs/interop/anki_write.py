"""An Anki package (`.apkg`) from plain values, without Anki's library.

The shape is the one every Anki since 2.1 takes, with scheduling: a SQLite file in a zip archive. Ids are
made from names, so that the next export says the same: Anki knows a note by its GUID, a card by its note
and number, a deck by its name, a preset by its id.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.interop.anki_notes import note_type
from srs.store.anki_file import write_collection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srs.interop.anki_words import LogRow

DEFAULT_DECK = 1
_FIRST_ID, _IDS = 1_000_000_000_000, 1 << 38
"""Ids are moments to Anki: these lie in the years 2001 to 2010, before any card of Anki's today."""
_OURS = b"srs export"
_NO_BLANKS = str.maketrans(dict.fromkeys(" \t\n\r\u3000\u00a0", "_"))


class Preset(NamedTuple):
    """The options of decks: retention, steps in seconds, limits a day; fitted `parameters`, if any."""

    name: str
    retention: float
    parameters: tuple[float, ...]
    learning_steps: tuple[int, ...]
    relearning_steps: tuple[int, ...]
    new_per_day: int
    reviews_per_day: int
    maximum_interval: int
    suspends_leeches: bool

    @property
    def id(self) -> int:
        """Made from what it says: Anki never changes a preset it has, so another one gets another id."""
        return made_id(json.dumps(["preset", *self], ensure_ascii=False))


class CardOut(NamedTuple):
    """A card's row, its numbers in Anki's units (`anki_words`), and its rows of the review log."""

    key: bytes
    ord: int
    type: int
    queue: int
    due: int
    interval: int
    reps: int
    lapses: int
    left: int
    flags: int
    data: dict[str, Any]
    rows: list[LogRow]


@dataclass(slots=True)
class NoteOut:
    """A note: its GUID, note type, fields as HTML, tags, the deck of its cards by name, and they."""

    guid: str
    type: int
    deck: str
    fields: list[str]
    tags: list[str] = field(default_factory=list)
    cards: list[CardOut] = field(default_factory=list)


class DeckRow(NamedTuple):
    """A deck by its whole name (`a::b`), its description as HTML, and its preset."""

    name: str
    description: str
    preset: Preset


class CollectionOut(NamedTuple):
    """Everything: `created` in seconds, its offset in minutes west of UTC, `now` in ms."""

    created: int
    offset: int
    rollover: int
    now: int
    decks: list[DeckRow]
    notes: list[NoteOut]
    media: Mapping[str, Path] = MappingProxyType({})
    """The files of images and sounds, by the names that notes have for them."""


def made_id(name: str) -> int:
    """An id of Anki's made from a name."""
    return _FIRST_ID + int.from_bytes(sha256(name.encode()).digest()[:8], "big") % _IDS


def write_package(file: Path, out: CollectionOut) -> None:
    """Write a package; the file is to be empty, or there may be none.

    Raises:
        OSError: it cannot be written.
        DatabaseError: the file inside of it cannot be written.
    """
    with TemporaryDirectory(prefix="srs-export-", ignore_cleanup_errors=True) as folder:
        inside = Path(folder) / "collection.anki21"
        write_collection(inside, _tables(out))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inside, "collection.anki21")
            archive.writestr("media", _json({str(place): name for place, name in enumerate(out.media)}))
            for place, source in enumerate(out.media.values()):
                archive.write(source, str(place), zipfile.ZIP_STORED)
            archive.comment = _OURS


def is_our_package(file: Path) -> bool:
    """Whether a file is a package that an export wrote."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.comment == _OURS
    except (zipfile.BadZipFile, ValueError):
        return file.stat().st_size == 0


def _tables(out: CollectionOut) -> dict[str, Iterable[tuple[Any, ...]]]:
    decks = _Decks(out)
    notes, cards, log = [], [], []
    note_ids, card_ids = _Ids(), _Ids()
    seconds = out.now // 1000
    for note in out.notes:
        note_id = note_ids.take(made_id(f"note {note.guid}"))
        notes.append(_note(note_id, note, seconds))
        deck = decks.ids[note.deck]
        for card in note.cards:
            card_id = card_ids.take(made_id(f"card {card.key.hex()}"))
            cards.append(_card(card_id, note_id, deck, card, seconds))
            log += [(row.id, card_id, -1, row.ease, *row[2:]) for row in card.rows]
    types = dict.fromkeys(note.type for note in out.notes)
    conf = {
        "schedVer": 2,
        "sched2021": True,
        "creationOffset": out.offset,
        "rollover": out.rollover,
        "curDeck": 1,
        "activeDecks": [1],
        "nextPos": len(cards) + 1,
        "sortType": "noteFld",
        "sortBackwards": False,
        "addToCur": True,
        "fsrs": True,
    }
    models = {str(type_id): note_type(type_id, seconds) for type_id in types}
    texts: tuple[object, ...] = (conf, models, decks.decks, decks.presets, {})
    col = (1, out.created, out.now, out.now, 11, 0, 0, 0, *map(_json, texts))
    return {"col": [col], "notes": notes, "cards": cards, "revlog": log}


class _Ids:
    """Ids that were taken; one that is taken already gives the next."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, wanted: int) -> int:
        while wanted in self._taken:
            wanted += 1
        self._taken.add(wanted)
        return wanted


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _note(note_id: int, note: NoteOut, seconds: int) -> tuple[Any, ...]:
    first = note.fields[0]
    checksum = int(sha1(first.encode(), usedforsecurity=False).hexdigest()[:8], 16)
    tags = " ".join(dict.fromkeys(tag.translate(_NO_BLANKS) for tag in note.tags))
    return (
        *(note_id, note.guid, note.type, seconds, -1, f" {tags} " if tags else ""),
        *("\x1f".join(note.fields), first, checksum, 0, ""),
    )


def _card(card_id: int, note_id: int, deck: int, card: CardOut, seconds: int) -> tuple[Any, ...]:
    factor = 2500 if card.type else 0
    return (
        *(card_id, note_id, deck, card.ord, seconds, -1, card.type, card.queue, card.due, card.interval),
        *(
            factor,
            card.reps,
            card.lapses,
            card.left,
            0,
            0,
            card.flags,
            _json(card.data) if card.data else "{}",
        ),
    )


class _Decks:
    """The decks and presets as Anki's JSON, parents of sub-decks among them; ids by name."""

    def __init__(self, out: CollectionOut) -> None:
        self._mod = out.now // 1000
        self.ids: dict[str, int] = {"Default": DEFAULT_DECK}
        usual = Preset("Default", 0.9, (), (60, 600), (600,), 20, 200, 36_500, suspends_leeches=False)
        self.presets = {"1": self._preset(1, usual)}
        self.decks = {"1": self._deck(1, "Default", "", 1)}
        ids = _Ids()
        ids.take(DEFAULT_DECK)
        for deck in out.decks:
            preset = deck.preset.id
            self.presets[str(preset)] = self._preset(preset, deck.preset)
            parts = deck.name.split("::")
            for depth in range(1, len(parts) + 1):
                name = "::".join(parts[:depth])
                if name not in self.ids:
                    self.ids[name] = ids.take(made_id(f"deck {name}"))
                    self.decks[str(self.ids[name])] = self._deck(self.ids[name], name, "", preset)
            self.decks[str(self.ids[deck.name])] |= {"desc": deck.description, "conf": preset}

    def _deck(self, deck_id: int, name: str, description: str, preset: int) -> dict[str, Any]:
        return {
            "id": deck_id,
            "name": name,
            "mod": self._mod,
            "usn": -1,
            "conf": preset,
            "dyn": 0,
            "collapsed": False,
            "browserCollapsed": False,
            "desc": description,
            "lrnToday": [0, 0],
            "revToday": [0, 0],
            "newToday": [0, 0],
            "timeToday": [0, 0],
            "extendNew": 0,
            "extendRev": 0,
        }

    def _preset(self, preset_id: int, preset: Preset) -> dict[str, Any]:
        def minutes(steps: tuple[int, ...]) -> list[float]:
            return [seconds / 60 if seconds % 60 else seconds // 60 for seconds in steps]

        return {
            "id": preset_id,
            "name": preset.name,
            "mod": self._mod,
            "usn": -1,
            "maxTaken": 60,
            "autoplay": True,
            "timer": 0,
            "replayq": True,
            "dyn": False,
            "new": {
                "delays": minutes(preset.learning_steps),
                "initialFactor": 2500,
                "ints": [1, 4, 0],
                "order": 1,
                "perDay": preset.new_per_day,
                "bury": True,
            },
            "rev": {
                "perDay": preset.reviews_per_day,
                "ease4": 1.3,
                "ivlFct": 1,
                "maxIvl": preset.maximum_interval,
                "bury": True,
                "hardFactor": 1.2,
            },
            "lapse": {
                "delays": minutes(preset.relearning_steps),
                "leechAction": 0 if preset.suspends_leeches else 1,
                "leechFails": 8,
                "minInt": 1,
                "mult": 0,
            },
            "fsrsParams6": list(preset.parameters),
            "desiredRetention": preset.retention,
            "sm2Retention": 0.9,
            "ignoreRevlogsBeforeDate": "",
            "easyDaysPercentages": [1.0] * 7,
            "weightSearch": "",
        }
