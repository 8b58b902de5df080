"""SQL counts of the log and the memories, against counts by hand and by a naive reading."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from srs.days import StudyDays
from srs.store import counting, tables

ME, OTHER = "me", "other"
TODAY = 20_000
DAYS = StudyDays(ZoneInfo("Europe/Berlin"))


def key(number: int) -> bytes:
    """The 16 bytes of a card or line."""
    return number.to_bytes(16, "big")


@dataclass(frozen=True)
class Line:
    """An answer or (with a kind) an act; its id is its place in the log."""

    card: int
    day: int
    rating: int = 3
    interval: int | None = 0
    took: int | None = 10_000
    state: int | None = 2
    due: int | None = None
    due_at: int | None = None
    undone: int = 0
    kind: str = ""
    mode: str | None = None


class Database:
    """A database of the real tables, filled by hand; `rows` is what `counting` is given."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        for table in (getattr(tables, name).__table__ for name in dir(tables) if name.endswith("Row")):
            self.connection.execute(str(CreateTable(table).compile(dialect=DIALECT)))
            for index in table.indexes:
                self.connection.execute(str(CreateIndex(index).compile(dialect=DIALECT)))

    def rows(self, sql, bound):
        return self.connection.execute(sql, bound).fetchall()

    def clear(self):
        for table in ("review", "act", "alias", "memory", "card", "card_tag"):
            self.connection.execute(f"DELETE FROM {table}")

    def insert(self, table, **values):
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)

    def log(self, *lines, learner=ME):
        for number, line in enumerate(lines, start=1):
            shared = {"learner": learner, "id": key(number), "card": key(line.card), "at": number}
            shared |= {"study_day": line.day, "device": "d", "undone": line.undone}
            if line.kind:
                self.insert("act", **shared, kind=line.kind, payload="{}")
                continue
            self.insert(
                "review",
                **shared,
                rating=line.rating,
                took_ms=line.took,
                state_before=line.state,
                follows=1,
                interval_before=line.interval,
                due_day=line.due,
                due_at=line.due_at,
                mode=line.mode,
            )

    def alias(self, old, card):
        self.insert("alias", old=key(old), card=key(card))

    def card(self, number, deck="registry", retired=0):
        texts = {"question": "?", "answer": "!", "tags": "[]", "extra": "{}", "content_hash": b""}
        name = {"deck": deck, "id": f"c{number}", "variant": ""}
        self.insert(
            "card", key=key(number), **name, entry=key(number), position=number, retired=retired, **texts
        )

    def memory(self, number, learner=ME, **values):
        known = {"deck": "registry", "position": number, "state": 0, "reps": 0, "lapses": 0}
        known |= {"suspended": 0, "flagged": 0, "shelf": 0}
        self.insert("memory", learner=learner, card=key(number), entry=key(number), **(known | values))


DIALECT = create_engine("sqlite://").dialect


@pytest.fixture
def db():
    """An empty database."""
    database = Database()
    yield database
    database.connection.close()


def missed(db, today=TODAY, decks=()):
    """The last missed day, from the database alone."""
    return counting.last_missed_day(
        *(db.rows, ME, DAYS, today),
        recall=counting.recall_by_day(db.rows, ME, decks=decks),
        dues=counting.dues_by_day(db.rows, ME, DAYS, decks=decks),
        decks=decks,
    )


# True retention


def test_true_retention_of_one_day_counted_by_hand(db):
    """Of nine answers of six cards on a day, two young and two mature count, one of each passed."""
    db.log(
        Line(1, TODAY, rating=1, interval=5),  # young, failed
        Line(1, TODAY, rating=3, interval=0),  # its second answer of the day
        Line(1, TODAY, rating=3, interval=30),  # its third, whatever it records
        Line(2, TODAY, rating=2, interval=20),  # young at its oldest; hard is a pass
        Line(3, TODAY, rating=4, interval=21),  # mature from its first day
        Line(4, TODAY, rating=1, interval=400),  # mature, failed
        Line(5, TODAY, rating=3, interval=0),  # a step: no retention, right at first try
        Line(6, TODAY, rating=1, interval=9, undone=1),  # undone: counts nowhere
        Line(6, TODAY, rating=3, interval=0),  # first live answer of its card
    )
    assert counting.recall_by_day(db.rows, ME) == [(TODAY, 6, 4, 1, 2, 1, 2)]


