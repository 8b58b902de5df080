"""Keys: what bytes mean, and what keys mean on a card."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cli.keys import (
    Action,
    Decoder,
    RepeatGuard,
    action,
    digit,
    layout_hint,
)

ESCAPES = st.sampled_from(
    [
        b"\x1b", b"\x1b[", b"\x1bO", b"\x1b[A", b"\x1bOB", b"\x1b[1;5C", b"\x1b[5~", b"\x1b[M !!",
        b"\x1b[<0;1;1M", b"\x1b[200~", b"\x1b[201~", b"\x1b]0;title\x07", b"\x1bP+q\x1b\\", b"\x1b[[A",
        b"\x1b\xc3\xa9", "é３".encode(), b"\x18", b"\r", b"\xf0\x9f",
    ]
)  # fmt: skip
BYTES = st.one_of(st.binary(max_size=40), st.lists(st.one_of(ESCAPES, st.binary(max_size=3))).map(b"".join))


def decoded(data, encoding="utf-8"):
    """The keys of these bytes, read at once."""
    return Decoder(encoding).feed(data)


@given(BYTES, st.lists(st.integers(0, 40), max_size=6), st.sampled_from(["utf-8", "latin-1", "shift_jis"]))
def test_any_bytes_in_any_split_give_the_same_keys(data, cuts, encoding):
    """How bytes are spread over reads changes no key, and no bytes raise."""
    whole = decoded(data, encoding)
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    pieces = Decoder(encoding)
    parts = [key for at, to in pairwise(places) for key in pieces.feed(data[at:to])]
    assert parts == whole
    single = Decoder(encoding)
    assert [key for byte in data for key in single.feed(bytes([byte]))] == whole
    assert not any(key < " " for key in whole)


@given(BYTES)
def test_after_silence_any_bytes_leave_the_next_key_alone(data):
    """Whatever came before, once flushed the decoder waits for nothing and reads plainly."""
    decoder = Decoder()
    decoder.feed(data)
    assert decoder.flush() in ([], ["escape"])
    assert decoder.patience is None
    assert decoder.feed(b"q") == ["q"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffd")))
def test_typed_text_comes_out_as_typed(text):
    """Every character that is no control arrives as itself."""
    assert decoded(text.encode()) == list(text)


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\x1b[A\x1b[B\x1bOC\x1bOD", ["up", "down", "right", "left"]),
        (
            b"\x1b[5~\x1b[6~\x1b[1~\x1b[H\x1b[F\x1b[3~",
            ["pageup", "pagedown", "home", "home", "end", "delete"],
        ),
        (b"\x1b[1;5A\x1b[1;2P\x1b[15~\x1b[97;5u", []),
        (b"\r\n\t\x7f\x08\x04\x0c", ["enter", "enter", "tab", "backspace", "backspace", "ctrl-d", "ctrl-l"]),
        (b"\x1b[M !!3", ["3"]),
        (b"\x1b[M\xff\xfe\xfd3", ["3"]),
        (b"\x1b[<35;10;20M\x1b[<0;1;1m\x1b[I\x1b[O3", ["3"]),
        (b"\x1b[[A\x1b[[E3", ["3"]),
        (b"\x1b[200~rm -rf\r\x1b[A\x1b[20\x1b[201~3", ["3"]),
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1bP1+r\x1b\\\x1b]0;x\x073", ["3"]),
        (b"\x1b[?62;22c\x1b[24;80R3", ["3"]),
        (b"\x1bq\x1b\xc3\xa9\x1b 3", ["3"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1b[12\x183", ["3"]),
        (b"\x1b[1\rq", ["enter", "q"]),
        (b"\x1bOp\x1bOq\x1bOy\x1bOM", ["0", "1", "9", "enter"]),
        (b"\xff\xc3\x283", ["(", "3"]),
        (b"\x1b[" + b"1;" * 500 + b"A3", ["3"]),
    ],
)
def test_known_sequences(data, keys):
    """Arrows and keypads have names; reports, pastes, replies and unknown sequences are swallowed."""
    assert decoded(data) == keys


def test_lone_escape_comes_with_the_flush():
    """Esc waits for what may follow and is a key when nothing does; half a sequence is dropped."""
    decoder = Decoder()
    assert decoder.feed(b"\x1b") == []
    assert decoder.patience < 0.2
    assert decoder.flush() == ["escape"]
    decoder.feed(b"\x1b[1;")
    assert decoder.flush() == []
    decoder.feed("é".encode()[:1])
    assert decoder.patience is not None
    assert decoder.flush() == []
    assert decoder.feed(b"\x1b[200~abc") == []
    assert decoder.patience >= 1, "a paste may pause for longer than a key does"


def test_a_second_press_within_200_ms_is_dropped():
    """The same key counts again only after 200 ms of rest; another key always counts."""
    guard = RepeatGuard()
    assert guard.accepts(" ", 10.0)
    assert not guard.accepts(" ", 10.199)
    assert not guard.accepts(" ", 10.39), "a held key never becomes a second press"
    assert guard.accepts(" ", 10.6)
    assert guard.accepts("3", 10.61)
    assert guard.accepts(" ", 10.62)


def test_scrolling_may_be_held():
    """Keys that scroll, and events, count however fast they come."""
    guard = RepeatGuard()
    assert all(guard.accepts(key, 1.0) for key in ["j"] * 3 + ["up"] * 3 + ["resize"] * 2)


RATINGS = {"1": Action.AGAIN, "2": Action.HARD, "3": Action.GOOD, "4": Action.EASY}


@pytest.mark.parametrize("zero", ["0", "٠", "۰", "०", "０", "๐"])
def test_digits_of_any_script_rate(zero):
    """1-4 rate in every script once the answer is shown, and do nothing before."""
    for name, meaning in RATINGS.items():
        key = chr(ord(zero) + int(name))
        assert digit(key) == int(name)
        assert action(key, answer_shown=True) is meaning
        assert action(key, answer_shown=False) is None
    for other in (0, 5, 9):
        assert action(chr(ord(zero) + other), answer_shown=True) is None


@pytest.mark.parametrize("key", ["²", "①", "½", "ⅳ"])
def test_signs_that_only_contain_a_digit_rate_nothing(key):
    """`²` stands beside the digits on French keyboards: a slip onto it rates no card."""
    assert action(key, answer_shown=True) is None


@pytest.mark.parametrize("key", [" ", "enter", "\u3000"])
def test_space_and_enter_reveal_then_rate_good(key):
    """The biggest keys cover the whole common path."""
    assert action(key, answer_shown=False) is Action.REVEAL
    assert action(key, answer_shown=True) is Action.GOOD


@pytest.mark.parametrize("shown", [True, False])
def test_letters(shown):
    """Letters mean the same on both sides, in full width too; only u and U differ by case."""
    meanings = {
        "u": Action.UNDO, "U": Action.REDO, "s": Action.SUSPEND, "b": Action.BURY, "!": Action.FLAG,
        "i": Action.TAKE_IN, "e": Action.EDIT, "?": Action.HELP, "q": Action.QUIT, "j": Action.DOWN,
        "k": Action.UP, "down": Action.DOWN, "up": Action.UP, "ctrl-d": Action.QUIT,
        "resize": Action.REDRAW, "redraw": Action.REDRAW, "ctrl-l": Action.REDRAW, "Q": Action.QUIT,
        "ｕ": Action.UNDO, "Ｕ": Action.REDO, "ｑ": Action.QUIT, "？": Action.HELP, "！": Action.FLAG,
    }  # fmt: skip
    for key, meaning in meanings.items():
        assert action(key, answer_shown=shown) is meaning
    for key in ("x", "escape", "left", "tab", "ж", "\U0001f600", "ctrl-u"):
        assert action(key, answer_shown=shown) is None


@given(st.text(max_size=3), st.booleans(), st.text(max_size=4))
def test_any_key_means_something_or_nothing(key, shown, rating_keys):
    """No key and no setting raises."""
    assert action(key, answer_shown=shown, rating_keys=rating_keys) in (None, *Action)
    assert layout_hint(key, rating_keys) is None or key in "&é\"'+ěšč«»(ąęė"


@pytest.mark.parametrize("keys", ["&é\"'", "+ěšč", "ąčęė", '"«»(', "awdf", "1234"])
def test_rating_keys_of_known_layouts_are_accepted_and_rate(keys):
    """The four keys of the setting rate in order, and digits go on rating."""
    for at, key in enumerate(keys):
        expected = list(RATINGS.values())[at]
        assert action(key, answer_shown=True, rating_keys=keys) is expected
        assert action(key, answer_shown=False, rating_keys=keys) is None
        assert action(str(at + 1), answer_shown=True, rating_keys=keys) is expected


def test_rating_keys_may_be_written_decomposed():
    """`é` in the file may be two code points; the key is one."""
    decomposed = "&e\u0301\"'"
    assert action("é", answer_shown=True, rating_keys=decomposed) is Action.HARD


def test_number_rows_of_other_layouts_are_offered_by_name():
    """A key of a known number row gets the setting to write; ambiguous ones get both."""
    assert 'rating_keys = "&é\\"\'" (AZERTY)' in layout_hint("é")
    assert "(Czech)" in layout_hint("č")
    assert "(Lithuanian)" in layout_hint("č")
    assert "(AZERTY)" in layout_hint('"')
    assert "(bépo)" in layout_hint('"')
    assert layout_hint("é", rating_keys="&é\"'") is None
    for key in [*string.ascii_letters, *string.digits, "enter", "up"]:
        assert layout_hint(key) is None
