"""`srs optimize`: a personal fit, adopted only if it predicts better; its history, and taking it back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from srs.cli import optimize_view as view
from srs.cli.ansi import print_rows
from srs.cli.json_out import print_json
from srs.cli.loads import pace
from srs.cli.progress import Progress
from srs.cli.stopping import told_when_stopped
from srs.errors import UsageError
from srs.naming import find_deck
from srs.optimizing import Fit, adopt, change_by, fit, history, reschedule, revert

if TYPE_CHECKING:
    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.rescheduling import Change
    from srs.store.heads import Rows


def run_optimize(
    context: Context,
    *,
    deck: str | None = None,
    dry_run: bool = False,
    move_dues: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Run `srs optimize`; returns the exit code."""
    asked = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
    if yes and not move_dues:
        raise UsageError(
            "`--yes` answers what `--reschedule` asks", "`srs optimize` alone adopts without a question"
        )
    if move_dues and not (asked or yes or dry_run):
        raise UsageError(
            "`--reschedule` asks before it moves due days, and nobody can be asked here",
            "`--dry-run` shows what would move, `--yes` moves them",
        )
    if dry_run and not move_dues:
        with context.peek() as peek:
            found = _fitted(context, peek.rows, deck, quiet=as_json)
        return _tell(context, view.in_dry_run(found), as_json=as_json, dry_run=True)
    with context.open() as collection:
        found = _fitted(context, collection.rows, deck, quiet=as_json)
        change = change_by(collection, found) if move_dues else None
        if dry_run:
            return _tell(
                context, view.in_dry_run(found), change, as_json=as_json, dry_run=True, of=collection
            )
        if change is not None and not as_json:
            _tell(context, view.not_yet_written(found), change, of=collection)
        with told_when_stopped("Stopped: parameters and due days are as they were."):
            if change is not None:
                move_dues = bool(change.dues) and (yes or _agreed(context, found, len(change.dues)))
            moved = _write(collection, found, deck, move_dues=move_dues)
        if as_json:
            return _tell(context, found, change, as_json=True, of=collection, moved=moved)
        if change is None:
            _tell(context, found)
        for sentence in view.afterwards(found, moved=moved, asked=change is not None):
            _say(sentence)
    return 0


def _write(collection: Collection, found: Fit, deck: str | None, *, move_dues: bool) -> int:
    """Adopt what is to be adopted, and move due days if asked to; how many moved."""
    if found.report.adopted:
        return adopt(collection, found, move_dues=move_dues)
    return reschedule(collection, deck) if move_dues else 0


def show_history(context: Context, *, deck: str | None = None, as_json: bool = False) -> int:
    """Run `srs optimize --history`; returns the exit code."""
    with context.peek() as peek:
        if deck is not None:
            find_deck(peek.rows, deck)
        sets = history(peek.rows, context.learner, deck)
    if as_json:
        print_json([view.history_json(each, context.days) for each in sets])
    elif not sets:
        sys.stderr.write("No parameters were adopted yet; the defaults of FSRS are in force.\n")
    else:
        print_rows(
            view.history_rows(sets, context.days, context.now(), context.width), sys.stdout, context.env
        )
    return 0


def take_back(context: Context, *, deck: str | None = None, as_json: bool = False) -> int:
    """Run `srs optimize --revert`; returns the exit code."""
    with context.open() as collection:
        if deck is not None:
            find_deck(collection.rows, deck)
        line = revert(collection, deck)
        if as_json:
            print_json(view.reverted_json(line, context.days))
        else:
            _say(view.reverted(line, context.days, context.now()))
    return 0


def refuse_together(*, history: bool, take_back: bool, others: bool) -> None:
    """See that nobody asks for several things at once.

    Raises:
        UsageError: somebody does.
    """
    if history and take_back:
        raise UsageError("`--history` and `--revert` do not go together", "one after the other")
    if (history or take_back) and others:
        alone = "--history" if history else "--revert"
        raise UsageError(f"`{alone}` fits nothing; it goes with `-d` and `--json` only")


def _fitted(context: Context, rows: Rows, deck: str | None, *, quiet: bool) -> Fit:
    if deck is not None:
        find_deck(rows, deck)
    with told_when_stopped(), Progress(quiet=quiet) as progress:
        progress.begin("Reading", plain=_is_plain(context), stops="Fitting")
        found = fit(
            rows,
            context.learner,
            deck,
            today=context.days.day(context.now()),
            progress=lambda share: progress("Fitting", share, 1),
        )
    return view.with_since(found, context.days, context.now())


def _is_plain(context: Context) -> bool:
    return context.settings.screen == "plain" or context.env.get("TERM") == "dumb"


def _agreed(context: Context, found: Fit, cards: int) -> bool:
    from srs.cli.asking import Asker

    asker = Asker(context)
    asker.rows(view.answers_rows(found, context.width))
    try:
        return asker.yes(view.question(cards), default=False)
    except KeyboardInterrupt:
        _say("")  # the question's row ends here
        raise


def _tell(
    context: Context,
    found: Fit,
    change: Change | None = None,
    *,
    as_json: bool = False,
    dry_run: bool = False,
    of: Collection | None = None,
    moved: int | None = None,
) -> int:
    """Print the report, with what rescheduling does where it was asked for."""
    review_ms = 0.0
    if change is not None and of is not None:
        review_ms = pace(of.rows, of.learner, of.days.day(of.now()))[1]
    if as_json:
        body: dict[str, Any] = view.as_json(found)
        if change is not None:
            body["reschedule"] = view.change_json(change, review_ms, moved=moved)
        print_json(body)
        return 0
    plain = _is_plain(context)
    rows = view.report_rows(found, context.width, plain=plain, dry_run=dry_run)
    if change is not None:
        rows += view.change_rows(change, review_ms, context.width, plain=plain, ascii_only=context.ascii_only)
    print_rows(rows, sys.stdout, context.env)
    return 0


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