def test_where_no_interval_is_recorded_the_days_since_the_previous_live_answer_count(db):
    """The first answer of all never counts; after 5 days young, after 21 mature; undone ones are skipped."""
    db.log(
        Line(1, TODAY - 26, interval=None),
        Line(1, TODAY - 21, interval=None),  # 5 days: young
        Line(1, TODAY - 10, interval=None, undone=1),
        Line(1, TODAY, interval=None),  # 21 days since the live one: mature
        Line(1, TODAY, interval=None),  # second of its day
    )
    assert counting.recall_by_day(db.rows, ME) == [
        (TODAY - 26, 1, 1, 0, 0, 0, 0),
        (TODAY - 21, 1, 1, 1, 1, 0, 0),
        (TODAY, 1, 1, 0, 0, 1, 1),
    ]


def test_the_previous_answer_is_the_one_before_in_the_log(db):
    """After a journey the days may go back: the answer of day -8, given last, is the previous one."""
    db.log(
        Line(1, TODAY - 30, interval=None),
        Line(1, TODAY - 5, interval=None),
        Line(1, TODAY - 8, interval=None),
    )
    db.log(Line(1, TODAY - 30), learner=OTHER)
    db.insert(
        "review",
        learner=ME,
        id=key(4),
        card=key(1),
        at=4,
        study_day=TODAY + 14,
        rating=3,
        device="d",
        undone=0,
        follows=1,
    )
    # 22 days since day -8, mature; 19 since day -5 would be young.
    assert counting.recall_by_day(db.rows, ME, since=TODAY) == [(TODAY + 14, 1, 1, 0, 0, 1, 1)]


def test_a_recorded_interval_is_believed_over_the_days_passed(db):
    """Reviewed 30 days later than the last answer on an interval of 3: young; on 0: not counted."""
    db.log(
        Line(1, TODAY - 30),
        Line(2, TODAY - 30),
        Line(1, TODAY, interval=3),
        Line(2, TODAY, interval=0),
    )
    assert counting.recall_by_day(db.rows, ME, since=TODAY) == [(TODAY, 2, 2, 1, 1, 0, 0)]


def test_an_answer_under_an_old_key_belongs_to_its_card(db):
    """Keys 7 and 8 mean card 1: one card a day, its first answer first, its previous answer found."""
    db.alias(7, 1)
    db.alias(8, 1)
    db.log(
        Line(7, TODAY - 4, interval=None),
        Line(8, TODAY, rating=1, interval=None),  # 4 days after the answer under key 7
        Line(1, TODAY, rating=3, interval=None),  # the same card again
    )
    assert counting.recall_by_day(db.rows, ME) == [
        (TODAY - 4, 1, 1, 0, 0, 0, 0),
        (TODAY, 1, 0, 0, 1, 0, 0),
    ]


def test_learners_and_decks_are_kept_apart(db):
    """Another learner's answers count nowhere, a deck's are those of its cards, also by old keys."""
    db.card(1, "registry")
    db.card(2, "kitchen")
    db.card(3, "aws")
    db.alias(9, 1)
    db.log(Line(9, TODAY, interval=2), Line(2, TODAY, interval=2), Line(3, TODAY), Line(4, TODAY))
    db.log(Line(1, TODAY, interval=2), Line(1, TODAY + 1, interval=2), learner=OTHER)
    assert counting.recall_by_day(db.rows, ME) == [(TODAY, 4, 4, 2, 2, 0, 0)]
    assert counting.recall_by_day(db.rows, ME, decks=["registry"]) == [(TODAY, 1, 1, 1, 1, 0, 0)]
    assert counting.recall_by_day(db.rows, ME, decks=["kitchen", "aws"]) == [(TODAY, 2, 2, 1, 1, 0, 0)]
    assert counting.recall_by_day(db.rows, ME, decks=["nowhere"]) == []


# Effort


