"""Texts as words to compare: as they are said, and as what they are about.

Written for English, and careful with the rest: in other languages less is found, not more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Words that say nothing of what a text is about. Pronouns and negations are not among them: in a deck
# of sentences to translate they are what differs.
_EMPTY_WORDS = (
    "a an the is are was were be been being am do does did has have had can could may might must shall"
    " should will would of in on at to for from by with as and that which what who whom whose where when"
    " why how than then so its it there this these those if into also called mean means meaning meant"
    " define describe explain name"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())
_FRAME = re.compile(
    r"what is meant by (?:an? |the )?(?P<by>.+)"
    r"|(?:(?:what|who) (?:is|are|was|were)|what's|define|explain|describe) (?:an? |the )?(?P<about>.+)"
    r"|what do(?:es)? (?:an? |the )?(?P<meant>.+) mean"
)
# A word, and the signs round it that do not change what is asked; digits and code are left alone.
_WORD = re.compile(
    r"[(\[\"“„«‘']*([^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*)[)\]\"”“»’',.;:!?…。、，；：！？]*"
)
_ENDING = re.compile(r"(?:ies|(?<=[sxzh])es|(?<=[^su])s|ing|ed|e|y)$")
_SPACELESS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")

NEGATIONS = frozenset({"not", "no", "never", "without", "except", "none", "cannot", "isn't", "don't"})


class Words:
    """Texts to words, each distinct word looked at once."""

    def __init__(self) -> None:
        self._said = _Said()
        self._about = _About()

    def said(self, text: str) -> tuple[str, ...]:
        """Every word of a text, without the punctuation round it and the case of its first letter.

        What stands between backquotes is one word, letter for letter.
        """
        said = self._said
        return tuple([said[word] for word in (_with_code(text) if "`" in text else text.split())])

    def about(self, said: Iterable[str]) -> list[str]:
        """The stems of what a text is about, by its words as they are said; code stays as it is."""
        about = self._about
        return [stem for word in said for stem in about[word]]


def is_empty(word: str) -> bool:
    """Whether a word, casefolded, says nothing of what a text is about."""
    return word in _EMPTY


def without_frame(said: tuple[str, ...]) -> tuple[str, ...]:
    """A question's words without the frame it is asked in.

    `what is an image digest`, `what does image digest mean` and `define image digest` ask the same.
    """
    if not said or said[0] not in {"what", "who", "what's", "define", "explain", "describe"}:
        return said
    found = _FRAME.fullmatch(" ".join(said))
    about = found and (found["by"] or found["meant"] or found["about"])
    if not about:
        return said
    return ("define", *about.split(" "))


def count_words(text: str) -> int:
    """How many words a text has; in scripts without spaces two characters count as one."""
    words = len(text.split())
    return words if text.isascii() else words + len(_SPACELESS.findall(text)) // 2


def _with_code(text: str) -> list[str]:
    parts = text.split("`")
    words: list[str] = []
    for at, part in enumerate(parts):
        if at % 2 and at + 1 < len(parts):
            words.append(f"`{' '.join(part.split())}")
        else:
            words += part.split()
    return words


class _Said(dict[str, str]):
    """Words as they are said, by words as they are written."""

    def __missing__(self, word: str) -> str:
        if word.startswith("`"):
            said = word
        else:
            found = _WORD.fullmatch(word)
            said = found[1] if found else word.rstrip(",.;:?") or word
            # `MB` and `Mb` are two things, `Tag` and `tag` are one.
            if said[1:] == said[1:].lower():
                said = said.casefold()
        self[word] = said
        return said


class _About(dict[str, tuple[str, ...]]):
    """What a word is about: nothing, its stem, or pairs of characters in scripts without spaces."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        folded = word.casefold()
        if folded in _EMPTY:
            stems: tuple[str, ...] = ()
        elif word.startswith("`") or not any(map(str.isalnum, word)):
            stems = (word,)
        elif not word.isascii() and _SPACELESS.search(word) and len(word) > 1:
            stems = tuple(word[at : at + 2] for at in range(len(word) - 1))
        else:
            stems = (_stem(folded),)
        self[word] = stems
        return stems


def _stem(word: str) -> str:
    """A word without its commonest ending, so that `pushes` meets `pushed`."""
    if len(word) < 4 or not word.isalpha() or not word.isascii():
        return word
    shorter = _ENDING.sub("", word)
    if len(shorter) < 3:
        return word
    if word.endswith(("ies", "y")):
        return shorter
    return shorter[:-1] if shorter[-1:] == "e" and len(shorter) > 3 else shorter
