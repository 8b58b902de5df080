"""The answers and resets of a package that the log does not have, looked for and written card by card.

Of very many answers nothing but packed bytes is held: what each says, its id and the line before it.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from srs.anki_log import answer_id, reset_id
from srs.model import Act, ActKind
from srs.store import batches, packages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from srs.anki_cards import PackagePlan
    from srs.anki_log import Event, History
    from srs.anki_report import PackageReport
    from srs.model import Line
    from srs.store.journal import Journal
    from srs.store.packages import Logged

_IDS_AT_ONCE = 20_000
_ID = 16
_PLACE = Struct(">II")
"""Of a packed answer, between its id and that of the line before it: which card, which of its events."""


class NewLines:
    """The lines of a package that are not in the log yet; `changed` are the cards they are of."""

    def __init__(
        self, journal: Journal, plan: PackagePlan, histories: dict[int, History], report: PackageReport
    ) -> None:
        self._journal = journal
        self._plan = plan
        self._histories = histories
        self._report = report
        self.changed: set[int] = set()
        self.newest: bytes | None = None
        """The greatest id of an answer that comes in."""
        self._known: dict[int, dict[int, bytes]] = {}
        """By card and moment, the lines that the log has already; of cards that it knows lines of."""
        self._again: set[bytes] = set()
        """Ids of answers that the log has, taken back with the import they came in with."""
        self._taken_back: set[bytes] = set()
        """Ids of answers that were taken back themselves: they stay so."""

    def look_through(self, logged: Mapping[bytes, Logged]) -> bool:
        """Find and count what is new; whether anything is."""
        report, ids = self._report, list[bytes]()
        days: set[int] = set()
        answered: set[int] = set()
        for card in self._plan.cards:
            for event in self._unlogged(card.id, logged):
                self.changed.add(card.id)
                if event.rating is None:
                    report.resets += 1
                    continue
                report.new += 1
                days.add(event.study_day)
                answered.add(card.id)
                ids.append(answer_id(self._plan.keys[card.id], event.at))
            if len(ids) >= _IDS_AT_ONCE:
                self._look_up(ids)
                ids.clear()
        self._look_up(ids)
        report.answered = len(answered)
        report.first_day, report.last_day = min(days, default=None), max(days, default=None)
        return bool(self.changed)

    def _unlogged(self, card: int, logged: Mapping[bytes, Logged]) -> Iterator[Event]:
        """The events of a card that have no line here."""
        here = logged.get(self._plan.roots[card])
        events = self._histories[card].events
        known: dict[int, bytes] = {}
        if here is not None:
            known = self._known[card] = here.known([(event.at, event.rating) for event in events])
        for event in events:
            self._report.answers += event.rating is not None
            if event.at not in known:
                yield event

    def _look_up(self, ids: list[bytes]) -> None:
        """See which answers the log has, though no live line tells them.

        A line that came in with an import that was taken back comes in anew with this one; an answer that
        was taken back itself stays so.
        """
        lost: set[bytes] = set()
        for line in batches.known_lines(self._journal.connection, self._journal.learner, ids):
            (self._again if line.fallen else lost).add(line.id)
        self._taken_back |= lost
        coming = [made for made in ids if made not in lost]
        if coming:
            self.newest = max(self.newest or b"", *coming)

    def write(self, batch: bytes) -> Iterator[tuple[int, int]]:
        """Write all of it as one batch; yields how many answers are written, and of how many."""
        answers, resets = self._chained(batch)
        packages.write_past_acts(self._journal, resets)
        self._report.new = len(answers)
        answers.sort()  # in order of id they go in quickest
        rows = (self._columns(one, batch) for one in answers)
        written = batches.write_again(self._journal.connection, self._journal.learner, rows, self._again)
        for done in written:
            yield done, len(answers)

    def _chained(self, batch: bytes) -> tuple[list[bytes], list[Act]]:
        """The answers to write, packed, each shown after the one before it of its card, and the resets."""
        answers: list[bytes] = []
        resets: list[Act] = []
        imported = self._journal.line(batch)
        for number, card in enumerate(self._plan.cards):
            if card.id not in self.changed:
                continue
            key, known = self._plan.keys[card.id], self._known.get(card.id, {})
            after = b""
            for place, event in enumerate(self._histories[card.id].events):
                made = known.get(event.at)
                if made is None and event.rating is None:
                    made = reset_id(key, event.at, batch)
                    resets.append(_reset(made, key, event, imported))
                elif made is None:
                    made = answer_id(key, event.at)
                    if made in self._taken_back:
                        continue
                    answers.append(made + _PLACE.pack(number, place) + after)
                after = made
        return answers, resets

    def _columns(self, packed: bytes, batch: bytes) -> tuple[Any, ...]:
        """An answer's columns, in the order of `store.reading.ANSWER_COLUMNS`."""
        number, place = _PLACE.unpack_from(packed, _ID)
        after = packed[_ID + _PLACE.size :] or None
        card = self._plan.cards[number].id
        event = self._histories[card].events[place]
        return (
            *(packed[:_ID], self._plan.keys[card], event.at, event.study_day, event.rating, event.took_ms),
            *(None, event.offset, None, None, None, after),
            *(event.state_before, event.interval_before, event.difficulty_before, None),
            *(event.state_after, event.step_after, event.due_day, event.due_at),
            *(None, "", batch, 0, 0),
        )


def _reset(made: bytes, key: bytes, event: Event, batch: Line) -> Act:
    return Act(made, ActKind.FORGET, event.at, event.study_day, card=key, cause=batch.id, device=batch.device)
