"""Who learns, where several share a database, and the first look of somebody new."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from srs import __version__
from srs.errors import DatabaseError, UsageError
from srs.settings_places import learner_name
from srs.store.learners import is_new

if TYPE_CHECKING:
    from srs.cli.context import Context
    from srs.store.peek import Peek

_HINT = "`srs --learner NAME …`, or once for all: `srs config set learner NAME`"
_NOBODY = frozenset({"", "root", "admin", "administrator", "user", "ubuntu", "debian", "nobody", "guest"})
"""Login names that many people have: answers of two people must not melt into one."""


def learner_named(named: str | None) -> str:
    """The learner of a name as it was typed; None: the login name, for a database on a server.

    Raises:
        UsageError: it is no name, or there is none and the login name says nothing.
    """
    if named is not None:
        name = learner_name(named)
        if name is None:
            raise UsageError("a learner's name has 1 to 60 characters that can be seen", _HINT)
        return name
    name = learner_name(_login_name())
    if name is None or name.lower() in _NOBODY:
        raise UsageError("several may share a database on a server: say who you are", _HINT)
    return name


def _login_name() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError, ImportError):
        return ""


def peek_at_server(context: Context) -> Peek:
    """A read-only look at a database on a server, brought up to date first if it is older.

    Raises:
        NotFoundError: it is empty.
        DatabaseError: it cannot be used.
    """
    from srs.store.opening import need_driver, open_database

    need_driver()
    from srs.store.server_peek import ServerPeek

    learner = context.learner
    peek = ServerPeek(context.database, __version__)
    if peek.needs_migration:
        peek.close()
        open_database(context.database, __version__).close()
        peek = ServerPeek(context.database, __version__)
    welcome_if_new(context, learner, peek)
    return peek


def welcome_if_new(context: Context, learner: str, peek: Peek) -> None:
    """Give somebody who was never here a new memory of every live card: what is due is counted from these.

    Nothing of the log is written. Where nothing may be written there is simply nothing due.
    """
    if is_new(peek.rows, learner):
        from srs.store.learners import welcome
        from srs.store.opening import open_database

        with suppress(DatabaseError), open_database(context.database, __version__) as database:
            welcome(database, learner)
