"""Whether the study day turns in the middle of study, and which quiet hour would be better.

A rollover hour inside the hours of study cuts evenings in two: a card learned at its one side and
asked at its other counts as a day apart when it was minutes, which no fit can make good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = 90
"""How far back one looks."""

ENOUGH_ANSWERS = 200
MOST_AROUND = 0.10
"""More of the answers than this within an hour of the rollover, and the day is cut where one studies."""

_MUCH_QUIETER = 1 / 3
_HOURS = 24


class Cut(NamedTuple):
    """How many of how many answers were given within an hour of the rollover, and of the quiet hour."""

    rollover: int
    quiet: int
    answers: int
    around: int
    around_quiet: int

    @property
    def sentence(self) -> str:
        """What is wrong, and what to type."""
        share = round(100 * self.around / self.answers)
        return (
            f"Your study day is cut where you study: {share} % of your answers are within an hour of"
            f" {self.rollover:02}:00. {self.quiet:02}:00 is quiet: srs config set rollover {self.quiet}"
        )

    def as_json(self) -> dict[str, int]:
        """The shape of `rollover` in `srs stats --json`."""
        return self._asdict()


def cut_by_rollover(answers: Mapping[int, int], rollover: int) -> Cut | None:
    """Whether to move the rollover, of answers by hour of the day (0-23) of the last 90 days.

    None where it is well, where there are fewer than 200 answers, and where no hour is much quieter.
    """
    total = sum(answers.values())
    around = _around(answers, rollover, 1)
    if total < ENOUGH_ANSWERS or around <= MOST_AROUND * total:
        return None
    # The middle of the quietest time: of equally quiet hours the one quiet for longest on both sides.
    quiet = min(range(_HOURS), key=lambda hour: [_around(answers, hour, wide) for wide in range(1, 13)])
    around_quiet = _around(answers, quiet, 1)
    if around_quiet > _MUCH_QUIETER * around:
        return None
    return Cut(rollover, quiet, total, around, around_quiet)


def _around(answers: Mapping[int, int], hour: int, wide: int) -> int:
    """The answers given less than `wide` hours before an hour begins or after."""
    return sum(answers.get((hour + off) % _HOURS, 0) for off in range(-wide, wide))
