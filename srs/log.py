"""The log as lines of text: one JSON object a line, with a version before and a checksum behind it.

    {"v":1,"learner":"me","kind":"answer","id":"0190…","card":"…","at":1760000000000, … ,"sum":"3f…"}

A line holds every recorded field of an answer or act by its name in `srs.model`, in that order, those
that are None left out; ids and keys are 32 hexadecimal digits. What is derived (`undone`, `follows`)
does not travel. `sum` is the first 16 hexadecimal digits of the SHA-256 of all bytes before its comma.
One line gives one text, so equal logs give equal files.

Beside lines of the log a file of many devices has heads, `"kind":"file"`: whose file it is, and lines that
tell which content the decks of the device have, `"kind":"decks"`.

A line that cannot be trusted raises `Damaged`; one that a newer srs wrote, with a version, kind or field
this one does not know, `NewerLine`: taken in by halves, what it says besides would be lost for good.
"""

from __future__ import annotations

import json
from dataclasses import fields
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from srs import log_values
from srs.log_values import Damaged
from srs.model import Act, ActKind, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from srs.model import Line

__all__ = [
    "MAX_LINE",
    "Damaged",
    "Decks",
    "Head",
    "Logged",
    "NewerLine",
    "decode",
    "encode",
    "encode_decks",
    "encode_head",
]

VERSION = 1
MAX_LINE = 1 << 20
"""Bytes of the longest line there is; the longest answer an import takes has about three quarters."""

_ANSWER = "answer"
_NEWER = "written by a newer srs"
_FILE = "file"
_DECKS = "decks"
_DERIVED = ("undone", "follows")
_SUM_DIGITS = 16
_SUM_STARTS = b',"sum":"'
_SUM_ENDS = b'"}'
_TAIL = len(_SUM_STARTS) + _SUM_DIGITS + len(_SUM_ENDS)
_AS_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class NewerLine(Damaged):
    """A line that a newer srs wrote; it waits until this one is newer, too."""


class Logged(NamedTuple):
    """A line of the log, and whose it is."""

    learner: str
    line: Line


class Head(NamedTuple):
    """What a file says of itself: the id and name of the device that writes it, and which file it is.

    `file` is made at random with each file, so that no two begin alike.
    """

    device: str
    name: str
    file: str


class Decks(NamedTuple):
    """What the decks of a device hold: by deck, a hash and when its file was written (ms since 1970)."""

    decks: dict[str, tuple[str, int]]


def encode(learner: str, line: Line) -> bytes:
    """A line of the log as text, with its line end."""
    if isinstance(line, Answer):
        raw: dict[str, Any] = {"v": VERSION, "learner": learner, "kind": _ANSWER}
        names = _ANSWER_NAMES
    else:
        raw = {"v": VERSION, "learner": learner, "kind": line.kind.value}
        names = _ACT_NAMES
    for name in names:
        value = getattr(line, name)
        if value is None:
            continue
        if isinstance(value, bytes):
            raw[name] = value.hex()
        elif isinstance(value, dict):
            raw[name] = _sorted(value)
        else:
            raw[name] = value
    return _sealed(raw)


def encode_head(head: Head) -> bytes:
    """A head as text, with its line end."""
    return _sealed({"v": VERSION, "kind": _FILE, **head._asdict()})


def encode_decks(told: Decks) -> bytes:
    """What decks hold as text, with its line end."""
    return _sealed({"v": VERSION, "kind": _DECKS, "decks": dict(sorted(told.decks.items()))})


def decode(data: bytes) -> Logged | Head | Decks:
    """What a text says; its line end may be there or not.

    Raises:
        Damaged: it says nothing that can be trusted.
        NewerLine: a newer srs wrote it.
    """
    raw = _unsealed(data.rstrip(b"\r\n"))
    version = raw.pop("v", None)
    if version != VERSION or isinstance(version, bool):
        if isinstance(version, int) and version > VERSION:
            raise NewerLine(_NEWER)
        raise Damaged("the line has no version")
    kind = raw.pop("kind", None)
    if kind == _FILE:
        return Head(**_checked(raw, _HEAD_CHECKS, ("device", "name", "file")))
    if kind == _DECKS:
        return Decks(**_checked(raw, _DECKS_CHECK, ("decks",)))
    (learner,) = _checked({"learner": raw.pop("learner", None)}, _LEARNER_CHECK, ()).values()
    if kind == _ANSWER:
        return Logged(learner, Answer(**_checked(raw, _ANSWER_CHECKS, _ANSWER_NEEDS)))
    if not isinstance(kind, str):
        raise Damaged("the line has no kind")
    if kind not in _KINDS:
        raise NewerLine(_NEWER)
    found = _checked(raw, _ACT_CHECKS, _ACT_NEEDS)
    act = Act(kind=_KINDS[kind], **found)
    log_values.check_payload(act)
    return Logged(learner, act)


