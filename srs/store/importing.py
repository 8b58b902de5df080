"""What an import writes to the database, in the transaction it is given: `apply_plan` carries a plan out.

A hundred thousand cards take a second or two; what the plan was made from is `store.library`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from srs.errors import NotFoundError
from srs.model import ActKind, card_name
from srs.planned import CAME_FROM, TEXT_FIELDS
from srs.store import learners, searching, summing
from srs.store.driver import has_rows, rows_among, rows_of, run_many, widen_cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from srs.planned import Carried, DeckPlan, Join, Placed


class Journal(learners.Pen, Protocol):
    """One learner's log, open in a transaction."""

    def append_act(
        self, kind: ActKind, *, card: bytes | None = None, payload: dict[str, Any] | None = None
    ) -> bytes:
        """Log an act; its id."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The file a deck was read from, as it was then; `content_hash` is hex text.

    A deck of another `origin` than a file has no path; `extra` is what its row keeps besides.
    """

    path: str | None
    content_hash: str
    size: int | None = None
    mtime_ns: int | None = None
    origin: str = "file"
    extra: Mapping[str, Any] = field(default_factory=dict)


def apply_plan(journal: Journal, plan: DeckPlan, file: FileFacts) -> None:
    """Write a plan down: acts, card rows, memories, and the deck with its file's facts.

    The plan must have been made in the same transaction. Plans made together are applied one after
    the other, in any order, all of them.
    """
    connection, learner = journal.connection, journal.learner
    widen_cache(connection)
    logged = _with_lines(connection, learner, plan)
    came_from = {placed.key: placed.came_from for placed in plan.moved}
    resorted = _of_another_deck(connection, plan)
    _carry(journal, plan.carried)
    refold = _apply_joins(journal, plan.joins, logged, came_from)
    _tell_names(journal, plan.moved, came_from)
    refold |= logged.intersection(placed.key for placed in plan.added) | set(plan.met)
    resorted |= refold | {join.keep for join in plan.joins} | {row.key for row in plan.carried}
    resorted |= summing.answered_by_others(connection, learner, [placed.key for placed in plan.added])
    # Another deck may have parameters of its own, where there are any but the defaults.
    removed = {placed.key for placed in plan.moved} | {row.key for row in plan.carried}
    if removed and rows_of(connection, "SELECT 1 FROM act WHERE learner = ? AND kind = 'params'", (learner,)):
        refold |= removed
    _insert_cards(connection, sorted(plan.added, key=lambda placed: placed.key))
    _update_cards(connection, plan)
    _place_memories(connection, learner, [*plan.added, *plan.moved, *plan.revived])
    _write_needs(connection, plan)
    _shuffle_cards(connection, plan.shuffled)
    _shuffle_memories(connection, learner, [*plan.shuffled, *plan.updated])
    _retire(connection, learner, [row.key for row in plan.retired])
    run_many(connection, "UPDATE deck SET content_hash = '' WHERE id = ?", [(deck,) for deck in plan.robbed])
    _write_deck(connection, plan, file)
    searching.drop_cards(connection, (join.root for join in plan.joins))
    changed = (*plan.added, *plan.updated, *plan.moved, *plan.revived)
    searching.index_cards(connection, (placed.key for placed in changed))
    if refold:
        journal.refold(sorted(refold))
    summing.cards_changed(connection, resorted)
    learners.others_follow(
        journal,
        {plan.deck.id} | {row.deck for row in plan.carried} | {row.deck for row in plan.retired},
        gone={join.root for join in plan.joins},
        refold=removed | {join.keep for join in plan.joins},
    )


