"""One SQL text for two databases: what is written for SQLite, as PostgreSQL and psycopg want it.

Statements stand in the store once. Most hold for both; this module changes the few words that do not:

- `:name` and `?` become psycopg's `%(name)s` and `%s`, wherever they are parameters and not part of a
  text, a name or a comment; a `%` that is meant is doubled;
- `max(a, b)` and `min(a, b)` become a CASE, which is NULL where a or b is, as in SQLite;
- `group_concat` becomes `string_agg`; of bytes (`CAST(group_concat(x, '') AS BLOB)`) one of bytes;
- `CAST(x AS INTEGER)` cuts off what is behind the point, where PostgreSQL would round, and
  `CAST(x AS BLOB)` gives the bytes of a text;
- `NOT INDEXED` is left out, `x'00'`, `zeroblob(n)`, `hex(x)` and `printf('%012X', x)` are said otherwise;
- `typeof(x)` gives the names of SQLite, `json_type(x)` what a text begins like;
- a comment that begins with `pg` is opened: `group_concat(r.at /*pg ORDER BY r.id*/)`.

What else differs is settled where the tables are made (`server_schema.py`: text in the order of its
bytes, whole numbers of 64 bits) and where values come and go (`server_link.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""
    (?P<blob>[xX]'(?:[0-9a-fA-F]{2})*')
  | (?P<text>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<comment>/\*.*?\*/|--[^\n]*)
  | (?P<cast>::)
  | (?P<name>:[A-Za-z_][A-Za-z_0-9]*)
  | (?P<mark>\?)
  | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
  | (?P<space>\s+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
_OTHERWISE = {
    # A number that changes when anybody has written: here also when this connection has.
    "PRAGMA data_version": "SELECT hashtextextended(txid_current_snapshot()::text, 0)",
    # Pages are the server's own matter.
    "PRAGMA integrity_check(20)": "SELECT 'ok'",
    "SELECT name FROM sqlite_master": _TABLES,
    "SELECT name FROM sqlite_master WHERE type = 'table'": _TABLES,
    "SELECT name FROM sqlite_master WHERE type = 'index'": (
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
    ),
    # Words are looked for without an index.
    "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'": "SELECT 1 WHERE false",
}
"""Whole statements that SQLite alone knows."""

_RESERVED = frozenset({"right", "left"})
"""Names of columns that PostgreSQL keeps for itself."""


@lru_cache(maxsize=1024)
def for_postgres(sql: str) -> str:
    """A statement with `:name` or `?` parameters, as PostgreSQL and psycopg take it.

    Raises:
        ValueError: it cannot be translated: a bracket is open, or a `?` would be needed twice.
    """
    if sql in _OTHERWISE:
        return _OTHERWISE[sql]
    tokens = [(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(sql)]
    return "".join(_translated(tokens))


Token = tuple[str, str]


def _translated(tokens: list[Token]) -> list[str]:
    made: list[str] = []
    at = 0
    while at < len(tokens):
        kind, text = tokens[at]
        if kind == "word":
            skip, said = _word(tokens, at)
            made.append(said)
            at = skip
            continue
        made.append(_PLAIN.get(kind, _as_it_is)(text))
        at += 1
    return made


def _word(tokens: list[Token], at: int) -> tuple[int, str]:
    """What a word and what belongs to it become, and where to go on."""
    text = tokens[at][1]
    low = text.lower()
    if low in _RESERVED and _next_word(tokens, at) not in ("join", "outer") and not _is_call(tokens, at):
        return at + 1, f'"{low}"'
    if low == "not" and _next_word(tokens, at) == "indexed":
        return _after_word(tokens, at + 1), ""
    if low in _CALLS and _is_call(tokens, at):
        end = _end_of_call(tokens, at)
        said = _CALLS[low](_arguments(tokens[_open(tokens, at) + 1 : end]))
        if said is not None:
            return end + 1, said
    return at + 1, text


def _next_word(tokens: list[Token], at: int) -> str:
    for kind, text in tokens[at + 1 :]:
        if kind != "space":
            return text.lower()
    return ""


def _after_word(tokens: list[Token], at: int) -> int:
    while tokens[at][0] == "space":
        at += 1
    return at + 1


def _is_call(tokens: list[Token], at: int) -> bool:
    return _next_word(tokens, at) == "("


def _open(tokens: list[Token], at: int) -> int:
    while tokens[at][1] != "(":
        at += 1
    return at


def _end_of_call(tokens: list[Token], at: int) -> int:
    depth = 0
    for place in range(_open(tokens, at), len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place][1], 0)
        if depth == 0:
            return place
    raise ValueError("a bracket is not closed")


def _arguments(tokens: list[Token]) -> list[list[Token]]:
    found: list[list[Token]] = [[]]
    depth = 0
    for kind, text in tokens:
        depth += {"(": 1, ")": -1}.get(text, 0)
        if text == "," and depth == 0:
            found.append([])
        else:
            found[-1].append((kind, text))
    return found


def _said(tokens: list[Token]) -> str:
    return "".join(_translated(tokens)).strip()


def _greater_or_lesser(sign: str) -> Callable[[list[list[Token]]], str | None]:
    def say(arguments: list[list[Token]]) -> str | None:
        if len(arguments) != 2:
            return None  # the aggregate
        one, other = map(_said, arguments)
        if "%s" in one + other:
            raise ValueError("`?` would be asked for twice here; name it")
        return f"(CASE WHEN {one} {sign}= {other} THEN {one} WHEN NOT {one} {sign}= {other} THEN {other} END)"

    return say


def _group_concat(arguments: list[list[Token]]) -> str:
    order = "".join(text for part in arguments for kind, text in part if kind == "comment")
    value = _said([token for token in arguments[0] if token[0] != "comment"])
    separator = "','" if len(arguments) == 1 else _said(arguments[1])
    return f"string_agg(CAST({value} AS text), {separator}{_opened(order)})"


def _cast(arguments: list[list[Token]]) -> str | None:
    (tokens,) = arguments
    words = [text.lower() for kind, text in tokens if kind != "space"]
    if words[-2:] == ["as", "integer"]:
        inner = _said(tokens[: _last_as(tokens)])
        return f"CAST(trunc({inner}) AS bigint)"
    if words[-2:] == ["as", "blob"]:
        inner_tokens = tokens[: _last_as(tokens)]
        first = next(at for at, (kind, _) in enumerate(inner_tokens) if kind != "space")
        if inner_tokens[first][1].lower() == "group_concat":
            value, separator = _arguments(
                inner_tokens[_open(inner_tokens, first) + 1 : _end_of_call(inner_tokens, first)]
            )
            order = "".join(text for kind, text in [*value, *separator] if kind == "comment")
            joined = _said([token for token in value if token[0] != "comment"])
            return f"string_agg({joined}, CAST('' AS bytea){_opened(order)})"
        return f"convert_to({_said(inner_tokens)}, 'UTF8')"
    return None


def _last_as(tokens: list[Token]) -> int:
    return max(at for at, (kind, text) in enumerate(tokens) if kind == "word" and text.lower() == "as")


def _zeroblob(arguments: list[list[Token]]) -> str:
    return f"CAST('\\x{'00' * int(_said(arguments[0]))}' AS bytea)"


def _hexadecimal(arguments: list[list[Token]]) -> str:
    form, value = map(_said, arguments)
    if form != "'%%012X'":
        raise ValueError(f"{form} is not known here")
    return f"upper(lpad(to_hex({value}), 12, '0'))"


def _type(arguments: list[list[Token]]) -> str:
    return (
        f"(CASE CAST(pg_typeof({_said(arguments[0])}) AS text) WHEN 'bigint' THEN 'integer'"
        " WHEN 'double precision' THEN 'real' WHEN 'bytea' THEN 'blob' ELSE 'text' END)"
    )


def _json_type(arguments: list[list[Token]]) -> str:
    return (
        f"(CASE substr(ltrim({_said(arguments[0])}), 1, 1) WHEN '{{' THEN 'object' WHEN '[' THEN 'array'"
        " ELSE 'other' END)"
    )


_CALLS: dict[str, Callable[[list[list[Token]]], str | None]] = {
    "max": _greater_or_lesser(">"),
    "min": _greater_or_lesser("<"),
    "group_concat": _group_concat,
    "cast": _cast,
    "zeroblob": _zeroblob,
    "hex": lambda arguments: f"upper(encode({_said(arguments[0])}, 'hex'))",
    "printf": _hexadecimal,
    "typeof": _type,
    "json_type": _json_type,
    # Before version 16 a server cannot be asked this: what it begins with must do.
    "json_valid": lambda arguments: f"({_said(arguments[0])} <> '')",
}


def _as_it_is(text: str) -> str:
    return text.replace("%", "%%")


def _opened(comment: str) -> str:
    """What a comment says to PostgreSQL alone."""
    if comment.startswith("/*pg "):
        return " " + for_postgres(comment[5:-2])
    return ""


_PLAIN: dict[str, Callable[[str], str]] = {
    "name": lambda text: f"%({text[1:]})s",
    "mark": lambda _text: "%s",
    "blob": lambda text: f"CAST('\\x{text[2:-1]}' AS bytea)",
    "comment": _opened,
}
