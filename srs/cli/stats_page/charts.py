"""Charts as SVG elements, drawn by pygal and coloured by the page's own style sheet.

pygal works out scales, axes, labels, bars, lines and intervals, and gives each part a class; what it adds
for pages with scripts (a script, styles, places for tooltips) is taken out again, and what it would show in
a tooltip is left as the title of each mark, which browsers show without any script.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

from srs.cli.stats_page.library import (
    XY,
    Bar,
    HorizontalBar,
    HorizontalStackedBar,
    Style,
    compute_scale,
)
from srs.cli.stats_page.markup import Element, clean, element

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 440
"""Units across, about as many pixels: so the labels keep their size on a phone and at a desk."""

_HEIGHT = 250
_LABEL, _VALUE = 12, 12
_ROW = 23
"""Units that a row of a chart with rows takes."""
_AROUND = 46
"""What stands above and below its rows."""
_LONGEST_LABEL = 24

_SVG = "{http://www.w3.org/2000/svg}"
_LONG_DECIMALS = re.compile(r"-?\d+\.\d{2,}")
_SERIES = re.compile(r"\bserie-(\d+)\b")
_DRAWN = {"d", "x", "y", "cx", "cy", "width", "height", "transform"}


class Told(NamedTuple):
    """What a chart is called, for those who hear it: an id that no other has, a title, and what it shows."""

    id: str
    title: str
    shows: str


class Series(NamedTuple):
    """Points of one kind: `dots`, `hollow`, `line`, `dashes`, `area`, `band`, `span`; (None, None) is a gap.

    `notes` are what a mark says when it is pointed at.
    """

    kind: str
    points: Sequence[tuple[float | None, float | None]]
    notes: Sequence[str] | None = None


class Axis(NamedTuple):
    """Where an axis begins and ends, and its labels by their places."""

    low: float
    high: float
    labels: Sequence[tuple[float, str]]


# The five forms


def columns(told: Told, bars: Sequence[tuple[str, float, str]], *, every: int, unit: str = "") -> Element:
    """Upright bars of (label, value, note); each `every`th has its label below, the first always."""
    up = scale(max(value for _, value, _ in bars), unit)
    chart = Bar(**_config(_HEIGHT), range=(up.low, up.high), x_labels_major_every=every)
    chart.show_minor_x_labels = False
    chart.y_labels = _labels(up)
    chart.x_labels = [label for label, _, _ in bars]
    chart.add("", [_noted(value, note) for _, value, note in bars])
    return _finished(chart, told, ["bars"])


def rows(told: Told, bars: Sequence[tuple[str, float, str]], *, marked: int | None = None) -> Element:
    """Lying bars of (label, value, note), the first on top, each with its value at its end."""
    across = scale(max(value for _, value, _ in bars))
    chart = HorizontalBar(**_config(_ROW * len(bars) + _AROUND), range=(across.low, across.high))
    chart.margin_right = 40
    chart.print_values, chart.print_values_position = True, "top"
    chart.value_formatter = lambda value: f"{value:,.0f}"
    chart.y_labels = _labels(across)
    chart.x_labels = [_short(label) for label, _, _ in reversed(bars)]
    values = [
        _noted(value, note, class_="marked" if at == marked else "")
        for at, (_, value, note) in enumerate(bars)
    ]
    chart.add("", values[::-1])
    return _finished(chart, told, ["bars"], "lying")


def shares(
    told: Told, names: Sequence[str], parts: Sequence[tuple[str, Sequence[float], Sequence[str]]]
) -> Element:
    """Lying bars that are whole, one of (label, per cent of each name, notes), the first on top."""
    chart = HorizontalStackedBar(**_config(_ROW * 2 * len(parts) + _AROUND), range=(0, 100))
    chart.print_values = True
    chart.y_labels = [{"value": at, "label": f"{at} %"} for at in (0, 25, 50, 75, 100)]
    chart.value_formatter = lambda value: f"{value:.0f} %" if value >= _LEAST_WRITTEN else ""
    chart.x_labels = [label for label, _, _ in reversed(parts)]
    for at, name in enumerate(names):
        chart.add(name, [_noted(each[at], notes[at]) for _, each, notes in reversed(parts)])
    return _finished(chart, told, [f"part-{at}" for at in range(len(names))])


_LEAST_WRITTEN = 9
"""A part that is smaller, in per cent, has no room for its number."""


def plot(
    told: Told,
    series: Sequence[Series],
    *,
    across: Axis,
    up: Axis,
    height: int = _HEIGHT,
    form: str = "",
) -> Element:
    """Points, lines and areas over two axes."""
    chart = XY(
        **_config(height),
        range=(up.low, up.high),
        xrange=(across.low, across.high),
        allow_interruptions=True,
    )
    chart.x_labels, chart.y_labels = _labels(across), _labels(up)
    for one in series:
        notes = one.notes or [""] * len(one.points)
        chart.add(
            one.kind,
            [_noted(point, note) for point, note in zip(one.points, notes, strict=True)],
            stroke=one.kind not in {"dots", "hollow"},
            show_dots=one.kind in {"dots", "hollow"} or one.notes is not None,
            dots_size=4.5 if one.kind in {"dots", "hollow"} else 2.5,
            fill=one.kind in {"area", "band"},
        )
    return _finished(chart, told, [one.kind for one in series], form)


def lanes(
    told: Told,
    marks: Sequence[tuple[str, float | None, tuple[float, float] | None, str]],
    *,
    aim: float | None,
) -> Element:
    """Rows of (label, per cent or none, its interval, note), the first on top, over a scale up to 100 %."""
    lows = [low for _, _, interval, _ in marks if interval for low in interval] + [aim or 100]
    low = max(0, min(90, 10 * int(min(lows) / 10)))
    step = 20 if low < 40 else 10
    first = low - low % step
    places = [float(len(marks) - at) for at in range(len(marks))]
    spans: list[tuple[float | None, float | None]] = []
    for place, (_, _, interval, _) in zip(places, marks, strict=True):
        if interval:
            spans += [(interval[0], place), (interval[1], place), (None, None)]
    dots = [(value, place, note) for place, (_, value, _, note) in zip(places, marks, strict=True)]
    known = [(value, place, note) for value, place, note in dots if value is not None]
    series = [
        Series("span", spans[:-1]),
        Series("dots", [(value, place) for value, place, _ in known], [note for _, _, note in known]),
    ]
    ends = (0.4, len(marks) + 0.6)
    if aim is not None:
        series.insert(0, Series("dashes", [(aim, ends[0]), (aim, ends[1])]))
    return plot(
        told,
        series,
        across=Axis(first, 100, [(at, f"{at} %") for at in range(first, 101, step)]),
        up=Axis(*ends, [(place, _short(mark[0])) for place, mark in zip(places, marks, strict=True)]),
        height=_ROW * len(marks) + _AROUND,
        form="lanes",
    )


def scale(top: float, unit: str = "") -> Axis:
    """An axis of whole numbers from nothing to a round one that is not below `top`, with a few labels."""
    places = compute_scale(0, max(top, 1), False, 0, 3, 6)  # not logarithmic, at least 3 places, at most 6
    step = places[1] - places[0]
    while places[-1] < top:
        places.append(places[-1] + step)
    return Axis(0, places[-1], [(place, f"{place:,.0f}{unit}") for place in places])


# With pygal


def _labels(axis: Axis) -> list[dict[str, Any]]:
    return [{"value": value, "label": label} for value, label in axis.labels]


def _config(height: int) -> dict[str, Any]:
    return {
        "width": WIDTH,
        "height": height,
        "margin": 6,
        "margin_right": 16,
        "spacing": 6,
        "js": (),
        "no_prefix": True,
        "disable_xml_declaration": True,
        "show_legend": False,
        "truncate_label": -1,
        "print_zeroes": True,
        "no_data_text": "",
        "style": Style(label_font_size=_LABEL, major_label_font_size=_LABEL, value_font_size=_VALUE),
    }


def _noted(value: object, note: str, *, class_: str = "") -> dict[str, Any]:
    """A value with what its mark says; without a note, with nothing."""
    return {"value": value, "label": clean(note), "node": {"data-mark": class_} if class_ else {}}


def _short(label: str) -> str:
    text = clean(label)
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"


def _finished(chart: Any, told: Told, kinds: Sequence[str], form: str = "") -> Element:  # noqa: ANN401 - pygal has no types
    """The chart as an element of the page."""
    svg = ET.fromstring(chart.render(is_unicode=True))  # noqa: S314 - made here, a line above
    for node in svg.iter():
        node.tag = node.tag.removeprefix(_SVG)
        _tidy(node, kinds)
    for parent in list(svg.iter()):
        _titled(parent)
    del svg.attrib["id"]
    svg.attrib |= {"class": f"chart {form}".strip()}
    svg.attrib |= {"role": "img", "aria-labelledby": f"{told.id}-title {told.id}-shows"}
    svg[:] = [
        element("title", clean(told.title), id=f"{told.id}-title"),
        element("desc", clean(told.shows), id=f"{told.id}-shows"),
        *svg,
    ]
    return svg


def _tidy(node: Element, kinds: Sequence[str]) -> None:
    """Shorten numbers, and name a series by its kind."""
    for name in _DRAWN & node.attrib.keys():
        node.attrib[name] = _LONG_DECIMALS.sub(
            lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), node.attrib[name]
        )
    named = node.attrib.get("class", "")
    found = _SERIES.search(named)
    if found:
        node.attrib["class"] = f"series {kinds[int(found[1])]}"
    elif named.endswith("tooltip-trigger"):
        node.attrib["class"] = named.split()[0]
    elif named.endswith("reactive") or "reactive nofill" in named:
        node.attrib["class"] = named.replace(" reactive", "")


def _titled(parent: Element) -> None:
    """Leave of the parts for tooltips what a mark says, as its title; drop what nobody sees."""
    note = next((node.text for node in parent if _is(node, "desc", "x_label", "label")), None)
    for node in list(parent):
        if (
            node.tag in {"desc", "defs", "script", "style", "title"}
            or _is(node, "g", "tooltip-overlay", "titles")
            or _is(node, "rect", "background")
            or (node.tag == "g" and not len(node) and not node.attrib.get("transform"))
        ):
            parent.remove(node)
    if note:
        parent.insert(0, element("title", clean(note)))


def _is(node: Element, tag: str, *classes: str) -> bool:
    return node.tag == tag and bool({*classes} & {*node.attrib.get("class", "").split()})
