"""The full screen: when it may be used, and the class that drives it on this platform."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from srs.cli.stopping import Ended

if sys.platform == "win32":
    from srs.cli.terminal_windows import Screen
else:
    from srs.cli.terminal_posix import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Ended", "Screen", "full_screen_refusal"]

LEAST_COLUMNS = 30
LEAST_ROWS = 12


def full_screen_refusal(env: Mapping[str, str], stdin: int = 0, stdout: int = 1) -> str | None:
    """Why a session must go line by line, as words for a log or a test; None: the screen will do.

    Both ends must be terminals, so that `srs review | tee log` is readable; TERM=dumb and windows
    under 30 columns or 12 rows get lines too.
    """
    if not (os.isatty(stdin) and os.isatty(stdout)):
        return "not a terminal on both ends"
    if sys.platform == "win32":
        from srs.cli.terminal_windows import enable_escapes

        if enable_escapes() is None:
            return "a console without escape sequences"
    elif env.get("TERM", "dumb") in ("dumb", ""):
        return "a terminal that cannot place text"
    columns, rows = os.get_terminal_size(stdout)
    if 0 < columns < LEAST_COLUMNS or 0 < rows < LEAST_ROWS:
        return f"a window under {LEAST_COLUMNS} columns or {LEAST_ROWS} rows"
    return None
