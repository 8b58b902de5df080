"""What the views of the statistics read besides daily sums: the log in parts, memories, hard cards.

Every function takes `rows` (SQL text with `:name` parameters in, tuples out) and imports nothing heavy.
Undone lines are left out; an answer given under an old key belongs to the card the key means today.
`decks` narrows to the cards of those decks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.store.counting import of_decks
from srs.store.daily import CARD, LOCAL_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srs.store.daily import Rows

ANSWERS_AT_ONCE = 250_000
"""Answers in one part; its characters are some 80 for each."""

INTERVAL_BITS, REVIEW_BITS, RATING_BITS = 21, 1, 3
DAY_ZERO = 1_000_000
"""Added to study days, so that those before 1970 are no negative numbers."""

RECALL_ONE = 1 << 62
"""What a recall of 1 is written as: whole numbers are written and read much faster than fractions.

So many that a recall of 0.001 or more is told to its last bit, as what falls on the edge of a bin must
be; the most that 64 bits hold.
"""

RECALL = f"coalesce(CAST(r.recall * {RECALL_ONE} AS INTEGER), -1)"
_INTERVAL_MOST = (1 << INTERVAL_BITS) - 2
_PACKED = (
    f"((((r.study_day + {DAY_ZERO}) * {1 << RATING_BITS} + r.rating) * {1 << REVIEW_BITS}"
    f" + CASE WHEN r.state_before = 2 THEN 1 ELSE 0 END) * {1 << INTERVAL_BITS}"
    f" + coalesce(min(max(r.interval_before, 0), {_INTERVAL_MOST}) + 1, 0))"
)
IN_ORDER = "/*pg ORDER BY r.id*/"
"""SQLite joins what it meets in the order it walks; PostgreSQL is told (`dialect.py`)."""

_LAST = "SELECT id FROM review WHERE learner = :learner AND id > :after ORDER BY id LIMIT 1 OFFSET :most"
_NEWEST = b"\xff" * 16


class LogPart(NamedTuple):
    """Some live answers in the order of the log, each column as one text: rows would take thrice as long.

    `cards` are the keys the cards' rows stand under, 16 bytes each; the others are numbers with commas
    between. `at` is in ms, `recall` in parts of `RECALL_ONE`, -1 where none was recorded. `packed`
    is, from its lowest bits: interval before + 1 (0: not recorded), whether it met the card in review,
    rating, study day + `DAY_ZERO`.
    """

    cards: bytes
    at: str
    packed: str
    recall: str


class Forget(NamedTuple):
    """A live forget: the key its card's row stands under, and how many of its live answers come before."""

    card: bytes
    answers_before: int
    at: int
    study_day: int


def log_parts(rows: Rows, learner: str, *, decks: Sequence[str] = ()) -> Iterator[LogPart]:
    """All live answers in the order of the log, very many at a time."""
    # Keys stay the bytes they are: SQLite joins them as text without looking into them.
    columns = f"CAST(group_concat({CARD} {IN_ORDER}, '') AS BLOB), {joined('r.at', _PACKED, RECALL)}"
    for texts in answers_in_parts(rows, learner, columns, decks=decks):
        yield LogPart(*texts)


def difficulties(rows: Rows, learner: str, *, decks: Sequence[str] = ()) -> Iterator[str]:
    """The difficulty each answer of `log_parts` met, 0 where none was recorded, as numbers with commas."""
    columns = joined("coalesce(r.difficulty_before, 0)")
    for (text,) in answers_in_parts(rows, learner, columns, decks=decks):
        yield text


def joined(*numbers: str) -> str:
    """Columns that are each the numbers of all answers, with commas between."""
    return ", ".join(f"group_concat({number} {IN_ORDER})" for number in numbers)


def answers_in_parts(
    rows: Rows, learner: str, columns: str, *, decks: Sequence[str] = ()
) -> Iterator[tuple[Any, ...]]:
    """Aggregates of very many live answers `r` at a time, in the order of the log: one row for each part."""
    narrowed, named = of_decks(CARD, decks)
    # Joined in the order in which they are met: NOT INDEXED leaves only the table itself, which is in
    # the order of ids. A subquery that sorts them would cost nearly as much again.
    part = (
        f"SELECT {columns} FROM review r NOT INDEXED LEFT JOIN alias a ON a.old = r.card"
        f" WHERE r.learner = :learner AND r.id > :after AND r.id <= :last AND r.undone = 0{narrowed}"
    )
    after, last = b"", b""
    while last != _NEWEST:
        found = rows(_LAST, {"learner": learner, "after": after, "most": ANSWERS_AT_ONCE - 1})
        last = found[0][0] if found else _NEWEST
        texts = rows(part, {"learner": learner, "after": after, "last": last, **named})[0]
        if texts[0] is not None:
            yield texts
        after = last


