"""A package for Anki: Anki itself takes it, schedules by it, finds nothing to mend, and gives it back."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from anki_world import UTC_DAYS, basic, make, opened
from hypothesis import given
from hypothesis import strategies as st
from world import answer_card

from srs import clock
from srs.anki_export import Calendar, export_package
from srs.anki_import import import_package
from srs.deck.clean import clean_text
from srs.deck.cloze import read_cloze
from srs.exporting_cards import decks_out
from srs.ids import note_guid
from srs.intake import import_decks
from srs.interop import anki_notes
from srs.interop.anki_write import is_our_package, made_id, write_package
from srs.model import REVERSE, ActKind, Rating, State
from srs.settings import Settings
from srs.store import reading

TAKER = Path(__file__).with_name("anki_taker.py")
DAY_MS = 86_400_000
PARAMETERS = (
    *(0.3, 1.4, 2.4, 8.1, 6.3, 0.8, 3.1, 0.01, 1.9, 0.2, 0.8, 1.5, 0.07, 0.3, 1.7, 0.6, 1.9, 0.5, 0.1),
    *(0.07, 0.2),
)
DECK = """
[deck]
id = "words"
name = "Words::Short"
description = "A & B <script>"

[[cards]]
id = "tag"
term = "tag"
question = "What is a <b>tag</b>?"
answer = "A name.\\n  indented  twice"
scenario = "She said: [sound:a.mp3] \\\\(x\\\\)"
explanation = "Because {{x}}."
source = "Docs"
reverse = true
tags = ["two words", "core"]

[[cards]]
id = "hole"
cloze = "A {{c1::digest::hash}} hides {{c2::{0,127}}} and {{ .Values.image }}; {{c1::again}}."
"""


def taken(folder, *packages, name="taken", exports=()):
    """Let Anki import packages one after the other; what it says after each."""
    done = subprocess.run(
        [sys.executable, str(TAKER), str(folder)],
        input=json.dumps(
            {"imports": [str(path) for path in packages], "name": name, "exports": exports}
        ).encode(),
        env={**os.environ, "TZ": "UTC"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads((folder / f"{name}.json").read_text())


def written(collection, path, *, decks=(), now=None, media=()):
    """Export a collection; what was written and what was said of it."""
    calendar = Calendar(now or clock.now_ms(), UTC_DAYS)
    found = decks_out(collection.rows, collection.learner, decks)
    out, report = export_package(
        *(collection.rows, collection.learner, found),
        settings=collection.settings,
        calendar=calendar,
        media=media,
    )
    path.unlink(missing_ok=True)
    write_package(path, out)
    return out, report


def plain(folder, name, size, retention=None):
    """A deck file of plain cards."""
    head = [f'[deck]\nid = "{name}"\nname = "The {name}"']
    head += [f"desired_retention = {retention}"] if retention else []
    cards = [f'[[cards]]\nid = "c{i}"\nquestion = "Q {i}?"\nanswer = "A {i}"' for i in range(size)]
    path = folder / f"{name}.toml"
    path.write_text("\n".join([*head, *cards]) + "\n")
    return path


def studied_for(collection, moment, days, seed):
    """Study on days so long ago, with undone answers among them."""
    random = Random(seed)  # noqa: S311 - seeded on purpose, nothing is secret
    for left in days:
        moment.now = max(moment.now + 1_000, clock.now_ms() - left * DAY_MS - 7_200_000)
        review = collection.review()
        for _ in range(25):
            if review.next(moment.now) is None:
                break
            rating = random.choices(list(Rating), [20, 15, 55, 10])[0]
            review.answer(rating, now=moment.now, took_ms=random.randrange(1_000, 90_000))
            if random.random() < 0.1:
                review.undo(moment.now)
            moment.now += random.randrange(5_000, 60_000)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A collection with a long history and every kind of act, its package, and Anki's word on it."""
    folder = tmp_path_factory.mktemp("written")
    moment = SimpleNamespace(now=0)
    collection = opened(folder / "cards.db", now=lambda: moment.now or clock.now_ms())
    (folder / "words.toml").write_text(DECK)
    paths = [folder / "words.toml", plain(folder, "many", 50), plain(folder, "few", 6, 0.8)]
    moment.now = clock.now_ms() - 41 * DAY_MS
    assert not import_decks(collection, paths).problems
    collection.settings = Settings(new_per_day=1)
    studied_for(collection, moment, range(30, -1, -1), seed=5)
    with collection.journal() as journal:
        journal.append_act(ActKind.PARAMS, payload={"deck": "many", "parameters": list(PARAMETERS)})
        journal.refold([key for (key,) in collection.rows("SELECT key FROM card", {})])
    moment.now += 60_000
    today = UTC_DAYS.day(clock.now_ms())  # the acts may be of the study day before
    collection.act(ActKind.SUSPEND, collection.find("many/c0").key)
    collection.act(ActKind.FLAG, collection.find("many/c1").key)
    collection.act(ActKind.BURY, collection.find("many/c2").key, day=today + 1)
    collection.act(ActKind.FORGET, collection.find("many/c3").key)
    collection.set_due(collection.find("many/c4"), today + 9)
    studied_for(collection, moment, [0], seed=9)
    moment.now = 0
    out, report = written(collection, folder / "out.apkg")
    first, again = taken(folder, folder / "out.apkg", folder / "out.apkg", exports=["new.apkg", "old.apkg"])
    cards = reading.cards_where(collection.rows, collection.learner, "c.retired = 0", {})
    return SimpleNamespace(
        folder=folder,
        collection=collection,
        out=out,
        report=report,
        first=first,
        again=again,
        cards={on_file.key: on_file for on_file in cards},
        keys={made_id(f"card {key.hex()}"): key for key in (on_file.key for on_file in cards)},
    )


