"""An Anki package comes in: cards, log, memories and due days as Anki has them; again, newer, undone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("anki", reason="the extra `anki` is not installed")

from anki_world import basic, dump, make, memory, opened, taken_in

from srs.anki_import import import_package
from srs.errors import RefusedError, SrsError
from srs.fold import live, replay
from srs.ids import anki_key, card_key
from srs.merging import merge
from srs.model import ActKind, Rating, State
from srs.scheduling import Scheduling
from srs.store import reading
from srs.today import EVERYTHING

SOME_PARAMETERS = [
    0.3,
    1.4,
    2.4,
    8.1,
    6.3,
    0.8,
    3.1,
    0.01,
    1.9,
    0.2,
    0.8,
    1.5,
    0.07,
    0.3,
    1.7,
    0.6,
    1.9,
    0.5,
    0.1,
    0.07,
    0.2,
]
NIGHTLY = pytest.mark.nightly
STATES = {0: State.NEW, 1: State.LEARNING, 2: State.REVIEW, 3: State.RELEARNING}


def equals_anki(collection, facts, *, tolerance=5e-5):
    """State, due day, number of answers, stability and difficulty of each card are what Anki says.

    Anki reckons in 32 bits (6e-8 a step), and each answer builds on the one before: a lapse takes the
    stability to a power and the difficulty back towards its mean, so that over many lapses the parts in ten
    million grow to 2.2e-5, which was seen. What is told apart here, another day or rating, is 1e-3 and more.
    """
    for key, card in facts.items():
        found = memory(collection, key)
        assert found.state is STATES[card["type"]], card
        assert found.due_day == card["due_day"], card
        if card["due_at"]:
            # Anki waits up to a quarter longer, at most five minutes, which its log does not tell.
            assert 0 <= card["due_at"] - found.due_at / 1000 <= 300
        if card["stability"]:
            assert found.reps == card["answers"]
            assert found.stability == pytest.approx(card["stability"], rel=tolerance)
            assert found.difficulty == pytest.approx(card["difficulty"], rel=tolerance)
        assert found.suspended == (card["queue"] == -1)
        assert found.flagged == bool(card["flags"])


def folds(collection):
    """Every stored memory is the fold of its card's lines."""
    rows, learner = collection.rows, collection.learner
    options = reading.options_by_name(rows, learner)
    for on_file in reading.cards_where(rows, learner, "1 = 1", {}):
        keys = reading.class_keys(rows, on_file.key)
        acts = rows(f"SELECT {reading.ACT_COLUMNS} FROM act WHERE card IS NULL", {})
        lines = [*reading.answers_of(rows, learner, keys), *reading.acts_of(rows, learner, keys)]
        lines += map(reading.act_from, acts)
        parameters = reading.parameters_for(rows, learner, on_file.card.deck)
        scheduling = Scheduling(parameters) if parameters else Scheduling()
        counted = [line for line in live(lines) if getattr(line, "card", None) is not None]
        folded = replay(counted, scheduling=scheduling, options=options).memory
        assert (folded.stability or 0) == pytest.approx(on_file.memory.stability or 0, rel=1e-9)
        assert (folded.state, folded.due_day, folded.due_at, folded.reps, folded.suspended) == (
            on_file.memory.state,
            on_file.memory.due_day,
            on_file.memory.due_at,
            on_file.memory.reps,
            on_file.memory.suspended,
        )


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A collection studied for 18 days with FSRS on and parameters of its own, in all four formats."""
    folder = tmp_path_factory.mktemp("studied")
    facts = make(
        folder,
        notes=[
            *basic(20, deck="Languages::Spanish", tags=["verb::ar", "marked"]),
            *basic(10, deck="Geography", start=20),
        ],
        days=18,
        seed=3,
        fsrs=True,
        preset={"fsrsParams6": SOME_PARAMETERS, "desiredRetention": 0.85},
        then=(
            "ids = list(col.find_cards(''))\n"
            "col.sched.suspend_cards(ids[:2])\n"
            "col.set_user_flag_for_cards(4, ids[2:4])\n"
            "col.sched.set_due_date(ids[5:7], '9')\n"
            "col.sched.schedule_cards_as_new(ids[8:9])\n"
        ),
        exports=["new.apkg", "old.apkg", "new.colpkg", "old.colpkg"],
    )
    return folder, facts


@pytest.mark.parametrize(
    "name",
    ["new.apkg", "old.colpkg", *(pytest.param(name, marks=NIGHTLY) for name in ("old.apkg", "new.colpkg"))],
)
def test_memories_and_due_days_are_those_of_anki(tmp_path, studied, name):
    """State and due day of every card equal Anki's, stability and difficulty to 5e-5, in each format."""
    folder, facts = studied
    collection = opened(tmp_path / "cards.db")
    import_package(collection, folder / name)
    equals_anki(collection, facts)
    folds(collection)


