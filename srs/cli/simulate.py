"""`srs simulate`: what another desired retention, or other limits, would cost this person."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

from srs.cli.ansi import print_rows
from srs.cli.context import no_cards_yet
from srs.cli.json_out import print_json
from srs.cli.progress import Progress
from srs.cli.stopping import told_when_stopped
from srs.days import date_of, moment
from srs.deck.clean import quoted
from srs.errors import NotFoundError, UsageError
from srs.naming import find_deck
from srs.store import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srs.cli.context import Context
    from srs.looking_ahead import Ahead
    from srs.simulation_forecast import Comparison
    from srs.store.heads import Rows

LEAST_RETENTION, MOST_RETENTION = 0.70, 0.99
MOST_A_DAY = 9999
MOST_DAYS = 3650
_MOST_DIGITS = 9
MOST_VALUES = 50
MOST_REPEATS = 1000
USUAL_LIMITS = (0, 50, 100, 150, 200, 300, 500)
"""Reviews a day that a range stands for, beside its ends."""

_RANGE = re.compile(r"(?P<low>[^-]+)-(?P<high>[^-]+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked: values to compare, None for those of a setting that was not named, and how far.

    Settings in `spans` were given as the ends of a range, which stand for the usual values between them.
    """

    retention: tuple[float, ...] | None
    new: tuple[int, ...] | None
    limit: tuple[int, ...] | None
    days: int
    spans: frozenset[str] = frozenset()
    repeats: int | None = None
    seed: int | None = None

    @classmethod
    def read(
        cls,
        retention: Sequence[str],
        new: Sequence[str],
        limit: Sequence[str],
        *,
        days: int,
        repeats: int | None,
        seed: int | None,
    ) -> Wanted:
        """What a person typed.

        Raises:
            UsageError: a value cannot be.
        """
        if days > MOST_DAYS:
            raise UsageError(f"`--days` takes a whole number from 1 to {MOST_DAYS}, not `{days}`")
        if repeats is not None and repeats > MOST_REPEATS:
            raise UsageError(f"`--repeats` takes a whole number from 1 to {MOST_REPEATS}, not `{repeats}`")
        given = {"--retention": retention, "--new": new, "--limit": limit}
        ends = {option: _ends(words) for option, words in given.items()}
        told = {option: ends[option] or _parts(option, words) for option, words in given.items()}
        return cls(
            retention=tuple(map(_retention, told["--retention"])) or None,
            new=tuple(_a_day("--new", part) for part in told["--new"]) or None,
            limit=tuple(_a_day("--limit", part) for part in told["--limit"]) or None,
            days=days,
            spans=frozenset(option for option, found in ends.items() if found),
            repeats=repeats,
            seed=seed,
        )


def _ends(given: Sequence[str]) -> list[str] | None:
    """The two ends of a range, where one range is all that was given."""
    found = _RANGE.fullmatch(given[0].strip()) if len(given) == 1 else None
    return [found["low"].strip(), found["high"].strip()] if found else None


def _between(ends: Sequence[float], usual: Sequence[float]) -> tuple[float, ...]:
    """The ends of a range and the usual values between them."""
    return tuple(sorted({*ends, *(value for value in usual if min(ends) < value < max(ends))}))


def _parts(option: str, given: Sequence[str]) -> list[str]:
    """The values of an option that may be given often, each time with several between commas."""
    parts = [part.strip() for word in given for part in word.split(",")]
    if len(parts) > MOST_VALUES:
        raise UsageError(f"`{option}` takes at most {MOST_VALUES} values, not {len(parts)}")
    return parts


def _retention(word: str) -> float:
    try:
        value = float(word.removesuffix("%"))
    except ValueError:
        value = float("nan")
    if word.endswith("%") or not (isfinite(value) and LEAST_RETENTION <= value <= MOST_RETENTION):
        in_percent = LEAST_RETENTION <= value / 100 <= MOST_RETENTION
        raise UsageError(
            f"`--retention` takes numbers from {LEAST_RETENTION:.2f} to {MOST_RETENTION:.2f},"
            f" not {quoted(word)}",
            f"{value:g} % is written {value / 100:g}"
            if in_percent
            else "several: `--retention 0.8,0.9`; a range: `--retention 0.70-0.98`",
        )
    return value


def _a_day(option: str, word: str) -> int:
    # Its length first: Python reads no number of thousands of digits.
    whole = word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS
    if not (whole and int(word) <= MOST_A_DAY):
        raise UsageError(
            f"`{option}` takes whole numbers from 0 to {MOST_A_DAY}, not {quoted(word)}",
            f"several: `{option} 10,30`; a range: `{option} 10-30`",
        )
    return int(word)


