"""A CSV of answers is read whatever its dress, and what is wrong with it is said at its place."""

import csv
import io
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.interop import answers_csv
from srs.interop.answers_csv import read_answers
from srs.interop.csv_problems import MAX_KEPT, kind_of
from srs.interop.csv_values import EARLIEST, Reading

NOW = 1_760_000_000_000
HEADER = "card,rating,reviewed_at,took_ms\n"
GOOD = "deck/a,3,2024-03-29T20:32:32Z,900\n"


def read(data, *, zone=None):
    """Read some bytes or text as a file called `a.csv`."""
    raw = data if isinstance(data, bytes) else data.encode()
    return read_answers(io.BufferedReader(io.BytesIO(raw)), "a.csv", reading=Reading(NOW, zone))


def problems(data, **how):
    """Each problem as `line:column message`."""
    found = read(data, **how)
    return [f"{p.line}:{p.column} {p.message}" for p in found.problems]


ROWS = st.lists(
    st.tuples(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20),
        st.integers(1, 4),
        st.integers(EARLIEST, NOW),
        st.one_of(st.none(), st.integers(0, 100_000)),
    ),
    max_size=8,
)


class Dress(NamedTuple):
    """How a file writes its answers."""

    delimiter: str
    ending: str
    bom: bool
    order: list
    words: bool
    moments: str
    quoting: int


DRESSES = st.builds(
    Dress,
    delimiter=st.sampled_from(",;\t"),
    ending=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    order=st.permutations(["card", "rating", "reviewed_at", "took_ms", "remarks"]),
    words=st.booleans(),
    moments=st.sampled_from(["iso", "offset", "ms"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)


def dressed(rows, dress):
    """A file of these rows."""
    zones = {"iso": UTC, "offset": ZoneInfo("Asia/Kathmandu")}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dress.delimiter, lineterminator=dress.ending, quoting=dress.quoting)
    writer.writerow(dress.order)
    for card, rating, at, took in rows:
        zone = zones.get(dress.moments)
        values = {
            "card": card,
            "rating": ["again", "hard", "GOOD", "Easy"][rating - 1] if dress.words else rating,
            "reviewed_at": datetime.fromtimestamp(at / 1000, zone).isoformat() if zone else at,
            "took_ms": took,
            "remarks": f"any{dress.delimiter}thing",
        }
        writer.writerow([values[name] for name in dress.order])
    return b"\xef\xbb\xbf" * dress.bom + text.getvalue().encode()


@given(ROWS, DRESSES)
def test_the_same_answers_in_any_dress(rows, dress):
    """Separator, line end, BOM, order of columns, quotes, words for ratings: the rows are the same."""
    found = read(dressed(rows, dress))
    assert found.problems == []
    assert [(row.card, row.rating, row.at, row.took_ms) for row in found.rows] == rows


def test_the_columns_of_py_fsrs_are_known():
    """`card_id`, `review_rating`, `review_time`, `review_duration` mean what ours mean."""
    ours = read(HEADER + GOOD).rows
    assert read("card_id,review_rating,review_time,review_duration\n" + GOOD).rows == ours


@pytest.mark.parametrize(
    ("said", "ms"),
    [
        ("1711744352", 1_711_744_352_000),
        ("1711744352.25", 1_711_744_352_250),
        ("1711744352250", 1_711_744_352_250),
        ("2024-03-29T20:32:32.250999+00:00", 1_711_744_352_250),
        ("2024-03-29 16:32:32.25-04:00", 1_711_744_352_250),
        ("2024-03-29 20:32:32 UTC", 1_711_744_352_000),
    ],
)
def test_moments(said, ms):
    """Seconds, milliseconds and ISO 8601 give the same moment, parts of a ms dropped."""
    assert read(f"{HEADER}d/a,3,{said},\n").rows[0].at == ms


def test_a_moment_without_a_zone_needs_one():
    """A naive time is an error with the option as hint, and a time of that zone once it is named."""
    data = f"{HEADER}d/a,3,2024-03-29T16:32:32,\n"
    found = read(data).problems[0]
    assert found.message == "`2024-03-29T16:32:32` names no zone"
    assert "--zone" in found.hint
    assert read(data, zone=ZoneInfo("America/New_York")).rows[0].at == 1_711_744_352_000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",3,2024-03-29T20:32:32Z,1", "2:1 no card is named"),
        ("d/a,5,2024-03-29T20:32:32Z,1", "2:5 `5` is no rating"),
        ("d/a,,2024-03-29T20:32:32Z,1", "2:5 nothing is no rating"),
        ("d/a,3,yesterday,1", "2:7 `yesterday` is no moment"),
        ("d/a,3,2024-03-29,1", "2:7 `2024-03-29` is a day without a time"),
        ("d/a,3,45380.85,1", "2:7 `45380.85` lies before 1985"),
        ("d/a,3,9999-01-01T00:00:00Z,1", "2:7 `9999-01-01T00:00:00Z` lies in the future"),
        ("d/a,3,1711744352250000,1", "2:7 `1711744352250000` lies in the future"),
        (
            "d/a,3,99999999999999999999999999999999999,1",
            "2:7 `99999999999999999999999999999999999` is no",
        ),
        ("d/a,3,0001-01-01T00:00:00+14:00,1", "2:7 `0001-01-01T00:00:00+14:00` lies before 1985"),
        ("d/a,3,2024-03-29T20:32:32Z,-4", "2:28 `-4` is not a time in milliseconds"),
        ("d/a,3,2024-03-29T20:32:32Z,9999999999", "2:28 `9999999999` ms is more than ten days"),
        ('"d,a",3,now,1', "2:9 `now` is no moment"),
        ("d/a,3", "2:1 2 fields, where the header has 4"),
        ("d/a,3,2024-03-29T20:32:32Z,1,more", "2:1 5 fields, where the header has 4"),
        ("d/\x1b[2Ja,3,2024-03-29T20:32:32Z,1", "2:1 `d/[2Ja` has characters that no name has"),
        (f"{'x' * 201},3,2024-03-29T20:32:32Z,1", "2:1 the name of a card has more than 200 characters"),
    ],
)
def test_what_a_row_cannot_say(row, said):
    """Each bad value is one sentence at its line and column, and no row is taken."""
    (told,) = problems(f"{HEADER}{row}\n{GOOD}")
    assert told.startswith(said)


