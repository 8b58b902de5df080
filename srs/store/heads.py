"""The heads of the queue and today's counts: one SQL text for the quick look and for the store.

Every function takes `rows`, which runs SQL with `:name` parameters and returns tuples, so that a bare
sqlite3 connection (the first question, `srs due --count`) and the store give the same answer from the
same text. Nothing heavy is imported here. Each query walks one index and stops at its limit.
"""

from __future__ import annotations

from srs.store.records import NamedTuple

TYPE_CHECKING = False  # `typing` would cost `srs due --count` 4 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    Rows = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]

NEW, LEARNING, REVIEW, RELEARNING = range(4)


class Scope(NamedTuple):
    """Whose cards, which ones, and as of when.

    `today` is a study day, `day_end` the first moment of the next (ms). Empty `decks` or `tags` mean
    all of them; several are alternatives.
    """

    learner: str
    today: int
    day_end: int
    decks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Head(NamedTuple):
    """A card that could be next: its key, the moment it is due if it is in steps, and its entry."""

    card: bytes
    due_at: int | None
    entry: bytes


class DueReview(NamedTuple):
    """A review that is due, with what the orders sort by; `last_at` in ms, stability in days."""

    card: bytes
    deck: str
    position: int
    stability: float
    last_at: int


class Counts(NamedTuple):
    """How many cards a session could show: steps due before the day ends, reviews and new ones."""

    new: int
    learning: int
    review: int

    @property
    def total(self) -> int:
        """Their sum, the number of `srs due --count`."""
        return self.new + self.learning + self.review


class DoneToday(NamedTuple):
    """Distinct cards met for the first time today, and found in review today (live answers)."""

    new: int
    review: int


_NOT_BURIED = "({m}.buried_until IS NULL OR {m}.buried_until <= :today)"
_IN = {
    NEW: "{m}.learner = :learner AND {m}.shelf = 0 AND {m}.state = 0",
    LEARNING: "{m}.learner = :learner AND {m}.shelf = 0 AND {m}.state IN (1, 3)",
    REVIEW: "{m}.learner = :learner AND {m}.shelf = 0 AND {m}.state = 2",
}
# A card waits for another of its entry that was answered today, or will be asked before this one:
# one in steps before the day ends, then one due for review, then the first new one. What is not
# among the cards asked for (decks, tags) is waited for only when it was answered.
_SIBLING = "EXISTS (SELECT 1 FROM memory s WHERE s.learner = m.learner AND s.entry = m.entry"
_WAITING = f"s.shelf = 0 AND {_NOT_BURIED.format(m='s')}"
_STEP = "s.state IN (1, 3) AND s.due_at < :day_end"
_DUE = "s.state = 2 AND s.due_day <= :today"
_AHEAD = "m.due_day > :today AND m.due_day <= :until_day AND m.last_at < :before"
_NEVER = 1 << 62
"""A moment after every answer."""


def _held_back(scope: Scope) -> str:
    """Whether a card waits for one of its entry that was answered today, or is in steps today."""
    in_scope = _within(scope, "s")
    return (
        f"{_SIBLING} AND s.card <> m.card AND (s.last_day >= :today OR ({_WAITING} AND {_STEP}{in_scope})))"
    )


def _waits_for_review(scope: Scope, *, more: str = "") -> str:
    """Whether a card of the entry is due for review."""
    return f"{_SIBLING} AND {_WAITING} AND {_DUE}{_within(scope, 's')}{more})"


def _waits_for_new(scope: Scope) -> str:
    """Whether a new card of the entry comes before this one."""
    first = (
        "(s.deck < m.deck OR (s.deck = m.deck AND"
        " (s.position < m.position OR (s.position = m.position AND s.card < m.card))))"
    )
    return f"{_SIBLING} AND {_WAITING} AND s.state = 0 AND {first}{_within(scope, 's')})"


# A new card waits for the entries it needs until one card of each was passed; what is suspended,
# retired or unknown is not waited for. By name, because what is needed may come in later or be renamed.
_NEEDED = (
    "EXISTS (SELECT 1 FROM card c CROSS JOIN memory w WHERE w.learner = m.learner AND w.card = c.key"
    " AND c.deck = n.deck AND c.id = n.id AND {condition})"
)
_UNMET = (
    f"EXISTS (SELECT 1 FROM card_need n WHERE n.card = m.card AND {_NEEDED.format(condition='w.shelf = 0')}"
    f" AND NOT {_NEEDED.format(condition='w.passed = 1')})"
)


def _within(scope: Scope, alias: str) -> str:
    """The condition that a memory is of the scope's decks and tags; parameters as `_filters` gives them."""
    sql = ""
    if scope.decks:
        sql += f" AND {alias}.deck IN ({', '.join(f':deck{i}' for i in range(len(scope.decks)))})"
    if scope.tags:
        names = ", ".join(f":tag{i}" for i in range(len(scope.tags)))
        sql += f" AND EXISTS (SELECT 1 FROM card_tag t WHERE t.tag IN ({names}) AND t.card = {alias}.card)"
    return sql


