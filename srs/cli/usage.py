"""Wrong usage in our words: one sentence that names what was typed, and a hint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from srs.errors import SrsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.exceptions import TyperException

_INVALID = re.compile(r"Invalid value for '(?P<option>[^']+)': (?P<why>.*)", re.DOTALL)


def in_our_words(error: TyperException, arguments: Sequence[str]) -> SrsError:  # noqa: PLR0911 - a case each
    """The usage error that Typer found, as we say it."""
    message = error.format_message()
    command = next((word for word in arguments if not word.startswith("-")), "")
    help_hint = f"`srs {command} -h` shows how" if command else "`srs -h` shows all commands"
    option = getattr(error, "option_name", None)
    if option == "--db":
        return UsageError("`--db` belongs before the command", f"put it first: `srs --db PATH {command}`")
    if option:
        return _bad_option(option, message, command, list(getattr(error, "possibilities", None) or []))
    if message.startswith("No such command"):
        return _no_such_command(message)
    invalid = _INVALID.match(message)
    if invalid:
        return _bad_value(invalid["option"].split(" / ")[-1].strip("'"), invalid["why"], help_hint)
    named = re.search(r"\(([^()]*)\)\s*$|'([^']+)'", message)
    what = (named[1] or named[2]) if named else ""
    if message.startswith("Missing argument"):
        return UsageError(f"`srs {command}` needs `{what}`", help_hint)
    if "unexpected extra argument" in message:
        return UsageError(f"`srs {command}` does not take `{what}`", help_hint)
    sentence = message.rstrip(".")
    return UsageError(sentence[:1].lower() + sentence[1:], help_hint)


def _bad_option(option: str, message: str, command: str, near: list[str]) -> UsageError:
    owner = f"`srs {command}`" if command else "`srs`"
    hint = f"`srs {command} -h` shows how".replace("srs  ", "srs ")
    if "No such option" not in message:
        return UsageError(f"`{option}` needs a value", hint)
    return UsageError(f"{owner} has no option `{option}`", f"did you mean `{near[0]}`?" if near else hint)


def _no_such_command(message: str) -> UsageError:
    import typer

    from srs.cli.app import app
    from srs.naming import nearest

    typed = re.search(r"'([^']*)'", message)
    name = typed[1] if typed else ""
    group = typer.main.get_command(app)
    near = nearest(name, list(getattr(group, "commands", {})))
    return UsageError(
        f"there is no command `{name}`",
        f"did you mean `srs {near}`?" if near else "`srs -h` shows all commands",
    )


def _bad_value(option: str, why: str, hint: str) -> UsageError:
    given = re.search(r"[input_value=|']([^',\]]+)'", why)
    if "valid integer" in why:
        return UsageError(f"`{option}` takes a whole number" + (f", not `{given[1]}`" if given else ""), hint)
    bound = re.search(r"greater than or equal to (\d+)|x>=(\d+)", why)
    if bound:
        return UsageError(f"`{option}` takes a whole number from {bound[1] or bound[2]} on", hint)
    return UsageError(f"`{option}`: {why.rstrip('.')}", hint)