@pytest.mark.parametrize("fsrs", [False, pytest.param(True, marks=NIGHTLY)])
def test_histories_of_many_kinds_fold_as_anki_folds_them(tmp_path, fsrs):
    """With FSRS on or off, other steps and many lapses, the memories are Anki's."""
    facts = make(
        tmp_path / "made",
        notes=basic(25),
        days=12,
        seed=8,
        fsrs=fsrs,
        weights=[35, 15, 40, 10],
        preset={"new": {"delays": [1, 10, 60]}, "lapse": {"delays": [20]}},
        exports=["new.apkg"],
    )
    collection = opened(tmp_path / "cards.db")
    report = import_package(collection, tmp_path / "made" / "new.apkg")
    equals_anki(collection, facts)
    assert report.left["steps"].number == 1
    assert report.acts == {}, "what the log says needs no act"


def test_decks_tags_retention_and_parameters_come_along(tmp_path, studied):
    """Sub-decks are decks of their own with their whole name; retention and fitted parameters are theirs."""
    folder, _ = studied
    collection = opened(tmp_path / "cards.db")
    report = import_package(collection, folder / "new.colpkg")
    decks = collection.rows("SELECT id, name, desired_retention, origin, path FROM deck ORDER BY id", {})
    assert decks == [
        ("geography", "Geography", 0.85, "anki", None),
        ("languages.spanish", "Languages::Spanish", 0.85, "anki", None),
    ]
    assert report.parameters == ["geography", "languages.spanish"]
    assert reading.parameters_for(collection.rows, "me", "geography") == tuple(SOME_PARAMETERS)
    tagged = collection.rows("SELECT count(*) FROM card_tag WHERE tag = 'verb::ar'", {})
    assert tagged == [(20,)]


def test_the_same_package_twice_changes_nothing(tmp_path, studied):
    """Importing again, in another format too, leaves every row as it is."""
    folder, _ = studied
    collection, _ = opened(tmp_path / "cards.db"), None
    import_package(collection, folder / "new.apkg")
    before = dump(collection)
    for name in ("new.apkg", "old.apkg"):
        report = import_package(collection, folder / name)
        assert not report.changes
        assert dump(collection) == before


def test_a_dry_run_tells_all_and_writes_nothing(tmp_path, studied):
    """A dry run reports what the import then does, and the database stays as it was."""
    folder, _ = studied
    collection = opened(tmp_path / "cards.db")
    before = dump(collection)
    told = import_package(collection, folder / "new.apkg", dry_run=True, to_toml=tmp_path / "toml")
    assert dump(collection) == before
    assert not (tmp_path / "toml").exists()
    done = import_package(collection, folder / "new.apkg")
    assert (told.new, told.acts, told.parameters) == (done.new, done.acts, done.parameters)
    assert [plan.counts for plan in told.plans.values()] == [plan.counts for plan in done.plans.values()]


def test_undo_takes_the_whole_history_back_and_another_import_brings_it_anew(tmp_path, studied):
    """One undo leaves the cards new and in the queue; importing again gives Anki's memories once more."""
    folder, facts = studied
    collection = opened(tmp_path / "cards.db")
    import_package(collection, folder / "new.colpkg")
    collection.undo()
    for key in facts:
        found = memory(collection, key)
        assert (found.state, found.suspended, found.flagged, found.reps) == (State.NEW, False, False, 0)
    assert reading.parameters_for(collection.rows, "me", "geography") is None
    report = import_package(collection, folder / "new.colpkg")
    assert report.new > 0
    equals_anki(collection, facts)
    folds(collection)


def answer_here(collection, key, rating=Rating.GOOD):
    """Answer a card here, whatever is due; undo reaches it as any other."""
    review = collection.review(EVERYTHING)
    now = collection.now()
    while shown := review.next(now):
        if shown.key == key:
            return review.answer(rating, now=now)
        review.answer(Rating.GOOD, now=now)
    raise AssertionError("the card never came")


