"""Anki's side of a job, in a process of its own: `anki_side.py JOB COLLECTION …`.

Nothing but what Anki itself needs is imported before the job is known, for the start is measured.
What a job tells goes out as JSON; `first` prints the question.
"""

import sys

PARENT = "srs"
"""The deck that has all others under it, and that is studied."""

NOTE_TYPE = "srs"
FIELDS = ("Question", "Answer", "Term", "Scenario", "Explanation", "Source")
NEW_PER_DAY = 1_000
"""The limit of new cards where many cards are answered in a row."""

RATINGS = (10, 8, 75, 7)
"""How often again, hard, good and easy are pressed, in per cent."""


def set_options(collection, *, parameters=None, new_per_day=20):
    """Set the limits of srs and FSRS on, through Anki's own options; new `parameters` refold every card."""
    from anki.deck_config_pb2 import UpdateDeckConfigsRequest

    deck = collection.decks.id(PARENT)
    told = collection.decks.get_deck_configs_for_update(deck)
    config = told.all_config[0].config
    config.config.new_per_day = new_per_day
    if parameters is not None:
        config.config.fsrs_params_6[:] = parameters
    collection.decks.update_deck_configs(
        UpdateDeckConfigsRequest(
            target_deck_id=deck, configs=[config], fsrs=True, new_cards_ignore_review_limit=True
        )
    )


def first(collection):
    """Print the first question, as Anki renders it."""
    from anki.cards import Card

    told = collection.sched.get_queued_cards(fetch_limit=1).cards[0]
    sys.stdout.write(Card(collection, backend_card=told.card).question() + "\n")
    sys.stdout.flush()


def due(collection):
    """How many cards are due."""
    queue = collection.sched.get_queued_cards(fetch_limit=1)
    return queue.new_count + queue.learning_count + queue.review_count


def answers(collection, count):
    """Answer so many cards in a row: ms from each rating to the next card's fields and four futures.

    Also how long the first card took, the queue made for it.
    """
    import random
    import time

    from anki.scheduler_pb2 import CardAnswer

    set_options(collection, new_per_day=NEW_PER_DAY)
    dealt = random.Random(2)  # noqa: S311 - a fixed seed is the point

    def shown():
        card = collection.sched.get_queued_cards(fetch_limit=1).cards[0]
        collection.get_note(card.card.note_id).fields  # noqa: B018 - they are what a person reads
        return card

    began = time.perf_counter()
    card = shown()
    first_ms = (time.perf_counter() - began) * 1000
    times, spent = [], time.process_time()
    for _ in range(int(count)):
        rating = dealt.choices(range(4), RATINGS)[0]
        began = time.perf_counter()
        states = card.states
        chosen = (states.again, states.hard, states.good, states.easy)[rating]
        answer = CardAnswer(
            card_id=card.card.id,
            current_state=states.current,
            new_state=chosen,
            rating=rating,
            answered_at_millis=time.time_ns() // 1_000_000,
            milliseconds_taken=6_000,
        )
        collection.sched.answer_card(answer)
        card = shown()
        times.append((time.perf_counter() - began) * 1000)
    return {
        "first_ms": first_ms,
        "times": times,
        "cpu": time.process_time() - spent,
        "synchronous": collection.db.scalar("PRAGMA synchronous"),
    }


def text(collection, path):
    """Import a CSV."""
    from anki.collection import ImportCsvRequest

    metadata = collection.get_csv_metadata(path, None)
    log = collection.import_csv(ImportCsvRequest(path=path, metadata=metadata)).log
    return {"new": len(log.new), "updated": len(log.updated), "unchanged": len(log.duplicate)}


def graphs(collection, search, days):
    """The graphs of the statistics screen, as the window gets them; how long the call took.

    No search is the whole collection, 0 days are all time.
    """
    import time

    from anki.stats_pb2 import GraphsRequest

    began, spent = time.perf_counter(), time.process_time()
    collection._backend.graphs_raw(GraphsRequest(search=search, days=int(days)).SerializeToString())
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - spent}


def fit(collection):
    """Optimise the parameters, as the button in the options does."""
    import time

    began = time.perf_counter()
    found = collection._backend.compute_fsrs_params(
        search='preset:"Default" -is:suspended',
        current_params=[],
        ignore_revlogs_before_ms=0,
        num_of_relearning_steps=1,
        health_check=False,
    )
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "reviews": found.fsrs_items, "parameters": list(found.params)}


def refold(collection, share):
    """Adopt other parameters: every card's stability and difficulty are computed and written."""
    import time

    told = collection.decks.get_deck_configs_for_update(collection.decks.id(PARENT))
    parameters = [value * float(share) for value in told.all_config[0].config.config.fsrs_params_6]
    began, spent = time.perf_counter(), time.process_time()
    set_options(collection, parameters=parameters)
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - spent}


JOBS = {job.__name__: job for job in (first, due, answers, text, graphs, fit, refold)}


def main():
    """Run a job on a collection."""
    from anki.collection import Collection

    job, path, *more = sys.argv[1:]
    collection = Collection(path)
    told = JOBS[job](collection, *more)
    collection.close()
    if told is not None:
        import json

        sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
