"""The turn of a card: what keys mean at each stage, what is proposed, offered and recorded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cli.keys import Action
from srs.cli.turn import LONGEST_RESPONSE, Stage, Turn, command, taken_back
from srs.deck.judge import judge
from srs.model import Answer, Rating
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


def test_u_types_again_only_where_something_was_typed():
    """On a typed answer `u` goes back to the line, with the time of the first look kept."""
    turn = Turn("type", shown_at=1000)
    turn.type("x", judge("x", ["latest"]))
    turn.turn_over(4000)
    assert turn.meaning("u") is Action.TYPE_AGAIN
    turn.type_again()
    assert turn.waits_for_text
    turn.type("latest", judge("latest", ["latest"]))
    turn.turn_over(9000)
    assert turn.how() == {"revealed_ms": 3000, "mode": "type", "hinted": False, "response": "latest"}


@pytest.mark.parametrize("mode", ["choice", "type", "reveal", None, "spoken"])
def test_a_card_taken_back_keeps_how_it_was_answered(mode):
    """Mode, hint and response go over to the new answer; all ratings are offered, `u` undoes."""
    line = Answer(b"", b"", 0, 0, Rating.AGAIN, mode=mode, hinted=True, response="what was said")
    turn = taken_back(line, 5)
    assert turn.offered == tuple(Rating)
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
