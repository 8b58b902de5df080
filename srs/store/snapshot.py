"""What a look ahead starts from: the cards as they stand, by column, and counts of how a person answers.

Every function takes `rows` (SQL text with `:name` parameters in, tuples out) and imports nothing
heavy; the simulation makes arrays of the lists. Undone answers count nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srs.ids import id_ms
from srs.model import TOOK_CAP_MS, State
from srs.store.daily import ANSWERS, CARD, neighbour

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from srs.days import StudyDays
    from srs.store.heads import Rows

COUNTED_DAYS = 365
"""How a person answers is counted over so many days up to the newest answer; people change."""

MOST_COUNTED = 100_000
"""The newest answers within those days that are looked at: more would change no digit."""

MOST_REPLAYED = 300_000
"""A longer log is not replayed: it would take too long, and one of srs itself records what it predicted."""

_BINS = 20
_DAY_MS = 86_400_000


class DeckAhead(NamedTuple):
    """A deck of the cards below, and its own desired retention."""

    id: str
    desired_retention: float | None


class CardsAhead(NamedTuple):
    """A learner's cards that are neither suspended nor retired, one list for each column.

    In the order of decks and files; new cards that are buried, or wait until tomorrow for a card of
    their entry, stand last. `state` as `State`; `step` counts from 0; stability (days) and difficulty
    are 0 for new cards. `due_day` is the study day a review or a step is due, for what is buried or
    waits for a card of its entry not before it is back; `deck` the place of its deck in `decks`.
    """

    decks: list[DeckAhead]
    state: list[int]
    step: list[int]
    stability: list[float]
    difficulty: list[float]
    due_day: list[int]
    last_day: list[int]
    deck: list[int]


def cards_ahead(
    rows: Rows,
    learner: str,
    days: StudyDays,
    today: int,
    *,
    decks: Sequence[str] = (),
    until: int | None = None,
) -> CardsAhead:
    """The cards as they stand on a study day.

    `decks` narrows to the cards of those decks; reviews due after the study day `until` are left out.
    """
    named = {f"deck{index}": deck for index, deck in enumerate(decks)}
    wanted = f" AND m.deck IN ({', '.join(f':{name}' for name in named)})" if named else ""
    soon = "" if until is None else f" AND (m.state <> {State.REVIEW:d} OR m.due_day <= :until)"
    found = rows(
        "SELECT m.state, m.step, m.stability, m.difficulty, m.due_day, m.due_at, m.last_day, m.deck,"
        " m.buried_until, m.card"
        f" FROM memory m WHERE m.learner = :learner AND m.shelf = 0{wanted}{soon}"
        " ORDER BY m.deck, m.position, m.card",
        {"learner": learner, "until": until, **named} if soon else {"learner": learner, **named},
    )
    waiting = _waiting_for_tomorrow(rows, learner, today)
    kept: list[tuple[Any, ...]] = []
    put_off: list[tuple[Any, ...]] = []
    for state, step, stability, difficulty, due_day, due_at, last_day, deck, buried, card in found:
        back = max(buried or today, today + (card in waiting))
        if due_day is None:
            due_day = today if due_at is None else days.day(due_at)  # noqa: PLW2901 - the day of its moment
        late = state == State.NEW and back > today
        (put_off if late else kept).append(
            (
                *(state, step or 0, stability or 0.0, difficulty or 0.0),
                due_day if back == today else max(due_day, back),
                today if last_day is None else last_day,
                deck,
            )
        )
    return _columns([*kept, *put_off], dict(rows("SELECT id, desired_retention FROM deck", {})))


def any_ahead(rows: Rows, learner: str, *, decks: Sequence[str] = ()) -> bool:
    """Whether a learner has a card that is neither suspended nor retired, in some decks or anywhere."""
    named = {f"deck{index}": deck for index, deck in enumerate(decks)}
    within = f" AND deck IN ({', '.join(f':{name}' for name in named)})" if named else ""
    sql = f"SELECT 1 FROM memory WHERE learner = :learner AND shelf = 0{within} LIMIT 1"
    return bool(rows(sql, {"learner": learner, **named}))


def any_card(rows: Rows) -> bool:
    """Whether there is a card in a file, whoever learns it."""
    return bool(rows("SELECT 1 FROM card WHERE retired = 0 LIMIT 1", {}))


def _columns(cards: list[tuple[Any, ...]], aims: dict[str, float | None]) -> CardsAhead:
    if not cards:
        return CardsAhead([], [], [], [], [], [], [], [])
    state, step, stability, difficulty, due_day, last_day, deck = map(list, zip(*cards, strict=True))
    places = {name: place for place, name in enumerate(sorted(set(deck)))}
    return CardsAhead(
        [DeckAhead(name, aims.get(name)) for name in places],
        *(state, step, stability, difficulty, due_day, last_day),
        [places[name] for name in deck],
    )


def _waiting_for_tomorrow(rows: Rows, learner: str, today: int) -> set[bytes]:
    """The cards of which another one of their entry was answered today."""
    found = rows(
        f"SELECT DISTINCT s.card FROM {ANSWERS} JOIN memory o ON o.learner = :learner AND o.card = {CARD}"
        " JOIN memory s ON s.learner = :learner AND s.entry = o.entry AND s.card <> o.card"
        " WHERE r.learner = :learner AND r.study_day = :today AND r.undone = 0",
        {"learner": learner, "today": today},
    )
    return {card for (card,) in found}


class AnswersCounted(NamedTuple):
    """How a person answered; tables of 4 x 4 by the state that was met (as `State`) and rating.

    `timed` counts answers with a recorded time, `ms` sums those times, each capped at 60 s,
    `ms_squares` their squares. `predicted`, `passed` and `total` are reviews in bins of the recall
    that was predicted when they were shown: the mean prediction, how many passed, of how many.
    """

    answers: list[list[int]]
    timed: list[list[int]]
    ms: list[list[int]]
    ms_squares: list[list[int]]
    predicted: list[float]
    passed: list[int]
    total: list[int]

    @property
    def number(self) -> int:
        """All answers."""
        return sum(map(sum, self.answers))


def answers_counted(rows: Rows, learner: str, *, decks: Sequence[str] = ()) -> AnswersCounted:
    """Count the answers of the 365 days that end with the newest one, at most 100,000 of them.

    An answer that does not tell which state it met (an imported one) met a new card if it is the
    card's first; a card in review if it tells an interval of a day or more, or its study day is later
    than that of the card's previous answer; else relearning if the card's day began in review, else
    learning. Predictions count from the newest adopted parameters on: older ones were made by others.
    """
    named = {f"deck{index}": deck for index, deck in enumerate(decks)}
    bound = {"learner": learner, "since": _since(rows, learner), "most": MOST_COUNTED, **named}
    lately = _lately(", ".join(f":{name}" for name in named))
    cells = rows(_cells_sql(lately), bound)
    untold = any(cell[0] is None for cell in cells)
    if untold:
        cells = [*(cell for cell in cells if cell[0] is not None), *rows(_untold_sql(lately), bound)]
    answers, timed, ms, ms_squares = ([[0] * 4 for _ in State] for _ in range(4))
    for state, rating, *numbers in cells:
        for table, number in zip((answers, timed, ms, ms_squares), numbers, strict=True):
            table[int(state)][int(rating) - 1] += int(number)
    counted = AnswersCounted(answers, timed, ms, ms_squares, [], [], [])
    for predicted, passed, total in rows(_bins_sql(lately), bound | {"adopted": _adopted(rows, learner)}):
        counted.predicted.append(float(predicted))
        counted.passed.append(int(passed))
        counted.total.append(int(total))
    return counted


class AnswersToReplay(NamedTuple):
    """Live answers card by card, in the order of the log; `decks` has one entry a card.

    `card` is a place in `decks`, `interval` what an answer says that it met in review (else 0),
    `lately` whether it is of the year that is counted.
    """

    decks: list[str]
    card: list[int]
    study_day: list[int]
    rating: list[int]
    interval: list[int]
    lately: list[bool]


def answers_to_replay(rows: Rows, learner: str, *, decks: Sequence[str] = ()) -> AnswersToReplay:
    """The whole histories of the cards that were never forgotten; none at all of a very long log.

    Those of a card without text are left out.
    """
    named = {f"deck{index}": deck for index, deck in enumerate(decks)}
    in_decks = f" AND c.deck IN ({', '.join(f':{name}' for name in named)})" if named else ""
    since = _since(rows, learner)
    log = AnswersToReplay([], [], [], [], [], [])
    if (
        rows("SELECT count(*) FROM review WHERE learner = :learner", {"learner": learner})[0][0]
        > MOST_REPLAYED
    ):
        return log
    found = rows(
        "SELECT c.key, c.deck, r.study_day, r.rating, r.id >= :since,"
        f" CASE WHEN r.state_before = {State.REVIEW:d} THEN coalesce(r.interval_before, 0) ELSE 0 END"
        f" FROM {ANSWERS} JOIN card c ON c.key = {CARD}"
        f" WHERE r.learner = :learner AND r.undone = 0{in_decks} AND NOT EXISTS (SELECT 1 FROM act f"
        " WHERE f.learner = :learner AND f.card = r.card AND f.kind = 'forget') ORDER BY c.key, r.id",
        {"learner": learner, "since": since, **named},
    )
    before = None
    for key, deck, study_day, rating, lately, interval in found:
        if key != before:
            log.decks.append(deck)
            before = key
        log.card.append(len(log.decks) - 1)
        log.study_day.append(study_day)
        log.rating.append(rating)
        log.interval.append(interval)
        log.lately.append(bool(lately))
    return log


def _since(rows: Rows, learner: str) -> bytes:
    """The least id of a line in the year that ends with the newest answer, whenever that was."""
    found = rows(
        "SELECT id FROM review WHERE learner = :learner ORDER BY id DESC LIMIT 1", {"learner": learner}
    )
    newest = id_ms(found[0][0]) if found else 0
    return max(0, newest - COUNTED_DAYS * _DAY_MS).to_bytes(6, "big") + bytes(10)


def _adopted(rows: Rows, learner: str) -> bytes:
    """The id of the newest live line that adopted parameters."""
    found = rows(
        "SELECT id FROM act WHERE learner = :learner AND kind = 'params' AND undone = 0"
        " ORDER BY id DESC LIMIT 1",
        {"learner": learner},
    )
    return found[0][0] if found else bytes(16)


def _lately(decks: str) -> str:
    in_decks = f" AND {CARD} IN (SELECT c.key FROM card c WHERE c.deck IN ({decks}))" if decks else ""
    return (
        f"(SELECT r.id, {CARD} AS card, r.study_day, r.rating, r.state_before, r.interval_before, r.recall,"
        f" CASE WHEN r.took_ms > {TOOK_CAP_MS} THEN {TOOK_CAP_MS} ELSE r.took_ms END AS ms FROM {ANSWERS}"
        f" WHERE r.learner = :learner AND r.id >= :since AND r.undone = 0{in_decks}"
        " ORDER BY r.id DESC LIMIT :most)"
    )


_SUMS = "count(*), count(n.ms), coalesce(sum(n.ms), 0), coalesce(sum(n.ms * n.ms), 0)"


def _cells_sql(lately: str) -> str:
    return f"SELECT n.state_before, n.rating, {_SUMS} FROM {lately} n GROUP BY n.state_before, n.rating"


def _untold_sql(lately: str) -> str:
    earlier = neighbour("p.study_day", before=True)
    return f"""
