"""Packages that meet what is here: exported from here, imported on two computers, or told of only in part."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("anki", reason="the extra `anki` is not installed")

from anki_world import basic, dump, make, memory, opened
from test_anki_import import folds
from test_anki_write import DAY_MS, DECK, plain, studied_for, written

from srs import clock
from srs.anki_import import import_package
from srs.days import StudyDays
from srs.history import import_answers
from srs.ids import anki_key, note_guid
from srs.intake import import_decks
from srs.merging import merge
from srs.model import ActKind, State
from srs.store.packages import LiveAct, LiveAnswer, Logged


@pytest.fixture
def exported(tmp_path):
    """A collection of deck files with every kind of card, studied for two weeks, and its package."""
    moment = SimpleNamespace(now=clock.now_ms() - 20 * DAY_MS)
    collection = opened(tmp_path / "cards.db", now=lambda: moment.now or clock.now_ms())
    (tmp_path / "words.toml").write_text(DECK)
    assert not import_decks(collection, [tmp_path / "words.toml", plain(tmp_path, "many", 12)]).problems
    studied_for(collection, moment, range(14, -1, -1), seed=2)
    collection.act(ActKind.SUSPEND, collection.find("many/c0").key)
    collection.act(ActKind.FORGET, collection.find("many/c3").key)
    moment.now = 0
    collection.set_due(collection.find("many/c4"), collection.days.day(clock.now_ms()) + 9)
    written(collection, tmp_path / "out.apkg")
    return collection, tmp_path / "out.apkg"


def test_a_card_exported_from_here_comes_back_to_itself(exported):
    """Plain, reversed and cloze cards of deck files are known by their GUID; nothing at all changes."""
    collection, package = exported
    before = dump(collection)
    report = import_package(collection, package)
    assert report.owned == report.cards > 12
    assert (report.new, report.resets, report.acts, report.changes) == (0, 0, {}, False)
    assert dump(collection) == before


@pytest.mark.parametrize(
    ("kind", "guid"), [("", "AAECAwQFBgcICQoLDA0ODw"), ("cloze", "SnK7g523WcGbyW9Jjcv6hw")]
)
def test_the_guid_of_an_entry_stays(kind, guid):
    """What an export wrote once is what every later export writes and import looks for."""
    assert note_guid(bytes(range(16)), kind) == guid


def test_lines_an_export_had_to_date_later_are_known_again():
    """Rows that Anki keeps a moment apart are the lines of one moment here; others are none of them."""
    same = [LiveAnswer(bytes([number]) * 16, 1_000, 3, imported=False) for number in range(3)]
    own = Logged([*same, LiveAnswer(b"z" * 16, 90_000, 1, imported=False)])
    own.acts.append(LiveAct(b"f" * 16, ActKind.FORGET, 1_000, imported=False))
    told = [(1_000, 3), (1_001, 3), (1_002, 3), (1_003, 3), (1_004, None), (1_005, 4), (90_001, 3)]
    known = own.known(told)
    assert {known[at] for at in (1_000, 1_001, 1_002)} == {answer.id for answer in same}
    assert known[1_004] == b"f" * 16
    assert set(known) == {1_000, 1_001, 1_002, 1_004}


def test_answers_of_one_moment_come_back_once(tmp_path):
    """A history whose answers all bear the moment of their day is exported and imported with none added."""
    collection = opened(tmp_path / "cards.db")
    import_decks(collection, [plain(tmp_path, "many", 30)])
    rows = [f"many/c{card},{day}T12:00:00Z,3" for day in ("2026-01-05", "2026-01-09") for card in range(30)]
    (tmp_path / "log.csv").write_text("\n".join(["card,reviewed_at,rating", *rows]) + "\n")
    assert import_answers(collection, tmp_path / "log.csv").new == 60
    written(collection, tmp_path / "out.apkg")
    before = dump(collection)
    report = import_package(collection, tmp_path / "out.apkg")
    assert (report.answers, report.new) == (60, 0)
    assert dump(collection) == before


@pytest.mark.sqlite_file
def test_two_laptops_in_two_zones_have_each_answer_once(tmp_path):
    """The same package imported under two zones merges to each answer once, alike on both computers."""
    made = tmp_path / "made"
    facts = make(made, notes=basic(8), days=9, fsrs=True, exports=["new.apkg"])
    laptops = [opened(tmp_path / f"{name}.db", device=name * 16) for name in "ab"]
    for one, zone in zip(laptops, ("UTC", "Pacific/Auckland"), strict=True):
        import_package(one, made / "new.apkg", zone=ZoneInfo(zone))
    for one, other in ((0, "b"), (1, "a"), (0, "b")):
        merge(laptops[one], tmp_path / f"{other}.db", as_whom="me")
    for one in laptops:
        folds(one)
        for key, card in facts.items():
            assert memory(one, key).reps == card["answers"]
            assert memory(one, key) == memory(laptops[0], key)


def test_a_traveller_imports_a_newer_export_under_another_zone(tmp_path):
    """Answers that are here keep their study days, and only new ones come in."""
    made = tmp_path / "made"
    make(made, notes=basic(4), days=5, fsrs=True, exports=["new.apkg"])
    collection = opened(tmp_path / "cards.db")
    first = import_package(collection, made / "new.apkg", zone=ZoneInfo("UTC"))
    before = dump(collection)
    again = import_package(collection, made / "new.apkg", zone=ZoneInfo("Pacific/Auckland"))
    assert first.new > 0
    assert (again.new, again.changes) == (0, False)
    assert dump(collection) == before


@pytest.mark.sqlite_file
def test_a_card_learned_again_after_a_reset_is_alike_on_two_laptops(tmp_path):
    """Each import brings resets of its own; merged, what was answered after them stands as Anki decided."""
    made = tmp_path / "made"
    then = (
        "import time\n"
        "from anki.cards import Card\n"
        "ids = list(col.find_cards('is:review'))\n"
        "col.sched.schedule_cards_as_new(ids)\n"
        "time.sleep(0.05)\n"
        "while (queue := col.sched.get_queued_cards(fetch_limit=1)).cards:\n"
        "    card = Card(col, backend_card=queue.cards[0].card)\n"
        "    card.start_timer()\n"
        "    answer = col.sched.build_answer(card=card, states=queue.cards[0].states, rating=3)\n"
        "    col.sched.answer_card(answer)\n"
    )
    facts = make(made, notes=basic(6), days=6, fsrs=True, then=then, exports=["new.apkg"])
    laptops = [opened(tmp_path / f"{name}.db", device=name * 16) for name in "ab"]
    resets = [import_package(one, made / "new.apkg").resets for one in laptops]
    assert resets[0] == resets[1] > 0
    for one, other in ((1, "a"), (0, "b")):
        merge(laptops[one], tmp_path / f"{other}.db", as_whom="me")
    for one in laptops:
        folds(one)
        for key, card in facts.items():
            found = memory(one, key)
            assert (int(found.state), found.due_day) == (card["type"], card["due_day"])
            assert found == memory(laptops[0], key)


def test_a_card_set_due_without_an_answer_is_listed(tmp_path):
    """Scheduled by hand as a new card, or after a reset: it is new here, and said to be so, every time."""
    made = tmp_path / "made"
    make(
        made,
        notes=basic(6),
        days=6,
        fsrs=True,
        then=(
            "ids = list(col.find_cards('is:review'))\n"
            "col.sched.schedule_cards_as_new(ids[:1])\n"
            "col.sched.set_due_date(ids[:1], '5')\n"
            "note = col.new_note(col.models.by_name('Basic'))\n"
            "note.fields = ['never answered', 'x']\n"
            "note.guid = 'never'\n"
            "col.add_note(note, 1)\n"
            "col.sched.set_due_date([note.cards()[0].id], '7')\n"
        ),
        exports=["new.apkg"],
    )
    collection = opened(tmp_path / "cards.db")
    for _ in range(2):
        report = import_package(collection, made / "new.apkg")
        assert report.left["no answers"].number == 2
    assert memory(collection, anki_key("never", 0)).state is State.NEW


def test_where_a_card_came_from_stays_with_it(tmp_path):
    """Its GUID and number are kept when its deck becomes a file and when the file is edited."""
    made = tmp_path / "made"
    make(made, notes=basic(2), days=2, exports=["new.apkg"])
    collection = opened(tmp_path / "cards.db")
    import_package(collection, made / "new.apkg", to_toml=tmp_path / "toml")
    path = tmp_path / "toml" / "default.toml"
    path.write_text(path.read_text().replace('answer = "back 1"', 'answer = "edited"'))
    (result,) = collection.import_decks([path]).files
    assert [placed.fields for placed in result.plan.updated] == [("answer",)]
    out, _ = written(collection, tmp_path / "out.apkg")
    assert {(note.guid, card.ord) for note in out.notes for card in note.cards} == {
        ("guid-0", 0),
        ("guid-1", 0),
    }
    assert not import_package(collection, tmp_path / "out.apkg").changes


def test_names_are_made_of_what_a_person_reads(tmp_path):
    """Nested holes and covered pictures give readable ids; a deck of signs alone is still called a deck."""
    made = tmp_path / "made"
    covered = "{{c1::image-occlusion:rect:left=.1:top=.1:width=.2:height=.2}}"
    make(
        made,
        notes=[
            {
                "type": "Cloze",
                "guid": "n",
                "fields": ["{{c1::outer {{c2::inner}} end}} and {{c3::x::hint}}", ""],
            },
            {
                "type": "Image Occlusion",
                "guid": "o",
                "fields": [covered, '<img src="hand.png">', "Bones of the hand", "", ""],
                "deck": "🎉",
            },
            {
                "type": "Image Occlusion",
                "guid": "p",
                "fields": [covered, '<img src="foot.png">', "", "", ""],
                "deck": "🎉",
            },
        ],
        exports=["new.apkg"],
    )
    collection = opened(tmp_path / "cards.db")
    import_package(collection, made / "new.apkg")
    names = [f"{deck}/{card}" for deck, card in collection.rows("SELECT deck, id FROM card", {})]
    assert {name.partition("/")[2] for name in names} == {
        "bones-of-the-hand",
        "image-foot-png",
        "outer-inner-end-and-x",
        "outer-inner-end-and-x-2",
        "outer-inner-end-and-x-3",
    }
    assert sum(name.startswith("deck-") for name in names) == 2


def test_an_export_without_progress_changes_no_progress(tmp_path):
    """A package of texts alone forgets nothing, resumes nothing and unflags nothing."""
    made = tmp_path / "made"
    plainly = (
        "col.sched.suspend_cards(col.find_cards('is:review')[:2])\n"
        "col.set_user_flag_for_cards(1, col.find_cards('is:review')[2:3])\n"
        "col.close(); col.reopen()\n"
        "from anki.collection import ExportAnkiPackageOptions\n"
        "options = ExportAnkiPackageOptions(with_scheduling=False, with_deck_configs=False, with_media=True,"
        " legacy=False)\n"
        "col.export_anki_package(out_path=str(folder / 'texts.apkg'), options=options, limit=None)\n"
    )
    make(made, notes=basic(8), days=5, fsrs=True, then=plainly, exports=["new.colpkg"])
    collection = opened(tmp_path / "cards.db")
    assert import_package(collection, made / "new.colpkg").acts == {"suspend": 2, "flag": 1}
    before = dump(collection)
    report = import_package(collection, made / "texts.apkg")
    assert (report.acts, report.changes) == ({}, False)
    assert dump(collection) == before


def test_cards_of_one_note_are_told_apart_in_files(tmp_path):
    """Cards of one note hold each other back while Anki owns them; in a file they do not, which is said."""
    made = tmp_path / "made"
    pair = {"type": "Basic (and reversed card)", "guid": "r", "fields": ["perro", "dog"]}
    make(made, notes=[pair, *basic(1)], exports=["new.apkg"])
    collection = opened(tmp_path / "cards.db")
    import_package(collection, made / "new.apkg")
    entries = "SELECT count(DISTINCT entry) FROM card WHERE id LIKE 'perro%'"
    assert collection.rows(entries, {}) == [(1,)]
    report = import_package(collection, made / "new.apkg", to_toml=tmp_path / "toml")
    assert report.left["siblings"] == (1, "default/perro")
    assert collection.rows(entries, {}) == [(2,)]


def test_media_that_came_late_are_said_to_be_copied(tmp_path):
    """A package that brings nothing but a file is no package that changes nothing."""
    made = tmp_path / "made"
    make(
        made,
        notes=[{"type": "Basic", "guid": "m", "fields": ["<img src='dog.png'>", "dog"]}],
        media={"dog.png": "dog"},
        exports=["new.apkg"],
    )
    collection = opened(tmp_path / "cards.db")
    import_package(collection, made / "new.apkg", media=None)
    report = import_package(collection, made / "new.apkg", media=tmp_path / "media")
    assert (report.media, report.changes) == (1, True)
    assert not import_package(collection, made / "new.apkg", media=tmp_path / "media").changes


def test_study_days_of_a_zone_are_those_of_its_wall_clock(tmp_path):
    """An answer at 02:00 in Auckland counts for the day before, whatever this computer's zone is."""
    made = tmp_path / "made"
    make(made, notes=basic(2), days=1, fsrs=True, exports=["new.apkg"])
    collection = opened(tmp_path / "cards.db")
    zone = ZoneInfo("Pacific/Auckland")
    import_package(collection, made / "new.apkg", zone=zone)
    days = StudyDays(zone, 4)
    found = collection.rows("SELECT at, study_day FROM review", {})
    assert found
    assert all(days.day(at) == day for at, day in found)
