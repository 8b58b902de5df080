"""A personal fit: the log becomes FSRS parameters, taken only if they predict better than those in force.

Pure data in, a report out; nothing is written. The work is done in a process of its own
(`fitting_child`), which an exception here, Ctrl-C among them, ends at once.

"Better" is the mean log loss over the splits, not the lower end of its interval. With simulated
learners of nine kinds, half of them nothing FSRS believes in, the mean takes worse parameters in 3 to
8 of 100 cases and keeps worse ones in 6 to 22; the interval keeps worse ones in 33 to 50, which costs
far more than it saves (`python -m tests.benchmarks.fit`). The interval is told all the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from srs.errors import SrsError
from srs.evaluation import Difference, Scores, bins_of, predictions, scores, splits
from srs.fitting_child import write_request
from srs.fitting_items import Histories
from srs.fitting_work import Found
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srs.fitting_items import Answers

ENOUGH_REVIEWS = 450
"""Long-term answers a fit needs; with fewer it hurts about as often as it helps."""

ENOUGH_FRESH = 100
"""Long-term answers since the last fit without which nothing can be said against its parameters."""


class Verdict(Enum):
    """What became of the new parameters."""

    ADOPTED = auto()
    WOULD_ADOPT = auto()
    """In a dry run, which changes nothing."""
    BETTER = auto()
    """Before it is asked whether they are to be adopted."""
    KEPT = auto()
    SAME = auto()
    """The fit came to what is in force, so that there is nothing to compare."""


_BEGINNINGS = {
    Verdict.ADOPTED: "Adopted new parameters: they",
    Verdict.WOULD_ADOPT: "Would adopt new parameters: they",
    Verdict.BETTER: "New parameters",
    Verdict.KEPT: "Kept your parameters:",
    Verdict.SAME: "Kept your parameters:",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a fit. `parameters` are those in force afterwards, `because` ends the sentence why.

    `reviews` counts all answers, `long_term_reviews` those a study day or more after the card's answer
    before. `scores` has "default", "current" and "new", each on the splits (the default and current
    ones on the same answers where there was no fit); "new" is None then. `differences` has, for
    "default" and "current", how much greater their log loss is than that of the new ones, the latter on
    answers the current ones were not fitted on. `fitted_until` is to be kept with adopted parameters and
    handed in when they are the current ones.
    """

    verdict: Verdict
    because: str
    parameters: tuple[float, ...]
    reviews: int
    long_term_reviews: int
    scores: dict[str, Scores | None]
    differences: dict[str, Difference] = field(default_factory=dict)
    fitted_until: int | None = None

    @property
    def adopted(self) -> bool:
        """Whether the new parameters are to be in force."""
        return self.verdict is Verdict.ADOPTED

    @property
    def reason(self) -> str:
        """The verdict and what it rests on, a sentence."""
        return f"{_BEGINNINGS[self.verdict]} {self.because}."

    def as_json(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "adopted": self.adopted,
            "reason": self.reason,
            "parameters": list(self.parameters),
            "reviews": self.reviews,
            "long_term_reviews": self.long_term_reviews,
            "scores": {name: each and each.as_json() for name, each in self.scores.items()},
            "differences": {name: each.as_json() for name, each in self.differences.items()},
        }


