"""A CSV of cards becomes a deck, by the way of a deck file: the same rules, the same problems.

Each row is written as the `[[cards]]` table it means, all of them are read as a deck file is, and the
problems get the places of the cells they are about.

A row without an id goes by its question, or term: with another question it is another card. With a
column `id` (or `guid`, as Anki's text exports have) everything may change and the history stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.deck.clean import clean_line, is_blank, quoted
from srs.deck.names import is_id, made_id
from srs.deck.parse import ParsedDeck, parse_deck
from srs.deck.read import read_deck
from srs.deck.source import decode
from srs.interop.cards_csv import LISTS, items_of, unguarded
from srs.interop.csv_problems import Problems
from srs.interop.csv_rows import MAX_BYTES, MAX_ROWS, AnswersError, BadCsvError, Row, Sheet, read_sheet
from srs.interop.not_a_deck import list_of_answers, recognised
from srs.model import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

SUFFIXES = (".csv", ".tsv")
_TEXT_SUFFIX = ".txt"
_ANKI_STARTS = tuple(
    f"{bom}#{word}:".encode() for bom in ("", "\ufeff") for word in ("separator", "html", "tags")
)
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\n"})
_OTHER_LINE = re.compile(r" line (\d+)$")
_NO_ID = "W101"
_CONTROL_BYTES = bytes([*range(1, 9), 11, 12, *range(14, 32), 127])
_MOST_CONTROLS = 1_000
"""Each is a problem with its place; a text has none, and a file that has more is none."""
_TRUE = frozenset({"true", "1", "yes", "y", "x"})
_FALSE = frozenset({"", "false", "0", "no", "n"})
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive", "an Anki package ends in .apkg; a spreadsheet is saved as CSV (UTF-8)"),
    (b"\x1f\x8b", "compressed", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed", "unpack it first"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet of Excel", "save it as CSV (UTF-8)"),
    (b"SQLite format 3\x00", "a database", None),
)


class Meant(NamedTuple):
    """Which deck a list is: the one that is asked for, else the one it was before (id and name)."""

    wanted: str | None = None
    before: tuple[str, str] | None = None


def is_list_of_cards(path: str, start: bytes) -> bool:
    """Whether a file is a CSV by its name, or by how it starts a text export of Anki's."""
    suffix = PurePath(path).suffix.lower()
    return suffix in SUFFIXES or (suffix == _TEXT_SUFFIX and start.startswith(_ANKI_STARTS))


def parse_cards(data: bytes, path: str, meant: Meant = Meant()) -> ParsedDeck:  # noqa: B008 - immutable
    """Read the bytes of a CSV; `path` is what problems name it by, and names the deck if nothing else does.

    Never fails: whatever is wrong is a problem, all of them at once.
    """
    found = _refused(data, path)
    if found is None:
        found = _Reading(data, path, meant).deck()
    return replace(found, content_hash=sha256(data).hexdigest(), size=len(data))


def _refused(data: bytes, path: str) -> ParsedDeck | None:
    """The problem of a file that is not even looked at."""
    if len(data) > MAX_BYTES:
        message = f"the file is too large: over {MAX_BYTES >> 20} MB"
        return _only(Problem(path, 1, 1, "E401", message, "split it into several decks"))
    for magic, what, hint in _OTHER_FORMATS:
        if data.startswith(magic):
            return _only(Problem(path, 1, 1, "E401", f"this file is {what}, not a CSV of cards", hint))
    if len(data) - len(data.translate(None, _CONTROL_BYTES)) > _MOST_CONTROLS:
        return _only(Problem(path, 1, 1, "E401", "the file is full of control characters: this is no text"))
    return None


def _only(*problems: Problem) -> ParsedDeck:
    return ParsedDeck(problems[0].path, None, problems)