def forgets(rows: Rows, learner: str, *, decks: Sequence[str] = ()) -> list[Forget]:
    """All live forgets in the order of the log."""
    narrowed, named = of_decks("coalesce(a.card, f.card)", decks)
    found = rows(
        "SELECT n.card, (SELECT count(*) FROM review r WHERE r.learner = :learner"
        " AND r.card IN (SELECT n.card UNION SELECT s.old FROM alias s WHERE s.card = n.card)"
        " AND r.undone = 0 AND r.id < n.id), n.at, n.study_day"
        " FROM (SELECT f.id, coalesce(a.card, f.card) AS card, f.at, f.study_day"
        " FROM act f LEFT JOIN alias a ON a.old = f.card"
        f" WHERE f.learner = :learner AND f.kind = 'forget' AND f.undone = 0{narrowed}) n ORDER BY n.id",
        {"learner": learner, **named},
    )
    return [Forget(*row) for row in found]


@dataclass(frozen=True, slots=True)
class Log:
    """One learner's log, or what it says of the cards of some decks."""

    rows: Rows
    learner: str
    decks: Sequence[str] = ()

    def parts(self) -> Iterator[LogPart]:
        """The live answers, as `log_parts`."""
        return log_parts(self.rows, self.learner, decks=self.decks)

    def forgets(self) -> list[Forget]:
        """The live forgets, as `forgets`."""
        return forgets(self.rows, self.learner, decks=self.decks)

    def difficulties(self) -> Iterator[str]:
        """The difficulties that the answers met, as `difficulties`."""
        return difficulties(self.rows, self.learner, decks=self.decks)


class Batch(NamedTuple):
    """An import of answers from elsewhere: its line, and the hour at which it made study days end."""

    id: bytes
    rollover: int


def late_batches(rows: Rows, learner: str, since: int) -> list[Batch]:
    """The live imports of a file of answers that may hold answers of the study days from `since` on.

    Anki packages are none of them: their days are Anki's, whatever is said here.
    """
    found = rows(
        "SELECT id, payload FROM act WHERE learner = :learner AND kind = 'batch' AND undone = 0"
        " AND study_day >= :since ORDER BY id",
        {"learner": learner, "since": since - 2},  # its day is of another calendar
    )
    told = ((line, json.loads(payload)) for line, payload in found)
    return [
        Batch(line, body["rollover"]) for line, body in told if "rollover" in body and "source" not in body
    ]


def imported_by_hour(rows: Rows, learner: str, *, since: int, until: int) -> dict[bytes, dict[int, int]]:
    """By the batch they came with, the live answers of some study days by the hour (0-23) of their clock."""
    found = rows(
        f"SELECT r.batch, {LOCAL_HOUR}, count(*) FROM review r WHERE r.learner = :learner"
        " AND r.study_day BETWEEN :since AND :until AND r.undone = 0 AND r.batch IS NOT NULL"
        f" AND r.utc_offset IS NOT NULL GROUP BY r.batch, {LOCAL_HOUR}",
        {"learner": learner, "since": since, "until": until},
    )
    by_batch: dict[bytes, dict[int, int]] = {}
    for batch, at, answers in found:
        by_batch.setdefault(bytes(batch), {})[int(at)] = int(answers)
    return by_batch


def desired_retention(rows: Rows, deck: str) -> float | None:
    """The desired retention a deck has of its own."""
    found = rows("SELECT desired_retention FROM deck WHERE id = :deck", {"deck": deck})
    return float(found[0][0]) if found and found[0][0] is not None else None


def decks_of_cards(rows: Rows) -> dict[bytes, str]:
    """The deck of every card with a text."""
    return dict(map(tuple, rows("SELECT key, deck FROM card", {})))


