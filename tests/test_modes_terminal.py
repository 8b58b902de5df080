"""Sessions in the modes choice, type and auto on a pseudo-terminal."""

import re
import signal
import sys
import termios
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import PROGRAM, Home, Session, run
from test_terminal import bold_rows

CHOICES = """
[deck]
id = "c"
name = "Choices"
mode = "choice"
[[cards]]
id = "digest"
scenario = "Lead: The sha256 thing. Tags move."
question = "What is an image digest?"
answer = "A hash of the manifest"
choices = [
  { text = "A version name", why = "That is a tag." },
  { text = "A number that counts up", why = "Registries count nothing." },
  { text = "A checksum of files", why = "It is of the manifest." },
]
explanation = "A tag can be moved; a digest cannot."
source = "OCI"
[[cards]]
id = "plain"
question = "No choices?"
answer = "None."
[[cards]]
id = "two"
question = "Two choices?"
answer = "Yes"
choices = ["No"]
"""
TYPED = """
[deck]
id = "t"
name = "Typed"
mode = "type"
[[cards]]
id = "latest"
question = "Which tag does a client assume?"
answer = "latest"
accept = ["the latest tag"]
explanation = "It is only a default name."
[[cards]]
id = "hole"
cloze = "The digest is the hash of the {{c1::manifest::which document?}}."
[[cards]]
id = "other"
question = "And the oldest?"
answer = "lattest"
[[cards]]
id = "long"
question = "A long one?"
answer = "Because nobody can be expected to type a sentence as long as this one is."
"""
WHYS = {
    "A version name": "That is a tag.",
    "A number that counts up": "Registries count nothing.",
    "A checksum of files": "It is of the manifest.",
}


def home_with(tmp_path, deck, config=""):
    """A home with one deck."""
    path = tmp_path / f"{re.search('id = .(.)', deck)[1]}.toml"
    path.write_text(deck, encoding="utf-8")
    return Home(tmp_path / "home", config).fill(path)


def option(session, text):
    """The letter before an option."""
    return next(re.search(rf"([A-H])  {re.escape(text)}", row)[1] for row in session.rows if text in row)


def recorded(home):
    """What the log keeps of each live answer: card, rating, mode, hinted, response."""
    return home.rows(
        "SELECT c.id, r.rating, r.mode, r.hinted, r.response FROM review r JOIN card c ON c.key = r.card"
        " WHERE r.undone = 0 ORDER BY r.id"
    )


def row_of(session, text):
    """The number of the row, from 0, that holds a text."""
    return next(at for at, row in enumerate(session.rows) if text in row)


# Choice


def test_a_wrong_choice_is_written_before_it_is_shown_and_says_why(tmp_path):
    """Again is on disk with the option picked; the screen has right, yours, why, and `u` takes it back."""
    home = home_with(tmp_path, CHOICES)
    with Session(home, "review") as session:
        asked = session.ready("A-D choose")
        assert asked[23] == "  A-D choose    Space I do not know    u undo    ? keys    q quit"
        assert sum(bool(re.match(r" {9}[A-D]  \S", row)) for row in asked) == 4
        session.press("s")  # suspending waits for the answer side
        wrong = option(session, "A version name")
        letter = option(session, "A hash of the manifest")
        rows = session.key(wrong.lower(), "Wrong: comes again in 1 min.")
        assert recorded(home) == [("digest", 1, "choice", 0, "A version name")]
        at = row_of(session, "  yours  ")
        assert rows[at] == f"  yours  {wrong}  A version name"
        assert rows[at + 1] == "            That is a tag."
        assert rows[row_of(session, "  right  ")] == f"  right  {letter}  A hash of the manifest"
        assert bold_rows(session.screen) == [row_of(session, "  right  ")]
        assert not any(why in "".join(rows) for text, why in WHYS.items() if text != "A version name")
        assert rows[21] == "  Wrong: comes again in 1 min."
        assert rows[23] == "  Space next    u take back    e edit    ? keys    q quit"
        assert rows[:7] == [re.sub("3 new   0", "2 new   1", row) for row in asked[:7]]
        session.key("u", "Took back Again. Rate it again, or press u for the card before.")
        assert recorded(home) == []
        assert session.rows[21] == "  1 Again 1 min    2 Hard 6 min    3 Good 10 min"
        assert session.rows[at] == f"  yours  {wrong}  A version name"
        assert session.rows[23].startswith("  Space again")
        session.press("4")
        session.key("3", "No choices?")
        assert recorded(home) == [("digest", 3, "choice", 0, "A version name")]
        session.press("q")
        assert session.to_the_end() == 0
    home.check()


