"""A database in a folder that is synced or on a network: said once, with the better way.

In use it is three files (WAL), and what copies them one by one or locks them over a network can damage it.
Which databases have been told of is remembered in this computer's state folder.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from srs import places
from srs.errors import FileProblems

if TYPE_CHECKING:
    from srs.cli.context import Context

_WAL = b"\x02\x02"
"""The bytes 18 and 19 of a database in WAL mode."""


def warn_once(context: Context) -> None:
    """Say on stderr where the database had better not be, if it has not been said of it before."""
    if "://" in context.database or not _is_wal(context.database):
        return
    from srs.synced_folders import synced_by

    where = synced_by(context.database, mounts())
    if where is None:
        return
    database = os.path.realpath(context.database)
    told_in = os.path.join(places.state_dir(), "synced-folders-told")  # noqa: PTH118 - texts, as in places
    told = _lines(told_in)
    if database in told:
        return
    with suppress(FileProblems):  # where it cannot be remembered it is said again
        lines = "".join(f"{line}\n" for line in [*told, database])
        places.write_private(told_in, lines.encode(errors="surrogateescape"))
    _say(context, database, where)


def mounts() -> str:
    """What file systems there are, as Linux tells; empty elsewhere."""
    try:
        with open("/proc/mounts", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 - as above
            return file.read()
    except OSError:
        return ""


def _say(context: Context, database: str, where: str) -> None:
    from srs.cli.syncing import print_sentences

    name = os.path.basename(database)  # noqa: PTH119 - as above
    better = "keep it on this computer's own disk, and let `srs sync DIR` share the answers in a folder there"
    print_sentences(context, [f"{name} lies in {where}, which can damage it.", f"Better: {better}."])
    sys.stderr.flush()


def _is_wal(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            return file.read(20)[18:] == _WAL
    except OSError:
        return False


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 - as above
            return file.read().splitlines()
    except OSError:
        return []
