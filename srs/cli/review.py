"""`srs review`: the first question at once, the session, and what is printed after it.

Imported before Typer is. Until the first question is on the screen it reads through the quick look
alone; SQLModel loads while the person reads.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from srs.cli.ansi import print_rows
from srs.cli.auto_sync import AutoSync
from srs.cli.clock_guard import check_clock
from srs.cli.daily_backup import DailyBackup
from srs.cli.taking_in import TakeIn
from srs.cli.terminal import full_screen_refusal
from srs.reviewing import Review

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Thread

    from srs.cli.context import Context
    from srs.cli.conversation import Conversation
    from srs.cli.notices import Stop
    from srs.collection import Collection
    from srs.reviewing import Shown
    from srs.store.peek import Peek
    from srs.today import Request


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a session; `stop` is how it ended by that."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self.stop = stop


class Loader:
    """Loads what writing needs in the background, and opens the collection when it is asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._thread: Thread | None = None
        self._collection: Collection | None = None

    def start(self) -> None:
        """Begin to import; FSRS first, because the answer side needs it."""
        from threading import Thread

        self._thread = Thread(target=_import_the_rest, daemon=True)
        self._thread.start()

    def collection(self) -> Collection:
        """The collection, opened once."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._collection is None:
            self._collection = self._context.open()
        return self._collection

    def close(self) -> None:
        """Let go of the database."""
        if self._collection is not None:
            self._collection.close()


def _import_the_rest() -> None:
    from importlib import import_module

    # What is wrong with an installation is said by the main thread, which imports the same in its turn.
    with suppress(Exception):
        for module in ("srs.scheduling", "srs.collection"):
            import_module(module)


def review(context: Context, request: Request, *, plain: bool = False, clock_ok: bool = False) -> int:
    """Run a review session; returns the exit code.

    Raises:
        RefusedError: the clock is a day or more behind the newest answer, and that is not `clock_ok`.
    """
    with DailyBackup(context) as backup:
        code = _review(context, request, backup, plain=plain, clock_ok=clock_ok)
    from srs.cli.synced_warning import warn_once

    warn_once(context)
    return code


def _review(context: Context, request: Request, backup: DailyBackup, *, plain: bool, clock_ok: bool) -> int:
    peek = context.peek(older=True)
    loader = Loader(context)
    try:
        if peek.needs_migration:
            peek.close()
            loader.collection()
            peek = context.peek()
        with AutoSync(context, peek.rows, loader):
            check_clock(context, peek, clock_ok=clock_ok)
            check_names(peek, request)
            session = Review(
                peek.rows,
                loader.collection,
                learner=context.learner,
                settings=context.settings,
                days=context.days,
                request=request,
            )
            session.start(context.now())
            if session.next(context.now()) is None:
                return _nothing_due(context, peek, session)
            session.when_saved = backup.answered
            return _run(context, loader, session, plain=plain)
    finally:
        peek.close()
        loader.close()


def check_names(peek: Peek, request: Request) -> None:
    """See that the decks and tags asked for exist, and that there are cards at all.

    Raises:
        NotFoundError: one does not; the hint suggests the nearest.
    """
    from srs.naming import check_asked_for

    check_asked_for(peek.rows, request.decks, request.tags)
    if not peek.rows("SELECT 1 FROM card LIMIT 1", {}):
        from srs.cli.context import no_cards_yet

        raise no_cards_yet()


def _run(context: Context, loader: Loader, session: Review, *, plain: bool) -> int:
    try:
        stop = converse(context, session, collection=loader.collection, load=loader.start, plain=plain)
    except KeyboardInterrupt as interrupt:
        stop = interrupt.stop if isinstance(interrupt, Interrupted) else "stopped"
        _print_end(context, session, stop)
        return 130
    _print_end(context, session, stop)
    return 0


def converse(
    context: Context,
    session: Review,
    *,
    collection: Callable[[], Collection],
    load: Callable[[], None],
    plain: bool,
) -> Stop:
    """Ask and show on the full screen where there is one, else line by line; returns how it ended.

    `load` is called when the first question can be read.

    Raises:
        Interrupted: Ctrl-C.
    """
    take_in = TakeIn(session.rows, collection, session.request)
    edit = _editing(context, collection) if session.records else None
    if not (plain or context.settings.screen == "plain" or full_screen_refusal(os.environ)):
        from srs.cli.fullscreen import FullScreen

        return _run_to_the_end(
            FullScreen(
                session,
                now=context.now,
                take_in=take_in,
                load=load,
                ascii_only=context.ascii_only,
                edit=edit,
            )
        )
    from srs.cli.linemode import Lines

    lines = Lines(
        session,
        now=context.now,
        take_in=take_in,
        load=load,
        ascii_only=context.ascii_only,
        stdin=sys.stdin,
        stdout=sys.stdout,
        edit=edit if sys.stdin.isatty() else None,
    )
    try:
        return _run_to_the_end(lines)
    except Interrupted:
        sys.stdout.write("\n")
        raise


def _run_to_the_end(conversation: Conversation) -> Stop:
    try:
        return conversation.run()
    except KeyboardInterrupt as interrupt:
        raise Interrupted(conversation.when_left()) from interrupt


def _editing(context: Context, collection: Callable[[], Collection]) -> Callable[[Shown], str]:
    def edit(shown: Shown) -> str:
        from srs.cli.editing import edit_card

        return edit_card(context, shown.card, collection=collection).said

    return edit


def _print_end(context: Context, session: Review, stop: Stop) -> None:
    from srs.cli.ending import session_end
    from srs.cli.notices import session_end_rows

    rows = session_end_rows(
        session_end(session, context.now(), stop), context.width, ascii_only=context.ascii_only
    )
    print_rows(rows, sys.stdout, context.env)


def _nothing_due(context: Context, peek: Peek, session: Review) -> int:
    from srs.cli.ending import nothing_due
    from srs.cli.notices import nothing_due_rows

    rows = nothing_due_rows(
        nothing_due(peek.rows, session.scope(context.now()), context.now()),
        context.width,
        ascii_only=context.ascii_only,
    )
    print_rows(rows, sys.stdout, context.env)
    return 0
