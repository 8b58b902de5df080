"""`srs edit` and the edit of a review: the right editor at the right line, and what came of it."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

import postgres
import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import Home, Session, write_deck
from running import run
from world import Clock, answer_card

from srs.cli import editors
from srs.cli.context import Context
from srs.cli.editing import edit_card, line_of
from srs.cli.editors import command_for, editor_of
from srs.errors import UsageError
from srs.model import Card, Rating

DECK = [
    ("one", "What is one?", "A number."),
    ("two", "What is two?", "A number."),
]
FILE = Path("/decks/my deck.toml")


@pytest.fixture
def home(tmp_path):
    """A home with a deck of two cards, imported; the second was answered."""
    home = Home(tmp_path)
    home.fill(write_deck(tmp_path / "docker.toml", DECK))
    with home.collection(Clock()) as collection:
        answer_card(collection, "docker/two", Rating.GOOD)
    return home


def script(home, *lines, name="editor"):
    """An editor that runs some lines of shell on its file, the last argument; returns what to call it by."""
    path = home.folder / name
    path.write_text("\n".join(["#!/bin/sh", 'for file in "$@"; do :; done', *lines]) + "\n")
    path.chmod(0o755)
    return shlex.quote(str(path))


def edit(home, *lines, card="two"):
    """Edit a card with an editor of such lines; what the program said."""
    return run(home, "edit", card, EDITOR=script(home, *lines))


def sed(expression):
    """A line of shell that edits the file."""
    return f'sed -i {shlex.quote(expression)} "$file"'


def text_of(home, card="two"):
    """What the database says of a card: its answer."""
    return home.rows(f"SELECT answer FROM card WHERE id = '{card}' AND retired = 0")


def test_an_edit_is_taken_in_and_said(home):
    """The changed card is named with what changed in it, its history stays; other changes are counted."""
    done = edit(home, sed("/What is two/,$ s/A number/The second number/"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Changed docker/two: answer.\n"
    assert text_of(home) == [("The second number.",)]
    assert home.answers() == [("two", 3)]
    done = edit(home, sed("s/What is/Which is/"))
    assert done.stdout == "Changed docker/two: question. Besides: 1 updated.\n"
    done = edit(home, sed("s/A number/First/"))
    assert done.stdout == "Taken in: 1 updated.\n"
    home.check()


def test_nothing_changed(home):
    """A file that is byte for byte what it was is not imported; one whose cards are the same says so."""
    assert edit(home, "true").stdout == "Nothing changed.\n"
    assert edit(home, 'echo "# a comment" >> "$file"').stdout == "The cards are as they were.\n"


def test_a_renamed_or_vanished_card_is_said(home):
    """A rename with `was` is told by its new name; without it the way to keep the history is told."""
    told = edit(home, sed('s/^id = "two"/id = "zwei"\\nwas = ["two"]/')).stdout
    assert told == "docker/two is docker/zwei now, its history came along.\n"
    told = edit(home, sed('s/^id = "one"/id = "eins"/'), card="one").stdout
    assert told == (
        "docker/one is gone from its file: it leaves the queue, its history stays."
        ' If it is docker/eins now: to keep its history write was = ["one"] there.\n'
    )
    told = edit(home, 'head -n 7 "$file" > tmp; cat tmp > "$file"', card="zwei").stdout
    assert told == "docker/zwei is gone from its file: it leaves the queue, its history stays.\n"
    gone = edit(home, "true", card="zwei")
    assert gone.returncode == 3
    assert gone.stderr.startswith("error: `docker/zwei` is retired: it is gone from its file\nhint: put")


def test_renames_are_seen_by_their_texts(home):
    """Of any card of the file, with other new cards beside it; where no text is near, none is guessed."""

    def becomes(*cards, card="two"):
        write_deck(home.folder / "next.toml", cards)
        (home.folder / "next.toml").write_text(
            (home.folder / "next.toml").read_text().replace('id = "next"', 'id = "docker"')
        )
        return edit(home, f'cat {shlex.quote(str(home.folder))}/next.toml > "$file"', card=card).stdout

    dns = ("dns", "Which server finds an address?", "A resolver.")
    resolver = ("resolver", "Which server is it that finds an address?", "A resolver.")
    kite = ("kite", "What flies on a string?", "A toy.")
    becomes(*DECK, dns)
    assert becomes(*DECK, resolver, kite) == (
        "Taken in: 2 added and 1 retired. docker/dns is gone and docker/resolver is new:"
        ' to keep its history write was = ["dns"] there.\n'
    )
    told = becomes(*DECK, ("name", *resolver[1:]), ("kites", *kite[1:]), card="resolver")
    assert told.startswith("docker/resolver is gone from its file: it leaves the queue, its history stays.")
    assert ' If it is docker/name now: to keep its history write was = ["resolver"] there.' in told
    assert 'docker/kite is gone and docker/kites is new: to keep its history write was = ["kite"]' in told
    told = becomes(*DECK, ("tag", "What moves?", "A tag."), ("hash", "How long is one?", "32 bytes."))
    assert told == "Taken in: 2 added and 2 retired.\n"


def test_a_file_left_bad_is_said_to_be_bad(home):
    """Whoever opens a broken file and changes nothing is told that it is not taken in, and why."""
    with (home.folder / "docker.toml").open("a") as file:
        file.write("idd = 3\n")
    done = edit(home, "true")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "docker.toml is as it was and still cannot be imported:"
        " docker.toml:12:1: E104 `idd` is not a key of a card.\n"
    )
    with (home.folder / "docker.toml").open("a") as file:
        file.write("ide = 3\n")
    assert edit(home, "true").stderr.endswith("of a card (1 more: srs check docker.toml).\n")


def test_a_bad_edit_changes_no_card(home):
    """Problems are listed with their places, the database is as it was, and so is the edit."""
    done = edit(home, sed('s/^id = "two"/idd = "two"/; s/A number/Something/'))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("docker.toml:9:1: E104 `idd` is not a key of a card\n")
    assert done.stderr.endswith("docker.toml was not imported, 1 problem; none of its cards changed.\n")
    assert text_of(home) == [("A number.",)]
    assert "idd" in (home.folder / "docker.toml").read_text()


def test_very_many_problems_are_not_all_listed(home):
    """The first ten are listed, and where to see the others."""
    done = edit(home, 'for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "x$n = 1"; done >> "$file"')
    rows = done.stderr.splitlines()
    assert [row for row in rows if "E104" in row][9:] == [row for row in rows if ":21:1: E104" in row]
    assert "2 more: srs check docker.toml" in rows


def test_problems_can_be_edited_away(home):
    """On a terminal the editor opens again at the first problem, until the file is good or left."""
    break_it, mend_it = sed('s/A number/Z/; s/^id = .two/idd = "two/'), sed("s/^idd/id/")
    lines = ('echo "$@" >> calls', f'if grep -q idd "$file"; then {mend_it}; else {break_it}; fi')
    name = script(home, f"cd {shlex.quote(str(home.folder))}", *lines, name="nano")
    with Session(home, "edit", "two", EDITOR=name) as terminal:
        terminal.shows("[e]dit again, [l]eave it:")
        assert any("the file stays as you saved it, and nothing" in row for row in terminal.rows)
        terminal.press("x\r")
        terminal.shows("e or l.")
        terminal.press("e\r")
        assert terminal.to_the_end() == 0
        assert "Changed docker/two: answer. Besides: 1 updated." in terminal.rows
    calls = (home.folder / "calls").read_text().splitlines()
    assert calls == [f"+8 {home.folder / 'docker.toml'}", f"+9 {home.folder / 'docker.toml'}"]
    with Session(home, "edit", "two", EDITOR=script(home, sed('s/^id = .two/idd = "two/'))) as terminal:
        terminal.shows("[e]dit again")
        terminal.press("\x04")
        assert terminal.to_the_end() == 1


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("/bin/false", "the editor `false` left with status 1"),
        ("nowhere-to-be-found", "there is no editor `nowhere-to-be-found`"),
        ("vim 'x", "`$EDITOR` is `vim 'x`, where a quote is never closed"),
        ("", "there is no terminal for an editor, and `$EDITOR` names none"),
        ("sh -c 'kill -9 $$'", "the editor `sh` was ended by signal 9"),
        ("not-a-program.txt", "the editor `not-a-program.txt` cannot be run: Exec format error"),
    ],
)
def test_an_editor_that_fails_is_a_sentence(home, editor, said):
    """An editor that is missing, fails or is no program is told of; nothing else happens."""
    if editor.endswith(".txt"):
        (home.folder / editor).write_bytes(b"\0")
        (home.folder / editor).chmod(0o755)
        editor = str(home.folder / editor)
    done = run(home, "edit", "two", EDITOR=editor)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}")


def test_an_edit_of_a_failing_editor_is_not_lost(home):
    """When the editor saved and then failed, the file is left and the way to take it in is said."""
    done = edit(home, sed("s/A number/B/"), "exit 4")
    assert done.returncode == 2
    assert "hint: docker.toml has changed; to take it in: `srs import docker.toml`" in done.stderr
    assert text_of(home) == [("A number.",)]


def test_what_cannot_be_edited(home):
    """An unknown card, a file that is gone or cannot be read, a card taken out since: a sentence each."""
    deck = home.folder / "docker.toml"
    assert run(home, "edit", "twoo", EDITOR="true").returncode == 3
    text = deck.read_text()
    deck.write_text(text.replace('"two"', '"three"'))
    done = edit(home, "true")
    assert done.returncode == 3
    assert "`docker/two` is no longer in `docker.toml`" in done.stderr
    deck.unlink()
    done = edit(home, "true")
    assert done.returncode == 3
    assert "`docker.toml`, the file of `docker/two`, is not there" in done.stderr
    deck.mkdir()
    done = edit(home, "true")
    assert (done.returncode, "cannot be read" in done.stderr) == (1, True)
    deck.rmdir()
    deck.write_text(text)
    done = edit(home, 'rm "$file"')
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert text_of(home) == [("A number.",)]


def test_a_link_stays_a_link_and_a_moved_card_is_found(home):
    """The editor gets the file that was imported, at the line where the card stands by now."""
    deck = home.folder / "docker.toml"
    deck.write_text("# a\n# b\n" + deck.read_text())
    name = script(home, f"echo $* > {shlex.quote(str(home.folder))}/calls", name="vim")
    assert run(home, "edit", "docker/two", VISUAL=name, EDITOR="false").returncode == 0
    assert (home.folder / "calls").read_text() == f"+10 {deck}\n"


def test_the_line_of_a_card_now():
    """By id, by `was`, in a broken file by the row of its id, else at the first error."""
    card = Card("d", "two", "Q", "A")
    good = '[deck]\nid = "d"\n[[cards]]\nid = "one"\nterm = "a"\nanswer = "b"\n\n[[cards]]\nid = "two"\n'
    good += 'term = "c"\nanswer = "d"\n'
    assert line_of(good.encode(), card) == 8
    assert line_of(good.replace('id = "two"', 'id = "x"\nwas = ["two"]').encode(), card) == 8
    assert line_of(good.replace('id = "two"', 'id = "x"').encode(), card) is None
    assert line_of((good + "tags = 1\n").encode(), card) == 8
    assert line_of((good + "tags = \n").encode(), card) == 9
    assert line_of(b"\n\n= 3\n", card) == 3


FAMILIES = [
    ("vim", ["+7", FILE]),
    ("nvim -u NONE", ["-u", "NONE", "+7", FILE]),
    ("/usr/bin/vim.basic", ["+7", FILE]),
    ("emacs-29.1 -nw", ["-nw", "+7", FILE]),
    ("emacsclient -n -t", ["-t", "+7", FILE]),
    ("micro", ["+7", FILE]),
    ("kak", ["+7", FILE]),
    ("gvim", ["--nofork", "+7", FILE]),
    ("gvim -f", ["-f", "+7", FILE]),
    ("code", ["--wait", "--goto", f"{FILE}:7"]),
    ("code --wait --goto", ["--wait", "--goto", f"{FILE}:7"]),
    ("Code.exe -nw", ["-nw", "--goto", f"{FILE}:7"]),
    ("codium -n", ["--wait", "-n", "--goto", f"{FILE}:7"]),
    ("cursor", ["--wait", "--goto", f"{FILE}:7"]),
    ("subl -w", ["-w", f"{FILE}:7"]),
    ("zed", ["--wait", f"{FILE}:7"]),
    ("hx", [f"{FILE}:7"]),
    ("mate", ["--wait", "--line", "7", FILE]),
    ("kate", ["--block", "--line", "7", FILE]),
    ("ed", [FILE]),
    ("my-editor --fast", ["--fast", FILE]),
    ("sensible-editor", ["+7", FILE]),
    ("editor", ["+7", FILE]),
]


@pytest.fixture
def every_editor(tmp_path, monkeypatch):
    """A path on which every program is."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def make(words):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in ("vim", Path(words.split()[0]).name):
            (folder / name).write_text("#!/bin/sh\n")
            (folder / name).chmod(0o755)
        (folder / "editor").unlink(missing_ok=True)
        (folder / "editor").symlink_to(folder / "vim")
        monkeypatch.setenv("PATH", str(folder))
        return shlex.split(words.replace("/usr/bin/", f"{folder}/"))

    return make


