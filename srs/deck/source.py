"""The bytes of a deck file as text, and what is wrong with them before TOML is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from srs.deck.clean import CONTROL
from srs.deck.problems import Finding

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
# UTF-8 of U+0080..9F, U+2028..2029 with the bidi overrides, the isolates, the BOM and U+FFF9..FFFB.
_SUSPECT = re.compile(
    rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xaf]|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]"
)
# An even number of backslashes before is possible; a false alarm only costs time.
_ESCAPED = re.compile(rb"\\[uUxebfr]")
_BINARY_NULS = 8
_OTHER_FILES = (
    (
        b"SQLite format 3\x00",
        "this is a database",
        "one of srs comes in by `srs merge FILE`, or by `srs restore FILE`",
    ),
    (
        b"\x1f\x8b",
        "this file is packed (gzip)",
        "a backup of srs comes in by `srs merge FILE`, or by `srs restore FILE`",
    ),
    (b"PK\x03\x04", "this file is packed (zip)", "an Anki package has a name that ends in .apkg or .colpkg"),
)
"""What other files begin with, what they are, and what takes them."""
_UTF8_HINT = "save the file as UTF-8"


@dataclass(frozen=True, slots=True)
class Source:
    """A file as text: no byte order mark, newlines only, control characters replaced by spaces.

    `trusted` says that no string in it can need cleaning. Where `readable` is false there is nothing
    to parse. Offsets of the findings are offsets in `text`.
    """

    text: str
    trusted: bool = True
    readable: bool = True
    findings: tuple[Finding, ...] = ()


def decode(data: bytes) -> Source:
    """Read the bytes of a file; never fails."""
    for bom, encoding in _WIDE_BOMS:
        if data.startswith(bom):
            return _unreadable(f"the file is {encoding}, not UTF-8", _UTF8_HINT)
    for start, what, hint in _OTHER_FILES:
        if data.startswith(start):
            return _unreadable(f"{what}, not a deck file", hint)
    data = data.removeprefix(_BOM)
    if data.count(0) >= _BINARY_NULS:
        wide = data[:1].isascii() and data[1:2] == b"\x00"
        message = "the file looks like UTF-16, not UTF-8" if wide else "this is not a text file"
        return _unreadable(message, _UTF8_HINT if wide else None)
    findings: list[Finding] = []
    try:
        text = data.decode()
        readable = True
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        readable = False
        before = len(data[: error.start].decode().replace("\r\n", "\n"))
        message = f"byte 0x{data[error.start]:02X} is not UTF-8"
        findings.append(Finding("E110", before, message, _UTF8_HINT))
    text = text.replace("\r\n", "\n")
    suspect = _SUSPECT.search(data) is not None if not data.isascii() else False
    if suspect or len(data.translate(None, _CONTROL_BYTES)) < len(data):
        text = _without_controls(text, findings)
    trusted = not suspect and "\r" not in text and _ESCAPED.search(data) is None
    return Source(text, trusted, readable, tuple(findings))


def _unreadable(message: str, hint: str | None) -> Source:
    return Source("", readable=False, findings=(Finding("E110", 0, message, hint),))


def _without_controls(text: str, findings: list[Finding]) -> str:
    """The text with spaces for its control characters, so that all else is still looked at.

    The first of each line is a finding.
    """
    line_end = -1
    for found in CONTROL.finditer(text):
        if found.start() < line_end:
            continue
        end = text.find("\n", found.start())
        line_end = end if end >= 0 else len(text)
        findings.append(Finding("E111", found.start(), f"{control_name(found[0])} is not allowed here"))
    return CONTROL.sub(" ", text)


def control_name(char: str) -> str:
    """How a message names a control character, itself not shown."""
    if char == "\x1b":
        return "the terminal escape U+001B"
    return f"the control character U+{ord(char):04X}"
