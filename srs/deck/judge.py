"""Typed answers, judged: right, right but written another way, one slip off, or wrong.

Two texts are compared letter by letter after folding: Unicode's compatibility forms, case, accents,
typographic quotes and dashes, quotes around the whole, a final full stop, and most spaces do not
count. What is left may differ by one slip of the fingers where that cannot be another answer.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.folding import LONGEST, Letter, Text, as_written, read, skeleton

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

_SHOWN = 400
_LEADING = 100
_LONGEST_CLUSTER = 16
_LEAST_FORGIVEN = 5
_NO_LETTER = "\u25cc"
_SIGNS = {"-": "hyphen", "'": "apostrophe"}
_BEFORE_WORD = "(\"'"
_AFTER_WORD = ",;:!?.)\"'"


class Kind(StrEnum):
    """How a typed text compares with what is right; `none`: nothing was typed."""

    EXACT = "exact"
    SAME = "same"
    SLIP = "slip"
    WRONG = "wrong"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: the kind, the sentence that says so, and both texts as lines for the screen.

    `against` is the right answer it was compared with, as it was given. `yours` and `answer` are one
    cleaned line each, long ones cut; where they differ in one place, what is too much, missing,
    another or swapped stands in brackets in the line that has it: `la[s]test`, `lat[e]st`.
    """

    kind: Kind
    sentence: str
    against: str
    yours: str
    answer: str

    @property
    def right(self) -> bool:
        """Whether it counts as right; `srs.modes.proposed` makes a rating of it."""
        return self.kind in (Kind.EXACT, Kind.SAME, Kind.SLIP)


def judge(typed: str, answers: Sequence[str], others: Sequence[str] = ()) -> Verdict:
    """Judge what a person typed.

    `answers` is what counts as right, the card's own answer first; `others` are wrong choices and the
    answers of other cards, accepted ones among them: what is as near to one of those is no slip. Each
    may be any text; those of `others` that read like a right answer do no harm. Wrong and empty texts
    are compared with the first answer. What is longer than `LONGEST` characters is wrong.

    Raises:
        ValueError: There is no answer to compare with.
    """
    if not answers:
        raise ValueError("a typed text needs a right answer to be compared with")
    yours = read(typed)
    if not yours.letters:
        return Verdict(Kind.NONE, "No answer.", answers[0], "", _shown(read(answers[0])))
    if len(typed) > LONGEST:
        return _wrong(yours, answers[0])
    rights = [(answer, read(answer)) for answer in answers]
    return (
        _matching(typed, yours, rights) or _nearly(typed, yours, rights, others) or _wrong(yours, answers[0])
    )


def _matching(typed: str, yours: Text, rights: Sequence[tuple[str, Text]]) -> Verdict | None:
    written = as_written(typed)
    for answer, right in rights:
        if as_written(answer) == written:
            return Verdict(Kind.EXACT, "Right.", answer, _shown(yours), _shown(right))
    for answer, right in rights:
        if right.key == yours.key:
            how = _how_the_same(written, as_written(answer))
            return Verdict(Kind.SAME, how, answer, _shown(yours), _shown(right))
    return None


def _nearly(
    typed: str, yours: Text, rights: Sequence[tuple[str, Text]], others: Sequence[str]
) -> Verdict | None:
    for answer, right in rights:
        change = _change(yours, right)
        if change and _forgiven(change, yours, right):
            if _mistaken(typed, yours, {each.key for _, each in rights}, others):
                return None
            return Verdict(Kind.SLIP, change.sentence, answer, *_pair(yours, right, change))
    return None


class _Change(NamedTuple):
    """The one place where two texts differ: the letters there on either side.

    `yours_at` and `right_at` are the same letters, or where there are none those beside the gap that
    are of the changed word.
    """

    yours: list[Letter]
    right: list[Letter]
    yours_at: list[Letter]
    right_at: list[Letter]

    @property
    def sentence(self) -> str:
        """What happened, as a person reads it."""
        if not self.right:
            return f"Nearly: one {_noun(self.yours)} too many."
        if not self.yours:
            return f"Nearly: one {_noun(self.right)} missing."
        if len(self.right) > 1:
            return f"Nearly: two {_noun(self.right)}s changed places."
        return f"Nearly: one {_noun(self.yours + self.right)} is another."


def _noun(letters: Sequence[Letter]) -> str:
    if len(letters) == 1:
        return _SIGNS.get(letters[0].fold, "letter")
    return "letter" if all(letter.is_letter for letter in letters) else "sign"


def _wrong(yours: Text, answer: str) -> Verdict:
    right = read(answer)
    change = _change(yours, right)
    if change is None or min(len(yours.letters), len(right.letters)) < 2:
        return Verdict(Kind.WRONG, "Wrong.", answer, _shown(yours), _shown(right))
    return Verdict(Kind.WRONG, "Wrong.", answer, *_pair(yours, right, change))


