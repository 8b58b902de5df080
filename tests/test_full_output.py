"""What was printed could not be written: one sentence and the exit code of that, whatever printed it."""

import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("its shell has no /dev/full", allow_module_level=True)

from programs import PATIENCE, PROGRAM, Home

FULL = Path("/dev/full")
SAID = "error: what was printed could not be written: No space left on device\n"
CARDS = 400

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with far more cards and answers than a buffer of stdout holds."""
    found = Home(tmp_path_factory.mktemp("full"))
    deck = found.folder / "d.toml"
    cards = [f'[[cards]]\nid = "c{n}"\nquestion = "q{n}"\nanswer = "a{n}"\n' for n in range(CARDS)]
    deck.write_text('[deck]\nid = "d"\nname = "d"\n' + "\n".join(cards))
    answers = found.folder / "log.csv"
    rows = [f"d/c{n},{1 + n % 4},2025-0{1 + n % 9}-01T10:00:00Z\n" for n in range(CARDS)]
    answers.write_text("card,rating,reviewed_at\n" + "".join(rows))
    for arguments in (["import", deck], ["log", "import", answers]):
        command = [*PROGRAM, *arguments]
        subprocess.run(command, env=found.env, timeout=PATIENCE, check=True, capture_output=True)
    return found


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    "command",
    [
        "list",
        "list --json",
        "log",
        "log export",
        "log export --format jsonl",
        "stats --json",
        "stats --html -",
        "decks",
        "--version",
        "--help",
        "show d/nothing --json",
    ],
)
def test_a_full_disk_behind_stdout_is_one_sentence(home, command, unbuffered):
    """Much or little, from a quick command or a heavy one: exit code 1 (or its own error), no report."""
    env = {**home.env, "PYTHONUNBUFFERED": unbuffered}
    with FULL.open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *command.split()],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
            timeout=PATIENCE,
            check=False,
        )
    if command.startswith("show"):
        assert done.returncode == 3
        assert done.stderr.startswith("error: ")
    else:
        assert (done.returncode, done.stderr) == (1, SAID)
    assert not [*(home.folder / "state" / "srs").glob("report-*")]


@pytest.mark.parametrize("command", ["list", "stats --json", "show d/nothing"])
def test_with_stderr_full_too_the_exit_code_is_left(home, command):
    """Nothing can be said any more; the program leaves with its code, and still without a report."""
    with FULL.open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *command.split()],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=full,
            env={name: value for name, value in home.env.items() if name != "PYTHONUNBUFFERED"},
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == (3 if command.startswith("show") else 1)
    assert not [*(home.folder / "state" / "srs").glob("report-*")]


def test_a_full_disk_behind_stderr_is_no_bug_of_ours(home):
    """The sentence of an import cannot be told: its exit code says so, and there is no report."""
    with FULL.open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "log", "import", "log.csv"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=full,
            cwd=home.folder,
            env=home.env,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert not [*(home.folder / "state" / "srs").glob("report-*")]
