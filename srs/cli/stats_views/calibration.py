"""The view `calibration`: the recall that was predicted against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from srs.calibration import as_json, calibrate
from srs.cli import words
from srs.cli.stats_views import View
from srs.stats import ENOUGH_TO_TELL, interval_words

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
    told = f"predicted {percent_words(found.predicted)}, recalled {percent_words(share.passed / share.total)}"
    told += f" ({interval_words(share, found.predicted)}) of {words.plural(share.total, 'answer')}{period}."
    if share.total < _ENOUGH:
        return f"Too early to judge: {told}"
    low, high = share.interval
    if low <= found.predicted <= high:
        return f"On average predictions fit: {told}"
    return f"You recall {'less' if found.predicted > high else 'more'} than predicted: {told}"


def percent_words(share: float) -> str:
    """A proportion in per cent with one decimal."""
    return f"{100 * share:.1f} %"


def _cells(one: Bin) -> tuple[str, ...]:
    share = one.share
    return (
        f"{100 * one.low:.0f}-{100 * one.high:.0f} %",
        words.digits(share.total),
        percent_words(one.predicted),
        share.percent if share.total >= ENOUGH_TO_TELL else f"{share.passed}/{share.total}",
        f"({interval_words(share)})",
    )


def _spoken(one: Bin) -> str:
    low, high = interval_words(one.share).split("-")
    recalled = f"{words.digits(one.share.passed)} of {words.digits(one.share.total)} recalled"
    return (
        f"Predicted {100 * one.low:.0f} to {100 * one.high:.0f} %, mean {percent_words(one.predicted)}:"
        f" {recalled}, interval {low} to {high} %."
    )


def _facts(found: Calibration, *, spoken: bool) -> list[str]:
    error, chance = found.error or 0.0, found.by_chance or 0.0
    off = f"Expected calibration error {percent_words(error)}"
    log_loss, area = (_estimate(figure, spoken=spoken) for figure in (found.log_loss, found.auc))
    quality = f"Log loss {log_loss}. AUC {area}."
    facts = [
        f"{off}; perfect predictions would show about {percent_words(chance)} by chance.",
        f"{quality} RMSE(bins) {found.rmse_bins or 0.0:.4f}.",
    ]
    return [*facts, f"{rests_on(found)}."]


def rests_on(found: Calibration) -> str:
    """How many answers the figures rest on, and where their predictions are from."""
    rests = f"Rests on {words.plural(found.share.total, 'answer')}"
    if found.replayed and not found.recorded:
        rests += ", all replayed with today's parameters"
    elif found.replayed:
        rests += (
            f": {words.digits(found.recorded)} predicted before they were given,"
            f" {words.digits(found.replayed)} replayed with today's parameters"
        )
    return rests + (f"; {words.digits(found.unknown)} more without a prediction" if found.unknown else "")


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

    bins = [one for one in found.bins if one.share.total >= ENOUGH_TO_TELL]
    if len(bins) < 3 or page.narrow or page.spoken:
        return []
    low = min(int(20 * min(one.predicted, one.share.passed / one.share.total)) / 20 for one in bins)
    middle = round(10 * low + 10) / 20
    labels = [(each, f"{100 * each:.0f} %") for each in (low, middle, 1.0)]
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
