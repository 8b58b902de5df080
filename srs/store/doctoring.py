"""What may be wrong in a database besides its memories: looked for here by queries that change nothing.

Every function takes `rows` and says what is wrong, empty where nothing is; `mending.py` puts it right.
Queries of the log name the learner; cards, decks and what is derived from them are everybody's.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.fold import live
from srs.model import Act, ActKind, Answer
from srs.store import daily
from srs.store.reading import bind_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    Rows = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]

_AT_ONCE = 400
_DAYS_AT_ONCE = 200


def learners(rows: Rows) -> list[str]:
    """Everybody who has a memory or a line here."""
    found: set[str] = set()
    for table in ("memory", "review", "act"):
        # A step of the index for each learner: a database may hold a million rows of one.
        last = ""
        while True:
            after = rows(f"SELECT min(learner) FROM {table} WHERE learner > :last", {"last": last})[0][0]
            if after is None:
                break
            found.add(after)
            last = after
    return sorted(found)


def damaged_pages(rows: Rows) -> list[str]:
    """What SQLite finds wrong in the file itself, at most 20 things."""
    found = [str(told) for (told,) in rows("PRAGMA integrity_check(20)", {})]
    return [] if found == ["ok"] else found


def only_indexes(damage: Iterable[str]) -> bool:
    """Whether all damage is to indexes, which can be made anew from their tables."""
    signs = ("missing from index", "wrong # of entries in index", "non-unique entry in index")
    return all(any(sign in told for sign in signs) for told in damage)


def rows_among(rows: Rows, sql: str, keys: Collection[bytes], **fixed: object) -> Iterator[tuple[Any, ...]]:
    """The rows of a query that ends in `IN`, for very many keys, some at a time."""
    ordered = sorted(keys)
    for first in range(0, len(ordered), _AT_ONCE):
        names, bound = bind_keys(ordered[first : first + _AT_ONCE])
        yield from rows(f"{sql} ({names})", {**fixed, **bound})


# The log


class Bit(NamedTuple):
    """A line whose bit `undone` should be `undone`."""

    table: str
    id: bytes
    card: bytes | None
    undone: int


def wrong_undone(rows: Rows, learner: str) -> list[Bit]:
    """The lines whose bit is not what the undos of the log say (LOG §2 line 2)."""
    me = {"learner": learner}
    acts = {
        row[0]: row
        for row in rows("SELECT id, kind, target, cause, undone, card FROM act WHERE learner = :learner", me)
    }
    lines: list[Act | Answer] = [
        Act(line, ActKind(kind), 0, 0, target=target, cause=cause)
        for line, kind, target, cause, _, _ in acts.values()
    ]
    causes = {cause for _, _, _, cause, _, _ in acts.values() if cause is not None} - acts.keys()
    named = {row[2] for row in acts.values() if row[2] is not None}
    sql = "SELECT id, batch FROM review WHERE learner = :learner AND id IN"
    lines += [
        Answer(line, b"", 0, 0, 3, batch=batch)  # type: ignore[arg-type]
        for line, batch in rows_among(rows, sql, causes | named, **me)
    ]
    standing = {line.id for line in live(lines)}
    targets = {row[2] for line, row in acts.items() if row[1] == ActKind.UNDO and line in standing}
    dead = {line for line in acts if line not in standing} | targets
    wrong = [
        Bit("act", line, row[5], int(line not in standing))
        for line, row in acts.items()
        if row[4] != int(line not in standing)
    ]
    return wrong + list(_wrong_answers(rows, learner, targets, dead))


def _wrong_answers(rows: Rows, learner: str, targets: set[bytes], dead: set[bytes]) -> Iterator[Bit]:
    """The answers that are marked and should not be, then those that are not and should be."""
    me = {"learner": learner}
    seen: set[bytes] = set()
    marked = "SELECT id, card, batch, undone FROM review WHERE learner = :learner AND undone <> 0"
    for line, card, batch, undone in rows(marked, me):
        should_be = int(line in targets or batch in dead)
        if undone != should_be:
            yield Bit("review", line, card, should_be)
    unmarked = "SELECT id, card FROM review WHERE learner = :learner AND undone = 0"
    for line, card in rows_among(rows, f"{unmarked} AND id IN", targets, **me):
        seen.add(line)
        yield Bit("review", line, card, 1)
    batches = {
        batch
        for (batch,) in rows(
            "SELECT DISTINCT batch FROM review WHERE learner = :learner AND batch IS NOT NULL", me
        )
    }
    for line, card in rows_among(rows, f"{unmarked} AND batch IN", batches & dead, **me):
        if line not in seen:
            yield Bit("review", line, card, 1)


def double_ids(rows: Rows, learner: str) -> list[bytes]:
    """The ids that an act and an answer share."""
    sql = (
        "SELECT a.id FROM act a WHERE a.learner = :learner AND EXISTS"
        " (SELECT 1 FROM review r WHERE r.learner = a.learner AND r.id = a.id) ORDER BY a.id"
    )
    return [line for (line,) in rows(sql, {"learner": learner})]


def ahead(rows: Rows, learner: str, last_day: int) -> list[bytes]:
    """The live answers of study days after `last_day`."""
    found = rows(
        "SELECT id FROM review WHERE learner = :learner AND study_day > :last AND undone = 0 ORDER BY id",
        {"learner": learner, "last": last_day},
    )
    return [line for (line,) in found]


def newest_answer(rows: Rows, learner: str) -> int | None:
    """The moment of a learner's newest live answer, ms; None: there is none."""
    sql = "SELECT at FROM review WHERE learner = :learner AND undone = 0 ORDER BY id DESC LIMIT 1"
    found = rows(sql, {"learner": learner})
    return found[0][0] if found else None


