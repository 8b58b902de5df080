"""`srs import`: the plan per deck, then done; and what is said of files with problems."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from srs.cli.ansi import print_rows
from srs.cli.drawing import cells, crop, harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.notices import problem_rows
from srs.cli.words import digits, listed, noun, number, plural
from srs.errors import DatabaseError, NotFoundError, UsageError
from srs.model import card_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.intake_report import FileResult, ImportReport
    from srs.planned import DeckPlan

NAMES_SHOWN = 3
CHANGES_SHOWN = 5
LOOKED_AT = 1000
OFFERED = 5


def run_import(
    context: Context,
    paths: Sequence[Path],
    *,
    deck: str | None = None,
    to_toml: Path | None = None,
    zone: str | None = None,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Import deck files, or an Anki package, and say what it did; returns the exit code."""
    package = _package_of(paths, options=to_toml is not None or zone is not None)
    if deck is not None:
        _check_one_list(paths)
    if package is not None:
        from srs.cli.anki_importing import run_package_import

        return run_package_import(
            context, package, to_toml=to_toml, zone=zone, dry_run=dry_run, as_json=as_json
        )
    report = None if deck is not None else _all_unchanged(context, paths, dry_run=dry_run)
    if report is not None:
        _print(context, report, paths, dry_run=dry_run, as_json=as_json)
    else:
        report = _import(context, paths, deck=deck, dry_run=dry_run, as_json=as_json)
    _tell_paths(report)
    if not dry_run:
        from srs.cli.synced_warning import warn_once

        warn_once(context)
    return report.exit_code


def _all_unchanged(context: Context, paths: Sequence[Path], *, dry_run: bool) -> ImportReport | None:
    """The report where the quick look sees that there is nothing to import; None where there may be."""
    from srs.deck.find import find_deck_files
    from srs.intake_report import ImportReport
    from srs.store.learners import is_new
    from srs.unchanged import all_unchanged, deck_rows, files_imported_before, new_times

    try:
        with context.peek(older=True) as peek:
            if peek.needs_migration or is_new(peek.rows, context.learner):
                return None
            known = deck_rows(peek.rows)
            gone: list[tuple[str, str, int]] = []
            if paths:
                files, errors = find_deck_files(paths)
            else:
                (files, gone), errors = files_imported_before(peek.rows, known), []
            results = None if errors else all_unchanged(peek.rows, files, known)
            if results is None or (not dry_run and new_times(peek.rows, files)):
                return None
    except (NotFoundError, DatabaseError):
        return None  # what is wrong is said where the database is opened
    return ImportReport(tuple(results), gone=tuple(gone))


def _import(
    context: Context, paths: Sequence[Path], *, deck: str | None, dry_run: bool, as_json: bool
) -> ImportReport:
    from srs.cli.progress import Progress
    from srs.intake import import_decks

    collection = _collection(context, paths, dry_run=dry_run)
    with collection, Progress(quiet=as_json) as progress:
        report = import_decks(collection, paths, deck=deck, dry_run=dry_run, progress=progress)
        progress.done()
        _print(context, report, paths, dry_run=dry_run, as_json=as_json)
    return report


def _print(
    context: Context, report: ImportReport, paths: Sequence[Path], *, dry_run: bool, as_json: bool
) -> None:
    if not as_json:
        _show(context, report, paths, dry_run=dry_run)
    elif report.files or not report.errors:
        print_json(report.as_json())


def _package_of(paths: Sequence[Path], *, options: bool) -> Path | None:
    """The Anki package that is to be imported; None where it is deck files."""
    named = [path for path in paths if path.suffix.lower() in {".apkg", ".colpkg"}]
    if not named and options:
        raise UsageError(
            "`--to-toml` and `--zone` go with an Anki package", "srs import FILE.apkg --to-toml DIR"
        )
    if named and len(paths) > 1:
        # What a shell split at its blanks is one file, where there is such a one.
        split = Path(" ".join(map(str, paths)))
        whole = split if split.is_file() else named[0]
        raise UsageError("an Anki package is imported by itself", f"srs import {shlex.quote(str(whole))}")
    return named[0] if named else None


