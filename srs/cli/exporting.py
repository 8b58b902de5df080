"""`srs export`: cards as CSV, JSON or TOML, or with their whole history as an Anki package."""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import TYPE_CHECKING, NamedTuple

from srs.cli.listing import check_deck
from srs.cli.words import plural
from srs.deck.clean import clean_line, quoted
from srs.errors import FileProblems, NotFoundError, RefusedError, UsageError
from srs.exporting_cards import FORMATS, DeckOut, as_csv, as_json, as_toml, decks_out, is_export

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from srs.cli.context import Context
    from srs.store.heads import Rows

_SUFFIXES = {f".{name}": name for name in FORMATS} | {".tsv": "csv"}
_WHICH = "name a file that ends in .apkg, .csv, .json or .toml, or say `--format`"


class Asked(NamedTuple):
    """What is to be written where; `folder` for deck files side by side, no file for stdout."""

    output: str
    file: Path | None
    folder: Path | None = None
    force: bool = False


def run_export(
    context: Context,
    file: Path | None,
    *,
    output: str | None,
    decks: Sequence[str] = (),
    force: bool = False,
) -> int:
    """Write cards out; returns the exit code."""
    asked = _asked(file, output, force=force)
    if asked.output == "apkg":
        from srs.cli.anki_exporting import run_package_export

        return run_package_export(context, _needed(asked.file), decks, check=lambda rows: _check(rows, asked))
    with context.peek() as peek:
        peek.rows("BEGIN", {})
        for deck in decks:
            check_deck(peek.rows, deck)
        found = decks_out(peek.rows, context.learner, decks)
        _check(peek.rows, asked)
        if asked.output == "toml":
            return _write_toml(found, asked)
        delimiter = "\t" if asked.file is not None and asked.file.suffix.lower() == ".tsv" else ","
        text = as_json(found) if asked.output == "json" else as_csv(found, delimiter=delimiter)
        _put(text, asked.file)
        _tell(asked.file, found)
    return 0


def one_file(file: Path | None, into: Path | None) -> Path | None:
    """The file that is named, as an argument or as an option."""
    if file is not None and into is not None and file != into:
        raise UsageError("two files are named", f"srs export {clean_line(str(into))}")
    return file if into is None else into


def print_schema() -> int:
    """Print the JSON Schema of the JSON."""
    from srs.interop.cards_json import SCHEMA

    sys.stdout.write(json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n")
    return 0


def _asked(file: Path | None, output: str | None, *, force: bool) -> Asked:
    """What is meant, by the format that is said or the name of the file.

    Raises:
        UsageError: neither says a format, or it is no format.
    """
    if file is not None and str(file) == "-":
        file = None
    if output is None:
        if file is None:
            raise UsageError("`srs export` needs a file, or a format", _WHICH)
        output = _SUFFIXES.get(file.suffix.lower())
        if output is None:
            raise UsageError(f"{quoted(file.name)} does not say a format", _what_says_one(file))
    if output not in FORMATS:
        from srs.cli.usage import no_such_word

        raise no_such_word("--format", output, FORMATS)
    if file is not None and file.is_dir():
        if output != "toml":
            raise UsageError(
                f"{quoted(str(file))} is a folder",
                "name a file in it; with `--format toml` it gets a file for each deck",
            )
        return Asked(output, None, file, force)
    return Asked(output, file, force=force)


def _what_says_one(file: Path) -> str:
    if file.suffix.lower() == ".colpkg":
        return "a whole collection is Anki's own; cards go as .apkg"
    if not file.suffix:
        folder = shlex.quote(str(file))
        return f"{_WHICH}; a folder: `mkdir {folder}`, then `srs export --format toml {folder}`"
    return _WHICH


def _needed(file: Path | None) -> Path:
    if file is None or (file.exists() and not file.is_file()):
        raise UsageError("an Anki package needs a file to go into", "srs export FILE.apkg")
    return file


def _check(rows: Rows, asked: Asked) -> None:
    """See, before there is any work, that nothing but an earlier export would be written over."""
    if asked.file is not None:
        check_target(asked.file, asked.output, rows, force=asked.force)


def check_target(file: Path, output: str, rows: Rows, *, force: bool) -> None:
    """See that a file may be written.

    Raises:
        NotFoundError: its folder is not there.
        FileProblems: what is there cannot be read.
        RefusedError: it is there, no earlier export, and `force` does not say to write over it.
    """
    if not file.parent.is_dir():
        raise NotFoundError(f"there is no folder {quoted(str(file.parent))}", "make it first")
    if force or not file.is_file():
        return
    is_deck = rows("SELECT id FROM deck WHERE path = :path", {"path": str(file.resolve())})
    if is_deck:
        raise RefusedError(
            f"{quoted(str(file))} is the file of the deck `{is_deck[0][0]}`",
            "name another file, or write over it with `--force`",
        )
    if not _is_earlier(file, output):
        raise RefusedError(
            f"{quoted(str(file))} is there already and no such export of srs",
            "name another file, or write over it with `--force`",
        )


def _is_earlier(file: Path, output: str) -> bool:
    try:
        if output == "apkg":
            from srs.interop.anki_write import is_our_package

            return is_our_package(file)
        with file.open("rb") as stream:
            return is_export(stream.read(1_000), output)
    except OSError as error:
        raise FileProblems(f"{quoted(str(file))} cannot be read: {error.strerror or error}") from error


def _write_toml(found: Sequence[DeckOut], asked: Asked) -> int:
    decks = [out for out in found if out.live]
    if asked.folder is None:
        if len(decks) != 1:
            told = (
                "there are no cards" if not decks else f"there are {len(decks)} decks, and a file holds one"
            )
            raise UsageError(told, "say which with `-d DECK`, or name a folder that is there")
        _put(as_toml(decks[0]), asked.file)
        _tell(asked.file, decks)
        return 0
    texts = {asked.folder / f"{out.head.id}.toml": as_toml(out) for out in decks}
    for path, text in texts.items():
        other = path.exists() and not _says(path, text) and not _is_earlier(path, "toml")
        if other and not asked.force:
            raise RefusedError(
                f"{quoted(str(path))} is there already; nothing was written",
                "name another folder, or write over it with `--force`",
            )
    for path, text in texts.items():
        _put(text, path)
    what = f"{plural(_cards(decks), 'card')} of {plural(len(decks), 'deck')}"
    sys.stderr.write(f"Wrote {what} to {clean_line(str(asked.folder))}\n")
    return 0


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _cards(decks: Sequence[DeckOut]) -> int:
    return sum(len(out.live) for out in decks)


def _tell(file: Path | None, decks: Sequence[DeckOut]) -> None:
    if file is not None:
        sys.stderr.write(f"Wrote {plural(_cards(decks), 'card')} to {clean_line(str(file))}\n")


def _put(text: str, file: Path | None) -> None:
    """Write a text to a file in one step, or to stdout."""
    if file is None:
        sys.stdout.write(text)
        return
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(text.encode())  # a pipe, or /dev/stdout
            return
        put_whole(file, lambda draft: draft.write_bytes(text.encode()))
    except OSError as error:
        raise FileProblems(f"{quoted(str(file))} cannot be written: {error.strerror or error}") from error


def put_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Let a file be written beside its place and put there in one step, so that it is never half one."""
    target = file.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        draft.open("xb").close()
        write(draft)
        with draft.open("rb+") as stream:
            os.fsync(stream.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
