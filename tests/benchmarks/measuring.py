"""Jobs measured in turn, A B A B, and what came of it as ratios."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

PATIENCE = 120
"""Seconds after which a program has failed."""

SRS = str(Path(sys.executable).with_name("srs"))
"""The program as it is installed beside this Python, with its console script."""


@dataclass
class Series:
    """One job's times in ms, in the order of the rounds."""

    job: str
    times: list = field(default_factory=list)

    @property
    def per_second(self):
        """How many there are in a second, one after the other."""
        return 1000 * len(self.times) / sum(self.times)


@dataclass(frozen=True)
class Mark:
    """Two jobs measured in the same rounds, and how many times as long the first may take."""

    name: str
    ours: Series
    theirs: Series
    limit: float | None = None
    percentile: int = 50

    @property
    def figures(self):
        """The figure compared, ours and theirs, in ms: the median, or another percentile."""
        return tuple(percentile(sorted(series.times), self.percentile) for series in (self.ours, self.theirs))

    @property
    def ratio(self):
        """Ours over theirs."""
        ours, theirs = self.figures
        return ours / theirs

    @property
    def spread(self):
        """The ratio of each round by itself: the tenth and the ninetieth percentile."""
        pairs = sorted(ours / theirs for ours, theirs in zip(self.ours.times, self.theirs.times, strict=True))
        return percentile(pairs, 10), percentile(pairs, 90)

    @property
    def holds(self):
        """Whether it is within its limit."""
        return self.limit is None or self.ratio <= self.limit

    def as_json(self):
        """The mark's figures, times in ms."""
        low, high = self.spread
        return {
            "name": self.name,
            "percentile": self.percentile,
            "figures": self.figures,
            "ratio": self.ratio,
            "ratio_low": low,
            "ratio_high": high,
            "limit": self.limit,
            "holds": self.holds,
            "jobs": [
                {
                    "job": each.job,
                    "min": min(each.times),
                    "max": max(each.times),
                    "per_second": each.per_second,
                    "times": each.times,
                }
                for each in (self.ours, self.theirs)
            ],
        }


def percentile(sorted_values, share):
    """The value below which `share` per cent of the sorted values lie."""
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * share // 100)]


def in_turn(jobs, rounds, *, warm_up=2, in_a_row=1):
    """Run jobs (name -> a call that returns ms) in turn for some rounds; returns their series by name.

    In each round a job is run `in_a_row` times before it is the next one's turn. The warm-up rounds,
    which are not counted, also leave compiled bytecode behind, as an installer does.
    """
    series = {name: Series(name) for name in jobs}
    for turn in range(-warm_up, rounds):
        for name, job in jobs.items():
            took = [job() for _ in range(in_a_row)]
            if turn >= 0:
                series[name].times += took
    return series


def environment(folder, **more):
    """The environment of a user whose home is `folder`: bytecode is written and read, as installed.

    `PYTHONPATH` stays where it is set: it says which srs is measured.
    """
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "SRS_DB", "SRS_CONFIG")
    env = {name: value for name, value in os.environ.items() if name not in unwanted}
    env |= {f"XDG_{kind}_HOME": str(Path(folder) / kind.lower()) for kind in ("DATA", "CONFIG", "STATE")}
    return env | {"HOME": str(folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"} | more


def program(command, env):
    """A job: start a program, wait for its end."""

    def job():
        began = time.perf_counter()
        child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        # Not `wait(timeout)`: it looks only now and then, up to 50 ms apart, and would be what is measured.
        watch = Timer(PATIENCE, child.kill)
        watch.start()
        code = child.wait()
        took = (time.perf_counter() - began) * 1000
        watch.cancel()
        if code:
            raise RuntimeError(f"{' '.join(command)} ended with {code}")
        return took

    return job
