"""Long output on a terminal through a pager, as git does; anywhere else it is simply printed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from srs.cli.ansi import Pen, print_rows
from srs.cli.drawing import cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from srs.cli.context import Context

DEFAULT = "less -FRX"
_CANNOT_RUN = (126, 127)
"""What a shell answers when the command is not there or is no program."""


def show(
    context: Context, rows: Sequence[Text], *, no_pager: bool = False, repeated: Sequence[Text] = ()
) -> None:
    """Print rows on stdout, through a pager when it is a terminal they do not fit on.

    Where they do not fit and no pager takes them, `repeated` is printed once more at their end: the
    rows that say most have scrolled away.
    """
    if not sys.stdout.isatty() or _fits(rows, context.width):
        print_rows(rows, sys.stdout, context.env)
        return
    command = None if no_pager else pager_command(context)
    if command is None or not _paged(command, rows, context.env):
        print_rows([*rows, *repeated], sys.stdout, context.env)


def pager_command(context: Context) -> str | None:
    """The pager a person wants: SRS_PAGER, PAGER, else less; None for none of them."""
    if context.env.get("TERM") == "dumb" or context.settings.screen == "plain":
        return None
    for variable in ("SRS_PAGER", "PAGER"):
        wanted = context.env.get(variable)
        if wanted is not None:
            return None if wanted.strip() in {"", "cat"} else wanted
    return DEFAULT if shutil.which("less") else None


def _fits(rows: Sequence[Text], width: int) -> bool:
    """Whether all rows stand on the screen; the terminal breaks those that are too wide."""
    height = sum(max(1, -(-cells(row.plain) // width)) for row in rows)
    try:
        # The prompt wants a row, too.
        return height < os.get_terminal_size(sys.stdout.fileno()).lines
    except (OSError, ValueError):
        return False


def _paged(command: str, rows: Sequence[Text], env: Mapping[str, str]) -> bool:
    """Whether the pager took the rows."""
    pen = Pen.of(env, terminal=True)
    text = "".join(f"{pen.draw(row).rstrip(' ')}\n" for row in rows)
    sys.stdout.flush()
    # As git: a bare `less` leaves at the end of a short text and shows styles.
    environment = {"LESS": "FRX", **env}
    pager = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environment)  # noqa: S602 - the person's own pager, with its options, as git runs it
    # Ctrl-C is the pager's while it runs.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError):
            pager.communicate(text.encode(sys.stdout.encoding or "utf-8", "replace"))
        code = pager.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return code not in _CANNOT_RUN
