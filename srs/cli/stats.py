"""`srs stats`: whether you remember what you should, and whether tomorrow will be heavy."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli import stats_views
from srs.cli.ansi import print_rows
from srs.cli.groups_view import group_rows, read_groups
from srs.cli.json_out import print_json
from srs.cli.recall_table import TINY, paragraph
from srs.cli.stats_view import read_stats, stats_rows
from srs.cli.stats_views.page import Page
from srs.cli.stats_views.source import SimulatedDay, Source
from srs.cli.usage import no_such_word
from srs.days import date_of, moment
from srs.errors import UsageError
from srs.grouping import GROUPS
from srs.grouping import as_json as groups_json
from srs.naming import find_deck, nearest
from srs.rollover import DAYS, cut_by_rollover
from srs.stats import Left, as_json
from srs.store.daily import summed
from srs.today import Request, allowed, scope_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.context import Context
    from srs.grouping import Grouped
    from srs.rollover import Cut
    from srs.stats import Stats
    from srs.store.heads import Rows

GROUPED = "retention"
"""The view that `--by` tells apart."""


def stats(
    context: Context,
    *,
    words: Sequence[str] = (),
    decks: Sequence[str] = (),
    days: int | None,
    by: str | None = None,
    everything: bool = False,
    json_: bool,
    no_pager: bool = False,
) -> int:
    """Run `srs stats`; returns the exit code."""
    if by is not None and by not in GROUPS:
        raise no_such_word("--by", by, GROUPS)
    with context.peek() as peek:
        # What is read in several steps is of one moment, whoever answers meanwhile.
        peek.rows("BEGIN", {})
        for deck in decks:
            find_deck(peek.rows, deck)
        name = _view_name(peek.rows, words, by, everything=everything)
        source = _source(context, peek.rows, decks, days, by)
        if json_:
            shape = _everything_json(source) if name is None and by is None else _view_json(source, name)
        else:
            plain = context.settings.screen == "plain" or context.env.get("TERM") == "dumb"
            page = Page(context.width, plain, context.ascii_only)
            rows = _everything(source, page) if everything else _rows(source, name, page)
    if json_:
        print_json(shape)
    elif everything:
        from srs.cli import pager

        pager.show(context, rows, no_pager=no_pager)
    else:
        print_rows(rows, sys.stdout, context.env)
    return 0


def _view_name(rows: Rows, words: Sequence[str], by: str | None, *, everything: bool) -> str | None:
    """The view that was named, None for the half screen.

    Raises:
        UsageError: it is no view, or does not go with the options.
    """
    if not words:
        if everything and by is not None:
            raise UsageError("`--all` and `--by` do not go together", "`--all` tells retention apart, too")
        return None
    name = words[0]
    if name not in stats_views.NAMES:
        raise _no_such_view(name, {deck for (deck,) in rows("SELECT id FROM deck", {})})
    if len(words) > 1:
        raise UsageError(f"`srs stats` shows one view, not `{words[1]}` as well", "all of them: `--all`")
    if everything:
        raise UsageError(f"`--all` shows `{name}`, too", f"only this view: `srs stats {name}`")
    if by is not None and name != GROUPED:
        raise UsageError(f"`{name}` cannot be told apart with `--by`", f"`srs stats --by {by}` is retention")
    return name


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
    return {day.day: SimulatedDay(*day.reviews, *day.minutes) for day in ahead}


def _summary(
    context: Context, rows: Rows, decks: Sequence[str], days: int | None, *, aim: float, now: int
) -> Stats:
    request = Request(tuple(decks))
    scope = scope_at(now, context.days, context.learner, decks=request.decks)
    counts = allowed(rows, scope, context.settings, request=request)
    return read_stats(
        rows,
        context.learner,
        context.days,
        now,
        left=Left(new=counts.new, due=counts.review + counts.learning),
        aim=aim,
        new_limit=context.settings.new_per_day,
        decks=decks,
        extra_days=days,
    )


def _aim(rows: Rows, decks: Sequence[str]) -> float | None:
    """The desired retention of the one deck that was asked for, if it has its own."""
    if len(decks) != 1:
        return None
    found = rows("SELECT desired_retention FROM deck WHERE id = :deck", {"deck": decks[0]})
    return float(found[0][0]) if found and found[0][0] is not None else None


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
    )


def _cut(source: Source) -> Cut | None:
    """Whether the study day is cut where the person studies."""
    hours = summed(
        source.rows, source.learner, by=("hour",), since=source.today - DAYS + 1, until=source.today
    )
    counts = {hour: one.answers for one in hours for hour in one.group if hour is not None}
    return cut_by_rollover(counts, source.days.rollover)


# JSON


def _view_json(source: Source, name: str | None) -> dict[str, Any]:
    if source.by is not None:
        return groups_json(_grouped(source, source.by), source.days.zone)
    found = stats_views.view(name or GROUPED)
    head = {
        "as_of": moment(source.now, source.days.zone).isoformat(timespec="seconds"),
        "study_day": date_of(source.today).isoformat(),
    }
    return head | found.shape(found.read(source))


def _everything_json(source: Source) -> dict[str, Any]:
    """All views in one: the half screen, then each view under its name, retention by all there is."""
    shape = as_json(source.summary, source.days.zone)
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
    rows = stats_rows(source.summary, page.width, plain=page.plain, ascii=page.ascii_only)
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
