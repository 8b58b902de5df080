"""A CSV of cards as text: its delimiter, its columns, Anki's lines above them, and its rows.

Sizes are bounded, so that a file of anything at all is refused soon and within little memory.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.clean import clean_line, quoted
from srs.interop.answers_csv import NEEDED, canonical
from srs.interop.csv_quotes import HINT, NEVER_CLOSED, open_quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES = 48 << 20
MAX_LINE = 1 << 20
MAX_LINES = 2_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_TAGS = 1_000_000
"""Tags of HTML in a whole file; so many take some seconds to read."""

_DELIMITERS = ",;\t|"
_SEPARATORS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "pipe": "|",
    "colon": ":",
    "space": " ",
}
_NAMES = {
    **dict.fromkeys(("front", "prompt", "q", "question"), "question"),
    **dict.fromkeys(("back", "definition", "a", "answer"), "answer"),
    **dict.fromkeys(("term", "word", "title"), "term"),
    **dict.fromkeys(("scenario", "context"), "scenario"),
    **dict.fromkeys(("explanation", "extra", "back_extra", "note", "notes"), "explanation"),
    **dict.fromkeys(("source", "reference", "url"), "source"),
    **dict.fromkeys(("tags", "tag", "labels"), "tags"),
    **dict.fromkeys(("cloze", "text"), "cloze"),
    **dict.fromkeys(("deck", "deck_id"), "deck"),
    **dict.fromkeys(("notetype", "note_type"), "notetype"),
    **{name: name for name in ("id", "guid", "reverse", "choices", "accept", "needs", "was")},
}
"""What columns are called, in lower case with `_` for blanks, and what they are here."""
_ASKING = {"question", "answer", "term", "cloze"}
_SHOWN = "columns are question and answer, or term, cloze; optionally id, scenario, explanation, tags, source"
_ANKI_LINES = ("separator", "html", "tags", "columns", "notetype", "deck", "if matches", "match scope")
_ANKI_COLUMNS = ("notetype column", "deck column", "tags column", "guid column")


class BadCsvError(Exception):
    """What is wrong with the file as a whole: code, line, column, message, hint."""

    def __init__(self, code: str, line: int, message: str, hint: str | None = None, column: int = 1) -> None:
        super().__init__(message)
        self.code, self.line, self.column = code, line, column
        self.message, self.hint = message, hint


class AnswersError(Exception):
    """The file is a list of answers."""


class Row(NamedTuple):
    """A row: the line it begins on, its offset in the text, and its fields."""

    line: int
    offset: int
    fields: list[str]


@dataclass(slots=True)
class Sheet:
    """A file's columns and how to read its rows.

    `columns` are canonical names in the order of the file, "" for one nobody reads; `fields` counts
    them where the file names none but says by Anki's lines what they are. `unread` are the names of
    columns that are left out. `tags`, `deck` and `notetype` hold for all rows.
    """

    text: str
    delimiter: str = ","
    columns: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    html: bool = False
    tags: list[str] = field(default_factory=list)
    deck: str = ""
    notetype: str = ""
    anki: bool = False
    begin: tuple[int, int] = (1, 0)
    """Line and offset where the rows begin."""

    def rows(self) -> Iterator[Row]:
        """All rows that hold anything.

        Raises:
            BadCsvError: it is no CSV, or larger than any list of cards.
        """
        lines = _Lines(self.text, *self.begin)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=False)
        while True:
            line, offset = lines.line, lines.offset
            fields = self.next_row(reader, lines)
            if fields is None:
                return
            if any(not cell.isspace() for cell in fields if cell):
                yield Row(line, offset, fields)

    def next_row(self, reader: Iterator[list[str]], lines: _Lines) -> list[str] | None:
        """The next row of a reader of these lines; None at the end.

        Raises:
            BadCsvError: it is no CSV; a quote left open, which takes all after it in, is told where it is.
        """
        line, offset = lines.line, lines.offset
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise self._no_csv(error, line, offset) from error
        place = open_quote(self.text, line, offset, self.delimiter) if lines.is_at_end else None
        if place is not None:
            raise BadCsvError("E401", place[0], NEVER_CLOSED, HINT, place[1])
        return fields

    def _no_csv(self, error: csv.Error, line: int, offset: int) -> BadCsvError:
        """The problem of a row that the library does not read."""
        if "field larger" not in str(error):
            return BadCsvError("E401", line, f"this is no CSV: {clean_line(str(error))}")
        place = open_quote(self.text, line, offset, self.delimiter)
        if place is None:
            return BadCsvError("E401", line, "a field of more than 128 KB, which no card needs")
        message = "a quote that begins here is not closed for 128 KB; is it left open?"
        return BadCsvError("E401", place[0], message, column=place[1])

    def place(self, row: Row | tuple[int, int], index: int) -> tuple[int, int]:
        """Line and column, from 1, at which a field of a row begins."""
        line, offset = row[0], row[1]
        found, column, inside = 0, 1, False
        for character in self.text[offset : offset + MAX_LINE]:
            if found == index:
                break
            if character == '"':
                inside = not inside
            elif character == self.delimiter and not inside:
                found += 1
            elif character == "\n" and not inside:
                break
            column += 1
            if character == "\n":
                line, column = line + 1, 1
        return line, column


class _Lines:
    """The lines of a text, each with its end; knows where the next one begins."""

    def __init__(self, text: str, line: int, offset: int) -> None:
        self._text = text
        self.line = line
        self.offset = offset

    @property
    def is_at_end(self) -> bool:
        """Whether there is no further line."""
        return self.offset >= len(self._text)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.offset >= len(self._text):
            raise StopIteration
        end = self._text.find("\n", self.offset) + 1 or len(self._text)
        if end - self.offset > MAX_LINE:
            raise BadCsvError("E401", self.line, "a line of more than 1 MB, which no card needs")
        if self.line > MAX_LINES:
            raise BadCsvError(
                "E401", self.line, f"more than {MAX_LINES:,} lines", "split it into several decks"
            )
        line = self._text[self.offset : end]
        self.offset, self.line = end, self.line + 1
        return line


def read_sheet(text: str) -> Sheet:
    """Find out how a file is to be read.

    Raises:
        AnswersError: its rows are answers, not cards.
        BadCsvError: nothing tells which column is what.
    """
    sheet = Sheet(text)
    lines = _Lines(text, 1, 0)
    told: dict[str, tuple[int, str]] = {}
    first = ""
    for line in lines:
        name, colon, value = line.rstrip("\n").removeprefix("#").partition(":")
        if line.startswith("#") and colon and _anki_name(name) is not None:
            told[_anki_name(name) or ""] = (lines.line - 1, value)
            sheet.begin = (lines.line, lines.offset)
        elif line.strip():
            first = line
            break
        else:
            sheet.begin = (lines.line, lines.offset)
    if not first:
        raise BadCsvError("E402", 1, "there are no cards", _SHOWN)
    _take_anki_lines(sheet, told)
    names = _names(sheet, told, first)
    known = [_NAMES.get(canonical(name), "") for name in names]
    # Where Anki's lines number columns there is no row of names, whatever the first note says.
    numbered = "columns" in told or any(name in told for name in _ANKI_COLUMNS)
    if not sheet.anki or (_ASKING & {*known} and not numbered):
        if {*NEEDED} <= {canonical(name) for name in names} or {"key", *NEEDED[1:]} <= {
            *map(canonical, names)
        }:
            raise AnswersError
        sheet.begin = _after(sheet)
    else:
        known = _anki_columns(told, first, sheet, known if "columns" in told else None)
    _check(known, names, sheet)
    sheet.columns = known
    sheet.unread = [clean_line(name) for name, place in zip(names, known, strict=False) if not place and name]
    return sheet


def _anki_name(name: str) -> str | None:
    plain = " ".join(name.lower().split())
    return plain if plain in (*_ANKI_LINES, *_ANKI_COLUMNS) else None


def _take_anki_lines(sheet: Sheet, told: dict[str, tuple[int, str]]) -> None:
    sheet.anki = bool(told)
    if "separator" in told:
        line, value = told["separator"]
        said = value if value in ("\t", " ") else value.strip()
        sheet.delimiter = _SEPARATORS.get(said.lower(), said)
        if len(sheet.delimiter) != 1 or sheet.delimiter in '"\n':
            raise BadCsvError(
                "E402", line, f"{quoted(said)} is no separator", "comma, semicolon, tab, pipe, colon or space"
            )
    said_html = told.get("html", (0, ""))[1].strip().lower()
    sheet.html = said_html == "true"
    if sheet.html and sheet.text.count("<") > MAX_TAGS:
        hint = "split it into several decks, or export it without HTML"
        raise BadCsvError("E401", told["html"][0], f"more than {MAX_TAGS:,} HTML tags", hint)
    sheet.tags = told.get("tags", (0, ""))[1].split()
    sheet.deck = told.get("deck", (0, ""))[1].strip()
    sheet.notetype = told.get("notetype", (0, ""))[1].strip()


def _names(sheet: Sheet, told: dict[str, tuple[int, str]], first: str) -> list[str]:
    """The names of the columns, by the delimiter that makes most sense of them where none is said."""
    head = told["columns"][1] if "columns" in told else first
    if "separator" in told:
        return _split(head, sheet.delimiter)
    found = []
    for delimiter in _DELIMITERS:
        names = _split(head, delimiter)
        known = sum(canonical(name) in {*_NAMES, *NEEDED} for name in names)
        found.append((known, len(names), -_DELIMITERS.index(delimiter), names))
    _, _, place, names = max(found)
    sheet.delimiter = _DELIMITERS[-place]
    return names


def _split(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]
    return [name.strip() for name in names]


def _after(sheet: Sheet) -> tuple[int, int]:
    """Where the rows begin below a header, which may go over several lines."""
    lines = _Lines(sheet.text, *sheet.begin)
    sheet.next_row(csv.reader(lines, delimiter=sheet.delimiter), lines)
    return lines.line, lines.offset


def _anki_columns(
    told: dict[str, tuple[int, str]], first: str, sheet: Sheet, named: list[str] | None
) -> list[str]:
    """The columns of a text export of Anki: those its lines number, the others fields in their order."""
    width = len(_split(first, sheet.delimiter)) if named is None else len(named)
    columns = [""] * width if named is None else named
    taken = set()
    for name in _ANKI_COLUMNS:
        if name not in told:
            continue
        line, value = told[name]
        place = int(value) if value.strip().isdecimal() and len(value) < 9 else 0
        if not 1 <= place <= width:
            raise BadCsvError("E402", line, f"{quoted(value.strip())} is no column of {width}")
        columns[place - 1] = name.split()[0]
        taken.add(place - 1)
    if not _ASKING.intersection(columns):
        rest = [place for place in range(width) if place not in taken]
        for rank, place in enumerate(rest):
            columns[place] = ("question", "answer")[rank] if rank < 2 else "explanation"
    return columns


def _check(known: list[str], names: Sequence[str], sheet: Sheet) -> None:
    line = sheet.begin[0] if sheet.anki else 1
    if len(known) > MAX_COLUMNS:
        raise BadCsvError("E402", line, f"more than {MAX_COLUMNS} columns", _SHOWN)
    if not any(known):
        raise BadCsvError("E402", line, "the first row does not name the columns of cards", _SHOWN)
    if not _ASKING.intersection(known):
        raise BadCsvError("E402", line, "no column holds what is asked", _SHOWN)
    doubled = [name for name in _NAMES.values() if name != "explanation" and known.count(name) > 1]
    if doubled:
        columns = [quoted(name) for name, place in zip(names, known, strict=False) if place == doubled[0]]
        told = " and ".join(columns) or "two columns"
        raise BadCsvError("E402", line, f"{told} are both `{doubled[0]}`", "leave one of them out")