WITH told AS (
  SELECT l.*, lag(l.study_day) OVER (PARTITION BY l.card ORDER BY l.id) AS seen FROM {lately} l
), followed AS (
  SELECT n.*, coalesce(n.seen, {earlier}) AS previous FROM told n
), begun AS (
  SELECT f.*, first_value(f.previous) OVER (PARTITION BY f.card, f.study_day ORDER BY f.id) AS before_day
  FROM followed f
), met AS (
  SELECT b.rating, b.ms,
         CASE WHEN b.interval_before >= 1 THEN {State.REVIEW:d}
              WHEN b.previous IS NULL THEN {State.NEW:d}
              WHEN b.previous < b.study_day THEN {State.REVIEW:d}
              WHEN b.before_day < b.study_day THEN {State.RELEARNING:d}
              ELSE {State.LEARNING:d} END AS state
  FROM begun b WHERE b.state_before IS NULL
)
SELECT n.state, n.rating, {_SUMS} FROM met n GROUP BY n.state, n.rating"""


def _bins_sql(lately: str) -> str:
    return (
        "SELECT avg(n.recall), sum(CASE WHEN n.rating > 1 THEN 1 ELSE 0 END), count(*)"
        f" FROM {lately} n WHERE n.state_before = {State.REVIEW:d} AND n.recall IS NOT NULL"
        f" AND n.id > :adopted GROUP BY CAST(n.recall * {_BINS} AS INTEGER)"
    )
