"""Figures on what was remembered: retention, told apart by six things; calibration; ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli import words
from srs.cli.groups_view import group_rows, label_of, note_on
from srs.cli.stats_page.charts import Axis, Series, Told, lanes, plot, shares
from srs.cli.stats_page.figures import (
    SHARE_HEADS,
    Everything,
    Numbers,
    all_answers,
    between,
    figure,
    interval_of,
    percent_of,
    share_note,
    share_row,
)
from srs.cli.stats_page.markup import Element, element, sentence
from srs.cli.stats_view import period_words
from srs.cli.stats_views.activity import rating_shares
from srs.cli.stats_views.calibration import percent_words, rests_on
from srs.stats import ENOUGH_TO_TELL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.activity import Rated
    from srs.calibration import Bin, Calibration, Estimate
    from srs.grouping import Grouped
    from srs.stats import Retention

_MOST_LANES = 24
"""More groups than these are drawn only as far as they have most answers; the table has all."""
_FINE = 40
"""An axis that begins here or above, in per cent, has a label every ten."""
_LANE_KEYS = (("dots", "share recalled"), ("span", "its 95 % interval"))
_AIM_KEY = ("dashes", "your aim")
_RETENTION = (
    "Retention is the share of answers that were not Again, where the card came back after a day or more, its"
    " first answer of that day. Young is an interval under 21 days, mature 21 or more. The 95 % interval"
    " (Wilson) says how far chance alone could have moved the share."
)


def retention(every: Everything) -> Element:
    """By period."""
    stats = every.source.summary
    told = Told("retention", "Retention by period", "The share recalled in each period, with its interval.")
    rows = {period_words(key): row for key, row in stats.retention.items()}
    ever = stats.retention["all"].all
    return figure(
        told,
        f"{share_note('Ever', ever)}." if ever.total else "No answer counts for retention yet.",
        _lanes(told, rows.items(), stats.aim) if ever.total else None,
        means=_RETENTION,
        key=(*_LANE_KEYS, _AIM_KEY) if ever.total else (),
        numbers=Numbers(("period", *SHARE_HEADS), [share_row(name, row) for name, row in rows.items()]),
    )


def groups(every: Everything) -> list[Element]:
    """By deck, tag, level, mode, hour and weekday, as far as there is more than one group."""
    return [_grouped(found) for found in every.groups.values() if len(found.groups) > 1]


def not_told_apart(every: Everything) -> Element | None:
    """By what retention is not told apart, and why."""
    none = [by for by, found in every.groups.items() if not found.groups]
    if none:
        return sentence(
            "Retention is not told apart: no card came back after a day or more in these days.",
            class_="aside",
        )
    alone = [by for by, found in every.groups.items() if len(found.groups) == 1]
    if not alone:
        return None
    return sentence(
        f"By {words.listed(alone)} retention is not told apart: there is only one group in these days.",
        class_="aside",
    )


def _grouped(found: Grouped) -> Element:
    told = Told(f"by-{found.by}", f"Retention by {found.by}", f"The share recalled by {found.by}.")
    rows = [(label_of(name, found.by), row) for name, row in found.groups]
    shown, cut = rows, ""
    if len(rows) > _MOST_LANES:
        fewest = sorted((row.all.total for _, row in rows), reverse=True)[_MOST_LANES - 1]
        shown = [one for one in rows if one[1].all.total >= fewest][:_MOST_LANES]
        cut = f"Drawn are the {_MOST_LANES} with most answers; the table has all {len(rows)}."
    # A deck may have an aim of its own, so decks have none in common.
    aim = None if found.by == "deck" else found.aim
    rests = f"Rests on {words.plural(found.all.all.total, 'answer')} of {words.plural(found.days, 'day')}."
    return figure(
        told,
        group_rows(found, 80, plain=True)[0].plain,
        _lanes(told, shown, aim),
        means=" ".join(part for part in (_BY[found.by], note_on(found), cut, rests) if part),
        key=_LANE_KEYS if aim is None else (*_LANE_KEYS, _AIM_KEY),
        numbers=Numbers(
            (found.by, *SHARE_HEADS), [share_row(name, row) for name, row in (*rows, ("all", found.all))]
        ),
    )


_BY = {
    "deck": "Each answer counts for the deck of its card.",
    "tag": "",
    "level": "",
    "mode": "A mode is how the card was asked: revealed, by choice, typed.",
    "hour": "An hour is that of the wall clock where the answer was given.",
    "weekday": "A weekday is that of the study day.",
}


def _lanes(told: Told, rows: Iterable[tuple[str, Retention]], aim: float | None) -> Element:
    marks = [
        (name, percent_of(row.all), interval_of(row.all), share_note(name, row.all)) for name, row in rows
    ]
    return lanes(told, marks, aim=None if aim is None else 100 * aim)


# Calibration


def calibration(every: Everything) -> Element:
    """What was predicted against what happened."""
    found: Calibration = every.reads["calibration"].found
    period = every.source.period
    told = Told(
        "calibration", f"Calibration{period}", "The share recalled, over the recall that was predicted."
    )
    finding, *_ = every.told["calibration"]
    means = (
        f"Answers{period} are put together by the recall that was predicted for them, in bins 5 % wide. Where"
        " predictions are right, points lie on the dashed line, or at least the line lies within their"
        " intervals."
    )
    if not found.share.total:
        return figure(told, finding, means=means)
    return figure(
        told,
        finding,
        _calibration_plot(told, found.bins),
        _quality(found),
        means=f"{means} {rests_on(found)}.",
        key=(
            ("dots", f"share recalled, {ENOUGH_TO_TELL} answers or more"),
            ("hollow", "fewer answers"),
            ("span", "95 % interval"),
            ("dashes", "where it would come true"),
        ),
        numbers=Numbers(
            ("predicted", "mean predicted", "recalled", "answers", "share", "95 % interval"),
            [
                (
                    _bin(one),
                    percent_words(one.predicted),
                    words.digits(one.share.passed),
                    words.digits(one.share.total),
                    one.share.percent,
                    between(one.share),
                )
                for one in found.bins
            ],
        ),
    )


def _calibration_plot(told: Told, bins: Sequence[Bin]) -> Element:
    spans: list[tuple[float | None, float | None]] = []
    marks: dict[str, list[tuple[float, float, str]]] = {"dots": [], "hollow": []}
    for one in bins:
        low, high = interval_of(one.share) or (0.0, 100.0)
        across = 100 * one.predicted
        spans += [(across, low), (across, high), (None, None)]
        kind = "dots" if one.share.total >= ENOUGH_TO_TELL else "hollow"
        note = share_note(f"Predicted {_bin(one)}", one.share)
        marks[kind].append((across, percent_of(one.share) or 0.0, note))
    left = min(50, 10 * int(10 * min(one.low for one in bins)))
    left = left if left >= _FINE else 0
    bottom = min([left, *(10 * int((up or 0) / 10) for _, up in spans if up is not None)])
    series = [Series("dashes", [(left, left), (100, 100)]), Series("span", spans[:-1])]
    series += [
        Series(kind, [(across, up) for across, up, _ in points], [note for *_, note in points])
        for kind, points in marks.items()
        if points
    ]
    return plot(
        told,
        series,
        across=Axis(left, 100, [(at, f"{at} %") for at in range(left, 101, 10 if left else 20)]),
        up=Axis(bottom, 100, [(at, f"{at} %") for at in range(100, bottom - 1, -20)]),
        height=330,
    )


def _bin(one: Bin) -> str:
    return f"{100 * one.low:.0f} to {100 * one.high:.0f} %"


def _quality(found: Calibration) -> Element:
    """The figures that say how good predictions are, each with what it means."""
    listed = [
        (
            "Expected calibration error",
            f"{percent_words(found.error or 0)}; {percent_words(found.by_chance or 0)} by chance alone",
            "how far bins are off on average, weighed by their answers",
        ),
        (
            "Log loss",
            _estimate(found.log_loss),
            "the mean surprise at what happened; 0 is perfect, smaller is better",
        ),
        (
            "AUC",
            _estimate(found.auc),
            "the chance that a recalled answer was predicted higher than a missed one",
        ),
        (
            "RMSE(bins)",
            f"{found.rmse_bins or 0:.4f}",
            "the root mean square of how far bins of like histories are off",
        ),
    ]
    rows = [
        element("div", element("dt", name), element("dd", element("strong", value), f" {meaning}"))
        for name, value, meaning in listed
    ]
    return element("dl", *rows, class_="quality")


def _estimate(one: Estimate) -> str:
    if one.value is None:
        return "–"
    if one.low is None or one.high is None or one.high == float("inf"):
        return f"{one.value:.3f}"
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


# Ratings


_NAMES = ("again", "hard", "good", "easy")


def ratings(every: Everything) -> Element:
    """By the state that answers met their card in."""
    found: tuple[Rated, ...] = every.reads["ratings"].ratings
    period = every.source.period
    told = Told("ratings", f"Ratings{period}", "How often each rating was given, by the state of the card.")
    parts = []
    for one in found:
        per_cent = [100 * getattr(one, name) / one.share.total for name in _NAMES]
        shared = rating_shares([getattr(one, name) for name in _NAMES])
        notes = [
            f"{_state(one)}: {getattr(one, name):,} {name.capitalize()} of {one.share.total:,} ({share})"
            for name, share in zip(_NAMES, shared, strict=True)
        ]
        parts.append((_state(one), per_cent, notes))
    finding, *_ = every.told["ratings"]
    return figure(
        told,
        finding,
        shares(told, [name.capitalize() for name in _NAMES], parts) if parts else None,
        means=(
            f"{all_answers(period)}, by the state their card was in when it was asked. Passed is all but"
            " Again, with its 95 % interval."
        ),
        key=[(f"part-{at}", name.capitalize()) for at, name in enumerate(_NAMES)],
        numbers=Numbers(
            ("met", "answers", *_NAMES, "passed", "95 % interval"),
            [
                (
                    _state(one),
                    words.digits(one.share.total),
                    *(words.digits(getattr(one, name)) for name in _NAMES),
                    one.share.percent,
                    between(one.share),
                )
                for one in found
            ],
        ),
    )


def _state(one: Rated) -> str:
    return one.state or "not recorded"
