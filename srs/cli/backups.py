"""`srs backup` and `srs restore`, and how a damaged database is told together with its newest backup."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from srs import __version__, clock, places
from srs.backup import Backup, Reason
from srs.cli import words
from srs.cli.drawing import harmless
from srs.cli.json_out import print_json
from srs.errors import NotFoundError, RefusedError, UsageError
from srs.safe import Safe

if TYPE_CHECKING:
    from datetime import tzinfo

    from srs.cli.context import Context
    from srs.safe import Replacing
    from srs.store.backups import Facts

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def safe_of(context: Context) -> Safe:
    """The safe of the database in use.

    Raises:
        UsageError: it is on a server, which has backups of its own.
    """
    if "://" in context.database:
        raise UsageError(
            "this database is on a server, and backups here are of files",
            "ask who runs it; PostgreSQL's own is `pg_dump`",
        )
    folder = places.backups_dir(context.database)
    return Safe(context.database, folder, now=context.now, zone=lambda: context.days.zone)


# Making


def make_backup(context: Context, file: str | None, *, force: bool = False, as_json: bool = False) -> int:
    """Run `srs backup [FILE]`; returns the exit code."""
    safe = safe_of(context)
    context.peek(older=True).close()
    if file is None:
        if force:
            raise UsageError("`--force` needs a FILE", "`srs backup FILE --force` overwrites it")
        path = safe.keep(Reason.ASKED)
        if path is None:
            from srs.store.peek import missing

            raise missing(context.database)
        answers = safe.backups()[0].answers
    else:
        path = Path(file).expanduser()
        answers = _write(context, path, force=force)
    size = path.stat().st_size
    if as_json:
        print_json({"path": str(path.absolute()), "answers": answers, "size": size})
        return 0
    told = f"Kept a backup with {words.plural(answers, 'answer')}, {size_text(size)}: {path}"
    sys.stdout.write(f"{harmless(told)}\n")
    return 0


def _write(context: Context, path: Path, *, force: bool) -> int:
    from srs.store.backups import write_copy

    if path.is_dir():
        raise UsageError(
            f"`{path}` is a folder", f"name a file in it: `srs backup {_quoted(path / 'srs.db.gz')}`"
        )
    if not path.parent.is_dir():
        raise NotFoundError(f"there is no folder `{path.parent}`", "make it first")
    if path.exists() and path.samefile(context.database):
        raise UsageError("that file is the database itself", "name another file")
    try:
        return write_copy(Path(context.database), path, overwrite=force, now=context.now() / 1000)
    except FileExistsError:
        raise RefusedError(
            f"`{path}` is there already; nothing was written", "`--force` overwrites it"
        ) from None


# Listing


def list_backups(
    context: Context, *, file: str | None = None, force: bool = False, as_json: bool = False
) -> int:
    """Run `srs backup --list`; returns the exit code."""
    if file is not None or force:
        raise UsageError("`--list` takes no FILE and no `--force`", "`srs backup FILE` writes a backup")
    safe = safe_of(context)
    found = [(backup, safe.size(backup)) for backup in safe.backups()]
    if as_json:
        print_json({"folder": str(safe.folder), "backups": [_json(safe, *each) for each in found]})
        return 0
    if not found:
        sys.stderr.write(
            "There are no backups yet; the first answer of a day makes one, and so does srs backup.\n"
        )
        return 0
    rows = [_columns(context, *each) for each in found]
    if not sys.stdout.isatty():
        sys.stdout.write("".join("\t".join((*row, name)) + "\n" for *row, name in rows))
        return 0
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for when, age, reason, size, answers, name in rows:
        told = f"{when:<{widths[0]}}  {age:<{widths[1]}}  {reason:<{widths[2]}}  {size:>{widths[3]}}"
        sys.stdout.write(f"{told}  {answers:>{widths[4]}}  {name}\n")
    sys.stdout.write(f"{harmless(f'They are in {safe.folder}')}\n")
    return 0


def _json(safe: Safe, backup: Backup, size: int) -> dict[str, object]:
    return {
        "name": backup.name,
        "path": str(safe.folder / backup.name),
        "at": backup.at.isoformat(),
        "reason": backup.reason.value,
        "size": size,
        "answers": backup.answers,
    }


def _columns(context: Context, backup: Backup, size: int) -> tuple[str, str, str, str, str, str]:
    age = context.now() - round(backup.at.timestamp() * 1000)
    answers = words.plural(backup.answers, "answer") if backup.good else "?"
    return (
        f"{backup.at:%Y-%m-%d %H:%M}",
        age_text(age),
        backup.reason.told,
        size_text(size),
        answers,
        backup.name,
    )


def age_text(ms: int) -> str:
    """How long ago: `just now`, `8 min ago`, `3 days ago`; `in the future` by a clock that was ahead."""
    if ms < -60_000:
        return "in the future"
    if ms < 60_000:
        return "just now"
    days = ms // 86_400_000
    return f"{words.days(days) if days else words.duration(ms // 60_000 * 60_000)} ago"


def size_text(size: int) -> str:
    """A number of bytes in a fitting unit: `340 kB`, `1.2 MB`."""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit and amount < 9.95 else f"{amount:.0f} {_UNITS[unit]}"


# Restoring


def restore_backup(context: Context, file: str, *, yes: bool = False, as_json: bool = False) -> int:
    """Run `srs restore FILE`; returns the exit code."""
    from srs.store.backups import looked_through

    safe = safe_of(context)
    path = safe.find(os.path.expanduser(file))  # noqa: PTH111 - a name in the safe is no path yet
    if path.exists() and safe.database.exists() and path.samefile(safe.database):
        raise UsageError("that file is the database itself", "`srs backup --list` lists your backups")
    with looked_through(path, safe.folder, __version__) as (backup, facts), safe.replacing() as replacing:
        missing = replacing.present.missing_in(backup)
        if not yes:
            _ask(safe, path, replacing, missing)
        done = replacing.carry_out(backup, facts.answers)
    if as_json:
        kept = None if done.kept is None else str(done.kept)
        print_json({"answers": done.answers, "missing": missing, "kept": kept, "schema": facts.schema})
        return 0
    _tell_restored(facts, path, done.kept, damaged=replacing.is_damaged)
    return 0


def _ask(safe: Safe, path: Path, replacing: Replacing, missing: int) -> None:
    """Let the person decide where answers would be missing, or where what is there may be something else.

    Raises:
        RefusedError: nobody can be asked, or the answer is no.
    """
    if not replacing.present.ours:
        raise RefusedError(
            f"`{safe.database}` is a database of another program; nothing was restored",
            "name another with `srs --db PATH restore …`; `--yes` replaces it and keeps a copy",
        )
    merging = f"`srs merge {_quoted(path)}` keeps both"
    if missing:
        count, verb = words.plural(missing, "answer"), "is" if missing == 1 else "are"
        told = f"{count} that {verb} here now {verb} not in that backup"
    elif replacing.is_damaged and not safe.backups():
        told, merging = f"`{safe.database}` is there, and cannot be read as a database", "it would be kept"
    else:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RefusedError(f"{told}; nothing was restored", f"{merging}; `--yes` restores it all the same")
    sys.stdout.write(f"{harmless(told)}. {merging.replace('`', '')}.\nRestore it all the same? [y/N] ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise RefusedError("nothing was restored")


def _tell_restored(facts: Facts, path: Path, kept: Path | None, *, damaged: bool) -> None:
    told = [f"Restored {words.plural(facts.answers, 'answer')} from {path}"]
    if kept is not None and damaged:
        told.append(f"The damaged database is kept, as it was: {kept}")
    elif kept is not None:
        told.append(f"The database before it is kept: srs restore {_quoted(kept.name)}")
    sys.stdout.write("".join(f"{harmless(line)}\n" for line in told))


# Told with a damaged database


def newest_backup_hint(database: str) -> str | None:
    """The hint of a database that cannot be used: its newest good backup and the command; None: none."""
    if not database or "://" in database:
        return None
    try:
        safe = Safe(database, places.backups_dir(database), now=clock.now_ms, zone=_no_zone)
        newest = safe.newest_good()
    except Exception:  # noqa: BLE001 - an error is being told; another one must not take its place
        return None
    if newest is None:
        return None
    with_db = "" if database == places.database_path() else f"--db {_quoted(database)} "
    answers = words.plural(newest.answers, "answer")
    return (
        f"the newest good backup is of {newest.at:%Y-%m-%d %H:%M}, with {answers}:"
        f" `srs {with_db}restore {_quoted(safe.folder / newest.name)}`"
    )


def _no_zone() -> tzinfo:
    raise RuntimeError("no backup is made while an error is told")


def _quoted(path: Path | str) -> str:
    return shlex.quote(str(path))
