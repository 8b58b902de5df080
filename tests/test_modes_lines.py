"""Sessions in the modes choice, type and auto on pipes: options and verdicts as lines."""

import re
import sys
from io import StringIO
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if sys.platform == "win32":
    pytest.skip("the helpers drive pseudo-terminals, which are POSIX", allow_module_level=True)

from programs import Piped, run
from test_modes_terminal import CHOICES, TYPED, home_with, recorded
from world import Clock, check_laws, filled, open_at, started

from srs.cli.linemode import Lines
from srs.cli.taking_in import TakeIn
from srs.intake import import_decks
from srs.model import Answer


def letter_of(told, text):
    """The letter of an option among some printed lines."""
    return re.search(rf"^(?:right |yours )?([A-H])  {re.escape(text)}$", told, re.MULTILINE)[1]


def test_options_are_lines_and_a_letter_or_digit_answers(tmp_path):
    """A wrong letter is written, then told with right, yours and why; Enter goes on to the next question."""
    home = home_with(tmp_path, CHOICES)
    with Piped(home, "review") as session:
        asked = session.until("A-D choose")
        assert asked.splitlines()[-1] == "A-D choose, Enter I do not know, u undo, ? keys, q quit"
        assert len(re.findall(r"^[A-D]  \S", asked, re.MULTILINE)) == 4
        for wrong in ("E", "s", "bury", "good", "5"):
            session.send(wrong)
            told = session.until("That is no key here")
            assert told == "That is no key here: A to D, Enter if you do not know, or ? for all of them.\n"
        yours = letter_of(asked, "A version name")
        session.send(yours.lower())
        told = session.until("saved again, 1 min")
        assert recorded(home) == [("digest", 1, "choice", 0, "A version name")]
        lines = told.splitlines()
        assert lines[0] == "Wrong."
        assert f"yours {yours}  A version name" in lines
        assert (
            lines[lines.index(f"yours {yours}  A version name") + 1]
            == f"why {yours} is wrong: That is a tag."
        )
        assert letter_of(told, "A hash of the manifest") == letter_of(asked, "A hash of the manifest")
        assert "A tag can be moved; a digest cannot." in lines
        assert lines[-1] == "saved again, 1 min"
        assert session.until("quit") == "Enter next, u take back, s suspend, ? keys, q quit\n"
        session.send("4")
        told = session.until("That is")
        assert told == "That is no key here: Enter for the next card, or ? for all of them.\n"
        session.send("")
        session.until("Enter answer")
        session.send("u")
        told = session.until("Enter again")
        assert "Took back Again." in told
        assert letter_of(told, "A version name") == yours
        assert told.splitlines()[-4:-1] == ["1 Again 1 min", "2 Hard 6 min", "3 Good 10 min"]
        session.send("2")
        session.until("saved hard")
        assert recorded(home) == [("digest", 2, "choice", 0, "A version name")]
        assert session.end()[0] == 0
    home.check()


def test_a_right_choice_is_rated_from_three(tmp_path):
    """A digit chooses; then `4` is no key, Enter is Good; not knowing is Again without a response."""
    home = home_with(tmp_path, CHOICES)
    with Piped(home, "review") as session:
        asked = session.until("A-D choose")
        session.send("ABCD".index(letter_of(asked, "A hash of the manifest")) + 1)
        told = session.until("Enter good").splitlines()
        assert told[0] == "Right."
        assert told[-4:] == [
            "1 I guessed 1 min",
            "2 Hard 6 min",
            "3 Good 10 min",
            "Enter good, 1-3 rate, u undo, s suspend, b bury, ? keys, q quit",
        ]
        session.send("4")
        assert session.until("That is") == "That is no key here: Enter, 1 to 3, or ? for all of them.\n"
        session.send("", "", "4")
        session.until("A-B choose")
        session.send("")
        assert session.until("saved again").splitlines()[0] == "Not known."
        session.until("Enter next")
        assert session.end()[0] == 0
    assert recorded(home) == [
        ("digest", 3, "choice", 0, "A hash of the manifest"),
        ("plain", 4, "reveal", 0, None),
        ("two", 1, "choice", 0, None),
    ]


