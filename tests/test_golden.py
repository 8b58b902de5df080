"""Golden traces: our stability and difficulty against `fsrs` alone, fed with study days computed here."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import fsrs
import numpy as np
import pytest
from fsrs.scheduler import LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS
from histories import KNOWN, OPTION_SETS, seeded

from srs.days import StudyDays
from srs.fold import answer_line, fold, step
from srs.model import Memory, Options, Rating
from srs.refold import refold
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling

HISTORIES = 1_000
# Zones on both hemispheres with and without summer time, and the nights around its changes, leap days,
# a year's end: (zone, first local dates of histories).
PLACES = (
    ("America/New_York", ("2026-03-06", "2026-10-30", "2028-02-27")),
    ("Europe/Berlin", ("2026-03-27", "2026-10-23", "2024-02-28")),
    ("Australia/Sydney", ("2026-04-03", "2026-10-02", "2027-12-30")),
    ("America/Santiago", ("2026-04-03", "2026-09-04", "2028-02-28")),
    ("Australia/Lord_Howe", ("2026-04-04", "2026-10-03")),
    ("Asia/Kathmandu", ("2024-02-27", "2026-06-01")),
    ("Pacific/Auckland", ("2026-04-03", "2026-09-25", "2028-02-28")),
    ("UTC", ("2028-02-28", "2026-12-31")),
)
MINUTE, HOUR = 60, 3_600
NOON = datetime(1970, 1, 1, 12, tzinfo=UTC)


def study_date(ms, zone, rollover):
    """The study day of a moment, by arithmetic on the offset: no code shared with `srs.days`."""
    seconds = ms // 1000
    offset = int(datetime.fromtimestamp(seconds, zone).utcoffset().total_seconds())
    return date(1970, 1, 1) + timedelta(days=(seconds + offset - rollover * HOUR) // 86_400)


def random_moments(source, zone, first):
    """Moments (ms) of a learner's answers: minutes later, tonight, next morning, next week, next year."""
    at = int(datetime.fromisoformat(f"{first}T21:30").replace(tzinfo=zone).timestamp())
    moments = []
    for _ in range(source.randrange(2, 20)):
        moments.append(at * 1000 + source.randrange(1000))
        kind = source.choice(["steps", "steps", "hours", "evening", "morning", "days", "days", "long"])
        if kind == "steps":
            at += source.randrange(30, 20 * MINUTE)
        elif kind == "hours":
            at += source.randrange(HOUR, 12 * HOUR)
        elif kind in {"evening", "morning"}:
            wall = datetime.fromtimestamp(at, zone) + timedelta(days=1)
            hour = source.randrange(20, 24) if kind == "evening" else source.randrange(1, 9)
            at = max(at + 60, int(wall.replace(hour=hour, minute=source.randrange(60)).timestamp()))
        else:
            at += source.randrange(86_400, (20 if kind == "days" else 700) * 86_400)
    return moments


def random_history(seed):
    """Zone, rollover, parameters, options and (moment, rating) pairs of one card."""
    source = seeded(seed)
    name, firsts = source.choice(PLACES)
    zone = ZoneInfo(name)
    bounds = zip(LOWER_BOUNDS_PARAMETERS, UPPER_BOUNDS_PARAMETERS, strict=True)
    anywhere = tuple(source.uniform(low, high) for low, high in bounds)
    parameters = DEFAULT_PARAMETERS if seed % 2 else anywhere
    moments = random_moments(source, zone, source.choice(firsts))
    answers = [(at, source.choice([1, 2, 3, 3, 3, 4])) for at in moments]
    return zone, source.choice([4, 4, 0, 1, 5, 22]), parameters, source.choice(OPTION_SETS), answers


def replayed_by_fsrs(zone, rollover, parameters, answers):
    """Stability and difficulty after each answer, by `fsrs` alone."""
    scheduler = fsrs.Scheduler(parameters, enable_fuzzing=False, maximum_interval=1_000)
    card, found = fsrs.Card(card_id=1, due=NOON), []
    for at, rating in answers:
        day = study_date(at, zone, rollover)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), noon)
        found.append((card.stability, card.difficulty))
    return found


def answered_by_us(zone, rollover, parameters, options, answers):
    """Stability and difficulty after each answer, and the lines, as the program makes them."""
    days, rules = StudyDays(zone, rollover), Scheduling(parameters, options)
    memory, lines, found = Memory(), [], []
    for number, (at, rating) in enumerate(answers):
        day = days.day(at)
        outcome = rules.outcomes(memory, key=b"card", study_day=day)[rating - 1]
        line = answer_line(
            memory,
            outcome,
            id=number.to_bytes(16, "big"),
            card=b"card",
            at=at,
            study_day=day,
            options=options.name(),
            recall=rules.recall(memory, at),
        )
        memory = step(memory, line, scheduling=rules, options=KNOWN)
        lines.append(line)
        found.append((memory.stability, memory.difficulty))
    return found, lines


