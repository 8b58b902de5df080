"""Help in shelves: the commands grouped by what a person is doing, in the order of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

if TYPE_CHECKING:
    import typer

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
