"""A written deck reads back as the same deck."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import rtoml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from srs.deck.clean import clean_line, clean_text, is_blank
from srs.deck.parse import parse_deck
from srs.deck.write import write_deck
from srs.model import MODES, Card, Choice, Deck

CHARACTERS = st.one_of(
    st.sampled_from("\"'\\#\n\t `[]=é😀\u200d{}"), st.characters(exclude_categories=("Cs",))
)
TEXTS = st.text(CHARACTERS, max_size=30).map(lambda text: clean_text(text).rstrip())
LINES = st.text(CHARACTERS, max_size=15).map(lambda text: clean_line(text).strip())
SEEN_TEXTS = TEXTS.filter(lambda text: not is_blank(text))
SEEN_LINES = LINES.filter(lambda text: not is_blank(text))
IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,12}", fullmatch=True)
RETENTIONS = st.none() | st.floats(0.70, 0.99)


HIDDEN = st.one_of(
    SEEN_LINES.map(lambda line: re.sub("[{}]|:+", "", line).strip()).filter(lambda line: not is_blank(line)),
    st.sampled_from(["SHA-256", "{0,127}", "{{ .Values.tag }}-x", "{}", "a\nb", "'\"\\"]),
)
BESIDE = st.one_of(
    TEXTS.map(lambda text: re.sub("[{}]|[0-9]:", " ", text)), st.sampled_from(["{{ .x }} ", "${x}", " {"])
)


@st.composite
def sentences(draw):
    """A cloze as written, and by number what it asks, answers and gives as a hint."""
    holes = draw(st.lists(st.tuples(st.sampled_from([1, 2, 7]), HIDDEN), min_size=1, max_size=4))
    hints = [
        draw(st.none() | SEEN_LINES.map(lambda line: re.sub("[{}]|^:+", "", line).strip())) for _ in holes
    ]
    beside = [draw(BESIDE) for _ in holes]
    # What is filled in must not itself begin with what ends a hole.
    last = draw(BESIDE).rstrip()
    written = "".join(
        f"{before}{{{{c{number}::{hidden}{'' if hint is None else '::' + hint}}}}}"
        for before, (number, hidden), hint in zip(beside, holes, hints, strict=True)
    )
    asked = {}
    for number in sorted({number for number, _ in holes}):
        shown = "".join(
            before + ("[…]" if one == number else hidden)
            for before, (one, hidden) in zip(beside, holes, strict=True)
        )
        mine = [(hidden, hint) for (one, hidden), hint in zip(holes, hints, strict=True) if one == number]
        told = dict.fromkeys(hint for _, hint in mine if hint and not is_blank(hint))
        answer = ", ".join(dict.fromkeys(hidden for hidden, _ in mine))
        asked[number] = (shown + last, answer, ", ".join(told) or None)
    return written + last, asked


def folded(text):
    """A text as choices are compared."""
    return " ".join(text.casefold().split()).rstrip(".")


@st.composite
def entries(draw, base):
    """The cards that one table gives, worked out apart from the parser; positions are left at 0."""
    term, answer = draw(st.none() | SEEN_LINES), draw(st.none() | SEEN_TEXTS)
    sentence = draw(sentences()) if answer is None else draw(st.none() | sentences())
    question = draw(SEEN_TEXTS)
    above = f"{question}\n" if answer is None and draw(st.booleans()) else ""
    if term is not None and draw(st.booleans()):
        question = f"What does “{term}” mean?"
    base = replace(base, term=term, question=question, answer=answer or "")
    back = term is not None and answer is not None and draw(st.booleans())
    accept = tuple(draw(st.lists(SEEN_LINES, max_size=2)))
    only = answer is not None or len(sentence[1]) == 1
    right = answer if answer is not None else next(iter(sentence[1].values()))[1]
    choices = draw(
        st.lists(
            st.builds(Choice, SEEN_LINES, st.none() | SEEN_LINES),
            max_size=3,
            unique_by=lambda choice: folded(choice.text),
        )
    )
    taken = {folded(right), *(() if back else map(folded, accept))}
    choices = tuple(choice for choice in choices if folded(choice.text) not in taken)
    cards = []
    if answer is not None:
        cards.append(replace(base, choices=choices, accept=() if back else accept))
    if back:
        asked = f"Which term is this?\n{answer}"
        reverse = replace(base, variant="reverse", question=asked, answer=term, scenario=None, accept=accept)
        cards.append(reverse)
    for number, (shown, hidden, hint) in sentence[1].items() if sentence else ():
        hole = replace(base, variant=f"c{number}", question=above + shown, answer=hidden, hint=hint)
        alone = answer is None and only
        hole = replace(hole, choices=choices if alone else (), accept=accept if alone else ())
        cards.append(replace(hole, cloze=sentence[0]))
    return cards


@st.composite
def decks(draw, most=4):
    """Decks whose texts are clean, of cards of every kind."""
    deck_id = draw(IDS)
    ids = draw(st.lists(IDS, min_size=1, max_size=most, unique=True))
    names = st.tuples(st.one_of(st.just(deck_id), IDS), IDS)
    old = names.filter(lambda name: name[0] != deck_id or name[1] not in ids)
    cards = []
    for entry, card_id in enumerate(ids):
        base = Card(
            deck=deck_id,
            id=card_id,
            question="",
            answer="",
            scenario=draw(st.none() | SEEN_TEXTS),
            explanation=draw(st.none() | SEEN_TEXTS),
            tags=tuple(draw(st.lists(SEEN_LINES, max_size=3, unique=True))),
            source=draw(st.none() | SEEN_TEXTS),
            needs=tuple(draw(st.lists(names, max_size=3, unique=True))),
            was=tuple(draw(st.lists(old, max_size=3, unique=True))),
            entry=entry,
        )
        for card in draw(entries(base)):
            cards.append(replace(card, position=len(cards)))
    name, description = draw(SEEN_LINES), draw(TEXTS)
    mode = draw(st.none() | st.sampled_from(MODES))
    return Deck(deck_id, name, description, draw(RETENTIONS), tuple(cards), mode)


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
