"""The folder that many devices share: files are written by one, read by all, and nothing in them is lost."""

import gzip
import os
import shutil
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from log_lines import sealed

from srs.errors import DiskFullError, FileProblems, NotFoundError
from srs.log import MAX_LINE, Logged, encode
from srs.model import Answer, Rating
from srs.sync_files import Found, Known, list_files, read_lines
from srs.sync_folder import OwnFiles, packed
from srs.sync_mending import put_right
from srs.sync_source import MOST_BYTES

READER = "1.0"


def line(number, learner="me"):
    """The line number so and so of somebody's log."""
    line_id = (1_760_000_000_000 + number).to_bytes(6, "big") + bytes(10)
    return Logged(
        learner, Answer(line_id, b"card-of-16-bytes", 1_760_000_000_000 + number, 20_370, Rating.GOOD)
    )


def lines(start, end):
    """Some lines of a log."""
    return [line(number) for number in range(start, end)]


def in_order(found):
    """Lines in the order of the log, each once."""
    return [each for _, each in sorted({each.line.id: each for each in found}.items())]


class Device:
    """A device with a folder of its own files, and what it knows of the folder."""

    names = count()

    def __init__(self, folder, device="laptop", *, name=None, close_at=8 << 20):
        self.folder = str(folder)
        self.own = OwnFiles(
            self.folder, device, name or device, file_id=lambda: f"{next(self.names):x}", close_at=close_at
        )
        self.known = {}

    @property
    def path(self):
        """Its open file."""
        return self.own.open_file

    def write(self, start, end):
        """Append lines as a sync does; whether all it had said was there."""
        right = put_right(self.own, self.known)
        if not right:
            self.known = {}
        self.read()
        texts = [encode(*each) for each in lines(start, end)]
        self.known |= self.own.append(texts, self.known.get(self.path.name))
        return right

    def read(self):
        """What is new in all files of the folder, as a sync reads them."""
        found = []
        for file in list_files(self.folder)[0]:
            before = self.known.get(file.name)
            if before is not None and before.still(file, READER):
                continue
            reading, parts = read_lines(self.folder, file, self.known)
            found += [each for part in parts for each in part]
            self.known[file.name] = reading.known(reader=READER, refused={})
        return found

    def told(self):
        """What it has to say of files: name, line, reason."""
        return [(name, *reason) for name, known in self.known.items() for reason in known.reasons]


def names_in(folder):
    """The names in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


def test_what_one_writes_the_others_read(tmp_path):
    """Lines appended by one device are read by another once, and only the new ones next time."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 3)
    assert desk.read() == lines(0, 3)
    assert desk.read() == []
    laptop.write(3, 5)
    assert desk.read() == lines(3, 5)
    assert names_in(tmp_path) == ["laptop.jsonl"]
    assert desk.known["laptop.jsonl"].name == "laptop"


def test_what_it_wrote_a_device_does_not_read_again(tmp_path):
    """After appending, a device knows its own file as if it had read it."""
    laptop = Device(tmp_path, close_at=1_500)
    laptop.write(0, 30)
    assert laptop.read() == []
    assert Device(tmp_path).read() == lines(0, 30)


def test_an_unchanged_file_is_not_opened(tmp_path):
    """A file whose size and time are as they were costs a look at the folder, whatever is in it."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 3)
    desk.read()
    facts = laptop.path.stat()
    laptop.path.write_bytes(b"\0" * facts.st_size)
    os.utime(laptop.path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert desk.read() == []
    assert desk.told() == []


def test_files_close_at_their_size_and_stay_as_they_are(tmp_path):
    """A full file is packed under the next number; packed files hold everything and never change."""
    laptop, desk = Device(tmp_path, close_at=2_000), Device(tmp_path, "desk")
    laptop.write(0, 10)
    desk.read()
    before = {}
    for start in range(10, 60, 5):
        laptop.write(start, start + 5)
        assert desk.read() == lines(start, start + 5)
        packed_now = {name: (tmp_path / name).read_bytes() for name in names_in(tmp_path) if "gz" in name}
        assert before.items() <= packed_now.items()
        before = packed_now
    assert len(before) > 4
    assert sorted(before) == [f"laptop-{n:06d}.jsonl.gz" for n in range(1, len(before) + 1)]
    assert Device(tmp_path, "new").read() == lines(0, 60)


def test_packing_is_the_same_every_time():
    """The same lines give the same packed bytes, whenever and under whatever name."""
    data = b"".join(encode(*each) for each in lines(0, 50))
    assert packed(data) == packed(data)
    assert packed(data)[4:8] == bytes(4)
    assert gzip.decompress(packed(data)) == data


@pytest.mark.parametrize("cut", [1, 30, 100])
def test_a_torn_line_is_waited_for(tmp_path, cut):
    """A last line without its end is no error and no line; when it is whole it is read."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 3)
    whole = laptop.path.read_bytes()
    laptop.path.write_bytes(whole[:-cut])
    assert desk.read() == lines(0, 2)
    assert desk.told() == []
    laptop.path.write_bytes(whole)
    assert desk.read() == lines(2, 3)


