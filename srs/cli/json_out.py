"""JSON on stdout: one line, readable as it is, and harmless to the terminal it may land on."""

from __future__ import annotations

import json
import re
import sys

# What JSON itself leaves raw: C1 controls, bidi overrides and isolates, line separators, lone surrogates.
_HOSTILE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def print_json(body: object, *, indent: int | None = None) -> None:
    """Print a value as JSON."""
    text = json.dumps(body, ensure_ascii=False, indent=indent)
    sys.stdout.write(_HOSTILE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
