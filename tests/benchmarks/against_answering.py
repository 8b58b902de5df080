"""Answering against Anki: 1,000 answers in a row, each confirmed by the disk; and a million cards."""

import json

from tests.benchmarks.comparing import Comparison, Side, in_turn
from tests.benchmarks.measuring import SRS, percentile
from tests.benchmarks.processes import syncs

CARDS = 100_000
ANSWERS = 1_000
FEW, MANY = 1_000, 1_000_000
FEW_ANSWERS = 100
"""As many as a day's limits allow at 1,000 cards, twice over."""

_SYNCHRONOUS = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


def answers(keeper, rounds, cards=CARDS):
    """1,000 answers in a row: from each rating to the next card's text and its four futures."""
    count = _answers_of(cards, ANSWERS)
    sides = _sides(keeper, cards, count)
    in_turn(sides, rounds)
    durability = _durability(sides, keeper, cards, count, trace=rounds > 0)
    job = f"{count:,} answers in a row, {cards:,} cards ({durability})"
    rate = [side.figures(_rate, unit="/s", cpu=_cpu) for side in sides]
    at_size = cards == CARDS
    told = [Comparison(f"{job}: throughput", *rate, mark=1.2 if at_size else None, at_least=True)]
    for share, mark in ((50, None), (95, None), (99, 1.0 if at_size else None)):
        figures = [side.figures(_percentile(share), unit="ms", cpu=_none) for side in sides]
        told.append(Comparison(f"the same: p{share}", *figures, mark=mark))
    return told


def million(keeper, rounds, cards=None):
    """The next card, an answer and the due count at a million cards, against the same at a thousand."""
    sizes = (cards, cards) if cards else (FEW, MANY)
    count = _answers_of(min(sizes), FEW_ANSWERS)
    names = [f"{name}, {size:,} cards" for size in sizes for name in ("srs", "Anki")]
    answering, counting = [], []
    for place, size in enumerate(sizes):
        answering += _sides(keeper, size, count, name=f"copy{place}")
        pair = keeper.pair(size, name=f"count{place}")
        counting += [Side("", [SRS, "due", "--count"], pair.env), Side("", pair.anki("due"), pair.env)]
    for sides in (answering, counting):
        for side, name in zip(sides, names, strict=True):
            side.who = name
        in_turn(sides, rounds)
    first = [side.figures(_told("first_ms"), unit="ms", cpu=_none) for side in answering]
    each = [side.figures(_percentile(50), unit="ms", cpu=_cpu) for side in answering]
    started = [side.figures() for side in counting]
    return [
        *_flat("an answer and the next card, median", each, mark=None if cards else 1.5),
        *_flat("the first card of a session, loaded and open", first),
        *_flat("due count, a new process", started),
    ]


def _flat(job, figures, mark=None):
    few, few_theirs, many, many_theirs = figures
    return [
        Comparison(job, many, few, mark=mark),
        Comparison(job, many_theirs, few_theirs),
        Comparison(job, many, many_theirs),
    ]


def _answers_of(cards, most):
    """How many answers a collection has due cards for."""
    return min(most, max(2, cards // 10))


def _sides(keeper, cards, count, name="copy"):
    pair = keeper.pair(cards, name=name)
    return [
        Side(who, command, pair.env, prepare=lambda path=path: keeper.renew(pair, path, cards))
        for who, command, path in (
            ("srs", pair.srs("answers", count), pair.ours),
            ("Anki", pair.anki("answers", count), pair.theirs),
        )
    ]


def _durability(sides, keeper, cards, count, *, trace):
    """Which durability each ran with, and how many syncs of the disk an answer takes, by tracing them."""
    found = []
    for side, traced in zip(sides, _sides(keeper, cards, count, name="traced"), strict=True):
        mode = _SYNCHRONOUS[json.loads(side.runs[-1].told)["synchronous"]]
        counts = []
        for answered in (1, count) if trace else ():
            traced.prepare()
            counts.append(syncs([*traced.command[:-1], str(answered)], traced.env))
        whole = counts and None not in counts
        each = f"{(counts[1] - counts[0]) / (count - 1):.3f} syncs an answer" if whole else "not traced"
        found.append(f"{side.who} synchronous={mode}, {each}")
    return "; ".join(found)


def _told(name):
    return lambda run: json.loads(run.told)[name]


_cpu = _told("cpu")


def _none(_run):
    return None


def _rate(run):
    times = json.loads(run.told)["times"]
    return 1000 * len(times) / sum(times)


def _percentile(share):
    return lambda run: percentile(sorted(json.loads(run.told)["times"]), share)