def test_a_damaged_line_is_told_and_the_rest_merges(tmp_path):
    """A damaged line is told with its number until it is healed; all others are read."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 6)
    whole = laptop.path.read_bytes()
    broken = whole.split(b"\n")
    broken[3] = broken[3].replace(b"rating", b"rat1ng")
    laptop.path.write_bytes(b"\n".join(broken))
    assert desk.read() == [*lines(0, 2), *lines(3, 6)]
    assert desk.told() == [("laptop.jsonl", 4, "the checksum does not match")]
    desk.read()
    assert desk.told() == [("laptop.jsonl", 4, "the checksum does not match")]
    laptop.path.write_bytes(whole)
    assert line(2) in desk.read()
    assert desk.told() == []


def test_its_own_damaged_lines_a_device_heals(tmp_path):
    """Damage in its own file is found by its owner, who writes it anew with every good line."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 6)
    desk.read()
    broken = laptop.path.read_bytes().split(b"\n")
    broken[3] = b"gone"
    laptop.path.write_bytes(b"\n".join(broken))
    assert not laptop.write(2, 3)
    assert in_order(desk.read()) == lines(0, 6)
    assert desk.told() == []


HARMS = [
    *(("laptop.jsonl", harm) for harm in (b"", b"\0" * 300, None, "cut", "older")),
    *(("laptop-000002.jsonl.gz", harm) for harm in (b"", b"\0" * 300, None, "cut")),
]


@pytest.mark.parametrize(("name", "harm"), HARMS)
def test_a_device_sees_that_its_files_lost_something(tmp_path, name, harm):
    """A file of its own that is gone, empty, overwritten, cut or older than it was is found by its owner."""
    laptop = Device(tmp_path, close_at=2_000)
    path = tmp_path / name
    older = b""
    for start in range(0, 40, 4):
        laptop.write(start, start + 4)
        older = older or (path.read_bytes() if path.exists() else b"")
    assert put_right(laptop.own, laptop.known)
    whole = path.read_bytes()
    if harm is None:
        path.unlink()
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "older": older}.get(harm, harm))
    assert not laptop.write(0, 40)
    desk = Device(tmp_path, "desk")
    assert in_order(desk.read()) == lines(0, 40)
    assert desk.told() == []
    assert put_right(laptop.own, laptop.known)


def test_half_a_line_of_its_own_is_cut_off(tmp_path):
    """After a kill in the middle of a line the owner goes on behind the last whole one."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 2)
    with laptop.path.open("ab") as file:
        file.write(encode(*line(2))[:50])
    assert desk.read() == lines(0, 2)
    assert laptop.write(2, 4)
    assert desk.read() == lines(2, 4)
    assert desk.told() == []


def test_lines_that_were_appended_but_not_noted_come_back(tmp_path):
    """What is in its own file beyond what a device remembers, it reads: a kill or a restored database."""
    laptop = Device(tmp_path, close_at=2_000)
    laptop.write(0, 4)
    before = dict(laptop.known)
    laptop.write(4, 30)
    laptop.known = before
    assert put_right(laptop.own, laptop.known)
    assert in_order(laptop.read()) == lines(4, 30)


def test_a_kill_between_packing_and_beginning_anew(tmp_path):
    """With both the packed and the open file there, nothing is read twice, and the next sync ends it."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 9)
    desk.read()
    (tmp_path / "laptop-000001.jsonl.gz").write_bytes(packed(laptop.path.read_bytes()))
    assert desk.read() == []
    assert laptop.write(9, 10)
    assert desk.read() == lines(9, 10)
    assert Device(tmp_path, "new").read() == lines(0, 10)
    assert len(laptop.path.read_bytes().splitlines()) == 2