def out_of_moment(rows: Rows, learner: str, within_ms: int) -> int:
    """How many lines have an id made well before their moment: no clock gives such."""
    # The first six bytes of an id are its milliseconds; hex compares like numbers.
    sql = (
        "SELECT count(*) FROM {} WHERE learner = :learner"
        " AND hex(substr(id, 1, 6)) < printf('%012X', at - :ms)"
    )
    bound = {"learner": learner, "ms": within_ms}
    return sum(rows(sql.format(table), bound)[0][0] for table in ("review", "act"))


def wrong_options(rows: Rows, learner: str) -> tuple[dict[bytes, str], set[bytes]]:
    """Sets of options the log tells and the table has not so, and the names of those only the table has."""
    me = {"learner": learner}
    told: dict[bytes, str] = {}
    for (payload,) in rows(
        "SELECT payload FROM act WHERE learner = :learner AND kind = 'options' AND undone = 0 ORDER BY id", me
    ):
        body = json.loads(payload)
        if isinstance(body.get("hash"), str) and isinstance(body.get("body"), str):
            told[bytes.fromhex(body["hash"])] = body["body"]
    stored: dict[bytes, str] = dict(rows("SELECT hash, body FROM options WHERE learner = :learner", me))
    wrong = {name: body for name, body in told.items() if stored.get(name) != body}
    return wrong, stored.keys() - told.keys()


def unknown_options(rows: Rows, learner: str) -> int:
    """How many live answers name options that no line of the log tells."""
    sql = (
        "SELECT count(*) FROM review WHERE learner = :learner AND undone = 0 AND options IS NOT NULL"
        " AND options NOT IN (SELECT hash FROM options WHERE learner = :learner)"
    )
    return int(rows(sql, {"learner": learner})[0][0])


# Cards


def wrong_aliases(rows: Rows) -> set[bytes]:
    """The keys that do not mean the card that live `same` lines say (`store.joined_keys`)."""
    above: dict[bytes, bytes] = {}

    def find(key: bytes) -> bytes:
        while key in above:
            key = above[key]
        return key

    for (payload,) in rows("SELECT payload FROM act WHERE kind = 'same' AND undone = 0", {}):
        told = json.loads(payload)
        one, other = sorted((find(bytes.fromhex(told["old"])), find(bytes.fromhex(told["new"]))))
        if one != other:
            above[other] = one
    classes: dict[bytes, set[bytes]] = defaultdict(set)
    for key in list(above):
        classes[find(key)] |= {key, find(key)}
    stored: dict[bytes, bytes] = dict(rows("SELECT old, card FROM alias", {}))
    with_row = {
        key
        for (key,) in rows_among(
            rows, "SELECT key FROM card WHERE key IN", {key for each in classes.values() for key in each}
        )
    }
    wrong = set(stored) - {key for members in classes.values() for key in members}
    for members in classes.values():
        roots = {stored.get(key, key) for key in members}
        has_row = members & with_row
        if len(roots) != 1 or not roots <= members or (has_row and not roots <= has_row):
            wrong |= members
    return wrong | {key for key, root in stored.items() if key != root and stored.get(root, root) != root}


