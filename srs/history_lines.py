"""From rows of a file to lines of the log: their ids, their study days, their columns."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.ids import uuid7
from srs.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from srs.days import StudyDays
    from srs.interop.answers_csv import AnswerRow

_MINUTE_MS, _DAY_MINUTES = 60_000, 1_440


class Fresh(NamedTuple):
    """A line to write: `offset` is minutes east of UTC where the zone is known."""

    id: bytes
    key: bytes
    row: AnswerRow
    study_day: int
    offset: int | None


class Calendar:
    """Study days of very many moments, each minute worked out once: no day turns within one."""

    def __init__(self, days: StudyDays) -> None:
        self.days = days
        self.name = f"{days.zone}\0{days.rollover}"
        self._seen: dict[int, tuple[int, int]] = {}

    def of(self, at: int) -> tuple[int, int]:
        """Study day and minutes east of UTC, as `StudyDays` has them: zones keep whole minutes by now."""
        minute = at // _MINUTE_MS
        found = self._seen.get(minute)
        if found is None:
            offset = self.days.utc_offset(at)
            day = (minute + offset - self.days.rollover * 60) // _DAY_MINUTES
            found = self._seen[minute] = (day, offset)
        return found


def line_id(row: AnswerRow, key: bytes, rank: int, calendar: Calendar) -> bytes:
    """The line's id: given, or the ms of its moment and the SHA-256 of what it says (LOG §1).

    `rank` counts rows of one card at one moment. A study day of the file's own stands in the place of
    zone and rollover; the id of another program in the place of the rank.
    """
    if isinstance(row.id, bytes):
        return row.id
    day = calendar.name if row.study_day is None else str(row.study_day)
    which = str(rank) if row.id is None else f"id\0{row.id}"
    digest = sha256(key + f"{row.at}\0{which}\0{day}".encode()).digest()
    return uuid7(row.at, int.from_bytes(digest[:10], "big"))


def columns_of(lines: Iterable[Fresh], extra: Sequence[str], batch: bytes) -> Iterator[Sequence[Any]]:
    """The columns of answers, in the order of `store.reading.ANSWER_COLUMNS`.

    `extra` names the further fields of the rows.
    """
    places = {name: index for index, name in enumerate(extra)}
    nothing = (None,) * 7
    for line, key, row, day, offset in lines:
        head = (line, key, row.at, day, row.rating, row.took_ms)
        midway = int(State.REVIEW) if row.interval_before else None
        if row.extra is None:
            rest = (None, offset, None, None, None, None, midway, row.interval_before)
            yield (*head, *rest, *nothing, "", batch, 0, 0)
        else:
            told = _Told(row.extra, places)
            yield (*head, *_recorded(told, row, offset, midway), batch, 0, 0)


def _recorded(told: _Told, row: AnswerRow, offset: int | None, midway: int | None) -> tuple[Any, ...]:
    """What an export tells of an answer beside its moment and rating, `revealed_ms` to `device`."""
    state_before, state_after = told("state_before"), told("state_after")
    hinted = told("hinted")
    return (
        told("revealed_ms"),
        told("utc_offset") if told.has("utc_offset") else offset,
        *(told("mode"), None if hinted is None else int(hinted), told("response")),
        told("after"),
        midway if state_before is None else int(state_before),
        *(row.interval_before, told("difficulty_before"), told("recall")),
        None if state_after is None else int(state_after),
        *(told("step_after"), told("due_day"), told("due_at")),
        # Options say how a decision was made; without one the built-in ones rule (LOG §2 line 13).
        None if state_after is None else told("options"),
        told("device") or "",
    )


class _Told(NamedTuple):
    """What a row tells besides, by name."""

    values: tuple[Any, ...]
    places: dict[str, int]

    def has(self, name: str) -> bool:
        """Whether the file has the column."""
        return name in self.places

    def __call__(self, name: str) -> Any:  # noqa: ANN401 - whatever the column holds
        place = self.places.get(name)
        return None if place is None else self.values[place]
