"""A history from elsewhere becomes lines of the log: the same file the same lines, one deed, one undo."""

import csv
import io
import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from histories import seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from running import run
from world import (
    DAY_MS,
    DAYS,
    START,
    Clock,
    answer_card,
    check_laws,
    deck_of,
    filled,
    log_of,
    memories_of,
    open_at,
)

from srs import history
from srs.days import StudyDays
from srs.errors import NotFoundError, RefusedError, UsageError
from srs.history_lines import Calendar
from srs.ids import card_key, id_ms
from srs.interop.log_lines import Writer
from srs.model import ActKind, Answer, Rating, State
from srs.store import batches
from srs.store.exporting import every_line

if sys.platform != "win32":
    from programs import Home

REAL = Path("/work/shared/data/real-reviews.csv")
HEADER = "card,rating,reviewed_at,took_ms"
NEW_YORK = ZoneInfo("America/New_York")


def written(folder, rows, *, name="history.csv", header=HEADER):
    """A file of these rows; returns its path."""
    path = folder / name
    text = io.StringIO()
    csv.writer(text).writerows([header.split(","), *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def iso(ms):
    """A moment as a file writes it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def some_rows(seed, *, cards=("d0/c0", "d0/c1", "c2", "gone/x"), count=40, until=START):
    """Answers of the two years before the clock of the world, oldest first; some at one moment."""
    source = seeded(seed)
    moments = sorted(until - source.randrange(1, 700 * 24) * 3_600_000 for _ in range(count))
    rows = [
        [source.choice(cards), source.choice([1, 2, 3, 3, 4]), iso(at), source.randrange(500, 90_000)]
        for at in moments
    ]
    return [*rows, *rows[:1]]


def answers_of(collection, *, undone=False):
    """The answers of the log, without those taken back unless they are asked for."""
    return [line for line in log_of(collection) if isinstance(line, Answer) and (undone or not line.undone)]


@pytest.fixture
def collection(tmp_path):
    """Three cards of `d0` and one of `d1`, none answered."""
    with filled(tmp_path, Clock(), 3, 1) as found:
        yield found


def test_a_history_becomes_lines_and_memories(collection, tmp_path):
    """Each row is an answer of its own id, moment, study day and zone; the memories are their fold."""
    rows = some_rows(1)
    report = collection.import_answers(written(tmp_path, rows))
    assert (report.answers, report.new, report.cards, report.unknown) == (41, 41, 4, ("gone/x",))
    found = answers_of(collection)
    assert sorted((line.at, int(line.rating), line.took_ms) for line in found) == sorted(
        (round(datetime.fromisoformat(at).timestamp() * 1000), rating, took) for _, rating, at, took in rows
    )
    for line in found:
        assert id_ms(line.id) == line.at
        assert line.study_day == DAYS.day(line.at)
        assert line.utc_offset == DAYS.utc_offset(line.at)
        assert (line.batch, line.options, line.state_after, line.device) == (report.batch, None, None, "")
    assert {line.card for line in found} == {
        *(collection.find(name).key for name in ("d0/c0", "d0/c1", "d0/c2")),
        card_key("gone", "x"),
    }
    check_laws(collection)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_twice_is_once_in_any_order(tmp_path_factory, seed, shuffle):
    """Importing again, the rows in any order or the file grown, adds only what is new.

    Rows of one card at one moment that name no id are told apart by their number, so they come together.
    """
    folder = tmp_path_factory.mktemp("twice")
    rows = some_rows(seed)
    with filled(folder, Clock(), 3) as one, filled(folder, Clock(), 3, name="b.db") as two:
        moments = sorted({row[2] for row in rows})
        half = [row for row in rows if row[2] in moments[::2]]
        one.import_answers(written(folder, half))
        again = [*rows]
        if shuffle:
            random.Random(seed).shuffle(again)  # noqa: S311 - seeded on purpose
        path = written(folder, again)
        grown = one.import_answers(path)
        assert (grown.known, grown.new) == (len(half), len(rows) - len(half))
        lines = log_of(one)
        same = one.import_answers(path)
        assert (same.known, same.new, same.batch) == (len(rows), 0, None)
        assert log_of(one) == lines
        two.import_answers(written(folder, rows))
        bare = [[(a.id, a.card, a.at, a.rating) for a in answers_of(each)] for each in (one, two)]
        assert bare[0] == bare[1]
        assert memories_of(one) == memories_of(two)
        check_laws(one)


def test_one_undo_takes_all_of_it_back_and_redo_puts_it_back(collection, tmp_path):
    """An import among other deeds is undone whole, is the newest deed, and imports again after that."""
    answered = answer_card(collection, "d0/c0", Rating.GOOD).answer
    before = memories_of(collection)
    path = written(tmp_path, some_rows(2))
    collection.import_answers(path)
    after = memories_of(collection)
    assert after != before
    assert collection.undo().line.kind is ActKind.BATCH
    left = memories_of(collection)
    assert {key: left[key] for key in before} == before
    assert all(memory.reps == 0 for key, memory in left.items() if key not in before)
    check_laws(collection)
    assert collection.redo().line.kind is ActKind.BATCH
    assert memories_of(collection) == after
    check_laws(collection)
    collection.undo()
    again = collection.import_answers(path)
    assert (again.new, again.known) == (41, 0)
    assert {key: memory.reps for key, memory in memories_of(collection).items()} == {
        key: memory.reps for key, memory in after.items()
    }
    assert collection.import_answers(path).new == 0
    check_laws(collection)
    collection.undo()
    assert collection.undo().line.id == answered.id


def test_an_answer_of_an_import_undone_alone_stays_so(collection, tmp_path):
    """`srs undo CARD` takes back one imported answer; undoing and redoing the import, it stays undone."""
    path = written(tmp_path, some_rows(3))
    collection.import_answers(path)
    newest = collection.undo_card(collection.find("d0/c0")).line
    assert collection.import_answers(path).undone == 1
    with collection.journal() as journal:
        batch = newest.batch
        undo = journal.take_back(batch)
    check_laws(collection)
    assert answers_of(collection) == []
    with collection.journal() as journal:
        journal.take_back(undo)
    assert newest.id not in {line.id for line in answers_of(collection)}
    assert len(answers_of(collection)) == 40
    check_laws(collection)


def test_the_same_rows_under_another_calendar_are_refused(collection, tmp_path):
    """While the first import lives, another zone would double every answer: nothing is written."""
    path = written(tmp_path, some_rows(4))
    collection.import_answers(path, zone=NEW_YORK)
    lines = log_of(collection)
    with pytest.raises(RefusedError, match=r"other study days \(America/New_York, 4:00\)"):
        collection.import_answers(path, zone=ZoneInfo("Asia/Tokyo"))
    with pytest.raises(RefusedError):
        collection.import_answers(path, zone=NEW_YORK, rollover=16)
    assert log_of(collection) == lines
    # Another name for the same days is the same history.
    assert collection.import_answers(path, zone=ZoneInfo("America/Toronto")).known == 41
    collection.undo()
    tokyo = collection.import_answers(path, zone=ZoneInfo("Asia/Tokyo"), rollover=5)
    assert tokyo.new == 41
    days = StudyDays(ZoneInfo("Asia/Tokyo"), 5)
    assert all(line.study_day == days.day(line.at) for line in answers_of(collection))
    check_laws(collection)


def test_answers_given_here_are_not_doubled(collection, tmp_path):
    """A file that holds an answer given on this device, without its id, adds nothing."""
    line = answer_card(collection, "d0/c0", Rating.GOOD).answer
    path = written(tmp_path, [["d0/c0", 3, line.at, 4_000]])
    assert collection.import_answers(path).known == 1
    assert answers_of(collection) == [line]


def test_a_study_day_of_the_file_is_kept(collection, tmp_path):
    """A column of study days stands in the place of zone and rollover, for the day and for the id."""
    at = START - DAY_MS
    day = datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
    path = written(tmp_path, [["d0/c0", 3, at, 9, day]], header=f"{HEADER},study_day")
    collection.import_answers(path, zone=NEW_YORK)
    (line,) = answers_of(collection)
    assert (line.study_day, line.utc_offset) == (at // DAY_MS, None)
    assert collection.import_answers(path, zone=ZoneInfo("Asia/Tokyo")).known == 1


def test_the_offset_of_a_moment_is_kept_beside_a_study_day(collection, tmp_path):
    """An ISO offset tells the hour of the day there; UTC, which programs write anywhere, does not."""
    moments = ["2025-03-29T20:32:32+05:30", "2025-03-30T20:32:32-03:00", "2025-03-31T20:32:32Z", "1743500000"]
    rows = [["d0/c0", 3, moment, 9, f"2025-03-{29 + n}"] for n, moment in enumerate(moments[:3])]
    rows.append(["d0/c0", 3, moments[3], 9, "2025-04-01"])
    report = collection.import_answers(written(tmp_path, rows, header=HEADER + ",study_day"))
    assert [line.utc_offset for line in answers_of(collection)] == [330, -180, None, None]
    assert report.calendar is None


def test_a_history_that_starts_midway(collection, tmp_path):
    """An interval before the first answer of a card starts its memory from it; nothing is made up."""
    rows = [["d0/c0", 3, START - 9 * DAY_MS, 9, 30], ["d0/c1", 3, START - 9 * DAY_MS, 9, 0]]
    collection.import_answers(written(tmp_path, [*rows], header=f"{HEADER},interval_before"))
    midway, fresh = collection.find("d0/c0").memory, collection.find("d0/c1").memory
    assert (midway.state, fresh.state) == (State.REVIEW, State.LEARNING)
    assert midway.stability > 30
    check_laws(collection)


def test_foreign_ids_tell_equals_apart(collection, tmp_path):
    """Two answers with the same id are one; those of one card and moment with different ids are two."""
    at = START - DAY_MS
    rows = [["d0/c0", 3, at, 9, "a1"], ["d0/c0", 3, at, 9, "a1"], ["d0/c0", 1, at, 9, "a2"]]
    path = written(tmp_path, rows, header=f"{HEADER},id")
    assert collection.import_answers(path).new == 2
    assert collection.import_answers(path).new == 0


def test_a_changed_rating_is_told_and_changes_nothing(collection, tmp_path):
    """A line of the log is never changed: the file's other rating is counted, and stays out."""
    row = ["d0/c0", 3, START - DAY_MS, 9]
    collection.import_answers(written(tmp_path, [row]))
    report = collection.import_answers(written(tmp_path, [[*row[:1], 1, *row[2:]]]))
    assert (report.known, report.other, report.new) == (1, 1, 0)
    assert [int(line.rating) for line in answers_of(collection)] == [3]


def test_unknown_ids_need_a_deck(collection, tmp_path):
    """Ids that no card has are one problem; several decks with an id are another; nothing comes in."""
    rows = [["x", 3, START - DAY_MS, 9], ["y", 3, START, 9], ["c0", 3, START, 9], ["A B/c", 3, START, 9]]
    report = collection.import_answers(written(tmp_path, rows))
    assert [problem.message for problem in report.problems] == [
        "several decks have a card `c0`",
        "`A B/c` is not the name of a card",
        "no cards here have the ids `x`, `y`",
    ]
    assert "-d d0" in report.problems[0].hint
    assert log_of(collection) == []
    of_deck = collection.import_answers(written(tmp_path, rows[2:3]), deck="d1")
    assert of_deck.new == 1
    assert answers_of(collection)[0].card == collection.find("d1/c0").key
    assert collection.import_answers(written(tmp_path, rows[:1]), deck="d1").problems[0].code == "E404"
    with pytest.raises(NotFoundError, match="no deck `d7`"):
        collection.import_answers(written(tmp_path, rows), deck="d7")


def test_a_card_is_found_by_the_name_it_had(collection, tmp_path):
    """A history from before a rename belongs to the renamed card."""
    from srs.intake import import_decks

    deck = deck_of(tmp_path, "d0", 3)
    deck.cards[0].was, deck.cards[0].id = ("c0",), "renamed"
    import_decks(collection, [deck.write()])
    report = collection.import_answers(written(tmp_path, [["d0/c0", 4, START - DAY_MS, 9]]))
    assert (report.new, report.unknown) == (1, ())
    assert collection.find("d0/renamed").memory.reps == 1
    check_laws(collection)


def test_unknown_ids_are_told_with_what_else_is_wrong(collection, tmp_path):
    """Bad ratings and moments and an id without a deck are told at once; nothing comes in."""
    at = START - DAY_MS
    rows = [["d0/c0", 9, at, 9], ["nowhere", 3, at, 9], ["d0/c1", 3, "yesterday", 9], ["d0/c1", 3, at, 9]]
    report = collection.import_answers(written(tmp_path, rows))
    told = [(problem.line, problem.code) for problem in report.problems]
    assert told == [(2, "E403"), (4, "E403"), (3, "E404")]
    assert report.new == 0
    assert answers_of(collection) == []


def test_create_writes_a_deck_of_the_unknown(collection, tmp_path):
    """Ids that are not here become cards of a new file, with their history; odd ids get proper ones."""
    rows = [["1711", 3, START - DAY_MS, 9], ["Über Karte", 1, START, 9], ["d0/c1", 3, START, 9]]
    path, made = written(tmp_path, rows), tmp_path / "old.toml"
    dry = collection.import_answers(path, create=made, dry_run=True)
    assert (dry.new, dry.created) == (3, 2)
    assert not made.exists()
    assert log_of(collection) == []
    report = collection.import_answers(path, create=made)
    assert (report.new, report.created, report.created_path) == (3, 2, str(made))
    assert collection.find("old/1711").memory.reps == 1
    assert collection.find("old/1711").card.question == "Card 1711"
    assert collection.rows("SELECT count(*) FROM memory WHERE reps > 0 AND shelf = 0", {}) == [(3,)]
    assert collection.import_decks([made]).files[0].counts["unchanged"] == 2
    assert collection.import_answers(path, create=made).new == 0
    check_laws(collection)


def test_create_overwrites_nothing(collection, tmp_path):
    """A file that is there stays; a deck of another file is not taken over; nothing is half done."""
    path = written(tmp_path, [["x", 3, START, 9]])
    before = (tmp_path / "d0.toml").read_bytes()
    with pytest.raises(RefusedError, match="is there already"):
        collection.import_answers(path, create=tmp_path / "d0.toml")
    with pytest.raises(RefusedError, match="is kept in"):
        collection.import_answers(path, create=tmp_path / "other.toml", deck="d0")
    for dry_run in (True, False):
        with pytest.raises(NotFoundError, match="no folder"):
            collection.import_answers(path, create=tmp_path / "no" / "other.toml", dry_run=dry_run)
    with pytest.raises(UsageError, match="deck file to write"):
        collection.import_answers(path, create=tmp_path / "other.csv")
    assert (tmp_path / "d0.toml").read_bytes() == before
    assert not (tmp_path / "other.toml").exists()
    assert log_of(collection) == []
    clash = collection.import_answers(
        written(tmp_path, [["a b", 3, START, 9], ["a-b", 3, START, 9]]), create=tmp_path / "other.toml"
    )
    assert clash.problems[0].message == "`a b` and `a-b` would be one card, `other/a-b`"


def test_an_import_that_fails_takes_its_deck_file_away(collection, tmp_path, monkeypatch):
    """When the answers cannot be written, neither is there a deck file nor a line."""

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(batches, "insert_answers", full)
    with pytest.raises(OSError, match="No space"):
        collection.import_answers(written(tmp_path, [["x", 3, START, 9]]), create=tmp_path / "n.toml")
    assert not (tmp_path / "n.toml").exists()
    assert log_of(collection) == []


def test_what_stood_at_a_refused_file_is_put_back(collection, tmp_path):
    """A refused import leaves an empty file empty, as it was before; one that was not there is gone."""
    answer_card(collection, "d0/c0", Rating.GOOD)
    given = answers_of(collection)[0]
    other_day = (datetime.fromtimestamp(given.at / 1000, UTC) - timedelta(days=1)).date().isoformat()
    rows = [["d0/c0", 3, iso(given.at), 9, other_day], ["x", 3, iso(START - DAY_MS), 9, ""]]
    path = written(tmp_path, rows, header=HEADER + ",study_day")
    made = tmp_path / "fresh.toml"
    for before in (None, b""):
        if before is not None:
            made.write_bytes(before)
        with pytest.raises(RefusedError, match="other study days"):
            collection.import_answers(path, create=made)
        assert (made.read_bytes() if made.exists() else None) == before


def test_a_dry_run_refuses_what_the_import_refuses(collection, tmp_path):
    """A deck of another file, and one with cards that a new file would put away, are refused both times."""
    path = written(tmp_path, [["x", 3, START, 9]])
    for deck, said in (("d0", "is kept in"), ("d1", "is kept in")):
        for dry_run in (True, False):
            with pytest.raises(RefusedError, match=said):
                collection.import_answers(path, create=tmp_path / "n.toml", deck=deck, dry_run=dry_run)
    assert not (tmp_path / "n.toml").exists()
    there = tmp_path / "d0.toml"
    there.unlink()
    for dry_run in (True, False):
        with pytest.raises(RefusedError, match="cards already"):
            collection.import_answers(path, create=there, dry_run=dry_run)
    assert not there.exists()


def exported(collection, folder):
    """The whole log as the CSV of `srs log export`; returns its path."""
    writer = Writer("csv")
    path = folder / "export.csv"
    parts = [writer.lines(entries) for entries in every_line(collection.rows, collection.learner)]
    path.write_text(writer.head() + "".join(parts), encoding="utf-8")
    return path


def test_create_writes_the_cards_of_an_export(collection, tmp_path):
    """Cards that an export names by name and key become cards of the new file, with those keys.

    The file holds their deck, whatever it is called, also when the answers are in the log already.
    """
    for number in range(3):
        answer_card(collection, f"d0/c{number}", Rating.GOOD)
    path, given = exported(collection, tmp_path), answers_of(collection)
    for again in (False, True):
        folder = tmp_path / str(again)
        folder.mkdir()
        with open_at(folder / "cards.db", Clock(), create=True) as other:
            if again:
                assert len(other.import_answers(path).unknown) == 3
            dry = other.import_answers(path, create=folder / "fresh.toml", dry_run=True)
            report = other.import_answers(path, create=folder / "fresh.toml")
            assert dry.created == report.created == 3
            assert (report.new, report.unknown) == (0 if again else 3, ())
            assert (folder / "fresh.toml").read_text().count("[[cards]]") == 3
            assert answers_of(other) == [replace(line, batch=answers_of(other)[0].batch) for line in given]
            assert [other.find(f"d0/c{number}").memory.reps for number in range(3)] == [1, 1, 1]
            check_laws(other)


def test_old_answers_come_before_those_given_here(collection, tmp_path):
    """Imported lines sort by their moments, before today's; the next answer's id is above them all."""
    answer_card(collection, "d0/c0", Rating.GOOD)
    collection.import_answers(written(tmp_path, [["d0/c0", 1, START - 90 * DAY_MS, 9]]))
    assert [int(line.rating) for line in collection.answers(collection.find("d0/c0"))] == [1, 3]
    check_laws(collection)
    ahead = collection.import_answers(written(tmp_path, [["d0/c1", 1, START + DAY_MS // 2, 9]]))
    assert ahead.new == 1
    line = answer_card(collection, "d0/c1", Rating.GOOD).answer
    assert line.id == max(line.id for line in log_of(collection))
    check_laws(collection)


@pytest.mark.parametrize("many", [10_000, 0], ids=["one by one", "in NumPy"])
def test_both_ways_to_fold_agree(tmp_path, monkeypatch, many):
    """Cards with lines of every kind and cards with imported answers alone: each equals the scalar fold."""
    monkeypatch.setattr(history, "MANY_ANSWERS", many)
    with filled(tmp_path, Clock(), 30) as collection:
        for number, rating in enumerate((Rating.GOOD, Rating.AGAIN, Rating.EASY)):
            answer_card(collection, f"d0/c{number}", rating)
        collection.act(ActKind.SUSPEND, collection.find("d0/c4").key)
        collection.act(ActKind.FORGET, collection.find("d0/c5").key)
        cards = [f"d0/c{number}" for number in range(30)]
        collection.import_answers(written(tmp_path, some_rows(5, cards=cards, count=300)))
        found = memories_of(collection)
        with collection.journal() as journal:
            journal.refold_each(found)
        exact = memories_of(collection)
        assert found.keys() == exact.keys()
        for key, memory in exact.items():
            if memory.stability is not None:
                assert found[key].stability == pytest.approx(memory.stability, rel=1e-9)
                assert found[key].difficulty == pytest.approx(memory.difficulty, rel=1e-9)
            rounded = {"stability": memory.stability, "difficulty": memory.difficulty}
            assert replace(found[key], **rounded) == memory
        check_laws(collection)
        collection.undo()
        check_laws(collection)


@settings(max_examples=100)
@given(
    st.sampled_from(sorted(available_timezones())),
    st.integers(0, 23),
    st.integers(473_385_600_000, 2_000_000_000_000),
)
def test_days_by_the_minute_are_study_days(zone, rollover, at):
    """What is worked out once a minute is what `StudyDays` says of every moment of it."""
    days = StudyDays(ZoneInfo(zone), rollover)
    calendar = Calendar(days)
    start = at // 60_000 * 60_000
    for moment in (start, at, start + 59_999):
        assert calendar.of(moment) == (days.day(moment), days.utc_offset(moment))


@pytest.mark.skipif(not REAL.is_file(), reason="the log of a real learner is not here")
def test_the_real_log(tmp_path):
    """8,000 answers of a learner come in, are undone, come in again, and their fold is the scalar one."""
    clock = Clock()
    with open_at(tmp_path / "a.db", clock, create=True) as collection:
        report = collection.import_answers(REAL, create=tmp_path / "real.toml", zone=NEW_YORK)
        assert (report.new, report.created, report.cards) == (8_000, 812, 812)
        found = memories_of(collection)
        with collection.journal() as journal:
            journal.refold_each(list(found)[::20])
        for key, memory in memories_of(collection).items():
            assert found[key].stability == pytest.approx(memory.stability, rel=1e-9)
            assert (found[key].due_day, found[key].due_at) == (memory.due_day, memory.due_at)
        collection.undo()
        assert {memory.reps for memory in memories_of(collection).values()} == {0}
        assert collection.import_answers(REAL, zone=NEW_YORK).new == 8_000
        assert collection.import_answers(REAL, zone=NEW_YORK).known == 8_000


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="the programs of the tests are POSIX")


@pytest.fixture
def home(tmp_path):
    """A home with a history of forty answers beside an empty database."""
    found = Home(tmp_path)
    written(tmp_path, some_rows(6, cards=("a", "b"), until=START))
    return found


@needs_posix
def test_the_command_says_what_it_did(home):
    """Dry run, import, nothing to do, undo: each is a sentence on stderr, and the log lists the deed."""
    arguments = ("log", "import", "history.csv", "--create", "old.toml", "--zone", "Europe/Berlin")
    dry = run(home, *arguments, "--dry-run")
    assert "Would import 41 answers to 2 cards" in dry.stderr
    assert not home.has_database()
    done = run(home, *arguments)
    assert (done.returncode, done.stdout) == (0, "")
    assert "Imported 41 answers to 2 cards" in done.stderr
    assert "To take it back: srs undo" in done.stderr
    assert "Nothing to do: all 41 answers are in the log already." in run(home, *arguments).stderr
    assert "log imported" in run(home, "log", "-n", "1").stdout
    again = run(home, *arguments[:3], "--create", "new.toml").stderr
    assert "new.toml not written: all 2 cards are here." in again
    assert not (home.folder / "new.toml").exists()
    assert run(home, "undo").stderr == (
        "Took back the import of 41 answers from history.csv.\n"
        "The 2 cards of old.toml stay, as new. To put them away: srs retire old, and delete the file.\n"
    )
    home.check()


@needs_posix
def test_where_study_days_are_cut_is_said(home):
    """The zone and whose it is, the share of answers near the cut where it is high, and what to do then."""
    arguments = ("log", "import", "night.csv", "--create", "night.toml")
    nights = [
        ["a", 3, iso(START - day * DAY_MS + minute * 60_000), 9] for day in range(300) for minute in (0, 5)
    ]
    at = datetime.fromtimestamp(START / 1000, ZoneInfo("Europe/Berlin")).hour
    written(home.folder, nights, name="night.csv")
    own = run(home, *arguments, "--dry-run").stderr
    assert (
        "Study days: cut at 04:00 Europe/Berlin (your system's zone). Elsewhere? --zone, --rollover\n" in own
    )
    near = run(home, *arguments, "--rollover", str(at), "--zone", "Europe/Berlin", "--dry-run").stderr
    assert f"cut at {at:02}:00 Europe/Berlin; " in near
    assert " % of these answers are within an hour of that. Elsewhere? --zone, --rollover\n" in near
    named = run(home, *arguments, "--zone", "Europe/Berlin")
    assert "Study days: cut at 04:00 Europe/Berlin.\n" in named.stderr
    again = run(home, "log", "import", "history.csv", "--create", "old.toml")
    assert "Elsewhere? srs undo, then --zone, --rollover\n" in again.stderr
    header = f"{HEADER},study_day"
    day = datetime.fromtimestamp(START / 1000 - 86_400, UTC).date().isoformat()
    written(home.folder, [["a", 3, START - DAY_MS - 7_000, 9, day]], name="days.csv", header=header)
    assert "Study days" not in run(home, "log", "import", "days.csv", "-d", "night").stderr


@needs_posix
def test_one_mistake_in_every_row_is_told_once(home):
    """The first places, how many more there are, the hint once; JSON has the count of all."""
    rows = [["a", 3, f"2024-03-29T10:00:{at % 60:02}", 9] for at in range(2_500)]
    written(home.folder, [*rows, ["b", 7, START, 9]], name="naive.csv")
    done = run(home, "log", "import", "naive.csv")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line.split(" ", 1)[0] for line in lines[:3]] == [f"naive.csv:{at}:5:" for at in (2, 3, 4)]
    assert lines[3:5] == [
        "  and 2,497 more like these",
        "  hint: say in which zone these moments are: `--zone Europe/Berlin`, or `--zone UTC`",
    ]
    assert lines[5].startswith("naive.csv:2502:3: E403 `7` is no rating")
    assert "was not imported, " in lines[-1]
    assert len(lines) < 12
    assert json.loads(run(home, "log", "import", "naive.csv", "--json").stdout)["problem_count"] >= 2_501


@needs_posix
def test_the_command_as_json(home):
    """`--json` has every count, the days and the batch; with problems each of them, and 1."""
    done = run(home, "log", "import", "history.csv", "--create", "old.toml", "--json")
    body = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (body["answers"], body["new"], body["cards"], body["created"]) == (41, 41, 2, 2)
    assert body["deck_file"] == "old.toml"
    assert (body["problems"], body["problem_count"]) == ([], 0)
    assert body["study_days"] == {"zone": "Europe/Berlin", "rollover": 4, "cut": None}
    (home.folder / "bad.csv").write_text("card,rating,reviewed_at\na,7,never\n")
    bad = run(home, "log", "import", "bad.csv", "--json")
    assert bad.returncode == 1
    assert [(p["line"], p["column"], p["code"]) for p in json.loads(bad.stdout)["problems"]] == [
        (2, 3, "E403"),
        (2, 5, "E403"),
    ]


@needs_posix
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nope.csv",), 3, "there is no file `nope.csv`"),
        ((".",), 1, "is a folder"),
        (("history.csv", "--zone", "Mars/Base"), 2, "there is no time zone `Mars/Base`"),
        (("history.csv", "--zone", "New_York"), 2, "did you mean `America/New_York`?"),
        (("history.csv", "--zone", "America/NewYork"), 2, "did you mean `America/New_York`?"),
        (("history.csv", "--rollover", "24"), 2, "an hour from 0 to 23"),
        (("history.csv",), 1, "no cards here have the ids"),
        (("history.csv", "-d", "nope"), 3, "there is no deck `nope`"),
        ((), 2, "`srs log import` needs `FILE.csv`"),
        (("history.csv", "--nope"), 2, "`srs log import` has no option `--nope`"),
    ],
)
def test_wrong_usage_is_a_sentence(home, arguments, code, said):
    """What cannot be done is said in one sentence with the exit code of its kind; nothing is imported."""
    done = run(home, "log", "import", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not home.has_database() or home.rows("SELECT * FROM review") == []


@needs_posix
def test_the_list_keeps_its_options(home):
    """`srs log` and its options list as they did; before a word below it they are refused."""
    run(home, "log", "import", "history.csv", "--create", "old.toml")
    assert len(run(home, "log", "-n", "5").stdout.splitlines()) == 5
    assert len(run(home, "log", "-d", "old", "--card", "old/a").stdout.splitlines()) > 5
    wrong = run(home, "log", "-n", "5", "export")
    assert wrong.returncode == 2
    assert "options of `srs log export` stand behind it" in wrong.stderr
    unknown = run(home, "log", "improt")
    assert unknown.returncode == 2
    assert "did you mean `srs log import`?" in unknown.stderr


@needs_posix
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_kill_leaves_all_or_nothing(tmp_path, share):
    """Killed on its way, an import has brought in everything or nothing, and the next one does the rest."""
    home = Home(tmp_path)
    rows = some_rows(7, cards=[f"c{number}" for number in range(200)], count=4_000)
    written(tmp_path, rows)
    arguments = [sys.executable, "-m", "srs", "log", "import", "history.csv", "--create", "old.toml"]
    trial = home.copy(tmp_path / "trial")
    began = time.monotonic()
    subprocess.run(arguments, cwd=trial.folder, env=trial.env, check=True, capture_output=True)
    took = time.monotonic() - began
    process = subprocess.Popen(arguments, cwd=home.folder, env=home.env, stderr=subprocess.DEVNULL)
    time.sleep(took * share)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if home.has_database():
        assert home.rows("SELECT count(*) FROM review")[0][0] in (0, 4_001)
    again = run(home, "log", "import", "history.csv", "--create", "old.toml")
    assert again.returncode == 0, again.stderr
    assert home.rows("SELECT count(*) FROM review WHERE undone = 0") == [(4_001,)]
    assert home.rows("SELECT sum(reps) FROM memory") == [(4_001,)]


def test_a_file_not_written_is_said_with_the_reason(home):
    """`--create` of cards that are here, of other decks, of no name: one sentence says which it was."""
    deck = home.folder / "d0.toml"
    deck.write_text('[deck]\nid = "d0"\nname = "d0"\n\n[[cards]]\nid = "c0"\nquestion = "q"\nanswer = "a"\n')
    run(home, "import", deck)
    cases = {
        "its card is here": [["d0/c0", 3, iso(START - DAY_MS), 9]],
        "its card without a text is of the deck d0, which is here already": [
            ["d0/gone", 3, iso(START - DAY_MS), 9]
        ],
        "the cards without a text are of 2 decks; -d DECK names the one to write": [
            ["e1/x", 3, iso(START - DAY_MS), 9],
            ["e2/x", 3, iso(START - DAY_MS), 9],
        ],
    }
    for said, rows in cases.items():
        path = written(home.folder, rows)
        done = run(home, "log", "import", path, "--create", "fresh.toml", "--dry-run")
        assert f"fresh.toml not written: {said}." in done.stderr
    path = written(home.folder, [["", 3, iso(START - DAY_MS), 9, "ab" * 16]], header=HEADER + ",key")
    done = run(home, "log", "import", path, "--create", "fresh.toml")
    assert "fresh.toml not written: the file does not tell enough of its card without a text." in done.stderr
    assert not (home.folder / "fresh.toml").exists()
