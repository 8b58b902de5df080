"""Whether something that went wrong went wrong because the database is damaged.

A flipped bit in a page may make any value of any other, where no page is at fault by SQLite's own check:
an answer rated 67, tags that are no list. What stumbles over such is no bug, and the way out is a backup.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from srs import __version__, places
from srs.errors import DamagedError, SrsError

if TYPE_CHECKING:
    from collections.abc import Sequence


def damage_behind(arguments: Sequence[str]) -> DamagedError | None:
    """The error of the database that these arguments mean, if it is damaged; never raises."""
    path = _database(arguments)
    if "://" in path or not os.path.isfile(path):  # noqa: PTH113 - a text
        return None
    try:
        return _looked_at(path)
    except DamagedError as error:
        return error
    except Exception:  # noqa: BLE001 - something else is being told
        return None


def _looked_at(path: str) -> DamagedError | None:
    from srs.store.doctoring import damaged_pages
    from srs.store.peek import Peek
    from srs.store.values import bad_values, strays

    told = DamagedError(f"`{path}` is damaged", "nothing was changed", path=path)
    try:
        with Peek(path, __version__) as peek:
            if damaged_pages(peek.rows) or bad_values(peek.rows):
                return told
            if strays(peek.rows):
                return DamagedError(f"`{path}` is damaged", "`srs doctor --fix` repairs it")
    except DamagedError:
        raise
    except SrsError:
        return None
    return None


def _database(arguments: Sequence[str]) -> str:
    words = list(arguments)
    for at, word in enumerate(words):
        if word.startswith("--db="):
            return word[5:]
        if word == "--db" and at + 1 < len(words):
            return words[at + 1]
    return places.database_path()