def test_retention_by_mode_counted_by_hand(db):
    """The mode is that of the answer that counts, the first of its day; without one there is no name."""
    db.log(
        Line(1, TODAY, rating=1, interval=3, mode="choice"),
        Line(1, TODAY, rating=3, interval=3, mode="reveal"),  # not the first of its day
        Line(2, TODAY, rating=2, interval=21, mode="choice"),
        Line(3, TODAY, rating=3, interval=0, mode="type"),  # a step
        Line(4, TODAY, rating=3, interval=1, mode="type", undone=1),
        Line(5, TODAY - 1, rating=4, interval=1, mode="type"),
        Line(6, TODAY, rating=3, interval=1),
        Line(7, TODAY - 30, rating=3, interval=1, mode="reveal"),
    )
    found = counting.recall_by_group(db.rows, ME, "mode", since=TODAY - 29, until=TODAY)
    assert {*found} == {("choice", 0, 1, 1, 1), ("type", 1, 1, 0, 0), (None, 1, 1, 0, 0)}


def test_retention_by_deck_and_tag_counted_by_hand(db):
    """An answer counts for its card's deck, also under an old key, and for each of its card's tags."""
    db.card(1, "registry")
    db.card(2, "kitchen")
    db.alias(9, 2)
    for tag, card in (("core", 1), ("digests", 1), ("core", 2)):
        db.insert("card_tag", tag=tag, card=key(card))
    db.card(3, "kitchen")
    db.log(
        Line(1, TODAY, rating=3, interval=3),
        Line(9, TODAY, rating=1, interval=30),
        Line(3, TODAY, rating=3, interval=2),
        Line(4, TODAY, rating=1, interval=2),  # a card without a text here
    )

    def found(by, decks=()):
        return {*counting.recall_by_group(db.rows, ME, by, since=TODAY, until=TODAY, decks=decks)}

    assert found("deck") == {("registry", 1, 1, 0, 0), ("kitchen", 1, 1, 0, 1), (None, 0, 1, 0, 0)}
    assert found("tag") == {("core", 1, 1, 0, 1), ("digests", 1, 1, 0, 0), (None, 1, 2, 0, 0)}
    assert found("tag", ["registry"]) == {("core", 1, 1, 0, 0), ("digests", 1, 1, 0, 0)}


def test_effort_of_a_day_counted_by_hand(db):
    """Times are capped at 60 s each, new and review cards apart, cards without a time in neither."""
    db.log(
        Line(1, TODAY, state=0, took=10_000),  # a new card: 10 + 60 s
        Line(1, TODAY, state=1, took=600_000),
        Line(2, TODAY, state=2, took=60_000),  # a review: 60 + 1 s
        Line(2, TODAY, state=3, took=1_000),
        Line(3, TODAY, state=2, took=None),  # no time
        Line(4, TODAY, state=None, took=5_000),  # imported, never seen before: new
        Line(2, TODAY, state=2, took=9_000, undone=1),
    )
    assert counting.effort_by_day(db.rows, ME) == [(TODAY, 6, 136_000, 2, 75_000, 1, 61_000)]


def test_an_imported_answer_is_new_only_where_it_is_the_cards_first(db):
    """Without a recorded state, the card's second day is a review, also under its old key."""
    db.alias(7, 1)
    db.log(Line(7, TODAY - 1, state=None), Line(1, TODAY, state=None))
    assert counting.effort_by_day(db.rows, ME, since=TODAY) == [(TODAY, 1, 10_000, 0, 0, 1, 10_000)]


# Memories


def test_each_card_is_in_one_place(db):
    """Eleven cards, one or two in each place; leeches are counted among cards in the decks."""
    for number in range(1, 12):
        db.card(number, retired=int(number in {8, 9}))
    review = {"state": 2, "last_day": TODAY - 1}
    db.memory(1)
    db.memory(2, state=1, due_at=5)
    db.memory(3, state=3, due_at=5, lapses=8)
    db.memory(4, **review, due_day=TODAY + 19)  # 20 days: young
    db.memory(5, **review, due_day=TODAY + 20)  # 21 days: mature
    db.memory(6, **review, due_day=TODAY, suspended=1, shelf=1, lapses=9)
    db.memory(7, **review, due_day=TODAY, buried_until=TODAY + 1)
    db.memory(8, **review, due_day=TODAY, shelf=1, lapses=12)
    db.memory(9, **review, due_day=TODAY, suspended=1, shelf=1)  # gone, and it was suspended
    db.memory(10, **review, due_day=TODAY, buried_until=TODAY)  # back today
    db.memory(11, **review, due_day=TODAY, lapses=7)
    db.memory(12, **review, due_day=TODAY, shelf=1, lapses=8, last_id=key(9))  # no text here
    db.memory(1, learner=OTHER, **review, due_day=TODAY)
    assert counting.card_states(db.rows, ME, TODAY) == {
        "new": 1,
        "learning": 1,
        "relearning": 1,
        "young": 3,
        "mature": 1,
        "suspended": 1,
        "buried": 1,
        "retired": 2,
        "unknown": 1,
        "leech": 2,
    }


