"""One error tree: a sentence, a hint, an exit code.

Whatever goes wrong for a person is one of these. The command line prints `error: message`, then
`hint: …`, and leaves with the class's exit code; a Python user catches `SrsError`.
"""

from __future__ import annotations


class SrsError(Exception):
    """A sentence about what went wrong, a hint what to do, and the exit code of its kind."""

    exit_code = 70

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class FileProblems(SrsError):  # noqa: N818 - it is a kind of outcome, and reads as one where it is caught
    """Your files have problems; they were listed one by one before this is raised."""

    exit_code = 1


class UsageError(SrsError):
    """The command cannot be carried out as it was given."""

    exit_code = 2


class NotFoundError(SrsError):
    """There is no such card, deck, file or database."""

    exit_code = 3


class DatabaseError(SrsError):
    """The database cannot be used: locked, newer, damaged, read-only, disk full."""

    exit_code = 4


class DiskFullError(DatabaseError):
    """The disk is full; what was being written does not count, what was written before is safe."""


class DamagedError(DatabaseError):
    """The database, or the disk that holds it, is damaged; a backup may be what is left."""

    def __init__(self, message: str, hint: str | None = None, *, path: str = "") -> None:
        super().__init__(message, hint)
        self.path = path
        """The database, so that whoever tells of it can name its newest backup."""


class AnsweredElsewhereError(DatabaseError):
    """Another session answered the card after it was shown here; nothing was written."""

    def __init__(self, message: str, hint: str | None = None, *, at: int | None = None) -> None:
        super().__init__(message, hint)
        self.at = at
        """When the other answer was given, ms since 1970 UTC, where known."""


class RefusedError(SrsError):
    """Refused because something would be lost."""

    exit_code = 5
