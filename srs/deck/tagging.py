"""Tags that look like slips: nearly another tag, or not among those a deck declares."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from srs.deck.clean import quoted
from srs.deck.names import nearest
from srs.deck.problems import Finding
from srs.deck.together import one_of_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from srs.deck.checks import Checks
    from srs.model import Deck

COMMON_FROM = 5
"""A tag of so many cards is meant; one that is used once and a slip away from it hardly is."""

_LEAST_LETTERS = 6
_MOST_LETTERS = 64
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[-_ .]+(?=[^\W\d_])")
_PLURAL = re.compile(r"(?<=[a-z]{2}[^usi\W\d])s$")
# With and without the last letter these are two things.
_NO_PLURALS = frozenset(
    {"https", "ftps", "imaps", "ldaps", "smtps", "amqps", "mqtts", "news", "sales", "windows"}
)


class Tags:
    """The tags of all decks that are checked together."""

    def __init__(self, decks: Sequence[tuple[Deck, Checks]]) -> None:
        self._counts = Counter(
            tag for deck, _ in decks for card in one_of_each(deck.cards) for tag in card.tags
        )
        declared = frozenset().union(*(checks.tags for _, checks in decks if checks.tags is not None))
        self._slips = _slips(self._counts, declared) | _spelled_otherwise(self._counts, declared)

    def findings(self, deck: Deck, checks: Checks) -> Iterator[Finding]:
        """What is odd about the tags of one deck, each tag at its first card."""
        told: set[str] = set()
        for card in one_of_each(deck.cards):
            for tag in card.tags:
                if tag not in told and (checks.tags is None or tag not in checks.tags):
                    told.add(tag)
                    found = self._odd(tag, checks)
                    if found is not None:
                        code, message, hint = found
                        where = ("cards", card.entry, "tags")
                        yield Finding(code, where, message, hint, entries=(tag,))

    def _odd(self, tag: str, checks: Checks) -> tuple[str, str, str | None] | None:
        if checks.tags is not None:
            near = nearest(tag, sorted(checks.tags))
            hint = f"did you mean {quoted(near)}?" if near else "add it there if it is meant"
            return "Q107", f"the tag {quoted(tag)} is not in `[check] tags`", hint
        if tag not in self._slips:
            return None
        code, other = self._slips[tag]
        cards = self._counts[other]
        of_cards = f"{cards} card{'s' if cards != 1 else ''}"
        if code == "Q106":
            message = f"the tag {quoted(tag)} is {quoted(other)} on {of_cards}"
            return code, message, "one spelling finds all of them; these are two tags to srs"
        message = f"the tag {quoted(tag)} stands on one card only, {quoted(other)} on {of_cards}"
        return code, message, f"did you mean {quoted(other)}?"


def _spelled_otherwise(counts: Mapping[str, int], declared: frozenset[str]) -> dict[str, tuple[str, str]]:
    """The tags of which another spelling is declared or more common, each with that one."""
    groups: dict[str, list[str]] = defaultdict(list)
    for tag in counts:
        groups[_folded(tag)].append(tag)
    found: dict[str, tuple[str, str]] = {}
    for group in groups.values():
        if len(group) > 1:
            meant = max(group, key=lambda tag: (tag in declared, counts[tag], tag.islower()))
            found |= {tag: ("Q106", meant) for tag in group if tag != meant and tag not in declared}
    return found


def _folded(tag: str) -> str:
    """The tag without what people write now one way and now the other."""
    folded = _BETWEEN_LETTERS.sub("", tag.casefold())
    return folded if folded in _NO_PLURALS else _PLURAL.sub("", folded)


def _slips(counts: Mapping[str, int], declared: frozenset[str]) -> dict[str, tuple[str, str]]:
    """The tags of one card that are one slip of the hand away from a common tag, each with that one."""
    near: dict[str, list[str]] = defaultdict(list)
    for tag, count in counts.items():
        if count >= COMMON_FROM and _LEAST_LETTERS <= len(tag) <= _MOST_LETTERS:
            for shorter in _shorter(tag):
                near[shorter].append(tag)
    found: dict[str, tuple[str, str]] = {}
    for tag, count in counts.items():
        if count > 1 or tag in declared or len(tag) > _MOST_LETTERS + 1:
            continue
        candidates = (common for shorter in _shorter(tag) for common in near.get(shorter, ()))
        meant = next((common for common in candidates if _is_slip(tag, common)), None)
        if meant is not None:
            found[tag] = ("Q107", meant)
    return found


def _shorter(tag: str) -> list[str]:
    """The tag, and the tag without each of its letters; two that are a slip apart share one of these."""
    return [tag, *(tag[:at] + tag[at + 1 :] for at in range(len(tag)))]


def _is_slip(tag: str, common: str) -> bool:
    """Whether one letter inside is missing, too many or another, or two changed places.

    At the ends one letter makes another word more often: `container` and `containerd`.
    """
    if tag == common or tag[:1] != common[:1] or tag[-1:] != common[-1:]:
        return False
    start = 0
    while tag[start : start + 1] == common[start : start + 1]:
        start += 1
    end = 0
    while end < min(len(tag), len(common)) - start and tag[-1 - end] == common[-1 - end]:
        end += 1
    one, two = tag[start : len(tag) - end], common[start : len(common) - end]
    if not (one + two).isalpha():
        return False
    return max(len(one), len(two)) == 1 or (len(one) == 2 and one == two[::-1])