def test_a_newer_export_updates_texts_moves_cards_and_adds_answers(tmp_path):
    """Texts, decks, suspensions and answers of a newer package come in; cards keep their ids."""
    made = tmp_path / "made"
    make(made, notes=basic(6, deck="One"), days=3, fsrs=True, exports=["new.apkg"])
    collection, first = taken_in(made)
    ids = dict(collection.rows("SELECT key, id FROM card", {}))
    facts = make(
        made,
        notes=basic(1, deck="One", start=6),
        days=0,
        pause=2,
        fsrs=True,
        then=(
            "note = col.get_note(col.find_notes('front:\"front 0\"')[0])\n"
            "note['Back'] = 'changed'\n"
            "col.update_note(note)\n"
            "ids = col.find_cards('front:\"front 1\"')\n"
            "col.set_deck(ids, col.decks.id('Two'))\n"
            "col.sched.suspend_cards(col.find_cards('front:\"front 2\"'))\n"
        ),
        exports=["newer.apkg"],
    )
    # The days that passed moved Anki's whole log; only what stands besides is compared.
    del facts
    report = import_package(collection, made / "newer.apkg")
    counts = {deck: plan.counts for deck, plan in report.plans.items()}
    assert (counts["one"]["added"], counts["one"]["updated"], counts["two"]["moved"]) == (1, 1, 1)
    assert report.acts["suspend"] == 1
    later = dict(collection.rows("SELECT key, id FROM card", {}))
    assert {key: later[key] for key in ids} == ids
    answer = collection.rows("SELECT answer FROM card WHERE id = 'front-0'", {})
    assert answer == [("changed",)]
    assert first.cards == 6


def test_answers_given_here_meanwhile_are_kept(tmp_path):
    """A card answered here after the export keeps its answer and due day when the package comes again."""
    made = tmp_path / "made"
    facts = make(made, notes=basic(4), days=4, pause=30, fsrs=True, exports=["new.apkg"])
    collection, _ = taken_in(made)
    key = next(key for key, card in facts.items() if card["type"] == 2)
    answer_here(collection, key)
    before = memory(collection, key)
    assert before.reps == facts[key]["answers"] + 1
    import_package(collection, made / "new.apkg")
    assert memory(collection, key) == before


def test_what_was_decided_here_since_is_left_alone(tmp_path):
    """A card resumed, unflagged and set due here stays so when the same package comes again."""
    made = tmp_path / "made"
    facts = make(
        made,
        notes=basic(3),
        days=3,
        fsrs=True,
        then="ids = col.find_cards('')\ncol.sched.suspend_cards(ids)\ncol.set_user_flag_for_cards(1, ids)",
        exports=["new.apkg"],
    )
    collection, report = taken_in(made)
    assert report.acts == {"suspend": 3, "flag": 3}
    key = next(key for key, card in facts.items() if card["type"] == 2)
    day = collection.days.day(collection.now()) + 77
    collection.act(ActKind.RESUME, key)
    collection.act(ActKind.UNFLAG, key)
    collection.act(ActKind.DUE, key, day=day)
    report = import_package(collection, made / "new.apkg")
    assert not report.changes
    found = memory(collection, key)
    assert (found.suspended, found.flagged, found.due_day) == (False, False, day)


def test_cards_gone_from_a_whole_collection_are_retired_and_no_others(tmp_path):
    """A note deleted in Anki is retired by a newer .colpkg, never by an .apkg; decks of files stay."""
    made = tmp_path / "made"
    make(made, notes=basic(3), days=2, exports=["new.colpkg"])
    collection, _ = taken_in(made, "new.colpkg")
    make(
        made,
        then="col.remove_notes(col.find_notes('front:\"front 1\"'))",
        exports=["part.apkg", "new.colpkg"],
    )
    assert not import_package(collection, made / "part.apkg").changes
    report = import_package(collection, made / "new.colpkg")
    assert [row.id for row in report.plans["default"].retired] == ["front-1"]
    other = tmp_path / "other"
    make(
        other,
        notes=basic(1, start=50),
        then="col.db.execute('update col set crt = crt - 8640000')",
        exports=["new.colpkg"],
    )
    report = import_package(collection, other / "new.colpkg")
    assert not any(plan.retired for plan in report.plans.values()), (
        "another collection's cards are not missing"
    )


@NIGHTLY
def test_the_log_of_a_card_that_was_forgotten_begins_anew(tmp_path):
    """After a reset in Anki the answers before count in statistics, not in the memory."""
    made = tmp_path / "made"
    facts = make(
        made,
        notes=basic(2),
        days=6,
        fsrs=True,
        then="col.sched.schedule_cards_as_new(col.find_cards('front:\"front 0\"'))",
        exports=["new.apkg"],
    )
    collection, report = taken_in(made)
    assert report.resets == 1
    assert memory(collection, anki_key("guid-0", 0)).state is State.NEW
    assert report.new == sum(card["answers"] for card in facts.values())


