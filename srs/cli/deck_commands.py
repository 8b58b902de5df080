"""The shelf `decks`: import and init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srs.cli.kinds import AsJson


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("import", rich_help_panel="decks")(import_)
    app.command("init", rich_help_panel="decks")(init)


def import_(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Deck files, or folders of them; none: all imported before."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Take in new and changed cards."""
    from srs.cli.importing import run_import

    return run_import(context.obj, paths or [], dry_run=dry_run, as_json=as_json)


def init(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE.toml]", help="Where to write the deck.")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="The deck that comes along, copied and imported.")
    ] = False,
) -> int:
    """Write a starter deck, or copy the deck that comes along."""
    from srs.cli.decks import init as write_deck

    return write_deck(context.obj, path, sample=sample)
