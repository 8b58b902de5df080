"""The last row: which keys do something now, on the full screen and line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli.screen import ANSWER_KEYS
from srs.cli.turn import Stage

if TYPE_CHECKING:
    from srs.cli.turn import Turn

LEECH = ("Space carry on", "s suspend", "u take back", "e edit")
SUSPENDED = ("Space carry on", "u take back", "e edit")
_LAST = ("? keys", "q quit")
_LAST_TYPING = (":? keys", ":q quit")
_JUDGED = ("u type again", "e edit", *_LAST)
_ANSWERED_IN_LINES = ("u undo", "s suspend", "b bury", "e edit", *_LAST)
_WRITING = ("u", "s", "b", "e")


def on_screen(turn: Turn, *, hint: bool, missed: bool) -> tuple[str, ...]:
    """The keys of the full screen; `hint`: there is one to show, `missed`: the card comes back."""
    if turn.stage is Stage.WRITTEN:
        return ("Space next", "u take back", "e edit", *_LAST)
    if turn.stage is Stage.ANSWERED:
        first = f"Space {turn.proposed.word.lower()}"
        if turn.verdict is not None:
            return (first, *_JUDGED)
        return (first, *ANSWER_KEYS[1:])
    if turn.way == "choice":
        return (_choose(turn), "Space I do not know", *_hint(hint), "u undo", *_LAST)
    if turn.way == "type":
        return ("Enter when done", "empty if not known", *_hint(hint, ":"), ":u undo", *_LAST_TYPING)
    return ("say why, then Space" if missed else "Space answer", *_hint(hint), "u undo", *_LAST)


def in_lines(turn: Turn, *, hint: bool, missed: bool) -> tuple[str, ...]:
    """What may be typed where only lines are read."""
    if turn.stage is Stage.WRITTEN:
        return ("Enter next", "u take back", "s suspend", "e edit", *_LAST)
    if turn.stage is Stage.ANSWERED:
        rest = _ANSWERED_IN_LINES if turn.verdict is None else _JUDGED
        return (f"Enter {turn.proposed.word.lower()}", f"1-{turn.offered[-1].value} rate", *rest)
    if turn.way == "choice":
        return (_choose(turn), "Enter I do not know", *_hint(hint), "u undo", *_LAST)
    if turn.way == "type":
        alone = "Enter alone I do not know"
        return ("type the answer", alone, *_hint(hint, ":"), ":u undo", *_LAST_TYPING)
    return ("say why, then Enter" if missed else "Enter answer", *_hint(hint), "u undo", *_LAST)


def live(keys: tuple[str, ...], *, writes: bool, edits: bool) -> tuple[str, ...]:
    """Those that do something here: practice writes nothing, and not everywhere is there an editor."""
    dead = (() if writes else _WRITING) if edits else ("e", *(() if writes else _WRITING))
    return tuple(key for key in keys if key.split()[0].lstrip(":") not in dead or key == "u type again")


def _choose(turn: Turn) -> str:
    from srs.modes import LETTERS

    return f"A-{LETTERS[len(turn.options) - 1]} choose"


def _hint(there: bool, before: str = "") -> tuple[str, ...]:
    return (f"{before}h hint",) if there else ()
