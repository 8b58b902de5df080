"""Whole sessions of the real program on a pseudo-terminal, its screens compared row by row."""

import re
import signal
import sys
import textwrap
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import (
    DEVICE,
    PROGRAM,
    Home,
    Piped,
    Session,
    at_moment,
    nearly_a_leech,
    plain_cards,
    plain_deck,
    run,
    write_deck,
)
from test_terminal import bold_rows
from world import MINUTE_MS, Clock

DECK = {card["id"]: card for card in plain_cards()}
NAME = "Container registry vocabulary"
QUESTION_KEYS = "Space answer    u undo    ? keys    q quit"
ANSWER_KEYS = "Space good    u undo    e edit    s suspend    b bury    ? keys    q quit"
KEYS_40 = ("Space answer   ? keys   q quit", "Space good   u undo   ? keys   q quit")
START = Clock().now
AT_START = at_moment(START)
STEPS_OF_A_NEW_CARD = r"1 Again 1 min    2 Hard 6 min    3 Good 10 min    4 Easy \d+ days"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A home with plain cards of the shipped deck imported; not to be written to."""
    folder = tmp_path_factory.mktemp("shipped")
    return Home(folder / "home").fill(plain_deck(folder), clock=Clock())


@pytest.fixture
def home(shipped, tmp_path):
    """A home of the test's own with plain cards of the shipped deck imported."""
    return shipped.copy(tmp_path / "home")


def spoken(scenario):
    """A scenario's lines as speech."""
    return [re.sub(r"^([^:]+): (.+)$", r"\1: “\2”", line) for line in scenario.strip().splitlines()]


def wrapped(lines, width, margin):
    """Rows of some lines, wrapped by the standard library."""
    return [
        " " * margin + row
        for line in lines
        for row in textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False)
    ]


def question_side(card, counts, progress, *, columns=80, lines=24):
    """The question screen of a card of the shipped deck, as the design has it."""
    wide = columns >= 60
    margin, width, edge = (2, 72, columns - 2) if wide else (1, columns - 3, columns - 3)
    new, learning, due = counts
    told = f"{new} new{'   ' if wide else ' '}{learning} learning{'   ' if wide else ' '}{due} due"
    head = (NAME if wide else "registry").ljust(edge - margin - len(told)) + told
    finished, total = progress
    cells = 24 if wide else 12
    full = cells * finished // total
    rows = [
        " " * margin + head,
        " " * margin + f"{finished}/{total} " + "━" * full + "─" * (cells - full),
        "",
    ]
    rows += [*wrapped(spoken(card["scenario"]), width, margin), ""]
    rows += wrapped([card["question"]], width, margin)
    rows += [""] * (lines - 1 - len(rows))
    return [*rows, " " * margin + (QUESTION_KEYS if wide else KEYS_40[0])]


def answer_side(card, counts, progress, *, note=()):
    """The answer screen at 80x24, without the row of ratings, which is left empty."""
    rows = question_side(card, counts, progress)
    at = max(number for number, row in enumerate(rows[:-1]) if row) + 2
    body = [*wrapped([card["answer"]], 72, 2), "", *wrapped([card["explanation"]], 72, 2)]
    body += ["", f"  {card['source']}"]
    rows[at : at + len(body)] = body
    rows[20 - len(note) : 20] = [f"  {row}" for row in note]
    return [*rows[:-1], f"  {ANSWER_KEYS}"]


def without_ratings(rows):
    """The rows with the ratings left out, and the ratings."""
    return [*rows[:21], "", *rows[22:]], rows[21].strip()


