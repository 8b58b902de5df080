"""Whether the study day turns in the middle of study, and which quiet hour would be better.

A rollover hour inside the hours of study cuts evenings in two: a card learned at its one side and
asked at its other counts as a day apart when it was minutes, which no fit can make good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAYS = 90
"""How far back one looks."""

ENOUGH_ANSWERS = 200
MOST_AROUND = 0.10
"""More of the answers than this within an hour of the rollover, and the day is cut where one studies."""

_MUCH_QUIETER = 1 / 3
_HOURS = 24


class Cut(NamedTuple):
    """How many of how many answers were given within an hour of the rollover, and of the quiet hour.

    `imported`: they came with an import, whose days another setting would not change.
    """

    rollover: int
    quiet: int
    answers: int
    around: int
    around_quiet: int
    imported: bool = False

    @property
    def sentence(self) -> str:
        """What is wrong, and what to type."""
        share = round(100 * self.around / self.answers)
        wrong = (
            f"Your study day is cut where you study: {share} % of your"
            f" {'imported ' if self.imported else ''}answers are within an hour of {self.rollover:02}:00"
        )
        if self.imported:
            return (
                f"{wrong}, where their days end. srs undo takes the import back, and srs log import with"
                f" --rollover {self.quiet}, or with the --zone of those days, ends them elsewhere."
            )
        return f"{wrong}. srs config set rollover {self.quiet} ends it at {self.quiet:02}:00, which is quiet."

    def as_json(self) -> dict[str, int | bool]:
        """The shape of `rollover` in `srs stats --json`."""
        return self._asdict()


def cut_by_rollover(answers: Mapping[int, int], rollover: int, *, imported: bool = False) -> Cut | None:
    """Whether another rollover would be better, of answers by hour of the day (0-23).

    None where it is well, where there are fewer than 200 answers, and where no hour is much quieter.
    """
    total = sum(answers.values())
    around = _around(answers, rollover)
    if total < ENOUGH_ANSWERS or around <= MOST_AROUND * total:
        return None
    # The middle of the quietest time: of equally quiet hours the one quiet for longest on both sides.
    quiet = min(range(_HOURS), key=lambda hour: [_around(answers, hour, wide) for wide in range(1, 13)])
    around_quiet = _around(answers, quiet)
    if around_quiet > _MUCH_QUIETER * around:
        return None
    return Cut(rollover, quiet, total, around, around_quiet, imported)


def find_cut(own: Mapping[int, int], rollover: int, imported: Mapping[int, Mapping[int, int]]) -> Cut | None:
    """Where the study day is cut, of answers by hour: one's own first, then those of imports.

    Own answers are judged by the `rollover` set, imported ones by the rollover of their import, under
    which `imported` has them; of several rollovers that with most answers comes first.
    """
    found = cut_by_rollover(own, rollover)
    by_number = sorted(imported.items(), key=lambda one: (-sum(one[1].values()), one[0]))
    for theirs, answers in by_number:
        found = found or cut_by_rollover(answers, theirs, imported=True)
    return found


def may_be_cut(answers: Mapping[int, int], rollovers: Iterable[int]) -> bool:
    """Whether some of these answers could be cut by one of these rollovers; False where none can."""
    return any(_around(answers, hour) > MOST_AROUND * ENOUGH_ANSWERS for hour in rollovers)


def _around(answers: Mapping[int, int], hour: int, wide: int = 1) -> int:
    """The answers given less than `wide` hours before an hour begins or after."""
    return sum(answers.get((hour + off) % _HOURS, 0) for off in range(-wide, wide))
