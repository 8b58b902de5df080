"""Importing an Anki package: its cards, its log as one batch, and how each card stands, in one transaction.

Cards are planned as deck files are (`anki_cards`), the log becomes lines whose ids are made of content
(`anki_log`), and what Anki says of a card now becomes acts where it differs (`anki_acts`). All acts name
the batch as their cause: one undo takes the whole history back. The same package twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from srs.anki_acts import Standing, Wanted, first_day_of
from srs.anki_cards import plan_package
from srs.anki_files import FilesOfDecks, check_folder, copy_media
from srs.anki_lines import NewLines
from srs.anki_log import History, history_of
from srs.anki_report import PackageReport
from srs.days import DEFAULT_ROLLOVER, StudyDays
from srs.errors import UsageError
from srs.history_lines import Calendar
from srs.interop import anki_words as words
from srs.interop.anki_read import Package, open_package
from srs.model import ActKind, Memory
from srs.scheduling import clipped
from srs.store import packages, summing
from srs.store.importing import apply_plan
from srs.store.library import reviews_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo
    from pathlib import Path

    from srs.collection import Collection
    from srs.interop.anki_words import AnkiCard
    from srs.store.journal import Journal
    from srs.store.packages import Logged

    Progress = Callable[[str, int, int], None]

KEPT_SHOWN = 200
_USUAL_STEPS = ((60, 600), (600,))
_LIVE = packages.Logged()


class _LookedOnlyError(Exception):
    """Rolls a dry run back."""


def import_package(
    collection: Collection,
    path: Path,
    *,
    dry_run: bool = False,
    to_toml: Path | None = None,
    media: Path | None = None,
    zone: tzinfo | None = None,
    before: Callable[[], object] = lambda: None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> PackageReport:
    """Import an Anki package; with `to_toml` its decks become files in that folder, owned by the person.

    Study days follow the collection's rollover, where the package tells it, and `zone` (default: the
    learner's). An answer that the log has is known by its card and moment, whatever the zone, and keeps
    its study day: a traveller's newer export brings what is new, where a file of answers under another
    zone is refused (LOG §1) because its lines would come in doubled. `media` is the folder for images and
    sounds; `before` is called once the package has been read, before anything is written. A `dry_run`
    reports all and writes nothing.

    Raises:
        NotFoundError: there is no such file, or no folder that `to_toml` could be made in.
        FileProblems: it is no package, is damaged or was made to hurt; or `to_toml` is no folder.
        RefusedError: a file that `to_toml` would write is there already.
    """
    if to_toml is not None:
        check_folder(to_toml)
    with open_package(path, progress) as package:
        report = PackageReport(str(path), whole=package.is_whole)
        if not dry_run:
            before()
        files = None if to_toml is None else FilesOfDecks(to_toml)
        try:
            with collection.journal() as journal:
                _Import(journal, package, report, _calendar(collection, package, zone), progress).run(
                    collection.now(), files
                )
                if dry_run:
                    raise _LookedOnlyError  # noqa: TRY301 - what rolls the transaction back
        except _LookedOnlyError:
            pass
        except BaseException:
            if files is not None:
                files.take_away()
            raise
        if files is not None and dry_run:
            files.take_away()
        folder = to_toml / "media" if to_toml is not None else media
        copy_media(package, report, folder, dry_run=dry_run)
        return report


def _calendar(collection: Collection, package: Package, zone: tzinfo | None) -> Calendar:
    rollover = package.collection.rollover
    if rollover is None or not 0 <= rollover <= 23:
        rollover = DEFAULT_ROLLOVER if package.is_whole else collection.days.rollover
    return Calendar(StudyDays(zone or collection.days.zone, rollover))


class _Import:
    """One package on its way in, inside a transaction."""

    def __init__(
        self,
        journal: Journal,
        package: Package,
        report: PackageReport,
        calendar: Calendar,
        progress: Progress,
    ) -> None:
        self._journal = journal
        self._package = package
        self._report = report
        self._calendar = calendar
        self._progress = progress
        self._batch: bytes | None = None
        self._histories: dict[int, History] = {}

    def run(self, now: int, files: FilesOfDecks | None) -> None:
        """Plan and write everything."""
        plan = self._plan = plan_package(self._journal, self._package)
        report = self._report
        report.plans, report.cards = plan.plans, len(plan.cards)
        report.notes = len({card.note for card in plan.cards})
        report.owned = len(plan.owned)
        report.zone, report.rollover = str(self._calendar.days.zone), self._calendar.days.rollover
        report.kept = self._kept()
        for done, deck in enumerate(plan.plans.values()):
            self._progress("Writing", done, len(plan.plans))
            apply_plan(self._journal, deck, plan.facts)
        self._histories = {card.id: history_of(card, self._calendar, now) for card in plan.cards}
        # What follows asks of the rows only whether there were any.
        plan.cards[:] = (card._replace(rows=card.rows[:1]) for card in plan.cards)
        self._tell_left()
        logged = packages.logged(self._journal, set(plan.roots.values()))
        answered = self._write_lines(logged)
        self._let_rows_go()
        refold = {plan.roots[card] for card in answered} | self._write_parameters()
        self._progress("Folding", 0, 1)
        self._journal.refold(refold)
        self._write_acts(logged, now)
        if self._batch is not None:
            summing.batch_changed(self._journal.connection, self._journal.learner, self._batch)
        if files is not None:
            report.files = files.write(self._journal, list(plan.plans))
            self._tell_siblings()
        report.batch = self._batch

    def _kept(self) -> dict[bytes, int]:
        keys: list[bytes] = []
        for plan in self._plan.plans.values():
            keys += [placed.key for placed in (*plan.updated, *plan.moved)][:KEPT_SHOWN]
            keys += [row.key for row in plan.retired[:KEPT_SHOWN]]
        return reviews_kept(self._journal.connection, self._journal.learner, keys)

    def _make_batch(self) -> bytes:
        """The batch that all of this hangs on, made when there is something to hang on it."""
        if self._batch is None:
            payload = {
                "answers": self._report.new,
                "file": self._package.path.name,
                "source": packages.SOURCE,
                "zone": self._report.zone,
                "rollover": self._report.rollover,
            }
            self._batch = self._journal.append_act(ActKind.BATCH, payload=payload)
        return self._batch

    def _write_lines(self, logged: Mapping[bytes, Logged]) -> set[int]:
        """Write the answers and resets that the log does not have; the cards they are of."""
        lines = NewLines(self._journal, self._plan, self._histories, self._report)
        if not lines.look_through(logged):
            return set()
        if lines.newest is not None:
            self._journal.saw(lines.newest)
        for done, total in lines.write(self._make_batch()):
            self._progress("Writing", done, total)
        return lines.changed

    def _let_rows_go(self) -> None:
        """Forget all lines that are in the log by now: what follows asks whether there were any."""
        for history in self._histories.values():
            history.events.keep_last()

    # What Anki says besides.

    def _write_parameters(self) -> set[bytes]:
        """Adopt the parameters Anki fitted, where nothing was fitted here; the cards they change."""
        if self._package.collection.fsrs is False or (
            self._package.is_whole and not self._package.collection.fsrs
        ):
            return set()
        here = packages.parameters_of(self._journal)
        touched: set[bytes] = set()
        for anki_id, deck_id in sorted(self._plan.deck_ids.items(), key=lambda pair: pair[1]):
            deck = self._package.decks.get(anki_id)
            if deck is None or deck.parameters is None:
                continue
            try:
                parameters = clipped(deck.parameters)
            except UsageError:
                self._report.leave("parameters", deck.name)
                continue
            known = here.get(deck_id) or here.get(None)
            if known is not None and (not known[1] or known[0] == parameters):
                continue
            payload = {"deck": deck_id, "parameters": list(parameters), "source": packages.SOURCE}
            packages.write_acts(self._journal, self._make_batch(), [(ActKind.PARAMS, None, payload)])
            self._report.parameters.append(deck_id)
            touched |= packages.cards_of_deck(self._journal, deck_id)
        return touched

    def _write_acts(self, logged: Mapping[bytes, Logged], now: int) -> None:
        """Make each card stand as it does in Anki, where nothing newer was done here."""
        plan, days = self._plan, self._calendar.days
        if not self._package.is_whole and not any(map(_tells_progress, plan.cards)):
            return  # exported without progress: that nothing is suspended there says nothing
        memories = packages.memories(self._journal, set(plan.roots.values()))
        wanted = Wanted(days.day(now), first_day_of(self._package.collection, days), days)
        for card in plan.cards:
            root = plan.roots[card.id]
            memory = memories.get(root, Memory())
            history = self._histories[card.id]
            wanted.look_at(Standing(root, card, history, logged.get(root, _LIVE), memory))
        for kind, cards in (("no answers", wanted.unanswered), ("unlike", wanted.unlike)):
            for card in cards:
                self._report.leave(kind, plan.names.get(card.id, card.title))
        if not wanted.acts:
            return
        packages.write_acts(self._journal, self._make_batch(), wanted.acts)
        self._journal.refold(wanted.touched)
        for kind, _, _ in wanted.acts:
            self._report.acts[kind.value] = self._report.acts.get(kind.value, 0) + 1

    def _tell_left(self) -> None:
        """Note all that is not carried."""
        leave, collection = self._report.leave, self._package.collection
        for card in self._plan.cards:
            self._tell_card(card, self._histories[card.id])
        for card in self._plan.doubled:
            leave("doubled", card.title)
        if collection.orphan_rows:
            leave("orphan", "", collection.orphan_rows)
        if collection.custom_scheduling:
            leave("custom scheduling", "")
        for anki_id in self._plan.deck_ids:
            deck = self._package.decks.get(anki_id)
            if deck is not None and deck.old_parameters:
                leave("parameters", deck.name)
            if deck is not None and (deck.learning_steps, deck.relearning_steps) != _USUAL_STEPS:
                leave("steps", deck.name)

    def _tell_siblings(self) -> None:
        """Note the notes whose cards were one entry until they came to stand in a file."""
        plan = self._plan
        written = [card for card in plan.cards if card.id not in plan.owned and card.id not in plan.textless]
        cards = Counter(card.note for card in written)
        for card in written:
            if cards.pop(card.note, 0) > 1:
                self._report.leave("siblings", plan.names[card.id])

    def _tell_card(self, card: AnkiCard, history: History) -> None:
        name, report = self._plan.names.get(card.id, card.title), self._report
        report.typed += words.TYPED in card.traits
        report.midway += history.midway
        for trait in card.traits:
            if trait not in {words.TYPED, words.CLOZE}:
                report.leave(trait, f"{card.notetype}: {card.title}" if trait == words.BROKEN else name)
        left = {
            "colour": int(card.flags > 1),
            "practice": history.cram,
            "unusable": history.unusable,
        }
        for kind, count in left.items():
            if count:
                report.leave(kind, name, count)
        if card.filtered is not None:
            report.leave("filtered", card.filtered)


def _tells_progress(card: AnkiCard) -> bool:
    return bool(card.type or card.rows or card.suspended or card.buried or card.flags)