def _sealed(raw: dict[str, Any]) -> bytes:
    body = _AS_JSON(raw).encode()[:-1]
    return b'%b,"sum":"%b"}\n' % (body, sha256(body).hexdigest()[:_SUM_DIGITS].encode())


def _unsealed(text: bytes) -> dict[str, Any]:
    """The object of a line whose checksum is right."""
    if len(text) > MAX_LINE:
        raise Damaged(f"the line is longer than {MAX_LINE >> 20} MB")
    body, tail = text[:-_TAIL], text[-_TAIL:]
    if not (body.startswith(b"{") and tail.startswith(_SUM_STARTS) and tail.endswith(_SUM_ENDS)):
        raise Damaged("this is not a line of the log")
    told = tail[len(_SUM_STARTS) : -len(_SUM_ENDS)]
    if sha256(body).hexdigest()[:_SUM_DIGITS].encode() != told:
        raise Damaged("the checksum does not match")
    try:
        raw = json.loads(body + b"}", parse_constant=_refuse)
        if b"\\u" in body:
            _AS_JSON(raw).encode()  # half a character, which no database keeps
    except (ValueError, RecursionError):
        raise Damaged("this is not a line of the log") from None
    assert isinstance(raw, dict)  # noqa: S101 - it begins with a brace; for the type checker
    return raw


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _checked(
    raw: dict[str, Any], checks: dict[str, Callable[[Any], Any]], needs: tuple[str, ...]
) -> dict[str, Any]:
    """The values of a line, each as its field wants it."""
    for name in needs:
        if name not in raw:
            raise Damaged(f"`{name}` is missing")
    for name, value in raw.items():
        check = checks.get(name)
        if check is None:
            raise NewerLine(_NEWER)
        try:
            raw[name] = check(value)
        except Damaged as error:
            raise Damaged(f"`{name}` {error}") from None
    return raw


def _sorted(value: Any) -> Any:  # noqa: ANN401 - anything JSON holds
    """The same with the names of every object in order; a figure that is no number is not told."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


_KINDS = {kind.value: kind for kind in ActKind}
_ANSWER_NAMES = tuple(each.name for each in fields(Answer) if each.name not in _DERIVED)
_ACT_NAMES = tuple(each.name for each in fields(Act) if each.name not in (*_DERIVED, "kind"))
_ANSWER_NEEDS = ("id", "card", "at", "study_day", "rating", "device")
_ACT_NEEDS = ("id", "at", "study_day", "payload", "device")
_HEAD_CHECKS: dict[str, Callable[[Any], Any]] = {
    "device": log_values.device,
    "name": log_values.name,
    "file": log_values.name,
}
_DECKS_CHECK: dict[str, Callable[[Any], Any]] = {"decks": log_values.decks}
_LEARNER_CHECK: dict[str, Callable[[Any], Any]] = {"learner": log_values.name}
_ANSWER_CHECKS: dict[str, Callable[[Any], Any]] = {
    "id": log_values.line_id,
    "card": log_values.key,
    "at": log_values.moment,
    "study_day": log_values.day,
    "rating": log_values.rating,
    "took_ms": log_values.whole,
    "revealed_ms": log_values.whole,
    "utc_offset": log_values.whole,
    "mode": log_values.name,
    "hinted": log_values.flag,
    "response": log_values.text,
    "after": log_values.key,
    "state_before": log_values.state,
    "interval_before": log_values.whole,
    "difficulty_before": log_values.number,
    "recall": log_values.number,
    "state_after": log_values.state,
    "step_after": log_values.whole,
    "due_day": log_values.day,
    "due_at": log_values.whole,
    "options": log_values.key,
    "device": log_values.device,
    "batch": log_values.key,
}
_ACT_CHECKS: dict[str, Callable[[Any], Any]] = {
    "id": log_values.line_id,
    "at": log_values.moment,
    "study_day": log_values.day,
    "card": log_values.key,
    "target": log_values.key,
    "cause": log_values.key,
    "payload": log_values.payload,
    "device": log_values.device,
}
