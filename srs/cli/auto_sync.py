"""A review syncs by itself where the settings name a folder: before the first question, and at its end.

Before, the files' sizes and times tell whether there is anything new; only then is it taken in, ahead of
the first question, so that nothing is asked again that was answered elsewhere. At the end what was done
goes out. It is quiet: what needs somebody is said after the session, and why it could not be done in one
line. To be offline is no error.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from srs import __version__, places
from srs.cli.stopping import Ended
from srs.errors import SrsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from threading import Timer
    from types import TracebackType

    from srs.cli.context import Context
    from srs.cli.review import Loader
    from srs.store.heads import Rows
    from srs.sync_git import Repository
    from srs.sync_report import SyncReport

SAID_AFTER_SECONDS = 0.3
GIT_SECONDS = 6.0
"""The other side of git that does not answer for so long is offline."""


class AutoSync:
    """Takes in when it is entered, sends when it is left; does nothing where no folder is set."""

    def __init__(self, context: Context, rows: Rows, loader: Loader) -> None:
        self._context = context
        self._rows = rows
        self._loader = loader
        folder = context.settings.sync
        self._folder = None if folder is None else os.path.expanduser(folder)  # noqa: PTH111 - a text
        self._device = ""
        self._report: SyncReport | None = None
        self._failures: list[str] = []
        self._renewed: list[str] = []

    def __enter__(self) -> Self:
        if self._folder is not None:
            self._device = places.device_id(places.state_dir(), self._context.random_bits)
            self._try(self._take_in, self._folder, "goes on without")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send what was done, also when the session was stopped or its terminal has gone."""
        if self._folder is None or not (kind is None or issubclass(kind, (KeyboardInterrupt, Ended))):
            return
        terminal_has_gone = kind is not None and issubclass(kind, Ended)
        self._try(self._send_alone if terminal_has_gone else self._send, self._folder, "leaves it for later")
        with suppress(OSError):
            self._tell()

    def _try(self, step: Callable[[str, _Line], None], folder: str, way_out: str) -> None:
        """Do one of the two; what fails is kept to be said."""
        self._failures = []
        with _Line(f"Syncing …  (Ctrl-C {way_out})", ascii_only=self._context.settings.ascii) as line:
            try:
                step(folder, line)
            except SrsError as error:
                self._fails(error)
            except KeyboardInterrupt:
                if step == self._take_in and not line.shown:
                    raise
                self._failures.append("Sync was stopped; the next one does the rest.")

    # Before.

    def _take_in(self, folder: str, line: _Line) -> None:
        if self._context.settings.sync_git:
            line.begin()
            with _git_lock():
                repository = self._repository(folder)
                if repository is not None:
                    from srs.sync_news import files_of

                    own = files_of(folder, self._device) if os.path.isdir(folder) else []  # noqa: PTH112 - a text
                    self._with_git(repository, lambda: repository.pull(own))
        if self._has_news(folder):
            line.begin()
            # Imported in a thread, as always in a review: Ctrl-C may end the waiting, not the importing.
            self._loader.start()
            self._sync(folder)

    def _has_news(self, folder: str) -> bool:
        from srs.sync_news import has_news, read_error

        try:
            return has_news(self._rows, folder, self._device, __version__)
        except OSError as error:
            raise read_error(folder, error) from error

    # At the end.

    def _send(self, folder: str, line: _Line) -> None:
        if not self._context.settings.sync_git:
            self._send_alone(folder, line)
            return
        with _git_lock():
            self._send_alone(folder, line)
            repository = self._repository(folder)
            if repository is not None:
                from srs.cli.syncing import commit_message
                from srs.sync_news import files_of

                own = files_of(folder, self._device)
                if repository.has_unpushed(own):
                    line.begin()
                    self._with_git(repository, lambda: repository.push(own, commit_message(self._report)))

    def _send_alone(self, folder: str, line: _Line) -> None:
        from srs.sync_news import has_unsent

        if self._has_news(folder) or has_unsent(self._rows, self._context.learner, folder, self._device):
            line.begin()
            self._sync(folder)

    # Both.

    def _sync(self, folder: str) -> None:
        collection = self._loader.collection()
        from srs.sync import sync

        state = places.state_dir()
        report = sync(collection, folder, name=places.device_name(state), state=state)
        if self._report is not None:
            # These two are told of what has come in just now; all else of how things are.
            report.unknown += self._report.unknown
            report.doubtful += self._report.doubtful
            report.sent += self._report.sent
        self._report = report

    def _repository(self, folder: str) -> Repository | None:
        from srs.sync_git import Repository

        try:
            return Repository(folder, self._context.env, patience=GIT_SECONDS)
        except SrsError as error:
            self._fails(error, " with git")
            return None

    def _with_git(self, repository: Repository, step: Callable[[], None]) -> None:
        """Pull or push; what git cannot do keeps nobody from the files that are there."""
        try:
            step()
        except SrsError as error:
            self._fails(error, " with git")
        if repository.report.doubled:
            from srs.cli.syncing import DOUBLED

            # What this device had to say goes out under its new id with the next sync.
            self._device = places.renew_device_id(places.state_dir(), self._context.random_bits)
            self._loader.collection().device = self._device
            self._renewed = [DOUBLED]
        if repository.report.offline is not None:
            from srs.cli.syncing import offline_sentence

            self._failures.append(offline_sentence(repository.report.offline))

    def _fails(self, error: SrsError, how: str = "") -> None:
        self._failures.append(f"Not synced{how}: {error.message}.")

    def _tell(self) -> None:
        if self._report is None and not self._failures and not self._renewed:
            return
        from srs.cli.syncing import print_sentences, warnings_of

        said = (
            [] if self._report is None else warnings_of(self._report, srs=self._context.command, brief=True)
        )
        print_sentences(self._context, [*self._renewed, *said, *self._failures[:1]])


def _git_lock() -> AbstractContextManager[None]:
    from srs.sync_lock import one_at_a_time

    return one_at_a_time(places.state_dir(), what="git")


class _Line:
    """A line on a terminal that says what is waited for, once it takes a while; then it is taken away.

    What it waits for starts with `begin`.
    """

    def __init__(self, text: str, *, ascii_only: bool) -> None:
        self._text = text.replace("…", "...") if ascii_only else text
        self._timer: Timer | None = None
        self.shown = False

    def begin(self) -> None:
        """Show it in a while."""
        if self._timer is None and sys.stderr.isatty():
            from threading import Timer

            self._timer = Timer(SAID_AFTER_SECONDS, self._show)
            self._timer.daemon = True
            self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self.shown:
            erase = os.environ.get("TERM", "dumb") not in ("dumb", "")
            self._write("\r\x1b[2K" if erase else "\n")

    def _show(self) -> None:
        self.shown = True
        self._write(self._text)

    def _write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