def test_a_card_without_text_counts_while_a_line_of_it_is_live(db):
    """Not once its import was taken back, although its memory stays; a forgotten or suspended one does."""
    for number in range(1, 7):
        db.memory(number, shelf=1)
    db.alias(16, 6)
    db.log(
        Line(1, TODAY, undone=1),
        Line(2, TODAY),
        Line(3, TODAY, kind="forget"),
        Line(4, TODAY, kind="suspend", undone=1),
        Line(5, TODAY, undone=1),
        Line(5, TODAY),
        Line(16, TODAY),
    )
    assert counting.card_states(db.rows, ME, TODAY)["unknown"] == 4


def test_dues_are_counted_by_study_day(db):
    """Reviews by their stored day, steps by the study day of their moment, shelved and new ones never."""
    db.memory(1, state=2, due_day=TODAY - 3)
    db.memory(2, state=2, due_day=TODAY)
    db.memory(3, state=1, due_at=DAYS.end(TODAY) - 1)
    db.memory(4, state=3, due_at=DAYS.end(TODAY))
    db.memory(5, state=2, due_day=TODAY, shelf=1)
    db.memory(6, state=1, due_at=DAYS.start(TODAY), shelf=1)
    db.memory(7)
    db.memory(8, state=2, due_day=TODAY, learner=OTHER)
    assert counting.dues_by_day(db.rows, ME, DAYS) == {TODAY - 3: 1, TODAY: 2, TODAY + 1: 1}


def test_states_and_dues_of_a_deck(db):
    """A deck's cards alone are counted."""
    for number, deck in ((1, "registry"), (2, "kitchen")):
        db.card(number, deck)
        db.memory(number, state=2, due_day=TODAY, last_day=TODAY - 2)
    assert counting.dues_by_day(db.rows, ME, DAYS, decks=["kitchen"]) == {TODAY: 1}
    assert counting.card_states(db.rows, ME, TODAY, decks=["kitchen"])["young"] == 1
    assert sum(counting.card_states(db.rows, ME, TODAY, decks=["x"]).values()) == 0


# Days missed


def test_a_day_with_nothing_due_is_not_missed(db):
    """Answered, due in 3 days, answered then: the two days between had nothing due."""
    db.log(Line(1, TODAY - 3, due=TODAY), Line(1, TODAY, due=TODAY + 9))
    assert missed(db) is None


def test_a_day_with_something_due_and_no_answer_is_missed(db):
    """Due on the day before yesterday and answered today: yesterday was the last missed day."""
    db.log(Line(1, TODAY - 5, due=TODAY - 2), Line(1, TODAY, due=TODAY + 9))
    assert missed(db) == TODAY - 1
    assert missed(db, decks=["registry"]) is None


def test_today_is_not_missed_before_it_is_studied(db):
    """Due today and not yet answered breaks nothing; the day after it does."""
    db.log(Line(1, TODAY - 1, due=TODAY))
    db.memory(1, state=2, due_day=TODAY)
    assert missed(db) is None
    assert missed(db, today=TODAY + 1) == TODAY


def test_a_step_left_over_night_is_due(db):
    """A step due on the evening of an unfinished day makes the unstudied next day a missed one."""
    db.log(Line(1, TODAY - 2, due_at=DAYS.end(TODAY - 2) - 1), Line(1, TODAY))
    assert missed(db) == TODAY - 1


def test_a_days_own_backlog_does_not_break_when_it_was_studied(db):
    """A card overdue since 5 days misses only the days without any answer."""
    db.log(Line(1, TODAY - 9, due=TODAY - 5), *(Line(2, TODAY - back) for back in (8, 7, 6, 5, 3, 2, 1)))
    db.memory(1, state=2, due_day=TODAY - 5)
    assert missed(db) == TODAY - 4


