"""Elements of a page that is HTML and well-formed XML at once; all text is escaped on its way out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from srs.cli.drawing import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Element = ET.Element
Part = str | Element | None
"""What an element holds: texts, elements, and nothing where there is nothing to say."""

_NO_XML = re.compile("[\ufffe\uffff]")
_VOID = re.compile(r"></(?:meta|col)>")


def safe(text: str) -> str:
    """A text without anything that could reorder it, move a cursor or is no XML."""
    return _NO_XML.sub("", harmless(text))


def clean(text: str) -> str:
    """The same on one line."""
    return safe(" ".join(text.split()))


def element(tag: str, *parts: Part, **attributes: str | None) -> Element:
    """An element; `class_` is the attribute `class`, `aria_label` is `aria-label`, None leaves one out."""
    made = Element(
        tag,
        {name.strip("_").replace("_", "-"): clean(value) for name, value in attributes.items() if value},
    )
    extend(made, parts)
    return made


def extend(made: Element, parts: Iterable[Part]) -> None:
    """Put texts and elements at the end of an element."""
    for part in parts:
        if isinstance(part, str):
            if len(made):
                made[-1].tail = (made[-1].tail or "") + safe(part)
            else:
                made.text = (made.text or "") + safe(part)
        elif part is not None:
            made.append(part)


def sentence(*parts: Part, class_: str | None = None) -> Element:
    """A paragraph."""
    return element("p", *(clean(part) if isinstance(part, str) else part for part in parts), class_=class_)


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, class_: str | None = None
) -> Element:
    """A table; the first cell of a row is its head, the others are figures."""
    body = element("tbody")
    for row in rows:
        first, *figures = (clean(cell) for cell in row)
        body.append(
            element(
                "tr", element("th", first, scope="row"), *(element("td", cell or "–") for cell in figures)
            )
        )
    head = element("tr", *(element("th", clean(name), scope="col") for name in heads))
    inside = element(
        "table",
        element("caption", clean(caption)),
        element("thead", head),
        body,
        class_=class_,
    )
    # A table that is too wide for a phone is moved sideways on its own, not with the whole page.
    return element("div", inside, class_="wide", tabindex="0", role="region", aria_label=caption)


def document(root: Element) -> str:
    """The page as text, beginning with its document type."""
    text = ET.tostring(root, encoding="unicode", short_empty_elements=False)
    return "<!DOCTYPE html>\n" + _VOID.sub("/>", text) + "\n"
