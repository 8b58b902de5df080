"""`srs import FILE.apkg`: what an Anki package changes per deck, what came of its log, what stayed behind."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rich.text import Text

from srs import places
from srs.anki_import import import_package
from srs.anki_report import NOT_CARRIED
from srs.cli.ansi import print_rows
from srs.cli.drawing import harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.words import digits, listed, noun, plural
from srs.days import date_of
from srs.deck.clean import clean_line, quoted
from srs.errors import NotFoundError, UsageError
from srs.model import card_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from srs.anki_report import PackageReport
    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.planned import DeckPlan

NAMES_SHOWN = 3
CHANGES_SHOWN = 5
DECKS_SHOWN = 30
_ACTS = {
    "suspend": ("is suspended", "are suspended"),
    "resume": ("is no longer suspended", "are no longer suspended"),
    "flag": ("is flagged", "are flagged"),
    "unflag": ("is no longer flagged", "are no longer flagged"),
    "bury": ("is buried until tomorrow", "are buried until tomorrow"),
    "due": ("is due on another day", "are due on another day"),
    "forget": ("is new again", "are new again"),
}


def run_package_import(
    context: Context,
    path: Path,
    *,
    to_toml: Path | None = None,
    zone: str | None = None,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Import an Anki package and say what it did; returns the exit code."""
    from srs.cli.progress import Progress

    if not path.exists():
        raise NotFoundError(f"there is no file {quoted(str(path))}")
    named = None if zone is None else _zone(zone)
    is_there, collection = _collection(context, dry_run=dry_run)
    with collection, Progress(quiet=as_json) as progress:
        report = import_package(
            collection,
            path,
            dry_run=dry_run,
            to_toml=to_toml,
            media=_media_folder(),
            zone=named,
            before=(lambda: context.before("anki")) if is_there else (lambda: None),
            progress=progress,
        )
        progress.done()
    if as_json:
        print_json(report.as_json() | {"dry_run": dry_run})
        return 0
    print_rows(_drawn(context, list(_deck_rows(report))), sys.stdout, context.env)
    print_rows(_drawn(context, _said(report, dry_run=dry_run, to_toml=to_toml)), sys.stderr, context.env)
    return 0


def _media_folder() -> Path:
    from pathlib import Path

    return Path(places.media_dir())


def _collection(context: Context, *, dry_run: bool) -> tuple[bool, Collection]:
    """The collection, and whether there was a database before: an empty one needs no backup."""
    try:
        return True, context.open()
    except NotFoundError:
        return False, context.empty_collection() if dry_run else context.open(create=True)


def _zone(name: str) -> tzinfo:
    from srs.zones import zone_named

    found = zone_named(name)
    if found is None:
        raise UsageError(f"there is no time zone {quoted(name)}", "zones are like `Europe/Berlin` or `UTC`")
    return found


def _drawn(context: Context, rows: Sequence[tuple[str, str]]) -> list[Text]:
    drawn = []
    for said, style in rows:
        text = harmless(clean_line(said))
        drawn.append(Text(in_ascii(text) if context.ascii_only else text, style=style, end=""))
    return drawn


# The plan.


def _deck_rows(report: PackageReport) -> Iterator[tuple[str, str]]:
    """What changes in each deck; of very many decks that are all new, the first."""
    plans = sorted(report.plans.items())
    width = max((len(deck) for deck, _ in plans[:DECKS_SHOWN]), default=0)
    for deck_id, plan in plans[:DECKS_SHOWN]:
        head = f"{deck_id:<{width}}   {plan.deck.name}"
        if plan.changes_cards:
            yield head, "bold"
            yield from ((row, "") for row in _change_rows(plan, report))
            if plan.unchanged:
                yield f"  {plan.unchanged} unchanged", ""
        else:
            yield f"{head}   {plan.unchanged} unchanged", "bold"
    if len(plans) > DECKS_SHOWN:
        rest = [plan.counts for _, plan in plans[DECKS_SHOWN:]]
        told = ", ".join(
            f"{digits(count)} {word}" for word in rest[0] if (count := sum(counts[word] for counts in rest))
        )
        yield f"and {digits(len(rest))} more decks: {told}", ""


