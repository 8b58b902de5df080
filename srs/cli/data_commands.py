"""The shelf `data`: log, with what brings a history in and what writes it out."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from pathlib import Path
from typing import Annotated, Any

import typer

from srs.cli.card_commands import NoPager
from srs.cli.kinds import AsJson, Decks, a_path
from srs.cli.shelves import PlainApp, PlainCommand


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    group = PlainApp(
        rich_markup_mode=None, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )
    group.callback(invoke_without_command=True)(log)
    group.command("import", epilog=_COLUMNS_READ)(import_)
    group.command("export", cls=_TellsColumns)(export)
    app.add_typer(group, name="log", rich_help_panel="data")
    app.command("sync", rich_help_panel="data")(sync)
    app.command("merge", rich_help_panel="data")(merge)


Card = Annotated[str | None, typer.Option("--card", metavar="CARD", help="Only this card, as deck/id.")]


def log(
    context: typer.Context,
    limit: Annotated[
        int | None,
        typer.Option("-n", "--limit", metavar="N", help="At most N; a terminal gets 20, a pipe all."),
    ] = None,
    deck: Decks = None,
    card: Card = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also each due day that new parameters kept or moved.")
    ] = False,
    as_json: AsJson = False,
    no_pager: NoPager = False,
) -> int:
    """List what happened, newest first."""
    if context.invoked_subcommand is not None:
        if limit is not None or deck or card is not None or everything or as_json or no_pager:
            from srs.cli.log_import import misplaced

            raise misplaced(context.invoked_subcommand)
        return 0
    from srs.cli.log_view import show_log

    return show_log(
        context.obj,
        limit=limit,
        decks=deck or (),
        card=card,
        everything=everything,
        as_json=as_json,
        no_pager=no_pager,
    )


# The backspace keeps the rows of a help from being joined.
_COLUMNS_READ = """\b
Columns, in any order, separated by commas, semicolons or tabs:
card             deck/id, or an id alone (also: card_id)
rating           1 to 4, or again, hard, good, easy (review_rating)
reviewed_at      ISO 8601 with its zone, or seconds or ms since 1970 (review_time)
took_ms          optional: how long the answer took (review_duration)
id               optional: tells apart answers of one card at one moment
study_day        optional: a date; else worked out from the moment
interval_before  optional: the interval the answer met, in whole days
An export of srs itself comes in as it was written: its answers, no acts."""


class _TellsColumns(PlainCommand):
    """A command whose help ends with the columns of an export, read when it is asked for."""

    def format_epilog(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override] # noqa: ANN401
        from srs.interop.log_lines import described

        head = "Every column of every line; `srs log import` reads the answers back:"
        self.epilog = f"\b\n{head}\n{described()}"
        super().format_epilog(ctx, formatter)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Answers, one a row.", parser=a_path)],
    deck: Annotated[
        str | None, typer.Option("-d", "--deck", metavar="DECK", help="Whose cards ids without a deck are.")
    ] = None,
    create: Annotated[
        Path | None,
        typer.Option(
            "--create",
            metavar="FILE.toml",
            help="Write a deck file of cards that are not here.",
            parser=a_path,
        ),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", metavar="ZONE", help="Where they were answered: Europe/Berlin.")
    ] = None,
    rollover: Annotated[
        int | None, typer.Option("--rollover", metavar="HOUR", help="When a study day ended there, 0 to 23.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come in, write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Bring in a history of answers from elsewhere; `srs undo` takes it back whole."""
    from srs.cli.log_import import run_log_import

    return run_log_import(
        context.obj,
        file,
        deck=deck,
        create=create,
        zone=zone,
        rollover=rollover,
        dry_run=dry_run,
        as_json=as_json,
    )


def export(
    context: typer.Context,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv or jsonl.")] = "csv",
    deck: Decks = None,
    card: Card = None,
    file: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Into a file, not to stdout.", parser=a_path),
    ] = None,
) -> int:
    """Write every line of the log, oldest first, what was taken back marked."""
    from srs.cli.log_export import run_log_export

    return run_log_export(context.obj, output=output, decks=deck or (), card=card, file=file)


def sync(
    context: typer.Context,
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", help="A shared folder; else `sync` of the settings.")
    ] = None,
    learner: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="Whose the answers of a device never seen here are: NAME, DEVICE=NAME or DEVICE:THEIRS=NAME,"
            " where THEIRS is what they are called there.",
        ),
    ] = None,
    git: Annotated[
        bool, typer.Option("--git", help="Pull before; commit and push this device's lines after.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Begin a folder anew that has become empty.")] = False,
    as_json: AsJson = False,
) -> int:
    """Come into step with your other devices through a folder."""
    from srs.cli.syncing import run_sync

    return run_sync(context.obj, folder, as_name=learner, git=git, anew=anew, as_json=as_json)


def merge(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="OTHER.db", help="A copy, an old laptop's database, a backup (.db.gz).", parser=a_path
        ),
    ],
    learner: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="Whose the answers of devices never seen here are: NAME or THEIRS=NAME,"
            " where THEIRS is what they are called there.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Take in what another database has and this one has not."""
    from srs.cli.merging import run_merge

    return run_merge(context.obj, file, as_whom=learner, as_json=as_json)