def _check_one_list(paths: Sequence[Path]) -> None:
    """See that what a deck is named for is one CSV, which cannot name it itself."""
    if len(paths) != 1 or paths[0].suffix.lower() not in {".csv", ".tsv", ".txt"}:
        raise UsageError("`--deck` goes with one CSV of cards", "srs import FILE.csv --deck NAME")


def _collection(context: Context, paths: Sequence[Path], *, dry_run: bool) -> Collection:
    """The collection to import into; a dry run where there is no database plans against an empty one."""
    if not paths:
        return context.open()
    if dry_run:
        try:
            return context.open()
        except NotFoundError:
            return context.empty_collection()
    return context.open(create=True)


def _show(context: Context, report: ImportReport, paths: Sequence[Path], *, dry_run: bool) -> None:
    ascii_only = context.ascii_only
    rows = [row for result in report.files for row in _file_rows(result, report)]
    print_rows(_drawn(rows, ascii_only), sys.stdout, context.env)
    said = [*problem_rows(report.problems), *_outcome_rows(context, report, paths, dry_run=dry_run)]
    print_rows(_drawn(said, ascii_only), sys.stderr, context.env)


def _drawn(rows: Iterable[Text], ascii_only: bool) -> list[Text]:
    return [Text(in_ascii(row.plain), style=row.style, end="") if ascii_only else row for row in rows]


def _row(text: str, style: str = "") -> Text:
    return Text(harmless(text), style=style, end="")


def _file_rows(result: FileResult, report: ImportReport) -> list[Text]:
    width = max([len(other.deck or "?") for other in report.files], default=0)
    head = f"{result.deck or '?':<{width}}   {result.path}"
    if result.refused:
        errors = sum(problem.is_error for problem in result.problems)
        return [_row(f"{head}   not imported, {plural(errors, 'problem')}", "bold")]
    if not result.taken:
        return []
    plan = result.plan
    if plan is None or not plan.changes_cards:
        return [_row(f"{head}   {result.counts['unchanged']} unchanged", "bold")]
    rows = [_row(head, "bold"), *_change_rows(plan, result)]
    if plan.unchanged:
        rows.append(_row(f"  {plan.unchanged} unchanged"))
    return rows + [_row(f"  {hint}") for hint in _rename_hints(plan)]


def _rename_hints(plan: DeckPlan) -> list[str]:
    """What to write where a card seems to have got another id without saying which it had."""
    gone = {row.content_hash: row for row in plan.retired}
    hints = []
    for placed in plan.added[:LOOKED_AT]:
        row = gone.get(placed.content_hash)
        if row is not None:
            old = row.id if row.deck == placed.card.deck else f"{row.deck}/{row.id}"
            hints.append(
                f"hint: {placed.card.name} says what {row.deck}/{row.id} said; if you renamed it,"
                f' was = ["{old}"] brings its history along'
            )
    return hints[:NAMES_SHOWN]


def _change_rows(plan: DeckPlan, result: FileResult) -> list[Text]:
    def kept(key: bytes) -> str:
        reviews = result.kept.get(key)
        return f"{plural(reviews, 'review')} kept" if reviews else ""

    added = [placed.card.name for placed in plan.added]
    changes: list[tuple[int, str, list[tuple[str, str]]]] = [
        (
            len(plan.updated),
            "updated",
            [(f"{p.card.name}: {', '.join(p.fields)}", kept(p.key)) for p in plan.updated],
        ),
        (len(plan.moved), "moved", [(f"{p.card.name}, was {p.came_from}", kept(p.key)) for p in plan.moved]),
        (
            len(plan.revived),
            "revived",
            [(f"{p.card.name}, back in the file", kept(p.key)) for p in plan.revived],
        ),
        (
            len(plan.retired),
            "retired",
            [
                (f"{card_name(row.deck, row.id, row.variant)}, gone from the file", kept(row.key))
                for row in plan.retired
            ],
        ),
    ]
    rows = []
    if added:
        names = ", ".join(added[:NAMES_SHOWN]) + (", …" if len(added) > NAMES_SHOWN else "")
        rows.append(_row(f"  {f'{len(added)} added':<13} {names}"))
    for count, word, told in changes:
        label = f"{count} {word}"
        for what, reviews in told[:CHANGES_SHOWN]:
            rows.append(_row(f"  {label:<13} {_columns(what, reviews)}"))
            label = ""
        if count > CHANGES_SHOWN:
            rows.append(_row(f"  {'':<13} and {digits(count - CHANGES_SHOWN)} more"))
    return rows


