"""A deck whose id is changed in its file: its cards keep their history."""

import pytest
from world import Clock, answer_card, check_laws, filled

from srs.intake import import_decks
from srs.model import Rating


@pytest.mark.parametrize("renamed", [False, True])
def test_a_deck_that_gets_another_id_keeps_its_cards(tmp_path, renamed):
    """Every card is moved with its answers, also one that got another id in the same edit."""
    with filled(tmp_path, Clock(), 2) as collection:
        answer_card(collection, "d0/c0", Rating.GOOD)
        answer_card(collection, "d0/c1", Rating.EASY)
        path = tmp_path / "d0.toml"
        text = path.read_text().replace('id = "d0"', 'id = "kitchen"')
        if renamed:
            text = text.replace('id = "c0"', 'id = "salt"\nwas = ["c0"]')
        path.write_text(text)
        report = import_decks(collection, [path])
        assert [problem.code for problem in report.problems] == ["W204"]
        assert report.files[0].counts["moved"] == 2
        first = "salt" if renamed else "c0"
        assert collection.find(f"kitchen/{first}").memory.reps == 1
        assert collection.find("kitchen/c1").memory.reps == 1
        assert collection.rows("SELECT count(*) FROM card", {}) == [(2,)]
        check_laws(collection)
