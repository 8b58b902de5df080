"""Text as far as it counts when what a person typed is compared with what is right.

Folded away: Unicode's compatibility forms (full-width letters, ligatures), case, accents on Latin,
Greek and Cyrillic letters, characters without width, typographic quotes and dashes, pairs of
backquotes, quotes round the whole, a final full stop, a comma between two words. Spaces are folded
where they separate words; those that make another number or another path of it stay.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from srs.deck.clean import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST = 10_000
"""Characters of a text that are looked at: some forms of Unicode take a time that grows faster than it."""

_ZWJ = "\u200d"
_JOINERS = "\u200c\u200d\uff9e\uff9f\u0e33\u0eb3"
"""What belongs to the character before without being a mark: joiners, half-width voicing, sara am."""

_VIRAMA = 9
"""The combining class of the sign that joins two consonants of an Indian script."""

_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "‘’‚‛′‹›ʼʻ´"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»「」『』"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣"), "-"),
    **dict.fromkeys(
        map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u061c\u00ad\u180e"), None
    ),
    **dict.fromkeys(range(0xFE00, 0xFE10), None),  # how the character before is drawn
    0x345: None,
    ord("⁄"): "/",
    ord("。"): ".",
    # Letters with a stroke decompose to nothing, yet are typed without it like any other accent.
    **dict(zip(map(ord, "øØłŁđĐħĦŧŦı"), "oOlLdDhHtTi", strict=True)),
    ord("æ"): "ae",
    ord("Æ"): "AE",
    ord("œ"): "oe",
    ord("Œ"): "OE",
}

_RAISED = {"<super>": "^", "<sub>": "_", "<fraction>": " "}
"""What stands for the little form of a digit after a digit: 10³ is no 103, and 1½ no 11/2."""

_QUOTES = "'\""
_TIED = "-/.\\_@:"
"""Signs that paths, options and names are built of: a space on one side of them makes another one."""

_SKELETON: dict[int, str | None] = {n: chr(n).lower() if chr(n).isalnum() else None for n in range(128)}


class Letter(NamedTuple):
    """One folded letter, digit, sign or space: which shown cluster it is of, and of which word (-1: none)."""

    fold: str
    at: int
    word: int

    @property
    def is_letter(self) -> bool:
        """Whether it is a letter of some script."""
        return self.fold[0].isalpha()


class Text:
    """A text in clusters as it is shown, and the letters it is compared by.

    `spaced` has one space between words, `letters` only the spaces that count; `key` is `letters` as
    a string: texts with one key are the same answer.
    """

    def __init__(self, shown: Sequence[str], folded: Sequence[tuple[str, int]]) -> None:
        self.shown = shown
        self.spaced = list(_in_words(folded))
        self.letters = list(_counting(self.spaced))
        self.key = "".join([letter.fold for letter in self.letters])

    def word(self, number: int) -> list[Letter]:
        """The letters of one word."""
        return [letter for letter in self.spaced if letter.word == number]


def as_written(text: str) -> str:
    """A text on one line, cleaned and composed; nothing that can be seen is folded.

    Of more than `LONGEST` characters only these are kept, and an ellipsis.
    """
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    return unicodedata.normalize("NFC", clean_line(text)).strip()


def read(text: str) -> Text:
    """Clean a text and take it apart."""
    shown = clusters(as_written(text))
    folded = list(_folded(shown))
    coded = [each for each in folded if each[0] != "`"]
    if coded and (len(folded) - len(coded)) % 2 == 0:
        folded = coded
    return Text(shown, _with_loose_signs(_bare(_one_space(_without_commas(_one_space(folded))))))


def skeleton(text: str) -> str:
    """The letters and digits of a text alone, folded further than `read` does, for a quick look.

    Where two texts are one change of a letter apart, or none, so are their skeletons.
    """
    if text.isascii():
        return text.translate(_SKELETON)
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).translate(_PLAIN)))
    small = letters.casefold()
    if small != letters and not small.isascii():
        small = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", small)))
    return unicodedata.normalize("NFC", small)


def clusters(text: str) -> list[str]:
    """What a person takes for one character each: a letter with its marks, a flag, a joined emoji."""
    if text.isascii():
        return list(text)
    found: list[str] = []
    for char in text:
        # Nothing below the first combining mark continues a cluster.
        if char >= "\u0300" and found and _goes_on(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def _goes_on(before: str, char: str) -> bool:
    last = before[-1]
    if char in _JOINERS or _is_mark(char) or _is_modifier(char):
        return True
    if last == _ZWJ and unicodedata.category(char) == "So":
        return True
    if unicodedata.combining(before.rstrip(_ZWJ)[-1:] or " ") == _VIRAMA:  # it binds the next consonant
        return char.isalpha()
    if _is_half_flag(char):
        return len(before) == 1 and _is_half_flag(last)
    return _is_old_vowel(char) and _is_hangul(last)


def _is_modifier(char: str) -> bool:
    """Whether it is a skin tone, or a letter of the name of a region's flag."""
    return "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _is_half_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_old_vowel(char: str) -> bool:
    """Whether it is a Hangul vowel or final that could not be composed with the consonant before."""
    return "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff"