def test_whole_session_with_the_deck_that_comes_along(home):
    """Screens A, B, C and D as designed, from the deck's text; the log holds what was pressed."""
    registry, push = DECK["registry"], DECK["push"]
    with Session(home, "review", "-n", "2", program=AT_START) as session:
        assert session.ready() == question_side(registry, (2, 0, 0), (0, 2))
        assert bold_rows(session.screen) == [6]
        rows, ratings = without_ratings(session.key(" ", "4 Easy"))
        assert rows == answer_side(registry, (2, 0, 0), (0, 2))
        assert re.fullmatch(STEPS_OF_A_NEW_CARD, ratings)
        assert bold_rows(session.screen) == [8, 9]
        assert session.key("3", "Space answer") == question_side(push, (1, 1, 0), (0, 2))
        rows, again = without_ratings(session.key("u", "4 Easy"))
        note = "Took back Good. Rate it again, or press u for the card before."
        assert rows == answer_side(registry, (2, 0, 0), (0, 2), note=[note])
        assert again == ratings
        assert bold_rows(session.screen) == [19]
        assert session.key("4", "Space answer") == question_side(push, (1, 0, 0), (1, 2))
        session.key("\r", "4 Easy")
        session.press("4")
        assert session.to_the_end() == 0
        session.assert_given_back()
        days = re.search(r"4 Easy (\d+) days", again)[1]
        told = session.after_screen.split("\n")
    done = r"Done for now: 2 cards in \d s \(\d s each\), 2 right at first try\. 18 more are due"
    assert re.fullmatch(done, told[0])
    assert told[1:] == [
        "today.",
        "",
        "  Tomorrow   20 new, under a minute",
        "  More now   srs review                Wrong key at the end?  srs undo",
        "",
    ]
    assert home.answers() == [("registry", 4), ("push", 4)]
    log = home.check()
    assert [line.device for line in log] == [DEVICE] * len(log)
    today = home.rows("SELECT study_day, due_day FROM review WHERE undone = 0 ORDER BY id")[0]
    assert today[1] - today[0] == int(days)


def test_nothing_due_after_everything_is_done(tmp_path):
    """A day that is done ends with screen D; asked again it is screen E, with exit code 0."""
    home = Home(tmp_path / "home")
    deck = write_deck(tmp_path / "tiny.toml", [("one", "One?", "1"), ("two", "Two?", "2")])
    home.fill(deck, clock=Clock())
    with Session(home, "review", program=AT_START) as session:
        session.ready("One?")
        session.key(" ", "4 Easy")
        session.key("4", "Two?")
        session.key(" ", "4 Easy")
        session.press("4")
        assert session.to_the_end() == 0
        done = session.after_screen.split("\n")
    assert re.fullmatch(r"Done for today: 2 cards in \d s \(\d s each\), 2 right at first try\.", done[0])
    assert done[2:] == ["  Tomorrow   nothing", "  Wrong key? srs undo", ""]
    with Session(home, "review", program=at_moment(START + MINUTE_MS)) as session:
        assert session.to_the_end() == 0
        assert "\x1b[?1049h" not in session.raw.decode()
        assert bold_rows(session.screen) == [0]
        nothing = [row for row in session.rows if row]
    day = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ Oct"
    assert re.fullmatch(rf"Nothing due now\. The next card comes on {day}\.", nothing[0])
    assert re.fullmatch(r"  Today      2 cards in \d s, 2 right at first try", nothing[1])
    assert nothing[2:] == ["  More now   srs review --practice     any cards, nothing recorded"]


def test_narrow_screen_names_the_deck_by_its_id(home):
    """At 40x20 the question is screen M from the deck; the answer is whole, the rest scrolls."""
    card = DECK["registry"]
    with Session(home, "review", program=AT_START, columns=40, lines=20) as session:
        expected = question_side(card, (20, 0, 0), (0, 20), columns=40, lines=20)
        assert session.ready() == expected
        rows = session.key(" ", "4 Easy")
        top = 1 + max(number for number, row in enumerate(expected[:-1]) if row)
        answer = wrapped([card["answer"]], 37, 1)
        assert rows[: top + 1] == [*expected[:top], ""]
        assert rows[top + 1 : top + 1 + len(answer)] == answer
        assert sorted(bold_rows(session.screen)) == [*range(top + 1, top + 1 + len(answer))]
        assert rows[15].endswith("… j more")
        assert re.fullmatch(r" 1 Again +1 min    2 Hard +6 min", rows[17])
        assert re.fullmatch(r" 3 Good +10 min    4 Easy +\d+ days", rows[18])
        assert rows[19] == f" {KEYS_40[1]}"
        while any("j more" in row for row in session.rows):
            before = session.rows
            session.press("j")
            session.until(lambda terminal, before=before: terminal.rows != before)
        source = wrapped([card["source"]], 37, 1)
        session.until(lambda terminal: terminal.rows[16 - len(source) : 16] == source)
        assert session.rows[13 - len(source)].strip(), "several rows of it are seen at once"