def parameter_sets(rows: Rows, learner: str) -> dict[str | None, tuple[float, ...]]:
    """The newest live parameters of each deck that has its own, and under None the learner's, if any."""
    found: dict[str | None, tuple[float, ...]] = {}
    sql = "SELECT payload FROM act WHERE learner = :learner AND kind = 'params' AND undone = 0 ORDER BY id"
    for (payload,) in rows(sql, {"learner": learner}):
        body = json.loads(payload)
        found[body.get("deck")] = tuple(body["parameters"])
    return found


class Believed(NamedTuple):
    """What is believed of a card in the queue: stability in days, difficulty 1..10, last answer in ms.

    `interval` is the scheduled one in days, None for a card in steps.
    """

    deck: str
    stability: float
    difficulty: float
    last_at: int
    interval: int | None


def believed(rows: Rows, learner: str, *, decks: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Every card with an answer since its last forget that is neither suspended nor retired.

    The rows are plain tuples with the fields of `Believed`.
    """
    narrowed, named = of_decks("m.card", decks)
    found = rows(
        "SELECT m.deck, m.stability, m.difficulty, m.last_at,"
        " CASE WHEN m.state = 2 THEN max(0, m.due_day - m.last_day) END FROM memory m"
        f" WHERE m.learner = :learner AND m.shelf = 0 AND m.stability IS NOT NULL{narrowed}",
        {"learner": learner, **named},
    )
    return list(found)


class HardCard(NamedTuple):
    """A card that was missed in review: its name and texts, how often, and how many answers it had."""

    key: bytes
    deck: str
    id: str
    variant: str
    term: str | None
    answer: str
    lapses: int
    reps: int
    difficulty: float
    suspended: int


_CARD_OF = "c.key, c.deck, c.id, c.variant, c.term, c.answer"


def hardest(rows: Rows, learner: str, most: int, *, decks: Sequence[str] = ()) -> list[HardCard]:
    """The cards missed most often in review since they were last forgotten, the most first.

    Of equals the more difficult, then by name. Cards gone from their files are left out.
    """
    narrowed, named = of_decks("m.card", decks)
    found = rows(
        f"SELECT {_CARD_OF}, m.lapses, m.reps, m.difficulty, m.suspended"
        " FROM memory m JOIN card c ON c.key = m.card"
        f" WHERE m.learner = :learner AND m.lapses > 0 AND c.retired = 0{narrowed}"
        " ORDER BY m.lapses DESC, m.difficulty DESC, c.deck, c.id, c.variant LIMIT :most",
        {"learner": learner, "most": most, **named},
    )
    return [HardCard(*row) for row in found]


class Spent(NamedTuple):
    """A card's live answers, and their time in ms, each capped at 60 s."""

    answers: int
    ms: int


def spent_on(rows: Rows, learner: str, key: bytes) -> Spent:
    """What a card has cost, also before it was last forgotten."""
    found = rows(
        "SELECT count(*), coalesce(sum(min(r.took_ms, 60000)), 0) FROM review r"
        f" WHERE r.learner = :learner AND r.undone = 0 AND r.card IN ({_KEYS})",
        {"learner": learner, "key": key},
    )
    return Spent(*map(int, found[0]))


_KEYS = "SELECT :key UNION ALL SELECT old FROM alias WHERE card = :key"


def wrong_responses(rows: Rows, learner: str, key: bytes) -> list[tuple[str, int]]:
    """What was picked or typed where a card was rated Again, and how often, the most frequent first."""
    found = rows(
        "SELECT r.response, count(*) FROM review r WHERE r.learner = :learner AND r.undone = 0"
        f" AND r.rating = 1 AND r.response IS NOT NULL AND r.card IN ({_KEYS})"
        " GROUP BY r.response ORDER BY count(*) DESC, r.response",
        {"learner": learner, "key": key},
    )
    return [(response, int(times)) for response, times in found]


def named_by(rows: Rows, deck: str, text: str, *, but: bytes) -> list[tuple[str, str, str]]:
    """Deck, id and variant of the live cards of a deck whose answer or term is a text, in deck order."""
    found = rows(
        "SELECT c.deck, c.id, c.variant FROM card c WHERE c.deck = :deck AND c.retired = 0 AND c.key <> :but"
        " AND (lower(c.answer) = lower(:text) OR lower(c.term) = lower(:text))"
        " ORDER BY c.position, c.variant",
        {"deck": deck, "text": text, "but": but},
    )
    return [(card_deck, card_id, variant) for card_deck, card_id, variant in found]
