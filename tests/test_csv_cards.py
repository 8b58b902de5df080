"""Cards come in from CSV: whatever separates them, whoever wrote them, with every problem at its cell."""

import csv
import io
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import PROGRAM, Home, run
from running import run as quick

from srs.interop.cards_csv import COLUMNS, csv_text
from srs.interop.cards_csv_read import Meant, parse_any, parse_cards
from srs.interop.csv_rows import MAX_LINE, MAX_ROWS
from srs.model import REVERSE

ANKI = (
    "#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n#deck column:3\n#tags column:6\n"
    'Jx!9\tBasic\tGeo::Rivers\t<b>Rhine</b> &amp; co\t"a<br>b"\tx y::z\n'
    "jx!9\tCloze\tGeo::Rivers\tThe {{c1::sun}} {{c2::is}}\tmore\t\n"
    "k\tBasic (and reversed card)\tGeo::Rivers\tone\ttwo\t\n"
)


def read(text, path="list.csv", **meant):
    """A list read from its text."""
    return parse_cards(text.encode() if isinstance(text, str) else text, path, Meant(**meant))


def cards(text, **meant):
    """The cards of a list without problems, as (id, question, answer)."""
    parsed = read(text, **meant)
    assert not parsed.errors, parsed.errors
    return [(card.id, card.question, card.answer) for card in parsed.deck.cards]


def places(text):
    """The problems of a list as (line, column, code)."""
    return [(problem.line, problem.column, problem.code) for problem in read(text).problems]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_the_separator_is_found(separator, end, bom):
    """By the names of the columns, with any line end and with a byte order mark; quotes hold anything."""
    rows = [["id", "Front", "Back"], ["a", f'x{separator} "y"', "one\ntwo"], ["b", "z", "w; , |"]]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    found = cards(bom + text.getvalue().replace("\n", end))
    assert found == [("a", f'x{separator} "y"', "one\ntwo"), ("b", "z", "w; , |")]


def test_what_a_column_may_be_called():
    """Other programs' names for question, answer and the rest; a column of no use is named."""
    parsed = read("Word,Definition,Extra,Labels,URL,Colour,ID\nt,d,e,a b,u,red,x\n")
    (card,) = parsed.deck.cards
    assert (card.term, card.answer, card.explanation, card.tags, card.source, card.id) == (
        *("t", "d", "e", ("a", "b"), "u"),
        "x",
    )
    assert [(problem.code, "`Colour`" in problem.message) for problem in parsed.problems] == [("W401", True)]


def test_every_kind_of_card_comes_in():
    """Reverse, holes, choices with their why, other answers: as a deck file has them."""
    parsed = read(
        "id,term,question,answer,reverse,cloze,choices,accept\n"
        't,tag,,A name.,yes,,"wrong\nbad",label\n'
        "c,,,,,A {{c1::b}} {{c2::d}},,\n"
    )
    assert [card.name for card in parsed.deck.cards] == [
        "list/t",
        f"list/t#{REVERSE}",
        "list/c#c1",
        "list/c#c2",
    ]
    assert [choice.text for choice in parsed.deck.cards[0].choices] == ["wrong", "bad"]
    assert [card.line for card in parsed.deck.cards] == [2, 2, 4, 4]


def test_the_id_of_a_row():
    """The id column, else the GUID, else the front; what is no id is made into one."""
    assert [one[0] for one in cards("id,question,answer\nA 1,q,a\nb,q2,a\n")] == ["a-1", "b"]
    assert [one[0] for one in cards("question,answer\nWhat is x?,a\n")] == ["what-is-x"]
    first, second = (one[0] for one in cards("guid,question,answer\nJx,q,a\njx,r,a\n"))
    assert first.startswith("anki-")
    assert second == "jx"


def test_rows_without_an_id_are_told_of_once():
    """One warning with their number, not one a row."""
    parsed = read("question,answer\n" + "".join(f"q{i},a\n" for i in range(20)))
    assert [(problem.code, problem.line) for problem in parsed.problems] == [("W101", 2)]
    assert parsed.problems[0].message.startswith("20 cards")


