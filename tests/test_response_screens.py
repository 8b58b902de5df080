"""Options and typed answers on the screen: screens F and G row by row, and what holds for any card."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from screen_driver import QUESTION
from test_screen import ANY_TEXT, LITERALS, plain, width_on_terminals

from srs.cli.page import Page
from srs.cli.plain import plain_lines
from srs.cli.responses import OptionLine, Options, Typed
from srs.cli.screen import prompt_place, rows, scrolled

RATINGS = (("Again", "10 min"), ("Hard", "8 days"), ("Good", "11 days"), ("Easy", "19 days"))
TEXTS = (
    "A hash of the image's manifest",
    "The version name that the pipeline gives to each build",
    "A number that the registry counts up with each push",
    "A checksum of the files in the running container",
)
WHY = "That is a tag, and a tag can be moved."
CHOOSING = replace(
    QUESTION,
    scenario="New hire: Which version is live, 1.4.2 or this sha256 thing?\n"
    "Lead: The sha256 thing. Tags move.",
    response=Options(tuple(map(OptionLine, "ABCD", TEXTS))),
    keys=("A-D choose", "Space I do not know", "u undo", "? keys", "q quit"),
)
CHOSEN = replace(
    CHOOSING,
    response=Options(
        (
            OptionLine("A", TEXTS[0], "right"),
            OptionLine("B", TEXTS[1], "yours", WHY),
            OptionLine("C", TEXTS[2]),
            OptionLine("D", TEXTS[3]),
        ),
        "Wrong.",
    ),
    answer=TEXTS[0],
    explanation="A tag can be moved to another image tomorrow; a digest cannot.",
    outcome="Wrong: comes again in 10 min.",
    keys=("Space next", "u take back", "e edit", "? keys", "q quit"),
)
GUESSED = replace(
    CHOSEN,
    response=Options((OptionLine("A", TEXTS[0], "right"), *CHOOSING.response.lines[1:]), "Right."),
    outcome=None,
    ratings=(("I guessed", "10 min"), ("Hard", "8 days"), ("Good", "11 days")),
)
TYPING = replace(
    QUESTION,
    scenario=None,
    question="Which tag does a client assume when you name none?",
    response=Typed(),
    keys=("Enter when done", "empty if not known", ":u undo", ":? keys", ":q quit"),
)
JUDGED = replace(
    TYPING,
    response=Typed("lastest", "Nearly: one letter too many.", (("yours", "la[s]test"), ("answer", "latest"))),
    answer="latest",
    explanation="It is only a default name: nothing moves it to the newest push.",
    ratings=RATINGS,
    keys=("Space good", "u type again", "e edit", "? keys", "q quit"),
)

F = {
    4: "  New hire: “Which version is live, 1.4.2 or this sha256 thing?”",
    5: "  Lead: “The sha256 thing. Tags move.”",
    7: "  What is an image digest?",
    9: "  right  A  A hash of the image's manifest",
    10: "  yours  B  The version name that the pipeline gives to each build",
    11: "            That is a tag, and a tag can be moved.",
    12: "         C  A number that the registry counts up with each push",
    13: "         D  A checksum of the files in the running container",
    15: "  A tag can be moved to another image tomorrow; a digest cannot.",
    22: "  Wrong: comes again in 10 min.",
    24: "  Space next    u take back    e edit    ? keys    q quit",
}
G = {
    4: "  Which tag does a client assume when you name none?",
    6: "  > lastest",
    8: "  Nearly: one letter too many.",
    9: "    yours    la[s]test",
    10: "    answer   latest",
    12: "  It is only a default name: nothing moves it to the newest push.",
    22: "  1 Again 10 min    2 Hard 8 days    3 Good 11 days    4 Easy 19 days",
    24: "  Space good    u type again    e edit    ? keys    q quit",
}
F_40X20 = """\
 registry      2 new 1 learning 6 due
 3/12 ━━━─────────
 … k more
 What is an image digest?

 right A A hash of the image's
         manifest
 yours B The version name that the
         pipeline gives to each build
           That is a tag, and a tag
           can be moved.
       C A number that the registry…
       D A checksum of the files in…

 A tag can be moved to another image
 tomorrow; a digest cannot.

 Wrong: comes again in 10 min.

 Space next   ? keys   q quit"""
G_40X20 = """\
 registry      2 new 1 learning 6 due
 3/12 ━━━─────────

 Which tag does a client assume when
 you name none?

 > lastest

 Nearly: one letter too many.
 yours   la[s]test
 answer  latest

 It is only a default name: nothing
 moves it to the newest push.



 1 Again 10 min     2 Hard  8 days
 3 Good  11 days    4 Easy 19 days
 Space good   ? keys   q quit"""


def numbered(drawn):
    """The rows from the fourth on that hold anything, by number."""
    return {at: row.rstrip() for at, row in enumerate(plain(drawn), 1) if at > 3 and row.strip()}


def bold(drawn):
    """The numbers of the bold rows."""
    return [at for at, row in enumerate(drawn, 1) if str(row.style) == "bold"]


def whole(view, width, height):
    """Every row that is seen while scrolling from the top to the end, with nothing repeated in between."""
    view = scrolled(view, width, height, -100)
    seen = []
    for _ in range(200):
        seen += plain(rows(view, width, height))
        further = scrolled(view, width, height, 1)
        if further.offset == view.offset:
            return seen
        view = further
    raise AssertionError("no end of it")


def test_the_chosen_option_is_screen_f():
    """At 80x24: the words right and yours in the margin, why yours is wrong, what became of it."""
    drawn = rows(CHOSEN, 80, 24)
    assert numbered(drawn) == F
    assert bold(drawn) == [9]
    before = numbered(rows(CHOOSING, 80, 24))
    assert before == {
        **{at: F[at] for at in (4, 5, 7)},
        9: "         A  A hash of the image's manifest",
        10: "         B  The version name that the pipeline gives to each build",
        11: F[12],
        12: F[13],
        24: "  A-D choose    Space I do not know    u undo    ? keys    q quit",
    }
    assert bold(rows(CHOOSING, 80, 24)) == [7]


def test_a_right_choice_moves_nothing_and_offers_no_easy():
    """Question and options stay in their rows and columns; three ratings, the first one `I guessed`."""
    before, after = plain(rows(CHOOSING, 80, 24)), plain(rows(GUESSED, 80, 24))
    assert [row[7:] for row in after[:12]] == [row[7:] for row in before[:12]]
    assert after[8].startswith("  right  A  ")
    assert after[21] == "  1 I guessed 10 min    2 Hard 8 days    3 Good 11 days"
    narrow = plain(rows(GUESSED, 40, 20))
    assert narrow[17:19] == [" 1 I guessed 10 min     2 Hard 8 days", " 3 Good      11 days"]


def test_the_typed_answer_is_screen_g():
    """At 80x24: what was typed, the verdict in bold, both texts one above the other, all ratings."""
    drawn = rows(JUDGED, 80, 24)
    assert numbered(drawn) == G
    assert bold(drawn) == [8]
    asked = rows(TYPING, 80, 24)
    assert asked[5].plain == "  > "
    assert prompt_place(TYPING, 80, 24) == (5, 4)
    assert bold(asked) == [4]


@pytest.mark.parametrize(("view", "expected"), [(CHOSEN, F_40X20), (JUDGED, G_40X20)], ids=["F", "G"])
def test_narrow_forms(view, expected):
    """At 40x20 marks and labels are closer; the scenario gives way first, and k goes back to it."""
    assert [row.rstrip() for row in plain(rows(view, 40, 20))] == expected.split("\n")
    assert any("New hire" in row for row in whole(CHOSEN, 40, 20))


LONG = "A text of many words that goes on and on until it fills more than a row of the screen, twice"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 24)])
def test_what_was_neither_right_nor_chosen_gives_way(width, height):
    """Where not all fits, those options take one row each; right, yours and the explanation are seen."""
    ends = [f"{LONG} {end}." for end in ("right-end", "yours-end", "third-end", "last-end")]
    lines = [replace(line, text=text) for line, text in zip(CHOSEN.response.lines, ends, strict=True)]
    wordy = " ".join(f"New hire: {LONG}" for _ in range(3))
    view = replace(CHOSEN, scenario=wordy, response=Options(tuple(lines)), explanation=LONG)
    text = " ".join(" ".join(plain(rows(view, width, height))).split())
    assert "What is an image digest?" in text
    assert "right-end" in text
    assert "yours-end" in text
    assert WHY in text
    assert not {"third-end", "last-end"} & set(text.split())
    assert text.count("…") >= 2
    assert LONG in text or width == 40
    whole_again = plain(rows(view, 80, 60))
    assert "last-end" in " ".join(whole_again), "where all fits nothing is cut"


@pytest.mark.parametrize(("width", "height"), [(40, 20), (80, 24), (30, 12)])
def test_the_question_comes_first_when_the_options_do_not_fit(width, height):
    """The view starts with the question, above it what is said scrolls off; `j more` tells of options."""
    lines = tuple(OptionLine(letter, LONG * 3) for letter in "ABCD")
    view = replace(CHOOSING, response=Options(lines))
    drawn = plain(rows(view, width, height))
    assert drawn[3].strip() == "What is an image digest?"
    assert drawn[2].strip() == "… k more"
    assert any(row.strip().endswith("… j more") for row in drawn)
    assert not any("New hire" in row for row in drawn)


@pytest.mark.parametrize(
    ("width", "keys"),
    [
        (80, "  A-D choose    Space I do not know    u undo    ? keys    q quit"),
        (60, "  A-D choose    Space I do not know    ? keys    q quit"),
        (40, " A-D  Space not known  ? keys  q quit"),
        (36, " A-D  Space not known  q quit"),
        (30, " Space not known  q quit"),
    ],
)
def test_not_knowing_is_offered_at_any_width(width, keys):
    """The key that says `I do not know` stays in the last row, in fewer words where it is narrow."""
    assert rows(CHOOSING, width, 20)[-1].plain == keys


def test_every_word_is_ascii_where_it_must_be():
    """With ASCII signs nothing of ours is left that such a terminal could not show."""
    for view in (CHOSEN, GUESSED, JUDGED, CHOOSING, TYPING):
        for width, height in ((80, 24), (40, 20)):
            assert all(row.plain.isascii() for row in rows(view, width, height, ascii_only=True))
        assert all(line.isascii() for line in plain_lines(view, repeat=True, ascii_only=True))


def test_lines_say_the_verdict_in_words():
    """In lines each option is one, marked ones begin with their word, why follows; nothing is drawn."""
    assert (
        plain_lines(CHOOSING)[-7:]
        == [
            "What is an image digest?",
            "",
            *(f"{letter}  {text}" for letter, text in zip("ABCD", TEXTS, strict=True)),
            "",
            "A-D choose, Space I do not know, u undo, ? keys, q quit",
        ][-7:]
    )
    assert plain_lines(CHOSEN)[:7] == [
        "Wrong.",
        f"right A  {TEXTS[0]}",
        f"yours B  {TEXTS[1]}",
        f"why B is wrong: {WHY}",
        f"C  {TEXTS[2]}",
        f"D  {TEXTS[3]}",
        "",
    ]
    assert plain_lines(JUDGED)[:4] == [
        "Nearly: one letter too many.",
        "yours: la[s]test",
        "answer: latest",
        "",
    ]


def test_a_hint_moves_nothing():
    """The place below the question is kept where something stands under it; then the hint is in it."""
    for view in (CHOOSING, TYPING, replace(TYPING, response=None)):
        kept = replace(view, hint="which document?")
        before, after = plain(rows(kept, 80, 24)), plain(rows(replace(kept, hinted=True), 80, 24))
        changed = [at for at in range(24) if before[at] != after[at]]
        assert [after[at] for at in changed] == ["  Hint: which document?"]
        assert after[changed[0] - 1].strip() == view.question


def test_right_to_left_options_share_their_row_with_nothing():
    """A right-to-left option stands below its letter, so that the letter stays where it is."""
    view = replace(CHOOSING, response=Options((OptionLine("A", "שלום"), OptionLine("B", "latest"))))
    assert [row.rstrip() for row in plain(rows(view, 80, 24))[8:11]] == [
        "         A",
        "            שלום",
        "         B  latest",
    ]


def test_wide_characters_are_wrapped_under_the_text():
    """Chinese options wrap by cells and hang under their own text."""
    text = "镜像清单的散列值内容不同则摘要不同" * 3
    view = replace(CHOOSING, response=Options((OptionLine("A", text),)))
    drawn = plain(rows(view, 80, 24))[8:10]
    assert drawn[0].startswith("         A  镜像")
    assert drawn[1].startswith("            ")
    assert "".join(row[12:] for row in drawn) == text


def test_card_text_is_shown_as_it_is():
    """Brackets, braces and colon codes in options, whys and typed text come out as they are."""
    for text in LITERALS:
        view = replace(CHOSEN, response=Options((OptionLine("A", text, "yours", text),)))
        assert sum(text in row for row in plain(rows(view, 80, 24))) == 2
        view = replace(JUDGED, response=Typed(text, text, (("yours", text),)))
        assert sum(text in row for row in plain(rows(view, 80, 24))) == 3


SIZES = st.tuples(st.integers(30, 130), st.integers(12, 60))
OPTIONS = st.lists(st.tuples(ANY_TEXT, st.sampled_from(["", "right", "yours"])), min_size=2, max_size=8)


@settings(max_examples=120)
@given(
    size=SIZES,
    question=ANY_TEXT,
    scenario=ANY_TEXT,
    options=OPTIONS,
    why=ANY_TEXT,
    shown=st.booleans(),
    steps=st.integers(-5, 5),
)
@example(
    size=(30, 12),
    question="q",
    scenario="s",
    options=[("x" * 200, "right"), ("y", "yours")],
    why="why",
    shown=True,
    steps=0,
)
def test_options_never_break_the_screen(*, size, question, scenario, options, why, shown, steps):
    """Whatever a card says, no row is wider than the screen, and there are as many rows as it has."""
    lines = tuple(
        OptionLine(letter, text, mark if shown else "", why if shown and mark == "yours" else None)
        for letter, (text, mark) in zip("ABCDEFGH", options, strict=False)
    )
    view = replace(
        CHOOSING,
        question=question,
        scenario=scenario,
        response=Options(lines),
        answer="x" if shown else None,
        explanation=why,
        ratings=RATINGS[:3] if shown else (),
    )
    view = scrolled(view, *size, steps)
    drawn = rows(view, *size)
    assert len(drawn) == size[1]
    assert all(width_on_terminals(row.plain) <= size[0] for row in drawn)


@settings(max_examples=120)
@given(
    size=SIZES,
    question=ANY_TEXT,
    typed=ANY_TEXT,
    answer=ANY_TEXT,
    scenario=ANY_TEXT,
    judged=st.booleans(),
)
@example(size=(30, 12), question="", typed="", answer="", scenario="⺀⺀⺀⺀⺀⺀⺀⺀⿰⿰ぁ🇦🇦🇦🇦", judged=False)
def test_typed_answers_never_break_the_screen(*, size, question, typed, answer, scenario, judged):
    """The same for typed answers; and the line to type always has its place above the keys."""
    view = replace(TYPING, question=question, scenario=scenario)
    if judged:
        told = (("yours", typed), ("answer", answer))
        view = replace(view, response=Typed(typed, "Wrong.", told), answer=answer, ratings=RATINGS)
    drawn = rows(view, *size)
    assert len(drawn) == size[1]
    assert all(width_on_terminals(row.plain) <= size[0] for row in drawn)
    if not judged:
        row, column = prompt_place(view, *size)
        assert drawn[row].plain.strip() == ">"
        assert column == drawn[row].plain.index(">") + 2
        assert row < size[1] - 3


WORDS = st.lists(
    st.sampled_from(["digest", "tag", "layer", "the", "manifest", "names"]), min_size=1, max_size=45
)


@settings(max_examples=80)
@given(
    size=SIZES,
    question=WORDS,
    scenario=WORDS,
    options=st.lists(WORDS, min_size=2, max_size=8),
    why=WORDS,
    right=st.integers(0, 7),
)
@example(
    size=(40, 20),
    question=["tag"],
    scenario=["tag"],
    options=[["digest"] * 40] * 4,
    why=["tag"],
    right=0,
)
def test_every_option_is_seen_or_scrolled_to(*, size, question, scenario, options, why, right):
    """No word of a question, an option or an explanation is lost: what does not fit is scrolled to.

    Only options that are neither right nor chosen may be cut once they are told from the others.
    """
    lines = tuple(
        OptionLine(letter, " ".join([f"<{letter}", *words, f"{letter}>"]), "right" if at == right else "")
        for at, (letter, words) in enumerate(zip("ABCDEFGH", options, strict=False))
    )
    asked = replace(
        CHOOSING,
        question=" ".join(["<q", *question, "q>"]),
        scenario=" ".join(["<s", *scenario, "s>"]),
        response=Options(lines),
    )
    told = replace(asked, answer="x", explanation=" ".join(["<e", *why, "e>"]), ratings=RATINGS[:3])
    ends = ["<q", "q>", *(end for line in lines for end in (f"<{line.letter}", f"{line.letter}>"))]
    kept = [end for line in lines if line.mark for end in (f"<{line.letter}", f"{line.letter}>")]
    after = [*(kept or ends[2:]), "<q", "q>", "<e", "e>"]
    for view, wanted in ((asked, ends), (told, after)):
        seen = " ".join(whole(view, *size)).split()
        assert set(wanted) <= set(seen)
        shown = " ".join(plain(rows(view, *size)))
        room = size[1] - 7
        if view is asked:
            assert "<q" in shown
        page = Page(*size, ascii_only=False)
        asking = len(page.wrapped(view.question)) + 1 if view is asked else 0
        if asking + len(view.response.rows(page, "")) <= room:
            there = ends[2:] if view is asked else kept
            assert all(end in shown for end in there), "the options are all seen where they fit"
