"""The shelf `cards`: add, edit, list, show, suspend, resume, bury, forget, due-on and undo."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from typing import Annotated

import typer

from srs.cli.kinds import AsJson, Card, Cards, Decks, Tags

DeckOrFile = Annotated[
    str | None, typer.Argument(metavar="[DECK]", help="A deck, or its file; none: the only one.")
]
OwnTags = Annotated[
    list[str] | None, typer.Option("-t", "--tag", metavar="TAG", help="A tag; again for more.")
]
OwnId = Annotated[
    str | None, typer.Option("--id", metavar="ID", help="Its id, instead of one made from the text.")
]
Wrong = Annotated[
    list[str] | None,
    typer.Option("--choice", metavar="TEXT", help="A wrong answer, or `wrong answer :: why`."),
]
Accepted = Annotated[list[str] | None, typer.Option("--accept", metavar="TEXT", help="Another right answer.")]
Needed = Annotated[
    list[str] | None, typer.Option("--needs", metavar="CARD", help="A card to be passed before.")
]
NoPager = Annotated[bool, typer.Option("--no-pager", help="Print at once, through no pager.")]


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("add", rich_help_panel="cards")(add)
    app.command("edit", rich_help_panel="cards")(edit)
    app.command("list", rich_help_panel="cards")(list_)
    app.command("search", rich_help_panel="cards", hidden=True)(list_)
    app.command("show", rich_help_panel="cards")(show)
    app.command("suspend", rich_help_panel="cards")(suspend)
    app.command("resume", rich_help_panel="cards")(resume)
    app.command("bury", rich_help_panel="cards")(bury)
    app.command("forget", rich_help_panel="cards")(forget)
    app.command("due-on", rich_help_panel="cards")(due_on)
    app.command("undo", rich_help_panel="cards")(undo)


def add(
    context: typer.Context,
    deck: DeckOrFile = None,
    question: Annotated[str | None, typer.Option("--question", metavar="TEXT", help="What is asked.")] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", metavar="TEXT", help="What is to be recalled.")
    ] = None,
    term: Annotated[
        str | None, typer.Option("--term", metavar="TEXT", help="What the card is about.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="TEXT", help="Above the question, a line a speaker.")
    ] = None,
    explanation: Annotated[
        str | None, typer.Option("--explanation", metavar="TEXT", help="Below the answer.")
    ] = None,
    tag: OwnTags = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="Where the fact is from.")
    ] = None,
    card_id: OwnId = None,
    choice: Wrong = None,
    accept: Accepted = None,
    needs: Needed = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Also ask for the term.")] = False,
    cloze: Annotated[
        str | None, typer.Option("--cloze", metavar="TEXT", help="A sentence with {{c1::holes}}.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write a new card into a deck file, and take it in."""
    from srs.cli.adding import add_card, choice_of
    from srs.deck.append import NewCard

    card = NewCard(
        id=card_id or "",
        term=term or "",
        scenario=scenario or "",
        question=question or "",
        cloze=cloze or "",
        answer=answer or "",
        reverse=reverse,
        explanation=explanation or "",
        tags=tuple(tag or ()),
        source=source or "",
        choices=tuple(map(choice_of, choice or ())),
        accept=tuple(accept or ()),
        needs=tuple(needs or ()),
    )
    return add_card(context.obj, deck, card, as_json=as_json)


def edit(context: typer.Context, card: Card) -> int:
    """Open a card's file in your editor, and take it in."""
    from srs.cli.editing import run_edit

    return run_edit(context.obj, card)


def list_(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="Every word must occur; best match first, in a pipe too."),
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
