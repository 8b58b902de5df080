"""The holes of Anki's cloze cards: what each card hides, in what Anki rendered and in the field itself.

A hole may stand in another, reach over the end of a line's tag, or belong to several cards
(`{{c1,2::both}}`), so neither a regular expression nor the parsed page tells where one ends: openings and
closings are counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_CHARACTERS = 100_000
"""Of a side or a field; a longer one is not looked through for holes."""

_SPAN = re.compile(r"<(/?)span\b([^>]{0,2000})>", re.IGNORECASE)
_SHOWN = re.compile(r'class="cloze"[^>]*?data-ordinal="([\d,]{1,200})"')
_SIGN = re.compile(r"\{\{c(\d{1,3}(?:,\d{1,3}){0,50})::|\}\}")
_MATH = re.compile(r"\\\(.{0,2000}?\\\)|\\\[.{0,2000}?\\\]", re.DOTALL)


def shown_holes(html: str, number: int) -> list[str]:
    """The HTML of the holes of a card (its number from 1) on the side that Anki rendered."""
    found: list[str] = []
    depth, begin, opened = 0, 0, 0
    for tag in _SPAN.finditer(html):
        if tag[1]:
            depth -= 1
            if opened and depth < opened:
                found.append(html[begin : tag.start()])
                opened = 0
            continue
        depth += 1
        hole = None if opened else _SHOWN.search(tag[2])
        if hole is not None and str(number) in hole[1].split(","):
            begin, opened = tag.end(), depth
    return found


def hides_math(question: str, answer: str) -> bool:
    """Whether a formula of the answer stands in the question with a gap, where Anki marks no hole."""
    shown = _MATH.findall(question)
    return bool(shown) and not {*shown} <= {*_MATH.findall(answer)}


def written_holes(field: str, number: int) -> list[str]:
    """What a field hides from a card (its number from 1), without the marks of holes within."""
    found: list[str] = []

    def close(numbers: list[str], outer: list[list[str]], hidden: str) -> None:
        if str(number) in numbers and not any(str(number) in others for others in outer):
            found.append(hidden)

    _walk(field, close)
    return found


def without_holes(field: str) -> str:
    """A field with all holes filled."""
    return _walk(field, lambda _numbers, _outer, _hidden: None)


def _walk(field: str, close: Callable[[list[str], list[list[str]], str], None]) -> str:
    """The text of a field; `close` is told of each hole its numbers, those round it, and what it hides."""
    texts: list[str] = [""]
    numbers: list[list[str]] = []
    for text, opens, closes in _pieces(field[:MOST_CHARACTERS]):
        texts[-1] += text
        if opens is not None:
            numbers.append(opens.split(","))
            texts.append("")
        elif closes and numbers:
            hidden = texts.pop().partition("::")[0]
            own = numbers.pop()
            close(own, numbers, hidden)
            texts[-1] += hidden
        elif closes:
            texts[-1] += "}}"
    return "".join(texts)


def _pieces(field: str) -> Iterator[tuple[str, str | None, bool]]:
    """Text, and what comes after it: the numbers of a hole that opens, or that one closes."""
    at = 0
    for sign in _SIGN.finditer(field):
        yield field[at : sign.start()], sign[1], sign[1] is None
        at = sign.end()
    yield field[at:], None, False