def test_what_a_kill_left_of_new_files_is_removed(tmp_path):
    """Files that were never whole are no business of the readers, and the owner removes them."""
    laptop = Device(tmp_path)
    laptop.write(0, 1)
    shutil.copy(laptop.path, tmp_path / ".laptop.jsonl.123.tmp")
    shutil.copy(laptop.path, tmp_path / ".laptopper.jsonl.123.tmp")
    assert Device(tmp_path, "desk").read() == lines(0, 1)
    laptop.write(1, 2)
    assert names_in(tmp_path) == [".laptopper.jsonl.123.tmp", "laptop.jsonl"]


COPIES = [
    "laptop (conflicted copy).jsonl",
    "laptop (Anna's conflicted copy 2026-11-23).jsonl",
    "laptop.sync-conflict-20261123-120000-ABCDEFG.jsonl",
    "laptop (1).jsonl",
    "laptop-PC.jsonl",
    "laptop 2.jsonl",
    "laptop-000001 (conflicted copy).jsonl.gz",
    "laptop-000001.jsonl (Anna's conflicted copy 2026-11-23).gz",
    "laptop-000001.jsonl.sync-conflict-20261123-120000-ABCDEFG.gz",
    "laptop-000001.jsonl 2.gz",
]


@pytest.mark.parametrize("name", COPIES)
def test_copies_that_tools_make_are_read(tmp_path, name):
    """A conflicted copy, under any of the names that tools give, is read as well, as its device's."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 3)
    copy = laptop.path.read_bytes() + encode(*line(7))
    (tmp_path / name).write_bytes(packed(copy) if name.endswith("gz") else copy)
    found = desk.read()
    assert in_order(found) == [*lines(0, 3), line(7)]
    assert {known.device for known in desk.known.values()} == {"laptop"}


@pytest.mark.parametrize(
    "name",
    [
        *(".laptop.jsonl", "~syncthing~laptop.jsonl.tmp", "laptop.jsonl.part", "laptop.jsonl~", "README.md"),
        *(
            "laptop.jsonl.crdownload",
            ".git/laptop.jsonl",
            "sub/laptop.jsonl",
            "laptop.json",
            "laptop.jsonl/x",
        ),
    ],
)
def test_other_files_are_left_alone(tmp_path, name):
    """Temporary files of tools, other files and folders are neither read nor told of."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(encode(*each) for each in lines(0, 3)))
    assert list_files(str(tmp_path)) == ([], [])


def test_nothing_outside_the_folder_is_opened(tmp_path):
    """A link is told of and not followed, also when a file turns into one after it was listed."""
    outside, folder = tmp_path / "outside.jsonl", tmp_path / "shared"
    folder.mkdir()
    outside.write_bytes(encode(*line(1)))
    (folder / "laptop.jsonl").symlink_to(outside)
    files, troubles = list_files(str(folder))
    assert files == []
    assert [tuple(each) for each in troubles] == [("laptop.jsonl", 0, "a link, which is not followed")]
    reading, parts = read_lines(str(folder), Found("laptop.jsonl", 1, 1), {})
    assert list(parts) == []
    assert reading.reasons == [(0, "a link, which is not followed")]


@pytest.mark.parametrize("name", ["laptop.jsonl", f".laptop.jsonl.{os.getpid()}.tmp"])
def test_nothing_outside_the_folder_is_written(tmp_path, name):
    """A link in the place of a device's own file is replaced, and what it leads to stays as it is."""
    outside, folder = tmp_path / "outside", tmp_path / "shared"
    folder.mkdir()
    outside.write_bytes(b"mine\n")
    (folder / name).symlink_to(outside)
    Device(folder).write(0, 2)
    assert outside.read_bytes() == b"mine\n"
    assert Device(folder, "desk").read() == lines(0, 2)


def test_a_pipe_holds_nobody_up(tmp_path):
    """What is no file is not read, even if it was one when it was listed."""
    os.mkfifo(tmp_path / "laptop.jsonl")
    assert list_files(str(tmp_path)) == ([], [])
    reading, parts = read_lines(str(tmp_path), Found("laptop.jsonl", 1, 1), {})
    assert list(parts) == []
    assert reading.reasons == [(1, "is not a file any more")]


