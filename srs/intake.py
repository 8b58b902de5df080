"""Importing deck files: read them all, plan, and carry the plan out in one transaction.

A bad file changes nothing and hinders no other; a file that is missing retires nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.deck.find import find_deck_files, read_deck
from srs.deck.plan import plan_decks
from srs.deck.together import check_together
from srs.model import Problem
from srs.store.importing import FileFacts, apply_plan, forget_decks
from srs.store.library import CardLibrary, reviews_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from srs.collection import Collection
    from srs.deck.parse import ParsedDeck
    from srs.errors import SrsError
    from srs.model import Card
    from srs.planned import DeckPlan

    Progress = Callable[[str, int, int], None]

KEPT_SHOWN = 200
"""Of how many changed cards the kept answers are counted."""


class DeckRow(NamedTuple):
    """What the database says of a deck's file."""

    id: str
    path: str | None
    content_hash: str


@dataclass(frozen=True, slots=True)
class FileResult:
    """What importing one file did, or would do.

    `plan` is None for a file that was refused or is byte for byte what was imported last (then
    `unchanged` counts its cards). `kept` gives the live answers of changed cards by key.
    """

    path: str
    deck: str | None
    plan: DeckPlan | None
    problems: tuple[Problem, ...] = ()
    unchanged: int = 0
    kept: dict[bytes, int] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether nothing of it was imported, because it has errors."""
        return any(problem.is_error for problem in self.problems)

    @property
    def taken(self) -> bool:
        """Whether it is a deck and was imported, or would be."""
        return self.deck is not None and not self.refused

    @property
    def counts(self) -> dict[str, int]:
        """Cards added, updated, moved, retired, revived, unchanged."""
        if self.plan is not None:
            return self.plan.counts
        names = ("added", "updated", "moved", "retired", "revived")
        return dict.fromkeys(names, 0) | {"unchanged": self.unchanged}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did to every file, and the paths that led nowhere."""

    files: tuple[FileResult, ...]
    errors: tuple[SrsError, ...] = ()
    gone: tuple[tuple[str, str, int], ...] = ()
    """Decks whose file is missing: deck id, path, live cards."""

    @property
    def imported(self) -> tuple[FileResult, ...]:
        """The files that were taken in."""
        return tuple(result for result in self.files if result.taken)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems of all files."""
        return tuple(problem for result in self.files for problem in result.problems)

    @property
    def exit_code(self) -> int:
        """1 when a file was refused, 3 when a path led nowhere, else 0."""
        if any(result.refused for result in self.files):
            return 1
        return self.errors[0].exit_code if self.errors else 0

    def as_json(self) -> dict[str, Any]:
        """The shape of `srs import --json`."""
        return {
            "decks": [
                {"deck": result.deck, "path": result.path, **result.counts} for result in self.imported
            ],
            "problems": [problem.as_json() for problem in self.problems],
        }


def import_decks(
    collection: Collection,
    paths: Sequence[Path],
    *,
    dry_run: bool = False,
    progress: Progress = lambda _stage, _done, _total: None,
) -> ImportReport:
    """Import deck files and folders of them; without paths, every file imported before.

    All good files go in in one transaction. `dry_run` plans and writes nothing. `progress` is called
    with a stage and how far it is.
    """
    known = _deck_rows(collection)
    errors: list[SrsError] = []
    gone: list[tuple[str, str, int]] = []
    if paths:
        files, errors = find_deck_files(paths)
    else:
        files, gone = _files_imported_before(collection, known)
    unchanged = _all_unchanged(collection, files, known)
    if unchanged is not None:
        if not dry_run:
            _note_times(collection, files)
        return ImportReport(tuple(unchanged), tuple(errors), tuple(gone))
    parsed = []
    for number, path in enumerate(files):
        progress("Reading", number, len(files))
        parsed.append(_renamed(collection, read_deck(path, str(path)), known))
    parsed = [
        _skipped(deck) if _is_no_deck(deck) and not _named(deck.path, paths) else deck for deck in parsed
    ]
    together = check_together([*parsed, *_decks_beside(parsed, known)])
    problems = {
        deck.path: (*deck.problems, *together.get(deck.path, ()), *_taken_over(collection, deck, known))
        for deck in parsed
    }
    good = [deck for deck in parsed if deck.deck and not any(p.is_error for p in problems[deck.path])]
    plans, kept = _carry_out(collection, good, known, dry_run=dry_run, progress=progress)
    results = [_result(deck, problems[deck.path], plans.get(deck.path), kept) for deck in parsed]
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
        read_deck(Path(row.path), row.path)
        for row in known
        if row.id in wanted and row.path and row.path not in imported and Path(row.path).is_file()
    ]


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
    with collection.journal() as journal:
        progress("Comparing", 0, len(decks))
        library = CardLibrary(journal.connection, journal.learner)
        plans = plan_decks(decks, library, {deck.deck.id: deck.path for deck in good if deck.deck})
        for parsed, plan in zip(good, plans, strict=True):
            _retire_rest(plan, library, _former_ids(parsed, known))
        changed = _changed_keys(plans)
        kept = reviews_kept(journal.connection, journal.learner, changed)
        for number, (parsed, plan) in enumerate(zip(good, plans, strict=True)):
            if dry_run:
                break
            progress("Writing", number, len(plans))
            forget_decks(journal, _former_ids(parsed, known))
            apply_plan(journal, plan, _facts(parsed))
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


def _deck_rows(collection: Collection) -> list[DeckRow]:
    return [
        DeckRow(*row) for row in collection.rows("SELECT id, path, content_hash FROM deck ORDER BY id", {})
    ]


def _live_cards(collection: Collection, deck: str) -> int:
    found = collection.rows("SELECT count(*) FROM card WHERE deck = :deck AND retired = 0", {"deck": deck})
    return int(found[0][0])


def _files_imported_before(
    collection: Collection, known: Iterable[DeckRow]
) -> tuple[list[Path], list[tuple[str, str, int]]]:
    files, gone = [], []
    for row in known:
        if row.path is None:
            continue
        if Path(row.path).is_file():
            files.append(Path(row.path))
        else:
            live = _live_cards(collection, row.id)
            if live:
                gone.append((row.id, row.path, live))
    return files, gone


def _all_unchanged(
    collection: Collection, files: Sequence[Path], known: Iterable[DeckRow]
) -> list[FileResult] | None:
    """The results when every file is byte for byte what was imported last; None when any is not."""
    by_path = {row.path: row for row in known if row.content_hash}
    results = []
    for path in files:
        row = by_path.get(str(path.resolve()))
        if row is None or _hash_of(path) != row.content_hash:
            return None
        results.append(FileResult(str(path), row.id, None, unchanged=_live_cards(collection, row.id)))
    return results


def _note_times(collection: Collection, files: Iterable[Path]) -> None:
    """Remember size and time of files whose bytes are known, so that they no longer look changed."""
    known = {row[0]: row[1:] for row in collection.rows("SELECT path, size, mtime_ns FROM deck", {})}
    facts = [(str(path.resolve()), path.stat()) for path in files]
    new = [
        {"path": path, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        for path, stat in facts
        if known.get(path) != (stat.st_size, stat.st_mtime_ns)
    ]
    if new:
        with collection.database.transaction():
            collection.database.run_many(
                "UPDATE deck SET size = :size, mtime_ns = :mtime_ns WHERE path = :path", new
            )


def _hash_of(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    except OSError:
        return None


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
