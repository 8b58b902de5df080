"""The names of images and sounds: which file of a package a card means, however its field writes it.

A field names a file as a web page does (`a%20b.png`, `R&amp;D.png`), in either way that Unicode has to
write `ü`, and, where it was made on a system that minds no case, in any case. Cards here name the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import unquote

from srs.deck.clean import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_BYTES = 240


class MediaNames:
    """The names of the files in a folder, and which of them a card means."""

    def __init__(self, folder: Path) -> None:
        names = sorted(path.name for path in folder.iterdir() if is_safe(path.name))
        self._names = frozenset(names)
        self._alike = {normalize("NFC", name): name for name in names}
        self._caseless = {_caseless(name): name for name in names}

    def find(self, said: str) -> str | None:
        """The file that is meant, if it is there and its name safe anywhere."""
        for name in _ways(said):
            if name in self._names:
                return name
        for name in _ways(said):
            found = self._alike.get(normalize("NFC", name)) or self._caseless.get(_caseless(name))
            if found is not None:
                return found
        return None


def _ways(said: str) -> Iterator[str]:
    yield said
    if "%" in said:
        yield unquote(said)


def _caseless(name: str) -> str:
    return normalize("NFC", normalize("NFC", name).casefold())


def is_safe(name: str) -> bool:
    """Whether a name is a plain file's on every system, and harmless on a screen."""
    if not name or name.startswith(".") or not {"/", "\\", ":"}.isdisjoint(name):
        return False
    return len(name.encode(errors="surrogatepass")) <= _LONGEST_BYTES and clean_line(name) == name
