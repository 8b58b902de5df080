"""`srs log`: what happened, newest first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.text import Text

from srs.cli import pager, words
from srs.cli.card_facts import how_json, way_words
from srs.cli.drawing import cells, harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.kinds import MOST
from srs.cli.listing import AsOf, check_deck
from srs.days import date_of, moment
from srs.deck.clean import clean_line
from srs.errors import UsageError
from srs.model import ActKind, Answer
from srs.naming import find_card
from srs.store.listing import as_text
from srs.store.log_list import LogLine, count_lines, interval_given, newest_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.context import Context
    from srs.model import Act

ON_A_TERMINAL = 20
"""How many lines a terminal gets unless it is told otherwise; a pipe gets all."""

_NO_TEXT = "(no text here)"

DONE = {
    ActKind.UNDO: "taken back",
    ActKind.FORGET: "forgotten",
    ActKind.SUSPEND: "suspended",
    ActKind.RESUME: "resumed",
    ActKind.BURY: "buried",
    ActKind.FLAG: "marked",
    ActKind.UNFLAG: "mark taken off",
    ActKind.DUE: "due day set",
    ActKind.RESCHEDULE: "rescheduled",
    ActKind.OPTIONS: "settings",
    ActKind.PARAMS: "new parameters",
    ActKind.SAME: "renamed",
    ActKind.DECK: "deck",
    ActKind.BATCH: "log imported",
}
"""What an act did, in a word or two."""
_FOLDED = {ActKind.DUE: "kept", ActKind.RESCHEDULE: "moved"}
"""What befell the due days that one line stands for."""


def show_log(
    context: Context,
    *,
    limit: int | None = None,
    decks: Sequence[str] = (),
    card: str | None = None,
    everything: bool = False,
    as_json: bool = False,
    no_pager: bool = False,
) -> int:
    """Run `srs log`; returns the exit code.

    What new parameters did to each due day is one line, unless it is told as JSON or `everything` is.
    """
    if limit is not None and not 1 <= limit <= MOST:
        raise UsageError(
            f"`--limit` takes a whole number from 1 to {MOST}", "without it, a pipe gets all there is"
        )
    terminal = sys.stdout.isatty() and not as_json
    if limit is None and terminal:
        limit = ON_A_TERMINAL
    as_of = AsOf.of(context)
    with context.peek() as peek:
        for deck in decks:
            check_deck(peek.rows, deck)
        key = None if card is None else find_card(peek.rows, context.learner, as_text(card)).key
        which: dict[str, Any] = {"decks": decks, "card": key, "fold": not (everything or as_json)}
        lines = newest_lines(peek.rows, context.learner, limit=limit, **which)
        every = count_lines(peek.rows, context.learner, **which) if terminal else len(lines)
    if as_json:
        print_json([_json(entry, as_of) for entry in lines])
    elif not lines:
        sys.stderr.write(
            "Nothing has happened yet.\n" if card or decks else "Nothing has been answered yet.\n"
        )
    elif terminal:
        rows = _rows(lines, as_of, ascii_only=context.ascii_only)
        pager.show(context, [*rows, *_older_row(every, len(lines))], no_pager=no_pager)
    else:
        _print_piped(lines, as_of)
    return 0


def _older_row(every: int, shown: int) -> list[Text]:
    if every <= shown:
        return []
    return [Text(f"{words.digits(every - shown)} older: srs log -n {every}", "dim", end="")]


def _print_piped(lines: Sequence[LogLine], as_of: AsOf) -> None:
    for entry in lines:
        when = moment(entry.line.at, as_of.days.zone).isoformat(timespec="seconds")
        sys.stdout.write("\t".join(map(clean_line, (when, *_columns(entry, as_of)))) + "\n")


def given_words(answer: Answer) -> str:
    """How long until the card came again, as its answer decided; `-` where a log does not tell."""
    days, seconds = interval_given(answer)
    if days is not None:
        return words.days(days)
    return "-" if seconds is None else words.step(seconds)


def took_words(took_ms: int | None) -> str:
    """Time taken, raw: `8 s`; `-` where it is not known."""
    return "-" if took_ms is None else words.duration(took_ms)


def _columns(entry: LogLine, as_of: AsOf) -> tuple[str, str, str, str, str, str]:
    """Card, what was done, interval given, time taken, `undone` or nothing, and how if not revealed."""
    line = entry.line
    name = entry.name or (_NO_TEXT if line.card else "-")
    undone = "undone" if line.undone else ""
    if entry.folded:
        return "-", _folded_words(entry), "-", "-", undone, ""
    if isinstance(line, Answer):
        return name, line.rating.word, given_words(line), took_words(line.took_ms), undone, way_words(line)
    # A day that another line caused was not set by hand: it is kept while parameters change.
    kept = line.kind is ActKind.DUE and line.cause is not None
    return name, "due day kept" if kept else DONE[line.kind], _day_of(line, as_of), "-", undone, ""


def _folded_words(entry: LogLine) -> str:
    """`new parameters; 797 due days kept`: a line and those it stands for."""
    told = [f"{words.plural(count, 'due day')} {_FOLDED[kind]}" for kind, count in entry.folded]
    fitted = not isinstance(entry.line, Answer) and entry.line.kind is ActKind.PARAMS
    return "; ".join([DONE[ActKind.PARAMS], *told] if fitted else told)


def _day_of(act: Act, as_of: AsOf) -> str:
    if act.kind is ActKind.SAME:
        return f"was {act.payload.get('came_from')}"
    day = act.payload.get("day")
    if not isinstance(day, int) or isinstance(day, bool):
        return "-"
    try:
        return words.day(date_of(day), date_of(as_of.today))
    except (ValueError, OverflowError):
        return "-"


def _rows(lines: Sequence[LogLine], as_of: AsOf, *, ascii_only: bool) -> list[Text]:
    zone = as_of.days.zone
    now = moment(as_of.now, zone)
    told = [
        [
            words.moment(moment(entry.line.at, zone), now),
            *map(harmless, map(clean_line, _columns(entry, as_of))),
        ]
        for entry in lines
    ]
    if ascii_only:
        told = [[*map(in_ascii, row)] for row in told]
    # What stands for many lines is a sentence, which no column is made wide for.
    alone = [row for row, entry in zip(told, lines, strict=True) if not entry.folded]
    widths = [max((cells(row[at]) for row in (alone if at else told)), default=0) for at in range(5)]
    rows = []
    for row, entry in zip(told, lines, strict=True):
        if entry.folded:
            row[1:] = [row[2] + (", taken back" if entry.line.undone else "")]
        padded = [text + " " * (wide - cells(text)) for text, wide in zip(row, widths, strict=False)]
        rows.append(Text("  ".join([*padded, *filter(None, row[5:])]).rstrip(), end=""))
    return rows


def _json(entry: LogLine, as_of: AsOf) -> dict[str, Any]:
    line = entry.line
    body: dict[str, Any] = {
        "id": str(UUID(bytes=line.id)),
        "at": moment(line.at, as_of.days.zone).isoformat(),
        "study_day": date_of(line.study_day).isoformat(),
        "card": entry.name,
        "kind": "answer" if isinstance(line, Answer) else line.kind.value,
        "undone": line.undone,
    }
    if isinstance(line, Answer):
        days, seconds = interval_given(line)
        body |= {
            "rating": int(line.rating),
            "interval": days,
            "step_seconds": seconds,
            "took_ms": line.took_ms,
            **how_json(line),
        }
    elif isinstance(line.payload.get("day"), int):
        body["day"] = date_of(line.payload["day"]).isoformat()
    return body