def test_a_text_export_of_anki():
    """Its lines say what is what: HTML becomes text, holes cards, a reversed note two of them."""
    parsed = read(ANKI, "anki.txt")
    assert parsed.errors == ()
    assert (parsed.deck.id, parsed.deck.name) == ("geo.rivers", "Geo::Rivers")
    found = [(card.variant, card.question, card.answer, card.tags) for card in parsed.deck.cards]
    assert found[0] == ("", "Rhine & co", "a\nb", ("x", "y::z"))
    assert [one[:3] for one in found[1:3]] == [("c1", "The […] is", "sun"), ("c2", "The sun […]", "is")]
    assert parsed.deck.cards[1].explanation == "more"
    assert [one[0] for one in found[3:]] == ["", REVERSE]
    assert len({card.id for card in parsed.deck.cards}) == 3
    assert parse_any(ANKI.encode(), "x.txt").deck == parsed.deck
    assert parse_any(b'[deck]\nid = "a"\n', "x.txt").deck is None


def test_lines_of_anki_may_name_columns_and_tags():
    """`#columns`, `#tags` and `#deck` hold for the file; a separator may be any character."""
    parsed = read("#separator:~\n#columns:Front~Back~tags\n#tags:all\n#deck:Mine\nq~a~t\n")
    (card,) = parsed.deck.cards
    assert (card.question, card.answer, card.tags, parsed.deck.name) == ("q", "a", ("t", "all"), "Mine")
    assert places("#separator:ab\nq,a\n")[0][2] == "E402"
    assert places("#separator:comma\n#tags column:9\nq,a\n") == [(2, 1, "E402")]


def test_every_problem_stands_at_its_cell():
    """All at once, with line and column in the list, over cells of several lines."""
    text = 'question,answer,id,cloze\n"two\nlines",b,x,\n,b,y,\nc,,z,\nc,d,"x",\ne,f,w\ng,h,v,no hole\n'
    assert places(text) == [
        (4, 1, "E106"),
        (5, 1, "E106"),
        (6, 5, "E102"),
        (7, 1, "E403"),
        (8, 7, "E116"),
    ]
    taken = next(problem for problem in read(text).problems if problem.code == "E102")
    assert taken.message == "the id `x` is taken by line 3"


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ("hola;adiós".encode("utf-16"), "E110", "UTF-16"),
        ("question,answer\ncafé,a\n".encode("latin-1"), "E110", "0xE9 is not UTF-8"),
        (b"question,answer\na\0,b\n", "E111", "U+0000"),
        (b"question,answer\n\x1b[2Jq,b\n", "E111", "terminal escape"),
        (b"PK\x03\x04...", "E401", "a zip archive"),
        (b"\xd0\xcf\x11\xe0...", "E401", "Excel"),
        (b"", "E402", "there are no cards"),
        (b"question,answer\n", "E402", "there are no cards"),
        (b"hello,world\nq,a\n", "E402", "does not name the columns"),
        (b"tags,id\nq,a\n", "E402", "no column holds what is asked"),
        (b"front,question\nq,a\n", "E402", "`front` and `question` are both `question`"),
        (b"card,rating,reviewed_at\nq,3,1\n", "E115", "a list of answers"),
        (b'question,answer\n"' + b"x\n" * 100_000, "E401", "is it left open?"),
        (b"question,answer\n" + b"," * (MAX_LINE + 1), "E401", "more than 1 MB"),
        (b"question,answer\n" + b"a,b\n" * (MAX_ROWS + 1), "E401", "more than 100,000 cards"),
        (b"#html:true\n" + (b"<b>" * 20_000 + b",a\n") * 51, "E401", "more than 1,000,000 HTML tags"),
        (b"question,answer\n" + b"\x01" * 2_000, "E401", "full of control characters"),
        (",".join(f"question{i}" for i in range(300)).encode(), "E402", "columns"),
    ],
)
def test_what_cannot_be_read_is_said(data, code, said):
    """Other encodings, other formats, binary files and files made to hurt: one sentence each."""
    parsed = read(data)
    assert parsed.deck is None
    assert code in {problem.code for problem in parsed.errors}
    assert any(said in problem.message for problem in parsed.errors), parsed.errors


