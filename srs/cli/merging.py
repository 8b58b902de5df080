"""`srs merge`: another database comes in, and what is said of it."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from rich.text import Text

from srs.cli.ansi import print_rows
from srs.cli.drawing import harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.words import digits, listed, plural
from srs.deck.clean import clean_line, quoted
from srs.errors import UsageError
from srs.merging import check_other, merge

if TYPE_CHECKING:
    from pathlib import Path

    from srs.cli.context import Context
    from srs.merging import MergeReport


def run_merge(context: Context, path: Path, *, as_whom: str | None = None, as_json: bool = False) -> int:
    """Merge another database and say what it did; returns the exit code."""
    from srs.cli.progress import Progress

    if as_whom is not None and (not as_whom.strip() or clean_line(as_whom) != as_whom):
        raise UsageError(f"`--as` needs the name of a learner, not {quoted(as_whom)}")
    if not os.path.exists(context.database):  # noqa: PTH110 - a database may be no path
        check_other(path)  # a slip of the path makes no database
    with context.open(create=True) as collection, Progress(quiet=as_json) as progress:
        same = _is_same(path, context.database)
        report = merge(
            collection,
            path,
            as_whom=as_whom,
            back_up=(lambda: None) if same else (lambda: context.before("merge")),
            progress=progress,
        )
        progress.done()
    if as_json:
        print_json(report.as_json())
    else:
        sentences = told(report, same=same, learner=context.learner, srs=context.command)
        rows = [harmless(clean_line(sentence)) for sentence in sentences]
        ascii_only = context.ascii_only
        texts = [Text(in_ascii(row) if ascii_only else row, end="") for row in rows]
        print_rows(texts, sys.stderr, context.env)
    return report.exit_code


def _is_same(path: Path, database: str) -> bool:
    try:
        return os.path.samefile(path, database)  # noqa: PTH121 - a database may be no path
    except OSError:
        return False


def told(report: MergeReport, *, same: bool, learner: str, srs: str = "srs") -> list[str]:
    """What is said of a merge: what came in, what did not and why, what to type next."""
    total, name = report.total, os.path.basename(report.path)  # noqa: PTH119 - the name alone
    said = []
    if same:
        return [f"{name} is this database itself; nothing to do."]
    if total.answers or total.acts:
        came = [plural(total.answers, "answer")] if total.answers else []
        came += [plural(total.acts, "act")] if total.acts else []
        known = (
            f"; {digits(total.known)} {'was' if total.known == 1 else 'were'} known" if total.known else ""
        )
        said.append(f"Took {' and '.join(came)} from {name}{_for_others(report, learner)}{known}.")
    elif report.taken:
        said.append(f"Nothing new in {name}: {_all_known(total.known)}.")
    elif not report.refused and not total.damaged:
        said.append(f"Nothing new in {name}: its log is empty.")
    if total.unknown:
        belong = "belongs to a card" if total.unknown == 1 else "belong to cards"
        meets = "it meets its card" if total.unknown == 1 else "they meet their cards"
        said.append(
            f"{plural(total.unknown, 'answer')} {belong} this database has no text for;"
            f" {meets} when the deck is imported."
        )
    if total.damaged:
        is_damaged = "is damaged or contradicts" if total.damaged == 1 else "are damaged or contradict"
        said.append(f"{plural(total.damaged, 'line')} {is_damaged} the log here, and stayed out.")
    return [*said, *_refusals(report, srs)]


def _all_known(known: int) -> str:
    return "its one line is here already" if known == 1 else f"all {digits(known)} lines are here already"


def _for_others(report: MergeReport, learner: str) -> str:
    """For whom, where it is not the learner alone who types."""
    others = sorted(report.taken)
    return f" for {listed(others)}" if others not in ([], [learner]) else ""


def _refusals(report: MergeReport, srs: str) -> list[str]:
    """What was refused, by learner and device, and how it comes in."""
    if not report.refused:
        return []
    said = []
    for one in report.refused:
        lines = plural(one.answers, "answer") if one.answers else plural(one.acts, "act")
        were, their = ("was", "its") if (one.answers or one.acts) == 1 else ("were", "their")
        device = f"device {one.device}" if one.device else "device, which is not told,"
        said.append(f"{lines} of {one.learner} {were} refused: {their} {device} has never joined.")
    whom = report.refused[0].learner
    said.append(f"If they are yours: {srs} merge {shlex.quote(report.path)} --as {shlex.quote(whom)}")
    return said
