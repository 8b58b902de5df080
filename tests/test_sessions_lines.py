"""Whole sessions of the real program on pipes: a line at a time, data to stdout, talk to stderr."""

import json
import os
import re
import subprocess
import sys
import time
from io import StringIO
from types import SimpleNamespace

import pytest

if sys.platform == "win32":
    pytest.skip("the helpers drive pseudo-terminals, which are POSIX", allow_module_level=True)

from postgres import looking_into
from programs import (
    PATIENCE,
    PROGRAM,
    Home,
    Piped,
    Session,
    at_moment,
    nearly_a_leech,
    now_ms,
    plain_cards,
    plain_deck,
    run,
    write_deck,
)
from world import Clock, answer_card, started

from srs.cli.linemode import Lines
from srs.cli.taking_in import TakeIn
from srs.model import Rating

FIRST, SECOND = plain_cards(2)
LITERALS = ("[a-zA-Z0-9_]{0,127}", "registry:key:1", "@sha256:[a-f0-9]{64}", "[bold]no[/bold] :warning:")
HOSTILE = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x9b5m \u202egnp.exe\u2066 end"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A home with plain cards of the shipped deck imported; not to be written to."""
    folder = tmp_path_factory.mktemp("shipped")
    return Home(folder / "home").fill(plain_deck(folder))


@pytest.fixture
def home(shipped, tmp_path):
    """A home of the test's own with plain cards of the shipped deck imported."""
    return shipped.copy(tmp_path / "home")


def test_each_line_is_answered_before_the_next_is_sent(home):
    """Enter reveals, Enter says Good; what was saved is told at once, never held back in a buffer."""
    with Piped(home, "review", "-n", "2") as session:
        asked = session.until("Enter answer").split("\n")
        assert asked[0] == "Container registry vocabulary: 0 of 2; 2 new, 0 learning, 0 due"
        assert FIRST["question"] in asked
        assert "New hire: “Do the servers copy the image from my laptop?”" in asked
        assert asked[-2] == "Enter answer, u undo, ? keys, q quit"
        session.send("3")
        assert session.until("Show") == "Show the answer first: press Enter, then rate it.\n"
        session.send("")
        answer = session.until("Enter good").split("\n")
        assert answer[0] == FIRST["answer"]
        assert FIRST["explanation"] in answer
        assert f"Source: {FIRST['source']}" in answer
        assert answer[-6:-3] == ["1 Again 1 min", "2 Hard 6 min", "3 Good 10 min"]
        assert re.fullmatch(r"4 Easy \d+ days", answer[-3])
        assert home.rows("SELECT count(*) FROM review") == [(0,)]
        session.send("")
        assert session.until("saved") == "saved good, 10 min\n"
        assert home.rows("SELECT rating FROM review") == [(3,)]
        assert SECOND["question"] in session.until("Enter answer")
        session.send("", "4")
        told = session.until("saved easy").split("\n")
        assert re.fullmatch(r"saved easy, \d+ days", told[-2])
        session.until("Enter answer")
        session.send("", "HARD")
        session.until("saved hard, 10 min")
        code, rest, errors = session.end()
        assert (code, errors) == (0, "")
        assert "Stopped. All 3 answers are saved;" in rest
    assert home.answers() == [("registry", 3), ("push", 4), ("registry", 2)]
    home.check()


def test_every_deed_and_every_wrong_line_gets_one_sentence(home):
    """Undo, redo, suspend, bury, mark and nonsense are each told in one line; the session goes on."""
    told = {
        "foo": "That is no key here: Enter, 1 to 4, or ? for all of them.",
        "5": "That is no key here: Enter, 1 to 4, or ? for all of them.",
        "j": "That is no key here: Enter, 1 to 4, or ? for all of them.",
        "good": "Show the answer first: press Enter, then rate it.",
        "٣": "Show the answer first: press Enter, then rate it.",
        "u": "Nothing to take back.",
        "U": "Nothing to put back.",
        "!": "Marked for your next edit: srs list --flagged",
        "i": "No deck file has changed.",
    }
    with Piped(home, "review") as session:
        session.until("Enter answer")
        for typed, sentence in told.items():
            session.send(typed)
            assert session.until("\n") == f"{sentence}\n"
            if typed == "i":
                session.until("Enter answer")
        for typed, sentence in (
            ("s", "Suspended registry/registry"),
            ("bury", "Buried registry/push until tomorrow."),
            ("u", "Took back the burying of registry/push."),
            ("U", "registry/push is buried again until tomorrow."),
        ):
            session.send(typed)
            session.until(sentence)
            session.until("Enter answer")
        session.send("?")
        keys = session.until("Hard means you knew it")
        assert "j k" not in keys
        for named in re.findall(r"^(\S+): ", keys, re.MULTILINE):
            assert named in {"Enter", "A-D", "h", "s", "b", "e", "!", "i", "q"}
        session.send("", "٣", "u")
        assert "saved good, 10 min" in session.until("Took back Good. Rate it again, or press u for the card")
        assert session.until("Enter good").count("?\n") >= 1, "the question is told again with its answer"
        session.send("2", "q")
        assert session.end()[0] == 0
    assert home.answers() == [("repository", 2)]
    home.check()


