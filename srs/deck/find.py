"""Deck files on disk: which ones a command means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from srs.deck.clean import clean_line, quoted
from srs.errors import NotFoundError, SrsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SUFFIX = ".toml"
_GUESSED_AMONG = 1000


def find_deck_files(paths: Sequence[Path]) -> tuple[list[Path], list[SrsError]]:
    """The deck files that these paths mean, and an error for each path that means none.

    A file is taken as given, whatever its name. Of a folder all `*.toml` below it are taken, sorted by
    path, but nothing hidden and no link that leads out of the folder. A file met twice is taken once.
    Paths are `given/below`, never made absolute.
    """
    files: dict[str, Path] = {}
    errors: list[SrsError] = []
    for path in paths:
        try:
            if not path.is_dir():
                # Reading tells what is wrong with pipes, devices and files without permission.
                path.lstat()
                files.setdefault(os.path.realpath(path), path)
                continue
            below, unread = _below(path)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            errors.append(_not_found(path, error))
            continue
        errors.extend(unread)
        if not below and not unread:
            hint = "deck files end in `.toml`; `srs init FILE.toml` writes one"
            errors.append(NotFoundError(f"there is no deck file in {_shown(path)}", hint))
        for found in below:
            files.setdefault(os.path.realpath(found), found)
    errors += [_no_text(path) for path in files.values() if not _is_text(path)]
    return [path for path in files.values() if _is_text(path)], errors


def _is_text(path: Path) -> bool:
    """Whether a path is Unicode, as everything that is remembered must be."""
    try:
        os.path.realpath(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_text(path: Path) -> SrsError:
    told = os.fsencode(path).decode(errors="backslashreplace")
    return UsageError(f"the path `{clean_line(told)}` is not UTF-8 text", "rename the file")


def _below(top: Path) -> tuple[list[Path], list[SrsError]]:
    """The deck files below a folder, sorted, and the folders below it that cannot be read."""
    root = os.path.realpath(top)
    seen: set[str] = set()
    found: list[Path] = []
    errors: list[SrsError] = []
    waiting = [top]
    # Links wait until all real folders have been seen, so that a file goes by its real name.
    links: list[Path] = []
    while waiting or links:
        folder = waiting.pop() if waiting else links.pop()
        real = os.path.realpath(folder)
        if real in seen or not _inside(real, root):
            continue
        seen.add(real)
        try:
            for entry, is_folder in _entries(folder):
                if is_folder:
                    (links if entry.is_symlink() else waiting).append(entry)
                elif _inside(os.path.realpath(entry), root):
                    found.append(entry)
        except OSError as error:
            errors.append(_not_found(folder, error))
    # A link sorts after its file, so that the file is the one that is kept.
    found.sort(key=lambda path: (path.is_symlink(), path.parts))
    unique = {os.path.realpath(path): path for path in reversed(found)}
    return sorted(unique.values(), key=lambda path: path.parts), errors


def _entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """The folders and deck files of a folder that are not hidden, each with whether it is a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    yield folder / entry.name, True
                elif entry.name.lower().endswith(SUFFIX) and entry.is_file():
                    yield folder / entry.name, False
            except OSError:  # a loop of links
                continue


def _inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _not_found(path: Path, error: OSError | ValueError) -> SrsError:
    if isinstance(error, PermissionError):
        return UsageError(f"there is no permission to read {_shown(path)}")
    return NotFoundError(f"there is no file or folder {_shown(path)}", _near(path))


def _near(path: Path) -> str | None:
    """A hint at a file or folder beside the missing one that is named much like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - dear, and most files are there

    try:
        names = [entry.name for entry, _ in zip(os.scandir(path.parent), range(_GUESSED_AMONG), strict=False)]
    except (OSError, ValueError):
        return None
    close = get_close_matches(path.name[:100], names, n=1, cutoff=0.7)
    return f"did you mean {_shown(path.parent / close[0])}?" if close else None


def _shown(path: Path) -> str:
    text = str(path)
    return f"`{clean_line(text)}`" if len(text) < 200 else quoted(text)
