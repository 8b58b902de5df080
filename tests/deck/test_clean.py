"""Nothing hostile gets through cleaning, and nothing harmless is lost."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from srs.deck.clean import clean_line, clean_text, is_blank, quoted

ALLOWED_FORMATS = {"\u200c", "\u200d", "\u200e", "\u200f", "\u061c", "\u00ad", "\u200b", "\u2060"}
HOSTILE_RANGES = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufeff\ud800-\udfff"
ANY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\x00\r\n\t\x85\u2028\u2029\u202e\u2066\ufeff\u200d\ud800 a`"),
    ),
    max_size=40,
)


@given(ANY)
def test_cleaned_text_holds_no_hostile_character(text):
    """No control but tab and newline, no override, no line separator, no half surrogate is left."""
    assert not re.search(f"[{HOSTILE_RANGES}]", clean_text(text))


@given(ANY)
def test_a_cleaned_line_is_one_line(text):
    """A cleaned line has no line break and no tab, for Python's idea of lines as well."""
    line = clean_line(text)
    assert not re.search(f"[\t\n{HOSTILE_RANGES}]", line)
    assert len(line.splitlines()) <= 1


@given(ANY)
def test_cleaning_twice_is_cleaning_once(text):
    """What is clean stays as it is."""
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))))
def test_ordinary_characters_are_kept(text):
    """Text without control, format and separator characters is not touched."""
    assert clean_text(text) == clean_line(text) == text


def test_joiners_and_direction_marks_are_kept():
    """ZWJ, ZWNJ and the marks that right-to-left text needs stay; so do newlines and tabs."""
    text = "a\n\tb" + "".join(sorted(ALLOWED_FORMATS)) + "👩\u200d💻"
    assert clean_text(text) == text
    assert all(unicodedata.category(char) == "Cf" for char in ALLOWED_FORMATS)


def test_line_ends_of_all_kinds_become_newlines():
    """CR LF is one newline; CR, VT, FF, NEL, LS and PS are one each."""
    assert clean_text("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h") == "a\nb\nc\nd\ne\nf\ng\nh"
    assert clean_line("a\r\n\t b") == "a b"


@given(ANY)
def test_a_quoted_name_is_short_and_has_two_backquotes(text):
    """A name in a message is on one line, bounded, and cannot end its own quotes."""
    shown = quoted(text * 10)
    assert len(shown) <= 62
    assert shown.count("`") == 2
    assert clean_line(shown) == shown


def test_blank_means_nothing_to_see():
    """Blanks, characters without width, and both together are blank; a letter is not."""
    assert all(is_blank(text) for text in ("", " \n\t", "\u200b", "\u00a0 \u2060", "\u3000"))
    assert not is_blank("\u200ba")