@pytest.mark.parametrize(
    ("typed", "answers", "sentence"),
    [
        ("", 0, "Stopped. Nothing was answered."),
        ("\n3", 1, "Stopped. Your answer is saved; the card on the screen does not count."),
        ("\r\n\r\n\r\n2\r\n", 2, "Stopped. Both answers are saved; the card on the screen does not count."),
    ],
    ids=["empty", "no last newline", "crlf"],
)
def test_end_of_input_ends_the_session_well(home, typed, answers, sentence):
    """However the input ends the answers are saved, the end is told, and the exit code is 0."""
    done = run(home, "review", typed=typed)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(re.findall("^saved ", done.stdout, re.MULTILINE)) == answers == len(home.answers())
    assert sentence in done.stdout


def test_session_to_its_end_on_a_pipe(tmp_path):
    """A session that comes to its end says so and leaves the rest of the input alone."""
    home = Home(tmp_path / "home").fill(write_deck(tmp_path / "d.toml", [("one", "One?", "1")]))
    done = run(home, "review", typed="\n1\n\n4\n\n\n\n\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^Done for today: 1 card in \d s, 0 right at first try\.$", done.stdout, re.MULTILINE)
    assert re.search(r"^  Missed     d/one +One\?$", done.stdout, re.MULTILINE)
    assert home.answers() == [("one", 1), ("one", 4)]
    again = run(home, "review", typed="\n\n")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("Nothing due now. One card comes tomorrow.\n")


def test_leech_is_told_once_with_a_way_out_that_works_there(tmp_path):
    """The eighth miss is told after `saved`, with the command that suspends it; `s` is for the next."""
    home = Home(tmp_path / "home")
    deck = write_deck(tmp_path / "tiny.toml", [("one", "One?", "1"), ("two", "Two?", "2")])
    program = nearly_a_leech(home, deck)
    done = run(home, "review", "--new", "0", typed="\n1\n\n1\n", program=program)
    told = [line for line in done.stdout.splitlines() if line.startswith("Missed ")]
    assert told == [
        "Missed 8 times. Rewriting usually helps more than repeating. To suspend it: srs suspend tiny/one"
    ]
    assert len(home.rows("SELECT 1 FROM review WHERE rating = 1")) == 9


def test_time_box_that_is_full_of_reviews_holds_new_cards_back_and_says_so(shipped, tmp_path):
    """Where what is due fills the minutes, no new card comes and one line says why; `--new` has its way."""
    home = shipped.copy(tmp_path / "home")
    clock = Clock(now_ms())
    with home.collection(clock) as collection:
        for card in plain_cards(12):
            answer_card(collection, f"registry/{card['id']}", Rating.EASY)
    later = at_moment(clock.advance(days=60))
    done = run(home, "review", "-m", "1", program=later)
    assert done.stdout.startswith("Container registry vocabulary: 0 of 12; 0 new, 0 learning, 12 due\n")
    welcome = "Welcome back. At 1 min a day you are level again by .*; new cards wait until then.\n"
    assert re.search(welcome, done.stdout)
    asked_for = run(home, "review", "-m", "1", "--new", "2", program=later)
    assert ": 0 of 14; 2 new, 0 learning, 12 due\n" in asked_for.stdout
    assert "new cards wait" not in asked_for.stdout


def test_answer_across_the_turn_of_the_day_is_rated_once_more(tmp_path):
    """What was shown is what is saved: intervals of yesterday are not applied today, they are shown anew."""
    clock = Clock()
    home = Home(tmp_path / "home").fill(write_deck(tmp_path / "d.toml", [("one", "One?", "1")]), clock=clock)
    out = StringIO()
    with home.collection(clock) as collection:
        review = started(collection)
        review.next(clock())

        def typed():
            yield "\n"
            clock.advance(days=1)
            yield "4\n"
            clock.advance(seconds=5)
            yield "4\n"

        lines = typed()
        Lines(
            review,
            now=clock,
            take_in=TakeIn(collection.rows, lambda: collection),
            load=lambda: None,
            ascii_only=False,
            stdin=SimpleNamespace(readline=lambda: next(lines, "")),
            stdout=out,
        ).run()
    told = out.getvalue()
    assert told.count("A new day has begun, and these are its intervals. Rate the card once more.\n") == 1
    shown = re.findall(r"^4 Easy (\d+ days)$", told, re.MULTILINE)
    assert len(shown) == 2
    assert f"saved easy, {shown[1]}\n" in told
    assert home.rows("SELECT count(*), min(study_day) FROM review") == [(1, clock.today)]


