"""One Anki card as question, answer and explanation in clean text, from the HTML that Anki renders.

What the answer side repeats of the question is cut, boxes to type in are replaced by what belongs in
them, and a card whose picture is covered up says which picture and which area.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from srs.interop.anki_cloze import MOST_CHARACTERS, hides_math, shown_holes, written_holes
from srs.interop.anki_words import BROKEN, CLOZE, CUT, EMPTY_BACK, EMPTY_FRONT, OCCLUSION, TYPED
from srs.interop.html_text import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srs.interop.anki_media import MediaNames

NO_BACK = "(nothing stands on the back of this card)"
COVERED = "(the covered area of the picture)"

_ANSWER_RULE = re.compile(r"<hr\b[^>]{0,80}\bid\s*=\s*[\"']?answer\b[^>]{0,80}>", re.IGNORECASE)
_TYPE_BOX = re.compile(r"\[\[type:([^\]]{1,200})\]\]")
_SOUNDS = re.compile(r"\[sound: [^\]]*\]")
_IMAGE = re.compile(r"\[image: ([^\]]+)\]")
_NAMED = re.compile(r"(\[(?:image|image occlusion|sound|video): )([^\]]+?)(\]|, area \d+ is covered\])")
_CLOZE_SPAN = re.compile(r"class=\"?cloze[\" ]")


class Side(NamedTuple):
    """What Anki rendered: the HTML of both sides, or neither where a template is broken."""

    question: str
    answer: str


class Rendered(NamedTuple):
    """The texts of a card; empty ones where it cannot be shown."""

    question: str
    answer: str
    explanation: str | None
    media: tuple[str, ...]
    traits: tuple[str, ...]


def render(side: Side | None, *, number: int, fields: Mapping[str, str], occluded: bool) -> Rendered:
    """The texts of a card from its two sides; `number` is the number of its template or hole, from 0."""
    if side is None:
        return Rendered("", "", None, (), (BROKEN,))
    traits = [TYPED] if "[[type:" in side.question else []
    question = to_text(_TYPE_BOX.sub("", side.question))
    back = to_text(_filled(side.answer, fields, number), hidden=not occluded)
    rest = _without_front(side, question.text, fields, number, hidden=not occluded)
    answer = back.text if rest is None else rest
    if not occluded and answer == question.text:
        answer = ""
    if question.cut or back.cut:
        traits.append(CUT)
    media = tuple(dict.fromkeys((*question.media, *back.media)))
    asked, explanation = question.text, None
    if occluded:
        traits.append(OCCLUSION)
        asked, answer = _covered(asked, answer, number)
    elif (hidden := _hidden_by(side, number)) is not None:
        traits.append(CLOZE)
        if hidden and hidden != answer:
            answer, explanation = hidden, answer or None
    if not asked.strip():
        return Rendered("", "", None, media, (*traits, EMPTY_FRONT))
    if not answer.strip():
        traits.append(EMPTY_BACK)
        answer = NO_BACK
    return Rendered(asked, answer, explanation, media, tuple(traits))


def with_files(rendered: Rendered, names: MediaNames) -> Rendered:
    """The card with the names that its images and sounds have as files, however its fields write them."""
    files = {said: names.find(said) or said for said in rendered.media}
    others = {said: name for said, name in files.items() if said != name}
    if not others:
        return rendered

    def named(text: str) -> str:
        return _NAMED.sub(lambda sign: f"{sign[1]}{others.get(sign[2], sign[2])}{sign[3]}", text)

    return rendered._replace(
        question=named(rendered.question),
        answer=named(rendered.answer),
        explanation=rendered.explanation and named(rendered.explanation),
        media=tuple(dict.fromkeys(files.values())),
    )


def _filled(html: str, fields: Mapping[str, str], number: int) -> str:
    """The answer side with what is to be typed in the place of the box, on a line of its own."""
    return _TYPE_BOX.sub(lambda box: f"<div>{_typed(box[1], fields, number, html)}</div>", html)


def _typed(named: str, fields: Mapping[str, str], number: int, html: str) -> str:
    field = fields.get(named.rpartition(":")[2], "")
    if "cloze" not in named.split(":")[:-1]:
        return field
    # Where the holes stand above it, filled, the box says nothing new.
    return "" if shown_holes(html, number + 1) else ", ".join(dict.fromkeys(written_holes(field, number + 1)))


def _without_front(
    side: Side,
    question: str,
    fields: Mapping[str, str],
    number: int,
    *,
    hidden: bool,
) -> str | None:
    """The answer without the question above it, maybe empty; None where the question is not above it."""
    rule = _ANSWER_RULE.search(side.answer)
    front = side.question.strip()
    if rule is not None:
        above = to_text(_TYPE_BOX.sub("", side.answer[: rule.start()])).text
        if _plain(above) not in {_plain(question), ""}:
            return None
        below = side.answer[rule.end() :]
    elif front and side.answer.lstrip().startswith(front):
        below = side.answer.lstrip()[len(front) :]
    else:
        return None
    return to_text(_filled(below, fields, number), hidden=hidden).text


def _plain(text: str) -> str:
    """A text as it is compared: Anki leaves the sounds of the front out where the back repeats it."""
    return " ".join(_SOUNDS.sub("", text).split())


def _hidden_by(side: Side, number: int) -> str | None:
    """What the holes of a cloze card hide; None for a card of another kind, or where not all are marked."""
    html = side.answer
    if _CLOZE_SPAN.search(html) is None or len(html) > MOST_CHARACTERS or hides_math(side.question, html):
        return None
    holes = shown_holes(html, number + 1)
    if not holes:
        return None
    return ", ".join(dict.fromkeys(text for hole in holes if (text := to_text(hole).text)))


def _covered(question: str, answer: str, number: int) -> tuple[str, str]:
    area = f"area {number + 1} is covered"
    named, count = _IMAGE.subn(rf"[image occlusion: \1, {area}]", question, count=1)
    if not count:
        named = f"{question}\n[image occlusion: {area}]".strip("\n")
    below = answer.removeprefix(question).strip("\n")
    return named, below or COVERED
