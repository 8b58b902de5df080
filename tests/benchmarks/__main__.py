"""`python -m tests.benchmarks`: make collections, measure, print the tables.

What srs costs against Anki, through the package `anki` (the group `bench`), job by job in turn; and what
it costs against imports that do nothing. Collections are made once a day and kept.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import srs
from tests.benchmarks import (
    against_answering,
    against_reading,
    against_starting,
    answering,
    comparing,
    starting,
)
from tests.benchmarks.keeping import Keeper, anki_is_here

ALONE = {"start": starting.run, "next": answering.next_card, "answer": answering.throughput}
"""Against imports that do nothing, or against other sizes."""

AGAINST = {
    "first": against_starting.first,
    "due": against_starting.due,
    "answers": against_answering.answers,
    "import": against_reading.text,
    "stats": against_reading.stats,
    "optimize": against_reading.optimize,
    "refold": against_reading.refold,
    "million": against_answering.million,
}
"""Against Anki."""

ROUNDS = "how often each job is run (default 15); 0: once, without warming up, peak memory and traces"
JOBS = (*ALONE, *AGAINST)


def main():
    """Run the jobs asked for; exit 1 when a mark is missed, 2 when something is not there."""
    asked = _arguments()
    Path(asked.folder).mkdir(parents=True, exist_ok=True)
    marks, comparisons = [], []
    for job in asked.jobs or JOBS:
        _progress(f"{job} ...")
        if job in ALONE:
            marks += ALONE[job](asked.folder, asked.rounds)
        else:
            sized = {"cards": asked.cards} if asked.cards else {}
            comparisons += AGAINST[job](Keeper(asked.folder), asked.rounds, **sized)
    found = [each.as_json() for each in (*marks, *comparisons)]
    if asked.json:
        told = json.dumps({"machine": _machine(), "marks": found}, indent=1)
    else:
        tables = [made(each) for made, each in ((table, marks), (comparing.table, comparisons)) if each]
        told = "\n\n".join([*tables, f"{_machine()}."])
    sys.stdout.write(f"{told}\n")
    return int(not all(each.holds for each in (*marks, *comparisons)))


def table(marks):
    """The marks as a Markdown table, times in ms."""
    rows = [
        "| measured | against | rounds | ms | ms against | ratio | mark |",
        "|---|---|---|---|---|---|---|",
    ]
    for mark in marks:
        share = "" if mark.percentile == 50 else f", {mark.percentile}th percentile"
        low, high = mark.spread
        ours, theirs = (
            f"{_ms(figure)} ({_ms(min(series.times))} to {_ms(max(series.times))})"
            for figure, series in zip(mark.figures, (mark.ours, mark.theirs), strict=True)
        )
        limit = "" if mark.limit is None else f"{'' if mark.holds else 'missed: '}<= {mark.limit:g}"
        rows.append(
            f"| {mark.ours.job}{share} | {mark.theirs.job} | {len(mark.ours.times)} | {ours} | {theirs}"
            f" | {mark.ratio:.2f} ({low:.2f} to {high:.2f}) | {limit} |"
        )
    told = "Medians where nothing else is said, in brackets the least and the greatest; ratios with those of"
    return "\n".join([*rows, "", f"{told} each round (10th to 90th percentile)."])


def _ms(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _machine():
    python = f"{platform.python_implementation()} {platform.python_version()}"
    engines = f"srs {srs.__version__}" + (f", anki {version('anki')}" if anki_is_here() else "")
    return f"{engines}, {python}, {platform.system()}, {os.cpu_count()} processors"


def _progress(text):
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _arguments():
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"some of {', '.join(JOBS)}; all by default")
    parser.add_argument("--rounds", type=int, default=15, help=ROUNDS)
    parser.add_argument("--json", action="store_true", help="every figure, as JSON")
    parser.add_argument("--cards", type=int, help="so many in each job against Anki, whatever it has else")
    kept = Path(tempfile.gettempdir()) / "srs-benchmarks"
    parser.add_argument("--folder", default=str(kept), help=f"where collections are kept (default {kept})")
    asked = parser.parse_args()
    if unknown := [job for job in asked.jobs if job not in JOBS]:
        parser.error(f"there is no job {unknown[0]!r}")
    if not anki_is_here() and any(job in AGAINST for job in asked.jobs or JOBS):
        parser.error("the package `anki` is not installed: it comes with `pip install --group bench`")
    return asked


if __name__ == "__main__":
    sys.exit(main())
