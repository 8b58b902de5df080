"""`srs edit`, and `e` in a review: a card's file in the person's editor, imported when that closes."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from srs.cli.asking import Asker, on_a_terminal
from srs.cli.deck_file import near
from srs.cli.drawing import harmless, in_ascii
from srs.cli.editors import command_for, editor_of, run_editor
from srs.cli.renames import likely_renames
from srs.cli.words import listed, plural
from srs.deck.clean import quoted
from srs.errors import FileProblems, NotFoundError, SrsError, UsageError
from srs.interop.cards_csv_read import Meant, parse_any
from srs.model import Card, card_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from srs.cli.context import Context
    from srs.cli.renames import Entry
    from srs.collection import Collection
    from srs.intake_report import FileResult
    from srs.model import Problem
    from srs.planned import DeckPlan
    from srs.store.heads import Rows

LISTED = 10
"""So many problems of a file are listed before the person is asked what to do."""

_RENAMES_TOLD = 3

NOTHING = "Nothing changed."


class Edited(NamedTuple):
    """What an edit came to: a sentence or two, whether cards changed, and what to leave with."""

    said: str
    changed: bool = False
    exit_code: int = 0


class _File(NamedTuple):
    """A card's file, and the line its table begins at now."""

    path: Path
    shown: str
    line: int
    data: bytes


def run_edit(context: Context, name: str) -> int:
    """Run `srs edit`; returns the exit code."""
    with context.peek() as peek:
        card = _named(peek.rows, context.learner, name)
        file = _file_of(peek.rows, card)
    opened: list[Collection] = []

    def collection() -> Collection:
        opened.append(context.open())
        return opened[-1]

    try:
        edited = _edit(context, card, file, collection)
    finally:
        for one in opened:
            one.close()
    stream = sys.stderr if edited.exit_code else sys.stdout
    stream.write(f"{harmless(in_ascii(edited.said) if context.ascii_only else edited.said)}\n")
    return edited.exit_code


def _named(rows: Rows, learner: str, name: str) -> Card:
    """A card of the entry that is named: all of them stand in one table."""
    from srs.naming import find_named
    from srs.store.listing import as_text

    name = as_text(name)
    try:
        return find_named(rows, learner, name)[0].card
    except NotFoundError as error:
        found = rows("SELECT path FROM deck WHERE id = :name", {"name": name})
        if not found:
            raise
        its_file = f"its file is {near(found[0][0])}; " if found[0][0] else ""
        raise NotFoundError(
            f"`{name}` is a deck, and `srs edit` wants a card",
            f"{its_file}`srs list -d {name}` lists its cards",
        ) from error


def edit_card(context: Context, card: Card, *, collection: Callable[[], Collection]) -> Edited:
    """Edit a card from within a review, on the terminal as it is on the normal screen.

    Whatever goes wrong is a sentence, nothing is raised; the database is unchanged by a bad file.
    Where `changed`, the caller reads its card again.
    """
    try:
        with context.peek() as peek:
            file = _file_of(peek.rows, card)
        return _edit(context, card, file, collection)
    except SrsError as error:
        told = [error.message, *([error.hint] if error.hint else [])]
        return Edited(" ".join(f"{one[:1].upper()}{one[1:]}." for one in told), exit_code=error.exit_code)


def line_of(data: bytes, card: Card, path: str = "") -> int | None:
    """The line (from 1) where a card's table begins in a file as it is now; None where it is not.

    A card that has another id by now is found by its `was`; in a file that cannot be read, by the row
    that says its id.
    """
    parsed = parse_any(data, path, Meant(before=(card.deck, card.deck)))
    cards = parsed.draft.cards if parsed.draft else ()
    by_id = [known for known in cards if known.id == card.id]
    by_was = [known for known in cards if (card.deck, card.id) in known.was]
    for known in (*by_id, *by_was):
        if known.line:
            return known.line
    if parsed.deck is not None:
        return None
    row = re.search(rf"(?m)^[ \t]*\"?id\"?[ \t]*=[ \t]*[\"']{re.escape(card.id)}[\"']", parsed.text)
    if row is not None:
        return parsed.text.count("\n", 0, row.start()) + 1
    return parsed.errors[0].line if parsed.errors else 1


