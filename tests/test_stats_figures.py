"""The figures behind the views: intervals that hold, calibration, knowledge, histograms, hours, rollover."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from math import floor, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import DAY_MS, DAYS, START, Clock, answer_card, filled, make_due, memories_of

from srs.activity import calendar, hours, time_spent
from srs.calibration import _fsrs_bins, calibrate
from srs.cli.context import Context
from srs.cli.stats import _cut, _source
from srs.grouping import by_weekday, group, weekday
from srs.histograms import EDGES, histogram
from srs.history import import_answers
from srs.knowledge import knowledge
from srs.model import ActKind, Rating
from srs.rollover import cut_by_rollover
from srs.scheduling import Scheduling
from srs.stats import wilson
from srs.store import figures
from srs.store.answers import card_by_card
from srs.store.daily import Sums
from srs.timeline import Timeline

TODAY = 20_782  # Wed 25 Nov 2026


# Intervals


@pytest.mark.parametrize("recall", [(18, 2), (9, 1), (30, 2), (4, 2)])
def test_wilson_intervals_cover_the_population_mean(recall):
    """Of 4,000 simulated learners with 50 to 400 answers, 93 to 98 % have their mean in the interval.

    Each answer has its own chance of recall, drawn round 0.90, 0.90, 0.94 and 0.67.
    """
    random = np.random.default_rng(7)
    held = 0
    for _ in range(4_000):
        chances = random.beta(*recall, random.integers(50, 401))
        passed = int((random.random(chances.size) < chances).sum())
        low, high = wilson(passed, chances.size)
        held += low <= recall[0] / sum(recall) <= high
    assert 0.93 <= held / 4_000 <= 0.98


# Calibration


def part(cards, at, day, rating, told):
    """A part of a log as the store writes it, all answers of cards met in review after 10 days."""
    packed = [
        ((((d + figures.DAY_ZERO) << figures.RATING_BITS | r) << 1 | 1) << figures.INTERVAL_BITS) | 11
        for d, r in zip(day, rating, strict=True)
    ]
    return figures.LogPart(
        b"".join(int(card).to_bytes(16, "big") for card in cards),
        ",".join(map(str, at)),
        ",".join(map(str, packed)),
        ",".join(str(int(p * figures.RECALL_ONE)) for p in told),
    )


class Made:
    """A log that is made up."""

    def __init__(self, *parts):
        self._parts = parts

    def parts(self):
        """Its answers."""
        return self._parts

    def forgets(self):
        """It has none."""
        return []

    def difficulties(self):
        """None was recorded."""
        return [",".join("0" * one.at.count(",") + "0") for one in self._parts]


def forecasts(truth, told, seed=3, answers_each=10):
    """A log whose answers were recalled with the chances `truth` and predicted with `told`."""
    random = np.random.default_rng(seed)
    size = len(truth)
    cards = np.arange(size) // answers_each + 1
    day = TODAY - 3_000 + 10 * (np.arange(size) % answers_each)
    rating = np.where(random.random(size) < truth, 3, 1)
    columns = (cards.tolist(), (day * DAY_MS).tolist(), day.tolist(), rating.tolist(), list(told))
    return Timeline(Made(part(*columns)), {}, {})


def test_true_forecasts_are_calibrated():
    """Where the predicted chance is the true one, the error is what chance alone makes it, AUC over half."""
    truth = np.random.default_rng(1).uniform(0.5, 0.99, 20_000)
    found = calibrate(forecasts(truth, truth))
    assert (found.share.total, found.recorded, found.replayed, found.unknown) == (20_000, 20_000, 0, 0)
    assert found.error == pytest.approx(found.by_chance, rel=0.6)
    assert found.by_chance < 0.01
    assert found.auc.value > 0.65
    assert abs(found.predicted - found.share.passed / found.share.total) < 0.01


def test_wrong_forecasts_are_told_by_how_much():
    """Predictions ten points too high have an error of ten points, and each bin says so."""
    truth = np.random.default_rng(2).uniform(0.6, 0.85, 20_000)
    found = calibrate(forecasts(truth, truth + 0.1))
    assert found.error == pytest.approx(0.1, abs=0.01)
    for one in found.bins:
        if one.share.total > 1_000:
            assert one.predicted - one.share.passed / one.share.total == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("figure", ["log_loss", "auc"])
def test_intervals_by_card_hold_the_figure_of_very_many_answers(figure):
    """Of 200 logs of 100 cards, 90 to 99 % have the figure of a very long log in their 95 % interval."""
    random = np.random.default_rng(4)
    everything = random.uniform(0.5, 0.98, 200_000)
    truth = getattr(calibrate(forecasts(everything, everything)), figure).value
    held = 0
    for seed in range(200):
        chances = random.uniform(0.5, 0.98, 1_000)
        found = getattr(calibrate(forecasts(chances, chances, seed=seed)), figure)
        held += found.low <= truth <= found.high
    assert 0.90 <= held / 200 <= 0.99


@given(st.lists(st.floats(0.001, 1) | st.sampled_from([k / 20 for k in range(1, 21)]), min_size=1))
def test_a_recorded_recall_is_read_to_its_last_bit(told):
    """Also by SQL: a prediction of 0.85 is no less, and belongs to the bin that begins with it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE r (recall REAL)")
        connection.executemany("INSERT INTO r VALUES (?)", [(one,) for one in told])
        read = [number for (number,) in connection.execute(f"SELECT {figures.RECALL} FROM r ORDER BY rowid")]
    assert (np.array(read, np.int64) / figures.RECALL_ONE).tolist() == told


