"""`srs init`: a starter deck, or a copy of the deck that comes along."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from srs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from srs.cli.context import Context


def init(context: Context, path: Path | None, *, sample: bool) -> int:
    """Run `srs init`; returns the exit code."""
    from srs.cli.sample import take_sample, write_starter

    if sample:
        take_sample(context, path)
        return 0
    if path is None:
        raise UsageError(
            "`srs init` needs a file to write", "`srs init my-deck.toml`, or `srs init --sample`"
        )
    write_starter(path)
    sys.stdout.write(f"Wrote {path}. Edit it, then: srs import {path}\n")
    return 0