def _how_the_same(typed: str, answer: str) -> str:
    for what, plain in (("capitals", str.casefold), ("spaces", _without_spaces), ("accents", _without_marks)):
        if plain(typed) == plain(answer):
            return f"Right; only {what} differ."
    return "Right, only written another way."


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _without_marks(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _change(yours: Text, right: Text) -> _Change | None:
    """The one change that makes either text of the other; None where there are more, or none."""
    # With its spaces a text tells better which of two like letters is too many: `dockerr rabbit`.
    change = _one_change(yours.spaced, right.spaced)
    if change and not any(letter.fold == " " for letter in (*change.yours, *change.right)):
        return change
    return _one_change(yours.letters, right.letters)


def _one_change(yours: Sequence[Letter], right: Sequence[Letter]) -> _Change | None:
    shorter = min(len(yours), len(right))
    if abs(len(yours) - len(right)) > 1:
        return None
    start = 0
    while start < shorter and yours[start].fold == right[start].fold:
        start += 1
    end = 0
    while end < shorter - start and yours[-1 - end].fold == right[-1 - end].fold:
        end += 1
    mine = list(yours[start : len(yours) - end])
    theirs = list(right[start : len(right) - end])
    swapped = len(mine) == 2 and [letter.fold for letter in mine] == [letter.fold for letter in theirs[::-1]]
    if not (mine or theirs) or (max(len(mine), len(theirs)) > 1 and not swapped):
        return None
    return _Change(
        mine,
        theirs,
        mine or _beside_gap(yours, right, start),
        theirs or _beside_gap(right, yours, start),
    )


def _beside_gap(without: Sequence[Letter], whole: Sequence[Letter], at: int) -> list[Letter]:
    """The letters beside a gap that stand in the word which the other text has whole."""
    word = whole[at].word
    before = [without[at - 1]] if at > 0 and whole[at - 1].word == word else []
    after = [without[at]] if at + 1 < len(whole) and whole[at + 1].word == word else []
    return before + after


def _forgiven(change: _Change, yours: Text, right: Text) -> bool:
    """Whether a slip of the fingers explains it: only in longer words, and only of letters."""
    return _in_plain_words(yours, change.yours_at, change.yours, change.right) and _in_plain_words(
        right, change.right_at, change.right, change.yours
    )


def _in_plain_words(
    text: Text, at: Sequence[Letter], changed: Sequence[Letter], other: Sequence[Letter]
) -> bool:
    if not changed and other[0].fold in _SIGNS:
        # Without its hyphen it may be two words, each as short as it likes.
        return True
    return bool(at) and all(_is_plain(text.word(number), changed) for number in {each.word for each in at})


def _is_plain(word: list[Letter], changed: Sequence[Letter]) -> bool:
    """Whether a word is long enough and of letters alone, hyphens and apostrophes within it among them.

    Punctuation round the word is not of it.
    """
    start, end = 0, len(word)
    while start < end and word[start].fold in _BEFORE_WORD:
        start += 1
    while start < end and word[end - 1].fold in _AFTER_WORD:
        end -= 1
    inside = word[start:end]
    return (
        len(inside) >= _LEAST_FORGIVEN
        and all(letter in inside for letter in changed)
        and all(
            letter.is_letter
            or (
                letter.fold in _SIGNS
                and 0 < i < len(inside) - 1
                and inside[i - 1].is_letter
                and inside[i + 1].is_letter
            )
            for i, letter in enumerate(inside)
        )
    )


def _mistaken(typed: str, yours: Text, rights: Container[str], others: Sequence[str]) -> bool:
    """Whether what was typed is, or is one change from being, an answer that is not right here."""
    mine = skeleton(typed)
    size = len(mine)
    # One change leaves the first half or the second half as it is.
    half = (size - 2) // 2
    head, tail = mine[:half], mine[size - half :]
    for other in set(others):
        # Folding makes no ASCII text longer; one past what can be typed is cut before it is looked at.
        if (len(other) < size - 1 and other.isascii()) or len(other) > LONGEST:
            continue
        theirs = skeleton(other)
        if not (-1 <= len(theirs) - size <= 1 and (theirs.startswith(head) or theirs.endswith(tail))):
            continue
        if not _near(theirs, mine):
            continue
        text = read(other)
        if text.key not in rights and (text.key == yours.key or _change(yours, text)):
            return True
    return False


def _near(one: str, other: str) -> bool:
    """Whether two strings are equal or one change apart."""
    shorter = min(len(one), len(other))
    start = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    first, second = one[start:], other[start:]
    return (
        first[1:] == second[1:]
        or first[1:] == second
        or first == second[1:]
        or (first[1::-1] == second[:2] and first[2:] == second[2:])
    )


def _pair(yours: Text, right: Text, change: _Change) -> tuple[str, str]:
    """Both texts with the difference in brackets; plain where brackets of their own would confuse."""
    if any(sign in each for text in (yours, right) for each in text.shown for sign in "[]"):
        return _shown(yours), _shown(right)
    return _shown(yours, change.yours), _shown(right, change.right)


def _shown(text: Text, marked: Sequence[Letter] = ()) -> str:
    """A text on one line, the marked letters in brackets, cut to what a screen can hold."""
    shown = [cluster[:_LONGEST_CLUSTER] for cluster in text.shown]
    start, end = 0, len(shown)
    if marked:
        first, last = marked[0].at, marked[-1].at
        # A mark without a letter would sit on the bracket.
        bare = unicodedata.category(shown[first][0])[0] == "M"
        shown[first] = f"[{_NO_LETTER if bare else ''}{shown[first]}"
        shown[last] += "]"
        start = max(0, first - _LEADING) if end > _SHOWN else 0
    line = "".join(shown[start : start + _SHOWN])
    return f"{'…' if start else ''}{line}{'…' if end > start + _SHOWN else ''}"