def retire_deck(journal: Journal, deck_id: str) -> list[str]:
    """Put all live cards of a deck away, their history kept; their names, in deck order.

    The deck's file is read again by the next import that names it.

    Raises:
        NotFoundError: there is no such deck.
    """
    connection = journal.connection
    if not rows_of(connection, "SELECT id FROM deck WHERE id = ?", (deck_id,)):
        raise NotFoundError(f"there is no deck `{deck_id}`", "`srs decks` lists them")
    sql = "SELECT key, id, variant FROM card WHERE deck = ? AND retired = 0 ORDER BY position, id, variant"
    cards = rows_of(connection, sql, (deck_id,))
    _retire(connection, journal.learner, [key for key, _, _ in cards])
    run_many(connection, "UPDATE deck SET content_hash = '' WHERE id = ?", [(deck_id,)])
    learners.others_follow(journal, [deck_id])
    return [card_name(deck_id, card_id, variant) for _, card_id, variant in cards]


def forget_decks(journal: Journal, decks: Sequence[str]) -> None:
    """Take decks that got another name off their file; their cards have moved or will be retired."""
    run_many(
        journal.connection,
        "UPDATE deck SET path = NULL, content_hash = '', size = NULL, mtime_ns = NULL WHERE id = ?",
        [(deck,) for deck in decks],
    )


def _of_another_deck(connection: Connection, plan: DeckPlan) -> set[bytes]:
    """The cards of a plan whose rows are of another deck than its."""
    keys = {placed.key for placed in (*plan.moved, *plan.revived)} | {row.key for row in plan.carried}
    rows = rows_among(connection, "SELECT key, deck FROM card WHERE key IN", keys)
    return {key for key, deck in rows if deck != plan.deck.id}


# Joins.


def _with_lines(connection: Connection, learner: str, plan: DeckPlan) -> set[bytes]:
    """Those keys new to this database's cards that the log already has lines of, or joined to others."""
    keys = [placed.key for placed in plan.added]
    keys += [join.other for join in plan.joins if not join.absorbs]
    found: set[bytes] = set()
    if has_rows(connection, "alias"):
        found.update(root for (root,) in rows_among(connection, "SELECT card FROM alias WHERE card IN", keys))
    for table in ("review", "act"):
        sql = f"SELECT DISTINCT card FROM {table} WHERE learner = ? AND card IN"
        if has_rows(connection, table):
            found.update(key for (key,) in rows_among(connection, sql, keys, learner))
    return found


def _apply_joins(
    journal: Journal, joins: Sequence[Join], logged: set[bytes], came_from: dict[bytes, str | None]
) -> set[bytes]:
    """Log and write joins; the keys of the rows that got lines by them.

    A renamed card's first join tells the name it had, which no other join of it does.
    """
    if not joins:
        return set()
    connection = journal.connection
    for join in joins:
        payload = {"old": join.other.hex(), "new": join.keep.hex()}
        names = {"old_name": join.other_name, "new_name": join.keep_name}
        renamed = came_from.pop(join.keep, None)
        if renamed is not None:
            names["came_from"] = renamed
        journal.append_act(ActKind.SAME, card=join.keep, payload=payload | names)
    roots = [(join.root,) for join in joins]
    run_many(connection, "DELETE FROM card_tag WHERE card = ?", roots)
    run_many(connection, "DELETE FROM card WHERE key = ?", roots)
    run_many(
        connection,
        "DELETE FROM memory WHERE learner = ? AND card = ?",
        [(journal.learner, root) for (root,) in roots],
    )
    run_many(
        connection, "UPDATE alias SET card = ? WHERE card = ?", [(join.keep, join.root) for join in joins]
    )
    pairs = {(old, join.keep) for join in joins for old in (join.root, join.other)}
    run_many(
        connection,
        "INSERT INTO alias (old, card) VALUES (?, ?) ON CONFLICT (old) DO UPDATE SET card = excluded.card",
        sorted(pairs),
    )
    return {join.keep for join in joins if join.absorbs or join.root != join.other or join.other in logged}


def _tell_names(journal: Journal, moved: Iterable[Placed], came_from: dict[bytes, str | None]) -> None:
    """Log the former names of renamed cards that no join tells of: their new name's key is another's.

    The act joins the key to itself. Without it a card could not know its old name from a card that
    had the same name later.
    """
    for placed in moved:
        former = came_from.pop(placed.key, None)
        if former is not None:
            _tell_name(journal, placed.key, placed.card.name, former)