@dataclass(slots=True)
class _Tables:
    """The deck file that the rows mean, and which row and column each of its lines comes from."""

    text: list[str] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)
    keys: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, row: Row, values: Mapping[str, Any]) -> None:
        """Write a table, a line for each value."""
        self.begins.append(len(self.text) + 1)
        self.rows.append((row.line, row.offset))
        self.keys.append(tuple(values))
        self.text.append("[[cards]]")
        self.text += [f"{key} = {_value(value)}" for key, value in values.items()]

    def find(self, line: int) -> tuple[int, str | None]:
        """The number of the row a line comes from, -1 for the head, and the key on it."""
        number = bisect_right(self.begins, line) - 1
        if number < 0:
            return -1, None
        rank = line - self.begins[number] - 1
        return number, self.keys[number][rank] if 0 <= rank < len(self.keys[number]) else None


class _Reading:
    """One file on its way to a deck."""

    def __init__(self, data: bytes, path: str, meant: Meant) -> None:
        self._path = path
        self._meant = meant
        self._source = decode(data)
        self._problems = Problems()
        self._decks: dict[str, None] = {}
        self._sheet = Sheet("")

    def deck(self) -> ParsedDeck:
        """The deck, or all that is wrong."""
        self._tell_source()
        if not self._source.readable:
            return _only(*self._problems.kept)
        try:
            self._sheet = read_sheet(self._source.text.replace("\r", "\n"))
            rows = list(self._tables_of_rows())
        except AnswersError:
            return _only(list_of_answers(self._path))
        except BadCsvError as error:
            place = (error.line, error.column)
            self._add(error.code, place, error.message, error.hint)
            return _only(*self._problems.kept)
        head = self._head(rows)
        parsed = self._parsed(rows, head)
        problems = [*self._problems.kept, *parsed.problems]
        problems.sort(key=lambda problem: (problem.line, problem.column))
        bad = any(problem.is_error for problem in problems)
        return ParsedDeck(self._path, None if bad else parsed.deck, tuple(problems), draft=parsed.deck)

    def _add(self, code: str, place: tuple[int, int], message: str, hint: str | None = None) -> None:
        self._problems.append(Problem(self._path, *place, code, message, hint))

    def _tell_source(self) -> None:
        """Note what is wrong with the bytes."""
        text, line, before = self._source.text, 1, 0
        for finding in self._source.findings:
            at = finding.where if isinstance(finding.where, int) else 0
            line, before = line + text.count("\n", before, at), at
            self._add(finding.code, (line, at - text.rfind("\n", 0, at)), finding.message, finding.hint)

    # Rows.

    def _tables_of_rows(self) -> Iterator[tuple[Row, dict[str, Any]]]:
        """Each row with the values of its table."""
        sheet, width = self._sheet, len(self._sheet.columns)
        clean = self._cleaner()
        for name in sheet.unread[:10]:
            self._add("W401", (1, 1), f"the column {quoted(name)} is none of a card's; it is left out")
        for number, row in enumerate(sheet.rows()):
            if number >= MAX_ROWS:
                raise BadCsvError(
                    "E401", row.line, f"more than {MAX_ROWS:,} cards", "split it into several decks"
                )
            fields = row.fields
            if len(fields) != width and (len(fields) < width or any(map(str.strip, fields[width:]))):
                told = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
                message = f"{told}, where there are {width} columns"
                self._add(
                    "E403", (row.line, 1), message, "a text with a separator or a line break needs quotes"
                )
                continue
            cells: dict[str, str] = {}
            for name, cell in zip(sheet.columns, fields, strict=False):
                if name and cell and not cell.isspace():
                    said = clean(unguarded(cell)).rstrip()
                    cells[name] = f"{cells[name]}\n{said}" if name in cells else said
            # What the table needs of the rows is little; the fields are the bulk of the memory.
            yield row._replace(fields=[]), self._values(row, cells)

    def _cleaner(self) -> Callable[[str], str]:
        """What makes text of a cell."""
        if not self._sheet.html:
            return str
        try:
            from srs.interop.html_text import to_text  # noqa: PLC0415 - an extra, for HTML alone
        except ImportError:
            raise BadCsvError(
                "E401",
                1,
                "its cells are HTML, which needs an extra that is not installed",
                "pip install 'srs-flashcards[anki]' adds it; or export without HTML",
            ) from None
        return lambda cell: to_text(cell).text

    def _values(self, row: Row, cells: dict[str, str]) -> dict[str, Any]:
        """A row as the values of a table."""
        guid, notetype = cells.pop("guid", ""), cells.pop("notetype", self._sheet.notetype)
        deck = cells.pop("deck", self._sheet.deck)
        if deck:
            self._decks.setdefault(clean_line(deck).strip())
        values: dict[str, Any] = {}
        card_id = cells.pop("id", "").strip() or _id_of_guid(guid)
        if card_id:
            values["id"] = card_id if is_id(card_id) else made_id(card_id)
        self._take_kind(cells, notetype)
        for name, cell in cells.items():
            if name in LISTS:
                values[name] = items_of(name, cell)
            elif name == "reverse":
                if self._is_true(row, cell):
                    values[name] = True
            else:
                values[name] = cell
        if self._sheet.tags:
            values["tags"] = [*dict.fromkeys([*values.get("tags", []), *self._sheet.tags])]
        values["deck"] = clean_line(deck).strip()
        return values

    def _is_true(self, row: Row, cell: str) -> bool:
        said = cell.strip().lower()
        if said not in _TRUE | _FALSE:
            place = self._sheet.place(row, self._sheet.columns.index("reverse"))
            self._add("E403", place, f"{quoted(cell)} is neither true nor false")
        return said in _TRUE

    @staticmethod
    def _take_kind(cells: dict[str, str], notetype: str) -> None:
        """Read a field as what it is: a sentence with holes, or a word that is asked for, too."""
        asked = cells.get("question", "")
        if (
            "cloze" not in cells
            and "{{c1::" in asked
            and ("cloze" in notetype.lower() or "answer" not in cells)
        ):
            cells["cloze"] = cells.pop("question")
            if "answer" in cells:
                extra = cells.pop("answer")
                cells["explanation"] = "\n".join(filter(None, [extra, cells.get("explanation", "")]))
        elif (
            "cloze" in cells and "question" not in cells and "{{c" not in cells["cloze"] and "answer" in cells
        ):
            cells["question"] = cells.pop("cloze")  # a column called `text` that is a plain front
        elif "reversed" in notetype.lower() and "term" not in cells and asked and "\n" not in asked:
            cells["term"], cells["reverse"] = asked, "true"

    # The deck.

    def _head(self, rows: list[tuple[Row, dict[str, Any]]]) -> tuple[str, str]:
        """The deck's id and name; decks that rows name besides become tags where one deck is asked for."""
        named = [*self._decks]
        wanted, before = self._meant
        if wanted is not None:
            if len(named) > 1:
                for _, values in rows:
                    if values["deck"]:
                        tag = "::".join("-".join(part.split()) for part in values["deck"].split("::"))
                        values["tags"] = [*dict.fromkeys([*values.get("tags", []), tag])]
            name = clean_line(wanted).strip()
        elif len(named) > 1 and before is None:
            shown = ", ".join(quoted(deck) for deck in named[:3]) + (" …" if len(named) > 3 else "")
            place = (rows[0][0].line, 1) if rows else (1, 1)
            hint = "`--deck NAME` takes all of it into one deck, with theirs as tags; or split it"
            self._add("E402", place, f"its rows are of {len(named)} decks ({shown}), and a list is one", hint)
            name = named[0]
        elif before is not None:
            return before
        else:
            name = named[0] if named else PurePath(self._path).stem
        deck_id = name if is_id(name) else _deck_id(name)
        return before if before is not None and before[0] == deck_id else (deck_id, name)

    def _parsed(self, rows: list[tuple[Row, dict[str, Any]]], head: tuple[str, str]) -> ParsedDeck:
        """The rows read as a deck file is, with the places of the list."""
        tables = _Tables(["[deck]", f"id = {_string(head[0])}", f"name = {_string(head[1])}"])
        for row, values in rows:
            values.pop("deck", None)
            tables.add(row, values)
        if not rows and not self._problems:
            self._add("E402", (1, 1), "there are no cards")
        data = "\n".join([*tables.text, ""]).encode()
        tables.text.clear()
        parsed = parse_deck(data, self._path) if rows else ParsedDeck(self._path, None)
        nameless = sum("id" not in keys for keys in tables.keys)
        problems = self._placed(parsed, tables, nameless)
        deck = parsed.draft
        if deck is not None:
            lines = [row[0] for row in tables.rows]
            deck = replace(deck, cards=tuple(replace(card, line=lines[card.entry]) for card in deck.cards))
        return ParsedDeck(self._path, deck, tuple(problems))

    def _placed(self, parsed: ParsedDeck, tables: _Tables, nameless: int) -> Iterator[Problem]:
        """Problems of the deck file, each at its cell; rows without an id are told of once."""
        first = next((problem for problem in parsed.problems if problem.code == _NO_ID), None)
        for problem in parsed.problems:
            if problem.code == _NO_ID or (problem.code == "W199" and first is not None):
                continue
            line, column = self._place(tables, *tables.find(problem.line))
            message = _OTHER_LINE.sub(
                lambda at: f" line {self._line_of(tables, int(at[1]))}", problem.message
            )
            yield replace(problem, line=line, column=column, message=message)
        if first is not None:
            place = self._place(tables, tables.find(first.line)[0], None)
            told = "a card has no id and goes" if nameless == 1 else f"{nameless:,} cards have no id and go"
            message = f"{told} by what {'it asks' if nameless == 1 else 'they ask'}"
            hint = "with another question it would be another card; a column `id` keeps the history"
            yield Problem(self._path, *place, _NO_ID, message, hint)

    def _line_of(self, tables: _Tables, line: int) -> int:
        return self._place(tables, *tables.find(line))[0]

    def _place(self, tables: _Tables, number: int, key: str | None) -> tuple[int, int]:
        if number < 0:
            return 1, 1
        row, columns = tables.rows[number], self._sheet.columns
        if key is None or key not in columns:
            return row[0], 1
        return self._sheet.place(row, columns.index(key))


