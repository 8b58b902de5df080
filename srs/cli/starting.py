"""How a review starts: what was asked for, a first run, practice, or the session itself."""

from __future__ import annotations

import os
import sys

from srs.errors import NotFoundError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.context import Context


DECLINED = "Then bring your own: srs import FILE.toml. To start one: srs init FILE.toml\n"


def start_review(
    context: Context,
    *,
    decks: Sequence[str] = (),
    tags: Sequence[str] = (),
    limit: int | None = None,
    new: int | None = None,
    minutes: int | None = None,
    mode: str | None = None,
    ahead: bool = False,
    practice: bool = False,
    plain: bool = False,
    clock_ok: bool = False,
) -> int:
    """Run `srs review` as it was asked for; returns the exit code."""
    from srs.cli.review import review
    from srs.today import Request

    if limit == 0 or minutes == 0:
        option = "--limit" if limit == 0 else "--minutes"
        raise UsageError(f"`{option}` takes a whole number from 1 on", "`--new 0` is a day of reviews only")
    if ahead and practice:
        raise UsageError("`--ahead` and `--practice` do not go together", "practice records nothing")
    if mode is not None:
        _check_mode(mode)
    request = Request(tuple(decks), tuple(tags), limit, new, minutes, ahead, mode)
    try:
        if practice:
            from srs.cli.practice import practise

            return practise(context, request, plain=plain)
        return review(context, request, plain=plain, clock_ok=clock_ok)
    except NotFoundError as error:
        if context.has_cards() or not _may_be_asked(context):
            raise
        if not _agrees_to_sample():
            sys.stdout.write(DECLINED)
            return error.exit_code
    from srs.cli.sample import take_sample

    take_sample(context)
    return review(context, request, plain=plain, clock_ok=clock_ok)


def _check_mode(mode: str) -> None:
    from srs.model import MODES

    if mode not in MODES:
        from srs.cli.usage import no_such_word

        raise no_such_word("--mode", mode, MODES)


def _may_be_asked(context: Context) -> bool:
    """Whether there is somebody to ask, and no database was meant that is not there."""
    named_and_missing = context.db_was_named and not os.path.isfile(context.database)  # noqa: PTH113 - quick path
    return not named_and_missing and sys.stdin.isatty() and sys.stdout.isatty()


def _agrees_to_sample() -> bool:
    """Offer the deck that comes along, once; the end of the input is a no."""
    from srs.cli.sample import sample_size

    size = sample_size()
    sys.stdout.write(
        f"No cards yet. A deck of {size} cards on container registries comes with srs.\nStart with it? [Y/n] "
    )
    sys.stdout.flush()
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
        raise
    if not line.endswith("\n"):
        sys.stdout.write("\n")
    return bool(line) and line.strip().lower() in ("", "y", "yes")
