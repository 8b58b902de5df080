"""The shelf `cards`: list, show, suspend, resume, bury, forget, due-on and undo."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from typing import Annotated

import typer

from srs.cli.kinds import AsJson, Card, Cards, Decks, Tags

NoPager = Annotated[bool, typer.Option("--no-pager", help="Print at once, through no pager.")]


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("list", rich_help_panel="cards")(list_)
    app.command("search", rich_help_panel="cards", hidden=True)(list_)
    app.command("show", rich_help_panel="cards")(show)
    app.command("suspend", rich_help_panel="cards")(suspend)
    app.command("resume", rich_help_panel="cards")(resume)
    app.command("bury", rich_help_panel="cards")(bury)
    app.command("forget", rich_help_panel="cards")(forget)
    app.command("due-on", rich_help_panel="cards")(due_on)
    app.command("undo", rich_help_panel="cards")(undo)


def list_(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Every word must occur in the card.")
    ] = None,
    deck: Decks = None,
    tag: Tags = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="new, learning, review, relearning, suspended, buried, retired or leech.",
        ),
    ] = None,
    flagged: Annotated[bool, typer.Option("--flagged", help="Marked with ! in a review.")] = False,
    as_json: AsJson = False,
    no_pager: NoPager = False,
) -> int:
    """List cards, by their words or their state."""
    from srs.cli.listing import list_cards
    from srs.store.listing import Wanted

    wanted = Wanted(tuple(words or ()), tuple(deck or ()), tuple(tag or ()), state, flagged)
    return list_cards(context.obj, wanted, as_json=as_json, no_pager=no_pager)


def show(context: typer.Context, card: Card, as_json: AsJson = False, no_pager: NoPager = False) -> int:
    """Show a card: its text, its memory, every answer."""
    from srs.cli.showing import show_card

    return show_card(context.obj, card, as_json=as_json, no_pager=no_pager)


def suspend(context: typer.Context, cards: Cards) -> int:
    """Take cards out of the queue until resumed."""
    from srs.cli import acting

    return acting.suspend(context.obj, cards)


def resume(context: typer.Context, cards: Cards) -> int:
    """Put suspended cards back into the queue."""
    from srs.cli import acting

    return acting.resume(context.obj, cards)


def bury(context: typer.Context, cards: Cards) -> int:
    """Keep cards out of the queue until tomorrow."""
    from srs.cli import acting

    return acting.bury(context.obj, cards)


def forget(context: typer.Context, cards: Cards) -> int:
    """Make cards new again; their answers stay counted."""
    from srs.cli import acting

    return acting.forget(context.obj, cards)


def due_on(
    context: typer.Context,
    card: Card,
    date: Annotated[
        str, typer.Argument(metavar="DATE", help="2026-12-03, today, tomorrow, or +3 for in three days.")
    ],
) -> int:
    """Set the day a card is due."""
    from srs.cli import acting

    return acting.due_on(context.obj, card, date)


def undo(
    context: typer.Context,
    card: Annotated[
        str | None, typer.Argument(metavar="[CARD]", help="Its newest answer, instead of the newest of all.")
    ] = None,
) -> int:
    """Take back the newest answer or act."""
    from srs.cli import acting

    return acting.undo(context.obj, card)
