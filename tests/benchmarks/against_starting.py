"""Start-up against Anki: a new process to the first question, and the number of due cards."""

from tests.benchmarks.comparing import Comparison, Side, in_turn
from tests.benchmarks.measuring import SRS
from tests.benchmarks.on_a_terminal import first_question
from tests.benchmarks.processes import Run, high_water_mb, processor_seconds

FIRST_CARDS = 10_000
DUE_CARDS = 100_000


def first(keeper, rounds, cards=FIRST_CARDS):
    """A new process until the first question stands on the terminal; Anki's is printed as it renders it."""
    pair = keeper.pair(cards)
    commands = {"srs": [SRS, "review"], "Anki": pair.anki("first")}
    sides = [
        Side(who, command, pair.env, run=_until_the_question, peak=_peak_at_the_question)
        for who, command in commands.items()
    ]
    in_turn(sides, rounds)
    mark = 0.4 if cards == FIRST_CARDS else None
    return [Comparison(f"first question, {cards:,} cards", *(side.figures() for side in sides), mark=mark)]


def due(keeper, rounds, cards=DUE_CARDS):
    """`srs due --count`, as a shell prompt would call it; Anki opens its collection and counts."""
    pair = keeper.pair(cards)
    sides = [
        Side("srs", [SRS, "due", "--count"], pair.env),
        Side("Anki", pair.anki("due"), pair.env),
    ]
    in_turn(sides, rounds)
    ours, theirs = (int(side.runs[-1].told) for side in sides)
    if ours != theirs:
        raise RuntimeError(f"srs counts {ours} due cards, Anki {theirs}")
    mark = 0.15 if cards == DUE_CARDS else None
    return [Comparison(f"`srs due --count`, {cards:,} cards", *(side.figures() for side in sides), mark=mark)]


def _until_the_question(command, env):
    spent = []
    job = first_question(env, command, lambda process: spent.append(processor_seconds(process)))
    return Run(job() / 1000, spent[0])


def _peak_at_the_question(command, env):
    peaks = []
    first_question(env, command, lambda process: peaks.append(high_water_mb(process)))()
    return peaks[0]
