"""The settings: `config.toml` read into one frozen value, every problem with its place.

`SETTINGS` is the one table of what can be set; help, `srs config` and the README are made from it. A
wrong setting is reported, never guessed; a missing file means all defaults. The quick look imports
this, so neither `dataclasses` nor `typing` is (10 ms each), nor `srs.model` before it is needed.

Codes of problems: E301 not text (UTF-8, at most 1 MB), E302 not TOML, E303 no such setting, E304 a
value of the wrong type, E305 a value that is not allowed.
"""

# ruff: noqa: PTH123 - pathlib costs 9 ms to import

from __future__ import annotations

from srs.errors import FileProblems, UsageError
from srs.settings_table import SETTINGS
from srs.settings_text import (
    BOM,
    Statement,
    as_text,
    drop,
    place,
    plain_values,
    put,
    quoted,
    rtoml_values,
    shown,
    statements,
)
from srs.settings_values import BadValueError, Setting, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo
    from typing import Final

    from srs.model import Options, Problem

__all__ = [
    "SETTINGS",
    "Settings",
    "SettingsProblems",
    "lines_of",
    "load_settings",
    "parse_settings",
    "read_file",
    "set_value",
    "setting_named",
    "unset_value",
    "zone_of",
]

MAX_BYTES = 1_000_000
_MAX_SYNTAX_PROBLEMS = 20


class Settings:
    """The settings of one learner on one computer, each as `SETTINGS` describes it.

    Steps are whole seconds, `maximum_interval` days, `rollover` an hour; `timezone`, `minutes`,
    `rating_keys`, `sync`, `database` and `learner` are None where they are not set.
    """

    __slots__ = tuple(setting.name for setting in SETTINGS)

    def __init__(
        self,
        *,
        rollover: int = 4,
        timezone: str | None = None,
        new_per_day: int = 20,
        reviews_per_day: int = 200,
        desired_retention: float = 0.9,
        learning_steps: tuple[int, ...] = (60, 600),
        relearning_steps: tuple[int, ...] = (600,),
        maximum_interval: int = 36_500,
        fuzz: bool = True,
        order: str = "due",
        leech: str = "mark",
        minutes: int | None = None,
        rating_keys: str | None = None,
        mode: str = "reveal",
        screen: str = "full",
        ascii: bool = False,  # noqa: A002 - the name in the file
        look_ahead_minutes: int = 20,
        sync: str | None = None,
        database: str | None = None,
        learner: str | None = None,
        sync_git: bool = False,
    ) -> None:
        self.rollover: Final = rollover
        self.timezone: Final = timezone
        self.new_per_day: Final = new_per_day
        self.reviews_per_day: Final = reviews_per_day
        self.desired_retention: Final = desired_retention
        self.learning_steps: Final = learning_steps
        self.relearning_steps: Final = relearning_steps
        self.maximum_interval: Final = maximum_interval
        self.fuzz: Final = fuzz
        self.order: Final = order
        self.leech: Final = leech
        self.minutes: Final = minutes
        self.rating_keys: Final = rating_keys
        self.mode: Final = mode
        self.screen: Final = screen
        self.ascii: Final = ascii
        self.look_ahead_minutes: Final = look_ahead_minutes
        self.sync: Final = sync
        self.database: Final = database
        self.learner: Final = learner
        self.sync_git: Final = sync_git

    def options(self, deck_retention: float | None = None) -> Options:
        """What rules the next interval; a deck's own retention (0.70..0.99) goes before the learner's."""
        from srs.model import Options  # noqa: PLC0415 - 25 ms, and the quick look asks for none

        return Options(
            desired_retention=self.desired_retention if deck_retention is None else deck_retention,
            learning_steps=self.learning_steps,
            relearning_steps=self.relearning_steps,
            maximum_interval=self.maximum_interval,
            fuzz=self.fuzz,
        )

    def _key(self) -> tuple[object, ...]:
        return tuple(getattr(self, setting.name) for setting in SETTINGS)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Settings) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        changed = [s.name for s in SETTINGS if getattr(self, s.name) != s.default]
        return f"Settings({', '.join(f'{name}={getattr(self, name)!r}' for name in changed)})"


