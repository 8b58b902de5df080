"""The front door for Python users: a learner's decks, log and memories in one database.

    from srs import Collection, Rating

    with Collection.open("cards.db", create=True) as collection:
        collection.import_decks(["decks/registry.toml"])
        review = collection.review()
        while shown := review.next(collection.now()):
            print(shown.card.question)
            review.answer(Rating.GOOD, now=collection.now())

It reads and writes through the store, and commits what a session decided.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from srs import __version__, clock
from srs.days import StudyDays
from srs.errors import AnsweredElsewhereError, NotFoundError, UsageError
from srs.fold import answer_line, step
from srs.model import ActKind, Answer, State, leech_told_at
from srs.naming import find_card
from srs.reviewing import Recorded, Review, Shown, TakenBack
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.settings import Settings, zone_of
from srs.store import reading
from srs.store.database import Database
from srs.store.journal import Journal, Writer
from srs.store.learners import welcome
from srs.store.opening import open_database
from srs.today import EVERYTHING, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike
    from types import TracebackType

    from srs.history_report import HistoryReport
    from srs.intake_report import ImportReport
    from srs.model import Options
    from srs.scheduling import Outcome
    from srs.store.reading import CardOnFile


class Collection:
    """One learner's cards and log in a database; made through `Collection.open`.

    `now` gives ms since 1970 UTC and `random_bits(n)` a random whole number of n bits.
    """

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        days: StudyDays,
        learner: str = "me",
        device: str = "",
        now: Callable[[], int] = clock.now_ms,
        random_bits: Callable[[int], int] = clock.random_bits,
    ) -> None:
        self.database = database
        self.settings = settings
        self.days = days
        self.learner = learner
        self.device = device
        self.now = now
        self._random_bits = random_bits
        self._schedulings: dict[tuple[float, ...], Scheduling] = {}
        self._named_options: dict[Options, bytes] = {}

    @classmethod
    def open(
        cls,
        path: str | PathLike[str],
        *,
        create: bool = False,
        settings: Settings | None = None,
        before_migrating: Callable[[Path, int], object] | None = None,
        **made_of: Any,  # noqa: ANN401 - handed on to the constructor
    ) -> Self:
        """Open a database; with `create`, make it if it is missing.

        `before_migrating(path, schema)` keeps a copy of an older one; without it that lies beside it.

        Raises:
            NotFoundError: there is none and `create` is off.
            DatabaseError: it cannot be used.
        """
        settings = settings or Settings()
        made_of.setdefault("days", StudyDays(zone_of(settings), settings.rollover))
        database = open_database(path, __version__, create=create, before_migrating=before_migrating)
        try:
            welcome(database, made_of.get("learner", "me"))
        except BaseException:
            database.close()
            raise
        return cls(database, settings=settings, **made_of)

    @classmethod
    def in_memory(cls, **made_of: Any) -> Self:  # noqa: ANN401 - handed on to the constructor
        """An empty collection that is never written to a disk."""
        return cls(Database.in_memory(__version__), **made_of)

    def rows(self, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a query with `:name` parameters."""
        return self.database.rows(sql, params)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def journal(self, at: int | None = None, *, own: bool = False) -> Iterator[Journal]:
        """A transaction to write lines of the log in; `at` in ms, default now.

        With `own`, nothing but this learner's lines and memories are written: others on the same
        server need not wait for it.
        """
        at = self.now() if at is None else at
        writer = Writer(self.learner, self.device, at, self.days.day(at), self._random_bits)
        with self.database.transaction(self.learner if own else None):
            yield Journal(self.database, writer)

    def import_decks(
        self, paths: Sequence[str | PathLike[str]] = (), *, dry_run: bool = False
    ) -> ImportReport:
        """Import deck files, or folders of them; without paths, every file imported before.

        All good files go in in one transaction; what is wrong with the others stands in the report.
        """
        from srs.intake import import_decks  # noqa: PLC0415 - reviewing needs none of it

        return import_decks(self, [Path(path) for path in paths], dry_run=dry_run)

    def import_answers(self, path: str | PathLike[str], **how: Any) -> HistoryReport:  # noqa: ANN401 - handed on
        """Import a history of answers from a CSV file, as one batch; `how` as `srs.history` takes it.

        `deck`, `create`, `zone`, `rollover`, `dry_run`. What is wrong with the file stands in the report.
        """
        from srs.history import import_answers  # noqa: PLC0415 - reviewing needs none of it

        return import_answers(self, Path(path), **how)

    def review(self, request: Request = EVERYTHING) -> Review:
        """A review session over what is due now, started."""
        review = Review(
            self.rows,
            lambda: self,
            learner=self.learner,
            settings=self.settings,
            days=self.days,
            request=request,
        )
        review.start(self.now())
        return review

    def find(self, name: str) -> CardOnFile:
        """The card a person names: `deck/id`, or the id alone where it is the only one.

        Raises:
            NotFoundError: there is none; the hint suggests the nearest name.
            UsageError: several decks have the id.
        """
        return find_card(self.rows, self.learner, name)

    def answer(
        self,
        shown: Shown,
        outcome: Outcome,
        *,
        at: int,
        took_ms: int | None = None,
        **how: Any,  # noqa: ANN401 - `revealed_ms`, `mode`, `hinted`, `response` of the line
    ) -> Recorded:
        """Write an answer and the memory it leaves; on disk when this returns.

        `how` may hold `revealed_ms`, `mode`, `hinted` and `response`.

        Raises:
            AnsweredElsewhereError: the card was answered since it was shown; nothing was written.
        """
        with self.journal(at, own=True) as journal:
            # The memory of this moment, not of the showing: it may have been refolded in between.
            deck = shown.card.deck
            memory, parameters = journal.memory_and_parameters(shown.key, deck)
            if memory is None or memory.last_id != shown.memory.last_id:
                raise AnsweredElsewhereError(
                    "the card was answered elsewhere; this answer does not count",
                    at=None if memory is None else memory.last_at,
                )
            scheduling = self._scheduling(parameters).under(shown.options)
            options = self._named_options.get(shown.options) or journal.name_options(shown.options)
            line = answer_line(
                shown.memory,
                outcome,
                id=journal.next_id(),
                card=shown.key,
                at=at,
                study_day=shown.study_day,
                options=options,
                recall=scheduling.recall(shown.memory, at),
                took_ms=took_ms,
                utc_offset=self.days.utc_offset(at),
                device=self.device,
                **{"mode": "reveal", **how},
            )
            memory = step(memory, line, scheduling=scheduling, options={options: shown.options})
            journal.write_answer(line, memory)
            leech = memory.lapses > shown.memory.lapses and leech_told_at(memory.lapses)
            if leech and self.settings.leech == "suspend":
                journal.append_act(ActKind.SUSPEND, card=shown.key, cause=line.id)
                journal.refold([shown.key])
                memory = journal.memory_and_parameters(shown.key, deck)[0] or memory
        self._named_options[shown.options] = options
        return Recorded(line, memory, leech)

    def act(self, kind: ActKind, key: bytes, *, at: int | None = None, day: int | None = None) -> bytes:
        """Write an act on a card (`day` a study day, for bury and due); returns its line's id."""
        with self.journal(at, own=True) as journal:
            return journal.act_on(kind, key, payload=None if day is None else {"day": day})

    def set_due(self, on_file: CardOnFile, day: int) -> None:
        """Make a card in review due on a study day.

        Raises:
            UsageError: the card is not in review, so it has no due day to set.
        """
        if on_file.memory.state is not State.REVIEW:
            raise UsageError(
                f"`{on_file.card.name}` is {on_file.memory.state.word}; only a card in review has a due day",
                hint="answer it in `srs review` first",
            )
        self.act(ActKind.DUE, on_file.key, day=day)

    def undo(self, *, at: int | None = None) -> TakenBack | None:
        """Take back the newest live answer or act of this device; None when there is nothing."""
        with self.journal(at, own=True) as journal:
            line = journal.newest_to_undo()
            if line is None:
                return None
            journal.take_back(line.id)
        return TakenBack(line, self._card_of(line.card))

    def undo_card(self, on_file: CardOnFile, *, at: int | None = None) -> TakenBack:
        """Take back a card's newest live answer.

        Raises:
            NotFoundError: it has none.
        """
        keys = reading.class_keys(self.rows, on_file.key)
        with self.journal(at, own=True) as journal:
            live = [a for a in reading.answers_of(self.rows, self.learner, keys) if not a.undone]
            if not live:
                raise NotFoundError(f"`{on_file.card.name}` has no answer to take back")
            journal.take_back(live[-1].id)
        return TakenBack(live[-1], self._card_of(on_file.key))

    def redo(self, *, at: int | None = None) -> TakenBack | None:
        """Put back what undo took back last, unless something was done since; None when there is nothing."""
        with self.journal(at, own=True) as journal:
            undo = journal.newest_to_redo()
            if undo is None or undo.target is None:
                return None
            journal.take_back(undo.id)
            line = journal.line(undo.target)
        return TakenBack(line, self._card_of(line.card))

    def answers(self, on_file: CardOnFile) -> Sequence[Answer]:
        """Every answer to a card under all the names it had, undone ones marked, in log order."""
        return reading.answers_of(self.rows, self.learner, reading.class_keys(self.rows, on_file.key))

    def _card_of(self, key: bytes | None) -> CardOnFile | None:
        if key is None:
            return None
        return reading.card_by_key(self.rows, self.learner, reading.row_key(self.rows, key))

    def _scheduling(self, parameters: tuple[float, ...] | None) -> Scheduling:
        parameters = parameters or DEFAULT_PARAMETERS
        if parameters not in self._schedulings:
            self._schedulings[parameters] = Scheduling(parameters)
        return self._schedulings[parameters]