def test_resize_in_the_middle_keeps_the_card_and_the_side(home):
    """A session drawn anew for another size shows the same card, and answers it there."""
    with Session(home, "review", program=AT_START) as session:
        wide = session.ready()
        session.resize(40, 20)
        expected = question_side(DECK["registry"], (20, 0, 0), (0, 20), columns=40, lines=20)
        session.until(lambda terminal: terminal.rows == expected)
        session.key(" ", "4 Easy")
        session.resize(80, 24)
        expected = answer_side(DECK["registry"], (20, 0, 0), (0, 20))
        session.until(lambda terminal: without_ratings(terminal.rows)[0] == expected)
        assert wide[:7] == expected[:7]
        session.key("3", "1 learning")
        session.press("q")
        assert session.to_the_end() == 0
    assert home.answers() == [("registry", 3)]


@pytest.mark.parametrize(
    ("arguments", "env", "config"),
    [((), {"TERM": "dumb"}, ""), (("--plain",), {}, ""), ((), {}, 'screen = "plain"')],
    ids=["dumb", "plain", "config"],
)
def test_plain_lines_on_a_terminal(tmp_path, arguments, env, config):
    """TERM=dumb, `--plain` and the setting get lines: append-only, no escape sequence, Enter and words."""
    home = Home(tmp_path / "home", config).fill(write_deck(tmp_path / "d.toml", [("one", "One?", "1")]))
    with Session(home, "review", *arguments, **env) as session:
        session.shows("Enter answer")
        session.press("\n")
        session.shows("Enter good")
        if arguments:
            session.press("2\n")
            session.shows("saved hard, 6 min")
        session.press("q\n")
        assert session.to_the_end() == 0
        assert b"\x1b[?" not in session.raw
        assert ("Your answer is saved;" if arguments else "Nothing was answered.") in session.raw.decode()
    assert home.answers() == ([("one", 2)] if arguments else [])


def test_ctrl_c_in_line_mode_is_tidy(home):
    """Ctrl-C at the prompt of line mode starts a new row, says what is saved, and exits 130."""
    with Session(home, "review", "--plain") as session:
        session.shows("Enter answer")
        session.press("\n\n")
        session.shows("saved good")
        session.press("\x03")
        assert session.to_the_end() == 130
        assert b"Traceback" not in session.raw
        assert any(row.startswith("Stopped. Your answer is saved;") for row in session.rows)
    assert len(home.answers()) == 1


@pytest.mark.parametrize(
    ("key", "code", "sentence"),
    [
        ("\x03", 130, "Stopped. All 3 answers are saved; the card on the screen does not count."),
        (signal.SIGHUP, 129, None),
    ],
    ids=["ctrl-c", "hangup"],
)
def test_every_way_out_keeps_every_answer(home, key, code, sentence):
    """Ctrl-C and a hangup give the terminal back, and every answer is in the log."""
    with Session(home, "review") as session:
        session.ready()
        for count in (1, 2, 3):
            session.key(" ", "4 Easy")
            session.key("1", f"{count} learning")
        if isinstance(key, str):
            session.press(key)
        else:
            session.child.kill(key)
        assert session.to_the_end() == code
        session.assert_given_back()
        assert b"Traceback" not in session.raw
        if sentence:
            assert session.after_screen.startswith(sentence)
    assert [rating for _, rating in home.answers()] == [1, 1, 1]
    home.check()


def test_ctrl_z_and_fg_come_back_to_the_same_card(home):
    """Ctrl-Z gives a usable shell with the answers saved; fg draws the card that was there."""
    # Job control needs a shell between; its prompt leaves the terminal's modes alone.
    shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    with Session(home, program=shell, PS1="$ ", BASH_SILENCE_DEPRECATION_WARNING="1") as session:
        session.shows("$")
        before = session.modes
        session.press("clear; " + " ".join(f"'{word}'" for word in PROGRAM) + " review\n")
        session.ready()
        session.key(" ", "4 Easy")
        session.key("3", "1 learning")
        asked = session.rows
        assert asked == question_side(DECK["push"], (19, 1, 0), (0, 20))
        session.press("\x1a")
        session.shows("Stopped")
        session.assert_given_back()
        assert session.modes == before
        assert home.answers() == [("registry", 3)]
        session.press("fg\n")
        session.until(lambda terminal: terminal.rows == asked)
        session.key(" ", "4 Easy")
        session.key("3", "2 learning")
        session.press("\x03")
        session.shows("Wrong key?")
        session.press("echo code=$?\n")
        session.shows("code=130")
        session.assert_given_back()
        assert session.modes == before
    assert home.answers() == [("registry", 3), ("push", 3)]


# Keys


