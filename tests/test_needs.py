"""Cards that wait for others, and cards of one entry, which are kept a study day apart."""

import pytest
from world import Clock, check_laws, open_at, scope_of, started

from srs.intake import import_decks
from srs.model import ActKind, Rating
from srs.settings import Settings
from srs.store import heads

HEAD = '[deck]\nid = "{deck}"\n'
CARD = '\n[[cards]]\nid = "{id}"\nterm = "{id}"\nanswer = "A {id}."\n{more}\n'
ALL_NEW = Settings(new_per_day=1000)


@pytest.fixture
def clock():
    """A clock that stands."""
    return Clock()


@pytest.fixture
def collection(tmp_path, clock):
    """An empty collection."""
    with open_at(tmp_path / "cards.db", clock, create=True, settings=ALL_NEW) as collection:
        yield collection


def write(folder, deck, *cards):
    """A deck file of (id, further lines), written; its path."""
    path = folder / f"{deck}.toml"
    texts = [CARD.format(id=card_id, more=more) for card_id, more in cards]
    path.write_text("".join([HEAD.format(deck=deck), *texts]), encoding="utf-8")
    return path


def bring_in(collection, *paths):
    """Import decks that have no problems; returns the warnings."""
    report = import_decks(collection, list(paths))
    assert not report.exit_code
    return [problem.code for problem in report.problems]


def fresh(collection):
    """The names of the new cards that could be asked now."""
    found = heads.new_heads(collection.rows, scope_of(collection), 100)
    names = {
        key: f"{deck}/{card_id}" + (f"#{variant}" if variant else "")
        for key, deck, card_id, variant in collection.rows("SELECT key, deck, id, variant FROM card", {})
    }
    counted = heads.count(collection.rows, scope_of(collection), new_limit=1000, review_limit=1000)
    assert counted.new == len({head.entry for head in found})
    return [names[head.card] for head in found]


def answer(collection, clock, name, rating):
    """Answer the next card, which is this one."""
    review = started(collection)
    shown = review.next(clock())
    assert shown.name == name
    clock.advance(seconds=5)
    review.answer(rating, now=clock(), took_ms=5_000)


def test_a_card_waits_until_what_it_needs_was_passed_once(tmp_path, collection, clock):
    """Again does not free what waits; hard, good or easy does, and undoing the pass holds it back again."""
    bring_in(collection, write(tmp_path, "d", ("a", ""), ("b", 'needs = ["a"]'), ("c", 'needs = ["b"]')))
    assert fresh(collection) == ["d/a"]
    answer(collection, clock, "d/a", Rating.AGAIN)
    assert fresh(collection) == []
    clock.advance(minutes=2)
    answer(collection, clock, "d/a", Rating.HARD)
    assert fresh(collection) == ["d/b"]
    collection.undo()
    assert fresh(collection) == []
    check_laws(collection)


@pytest.mark.parametrize("away", ["suspend", "retire", "unknown"])
def test_what_cannot_be_asked_is_not_waited_for(tmp_path, collection, away):
    """A needed card that is suspended, gone from its file or in no file at all holds nothing back."""
    needed = [] if away == "unknown" else [("a", "")]
    bring_in(collection, write(tmp_path, "d", *needed, ("b", 'needs = ["a"]')))
    if away == "suspend":
        collection.act(ActKind.SUSPEND, collection.find("d/a").key)
    elif away == "retire":
        bring_in(collection, write(tmp_path, "d", ("b", 'needs = ["a"]')))
    assert "d/b" in fresh(collection)


def test_a_card_of_another_deck_is_needed_by_its_full_name(tmp_path, collection, clock):
    """`needs = ["other/a"]` waits for that card, whichever file is imported first."""
    waiting = write(tmp_path, "d", ("b", 'needs = ["other/a"]'))
    assert bring_in(collection, waiting) == ["W207"]
    assert fresh(collection) == ["d/b"]
    bring_in(collection, write(tmp_path, "other", ("a", "")))
    assert fresh(collection) == ["other/a"]
    answer(collection, clock, "other/a", Rating.EASY)
    assert fresh(collection) == ["d/b"]


def test_a_rename_of_what_is_needed_frees_nothing(tmp_path, collection, clock):
    """The needed card renamed, with `was`, is the same card: it is still waited for, and its pass counts."""
    bring_in(collection, write(tmp_path, "d", ("a", ""), ("b", 'needs = ["a"]')))
    bring_in(collection, write(tmp_path, "d", ("x", 'was = ["a"]'), ("b", 'needs = ["x"]')))
    assert fresh(collection) == ["d/x"]
    answer(collection, clock, "d/x", Rating.GOOD)
    assert fresh(collection) == ["d/b"]


def test_any_variant_that_was_passed_counts(tmp_path, collection, clock):
    """Passing the reverse card of an entry frees what needs the entry."""
    bring_in(collection, write(tmp_path, "d", ("a", "reverse = true"), ("b", 'needs = ["a"]')))
    collection.act(ActKind.SUSPEND, collection.find("d/a").key)
    assert fresh(collection) == ["d/a#reverse"]
    answer(collection, clock, "d/a#reverse", Rating.GOOD)
    assert fresh(collection) == ["d/b"]


def test_needs_taken_out_of_the_file_hold_nothing(tmp_path, collection):
    """A card no longer waits once its file says so, and one that was answered never waits."""
    bring_in(collection, write(tmp_path, "d", ("a", ""), ("b", 'needs = ["a"]')))
    bring_in(collection, write(tmp_path, "d", ("a", ""), ("b", "")))
    assert fresh(collection) == ["d/a", "d/b"]


