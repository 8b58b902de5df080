"""The orders of reviews that an index cannot give, made once when a session starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs import queue
from srs.store import heads

if TYPE_CHECKING:
    from srs.store.heads import Rows, Scope


def ordered_reviews(rows: Rows, scope: Scope, order: str) -> list[bytes]:
    """Every review due, in an order an index cannot give: `forgotten`, `random` or `deck`."""
    found = heads.all_reviews(rows, scope)
    if order == "random":
        return queue.shuffled([row.card for row in found], scope.today)
    if order == "deck":
        return [row.card for row in sorted(found, key=lambda row: (row.deck, row.position, row.card))]
    # Retrievability falls with elapsed time over stability whatever the parameters, so this ratio
    # sorts alike and needs no FSRS.
    now = scope.day_end
    return [
        row.card
        for row in sorted(found, key=lambda row: (-(now - row.last_at) / max(row.stability, 1e-9), row.card))
    ]