@pytest.mark.parametrize("kind", ["suspend", "forget", "due", "reschedule"])
def test_a_card_put_away_in_between_was_not_due(db, kind):
    """A pause by suspending (or a forget, or a due date set by hand) does not break a row."""
    act = Line(8, TODAY - 4, kind=kind)
    db.alias(8, 1)
    lines = (Line(1, TODAY - 5, due=TODAY - 2), act, Line(1, TODAY))
    db.log(*lines)
    assert missed(db) is None
    db.clear()
    db.alias(8, 1)
    db.log(lines[0], replace(act, undone=1), lines[2])
    assert missed(db) == TODAY - 1


def test_only_what_happened_in_between_puts_a_card_away(db):
    """A suspend before the earlier answer, after the later one, or of another card changes nothing."""
    act = Line(1, TODAY - 5, kind="suspend")
    earlier, later = Line(1, TODAY - 5, due=TODAY - 2), Line(1, TODAY)
    for lines in (
        (act, earlier, later),
        (earlier, later, replace(act, day=TODAY)),
        (earlier, replace(act, card=2), later),
    ):
        db.clear()
        db.log(*lines)
        assert missed(db) == TODAY - 1


def test_the_last_day_of_a_gap_decides(db):
    """Due on the last unstudied day is missed, due the day after is not; so with moments."""
    for due, expected in ((TODAY - 1, TODAY - 1), (TODAY, None)):
        db.clear()
        db.log(Line(1, TODAY - 5, due=due), Line(1, TODAY))
        assert missed(db) == expected
    for due_at, expected in ((DAYS.end(TODAY - 1) - 1, TODAY - 1), (DAYS.end(TODAY - 1), None)):
        db.clear()
        db.log(Line(1, TODAY - 5, due_at=due_at), Line(1, TODAY))
        assert missed(db) == expected


def test_both_ways_of_looking_for_a_gap_agree(db):
    """The newest gap is found from the few answers after it, an old one from the few before it."""
    many = [Line(card, TODAY - back, due=TODAY + 99) for back in range(20) for card in (10 + back, 40 + back)]
    early = [Line(1, TODAY - 30, due=TODAY - 25)]
    db.log(*early, *reversed(many), Line(1, TODAY))
    assert missed(db) == TODAY - 20
    db.clear()
    db.log(Line(1, TODAY - 30, due=TODAY - 19), *reversed(many), Line(1, TODAY))
    assert missed(db) is None


# Against a naive reading

LOGS = st.lists(
    st.builds(
        Line,
        card=st.integers(1, 5),
        day=st.integers(0, 8),  # steps forward, made into days below
        rating=st.integers(1, 4),
        interval=st.sampled_from([None, None, 0, 1, 20, 21]),
        took=st.sampled_from([None, 500, 60_000, 61_000]),
        state=st.sampled_from([None, 0, 1, 2, 3]),
        due=st.sampled_from([None, 0, 1, 2, 3, 5, 6, 21, 30]),  # days ahead, made into a day below
        undone=st.sampled_from([0, 0, 0, 1]),
        kind=st.sampled_from(["", "", "", "", "", "suspend", "bury", "forget"]),
        mode=st.sampled_from([None, "reveal", "choice", "type"]),
    ),
    max_size=30,
)
STEPS = [0, 0, 0, 1, 1, 2, 5, 21, -1]
CLASSES = st.dictionaries(st.sampled_from([4, 5]), st.sampled_from([1, 2]))
MEMORIES = st.dictionaries(st.integers(1, 3), st.integers(TODAY - 5, TODAY + 90))


def on_days(lines):
    """The log with days that mostly go forward and sometimes one back, as after a journey."""
    day, dated = TODAY, []
    for line in lines:
        day += STEPS[line.day]
        dated.append(replace(line, day=day, due=None if line.due is None else day + line.due))
    return dated


def naive_answers(lines, classes):
    """Live answers per card in the order of the log: card -> [(place, line)]."""
    cards = defaultdict(list)
    for place, line in enumerate(lines):
        if not line.undone and not line.kind:
            cards[classes.get(line.card, line.card)].append((place, line))
    return cards


