"""Which way a card is asked, what it shows to choose from, and what is proposed after."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.model import MODES, REVERSE, Card, Choice, Rating
from srs.modes import (
    LETTERS,
    can_be_typed,
    letter_choice,
    mode_for,
    offered,
    options,
    proposed,
    wrong_choices,
)

LONG = "A hash of the manifest, which names the same image for ever and in every registry."


def card(answer="latest", *wrong, **keys):
    """A card with wrong choices."""
    return Card("deck", "id", "Which?", answer, choices=tuple(map(Choice, wrong)), **keys)


def seeds(count):
    """As many seeds, the same ones every time."""
    return [b"seed %d" % number for number in range(count)]


# --- the way


@pytest.mark.parametrize(
    ("asked", "wanted", "passed", "way"),
    [
        (card("latest", "newest"), "reveal", False, "reveal"),
        (card("latest", "newest"), "choice", True, "choice"),
        (card("latest", "newest"), "type", False, "type"),
        (card("latest", "newest"), "auto", False, "choice"),
        (card("latest", "newest"), "auto", True, "type"),
        (card("latest"), "choice", False, "reveal"),
        (card("latest"), "auto", False, "reveal"),
        (card("latest"), "auto", True, "type"),
        (card(LONG, "A name"), "type", False, "reveal"),
        (card(LONG, "A name"), "auto", False, "choice"),
        (card(LONG, "A name"), "auto", True, "reveal"),
        (card(LONG), "auto", True, "reveal"),
        (card("latest", "newest"), "sing", False, "reveal"),
        (card("latest", " latest "), "choice", False, "reveal"),
    ],
)
def test_a_card_takes_the_way_it_can(asked, wanted, passed, way):
    """The way asked for where the card has what it needs; `auto` is choice until passed, then type."""
    assert mode_for(asked, wanted, passed) == way


@given(
    st.builds(
        Card,
        st.just("deck"),
        st.just("id"),
        st.text(),
        st.text(),
        variant=st.sampled_from(["", REVERSE, "c1"]),
        choices=st.lists(st.builds(Choice, st.text()), max_size=9).map(tuple),
        accept=st.lists(st.text(), max_size=1).map(tuple),
    ),
    st.sampled_from(MODES),
    st.booleans(),
)
def test_every_card_has_a_way(asked, wanted, passed):
    """Whatever is wanted: a choice is between two texts and more, typed is what can be, else reveal."""
    way = mode_for(asked, wanted, passed)
    assert way in {"reveal", wanted} or wanted == "auto"
    if way == "choice":
        assert len(options(asked, b"")) >= 2
    if way == "type":
        assert can_be_typed(asked)
    assert mode_for(asked, "reveal", passed) == "reveal"


@pytest.mark.parametrize(
    ("asked", "can"),
    [
        (card("latest"), True),
        (card("one two three four five"), True),
        (card("one two three four five six"), False),
        (card("x" * 40), True),
        (card("x" * 41), False),
        (card("e\u0301" * 40), True),
        (card("\u0915\u093f" * 20), True),
        (card("字" * 20), True),
        (card("字" * 21), False),
        (card("\nlatest\n"), True),
        (card("one\ntwo"), False),
        (card(" "), False),
        (card(LONG, variant=REVERSE), True),
        (card(LONG, variant="c1"), True),
        (card(LONG, accept=("a hash",)), True),
    ],
)
def test_what_can_be_typed(asked, can):
    """Terms, holes, what has other right answers, and answers of one short line; nothing longer."""
    assert can_be_typed(asked) is can


# --- the options


@given(st.text(), st.lists(st.text(), max_size=12), st.binary(max_size=20))
def test_options_are_the_right_one_and_the_wrong_ones(answer, wrong, seed):
    """One right answer, each wrong text once, seven in all at most, none that looks like another."""
    asked = card(answer, *wrong)
    shown = options(asked, seed)
    assert [each.text for each in shown if each.right] == [answer]
    assert {each.text for each in shown if not each.right} <= set(wrong)
    assert len(shown) == min(1 + len(wrong_choices(asked)), len(LETTERS))
    assert len({" ".join(each.text.split()) for each in shown}) == len(shown)
    assert options(asked, seed) == shown


def test_an_option_says_why_it_is_wrong():
    """What the deck tells about a wrong choice comes with it; the right one needs no reason."""
    asked = Card("deck", "id", "Which?", "latest", choices=(Choice("newest", "a wish"), Choice("main")))
    found = {each.text: (each.why, each.right) for each in options(asked, b"")}
    assert found == {"latest": (None, True), "newest": ("a wish", False), "main": (None, False)}


def test_every_order_is_as_likely():
    """Over 2,400 seeds the 24 orders of four options come up about a hundred times each."""
    asked = card("right", "b", "c", "d")
    found = Counter("".join(each.text[0] for each in options(asked, seed)) for seed in seeds(2400))
    assert set(found) == {"".join(order) for order in permutations("rbcd")}
    # 23 degrees of freedom: more than 49.7 has a chance of one in a thousand.
    assert sum((count - 100) ** 2 / 100 for count in found.values()) < 49.7


@pytest.mark.parametrize("wrong", [1, 3, 7, 8, 12])
def test_the_right_one_stands_anywhere(wrong):
    """The place of the right answer is uniform, also where some choices must stay away."""
    asked = card("right", *map(str, range(wrong)))
    places = Counter([each.right for each in options(asked, seed)].index(True) for seed in seeds(2000))
    size = min(wrong + 1, 7)
    expected = 2000 / size
    # 22.5 is the value for six degrees of freedom and one in a thousand.
    assert sum((places[place] - expected) ** 2 / expected for place in range(size)) < 22.5


def test_choices_beyond_the_letters_take_turns():
    """Of nine wrong choices six are shown, each as often as the others and at every place."""
    asked = card("right", *"123456789")
    shown = [options(asked, seed) for seed in seeds(1800)]
    often = Counter(each.text for found in shown for each in found if not each.right)
    assert all(abs(count - 1200) < 100 for count in often.values())
    places = Counter(
        (each.text, place) for found in shown for place, each in enumerate(found) if not each.right
    )
    assert len(places) == 9 * 7
    assert min(places.values()) > 120


def test_a_choice_that_stays_away_tells_nothing():
    """Which of seven choices is left out and where the right answer stands are independent."""
    asked = card("right", *"1234567")
    cells = Counter()
    for seed in seeds(2450):
        texts = [each.text for each in options(asked, seed)]
        (away,) = set("1234567") - set(texts)
        cells[away, texts.index("right")] += 1
    # 48 degrees of freedom: more than 84.0 has a chance of one in a thousand.
    assert sum((count - 50) ** 2 / 50 for count in cells.values()) + 50 * (49 - len(cells)) < 84.0


# --- the keys


@pytest.mark.parametrize(
    ("key", "index"),
    [
        *((letter, at) for at, letter in enumerate("ABCD")),
        *((letter, at) for at, letter in enumerate("abcd")),
        *((digit, at) for at, digit in enumerate("1234")),
        *((digit, at) for at, digit in enumerate("１２３４")),
        *((digit, at) for at, digit in enumerate("١٢٣٤")),
        *((digit, at) for at, digit in enumerate("१२३४")),
        *((letter, at) for at, letter in enumerate("ＡｂＣｄ")),
        *(
            (key, None)
            for key in ("e", "5", "0", "9", " ", "", "enter", "ab", "12", "²", "ª", "①", "ⓐ", "а", "ß")
        ),
    ],
)
def test_a_key_picks_an_option(key, index):
    """Letters in either case and digits of any script, full width too; nothing beyond the options."""
    assert letter_choice(key, 4) == index


@given(st.one_of(st.text(max_size=2), st.sampled_from("ABCDEFGHIabcdefghi0123456789")), st.integers(0, 12))
def test_a_key_never_picks_what_is_not_there(key, count):
    """Whatever is pressed, the index is one of the options, or none."""
    index = letter_choice(key, count)
    assert index is None or 0 <= index < min(count, len(LETTERS))


def test_all_seven_options_have_their_keys():
    """A to G and 1 to 7 pick the seven options in turn; `h` is none of them, it shows the hint."""
    assert LETTERS == "ABCDEFG"
    assert [letter_choice(key, 7) for key in LETTERS] == list(range(7))
    assert [letter_choice(key, 7) for key in "1234567"] == list(range(7))
    assert {letter_choice(key, 9) for key in "hHＨ8"} == {None}


# --- the ratings


def test_the_rating_proposed():
    """Good when right, Hard when a hint was needed, Again when wrong, hint or none."""
    assert proposed(right=True) is Rating.GOOD
    assert proposed(right=True, hinted=True) is Rating.HARD
    assert proposed(right=False) is proposed(right=False, hinted=True) is Rating.AGAIN


@pytest.mark.parametrize("way", ["reveal", "choice", "type"])
@pytest.mark.parametrize("right", [True, False])
def test_what_is_proposed_is_offered(way, right):
    """Space never gives a rating that could not be given by its number."""
    assert {proposed(right=right, hinted=hinted) for hinted in (True, False)} <= set(
        offered(way, right=right)
    )


def test_no_easy_after_a_choice():
    """What stood there to be recognised is never Easy, and what was picked wrong is Again."""
    assert offered("choice", right=True) == (Rating.AGAIN, Rating.HARD, Rating.GOOD)
    assert offered("choice", right=False) == (Rating.AGAIN,)
    assert offered("type", right=False) == offered("reveal", right=True) == tuple(Rating)


def test_the_modes_load_nothing():
    """On the way to the first question the module brings nothing that the words of the house have not."""
    code = (
        "import sys, srs.model; before = set(sys.modules); import srs.modes;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"srs.modes", "unicodedata"}
