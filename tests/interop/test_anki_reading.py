"""Packages are read through Anki itself: every kind of card, and no package that was made to hurt."""

import os
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("anki", reason="the extra `anki` is not installed")

from anki_world import basic, make, opened, taken_in

from srs.anki_cards import deck_id_of
from srs.anki_import import import_package
from srs.errors import FileProblems, SrsError
from srs.interop import anki_read
from srs.interop.anki_read import open_package

CODE = {
    "name": "Code & more",
    "fields": ["Front", "Back", "Hint"],
    "templates": [
        ["Asked", "{{Front}} {{hint:Hint}}", "{{FrontSide}}<hr id=answer>{{Back}}"],
        ["Empty", "{{#Hint}}{{^Hint}}x{{/Hint}}{{/Hint}}", "{{Back}}"],
        ["Other rule", "{{Back}}", "before<hr id=answer>{{Front}}"],
        ["No back", "{{Front}}?", "{{FrontSide}}"],
    ],
}
OCCLUDED = (
    "{{c1::image-occlusion:rect:left=.1:top=.1:width=.2:height=.2}}"
    "{{c2::image-occlusion:rect:left=.5:top=.1:width=.2:height=.2}}"
)
NOTES = [
    {
        "type": "Basic (and reversed card)",
        "guid": "rev",
        "fields": ["Hund <img src='dog.png'>", "dog"],
        "deck": "A::B",
    },
    {
        "type": "Cloze",
        "guid": "clo",
        "fields": ["The {{c1::capital::hint}} is {{c2::Canberra}}<br>x", "extra"],
    },
    {"type": "Basic (type in the answer)", "guid": "typ", "fields": ["2+2", "<b>4</b>"]},
    {"type": CODE, "guid": "cod", "fields": ["loop?", "<pre>for x in y:\n    print(x)</pre>", "secret"]},
    {
        "type": "Image Occlusion",
        "guid": "occ",
        "fields": [
            OCCLUDED,
            '<img src="map.png">',
            "Header",
            "Back extra",
            "",
        ],
    },
    {"type": "Basic", "guid": "evil", "fields": ["<script>alert(1)</script>a\u202eb", "&#27;[31mred \x9bx"]},
    {
        "type": "Basic",
        "guid": "tex",
        "fields": ["\\(a^2\\)", "[latex]\\input{/etc/passwd}[/latex] [sound:s.mp3]"],
    },
]


@pytest.fixture(scope="module")
def many_kinds(tmp_path_factory):
    """A package of many kinds of notes, imported: its cards by (guid, ord), and the report."""
    folder = tmp_path_factory.mktemp("kinds")
    make(folder, notes=NOTES, media={"dog.png": "dog", "s.mp3": "sound"}, exports=["new.apkg", "old.apkg"])
    with open_package(folder / "new.apkg", lambda *_: None) as package:
        cards = {(card.guid, card.ord): card for card in package.cards()}
    with open_package(folder / "old.apkg", lambda *_: None) as package:
        old = {(card.guid, card.ord): card for card in package.cards()}
    assert {key: (card.question, card.answer) for key, card in old.items()} == {
        key: (card.question, card.answer) for key, card in cards.items()
    }
    return folder, cards


@pytest.mark.parametrize(
    ("card", "question", "answer", "explanation"),
    [
        (("rev", 0), "Hund [image: dog.png]", "dog", None),
        (("rev", 1), "dog", "Hund [image: dog.png]", None),
        (("clo", 0), "The [hint] is Canberra\nx", "capital", "The capital is Canberra\nx\nextra"),
        (("clo", 1), "The capital is [...]\nx", "Canberra", "The capital is Canberra\nx\nextra"),
        (("typ", 0), "2+2", "4", None),
        (("cod", 0), "loop?", "for x in y:\n    print(x)", None),
        (("cod", 2), "for x in y:\n    print(x)", "before\n\n---\n\nloop?", None),
        (("cod", 3), "loop??", "(nothing stands on the back of this card)", None),
        (("occ", 0), "Header\n[image occlusion: map.png, area 1 is covered]", "Back extra", None),
        (("occ", 1), "Header\n[image occlusion: map.png, area 2 is covered]", "Back extra", None),
        (("evil", 0), "ab", "[31mred x", None),
        (("tex", 0), "\\(a^2\\)", "[latex]\\input{/etc/passwd}[/latex] [sound: s.mp3]", None),
    ],
)
def test_every_card_is_rendered_to_question_and_answer(many_kinds, card, question, answer, explanation):
    """Reversed, cloze, typed, with code, covered pictures, scripts and formulas: each as clean text."""
    found = many_kinds[1][card]
    assert (found.question, found.answer, found.explanation) == (question, answer, explanation)


