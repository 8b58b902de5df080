"""Looking a database through, and putting right what can be made anew.

`examine` reads alone: a list of findings, empty for a healthy database. `mend` repairs, in one
transaction that the caller holds, whatever of it follows from the log and from the cards.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.store import doctoring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sized

    from srs.store.doctoring import Rows
    from srs.store.journal import Journal

    JournalOf = Callable[[str], Journal]

DAY_MS = 86_400_000


class _Kind(NamedTuple):
    """What is said of one and of several (`{n}`), and what the repair did; None: there is none."""

    one: str
    many: str
    repair: str | None = None


_SEARCH = "the word search does not know just the cards there are"
_SYNCED = "the database lies in {detail}, which can damage it; keep it elsewhere, that place for srs sync"
_KINDS = {
    "pages": _Kind("the file is damaged: {detail}", "the file is damaged: {detail}"),
    "strays": _Kind(
        "{n} row of what is made from the log holds what cannot be there",
        "{n} rows of what is made from the log hold what cannot be there",
        "made them anew",
    ),
    "values": _Kind(
        "{n} row of the table {detail} holds what cannot be there",
        "{n} rows of the table {detail} hold what cannot be there",
    ),
    "indexes": _Kind(
        "an index of the table does not fit it: {detail}",
        "{n} things are wrong with indexes, first: {detail}",
        "made all indexes anew",
    ),
    "aliases": _Kind(
        "{n} key does not mean the card that the log says",
        "{n} keys do not mean the cards that the log says",
        "joined cards as the log says",
    ),
    "decks": _Kind(
        "there are cards of a deck that is not there: {detail}",
        "there are cards of {n} decks that are not there, first {detail}",
        "put the decks back",
    ),
    "tags": _Kind(
        "the tags of {n} card are not those of its text",
        "the tags of {n} cards are not those of their texts",
        "read the tags again",
    ),
    "needs": _Kind(
        "{n} row tells what a card needs that is not there",
        "{n} rows tell what cards need that are not there",
        "removed them",
    ),
    "search": _Kind(_SEARCH, _SEARCH, "made it anew"),
    "double-ids": _Kind(
        "{n} id belongs to two lines of the log, an answer and an act",
        "{n} ids belong to two lines of the log each, an answer and an act",
        "gave the acts ids of their own",
    ),
    "undone": _Kind(
        "{n} line is marked as taken back where the log says no, or the other way round",
        "{n} lines are marked as taken back where the log says no, or the other way round",
        "marked them as the log says",
    ),
    "versions": _Kind(
        "{n} imported answer is not the version of it that counts",
        "{n} imported answers are not the versions of them that count",
        "took those that count",
    ),
    "sent": _Kind(
        "{n} mark tells of lines sent to a shared folder that are not here",
        "{n} marks tell of lines sent to shared folders that are not here",
        "forgot them; the next sync reads all of it and sends what it lacks",
    ),
    "options": _Kind(
        "{n} set of options is not as the log tells it",
        "{n} sets of options are not as the log tells them",
        "wrote them as the log tells them",
    ),
    "future": _Kind(
        "{n} answer is of a study day to come; the clock was wrong then",
        "{n} answers are of study days to come; the clock was wrong then",
        "took them back",
    ),
    "unknown-options": _Kind(
        "{n} answer names options that the log does not tell; the built-in ones are taken",
        "{n} answers name options that the log does not tell; the built-in ones are taken",
    ),
    "ids": _Kind(
        "{n} line has an id from before its moment; it keeps its place in the log",
        "{n} lines have ids from before their moments; they keep their places in the log",
    ),
    "memories": _Kind(
        "{n} memory is not what the log comes to",
        "{n} memories are not what the log comes to",
        "folded them from the log",
    ),
    "missing-memories": _Kind(
        "{n} card has no memory", "{n} cards have no memory", "folded them from the log"
    ),
    "orphans": _Kind(
        "{n} memory belongs to no card and no answer",
        "{n} memories belong to no card and no answer",
        "removed them",
    ),
    "places": _Kind(
        "{n} memory stands elsewhere in the queue than its card",
        "{n} memories stand elsewhere in the queue than their cards",
        "put them in their places",
    ),
    "follows": _Kind(
        "answers to {n} card are not marked rightly as following the one before",
        "answers to {n} cards are not marked rightly as following the one before",
        "marked them as the log says",
    ),
    "days": _Kind(
        "the sums of {n} study day are not those of its answers",
        "the sums of {n} study days are not those of their answers",
        "summed them up again",
    ),
    "deck-file": _Kind(
        "{detail}; its card stays as it is. If it moved: srs import NEW/PATH",
        "{detail}; its {n} cards stay as they are. If it moved: srs import NEW/PATH",
    ),
    "clock": _Kind(
        "the clock is {n} day behind the newest answer; set it before you review",
        "the clock is {n} days behind the newest answer; set it before you review",
    ),
    "synced-folder": _Kind(_SYNCED, _SYNCED),
}
_NOTICES = ("unknown-options", "ids", "deck-file", "clock", "synced-folder")
"""What the person should know while nothing in the database is wrong."""
_JUDGES = ("double-ids", "undone", "aliases", "options", "versions")
"""What memories and sums follow from; they cannot be judged before it is right."""
_FIRST = (*_JUDGES, "strays", "indexes", "future")
"""What is repaired first, and all looked at again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: a sentence, and what its repair does, None where there is none.

    `notice`: nothing in the database is wrong, but the person should know. `what` is for the repair.
    """

    code: str
    message: str
    repair: str | None = None
    learner: str | None = None
    count: int = 1
    notice: bool = False
    what: Any = field(default=None, compare=False, repr=False)


def _found(
    code: str, count: int, *, learner: str | None = None, detail: str = "", what: object = None
) -> list[Finding]:
    """A finding; nothing for none."""
    if not count:
        return []
    kind = _KINDS[code]
    message = (kind.one if count == 1 else kind.many).replace("{n}", f"{count:,}").replace("{detail}", detail)
    return [Finding(code, message, kind.repair, learner, count, code in _NOTICES, what)]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a database: moment (ms), study day, and by whom its folder is synced, if it is."""

    now: int
    today: int
    synced_by: str | None = None


