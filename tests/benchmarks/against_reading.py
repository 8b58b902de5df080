"""What reads much, against Anki: imports, statistics, fits, and the fold of the whole log."""

import json
import sqlite3
import sys
from contextlib import closing

from tests.benchmarks.comparing import Comparison, Side, in_turn
from tests.benchmarks.keeping import REAL, real_log_is_here
from tests.benchmarks.measuring import SRS
from tests.benchmarks.text_decks import write_csv, write_toml

IMPORTS = (10_000, 100_000)
STATS_CARDS = (10_000, 100_000)
FIT_CARDS = (10_000, 100_000)
REFOLD_CARDS = 100_000
YEAR, ALL_TIME, MONTH = 365, 0, 31
LEAST_PER_SECOND = 1_000_000
MOST_TO_WRITE = 2.0
_OTHER = 1.01
"""Parameters so many times those in force are others."""


def text(keeper, rounds, cards=None):
    """Cards from a text file into an empty collection, and the same file again, process start included."""
    return [each for size in _sizes(cards, IMPORTS) for each in _import(keeper, rounds, size)]


def _import(keeper, rounds, cards):
    toml, table = keeper.folder / f"text{cards}.toml", keeper.folder / f"text{cards}.csv"
    write_toml(toml, cards)
    write_csv(table, cards)
    pair = keeper.blank()
    ours, theirs = [SRS, "import", str(toml)], pair.anki("text", table)
    sides = [
        Side("srs", ours, pair.env, prepare=keeper.blank),
        Side("srs", ours, pair.env),
        Side("Anki", theirs, pair.env),
        Side("Anki", theirs, pair.env),
    ]
    in_turn(sides, rounds)
    held = [_count(pair.ours, "card"), _count(pair.theirs, "cards")]
    if held != [cards, cards]:
        raise RuntimeError(f"srs and Anki hold {held} of {cards} imported cards")
    first, again, their_first, their_again = (side.figures() for side in sides)
    large = cards == max(IMPORTS)
    return [
        Comparison(f"import of {cards:,} cards", first, their_first, mark=1.8 if large else None),
        Comparison("the same file again", again, their_again, mark=0.3 if large else None),
    ]


def _count(path, table):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def stats(keeper, rounds, cards=None):
    """The statistics screens: new processes, and the call alone, as where Anki's window is open already."""
    return [each for size in _sizes(cards, STATS_CARDS) for each in _stats(keeper, rounds, size)]


def _stats(keeper, rounds, cards):
    pair = keeper.pair(cards)
    answers = _count(pair.theirs, "revlog")
    screens = [
        # srs, Anki's search and days, what Anki's is, whether the issue has a mark for it
        (["stats"], "deck:current", MONTH, "a month of the deck, its first screen", False),
        (["stats", "--all", "--days", str(YEAR)], "", YEAR, "a year of the collection", True),
        (["stats", "--all"], "", ALL_TIME, "all time of the collection", True),
        (["stats", "--all"], "deck:srs", ALL_TIME, "all time of the deck that holds all", True),
        (["stats", "--all", "-d", "deck0"], 'deck:"srs::Deck 0"', ALL_TIME, "all time of one deck", False),
    ]
    told = []
    for ours, search, days, theirs, marked in screens:
        name = f"`srs {' '.join(ours)}`"
        sides = [
            Side(name, [SRS, *ours], pair.env),
            Side(name, pair.srs("command", *ours), pair.env),
            Side(f"Anki, {theirs}", pair.anki("graphs", search, days), pair.env),
        ]
        in_turn(sides, rounds)
        mark = 1.0 if marked and cards == max(STATS_CARDS) else None
        job = f"statistics, {answers:,} answers"
        told.append(Comparison(f"{job}, new processes", sides[0].figures(), sides[2].figures(), mark=mark))
        alone = [side.figures(_told("seconds"), cpu=_told("cpu")) for side in sides[1:]]
        told.append(Comparison(f"{job}, everything loaded: the call alone", *alone, mark=mark))
    return told


def optimize(keeper, rounds, cards=None):
    """Optimising the parameters, a new process each: the real log, then simulated ones."""
    sizes = [*([REAL] if real_log_is_here() else []), *FIT_CARDS]
    return [each for size in _sizes(cards, sizes) for each in _optimize(keeper, rounds, size)]


def _optimize(keeper, rounds, cards):
    pair = keeper.pair(cards)
    answers = _count(pair.theirs, "revlog")
    sides = [
        Side("srs", [SRS, "optimize", "--dry-run"], pair.env),
        Side("Anki", pair.anki("fit"), pair.env),
    ]
    in_turn(sides, rounds)
    job = f"optimise over {answers:,} answers{' of a real log' if cards == REAL else ''}"
    mark = 0.9 if cards == max(FIT_CARDS) else None
    return [Comparison(job, *(side.figures() for side in sides), mark=mark)]


def refold(keeper, rounds, cards=REFOLD_CARDS):
    """Every memory folded from the whole log under other parameters, and written back."""
    pair = keeper.pair(cards)
    folding = [sys.executable, "-m", "tests.benchmarks.refold_once"]
    read = Side("srs", folding, pair.env)
    adopted = Side("srs", pair.srs("refold", _OTHER), pair.env)
    theirs = Side("Anki", pair.anki("refold", _OTHER), pair.env)
    adopted.prepare = lambda: keeper.renew(pair, pair.ours, cards)
    theirs.prepare = lambda: keeper.renew(pair, pair.theirs, cards)
    in_turn([read, adopted, theirs], rounds)
    answers = json.loads(read.runs[-1].told)["answers"]
    rate = read.figures(_folded, unit="/s", cpu=_folding_cpu)
    alone = read.figures(lambda run: answers / _told("fold")(run)["wall"], unit="/s", cpu=_none)
    least, most = (LEAST_PER_SECOND, MOST_TO_WRITE) if cards == REFOLD_CARDS else (None, None)
    job = f"refold of {answers:,} answers"
    return [
        Comparison(f"{job}, from the file to states in memory", rate, mark=least, at_least=True),
        Comparison(f"{job}, the fold without reading", alone),
        Comparison(f"{job}, written back", adopted.figures(_told("write"), cpu=_none), mark=most),
        Comparison(
            f"{job}: read, folded, written; Anki's: other parameters in its options",
            adopted.figures(_told("seconds"), cpu=_told("cpu")),
            theirs.figures(_told("seconds"), cpu=_told("cpu")),
        ),
    ]


def _folded(run):
    told = json.loads(run.told)
    return told["answers"] / (told["read"]["wall"] + told["fold"]["wall"])


def _folding_cpu(run):
    told = json.loads(run.told)
    return told["read"]["cpu"] + told["fold"]["cpu"]


def _none(_run):
    return None


def _told(name):
    return lambda run: json.loads(run.told)[name]


def _sizes(cards, usual):
    return (cards,) if cards else usual
