"""Questions on the normal screen, a line each, edited as the terminal edits lines."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from srs.cli.ansi import print_rows
from srs.cli.drawing import harmless, in_ascii, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.text import Text

    from srs.cli.context import Context
    from srs.model import Problem

GOES_ON = " \\"
"""What a line ends in that another one follows."""


def on_a_terminal() -> bool:
    """Whether somebody can be asked: both ends are terminals."""
    return sys.stdin.isatty() and sys.stdout.isatty()


class Asker:
    """Asks a person; the end of the input raises EOFError, Ctrl-C KeyboardInterrupt."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ascii = context.ascii_only

    def line(self, label: str, before: str = "") -> str:
        """One line; what was said before stands there to be edited, where the terminal can do that."""
        self._sign_off()
        readline = _readline()
        if readline is None:
            return self._without_readline(label, before)
        readline.set_startup_hook(lambda: readline.insert_text(before) if before else None)
        try:
            return input(f"{label}: ")
        finally:
            readline.set_startup_hook(None)

    def text(self, label: str, before: str = "") -> str:
        """A text of one line or several: a line that ends in a blank and a backslash goes on."""
        old = before.split("\n")
        lines: list[str] = []
        while True:
            at = len(lines)
            known = old[at] if at < len(old) else ""
            prompt = label if not lines else " " * (len(label) - 1) + "…"
            line = self.line(in_ascii(prompt) if self._ascii else prompt, _with_sign(known, old, at))
            if not line.endswith(GOES_ON):
                lines.append(line)
                return "\n".join(lines).strip()
            lines.append(line.removesuffix(GOES_ON))

    def yes(self, question: str, *, default: bool) -> bool:
        """Yes or no; Enter is the default, and anything else is asked again."""
        while True:
            said = self._short(f"{question} [{'Y/n' if default else 'y/N'}] ").lower()
            if said in {"", "y", "yes", "n", "no"}:
                return default if not said else said.startswith("y")
            self.tell("y or n.")

    def one_of(self, question: str, letters: str) -> str:
        """One of some letters, or of the words that begin with them."""
        while True:
            said = self._short(f"{question}: ").lower()
            if said[:1] and said[:1] in letters:
                return said[0]
            self.tell(f"{', '.join(letters[:-1])} or {letters[-1]}.")

    def tell(self, sentence: str) -> None:
        """Say a sentence, wrapped to the screen."""
        for row in wrap(in_ascii(sentence) if self._ascii else sentence, self._context.width):
            sys.stdout.write(f"{harmless(row)}\n")
        sys.stdout.flush()

    def rows(self, rows: Iterable[Text]) -> None:
        """Show rows as they are."""
        print_rows(rows, sys.stdout, self._context.env)

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show problems as `srs check` does."""
        from srs.cli.notices import problem_rows

        self.rows(problem_rows(problems, ascii_only=self._ascii))

    def _without_readline(self, label: str, before: str) -> str:
        if not before:
            return input(f"{label}: ")
        said = input(f"{label} (Enter keeps `{harmless(before)}`, - leaves it out): ")
        return before if not said else "" if said == "-" else said

    def _short(self, prompt: str) -> str:
        self._sign_off()
        return input(prompt).strip()

    def _sign_off(self) -> None:
        sys.stderr.flush()
        sys.stdout.flush()


def _with_sign(known: str, lines: Sequence[str], at: int) -> str:
    return known + GOES_ON if at < len(lines) - 1 else known


def _readline() -> Any:  # noqa: ANN401 - a module, or None where there is none
    """The line editor; importing it is what makes `input` use it."""
    with suppress(ImportError):
        import readline

        return readline
    return None