def test_a_thousand_histories_give_what_fsrs_gives():
    """Over 1,000 random histories our S and D are those of `fsrs` fed with study days, to 1e-9."""
    overnight = 0
    for seed in range(HISTORIES):
        zone, rollover, parameters, options, answers = random_history(seed)
        theirs = replayed_by_fsrs(zone, rollover, parameters, answers)
        ours, lines = answered_by_us(zone, rollover, parameters, options, answers)
        assert np.allclose(ours, theirs, rtol=1e-9, atol=0), seed
        folded = fold(lines, scheduling=Scheduling(parameters), options=KNOWN)
        assert (folded.memory.stability, folded.memory.difficulty) == ours[-1]
        pairs = pairwise(lines)
        overnight += sum(b.study_day - a.study_day == 1 and b.at - a.at < 86_400_000 for a, b in pairs)
    # Without these, counting periods of 24 hours would pass as well.
    assert overnight > 500


def test_the_numpy_fold_gives_what_fsrs_gives():
    """The fold in NumPy agrees with `fsrs` alone on every answer of the same histories, to 1e-9."""
    rows, expected = [], []
    for card, seed in enumerate(range(1, HISTORIES, 2)):
        zone, rollover, parameters, _, answers = random_history(seed)
        assert parameters is DEFAULT_PARAMETERS
        expected += replayed_by_fsrs(zone, rollover, parameters, answers)
        rows += [(card, (study_date(at, zone, rollover) - date(1970, 1, 1)).days, r, 2) for at, r in answers]
    history = refold(*np.array(rows).T, history=True).history
    assert np.allclose(np.stack([history.stability, history.difficulty], axis=1), expected, rtol=1e-9, atol=0)


def test_tonight_and_tomorrow_morning_are_one_day_apart():
    """Good at 22:00 and Good at 08:00 is one day: stability 7.319, where 24-hour periods leave 2.3065."""
    zone = ZoneInfo("Europe/Berlin")
    tonight, morning = (
        int(datetime(2026, 5, day, hour, tzinfo=zone).timestamp() * 1000) for day, hour in ((1, 22), (2, 8))
    )
    bare = Options(learning_steps=(), fuzz=False)
    (first, second), _ = answered_by_us(zone, 4, DEFAULT_PARAMETERS, bare, [(tonight, 3), (morning, 3)])
    assert first[0] == 2.3065
    assert second[0] == pytest.approx(7.319, abs=0.005)

    card = fsrs.Card(card_id=1, due=NOON)
    for at in (tonight, morning):
        raw = datetime.fromtimestamp(at / 1000, UTC)
        card, _ = fsrs.Scheduler(enable_fuzzing=False).review_card(card, fsrs.Rating.Good, raw)
    assert card.stability == 2.3065


@pytest.mark.parametrize(
    ("ratings", "intervals", "by_fsrs"),
    [
        (
            [3, 3, 3, 3, 3, 3, 1, 1, 3, 3, 3, 3, 3],
            [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21],
            [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21],
        ),
        ([4, 2, 3, 4], [8, 27, 85, 372], [8, 27, 85, 372]),
        # The last Good is a day above Hard.
        ([1, 3, 3, 1, 3, 3], [0, 0, 1, 0, 1, 2], [0, 0, 1, 0, 1, 1]),
    ],
)
def test_golden_intervals(ratings, intervals, by_fsrs):
    """A sequence of ratings, each on its due day, gives one list of intervals (0: in steps), fuzz off.

    `fsrs` alone, reviewed at noon of the same days, gives the same but for our floors.
    """
    rules, memory, day, found = Scheduling(options=Options(fuzz=False)), Memory(), 20_000, []
    scheduler, card, theirs = fsrs.Scheduler(enable_fuzzing=False), fsrs.Card(card_id=1, due=NOON), []
    for number, rating in enumerate(ratings):
        outcome = rules.outcomes(memory, key=b"card", study_day=day)[Rating(rating) - 1]
        line = answer_line(
            memory,
            outcome,
            id=number.to_bytes(16, "big"),
            card=b"card",
            at=day * 86_400_000,
            study_day=day,
            options=b"",
            recall=None,
        )
        memory = step(memory, line, scheduling=rules, options={})
        found.append(memory.interval)
        noon = NOON + timedelta(days=day)
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), noon)
        theirs.append((card.due - noon).days)
        day = memory.due_day or day
    assert found == intervals
    assert theirs == by_fsrs