def test_a_right_choice_is_rated_without_easy(tmp_path):
    """Three ratings, `4` is dead; digits choose before and rate after; a card without choices is revealed."""
    home = home_with(tmp_path, CHOICES)
    with Session(home, "review") as session:
        session.ready("A-D choose")
        letter = option(session, "A hash of the manifest")
        place = row_of(session, "A hash of the manifest")
        rows = session.key(str("ABCD".index(letter) + 1), "I guessed")
        assert rows[place] == f"  right  {letter}  A hash of the manifest"
        assert re.fullmatch(r"  1 I guessed 1 min    2 Hard 6 min    3 Good 10 min", rows[21])
        assert rows[23].startswith("  Space good    u undo    e edit    s suspend")
        assert home.answers() == []
        session.press("4")
        session.key("!", "Marked for your next edit")
        assert home.answers() == []
        session.key(" ", "No choices?")
        assert recorded(home) == [("digest", 3, "choice", 0, "A hash of the manifest")]
        session.key(" ", "4 Easy")
        session.key("4", "Two choices?")
        assert session.rows[23].startswith("  A-B choose")
        right = option(session, "Yes")
        session.key(right, "I guessed")
        session.key("1", "What is an image digest?")
        session.press("q")
        assert session.to_the_end() == 0
    assert recorded(home)[1:] == [("plain", 4, "reveal", 0, None), ("two", 1, "choice", 0, "Yes")]
    home.check()


def test_not_knowing_is_no_guess(tmp_path):
    """Space says that it is not known: Again, no option recorded; then Space goes on, `s` suspends."""
    home = home_with(tmp_path, CHOICES)
    with Session(home, "review") as session:
        session.ready("A-D choose")
        rows = session.key(" ", "Not known: comes again in 1 min.")
        assert "  yours  " not in "".join(rows)
        assert "  right  " in "".join(rows)
        assert recorded(home) == [("digest", 1, "choice", 0, None)]
        session.key("s", "Suspended c/digest")
        session.key("u", "Took back the suspension of c/digest.")
        session.press("q")
        assert session.to_the_end() == 0
    assert home.rows("SELECT count(*) FROM memory WHERE suspended = 1") == [(0,)]
    home.check()


@pytest.mark.parametrize("lines", [False, True])
def test_the_suspension_of_an_answered_card_is_only_taken_back(tmp_path, lines):
    """`u` after `s` on a wrong choice asks the card no second time: the next keys are the next card's."""
    home = home_with(tmp_path, CHOICES)
    enter = "\n" if lines else ""
    with Session(home, "review", *(["--plain"] if lines else [])) as session:
        session.ready("A-D choose")
        session.key(enter or " ", "Not known")
        session.key(f"s{enter}", "Suspended c/digest")
        session.key(f"u{enter}", "Took back the suspension of c/digest.")
        assert recorded(home) == [("digest", 1, "choice", 0, None)]
        session.key(enter or " ", "None.")
        session.key(f"3{enter}", "A-B choose")
        session.press(f"q{enter}")
        assert session.to_the_end() == 0
    assert [card for card, *_ in recorded(home)] == ["digest", "plain"]
    home.check()


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x03", 130)])
def test_leaving_where_a_wrong_choice_is_read_leaves_nothing_unanswered(tmp_path, key, code):
    """`q` and Ctrl-C there say that the answer is saved, and speak of no card that does not count."""
    home = home_with(tmp_path, CHOICES)
    with Session(home, "review") as session:
        session.ready("A-D choose")
        session.key(" ", "Not known")
        session.press(key)
        assert session.to_the_end() == code
        told = " ".join(session.after_screen.split())
    assert "Stopped. Your answer is saved." in told
    assert "does not count" not in told
    assert recorded(home) == [("digest", 1, "choice", 0, None)]