def _file_of(rows: Rows, card: Card) -> _File:
    """The file that holds a card, read.

    Raises:
        NotFoundError: it has no file, the file is gone, or the card is no longer in it.
        FileProblems: the file cannot be read.
    """
    name = card_name(card.deck, card.id)
    found = rows(
        "SELECT d.path, c.retired, d.origin FROM card c JOIN deck d ON d.id = c.deck"
        " WHERE c.deck = :deck AND c.id = :id ORDER BY c.retired",
        {"deck": card.deck, "id": card.id},
    )
    path = found[0][0] if found else None
    if path is None:
        raise NotFoundError(
            f"`{name}` came from Anki and is in no deck file, so there is nothing to edit"
            if found[0][2] == "anki"
            else f"`{name}` comes from no deck file, so there is nothing to edit",
            "edit it in Anki and import again, or `srs import FILE.apkg --to-toml DIR` makes files of yours"
            if found[0][2] == "anki"
            else None,
        )
    shown = near(path)
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        hint = "if it moved: `srs import NEW/PATH`"
        raise NotFoundError(f"{quoted(shown)}, the file of `{name}`, is not there", hint) from error
    except OSError as error:
        raise FileProblems(f"{quoted(shown)} cannot be read: {error.strerror or error}") from error
    line = line_of(data, card, path)
    if line is None:
        if found[0][1]:
            hint = f"put its id back into {shown} and it returns"
            raise NotFoundError(f"`{name}` is retired: it is gone from its file", hint)
        hint = f"it was taken out since the last import; `srs import {shlex.quote(shown)}` follows"
        raise NotFoundError(f"`{name}` is no longer in {quoted(shown)}", hint)
    return _File(Path(path), shown, line, data)


def _edit(context: Context, card: Card, file: _File, collection: Callable[[], Collection]) -> Edited:
    words = editor_of(context.env, terminal=on_a_terminal())
    line = file.line
    while True:
        try:
            run_editor(command_for(words, file.path, line))
        except UsageError as error:
            if _same(file):
                raise
            hint = f"{file.shown} has changed; to take it in: `srs import {shlex.quote(file.shown)}`"
            raise UsageError(error.message, hint) from error
        if _same(file):
            return _unchanged(file)
        result = _import(collection(), file)
        if not result.refused:
            return Edited(*_told(card, result, file.data))
        errors = [replace(problem, path=file.shown) for problem in result.problems if problem.is_error]
        if not _again(context, file, errors):
            return _left(file, errors)
        line = errors[0].line


def _same(file: _File) -> bool:
    try:
        return file.path.read_bytes() == file.data
    except OSError:
        return False


def _unchanged(file: _File) -> Edited:
    """What is said of a file left as it was, which may be one that cannot be imported."""
    from srs.cli.taking_in import first_problem

    errors = parse_any(file.data, file.shown).errors
    if not errors:
        return Edited(NOTHING)
    told = f"{file.shown} is as it was and still cannot be imported: {first_problem(errors, file.shown)}"
    return Edited(told, exit_code=FileProblems.exit_code)


def _import(collection: Collection, file: _File) -> FileResult:
    from srs.intake import import_decks

    try:
        report = import_decks(collection, [file.path])
    except SrsError as error:
        hint = f"your edit is in {file.shown}; to take it in: `srs import`"
        raise type(error)(error.message, hint) from error
    if report.errors:
        raise report.errors[0]
    return report.files[0]


def _again(context: Context, file: _File, errors: list[Problem]) -> bool:
    """List what is wrong, and ask whether to edit once more."""
    from srs.cli.ansi import print_rows
    from srs.cli.notices import problem_rows

    rows = problem_rows(errors[:LISTED], ascii_only=context.ascii_only)
    if len(errors) > LISTED:
        more = f"{len(errors) - LISTED} more: srs check {shlex.quote(file.shown)}"
        rows.append(Text(harmless(more), end=""))
    print_rows(rows, sys.stderr, context.env)
    if not on_a_terminal():
        return False
    try:
        asker = Asker(context)
        asker.tell("If you leave it: the file stays as you saved it, and nothing of it is taken in.")
        return asker.one_of("[e]dit again, [l]eave it", "el") == "e"
    except (EOFError, KeyboardInterrupt):
        sys.stdout.write("\n")
        return False