def log_of(collection, key):
    """The live answers of a card, oldest first."""
    keys = reading.class_keys(collection.rows, key)
    return [one for one in reading.answers_of(collection.rows, collection.learner, keys) if not one.undone]


def test_anki_finds_nothing_to_mend(world):
    """Check Database is content after each import, and everything is in."""
    for step in (world.first, world.again):
        assert step["check"] == ["Database rebuilt and optimized.", True]
        assert len(step["cards"]) == len(world.cards) == world.report.cards
    assert world.first["log"]["new"] == world.first["notes"] == world.report.notes


def test_answers_of_one_moment_leave_nothing_to_mend(tmp_path):
    """Rows of Anki's log stand a ms apart: one put into the next second leaves its card there, too."""
    moment = (clock.now_ms() - 3 * DAY_MS) // 1000 * 1000 + 999
    collection = opened(tmp_path / "cards.db", now=lambda: moment)
    import_decks(collection, [plain(tmp_path, "two", 2)])
    for name in ("two/c0", "two/c1"):
        answer_card(collection, name, Rating.EASY)
    written(collection, tmp_path / "out.apkg")
    (step,) = taken(tmp_path, tmp_path / "out.apkg")
    assert step["check"] == ["Database rebuilt and optimized.", True]


def test_each_card_stands_as_it_does_here(world):
    """Type, queue, due day, interval, counts, flags, memory and last answer of every card equal ours."""
    today = UTC_DAYS.day(clock.now_ms())
    seen = set()
    for card in world.first["cards"]:
        on_file = world.cards[world.keys[card["id"]]]
        memory = on_file.memory
        seen.add((memory.state, card["queue"]))
        assert card["type"] == int(memory.state)
        assert (card["reps"], card["lapses"]) == (memory.reps, memory.lapses)
        assert card["flags"] == int(memory.flagged)
        usual = {State.NEW: 0, State.LEARNING: 1, State.REVIEW: 2, State.RELEARNING: 1}[memory.state]
        buried = memory.buried_until is not None and memory.buried_until > today
        assert card["queue"] == (-1 if memory.suspended else -3 if buried else usual)
        if memory.state is State.REVIEW:
            assert card["due_in"] == memory.due_day - today
            assert card["interval"] == max(1, memory.interval)
        elif memory.state is not State.NEW:
            assert card["due_in"] == memory.due_at // 1000
            steps = (60, 600) if memory.state is State.LEARNING else (600,)
            assert card["left"] == len(steps) - memory.step
        if memory.stability is None:
            assert card["stability"] is None
            continue
        assert card["stability"] == pytest.approx(memory.stability, abs=6e-5)
        assert card["difficulty"] == pytest.approx(memory.difficulty, abs=6e-4)
        assert card["last"] == memory.last_at // 1000
        assert card["retention"] == pytest.approx(0.8 if on_file.card.deck == "few" else 0.9)
        assert card["decay"] == pytest.approx(0.2 if on_file.card.deck == "many" else 0.154)
    assert {(State.REVIEW, 2), (State.NEW, 0), (State.REVIEW, -1), (State.REVIEW, -3)} <= seen


