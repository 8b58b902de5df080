"""The turn of a card: what keys mean at each stage, what is proposed, offered and recorded."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cli.keys import Action, typed_text
from srs.cli.turn import LONGEST_RESPONSE, Stage, Turn, begin, command, taken_back, unknown_command
from srs.deck.judge import judge
from srs.model import Answer, Card, Choice, Rating
from srs.modes import Option

OPTIONS = (
    Option("right", None, right=True),
    Option("wrong", "why", right=False),
    Option("no", None, right=False),
)
KEYS = st.one_of(st.sampled_from([" ", "enter", "up", "ctrl-d", "resize", "escape"]), st.characters())
TURNS = st.builds(
    Turn,
    way=st.sampled_from(["reveal", "choice", "type"]),
    stage=st.sampled_from(Stage),
    options=st.just(OPTIONS),
    picked=st.sampled_from([None, 0, 1]),
    hinted=st.booleans(),
)


CARD = Card("d", "c", "q", "right", choices=(Choice("wrong", "why"), Choice("no", None)))


def shown(way="choice", card=CARD):
    """A card that is shown, as far as a turn asks for it."""
    return SimpleNamespace(key=b"k" * 16, way=way, card=card)


def choosing(**known):
    """A turn with three options, the first of them right."""
    return Turn("choice", options=OPTIONS, **known)


@pytest.mark.parametrize(
    ("keys", "meaning"),
    [("aA1١１Ａ", 0), ("bB2", 1), ("cC3", 2), ("dD4s0", None), ("u", Action.UNDO), ("?", Action.HELP)],
)
def test_letters_and_digits_choose(keys, meaning):
    """A to C and 1 to 3 in any script pick an option; suspending and a fourth option are nothing."""
    assert {choosing().meaning(key) for key in keys} == {meaning}
    assert choosing().meaning(" ") is choosing().meaning("enter") is Action.REVEAL


def test_rating_keys_choose_too():
    """The keys of a layout without digits pick options where they would rate."""
    assert [choosing().meaning(key, "&é\"'") for key in "&é\"'"] == [0, 1, 2, None]
    assert choosing(stage=Stage.ANSWERED, picked=0).meaning("é", "&é\"'") is Action.HARD


def test_a_right_choice_has_no_easy_and_a_wrong_one_nothing_to_rate():
    """Right: Again to Good, Good proposed; wrong or not known: Again alone."""
    right = choosing(stage=Stage.ANSWERED, picked=0)
    assert right.offered == (Rating.AGAIN, Rating.HARD, Rating.GOOD)
    assert right.meaning("4") is None
    assert right.meaning(" ") is Action.GOOD
    for picked in (1, None):
        wrong = choosing(stage=Stage.ANSWERED, picked=picked)
        assert wrong.chose_wrong
        assert wrong.offered == (Rating.AGAIN,)
        assert wrong.proposed is Rating.AGAIN


def test_a_hint_makes_the_proposal_hard_and_no_more():
    """After a hint Space is Hard for what is right; wrong stays Again, Easy stays possible."""
    hinted = Turn(stage=Stage.ANSWERED, hinted=True)
    assert hinted.proposed is Rating.HARD
    assert hinted.offered == tuple(Rating)
    typed = Turn("type", stage=Stage.ANSWERED, hinted=True)
    typed.type("latesst", judge("latesst", ["latest"]))
    assert typed.proposed is Rating.HARD
    typed.type("oldest", judge("oldest", ["latest"]))
    assert typed.proposed is Rating.AGAIN
    assert typed.offered == tuple(Rating)


def test_what_is_written_is_only_read():
    """Once an answer is on disk digits are dead; Space goes on, `u` takes back, `s` and `e` work."""
    turn = choosing(stage=Stage.WRITTEN)
    meanings = {key: turn.meaning(key) for key in " 1234abusqe?h"}
    assert meanings == dict.fromkeys("1234abh") | {
        " ": Action.NEXT,
        "u": Action.UNDO,
        "s": Action.SUSPEND,
        "q": Action.QUIT,
        "e": Action.EDIT,
        "?": Action.HELP,
    }


def test_commands_while_typing():
    """A colon and a key alone on the line are a command; everything else is an answer."""
    assert {line: command(line) for line in (":u", " :q ", "：h", ":?", ":e", ":i", ":!", ":b", ":s")} == {
        ":u": Action.UNDO,
        " :q ": Action.QUIT,
        "：h": Action.HINT,
        ":?": Action.HELP,
        ":e": Action.EDIT,
        ":i": Action.TAKE_IN,
        ":!": Action.FLAG,
        ":b": Action.BURY,
        ":s": Action.SUSPEND,
    }
    for line in (":1", ":x", ": ", ":", "u", "", ":qq", "::"):
        assert command(line) is None
    unknown = {
        line: unknown_command(line) for line in (":x", " ：Z ", ":ж", ":u", ":1", ":)", ":xy", "x", ":")
    }
    assert unknown == dict.fromkeys(unknown) | {":x": ":x", " ：Z ": "：Z", ":ж": ":ж"}


def test_u_types_again_only_where_something_was_typed():
    """On a typed answer `u` goes back to the line, with what was typed and the time of the first look."""
    turn = Turn("type", shown_at=1000)
    turn.type("x", judge("x", ["latest"]))
    turn.turn_over(4000)
    assert turn.meaning("u") is Action.TYPE_AGAIN
    turn.type_again()
    assert turn.waits_for_text
    turn.type("latest", judge("latest", ["latest"]))
    turn.turn_over(9000)
    assert turn.how() == {"revealed_ms": 3000, "mode": "type", "hinted": False, "response": "x"}
    assert turn.response == "latest", "what the screen shows"


@pytest.mark.parametrize(
    ("lines", "proposal", "response"),
    [
        (("oldest", "latest"), Rating.AGAIN, "oldest"),
        (("oldest", "newest", "latest"), Rating.AGAIN, "oldest"),
        (("latest", "oldest"), Rating.AGAIN, "latest"),
        (("latest", "Latest"), Rating.GOOD, "latest"),
        (("latesst", "latest"), Rating.GOOD, "latest"),
        (("latesst", "oldest"), Rating.AGAIN, "oldest"),
        (("", "latest"), Rating.GOOD, "latest"),
        (("", "oldest", "latest"), Rating.AGAIN, "oldest"),
    ],
)
def test_typing_again_what_was_just_read_is_no_better(lines, proposal, response):
    """The first try is logged and is the most that is proposed; a slip and an empty line are none."""
    turn = Turn("type")
    for at, line in enumerate(lines):
        if at:
            turn.type_again()
        turn.type(line, judge(line, ["latest"]))
        turn.turn_over(0)
    assert turn.proposed is proposal
    assert turn.how()["response"] == response
    assert turn.offered == tuple(Rating), "the person may still say otherwise"


def test_a_later_showing_keeps_what_was_given_away():
    """A hint and a first try count on in the next showing of a card, a try only where it is typed."""
    before = Turn("type", hinted=True)
    before.type("oldest", judge("oldest", ["latest"]))
    before.type_again()
    for way, proposal in (("type", Rating.AGAIN), ("reveal", Rating.HARD)):
        turn = Turn(way, stage=Stage.ANSWERED)
        turn.keep_from(before)
        assert turn.hinted
        assert turn.proposed is proposal


def test_who_goes_on_typing_puts_no_card_away():
    """Once a typed answer is judged only ratings, `u`, `e`, `?`, `q` and scrolling mean anything."""
    turn = Turn("type")
    turn.type("lat", judge("lat", ["latest"]))
    turn.turn_over(0)
    letters = {key: turn.meaning(key) for key in "abcdefghijklmnopqrstuvwxyzBSIU!?"}
    assert letters == dict.fromkeys(letters) | {
        "u": Action.TYPE_AGAIN,
        "U": None,
        "e": Action.EDIT,
        "?": Action.HELP,
        "q": Action.QUIT,
        "j": Action.DOWN,
        "k": Action.UP,
    }
    assert [turn.meaning(key) for key in "1234 "] == [
        *map(Action, ("again", "hard", "good", "easy", "again"))
    ]


@pytest.mark.parametrize("picked", [0, 1, 2, None])
def test_a_choice_taken_back_shows_its_options_where_they_stood(picked):
    """The same order, the same pick; Again to Good may be given whatever it was, and no Easy."""
    first = begin(shown(), 5_000)
    first.choose(picked)
    rating = Rating.GOOD if first.right else Rating.AGAIN
    line = Answer(b"", b"", 9_000, 0, rating, took_ms=4_000, mode="choice", response=first.response)
    again = taken_back(line, shown(), 99_000)
    assert (again.options, again.picked) == (first.options, picked)
    assert again.offered == (Rating.AGAIN, Rating.HARD, Rating.GOOD)
    assert again.meaning("4") is None
    assert again.meaning(" ") is (Action.GOOD if first.right else Action.AGAIN)
    assert not again.chose_wrong


def test_a_choice_that_is_none_any_longer_is_taken_back_without_options():
    """Where the deck has another text now, the answer side comes alone, still without Easy."""
    line = Answer(b"", b"", 9_000, 0, Rating.AGAIN, took_ms=1, mode="choice", response="gone")
    for card in (CARD, Card("d", "c", "q", "right")):
        again = taken_back(line, shown(card=card), 99_000)
        assert (again.options, again.way) == ((), "choice")
        assert again.offered == (Rating.AGAIN, Rating.HARD, Rating.GOOD)
        assert again.proposed is Rating.GOOD


@pytest.mark.parametrize("mode", ["choice", "type", "reveal", None, "spoken"])
def test_a_card_taken_back_keeps_how_it_was_answered(mode):
    """Mode, hint and response go over to the new answer, all ratings but for a choice; `u` undoes."""
    line = Answer(b"", b"", 0, 0, Rating.AGAIN, mode=mode, hinted=True, response="what was said")
    turn = taken_back(line, shown(), 5)
    assert turn.offered == (tuple(Rating)[:3] if mode == "choice" else tuple(Rating))
    assert turn.meaning("u") is Action.UNDO
    how = turn.how()
    assert (how["hinted"], how["response"]) == (True, "what was said")
    assert how["mode"] == (mode if mode in ("choice", "type") else "reveal")


@given(TURNS, KEYS)
def test_every_key_means_something_that_can_be_done(turn, key):
    """No key gives a rating that is not offered, an option that is not there, or fails."""
    wanted = turn.meaning(key)
    if isinstance(wanted, Action):
        ratings = dict(zip(("again", "hard", "good", "easy"), Rating, strict=True))
        assert wanted not in ratings or (turn.stage is Stage.ANSWERED and ratings[wanted] in turn.offered)
        assert wanted is not Action.NEXT or turn.stage is Stage.WRITTEN
    elif wanted is not None:
        assert 0 <= wanted < len(turn.options)


@given(st.text(max_size=3000))
def test_responses_are_clean_and_short(typed):
    """Whatever is typed, what the log keeps is one printable line of at most 1,000 characters, or nothing."""
    turn = Turn("type")
    turn.type(typed, judge(typed, ["latest"]))
    assert turn.response is None or 0 < len(turn.response) <= LONGEST_RESPONSE
    assert "\n" not in (turn.response or "")
    assert "\x1b" not in (turn.response or "")


KEYS_LEFT = (
    *(
        "\x1b[D",
        "\x1b[C",
        "\x1b[A",
        "\x1b[H",
        "\x1b[F",
        "\x1b[1~",
        "\x1b[3~",
        "\x1b[1;5D",
        "\x1bOP",
        "\x1bOH",
    ),
    *("\x1b[[A", "\x1b[200~", "\x1b[97;5u", "\x1b]11;rgb:0/0/0\x07", "\x1b", "\x1b[", "\x01", "\x05", "\x9b"),
)


@pytest.mark.parametrize("key", KEYS_LEFT)
def test_keys_that_edit_nothing_do_not_count(key):
    """Arrows, Home, Esc and their like leave nothing in a typed line, wherever they were pressed."""
    for line in (f"{key}", f"a b c{key}", f"a b c{key}\n", f"a b{key} c"):
        assert typed_text(line).strip() in ("", "a b c")


def test_text_after_esc_is_text():
    """Esc is no prefix of what is typed after it; signs of answers and tabs stay as they are."""
    for text in ("latest", "OCI", "1;5D", "a\tb", "[a-z]{0,127}", "日本", "ä", "q"):
        assert typed_text(f"\x1b{text}" if text[0].isalpha() else text) == text


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.sampled_from(KEYS_LEFT)), max_size=5))
def test_no_typed_line_holds_a_control(text, keys):
    """Whatever was pressed, nothing that acts on a terminal is left, and printable text is untouched."""
    line = text
    for at, key in keys:
        line = line[:at] + key + line[at:]
    kept = typed_text(line)
    assert not any(char in kept for char in ("\x1b", "\x07", "\x9b", "\x7f"))
    if text.isprintable():
        assert typed_text(text) == text
