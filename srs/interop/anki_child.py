"""The process that opens an Anki package: `python -m srs.interop.anki_child PACKAGE FOLDER`.

The package's collection is unpacked into FOLDER through Anki's own library, every card is rendered, and
all of it is written to FOLDER/told.jsonl; the media lie in FOLDER/media. On stdout come lines of JSON:
`{"stage": …, "done": 3, "total": 10}`, at the end `{"read": true}`, or `{"refused": sentence}`, or
`{"full": true}` where FOLDER has no room.

A process of its own, because the library may be made to crash, and because its memory and the size of
its files can be bounded only so. No collection but the one in FOLDER is ever opened.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from srs.deck.clean import clean_line
from srs.interop.anki_cloze import without_holes
from srs.interop.anki_media import MediaNames
from srs.interop.anki_render import Side, render, with_files
from srs.interop.anki_words import CUSTOM_DATA
from srs.interop.html_text import MOST_TAGS, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anki.collection import Collection

MOST_MEMORY = 1 << 30
MOST_CARDS = 2_000_000
MOST_ROWS = 20_000_000
MOST_NOTE_BYTES = 8_000_000
MOST_SIDES = 32_000_000
"""Characters of one card as Anki renders it, both sides."""
MOST_WORK, WORK_PER_CARD, WORK_PER_BYTE = 50_000_000, 10_000, 40
"""What the cards of a package may come to in all: so much, and more for each card and each byte of it.
A character of text counts as `TEXT_WORK`, a tag of HTML as `TAG_WORK`, and of what Anki renders one
character in `RAW_WORK`, for a script or a style is soon dropped. It is the same on every computer."""
TEXT_WORK, TAG_WORK, RAW_WORK = 4, 20, 50
TOLD_EVERY = 200
_TOO_LARGE = ("os error 27", "File too large")
_NO_ROOM = ("os error 28", "No space left", "os error 122", "disk is full", "os error 112")
_OCCLUSION_KIND = 6
_CLOZE_KIND = 1
_INT = 1 << 53
_MEDIA = re.compile(r"\[(?:image|sound|video)(?:: [^\]]*)?\]")


class RefusedPackageError(Exception):
    """A sentence saying why a package is not read."""


class NoRoomError(Exception):
    """The folder it is unpacked into has no room for it."""


def main() -> None:
    """Read the package named on the command line."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    package, folder, most_bytes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    _bound(most_bytes)
    try:
        col = _opened(package, folder)
        with (folder / "told.jsonl").open("w", encoding="utf-8") as out:
            room = MOST_WORK + WORK_PER_BYTE * package.stat().st_size
            _tell_collection(_Teller(col, out, MediaNames(folder / "media"), room))
        col.close()
    except RefusedPackageError as error:
        _say({"refused": str(error)})
    except NoRoomError:
        _say({"full": True})
    except OSError as error:
        if not _has_no_room(str(error)):
            raise
        _say({"full": True})
    else:
        _say({"read": True})


def _bound(most_bytes: int) -> None:
    """Bound memory and the size of a file, where the system can (not on Windows)."""
    try:
        import resource  # noqa: PLC0415 - not everywhere
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_FSIZE, most_bytes)):
        try:
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
        except (ValueError, OSError):
            continue
    signal.signal(getattr(signal, "SIGXFSZ", signal.SIGTERM), signal.SIG_IGN)


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _opened(package: Path, folder: Path) -> Collection:
    from anki._backend import RustBackend  # noqa: PLC0415
    from anki.collection import Collection  # noqa: PLC0415 - takes a tenth of a second, and is an extra
    from anki.errors import AnkiException  # noqa: PLC0415

    _say({"stage": "Unpacking", "done": 0, "total": 1})
    media = folder / "media"
    media.mkdir()
    path = folder / "collection.anki2"
    try:
        RustBackend().import_collection_package(
            col_path=str(path),
            backup_path=str(package),
            media_folder=str(media),
            media_db=str(folder / "media.db"),
        )
        return Collection(str(path))
    except AnkiException as error:
        told = clean_line(str(error))
        if _has_no_room(told):
            raise NoRoomError from error
        if any(sign in told for sign in _TOO_LARGE):
            raise RefusedPackageError("it unpacks into far more than a collection of its size") from error
        # Where the library failed is a folder that is gone when this is read.
        raise RefusedPackageError(
            f"Anki's library cannot read it: {told.partition(' at path ')[0]}"
        ) from error


def _has_no_room(told: str) -> bool:
    return any(sign in told for sign in _NO_ROOM)


