"""Whether a sync would find anything, told from the sizes and times of files: one look, nothing opened.

Asked before the first question of a review is shown, so nothing heavy is imported.
"""

from __future__ import annotations

import json
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from srs.errors import SrsError
    from srs.store.heads import Rows


def place_of(folder: str) -> str:
    """A folder as the database knows it, however it was named."""
    return os.path.normcase(os.path.realpath(folder))


def has_news(rows: Rows, folder: str, device: str, reader: str) -> bool:
    """Whether a folder has a file that this device has not read as it stands there now.

    `reader` is the version of this srs, which may read what an older one could not.

    Raises:
        OSError: the folder cannot be looked into.
    """
    sql = "SELECT path, head_hash FROM sync_file WHERE place = :place AND device = :device"
    read: dict[str, str] = dict(rows(sql, {"place": place_of(folder), "device": device}))
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if not may_hold_lines(name):
                continue
            try:
                facts = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # a tool took it away meanwhile
            if stat.S_ISREG(facts.st_mode) and not _is_as_read(read.get(name), facts, reader):
                return True
    return False


def may_hold_lines(name: str) -> bool:
    """Whether a name is that of a file of lines, or of a copy a tool made: `… 2.jsonl`, `….jsonl (1).gz`."""
    packed = name.endswith(".gz") and ".jsonl" in name
    return (packed or name.endswith(".jsonl")) and not name.startswith((".", "~"))


def files_of(folder: str, device: str) -> list[str]:
    """The files in a folder that a device writes.

    Raises:
        OSError: the folder cannot be looked into.
    """
    names = os.listdir(folder)  # noqa: PTH208 - a text all the way
    closed = f"{device}-"
    return sorted(
        name
        for name in names
        if name == f"{device}.jsonl" or (name.startswith(closed) and name.endswith(".jsonl.gz"))
    )


def _is_as_read(known: object, facts: os.stat_result, reader: str) -> bool:
    """Whether a file is as the database remembers it (`sync_files.Known.text`)."""
    try:
        told = json.loads(str(known))
        same = (told["size"], told["mtime_ns"]) == (facts.st_size, facts.st_mtime_ns)
        return same and (not told["newer"] or told["reader"] == reader)
    except (ValueError, TypeError, KeyError):
        return False


def has_unsent(rows: Rows, learner: str, folder: str, device: str) -> bool:
    """Whether there are lines here that a folder has not been sent."""
    from srs.store import arrivals  # noqa: PLC0415 - when the session has ended

    place = place_of(folder)
    mark, _ = arrivals.unsent(rows, learner, place, device)
    return mark != (arrivals.mark_of(rows, learner, place, device) or arrivals.Mark())


def read_error(folder: str, error: OSError) -> SrsError:
    """The sentence for a folder that cannot be looked into."""
    from srs.errors import FileProblems, NotFoundError  # noqa: PLC0415 - rarely

    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotFoundError(f"there is no folder {folder}")
    return FileProblems(f"the folder {folder} cannot be read: {error.strerror}")
