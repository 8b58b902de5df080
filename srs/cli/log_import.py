"""`srs log import`: a history from elsewhere comes in, and what is said of it."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.text import Text

from srs.cli.ansi import print_rows
from srs.cli.drawing import harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.notices import problem_rows
from srs.cli.words import digits, plural
from srs.days import date_of
from srs.deck.clean import clean_line, quoted
from srs.errors import NotFoundError, UsageError
from srs.history import import_answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo
    from pathlib import Path

    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.history import HistoryReport

PROBLEMS_SHOWN = 100
NAMES_SHOWN = 3


def misplaced(word: str) -> UsageError:
    """The error of options of the list given before a word below it."""
    return UsageError(
        f"options of `srs log {word}` stand behind it", f"`srs log {word} -h` shows which there are"
    )


def run_log_import(
    context: Context,
    path: Path,
    *,
    deck: str | None = None,
    create: Path | None = None,
    zone: str | None = None,
    rollover: int | None = None,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Import a file of answers and say what it did; returns the exit code."""
    from srs.cli.progress import Progress

    if rollover is not None and not 0 <= rollover <= 23:
        raise UsageError(f"`--rollover` takes an hour from 0 to 23, not `{rollover}`")
    named = None if zone is None else _zone(zone)
    if not path.exists():
        raise NotFoundError(f"there is no file {quoted(str(path))}")
    with (
        _no_cycles(),
        _collection(context, dry_run=dry_run) as collection,
        Progress(quiet=as_json) as progress,
    ):
        report = import_answers(
            collection,
            path,
            deck=deck,
            create=create,
            zone=named,
            rollover=rollover,
            dry_run=dry_run,
            progress=progress,
        )
        progress.done()
    if as_json:
        print_json(_json(report, dry_run=dry_run))
    else:
        print_rows(_rows(context, report, dry_run=dry_run), sys.stderr, context.env)
    return report.exit_code


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Leave the collector off: rows hold no cycles, and to look for some takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _collection(context: Context, *, dry_run: bool) -> Collection:
    if dry_run:
        try:
            return context.open()
        except NotFoundError:
            return context.empty_collection()
    return context.open(create=True)


def _zone(name: str) -> tzinfo:
    from srs.zones import zone_named

    found = zone_named(name)
    if found is None:
        raise UsageError(f"there is no time zone {quoted(name)}", "zones are like `Europe/Berlin` or `UTC`")
    return found


def _rows(context: Context, report: HistoryReport, *, dry_run: bool) -> list[Text]:
    ascii_only = context.ascii_only
    told = _refusal(report) if report.problems else _outcome(report, dry_run=dry_run)
    rows = problem_rows(report.problems[:PROBLEMS_SHOWN], ascii_only=ascii_only)
    for sentence in told:
        text = harmless(clean_line(sentence))
        rows.append(Text(in_ascii(text) if ascii_only else text, end=""))
    return rows


def _refusal(report: HistoryReport) -> list[str]:
    count = len(report.problems)
    hidden = count - PROBLEMS_SHOWN
    told = [f"and {digits(hidden)} more problems"] if hidden > 0 else []
    at_least = "" if report.whole or count == 1 else "at least "
    told.append(
        f"{report.path} was not imported, {at_least}{plural(count, 'problem')}; the log is as it was."
    )
    return told


def _outcome(report: HistoryReport, *, dry_run: bool) -> list[str]:
    """What came in, what did not and why, and what to type next."""
    told = []
    if report.left_out:
        lines = plural(report.left_out, "line")
        told.append(f"{lines} of the file left out: acts, and answers that were taken back.")
    if report.other:
        stays = "its rating stays" if report.other == 1 else "their ratings stay"
        told.append(
            f"{plural(report.other, 'answer')} has another rating in the log; {stays} as it is there."
        )
    if not report.new:
        taken_back = f", {digits(report.undone)} of them taken back" if report.undone else ""
        every = "all " if report.known > 1 else ""
        is_in = "is" if report.known == 1 else "are"
        what = f"{every}{plural(report.known, 'answer')} {is_in} in the log already{taken_back}"
        return [*told, f"Nothing to do: {what if report.known else 'the file holds no answers'}."]
    if report.created:
        cards = plural(report.created, "new card")
        verb = "Would write" if dry_run else "Wrote"
        told.append(
            f"{verb} {report.created_path} with {cards}; put the texts in, the ids carry the history."
        )
    told += _of_unknown(report.unknown)
    known = f"; {digits(report.known)} more were in the log already" if report.known else ""
    days = _days(report)
    verb = "Would import" if dry_run else "Imported"
    told.append(f"{verb} {plural(report.new, 'answer')} to {plural(report.cards, 'card')}, {days}{known}.")
    told.append("Nothing written (dry run)." if dry_run else "To take it back: srs undo")
    return told


def _of_unknown(names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    shown = [quoted(name) for name in names[:NAMES_SHOWN] if name]
    more = len(names) - len(shown)
    told = ", ".join(shown) + (f" and {digits(more)} more" if shown and more else "")
    count = plural(len(names), "card")
    has, it_meets = ("has", "it meets") if len(names) == 1 else ("have", "they meet")
    return [
        f"{count} {has} no text here{f': {told}' if told else ''}; {it_meets} it when the deck is imported."
    ]


def _days(report: HistoryReport) -> str:
    first, last = (
        "?" if day is None else date_of(day).isoformat() for day in (report.first_day, report.last_day)
    )
    return first if first == last else f"{first} to {last}"


def _json(report: HistoryReport, *, dry_run: bool) -> dict[str, Any]:
    first, last = report.first_day, report.last_day
    return {
        "file": report.path,
        "dry_run": dry_run,
        "answers": report.answers,
        "new": report.new,
        "known": report.known,
        "undone": report.undone,
        "left_out": report.left_out,
        "cards": report.cards,
        "created": report.created,
        "deck_file": report.created_path,
        "unknown": list(report.unknown),
        "first_day": None if first is None else date_of(first).isoformat(),
        "last_day": None if last is None else date_of(last).isoformat(),
        "batch": None if report.batch is None else str(UUID(bytes=report.batch)),
        "problems": [problem.as_json() for problem in report.problems],
    }