def _tell_collection(teller: _Teller) -> None:
    from anki.errors import AnkiException  # noqa: PLC0415 - loaded already

    try:
        teller.check_sizes()
        teller.tell()
    except (
        AnkiException,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
    ) as error:
        if _has_no_room(str(error)):
            raise NoRoomError from error
        raise RefusedPackageError("its collection is damaged; Anki's Check Database may mend it") from error


class _Teller:
    """Writes down a collection, card by card."""

    def __init__(self, col: Collection, out: IO[str], media: MediaNames, room: int) -> None:
        self._col: Any = col
        self._out = out
        self._media = media
        self._room = room
        self._notes: tuple[int, Any] = (0, None)
        self._titles: tuple[int, str] = (0, "")

    def _write(self, kind: str, told: dict[str, Any]) -> int:
        """Write a line; how long it is."""
        return self._out.write(json.dumps({kind: told}) + "\n")

    def _spend(self, work: int) -> None:
        self._room -= work
        if self._room < 0:
            raise RefusedPackageError("its cards come to far more text than a package of its size holds")

    def check_sizes(self) -> None:
        """See that it can be read in the room there is.

        Raises:
            RefusedPackageError: there is too much of something.
        """
        db = _db(self._col)
        for table, most in (("cards", MOST_CARDS), ("revlog", MOST_ROWS), ("notes", MOST_CARDS)):
            if _int(db.scalar(f"SELECT count(*) FROM {table}")) > most:
                raise RefusedPackageError(f"it holds more than {most:,} rows of {table}")
        sizes = {
            "notes": ("octet_length(flds)", "octet_length(tags)", "octet_length(guid)"),
            "cards": ("octet_length(data)",),
        }
        for table, columns in sizes.items():
            for size in columns:
                found = db.first(f"SELECT id, {size} FROM {table} ORDER BY {size} DESC LIMIT 1")
                if found and _int(found[1]) > MOST_NOTE_BYTES:
                    mb = _int(found[1]) / 1e6
                    raise RefusedPackageError(f"one of its {table} holds {mb:,.0f} MB of text")

    def tell(self) -> None:
        """Write it all."""
        col, db = self._col, _db(self._col)
        cards = _int(db.scalar("SELECT count(*) FROM cards"))
        self._write("collection", self._collection(cards))
        self._decks()
        for done, (card_id,) in enumerate(self._card_ids()):
            if done % TOLD_EVERY == 0:
                _say({"stage": "Rendering", "done": done, "total": cards})
            self._card(col, card_id)
        _say({"stage": "Rendering", "done": cards, "total": cards})

    def _collection(self, cards: int) -> dict[str, Any]:
        col, db = self._col, _db(self._col)
        orphans = db.scalar("SELECT count(*) FROM revlog WHERE cid NOT IN (SELECT id FROM cards)")
        return {
            "created": _int(col.crt),
            "created_offset": _int_or_none(col.get_config("creationOffset", None)),
            "rollover": _int_or_none(col.get_config("rollover", None)),
            "fsrs": col.get_config("fsrs", None),
            "cards": cards,
            "orphan_rows": _int(orphans),
            "custom_scheduling": bool(col.get_config("cardStateCustomizer", None)),
        }

    def _decks(self) -> None:
        for deck in self._col.decks.all():
            config = {} if deck["dyn"] else self._col.decks.config_dict_for_deck_id(deck["id"])
            parameters, old = _parameters(config)
            retention = config.get("desiredRetention")
            own = deck.get("desiredRetention")
            told = {
                "id": deck["id"],
                "name": clean_line(deck["name"]),
                "description": to_text(deck.get("desc") or "").text,
                "filtered": bool(deck["dyn"]),
                "retention": own / 100 if own else retention,
                "parameters": parameters,
                "old_parameters": old,
                "learning_steps": _steps(config.get("new", {})),
                "relearning_steps": _steps(config.get("lapse", {})),
            }
            self._write("deck", told)

    def _card_ids(self) -> Iterator[tuple[int]]:
        """All ids, in the order in which the cards were made, a part at a time."""
        last, sql = -_INT, "SELECT id FROM cards WHERE id > ? ORDER BY id LIMIT 2000"
        while part := _db(self._col).all(sql, last):
            yield from part
            last = part[-1][0]

    def _card(self, col: Any, card_id: int) -> None:  # noqa: ANN401 - Anki's own
        card = col.get_card(card_id)
        note = self._note(card.nid)
        notetype = note.note_type() or {}
        occluded = notetype.get("originalStockKind") == _OCCLUSION_KIND or (
            notetype.get("type") == _CLOZE_KIND and "image-occlusion:" in note.fields[0]
        )
        sides = self._sides(card_id)
        self._spend(_work_of(sides) - WORK_PER_CARD)
        rendered = render(sides, number=card.ord, fields=dict(note.items()), occluded=occluded)
        rendered = with_files(rendered, self._media)
        home = card.odid or card.did
        rows, bad = self._rows(card_id)
        memory = card.memory_state
        told = {
            "id": card.id,
            "guid": note.guid,
            "note": note.id,
            "ord": card.ord,
            "deck": home,
            "filtered": clean_line(col.decks.name(card.did)) if card.odid else None,
            "notetype": clean_line(notetype.get("name") or ""),
            "title": self._title(note, notetype, occluded=occluded),
            "tags": [clean_line(tag) for tag in note.tags],
            **rendered._asdict(),
            "traits": [*rendered.traits, *([CUSTOM_DATA] if card.custom_data else [])],
            "type": int(card.type),
            "queue": int(card.queue),
            "due": card.odue or card.due if card.odid else card.due,
            "interval": card.ivl,
            "ease": card.factor,
            "left": card.left,
            "flags": card.flags & 7,
            "modified": card.mod,
            "position": card.original_position if card.type else (card.odue or card.due),
            "stability": memory.stability if memory else None,
            "difficulty": memory.difficulty if memory else None,
            "rows": rows,
            "bad_rows": bad,
        }
        self._spend(TEXT_WORK * self._write("card", told))

    def _note(self, note_id: int) -> Any:  # noqa: ANN401 - Anki's own
        if self._notes[0] != note_id:
            self._notes = (note_id, self._col.get_note(note_id))
        return self._notes[1]

    def _title(self, note: Any, notetype: dict[str, Any], *, occluded: bool) -> str:  # noqa: ANN401 - Anki's own
        """The text of the field the note is sorted by, in one line; of a cloze without its holes' marks."""
        if self._titles[0] != note.id:
            field = notetype.get("sortf") or 0
            html = note.fields[field] if field < len(note.fields) else note.fields[0]
            if occluded:
                # The first field only says which areas are covered; a heading says what the picture is.
                html = next((html for html in reversed(note.fields[1:3]) if html.strip()), "")
            text = clean_line(to_text(without_holes(html[:5_000])).text).strip()
            # A picture's name says little, unless there is nothing else.
            text = _MEDIA.sub(" ", text).strip() or text
            self._titles = (note.id, text[:200])
        return self._titles[1]

    def _sides(self, card_id: int) -> Side | None:
        from anki.errors import TemplateError  # noqa: PLC0415 - loaded already

        try:
            # `Card.render_output` does the same in three calls; and then it would start LaTeX for formulas,
            # and no package may start a program. Sounds stay where they stand in the text.
            out = self._col._backend.render_existing_card(  # noqa: SLF001 - see above
                card_id=card_id, browser=False, partial_render=False
            )
        except TemplateError:
            return None
        question, answer = (
            "".join(node.text or node.replacement.current_text for node in nodes)
            for nodes in (out.question_nodes, out.answer_nodes)
        )
        return Side("" if out.is_empty else question, answer)

    def _rows(self, card_id: int) -> tuple[list[tuple[int, ...]], int]:
        """A card's rows of the review log, oldest first, and how many hold no numbers."""
        sql = "SELECT id, ease, ivl, lastIvl, factor, time, type FROM revlog WHERE cid = ? ORDER BY id"
        found = _db(self._col).all(sql, card_id)
        rows = [tuple(row) for row in found if all(_is_int(value) for value in row)]
        return rows, len(found) - len(rows)


