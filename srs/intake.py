"""Importing deck files: read them all, plan, and carry the plan out in one transaction.

A bad file changes nothing and hinders no other; a file that is missing retires nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from srs.deck.find import find_deck_files
from srs.deck.plan import plan_decks
from srs.deck.together import check_together
from srs.garbage import nothing_collected
from srs.intake_report import FileResult, ImportReport
from srs.interop.cards_csv_read import Meant, read_any
from srs.model import Problem
from srs.store.importing import FileFacts, apply_plan, forget_decks
from srs.store.joined_keys import follow, take_told_names
from srs.store.library import CardLibrary, reviews_kept
from srs.unchanged import all_unchanged, deck_rows, files_imported_before, new_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from srs.collection import Collection
    from srs.deck.parse import ParsedDeck
    from srs.errors import SrsError
    from srs.model import Card
    from srs.planned import DeckPlan
    from srs.unchanged import DeckRow

    Progress = Callable[[str, int, int], None]

KEPT_SHOWN = 200
"""Of how many changed cards the kept answers are counted."""


@nothing_collected()
def import_decks(
    collection: Collection,
    paths: Sequence[Path],
    *,
    deck: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _stage, _done, _total: None,
) -> ImportReport:
    """Import deck files and folders of them; without paths, every file imported before.

    All good files go in in one transaction. A CSV of cards is a deck file, too; `deck` names its deck.
    `dry_run` plans and writes nothing. `progress` is called with a stage and how far it is.
    """
    known = deck_rows(collection.rows)
    errors: list[SrsError] = []
    gone: list[tuple[str, str, int]] = []
    if paths:
        files, errors = find_deck_files(paths)
    else:
        files, gone = files_imported_before(collection.rows, known)
    unchanged = None if deck is not None else all_unchanged(collection.rows, files, known)
    if unchanged is not None:
        if not dry_run:
            _note_times(collection, files)
        return ImportReport(tuple(unchanged), tuple(errors), tuple(gone))
    parsed = []
    for number, path in enumerate(files):
        progress("Reading", number, len(files))
        meant = Meant(deck, _here(path, known))
        parsed.append(_renamed(collection, read_any(path, str(path), meant), known))
    parsed = [_skipped(one) if _is_no_deck(one) and not _named(one.path, paths) else one for one in parsed]
    together = check_together([*parsed, *_decks_beside(parsed, known)])
    problems = {
        one.path: (*one.problems, *together.get(one.path, ()), *_taken_over(collection, one, known))
        for one in parsed
    }
    good = [one for one in parsed if one.deck and not any(p.is_error for p in problems[one.path])]
    plans, kept = _carry_out(collection, good, known, dry_run=dry_run, progress=progress)
    results = [_result(one, problems[one.path], plans.get(one.path), kept) for one in parsed]
    return ImportReport(tuple(results), tuple(errors), tuple(gone))


def _result(
    deck: ParsedDeck, problems: Iterable[Problem], plan: DeckPlan | None, kept: dict[bytes, int]
) -> FileResult:
    """What became of one file, its problems in the order of the file."""
    told = [*problems, *(plan.warnings if plan else ())]
    return FileResult(
        path=deck.path,
        deck=deck.deck.id if deck.deck else None,
        plan=plan,
        problems=tuple(sorted(told, key=lambda problem: (problem.line, problem.column))),
        kept=kept,
    )


def _named(path: str, paths: Sequence[Path]) -> bool:
    """Whether a file was named itself, not found in a folder."""
    return any(str(named) == path for named in paths) or not paths


def _here(path: Path, known: Iterable[DeckRow]) -> tuple[str, str] | None:
    """The id and name under which a file was imported before."""
    return next(((row.id, row.name) for row in known if row.path == str(path.resolve())), None)


def _is_no_deck(parsed: ParsedDeck) -> bool:
    return [problem.code for problem in parsed.problems] == ["E115"]


def _skipped(parsed: ParsedDeck) -> ParsedDeck:
    """A TOML file of another kind that lies among decks: said, not refused."""
    note = replace(parsed.problems[0], code="W203", message="this file is no deck; it was skipped", hint=None)
    return replace(parsed, problems=(note,))


def _former_ids(parsed: ParsedDeck, known: Iterable[DeckRow]) -> list[str]:
    """The ids under which this very file was imported before it got the one it has."""
    if parsed.deck is None:
        return []
    here = str(Path(parsed.path).resolve())
    return [row.id for row in known if row.path == here and row.id != parsed.deck.id]


def _renamed(collection: Collection, parsed: ParsedDeck, known: Iterable[DeckRow]) -> ParsedDeck:
    """A deck whose id was changed in its file: every card is known by the name it had there, too.

    Otherwise one edited line would start all its cards anew and leave the old ones in the queue.
    """
    deck = parsed.deck
    former = _former_ids(parsed, known)
    if deck is None or not former:
        return parsed
    names = {
        (old, card_id)
        for old in former
        for (card_id,) in collection.rows("SELECT id FROM card WHERE deck = :deck", {"deck": old})
    }
    cards = tuple(replace(card, was=(*card.was, *_names_there(card, former, names))) for card in deck.cards)
    note = Problem(
        parsed.path,
        1,
        1,
        "W204",
        f"deck `{former[0]}` is called `{deck.id}` from now on; its cards keep their history",
    )
    return replace(parsed, deck=replace(deck, cards=cards), problems=(*parsed.problems, note))


def _names_there(card: Card, former: Sequence[str], names: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The names a card had in the deck's former ids: its own, and those it gave up in the same edit."""
    ids = [old for deck, old in card.was if deck == card.deck]
    return [(deck, card_id) for deck in former for card_id in (*ids, card.id) if (deck, card_id) in names]


