"""Who waits to be let in when devices share a folder, and whom a person means by `--as`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srs.errors import UsageError
from srs.log_values import is_name

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def _called(stranger: Stranger) -> set[str]:
    """What may be said before the `=` and means this one."""
    names = {stranger.device, stranger.name}
    return {*names, stranger.known_as, *(f"{name}:{stranger.known_as}" for name in names)}


def _of_one(found: list[Stranger], learner: str) -> list[Stranger]:
    names = sorted({each.name for each in found})
    if len({each.device for each in found}) > 1:
        raise UsageError(
            f"several devices wait to join: {', '.join(names)}",
            f"say it of one after the other: `--as {found[0].name}={learner}`",
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
