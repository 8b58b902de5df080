"""`python -m tests.benchmarks`: make collections, measure, print the table."""

import argparse
import json
import os
import platform
import sys
import tempfile
from contextlib import nullcontext

from tests.benchmarks import answering, starting

JOBS = {"start": starting.run, "next": answering.next_card, "answer": answering.throughput}


def main():
    """Run the jobs asked for; exit 1 when a mark is missed."""
    asked = _arguments()
    with nullcontext(asked.folder) if asked.folder else tempfile.TemporaryDirectory() as folder:
        marks = [mark for job in asked.jobs or JOBS for mark in JOBS[job](folder, asked.rounds)]
    if asked.json:
        body = {"machine": _machine(), "marks": [mark.as_json() for mark in marks]}
        told = json.dumps(body, indent=1)
    else:
        told = table(marks)
    sys.stdout.write(f"{told}\n")
    return int(not all(mark.holds for mark in marks))


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
    return "\n".join([*rows, "", f"{_machine()}. {told} each round (10th to 90th percentile)."])


def _ms(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _machine():
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()}, {os.cpu_count()} processors"


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"some of {', '.join(JOBS)}; all by default")
    parser.add_argument("--rounds", type=int, default=15, help="how often each job is run (default 15)")
    parser.add_argument("--json", action="store_true", help="every figure, as JSON")
    parser.add_argument("--folder", help="where collections are made and kept; by default they go again")
    asked = parser.parse_args()
    if unknown := [job for job in asked.jobs if job not in JOBS]:
        parser.error(f"there is no job {unknown[0]!r}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
