"""What a card says besides its texts, packed for its row."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from srs.card_extra import packed, unpacked
from srs.model import Card, Choice

TEXTS = st.text(max_size=8)
SOME = st.text(min_size=1, max_size=8)
IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,5}", fullmatch=True)
PLAIN = Card("d", "a", "Q?", "A.")


@given(
    choices=st.lists(st.builds(Choice, SOME, st.none() | SOME), max_size=3).map(tuple),
    accept=st.lists(SOME, max_size=3).map(tuple),
    needs=st.lists(st.tuples(IDS, IDS), max_size=3).map(tuple),
    cloze=st.none() | st.tuples(SOME, st.none() | SOME),
)
def test_what_is_packed_is_unpacked(choices, accept, needs, cloze):
    """Choices, accepted answers, needs, sentence and hint come back as they were."""
    text, hint = cloze or (None, None)
    card = replace(PLAIN, choices=choices, accept=accept, needs=needs, cloze=text, hint=hint)
    assert replace(PLAIN, **unpacked(packed(card))) == card


def test_a_plain_card_packs_to_nothing():
    """A card without any of it has the empty object, which rows of earlier versions have."""
    assert packed(PLAIN) == "{}"
    assert unpacked("{}") == {}