class SettingsProblems(FileProblems):
    """The settings file has problems; `problems` has each with its place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        if len(problems) == 1:
            super().__init__(str(first), first.hint)
        else:
            lines = [f"{p}\n  hint: {p.hint}" if p.hint else str(p) for p in problems]
            super().__init__("\n".join([f"your settings have {len(problems)} problems", *lines]))
        self.problems = problems


def load_settings(path: str) -> Settings:
    """The settings of a file, all defaults where there is none; raises SettingsProblems."""
    data = read_file(path)
    if data is None:
        return Settings()
    settings, problems = parse_settings(data, path)
    if problems:
        raise SettingsProblems(problems)
    return settings


def read_file(path: str) -> bytes | None:
    """The bytes of a settings file, at most one more than it may have; None where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileProblems(f"the settings file {path} cannot be read: {reason}") from error


def parse_settings(data: bytes, path: str) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings in the bytes of a file, and all that is wrong in it, in the order of its lines.

    A setting with a problem keeps its default; with any problem the settings are not to be used.
    """
    text = _text(data, path)
    if not isinstance(text, str):
        return Settings(), (text,)
    values, found, problems = _read(text, path)
    known = {setting.name: setting for setting in SETTINGS}
    good: dict[str, object] = {}
    for name, value in values.items():
        statement = next((s for s in found if s.name == name), None)
        if name not in known:
            problems.append(_unknown(name, value, text, statement, path))
            continue
        try:
            good[name] = known[name].check(value)
        except BadValueError as error:
            offset = statement.value if statement else 0
            problems.append(_problem(path, place(text, offset), error.code, error.message, error.hint))
    settings = Settings(**good)  # type: ignore[arg-type] # each was checked by its row of the table
    return settings, tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def lines_of(data: bytes) -> dict[str, int]:
    """The line each setting stands on in a file without problems."""
    text = as_text(data)
    return {s.name: place(text, s.start)[0] for s in reversed(statements(text))}


def set_value(text: str, key: str, value: str, path: str = "config.toml") -> str:
    """The text of a settings file with `key` set to what a person typed; all else stays as it is.

    Raises UsageError for a key or value that cannot be, SettingsProblems for a text that is no TOML.
    """
    setting = setting_named(key)
    wanted = setting.read(value)
    before = _values_to_edit(text, path)
    body = text.removeprefix(BOM)
    try:
        if key in before and setting.check(before[key]) == wanted:
            return text
    except BadValueError:
        pass  # the value there is wrong, which is a good reason to set it
    after = put(body, key, setting.toml(wanted))
    return _edited(text, after, before | {key: None}, key, path)


def unset_value(text: str, key: str, path: str = "config.toml") -> str:
    """The text without `key`, which may also be one that is no setting; the same text if it has none.

    Raises UsageError for a key that is neither in the text nor a setting, SettingsProblems for a
    text that is no TOML.
    """
    before = _values_to_edit(text, path)
    if key not in before:
        setting_named(key)
        return text
    after = drop(text.removeprefix(BOM), key)
    return _edited(text, after, {name: value for name, value in before.items() if name != key}, key, path)


def setting_named(key: str) -> Setting:
    """The row of `SETTINGS` of that name; raises UsageError with the nearest name."""
    for setting in SETTINGS:
        if setting.name == key:
            return setting
    raise UsageError(f"`{shown(key)}` is not a setting", _nearest_hint(key))


def zone_of(settings: Settings) -> tzinfo:
    """The zone a learner's days follow: the one set, else the system's, else UTC with a ZoneWarning."""
    from srs.zones import system_zone, zone_named  # noqa: PLC0415 - the quick look may need neither

    configured = zone_named(settings.timezone) if settings.timezone is not None else None
    return configured or system_zone()


def _text(data: bytes, path: str) -> str | Problem:
    if len(data) > MAX_BYTES:
        return _problem(path, (1, 1), "E301", "more than 1 MB, which no settings file is")
    try:
        return as_text(data)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix(BOM)
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        return _problem(path, place(before, len(before)), "E301", message, "save the file as UTF-8")


def _read(text: str, path: str) -> tuple[dict[str, object], list[Statement], list[Problem]]:
    """The values of a text; a line that is no TOML is reported and left out, so that all are found."""
    found = statements(text)
    values = plain_values(text, found)
    if values is not None:
        return values, found, []
    problems: list[Problem] = []
    while True:
        try:
            return rtoml_values(text), statements(text), problems
        except ValueError as error:
            problem = _syntax_problem(text, str(error), path)
        problems.append(problem)
        lines = text.split("\n")
        line = lines[problem.line - 1]
        # What spans lines cannot be left out by leaving out one of them.
        alone = not any(mark in line for mark in ('"""', "'''", "[", "{", "]", "}"))
        if not alone or len(problems) == _MAX_SYNTAX_PROBLEMS or not line.strip():
            return {}, [], problems
        lines[problem.line - 1] = " " * len(line)  # the places of the others stay
        text = "\n".join(lines)