def test_anki_folds_the_log_to_the_same_memories(world):
    """Stability and difficulty that Anki computes from the review log alone equal ours."""
    compared = 0
    for card in world.first["cards"]:
        memory = world.cards[world.keys[card["id"]]].memory
        stability, difficulty = world.first["recomputed"][str(card["id"])]
        if memory.stability is None:
            assert stability is None
            continue
        compared += 1
        assert stability == pytest.approx(memory.stability, rel=1e-4)
        assert difficulty == pytest.approx(memory.difficulty, rel=1e-4)
    assert compared > 20


def test_the_log_is_the_live_log(world):
    """Each live answer is a row with its moment, rating, time, kind and intervals; undone ones are none."""
    kinds = set()
    for card in world.first["cards"]:
        answers = log_of(world.collection, world.keys[card["id"]])
        rows = [row for row in card["rows"] if row[1] > 0]
        assert [row[0] for row in rows] == pytest.approx([answer.at for answer in answers], abs=5)
        assert [row[1] for row in rows] == [int(answer.rating) for answer in answers]
        assert [row[5] for row in rows] == [answer.took_ms for answer in answers]
        for row, answer in zip(rows, answers, strict=True):
            kind = {State.REVIEW: 1, State.RELEARNING: 2}.get(answer.state_before, 0)
            kinds.add(kind)
            assert row[6] == kind
            if answer.state_after is State.REVIEW:
                assert row[2] == max(1, answer.due_day - answer.study_day)
            else:
                assert row[2] == -(answer.due_at - answer.at) // 1000
            if answer.state_before is State.REVIEW:
                assert row[3] == answer.interval_before
            assert 100 <= row[4] <= 1100
        manual = [row for row in card["rows"] if row[1] == 0]
        name = world.cards[world.keys[card["id"]]].card.name
        expected = {"many/c3": [(4, 0)], "many/c4": [(4, 1)]}.get(name, [])
        assert [(row[6], int(row[4] > 0)) for row in manual] == expected
    assert kinds == {0, 1, 2}
    undone = world.collection.rows("SELECT count(*) FROM review WHERE undone = 1", {})[0][0]
    assert undone > 0
    assert world.first["rows"] == sum(len(card["rows"]) for card in world.first["cards"])


def test_importing_twice_adds_nothing(world):
    """The second import of a package leaves the collection as it was."""
    assert world.again["log"]["new"] == 0
    assert world.again == {**world.first, "log": world.again["log"]}


