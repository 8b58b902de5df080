"""Every view of `srs stats`: the screens of README, any width, ASCII, and read aloud."""

from __future__ import annotations

import re
import unicodedata

import pytest
import stats_screens
from rich.cells import cell_len

from srs.cli import stats_views
from srs.cli.stats_views.page import Page

WORDS = [*(f"stats {name}" for name in stats_views.NAMES), "stats", "stats --by weekday", "stats --by hour"]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The database of the learner in README."""
    folder = tmp_path_factory.mktemp("screens")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SRS_CONFIG", str(folder / "config.toml"))
        yield stats_screens.filled(folder)


def rows(database, words, *page, **more):
    """What a view draws."""
    return stats_screens.drawn(database, words, Page(*page, **more))


def test_the_screens_of_the_readme_are_those_of_the_program(database):
    """README shows each view as it is drawn; `python -m tests.stats_screens` writes it."""
    text = stats_screens.README.read_text(encoding="utf-8")
    shown = [found[2] for found in stats_screens.MARK.finditer(text)]
    assert {f"stats {name}" for name in stats_views.NAMES if name != "retention"} <= {*shown}
    drawn = {
        words: "".join(f"{row.plain.rstrip()}\n" for row in rows(database, words, 80)) for words in shown
    }
    assert stats_screens.written(text, drawn) == text


def doubled(text):
    """How wide a text is where ambiguous characters take two cells."""
    return sum(2 if unicodedata.east_asian_width(char) == "A" else cell_len(char) for char in text)


@pytest.mark.parametrize("width", [132, 80, 60, 59, 40, 30])
@pytest.mark.parametrize("words", WORDS)
def test_no_row_is_wider_than_the_screen(database, words, width):
    """Rows fit, also where ambiguous characters take two cells; bars stand last in their row."""
    drawn = rows(database, words, width)
    assert len(drawn) > 1
    for row in drawn:
        if not {*row.plain} & {*"“”…"}:
            assert doubled(row.plain) <= width, row.plain
        assert cell_len(row.plain) <= width, row.plain
        assert re.fullmatch(r"[^█▁-▇]*[█▁-▇]*", row.plain), row.plain


@pytest.mark.parametrize("words", WORDS)
def test_only_the_headline_is_bold(database, words):
    """One bold thing a view, at its top; nothing needs colour."""
    for page in ((80,), (40,), (80, True)):
        drawn = rows(database, words, *page)
        bold = ["bold" in str(row.style) for row in drawn]
        assert bold[0]
        assert sorted(bold, reverse=True) == bold
        styles = {str(row.style) for row in drawn} | {str(span.style) for row in drawn for span in row.spans}
        assert styles <= {"", "bold", "dim"}


@pytest.mark.parametrize("words", WORDS)
def test_ascii_screens_hold_only_ascii(database, words):
    """Where the encoding is not UTF-8 every view is drawn with ASCII, at the same places."""
    drawn = [row.plain for row in rows(database, words, 80, ascii_only=True)]
    assert "".join(drawn).isascii()
    assert len(drawn) == len(rows(database, words, 80)) or words == "stats hard"


@pytest.mark.parametrize("words", WORDS)
def test_read_aloud_a_view_is_sentences(database, words):
    """Plain lines have no columns, no drawing: each is a sentence that ends in a full stop."""
    for row in rows(database, words, 80, plain=True):
        assert row.plain.endswith("."), row.plain
        assert "  " not in row.plain
        assert not re.search(r"[▁-█⠀-⣿|#]", row.plain.replace("#reverse", "")), row.plain


def test_a_view_read_aloud_says_what_the_drawn_one_says(database):
    """Every bin, hour and week of the tables is in the sentences."""
    for words, named in (
        ("stats calibration", r"\d+-\d+ %"),
        ("stats hours", r"\d\d:00"),
        ("stats forecast", r"\w{3} \d+ \w{3}"),
        ("stats hard", r"registry/\S+"),
    ):
        spoken = " ".join(row.plain for row in rows(database, words, 80, plain=True))
        spoken = re.sub(r"(\d+) to (\d+ %)", r"\1-\2", spoken)
        for row in rows(database, words, 80)[3:]:
            found = re.match(rf"\s*({named})\s", row.plain)
            assert found is None or found[1] in spoken


def test_a_chart_is_left_out_where_it_cannot_be_read(database):
    """Line charts are for 32 columns and more; below, the sentences alone stay."""
    braille = re.compile("[⠁-⣿]")
    for width, expected in ((80, True), (40, True), (31, False)):
        drawn = "".join(row.plain for row in rows(database, "stats knowledge", width))
        assert bool(braille.search(drawn)) is expected
    assert not braille.search("".join(row.plain for row in rows(database, "stats calendar", 80)))
