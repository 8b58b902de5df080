"""Names that last: card keys never change, line ids only grow."""

import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from srs.ids import NAMESPACE, card_key, id_ms, next_line_id, uuid5, uuid7


def device(seed):
    """A device's own source of random bits."""
    return random.Random(seed).getrandbits  # noqa: S311 - seeded on purpose, nothing is secret


MOMENTS = st.integers(0, (1 << 48) - 1_000_000)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_uuid5_is_the_standard_librarys(name):
    """Our UUIDv5 is that of the standard library, byte for byte."""
    assert uuid5(name) == uuid.uuid5(uuid.UUID(bytes=NAMESPACE), name).bytes


@given(MOMENTS, st.integers(0, (1 << 80) - 1))
def test_uuid7_has_the_layout_of_rfc_9562(ms, bits):
    """48 bits of milliseconds, version 7, variant 10, and all 74 random bits in their places."""
    made = uuid.UUID(bytes=uuid7(ms, bits))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == ms == id_ms(made.bytes)
    high, low = made.int >> 64 & 0xFFF, made.int & ((1 << 62) - 1)
    assert high << 62 | low == bits & ((1 << 74) - 1)


@given(st.lists(MOMENTS, min_size=1, max_size=50), st.randoms(use_true_random=False))
def test_line_ids_grow_whatever_the_clock_does(clock, source):
    """With a clock that stands, jumps or runs backwards, each next id is above the one before."""
    newest = None
    for now in clock:
        made = next_line_id(now, newest, source.getrandbits)
        assert newest is None or made > newest
        assert id_ms(made) >= now or id_ms(made) == id_ms(newest)
        assert uuid.UUID(bytes=made).version == 7
        newest = made


@given(MOMENTS, st.integers(0, (1 << 33) - 1))
def test_a_full_millisecond_runs_over_into_the_next(ms, room):
    """When the random part of a millisecond is used up, the id goes on in the next one and still grows."""
    newest = uuid7(ms, (1 << 74) - 1 - room)
    made = next_line_id(ms, newest, lambda bits: (1 << bits) - 1)
    assert made > newest
    assert id_ms(made) in {ms, ms + 1}


def test_two_devices_with_one_newest_line_make_different_ids():
    """Two devices that share their newest line and a stopped clock do not collide."""
    newest = next_line_id(1_000, None, device(0))
    made = {next_line_id(1_000, newest, device(seed)) for seed in range(1_000)}
    assert len(made) == 1_000


def test_card_keys_are_pinned():
    """The key of a name is the same for ever: a change here orphans every history."""
    assert card_key("registry", "image-digest").hex() == "9b266b7ad8105101a7b190dc9745bef8"
    assert card_key("registry", "image-digest", "reverse") != card_key("registry", "image-digest")
    assert card_key("registry", "image-digest", generation=2) != card_key("registry", "image-digest")


def test_names_that_join_to_one_text_have_keys_of_their_own():
    """A key is made from the three parts, not from the text they make together."""
    names = [("a", "b", "c"), ("a", "b,c", ""), ('a","b', "c", ""), ("a", "", "b"), ("", "a", "b")]
    assert len({card_key(*name) for name in names}) == len(names)
