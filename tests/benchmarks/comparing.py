"""Two sides of a job run in turn, A B A B, each time in new processes, and the table of what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.measuring import percentile
from tests.benchmarks.processes import peak_mb, timed


def _nothing():
    """Prepare nothing."""


@dataclass
class Side:
    """One side of a job: a program, what comes before each run of it and is not timed, and its runs."""

    who: str
    command: list
    env: dict
    prepare: Callable = _nothing
    run: Callable = timed
    peak: Callable = peak_mb
    runs: list = field(default_factory=list)
    peak_mb: float = 0.0

    def figures(self, of=lambda run: run.wall, *, unit="s", cpu=lambda run: run.cpu):
        """A figure of each run, and the processor time that belongs to it."""
        return Figures(
            self.who, [of(run) for run in self.runs], unit, [cpu(run) for run in self.runs], self.peak_mb
        )


def in_turn(sides, rounds):
    """Run the sides in turn; a first round, not counted, warms up and tells the peak memory.

    No rounds are one without that.
    """
    for side in sides if rounds else ():
        side.prepare()
        side.peak_mb = side.peak(side.command, side.env)
    for _ in range(max(1, rounds)):
        for side in sides:
            side.prepare()
            side.runs.append(side.run(side.command, side.env))


@dataclass(frozen=True)
class Figures:
    """Whose figures they are, one a round; the seconds of processor time and the peak memory with them."""

    who: str
    values: list
    unit: str = "s"
    cpu: list | None = None
    peak_mb: float | None = None

    @property
    def median(self):
        """Their median."""
        return median(self.values)

    def __str__(self):
        low, high = min(self.values), max(self.values)
        return f"{number(self.median)} {self.unit} ({number(low)} to {number(high)})"

    def as_json(self):
        """Every figure."""
        told = {"who": self.who, "unit": self.unit, "median": self.median, "values": self.values}
        told |= {"min": min(self.values), "max": max(self.values)}
        return told | {"processor_seconds": self.cpu, "peak_mb": self.peak_mb}


@dataclass(frozen=True)
class Comparison:
    """What was measured, ours against theirs, and the mark: a ratio, or a figure where nothing is against.

    The mark is the most it may be, or with `at_least` the least.
    """

    job: str
    ours: Figures
    theirs: Figures | None = None
    mark: float | None = None
    at_least: bool = False

    @property
    def ratios(self):
        """Ours over theirs in each round, in order of size."""
        if self.theirs is None:
            return []
        return sorted(_shares(self.ours.values, self.theirs.values))

    @property
    def ratio(self):
        """The median of the rounds' ratios."""
        return median(self.ratios) if self.ratios else None

    @property
    def cpu_ratio(self):
        """The same of processor time, where both know theirs."""
        cpus = [side and side.cpu for side in (self.ours, self.theirs)]
        if not all(cpus) or None in cpus[0] + cpus[1]:
            return None
        return median(_shares(*cpus))

    @property
    def holds(self):
        """Whether it is within its mark."""
        if self.mark is None:
            return True
        judged = self.ours.median if self.theirs is None else self.ratio
        return judged >= self.mark if self.at_least else judged <= self.mark

    @property
    def verdict(self):
        """The mark and whether it is held."""
        if self.mark is None:
            return ""
        unit = f" {self.ours.unit}" if self.theirs is None else ""
        told = f"{'>=' if self.at_least else '<='} {number(self.mark)}{unit}"
        return f"{told}: {'held' if self.holds else 'MISSED'}"

    def as_json(self):
        """Every figure."""
        sides = {"ours": self.ours.as_json(), "theirs": self.theirs and self.theirs.as_json()}
        ratios = {"ratio": self.ratio, "ratios": self.ratios, "ratio_of_processor_time": self.cpu_ratio}
        marks = {"mark": self.mark, "at_least": self.at_least, "holds": self.holds}
        return {"job": self.job} | sides | ratios | marks


def table(comparisons):
    """The comparisons as a Markdown table."""
    told = (
        "Medians, in brackets the least and the greatest; a ratio is the median of those of each round, in"
        " brackets their 10th to 90th percentile. Peak memory is the VmHWM of the program and its children."
    )
    rows = [
        "| measured | ours | theirs | rounds | ratio | of processor time | peak memory | mark |",
        "|---|---|---|---|---|---|---|---|",
        *map(_row, comparisons),
    ]
    return "\n".join([*rows, "", told])


def number(value):
    """A figure as people read it: three digits, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(each):
    theirs, ratio, cpu = "", "", ""
    if each.theirs is not None:
        theirs = f"{each.theirs.who}: {each.theirs}"
        spread = (number(percentile(each.ratios, share)) for share in (10, 90))
        ratio = f"{each.ratio:.2f} ({' to '.join(spread)})"
    if each.cpu_ratio is not None:
        spent = " to ".join(number(median(side.cpu)) for side in (each.ours, each.theirs))
        cpu = f"{each.cpu_ratio:.2f} ({spent} s)"
    sides = (side for side in (each.ours, each.theirs) if side is not None and side.peak_mb)
    peaks = ", ".join(f"{side.peak_mb:.0f} MB" for side in sides)
    cells = (each.job, f"{each.ours.who}: {each.ours}", theirs, len(each.ours.values), ratio, cpu, peaks)
    return f"| {' | '.join(map(str, (*cells, each.verdict)))} |"


def _shares(ours, theirs):
    return [one / other for one, other in zip(ours, theirs, strict=True)]
