"""`srs completion`: what is offered at Tab, asked of the program and of real shells."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.cli import shells
from srs.cli.completing import MOST
from srs.cli.shell_words import _for_bash, bash_line

ROOT = Path(__file__).parent.parent
BREAKS = " \t\n\"'><=;|&(:"
DECKS = {
    "aws": '[deck]\nid = "aws"\nname = "Cloud words"\n'
    + "".join(
        f'[[cards]]\nid = "{card}"\nquestion = "What is a {card}?"\nanswer = "It is."\ntags = {tags}\n'
        for card, tags in (("bucket", '["storage"]'), ("role", '["two words"]'), ("region", '["it\'s"]'))
    ),
    "aware": '[deck]\nid = "aware"\nname = "Others"\n'
    '[[cards]]\nid = "role"\nquestion = "Who?"\nanswer = "You."\n',
}
pytestmark = pytest.mark.file_beside  # what is offered is asked of a file on every run
HOSTILE_TAGS = ("$(touch pwned)", "`touch pwned`", "a:b", "*", "\x1b[31mred", "\u202eover", "größe", 'quo"te')


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a database of two decks, a variant and hostile tags, and the program on a path."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "bin").mkdir()
    program = folder / "bin" / "srs"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m srs "$@"\n')
    program.chmod(0o755)
    for name, text in DECKS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    (folder / "a deck.toml").touch()
    (folder / "notes.txt").touch()
    (folder / "decks").mkdir()
    srs(folder, "--db", "cards.db", "import", "aws.toml", "aware.toml")
    with sqlite3.connect(folder / "cards.db") as connection:
        key, *rest = connection.execute("SELECT * FROM card WHERE id = 'bucket'").fetchone()
        names = [row[1] for row in connection.execute("PRAGMA table_info(card)")]
        rest[names.index("variant") - 1] = "reverse"
        key = bytes(reversed(key))
        connection.execute(f"INSERT INTO card VALUES (?{', ?' * len(rest)})", (key, *rest))
        connection.executemany("INSERT INTO card_tag VALUES (?, ?)", [(tag, key) for tag in HOSTILE_TAGS])
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SRS_DB", str(folder / "cards.db"))
        yield folder


def environment(folder):
    """Nothing of the person who runs the tests, and the program found first."""
    return {
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm",
        "SRS_DB": str(folder / "cards.db"),
    }


def srs(folder, *arguments):
    """Run the program; what it printed, which is an error nowhere here."""
    done = subprocess.run(
        [folder / "bin" / "srs", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def offers(home, monkeypatch):
    """What is offered after a line: its kind, and the words without their descriptions."""
    monkeypatch.chdir(home)

    def ask(line):
        *words, current = line.split(" ")
        kind, *found = shells.answer("fish", [*words, f"={current}"]).splitlines()
        return kind, [word.split("\t")[0] for word in found]

    return ask


@pytest.mark.parametrize(
    ("line", "fitting"),
    [
        ("sho", ["show"]),
        ("re", ["review", "resume", "retire", "restore"]),
        ("comp", ["completion"]),
        ("review a", ["aware", "aws"]),
        ("review aws ", ["aware"]),
        ("list -d aw", ["aware", "aws"]),
        ("list --deck=aws", ["--deck=aws"]),
        ("retire aws", ["aws"]),
        ("show aws/", ["aws/bucket", "aws/bucket#reverse", "aws/region", "aws/role"]),
        ("show aws/r", ["aws/region", "aws/role"]),
        ("show aws/bucket#", ["aws/bucket#reverse"]),
        ("show aws/bucket:", ["aws/bucket:reverse"]),
        ("show aws/bucket ", ["--json", "--no-pager", "--help"]),
        ("show buck", ["bucket", "bucket#reverse"]),
        ("show nowhere/", []),
        ("suspend aws/region aws/re", []),
        ("log --card aws/ro", ["aws/role"]),
        ("list --state re", ["review", "relearning", "retired"]),
        ("list --state=su", ["--state=suspended"]),
        ("list -t st", ["storage"]),
        ("list wor", []),
        ("due-on aws/role to", ["today", "tomorrow"]),
        ("review --new ", []),
        ("review --mode ", ["reveal", "choice", "type", "auto"]),
        ("review --mode=ch", ["--mode=choice"]),
        ("stats --by ", ["mode", "deck", "tag"]),
        ("review -n5 aws", ["aws"]),
        ("review --minutes=5 aws", ["aws"]),
        ("review --ahe", ["--ahead"]),
        ("review --ahead --ahe", []),
        ("list -t one --ta", ["--tag"]),
        ("review -- --ahe", []),
        ("config ", ["show", "get", "set", "unset", "path"]),
        ("config get roll", ["rollover"]),
        ("config set mode ", ["reveal", "choice", "type", "auto"]),
        ("config set order ra", ["random"]),
        ("config set fuzz ", ["true", "false"]),
        ("completion z", ["zsh"]),
        ("nonsense ", []),
        ("--ver", ["--version"]),
        ("--db cards.db sho", ["show"]),
    ],
)
def test_what_is_offered(offers, line, fitting):
    """Commands, options, and the names that belong where the cursor stands are offered, and nothing else."""
    assert offers(line) == ("words", fitting)


@pytest.mark.parametrize("command", ["show", "undo", "suspend", "bury", "forget", "due-on", "log --card"])
def test_decks_come_before_cards(offers, command):
    """Where a card is due, decks are offered first, with a slash and to be typed on."""
    assert offers(f"{command} a") == ("stems", ["aware/", "aws/"])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        *(("import ", "toml-files"), ("init ", "toml-files"), ("--db ", "files"), ("--db=ca", "files")),
        *(("sync ", "folders"), ("merge ", "files"), ("import --to-toml ", "folders")),
    ],
)
def test_files_are_left_to_the_shell(offers, line, kind):
    """Where a file is due the shell lists them, deck files where it is a deck."""
    assert offers(line) == (kind, [])


def test_an_id_of_several_decks_is_not_offered_without_its_deck(offers):
    """A lone id is offered only where it is unique, as only then it is understood."""
    assert offers("show ro") == ("words", [])
    assert offers("show regi") == ("words", ["region"])


def test_only_cards_a_command_can_be_about(home, offers):
    """`resume` offers suspended cards and `suspend` the others; `undo` offers cards with answers."""
    srs(home, "suspend", "aws/role")
    try:
        assert offers("resume aws/") == ("words", ["aws/role"])
        assert "aws/role" not in offers("suspend aws/")[1]
        assert offers("undo aws/") == ("words", [])
    finally:
        srs(home, "resume", "aws/role")


def test_the_database_of_the_line_is_asked(home, offers, monkeypatch):
    """`--db PATH` before the command is honoured, also with `~`, and says where names come from."""
    monkeypatch.setenv("SRS_DB", str(home / "none.db"))
    monkeypatch.setenv("HOME", str(home))
    assert shells.answer("zsh", ["show", "=aws/"]) == ""
    for db in ("cards.db", "~/cards.db", "$HOME/cards.db"):
        assert offers(f"--db {db} show aws/r") == ("words", ["aws/region", "aws/role"])
        assert offers(f"--db={db} review aws") == ("words", ["aws"])


def test_hostile_tags_are_left_out_or_told_as_they_are(offers):
    """What acts on a terminal is not offered at all; all else is, to be quoted by or for the shell."""
    _, tags = offers("list -t ")
    assert set(HOSTILE_TAGS) - set(tags) == {"\x1b[31mred", "\u202eover"}


@pytest.mark.sqlite_file
@pytest.mark.parametrize("content", [None, b"", b"no database at all", "folder", "newer"])
def test_errors_are_silent(home, tmp_path, capfd, monkeypatch, content):
    """A database that is missing, damaged, newer or no file gives no names and no word, and none is made."""
    path = tmp_path / "cards.db"
    if content == "folder":
        path.mkdir()
    elif content == "newer":
        shutil.copy(home / "cards.db", path)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE meta SET value = '999' WHERE name = 'schema'")
        connection.close()
    elif content is not None:
        path.write_bytes(content)
    before = [*tmp_path.iterdir()]
    monkeypatch.setenv("SRS_DB", str(path))
    from srs.__main__ import run

    for shell in shells.SCRIPTS:
        handed = [BREAKS, "srs show a"] if shell == "bash" else ["show", "=a"]
        assert run(["completion", shell, "--", *handed]) == 0
    assert capfd.readouterr() == ("", "")
    # SQLite's own helpers may come with any look at a database.
    assert [kept for kept in tmp_path.iterdir() if kept.suffix == ".db"] == before


SOME_WORDS = st.sampled_from(
    ["show", "list", "log", "review", "config", "set", "order", "-t", "--deck", "--card", "--", "aws/"]
)


@settings(deadline=None, max_examples=50)
@given(words=st.lists(SOME_WORDS | st.text(max_size=5), max_size=4), data=st.data())
def test_what_is_offered_goes_on_from_what_is_typed(home, words, data):  # noqa: ARG001 - its database is asked
    """Whatever stands on the line, what is offered begins with the last word as it is typed."""
    current = data.draw(st.sampled_from(["", "a", "aws/b", "-", "--", "--deck=", "--tag=s", "s"]))
    kind, *offered = shells.answer("zsh", [*words, f"={current}"]).splitlines() or ["words"]
    assert kind in {"words", "stems", "files", "toml-files", "folders"}
    assert all(word.replace("\\", "").startswith(current) for word in offered)


@settings(deadline=None, max_examples=50)
@given(
    handed=st.lists(st.text(max_size=12), min_size=1, max_size=3), shell=st.sampled_from([*shells.SCRIPTS])
)
def test_nothing_handed_over_is_too_strange(home, handed, shell):  # noqa: ARG001 - its database is asked
    """Whatever a script hands over, the answer is empty or begins with its kind."""
    first = shells.answer(shell, handed).partition("\n")[0]
    assert first in {"", "words", "stems", "files", "toml-files", "folders"}


@given(word=st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1))
def test_bash_reads_back_what_is_inserted(word):
    """A word as it is inserted into a bash line is that word when the line is read, quoted or not."""
    plain = _for_bash(word, "", open_end=True)
    assert bash_line(f"srs {plain}", BREAKS).current == word
    assert bash_line(f"srs {plain} ", BREAKS) == ([word], "", 0, "")
    assert bash_line(f'srs "{_for_bash(word, chr(34), open_end=True)}', BREAKS).current == word
    assert bash_line(f"srs '{_for_bash(word, chr(39), open_end=True)}' ", BREAKS).words == [word]


@pytest.mark.parametrize(
    ("line", "words", "current", "replaced"),
    [
        ("srs show aws/bucket:re", ["show"], "aws/bucket:re", "re"),
        ("srs list --state=su", ["list"], "--state=su", "su"),
        ("srs list -t two\\ w", ["list", "-t"], "two w", "two w"),
        ("srs list -t 'two w", ["list", "-t"], "two w", "two w"),
        ('srs list -t a:"b c', ["list", "-t"], "a:b c", "b c"),
        ('srs list -t "" ', ["list", "-t", ""], "", ""),
    ],
)
def test_bash_lines_are_read_as_bash_reads_them(line, words, current, replaced):
    """Words are told apart as by bash, and the part it will replace begins after its last word break."""
    typed = bash_line(line, BREAKS)
    assert (typed.words, typed.current, typed.current[typed.kept :]) == (words, current, replaced)


@pytest.mark.sqlite_file
def test_of_too_many_names_the_last_stands_for_the_rest(home, offers, tmp_path, monkeypatch):
    """At most 200 names are offered, and what they have in common is common to all that fit."""
    path = tmp_path / "many.db"
    shutil.copy(home / "cards.db", path)
    with sqlite3.connect(path) as connection:
        row = list(connection.execute("SELECT * FROM card WHERE id = 'role'").fetchone())
        names = [column[1] for column in connection.execute("PRAGMA table_info(card)")]
        for number in range(1100):
            row[names.index("key")] = number.to_bytes(16)
            row[names.index("deck")], row[names.index("id")] = "aws", f"card-{number:04}"
            connection.execute(f"INSERT INTO card VALUES (?{', ?' * (len(row) - 1)})", row)
    connection.close()
    monkeypatch.setenv("SRS_DB", str(path))
    _, offered = offers("show aws/card")
    assert len(offered) == MOST
    assert (min(offered), max(offered)) == ("aws/card-0000", "aws/card-1099")


def test_every_name_is_known_to_completion():
    """No command takes a deck, a card or a tag under a metavar that completion does not know."""
    from typer.main import get_command

    from srs.cli.app import app

    metavars = {
        parameter.name: (parameter.metavar or "").strip("[].")
        for command in get_command(app).commands.values()
        for parameter in command.params
    }
    assert {metavars[name] for name in ("deck", "decks")} == {"DECK"}
    assert {metavars[name] for name in ("card", "cards")} == {"CARD"}
    assert (metavars["tag"], metavars["state"], metavars["shell"]) == ("TAG", "STATE", "SHELL")


def test_a_tab_loads_nothing_heavy(home):
    """Completing a card imports neither the database layer nor the scheduler nor what dispatches commands."""
    code = (
        "import sys; from srs.__main__ import run; run(['completion', 'zsh', '--', 'show', '=aws/']);"
        "heavy = {'sqlmodel', 'sqlalchemy', 'pydantic', 'fsrs', 'numpy', 'rich', 'rtoml'} & {*sys.modules};"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    env = environment(home) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("words\naws/bucket:What is a bucket?\n")


def test_a_script_loads_not_even_typer(home):
    """Printing a script, which a shell asks for at each start, imports no Typer."""
    code = (
        "import sys; from srs.__main__ import run; run(['completion', 'bash']);"
        "sys.exit(bool({'typer', 'typing'} & {*sys.modules}))"
    )
    env = environment(home) | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-Sc", code], env=env, check=False).returncode == 0


def srs_in_process(capsys, *arguments):
    """The exit code and what was printed."""
    from srs.__main__ import run

    code = run(arguments)
    return (code, *capsys.readouterr())


def test_no_shell_names_the_four(capsys):
    """Without a shell the command says which there are."""
    assert srs_in_process(capsys, "completion") == (
        2,
        "",
        (
            "error: `srs completion` needs a shell: bash, zsh, fish or powershell\n"
            "hint: `srs completion -h` says how to switch it on\n"
        ),
    )


@pytest.mark.parametrize(
    ("shell", "hint"),
    [
        ("zhs", "did you mean `srs completion zsh`?"),
        ("/usr/bin/fish", "did you mean `srs completion fish`?"),
        ("tcl", "there is one for bash, zsh, fish or powershell"),
    ],
)
def test_an_unknown_shell_is_refused(capsys, shell, hint):
    """Another shell is refused with a sentence and the nearest one."""
    assert srs_in_process(capsys, "completion", shell) == (
        2,
        "",
        f"error: there is no completion for `{shell}`\nhint: {hint}\n",
    )


def test_help_says_how_to_switch_it_on(capsys):
    """The help has a line for each shell."""
    code, out, _ = srs_in_process(capsys, "completion", "-h")
    assert code == 0
    rows = [row.split()[0] for row in out.partition("Switch it on, once:\n")[2].splitlines()]
    assert rows == [*shells.SCRIPTS]


@pytest.mark.parametrize("shell", [*shells.SCRIPTS])
def test_a_script_is_printed_and_nothing_written(home, shell):
    """The script goes to stdout, and no file of the person's is touched."""
    before = {path: path.stat().st_mtime_ns for path in home.iterdir()}
    assert srs(home, "completion", shell) == shells.SCRIPTS[shell]
    assert {path: path.stat().st_mtime_ns for path in home.iterdir()} == before


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_a_shell_reads_its_script(home, shell):
    """Each shell that is here parses its script without a word."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = shells.SCRIPTS["powershell" if shell == "pwsh" else shell]
    if shell == "pwsh":
        command = ["pwsh", "-NoProfile", "-Command", script]
    else:
        (home / "bin" / f"script.{shell}").write_text(script)
        command = [shell, "-n", str(home / "bin" / f"script.{shell}")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(home), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_powershell_is_asked_and_answered_in_its_own_terms(offers):
    """PowerShell sends a `=` before a last word that may be empty; what it would expand is quoted."""
    script = shells.SCRIPTS["powershell"]
    assert "Register-ArgumentCompleter -Native -CommandName srs" in script
    assert """completion powershell '--' @words "=$wordToComplete" 2>$null""" in script
    assert script.count("{") == script.count("}")
    assert offers("show aws/")[0] == "words"
    assert shells.answer("powershell", ["show", "='aws/bucket#"]).splitlines()[1:] == [
        "aws/bucket#reverse\tWhat is a bucket?"
    ]
    assert "'it''s'\t" in shells.answer("powershell", ["list", "-t", "="]).splitlines()
    assert "'$(touch pwned)'\t" in shells.answer("powershell", ["list", "-t", "="]).splitlines()


def test_bash_gets_words_it_can_insert(home):
    """The bash function fills COMPREPLY for the part of the word that bash replaces."""
    lines = {
        "srs sho": "show ",
        "srs show aw": "aware/|aws/",
        "srs show aws/bucket:": "reverse ",
        "srs list --state=su": "suspended ",
        "srs list -t two": "two\\ words ",
        "srs list -t 'two": "two words",
        "srs list -t $": "\\$\\(touch\\ pwned\\) ",
        "srs import awa": "aware.toml",
        "srs import de": "decks",
        "srs nonsense x": "",
    }
    asked = "\n".join(
        f"COMP_LINE={_for_bash(line, '', open_end=True)}; COMP_POINT=${{#COMP_LINE}}; "
        '_srs srs "${COMP_LINE##*[ =:]}"; (IFS="|"; printf "%s\\n" "${COMPREPLY[*]}")'
        for line in lines
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", f'eval "$(srs completion bash)"\n{asked}'],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [*lines.values()]
    assert done.stderr == ""
    assert not (home / "pwned").exists()


class Terminal:
    """A shell on a pseudo-terminal, with a person at it who waits for what appears."""

    SETUP = {  # noqa: RUF012 - never changed
        "bash": (["--norc", "--noprofile"], "PS1='$ '; eval \"$(srs completion bash)\""),
        "zsh": (
            ["-f"],
            "PS1='$ '; setopt extendedglob; autoload compinit; compinit -uD; eval \"$(srs completion zsh)\"",
        ),
        "fish": (["--no-config"], "function fish_prompt; echo '$ '; end; srs completion fish | source"),
    }

    def __init__(self, shell, home, setup=None):
        pexpect, pyte = pytest.importorskip("pexpect"), pytest.importorskip("pyte")
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        self._eof = pexpect.EOF, pexpect.TIMEOUT
        self.screen = pyte.Screen(100, 24)
        self._stream = pyte.Stream(self.screen)
        flags, usual = self.SETUP[shell]
        env = environment(home) | {
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
        }
        self.child = pexpect.spawn(
            shell, [*flags, "-i"], env=env, cwd=str(home), dimensions=(24, 100), encoding="utf-8"
        )
        self.child.sendline(setup or usual)
        self.child.sendline("clear; echo re''ady")
        self.wait(lambda: "ready" in self.rows())

    def rows(self):
        """What is on the screen."""
        return [row.rstrip() for row in self.screen.display if row.strip()]

    def wait(self, seen):
        """Until it is seen; fails after a long while."""
        end = time.monotonic() + 30
        while not seen():
            assert time.monotonic() < end, "\n".join(self.rows())
            try:
                self._stream.feed(self.child.read_nonblocking(65_536, 0.1))
            except self._eof:
                continue

    def press(self, typed, expected):
        """Type something and Tab, wait until the line is as expected, and give the line up."""
        self.child.send(f"{typed}\t")
        self.wait(lambda: any(row == f"$ {expected}".rstrip() for row in self.rows()))
        self.child.send("\x03")
        self.child.sendline("clear; echo re''ady")
        self.wait(lambda: "ready" in self.rows() and not any(typed in row for row in self.rows()))


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(
    ("shell", "variant"),
    [("bash", "aws/bucket#reverse"), ("zsh", "aws/bucket\\#reverse"), ("fish", "aws/bucket#reverse")],
)
def test_tab_in_a_real_shell(home, shell, variant):
    """At Tab the shell inserts commands, decks, cards, variants safe under extendedglob, tags and files."""
    terminal = Terminal(shell, home)
    try:
        terminal.press("srs show aws", "srs show aws/")
        terminal.press("srs show aws/reg", "srs show aws/region")
        terminal.press("srs show aws/bucket#", f"srs show {variant}")
        terminal.press("srs show aws/bucket:r", "srs show aws/bucket:reverse")
        terminal.press("srs list --state=su", "srs list --state=suspended")
        terminal.press("srs list -t two", "srs list -t two\\ words")
        terminal.press('srs list -t "two', 'srs list -t "two words"')
        terminal.press("srs import a\\ ", "srs import a\\ deck.toml")
        terminal.press("srs import dec", "srs import decks/")
        terminal.press("srs sync dec", "srs sync decks/")
        terminal.press("srs --db=no", "srs --db=notes.txt")
        terminal.press("srs --db ~/cards.db review awa", "srs --db ~/cards.db review aware")
        terminal.press(
            "SRS_DB=none.db srs --db=cards.db list -d awa", "SRS_DB=none.db srs --db=cards.db list -d aware"
        )
    finally:
        terminal.child.close(force=True)
    assert not (home / "pwned").exists()
    assert not (home / "none.db").exists()


def test_zsh_finds_the_script_on_its_function_path(home):
    """The same script works as a file `_srs` on fpath, where zsh loads it at the first Tab."""
    (home / "functions").mkdir()
    (home / "functions" / "_srs").write_text(shells.SCRIPTS["zsh"])
    terminal = Terminal(
        "zsh", home, "PS1='$ '; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D"
    )
    try:
        terminal.press("srs show aws/reg", "srs show aws/region")
        terminal.press("bin/srs show aws/reg", "bin/srs show aws/region")
    finally:
        terminal.child.close(force=True)
