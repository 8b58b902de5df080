"""Images and sounds: cards name the files, however their fields write the names."""

from unicodedata import normalize

import pytest

pytest.importorskip("anki", reason="the extra `anki` is not installed")

from anki_world import make, opened, taken_in
from test_anki_write import taken, written

from srs.anki_import import import_package
from srs.interop.anki_media import MediaNames, is_safe

APART = normalize("NFD", "über.png")
FIELDS = {
    "<img src='a b.png'>": "[image: a b.png]",
    "<img src='a%20b.png'>": "[image: a b.png]",
    '<img src="r&amp;d.png">': "[image: r&d.png]",
    "<img src='R&D.png'>": "[image: r&d.png]",
    f"<img src='{APART}'>": "[image: über.png]",
    "<img src='%C3%BCber.png'>": "[image: über.png]",
    "<img src='u%CC%88ber.png'>": "[image: über.png]",
    "<img src='100%25.png'>": "[image: 100%.png]",
    "<img src='100%.png'>": "[image: 100%.png]",
    "[sound:r&amp;d.mp3]": "[sound: r&d.mp3]",
    "[sound:a%20b.mp3]": "[sound: a b.mp3]",
    "<audio src='a%20b.mp3'></audio>": "[sound: a b.mp3]",
}
FILES = ["a b.png", "r&d.png", "über.png", "100%.png", "r&d.mp3", "a b.mp3"]


def test_cards_name_the_files_that_came_along(tmp_path):
    """Percent signs, `&amp;`, both ways of writing `ü`: each card names its file, and all are copied."""
    notes = [
        {"type": "Basic", "guid": f"g{n:02}", "fields": [f"q{n} ", f"back {text}"]}
        for n, text in enumerate(FIELDS)
    ]
    # Anki itself writes `ü` in one way; other programs that write packages do not.
    apart = f"col.db.execute('update notes set flds = replace(flds, ?, ?)', 'über', {APART[:-4]!r})"
    make(tmp_path, notes=notes, media={name: name for name in FILES}, then=apart, exports=["new.colpkg"])
    media = tmp_path / "media"
    collection, report = taken_in(tmp_path, "new.colpkg", media=media)
    answers = [answer for (answer,) in collection.rows("SELECT answer FROM card ORDER BY position", {})]
    assert answers == [f"back {named}" for named in FIELDS.values()]
    assert {path.name: path.read_text() for path in media.iterdir()} == {name: name for name in FILES}
    assert "media" not in report.left


def test_a_name_as_it_is_written_comes_first(tmp_path):
    """Where there is a file `a%20b.png`, that is what `a%20b.png` means; names apart in case stay apart."""
    for name in ("a%20b.png", "a b.png", "Dog.png", "dog.png"):
        (tmp_path / name).touch()
    names = MediaNames(tmp_path)
    for name in ("a%20b.png", "a b.png", "Dog.png", "dog.png"):
        assert names.find(name) == name
    assert names.find("DOG.png") in {"Dog.png", "dog.png"}
    assert names.find("cat.png") is None


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a\\b", "C:a", ".hidden", "a\x1b[31m.png", "x" * 241, "ü" * 121]
)
def test_names_that_lead_elsewhere_are_none(name):
    """A path, a hidden file, an escape and what no disk takes are no names of media."""
    assert not is_safe(name)


def test_images_and_sounds_go_back_to_anki(tmp_path):
    """What came along goes out again under the same names, and Anki misses none of it."""
    covered = "{{c1::image-occlusion:rect:left=.1:top=.1:width=.2:height=.2}}"
    notes = [
        {"type": "Basic", "guid": "pics", "fields": ["".join(FIELDS), "back <video src='v.mp4'></video>"]},
        {"type": "Basic", "guid": "lost", "fields": ["<img src='gone.png'>", "x"]},
        {"type": "Image Occlusion", "guid": "o", "fields": [covered, "<img src='100%.png'>", "Head", "", ""]},
    ]
    files = {name: name for name in [*FILES, "v.mp4"]}
    make(tmp_path / "made", notes=notes, media=files, exports=["new.colpkg"])
    collection = opened(tmp_path / "cards.db")
    import_package(collection, tmp_path / "made" / "new.colpkg", media=tmp_path / "media")
    (tmp_path / "media" / "unnamed.png").touch()
    _, report = written(collection, tmp_path / "out.apkg", media=[tmp_path / "media"])
    assert report.media == len(files)
    (found,) = taken(tmp_path, tmp_path / "out.apkg", exports=["new.apkg", "old.apkg"])
    assert found["media"] == files
    assert found["missing"] == []
    assert found["check"] == ["Database rebuilt and optimized.", True]
    assert not import_package(collection, tmp_path / "out.apkg", media=tmp_path / "media").changes
    for name in ("new.apkg", "old.apkg"):
        (again,) = taken(tmp_path, tmp_path / name, name=f"again-{name}")
        assert again["media"] == files


def test_media_of_decks_that_became_files_go_back(tmp_path):
    """They lie in the folder `media` beside the deck file; what a person wrote in brackets is text."""
    notes = [{"type": "Basic", "guid": "p", "fields": ["<img src='a b.png'>", "[image: own.png]"]}]
    make(tmp_path / "made", notes=notes, media={"a b.png": "x"}, exports=["new.apkg"])
    collection = opened(tmp_path / "cards.db")
    import_package(collection, tmp_path / "made" / "new.apkg", to_toml=tmp_path / "toml")
    out, _ = written(collection, tmp_path / "out.apkg")
    assert {name: path.read_text() for name, path in out.media.items()} == {"a b.png": "x"}
    (note,) = out.notes
    assert '<img src="a b.png">' in note.fields
    assert "[image: own.png]" in note.fields