def examine(rows: Rows, around: Around) -> list[Finding]:
    """Everything that is wrong, the file itself first, then the log, then what is derived from it.

    Raises:
        DatabaseError: the file is damaged so that it cannot be read.
    """
    damage = doctoring.damaged_pages(rows)
    if damage and not doctoring.only_indexes(damage):
        return _found("pages", len(damage), detail=damage[0].splitlines()[0])
    found = [*_indexes(rows, damage), *_values(rows)]
    if any(finding.code in ("values", "strays") for finding in found):
        return found
    found += _cards(rows)
    for learner in doctoring.learners(rows):
        found += _log(rows, learner, around)
        if not any(finding.code in _JUDGES for finding in found):
            found += _derived(rows, learner)
    return [*found, *_notices(rows, around)]


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing in the database is wrong."""
    return all(finding.notice for finding in findings)


def _indexes(rows: Rows, damage: list[str]) -> list[Finding]:
    from srs.store.mending import missing_indexes  # noqa: PLC0415 - SQLAlchemy

    there = {name for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'index'", {})}
    wrong = damage + [f"{name} is missing" for name in missing_indexes(there)]
    return _found("indexes", len(wrong), detail=wrong[0] if wrong else "")


def _values(rows: Rows) -> list[Finding]:
    from srs.store.values import bad_values, strays  # noqa: PLC0415 - SQLAlchemy

    bad = [_found("values", count, detail=table) for table, count in bad_values(rows).items()]
    return _found("strays", sum(strays(rows).values())) + [finding for found in bad for finding in found]


def _cards(rows: Rows) -> list[Finding]:
    """What is everybody's: cards, decks, what is derived from them."""
    decks = doctoring.cards_without_deck(rows)

    def each(code: str, what: Sized, detail: str = "") -> list[Finding]:
        return _found(code, len(what), detail=detail, what=what)

    return [
        *each("aliases", doctoring.wrong_aliases(rows)),
        *each("decks", decks, decks[0] if decks else ""),
        *each("tags", doctoring.wrong_tags(rows)),
        *_found("needs", doctoring.orphan_needs(rows)),
        *_found("search", int(doctoring.search_is_wrong(rows))),
    ]


