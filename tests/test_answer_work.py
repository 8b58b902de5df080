"""How much work an answer and an import are, by counts that do not depend on the machine."""

import gc
from collections import Counter

import pytest
from world import Clock, answer_next, deck_of, filled, started

from srs.intake import import_decks
from srs.model import Rating

STATEMENTS_OF_AN_ANSWER_AND_THE_NEXT_CARD = 12
STATEMENTS_WITH_THE_FIRST_OF_THE_DAY = 13
"""The median of many answers, and what a few may cost more: a deck or a day has come to its end."""

FEW_COLLECTIONS = 2
"""Just before it is off and just after; with it on, an import of 2,000 cards has dozens."""


@pytest.mark.sqlite_file
@pytest.mark.parametrize("cards", [40, 400])
def test_an_answer_and_the_next_card_cost_the_same_at_any_size(tmp_path, cards):
    """One transaction of six statements, and six to find and read the next card."""
    clock = Clock()
    with filled(tmp_path, clock, cards) as collection:
        review = started(collection)
        answer_next(review, clock, Rating.GOOD)
        review.next(clock())
        statements, costs = [], []
        collection.database._driver.set_trace_callback(statements.append)
        for _ in range(12):
            review.outcomes()
            statements.clear()
            review.answer(Rating.GOOD, now=clock(), took_ms=1)
            assert review.next(clock()) is not None
            costs.append(len(statements))
            assert Counter(sql.split()[0] for sql in statements)["COMMIT"] == 1
        collection.database._driver.set_trace_callback(None)
    assert sorted(costs)[len(costs) // 2] <= STATEMENTS_OF_AN_ANSWER_AND_THE_NEXT_CARD
    assert max(costs) <= STATEMENTS_WITH_THE_FIRST_OF_THE_DAY


@pytest.mark.sqlite_file
def test_the_log_of_writes_goes_back_in_few_big_parts(tmp_path):
    """A page that many answers change is written into the database once; a clean end leaves no log."""
    log = tmp_path / "cards.db-wal"
    with filled(tmp_path, Clock(), 3) as collection:
        assert collection.rows("PRAGMA wal_autocheckpoint", {}) == [(4000,)]
        assert log.exists()
    assert not log.exists()


def test_nothing_is_collected_during_an_import(tmp_path):
    """The collector of garbage is off while cards are read, planned and written, and on again afterwards."""
    began = Counter()
    deck = deck_of(tmp_path, "large", 2000)
    deck.write()
    with filled(tmp_path, Clock(), 3) as collection:

        def note(phase, _info):
            began[phase] += 1

        assert gc.isenabled()
        gc.callbacks.append(note)
        try:
            import_decks(collection, [deck.path])
            assert began["start"] <= FEW_COLLECTIONS
            assert gc.isenabled()
        finally:
            gc.callbacks.remove(note)
