"""A history of answers from a CSV file: plain rows, and every problem with its place.

Nothing here knows cards or databases. A file is read once, row by row; its lines and fields are
bounded, so that a file of anything at all takes little memory until it is refused.
"""

from __future__ import annotations

import csv
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from srs.deck.clean import clean_line, quoted
from srs.interop.csv_problems import MAX_COUNTED, Problems
from srs.interop.csv_quotes import HINT, NEVER_CLOSED, open_quote
from srs.interop.csv_values import CORE, EXTRA, BadValueError, Reading, fit_together, offset_of, read_options
from srs.model import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from srs.model import Options

    Progress = Callable[[int], None]
    Parsers = list[tuple[int, str, Callable[[str], Any]]]

MAX_LINE = 1 << 20
"""Bytes of a line; the field of an answer never needs them."""
MAX_ROWS = 5_000_000

COLUMNS = {
    "card_id": "card",
    "review_rating": "rating",
    "review_time": "reviewed_at",
    "review_duration": "took_ms",
}
"""Other names of columns, as py-fsrs and its kin write them."""
NEEDED = ("card", "rating", "reviewed_at")
_EXPORTED = ("kind", "undone")
_MOST_OPTIONS = 10_000
OF_CARDS = frozenset({"question", "answer", "front", "back", "term", "definition", "cloze", "text"})
CARDS_COME_IN = (
    "`srs import` takes cards in from deck files (TOML), files that end in .csv or .tsv, and Anki packages;"
    " `srs init FILE.toml` writes a deck file"
)
"""What to do with a list of cards."""
_SHOWN_COLUMNS = (
    "the columns are card, rating, reviewed_at, and optionally took_ms, id, study_day, interval_before"
)
_ROWS_AT_ONCE = 5_000
_AT, _STUDY_DAY = list(CORE).index("reviewed_at"), list(CORE).index("study_day")
_MAGIC = (
    (b"PK\x03\x04", "a zip archive, as Anki packages are", "`srs import` is for cards and packages"),
    (b"\x1f\x8b", "compressed", "unpack it first"),
    (b"SQLite format 3\x00", "a database", "`srs --db PATH …` names another database"),
    (b"\xff\xfe", "UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16", "save it as UTF-8"),
    (b"{", "JSON", "export it with `--format csv`; those lines come in as they were"),
    (b"\x28\xb5\x2f\xfd", "compressed", "unpack it first"),
)


class AnswerRow(NamedTuple):
    """One answer of a file: what was said of it, nothing made up.

    `card` is the name as written, `at` in ms, `study_day` in days since 1970. `id` is the line id of
    an export of our own (16 bytes) or any other text. `extra` are the values of `AnswersFile.extra`. `offset`
    is that of the moment in minutes east of UTC, where the row has a study day of its own, too.
    """

    line: int
    card: str
    rating: int
    at: int
    took_ms: int | None
    study_day: int | None
    id: bytes | str | None
    interval_before: int | None
    key: bytes | None
    extra: tuple[Any, ...] | None
    offset: int | None = None


class AnswersFile(NamedTuple):
    """What a file holds; with problems, its rows are those without one, none where it was not read whole.

    `extra` names the further fields of `srs.model.Answer` that it tells. `options` are the sets an
    export tells, which its answers name; `acts` and `undone` count the other lines of it that are no
    live answers, which are left out.
    """

    rows: list[AnswerRow]
    problems: list[Problem]
    extra: tuple[str, ...] = ()
    acts: int = 0
    undone: int = 0
    whole: bool = True
    """Whether all of it was read; not after very many problems."""
    counts: Mapping[str, int] = MappingProxyType({})
    """How many problems there are of each kind (`csv_problems.kind_of`); `problems` has the first ones."""
    options: tuple[Options, ...] = ()


def read_answers(
    stream: BinaryIO, path: str, *, reading: Reading, progress: Progress = lambda _bytes: None
) -> AnswersFile:
    """Read a file of answers; `path` is what problems name it by, `progress` is told the bytes read.

    Comma, semicolon and tab separate, in whatever order the columns stand; names of columns are
    those of `NEEDED`, of our own export and of `COLUMNS`.
    """
    problem = _other_format(stream, path)
    if problem is not None:
        return AnswersFile([], [problem], whole=False)
    lines = _Lines(stream, path)
    try:
        header = _header(lines, path)
        if isinstance(header, Problem):
            return AnswersFile([], [header], whole=False)
        return _Rows(lines, header, path, reading, progress).read()
    except _UnreadableError as error:
        return AnswersFile([], [error.problem], whole=False)