def _filters(scope: Scope) -> tuple[str, dict[str, Any]]:
    """The scope as SQL over the alias `m`, and its parameters."""
    params: dict[str, Any] = {"learner": scope.learner, "today": scope.today, "day_end": scope.day_end}
    params |= {f"deck{i}": deck for i, deck in enumerate(scope.decks)}
    params |= {f"tag{i}": tag for i, tag in enumerate(scope.tags)}
    return _within(scope, "m"), params


def _walk(state: int, more: str) -> str:
    return f"FROM memory m WHERE {_IN[state].format(m='m')} AND {_NOT_BURIED.format(m='m')}{more}"


def _number(found: list[tuple[Any, ...]]) -> int | None:
    """The one number of a one-row answer."""
    value = found[0][0]
    return None if value is None else int(value)


def step_heads(rows: Rows, scope: Scope, until: int, limit: int = 2) -> list[Head]:
    """The first cards in steps due up to a moment (ms), soonest first."""
    sql, params = _filters(scope)
    found = rows(
        f"SELECT m.card, m.due_at, m.entry {_walk(LEARNING, sql)} AND m.due_at <= :until"
        " ORDER BY m.due_at, m.card LIMIT :limit",
        params | {"until": until, "limit": limit},
    )
    return [Head(*row) for row in found]


def next_step(rows: Rows, scope: Scope, after: int) -> int | None:
    """The moment (ms) of the first step due after a moment, whatever its day; None if there is none."""
    sql, params = _filters(scope)
    query = f"SELECT min(m.due_at) {_walk(LEARNING, sql)} AND m.due_at > :after"
    return _number(rows(query, params | {"after": after}))


def review_heads(rows: Rows, scope: Scope, pivot: bytes, limit: int = 2) -> list[Head]:
    """The first reviews due: by due day, ties in key order from a pivot that the day draws.

    Keys are hashes, so key order is a random order; starting at a drawn pivot gives each day another
    one for the price of an index walk.
    """
    sql, params = _filters(scope)
    walk, held_back = _walk(REVIEW, sql), _held_back(scope)
    found: list[Head] = []
    day = None
    while len(found) < limit:
        after = "" if day is None else " AND m.due_day > :day"
        day = rows(
            f"SELECT min(m.due_day) FROM memory m WHERE {_IN[REVIEW].format(m='m')}"
            f" AND m.due_day <= :today{after}",
            {"learner": scope.learner, "today": scope.today} | ({} if day is None else {"day": day}),
        )[0][0]
        if day is None:
            break
        for part in ("m.card >= :pivot", "m.card < :pivot"):
            if len(found) < limit:
                found += [
                    Head(*row)
                    for row in rows(
                        f"SELECT m.card, NULL, m.entry {walk} AND m.due_day = :day AND {part}"
                        f" AND NOT {held_back} ORDER BY m.card LIMIT :limit",
                        params | {"day": day, "pivot": pivot, "limit": limit - len(found)},
                    )
                ]
    return found


def all_reviews(rows: Rows, scope: Scope) -> list[DueReview]:
    """Every review due, for orders an index cannot give."""
    sql, params = _filters(scope)
    found = rows(
        f"SELECT m.card, m.deck, m.position, m.stability, m.last_at {_walk(REVIEW, sql)}"
        " AND m.due_day <= :today",
        params,
    )
    return [DueReview(*row) for row in found]


def still_due(rows: Rows, scope: Scope, cards: Sequence[bytes], limit: int = 2) -> list[Head]:
    """Those of the cards (in their order) that are still due reviews and not held back."""
    sql, params = _filters(scope)
    found: list[Head] = []
    for card in cards:
        found += [
            Head(*row)
            for row in rows(
                f"SELECT m.card, NULL, m.entry {_walk(REVIEW, sql)} AND m.due_day <= :today"
                f" AND m.card = :card AND NOT {_held_back(scope)}",
                params | {"card": card},
            )
        ]
        if len(found) >= limit:
            break
    return found


def new_heads(rows: Rows, scope: Scope, limit: int = 2) -> list[Head]:
    """The first new cards that no sibling holds back, deck by deck, each in the order of its file."""
    found: list[Head] = []
    sql, params = _filters(scope)
    for deck in _decks_with_new(rows, scope):
        found += [
            Head(*row)
            for row in rows(
                f"SELECT m.card, NULL, m.entry {_walk(NEW, sql)} AND m.deck = :deck"
                f" AND NOT {_held_back(scope)} AND NOT {_waits_for_review(scope)} AND NOT {_UNMET}"
                " ORDER BY m.position, m.card LIMIT :limit",
                params | {"deck": deck, "limit": limit - len(found)},
            )
        ]
        if len(found) >= limit:
            break
    return found


def _decks_with_new(rows: Rows, scope: Scope) -> Iterator[str]:
    """The decks asked for, or all that have new cards, by name; one index step each."""
    if scope.decks:
        yield from sorted(set(scope.decks))
        return
    deck = None
    while True:
        after = "" if deck is None else " AND m.deck > :deck"
        deck = rows(
            f"SELECT min(m.deck) FROM memory m WHERE {_IN[NEW].format(m='m')}{after}",
            {"learner": scope.learner} | ({} if deck is None else {"deck": deck}),
        )[0][0]
        if deck is None:
            return
        yield deck


