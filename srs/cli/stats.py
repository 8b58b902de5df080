"""`srs stats`: whether you remember what you should, and whether tomorrow will be heavy."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from srs.cli.ansi import print_rows
from srs.cli.groups_view import group_rows, read_groups
from srs.cli.json_out import print_json
from srs.cli.stats_view import read_stats, stats_rows
from srs.cli.usage import no_such_word
from srs.errors import UsageError
from srs.grouping import as_json as groups_json
from srs.naming import find_deck
from srs.stats import Left, as_json
from srs.store.counting import GROUPS
from srs.today import Request, allowed, scope_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.text import Text

    from srs.cli.context import Context
    from srs.stats import Stats
    from srs.store.heads import Rows


def stats(
    context: Context,
    *,
    words: Sequence[str] = (),
    decks: Sequence[str] = (),
    days: int | None,
    by: str | None = None,
    json_: bool,
) -> int:
    """Run `srs stats`; returns the exit code."""
    if by is not None and by not in GROUPS:
        raise no_such_word("--by", by, tuple(GROUPS))
    with context.peek() as peek:
        for deck in decks:
            find_deck(peek.rows, deck)
        if words:
            raise _no_such_view(words[0], {deck for (deck,) in peek.rows("SELECT id FROM deck", {})})
        aim = _aim(peek.rows, decks) or context.settings.desired_retention
        draw: Callable[..., list[Text]]
        if by is None:
            read = _summary(context, peek.rows, decks, days, aim)
            shape, draw = as_json(read, context.days.zone), partial(stats_rows, read)
        else:
            table = read_groups(
                *(peek.rows, context.learner, context.days, context.now(), by),
                aim=aim,
                decks=decks,
                last_days=days,
            )
            shape, draw = groups_json(table, context.days.zone), partial(group_rows, table)
    if json_:
        print_json(shape)
        return 0
    plain = context.settings.screen == "plain" or context.env.get("TERM") == "dumb"
    print_rows(draw(context.width, plain=plain, ascii=context.ascii_only), sys.stdout, context.env)
    return 0


def _summary(context: Context, rows: Rows, decks: Sequence[str], days: int | None, aim: float) -> Stats:
    now = context.now()
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


def _no_such_view(word: str, decks: set[str]) -> UsageError:
    if word in decks:
        return UsageError(f"`srs stats` does not take `{word}`", f"for a deck: `srs stats -d {word}`")
    if word in GROUPS:
        return UsageError(f"there is no view `{word}`", f"for retention by {word}: `srs stats --by {word}`")
    return UsageError(f"there is no view `{word}`", "`srs stats` alone shows how it goes")