def test_undo_reaches_back_as_far_as_you_like_and_across_sessions(home):
    """`u` takes back answer by answer, this session's and those before; `U` puts them back in turn."""
    with Session(home, "review") as session:
        session.ready()
        for count in (1, 2):
            session.key(" ", "4 Easy")
            session.key("3", f"{count} learning")
        session.press("q")
        assert session.to_the_end() == 0
    with Session(home, "review") as session:
        session.ready()
        session.key(" ", "4 Easy")
        session.key("1", "3 learning")
        session.key("u", "Took back Again. Rate it again,")
        session.key("u", "Took back Good on registry/push (today,")
        session.key("u", "Took back Good on registry/registry (today,")
        assert home.answers() == []
        session.key("u", "Nothing to take back.")
        session.key("U", "Put back Good on registry/registry.")
        session.key("U", "Put back Good on registry/push.")
        session.key("U", "Put back Again on registry/repository.")
        session.key("U", "Nothing to put back.")
        assert home.answers() == [("registry", 3), ("push", 3), ("repository", 1)]
        session.key("u", "Took back Again")
        session.key("2", "Space answer")
        session.key("U", "Nothing to put back.")
        session.press("q")
        assert session.to_the_end() == 0
        assert session.after_screen.startswith("Stopped. Your answer is saved;")
    assert home.answers() == [("registry", 3), ("push", 3), ("repository", 2)]
    home.check()


def test_suspend_bury_and_mark_by_their_keys(home):
    """`s` and `b` take the card out of the queue with a sentence, `!` marks it, and `u` brings it back."""
    with Session(home, "review") as session:
        session.ready()
        session.key("!", "Marked for your next edit: srs list --flagged")
        assert home.rows("SELECT c.id FROM memory m JOIN card c ON c.key = m.card WHERE m.flagged = 1") == [
            ("registry",)
        ]
        session.key("!", "The mark is off.")
        session.key("!", "Marked for your next edit")
        session.key("s", "Suspended registry/registry")
        assert DECK["push"]["question"] in "\n".join(session.rows)
        session.key("b", "Buried registry/push until tomorrow.")
        assert session.rows[1].strip().startswith("2/20 ")
        session.key("u", "Took back the burying of registry/push.")
        session.key("u", "Took back the suspension of registry/registry.")
        assert session.rows[1].strip().startswith("0/20 ")
        session.key(" ", "4 Easy")
        session.key("3", "1 learning")
        session.press("q")
        assert session.to_the_end() == 0
    listed = run(home, "list", "--flagged")
    assert "registry/registry" in listed.stdout
    assert home.answers() == [("registry", 3)]
    home.check()


def test_what_was_done_to_the_last_card_is_told_after_the_session(tmp_path):
    """A card put away last has no next screen to say so on; the sentence stands above the end."""
    home = Home(tmp_path / "home").fill(write_deck(tmp_path / "tiny.toml", [("one", "One?", "1")]))
    with Session(home, "review") as session:
        session.ready("One?")
        session.press("s")
        assert session.to_the_end() == 0
        told = session.after_screen.split("\n")
    assert told[0] == "Suspended tiny/one: it is out of the queue until srs resume."
    assert told[1] == "Done for today. Nothing was answered."


def test_help_names_every_key_and_digits_of_any_script_rate(home):
    """`?` says what each key does; Arabic, Devanagari and full-width digits rate, once the answer is shown.

    All of it without colour: NO_COLOR changes no row and leaves bold where it was.
    """
    with Session(home, "review", program=AT_START, NO_COLOR="1") as session:
        assert session.ready() == question_side(DECK["registry"], (20, 0, 0), (0, 20))
        assert bold_rows(session.screen) == [6]
        session.press("3")
        session.press("١")
        session.key(" ", "4 Easy")
        assert not re.search(rb"\x1b\[[0-9;]*3[0-7]m", session.raw)
        before = session.rows
        help_rows = session.key("?", "Any key back to the card")
        assert "  Hard means you knew it, with effort. If you did not know it, press 1." in help_rows
        named = {word for row in help_rows[2:] for word in row[:17].split()}
        assert named >= {"Space", "Enter", "1", "2", "3", "4", "u", "U", "s", "b", "!", "i", "j", "k", "q"}
        session.key("3", "4 Easy")
        assert session.rows == before
        for key, count in (("٣", 1), ("१", 2), ("\uff12", 3)):
            session.key(key, f"{count} learning")
            session.key(" ", "4 Easy")
    assert [rating for _, rating in home.answers()] == [3, 1, 2]


