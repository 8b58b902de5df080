"""The files of a folder that many devices share: which there are, and reading them as lines of the log.

    DIR/<device>.jsonl              what a device says now; it alone writes here
    DIR/<device>-000001.jsonl.gz    what it said before; never changed again

Copies that tools make of them (`<device> (conflicted copy).jsonl`, `<device>.sync-conflict-….jsonl`) are
read as well: a union takes no harm. Whose a file is, its first line tells, else its name. Nothing outside
the folder is opened, and nothing larger than `sync_source.MOST_BYTES` is taken for a file of srs.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.errors import FileProblems, NotFoundError
from srs.log import MAX_LINE, Damaged, Decks, Head, Logged, NewerLine, decode
from srs.model import Answer
from srs.store.merging import act_values, answer_values
from srs.store.soundness import fault_of_act, fault_of_answer
from srs.sync_news import may_hold_lines
from srs.sync_source import HEAD_BYTES, EndError, Source, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_DAMAGED = 10_000
"""Damaged lines after which the rest of a file is not looked at."""
REASONS_KEPT = 5
"""Damaged lines of a file that are told one by one."""
LINES_AT_ONCE = 2_000

OPEN_ENDS, CLOSED_ENDS, PACKED = ".jsonl", ".jsonl.gz", ".gz"
_NUMBERED = re.compile(r"(?P<device>.+)-(?P<number>\d{6})\.jsonl\.gz", re.DOTALL)
_DEVICE = re.compile(r"[0-9A-Za-z_]+")


class Found(NamedTuple):
    """A file of the folder, as it stands there."""

    name: str
    size: int
    mtime_ns: int

    @property
    def closed(self) -> bool:
        """Whether it is a closed, compressed file."""
        return self.name.endswith(PACKED)


class Trouble(NamedTuple):
    """Something wrong with a file of the folder; `line` is 0 where it is not about one line."""

    name: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """How far a file was read, and what tells that it is still the same one.

    `read_to` counts bytes (of a compressed file those it holds) up to the first line that could not be
    taken, `line` the lines before it. `head` and `tail` are hashes of the first line and of the last
    bytes read. `size` and `mtime_ns` are the file's own: where both are as they were, so is the file.
    `refused` are answers of learners who never joined, by device and learner; `decks` the content of the
    device's decks as the file told it last. `newer` lines wait for
    the srs after `reader`.
    """

    read_to: int = 0
    line: int = 0
    head: str = ""
    tail: str = ""
    size: int = -1
    mtime_ns: int = -1
    device: str = ""
    name: str = ""
    whole: bool = True
    damaged: int = 0
    reasons: tuple[tuple[int, str], ...] = ()
    newer: int = 0
    reader: str = ""
    refused: tuple[tuple[str, str, int], ...] = ()
    decks: dict[str, tuple[str, int]] = field(default_factory=dict)

    def text(self) -> str:
        """All but `read_to` as one text, for the database."""
        return json.dumps(
            {name: getattr(self, name) for name in self.__slots__ if name != "read_to"},
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, read_to: int, text: str) -> Known | None:
        """Read `text` back; None where it is of another srs: then the file is read anew."""
        try:
            raw: dict[str, Any] = json.loads(text)
            raw["reasons"] = tuple((int(line), str(reason)) for line, reason in raw["reasons"])
            raw["refused"] = tuple((str(d), str(a), int(n)) for d, a, n in raw["refused"])
            raw["decks"] = {str(deck): (str(told), int(at)) for deck, (told, at) in raw["decks"].items()}
            return cls(read_to=read_to, **raw)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def still(self, found: Found, reader: str) -> bool:
        """Whether there is nothing in the file that was not looked at, at the cost of nothing."""
        same = (self.size, self.mtime_ns) == (found.size, found.mtime_ns)
        return same and (not self.newer or self.reader == reader)


@dataclass(slots=True)
class Reading:
    """What reading a file has come to, while and after its `lines` are gone through.

    `start` is where it began: 0, or where it ended last time.
    """

    found: Found
    start: int = 0
    line: int = 0
    read_to: int = 0
    head: str = ""
    tail: str = ""
    device: str = ""
    name: str = ""
    whole: bool = True
    damaged: int = 0
    newer: int = 0
    reasons: list[tuple[int, str]] = field(default_factory=list)
    decks: dict[str, tuple[str, int]] = field(default_factory=dict)
    vanished: bool = False
    """Whether a tool took the file away before it could be read."""
    broken: bool = False
    """Whether it could not be read to its end for a reason outside of it, so that it is to be read again."""
    _stopped_at: tuple[int, int, str] | None = None

    def known(self, *, reader: str, refused: Mapping[tuple[str, str], int]) -> Known:
        """What to remember of it."""
        read_to, line, tail = self._stopped_at or (self.read_to, self.line, self.tail)
        return Known(
            read_to=read_to,
            line=line,
            head=self.head,
            tail=tail,
            size=-1 if self.broken else self.found.size,
            mtime_ns=-1 if self.broken else self.found.mtime_ns,
            device=self.device,
            name=self.name,
            whole=self.whole,
            damaged=self.damaged,
            reasons=tuple(self.reasons),
            newer=self.newer,
            reader=reader,
            refused=tuple((device, learner, n) for (device, learner), n in sorted(refused.items())),
            decks=self.decks,
        )

    def trouble(self, reason: str, *, line: int | None = None) -> None:
        """Note what is wrong; what is remembered as read ends before the first such place."""
        self._stop()
        self.damaged += 1
        if len(self.reasons) < REASONS_KEPT:
            self.reasons.append((self.line + 1 if line is None else line, reason))

    def waits(self) -> None:
        """Note a line of a newer srs; it is read again."""
        self._stop()
        self.newer += 1

    def _stop(self) -> None:
        if self._stopped_at is None:
            self._stopped_at = self.read_to, self.line, self.tail


def list_files(folder: str) -> tuple[list[Found], list[Trouble]]:
    """The files of a folder that may hold lines of the log, a device's closed ones first.

    Raises:
        NotFoundError: there is no such folder.
        FileProblems: it cannot be looked into.
    """
    files: list[Found] = []
    troubles: list[Trouble] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if not may_hold_lines(name):
                    continue
                try:
                    name.encode()
                    facts = entry.stat(follow_symlinks=False)
                except UnicodeEncodeError:
                    shown = os.fsencode(name).decode("utf-8", "replace")
                    troubles.append(Trouble(shown, 0, "its name is not UTF-8; it was left alone"))
                    continue
                except FileNotFoundError:
                    continue  # a tool took it away meanwhile
                if stat.S_ISLNK(facts.st_mode):
                    troubles.append(Trouble(name, 0, "a link, which is not followed"))
                elif stat.S_ISREG(facts.st_mode):
                    files.append(Found(name, facts.st_size, facts.st_mtime_ns))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _no_folder(folder) from error
    except OSError as error:
        raise FileProblems(f"the folder {folder} cannot be read: {error.strerror}") from error
    return sorted(files), sorted(troubles)


def _no_folder(folder: str) -> NotFoundError:
    hint = "make it first if it is a new one; a drive may have to be plugged in"
    return NotFoundError(f"there is no folder {folder}", hint)


def is_open_file(name: str, device: str) -> bool:
    """Whether this is the file a device writes now."""
    return name == device + OPEN_ENDS


def number_of(name: str, device: str) -> int | None:
    """The number of a closed file of a device; None for any other file."""
    found = _NUMBERED.fullmatch(name)
    return int(found["number"]) if found and found["device"] == device else None


def closed_name(device: str, number: int) -> str:
    """The name of a closed file of a device."""
    return f"{device}-{number:06d}{CLOSED_ENDS}"


def read_lines(
    folder: str, found: Found, known: Mapping[str, Known], *, anew: bool = False
) -> tuple[Reading, Iterator[list[Logged]]]:
    """Go through the lines of a file that were not read before; with `anew`, through all of them.

    Gives what the reading comes to, filled while the second, the lines in parts, is gone through.
    """
    reading = Reading(found)
    return reading, _parts(folder, reading, None if anew else begin_at(found, known))


def begin_at(found: Found, known: Mapping[str, Known]) -> Known | None:
    """What is known of this file, or of the open one it was before it was closed."""
    numbered = _NUMBERED.fullmatch(found.name)
    if found.name not in known and numbered:
        return known.get(numbered["device"] + OPEN_ENDS)
    return known.get(found.name)


def verify(folder: str, found: Found, known: Known) -> bool:
    """Whether a file begins with what was read of it."""
    reading = Reading(found)
    try:
        with Source(folder, found) as source:
            return _resume(source, reading, known)
    except (OSError, EndError):
        return False


def head_of(folder: str, found: Found) -> str:
    """The hash of a file's first line, as `Known.head` has it; empty where there is none to be read."""
    try:
        with Source(folder, found) as source:
            raw, _ = next(source.lines(), (None, 0))
            return hash_of((raw or b"")[:HEAD_BYTES])
    except (OSError, EndError):
        return ""