def test_decks_and_presets_say_what_rules_here(world):
    """Sub-decks are sub-decks; parameters, retention and limits stand in the presets."""
    decks = world.first["decks"]
    assert {"Words", "Words::Short", "The many", "The few"} <= decks.keys()
    assert decks["The many"]["parameters"] == pytest.approx(PARAMETERS)
    assert decks["The few"]["parameters"] == []
    assert decks["The few"]["retention"] == pytest.approx(0.8)
    assert decks["Words::Short"]["preset"] not in {decks["The many"]["preset"], decks["The few"]["preset"]}
    assert decks["The many"]["new"] == 1


def test_texts_are_text_and_kinds_are_kinds(world):
    """Plain and reverse are one note, holes are one note; markup in a text is shown, not obeyed."""
    cards = {world.cards[world.keys[card["id"]]].card.name: card for card in world.first["cards"]}
    tag, back = cards["words/tag"], cards[f"words/tag#{REVERSE}"]
    assert (tag["note"], tag["ord"], back["ord"]) == (back["note"], 0, 1)
    assert set(tag["tags"]) == {"two_words", "core"}
    assert "What is a &lt;b&gt;tag&lt;/b&gt;?" in tag["question"]
    assert "A name.<br>&nbsp;&nbsp;indented&nbsp; twice" in tag["answer"]
    assert "&#91;sound:a.mp3]" in tag["question"]
    assert "Because {{x}}." in tag["answer"]
    assert ">tag</div>" in back["answer"]
    first, second = cards["words/hole#c1"], cards["words/hole#c2"]
    assert (first["note"], first["ord"], second["ord"]) == (second["note"], 0, 1)
    assert first["question"].count("[hash]") == 1
    assert "[...]" in second["question"]
    assert "&#123;0,127&#125;</span>" in second["answer"] or "{0,127}</span>" in second["answer"]
    assert "Values.image" in second["question"]


@pytest.mark.parametrize("name", ["new.apkg", "old.apkg"])
def test_what_anki_exports_again_is_the_same(world, tmp_path, name):
    """Through a real Anki and out of it in either format: cards, memories, dues and the log are equal."""
    (back,) = taken(tmp_path, world.folder / name)
    assert back["check"] == ["Database rebuilt and optimized.", True]
    assert back["cards"] == world.first["cards"]
    assert back["rows"] == world.first["rows"]
    assert back["recomputed"] == world.first["recomputed"]


def test_a_later_export_updates_the_notes(world, tmp_path):
    """New text reaches the notes that are there; no note, card or note type is added."""
    (world.folder / "words.toml").write_text(DECK.replace("A name.", "Another name."))
    report = import_decks(world.collection, [world.folder / "words.toml"])
    assert not report.problems
    written(world.collection, tmp_path / "later.apkg", now=clock.now_ms() + 5_000)
    first, later = taken(tmp_path, world.folder / "out.apkg", tmp_path / "later.apkg")
    assert later["log"]["new"] == 0
    assert later["log"]["updated"] == first["notes"] == later["notes"]
    assert [card["id"] for card in later["cards"]] == [card["id"] for card in first["cards"]]
    assert later["notetypes"] == first["notetypes"]
    changed = [
        card for card in later["cards"] if card["fields"].get("Answer", "").startswith("Another name.")
    ]
    assert {card["ord"] for card in changed} == {0, 1}


def test_ids_are_those_of_the_cards(world, tmp_path):
    """The same collection gives the same GUIDs, and a rename keeps them."""
    out, _ = written(world.collection, tmp_path / "a.apkg")
    assert {note.guid for note in out.notes} == {note.guid for note in world.out.notes}
    text = (world.folder / "few.toml").read_text()
    (world.folder / "few.toml").write_text(text.replace('id = "c0"', 'id = "new-name"\nwas = ["c0"]'))
    assert not import_decks(world.collection, [world.folder / "few.toml"]).problems
    renamed, _ = written(world.collection, tmp_path / "b.apkg")
    assert {note.guid for note in renamed.notes} == {note.guid for note in world.out.notes}