def test_h_is_the_hint_however_many_choices_there_are(tmp_path):
    """With seven wrong choices and a hint six of them are shown, and `h` shows the hint."""
    card = 'cloze = "The {{c1::digest::hash of it}}."\nchoices = ["1", "2", "3", "4", "5", "6", "7"]\n'
    home = home_with(tmp_path, f'[deck]\nid = "c"\nname = "C"\nmode = "choice"\n[[cards]]\nid = "x"\n{card}')
    with Session(home, "review") as session:
        assert "h hint" in session.ready("A-G choose")[23]
        session.key("h", "Hint: hash of it")
        assert recorded(home) == []
        session.key(option(session, "digest"), "Space hard")
        session.press("q")
        assert session.to_the_end() == 0


def test_options_are_drawn_anew_and_a_kill_loses_no_wrong_choice(tmp_path):
    """Killed on the screen that says wrong, the answer is in the log; orders differ between showings."""
    home = home_with(tmp_path, CHOICES)
    orders = set()
    for _ in range(6):
        with Session(home, "review") as session:
            rows = session.ready("A-D choose")
            orders.add(tuple(row[12:] for row in rows if re.match(r" {9}[A-D]  \S", row)))
            session.press("q")
            assert session.to_the_end() == 0
    assert len(orders) > 1
    with Session(home, "review") as session:
        session.ready("A-D choose")
        session.key(option(session, "A version name"), "Wrong: comes again")
        session.kill()
    assert [rating for _, rating in home.answers()] == [1]
    home.check()


def test_auto_is_options_until_the_card_was_passed(tmp_path):
    """In mode auto a new card is chosen; passed once, it is typed where it can be."""
    home = home_with(tmp_path, CHOICES.replace('mode = "choice"', 'mode = "auto"'))
    with Session(home, "review", "-n", "1") as session:
        session.ready("A-D choose")
        session.key(option(session, "A hash of the manifest"), "I guessed")
        session.key("1", "A-D choose")
        session.key(option(session, "A hash of the manifest"), "I guessed")
        session.key("3", "Enter when done")
        session.press("a hash of the manifest\r")
        session.shows("Right")
        session.key(" ", "srs review")
        assert session.to_the_end() == 0
    assert [(rating, mode) for _, rating, mode, *_ in recorded(home)] == [
        (1, "choice"),
        (3, "choice"),
        (3, "type"),
    ]


def test_practice_chooses_and_types_and_writes_nothing(tmp_path):
    """Practice asks in the deck's mode; a wrong choice comes once more, and the log stays empty."""
    home = home_with(tmp_path, CHOICES)
    with Session(home, "review", "--practice", "-n", "1") as session:
        session.shows("choose")
        rows = session.key(" ", "Not known: comes once more before the end.")
        assert rows[23] == "  Space next    ? keys    q quit"
        session.key(" ", "choose")
        session.press("q")
        assert session.to_the_end() == 0
    assert home.rows("SELECT count(*) FROM review") == [(0,)]


# Typing