def _syntax_problem(text: str, said: str, path: str) -> Problem:
    reason, _, where = said.rpartition(" at line ")
    line, _, column = where.partition(" column ")
    if not reason or not (line.isdecimal() and column.isdecimal()):
        return _problem(path, (1, 1), "E302", f"this is not TOML: {said}")
    reason = reason.partition(", expected")[0]
    lines = text.split("\n")
    at = min(max(int(line), 1), len(lines))
    key, equals, value = lines[at - 1].partition("=")
    value = value.partition("#")[0].strip()
    hint = None
    if equals and value.lower() in ("true", "false"):
        hint = f"write `{value.lower()}`"
    elif equals and value[:1].isalpha():
        hint = f"text stands in quotes: {shown(key.strip())} = {shown(quoted(value))}"
    elif not equals and reason.startswith("key with no value"):
        hint = "a setting is written `name = value`"
    return _problem(path, (at, max(int(column), 1)), "E302", f"this is not TOML: {reason}", hint)


def _unknown(name: str, value: object, text: str, statement: Statement | None, path: str) -> Problem:
    at = place(text, statement.start if statement else 0)
    if isinstance(value, dict | list) and statement is not None and statement.header:
        hint = "take that line out: settings stand in no table"
        return _problem(path, at, "E303", f"`[{shown(name)}]` is not a setting", hint)
    return _problem(path, at, "E303", f"`{shown(name)}` is not a setting", _nearest_hint(name))


def _nearest_hint(name: str) -> str:
    near = nearest(name, [setting.name for setting in SETTINGS])
    return f"did you mean `{near}`?" if near else "`srs config` lists all settings"


def _problem(path: str, at: tuple[int, int], code: str, message: str, hint: str | None = None) -> Problem:
    from srs.model import Problem  # noqa: PLC0415 - only where something is wrong

    return Problem(path, at[0], at[1], code, message, hint)


def _values_to_edit(text: str, path: str) -> dict[str, object]:
    values, _, problems = _read(text.removeprefix(BOM), path)
    if problems:
        raise SettingsProblems(tuple(problems))
    return values


def _edited(text: str, after: str, expected: dict[str, object], key: str, path: str) -> str:
    """Read the edit back: no other setting may have changed by it."""
    values, _, problems = _read(after, path)
    others = {name: value for name, value in values.items() if name != key}
    kept = {name: value for name, value in expected.items() if name != key}
    same = repr(others) == repr(kept) or others == kept
    if problems or not same or (key in values) != (key in expected) or not _fits(key, values):
        raise FileProblems(
            f"`{shown(key)}` cannot be changed in {path} as it is written there", "edit the file by hand"
        )
    return (BOM if text.startswith(BOM) else "") + after


def _fits(key: str, values: dict[str, object]) -> bool:
    try:
        return key not in values or setting_named(key).check(values[key]) is not NotImplemented
    except UsageError:
        return False
