"""The tables, as SQLModel classes (LOG §3); the newest schema, which migrations lead to.

The learner leads every learner key; deck and card tables are reference tables. Reviews, acts and
memories have no foreign key to cards: history outlives text. Ids and keys are 16 bytes, moments ms
since 1970 UTC, study days ints since 1970-01-01.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

_CLUSTERED = {"sqlite_with_rowid": False}


def _partial(name: str, *columns: str, where: str) -> Index:
    """An index over the unshelved rows of one kind of state, the same on SQLite and PostgreSQL."""
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


class MetaRow(SQLModel, table=True):
    """What the database says of itself: its `schema`, and which version of srs it was `written_by`."""

    __tablename__: ClassVar[Any] = "meta"
    __table_args__ = (_CLUSTERED,)

    name: str = Field(primary_key=True)
    value: str


class DeckRow(SQLModel, table=True):
    """A deck: its head, and the file it was read from as it was then.

    `content_hash` is empty when the file must be read again whatever its bytes are.
    """

    __tablename__: ClassVar[Any] = "deck"

    id: str = Field(primary_key=True)
    name: str
    description: str = ""
    desired_retention: float | None = None
    origin: str = "file"
    path: str | None = None
    content_hash: str = ""
    size: int | None = Field(default=None, sa_type=BigInteger)
    mtime_ns: int | None = Field(default=None, sa_type=BigInteger)
    extra: str = "{}"


class CardRow(SQLModel, table=True):
    """A card's text, under the key it was given first and its name of today."""

    __tablename__: ClassVar[Any] = "card"
    __table_args__ = (
        Index("card_name", "deck", "id", "variant", unique=True),
        Index("card_entry", "entry"),
    )

    key: bytes = Field(primary_key=True)
    deck: str
    id: str
    variant: str = ""
    entry: bytes
    position: int
    retired: int = 0
    line: int | None = None
    term: str | None = None
    scenario: str | None = None
    question: str
    answer: str
    explanation: str | None = None
    source: str | None = None
    tags: str = "[]"
    extra: str = "{}"
    content_hash: bytes


class AliasRow(SQLModel, table=True):
    """A key that means another card: `old` is any key of a class, `card` the key its row stands under."""

    __tablename__: ClassVar[Any] = "alias"
    __table_args__ = (Index("alias_card", "card"), _CLUSTERED)

    old: bytes = Field(primary_key=True)
    card: bytes


class CardTagRow(SQLModel, table=True):
    """The tags of cards, for filters; derived from `card.tags`."""

    __tablename__: ClassVar[Any] = "card_tag"
    __table_args__ = (Index("card_tag_card", "card"), _CLUSTERED)

    tag: str = Field(primary_key=True)
    card: bytes = Field(primary_key=True)


class CardNeedRow(SQLModel, table=True):
    """Which entries a card waits for while it is new, by name; derived from the `needs` of its file."""

    __tablename__: ClassVar[Any] = "card_need"
    __table_args__ = (_CLUSTERED,)

    card: bytes = Field(primary_key=True)
    deck: str = Field(primary_key=True)
    id: str = Field(primary_key=True)


class ReviewRow(SQLModel, table=True):
    """An answer, a line of the log; only `undone` and `follows`, which are derived, ever change."""

    __tablename__: ClassVar[Any] = "review"
    __table_args__ = (
        Index(
            "review_fold",
            *("learner", "card", "id", "study_day", "rating", "state_after", "undone", "follows"),
        ),
        Index("review_day", "learner", "study_day", "card", "id", "rating", "interval_before", "undone"),
        _partial("review_batch", "learner", "batch", where="batch IS NOT NULL"),
        _CLUSTERED,
    )

    learner: str = Field(primary_key=True)
    id: bytes = Field(primary_key=True)
    card: bytes
    at: int = Field(sa_type=BigInteger)
    study_day: int
    rating: int
    took_ms: int | None = Field(default=None, sa_type=BigInteger)
    revealed_ms: int | None = Field(default=None, sa_type=BigInteger)
    utc_offset: int | None = None
    mode: str | None = None
    hinted: int | None = None
    response: str | None = None
    after: bytes | None = None
    state_before: int | None = None
    interval_before: int | None = None
    difficulty_before: float | None = None
    recall: float | None = None
    state_after: int | None = None
    step_after: int | None = None
    due_day: int | None = None
    due_at: int | None = Field(default=None, sa_type=BigInteger)
    options: bytes | None = None
    device: str
    batch: bytes | None = None
    undone: int = 0
    follows: int = 0


class ActRow(SQLModel, table=True):
    """An act, a line of the log; only `undone`, which is derived, ever changes."""

    __tablename__: ClassVar[Any] = "act"
    __table_args__ = (
        Index("act_card", "learner", "card", "kind", "id"),
        Index("act_target", "learner", "target"),
        Index("act_cause", "learner", "cause"),
        Index("act_kind", "learner", "kind", "id"),
        _CLUSTERED,
    )

    learner: str = Field(primary_key=True)
    id: bytes = Field(primary_key=True)
    kind: str
    card: bytes | None = None
    target: bytes | None = None
    cause: bytes | None = None
    at: int = Field(sa_type=BigInteger)
    study_day: int
    payload: str = "{}"
    device: str
    undone: int = 0


