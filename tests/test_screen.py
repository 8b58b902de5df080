"""Card screens, line mode, notices and the text they are drawn with."""

import io
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace

import pytest
import wcwidth
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.text import Text
from screen_driver import ANSWER, QUESTION

from srs.cli.ansi import Pen, frame, print_rows
from srs.cli.drawing import (
    cells,
    crop,
    harmless,
    in_ascii,
    needs_ascii,
    progress_bar,
    sparkline,
    spoken,
    wrap,
)
from srs.cli.help import HARD_MEANS, LINE_COMMANDS, TYPING_COMMANDS, help_lines, help_rows
from srs.cli.notices import (
    NothingDue,
    SessionEnd,
    Waiting,
    error_rows,
    nothing_due_rows,
    session_end_rows,
    stopped_sentence,
    waiting_rows,
)
from srs.cli.plain import plain_lines
from srs.cli.screen import rows, scrolled
from srs.cli.turn import command
from srs.errors import NotFoundError

LITERALS = ("registry:key:1", "tag grammar [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", "@sha256:[a-f0-9]{64}")
AWKWARD = st.sampled_from(
    [
        "日本語の文章、です。", "👩\u200d👩\u200d👧\u200d👦", "❤\ufe0f", "e\u0301\u0302", "\u200d", "שלום",
        "\t", "\x1b[2J",
        "\n", " - ",
        "```", "    ", "a\u200db", "🇫🇷", "\ufe0f", "\u202e", "ｶﾞ", "กำ", "\r",
        "https://x.example/" + "y" * 90,
    ]
)  # fmt: skip
ANY_TEXT = st.one_of(
    st.text(max_size=60), st.lists(st.one_of(AWKWARD, st.text(max_size=8)), max_size=20).map("".join)
)
PLAIN = Pen(styles=False, colours=False)
FULL = Pen(styles=True, colours=True)


def plain(drawn):
    """Rows as a person reads them."""
    return [row.plain for row in drawn]


def view_of(**changes):
    """The answer side of the usual card, changed."""
    return replace(ANSWER, **changes)


def width_on_terminals(text):
    """The cells a row takes where emoji are joined and where they are not, by another library."""
    return max(wcwidth.wcswidth(text), sum(max(0, wcwidth.wcwidth(char)) for char in text))


# Card screens


def test_note_takes_the_bold_and_moves_nothing():
    """Screen C: the sentence stands on row 20 in bold, the answer is where it was, no longer bold."""
    before = rows(ANSWER, 80, 24)
    after = rows(view_of(note="Took back Good. Rate it again, or press u for the card before."), 80, 24)
    assert after[19].plain == "  Took back Good. Rate it again, or press u for the card before."
    assert [at for at, row in enumerate(after) if str(row.style) == "bold"] == [19]
    assert plain(after)[:19] + plain(after)[20:] == plain(before)[:19] + plain(before)[20:]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 20), (120, 50), (61, 16), (30, 12)])
def test_nothing_moves_when_the_answer_appears(width, height):
    """Where question and answer fit, every row of the question keeps its place."""
    short = view_of(answer="A hash.", scenario="Lead: Which?", explanation="Why " * 60)
    question = rows(replace(short, answer=None, ratings=()), width, height)
    answer = rows(short, width, height)
    asked = plain(question)[: end_of_body(question)]
    assert plain(answer)[: len(asked)] == asked


def end_of_body(drawn):
    """One past the last row of the question."""
    return max(at for at, row in enumerate(drawn[:-1]) if row.plain) + 1


def test_dim_rows_are_those_of_the_design():
    """Header, progress, source and keys are dim, and nothing else."""
    dim = [at + 1 for at, row in enumerate(rows(ANSWER, 80, 24)) if str(row.style) == "dim"]
    assert dim == [1, 2, 15, 24]


