"""Images and sounds on their way back to Anki: the files that cards name, and their names as HTML.

Only cards that came from Anki mean files by `[image: dog.png]`; from anyone else it is text.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from srs.interop import anki_notes as notes
from srs.interop.anki_media import MediaNames

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMED = re.compile(r"\[(image|sound|video|image occlusion): ([^\]\n]{1,240}?)(, area \d+ is covered)?\]")
_MARK = "\x1e{}\x1e"
_MARKED = re.compile("\x1e(\\d+)\x1e")


class MediaOut:
    """The files that go along: `files` by name, as cards come to name them."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.files: dict[str, Path] = {}
        self._folders = list(folders)
        self._names: dict[Path, MediaNames] = {}

    def html(self, text: str, path: str | None) -> str:
        """The HTML of a text that came from Anki; `path` is the deck file that holds it by now, if any."""
        made: list[str] = []

        def marked(named: re.Match[str]) -> str:
            if not self._take(named[2], path):
                return named[0]
            made.append(_tag(named))
            return _MARK.format(len(made) - 1)

        plain = _NAMED.sub(marked, text.replace("\x1e", ""))
        return _MARKED.sub(lambda mark: made[int(mark[1])], notes.field_html(plain))

    def _take(self, name: str, path: str | None) -> bool:
        """Note a file that is there under exactly this name; the first folder's counts."""
        if name in self.files:
            return True
        beside = [] if path is None else [Path(path).parent / "media"]
        for folder in (*beside, *self._folders):
            if folder not in self._names and folder.is_dir():
                self._names[folder] = MediaNames(folder)
            names = self._names.get(folder)
            if names is not None and names.find(name) == name and (folder / name).is_file():
                self.files[name] = folder / name
                return True
        return False


def _tag(named: re.Match[str]) -> str:
    kind, name = named[1], named[2]
    source = html.escape(name)
    if kind == "image":
        return f'<img src="{source}">'
    if kind == "video":
        return f'<video controls src="{source}"></video>'
    if kind == "sound":
        return f"[sound:{html.escape(name, quote=False)}]"
    # What covers the picture is not known here; the words say which area, and the picture stands below.
    return f'{html.escape(named[0], quote=False)}<br><img class="{notes.BESIDE}" src="{source}">'
