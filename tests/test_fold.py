"""The laws of the fold: one set of lines, one memory, whatever the order, the device and the settings."""

from dataclasses import replace

import numpy as np
import pytest
from histories import (
    CARD,
    DAY_MS,
    DEFAULT,
    KNOWN,
    OPTION_SETS,
    START,
    Device,
    parameter_sets,
    random_log,
    seeded,
    take_turn,
    without_decision,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from srs.fold import Folded, answer_line, fold, follows, live, replay, step
from srs.model import Act, ActKind, Answer, Memory, Options, Rating, State
from srs.refold import refold
from srs.scheduling import Scheduling

SEEDS = st.integers(0, 1 << 40)
DAY = START // DAY_MS


def folded(lines, scheduling=DEFAULT, options=KNOWN):
    """The fold under the parameters and option sets of the tests."""
    return fold(lines, scheduling=scheduling, options=options)


def line_id(number):
    """A line id that sorts by its number."""
    return number.to_bytes(16, "big")


def imported(number, day, rating, **rest):
    """An answer as an import brings it: no decision, no options."""
    return Answer(line_id(number), CARD, day * DAY_MS, day, rating, **rest)


def hanging_on(lines, root):
    """The ids of a line and of all that names it as cause or batch, and so on."""
    gone = {root}
    while True:
        more = {
            line.id
            for line in lines
            if (line.cause if isinstance(line, Act) else line.batch) in gone and line.id not in gone
        }
        if not more:
            return gone
        gone |= more


def check_union_and_order(seed):
    """Any order, any duplicates, any stored bits: the same fold."""
    log, _ = random_log(seed)
    source, lines = seeded(seed), list(log.values())
    expected = folded(lines)
    shuffled = lines + [replace(line, undone=True) for line in source.choices(lines, k=len(lines) // 2)]
    source.shuffle(shuffled)
    assert folded(shuffled) == expected


def check_undo_and_redo(seed):
    """Undoing a live line is as if it had not been written; undoing the undo brings it back."""
    log, (device, *_) = random_log(seed)
    device.lines = log
    alive = device.live_ids()
    if not alive:
        return
    before = folded(log.values())
    target = seeded(seed).choice(alive)
    gone = hanging_on(log.values(), target)
    absent = folded(line for line in log.values() if line.id not in gone)
    device.clock += DAY_MS
    undo = device.undo(target)
    assert folded(log.values()) == absent
    assert not gone & set(device.live_ids())
    device.undo(undo.id)
    assert folded(log.values()) == before


def check_one_device(seed):
    """On one device: what was shown is what the fold holds, and step by step gives what the fold gives."""
    device = Device(seeded(seed), options=seeded(seed).choice(OPTION_SETS))
    for _ in range(25):
        take_turn(device)
    for memory, outcome, line in device.shown:
        after = step(memory, line, scheduling=DEFAULT, options=KNOWN)
        assert (after.state, after.step) == (outcome.state, outcome.step)
        assert (after.stability, after.difficulty) == (outcome.stability, outcome.difficulty)
        if outcome.interval is None:
            assert (after.due_day, after.due_at) == (None, line.at + outcome.delay * 1000)
        else:
            assert (after.interval, after.due_at) == (outcome.interval, None)
            assert after.due_day == after.last_day + outcome.interval
    memory = Memory()
    for line in live(device.lines.values()):
        memory = step(memory, line, scheduling=DEFAULT, options=KNOWN)
    assert memory == device.fold().memory


def check_decisions_are_reproducible(seed):
    """Where no chain is broken, the fold finds each decision again from the options the answer names."""
    device = Device(seeded(seed))
    for _ in range(25):
        device.clock += device.source.choice([60_000, 700_000, DAY_MS, 9 * DAY_MS])
        device.options = device.source.choice(OPTION_SETS)
        roll = device.source.random()
        if roll < 0.75:
            device.answer(device.source.choice(list(Rating)))
        elif roll < 0.85:
            device.act(ActKind.DUE, payload={"day": device.day + device.source.randrange(40)})
        elif roll < 0.9:
            device.act(ActKind.FORGET)
        elif device.live_ids():
            device.undo(device.live_ids()[-1])
    bare = [without_decision(x) if isinstance(x, Answer) else x for x in device.lines.values()]
    assert folded(bare) == Folded(device.fold().memory, frozenset())


CHECKS = [check_union_and_order, check_undo_and_redo, check_one_device, check_decisions_are_reproducible]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@given(seed=SEEDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_law(check, seed):
    """Each law holds on random logs of several devices with clocks and settings of their own."""
    check(seed)


@pytest.mark.nightly
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_law_over_many_logs(check):
    """Each law holds over 3,000 random logs."""
    for seed in range(3_000):
        check(seed)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_devices_that_merge_agree(seed):
    """However often and in whatever order devices took lines from one another, all agree in the end."""
    log, devices = random_log(seed)
    for device in devices:
        for other in devices:
            device.lines.update(other.lines)
    assert {device.fold() for device in devices} == {folded(log.values())}


@given(SEEDS, parameter_sets())
@settings(max_examples=60, deadline=None)
def test_new_parameters_change_stability_and_difficulty_alone(seed, parameters):
    """With every chain whole, other parameters leave state, step, dues, counts and shelf as they were."""
    device = Device(seeded(seed))
    for _ in range(20):
        device.clock += device.source.choice([60_000, 700_000, DAY_MS, 9 * DAY_MS])
        device.answer(device.source.choice(list(Rating)))
        if device.source.random() < 0.2:
            device.undo(device.live_ids()[-1])
    before, after = device.fold(), device.fold(Scheduling(parameters))
    same = replace(after.memory, stability=before.memory.stability, difficulty=before.memory.difficulty)
    assert same == before.memory
    assert after.follows == before.follows


@given(SEEDS, st.sampled_from(OPTION_SETS))
@settings(max_examples=30, deadline=None)
def test_other_options_today_refold_nothing(seed, today):
    """The options of the one who folds rule nothing, and those unknown here do not touch decisions."""
    log, _ = random_log(seed)
    assert folded(log.values(), DEFAULT.under(today)) == folded(log.values())
    device = Device(seeded(seed))
    for _ in range(8):
        device.clock += DAY_MS
        device.answer(Rating.GOOD)
    assert folded(device.lines.values(), options={}) == device.fold()


def test_an_answer_under_changed_options_keeps_its_decision():
    """A decision recorded under one maximum stands after the maximum changed (LOG §2 lines 16 and 21)."""
    device = Device(seeded(1), options=Options(fuzz=False))
    for _ in range(6):
        device.answer(Rating.EASY)
        device.clock += device.fold().memory.interval * DAY_MS
    due = device.fold().memory.due_day
    known = {device.options.name(): replace(device.options, maximum_interval=3)}
    assert folded(device.lines.values(), options=known).memory.due_day == due


def test_nothing_is_a_new_card():
    """Without lines a card is new (LOG §2 line 5)."""
    assert folded([]) == Folded(Memory(), frozenset())


def test_a_forgotten_card_starts_again_and_stays_on_its_shelf():
    """Forget goes back to the start but keeps flag, suspension and burial (LOG §2 line 6)."""
    device = Device(seeded(2))
    device.answer(Rating.EASY)
    device.act(ActKind.FLAG)
    device.act(ActKind.SUSPEND)
    device.act(ActKind.BURY, payload={"day": device.day + 1})
    forget = device.act(ActKind.FORGET)
    bare = Memory(last_id=forget.id, flagged=True, suspended=True, buried_until=device.day + 1)
    assert device.fold().memory == bare
    answer = device.answer(Rating.AGAIN)
    assert answer.after == forget.id
    assert follows(bare, answer)
    assert (device.fold().memory.reps, device.fold().memory.stability) == (1, 0.212)


def test_the_newest_of_two_shelf_acts_counts():
    """Suspended and flagged are what was said last, buried until the day said last (LOG §2 line 18)."""
    device = Device(seeded(3))
    device.act(ActKind.SUSPEND)
    device.act(ActKind.FLAG)
    device.act(ActKind.BURY, payload={"day": DAY + 9})
    device.act(ActKind.RESUME)
    unflag = device.act(ActKind.UNFLAG)
    device.act(ActKind.BURY, payload={"day": DAY + 1})
    assert device.fold().memory == Memory(buried_until=DAY + 1)
    device.undo(unflag.id)
    assert device.fold().memory == Memory(buried_until=DAY + 1, flagged=True)


def test_an_answer_leaves_the_shelf_alone():
    """Answering a flagged, suspended or buried card keeps it so."""
    device = Device(seeded(14))
    for kind in (ActKind.FLAG, ActKind.SUSPEND, ActKind.BURY):
        device.act(kind, payload={"day": DAY + 1})
    device.answer(Rating.GOOD)
    memory = device.fold().memory
    assert (memory.flagged, memory.suspended, memory.buried_until) == (True, True, DAY + 1)


def test_due_moves_reviews_only():
    """A day set by hand moves a card in review, and does nothing to a new one or one in steps (line 7)."""
    device = Device(seeded(4))
    device.act(ActKind.DUE, payload={"day": DAY + 50})
    assert device.fold().memory == Memory()
    device.answer(Rating.GOOD)
    stepping = device.fold().memory
    device.act(ActKind.DUE, payload={"day": DAY + 50})
    assert device.fold().memory == stepping
    device.answer(Rating.EASY)
    reviewing = device.fold().memory
    device.act(ActKind.DUE, payload={"day": DAY + 50})
    assert device.fold().memory == replace(reviewing, due_day=DAY + 50)
    device.act(ActKind.DUE, payload={"day": None})
    assert device.fold().memory == replace(reviewing, due_day=DAY + 50)


def test_reschedule_moves_a_review_to_what_its_options_say():
    """Reschedule counts from the last answer's day, under the options it names, never into the past."""
    device = Device(seeded(5), options=Options(fuzz=False))
    device.answer(Rating.EASY)
    low = Options(desired_retention=0.8, learning_steps=(), relearning_steps=())
    device.act(ActKind.RESCHEDULE, payload={"options": low.name().hex()})
    memory = device.fold().memory
    rules = DEFAULT.under(low)
    assert memory.interval == rules.planned(memory.stability, key=CARD, answers=1)
    assert memory.interval > 8
    device.clock += 300 * DAY_MS
    device.act(ActKind.RESCHEDULE, payload={"options": "not hex"})
    assert device.fold().memory.due_day == DAY + 300
    device.act(ActKind.FORGET)
    device.act(ActKind.RESCHEDULE)
    assert device.fold().memory.due_day is None


def test_what_an_answer_caused_falls_with_it():
    """A suspension caused by an answer goes when the answer is undone, also through its batch."""
    device = Device(seeded(6))
    batch = device.act(ActKind.BATCH)
    answer = device.write(replace(imported(1, DAY, Rating.AGAIN), batch=batch.id))
    device.act(ActKind.SUSPEND, cause=answer.id)
    assert device.fold().memory.suspended
    undo = device.undo(batch.id)
    assert device.fold().memory == Memory()
    device.undo(undo.id)
    assert device.fold().memory.suspended


def test_an_undone_batch_takes_its_answers_and_nothing_else():
    """One import is undone whole, and answers given since then stay (LOG §1)."""
    device = Device(seeded(7))
    batch = device.act(ActKind.BATCH)
    for number in (1, 2):
        device.write(imported(number, DAY - 30 + number, Rating.GOOD, batch=batch.id))
    own = device.answer(Rating.GOOD)
    assert device.fold().memory.reps == 3
    device.undo(batch.id)
    assert [line.id for line in live(device.lines.values()) if isinstance(line, Answer)] == [own.id]
    # The act of the batch itself is not among one card's lines.
    del device.lines[batch.id]
    assert [line.id for line in live(device.lines.values()) if isinstance(line, Answer)] == [own.id]


def test_two_undos_of_one_line_need_two_redos():
    """A line stays undone while any live undo names it."""
    device = Device(seeded(8))
    answer = device.answer(Rating.GOOD)
    first, second = device.undo(answer.id), device.undo(answer.id)
    device.undo(first.id)
    assert device.fold().memory == Memory()
    device.undo(second.id)
    assert device.fold().memory.reps == 1


def test_a_late_line_breaks_the_chain_and_the_fold_decides_again():
    """An answer shown after another line than the one before it is decided again, later ones are not."""
    one, other = Device(seeded(9), "a"), Device(seeded(10), "b")
    one.answer(Rating.GOOD)
    other.clock += 60_000
    late = other.answer(Rating.EASY)
    other.clock += 20 * DAY_MS
    last = other.answer(Rating.GOOD)
    merged = folded([*one.lines.values(), *other.lines.values()])
    assert merged.follows == {*one.lines, last.id}
    assert late.id not in merged.follows
    assert merged.memory.reps == 3
    assert merged.memory.due_day == last.due_day


def test_study_days_of_one_card_never_run_backwards():
    """An answer on an earlier study day counts as of the same day, and its due counts from there (line 9)."""
    device = Device(seeded(11), options=Options(fuzz=False))
    device.answer(Rating.EASY)
    day = device.day
    device.clock -= 3 * DAY_MS
    back = device.answer(Rating.EASY)
    memory = device.fold().memory
    assert back.study_day == day - 3
    assert memory.last_day == day
    assert memory.due_day == back.due_day == day + memory.interval


def test_lapses_count_misses_in_review_alone():
    """Again counts as a lapse in review, not in learning or relearning (line 17)."""
    device = Device(seeded(12))
    for rating in (Rating.AGAIN, Rating.EASY, Rating.AGAIN, Rating.AGAIN, Rating.GOOD, Rating.AGAIN):
        device.clock += 1_000
        device.answer(rating)
    assert (device.fold().memory.lapses, device.fold().memory.reps) == (2, 6)


def test_an_imported_answer_folds_under_the_built_in_options():
    """Without options an answer folds under 1m 10m, 10m, 0.90, 36500, fuzz off (line 13)."""
    first = imported(1, DAY, Rating.GOOD)
    second = replace(imported(2, DAY, Rating.GOOD), at=DAY * DAY_MS + 600_000)
    assert folded([first], DEFAULT.under(OPTION_SETS[2])).memory.due_at == first.at + 600_000
    memory = folded([first, second], DEFAULT.under(OPTION_SETS[2])).memory
    assert (memory.state, memory.interval) == (State.REVIEW, 2)
    cards = (replace(first, rating=Rating.EASY, card=bytes([number] * 16)) for number in range(20))
    assert {folded([answer]).memory.interval for answer in cards} == {8}


def test_a_history_may_start_mid_way():
    """An imported answer that met a card in review starts from that interval (lines 10-11)."""
    answer = imported(
        1, DAY, Rating.GOOD, state_before=State.REVIEW, interval_before=40, difficulty_before=7.5
    )
    assert folded([answer]).memory.stability == DEFAULT.next_memory(40.0, 7.5, 40, Rating.GOOD)[0]
    assert folded([answer]).memory.interval > 40
    good = DEFAULT.next_memory(None, None, 0, Rating.GOOD)[1]
    unknown = replace(answer, difficulty_before=None, rating=Rating.AGAIN)
    memory = folded([unknown]).memory
    assert (memory.stability, memory.difficulty) == DEFAULT.next_memory(40.0, good, 40, Rating.AGAIN)
    assert (memory.state, memory.lapses, memory.reps) == (State.RELEARNING, 1, 1)
    for other in (replace(answer, interval_before=0), replace(answer, state_before=State.LEARNING)):
        assert folded([other]).memory.stability == 2.3065


def test_lines_that_are_not_about_cards_change_nothing():
    """Options, parameters, decks, batches and joins leave a card's memory alone."""
    memory = Memory(flagged=True)
    for kind in (ActKind.OPTIONS, ActKind.PARAMS, ActKind.SAME, ActKind.DECK, ActKind.BATCH, ActKind.UNDO):
        act = Act(line_id(1), kind, 0, 0)
        assert step(memory, act, scheduling=DEFAULT, options={}) is memory


def test_the_answer_line_says_what_the_card_was_before():
    """State, interval, difficulty and predicted recall before the answer are written down with it."""
    device = Device(seeded(13), options=Options(fuzz=False))
    first = device.answer(Rating.EASY)
    assert (first.state_before, first.interval_before, first.difficulty_before, first.recall) == (
        State.NEW,
        0,
        None,
        None,
    )
    device.clock += 8 * DAY_MS + DAY_MS // 2
    second = device.answer(Rating.GOOD)
    assert (second.state_before, second.interval_before, second.difficulty_before) == (State.REVIEW, 8, 1.0)
    assert second.recall == DEFAULT.retrievability(8.2956, 8.5)
    assert second.after == first.id


def check_numpy(seed, parameters):
    """The NumPy fold of many cards gives what the scalar one gives, card by card."""
    rows, memories = [], []
    scheduling = Scheduling(parameters)
    for card in range(8):
        log, _ = random_log(seed * 8 + card, turns=12, devices=2)
        memory = Memory()
        for line in live(log.values()):
            before = memory
            memory = step(memory, line, scheduling=scheduling, options=KNOWN)
            if memory.last_id == before.last_id:
                continue
            forgets = isinstance(line, Act)
            met = 0 if forgets or line.state_before is not State.REVIEW else line.interval_before or 0
            recorded = None if forgets else line.difficulty_before
            rating = 0 if forgets else line.rating
            rows.append(
                (
                    card,
                    line.study_day,
                    rating,
                    memory.state,
                    forgets,
                    met,
                    np.nan if recorded is None else recorded,
                )
            )
        memories.append(memory)
    card, day, rating, state, forget, met, recorded = np.array(rows or np.zeros((0, 7))).T
    found = refold(
        card,
        day,
        rating,
        state,
        parameters=parameters,
        forget=forget,
        interval_before=met,
        difficulty_before=recorded,
        cards=8,
    )

    def column(name, missing):
        values = (getattr(memory, name) for memory in memories)
        return [missing if value is None else value for value in values]

    assert np.allclose(found.stability, column("stability", np.nan), rtol=1e-9, atol=0, equal_nan=True)
    assert np.allclose(found.difficulty, column("difficulty", np.nan), rtol=1e-9, atol=0, equal_nan=True)
    assert found.last_day.tolist() == column("last_day", 0)
    assert found.reps.tolist() == column("reps", 0)
    assert found.lapses.tolist() == column("lapses", 0)


@given(SEEDS, parameter_sets())
@settings(max_examples=40, deadline=None)
def test_the_numpy_fold_equals_the_scalar_one(seed, parameters):
    """With forgets, undos, mid-way histories and clocks that run backwards, both folds agree to 1e-9."""
    check_numpy(seed, parameters)


def test_the_history_of_the_numpy_fold_is_what_was_believed():
    """Row by row: the memory after it and the recall predicted before it, at whole days."""
    days, ratings = [0, 0, 3, 3, 20], [3, 3, 1, 3, 4]
    found = refold([0] * 5, days, ratings, [1, 2, 3, 2, 2], history=True)
    memory, last = (None, None), 0
    for row, (day, rating) in enumerate(zip(days, ratings, strict=True)):
        recall = np.nan if memory[0] is None else DEFAULT.retrievability(memory[0], day - last)
        memory, last = DEFAULT.next_memory(*memory, day - last, Rating(rating)), day
        assert found.history.stability[row] == pytest.approx(memory[0], rel=1e-12)
        assert found.history.difficulty[row] == pytest.approx(memory[1], rel=1e-12)
        assert found.history.recall[row] == pytest.approx(recall, rel=1e-12, nan_ok=True)
    assert (found.reps[0], found.lapses[0], found.last_day[0]) == (5, 1, 20)


def test_the_numpy_fold_of_nothing():
    """No rows give no cards, or as many new ones as asked for."""
    assert refold([], [], [], []).reps.size == 0
    found = refold([1, 1], [5, 6], [3, 0], [1, 0], forget=[False, True], cards=4, history=True)
    assert found.reps.tolist() == [0, 0, 0, 0]
    assert np.isnan(found.stability).all()
    assert np.isnan(found.history.stability).tolist() == [False, True]


@pytest.mark.parametrize(
    "rows",
    [([1, 0], [1, 1], [3, 3], [1, 1]), ([-1], [1], [3], [1]), ([0, 0], [1], [3, 3], [1, 1]), (0, 1, 3, 1)],
)
def test_rows_out_of_order_are_refused(rows):
    """The NumPy fold refuses rows it would fold wrongly."""
    with pytest.raises(ValueError, match="refold must"):
        refold(*rows)


def test_applying_a_shown_outcome_later_than_shown_keeps_it():
    """An answer counts on the day it was shown for, with the shown interval, whatever the clock says."""
    outcome = DEFAULT.outcomes(Memory(), key=CARD, study_day=DAY)[3]
    line = answer_line(
        Memory(),
        outcome,
        id=line_id(1),
        card=CARD,
        at=(DAY + 1) * DAY_MS,
        study_day=DAY,
        options=b"",
        recall=None,
    )
    memory = replay([line], scheduling=DEFAULT, options={}).memory
    assert (memory.due_day, memory.interval) == (DAY + outcome.interval, outcome.interval)
