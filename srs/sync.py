"""Many devices, one log: send what a shared folder lacks, take in what others put there.

    from srs.sync import sync

    report = sync(collection, "/home/me/Dropbox/srs", name="laptop", state=places.state_dir())

Everything happens in one write transaction, after the lines are on disk in the folder: a kill at any
point loses nothing, at worst lines are in a file twice. Whose lines they are is known of devices that
have joined; those of others stay where they are until somebody says whose they are (`as_name`).
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from itertools import chain, groupby
from typing import TYPE_CHECKING

from srs import __version__
from srs.errors import DiskFullError, FileProblems, NotFoundError, UsageError
from srs.log import Damaged, Decks, encode, encode_decks
from srs.model import Answer
from srs.store import arrivals, deck_content, devices, merging
from srs.store.deck_content import NOTHING, Content
from srs.sync_files import Known, Trouble, begin_at, decode_sound, device_in, list_files, read_lines
from srs.sync_folder import CLOSE_AT, OwnFiles
from srs.sync_joining import Stranger, chosen, refuse_slip
from srs.sync_lock import one_at_a_time
from srs.sync_mending import others_are_whole, put_right
from srs.sync_news import place_of
from srs.sync_report import FromDevice, NewerDeck, SyncReport

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from srs import collection as front
    from srs.log import Logged
    from srs.model import Line
    from srs.store.journal import Journal
    from srs.sync_files import Found, Reading

_LATE_MS = 86_400_000
"""A file that is not whole for so long is told of."""


def sync(
    collection: front.Collection,
    folder: str,
    *,
    name: str,
    state: str,
    as_name: str | None = None,
    anew: bool = False,
    close_at: int = CLOSE_AT,
    back_up: Callable[[], object] = lambda: None,
    waits: Callable[[], None] = lambda: None,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> SyncReport:
    """Bring a collection and a folder together; `name` is what people call this device.

    `as_name` is a learner here, `DEVICE=LEARNER` or `DEVICE:NAME=LEARNER`: whose the lines are of
    devices that have not joined. `state` is the folder of what belongs to this computer, where the lock
    is; `waits` is called when another sync of this device is at work for a while, `back_up` before a device
    is let in. A folder that was written to and is empty is begun `anew` only when somebody says so.

    Raises:
        NotFoundError: there is no such folder, or nothing is left in it.
        FileProblems: it cannot be read.
        DatabaseError: the database cannot be used, or its disk is full.
        UsageError: `as_name` cannot be.
    """
    if not collection.device:
        raise UsageError("this device has no id, so it has no file to write to")
    if not list_files(folder)[0] and not anew:
        _refuse_if_emptied(collection, folder)
    with one_at_a_time(state, waits), collection.journal() as journal:
        own = OwnFiles(
            folder, collection.device, name, file_id=lambda: journal.next_id().hex(), close_at=close_at
        )
        doing = _Sync(journal, folder, own, now=collection.now(), progress=progress)
        return doing.run(as_name, back_up)


def _refuse_if_emptied(collection: front.Collection, folder: str) -> None:
    """See that an empty folder was always empty; a drive that is not plugged in leaves one, too."""
    place = place_of(folder)
    if os.listdir(folder) or not arrivals.files_read(collection.rows, place, collection.device):  # noqa: PTH208 - a text
        return
    raise NotFoundError(
        f"{folder} is empty, and this device has written there before; nothing was done",
        "a drive may have to be plugged in; to begin the folder anew, add `--anew`",
    )


class _Sync:
    """One sync, in its transaction."""

    def __init__(
        self, journal: Journal, folder: str, own: OwnFiles, *, now: int, progress: merging.Progress
    ) -> None:
        self._journal = journal
        self._folder = folder
        self._place = place_of(folder)
        self._own = own
        self._now = now
        self._progress = progress
        self._judged: dict[tuple[str, str], str | None] = {}
        self._taken = Counter[str]()
        self._files: list[Found] = []
        self._decks: dict[str, Content] = {}
        self._report = SyncReport(folder, own.device, own.name)
        self._broken: dict[str, Reading] = {}
        """The files that could not be read to their ends, and might be another time."""
        self._known: dict[str, Known] = {}
        for path, read in arrivals.files_read(journal.rows, self._place, own.device).items():
            known = Known.from_text(*read)
            if known is not None:
                self._known[path] = known

    def run(self, as_name: str | None, back_up: Callable[[], object]) -> SyncReport:
        """Put the own files right, take in, let in, send; what came of it."""
        self._put_right()
        self._take_in()
        if as_name is not None and self._join(as_name, back_up):
            self._take_in()
        if self._report.unsent is None:
            self._send()
        self._tell()
        return self._report

    def _put_right(self) -> None:
        try:
            whole = put_right(self._own, self._known) and others_are_whole(self._own, self._known)
        except (FileProblems, DiskFullError) as error:
            self._report.unsent = error.message
            return
        if not whole:
            arrivals.forget_place(self._journal, self._place, self._own.device)
            self._known = {}

    def _note(self, path: str, known: Known) -> None:
        self._known[path] = known
        if self._report.unsent is not None and self._own.owns(path):
            return  # whether it has lost something could not be seen, and must be seen the next time
        read = arrivals.FileRead(known.read_to, known.text())
        arrivals.note_read(self._journal, self._place, self._own.device, path, read)

    # Taking in.

    def _take_in(self) -> None:
        """Read what is new in all files, those of one device together."""
        self._broken.clear()
        self._files, links = list_files(self._folder)
        self._report.troubles = links
        news = [each for each in self._files if not self._is_read(each)]
        news.sort(key=lambda each: (device_in(each.name), each.name))
        for _, files in groupby(news, key=lambda each: device_in(each.name)):
            self._take_files(list(files))

    def _is_read(self, found: Found) -> bool:
        known = self._known.get(found.name)
        return known is not None and known.still(found, __version__) and not self._has_joined(known)

    def _has_joined(self, known: Known) -> bool:
        """Whether lines of a file that were refused are somebody's by now."""
        return any(self._learner_of(device, known_as) for device, known_as, _ in known.refused)

    def _take_files(self, files: list[Found]) -> None:
        """Take the new lines of some files, for every learner here whose they are."""
        before = dict(self._known)
        others: set[str] = set()
        self._take(self._journal, self._parts(files, before, self._journal.learner, others))
        for learner in sorted(others):
            self._take(self._journal.of(learner), self._parts(files, before, learner, set()))

    def _take(self, journal: Journal, parts: Iterator[tuple[str, list[Line]]]) -> None:
        first = next(parts, None)
        if first is None:
            return
        lines = (each for _, each in chain((first,), parts))
        taken = merging.take(journal, lines, source=self._place, progress=self._progress)
        self._taken[first[0]] += taken.answers + taken.acts
        self._report.unknown += taken.unknown
        self._report.doubtful += taken.damaged

    def _parts(
        self, files: Sequence[Found], before: Mapping[str, Known], learner: str, others: set[str]
    ) -> Iterator[tuple[str, list[Line]]]:
        """The new lines that are a learner's here, with the device whose file they are in."""
        for found in files:
            known = begin_at(found, before)
            again = known is not None and bool(known.refused) and self._is_to_be_judged_anew(known)
            reading, parts = read_lines(self._folder, found, before, anew=again)
            refused = Counter[tuple[str, str]]()
            for part in parts:
                mine: list[Line] = []
                for entry in part:
                    whose = self._whose(reading.device, entry)
                    if whose == learner:
                        mine.append(entry.line)
                    elif whose is None:
                        refused[reading.device, entry.learner] += isinstance(entry.line, Answer)
                    else:
                        others.add(whose)
                if mine:
                    yield reading.device, mine
            if known is not None and reading.start:
                refused.update({(device, known_as): n for device, known_as, n in known.refused})
            if reading.broken:
                self._broken[found.name] = reading
            if found.name in self._broken:
                # For whom it was read, and how far, is as it was before: the next sync reads on from there.
                reread = before.get(found.name, Known(device=device_in(found.name)))
                self._note(found.name, replace(reread, size=-1, mtime_ns=-1))
            else:
                self._note(found.name, reading.known(reader=__version__, refused=refused))

    def _is_to_be_judged_anew(self, known: Known) -> bool:
        # With damaged lines there is no telling which refused ones are before and which behind them.
        return bool(known.damaged or known.newer) or self._has_joined(known)

    def _whose(self, device: str, entry: Logged) -> str | None:
        """Whose a line is here: who writes a file vouches for it, else the device that made the line."""
        found = self._learner_of(device, entry.learner)
        if found is None and entry.line.device not in ("", device):
            found = self._learner_of(entry.line.device, entry.learner)
        return found

    def _learner_of(self, device: str, known_as: str) -> str | None:
        pair = device, known_as
        if pair not in self._judged:
            here = pair == (self._own.device, self._journal.learner)
            self._judged[pair] = (
                known_as if here else devices.learner_of(self._journal.rows, device, known_as)
            )
        return self._judged[pair]

    # Strangers.

    def _strangers(self) -> list[Stranger]:
        """The devices that have not joined."""
        waiting = Counter[tuple[str, str]]()
        for found in self._files:
            for device, known_as, lines in self._known[found.name].refused:
                if device != self._own.device:
                    waiting[device, known_as] += lines
        names = self._names()
        return [
            Stranger(device, names.get(device, device), known_as, lines)
            for (device, known_as), lines in sorted(waiting.items())
        ]

    def _join(self, as_name: str, back_up: Callable[[], object]) -> bool:
        """Let devices that wait in as a learner; whether there were any."""
        strangers = self._strangers()
        those, learner = chosen(strangers, as_name)
        here_before = devices.learners_here(self._journal.rows)
        # By the name it has itself a stranger is asked for on purpose.
        known = {self._journal.learner, *here_before, *(each.known_as for each in strangers)}
        refuse_slip(learner, known, ("sync", self._folder, "--as", as_name))
        if those:
            back_up()  # of what was there before this sync: nothing of it is committed yet
        journal = self._journal if learner == self._journal.learner else self._journal.of(learner)
        for each in those:
            devices.join(journal, each.device, each.known_as, name=each.name)
        self._judged.clear()
        self._report.joined = those
        self._report.joined_as, self._report.is_new_learner = learner, learner not in here_before
        return bool(those)

    # Sending.

    def _send(self) -> None:
        """Append what the folder lacks to the own file, then mark it as sent."""
        journal, place, device = self._journal, self._place, self._own.device
        mark, parts = arrivals.unsent(journal.rows, journal.learner, place, device)
        told = self._told_by({device})
        self._decks = deck_content.contents(journal.rows, told)
        news = [] if self._decks.items() <= told.items() else [encode_decks(Decks({**self._decks}))]
        texts = chain(news, self._texts(parts))
        first = next(texts, None)
        if first is not None:
            open_file = self._own.open_file.name
            try:
                written = self._own.append(chain((first,), texts), self._known.get(open_file))
            except (FileProblems, DiskFullError) as error:
                # What others wrote is taken in all the same; what is in the file already does no harm.
                self._report.unsent, self._report.sent = error.message, 0
                return
            for path, known in written.items():
                self._note(path, replace(known, decks={**self._decks}) if path == open_file else known)
        if mark != arrivals.mark_of(journal.rows, journal.learner, place, device):
            arrivals.sent(journal, place, device, mark)

    def _texts(self, parts: Iterable[Iterable[Line]]) -> Iterator[bytes]:
        for line in chain.from_iterable(parts):
            text = encode(self._journal.learner, line)
            try:
                decode_sound(text)
            except Damaged as error:
                # Nobody could read it, and this device would write it again and again.
                name = self._own.open_file.name
                self._report.troubles.append(Trouble(name, 0, f"a line cannot be sent: {error}"))
                continue
            self._report.sent += 1
            yield text

    # Telling.

    def _names(self) -> dict[str, str]:
        return {known.device: known.name for known in self._known.values() if known.name}

    def _tell(self) -> None:
        report, rows = self._report, self._journal.rows
        names = report.names = self._names()
        report.own_files = sorted(self._own.files())
        report.strangers = self._strangers()
        report.taken = [
            FromDevice(device, names.get(device) or devices.name_of(rows, device), lines)
            for device, lines in sorted(self._taken.items())
            if lines
        ]
        for found in self._files:
            known = self._known[found.name]
            report.damaged += known.damaged
            report.newer += known.newer
            report.troubles += [Trouble(found.name, *reason) for reason in known.reasons]
            if found.name in self._broken:
                self._tell_broken(self._broken[found.name])
            elif not known.whole and found.mtime_ns // 1_000_000 < self._now - _LATE_MS:
                report.late.append(found.name)
        report.decks = self._newer_decks()

    def _tell_broken(self, reading: Reading) -> None:
        name = reading.found.name
        if reading.vanished:
            self._report.vanished.append(name)
        self._report.damaged += reading.damaged
        self._report.troubles += [Trouble(name, *reason) for reason in reading.reasons]

    def _told_by(self, whose: Collection[str]) -> dict[str, Content]:
        """By deck, the newest content that files of some devices tell."""
        newest: dict[str, Content] = {}
        for known in self._known.values():
            for deck, told in known.decks.items() if known.device in whose else ():
                newest[deck] = max(newest.get(deck, NOTHING), Content(*told), key=Content.moment)
        return newest

    def _newer_decks(self) -> list[NewerDeck]:
        """What others of this person have that was written later than what is here."""
        mine = {deck for (deck,) in self._journal.rows("SELECT id FROM deck", {})}
        strange = {each.device for each in self._report.strangers} | {self._own.device}
        found: dict[str, tuple[Content, str]] = {}
        for device, name in self._report.names.items():
            for deck, told in self._told_by({device} - strange).items():
                if deck not in found or found[deck][0].at < told.at:
                    found[deck] = told, name
        return [
            NewerDeck(name, deck, deck in mine)
            for deck, (told, name) in sorted(found.items())
            if deck not in mine or (deck in self._decks and self._decks[deck].is_older(told))
        ]