def _tell_name(journal: Journal, key: bytes, name: str, former: str) -> None:
    names = {"old_name": former, "new_name": name, "came_from": former}
    journal.append_act(ActKind.SAME, card=key, payload={"old": key.hex(), "new": key.hex()} | names)


def _carry(journal: Journal, carried: Sequence[Carried]) -> None:
    """Rename rows of variants an entry has no longer, with it, retired, and tell the log."""
    connection, learner = journal.connection, journal.learner
    sql = "UPDATE card SET deck = ?, id = ?, entry = ?, retired = 1, line = NULL WHERE key = ?"
    run_many(connection, sql, [(row.deck, row.id, row.entry, row.key) for row in carried])
    sql = "UPDATE memory SET deck = ?, entry = ?, shelf = 1 WHERE learner = ? AND card = ?"
    run_many(connection, sql, [(row.deck, row.entry, learner, row.key) for row in carried])
    for row in carried:
        name = card_name(row.deck, row.id, row.variant)
        if name != row.former:
            _tell_name(journal, row.key, name, row.former)


# Card rows.

_TEXT_COLUMNS = (*TEXT_FIELDS, "tags", "extra", "content_hash")
_PLACE_COLUMNS = ("deck", "id", "variant", "entry", "position", "line")
_INSERT_CARD = (
    f"INSERT INTO card ({', '.join((*_PLACE_COLUMNS, *_TEXT_COLUMNS))}, key, retired)"
    f" VALUES ({', '.join('?' * len(_PLACE_COLUMNS + _TEXT_COLUMNS))}, ?, 0)"
)
_UPDATE_CARD = (
    f"UPDATE card SET {', '.join(f'{column} = ?' for column in _PLACE_COLUMNS + _TEXT_COLUMNS)},"
    " retired = 0 WHERE key = ?"
)


def _card_values(placed: Placed) -> tuple[Any, ...]:
    card = placed.card
    return (
        *(card.deck, card.id, card.variant, placed.entry, card.position, card.line),
        *(card.term, card.scenario, card.question, card.answer, card.explanation, card.source),
        *(placed.tags, placed.extra, placed.content_hash, placed.key),
    )


def _insert_cards(connection: Connection, added: Sequence[Placed]) -> None:
    run_many(connection, _INSERT_CARD, [_card_values(placed) for placed in added])
    _insert_tags(connection, added)


def _update_cards(connection: Connection, plan: DeckPlan) -> None:
    changed = _kept_origin(connection, [*plan.updated, *plan.moved, *plan.revived])
    run_many(connection, _UPDATE_CARD, [_card_values(placed) for placed in changed])
    retagged = [placed for placed in plan.updated if "tags" in placed.fields]
    retagged += [*plan.moved, *plan.revived]
    run_many(connection, "DELETE FROM card_tag WHERE card = ?", [(placed.key,) for placed in retagged])
    _insert_tags(connection, retagged)


def _kept_origin(connection: Connection, changed: Sequence[Placed]) -> list[Placed]:
    """The same cards, each with where it came from, which a deck file does not say."""
    sql = "SELECT key, extra FROM card WHERE extra <> '{}' AND key IN"
    found = {
        key: json.loads(extra)
        for key, extra in rows_among(connection, sql, [placed.key for placed in changed])
    }
    kept = []
    for placed in changed:
        origin, extra = found.get(placed.key, {}), json.loads(placed.extra)
        if CAME_FROM in origin and CAME_FROM not in extra:
            told = json.dumps(
                extra | {CAME_FROM: origin[CAME_FROM]},
                ensure_ascii=False,
                separators=(",", ":"),
                sort_keys=True,
            )
            kept.append(placed._replace(extra=told))
        else:
            kept.append(placed)
    return kept


