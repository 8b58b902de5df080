"""A card for terminals that only append, a screen reader's among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli.drawing import harmless, in_ascii, lines_of, spoken

if TYPE_CHECKING:
    from srs.cli.screen import CardView


def plain_lines(view: CardView, *, repeat: bool = False, ascii_only: bool = False) -> list[str]:
    """The card as lines.

    The question side gives everything up to the keys; the answer side only what is new, unless
    `repeat` (the card is back by an undo) asks for the question too. One option and one rating per
    line, each with its interval; no bar, nothing drawn; lines are not wrapped.
    """
    lines: list[str] = []
    if view.answer is None or repeat:
        counts = f"{view.new} new, {view.learning} learning, {view.due} due"
        lines += [f"{view.deck_name}: {view.finished} of {view.total}; {counts}", ""]
        lines += [*lines_of(spoken(view.scenario)), ""] if view.scenario else []
        lines += [*lines_of(view.question), ""]
        lines += [f"Hint: {view.hint}", ""] if view.hint and view.hinted else []
    response = view.response.plain() if view.response is not None else []
    if view.answer is None:
        lines += [*response, ""] if response else []
    else:
        lines += [*(response or lines_of(view.answer)), ""]
        lines += [*lines_of(view.explanation), ""] if view.explanation else []
        lines += [*lines_of(f"Source: {view.source}"), ""] if view.source else []
    lines += [view.note] if view.note else []
    lines += view.hints
    lines += [view.outcome] if view.outcome else []
    lines += [f"{n} {word} {interval}" for n, (word, interval) in enumerate(view.ratings, 1)]
    lines += [", ".join(view.keys)] if view.keys else []
    return [harmless(in_ascii(line) if ascii_only else line) for line in lines]
