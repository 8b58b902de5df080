"""The text of the settings file: where each key stands, the plain values, and edits of one line.

`rtoml` reads TOML whole and tells no places; this finds them. Importing it costs 12 ms, half of what
the quick look may spend, so a file of plain lines (`key = 4`, `key = "text"`, `key = ["a", "b"]`) is
read here, and any other is left to it. A property test holds both readers equal.
"""

from __future__ import annotations

BOM = "\ufeff"
_ASCII_DIGITS = frozenset("0123456789")
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_SAFE_DIGITS = 15
_LEAST_PRINTABLE = 0x20


class Statement:
    """One `key = value` or `[header]` of a file; offsets count characters of the text.

    `name` is the first part of the key. `start` is where the key stands, `value` and `value_end`
    bound the value (both equal `start` in a header). `plain` is true for a lone bare key at the top
    of the file whose value is followed by nothing but a comment.
    """

    __slots__ = ("header", "name", "plain", "start", "value", "value_end")

    def __init__(
        self, name: str, start: int, value: int, value_end: int, *, plain: bool, header: bool
    ) -> None:
        self.name = name
        self.start = start
        self.value = value
        self.value_end = value_end
        self.plain = plain
        self.header = header


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset, both from 1, columns in characters."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def statements(text: str) -> list[Statement]:
    """The statements of a TOML text, in order; where the text is no TOML, a guess that ends."""
    found: list[Statement] = []
    at, under_header = 0, False
    while (at := _skip(text, at, " \t\r\n")) < len(text):
        if text[at] == "#":
            at = _line_end(text, at)
            continue
        start = at
        under_header = under_header or text[at] == "["
        if text[at] == "[":
            at = _line_end(text, at)
            inside = _skip(text, start, "[ \t")
            found.append(Statement(_name(text, inside), start, start, start, plain=False, header=True))
            continue
        key_end = _key_end(text, at)
        name = _name(text, at)
        value = _skip(text, key_end + 1, " \t")
        value_end = _value_end(text, value) if text[key_end : key_end + 1] == "=" else value
        rest = _skip(text, value_end, " \t\r")
        at = _line_end(text, rest)
        plain = (
            not under_header
            and text[start:key_end].rstrip(" \t") == name
            and text[rest : rest + 1] in ("", "#", "\n")
        )
        found.append(Statement(name, start, value, value_end, plain=plain, header=False))
    return found


def plain_values(text: str, found: list[Statement]) -> dict[str, object] | None:
    """What a file of plain lines says, as `rtoml` would read it; None where that is not certain."""
    if not text.replace("\r\n", "").replace("\n", "").replace("\t", "").isprintable():
        return None
    values: dict[str, object] = {}
    for statement in found:
        if not statement.plain or not _BARE.issuperset(statement.name) or statement.name in values:
            return None
        value = _plain_value(text[statement.value : statement.value_end])
        if value is None or not statement.name:
            return None
        values[statement.name] = value
    return values


