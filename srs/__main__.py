"""The start of the program: quick commands before Typer loads, errors as sentences, exit codes."""

from __future__ import annotations

import os
import sys

from srs.errors import SrsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the program on its arguments; returns the exit code, whatever happens."""
    for stream in (sys.stdout, sys.stderr):
        # A character the terminal cannot show becomes `?`; printing never fails for want of one.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace", **({"encoding": "utf-8"} if os.name == "nt" else {}))
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except SrsError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `srs list | head`: nobody reads on, and that is no error. Python would flush once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence, never a traceback
        from srs.cli.reporting import report_bug

        return report_bug(error, arguments)
    return code


def _run(arguments: Sequence[str]) -> int:
    from srs.cli.quick import quick

    quickly = quick(arguments)
    if quickly is not None:
        return quickly()
    from srs.cli.app import run_app

    return run_app(arguments)


def _tell(error: SrsError) -> int:
    from srs.cli.reporting import tell

    tell(error)
    return error.exit_code


if __name__ == "__main__":
    main()
