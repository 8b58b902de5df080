"""What an import of an Anki package did, or would do, and what of it could not be carried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from srs.interop import anki_words as words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srs.planned import DeckPlan

NOT_CARRIED: Mapping[str, tuple[str, str]] = {
    # kind: what is said of one, of several
    words.BROKEN: ("card has a broken template", "cards have a broken template"),
    words.EMPTY_FRONT: ("card has an empty front", "cards have an empty front"),
    words.EMPTY_BACK: ("card has an empty back", "cards have an empty back"),
    words.CUT: ("card is too long and was cut", "cards are too long and were cut"),
    words.OCCLUSION: (
        "card covers part of a picture, which is only named here",
        "cards cover part of a picture, which is only named here",
    ),
    words.CUSTOM_DATA: ("card has custom scheduling data", "cards have custom scheduling data"),
    "custom scheduling": ("piece of custom scheduling code", "pieces of custom scheduling code"),
    "filtered": (
        "card is in a filtered deck; here it is in its own",
        "cards are in filtered decks; here they are in their own",
    ),
    "practice": ("answer was practice without rescheduling", "answers were practice without rescheduling"),
    "unusable": ("row of the log cannot be used", "rows of the log cannot be used"),
    "orphan": ("answer is to a deleted card", "answers are to deleted cards"),
    "no answers": (
        "card is scheduled without an answer in the log, so it is new here",
        "cards are scheduled without an answer in the log, so they are new here",
    ),
    "unlike": ("card stands elsewhere here than in Anki", "cards stand elsewhere here than in Anki"),
    "doubled": ("card is there twice", "cards are there twice"),
    "colour": (
        "flag has a colour, and flags here have none",
        "flags have colours, and flags here have none",
    ),
    "steps": ("deck has steps of its own; set yours in the config", "decks have steps of their own"),
    "parameters": (
        "deck has parameters of an older FSRS or unusable ones",
        "decks have parameters of an older FSRS or unusable ones",
    ),
    "siblings": (
        "note has several cards; in the files each is a table of its own and holds no other back",
        "notes have several cards; in the files each is a table of its own and holds no other back",
    ),
    "media": ("file is missing from the package", "files are missing from the package"),
    "other media": (
        "file differs from the one here of its name, which stays",
        "files differ from those here of their names, which stay",
    ),
}
"""Each kind of thing that is not, or not wholly, carried."""


class Left(NamedTuple):
    """How many of a kind were not carried, and one of them."""

    number: int
    example: str


@dataclass(slots=True)
class PackageReport:
    """What a package brought, or would bring.

    `plans` by deck id; `kept` the live answers of changed cards by key. `answers` are those of the
    package, `new` the ones that came in, to `answered` cards; `acts` counts by kind what Anki says of
    cards now that changed something here. `owned` cards are kept in deck files, whose texts stay;
    `midway` histories begin in the middle. `whole` tells a full collection from some decks of one.
    """

    path: str
    whole: bool = False
    cards: int = 0
    notes: int = 0
    plans: dict[str, DeckPlan] = field(default_factory=dict)
    kept: dict[bytes, int] = field(default_factory=dict)
    owned: int = 0
    typed: int = 0
    answers: int = 0
    new: int = 0
    answered: int = 0
    resets: int = 0
    midway: int = 0
    first_day: int | None = None
    last_day: int | None = None
    acts: dict[str, int] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    left: dict[str, Left] = field(default_factory=dict)
    media: int = 0
    media_folder: str | None = None
    files: list[str] = field(default_factory=list)
    zone: str = ""
    rollover: int = 4
    batch: bytes | None = None

    def leave(self, kind: str, example: str, count: int = 1) -> None:
        """Note something that is not carried."""
        before = self.left.get(kind)
        self.left[kind] = Left(before.number + count, before.example) if before else Left(count, example)

    @property
    def changes(self) -> bool:
        """Whether anything is other than before."""
        texts = any(plan.changes_cards for plan in self.plans.values())
        log = self.new or self.resets or self.acts or self.parameters
        return texts or bool(log or self.files or self.media)

    def as_json(self) -> dict[str, Any]:
        """The shape of `srs import FILE.apkg --json`."""
        return {
            "path": self.path,
            "decks": [
                {"deck": deck_id, "name": plan.deck.name, **plan.counts}
                for deck_id, plan in sorted(self.plans.items())
            ],
            "cards": self.cards,
            "notes": self.notes,
            "in_files": self.owned,
            "answers": {
                "in_package": self.answers,
                "new": self.new,
                "cards": self.answered,
                "resets": self.resets,
                "midway": self.midway,
            },
            "acts": self.acts,
            "parameters": self.parameters,
            "media": self.media,
            "files": self.files,
            "not_carried": [
                {"kind": kind, "count": left.number, "example": left.example}
                for kind, left in sorted(self.left.items())
            ],
            "calendar": {"zone": self.zone, "rollover": self.rollover},
        }
