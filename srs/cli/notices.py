"""What is printed on the normal screen round a session: its end, nothing due, `srs` alone, errors.

Screens D, E, K and L of the design. Each gives rows to print with `ansi.print_rows`; the sentences
are the same without styles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from srs.cli.drawing import cells, crop, harmless, in_ascii, right_to_left, wrap
from srs.cli.words import about, digits, duration, noun, number, plural, wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.errors import SrsError
    from srs.model import Problem
    from srs.session import Summary

_LABEL = 11
_COLUMN = 26
_MISSED_SHOWN = 10

Stop = Literal["done", "time", "stopped", "between"]
"""How a session ended; `between` is stopped while the answer just given was still on the screen."""


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """What a session came to.

    `spent_ms` is the sum of capped answer times; `missed` are pairs (card name, question);
    `tomorrow_ms` the estimate for tomorrow's load; `more_new` how many new cards `--new` would
    offer (0: none wait); `left` the cards a stopped session leaves; `rest` what today still asks
    after all that was asked for is done, `rest_now` how many of these can be reviewed at once;
    `quiz` when every answer was a choice among options; `unanswered` whether the card on the screen
    at the end had no answer yet.
    """

    answers: int
    cards: int
    spent_ms: int
    first_try: int
    missed: tuple[tuple[str, str], ...] = ()
    tomorrow_due: int = 0
    tomorrow_new: int = 0
    tomorrow_ms: int = 0
    more_new: int = 0
    left: int = 0
    rest: int = 0
    rest_now: int = 0
    stop: Stop = "done"
    quiz: bool = False
    unanswered: bool = True


@dataclass(frozen=True, slots=True)
class NothingDue:
    """Why there is nothing to do, and what comes next.

    `back` cards come back today, the first in `back_in_ms`; `tomorrow` cards are due then;
    `next_day` names the first day with anything due where neither is (`Thu 3 Dec`). `offer` new
    cards of `new_waiting` are what `--new` would bring, and of the `waiting` reviews, which are due
    beyond the day's limit, what `--limit` would.
    """

    back: int = 0
    back_in_ms: int = 0
    tomorrow: int = 0
    next_day: str | None = None
    cards: int = 0
    spent_ms: int = 0
    first_try: int = 0
    new_waiting: int = 0
    offer: int = 5
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to do today: `srs` alone."""

    due: int
    learning: int
    new: int
    estimate_ms: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.due + self.learning + self.new


def stopped_sentence(answers: int, *, on_screen: bool = True) -> str:
    """What `q` and Ctrl-C are answered with."""
    if not answers:
        return "Stopped. Nothing was answered."
    saved = {1: "Your answer is saved", 2: "Both answers are saved"}.get(
        answers, f"All {digits(answers)} answers are saved"
    )
    if not on_screen:
        return f"Stopped. {saved}."
    return f"Stopped. {saved}; the card on the screen does not count."


def session_end_rows(end: SessionEnd, width: int, *, ascii_only: bool = False) -> list[Text]:
    """Screen D: what was done, what was missed, what tomorrow brings."""
    rows = [_bold(row) for row in wrap(_verdict(end), width)]
    rows.append(_row(""))
    column = _missed_column(end.missed)
    rows += _missed_rows(end.missed, width, ascii_only)
    rows += _labelled("Tomorrow", [_tomorrow(end)], width)
    if end.answers:
        rows += _what_now(end, column, width)
    return _finished(rows, ascii_only)


def _what_now(end: SessionEnd, column: int, width: int) -> list[Text]:
    """What may be typed next: more cards if there are any, and the way back from a wrong key."""
    more = f"srs review --new {end.more_new}" if end.more_new else ""
    if end.rest_now:
        more = "srs review"
    side_by_side = f"{more:<{column}}Wrong key at the end?  srs undo"
    if more and len(side_by_side) + _LABEL + 2 <= width:
        return _labelled("More now", [side_by_side], width, "dim")
    undo = _labelled("Wrong key?", ["srs undo"], width, "dim")
    return [*_labelled("More now", [more], width, "dim"), *undo] if more else undo


def practice_end_rows(summary: Summary, width: int, *, ascii_only: bool = False) -> list[Text]:
    """The end of a practice session: how it went, as a score where it was a quiz, and what was missed."""
    right, cards = digits(summary.right_at_first_try), plural(summary.cards, "card")
    quiz = summary.modes == {"choice"}
    told = f"Practised {cards} in {duration(summary.took_ms)}"
    if quiz:
        told = f"{right}/{digits(summary.cards)} right in {duration(summary.took_ms)}"
    elif summary.cards:
        told += f", {right} right at first try"
    rows = [_bold(row) for row in wrap(f"{told}; nothing was recorded.", width)]
    if quiz and summary.missed:
        rows += [_row(""), *_missed_rows(summary.missed, width, ascii_only)]
    return _finished(rows, ascii_only)


def _missed_column(missed: Sequence[tuple[str, str]]) -> int:
    return max([_COLUMN, *(len(name) + 4 for name, _ in missed)])


