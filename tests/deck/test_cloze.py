"""Sentences with holes: what is one, what is none, and what is asked of it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.deck.cloze import GAP, MOST_NUMBERS, read_cloze

# A sentence, with what is asked and answered for each of its numbers.
HOLES = {
    "The {{c1::digest}} names content.": {1: ("The […] names content.", "digest")},
    "A {{c2::tag}} moves, a {{c1::digest}} stays.": {
        1: ("A tag moves, a […] stays.", "digest"),
        2: ("A […] moves, a digest stays.", "tag"),
    },
    "{{c1::a}}{{c1::b}}": {1: ("[…][…]", "a, b")},
    "{{c1::a}} and {{c1::a}}": {1: ("[…] and […]", "a")},
    "docker{{c1:: pull }}x {{c2::y}}": {
        1: ("docker […] x y", "pull"),
        2: ("docker pull x […]", "y"),
    },
    "[A-Za-z]{{c1::{0,127}}}": {1: ("[A-Za-z][…]", "{0,127}")},
    'x {"a": {{c1::{"b": 1}}}}': {1: ('x {"a": […]}', '{"b": 1}')},
    "${{{c999::TAG}}}": {999: ("${[…]}", "TAG")},
    "image: {{ .Values.image }}:{{c1::{{ .Values.tag }}-x}}": {
        1: ("image: {{ .Values.image }}:[…]", "{{ .Values.tag }}-x")
    },
    "{{c1::{{ .x }}}} {{ {{c1}": {1: ("[…] {{ {{c1}", "{{ .x }}")},
    "It opens {{c1::{{}} and closes {{c2::}}}}.": {
        1: ("It opens […] and closes }}.", "{{"),
        2: ("It opens {{ and closes […].", "}}"),
    },
    "{{c1::{}} is one, ${x} none": {1: ("[…] is one, ${x} none", "{")},
    "{{c1::{}}} {{c2::}}}": {1: ("[…] }", "{}"), 2: ("{} […]", "}")},
    "{{1}} \\frac{{2}}{{c1::3}}": {1: ("{{1}} \\frac{{2}}[…]", "3")},
    "over\n{{c1::two\nrows}}": {1: ("over\n[…]", "two\nrows")},
}


@pytest.mark.parametrize("text", HOLES)
def test_each_number_asks_for_what_it_hides(text):
    """Holes of the number asked are gaps, all others are filled; other braces are text."""
    cloze = read_cloze(text)
    asked = {number: (cloze.question(number), cloze.answer(number)) for number in cloze.numbers}
    assert asked == HOLES[text]


def test_hints_are_what_follows_the_second_colons():
    """Each hint of a number is given once; of a blank one nothing is left."""
    cloze = read_cloze("{{c1::a::one}} {{c1::b::one}} {{c1::c:: two :: }} {{c2::d::}} {{c3::e:: \u200b}}")
    assert [cloze.hint(number) for number in cloze.numbers] == ["one, two ::", None, None]
    assert cloze.whole == "a b c d e"


NO_HOLES = {
    "no hole": "there is no hole",
    "{{ .Values.image }} and {{x}}": "there is no hole",
    "{{c1::a": "the hole c1 has no `}}` at its end",
    "{{c1::a} {{c2::b}}": "the hole c1 has no `}}` at its end before the hole c2 begins",
    "{{c1::a {{c2::b}} c}}": "the hole c1 has no `}}` at its end before the hole c2 begins",
    "{{c1::{{c1::a}}}}": "the hole c1 has no `}}` at its end before the hole c1 begins",
    "{{c1::}}": "the hole c1 hides nothing",
    "{{c1:: \u200b}}": "the hole c1 hides nothing",
    "{{c1::::a hint}}": "the hole c1 hides nothing",
    "{{c0::a}}": "`{{c0::` begins no hole",
    "{{c01::a}}": "`{{c01::` begins no hole",
    "{{c1000::a}}": "`{{c1000::` begins no hole",
    "{{C1::a}}": "`{{C1::` begins no hole",
    "{{ c1::a}} {{c2::b}}": "`{{ c1::` begins no hole",
    "{{c1:a}}": "`{{c1:` begins no hole",
    "{{c1}} {{c2::b}}": "`{{c1}}` begins no hole",
    "{{1::a}}": "`{{1::` begins no hole",
    "{{c" + "9" * 99 + "::a}}": "`{{c99999999999999999` begins no hole",
}


@pytest.mark.parametrize("text", NO_HOLES)
def test_what_looks_like_a_hole_and_is_none_is_told(text):
    """A broken hole is an error that says which one and why, never a card that shows its braces."""
    with pytest.raises(ValueError, match=r"^") as error:
        read_cloze(text)
    assert str(error.value) == NO_HOLES[text]


def test_a_sentence_has_so_many_numbers_and_no_more():
    """A thousand holes of one number are one card; more than a hundred numbers are refused."""
    many = read_cloze("".join("{{c7::a}} b " for _ in range(1000)))
    assert (many.numbers, len(many.holes), many.answer(7)) == ((7,), 1000, "a")
    text = "".join(f"{{{{c{number}::x{number}}}}} " for number in range(1, MOST_NUMBERS + 2))
    assert len(read_cloze(text.rsplit("{{", 1)[0]).numbers) == MOST_NUMBERS
    with pytest.raises(ValueError, match="101 hole numbers, and 100 is the most"):
        read_cloze(text)


PIECES = ["{{c1::", "{{c2::", "{{", "}}", "{", "}", "::", ":", "a", " ", "c1", "{{c0::", "{{ .x }}", "\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_any_braces_give_holes_or_a_sentence(text):
    """Of any run of braces the holes lie apart in their order, the rest is kept, nothing is blank."""
    try:
        cloze = read_cloze(text)
    except ValueError:
        return
    ends = [0]
    for hole in cloze.holes:
        assert ends[-1] <= hole.start < hole.end <= len(text)
        assert text[hole.start : hole.end] == f"{{{{c{hole.number}::{text[hole.start + 6 : hole.end]}"
        assert text[hole.start + 6 : hole.end - 2].startswith(hole.hidden)
        ends.append(hole.end)
    for number in cloze.numbers:
        assert cloze.answer(number)
        assert cloze.question(number).count(GAP) == sum(hole.number == number for hole in cloze.holes)
    assert "{{c1::" not in cloze.whole


@pytest.mark.parametrize(
    "text",
    [
        "{{c1::",
        "{{c1::a}} ",
        "}}",
        "{",
        "{{",
        "{{c1::{",
        "{{1",
        "{{ c ",
        "{{c1::a::b}}",
        ":",
        "{}",
        "{{c1::}",
    ],
)
def test_a_megabyte_is_read_in_linear_time(text):
    """Whatever a sentence repeats, a million characters of it take no more than moments."""
    long = text * (1_000_000 // len(text))
    began = time.process_time()
    with suppress(ValueError):
        cloze = read_cloze(long + "{{c1::end}}")
        assert cloze.question(1)
        assert cloze.answer(1).endswith("end")
        cloze.hint(1)
    assert time.process_time() - began < 2
