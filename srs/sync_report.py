"""What a sync did, for who tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from srs.sync_files import Trouble
    from srs.sync_joining import Stranger


class FromDevice(NamedTuple):
    """Lines that came from a device, new to the log."""

    device: str
    name: str
    lines: int


class NewerDeck(NamedTuple):
    """A deck that a device of some name has, and that is not here, or here as it was before."""

    name: str
    deck: str
    is_here: bool


@dataclass(slots=True)
class SyncReport:
    """What a sync did.

    `unknown` of the new answers belong to cards without a text here; `doubtful` lines have the id of a
    line that says something else, and were left out. `newer` lines wait for a newer srs, `late` files
    are not whole for more than a day. `joined` devices are those that were let in now.
    """

    folder: str
    device: str = ""
    name: str = ""
    """What people call this device."""
    sent: int = 0
    taken: list[FromDevice] = field(default_factory=list)
    unknown: int = 0
    doubtful: int = 0
    newer: int = 0
    strangers: list[Stranger] = field(default_factory=list)
    joined: list[Stranger] = field(default_factory=list)
    joined_as: str = ""
    is_new_learner: bool = False
    """Whether nobody here was called as they joined."""
    troubles: list[Trouble] = field(default_factory=list)
    damaged: int = 0
    late: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    """Files that a tool took away while they were to be read."""
    decks: list[NewerDeck] = field(default_factory=list)
    own_files: list[str] = field(default_factory=list)
    """The files of this device in the folder."""
    names: dict[str, str] = field(default_factory=dict)
    """What the devices of the folder are called, by their ids."""
    unsent: str | None = None
    """Why nothing could be written into the folder; what others wrote there was taken in."""
