"""`srs check` from the outside: what it prints, how it leaves, and that it touches nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import postgres
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import PROGRESS_AT_ONCE, Home, Session, run

from srs.__main__ import run as run_here
from srs.cli import committed as committing
from srs.cli.checking import check_files
from srs.deck.codes import IGNORABLE, PROBLEM_CODES
from srs.deck.parse import parse_deck

ROOT = Path(__file__).parent.parent
GOOD = '[deck]\nid = "good"\n[[cards]]\nid = "a"\nquestion = "What is a tag?"\nanswer = "A name."\n'
BAD = """\
[deck]
id = "bad"

[[cards]]
id = "one"
question = "Does a push move a tag?"
anwser = "Yes."

[[cards]]
question = "What is a push?"
answer = "An upload."
"""
NO_ID = GOOD.replace('id = "a"\n', "").replace('"good"', '"noid"').replace("a tag", "a layer")


@pytest.fixture
def home(tmp_path):
    """A home whose working folder has one deck of each kind in `decks`, and another program's file."""
    home = Home(tmp_path)
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "good.toml").write_text(GOOD)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    return home


def add(home, name, text):
    """Put a deck into the folder `decks`."""
    path = home.folder / "decks" / f"{name}.toml"
    path.write_text(text)
    return path


def tree(home):
    """Every file below a home with its bytes and times."""
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(home.folder.rglob("*"))
        if path.is_file()
    }


