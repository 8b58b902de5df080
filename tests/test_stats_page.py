"""`srs stats --html`: the page stands alone, shows what `--json` shows, and is safe, whatever decks hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import postgres
import pytest
import stats_screens
from hypothesis import given
from hypothesis import strategies as st
from running import run
from world import DAYS, Clock, open_at

from srs.activity import PERIODS
from srs.cli.context import Context
from srs.cli.stats import _everything_json, _read_everything, _source
from srs.cli.stats_page.charts import Told, lanes, rows, scale
from srs.cli.stats_page.markup import element, safe
from srs.cli.stats_page.page import page as page_of
from srs.cli.stats_views.dates import day_words
from srs.days import day_number
from srs.grouping import GROUPS
from srs.histograms import EDGES
from srs.intake import import_decks
from srs.model import Rating
from srs.settings import Settings

if sys.platform != "win32":
    from programs import Home

VOID = {"meta"}
HOSTILE = "</td><script>alert(1)</script>\x1b[31m\u202e&amp;<svg onload=alert(2)>"
DECK = """\
[deck]
id = "little"
name = "<script>alert(0)</script>"
[[cards]]
id = "one"
question = "<b>q</b>"
answer = "<i>a</i>"
tags = ["</td><script>alert(1)</script>", "\\"><img src=//evil.example/x>"]
[[cards]]
id = "two"
question = "q"
answer = "a"
tags = ["]]>&lt;"]
"""


def made(database, *, decks=(), now=stats_screens.NOW):
    """The page of a database at a moment, and what `--json` says then."""
    context = Context(db=str(postgres.place(database)), learner="me", env={}, now=lambda: now)
    context._days, context._settings = DAYS, Settings()
    with context.peek() as peek:
        source = _source(context, peek.rows, decks, None, None)
        return page_of(_read_everything(source)), _everything_json(source)


@pytest.fixture(scope="module")
def learner(tmp_path_factory):
    """The database of the learner in README, with its page and its JSON."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SRS_CONFIG", str(folder / "config.toml"))
        database = stats_screens.filled(folder)
    return database, *made(database)


@pytest.fixture(scope="module")
def text(learner):
    """The page as text."""
    return learner[1]


@pytest.fixture(scope="module")
def shape(learner):
    """The JSON."""
    return learner[2]