def ahead_heads(
    rows: Rows, scope: Scope, until_day: int, limit: int = 2, *, answered_before: int = _NEVER
) -> list[Head]:
    """Reviews due after today, up to a study day, soonest first; none answered since a moment (ms)."""
    sql, params = _filters(scope)
    found = rows(
        f"SELECT m.card, NULL, m.entry {_walk(REVIEW, sql)} AND {_AHEAD}"
        f" AND NOT {_held_back(scope)} ORDER BY m.due_day, m.card LIMIT :limit",
        params | {"until_day": until_day, "before": answered_before, "limit": limit},
    )
    return [Head(*row) for row in found]


def practice_cards(rows: Rows, scope: Scope, limit: int) -> list[bytes]:
    """Cards to practise: seen ones with the least certain first, then new ones; one scan, at the start."""
    sql, params = _filters(scope)
    found = rows(
        "SELECT m.card FROM memory m WHERE m.learner = :learner AND m.shelf = 0"
        f" AND {_NOT_BURIED.format(m='m')}{sql}"
        " ORDER BY m.state = 0, m.stability / (:day_end - m.last_at + 1.0), m.position, m.card LIMIT :limit",
        params | {"day_end": scope.day_end, "limit": limit},
    )
    return [card for (card,) in found]


def count_ahead(rows: Rows, scope: Scope, until_day: int, *, answered_before: int = _NEVER) -> int:
    """How many reviews are due after today, up to a study day; none answered since a moment (ms).

    Of siblings due together one counts, because one is shown.
    """
    sql, params = _filters(scope)
    ahead_sibling = _AHEAD.replace("m.", "s.")
    lesser = (
        f"{_SIBLING} AND {_WAITING} AND s.state = 2 AND {ahead_sibling} AND s.card < m.card"
        f"{_within(scope, 's')})"
    )
    found = rows(
        f"SELECT count(*) {_walk(REVIEW, sql)} AND {_AHEAD} AND NOT {_held_back(scope)} AND NOT {lesser}",
        params | {"until_day": until_day, "before": answered_before},
    )
    return int(found[0][0])


def next_due_day(rows: Rows, scope: Scope) -> int | None:
    """The first study day after today on which a review is due."""
    sql, params = _filters(scope)
    return _number(rows(f"SELECT min(m.due_day) {_walk(REVIEW, sql)} AND m.due_day > :today", params))


def next_unburied_day(rows: Rows, scope: Scope) -> int | None:
    """The first study day after today on which a buried card comes back."""
    sql, params = _filters(scope)
    return _number(
        rows(
            "SELECT min(m.buried_until) FROM memory m WHERE m.learner = :learner AND m.shelf = 0"
            f" AND m.buried_until > :today{sql}",
            params,
        )
    )


def count(rows: Rows, scope: Scope, *, new_limit: int, review_limit: int) -> Counts:
    """What is due: steps before the day ends, reviews and new cards not held back, within limits.

    Of siblings due together one counts, because one is shown.
    """
    sql, params = _filters(scope)
    learning = rows(f"SELECT count(*) {_walk(LEARNING, sql)} AND m.due_at < :day_end", params)
    held_back = _held_back(scope)
    lesser = _waits_for_review(scope, more=" AND s.card < m.card")
    review = rows(
        f"SELECT count(*) FROM (SELECT 1 {_walk(REVIEW, sql)} AND m.due_day <= :today"
        f" AND NOT {held_back} AND NOT {lesser} LIMIT :limit) AS due",
        params | {"limit": max(0, review_limit)},
    )
    new = rows(
        f"SELECT count(*) FROM (SELECT 1 {_walk(NEW, sql)} AND NOT {held_back}"
        f" AND NOT {_waits_for_review(scope)} AND NOT {_waits_for_new(scope)} AND NOT {_UNMET}"
        " LIMIT :limit) AS fresh",
        params | {"limit": max(0, new_limit)},
    )
    return Counts(new=int(new[0][0]), learning=int(learning[0][0]), review=int(review[0][0]))


def done_today(rows: Rows, learner: str, today: int) -> DoneToday:
    """The distinct cards that today's live answers met as new, or found in review first of all."""
    return tally(
        rows(
            "SELECT coalesce(a.card, r.card), r.state_before FROM review r"
            " LEFT JOIN alias a ON a.old = r.card"
            " WHERE r.learner = :learner AND r.study_day = :today AND r.undone = 0 ORDER BY r.id",
            {"learner": learner, "today": today},
        )
    )


def tally(answers: Iterable[tuple[Any, ...]]) -> DoneToday:
    """Count (card, state before) pairs of one day, in log order."""
    new: set[bytes] = set()
    first: dict[bytes, int | None] = {}
    for card, state_before in answers:
        first.setdefault(card, state_before)
        if state_before == NEW:
            new.add(card)
    return DoneToday(new=len(new), review=sum(state == REVIEW for state in first.values()))
