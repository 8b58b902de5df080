"""Whether the values of a line that comes from elsewhere can be those of a line at all.

A file may be damaged and another database made by anybody: what is not checked here would be written
to the log for good, and raise wherever it is read.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from srs.errors import UsageError
from srs.model import ActKind, Options
from srs.scheduling import Scheduling
from srs.store.daily import FIRST_DAY, LAST_DAY
from srs.store.line_rows import ACT_VALUES
from srs.store.twins import VALUE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEY_BYTES = 16
_NO_KEY = bytes(KEY_BYTES)
"""No id is made so; where ids are read in bulk it stands for none."""
MOST_OFFSET = 18 * 60
"""Minutes from UTC: more than any zone ever kept."""
DIFFICULTIES = (1, 10)
LONGEST_NAME = 200
"""Letters of what devices and modes are called, as lines of the log travel (`log_values`)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MOST = 1 << 53
_DAY_MS = 86_400_000


def _is_key(value: object) -> bool:
    return type(value) is bytes and len(value) == KEY_BYTES and value != _NO_KEY


def _whole(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _between(least: float, most: float) -> Callable[[object], bool]:
    return lambda value: type(value) in (int, float) and least <= value <= most  # type: ignore[operator]


def _is_text(value: object) -> bool:
    return type(value) is str and "\0" not in value


def _is_name(value: object) -> bool:
    return type(value) is str and len(value) <= LONGEST_NAME and not _CONTROL.search(value)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _or_none(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or check(value)


_moment = _whole(FIRST_DAY * _DAY_MS, LAST_DAY * _DAY_MS)
_day = _whole(FIRST_DAY, LAST_DAY)
_any_whole = _or_none(_whole(-_MOST, _MOST))
_moment_or_none = _or_none(_moment)
_state = _or_none(_whole(0, 3))
_key_or_none, _text_or_none = _or_none(_is_key), _or_none(_is_text)

_name_or_none = _or_none(_is_name)

_BYTES = (_is_key, _key_or_none)

# In the order of `twins.VALUE_NAMES`.
_ANSWER: tuple[Callable[[object], bool], ...] = (
    *(_is_key, _is_key, _moment, _day, _whole(1, 4)),
    *(_any_whole, _any_whole, _or_none(_whole(-MOST_OFFSET, MOST_OFFSET)), _name_or_none),
    *(_or_none(_whole(0, 1)), _text_or_none, _key_or_none),
    *(_state, _or_none(_whole(0, LAST_DAY)), _or_none(_between(*DIFFICULTIES)), _or_none(_between(0, 1))),
    *(_state, _or_none(_whole(0, 1 << 31)), _or_none(_day), _moment_or_none),
    *(_key_or_none, _is_name, _key_or_none),
)
# In the order of `line_rows.ACT_VALUES`.
_ACT: tuple[Callable[[object], bool], ...] = (
    *(_is_key, _is_text, _moment, _day),
    *(_key_or_none, _key_or_none, _key_or_none, _is_text, _is_name),
)
_KINDS = frozenset(ActKind)


def sound_answers(answers: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """Those that may be the values of answers, in the order of `twins.VALUE_NAMES`."""
    if not answers or (set(map(len, answers)) == {len(_ANSWER)} and _look_sound(answers)):
        return answers
    return [values for values in answers if is_sound_answer(values)]


def _look_sound(answers: Sequence[Sequence[Any]]) -> bool:
    """Whether they all are, seen column by column: quicker, where as good as always they are."""
    for check, column in zip(_ANSWER, zip(*answers, strict=True), strict=True):
        if check in _BYTES:
            # Of these only type and length matter, and there are few kinds of them.
            odd = {(type(value), len(value) if type(value) is bytes else 0): value for value in column}
            if _NO_KEY in column or not all(map(check, odd.values())):
                return False
        elif not all(map(check, set(column))):
            return False
    return True


def is_sound_answer(values: Sequence[Any]) -> bool:
    """Whether these may be the values of an answer."""
    return len(values) == len(_ANSWER) and all(
        check(value) for check, value in zip(_ANSWER, values, strict=True)
    )


def fault_of_answer(values: Sequence[Any]) -> str | None:
    """What the values of an answer cannot be, in a few words; None: they can be those of one."""
    for name, check, value in zip(VALUE_NAMES, _ANSWER, values, strict=True):
        if not check(value):
            return f"`{name}` is out of its bounds"
    return None


def fault_of_act(values: Sequence[Any]) -> str | None:
    """What the values of an act cannot be, in a few words; None: they can be those of one."""
    for name, check, value in zip(ACT_VALUES, _ACT, values, strict=True):
        if not check(value):
            return f"`{name}` is out of its bounds"
    return None if is_sound_act(values) else f"`{values[1]}` does not say what it needs to"


def is_sound_act(values: Sequence[Any]) -> bool:
    """Whether these may be the values of an act: `reading.ACT_COLUMNS` without `undone`.

    What an act names (its target, its cause) was written before it; but for resets that were imported.
    """
    if len(values) != len(_ACT) or not all(check(value) for check, value in zip(_ACT, values, strict=True)):
        return False
    line, kind, _, _, card, target, cause, payload, _ = values
    if kind not in _KINDS or (target is not None and target >= line):
        return False
    # A reset that came with a log from elsewhere stands where it happened, before the import it came with.
    if cause is not None and cause >= line and kind != ActKind.FORGET:
        return False
    try:
        body = json.loads(payload, parse_constant=_refuse)
        return isinstance(body, dict) and _says_what_its_kind_needs(kind, card, target, body)
    except (ValueError, KeyError, TypeError, AttributeError, UsageError, RecursionError):
        return False


def _says_what_its_kind_needs(
    kind: str, card: bytes | None, target: bytes | None, body: dict[str, Any]
) -> bool:
    if kind == ActKind.UNDO:
        return target is not None
    if kind == ActKind.OPTIONS:
        options = Options.from_body(body["body"])
        Scheduling(options=options)
        return bool(options.name().hex() == body["hash"] and options.body() == body["body"])
    if kind == ActKind.PARAMS:
        Scheduling(body["parameters"])
        return body.get("deck") is None or _is_text(body["deck"])
    if kind == ActKind.SAME:
        return all(_is_key(bytes.fromhex(body[name])) for name in ("old", "new"))
    if kind in (ActKind.BURY, ActKind.DUE):
        return "day" not in body or _day(body["day"])
    return card is not None or kind in (ActKind.BATCH, ActKind.DECK)