def test_long_explanation_is_read_to_its_end_with_j():
    """Scrolling shows every row of the explanation once in order and stops at its end."""
    told = [f"line {n}" for n in range(40)]
    view = view_of(explanation="\n".join(told), source=None)
    seen = []
    for _ in range(20):
        body = plain(rows(view, 80, 24))[11:20]
        seen += [re.sub(r" … j more$", "", row.strip()) for row in body if row.strip()]
        assert plain(rows(view, 80, 24))[:10] == plain(rows(ANSWER, 80, 24))[:10]
        view = scrolled(view, 80, 24, 1)
    assert list(dict.fromkeys(seen)) == told
    assert not any("more" in row for row in plain(rows(view, 80, 24)))
    assert scrolled(view, 80, 24, 1) == view
    for _ in range(20):
        view = scrolled(view, 80, 24, -1)
    assert view.offset == 0


def test_long_answer_is_whole_and_the_question_can_be_scrolled_back_to():
    """With no room for both, the answer is in view uncut, and k goes back to the question."""
    view = view_of(answer="\n".join(f"step {n}" for n in range(8)), explanation="Because. " * 40)
    drawn = plain(rows(view, 40, 16))
    assert [row.strip() for row in drawn if "step" in row] == [f"step {n}" for n in range(8)]
    back = scrolled(view, 40, 16, -5)
    assert any("What is an image digest?" in row for row in plain(rows(back, 40, 16)))
    forward = scrolled(view, 40, 16, 50)
    assert not any("j more" in row for row in plain(rows(forward, 40, 16)))
    assert plain(rows(forward, 40, 16))[2] == " … k more"
    assert "OCI image spec" in "".join(plain(rows(forward, 40, 16)))


def test_answer_taller_than_the_screen_starts_at_its_first_row():
    """An answer that no screen could hold begins in view and says that there is more."""
    view = view_of(answer="\n".join(f"row {n}" for n in range(90)), explanation=None)
    drawn = plain(rows(view, 80, 24))
    assert drawn[3] == "  row 0"
    assert "  … j more" in drawn


def test_ratings_stay_beside_their_intervals_at_every_width():
    """Each rating's number, word and interval are on one row in this order, whole."""
    long = (("Again", "10 min"), ("Hard", "11.5 months"), ("Good", "10.7 years"), ("Easy", "99.9 years"))
    for width in range(40, 120):
        text = "\n".join(plain(rows(view_of(ratings=long), width, 24)))
        for n, (word, interval) in enumerate(long, 1):
            assert re.search(rf"{n} {word} +{interval}", text), (width, text)


def test_ratings_in_the_narrowest_screen_shorten_their_units():
    """At 30 columns long intervals keep their amounts, and every rating is whole."""
    long = (("Again", "10 min"), ("Hard", "98 days"), ("Good", "4.1 months"), ("Easy", "1.5 years"))
    drawn = plain(rows(view_of(ratings=long), 30, 24))
    assert drawn[21:23] == [" 1 Again 10 min  2 Hard 98 d", " 3 Good 4.1 mo   4 Easy 1.5 y"]


def test_keys_that_do_not_fit_go_from_the_middle():
    """The first key and the last two survive, and no piece is cut."""
    keys = plain(rows(ANSWER, 60, 24))[-1].split("    ")
    assert keys[0].strip() == "Space good"
    assert [key.strip() for key in keys[-2:]] == ["? keys", "q quit"]
    assert set(map(str.strip, keys)) <= set(ANSWER.keys)


def test_right_to_left_deck_name_gives_way_to_its_id():
    """Right-to-left text shares no row with the counts."""
    assert rows(view_of(deck_name="אוצר מילים"), 80, 24)[0].plain.startswith("  registry  ")


def test_long_deck_name_leaves_the_counts_in_place():
    """The counts end where they always end, whatever the name, wide characters too."""
    usual = rows(ANSWER, 80, 24)[0].plain
    for name in ("x" * 200, "日本語" * 40):
        header = rows(view_of(deck_name=name), 80, 24)[0].plain
        assert cells(header) == len(usual)
        assert header.endswith("2 new   1 learning   6 due")


def test_ascii_screen_holds_no_other_sign():
    """With ASCII asked for, our signs and common typography are ASCII; a letter stays a letter."""
    drawn = plain(rows(view_of(explanation="It’s “so” – … · café " * 80), 80, 24, ascii_only=True))
    assert set("".join(drawn)) - set(map(chr, range(32, 127))) == {"é"}
    assert any(row.endswith("... j more") for row in drawn)