def test_a_line_is_edited_by_the_terminal(tmp_path):
    """Backspace, Ctrl-W and Ctrl-U work, accents arrive; the rest of a pasted text rates nothing."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        assert session.ready("Enter when done")[5] == "  >"
        session.until(lambda terminal: not terminal.screen.cursor.hidden)
        assert (session.screen.cursor.y, session.screen.cursor.x) == (5, 4)
        session.press("quite wrong\x15the oldest\x17latexst\x7f\x7f\x7fst tag\r")
        session.shows("4 Easy")
        assert session.rows[5] == "  > the latest tag"
        assert session.screen.cursor.hidden
        assert session.rows[7] == "  Right."
        assert session.rows[23] == "  Space good    u type again    e edit    ? keys    q quit"
        session.key("u", "Enter when done")
        session.press("lätest\n3\n4\n")
        session.shows("4 Easy")
        assert session.rows[5] == "  > lätest"
        time.sleep(0.3)
        assert home.answers() == []
        session.key("2", "hash of the")
        assert recorded(home) == [("latest", 2, "type", 0, "the latest tag")], "the first try"
        session.press("\x04")
        assert session.to_the_end() == 0
        session.assert_given_back()
    home.check()


def test_slips_wrong_answers_and_empty_lines(tmp_path):
    """Space gives what is proposed: Good for a slip, Again for what is wrong or not known."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("latesst\r")
        rows = session.key("\x0c", "4 Easy")
        assert rows[7].startswith("  Nearly")
        assert rows[8] == "    yours    lates[s]t"
        assert rows[9] == "    answer   latest"
        assert bold_rows(session.screen) == [7]
        session.key("u", "Enter when done")
        session.press("lattest\r")
        session.shows("Space again")
        assert session.rows[7].startswith("  Wrong"), "it is what the card `other` asks for"
        session.key(" ", "hash of the")
        time.sleep(0.25)
        session.press("\r")
        session.shows("Space again")
        assert session.rows[8:10] == ["  No answer.", "    answer   manifest"]
        session.key(" ", "And the oldest?")
        session.press("q")
        session.press("\x15:q\r")
        assert session.to_the_end() == 0
    assert recorded(home) == [("latest", 1, "type", 0, "lattest"), ("hole", 1, "type", 0, None)]
    home.check()


def test_arrows_and_esc_are_no_part_of_an_answer(tmp_path):
    """What the arrow keys, Home, End and Esc leave on the line is not judged and not recorded."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("\x1blate\x1b[Dst\x1b[C\x1b[H\x1b[F\x1b[3~\x1b\r")
        session.shows("4 Easy")
        assert session.rows[5] == "  > latest"
        assert session.rows[7] == "  Right."
        session.key("3", "hash of the")
        session.press("q")
        session.press("\x15:q\r")
        assert session.to_the_end() == 0
    assert recorded(home) == [("latest", 3, "type", 0, "latest")]


def test_who_goes_on_typing_puts_nothing_away(tmp_path):
    """On the verdict `s`, `b`, `!` and `i` are dead; `:s` suspends, and `:u` asks the question again."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("la\r")
        session.shows("4 Easy")
        before = session.rows
        for key in "sb!iU":
            session.press(key)
        session.key("?", "Any key back")
        session.key(" ", "4 Easy")
        assert session.rows == before
        session.key("u", "Enter when done")
        session.press(":x\r")
        session.shows(":x is no command; :? lists them all.")
        session.press(":s\r")
        session.shows("Suspended t/latest")
        session.press(":u\r")
        session.shows("Took back the suspension of t/latest.")
        assert "  Which tag does a client assume?" in session.rows
        session.shows("Enter when done")
        assert "It is only a default name." not in "".join(session.rows)
        session.press(":q\r")
        assert session.to_the_end() == 0
    assert home.answers() == []
    home.check()


@pytest.mark.parametrize("key", ["s", "b"])
def test_a_card_put_away_comes_back_unanswered(tmp_path, key):
    """`u` after `s` or `b` shows the question, on whichever side the card was put away."""
    home = home_with(tmp_path, CHOICES.replace('mode = "choice"', 'mode = "reveal"'))
    with Session(home, "review") as session:
        asked = session.ready("Space answer")
        for keys in (key, f" {key}"):
            for pressed in keys[:-1]:
                session.key(pressed, "4 Easy")
            session.key(keys[-1], "No choices?")
            rows = session.key("u", "Took back the")
            assert rows[:19] == asked[:19]
            assert rows[23] == asked[23]
        session.key(" ", "A hash of the manifest")
        session.press("q")
        assert session.to_the_end() == 0
    assert home.answers() == []
    home.check()


def test_redo_shows_the_next_card_from_its_top(tmp_path):
    """After `u`, a scroll and `U` the next card is seen from where it begins."""
    home = home_with(tmp_path, CHOICES)
    with Session(home, "review") as session:
        session.ready("A-D choose")
        session.resize(40, 12)
        session.shows("… j more")
        session.key(" ", "Space next")
        before = session.key(" ", "No choices?")
        session.key("u", "Took back Again.")
        session.key("j", "k more")
        after = session.key("U", "No choices?")
        assert after[:5] == before[:5]
        session.press("q")
        assert session.to_the_end() == 0


