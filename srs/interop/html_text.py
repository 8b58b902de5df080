"""HTML as plain text for a terminal: lines, lists, tables and code as they were meant, nothing that acts.

Images and sounds are named, formulas stay as they were written, scripts and styles are left out. The
tree is walked without recursion, and very long texts are cut before they are parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from srs.deck.clean import clean_line, clean_text
from srs.interop.anki_notes import BESIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborNode

MOST_TAGS = 20_000
MOST_CHARACTERS = 200_000
"""Of one side of a card. Deeper and longer texts take the parser minutes, and nobody reads them."""

MOST_NAME = 240
"""Of an image or a sound; a file's name is no longer."""

_DATA = re.compile(r"data:[^\"'\s>,]{0,200},[^\"'\s>]*", re.ASCII)
_SOUND = re.compile(r"\[sound:([^\]]*)\]")
_SPEECH = re.compile(r"\[anki:tts[^\]]{0,500}\](.*?)\[/anki:tts\]", re.DOTALL)
_ATTRIBUTE_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANKS = re.compile("[ \t\n\r\f\xa0]+")
_ROW_BLANKS = re.compile("[ \t]+(?=\n)")
_WEB = ("http://", "https://")

_DROPPED = frozenset(
    {"script", "style", "template", "head", "title", "iframe", "object", "svg", "canvas", "rp", "select"}
    | {"-comment", "button", "input", "textarea", "noscript", "math", "map", "param", "link", "meta"}
)
_LINES = frozenset(
    {"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "main", "aside", "nav"}
    | {"figure", "figcaption", "address", "center", "details", "summary", "form", "fieldset", "caption"}
)
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "table", "blockquote", "hr"}
)
_RAISED = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_SIGNS = {"rt": ("(", ")"), "q": ("“", "”"), "anki-mathjax": ("\\(", "\\)")}
_LIST_TAGS = "ul", "ol"
_CODE_TAGS = frozenset({"code", "kbd", "samp", "tt"})


class Told(NamedTuple):
    """A text, the names of the media in it, and whether it was cut."""

    text: str
    media: tuple[str, ...]
    cut: bool


def to_text(html: str, *, hidden: bool = False) -> Told:
    """The clean text of a piece of HTML; with `hidden` also what its styles hide until a click."""
    short = _DATA.sub("data:", html) if "data:" in html else html
    cut = len(short) > MOST_CHARACTERS or short.count("<") > MOST_TAGS
    if cut:
        short = _cut(short)
    short = _SPEECH.sub(lambda found: f"[speech: {found[1]}]", short)
    if "<" not in short and "&" not in short:
        writer = _Writer(hidden=hidden)
        writer.flow(short)
    else:
        writer = _Writer(hidden=hidden)
        root = LexborHTMLParser(short).body
        if root is not None:
            _walk(root, writer)
    return Told(writer.text(), tuple(dict.fromkeys(writer.media)), cut)