def test_time_to_the_reveal_and_to_the_rating_are_kept(home):
    """The log has how long the question and the whole answer took, in milliseconds."""
    with Piped(home, "review") as session:
        session.until("Enter answer")
        time.sleep(0.12)
        session.send("")
        session.until("Enter good")
        time.sleep(0.12)
        session.send("")
        session.until("saved")
    ((revealed, took),) = home.rows("SELECT revealed_ms, took_ms FROM review")
    assert 100 <= revealed <= took - 100


def test_review_through_tee_is_line_mode(home):
    """With a terminal at one end only, `srs review | tee log` is a readable conversation."""
    words = " ".join(f"'{word}'" for word in PROGRAM)
    with Session(home, program=["bash", "-c", f"{words} review | tee {home.folder}/log"]) as session:
        session.shows("Enter answer")
        session.press("\n")
        session.shows("Enter good")
        session.press("\n")
        session.shows("saved good, 10 min")
        session.press("\x04")
        assert session.to_the_end() == 0
        assert b"\x1b" not in session.raw
    log = (home.folder / "log").read_text(encoding="utf-8")
    assert FIRST["answer"] in log
    assert "Stopped. Your answer is saved;" in log
    assert len(home.answers()) == 1


def test_errors_go_to_stderr_and_leave_stdout_empty(home, tmp_path):
    """A deck or tag that is not there: a sentence and a hint on stderr, exit code 3, nothing on stdout."""
    for arguments, sentence, hint in (
        (("review", "regisry"), "there is no deck `regisry`", "did you mean `registry`?"),
        (("review", "-t", "cores"), "no card has the tag `cores`", "did you mean `core`?"),
        (
            ("--db", str(tmp_path / "no.db"), "due", "--json"),
            f"there is no database `{tmp_path / 'no.db'}`",
            "",
        ),
    ):
        done = run(home, *arguments, typed="\n\n")
        assert (done.returncode, done.stdout) == (3, "")
        first, *more = done.stderr.splitlines()
        assert first.startswith(f"error: {sentence}")
        assert hint in "".join(more)
        assert "\x1b" not in done.stderr
    due = run(home, "due", "--json")
    assert (due.returncode, due.stderr) == (0, "")
    assert json.loads(due.stdout)["total"] == 20


def test_wrong_numbers_are_refused_by_name(home):
    """`--limit 0` and words for numbers are usage errors: exit code 2, stdout empty, no traceback."""
    for arguments in (("-n", "0"), ("--new", "-1"), ("--ahead", "--practice")):
        done = run(home, "review", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr.startswith("error: ")
        assert "Traceback" not in done.stderr


# Text that means something to a terminal or to a library


def test_registry_text_prints_as_written(tmp_path):
    """Brackets, braces, emoji codes and markup come out as they stand in the file, on a pipe and a screen."""
    cards = [
        {"id": f"c{n}", "question": f"What is {text}?", "answer": f"It is {text}.", "scenario": f"A: {text}"}
        for n, text in enumerate(LITERALS)
    ]
    home = Home(tmp_path / "home").fill(write_deck(tmp_path / "d.toml", cards, name=LITERALS[0]))
    done = run(home, "review", typed="\n1\n" * len(LITERALS))
    for text in LITERALS:
        assert f"What is {text}?\n" in done.stdout
        assert f"It is {text}.\n" in done.stdout
        assert re.search(rf"^ .*What is {re.escape(text)}\?$", done.stdout, re.MULTILINE)
    with Session(home, "review") as session:
        rows = session.ready("What is")
        assert f"  {LITERALS[0]}" == rows[0][: len(LITERALS[0]) + 2]
        session.key(" ", "4 Easy")
        shown = "\n".join(session.rows)
        assert any(f"It is {text}." in shown and f"A: “{text}”" in shown for text in LITERALS)


def test_control_characters_do_not_get_in(tmp_path):
    """A deck with escape sequences is refused with its line, and the message itself is harmless."""
    home = Home(tmp_path / "home")
    deck = write_deck(tmp_path / "d.toml", [("one", "One?", HOSTILE)])
    done = run(home, "import", deck)
    assert done.returncode == 1
    assert re.search(rf"^{re.escape(str(deck))}:\d+:\d+: E", done.stderr, re.MULTILINE)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout + done.stderr)


