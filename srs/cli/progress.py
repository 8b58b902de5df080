"""A progress line on stderr for what takes longer than a second; nothing for what does not."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from srs.cli import words

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar
    from rich.progress import Task, TaskID

PATIENCE = 1.0
"""Seconds before anything is shown, unless somebody begins at once."""
_WIDE = 60
"""Columns from which on there is room for more than a hint of a bar."""


class Progress:
    """Told a stage and how far it is; draws only on a terminal, and only when it takes long."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._began = time.monotonic()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()

    def begin(self, stage: str, *, plain: bool, stops: str) -> None:
        """Show at once that something long begins, and that Ctrl-C stops it.

        Where lines only append (`plain`), a sentence that names what `stops` is all there will be.
        """
        if not self._quiet and plain:
            sys.stderr.write(f"{stops}; Ctrl-C stops it, and nothing is changed.\n")
            self._quiet = True
        if not self._quiet:
            self._draw(stage, None, stops=True)

    def __call__(self, stage: str, done: float, total: float) -> None:
        """Note that `done` of `total` of a stage is reached."""
        if self._quiet or (self._bar is None and time.monotonic() - self._began < PATIENCE):
            return
        if self._bar is None:
            self._draw(stage, total, stops=False)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=stage, completed=done, total=total)

    def _draw(self, stage: str, total: float | None, *, stops: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, ProgressColumn, TextColumn
        from rich.progress import Progress as Bar
        from rich.text import Text

        class Time(ProgressColumn):
            """How long it takes yet, or has taken."""

            def render(self, task: Task) -> Text:
                return Text(_time_words(task))

        console = Console(stderr=True)
        columns = [TextColumn("{task.description}"), BarColumn(20 if console.width >= _WIDE else 4), Time()]
        if stops:
            columns.append(TextColumn("Ctrl-C stops", style="dim"))
        self._bar = Bar(*columns, console=console, transient=True)
        self._task = self._bar.add_task(stage, total=total)
        self._bar.start()

    def done(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _time_words(task: Task) -> str:
    """`9 s left` once that can be told, `3 s so far` before."""
    left = None if task.total is None else task.time_remaining
    if left is not None:
        return f"{words.step(round(left))} left"
    return f"{words.step(round(task.elapsed or 0))} so far"
