"""Many learners at once on one server: no answer lost, none doubled, nobody waiting for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from histories import seeded
from world import DAYS, Clock, deck_of

from srs.collection import Collection
from srs.intake import import_decks
from srs.settings import Settings

HERE = Path(__file__).parent
CARDS = 60


def opened(url, learner="teacher", **rest):
    """A learner's collection on a server."""
    made_of = {"settings": Settings(), "days": DAYS, "now": Clock(), "random_bits": seeded(7).getrandbits}
    return Collection.open(url, learner=learner, device="00000000000000ff", **(made_of | rest))


@pytest.fixture
def shared(cluster, tmp_path):
    """A database on the server with a deck that a teacher imported."""
    name = cluster.ready()
    url = cluster.url(name)
    with opened(url) as collection:
        report = import_decks(collection, [deck_of(tmp_path, "d0", CARDS).path])
        assert not report.problems
    yield url
    cluster.drop([name])


def start(url, learner, number, seed):
    """A process that answers for a learner."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "answering_alone.py"), url, learner, str(number), str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}"},
    )


def ended(processes):
    """What each process said: accepted answers, and those that came too late."""
    said = []
    for process in processes:
        out, err = process.communicate(timeout=900)
        assert process.returncode == 0, err
        said.append(tuple(map(int, out.split())))
    return said


def answers(collection, learner):
    """The answers of a learner, live or not, and the cards' memories."""
    mine = {"learner": learner}
    lines = collection.rows("SELECT id, undone FROM review WHERE learner = :learner ORDER BY id", mine)
    memories = collection.rows("SELECT * FROM memory WHERE learner = :learner ORDER BY card", mine)
    return lines, memories


def check(url, learner, number):
    """Every accepted answer is in the log once and counts; the memories are what the log gives."""
    with opened(url, learner) as collection:
        lines, memories = answers(collection, learner)
        assert len(lines) == len({line for line, _ in lines}) == number
        assert not any(undone for _, undone in lines)
        reps = collection.rows(
            "SELECT coalesce(sum(reps), 0) FROM memory WHERE learner = :me", {"me": learner}
        )
        assert reps == [(number,)]
        cards = [key for (key,) in collection.rows("SELECT key FROM card", {})]
        with collection.journal(own=True) as journal:
            journal.refold(cards)
        assert answers(collection, learner)[1] == memories


def all_together(url, learners, number):
    """Let learners answer at once; check them all."""
    processes = [start(url, f"learner {i}", number, i) for i in range(learners)]
    assert ended(processes) == [(number, 0)] * learners
    for i in range(learners):
        check(url, f"learner {i}", number)


def test_some_learners_at_once_lose_and_double_nothing(shared):
    """Four learners in four processes on one deck: each has exactly the answers they saw accepted."""
    all_together(shared, 4, 30)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_fifty_learners_at_once_lose_and_double_nothing(shared):
    """Fifty learners in fifty processes with 200 answers each."""
    all_together(shared, 50, 200)


def test_two_sessions_of_one_learner_do_not_melt(shared):
    """What one session answered, another does not answer once more: it is told, and nothing is lost."""
    said = ended([start(shared, "anna", 40, seed) for seed in (1, 2, 3)])
    assert [accepted for accepted, _ in said] == [40, 40, 40]
    check(shared, "anna", 120)


def test_an_import_during_sessions_disturbs_nobody(shared, tmp_path):
    """Cards come, change and go while others answer: everybody has the new ones, no answer is lost."""
    processes = [start(shared, f"learner {i}", 40, i) for i in range(3)]
    deck = deck_of(tmp_path, "d0", CARDS)
    with opened(shared) as collection:
        for turn in range(5):
            deck.cards = deck_of(tmp_path, "d0", CARDS + turn).cards[turn % 2 :]
            deck.cards[3].question = f"What is it now, at turn {turn}?"
            deck.write()
            assert not import_decks(collection, [deck.path]).problems
    ended(processes)
    live = CARDS + 4
    for i in range(3):
        check(shared, f"learner {i}", 40)
        with opened(shared, f"learner {i}") as collection:
            sql = (
                "SELECT count(*) FROM memory m JOIN card c ON c.key = m.card WHERE m.learner = :me"
                " AND m.shelf = c.retired AND m.position = c.position"
            )
            assert collection.rows(sql, {"me": f"learner {i}"})[0][0] >= live
