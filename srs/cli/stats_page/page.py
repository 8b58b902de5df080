"""The page itself: what the half screen says, then every view in four parts."""

from __future__ import annotations

from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from srs.cli import words
from srs.cli.stats_page import MADE_BY, cards, doings, recall
from srs.cli.stats_page.figures import between
from srs.cli.stats_page.markup import Element, clean, document, element, sentence
from srs.cli.stats_view import cards_words, days_words, stats_rows, today_words, tomorrow_words
from srs.cli.stats_views.dates import day_words
from srs.days import date_of, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from srs.cli.stats_page.figures import Everything

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Styles of the page itself and nothing else: no script, no picture, font or page from anywhere."""


def page(every: Everything) -> str:
    """The whole page as text; equal figures give equal text."""
    stats = every.source.summary
    title = f"Statistics, {day_words(stats.study_day)} {date_of(stats.study_day).year}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="generator", content=MADE_BY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        _style(),
    )
    parts = _parts(every) if stats.answered_ever else []
    body = element("body", _header(every, parts), element("main", *map(_section, parts)), _footer(every))
    return document(element("html", head, body, lang="en"))


def _style() -> Element:
    made = element("style")
    made.text = files("srs.cli.stats_page").joinpath("style.css").read_text(encoding="utf-8")
    return made


_Part = tuple[str, str, list[Element | None]]


def _parts(every: Everything) -> list[_Part]:
    """The parts of the page: an id, a heading, figures."""
    return [
        (
            "remembered",
            "What was remembered",
            [
                recall.retention(every),
                *recall.groups(every),
                recall.calibration(every),
                recall.ratings(every),
                recall.not_told_apart(every),
            ],
        ),
        ("to-come", "What is to come", [*doings.forecast(every)]),
        ("done", "What was done", [doings.calendar(every), doings.time(every), doings.hours(every)]),
        ("cards", "The cards", [cards.knowledge(every), *cards.spreads(every), cards.hard(every)]),
    ]


def _section(part: _Part) -> Element:
    name, heading, figures = part
    return element(
        "section",
        element("h2", heading, id=f"{name}-heading"),
        *_laid_out(figures),
        id=name,
        aria_labelledby=f"{name}-heading",
    )


def _laid_out(figures: Sequence[Element | None]) -> Iterator[Element]:
    """The figures in their order: wide ones alone, those between them in two columns of like height."""
    shown = (one for one in figures if one is not None)
    for wide, run in groupby(shown, lambda one: one.attrib.get("class") in _WIDE):
        if wide:
            yield from run
            continue
        some = list(run)
        heights = [_height(one) for one in some]
        cut = min(range(1, len(some) + 1), key=lambda at: max(sum(heights[:at]), sum(heights[at:])))
        columns = [element("div", *column, class_="column") for column in (some[:cut], some[cut:]) if column]
        yield element("div", *columns, class_="figures")


_WIDE = ("whole", "aside")
_WORDS_HEIGHT = 190
"""About what the words of a figure take, in the units of its chart."""


def _height(figure: Element) -> int:
    """About how high a figure stands, so that the columns end together."""
    charts = sum(int(chart.attrib["viewBox"].split()[3]) for chart in figure.iter("svg"))
    return charts + _WORDS_HEIGHT * (1 + len(list(figure.iter("dl"))))


def _header(every: Everything, parts: list[_Part]) -> Element:
    source = every.source
    stats = source.summary
    then = moment(source.now, source.days.zone)
    whose = f"Deck {words.listed(source.decks)}" if len(source.decks) == 1 else ""
    if len(source.decks) > 1:
        whose = f"Decks {words.listed(source.decks)}"
    about = f"{whose or 'All decks'}, as of {day_words(stats.study_day)} {date_of(stats.study_day).year}"
    head = [element("h1", "Statistics"), sentence(f"{about}, {then:%H:%M}", class_="about")]
    if not stats.answered_ever:
        first, *more = (row.plain for row in stats_rows(stats, 80, plain=True, decks=source.decks))
        told = [sentence(first, class_="verdict"), *(sentence(f"{row}.") for row in more)]
        after = sentence(
            "After the first answers this page shows what was remembered, what is to come, what was done, and"
            " how well the cards are known.",
            class_="about",
        )
        return element("header", *head, *told, after)
    warning = None if every.cut is None else sentence(every.cut.sentence, class_="warning")
    links = element("ul", *(element("li", element("a", name, href=f"#{id_}")) for id_, name, _ in parts))
    return element(
        "header",
        *head,
        sentence(stats.verdict.sentence, class_="verdict"),
        warning,
        _glance(every),
        element("nav", links, aria_label="Parts of this page"),
    )


def _glance(every: Everything) -> Element:
    """The half screen in six figures."""
    stats = every.source.summary
    month = stats.retention["30d"].all
    known = every.reads["knowledge"].points
    spent = every.reads["time"].periods["30d"]
    done, _, rest = today_words(stats).partition("; ")
    coming, _, heaviest = tomorrow_words(stats).partition("; ")
    studied, _, streak = days_words(stats).partition(", ")
    total, where = cards_words(stats)
    shown = [
        (
            "Recalled in 30 days",
            month.percent if month.total else "–",
            f"{between(month)} by the 95 % interval of {words.plural(month.total, 'answer')}"
            if month.total
            else "no card came back after a day or more",
        ),
        ("Today", words.plural(stats.today.cards, "card"), f"{done.partition(' in ')[2] or done}; {rest}"),
        ("Tomorrow", *_first_of(coming), heaviest),
        (
            "Known now",
            words.digits(round(known[-1].known)) if known else "–",
            f"of {words.plural(known[-1].cards, 'card')} answered so far" if known else "",
        ),
        ("Days studied", studied.partition(" ")[0], studied.partition(" ")[2]),
        ("Days in a row", streak.partition(" ")[0], "a day with nothing due breaks no row"),
        (
            "Time in 30 days",
            words.duration(spent.ms) if spent.timed else "–",
            f"for {words.plural(spent.answers, 'answer')}",
        ),
        ("Cards", total, where),
    ]
    made = []
    for name, big, *small in shown:
        told = "; ".join(part for part in small if part)
        made.append(
            element(
                "div",
                element("dt", name),
                element("dd", clean(big), class_="figure"),
                element("dd", clean(told)) if told else None,
            )
        )
    return element("dl", *made, class_="glance")


def _first_of(coming: str) -> tuple[str, str]:
    """`12 due and 3 new, about 3 min` as the figure and the rest."""
    what, _, how_long = coming.partition(", ")
    return what, how_long


def _footer(every: Everything) -> Element:
    from srs import __version__

    days = every.source.days
    return element(
        "footer",
        sentence(
            f"Made by srs {__version__}. Study days end at {days.rollover:02}:00; answers that were taken"
            " back count nowhere. This page is one file: it loads nothing and runs nothing."
        ),
    )
