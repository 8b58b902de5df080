"""The table `[check]` of a deck file: what `srs check` is to leave unsaid, and which tags there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from srs.deck.clean import quoted
from srs.deck.codes import IGNORABLE, PROBLEM_CODES
from srs.deck.fields import CHECK_KEYS
from srs.deck.names import nearest
from srs.deck.problems import Finding

if TYPE_CHECKING:
    from srs.deck.fields import TableReader
    from srs.deck.problems import Findings


@dataclass(frozen=True, slots=True)
class Checks:
    """What a deck says of `srs check`: codes it is not told of, and all tags it may use (None: any)."""

    ignored: frozenset[str] = frozenset()
    tags: frozenset[str] | None = None


NO_CHECKS = Checks()
"""What a deck without the table says."""


def read_checks(table: object, reader: TableReader, findings: Findings) -> Checks:
    """Read the table, where there is one; a code that is unknown is a warning, not an error.

    A deck that names a code of a later version can still be imported by this one.
    """
    if table is None:
        return NO_CHECKS
    if not isinstance(table, dict):
        code = "E112" if isinstance(table, list) else "E105"
        message = "`[[check]]` is written `[check]`" if code == "E112" else "`check` is a table"
        hint = None if code == "E112" else "write `[check]`"
        findings.add(Finding(code, ("check",), message, hint, on_key=True))
        return NO_CHECKS
    values = reader.read(table, ("check",), CHECK_KEYS)
    for rank, code in enumerate(values.get("ignore") or ()):
        if code is not None and code not in IGNORABLE:
            findings.add(_not_ignorable(code, rank))
    tags = values.get("tags")
    return Checks(
        IGNORABLE.intersection(filter(None, values.get("ignore") or ())),
        None if tags is None else frozenset(filter(None, tags)),
    )


def _not_ignorable(code: str, rank: int) -> Finding:
    where = ("check", "ignore", rank)
    if code in PROBLEM_CODES:
        error = " is an error, which" if code.startswith("E") else ""
        return Finding("W104", where, f"{quoted(code)}{error} cannot be ignored")
    near = nearest(code, sorted(known.lower() for known in IGNORABLE))
    hint = f"did you mean `{near.upper()}`?" if near else "`srs check -h` lists the codes"
    return Finding("W104", where, f"{quoted(code)} is no code of a warning", hint)
