"""Which files a command means, and reading them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from srs.deck import read
from srs.deck.find import find_deck_files
from srs.deck.read import read_deck
from srs.errors import NotFoundError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes, links and modes of POSIX")
GOOD = '[deck]\nid = "d"\n[[cards]]\nid = "a"\nterm = "t"\nanswer = "A"\n'


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder of decks, with things in it that are not decks; the working directory is above it."""
    for name in ("b.toml", "a.toml", "sub/c.TOML", ".hidden.toml", ".git/x.toml", "notes.md", "sub/.d.toml"):
        file = tmp_path / "decks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(paths):
    """The paths as a person reads them."""
    return [path.as_posix() for path in paths]


@pytest.mark.usefixtures("tree")
def test_a_folder_gives_its_deck_files_sorted_and_nothing_hidden():
    """All `*.toml` below, as paths under the folder as it was given."""
    files, errors = find_deck_files([Path("decks")])
    assert shown(files) == ["decks/a.toml", "decks/b.toml", "decks/sub/c.TOML"]
    assert errors == []


@pytest.mark.usefixtures("tree")
def test_files_are_taken_as_given_and_once():
    """A file is taken whatever its name, hidden ones too; met again in a folder it is not taken twice."""
    given = [Path("decks/notes.md"), Path("decks/.hidden.toml"), Path("decks/../decks/b.toml"), Path("decks")]
    files, errors = find_deck_files(given)
    assert errors == []
    assert shown(files) == [
        "decks/notes.md",
        "decks/.hidden.toml",
        "decks/../decks/b.toml",
        "decks/a.toml",
        "decks/sub/c.TOML",
    ]


def test_what_is_missing_is_named_and_the_rest_found(tree):
    """Each path that means nothing is an error of its own, with the nearest name."""
    (tree / "empty").mkdir()
    files, errors = find_deck_files([Path("decks/a.tml"), Path("decks/b.toml"), Path("empty"), Path("x\0y")])
    assert shown(files) == ["decks/b.toml"]
    assert all(isinstance(error, NotFoundError) for error in errors)
    assert [error.message for error in errors] == [
        "there is no file or folder `decks/a.tml`",
        "there is no deck file in `empty`",
        "there is no file or folder `xy`",
    ]
    assert errors[0].hint == "did you mean `decks/a.toml`?"


@POSIX
def test_links_are_followed_only_inside(tree):
    """Links to outside and loops are not followed; a link to a file inside is the same file."""
    (tree / "outside").mkdir()
    (tree / "outside/o.toml").write_text(GOOD)
    decks = tree / "decks"
    (decks / "out").symlink_to(tree / "outside")
    (decks / "out.toml").symlink_to(tree / "outside/o.toml")
    (decks / "loop").symlink_to(decks)
    (decks / "self.toml").symlink_to(decks / "self.toml")
    (decks / "a-link.toml").symlink_to(decks / "b.toml")
    (decks / "gone.toml").symlink_to(decks / "nothing")
    (decks / "1sub").symlink_to(decks / "sub")
    files, errors = find_deck_files([Path("decks")])
    assert shown(files) == ["decks/a.toml", "decks/b.toml", "decks/sub/c.TOML"]
    assert errors == []


@POSIX
def test_a_link_given_as_such_is_followed(tree):
    """A person who names a link means what it leads to."""
    (tree / "link").symlink_to(tree / "decks")
    assert shown(find_deck_files([Path("link")])[0])[0] == "link/a.toml"


def test_reading_gives_the_deck_its_path_and_time(tree):
    """A deck read from disk is named as shown and knows when its file was changed."""
    parsed = read_deck(tree / "decks/a.toml", "decks/a.toml")
    assert parsed.problems == ()
    assert parsed.deck is not None
    assert parsed.path == "decks/a.toml"
    assert parsed.mtime_ns == (tree / "decks/a.toml").stat().st_mtime_ns


def problem_of(path):
    """The message of the one problem that reading a path gives."""
    parsed = read_deck(path, "shown")
    assert parsed.deck is None
    (problem,) = parsed.problems
    assert (problem.path, problem.line, problem.column, problem.code) == ("shown", 1, 1, "E101")
    return problem.message


@pytest.mark.usefixtures("tree")
def test_files_that_cannot_be_read_are_problems():
    """A missing file, a folder and an impossible name are one problem each, never an exception."""
    assert problem_of(Path("none.toml")) == "there is no such file"
    assert problem_of(Path("x\0y")).startswith("the file cannot be read: ")
    if sys.platform != "win32":
        assert problem_of(Path("decks")) == "this is a folder, not a file"
        assert problem_of(Path("decks/a.toml/b")) == "the file cannot be read: Not a directory"


@POSIX
def test_pipes_and_devices_do_not_hang(tree):
    """A named pipe without a writer and an endless device are refused at once."""
    os.mkfifo(tree / "pipe.toml")
    assert problem_of(tree / "pipe.toml") == "this is a pipe or a device, not a file"
    assert problem_of(Path("/dev/zero")) == "this is a pipe or a device, not a file"
    (tree / "decks/pipe.toml").symlink_to(tree / "pipe.toml")
    assert "decks/pipe.toml" not in shown(find_deck_files([Path("decks")])[0])


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_problem(tree):
    """A file that may not be read says so."""
    (tree / "decks/a.toml").chmod(0)
    assert problem_of(tree / "decks/a.toml") == "there is no permission to read this file"


def test_a_file_over_the_cap_is_refused_unread(tree, monkeypatch):
    """The size is looked at first; one byte more than allowed is too much."""
    monkeypatch.setattr(read, "MAX_BYTES", len(GOOD))
    assert read_deck(tree / "decks/a.toml", "a").deck is not None
    monkeypatch.setattr(read, "MAX_BYTES", len(GOOD) - 1)
    assert problem_of(tree / "decks/a.toml").startswith("the file is too large")
