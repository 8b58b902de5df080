"""Which cards wait for which: `needs` that go in a circle would hold all of its cards back for ever."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from srs.model import Deck

Entry = tuple[str, str]
"""Deck and id; all variants of an entry need the same."""


def needs_of(decks: Iterable[Deck]) -> dict[Entry, tuple[Entry, ...]]:
    """What each entry of the decks needs, where it needs anything."""
    return {(card.deck, card.id): card.needs for deck in decks for card in deck.cards if card.needs}


def circles(needs: Mapping[Entry, Sequence[Entry]]) -> list[tuple[Entry, ...]]:
    """The groups of entries that need each other, straight or by way of others; each entry in one at most.

    Tarjan's strongly connected components, without recursion because chains may be long.
    """
    number: dict[Entry, int] = {}
    low: dict[Entry, int] = {}
    waiting: list[Entry] = []
    inside: set[Entry] = set()
    found: list[tuple[Entry, ...]] = []
    for start in needs:
        path = [] if start in number else [(start, iter(needs[start]))]
        while path:
            entry, rest = path[-1]
            if entry not in number:
                number[entry] = low[entry] = len(number)
                waiting.append(entry)
                inside.add(entry)
            following = next((other for other in rest if other in needs), None)
            if following is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[entry])
                if low[entry] == number[entry]:
                    group = _popped(waiting, entry)
                    inside.difference_update(group)
                    if len(group) > 1 or entry in needs[entry]:
                        found.append(group)
            elif following not in number:
                path.append((following, iter(needs[following])))
            elif following in inside:
                low[entry] = min(low[entry], number[following])
    return found


def _popped(waiting: list[Entry], last: Entry) -> tuple[Entry, ...]:
    """What was put on the list since `last`, in that order, taken off it."""
    group: list[Entry] = []
    while not group or group[-1] != last:
        group.append(waiting.pop())
    return tuple(reversed(group))


def shortest_circle(start: Entry, needs: Mapping[Entry, Sequence[Entry]]) -> tuple[Entry, ...]:
    """The shortest way from an entry back to itself: each needs the next one, the last the first.

    Empty where there is none.
    """
    came_from: dict[Entry, Entry] = {}
    ahead = deque([start])
    while ahead:
        entry = ahead.popleft()
        for other in needs.get(entry, ()):
            if other == start:
                way = [entry]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if other not in came_from:
                came_from[other] = entry
                ahead.append(other)
    return ()