def _is_hangul(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\ua960" <= char <= "\ua97f" or "\uac00" <= char <= "\ud7ff"


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _folded(shown: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each folded character, with the cluster it comes from."""
    after_digit = False
    for at, cluster in enumerate(shown):
        if after_digit and not cluster.isascii():
            raised = _RAISED.get(unicodedata.decomposition(cluster[0]).partition(" ")[0])
            if raised:
                yield raised, at
        for fold in _fold(cluster):
            yield fold, at
        after_digit = cluster.isdecimal()


@lru_cache(maxsize=4096)
def _fold(cluster: str) -> tuple[str, ...]:
    """What a cluster is compared by: characters, each with the marks that are not only accents."""
    if cluster.isascii():
        return (cluster.lower(),)
    plain = _without_accents(unicodedata.normalize("NFKD", cluster.translate(_PLAIN)).translate(_PLAIN))
    plain = _without_accents(unicodedata.normalize("NFKD", plain.casefold()).translate(_PLAIN))
    found: list[str] = []
    for char in unicodedata.normalize("NFC", plain):
        if found and _is_mark(char):
            found[-1] += char
        else:
            found.append(char)
    return tuple(found)


def _without_accents(decomposed: str) -> str:
    kept, bare = [], False
    for char in decomposed:
        mark = unicodedata.category(char) == "Mn"
        if not mark:
            bare = _is_written_with_accents(char)
        if not (mark and bare):
            kept.append(char)
    return "".join(kept)


@lru_cache(maxsize=4096)
def _is_written_with_accents(char: str) -> bool:
    """Whether marks on it are accents; in other scripts they are vowels, tones or other consonants."""
    return char.isalpha() and unicodedata.name(char, "").startswith(("LATIN ", "GREEK ", "CYRILLIC "))


def _one_space(folded: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for fold, at in folded:
        if not fold.isspace():
            found.append((fold, at))
        elif found and found[-1][0] != " ":
            found.append((" ", at))
    if found and found[-1][0] == " ":
        found.pop()
    return found


def _without_commas(folded: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """A comma or semicolon between two words becomes the space between them."""
    for i, (fold, at) in enumerate(folded):
        if fold in ",;" and 0 < i < len(folded) - 1:
            after = folded[min(i + 1 + (folded[i + 1][0] == " "), len(folded) - 1)][0]
            if folded[i - 1][0][0].isalpha() and after[0].isalpha():
                yield " ", at
                continue
        yield fold, at


def _bare(folded: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without a final full stop and quotes round the whole, whichever is inside the other."""
    while len(folded) > 1:
        first, before, last = folded[0][0], folded[-2][0], folded[-1][0]
        if last == "." and (before[0].isalnum() or before in _QUOTES or before == ")"):
            folded = folded[:-1]
        elif last == first and last in _QUOTES and _only_round(folded):
            folded = _one_space(folded[1:-1])
        else:
            break
    return folded


def _only_round(folded: Sequence[tuple[str, int]]) -> bool:
    """Whether the first and last sign are one pair of quotes: `"a" or "b"` has two."""
    sign = folded[0][0]
    inside = [fold for fold, _ in folded[1:-1]]
    if all(fold == " " for fold in inside):
        return False
    return sign not in inside or (
        # Apostrophes stand between letters.
        sign == "'"
        and all(
            0 < i < len(inside) - 1 and inside[i - 1][0].isalnum() and inside[i + 1][0].isalnum()
            for i, fold in enumerate(inside)
            if fold == sign
        )
    )


def _with_loose_signs(folded: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """`and / or` as `and/or`: the spaces on both sides of a sign between two words go."""

    def loose(i: int) -> bool:
        return (
            2 <= i < len(folded) - 2
            and folded[i][0] in _TIED
            and folded[i - 1][0] == folded[i + 1][0] == " "
            and folded[i - 2][0][0].isalnum()
            and folded[i + 2][0][0].isalnum()
        )

    return [each for i, each in enumerate(folded) if each[0] != " " or not (loose(i - 1) or loose(i + 1))]


def _in_words(folded: Iterable[tuple[str, int]]) -> Iterator[Letter]:
    word = 0
    for fold, at in folded:
        if fold == " ":
            word += 1
            yield Letter(fold, at, -1)
        else:
            yield Letter(fold, at, word)


def _counting(spaced: Sequence[Letter]) -> Iterator[Letter]:
    """All but the spaces that may as well be missing."""
    for i, letter in enumerate(spaced):
        if letter.fold == " ":
            before, after = spaced[i - 1].fold, spaced[i + 1].fold
            digits = before[0].isdecimal() and after[0].isdecimal()
            if not (digits or before in _TIED or after in _TIED):
                continue
        yield letter
