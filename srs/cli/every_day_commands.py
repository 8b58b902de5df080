"""The shelf `every day`: review, stats and due."""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from pathlib import Path
from typing import Annotated

import typer

from srs.cli.kinds import MOST, AsJson, Decks, Tags, a_path


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command("review", rich_help_panel="every day")(review)
    app.command("stats", rich_help_panel="every day")(stats)
    app.command("due", rich_help_panel="every day")(due)


def review(
    context: typer.Context,
    decks: Annotated[list[str] | None, typer.Argument(metavar="[DECK]...", help="Only these decks.")] = None,
    deck: Decks = None,
    tag: Tags = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--limit",
            metavar="N",
            min=1,
            max=MOST,
            help="At most N cards, instead of the day's limits.",
        ),
    ] = None,
    new: Annotated[
        int | None,
        typer.Option(
            "--new", metavar="N", min=0, max=MOST, help="N new cards, instead of what is left of today's."
        ),
    ] = None,
    minutes: Annotated[
        int | None,
        typer.Option(
            "-m", "--minutes", metavar="M", min=1, max=MOST, help="Stop after M minutes of answering."
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option("--mode", metavar="MODE", help="How cards are asked: reveal, choice, type or auto."),
    ] = None,
    ahead: Annotated[bool, typer.Option("--ahead", help="Tomorrow's reviews today.")] = False,
    practice: Annotated[bool, typer.Option("--practice", help="Any cards; nothing is recorded.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, for screen readers and pipes.")
    ] = False,
    clock_ok: Annotated[
        bool, typer.Option("--clock-ok", help="Go on though the clock is behind your newest answer.")
    ] = False,
) -> int:
    """Review what is due."""
    from srs.cli.starting import start_review

    return start_review(
        context.obj,
        decks=[*(decks or []), *(deck or [])],
        tags=tag or [],
        limit=limit,
        new=new,
        minutes=minutes,
        mode=mode,
        ahead=ahead,
        practice=practice,
        plain=plain,
        clock_ok=clock_ok,
    )


def due(
    context: typer.Context,
    as_json: AsJson = False,
    count: Annotated[bool, typer.Option("--count", help="Only the number.")] = False,
    prompt: Annotated[bool, typer.Option("--prompt", help="The number, or nothing when it is 0.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when nothing is due.")] = False,
    deck: Decks = None,
    tag: Tags = None,
) -> int:
    """Count what is due."""
    from srs.cli.due import due as print_due
    from srs.today import Request

    request = Request(tuple(deck or ()), tuple(tag or ()))
    return print_due(
        context.obj, json=as_json, count=count, prompt=prompt, exit_code=exit_code, request=request
    )


def stats(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="VIEW", help="One view alone, such as calibration.", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every view.")] = False,
    deck: Decks = None,
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, help="The last N days; of the forecast, the next."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="WHAT", help="Retention by deck, tag, level, mode, hour or weekday."),
    ] = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Every view as a page with charts; - for stdout.", parser=a_path
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --html write over another file.")] = False,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Print long screens straight away.")] = False,
) -> int:
    """Retention, and what is to come."""
    from srs.cli.stats import stats as print_stats

    return print_stats(
        context.obj,
        named=words or (),
        decks=deck or (),
        days=days,
        by=by,
        everything=everything,
        json_=as_json,
        no_pager=no_pager,
        html=html,
        force=force,
    )
