"""Very many lines at once: answers that come in as one batch, what takes a batch back, and their folds.

Written with `?` for the driver, many rows at a time. The fold of plain answers goes through NumPy,
which is loaded only where there are very many.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.model import Memory, State
from srs.scheduling import DEFAULT_PARAMETERS
from srs.store import chains, reading, twins
from srs.store.driver import has_rows, rows_among, rows_of, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from srs.refold_plain import PlainAnswers
    from srs.store.database import Database
    from srs.store.journal import Journal

_ROWS_AT_ONCE = 10_000
_CACHE_KB = 65_536
_ANSWER_FIELDS = [name.strip() for name in reading.ANSWER_COLUMNS.split(",")]
_INSERT = (
    f"INSERT INTO review (learner, {', '.join(_ANSWER_FIELDS)})"
    f" VALUES ({', '.join('?' * (len(_ANSWER_FIELDS) + 1))})"
)
_STATEFUL = "kind IN ('forget', 'suspend', 'resume', 'bury', 'flag', 'unflag', 'due', 'reschedule')"
"""The acts that change a memory; a card with one folds line by line."""


_DECIDED = "follows = 1 OR ((state_after IS NOT NULL OR options IS NOT NULL) AND undone = 0)"
_FIRST_MEMORIES = (
    "INSERT INTO memory (learner, card, entry, deck, position,"
    " state, reps, lapses, passed, suspended, flagged, shelf)"
    " SELECT ?, c.key, c.entry, c.deck, c.position, 0, 0, 0, 0, 0, 0, 0 FROM card c WHERE c.retired = 0"
)


class NamedCard(NamedTuple):
    """A card row by its name of today."""

    key: bytes
    deck: str
    id: str
    variant: str
    retired: int


class KnownLine(NamedTuple):
    """An answer the log has: `undone` is its bit, `fallen` whether it is so by its import alone."""

    id: bytes
    rating: int
    undone: int
    fallen: int


class SameMoment(NamedTuple):
    """A live answer, by the key its card's row stands under."""

    id: bytes
    card: bytes
    at: int
    study_day: int
    batch: bytes | None


def every_name(connection: Connection) -> Iterator[NamedCard]:
    """Every card row; names are few beside answers, and no index leads with an id."""
    return map(NamedCard._make, rows_of(connection, "SELECT key, deck, id, variant, retired FROM card"))


def every_alias(connection: Connection) -> dict[bytes, bytes]:
    """Every key that means another card, and the key that card's row stands under."""
    return dict(rows_of(connection, "SELECT old, card FROM alias"))


def known_lines(connection: Connection, learner: str, ids: Collection[bytes]) -> Iterator[KnownLine]:
    """Those of these lines that the log has."""
    if has_rows(connection, "review"):
        sql = (
            "SELECT r.id, r.rating, r.undone, CASE WHEN r.undone = 1 AND b.undone = 1 AND NOT EXISTS"
            " (SELECT 1 FROM act u WHERE u.learner = r.learner AND u.target = r.id AND u.kind = 'undo'"
            " AND u.undone = 0) THEN 1 ELSE 0 END FROM review r"
            " LEFT JOIN act b ON b.learner = r.learner AND b.id = r.batch WHERE r.learner = ? AND r.id IN"
        )
        yield from map(KnownLine._make, rows_among(connection, sql, ids, learner))


def live_between(connection: Connection, learner: str, first: bytes, last: bytes) -> Iterator[SameMoment]:
    """The live answers whose ids lie between two, both included, in the order of the log."""
    sql = (
        "SELECT r.id, coalesce(a.card, r.card), r.at, r.study_day, r.batch FROM review r"
        " LEFT JOIN alias a ON a.old = r.card WHERE r.learner = ? AND r.id >= ? AND r.id <= ?"
        " AND r.undone = 0 ORDER BY r.id LIMIT ?"
    )
    while True:
        found = rows_of(connection, sql, (learner, first, last, _ROWS_AT_ONCE))
        yield from map(SameMoment._make, found)
        if len(found) < _ROWS_AT_ONCE:
            return
        first = (int.from_bytes(found[-1][0], "big") + 1).to_bytes(16, "big")


def write_again(
    connection: Connection, learner: str, answers: Iterable[Sequence[Any]], again: Collection[bytes]
) -> Iterator[int]:
    """`insert_answers`, where the ids in `again` are of answers that fell with their imports.

    These come in anew as they do from another device that imported the same: as one version more of the
    line, which is the row from now on. So they count once, whoever else has imported them.
    """
    new: list[Sequence[Any]] = []
    old: list[Sequence[Any]] = []
    done = 0
    for answer in answers:
        (old if answer[0] in again else new).append(answer)
        if len(old) == _ROWS_AT_ONCE or len(new) == _ROWS_AT_ONCE:
            done += _write_part(connection, learner, new, old)
            yield done
    yield done + _write_part(connection, learner, new, old)


