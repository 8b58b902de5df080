"""`srs stats`: whether you remember what you should, and whether tomorrow will be heavy."""

from __future__ import annotations

import sys
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli import stats_views, words
from srs.cli.groups_view import group_rows, read_groups
from srs.cli.json_out import print_json
from srs.cli.loads import left_today
from srs.cli.recall_table import TINY, paragraph
from srs.cli.stats_view import read_stats, stats_rows
from srs.cli.stats_views.page import Page
from srs.cli.stats_views.source import SimulatedDay, Source
from srs.cli.usage import no_such_word
from srs.coming import FORECAST_DAYS
from srs.days import date_of, moment
from srs.errors import UsageError
from srs.grouping import GROUPS
from srs.grouping import as_json as groups_json
from srs.naming import find_deck, nearest
from srs.rollover import DAYS, find_cut, may_be_cut
from srs.stats import as_json, check_days
from srs.store import figures
from srs.store.daily import summed
from srs.today import Request, scope_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from srs.cli.context import Context
    from srs.cli.stats_page.figures import Everything
    from srs.grouping import Grouped
    from srs.rollover import Cut
    from srs.stats import Stats
    from srs.store.heads import Rows

GROUPED = "retention"
"""The view that `--by` tells apart."""

OF_LAST_DAYS = ("retention", "calibration", "hours", "ratings")
"""The views that `--days` narrows, or adds a row to."""

AHEAD = "forecast"
"""The view whose days are those to come."""


def stats(
    context: Context,
    *,
    named: Sequence[str] = (),
    decks: Sequence[str] = (),
    days: int | None,
    by: str | None = None,
    everything: bool = False,
    json_: bool,
    no_pager: bool = False,
    html: Path | None = None,
    force: bool = False,
) -> int:
    """Run `srs stats`; returns the exit code."""
    if by is not None and by not in GROUPS:
        raise no_such_word("--by", by, GROUPS)
    if html is not None:
        _check_page(html, named, by, json_=json_, force=force)
    elif force:
        raise UsageError("`--force` goes with `--html` alone", "a page: `srs stats --html stats.html`")
    with context.peek() as peek:
        # What is read in several steps is of one moment, whoever answers meanwhile.
        peek.rows("BEGIN", {})
        for deck in decks:
            find_deck(peek.rows, deck)
        name = _view_name(peek.rows, named, by, everything=everything)
        _check_days(name, days)
        source = _source(context, peek.rows, decks, None if name == AHEAD else days, by)
        if name == AHEAD and days is not None:
            source.ahead_days = days
        if html is not None:
            from srs.cli.stats_page.page import page as page_of

            text = page_of(_read_everything(source))
        elif json_:
            shape = _everything_json(source) if name is None and by is None else _view_json(source, name)
        else:
            plain = context.settings.screen == "plain" or context.env.get("TERM") == "dumb"
            page = Page(context.width, plain, context.ascii_only)
            rows = _everything(source, page) if everything else _rows(source, name, page)
    if html is not None:
        _write_page(html, text)
    elif json_:
        print_json(shape)
    else:
        from srs.cli import pager

        head = takewhile(lambda row: "bold" in str(row.style), rows)
        pager.show(context, rows, no_pager=no_pager, repeated=() if everything else [*head])
    return 0


def _view_name(rows: Rows, named: Sequence[str], by: str | None, *, everything: bool) -> str | None:
    """The view that was named, None for the half screen.

    Raises:
        UsageError: it is no view, or does not go with the options.
    """
    if not named:
        if everything and by is not None:
            raise UsageError("`--all` and `--by` do not go together", "`--all` tells retention apart, too")
        return None
    name = named[0]
    if name not in stats_views.NAMES:
        raise _no_such_view(name, {deck for (deck,) in rows("SELECT id FROM deck", {})})
    if len(named) > 1:
        raise UsageError(f"`srs stats` shows one view, not `{named[1]}` as well", "all of them: `--all`")
    if everything:
        raise UsageError(f"`--all` shows `{name}`, too", f"only this view: `srs stats {name}`")
    if by is not None and name != GROUPED:
        raise UsageError(f"`{name}` cannot be told apart with `--by`", f"`srs stats --by {by}` is retention")
    return name