def _parts(folder: str, reading: Reading, known: Known | None) -> Iterator[list[Logged]]:
    """The lines, in parts."""
    part: list[Logged] = []
    try:
        for each in _entries(folder, reading, known):
            if isinstance(each, Head):
                reading.device, reading.name = each.device, each.name
                continue
            if isinstance(each, Decks):
                reading.decks = each.decks
                continue
            part.append(each)
            if len(part) == LINES_AT_ONCE:
                yield part
                part = []
    except EndError as end:
        reading.trouble(str(end))
    except FileNotFoundError:
        # As it comes back it may look just as it was listed.
        reading.vanished = reading.broken = True
        reading.whole = False
    except OSError as error:
        reading.broken = True
        if error.errno in (errno.ELOOP, errno.EMLINK):  # made a link since it was listed
            reading.trouble("a link, which is not followed", line=0)
        else:
            reading.trouble(f"cannot be read: {error.strerror}", line=0)
    if part:
        yield part


def _entries(folder: str, reading: Reading, known: Known | None) -> Iterator[Logged | Head | Decks]:
    with Source(folder, reading.found) as source:
        if known is not None and _resume(source, reading, known):
            reading.start = known.read_to
            reading.device, reading.name, reading.decks = known.device, known.name, known.decks
        else:
            reading.device = device_in(reading.found.name)
            source.rewind()
        for raw, size in source.lines():
            try:
                yield _decoded(raw)
            except NewerLine:
                reading.waits()
            except Damaged as error:
                reading.trouble(str(error))
                if reading.damaged == MOST_DAMAGED:
                    raise EndError("too many damaged lines; the rest was not looked at") from error
            if not reading.line:
                reading.head = hash_of((raw or b"")[:HEAD_BYTES])
            reading.line += 1
            reading.read_to += size
            reading.tail = source.tail_hash
        reading.whole = source.whole


