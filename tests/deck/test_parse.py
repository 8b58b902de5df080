"""What a good deck file gives."""

from __future__ import annotations

import gc
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.deck.names import is_id, made_id, nearest
from srs.deck.parse import parse_deck
from srs.model import Card, Choice, Deck

REGISTRY = """\
# A deck.
[deck]
id = "registry"
name = "Container registry vocabulary"
description = "Words  "
desired_retention = 0.9

[[cards]]
id = "image-digest"
term = "image digest"
scenario = '''
Security engineer: “In production, deploy the image by its digest.”
Lead: ok'''
answer = "A hash of the image's manifest."
explanation = \"\"\"
  A list:

  - one\t[a-z]{0,127}
  - registry:key:1

\"\"\"
tags = ["identity", "security", "identity"]
source = "OCI distribution spec 1.1"
was = ["old-id", "other/old.id"]

[[cards]]
id = "2"
question = "Q?"
answer = "A."
explanation = ""
"""


def test_a_deck_is_read_as_written():
    """Texts, lists, names of before, positions and lines all arrive; blank optional texts are none."""
    parsed = parse_deck(REGISTRY.encode(), "decks/registry.toml")
    assert parsed.problems == ()
    assert parsed.path == "decks/registry.toml"
    assert parsed.content_hash == sha256(REGISTRY.encode()).hexdigest()
    assert parsed.size == len(REGISTRY.encode())
    first = Card(
        deck="registry",
        id="image-digest",
        question="What does “image digest” mean?",
        answer="A hash of the image's manifest.",
        term="image digest",
        scenario="Security engineer: “In production, deploy the image by its digest.”\nLead: ok",
        explanation="  A list:\n\n  - one\t[a-z]{0,127}\n  - registry:key:1",
        tags=("identity", "security"),
        source="OCI distribution spec 1.1",
        was=(("registry", "old-id"), ("other", "old.id")),
        position=0,
        line=8,
    )
    second = Card(deck="registry", id="2", question="Q?", answer="A.", position=1, entry=1, line=26)
    name = "Container registry vocabulary"
    assert parsed.deck == Deck("registry", name, "Words", 0.9, (first, second))


KINDS = """\
[deck]
id = "d"
mode = "auto"
[[cards]]
id = "a"
term = "tag"
scenario = "Dev: tag it"
question = "What is it?"
answer = "A name."
reverse = true
cloze = "{{c2::It}} {{c1::moves::what does it?}}"
choices = ["A hash.", { text = "A number.", why = "no" }, { text = "A file.", why = "" }]
accept = ["label", ""]
needs = ["b", "e/c", "d/b"]
[[cards]]
id = "b"
question = "Fill in:"
cloze = "A {{c5::digest}} stays"
choices = ["tag"]
accept = ["hash"]
"""


def test_one_table_gives_the_cards_of_every_kind():
    """Plain, reverse and one a hole number, in this order, each with what belongs to it."""
    parsed = parse_deck(KINDS.encode(), "d.toml")
    assert parsed.problems == ()
    assert parsed.deck.mode == "auto"
    shared = {"deck": "d", "id": "a", "term": "tag", "scenario": "Dev: tag it", "line": 4}
    shared |= {"needs": (("d", "b"), ("e", "c"))}
    wrong = (Choice("A hash."), Choice("A number.", "no"), Choice("A file."))
    sentence = "{{c2::It}} {{c1::moves::what does it?}}"
    assert parsed.deck.cards == (
        Card(question="What is it?", answer="A name.", choices=wrong, **shared),
        Card(
            question="Which term is this?\nA name.",
            answer="tag",
            variant="reverse",
            accept=("label",),
            position=1,
            **(shared | {"scenario": None}),
        ),
        Card(
            question="It […]",
            answer="moves",
            variant="c1",
            cloze=sentence,
            hint="what does it?",
            position=2,
            **shared,
        ),
        Card(question="[…] moves", answer="It", variant="c2", cloze=sentence, position=3, **shared),
        Card(
            deck="d",
            id="b",
            question="Fill in:\nA […] stays",
            answer="digest",
            variant="c5",
            cloze="A {{c5::digest}} stays",
            choices=(Choice("tag"),),
            accept=("hash",),
            position=4,
            entry=1,
            line=15,
        ),
    )