def run_simulate(context: Context, wanted: Wanted, *, decks: Sequence[str] = (), as_json: bool) -> int:
    """Run `srs simulate`; returns the exit code."""
    now = context.now()
    with context.peek() as peek:
        for deck in decks:
            find_deck(peek.rows, deck)
        _refuse_emptiness(peek.rows, context.learner, decks)
        plain = context.settings.screen == "plain" or context.env.get("TERM") == "dumb"
        with told_when_stopped(), Progress(quiet=as_json) as progress:
            progress.begin("Reading", plain=plain, stops="Simulating")
            from srs.looking_ahead import day_seed, look_ahead

            ahead = look_ahead(peek.rows, context.learner, context.settings, context.days, now, decks=decks)
            today = ahead.snapshot.today
            seed = day_seed(today) if wanted.seed is None else wanted.seed
            known = _known_now(peek.rows, context.learner, decks, now)
            tables = {
                name: replace(table, known_now=known)
                for name, table in _compare(ahead, wanted, seed, progress).items()
            }
    if as_json:
        shape = {
            "as_of": moment(now, context.days.zone).isoformat(timespec="seconds"),
            "study_day": date_of(today).isoformat(),
            "days": wanted.days,
            "seed": seed,
            **_shape(ahead, tables),
        }
        print_json(shape)
        return 0
    from srs.cli.simulate_view import simulate_rows

    rows = simulate_rows(ahead, tables, context.width, plain=plain, ascii_only=context.ascii_only)
    print_rows(rows, sys.stdout, context.env)
    return 0


def _refuse_emptiness(rows: Rows, learner: str, decks: Sequence[str]) -> None:
    """Say so where there is nothing to look ahead with, before anything heavy is loaded.

    Raises:
        NotFoundError: there is no card in the queue.
    """
    if snapshot.any_ahead(rows, learner, decks=decks):
        return
    if decks or snapshot.any_card(rows):
        where = " in " + " or ".join(f"`{deck}`" for deck in decks) if decks else ""
        raise NotFoundError(
            f"there is no card{where} to look ahead with: all are suspended or retired",
            hint="`srs list --state suspended` lists what `srs resume` brings back",
        )
    raise no_cards_yet()


def _known_now(rows: Rows, learner: str, decks: Sequence[str], now: int) -> float:
    """What is known of the cards looked at, as `srs stats` counts it: at this very moment."""
    from srs.histograms import known_now
    from srs.store import figures

    cards = figures.believed(rows, learner, decks=decks)
    return known_now(cards, figures.parameter_sets(rows, learner), now)


def _compare(ahead: Ahead, wanted: Wanted, seed: int, progress: Progress) -> dict[str, Comparison]:
    """A comparison by the name of the setting; without any wish those of retention and new cards."""
    from srs.simulation_forecast import NEW_PER_DAY, RETENTIONS

    retention, new, limit = wanted.retention, wanted.new, wanted.limit
    runs: dict[str, Callable[..., Comparison]] = {}
    nothing_named = retention is None and new is None and limit is None
    if retention is not None and "--retention" in wanted.spans:
        retention = _between(retention, RETENTIONS)
    if new is not None and "--new" in wanted.spans:
        new = tuple(map(int, _between(new, NEW_PER_DAY)))
    if limit is not None and "--limit" in wanted.spans:
        limit = tuple(map(int, _between(limit, USUAL_LIMITS)))
    if retention is not None or nothing_named:
        runs["desired_retention"] = partial(ahead.retentions, retention or RETENTIONS)
    if new is not None or (nothing_named and ahead.new):
        runs["new_per_day"] = ahead.paces if new is None else partial(ahead.paces, new)
    if limit is not None:
        runs["reviews_per_day"] = partial(ahead.review_limits, limit)
    found = {}
    for number, (name, run) in enumerate(runs.items()):

        def on(done: int, total: int, number: int = number) -> None:
            progress("Simulating", number * total + done, len(runs) * total)

        found[name] = run(days=wanted.days, seed=seed, repeats=wanted.repeats, progress=on)
    return found


def _shape(ahead: Ahead, tables: dict[str, Comparison]) -> dict[str, Any]:
    first = next(iter(tables.values()))
    return {
        "cards": ahead.cards,
        "known_now": round(first.known_now, 4),
        "known_idle": round(first.known_idle, 4),
        **{
            name: None if name not in tables else _table(tables[name])
            for name in ("desired_retention", "new_per_day", "reviews_per_day")
        },
        "keeps": {deck.id: deck.desired_retention for deck in ahead.keeps},
        "assumed": [{"what": part.what, "answers": part.answers} for part in first.assumed],
    }


def _table(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "value": row.value if row.value != int(row.value) else int(row.value),
            "stands": row.stands,
            "answers_per_day": round(row.answers_per_day, 4),
            "reviews_per_day": round(row.reviews_per_day, 4),
            "minutes_per_day": round(row.minutes_per_day, 4),
            "known": round(row.known, 4),
            "minutes_per_known": _rounded(row.minutes_per_known),
            "seen": round(row.seen, 4),
            "waiting": round(row.waiting, 4),
        }
        for row in comparison.rows
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
