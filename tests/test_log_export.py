"""The log goes out whole: every column of every line, enough to count anew, and comes in again as it was."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import fields, replace

import pytest
from histories import seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from running import run
from test_log_import import some_rows, written
from world import (
    DAYS,
    START,
    Clock,
    answer_card,
    check_laws,
    filled,
    log_of,
    memories_of,
    open_at,
    started,
)

from srs.interop.log_lines import COLUMNS, Writer
from srs.model import Act, ActKind, Answer, Memory, Rating
from srs.store import exporting

if sys.platform != "win32":
    from programs import DEVICE, Home


def live_a_while(collection, clock, seed, *, forget=True):
    """Some days of answers of every kind, undone and put back, and acts on cards."""
    random = seeded(seed)
    for _ in range(random.randrange(2, 6)):
        review = started(collection)
        for _ in range(random.randrange(1, 5)):
            if review.next(clock()) is None:
                break
            how = {
                "mode": random.choice(["type", "choice"]),
                "response": random.choice([None, 'a "b",\nc', "é;"]),
            }
            review.answer(random.choice(list(Rating)), now=clock(), took_ms=random.randrange(9_000), **how)
            clock.advance(seconds=40)
        if random.random() < 0.5:
            review.undo(clock())
        key = collection.find(f"d0/c{random.randrange(3)}").key
        kinds = [ActKind.SUSPEND, ActKind.RESUME, ActKind.FLAG, *([ActKind.FORGET] if forget else [])]
        collection.act(random.choice(kinds), key)
        clock.advance(days=random.randrange(1, 9))


def exported(collection, output, **which):
    """The text of an export, and its rows as dicts."""
    writer = Writer(output)
    text = writer.head()
    for entries in exporting.every_line(collection.rows, collection.learner, **which):
        text += writer.lines(entries)
    if output == "jsonl":
        return text, [json.loads(line) for line in text.splitlines()]
    return text, list(csv.DictReader(io.StringIO(text)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_every_line_goes_out_once_in_order(tmp_path_factory, seed):
    """Both formats hold every answer and act, oldest first, what was taken back marked."""
    folder, clock = tmp_path_factory.mktemp("out"), Clock()
    with filled(folder, clock, 3, 2) as collection:
        live_a_while(collection, clock, seed)
        collection.import_answers(written(folder, some_rows(seed, count=5)))
        lines = log_of(collection)
        for output in ("csv", "jsonl"):
            rows = exported(collection, output)[1]
            assert [row["id"].replace("-", "") for row in rows] == [line.id.hex() for line in lines]
            assert [bool(int(row["undone"])) for row in rows] == [line.undone for line in lines]
            kinds = ["answer" if isinstance(line, Answer) else line.kind.value for line in lines]
            assert [row["kind"] for row in rows] == kinds


@pytest.mark.parametrize("size", [1, 2, 7, 2_000])
def test_parts_of_any_size_make_the_same_whole(tmp_path, monkeypatch, size):
    """However many lines are read at a time, none is lost, doubled or out of order."""
    clock = Clock()
    with filled(tmp_path, clock, 3, 2) as collection:
        live_a_while(collection, clock, 8)
        whole = exported(collection, "csv")[0]
        monkeypatch.setattr(exporting, "AT_ONCE", size)
        assert exported(collection, "csv")[0] == whole
        ids = [line.id.hex() for line in log_of(collection)]
        assert [row["id"].replace("-", "") for row in exported(collection, "csv")[1]] == ids


def test_every_field_of_a_line_has_its_column():
    """An answer and an act that say everything leave no field out, and no column is always empty."""
    number = iter(range(1, 100))
    kinds = {
        "bytes": lambda: next(number).to_bytes(16, "big"),
        "int": lambda: next(number),
        "str": lambda: "x",
    }

    def full(made):
        told = {}
        for field in fields(type(made)):
            kind = str(field.type).split(" |")[0]
            told[field.name] = kinds[kind]() if kind in kinds else getattr(made, field.name)
        return replace(made, **told)

    answer = full(Answer(b"", b"", 0, 0, Rating.HARD, hinted=True, recall=0.5, difficulty_before=2.0))
    answer = replace(answer, state_before=Rating.AGAIN, state_after=Rating.HARD, undone=True, follows=True)
    act = full(Act(b"", ActKind.FORGET, 0, 0, payload={"day": 3}, undone=True))
    said = {}
    for line in (answer, act):
        row = Writer("jsonl").lines([(line, "d/c")])
        said |= {name: value for name, value in json.loads(row).items() if value is not None}
    assert said.keys() == {column.name for column in COLUMNS}
    shown_twice = {"reviewed_at", "at_ms", "due_at", "due_at_ms", "card", "key"}
    names = {field.name for made in (Answer, Act) for field in fields(made)}
    assert names - said.keys() == {"at"}
    assert said.keys() - names <= shown_twice


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_an_export_comes_in_as_it_was(tmp_path_factory, seed):
    """Export, then import into an empty database: the same live answers in every field but their batch."""
    folder, clock = tmp_path_factory.mktemp("round"), Clock()
    with filled(folder, clock, 3, 2) as one:
        live_a_while(one, clock, seed, forget=False)
        one.import_answers(written(folder, some_rows(seed, count=5)))
        path = folder / "export.csv"
        path.write_text(exported(one, "csv")[0], encoding="utf-8", newline="")
        here = [line for line in log_of(one) if isinstance(line, Answer) and not line.undone]
        memories = {key: memory for key, memory in memories_of(one).items() if memory.reps}
    with open_at(folder / "empty.db", clock, create=True) as two:
        report = two.import_answers(path)
        assert (report.new, report.problems) == (len(here), ())
        there = [line for line in log_of(two) if isinstance(line, Answer)]
        assert {line.kind for line in log_of(two) if isinstance(line, Act)} <= {
            ActKind.BATCH,
            ActKind.OPTIONS,
        }
        assert [replace(line, batch=None) for line in there] == [replace(line, batch=None) for line in here]
        for key, memory in memories.items():
            shelf = {name: getattr(memory, name) for name in ("suspended", "flagged", "buried_until")}
            assert replace(memories_of(two).get(key, Memory()), **shelf) == memory
        assert two.import_answers(path).new == 0
        check_laws(two)
        two.undo()
        assert two.import_answers(path).new == len(here)
        check_laws(two)


def test_an_export_back_into_its_own_database_adds_nothing(tmp_path):
    """Every live answer of an export is known where it came from."""
    clock = Clock()
    with filled(tmp_path, clock, 3, 2) as collection:
        live_a_while(collection, clock, 3)
        path = tmp_path / "export.csv"
        path.write_text(exported(collection, "csv")[0], encoding="utf-8", newline="")
        lines = log_of(collection)
        report = collection.import_answers(path)
        assert (report.new, report.left_out > 0) == (0, True)
        assert log_of(collection) == lines


def test_some_decks_or_one_card(tmp_path):
    """`decks` and `card` keep the lines about these cards alone."""
    clock = Clock()
    with filled(tmp_path, clock, 2, 2) as collection:
        for name in ("d0/c0", "d1/c0", "d0/c1"):
            answer_card(collection, name, Rating.GOOD)
            clock.advance(minutes=1)
        collection.act(ActKind.FORGET, collection.find("d1/c0").key)
        told = [(row["card"], row["kind"]) for row in exported(collection, "csv", decks=["d1"])[1]]
        assert told == [("d1/c0", "answer"), ("d1/c0", "forget")]
        key = collection.find("d0/c1").key
        assert [row["card"] for row in exported(collection, "jsonl", card=key)[1]] == ["d0/c1"]


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs of the tests are POSIX")


@pytest.fixture
def home(tmp_path):
    """A home with a few answers."""
    clock = Clock(START)
    found = Home(tmp_path)
    with open_at(found.db, clock, create=True, device=DEVICE) as collection:
        collection.import_answers(written(tmp_path, some_rows(4, cards=("old/a", "old/b"))))
    return found


def test_the_command_writes_to_stdout(home):
    """CSV by default, JSON lines on demand; nothing on stderr."""
    done = run(home, "log", "export")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert (done.returncode, done.stderr, len(rows)) == (0, "", 42)
    assert done.stdout.splitlines()[0] == ",".join(column.name for column in COLUMNS)
    lines = run(home, "log", "export", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in rows]
    first = json.loads(lines[0])
    assert first["study_day"] == rows[0]["study_day"]
    assert DAYS.day(first["at_ms"]) >= 0


def test_the_command_writes_a_file(home):
    """`-o` writes the same bytes, over an earlier export too, and over nothing else."""
    out = run(home, "log", "export").stdout
    for _ in range(2):
        done = run(home, "log", "export", "-o", "log.csv")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "Wrote 42 lines to log.csv\n")
        assert (home.folder / "log.csv").read_text(encoding="utf-8") == out
    before = (home.folder / "history.csv").read_bytes()
    refused = run(home, "log", "export", "-o", "history.csv")
    assert (refused.returncode, (home.folder / "history.csv").read_bytes()) == (5, before)
    lost = run(home, "log", "export", "-o", "no/log.csv")
    assert (lost.returncode, lost.stderr) == (3, "error: there is no folder `no`\nhint: make it first\n")
    assert sorted(path.name for path in home.folder.glob("*log*")) == ["log.csv"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--format", "xml"), 2, "`--format` does not take `xml`"),
        (("-d", "nope"), 3, "there is no deck `nope`"),
        (("--card", "nope"), 3, "there is no card `nope`"),
    ],
)
def test_wrong_usage_is_a_sentence(home, arguments, code, said):
    """What cannot be exported is said, and stdout stays empty."""
    done = run(home, "log", "export", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    """`srs log export | head -1` ends quietly with 0, however much there was to write."""
    home, clock = Home(tmp_path), Clock(START)
    with open_at(home.db, clock, create=True, device=DEVICE) as collection:
        collection.import_answers(written(tmp_path, some_rows(4, cards=("old/a",), count=3_000)))
    with subprocess.Popen(
        [sys.executable, "-m", "srs", "log", "export"],
        env=home.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout.readline().startswith(b"id,kind")
        child.stdout.close()
        assert (child.wait(20), child.stderr.read()) == (0, b"")


def test_help_tells_every_column(home):
    """`srs log export -h` has a row for each column, `srs log import -h` for each it reads."""
    told = run(home, "log", "export", "-h").stdout
    for column in COLUMNS:
        assert f"  {column.name} " in told
        assert column.meaning in told
    for name in ("card", "rating", "reviewed_at", "took_ms", "id", "study_day", "interval_before"):
        assert f"  {name} " in run(home, "log", "import", "-h").stdout


def test_a_log_without_lines_is_a_header(tmp_path):
    """An empty log is no error: the header alone, or nothing at all."""
    home = Home(tmp_path)
    open_at(home.db, Clock(), create=True).close()
    assert run(home, "log", "export").stdout.count("\n") == 1
    assert run(home, "log", "export", "--format", "jsonl").stdout == ""