def test_media_are_copied_and_missing_ones_told(tmp_path, many_kinds):
    """Images and sounds that cards name lie beside the database; a missing one is listed, others kept."""
    folder, _ = many_kinds
    collection = opened(tmp_path / "cards.db")
    media = tmp_path / "media"
    media.mkdir()
    (media / "s.mp3").write_text("another")
    report = import_package(collection, folder / "new.apkg", media=media)
    assert (media / "dog.png").read_text() == "dog"
    assert (media / "s.mp3").read_text() == "another"
    assert report.media == 1
    assert report.left["other media"].example == "s.mp3"
    assert report.left["media"].example == "map.png"
    assert report.left["occlusion"].number == 2
    assert report.typed == 1


def test_ids_are_readable_unique_and_stable(tmp_path):
    """A card's id comes from its note's text and the number of its template; equal texts get a mark."""
    made = tmp_path / "made"
    make(
        made,
        notes=[
            *basic(2, deck="Über Größe::1. Verben"),
            {"type": "Basic", "guid": "x1", "fields": ["front 0", "other"], "deck": "Über Größe::1. Verben"},
            {"type": "Basic", "guid": "x2", "fields": ["犬", "dog"], "deck": "Über Größe::1. Verben"},
        ],
        exports=["new.apkg"],
    )
    collection, _ = taken_in(made)
    ids = [card for (card,) in collection.rows("SELECT id FROM card ORDER BY position", {})]
    assert ids[:2] == ["front-0", "front-1"]
    assert ids[2].startswith("front-0-")
    assert len(set(ids)) == 4
    assert collection.rows("SELECT DISTINCT deck FROM card", {}) == [("uber-grosse.1-verben",)]
    assert deck_id_of("x" * 90).startswith("x" * 20)
    assert len(deck_id_of("::".join(["very long name"] * 9))) <= 64


# Packages that were made to hurt.


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """The files of two small honest packages, by format."""
    folder = tmp_path_factory.mktemp("honest")
    make(folder, notes=basic(2), exports=["new.apkg", "old.apkg"])
    found = {}
    for name in ("new", "old"):
        with zipfile.ZipFile(folder / f"{name}.apkg") as archive:
            found[name] = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    return found


