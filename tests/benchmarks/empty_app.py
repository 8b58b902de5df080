"""A Typer app with as many commands as srs has, and nothing in them: what `srs --help` is held against."""

import os

import typer

app = typer.Typer(
    name="empty",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def nothing() -> None:
    """Do nothing."""


for n in range(int(os.environ["COMMANDS"])):
    app.command(f"command{n}")(nothing)

if __name__ == "__main__":
    app()