def test_calibration_of_no_answers_is_empty():
    """Nothing to check is no figure, and no warning of NumPy."""
    found = calibrate(Timeline(Made(), {}, {}))
    assert (found.share.total, found.predicted, found.log_loss.value, found.bins) == (0, None, None, ())


def test_calibration_can_be_narrowed_to_days():
    """Only answers of the days asked for count."""
    truth = np.full(100, 0.9)
    found = calibrate(forecasts(truth, truth), since=TODAY - 3_000, until=TODAY - 2_990)
    assert found.share.total == 20


# The log as arrays


def test_the_timeline_ends_in_the_stored_memories(tmp_path):
    """Stability after each card's last line is the memory's, also after a forget and an undo."""
    clock = Clock(START)
    collection = filled(tmp_path, clock, 6)
    for turn in range(40):
        clock.advance(days=turn % 5, minutes=11)
        answer_card(collection, f"c{turn % 6}", Rating(1 + turn * 7 % 4))
        if turn in {12, 30}:
            collection.act(ActKind.FORGET, collection.find("c2").key)
        if turn == 20:
            collection.undo()
    log = figures.Log(collection.rows, collection.learner)
    timeline = Timeline(log, figures.decks_of_cards(collection.rows), {})
    last = np.append(timeline.first[1:], True)
    believed = sorted(timeline.stability[last & ~timeline.forget])
    stored = sorted(m.stability for m in memories_of(collection).values() if m.stability is not None)
    assert believed == pytest.approx(stored)
    assert timeline.forget.sum() == 2
    collection.close()


@pytest.mark.parametrize("clock_goes", [10, -10])
def test_days_since_the_answer_before_are_counted_within_a_life(tmp_path, clock_goes):
    """After a forget the days between answers are those of the calendar, also where the clock went back."""
    clock = Clock(START)
    collection = filled(tmp_path, clock, 1)
    answer_card(collection, "c0", Rating.EASY)
    clock.advance(days=20)
    collection.act(ActKind.FORGET, collection.find("c0").key)
    clock.advance(days=clock_goes)
    answer_card(collection, "c0", Rating.EASY)
    clock.advance(days=12)
    answer_card(collection, "c0", Rating.GOOD)
    timeline = Timeline(
        figures.Log(collection.rows, collection.learner), figures.decks_of_cards(collection.rows), {}
    )
    (found,) = _fsrs_bins(timeline, np.flatnonzero(timeline.true_retention))
    assert found // 1_000 == floor(log(12) / log(3.62))
    collection.close()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_answers_are_put_card_by_card_also_where_keys_share_a_half(halves):
    """Cards are told apart by their whole keys, in order of key, and a card's answers stay in their order."""
    keys = [high.to_bytes(8, "big") + low.to_bytes(8, "big") for high, low in halves]
    known, card, order = card_by_card(b"".join(keys))
    assert known == sorted(set(keys))
    assert order.tolist() == sorted(range(len(keys)), key=keys.__getitem__)
    assert [known[place] for place in card] == sorted(keys)


