"""Options and arguments that several commands take, declared once."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from pathlib import Path
from typing import Annotated

import typer

Decks = Annotated[list[str] | None, typer.Option("-d", "--deck", metavar="DECK", help="Only this deck.")]
Tags = Annotated[list[str] | None, typer.Option("-t", "--tag", metavar="TAG", help="Only this tag.")]
MOST = 999_999_999
"""The greatest number that an option takes where nothing else bounds it; a database could not hold any."""

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Card = Annotated[str, typer.Argument(metavar="CARD", help="As deck/id.")]
Cards = Annotated[list[str], typer.Argument(metavar="CARD...", help="As deck/id.")]


def a_path(typed: str) -> Path:
    """A path as typed, with the home folder for `~`: shells leave it alone in quotes and after `=`."""
    return Path(typed).expanduser()
