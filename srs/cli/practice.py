"""`srs review --practice`: a session that records nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from srs.cli.ansi import print_rows
from srs.cli.notices import practice_end_rows
from srs.cli.review import check_names, converse
from srs.errors import SrsError
from srs.practice import Practice

if TYPE_CHECKING:
    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.today import Request


def practise(context: Context, request: Request, *, plain: bool = False) -> int:
    """Run a practice session; returns the exit code."""
    with context.peek() as peek:
        check_names(peek, request)
        session = Practice(
            peek.rows,
            _nothing_to_write,
            learner=context.learner,
            settings=context.settings,
            days=context.days,
            request=request,
        )
        session.start(context.now())
        if session.next(context.now()) is None:
            sys.stdout.write("There are no such cards to practise.\n")
            return 0
        try:
            converse(context, session, collection=_nothing_to_write, load=lambda: None, plain=plain)
            code = 0
        except KeyboardInterrupt:
            code = 130
    _print_end(context, session)
    return code


def _nothing_to_write() -> Collection:
    raise SrsError("practice tried to write")


def _print_end(context: Context, session: Practice) -> None:
    rows = practice_end_rows(session.summary(), context.width, ascii_only=context.ascii_only)
    print_rows(rows, sys.stdout, context.env)
