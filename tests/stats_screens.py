"""The screens of `srs stats` in README: a learner who is made up, and every view drawn over the same days.

    python -m tests.stats_screens

writes them into README, each between its marks; `test_stats_screens.py` compares.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(Path(__file__).parent))

import postgres  # noqa: E402 - also where this runs as a program
from histories import seeded  # noqa: E402
from world import DAYS, Clock, open_at  # noqa: E402

from srs.cli import stats_views  # noqa: E402
from srs.cli.context import Context  # noqa: E402
from srs.cli.stats import _rows, _source  # noqa: E402
from srs.cli.stats_views.page import Page  # noqa: E402
from srs.intake import import_decks  # noqa: E402
from srs.model import Rating  # noqa: E402
from srs.scheduling import Scheduling  # noqa: E402

README = ROOT / "README.md"
REGISTRY = ROOT / "decks" / "registry.toml"
NOW = round(datetime(2026, 11, 25, 20, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)
STUDY_DAYS = 100
DAY_MS = 86_400_000
MARK = re.compile(r"(<!-- srs (stats[^>]*?) -->\n```text\n).*?(```\n)", re.DOTALL)


def filled(folder):
    """A database of a learner who reviewed most evenings for 100 days, as the program writes it."""
    source = seeded(7)
    clock = Clock(NOW)
    collection = open_at(folder / "screens.db", clock, create=True)
    import_decks(collection, [REGISTRY])
    for back in range(STUDY_DAYS, -1, -1):
        clock.now = NOW - back * DAY_MS + source.randrange(-90, 30) * 60_000
        if source.random() < 0.88 or back == 0:
            study(collection, clock, source)
    collection.close()
    return folder / "screens.db"


SCHEDULING = Scheduling()


def study(collection, clock, source):
    """One session: three new cards, whatever is due, answered by the true chance of recall."""
    review = collection.review()
    new = 0
    while (shown := review.next(clock())) is not None:
        fresh = shown.memory.reps == 0
        new += fresh
        if new > 3:
            return
        chance = 0.5 if fresh else SCHEDULING.recall(shown.memory, clock())
        # Some cards are harder for this learner than FSRS believes.
        slip = 0.2 if shown.key[0] < 14 else 0.0
        knew = source.random() < chance - slip
        rating = (
            source.choices([Rating.HARD, Rating.GOOD, Rating.EASY], [8, 84, 8])[0] if knew else Rating.AGAIN
        )
        took = source.randrange(4_000, 16_000) + (0 if knew else 9_000)
        clock.now += took + 1_000
        choices = shown.card.choices
        how = {"mode": "choice" if choices else "reveal"}
        if choices:
            how["response"] = shown.card.answer if knew else source.choice([choices[0], *choices]).text
        review.answer(rating, now=clock(), took_ms=took, **how)


def drawn(database, words, page):
    """The rows of a view, `words` as they are typed after `srs`."""
    _, *more = words.split()
    context = Context(db=str(postgres.place(database)), learner="me", env={}, now=lambda: NOW)
    context._days = DAYS
    by = more[1] if more[:1] == ["--by"] else None
    with context.peek() as peek:
        source = _source(context, peek.rows, (), None, by)
        return _rows(source, None if by or not more else more[0], page)


def screens(folder, **page):
    """Every screen by what is typed for it."""
    database = filled(Path(folder))
    typed = [
        "stats",
        "stats --by level",
        *(f"stats {name}" for name in stats_views.NAMES if name != "retention"),
    ]
    return {
        words: "".join(f"{row.plain.rstrip()}\n" for row in drawn(database, words, Page(80, **page)))
        for words in typed
    }


def written(text, found):
    """README with the screens in their places."""
    return MARK.sub(lambda place: place[1] + found[place[2]] + place[3], text)


def main():
    """Write the screens into README."""
    with TemporaryDirectory() as folder:
        README.write_text(written(README.read_text(encoding="utf-8"), screens(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
