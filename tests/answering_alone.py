"""A process of one learner: opens the database it is told, answers some cards, says how it went.

Arguments: the database, the learner, how many answers, a seed.
"""

import sys

from histories import seeded
from world import DAYS, Clock

from srs.collection import Collection
from srs.errors import AnsweredElsewhereError
from srs.model import Rating
from srs.settings import Settings


def main():
    """Answer until so many answers were accepted; print how many, and how many came too late."""
    url, learner, number, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    source = seeded(seed)
    clock = Clock()
    settings = Settings(new_per_day=9_999, reviews_per_day=9_999)
    accepted = elsewhere = 0
    with Collection.open(
        url,
        settings=settings,
        days=DAYS,
        learner=learner,
        device=f"{seed:016x}",
        now=clock,
        random_bits=source.getrandbits,
    ) as collection:
        review = collection.review()
        while accepted < number:
            shown = review.next(clock())
            if shown is None:
                clock.advance(days=1)
                review = collection.review()
                continue
            clock.advance(seconds=5)
            try:
                review.answer(source.choice(list(Rating)), now=clock(), took_ms=3_000)
                accepted += 1
            except AnsweredElsewhereError:
                elsewhere += 1
                review = collection.review()
            if source.random() < 0.05:
                collection.undo()
                collection.redo()
    sys.stdout.write(f"{accepted} {elsewhere}\n")


if __name__ == "__main__":
    main()
