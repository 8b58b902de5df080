"""Answering: from a rating to the next card's text, each answer on disk, small against large collections."""

import os
import random
from pathlib import Path
from time import perf_counter

from srs import Collection, Rating
from srs.settings import Settings
from tests.benchmarks.anki_side import RATINGS
from tests.benchmarks.making import collection_of
from tests.benchmarks.measuring import Mark, in_turn

FEW, MANY = 1_000, 1_000_000
ANSWERS = 200
THROUGHPUT_CARDS = 100_000
THROUGHPUT_ANSWERS = 1_000
WARM_UP = 10
IN_A_ROW = 25
PER_ANSWER_MS = 6_000


class Answering:
    """A session that answers one card after the other; calling it takes one answer and one next card."""

    def __init__(self, database, settings):
        self._dealt = random.Random(2)  # noqa: S311 - a fixed seed is the point
        self.collection = Collection.open(database, settings=settings)
        self._now = self.collection.now()
        self._review = self.collection.review()
        self._review.start(self._now)
        self._next()

    def __call__(self):
        """Answer the card on the screen and get the next one; returns ms."""
        self._review.outcomes()  # shown with the answer, before a person rates
        self._now += PER_ANSWER_MS
        rating = self._dealt.choices(tuple(Rating), RATINGS)[0]
        began = perf_counter()
        self._review.answer(rating, now=self._now, took_ms=PER_ANSWER_MS)
        shown = self._review.next(self._now)
        took = (perf_counter() - began) * 1000
        if shown is None:
            raise RuntimeError("the session came to its end")
        return took

    def _next(self):
        if self._review.next(self._now) is None:
            raise RuntimeError("nothing is due")


def next_card(folder, _rounds):
    """The next card after an answer at 1,000,000 cards, against 1,000 cards; medians and 95th percentiles."""
    settings = Settings(new_per_day=50)
    few, many = (Answering(collection_of(folder, cards), settings) for cards in (FEW, MANY))
    names = [f"answer and next card, {cards:,} cards" for cards in (MANY, FEW)]
    found = in_turn(dict(zip(names, (many, few), strict=True)), ANSWERS, warm_up=WARM_UP)
    few.collection.close()
    many.collection.close()
    return [Mark(names[0], *found.values(), 1.5), Mark(names[0], *found.values(), 1.5, percentile=95)]


def throughput(folder, _rounds):
    """1,000 answers in a row at 100,000 cards, one fdatasync each, against the bare fdatasync."""
    settings = Settings(new_per_day=THROUGHPUT_ANSWERS)
    answering = Answering(collection_of(folder, THROUGHPUT_CARDS), settings)
    name = f"answer and next card, {THROUGHPUT_CARDS:,} cards"
    with Plain(Path(folder) / "plain") as plain:
        jobs = {name: answering, "write 36 KB, fdatasync": plain}
        found = in_turn(jobs, THROUGHPUT_ANSWERS // IN_A_ROW, warm_up=1, in_a_row=IN_A_ROW)
    answering.collection.close()
    return [Mark(name, *found.values(), percentile=share) for share in (50, 95, 99)]


class Plain:
    """What an answer must cost: as many pages as one leaves in the log, written and synced."""

    PAGES = bytes(9 * 4096)
    ROOM = 100

    def __init__(self, path):
        self._file = path.open("wb", buffering=0)
        self._turn = 0

    def __enter__(self):
        self._file.write(self.PAGES * self.ROOM)
        os.fsync(self._file.fileno())
        return self

    def __exit__(self, *_):
        self._file.close()

    def __call__(self):
        """Write and sync; returns ms."""
        began = perf_counter()
        os.pwrite(self._file.fileno(), self.PAGES, self._turn % self.ROOM * len(self.PAGES))
        os.fdatasync(self._file.fileno())
        self._turn += 1
        return (perf_counter() - began) * 1000
