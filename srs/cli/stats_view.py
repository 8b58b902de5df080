"""The half screen of `srs stats` (ux.md §1 H), its narrow form and its plain lines.

No text of a deck appears here, so all of it is ASCII but for the bars of the next days; those have
an ambiguous width and stand last in their row.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from srs.cli import words
from srs.cli.drawing import sparkline
from srs.cli.recall_table import TINY, form_for, paragraph, plain_facts, table
from srs.cli.stats_views.dates import day_words
from srs.stats import summarise
from srs.store import counting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.recall_table import Form
    from srs.coming import Left
    from srs.days import StudyDays
    from srs.stats import Retention, Stats
    from srs.store.daily import Rows

_FEWEST_BARS = 7
_NO_CARDS = "No cards yet. Try the deck that comes along: srs init --sample. Your own: srs import FILE.toml."
_LONG_LABEL = 50
"""As many cells beside the labels have room for the whole legend of the bars."""
_MORE, _MORE_GAP, _MORE_ENDS = "more: srs stats --all", 4, 74


def read_stats(
    rows: Rows,
    learner: str,
    days: StudyDays,
    now: int,
    *,
    left: Left,
    aim: float,
    limits: tuple[int, int],
    decks: Sequence[str] = (),
    extra_days: int | None = None,
) -> Stats:
    """Count what the statistics need with `rows`, and make them; arguments as `stats.summarise`."""
    today = days.day(now)
    recall = counting.recall_by_day(rows, learner, decks=decks)
    dues = counting.dues_by_day(rows, learner, days, decks=decks)
    return summarise(
        now=now,
        days=days,
        recall=recall,
        effort=counting.effort_by_day(rows, learner, since=today - 29, until=today, decks=decks),
        dues=dues,
        states=counting.card_states(rows, learner, today, decks=decks),
        last_missed=counting.last_missed_day(
            rows, learner, days, today, recall=recall, dues=dues, decks=decks
        ),
        left=left,
        aim=aim,
        limits=limits,
        extra_days=extra_days,
    )


def stats_rows(
    stats: Stats,
    width: int,
    *,
    plain: bool = False,
    ascii: bool = False,  # noqa: A002 - the setting's own name
    decks: Sequence[str] = (),
) -> list[Text]:
    """The rows of the screen, the verdict first and alone in bold; none wider than `width` cells.

    `decks` are those asked for.

    Plain rows say one fact each and are left whole: a screen reader wants sentences, the terminal
    breaks them. So are all rows below 30 columns.
    """
    if not stats.answered_ever:
        return _before_the_first_answer(stats, width, decks)
    if plain or width < TINY:
        return [Text(stats.verdict.sentence, style="bold"), *map(Text, _plain_facts(stats))]
    form = form_for(width)
    return [
        *paragraph(stats.verdict.sentence, width, "bold"),
        *_retention(stats, form),
        Text(),
        *form.row("Today", today_words(stats)),
        *form.row("Tomorrow", tomorrow_words(stats)),
        *_next_days(stats, form, ascii_only=ascii),
        *form.row("Cards", _cards(stats)),
        *_last_row(stats, form),
    ]


# Retention


def _retention(stats: Stats, form: Form) -> list[Text]:
    """The table; nothing before any card came back after a day."""
    rows = periods(stats)
    return [Text(), *table([(period_words(key), row) for key, row in rows.items()], form)] if rows else []


def periods(stats: Stats) -> dict[str, Retention]:
    """The rows worth showing: all, or after a month without any answer that counts those that have some."""
    lately = stats.retention["30d"].all.total
    return {key: row for key, row in stats.retention.items() if lately or row.all.total}


def period_words(key: str) -> str:
    """A row of the table in words: `7d` is `7 days`."""
    return words.plural(int(key[:-1]), "day") if key.endswith("d") and key[:-1].isdigit() else key


# Sentences


def today_words(stats: Stats) -> str:
    """What was done today, and what is left of it, within its limits and beyond."""
    return f"{_done(stats)}; {_rest(stats)}"


def _done(stats: Stats) -> str:
    today = stats.today
    done = words.plural(today.cards, "card") if today.cards else "nothing answered yet"
    return done + (f" in {words.duration(today.ms)}" if today.ms else "")


def _rest(stats: Stats) -> str:
    today = stats.today
    asked = today.left.new + today.left.due
    rest = f"{words.digits(asked)} left, {words.about(today.left_ms)}" if asked else "nothing left"
    if not today.waiting:
        return rest
    more = f"{words.digits(today.waiting)} {'more ' if asked else ''}"
    waits = f"{more}{'waits' if today.waiting == 1 else 'wait'} for another day"
    return f"{rest}; {waits}{_limit(stats) if today.left.limited else ''}"


def _limit(stats: Stats) -> str:
    return f" (limit {words.digits(stats.limit)})"


def _load_words(stats: Stats) -> str:
    """Tomorrow's cards and time."""
    tomorrow = stats.tomorrow
    parts = [f"{words.digits(tomorrow.due)} due"] * bool(tomorrow.due)
    parts += [f"{words.digits(tomorrow.new)} new"] * bool(tomorrow.new)
    if not parts and tomorrow.limited:
        return f"nothing{_limit(stats)}"
    if not parts:
        left = stats.today.left
        return "nothing due once today is done" if left.due + left.new else "nothing due"
    limited = _limit(stats) if tomorrow.limited else ""
    return f"{' and '.join(parts)}, {words.about(tomorrow.ms)}{limited}"


