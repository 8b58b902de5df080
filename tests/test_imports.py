"""Who may import what (DESIGN §2), read from the source, and what the quick paths really load."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from world import Clock, filled

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in sorted((ROOT / "srs").rglob("*.py"))
}

EVERYWHERE = {"model", "days", "errors", "ids"}
"""The words of the house; they know nobody but each other."""

MAY_IMPORT = {
    # room: the rooms it may import, besides itself and the words
    "__init__": {"collection"},
    "__main__": {"cli"},
    "model": set(),
    "days": set(),
    "errors": set(),
    "ids": set(),
    "planned": set(),
    "card_extra": set(),
    "garbage": set(),
    "modes": set(),
    "clock": set(),
    "queue": set(),
    "places": set(),
    "zones": set(),
    "scheduling": set(),
    "coming": set(),
    "stats": {"coming"},
    "grouping": {"coming", "stats"},
    "settings": {"settings_table", "settings_text", "settings_values", "zones"},
    "settings_text": set(),
    "settings_places": {"places", "settings_values"},
    "settings_table": {"settings_places", "settings_values"},
    "settings_values": {"settings_text", "zones"},
    "fold": {"scheduling"},
    "refold": {"scheduling"},
    "refold_plain": {"refold", "scheduling"},
    "session": {"queue"},
    "deck": {"planned", "card_extra", "garbage"},
    "store": {"planned", "card_extra", "fold", "places", "refold", "scheduling", "refold_plain"},
    # Helpers that join rooms for the front door and the command line.
    "naming": {"store"},
    "today": {"store", "settings"},
    "ordering": {"queue", "store"},
    "intake": {"deck", "interop", "intake_report", "store", "planned", "collection", "unchanged", "garbage"},
    "intake_report": {"planned"},
    "unchanged": {"intake_report"},
    "history": {
        *("deck", "history_cards", "history_lines", "history_report", "interop", "naming", "rollover"),
        *("store", "collection"),
    },
    "history_cards": {"deck", "interop", "places", "planned", "store"},
    "history_report": {"rollover"},
    "history_lines": {"interop"},
    "upcoming": {"coming", "ordering", "queue", "session", "store", "today"},
    "reviewing": {"modes", "scheduling", "session", "store", "today", "upcoming"},
    "practice": {"reviewing", "session", "queue", "store"},
    "collection": {
        *("__init__", "clock", "fold", "history", "history_report", "intake", "naming", "reviewing"),
        *("scheduling", "settings", "store", "today"),
    },
    # Rooms still to come, as the plan of the house has them.
    "evaluation": {"refold"},
    # Statistics: what each view is computed from.
    "activity": {"stats"},
    "calibration": {"evaluation", "stats"},
    "confusion": set(),
    "histograms": {"refold", "timeline"},
    "knowledge": set(),
    "rollover": set(),
    "timeline": {"refold", "scheduling", "store"},
    "fitting": {"evaluation", "fitting_child", "fitting_items", "fitting_work", "scheduling"},
    "fitting_child": {"fitting_items", "fitting_work"},
    "fitting_work": {"evaluation", "fitting_items", "fitting_map", "scheduling"},
    "fitting_map": {"evaluation", "refold", "scheduling"},
    "fitting_items": set(),
    "beliefs": {"refold"},
    "rescheduling": {"scheduling", "store"},
    "optimizing": {"beliefs", "fitting", "fitting_items", "rescheduling", "scheduling", "store"},
    "simulation": {"simulation_cells", "simulation_days"},
    "simulation_behaviour": set(),
    "simulation_cells": {"refold", "scheduling"},
    "simulation_days": {"simulation_cells"},
    "simulation_forecast": {"simulation"},
    "looking_ahead": {
        *("simulation", "simulation_behaviour", "simulation_cells", "simulation_days"),
        *("simulation_forecast", "scheduling", "store", "refold"),
    },
    # Anki packages: from what they say to cards, lines, acts and files.
    "anki_acts": {"interop"},
    "anki_cards": {"deck", "planned", "store"},
    "anki_media": {"interop"},
    "anki_export": {
        *(
            "anki_media",
            "anki_rows",
            "deck",
            "exporting_cards",
            "interop",
            "planned",
            "scheduling",
            "settings",
            "store",
        ),
    },
    "anki_rows": {"fold", "interop", "scheduling"},
    "exporting_cards": {"deck", "interop", "store"},
    "anki_files": {"anki_cards", "deck", "interop", "places", "planned", "store"},
    "anki_import": {
        *("anki_acts", "anki_cards", "anki_files", "anki_lines", "anki_log", "anki_report", "history_lines"),
        *("interop", "scheduling", "store"),
    },
    "anki_lines": {"anki_cards", "anki_log", "anki_report", "store"},
    "anki_log": {"interop", "scheduling"},
    "anki_report": {"interop"},
    "log": {"log_values"},
    "log_values": {"scheduling"},
    "merging": {"__init__", "log_values", "store", "collection", "sync_joining"},
    "sync": {
        *("__init__", "log", "log_values", "store"),
        *(
            "sync_files",
            "sync_folder",
            "sync_joining",
            "sync_lock",
            "sync_mending",
            "sync_news",
            "sync_report",
        ),
    },
    "sync_files": {"log", "store", "sync_news", "sync_source"},
    "sync_folder": {"log", "sync_files", "sync_source"},
    "sync_git": set(),
    "sync_joining": {"log_values"},
    "sync_lock": set(),
    "sync_news": {"store"},
    "sync_report": {"sync_files", "sync_joining"},
    "sync_mending": {"log", "sync_files", "sync_folder", "sync_source"},
    "sync_source": {"log"},
    "backup": set(),
    "safe": {"backup", "store"},
    "synced_folders": set(),
    "doctor": {"doctor_memories", "store"},
    "doctor_memories": {"fold", "refold", "refold_plain", "scheduling", "store"},
    "interop": {"store", "deck", "planned"},
}

ONLY_IN = {
    "psycopg": {"store"},
    "sqlmodel": {"store"},
    "sqlalchemy": {"store"},
    "sqlite3": {"store"},
    "typer": {"cli"},
    "rich": {"cli"},
    "fsrs": {"scheduling"},
    "fsrs_rs_python": {"fitting_work"},
    "plotext": {"cli"},
    "pygal": {"cli"},
    "anki": {"interop"},
    "selectolax": {"interop"},
    "numpy": {
        "doctor_memories",
        *("refold", "refold_plain", "looking_ahead", "beliefs", "optimizing"),
        *("evaluation", "fitting_child", "fitting_items", "fitting_map", "fitting_work"),
        *("calibration", "histograms", "knowledge", "timeline"),
        *("simulation", "simulation_behaviour", "simulation_cells", "simulation_days", "simulation_forecast"),
    },
    "rtoml": {"deck", "settings_text"},
    "platformdirs": {"places"},
    "tzlocal": {"zones"},
    "random": set(),
    "secrets": set(),
    "pydantic": set(),
    "click": set(),
}

ALSO_IN = {"numpy": {"srs.store.answers", "srs.store.logged"}}
"""Single modules that may use a library their room may not."""

NEVER_TOGETHER = ("store", "deck", "session", "stats")
LIGHT_STORE = ("heads", "reading", "peek", "listing", "counting", "daily", "figures", "searching", "snapshot")
"""What the quick look and the first question read through: no SQLAlchemy behind it."""

CLOCKS = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "now", "utcnow", "today", "urandom"}


def room(module):
    """The room a module is in: `srs.store.heads` is in `store`."""
    parts = module.split(".")
    return "__init__" if len(parts) == 1 or parts[1] == "__init__" else parts[1]


def for_types_only(tree):
    """The ids of all nodes under `if TYPE_CHECKING:`."""
    return {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for statement in branch.body
        for node in ast.walk(statement)
    }


def imports(module, *, types=False):
    """The modules a module imports, at its top or in a function; with `types`, also what types need."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    hidden = set() if types else for_types_only(tree)
    found = set()
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in names if name in MODULES or f"{name}.__init__" in MODULES} or {
                node.module
            }
    return found


