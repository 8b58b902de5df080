"""The view `hard`: the cards missed most, leeches among them, and what was taken for their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli import words
from srs.cli.drawing import crop, harmless
from srs.cli.stats_views import View
from srs.confusion import LONGEST_TAKEN, MOST_CARDS, MOST_TAKEN, Hard, Taken, as_json
from srs.deck.clean import clean_line
from srs.model import LEECH_LAPSES, card_name
from srs.store import figures

if TYPE_CHECKING:
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source
    from srs.store.figures import HardCard


_TELLING = 2
"""What was taken for the answer once may be a slip."""


def _read(source: Source) -> tuple[Hard, ...]:
    cards = figures.hardest(source.rows, source.learner, MOST_CARDS, decks=source.decks)
    return tuple(_card(source, card) for card in cards)


def _card(source: Source, card: HardCard) -> Hard:
    spent = figures.spent_on(source.rows, source.learner, card.key)
    return Hard(
        name=card_name(card.deck, card.id, card.variant),
        term=card.term,
        lapses=card.lapses,
        reps=card.reps,
        difficulty=card.difficulty,
        leech=card.lapses >= LEECH_LAPSES,
        suspended=bool(card.suspended),
        answers=spent.answers,
        ms=spent.ms,
        taken=tuple(_taken(source, card)),
    )


def _taken(source: Source, card: HardCard) -> list[Taken]:
    """What was picked or typed most often where the card was missed; alike but for case and spaces is one."""
    counts: dict[str, tuple[str, int]] = {}
    for response, times in figures.wrong_responses(source.rows, source.learner, card.key):
        alike = " ".join(response.split()).casefold()
        first, before = counts.get(alike, (response, 0))
        counts[alike] = first, before + times
    # A right answer that was rated Again was taken for nothing else.
    counts.pop(" ".join(card.answer.split()).casefold(), None)
    most = sorted(counts.values(), key=lambda one: (-one[1], one[0]))[:MOST_TAKEN]
    found = []
    for text, times in most:
        others = figures.named_by(source.rows, card.deck, " ".join(text.split()), but=card.key)
        found.append(Taken(text, times, card_name(*others[0]) if others else None))
    return found


def _shape(cards: tuple[Hard, ...]) -> dict[str, Any]:
    return {"hard": as_json(cards)}


def _rows(cards: tuple[Hard, ...], page: Page) -> list[Text]:
    if not cards:
        return page.head("No card was missed in review yet.")
    leeches = sum(card.leech for card in cards)
    first = cards[0]
    told = f"Missed most: {first.name}, {words.plural(first.lapses, 'time')}."
    if leeches:
        told += (
            f" {words.number(leeches, capital=True)} of these are leeches."
            if leeches > 1
            else (" One of these is a leech.")
        )
    drawn = page.head(told)
    if page.spoken:
        return drawn + page.notes(*(fact for card in cards for fact in _spoken(card)))
    if page.narrow:
        rows = [(harmless(card.name), f"{card.lapses}", _time(card)) for card in cards]
        drawn += [Text(), *page.table(("card", "missed", "time"), rows)]
    else:
        wide = [
            (harmless(card.name), f"{card.lapses}", f"{card.answers}", _time(card), _mark(card))
            for card in cards
        ]
        drawn += [Text(), *page.table(("card", "missed", "answers", "time", ""), wide)]
    mixed = [sentence for card in cards for sentence in _confusions(card)]
    if mixed:
        drawn += [Text(), *page.notes(*mixed)]
    return [
        *drawn,
        Text(),
        *page.notes("Rewriting a card usually helps more than repeating it: srs edit CARD"),
    ]


def _time(card: Hard) -> str:
    return words.duration(card.ms) if card.ms else "-"


def _mark(card: Hard) -> str:
    return ", ".join(["leech"] * card.leech + ["suspended"] * card.suspended)


def _confusions(card: Hard) -> list[str]:
    """What was taken most often, if more than once: `You took “tag” for deck/card 4 times`."""
    said = []
    for taken in card.taken[:1]:
        if taken.times < _TELLING:
            continue
        text = crop(clean_line(taken.text), LONGEST_TAKEN, "…")
        whose = f"; that is {taken.card}" if taken.card else ""
        said.append(f"You took “{text}” for {card.name} {words.plural(taken.times, 'time')}{whose}.")
    return said


def _spoken(card: Hard) -> list[str]:
    mark = f", {_mark(card)}" if _mark(card) else ""
    missed, answers = words.plural(card.lapses, "time"), words.plural(card.answers, "answer")
    return [
        f"{card.name}: missed {missed}, {answers}{f', {_time(card)}' if card.ms else ''}{mark}.",
        *_confusions(card),
    ]


VIEWS = {"hard": View(_read, _shape, _rows)}
