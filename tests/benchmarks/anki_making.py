"""The same collection for Anki: `python -m tests.benchmarks.anki_making SRS_DB ANKI_FILE`.

Cards, texts, tags, answers, memories and due days are those of a database of srs. Anki makes the empty
collection with its note type, decks and options (FSRS on, its default parameters, the limits of srs);
the rows go in as a bulk, and Anki's Check Database must find nothing to mend. What both hold is told as
JSON, and it is an error when they differ, or when Anki's own fold of a card's log is not the memory of ours.
"""

import json
import sqlite3
import sys
from contextlib import closing
from functools import partial
from hashlib import sha1
from math import isclose
from pathlib import Path

from anki.collection import Collection as AnkiCollection

from srs.anki_rows import Moments, factor_of, rows_of_card
from srs.collection import Collection
from srs.interop.anki_words import LogRow
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store import reading
from srs.store.card_lines import live_lines
from srs.today import allowed, scope_at
from tests.benchmarks.anki_side import FIELDS, NOTE_TYPE, PARENT, set_options
from tests.benchmarks.making import LEARNER

FRONT = "<p>{{Scenario}}</p><p>{{Question}}</p>"
BACK = "{{FrontSide}}<hr id=answer><p>{{Answer}}</p><p>{{Explanation}}</p>{{Source}}"
_CARDS = (
    "SELECT c.key, c.deck, c.question, c.answer, c.term, c.scenario, c.explanation, c.source, c.tags,"
    " m.position, m.state, m.step, m.stability, m.difficulty, m.due_day, m.due_at, m.last_at, m.last_day,"
    " m.reps, m.lapses FROM memory m JOIN card c ON c.key = m.card WHERE m.learner = :learner"
    " ORDER BY m.position, c.key"
)
_ANSWERS = (
    "SELECT card, at, rating, took_ms, study_day, state_before, interval_before, difficulty_before,"
    " state_after, due_day, due_at FROM review WHERE learner = :learner AND undone = 0 ORDER BY card, id"
)
_NEW, _LEARNING, _REVIEW, _RELEARNING = range(4)
_KINDS = {_NEW: 0, _LEARNING: 0, _REVIEW: 1, _RELEARNING: 2}
_FIRST_CARD_MS = 1_500_000_000_000
_EASE_FACTOR = 2_500
_FOLDED, _CLOSE = 200, 1e-3
"""So many cards' memories are compared; Anki computes with less precise numbers than we do."""


