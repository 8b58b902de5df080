"""`srs sync`: a shared folder, what went out and came in, and what is said of it."""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs import places
from srs.cli.ansi import print_rows
from srs.cli.drawing import harmless, in_ascii
from srs.cli.json_out import print_json
from srs.cli.words import digits, listed, plural
from srs.deck.clean import clean_line
from srs.errors import UsageError
from srs.sync import sync
from srs.sync_files import list_files
from srs.sync_lock import one_at_a_time
from srs.sync_news import files_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from srs.cli.context import Context
    from srs.collection import Collection
    from srs.sync_git import GitReport, Repository
    from srs.sync_joining import Stranger
    from srs.sync_report import SyncReport

TROUBLES_SHOWN = 20
TURNS = 3
DOUBLED = (
    "Another computer has the device id of this one, as after a disk was copied: this one has a new id now;"
    " let it in on the others as a new device."
)
EXIT_REFUSED, EXIT_DAMAGED = 5, 1


def run_sync(
    context: Context,
    folder: str | None,
    *,
    as_name: str | None = None,
    git: bool = False,
    anew: bool = False,
    as_json: bool = False,
) -> int:
    """Sync with a folder, the one of the settings if none is given, and say what it did; the exit code."""
    if folder is None:
        folder, git = context.settings.sync, git or context.settings.sync_git
    if folder is None:
        hint = "`srs sync DIR`, or once: `srs config set sync DIR`"
        raise UsageError("no folder to sync with is given", hint)
    folder = os.path.expanduser(folder)  # noqa: PTH111 - a text all the way, as a person typed it
    list_files(folder)  # before a database is made for a folder that is not there
    state = places.state_dir()
    name = places.device_name(state)
    with _one_git_at_a_time(state, git=git), context.open(create=True) as collection:
        repository = _repository(folder, context) if git else None
        if repository is not None:
            repository.pull(files_of(folder, collection.device))
        how = _How(folder, name, state, as_name=as_name, anew=anew, as_json=as_json)
        report, new_id = _sync_in_turns(context, collection, how, repository)
    done = repository.report if repository is not None else None
    if as_json:
        print_json(_json(report, done, new_id))
    elif done is not None and done.offline is not None:
        print_sentences(context, [offline_sentence(done.offline)])
    return exit_code(report)


class _How(NamedTuple):
    """What a person asked for, with whom this device is."""

    folder: str
    name: str
    state: str
    as_name: str | None
    anew: bool
    as_json: bool


def _sync_in_turns(
    context: Context, collection: Collection, how: _How, repository: Repository | None
) -> tuple[SyncReport, str | None]:
    """Sync and push, again where another computer has the same id; and the new id, where this one got one."""
    new_id = None
    for _ in range(TURNS):
        said = []
        if repository is not None and repository.report.doubled:
            repository.report.doubled = False
            new_id = collection.device = places.renew_device_id(how.state, context.random_bits)
            said = [DOUBLED]
        report = _sync_once(context, collection, how)
        if not how.as_json:
            print_sentences(context, [*said, *told(report, srs=context.command)])
        if repository is None:
            break
        repository.push(report.own_files, commit_message(report))
        if not repository.report.doubled:
            break
    return report, new_id


def _sync_once(context: Context, collection: Collection, how: _How) -> SyncReport:
    from srs.cli.progress import Progress

    with Progress(quiet=how.as_json) as progress:
        report = sync(
            collection,
            how.folder,
            name=how.name,
            state=how.state,
            as_name=how.as_name,
            anew=how.anew,
            back_up=lambda: context.before("merge"),
            waits=_say_that_it_waits,
            progress=progress,
        )
        progress.done()
    return report


def _repository(folder: str, context: Context) -> Repository:
    from srs.sync_git import Repository

    return Repository(folder, context.env)


def _one_git_at_a_time(state: str, *, git: bool) -> AbstractContextManager[None]:
    return one_at_a_time(state, _say_that_it_waits, what="git") if git else nullcontext()


def _say_that_it_waits() -> None:
    sys.stderr.write("waiting for another sync of this device …\n")


def offline_sentence(told: str) -> str:
    """What is said where git cannot reach the other side, with its own words."""
    return f"git could not reach the other side: {told}; it goes out next time."


def commit_message(report: SyncReport | None) -> str:
    """What a commit of this device's lines is called; without a report of a sync they are older."""
    if report is None:
        return f"srs: lines of {clean_line(places.device_name(places.state_dir()))}"
    return f"srs: {plural(report.sent, 'line')} of {clean_line(report.name)}"


def print_sentences(context: Context, sentences: list[str]) -> None:
    """Say sentences on stderr; names in them may come from anybody."""
    rows = [harmless(clean_line(sentence)) for sentence in sentences]
    ascii_only = context.ascii_only
    print_rows([Text(in_ascii(row) if ascii_only else row, end="") for row in rows], sys.stderr, context.env)


def exit_code(report: SyncReport) -> int:
    """5 when lines of strangers were refused, 1 when some were damaged or could not be sent, else 0."""
    if report.strangers:
        return EXIT_REFUSED
    return EXIT_DAMAGED if report.troubles or report.doubtful or report.unsent else 0


def told(report: SyncReport, *, srs: str = "srs") -> list[str]:
    """What is said of a sync: what moved, then what needs somebody."""
    return [*_joined(report), _moved(report), *warnings_of(report, srs=srs)]