@pytest.mark.parametrize(
    ("column", "good", "bad", "said"),
    [
        ("utc_offset", ("-1080", "0", "840", ""), "99999", "`99999` is no offset in minutes east of UTC"),
        ("utc_offset", ("1080",), "-1081", "`-1081` is no offset in minutes east of UTC"),
        ("difficulty_before", ("1", "10", "5.25", ""), "99", "`99` is no difficulty from 1 to 10"),
        ("difficulty_before", ("1.0",), "0.9", "`0.9` is no difficulty from 1 to 10"),
        ("due_day", ("1985-01-01", "2124-01-01", ""), "0001-01-01", "`0001-01-01` is no day to be due on"),
        ("due_day", ("4799-12-31",), "9999-12-31", "`9999-12-31` is no day to be due on"),
        (
            "due_at",
            ("2024-03-30T20:32:32Z", ""),
            "0001-01-01T00:00:00Z",
            "`0001-01-01T00:00:00Z` lies before",
        ),
    ],
)
def test_what_an_answer_tells_besides_has_bounds(column, good, bad, said):
    """Offsets, difficulties and due days that cannot be are problems at their place; the others come in."""
    data = f"card,rating,reviewed_at,{column}\n" + "".join(
        f"d/a,3,2024-03-29T20:32:32Z,{value}\n" for value in (*good, bad)
    )
    (told,) = problems(data)
    assert told.startswith(f"{len(good) + 2}:28 {said}")


def test_every_problem_at_once():
    """All problems of all rows are told, several of one row each at its column."""
    assert problems(f"{HEADER}d/a,9,never,x\n{GOOD}\nd/b,0,1711744352,1\n") == [
        "2:5 `9` is no rating",
        "2:7 `never` is no moment",
        "2:13 `x` is not a time in milliseconds",
        "5:5 `0` is no rating",
    ]


def test_a_mistake_in_every_row_is_counted_in_every_row():
    """Of each kind the first places are kept and all rows counted, those of a later kind among them."""
    rows = [f"d/a,3,2024-03-{1 + at % 28:02}T10:00:{at % 60:02},\n" for at in range(5_000)]
    found = read(HEADER + "".join(rows) + "d/b,7,1711744352,1\n")
    kinds = [kind_of(problem) for problem in found.problems]
    assert sorted(found.counts.values()) == [1, 5_000]
    assert [found.counts[kind] for kind in dict.fromkeys(kinds)] == [5_000, 1]
    assert found.whole
    assert (found.problems[0].line, found.problems[-1].line) == (2, 5_002)
    assert len(found.problems) < MAX_KEPT


@pytest.mark.parametrize(("said", "hint"), [("1824-03-29T20:32:32Z", "year"), ("45380.85", "ISO 8601")])
def test_what_lies_long_ago_has_a_hint_that_fits(said, hint):
    """A well written moment of another century is asked for its year, a serial number told what is read."""
    assert hint in read(f"{HEADER}d/a,3,{said},1\n").problems[0].hint


def test_a_field_of_several_lines_keeps_its_line():
    """A quoted line break counts: what stands behind it has its own line and column."""
    assert problems('card,remarks,rating,reviewed_at\nd/a,"one\ntwo",7,1711744352\n') == [
        "3:6 `7` is no rating"
    ]


def test_a_study_day_far_from_its_moment_is_refused():
    """A study day must be that of the moment in some zone; next to it, it is kept as a day."""
    header = "card,rating,reviewed_at,study_day\n"
    assert read(f"{header}d/a,3,2024-03-29T20:32:32Z,2024-03-28\n").rows[0].study_day == 19_810
    assert problems(f"{header}d/a,3,2024-03-29T20:32:32Z,2023-03-29\n") == [
        "2:28 the study day `2023-03-29` is not that of its moment"
    ]