def test_typed_answers_are_lines(tmp_path):
    """A line is the answer, an empty one is `I do not know`, a colon and a key is a command."""
    home = home_with(tmp_path, TYPED)
    with Piped(home, "review") as session:
        asked = session.until("type the answer").splitlines()
        assert asked[-1] == "type the answer, Enter alone I do not know, :u undo, :? keys, :q quit"
        session.send("latesst")
        told = session.until("Enter good").splitlines()
        assert told[0].startswith("Nearly")
        assert told[1:3] == ["yours: lates[s]t", "answer: latest"]
        assert told[-1] == "Enter good, 1-4 rate, u type again, ? keys, q quit"
        session.send("s", "bury")
        session.until("That is no key here")
        session.until("That is no key here")
        session.send("u")
        session.until("type the answer")
        session.send("LATEST")
        assert session.until("Enter good").startswith("Right")
        session.send("")
        session.until("saved good")
        assert session.until("type the answer").splitlines()[-1].count(":h hint") == 1
        session.send(":h")
        assert session.until("Hint") == "Hint: which document?\n"
        session.send("manifest")
        session.until("Enter hard")
        session.send("")
        session.until("saved hard")
        session.until("type the answer")
        session.send("")
        assert session.until("Enter again").startswith("No answer.\nanswer: lattest\n")
        session.send("", ":q")
        assert session.end()[0] == 0
    assert recorded(home) == [
        ("latest", 3, "type", 0, "LATEST"),
        ("hole", 2, "type", 1, "manifest"),
        ("other", 1, "type", 0, None),
    ]
    home.check()