def optimize(
    answers: Answers,
    current: Sequence[float] = DEFAULT_PARAMETERS,
    *,
    fitted_until: int | None = None,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> Report:
    """Fit parameters to the answers and say whether they should replace the current ones.

    `fitted_until` is the moment (ms) of the last answer the current parameters were fitted on: answers
    they were fitted on say nothing against them, so the two are compared on later ones. `seed` draws
    the cards of the bootstrap, and of a fit with very many answers. `progress` hears the share done.

    Raises:
        UsageError: if the current parameters are not those of FSRS-6.
        SrsError: if the process that fits came to grief.

    """
    current = Scheduling(current).parameters
    histories = Histories(answers)
    if histories.learnable < ENOUGH_REVIEWS:
        return _too_few(histories, current)
    del histories
    found = in_child(answers, current, fitted_until=fitted_until, seed=seed, progress=progress)
    return _decided(answers, current, found)


def in_child(
    answers: Answers,
    current: Sequence[float],
    *,
    fitted_until: int | None,
    seed: int,
    progress: Callable[[float], None],
) -> Found:
    """The work of a fit, done in a process of its own that does not outlive this call."""
    with tempfile.TemporaryFile() as complaints:
        child = _started(complaints)
        try:
            found = _conversation(
                child,
                lambda to: write_request(to, answers, current, fitted_until=fitted_until, seed=seed),
                progress,
            )
            child.wait()
        finally:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                _closed(pipe)
        if found is None:
            raise _came_to_grief(child.returncode, complaints)
        return found


def _started(complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise SrsError("cannot fit: this Python does not know where its program is")
    # -P keeps the current folder out of the child's imports: a file `numpy.py` there is not for us.
    # The package is found where this one was, installed or not.
    home = str(Path(__file__).parent.parent)
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "srs.fitting_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        # One thread: its matrices are too small for more, and sums come out alike on every machine.
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
    )


def _conversation(
    child: subprocess.Popen[bytes], request: Callable[[IO[bytes]], None], progress: Callable[[float], None]
) -> Found | None:
    """Hand over the request and listen to the end; None if the child broke off."""
    if child.stdin is None or child.stdout is None:  # pragma: no cover - both were asked for
        raise AssertionError
    try:
        request(child.stdin)
        child.stdin.close()
    except OSError:
        return None
    for line in child.stdout:
        told = json.loads(line)
        if "found" in told:
            return Found.of_json(told["found"])
        progress(told["done"])
    return None


def _closed(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:
        # What could not be written any more is of no use to anybody.
        return


def _came_to_grief(code: int, complaints: IO[bytes]) -> SrsError:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    last = lines[-1].strip() if lines else ""
    if not last:
        ended = f"signal {-code}" if code < 0 else f"code {code}"
        last = f"it ended with {ended}; the system stops a process so when memory runs out"
    return SrsError("the fit broke off before it was done; your parameters are as they were", last)


def _too_few(histories: Histories, current: tuple[float, ...]) -> Report:
    there = histories.learnable
    because = (
        f"a fit needs {ENOUGH_REVIEWS} answers given a day or more after the one before, and there are"
        f" {there:,} so far, {ENOUGH_REVIEWS - there} to go"
    )
    tested = slice(splits(histories.targets.size)[0][0], None)
    bins, passed = bins_of(histories)[tested], histories.passed[tested]
    by = {
        name: scores(predictions(histories, parameters)[tested], passed, bins)
        for name, parameters in (("default", DEFAULT_PARAMETERS), ("current", current))
    }
    return Report(
        verdict=Verdict.KEPT,
        because=because,
        parameters=current,
        reviews=len(histories.answers),
        long_term_reviews=int(histories.targets.size),
        scores={**by, "new": None},
    )


def _decided(answers: Answers, current: tuple[float, ...], found: Found) -> Report:
    verdict, because = _judgement(current, found)
    return Report(
        verdict=verdict,
        because=because,
        parameters=found.parameters if verdict is Verdict.ADOPTED else current,
        reviews=len(answers),
        long_term_reviews=found.long_term_reviews,
        scores={"default": found.default, "current": found.current, "new": found.new},
        differences={"default": found.against_default, "current": found.against_current},
        fitted_until=int(answers.at.max()),
    )


def _judgement(current: tuple[float, ...], found: Found) -> tuple[Verdict, str]:
    if found.parameters == current:
        return Verdict.SAME, "the fit came to the same ones"
    if not found.against_default.mean > 0:
        losses = _against(found.new.log_loss, found.default.log_loss)
        whose = "" if current == DEFAULT_PARAMETERS else " for the defaults"
        return Verdict.KEPT, f"{_NO_BETTER} ({losses}{whose})"
    if current != DEFAULT_PARAMETERS and found.fresh < ENOUGH_FRESH:
        return Verdict.KEPT, (
            f"they were fitted not long ago. {ENOUGH_FRESH - found.fresh} more answers given a day or more"
            " after the one before will show whether new ones are better"
        )
    losses = _against(found.fresh_new, found.fresh_current)
    if not found.against_current.mean > 0:
        return Verdict.KEPT, f"{_NO_BETTER} ({losses})"
    return Verdict.ADOPTED, f"predict answers they had not seen better ({losses})"


_NO_BETTER = "the new ones predict answers they had not seen no better"


def _against(first: float, second: float) -> str:
    """Two log losses with as many digits as it takes to tell them apart."""
    for digits in (3, 4, 5):
        told = f"{first:.{digits}f}", f"{second:.{digits}f}"
        if told[0] != told[1]:
            break
    return f"log loss {told[0]} against {told[1]}"