@settings(max_examples=150)
@given(
    ANY_TEXT, ANY_TEXT, st.tuples(st.integers(1, 90), st.integers(1, 30)), st.booleans(), st.integers(-50, 50)
)
@example("a\u200d" * 90, "日" * 90, (13, 12), False, 0)
@example("日" * 90, "日" * 90, (1, 30), False, 0)
def test_no_row_is_wider_than_the_screen(one, two, size, ascii_only, offset):
    """Whatever the texts and the window, `height` rows come out, each within the width, no controls."""
    width, height = size
    note = None if offset % 2 else one
    for view in (
        view_of(deck_name=one, question=two, scenario=f"A: {one}", answer=one, explanation=two, note=note),
        replace(QUESTION, question=one, scenario=two, hints=(two,)),
    ):
        drawn = rows(replace(view, offset=offset), width, height, ascii_only=ascii_only)
        assert len(drawn) == height
        for row in drawn:
            assert cells(row.plain) <= width
            assert harmless(row.plain) == row.plain
        scrolled(view, width, height, offset)


# Wrapping


@given(ANY_TEXT, st.integers(2, 80))
def test_wrapping_keeps_the_width_and_every_visible_character(text, width):
    """No row is too wide by another library's count either, and no letter is lost or moved."""
    drawn = wrap(text, width)
    assert all(cells(row) <= width for row in drawn)
    visible = re.compile(r"[ \t\r\n]")
    assert visible.sub("", "".join(drawn)) == visible.sub("", harmless(visible.sub("", text)))


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=80), st.integers(2, 40))
def test_rows_fit_by_another_library(text, width):
    """Letters of all scripts fit by wcwidth's tables as well, where the tables agree on each."""
    for row in wrap(unicodedata.normalize("NFC", text), width):
        if all(cells(char) >= wcwidth.wcwidth(char) for char in row):
            assert width_on_terminals(row) <= width


def test_lists_hang_and_code_is_not_reflowed():
    """List items hang under their text; fenced and indented code is cut at the edge, never joined."""
    text = (
        "- first item that is long\n  1. nested one that is long\n"
        "```\na  b    c d e f g h i j k\n```\n    x = 1"
    )
    assert wrap(text, 16) == [
        "- first item", "  that is long", "  1. nested one", "     that is", "     long",
        "```", "a  b    c d e f ", "g h i j k", "```", "    x = 1",
    ]  # fmt: skip


def test_writers_line_breaks_stay():
    """Lines are not joined, empty lines between them stay, those at the ends go."""
    assert wrap("\n\none\ntwo\n\n\nthree\n\n", 40) == ["one", "two", "", "", "three"]
    assert wrap("", 40) == []


def test_wide_text_breaks_between_characters_and_not_before_a_stop():
    """Text without spaces breaks between wide characters, and no row starts with its full stop."""
    assert wrap("日本語日本語。日本語", 12) == ["日本語日本", "語。日本語"]
    assert wrap("a 日本語日本語", 8) == ["a 日本語", "日本語"]


def test_combining_marks_stay_with_their_letter():
    """A row never starts with a mark that belongs to the letter before."""
    drawn = wrap("e\u0301" * 30, 7)
    assert drawn[0] == "e\u0301" * 7
    assert all(not unicodedata.combining(row[0]) for row in drawn)


def test_joined_emoji_are_never_torn():
    """A family is drawn whole on one row or the next."""
    family = "👩\u200d👩\u200d👧\u200d👦"
    assert wrap(f"x{family}" * 4, 18) == [f"x{family}x{family}"] * 2


def test_scenario_reads_as_speech():
    """`Name: words` gets quotation marks unless it has its own; other lines stay as they are."""
    text = (
        "New hire: Which version is live?\nLead (ops): “Tags move.”\nIn CI, later: nothing\n"
        "https://a.example/x: y"
    )
    assert spoken(text).split("\n") == [
        "New hire: “Which version is live?”",
        "Lead (ops): “Tags move.”",
        "In CI, later: nothing",
        "https://a.example/x: y",
    ]


