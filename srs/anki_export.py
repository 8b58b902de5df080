"""Decks with their whole history as an Anki package.

An entry is a note: its plain card and its reverse are two cards of one, the holes of its cloze are those
of another, as Anki's note types have it. Notes that came from Anki go back under their own GUID, with
all their cards at their numbers. Retired cards stay here. Undone answers go nowhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from srs.anki_media import MediaOut
from srs.anki_rows import Moments, rows_of_card
from srs.deck.cloze import read_cloze
from srs.ids import note_guid
from srs.interop import anki_notes as notes
from srs.interop.anki_words import LEARNING, NEW, RELEARNING, REVIEW
from srs.interop.anki_write import CardOut, CollectionOut, DeckRow, NoteOut, Preset
from srs.model import REVERSE, ActKind, State
from srs.planned import CAME_FROM
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store import reading
from srs.store.card_lines import live_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from srs.days import StudyDays
    from srs.exporting_cards import DeckOut
    from srs.interop.anki_words import LogRow
    from srs.model import Memory, Options
    from srs.settings import Settings
    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile

    Progress = Callable[[str, int, int], None]

_KINDS = (ActKind.FORGET.value, ActKind.DUE.value, ActKind.RESCHEDULE.value)
_FIRST_DAY = 18_262
"""The study day that Anki counts as 0, 1 January 2020, unless something is older."""
_SUSPENDED, _BURIED = -1, -3
_RED = 1
_MOST_HOLES = 500
_MOST_DAYS = 36_500
_LEECH = "leech"
_TOLD_EVERY = 100
_TYPES = {
    State.NEW: NEW,
    State.LEARNING: LEARNING,
    State.REVIEW: REVIEW,
    State.RELEARNING: RELEARNING,
}


class Calendar(NamedTuple):
    """Now in ms, and the learner's study days."""

    now: int
    days: StudyDays


@dataclass(slots=True)
class Report:
    """What goes out, and what cannot: counts, and names of decks or cards."""

    notes: int = 0
    cards: int = 0
    answers: int = 0
    media: int = 0
    retired: int = 0
    choices: int = 0
    accept: int = 0
    holes: list[str] = field(default_factory=list)
    """Cards whose hole number is above what Anki takes."""
    decks: int = 0
    strangers: int = 0
    """Cards that came from Anki and whose notes' GUIDs are not known: they go as new notes."""


class _Kept(NamedTuple):
    """What of a card's row `CardOnFile` does not tell; `guid` and `ord` where it came from Anki."""

    entry: bytes
    guid: str | None
    ord: int


def export_package(
    rows: Rows,
    learner: str,
    decks: Sequence[DeckOut],
    *,
    settings: Settings,
    calendar: Calendar,
    media: Sequence[Path] = (),
    progress: Progress = lambda _stage, _done, _total: None,
) -> tuple[CollectionOut, Report]:
    """The package of these decks, ready to be written, and what is to be said of it.

    `media` are folders of images and sounds, beside the folder `media` that a deck file may have.
    """
    return _Export(rows, learner, settings, calendar, progress).run(decks, MediaOut(media))


