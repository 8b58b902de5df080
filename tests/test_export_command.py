"""`srs export`: cards go out as CSV, JSON and TOML, come in again as they were; nothing is written over."""

import csv
import io
import json
import os
import tomllib

import postgres
import pytest
from programs import SHIPPED, Home, cards_of, number_of_cards, run, write_deck
from running import run as quick

from srs.deck.parse import parse_deck
from srs.interop.cards_csv import COLUMNS, guarded, items_of, unguarded
from srs.interop.cards_json import SCHEMA
from srs.model import ActKind

FULL = """
[deck]
id = "full"
name = "A full deck"
description = "All there is."
desired_retention = 0.85
mode = "auto"

[[cards]]
id = "one"
term = "one"
scenario = "She: “=1+1”\\nHe: two"
question = "=SUM(A1)?"
answer = "-rw-r--r--"
reverse = true
choices = ["@x", { text = "three, or more", why = "Too many. \\"Really\\"." }]
accept = ["a b", "[c]"]
explanation = "Because,\\nyou see; 'quoted'."
tags = ["two words", "core"]
needs = ["two", "other/thing"]
source = "+1"

[[cards]]
id = "two"
question = "Above"
cloze = "The {{c1::sun}} is {{c2::a star::what?}}."
tags = ["core", "deep"]
"""


@pytest.fixture
def home(tmp_path):
    """A home with the deck that has everything, and one beside it."""
    home = Home(tmp_path)
    (tmp_path / "full.toml").write_text(FULL)
    write_deck(tmp_path / "other.toml", [("thing", "What?", "A thing.")])
    assert quick(home, "import", "full.toml", "other.toml").returncode == 0
    return home


def tables(text):
    """The tables of a deck file, without the line break that long texts end with."""
    return [
        {key: value.rstrip() if isinstance(value, str) else value for key, value in table.items()}
        for table in tomllib.loads(text)["cards"]
    ]


def fits(value, schema, path="$"):
    """What of a value does not fit a JSON Schema of the kind that is exported."""
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    if "const" in schema:
        return [] if value == schema["const"] else [path]
    if "enum" in schema:
        return [] if value in schema["enum"] else [path]
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(
        type(value) is kinds[kind]
        if kind in kinds
        else type(value) in ((int,) if kind == "integer" else (int, float))
        for kind in wanted
    ):
        return [path]
    if isinstance(value, dict):
        known = schema["properties"]
        wrong = [f"{path}.{key}" for key in {*value} ^ {*known}]
        return wrong + [
            at for key in {*value} & {*known} for at in fits(value[key], known[key], f"{path}.{key}")
        ]
    if isinstance(value, list):
        return [at for i, one in enumerate(value) for at in fits(one, schema["items"], f"{path}[{i}]")]
    return []


def test_toml_comes_in_unchanged(home):
    """A deck as TOML says what the deck file said: importing it changes nothing, elsewhere it is the same."""
    assert quick(home, "export", "out.toml", "-d", "full").returncode == 0
    text = (home.folder / "out.toml").read_text()
    assert parse_deck(text.encode(), "out.toml").problems == ()
    assert tomllib.loads(text)["deck"] == tomllib.loads(FULL)["deck"]
    assert tables(text) == tables(FULL)
    done = quick(home, "import", "out.toml")
    assert "4 unchanged" in done.stdout
    assert quick(home, "export", "--format", "toml", "-d", "full").stdout == text


def test_the_deck_that_comes_along_goes_out_and_in(tmp_path):
    """All 156 cards of it are unchanged after TOML, and after CSV into another database."""
    home = Home(tmp_path)
    home.fill(SHIPPED)
    assert quick(home, "export", "-o", "out.toml").returncode == 0
    assert f"{number_of_cards()} unchanged" in quick(home, "import", "out.toml").stdout
    assert quick(home, "export", "registry.csv").returncode == 0
    rows = list(csv.DictReader(io.StringIO((home.folder / "registry.csv").read_text())))
    assert [row["id"] for row in rows] == [card["id"] for card in cards_of()]
    there = {"SRS_DB": str(postgres.empty(tmp_path / "there.db"))}
    assert quick(home, "import", "registry.csv", **there).returncode == 0
    here = json.loads(quick(home, "export", "--format", "json").stdout)["decks"][0]["cards"]
    other = json.loads(quick(home, "export", "--format", "json", **there).stdout)["decks"][0]["cards"]
    assert here == other


def test_csv_has_every_field_and_comes_back(home):
    """Each column of the header is filled from the deck file, formulas are guarded, and it reads back."""
    text = quick(home, "export", "--format", "csv", "-d", "full").stdout
    one, two = csv.DictReader(io.StringIO(text))
    assert list(one) == list(COLUMNS)
    assert (one["question"], one["answer"], one["source"]) == ("'=SUM(A1)?", "'-rw-r--r--", "'+1")
    assert (one["reverse"], two["cloze"]) == ("true", "The {{c1::sun}} is {{c2::a star::what?}}.")
    assert two["tags"] == "core deep"
    assert not any(cell[:1] in "=+-@\t" for row in (one, two) for cell in row.values() if cell)
    for suffix in ("csv", "tsv"):
        assert quick(home, "export", f"again.{suffix}", "-d", "full").returncode == 0
        there = {"SRS_DB": str(postgres.empty(home.folder / f"{suffix}.db"))}
        assert quick(home, "import", f"again.{suffix}", **there).returncode == 0
        assert tables(quick(home, "export", "--format", "toml", **there).stdout) == tables(FULL)


