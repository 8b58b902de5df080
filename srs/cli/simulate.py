"""`srs simulate`: what another desired retention, or other limits, would cost this person."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

from srs.cli.ansi import print_rows
from srs.cli.context import no_cards_yet
from srs.cli.json_out import print_json
from srs.cli.progress import Progress
from srs.days import date_of, moment
from srs.errors import NotFoundError, UsageError
from srs.naming import find_deck

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srs.cli.context import Context
    from srs.looking_ahead import Ahead
    from srs.simulation_forecast import Comparison

LEAST_RETENTION, MOST_RETENTION = 0.70, 0.99
MOST_A_DAY = 9999
MOST_DAYS = 3650
MOST_VALUES = 50
MOST_REPEATS = 1000

_RANGE = re.compile(r"(?P<low>[^-]+)-(?P<high>[^-]+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked: values to compare, None for those of a setting that was not named, and how far.

    `retention` may be the ends of a range, which stand for the usual values between them.
    """

    retention: tuple[float, ...] | None
    span: tuple[float, float] | None
    new: tuple[int, ...] | None
    limit: tuple[int, ...] | None
    days: int
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
        span = _span(retention[0]) if len(retention) == 1 else None
        return cls(
            retention=(span or tuple(map(_retention, _parts("--retention", retention)))) or None,
            span=span,
            new=tuple(_a_day("--new", part) for part in _parts("--new", new)) or None,
            limit=tuple(_a_day("--limit", part) for part in _parts("--limit", limit)) or None,
            days=days,
            repeats=repeats,
            seed=seed,
        )


def _parts(option: str, given: Sequence[str]) -> list[str]:
    """The values of an option that may be given often, each time with several between commas."""
    parts = [part.strip() for word in given for part in word.split(",")]
    if len(parts) > MOST_VALUES:
        raise UsageError(f"`{option}` takes at most {MOST_VALUES} values, not {len(parts)}")
    return parts


def _span(word: str) -> tuple[float, float] | None:
    ends = _RANGE.fullmatch(word.strip())
    if ends is None:
        return None
    low, high = _retention(ends["low"].strip()), _retention(ends["high"].strip())
    return min(low, high), max(low, high)


def _retention(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and LEAST_RETENTION <= value <= MOST_RETENTION):
        raise UsageError(
            f"`--retention` takes numbers from {LEAST_RETENTION:.2f} to {MOST_RETENTION:.2f}, not `{word}`",
            "several: `--retention 0.8,0.9`; a range: `--retention 0.70-0.98`",
        )
    return value


def _a_day(option: str, word: str) -> int:
    if not (word.isascii() and word.isdecimal() and int(word) <= MOST_A_DAY):
        raise UsageError(
            f"`{option}` takes whole numbers from 0 to {MOST_A_DAY}, not `{word}`",
            f"several: `{option} 10,30`",
        )
    return int(word)


def run_simulate(context: Context, wanted: Wanted, *, decks: Sequence[str] = (), as_json: bool) -> int:
    """Run `srs simulate`; returns the exit code."""
    now = context.now()
    with context.peek() as peek:
        for deck in decks:
            find_deck(peek.rows, deck)
        _refuse_emptiness(peek.rows, context.learner, decks)
        from srs.looking_ahead import day_seed, look_ahead

        ahead = look_ahead(peek.rows, context.learner, context.settings, context.days, now, decks=decks)
    today = ahead.snapshot.today
    seed = day_seed(today) if wanted.seed is None else wanted.seed
    with Progress(quiet=as_json) as progress:
        tables = _compare(ahead, wanted, seed, progress)
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

    plain = context.settings.screen == "plain" or context.env.get("TERM") == "dumb"
    rows = simulate_rows(ahead, tables, context.width, plain=plain, ascii_only=context.ascii_only)
    print_rows(rows, sys.stdout, context.env)
    return 0


def _refuse_emptiness(rows: Callable[..., Any], learner: str, decks: Sequence[str]) -> None:
    """Say so where there is nothing to look ahead with, before anything heavy is loaded.

    Raises:
        NotFoundError: there is no card in the queue.
    """
    named = {f"deck{index}": deck for index, deck in enumerate(decks)}
    within = f" AND deck IN ({', '.join(f':{name}' for name in named)})" if named else ""
    asked = {"learner": learner, **named}
    if rows(f"SELECT 1 FROM memory WHERE learner = :learner AND shelf = 0{within} LIMIT 1", asked):
        return
    if decks or rows("SELECT 1 FROM card WHERE retired = 0 LIMIT 1", {}):
        where = " in " + " or ".join(f"`{deck}`" for deck in decks) if decks else ""
        raise NotFoundError(
            f"there is no card{where} to look ahead with: all are suspended or retired",
            hint="`srs list --state suspended` lists what `srs resume` brings back",
        )
    raise no_cards_yet()


def _compare(ahead: Ahead, wanted: Wanted, seed: int, progress: Progress) -> dict[str, Comparison]:
    """A comparison by the name of the setting; without any wish those of retention and new cards."""
    from srs.simulation_forecast import RETENTIONS

    retention, new = wanted.retention, wanted.new
    runs: dict[str, Callable[..., Comparison]] = {}
    nothing_named = retention is None and new is None and wanted.limit is None
    if wanted.span is not None:
        low, high = wanted.span
        retention = (low, *(value for value in RETENTIONS if low < value < high), high)
    if retention is not None or nothing_named:
        runs["desired_retention"] = partial(ahead.retentions, retention or RETENTIONS)
    if new is not None or (nothing_named and ahead.new):
        runs["new_per_day"] = ahead.paces if new is None else partial(ahead.paces, new)
    if wanted.limit is not None:
        runs["reviews_per_day"] = partial(ahead.review_limits, wanted.limit)
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