def _decks_beside(parsed: Iterable[ParsedDeck], known: Iterable[DeckRow]) -> list[ParsedDeck]:
    """The decks of other files that some `was` names: a card still there is not taken from them."""
    imported = {str(Path(one.path).resolve()) for one in parsed}
    wanted = {deck for one in parsed if one.deck for card in one.deck.cards for deck, _ in card.was}
    return [
        read_any(Path(row.path), row.path, Meant(before=(row.id, row.name)))
        for row in known
        if row.id in wanted and row.path and row.path not in imported and Path(row.path).is_file()
    ]


class _OnlyTried(Exception):  # noqa: N818 - it is no error: it ends what a dry run must not keep
    pass


def _carry_out(
    collection: Collection,
    good: Sequence[ParsedDeck],
    known: Sequence[DeckRow],
    *,
    dry_run: bool,
    progress: Progress,
) -> tuple[dict[str, DeckPlan], dict[bytes, int]]:
    """Plan all good files together and, unless it is a dry run, write the plans down."""
    decks = [deck.deck for deck in good if deck.deck is not None]
    if not decks:
        return {}, {}
    with suppress(_OnlyTried), collection.journal() as journal:
        progress("Comparing", 0, len(decks))
        take_told_names(journal, {(card.deck, card.id) for deck in decks for card in deck.cards})
        library = CardLibrary(journal.connection, journal.learner)
        plans = plan_decks(decks, library, {deck.deck.id: deck.path for deck in good if deck.deck})
        for parsed, plan in zip(good, plans, strict=True):
            _retire_rest(plan, library, _former_ids(parsed, known))
        changed = _changed_keys(plans)
        kept = reviews_kept(journal.connection, journal.learner, changed)
        if dry_run:
            raise _OnlyTried
        for number, (parsed, plan) in enumerate(zip(good, plans, strict=True)):
            progress("Writing", number, len(plans))
            forget_decks(journal, _former_ids(parsed, known))
            apply_plan(journal, plan, _facts(parsed))
        if any(plan.added or plan.moved or plan.revived or plan.carried for plan in plans):
            journal.refold(sorted(follow(journal)))
    return {parsed.path: plan for parsed, plan in zip(good, plans, strict=True)}, kept


def _retire_rest(plan: DeckPlan, library: CardLibrary, former: Sequence[str]) -> None:
    """Cards of a renamed deck that the file no longer has are gone from it like any other."""
    gone_on = {placed.key for placed in plan.moved} | {join.root for join in plan.joins}
    gone_on |= {row.key for row in plan.retired}
    plan.retired += [row for row in library.of_decks(former) if not row.retired and row.key not in gone_on]


def _facts(parsed: ParsedDeck) -> FileFacts:
    # A file with warnings of its own is read again each time, so that they are said again.
    settled = all(problem.code.startswith("W2") for problem in parsed.problems)
    return FileFacts(
        path=str(Path(parsed.path).resolve()),
        content_hash=parsed.content_hash if settled else "",
        size=parsed.size,
        mtime_ns=parsed.mtime_ns,
    )


def _changed_keys(plans: Iterable[DeckPlan]) -> list[bytes]:
    keys: list[bytes] = []
    for plan in plans:
        keys += [placed.key for placed in (*plan.updated, *plan.moved)][:KEPT_SHOWN]
        keys += [row.key for row in plan.retired[:KEPT_SHOWN]]
    return keys


def _note_times(collection: Collection, files: Iterable[Path]) -> None:
    """Remember size and time of files whose bytes are known, so that they no longer look changed."""
    new = new_times(collection.rows, files)
    if new:
        with collection.database.transaction():
            collection.database.run_many(
                "UPDATE deck SET size = :size, mtime_ns = :mtime_ns WHERE path = :path", new
            )


def _taken_over(collection: Collection, parsed: ParsedDeck, known: Iterable[DeckRow]) -> list[Problem]:
    """What to say of a deck id that another file, still there, was imported under.

    With most ids in common it is the same deck at a new place; without, it is another deck, and
    importing it would retire the cards of the first.
    """
    deck = parsed.deck
    if deck is None:
        return []
    here = str(Path(parsed.path).resolve())
    other = next((row.path for row in known if row.id == deck.id and row.path), None)
    if other is None or other == here or not Path(other).is_file():
        return []
    ids = {
        card_id for (card_id,) in collection.rows("SELECT id FROM card WHERE deck = :deck", {"deck": deck.id})
    }
    shared = sum(card.id in ids for card in deck.cards)
    if shared * 2 < min(len(ids), len(deck.cards)):
        return [
            Problem(
                parsed.path,
                1,
                1,
                "E102",
                f"the deck id `{deck.id}` is taken by `{other}`",
                "give one of the decks another id",
            )
        ]
    return [
        Problem(
            parsed.path,
            1,
            1,
            "W202",
            f"deck `{deck.id}` was read from `{other}` until now; from now on it is read from here",
            None,
        )
    ]
