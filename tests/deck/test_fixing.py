"""Missing ids written into deck files: only lines come in, and the deck is what it was."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.deck.fixing import replace_file, write_ids
from srs.deck.parse import parse_deck
from srs.errors import FileProblems

BOM = b"\xef\xbb\xbf"
DECK = '[deck]\nname = "D"\n\n[[cards]]\nterm = "one"\nanswer = "A"\n'


def fixed(text):
    """What a text becomes, as text."""
    return write_ids(text.encode(), "d.toml").data.decode()


STYLES = {
    "plain": ("[[cards]]\n", 'term = "one"\nanswer = "A"\n', 'id = "one"\n'),
    "indented": ("  [[cards]]\n", '    term = "one"\n    answer = "A"\n', '    id = "one"\n'),
    "tabs": ("[[cards]]\n", '\tterm = "one"\n\tanswer = "A"\n', '\tid = "one"\n'),
    "without blanks": ("[[cards]]\n", 'term="one"\nanswer="A"\n', 'id="one"\n'),
    "in columns": ("[[cards]]\n", 'term   = "one"\nanswer = "A"\n', 'id     = "one"\n'),
    "in wide columns": ("[[cards]]\n", 'term    = "one"\nanswer  = "A"\n', 'id      = "one"\n'),
    "a comment after the header": ("[[cards]] # [[x]]\n", 'term = "one"\nanswer = "A"\n', 'id = "one"\n'),
    "a comment below the header": ("[[cards]]\n", '# id = "x"\nterm = "one"\nanswer = "A"\n', 'id = "one"\n'),
    "a header with blanks": ("[[ cards ]]\n", 'term = "one"\nanswer = "A"\n', 'id = "one"\n'),
    "a quoted header": ('[["cards"]]\n', '"term" = "one"\nanswer = "A"\n', 'id = "one"\n'),
    "quoted keys alone": ("[[cards]]\n", "'term'='one'\n\"answer\"='A'\n", 'id = "one"\n'),
}


@pytest.mark.parametrize("name", STYLES)
def test_an_id_comes_right_after_its_header_in_the_style_of_its_card(name):
    """Indentation, blanks round the sign and columns are those of the lines below."""
    header, body, line = STYLES[name]
    head = '[deck]\nid = "d"\n# [[cards]]\n'
    assert fixed(head + header + body) == head + header + line + body


def test_the_deck_gets_the_id_it_goes_by():
    """A deck without an id gets that of its file's name; with it every id is written."""
    found = write_ids(DECK.encode(), "some/d.toml")
    assert found.data.decode() == DECK.replace("[deck]\n", '[deck]\nid = "d"\n').replace(
        "[[cards]]\n", '[[cards]]\nid = "one"\n'
    )
    assert (found.written, found.left) == (2, 0)
    at_the_end = '[[cards]]\nid = "a"\nterm = "one"\nanswer = "A"\n[deck]'
    assert fixed(at_the_end) == at_the_end + '\nid = "d"'
    assert fixed(at_the_end.replace("\n", "\r\n")) == at_the_end.replace("\n", "\r\n") + '\r\nid = "d"'


LEFT = {
    "inline tables": 'cards = [{ term = "one", answer = "A" }]\n[deck]\nid = "d"\n',
    "an inline deck": 'deck = { name = "D" }\n[[cards]]\nid = "a"\nterm = "one"\nanswer = "A"\n',
    "a dotted deck": 'deck.name = "D"\n[[cards]]\nid = "a"\nterm = "one"\nanswer = "A"\n',
    "an empty id": '[deck]\nid = "d"\n[[cards]]\nid = ""\nterm = "one"\nanswer = "A"\n',
}


@pytest.mark.parametrize("name", LEFT)
def test_what_cannot_take_a_line_is_left(name):
    """Where no line can be inserted nothing is written, and it is counted."""
    found = write_ids(LEFT[name].encode(), "d.toml")
    assert (found.data.decode(), found.written, found.left) == (LEFT[name], 0, 1)


@pytest.mark.parametrize(
    "text",
    [
        DECK + "tags = 1\n",
        DECK + '[[cards]]\nterm = "One"\nanswer = "B"\n',
        DECK + "[[",
        "",
        "\0" * 20,
        DECK + '[check]\nignore = ["W101", "W102"]\n',
    ],
)
def test_files_with_errors_and_decks_that_ignore_it_are_left_alone(text):
    """No byte changes where an import would refuse the file, or the deck wants no ids."""
    assert write_ids(text.encode(), "d.toml").data == text.encode()


