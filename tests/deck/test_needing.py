"""Circles of `needs`: which there are, and the shortest way round."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from srs.deck.needing import circles, needs_of, shortest_circle
from srs.deck.parse import parse_deck

NAMES = [("d", name) for name in "abcdef"]
GRAPHS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from([*NAMES, ("e", "x")]), max_size=4).map(tuple)
)


def reached(start, needs):
    """Every entry that one needs, straight or by way of others."""
    found, ahead = set(), [start]
    while ahead:
        for other in needs.get(ahead.pop(), ()):
            if other not in found:
                found.add(other)
                ahead.append(other)
    return found


@given(GRAPHS)
def test_a_group_is_all_entries_that_reach_each_other(needs):
    """Who comes back to itself is in one group, with all that it reaches and that reach it."""
    after = {entry: reached(entry, needs) for entry in needs}
    expected = {
        frozenset(other for other in after[entry] if entry in after.get(other, ()))
        for entry in needs
        if entry in after[entry]
    }
    found = circles(needs)
    assert {frozenset(group) for group in found} == expected
    assert sum(map(len, found)) == sum(map(len, expected))


@given(GRAPHS, st.sampled_from(NAMES))
def test_the_shortest_way_round_is_one_and_none_is_shorter(needs, start):
    """Each entry on the way needs the next one; there is a way just where the entry reaches itself."""
    way = shortest_circle(start, needs)
    assert bool(way) == (start in reached(start, needs))
    if not way:
        return
    assert way[0] == start
    assert all(after in needs[entry] for entry, after in zip(way, [*way[1:], start], strict=True))
    near = {start}
    for _ in way[1:]:
        near = {other for entry in near for other in needs.get(entry, ())}
        assert start not in near


def test_long_chains_and_many_circles_are_found_in_linear_time():
    """A chain of 50,000 pairs that need each other, and one circle of 100,000, take moments."""
    chain = {("d", str(n)): (("d", str(n ^ 1)), ("d", str(n + 1))) for n in range(100_000)}
    ring = {("d", str(n)): (("d", str((n + 1) % 100_000)),) for n in range(100_000)}
    began = time.process_time()
    assert len(circles(chain)) == 50_000
    assert [len(group) for group in circles(ring)] == [100_000]
    assert len(shortest_circle(("d", "7"), ring)) == 100_000
    assert time.process_time() - began < 5


def test_all_cards_of_an_entry_need_the_same():
    """What a deck's entries need is told once an entry, each other entry once."""
    text = '[deck]\nid="d"\n[[cards]]\nid="a"\ncloze="{{c1::a}} {{c2::b}}"\nneeds=["b", "e/c", "d/b"]\n'
    assert needs_of([parse_deck(text.encode(), "d.toml").deck]) == {("d", "a"): (("d", "b"), ("e", "c"))}