def _decoded(raw: bytes | None) -> Logged | Head | Decks:
    if raw is None:
        raise Damaged(f"the line is longer than {MAX_LINE >> 20} MB")
    return decode_sound(raw)


def decode_sound(raw: bytes) -> Logged | Head | Decks:
    """What a text says, if a database can take it.

    Raises:
        Damaged: it says nothing that can be trusted, or what cannot be.
        NewerLine: a newer srs wrote it.
    """
    entry = decode(raw)
    if isinstance(entry, Logged):
        line = entry.line
        if isinstance(line, Answer):
            fault = fault_of_answer(answer_values(line))
        else:
            fault = fault_of_act(act_values(line))
        if fault is not None:
            raise Damaged(fault)
    return entry


def device_in(name: str) -> str:
    """The device that a file's name begins with, as tools leave it when they copy a file."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        return numbered["device"]
    found = _DEVICE.match(name)
    return found[0] if found else name


def _resume(source: Source, reading: Reading, known: Known) -> bool:
    """Go on where reading ended last time, if the file still begins with what was read."""
    if not known.read_to:
        return False
    first, before = source.skip(known.read_to)
    if hash_of(first) != known.head or hash_of(before) != known.tail:
        return False
    reading.head, reading.tail = known.head, known.tail
    reading.read_to, reading.line = known.read_to, known.line
    return True
