"""Problems of a card given in options, in the words of these: the file they point into is not written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from srs.deck.clean import quoted
from srs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.model import Choice, Problem

SEPARATOR = " :: "
"""What stands between a wrong answer and why it is wrong."""

_NAMES = {"tags": "tag", "choices": "choice"}
_KEY = re.compile(
    r"`(id|term|scenario|question|cloze|answer|reverse|explanation|tags|source|choices|accept|needs)`"
)
_KEYS_ONLY = frozenset({"E106", "E116", "E117", "E118"})
"""Codes whose messages and hints have nothing between backticks that a person typed."""
_WHOSE = {"E102": "id", "E107": "id", "E113": "needs", "E119": "choice"}


def in_option_words(problem: Problem, path: str) -> UsageError:
    """An error of the new table as wrong usage; `path` is the file that it would stand in."""
    message, hint = problem.message, problem.hint
    if problem.code == "E117":
        missing = _KEY.findall(message)[-1]
        return UsageError(f"`--reverse` needs `--{missing}`")
    if problem.code in _KEYS_ONLY:
        message = message.replace("this choice has", "a `choices` has").replace(
            "in this `cloze`", "in `cloze`"
        )
        return UsageError(_KEY.sub(_option, message), hint and _KEY.sub(_option, hint))
    if problem.code == "E102":
        message, hint = f"{message} of {path}", "give it another one"
    option = _WHOSE.get(problem.code)
    if option == "choice":
        message = message.replace("by `accept`", "by `--accept`")
    return UsageError(f"`--{option}`: {message}" if option else message, hint)


def doubtful_choices(choices: Sequence[Choice]) -> list[str]:
    """A sentence for each choice that may have been meant to have a reason and was taken whole."""
    return [
        f"The choice {quoted(choice.text)} was taken whole: a reason stands after `{SEPARATOR}`, with blanks."
        for choice in choices
        if "::" in choice.text and choice.why is None
    ]


def _option(found: re.Match[str]) -> str:
    return f"`--{_NAMES.get(found[1], found[1])}`"
