"""How a deck file is written, read from its last cards, and a new table written the same way."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from srs.deck.lines import Places, scan, string_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srs.deck.lines import Place

KEY_ORDER = (
    *("id", "term", "scenario", "question", "cloze", "answer", "reverse", "explanation", "tags", "source"),
    *("choices", "accept", "needs", "was"),
)
"""The order of keys where a file does not show one of its own."""

ONE_LINE = frozenset({"id", "term"})
LONGEST_ROW = 110
LOOKED_AT = 30
"""So many cards at the end of a file show how it is written."""

_PAIR = re.compile(r"([A-Za-z0-9_-]+)([ \t]*)=([ \t]*)")
_HEADER = re.compile(r"[ \t]*\[\[[^\]\n]*\]\]")
_BARE_QUOTE_AT_END = re.compile(r'(?<!\\)(?:\\\\)*"\Z')
_QUOTES = re.compile('""+')
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
_ESCAPABLE = re.compile(r'[\\"\x00-\x1f\x7f]')
_BODY_ESCAPABLE = re.compile(r"[\\\x00-\x08\x0b-\x1f\x7f]")
_NOT_LITERAL = re.compile(r"['\n\x00-\x08\x0b-\x1f\x7f]")
_NOT_LONG_LITERAL = re.compile(r"'''|'\Z|[\x00-\x08\x0b-\x1f\x7f]")

_T = TypeVar("_T")

Value = str | bool | list[Any]
"""What a key of a new card holds: a text, `true`, or a list of texts and of tables of texts."""


@dataclass(frozen=True, slots=True)
class Style:
    """How the cards of a file are written.

    `gap` counts the blank rows above a table. The `=` stands in column `column` (from the key) where
    all keys of the file are aligned, or `room` characters after the longest key where those of each
    card are; otherwise `before` and `after` stand round it. `long` are the keys whose texts stand
    between triple quotes, `rows` those whose lists take a row for each element, `tables` those whose
    elements are tables of their own.
    """

    header: str = "[[cards]]"
    indent: str = ""
    gap: int = 1
    order: tuple[str, ...] = KEY_ORDER
    before: str = " "
    after: str = " "
    column: int | None = None
    room: int | None = None
    literal: bool = False
    long: frozenset[str] = frozenset()
    long_literal: bool = False
    opened: bool = True
    closed: bool = True
    rows: frozenset[str] = frozenset()
    element_indent: str | None = None
    padding: str = ""
    tables: frozenset[str] = frozenset()


class _Pair(NamedTuple):
    """A `key = value` of the file: its parts, and the value's place."""

    name: str
    before: str
    after: str
    indent: str
    place: Place


def read_style(text: str, lines: Sequence[int | None]) -> Style:
    """The style of a deck's text, whose cards begin at these lines (from 1)."""
    known = [line for line in lines[-LOOKED_AT:] if line]
    if not known:
        return Style()
    places = Places(text)
    sample = text[places.offset(known[0], 1) :]
    inner = scan(sample).find(("cards",)).inner
    tables = [table for table in inner if isinstance(table.inner, dict)] if isinstance(inner, list) else []
    headers = [found[0] for line in known if (found := _HEADER.match(text, places.offset(line, 1)))]
    cards = [_pairs(table, sample) for table in tables]
    pairs = [pair for card in cards for pair in card]
    if not headers or not pairs:
        return Style()
    column, room = _columns(cards)
    return Style(
        header=headers[-1],
        indent=_usual(pair.indent for pair in pairs),
        gap=_usual(_blank_rows_above(text, places.offset(line, 1)) for line in known),
        order=_order(tables),
        before=_usual(pair.before for pair in pairs),
        after=_usual(pair.after for pair in pairs),
        column=column,
        room=room,
        **_of_strings(pairs, sample),
        **_of_lists(pairs, sample),
        tables=frozenset(
            name
            for table in tables
            for name, place in (table.inner.items() if isinstance(table.inner, dict) else ())
            if isinstance(place.inner, list) and place.inner and sample.startswith("[[", place.inner[0].value)
        ),
    )


def written(table: Mapping[str, Value], style: Style) -> str:
    """A card's table as text in a style, with newlines, and one at its end."""
    names = sorted(table, key=lambda name: style.order.index(name) if name in style.order else 99)
    apart = [name for name in names if name in style.tables and isinstance(table[name], list)]
    inside = [name for name in names if name not in apart]
    longest = max((len(name) for name in inside), default=0)
    rows = [style.header]
    rows += [
        f"{style.indent}{_key(name, longest, style)}{_value(name, table[name], style)}" for name in inside
    ]
    for name in apart:
        value = table[name]
        for element in value if isinstance(value, list) else ():
            pairs = element if isinstance(element, dict) else {"text": element}
            rows.append(f"{_indent_of(style.header)}[[cards.{name}]]")
            rows += [f"{style.indent}{key} = {_short(value, style)}" for key, value in pairs.items()]
    return "\n".join(rows) + "\n"


# Reading


def _pairs(table: Place, text: str) -> list[_Pair]:
    pairs = []
    for place in _keys(table).values():
        found = _PAIR.match(text, place.key)
        if found is None or text.startswith("[[", place.value):
            continue
        indent = text[text.rfind("\n", 0, place.key) + 1 : place.key]
        pairs.append(_Pair(found[1], found[2], found[3], "" if indent.strip() else indent, place))
    return pairs


def _keys(table: Place) -> dict[str, Place]:
    return table.inner if isinstance(table.inner, dict) else {}


def _usual(values: Iterable[_T]) -> _T:
    """The commonest; of equals the one met first."""
    return Counter(values).most_common(1)[0][0]


