"""A new card at the end of a deck file: in its style, every byte before it left, nothing else said."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.deck.append import NewCard, append_card, fresh_id
from srs.deck.parse import parse_deck
from srs.errors import FileProblems
from srs.model import Choice

HEAD = '[deck]\nid = "d"\nname = "D"\n'
CARD = NewCard(term="image tag", answer="A name.", tags=("core", "tags"))
HOSTILE = "a \"b\" 'c' \\ d \\n \"\"\" e ''' # [[cards]]"


def added(text, card=CARD):
    """What comes after a text, as text, when a card is appended to it."""
    found = append_card(text.encode(), card, "d.toml")
    assert not found.refused, found.problems
    assert found.data.startswith(text.encode())
    return found.data.decode().removeprefix(text)


STYLES = {
    "as our decks": (
        '\n[[cards]]\nid = "a"\nterm = "one"\nanswer = "A"\n',
        '\n[[cards]]\nid = "image-tag"\nterm = "image tag"\nanswer = "A name."\ntags = ["core", "tags"]\n',
    ),
    "no blank rows": (
        '[[cards]]\nid="a"\nterm="one"\nanswer="A"\n',
        '[[cards]]\nid="image-tag"\nterm="image tag"\nanswer="A name."\ntags=["core", "tags"]\n',
    ),
    "two blank rows, of which one is there": (
        '\n\n[[cards]]\nid = "a"\nanswer = "A"\nterm = "one"\n\n',
        '\n[[cards]]\nid = "image-tag"\nanswer = "A name."\nterm = "image tag"\ntags = ["core", "tags"]\n',
    ),
    "no newline at the end": (
        '\n[[cards]]\nid = "a"\nterm = "one"\nanswer = "A"',
        '\n\n[[cards]]\nid = "image-tag"\nterm = "image tag"\nanswer = "A name."\ntags = ["core", "tags"]\n',
    ),
    "indented, single quotes, in columns": (
        "\n  [[cards]]\n    id     = 'a'\n    term   = 'one'\n    answer = 'A'\n",
        (
            "\n  [[cards]]\n    id     = 'image-tag'\n    term   = 'image tag'\n    answer = 'A name.'\n"
            "    tags   = ['core', 'tags']\n"
        ),
    ),
    "one wide column for all": (
        (
            '\n[[cards]]\nid          = "a"\nterm        = "one"\nanswer      = "A"\nexplanation = "B"\n'
            '\n[[cards]]\nid          = "b"\nterm        = "two"\nanswer      = "A"\n'
        ),
        (
            '\n[[cards]]\nid          = "image-tag"\nterm        = "image tag"\nanswer      = "A name."\n'
            'tags        = ["core", "tags"]\n'
        ),
    ),
    "tabs": (
        '\n[[cards]]\n\tid = "a"\n\tterm = "one"\n\tanswer = "A"\n',
        (
            '\n[[cards]]\n\tid = "image-tag"\n\tterm = "image tag"\n\tanswer = "A name."\n'
            '\ttags = ["core", "tags"]\n'
        ),
    ),
    "answers between triple quotes": (
        '\n[[cards]]\nid = "a"\nterm = "one"\nanswer = """A"""\ntags = [ "x" ]\n',
        (
            '\n[[cards]]\nid = "image-tag"\nterm = "image tag"\nanswer = """A name."""\n'
            'tags = [ "core", "tags" ]\n'
        ),
    ),
    "a row for each tag": (
        '\n[[cards]]\nid = "a"\ntags = [\n    "x",\n]\nterm = "one"\nanswer = "A"\n',
        (
            '\n[[cards]]\nid = "image-tag"\ntags = [\n    "core",\n    "tags",\n]\nterm = "image tag"\n'
            'answer = "A name."\n'
        ),
    ),
    "a header with blanks, comments above cards, another table at the end": (
        (
            '\n[[ cards ]] # one\nid = "a"\nterm = "one"\nanswer = "A"\n\n# the second\n[[ cards ]]\n'
            'id = "b"\nterm = "two"\nanswer = "A"\n\n[check]\nignore = ["Q103"]\n'
        ),
        '\n[[ cards ]]\nid = "image-tag"\nterm = "image tag"\nanswer = "A name."\ntags = ["core", "tags"]\n',
    ),
}


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_card_is_written_as_the_cards_before_it(name, ending):
    """Indentation, spaces, quotes, blank rows, order and line ends are those of the file."""
    before, after = STYLES[name]
    text = (HEAD + before).replace("\n", ending)
    assert added(text) == after.replace("\n", ending)


def test_the_first_card_of_a_deck():
    """A deck that has only its head gets its first card; one without a byte is no deck."""
    assert added(HEAD).startswith('\n[[cards]]\nid = "image-tag"\n')
    assert append_card(b"", CARD, "d.toml").problems[0].code == "E115"
    bom = append_card(b"\xef\xbb\xbf" + HEAD.encode(), CARD, "d.toml")
    assert bom.data.startswith(b"\xef\xbb\xbf[deck]")
    assert [card.name for card in bom.cards] == ["d/image-tag"]


def test_choices_as_the_file_has_them():
    """Choices become tables, rows or one row, whichever the file uses."""
    card = replace(CARD, tags=(), choices=(Choice("A hash.", "That is a digest."), Choice("A file.")))
    one = '\n[[cards]]\nid = "a"\nterm = "one"\nanswer = "A"\n'
    assert 'choices = [{ text = "A hash.", why = "That is a digest." }, "A file."]\n' in added(
        HEAD + one, card
    )
    rows = added(HEAD + one + 'choices = [\n  "x",\n]\n', card)
    assert 'choices = [\n  { text = "A hash.", why = "That is a digest." },\n  "A file.",\n]\n' in rows
    tables = added(HEAD + one + '[[cards.choices]]\ntext = "x"\n', card)
    assert tables.endswith(
        '[[cards.choices]]\ntext = "A hash."\nwhy = "That is a digest."\n'
        '[[cards.choices]]\ntext = "A file."\n'
    )


def test_every_kind_of_card():
    """Reverse, cloze, choices, accepted answers and needs are written so that they are read."""
    base = HEAD + '\n[[cards]]\nid = "a"\nterm = "one"\nanswer = "A"\n'
    card = NewCard(
        term="digest",
        answer="A hash.",
        reverse=True,
        cloze="It is a {{c1::hash}} of {{c2::bytes::what?}}.",
        choices=(Choice("A tag."),),
        accept=("hash sum",),
        needs=("a",),
        scenario="Ann: One.\nBob: Two.",
        source="Spec",
    )
    found = append_card(base.encode(), card, "d.toml")
    assert {one.variant for one in found.cards} == {"", "reverse", "c1", "c2"}
    assert found.cards[0].needs == (("d", "a"),)
    table = tomllib.loads(found.table)["cards"][0]
    assert table["reverse"] is True
    assert table["choices"] == ["A tag."]
    assert table["scenario"].strip() == "Ann: One.\nBob: Two."


def test_an_id_is_made_unique_and_written_down():
    """The id is the one an import would make, with a number where the deck has or had that id."""
    text = HEAD + '[[cards]]\nid = "image-tag"\nterm = "x"\nanswer = "A"\nwas = ["image-tag-2"]\n'
    found = append_card(text.encode(), CARD, "d.toml")
    assert found.id == "image-tag-3"
    deck = parse_deck(found.data, "d.toml").deck
    assert fresh_id(CARD, deck) == "image-tag-4"
    long = fresh_id(
        NewCard(question="x" * 64), parse_deck(f'{HEAD}[[cards]]\nid = "{"x" * 64}"\n'.encode(), "").draft
    )
    assert len(long) <= 64
    assert fresh_id(NewCard(), None) == ""


def test_what_would_be_refused_is_said_with_its_place():
    """Errors of the file, and those of the new card at the line it would have, refuse the card."""
    text = HEAD + '[[cards]]\nid = "a"\nterm = "x"\nanswer = "A"\n'
    taken = append_card(text.encode(), replace(CARD, id="a"), "d.toml")
    assert [(problem.code, problem.line) for problem in taken.problems] == [("E102", 9)]
    assert taken.refused
    bad = append_card((text + "tags = 1\n").encode(), CARD, "d.toml")
    assert [(problem.code, problem.line) for problem in bad.problems] == [("E105", 8)]
    assert bad.data.decode() == text + "tags = 1\n"
    unclosed = append_card(
        (text + 'source = """').encode(), replace(CARD, answer='"""\nsource = "'), "d.toml"
    )
    assert unclosed.refused
    assert append_card(text.encode(), replace(CARD, answer=""), "d.toml").problems[0].code == "E106"


def test_only_the_new_card_is_remarked_on():
    """What `srs check` says of other cards, or what the deck ignores, is not said of the new one."""
    text = HEAD + '[[cards]]\nid = "a"\nquestion = "Is it?"\nanswer = "A"\n'
    card = NewCard(question="Is it so?", answer="B")
    found = append_card(text.encode(), card, "d.toml")
    assert {(problem.code, problem.line) for problem in found.problems} == {("Q102", 10)}
    ignoring = append_card((text + '[check]\nignore = ["Q102"]\n').encode(), card, "d.toml")
    assert ignoring.problems == ()


def test_inline_cards_are_said_and_left():
    """A deck that holds its cards as inline tables cannot take another table."""
    text = 'cards = [{ id = "a", term = "one", answer = "A" }]\n[deck]\nid = "d"\n'
    with pytest.raises(FileProblems, match="inline tables"):
        append_card(text.encode(), CARD, "d.toml")


TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from(list("\"'\\\n#[]{}=\t ")), min_size=1, max_size=30
)
CARDS = st.builds(
    NewCard,
    term=TEXTS,
    scenario=TEXTS | st.just(HOSTILE),
    question=TEXTS | st.just(HOSTILE),
    answer=st.builds("x{}".format, TEXTS) | st.just(HOSTILE),
    explanation=TEXTS | st.just(HOSTILE + '"'),
    source=TEXTS,
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    accept=st.lists(TEXTS, max_size=2).map(tuple),
    choices=st.lists(
        st.builds(Choice, st.builds("y{}".format, TEXTS), st.none() | TEXTS),
        max_size=3,
        unique_by=lambda c: c.text,
    ).map(tuple),
)


@st.composite
def files(draw):
    """Deck files in many styles; how each value is written does not matter to what it says."""
    equals = draw(st.sampled_from(["=", " = ", "   = "]))
    quote = draw(st.sampled_from(['"{}"', "'{}'", '"""{}"""', "'''\n{}'''", '"""\n{}\n"""']))
    indent = draw(st.sampled_from(["", "  ", "\t"]))
    gap = "\n" * draw(st.integers(0, 2))
    rows = [HEAD]
    for number in range(draw(st.integers(0, 3))):
        rows.append(f"{gap}{indent}[[cards]]\n")
        keys = draw(st.permutations(["id", "term", "answer", "tags", "choices"]))
        for key in keys:
            written = {
                "id": f'"c{number}"',
                "term": f'"t{number}"',
                "tags": draw(st.sampled_from(['["a"]', '[ "a" ]', '[\n    "a",\n]'])),
                "choices": draw(st.sampled_from(['["a"]', '[\n{ text = "a" }\n]'])),
            }.get(key, quote.format(f"a{number}"))
            rows.append(f"{indent}{key}{equals}{written}\n")
    text = "".join(rows)
    text = text.removesuffix("\n") if draw(st.booleans()) else text + "\n" * draw(st.integers(0, 2))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


def check_appended(data, card):
    """Another reader than ours finds everything that was there, and the card as it was asked for."""
    found = append_card(data, card, "d.toml")
    if found.refused:
        assert {problem.code for problem in found.problems} <= {"E106", "E119"}
        return
    before, after = (tomllib.loads(one.decode()) for one in (data, found.data))
    assert found.data.startswith(data)
    assert after["cards"][:-1] == before.get("cards", [])
    assert {**after, "cards": 0} == {**before, "cards": 0}
    (new,) = after["cards"][-1:]
    asked = card.cleaned()
    for key in ("term", "scenario", "question", "answer", "explanation", "source"):
        assert new.get(key, "").rstrip() == getattr(asked, key)
    assert new.get("tags", []) == list(asked.tags)
    choices = [
        (one, None) if isinstance(one, str) else (one["text"], one.get("why"))
        for one in new.get("choices", [])
    ]
    assert choices == [tuple(choice) for choice in asked.choices]
    old, deck = parse_deck(data, "d.toml").deck, parse_deck(found.data, "d.toml")
    assert deck.deck.cards == (*(old.cards if old else ()), *found.cards)
    assert deck.text.split("\n")[found.line - 1].strip() == "[[cards]]"
    if b"\r\n" in data:
        assert found.data.count(b"\n") == found.data.count(b"\r\n")


@given(files(), CARDS)
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_is_read_again(data, card):
    """Any texts, in any style: the file is what it was, with one table more that says what was asked."""
    check_appended(data, card)


@pytest.mark.nightly
@given(files(), CARDS)
@settings(max_examples=5_000, deadline=None)
def test_whatever_is_written_is_read_again_at_length(data, card):
    """The same, for very many."""
    check_appended(data, card)
