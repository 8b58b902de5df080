"""Who waits to be let in, from a shared folder or another database, and whom a person means by `--as`."""

from __future__ import annotations

import shlex
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from srs.errors import UsageError
from srs.log_values import is_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ENOUGH, _ALIKE = 6, 0.8
"""From so many letters on names that agree in so much of them are taken for each other."""


class Stranger(NamedTuple):
    """A device that never joined: how many answers of whom (`known_as`) wait in its files."""

    device: str
    name: str
    known_as: str
    answers: int


def chosen(waiting: Sequence[Stranger], as_name: str) -> tuple[list[Stranger], str]:
    """Those of one device and one learner that `LEARNER`, `DEVICE=LEARNER` or `DEVICE:NAME=LEARNER` means.

    And the learner they join as. Who shares a device does not become one person by it.

    Raises:
        UsageError: it cannot be told who is meant.
    """
    which, given, learner = as_name.rpartition("=")
    if not is_name(learner):
        raise UsageError("`--as` takes the name of a learner", "yours is `me`, if you gave none")
    found = [each for each in waiting if not given or which in _called(each)]
    if waiting and not found:
        names = ", ".join(sorted({each.name for each in waiting}))
        raise UsageError(f"no device called `{which}` waits to join", f"these do: {names}")
    return _of_one(found, learner), learner


def refuse_slip(learner: str, known: Iterable[str], command: Sequence[str]) -> None:
    """See that a learner whom nobody here is called is no slip of one who is.

    What came in for somebody who does not exist would count in nobody's sight. `command` is what was typed.

    Raises:
        UsageError: it may be one.
    """
    known = sorted(known)
    near = None if learner in known else next((each for each in known if _is_near(learner, each)), None)
    if near is not None:
        raise UsageError(
            f"no learner here is called `{learner}`; nothing was changed",
            f"did you mean `{near}`? If `{learner}` is somebody new:"
            f" `{shlex.join(('srs', '--learner', learner, *command))}`",
        )


def _is_near(typed: str, name: str) -> bool:
    """Whether two names differ by a letter, by two that changed places, or where they are long by a few."""
    one, other = typed.casefold(), name.casefold()
    if min(len(one), len(other)) >= _ENOUGH:
        return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])


def _called(stranger: Stranger) -> set[str]:
    """What may be said before the `=` and means this one."""
    names = {stranger.device, stranger.name}
    return {*names, stranger.known_as, *(f"{name}:{stranger.known_as}" for name in names)}


def _of_one(found: list[Stranger], learner: str) -> list[Stranger]:
    names = sorted({each.name for each in found})
    devices = sorted({each.device for each in found})
    if len(devices) > 1:
        # Computers of one name, as a system gives it to many, are told by their ids.
        told = names if len(names) == len(devices) else devices
        raise UsageError(
            f"several devices wait to join: {', '.join(told)}",
            f"say it of one after the other: `--as {told[0]}={learner}`",
        )
    learners = [each.known_as for each in found]
    if learner in learners:
        return [each for each in found if each.known_as == learner]
    if len(learners) > 1:
        raise UsageError(
            f"several learners of {names[0]} wait to join: {', '.join(learners)}",
            f"say it of one after the other: `--as {names[0]}:{learners[0]}={learner}`",
        )
    return found