def naive_days(lines, classes):
    """Recall and effort by day, recall by mode, read one answer after the other."""
    recall, effort = defaultdict(lambda: [0] * 6), defaultdict(lambda: [0] * 6)
    modes = defaultdict(lambda: [0] * 4)
    for answers in naive_answers(lines, classes).values():
        first_of_day = {}
        for index, (_, line) in enumerate(answers):
            cost = effort[line.day]
            cost[0] += 1
            cost[1] += min(line.took or 0, 60_000)
            if line.day not in first_of_day:
                before = answers[index - 1][1].day if index else None
                first_of_day[line.day] = line
                gap = line.interval
                if gap is None:
                    gap = line.day - before if before is not None else 0
                new = line.state == 0 or (line.state is None and before is None)
                times = [answer.took for _, answer in answers if answer.day == line.day]
                timed = [min(took, 60_000) for took in times if took is not None]
                if timed:
                    cost[2 if new else 4] += 1
                    cost[3 if new else 5] += sum(timed)
                passed = int(line.rating > 1)
                counts = recall[line.day]
                counts[0] += 1
                counts[1] += passed
                if gap >= 1:
                    at = 2 if gap < 21 else 4
                    counts[at] += passed
                    counts[at + 1] += 1
                    modes[line.mode][at - 2] += passed
                    modes[line.mode][at - 1] += 1
    return (
        [(day, *counts) for day, counts in sorted(recall.items())],
        [(day, *counts) for day, counts in sorted(effort.items())],
        {(mode, *counts) for mode, counts in modes.items()},
    )


def naive_missed(lines, classes, dues, today):
    """The newest missed day, by asking of every past day whether something was due on it."""
    cards = naive_answers(lines, classes)
    studied = {line.day for answers in cards.values() for _, line in answers if line.day <= today}
    put_away = [
        (place, classes.get(line.card, line.card))
        for place, line in enumerate(lines)
        if line.kind in {"suspend", "forget"} and not line.undone
    ]

    def was_due(day):
        if any(due <= day for due in dues.values()):
            return True
        for card, answers in cards.items():
            for (place, line), (next_place, later) in pairwise(answers):
                away = any(place < at < next_place and whose == card for at, whose in put_away)
                if line.due is not None and line.day <= day < later.day and line.due <= day and not away:
                    return True
        return False

    past = range(min(studied, default=today), today)
    return max((day for day in past if day not in studied and was_due(day)), default=None)


def check_against_naive(db, lines, classes, memories, today):
    """Fill the database and compare every count by day."""
    lines = on_days(lines)
    db.clear()
    db.log(*lines)
    db.log(Line(1, TODAY, interval=3), Line(2, TODAY + 1, interval=30), learner=OTHER)
    for old, card in classes.items():
        db.alias(old, card)
    for number, due in memories.items():
        db.memory(number, state=2, due_day=due)
    recall, effort, modes = naive_days(lines, classes)
    assert counting.recall_by_day(db.rows, ME) == recall
    assert counting.effort_by_day(db.rows, ME) == effort
    everything = {"since": counting.FIRST_DAY, "until": counting.LAST_DAY}
    assert {*counting.recall_by_group(db.rows, ME, "mode", **everything)} == modes
    middle = [row for row in recall if TODAY + 2 <= row[0] <= TODAY + 40]
    assert counting.recall_by_day(db.rows, ME, since=TODAY + 2, until=TODAY + 40) == middle
    assert missed(db, today) == naive_missed(lines, classes, memories, today)


SHARED = Database()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LOGS, CLASSES, MEMORIES, st.integers(TODAY, TODAY + 90))
def test_counts_equal_a_naive_reading(lines, classes, memories, today):
    """On random logs with undone answers, repeats, no intervals, old keys and acts, SQL counts as Python."""
    check_against_naive(SHARED, lines, classes, memories, today)


@pytest.mark.nightly
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LOGS, CLASSES, MEMORIES, st.integers(TODAY, TODAY + 90))
def test_counts_equal_a_naive_reading_of_very_many_logs(lines, classes, memories, today):
    """The same on thousands of logs."""
    check_against_naive(SHARED, lines, classes, memories, today)


@settings(max_examples=50, deadline=None)
@given(LOGS, CLASSES, MEMORIES, st.integers(TODAY, TODAY + 90))
def test_an_undone_answer_is_as_if_it_had_not_been(lines, classes, memories, today):
    """Counts with undone answers equal counts without those lines."""
    results = []
    for kept in (on_days(lines), [line for line in on_days(lines) if not line.undone]):
        SHARED.clear()
        SHARED.log(*kept)
        for old, card in classes.items():
            SHARED.alias(old, card)
        for number, due in memories.items():
            SHARED.memory(number, state=2, due_day=due)
        results.append(
            (
                counting.recall_by_day(SHARED.rows, ME),
                counting.effort_by_day(SHARED.rows, ME),
                missed(SHARED, today),
            )
        )
    assert results[0] == results[1]


