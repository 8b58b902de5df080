"""Which editor a person has, and how it is told to open a file at a line and to wait.

No shell is involved: `$VISUAL` and `$EDITOR` are read as words, the file is one word of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.clean import quoted
from srs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FALLBACKS = ("sensible-editor", "editor", "nano", "vim", "vi")
WINDOWS_FALLBACKS = ("notepad",)
_SET_ONE = "set one: `export EDITOR=nano`"
_CHOSEN = re.compile(r"""^\s*SELECTED_EDITOR=["']?([^"'\n]+)""", re.MULTILINE)
_ENDINGS = re.compile(r"\.(?:exe|cmd|bat|com|appimage|basic|tiny|nox|gtk3?|athena|motif)$")
_VERSION = re.compile(r"[-.\d]+$")
# What the interpreter of `.cmd` files would act on, however an argument is quoted.
_BATCH_SIGNS = re.compile(r'[&|<>^%!"\n]')


class _Family(NamedTuple):
    """Editors that are called alike: their arguments, and those that make them wait.

    `waits` are the spellings of one option; the first is added where none of them was given.
    """

    names: frozenset[str]
    place: tuple[str, ...]
    waits: tuple[str, ...] = ()


def _family(names: str, place: str, waits: str = "") -> _Family:
    return _Family(frozenset(names.split()), tuple(place.split()), tuple(waits.split()))


_FAMILIES = (
    _family(
        "vi vim nvim view ex elvis nvi vis lvim nano rnano pico emacs emacsclient kak micro joe jmacs jstar"
        " jpico rjoe mg zile ne mcedit dte",
        "+{line} {file}",
    ),
    _family("gvim mvim gview", "+{line} {file}", "--nofork -f"),
    _family("gedit xed bbedit", "+{line} {file}", "--wait -w"),
    _family(
        "code code-insiders codium vscodium code-oss cursor windsurf positron",
        "--goto {file}:{line}",
        "--wait -w",
    ),
    _family("subl sublime_text zed zeditor zedit atom pulsar", "{file}:{line}", "--wait -w"),
    _family("hx helix", "{file}:{line}"),
    _family("mate idea pycharm webstorm goland clion rustrover", "--line {line} {file}", "--wait -w"),
    _family("kate", "--line {line} {file}", "--block -b"),
    _family("notepad++", "-nosession -n{line} {file}", "-multiInst"),
)


def editor_of(env: Mapping[str, str], *, terminal: bool) -> list[str]:
    """The words of the editor: `$VISUAL`, else `$EDITOR`, else one that is on the path.

    Raises:
        UsageError: there is none, or what the variable says cannot be read.
    """
    for variable in ("VISUAL", "EDITOR"):
        value = env.get(variable, "").strip()
        if value:
            return _words(value, variable)
    if not terminal:
        raise UsageError("there is no terminal for an editor, and `$EDITOR` names none", _SET_ONE)
    fallbacks = WINDOWS_FALLBACKS if sys.platform == "win32" else FALLBACKS
    found = next((name for name in fallbacks if shutil.which(name)), None)
    if found is None:
        raise UsageError("there is no editor: `$VISUAL` and `$EDITOR` are not set", _SET_ONE)
    return [found]


def command_for(words: Sequence[str], path: Path, line: int) -> list[str]:
    """What to run to edit a file at a line, and to come back when that is done.

    Raises:
        UsageError: there is no such editor, or it cannot be given this file safely.
    """
    program = shutil.which(os.path.expanduser(words[0]))  # noqa: PTH111 - a word of a variable
    if program is None:
        raise UsageError(f"there is no editor {quoted(words[0])}", _SET_ONE)
    if Path(program).suffix.lower() in {".cmd", ".bat"} and _BATCH_SIGNS.search(str(path)):
        raise UsageError(
            f"{quoted(words[0])} is a batch file, which might run the path {quoted(str(path))}",
            "rename the file, or set `EDITOR` to another editor",
        )
    given = list(words[1:])
    name = _name(words[0], program)
    family = next((one for one in _FAMILIES if name in one.names), None)
    if family is None:
        return [program, *given, str(path)]
    if name == "emacsclient":
        given = [word for word in given if word not in {"-n", "--no-wait"}]
    if family.waits and not any(_is_one_of(word, family.waits) for word in given):
        given.insert(0, family.waits[0])
    place = [part.format(line=max(line, 1), file=path) for part in family.place if part not in given]
    return [program, *given, *place]


def run_editor(command: Sequence[str]) -> None:
    """Run an editor on the terminal and wait for it; Ctrl-C is the editor's meanwhile.

    Raises:
        UsageError: it cannot be run, or left with an error.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    name = quoted(Path(command[0]).name)
    try:
        with deaf_to_interrupts():
            code = subprocess.run(command, check=False).returncode  # noqa: S603 - the person's own editor
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"the editor {name} cannot be run: {why}", _SET_ONE) from error
    if code < 0:
        raise UsageError(f"the editor {name} was ended by signal {-code}")
    if code:
        raise UsageError(f"the editor {name} left with status {code}")


def _words(value: str, variable: str) -> list[str]:
    """A variable as words; a path with blanks in it that is a program is one word."""
    if shutil.which(os.path.expanduser(value)):  # noqa: PTH111 - a text
        return [value]
    try:
        if sys.platform == "win32":
            # Backslashes stand in every path there, so they quote nothing.
            return [_unquoted(word) for word in shlex.split(value, posix=False)]
        words = shlex.split(value)
    except ValueError:
        words = []
    if not words or not words[0]:
        raise UsageError(f"`${variable}` is {quoted(value)}, where a quote is never closed", _SET_ONE)
    return words


def _is_one_of(word: str, options: Sequence[str]) -> bool:
    """Whether a word gives an option, alone or among short ones (`-nw`)."""
    if word in options:
        return True
    letters = {option[1] for option in options if len(option) == 2}
    return re.fullmatch("-[A-Za-z]{2,4}", word) is not None and not letters.isdisjoint(word[1:])


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def _name(word: str, program: str) -> str:
    """What kind of editor a program is, by its name; names that stand for another are followed."""
    name = _plain(word)
    if name == "sensible-editor":
        chosen = None
        with suppress(OSError, ValueError):
            chosen = _CHOSEN.search((Path.home() / ".selected_editor").read_text(encoding="utf-8"))
        program = shutil.which(chosen[1] if chosen else "editor") or ""
        return _plain(os.path.realpath(program)) if program else name
    return _plain(os.path.realpath(program)) if name == "editor" else name


def _plain(program: str) -> str:
    """`/usr/bin/vim.basic` is `vim`, `Code.cmd` is `code`, `emacs-29.1` is `emacs`."""
    name = re.split(r"[/\\]", program)[-1].lower()
    shorter = _ENDINGS.sub("", name)
    return _VERSION.sub("", shorter) or shorter


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C reaches every program of the terminal; here it is meant for another, or has to wait."""

    def nothing(_number: int, _frame: object) -> None:
        """A handler, not SIG_IGN: the editor gets its own default back, and would inherit the other."""

    numbers = [signal.SIGINT, *([signal.SIGQUIT] if sys.platform != "win32" else [])]
    before = [(number, signal.signal(number, nothing)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler or signal.SIG_DFL)
