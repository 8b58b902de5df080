"""What `srs check` has to say of decks that can be imported: remarks on how their cards are written.

A card that is wrongly suspected costs more than one that is missed: each rule here stays silent where
it is not sure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from srs.deck.alike import nearly_alike
from srs.deck.choosing import far_lengths, longest_by_habit
from srs.deck.clean import clean_line, quoted
from srs.deck.entries import made_question
from srs.deck.holes import nothing_left, still_there
from srs.deck.problems import Finding, Findings
from srs.deck.tagging import Tags
from srs.deck.together import lines_of_cards, one_of_each
from srs.deck.waiting import in_circles, points_nowhere
from srs.deck.wording import Words, count_words
from srs.garbage import nothing_collected
from srs.model import REVERSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from srs.deck.lines import Path
    from srs.deck.parse import ParsedDeck
    from srs.model import Card, Deck, Problem

    Progress = Callable[[str, int, int], None]
    CardRule = Callable[[Card, Words], Iterator[Finding]]

MOST_WORDS = 40
MOST_THINGS = 5

_SHOWN_EVERY = 1000
_YES_NO = re.compile(
    r"(?i)(?:is|are|was|were|does|do|did|can|could|may|must|should|shall|has|have|had|will|would)"
    r"(?:n?['’]t)? (?!you (?:name|list|explain|describe|tell|give|say|think))"
)
_OTHER_QUESTION = re.compile(r"(?i)\b(?:or|why|how|what|which|when|where|who|whom|whose)\b")
_TRUE_FALSE = re.compile(r"(?i)true or false\b")
_SENTENCE_END = re.compile(r"[.!?:]\s+|\n")
# A question that offers what to choose from, asks for an order or for a translation names its answer.
_OFFERS = re.compile(
    r"(?i)\b(?:or|vs|versus|between|among|than|whether|either|which of|which one|these|following|order"
    r"|sequence|rank|sort|arrange|first|last|next|before|after|compare\w*|differ\w*|oder|ou|oppure|lub|czy"
    r"|eller|или|say|said|translat\w+|spell\w*|pronounc\w+|complete|fill|word for|plural|singular|tense)\b"
)
_LONGEST_GIVEN = 80
_CODE = re.compile(r"`[^`\n]{1,400}`")
_IN_BRACKETS = re.compile(r"\([^()\n]{0,400}\)|\[[^\[\]\n]{0,400}\]|\{[^{}\n]{0,400}\}")
_ROW_MARK = re.compile(r"(?m)^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
_COMMA = re.compile(r"[,;][ \n]\s*|[、，；]")
_LAST_TWO = re.compile(r"\S (?:and|or|und|oder|et|ou|y|e|o) \S")
_LONGEST_THING = 4
_NO_THINGS = frozenset({"", "and", "or", "then", "first", "last", "finally", "too", "also", "however", "so"})


@nothing_collected()
def lint(
    parsed: Sequence[ParsedDeck], progress: Progress = lambda _stage, _done, _total: None
) -> dict[str, tuple[Problem, ...]]:
    """The remarks on decks that are checked together, by path; files without any are left out.

    Of a file with errors the cards that could be read are looked at. What a deck ignores
    (`[check] ignore`) is not said. Linear in the number of cards.
    """
    return _linted(parsed, progress)


def _linted(parsed: Sequence[ParsedDeck], progress: Progress) -> dict[str, tuple[Problem, ...]]:
    decks = [(one, one.draft) for one in parsed if one.draft is not None]
    words = Words()
    found: dict[str, list[Finding]] = {one.path: [] for one, _ in decks}
    done, total = 0, sum(len(deck.cards) for _, deck in decks)
    for one, deck in decks:
        told: set[tuple[str, int | Path]] = set()
        for card in deck.cards:
            if done % _SHOWN_EVERY == 0:
                progress("Checking", done, total)
            done += 1
            found[one.path].extend(_remarks(card, words, told))
    progress("Comparing", 0, 1)
    for compare in COMPARISONS:
        for path, finding in compare(decks, words):
            found[path].append(finding)
    return {one.path: _placed(one, deck, found[one.path]) for one, deck in decks if found[one.path]}


def _remarks(card: Card, words: Words, told: set[tuple[str, int | Path]]) -> Iterator[Finding]:
    """What the rules for its kind have to say of a card, and was not told of another one of its entry."""
    rules = PLAIN_RULES if not card.variant else CLOZE_RULES if card.is_cloze else REVERSE_RULES
    for rule in rules:
        for finding in rule(card, words):
            if (finding.code, finding.where) not in told:
                told.add((finding.code, finding.where))
                yield finding


def _placed(one: ParsedDeck, deck: Deck, found: Sequence[Finding]) -> tuple[Problem, ...]:
    findings = Findings()
    findings.extend(finding for finding in found if finding.code not in one.checks.ignored)
    return findings.placed(one.path, one.text, lines_of_cards(deck))


def _asked_in(card: Card) -> tuple[str, int, str]:
    """Where stands what a card asks: a question that was made from the term stands at the term."""
    if card.is_cloze:
        return ("cards", card.entry, "cloze")
    if card.variant == REVERSE:
        return ("cards", card.entry, "answer")
    made = card.term is not None and card.question == made_question(card.term)
    return ("cards", card.entry, "term" if made else "question")


def _yes_no(card: Card, _words: Words) -> Iterator[Finding]:
    question = card.question.rstrip()
    if _TRUE_FALSE.search(question) is None:
        if not question.endswith("?"):
            return
        asked = _SENTENCE_END.split(question[-400:])[-1]
        start = _YES_NO.match(asked)
        if start is None or _OTHER_QUESTION.search(asked, start.end()):
            return
    hint = "ask what, which or why: who guesses between two answers is right half the time"
    yield Finding("Q102", _asked_in(card), "yes or no answers this question", hint)


def _given_away(card: Card, words: Words) -> Iterator[Finding]:
    """All words of a short answer stand in its question."""
    if len(card.answer) > _LONGEST_GIVEN or "`" in card.answer:
        return
    said = words.said(card.answer)
    asked = words.said(card.question)
    answer = set(words.about(said))
    if len(asked) < 4 or not answer.issubset(words.about(asked)) or not _is_prose(answer):
        return
    if '"' in card.question or "“" in card.question or _OFFERS.search(card.question):
        return
    named = [word for word in said if words.about((word,))]
    message = f"the question gives its answer away: {quoted(' '.join(named))}"
    yield Finding("Q103", _asked_in(card), message, "ask for it in other words")


def _is_prose(stems: set[str]) -> bool:
    return all(stem.replace("-", "").isalpha() for stem in stems) and any(len(stem) >= 3 for stem in stems)


def _long_answer(card: Card, _words: Words) -> Iterator[Finding]:
    # Forty words and their spaces are no fewer characters; most answers are shorter than that.
    if len(card.answer) < 2 * MOST_WORDS:
        return
    count = count_words(card.answer)
    if count > MOST_WORDS:
        says = f"the hole {card.variant} hides" if card.is_cloze else "the answer has"
        message = f"{says} {count:,} words, more than {MOST_WORDS}"
        hint = "one idea a card: split it, or tell the rest in `explanation`"
        yield Finding("Q104", _answered_in(card), message, hint)


def _long_list(card: Card, _words: Words) -> Iterator[Finding]:
    count = _things(card.answer)
    if count > MOST_THINGS:
        says = f"the hole {card.variant} hides" if card.is_cloze else "the answer lists"
        message = f"{says} {count:,} things, more than {MOST_THINGS}"
        hint = "ask for them one by one, or in groups: long lists are forgotten as a whole"
        yield Finding("Q105", _answered_in(card), message, hint)


def _answered_in(card: Card) -> tuple[str, int, str]:
    return ("cards", card.entry, "cloze" if card.is_cloze else "answer")


def _things(answer: str) -> int:
    """How many things an answer lists: rows with a mark each, or short parts between commas."""
    most = 0
    if "\n" in answer:
        most = sum(1 for _ in _ROW_MARK.finditer(answer))
    if answer.count(",") + answer.count(";") + answer.count("、") + answer.count("，") < MOST_THINGS - 1:
        return most
    plain = _IN_BRACKETS.sub("x", _CODE.sub("x", answer))
    for sentence in _SENTENCE_END.split(plain):
        run = 0
        for part in _COMMA.split(sentence):
            if part.strip().lower() in _NO_THINGS:
                continue
            run = run + 1 if len(part.split()) <= _LONGEST_THING else 0
            # The last two often have no comma between them.
            most = max(most, run + 1 if run > 1 and _LAST_TWO.search(part) else run)
    return most


def _alike(decks: Sequence[tuple[ParsedDeck, Deck]], words: Words) -> Iterator[tuple[str, Finding]]:
    """Each entry that asks nearly what an earlier one does, by the first of its cards that does."""
    cards = [(one, card) for one, deck in decks for card in deck.cards]
    told: set[tuple[str, int]] = set()
    for later, earlier in sorted(nearly_alike([card for _, card in cards], words).items()):
        (one, card), (other, twin) = cards[later], cards[earlier]
        if (one.path, card.entry) in told:
            continue
        told.add((one.path, card.entry))
        yield (
            one.path,
            Finding(
                "Q101",
                _asked_in(card),
                f"this asks nearly the same as {_place_of(twin, other, one)}",
                "merge the two, or say in the question what sets it apart",
            ),
        )


def _place_of(card: Card, there: ParsedDeck, here: ParsedDeck) -> str:
    name = quoted(card.id) if card.id else "the card"
    within = "" if there is here else f" in `{clean_line(there.path)}`"
    return f"{name}{within}, line {card.line}" if card.line else f"{name}{within}"


def _was_twice(decks: Sequence[tuple[ParsedDeck, Deck]], _words: Words) -> Iterator[tuple[str, Finding]]:
    first: dict[tuple[str, str], tuple[ParsedDeck, Card]] = {}
    for one, deck in decks:
        for card in one_of_each(deck.cards):
            for name in card.was:
                other, earlier = first.setdefault(name, (one, card))
                if (other, earlier.entry) == (one, card.entry) or not name[0]:
                    continue
                full = "/".join(name)
                entries = (full, name[1]) if name[0] == deck.id else (full,)
                message = f"{quoted(entries[-1])} is also in the `was` of {_place_of(earlier, other, one)}"
                hint = "a history follows one card only: take it out of the other `was`"
                where = ("cards", card.entry, "was")
                yield one.path, Finding("Q109", where, message, hint, entries=entries)


def _tags(decks: Sequence[tuple[ParsedDeck, Deck]], _words: Words) -> Iterator[tuple[str, Finding]]:
    tags = Tags([(deck, one.checks) for one, deck in decks])
    for one, deck in decks:
        for finding in tags.findings(deck, one.checks):
            yield one.path, finding


def _habits(decks: Sequence[tuple[ParsedDeck, Deck]], _words: Words) -> Iterator[tuple[str, Finding]]:
    for one, deck in decks:
        for finding in longest_by_habit(deck):
            yield one.path, finding


def _needs(decks: Sequence[tuple[ParsedDeck, Deck]], _words: Words) -> Iterator[tuple[str, Finding]]:
    yield from points_nowhere(decks)
    yield from in_circles(decks)


PLAIN_RULES: tuple[CardRule, ...] = (_yes_no, _given_away, _long_answer, _long_list, far_lengths)
"""Rules that look at the plain card of an entry."""

CLOZE_RULES: tuple[CardRule, ...] = (still_there, nothing_left, _long_answer, _long_list, far_lengths)
"""Rules that look at a card with a hole."""

REVERSE_RULES: tuple[CardRule, ...] = (still_there,)
"""Rules that look at a card that asks for the term."""

COMPARISONS: tuple[
    Callable[[Sequence[tuple[ParsedDeck, Deck]], Words], Iterator[tuple[str, Finding]]], ...
] = (_alike, _was_twice, _tags, _habits, _needs)
"""Rules that look at all cards of all files; each finding comes with the path it belongs to."""