def _change_rows(plan: DeckPlan, report: PackageReport) -> Iterator[str]:
    if plan.added:
        names = ", ".join(placed.card.name for placed in plan.added[:NAMES_SHOWN])
        more = ", …" if len(plan.added) > NAMES_SHOWN else ""
        yield f"  {f'{digits(len(plan.added))} added':<13} {names}{more}"
    changes = {
        "updated": [(f"{p.card.name}: {', '.join(p.fields)}", p.key) for p in plan.updated],
        "moved": [(f"{p.card.name}, was {p.came_from}", p.key) for p in plan.moved],
        "revived": [(f"{p.card.name}, back in Anki", p.key) for p in plan.revived],
        "retired": [
            (f"{card_name(row.deck, row.id, row.variant)}, deleted in Anki", row.key) for row in plan.retired
        ],
    }
    for word, told in changes.items():
        label = f"{digits(len(told))} {word}"
        for what, key in told[:CHANGES_SHOWN]:
            kept = report.kept.get(key)
            reviews = f"  {plural(kept, 'review')} kept" if kept else ""
            yield f"  {label:<13} {what}{reviews}"
            label = ""
        if len(told) > CHANGES_SHOWN:
            yield f"  {'':<13} and {digits(len(told) - CHANGES_SHOWN)} more"


# What is said besides.


def _said(report: PackageReport, *, dry_run: bool, to_toml: Path | None) -> list[tuple[str, str]]:
    rows = [*_of_cards(report), *_of_log(report, dry_run=dry_run), *_of_files(report, dry_run=dry_run)]
    rows += _left(report)
    if not report.changes:
        rows.append(f"Nothing to do: all of {report.path} is here already.")
    elif dry_run:
        files = "" if to_toml is None else f" --to-toml {shlex.quote(str(to_toml))}"
        rows.append(f"Nothing written (dry run). To do it: srs import {shlex.quote(report.path)}{files}")
    elif report.batch is not None:
        rows.append("The history can be taken back whole: srs undo")
    elif any(plan.added for plan in report.plans.values()):
        rows.append("Start with: srs review")
    return [(row, "") for row in rows]


def _of_cards(report: PackageReport) -> Iterator[str]:
    if report.owned:
        verb = (
            "is kept in a deck file, whose text stays as it is"
            if report.owned == 1
            else "are kept in deck files, whose texts stay as they are"
        )
        came = "; answers came in all the same" if report.new else ""
        yield f"{plural(report.owned, 'card')} {verb}{came}."
    retired = sum(len(plan.retired) for plan in report.plans.values())
    if retired:
        yield (
            f"{plural(retired, 'card')} deleted in Anki {'is' if retired == 1 else 'are'} retired;"
            " a package of some decks never retires any."
        )
    if report.typed:
        yield (
            f"{plural(report.typed, 'card')} {noun(report.typed, 'has', 'have')} a box to type in:"
            " `srs review --mode type` asks for it."
        )


def _of_log(report: PackageReport, *, dry_run: bool) -> Iterator[str]:
    if report.new and report.first_day is not None and report.last_day is not None:
        verb = "Would import" if dry_run else "Imported"
        known = report.answers - report.new
        had = f"; {digits(known)} more were in the log already" if known else ""
        days = f"{date_of(report.first_day)} to {date_of(report.last_day)}"
        yield (
            f"{verb} {plural(report.new, 'answer')} to {plural(report.answered, 'card')}, {days}{had}."
            f" Study days end at {report.rollover}:00 {report.zone}."
        )
    for kind, count in sorted(report.acts.items()):
        one, several = _ACTS[kind]
        yield f"{plural(count, 'card')} {one if count == 1 else several}, as in Anki."
    if report.parameters:
        yield f"The parameters Anki fitted rule {listed([quoted(deck) for deck in report.parameters[:5]])}."


def _of_files(report: PackageReport, *, dry_run: bool) -> Iterator[str]:
    if report.media and report.media_folder:
        verb = "Would copy" if dry_run else "Copied"
        yield f"{verb} {plural(report.media, 'file')} of images and sound to {report.media_folder}."
    if report.files:
        verb = "Would write" if dry_run else "Wrote"
        more = ", …" if len(report.files) > NAMES_SHOWN else ""
        yield (
            f"{verb} {plural(len(report.files), 'deck file')}: {', '.join(report.files[:NAMES_SHOWN])}{more}."
            f" {'It is' if len(report.files) == 1 else 'They are'} yours to edit; the ids carry the history."
        )


def _left(report: PackageReport) -> Iterator[str]:
    if not report.left:
        return
    yield "Not carried, or not wholly:"
    for kind, left in report.left.items():
        one, several = NOT_CARRIED[kind]
        example = f", for example {quoted(left.example)}" if left.example else ""
        yield f"  {digits(left.number)} {one if left.number == 1 else several}{example}"
