"""Deck files that changed under a review: one line says so, one key takes them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli.loads import changed_decks
from srs.cli.words import listed, plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from srs.collection import Collection
    from srs.store.heads import Rows


class TakeIn:
    """Offers changed deck files and imports them; a file with problems never stops the review."""

    def __init__(self, rows: Rows, collection: Callable[[], Collection]) -> None:
        self._rows = rows
        self._collection = collection

    def offer(self) -> str | None:
        """The sentence that says which files changed, if any did."""
        changed = changed_decks(self._rows)
        if not changed:
            return None
        files = changed[0] if len(changed) == 1 else plural(len(changed), "deck file")
        return f"{files} changed since it was imported: i takes it in."

    def run(self) -> str:
        """Import the changed files; returns what to say."""
        from pathlib import Path

        from srs.intake import import_decks

        collection = self._collection()
        changed = changed_decks(collection.rows)
        if not changed:
            return "No deck file has changed."
        report = import_decks(collection, [Path(path) for path in changed])
        refused = [result for result in report.files if result.refused]
        if refused:
            problems = sum(len(result.problems) for result in refused)
            return (
                f"{refused[0].path} was not taken in, {plural(problems, 'problem')}: srs import lists them."
            )
        counts = [result.counts for result in report.files]
        told = [
            f"{number} {word}"
            for word in ("added", "updated", "moved", "retired", "revived")
            if (number := sum(count[word] for count in counts))
        ]
        return f"Taken in: {listed(told)}." if told else "Taken in: the cards are as they were."