def _write_part(
    connection: Connection, learner: str, new: list[Sequence[Any]], old: list[Sequence[Any]]
) -> int:
    for _ in insert_answers(connection, learner, new):
        pass
    twins.bring_again(connection, learner, [answer[: len(twins.VALUE_NAMES)] for answer in old])
    written = len(new) + len(old)
    new.clear()
    old.clear()
    return written


def insert_answers(connection: Connection, learner: str, answers: Iterable[Sequence[Any]]) -> Iterator[int]:
    """Write answers, values in the order of `reading.ANSWER_COLUMNS`; yields how many are written so far.

    In order of id they go in quickest.
    """
    if connection.dialect.name == "sqlite":
        # With its usual 2 MB SQLite would write the pages of the indexes out again and again.
        rows_of(connection, f"PRAGMA cache_size = -{_CACHE_KB}")
    part: list[tuple[Any, ...]] = []
    done = 0
    for answer in answers:
        part.append((learner, *answer))
        if len(part) == _ROWS_AT_ONCE:
            run_many(connection, _INSERT, part)
            done += len(part)
            part.clear()
            yield done
    run_many(connection, _INSERT, part)
    yield done + len(part)


def relive_batch(database: Database, learner: str, batch: bytes) -> tuple[set[bytes], list[bytes]]:
    """Bring the `undone` bits of a batch's answers up to date; their cards, and those that caused acts.

    An answer is undone when its batch is, or when a live undo names it. Nothing for other lines.
    """
    bound = {"learner": learner, "batch": batch}
    is_batch = "SELECT undone FROM act WHERE learner = :learner AND id = :batch AND kind = 'batch'"
    undone = database.rows(is_batch, bound)
    if not undone:
        return set(), []
    swapped = twins.settle_batch(database.connection, learner, batch)
    cards = "SELECT DISTINCT card FROM review WHERE learner = :learner AND batch = :batch"
    causes = (
        "SELECT DISTINCT r.id FROM review r JOIN act a ON a.learner = :learner AND a.cause = r.id"
        " WHERE r.learner = :learner AND r.batch = :batch"
    )
    named = (
        "EXISTS (SELECT 1 FROM act u WHERE u.learner = :learner AND u.target = review.id"
        " AND u.kind = 'undo' AND u.undone = 0)"
    )
    bit = "1" if undone[0][0] else f"CASE WHEN {named} THEN 1 ELSE 0 END"
    found = swapped | {card for (card,) in database.rows(cards, bound)}
    caused = [line for (line,) in database.rows(causes, bound)]
    database.run(f"UPDATE review SET undone = {bit} WHERE learner = :learner AND batch = :batch", bound)
    return found, caused


def ruled_by(database: Database, learner: str, line: bytes) -> set[bytes]:
    """The answered cards of the deck whose parameters a line adopts; none for any other line."""
    found = database.rows(
        "SELECT payload FROM act WHERE learner = :learner AND id = :line AND kind = 'params'",
        {"learner": learner, "line": line},
    )
    cards = "SELECT card FROM memory WHERE learner = :learner AND deck = :deck AND state > 0"
    return {
        card
        for (payload,) in found
        for (card,) in database.rows(cards, {"learner": learner, "deck": json.loads(payload).get("deck")})
    }


def refold_many(journal: Journal, keys: Collection[bytes]) -> None:
    """What `Journal.refold` does, for very many cards, equal to it to rounding.

    Cards whose live lines are answers without decisions are folded at once, the others one by one.
    """
    connection, learner = journal.connection, journal.learner
    aliases = every_alias(connection)
    roots = {aliases.get(key, key) for key in keys}
    plain = roots - set(aliases.values()) - _eventful(connection, learner, roots)
    answered = _Answered()
    for row in rows_among(
        connection,
        "SELECT card, id, study_day, rating, undone FROM review WHERE learner = ? AND card IN",
        sorted(plain),
        learner,
        after="ORDER BY card, id",
    ):
        answered.add(*row)
    journal.refold_each(chains.refold(journal, roots - plain))
    places = _places(connection, plain)
    for deck_parameters, chosen in _by_parameters(journal, answered, places).items():
        _fold_together(journal, answered, chosen, deck_parameters, places)
    empty = plain - answered.first.keys()
    journal.write_memories((key, Memory(), *places.get(key, _NOWHERE)) for key in sorted(empty))


_NOWHERE = (None, "", 0, 1)
"""Where a card stands that this database has no text for: entry (its own key), deck, position, retired."""


