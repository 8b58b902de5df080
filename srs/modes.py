"""The three ways a card is asked: revealed, chosen among options, typed.

Here is decided which way a card takes, which options it shows in which order, what a key picks, and
what rating is proposed; nothing is asked or shown. Typed answers are judged by `srs.deck.judge`.
"""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

from srs.model import REVERSE, Rating

if TYPE_CHECKING:
    from srs.model import Card, Choice

Way = Literal["reveal", "choice", "type"]
"""How a card is asked; the `mode` of an answer in the log."""

Mode = Literal["reveal", "choice", "type", "auto"]
"""What a person wishes for: a way, or the one that suits the card."""

LETTERS = "ABCDEFG"
"""What the options are called, in the order they stand; `h` is the key of the hint."""

_TYPED_CELLS = 40
_TYPED_WORDS = 5


class Option(NamedTuple):
    """One line to choose: its text, why it is wrong (None: not told, or right), whether it is right."""

    text: str
    why: str | None
    right: bool


def mode_for(card: Card, wanted: str, passed: bool) -> Way:
    """How the card is asked when `wanted` is asked for; what it lacks for that is shown as reveal.

    `passed` is `Memory.passed`: `auto` offers the choices until then, and from then on the answer is
    typed where it can be. An unknown `wanted` counts as reveal.
    """
    if wanted == "auto":
        wanted = "type" if passed else "choice"
    if wanted == "choice" and wrong_choices(card):
        return "choice"
    if wanted == "type" and can_be_typed(card):
        return "type"
    return "reveal"


def can_be_typed(card: Card) -> bool:
    """Whether the answer is one that a person can be expected to type word for word.

    A hole and a term are; so is what the deck lists other right answers for; else an answer of one
    line, at most five words and 40 cells wide (a Chinese sentence of 40 signs is not).
    """
    if card.is_cloze or card.variant == REVERSE or card.accept:
        return True
    answer = card.answer.strip()
    return (
        "\n" not in answer
        and 0 < len(answer.split()) <= _TYPED_WORDS
        and sum(map(_cells, unicodedata.normalize("NFC", answer))) <= _TYPED_CELLS
    )


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrong_choices(card: Card) -> tuple[Choice, ...]:
    """The choices that can be offered: each text once, none that reads like the right answer."""
    seen = {_on_the_screen(card.answer)}
    found = []
    for choice in card.choices:
        text = _on_the_screen(choice.text)
        if text not in seen:
            seen.add(text)
            found.append(choice)
    return tuple(found)


def _on_the_screen(text: str) -> str:
    """The text as far as two lines on the screen can be told apart: wrapping makes all blanks one."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def options(card: Card, seed: bytes) -> tuple[Option, ...]:
    """The right answer among at most six wrong ones, in an order drawn from the seed.

    The same seed gives the same options; over many seeds each order is equally likely, and where a
    card has more choices than letters are left, each of them is shown equally often.
    """
    wrong = wrong_choices(card)
    # Drawn apart from the order, or a choice that stays away would tell where the right answer stands.
    shown = _drawn(seed + b" which", len(wrong))[: len(LETTERS) - 1]
    found = [
        Option(card.answer, None, right=True),
        *(Option(wrong[index].text, wrong[index].why, right=False) for index in sorted(shown)),
    ]
    return tuple(found[index] for index in _drawn(seed + b" order", len(found)))


def _drawn(seed: bytes, count: int) -> list[int]:
    """0 to count - 1 in an order that only the seed decides."""
    return sorted(range(count), key=lambda index: sha256(seed + index.to_bytes(2, "big")).digest())


def letter_choice(key: str, count: int) -> int | None:
    """Which of `count` options a key picks, from 0; None: none of them.

    A letter in either case, or a digit of any script; full-width ones too, as input methods send them.
    """
    if len(key) != 1:
        return None
    index = unicodedata.decimal(key, 0) - 1
    if index < 0:
        # Only full-width forms are folded: `ª` is a key of its own on Spanish keyboards, and no A.
        wide = unicodedata.east_asian_width(key) == "F"
        index = LETTERS.find((unicodedata.normalize("NFKC", key) if wide else key).upper())
    return index if 0 <= index < min(count, len(LETTERS)) else None


def proposed(*, right: bool, hinted: bool = False) -> Rating:
    """The rating that Space gives: Good for a right answer, Hard if it took a hint, Again for a wrong one.

    Right is the right option, or what `srs.deck.judge` calls right. A card that is only revealed
    counts as right: the person has not said otherwise yet.
    """
    if not right:
        return Rating.AGAIN
    return Rating.HARD if hinted else Rating.GOOD


def offered(way: Way, *, right: bool) -> tuple[Rating, ...]:
    """The ratings a person may give: after a choice no Easy, as the answer stood there to be recognised.

    A wrong choice leaves Again only. What is revealed or typed is for the person to rate.
    """
    if way != "choice":
        return tuple(Rating)
    return (Rating.AGAIN, Rating.HARD, Rating.GOOD) if right else (Rating.AGAIN,)
