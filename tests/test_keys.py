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
    rating_keys_problem,
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
