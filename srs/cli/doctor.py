"""`srs doctor`: what is wrong with the database, a sentence each, and its repair."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srs.cli import words
from srs.cli.drawing import harmless
from srs.cli.json_out import print_json
from srs.doctor import Around, Finding, is_healthy, mend
from srs.doctor import examine as look_through
from srs.errors import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.store.doctoring import Rows
    from srs.store.journal import Journal

FOUND = 1
"""The exit code where something is wrong, as of `srs check`; a file that cannot be read has 4."""


def examine(context: Context, *, fix: bool = False, as_json: bool = False) -> int:
    """Run `srs doctor`; returns the exit code.

    Raises:
        DamagedError: pages of the file are damaged, which no repair here can mend.
    """
    with context.peek() as peek:
        found = look_through(peek.rows, _around(context))
        counted = _counts(peek.rows)
    _refuse_damage(context, found)
    backup, fixed = None, []
    if fix and any(finding.repair for finding in found):
        before = found
        backup = context.before("doctor")
        found = _repair(context, before)
        left = {(finding.code, finding.learner) for finding in found}
        fixed = [each for each in before if each.repair and (each.code, each.learner) not in left]
    if as_json:
        print_json(
            {
                "healthy": is_healthy(found),
                "findings": [_json(finding) for finding in found],
                "fixed": [_json(finding) for finding in fixed],
                "backup": None if backup is None else str(backup),
            }
        )
    else:
        _print(found, fixed, backup, counted)
        _print_way_on(found, on_server=context.on_server, offer_fix=not fix)
    return 0 if is_healthy(found) else FOUND


def _around(context: Context) -> Around:
    from srs.synced_folders import synced_by

    now = context.now()
    if context.on_server:
        return Around(now, context.days.day(now))
    mounts = ""
    with suppress(OSError):
        mounts = Path("/proc/mounts").read_text(errors="replace")
    return Around(now, context.days.day(now), synced_by(context.database, mounts))


def _refuse_damage(context: Context, found: list[Finding]) -> None:
    for finding in found:
        if finding.code == "pages":
            told = finding.message.replace("the file is damaged", f"`{context.database}` is damaged", 1)
            raise DamagedError(told, "nothing was changed", path=context.database)


def _repair(context: Context, found: list[Finding]) -> list[Finding]:
    """Repair what can be in one transaction; what is left."""
    with context.open() as collection, collection.database.transaction():
        return mend(
            found,
            _journals(context, collection),
            lambda: look_through(collection.rows, _around(context)),
        )


def _journals(context: Context, collection: Collection) -> Callable[[str], Journal]:
    from srs.store.journal import Journal, Writer

    now = collection.now()

    def journal_of(learner: str) -> Journal:
        writer = Writer(learner, collection.device, now, collection.days.day(now), context.random_bits)
        return Journal(collection.database, writer)

    return journal_of


def _counts(rows: Rows) -> tuple[int, int]:
    """How many answers and cards there are."""
    return rows("SELECT count(*) FROM review", {})[0][0], rows("SELECT count(*) FROM card", {})[0][0]


def _json(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": finding.message,
        "repair": finding.repair,
        "learner": finding.learner,
        "count": finding.count,
        "notice": finding.notice,
    }


def _print(
    found: list[Finding],
    fixed: list[Finding],
    backup: Path | None,
    counted: tuple[int, int],
) -> None:
    lines = [f"Repaired: {finding.message}; {finding.repair}" for finding in fixed]
    lines += [f"{'Note' if finding.notice else 'Wrong'}: {finding.message}" for finding in found]
    if is_healthy(found):
        answers, cards = words.plural(counted[0], "answer"), words.plural(counted[1], "card")
        lines.append(f"All is well now: {answers}, {cards}" if fixed else f"All is well: {answers}, {cards}")
    if backup is not None:
        lines.append(f"The database before it is kept: {backup}")
    sys.stdout.write("".join(f"{harmless(line)}\n" for line in lines))
    sys.stdout.flush()


def _print_way_on(found: list[Finding], *, on_server: bool, offer_fix: bool) -> None:
    if offer_fix and any(finding.repair for finding in found):
        backup = "a backup with `pg_dump`" if on_server else "a backup"
        sys.stderr.write(f"To repair it, after {backup}: srs doctor --fix\n")
    elif not is_healthy(found):
        which = "an older backup of the server" if on_server else "an older backup"
        where = "" if on_server else ": srs backup --list"
        sys.stderr.write(f"This is left; {which} may be without it{where}\n")