def _work_of(sides: Side | None) -> int:
    """How much it is to make text of what Anki rendered."""
    if sides is None:
        return 0
    size = sum(map(len, sides))
    if size > MOST_SIDES:
        raise RefusedPackageError(f"one of its cards comes to {size / 1e6:,.0f} MB")
    return TAG_WORK * sum(min(side.count("<"), MOST_TAGS) for side in sides) + size // RAW_WORK


def _db(col: Collection) -> Any:  # noqa: ANN401 - Anki's own
    if col.db is None:
        raise RefusedPackageError("its collection cannot be opened")
    return col.db


def _is_int(value: object) -> bool:
    return isinstance(value, int) and -_INT < value < _INT


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _int_or_none(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _parameters(config: dict[str, Any]) -> tuple[list[float] | None, bool]:
    """The 21 parameters of a preset; else None, and whether an older version of FSRS has some."""
    six, five = config.get("fsrsParams6") or [], config.get("fsrsParams5") or []
    if len(six) == 21:
        return list(six), False
    if len(five) == 19:
        # What Anki itself takes them for: no effect of time within a day, and the older curve.
        return [*five, 0.0, 0.5], False
    return None, bool(six or five or config.get("fsrsWeights"))


def _steps(config: dict[str, Any]) -> list[int]:
    return [round(minutes * 60) for minutes in config.get("delays") or []]


if __name__ == "__main__":
    main()