# The texts themselves


def run_all(rows, decks=()):
    """Every query of the module, both ways of looking for a gap among them."""
    recall = counting.recall_by_day(rows, ME, decks=decks)
    counting.effort_by_day(rows, ME, decks=decks)
    for by in counting.GROUPS:
        counting.recall_by_group(rows, ME, by, since=TODAY - 29, until=TODAY, decks=decks)
    counting.card_states(rows, ME, TODAY, decks=decks)
    counting.dues_by_day(rows, ME, DAYS, decks=decks)
    for days in ([(TODAY - 9, 5), (TODAY - 5, 1)], [(TODAY - 9, 1), (TODAY - 5, 5), (TODAY - 2, 9)]):
        known = [counting.DayOfRecall(day, cards, 0, 0, 0, 0, 0) for day, cards in days]
        counting.last_missed_day(rows, ME, DAYS, TODAY, recall=known, dues={}, decks=decks)
    return recall


@pytest.mark.parametrize("decks", [(), ("registry",), ("registry", "kitchen")])
def test_no_query_scans_a_table_of_the_log(db, decks):
    """Every step into review, memory, act, alias or card searches, by learner where there is one."""
    db.log(*(Line(card, TODAY - back, interval=None) for back in range(9) for card in range(9)))
    plans = []

    def rows(sql, bound):
        plan = [step[3] for step in db.connection.execute(f"EXPLAIN QUERY PLAN {sql}", bound)]
        plans.append((sql, plan))
        return []

    run_all(rows, decks)
    # Recall, effort and two groups from sums ask for the fresh days first, then for the sums; by tag,
    # cards are asked for and then the tags of all.
    assert len(plans) == 4 * 2 + 2 + 3 + 5
    for sql, plan in plans:
        for step in plan:
            verb, name, *_ = step.split()
            if verb == "SCAN":
                if "card_tag" in step:
                    continue
                assert name in {"n", "k", "firsts", "CONSTANT", "numbered"} or name.startswith("("), sql
            if verb == "SEARCH" and name in set("rpomtud") and "INDEX card_tag" not in step:
                assert "(learner=?" in step, step
            if verb == "SEARCH" and name in {"p", "t"} and "INDEX card_tag" not in step:
                assert "(learner=? AND card=?" in step, step
        # The days asked for are one range of the sums, or of the index by day.
        if ":since" in sql:
            table = "PRIMARY KEY (learner=? AND part=?" if "daily" in sql else "review_day (learner=?"
            assert any(f"{table} AND study_day>? AND study_day<?)" in step for step in plan), plan
        # What was answered above the mark is one range of the log.
        if "daily_mark" in sql:
            assert any("r USING PRIMARY KEY (learner=? AND id>?)" in step for step in plan), plan


def test_dues_are_counted_along_the_partial_indexes(db):
    """Counting dues of all decks walks the two partial indexes, never a shelved or new card."""
    plans = []

    def rows(sql, bound):
        plans.extend(step[3] for step in db.connection.execute(f"EXPLAIN QUERY PLAN {sql}", bound))
        return []

    counting.dues_by_day(rows, ME, DAYS)
    assert [step.split("USING ")[1].removeprefix("COVERING ").split(" (")[0] for step in plans] == [
        "INDEX memory_due_day",
        "INDEX memory_due_at",
    ]


def test_sqlalchemy_runs_the_same_texts(tmp_path):
    """Behind SQLAlchemy every text binds its names and gives the counts bare sqlite3 gives."""
    engine = create_engine(f"sqlite:///{tmp_path / 'srs.db'}")
    SQLModel.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO review (learner, id, card, at, study_day, rating, interval_before, device,"
                " undone, follows) VALUES ('me', x'01', x'02', 1, 20000, 3, 4, 'd', 0, 1)"
            )
        )

        def rows(sql, bound):
            return [tuple(row) for row in connection.execute(text(sql), bound)]

        assert run_all(rows) == [(TODAY, 1, 1, 1, 1, 0, 0)]
        assert run_all(rows, ["registry", "kitchen"]) == []
    engine.dispose()
