"""Deck files that changed under a review: one line says so, one key takes them in."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from srs.cli.loads import changed_decks
from srs.cli.words import listed, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srs.collection import Collection
    from srs.model import Problem
    from srs.store.heads import Rows
    from srs.today import Request


class TakeIn:
    """Offers changed deck files and imports them; a file with problems never stops the review."""

    def __init__(
        self, rows: Rows, collection: Callable[[], Collection], request: Request | None = None
    ) -> None:
        """`request` is what the review was asked for: the files of other decks are none of its business."""
        self._rows = rows
        self._collection = collection
        self._request = request

    def offer(self, key: str = "i") -> str | None:
        """The sentence that says which files changed, if any did, and by which key they come in."""
        changed = self._changed(self._rows)
        if not changed:
            return None
        files = changed[0] if len(changed) == 1 else plural(len(changed), "deck file")
        return f"{files} changed since it was imported: {key} takes it in."

    def run(self) -> str:
        """Import the changed files; returns what to say."""
        from pathlib import Path

        from srs.intake import import_decks

        collection = self._collection()
        changed = self._changed(collection.rows)
        if not changed:
            return "No deck file has changed."
        report = import_decks(collection, [Path(path) for path in changed])
        refused = [problem for result in report.files if result.refused for problem in result.problems]
        said = [f"{error.message[:1].upper()}{error.message[1:]}." for error in report.errors]
        if refused:
            said.append(f"Not taken in: {first_problem(refused)}")
        counts = [result.counts for result in report.files]
        told = [
            f"{number} {word}"
            for word in ("added", "updated", "moved", "retired", "revived")
            if (number := sum(count[word] for count in counts))
        ]
        if told:
            said.append(f"Taken in: {listed(told)}.")
        return " ".join(said) or "Taken in: the cards are as they were."

    def _changed(self, rows: Rows) -> list[str]:
        """The changed files of decks that the review asks for."""
        changed = changed_decks(rows)
        if not changed or self._request is None or not (self._request.decks or self._request.tags):
            return changed
        decks, tags = self._request.decks, self._request.tags
        wanted = {path for deck, path in rows("SELECT id, path FROM deck", {}) if not decks or deck in decks}
        if tags:
            wanted &= {
                path
                for tag in tags
                for (path,) in rows(
                    "SELECT DISTINCT d.path FROM card_tag t JOIN card c ON c.key = t.card"
                    " JOIN deck d ON d.id = c.deck WHERE t.tag = :tag",
                    {"tag": tag},
                )
            }
        return [path for path in changed if path in wanted]


def first_problem(problems: Sequence[Problem], path: str | None = None) -> str:
    """The first error of a file as one sentence with its place, and how many more there are."""
    from srs.cli.deck_file import near

    errors = [problem for problem in problems if problem.is_error]
    first = errors[0]
    shown = near(first.path) if path is None else path
    more = f" ({len(errors) - 1} more: srs check {shlex.quote(shown)})" if len(errors) > 1 else ""
    return f"{shown}:{first.line}:{first.column}: {first.code} {first.message}{more}."
