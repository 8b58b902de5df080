"""What is done to cards by name: suspend, resume, bury, forget, a due day, and taking things back.

Every name is looked up before anything is written, and all of one command goes in one transaction.
What is said goes to stderr: none of these commands is asked for data.
"""

from __future__ import annotations

import re
import shlex
import sys
from datetime import date
from typing import TYPE_CHECKING

from srs.cli import words
from srs.cli.talk import took_back
from srs.days import date_of, day_number
from srs.deck.clean import clean_line
from srs.errors import NotFoundError, UsageError
from srs.model import Act, ActKind, State
from srs.naming import find_named
from srs.store import reading
from srs.store.listing import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.model import Line
    from srs.store.journal import Journal
    from srs.store.reading import CardOnFile

    Doer = Callable[[Collection, Journal, CardOnFile], str]

FARTHEST_DAYS = 36_500
"""No due day further ahead than the longest interval."""

_AHEAD = re.compile(r"\+(\d{1,6})d?|(\d{1,6})d", re.ASCII)
_TAKE_BACK = "To take it back: srs undo"
_DATES = "a date is 2026-12-03, `today`, `tomorrow`, or `+3` for three days from now"


def suspend(context: Context, names: Sequence[str]) -> int:
    """Run `srs suspend`; returns the exit code."""

    def do(_collection: Collection, journal: Journal, on_file: CardOnFile) -> str:
        name = on_file.card.name
        if on_file.memory.suspended:
            return f"{name} is suspended already."
        journal.act_on(ActKind.SUSPEND, on_file.key)
        return f"Suspended {name}: it is out of the queue until srs resume."

    return _for_each(context, names, do)


def resume(context: Context, names: Sequence[str]) -> int:
    """Run `srs resume`; returns the exit code."""

    def do(collection: Collection, journal: Journal, on_file: CardOnFile) -> str:
        name = on_file.card.name
        if not on_file.memory.suspended:
            return f"{name} is not suspended{_kept_out_by(collection, on_file)}."
        journal.act_on(ActKind.RESUME, on_file.key)
        rest = _kept_out_by(collection, on_file)
        return f"{name} is no longer suspended{rest}." if rest else f"{name} is in the queue again."

    return _for_each(context, names, do)


def bury(context: Context, names: Sequence[str]) -> int:
    """Run `srs bury`; returns the exit code."""

    def do(collection: Collection, journal: Journal, on_file: CardOnFile) -> str:
        name, memory = on_file.card.name, on_file.memory
        if on_file.retired or memory.suspended:
            why = "retired" if on_file.retired else "suspended"
            return f"{name} is {why}, out of the queue already."
        tomorrow = _today(collection) + 1
        if memory.buried_until is not None and memory.buried_until >= tomorrow:
            return f"{name} is buried already{_until(collection, memory.buried_until)}."
        journal.act_on(ActKind.BURY, on_file.key, payload={"day": tomorrow})
        return f"Buried {name} until tomorrow."

    return _for_each(context, names, do)


def forget(context: Context, names: Sequence[str]) -> int:
    """Run `srs forget`; returns the exit code."""

    def do(collection: Collection, journal: Journal, on_file: CardOnFile) -> str:
        name = on_file.card.name
        if on_file.memory.state is State.NEW:
            return f"{name} is new already."
        answers = reading.count_live_answers(collection.rows, collection.learner, on_file.key)
        journal.act_on(ActKind.FORGET, on_file.key)
        stay = "stays" if answers == 1 else "stay"
        return (
            f"Forgot {name}: it is new again; its {words.plural(answers, 'answer')} {stay} in the statistics."
        )

    return _for_each(context, names, do, after=_TAKE_BACK)


def due_on(context: Context, name: str, when: str) -> int:
    """Run `srs due-on`; returns the exit code."""
    with context.open() as collection:
        today = _today(collection)
        on_file = find(collection, name)
        day = day_named(when, today)
        if day < today:
            raise UsageError(
                f"{words.day(date_of(day), date_of(today))} has gone by; a card can be due today or later",
                hint=_DATES,
            )
        if day - today > FARTHEST_DAYS:
            raise UsageError(
                f"`{clean_line(when)}` is more than {words.digits(FARTHEST_DAYS)} days ahead", hint=_DATES
            )
        told = words.day(date_of(day), date_of(today))
        if on_file.memory.state is State.REVIEW and on_file.memory.due_day == day:
            return _say([f"{on_file.card.name} is due {told} already."])
        before = on_file.memory.due_day
        collection.set_due(on_file, day)
        was = "" if before is None else f", was {words.day(date_of(before), date_of(today))}"
        return _say([f"{on_file.card.name} is due {told} now{was}. {_TAKE_BACK}"])