def _missed_rows(missed: Sequence[tuple[str, str]], width: int, ascii_only: bool) -> list[Text]:
    column, room = _missed_column(missed), width - _LABEL - 2
    told = [_missed(*each, column, room, ascii_only) for each in missed[:_MISSED_SHOWN]]
    if len(missed) > _MISSED_SHOWN:
        told.append([f"and {digits(len(missed) - _MISSED_SHOWN)} more: srs log"])
    return _labelled("Missed", [line for lines in told for line in lines], width)


def nothing_due_rows(nothing: NothingDue, width: int, *, ascii_only: bool = False) -> list[Text]:
    """Screen E: nothing due, when the next one comes, and what else could be done."""
    rows = [_bold(row) for row in wrap(_next_one(nothing), width)]
    rows.append(_row(""))
    if nothing.cards:
        today = f"{plural(nothing.cards, 'card')} in {duration(nothing.spent_ms)}"
        rows += _labelled("Today", [f"{today}, {digits(nothing.first_try)} right at first try"], width)
    rows += _labelled("More now", _offers(nothing, width), width)
    return _finished(rows, ascii_only)


def waiting_rows(waiting: Waiting, width: int, *, ascii_only: bool = False) -> list[Text]:
    """Screen L: how much is to do, and the next thing to type."""
    if waiting.total:
        parts = ((waiting.due, "due"), (waiting.learning, "learning"), (waiting.new, "new"))
        told = ", ".join(f"{digits(n)} {word}" for n, word in parts if n)
        verdict = f"{digits(waiting.total)} to review: {told}; {about(waiting.estimate_ms)}"
    else:
        verdict = "Nothing due now."
    offers = ("srs review    start", "srs stats    how it goes", "srs -h    all")
    return _finished(
        [*map(_bold, wrap(verdict, width)), *map(_row, _side_by_side(offers, width))], ascii_only
    )


def error_rows(error: SrsError, *, ascii_only: bool = False) -> list[Text]:
    """Screen K: `error: …` and, where there is one, `hint: …`; never wrapped, for pipes and logs."""
    rows = [_bold(f"error: {harmless(' '.join(error.message.split()))}")]
    if error.hint:
        rows.append(_row(f"hint: {harmless(' '.join(error.hint.split()))}"))
    return _finished(rows, ascii_only)


def problem_rows(problems: Iterable[Problem], *, ascii_only: bool = False) -> list[Text]:
    """Problems of files, each on a row of its own with its hint below it; never wrapped."""
    rows = []
    for problem in problems:
        rows.append(_row(harmless(" ".join(str(problem).split()))))
        if problem.hint:
            rows.append(_row(harmless(f"  hint: {problem.hint}")))
    return _finished(rows, ascii_only)


def _verdict(end: SessionEnd) -> str:
    if end.quiz and end.answers:
        return " ".join([_score(end), *_how_it_ended(end)])
    if end.stop == "stopped":
        right = f" {digits(end.first_try)} of {digits(end.cards)} right at first try." if end.cards else ""
        return stopped_sentence(end.answers, on_screen=end.unanswered) + right
    begin = "Done for now" if end.rest else "Done for today"
    if end.stop == "time":
        begin = "Time is up"
    if not end.answers:
        return f"{begin}. Nothing was answered."
    done = f"{begin}: {plural(end.cards, 'card')} in {_time(end)}"
    return " ".join([f"{done}, {digits(end.first_try)} right at first try.", *_waiting(end)])


def _score(end: SessionEnd) -> str:
    """What a quiz tells first: `4/5 right in 2 min (24 s each).` and the like."""
    # A card that was right and missed later is told among the missed, so the two numbers must not
    # be taken for one another.
    first_try = "" if end.cards - end.first_try == len(end.missed) else " at first try"
    return f"{digits(end.first_try)}/{digits(end.cards)} right{first_try} in {_time(end)}."


def _how_it_ended(end: SessionEnd) -> list[str]:
    """After a score: why there are no more cards, unless all of them are done."""
    if end.stop == "stopped":
        return [stopped_sentence(end.answers, on_screen=end.unanswered)]
    return [*(["Time is up."] if end.stop == "time" else []), *_waiting(end)]


def _time(end: SessionEnd) -> str:
    each = "" if end.cards < 2 else f" ({duration(end.spent_ms // end.cards)} each)"
    return f"{duration(end.spent_ms)}{each}"


def _waiting(end: SessionEnd) -> list[str]:
    """A sentence on what is left of the session or of the day, if anything is."""
    if end.stop == "time" and end.left:
        return [f"{plural(end.left, 'card')} can wait."]
    if end.rest_now:
        return [f"{digits(end.rest)} more {'is' if end.rest == 1 else 'are'} due today."]
    if end.rest:  # nothing that could be asked for now: what is offered instead is something else
        return [f"{plural(end.rest, 'card')} {'comes' if end.rest == 1 else 'come'} back later today."]
    return []


