"""How much statistics read: counted in statements and steps of SQLite, which no busy machine changes."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from world import DAYS, LEARNER, START, Clock, answer_card, filled

from srs.cli.context import Context
from srs.cli.stats import _rows, _source
from srs.cli.stats_views.page import Page
from srs.history import import_answers
from srs.store import figures
from srs.store.answers import live_answers
from srs.timeline import Timeline

pytestmark = pytest.mark.sqlite_file

CARDS, STUDIED = 20, 30
FEW, MANY = 1, 10
MOST_STEPS_AN_ANSWER = 60
"""Of SQLite's machine, for a pass over the log; 53 where everything is read, 30 for a refold."""


class Counting:
    """`rows` on a database: `steps` of SQLite's machine so far, in tens, and the statements `asked`."""

    def __init__(self, connection):
        self.steps = 0
        self.asked = []
        self._connection = connection
        connection.set_progress_handler(self._step, 10)

    def _step(self):
        self.steps += 10

    def __call__(self, sql, params):
        """Run a query."""
        self.asked.append(sql)
        return self._connection.execute(sql, params).fetchall()

    def plan(self, sql, params):
        """How SQLite goes about a query."""
        return [row[3] for row in self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", params)]


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """Two databases with the same cards and days, and FEW or MANY answers to each card on each day."""
    made = {}
    for times in (FEW, MANY):
        folder = tmp_path_factory.mktemp(f"times{times}")
        clock = Clock()
        began = datetime.fromtimestamp(START / 1000, UTC) - timedelta(days=STUDIED)
        lines = [
            f"d0/c{card},3,{(began + timedelta(days=day, seconds=60 * card + answer)).isoformat()},1000"
            for day in range(STUDIED)
            for card in range(CARDS)
            for answer in range(times)
        ]
        path = folder / "answers.csv"
        path.write_text("\n".join(["card,rating,reviewed_at,took_ms", *lines]) + "\n", encoding="utf-8")
        with filled(folder, clock, CARDS) as collection:
            assert import_answers(collection, path).new == len(lines)
        made[times] = folder / "cards.db"
    return made


def counting(database):
    """`rows` on a database."""
    return Counting(sqlite3.connect(database))


def half_screen(database):
    """The steps that drawing the half screen takes."""
    context = Context(db=str(database), env={}, now=lambda: START)
    context._days = DAYS
    with context.peek() as peek:
        rows = Counting(peek._connection)
        assert _rows(_source(context, rows, (), None, None), None, Page(80))
    return rows.steps


def test_the_half_screen_reads_sums_and_not_answers(databases):
    """`srs stats` takes no more steps where each day has ten times as many answers."""
    few, many = (half_screen(databases[times]) for times in (FEW, MANY))
    assert few > 1_000
    assert many < 1.05 * few


@pytest.mark.parametrize(
    "work",
    [
        lambda rows: list(figures.log_parts(rows, LEARNER)),
        lambda rows: live_answers(rows, LEARNER, moments=False),
    ],
    ids=["timeline", "refold"],
)
def test_a_pass_over_the_log_takes_few_steps_an_answer(databases, work):
    """Reading the whole log costs a bounded number of steps an answer: no sorting, no rows looked up."""
    few, many = (counting(databases[times]) for times in (FEW, MANY))
    work(few)
    work(many)
    assert (many.steps - few.steps) / (CARDS * STUDIED * (MANY - FEW)) < MOST_STEPS_AN_ANSWER


def test_the_log_is_joined_in_the_order_of_its_ids(databases, monkeypatch):
    """A part of the log is a range of the table itself, so that what is joined is in the order of the log."""
    rows = counting(databases[MANY])
    monkeypatch.setattr(figures, "ANSWERS_AT_ONCE", 1_000)
    parts = list(figures.log_parts(rows, LEARNER))
    assert len(parts) == CARDS * STUDIED * MANY // 1_000
    bound = {"learner": LEARNER, "after": b"", "last": b"\xff" * 16}
    joined = [sql for sql in rows.asked if "group_concat" in sql]
    assert len(joined) >= len(parts)
    for sql in set(joined):
        first, *others = rows.plan(sql, bound)
        assert first == "SEARCH r USING PRIMARY KEY (learner=? AND id>? AND id<?)"
        assert all(other.startswith("SEARCH a USING PRIMARY KEY") for other in others)
    moments = [int(at) for part in parts for at in part.at.split(",")]
    assert moments == sorted(moments)


def test_a_log_of_its_own_is_read_once(tmp_path):
    """Where no history begins mid-way, difficulties are not read: one pass over the log is all."""
    clock = Clock()
    with filled(tmp_path, clock, 3) as collection:
        for _ in range(4):
            for card in range(3):
                answer_card(collection, f"d0/c{card}", 3)
            clock.advance(days=10)
    rows = counting(tmp_path / "cards.db")
    timeline = Timeline(figures.Log(rows, LEARNER), {}, {})
    assert len(timeline) == 12
    assert timeline.interval_before.max() > 1
    assert sum("group_concat" in sql for sql in rows.asked) == 1
