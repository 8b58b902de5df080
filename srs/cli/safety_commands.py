"""On the shelf `data`: backup, restore, doctor."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from typing import Annotated

import typer

from srs.cli.kinds import AsJson


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("backup", rich_help_panel="data")(backup)
    app.command("restore", rich_help_panel="data")(restore)
    app.command("doctor", rich_help_panel="data")(doctor)


def backup(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="Where to, packed if it ends in .gz; else among your backups."),
    ] = None,
    every: Annotated[bool, typer.Option("--list", help="List your backups, newest first.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
    as_json: AsJson = False,
) -> int:
    """Keep a copy of the database, or list the copies."""
    from srs.cli.backups import list_backups, make_backup

    if every:
        return list_backups(context.obj, file=file, force=force, as_json=as_json)
    return make_backup(context.obj, file, force=force, as_json=as_json)


def restore(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A backup, by its path or its name in --list.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> int:
    """Put a backup in the place of the database, which is kept."""
    from srs.cli.backups import restore_backup

    return restore_backup(context.obj, file, yes=yes, as_json=as_json)


def doctor(
    context: typer.Context,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can be repaired, after a backup.")] = False,
    as_json: AsJson = False,
) -> int:
    """Look the database through; exit code 1 if something is wrong."""
    from srs.cli.doctor import examine

    return examine(context.obj, fix=fix, as_json=as_json)
