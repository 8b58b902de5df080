"""Errors as a person sees them: one sentence, a hint; for a bug of ours, where its report lies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from srs import __version__, clock, places
from srs.cli.ansi import print_rows
from srs.cli.drawing import needs_ascii
from srs.cli.notices import error_rows, problem_rows
from srs.errors import DamagedError, SrsError

if TYPE_CHECKING:
    from collections.abc import Sequence

BUG = 70
UNWRITABLE = 1


def tell(error: SrsError) -> None:
    """Print an error and its hint to stderr."""
    with suppress(OSError):
        # What was printed before belongs above it.
        sys.stdout.flush()
    if isinstance(error, DamagedError):
        from srs.cli.backups import newest_backup_hint

        error.hint = newest_backup_hint(error.path) or error.hint
    ascii_only = needs_ascii(sys.stderr.encoding)
    rows = error_rows(error, ascii_only=ascii_only)
    problems = getattr(error, "problems", ())
    if len(problems) > 1:
        rows = error_rows(SrsError(error.message.splitlines()[0]), ascii_only=ascii_only)
        rows += problem_rows(problems, ascii_only=ascii_only)
    with suppress(OSError):
        print_rows(rows, sys.stderr, os.environ)


def report_unwritable(error: OSError) -> int:
    """Say that stdout takes no more, a full disk behind `>` for one; returns the exit code."""
    why = f": {error.strerror}" if error.strerror else ""
    _say(f"error: what was printed could not be written{why}\n")
    return UNWRITABLE


def report_bug(error: BaseException, arguments: Sequence[str]) -> int:
    """Save a report of a bug of ours and say in one sentence where; returns the exit code."""
    import platform
    from traceback import format_exception

    text = "\n".join(
        [
            f"srs {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"arguments: {list(arguments)!r}",
            "",
            "".join(format_exception(error)),
        ]
    )
    path = os.path.join(places.state_dir(), f"report-{clock.now_ms()}.txt")  # noqa: PTH118 - as places does
    try:
        places.write_private(path, text.encode(errors="backslashreplace"))
        where = f"a report was saved to {path}"
    except Exception:  # noqa: BLE001 - nothing may go wrong here any more
        where = "and its report could not be saved"
    _say(f"error: this is a bug in srs ({type(error).__name__}); {where}\n")
    return BUG


def _say(sentence: str) -> None:
    # Where stderr is full, too, the exit code is all that is left.
    with suppress(OSError):
        sys.stderr.write(sentence)
