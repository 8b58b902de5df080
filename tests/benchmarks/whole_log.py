"""`python -m tests.benchmarks.whole_log`: what reads a log of 1,000,000 answers, against bare imports.

100,000 cards with about ten answers each, made once (`--folder` keeps them). Jobs run in turn: in each
round every job once, right after the bare imports that it is compared with, so that a slow minute of
the machine slows both. Times are of the whole program and of the processor (children among them);
peak memory is the VmHWM of the program and of its children added up, in a run that is not timed.
The learner answers by the default parameters, so `srs optimize` keeps them and writes nothing.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from statistics import median

from tests.benchmarks.making import LEARNER, collection_of
from tests.benchmarks.measuring import SRS, environment, percentile
from tests.benchmarks.processes import peak_mb, timed

CARDS = 100_000
IMPORTS = "import typer, sqlmodel, fsrs, numpy"
MOST_MB = 1_000
LEAST_PER_SECOND = 1_000_000


@dataclass
class Job:
    """A program to measure, and how many times as long as the bare imports it may take."""

    name: str
    command: list
    limit: float | None = None
    runs: list = field(default_factory=list)
    against: list = field(default_factory=list)
    peak_mb: float = 0.0

    def ratios(self, what):
        """Ours over the imports of each round, in order of size."""
        pairs = zip(self.runs, self.against, strict=True)
        return sorted(getattr(ours, what) / getattr(theirs, what) for ours, theirs in pairs)

    def ratio(self, what="wall"):
        """The median of the rounds' ratios."""
        return median(self.ratios(what))

    @property
    def holds(self):
        """Whether it is within its limits."""
        return self.peak_mb < MOST_MB and (self.limit is None or self.ratio() <= self.limit)

    def as_json(self):
        """Every figure."""
        return {
            "job": self.name,
            "ratio": self.ratio(),
            "ratio_cpu": self.ratio("cpu"),
            "ratios": self.ratios("wall"),
            "limit": self.limit,
            "peak_mb": self.peak_mb,
            "holds": self.holds,
            "runs": [asdict(run) for run in self.runs],
            "against": [asdict(run) for run in self.against],
        }


class Refold(Job):
    """The fold of the whole log; it tells its own times, without its start."""

    @property
    def told(self):
        """What each run told."""
        return [json.loads(run.told) for run in self.runs]

    def rates(self, what):
        """Answers per second of each run."""
        return [each["answers"] / (each["read"][what] + each["fold"][what]) for each in self.told]

    @property
    def holds(self):
        """Whether it is quick enough."""
        return self.peak_mb < MOST_MB and median(self.rates("wall")) >= LEAST_PER_SECOND


def jobs():
    """The jobs by name."""
    return {
        "stats": Job("srs stats", [SRS, "stats"], 3),
        "all": Job("srs stats --all", [SRS, "stats", "--all"], 8),
        "optimize": Job("srs optimize", [SRS, "optimize"], 12),
        "refold": Refold("refold", [sys.executable, "-m", "tests.benchmarks.refold_once"]),
    }


def measure(chosen, env, rounds):
    """Fill the jobs with their runs; a first round, not counted, tells the peak memory."""
    imports = [sys.executable, "-c", IMPORTS]
    for _ in range(2):
        timed(imports, env)
    for job in chosen:
        job.peak_mb = peak_mb(job.command, env)
    for _ in range(rounds):
        for job in chosen:
            job.against.append(timed(imports, env))
            job.runs.append(timed(job.command, env))


def table(chosen):
    """The jobs as Markdown tables."""
    rows = [
        f"| measured | rounds | s | s of `{IMPORTS}` | ratio | of processor time | peak memory | mark |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for job in chosen:
        if job.limit is None:
            continue
        ratios = job.ratios("wall")
        rows.append(
            f"| `{job.name}` | {len(job.runs)} | {_spread(run.wall for run in job.runs)}"
            f" | {_spread(run.wall for run in job.against)} | {job.ratio():.2f}"
            f" ({percentile(ratios, 10):.2f} to {percentile(ratios, 90):.2f}) | {job.ratio('cpu'):.2f}"
            f" | {job.peak_mb:.0f} MB | {'' if job.holds else 'missed: '}<= {job.limit:g}, < {MOST_MB:,} MB |"
        )
    tables = [rows, *(refold_table(job) for job in chosen if job.limit is None)]
    return "\n\n".join("\n".join(each) for each in tables if len(each) > 2)


def refold_table(job):
    """What the refold says of itself: answers per second, and reading and folding apart."""
    head = (
        "refold",
        "rounds",
        "answers per second",
        "per second of processor time",
        "of it reading, s",
        "folding, s",
        "peak memory",
        "mark",
    )
    mark = f"{'' if job.holds else 'missed: '}>= {LEAST_PER_SECOND:,}, < {MOST_MB:,} MB"
    rates = [f"{_spread(rate / 1e6 for rate in job.rates(what))} million" for what in ("wall", "cpu")]
    parts = [_spread(each[part]["cpu"] for each in job.told) for part in ("read", "fold")]
    cells = f"{job.told[0]['answers']:,} answers", str(len(job.runs)), *rates, *parts
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        f"| {' | '.join(cells)} | {job.peak_mb:.0f} MB | {mark} |",
    ]


def _spread(values):
    values = list(values)
    return f"{median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def main():
    """Run the jobs asked for; exit 1 when a mark is missed."""
    every = jobs()
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.whole_log", description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"some of {', '.join(every)}; all by default")
    parser.add_argument("--rounds", type=int, default=7, help="how often each job is run (default 7)")
    parser.add_argument("--cards", type=int, default=CARDS, help="of another size (default 100,000)")
    parser.add_argument("--json", action="store_true", help="every figure, as JSON")
    parser.add_argument("--folder", help="where collections are made and kept; by default they go again")
    asked = parser.parse_args()
    if unknown := [name for name in asked.jobs if name not in every]:
        parser.error(f"there is no job {unknown[0]!r}")
    chosen = [every[name] for name in asked.jobs or every]
    with nullcontext(asked.folder) if asked.folder else tempfile.TemporaryDirectory() as folder:
        database = collection_of(folder, asked.cards)
        measure(chosen, environment(folder, SRS_DB=str(database)), asked.rounds)
    machine = f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}"
    machine += f", {os.cpu_count()} processors, learner `{LEARNER}`, {asked.cards:,} cards"
    if asked.json:
        told = json.dumps({"machine": machine, "jobs": [job.as_json() for job in chosen]}, indent=1)
    else:
        told = f"{table(chosen)}\n\n{machine}."
    sys.stdout.write(f"{told}\n")
    return int(not all(job.holds for job in chosen))


if __name__ == "__main__":
    sys.exit(main())
