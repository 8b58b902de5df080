"""All memories of the database `SRS_DB` folded from its log once: how long reading and folding take, as JSON.

What is folded is what adopting new parameters folds: stability and difficulty of every card, in
memory; writing them back is not counted.
"""

import json
import os
import sqlite3
import sys
import time

import numpy as np

from srs.beliefs import believe
from srs.scheduling import DEFAULT_PARAMETERS
from srs.store.answers import live_answers, recorded_difficulty
from tests.benchmarks.making import LEARNER


def timed(work):
    """What came of some work, and its seconds of the clock and of the processor."""
    began, spent = time.perf_counter(), time.process_time()
    found = work()
    return found, {"wall": time.perf_counter() - began, "cpu": time.process_time() - spent}


def main():
    """Read, fold, tell."""
    connection = sqlite3.connect(f"file:{os.environ['SRS_DB']}?mode=ro", uri=True)

    def rows(sql, params):
        return connection.execute(sql, params).fetchall()

    def difficulty(key, number):
        return recorded_difficulty(rows, LEARNER, key, number)

    live, read = timed(lambda: live_answers(rows, LEARNER, moments=False))
    everything = np.ones(len(live.keys), dtype=bool)
    beliefs, fold = timed(lambda: believe(live, everything, DEFAULT_PARAMETERS, difficulty))
    told = {"answers": len(live), "memories": len(beliefs.of), "read": read, "fold": fold}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