def test_rating_keys_of_the_settings_rate(home):
    """The number row of an AZERTY keyboard rates once the settings name it; until then a hint says so."""
    with Session(home, "review") as session:
        session.ready()
        session.key("&", "Digits rate, here with Shift. Or put into config.toml: rating_keys =")
        session.press("q")
    (home.folder / "config.toml").write_text('rating_keys = "&é\\"\'"\n', encoding="utf-8")
    with Session(home, "review") as session:
        session.ready()
        for key, count in (("&", 1), ("é", 2), ('"', 3)):
            session.key(" ", "4 Easy")
            session.key(key, f"{count} learning")
        assert "& é \" '" in "\n".join(session.key("?", "Any key"))
    assert [rating for _, rating in home.answers()] == [1, 2, 3]


def test_changed_deck_file_is_taken_in_by_its_key(tmp_path):
    """A changed file is told of; `i` brings it in at once; a broken one is named and changes nothing."""
    deck = write_deck(tmp_path / "tiny.toml", [("one", "One?", "1"), ("two", "Two?", "2")])
    home = Home(tmp_path / "home").fill(deck)
    write_deck(deck, [("one", "What is one?", "1"), ("two", "Two?", "2"), ("six", "Six?", "6")])
    with Session(home, "review") as session:
        session.says("changed since it was imported: i takes it in.")
        assert session.rows[3] == "  One?"
        session.key("i", "Taken in: 1 added and 1 updated.")
        assert session.rows[3] == "  What is one?"
        assert session.rows[0].endswith("3 new   0 learning   0 due")
        session.key("i", "No deck file has changed.")
        deck.write_text("[[cards]]\nid = \n", encoding="utf-8")
        session.key("i", "Not taken in:")
        session.says("tiny.toml:2:6: E109 ")
        session.key(" ", "4 Easy")
        session.key("3", "Two?")
        write_deck(deck, [("one", "What is one?", "1"), ("six", "Six?", "6")])
        session.key("i", "Taken in: 1 retired.")
        assert session.rows[3] == "  Six?"
        session.press("q")
        assert session.to_the_end() == 0
    assert home.answers() == [("one", 3)]
    home.check()


def test_failed_card_comes_again_in_this_session_but_not_at_once(tmp_path):
    """Again brings the card back before the end, with another card between; alone, it is asked at once."""
    deck = write_deck(tmp_path / "tiny.toml", [("one", "One?", "1"), ("two", "Two?", "2")])
    home = Home(tmp_path / "home").fill(deck)
    with Session(home, "review") as session:
        session.ready("One?")
        session.key(" ", "4 Easy")
        session.key("1", "Two?")
        session.key(" ", "4 Easy")
        session.key("4", "One?")
        assert session.rows[1].strip().startswith("1/2 ")
        session.key(" ", "4 Easy")
        session.key("1", "say why, then Space")
        assert session.rows[3] == "  One?"
        session.key(" ", "4 Easy")
        session.press("4")
        assert session.to_the_end() == 0
        told = session.after_screen
    assert re.search(r"Missed +tiny/one +One\?", told)
    assert ", 1 right at first try." in told
    assert home.answers() == [("one", 1), ("two", 4), ("one", 1), ("one", 4)]


LEECH = "Missed 8 times. Rewriting usually helps more than repeating."


def test_leech_is_told_once_with_its_ways_out(tmp_path):
    """The eighth miss says so on the card, once; `s` suspends it, Space carries on, `u` takes it back."""
    deck = write_deck(tmp_path / "tiny.toml", [("one", "One?", "1"), ("two", "Two?", "2")])
    home = Home(tmp_path / "home")
    program = nearly_a_leech(home, deck)
    with Session(home, "review", "--new", "0", program=program) as session:
        session.ready("One?")
        session.key(" ", "4 Easy")
        rows = session.key("1", LEECH)
        assert rows[23] == "  Space carry on    s suspend    u take back    e edit"
        assert rows[3] == "  One?"
        assert len(home.rows("SELECT 1 FROM review")) == 9
        session.key("u", "Took back Again.")
        session.key("1", LEECH)
        session.key(" ", "say why, then Space")
        assert not any("Missed" in row for row in session.rows)
        session.key(" ", "4 Easy")
        session.key("1", "say why, then Space")
        session.key("u", "Took back Again.")
        session.key("u", "Took back Again.")
        session.key("1", LEECH)
        session.press("s")
        assert session.to_the_end() == 0
    suspended = home.rows(
        "SELECT c.id, m.lapses FROM memory m JOIN card c ON c.key = m.card WHERE m.suspended = 1"
    )
    assert suspended == [("one", 8)]
    home.check()


