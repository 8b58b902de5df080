"""Counts for the statistics, from one learner's daily sums, memories and, by tag, slice of the log.

Each function takes `rows`, which runs one SQL text with `:name` parameters and gives its rows, so
that bare sqlite3 and SQLAlchemy, SQLite and PostgreSQL, serve alike. Every text leads with the
learner and walks an index of `tables.py`. Undone answers count nowhere; an answer given under an old
key belongs to the card the key means today (`alias`). `decks` narrows to the cards of those decks.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from srs.model import LEECH_LAPSES, MATURE_DAYS, State
from srs.store.daily import ANSWERS, CARD, FIRST_DAY, KEYS, LAST_DAY, neighbour, summed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srs.days import StudyDays
    from srs.store.daily import Rows

    OfCards = Mapping[bytes, tuple[int, int, int, int]]

STATES = ("new", "learning", "relearning", "young", "mature", "suspended", "buried", "retired", "unknown")
"""The places a card can be in; each card is in exactly one. `unknown` has a history and no text here."""

_OF_CARDS = ("forget", "suspend", "resume", "bury", "flag", "unflag", "due", "reschedule")
"""The acts that are part of a card's history."""


def of_decks(card: str, decks: Sequence[str]) -> tuple[str, dict[str, object]]:
    """The condition that keeps cards of these decks (none named: all), and its parameters."""
    if not decks:
        return "", {}
    named: dict[str, object] = {f"deck{index}": deck for index, deck in enumerate(decks)}
    wanted = ", ".join(f":{name}" for name in named)
    return f" AND {card} IN (SELECT c.key FROM card c WHERE c.deck IN ({wanted}))", named


class DayOfRecall(NamedTuple):
    """What the first answers of one study day say: how many cards, how many right, true retention.

    `right` counts cards passed at the first try of the day. Young and mature are the answers of true
    retention (DESIGN §4): those whose interval before was 1 to 20 days, and 21 days or more.
    """

    day: int
    cards: int
    right: int
    young_passed: int
    young_total: int
    mature_passed: int
    mature_total: int


GROUPS = ("mode", "deck", "tag")
"""By what retention is told apart."""


class GroupOfRecall(NamedTuple):
    """True retention of what has `name` in common; None: what has no such thing."""

    name: str | None
    young_passed: int
    young_total: int
    mature_passed: int
    mature_total: int


def _count(condition: str) -> str:
    return f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)"


_YOUNG, _MATURE = f"n.gap >= 1 AND n.gap < {MATURE_DAYS}", f"n.gap >= {MATURE_DAYS}"
_TRUE_RETENTION = ", ".join(
    f"{_count(f'{age} AND n.rating > 1')}, {_count(age)}" for age in (_YOUNG, _MATURE)
)


def _by_card_sql(in_decks: str) -> str:
    # MATERIALIZED, or the planner copies the search for the previous answer into each of the sums.
    return f"""
WITH numbered AS (
  SELECT r.study_day, {CARD} AS card, r.id, r.rating, r.interval_before,
         row_number() OVER (PARTITION BY r.study_day, {CARD} ORDER BY r.id) AS nth
  FROM {ANSWERS}
  WHERE r.learner = :learner AND r.study_day BETWEEN :since AND :until AND r.undone = 0{in_decks}
), firsts AS MATERIALIZED (
  SELECT n.card, n.rating,
         coalesce(n.interval_before, n.study_day - {neighbour("p.study_day", before=True)}) AS gap
  FROM numbered n WHERE n.nth = 1
)
SELECT n.card, {_TRUE_RETENTION} FROM firsts n WHERE n.gap >= 1 GROUP BY n.card"""


def recall_by_day(
    rows: Rows, learner: str, *, since: int = FIRST_DAY, until: int = LAST_DAY, decks: Sequence[str] = ()
) -> list[DayOfRecall]:
    """Cards and true retention of each study day with a live answer, oldest first (DESIGN §4).

    Days are `since..until`, both included; the interval of an answer that records none is counted
    from the card's previous live answer, also from one before `since`.
    """
    found = summed(rows, learner, by=("study_day",), since=since, until=until, decks=decks)
    return sorted(DayOfRecall(day.group[0], day.cards, day.right, *day.true_retention) for day in found)


def recall_by_group(
    rows: Rows, learner: str, by: str, *, since: int, until: int, decks: Sequence[str] = ()
) -> list[GroupOfRecall]:
    """True retention of the days `since..until` by one of `GROUPS`, in no order; only where there is any.

    Decks and tags are those of the card today; a card counts under each of its tags. For tags the
    log is read, for the others the daily sums.
    """
    if by != "tag":
        sums = summed(rows, learner, by=(by,), since=since, until=until, decks=decks)
        groups = [GroupOfRecall(one.group[0], *one.true_retention) for one in sums]
        return [group for group in groups if group.young_total or group.mature_total]
    of_cards = recall_by_card(rows, learner, since=since, until=until, decks=decks)
    return recall_by_tag(rows, of_cards)


