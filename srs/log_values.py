"""What the fields of a line of the log may hold: each check gives the value back, or raises `Damaged`.

Lines come from files that others write. What passes here can be kept by every database and folded,
counted and shown without a surprise: numbers are numbers, days lie in the calendar, parameters within
the bounds of FSRS.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from srs.days import day_number
from srs.errors import UsageError
from srs.ids import id_ms
from srs.model import ActKind, Options, Rating, State

if TYPE_CHECKING:
    from srs.model import Act

_DAY_MS = 86_400_000
_FIRST_DAY, _LAST_DAY = day_number(date.min), day_number(date.max)
_LARGEST = 1 << 53
_LONGEST_NAME = 200
_DEEPEST = 16
_LONGEST_INTERVAL = 1_000_000
_KEY = re.compile(r"[0-9a-f]{32}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_RATINGS = {int(each): each for each in Rating}
_STATES = {int(each): each for each in State}


class Damaged(ValueError):  # noqa: N818 - what the line is, and reads as that where it is caught
    """A line that cannot be trusted; the message says why, without the place."""


def key(value: object) -> bytes:
    """16 bytes, written as 32 hexadecimal digits."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise Damaged("is not 32 hexadecimal digits")
    return bytes.fromhex(value)


def line_id(value: object) -> bytes:
    """The id of a line: lines made after it need room in the calendar."""
    found = key(value)
    if id_ms(found) >= (_LAST_DAY + 1) * _DAY_MS:
        raise Damaged("lies after the year 9999")
    return found


def whole(value: object) -> int:
    """A whole number that every database keeps."""
    if not isinstance(value, int) or isinstance(value, bool) or not -_LARGEST <= value <= _LARGEST:
        raise Damaged("is not a whole number that can be")
    return value


def moment(value: object) -> int:
    """A moment of the calendar, in ms since 1970 UTC."""
    found = whole(value)
    if not _FIRST_DAY <= found // _DAY_MS <= _LAST_DAY:
        raise Damaged("is no moment of the calendar")
    return found


def day(value: object) -> int:
    """A day of the calendar, in days since 1970-01-01."""
    found = whole(value)
    if not _FIRST_DAY <= found <= _LAST_DAY:
        raise Damaged("is no day of the calendar")
    return found


def number(value: object) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise Damaged("is not a number that can be")
    return float(value)


def flag(value: object) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise Damaged("is neither true nor false")
    return value


def rating(value: object) -> Rating:
    """1 to 4."""
    found = _RATINGS.get(whole(value))
    if found is None:
        raise Damaged("is no rating")
    return found


def state(value: object) -> State:
    """0 to 3."""
    found = _STATES.get(whole(value))
    if found is None:
        raise Damaged("is no state")
    return found


def text(value: object) -> str:
    """Any text; NUL, which PostgreSQL does not keep, is in none that srs records."""
    if not isinstance(value, str) or "\0" in value:
        raise Damaged("is no text")
    return value


def device(value: object) -> str:
    """The id of a device; empty for answers that came out of a file."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or _CONTROL.search(value):
        raise Damaged("is no name")
    return value


def name(value: object) -> str:
    """A short text without control characters."""
    found = device(value)
    if not found:
        raise Damaged("is no name")
    return found


def is_name(text: object) -> bool:
    """Whether this can name a learner or a device."""
    return isinstance(text, str) and 0 < len(text) <= _LONGEST_NAME and not _CONTROL.search(text)


def decks(value: object) -> dict[str, tuple[str, int]]:
    """By the id of a deck, a hash and a moment."""
    if not isinstance(value, dict):
        raise Damaged("is no object")
    found = {}
    for deck, told in value.items():
        if not isinstance(told, list) or len(told) != 2:
            raise Damaged("tells no content")
        found[name(deck)] = name(told[0]), moment(told[1])
    return found


def payload(value: object) -> dict[str, Any]:
    """An object of plain JSON values, not nested deeply."""
    if not isinstance(value, dict):
        raise Damaged("is no object")
    _check_plain(value, _DEEPEST)
    return value


def _check_plain(value: object, deep: int) -> None:
    if isinstance(value, dict | list):
        if not deep:
            raise Damaged("is nested too deeply")
        for each in value.values() if isinstance(value, dict) else value:
            _check_plain(each, deep - 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number(value)


def check_payload(act: Act) -> None:
    """See that an act says what its kind needs, so that it can be folded.

    Raises:
        Damaged: it does not.
    """
    said = act.payload
    try:
        if said.get("day") is not None:
            day(said["day"])
        check = _OF_KIND.get(act.kind)
        if check is not None:
            check(said)
    except Damaged as error:
        raise Damaged(f"`payload` of `{act.kind.value}` {error}") from None


def _check_options(said: dict[str, Any]) -> None:
    try:
        body = said["body"]
        options = Options.from_body(body)
        steps = (*options.learning_steps, *options.relearning_steps)
        sane = (
            0 < number(options.desired_retention) < 1
            and 1 <= whole(options.maximum_interval) <= _LONGEST_INTERVAL
            and all(0 < whole(seconds) < _DAY_MS // 1000 for seconds in steps)
            and isinstance(options.fuzz, bool)
            and options.body() == body
            and options.name().hex() == said["hash"]
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        sane = False
    if not sane:
        raise Damaged("tells no options")


def _check_parameters(said: dict[str, Any]) -> None:
    from srs.scheduling import Scheduling  # noqa: PLC0415 - most logs have no such line

    if said.get("deck") is not None:
        name(said["deck"])
    found = said.get("parameters")
    if not isinstance(found, list):
        raise Damaged("tells no parameters")
    try:
        Scheduling([number(each) for each in found])
    except UsageError as error:
        raise Damaged(f"cannot be used: {error.message}") from None


def _check_names(said: dict[str, Any]) -> None:
    for side in ("old", "new"):
        key(said.get(side))
    for side in ("old_name", "new_name", "came_from"):
        if side in said:
            text(said[side])


def _check_reschedule(said: dict[str, Any]) -> None:
    if said.get("options"):
        key(said["options"])


def _check_deck(said: dict[str, Any]) -> None:
    for side in ("deck", "hash"):
        name(said.get(side))


_OF_KIND = {
    ActKind.OPTIONS: _check_options,
    ActKind.PARAMS: _check_parameters,
    ActKind.SAME: _check_names,
    ActKind.RESCHEDULE: _check_reschedule,
    ActKind.DECK: _check_deck,
}
