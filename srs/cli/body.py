"""What stands between the progress and the ratings: the card, laid out and scrolled.

From the top: who says what, the question, what it is answered with, why that is so. What comes above
stays where it was when more appears below, as far as it fits; what does not fit scrolls, and no
answer or option is ever cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srs.cli.drawing import cells, crop, spoken
from srs.cli.page import EMPTY, PROMPT, Row, spaced

if TYPE_CHECKING:
    from rich.text import Text

    from srs.cli.page import Page
    from srs.cli.screen import CardView

TOP = 3
"""Rows above the body: the deck, the progress, an empty one."""
LEAST_SCROLLED = 3
"""With fewer rows than this for a long explanation, question and answer scroll with it."""


class Body(NamedTuple):
    """The rows between progress and ratings: what stays, and what is seen of what scrolls."""

    fixed: list[Row]
    scrolled: list[Row]
    room: int
    first: int
    """Where the scrolled rows start unless the person scrolls."""
    cuttable_from: int
    """From this scrolled row on, text may give way to `… j more`."""
    prompt: int | None = None
    """At which row of the body a line is typed."""

    @property
    def last_first(self) -> int:
        """The furthest start there is."""
        return max(self.first, len(self.scrolled) - self.room)

    def start(self, offset: int) -> int:
        """The first scrolled row that is seen, moved by `offset`."""
        return max(0, min(self.first + offset, self.last_first))


def body_of(view: CardView, page: Page, room: int) -> Body:
    """The card in `room` rows."""
    answer_shown = view.answer is not None
    eye = "" if view.note else "bold"
    scenario, question = page.wrapped(spoken(view.scenario or "")), _question(view, page, eye)
    asked = spaced(scenario, question)
    answer = _answer(view, page, eye)
    if view.types:
        return _typing(asked, answer, room)
    why: list[Row] = []
    if answer_shown:
        why = spaced(page.wrapped(view.explanation or ""), page.wrapped(view.source or "", "dim"))
    fixed = spaced(asked, answer)
    whole = spaced(fixed, why)
    if len(whole) <= room:
        return Body(whole, [], 0, 0, 0)
    if answer_shown and view.response is not None:
        answer = view.response.rows(page, eye, short=True)
        fixed = spaced(asked, answer)
        whole = spaced(fixed, why)
    if len(whole) <= room:
        return Body(whole, [], 0, 0, 0)
    if why and len(fixed) + 1 + min(len(why), LEAST_SCROLLED) <= room:
        fixed.append(EMPTY)
        return Body(fixed, why, room - len(fixed), 0, 0)
    # No room to read the rest beside question and answer, or for these: all of it scrolls. Beside options
    # who says what gives way first, then, once they are marked, the question.
    first = 0 if view.response is None else len(asked) - len(question)
    if answer_shown:
        answer_at = len(fixed) - len(answer)
        if len(answer) > room and view.response is not None:
            answer_at += view.response.first_marked(page)
        first = max(first, min(answer_at, len(fixed) - room))
    return Body([], whole, room, first, len(fixed))


def _question(view: CardView, page: Page, eye: str) -> list[Row]:
    question = page.wrapped(view.question, "" if view.answer is not None else eye)
    if view.hint is None:
        return question
    hint = page.wrapped(f"Hint: {view.hint}")
    if view.hinted:
        return question + hint
    # Its place is kept where something stands below, so that nothing moves when it appears.
    return question + [EMPTY] * len(hint) if view.response is not None else question


def _answer(view: CardView, page: Page, eye: str) -> list[Row]:
    """The rows of what the question is answered with."""
    if view.response is None:
        return page.wrapped(view.answer or "", eye)
    return view.response.rows(page, eye)


def _typing(asked: list[Row], prompt: list[Row], room: int) -> Body:
    """The question with the line to type under it, or on the last row where the question must scroll."""
    whole = spaced(asked, prompt)
    if len(whole) <= room:
        return Body(whole, [], 0, 0, 0, prompt=len(whole) - 1)
    seen = max(1, room - 2)
    return Body([], asked, seen, 0, len(asked), prompt=room - 1)


def draw(drawn: dict[int, Text], body: Body, offset: int, page: Page, *, more_key: str) -> None:
    """Put the body's rows in their places among the rows of the screen."""
    start = body.start(offset)
    seen = body.scrolled[start : start + body.room]
    for at, (text, style) in enumerate([*body.fixed, *seen], TOP):
        drawn[at] = page.row(text, style)
    if body.prompt is not None and body.scrolled:
        drawn[TOP + body.prompt] = page.row(PROMPT)
    if start and not body.fixed:  # the beginning is out of sight
        drawn[TOP - 1] = page.row(page.own(f"… {more_key.replace('j', 'k')} more"))
    if len(body.scrolled) > start + len(seen):
        at, row = _with_more(body, start, seen, page.text_width, page.own(f"… {more_key} more"))
        drawn[TOP + at] = page.row(*row)


def _with_more(body: Body, start: int, seen: list[Row], width: int, more: str) -> tuple[int, Row]:
    """Which row of the body says that there is more below, and that row."""
    last = len(body.fixed) + len(seen) - 1
    text, style = seen[-1] if seen else EMPTY
    if not text:
        return last, Row(more)
    if start + len(seen) > body.cuttable_from:
        return last, Row(f"{_cut_words(text, width - len(more) - 1)} {more}", style)
    return last + 1, Row(more)  # the answer is never cut: the sign takes the empty row below


def _cut_words(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    kept = crop(text, width)
    # Back to the end of a word, unless that would leave next to nothing.
    at_word = text[: len(kept)] if text[len(kept) : len(kept) + 1] == " " else kept.rpartition(" ")[0]
    return at_word.rstrip() if cells(at_word) * 2 > width else kept