def test_crop_and_bars():
    """Cropping counts cells; a bar is full only at the end and survives nonsense."""
    assert crop("日本語", 5, "…") == "日本…"
    assert crop("abc", 3, "…") == "abc"
    assert crop("abcdef", 0) == ""
    assert progress_bar(3, 12, 24) == "━" * 6 + "─" * 18
    assert progress_bar(11, 12, 12).endswith("─")
    assert progress_bar(0, 0, 3) == "───"
    assert progress_bar(9, 3, 3) == "━━━"
    assert sparkline([0, 1, 8]) == "▁▂█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline([0, 8], ascii_only=True).isascii()


def test_ascii_is_needed_without_utf8():
    """Any encoding but UTF-8, an unknown one, or the wish asks for ASCII."""
    assert not needs_ascii("UTF-8")
    assert not needs_ascii("utf8")
    assert all(map(needs_ascii, ("cp1252", "latin-1", "ascii", None, "no-such")))
    assert needs_ascii("utf-8", wanted=True)
    assert in_ascii("━─…“”·") == '==-..."""-'.replace('==-..."""-', '=-...""-')


# Styles


@pytest.mark.parametrize("literal", LITERALS)
def test_registry_text_prints_as_written(literal):
    """Brackets, braces and colons are neither markup nor emoji, on every way to the terminal."""
    view = view_of(question=literal, answer=literal, explanation=literal)
    assert sum(literal in row for row in plain(rows(view, 80, 24))) == 3
    assert frame(rows(view, 80, 24), 80, 24, FULL).count(literal) == 3
    assert sum(literal in line for line in plain_lines(view)) == 2
    out = io.StringIO()
    print_rows(error_rows(NotFoundError(literal, literal)), out, {})
    assert out.getvalue() == f"error: {literal}\nhint: {literal}\n"


def test_styles_are_written_by_hand_and_obey_the_terminal():
    """Bold, dim and named colours; NO_COLOR takes the colours, a pipe or TERM=dumb everything."""
    row = Text("abcdef", style="bold")
    row.stylize("red", 1, 3)
    assert FULL.draw(row) == "\x1b[1ma\x1b[0m\x1b[1;31mbc\x1b[0m\x1b[1mdef\x1b[0m"
    no_colour = Pen.of({"NO_COLOR": "1", "TERM": "xterm"}, terminal=True)
    assert "31" not in no_colour.draw(row)
    assert "\x1b[1m" in no_colour.draw(row)
    assert Pen.of({"NO_COLOR": ""}, terminal=True).colours
    for pen in (Pen.of({"TERM": "dumb"}, terminal=True), Pen.of({}, terminal=False)):
        assert pen.draw(row) == "abcdef"


@given(ANY_TEXT)
def test_nothing_hostile_is_drawn(text):
    """Only our own sequences reach the terminal: no control, no bidi override, no lone surrogate."""
    drawn = FULL.draw(Text(text, style="bold"))
    inner = drawn.removeprefix("\x1b[1m").removesuffix("\x1b[0m")
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", inner)
    drawn.encode()


def test_zwj_and_direction_marks_stay():
    """Joiners and plain direction marks are part of the text."""
    assert harmless("a\u200db\u200cc\u200e") == "a\u200db\u200cc\u200e"


def test_frame_never_erases_the_last_character():
    """A row as wide as the screen is not followed by an erase; a wider one is cut."""
    assert frame([Text("abcd")], 4, 1, FULL) == "\x1b[1;1Habcd"
    assert frame([Text("日本語")], 5, 1, FULL) == "\x1b[1;1H日本\x1b[K"
    assert frame([Text("ab")] * 9, 4, 2, FULL).count("ab") == 2
    assert frame([], 4, 2, PLAIN) == "\x1b[1;1H\x1b[J"


# Line mode, help, notices