def test_needs_in_a_circle_are_told_and_hold_nothing_back(tmp_path, collection):
    """Cards that need each other are asked all the same, with a warning at each import that has them."""
    circle = write(tmp_path, "d", ("a", 'needs = ["b"]'), ("b", 'needs = ["a"]'), ("c", 'needs = ["c"]'))
    assert bring_in(collection, circle) == ["W206", "W206"]
    assert fresh(collection) == ["d/a", "d/b", "d/c"]


def test_a_circle_over_two_decks_is_found_one_file_after_the_other(tmp_path, collection):
    """The file that closes a circle gives way; once the circle is gone its needs hold again."""
    first = write(tmp_path, "d", ("a", 'needs = ["e/b"]'))
    second = write(tmp_path, "e", ("b", 'needs = ["d/a"]'))
    assert bring_in(collection, first) == ["W207"]
    assert bring_in(collection, second) == ["W206"]
    assert fresh(collection) == ["e/b"]
    bring_in(collection, write(tmp_path, "d", ("a", "")))
    bring_in(collection, second)
    assert fresh(collection) == ["d/a"]


def test_what_is_needed_may_come_later_from_elsewhere(tmp_path, collection, clock):
    """A needed card that arrives after the one that needs it, with a history of its own, is waited for."""
    bring_in(collection, write(tmp_path, "e", ("old", "")))
    bring_in(collection, write(tmp_path, "d", ("a", 'needs = ["e/b"]')))
    bring_in(collection, write(tmp_path, "e", ("b", 'was = ["old"]')))
    assert fresh(collection) == ["e/b"]
    answer(collection, clock, "e/b", Rating.GOOD)
    assert fresh(collection) == ["d/a"]


CLOZE = 'cloze = "The {{c1::sky}} is {{c2::blue}} today."'


def entries(collection):
    """(deck, id) -> the entries of its rows."""
    found = {}
    for deck, card_id, entry in collection.rows("SELECT deck, id, entry FROM card", {}):
        found.setdefault((deck, card_id), set()).add(entry)
    return found


def test_an_entry_that_changes_all_its_variants_stays_one_entry(tmp_path, collection):
    """Holes only, then the plain card only, then both: all are cards of one entry, asked a day apart."""
    path = tmp_path / "d.toml"
    holes = f'[deck]\nid = "d"\n[[cards]]\nid = "b"\n{CLOZE}\n'
    plain = '[deck]\nid = "d"\n[[cards]]\nid = "b"\nquestion = "Q?"\nanswer = "A."\n'
    for text in (holes, plain, f"{plain}{CLOZE}\n"):
        path.write_text(text, encoding="utf-8")
        bring_in(collection, path)
    assert {len(found) for found in entries(collection).values()} == {1}
    assert fresh(collection) == ["d/b", "d/b#c1", "d/b#c2"]
    check_laws(collection)


def test_a_variant_left_behind_by_a_move_is_not_the_next_cards(tmp_path, collection, clock):
    """A reverse card that was given up when its entry moved does not come back under another card."""
    bring_in(collection, write(tmp_path, "d", ("b", "reverse = true")))
    answer(collection, clock, "d/b", Rating.EASY)
    clock.advance(days=1)
    answer(collection, clock, "d/b#reverse", Rating.EASY)
    moved = write(tmp_path, "e", ("b", 'was = ["d/b"]'))
    bring_in(collection, write(tmp_path, "d", ("z", "")), moved)
    assert collection.find("e/b").memory.reps == 1
    bring_in(collection, write(tmp_path, "d", ("z", ""), ("b", 'reverse = true\nexplanation = "Another."')))
    assert collection.find("d/b#reverse").memory.reps == 0
    found = entries(collection)
    assert found["d", "b"].isdisjoint(found["e", "b"])
    bring_in(collection, write(tmp_path, "e", ("b", "reverse = true")))
    assert collection.find("e/b#reverse").memory.reps == 1
    check_laws(collection)


def test_cards_of_one_entry_come_a_study_day_apart(tmp_path, collection, clock):
    """Plain card, reverse and holes of one entry: one a study day, in this order."""
    more = 'reverse = true\ncloze = "The {{c1::sky}} is {{c2::blue}} today."'
    bring_in(collection, write(tmp_path, "d", ("a", more)))
    met = []
    for _ in range(4):
        assert len({name.partition("#")[0] for name in fresh(collection)}) == 1
        review = started(collection)
        shown = review.next(clock())
        met.append(shown.name)
        review.answer(Rating.EASY, now=clock(), took_ms=1_000)
        assert review.next(clock()) is None
        assert started(collection).next(clock()) is None
        clock.advance(days=1)
        while (review := started(collection)).next(clock()) and review.shown.memory.reps:
            collection.act(ActKind.SUSPEND, review.shown.key)
    assert met == ["d/a", "d/a#reverse", "d/a#c1", "d/a#c2"]
    check_laws(collection)


def test_passed_is_forgotten_with_the_card(tmp_path, collection, clock):
    """A forgotten card has not been passed, until it is passed again."""
    bring_in(collection, write(tmp_path, "d", ("a", "")))
    answer(collection, clock, "d/a", Rating.GOOD)
    assert collection.find("d/a").memory.passed
    collection.act(ActKind.FORGET, collection.find("d/a").key)
    assert not collection.find("d/a").memory.passed
    collection.undo()
    assert collection.find("d/a").memory.passed
    check_laws(collection)
