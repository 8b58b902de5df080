"""The note types an export brings to Anki, and card texts as the HTML of their fields.

Their ids and fields stay as they are for good: Anki recognises a note type by them, and takes one with
other fields for another. Colours and sizes are in the style alone, readable by day and in night mode.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.deck.cloze import Cloze

QUESTION_TYPE = 1_706_000_000_001
CLOZE_TYPE = 1_706_000_000_002
_SEVERAL_TYPE = 1_706_000_001_000
SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100)
"""For how many cards there is a note type of several cards."""

QUESTION_FIELDS = ("Question", "Answer", "Scenario", "Explanation", "Source", "Reverse question", "Term")
CLOZE_FIELDS = ("Text", "Question", "Scenario", "Explanation", "Source")
_EACH = ("Question", "Answer", "Explanation")

BESIDE = "srs-beside"
"""The class of an image that stands beside the words which name it."""

# What Anki takes for a sound, a formula or speech; a person who writes it means the text.
_ANKI_TAG = re.compile(r"\[(?=(?:sound:|latex\]|/latex\]|\$|/\$|anki:|/anki:))")
_LEADING = re.compile(r"(?m)^ +| {2,}")

_CSS = """\
.card { font: 20px/1.5 system-ui, sans-serif; color: #1d2126; background: #fcfcfb; }
.srs { max-width: 40em; margin: 1em auto; text-align: left; }
.scenario { margin-bottom: 1em; color: #5b636d; }
.question { font-weight: 600; }
.explanation { margin-top: 1em; }
.source { margin-top: 1em; font-size: 80%; color: #5b636d; }
.cloze { font-weight: 600; color: #0b5fb0; }
hr#answer { max-width: 40em; border: 0; border-top: 1px solid #c9ced4; }
.card.nightMode { color: #e4e7ea; background: #22262b; }
.nightMode .scenario, .nightMode .source { color: #9aa3ad; }
.nightMode .cloze { color: #79b8f2; }
.nightMode hr#answer { border-top-color: #4a525b; }
"""
_BOX = '<div class="srs tex2jax_ignore">'
_SCENE = '{{#Scenario}}<div class="scenario">{{Scenario}}</div>{{/Scenario}}'
_REST = (
    '{{#Explanation}}<div class="explanation">{{Explanation}}</div>{{/Explanation}}'
    '{{#Source}}<div class="source">{{Source}}</div>{{/Source}}'
)


class Template(NamedTuple):
    """A card of a note type: its name and its two sides."""

    name: str
    front: str
    back: str


def _box(*parts: str) -> str:
    return f"{_BOX}{''.join(parts)}</div>"


def _sides(name: str, front: str, answer: str, rest: str, *, only_with: str = "") -> Template:
    shown = _box(front)
    if only_with:
        shown = f"{{{{#{only_with}}}}}{shown}{{{{/{only_with}}}}}"
    return Template(
        name, shown, "{{FrontSide}}<hr id=answer>" + _box(f'<div class="answer">{answer}</div>', rest)
    )


_QUESTION_TEMPLATES = (
    _sides("Question", f'{_SCENE}<div class="question">{{{{Question}}}}</div>', "{{Answer}}", _REST),
    _sides(
        "Reverse",
        '<div class="question">{{Reverse question}}</div>',
        "{{Term}}",
        _REST,
        only_with="Reverse question",
    ),
)
_ABOVE = '{{#Question}}<div class="question">{{Question}}</div>{{/Question}}'
_CLOZE_FRONT = f"{_SCENE}{_ABOVE}{{{{cloze:Text}}}}"
_CLOZE_TEMPLATES = (Template("Cloze", _box(_CLOZE_FRONT), _box(_CLOZE_FRONT, _REST)),)


def size_for(cards: int) -> int | None:
    """The smallest note type of several cards that has room for so many."""
    return next((size for size in SIZES if size >= cards), None)


def several_type(size: int) -> int:
    """The id of the note type of so many cards."""
    return _SEVERAL_TYPE + size


def note_type(type_id: int, mod: int) -> dict[str, Any]:
    """A note type as Anki's JSON; `mod` in seconds."""
    if type_id == QUESTION_TYPE:
        return _model(type_id, "srs question", QUESTION_FIELDS, _QUESTION_TEMPLATES, mod)
    if type_id == CLOZE_TYPE:
        return _model(type_id, "srs cloze", CLOZE_FIELDS, _CLOZE_TEMPLATES, mod)
    numbers = range(1, type_id - _SEVERAL_TYPE + 1)
    fields = tuple(f"{name} {number}" for number in numbers for name in _EACH)
    templates = tuple(
        _sides(
            f"Card {number}",
            f'<div class="question">{{{{Question {number}}}}}</div>',
            f"{{{{Answer {number}}}}}",
            f'{{{{#Explanation {number}}}}}<div class="explanation">{{{{Explanation {number}}}}}</div>'
            f"{{{{/Explanation {number}}}}}",
            only_with=f"Question {number}",
        )
        for number in numbers
    )
    return _model(type_id, f"srs note with {len(templates)} cards", fields, templates, mod)


def _model(
    type_id: int, name: str, fields: Sequence[str], templates: Sequence[Template], mod: int
) -> dict[str, Any]:
    is_cloze = type_id == CLOZE_TYPE
    return {
        "id": type_id,
        "name": name,
        "type": int(is_cloze),
        "mod": mod,
        "usn": -1,
        "sortf": 0,
        "did": None,
        "css": _CSS,
        "latexPre": "",
        "latexPost": "",
        "latexsvg": False,
        "req": [] if is_cloze else [[place, "any", [0]] for place in range(len(templates))],
        "tags": [],
        "vers": [],
        "tmpls": [
            {
                "name": one.name,
                "ord": place,
                "qfmt": one.front,
                "afmt": one.back,
                "bqfmt": "",
                "bafmt": "",
                "did": None,
            }
            for place, one in enumerate(templates)
        ],
        "flds": [
            {
                "name": field,
                "ord": place,
                "sticky": False,
                "rtl": False,
                "font": "Arial",
                "size": 20,
                "media": [],
            }
            for place, field in enumerate(fields)
        ],
    }


def field_html(text: str | None) -> str:
    """A plain text as HTML that shows it as it is, blanks and line breaks with it."""
    if not text:
        return ""
    escaped = html.escape(text.strip("\n"), quote=False).replace("\x1f", "")
    escaped = _ANKI_TAG.sub("&#91;", escaped)
    escaped = _LEADING.sub(
        lambda blanks: "&nbsp;" * (len(blanks[0]) - 1) + ("&nbsp;" if _opens(blanks) else " "), escaped
    )
    return escaped.replace("\t", "&nbsp;&nbsp;&nbsp; ").replace("\n", "<br>")


def _opens(blanks: re.Match[str]) -> bool:
    """Whether blanks stand at the beginning of a line, where HTML shows none."""
    return blanks.start() == 0 or blanks.string[blanks.start() - 1] == "\n"


def cloze_html(cloze: Cloze) -> str:
    """A sentence with holes as the field of Anki's that has the same ones."""
    parts, at = [], 0
    for hole in cloze.holes:
        hint = f"::{_inside(hole.hint)}" if hole.hint else ""
        parts += [
            _plain(cloze.text[at : hole.start]),
            f"{{{{c{hole.number}::{_inside(hole.hidden)}{hint}}}}}",
        ]
        at = hole.end
    return "".join([*parts, _plain(cloze.text[at:])])


def _plain(text: str) -> str:
    # Without its own line breaks stripped: it goes on in a hole. Braces would be read as another one.
    lines = [field_html(line) for line in text.split("\n")]
    return "<br>".join(lines).replace("{", "&#123;").replace("}", "&#125;")


def _inside(text: str) -> str:
    return _plain(text).replace("::", "&#58;&#58;")