@NIGHTLY
def test_a_history_that_starts_midway_starts_from_its_interval(tmp_path):
    """With the first rows of the log lost, the card is in review with Anki's due day, and said to be so."""
    made = tmp_path / "made"
    facts = make(
        made,
        notes=basic(3),
        days=12,
        fsrs=True,
        then="col.db.execute('delete from revlog where type = 0')",
        exports=["new.apkg"],
    )
    collection, report = taken_in(made)
    with_rows = [card for card in facts.values() if card["answers"]]
    assert report.midway == len(with_rows) > 0
    for key, card in facts.items():
        if card["answers"] and card["type"] == 2:
            assert memory(collection, key).due_day == card["due_day"]
            assert memory(collection, key).stability > 0


def test_what_cannot_be_carried_is_counted_with_an_example(tmp_path):
    """Practice rows, rows without a card, cards without rows, filtered decks and colours are all told."""
    made = tmp_path / "made"
    make(
        made,
        notes=basic(8),
        days=6,
        fsrs=True,
        then=(
            "ids = list(col.find_cards(''))\n"
            "last = col.db.scalar('select max(id) from revlog')\n"
            "row = 'insert into revlog values (?, ?, -1, ?, ?, 0, ?, 1000, ?)'\n"
            "col.db.execute(row, last + 1, ids[0], 3, -600, 0, 3)\n"
            "col.db.execute(row, last + 2, 12345, 3, 5, 250, 1)\n"
            "col.db.execute(row, last + 3, ids[0], 9, 5, 250, 1)\n"
            "col.db.execute(row, last + 10**12, ids[0], 3, 5, 250, 1)\n"
            "col.db.execute('delete from revlog where cid = ?', ids[1])\n"
            "col.set_user_flag_for_cards(5, ids[2:3])\n"
            "deck = col.sched.get_or_create_filtered_deck(0)\n"
            "deck.name = 'Cram'\n"
            "deck.config.search_terms[0].search = 'cid:%d' % ids[3]\n"
            "col.sched.add_or_update_filtered_deck(deck)\n"
        ),
        exports=["new.colpkg"],
    )
    _, report = taken_in(made, "new.colpkg")
    counts = {kind: left.number for kind, left in report.left.items()}
    assert counts == {"practice": 1, "orphan": 1, "unusable": 2, "no answers": 1, "colour": 1, "filtered": 1}
    assert report.left["filtered"].example == "Cram"
    assert report.left["no answers"].example == "default/front-1"


def test_decks_become_files_whose_next_import_meets_the_history(tmp_path, studied):
    """`--to-toml` writes files; importing them changes no memory, and in another database their keys meet."""
    folder, facts = studied
    collection = opened(tmp_path / "cards.db")
    toml = tmp_path / "toml"
    report = import_package(collection, folder / "new.apkg", to_toml=toml)
    assert sorted(path.name for path in toml.glob("*.toml")) == ["geography.toml", "languages.spanish.toml"]
    assert len(report.files) == 2
    before = dump(collection)["memory"]
    again = collection.import_decks([toml])
    assert [result.counts["unchanged"] for result in again.files] == [10, 20]
    edited = (toml / "geography.toml").read_text().replace('answer = "back 25"', 'answer = "other"')
    (toml / "geography.toml").write_text(edited)
    assert collection.import_decks([toml]).files[0].counts["updated"] == 1
    assert dump(collection)["memory"] == before
    equals_anki(collection, facts)
    newer = import_package(collection, folder / "new.colpkg")
    assert newer.owned == 30
    assert not newer.changes, "what a file says stays"
    natural = card_key("geography", "front-25")
    assert reading.row_key(collection.rows, natural) == anki_key("guid-25", 0)


def test_files_that_are_there_are_never_written_over(tmp_path, studied):
    """A file in the way refuses the whole import, and nothing is left behind."""
    folder, _ = studied
    collection = opened(tmp_path / "cards.db")
    toml = tmp_path / "toml"
    toml.mkdir()
    (toml / "languages.spanish.toml").write_text("mine")
    before = dump(collection)
    with pytest.raises(RefusedError, match="there already"):
        import_package(collection, folder / "new.apkg", to_toml=toml)
    assert dump(collection) == before
    assert [path.name for path in toml.iterdir()] == ["languages.spanish.toml"]
    assert (toml / "languages.spanish.toml").read_text() == "mine"