def test_retired_cards_stay_here(tmp_path):
    """A card that is gone from its file does not go out, and is counted."""
    collection = opened(tmp_path / "cards.db")
    path = plain(tmp_path, "few", 3)
    import_decks(collection, [path])
    plain(tmp_path, "few", 2)
    import_decks(collection, [path])
    out, report = written(collection, tmp_path / "out.apkg")
    assert (report.retired, report.cards, len(out.notes)) == (1, 2, 2)


def test_a_package_of_ours_is_known(tmp_path, world):
    """By its mark, which another archive has not."""
    assert is_our_package(world.folder / "out.apkg")
    with zipfile.ZipFile(tmp_path / "other.apkg", "w") as archive:
        archive.writestr("media", "{}")
    assert not is_our_package(tmp_path / "other.apkg")
    (tmp_path / "text.apkg").write_text("no archive")
    assert not is_our_package(tmp_path / "text.apkg")


@given(st.binary(min_size=16, max_size=16), st.sampled_from(["", "cloze"]))
def test_a_guid_is_short_and_its_own(entry, kind):
    """Twenty-two safe characters, other ones for another entry or kind."""
    guid = note_guid(entry, kind)
    assert len(guid) == 22
    assert guid == note_guid(entry, kind)
    assert guid not in {note_guid(entry, "cloze" if not kind else ""), note_guid(bytes(16), kind)} or not any(
        entry
    )


TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(" \n{}<>&[]:$\\"), max_size=60
)


@given(TEXTS)
def test_html_of_a_text_shows_the_text(text):
    """Whatever a clean text holds, its HTML read as a page says the same, blanks at line ends apart."""
    from srs.interop.html_text import to_text

    def folded(said):
        return " ".join(clean_text(said).split())

    found = to_text(anki_notes.field_html(text)).text
    assert folded(found.replace("\xa0", " ")) == folded(text)


@pytest.mark.parametrize("text", ["{{c1::a}}", "x {{c2::{a}::h::i}} }} {{ y", "{{c1::{0,1}}}{{c3::<b>}}"])
def test_holes_keep_their_numbers(text):
    """The field of a cloze has the same holes, and no other double braces."""
    cloze = read_cloze(text)
    html = anki_notes.cloze_html(cloze)
    assert html.count("{{") == html.count("}}") == len(cloze.holes)
    again = read_cloze(html)
    assert [hole.number for hole in again.holes] == [hole.number for hole in cloze.holes]


def test_notes_of_anki_go_back_under_their_guid(tmp_path):
    """Cards whose rows tell their GUID and number go back to their own notes, so that nothing is added."""
    make(
        tmp_path,
        notes=[
            *basic(2),
            {"type": "Basic (and reversed card)", "guid": "rev-1", "fields": ["one", "two"]},
            {"type": "Cloze", "guid": "hole-1", "fields": ["{{c1::a}} {{c3::b}}", ""]},
        ],
        days=3,
        exports=["new.apkg"],
    )
    collection = opened(tmp_path / "cards.db")
    import_package(collection, tmp_path / "new.apkg")
    guids = {"guid-0": [0], "guid-1": [0], "rev-1": [0, 1], "hole-1": [0, 2]}
    out, _ = written(collection, tmp_path / "out.apkg")
    assert {note.guid: [card.ord for card in note.cards] for note in out.notes} == guids
    first, second = taken(tmp_path, tmp_path / "new.apkg", tmp_path / "out.apkg")
    assert second["log"]["new"] == 0
    assert second["notes"] == first["notes"]
    assert [card["id"] for card in second["cards"]] == [card["id"] for card in first["cards"]]
    (alone,) = taken(tmp_path, tmp_path / "out.apkg", name="alone")
    assert alone["check"] == ["Database rebuilt and optimized.", True]
    assert {(card["guid"], card["ord"]) for card in alone["cards"]} == {
        (guid, number) for guid, numbers in guids.items() for number in numbers
    }
