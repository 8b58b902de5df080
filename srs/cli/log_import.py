"""`srs log import`: a history from elsewhere comes in, and what is said of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.text import Text

from srs.cli.ansi import print_rows
from srs.cli.drawing import harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.notices import problem_rows
from srs.cli.words import digits, noun, percent, plural
from srs.days import date_of
from srs.deck.clean import clean_line, quoted
from srs.errors import NotFoundError, UsageError
from srs.garbage import nothing_collected
from srs.history import import_answers
from srs.interop.csv_problems import kind_of

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.history_report import HistoryReport, Spared
    from srs.model import Problem

KINDS_SHOWN, PLACES_SHOWN = 20, 3
"""Of how many kinds of problems places are shown, and how many of each."""
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
        nothing_collected(),
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
        whose = _whose_calendar(context, zone)
        print_rows(_rows(context, report, whose, dry_run=dry_run), sys.stderr, context.env)
    return report.exit_code


def _whose_calendar(context: Context, zone: str | None) -> str | None:
    """Where the zone comes from that study days were worked out by; None: it was named."""
    if zone is not None:
        return None
    return "your system's zone" if context.settings.timezone is None else "your setting"


def _collection(context: Context, *, dry_run: bool) -> Collection:
    if dry_run:
        try:
            return context.open()
        except NotFoundError:
            return context.empty_collection()
    return context.open(create=True)


def _zone(name: str) -> tzinfo:
    from srs.zones import zone_like, zone_named

    found = zone_named(name)
    if found is None:
        near = zone_like(name)
        hint = f"did you mean `{near}`?" if near else "zones are like `Europe/Berlin` or `UTC`"
        raise UsageError(f"there is no time zone {quoted(name)}", hint)
    return found


def _rows(context: Context, report: HistoryReport, whose: str | None, *, dry_run: bool) -> list[Text]:
    ascii_only = context.ascii_only
    if report.problems:
        rows = _problem_rows(report, ascii_only=ascii_only)
        told = [_refusal(report)]
    else:
        rows, told = [], _outcome(report, whose, dry_run=dry_run)
    for sentence in told:
        text = harmless(clean_line(sentence))
        rows.append(Text(in_ascii(text) if ascii_only else text, end=""))
    return rows


def _problem_rows(report: HistoryReport, *, ascii_only: bool) -> list[Text]:
    """The problems by what is wrong: the first places, how many more there are, the hint once."""
    kinds: dict[str, list[Problem]] = {}
    for problem in report.problems:
        kinds.setdefault(kind_of(problem), []).append(problem)
    rows: list[Text] = []
    for kind, problems in list(kinds.items())[:KINDS_SHOWN]:
        count = report.counts.get(kind, len(problems))
        places = problems if count <= PLACES_SHOWN + 1 else problems[:PLACES_SHOWN]
        rows += problem_rows([replace(each, hint=None) for each in places], ascii_only=ascii_only)
        if count > len(places):
            rows.append(Text(f"  and {digits(count - len(places))} more like these", end=""))
        if places[0].hint:
            rows.append(Text(harmless(f"  hint: {places[0].hint}"), end=""))
    return rows


def _refusal(report: HistoryReport) -> str:
    count = _count(report)
    at_least = "" if report.whole or count == 1 else "at least "
    return f"{report.path} was not imported, {at_least}{plural(count, 'problem')}; the log is as it was."


def _count(report: HistoryReport) -> int:
    return sum(report.counts.values()) or len(report.problems)


def _outcome(report: HistoryReport, whose: str | None, *, dry_run: bool) -> list[str]:
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
        what = what if report.known else "the file holds no answers"
        if report.created:
            return [*told, *_created(report, dry_run=dry_run), f"No answers imported: {what}."]
        return [*told, *_spared(report), f"Nothing to do: {what}."]
    told += [*_created(report, dry_run=dry_run), *_spared(report), *_of_unknown(report.unknown)]
    known = f"; {digits(report.known)} more were in the log already" if report.known else ""
    days = _days(report)
    verb = "Would import" if dry_run else "Imported"
    told.append(f"{verb} {plural(report.new, 'answer')} to {plural(report.cards, 'card')}, {days}{known}.")
    told += _calendar(report, whose, dry_run=dry_run)
    told.append("Nothing written (dry run)." if dry_run else "To take it back: srs undo")
    return told


def _created(report: HistoryReport, *, dry_run: bool) -> list[str]:
    """The deck file that was written."""
    if not report.created:
        return []
    cards = plural(report.created, "new card")
    verb = "Would write" if dry_run else "Wrote"
    return [f"{verb} {report.created_path} with {cards}; put the texts in, the ids carry the history."]


def _spared(report: HistoryReport) -> list[str]:
    """Why the file of `--create` was not written."""
    if report.spared is None:
        return []
    return [f"{report.spared.path} not written: {_why_spared(report.spared)}."]


def _why_spared(spared: Spared) -> str:
    """What there was against it."""
    if not spared.textless:
        return {0: "there is no card for it", 1: "its card is here"}.get(
            spared.cards, f"all {digits(spared.cards)} cards are here"
        )
    cards = f"{noun(spared.textless, 'card')} without a text"
    if not spared.decks:
        return f"the file does not tell enough of its {cards}"
    if len(spared.decks) > 1:
        return f"the {cards} are of {len(spared.decks)} decks; -d DECK names the one to write"
    is_of = "is of" if spared.textless == 1 else "are of"
    return f"its {cards} {is_of} the deck {spared.decks[0]}, which is here already"


def _calendar(report: HistoryReport, whose: str | None, *, dry_run: bool) -> list[str]:
    """Where study days were cut, and what to do if the answers were given elsewhere."""
    if report.calendar is None:
        return []
    zone, rollover = report.calendar
    told = f"Study days: cut at {rollover:02}:00 {zone}{f' ({whose})' if whose else ''}"
    if report.cut is not None:
        near = percent(report.cut.around / report.cut.answers)
        told += f"; {near} of these answers are within an hour of that"
    if whose is None and report.cut is None:
        return [f"{told}."]
    return [f"{told}. Elsewhere? {'' if dry_run else 'srs undo, then '}--zone, --rollover"]


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
        "study_days": None if report.calendar is None else _calendar_json(report),
        "batch": None if report.batch is None else str(UUID(bytes=report.batch)),
        "problem_count": _count(report),
        "problems": [problem.as_json() for problem in report.problems],
    }


def _calendar_json(report: HistoryReport) -> dict[str, Any]:
    zone, rollover = report.calendar or (None, None)
    cut = report.cut
    return {"zone": zone, "rollover": rollover, "cut": None if cut is None else cut.as_json()}