def undo(context: Context, name: str | None) -> int:
    """Run `srs undo`; returns the exit code.

    Raises:
        NotFoundError: there is nothing to take back, so that a script never believes it was done.
    """
    with context.open() as collection:
        taken = collection.undo() if name is None else collection.undo_card(find(collection, name))
        if taken is None:
            raise NotFoundError(
                "there is nothing to take back on this device", hint="`srs undo CARD` takes back its answer"
            )
        told = took_back(taken, context.now(), collection.days.zone, in_review=False)
        return _say([told, *_what_stays(collection, taken.line)])


def _what_stays(collection: Collection, line: Line) -> list[str]:
    """What an import of answers that was taken back made besides: the cards of its deck file."""
    if not isinstance(line, Act) or line.kind is not ActKind.BATCH or "deck" not in line.payload:
        return []
    deck = str(line.payload["deck"])
    [(cards,)] = collection.rows(
        "SELECT count(*) FROM card WHERE deck = :deck AND retired = 0", {"deck": deck}
    )
    if not cards:
        return []
    stays = "stays" if cards == 1 else "stay"
    told = f"The {words.plural(cards, 'card')} of {line.payload.get('deck_file')} {stays}, as new."
    return [f"{told} To put them away: srs retire {shlex.quote(deck)}, and delete the file."]


def retire(context: Context, names: Sequence[str]) -> int:
    """Run `srs retire`; returns the exit code."""
    from srs.cli.listing import check_deck
    from srs.store.importing import retire_deck

    with context.open() as collection:
        decks = list(dict.fromkeys(check_deck(collection.rows, name) for name in names))
        paths = dict(collection.rows("SELECT id, path FROM deck", {}))
        with collection.journal() as journal:
            retired = {deck: len(retire_deck(journal, deck)) for deck in decks}
    return _say(_retired(deck, count, paths.get(deck)) for deck, count in retired.items())


def find(collection: Collection, name: str) -> CardOnFile:
    """The card a person names, whatever bytes the name is made of.

    Raises:
        NotFoundError: there is none; the hint suggests the nearest name.
        UsageError: several decks have the id.
    """
    return collection.find(as_text(name))


def day_named(text: str, today: int) -> int:
    """The study day of `2026-12-03`, `today`, `tomorrow`, `+3`, `3d`.

    Raises:
        UsageError: it is none of them.
    """
    word = text.strip().lower()
    near = {"today": 0, "tomorrow": 1}.get(word)
    if near is not None:
        return today + near
    ahead = _AHEAD.fullmatch(word)
    if ahead:
        return today + int(ahead[1] or ahead[2])
    # `fromisoformat` takes week dates, too, and nobody means those.
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word, re.ASCII):
        try:
            return day_number(date.fromisoformat(word))
        except ValueError:
            raise UsageError(f"there is no day `{word}`", hint=_DATES) from None
    raise UsageError(f"`{clean_line(text)}` is not a date", hint=_DATES)


def _for_each(context: Context, names: Sequence[str], do: Doer, *, after: str | None = None) -> int:
    """Do something to each of the cards named, once each, in one transaction; say what came of it.

    The name of an entry that has no plain card means all its cards: each is named in what is said.
    """
    with context.open() as collection, collection.journal() as journal:
        named = [find_named(collection.rows, collection.learner, as_text(name)) for name in names]
        found = {on_file.key: on_file for each in named for on_file in each}
        newest = reading.newest_line(collection.rows, collection.learner)
        said = [do(collection, journal, on_file) for on_file in found.values()]
        written = reading.newest_line(collection.rows, collection.learner) != newest
    if after and written:
        said[-1] += f" {after}" if len(said) == 1 else f" {after}, once for each card"
    return _say(said)


def _say(sentences: Iterable[str]) -> int:
    sys.stderr.write("".join(f"{clean_line(sentence)}\n" for sentence in sentences))
    return 0


def _today(collection: Collection) -> int:
    return collection.days.day(collection.now())


def _until(collection: Collection, day: int) -> str:
    return f" until {words.day(date_of(day), date_of(_today(collection)))}"


def _kept_out_by(collection: Collection, on_file: CardOnFile) -> str:
    """What else keeps a card out of the queue, as the end of a sentence."""
    buried = on_file.memory.buried_until
    if on_file.retired:
        return ", but it is gone from its file; put its id back and it returns"
    if buried is not None and buried > _today(collection):
        return f", but buried{_until(collection, buried)}"
    return ""


def _retired(deck: str, cards: int, path: str | None) -> str:
    if not cards:
        return f"{deck} has no cards in the queue; nothing to retire."
    leave = "leaves" if cards == 1 else "leave"
    told = f"{words.plural(cards, 'card')} of {deck} {leave} the queue; the history stays."
    if path is None:
        return told
    they = "It comes" if cards == 1 else "They come"
    return f"{told} {they} back when the file is imported: srs import {shlex.quote(path)}"
