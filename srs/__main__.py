"""The start of the program: quick commands before Typer loads, errors as sentences, exit codes."""

from __future__ import annotations

import os
import sys

from srs.errors import SrsError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the program on its arguments; returns the exit code, whatever happens."""
    _prepare_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except SrsError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `srs list | head`: nobody reads on, and that is no error.
        _print_no_more()
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence, never a traceback
        return _last_resort(error, arguments)
    return code


def _prepare_streams() -> None:
    """Make streams that cannot fail for want of a character, and open those that were closed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # `srs review <&-`; in this order, so that each gets its own number
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - stays open
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace", **({"encoding": "utf-8"} if os.name == "nt" else {}))


def _last_resort(error: Exception, arguments: Sequence[str]) -> int:
    from srs.cli.reporting import report_bug, report_unwritable

    if isinstance(error, OSError) and _stdout_fails():
        _print_no_more()
        return report_unwritable(error)
    return report_bug(error, arguments)


def _stdout_fails() -> bool:
    """Whether what was printed cannot be written: what could not be is still there to be tried again."""
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _print_no_more() -> None:
    """Let go of stdout; Python would flush it once more at exit, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: Sequence[str]) -> int:
    from srs.cli.quick import quick

    for argument in arguments:
        # Bytes that are no text would be refused by the database, much later and with other words.
        if any("\ud800" <= character <= "\udfff" for character in argument):
            told = argument.encode(errors="surrogateescape").decode(errors="backslashreplace")
            raise UsageError(f"`{told}` is not UTF-8 text")
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
