"""Lines of the log as hypothesis draws them, and texts that are sealed like lines but say anything."""

import json
from hashlib import sha256

from histories import OPTION_SETS, parameter_sets
from hypothesis import strategies as st

from srs.days import day_number
from srs.log import Logged
from srs.model import Act, ActKind, Answer, Rating, State

LAST_MS = 253_402_300_799_999
"""The last moment of the year 9999."""

keys = st.binary(min_size=16, max_size=16)
moments = st.integers(-62_135_596_800_000, LAST_MS)
ids = st.tuples(st.integers(0, LAST_MS), st.binary(min_size=10, max_size=10)).map(
    lambda parts: parts[0].to_bytes(6, "big") + parts[1]
)
days = st.dates().map(day_number)
wholes = st.integers(-(1 << 53), 1 << 53)
numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
characters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
texts = st.text(characters, max_size=40)
names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
plain = st.recursive(
    st.none() | st.booleans() | wholes | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def or_none(strategy):
    """The strategy, or None."""
    return st.none() | strategy


answers = st.builds(
    Answer,
    id=ids,
    card=keys,
    at=moments,
    study_day=days,
    rating=st.sampled_from(Rating),
    took_ms=or_none(wholes),
    revealed_ms=or_none(wholes),
    utc_offset=or_none(st.integers(-900, 900)),
    mode=or_none(st.sampled_from(["reveal", "choice", "type"])),
    hinted=or_none(st.booleans()),
    response=or_none(texts),
    after=or_none(keys),
    state_before=or_none(st.sampled_from(State)),
    interval_before=or_none(st.integers(0, 40_000)),
    difficulty_before=or_none(numbers),
    recall=or_none(st.floats(0, 1)),
    state_after=or_none(st.sampled_from(State)),
    step_after=or_none(st.integers(0, 9)),
    due_day=or_none(days),
    due_at=or_none(wholes),
    options=or_none(keys),
    device=st.just("") | names,
    batch=or_none(keys),
)


PAYLOADS = {
    ActKind.OPTIONS: st.sampled_from(OPTION_SETS).map(lambda o: {"hash": o.name().hex(), "body": o.body()}),
    ActKind.PARAMS: st.builds(
        lambda deck, found: {"deck": deck, "parameters": list(found)}, or_none(names), parameter_sets()
    ),
    ActKind.SAME: st.builds(
        lambda old, new, name: {"old": old.hex(), "new": new.hex(), "old_name": name}, keys, keys, texts
    ),
    ActKind.DECK: st.builds(lambda deck, told: {"deck": deck, "hash": told}, names, names),
    ActKind.RESCHEDULE: keys.map(lambda named: {"options": named.hex()}),
    ActKind.BURY: days.map(lambda day: {"day": day}),
    ActKind.DUE: days.map(lambda day: {"day": day}),
}
"""What acts say whose kind needs something."""
ANYTHING = st.dictionaries(names.filter(lambda name: name != "day"), plain, max_size=3)


acts = st.sampled_from(ActKind).flatmap(
    lambda kind: st.builds(
        Act,
        id=ids,
        kind=st.just(kind),
        at=moments,
        study_day=days,
        card=or_none(keys),
        target=or_none(keys),
        cause=or_none(keys),
        payload=PAYLOADS.get(kind, ANYTHING),
        device=st.just("") | names,
    )
)
logged = st.builds(Logged, names, answers | acts)


def sealed(body):
    """A text that says `body` (an object, or the text of one) under a checksum that is right."""
    text = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    text = text.removesuffix(b"}")
    return text + b',"sum":"' + sha256(text).hexdigest()[:16].encode() + b'"}\n'
