"""The shelf `decks`: import, check, decks, init, export and retire."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from pathlib import Path
from typing import Annotated

import typer

from srs.cli.kinds import AsJson, Decks, a_path
from srs.deck.codes import IGNORABLE, PROBLEM_CODES


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("import", rich_help_panel="decks")(import_)
    app.command("check", rich_help_panel="decks", epilog=_warnings())(check)
    app.command("decks", rich_help_panel="decks")(decks)
    app.command("init", rich_help_panel="decks")(init)
    app.command("export", rich_help_panel="decks")(export)
    app.command("retire", rich_help_panel="decks")(retire)


def import_(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Deck files or folders of them, a CSV, an Anki package; none: all imported before.",
            parser=a_path,
        ),
    ] = None,
    deck: Annotated[
        str | None, typer.Option("-d", "--deck", metavar="NAME", help="Which deck a CSV of cards is.")
    ] = None,
    to_toml: Annotated[
        Path | None,
        typer.Option(
            "--to-toml", metavar="DIR", help="Write a package's decks as files of yours.", parser=a_path
        ),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", metavar="ZONE", help="Where a package was studied: Europe/Berlin.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Take in new and changed cards, also from CSV and Anki."""
    from srs.cli.importing import run_import

    return run_import(
        context.obj,
        paths or [],
        deck=deck,
        to_toml=to_toml,
        zone=zone,
        dry_run=dry_run,
        as_json=as_json,
    )


def _warnings() -> str:
    """Each warning and what it means; the backspace keeps the rows from being joined."""
    told = [f"{code}  {PROBLEM_CODES[code]}" for code in sorted(IGNORABLE)]
    head = "Warnings; a deck is not told of one that it names in `[check] ignore`:"
    return "\n".join(["\b", head, *told])


def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Deck files, or folders of them; none: `decks`, or the files here.",
            parser=a_path,
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Leave with 1 for warnings too.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Write missing ids into the files.")] = False,
    output: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, json, or github for annotations.")
    ] = "text",
    as_json: AsJson = False,
) -> int:
    """Say all that is wrong with deck files; opens no database."""
    from srs.cli.checking import run_check

    return run_check(context.obj, paths or [], output=output, as_json=as_json, strict=strict, fix=fix)


def decks(context: typer.Context, as_json: AsJson = False) -> int:
    """List decks: cards, what is due, and their files."""
    from srs.cli.decks_listing import list_decks

    return list_decks(context.obj, as_json=as_json)


def init(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE.toml]", help="Where to write the deck.", parser=a_path)
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="The deck that comes along, copied and imported.")
    ] = False,
) -> int:
    """Write a starter deck, or copy the deck that comes along."""
    from srs.cli.decks import init as write_deck

    return write_deck(context.obj, path, sample=sample)


def export(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="FILE.apkg, .csv, .tsv, .json or .toml; for TOML also a folder.",
            parser=a_path,
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="csv, json, toml or apkg, to stdout.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The file, as the argument.", parser=a_path),
    ] = None,
    deck: Decks = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is no earlier export.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the JSON.")] = False,
) -> int:
    """Write cards out: for Anki with their history, or as CSV, JSON, TOML."""
    from srs.cli.exporting import one_file, print_schema, run_export

    if schema:
        return print_schema()
    return run_export(context.obj, one_file(file, into), output=output, decks=deck or (), force=force)


def retire(
    context: typer.Context,
    decks: Annotated[
        list[str], typer.Argument(metavar="DECK...", help="Decks to put away; their history stays.")
    ],
) -> int:
    """Take all cards of decks out of the queue."""
    from srs.cli import acting

    return acting.retire(context.obj, decks)
