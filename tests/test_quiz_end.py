"""The end of a session in which every answer was a choice, and gaps among what was missed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cli.drawing import cells, harmless
from srs.cli.notices import SessionEnd, practice_end_rows, session_end_rows, stopped_sentence
from srs.deck.cloze import GAP
from srs.session import Summary

CLOZE = f"Finish the sentence.\nThe digest is the {GAP} of the manifest, written after the at sign"
QUIZ = SessionEnd(
    answers=5,
    cards=5,
    spent_ms=120_000,
    first_try=4,
    missed=(("registry/digest#c1", CLOZE),),
    tomorrow_due=9,
    tomorrow_new=5,
    tomorrow_ms=280_000,
    more_new=5,
    quiz=True,
)
PERFECT = replace(QUIZ, first_try=5, missed=())

WIDE = """\
4/5 right in 2 min (24 s each).

  Missed     registry/digest#c1        …The digest is the […] of the manifest,…
  Tomorrow   9 due and 5 new, about 5 min
  More now   srs review --new 5        Wrong key at the end?  srs undo
"""
MIDDLE = """\
4/5 right in 2 min (24 s each).

  Missed     registry/digest#c1        ...the [...] of th...
  Tomorrow   9 due and 5 new, about 5 min
  More now   srs review --new 5
  Wrong key? srs undo
"""
NARROW = """\
4/5 right in 2 min (24 s each).

  Missed     registry/digest#c1
               …is the […] of the manif…
  Tomorrow   9 due and 5 new, about 5
             min
  More now   srs review --new 5
  Wrong key? srs undo
"""


def screen(end, width, **how):
    """The rows as one text."""
    return "".join(f"{row.plain}\n" for row in session_end_rows(end, width, **how))


def verdict(end):
    """The first row at a width that breaks nothing."""
    return session_end_rows(end, 200)[0].plain


@pytest.mark.parametrize(
    ("width", "ascii_only", "drawn"), [(80, False, WIDE), (60, True, MIDDLE), (40, False, NARROW)]
)
def test_a_quiz_ends_with_its_score(width, ascii_only, drawn):
    """The score is the first row and the only bold one; a missed gap is shown, whatever is cut off."""
    assert screen(QUIZ, width, ascii_only=ascii_only) == drawn
    assert drawn.isascii() or not ascii_only
    bold = [row.style == "bold" for row in session_end_rows(QUIZ, width, ascii_only=ascii_only)]
    assert bold == [True, *[False] * (len(bold) - 1)]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (PERFECT, "5/5 right in 2 min (24 s each)."),
        (replace(PERFECT, answers=8), "5/5 right in 2 min (24 s each)."),
        (replace(QUIZ, answers=1, cards=1, first_try=0), "0/1 right in 2 min."),
        # Right at first and missed when it came again.
        (replace(QUIZ, answers=7, first_try=5), "5/5 right at first try in 2 min (24 s each)."),
        (replace(PERFECT, rest=3, rest_now=1), "5/5 right in 2 min (24 s each). 3 more are due today."),
        (replace(PERFECT, rest=3), "5/5 right in 2 min (24 s each). 3 cards come back later today."),
        (
            replace(PERFECT, stop="time", left=1),
            "5/5 right in 2 min (24 s each). Time is up. 1 card can wait.",
        ),
        (
            replace(PERFECT, stop="stopped"),
            f"5/5 right in 2 min (24 s each). {stopped_sentence(5)}",
        ),
        (
            replace(PERFECT, stop="stopped", unanswered=False),
            "5/5 right in 2 min (24 s each). Stopped. All 5 answers are saved.",
        ),
        (SessionEnd(0, 0, 0, 0, stop="stopped", quiz=True), "Stopped. Nothing was answered."),
        (replace(QUIZ, quiz=False), "Done for today: 5 cards in 2 min (24 s each), 4 right at first try."),
    ],
)
def test_a_quiz_says_how_it_ended_after_the_score(end, said):
    """The score comes first however the session ended; two numbers that differ are told apart."""
    assert verdict(end) == said


@pytest.mark.parametrize(
    ("modes", "said"),
    [
        ({"choice"}, "4/5 right in 2 min; nothing was recorded."),
        ({"choice", "type"}, "Practised 5 cards in 2 min, 4 right at first try; nothing was recorded."),
    ],
)
def test_practice_with_choices_ends_like_a_quiz(modes, said):
    """A practice session of choices alone ends with its score and the missed cards, another without."""
    summary = Summary(6, 5, 120_000, 4, QUIZ.missed, frozenset(modes))
    rows = [row.plain for row in practice_end_rows(summary, 80)]
    assert rows[0] == said
    assert any("registry/digest#c1" in row for row in rows) == (modes == {"choice"})


@pytest.mark.parametrize("width", [40, 60, 80])
def test_nothing_more_is_offered_where_there_is_nothing(width):
    """Where nothing is left to review the way back from a wrong key stands alone, under its own name."""
    drawn = [row.plain for row in session_end_rows(replace(PERFECT, more_new=0), width)]
    assert drawn[-1] == "  Wrong key? srs undo"
    assert "More now" not in "".join(drawn)


@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.integers(40, 120),
    st.booleans(),
)
def test_a_missed_gap_is_always_shown(before, after, width, ascii_only):
    """However long the sentence round it is and in whatever script, the gap is in the row, which fits."""
    question = f"{before}{GAP}{after}"
    drawn = session_end_rows(replace(QUIZ, missed=(("d/c#c1", question),)), width, ascii_only=ascii_only)
    assert all(cells(row.plain) <= width and harmless(row.plain) == row.plain for row in drawn)
    assert any(("[...]" if ascii_only else GAP) in row.plain for row in drawn)
