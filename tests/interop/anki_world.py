"""Anki collections for tests, made by Anki itself, and what a package brought here."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import postgres

from srs import clock
from srs.anki_import import import_package
from srs.collection import Collection
from srs.days import StudyDays
from srs.ids import anki_key
from srs.store import reading

UTC_DAYS = StudyDays(ZoneInfo("UTC"), 4)
MAKER = Path(__file__).with_name("anki_maker.py")


def make(folder, **plan):
    """Let Anki carry out a plan (see `anki_maker`) in a folder; what it says of each card, by key."""
    folder.mkdir(exist_ok=True)
    env = {**os.environ, "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, str(MAKER), str(folder)],
        input=json.dumps(plan).encode(),
        env=env,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads((folder / "facts.json").read_text())
    return {anki_key(card["guid"], card["ord"]): card for card in found}


def basic(count, *, deck="Default", start=0, **rest):
    """Plain notes `front N`, `back N`."""
    return [
        {"type": "Basic", "guid": f"guid-{n}", "fields": [f"front {n}", f"back {n}"], "deck": deck, **rest}
        for n in range(start, start + count)
    ]


def opened(path, *, now=None, device="laptop"):
    """A collection of srs; its clock is the real one, as Anki's is."""
    return Collection.open(
        postgres.place(path, create=True),
        create=True,
        days=UTC_DAYS,
        device=device,
        now=now or clock.now_ms,
        random_bits=Random(1).getrandbits,  # noqa: S311 - no secret is made
    )


def taken_in(folder, name="new.apkg", **how):
    """A new collection with one package in it, and the report."""
    collection = opened(folder / "cards.db")
    return collection, import_package(collection, folder / name, **how)


def memory(collection, key):
    """The memory of a card by any of its keys."""
    on_file = reading.card_by_key(collection.rows, collection.learner, reading.row_key(collection.rows, key))
    return on_file.memory


def dump(collection):
    """All rows that say what there is: cards, log, memories."""
    tables = {
        "card": "key, deck, id, position, retired, question, answer, explanation, tags",
        "review": "id, card, at, study_day, rating, state_after, due_day, undone, follows",
        "act": "id, kind, card, target, cause, payload, undone",
        "memory": "card, state, step, stability, due_day, due_at, reps, lapses, suspended, flagged",
        "deck": "id, name, origin, extra",
    }
    return {
        table: sorted(collection.rows(f"SELECT {columns} FROM {table}", {}), key=repr)
        for table, columns in tables.items()
    }
