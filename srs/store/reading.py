"""From rows to the values of `model`: cards, memories, lines of the log.

Every function takes `rows` (SQL text with `:name` parameters in, tuples out), so that the quick look
and the store read alike; nothing heavy is imported.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.card_extra import unpacked
from srs.model import Act, ActKind, Answer, Card, Memory, Options, Rating, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.store.heads import Rows

MEMORY_COLUMNS = (
    "state, step, stability, difficulty, due_day, due_at, last_at, last_day, last_id, reps, lapses,"
    " passed, suspended, flagged, buried_until"
)
CARD_COLUMNS = (
    "deck, id, question, answer, variant, term, scenario, explanation, tags, source, position, line, extra"
)
ANSWER_COLUMNS = (
    "id, card, at, study_day, rating, took_ms, revealed_ms, utc_offset, mode, hinted, response, after,"
    " state_before, interval_before, difficulty_before, recall, state_after, step_after, due_day, due_at,"
    " options, device, batch, undone, follows"
)
ACT_COLUMNS = "id, kind, at, study_day, card, target, cause, payload, device, undone"


def prefixed(columns: str, alias: str) -> str:
    """A column list with a table alias before each name."""
    return ", ".join(f"{alias}.{column.strip()}" for column in columns.split(","))


class CardOnFile(NamedTuple):
    """A card row with what the learner's memory of it is."""

    key: bytes
    card: Card
    retired: bool
    deck_name: str
    deck_retention: float | None
    memory: Memory
    deck_mode: str | None = None


def memory_from(row: Sequence[Any]) -> Memory:
    """A memory from `MEMORY_COLUMNS`."""
    values = list(row)
    values[0] = State(row[0])
    values[11:14] = map(bool, row[11:14])
    return Memory(*values)


def card_from(row: Sequence[Any]) -> Card:
    """A card from `CARD_COLUMNS`."""
    (
        deck,
        card_id,
        question,
        answer,
        variant,
        term,
        scenario,
        explanation,
        tags,
        source,
        position,
        line,
        extra,
    ) = row
    return Card(
        deck=deck,
        id=card_id,
        question=question,
        answer=answer,
        variant=variant,
        term=term,
        scenario=scenario,
        explanation=explanation,
        tags=tuple(json.loads(tags)),
        source=source,
        position=position,
        line=line,
        **unpacked(extra),
    )


def answer_from(row: Sequence[Any]) -> Answer:
    """An answer from `ANSWER_COLUMNS`."""
    values = list(row)
    values[4] = Rating(row[4])
    values[9] = None if row[9] is None else bool(row[9])
    values[12] = None if row[12] is None else State(row[12])
    values[16] = None if row[16] is None else State(row[16])
    values[23], values[24] = bool(row[23]), bool(row[24])
    return Answer(*values)


def act_from(row: Sequence[Any]) -> Act:
    """An act from `ACT_COLUMNS`."""
    line_id, kind, at, study_day, card, target, cause, payload, device, undone = row
    return Act(
        line_id, ActKind(kind), at, study_day, card, target, cause, json.loads(payload), device, bool(undone)
    )


_ON_FILE = (
    f"SELECT c.key, {prefixed(CARD_COLUMNS, 'c')}, c.retired, d.name, d.desired_retention, d.extra,"
    f" {prefixed(MEMORY_COLUMNS, 'm')} FROM card c JOIN deck d ON d.id = c.deck"
    " LEFT JOIN memory m ON m.learner = :learner AND m.card = c.key"
)


def cards_where(rows: Rows, learner: str, condition: str, params: dict[str, Any]) -> list[CardOnFile]:
    """Cards with their memories, by an SQL condition over `c` (card), `d` (deck) and `m` (memory)."""
    found = rows(f"{_ON_FILE} WHERE {condition}", {"learner": learner} | params)
    return [
        CardOnFile(
            key=row[0],
            card=card_from(row[1:14]),
            retired=bool(row[14]),
            deck_name=row[15],
            deck_retention=row[16],
            memory=Memory() if row[18] is None else memory_from(row[18:]),
            deck_mode=None if row[17] == "{}" else json.loads(row[17]).get("mode"),
        )
        for row in found
    ]


def card_by_key(rows: Rows, learner: str, key: bytes) -> CardOnFile | None:
    """One card by the key its row stands under."""
    found = cards_where(rows, learner, "c.key = :key", {"key": key})
    return found[0] if found else None


def short_answers(rows: Rows, key: bytes, *, longest: int = 80) -> list[str]:
    """The answers, of at most `longest` characters, of the other live cards of a card's deck."""
    found = rows(
        "SELECT DISTINCT o.answer FROM card c JOIN card o ON o.deck = c.deck"
        " WHERE c.key = :key AND o.retired = 0 AND o.key <> c.key AND length(o.answer) <= :longest",
        {"key": key, "longest": longest},
    )
    return [answer for (answer,) in found]


