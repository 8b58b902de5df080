"""Cards that ask nearly the same: found through hashes of their words, never by comparing all pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.wording import NEGATIONS, Words, without_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from srs.model import Card

LOOKED_AT = 8
"""Of how many cards with the same words each one is compared; in a deck of one template it is enough."""

_LEAST_AGREEING = 4
_AGREEING = 0.7
_ONE_MORE_FROM, _ONE_MORE_TO = 6, 40
_TWO_MORE_FROM, _TWO_MORE_TO = 10, 14


class _Front(NamedTuple):
    """A card's question, looked at."""

    said: tuple[str, ...]
    scene: str
    about: list[str]
    total: int


def nearly_alike(cards: Sequence[Card], words: Words) -> dict[int, int]:
    """For each card that asks nearly what an earlier one does, the earlier one; both by their index.

    Two questions are alike when they say the same words, and tell the same scene, have the same term
    or agree in their answers. Where a word is bent, or one or two are more (`another`, `already`),
    the answers decide: a deck asks `push` and `pull` in one sentence and means two things. The cards of
    one entry ask after the same thing on purpose.
    """
    fronts = [_front(card, words) for card in cards]
    found: dict[int, int] = {}
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    buckets: dict[int, list[int]] = defaultdict(list)
    for index, front in enumerate(fronts):
        groups[front.said].append(index)
        if len(front.about) > 1:
            buckets[front.total].append(index)
    look = _Looking(cards, fronts, words)
    for group in groups.values():
        if len(group) > 1:
            _same_words(group, look, found)
    for index, front in enumerate(fronts):
        for total in _totals(front):
            for other in buckets.get(total, ())[:LOOKED_AT]:
                earlier, later = sorted((index, other))
                if earlier < found.get(later, later) and look.nearly(earlier, later):
                    found[later] = earlier
    return found


def _front(card: Card, words: Words) -> _Front:
    said = words.said(card.question)
    about = words.about(said)
    return _Front(without_frame(said), card.scenario or "", about, sum(map(hash, about)))


def _totals(front: _Front) -> Iterator[int]:
    """The sums of hashes a question has as it is, and without one or two of its words."""
    hashes = list(map(hash, front.about))
    size, total = len(hashes), front.total
    if size > 1:
        yield total
    if _ONE_MORE_FROM <= size <= _ONE_MORE_TO:
        yield from [total - one for one in hashes]
    if _TWO_MORE_FROM <= size <= _TWO_MORE_TO:
        yield from [total - one - two for one, two in combinations(hashes, 2)]


def _same_words(group: Iterable[int], look: _Looking, found: dict[int, int]) -> None:
    """Note which cards of a group that says the same words ask the same."""
    first: dict[tuple[str, object], int] = {}
    for index in group:
        for mark in look.marks(index):
            earlier = first.setdefault(mark, index)
            if earlier < found.get(index, index) and not look.of_one_entry(earlier, index):
                found[index] = earlier


class _Looking:
    """Looks at two cards whose words are nearly the same."""

    def __init__(self, cards: Sequence[Card], fronts: Sequence[_Front], words: Words) -> None:
        self._cards = cards
        self._fronts = fronts
        self._words = words
        self._answers: dict[int, frozenset[str]] = {}

    def _answer(self, index: int) -> frozenset[str]:
        answer = self._answers.get(index)
        if answer is None:
            answer = frozenset(self._words.about(self._words.said(self._cards[index].answer)))
            self._answers[index] = answer
        return answer

    def marks(self, index: int) -> Iterator[tuple[str, object]]:
        """What two cards with the same question must share one of."""
        card = self._cards[index]
        yield "scene", " ".join(self._fronts[index].scene.split())
        answer = self._answer(index)
        if answer:
            yield "answer", answer
        if card.term:
            yield "term", card.term.casefold()

    def of_one_entry(self, one: int, two: int) -> bool:
        """Whether two cards come from one table."""
        first, second = self._cards[one], self._cards[two]
        return first.entry == second.entry and first.id == second.id and first.deck == second.deck

    def nearly(self, one: int, two: int) -> bool:
        """Whether one question has the other's words and at most two more, and the answers agree."""
        if self.of_one_entry(one, two):
            return False
        fewer, more = sorted((self._fronts[one].about, self._fronts[two].about), key=len)
        more_often = Counter(more)
        more_often.subtract(fewer)
        if min(more_often.values()) < 0:
            return False
        left = more_often.elements()
        first, second = self._answer(one), self._answer(two)
        both = len(first & second)
        if both < _LEAST_AGREEING or both < _AGREEING * len(first | second):
            return False
        return all(word.isalpha() and word not in NEGATIONS for word in (*left, *(first ^ second)))
