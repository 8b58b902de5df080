"""What every command is given: where things are, the settings, the clock; each found when asked for."""

from __future__ import annotations

import os
import sys

from srs import __version__, clock, places
from srs.errors import NotFoundError, UsageError

TYPE_CHECKING = False  # `typing` costs more to import than all else here
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from srs.collection import Collection
    from srs.days import StudyDays
    from srs.settings import Settings
    from srs.store.peek import Peek


class Context:
    """One run of the program."""

    def __init__(
        self,
        *,
        db: str | None = None,
        learner: str | None = None,
        env: Mapping[str, str] = os.environ,
        now: Callable[[], int] = clock.now_ms,
        random_bits: Callable[[int], int] = clock.random_bits,
    ) -> None:
        if db == "":
            raise UsageError(
                "`--db` needs a path", "`srs --db PATH …`; without it the usual database is taken"
            )
        self._in_the_call = db
        self._was_named = bool(db or env.get("SRS_DB"))
        self.env = env
        self.now = now
        self.random_bits = random_bits
        self._database = os.path.expanduser(db) if db else db  # noqa: PTH111 - a database may be no path
        self._learner: str | None = None
        self._learner_in_the_call = learner
        if learner is not None:
            from srs.cli.learner import learner_named

            self._learner = learner_named(learner)
        self._settings: Settings | None = None
        self._days: StudyDays | None = None

    @property
    def database(self) -> str:
        """The database: what `--db`, `SRS_DB` or the settings name, else the usual file."""
        if self._database is None:
            configured = None if self.env.get("SRS_DB") else self.settings.database
            self._database = places.database_path(configured)
        return self._database

    @property
    def command(self) -> str:
        """How a hint calls `srs` again: with the database (no password) and learner of this call."""
        import shlex

        database = ["--db", places.shown_database(self.database)] if self._in_the_call else []
        learner = ["--learner", self.learner] if self._learner_in_the_call is not None else []
        return shlex.join(["srs", *database, *learner])

    @property
    def db_was_named(self) -> bool:
        """Whether a database was named at all, and it is not simply the usual file."""
        return self._was_named or bool(self.settings.database)

    @property
    def on_server(self) -> bool:
        """Whether the database is on a server, and no file."""
        return places.is_server(self.database)

    @property
    def dialect(self) -> str:
        """The kind of SQL the database speaks."""
        return "postgresql" if self.on_server else "sqlite"

    @property
    def learner(self) -> str:
        """Who learns: `--learner`, `SRS_LEARNER`, the setting; else `me`, on a server the login name."""
        if self._learner is None:
            named = self.env.get("SRS_LEARNER") or self.settings.learner
            if named is None and not self.on_server:
                self._learner = "me"
            else:
                from srs.cli.learner import learner_named

                self._learner = learner_named(named)
        return self._learner

    @property
    def settings(self) -> Settings:
        """The settings of `config.toml`; the defaults where there is none."""
        if self._settings is None:
            from srs.settings import load_settings

            self._settings = load_settings(places.config_path())
        return self._settings

    @property
    def days(self) -> StudyDays:
        """The calendar of study days."""
        if self._days is None:
            from srs.days import StudyDays
            from srs.settings import zone_of

            self._days = StudyDays(_said_aloud(lambda: zone_of(self.settings)), self.settings.rollover)
        return self._days

    def today(self) -> tuple[int, int]:
        """Today's study day and the first moment of the next, the cheapest way."""
        from srs.zones import today

        found: tuple[int, int] = _said_aloud(
            lambda: today(self.settings.timezone, self.now(), self.settings.rollover)
        )
        return found

    def peek(self, *, older: bool = False) -> Peek:
        """A read-only look at the database; at a copy brought up to date, unless an `older` one will do.

        Raises:
            NotFoundError: there is none.
        """
        from srs.store.peek import Peek

        if self.on_server:
            from srs.cli.learner import peek_at_server

            return peek_at_server(self)
        if not self.db_was_named and not os.path.isfile(self.database):  # noqa: PTH113 - quick path
            self._refuse_if_lost()
            raise no_cards_yet()
        try:
            peek = Peek(self.database, __version__)
        except NotFoundError:
            self._refuse_if_lost()
            raise (self._missing() if self.db_was_named else no_cards_yet()) from None
        if peek.needs_migration and not older:
            from functools import partial

            from srs.store.migrations import migrate_copy

            peek.look_at_a_copy(partial(migrate_copy, version=__version__))
        elif not peek.needs_migration and self.learner != "me":
            from srs.cli.learner import welcome_if_new

            welcome_if_new(self, self.learner, peek)
        return peek

    def _missing(self) -> NotFoundError:
        """The sentence for a database that is not there, with what makes just this one."""
        from srs.store.peek import missing

        error = missing(self.database)
        if self._in_the_call:
            import shlex

            path = shlex.quote(self.database)
            error.hint = f"is the path right? `srs --db {path} import FILE.toml` makes a new one"
        return error

    def _refuse_if_lost(self, *, gone: bool = True) -> None:
        """See that a database that is not there, or an empty file, is no loss: it has no backups.

        Raises:
            DamagedError: it has, so it was there once.
        """
        there = os.path.exists(self.database)  # noqa: PTH110 - quick path
        if (not there and not gone) or "://" in self.database:
            return
        from contextlib import suppress

        with suppress(OSError):
            if any(name.endswith(".db.gz") for name in os.listdir(places.backups_dir(self.database))):  # noqa: PTH208
                from srs.errors import DamagedError

                told = "is empty" if there else "is gone"
                raise DamagedError(f"the database `{self.database}` {told}", path=self.database)

    def has_cards(self) -> bool:
        """Whether the database is there and holds any card."""
        try:
            with self.peek() as peek:
                return bool(peek.rows("SELECT 1 FROM card LIMIT 1", {}))
        except NotFoundError:
            return False

    def open(self, *, create: bool = False) -> Collection:
        """The collection, to read and write; with `create`, made if it is missing."""
        from srs.collection import Collection

        if self.on_server:
            pass  # asked for once, when it is opened
        elif not create:
            self.peek(older=True).close()
        elif os.path.exists(self.database) and not os.path.getsize(self.database):  # noqa: PTH110, PTH202
            self._refuse_if_lost(gone=False)
        return Collection.open(
            self.database,
            create=create,
            before_migrating=lambda *_: self.before("migration"),
            **self._made_of(),
        )

    def before(self, what: str) -> Path | None:
        """Keep a backup before something that changes much: `merge`, `anki`, `doctor` … (`backup.Reason`).

        Its path; None where there is no database yet, or it is on a server.

        Raises:
            DatabaseError: no backup could be made, so the deed must not be done.
        """
        if "://" in self.database:
            return None
        from srs.cli.backups import safe_of

        return safe_of(self).before(what)

    def empty_collection(self) -> Collection:
        """An empty collection in memory, for plans where there is no database yet."""
        from srs.collection import Collection

        return Collection.in_memory(**self._made_of())

    def _made_of(self) -> dict[str, Any]:
        return {
            "settings": self.settings,
            "days": self.days,
            "learner": self.learner,
            "device": places.device_id(places.state_dir(), self.random_bits),
            "now": self.now,
            "random_bits": self.random_bits,
        }

    @property
    def width(self) -> int:
        """How many columns what is printed may take: the terminal's, 80 elsewhere."""
        try:
            return os.get_terminal_size(sys.stdout.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    @property
    def ascii_only(self) -> bool:
        """Whether to draw with ASCII alone."""
        from srs.cli.drawing import needs_ascii

        return needs_ascii(sys.stdout.encoding, wanted=self.settings.ascii)


def _said_aloud(ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - what is asked for comes back
    """Ask something, and print what it warns of as a sentence."""
    import warnings

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = ask()
    for warning in told:
        sys.stderr.write(f"warning: {warning.message}\n")
    return found


def no_cards_yet() -> NotFoundError:
    """The sentence of a first run that is not asked anything."""
    return NotFoundError(
        "no cards yet",
        hint="try the deck that comes along: `srs init --sample`; your own: `srs import FILE.toml`;"
        " a history of answers: `srs log import FILE.csv`",
    )