class OptionsRow(SQLModel, table=True):
    """A set of options by its hash; derived from the log's options lines."""

    __tablename__: ClassVar[Any] = "options"
    __table_args__ = (_CLUSTERED,)

    learner: str = Field(primary_key=True)
    hash: bytes = Field(primary_key=True)
    body: str


class MemoryRow(SQLModel, table=True):
    """What FSRS believes about a card: the fold of its lines, kept to be quick.

    `shelf` is 1 when suspended or retired: out of the partial indexes the queue walks.
    """

    __tablename__: ClassVar[Any] = "memory"
    __table_args__ = (
        _partial("memory_due_day", "learner", "due_day", "card", where="shelf = 0 AND state = 2"),
        _partial("memory_due_at", "learner", "due_at", "card", where="shelf = 0 AND state IN (1, 3)"),
        _partial("memory_new", "learner", "deck", "position", "card", where="shelf = 0 AND state = 0"),
        _partial("memory_buried", "learner", "buried_until", where="buried_until IS NOT NULL"),
        Index("memory_entry", "learner", "entry", "last_day"),
        _CLUSTERED,
    )

    learner: str = Field(primary_key=True)
    card: bytes = Field(primary_key=True)
    entry: bytes
    deck: str
    position: int = 0
    state: int = 0
    step: int | None = None
    stability: float | None = None
    difficulty: float | None = None
    due_day: int | None = None
    due_at: int | None = Field(default=None, sa_type=BigInteger)
    last_at: int | None = Field(default=None, sa_type=BigInteger)
    last_day: int | None = None
    last_id: bytes | None = None
    reps: int = 0
    lapses: int = 0
    passed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    suspended: int = 0
    flagged: int = 0
    buried_until: int | None = None
    shelf: int = 0


class DailyRow(SQLModel, table=True):
    """What the live answers of a study day and deck came to: the fields of `store.daily.Sums`.

    `part` is "" for all of them; for `hour`, `mode` and `state` (before the answer) `slot` tells which,
    "" where it is not recorded. The deck is that of the card today, "" for a card without text.
    """

    __tablename__: ClassVar[Any] = "daily"
    __table_args__ = (_CLUSTERED,)

    learner: str = Field(primary_key=True)
    part: str = Field(primary_key=True)
    study_day: int = Field(primary_key=True)
    deck: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    again: int
    hard: int
    good: int
    easy: int
    timed: int
    ms: int = Field(sa_type=BigInteger)
    new_ms: int = Field(sa_type=BigInteger)
    new_cards: int
    review_cards: int
    cards: int
    right: int
    young_passed: int
    young_total: int
    mature_passed: int
    mature_total: int


class DailyMarkRow(SQLModel, table=True):
    """The newest answer there was when a learner's days were summed last."""

    __tablename__: ClassVar[Any] = "daily_mark"
    __table_args__ = (_CLUSTERED,)

    learner: str = Field(primary_key=True)
    id: bytes


class DailyStaleRow(SQLModel, table=True):
    """A study day whose sums are not right any more, because something at or below the mark changed."""

    __tablename__: ClassVar[Any] = "daily_stale"
    __table_args__ = (_CLUSTERED,)

    learner: str = Field(primary_key=True)
    study_day: int = Field(primary_key=True)


class TwinRow(SQLModel, table=True):
    """An imported answer that came in once more, with another import: the version that does not count now.

    The row of `review` holds the version that does: that of the least live batch. `line` is the answer
    as `store.twins` packs it, `n` the arrival it came with (0: written here), `source` where from.
    """

    __tablename__: ClassVar[Any] = "twin"
    __table_args__ = (Index("twin_batch", "learner", "batch"), Index("twin_n", "learner", "n"), _CLUSTERED)

    learner: str = Field(primary_key=True)
    id: bytes = Field(primary_key=True)
    batch: bytes = Field(primary_key=True)
    line: str
    source: str = ""
    n: int = Field(default=0, sa_type=BigInteger)


class ArrivalRow(SQLModel, table=True):
    """Lines that were read from elsewhere, in the order they came: 16-byte ids in a row, in their order.

    Those that were `known` did not come in, they were only seen there.
    """

    __tablename__: ClassVar[Any] = "arrival"
    __table_args__ = (_CLUSTERED,)

    learner: str = Field(primary_key=True)
    n: int = Field(primary_key=True, sa_type=BigInteger)
    source: str
    known: int = 0
    ids: bytes


class SyncMarkRow(SQLModel, table=True):
    """What a device has sent to a place: lines up to an id, arrivals up to a number."""

    __tablename__: ClassVar[Any] = "sync_mark"
    __table_args__ = (_CLUSTERED,)

    place: str = Field(primary_key=True)
    device: str = Field(primary_key=True)
    learner: str = Field(primary_key=True)
    sent_to: bytes
    arrived_to: int = Field(sa_type=BigInteger)


class SyncFileRow(SQLModel, table=True):
    """How far a device has read a file of a place, and what tells that it is still the same file."""

    __tablename__: ClassVar[Any] = "sync_file"
    __table_args__ = (_CLUSTERED,)

    place: str = Field(primary_key=True)
    device: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    read_to: int = Field(sa_type=BigInteger)
    head_hash: str


class DeviceRow(SQLModel, table=True):
    """A device that has joined: as whom the lines count that it wrote for the learner `known_as`."""

    __tablename__: ClassVar[Any] = "device"
    __table_args__ = (_CLUSTERED,)

    id: str = Field(primary_key=True)
    known_as: str = Field(primary_key=True)
    learner: str
    name: str = ""
