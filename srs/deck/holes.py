"""What holes and terms that are asked for can still be read off: cards that answer themselves."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import category

from srs.deck.clean import quoted
from srs.deck.cloze import GAP, read_cloze
from srs.deck.problems import Finding
from srs.deck.wording import is_empty
from srs.model import REVERSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from srs.deck.wording import Words
    from srs.model import Card

_LEAST_LETTERS, _MOST_LETTERS = 3, 80
_MOST_TEXTS = 20
# Within a name or a path a word is a part of another one: `manifest` in `vnd.oci.image.manifest.v1`.
_BEFORE = r"(?<!\w)(?<!\w[-./_:@+])"
_AFTER = r"(?!\w|[-./_:@+]\w)"

# The cards of one sentence follow on each other.
_read = lru_cache(maxsize=1)(read_cloze)


def still_there(card: Card, _words: Words) -> Iterator[Finding]:
    """What is asked for stands, word for word, in what is shown."""
    reverse = card.variant == REVERSE
    shown = (card.question.partition("\n")[2] if reverse else card.question).casefold()
    for text in (card.answer,) if reverse else _hidden(card):
        if not _stands_in(text.casefold(), shown):
            continue
        if reverse:
            message = f"asked in reverse, the card gives its term away: {quoted(text)} stands in its answer"
            hint = "define it in other words"
        else:
            message = f"the hole {card.variant} is given away: {quoted(text)} can be read beside it"
            hint = f"hide it there too, as `{{{{{card.variant}::…}}}}`, or say it in other words"
        yield Finding("Q103", ("cards", card.entry, "answer" if reverse else "cloze"), message, hint)
        return


def _hidden(card: Card) -> Iterable[str]:
    """What the holes of a card hide, each text once, as far as it is looked at."""
    if ", " not in card.answer:
        return (card.answer,)
    holes = _read(card.cloze or "").holes
    texts = (hole.hidden.strip() for hole in holes if f"c{hole.number}" == card.variant)
    return islice(dict.fromkeys(texts), _MOST_TEXTS)


def _stands_in(text: str, shown: str) -> bool:
    """Whether a text stands in another one as a word, or words, of its own; both casefolded."""
    if not _LEAST_LETTERS <= len(text) <= _MOST_LETTERS or text not in shown or is_empty(text):
        return False
    return re.search(f"{_BEFORE}{re.escape(text)}{_AFTER}", shown) is not None


def nothing_left(card: Card, _words: Words) -> Iterator[Finding]:
    """A cloze of which nothing but the hole can be read."""
    if card.scenario or any(map(_says_something, card.question.replace(GAP, ""))):
        return
    message = f"the hole {card.variant} hides everything: nothing is left to ask by"
    hint = "leave some words of the sentence, or give a `question` that stands above it"
    yield Finding("Q110", ("cards", card.entry, "cloze"), message, hint)


def _says_something(char: str) -> bool:
    """Whether a character is more than a blank, a mark or punctuation: a letter, a digit, a sign."""
    return category(char)[0] in "LN" or category(char) in {"Sm", "Sc", "So"}