def test_every_module_has_its_row():
    """No module exists that the table of rooms does not know: a new one says whom it may import."""
    assert {room(module) for module in MODULES} <= MAY_IMPORT.keys() | {"cli"}


@pytest.mark.parametrize("module", MODULES)
def test_rooms_import_only_whom_they_may(module):
    """Each module's imports are in the row of its room; nobody but `__main__` imports the command line."""
    here = room(module)
    wanted = {room(name) for name in imports(module) if name.split(".")[0] == "srs"} - {here}
    if here == "cli":
        assert "__main__" not in wanted
    else:
        assert wanted - EVERYWHERE <= MAY_IMPORT[here]


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in NEVER_TOGETHER])
def test_store_deck_session_and_stats_never_know_each_other(module):
    """Not even for their types do the four rooms import one another."""
    others = set(NEVER_TOGETHER) - {room(module)}
    assert not others & {room(name) for name in imports(module, types=True) if name.startswith("srs.")}


@pytest.mark.parametrize("module", MODULES)
def test_libraries_stay_in_their_rooms(module):
    """SQLModel stays in the store, Typer and Rich in the command line, FSRS behind its one wrapper."""
    for name in imports(module):
        library = name.split(".")[0]
        if module not in ALSO_IN.get(library, ()):
            assert room(module) in ONLY_IN.get(library, {room(module)}), f"{module} imports {library}"


