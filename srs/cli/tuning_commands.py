"""The shelf `tuning`: optimize and simulate; the settings are in `config.py`."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from typing import Annotated

import typer

from srs.cli.kinds import AsJson, Decks


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("optimize", rich_help_panel="tuning")(optimize)
    app.command("simulate", rich_help_panel="tuning")(simulate)


def optimize(
    context: typer.Context,
    deck: Annotated[
        str | None, typer.Option("-d", "--deck", metavar="DECK", help="Parameters for this deck alone.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fit and compare, write nothing.")] = False,
    reschedule: Annotated[
        bool, typer.Option("--reschedule", help="Move due days, too; shows the load first and asks.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --reschedule: do not ask.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Every set that was adopted.")] = False,
    revert: Annotated[bool, typer.Option("--revert", help="Take back what was adopted last.")] = False,
    as_json: AsJson = False,
) -> int:
    """Fit the scheduling to your answers, if it helps."""
    from srs.cli import optimize as command

    others = dry_run or reschedule or yes
    command.refuse_together(history=history, take_back=revert, others=others)
    if history:
        return command.show_history(context.obj, deck=deck, as_json=as_json)
    if revert:
        return command.take_back(context.obj, deck=deck, as_json=as_json)
    return command.run_optimize(
        context.obj, deck=deck, dry_run=dry_run, move_dues=reschedule, yes=yes, as_json=as_json
    )


def simulate(
    context: typer.Context,
    deck: Decks = None,
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, help="How many days ahead.")] = 365,
    retention: Annotated[
        list[str] | None,
        typer.Option("--retention", metavar="R", help="Desired retentions: 0.85, or 0.8,0.9, or 0.70-0.98."),
    ] = None,
    new: Annotated[
        list[str] | None, typer.Option("--new", metavar="N", help="New cards a day: 30, or 0,10,30.")
    ] = None,
    limit: Annotated[
        list[str] | None, typer.Option("--limit", metavar="N", help="Reviews a day: 100, or 50,100.")
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            "--repeats", metavar="N", min=1, help="How often each row is lived (by cards, 3 to 20)."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="What chance draws from (the day).")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show what another retention or pace would cost."""
    from srs.cli.simulate import Wanted, run_simulate

    wanted = Wanted.read(retention or (), new or (), limit or (), days=days, repeats=repeats, seed=seed)
    return run_simulate(context.obj, wanted, decks=deck or (), as_json=as_json)