def test_hostile_and_long_answers_are_cleaned_and_cut(tmp_path):
    """Escape sequences in a typed line never come back out, and the log keeps at most 1,000 characters."""
    home = home_with(tmp_path, TYPED)
    typed = "\x1b[2J\u202ered\x07" + "x" * 3000
    done = run(home, "review", typed=f"{typed}\n1\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    [(_, rating, mode, _, response)] = recorded(home)
    assert (rating, mode, len(response)) == (1, "type", 1000)
    assert response.startswith("redxxx")


def test_the_end_of_input_after_a_wrong_choice_keeps_it(tmp_path):
    """Where a wrong choice is read the answer is on disk, and no card without an answer is spoken of."""
    home = home_with(tmp_path, CHOICES)
    done = run(home, "review", typed="\n")
    assert done.returncode == 0
    assert re.search(r"^saved again, 1 min$", done.stdout, re.MULTILINE)
    assert "Stopped. Your answer is saved." in done.stdout
    assert recorded(home) == [("digest", 1, "choice", 0, None)]


def test_arrow_keys_are_no_part_of_an_answer(tmp_path):
    """What arrows, Home and Esc leave in a line does not count, in answers and in keys."""
    home = home_with(tmp_path, TYPED)
    with Piped(home, "review") as session:
        session.until("type the answer")
        session.send("late\x1b[Dst\x1b[H\x1b")
        assert session.until("Enter good").startswith("Right")
        session.send("\x1b[A4")
        session.until("saved easy")
        assert session.end()[0] == 0
    assert recorded(home) == [("latest", 4, "type", 0, "latest")]


def test_a_letter_that_is_no_command_is_not_judged(tmp_path):
    """A colon and a letter get one sentence; `:?` lists the commands, `:j` is none where nothing scrolls."""
    home = home_with(tmp_path, TYPED)
    with Piped(home, "review") as session:
        session.until("type the answer")
        for typed in (":x", ":j"):
            session.send(typed)
            assert session.until("command") == f"{typed} is no command; :? lists them all.\n"
        session.send(":?")
        told = session.until("Hard means")
        assert all(f":{key}" in told for key in "hisb!euUq")
        session.send(":)")
        session.until("Enter again")
        assert session.end()[0] == 0
    assert recorded(home) == []


def test_what_was_put_away_comes_back_with_its_question(tmp_path):
    """`u` after `:s` or `:b` asks the card again and does not tell its answer."""
    home = home_with(tmp_path, TYPED)
    with Piped(home, "review") as session:
        session.until("type the answer")
        for typed in (":s", ":b"):
            session.send(typed)
            session.until("type the answer")
            session.send(":u")
            told = session.until("type the answer")
            assert "Which tag does a client assume?" in told
            assert "answer: latest" not in told
            assert "It is only a default name." not in told
        assert session.end()[0] == 0
    home.check()


ANSWERS = {"digest": "A hash of the manifest", "plain": "None.", "two": "Yes"}
QUESTIONS = {"What is an image digest?": "digest", "No choices?": "plain", "Two choices?": "two"}


@pytest.mark.parametrize("mode", ["choice", "type", "auto", "reveal"])
def test_every_mode_comes_to_its_end(tmp_path, mode):
    """However the cards are asked, whoever knows them comes to the end, and every answer says its mode."""
    home = home_with(tmp_path, CHOICES.replace('mode = "choice"', f'mode = "{mode}"'))
    with Piped(home, "review", "--plain") as session:
        while home.rows("SELECT count(*) FROM memory WHERE state = 2") != [(3,)]:
            asked = session.until("q quit")
            known = ANSWERS[next(card for text, card in QUESTIONS.items() if text in asked)]
            if "choose" in asked:
                session.send(letter_of(asked, known))
            else:
                session.send(known if "type the answer" in asked else "")
            told = session.until("q quit")
            session.send("4" if "4 Easy" in told else "3")
            session.until("saved")
        code, told, _ = session.end()
    assert code == 0
    assert "Done for today: 3 cards" in told
    expected = {"choice": {"choice", "reveal"}, "type": {"type"}, "auto": {"choice", "type", "reveal"}}
    assert {how for _, _, how, *_ in recorded(home)} == expected.get(mode, {"reveal"})
    home.check()


KEYS_AND_WORDS = [*"AbhsuU3124!?", "", "", "", "u", "bury", "good"]
COMMANDS = [":u", ":s", ":b", ":h", ":?", ":!", ":U"]
TEXTS = ["latest", "latesst", "None.", "Yes", "manifest", "\x1b[2J", "日本"]
LINES = st.sampled_from([*KEYS_AND_WORDS, *COMMANDS, *TEXTS])


@settings(max_examples=25, deadline=None)
@given(mode=st.sampled_from(["choice", "type", "auto", "reveal"]), typed=st.lists(LINES, max_size=40))
def test_whatever_is_typed_the_log_and_the_memories_agree(tmp_path_factory, mode, typed):
    """Any lines in any mode: nothing fails, and the memories are what the log alone gives."""
    folder, clock = tmp_path_factory.mktemp("any"), Clock()
    for deck in (CHOICES, TYPED):
        name = re.search("id = .(.)", deck)[1]
        text = re.sub('mode = ".*"', f'mode = "{mode}"', deck)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    with open_at(folder / "cards.db", clock, create=True) as collection:
        assert not import_decks(collection, [folder]).problems
        review = started(collection)
        review.next(clock())
        lines = iter(typed)

        def readline():
            clock.advance(seconds=3)
            return next((f"{line}\n" for line in lines), "")

        out = StringIO()
        Lines(
            review,
            now=clock,
            take_in=TakeIn(collection.rows, lambda: collection),
            load=lambda: None,
            ascii_only=False,
            stdin=SimpleNamespace(readline=readline),
            stdout=out,
        ).run()
        log = check_laws(collection)
        assert "\x1b" not in out.getvalue()
        modes = {line.mode for line in log if isinstance(line, Answer)}
        assert modes <= {"reveal", mode if mode != "auto" else "choice", "type" if mode == "auto" else mode}


@pytest.mark.parametrize("before", [[], [""]])
def test_a_card_that_is_gone_overnight_is_passed_over(tmp_path, before):
    """Whether its answer was shown or not: one sentence, the next question, and nothing is written."""
    clock, out = Clock(), StringIO()
    with filled(tmp_path, clock, 2) as collection:
        review = started(collection)
        gone = review.next(clock()).key

        def lines():
            yield from before
            for table, column in (("memory", "card"), ("card", "key")):
                collection.rows(f"DELETE FROM {table} WHERE {column} = :key", {"key": gone})
            clock.advance(days=1)
            yield "3" if before else ""

        typed = lines()
        Lines(
            review,
            now=clock,
            take_in=TakeIn(collection.rows, lambda: collection),
            load=lambda: None,
            ascii_only=False,
            stdin=SimpleNamespace(readline=lambda: next((f"{line}\n" for line in typed), "")),
            stdout=out,
        ).run()
        assert "That card is no longer on file, so it is passed over." in out.getvalue()
        assert review.shown.name == "d0/c1"
        assert out.getvalue().splitlines()[-1].startswith("Enter answer")
        assert collection.rows("SELECT count(*) FROM review", {}) == [(0,)]


def test_practice_on_a_pipe_records_nothing(tmp_path):
    """Practice in choice mode says so after each answer."""
    home = home_with(tmp_path, CHOICES)
    done = run(home, "review", "--practice", typed="\n\n\n\n\n\n")
    assert done.returncode == 0
    assert "not recorded" in done.stdout
    assert home.rows("SELECT count(*) FROM review") == [(0,)]