class _Export:
    def __init__(
        self, rows: Rows, learner: str, settings: Settings, calendar: Calendar, progress: Progress
    ) -> None:
        self._rows = rows
        self._learner = learner
        self._settings = settings
        self._now, self._days = calendar
        self._media = MediaOut([])
        self._progress = progress
        self._options: dict[bytes, Options] = reading.options_by_name(rows, learner)
        self._moments = Moments()
        self._report = Report()
        self._position = self._read = self._total = 0
        self._first_day = _FIRST_DAY
        self._owners: dict[tuple[str | None, int], bytes] = {}

    def run(self, decks: Sequence[DeckOut], media: MediaOut) -> tuple[CollectionOut, Report]:
        """Everything."""
        self._media = media
        report = self._report
        with_cards = [deck for deck in decks if deck.live]
        report.retired = sum(len(deck.cards) - len(deck.live) for deck in decks)
        report.decks = len(with_cards)
        self._find_first_day(with_cards)
        names = _names(with_cards)
        found: list[NoteOut] = []
        heads = []
        self._total = sum(len(deck.live) for deck in with_cards)
        for deck in with_cards:
            scheduling, preset = self._ruling(deck)
            name = names[deck.head.id]
            heads.append(DeckRow(name, notes.field_html(deck.head.description), preset))
            found += self._notes(deck, name, scheduling)
        report.notes, report.media = len(found), len(self._media.files)
        report.cards = sum(len(note.cards) for note in found)
        start = self._days.start(self._first_day)
        out = CollectionOut(
            *(start // 1000, -self._days.utc_offset(start), self._days.rollover, self._now, heads, found),
            media=self._media.files,
        )
        return out, report

    def _find_first_day(self, decks: Iterable[DeckOut]) -> None:
        for deck in decks:
            for on_file in deck.live:
                for day in (on_file.memory.due_day, on_file.memory.last_day):
                    if day is not None and day <= self._first_day:
                        self._first_day = max(0, day - 1)

    def _ruling(self, deck: DeckOut) -> tuple[Scheduling, Preset]:
        """The parameters and options that rule a deck, and the preset that says so."""
        options = self._settings.options(deck.head.desired_retention)
        fitted = reading.parameters_for(self._rows, self._learner, deck.head.id) or ()
        scheduling = Scheduling(fitted or DEFAULT_PARAMETERS, options)
        settings = self._settings
        preset = Preset(
            f"srs {deck.head.name}" if fitted or deck.head.desired_retention is not None else "srs",
            round(options.desired_retention, 4),
            tuple(round(value, 6) for value in fitted),
            options.learning_steps,
            options.relearning_steps,
            settings.new_per_day,
            settings.reviews_per_day,
            options.maximum_interval,
            settings.leech == "suspend",
        )
        return scheduling, preset

    # Notes.

    def _notes(self, deck: DeckOut, deck_name: str, scheduling: Scheduling) -> list[NoteOut]:
        """The notes of a deck, in the order of its cards."""
        kept = self._kept(deck.head.id)
        logs = self._logs([on_file.key for on_file in deck.live], scheduling)
        found: dict[str, NoteOut] = {}
        ids: dict[bytes, str] = {}
        for on_file in deck.live:
            self._position += 1
            self._report.strangers += deck.origin == "anki" and kept[on_file.key].guid is None
            place, guid = self._place(on_file, kept[on_file.key], ids)
            if place is None:
                self._report.holes.append(on_file.card.name)
                continue
            card = self._card(on_file, place, logs.get(on_file.key, []), scheduling)
            note = found.get(guid)
            if note is None:
                note = found[guid] = NoteOut(guid, 0, deck_name, [])
            note.cards.append(card)
            self._tell(note, on_file, kept[on_file.key], deck.path)
        for note in found.values():
            _finish(note)
        return list(found.values())

    def _kept(self, deck: str) -> dict[bytes, _Kept]:
        found = {}
        for key, entry, extra in self._rows(
            "SELECT key, entry, extra FROM card WHERE deck = :deck", {"deck": deck}
        ):
            guid, number = _came_from(extra)
            found[key] = _Kept(entry, guid, number)
        return found

    def _place(self, on_file: CardOnFile, kept: _Kept, ids: dict[bytes, str]) -> tuple[int | None, str]:
        """The number of a card in its note (None where Anki has none such), and its note's GUID."""
        card = on_file.card
        if self._goes_back(on_file.key, kept) and kept.guid is not None:
            return kept.ord, kept.guid
        # Cards that share an entry under several ids were one note of Anki's whose GUID is not known.
        alone = ids.setdefault(kept.entry, card.id) != card.id
        entry = on_file.key if alone else kept.entry
        if card.is_cloze:
            number = int(card.variant[1:]) - 1
            return (number if number < _MOST_HOLES else None), note_guid(entry, "cloze")
        return int(card.variant == REVERSE), note_guid(entry)

    def _goes_back(self, key: bytes, kept: _Kept) -> bool:
        """Whether a card takes its own place in the note of Anki's that it came from: each has one card."""
        return kept.guid is not None and self._owners.setdefault((kept.guid, kept.ord), key) == key

    def _tell(self, note: NoteOut, on_file: CardOnFile, kept: _Kept, path: str | None) -> None:
        """Write into a note what a card of it says."""
        card, html = on_file.card, notes.field_html
        note.tags += [tag for tag in card.tags if tag not in note.tags]
        if on_file.memory.leech and _LEECH not in note.tags:
            note.tags.append(_LEECH)
        self._report.choices += bool(card.choices)
        self._report.accept += bool(card.accept) and not card.choices
        if self._goes_back(on_file.key, kept):
            _set_several(note, kept.ord, on_file, lambda text: self._media.html(text, path))
            return
        rest = [html(card.scenario), html(card.explanation), html(card.source)]
        if card.is_cloze:
            cloze = read_cloze(card.cloze or "")
            above = card.question.removesuffix(cloze.question(int(card.variant[1:]))).removesuffix("\n")
            note.type = notes.CLOZE_TYPE
            note.fields = [notes.cloze_html(cloze), html(above), *rest]
            return
        note.type = notes.QUESTION_TYPE
        fields = note.fields or ["", "", "", rest[1], rest[2], "", ""]
        if card.variant == REVERSE:
            fields[5:7] = [html(card.question), html(card.answer)]
        else:
            fields[0:5] = [html(card.question), html(card.answer), *rest]
        note.fields = fields

    # Cards.

    def _logs(self, keys: list[bytes], scheduling: Scheduling) -> dict[bytes, list[LogRow]]:
        found = {}
        for root, lines in live_lines(self._rows, self._learner, keys, kinds=_KINDS):
            found[root] = rows_of_card(
                lines, scheduling=scheduling, options=self._options, moments=self._moments
            )
            self._report.answers += sum(row.ease > 0 for row in found[root])
            self._read += 1
            if self._read % _TOLD_EVERY == 0:
                self._progress("Reading", self._read, self._total)
        return found

    def _card(self, on_file: CardOnFile, number: int, log: list[LogRow], scheduling: Scheduling) -> CardOut:
        memory = on_file.memory
        state = memory.state
        kind = _TYPES[state]
        queue = kind if kind != RELEARNING else LEARNING
        due, left = self._position, 0
        interval = 0
        if state is State.REVIEW and memory.due_day is not None:
            due, interval = memory.due_day - self._first_day, max(1, memory.interval)
        elif state is not State.NEW:
            steps = scheduling.options.learning_steps
            if state is State.RELEARNING:
                steps = scheduling.options.relearning_steps
                interval = min(scheduling.interval(memory.stability or 1.0), _MOST_DAYS)
            due, left = (memory.due_at or 0) // 1000, max(1, len(steps) - (memory.step or 0))
        if memory.suspended:
            queue = _SUSPENDED
        elif memory.buried_until is not None and memory.buried_until > self._days.day(self._now):
            queue = _BURIED
        return CardOut(
            *(on_file.key, number, kind, queue, due, interval, memory.reps, memory.lapses, left),
            flags=_RED if memory.flagged else 0,
            data=self._data(memory, log, scheduling),
            rows=log,
        )

    def _data(self, memory: Memory, log: list[LogRow], scheduling: Scheduling) -> dict[str, object]:
        """What Anki keeps of FSRS with a card: memory, aim, curve, the second of its last answer."""
        # As the log has it, whose rows stand a ms apart; and Anki wants it of a forgotten card, too.
        last = max((row.id for row in log if row.ease), default=memory.last_at)
        answered: dict[str, object] = {} if last is None else {"lrt": last // 1000}
        if memory.stability is None or memory.difficulty is None or memory.last_at is None:
            return answered
        return {
            "pos": self._position,
            "s": round(min(memory.stability, float(_MOST_DAYS)), 4),
            "d": round(memory.difficulty, 3),
            "dr": round(scheduling.options.desired_retention, 2),
            "decay": round(scheduling.parameters[20], 3),
            **answered,
        }


def _came_from(extra: str) -> tuple[str | None, int]:
    """The GUID and number under which a card was in Anki, where its row says so."""
    told = json.loads(extra or "{}").get(CAME_FROM)
    if isinstance(told, list) and len(told) == 2 and isinstance(told[0], str) and isinstance(told[1], int):
        guid, number = told
        if guid and 0 <= number < notes.SIZES[-1]:
            return guid, number
    return None, 0


def _set_several(note: NoteOut, number: int, on_file: CardOnFile, html: Callable[[str], str]) -> None:
    card = on_file.card
    note.type = -1
    needed = 3 * (number + 1)
    note.fields += [""] * (needed - len(note.fields))
    texts = ((card.scenario, card.question), (card.answer,), (card.explanation, card.source))
    note.fields[needed - 3 : needed] = [html("\n\n".join(text for text in part if text)) for part in texts]


def _finish(note: NoteOut) -> None:
    """Give a note of several cards the note type that has room for them, and order its cards."""
    if note.type == -1:
        size = notes.size_for(len(note.fields) // 3) or notes.SIZES[-1]
        note.type = notes.several_type(size)
        note.fields += [""] * (3 * size - len(note.fields))
    note.cards.sort(key=lambda card: card.ord)


def _names(decks: Sequence[DeckOut]) -> dict[str, str]:
    """The name each deck has in Anki, by its id: its own, told apart from others of that name."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for deck in decks:
        parts = [part.strip() or "-" for part in deck.head.name.split("::")]
        name = "::".join(parts)
        if name.casefold() in taken:
            name = f"{name} ({deck.head.id})"
        taken.add(name.casefold())
        names[deck.head.id] = name
    return names
