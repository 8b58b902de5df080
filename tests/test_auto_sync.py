"""A review that syncs by itself (`sync` of the settings): before the first question and at the end."""

import os
import shutil
import signal
import sys
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import Session, run
from test_startup import HEAVY, loaded, telling
from test_sync_command import DEVICES, answer, home_of, said
from two_homes import homes_of, pattern_in, reviewed, sync_with

from srs import __version__
from srs.sync_news import has_news, has_unsent


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """Two computers that know each other, with one answer each."""
    return pattern_in(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def homes(pattern, tmp_path):
    """A copy of them, and the folder they share."""
    return homes_of(pattern, tmp_path)


def test_what_was_answered_elsewhere_is_not_asked_again(homes):
    """A card answered on one computer is taken in by the other before its first question, without a word."""
    laptop, desk, _ = homes
    told, _ = reviewed(laptop)
    assert told == ""
    told, _ = reviewed(desk)
    assert told == ""
    assert [card for card, _ in desk.answers()] == ["c0", "c0", "c1", "c2"]
    assert reviewed(laptop, typed="q\n")[0] == ""
    assert laptop.answers() == desk.answers()
    desk.check()


@pytest.mark.sqlite_file
def test_with_nothing_new_the_first_question_loads_what_draws_it(homes, tmp_path):
    """Where the folder has nothing new, nothing heavy is loaded before the first question."""
    laptop, _, _ = homes
    done = run(laptop, "review", program=telling(tmp_path), typed="")
    assert done.returncode == 0
    asked = loaded(tmp_path, "asked")
    assert "srs.sync_news" in asked
    assert not HEAVY & asked
    assert not {"srs.collection", "srs.sync", "srs.sync_files", "pathlib"} & asked


def test_a_session_without_an_answer_sends_nothing(homes):
    """Looking at a card writes no line into the folder, and loads no more than the look itself."""
    laptop, _, shared = homes
    before = {path.name: path.stat().st_mtime_ns for path in shared.iterdir()}
    reviewed(laptop, typed="q\n")
    assert {path.name: path.stat().st_mtime_ns for path in shared.iterdir()} == before


def test_what_was_done_before_goes_out_with_the_next_review(homes):
    """Lines written by other commands are sent when a review ends, even one that answered nothing."""
    laptop, desk, _ = homes
    answer(laptop, 2)
    reviewed(laptop, typed="q\n")
    reviewed(desk, typed="q\n")
    assert desk.answers() == laptop.answers()
    assert len(desk.answers()) == 4


@pytest.mark.parametrize("end", ["q", "\x03"], ids=["q", "Ctrl-C"])
def test_it_syncs_however_the_session_ends(homes, end):
    """After `q` and after Ctrl-C what was answered is in the folder."""
    laptop, desk, _ = homes
    with Session(laptop, "review") as session:
        session.ready()
        session.key(" ", "4 Easy")
        session.key("3", "Space answer")
        session.press(end)
        assert session.to_the_end() == (0 if end == "q" else 130)
        assert "sync" not in session.after_screen.lower().replace("syncing", "")
    assert len(laptop.answers()) == 3
    reviewed(desk, typed="q\n")
    assert desk.answers() == laptop.answers()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_it_syncs_when_the_terminal_is_closed(homes, number):
    """After a hangup, too, the answers are in the folder."""
    laptop, desk, _ = homes
    with Session(laptop, "review") as session:
        session.ready()
        session.key(" ", "4 Easy")
        session.key("3", "Space answer")
        session.child.kill(number)
        session.to_the_end()
    reviewed(desk, typed="q\n")
    assert desk.answers() == laptop.answers()
    assert len(desk.answers()) == 3


def test_a_closed_pseudo_terminal_is_no_reason_not_to_sync(homes):
    """The window is closed under the session: nothing can be said any more, and the answers go out."""
    laptop, desk, shared = homes
    session = Session(laptop, "review")
    session.__enter__()
    session.ready()
    session.key(" ", "4 Easy")
    session.key("3", "Space answer")
    before = (shared / f"{DEVICES['laptop']}.jsonl").stat().st_size
    os.close(session.child.ptyproc.fd)
    deadline = time.monotonic() + 15
    while (shared / f"{DEVICES['laptop']}.jsonl").stat().st_size == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    reviewed(desk, typed="q\n")
    assert desk.answers() == laptop.answers()


def test_a_missing_folder_is_one_line_at_the_end(homes):
    """A stick that is not plugged in stops nobody: one plain line, exit code 0, and it is made up for."""
    laptop, desk, shared = homes
    away = shared.rename(shared.with_name("away"))
    told, printed = reviewed(laptop)
    assert told == f"Not synced: there is no folder {shared}.\n"
    assert "saved good" in printed
    away.rename(shared)
    assert reviewed(laptop, typed="q\n")[0] == ""
    reviewed(desk, typed="q\n")
    assert len(desk.answers()) == 3 == len(laptop.answers())


def test_a_device_that_never_joined_is_told_with_what_to_type(homes, tmp_path):
    """Answers of a stranger wait; after the session one line says whose and what lets them in."""
    laptop, _, shared = homes
    (tmp_path / "elsewhere").mkdir()
    phone = home_of(tmp_path / "elsewhere", "desk")
    state = phone.folder / "state" / "srs"
    (state / "device").write_text("00000000000000cc\n")
    (state / "device-name").write_text("phone\n")
    sync_with(phone, shared)
    answer(phone, 2)
    run(phone, "sync")
    told, _ = reviewed(laptop, typed="q\n")
    assert told == '2 answers of "me" from phone wait: srs sync --as me\n'
    assert "phone has joined" in said(laptop, "--as", "me")
    assert len(laptop.answers()) == 4


def test_a_damaged_line_and_a_newer_deck_are_told(homes):
    """What needs somebody is said after the session, the place of a damaged line and a newer deck."""
    laptop, desk, shared = homes
    time.sleep(0.01)
    deck = laptop.folder / "registry.toml"
    deck.write_text(deck.read_text().replace("A thing.", "Another thing."))
    run(laptop, "import", deck)
    reviewed(laptop)
    path = shared / f"{DEVICES['laptop']}.jsonl"
    with path.open("ab") as file:
        file.write(b"{no}\n")
    number = len(path.read_bytes().splitlines())
    told, printed = reviewed(desk)
    assert told.splitlines() == [
        "laptop has a newer `registry`; run `srs import`",
        f"{path.name}:{number}: this is not a line of the log",
    ]
    assert "saved good" in printed


def test_practice_and_looking_leave_the_folder_alone(homes):
    """Practice, `srs due` and bare `srs` neither read nor write the folder."""
    laptop, _, shared = homes
    shutil.rmtree(shared)
    for arguments in (("review", "--practice"), ("due", "--count"), ()):
        done = run(laptop, *arguments, typed="q\n")
        assert (done.returncode, done.stderr) == (0, ""), arguments


def test_a_look_at_the_files_tells_what_a_sync_would_find(homes):
    """What the quick look says is news is what a sync reads, and after it nothing is."""
    laptop, desk, shared = homes

    def looks(home):
        device = (home.folder / "state" / "srs" / "device").read_text().strip()
        with home.collection() as collection:
            rows = collection.rows
            return (
                has_news(rows, str(shared), device, __version__),
                has_unsent(rows, "me", str(shared), device),
            )

    assert looks(laptop) == (False, False)
    answer(laptop, 1)
    assert looks(laptop) == (False, True)
    said(laptop)
    assert looks(laptop) == (False, False)
    assert looks(desk) == (True, False)
    said(desk)
    assert looks(desk) == (False, False)
    (shared / "note.txt").write_text("not a file of srs")
    (shared / "link.jsonl").symlink_to(shared / "note.txt")
    assert looks(desk) == (False, False)
    (shared / "copy.jsonl").write_bytes((shared / f"{DEVICES['laptop']}.jsonl").read_bytes())
    assert looks(desk) == (True, False)
