"""The start of the program: quick commands before Typer loads, errors as sentences, exit codes."""

from __future__ import annotations

import io
import os
import sys

from srs.errors import SrsError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from _typeshed import ReadableBuffer


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the program on its arguments; returns the exit code, whatever happens."""
    _prepare_streams()
    code = _outcome(arguments)
    # What a program could not print is told at its end; Python would try again at exit, and complain.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _print_no_more(stream)
    return code


def _outcome(arguments: Sequence[str]) -> int:
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except SrsError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `srs list | head`: nobody reads on, and that is no error.
        _print_no_more(sys.stdout)
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence, never a traceback
        return _last_resort(error, arguments)
    return code


class _Output(io.FileIO):
    """A file behind stdout or stderr, which keeps the error that ended it: that does not say where it was."""

    failed: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        """Write as a file does."""
        try:
            return super().write(data)
        except OSError as error:
            self.failed = error
            raise


def _that_keeps_errors(stream: TextIO) -> TextIO:
    """A stream that writes the same, and knows what failed."""
    if stream not in {sys.__stdout__, sys.__stderr__} or not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if type(raw) is not io.FileIO:  # the console of Windows
        return stream
    kept = _Output(raw.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        kept if stream.buffer is raw else io.BufferedWriter(kept),  # as `python -u` has it
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _prepare_streams() -> None:
    """Make streams that cannot fail for want of a character, and open those that were closed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # `srs review <&-`; in this order, so that each gets its own number
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - stays open
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace", **({"encoding": "utf-8"} if os.name == "nt" else {}))
    sys.stdout, sys.stderr = _that_keeps_errors(sys.stdout), _that_keeps_errors(sys.stderr)


def _last_resort(error: Exception, arguments: Sequence[str]) -> int:
    from srs.cli.reporting import UNWRITABLE, report_bug, report_unwritable

    if error is _failure_of(sys.stdout):
        return report_unwritable(error)
    if error is _failure_of(sys.stderr):
        return UNWRITABLE  # there is no way left to say so
    from srs.cli.damage import damage_behind

    damage = damage_behind(arguments)
    return _tell(damage) if damage is not None else report_bug(error, arguments)


def _failure_of(stream: TextIO) -> OSError | None:
    """What writing to stdout or stderr ended with, if it did."""
    buffer = getattr(stream, "buffer", None)
    failed: OSError | None = getattr(getattr(buffer, "raw", buffer), "failed", None)
    return failed


def _print_no_more(stream: TextIO) -> None:
    """Let go of a stream; Python would flush it once more at exit, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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