class _UnreadableError(Exception):
    """The file cannot be read on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Header(NamedTuple):
    delimiter: str
    names: list[str]
    """Canonical names, in the order of the file; "" for columns nobody asks for."""


def _other_format(stream: BinaryIO, path: str) -> Problem | None:
    """What a file that is no CSV seems to be."""
    peek = getattr(stream, "peek", None)
    start: bytes = peek(16)[:16] if peek else b""
    for magic, what, hint in _MAGIC:
        if start.startswith(magic):
            return Problem(path, 1, 1, "E401", f"this file is {what}, not a CSV of answers", hint)
    return None


class _Lines:
    """The lines of a file as text, one by one; keeps those of the record that is being read."""

    def __init__(self, stream: BinaryIO, path: str) -> None:
        self._stream = stream
        self._path = path
        self.number = 0
        self.read = 0
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._stream.readline(MAX_LINE + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        self.read += len(raw)
        if self.number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) > MAX_LINE:
            self._refuse(1, "a line of more than 1 MB, which no answer needs", None)
        if b"\0" in raw:
            self._refuse(raw.index(b"\0") + 1, "a NUL byte: this is no text file", None)
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            column = len(raw[: error.start].decode(errors="replace")) + 1
            self._refuse(column, f"the byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        if text.endswith("\r") or "\r" in text[:-2]:
            # Old line ends of a Mac: the reader of CSV takes them only where a line ends.
            text = text.replace("\r\n", "\n").replace("\r", " ")
        self.record.append(text)
        return text

    def _refuse(self, column: int, message: str, hint: str | None) -> None:
        raise _UnreadableError(Problem(self._path, self.number, column, "E401", message, hint))


def _header(lines: _Lines, path: str) -> _Header | Problem:
    """The columns, by the separator that makes most sense of the first row."""
    first = next((line for line in lines if line.strip()), "")
    found: list[tuple[int, int, str, list[str]]] = []
    for delimiter in ",;\t":
        try:
            names = [canonical(name) for name in next(csv.reader([first], delimiter=delimiter), [])]
        except csv.Error:
            continue
        known = sum(name in CORE or name in EXTRA for name in names)
        found.append((known, len(names), delimiter, names))
    known, _, delimiter, names = max(found, default=(0, 0, ",", []))
    missing = [name for name in NEEDED if name not in names]
    if "key" in names and "card" in missing:
        missing.remove("card")
    doubled = next((name for name in names if name in CORE and names.count(name) > 1), None)
    if missing:
        return _no_header(lines, path, names, missing, known)
    if doubled is not None:
        return Problem(path, lines.number, 1, "E402", f"two columns are `{doubled}`", "leave one of them out")
    lines.record.clear()
    wanted = {*CORE, *EXTRA, *_EXPORTED, "payload"}
    return _Header(delimiter, [name if name in wanted else "" for name in names])


def canonical(name: str) -> str:
    """The name of a column as we write it."""
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    return COLUMNS.get(plain, plain)


def _no_header(lines: _Lines, path: str, names: Sequence[str], missing: list[str], known: int) -> Problem:
    """What is wrong with a first row that does not name the columns of answers."""
    line = max(1, lines.number)
    start = "".join(lines.record).strip()
    if start.startswith(("[deck]", "[[cards]]")) or (start.startswith("#") and path.endswith(".toml")):
        return Problem(
            path, line, 1, "E402", "this is a deck file, not a CSV of answers", "`srs import` takes cards in"
        )
    if not start:
        return Problem(path, line, 1, "E402", "the file is empty", _SHOWN_COLUMNS)
    of_cards = [name for name in names if name in OF_CARDS]
    if of_cards and missing != ["card"]:
        message = f"this is a list of cards (its column {quoted(of_cards[0])} says so), not of answers"
        return Problem(path, line, 1, "E402", message, CARDS_COME_IN)
    if not known:
        return Problem(
            path, line, 1, "E402", "the first row does not name the columns of answers", _SHOWN_COLUMNS
        )
    told = " and ".join(f"`{name}`" for name in missing)
    return Problem(path, line, 1, "E402", f"there is no column {told}", _SHOWN_COLUMNS)


class _Rows:
    """The rows below a header."""

    def __init__(
        self, lines: _Lines, header: _Header, path: str, reading: Reading, progress: Progress
    ) -> None:
        self._lines = lines
        self._header = header
        self._path = path
        self._progress = progress
        names = header.names
        self._places = {name: index for index, name in enumerate(names) if name}
        parsers = reading.parsers(has_key="key" in names)
        self._core = [(self._places.get(name), parsers[name]) for name in CORE]
        self._extra = [(self._places[name], parsers[name]) for name in EXTRA if name in self._places]
        self._extra_names = tuple(name for name in EXTRA if name in self._places)
        self._rows: list[AnswerRow] = []
        self._problems = Problems()
        self._acts = self._undone = 0
        self._options: list[Options] = []

    def read(self) -> AnswersFile:
        """All rows without a problem, and all problems."""
        whole = True
        for line, record in self._records():
            if len(self._problems) >= MAX_COUNTED:
                whole = False
                break
            if record and not self._left_out(record):
                self._take(line, record)
            if len(self._rows) > MAX_ROWS:
                message = f"more than {MAX_ROWS:,} answers in one file"
                self._problems.append(
                    Problem(self._path, line, 1, "E401", message, "split it; its parts come in one by one")
                )
                whole = False
                break
        left_out = {"acts": self._acts, "undone": self._undone}
        options = tuple(self._options)
        rows = self._rows if whole else []
        return AnswersFile(
            rows,
            self._problems.kept,
            self._extra_names,
            whole=whole,
            options=options,
            counts=self._problems.counts,
            **left_out,
        )

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line it begins on."""
        lines = self._lines
        reader = csv.reader(lines, delimiter=self._header.delimiter, strict=False)
        count = 0
        while True:
            line = lines.number + 1
            lines.record.clear()
            try:
                record = next(reader, None)
            except csv.Error as error:
                message = f"this is no CSV: {clean_line(str(error))}"
                if "field larger" in str(error):
                    message = "a field of more than 128 KB, which no answer needs"
                if not self._quote_is_open(line):
                    self._problems.append(Problem(self._path, line, 1, "E401", message))
                return
            if record is None or self._quote_is_open(line):
                return
            count += 1
            if count % _ROWS_AT_ONCE == 0:
                self._progress(lines.read)
            yield line, record

    def _quote_is_open(self, line: int) -> bool:
        """Whether the record that was read has a quote left open; that is a problem where it begins."""
        if sum(said.count('"') for said in self._lines.record) % 2 == 0:
            return False
        place = open_quote("".join(self._lines.record), line, 0, self._header.delimiter)
        if place is not None:
            self._problems.append(Problem(self._path, *place, "E401", NEVER_CLOSED, HINT))
        return place is not None

    def _left_out(self, record: list[str]) -> bool:
        """Whether it is a line of an export that is no live answer."""
        for name in _EXPORTED:
            place = self._places.get(name)
            said = record[place].strip() if place is not None and place < len(record) else ""
            if name == "kind" and said == "options":
                self._take_options(record)
                return True
            if name == "kind" and said not in ("", "answer"):
                self._acts += 1
                return True
            if name == "undone" and said not in ("", "0", "false"):
                self._undone += 1
                return True
        return False

    def _take_options(self, record: list[str]) -> None:
        """A set of options that answers of the file name; what is none rules nothing."""
        place = self._places.get("payload")
        options = None if place is None or place >= len(record) else read_options(record[place])
        if options is not None and len(self._options) < _MOST_OPTIONS:
            self._options.append(options)

    def _take(self, line: int, record: list[str]) -> None:
        width = len(self._header.names)
        if len(record) != width and (len(record) < width or any(record[width:])):
            if len(record) == 1 and not record[0].strip():
                return
            fields = "field" if len(record) == 1 else "fields"
            message = f"{len(record)} {fields}, where the header has {width}"
            self._problems.append(Problem(self._path, line, 1, "E403", message))
            return
        try:
            core = [None if place is None else parse(record[place]) for place, parse in self._core]
            extra = tuple([parse(record[place]) for place, parse in self._extra]) if self._extra else None
        except BadValueError:
            self._explain(line, record)
            return
        if not fit_together(core[_AT], core[_STUDY_DAY]):
            message = (
                f"the study day {quoted(record[self._places['study_day']].strip())} is not that of its moment"
            )
            place = self._place_of(line, self._places["study_day"])
            self._problems.append(Problem(self._path, *place, "E403", message))
            return
        known = core[_STUDY_DAY] is not None
        offset = offset_of(record[self._places["reviewed_at"]]) if known else None
        self._rows.append(AnswerRow._make((line, core[0] or "", *core[1:], extra, offset)))

    def _explain(self, line: int, record: list[str]) -> None:
        """Every problem of a row, each at its column."""
        for place, parse in sorted(
            [(place, parse) for place, parse in [*self._core, *self._extra] if place is not None],
            key=lambda one: one[0],
        ):
            try:
                parse(record[place])
            except BadValueError as error:
                at_line, column = self._place_of(line, place)
                self._problems.append(Problem(self._path, at_line, column, "E403", error.message, error.hint))

    def _place_of(self, line: int, index: int) -> tuple[int, int]:
        """Line and column, from 1, at which a field of the record just read begins."""
        field, column, inside = 0, 1, False
        for character in "".join(self._lines.record):
            if field == index:
                break
            if character == '"':
                inside = not inside
            elif character == self._header.delimiter and not inside:
                field += 1
            column += 1
            if character == "\n":
                line, column = line + 1, 1
        return line, column