@pytest.mark.parametrize("module", MODULES)
def test_nobody_but_the_command_line_reads_a_clock(module):
    """The moment and random bits are handed in: only `clock` and the command line ask for them."""
    if room(module) in ("cli", "clock"):
        return
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    asked = {
        ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and ast.unparse(node.func.value) in ("time", "datetime", "datetime.datetime", "date", "os")
    }
    assert not asked


@pytest.mark.parametrize("name", LIGHT_STORE)
def test_the_readers_of_the_store_are_light(name):
    """What reads for the first question imports no SQLAlchemy and nothing that does."""
    seen, waiting = set(), {f"srs.store.{name}"}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        found = imports(module)
        assert not {each.split(".")[0] for each in found} & {"sqlalchemy", "sqlmodel", "fsrs", "numpy"}
        waiting |= {each for each in found if each in MODULES} - seen


def test_the_reader_of_imports_sees_them():
    """Imports at the top, in functions and for types are told apart: these tests can fail."""
    assert "srs.cli.app" in imports("srs.__main__")
    assert "sqlalchemy" in imports("srs.store.database")
    assert "srs.scheduling" in imports("srs.reviewing")
    assert "srs.collection" in imports("srs.intake", types=True) - imports("srs.intake")


def loaded_by(code, **env):
    """The names of the modules that are loaded after some code ran in a fresh interpreter."""
    text = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **env},
    )
    return set(done.stderr.split()), done.stdout


def test_importing_srs_loads_nothing():
    """`import srs` costs one module; the names it offers are loaded when they are asked for."""
    loaded, _ = loaded_by("import srs")
    assert {name for name in loaded if name.split(".")[0] == "srs"} == {"srs"}
    heavy = {"typer", "rich", "sqlmodel", "sqlalchemy", "fsrs", "numpy", "pydantic", "dataclasses", "sqlite3"}
    assert not heavy & loaded
    loaded, _ = loaded_by("import srs; srs.Collection; srs.Rating")
    assert {"srs.collection", "srs.model"} <= loaded


@pytest.mark.sqlite_file
def test_the_quick_look_loads_nothing_heavy(tmp_path):
    """`srs due --count` answers from sqlite3 alone."""
    clock = Clock()
    filled(tmp_path, clock, 5).close()
    env = {
        "SRS_DB": str(tmp_path / "cards.db"),
        "SRS_CONFIG": str(tmp_path / "config.toml"),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
    }
    code = "from srs.__main__ import run\nassert run(['due', '--count']) == 0"
    loaded, told = loaded_by(code, **env)
    assert told == "5\n"
    heavy = {"typer", "rich", "sqlmodel", "sqlalchemy", "fsrs", "numpy", "pydantic", "dataclasses", "rtoml"}
    assert not heavy & loaded
    assert "sqlite3" in loaded