def test_plain_answer_adds_only_what_is_new():
    """The question is not said again, unless the card is back; ratings stand one per line."""
    assert "What is an image digest?" in plain_lines(QUESTION)
    assert "What is an image digest?" not in plain_lines(ANSWER)
    assert "What is an image digest?" in plain_lines(ANSWER, repeat=True)
    assert plain_lines(ANSWER)[-5:-1] == [
        "1 Again 10 min",
        "2 Hard 8 days",
        "3 Good 11 days",
        "4 Easy 19 days",
    ]
    assert not re.search("[━─]", "".join(plain_lines(QUESTION)))


@given(ANY_TEXT)
def test_plain_lines_are_lines(text):
    """Each is one harmless line, whatever the card holds."""
    lines = plain_lines(
        view_of(deck_name=text, question=text, answer=text, source=text, note=text), repeat=True
    )
    assert all(harmless(line) == line for line in lines)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 20)])
def test_help_fits_and_says_what_hard_means(width, height):
    """Every key and the sentence about Hard are on one screen."""
    drawn = help_rows(width, height)
    assert len(drawn) == height
    assert all(cells(row.plain) <= width for row in drawn)
    text = " ".join(" ".join(plain(drawn)).split())
    assert HARD_MEANS in text
    assert "q Ctrl-C stop" in text
    assert ":s :q :? the same while you type; s b ! i only this way" in text
    assert "& é \" '" in "".join(help_lines(rating_keys="&é\"'"))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 20)])
def test_help_while_typing_lists_every_command(width, height):
    """`:?` names all that a colon and a key do, and each of them is one."""
    text = " ".join(" ".join(plain(help_rows(width, height, keys=TYPING_COMMANDS))).split())
    assert HARD_MEANS in text
    named = re.findall(r":\S", text)
    assert sorted(named) == sorted(f":{key}" for key in "hisb!euUjkq")
    assert None not in map(command, named)
    in_lines = re.findall(r"^:\S|(?<= ):\S(?=:)", "\n".join(help_lines(keys=LINE_COMMANDS)), re.MULTILINE)
    assert sorted(in_lines) == sorted(f":{key}" for key in "hisb!euUq")


@given(st.integers(1, 90), st.integers(1, 30))
def test_help_survives_any_window(width, height):
    """No window makes the help fail or overflow."""
    drawn = help_rows(width, height, rating_keys="+ěšč")
    assert len(drawn) == height
    assert all(cells(row.plain) <= width for row in drawn)


END = SessionEnd(
    answers=14,
    cards=12,
    spent_ms=252_000,
    first_try=10,
    missed=(
        ("registry/image-digest", "What is an image digest?"),
        ("registry/promote-as-is", "Why not rebuild for production?"),
    ),
    tomorrow_due=9,
    tomorrow_new=5,
    tomorrow_ms=280_000,
    more_new=5,
)
NOTHING = NothingDue(
    back=1, back_in_ms=480_000, tomorrow=9, cards=12, spent_ms=252_000, first_try=10, new_waiting=58
)


def test_end_of_session_is_screen_d():
    """The summary stands as designed, first row bold, last row dim."""
    drawn = session_end_rows(END, 80)
    assert plain(drawn) == [
        "Done for today: 12 cards in 4 min (21 s each), 10 right at first try.",
        "",
        "  Missed     registry/image-digest     What is an image digest?",
        "             registry/promote-as-is    Why not rebuild for production?",
        "  Tomorrow   9 due and 5 new, about 5 min",
        "  More now   srs review --new 5        Wrong key at the end?  srs undo",
    ]
    assert [str(row.style) for row in drawn] == ["bold", "", "", "", "", "dim"]


def test_nothing_due_is_screen_e():
    """When the next card comes is told first."""
    assert plain(nothing_due_rows(NOTHING, 80)) == [
        "Nothing due now. One card comes back in 8 min, nine more tomorrow.",
        "",
        "  Today      12 cards in 4 min, 10 right at first try",
        "  More now   srs review --new 5        5 of the 58 new cards that wait",
        "             srs review --ahead        tomorrow's nine, counted as reviews",
        "             srs review --practice     any cards, nothing recorded",
    ]


