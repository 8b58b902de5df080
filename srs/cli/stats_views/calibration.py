"""The view `calibration`: the recall that was predicted against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs.calibration import as_json, calibrate
from srs.cli import words
from srs.cli.stats_views import View
from srs.stats import interval_words

if TYPE_CHECKING:
    from srs.calibration import Bin, Calibration, Estimate
    from srs.cli.stats_views.page import Page
    from srs.cli.stats_views.source import Source

_ENOUGH = 50
"""Fewer answers say nothing about predictions."""


class _Read(NamedTuple):
    found: Calibration
    period: str


def _read(source: Source) -> _Read:
    narrowed = source.last_days is not None
    found = calibrate(
        source.timeline,
        since=source.since if narrowed else None,
        until=source.until if narrowed else None,
    )
    return _Read(found, source.period)


def _shape(read: _Read) -> dict[str, Any]:
    return {"calibration": as_json(read.found)}


def _rows(read: _Read, page: Page) -> list[Text]:
    found = read.found
    drawn = page.head(_headline(found, read.period))
    if not found.share.total:
        return drawn
    facts = _facts(found, spoken=page.spoken)
    if page.spoken:
        return drawn + page.notes(*(_spoken(one) for one in found.bins), *facts)
    heads = (
        ("predicted", "answers", "mean", "came true")
        if page.narrow
        else ("predicted", "answers", "mean", "came true", "")
    )
    rows = [_cells(one)[: len(heads)] for one in found.bins]
    return [*drawn, Text(), *page.table(heads, rows), *_chart(found, page), Text(), *page.notes(*facts)]


def _headline(found: Calibration, period: str) -> str:
    share = found.share
    if not share.total or found.predicted is None or share.interval is None:
        return f"No answer after a day or more{period}, so no prediction to check."
    told = f"predicted {_percent(found.predicted)}, recalled {_percent(share.passed / share.total)}"
    told += f" ({interval_words(share, found.predicted)}) of {words.plural(share.total, 'answer')}{period}."
    if share.total < _ENOUGH:
        return f"Too early to judge: {told}"
    low, high = share.interval
    if low <= found.predicted <= high:
        return f"On average predictions fit: {told}"
    return f"You recall {'less' if found.predicted > high else 'more'} than predicted: {told}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _cells(one: Bin) -> tuple[str, ...]:
    share = one.share
    return (
        f"{100 * one.low:.0f}-{100 * one.high:.0f} %",
        words.digits(share.total),
        _percent(one.predicted),
        f"{share.percent} %" if share.total >= 20 else f"{share.passed}/{share.total}",
        f"({interval_words(share)})",
    )


def _spoken(one: Bin) -> str:
    low, high = interval_words(one.share).split("-")
    return (
        f"Predicted {100 * one.low:.0f} to {100 * one.high:.0f} %, mean {_percent(one.predicted)}:"
        f" {one.share.passed} of {one.share.total} recalled, interval {low} to {high} %."
    )


def _facts(found: Calibration, *, spoken: bool) -> list[str]:
    error, chance = found.error or 0.0, found.by_chance or 0.0
    off = f"Expected calibration error {_percent(error)}"
    log_loss, area = (_estimate(figure, spoken=spoken) for figure in (found.log_loss, found.auc))
    quality = f"Log loss {log_loss}. AUC {area}."
    facts = [
        f"{off}; perfect predictions would show about {_percent(chance)} by chance.",
        f"{quality} RMSE(bins) {_percent(found.rmse_bins or 0.0)}.",
    ]
    rests = f"Rests on {words.plural(found.share.total, 'answer')}"
    if found.replayed:
        rests += (
            f": {words.digits(found.recorded)} predicted before they were given,"
            f" {words.digits(found.replayed)} replayed with today's parameters"
        )
    if found.unknown:
        rests += f"; {words.digits(found.unknown)} more without a prediction"
    return [*facts, f"{rests}."]


def _estimate(figure: Estimate, *, spoken: bool) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "-"
    told = f"{figure.value:.3f}"
    if figure.high == float("inf"):
        return told
    if spoken:
        return f"{told}, interval {figure.low:.3f} to {figure.high:.3f}"
    return f"{told} ({figure.low:.3f}-{figure.high:.3f})"


def _chart(found: Calibration, page: Page) -> list[Text]:
    """Predicted across, recalled up; on the line predictions come true."""
    from srs.cli.charts import Axis, Series

    bins = [one for one in found.bins if one.share.total >= 20]
    if len(bins) < 3 or page.narrow or page.spoken:
        return []
    low = min(int(20 * min(one.predicted, one.share.passed / one.share.total)) / 20 for one in bins)
    middle = (low + 1) / 2
    labels = [(low, f"{100 * low:.0f} %"), (middle, f"{100 * middle:.3g} %"), (1.0, "100 %")]
    chart = page.chart(
        [
            Series([low, 1.0], [low, 1.0]),
            Series(
                [one.predicted for one in bins], [one.share.passed / one.share.total for one in bins], "o"
            ),
        ],
        across=Axis(low, 1.0, labels),
        up=Axis(low, 1.0, labels),
    )
    return [Text(), *chart, *page.notes("o: recalled, over what was predicted; on the line it comes true.")]


VIEWS = {"calibration": View(_read, _shape, _rows)}