def _eventful(connection: Connection, learner: str, keys: Collection[bytes]) -> set[bytes]:
    """Those of these cards whose live lines are more than answers without decisions."""
    found: set[bytes] = set()
    for sql in (
        f"SELECT DISTINCT card FROM review WHERE learner = ? AND ({_DECIDED}) AND card IN",
        f"SELECT DISTINCT card FROM act WHERE learner = ? AND undone = 0 AND {_STATEFUL} AND card IN",
    ):
        found.update(key for (key,) in rows_among(connection, sql, sorted(keys), learner))
    return found


class _Answered:
    """The live answers of plain cards, as columns; `first` and `last` are rows by card."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []
        self.day: list[int] = []
        self.rating: list[int] = []
        self.first: dict[bytes, int] = {}
        self.last: dict[bytes, int] = {}

    def add(self, card: bytes, line: bytes, day: int, rating: int, undone: int) -> None:
        if undone:
            return
        self.first.setdefault(card, len(self.ids))
        self.last[card] = len(self.ids)
        self.ids.append(line)
        self.day.append(day)
        self.rating.append(rating)


def _places(connection: Connection, keys: Collection[bytes]) -> dict[bytes, tuple[bytes, str, int, int]]:
    """Entry, deck, position and whether it is retired, of each card that has a text."""
    sql = "SELECT key, entry, deck, position, retired FROM card WHERE key IN"
    return {
        key: (entry, deck, position, retired)
        for key, entry, deck, position, retired in rows_among(connection, sql, sorted(keys))
    }


def _by_parameters(
    journal: Journal, answered: _Answered, places: dict[bytes, tuple[bytes, str, int, int]]
) -> dict[tuple[float, ...], list[bytes]]:
    """The answered cards, in order, by the parameters that rule them."""
    of_deck: dict[str, tuple[float, ...]] = {}
    found: dict[tuple[float, ...], list[bytes]] = {}
    for key in sorted(answered.first):
        deck = places[key][1] if key in places else ""
        if deck not in of_deck:
            of_deck[deck] = reading.parameters_for(journal.rows, journal.learner, deck) or DEFAULT_PARAMETERS
        found.setdefault(of_deck[deck], []).append(key)
    return found


def _fold_together(
    journal: Journal,
    answered: _Answered,
    keys: Sequence[bytes],
    parameters: Sequence[float],
    places: dict[bytes, tuple[bytes, str, int, int]],
) -> None:
    """Fold plain cards in NumPy and write their memories."""
    from srs.refold_plain import fold_plain  # noqa: PLC0415 - NumPy, only for very many

    folded = fold_plain(_columns(journal, answered, keys), parameters)
    last_ids = [answered.ids[answered.last[key]] for key in keys]
    moments = _by_line(journal, last_ids, "at")
    found = []
    for index, (key, last_id) in enumerate(zip(keys, last_ids, strict=True)):
        (at,) = moments[last_id]
        memory = folded.memory(index, last_at=at, last_id=last_id)
        found.append((key, memory, *places.get(key, _NOWHERE)))
    journal.write_memories(found)


def _columns(journal: Journal, answered: _Answered, keys: Sequence[bytes]) -> PlainAnswers:
    from srs.refold_plain import PlainAnswers  # noqa: PLC0415 - NumPy, only for very many

    columns = PlainAnswers([], [], [], [], [])
    begins = _by_line(
        journal,
        [answered.ids[answered.first[key]] for key in keys],
        "interval_before, difficulty_before, state_before",
    )
    for index, key in enumerate(keys):
        first, end = answered.first[key], answered.last[key] + 1
        interval, difficulty, state = begins[answered.ids[first]]
        size = end - first
        midway = interval if state == State.REVIEW and interval is not None else 0
        columns.card += [index] * size
        columns.study_day += answered.day[first:end]
        columns.rating += answered.rating[first:end]
        columns.interval_before += [midway] + [0] * (size - 1)
        columns.difficulty_before += [math.nan if difficulty is None else difficulty] + [math.nan] * (
            size - 1
        )
    return columns


def _by_line(journal: Journal, ids: Sequence[bytes], columns: str) -> dict[bytes, tuple[Any, ...]]:
    """Some columns of some answers, by id."""
    sql = f"SELECT id, {columns} FROM review WHERE learner = ? AND id IN"
    return {
        line: tuple(row) for line, *row in rows_among(journal.connection, sql, sorted(ids), journal.learner)
    }


def place_first_memories(connection: Connection, learner: str) -> None:
    """Write new memories of all live cards for a learner who has none yet."""
    if not rows_of(connection, "SELECT 1 FROM memory WHERE learner = ? LIMIT 1", (learner,)):
        run_many(connection, _FIRST_MEMORIES, [(learner,)])