def test_a_name_that_is_no_text_is_told(tmp_path):
    """A file whose name is not UTF-8 is told of and left alone."""
    (tmp_path / os.fsdecode(b"lap\xfftop.jsonl")).write_bytes(encode(*line(1)))
    files, troubles = list_files(str(tmp_path))
    assert files == []
    assert [each.reason for each in troubles] == ["its name is not UTF-8; it was left alone"]


def test_a_file_that_is_taken_away_is_waited_for(tmp_path):
    """A file that vanishes between listing and reading costs nothing."""
    reading, parts = read_lines(str(tmp_path), Found("laptop.jsonl", 1, 1), {})
    assert list(parts) == []
    assert not reading.whole
    assert reading.reasons == []


def test_a_missing_folder_is_never_made(tmp_path):
    """Without its folder, as with a drive that is not plugged in, nothing is written anywhere."""
    laptop = Device(tmp_path / "usb")
    with pytest.raises(NotFoundError, match="there is no folder"):
        laptop.write(0, 1)
    assert names_in(tmp_path) == []


def test_half_a_packed_file_is_waited_for(tmp_path):
    """A packed file that is still on its way is no error; what is there is read, the rest later."""
    laptop, desk = Device(tmp_path), Device(tmp_path, "desk")
    laptop.write(0, 400)
    path = tmp_path / "laptop-000001.jsonl.gz"
    whole = packed(laptop.path.read_bytes())
    laptop.path.unlink()
    found = []
    for size in (0, 5, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        found += desk.read()
        assert desk.told() == []
        assert not desk.known[path.name].whole
    path.write_bytes(whole)
    assert found + desk.read() == lines(0, 400)
    assert desk.known[path.name].whole


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[:60] + b"\0" * 40 + data[100:], "the compressed data is damaged"),
        (lambda data: data + data, "has more behind its end"),
        (lambda data: data + b"rubbish", "has more behind its end"),
        (lambda data: b"PK" + data, "the compressed data is damaged"),
        (lambda data: data[:-8] + b"\1\2\3\4" + data[-4:], "the compressed data is damaged"),
    ],
)
def test_a_damaged_packed_file_is_told(tmp_path, change, reason):
    """Packed bytes that cannot be right are told in a sentence."""
    data = packed(b"".join(encode(*each) for each in lines(0, 100)))
    (tmp_path / "laptop-000001.jsonl.gz").write_bytes(change(data))
    desk = Device(tmp_path, "desk")
    desk.read()
    assert reason in [told for _, _, told in desk.told()]


def test_a_bomb_is_refused(tmp_path):
    """A small packed file of a gigabyte of anything is refused within a little memory and time."""
    import tracemalloc

    block = packed(b"\n" * (1 << 20))
    path = tmp_path / "laptop-000001.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(MOST_BYTES >> 20):
            file.write(b"a" * (1 << 20))
        file.write(b"a")
    assert len(block) < 2_000
    tracemalloc.start()
    desk = Device(tmp_path, "desk")
    assert desk.read() == []
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()
    assert [reason for _, _, reason in desk.told()] == [
        "unpacks to more than 256 MB, which no file of srs does"
    ]
    path.write_bytes(block)
    desk.read()
    assert "too many damaged lines; the rest was not looked at" not in [t for _, _, t in desk.told()]
    assert desk.known[path.name].damaged == 10_001


def test_a_file_too_large_is_not_read(tmp_path):
    """A file larger than any of srs is refused before it is read."""
    with (tmp_path / "laptop.jsonl").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    desk = Device(tmp_path, "desk")
    assert desk.read() == []
    assert [reason for _, _, reason in desk.told()] == ["is larger than 256 MB, which no file of srs is"]


@pytest.mark.parametrize("size", [MAX_LINE + 3, 3 << 20, 5_000_000])
def test_a_line_too_long_costs_one_line(tmp_path, size):
    """A line longer than any is told, and the lines behind it are read, also when it is met again."""
    data = encode(*line(0)) + b"x" * size + b"\n" + b"".join(encode(*each) for each in lines(1, 4))
    path = tmp_path / "laptop.jsonl"
    path.write_bytes(data)
    desk = Device(tmp_path, "desk")
    assert desk.read() == lines(0, 4)
    assert desk.told() == [("laptop.jsonl", 2, "the line is longer than 1 MB")]
    path.write_bytes(data + encode(*line(4)))
    assert desk.read() == lines(1, 5)


