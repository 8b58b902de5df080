"""A link to a PostgreSQL server: connecting, values as SQLite would give them, errors as sentences.

It imports psycopg and nothing heavier, for the quick look and the store alike. A password is never
part of what is said: databases are called as `places.shown_database` calls them, and what the driver
says of a URL it cannot read is not repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import adapt, conninfo, errors
from psycopg.types.numeric import FloatDumper, Int8Dumper
from psycopg.types.string import StrDumper

from srs.errors import DatabaseError, DiskFullError
from srs.places import shown_database

if TYPE_CHECKING:
    from collections.abc import Mapping

    Link = psycopg.Connection[tuple[Any, ...]]

LOCK_SECONDS = 60
"""How long a statement waits for what another program writes: an import of many cards takes seconds."""

_CONNECT_SECONDS = 10
_SETTINGS = f"""
SET lock_timeout = '{LOCK_SECONDS}s';
SET idle_in_transaction_session_timeout = '5min';
SET standard_conforming_strings = on;
SET client_min_messages = error;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""


class _Whole(adapt.Loader):
    """Sums of whole numbers are `numeric` on a server: whole where they are, like SQLite's."""

    def load(self, data: Any) -> int | float:  # noqa: ANN401 - a buffer of any kind
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdigit() else float(text)


class _Bit(adapt.Loader):
    """A comparison is 1 or 0, as SQLite says it."""

    def load(self, data: Any) -> int:  # noqa: ANN401 - as above
        return int(bytes(data) == b"t")


class _BitDumper(Int8Dumper):
    """What is true is kept as 1."""

    def dump(self, obj: Any) -> bytes:  # noqa: ANN401 - as above
        return b"1" if obj else b"0"


def connect(url: str) -> Link:
    """A connection that commits every statement by itself until told to begin.

    Raises:
        DatabaseError: the server cannot be reached, or does not let us in.
    """
    try:
        wanted = conninfo.conninfo_to_dict(_plain(url))
    except psycopg.Error:
        # The driver's words would repeat parts of the URL, and with them a password.
        raise DatabaseError(
            "the address of the database cannot be read",
            "it looks like `postgresql+psycopg://USER@HOST/DATABASE`; `%`, `/` and `@` within a part are"
            " written `%25`, `%2F`, `%40`",
        ) from None
    wanted.setdefault("connect_timeout", _CONNECT_SECONDS)
    wanted.setdefault("keepalives_idle", 30)
    wanted.setdefault("fallback_application_name", "srs")
    try:
        link: Link = psycopg.connect(conninfo.make_conninfo("", **wanted), autocommit=True)
        prepare(link)
        link.execute(_SETTINGS)
    except (psycopg.Error, OSError) as error:
        raise sentence(error, url) from None
    return link


def prepare(link: Link) -> None:
    """Let values come and go as SQLite's do."""
    adapters = link.adapters
    adapters.register_loader("numeric", _Whole)
    adapters.register_loader("bool", _Bit)
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(bool, _BitDumper)
    adapters.register_dumper(float, FloatDumper)
    adapters.register_dumper(str, StrDumper)


def _plain(url: str) -> str:
    """A URL as libpq reads it: without the name of the driver."""
    return re.sub(r"^postgres(ql)?(\+psycopg)?:", "postgresql:", url)


# Sentences

Kind = tuple[type[DatabaseError], str, str]

_ROLE = "it is made with `createuser`; which one you are stands in the URL"
_BY_STATE: dict[str, Kind] = {
    "28P01": (DatabaseError, "{db} does not let you in: the password is wrong", ""),
    "28000": (DatabaseError, "{db} does not let you in as this user, or not from here", _ROLE),
    "3D000": (DatabaseError, "there is no database {db}", "make it on the server: `createdb NAME`"),
    "42501": (
        DatabaseError,
        "you may not do this in {db}",
        "whoever made it can give you the right (README, `A shared database`)",
    ),
    "53300": (DatabaseError, "{db} takes no more connections", "try again in a moment"),
    "53100": (DiskFullError, "the disk of the server of {db} is full", "make room there and try again"),
    "53200": (DatabaseError, "the server of {db} has not enough memory", "try again in a moment"),
    "55P03": (DatabaseError, "{db} is locked by another program", "try again when it is done"),
    "57014": (DatabaseError, "{db} was asked to stop what it was doing", "try again"),
    "57P03": (DatabaseError, "the server of {db} is starting or stopping", "try again in a moment"),
    "40P01": (DatabaseError, "{db} was busy with another program; nothing was written", "try again"),
    "40001": (DatabaseError, "{db} was busy with another program; nothing was written", "try again"),
    "25006": (DatabaseError, "{db} is read-only", "a copy of a server takes no answers; use the first"),
    "42P01": (DatabaseError, "{db} is not an srs database", "nothing was changed"),
    "42703": (DatabaseError, "{db} is not an srs database", "nothing was changed"),
}
_LOST: Kind = (
    DatabaseError,
    "the connection to {db} was lost; what you saw accepted is kept",
    "start again when the server can be reached",
)
_DOWN: Kind = (
    DatabaseError,
    "the server of {db} cannot be reached",
    "is it running, and are host and port right?",
)
_PASSWORD = "put it into PGPASSWORD or ~/.pgpass, or after the user in the URL"  # noqa: S105 - a hint
_BY_TEXT: tuple[tuple[tuple[str, ...], Kind], ...] = (
    # Of an error before anybody was let in libpq gives no code.
    (("database ", " does not exist"), _BY_STATE["3D000"]),
    (("no password supplied",), (DatabaseError, "{db} asks for a password", _PASSWORD)),
    (("password authentication failed",), (DatabaseError, "{db} does not take the password", _PASSWORD)),
    (("authentication failed",), _BY_STATE["28000"]),
    (("no pg_hba.conf entry",), _BY_STATE["28000"]),
    (("role ",), _BY_STATE["28000"]),
    (("too many",), _BY_STATE["53300"]),
    (("remaining connection slots",), _BY_STATE["53300"]),
    (("starting up",), _BY_STATE["57P03"]),
    (("shutting down",), _BY_STATE["57P03"]),
    (("permission denied for database",), _BY_STATE["42501"]),
    *(((sign,), _DOWN) for sign in ("connection failed", "timeout expired", "resolve", "socket")),
)


def sentence(error: BaseException, url: str) -> DatabaseError:
    """The sentence for what a server or the way to it says.

    Raises:
        psycopg.Error: the error itself, where it is no fault of the database but a bug of ours.
    """
    kind, text, hint = _kind(error)
    return kind(text.replace("{db}", f"`{shown_database(url)}`"), hint or None)


def _kind(error: BaseException) -> Kind:
    state, text = getattr(error, "sqlstate", None), str(error)
    if isinstance(error, errors.DataError) and "NUL" in text:
        return DatabaseError, "{db} takes no text with a NUL character; nothing was written", ""
    if state is not None:
        found = _BY_STATE.get(state) or (_LOST if state.startswith(("08", "57P")) else None)
    elif isinstance(error, (psycopg.OperationalError, OSError)):
        found = next((kind for signs, kind in _BY_TEXT if all(sign in text for sign in signs)), _LOST)
    else:
        found = None
    if found is None:
        raise error
    return found


def run(link: Link, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of a statement of psycopg's own kind; none where it gives none."""
    cursor = link.execute(sql, values)
    return cursor.fetchall() if cursor.description is not None else []
