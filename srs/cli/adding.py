"""`srs add`: a new card at the end of a deck file, from options or asked for, and imported."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli.ansi import print_rows
from srs.cli.asking import Asker, on_a_terminal
from srs.cli.deck_file import find_deck_file
from srs.cli.drawing import harmless, in_ascii
from srs.cli.editors import deaf_to_interrupts
from srs.cli.json_out import print_json
from srs.cli.notices import problem_rows
from srs.cli.option_words import SEPARATOR, doubtful_choices, in_option_words
from srs.cli.words import listed, plural
from srs.deck.append import Appended, NewCard, append_card
from srs.deck.fixing import replace_file
from srs.errors import FileProblems, SrsError, UsageError
from srs.model import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.context import Context
    from srs.cli.deck_file import DeckFile
    from srs.intake_report import FileResult
    from srs.model import Problem

_EMPTY_DECK = b'[deck]\nid = "d"\n'
_EXAMPLE = '`srs add --question "…" --answer "…"`'
_ASKED = (
    ("term", "Term (optional)"),
    ("scenario", "Scenario (optional)"),
    ("explanation", "Explanation (optional)"),
    ("tags", "Tags, a comma between (optional)"),
    ("source", "Source (optional)"),
)
_HOW = "Enter skips what is optional; a line that ends in a blank and \\ goes on below. Ctrl-C leaves."
_MORE = "Choices, a cloze and a reverse card have options: srs add -h"


@dataclass(frozen=True, slots=True)
class Added:
    """A card that is in its file and in the database, and what else the import did."""

    target: DeckFile
    appended: Appended
    result: FileResult

    @property
    def name(self) -> str:
        """The card as it is named everywhere."""
        deck = self.result.deck or self.target.deck
        return f"{deck}/{self.appended.id}"

    def sentence(self) -> str:
        """What is said: `Added registry/blob (decks/registry.toml:812).`, and what else came in."""
        cards = self.appended.cards
        several = f", {plural(len(cards), 'card')}" if len(cards) > 1 else ""
        told = f"Added {self.name}{several} ({self.target.shown}:{self.appended.line})."
        plan = self.result.plan
        if plan is None:
            return told
        back = [placed for placed in plan.revived if placed.card.id == self.appended.id]
        if back:
            told += " A card of that id was there before: its history is back."
        others = plan.counts | {
            "added": sum(placed.card.id != self.appended.id for placed in plan.added),
            "revived": len(plan.revived) - len(back),
        }
        del others["unchanged"]
        came = listed([f"{number} {word}" for word, number in others.items() if number])
        return f"{told} The file had changed besides: {came}." if came else told

    def as_json(self) -> dict[str, Any]:
        """The shape of `srs add --json`."""
        return {
            "card": self.name,
            "cards": [card.name for card in self.appended.cards],
            "deck": self.result.deck,
            "path": str(self.target.path),
            "line": self.appended.line,
            "problems": [problem.as_json() for problem in self.appended.problems],
        }


def add_card(context: Context, deck: str | None, card: NewCard, *, as_json: bool = False) -> int:
    """Run `srs add`; returns the exit code."""
    card = card.cleaned()
    complete = bool(card.cloze or ((card.question or card.term) and card.answer))
    asker = Asker(context) if on_a_terminal() and not as_json else None
    if asker is None and not complete:
        raise _incomplete(card)
    try:
        target = find_deck_file(context, deck, asker)
        if asker is not None and not complete:
            return _converse(context, target, card, asker)
    except (EOFError, KeyboardInterrupt) as stopped:
        sys.stdout.write("\nNothing added.\n")
        return 130 if isinstance(stopped, KeyboardInterrupt) else 0
    return _add_one(context, target, card, as_json=as_json)


def choice_of(said: str) -> Choice:
    """A wrong answer as an option gives it: `wrong answer`, or `wrong answer :: why`."""
    text, _, why = said.partition(SEPARATOR)
    return Choice(text, why or None)


def put(context: Context, target: DeckFile, card: NewCard, *, remarks: bool = True) -> Added:
    """Write a card into its file and import that; Ctrl-C waits until both or neither is done.

    `remarks` are what `srs check` says of it besides what an import says.

    Raises:
        FileProblems: the file is refused (then its problems were listed), has changed meanwhile or
            cannot be written; it is as it was.
        UsageError: it would be refused for the new card; all problems but the last were told.
    """
    with deaf_to_interrupts():
        before = target.data()
        appended = append_card(before, card, target.shown, remarks=remarks)
        if appended.refused:
            raise _refused(context, target, appended)
        replace_file(target.path, before, appended.data)
        return _take_in(context, target, appended, before)


def _take_in(context: Context, target: DeckFile, appended: Appended, before: bytes) -> Added:
    """Import the file a card was written into; where that is refused the card is taken out again."""
    from srs.intake import import_decks

    try:
        with context.open(create=True) as collection:
            report = import_decks(collection, [target.path])
    except SrsError as error:
        hint = f"the card is in {target.shown}, line {appended.line}; to take it in: `srs import`"
        raise type(error)(error.message, hint) from error
    if report.errors:
        raise report.errors[0]
    result = report.files[0]
    if result.refused:
        replace_file(target.path, appended.data, before)
        _list_problems(context, [replace(problem, path=target.shown) for problem in result.problems])
        raise FileProblems(f"{target.shown} cannot be imported with this card; the file is as it was")
    return Added(target, appended, result)


def _list_problems(context: Context, problems: Sequence[Problem]) -> None:
    print_rows(problem_rows(problems, ascii_only=context.ascii_only), sys.stderr, context.env)


def _refused(context: Context, target: DeckFile, appended: Appended) -> SrsError:
    """What to leave with: of a bad card the last of its errors, after the others were told."""
    if _file_is_bad(appended):
        _list_problems(context, appended.problems)
        errors = plural(sum(problem.is_error for problem in appended.problems), "problem")
        return FileProblems(f"{target.shown} has {errors}, so no card was added")
    from srs.cli.reporting import tell

    *others, last = _of_options(target, appended)
    for error in others:
        tell(error)
    return last


def _file_is_bad(appended: Appended) -> bool:
    """Whether what is wrong was so before the card came."""
    return all(problem.line < appended.line for problem in appended.problems)


def _of_options(target: DeckFile, appended: Appended) -> list[UsageError]:
    return [in_option_words(problem, target.shown) for problem in appended.problems if problem.is_error]


# Without asking


def _add_one(context: Context, target: DeckFile, card: NewCard, *, as_json: bool) -> int:
    added = put(context, target, card)
    if as_json:
        print_json(added.as_json())
        return 0
    sentence = added.sentence()
    sys.stdout.write(f"{harmless(in_ascii(sentence) if context.ascii_only else sentence)}\n")
    sys.stdout.flush()
    _list_problems(context, added.appended.problems)
    for sentence in doubtful_choices(card.choices):
        sys.stderr.write(f"{harmless(in_ascii(sentence) if context.ascii_only else sentence)}\n")
    return 0


def _incomplete(card: NewCard) -> UsageError:
    if card.question or card.term:
        missing = "`--answer`"
    elif card.answer:
        missing = "`--question`, `--term` or `--cloze`"
    else:
        missing = "`--question` and `--answer`"
    return UsageError(f"`srs add` needs {missing} where nobody can be asked", f"for example {_EXAMPLE}")


# Asking


def _converse(context: Context, target: DeckFile, card: NewCard, asker: Asker) -> int:
    """Ask for cards until there is no other; a card counts once it is said to be added."""
    asker.tell(f"A card for {target.deck} ({target.shown}). {_HOW} {_MORE}")
    for sentence in doubtful_choices(card.choices):
        asker.tell(sentence)
    count = 0
    try:
        while True:
            sys.stdout.write("\n")
            wanted = _agreed(asker, target, card)
            if wanted is None:
                asker.tell("Nothing added." if not count else _so_far(count))
                return 0
            _save(context, asker, target, wanted)
            count += 1
            if not asker.yes("Another?", default=False):
                return 0
            card = NewCard(tags=card.tags, source=card.source)
    except (EOFError, KeyboardInterrupt) as stopped:
        if not count:
            raise
        sys.stdout.write(f"\n{_so_far(count)}\n")
        return 130 if isinstance(stopped, KeyboardInterrupt) else 0


def _so_far(count: int) -> str:
    return f"Stopped. The {'card before is' if count == 1 else f'{count} cards before are'} in."


def _save(context: Context, asker: Asker, target: DeckFile, card: NewCard) -> None:
    try:
        added = put(context, target, card, remarks=False)
    except FileProblems:
        # What was typed is not lost with the file.
        asker.tell("The card was not written. This is what it holds:")
        asker.rows(_table_rows(append_card(_EMPTY_DECK, card, "").table))
        raise
    asker.tell(added.sentence())


def _agreed(asker: Asker, target: DeckFile, given: NewCard) -> NewCard | None:
    """Ask for a card until the person says to save it; None when they give it up."""
    card = given
    while True:
        card = _asked_for(asker, given, card)
        appended = append_card(target.data(), card, target.shown)
        sys.stdout.write("\n")
        asker.rows(_table_rows(appended.table))
        sys.stdout.write("\n")
        if appended.refused and not _file_is_bad(appended):
            for error in _of_options(target, appended):
                asker.tell(f"{error.message[:1].upper()}{error.message[1:]}.")
            sys.stdout.write("\n")
        elif appended.problems:
            asker.problems(appended.problems)
            sys.stdout.write("\n")
        if appended.refused:
            if not asker.yes("It cannot be saved so. Change it?", default=True):
                return None
        elif asker.yes(f"Save it as {target.deck}/{appended.id}?", default=True):
            return card
        sys.stdout.write("\n")


def _asked_for(asker: Asker, given: NewCard, before: NewCard) -> NewCard:
    """Ask for what the options did not give; what was typed before can be edited."""
    card = _asked_and_answered(asker, given, before)
    for name, label in _ASKED:
        if getattr(given, name) or (name == "term" and not card.question and not card.cloze):
            continue
        known = getattr(card, name)
        if name == "tags":
            card = replace(card, tags=tuple(asker.line(label, ", ".join(known)).split(",")))
        else:
            ask = asker.line if name == "term" else asker.text
            said: dict[str, Any] = {name: ask(label, known)}
            card = replace(card, **said)
    return card.cleaned()


def _asked_and_answered(asker: Asker, given: NewCard, before: NewCard) -> NewCard:
    """Ask for the question (or the term) and the answer, back and forth until both are there."""
    card = before
    asks = not (given.question or given.term or given.cloze)
    back = "an empty line again goes back to the question." if asks else "Ctrl-C leaves."
    while True:
        if asks:
            card = _asked(asker, card)
        if given.answer or given.cloze:
            return card
        for hint in (f"Every card has an answer; {back}", ""):
            card = replace(card, answer=asker.text("Answer", card.answer))
            if card.answer:
                return card
            if hint:
                asker.tell(hint)


def _asked(asker: Asker, card: NewCard) -> NewCard:
    """Ask for the question, or for the term that stands in its place."""
    while True:
        card = replace(card, question=asker.text("Question", card.question))
        if not card.question:
            card = replace(card, term=asker.line("Then its term", card.term).strip())
        if card.question or card.term:
            return card
        asker.tell("A card asks something: a question, or a term that is to be explained.")


def _table_rows(table: str) -> list[Text]:
    return [Text(f"  {harmless(row.expandtabs(4))}", end="") for row in table.rstrip("\n").split("\n")]
