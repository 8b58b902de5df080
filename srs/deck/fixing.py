"""Missing ids written into a deck file: lines are inserted, every other byte stays as it was."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from srs.deck.clean import clean_line
from srs.deck.lines import scan
from srs.deck.parse import parse_deck
from srs.errors import FileProblems

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from srs.deck.lines import Place, Places
    from srs.deck.parse import ParsedDeck
    from srs.model import Deck

_ID_CODES = frozenset({"W101", "W102"})
_PAIR = re.compile(r"([A-Za-z0-9_-]+)([ \t]*)=([ \t]*)")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A deck file's bytes with ids written in: how many, and how many could not be."""

    data: bytes
    written: int = 0
    left: int = 0


def write_ids(data: bytes, path: str) -> Fixed:
    """Write the ids that cards (and the deck) lack, those that an import would give them.

    Each becomes a line after its `[[cards]]` (or `[deck]`), in the style of the lines below it. Not
    written: ids of a deck that ignores W101 (W102 for its own), of cards that are inline tables, and
    empty ones (`id = ""`), which are yours to replace. A file with errors is left alone.
    """
    parsed = parse_deck(data, path)
    wanted = ({problem.code for problem in parsed.problems} & _ID_CODES) - parsed.checks.ignored
    if parsed.deck is None or not wanted:
        return Fixed(data)
    places = scan(parsed.text)
    lines: dict[int, str] = {}
    for place, name, code in _nameless(parsed.deck, places):
        if code in wanted and _can_take_a_line(place, places.text):
            line = places.position(place.value)[0]
            lines[line] = _id_line(place, name, places.text)
    if not lines:
        return Fixed(data, left=_without_ids(parsed, wanted))
    fixed = _with_lines(data, lines)
    reread = parse_deck(fixed, path)
    if not _says_the_same(parsed, reread, len(lines)):
        return Fixed(data, left=_without_ids(parsed, wanted))
    return Fixed(fixed, len(lines), _without_ids(reread, wanted))


def replace_file(path: Path, before: bytes, after: bytes) -> None:
    """Put new bytes in the place of a file's old ones in one step; its mode and owner stay, a link too.

    Raises:
        FileProblems: it is not the file it was, or cannot be written; then nothing has changed.
    """
    shown = f"`{clean_line(str(path))}`"
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:100]}.{os.getpid()}.tmp")
    try:
        status = target.stat()
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "there is no permission")
        _write(temporary, after)
        try:
            temporary.chmod(status.st_mode & 0o7777)
            if hasattr(os, "chown"):
                with suppress(OSError):
                    os.chown(temporary, status.st_uid, status.st_gid)
            if target.read_bytes() != before:
                message = f"{shown} changed while it was looked at, and was left as it is"
                raise FileProblems(message, "run the command again")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise FileProblems(f"{shown} cannot be written: {error.strerror or error}") from error


def _nameless(deck: Deck, places: Places) -> list[tuple[Place, str, str]]:
    """The tables without an id of their own: place, the id they go by, the code of the warning."""
    head = places.find(("deck",))
    found = [(head, deck.id, "W102")] if "id" not in _keys(head) else []
    cards = places.find(("cards",)).inner
    tables = cards if isinstance(cards, list) else []
    for card in deck.cards:
        if not card.variant and card.entry < len(tables):
            table = tables[card.entry]
            if "id" not in _keys(table):
                found.append((table, card.id, "W101"))
    return found


def _keys(table: Place) -> dict[str, Place]:
    return table.inner if isinstance(table.inner, dict) else {}


def _can_take_a_line(table: Place, text: str) -> bool:
    """Whether the table has a header of its own; inline tables and dotted keys have none."""
    line_start = text.rfind("\n", 0, table.value) + 1
    return text.startswith("[", table.value) and not text[line_start : table.value].strip()


def _id_line(table: Place, name: str, text: str) -> str:
    """`id = "…"`, indented and spaced as the keys of the table are."""
    pairs = [found for place in _keys(table).values() if (found := _PAIR.match(text, place.key)) is not None]
    first = pairs[0].start() if pairs else table.value
    line_start = text.rfind("\n", 0, first) + 1
    indent = text[line_start:first]
    if indent.strip():
        indent = ""
    if not pairs:
        return f'{indent}id = "{name}"'
    before, after = pairs[0][2], pairs[0][3]
    columns = {found.end(2) - found.start() for found in pairs}
    aligned = len(columns) == 1 and len({len(found[1]) for found in pairs}) > 1
    if aligned or len(before) > 1:
        before = " " * (pairs[0].end(2) - first - len("id"))
    return f'{indent}id{before}={after if len(after) <= 1 else " "}"{name}"'


def _with_lines(data: bytes, lines: dict[int, str]) -> bytes:
    """The bytes with a line inserted after each of these lines (from 1), in that line's own ending."""
    written: list[bytes] = []
    last = data.count(b"\n") + 1
    for number, line in enumerate(data.split(b"\n"), 1):
        if number not in lines:
            written.append(line)
            continue
        ending = b"\r" if line.endswith(b"\r") else b""
        if number == last:  # a header on a last line that does not end
            line += b"\r" if b"\r\n" in data else b""  # noqa: PLW2901 - the same line, ended
        written += [line, lines[number].encode() + ending]
    return b"\n".join(written)


def _says_the_same(before: ParsedDeck, after: ParsedDeck, written: int) -> bool:
    """Whether the deck is what it was, card for card, and only warnings about ids are gone."""
    if before.deck is None or after.deck is None:
        return False
    gone = _without_ids(before, _ID_CODES) - _without_ids(after, _ID_CODES)
    all_listed = not any(problem.code == "W199" for problem in before.problems)
    return _without_lines(before.deck) == _without_lines(after.deck) and (gone == written or not all_listed)


def _without_ids(parsed: ParsedDeck, codes: AbstractSet[str]) -> int:
    return sum(problem.code in codes for problem in parsed.problems)


def _without_lines(deck: Deck) -> Deck:
    return replace(deck, cards=tuple(replace(card, line=None) for card in deck.cards))


def _write(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)  # left by a process that died and had the same number
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with open(handle, "wb") as file:  # noqa: PTH123 - of a descriptor that only its owner may read
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