def test_hostile_text_in_the_database_is_cleaned_where_it_is_shown(tmp_path):
    """Text that came in some other way moves no cursor: not on a pipe, not on the screen, not at the end."""
    home = Home(tmp_path / "home").fill(write_deck(tmp_path / "d.toml", [("one", "One?", "1")]))
    with looking_into(home.db) as connection:
        for column in ("question", "answer", "scenario", "explanation", "source"):
            connection.execute(f"UPDATE card SET {column} = ?", (f"{column} {HOSTILE}",))
        connection.execute("UPDATE deck SET name = ?", (f"name {HOSTILE}",))
    done = run(home, "review", typed="\n1\n\n1\n")
    assert done.returncode == 0
    assert "gnp.exe end" in done.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout)
    with Session(home, "review") as session:
        session.ready()
        session.key(" ", "4 Easy")
        assert any("gnp.exe end" in row for row in session.rows)
        assert b"\x1b]0" not in session.raw
        assert b"\x1b[2J" not in session.raw
        assert "\u202e".encode() not in session.raw


def test_hostile_name_of_a_deck_file_is_cleaned_where_it_is_told(tmp_path):
    """The path of a changed deck file acts on no terminal, whatever its folder is called."""
    folder = tmp_path / "deck\x1b[2Js"
    folder.mkdir()
    deck = write_deck(folder / "d.toml", [("one", "One?", "1")])
    home = Home(tmp_path / "home").fill(deck)
    write_deck(deck, [("one", "One, then?", "1")])
    done = run(home, "review", typed="i\n")
    assert "deck[2Js/d.toml changed since it was imported: i takes it in.\n" in done.stdout
    assert "Taken in: 1 updated.\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_only_changed_files_of_the_decks_asked_for_are_told(tmp_path):
    """A review by deck or tag speaks of, and takes in, the files of these decks alone."""
    home = Home(tmp_path)
    for name in ("aaa", "bbb"):
        deck = write_deck(tmp_path / f"{name}.toml", [("one", "One?", "1")])
        deck.write_text(deck.read_text() + f'tags = ["of-{name}"]\n')
        home.fill(deck)
        deck.write_text(deck.read_text().replace("One?", "One, then?"))
    for asked in (("-d", "bbb"), ("--tag", "of-bbb")):
        done = run(home, "review", *asked, typed="q\n")
        assert "bbb.toml changed since it was imported" in done.stdout
        assert "aaa.toml" not in done.stdout
    assert "2 deck files changed" in run(home, "review", typed="q\n").stdout
    with (tmp_path / "bbb.toml").open("a") as file:
        file.write("idd = 1\nide = 1\n")
    done = run(home, "review", "-d", "bbb", typed="i\nq\n")
    assert "Not taken in: bbb.toml:9:1: E104 `idd` is not a key of a card (1 more: srs check bbb.toml)." in (
        " ".join(done.stdout.split())
    )
    assert home.rows("SELECT question FROM card") == [("One?",)] * 2


# Streams that fail


def test_bytes_that_are_no_text_are_a_wrong_line(home):
    """Invalid UTF-8 on stdin is answered like any wrong line, whatever the locale asks of Python."""
    done = subprocess.run(
        [*PROGRAM, "review"],
        input=b"\xff\xfe\x00\n\n\xc3\n",
        capture_output=True,
        env=home.env | {"PYTHONIOENCODING": "utf-8:strict"},
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"That is no key here") == 2
    assert b"4 Easy" in done.stdout


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        ("<&-", 0, ""),
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        (">/dev/full", 1, "error: what was printed could not be written: No space left on device\n"),
        ("| head -n 1", 0, ""),
    ],
    ids=["no stdin", "no stdout", "no stderr", "nothing", "full", "head"],
)
def test_closed_and_full_streams_are_no_bug_of_ours(home, redirection, code, said):
    """A stream that is closed, full or read no further ends in its exit code, without a report of a bug."""
    if "full" in redirection and not os.path.exists("/dev/full"):  # noqa: PTH110 - a device
        pytest.skip("no /dev/full here")
    words = " ".join(f"'{word}'" for word in PROGRAM)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words} review {redirection}"],
        input="\n",
        capture_output=True,
        text=True,
        env=home.env,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, said)
    assert not [*(home.folder / "state" / "srs").glob("report-*")]
    home.check()
