"""Every code that problems of deck files go by, with what it means; imports nothing, for help texts."""

from __future__ import annotations

from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM_CODES: Mapping[str, str] = MappingProxyType(
    {
        "E101": "the file cannot be read",
        "E102": "an id is taken: two cards of a file, or two files of an import, have the same one",
        "E103": "a key or a table stands twice in the same place",
        "E104": "an unknown key or table",
        "E105": "a value of the wrong type",
        "E106": "something required is missing or empty",
        "E107": "an id that is not of the form `[a-z0-9][a-z0-9._-]{0,63}`",
        "E108": "a desired retention outside 0.70..0.99",
        "E109": "the file is not valid TOML",
        "E110": "the file is not UTF-8 text",
        "E111": "a control character or a terminal escape",
        "E112": "a key or table stands where it does not belong",
        "E113": "a `was` or `needs` entry that is neither `id` nor `otherdeck/id`",
        "E114": "a `was` entry names a card that is still there",
        "E115": "the file holds no deck: no `[deck]`, or no cards",
        "E116": "a `cloze` without a hole `{{c1::hidden}}`, with a broken one, or with too many numbers",
        "E117": "a card that is to be asked in `reverse` and lacks a term or an answer",
        "E118": "`choices` or `accept` beside a `cloze` of several numbers, which cannot tell theirs",
        "E119": "a choice that says what a right answer or another choice says",
        "E120": "a `mode` that is none of reveal, choice, type, auto",
        "E199": "further errors of the file, not listed",
        "W101": "a card without an id: changing its term or question loses its history",
        "W102": "a deck without an id: renaming its file makes it another deck",
        "W103": "text with bidi overrides, which are left out",
        "W104": "`[check] ignore` names a code that is not there, or that cannot be ignored",
        "W199": "further warnings of the file, not listed",
        "W201": "a `was` entry names a live card of a deck that is not being imported",
        "W202": "the deck was read from another file until now",
        "W203": "a TOML file among decks that is none",
        "W204": "the file was imported under another deck id before",
        "W205": "the hole of a cloze hides something wholly different now, under the same number",
        "W206": "cards whose `needs` go in a circle: none of them waits for another",
        "W207": "`needs` names a card that is not there",
        "W208": "an old id that two cards name in `was`: one of them has its history",
        "Q101": "two cards ask nearly the same",
        "Q102": "a question that yes or no answers",
        "Q103": "the question gives its answer away",
        "Q104": "an answer of more than 40 words",
        "Q105": "an answer that lists more than 5 things",
        "Q106": "a tag that differs from another one only in case, hyphens or a plural s",
        "Q107": "an unknown tag: not in `[check] tags`, or, used once, a slip away from a common one",
        "Q108": "choices whose lengths tell the right one, in a card or all over the deck",
        "Q109": "an old id that two cards name in `was`",
        "Q110": "a cloze that hides everything",
        "Q111": "`needs` that name a card that is not there, or go in a circle",
        "Q112": "the hole of a cloze hides something wholly different from the last commit",
        "Q199": "further remarks of `srs check` on the file, not listed",
    }
)
"""Codes with E refuse the file; W and Q only warn, Q in `srs check` alone."""

IGNORABLE = frozenset(
    code
    for code in PROBLEM_CODES
    if code[0] in "QW" and not code.startswith("W2") and code not in {"W104", "W199", "Q199"}
)
"""What `[check] ignore` of a deck may name."""