@pytest.mark.parametrize(("words", "after"), FAMILIES)
def test_each_editor_is_told_the_line_in_its_own_way(every_editor, words, after):
    """The line, and the option to wait where the editor would return at once, in that editor's own form."""
    assert command_for(every_editor(words), FILE, 7)[1:] == list(map(str, after))


def test_which_editor(every_editor, monkeypatch):
    """`VISUAL` before `EDITOR`, both as words; blanks are none; else what is on the path."""
    every_editor("nano")
    assert editor_of({"VISUAL": "'/my editor' -x", "EDITOR": "vim"}, terminal=False) == ["/my editor", "-x"]
    assert editor_of({"VISUAL": " ", "EDITOR": "vim -n"}, terminal=False) == ["vim", "-n"]
    assert editor_of({}, terminal=True) == ["editor"]
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="there is no editor: "):
        editor_of({}, terminal=True)


def test_a_program_with_a_blank_in_its_path_needs_no_quotes(tmp_path):
    """What is a program as it stands is one word."""
    program = tmp_path / "my editor"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert editor_of({"EDITOR": str(program)}, terminal=False) == [str(program)]


def test_windows_paths_and_batch_files(tmp_path, monkeypatch):
    """Backslashes are no escapes there; a batch file is not handed a path that it would run."""
    monkeypatch.setattr(editors.sys, "platform", "win32")
    words = editor_of({"EDITOR": r'"C:\Program Files\Edit\e.exe" -x'}, terminal=False)
    assert words == [r"C:\Program Files\Edit\e.exe", "-x"]
    batch = tmp_path / "code.cmd"
    batch.write_text("")
    batch.chmod(0o755)
    assert command_for([str(batch)], FILE, 7)[1:] == ["--wait", "--goto", f"{FILE}:7"]
    with pytest.raises(UsageError, match="might run the path"):
        command_for([str(batch)], Path("/decks/a&calc.toml"), 7)