def test_a_list_is_one_deck():
    """Named by its rows, by `--deck`, by what it was before, or by its file; several need to be told."""
    rows = "deck,question,answer\nGeo,q,a\nArt History,r,a\n"
    assert read("deck,question,answer\nGeo,q,a\n").deck.id == "geo"
    assert read("question,answer\nq,a\n", "My List.csv").deck.name == "My List"
    assert [problem.code for problem in read(rows).errors] == ["E402"]
    assert "`--deck NAME`" in read(rows).errors[0].hint
    both = read(rows, wanted="All of it").deck
    assert (both.id, both.name, [card.tags for card in both.cards]) == (
        *("all-of-it", "All of it"),
        [("Geo",), ("Art-History",)],
    )
    assert read("question,answer\nq,a\n", before=("was", "Was before")).deck.name == "Was before"


def test_importing_again_follows_the_list(tmp_path):
    """A list is a deck's file: unchanged the second time, edits keep histories, what is gone retires."""
    home = Home(tmp_path)
    (tmp_path / "l.csv").write_text("id,question,answer\na,q,x\nb,r,y\n")
    assert "2 added" in quick(home, "import", "l.csv", "-d", "My Words").stdout
    assert "2 unchanged" in quick(home, "import", "l.csv").stdout
    assert "2 unchanged" in quick(home, "import").stdout
    (tmp_path / "l.csv").write_text("id,question,answer\na,another,x\nc,s,z\n")
    done = quick(home, "import")
    for said in ("1 updated", "1 retired", "1 added", "my-words/a"):
        assert said in done.stdout
    assert home.rows("SELECT id, name FROM deck") == [("my-words", "My Words")]
    assert quick(home, "import", "l.csv", "-d", "other").returncode == 0
    assert home.rows("SELECT DISTINCT deck FROM card WHERE retired = 0") == [("other",)]


def test_a_list_is_checked_and_edited_but_not_written_into(tmp_path):
    """`srs check` reads it, `srs edit` opens its row, `srs add` says where a card goes."""
    home = Home(tmp_path)
    (tmp_path / "l.csv").write_text("id,question,answer\na,q,x\nb,,y\n")
    done = quick(home, "check", "l.csv")
    assert done.returncode == 1
    assert "l.csv:3:1: E106" in done.stdout
    (tmp_path / "l.csv").write_text("id,question,answer\na,q,x\nb,r,y\n")
    quick(home, "import", "l.csv")
    edited = run(
        home,
        "edit",
        "l/b",
        VISUAL=f'{sys.executable} -c "import sys; p = sys.argv[-1];'
        " t = open(p).read().replace('r,y', 'r,z'); open(p, 'w').write(t)\"",
    )
    assert edited.stdout + edited.stderr == "Changed l/b: answer.\n"
    added = quick(home, "add", "l", "--question", "q", "--answer", "a")
    assert added.returncode == 2
    assert "is kept in the list `l.csv`" in added.stderr
    assert "z" in (tmp_path / "l.csv").read_text()


def test_deck_goes_with_a_list_alone(tmp_path):
    """`--deck` for a deck file or several files is refused with what to type."""
    home = Home(tmp_path)
    for paths in (["a.toml"], ["a.csv", "b.csv"], []):
        done = quick(home, "import", *paths, "-d", "x")
        assert (done.returncode, "srs import FILE.csv --deck NAME" in done.stderr) == (2, True)


def test_answers_are_sent_where_they_belong(tmp_path):
    """A list of answers names `srs log import`, however its columns are called."""
    home = Home(tmp_path)
    (tmp_path / "a.csv").write_text("card_id,review_rating,review_time\n1,3,2024-03-29T20:32:32Z\n")
    done = quick(home, "import", "a.csv")
    assert done.returncode == 1
    assert "`srs log import a.csv`" in done.stderr


LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), max_size=20)
TEXT = st.lists(LINE, max_size=3).map("\n".join).map(str.rstrip).filter(str.strip)
ONE_LINE = LINE.map(str.strip).filter(bool)
ENTRIES = st.fixed_dictionaries(
    {"question": TEXT, "answer": TEXT},
    optional={
        "scenario": TEXT,
        "explanation": TEXT,
        "source": TEXT,
        "tags": st.lists(ONE_LINE, min_size=1, max_size=3, unique=True),
    },
)


@given(st.lists(ENTRIES, min_size=1, max_size=5), st.sampled_from(",\t"))
@settings(max_examples=60)
def test_what_was_written_is_read(entries, delimiter):
    """Any texts, tags and lists: reading what was written gives the same values."""
    tables = [{"id": f"c{i}", **entry} for i, entry in enumerate(entries)]
    text = csv_text([("deck", table) for table in tables], delimiter=delimiter)
    assert text.startswith(delimiter.join(COLUMNS))
    parsed = read(text)
    assert not parsed.errors, parsed.errors
    for card, table in zip(parsed.deck.cards, tables, strict=True):
        for name in ("question", "answer", "scenario", "explanation", "source"):
            assert getattr(card, name) == table.get(name)
        assert card.tags == tuple(dict.fromkeys(table.get("tags", ())))


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_any_bytes_are_read_without_a_crash(data):
    """Whatever a file holds, the answer is a deck or problems within the file."""
    for start in (b"", b"question,answer\n", b"#separator:;\n#html:false\n"):
        parsed = read(start + data)
        assert (parsed.deck is None) == bool(parsed.errors)
        assert all(problem.line >= 1 and problem.column >= 1 for problem in parsed.problems)


_BOUNDED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from srs.__main__ import main
main()
"""


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by Linux here")
@pytest.mark.timeout(120)
def test_files_made_to_hurt_stay_small(tmp_path):
    """A field of 1 GB, millions of rows, blanks, quotes, columns, escapes: refused within 1 GB of memory."""
    home, mb = Home(tmp_path), 1 << 20
    bodies = {
        "field": b'question,answer\n"' + b"x" * (40 * mb),
        "lines": b'question,answer\n"' + b"x\n" * (20 * mb),
        "commas": b"question,answer\n" + (b"," * (mb - 10) + b"\n") * 40,
        "blank": b"question,answer\n" + b"\r" * (40 * mb),
        "rows": b"question,answer\n" + "😀,b\n".encode() * (6 * mb),
        "controls": b"question,answer\n" + b"\x1b]0;x\x07,b\n" * (3 * mb),
    }
    for name, body in bodies.items():
        (tmp_path / f"{name}.csv").write_bytes(body)
    with (tmp_path / "gigabyte.csv").open("wb") as sparse:
        sparse.truncate(1 << 30)
    for path in sorted(tmp_path.glob("*.csv")):
        done = run(home, "import", path.name, program=[*PROGRAM[:1], "-c", _BOUNDED])
        assert (path.name, done.returncode) == (path.name, 1)
        assert f"{path.name} was not imported" in done.stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('question,answer\na,b\nc,"d\ne,f\n', (3, 3)),
        ('question,answer\n"a\nb",x\n"c ""d"", e,f\ng,h\n', (4, 1)),
        ('question,answer\na,b\nc,"d', (3, 3)),
        ('question,"answer\na,b\n', (1, 10)),
        ('question,answer\na,"' + "b\n" * 90_000 + '"\n', (2, 3)),
        ('#separator:tab\n#columns:question\tanswer\na\tb\nc d\t"e\n', (4, 5)),
    ],
)
def test_a_quote_left_open_is_told_where_it_begins(text, place):
    """Not where the file ends, and never with all that follows taken for one answer."""
    (problem,) = read(text).problems
    assert (problem.line, problem.column, problem.code) == (*place, "E401")
    assert "a quote that begins here is" in problem.message
    assert read(text).deck is None


@pytest.mark.parametrize(
    "text", ['question,answer\na,b "c\nd,"e"f\n', 'question,answer\na,"b"""', '"question",answer\n"a",b"']
)
def test_quotes_within_a_field_are_text(text):
    """A quote that begins no field opens nothing, as in every reader of CSV."""
    assert not read(text).errors