@pytest.mark.parametrize("text", ["=a", "'=a", "''-", "'a", "-", "@", "\tx", "plain", "", "'"])
def test_guards_come_off_again(text):
    """What was guarded is what it was, and begins like no formula."""
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in set("=+-@\t") or not text


def test_lists_are_read_however_they_are_written():
    """Tags part at blanks, commas and semicolons, other lists at lines; JSON holds anything."""
    assert items_of("tags", "a b;c, d") == ["a", "b", "c", "d"]
    assert items_of("accept", "a b\n\n c \n") == ["a b", "c"]
    assert items_of("choices", '[["a","why"],["b"]]') == [{"text": "a", "why": "why"}, "b"]
    assert items_of("tags", "[x") == ["[x"]


def test_json_is_all_there_is(home):
    """It fits its schema, tells retired cards and memories, and is the same text again."""
    with home.collection() as collection:
        collection.act(ActKind.FLAG, collection.find("full/one").key)
    write_deck(home.folder / "other.toml", [("another", "What?", "That.")])
    quick(home, "import", "other.toml")
    text = quick(home, "export", "--format", "json").stdout
    told = json.loads(text)
    assert fits(told, json.loads(quick(home, "export", "--schema").stdout)) == []
    assert json.loads(quick(home, "export", "--schema").stdout) == SCHEMA
    full, other = told["decks"]
    assert (full["mode"], full["desired_retention"], full["origin"]) == ("auto", 0.85, "file")
    assert [card["name"] for card in full["cards"]] == [
        "full/one",
        "full/one#reverse",
        "full/two#c1",
        "full/two#c2",
    ]
    assert full["cards"][0]["memory"]["flagged"] is True
    assert {card["id"]: card["retired"] for card in other["cards"]} == {"thing": True, "another": False}
    assert quick(home, "export", "--format", "json").stdout == text
    assert fits({**told, "version": 2}, SCHEMA) == ["$.version"]


def test_the_name_says_the_format(home):
    """The suffix decides where no format is said; what says none is refused, and a format goes before."""
    for name, start in (("a.csv", "deck,id,"), ("a.tsv", "deck\tid\t"), ("a.json", "{"), ("a.TOML", "# W")):
        assert quick(home, "export", name, "-d", "full").returncode == 0
        assert (home.folder / name).read_text().startswith(start)
    assert quick(home, "export", "a.txt", "--format", "csv").returncode == 0
    for arguments in ((), ("a.txt",), ("a.colpkg",), ("--format", "xml"), ("a.csv", "-o", "b.csv")):
        done = quick(home, "export", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")


def test_nothing_of_others_is_written_over(home):
    """A deck's own file and any strange file need `--force`; an earlier export does not."""
    (home.folder / "notes.csv").write_text("mine\n")
    for name in ("notes.csv", "full.toml"):
        before = (home.folder / name).read_bytes()
        done = quick(home, "export", name, "-d", "full")
        assert done.returncode == 5
        assert (home.folder / name).read_bytes() == before
        assert "--force" in done.stderr
    assert quick(home, "export", "notes.csv", "--force").returncode == 0
    assert quick(home, "export", "notes.csv").returncode == 0
    for name in ("x.json", "x.toml", "x.apkg"):
        for _ in range(2):
            assert quick(home, "export", name, "-d", "full").returncode == 0
    assert sorted(path.name for path in home.folder.glob(".*")) == []


def test_several_decks_go_into_a_folder(home):
    """A deck file holds one deck: into a folder goes one each, and nothing where one would be lost."""
    assert quick(home, "export", "all.toml").returncode == 2
    (home.folder / "out").mkdir()
    assert quick(home, "export", "--format", "toml", "-o", "out").returncode == 0
    assert sorted(path.name for path in (home.folder / "out").iterdir()) == ["full.toml", "other.toml"]
    (home.folder / "out" / "full.toml").unlink()
    (home.folder / "out" / "other.toml").write_text("mine")
    assert quick(home, "export", "--format", "toml", "-o", "out").returncode == 5
    assert [path.name for path in (home.folder / "out").iterdir()] == ["other.toml"]


def test_what_is_not_there_is_said(home):
    """No such deck or folder, and no cards: a sentence, the right code, no file."""
    for arguments, code in (
        (("a.csv", "-d", "ful"), 3),
        (("no/where.csv",), 3),
        (("a.csv/b.csv",), 3),
    ):
        done = quick(home, "export", *arguments)
        assert (done.returncode, done.stderr[:7]) == (code, "error: ")
    assert not (home.folder / "a.csv").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")  # noqa: PTH110
def test_a_full_disk_is_a_sentence(home):
    """What cannot be written is told with its reason."""
    done = quick(home, "export", "/dev/full", "--format", "csv")
    assert done.returncode == 1
    assert "`/dev/full` cannot be written" in done.stderr


def test_a_package_says_what_it_holds(home):
    """The counts, what Anki has not, and what to do there."""
    done = quick(home, "export", "a.apkg")
    assert done.returncode == 0
    assert "Wrote 5 cards in 3 notes of 2 decks, and 0 answers, to a.apkg" in done.stderr
    assert "FSRS is turned on in" in done.stderr
    for arguments in ((), ("/dev/null",), (".",)):
        assert quick(home, "export", *arguments, "--format", "apkg").returncode == 2


def test_reading_creates_no_database(tmp_path):
    """Exporting where there is nothing says so and makes nothing."""
    home = Home(tmp_path)
    assert run(home, "export", "a.csv").returncode == 3
    assert not home.has_database()
