"""What a plan asks of the database; `store.importing` answers it, and neither room knows the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from srs.planned import Known


class Library(Protocol):
    """What the database knows; every method takes many at once and leaves out what is not there."""

    def of_decks(self, decks: Collection[str]) -> Iterable[Known]:
        """All rows of these decks, retired ones too."""

    def named(self, names: Collection[tuple[str, str]]) -> Iterable[Known]:
        """The rows of these (deck, id), every variant."""

    def keyed(self, keys: Collection[bytes]) -> Iterable[Known]:
        """The rows that stand under these keys."""

    def roots(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """For each key that has a row or is joined to another: the key its row stands under."""

    def entries(self, entries: Collection[bytes]) -> Collection[bytes]:
        """Those of these entries that rows have."""

    def texts(self, keys: Collection[bytes]) -> Mapping[bytes, Mapping[str, str | None]]:
        """The stored `TEXT_FIELDS`, and `tags` and `extra` as JSON, of the rows under these keys."""

    def answered(self, keys: Collection[bytes]) -> Collection[bytes]:
        """Those of these keys that have answers, under themselves or a key joined to them."""

    def needs_elsewhere(
        self, decks: Collection[str]
    ) -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
        """What each live entry of other decks than these waits for, by (deck, id)."""

    def told_key(self, name: str) -> bytes | None:
        """The key of the class of keys that the log told last to have this full name."""

    def newest_name(self, key: bytes) -> str | None:
        """The full name that the log told last of the card under this key."""

    def told_names(self, key: bytes) -> Collection[str]:
        """The full names that renames and joins in the log tell of the card under this key."""