def _blank_rows_above(text: str, offset: int) -> int:
    """The blank rows above a table, or above the comment that stands on it."""
    rows = text[max(0, offset - 4000) : offset].split("\n")[:-1]
    while rows and rows[-1].lstrip().startswith("#"):
        rows.pop()
    blank = 0
    while rows and not rows[-1].strip():
        rows.pop()
        blank += 1
    return min(blank, 3)


def _columns(cards: Sequence[Sequence[_Pair]]) -> tuple[int | None, int | None]:
    """The column of every `=`, or its distance from the longest key of each card, where they align."""
    telling = [card for card in cards if len({len(pair.name) for pair in card}) > 1]
    found = [{len(pair.name) + len(pair.before) for pair in card} for card in telling]
    if not telling or any(len(columns) > 1 for columns in found):
        return None, None
    columns = [next(iter(one)) for one in found]
    room = min(
        column - max(len(pair.name) for pair in card) for column, card in zip(columns, telling, strict=True)
    )
    return (columns[0] if len(set(columns)) == 1 else None), room


def _order(tables: Sequence[Place]) -> tuple[str, ...]:
    """The keys in the order of the last card, with those of the cards before it put where they stood."""
    order: list[str] = []
    for table in reversed(tables):
        inner = _keys(table)
        _merge(order, sorted(inner, key=lambda name: inner[name].key))
    _merge(order, KEY_ORDER)
    return tuple(order)


def _merge(order: list[str], names: Iterable[str]) -> None:
    after = -1
    for name in names:
        if name in order:
            after = max(after, order.index(name))
        else:
            after += 1
            order.insert(after, name)


def _of_strings(pairs: Iterable[_Pair], text: str) -> dict[str, Any]:
    short: Counter[str] = Counter()
    long: Counter[str] = Counter()
    balance: Counter[str] = Counter()
    opened: Counter[bool] = Counter()
    closed: Counter[bool] = Counter()
    for pair in pairs:
        start = pair.place.value
        quotes = text[start : start + 3]
        if quotes in {'"""', "'''"}:
            token = text[start : string_end(text, start)]
            long[quotes] += 1
            balance[pair.name] += 1
            opened[token[3:4] == "\n"] += 1
            closed["\n" in token and not token[token.rfind("\n") + 1 : -3].strip()] += 1
        elif quotes[:1] in {'"', "'"}:
            short[quotes[0]] += 1
            balance[pair.name] -= 1
    return {
        "literal": short["'"] > short['"'],
        "long": frozenset(name for name, more in balance.items() if more > 0 and name not in ONE_LINE),
        "long_literal": long["'''"] > long['"""'],
        "opened": opened[True] >= opened[False],
        "closed": closed[True] >= closed[False],
    }


def _of_lists(pairs: Iterable[_Pair], text: str) -> dict[str, Any]:
    rows: Counter[str] = Counter()
    indents: Counter[str] = Counter()
    padding: Counter[str] = Counter()
    for pair in pairs:
        inner = pair.place.inner
        if not isinstance(inner, list) or not inner:
            continue
        lead = text[pair.place.value + 1 : inner[0].value]
        if "\n" in lead:
            rows[pair.name] += 1
            indent = lead[lead.rfind("\n") + 1 :]
            indents["" if indent.strip() else indent] += 1
        else:
            rows[pair.name] -= 1
            padding[lead if not lead.strip() else ""] += 1
    return {
        "rows": frozenset(name for name, more in rows.items() if more > 0),
        "element_indent": _usual(indents.elements()) if indents else None,
        "padding": _usual(padding.elements()) if padding else "",
    }


# Writing


def _indent_of(header: str) -> str:
    return header[: len(header) - len(header.lstrip())]


def _key(name: str, longest: int, style: Style) -> str:
    if style.room is None:
        return f"{name}{style.before}={style.after}"
    column = max(style.column or 0, longest + style.room)
    return f"{name:<{column}}={style.after}"


def _value(name: str, value: Value, style: Style) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _list(name, value, style)
    if name not in ONE_LINE and ("\n" in value or name in style.long):
        return _long(value, style)
    return _short(value, style)


def _list(name: str, elements: Sequence[Any], style: Style) -> str:
    shown = [
        f"{{ {', '.join(f'{key} = {_short(text, style)}' for key, text in element.items())} }}"
        if isinstance(element, dict)
        else _short(element, style)
        for element in elements
    ]
    row = f"[{style.padding}{', '.join(shown)}{style.padding}]"
    if shown and (name in style.rows or len(style.indent) + len(name) + len(row) > LONGEST_ROW):
        indent = style.indent + "  " if style.element_indent is None else style.element_indent
        return "\n".join(["[", *(f"{indent}{one}," for one in shown), f"{style.indent}]"])
    return row


def _short(text: str, style: Style) -> str:
    """A string on one row: in single quotes where the file has these and the text can do with them."""
    if style.literal and _NOT_LITERAL.search(text) is None:
        return f"'{text}'"
    return f'"{_ESCAPABLE.sub(_escape, text)}"'


def _long(text: str, style: Style) -> str:
    start, end = "\n" if style.opened or text.startswith("\n") else "", "\n" if style.closed else ""
    if style.long_literal and _NOT_LONG_LITERAL.search(text) is None:
        return f"'''{start}{text}{end}'''"
    body = _BODY_ESCAPABLE.sub(_escape, text)
    body = _QUOTES.sub(lambda quotes: quotes[0].replace('"', '\\"'), body)
    if not end and _BARE_QUOTE_AT_END.search(body):
        body = body[:-1] + '\\"'
    return f'"""{start}{body}{end}"""'


def _escape(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[0]) or f"\\u{ord(found[0]):04X}"