def test_the_chosen_editor_of_debian_is_followed(every_editor, tmp_path):
    """`sensible-editor` gets the line in the way of the editor that the person chose."""
    words = every_editor("sensible-editor")
    (tmp_path / ".selected_editor").write_text('# a comment\nSELECTED_EDITOR="/bin/ed"\n')
    assert command_for(words, FILE, 7)[1:] == ([str(FILE)] if shutil.which("/bin/ed") else ["+7", str(FILE)])


def test_ctrl_c_is_the_editors(home):
    """Ctrl-C in an editor that stays is not ours: what it saves later is taken in."""
    with Session(
        home, "edit", "two", EDITOR=script(home, "trap 'touch hit' INT", "echo ready; read x", sed("s/A/B/"))
    ) as terminal:
        terminal.shows("ready")
        terminal.child.kill(signal.SIGINT)
        time.sleep(0.2)
        terminal.press("\r")
        assert terminal.to_the_end() == 0
        assert any("Changed docker/two" in row for row in terminal.rows)


@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not here")
def test_a_real_editor(home):
    """Vim opens on the card's line; what is typed there is in the review's database afterwards."""
    with Session(home, "edit", "two", EDITOR="vim -u NONE -i NONE -n", TERM="vt100") as terminal:
        terminal.shows("[[cards]]")
        terminal.press(":s/^/# vim was here\\r/\r:wq\r")
        assert terminal.to_the_end() == 0
    rows = (home.folder / "docker.toml").read_text().splitlines()
    assert rows[7:9] == ["# vim was here", "[[cards]]"]
    with Session(home, "edit", "two", EDITOR="vim -u NONE -i NONE -n", TERM="vt100") as terminal:
        terminal.shows("[[cards]]")
        terminal.press(":cq\r")
        assert terminal.to_the_end() == 2