def test_a_changed_deck_is_taken_in_by_a_command_while_typing(tmp_path):
    """The banner names the key that works: `:i` where a line is typed."""
    home = home_with(tmp_path, TYPED)
    file = tmp_path / "t.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("client assume", "client take"), encoding="utf-8"
    )
    with Session(home, "review") as session:
        session.says("changed since it was imported: :i takes it in.")
        session.press(":i\r")
        session.shows("Which tag does a client take?")
        session.press(":q\r")
        assert session.to_the_end() == 0


def test_a_hint_proposes_hard(tmp_path):
    """`:h` shows the hint in its place; a right answer after it is proposed as Hard, and so recorded."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press(":b\r")
        rows = session.key("", "Buried t/latest")
        session.shows(":h hint")
        asked = session.rows
        session.press(":h\r")
        session.shows("Hint: which document?")
        changed = [at for at in range(19) if session.rows[at] != asked[at]]
        assert [session.rows[at] for at in changed] == ["  Hint: which document?"]
        assert ":h" not in session.rows[23]
        session.press("manifest\r")
        session.shows("Space hard")
        session.key(" ", "And the oldest?")
        session.press(":?\r")
        session.shows("Any key back")
        session.press(" ")
        session.shows("And the oldest?")
        session.press(":u\r")
        session.shows("Took back Hard.")
        assert "Space hard" in session.rows[23]
        session.key(" ", "And the oldest?")
        session.press("\x03")
        assert session.to_the_end() == 130
        session.assert_given_back()
    assert rows
    assert recorded(home) == [("hole", 2, "type", 1, "manifest")]
    home.check()


def test_a_hint_is_remembered_through_undo_and_redo(tmp_path):
    """A card whose hint was seen has it on the screen, and Hard proposed, until it is answered."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("latest\r")
        session.shows("Space good")
        session.key(" ", "hash of the")
        session.press(":h\r")
        session.shows("Hint: which document?")
        for back in ("3", "U"):
            session.press(":u\r")
            session.shows("Took back Good.")
            assert "Space good" in session.rows[23]
            session.key(back, "hash of the")
            session.shows("Hint: which document?")
            assert ":h" not in session.rows[23]
        session.press("manifest\r")
        session.shows("Space hard")
        session.key(" ", "And the oldest?")
        session.press(":q\r")
        assert session.to_the_end() == 0
    assert recorded(home) == [("latest", 3, "type", 0, "latest"), ("hole", 2, "type", 1, "manifest")]
    home.check()


