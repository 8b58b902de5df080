"""The log as lines of text: what goes in comes out, and nothing else is believed."""

import json
import math

import pytest
from histories import DEFAULT_PARAMETERS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from log_lines import LAST_MS, logged, moments, names, sealed

from srs.log import (
    MAX_LINE,
    Damaged,
    Decks,
    Head,
    Logged,
    NewerLine,
    decode,
    encode,
    encode_decks,
    encode_head,
)
from srs.model import Act, ActKind, Answer, Options, Rating

ANSWER = Answer(
    id=bytes.fromhex("0190d3a5b0007000800000000000beef"),
    card=b"card-of-16-bytes",
    at=1_760_000_000_000,
    study_day=20_370,
    rating=Rating.GOOD,
    took_ms=4_200,
    mode="type",
    hinted=False,
    response="ein Schlüssel",
    recall=0.875,
    device="3f2a9c0011223344",
)


def told(line):
    """What a line says, without its checksum."""
    body = json.loads(line)
    del body["sum"]
    return body


def reason(data):
    """Why a text is refused."""
    with pytest.raises(Damaged) as caught:
        decode(data)
    assert not isinstance(caught.value, NewerLine)
    return str(caught.value)


def reason_or_newer(data):
    """Why a text is refused, also as one of a newer srs."""
    with pytest.raises(Damaged) as caught:
        decode(data)
    return str(caught.value)


@given(logged)
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_back(entry):
    """A line of the log and its learner come back as they were."""
    assert decode(encode(*entry)) == entry


@given(logged)
@settings(deadline=None)
def test_a_line_has_one_text(entry):
    """A line is one row of text that ends with its only line feed, and reading it gives the same text."""
    text = encode(*entry)
    assert text.endswith(b'"}\n')
    assert text.count(b"\n") == 1
    assert encode(*decode(text)) == text


@given(st.builds(Head, names, names, names))
def test_heads_come_back(head):
    """What a file says of itself comes back as it was."""
    assert decode(encode_head(head)) == head


@given(st.dictionaries(names, st.tuples(names, moments), max_size=4))
def test_what_decks_hold_comes_back(told):
    """What a device tells of its decks comes back as it was, in one text whatever its order."""
    text = encode_decks(Decks(told))
    assert decode(text) == Decks(told)
    assert encode_decks(Decks(dict(reversed(told.items())))) == text


@pytest.mark.parametrize(
    "told", [None, [], {"a": "b"}, {"a": ["b"]}, {"a": ["", 1]}, {"": ["b", 1]}, {"a": [1, 1]}]
)
def test_decks_are_told_in_one_way(told):
    """Anything else about decks is refused."""
    assert reason(sealed({"v": 1, "kind": "decks", "decks": told})).startswith("`decks` ")


def test_a_line_looks_like_this():
    """The text of a line, byte by byte: files that are there must stay readable."""
    assert encode("me", ANSWER).decode() == (
        '{"v":1,"learner":"me","kind":"answer","id":"0190d3a5b0007000800000000000beef",'
        '"card":"636172642d6f662d31362d6279746573","at":1760000000000,"study_day":20370,"rating":3,'
        '"took_ms":4200,"mode":"type","hinted":false,"response":"ein Schlüssel","recall":0.875,'
        '"device":"3f2a9c0011223344","sum":"7c3b7d07ac85c0aa"}\n'
    )


def test_derived_bits_do_not_travel():
    """Whether a line is undone or its decision stands is worked out where it arrives."""
    line = Answer(ANSWER.id, ANSWER.card, 0, 0, Rating.GOOD, undone=True, follows=True)
    assert encode("me", line) == encode("me", Answer(ANSWER.id, ANSWER.card, 0, 0, Rating.GOOD))


def test_line_ends_of_windows_do_no_harm():
    """A carriage return that a tool put before the line feed changes nothing."""
    assert decode(encode("me", ANSWER)[:-1] + b"\r\n") == Logged("me", ANSWER)


@given(logged, st.data())
@settings(deadline=None)
def test_a_changed_byte_is_seen(entry, data):
    """A line with any one byte changed is refused, never read as another line."""
    text = bytearray(encode(*entry)[:-1])
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != text[at]))
    try:
        read = decode(bytes(text))
    except Damaged:
        return
    # Only a line end at the very end is not part of the line.
    assert bytes(text).rstrip(b"\r\n") == encode(*read)[:-1]
    raise AssertionError(bytes(text))


@given(logged, st.data())
@settings(deadline=None)
def test_a_part_of_a_line_is_no_line(entry, data):
    """However a line is cut short or begun late, what is left is refused."""
    text = encode(*entry)[:-1]
    size = data.draw(st.integers(0, len(text) - 1))
    for part in (text[:size], text[len(text) - size :]):
        with pytest.raises(Damaged):
            decode(part)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        *("v", "learner", "kind", "id", "card", "at", "study_day", "rating", "payload", "device", "hinted"),
        *("mode", "response", "due_day", "recall", "state_after", "took_ms", "options", "target", "file"),
    ]
)


@given(logged, st.dictionaries(fields, json_values, max_size=3), st.sets(fields, max_size=2))
@settings(max_examples=400, deadline=None)
@example(Logged("me", ANSWER), {"rating": True}, set())
@example(Logged("me", ANSWER), {"at": 10**400}, set())
@example(Logged("me", ANSWER), {"learner": "\ud800"}, set())
def test_a_line_made_to_hurt_is_refused_or_right(entry, changes, missing):
    """A line of anything under a right checksum is refused with a reason, or reads as what it says."""
    body = told(encode(*entry)) | changes
    text = sealed({name: value for name, value in body.items() if name not in missing})
    try:
        read = decode(text)
    except Damaged:
        assert reason_or_newer(text)
    else:
        made = {Head: encode_head, Decks: encode_decks}.get(type(read))
        assert decode(made(read) if made else encode(*read)) == read