def test_leech_is_suspended_where_the_settings_say_so(tmp_path):
    """With `leech = "suspend"` the eighth miss suspends, says so, and one undo takes both back."""
    deck = write_deck(tmp_path / "tiny.toml", [("one", "One?", "1"), ("two", "Two?", "2")])
    home = Home(tmp_path / "home")
    program = nearly_a_leech(home, deck, 'leech = "suspend"\n')
    with Session(home, "review", "--new", "0", program=program) as session:
        session.ready("One?")
        session.key(" ", "4 Easy")
        rows = session.key("1", "Missed 8 times, so it is suspended now, as your settings say.")
        assert rows[23] == "  Space carry on    u take back    e edit"
        session.press("u")
        session.shows("Took back Again.")
        assert home.rows("SELECT count(*) FROM memory WHERE suspended = 1") == [(0,)]
        session.press("3")
        assert session.to_the_end() == 0
    home.check()


def test_time_box_finishes_the_card_and_says_what_waits(home):
    """After `-m 1` minute of answering the card on the screen is finished, and the rest can wait."""
    with Session(home, "review", "-m", "1", program=at_moment(START, speed=300)) as session:
        session.ready()
        session.key(" ", "4 Easy")
        time.sleep(0.3)
        session.press("3")
        assert session.to_the_end() == 0
        told = " ".join(session.after_screen.split())
    assert told.startswith("Time is up: 1 card in 1 min, 1 right at first try. 20 cards can wait.")


def test_any_window_is_drawn_and_the_session_lives(home):
    """Windows made tiny or huge in the middle break nothing; made ordinary again all is there."""
    with Session(home, "review", program=AT_START) as session:
        asked = session.ready()
        for size in ((10, 3), (1, 1), (200, 5), (29, 11), (500, 100)):
            session.resize(*size)
            session.until(lambda terminal, top=size[0]: len(terminal.rows[0]) <= top)
        session.resize(80, 24)
        session.until(lambda terminal: terminal.rows == asked)
        session.key("?", "Any key back")
        session.resize(12, 4)
        session.resize(80, 24)
        session.shows("Hard means")
        session.press("q")
        session.until(lambda terminal: terminal.rows == asked)
        session.press("\x03")
        assert session.to_the_end() == 130
        session.assert_given_back()


def test_practice_records_nothing_and_says_so(home):
    """`--practice` asks cards, refuses what would be written, and the log stays as it was."""
    with Session(home, "review", "--practice", "-n", "1") as session:
        session.ready()
        session.key("s", "Practice records nothing; that waits for a review.")
        session.key(" ", "4 Easy")
        session.press("3")
        assert session.to_the_end() == 0
        assert "Practised 1 card in" in session.after_screen
    assert home.rows("SELECT count(*) FROM review") == [(0,)]


def test_two_sessions_on_one_card_tell_the_slower_one(home):
    """The session that was slower reads that the card was answered elsewhere; one answer is in the log."""
    with Piped(home, "review") as lines, Session(home, "review") as session:
        session.ready()
        session.key(" ", "4 Easy")
        lines.send("", "3")
        lines.until("saved good")
        rows = session.key("1", "Answered elsewhere at ")
        assert re.search(r"at \d\d:\d\d; your answer to that card does not count\.", "\n".join(rows))
        assert rows[0].endswith("19 new   1 learning   0 due")
        assert DECK["push"]["question"] in "\n".join(rows)
        assert home.answers() == [("registry", 3)]
        session.key(" ", "4 Easy")
        session.key("4", "18 new   1 learning")
        lines.until("Enter answer")
        lines.send("", "1")
        told = lines.until("Enter answer")
        assert "Answered elsewhere at " in told
        assert "saved" not in told
        assert "; 18 new, 1 learning, 0 due" in told
        session.press("q")
        assert session.to_the_end() == 0
        assert lines.end()[0] == 0
    assert home.answers() == [("registry", 3), ("push", 4)]
    home.check()


def test_shipped_deck_is_what_is_asked():
    """The cards these screens are read from are those that come along, as many as a day has new ones."""
    assert len(DECK) > 20
    assert list(DECK)[:2] == ["registry", "push"]
