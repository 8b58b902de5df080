"""The view `retention`: the table of the half screen alone, and how to tell it apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from srs.cli.recall_table import form_for, plain_facts, table
from srs.cli.stats_view import period_words, periods, spoken_period
from srs.cli.stats_views import View
from srs.grouping import GROUPS
from srs.stats import retention_json, verdict_json

if TYPE_CHECKING:
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source
    from srs.stats import Stats


def _read(source: Source) -> Stats:
    return source.summary


def _shape(stats: Stats) -> dict[str, Any]:
    return {
        "retention": {key: retention_json(row) for key, row in stats.retention.items()},
        "desired_retention": stats.aim,
        "verdict": verdict_json(stats.verdict),
    }


def _rows(stats: Stats, page: Page) -> list[Text]:
    drawn = page.head(stats.verdict.sentence)
    if page.spoken:
        for key, row in periods(stats).items():
            period = spoken_period(key)
            facts = plain_facts(period, row) or [f"{period}: no card came back after a day or more."]
            drawn += map(Text, facts)
        return drawn
    rows = [(period_words(key), row) for key, row in periods(stats).items()]
    if not rows:
        return drawn
    apart = f"Told apart: srs stats --by {', '.join(GROUPS)}"
    return [
        *drawn,
        Text(),
        *table(rows, form_for(page.width), more=page.own("…")),
        Text(),
        *page.notes(apart, style="dim"),
    ]


VIEWS = {"retention": View(_read, _shape, _rows)}
