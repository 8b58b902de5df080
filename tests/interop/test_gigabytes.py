"""Small files that come to gigabytes, and fields of gigabytes: one sentence, within 1 GB and 10 s.

Memory is the peak of each process (the program, and the one that opens a package), time what the
processor worked for both.
"""

import json
import struct
import subprocess
import sys
import zipfile

import pytest

if sys.platform == "win32":
    pytest.skip("limits and their figures are POSIX", allow_module_level=True)
pytest.importorskip("anki", reason="the extra `anki` is not installed")

from anki_world import make
from programs import PROGRAM, Home
from test_anki_reading import zstd_bomb

NIGHTLY = pytest.mark.nightly
MOST_MEMORY = 1 << 30
MOST_SECONDS = 10
_MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stderr, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime]))
"""


def refused(folder, path):
    """Import a file, which is to be refused in one sentence within the bounds; what is said."""
    home = Home(folder / "home")
    home.env["TMPDIR"] = str(folder)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *PROGRAM, "import", str(path)],
        env=home.env,
        cwd=home.folder,
        capture_output=True,
        check=True,
    )
    code, said, memory, seconds = json.loads(done.stdout)
    assert code == 1, said
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 4, said
    assert memory < MOST_MEMORY
    assert seconds < MOST_SECONDS
    return said


def repeating(times):
    """A note type whose front repeats a field."""
    back = "{{FrontSide}}<hr id=answer>{{Back}}"
    return {"name": "Many", "fields": ["Front", "Back"], "templates": [["One", "{{Front}}" * times, back]]}


def notes_of(count, text, times):
    """Notes whose cards repeat a text."""
    return [
        {"type": repeating(times), "guid": f"g{number}", "fields": [text, "y"]} for number in range(count)
    ]


RENDERED = {
    "a field of MB, thousands of times": ([(1, "x" * 7_000_000, 5_000)], "memory"),
    "a few cards of 100 MB": ([(40, "x y " * 25_000, 500)], "comes to 100 MB"),
    "thousands of cards of 1 MB": ([(3_000, "x y " * 250, 500)], "far more text"),
    "a thousand cards of tags alone": ([(1_000, "<b>x</b>" * 50, 500)], "far more text"),
}


@pytest.mark.parametrize(
    "name", [*list(RENDERED)[:1], *(pytest.param(name, marks=NIGHTLY) for name in list(RENDERED)[1:])]
)
def test_notes_that_render_to_gigabytes_are_refused(tmp_path, name):
    """A package of some KB whose templates repeat fields is refused while it is rendered."""
    [(count, text, times)], told = RENDERED[name]
    make(tmp_path / "made", notes=notes_of(count, text, times), exports=["new.apkg"])
    package = tmp_path / "made" / "new.apkg"
    assert package.stat().st_size < 1_500_000
    assert told in refused(tmp_path, package)


def test_a_card_of_half_a_megabyte_is_no_harm(tmp_path):
    """A long card is cut, and the others of its package come in."""
    make(tmp_path / "made", notes=notes_of(3, "x y " * 250, 500), exports=["new.apkg"])
    home = Home(tmp_path / "home")
    done = subprocess.run(
        [*PROGRAM, "import", str(tmp_path / "made" / "new.apkg")],
        env=home.env,
        cwd=home.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "too long and were cut" in done.stderr


def packed(path, **files):
    """A package of the files of an honest one, and others."""
    make(path.parent / "made", notes=notes_of(1, "x", 1), exports=["new.apkg"])
    with zipfile.ZipFile(path.parent / "made" / "new.apkg") as honest:
        found = {entry.filename: honest.read(entry) for entry in honest.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (found | files).items():
            archive.writestr(name, data)
    return path


def test_many_media_that_unpack_to_gigabytes_are_refused_unread(tmp_path):
    """Files each of which is harmless, and that are thousands of times larger together."""
    path = tmp_path / "many.apkg"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("collection.anki21", b"x")
        for number in range(10):
            archive.writestr(str(number), bytes(20 << 20))
    assert "would unpack 205 KB into 210 MB" in refused(tmp_path, path).replace("204 KB", "205 KB")


@NIGHTLY
def test_a_picture_that_unpacks_to_gigabytes_is_refused(tmp_path):
    """A frame of zstd among the media, whose size nothing tells before."""
    entry = b"\x0a\x05a.png\x10\x05\x1a\x14" + bytes(20)
    listed = b"\x0a" + bytes([len(entry)]) + entry
    frame = b"\x28\xb5\x2f\xfd\x20" + bytes([len(listed)])
    frame += struct.pack("<I", 1 | len(listed) << 3)[:3] + listed
    path = packed(tmp_path / "picture.apkg", **{"media": frame, "0": zstd_bomb(4_000)})
    assert path.stat().st_size < 1_500_000
    assert "refused" in refused(tmp_path, path)


@NIGHTLY
def test_a_field_of_a_gigabyte_in_a_package_is_refused(tmp_path):
    """A note of 1 GB, which the archive does not even hide."""
    size = 999_000_000
    grown = f"col.db.execute('update notes set flds = cast(zeroblob({size}) as text)')"
    make(tmp_path / "made", notes=notes_of(1, "x", 1), then=grown)
    with zipfile.ZipFile(tmp_path / "huge.apkg", "w") as archive:
        archive.write(tmp_path / "made" / "made.anki2", "collection.anki21")
        archive.writestr("media", "{}")
    assert refused(tmp_path, tmp_path / "huge.apkg")


def long_csv(path, head, size):
    """A CSV one of whose fields goes on for so many bytes."""
    with path.open("wb") as file:
        file.write(head)
        for _ in range(size >> 20):
            file.write(b"word and " * 116_508 + b"abcd")
    return path


HEADS = {
    "a line": b"question,answer\nq,",
    "a quote left open": b'question,answer\nq,a\nr,"',
}


@pytest.mark.parametrize("name", HEADS)
def test_a_field_of_megabytes_in_a_csv_is_refused(tmp_path, name):
    """Within the size that a list of cards may have, one field is all of it."""
    said = refused(tmp_path, long_csv(tmp_path / "long.csv", HEADS[name], 20 << 20))
    assert "long.csv:" in said


@NIGHTLY
@pytest.mark.parametrize("name", HEADS)
def test_a_field_of_a_gigabyte_in_a_csv_is_refused(tmp_path, name):
    """A CSV of 1 GB is not even read."""
    path = long_csv(tmp_path / "huge.csv", HEADS[name], 1 << 30)
    assert path.stat().st_size > 1_000_000_000
    assert "huge.csv" in refused(tmp_path, path)