def test_problems_are_listed_with_place_code_and_hint(home):
    """Errors and warnings of a file come in its order, and the last row sums them up; the code is 1."""
    add(home, "bad", BAD)
    done = run(home, "check", "decks")
    assert done.stdout == (
        "decks/bad.toml:7:1: E104 `anwser` is not a key of a card\n  hint: did you mean `answer`?\n"
        "decks/bad.toml:9:1: W101 this card has no id; it goes by `what-is-a-push`, from its question\n"
        "  hint: write it down: with another term or question the card would lose its history\n"
        "1 error, 1 warning in 1 of 2 files (3 cards)\n"
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_a_good_deck_is_said_to_be_good(home):
    """Without problems one row says how much was looked at, and the code is 0."""
    done = run(home, "check", "decks/good.toml")
    assert (done.stdout, done.stderr, done.returncode) == ("no problems in 1 file (1 card)\n", "", 0)


def test_warnings_leave_with_0_and_strictly_with_1(home):
    """A warning alone fails only under `--strict`."""
    path = add(home, "noid", NO_ID)
    assert run(home, "check", path).returncode == 0
    strict = run(home, "check", "--strict", path)
    assert strict.returncode == 1
    assert strict.stdout.endswith("1 warning in 1 file (1 card)\n")
    assert run(home, "check", "--strict", "decks/good.toml").returncode == 0


def test_a_path_that_leads_nowhere_is_3_and_the_others_are_checked(home):
    """The missing path is a sentence on stderr; errors in other files count more."""
    done = run(home, "check", "decks/goood.toml", "decks/good.toml")
    assert done.returncode == 3
    assert done.stdout == "no problems in 1 file (1 card)\n"
    assert (
        "there is no file or folder `decks/goood.toml`\nhint: did you mean `decks/good.toml`?" in done.stderr
    )
    alone = run(home, "check", "nowhere", "--json")
    assert (alone.returncode, alone.stdout) == (3, "")
    bad = add(home, "bad", BAD)
    assert run(home, "check", "nowhere", bad).returncode == 1


def test_without_a_path_the_folder_decks_is_checked_and_said(home):
    """What is checked is named on stderr: the folder `decks`, or the deck files of the current folder."""
    done = run(home, "check")
    assert done.stdout == "no problems in 1 file (1 card)\n"
    assert done.stderr == "Checking the folder `decks`.\n"
    done = run(home, "check", cwd=home.folder / "decks")
    assert done.stdout == "no problems in 1 file (1 card)\n"
    assert done.stderr == "Checking the deck files of this folder.\n"


def test_another_programs_file_is_no_deck_unless_it_is_named(home):
    """`pyproject.toml` beside decks is passed over; named, it is a file that holds no deck."""
    folder = home.folder / "mixed"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n')
    nothing = run(home, "check", cwd=folder)
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert "there is no deck file here" in nothing.stderr
    (folder / "d.toml").write_text(GOOD)
    (folder / "half.toml").write_text('[deck]\nid = "half"\n')
    assert run(home, "check", cwd=folder).stdout.endswith("1 error in 1 of 2 files (1 card)\n")
    assert "E115" in run(home, "check", "pyproject.toml", cwd=folder).stdout


def test_files_are_checked_together(home):
    """Two files with one deck id are an error in both."""
    add(home, "twin", GOOD.replace("tag", "push"))
    done = run(home, "check")
    assert done.returncode == 1
    assert done.stdout.count("E102") == 2
    assert done.stdout.endswith("2 errors in 2 files (2 cards)\n")


def test_json_has_the_problems_of_an_import(home):
    """`--json` is one object; its problems have the shape of those of `srs import --json`."""
    bad = add(home, "bad", BAD)
    told = json.loads(run(home, "check", "--json", bad).stdout)
    assert told.keys() == {"problems", "files", "cards"}
    assert (told["files"], told["cards"]) == (1, 2)
    assert told["problems"][0] == {
        "path": str(bad),
        "line": 7,
        "column": 1,
        "code": "E104",
        "message": "`anwser` is not a key of a card",
        "hint": "did you mean `answer`?",
    }
    assert run(home, "check", "--format", "json", bad).stdout == run(home, "check", "--json", bad).stdout
    imported = run(home, "import", "--dry-run", "--json", bad, "decks/good.toml")
    assert json.loads(imported.stdout)["problems"] == told["problems"]


def unescaped(text):
    """What GitHub makes of a value."""
    return (
        text.replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%3A", ":")
        .replace("%2C", ",")
        .replace("%25", "%")
    )


def test_annotations_are_workflow_commands(home):
    """Each problem is a command with file, line and column; what has a meaning in it is escaped."""
    path = add(home, "100%, a:b", BAD)
    done = run(home, "check", "--format", "github", path.relative_to(home.folder))
    first, second, last = done.stdout.splitlines()
    assert first == (
        "::error title=srs (E104),file=decks/100%25%2C a%3Ab.toml,line=7,col=1::"
        "decks/100%25, a:b.toml:7:1: E104 `anwser` is not a key of a card%0Ahint: did you mean `answer`?"
    )
    assert second.startswith("::warning title=srs (W101),file=")
    assert last == "1 error, 1 warning in 1 file (2 cards)"
    found = re.fullmatch(r"::error title=[^,]*,file=([^,]*),line=7,col=1::(.*)", first)
    assert unescaped(found[1]) == "decks/100%, a:b.toml"
    assert unescaped(found[2]).split("\n")[1] == "hint: did you mean `answer`?"


def test_annotations_name_files_from_the_root_of_the_checkout(home):
    """In a subfolder of GitHub's checkout a file goes by its path from the top."""
    add(home, "bad", BAD)
    env = {"GITHUB_WORKSPACE": str(home.folder)}
    done = run(home, "check", "--format", "github", "bad.toml", cwd=home.folder / "decks", **env)
    assert ",file=decks/bad.toml,line=7," in done.stdout


def test_wrong_formats_are_wrong_usage(home):
    """An unknown format, and two that do not go together, leave with 2 and an empty stdout."""
    for options in (["--format", "xml"], ["--json", "--format", "github"]):
        done = run(home, "check", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert "`github`" in done.stderr or "--format github" in done.stderr


def test_nothing_is_opened_and_nothing_is_written(home):
    """Neither a database nor any other file is made or touched, with problems and without."""
    add(home, "bad", BAD)
    postgres.empty(home.db)  # what names a database on a server is a file of the tests
    before = tree(home)
    for options in ([], ["--json"], ["--strict", "--format", "github"]):
        run(home, "check", *options)
    assert tree(home) == before
    (home.folder / "cards.db").write_text("this is no database")
    assert run(home, "check", "decks/good.toml").returncode == 0


def test_fix_writes_ids_into_good_files_alone(home):
    """Missing ids are written and said so; a file with errors keeps its bytes."""
    noid, bad = add(home, "noid", NO_ID), add(home, "bad", BAD)
    done = run(home, "check", "--fix")
    assert done.returncode == 1
    assert done.stderr == (
        "Checking the folder `decks`.\nWrote 1 id.\nNo id was written to decks/bad.toml: it has errors.\n"
    )
    assert noid.read_text() == NO_ID.replace("[[cards]]\n", '[[cards]]\nid = "what-is-a-layer"\n')
    assert bad.read_text() == BAD
    assert "noid.toml" not in done.stdout
    told = json.loads(run(home, "check", "--fix", "--json", noid).stdout)
    assert told == {"problems": [], "files": 1, "cards": 1, "written": 0}
    add(home, "worse", "[[cards]")
    assert "No id was written to 2 files: they have errors.\n" in run(home, "check", "--fix").stderr
    assert "No id" not in run(home, "check").stderr


def test_fix_writes_the_file_behind_a_link(home):
    """A link, however long its name, stays one; its file gets the ids."""
    noid = add(home, "noid", NO_ID)
    long = home.folder / ("n" * 250 + ".toml")
    long.symlink_to(noid)
    assert run(home, "check", "--fix", long).stderr == "Wrote 1 id.\n"
    assert long.is_symlink()
    assert "id = " in noid.read_text()


def test_the_shipped_deck_is_clean_without_ignoring_anything(home):
    """`decks/registry.toml` has no error and no warning, and asks for no silence."""
    done = run(home, "check", "--strict", ROOT / "decks" / "registry.toml")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("no problems in 1 file")
    data = (ROOT / "decks" / "registry.toml").read_bytes()
    assert parse_deck(data, "registry.toml").checks.ignored == frozenset()


def test_the_starter_deck_is_clean(home):
    """What `srs init` writes has no problem either."""
    run(home, "init", "decks/mine.toml")
    assert run(home, "check", "--strict", "decks/mine.toml").returncode == 0


def test_help_and_readme_list_every_warning():
    """`srs check -h` and the README have each warning with its meaning; those of imports stand apart."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## Checking decks\n", 1)[1].split("\n## ", 1)[0]
    own = {code for code in PROBLEM_CODES if code[0] == "W" and code != "W199"} - IGNORABLE
    codes = [*sorted(IGNORABLE), *sorted(own)]
    rows = [f"| `{code}` | {PROBLEM_CODES[code]} |" for code in codes]
    assert [line for line in section.splitlines() if line.startswith("| `")] == rows
    table = re.search(r"```toml\n(.*?)```", section, re.DOTALL)[1]
    assert parse_deck((GOOD + table).encode(), "d.toml").problems == ()
    env = {**os.environ, "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    told = subprocess.run(
        [sys.executable, "-m", "srs", "check", "-h"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=env,
    ).stdout
    assert all(f"{code}  {PROBLEM_CODES[code]}" in told for code in IGNORABLE)


def git(folder, *words):
    """Run git on a repository, as somebody."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, env=env, timeout=30)


def commit(folder):
    """Commit all files of a folder, making it a repository first."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "x")


CLOZE = """\
[deck]
id = "holes"

[[cards]]
id = "a"
cloze = "A {{c1::tag}} moves, a {{c2::digest}} stays."
"""
HID = """\
decks/holes.toml:6:9: Q112 the hole c1 hid `tag` in the last commit, now `digest`
  hint: its history goes on; for another question take a number that was not used yet
decks/holes.toml:6:9: Q112 the hole c2 hid `digest` in the last commit, now `tag`
  hint: its history goes on; for another question take a number that was not used yet
2 warnings in 1 file (1 card)
"""
SWAPPED = CLOZE.replace("tag", "?").replace("digest", "tag").replace("?", "digest")


@pytest.fixture
def holes(home):
    """A deck with holes that was committed, and its holes changed places since."""
    path = add(home, "holes", CLOZE)
    commit(home.folder)
    assert run(home, "check", "decks/holes.toml").stdout.startswith("no problems")
    path.write_text(SWAPPED)
    return path


def test_holes_that_hide_something_else_than_in_the_last_commit_are_told(home, holes):
    """Each number whose text changed wholly is told; a new number, a reworded or a renamed hole is not."""
    assert run(home, "check", "decks/holes.toml").stdout == HID
    assert run(home, "check", "holes.toml", cwd=holes.parent).stdout == HID.replace("decks/", "")
    git(home.folder, "commit", "--all", "--quiet", "--message", "x")
    assert run(home, "check", "decks/holes.toml").stdout.startswith("no problems")
    reworded = SWAPPED.replace("::digest", "::digest or so").replace("stays", "{{c3::stays}}")
    holes.write_text(reworded.replace("\n", "\r\n"))
    assert run(home, "check", "decks/holes.toml").stdout.startswith("no problems")
    holes.write_text(SWAPPED.replace('"a"', '"b"\nwas = ["a"]').replace("::digest", "::layer"))
    assert "Q112 the hole c1 hid `digest`" in run(home, "check", "decks/holes.toml").stdout
    holes.write_text(CLOZE + '[check]\nignore = ["Q112"]\n')
    assert run(home, "check", "decks/holes.toml").stdout.startswith("no problems")


def test_a_hook_asks_the_repository_of_the_file(home, holes):
    """What git sets for its hooks does not lead to another repository, nor does a link to the file."""
    elsewhere = home.folder / "elsewhere"
    elsewhere.mkdir()
    commit(elsewhere)
    told = run(home, "check", "decks/holes.toml", GIT_DIR=str(elsewhere / ".git"), GIT_PREFIX="x/")
    assert told.stdout == HID
    link = elsewhere / "link.toml"
    link.symlink_to(holes)
    assert run(home, "check", link).stdout.count("Q112") == 2


@pytest.mark.usefixtures("holes")
def test_where_git_cannot_tell_nothing_is_said(home):
    """No git, no repository, no commit, a file that is new or was no deck, a git that fails."""
    clean = "no problems in 1 file (1 card)\n"
    empty = home.folder / "bin"
    empty.mkdir()
    assert run(home, "check", "decks/holes.toml", PATH=str(empty)).stdout == clean
    fake = empty / "git"
    for script in ("exit 128", "echo '[deck'", "printf '\\377'"):
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(0o755)
        assert run(home, "check", "decks/holes.toml", PATH=f"{empty}:/usr/bin:/bin").stdout == clean
    add(home, "new", SWAPPED.replace("holes", "new"))
    assert run(home, "check", "decks/new.toml").stdout == clean
    shutil.rmtree(home.folder / ".git")
    assert run(home, "check", "decks/holes.toml").stdout == clean
    git(home.folder, "init", "--quiet")
    assert run(home, "check", "decks/holes.toml").stdout == clean


def test_a_git_that_hangs_is_not_waited_for(home, holes, monkeypatch):
    """After its time git is ended, and nothing is said."""
    fake = home.folder / "git"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home.folder}:/usr/bin:/bin")
    monkeypatch.setattr(committing, "PATIENCE", 0.3)
    committing.git_program.cache_clear()
    began = time.monotonic()
    try:
        assert committing.committed(holes) is None
    finally:
        committing.git_program.cache_clear()
    assert 0.3 <= time.monotonic() - began < 5


@pytest.mark.usefixtures("holes")
def test_asking_git_writes_nothing(home):
    """The repository is byte for byte what it was after a check."""
    before = tree(home)
    assert run(home, "check", "decks/holes.toml").stdout == HID
    assert tree(home) == before


def test_a_reader_that_goes_away_is_no_error(home):
    """`srs check | head -1` ends quietly."""
    text = GOOD + "".join(f'[[cards]]\nquestion = "Q{n}?"\nanswer = "A"\n' for n in range(3000))
    path = add(home, "many", text)
    command = f"{sys.executable} -m srs check {path} | head -1"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=home.env, cwd=home.folder, check=False
    )
    assert done.stdout.startswith(str(path))
    assert done.stderr == ""


def test_hostile_names_and_texts_do_not_reach_the_terminal(home):
    """An escape in a file's name or in a tag is not printed."""
    path = home.folder / "a\x1b[31m\nb.toml"
    path.write_text(GOOD + 'tags = ["x\\u202e", "\\u0041a", "aa"]\nx = 1\n')
    done = run(home, "check", path, PYTHONUTF8="1")
    assert done.returncode == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)
    assert all(":" in row or row.startswith(("1 ", "  hint")) for row in done.stdout.splitlines())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=120), place=st.integers(0, len(GOOD)), fix=st.booleans())