@given(st.binary(max_size=200))
def test_bytes_are_no_line(data):
    """Random bytes are refused, sealed or not."""
    for text in (data, sealed(b"{" + data)):
        with pytest.raises(Damaged):
            decode(text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": "00"}, "`id` is not 32 hexadecimal digits"),
        ({"id": "F" * 32}, "`id` is not 32 hexadecimal digits"),
        ({"id": "f" * 32}, "`id` lies after the year 9999"),
        ({"card": None}, "`card` is not 32 hexadecimal digits"),
        ({"at": LAST_MS + 1}, "`at` is no moment of the calendar"),
        ({"study_day": 2_932_897}, "`study_day` is no day of the calendar"),
        ({"study_day": 20_370.0}, "`study_day` is not a whole number that can be"),
        ({"rating": 5}, "`rating` is no rating"),
        ({"rating": True}, "`rating` is not a whole number that can be"),
        ({"state_after": 4}, "`state_after` is no state"),
        ({"took_ms": 1 << 60}, "`took_ms` is not a whole number that can be"),
        ({"hinted": 1}, "`hinted` is neither true nor false"),
        ({"recall": "0.9"}, "`recall` is not a number that can be"),
        ({"response": "a\0b"}, "`response` is no text"),
        ({"mode": "a\x1b[2J"}, "`mode` is no name"),
        ({"learner": ""}, "`learner` is no name"),
        ({"device": "x" * 201}, "`device` is no name"),
        ({"v": True}, "the line has no version"),
        ({"v": 0}, "the line has no version"),
        ({"kind": 7}, "the line has no kind"),
    ],
)
def test_each_field_has_its_bounds(change, why):
    """A value that its field cannot have is refused, and the reason names the field."""
    assert reason(sealed(told(encode("me", ANSWER)) | change)) == why


@pytest.mark.parametrize("name", ["id", "card", "at", "study_day", "rating", "device"])
def test_what_an_answer_needs(name):
    """An answer without one of what makes it an answer is refused."""
    body = told(encode("me", ANSWER))
    del body[name]
    assert reason(sealed(body)) == f"`{name}` is missing"


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 5_000])
def test_no_number_is_endless(constant):
    """What Python's JSON takes for numbers beside numbers is refused."""
    text = encode("me", ANSWER).partition(b',"sum"')[0].replace(b"0.875", constant)
    assert reason(sealed(text + b"}"))


def test_deep_and_long_lines_are_refused():
    """A line nested a million deep, or longer than any line, costs a sentence and no more."""
    assert reason(sealed(b'{"v":1,"a":' + b"[" * 500_000)) == "this is not a line of the log"
    act = Act(ANSWER.id, ActKind.BATCH, 0, 0)
    body = told(encode("me", act))
    nested = []
    for _ in range(40):
        nested = [nested]
    why = reason(sealed(body | {"payload": {"a": nested}}))
    assert why == "`payload` is nested too deeply"
    assert reason(sealed(body | {"payload": {"a": "x" * MAX_LINE}})) == "the line is longer than 1 MB"


def test_newer_lines_wait():
    """A version, kind or field that this srs does not know is told from damage: the line is good."""
    body = told(encode("me", ANSWER))
    for change in ({"v": 2}, {"kind": "sleep"}, {"confidence": 3}):
        with pytest.raises(NewerLine, match="written by a newer srs"):
            decode(sealed(body | change))
    with pytest.raises(NewerLine):
        decode(sealed({"v": 2, "all": "else"}))


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (ActKind.DUE, {"day": "soon"}),
        (ActKind.BURY, {"day": 10**9}),
        (ActKind.OPTIONS, {}),
        (ActKind.OPTIONS, {"hash": "00" * 16, "body": Options().body()}),
        (ActKind.OPTIONS, {"hash": "00" * 16, "body": "{"}),
        (ActKind.OPTIONS, {"hash": "00" * 16, "body": 5}),
        (ActKind.PARAMS, {"parameters": [1.0]}),
        (ActKind.PARAMS, {"parameters": "all"}),
        (ActKind.PARAMS, {"parameters": [1e9] * 21}),
        (ActKind.PARAMS, {"parameters": [None, *DEFAULT_PARAMETERS[1:]]}),
        (ActKind.PARAMS, {"deck": 5, "parameters": list(DEFAULT_PARAMETERS)}),
        (ActKind.SAME, {"old": "00" * 16}),
        (ActKind.SAME, {"old": "00" * 16, "new": "00" * 16, "came_from": 7}),
        (ActKind.RESCHEDULE, {"options": "none"}),
        (ActKind.DECK, {"deck": "registry"}),
    ],
)
def test_an_act_says_what_its_kind_needs(kind, payload):
    """An act that could not be folded is refused before it is kept."""
    body = told(encode("me", Act(ANSWER.id, kind, 0, 0))) | {"payload": payload}
    assert reason(sealed(body)).startswith(f"`payload` of `{kind.value}` ")


def test_a_figure_that_is_no_number_is_left_out():
    """Adopted parameters whose report holds a figure that is no number can be sent all the same."""
    payload = {"deck": None, "parameters": list(DEFAULT_PARAMETERS), "scores": {"rmse": math.nan}}
    read = decode(encode("me", Act(ANSWER.id, ActKind.PARAMS, 0, 0, payload=payload)))
    assert read.line.payload == payload | {"scores": {"rmse": None}}