def tomorrow_words(stats: Stats) -> str:
    """Tomorrow's cards and time, and the heaviest day to come where that says more."""
    heaviest = stats.heaviest
    ahead = f"; heaviest day {day_words(heaviest.day)}, {words.digits(heaviest.due)}" if heaviest else ""
    return _load_words(stats) + ahead


def _places(stats: Stats) -> dict[str, int]:
    """Where the cards of the decks are, as far as any are there; together they are all of them."""
    names = ("new", "learning", "relearning", "young", "mature", "suspended", "buried")
    return {name: stats.states[name] for name in names if stats.states.get(name)}


def _apart(stats: Stats) -> dict[str, int]:
    """Counted besides: leeches are among the cards, retired cards and those without text are not."""
    leeches, retired, unknown = (stats.states.get(name, 0) for name in ("leech", "retired", "unknown"))
    counts = {"leech" if leeches == 1 else "leeches": leeches, "retired": retired, "without text": unknown}
    return {name: count for name, count in counts.items() if count}


def cards_words(stats: Stats) -> tuple[str, str]:
    """How many cards there are, and where: `156` and `31 young, 125 mature; 5 leeches`."""
    places = _places(stats)
    where = ", ".join(f"{words.digits(count)} {name}" for name, count in places.items())
    apart = [f"{words.digits(count)} {name}" for name, count in _apart(stats).items()]
    if len(places) == 1:
        where = f"all {next(iter(places))}"
    return words.digits(sum(places.values())), "; ".join([*([where] if where else []), *apart])


def _cards(stats: Stats) -> str:
    total, where = cards_words(stats)
    return f"{total}: {where}" if len(_places(stats)) > 1 else f"{total}, {where}" if where else "none"


def days_words(stats: Stats) -> str:
    """The days studied of the last 30, and in a row."""
    return f"{stats.days_studied_30} of the last 30, {words.digits(stats.streak)} in a row"


def _last_row(stats: Stats, form: Form) -> list[Text]:
    """The row of days, with where there is more at its right end."""
    row, *more = form.row("Days", days_words(stats))
    room = min(form.width, _MORE_ENDS) - len(row.plain) - len(_MORE)
    if not more and room >= _MORE_GAP:
        row = Text(row.plain + " " * room + _MORE)
    return [row, *more]


def _next_days(stats: Stats, form: Form, *, ascii_only: bool) -> list[Text]:
    """Bars of the days from tomorrow on; as many as fit when each is drawn two cells wide."""
    most = max((entry.due for entry in stats.coming), default=0)
    if not most:
        return []
    beside = form.width - form.indent
    legend = f"{'from tomorrow, ' if beside >= _LONG_LABEL else ''}most {words.digits(most)}: "
    room = (beside - len(legend)) // (1 if ascii_only else 2)
    dues = [entry.due for entry in stats.coming[:room]]
    if len(dues) < _FEWEST_BARS:
        return []
    return [Text(form.head(f"Next {len(dues)}") + legend + sparkline(dues, most=most, ascii_only=ascii_only))]


def _before_the_first_answer(stats: Stats, width: int, decks: Sequence[str]) -> list[Text]:
    total, where = cards_words(stats)
    if total == "0":
        sentence = f"No cards in {words.listed(decks)}." if decks else _NO_CARDS
        return paragraph(sentence, width, "bold")
    sign = ":" if len(_places(stats)) > 1 else ","
    command = shlex.join(["srs", "review", *decks])
    return [
        *paragraph(f"No answers yet. Your first: {command}", width, "bold"),
        *paragraph(f"{total} {words.noun(sum(_places(stats).values()), 'card')}{sign} {where}", width),
    ]


# Plain lines


def spoken_period(key: str) -> str:
    """The same as the beginning of a sentence: `Last 7 days`."""
    words = {"today": "Today", "yesterday": "Yesterday", "all": "Ever"}
    return words.get(key) or f"Last {period_words(key)}"


def _plain_facts(stats: Stats) -> list[str]:
    facts = []
    for key, row in periods(stats).items():
        period = spoken_period(key)
        facts += plain_facts(period, row) or [f"{period}: no card came back after a day or more."]
    places = _places(stats)
    rest, _, waits = _rest(stats).partition("; ")
    heaviest = stats.heaviest
    return [
        *facts,
        f"Today: {_done(stats)}.",
        f"Still today: {rest}.",
        *([f"Beyond today: {waits}."] if waits else []),
        f"Tomorrow: {_load_words(stats)}.",
        *(
            [f"Heaviest day: {day_words(heaviest.day)}, {words.plural(heaviest.due, 'card')}."]
            if heaviest
            else []
        ),
        f"Next 30 days: {words.plural(sum(entry.due for entry in stats.forecast), 'card')} due.",
        f"Cards: {words.digits(sum(places.values()))}.",
        *(f"{name.capitalize()}: {words.digits(count)}." for name, count in (places | _apart(stats)).items()),
        f"Days studied: {stats.days_studied_30} of the last 30.",
        f"In a row: {words.plural(stats.streak, 'day')}.",
    ]