def test_any_bytes_give_a_report(tmp_path, data, place, fix):
    """Bytes of any kind, alone or within a deck, are checked without an exception."""
    path = tmp_path / "d.toml"
    path.write_bytes(GOOD.encode()[:place] + data + GOOD.encode()[place:])
    report = check_files([path], fix=fix)
    assert report.files == 1
    assert report.exit_code(strict=False) in {0, 1}
    assert all(problem.code in PROBLEM_CODES for problem in report.problems)


@pytest.mark.nightly
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400), place=st.integers(0, len(BAD)), fix=st.booleans())
def test_any_bytes_give_a_report_at_length(tmp_path, data, place, fix):
    """The same over very many files."""
    test_any_bytes_give_a_report.hypothesis.inner_test(tmp_path, data, place, fix)


def test_folders_pipes_and_devices_are_problems_not_hangs(home):
    """What is no regular file is an error E101 of its own."""
    os.mkfifo(home.folder / "pipe.toml")
    done = run(home, "check", "pipe.toml", "/dev/null")
    assert done.returncode == 1
    assert done.stdout.count("E101 this is a pipe or a device, not a file") == 2


def test_progress_is_drawn_on_a_terminal_when_it_takes_long(home):
    """A deck that takes longer than the patience shows how far it is; the summary is the last row."""
    text = '[deck]\nid = "big"\n' + "".join(
        f'[[cards]]\nid = "c{n}"\nquestion = "What is number {n} of {n * 7} things?"\nanswer = "{n}."\n'
        for n in range(2_000)
    )
    with Session(home, "check", add(home, "big", text), program=PROGRESS_AT_ONCE) as session:
        session.shows("no problems in 1 file (2,000 cards)")
        said = session.raw.decode(errors="replace")
    assert "Checking" in said or "Comparing" in said


def test_the_program_runs_in_this_process_too(home, monkeypatch, capsys):
    """The exit code is what `run` returns, and a text encoding without signs gets plain ones."""
    monkeypatch.chdir(home.folder)
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)
    assert run_here(["check"]) == 0
    assert capsys.readouterr().out == "no problems in 1 file (1 card)\n"
