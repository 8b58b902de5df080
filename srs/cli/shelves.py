"""Help in plain words: commands in shelves by what a person is doing, arguments by their names alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

SHELVES = ("every day", "cards", "decks", "tuning", "data")


class Shelves(TyperGroup):
    """A group whose help lists its commands shelf by shelf (`rich_help_panel` names the shelf)."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """The commands in the order they were declared."""
        return list(self.commands)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override] # noqa: ANN401, ARG002, D102
        shelves: dict[str, list[tuple[str, str]]] = {shelf: [] for shelf in SHELVES}
        for name, command in self.commands.items():
            if not command.hidden:
                shelf = getattr(command, "rich_help_panel", None)
                shelves[shelf if shelf in shelves else "data"].append((name, command.get_short_help_str(60)))
        for shelf, rows in shelves.items():
            if rows:
                with formatter.section(shelf.capitalize()):
                    formatter.write_dl(rows)


class PlainCommand(TyperCommand):
    """A command whose help shows no types and ranges of Python: `[PATH]...`, not `[[PATH]...]... <list>`."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """What stands behind the name in the line of usage."""
        arguments = [param for param in self.get_params(ctx) if param.param_type_name == "argument"]
        return ["[OPTIONS]", *map(_name, arguments)]

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override] # noqa: ANN401, D102
        rows: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                name = _name(param) if param.param_type_name == "argument" else record[0]
                rows[param.param_type_name].append((name, _without_range(record[1])))
        for heading, kind in (("Arguments", "argument"), ("Options", "option")):
            if rows[kind]:
                with formatter.section(heading):
                    formatter.write_dl(rows[kind])


_TOLD_BY_ERRORS = re.compile(
    r"; (?:[0-9]+<=)?x[<>]=[0-9]+(?=\]$)| *\[(?:(?:[0-9]+<=)?x[<>]=[0-9]+|required)\]$"
)


def _without_range(told: str) -> str:
    """What is said of an argument, without its range and that it is required: who misses is told."""
    return _TOLD_BY_ERRORS.sub("", told)


def _name(argument: Any) -> str:  # noqa: ANN401 - Typer's own class is private
    metavar = str(argument.metavar)
    return metavar if argument.required or metavar.startswith("[") else f"[{metavar}]"


class PlainApp(typer.Typer):
    """An app all of whose commands are plain ones."""

    def command(self, name: str | None = None, **rest: Any) -> Callable[..., Any]:  # noqa: ANN401
        """Declare a command, as Typer does."""
        return super().command(name, **{"cls": PlainCommand, **rest})
