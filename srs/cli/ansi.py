"""Rows become bytes: the few escape sequences this program writes, and nothing else.

Written by hand because `rich.console` costs as much to import as all of the first question. Bold,
dim and the eight named colours; NO_COLOR takes the colours, TERM=dumb or a pipe takes all.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TextIO

from srs.cli.drawing import cells, crop, harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.text import Text

_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_CODES = {"bold": "1", "dim": "2"} | {name: str(30 + i) for i, name in enumerate(_COLOURS)}

# Keypad and cursor keys in their plain mode; alternate screen; cursor hidden; a row too wide for a
# terminal with other ideas of width is cut instead of pushing the next one down; pastes marked.
ENTER = "\x1b[?1049h\x1b[?1l\x1b>\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[0m\x1b[H\x1b[J"
# Cleared first: a terminal without an alternate screen would keep the last card for ever.
LEAVE = "\x1b[0m\x1b[H\x1b[J\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
# For a line that the terminal itself edits: cursor seen, long lines go on below, pastes as they are.
TYPING = "\x1b[?2004l\x1b[?7h\x1b[?25h"
TYPED = "\x1b[?25l\x1b[?7l\x1b[?2004h"


@dataclass(frozen=True, slots=True)
class Pen:
    """What a stream can show: any styles at all, and colours among them."""

    styles: bool
    colours: bool

    @classmethod
    def of(cls, env: Mapping[str, str], *, terminal: bool) -> Pen:
        """The pen for a stream: styles on a terminal that is not dumb, colours unless NO_COLOR."""
        styles = terminal and env.get("TERM") != "dumb"
        return cls(styles=styles, colours=styles and not env.get("NO_COLOR"))

    def draw(self, row: Text) -> str:
        """One row with its styles as escape sequences, everything else in it harmless."""
        plain = row.plain
        if not self.styles:
            return harmless(plain)
        spans = [(0, len(plain), str(row.style)), *((s.start, s.end, str(s.style)) for s in row.spans)]
        cuts = sorted({0, len(plain), *(min(max(at, 0), len(plain)) for s in spans for at in s[:2])})
        drawn = []
        for start, end in pairwise(cuts):
            names = " ".join(style for left, right, style in spans if left <= start and end <= right)
            drawn.append(self._styled(harmless(plain[start:end]), names.split()))
        return "".join(drawn)

    def _styled(self, text: str, names: Iterable[str]) -> str:
        codes = dict.fromkeys(
            code for name in names if (code := _CODES.get(name)) and (self.colours or name not in _COLOURS)
        )
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes and text else text


def frame(rows: Sequence[Text], width: int, height: int, pen: Pen) -> str:
    """A whole screen in one string: each row in its place, what was there before gone."""
    drawn = []
    for at, row in enumerate(rows[:height], 1):
        wide = cells(row.plain)
        if wide > width:
            kept = crop(row.plain, width)
            row, wide = row[: len(kept)], cells(kept)  # noqa: PLW2901 - the same row, cut
        # Erasing after a full row would take its last character on many terminals.
        drawn.append(f"\x1b[{at};1H{pen.draw(row)}" + ("\x1b[K" if wide < width else ""))
    below = len(drawn) + 1
    return "".join(drawn) + (f"\x1b[{below};1H\x1b[J" if below <= height else "")


def print_rows(rows: Iterable[Text], stream: TextIO, env: Mapping[str, str]) -> None:
    """Print rows on a stream as far as it can show their styles, and flush it.

    A reader that has gone (`srs list | head`) is the caller's to notice: BrokenPipeError passes.
    """
    pen = Pen.of(env, terminal=stream.isatty() and _escapes_work())
    stream.write("".join(f"{pen.draw(row).rstrip(' ')}\n" for row in rows))
    stream.flush()


def _escapes_work() -> bool:
    if sys.platform == "win32":
        from srs.cli.terminal_windows import enable_escapes

        return enable_escapes() is not None
    return True