def make(database, path):
    """Make Anki's collection from a database; returns what both hold, by name of the side.

    Raises:
        RuntimeError: Anki would mend something, or one holds what the other does not.
    """
    with Collection.open(database) as collection:
        first_day = _first_day(collection)
        start = collection.days.start(first_day)
        offset = -collection.days.utc_offset(start)
        decks = dict(collection.rows("SELECT id, name FROM deck", {}))
        note_type, deck_ids = _prepare(path, decks, start // 1000, offset)
        with closing(sqlite3.connect(path)) as connection:
            connection.create_collation("unicase", _unicase)
            connection.execute("PRAGMA synchronous = OFF")
            _fill(connection, collection, first_day=first_day, note_type=note_type, decks=deck_ids)
        held = {"srs": _held(collection), "anki": checked(path)}
    if held["srs"] != held["anki"]:
        raise RuntimeError(f"the collections differ: {held}")
    return held


def make_empty(path):
    """Make a collection of Anki's with the note type and options, and no cards."""
    _prepare(path, {}, None, None)


def checked(path):
    """What Anki's collection holds, its Check Database run over it.

    Raises:
        RuntimeError: there is something to mend, or a log does not give the memory that stands with its card.
    """
    collection = AnkiCollection(str(path))
    told, whole = collection.fix_integrity()
    if not whole:
        raise RuntimeError(f"Anki's Check Database found: {told}")
    _check_memories(collection)
    queue = collection.sched.get_queued_cards()
    held = {
        "cards": collection.card_count(),
        "answers": collection.db.scalar("SELECT count() FROM revlog"),
        "new": queue.new_count,
        "learning": queue.learning_count,
        "review": queue.review_count,
    }
    collection.close()
    return held


def _check_memories(collection):
    """See that Anki's fold of some cards' logs is the memory that came from ours."""
    some = "SELECT id, data FROM cards WHERE reps > 0 ORDER BY random() LIMIT ?"
    for card, data in collection.db.all(some, _FOLDED):
        kept, found = json.loads(data), collection.compute_memory_state(card)
        if not isclose(found.stability, kept["s"], rel_tol=_CLOSE, abs_tol=_CLOSE):
            raise RuntimeError(f"Anki folds card {card} to {found.stability} days, srs to {kept['s']}")


def _held(collection):
    scope = scope_at(collection.now(), collection.days, LEARNER)
    counts = allowed(collection.rows, scope, collection.settings)
    (cards,) = collection.rows("SELECT count(*) FROM card WHERE retired = 0", {})[0]
    (answers,) = collection.rows("SELECT count(*) FROM review WHERE undone = 0", {})[0]
    return {"cards": cards, "answers": answers} | counts._asdict()


def _prepare(path, decks, created, offset):
    """An empty collection; returns the id of its note type and those of its decks, by our ids."""
    for left in Path(path).parent.glob(f"{Path(path).name}*"):
        left.unlink()
    collection = AnkiCollection(str(path))
    made = collection.models.new(NOTE_TYPE)
    for name in FIELDS:
        collection.models.add_field(made, collection.models.new_field(name))
    template = collection.models.new_template("Card 1")
    template["qfmt"], template["afmt"] = FRONT, BACK
    collection.models.add_template(made, template)
    note_type = collection.models.add(made).id
    parent = collection.decks.id(PARENT)
    collection.decks.set_current(parent)
    ids = {each: collection.decks.id(f"{PARENT}::{name}") for each, name in decks.items()}
    if created is not None:
        collection.db.execute("UPDATE col SET crt = ?", created)
        collection.set_config("creationOffset", offset)
    set_options(collection, parameters=DEFAULT_PARAMETERS)
    collection.close()
    return note_type, ids


def _first_day(collection):
    """The study day that Anki counts as 0: before anything that happened or is due."""
    days = collection.rows(
        "SELECT min(day) FROM (SELECT min(study_day) AS day FROM review"
        " UNION ALL SELECT min(due_day) FROM memory)",
        {},
    )
    return min(days[0][0] or 1 << 30, collection.days.day(collection.now())) - 1


def _fill(connection, collection, *, first_day, note_type, decks):
    rows = collection.rows(_CARDS, {"learner": LEARNER})
    ids = {row[0]: _FIRST_CARD_MS + place for place, row in enumerate(rows)}
    notes = (_note(row, ids[row[0]], note_type) for row in rows)
    log = sorted(_log(collection, ids, {row[0]: row[13] for row in rows}))
    seconds = {card: moment // 1000 for moment, card, *_ in log}
    cards = (_card(row, ids[row[0]], decks[row[1]], first_day, seconds) for row in rows)
    with connection:
        connection.executemany(f"INSERT INTO notes VALUES ({', '.join('?' * 11)})", notes)
        connection.executemany(f"INSERT INTO cards VALUES ({', '.join('?' * 18)})", cards)
        connection.executemany(f"INSERT INTO revlog VALUES ({', '.join('?' * 9)})", log)
        tags = sorted({tag for row in rows for tag in json.loads(row[8])})
        connection.executemany("INSERT OR IGNORE INTO tags VALUES (?, -1, 0, NULL)", ((tag,) for tag in tags))


def _note(row, number, note_type):
    fields = [text or "" for text in row[2:8]]
    tags = json.loads(row[8])
    return (
        *(number, row[0].hex(), note_type, number // 1000, -1, f" {' '.join(tags)} " if tags else ""),
        *("\x1f".join(fields), fields[0], int(sha1(fields[0].encode()).hexdigest()[:8], 16), 0, ""),  # noqa: S324
    )


def _card(row, number, deck, first_day, seconds):
    position, state, step, stability, difficulty, due_day, due_at, last_at, last_day, reps, lapses = row[9:]
    kept = {"pos": position}
    queue, due, interval, left = state, position, 0, 0
    if state == _REVIEW:
        due, interval = due_day - first_day, max(1, due_day - last_day)
    elif state != _NEW:
        steps = 2 if state == _LEARNING else 1
        queue, due, left = _LEARNING, due_at // 1000, max(1, steps - (step or 0))
        interval = max(1, round(stability)) if state == _RELEARNING else 0
    if stability is not None:
        kept |= {"s": round(stability, 4), "d": round(difficulty, 3), "dr": 0.9}
        kept |= {"decay": round(DEFAULT_PARAMETERS[20], 3), "lrt": seconds[number]}
    return (
        *(number, number, deck, 0, (last_at or number) // 1000, -1, state, queue, due, interval),
        *(_EASE_FACTOR if reps else 0, reps, lapses, left, 0, 0, 0, json.dumps(kept, separators=(",", ":"))),
    )


def _log(collection, ids, difficulties):
    """The rows of the review log."""
    (folded,) = collection.rows("SELECT count(*) FROM review WHERE follows = 0 AND undone = 0", {})[0]
    made = _as_folded(collection, ids) if folded else _as_recorded(collection, difficulties)
    for key, row in made:
        yield row.id, ids[key], -1, *row[1:]


def _as_recorded(collection, difficulties):
    """Rows by the columns of answers that carry their decisions: the quick way, for very many.

    In them the next answer of a card tells the difficulty that one led to.
    """
    moments = Moments()
    answers = iter(collection.rows(_ANSWERS, {"learner": LEARNER}))
    row, last = next(answers, None), None
    while row is not None:
        key, at, rating, took_ms, day, before, met, _, after, due_day, due_at = row
        if last is None or last[0] != key:
            last = (key, LogRow(0, 0, 0, 0, 0, 0, 0))
        row = next(answers, None)
        again = row is not None and row[0] == key
        interval = due_day - day if after == _REVIEW else -((due_at - at) // 1000)
        last_interval = met if before == _REVIEW else last[1].interval
        led_to = factor_of(row[7] if again and row[7] is not None else difficulties[key])
        moment = moments.take(at, last[1].id)
        last = (key, LogRow(moment, rating, interval, last_interval, led_to, took_ms, _KINDS[before]))
        yield last


def _as_folded(collection, ids):
    """Rows of an imported log, whose answers carry no decisions: by folding them, as an export does."""
    options = reading.options_by_name(collection.rows, LEARNER)
    rows = partial(rows_of_card, scheduling=Scheduling(), options=options, moments=Moments())
    for key, lines in live_lines(collection.rows, LEARNER, list(ids), kinds=()):
        yield from ((key, row) for row in rows(lines))


def _unicase(one, other):
    one, other = one.casefold(), other.casefold()
    return (one > other) - (one < other)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(*sys.argv[1:])) + "\n")
