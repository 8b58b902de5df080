"""HTML of cards as plain text: what it says stays, what would act or run is gone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("selectolax", reason="the extra `anki` is not installed")

from srs.deck.clean import clean_text
from srs.interop.html_text import MOST_CHARACTERS, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a <b>b</b><br>c", "a b\nc"),
        ("<p>x<p>y", "x\n\ny"),
        ("<div>a</div><div>b</div><div><br></div><div>c</div>", "a\nb\n\nc"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>tail", "- a\n- b\n  - c\n\ntail"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A | B\n1 | 2"),
        (
            "<pre><code>def f():\n    return 1\n\n\n\nf()\n</code></pre>after",
            "def f():\n    return 1\n\n\n\nf()\n\nafter",
        ),
        ("use <code>git  log</code> now", "use `git log` now"),
        ("10<sup>2</sup> H<sub>2</sub>O x<sup>ab</sup>", "10² H₂O x^(ab)"),
        ("<ruby>漢字<rt>かんじ</rt></ruby>", "漢字(かんじ)"),
        ('<img src="a b.png"> [sound:x.mp3]', "[image: a b.png] [sound: x.mp3]"),
        ('<img src="data:image/png;base64,AAAA">x', "[image]x"),
        ('<a href="https://x.y/z">site</a>', "site (https://x.y/z)"),
        ('<a href="https://q.w">https://q.w</a>', "https://q.w"),
        (r"\(x^2\) [latex]y[/latex] <anki-mathjax>z</anki-mathjax>", r"\(x^2\) [latex]y[/latex] \(z\)"),
        ("a &lt;b&gt; &amp; c&nbsp;d", "a <b> & c d"),
        ("<script>x()</script><style>y</style>ok<!-- z -->", "ok"),
        ("a \x1b[31mred \u202eabc &#27;[2J \x9bK", "a [31mred abc [2J K"),
        ('<a class=hint>Show</a><div style="display: none">h</div>vis', "vis"),
        ("[anki:tts lang=en_US]hear[/anki:tts]", "[speech: hear]"),
        ("", ""),
    ],
)
def test_html_says_the_same_as_text(html, text):
    """Lines, lists, tables, code, formulas and names of media are kept; markup, scripts and escapes go."""
    assert to_text(html).text == text


def test_what_a_click_would_show_is_told_on_the_back_only():
    """A hint that is hidden until it is clicked is no part of the question."""
    html = 'q<div class=hint style="display: none">secret</div>'
    assert "secret" not in to_text(html).text
    assert "secret" in to_text(html, hidden=True).text


def test_very_long_and_deep_texts_are_cut_not_waited_for():
    """A million characters or ten thousand nested elements come to an end, and the cut is told."""
    assert to_text("<div>" * 8_000 + "deep").text == "deep"
    long = to_text("word " * MOST_CHARACTERS)
    assert long.cut
    assert len(long.text) <= MOST_CHARACTERS


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.sampled_from('<>/&;"= \n\t\x1b\u202eabpidvulorsctehg1'), max_size=60) | st.text(max_size=60)
)
def test_any_html_becomes_clean_text(html):
    """Whatever the input, the text is clean already and has no blanks at the ends of rows."""
    text = to_text(html).text
    assert text == clean_text(text)
    assert all(row == row.rstrip(" \t") for row in text.split("\n"))