@pytest.mark.parametrize("at_once", [1, 3, 7, 1_000])
def test_the_log_is_the_same_in_parts_of_any_size(tmp_path, monkeypatch, at_once):
    """Where one part ends and the next begins changes no array."""
    clock = Clock(START)
    collection = filled(tmp_path, clock, 3)
    for turn in range(14):
        clock.advance(days=1)
        answer_card(collection, f"c{turn % 3}", Rating.GOOD)
        if turn == 6:
            collection.act(ActKind.FORGET, collection.find("c0").key)
    log = figures.Log(collection.rows, collection.learner)
    whole = Timeline(log, {}, {})
    monkeypatch.setattr(figures, "ANSWERS_AT_ONCE", at_once)
    parts = Timeline(log, {}, {})
    for name in ("at", "rating", "study_day", "recall", "interval_before", "stability"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    collection.close()


# Knowledge


def test_knowledge_now_is_the_sum_of_displayed_recall(tmp_path):
    """The last point is the sum of what each card shows now; a suspended card is still known."""
    clock = Clock(START)
    collection = filled(tmp_path, clock, 5)
    for card in range(4):
        make_due(collection, f"c{card}", days_ago=card)
    collection.act(ActKind.SUSPEND, collection.find("c1").key)
    clock.advance(days=3, minutes=77)
    timeline = Timeline(figures.Log(collection.rows, collection.learner), {}, {})
    found = knowledge(timeline, DAYS, clock())
    shown = [Scheduling().recall(memory, clock()) for memory in memories_of(collection).values()]
    assert found.points[-1].known == pytest.approx(sum(recall or 0 for recall in shown))
    assert (found.points[-1].cards, found.points[-1].day, found.every) == (4, clock.today, 1)
    collection.close()


def test_knowledge_of_very_many_days_has_gaps_that_end_today(tmp_path, monkeypatch):
    """Where cards times days are too many, points stand some days apart, the last one today."""
    clock = Clock(START)
    collection = filled(tmp_path, clock, 2)
    answer_card(collection, "c0", Rating.EASY)
    clock.advance(days=100)
    timeline = Timeline(figures.Log(collection.rows, collection.learner), {}, {})
    whole = {point.day: point for point in knowledge(timeline, DAYS, clock()).points}
    monkeypatch.setattr("srs.knowledge.MOST_POINTS", 30)
    found = knowledge(timeline, DAYS, clock())
    assert found.every == 4
    assert [point.day for point in found.points][-2:] == [clock.today - 4, clock.today]
    assert all(whole[point.day] == point for point in found.points)
    collection.close()


# Histograms


@given(st.sampled_from(sorted(EDGES)), st.lists(st.floats(0, 40_000), max_size=60))
def test_a_histogram_counts_every_card_once(name, values):
    """Bins add up to the cards, lie side by side, begin and end with a card; the median halves them."""
    found = histogram(name, values)
    assert sum(bar.cards for bar in found.bars) == found.cards == len(values)
    for bar, after in zip(found.bars, found.bars[1:], strict=False):
        assert bar.high == after.low
    if values:
        assert found.bars[0].cards
        assert found.bars[-1].cards
        assert sum(value < found.median for value in values) <= len(values) / 2
        assert sum(value > found.median for value in values) <= len(values) / 2


# What was done when


def sums(group_of, answers, *, ms=0):
    """Sums of answers that all passed, a card each."""
    timed = answers if ms else 0
    return Sums((group_of,), 0, 0, answers, 0, timed, ms, 0, 0, timed, answers, answers, 0, 0, 0, 0)


def test_the_calendar_is_a_year_that_ends_today():
    """365 days, today the last; a day before it or after today is not in it."""
    days = calendar([sums(TODAY, 3), sums(TODAY - 364, 5), sums(TODAY - 365, 7), sums(TODAY + 1, 9)], TODAY)
    assert [days[0].day, days[-1].day, len(days)] == [TODAY - 364, TODAY, 365]
    assert {day.day: day.answers for day in days if day.answers} == {TODAY: 3, TODAY - 364: 5}


def test_weeks_begin_on_monday():
    """Today is a Wednesday: Monday is in this week, the Sunday before it in the last one."""
    assert weekday(TODAY) == "Wednesday"
    found = time_spent([sums(TODAY - 2, 3, ms=60_000), sums(TODAY - 3, 5, ms=120_000)], TODAY)
    assert [(week.monday, week.spent.answers) for week in found.weeks[-2:]] == [
        (TODAY - 9, 5),
        (TODAY - 2, 3),
    ]
    assert found.periods["7d"].ms == 180_000
    assert found.periods["today"].answers == 0


def test_all_hours_are_told_and_the_unknown_one_last():
    """24 hours whatever was answered; answers without a clock get a row only where there are any."""
    assert [one.hour for one in hours([sums(9, 2)])] == [*range(24)]
    assert [(one.hour, one.answers) for one in hours([sums(None, 2)])][-1] == (None, 2)


def test_weekdays_stand_from_monday_and_add_up():
    """Groups are in the order of the week and hold the answers of their days."""
    recall = [(TODAY - back, 1, 1, 1, 2, 0, 1) for back in range(14)]
    table = group(
        now=DAYS.start(TODAY), days=DAYS, by="weekday", rows=by_weekday(recall), recall=recall, aim=0.9
    )
    assert [name for name, _ in table.groups][:3] == ["Monday", "Tuesday", "Wednesday"]
    assert {row.all.total for _, row in table.groups} == {6}
    assert table.all.all.total == 42


# The rollover


def test_a_rollover_within_study_is_told_with_the_quiet_hour():
    """Study from 20 to 2 and a day that turns at 0: the middle of the quiet time is proposed."""
    evening = dict.fromkeys([20, 21, 22, 23, 0, 1], 50)
    found = cut_by_rollover(evening, 0)
    assert (found.around, found.answers, found.quiet) == (100, 300, 11)
    assert found.sentence == (
        "Your study day is cut where you study: 33 % of your answers are within an hour of 00:00."
        " srs config set rollover 11 ends it at 11:00, which is quiet."
    )
    assert found._replace(imported=True).sentence == (
        "Your study day is cut where you study: 33 % of your imported answers are within an hour of 00:00,"
        " where their days end. srs undo takes the import back, and srs log import with --rollover 11, or"
        " with the --zone of those days, ends them elsewhere."
    )


@pytest.mark.parametrize(
    ("answers", "rollover"),
    [
        (dict.fromkeys([20, 21, 22], 100), 4),  # nothing near it
        ({3: 10, 4: 10, 20: 180}, 4),  # a tenth, not more
        ({3: 50, 4: 50, 20: 99}, 4),  # too few
        (dict.fromkeys(range(24), 50), 4),  # nowhere quieter
    ],
)
def test_a_rollover_that_is_well_is_not_told(answers, rollover):
    """Nothing is said where it is quiet, where answers are few, and where no hour is better."""
    assert cut_by_rollover(answers, rollover) is None


def told_of(database, clock):
    """What `srs stats --json` says of the rollover."""
    context = Context(db=str(database), env={}, now=clock)
    context._days = DAYS
    with context.peek() as peek:
        found = _cut(_source(context, peek.rows, (), None, None))
    return found and found.as_json()


@pytest.mark.sqlite_file
def test_imported_answers_are_judged_by_the_rollover_of_their_import(tmp_path, monkeypatch):
    """Taken back and imported with another one they are well; own answers go by the one that is set."""
    monkeypatch.setenv("SRS_CONFIG", str(tmp_path / "config.toml"))
    clock = Clock()
    night = DAYS.start(DAYS.day(START) - 20)
    lines = [
        f"d0/c{n % 3},3,{night + day * DAY_MS + n * 60_000},5000" for day in range(20) for n in range(-9, 9)
    ]
    file = tmp_path / "night.csv"
    file.write_text("\n".join(["card,rating,reviewed_at,took_ms", *lines]) + "\n")
    with filled(tmp_path, clock, 3) as collection:
        import_answers(collection, file)
        cut = told_of(tmp_path / "cards.db", clock)
        assert cut == {"rollover": 4, "quiet": 16, "answers": 360, "around": 360, "around_quiet": 0} | {
            "imported": True
        }
        collection.undo()
        assert told_of(tmp_path / "cards.db", clock) is None
        import_answers(collection, file, rollover=16)
        assert told_of(tmp_path / "cards.db", clock) is None
        for _ in range(210):
            clock.now = DAYS.start(DAYS.day(clock.now)) + 1000
            answer_card(collection, "d0/c0", 3)
        own = told_of(tmp_path / "cards.db", clock)
        assert (own["imported"], own["answers"], own["around"]) == (False, 210, 210)


@settings(max_examples=200)
@given(st.dictionaries(st.integers(0, 23), st.integers(0, 200)), st.integers(0, 23))
def test_the_hour_proposed_is_really_quieter(answers, rollover):
    """Moving the rollover there leaves at most a third of the answers round it, and is then well."""
    found = cut_by_rollover(answers, rollover)
    if found is not None:
        counts = Counter(answers)
        assert counts[found.quiet] + counts[(found.quiet - 1) % 24] == found.around_quiet
        assert 3 * found.around_quiet <= found.around
        after = cut_by_rollover(answers, found.quiet)
        assert after is None or after.quiet == found.quiet
