"""The shelf `data`: log."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from typing import Annotated

import typer

from srs.cli.card_commands import NoPager
from srs.cli.kinds import AsJson, Decks


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("log", rich_help_panel="data")(log)


def log(
    context: typer.Context,
    limit: Annotated[
        int | None,
        typer.Option("-n", "--limit", metavar="N", help="At most N; a terminal gets 20, a pipe all."),
    ] = None,
    deck: Decks = None,
    card: Annotated[
        str | None, typer.Option("--card", metavar="CARD", help="Only this card, as deck/id.")
    ] = None,
    as_json: AsJson = False,
    no_pager: NoPager = False,
) -> int:
    """List what happened, newest first."""
    from srs.cli.log_view import show_log

    return show_log(context.obj, limit=limit, decks=deck or (), card=card, as_json=as_json, no_pager=no_pager)