def test_an_answer_that_was_read_and_typed_again_is_still_wrong(tmp_path):
    """The first line is what the log keeps, and Space says Again, also after another card in between."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("latest\r")
        session.shows("Space good")
        session.key(" ", "hash of the")
        session.press("image\r")
        session.shows("Space again")
        session.key("u", "Enter when done")
        session.press(":u\r")
        session.shows("Took back Good.")
        session.key("3", "hash of the")
        session.press("manifest\r")
        session.shows("  Right.")
        assert "  > manifest" in session.rows
        assert "Space again" in session.rows[23]
        session.key(" ", "And the oldest?")
        session.press(":q\r")
        assert session.to_the_end() == 0
    assert recorded(home) == [("latest", 3, "type", 0, "latest"), ("hole", 1, "type", 0, "image")]


def test_a_slip_that_another_card_accepts_is_none(tmp_path):
    """What another card of the deck counts as right is wrong here, however near it is."""
    deck = TYPED.replace('answer = "lattest"', 'answer = "the first of all"\naccept = ["lattest"]')
    home = home_with(tmp_path, deck)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("lattest\r")
        session.shows("Space again")
        session.press("q")
        assert session.to_the_end() == 0


def test_a_hint_in_reveal_mode(tmp_path):
    """`h` on the question side: the line appears, nothing moves, Space is Hard then and Easy possible."""
    home = home_with(tmp_path, TYPED.replace('mode = "type"', 'mode = "reveal"'))
    with Session(home, "review") as session:
        session.ready("Space answer")
        assert "h hint" not in session.rows[23]
        session.key("b", "hash of the […]")
        assert session.rows[23] == "  Space answer    h hint    u undo    ? keys    q quit"
        asked = session.rows
        rows = session.key("h", "Hint: which document?")
        assert rows[3] == asked[3]
        assert rows[4] == "  Hint: which document?"
        assert rows[23] == "  Space answer    u undo    ? keys    q quit"
        rows = session.key(" ", "4 Easy")
        assert rows[3:7] == [asked[3], "  Hint: which document?", "", "  manifest"]
        assert rows[23].startswith("  Space hard")
        session.key("4", "And the oldest?")
        session.press("q")
        assert session.to_the_end() == 0
    assert recorded(home) == [("hole", 4, "reveal", 1, None)]


def test_resize_while_typing_starts_the_line_anew(tmp_path):
    """A resize paints the card again and drops what was half typed."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("lat")
        session.shows("> lat")
        session.resize(40, 20)
        session.until(lambda terminal: terminal.rows[0].startswith(" t "))
        session.until(lambda terminal: terminal.rows[5] == " >")
        session.press("latest\r")
        session.shows("4 Easy")
        assert " > latest" in session.rows
        session.press("q")
        assert session.to_the_end() == 0
        session.assert_given_back()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_while_typing_give_the_terminal_back(tmp_path, number, code):
    """However a session is ended at the line, the terminal is as it was."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("lat")
        session.shows("> lat")
        session.child.kill(number)
        assert session.to_the_end() == code
        session.assert_given_back()
        assert b"Traceback" not in session.raw


def test_ctrl_z_while_typing(tmp_path):
    """Ctrl-Z at the line gives a usable shell; fg shows the card with an empty line to type."""
    home = home_with(tmp_path, TYPED)
    shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    with Session(home, program=shell, PS1="$ ", BASH_SILENCE_DEPRECATION_WARNING="1") as session:
        session.shows("$")
        before = session.modes
        session.press("clear; " + " ".join(f"'{word}'" for word in PROGRAM) + " review\n")
        asked = session.ready("Enter when done")
        session.press("lat")
        session.shows("> lat")
        session.press("\x1a")
        session.shows("Stopped")
        assert session.modes == before
        session.press("fg\n")
        session.until(lambda terminal: terminal.rows == asked)
        assert session.modes[3] & termios.ICANON
        session.press("latest\r")
        session.shows("4 Easy")
        session.press("\x03")
        session.shows("Tomorrow")
        session.assert_given_back()
        assert session.modes == before


def test_enter_held_from_the_last_card_rates_nothing(tmp_path):
    """An Enter that is held over a typed card may give it up, but rates it never."""
    home = home_with(tmp_path, TYPED)
    with Session(home, "review") as session:
        session.ready("Enter when done")
        session.press("latest\r")
        session.shows("4 Easy")
        time.sleep(0.3)
        for _ in range(30):
            session.press("\r")
            session.read()
            time.sleep(0.01)
        session.shows("hash of the")
        session.press("\x03")
        assert session.to_the_end() == 130
    assert len(home.answers()) == 1


# Editing


def editor_that(tmp_path, command):
    """An editor that runs a sed command on the file it is given."""
    editor = tmp_path / "editor.sh"
    editor.write_text(f'#!/bin/sh\nfor file; do :; done\nsed -i "{command}" "$file"\n')
    editor.chmod(0o755)
    return {"EDITOR": str(editor), "VISUAL": str(editor)}


def test_e_edits_the_card_on_the_screen(tmp_path):
    """`e` opens the editor and comes back to the same card, on the side it was on, with its new text."""
    deck = CHOICES.replace('mode = "choice"', 'mode = "reveal"')
    home = home_with(tmp_path, deck)
    editor = editor_that(tmp_path, "s/A tag can be moved; a digest cannot/Changed/")
    with Session(home, "review", **editor) as session:
        session.ready("Space answer")
        session.key(" ", "A tag can be moved")
        assert "e edit" in session.rows[23]
        session.press("e")
        session.shows("Changed.")
        assert "4 Easy" in session.rows[21]
        session.key("3", "No choices?")
        session.press("q")
        assert session.to_the_end() == 0
        session.assert_given_back()
    assert home.answers() == [("digest", 3)]


@pytest.mark.parametrize(("key", "number"), [("\x03", None), ("l\r", None), ("", signal.SIGTERM)])
def test_a_question_after_an_edit_can_be_interrupted(tmp_path, key, number):
    """Where an edit was refused Ctrl-C leaves the file, like `l`; SIGTERM ends the program at once."""
    home = home_with(tmp_path, CHOICES.replace('mode = "choice"', 'mode = "reveal"'))
    with Session(home, "review", **editor_that(tmp_path, "s/^id = .digest.$/id = [/")) as session:
        session.ready("Space answer")
        session.press("e")
        session.shows("[l]eave it")
        time.sleep(0.3)  # `input` reads a moment after its prompt
        if number is None:
            session.press(key)
            session.says("was not imported")
            session.shows("Space answer")
            session.press("q")
            assert session.to_the_end() == 0
            session.assert_given_back()
        else:
            session.child.kill(number)
            session.to_the_end()
            assert session.child.signalstatus == number
            session.assert_given_back()
    assert home.answers() == []
    home.check()


def test_an_edit_while_typing_asks_the_new_question(tmp_path):
    """`:e` comes back to the line with the new question; a card gone from its file is passed over."""
    home = home_with(tmp_path, TYPED)
    editor = editor_that(tmp_path, "s/Which tag does a client assume/Which tag is assumed/")
    with Session(home, "review", **editor) as session:
        session.ready("Enter when done")
        session.press(":e\r")
        session.shows("Which tag is assumed?")
        session.until(lambda terminal: not terminal.screen.cursor.hidden)
        session.press("latest\r")
        session.shows("4 Easy")
        file = tmp_path / "t.toml"
        head, _, *others = file.read_text(encoding="utf-8").split("[[cards]]")
        file.write_text("[[cards]]".join([head, *others]), encoding="utf-8")
        session.key("u", "Enter when done")
        session.press(":i\r")
        session.shows("hash of the")
        session.press(":q\r")
        assert session.to_the_end() == 0
        session.assert_given_back()
    assert home.answers() == []


def test_a_wrong_choice_is_edited_where_it_is_read(tmp_path):
    """`e` on the screen that says wrong changes the text there; options stay where they were."""
    home = home_with(tmp_path, CHOICES)
    editor = editor_that(tmp_path, "s/That is a tag/That names a tag/")
    with Session(home, "review", **editor) as session:
        session.ready("A-D choose")
        session.key(option(session, "A version name"), "That is a tag.")
        before = session.rows
        session.press("e")
        session.shows("That names a tag.")
        at = row_of(session, "That names a tag.")
        assert session.rows[:at] == before[:at]
        assert session.rows[21] == "  Wrong: comes again in 1 min."
        session.key(" ", "No choices?")
        session.press("q")
        assert session.to_the_end() == 0
    assert home.answers() == [("digest", 1)]


def test_e_in_lines_needs_a_terminal(tmp_path):
    """With `--plain` on a terminal `e` edits and tells the card again; on a pipe it is no key."""
    home = home_with(tmp_path, CHOICES.replace('mode = "choice"', 'mode = "reveal"'))
    editor = editor_that(tmp_path, "s/What is an image digest/What is a digest/")
    with Session(home, "review", "--plain", **editor) as session:
        session.shows("Enter answer")
        session.press("e\n")
        session.shows("What is a digest?")
        session.press("q\n")
        assert session.to_the_end() == 0
    done = run(home, "review", typed="e\n")
    assert "That is no key here" in done.stdout
    assert "e edit" not in done.stdout


def test_leaving_after_the_last_answer_is_the_end(tmp_path):
    """`q` where a wrong choice is read, and nothing else is left, ends a session that is done."""
    home = home_with(tmp_path, CHOICES, "learning_steps = []\n")
    with Session(home, "review", "-n", "1") as session:
        session.ready("A-D choose")
        session.key(" ", "Not known: comes again in 1 day.")
        session.press("q")
        assert session.to_the_end() == 0
        assert "does not count" not in session.after_screen
        assert "Stopped" not in session.after_screen
