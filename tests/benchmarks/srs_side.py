"""Jobs of srs that are no command, in a process of their own: `python -m tests.benchmarks.srs_side JOB DB …`.

What a job tells goes out as JSON.
"""

import json
import os
import random
import sys
import time
from contextlib import redirect_stdout
from io import StringIO

import numpy as np

from srs import Collection, Rating
from srs.__main__ import run
from srs.beliefs import believe
from srs.model import ActKind
from srs.scheduling import DEFAULT_PARAMETERS
from srs.settings import Settings
from srs.store.answers import live_answers, recorded_difficulty
from srs.store.refolding import write_beliefs
from tests.benchmarks.anki_side import NEW_PER_DAY, RATINGS

TOOK_MS = 6_000


def answers(database, count):
    """Answer so many cards in a row: ms from each rating to the next card's text and four futures.

    Also how long the first card took, the session begun for it.
    """
    dealt = random.Random(2)  # noqa: S311 - a fixed seed is the point
    with Collection.open(database, settings=Settings(new_per_day=NEW_PER_DAY)) as collection:
        began = time.perf_counter()
        review = collection.review()
        review.next(collection.now())
        review.outcomes()
        first_ms = (time.perf_counter() - began) * 1000
        times, spent = [], time.process_time()
        for _ in range(int(count)):
            rating = Rating(dealt.choices(range(1, 5), RATINGS)[0])
            began = time.perf_counter()
            review.answer(rating, now=collection.now(), took_ms=TOOK_MS)
            if review.next(collection.now()) is None:
                raise RuntimeError("the session came to its end")
            review.outcomes()
            times.append((time.perf_counter() - began) * 1000)
        cpu = time.process_time() - spent
        (synchronous,) = collection.rows("PRAGMA synchronous", {})[0]
    return {"first_ms": first_ms, "times": times, "cpu": cpu, "synchronous": synchronous}


def refold(database, share):
    """Adopt other parameters: read the log, fold every card, write stability and difficulty back."""
    parameters = tuple(value * float(share) for value in DEFAULT_PARAMETERS)
    with Collection.open(database) as collection:
        rows, learner = collection.rows, collection.learner

        def difficulty(key, number):
            return recorded_difficulty(rows, learner, key, number)

        began, spent = time.perf_counter(), time.process_time()
        live = live_answers(rows, learner, moments=False)
        read = time.perf_counter()
        beliefs = believe(live, np.ones(len(live.keys), dtype=bool), parameters, difficulty)
        folded = time.perf_counter()
        with collection.journal() as journal:
            journal.append_act(ActKind.PARAMS, payload={"deck": None, "parameters": parameters})
            write_beliefs(journal.connection, learner, beliefs.rows())
        written = time.perf_counter()
        cpu = time.process_time() - spent
    return {
        "answers": len(live),
        "read": read - began,
        "fold": folded - read,
        "write": written - folded,
        "seconds": written - began,
        "cpu": cpu,
    }


def command(database, *words):
    """Run a command in this process a second time, everything loaded by the first."""
    os.environ["SRS_DB"] = database
    for _ in range(2):
        began, spent = time.perf_counter(), time.process_time()
        with redirect_stdout(StringIO()):
            code = run(words)
        told = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - spent}
        if code:
            raise RuntimeError(f"`srs {' '.join(words)}` ended with {code}")
    return told


JOBS = {job.__name__: job for job in (answers, refold, command)}


def main():
    """Run a job on a database."""
    job, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(JOBS[job](*arguments)) + "\n")


if __name__ == "__main__":
    main()
