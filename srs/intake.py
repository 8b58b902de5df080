"""Importing deck files: read them all, plan, and carry the plan out in one transaction.

A bad file changes nothing and hinders no other; a file that is missing retires nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.deck.find import find_deck_files, read_deck
from srs.deck.plan import plan_decks
from srs.deck.together import check_together
from srs.model import Problem
from srs.store.importing import CardLibrary, FileFacts, apply_plan, reviews_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from srs.collection import Collection
    from srs.deck.parse import ParsedDeck
    from srs.errors import SrsError
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
        """Whether nothing of it was imported."""
        return any(problem.is_error for problem in self.problems)

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
        return tuple(result for result in self.files if not result.refused)

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
        return ImportReport(tuple(unchanged), tuple(errors), tuple(gone))
    parsed = []
    for number, path in enumerate(files):
        progress("Reading", number, len(files))
        parsed.append(read_deck(path, str(path)))
    together = check_together(parsed)
    problems = {
        deck.path: (*deck.problems, *together.get(deck.path, ()), *_taken_over(collection, deck, known))
        for deck in parsed
    }
    good = [deck for deck in parsed if not any(problem.is_error for problem in problems[deck.path])]
    plans, kept = _carry_out(collection, good, problems, dry_run=dry_run, progress=progress)
    results = [
        FileResult(
            path=deck.path,
            deck=deck.deck.id if deck.deck else None,
            plan=plans.get(deck.path),
            problems=tuple(
                sorted(
                    (*problems[deck.path], *(plans[deck.path].warnings if deck.path in plans else ())),
                    key=lambda problem: (problem.line, problem.column),
                )
            ),
            kept=kept,
        )
        for deck in parsed
    ]
    return ImportReport(tuple(results), tuple(errors), tuple(gone))


def _carry_out(
    collection: Collection,
    good: Sequence[ParsedDeck],
    problems: dict[str, tuple[Problem, ...]],
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
        changed = _changed_keys(plans)
        kept = reviews_kept(journal.connection, journal.learner, changed)
        for number, (parsed, plan) in enumerate(zip(good, plans, strict=True)):
            if dry_run:
                break
            progress("Writing", number, len(plans))
            apply_plan(journal, plan, _facts(parsed, settled=not problems[parsed.path]))
    return {parsed.path: plan for parsed, plan in zip(good, plans, strict=True)}, kept


def _facts(parsed: ParsedDeck, *, settled: bool) -> FileFacts:
    # A file with warnings is read again each time, so that they are said again.
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


def _hash_of(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    except OSError:
        return None


def _taken_over(collection: Collection, parsed: ParsedDeck, known: Iterable[DeckRow]) -> list[Problem]:
    """What to say of a deck id that another file, still there, was imported under.

    With cards in common it is the same deck at a new place; without any it is another deck, and
    importing it would retire every card of the first.
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
    if ids.isdisjoint(card.id for card in deck.cards):
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