def warnings_of(report: SyncReport, *, srs: str = "srs", brief: bool = False) -> list[str]:
    """What is said of a sync even where it is to be quiet: what needs somebody.

    `srs` is how hints call the program (`Context.command`). `brief` where the folder is that of the
    settings and a person did not ask for a sync: devices that have not joined take a line each.
    """
    said = [
        f"{each.name} has a newer `{each.deck}`; run `srs import`" for each in report.decks if each.is_here
    ]
    if report.unknown:
        belong, meets = (
            ("belongs to a card", "it meets its card")
            if report.unknown == 1
            else ("belong to cards", "they meet their cards")
        )
        said.append(
            f"{plural(report.unknown, 'answer')} {belong} that this database has no text for;"
            f" {meets} when the deck is imported."
        )
        said += [
            f"{each.name} has `{each.deck}`, which is not here." for each in report.decks if not each.is_here
        ]
    if report.newer:
        wait = "waits" if report.newer == 1 else "wait"
        said.append(f"{plural(report.newer, 'line')} of a newer srs {wait} until this one is updated.")
    if report.doubtful:
        what = "line contradicts" if report.doubtful == 1 else "lines contradict"
        said.append(f"{digits(report.doubtful)} {what} the log here, and stayed out.")
    unsent = [f"Nothing was sent: {report.unsent}"] if report.unsent else []
    strangers = _strangers_in_brief(report, srs) if brief else _strangers(report, srs)
    return [*said, *_troubles(report), *_late(report), *strangers, *unsent]


def _moved(report: SyncReport) -> str:
    taken = [
        f"back {digits(each.lines)} of this device's own"
        if each.device == report.device
        else f"{digits(each.lines)} from {each.name}"
        for each in report.taken
    ]
    sent = [f"sent {digits(report.sent)}"] if report.sent else []
    moved = [*sent, *([f"took {listed(taken)}"] if taken else [])]
    if not moved:
        return "Nothing new."
    said = ", ".join(moved)
    return f"{said[0].upper()}{said[1:]}."


def _joined(report: SyncReport) -> list[str]:
    new = f" for {report.joined_as}, who is new here" if report.is_new_learner else ""
    return [
        f"{each.name} has joined; what it wrote for {each.known_as} counts{new}." for each in report.joined
    ]


def _late(report: SyncReport) -> list[str]:
    gone = [
        f"{name} was taken away while it was to be read; the next sync reads it." for name in report.vanished
    ]
    return gone + [f"{name} has not been whole for a day; was it copied to its end?" for name in report.late]


def _troubles(report: SyncReport) -> list[str]:
    shown = report.troubles[:TROUBLES_SHOWN]
    said = [
        f"{each.name}:{each.line}: {each.reason}" if each.line else f"{each.name}: {each.reason}"
        for each in shown
    ]
    more = max(report.damaged, len(report.troubles)) - len(shown)
    return [*said, f"and {plural(more, 'more place', 'more places')} like that"] if more > 0 else said


def _strangers(report: SyncReport, srs: str) -> list[str]:
    if not report.strangers:
        return []
    said = []
    for each in report.strangers:
        wait = "waits" if each.answers == 1 else "wait"
        what = f"{plural(each.answers, 'answer')} of {each.known_as}"
        if not each.answers:
            what, wait = f"What {each.known_as} did besides answering", "waits"
        said.append(f"{what} {wait} in the file of {each.name}, which has never joined.")
    which = shlex.quote(_as_whom(report, report.strangers[0]))
    said.append(f"If they are yours: {srs} sync {shlex.quote(report.folder)} --as {which}")
    return said


def _strangers_in_brief(report: SyncReport, srs: str) -> list[str]:
    said = []
    for each in report.strangers:
        what = plural(each.answers, "answer") if each.answers else "what was done"
        waits = "wait" if each.answers > 1 else "waits"
        which = shlex.quote(_as_whom(report, each))
        said.append(f'{what} of "{each.known_as}" from {each.name} {waits}: {srs} sync --as {which}')
    return said


def _as_whom(report: SyncReport, stranger: Stranger) -> str:
    """What `--as` takes to let one in: the learner alone where it can mean no other device."""
    devices = {each.device: each.name for each in report.strangers}
    if len(devices) == 1:
        return stranger.known_as
    names = Counter(devices.values())
    name = stranger.name if names[stranger.name] == 1 else stranger.device
    return f"{name}={stranger.known_as}"


def _json(report: SyncReport, git: GitReport | None, new_id: str | None) -> dict[str, Any]:
    return {
        "new_id": new_id,
        "folder": report.folder,
        "sent": report.sent,
        "taken": [each._asdict() for each in report.taken],
        "unknown": report.unknown,
        "doubtful": report.doubtful,
        "newer": report.newer,
        "strangers": [each._asdict() for each in report.strangers],
        "joined": [each._asdict() for each in report.joined],
        "damaged": report.damaged,
        "troubles": [each._asdict() for each in report.troubles],
        "late": report.late,
        "vanished": report.vanished,
        "decks": [each._asdict() for each in report.decks],
        "devices": report.names,
        "unsent": report.unsent,
        "git": None
        if git is None
        else {
            "pulled": git.pulled,
            "committed": git.committed,
            "pushed": git.pushed,
            "offline": git.offline,
        },
    }