@pytest.mark.parametrize(
    ("data", "said", "hint"),
    [
        (b"", "1:1 the file is empty", "reviewed_at"),
        (b"\n\n \n", "3:1 the file is empty", "reviewed_at"),
        (
            b"d/a,3,2024-03-29T20:32:32Z,1\n",
            "1:1 the first row does not name the columns of answers",
            "took_ms",
        ),
        (b"card,reviewed_at\n", "1:1 there is no column `rating`", "rating"),
        (b"card,rating,rating,reviewed_at\n", "1:1 two columns are `rating`", "leave"),
        (
            b"id,question,answer\n",
            "1:1 this is a list of cards (its column `question` says so), not of answers",
            "`srs import`",
        ),
        (
            b"Front;Back\n",
            "1:1 this is a list of cards (its column `front` says so), not of answers",
            "`srs import`",
        ),
        (b'[deck]\nid = "a"\n', "1:1 this is a deck file, not a CSV of answers", "`srs import`"),
        (
            b"PK\x03\x04" + bytes(40),
            "1:1 this file is a zip archive, as Anki packages are, not a CSV",
            "`srs import`",
        ),
        (b"SQLite format 3\x00", "1:1 this file is a database, not a CSV of answers", "--db"),
        (b'{"id": 1}\n', "1:1 this file is JSON, not a CSV of answers", "csv"),
        ("card,rating".encode("utf-16"), "1:1 this file is UTF-16, not a CSV of answers", "UTF-8"),
        (HEADER.encode() + b"d/\xff,3,1,1\n", "2:3 the byte 0xff is not UTF-8", "UTF-8"),
        (HEADER.encode() + b"d/a,3,\x00,1\n", "2:7 a NUL byte: this is no text file", ""),
    ],
)
def test_files_of_another_kind(data, said, hint):
    """A file that is no CSV of answers is named for what it is, with the right command where there is one."""
    assert problems(data)[0].startswith(said)
    assert hint in (read(data).problems[0].hint or "")


class Endless(io.RawIOBase):
    """A file that never ends: its start, then the same piece again and again."""

    def __init__(self, start, piece):
        self.start, self.piece, self.given = start, piece, 0

    def readable(self):
        """It is read only."""
        return True

    def readinto(self, into):
        """Fill what is asked for."""
        while len(self.start) < len(into):
            self.start += self.piece * 100
        into[:], self.start = self.start[: len(into)], self.start[len(into) :]
        self.given += len(into)
        return len(into)


@pytest.mark.parametrize(
    ("start", "piece", "said"),
    [
        (HEADER.encode() + b"d/a,3,1711744352,", b"x" * 1000, "a line of more than 1 MB"),
        (HEADER.encode() + b'"', b"xxx\n" * 250, "a quote that begins here"),
        (HEADER.encode(), b"nonsense\n" * 100, "1 field, where the header has 4"),
        (b"", b"x" * 1000, "a line of more than 1 MB"),
        (HEADER.encode(), b"d/a,7,1711744352,9\n" * 50, "`7` is no rating"),
    ],
)
def test_files_without_end_are_refused_soon(start, piece, said):
    """Of a field, a line or a heap of nonsense without end only a little is read."""
    endless = Endless(start, piece)
    found = read_answers(io.BufferedReader(endless), "a.csv", reading=Reading(NOW))
    assert found.problems[0].message.startswith(said)
    assert len(found.problems) <= MAX_KEPT
    assert endless.given < 8_000_000


def test_good_rows_without_end_are_refused(monkeypatch):
    """More answers than any person gives are not kept in memory."""
    monkeypatch.setattr(answers_csv, "MAX_ROWS", 1_000)
    endless = Endless(HEADER.encode(), b"d/a,3,1711744352,9\n" * 50)
    found = read_answers(io.BufferedReader(endless), "a.csv", reading=Reading(NOW))
    assert found.problems[0].message == "more than 1,000 answers in one file"
    assert found.rows == []


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_bytes_at_all_are_a_bug(data):
    """Whatever stands in a file, below a right header or not, comes out as rows or as sentences."""
    for start in (b"", HEADER.encode(), b"id,kind,card,key,rating,reviewed_at,undone,response,due_at\n"):
        found = read(start + data)
        assert not (found.rows and found.problems)
        for problem in found.problems:
            assert "\n" not in problem.message
            assert problem.line >= 1
            assert problem.column >= 1


@pytest.mark.parametrize("rest", ["", "c,2026-01-05,3\n" * 5, "c,2026-01-05,3\n" * 20_000])
def test_a_quote_left_open_is_told_where_it_begins(rest):
    """Not where the file ends, nor as a row with too few fields."""
    found = read(
        f'card,reviewed_at,rating\nd/a,2024-01-04T12:00:00Z,3\nd/b,"2024-01-05T12:00:00Z,3\n{rest}'
    ).problems
    assert [(problem.line, problem.column) for problem in found] == [(3, 5)]
    assert "quote that begins here" in found[0].message
