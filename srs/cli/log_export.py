"""`srs log export`: the whole log as CSV or JSON lines, a part at a time."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from srs.cli.listing import check_deck
from srs.cli.words import digits, noun
from srs.deck.clean import quoted
from srs.errors import FileProblems, NotFoundError, RefusedError
from srs.interop.log_lines import FORMATS, Writer
from srs.naming import find_card
from srs.store.exporting import every_line
from srs.store.listing import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from srs.cli.context import Context


def run_log_export(
    context: Context, *, output: str, decks: Sequence[str], card: str | None, file: Path | None
) -> int:
    """Write the log out; returns the exit code."""
    if output not in FORMATS:
        from srs.cli.usage import no_such_word

        raise no_such_word("--format", output, FORMATS)
    if file is None:
        for text, _ in _texts(context, Writer(output, clean=sys.stdout.isatty()), decks, card):
            sys.stdout.write(text)
        return 0
    _check_target(file)
    count = _write_file(file, _texts(context, Writer(output), decks, card))
    sys.stderr.write(f"Wrote {digits(count)} {noun(count, 'line')} to {file}\n")
    return 0


def _texts(
    context: Context, writer: Writer, decks: Sequence[str], card: str | None
) -> Iterator[tuple[str, int]]:
    """The export part by part, each with how many lines it holds, all of one moment of the database."""
    from srs.cli.progress import Progress

    with context.peek() as peek, Progress() as progress:
        peek.rows("BEGIN", {})
        for deck in decks:
            check_deck(peek.rows, deck)
        key = None if card is None else find_card(peek.rows, context.learner, as_text(card)).key
        yield writer.head(), 0
        done, total = 0, _count(peek.rows("SELECT count(*) FROM review", {}))
        for entries in every_line(peek.rows, context.learner, decks=decks, card=key):
            yield writer.lines(entries), len(entries)
            done += len(entries)
            progress("Writing", done, total)


def _count(found: Sequence[tuple[int]]) -> int:
    return found[0][0]


def _check_target(file: Path) -> None:
    """See that a file can be written there, over nothing but an earlier export.

    Raises:
        NotFoundError: there is no such folder.
        RefusedError: something else is there.
    """
    if not file.parent.is_dir():
        raise NotFoundError(f"there is no folder {quoted(str(file.parent))}", "make it first")
    if not file.exists() or not file.is_file():
        return
    with file.open("rb") as stream:
        start = stream.read(16)
    if start and not start.startswith((b"id,kind,card,", b'{"id": "')):
        raise RefusedError(
            f"{quoted(str(file))} is there already and no export of a log",
            "name another file; nothing was written",
        )


def _write_file(file: Path, texts: Iterator[tuple[str, int]]) -> int:
    """Write a file in one step, so that it is never half an export; how many lines it holds."""
    if file.exists() and not file.is_file():
        with file.open("w", encoding="utf-8") as stream:  # a pipe, or /dev/stdout
            return _write(stream.write, texts)
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with draft.open("x", encoding="utf-8", newline="") as stream:
            count = _write(stream.write, texts)
        draft.replace(file)
    except OSError as error:
        raise FileProblems(f"{quoted(str(file))} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # on a read-only disk even what is not there cannot be removed
            draft.unlink()
    return count


def _write(write: Callable[[str], object], texts: Iterator[tuple[str, int]]) -> int:
    count = 0
    for text, lines in texts:
        write(text)
        count += lines
    return count
