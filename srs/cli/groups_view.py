"""The tables of `srs stats --by …`: retention told apart, and what to bear in mind when reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli.drawing import harmless, in_ascii
from srs.cli.recall_table import TINY, form_for, paragraph, plain_facts, table
from srs.grouping import LEVELS, by_weekday, group, hour_name, window
from srs.store import counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from srs.days import StudyDays
    from srs.grouping import Grouped, GroupRow
    from srs.store.counting import OfCards
    from srs.store.daily import Rows

_WITHOUT = {
    "mode": "not recorded",
    "deck": "without text",
    "tag": "no tag",
    "level": "no level",
    "hour": "not recorded",
}
"""What a group without a name is called."""


def read_groups(
    rows: Rows,
    learner: str,
    days: StudyDays,
    now: int,
    by: str,
    *,
    aim: float,
    decks: Sequence[str] = (),
    last_days: int | None = None,
    of_cards: Callable[[], OfCards] | None = None,
) -> Grouped:
    """Count true retention by one of `GROUPS`; arguments as `grouping.group`.

    `of_cards` gives the retention of each card in these days, where it has been counted before.
    """
    since, until = window(days.day(now), last_days)
    narrowed: dict[str, Any] = {"since": since, "until": until, "decks": decks}
    recall = counting.recall_by_day(rows, learner, **narrowed)
    groups: Iterable[GroupRow]
    if by == "weekday":
        groups = by_weekday(recall)
    elif by in ("level", "tag"):
        counted = of_cards() if of_cards else counting.recall_by_card(rows, learner, **narrowed)
        groups = counting.recall_by_tag(rows, counted, LEVELS if by == "level" else ())
    else:
        groups = counting.recall_by_group(rows, learner, by, **narrowed)
    if by == "hour":
        groups = [(hour_name(hour), a, b, c, d) for hour, a, b, c, d in groups]  # type: ignore[arg-type]
    return group(
        now=now,
        days=days,
        by=by,
        rows=groups,
        recall=recall,
        aim=aim,
        last_days=last_days,
    )


def group_rows(
    grouped: Grouped,
    width: int,
    *,
    plain: bool = False,
    ascii: bool = False,  # noqa: A002 - the setting's own name
) -> list[Text]:
    """The rows of the table under a bold sentence; none wider than `width` cells.

    Plain rows, and all below 30 columns, say one fact each and are left whole.
    """
    if not grouped.groups:
        period = "Today" if grouped.days == 1 else f"Last {grouped.days} days"
        return paragraph(f"{period}: no card came back after a day or more.", width, "bold")
    if plain or width < TINY:
        return [Text(_title(grouped), style="bold"), *map(Text, _plain_lines(grouped, ascii_only=ascii))]
    rows = [(label_of(name, grouped.by, ascii_only=ascii), row) for name, row in grouped.groups]
    if len(rows) > 1:
        rows.append(("all", grouped.all))
    form = form_for(width, [label for label, _ in rows])
    drawn = [*paragraph(_title(grouped), width, "bold"), Text()]
    drawn += table(rows, form, more="..." if ascii else "…")
    note = note_on(grouped)
    if note:
        indented = (
            Text(" " * form.margin + row.plain, "dim") for row in paragraph(note, width - form.margin)
        )
        drawn += [Text(), *indented]
    return drawn


def _title(grouped: Grouped) -> str:
    # A deck may have an aim of its own, so a table of decks has none in common.
    aim = "" if grouped.by == "deck" else f"; your aim is {100 * grouped.aim:.4g} %"
    period = "today" if grouped.days == 1 else f"in the last {grouped.days} days"
    return f"Retention by {grouped.by} {period}{aim}."


def note_on(grouped: Grouped) -> str:
    """What the figures alone would hide; often nothing."""
    names = {name for name, _ in grouped.groups}
    if grouped.by == "mode" and "choice" in names:
        return "Choice: a guess among four options is right one time in four."
    if grouped.by == "tag" and names != {None}:
        return "A card counts under each of its tags."
    if grouped.by == "level":
        return "Levels are the tags core, working and deep; a card counts under each it has."
    return ""


def label_of(name: str | None, by: str, *, ascii_only: bool = False) -> str:
    """What a group is called."""
    if name is None:
        return _WITHOUT[by]
    label = harmless(" ".join(name.split()))
    return in_ascii(label) if ascii_only else label


def _plain_lines(grouped: Grouped, *, ascii_only: bool) -> list[str]:
    facts = []
    for name, row in grouped.groups:
        label = label_of(name, grouped.by, ascii_only=ascii_only)
        what = (
            label.capitalize()
            if name is None and grouped.by in {"tag", "level"}
            else f"{grouped.by.capitalize()} {label}"
        )
        facts += plain_facts(what, row)
    if len(grouped.groups) > 1:
        facts += plain_facts("Together", grouped.all)
    note = note_on(grouped)
    return [*facts, note] if note else facts