def _columns(what: str, reviews: str, width: int = 46) -> str:
    return (
        f"{crop(what, width, '…'):<{width}} {reviews}".rstrip()
        if cells(what) <= width
        else f"{what}  {reviews}"
    )


def _outcome_rows(
    context: Context, report: ImportReport, paths: Sequence[Path], *, dry_run: bool
) -> list[Text]:
    """The last rows: what was not imported, what is gone, and that it is done or was only looked at."""
    rows = []
    if not paths and not report.files and not report.gone and not report.problems:
        rows.append(
            "No deck file was imported so far, so there is none to look at again."
            " A newer Anki package is named: srs import FILE.apkg"
        )
    refused = [result for result in report.files if result.refused]
    good = report.imported
    for result in refused:
        errors = sum(problem.is_error for problem in result.problems)
        rows.append(
            f"{result.path} was not imported, {plural(errors, 'problem')}; none of its cards changed."
        )
    if refused and good and not dry_run:
        rows[-1] += " The other deck is in." if len(good) == 1 else f" The other {len(good)} decks are in."
    for _deck, path, cards in report.gone:
        rows.append(
            f"{path} is not there; its {plural(cards, 'card')} {'stays' if cards == 1 else 'stay'} in review."
            " If it moved: srs import NEW/PATH"
        )
    changes = any(result.plan and result.plan.changes_cards for result in good)
    if dry_run and changes:
        told = " ".join(shlex.quote(str(path)) for path in paths)
        rows.append(f"Nothing written (dry run). To do it: srs import {told}".rstrip())
    elif good and not changes:
        cards = sum(result.counts["unchanged"] for result in good)
        decks = (
            listed([str(result.deck) for result in good]) if len(good) < 4 else f"{number(len(good))} decks"
        )
        rows.append(
            f"Nothing to do: {'all ' if cards > 1 else ''}{plural(cards, 'card')} of {decks}"
            f" {'are as they were' if cards != 1 else 'is as it was'}."
        )
    else:
        rows += _done_rows(context, good)
    return [_row(text) for text in rows]


def _done_rows(context: Context, good: Sequence[FileResult]) -> list[str]:
    rows = []
    retired = [row for result in good if result.plan for row in result.plan.retired]
    if retired:
        first = retired[0]
        names = card_name(first.deck, first.id, first.variant)
        more = f" and {digits(len(retired) - 1)} more" if len(retired) > 1 else ""
        rows.append(
            f"{plural(len(retired), 'card')} {'is' if len(retired) == 1 else 'are'} gone from"
            f" {'its file' if len(retired) == 1 else 'their file'}: {names}{more}."
            f" {'It leaves' if len(retired) == 1 else 'They leave'} the queue, the history stays;"
            f" put the id back and {'it returns' if len(retired) == 1 else 'they return'}."
        )
    if any(result.counts["added"] for result in good):
        new = sum(result.counts["added"] for result in good)
        rows.append(f"{digits(new)} new {noun(new, 'card')}. {_next_step(context, new)}")
    return rows


def _next_step(context: Context, new: int) -> str:
    """What to type after an import: today's new cards may be used up already."""
    from srs.cli.due import count_due

    with context.peek() as peek:
        _, counts = count_due(context, peek.rows)
    if counts.total:
        return "Start with: srs review"
    return f"Today's new cards are used up; more of them: srs review --new {min(new, OFFERED)}"


def _tell_paths(report: ImportReport) -> None:
    from srs.cli.reporting import tell

    for error in report.errors:
        tell(error)