def wrong_tags(rows: Rows) -> set[bytes]:
    """The cards whose tags in the filter are not those of their texts."""
    stored: dict[bytes, set[str]] = defaultdict(set)
    for tag, card in rows("SELECT tag, card FROM card_tag", {}):
        stored[card].add(tag)
    wrong = set()
    for key, tags in rows("SELECT key, tags FROM card", {}):
        if stored.pop(key, set()) != set(json.loads(tags)):
            wrong.add(key)
    return wrong | stored.keys()


def orphan_needs(rows: Rows) -> int:
    """How many rows say what a card waits for that is not here."""
    return int(rows("SELECT count(*) FROM card_need WHERE card NOT IN (SELECT key FROM card)", {})[0][0])


def orphan_memories(rows: Rows, learner: str) -> list[bytes]:
    """Memories of cards that have neither a text here nor a line, and of keys that mean another card."""
    sql = (
        "SELECT m.card FROM memory m WHERE m.learner = :learner"
        " AND NOT EXISTS (SELECT 1 FROM card c WHERE c.key = m.card) AND (EXISTS"
        " (SELECT 1 FROM alias a WHERE a.old = m.card AND a.card <> m.card) OR NOT EXISTS ("
        " SELECT 1 FROM (SELECT m.card AS old UNION ALL SELECT s.old FROM alias s WHERE s.card = m.card) k"
        " WHERE EXISTS (SELECT 1 FROM review r WHERE r.learner = m.learner AND r.card = k.old)"
        " OR EXISTS (SELECT 1 FROM act t WHERE t.learner = m.learner AND t.card = k.old)))"
    )
    return [card for (card,) in rows(sql, {"learner": learner})]


def cards_without_deck(rows: Rows) -> list[str]:
    """The decks that cards name and that have no row of their own."""
    sql = "SELECT DISTINCT deck FROM card WHERE deck NOT IN (SELECT id FROM deck) ORDER BY deck"
    return [deck for (deck,) in rows(sql, {})]


def deck_files(rows: Rows) -> list[tuple[str, str, int]]:
    """The decks that came from a file: id, path, live cards."""
    sql = (
        "SELECT d.id, d.path, (SELECT count(*) FROM card c WHERE c.deck = d.id AND c.retired = 0)"
        " FROM deck d WHERE d.path IS NOT NULL ORDER BY d.id"
    )
    return [(deck, path, count) for deck, path, count in rows(sql, {})]


# What is derived


def wrong_days(rows: Rows, learner: str) -> set[int]:
    """The study days whose kept sums are not those of their answers."""
    me = {"learner": learner}
    fresh = set(daily.fresh_days(rows, learner))
    columns = ", ".join(("part", "study_day", "deck", "slot", *daily.MEASURES))
    stored: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    for row in rows(f"SELECT {columns} FROM daily WHERE learner = :learner", me):
        stored[row[1]].add(tuple(row))
    days = [day for (day,) in rows("SELECT DISTINCT study_day FROM review WHERE learner = :learner", me)]
    settled = [day for day in days if day not in fresh]
    wrong = stored.keys() - set(settled) - fresh
    for first in range(0, len(settled), _DAYS_AT_ONCE):
        part = settled[first : first + _DAYS_AT_ONCE]
        expected: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
        for tally in daily.tallies(rows, learner, part):
            for row in _sums(tally):
                expected[row[1]].add(row)
        wrong |= {day for day in part if expected[day] != stored.get(day, set())}
    return wrong


def _sums(tally: daily.Tally) -> Iterator[tuple[Any, ...]]:
    """What was counted, as the table keeps it."""
    for part in daily.PARTS:
        columns = ("study_day", "deck", part) if part else ("study_day", "deck")
        for (day, deck, *slot), sums in tally.sums(columns).items():
            told = "".join(str(value) for value in slot if value is not None)
            yield (part, day, deck or "", told, *sums)


def search_is_wrong(rows: Rows) -> bool:
    """Whether the word search does not know just the cards there are."""
    from srs.store.searching import has_index  # noqa: PLC0415 - with it comes unicodedata

    tables = {name for (name,) in rows("SELECT name FROM sqlite_master", {})}
    if "card_search" not in tables or "card_fts" not in tables:
        return bool(rows("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'", {}))
    if not has_index(rows):
        return False
    sql = (
        "SELECT EXISTS (SELECT key FROM card EXCEPT SELECT key FROM card_search)"
        " OR EXISTS (SELECT key FROM card_search EXCEPT SELECT key FROM card)"
        " OR EXISTS (SELECT number FROM card_search EXCEPT SELECT id FROM card_fts_docsize)"
        " OR EXISTS (SELECT 1 FROM card_search WHERE number >"
        " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'card_search'))"
    )
    return bool(rows(sql, {})[0][0])
