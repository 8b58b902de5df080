"""`srs show`: a card whole: its text, what FSRS believes of it, the forgetting curve, every answer."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from rich.text import Text

from srs.cli import pager, words
from srs.cli.card_facts import facts_json, facts_of, how_json, response_words, waits_for
from srs.cli.curve import Curve, curve_lines, read_curve, recall_words
from srs.cli.drawing import cells, harmless, in_ascii, spoken, wrap
from srs.cli.json_out import print_json
from srs.cli.listing import AsOf, Recalls, card_json, due_words, state_words
from srs.cli.log_view import given_words, took_words
from srs.days import date_of, moment
from srs.deck.clean import clean_line
from srs.model import State, card_name
from srs.naming import find_card
from srs.store import reading
from srs.store.listing import as_text, names_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srs.cli.context import Context
    from srs.model import Answer, Card, Memory
    from srs.store.heads import Rows
    from srs.store.reading import CardOnFile

TEXT_WIDTH = 72
MARGIN = 2
LABEL = 12


class Shown(NamedTuple):
    """Everything there is to say of a card."""

    on_file: CardOnFile
    answers: list[Answer]
    names: list[str]
    path: str | None
    recall: float | None
    curve: Curve | None
    waits_for: tuple[str, ...] = ()


def show_card(context: Context, name: str, *, as_json: bool = False, no_pager: bool = False) -> int:
    """Run `srs show`; returns the exit code."""
    as_of = AsOf.of(context)
    with context.peek() as peek:
        found = find_card(peek.rows, context.learner, as_text(name))
        shown = _read(peek.rows, context.learner, found, as_of)
    if as_json:
        print_json(_json(shown, as_of))
        return 0
    # Who has no use for bars gets the same in words.
    plain = context.settings.screen == "plain" or context.env.get("TERM") == "dumb"
    rows = _rows(shown, as_of, context.width, ascii_only=context.ascii_only, bars=not plain)
    pager.show(context, rows, no_pager=no_pager)
    return 0


def _read(rows: Rows, learner: str, on_file: CardOnFile, as_of: AsOf) -> Shown:
    recalls = Recalls(rows, learner)
    path = rows("SELECT path FROM deck WHERE id = :deck", {"deck": on_file.card.deck})[0][0]
    return Shown(
        on_file,
        reading.answers_of(rows, learner, reading.class_keys(rows, on_file.key)),
        _names(rows, learner, on_file, path),
        path,
        recalls.at(on_file, as_of.now),
        read_curve(rows, learner, on_file, scheduling=recalls.scheduling(on_file.card.deck), as_of=as_of),
        waits_for(rows, learner, on_file),
    )


def _names(rows: Rows, learner: str, on_file: CardOnFile, path: str | None) -> list[str]:
    """The names a card had before: those its file gives, then those only the log knows."""
    if len(reading.class_keys(rows, on_file.key)) == 1:
        return []
    given = _names_in_file(on_file.card, path) if path is not None else []
    every = dict.fromkeys([*given, *names_before(rows, learner, on_file)])
    return [name for name in every if name != on_file.card.name]


def _names_in_file(card: Card, path: str) -> list[str]:
    from srs.deck.read import read_deck

    deck = read_deck(Path(path), path).deck
    found = next((each for each in deck.cards if each.id == card.id), None) if deck else None
    return [card_name(*name, card.variant) for name in found.was] if found else []


# JSON


def _json(shown: Shown, as_of: AsOf) -> dict[str, Any]:
    on_file, memory = shown.on_file, shown.on_file.memory
    card = on_file.card
    buried = memory.buried_until
    return card_json(on_file, shown.recall, as_of) | {
        "id": card.id,
        "variant": card.variant,
        "deck_name": on_file.deck_name,
        "term": card.term,
        "scenario": card.scenario,
        "question": card.question,
        "answer": card.answer,
        "explanation": card.explanation,
        "source": card.source,
        **facts_json(card),
        "waits_for": list(shown.waits_for),
        "names": shown.names,
        "path": shown.path,
        "line": card.line,
        "reps": memory.reps,
        "lapses": memory.lapses,
        "interval": memory.interval,
        "buried_until": None if buried is None else date_of(buried).isoformat(),
        "reviews": [_review_json(answer, as_of) for answer in shown.answers],
    }


def _review_json(answer: Answer, as_of: AsOf) -> dict[str, Any]:
    return {
        "id": str(UUID(bytes=answer.id)),
        "at": moment(answer.at, as_of.days.zone).isoformat(),
        "study_day": date_of(answer.study_day).isoformat(),
        "rating": int(answer.rating),
        "took_ms": answer.took_ms,
        **how_json(answer),
        "interval_before": answer.interval_before,
        "undone": answer.undone,
    }


# On a terminal


def _rows(shown: Shown, as_of: AsOf, width: int, *, ascii_only: bool, bars: bool) -> list[Text]:
    parts = [
        _head(shown),
        *_text_parts(shown, width),
        [*_facts(shown, as_of, width), *_recall(shown, as_of, width)],
        _curve(shown, as_of, width, ascii_only=ascii_only) if bars else [],
        _answer_rows(shown.answers, harmless(shlex.quote(shown.on_file.card.name)), as_of, width),
    ]
    rows: list[Text] = []
    for part in parts:
        rows += [Text(end=""), *part] if rows and part else part
    return [Text(in_ascii(row.plain), style=row.style, end="") for row in rows] if ascii_only else rows


def _row(text: str, style: str = "") -> Text:
    return Text(" " * MARGIN + text if text else "", style=style, end="")


def _head(shown: Shown) -> list[Text]:
    return [_row(harmless(shown.on_file.card.name), "dim"), _row(clean_line(shown.on_file.deck_name), "dim")]


def _text_parts(shown: Shown, width: int) -> Iterator[list[Text]]:
    """Scenario, question (the one bold thing), answer, explanation, source, as the review shows them."""
    card, room = shown.on_file.card, _room(width)
    for text, style in (
        (spoken(card.scenario or ""), ""),
        (card.question, "bold"),
        (card.answer, ""),
        (card.explanation or "", ""),
        (card.source or "", "dim"),
    ):
        yield [_row(line, style) for line in wrap(text, room)]


def _room(width: int) -> int:
    return max(1, min(TEXT_WIDTH, width - 2 * MARGIN))


def _labelled(label: str, text: str, width: int) -> list[Text]:
    """A fact under its label, wrapped under its own first word where there is room for that."""
    room = _room(width) - LABEL
    if room < LABEL:
        return [
            _row(f"{label}: {line}" if not at else line) for at, line in enumerate(wrap(text, _room(width)))
        ]
    lines = wrap(text, room)
    return [_row(f"{'' if at else label:<{LABEL}}{line}") for at, line in enumerate(lines)]


def _facts(shown: Shown, as_of: AsOf, width: int) -> list[Text]:
    on_file, memory = shown.on_file, shown.on_file.memory
    waits = f", waits for {', '.join(shown.waits_for)}" if shown.waits_for else ""
    facts = [*facts_of(on_file.card), ("State", _state(on_file, as_of) + clean_line(waits))]
    if memory.state is not State.NEW:
        facts.append(("Due", due_words(memory, as_of)))
    if memory.stability is not None and memory.difficulty is not None:
        facts.append(("Stability", _days(memory.stability)))
        facts.append(("Difficulty", f"{memory.difficulty:.1f} of 10"))
    facts.append(("Answers", _counts(memory, shown.answers)))
    if on_file.card.tags:
        facts.append(("Tags", clean_line(", ".join(on_file.card.tags))))
    if shown.names:
        facts.append(("Was", clean_line(", ".join(shown.names))))
    facts.append(("File", _file(shown)))
    return [row for label, text in facts for row in _labelled(label, text, width)]


def _state(on_file: CardOnFile, as_of: AsOf) -> str:
    told = state_words(on_file, as_of.today)
    until = on_file.memory.buried_until
    if until is None or until <= as_of.today:
        return told
    return told.replace("buried", f"buried until {words.day(date_of(until), date_of(as_of.today))}")


def _days(days: float) -> str:
    if days >= words.EXACT_DAYS:
        return words.days(round(days))
    told = f"{days:.1f}" if days >= 0.1 else f"{days:.2g}"
    return f"{told} days"


def _counts(memory: Memory, answers: Sequence[Answer]) -> str:
    if not memory.reps:
        return "none yet" if all(answer.undone for answer in answers) else "none since it was forgotten"
    missed = f", missed in review {words.plural(memory.lapses, 'time')}" if memory.lapses else ""
    return f"{words.digits(memory.reps)}{missed}"


def _file(shown: Shown) -> str:
    if shown.path is None:
        return "none"
    if shown.on_file.retired:
        return f"{clean_line(shown.path)}, but the card is not in it"
    line = shown.on_file.card.line
    return clean_line(shown.path) + (f":{line}" if line else "")


def _recall(shown: Shown, as_of: AsOf, width: int) -> list[Text]:
    """Recall in words: now, when due, at the end of the curve."""
    if shown.curve is None or shown.recall is None:
        return []
    return _labelled("Recall", recall_words(shown.curve, shown.recall, as_of), width)


def _curve(shown: Shown, as_of: AsOf, width: int, *, ascii_only: bool) -> list[Text]:
    if shown.curve is None:
        return []
    return [_row(line) for line in curve_lines(shown.curve, as_of, _room(width), ascii_only=ascii_only)]


def _answer_rows(answers: Sequence[Answer], name: str, as_of: AsOf, width: int) -> list[Text]:
    """Every live answer, newest last: when, rating, interval before and given, time taken.

    How it was given stands below it, unless the card was simply turned over. Of what no answer tells
    (an imported log has no intervals) there is no column; those taken back are counted at the end.
    """
    zone = as_of.days.zone
    now = moment(as_of.now, zone)
    live = [answer for answer in answers if not answer.undone]
    told = [
        (
            words.moment(moment(answer.at, zone), now),
            answer.rating.word,
            _unless_unknown("after", _before(answer)),
            _unless_unknown("next", given_words(answer)),
            took_words(answer.took_ms),
        )
        for answer in live
    ]
    widths = [max((cells(row[at]) for row in told), default=0) for at in range(5)]
    rows = []
    for answer, row in zip(live, told, strict=True):
        padded = [text + " " * (wide - cells(text)) for text, wide in zip(row, widths, strict=True) if wide]
        rows.append(_row("  ".join(padded).rstrip()))
        rows += [_row(f"  {line}") for line in wrap(response_words(answer), _room(width) - 2)]
    if len(live) < len(answers):
        one = len(answers) - len(live) == 1
        count = words.plural(len(answers) - len(live), "answer")
        not_shown = f"{count} taken back {'is' if one else 'are'} not shown: srs log --card {name}"
        rows += [_row(line) for line in wrap(not_shown, _room(width))]
    return rows


def _unless_unknown(label: str, told: str) -> str:
    return "" if told == "-" else f"{label} {told}"


def _before(answer: Answer) -> str:
    """The interval an answer met: days, `a step` below a day, `-` where a log does not tell."""
    if answer.state_before is State.NEW:
        return "nothing"
    if answer.interval_before is None:
        return "-"
    return words.days(answer.interval_before) if answer.interval_before else "a step"
