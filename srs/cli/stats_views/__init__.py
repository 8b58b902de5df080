"""The views of `srs stats`, one module for those that are read alike; each is loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.text import Text

    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source


class View(NamedTuple):
    """A view: what it reads, its keys of the JSON, and its rows."""

    read: Callable[[Source], Any]
    shape: Callable[[Any], dict[str, Any]]
    rows: Callable[[Any, Page], list[Text]]


_MODULES = {
    "retention": "retention",
    "calibration": "calibration",
    "forecast": "ahead",
    "knowledge": "knowledge",
    "calendar": "activity",
    "time": "activity",
    "hours": "activity",
    "ratings": "activity",
    "intervals": "spread",
    "stability": "spread",
    "difficulty": "spread",
    "retrievability": "spread",
    "hard": "hard",
}

NAMES = tuple(_MODULES)
"""The views that can be named, in the order of `srs stats --all`."""


def view(name: str) -> View:
    """A view by its name, one of `NAMES`."""
    module = import_module(f"srs.cli.stats_views.{_MODULES[name]}")
    found: View = module.VIEWS[name]
    return found