def _deck_id(name: str) -> str:
    """The id made from a deck's name: its parts, joined by points."""
    joined = ".".join(made_id(part) for part in name.split("::") if not is_blank(part))
    return joined if is_id(joined) else made_id(name)


def _id_of_guid(guid: str) -> str:
    """An id for a GUID of Anki's, in which upper and lower case differ."""
    said = guid.strip()
    if not said or is_id(said):
        return said
    return f"anki-{sha256(said.encode()).hexdigest()[:16]}"


def _value(value: Any) -> str:  # noqa: ANN401 - a text, a list of texts, choices, or true
    if value is True:
        return "true"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_string(text)}' for key, text in value.items())} }}"
    return _string(value)


def _string(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def parse_any(data: bytes, path: str, meant: Meant = Meant()) -> ParsedDeck:  # noqa: B008 - immutable
    """Read the bytes of a deck file or of a list of cards, whichever it is."""
    if is_list_of_cards(path, data[:32]):
        return parse_cards(data, path, meant)
    return recognised(parse_deck(data, path))


def read_any(path: Path, shown: str, meant: Meant = Meant()) -> ParsedDeck:  # noqa: B008 - immutable
    """Read one of them from the disk; `shown` is what problems name it by."""
    return read_deck(path, shown, lambda data, name: parse_any(data, name, meant))
