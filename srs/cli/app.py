"""The Typer app: every command declared, its help in shelves, its errors in our words.

A command here parses, calls one function, and gives back its exit code; what does the work is
imported when the command runs.
"""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

import gc
from collections.abc import Sequence
from typing import Annotated

import typer

from srs.cli import (
    card_commands,
    completion,
    config,
    data_commands,
    deck_commands,
    every_day_commands,
    safety_commands,
    shelves,
    tuning_commands,
)

app = shelves.PlainApp(
    cls=shelves.Shelves,
    name="srs",
    help="Flashcards as text in git, reviews in a terminal, FSRS deciding what is due.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run_app(arguments: Sequence[str]) -> int:
    """Run the app on its arguments; returns the exit code, raises only `SrsError`."""
    from typer.exceptions import TyperException

    # What is loaded by now stays: the collector and the exit need not go through it, an eighth of `srs -h`.
    gc.freeze()
    try:
        code = app(args=list(arguments), prog_name="srs", standalone_mode=False)
    except TyperException as error:
        from srs.cli.usage import in_our_words

        raise in_our_words(error, arguments) from error
    except SystemExit as left:
        # Typer leaves with 1 when nobody reads on; here that is no error, as it is after the command.
        if isinstance(left.__context__, BrokenPipeError):
            raise left.__context__ from None
        raise
    return code if isinstance(code, int) else 0


@app.callback()
def start(
    context: typer.Context,
    db: Annotated[
        str | None, typer.Option("--db", metavar="PATH", help="The database, instead of the usual one.")
    ] = None,
    learner: Annotated[
        str | None, typer.Option("--learner", metavar="NAME", help="Who learns, where several do.")
    ] = None,
    version: Annotated[bool, typer.Option("-V", "--version", help="The version.")] = False,
) -> int | None:
    """Flashcards as text in git, reviews in a terminal, FSRS deciding what is due."""
    if version:
        from srs import __version__

        print(f"srs {__version__}")  # noqa: T201 - the thing asked for
        raise typer.Exit
    from srs.cli.context import Context

    context.obj = Context(db=db, learner=learner)
    if context.invoked_subcommand is None:
        from srs.cli.due import overview

        raise typer.Exit(overview(context.obj))
    return None


for commands in (
    every_day_commands,
    card_commands,
    deck_commands,
    tuning_commands,
    config,
    data_commands,
    safety_commands,
    completion,
):
    commands.add_to(app)
