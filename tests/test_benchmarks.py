"""The benchmark against Anki runs: each job once, on 30 cards; nothing is held against a clock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("the benchmark starts reviews on pseudo-terminals, which are POSIX", allow_module_level=True)

pytestmark = pytest.mark.sqlite_file
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the collections are kept that the tests share."""
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture
def comparing(monkeypatch):
    """The module that compares; benchmarks are found from the root of the project."""
    monkeypatch.syspath_prepend(str(ROOT))
    from tests.benchmarks import comparing

    return comparing


def benchmarks(*arguments):
    """What `python -m tests.benchmarks` says."""
    command = [sys.executable, "-m", "tests.benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def measured(folder, *jobs, rounds=0):
    """The comparisons of these jobs on 30 cards."""
    pytest.importorskip("anki", reason="the package `anki` is not installed: pip install --group bench")
    ran = benchmarks(*jobs, "--rounds", rounds, "--cards", 30, "--folder", folder, "--json")
    assert not ran.returncode, ran.stderr
    return json.loads(ran.stdout)["marks"]


@pytest.mark.timeout(600)
def test_each_cheap_job_tells_figures_of_both(folder):
    """First question, due count and answers run on both, with figures that can be compared."""
    found = measured(folder, "first", "due", "answers")
    assert len(found) == 1 + 1 + 4
    for each in found:
        assert each["ours"]["min"] > 0
        assert each["theirs"]["min"] > 0
        assert each["ratio"] > 0
        assert each["mark"] is None  # the marks are for the sizes of the issue


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_the_long_jobs_run_too(folder):
    """Imports, statistics, fits, the refold and the jobs of a million cards run on both as well."""
    found = measured(folder, "import", "stats", "optimize", "refold", "million")
    assert len(found) == 2 + 10 + 1 + 4 + 9


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_peak_memory_and_durability_are_told(folder):
    """A counted round tells the peak memory of both, and that both confirm each answer on the disk."""
    found = measured(folder, "answers", rounds=1)
    assert all(side["peak_mb"] > 1 for each in found for side in (each["ours"], each["theirs"]))
    assert found[0]["job"].count("synchronous=FULL") == 2


def test_ratio_is_the_median_of_the_rounds(comparing):
    """A ratio is the median of those of each round, so that a slow minute slows both sides of it."""
    ours = comparing.Figures("srs", [1.0, 10.0, 3.0], cpu=[1.0, 1.0, 1.0])
    theirs = comparing.Figures("Anki", [2.0, 20.0, 4.0], cpu=[4.0, 4.0, 4.0])
    found = comparing.Comparison("job", ours, theirs, mark=0.5)
    assert (found.ratio, found.cpu_ratio, found.verdict) == (0.5, 0.25, "<= 0.5: held")


def test_missed_marks_are_told(comparing):
    """A mark that is missed is written down as missed, whichever way it goes."""
    slow = comparing.Figures("srs", [3.0])
    most = comparing.Comparison("job", slow, comparing.Figures("Anki", [2.0]), mark=1.0)
    least = comparing.Comparison("job", slow, mark=1_000.0, at_least=True)
    assert [each.verdict for each in (most, least)] == ["<= 1: MISSED", ">= 1,000 s: MISSED"]
    assert "MISSED" in comparing.table([most])


def test_an_unknown_job_is_refused():
    """A job that is not there is named, and nothing is made."""
    ran = benchmarks("frist")
    assert ran.returncode == 2
    assert "there is no job 'frist'" in ran.stderr