def _log(rows: Rows, learner: str, around: Around) -> list[Finding]:
    """What is wrong with the marks of a learner's log."""
    from srs.store import sharing_checks  # noqa: PLC0415 - SQLAlchemy

    def each(code: str, what: Sized) -> list[Finding]:
        return _found(code, len(what), learner=learner, what=what)

    wrong, untold = doctoring.wrong_options(rows, learner)
    return [
        *each("double-ids", doctoring.double_ids(rows, learner)),
        *each("undone", doctoring.wrong_undone(rows, learner)),
        *each("versions", sharing_checks.wrong_versions(rows, learner)),
        *_found("sent", sharing_checks.marks_ahead(rows, learner), learner=learner),
        *_found("options", len(wrong) + len(untold), learner=learner, what=(wrong, untold)),
        # A zone further east may be a day ahead.
        *each("future", doctoring.ahead(rows, learner, around.today + 1)),
        *_found("unknown-options", doctoring.unknown_options(rows, learner), learner=learner),
        *_found("ids", doctoring.out_of_moment(rows, learner, DAY_MS), learner=learner),
    ]


def _derived(rows: Rows, learner: str) -> list[Finding]:
    """What is wrong with what follows from a learner's log."""
    from srs.doctor_memories import wrong_memories  # noqa: PLC0415 - NumPy

    def each(code: str, what: Sized) -> list[Finding]:
        return _found(code, len(what), learner=learner, what=what)

    wrong = wrong_memories(rows, learner)
    orphans = set(doctoring.orphan_memories(rows, learner))
    return [
        *each("memories", wrong.folds - orphans),
        *each("missing-memories", wrong.missing),
        *each("orphans", orphans),
        *each("places", wrong.places - orphans),
        *each("follows", wrong.follows),
        *each("days", doctoring.wrong_days(rows, learner)),
    ]


def _notices(rows: Rows, around: Around) -> list[Finding]:
    """What is no fault of the database."""
    found = []
    for deck, path, cards in doctoring.deck_files(rows):
        if not os.path.exists(path):  # noqa: PTH110 - a text
            found += _found("deck-file", cards, detail=f"the file of {deck} is not there: {path}")
    for learner in doctoring.learners(rows):
        newest = doctoring.newest_answer(rows, learner)
        behind = 0 if newest is None else max(0, (newest - around.now) // DAY_MS)
        found += _found("clock", behind, learner=learner)
    if around.synced_by is not None and rows("PRAGMA journal_mode", {}) == [("wal",)]:
        found += _found("synced-folder", 1, detail=around.synced_by)
    return found


# Repairing


def mend(findings: list[Finding], journal_of: JournalOf, again: Callable[[], list[Finding]]) -> list[Finding]:
    """Repair in the caller's transaction until nothing is left that can be; what is left.

    `journal_of` opens a learner's journal in it; `again` examines once more: what is made from the log
    can only be judged when the log's own marks are right.
    """
    for _ in range(5):
        repairable = [finding for finding in findings if finding.repair is not None]
        if not repairable:
            break
        first = [finding for finding in repairable if finding.code in _FIRST]
        for finding in first or repairable:
            _mend(finding, journal_of)
        findings = again()
    return findings


def _mend(finding: Finding, journal_of: JournalOf) -> None:
    """Repair one thing; what has no way of its own is a memory to be folded."""
    from srs.store import mending, sharing_checks, values  # noqa: PLC0415 - SQLAlchemy

    journal, what = journal_of(finding.learner or _ANYBODY), finding.what
    connection = journal.connection
    ways: dict[str, Callable[[], object]] = {
        "strays": lambda: values.remove_strays(connection),
        "indexes": lambda: mending.indexes(connection),
        "aliases": lambda: _rejoin(journal, journal_of),
        "decks": lambda: mending.decks(connection, what),
        "tags": lambda: mending.tags(connection, what),
        "needs": lambda: mending.needs(connection),
        "search": lambda: mending.search(connection),
        "double-ids": lambda: mending.double_ids(journal, what),
        "undone": lambda: mending.memories(journal, mending.bits(journal, what)),
        "versions": lambda: mending.memories(journal, sharing_checks.mend_versions(journal, what)),
        "sent": lambda: sharing_checks.forget_folders(connection),
        "options": lambda: mending.options(journal, *what),
        "future": lambda: mending.ahead(journal, what),
        "orphans": lambda: mending.memories(journal, (), what),
        "days": lambda: mending.days(connection, journal.learner),
    }
    ways.get(finding.code, lambda: mending.memories(journal, what))()


_ANYBODY = "me"
"""The learner whose journal serves where cards alone are written."""


def _rejoin(journal: Journal, journal_of: JournalOf) -> None:
    from srs.store import mending  # noqa: PLC0415 - SQLAlchemy

    changed = mending.aliases(journal)
    for learner in doctoring.learners(journal.rows):
        mending.memories(journal_of(learner), changed)