def test_newer_lines_wait_for_a_newer_srs(tmp_path):
    """Lines of a newer srs are counted, not damaged; when this one is newer, they are looked at again."""
    path = tmp_path / "laptop.jsonl"
    path.write_bytes(encode(*line(0)) + sealed({"v": 2}) + encode(*line(1)))
    desk = Device(tmp_path, "desk")
    assert desk.read() == lines(0, 2)
    known = desk.known[path.name]
    assert (known.newer, known.damaged) == (1, 0)
    (found,), _ = list_files(str(tmp_path))
    assert known.still(found, READER)
    assert not known.still(found, "1.1")


def test_a_device_leaves_newer_lines_of_its_own(tmp_path):
    """An older srs on the same device keeps what the newer one wrote, and writes behind it."""
    laptop = Device(tmp_path)
    laptop.write(0, 1)
    with laptop.path.open("ab") as file:
        file.write(sealed({"v": 2}))
    assert laptop.write(1, 2)
    laptop.write(2, 3)
    assert sealed({"v": 2}) in laptop.path.read_bytes()
    assert Device(tmp_path, "desk").read() == lines(0, 3)


def test_a_new_name_travels(tmp_path):
    """When a device gets another name, its next lines tell it."""
    laptop, desk = Device(tmp_path, name="old"), Device(tmp_path, "desk")
    laptop.write(0, 1)
    laptop.own = OwnFiles(str(tmp_path), "laptop", "new", file_id=lambda: "ff")
    laptop.write(1, 2)
    laptop.write(2, 3)
    desk.read()
    assert desk.known["laptop.jsonl"].name == "new"
    assert laptop.path.read_bytes().count(b'"kind":"file"') == 2


def test_what_is_known_is_kept_as_text():
    """What is known of a file goes to the database and back; the note of another srs counts as none."""
    known = Known(7, 2, "a", "b", 9, 10, "d", "n", damaged=1, reasons=((1, "x"),), refused=(("d", "me", 3),))
    assert Known.from_text(7, known.text()) == known
    for text in ("", "{}", "[]", '{"head":1}', known.text().replace("head", "heads")):
        assert Known.from_text(7, text) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    """Where nothing can be written, it is said, and that answers are safe."""
    laptop = Device(tmp_path)
    laptop.path.mkdir()
    with pytest.raises(FileProblems, match=r"cannot be written: .*; your answers are safe in the database"):
        laptop.write(0, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence(tmp_path):
    """A full disk is told as one, and what was written before can still be read."""
    from srs.sync_folder import sentences

    with (
        pytest.raises(DiskFullError, match="is full; your answers are safe"),
        sentences(tmp_path),
        Path("/dev/full").open("wb", buffering=0) as file,
    ):
        file.write(b"x")


doings = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 12)),
        st.tuples(st.just("read"), st.just(0)),
        st.tuples(st.just("tear"), st.integers(1, 200)),
        st.tuples(st.just("forget"), st.just(0)),
        st.tuples(st.just("half close"), st.just(0)),
        st.tuples(st.just("touch"), st.just(0)),
    ),
    max_size=14,
)


@given(doings, st.sampled_from([600, 2_000, 1 << 20]))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_every_line_is_read(tmp_path_factory, doings, close_at):
    """Through kills, torn ends, lost memories and half closed files, readers have every line said."""
    folder = tmp_path_factory.mktemp("shared")
    laptop, desk = Device(folder, close_at=close_at), Device(folder, "desk")
    said, seen = 0, []
    for what, size in doings:
        if what == "write":
            assert laptop.write(said, said + size)
            said += size
        elif what == "read":
            seen += desk.read()
        elif what == "tear" and laptop.path.exists():
            with laptop.path.open("ab") as file:
                file.write(encode(*line(10**6))[:size])
        elif what == "forget":
            laptop.known = {}
        elif what == "half close" and laptop.path.exists() and len(laptop.path.read_bytes()) > 600:
            put_right(laptop.own, laptop.known)
            number = len(list(folder.glob("*.gz"))) + 1
            (folder / f"laptop-{number:06d}.jsonl.gz").write_bytes(packed(laptop.path.read_bytes()))
        elif what == "touch" and laptop.path.exists():
            os.utime(laptop.path, ns=(0, 0))
    seen += desk.read()
    assert desk.told() == []
    assert in_order(seen) == lines(0, said)
    assert in_order(Device(folder, "new").read()) == lines(0, said)
    if "half close" not in dict(doings):
        assert len(seen) == said