def _missed(name: str, question: str, column: int, room: int, ascii_only: bool) -> list[str]:
    from srs.deck.cloze import GAP

    asked = " ".join(harmless(question.replace("\n", " ").replace("\t", " ")).split())
    more, gap = "…", GAP
    if ascii_only:  # before it is cropped: some signs grow
        asked, more, gap = in_ascii(asked), in_ascii(more), in_ascii(gap)
    # Right-to-left text shares its row with nothing, and a narrow row has no space for both.
    if right_to_left(asked) or room - column < 16:
        return [name, f"  {_cropped(asked, gap, max(1, room - 2), more)}"]
    return [f"{name:<{column}}{_cropped(asked, gap, room - column, more)}"]


def _cropped(asked: str, gap: str, room: int, more: str) -> str:
    """As much of a question as fits; of a sentence with a gap, the words round the gap."""
    cropped = crop(asked, room, more)
    before, found, after = asked.partition(gap)
    if not found or gap in cropped:
        return cropped
    words = before.split(" ")
    while words and cells(more + " ".join(words) + gap) > 2 * room // 3:
        del words[0]
    return crop(f"{more}{' '.join(words)}{gap}{after}", room, more)


def _tomorrow(end: SessionEnd) -> str:
    parts = ((end.tomorrow_due, "due"), (end.tomorrow_new, "new"))
    told = " and ".join(f"{digits(n)} {word}" for n, word in parts if n)
    return f"{told}, {about(end.tomorrow_ms)}" if told else "nothing"


def _next_one(nothing: NothingDue) -> str:
    told = []
    if nothing.back:
        comes = "comes" if nothing.back == 1 else "come"
        cards = f"{number(nothing.back, capital=True)} {noun(nothing.back, 'card')} {comes} back"
        first = "" if nothing.back == 1 else ", the first"
        told.append(f"{cards}{first} in {wait(nothing.back_in_ms)}")
    if nothing.tomorrow and not nothing.waiting:
        comes = "comes" if nothing.tomorrow == 1 else "come"
        what = "more" if told else f"{noun(nothing.tomorrow, 'card')} {comes}"
        told.append(f"{number(nothing.tomorrow, capital=not told)} {what} tomorrow")
    if not told and nothing.next_day and not nothing.waiting:
        told.append(f"The next card comes on {nothing.next_day}")
    sentences = ["Nothing due now.", *([f"{', '.join(told)}."] if told else [])]
    if nothing.waiting:
        waits = noun(nothing.waiting, "waits", "wait")
        sentences.append(f"{plural(nothing.waiting, 'review')} beyond your limit {waits} for another day.")
    return " ".join(sentences)


def _offers(nothing: NothingDue, width: int) -> list[str]:
    offers = []
    if nothing.waiting:
        some = min(nothing.offer, nothing.waiting)
        offers.append(
            (
                f"srs review --limit {some}",
                f"{digits(some)} of the {digits(nothing.waiting)} reviews that wait",
            )
        )
    if nothing.new_waiting:
        some = min(nothing.offer, nothing.new_waiting)
        offers.append((f"srs review --new {some}", _some_new(some, nothing.new_waiting)))
    if nothing.tomorrow:
        one = nothing.tomorrow == 1
        what = "card, counted as a review" if one else f"{number(nothing.tomorrow)}, counted as reviews"
        offers.append(("srs review --ahead", f"tomorrow's {what}"))
    offers.append(("srs review --practice", "any cards, nothing recorded"))
    if width < _LABEL + 2 + _COLUMN + 36:
        return [command for command, _ in offers]
    return [f"{command:<{_COLUMN}}{does}" for command, does in offers]


def _some_new(some: int, waiting: int) -> str:
    if waiting == 1:
        return "the only new card that waits"
    if some == waiting:
        return f"all {digits(some)} new cards that wait"
    return f"{digits(some)} of the {digits(waiting)} new cards that wait"


def _side_by_side(pieces: Sequence[str], width: int) -> list[str]:
    line = "  " + "          ".join(pieces)
    return [line] if len(line) <= width else [f"  {piece}" for piece in pieces]


def _labelled(label: str, lines: Iterable[str], width: int, style: str = "") -> list[Text]:
    """A label and lines under one another beside it."""
    rows = []
    for line in lines:
        room = max(1, width - _LABEL - 2)
        parts = [line] if cells(line) <= room else wrap(line, room)
        for part in parts:
            rows.append(_row(f"  {label:<{_LABEL}}{part}", style))
            label = ""
    return rows


def _row(text: str, style: str = "") -> Text:
    return Text(text, style=style, end="")


def _bold(text: str) -> Text:
    return _row(text, "bold")


def _finished(rows: list[Text], ascii_only: bool) -> list[Text]:
    while rows and not rows[-1].plain:
        del rows[-1]
    if not ascii_only:
        return rows
    return [Text(in_ascii(row.plain), style=row.style, end="") for row in rows]
