"""Which database the tests run on: SQLite files, or with `--database=postgres` a PostgreSQL server.

On a server a test that leaves a SQLite file behind fails: what it claims was not seen to hold there.
One about the file is marked `sqlite_file` and not run, one that needs a file beside the server, to take
it in, is marked `file_beside`.
"""

import os

import postgres
import pytest
from tally import Tally

_NOT_RUN = pytest.StashKey()
_TALLY = pytest.StashKey()
_LOOKED_INTO = pytest.StashKey()


def pytest_addoption(parser):
    """`--database=postgres`, or SRS_TEST_DATABASE."""
    parser.addoption(
        "--database",
        choices=("sqlite", "postgres"),
        default=os.environ.get("SRS_TEST_DATABASE", "sqlite"),
        help="what the tests keep their cards in; tests about the SQLite file run on sqlite alone",
    )


def pytest_configure(config):
    """Start the server before anything is collected, or say why there is none."""
    config.stash[_NOT_RUN] = set()
    config.stash[_TALLY] = Tally()
    config.stash[_LOOKED_INTO] = set()
    if config.getoption("--database") == "postgres":
        why = postgres.why_not()
        if why:
            raise pytest.UsageError(f"--database=postgres: {why}")
        postgres.start()


def pytest_unconfigure():
    """Stop it."""
    if postgres.SERVER is not None:
        postgres.SERVER.stop()


def pytest_collection_modifyitems(config, items):
    """On a server leave out what is about the file."""
    if postgres.SERVER is None:
        return
    left_out = [item for item in items if item.get_closest_marker("sqlite_file")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("sqlite_file")]
        config.hook.pytest_deselected(items=left_out)
        config.stash[_NOT_RUN].add(f"{len(left_out)} tests are about the SQLite file: not run on the server")


@pytest.fixture(scope="session")
def cluster(request):
    """A PostgreSQL server; without one the tests that need it are skipped, and that is said at the end."""
    if postgres.SERVER is not None:
        yield postgres.SERVER
        return
    why = postgres.why_not()
    if why:
        request.config.stash[_NOT_RUN].add(f"tests on PostgreSQL were skipped: {why}")
        pytest.skip(why)
    server = postgres.Cluster()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def tally(request):
    """Where a test counts the faults it tries; told at the end."""
    return request.config.stash[_TALLY]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Count a test of the marker `faults` that counts nothing itself as the one fault it is."""
    report = yield
    if item.get_closest_marker("faults") and "tally" not in item.fixturenames:
        came_to_it = report.when == "call" or (report.when == "setup" and not report.passed)
        if came_to_it:
            item.config.stash[_TALLY].of_test(item.path.stem, report.outcome)
    return report


@pytest.fixture(autouse=True)
def _databases_go_with_their_test():
    """Remove what a test made on the server, so that thousands of them need no room."""
    if postgres.SERVER is None:
        yield
        return
    before = postgres.SERVER.names()
    yield
    postgres.SERVER.drop(postgres.SERVER.names() - before)


@pytest.fixture(autouse=True)
def _nothing_is_kept_in_a_file_instead(request, tmp_path_factory):
    """A test on the server that works on a file of its own would pass there without being there."""
    yield
    if postgres.SERVER is None:
        return
    seen = request.config.stash[_LOOKED_INTO]
    fresh = [folder for folder in tmp_path_factory.getbasetemp().iterdir() if folder.name not in seen]
    seen.update(folder.name for folder in fresh)
    files = [path for folder in fresh for path in folder.rglob("*.db") if postgres.is_sqlite(path)]
    may = request.node.get_closest_marker("file_beside")
    assert may or not files, "a SQLite file on a server: see tests/conftest.py"


def pytest_terminal_summary(terminalreporter, config):
    """One line for everything that did not run, and the count of the faults that were tried."""
    for line in config.stash[_TALLY].told():
        terminalreporter.write_line(line)
    for line in sorted(config.stash[_NOT_RUN]):
        terminalreporter.write_line(line)