@pytest.fixture(scope="module")
def page(text):
    """The page, read as XML."""
    return read(text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The page of a deck that would do harm, and its JSON."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "little.toml").write_text(DECK, encoding="utf-8")
    clock = Clock(stats_screens.NOW - 40 * stats_screens.DAY_MS)
    with open_at(folder / "little.db", clock, create=True) as collection:
        import_decks(collection, [folder / "little.toml"])
        for back in range(40, -1, -4):
            clock.now = stats_screens.NOW - back * stats_screens.DAY_MS
            review = collection.review()
            for turn in range(6):
                if review.next(clock()) is None:
                    break
                rating = Rating.AGAIN if turn == 0 else Rating.EASY
                review.answer(
                    rating, now=clock.advance(seconds=9), took_ms=5_000, mode="type", response=HOSTILE
                )
    return made(folder / "little.db")


def read(text):
    """A page as an XML document; its first line is the document type of HTML."""
    first, rest = text.split("\n", 1)
    assert first == "<!DOCTYPE html>"
    return ET.fromstring(rest)  # noqa: S314 - our own page


def figure(page, name):
    """A figure by its id."""
    (found,) = (one for one in page.iter("figure") if one.get("id") == name)
    return found


def cells(page, name, at=0):
    """The rows of a table in a figure, without its head."""
    table = list(figure(page, name).iter("table"))[at]
    return [["".join(cell.itertext()) for cell in row] for row in table.find("tbody")]


def number(told):
    """A number as the page tells it: `1,445`, `74 %`; none for a dash."""
    return None if told in {"–", ""} else float(told.replace(",", "").removesuffix(" %"))


def share(found):
    """How a share of the JSON is told: whole per cent (all and none are never nearly), and its interval."""
    passed, total = found["passed"], found["total"]
    if not total:
        return "–", "–"
    whole = round(100 * passed / total)
    whole = whole if passed in {0, total} else min(99, max(1, whole))
    return f"{whole} %", f"{100 * found['low']:.0f} to {100 * found['high']:.0f} %"


def shared(found):
    """The cells of retention in the JSON."""
    apart = [
        f"{found[kind]['passed']:,}/{found[kind]['total']:,}" if found[kind]["total"] else "–"
        for kind in ("young", "mature")
    ]
    whole = found["all"]
    return [f"{whole['passed']:,}", f"{whole['total']:,}", *share(whole), *apart]


# The figures are those of --json


def test_retention_is_that_of_the_json(page, shape):
    """By period, and by all six things it is told apart by, each number is that of `--json`."""
    assert [row[1:] for row in cells(page, "retention")] == [
        shared(found) for found in shape["retention"].values()
    ]
    drawn = {by for by in GROUPS if len(shape["retention_by"][by]["groups"]) > 1}
    assert len(drawn) >= 4
    for by in drawn:
        table = shape["retention_by"][by]
        found = cells(page, f"by-{by}")
        assert [row[1:] for row in found] == [shared(one) for one in [*table["groups"], table["all"]]]
        assert [row[0] for row in found if row[0] != "all"] == [one["name"] for one in table["groups"]]
    assert not any(one.get("id") == "by-deck" for one in page.iter("figure"))
    assert "By deck retention is not told apart" in "".join(page.itertext())


def test_calibration_is_that_of_the_json(page, shape):
    """Every bin and every figure of quality is that of `--json`."""
    found = shape["calibration"]
    assert cells(page, "calibration") == [
        [
            f"{100 * one['from']:.0f} to {100 * one['to']:.0f} %",
            f"{100 * one['predicted']:.1f} %",
            f"{one['passed']:,}",
            f"{one['total']:,}",
            *share(one),
        ]
        for one in found["bins"]
    ]
    told = [one.text for one in figure(page, "calibration").iter("strong")]
    assert told == [
        f"{100 * found['error']:.1f} %; {100 * found['error_by_chance']:.1f} % by chance alone",
        *(
            f"{found[name]['value']:.3f} ({found[name]['low']:.3f} to {found[name]['high']:.3f})"
            for name in ("log_loss", "auc")
        ),
        f"{found['rmse_bins']:.4f}",
    ]
    assert f"Rests on {found['answers']:,} answers" in "".join(figure(page, "calibration").itertext())


def test_what_is_to_come_is_that_of_the_json(page, shape):
    """Dues, expected reviews, minutes and their bands, for each of 30 days."""
    ahead = shape["forecast"]
    assert len(ahead) == 30
    assert [row[1:] for row in cells(page, "forecast")] == [
        [
            f"{day['due']:,}",
            f"{day['expected']:,.0f}",
            f"{day['low']:,.0f} to {day['high']:,.0f}",
            f"{day['new']:,.0f}",
        ]
        for day in ahead
    ]
    assert [row[1:] for row in cells(page, "minutes")] == [
        [f"{day['minutes']:,.0f}", f"{day['minutes_low']:,.0f} to {day['minutes_high']:,.0f}"]
        for day in ahead
    ]


def test_what_was_done_is_that_of_the_json(page, shape):
    """The year's days and months, weeks and periods, hours, ratings."""
    year = [one.get("title") for one in figure(page, "calendar").iter("td") if one.get("title")]
    told = {
        name: int(rest.split()[0].replace(",", "")) for name, _, rest in (day.partition(": ") for day in year)
    }
    days = {day["day"]: day["answers"] for day in shape["calendar"]}
    assert told == {day_words(day_number(date.fromisoformat(day))): count for day, count in days.items()}
    months = cells(page, "calendar", 1)
    assert sum(number(row[2]) for row in months) == sum(day["answers"] for day in shape["calendar"])
    assert sum(int(row[1].split()[0]) for row in months) == sum(
        day["answers"] > 0 for day in shape["calendar"]
    )
    time = [*(shape["time"]["periods"][name] for name in PERIODS), *shape["time"]["weeks"]]
    assert [row[1:3] for row in cells(page, "time")] == [
        [f"{one['days']}", f"{one['answers']:,}"] for one in time
    ]
    assert cells(page, "hours") == [
        [
            f"{one['hour']:02}:00",
            f"{one['answers']:,}",
            f"{one['passed']:,}",
            f"{one['total']:,}",
            *share(one),
        ]
        for one in shape["hours"]
    ]
    assert cells(page, "ratings") == [
        [
            one["state"],
            *(f"{one[name]:,}" for name in ("total", "again", "hard", "good", "easy")),
            *share(one),
        ]
        for one in shape["ratings"]
    ]


def test_what_is_believed_of_the_cards_is_that_of_the_json(page, shape):
    """Histograms, knowledge and the hardest cards with what was taken for their answers."""
    for name in EDGES:
        assert [number(row[1]) for row in cells(page, name)] == [one["cards"] for one in shape[name]["bins"]]
    known = {one["day"]: one for one in shape["knowledge"]["days"]}
    told = cells(page, "knowledge")
    assert [number(cell) for cell in told[-1][1:]] == [
        round(known[shape["study_day"]]["known"]),
        known[shape["study_day"]]["cards"],
    ]
    steps = [one["cards"] for one in known.values()]
    assert all(number(row[2]) in steps for row in told)
    assert [row[:3] for row in cells(page, "hard")] == [
        [one["card"], f"{one['lapses']}", f"{one['answers']:,}"] for one in shape["hard"]
    ]
    assert cells(page, "hard", 1) == [
        [one["card"], " ".join(taken["text"].split()), f"{taken['times']}", taken["card"] or "–"]
        for one in shape["hard"]
        for taken in one["taken"]
    ]


def line(points):
    """Whether points lie on a straight line that is not level, to a tenth of a unit each."""
    points = sorted(points)
    (x0, y0), (x1, y1) = points[0], points[-1]
    slope = (y1 - y0) / (x1 - x0)
    return slope != 0 and all(abs(y0 + slope * (x - x0) - y) < 0.2 for x, y in points)


def test_marks_stand_where_their_numbers_are(page, shape):
    """Bars are as long as their numbers, dots as far along: the charts draw the very figures."""
    dues = [
        float(dot.get("cy"))
        for group in figure(page, "forecast").iter("g")
        if group.get("class") == "series hollow"
        for dot in group.iter("circle")
    ]
    assert line(zip([day["due"] for day in shape["forecast"]], dues, strict=True))
    hours = [float(bar.get("height")) for bar in figure(page, "hours").iter("rect")]
    assert line(zip([one["answers"] for one in shape["hours"]], hours, strict=True))
    days = [float(bar.get("width")) for bar in figure(page, "stability").iter("rect")]
    bins = [one["cards"] for one in shape["stability"]["bins"]]
    assert line([(0, 0), *zip(reversed(bins), days, strict=True)])
    found = [
        (float(dot.get("cx")), float(dot.get("cy"))) for dot in figure(page, "by-weekday").iter("circle")
    ]
    groups = shape["retention_by"]["weekday"]["groups"]
    shares = [one["all"]["passed"] / one["all"]["total"] for one in groups]
    assert line(zip(shares, [x for x, _ in found], strict=True))
    assert [y for _, y in found] == sorted(y for _, y in found)


def test_the_bin_with_the_median_is_marked(page, shape):
    """One bar of each histogram stands out: the one its median lies in."""
    for name in EDGES:
        bars = list(figure(page, name).iter("rect"))[::-1]
        (at,) = (at for at, bar in enumerate(bars) if bar.get("data-mark"))
        one = shape[name]["bins"][at]
        assert one["from"] <= shape[name]["median"]
        assert one["to"] is None or shape[name]["median"] <= one["to"]


# The page stands alone


ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer"),
    *("h1", "h2", "h3", "p", "a", "ul", "li", "dl", "dt", "dd", "div", "span", "strong"),
    *("figure", "figcaption", "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "desc", "g", "path", "rect", "circle", "text"),
}
"""The elements of the page; `a`, `meta` and `style` alone could lead elsewhere, and are looked at."""

PLAIN = {
    *("id", "class", "lang", "title", "scope", "colspan", "role", "tabindex", "name", "content", "charset"),
    *("http-equiv", "aria-label", "aria-labelledby", "aria-hidden", "href", "data-mark", "viewBox"),
    *("d", "x", "y", "rx", "ry", "cx", "cy", "r", "width", "height", "transform", "text-anchor"),
}
"""Its attributes; none of them but `href` and `content` can name another place."""


def outside(text):
    """What in a page could reach out of it or run."""
    page = read(text)
    found = {node.tag for node in page.iter()} - ALLOWED
    found |= {name for node in page.iter() for name in node.attrib} - PLAIN
    found |= {node.get("href") for node in page.iter() if not node.get("href", "#").startswith("#")}
    found |= {node.get("http-equiv") for node in page.iter("meta")} - {None, "Content-Security-Policy"}
    found |= {*re.findall(r"url\(|@import|expression|//", next(page.iter("style")).text)}
    return found


def test_the_page_reaches_out_for_nothing(text, hostile):
    """No script, no picture, no style, font or link from elsewhere, and a policy that forbids them."""
    for one in (text, hostile[0]):
        assert outside(one) == set()
        (policy,) = (node.get("content") for node in read(one).iter("meta") if node.get("http-equiv"))
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
        assert "script" not in policy


class Balanced(HTMLParser):
    """Whether an HTML parser sees each element closed where it should be."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_html_and_xml(text, hostile):
    """Both parsers read it, and no id is there twice."""
    for one in (text, hostile[0]):
        parser = Balanced()
        parser.feed(one)
        parser.close()
        assert parser.open == []
        ids = [node.get("id") for node in read(one).iter() if node.get("id")]
        assert len({*ids}) == len(ids) > 20


def test_a_year_of_answers_takes_far_less_than_a_megabyte(text):
    """The page of 1,445 answers on 156 cards can be sent by mail."""
    assert 50_000 < len(text.encode()) < 400_000


def test_the_same_moment_gives_the_same_page(learner):
    """Nothing on the page is random, or of the clock."""
    assert made(learner[0])[0] == learner[1]


# Whatever decks hold


def test_texts_of_decks_are_shown_and_never_obeyed(hostile):
    """Tags and typed answers appear as they were written, but for what moves cursors or turns the line."""
    text, shape = hostile
    found = read(text)
    assert not {"script", "img", "b", "i"} & {node.tag for node in found.iter()}
    assert "\x1b" not in text
    assert "\u202e" not in text
    names = [row[0] for row in cells(found, "by-tag")]
    assert names[:-1] == [one["name"] for one in shape["retention_by"]["tag"]["groups"]]
    assert any("<script>" in name for name in names)
    (taken,) = {row[1] for row in cells(found, "hard", 1)}
    assert taken == HOSTILE.replace("\x1b", "").replace("\u202e", "")


def again(node):
    """An element as a parser reads it from what is written."""
    return ET.fromstring(ET.tostring(node, encoding="unicode"))  # noqa: S314 - our own element


@given(st.text(max_size=40))
def test_any_text_goes_through_the_page_as_it_is(word):
    """What is written is what a parser reads, in text, in attributes and in charts."""
    told = again(element("p", word, title=word))
    assert (told.text or "") == safe(word)
    chart = lanes(Told("a", word, word), [(word, 50.0, (40.0, 60.0), word)], aim=90.0)
    assert {node.tag for node in again(chart).iter()} <= {
        "svg",
        "g",
        "path",
        "text",
        "title",
        "desc",
        "circle",
    }


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=30))
def test_any_numbers_can_be_drawn(values):
    """Bars of any numbers stay within the chart, whose scale ends at or above them."""
    axis = scale(max(values))
    assert axis.high >= max(values)
    assert 2 <= len(axis.labels) <= 8
    assert all(low < high for (low, _), (high, _) in pairwise(axis.labels))
    chart = rows(Told("a", "b", "c"), [(f"{at}", value, "") for at, value in enumerate(values)])
    assert all(0 <= float(bar.get("width", 0)) <= 440 for bar in chart.iter("rect"))


# Whoever reads it


def test_charts_are_told_to_those_who_do_not_see_them(page):
    """Each chart has a title, a description, and its numbers in a table that needs no pointing."""
    charts = 0
    for one in page.iter("figure"):
        for svg in one.iter("svg"):
            charts += 1
            title, shows = (
                next(node for node in svg if node.get("id") == name)
                for name in svg.get("aria-labelledby").split()
            )
            assert (title.tag, shows.tag, svg.get("role")) == ("title", "desc", "img")
            assert title.text == one.find("figcaption/h3").text
            assert shows.text.endswith(one.find("figcaption/p").text)
            assert one.find("details/summary") is not None
        for table in one.iter("table"):
            assert table.find("caption").text
            assert {cell.get("scope") for row in table.find("tbody") for cell in row.findall("th")} == {"row"}
    assert charts >= 15


def test_headings_lead_through_the_page(page):
    """One first heading, no level is left out, and the links at the top lead to the parts."""
    levels = [int(node.tag[1]) for node in page.iter() if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = {node.get("id") for node in page.iter()}
    links = [node.get("href") for node in page.iter("a")]
    assert len(links) == 4
    assert {link[1:] for link in links} <= ids
    assert page.get("lang") == "en"
    assert {node.get("name") for node in page.iter("meta")} >= {"viewport", "color-scheme", "generator"}


def test_every_figure_says_what_it_means(page):
    """Under each figure stands a definition, and above it what was found."""
    for one in page.iter("figure"):
        classes = [node.get("class") for node in one.iter("p")]
        assert {"finding", "means"} <= {*classes}, one.get("id")
        assert all(node.text.endswith(".") for node in one.iter("p")), one.get("id")


def test_the_style_serves_dark_rooms_paper_and_phones(page):
    """The style sheet asks for the scheme, the medium and the width; every colour is named once a scheme."""
    style = next(page.iter("style")).text
    for asked in ("prefers-color-scheme: dark", "@media print", "max-width"):
        assert asked in style
    light, dark = (
        {*re.findall(r"--[\w-]+(?=: #)", part)}
        for part in (style.split("@media")[0], style.split("@media")[1])
    )
    assert light == dark
    assert {*re.findall(r"var\((--[\w-]+)\)", style)} <= light
    after = style.split("@media", 2)[2].split("@media print")[0]
    assert not re.findall(r"#[0-9a-f]{6}", after)


def channels(colour):
    """The relative luminance of a colour (WCAG 2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_stand_out_from_their_ground(page):
    """Text has a contrast of 4.5 and marks one of 3, in the light, in the dark and on paper."""
    style = next(page.iter("style")).text
    schemes = [dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", part)) for part in style.split(":root")[1:]]
    assert len(schemes) == 3

    def contrast(one, other):
        low, high = sorted((channels(scheme[one]), channels(scheme[other])))
        return (high + 0.05) / (low + 0.05)

    for scheme in schemes:
        for ground in ("--page", "--paper"):
            for word in ("--ink", "--soft", "--main"):
                assert contrast(word, ground) >= 4.5, (scheme, word, ground)
        assert contrast("--main", "--paper") >= 3
        assert contrast("--mark", "--paper") >= 3
        assert contrast("--main", "--main-soft") >= 2
        for part in range(4):
            assert contrast(f"--on-{part}", f"--part-{part}") >= 4.5, (scheme, part)


# The command


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with two cards, answered once."""
    if sys.platform == "win32":
        pytest.skip("homes are made for POSIX")
    home = Home(tmp_path_factory.mktemp("home"))
    (home.folder / "little.toml").write_text(DECK, encoding="utf-8")
    home.fill(home.folder / "little.toml")
    with home.collection() as collection:
        review = collection.review()
        for _ in range(2):
            review.next(collection.now())
            review.answer(Rating.EASY, now=collection.now(), took_ms=3_000, mode="reveal")
    return home


def test_a_page_is_written_and_written_over(home):
    """The file appears whole with one sentence on stderr, and again over itself; nothing else is left."""
    before = {path.name for path in home.folder.iterdir()}
    for _ in range(2):
        done = run(home, "stats", "--html", "page.html")
        assert (done.returncode, done.stdout) == (0, "")
        assert re.fullmatch(r"wrote `page\.html`, \d+ kB\n", done.stderr)
    left = {path.name for path in home.folder.iterdir()} - before - {"cards.db-shm", "cards.db-wal"}
    assert left == {"page.html"}
    assert read((home.folder / "page.html").read_text(encoding="utf-8")).tag == "html"


def test_a_dash_is_stdout(home):
    """`--html -` prints the page and says nothing."""
    done = run(home, "stats", "--html", "-", "--all")
    assert (done.returncode, done.stderr) == (0, "")
    assert read(done.stdout).tag == "html"


def test_no_other_file_is_written_over(home):
    """A file that is no page of ours stays as it is, exit 5, until `--force`."""
    file = home.folder / "notes.html"
    file.write_text("<!DOCTYPE html><p>mine", encoding="utf-8")
    done = run(home, "stats", "--html", file)
    assert (done.returncode, done.stdout) == (5, "")
    assert "no page of srs" in done.stderr
    assert "`--force`" in done.stderr
    assert file.read_text(encoding="utf-8") == "<!DOCTYPE html><p>mine"
    assert run(home, "stats", "--html", file, "--force").returncode == 0
    assert read(file.read_text(encoding="utf-8")).tag == "html"


def test_an_empty_file_is_nobodys(home):
    """A file of nothing, as `mktemp` makes it, is written over."""
    (home.folder / "empty.html").write_bytes(b"")
    assert run(home, "stats", "--html", "empty.html").returncode == 0


@pytest.mark.parametrize(
    ("file", "code", "said"), [("gone/page.html", 3, "no folder `gone`"), (".", 2, "is a folder")]
)
def test_where_no_file_can_be_is_said_in_a_sentence(home, file, code, said):
    """A folder that is not there is exit 3, one where the file should be exit 2, before any work."""
    done = run(home, "stats", "--html", file)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_link_stays_a_link(home):
    """Through a link the page is written into the file it points to."""
    (home.folder / "there").mkdir()
    (home.folder / "link.html").symlink_to(home.folder / "there" / "page.html")
    assert run(home, "stats", "--html", "link.html").returncode == 0
    assert (home.folder / "link.html").is_symlink()
    assert [path.name for path in (home.folder / "there").iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--html", "p.html", "--json"), "`--html` and `--json` do not go together"),
        (("--html", "p.html", "--by", "deck"), "`--html` and `--by` do not go together"),
        (("calibration", "--html", "p.html"), "the page shows every view"),
        (("--force",), "`--force` goes with `--html` alone"),
    ],
)
def test_what_does_not_go_with_a_page_is_wrong_usage(home, words, said):
    """Exit 2, one sentence with a hint, no file."""
    done = run(home, "stats", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "hint: " in done.stderr
    assert not (home.folder / "p.html").exists()


def test_one_deck_alone(home):
    """`-d` narrows the page and says whose it is; a deck that is not there is exit 3."""
    done = run(home, "stats", "-d", "little", "--html", "-")
    assert "Deck little, as of " in done.stdout
    shape = json.loads(run(home, "stats", "-d", "little", "--json").stdout)
    assert [number(row[1]) for row in cells(read(done.stdout), "stability")] == [
        one["cards"] for one in shape["stability"]["bins"]
    ]
    assert run(home, "stats", "-d", "nobody", "--html", "-").returncode == 3


def test_before_the_first_answer_the_page_says_what_is_missing(tmp_path):
    """With cards alone it says how to begin, without any chart; without a database there is no page."""
    if sys.platform == "win32":
        pytest.skip("homes are made for POSIX")
    home = Home(tmp_path)
    assert run(home, "stats", "--html", "page.html").returncode == 3
    assert not (tmp_path / "page.html").exists()
    (tmp_path / "little.toml").write_text(DECK, encoding="utf-8")
    home.fill(tmp_path / "little.toml")
    done = run(home, "stats", "--html", "-")
    told = "".join(read(done.stdout).itertext())
    assert "No answers yet. Your first: srs review" in told
    assert "2 cards, all new." in told
    assert "<svg" not in done.stdout
    assert outside(done.stdout) == set()


def test_after_few_answers_the_page_is_whole(home):
    """Where nothing came back yet the views say so, and nothing is drawn of nothing."""
    text = run(home, "stats", "--html", "-").stdout
    found = read(text)
    assert figure(found, "retention").find("svg") is None
    assert figure(found, "calibration").find("svg") is None
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL).lower()


def test_a_page_of_some_days_says_so(home):
    """With `--days` the figures of those days name them in heading and definition, and nothing says all."""
    found = read(run(home, "stats", "--html", "-", "--days", "9").stdout)
    for name in ("calibration", "hours", "ratings"):
        one = figure(found, name)
        assert "".join(one.find(".//h3").itertext()).endswith(" in the last 9 days")
        told = " ".join(one.itertext())
        assert "All answers" not in told
        assert "nswers in the last 9 days" in told


def test_a_page_keeps_who_may_read_it(home):
    """A page that is written over has the mode it had."""
    page = home.folder / "mine.html"
    run(home, "stats", "--html", page)
    page.chmod(0o640)
    run(home, "stats", "--html", page)
    assert page.stat().st_mode & 0o777 == 0o640


def test_charts_are_loaded_for_a_page_alone(home):
    """`srs stats` and `--all` come without the chart library."""
    code = "import sys; from srs.__main__ import run; run(['stats', '--all']); print('pygal' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=home.env, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"
