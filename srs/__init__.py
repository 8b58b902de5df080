"""Flashcards as text in git, reviews in a terminal, FSRS deciding what is due.

The front door for Python users is `Collection`:

    from srs import Collection, Rating
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` would cost every start 7 ms

__version__ = "0.1.0"

__all__ = ["Collection", "Rating", "SrsError", "__version__"]

if TYPE_CHECKING:
    from srs.collection import Collection
    from srs.errors import SrsError
    from srs.model import Rating

_HOMES = {"Collection": "srs.collection", "Rating": "srs.model", "SrsError": "srs.errors"}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: `import srs` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - late on purpose

    return getattr(import_module(_HOMES[name]), name)
