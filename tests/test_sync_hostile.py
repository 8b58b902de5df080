"""Lines of a shared folder that say what cannot be: told with their place, and the rest is taken in."""

import json
from contextlib import closing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from log_lines import sealed
from test_sync import Laptop
from world import LEARNER, check_laws

from srs.cli.drawing import harmless
from srs.cli.syncing import told
from srs.deck.clean import clean_line
from srs.doctor import Around, examine, is_healthy
from srs.ids import uuid7
from srs.log import encode
from srs.model import Act, ActKind, Answer, Rating, State

HURTFUL = [
    *(float("nan"), float("inf"), -float("inf"), 1e308, -1e300, -0.5, 2.5, 1e20),
    *(1 << 31, 1 << 53, 1 << 62, 1 << 63, 1 << 64, 10**40, -(1 << 63), -1, 0, 1, 5, 400_000, 10**12, 10**15),
    *(True, False, None, "", "x", "\0", "\ud800", "\x1b[31mred\x07", "\u202egnorw", "1", "0" * 32, "f" * 32),
    *("card", [], [1], {}, {"day": 10**9}, {"hash": "00", "body": "{"}, {"parameters": [1e308] * 21}),
    *({"day": 1 << 62}, {"old": "0" * 32, "new": "zz"}, {"deck": 3}, {"options": "1"}, {"day": True}),
]
FIELDS = [
    *("id", "card", "at", "study_day", "rating", "took_ms", "revealed_ms", "utc_offset", "mode", "hinted"),
    *("response", "after", "state_before", "interval_before", "difficulty_before", "recall", "state_after"),
    *("step_after", "due_day", "due_at", "options", "device", "batch", "kind", "target", "cause", "payload"),
    *("learner", "v", "wholly_new"),
]
KINDS = ["answer", *(kind.value for kind in ActKind), "from_a_newer_version", "file", "decks"]
changes = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(HURTFUL), max_size=2)
mutations = st.lists(
    st.tuples(st.sampled_from(KINDS), changes, st.sampled_from([None, *FIELDS])), min_size=1, max_size=12
)


def line(laptop, number, kind="answer"):
    """A sound line to be changed, as an object; each has an id of its own."""
    moment = laptop.clock.now - 100_000 + number
    key, day = laptop.collection.find(f"registry/c{number % 4}").key, laptop.clock.today
    if kind == "answer":
        answer = Answer(uuid7(moment, 1 << 73), key, moment, day, Rating.GOOD, device="phone", step_after=1)
        body = json.loads(encode(LEARNER, answer))
        body |= {"state_after": int(State.LEARNING), "due_at": moment + 600_000, "took_ms": 900}
    else:
        act = Act(uuid7(moment, 1 << 73), ActKind.FLAG, moment, day, card=key, device="phone")
        body = json.loads(encode(LEARNER, act)) | {"kind": kind}
    return {name: value for name, value in body.items() if name != "sum"}


def check(folder, hurt):
    """Sync with a file of changed lines between sound ones: these are taken, and all others told."""
    shared = folder / "shared"
    shared.mkdir()
    laptop = Laptop(folder, "laptop", shared)
    with closing(laptop.collection):
        texts, reports = [], []
        for number, (kind, change, missing) in enumerate(hurt):
            texts.append(sealed(line(laptop, 2 * number)))
            body = line(laptop, 2 * number + 1, kind) | change
            body.pop(missing, None)
            texts.append(sealed(body))
        (shared / "phone.jsonl").write_bytes(b"".join(texts))
        for _ in range(3):
            reports.append(laptop.sync())
            for stranger in reports[-1].strangers:
                who = f"{stranger.device}:{stranger.known_as}={LEARNER}"
                reports.append(laptop.sync(as_name=who))
        report = reports[-1]
        taken = laptop.collection.rows("SELECT at FROM review WHERE learner = 'me'", {})
        expected = {laptop.clock.now - 100_000 + 2 * number for number in range(len(hurt))}
        assert expected <= {at for (at,) in taken}
        assert not any(each.doubtful for each in reports)
        assert all(each.line % 2 == 0 for each in report.troubles)
        found = examine(laptop.collection.rows, Around(laptop.clock(), laptop.clock.today + 10**6))
        assert is_healthy(found), found
        check_laws(laptop.collection)
        said = "".join(harmless(clean_line(sentence)) for sentence in told(report))
        assert said.isprintable()


@given(mutations)
@example([("answer", {"due_at": 1 << 53}, None)])
@example([("answer", {"difficulty_before": 1e300}, None), ("undo", {}, None)])
@settings(max_examples=12, deadline=None, database=None)
def test_lines_made_to_hurt_do_no_harm(tmp_path_factory, hurt):
    """Whatever stands in a line, the sound ones beside it are taken, and the doctor finds nothing."""
    check(tmp_path_factory.mktemp("hurt"), hurt)


@pytest.mark.nightly
@given(mutations)
@settings(max_examples=1_000, deadline=None, database=None)
def test_lines_made_to_hurt_do_no_harm_at_length(tmp_path_factory, hurt):
    """The same for very many."""
    check(tmp_path_factory.mktemp("hurt"), hurt)
