"""The real log as a collection, its cards mere names: `python -m tests.benchmarks.real_log PATH`.

It was studied in New York; Anki counts days by the zone it runs in, so both run in that one.
"""

import csv
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from srs.collection import Collection
from tests.learners import REAL_LOG

ZONE = "America/New_York"
_DECK = "real"


def make(path):
    """Make a database of the real log."""
    with REAL_LOG.open(encoding="utf-8", newline="") as file:
        cards = dict.fromkeys(row["card_id"] for row in csv.DictReader(file))
    with TemporaryDirectory() as folder, Collection.open(path, create=True, device="benchmark") as collection:
        deck = Path(folder) / f"{_DECK}.toml"
        texts = (f'\n[[cards]]\nid = "{each}"\nquestion = "{each}?"\nanswer = "{each}"\n' for each in cards)
        deck.write_text(f'[deck]\nid = "{_DECK}"\nname = "Real"\n{"".join(texts)}', encoding="utf-8")
        collection.import_decks([deck])
        report = collection.import_answers(REAL_LOG, deck=_DECK, zone=ZoneInfo(ZONE), rollover=4)
    if report.problems:
        raise RuntimeError(f"the real log is not what it was: {report.problems[0]}")


if __name__ == "__main__":
    make(sys.argv[1])
