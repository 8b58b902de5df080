"""A sentence with holes, `{{c1::hidden}}` or `{{c1::hidden::hint}}`: one question for each number.

The signs are those of Anki. Other double braces (`{{ .Values.image }}`) are ordinary text, inside of
a hole too: a hole ends at the first two closing braces that do not belong to a pair within it, so
that one can hide `{0,127}`. The first `::` in a hole begins its hint.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.clean import is_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GAP = "[…]"
"""What stands in the sentence for what is asked."""

MOST_NUMBERS = 100
"""How many hole numbers one sentence may have: each card of it carries the whole sentence."""

_OPENING = re.compile(r"\{\{c([1-9][0-9]{0,2})::")
_BRACES = re.compile(r"\{+|\}+")
_LOOKS_LIKE_ONE = re.compile(r"\{\{\s*(?:c\s*[0-9]+\s*(?:::?|\}\})|[0-9]+\s*::)", re.IGNORECASE)


class Hole(NamedTuple):
    """One hole: its number, what it hides as written, its hint, and where it stands (offsets)."""

    number: int
    hidden: str
    hint: str | None
    start: int
    end: int


class Cloze(NamedTuple):
    """A sentence and its holes, in their order."""

    text: str
    holes: tuple[Hole, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers there are, ascending; each is a card."""
        return tuple(sorted({hole.number for hole in self.holes}))

    def question(self, number: int) -> str:
        """The sentence with the holes of one number open and all others filled."""
        return self._with(lambda hole: _open(hole.hidden) if hole.number == number else hole.hidden)

    def answer(self, number: int) -> str:
        """What the holes of a number hide; each text once, in the order of the sentence."""
        texts = (hole.hidden.strip() for hole in self.holes if hole.number == number)
        return ", ".join(dict.fromkeys(texts))

    def hint(self, number: int) -> str | None:
        """What the holes of a number give as a hint, if any does."""
        hints = dict.fromkeys(hole.hint for hole in self.holes if hole.number == number and hole.hint)
        return ", ".join(filter(None, hints)) or None

    @property
    def whole(self) -> str:
        """The sentence with every hole filled."""
        return self._with(lambda hole: hole.hidden)

    def _with(self, shown: Callable[[Hole], str]) -> str:
        parts, at = [], 0
        for hole in self.holes:
            parts += [self.text[at : hole.start], shown(hole)]
            at = hole.end
        return "".join([*parts, self.text[at:]])


def read_cloze(text: str) -> Cloze:
    """The holes of a sentence, in linear time.

    Raises:
        ValueError: there is none, or something that looks like one is none; the message says which.
    """
    openings = list(_OPENING.finditer(text))
    holes = []
    for rank, opening in enumerate(openings):
        after = openings[rank + 1] if rank + 1 < len(openings) else None
        end = _closing(text, opening.end(), after.start() if after else len(text))
        if end is None:
            before = f" before the hole c{after[1]} begins" if after else ""
            raise ValueError(f"the hole c{opening[1]} has no `}}}}` at its end{before}")
        hidden, _, hint = text[opening.end() : end - 2].partition("::")
        if is_blank(hidden):
            raise ValueError(f"the hole c{opening[1]} hides nothing")
        hint = "" if is_blank(hint) else hint.strip()
        holes.append(Hole(int(opening[1]), hidden, hint or None, opening.start(), end))
    found = Cloze(text, tuple(holes))
    stray = next(filter(None, map(_LOOKS_LIKE_ONE.search, _between(found))), None)
    if stray is not None:
        raise ValueError(f"`{' '.join(stray[0].split())[:20]}` begins no hole")
    if not holes:
        raise ValueError("there is no hole")
    if len(found.numbers) > MOST_NUMBERS:
        raise ValueError(f"there are {len(found.numbers)} hole numbers, and {MOST_NUMBERS} is the most")
    return found


def _closing(text: str, start: int, limit: int) -> int | None:
    """The offset after the braces that close a hole whose text begins at `start`.

    Where pairs do not come out even (`{{c1::{{}}` hides two braces), the first two that close do.
    """
    depth, first, nothing_yet = 0, None, True
    at = start
    for run in _BRACES.finditer(text, start, limit):
        begin, end = run.span()
        nothing_yet = nothing_yet and text[at:begin].isspace() if begin > at else nothing_yet
        at = end
        if run[0][0] == "{":
            depth += end - begin
            continue
        count = end - begin
        if count >= 2:
            if nothing_yet:
                # Braces alone: what is hidden are the braces, or a pair of them.
                return end
            if count >= depth + 2:
                return begin + depth + 2
            first = first or end
        depth = max(0, depth - count)
    return first


def _open(hidden: str) -> str:
    """A gap, with the blanks round what is hidden, so that no two words run together."""
    return hidden.replace(hidden.strip(), GAP, 1)


def _between(cloze: Cloze) -> Iterator[str]:
    at = 0
    for hole in cloze.holes:
        yield cloze.text[at : hole.start]
        at = hole.end
    yield cloze.text[at:]
