"""The values of a CSV of answers: each column's text to what it means, or a sentence why not."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from srs.deck.clean import clean_line, clean_text, quoted
from srs.ids import id_ms
from srs.model import MODES, Options, Rating, State
from srs.store.soundness import DIFFICULTIES, MOST_OFFSET

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    Parser = Callable[[str], Any]

EARLIEST = int(datetime(1985, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""No program of this kind is older; what seems to be is a serial date or a number of something else."""
_DAY_MS = 86_400_000
_LONGEST_TOOK = 10 * _DAY_MS
_LONGEST_NAME = 200
_LONGEST_INTERVAL = 1_000_000
_DAYS_APART = 3
_FIRST_DUE = EARLIEST // _DAY_MS
_LAST_DUE = (date(4800, 1, 1) - date(1970, 1, 1)).days
"""No interval of the longest kind ends later."""
_SECONDS_BELOW = 100_000_000_000
"""Numbers below are seconds since 1970 (until the year 5138), the others milliseconds (from 1973 on)."""
_NUMBER = re.compile(r"-?\d+(\.\d*)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,15}(\.0*)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OFFSET = re.compile(r":\d\d(?:[.,]\d+)?(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?\s*$", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MS = timedelta(milliseconds=1)
_WHEN = "ISO 8601 with its zone, as 2024-03-29T20:32:32Z, or seconds or milliseconds since 1970"
_RATINGS = {str(int(rating)): int(rating) for rating in Rating} | {
    rating.name.lower(): int(rating) for rating in Rating
}
_STATES = {str(int(state)): state for state in State} | {state.word: state for state in State}


class BadValueError(ValueError):
    """A value that its column cannot hold."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Reading(NamedTuple):
    """How a file is read: `now` in ms (later answers are refused), `zone` of moments that name none."""

    now: int
    zone: tzinfo | None = None

    def parsers(self, *, has_key: bool = False) -> dict[str, Parser]:
        """The parser of each column; with a column of keys a card need not have a name."""
        return {
            "card": _Names(may_be_empty=has_key),
            "rating": _rating,
            "reviewed_at": self.moment,
            "took_ms": _took,
            "study_day": _day,
            "id": self._id,
            "interval_before": _interval,
            "key": _key,
            **_EXTRA_PARSERS,
        }

    def moment(self, text: str) -> int:
        """A moment in ms since 1970."""
        said = text.strip()
        if said[4:5] == "-":
            ms = self._iso(said)
        elif _NUMBER.fullmatch(said) and len(said) < 32:
            number = float(said)
            ms = math.floor(number * 1000 + 1e-6) if abs(number) < _SECONDS_BELOW else math.floor(number)
        else:
            raise BadValueError(f"{_told(said)} is no moment", f"it is {_WHEN}")
        if ms < EARLIEST:
            # An ISO moment is well written; a number may be none of seconds.
            hint = "is its year right?" if said[4:5] == "-" else f"it is {_WHEN}"
            raise BadValueError(f"{_told(said)} lies before 1985", hint)
        if ms > self.now + _DAY_MS:
            raise BadValueError(
                f"{_told(said)} lies in the future", "an answer that was not given yet is none"
            )
        return ms

    def _iso(self, said: str) -> int:
        try:
            found = datetime.fromisoformat(said.removesuffix(" UTC") + ("Z" if said.endswith(" UTC") else ""))
        except ValueError:
            raise BadValueError(f"{_told(said)} is no moment", f"it is {_WHEN}") from None
        if len(said) <= 10:
            raise BadValueError(f"{_told(said)} is a day without a time", f"it is {_WHEN}")
        if found.tzinfo is None:
            if self.zone is None:
                raise BadValueError(
                    f"{_told(said)} names no zone",
                    "say in which zone these moments are: `--zone Europe/Berlin`, or `--zone UTC`",
                )
            found = found.replace(tzinfo=self.zone)
        return (found - _EPOCH) // _MS

    def _id(self, text: str) -> bytes | str | None:
        """A line id of ours as its bytes; the id of another program as its text."""
        said = text.strip()
        if not said:
            return None
        line_id = _uuid(said)
        if line_id is None or line_id[6] >> 4 != 7 or line_id[8] >> 6 != 2:
            if len(said) > _LONGEST_NAME:
                raise BadValueError(f"an id of more than {_LONGEST_NAME} characters")
            return said
        if id_ms(line_id) > self.now + _DAY_MS:
            raise BadValueError(
                f"the id {_told(said)} was made in the future", "later answers could not follow it"
            )
        return line_id


class _Names:
    """Names of cards, each kept once however often it comes."""

    def __init__(self, *, may_be_empty: bool) -> None:
        self._seen: dict[str, str] = {}
        self._may_be_empty = may_be_empty

    def __call__(self, text: str) -> str:
        known = self._seen.get(text)
        if known is None:
            name = text.strip()
            if not name and not self._may_be_empty:
                raise BadValueError("no card is named")
            if len(name) > _LONGEST_NAME:
                raise BadValueError(f"the name of a card has more than {_LONGEST_NAME} characters")
            if clean_line(name) != name:
                raise BadValueError(f"{_told(name)} has characters that no name has")
            known = self._seen[text] = name
        return known


def _told(said: str) -> str:
    return quoted(said) if said else "nothing"


def _rating(text: str) -> int:
    found = _RATINGS.get(text)
    if found is None:
        found = _RATINGS.get(text.strip().lower().removesuffix(".0"))
    if found is None:
        raise BadValueError(
            f"{_told(text.strip())} is no rating", "ratings are 1 to 4, or again, hard, good, easy"
        )
    return found


def _took(text: str) -> int | None:
    took = _whole(text, "a time in milliseconds")
    if took is not None and took > _LONGEST_TOOK:
        raise BadValueError(f"{_told(text.strip())} ms is more than ten days", "took_ms is in milliseconds")
    return took


def _interval(text: str) -> int | None:
    interval = _whole(text, "an interval in whole days")
    if interval is not None and interval > _LONGEST_INTERVAL:
        raise BadValueError(f"{_told(text.strip())} days is too long an interval")
    return interval


def _whole(text: str, what: str) -> int | None:
    said = text.strip()
    if not said:
        return None
    if _WHOLE.fullmatch(said) is None:
        raise BadValueError(f"{_told(said)} is not {what}")
    return int(said.partition(".")[0])


def _day(text: str) -> int | None:
    """A study day, written as its date."""
    said = text.strip()
    if not said:
        return None
    try:
        # `fromisoformat` takes week dates and days without signs, too; a study day is written one way.
        return date.fromisoformat(said if _DATE.fullmatch(said) else "").toordinal() - _EPOCH_DAY
    except ValueError:
        raise BadValueError(f"{_told(said)} is no day", "a study day is a date, as 2024-03-29") from None


def _uuid(said: str) -> bytes | None:
    if len(said) not in (32, 36):
        return None
    try:
        return UUID(said).bytes
    except ValueError:
        return None


def _bytes(text: str) -> bytes | None:
    said = text.strip()
    if not said:
        return None
    try:
        found = bytes.fromhex(said)
    except ValueError:
        found = b""
    if len(found) != 16:
        raise BadValueError(f"{_told(said)} is not 32 hexadecimal digits")
    return found


def _key(text: str) -> bytes | None:
    return _bytes(text)


def _line(text: str) -> bytes | None:
    """The id of another line."""
    return _uuid(text.strip()) or _bytes(text)


def _signed(text: str) -> int | None:
    return (
        -(_whole(text[1:], "a whole number") or 0) if text.startswith("-") else _whole(text, "a whole number")
    )


def _offset(text: str) -> int | None:
    minutes = _signed(text.strip())
    if minutes is not None and abs(minutes) > MOST_OFFSET:
        raise BadValueError(f"{_told(text.strip())} is no offset in minutes east of UTC", "as 120, or -300")
    return minutes


def _due_day(text: str) -> int | None:
    day = _day(text)
    if day is not None and not _FIRST_DUE <= day <= _LAST_DUE:
        raise BadValueError(f"{_told(text.strip())} is no day to be due on", "is its year right?")
    return day


def _difficulty(text: str) -> float | None:
    found = _number(text)
    least, most = DIFFICULTIES
    if found is not None and not least <= found <= most:
        raise BadValueError(f"{_told(text.strip())} is no difficulty from {least} to {most}")
    return found


def _number(text: str) -> float | None:
    said = text.strip()
    if not said:
        return None
    try:
        found = float(said)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise BadValueError(f"{_told(said)} is no number")
    return found


def _share(text: str) -> float | None:
    found = _number(text)
    if found is not None and not 0 <= found <= 1:
        raise BadValueError(f"{_told(text.strip())} is no chance from 0 to 1")
    return found


def _state(text: str) -> State | None:
    said = text.strip().lower()
    if said and said not in _STATES:
        raise BadValueError(f"{_told(said)} is no state", "states are new, learning, review, relearning")
    return _STATES.get(said)


def _mode(text: str) -> str | None:
    said = text.strip()
    if said and said not in MODES:
        raise BadValueError(f"{_told(said)} is no mode", f"modes are {', '.join(MODES)}")
    return said or None


def _flag(text: str) -> bool | None:
    said = text.strip().lower()
    if said not in ("", "0", "1", "true", "false"):
        raise BadValueError(f"{_told(said)} is neither 0 nor 1")
    return said in ("1", "true") if said else None


def _text(text: str) -> str | None:
    return clean_text(text) or None


def _device(text: str) -> str:
    said = clean_line(text.strip())
    if len(said) > _LONGEST_NAME:
        raise BadValueError(f"a device's id of more than {_LONGEST_NAME} characters")
    return said


def _moment_or_none(text: str) -> int | None:
    said = text.strip()
    if not said:
        return None
    try:
        ms = (datetime.fromisoformat(said) - _EPOCH) // _MS
    except (ValueError, TypeError, OverflowError):
        raise BadValueError(f"{_told(said)} is no moment", f"it is {_WHEN}") from None
    if ms < EARLIEST:
        raise BadValueError(f"{_told(said)} lies before 1985", "is its year right?")
    return ms


_EXTRA_PARSERS: dict[str, Parser] = {
    "revealed_ms": _took,
    "utc_offset": _offset,
    "mode": _mode,
    "hinted": _flag,
    "response": _text,
    "after": _line,
    "state_before": _state,
    "difficulty_before": _difficulty,
    "recall": _share,
    "state_after": _state,
    "step_after": _interval,
    "due_day": _due_day,
    "due_at": _moment_or_none,
    "options": _key,
    "device": _device,
}

CORE = dict.fromkeys(
    ("card", "rating", "reviewed_at", "took_ms", "study_day", "id", "interval_before", "key")
)
"""The columns of a row, in the order of `AnswerRow`."""
EXTRA = dict.fromkeys(_EXTRA_PARSERS)
"""What an export of our own tells besides; by the names of `srs.model.Answer`."""


def fit_together(at: int | None, study_day: int | None) -> bool:
    """Whether a study day can be that of a moment, in some zone and with some rollover."""
    return at is None or study_day is None or abs(at // _DAY_MS - study_day) <= _DAYS_APART


def offset_of(moment: str) -> int | None:
    """The offset that an ISO moment says, in minutes east of UTC.

    None where it is 0: programs write UTC wherever they are, so that it does not tell a zone.
    """
    found = _OFFSET.search(moment)
    if found is None:
        return None
    minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    return (-minutes if found["sign"] == "-" else minutes) or None if minutes <= MOST_OFFSET else None


def read_options(payload: str) -> Options | None:
    """The set of options that an `options` line of an export tells; None where it is none."""
    try:
        told = json.loads(payload)
        options = Options.from_body(told["body"])
        steps = (*options.learning_steps, *options.relearning_steps)
        sane = (
            0 < options.desired_retention < 1
            and options.maximum_interval >= 1
            and all(isinstance(seconds, int) and 0 < seconds < _DAY_MS // 1000 for seconds in steps)
        )
        return options if sane and options.name().hex() == told["hash"] else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