class Sent:
    """What an edit from a review needs: a context whose editor is a script."""

    def __init__(self, home, editor):
        self.context = Context(db=str(postgres.place(home.db)), learner="me", env={"EDITOR": editor})
        self.home = home
        self.opened = []

    def edit(self, card):
        """Edit, with the database opened only when it is needed."""

        def collection():
            self.opened.append(self.home.collection())
            return self.opened[-1]

        edited = edit_card(self.context, card, collection=collection)
        for one in self.opened:
            one.close()
        return edited


def test_the_edit_of_a_review_says_what_came_of_it(home, capsys):
    """A sentence and whether cards changed; errors are sentences too, and nothing is printed."""
    with home.collection() as collection:
        card = collection.find("two").card
    changed = Sent(home, script(home, sed("s/A number/B/"))).edit(card)
    assert changed == ("Changed docker/two: answer. Besides: 1 updated.", True, 0)
    unchanged = Sent(home, "true")
    assert unchanged.edit(card) == ("Nothing changed.", False, 0)
    assert unchanged.opened == []
    failed = Sent(home, "nowhere-to-be-found").edit(card)
    assert failed.said == "There is no editor `nowhere-to-be-found`. Set one: `export EDITOR=nano`."
    assert (failed.changed, failed.exit_code) == (False, 2)
    assert capsys.readouterr() == ("", "")
    bad = Sent(home, script(home, 'echo "x =" >> "$file"')).edit(card)
    assert (bad.changed, bad.exit_code) == (False, 1)
    assert bad.said.endswith("was not imported, 1 problem; none of its cards changed.")
