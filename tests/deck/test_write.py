"""A written deck reads back as the same deck."""

from __future__ import annotations

from dataclasses import replace

import pytest
import rtoml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from srs.deck.clean import clean_line, clean_text, is_blank
from srs.deck.parse import parse_deck
from srs.deck.write import write_deck
from srs.model import Card, Deck

CHARACTERS = st.one_of(
    st.sampled_from("\"'\\#\n\t `[]=é😀\u200d{}"), st.characters(exclude_categories=("Cs",))
)
TEXTS = st.text(CHARACTERS, max_size=30).map(lambda text: clean_text(text).rstrip())
LINES = st.text(CHARACTERS, max_size=15).map(lambda text: clean_line(text).strip())
SEEN_TEXTS = TEXTS.filter(lambda text: not is_blank(text))
SEEN_LINES = LINES.filter(lambda text: not is_blank(text))
IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,12}", fullmatch=True)
RETENTIONS = st.none() | st.floats(0.70, 0.99)


@st.composite
def decks(draw, most=4):
    """Decks whose texts are clean, with some cards whose question is made from their term."""
    deck_id = draw(IDS)
    ids = draw(st.lists(IDS, min_size=1, max_size=most, unique=True))
    old = st.tuples(st.one_of(st.just(deck_id), IDS), IDS).filter(
        lambda name: name[0] != deck_id or name[1] not in ids
    )
    cards = []
    for position, card_id in enumerate(ids):
        term = draw(st.none() | SEEN_LINES)
        question = draw(SEEN_TEXTS)
        if term is not None and draw(st.booleans()):
            question = f"What does “{term}” mean?"
        cards.append(
            Card(
                deck=deck_id,
                id=card_id,
                question=question,
                answer=draw(SEEN_TEXTS),
                term=term,
                scenario=draw(st.none() | SEEN_TEXTS),
                explanation=draw(st.none() | SEEN_TEXTS),
                tags=tuple(draw(st.lists(SEEN_LINES, max_size=3, unique=True))),
                source=draw(st.none() | SEEN_TEXTS),
                was=tuple(draw(st.lists(old, max_size=3, unique=True))),
                position=position,
            )
        )
    name, description = draw(SEEN_LINES), draw(TEXTS)
    return Deck(deck_id, name, description, draw(RETENTIONS), tuple(cards))


def without_lines(deck):
    """The deck as if its cards stood nowhere."""
    return replace(deck, cards=tuple(replace(card, line=None) for card in deck.cards))


def check_round_trip(deck):
    """Hold that the written deck reads back equal, and writes again the same."""
    text = write_deck(deck)
    parsed = parse_deck(text.encode(), "other.toml")
    assert parsed.problems == ()
    assert without_lines(parsed.deck) == deck
    assert write_deck(parsed.deck) == text
    rows = text.split("\n")
    assert all(rows[card.line - 1] == "[[cards]]" for card in parsed.deck.cards)


@given(decks())
def test_parse_of_write_is_the_deck(deck):
    """Every clean deck is read back equal, with the lines of its cards, and without any problem."""
    check_round_trip(deck)


@pytest.mark.nightly
@given(decks(most=12))
@settings(max_examples=3_000, deadline=None)
def test_parse_of_write_is_the_deck_at_length(deck):
    """The same over many and larger decks."""
    check_round_trip(deck)


@given(st.text(st.sampled_from('"\\\n ab'), max_size=12))
@example('\n"""b""""\\')
@example('"\n\\"""')
def test_strings_of_quotes_and_backslashes_survive(text):
    """Any run of quotes, backslashes and newlines within a text is written so that it reads the same."""
    answer = clean_text(f"a{text}b")
    deck = Deck("d", "d", cards=(Card(deck="d", id="a", question="q", answer=answer),))
    assert rtoml.loads(write_deck(deck))["cards"][0]["answer"].rstrip("\n") == answer
    check_round_trip(deck)


def test_the_style_is_that_of_the_decks_that_come_along():
    """Basic strings, longer texts on rows of their own, lists on one line, what is absent left out."""
    card = Card(
        deck="kitchen",
        id="mirepoix",
        question="What does “mirepoix” mean?",
        answer='Onions, carrots and "celery".',
        term="mirepoix",
        scenario="Chef: Sweat it.\nCook: Sweat what?",
        tags=("french", "base"),
        was=(("kitchen", "mirpoix"), ("food", "mire")),
    )
    assert write_deck(Deck("kitchen", "Kitchen words", cards=(card,))) == (
        """\
[deck]
id = "kitchen"
name = "Kitchen words"

[[cards]]
id = "mirepoix"
term = "mirepoix"
scenario = \"\"\"
Chef: Sweat it.
Cook: Sweat what?
\"\"\"
answer = "Onions, carrots and \\"celery\\"."
tags = ["french", "base"]
was = ["mirpoix", "food/mire"]
"""
    )