def _left(file: _File, errors: list[Problem]) -> Edited:
    told = f"{file.shown} was not imported, {plural(len(errors), 'problem')}; none of its cards changed."
    return Edited(told, exit_code=FileProblems.exit_code)


def _told(card: Card, result: FileResult, before: bytes) -> tuple[str, bool]:
    """What an edit changed: the card itself first, then what else did."""
    plan = result.plan
    if plan is None or not plan.changes_cards:
        return "The cards are as they were.", False
    became = likely_renames(before, plan)
    fresh = list(dict.fromkeys(_entry(placed.card) for placed in plan.added))
    if len(fresh) == 1 and not became and _is_gone(card, plan):
        became = {_entry(card): fresh[0]}  # the only new one, whatever it says
    own = _of_card(card, plan, became)
    rest = _rest(card, plan, became)
    told = [own] if own else []
    if rest:
        told.append(f"{'Besides' if own else 'Taken in'}: {rest}.")
    others = [(old, new) for old, new in became.items() if old != _entry(card)]
    told += [
        f"{card_name(*old)} is gone and {card_name(*new)} is new: {_keeping(old, new)}."
        for old, new in others[:_RENAMES_TOLD]
    ]
    return " ".join(told), True


def _of_card(card: Card, plan: DeckPlan, became: Mapping[Entry, Entry]) -> str | None:
    name = card_name(card.deck, card.id)
    moved = [placed for placed in plan.moved if _plain(placed.came_from or "") == name]
    if moved:
        return f"{name} is {card_name(moved[0].card.deck, moved[0].card.id)} now, its history came along."
    fields = dict.fromkeys(
        field for placed in plan.updated if _is(placed.card, card) for field in placed.fields
    )
    variants = [
        f"{word} {listed(names)}"
        for word, names in (
            ("new", [placed.card.name for placed in plan.added if _is(placed.card, card)]),
            ("back", [placed.card.name for placed in plan.revived if _is(placed.card, card)]),
        )
        if names
    ]
    if _is_gone(card, plan):
        return _gone(_entry(card), became.get(_entry(card)))
    gone = [row for row in plan.retired if (row.deck, row.id) == _entry(card)]
    if gone:
        variants.append(f"gone {listed([card_name(row.deck, row.id, row.variant) for row in gone])}")
    changes = [*([", ".join(fields)] if fields else []), *variants]
    return f"Changed {name}: {'; '.join(changes)}." if changes else None


def _gone(old: Entry, new: Entry | None) -> str:
    """The sentence of a card that vanished; a new one that may be the same under another id is named."""
    told = f"{card_name(*old)} is gone from its file: it leaves the queue, its history stays."
    return told if new is None else f"{told} If it is {card_name(*new)} now: {_keeping(old, new)}."


def _keeping(old: Entry, new: Entry) -> str:
    """How the history of a card comes along to its new id."""
    name = old[1] if old[0] == new[0] else "/".join(old)
    return f'to keep its history write was = ["{name}"] there'


def _rest(card: Card, plan: DeckPlan, became: Mapping[Entry, Entry]) -> str:
    name = card_name(card.deck, card.id)
    own = {_entry(card), became.get(_entry(card))}
    counts = {
        "added": sum(_entry(placed.card) not in own for placed in plan.added),
        "updated": sum(not _is(placed.card, card) for placed in plan.updated),
        "moved": sum(_plain(placed.came_from or "") != name for placed in plan.moved),
        "revived": sum(not _is(placed.card, card) for placed in plan.revived),
        "retired": sum((row.deck, row.id) != _entry(card) for row in plan.retired),
    }
    return listed([f"{number} {word}" for word, number in counts.items() if number])


def _is_gone(card: Card, plan: DeckPlan) -> bool:
    """Whether a card vanished with all that its entry gave."""
    retired = any((row.deck, row.id) == _entry(card) for row in plan.retired)
    return retired and not any(_is(known, card) for known in plan.deck.cards)


def _entry(card: Card) -> Entry:
    return card.deck, card.id


def _is(known: Card, card: Card) -> bool:
    return (known.deck, known.id) == (card.deck, card.id)


def _plain(name: str) -> str:
    """A card's name without its variant."""
    return name.partition("#")[0]