def test_choices_may_be_tables_of_their_own():
    """`[[cards.choices]]` says the same as a list of inline tables, and moves no other card's line."""
    card = '[[cards]]\nid = "{0}"\nterm = "{0}"\nanswer = "A"\n'
    inline = 'choices = ["B", {{ text = "C", why = "c" }}]\n'
    tables = '[[cards.choices]]\ntext = "B"\n  [[ cards . choices ]]\n  text = "C"\n  why = "c"\n'
    parsed = parse_deck(
        "".join(
            ['[deck]\nid = "d"\n', (card + inline).format("x"), (card + tables).format("y"), card.format("z")]
        ).encode(),
        "d.toml",
    )
    assert parsed.problems == ()
    first, second, third = parsed.deck.cards
    assert first.choices == second.choices == (Choice("B"), Choice("C", "c"))
    assert third.choices == ()
    assert [card.line for card in parsed.deck.cards] == [3, 8, 17]


def test_crlf_and_bom_change_nothing_but_the_bytes():
    """A file with CR LF and a byte order mark gives the same deck."""
    crlf = b"\xef\xbb\xbf" + REGISTRY.replace("\n", "\r\n").encode()
    assert parse_deck(crlf, "a.toml").deck == parse_deck(REGISTRY.encode(), "a.toml").deck


@pytest.mark.parametrize(
    ("path", "deck_id"),
    [("decks/aws.toml", "aws"), ("My Deck.toml", "my-deck"), ("a.b.toml", "a.b"), ("/x/-.toml", "card-")],
)
def test_a_deck_without_id_goes_by_its_file(path, deck_id):
    """The default id is the file's stem, made an id where it is none, with a warning."""
    parsed = parse_deck(b'[deck]\n[[cards]]\nid="a"\nterm="t"\nanswer="a"\n', path)
    assert parsed.deck is not None
    assert parsed.deck.id.startswith(deck_id)
    assert parsed.deck.name == parsed.deck.id == parsed.deck.cards[0].deck
    assert [problem.code for problem in parsed.problems] == ["W102"]


def test_a_written_id_wins_over_a_made_one_that_stands_before_it():
    """The card without an id is the one that is refused, wherever it stands."""
    text = '[deck]\nid="d"\n[[cards]]\nterm="a"\nanswer="1"\n[[cards]]\nid="a"\nterm="b"\nanswer="2"\n'
    (problem,) = parse_deck(text.encode(), "d.toml").problems
    assert (problem.line, problem.code) == (3, "E102")
    assert problem.message == "this card has no id, and `a`, from its term, is taken by line 7"


def test_soft_hostile_characters_are_left_out():
    """Line separators become newlines; bidi controls and marks within a text are dropped."""
    text = (
        '[deck]\nid="d"\nname = "a\\u2028b"\n[[cards]]\nid="a"\nterm = """\nx\ny\n"""\n'
        'answer = "one\u2028two\\r\\nthree \u202eltr\u202c \ufeff\u200d."\n'
    )
    parsed = parse_deck(text.encode(), "d.toml")
    assert parsed.deck is not None
    assert parsed.deck.name == "a b"
    assert parsed.deck.cards[0].term == "x y"
    assert parsed.deck.cards[0].answer == "one\ntwo\nthree ltr \u200d."
    assert [problem.code for problem in parsed.problems] == ["W103"]


def test_parsing_leaves_the_garbage_collector_as_it_was():
    """The collector is on after parsing if it was on before, also after a refusal."""
    for data in (REGISTRY.encode(), b"[", b"\xff"):
        parse_deck(data, "d.toml")
        assert gc.isenabled()


def test_made_ids_are_readable_where_text_is_latin():
    """An id made from a text is its words; other scripts and long texts add a hash."""
    assert made_id("What is an image digest?") == "what-is-an-image-digest"
    assert made_id("Café crème") == "cafe-creme"
    assert made_id("第1課").startswith("1-")
    assert made_id("第1課") != made_id("第1章")
    assert made_id("镜像").startswith("card-")
    assert made_id("a" * 65) != made_id("a" * 66)


@given(st.text(max_size=100))
def test_made_ids_are_always_ids(text):
    """Whatever the text, what is made of it has the form of an id and is made again the same."""
    assert is_id(made_id(text))
    assert made_id(text) == made_id(text)


def test_the_nearest_name_is_near():
    """A slip finds its word; something else finds nothing."""
    assert nearest("anwser", ("question", "answer")) == "answer"
    assert nearest("Answer", ("question", "answer")) == "answer"
    assert nearest("zzz", ("question", "answer")) is None