def quoted(value: str) -> str:
    """A text as a TOML basic string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if _stands_as_is(char) else f"\\u{ord(char):04x}" for char in escaped) + '"'


def put(text: str, name: str, value: str) -> str:
    """The text with `name = value` at its top level; every other line stays as it is."""
    found = statements(text)
    for statement in found:
        if statement.name == name and not statement.header:
            return text[: statement.value] + value + text[statement.value_end :]
    line = f"{name} = {value}"
    newline = "\r\n" if "\r\n" in text else "\n"
    headers = [statement.start for statement in found if statement.header]
    if headers:
        above = [statement for statement in found if statement.start < headers[0]]
        at = _line_end(text, above[-1].value_end) + 1 if above else 0
        return text[:at] + line + newline + text[at:]
    if text and not text.endswith("\n"):
        text += newline
    return text + line + newline


def drop(text: str, name: str) -> str:
    """The text without the lines of `name` at its top level, nor the comment on them."""
    for statement in statements(text):
        if statement.name == name and not statement.header:
            start = text.rfind("\n", 0, statement.start) + 1
            return text[:start] + text[_line_end(text, statement.value_end) + 1 :]
    return text


def _stands_as_is(char: str) -> bool:
    return ord(char) >= _LEAST_PRINTABLE and char != "\x7f"


def _skip(text: str, at: int, chars: str) -> int:
    while at < len(text) and text[at] in chars:
        at += 1
    return at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _key_end(text: str, at: int) -> int:
    while at < len(text) and text[at] not in "=\n#":
        at = _string_end(text, at) if text[at] in "\"'" else at + 1
    return at


def _name(text: str, at: int) -> str:
    if text[at : at + 1] in ("'", '"'):
        return _unquoted_key(text[at : _string_end(text, at)])
    end = at
    while end < len(text) and text[end] not in " \t\r\n.=#]\"'":
        end += 1
    return text[at:end]


def _unquoted_key(raw: str) -> str:
    if "\\" not in raw or raw[0] == "'":
        return raw[1:-1]
    import rtoml  # noqa: PLC0415 - a key with an escape in it is not worth 12 ms in every start

    try:
        return next(iter(rtoml.loads(f"{raw} = 0")))
    except ValueError:
        return raw[1:-1]


def _string_end(text: str, at: int) -> int:
    quote = text[at]
    if text.startswith(quote * 3, at):
        return _long_string_end(text, at + 3, quote)
    at += 1
    while at < len(text) and text[at] not in (quote, "\n"):
        at += 2 if text[at] == "\\" and quote == '"' else 1
    return min(at + 1, len(text)) if text[at : at + 1] == quote else min(at, len(text))


def _long_string_end(text: str, at: int, quote: str) -> int:
    while at < len(text) and not text.startswith(quote * 3, at):
        at += 2 if text[at] == "\\" and quote == '"' else 1
    at = min(at + 3, len(text))
    # Up to two more quotes belong to the text: `""""a"""""` ends in five.
    for _ in range(2):
        at += text[at : at + 1] == quote
    return at


def _value_end(text: str, at: int) -> int:
    if text[at : at + 1] in ("'", '"'):
        return _string_end(text, at)
    if text[at : at + 1] in ("[", "{"):
        return _bracket_end(text, at)
    end = at
    while end < len(text) and text[end] not in "#\n":
        end += 1
    return at + len(text[at:end].rstrip(" \t\r"))


def _bracket_end(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        char = text[at]
        if char in "\"'":
            at = _string_end(text, at)
            continue
        if char == "#":
            at = _line_end(text, at)
            continue
        depth += (char in "[{") - (char in "]}")
        at += 1
        if depth == 0:
            break
    return at


def _plain_value(raw: str) -> object:
    if raw in ("true", "false"):
        return raw == "true"
    if raw[:1] in ("'", '"'):
        return _plain_string(raw)
    if raw[:1] == "[":
        return _plain_list(raw)
    return _plain_number(raw)


def _plain_string(raw: str) -> str | None:
    inner = raw[1:-1]
    closed = len(raw) >= 2 and raw[-1] == raw[0]
    return inner if closed and raw[0] not in inner and "\\" not in inner and "\n" not in inner else None


def _plain_list(raw: str) -> list[str] | None:
    inner = raw[1:-1].strip(" \t")
    if raw[-1] != "]" or "\n" in raw:
        return None
    if not inner:
        return []
    items = [_plain_string(item.strip(" \t")) for item in inner.split(",")]
    texts = [item for item in items if item is not None]
    return texts if len(texts) == len(items) else None


def _plain_number(raw: str) -> int | float | None:
    digits = raw[1:] if raw[:1] == "-" else raw
    whole, dot, fraction = digits.partition(".")
    if not whole or len(digits) > _SAFE_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        return None
    if not _ASCII_DIGITS.issuperset(whole + fraction) or bool(dot) != bool(fraction):
        return None
    return float(raw) if dot else int(raw)


def shown(value: object) -> str:
    """A value as a message may show it: no control characters, and not long."""
    text = str(value)
    text = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 40 else text[:39] + "…"


def as_text(data: bytes) -> str:
    """The file as text, without its BOM; raises UnicodeDecodeError."""
    return data.decode("utf-8").removeprefix(BOM)


def rtoml_values(text: str) -> dict[str, object]:
    """The whole of TOML; raises ValueError whose text ends in `at line L column C`."""
    import rtoml  # noqa: PLC0415 - 12 ms that a plain file saves

    return rtoml.loads(text)
