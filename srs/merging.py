"""`srs merge`: the log of another database comes in, as far as it is this person's.

Whose a line is says the device that wrote it: one that has joined, or whose lines are here already, is
known; of any other it must be said who it is, once. Everything is taken in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from srs import __version__
from srs.errors import UsageError
from srs.log_values import is_name
from srs.store import devices
from srs.store.merging import Taken, take_values
from srs.store.other import OtherDatabase
from srs.sync_joining import refuse_slip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from srs.collection import Collection
    from srs.store.merging import Progress
    from srs.store.other import Writer


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What came of a merge: what was taken, for whom, and which devices' lines were refused.

    `taken` is by learner of this database; `joined` are devices that joined with it.
    """

    path: str
    taken: dict[str, Taken] = field(default_factory=dict)
    refused: tuple[Writer, ...] = ()
    joined: tuple[devices.Device, ...] = ()
    nameless: int = 0
    """Damaged lines that tell no learner or device."""

    @property
    def total(self) -> Taken:
        """What was taken for all learners together."""
        return sum(self.taken.values(), Taken(damaged=self.nameless))

    @property
    def exit_code(self) -> int:
        """5 when lines were refused, 1 when some were damaged, else 0."""
        if self.refused:
            return 5
        return 1 if self.total.damaged else 0

    def as_json(self) -> dict[str, Any]:
        """The shape of `srs merge --json`."""
        total = self.total
        return {
            "file": self.path,
            "answers": total.answers,
            "acts": total.acts,
            "known": total.known,
            "damaged": total.damaged,
            "unknown": total.unknown,
            "learners": {
                learner: {"answers": taken.answers, "acts": taken.acts, "known": taken.known}
                for learner, taken in sorted(self.taken.items())
            },
            "joined": [{"device": one.id, "learner": one.learner} for one in self.joined],
            "refused": [one._asdict() for one in self.refused],
        }


def check_other(path: Path) -> None:
    """Look whether a file can be merged at all, before anything is made or changed for it.

    Raises:
        NotFoundError: there is no such file.
        DatabaseError: it is no whole database of srs.
    """
    with OtherDatabase(str(path), __version__):
        pass


def merge(
    collection: Collection,
    path: Path,
    *,
    as_whom: str | None = None,
    back_up: Callable[[], object] = lambda: None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> MergeReport:
    """Take the lines of another database in.

    Lines of devices that have not joined are refused, unless `as_whom` says for which learner of this
    database they count, `LEARNER` or `NAME=LEARNER`; they have joined as that one from then on.
    `back_up` is called before anything is written.

    Raises:
        UsageError: several learners wait, and `as_whom` names none of them.
        NotFoundError: there is no such file.
        DatabaseError: one of the two databases cannot be used; nothing was changed.
    """
    with OtherDatabase(str(path), __version__) as other:
        found = other.writers()
        writers = [one for one in found if is_name(one.learner) and (is_name(one.device) or not one.device)]
        nameless = sum(one.answers + one.acts for one in {*found} - {*writers})
        whose, refused = _whose(collection, path, writers, as_whom)
        if not whose:
            return MergeReport(str(path), refused=refused, nameless=nameless)
        back_up()
        taken: dict[str, Taken] = defaultdict(Taken)
        with collection.journal() as journal:
            new = {one: learner for one, learner in whose.items() if not _has_joined(collection, one)}
            for (device, known_as), learner in new.items():
                name = other.names().get(device, "")
                devices.join(journal.of(learner), device, known_as, name=name)
            for known_as, learner in sorted({(one[1], learner) for one, learner in whose.items()}):
                some = {device for (device, as_), to in whose.items() if (as_, to) == (known_as, learner)}
                parts = other.parts(known_as, some)
                taken[learner] += take_values(journal.of(learner), parts, progress=progress)
        joined = tuple(devices.Device(*one, learner, "") for one, learner in sorted(new.items()))
        return MergeReport(str(path), dict(taken), refused, joined, nameless)


def _has_joined(collection: Collection, one: tuple[str, str]) -> bool:
    """Whether a device and the learner it wrote for are known; this device is."""
    if one == (collection.device, collection.learner) or not one[0]:
        return True
    return devices.learner_of(collection.rows, *one) is not None


def _whose(
    collection: Collection, path: Path, writers: list[Writer], as_whom: str | None
) -> tuple[dict[tuple[str, str], str], tuple[Writer, ...]]:
    """For whom the lines of each device and learner count, and the devices that are refused."""
    whose: dict[tuple[str, str], str] = {}
    refused = []
    for writer in writers:
        one = writer.device, writer.learner
        if not writer.device:
            continue
        learner = devices.learner_of(collection.rows, *one)
        if learner is None and one == (collection.device, collection.learner):
            learner = collection.learner
        if learner is None:
            refused.append(writer)
        else:
            whose[one] = learner
    if as_whom is not None:
        waiting = {writer.learner for writer in refused}
        known_as, learner = _meant(path, waiting, as_whom)
        here = {collection.learner, *devices.learners_here(collection.rows), *waiting}
        refuse_slip(learner, here, ("merge", str(path), "--as", as_whom))
        whose |= {(each.device, each.learner): learner for each in refused if each.learner == known_as}
        refused = [each for each in refused if each.learner != known_as]
    for writer in writers:
        # Answers whose import is not told of are vouched for by the other devices of their learner.
        vouched = {learner for (_, known_as), learner in whose.items() if known_as == writer.learner}
        if not writer.device and len(vouched) == 1:
            whose["", writer.learner] = vouched.pop()
        elif not writer.device:
            refused.append(writer)
    return whose, tuple(refused)


def _meant(path: Path, waiting: set[str], as_whom: str) -> tuple[str | None, str]:
    """The learner there whom `--as` means, and as whom here; None there: nobody waits.

    Who shares a database does not become one person by it.
    """
    known_as, given, learner = as_whom.rpartition("=")
    if given and known_as in waiting and learner:
        return known_as, learner
    if as_whom in waiting or len(waiting) < 2:
        return as_whom if as_whom in waiting else next(iter(waiting), None), as_whom
    names = sorted(waiting)
    raise UsageError(
        f"several learners in {path.name} have never joined: {', '.join(names)}; nothing was changed",
        f"say it of one after the other: `--as {names[0]}={learner}`",
    )
