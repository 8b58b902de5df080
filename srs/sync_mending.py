"""A device's own files in a shared folder put right before they are written on.

What a kill, a full disk, a tool or a person did to them is found here: a line that was not finished, a
file that was closed but not begun anew, damaged lines, files that are gone or shorter than they were.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from srs.log import Damaged, Head, NewerLine, decode
from srs.sync_files import head_of, is_open_file, list_files, number_of, verify
from srs.sync_folder import TEMPORARY, packed, sentences, sync_to_disk
from srs.sync_source import EndError, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from srs.sync_files import Found, Known
    from srs.sync_folder import OwnFiles

_BUFFER = 1 << 18


def put_right(own: OwnFiles, known: Mapping[str, Known]) -> bool:
    """Mend a device's files; whether all that was said in them once is still there.

    When it is not, what the device has to say must be worked out anew: all of the folder is read again.

    Raises:
        SrsError: the folder cannot be read or written.
    """
    with sentences(own.folder):
        for path in own.folder.glob(f".{own.device}[.-]*{TEMPORARY}"):
            path.unlink(missing_ok=True)  # never whole
        files = own.files()
        if _end_closing(own, files):
            files = own.files()
        changed = {name for name, each in files.items() if not _as_known(each, known.get(name))}
        lost = {name for name, each in known.items() if own.owns(name)} - files.keys()
        lost |= {name for name in changed & known.keys() if not _begins_with(own, files[name], known[name])}
        lost -= {name for name in lost if _was_closed(own, known[name], name, files)}
        damaged = {name for name in changed if _is_damaged(own, files[name])}
        # Others may have read further than a file goes now, so it gets another head.
        for name in sorted((damaged | lost) & files.keys()):
            _write_anew(own, files[name])
        for name in changed - damaged - lost:
            _drop_torn_end(own, files[name])
    return not (damaged or lost)


def others_are_whole(own: OwnFiles, known: Mapping[str, Known]) -> bool:
    """Whether all that was read in files of other devices is still in the folder.

    Who wrote a file may be no more. What is gone with it, whoever has read it must say again.
    """
    found, _ = list_files(str(own.folder))
    here = {each.name: each for each in found}
    return not any(
        each.read_to and not own.owns(name) and _has_lost(own, name, each, here)
        for name, each in known.items()
    )


def _has_lost(own: OwnFiles, name: str, known: Known, here: Mapping[str, Found]) -> bool:
    found = here.get(name)
    if found is None:
        return not any(
            number_of(each.name, known.device) is not None and _begins_with(own, each, known)
            for each in here.values()
            if is_open_file(name, known.device)
        )
    # A file that another took the place of has another head: one that was begun anew or put right.
    shorter = _as_known(found, known) is False and (found.closed or found.size < known.read_to)
    return shorter and head_of(str(own.folder), found) == known.head and not _begins_with(own, found, known)


def _as_known(found: Found, known: Known | None) -> bool:
    return known is not None and (known.size, known.mtime_ns) == (found.size, found.mtime_ns)


def _begins_with(own: OwnFiles, found: Found, known: Known) -> bool:
    return not known.read_to or verify(str(own.folder), found, known)


def _was_closed(own: OwnFiles, known: Known, name: str, files: Mapping[str, Found]) -> bool:
    """Whether what was known as the open file is a closed one now: a kill came before it was noted."""
    return is_open_file(name, own.device) and any(
        each.closed and _begins_with(own, each, known) for each in files.values()
    )


def _lines(own: OwnFiles, found: Found) -> Iterator[tuple[bytes | None, bool]]:
    """Each line of a file, and whether it can be trusted; a last one of None where the file breaks off."""
    try:
        with Source(str(own.folder), found) as source:
            for raw, _ in source.lines():
                yield raw, raw is not None and _is_good(raw)
            if found.closed and not source.whole:
                yield None, False
    except EndError:
        yield None, False


def _is_good(raw: bytes) -> bool:
    try:
        decode(raw)
    except NewerLine:
        return True
    except Damaged:
        return False
    return True


def _is_damaged(own: OwnFiles, found: Found) -> bool:
    lines = _lines(own, found)
    first = next(lines, (None, False))
    return not first[1] or not all(good for _, good in lines)


def _write_anew(own: OwnFiles, found: Found) -> None:
    """Write a file anew with its good lines, under another head."""
    kept = [own.head()]
    kept += [raw for raw, good in _lines(own, found) if good and raw is not None and not _is_head(raw)]
    data = b"".join(kept)
    own.replace(own.folder / found.name, packed(data) if found.closed else data)


def _is_head(raw: bytes) -> bool:
    with contextlib.suppress(NewerLine):
        return isinstance(decode(raw), Head)
    return False


def _drop_torn_end(own: OwnFiles, found: Found) -> None:
    """Cut off what a kill left of a line: nothing could be appended to it."""
    if found.closed:
        return
    with (own.folder / found.name).open("r+b") as file:
        size = ends = file.seek(0, 2)
        while size:
            start = max(0, size - _BUFFER)
            file.seek(start)
            at = file.read(size - start).rfind(b"\n")
            size = start + at + 1
            if at >= 0:
                break
        if size < ends:
            file.truncate(size)
            sync_to_disk(file)


def _end_closing(own: OwnFiles, files: Mapping[str, Found]) -> bool:
    """Begin the open file anew if all it held is in the newest closed one; whether it was so."""
    numbers = {number_of(name, own.device) or 0: each for name, each in files.items() if each.closed}
    here = files.get(own.open_file.name)
    if not numbers or here is None:
        return False
    closed = numbers[max(numbers)]
    held = own.open_file.read_bytes()
    size = 0
    try:
        with Source(str(own.folder), closed) as source:
            for raw, length in source.lines():
                if raw is None or held[size : size + length] != raw:
                    return False
                size += length
            if not source.whole or not size:
                return False
    except EndError:
        return False
    own.replace(own.open_file, own.head() + held[size:])
    return True
