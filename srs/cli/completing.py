"""What fits at the cursor: commands and options as Typer knows them, names from the database.

The words before the cursor say which command it is and whether a value of an option or an argument is
due; its metavar (`DECK`, `CARD`, `TAG` …) says what fits there. Names come from the quick look, which
never creates a database.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from typer.core import TyperArgument, TyperGroup, TyperOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from srs.store.heads import Rows

MOST = 200
"""At most so many names; nobody reads more."""

WORDS, STEMS, FILES, TOML_FILES, FOLDERS = "words", "stems", "files", "toml-files", "folders"

_LAST = "\U0010ffff"
_LONGEST_TOLD = 60
_HELP = ("--help", "-h")
_TAKES_DECK_FILES = frozenset({"import", "check"})
_FACT = "EXISTS (SELECT 1 FROM memory m WHERE m.learner = :learner AND m.card = c.key AND m.{})"
_IN_DECK = "c.retired = 0"
_ABOUT = {
    "show": "1",
    "log": "1",
    "undo": _FACT.format("reps > 0"),
    "resume": _FACT.format("suspended = 1"),
    "suspend": f"{_IN_DECK} AND NOT {_FACT.format('suspended = 1')}",
}
"""Which cards a command can be about; the others can be about every card that is in its deck."""

Word = tuple[str, str]
"""A word that fits, and what is told about it beside it."""


class Found(NamedTuple):
    """What fits: words, stems that are not yet whole, or files, which the shell lists itself."""

    kind: str
    words: tuple[Word, ...] = ()


class Place(NamedTuple):
    """Where the cursor stands: the command, what was given to it, and the option that waits for a value."""

    command: Any
    db: str | None
    arguments: list[str]
    options: list[TyperOption]
    waiting: TyperOption | None
    literal: bool


def complete(words: Sequence[str], current: str) -> Found:
    """What fits after these words (without the program's name), where `current` is typed already."""
    from typer.main import get_command

    from srs.cli.app import app

    place = _find_place(get_command(app), words)
    if place is None:
        return Found(WORDS)
    if place.waiting is not None:
        return _values(place, place.waiting, current)
    if current.startswith("-") and not place.literal:
        return _fitting_option(place, current)
    if isinstance(place.command, TyperGroup):
        return _matching(_commands(place.command), current)
    return _fitting_argument(place, current)


def _fitting_option(place: Place, current: str) -> Found:
    name, equals, value = current.partition("=")
    if not equals:
        return _matching(_options(place, short=not current.startswith("--")), current)
    option = _option(place.command, name)
    if option is None or _is_flag(option):
        return Found(WORDS)
    return _behind(f"{name}=", _values(place, option, value))


def _fitting_argument(place: Place, current: str) -> Found:
    """An argument not given yet; an option, where none is due and nothing is typed."""
    argument = _argument(place)
    if argument is None or argument.hidden:
        return _matching(() if current else _options(place, short=False), current)
    found = _values(place, argument, current)
    return found._replace(words=tuple(word for word in found.words if word[0] not in place.arguments))


def _find_place(root: Any, words: Iterable[str]) -> Place | None:  # noqa: ANN401 - Typer's own kinds
    """Read the words before the cursor; None where no command could be meant."""
    place = Place(root, None, [], [], None, literal=False)
    for word in words:
        if place.waiting is not None:
            place = place._replace(db=_db(place.waiting, word, place.db), waiting=None)
        elif word == "--" and not place.literal:
            place = place._replace(literal=True)
        elif word.startswith("-") and word != "-" and not place.literal:
            place = _after_option(place, word)
        elif isinstance(place.command, TyperGroup):
            below = place.command.commands.get(word)
            if below is None:
                return None
            place = Place(below, place.db, [], [], None, literal=False)
        else:
            place.arguments.append(word)
    return place


def _after_option(place: Place, word: str) -> Place:
    name, equals, value = word.partition("=")
    option = _option(place.command, name)
    if option is None:
        # `-n5`: the value stands in the same word.
        option, equals = _option(place.command, word[:2]), "attached"
        value = word[2:]
    if option is None:
        return place
    place.options.append(option)
    if _is_flag(option):
        return place
    if equals:
        return place._replace(db=_db(option, value, place.db))
    return place._replace(waiting=option)


def _db(option: TyperOption, value: str, before: str | None) -> str | None:
    """The database, if this is its option; a shell hands over `~` and `$HOME` as they are typed."""
    return os.path.expandvars(os.path.expanduser(value)) if "--db" in option.opts else before  # noqa: PTH111 - a text


def _option(command: Any, name: str) -> TyperOption | None:  # noqa: ANN401 - Typer's own kinds
    for parameter in command.params:
        if isinstance(parameter, TyperOption) and name in {*parameter.opts, *parameter.secondary_opts}:
            return parameter
    return None


def _is_flag(option: TyperOption) -> bool:
    return bool(option.is_flag or option.count)


def _options(place: Place, *, short: bool) -> Iterable[Word]:
    """The options not given yet, by their long names or by all."""
    for parameter in place.command.params:
        if not isinstance(parameter, TyperOption) or parameter.hidden:
            continue
        if parameter in place.options and not parameter.multiple:
            continue
        for name in (*parameter.opts, *parameter.secondary_opts):
            if short or name.startswith("--"):
                yield name, _told(parameter.help or "")
    for name in _HELP if short else _HELP[:1]:
        yield name, "Show this and leave."


def _commands(group: TyperGroup) -> Iterable[Word]:
    for name, command in group.commands.items():
        if not command.hidden:
            yield name, command.get_short_help_str(_LONGEST_TOLD)


def _argument(place: Place) -> TyperArgument | None:
    """The argument the next word is; None where no more are taken."""
    declared = [p for p in place.command.params if isinstance(p, TyperArgument)]
    taken = len(place.arguments)
    if taken < len(declared):
        return declared[taken]
    return declared[-1] if declared and declared[-1].nargs == -1 else None


def _values(place: Place, parameter: TyperOption | TyperArgument, current: str) -> Found:
    """What fits as the value of an option or argument."""
    metavar = (parameter.metavar or "").strip("[].")
    if metavar == "DIR":
        return Found(FOLDERS)
    if metavar in {"PATH", "FILE.toml", "FILE.csv", "FILE", "OTHER.db"}:
        of_paths = metavar == "PATH" and place.command.name in _TAKES_DECK_FILES
        takes_decks = metavar == "FILE.toml" or of_paths
        return Found(TOML_FILES if takes_decks else FILES)
    if metavar in _FIXED:
        return _matching(_FIXED[metavar](place), current)
    if metavar in {"DECK", "TAG", "CARD"}:
        return _names(place, metavar, current)
    return Found(WORDS)


def _states(_: Place) -> Iterable[Word]:
    from srs.store.listing import STATES

    return ((state, "") for state in STATES)


def _settings(_: Place) -> Iterable[Word]:
    from srs.settings import SETTINGS

    return ((setting.name, setting.meaning) for setting in SETTINGS)


def _setting_values(place: Place) -> Iterable[Word]:
    from srs.settings import SETTINGS
    from srs.settings_values import Flag
    from srs.settings_values import Word as OneOf

    setting = next((s for s in SETTINGS if place.arguments[:1] == [s.name]), None)
    if len(place.arguments) > 1:
        return ()
    if isinstance(setting, Flag):
        return (("true", ""), ("false", ""))
    return ((word, "") for word in setting.words) if isinstance(setting, OneOf) else ()


def _modes(_: Place) -> Iterable[Word]:
    from srs.model import MODES

    about = (
        "turn the card over",
        "pick one of the options",
        "type the answer",
        "options until passed once, then typing",
    )
    return zip(MODES, about, strict=True)


def _kinds_of_groups(_: Place) -> Iterable[Word]:
    from srs.store.counting import GROUPS

    return ((kind, "") for kind in GROUPS)


def _shells(_: Place) -> Iterable[Word]:
    from srs.cli.shells import SCRIPTS

    return ((shell, "") for shell in SCRIPTS)


_FIXED: dict[str, Callable[[Place], Iterable[Word]]] = {
    "STATE": _states,
    "KEY": _settings,
    "VALUE": _setting_values,
    "SHELL": _shells,
    "MODE": _modes,
    "WHAT": _kinds_of_groups,
    "DATE": lambda _: (("today", ""), ("tomorrow", "")),
}


def _names(place: Place, metavar: str, current: str) -> Found:
    from srs.cli.context import Context

    context = Context(db=place.db)
    with context.peek() as peek:
        if metavar == "CARD":
            return _cards(peek.rows, context.learner, place.command.name, current)
        return Found(WORDS, tuple((_decks if metavar == "DECK" else _tags)(peek.rows, current)))


def _decks(rows: Rows, current: str) -> list[Word]:
    sql = "SELECT id, name FROM deck WHERE id >= :low AND id < :high"
    return [(deck, _told(name)) for deck, name in _first(rows, sql, ("id",), current)]


def _tags(rows: Rows, current: str) -> list[Word]:
    sql = "SELECT DISTINCT tag FROM card_tag WHERE tag >= :low AND tag < :high"
    return [(tag, "") for (tag,) in _first(rows, sql, ("tag",), current)]


def _cards(rows: Rows, learner: str, command: str, current: str) -> Found:
    """Decks first; once a deck's name and a slash are typed its cards; else ids, where no deck fits."""
    deck, slash, name = current.rpartition("/")
    if not slash:
        decks = _decks(rows, current)
        if decks or not current:
            return Found(STEMS, tuple((f"{name}/", told) for name, told in decks))
    sign = ":" if ":" in name else "#"
    card, variant_sign, variant = name.partition(sign)
    conditions = ["c.id >= :low", "c.id < :high", _ABOUT.get(command, _IN_DECK)]
    if slash:
        conditions.append("d.id = :deck")
    if variant_sign:
        conditions += [
            "c.id = :low",
            "c.variant > ''",
            "c.variant >= :variant",
            "c.variant < :variant || :last",
        ]
    # Deck by deck, so that the index over names is walked also where no deck was typed.
    sql = (
        "SELECT c.id, c.variant, coalesce(c.term, c.question) "
        f"FROM deck d CROSS JOIN card c ON c.deck = d.id WHERE {' AND '.join(conditions)}"
    )
    bound = {"learner": learner, "deck": deck, "variant": variant, "last": _LAST}
    found = _first(rows, sql, ("c.id", "c.variant"), card, bound)
    decks_with = Counter(row[:2] for row in found)
    fitting = [
        (f"{deck}{slash}{card}{sign if variant else ''}{variant}", _told(text))
        for card, variant, text in found
        if decks_with[card, variant] == 1
    ]
    return Found(WORDS, tuple(fitting))


def _first(
    rows: Rows, sql: str, order: tuple[str, ...], typed: str, bound: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """The first names that begin with what is typed, in order.

    Of more than `MOST` the last one stands for all left out: a shell inserts what its words have in
    common, and so it never inserts what only the first of them have.
    """
    params = {**(bound or {}), "low": typed, "high": typed + _LAST}
    found = rows(f"{sql} ORDER BY {', '.join(order)} LIMIT {MOST}", params)
    if len(found) == MOST:
        found[-1:] = rows(f"{sql} ORDER BY {', '.join(f'{column} DESC' for column in order)} LIMIT 1", params)
    return found


def _told(text: str) -> str:
    """A text from a file on one line, and short."""
    from srs.deck.clean import clean_line

    line = clean_line(text[: 4 * _LONGEST_TOLD]).strip()
    return line if len(line) <= _LONGEST_TOLD else f"{line[: _LONGEST_TOLD - 1]}…"


def _matching(words: Iterable[Word], current: str) -> Found:
    return Found(WORDS, tuple(word for word in words if word[0].startswith(current)))


def _behind(stem: str, found: Found) -> Found:
    """The same, where the value follows its option's name within one word."""
    return found._replace(words=tuple((stem + word, told) for word, told in found.words))
