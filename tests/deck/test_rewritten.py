"""Holes compared with those of an earlier version of their file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.deck.parse import parse_deck
from srs.deck.rewritten import may_be_rewritten, rewritten_holes

HEAD = '[deck]\nid = "d"\n'
BEFORE = HEAD + '[[cards]]\nid = "a"\nterm = "T"\ncloze = "A {{c1::tag}} or {{c2::digest}} and {{c2::pin}}"\n'


def told(now, before=BEFORE):
    """The messages on a deck, compared with what it was."""
    data = before if isinstance(before, bytes) else before.encode()
    return [problem.message for problem in rewritten_holes(parse_deck(now.encode(), "d.toml"), data)]


SAME = {
    "nothing": BEFORE,
    "case and more words": BEFORE.replace("tag", "A Tag").replace("::pin", "::a pin or so"),
    "a part of the word": BEFORE.replace("tag", "tags"),
    "the sentence": BEFORE.replace("A {{", "Any {{"),
    "numbers more and less": BEFORE.replace("{{c1::tag}}", "tag").replace("pin", "pin}} {{c3::x"),
    "another card": BEFORE.replace('"a"', '"b"').replace("tag", "x"),
    "no hole any more": HEAD + '[[cards]]\nid = "a"\nquestion = "Q?"\nanswer = "A"\n',
}


@pytest.mark.parametrize("name", SAME)
def test_holes_that_hide_much_the_same_are_not_told(name):
    """As long as a word is kept, or the card or number is another one, nothing is said."""
    assert told(SAME[name]) == []


OTHER = {
    "another word": BEFORE.replace("tag", "layer"),
    "renamed": BEFORE.replace('"a"', '"b"\nwas = ["x/a", "a"]').replace("tag", "layer"),
    "in a file with errors": BEFORE.replace("tag", "layer") + "x = 1\n",
}


@pytest.mark.parametrize("name", OTHER)
def test_a_hole_that_hides_other_words_is_told(name):
    """The number, what it hid and what it hides are named, also after a rename."""
    assert told(OTHER[name]) == ["the hole c1 hid `tag` in the last commit, now `layer`"]


def test_cards_without_an_id_are_found_by_their_texts():
    """An id that is made from the term, the question or the sentence is made for both versions."""
    nameless = BEFORE.replace('id = "a"\n', "")
    assert told(nameless.replace("tag", "layer"), nameless) == [
        "the hole c1 hid `tag` in the last commit, now `layer`"
    ]
    asked = nameless.replace("term", "question")
    assert len(told(asked.replace("tag", "layer"), asked)) == 1
    alone = nameless.replace('term = "T"\n', "")
    assert told(alone.replace("tag", "layer"), alone) == []
    assert told(alone.replace("A {{c1::tag}} or", "A {{c2::tag}} or"), alone) == []


@pytest.mark.parametrize(
    "before", ["", "[", "cards = 1", "cards = [1, {cloze = 2}, {cloze = '{{c1::'}]", b"\xff"]
)
def test_what_was_no_deck_tells_nothing(before):
    """Whatever the file held before, the comparison passes over what cannot be read."""
    assert told(BEFORE, before) == []


@given(st.binary(max_size=60), st.integers(0, len(BEFORE)))
def test_any_bytes_may_have_been_there(noise, place):
    """Bytes of any kind in the earlier version raise nothing."""
    data = BEFORE.encode()
    for message in told(BEFORE, data[:place] + noise + data[place:]):
        assert message.startswith("the hole c")


def test_only_files_with_holes_that_are_not_ignored_are_asked_about():
    """Git is asked for no deck without a cloze, nor for one that ignores the code."""
    assert may_be_rewritten(parse_deck(BEFORE.encode(), "d.toml"))
    assert not may_be_rewritten(parse_deck((BEFORE + '[check]\nignore = ["Q112"]\n').encode(), "d.toml"))
    assert not may_be_rewritten(parse_deck(SAME["no hole any more"].encode(), "d.toml"))
    assert not may_be_rewritten(parse_deck(b"[", "d.toml"))