def parameters_for(rows: Rows, learner: str, deck: str) -> tuple[float, ...] | None:
    """The newest live parameters for the deck, else for the learner; None: the defaults (LOG §2 line 4)."""
    found = rows(
        "SELECT payload FROM act WHERE learner = :learner AND kind = 'params' AND undone = 0 ORDER BY id",
        {"learner": learner},
    )
    return _newest_parameters((payload for (payload,) in found), deck)


def memory_and_parameters(
    rows: Rows, learner: str, key: bytes, deck: str
) -> tuple[Memory | None, tuple[float, ...] | None]:
    """What `parameters_for` gives, and the memory of a card, None where it has none: in one statement."""
    found = rows(
        f"SELECT {prefixed(MEMORY_COLUMNS, 'm')}, p.payload FROM memory m"
        " LEFT JOIN act p ON p.learner = m.learner AND p.kind = 'params' AND p.undone = 0"
        " WHERE m.learner = :learner AND m.card = :card ORDER BY p.id",
        {"learner": learner, "card": key},
    )
    if not found:
        return None, None
    payloads = (row[-1] for row in found if row[-1] is not None)
    return memory_from(found[0][:-1]), _newest_parameters(payloads, deck)


def _newest_parameters(payloads: Iterable[str], deck: str) -> tuple[float, ...] | None:
    """Those that rule a deck, of all live ones, the oldest first."""
    newest: dict[str | None, tuple[float, ...]] = {}
    for payload in payloads:
        body = json.loads(payload)
        newest[body.get("deck")] = tuple(body["parameters"])
    return newest.get(deck) or newest.get(None)


def options_by_name(rows: Rows, learner: str) -> dict[bytes, Options]:
    """Every set of options that lines of the log name."""
    found = rows("SELECT hash, body FROM options WHERE learner = :learner", {"learner": learner})
    return {name: Options.from_body(body) for name, body in found}


def class_keys(rows: Rows, key: bytes) -> list[bytes]:
    """Every key that means the card whose row stands under `key`, its own among them."""
    return [
        key,
        *(old for (old,) in rows("SELECT old FROM alias WHERE card = :key AND old <> :key", {"key": key})),
    ]


def row_key(rows: Rows, key: bytes) -> bytes:
    """The key a card's row stands under, from any key of its class."""
    found = rows("SELECT card FROM alias WHERE old = :key", {"key": key})
    return found[0][0] if found else key


def bind_keys(keys: Sequence[bytes]) -> tuple[str, dict[str, Any]]:
    """`IN` list and parameters for some keys."""
    names = [f"key{i}" for i in range(len(keys))]
    return ", ".join(f":{name}" for name in names), dict(zip(names, keys, strict=True))


def answers_of(rows: Rows, learner: str, keys: Sequence[bytes]) -> list[Answer]:
    """Every answer to a class of keys, live or undone, in log order."""
    names, params = bind_keys(keys)
    found = rows(
        f"SELECT {ANSWER_COLUMNS} FROM review WHERE learner = :learner AND card IN ({names}) ORDER BY id",
        {"learner": learner} | params,
    )
    return [answer_from(row) for row in found]


def acts_of(rows: Rows, learner: str, keys: Sequence[bytes]) -> list[Act]:
    """Every act on a class of keys, live or undone, in log order."""
    names, params = bind_keys(keys)
    found = rows(
        f"SELECT {ACT_COLUMNS} FROM act WHERE learner = :learner AND card IN ({names}) ORDER BY id",
        {"learner": learner} | params,
    )
    return [act_from(row) for row in found]


def count_live_answers(rows: Rows, learner: str, key: bytes) -> int:
    """How many live answers a card has, under all its keys; forgotten ones among them."""
    found = rows(
        "SELECT count(*) FROM review r WHERE r.learner = :learner AND r.undone = 0"
        " AND r.card IN (SELECT :key UNION ALL SELECT old FROM alias WHERE card = :key)",
        {"learner": learner, "key": key},
    )
    return int(found[0][0])


def newest_line(rows: Rows, learner: str) -> bytes | None:
    """The greatest id of the learner's log."""
    return newest_line_and_schema(rows, learner)[0]


def newest_line_and_schema(rows: Rows, learner: str) -> tuple[bytes | None, str]:
    """The greatest id of the learner's log, and the schema of the database: all writing begins with these."""
    found = rows(
        # PostgreSQL has no greatest of bytes before 18.
        "SELECT (SELECT id FROM review WHERE learner = :learner ORDER BY id DESC LIMIT 1),"
        " (SELECT id FROM act WHERE learner = :learner ORDER BY id DESC LIMIT 1),"
        " (SELECT value FROM meta WHERE name = 'schema')",
        {"learner": learner},
    )
    *ids, schema = found[0]
    return max(filter(None, ids), default=None), schema
