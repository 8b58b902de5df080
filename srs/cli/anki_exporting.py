"""`srs export FILE.apkg`: decks with their whole history, for Anki."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from srs import places
from srs.anki_export import Calendar, export_package
from srs.cli.listing import check_deck
from srs.cli.words import plural
from srs.deck.clean import clean_line, quoted
from srs.errors import FileProblems, NotFoundError
from srs.exporting_cards import decks_out
from srs.interop.anki_write import write_package

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from srs.anki_export import Report
    from srs.cli.context import Context
    from srs.store.heads import Rows

_SHOWN = 3


def run_package_export(
    context: Context, file: Path, decks: Sequence[str], *, check: Callable[[Rows], None]
) -> int:
    """Write the package; returns the exit code. `check` sees whether the file may be written."""
    from pathlib import Path

    from srs.cli.exporting import put_whole
    from srs.cli.progress import Progress

    with context.peek() as peek, Progress() as progress:
        peek.rows("BEGIN", {})
        for deck in decks:
            check_deck(peek.rows, deck)
        check(peek.rows)
        out, report = export_package(
            peek.rows,
            context.learner,
            decks_out(peek.rows, context.learner, decks),
            settings=context.settings,
            calendar=Calendar(context.now(), context.days),
            media=[Path(places.media_dir())],
            progress=progress,
        )
        if not report.cards:
            raise NotFoundError("there are no cards to export", "`srs import FILE.toml` takes some in")
        try:
            put_whole(file, lambda draft: write_package(draft, out))
        except OSError as error:
            raise FileProblems(f"{quoted(str(file))} cannot be written: {error.strerror or error}") from error
        progress.done()
    _tell(report, file)
    return 0


def _tell(report: Report, file: Path) -> None:
    what = (
        f"{plural(report.cards, 'card')} in {plural(report.notes, 'note')} of {plural(report.decks, 'deck')}"
    )
    rows = [f"Wrote {what}, and {plural(report.answers, 'answer')}, to {clean_line(str(file))}"]
    if report.media:
        rows.append(f"With {plural(report.media, 'file')} of images and sound.")
    if report.retired:
        rows.append(f"Left out: {plural(report.retired, 'retired card')}.")
    if report.holes:
        shown = ", ".join(report.holes[:_SHOWN]) + (" …" if len(report.holes) > _SHOWN else "")
        rows.append(f"Left out, since Anki numbers no hole so high: {shown}.")
    if report.strangers:
        count = plural(report.strangers, "card")
        rows.append(f"Anki would add once more, since their notes are not known here: {count}.")
    without = report.choices + report.accept
    if without:
        goes = f"{plural(without, 'card')} {'goes' if without == 1 else 'go'} without"
        rows.append(f"Anki has no choices and no other right answers: {goes}.")
    rows.append("In Anki: File > Import, with learning progress and deck presets; FSRS is turned on in")
    rows.append("the deck options.")
    sys.stderr.write("\n".join(rows) + "\n")
