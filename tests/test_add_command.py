"""`srs add`: from options and asked for, into the right file, and back out where it cannot be."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from programs import Home, Session, cards_of, write_deck
from running import run

TWO = ("--question", "What is a tag?", "--answer", "A name.")


@pytest.fixture
def home(tmp_path):
    """A home with one deck of one card, imported."""
    home = Home(tmp_path)
    write_deck(tmp_path / "docker.toml", [("one", "What is one?", "A number.")])
    return home.fill(tmp_path / "docker.toml")


def import_another(home, name="kitchen"):
    """A second deck, imported."""
    write_deck(home.folder / f"{name}.toml", [("salt", "What is salt?", "A mineral.")], name="The kitchen")
    assert run(home, "import", f"{name}.toml").returncode == 0


def ids(home, name="docker"):
    """The ids of the cards of a deck file."""
    return [card["id"] for card in cards_of(home.folder / f"{name}.toml")]


def test_a_card_goes_into_its_file_and_into_the_queue(home):
    """The card stands at the end of the file, is imported, and one line names it and its place."""
    done = run(
        home, "add", *TWO, "--tag", "core", "--tag", "tags", "--source", "Spec", "--scenario", "Ann: Why?"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Added docker/what-is-a-tag (docker.toml:8).\n"
    assert cards_of(home.folder / "docker.toml")[-1] == {
        "id": "what-is-a-tag",
        "scenario": "Ann: Why?",
        "question": "What is a tag?",
        "answer": "A name.",
        "tags": ["core", "tags"],
        "source": "Spec",
    }
    assert home.rows("SELECT id, line FROM card WHERE retired = 0 ORDER BY position") == [
        ("one", 4),
        ("what-is-a-tag", 8),
    ]


def test_every_option_is_a_key_of_the_card(home):
    """Choices with their why, other answers, needs, reverse and cloze: all are written, all cards counted."""
    done = run(
        home,
        *("add", "docker", "--id", "tag", "--term", "tag", "--answer", "A name.", "--reverse"),
        *("--choice", "A hash. :: That is a digest.", "--choice", "A file."),
        *("--accept", "label", "--needs", "one", "--explanation", "It moves.", "--cloze", "A {{c1::name}}."),
        "--json",
    )
    told = json.loads(done.stdout)
    assert told.pop("path") == str(home.folder / "docker.toml")
    assert told == {
        "card": "docker/tag",
        "cards": ["docker/tag", "docker/tag#reverse", "docker/tag#c1"],
        "deck": "docker",
        "line": 8,
        "problems": [],
    }
    assert cards_of(home.folder / "docker.toml")[-1]["choices"] == [
        {"text": "A hash.", "why": "That is a digest."},
        "A file.",
    ]


def test_the_deck_may_be_named_or_be_a_file(home):
    """With several decks one is named, by id or file; an unknown one is answered with hints."""
    import_another(home)
    unsaid = run(home, "add", *TWO)
    assert (unsaid.returncode, unsaid.stdout) == (2, "")
    assert unsaid.stderr == "error: there are several decks\nhint: say which: `docker`, `kitchen`\n"
    assert run(home, "add", "kitchen", *TWO).returncode == 0
    assert ids(home, "kitchen") == ["salt", "what-is-a-tag"]
    assert ids(home) == ["one"]
    unknown = run(home, "add", "kitchn", *TWO)
    assert unknown.returncode == 3
    assert "did you mean `kitchen`? a new deck: `srs init FILE.toml`" in unknown.stderr
    assert run(home, "add", "nowhere.toml", *TWO).returncode == 3


@pytest.mark.sqlite_file
def test_a_fresh_deck_file_makes_the_database(tmp_path):
    """After `srs init my.toml` comes `srs add my.toml`; without any deck the way to one is said."""
    home = Home(tmp_path)
    none = run(home, "add", *TWO)
    assert none.returncode == 3
    assert not home.has_database()
    assert run(home, "init", "my.toml").returncode == 0
    done = run(home, "add", "my.toml", *TWO)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Added my/what-is-a-tag (my.toml:")
    assert home.rows("SELECT count(*) FROM card") == [(2,)]


def test_what_lacks_is_said_where_nobody_can_be_asked(home):
    """On a pipe a card without question or answer is wrong usage."""
    for given, lacks in (
        ((), "`--question` and `--answer`"),
        (("--question", "Why?"), "`--answer`"),
        (("--answer", "So."), "`--question`, `--term` or `--cloze`"),
        (("--question", " \u00ad", "--answer", "So."), "`--question`, `--term` or `--cloze`"),
    ):
        done = run(home, "add", *given)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"`srs add` needs {lacks}" in done.stderr
    assert ids(home) == ["one"]


def test_a_card_that_would_be_refused_is_not_written(home):
    """It is wrong usage, in the words of the options; of a bad file the problems are listed with places."""
    before = (home.folder / "docker.toml").read_bytes()
    done = run(home, "add", "--id", "one", *TWO)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: `--id`: the id `one` is taken by line 5 of docker.toml\nhint: give it another one\n"
    )
    assert (home.folder / "docker.toml").read_bytes() == before
    (home.folder / "docker.toml").write_bytes(before + b"tags = 1\n")
    done = run(home, "add", *TWO)
    assert done.returncode == 1
    assert "docker.toml:8:8: E105" in done.stderr
    assert "docker.toml has 1 problem, so no card was added" in done.stderr
    assert (home.folder / "docker.toml").read_bytes() == before + b"tags = 1\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--cloze", "no hole"),
            ["in `--cloze`, there is no hole\nhint: a hole is written `{{c1::hidden}}`"],
        ),
        (("--question", "Q?", "--answer", "A.", "--reverse"), ["`--reverse` needs `--term`\n"]),
        (("--cloze", "A {{c1::b}}.", "--term", "t", "--reverse"), ["`--reverse` needs `--answer`\n"]),
        (
            ("--cloze", "{{c1::a}} {{c2::b}}", "--choice", "c", "--accept", "d"),
            [
                "error: `--choice` cannot tell which of 2 hole numbers is meant\n",
                "hint: they go with an `--answer`, or with a `--cloze` of one number\n",
                "error: `--accept` cannot tell which of 2 hole numbers is meant\n",
            ],
        ),
        (
            (*TWO, "--choice", "a name"),
            ["`--choice`: `a name` is also the right answer\nhint: each choice is"],
        ),
        (
            (*TWO, "--accept", "term", "--choice", "term"),
            ["`--choice`: `term` is also a right answer, by `--acc"],
        ),
        ((*TWO, "--choice", " "), ["a `--choice` has no text\n"]),
        (
            (*TWO, "--id", "Not One"),
            ["`--id`: `Not One` cannot be a card's id", "hint: for example `not-one`"],
        ),
        ((*TWO, "--needs", "a b"), ["`--needs`: `a b` is not the name of a card\n"]),
        (
            ("--cloze", "A {{c1::b}}.", "--answer", "c"),
            ["this card has no `--question` and no `--term`\nhint: an `--answer` beside a `--cloze` is that"],
        ),
    ],
)
def test_a_bad_card_is_told_in_the_words_of_the_options(home, options, said):
    """No place of a file that is not written, no key that was not typed; nothing is written."""
    before = (home.folder / "docker.toml").read_bytes()
    done = run(home, "add", *options)
    assert (done.returncode, done.stdout) == (2, "")
    for part in said:
        assert part in done.stderr
    assert "docker.toml" not in done.stderr
    assert done.stderr.count("error: ") == len([part for part in said if not part.startswith("hint")])
    assert (home.folder / "docker.toml").read_bytes() == before


def test_an_id_from_a_cloze_is_made_of_its_sentence(home):
    """The signs of the holes and their hints are not in it: an import would give the same id."""
    done = run(home, "add", "--cloze", "A {{c1::tag::which?}} names {{c2::one}} image.")
    assert done.stdout == "Added docker/a-tag-names-one-image, 2 cards (docker.toml:8).\n"


def test_a_reason_without_blanks_is_asked_about(home):
    """`::` is part of many a name, so without blanks it parts nothing; that it does not is said."""
    done = run(home, "add", *TWO, "--choice", "A disk::x", "--choice", "A file :: No.", "--choice", "A lamp.")
    assert done.returncode == 0
    assert done.stderr.endswith(
        "The choice `A disk::x` was taken whole: a reason stands after ` :: `, with blanks.\n"
    )
    assert done.stderr.count("taken whole") == 1


def test_a_refused_import_takes_the_card_out_again(home):
    """Where the file alone is good but cannot be imported, its bytes are what they were."""
    import_another(home)
    fake = write_deck(home.folder / "fake.toml", [("x", "What is x?", "A letter.")])
    fake.write_text(fake.read_text().replace('id = "fake"', 'id = "kitchen"'))
    before = fake.read_bytes()
    done = run(home, "add", "fake.toml", *TWO)
    assert done.returncode == 1
    assert "fake.toml:1:1: E102 the deck id `kitchen` is taken" in done.stderr
    assert "the file is as it was" in done.stderr
    assert fake.read_bytes() == before


def test_remarks_and_other_changes_are_said(home):
    """A card that could be better is added and remarked on; what else came in with it is counted."""
    deck = home.folder / "docker.toml"
    deck.write_text(deck.read_text().replace("A number.", "The first number."))
    done = run(home, "add", "--question", "Is it?", "--answer", "Yes.")
    assert done.returncode == 0
    assert done.stdout == "Added docker/is-it (docker.toml:8). The file had changed besides: 1 updated.\n"
    assert done.stderr.startswith("docker.toml:10:12: Q102")


def test_a_card_that_was_there_before_has_its_history_back(home):
    """A new card under the id of a retired one is that card again, and this is said."""
    assert run(home, "add", *TWO).returncode == 0
    deck = home.folder / "docker.toml"
    deck.write_text(deck.read_text().split('[[cards]]\nid = "what')[0])
    assert run(home, "import").returncode == 0
    assert "its history is back" in run(home, "add", *TWO).stdout


@pytest.mark.parametrize("kind", ["read-only", "folder", "gone", "pipe"])
def test_a_file_that_cannot_take_it(home, kind):
    """A file without permission, a folder or a pipe in its place, no file at all: a sentence each."""
    deck = home.folder / "docker.toml"
    if kind == "read-only":
        if os.geteuid() == 0:
            pytest.skip("nothing is read-only for root")
        deck.chmod(0o444)
    else:
        deck.unlink()
        if kind == "folder":
            deck.mkdir()
        elif kind == "pipe":
            os.mkfifo(deck)
    done = run(home, "add", *TWO)
    assert done.returncode == (3 if kind == "gone" else 1)
    assert done.stderr.startswith("error: `docker.toml`")
    assert "Traceback" not in done.stderr


def test_a_linked_deck_stays_a_link(home):
    """The file behind a link gets the card."""
    deck = home.folder / "docker.toml"
    link = home.folder / "link.toml"
    link.symlink_to(deck)
    assert run(home, "add", "link.toml", *TWO).returncode == 0
    assert link.is_symlink()
    assert ids(home) == ["one", "what-is-a-tag"]


def test_hostile_texts_are_texts(home):
    """Escapes for terminals are left out; quotes, brackets and shell signs are what they are."""
    question = 'What does $(touch x) `y` """ do\x1b[31m?'
    done = run(home, "add", "--question", question, "--answer", "\\n '''", "--tag", "[[cards]]")
    assert done.returncode == 0
    card = cards_of(home.folder / "docker.toml")[-1]
    assert card["question"] == question.replace("\x1b", "")
    assert (card["answer"], card["tags"]) == ("\\n '''", ["[[cards]]"])


def typed(terminal, *lines):
    """Type lines, each once the program waits for one."""
    for prompt, line in lines:
        terminal.shows(prompt)
        terminal.press(f"{line}\r")


ASKED = (
    ("Answer", "A name."),
    ("Term (optional)", ""),
    ("Scenario (optional)", "Ann: What is it? \\"),
    ("…", "Bob: A name."),
    ("Explanation", ""),
    ("Tags", "core, tags,"),
    ("Source", "Spec"),
)


def test_a_card_is_asked_for_and_shown_before_it_is_saved(home):
    """Field by field; what will be written is shown; `n` goes back with everything still there."""
    with Session(home, "add") as terminal:
        typed(terminal, ("Question", "What is a tga?"), *ASKED)
        terminal.shows("Save it as docker/what-is-a-tga?")
        assert '  question = "What is a tga?"' in terminal.rows
        assert ids(home) == ["one"]
        terminal.press("n\r")
        terminal.screen.reset()
        terminal.shows("Question: What is a tga?")
        terminal.press("\x7f\x7f\x7f\x7ftag?\r")
        for prompt in (
            "Answer: A name.",
            "Term (optional)",
            "Scenario (optional): Ann",
            "Bob",
            "Explanation",
            "core, tags",
            "Spec",
        ):
            typed(terminal, (prompt, ""))
        terminal.shows("Save it as docker/what-is-a-tag?")
        terminal.press("\r")
        typed(terminal, ("Another?", ""))
        assert terminal.to_the_end() == 0
        assert any("Added docker/what-is-a-tag" in row for row in terminal.rows)
    card = cards_of(home.folder / "docker.toml")[-1]
    assert card["scenario"].strip() == "Ann: What is it?\nBob: A name."
    assert card["tags"] == ["core", "tags"]


def test_an_answer_that_is_not_known_yet_leads_back_to_the_question(home):
    """Two empty lines go back, with what was typed still there; the start says what has options."""
    with Session(home, "add") as terminal:
        terminal.shows("options: srs add -h")
        typed(terminal, ("Question", "What is a tga?"), ("Answer", ""))
        terminal.shows("an empty line again goes back to the question")
        terminal.screen.reset()
        terminal.press("\r")
        terminal.shows("Question: What is a tga?")
        terminal.press("\x7f\x7f\x7f\x7ftag?\r")
        typed(terminal, *ASKED)
        terminal.shows("Save it as docker/what-is-a-tag?")
        terminal.press("\r")
        typed(terminal, ("Another?", ""))
        assert terminal.to_the_end() == 0
    assert ids(home) == ["one", "what-is-a-tag"]


@pytest.mark.parametrize(("at", "key", "code"), [("Answer", "\x04", 0), ("Save it", "\x03", 130)])
def test_leaving_leaves_everything_as_it_was(home, key, code, at):
    """Ctrl-D and Ctrl-C write nothing, wherever they come."""
    before = (home.folder / "docker.toml").read_bytes()
    with Session(home, "add") as terminal:
        steps = (("Question", "What is a tag?"), *ASKED, ("Save it", ""))
        typed(terminal, *steps[: [prompt for prompt, _ in steps].index(at)])
        terminal.shows(at)
        terminal.press(key)
        assert terminal.to_the_end() == code
        assert "Nothing added." in terminal.rows
    assert (home.folder / "docker.toml").read_bytes() == before
    assert home.rows("SELECT count(*) FROM card") == [(1,)]


def test_several_cards_and_a_choice_of_decks(home):
    """The deck is asked by number; after `y` the next card; leaving keeps those that are in."""
    import_another(home)
    with Session(home, "add") as terminal:
        terminal.shows("2  kitchen  The kitchen")
        typed(terminal, ("Which deck", "3"), ("1 to 2", "2"))
        typed(terminal, ("Question", ""), ("Then its term", "pepper"), *ASKED[:1])
        typed(terminal, ("Scenario", ""), ("Explanation", ""), ("Tags", ""), ("Source", ""), ("Save it", ""))
        terminal.shows("Another?")
        terminal.screen.reset()
        typed(terminal, ("", "y"), ("Question", "Half a"))
        terminal.shows("Answer")
        time.sleep(0.3)  # between its prompt and its reading `input` can miss an interrupt
        terminal.press("\x03")
        assert terminal.to_the_end() == 130
        assert any("Stopped. The card before is in." in row for row in terminal.rows)
    assert ids(home, "kitchen") == ["salt", "pepper"]


def test_what_was_typed_survives_a_file_that_changed(home):
    """A file that got other bytes meanwhile keeps them, and the card comes after them."""
    with Session(home, "add", "--question", "What is a tag?") as terminal:
        typed(terminal, *ASKED)
        terminal.shows("Save it")
        with (home.folder / "docker.toml").open("a") as file:
            file.write('[[cards]]\nid = "two"\nquestion = "What is two?"\nanswer = "A number."\n')
        terminal.press("\r")
        typed(terminal, ("Another?", ""))
        assert terminal.to_the_end() == 0
    assert ids(home) == ["one", "two", "what-is-a-tag"]


def test_a_card_that_cannot_be_written_is_printed(home):
    """When the file breaks while a card is typed, the card is shown to be kept, and the file is left."""
    with Session(home, "add", "--question", "What is a tag?") as terminal:
        typed(terminal, *ASKED)
        terminal.shows("Save it")
        (home.folder / "docker.toml").write_text("[deck\n")
        terminal.screen.reset()
        terminal.press("\r")
        assert terminal.to_the_end() == 1
        assert '  question = "What is a tag?"' in terminal.rows
    assert (home.folder / "docker.toml").read_text() == "[deck\n"


@pytest.mark.nightly
def test_ctrl_c_waits_for_a_card_that_is_being_saved(home, tmp_path):
    """Interrupted at any moment, a card is in the file and the database or in neither."""
    for wait in (count / 50 for count in range(10, 60)):
        with Session(home, "add", *TWO, "--id", f"c{round(wait * 50)}") as terminal:
            time.sleep(wait)
            terminal.child.kill(signal.SIGINT)
            terminal.to_the_end()
    assert [(name,) for name in ids(home)] == home.rows(
        "SELECT id FROM card WHERE retired = 0 ORDER BY position"
    )
    assert not list(tmp_path.glob(".docker*"))