def _insert_tags(connection: Connection, cards: Sequence[Placed]) -> None:
    by_tag: dict[str, list[bytes]] = {}
    for placed in cards:
        for tag in placed.card.tags:
            by_tag.setdefault(tag, []).append(placed.key)
    # In the order of the table: a row that goes to its end is written in half the time.
    rows = [(tag, key) for tag in sorted(by_tag) for key in sorted(set(by_tag[tag]))]
    run_many(connection, "INSERT INTO card_tag (tag, card) VALUES (?, ?)", rows)


def _write_needs(connection: Connection, plan: DeckPlan) -> None:
    """What the cards of the file wait for, in the place of what those of its deck did before."""
    if plan.needs or has_rows(connection, "card_need"):
        of_deck = "DELETE FROM card_need WHERE card IN (SELECT key FROM card WHERE deck = ?)"
        run_many(connection, of_deck, [(plan.deck.id,)])
        run_many(connection, "DELETE FROM card_need WHERE card = ?", [(join.root,) for join in plan.joins])
        run_many(
            connection, "INSERT INTO card_need (card, deck, id) VALUES (?, ?, ?)", sorted(set(plan.needs))
        )


def _shuffle_cards(connection: Connection, cards: Sequence[Placed]) -> None:
    """Write where cards stand now that say what they said."""
    rows = [(placed.card.position, placed.card.line, placed.entry, placed.key) for placed in cards]
    run_many(connection, "UPDATE card SET position = ?, line = ?, entry = ? WHERE key = ?", rows)


def _shuffle_memories(connection: Connection, learner: str, cards: Sequence[Placed]) -> None:
    run_many(
        connection,
        "UPDATE memory SET position = ?, entry = ? WHERE learner = ? AND card = ?",
        [(placed.card.position, placed.entry, learner, placed.key) for placed in cards if placed.shifted],
    )


def _retire(connection: Connection, learner: str, keys: Sequence[bytes]) -> None:
    run_many(connection, "UPDATE card SET retired = 1, line = NULL WHERE key = ?", [(key,) for key in keys])
    run_many(
        connection,
        "UPDATE memory SET shelf = 1 WHERE learner = ? AND card = ?",
        [(learner, key) for key in keys],
    )


# Memories and decks.

_PLACE_MEMORY = (
    "INSERT INTO memory (learner, card, entry, deck, position,"
    " state, reps, lapses, passed, suspended, flagged, shelf) VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0)"
    " ON CONFLICT (learner, card) DO UPDATE SET entry = excluded.entry, deck = excluded.deck,"
    " position = excluded.position, shelf = memory.suspended"
)


def _place_memories(connection: Connection, learner: str, cards: Iterable[Placed]) -> None:
    """A new memory for a card that has none, and for the others its place among live cards."""
    ordered = sorted(cards, key=lambda placed: placed.key)
    rows = [(learner, placed.key, placed.entry, placed.card.deck, placed.card.position) for placed in ordered]
    run_many(connection, _PLACE_MEMORY, rows)


_DECK_COLUMNS = (
    *("id", "name", "description", "desired_retention", "origin"),
    *("path", "content_hash", "size", "mtime_ns", "extra"),
)


def _write_deck(connection: Connection, plan: DeckPlan, file: FileFacts) -> None:
    deck = plan.deck
    extra = json.dumps(dict(file.extra) | ({"mode": deck.mode} if deck.mode else {}), separators=(",", ":"))
    content_hash = "" if plan.unsettled else file.content_hash
    row = (
        *(deck.id, deck.name, deck.description, deck.desired_retention, file.origin),
        *(file.path, content_hash, file.size, file.mtime_ns, extra),
    )
    columns = ", ".join(_DECK_COLUMNS)
    if rows_of(connection, f"SELECT {columns} FROM deck WHERE id = ?", (deck.id,)) == [row]:
        return
    changes = ", ".join(f"{column} = excluded.{column}" for column in _DECK_COLUMNS[1:])
    sql = (
        f"INSERT INTO deck ({columns}) VALUES ({', '.join('?' * len(row))})"
        f" ON CONFLICT (id) DO UPDATE SET {changes}"
    )
    run_many(connection, sql, [row])