def test_codes_are_ignored_one_by_one():
    """A deck that ignores W101 still gets its own id."""
    text = DECK + '[check]\nignore = ["W101"]\n'
    assert fixed(text) == text.replace("[deck]\n", '[deck]\nid = "d"\n')


PIECES = ['"""\n[[cards]]\nid = 1"""', "'''\n[[cards]]\n\n'''", '"[[cards]]"', "'x'", '"é # \\" \\u0041"']


@st.composite
def decks(draw):
    """A deck in random dress, its cards with an id or without."""

    def pick(*choices):
        return draw(st.sampled_from(choices))

    lines = [pick("", "# a comment\n"), pick("", "\t") + "[deck]" + pick("", " # d") + "\n"]
    lines += [pick("", 'id = "d"\n'), pick("", 'name = "D"\n')]
    for number in range(draw(st.integers(1, 6))):
        indent, blank, gap = pick("", "  ", "\t"), pick("", " ", "  "), pick("", "\n", "\n# [[cards]]\n")
        lines.append(gap + pick("", "  ") + "[[cards]]" + pick("", " # x") + "\n")
        keys = [("term", f'"Term {number} é"'), ("answer", pick(*PIECES)), ("explanation", pick(*PIECES))]
        if pick(True, False, False):
            keys.append(("id", f'"c{number}"'))
        for key, value in draw(st.permutations(keys)):
            lines.append(f"{indent}{key}{blank}={blank}{value}{pick('', ' # [[cards]]')}\n")
    text = "".join(lines)
    if pick(True, False):
        text = text.removesuffix("\n")
    return pick(b"", BOM) + text.replace("\n", pick("\n", "\r\n")).encode()


@given(decks())
@settings(max_examples=150, deadline=None)
def test_only_lines_come_in_and_the_deck_stays(data):
    """Without the new lines the bytes are the old ones; the deck is the same, its ids those of an import."""
    before = parse_deck(data, "d.toml")
    found = write_ids(data, "d.toml")
    old, new = data.split(b"\n"), found.data.split(b"\n")
    at, came = 0, []
    for line in new:
        if at < len(old) and line == old[at]:
            at += 1
        else:
            came.append(line)
    assert at == len(old)
    assert len(came) == found.written == len(before.problems)
    assert all(line.strip().startswith(b"id") for line in came)
    assert all(line.endswith(b"\r") == (b"\r\n" in data) for line in came)
    after = parse_deck(found.data, "d.toml")
    assert after.problems == ()
    placeless = [replace(card, line=None) for card in before.deck.cards]
    assert [replace(card, line=None) for card in after.deck.cards] == placeless
    assert replace(after.deck, cards=()) == replace(before.deck, cards=())
    assert write_ids(found.data, "d.toml").data == found.data


@given(st.binary(max_size=80), st.integers(0, len(DECK)))
@settings(deadline=None)
def test_any_bytes_are_taken(noise, place):
    """Whatever bytes stand in a deck, they are all still there afterwards."""
    data = DECK.encode()[:place] + noise + DECK.encode()[place:]
    rest = iter(write_ids(data, "d.toml").data)
    assert all(byte in rest for byte in data)


def test_the_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path):
    """The file behind a link gets the bytes, with the mode it had; nothing else stays behind."""
    folder = tmp_path / "real"
    folder.mkdir()
    target = folder / "d.toml"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(target)
    replace_file(link, b"old", b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [path.name for path in folder.iterdir()] == ["d.toml"]


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path):
    """What somebody saved in between stays, and a sentence says so."""
    path = tmp_path / "d.toml"
    path.write_bytes(b"somebody was here")
    with pytest.raises(FileProblems, match="changed while it was looked at"):
        replace_file(path, b"old", b"new")
    assert path.read_bytes() == b"somebody was here"
    assert [found.name for found in tmp_path.iterdir()] == ["d.toml"]


def test_a_file_that_cannot_be_written_gives_a_sentence(tmp_path):
    """A missing file, and one in a folder that takes no files, are errors with the name in them."""
    with pytest.raises(FileProblems, match=r"`.*d\.toml` cannot be written"):
        replace_file(tmp_path / "d.toml", b"", b"new")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anything")
def test_a_file_that_is_read_only_is_not_written(tmp_path):
    """A file without permission to write stays as it is, even where its folder would allow it."""
    path = tmp_path / "d.toml"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(FileProblems, match="permission"):
        replace_file(path, b"old", b"new")
    assert path.read_bytes() == b"old"