def packed(path, files, *, compression=zipfile.ZIP_STORED):
    """A package of these files; a name may be a ZipInfo."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def zstd_bomb(megabytes):
    """A frame of zstd that unpacks into so many MB of NULs: blocks of 128 KB told in four bytes."""
    block = b"\0"

    def head(last):
        return struct.pack("<I", last | 1 << 1 | (1 << 17) << 3)[:3]

    return (
        b"\x28\xb5\x2f\xfd\x00" + bytes([7 << 3]) + (head(0) + block) * (megabytes * 8 - 1) + head(1) + block
    )


def link():
    """A symbolic link as zip files keep it."""
    info = zipfile.ZipInfo("0")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


HURTS = {
    "../": (lambda new: new | {"../evil": b""}, "leads out"),
    "absolute": (lambda new: new | {"/etc/passwd": b""}, "leads out"),
    "backslashes": (lambda new: new | {"..\\evil": b""}, "leads out"),
    "drive": (lambda new: new | {"C:evil": b""}, "leads out"),
    "link": (lambda new: new | {link(): b"/etc/passwd"}, "is a link"),
    "no collection": (lambda new: {"media": new["media"]}, "holds no collection"),
    "damaged": (lambda new: new | {"collection.anki21b": b"nonsense" * 100}, "was refused"),
    "half": (lambda new: new | {"collection.anki21b": new["collection.anki21b"][:2000]}, "was refused"),
    "zstd bomb": (lambda new: new | {"collection.anki21b": zstd_bomb(2_000)}, "unpacks into far more"),
    "media bomb": (lambda new: new | {"media": zstd_bomb(2_000)}, "ca?n(not|'t)|refused"),
}


@pytest.mark.parametrize("name", HURTS)
def test_a_package_made_to_hurt_is_refused_with_a_sentence(tmp_path, honest, name):
    """Whatever is wrong with it, the package is refused, nothing is imported, nothing lies outside."""
    hurt, told = HURTS[name]
    path = packed(tmp_path / "evil.apkg", hurt(honest["new"]))
    collection = opened(tmp_path / "cards.db")
    with pytest.raises(FileProblems, match=told):
        import_package(collection, path)
    assert collection.rows("SELECT count(*) FROM card", {}) == [(0,)]
    assert {entry.name for entry in tmp_path.iterdir() if "cards.db" not in entry.name} == {"evil.apkg"}


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(tmp_path, honest, monkeypatch):
    """A collection packed a thousand times smaller is refused by the table of contents alone."""
    monkeypatch.setattr(anki_read, "_started", lambda *_: pytest.fail("a process was started"))
    files = honest["old"] | {"collection.anki21": b"\0" * (100 << 20)}
    path = packed(tmp_path / "bomb.apkg", files, compression=zipfile.ZIP_DEFLATED)
    with (
        pytest.raises(FileProblems, match=r"would unpack .* into 105 MB"),
        open_package(path, lambda *_: None),
    ):
        pass


def test_a_table_of_contents_of_millions_is_refused_unread(tmp_path, honest):
    """The end of the file says how many files there are; a lie of millions is not read."""
    data = bytearray(packed(tmp_path / "many.apkg", honest["new"]).read_bytes())
    at = data.rindex(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<I", 0xFFFFFFF0)
    (tmp_path / "many.apkg").write_bytes(data)
    with (
        pytest.raises(FileProblems, match="more than 500,000"),
        open_package(tmp_path / "many.apkg", lambda *_: None),
    ):
        pass


def test_a_note_of_many_megabytes_is_refused(tmp_path):
    """A field that no honest note has is refused by its size, before any of it is read."""
    make(
        tmp_path,
        notes=basic(2),
        then="import random\n"
        "text = random.Random(1).randbytes(4_500_000).hex()\n"
        "one = 'where id = (select min(id) from notes)'\n"
        "col.db.execute('update notes set flds = ? || char(31) ' + one, text)\n",
        exports=["old.apkg"],
    )
    with (
        pytest.raises(FileProblems, match="holds 9 MB of text"),
        open_package(tmp_path / "old.apkg", lambda *_: None),
    ):
        pass


@pytest.mark.skipif(os.name != "posix", reason="signals end processes so")
@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("import os; os.abort()", "signal 6"),
        ('import time; print(\'{"stage": "x", "done": 0, "total": 1}\', flush=True); time.sleep(60)', "halt"),
        ("raise MemoryError", "more memory"),
        ("print('not json', flush=True)", "ended with code 0"),
    ],
)
def test_a_process_that_dies_or_stalls_becomes_a_sentence(tmp_path, honest, monkeypatch, does, told):
    """A crash of Anki's core, a halt and too much memory end in one sentence, and no process is left."""
    started = []

    def start(*_):
        child = subprocess.Popen(
            [sys.executable, "-c", does], stdout=subprocess.PIPE, stderr=_[3], stdin=subprocess.DEVNULL
        )
        started.append(child)
        return child

    monkeypatch.setattr(anki_read, "_started", start)
    monkeypatch.setattr(anki_read, "STALL_SECONDS", 0.5)
    path = packed(tmp_path / "new.apkg", honest["new"])
    with pytest.raises(SrsError) as caught, open_package(path, lambda *_: None):
        pass
    assert told in f"{caught.value} {caught.value.hint}"
    assert started[0].poll() is not None


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path, honest, monkeypatch):
    """Where Anki's library is missing, the error names the command that adds it."""
    monkeypatch.setattr(anki_read, "find_spec", lambda _: None)
    path = packed(tmp_path / "new.apkg", honest["new"])
    with pytest.raises(SrsError, match="extra") as caught, open_package(path, lambda *_: None):
        pass
    assert "pip install 'srs-flashcards[anki]'" in caught.value.hint


def test_nothing_but_the_process_imports_anki():
    """The library is loaded in the child alone, so that the program neither pays nor crashes for it."""
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import srs.anki_import, sys; print('anki' in sys.modules, 'selectolax' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert loaded.stdout.split() == ["False", "False"]
