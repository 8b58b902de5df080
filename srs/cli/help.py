"""The keys and what they do: the screen behind `?`, and the same as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli.drawing import wrap
from srs.cli.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

HARD_MEANS = "Hard means you knew it, with effort. If you did not know it, press 1."

HELP_KEYS = (
    ("Space Enter", "the answer, then Good"),
    ("1 2 3 4", "Again, Hard, Good, Easy"),
    ("A-D", "an option; so do 1-4"),
    ("h", "a hint, if there is one"),
    ("u U", "undo, redo, step by step"),
    ("s", "suspend: off the queue"),
    ("b", "bury until tomorrow"),
    ("e", "edit the card's file"),
    ("!", "mark as wrong, for your next edit"),
    ("i", "take in a changed file"),
    (":s :q :?", "the same while you type; s b ! i only this way"),
    ("j k", "down a long text, and up"),
    ("q Ctrl-C", "stop; answers are saved"),
)

LINE_KEYS = (
    ("Enter", "show the answer, then Good"),
    *HELP_KEYS[1:-2],
    ("q", "stop, and so does the end of the input; every answer is saved"),
)


_COMMANDS = (
    (":h", "a hint, if there is one"),
    (":u :U", "undo, redo, step by step"),
    (":s", "suspend: off the queue"),
    (":b", "bury until tomorrow"),
    (":e", "edit the card's file"),
    (":!", "mark as wrong, for your next edit"),
    (":i", "take in a changed file"),
)

TYPING_COMMANDS = (
    ("Enter", "the line is your answer; empty: not known"),
    *_COMMANDS,
    (":j :k", "down a long question, and up"),
    (":q", "stop; answers are saved"),
)
"""What may be typed on the line, beside the answer."""

LINE_COMMANDS = (
    *TYPING_COMMANDS[:-2],
    (":q", "stop, and so does the end of the input; every answer is saved"),
)


def help_lines(*, keys: Sequence[tuple[str, str]] = HELP_KEYS, rating_keys: str = "") -> list[str]:
    """The keys and what they do, one per line, for line mode."""
    return [*(f"{key}: {does}" for key, does in _with_rating_keys(keys, rating_keys)), HARD_MEANS]


def help_rows(
    width: int,
    height: int,
    *,
    ascii_only: bool = False,
    keys: Sequence[tuple[str, str]] = HELP_KEYS,
    rating_keys: str = "",
) -> list[Text]:
    """The screen behind `?`, `height` rows; any key leaves it."""
    page = Page(width, height, ascii_only)
    keys = _with_rating_keys(keys, rating_keys)
    column = max(len(key) for key, _ in keys) + (2 if page.narrow else 4)
    told: list[str] = []
    for key, does in keys:
        wrapped = wrap(page.own(does), max(8, page.text_width - column))
        told += [f"{key if not at else '':<{column}}{row}" for at, row in enumerate(wrapped)]
    means = [row.text for row in page.wrapped(HARD_MEANS)]
    head = [page.row("Keys", "bold"), page.row("")]
    drawn = [*head, *map(page.row, told), page.row(""), *map(page.row, means)]
    if len(drawn) > height - 1:
        drawn = [row for row in drawn if row.plain]
    drawn = drawn[: max(0, height - 1)]
    drawn += [page.row("")] * (height - 1 - len(drawn))
    return [*drawn, page.row("Any key back to the card" if width >= 30 else "Any key: back", "dim")][:height]


def _with_rating_keys(keys: Sequence[tuple[str, str]], rating_keys: str) -> list[tuple[str, str]]:
    told = list(keys)
    rate = next((at for at, (key, _) in enumerate(told, 1) if key == "1 2 3 4"), None)
    if rating_keys and rate is not None:
        told.insert(rate, (" ".join(rating_keys), "the same, by your rating_keys"))
    return told
