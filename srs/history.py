"""Histories from elsewhere: answers of a CSV become lines of the log, as one batch.

Everything goes in in one transaction. Line ids are made from content, so that the same file gives the
same lines again; what the log has already stays as it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from srs.days import StudyDays
from srs.deck.clean import quoted
from srs.errors import FileProblems, NotFoundError, RefusedError
from srs.history_cards import Names, NewDeck, deck_id_of, keys_of, resolve
from srs.history_lines import Calendar, Fresh, columns_of, line_id
from srs.history_report import HistoryReport, Spared
from srs.ids import id_ms
from srs.interop.answers_csv import read_answers
from srs.interop.csv_problems import count_kinds
from srs.interop.csv_values import Reading
from srs.model import ActKind
from srs.naming import find_deck
from srs.rollover import cut_by_rollover
from srs.store import batches, summing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from srs.collection import Collection
    from srs.history_cards import Resolved
    from srs.interop.answers_csv import AnswerRow, AnswersFile
    from srs.model import Problem
    from srs.store.journal import Journal

    Progress = Callable[[str, int, int], None]

MANY_ANSWERS = 2_000
"""From so many on, plain answers are folded together in NumPy, whatever the number of cards."""
_LINES_AT_ONCE = 10_000
_MINUTE_MS = 60_000


@dataclass(slots=True)
class _Sorted:
    """The lines to write, in order of id, and what became of the others."""

    lines: list[Fresh] = field(default_factory=list)
    known: int = 0
    undone: int = 0
    other: int = 0
    known_ids: set[bytes] = field(default_factory=set)
    again: set[bytes] = field(default_factory=set)
    """Those of the lines that the log has, taken back with the import they came in with."""


def import_answers(
    collection: Collection,
    path: Path,
    *,
    deck: str | None = None,
    create: Path | None = None,
    zone: tzinfo | None = None,
    rollover: int | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _stage, _done, _total: None,
) -> HistoryReport:
    """Import the answers of a CSV file as one batch, which one undo takes back.

    Ids without a deck are cards of `deck`; those that are not here become plain cards of a new deck
    file `create`. Study days follow `zone` and `rollover` (default: the collection's) where the file
    has none of its own; moments that name no zone are read in `zone`. With problems nothing changes.

    Raises:
        NotFoundError: there is no such file or deck.
        FileProblems: the file cannot be read.
        RefusedError: it would double answers, or overwrite a file.
    """
    now = collection.now()
    new_deck = None if create is None else deck_id_of(create, deck)
    if deck is not None and create is None:
        find_deck(collection.rows, deck)
    read = _read(path, Reading(now, zone), progress)
    if not read.whole:
        return _refused(path, read)
    days = StudyDays(
        collection.days.zone if zone is None else zone,
        collection.days.rollover if rollover is None else rollover,
    )
    with collection.journal() as journal:
        names = Names(journal, deck)
        resolved, new_deck = _resolved(read, names, path, new_deck, may_change=deck is None)
        if read.problems or resolved.problems:
            return _refused(path, read, resolved.problems)
        writing = _Writing(journal, read, resolved, names, calendar=Calendar(days), progress=progress)
        if create is None or new_deck is None:
            return writing.report(path, None, dry_run=dry_run)
        if not resolved.created:
            report = writing.report(path, None, dry_run=dry_run)
            return replace(report, spared=_spared(create, resolved))
        return _with_deck(writing, path, NewDeck(create, new_deck, resolved.created), dry_run=dry_run)


def _resolved(
    read: AnswersFile, names: Names, path: Path, new_deck: str | None, *, may_change: bool
) -> tuple[Resolved, str | None]:
    """The cards of a file, and the deck of those that are to be created.

    Where all of them say one deck that is not here, a new file holds that one, whatever it is called.
    """
    resolved = resolve(read.rows, names, str(path), new_deck)
    if new_deck is None or not may_change or resolved.created or len(resolved.decks) != 1:
        return resolved, new_deck
    (theirs,) = resolved.decks
    if names.knows(theirs):
        return resolved, new_deck
    return resolve(read.rows, names, str(path), theirs), theirs


def _spared(create: Path, resolved: Resolved) -> Spared:
    return Spared(str(create), len(resolved.cards), len(resolved.unknown), tuple(sorted(resolved.decks)))


def _with_deck(writing: _Writing, path: Path, made: NewDeck, *, dry_run: bool) -> HistoryReport:
    """Import a file's answers after the cards that it brings along."""
    plan = made.plan(writing.journal)
    writing.use_keys(keys_of(plan))
    try:
        if not dry_run:
            made.write(writing.journal, plan)
        return writing.report(path, made, dry_run=dry_run)
    except BaseException:
        made.put_back()
        raise


def _refused(path: Path, read: AnswersFile, more: Sequence[Problem] = ()) -> HistoryReport:
    """The report of a file with problems, those of its cards (`more`) among them."""
    counts = Counter(read.counts or count_kinds(read.problems)) + count_kinds(more)
    return HistoryReport(str(path), (*read.problems, *more), read.whole, counts)


def _read(path: Path, reading: Reading, progress: Progress) -> AnswersFile:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            return read_answers(
                stream, str(path), reading=reading, progress=lambda done: progress("Reading", done, size)
            )
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {quoted(str(path))}") from error
    except IsADirectoryError as error:
        raise FileProblems(f"{quoted(str(path))} is a folder, not a CSV of answers") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileProblems(f"{quoted(str(path))} cannot be read: {reason}") from error


class _Writing:
    """One file's answers on their way into the log, inside a transaction."""

    def __init__(
        self,
        journal: Journal,
        read: AnswersFile,
        resolved: Resolved,
        names: Names,
        *,
        calendar: Calendar,
        progress: Progress,
    ) -> None:
        self.journal = journal
        self._file = read
        self._resolved = resolved
        self._names = names
        self._calendar = calendar
        self._progress = progress

    def use_keys(self, keys: dict[tuple[str, str], bytes]) -> None:
        """The keys that created cards got, where they are not those of their names."""
        said = {(card.deck, card.id): card.question.removeprefix("Card ") for card in self._resolved.created}
        self._resolved.keys.update({said[name]: key for name, key in keys.items() if name in said})

    def report(self, path: Path, made: NewDeck | None, *, dry_run: bool) -> HistoryReport:
        """Write what is new and fold its cards; what was done."""
        fresh = self._fresh()
        self._refuse_doubles(fresh)
        keys = {key for _, key, *_ in fresh.lines}
        days = [day for _, _, _, day, _ in fresh.lines]
        hours = self._hours(fresh)
        told = HistoryReport(
            str(path),
            answers=len(self._file.rows),
            new=len(fresh.lines),
            known=fresh.known,
            undone=fresh.undone,
            other=fresh.other,
            left_out=self._file.acts + self._file.undone,
            cards=len(keys),
            unknown=tuple(self._resolved.unknown),
            created=len(self._resolved.created),
            created_path=str(made.path) if made else None,
            first_day=min(days, default=None),
            last_day=max(days, default=None),
            calendar=(str(self._calendar.days.zone), self._calendar.days.rollover) if hours else None,
            cut=cut_by_rollover(hours, self._calendar.days.rollover, imported=True),
        )
        if not fresh.lines or dry_run:
            return told
        batch = self._write(fresh, path, made)
        # Folding needs the room.
        fresh.lines.clear()
        self._file.rows.clear()
        self._progress("Folding", 0, 1)
        if told.new > MANY_ANSWERS:
            batches.refold_many(self.journal, keys)
        else:
            self.journal.refold(keys)
        return replace(told, batch=batch)

    def _hours(self, fresh: _Sorted) -> Counter[int]:
        """How many answers were given at each hour of the day, of those whose study day was worked out."""
        return Counter(
            (row.at // _MINUTE_MS + offset) // 60 % 24
            for _, _, row, _, offset in fresh.lines
            if offset is not None and row.study_day is None
        )

    def _fresh(self) -> _Sorted:
        """The lines that the log does not have, each with its id.

        A line that came in with an import that was taken back comes in anew with this one; an answer that
        was taken back itself stays so.
        """
        fresh = _Sorted()
        for part in _parts(self._ranked()):
            self._sort_out(fresh, part)
        fresh.lines.sort(key=lambda line: line[0])
        return fresh

    def _sort_out(self, fresh: _Sorted, part: Sequence[tuple[AnswerRow, bytes, int]]) -> None:
        """Put some rows where they belong."""
        ids = [line_id(row, key, rank, self._calendar) for row, key, rank in part]
        found = batches.known_lines(self.journal.connection, self.journal.learner, ids)
        known = {line.id: line for line in found}
        for made_id, (row, key, _) in zip(ids, part, strict=True):
            line = known.get(made_id)
            if line is None or line.fallen:
                fresh.lines.append(Fresh(made_id, key, row, *self._day(row)))
                if line is not None:
                    fresh.again.add(made_id)
            else:
                fresh.known += 1
                fresh.known_ids.add(made_id)
                fresh.undone += line.undone
                fresh.other += line.rating != row.rating

    def _ranked(self) -> Iterator[tuple[AnswerRow, bytes, int]]:
        """Each row with its key and its rank among equals: rows of one card at one moment."""
        keys = self._resolved.keys
        rows = self._file.rows
        rows.sort(key=lambda row: (row.at, row.key or keys[row.card], row.rating, row.took_ms or 0))
        before, rank = None, 0
        given: set[bytes | str] = set()
        for row in rows:
            key = row.key or keys[row.card]
            if row.id is None:
                rank = rank + 1 if before == (row.at, key) else 0
                before = (row.at, key)
                yield row, key, rank
            elif row.id not in given:
                given.add(row.id)
                yield row, key, 0

    def _day(self, row: AnswerRow) -> tuple[int, int | None]:
        """Study day and offset; where the file has the day, no zone is guessed at."""
        return self._calendar.of(row.at) if row.study_day is None else (row.study_day, row.offset)

    def _refuse_doubles(self, fresh: _Sorted) -> None:
        """Drop answers the log has under other ids; refuse them where their study days are others.

        Raises:
            RefusedError: some are there under the days of another calendar.
        """
        if not fresh.lines:
            return
        aliases = self._names.aliases
        first = min(row.at for _, _, row, _, _ in fresh.lines)
        last = max(max(row.at, id_ms(made)) for made, _, row, _, _ in fresh.lines)
        ends = first.to_bytes(6, "big") + bytes(10), last.to_bytes(6, "big") + b"\xff" * 10
        days: dict[tuple[bytes, int], int] = {}
        same, clashes, batch = set(), 0, None
        for line in batches.live_between(self.journal.connection, self.journal.learner, *ends):
            if not days:
                days = {(aliases.get(key, key), row.at): day for _, key, row, day, _ in fresh.lines}
            day = days.get((line.card, line.at))
            if day is None or line.id in fresh.known_ids:
                continue
            same.add((line.card, line.at))
            if day != line.study_day:
                clashes, batch = clashes + 1, batch or line.batch
        if clashes:
            raise RefusedError(*self._clash(clashes, batch))
        if same:
            before = len(fresh.lines)
            fresh.lines = [one for one in fresh.lines if (aliases.get(one[1], one[1]), one[2].at) not in same]
            fresh.known += before - len(fresh.lines)

    def _clash(self, clashes: int, batch: bytes | None) -> tuple[str, str]:
        theirs = ""
        if batch is not None:
            act = self.journal.line(batch)
            zone = getattr(act, "payload", {}).get("zone")
            theirs = f" ({zone}, {act.payload.get('rollover')}:00)" if zone else ""  # type: ignore[union-attr]
        told = "an answer is" if clashes == 1 else f"{clashes:,} answers are"
        return (
            f"{told} in the log already under other study days{theirs}; nothing was imported",
            "import them as before with `--zone` and `--rollover`, or take the first import back: `srs undo`",
        )

    def _write(self, fresh: _Sorted, path: Path, made: NewDeck | None) -> bytes:
        """Write the batch and its answers; the batch's id."""
        self.journal.saw(fresh.lines[-1][0])
        for options in self._file.options:
            self.journal.name_options(options)
        days = self._calendar.days
        payload = {
            "answers": len(fresh.lines),
            "file": path.name,
            "zone": str(days.zone),
            "rollover": days.rollover,
            **({} if made is None else {"deck": made.deck, "deck_file": made.path.name}),
        }
        batch = self.journal.append_act(ActKind.BATCH, payload=payload)
        written = batches.write_again(
            self.journal.connection,
            self.journal.learner,
            columns_of(fresh.lines, self._file.extra, batch),
            fresh.again,
        )
        for done in written:
            self._progress("Writing", done, len(fresh.lines))
        summing.batch_changed(self.journal.connection, self.journal.learner, batch)
        return batch


def _parts(rows: Iterable[tuple[AnswerRow, bytes, int]]) -> Iterator[list[tuple[AnswerRow, bytes, int]]]:
    source = iter(rows)
    while part := list(islice(source, _LINES_AT_ONCE)):
        yield part