def recall_by_card(rows: Rows, learner: str, *, since: int, until: int, decks: Sequence[str] = ()) -> OfCards:
    """Young passed, young total, mature passed, mature total of each card with true retention in the days."""
    in_decks, named = of_decks(CARD, decks)
    bound = {"learner": learner, "since": since, "until": until, **named}
    return {
        card: (int(a), int(b), int(c), int(d)) for card, a, b, c, d in rows(_by_card_sql(in_decks), bound)
    }


def recall_by_tag(rows: Rows, of_cards: OfCards, tags: Sequence[str] = ()) -> list[GroupOfRecall]:
    """The retention of cards under each of their tags, or each of these; None for cards with none of them."""
    named: dict[str, object] = {f"tag{place}": tag for place, tag in enumerate(tags)}
    wanted = f" WHERE t.tag IN ({', '.join(f':{name}' for name in named)})" if tags else ""
    groups: dict[str | None, list[int]] = {}
    untagged = dict(of_cards)
    for card, tag in rows(f"SELECT t.card, t.tag FROM card_tag t{wanted}", named):
        counts = of_cards.get(card)
        if counts is not None:
            _add(groups.setdefault(tag, [0] * 4), counts)
            untagged.pop(card, None)
    for counts in untagged.values():
        _add(groups.setdefault(None, [0] * 4), counts)
    return [GroupOfRecall(name, *counts) for name, counts in groups.items()]


def _add(sums: list[int], counts: tuple[int, int, int, int]) -> None:
    for place, count in enumerate(counts):
        sums[place] += count


class DayOfEffort(NamedTuple):
    """What one study day cost: answers, and time in ms with each answer capped at 60 s.

    `new_cards` and `review_cards` count only cards with a recorded time, so that their times divide
    into means per card and day; a card was new when its first answer of the day found it new.
    """

    day: int
    answers: int
    ms: int
    new_cards: int
    new_ms: int
    review_cards: int
    review_ms: int


def effort_by_day(
    rows: Rows, learner: str, *, since: int = FIRST_DAY, until: int = LAST_DAY, decks: Sequence[str] = ()
) -> list[DayOfEffort]:
    """Answers and time of each study day with a live answer, oldest first; days as `recall_by_day`."""
    found = summed(rows, learner, by=("study_day",), since=since, until=until, decks=decks)
    return sorted(
        DayOfEffort(
            day=day.group[0],
            answers=day.answers,
            ms=day.ms,
            new_cards=day.new_cards,
            new_ms=day.new_ms,
            review_cards=day.review_cards,
            review_ms=day.ms - day.new_ms,
        )
        for day in found
    )


def _states_sql(in_decks: str) -> str:
    text = "(SELECT c.retired FROM card c WHERE c.key = m.card)"
    keys = KEYS.replace("n.card", "m.card")
    of_it = "l.learner = :learner AND l.card = k.old AND l.undone = 0"
    kinds = ", ".join(f"'{kind}'" for kind in _OF_CARDS)
    # Where an import was taken back, a memory stays behind for each card that has no text.
    without_text = (
        "CASE WHEN m.last_id IS NOT NULL"
        f" OR EXISTS (SELECT 1 FROM {keys} CROSS JOIN review l WHERE {of_it})"
        f" OR EXISTS (SELECT 1 FROM {keys} CROSS JOIN act l WHERE {of_it} AND l.kind IN ({kinds}))"
        " THEN 'unknown' END"
    )
    return f"""
SELECT n.place, count(*), sum(n.leech) FROM (
  SELECT CASE WHEN m.shelf = 1
              THEN CASE coalesce({text}, -1) WHEN 0 THEN 'suspended' WHEN -1 THEN {without_text}
                   ELSE 'retired' END
              WHEN m.buried_until > :today THEN 'buried'
              WHEN m.state = {State.NEW:d} THEN 'new'
              WHEN m.state = {State.LEARNING:d} THEN 'learning'
              WHEN m.state = {State.RELEARNING:d} THEN 'relearning'
              WHEN m.due_day - m.last_day >= {MATURE_DAYS} THEN 'mature'
              ELSE 'young' END AS place,
         CASE WHEN m.lapses >= {LEECH_LAPSES} THEN 1 ELSE 0 END AS leech
  FROM memory m WHERE m.learner = :learner{in_decks}
) n GROUP BY n.place"""


