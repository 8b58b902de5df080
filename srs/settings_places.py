"""Settings that name a database and who learns in it."""

from __future__ import annotations

from srs.places import SERVERS, shown_database
from srs.settings_values import WRONG_TYPE, Setting, composed


class Place(Setting):
    """A database: a file, named from its root or from the home folder, or one on a server."""

    __slots__ = ()

    def check(self, value: object) -> str:
        """A text of TOML; whether the database is there is seen when it is used."""
        if not isinstance(value, str):
            self.refuse(value, code=WRONG_TYPE)
        windows = value[1:3] in (":\\", ":/") or value.startswith("\\\\")
        if not value.isprintable() or not (value.startswith(("/", "~", *SERVERS)) or windows):
            hint = "name it in full, as `~/cards.db` or `postgresql+psycopg://anna@host/srs`"
            self.refuse(shown_database(value), hint)
        return value

    def text(self, value: object) -> str:
        """What a person is shown: no password."""
        return shown_database(super().text(value))


class Name(Setting):
    """The name of a learner."""

    __slots__ = ()

    def check(self, value: object) -> str:
        """A text of TOML, without what cannot be seen."""
        if not isinstance(value, str):
            self.refuse(value, code=WRONG_TYPE)
        name = learner_name(value)
        if name is None:
            self.refuse(value, "a name has 1 to 60 characters that can be seen")
        return name


def learner_name(text: str) -> str | None:
    """A learner's name as it is kept: composed, no space around it; None where it is no name."""
    name = composed(text).strip()
    return name if 0 < len(name) <= 60 and name.isprintable() else None
