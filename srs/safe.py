"""The safe of one database: its backups made in time, listed, thinned out, and put back.

    safe = Safe(path, folder, now=now, zone=zone)
    safe.before(Reason.MERGE)

It joins the names and rules of `backup` to the copies of `store.backups`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srs.backup import Backup, Reason, listed, made_on, name_of, superfluous
from srs.days import moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    from srs.store.replacing import Present

_SECOND_MS = 1000


class Restored(NamedTuple):
    """What a restore did: the answers there are now, and where the database before is kept, if any was."""

    answers: int
    kept: Path | None


class Safe:
    """The backups of one SQLite database, in a folder of their own.

    `now` gives ms since 1970 UTC and `zone` the zone whose clock the names go by; both are asked for only
    when a backup is made.
    """

    def __init__(
        self,
        database: str | os.PathLike[str],
        folder: str | os.PathLike[str],
        *,
        now: Callable[[], int],
        zone: Callable[[], tzinfo],
    ) -> None:
        self.database = Path(database)
        self.folder = Path(folder)
        self._now = now
        self._zone = zone

    def before(self, what: Reason | str) -> Path | None:
        """Keep a backup before something that changes much; its path, None where there is no database.

        Raises:
            DatabaseError: none could be made, so the deed must not be done.
        """
        return self.keep(Reason(what))

    def keep(self, reason: Reason) -> Path | None:
        """Keep a backup now and thin out the older ones; None where there is no database yet."""
        from srs.store import backups  # noqa: PLC0415 - names alone need no gzip

        if not self._has_database():
            return None
        kept = backups.keep(self.database, self.folder, self._named(reason), now=self._now() / 1000)
        self.thin()
        return kept

    def daily_is_due(self) -> bool:
        """Whether today's backup is still to be made."""
        today = moment(self._now(), self._zone()).date()
        return not made_on(self.backups(), today, Reason.DAILY)

    def backups(self) -> list[Backup]:
        """All backups, newest first."""
        try:
            return listed(os.listdir(self.folder))  # noqa: PTH208 - names are wanted
        except OSError:
            return []

    def size(self, backup: Backup) -> int:
        """The bytes a backup takes; 0 where it has just gone."""
        try:
            return (self.folder / backup.name).stat().st_size
        except OSError:
            return 0

    def newest_good(self) -> Backup | None:
        """The newest backup that can be unpacked whole."""
        from srs.store.backups import is_whole  # noqa: PLC0415 - as above

        wanted = (backup for backup in self.backups() if backup.good)
        return next((backup for backup in wanted if is_whole(self.folder / backup.name)), None)

    def thin(self) -> None:
        """Remove the backups that need not be kept any longer."""
        today = moment(self._now(), self._zone()).date()
        for name in superfluous((backup.name for backup in self.backups()), today):
            for path in (self.folder / name, self.folder / name.replace(".db.gz", ".db-wal.gz")):
                with suppress(OSError):
                    path.unlink()

    def find(self, file: str) -> Path:
        """The file a person means: a path, else the name of a backup in the safe."""
        path = Path(file)
        inside = self.folder / file
        return inside if path.name == file and not path.exists() and inside.exists() else path

    @contextmanager
    def replacing(self) -> Iterator[Replacing]:
        """Hold the database, so that a backup can take its place.

        Raises:
            DatabaseError: another program has it open.
        """
        from srs.store import replacing  # noqa: PLC0415 - as above

        with replacing.present(self.database) as present:
            yield Replacing(self, present)

    def _named(self, reason: Reason) -> Callable[[int, int], str]:
        """What the store calls a backup: a name that is taken is that of a second later."""
        now, zone = self._now(), self._zone()
        return lambda answers, n: name_of(moment(now + n * _SECOND_MS, zone), reason, answers)

    def _has_database(self) -> bool:
        try:
            return self.database.is_file() and self.database.stat().st_size > 0
        except OSError:
            return False


class Replacing:
    """A database held, to be replaced by a backup."""

    def __init__(self, safe: Safe, present: Present) -> None:
        self._safe = safe
        self.present = present
        self.is_damaged = present.exists and present.connection is None
        """Whether there was something that could not be read."""

    def carry_out(self, backup: sqlite3.Connection, answers: int) -> Restored:
        """Set the database aside and put the backup in its place.

        Raises:
            DatabaseError: the disk is full, for one; then the database is as it was.
        """
        safe = self._safe
        reason = Reason.DAMAGED if self.is_damaged else Reason.RESTORE
        now = safe._now() / 1000  # noqa: SLF001 - its own other half
        kept = self.present.put_aside(safe.folder, safe._named(reason), now=now)  # noqa: SLF001 - as above
        self.present.replace_by(backup)
        safe.thin()
        return Restored(answers, kept)
