"""One person, two computers, a whole day through the program: what the README says under `Two computers`."""

import json
import re
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import Home, Session, at_moment, run, write_deck
from test_readme import blocks, section

HOUR = 3_600_000
MORNING = 1_790_150_400_000
"""A morning in September 2026, 10:00 in Berlin."""
CARDS = [(f"c{i}", f"What is thing {i}?", f"Thing {i}.") for i in range(8)]


def computer(tmp_path, name, device):
    """A computer with nothing on it but a name."""
    folder = tmp_path / name
    folder.mkdir()
    home = Home(folder, "learning_steps = []\nrelearning_steps = []\n", named=False)
    state = folder / "state" / "srs"
    (state / "device").write_text(f"{device}\n")
    (state / "device-name").write_text(f"{name}\n")
    (folder / "Dropbox").symlink_to(tmp_path / "Dropbox")
    return home


@pytest.fixture
def computers(tmp_path):
    """A laptop and a desk computer; Dropbox keeps a folder on both in step."""
    (tmp_path / "Dropbox" / "srs").mkdir(parents=True)
    write_deck(tmp_path / "things.toml", CARDS)
    laptop, desk = computer(tmp_path, "laptop", "a1" * 8), computer(tmp_path, "desk", "de" * 8)
    for home in (laptop, desk):
        srs(home, "import", tmp_path / "things.toml")
    return laptop, desk


def srs(home, *arguments, at=MORNING, typed="", code=0):
    """Run the program at a moment; what it said, on stdout and stderr."""
    done = run(home, *arguments, program=at_moment(at), typed=typed)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def asked(printed):
    """The things a review asked for, in order."""
    return re.findall(r"What is (thing \d)\?", printed)


def in_step(laptop, desk, at):
    """Both have the same log, memories and statistics."""
    assert laptop.answers() == desk.answers()
    for sql in (
        "SELECT card, state, step, stability, difficulty, due_day, due_at, reps, lapses FROM memory",
        "SELECT id, card, at, rating, undone, follows FROM review",
        "SELECT id, kind, target, undone FROM act",
    ):
        assert sorted(map(str, laptop.rows(sql))) == sorted(map(str, desk.rows(sql)))
    told = [
        json.loads(run(home, "stats", "--all", "--json", program=at_moment(at, speed=0)).stdout)
        for home in (laptop, desk)
    ]
    assert told[0] == told[1]


def joined(laptop, desk):
    """The two are set up as the README says, and each has met the other."""
    for home in (laptop, desk):
        srs(home, "config", "set", "sync", "~/Dropbox/srs")
    srs(laptop, "review", typed="\n4\n")
    srs(desk, "sync", "--as", "me")
    srs(desk, "review", typed="\n4\n", at=MORNING + 60_000)
    srs(laptop, "sync", "--as", "me")


def test_a_day_on_two_computers(computers):
    """Answers of the morning are not asked in the evening, an undo there is one here, all figures agree."""
    laptop, desk = computers
    joined(laptop, desk)
    at = MORNING + HOUR
    with Session(laptop, "review", "-n", "2", program=at_moment(at)) as session:
        session.ready("What is thing 2?")
        session.key(" ", "4 Easy")
        session.key("4", "What is thing 3?")
        session.key(" ", "4 Easy")
        session.press("1")
        assert session.to_the_end() == 0
    at += HOUR
    with Session(desk, "review", "-n", "1", program=at_moment(at)) as session:
        session.ready("What is thing 4?")
        session.key(" ", "4 Easy")
        session.press("2")
        assert session.to_the_end() == 0
    assert "thing 5" in srs(desk, "review", "-n", "1", typed="\n4\n", at=at)[0]
    srs(laptop, "review", typed="q\n", at=at)
    newest = desk.answers()[-1]
    srs(desk, "undo", at=at)
    assert newest == ("c5", 4) == laptop.answers()[-1]
    for home in (desk, laptop):
        srs(home, "review", typed="q\n", at=at)
    assert laptop.answers() == desk.answers() == [("c0", 4), ("c1", 4), ("c2", 4), ("c3", 1), ("c4", 2)]
    in_step(laptop, desk, at)


def test_a_card_answered_on_both_while_one_was_offline(computers, tmp_path):
    """Both answers count, on both; each undo takes back what its own computer did last."""
    laptop, desk = computers
    joined(laptop, desk)
    away = (tmp_path / "Dropbox").rename(tmp_path / "away")
    at = MORNING + HOUR
    printed, told = srs(laptop, "review", "-n", "1", typed="\n4\n", at=at)
    assert told == f"Not synced: there is no folder {laptop.folder}/Dropbox/srs.\n"
    other, _ = srs(desk, "review", "-n", "1", typed="\n1\n", at=at + HOUR)
    assert {*asked(printed)} == {*asked(other)} == {"thing 2"}
    away.rename(tmp_path / "Dropbox")
    at += 2 * HOUR
    for home in (laptop, desk, laptop):
        assert srs(home, "review", typed="q\n", at=at)[1] == ""
    assert laptop.answers() == desk.answers()
    assert [answer for answer in desk.answers() if answer[0] == "c2"] == [("c2", 4), ("c2", 1)]
    srs(desk, "undo", at=at)
    for home in (desk, laptop):
        srs(home, "review", typed="q\n", at=at)
    assert [answer for answer in laptop.answers() if answer[0] == "c2"] == [("c2", 4)]
    srs(laptop, "undo", at=at)
    for home in (laptop, desk):
        srs(home, "review", typed="q\n", at=at)
    assert [answer for answer in desk.answers() if answer[0] == "c2"] == []
    assert len(desk.answers()) == 2
    in_step(laptop, desk, at)


def test_the_commands_of_the_readme(computers):
    """What the README shows under `Two computers` is what the program says, but for the numbers."""
    laptop, desk = computers
    homes = {"laptop": laptop, "desk": desk}
    srs(laptop, "review", typed="\n4\n\n4\n\n4\n\n4\n")
    lines = blocks(section("Two computers"), "console")[0].splitlines()
    while lines:
        name, command = re.fullmatch(r"(laptop|desk)\$ srs (.*)", lines.pop(0)).groups()
        done = run(homes[name], *command.replace("~", str(homes[name].folder)).split())
        told = [like(line, homes[name]) for line in done.stderr.splitlines()]
        shown = []
        while lines and "$ " not in lines[0]:
            shown.append(like(lines.pop(0).replace("/home/you", str(homes[name].folder)), homes[name]))
        assert shown == told, command
    assert len(desk.answers()) == len(laptop.answers()) == 4


def like(line, home):
    """A line with all numbers alike."""
    return re.sub(r"\d+", "N", line.replace(str(home.folder), "~"))