def _cut(html: str) -> str:
    html = html[:MOST_CHARACTERS]
    end = -1
    for _ in range(MOST_TAGS):
        end = html.find("<", end + 1)
        if end < 0:
            return html
    return html[:end]


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Enter and leave every node once, in the order of the text."""
    node: LexborNode | None = root
    while node is not None:
        inside = writer.enter(node)
        if inside and node.child is not None:
            node = node.child
            continue
        if inside:
            writer.leave(node)
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == root.mem_id:
                return
            writer.leave(node)
        node = None if node is None else node.next


class _Writer:
    """The text so far; blanks and line breaks are held back until something follows them."""

    def __init__(self, *, hidden: bool) -> None:
        self.media: list[str] = []
        self._hidden = hidden
        self._out: list[str] = []
        self._breaks = 0
        self._blank = False
        self._pre = 0
        self._lists: list[int | None] = []
        self._cells = 0
        self._raised: list[tuple[str, int]] = []

    def text(self) -> str:
        """All of it, cleaned."""
        joined = clean_text("".join(self._out))
        return _ROW_BLANKS.sub("", joined).strip("\n").rstrip()

    # Nodes.

    def enter(self, node: LexborNode) -> bool:
        """Write what a node begins with; whether its children are written, too."""
        tag = node.tag
        if tag == "-text":
            self.flow(node.text_content or "")
            return True
        if tag is None or tag in _DROPPED:
            return False
        attributes = node.attributes
        if not self._hidden and _is_hidden(tag, attributes):
            return False
        self._open(tag, attributes)
        return True

    def _open(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag == "br":
            self._breaks += 1
            self._blank = False
        elif tag in {"img", "audio", "video", "source", "embed"}:
            self._name(tag, attributes)
        elif tag in _PARAGRAPHS:
            self._paragraph(tag)
        elif tag in _LINES:
            self._line()
            self._cells = 0
            if tag == "li":
                self._bullet()
        elif tag in {"td", "th"}:
            self._cell()
        elif tag in _CODE_TAGS and not self._pre:
            self._put("`")
        elif tag in {"sup", "sub"}:
            self._raised.append((tag, len(self._out)))
        elif tag in _SIGNS:
            self._put(_SIGNS[tag][0])

    def leave(self, node: LexborNode) -> None:
        """Write what a node ends with."""
        tag = node.tag or ""
        if tag in _PARAGRAPHS:
            if tag == "pre":
                self._pre = max(0, self._pre - 1)
            if tag in _LIST_TAGS and self._lists:
                self._lists.pop()
            self._breaks = max(self._breaks, 1 if self._lists else 2)
        elif tag in _LINES:
            self._line()
        elif tag in _CODE_TAGS and not self._pre:
            self._put("`", tight=True)
        elif tag in {"sup", "sub"} and self._raised:
            self._raise(*self._raised.pop())
        elif tag in _SIGNS:
            self._put(_SIGNS[tag][1], tight=True)
        elif tag == "a":
            self._link(node)

    def _paragraph(self, tag: str) -> None:
        self._breaks = max(self._breaks, 1 if self._lists else 2)
        self._blank = False
        self._cells = 0
        if tag == "pre":
            self._pre += 1
        elif tag in _LIST_TAGS:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "hr":
            self._put("---")

    def _line(self) -> None:
        self._breaks = max(self._breaks, 1)
        self._blank = False

    def _cell(self) -> None:
        if self._cells:
            self._put(" | ")
        self._cells += 1

    def _bullet(self) -> None:
        indent = "  " * (len(self._lists) - 1)
        if self._lists and self._lists[-1] is not None:
            self._lists[-1] += 1
            self._put(f"{indent}{self._lists[-1]}. ")
        else:
            self._put(f"{indent}- ")

    def _name(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        source = (attributes.get("src") or "").strip()
        kind = "image" if tag == "img" else "video" if tag == "video" else "sound"
        if source.startswith("data:"):
            self._put(f"[{kind}]")
        elif source:
            name = clean_line(source)[:MOST_NAME]
            if not source.startswith((*_WEB, "//")):
                self.media.append(name)
            if BESIDE not in (attributes.get("class") or "").split():
                self._put(f"[{kind}: {name}]")

    def _link(self, node: LexborNode) -> None:
        to = (node.attributes.get("href") or "").strip()
        if to.startswith(_WEB) and len(to) <= 300 and to.rstrip("/") not in "".join(self._out[-3:]):
            self._put(f" ({clean_line(to)})", tight=True)

    def _raise(self, tag: str, since: int) -> None:
        """Write a superscript or subscript so that 10² is not read as 102."""
        inner = "".join(self._out[since:])
        if not inner or "\n" in inner:
            return
        table, sign = (_RAISED, "^") if tag == "sup" else (_LOWERED, "_")
        moved = inner.strip().translate(table)
        if any(char.isascii() for char in moved):
            moved = f"{sign}{inner}" if len(inner) == 1 else f"{sign}({inner})"
        self._out[since:] = [moved]

    # Text.

    def flow(self, text: str) -> None:
        """Write running text; outside code, blanks and line breaks are one blank."""
        text = _SOUND.sub(self._sound, text)
        if self._pre:
            self._put(text.replace("\xa0", " "))
            return
        flowing = _BLANKS.sub(" ", text)
        if flowing.startswith(" "):
            self._blank = True
            flowing = flowing[1:]
        if not flowing:
            return
        self._put(flowing.removesuffix(" "))
        self._blank = flowing.endswith(" ")

    def _sound(self, found: re.Match[str]) -> str:
        name = clean_line(found[1]).strip()[:MOST_NAME]
        self.media.append(name)
        return f"[sound: {name}]"

    def _put(self, text: str, *, tight: bool = False) -> None:
        if not text:
            return
        if self._breaks:
            if self._out:
                self._out[-1] = self._out[-1].removesuffix("\n")
                self._out.append("\n" * min(self._breaks, 2))
            self._breaks = 0
        elif self._blank and not tight and self._out:
            self._out.append(" ")
        self._blank = self._blank and tight
        self._out.append(text)


def _is_hidden(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether a node is not seen before a click, or is what is clicked."""
    if "hidden" in attributes or _ATTRIBUTE_HIDDEN.search(attributes.get("style") or ""):
        return True
    return tag == "a" and "hint" in (attributes.get("class") or "").split()