def card_states(rows: Rows, learner: str, today: int, *, decks: Sequence[str] = ()) -> dict[str, int]:
    """How many cards are where: each of `STATES`, which add up to all cards, and `leech`.

    A shelved card is retired, suspended or unknown before anything else, then buried; young and
    mature are cards in review by their scheduled interval. `leech` is counted besides, among the
    cards that are neither retired nor unknown.
    """
    in_decks, named = of_decks("m.card", decks)
    counts = dict.fromkeys((*STATES, "leech"), 0)
    for place, cards, leeches in rows(_states_sql(in_decks), {"learner": learner, "today": today, **named}):
        if place is None:
            continue
        counts[place] = int(cards)
        if place not in {"retired", "unknown"}:
            counts["leech"] += int(leeches)
    return counts


def _due_days_sql(in_decks: str) -> str:
    return (
        "SELECT m.due_day, count(*) FROM memory m WHERE m.learner = :learner AND m.shelf = 0 AND m.state = 2"
        f"{in_decks} GROUP BY m.due_day ORDER BY m.due_day"
    )


def _due_moments_sql(in_decks: str) -> str:
    return (
        "SELECT m.due_at FROM memory m WHERE m.learner = :learner AND m.shelf = 0 AND m.state IN (1, 3)"
        f"{in_decks} ORDER BY m.due_at"
    )


def dues_by_day(rows: Rows, learner: str, days: StudyDays, *, decks: Sequence[str] = ()) -> dict[int, int]:
    """Study day -> cards due on it, as stored: cards in review by their due day, steps by their moment's.

    Suspended and retired cards are left out, overdue ones stand under the day they fell due.
    """
    in_decks, named = of_decks("m.card", decks)
    bound: dict[str, object] = {"learner": learner, **named}
    dues = Counter({int(day): int(cards) for day, cards in rows(_due_days_sql(in_decks), bound)})
    dues.update(days.day(moment) for (moment,) in rows(_due_moments_sql(in_decks), bound))
    return dict(sorted(dues.items()))


def _left_waiting_sql(in_decks: str, *, from_later: bool) -> str:
    """Is there a card whose answer before a gap made it due within, and which was answered after?

    Started from the answers after the gap or from those before it, whichever are fewer. A forget, a
    suspend or a due date set by hand in between leaves a card out: the log then does not tell.
    """
    due = "(due_day <= :gap OR due_at < :gap_end)"
    start, other = ("> :gap", "<= :gap") if from_later else ("<= :gap", "> :gap")
    earlier, later = ("o", "n") if from_later else ("n", "o")
    # The act is met twice: by its card in an index that does not hold `undone`, then by its id; asked
    # for both at once, SQLite walks all acts of the time between instead.
    return f"""
SELECT 1 FROM (
  SELECT r.id, r.study_day, r.due_day, r.due_at, {CARD} AS card FROM {ANSWERS}
  WHERE r.learner = :learner AND r.study_day {start} AND r.undone = 0{in_decks}
) n JOIN review o ON o.learner = :learner AND o.id = {neighbour("p.id", before=from_later)}
WHERE o.study_day {other} AND {due.replace("due_", f"{earlier}.due_")} AND NOT EXISTS (
  SELECT 1 FROM {KEYS} CROSS JOIN act t CROSS JOIN act u
  WHERE t.learner = :learner AND t.card = k.old AND t.kind IN ('forget', 'suspend', 'due', 'reschedule')
    AND t.id > {earlier}.id AND t.id < {later}.id
    AND u.learner = :learner AND u.id = t.id AND u.undone = 0
) LIMIT 1"""


def last_missed_day(
    rows: Rows,
    learner: str,
    days: StudyDays,
    today: int,
    *,
    recall: Iterable[DayOfRecall],
    dues: dict[int, int],
    decks: Sequence[str] = (),
) -> int | None:
    """The newest past study day without an answer although something was due, None where there is none.

    `recall` is all of `recall_by_day` and `dues` the result of `dues_by_day`, for the same decks.
    Something was due on a day when a live answer's due day fell on or before it and the card was
    answered later, or a card is still overdue since then. Within a run of days without answers
    ever more is due, so only the last day of each run is looked at; the newest such day ends a row.
    """
    in_decks, named = of_decks(CARD, decks)
    seen = [(day.day, day.cards) for day in recall if day.day <= today]
    overdue_since = min(dues, default=LAST_DAY)
    later_cards, earlier_cards, after = 0, sum(cards for _, cards in seen), today
    for day, cards in reversed(seen):
        gap = after - 1
        if day < gap:
            if overdue_since <= gap:
                return gap
            sql = _left_waiting_sql(in_decks, from_later=later_cards <= earlier_cards)
            bound = {"learner": learner, "gap": gap, "gap_end": days.end(gap), **named}
            if rows(sql, bound):
                return gap
        later_cards, earlier_cards, after = later_cards + cards, earlier_cards - cards, day
    return None
