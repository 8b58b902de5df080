"""`srs completion`: the command that prints a shell's script, declared for Typer.

What it does is in `shells.py`, which `quick.py` reaches without Typer, also to answer a Tab.
"""

# No `from __future__ import annotations`: Typer would compile every type again, three times a start.

from typing import Annotated

import typer

_SWITCH_ON = r"""
Switch it on, once:
  bash        echo 'eval "$(srs completion bash)"' >> ~/.bashrc
  zsh         echo 'eval "$(srs completion zsh)"' >> ~/.zshrc  (after compinit)
  fish        srs completion fish > ~/.config/fish/completions/srs.fish
  powershell  add to $PROFILE: srs completion powershell | Out-String | iex
"""


def add_to(app: typer.Typer) -> None:
    """Declare the command."""
    epilog = "\b" + _SWITCH_ON.rstrip()
    app.command("completion", rich_help_panel="data", epilog=epilog)(completion)


def completion(
    shell: Annotated[
        str | None, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")
    ] = None,
) -> int:
    """Print the script that completes commands and names at Tab."""
    from srs.cli.shells import run

    return run(shell)
