"""An answer and an act with one id: the act moves, on every device to the same id, and nothing is lost."""

import random
from dataclasses import replace
from itertools import permutations

import pytest
from test_sync import Laptop
from world import LEARNER, check_laws

from srs.cli.doctor import _journals
from srs.doctor import Around, examine, is_healthy, mend
from srs.ids import uuid7
from srs.model import Act, ActKind, Answer, Rating
from srs.store import merging

ANSWER, ACT = "answer", "act"
BOTH = (ANSWER, ACT)


class _Context:
    @staticmethod
    def random_bits(count):
        """Random bits, other ones on every device."""
        return random.getrandbits(count)


def two_lines(laptop, kind=ActKind.FLAG):
    """An answer and an act of one card that have one id."""
    moment = laptop.clock.now - 1_000
    line, key = uuid7(moment, 1 << 70 | 5), laptop.collection.find("registry/c3").key
    day = laptop.clock.today
    answer = Answer(line, key, moment, day, Rating.GOOD, device="laptop")
    return answer, Act(line, kind, moment, day, card=key, device="laptop")


def hold(laptop, lines, which):
    """Let a device hold some of the lines, damaged as they are."""
    answer, act = lines
    apart = uuid7(laptop.clock.now - 500, 9)
    with laptop.collection.journal() as journal:
        if ANSWER in which:
            merging.take(journal, [[answer]])
        if ACT in which:
            merging.take(journal, [[replace(act, id=apart)]])
            journal.run("UPDATE act SET id = :new WHERE id = :old", {"new": act.id, "old": apart})


def examined(laptop):
    """What the doctor finds on a device."""
    return examine(laptop.collection.rows, Around(laptop.clock(), laptop.clock.today))


def doctor(laptop):
    """Repair a device; nothing is left."""
    with laptop.collection.database.transaction():
        left = mend(examined(laptop), _journals(_Context, laptop.collection), lambda: examined(laptop))
    assert is_healthy(left), left


def log(laptop):
    """The log of a device, without what is derived."""
    return [
        replace(line, undone=False, follows=False)
        if isinstance(line, Answer)
        else replace(line, undone=False)
        for line in laptop.log()
    ]


def come_together(devices):
    """Let devices sync until each has read what the others had to send; they then agree in everything."""
    for each in (*devices, *devices):
        each.sync(as_name="me")
    one, *others = devices
    for other in others:
        assert log(other) == log(one)
        assert other.memories() == one.memories()
    for each in devices:
        check_laws(each.collection)
        assert is_healthy(examined(each))


def lines_of(laptop, act):
    """How many answers and acts of the two there are."""
    mine = [line for line in laptop.log() if line.at == act.at]
    return [
        sum(isinstance(line, Answer) for line in mine),
        sum(isinstance(line, Act) and line.kind == act.kind for line in mine),
    ]


@pytest.fixture
def pair(tmp_path):
    """Two computers of one person."""
    shared = tmp_path / "shared"
    shared.mkdir()
    return Laptop(tmp_path, "laptop", shared), Laptop(tmp_path, "desk", shared)


@pytest.mark.parametrize("other", [BOTH, (ANSWER,), (ACT,), ()])
@pytest.mark.parametrize("also_there", [False, True])
def test_a_repair_travels(pair, other, also_there):
    """Where one device was repaired all have the same log: both lines once, the act at the same new id."""
    laptop, desk = pair
    lines = two_lines(laptop)
    hold(laptop, lines, BOTH)
    hold(desk, lines, other)
    doctor(laptop)
    if also_there:
        doctor(desk)
    come_together(pair)
    assert lines_of(desk, lines[1]) == [1, 1]
    assert desk.collection.find("registry/c3").memory.flagged


def test_a_repair_of_what_was_sent_before_travels(pair):
    """A device that took the line in before it was repaired has it at its new id, too, and once."""
    laptop, desk = pair
    lines = two_lines(laptop)
    hold(laptop, lines, (ACT,))
    come_together(pair)
    hold(laptop, lines, (ANSWER,))
    doctor(laptop)
    come_together(pair)
    assert lines_of(desk, lines[1]) == [1, 1]


def test_lines_that_meet_in_a_sync_come_apart(pair):
    """An act that one device has and an answer of the same id that another has are both taken."""
    laptop, desk = pair
    lines = two_lines(laptop)
    hold(laptop, lines, (ACT,))
    hold(desk, lines, (ANSWER,))
    come_together(pair)
    assert lines_of(laptop, lines[1]) == [1, 1]
    assert desk.sync().doubtful == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whichever_comes_first(tmp_path, order):
    """Of three devices, one with both lines, one with the answer, one with the act, all come to the same."""
    shared = tmp_path / "shared"
    shared.mkdir()
    three = [Laptop(tmp_path, name, shared) for name in ("laptop", "desk", "phone")]
    lines = two_lines(three[0], ActKind.SUSPEND)
    for each, which in zip(three, (BOTH, (ANSWER,), (ACT,)), strict=True):
        hold(each, lines, which)
    doctor(three[0])
    for number in order:
        for _ in range(2):  # two devices may wait to be let in, one after the other
            report = three[number].sync()
            for stranger in report.strangers:
                three[number].sync(as_name=f"{stranger.device}=me")
    for each in three:
        for stranger in each.sync().strangers:
            each.sync(as_name=f"{stranger.device}=me")
    come_together(three)
    assert lines_of(three[1], lines[1]) == [1, 1]


def test_what_was_taken_back_stays_taken_back(pair):
    """An act that was undone is so at its new id, on every device by the same line."""
    laptop, desk = pair
    lines = two_lines(laptop)
    for each in pair:
        hold(each, lines, BOTH)
        each.collection.rows(
            "UPDATE act SET undone = 1 WHERE learner = :me AND id = :id", {"me": LEARNER, "id": lines[1].id}
        )
    with laptop.collection.journal() as journal:
        journal.append_act(ActKind.UNDO, target=lines[1].id)
    doctor(laptop)
    come_together(pair)
    undos = [line for line in laptop.log() if isinstance(line, Act) and line.kind == ActKind.UNDO]
    assert len(undos) == 2
    assert not desk.collection.find("registry/c3").memory.flagged


def test_a_merge_with_itself_tells_that_all_is_known(pair):
    """Lines that moved are known when they come once more as they were."""
    laptop, _ = pair
    lines = two_lines(laptop)
    hold(laptop, lines, (ANSWER,))
    with laptop.collection.journal() as journal:
        first = merging.take(journal, [[lines[1]]])
    with laptop.collection.journal() as journal:
        again = merging.take(journal, [[*lines], [lines[1]]])
    assert (first.acts, first.damaged) == (1, 0)
    assert (again.answers, again.acts, again.known, again.damaged) == (0, 0, 3, 0)