def _check_days(name: str | None, days: int | None) -> None:
    """See that a view does something with `--days`.

    Raises:
        UsageError: it does not, or not with so many.
    """
    if days is None:
        return
    if name is None or name in OF_LAST_DAYS:
        check_days(days)
        return
    if name != AHEAD:
        takes = words.listed([f"`{view}`" for view in (*OF_LAST_DAYS, AHEAD)])
        raise UsageError(f"`{name}` does not take `--days`", f"{takes} do, and `--by`")
    if not 1 <= days <= FORECAST_DAYS:
        raise UsageError(
            f"{days} is not a number of days to look ahead", f"use 1 to {FORECAST_DAYS} with `--days`"
        )


def _no_such_view(word: str, decks: set[str]) -> UsageError:
    if word in decks:
        return UsageError(f"`srs stats` does not take `{word}`", f"for a deck: `srs stats -d {word}`")
    if word in GROUPS:
        return UsageError(f"there is no view `{word}`", f"for retention by {word}: `srs stats --by {word}`")
    near = nearest(word, [*stats_views.NAMES, *decks])
    if near in decks:
        return UsageError(f"there is no view `{word}`", f"did you mean the deck: `srs stats -d {near}`?")
    guess = f"did you mean `{near}`? there are" if near else "there are"
    return UsageError(f"there is no view `{word}`", f"{guess} {', '.join(stats_views.NAMES)}")


# Reading


def _source(context: Context, rows: Rows, decks: Sequence[str], days: int | None, by: str | None) -> Source:
    aim = _aim(rows, decks) or context.settings.desired_retention
    now = context.now()
    return Source(
        rows=rows,
        learner=context.learner,
        days=context.days,
        now=now,
        settings=context.settings,
        aim=aim,
        summary_of=lambda: _summary(context, rows, decks, days, aim=aim, now=now),
        simulate=lambda: _ahead(context, rows, decks, now),
        decks=decks,
        last_days=days,
        by=by,
    )


def _ahead(context: Context, rows: Rows, decks: Sequence[str], now: int) -> dict[int, SimulatedDay]:
    """The days ahead as they are simulated, by study day."""
    from srs.looking_ahead import forecast_for

    ahead = forecast_for(rows, context.learner, context.settings, context.days, now, decks=decks)
    return {day.day: SimulatedDay(*day.reviews, *day.minutes, day.new) for day in ahead}


def _summary(
    context: Context, rows: Rows, decks: Sequence[str], days: int | None, *, aim: float, now: int
) -> Stats:
    request = Request(tuple(decks))
    scope = scope_at(now, context.days, context.learner, decks=request.decks)
    settings = context.settings
    return read_stats(
        rows,
        context.learner,
        context.days,
        now,
        left=left_today(rows, scope, settings, request),
        aim=aim,
        limits=(settings.new_per_day, settings.reviews_per_day),
        decks=decks,
        extra_days=days,
    )


def _aim(rows: Rows, decks: Sequence[str]) -> float | None:
    """The desired retention of the one deck that was asked for, if it has its own."""
    return figures.desired_retention(rows, decks[0]) if len(decks) == 1 else None


def _grouped(source: Source, by: str) -> Grouped:
    return read_groups(
        source.rows,
        source.learner,
        source.days,
        source.now,
        by,
        aim=source.aim,
        decks=source.decks,
        last_days=source.last_days,
        of_cards=lambda: source.recall_of_cards,
    )


def _cut(source: Source) -> Cut | None:
    """Whether the study day is cut where the person studies; the log is read only where it may be."""
    rows, learner, set_to = source.rows, source.learner, source.days.rollover
    since, until = source.today - DAYS + 1, source.today
    hours = summed(rows, learner, by=("hour",), since=since, until=until)
    own = {hour: one.answers for one in hours for hour in one.group if hour is not None}
    batches = {batch.id: batch.rollover for batch in figures.late_batches(rows, learner, since)}
    if not may_be_cut(own, {set_to, *batches.values()}):
        return None
    imported: dict[int, dict[int, int]] = {}
    for batch, answers in figures.imported_by_hour(rows, learner, since=since, until=until).items():
        for hour, number in answers.items():
            own[hour] -= number
            if batch in batches:
                of_rollover = imported.setdefault(batches[batch], {})
                of_rollover[hour] = of_rollover.get(hour, 0) + number
    return find_cut(own, set_to, imported)


