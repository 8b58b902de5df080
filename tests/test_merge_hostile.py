"""Another database whose rows hold what cannot be: merged without them, and nothing else is lost."""

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_merge_command import OLD, other_database
from world import Clock, check_laws, open_at

from srs.doctor import Around, examine, is_healthy
from srs.errors import SrsError
from srs.merging import merge

pytestmark = pytest.mark.sqlite_file

HURTFUL = [
    *(float("inf"), -float("inf"), 1e308, -0.5, 2.5, 1 << 31, 1 << 53, 1 << 62, (1 << 63) - 1, -(1 << 63)),
    *(-1, 0, 5, 10**12, 10**15, None, "", "x", "\0", "\x1b[31mred", "\u202egnorw", "{", "[1]", "{}"),
    *('{"day":NaN}', '{"day":1e400}', '{"day":99999999999}', '"x"', "[" * 5_000, "from_a_newer_version"),
    *(b"", b"\xff", b"\0" * 16, b"\xff" * 16, b"\xff" * 17, "undo", "same", "params", "options", "due"),
]
COLUMNS = {
    "review": (
        *(
            "id",
            "card",
            "at",
            "study_day",
            "rating",
            "took_ms",
            "revealed_ms",
            "utc_offset",
            "mode",
            "hinted",
        ),
        *("response", "after", "state_before", "interval_before", "difficulty_before", "recall", "batch"),
        *("state_after", "step_after", "due_day", "due_at", "options", "device", "learner"),
    ),
    "act": ("id", "kind", "at", "study_day", "card", "target", "cause", "payload", "device", "learner"),
}
damages = st.lists(
    st.sampled_from([(table, column) for table, columns in COLUMNS.items() for column in columns]).flatmap(
        lambda where: st.tuples(st.just(where), st.sampled_from(HURTFUL), st.integers(0, 2), st.booleans())
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Another laptop's database."""
    return other_database(tmp_path_factory.mktemp("merged") / "old", OLD)


def damage(path, where, value, row, as_bytes):
    """Write a value into a row behind the program's back, as text that may be none."""
    table, column = where
    stored = (
        value.encode("utf-8", "surrogatepass") + b"\xff" if as_bytes and isinstance(value, str) else value
    )
    new = "CAST(? AS TEXT)" if stored is not value else "?"
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("PRAGMA ignore_check_constraints = 1")
        sql = f"UPDATE OR IGNORE {table} SET {column} = {new} WHERE rowid IN"
        key = f"(learner, id) IN (SELECT learner, id FROM {table} ORDER BY id LIMIT 1 OFFSET ?)"
        try:
            plain.execute(sql.replace("rowid IN", key), (stored, row))
        except sqlite3.IntegrityError:
            return
        plain.commit()


def check(folder, old, hurt):
    """Merge a damaged copy: whatever came of it, the database here is sound."""
    other = Path(shutil.copyfile(old, folder / "old.db"))
    for each in hurt:
        damage(other, *each)
    clock = Clock()
    with open_at(folder / "cards.db", clock, create=True) as collection:
        with suppress(SrsError):
            merge(collection, other, as_whom="me")
        found = examine(collection.rows, Around(clock(), clock.today + 10**6))
        assert is_healthy(found), found
        check_laws(collection)


@given(damages)
@example([(("review", "due_at"), 1 << 53, 0, False)])
@example([(("review", "state_after"), None, 0, False)])
@example([(("review", "state_after"), None, 2, False)])
@example([(("review", "device"), "x", 0, True)])
@example([(("review", "after"), b"\0" * 16, 0, False)])
@example([(("act", "payload"), "[" * 5_000, 0, False)])
@example([(("act", "device"), None, 0, False), (("review", "learner"), b"\xff", 0, False)])
@settings(max_examples=25, deadline=None, database=None)
def test_a_database_made_to_hurt_does_no_harm(tmp_path_factory, old, hurt):
    """Whatever stands in its rows, a merge goes without it or ends in a sentence; all is sound."""
    check(tmp_path_factory.mktemp("hurt"), old, hurt)


@pytest.mark.nightly
@given(damages)
@settings(max_examples=1_500, deadline=None, database=None)
def test_a_database_made_to_hurt_does_no_harm_at_length(tmp_path_factory, old, hurt):
    """The same for very many."""
    check(tmp_path_factory.mktemp("hurt"), old, hurt)
