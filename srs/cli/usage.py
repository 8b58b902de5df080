"""Wrong usage in our words: one sentence that names what was typed, and a hint."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from srs.errors import SrsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.exceptions import TyperException

_INVALID = re.compile(r"Invalid value for (?P<option>'[^:]+'): (?P<why>.*)", re.DOTALL)
_NAMED = re.compile(r"\(([^()]*)\)\s*$|'([^']+)'")
_LEAST = re.compile(r"greater than or equal to (\d+)|x>=(\d+)")
_SEARCHES = ("list", "search")
_GROUPS = {"config": ("show", "get", "set", "unset", "path"), "log": ("import", "export")}


def in_our_words(error: TyperException, arguments: Sequence[str]) -> SrsError:
    """The usage error that Typer found, as we say it."""
    message = error.format_message()
    command = _command(arguments)
    help_hint = f"`srs {command} -h` shows how" if command else "`srs -h` shows all commands"
    option = getattr(error, "option_name", None)
    if option:
        near = list(getattr(error, "possibilities", None) or [])
        return _bad_option(option, message, arguments, near)
    if message.startswith("No such command"):
        return _no_such_command(message, command)
    invalid = _INVALID.match(message)
    if invalid:
        return _bad_value(invalid["option"].split(" / ")[-1].strip("'"), invalid["why"], arguments, help_hint)
    named = _NAMED.search(message)
    what = (named[1] or named[2]) if named else ""
    if message.startswith("Missing argument"):
        return UsageError(f"`srs {command}` needs `{what.strip('{}.')}`", help_hint)
    if "unexpected extra argument" in message:
        return UsageError(f"`srs {command}` does not take `{what}`", help_hint)
    sentence = message.rstrip(".")
    return UsageError(sentence[:1].lower() + sentence[1:], help_hint)


def no_such_word(option: str, given: str, words: Sequence[str]) -> UsageError:
    """The error of an option that takes one of a few words and was given another."""
    from srs.cli.words import listed
    from srs.settings_values import nearest

    near = nearest(given, words)
    guess = f"did you mean `{near}`? " if near else ""
    takes = listed([f"`{word}`" for word in words], "or")
    return UsageError(
        f"`{option}` does not take `{given}`" if given else f"`{option}` needs a value",
        f"{guess}{'It' if guess else 'it'} takes {takes}",
    )


def _command(arguments: Sequence[str]) -> str:
    """The command that was typed, with the one below it (`config get`)."""
    words = iter(arguments)
    typed = []
    for word in words:
        if word == "--db":
            next(words, None)
        elif not word.startswith("-"):
            typed.append(word)
    group = _GROUPS.get(typed[0], ()) if typed else ()
    return " ".join(typed[:2] if len(typed) > 1 and typed[1] in group else typed[:1])


def _bad_option(option: str, message: str, arguments: Sequence[str], near: list[str]) -> UsageError:
    command = _command(arguments)
    owner = f"`srs {command}`" if command else "`srs`"
    hint = f"{owner[:-1]} -h` shows how"
    if "No such option" not in message:
        return UsageError(f"`{option}` needs a value", hint)
    if option.startswith("--db"):
        return UsageError("`--db` belongs before the command", f"put it first: `srs --db PATH {command}`")
    hint = f"did you mean `{near[0]}`?" if near else _after_two_dashes(option, arguments) or hint
    return UsageError(f"{owner} has no option `{option}`", hint)


def _after_two_dashes(option: str, arguments: Sequence[str]) -> str | None:
    """How a word that begins with a dash is searched for."""
    at = next((at for at, word in enumerate(arguments) if word.startswith(option)), None)
    if at is None or arguments[0] not in _SEARCHES:
        return None
    rest = [word for word in arguments[at:] if word != "--"]
    return f"to search for it: `srs {shlex.join([*arguments[:at], '--', *rest])}` (`--` ends the options)"


def _no_such_command(message: str, command: str) -> UsageError:
    import typer

    from srs.cli.app import app
    from srs.cli.stats_views import NAMES
    from srs.naming import nearest

    typed = re.search(r"'([^']*)'", message)
    name = typed[1] if typed else ""
    if name == "help":
        return UsageError("there is no command `help`", "`srs -h` shows all commands, `srs review -h` one")
    group = typer.main.get_command(app)
    within = list(_GROUPS.get(command, ()))
    if not within and name in NAMES:
        return UsageError(f"there is no command `{name}`", f"{name} is a view: `srs stats {name}`")
    near = nearest(name, within or [*getattr(group, "commands", {}), *NAMES])
    whole = f"{command} {name}" if within else name
    before = f"{command} " if within else "stats " if near in NAMES else ""
    hint = f"did you mean `srs {before}{near}`?"
    return UsageError(f"there is no command `{whole}`", hint if near else "`srs -h` shows all commands")


def _bad_value(option: str, why: str, arguments: Sequence[str], hint: str) -> UsageError:
    given = _value_of(option, arguments)
    but = f", not `{given}`" if given is not None else ""
    bound = _LEAST.search(why)
    if bound:
        return UsageError(f"`{option}` takes a whole number from {bound[1] or bound[2]} on{but}", hint)
    if "valid integer" in why or "integer" in why:
        return UsageError(f"`{option}` takes a whole number{but}", hint)
    return UsageError(f"`{option}`: {why.rstrip('.')}", hint)


def _value_of(option: str, arguments: Sequence[str]) -> str | None:
    """What was typed as the value of an option, by its long or its short name."""
    short = {"--limit": "-n", "--minutes": "-m"}.get(option)
    for word, after in zip(arguments, [*arguments[1:], ""], strict=False):
        name, equals, value = word.partition("=")
        if name in (option, short):
            return value if equals else after
    return None
