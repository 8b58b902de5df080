"""What is loaded before a person sees something; a guard that counts modules, not milliseconds."""

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import SHIPPED, Home, Session, cards_of, run

from srs.cli import card_commands, completion, data_commands, deck_commands, every_day_commands
from srs.cli.app import app

HEAVY = {
    "typer",
    "rich.console",
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "fsrs",
    "numpy",
    "rtoml",
    "platformdirs",
    "tzlocal",
}
SLOW_STANDARD = {
    "typing",
    "dataclasses",
    "inspect",
    "json",
    "hashlib",
    "pathlib",
    "uuid",
    "threading",
    "zoneinfo",
    "argparse",
}
"""Each costs at least a twentieth of `srs due --count`."""

# The program, and a file each of what it had loaded when the background loading would have begun
# (with that kept from beginning) and when it ended.
_TELLS_MODULES = """
import sys
folder = sys.argv.pop(1)
before = set(sys.modules)

def tell(name):
    with open(f"{folder}/{name}", "w") as file:
        file.write("\\n".join(set(sys.modules) - before))

if "review" in sys.argv:
    import srs.cli.review
    srs.cli.review.Loader.start = lambda loader: tell("asked")
from srs.__main__ import run
code = run(sys.argv[1:])
tell("ended")
sys.exit(code)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the deck that comes along."""
    return Home(tmp_path_factory.mktemp("home")).fill()


def telling(folder):
    """The program that tells what it loads in files of a folder."""
    return [sys.executable, "-c", _TELLS_MODULES, str(folder)]


def loaded(folder, when="ended"):
    """The names of the modules it had loaded, without what Python itself begins with."""
    return set((folder / when).read_text().split())


def distributions(modules):
    """The top-level names that do not come with Python."""
    roots = {name.partition(".")[0] for name in modules}
    return {root for root in roots - sys.stdlib_module_names if not root.startswith(("_", "org"))}


@pytest.mark.sqlite_file
@pytest.mark.parametrize("arguments", [("--count",), ("--prompt",), ("--exit-code", "--count"), ()])
def test_a_shell_prompt_loads_next_to_nothing(home, tmp_path, arguments):
    """`srs due` for a prompt is sqlite3 and nineteen small modules of ours, the same ones every time."""
    done = run(home, "due", *arguments, program=telling(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    modules = loaded(tmp_path)
    assert distributions(modules) == {"srs"}
    assert not SLOW_STANDARD & modules
    assert {name for name in modules if name.startswith("srs.")} == {
        "srs.__main__",
        "srs.errors",
        "srs.clock",
        "srs.places",
        "srs.settings",
        "srs.settings_places",
        "srs.settings_table",
        "srs.settings_text",
        "srs.settings_values",
        "srs.today",
        "srs.zones",
        "srs.cli",
        "srs.cli.quick",
        "srs.cli.context",
        "srs.cli.due",
        "srs.store",
        "srs.store.heads",
        "srs.store.peek",
        "srs.store.records",
    }


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_loads_typer_and_nothing_that_works(home, tmp_path, option):
    """`srs --help` loads Typer and the declarations of commands: no Rich, no database, no FSRS."""
    done = run(home, option, program=telling(tmp_path))
    assert done.returncode == 0
    modules = loaded(tmp_path)
    assert "typer" in modules
    assert not {"rich", *HEAVY} - {"typer"} & modules
    assert not {name for name in modules if name.startswith(("srs.store", "srs.collection", "srs.model"))}


@pytest.mark.sqlite_file
def test_the_first_question_loads_what_draws_it(home, tmp_path):
    """The first question needs sqlite3 and Rich's text; then FSRS shows the intervals, SQLModel nothing."""
    with Session(home, "review", program=telling(tmp_path)) as session:
        session.ready(cards_of()[0]["question"].split("\n")[0][:30])
        asked = loaded(tmp_path, "asked")
        session.key(" ", "4 Easy")
        session.press("q")
        assert session.to_the_end() == 0
    assert distributions(asked) <= {"srs", "rich"}
    assert not HEAVY & asked
    assert not {"srs.scheduling", "srs.collection", "srs.store.tables"} & asked
    revealed = loaded(tmp_path) - asked
    assert "fsrs" in revealed
    assert not HEAVY - {"fsrs"} & revealed


@pytest.mark.sqlite_file
def test_line_mode_asks_with_no_more(home, tmp_path):
    """The first question on a pipe is printed before Typer, SQLModel or FSRS are loaded."""
    done = run(home, "review", program=telling(tmp_path), typed="")
    assert done.returncode == 0
    assert not HEAVY & loaded(tmp_path, "asked")


@pytest.mark.sqlite_file
def test_an_import_of_unchanged_files_loads_no_database_engine(home, tmp_path):
    """An import of what was imported before is told by its hash: no Typer, no SQLModel, no deck reader."""
    done = run(home, "import", str(SHIPPED), program=telling(tmp_path))
    assert done.returncode == 0
    assert "Nothing to do" in done.stderr
    modules = loaded(tmp_path)
    assert distributions(modules) == {"srs", "rich"}
    assert not HEAVY & modules - {"platformdirs", "tzlocal"}
    assert not {"srs.collection", "srs.intake", "srs.deck.parse", "srs.deck.plan", "srs.scheduling"} & modules


@pytest.mark.parametrize(
    "module", [every_day_commands, card_commands, deck_commands, data_commands, completion]
)
def test_types_of_commands_are_no_texts(module):
    """Types of a command's options are values: Typer would compile texts three times at each start."""
    groups = [info.typer_instance for info in app.registered_groups]
    declared = [command for group in (app, *groups) for command in group.registered_commands]
    callbacks = [info.callback for info in declared if info.callback.__module__ == module.__name__]
    assert callbacks
    for callback in callbacks:
        assert not [kind for kind in callback.__annotations__.values() if isinstance(kind, str)]