def test_waiting_and_error_are_screens_l_and_k():
    """`srs` alone and an error stand as designed."""
    assert plain(waiting_rows(Waiting(due=9, learning=1, new=2, estimate_ms=240_000), 80)) == [
        "12 to review: 9 due, 1 learning, 2 new; about 4 min",
        "  srs review    start          srs stats    how it goes          srs -h    all",
    ]
    error = NotFoundError("there is no card `x`", "did you mean `y`?")
    drawn = error_rows(error)
    assert plain(drawn) == ["error: there is no card `x`", "hint: did you mean `y`?"]
    assert str(drawn[0].style) == "bold"


@pytest.mark.parametrize(
    ("nothing", "sentence"),
    [
        (NothingDue(), "Nothing due now."),
        (NothingDue(tomorrow=1), "Nothing due now. One card comes tomorrow."),
        (NothingDue(back=3, back_in_ms=1), "Nothing due now. Three cards come back, the first in 1 min."),
        (NothingDue(next_day="Thu 3 Dec"), "Nothing due now. The next card comes on Thu 3 Dec."),
        (
            NothingDue(tomorrow=9, next_day="Thu 3 Dec", waiting=596),
            "Nothing due now. 596 reviews beyond your limit wait for another day.",
        ),
    ],
)
def test_nothing_due_in_other_cases(nothing, sentence):
    """The sentence is right for one card, several, none and a later day."""
    assert nothing_due_rows(nothing, 80)[0].plain == sentence


def test_session_that_was_stopped_says_what_is_saved():
    """`q`, Ctrl-C and the time box say that nothing is lost, and what waits."""
    eight = "Stopped. All 8 answers are saved; the card on the screen does not count."
    assert stopped_sentence(8) == eight
    assert stopped_sentence(1) == "Stopped. Your answer is saved; the card on the screen does not count."
    assert stopped_sentence(2) == "Stopped. Both answers are saved; the card on the screen does not count."
    assert stopped_sentence(0) == "Stopped. Nothing was answered."
    stopped = replace(END, answers=8, cards=8, first_try=6, stop="stopped")
    assert session_end_rows(stopped, 120)[0].plain == f"{eight} 6 of 8 right at first try."
    timed = " ".join(plain(session_end_rows(replace(END, stop="time", left=4), 80))[:2])
    assert timed.startswith("Time is up: 12 cards in 4 min (21 s each), 10 right at first try.")
    assert "4 cards can wait." in timed


def test_session_of_less_than_the_day_is_not_done_for_today():
    """After `-n 3` or one deck, what today still asks is told, and `srs review` is what comes next."""
    drawn = plain(session_end_rows(replace(END, missed=(), rest=5, rest_now=4), 100))
    assert drawn[0].startswith("Done for now: 12 cards in 4 min")
    assert drawn[0].endswith("right at first try. 5 more are due today.")
    assert drawn[-1] == "  More now   srs review                Wrong key at the end?  srs undo"
    later = plain(session_end_rows(replace(END, missed=(), rest=1), 100))
    assert later[0].endswith("1 card comes back later today.")
    assert "srs review --new 5" in later[-1]


@given(ANY_TEXT, st.integers(30, 120), st.booleans())
def test_notices_fit_the_window(text, width, ascii_only):
    """Summaries stay within any window of 30 columns or more, whatever the questions hold."""
    missed = tuple((f"registry/{n}", text) for n in range(12))
    drawn = session_end_rows(replace(END, missed=missed), width, ascii_only=ascii_only)
    drawn += nothing_due_rows(NOTHING, width) + waiting_rows(Waiting(9, 1, 2, 1), width)
    for row in drawn:
        assert cells(row.plain) <= width
        assert harmless(row.plain) == row.plain
    assert "and 2 more: srs log" in " ".join(" ".join(plain(drawn)).split())


def test_painting_a_card_loads_neither_console_nor_typer():
    """What the first question needs does not import rich.console, typer, asyncio or a database."""
    code = (
        "import sys, srs.cli.terminal, srs.cli.screen, srs.cli.words, srs.cli.notices;"
        "heavy = {'rich.console', 'typer', 'sqlmodel', 'fsrs', 'numpy', 'asyncio', 'sqlite3'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