# The page


def _check_page(file: Path, named: Sequence[str], by: str | None, *, json_: bool, force: bool) -> None:
    """See that a page can be made as it was asked for, before anything is read.

    Raises:
        UsageError: it does not go with another option or a view.
    """
    if json_:
        raise UsageError("`--html` and `--json` do not go together", "one after the other")
    if by is not None:
        raise UsageError("`--html` and `--by` do not go together", "the page tells retention apart by all")
    if named:
        raise UsageError(f"the page shows every view, not `{named[0]}` alone", "leave the view out")
    if str(file) != "-":
        from srs.cli.stats_page.writing import check_target

        check_target(file, force=force)


def _read_everything(source: Source) -> Everything:
    """What every view reads, each once, and what it says aloud; before the first answer nothing."""
    from srs.cli.stats_page.figures import Everything

    if not source.summary.answered_ever:
        return Everything(source, {}, {}, {}, None)
    found = {name: stats_views.view(name) for name in stats_views.NAMES}
    reads = {name: view.read(source) for name, view in found.items()}
    aloud = Page(80, plain=True)
    return Everything(
        source=source,
        reads=reads,
        told={name: [row.plain for row in view.rows(reads[name], aloud)] for name, view in found.items()},
        groups={by: _grouped(source, by) for by in GROUPS},
        cut=_cut(source),
    )


def _write_page(file: Path, text: str) -> None:
    if str(file) == "-":
        sys.stdout.write(text)
        return
    from srs.cli.stats_page.writing import write

    write(file, text)


# JSON


def _view_json(source: Source, name: str | None) -> dict[str, Any]:
    if source.by is not None:
        return groups_json(_grouped(source, source.by), source.days.zone)
    found = stats_views.view(name or GROUPED)
    head: dict[str, Any] = {
        "as_of": moment(source.now, source.days.zone).isoformat(timespec="seconds"),
        "study_day": date_of(source.today).isoformat(),
    }
    if name in OF_LAST_DAYS:
        head["days"] = source.last_days
    return head | found.shape(found.read(source))


def _everything_json(source: Source) -> dict[str, Any]:
    """All views in one: the half screen, then each view under its name, retention by all there is."""
    shape = as_json(source.summary, source.days.zone) | {"days": source.last_days}
    for name in stats_views.NAMES:
        found = stats_views.view(name)
        shape |= found.shape(found.read(source))
    apart = {by: groups_json(_grouped(source, by), source.days.zone) for by in GROUPS}
    shape["retention_by"] = {
        by: {"days": table["days"], "groups": table["groups"], "all": table["all"]}
        for by, table in apart.items()
    }
    cut = _cut(source)
    shape["rollover"] = None if cut is None else cut.as_json()
    return shape


# Rows


def _rows(source: Source, name: str | None, page: Page) -> list[Text]:
    if source.by is not None:
        draw = partial(group_rows, plain=page.plain, ascii=page.ascii_only)
        return draw(_grouped(source, source.by), page.width)
    if name is None:
        return _half_screen(source, page)
    found = stats_views.view(name)
    return found.rows(found.read(source), page)


def _half_screen(source: Source, page: Page) -> list[Text]:
    rows = stats_rows(source.summary, page.width, plain=page.plain, ascii=page.ascii_only, decks=source.decks)
    cut = _cut(source)
    if cut is None:
        return rows
    if page.plain or page.width < TINY:
        return [*rows, Text(cut.sentence)]
    return [*rows, Text(), *paragraph(cut.sentence, page.width)]


def _everything(source: Source, page: Page) -> list[Text]:
    """Every view, one under the other; before the first answer the half screen says it all."""
    drawn = _half_screen(source, page)
    if not source.summary.answered_ever:
        return drawn
    for by in GROUPS:
        table = _grouped(source, by)
        if len(table.groups) > 1:
            drawn += _below(group_rows(table, page.width, plain=page.plain, ascii=page.ascii_only))
    for name in stats_views.NAMES:
        if name != GROUPED:
            drawn += _below(_rows(source, name, page))
    return drawn


def _below(rows: list[Text]) -> list[Text]:
    return [Text(), Text(), *rows]
