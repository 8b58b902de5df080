"""The tables of `srs simulate`, their narrow form and their plain lines.

Bars have an ambiguous width in some terminals: they stand last in their row, at most 24 of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from srs.cli import words
from srs.cli.recall_table import NARROW, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srs.looking_ahead import Ahead
    from srs.simulation_forecast import Comparison, Row

_TITLES = {"desired_retention": "aim", "new_per_day": "new a day", "reviews_per_day": "limit a day"}
_PLAIN = {
    "desired_retention": "Aim {value}",
    "new_per_day": "{value} new a day",
    "reviews_per_day": "At most {value} reviews a day",
}
_UNITS = {"desired_retention": "", "new_per_day": " new a day", "reviews_per_day": " reviews a day"}
_HEADS = (("answers", "a day"), ("minutes", "a day"), ("known at", "the end"), ("minutes", "per card"))
_NARROW_HEADS = (("answers", "a day"), ("minutes", "a day"), ("known", "then"), ("minutes", "a card"))
_MOST_BARS = 24
_BLOCKS = "▏▎▍▌▋▊▉█"
_LEAST_WIDTH = 40
_ENOUGH = 50
_MANY_WAITING = 5
"""Fewer are luck."""


def simulate_rows(
    ahead: Ahead, tables: Mapping[str, Comparison], width: int, *, plain: bool, ascii_only: bool
) -> list[Text]:
    """The rows of the screen: where the person stands, alone in bold, each table, what it rests on.

    None is wider than `width`; plain rows say one fact each and are left for the terminal to break,
    and so are all rows below 40 columns.
    """
    plain = plain or width < _LEAST_WIDTH
    told = [*_where_you_stand(ahead, tables), *_before(tables), *_notes(ahead, tables)]
    if plain:
        facts = [fact for name, table in tables.items() for fact in _plain_facts(name, table)]
        return [Text(told[0], style="bold"), *map(Text, (*facts, *told[1:]))]
    most = max(row.minutes_per_day for table in tables.values() for row in table.rows)
    rows = paragraph(told[0], width, "bold")
    for name, table in tables.items():
        rows += [Text(), *_table(name, table, width, most, ascii_only=ascii_only)]
    return [*rows, Text(), *(row for fact in told[1:] for row in paragraph(fact, width))]


# Sentences


def _span(days: int) -> str:
    return "a year" if days == 365 else words.plural(days, "day")


def _known(number: float) -> str:
    return words.digits(round(number))


def _where_you_stand(ahead: Ahead, tables: Mapping[str, Comparison]) -> Iterable[str]:
    table = next(iter(tables.values()))
    stands = next(row for row in table.rows if row.stands)
    yield (
        f"As it is: {words.about(round(stands.minutes_per_day * 60_000))} a day for {_span(table.days)},"
        f" then {_known(stands.known)} of {words.plural(ahead.cards, 'card')} known."
    )


def _before(tables: Mapping[str, Comparison]) -> Iterable[str]:
    table = next(iter(tables.values()))
    yield from _trade_off(tables)
    if table.known_now >= 1:
        now, idle = _known(table.known_now), _known(table.known_idle)
        left = "1 of these is" if idle == "1" else f"{idle} of these are"
        yield f"Known now, of these cards: {now}. If you stop today, {left} left in {_span(table.days)}."


def _trade_off(tables: Mapping[str, Comparison]) -> Iterable[str]:
    """The price of one end of the first table against the other, in a sentence, and no advice."""
    name, table = next(iter(tables.items()))
    low, high = table.rows[0], table.rows[-1]
    if low is high:
        return
    ends = f"From {_value(name, low)} to {_value(name, high)}{_UNITS[name]}"
    if _figures(low) == _figures(high):
        yield f"{ends} nothing changes."
        return
    yield (
        f"{ends} you spend {_minutes(high.minutes_per_day)} minutes a day, not"
        f" {_minutes(low.minutes_per_day)}, and know {_known(high.known)} cards at the end, not"
        f" {_known(low.known)}: whether that is worth it is yours to say."
    )


def _notes(ahead: Ahead, tables: Mapping[str, Comparison]) -> Iterable[str]:
    """What the numbers rest on: limits that bind, decks that keep their aim, what is assumed."""
    limits = ahead.limits
    for name, table in tables.items():
        behind = [row for row in table.rows if row.waiting >= _MANY_WAITING]
        if behind:
            told = _figures_by_row(name, table, behind)
            yield f"Reviews still waiting at the end, for want of room in a day: {told}."
    if limits.minutes is not None:
        yield f"Each day ends with your time box of {limits.minutes:g} min."
    if ahead.keeps and "desired_retention" in tables:
        own = [f"{deck.id} ({_percent(deck.desired_retention or 0)})" for deck in ahead.keeps]
        keeps = "keeps its own aim" if len(own) == 1 else "keep their own aims"
        yield f"{words.listed(own)} {keeps} in every row; for a deck's own: -d DECK."
    assumed = next(iter(tables.values())).assumed
    if assumed:
        each = [part.what for part in assumed]
        are = "are" if len(each) > 1 or each[0].split()[0].endswith("s") else "is"
        told, of_each = words.listed(each), " of each" if len(each) > 1 else ""
        yield f"{told[0].upper()}{told[1:]} {are} assumed until you have {_ENOUGH} answers{of_each}."


def _figures_by_row(name: str, table: Comparison, behind: list[Row]) -> str:
    """What still waits, at each value that leaves something; one figure where all rows agree."""
    figures = [_known(row.waiting) for row in behind]
    if len(behind) == len(table.rows) > 1 and len(set(figures)) == 1:
        return f"{figures[0]} in every row"
    each = [f"{figure} at {_value(name, row)}" for figure, row in zip(figures, behind, strict=True)]
    return words.listed(each) + _UNITS[name]


# Tables


def _percent(value: float) -> str:
    return f"{round(100 * value, 2):g} %"


def _value(name: str, row: Row) -> str:
    return _percent(row.value) if name == "desired_retention" else words.digits(int(row.value))


def _figures(row: Row) -> tuple[str, str, str, str]:
    each = "-" if row.minutes_per_known is None else f"{row.minutes_per_known:,.2f}"
    return (
        words.digits(round(row.answers_per_day)),
        _minutes(row.minutes_per_day),
        _known(row.known),
        each,
    )


def _minutes(minutes: float) -> str:
    return f"{minutes:.1f}" if minutes < 9.95 else words.digits(round(minutes))


def _table(name: str, table: Comparison, width: int, most: float, *, ascii_only: bool) -> list[Text]:
    """A head of two rows, dim, and a row for each value; the person's own says so.

    `most` are the minutes a day of the longest bar.
    """
    wide = width >= NARROW
    margin, column, heads = ("  ", 10, _HEADS) if wide else ("", 8, _NARROW_HEADS)
    yours = " yours" if wide else " *"
    labels = [_value(name, row) + (yours if row.stands else "") for row in table.rows]
    longest = max((len(_value(name, row)) for row in table.rows), default=0)
    label = max(len(_TITLES[name]) if wide else 0, longest + len(yours))
    head = [
        margin
        + (_TITLES[name][:label] if line else "").ljust(label)
        + _cells((h[line] for h in heads), column)
        for line in (0, 1)
    ]
    room = max(0, width - len(head[0]) - 2) if wide else 0
    rows = [Text(line, style="dim") for line in head]
    for row, told in zip(table.rows, labels, strict=True):
        line = margin + _label(name, row, told, longest, label) + _cells(_figures(row), column)
        rows.append(Text(f"{line}  {_bar(row.minutes_per_day, most, room, ascii_only=ascii_only)}".rstrip()))
    if not wide:
        rows.append(Text("* yours", style="dim"))
    return rows


def _label(name: str, row: Row, told: str, longest: int, label: int) -> str:
    """Values flush right, so that `yours` stands under nothing."""
    return (" " * (longest - len(_value(name, row))) + told).ljust(label)


def _cells(parts: Iterable[str], column: int) -> str:
    return "".join(part.rjust(column) for part in parts)


def _bar(minutes: float, most: float, room: int, *, ascii_only: bool) -> str:
    """A bar of at most `room` cells; blocks may be drawn two cells wide, but they go by eighths."""
    if most <= 0:
        return ""
    if ascii_only:
        return "#" * round(minutes / most * min(_MOST_BARS, room))
    whole, eighths = divmod(round(minutes / most * min(_MOST_BARS, room // 2) * 8), 8)
    return _BLOCKS[-1] * whole + (_BLOCKS[eighths - 1] if eighths else "")


def _plain_facts(name: str, table: Comparison) -> Iterable[str]:
    for row in table.rows:
        value = _PLAIN[name].format(value=_value(name, row)) + (", as it is now" if row.stands else "")
        answers, minutes, known, each = _figures(row)
        cost = "" if row.minutes_per_known is None else f", {each} minutes for each"
        yield f"{value}: {answers} answers and {minutes} minutes a day, {known} cards known at the end{cost}."
