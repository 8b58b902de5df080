"""Any bytes whatever give a parsed deck: no exception, no hang, nothing hostile in a message."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
import rtoml
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.deck.lint import lint
from srs.deck.parse import parse_deck
from srs.deck.problems import PROBLEM_CODES
from srs.deck.write import write_deck

HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff]")
DECK = """\
[deck]
id = "registry"
name = "Registry"
desired_retention = 0.9
mode = "auto"

[[cards]]
id = "image-digest"
term = "image digest"
scenario = '''
Lead: “ok”'''
answer = "A \\u0041 hash"
tags = ["a", 'b', # c
  "d"]
was = ["old", "x/y"]
reverse = true
accept = ["digest"]
choices = ["a tag", { text = "a name", why = "it moves" }]
needs = ["two", 'other/three']

[[cards]]
id = "two"
cloze = "A {{c1::tag::what?}} moves, a {{c2::digest}} {{ .x }} {{c1::never}}."

[[cards]]
id = "three"
cloze = "{{c1::a}} b"
[[cards.choices]]
text = "c"
why = "d"

[[cards]]
question = \"\"\"What
now?\"\"\"
answer = "é"
"""
PIECES = st.sampled_from(
    [
        *("[", "]", "[[", "]]", "[deck]", "[[cards]]", "[cards]", "id = ", "deck", "cards", "a.b", "answer"),
        *(
            '"',
            "'",
            '"""',
            "'''",
            "\\",
            "\\u001b",
            "\\u202e",
            "\\x00",
            "\\ud800",
            "#",
            ",",
            ".",
            "=",
            "{",
            "}",
        ),
        *("\x1b", "\x00", "\u202e", "\n", "\r", "\r\n", "\t", " ", "é", "😀", "\ufeff"),
        *("1979-05-27", "nan", "true", "1", "was", "tags"),
        *("{{c1::", "{{c2::", "::", "{{", "}}", "cloze", "choices", "reverse", "accept", "needs", "mode"),
        *("[[cards.choices]]", "[cards.choices]", "text = ", "why", "term"),
    ]
)


def check(data):
    """Parse the bytes and hold everything that is to be true of any outcome."""
    parsed = parse_deck(data, "d.toml")
    errors = False
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").count("\n") + 1
    for problem in parsed.problems:
        assert problem.code in PROBLEM_CODES
        assert not HOSTILE.search(problem.message + (problem.hint or ""))
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        errors = errors or problem.is_error
    assert (parsed.deck is None) == errors
    assert list(parsed.problems) == sorted(parsed.problems, key=lambda p: (p.line, p.column, p.code))
    if parsed.deck is not None:
        texts = [parsed.deck.name, parsed.deck.description]
        for card in parsed.deck.cards:
            texts += [card.question, card.answer, card.term or "", card.source or "", *card.tags]
            texts += [card.cloze or "", card.hint or "", *card.accept]
            texts += [text for choice in card.choices for text in choice if text]
        assert not any(HOSTILE.search(text.replace("\n", "").replace("\t", "")) for text in texts)
        again = parse_deck(write_deck(parsed.deck).encode(), "d.toml")
        assert again.problems == ()
        assert [replace(card, line=None) for card in again.deck.cards] == [
            replace(card, line=None) for card in parsed.deck.cards
        ]
    assert all(problem.code in PROBLEM_CODES for problem in lint([parsed]).get("d.toml", ()))
    return parsed


@st.composite
def mutants(draw):
    """A real deck, cut, doubled and stuffed in a few places."""
    text = DECK
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 8, 40])))
        text = text[:start] + draw(PIECES | st.just(text[start:end] * 2)) + text[end:]
    return text


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data):
    """Random bytes never raise."""
    check(data)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_pieces_of_toml_are_read(text):
    """Random runs of TOML's own pieces never raise."""
    check(text.encode("utf-8", "replace"))


@given(mutants())
@settings(max_examples=200)
def test_mutated_decks_are_read(text):
    """Mutants of a real deck never raise, and are refused whenever the TOML reader refuses them."""
    parsed = check(text.encode("utf-8", "replace"))
    try:
        rtoml.loads(text.replace("\r\n", "\n").removeprefix("\ufeff"))
    except (rtoml.TomlParsingError, UnicodeEncodeError):
        assert parsed.deck is None


@pytest.mark.nightly
@given(mutants(), st.binary(max_size=8), st.integers(0, 400))
@settings(max_examples=20_000, deadline=None)
def test_mutated_decks_are_read_at_length(text, noise, place):
    """The same over very many mutants, with bytes that are not UTF-8 put in."""
    data = text.encode("utf-8", "replace")
    check(data)
    check(data[:place] + noise + data[place:])


def test_a_large_deck_takes_little_more_than_the_reader():
    """Validating 5,000 cards and placing them costs a few times what reading the TOML does."""
    cards = "".join(
        f'[[cards]]\nid = "c{n}"\nterm = "t {n}"\nanswer = "{"x" * 80}"\ntags = ["a", "b"]\n'
        for n in range(5_000)
    )
    text = '[deck]\nid = "d"\n' + cards
    began = time.process_time()
    rtoml.loads(text)
    alone = time.process_time() - began
    began = time.process_time()
    parsed = parse_deck(text.encode(), "d.toml")
    assert parsed.deck is not None
    assert len(parsed.deck.cards) == 5_000
    assert time.process_time() - began < 8 * alone + 0.3