@pytest.mark.parametrize("kind", ["mistyped", "a file", "below a file", "media is a file", "a broken link"])
def test_a_folder_that_is_none_is_refused_before_the_package_is_read(tmp_path, kind, monkeypatch):
    """`--to-toml` with a mistyped path or onto a file: the sentence names it, and nothing is written."""
    monkeypatch.setattr("srs.anki_import.open_package", lambda *_: pytest.fail("the package was opened"))
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "media").write_text("mine")
    folder, told = {
        "mistyped": ("no/where/decks", "there is no folder"),
        "a file": ("file", "is not a folder"),
        "below a file": ("file/decks", "cannot be written"),
        "media is a file": ("own", "is not a folder"),
        "a broken link": ("link", "is not a folder"),
    }[kind]
    collection = opened(tmp_path / "cards.db")
    before = dump(collection), sorted(tmp_path.rglob("*.toml"))
    with pytest.raises(SrsError, match=told) as caught:
        import_package(collection, tmp_path / "any.apkg", to_toml=tmp_path / folder)
    assert caught.value.hint
    assert (dump(collection), sorted(tmp_path.rglob("*.toml"))) == before
    assert not (tmp_path / "no").exists()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_holds_other_decks_takes_new_ones_in(tmp_path, studied):
    """Deck files of other names stay as they are beside those of the package."""
    folder, _ = studied
    toml = tmp_path / "toml"
    toml.mkdir()
    (toml / "kitchen.toml").write_text("mine")
    collection = opened(tmp_path / "cards.db")
    import_package(collection, folder / "new.apkg", to_toml=toml)
    assert (toml / "kitchen.toml").read_text() == "mine"
    assert len(list(toml.glob("*.toml"))) == 3


@pytest.mark.sqlite_file
def test_two_laptops_that_imported_the_same_package_agree(tmp_path, studied):
    """Merged with each other, both have each answer once, and the memories Anki has."""
    folder, facts = studied
    laptops = [opened(tmp_path / f"{name}.db", device=name * 16) for name in "ab"]
    for one in laptops:
        import_package(one, folder / "new.apkg")
    for one, other in (("a", "b"), ("b", "a")):
        merge(laptops["ab".index(one)], tmp_path / f"{other}.db", as_whom="me")
    for one in laptops:
        equals_anki(one, facts)
        folds(one)
    assert all(memory(laptops[0], key) == memory(laptops[1], key) for key in facts)


def srs(folder, *words, **env):
    """Run the program in a folder with a home of its own."""
    home = {f"XDG_{kind}_HOME": str(folder / "home") for kind in ("DATA", "CONFIG", "STATE")}
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "srs", *words],
        cwd=folder,
        env={**os.environ, **home, "TZ": "UTC", "PYTHONPATH": path, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.sqlite_file
def test_the_command_shows_the_plan_and_keeps_a_backup(tmp_path, studied):
    """`srs import FILE.apkg` tells decks and answers, leaves with 0, and keeps a backup of what was."""
    folder, _ = studied
    package = str(folder / "new.apkg")
    dry = srs(tmp_path, "import", package, "--dry-run")
    assert dry.returncode == 0
    assert "10 added" in dry.stdout
    assert "Nothing written (dry run)" in dry.stderr
    assert not (tmp_path / "home" / "srs" / "srs.db").exists()
    done = srs(tmp_path, "import", package)
    assert done.returncode == 0, done.stderr
    assert "Imported" in done.stderr
    told = json.loads(srs(tmp_path, "import", package, "--json").stdout)
    assert told["answers"]["new"] == 0
    assert [deck["unchanged"] for deck in told["decks"]] == [10, 20]
    assert list((tmp_path / "home" / "srs" / "backups").rglob("*anki*"))
    edit = srs(tmp_path, "edit", "geography/front-25", EDITOR="true")
    assert edit.returncode == 3
    assert "--to-toml" in edit.stderr
    assert "front 25" in srs(tmp_path, "show", "geography/front-25").stdout


def test_the_command_refuses_what_does_not_go_together(tmp_path):
    """Two packages at once, or `--to-toml` without one, is wrong usage; a missing file is not found."""
    assert srs(tmp_path, "import", "a.apkg", "b.toml").returncode == 2
    assert srs(tmp_path, "import", "b.toml", "--to-toml", "x").returncode == 2
    assert srs(tmp_path, "import", "a.apkg").returncode == 3
