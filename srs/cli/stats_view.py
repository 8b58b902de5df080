"""The half screen of `srs stats` (ux.md §1 H), its narrow form and its plain lines.

No text of a deck appears here, so all of it is ASCII but for the bars of the next days; those have
an ambiguous width and stand last in their row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from srs.cli.drawing import sparkline
from srs.cli.recall_table import TINY, form_for, paragraph, plain_facts, table
from srs.days import date_of
from srs.stats import summarise
from srs.store import counting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srs.cli.recall_table import Form
    from srs.days import StudyDays
    from srs.stats import Left, Stats
    from srs.store.daily import Rows

_FEWEST_BARS = 7
_MORE, _MORE_GAP, _MORE_ENDS = "more: srs stats --all", 4, 74


def read_stats(
    rows: Rows,
    learner: str,
    days: StudyDays,
    now: int,
    *,
    left: Left,
    aim: float,
    new_limit: int,
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
        new_limit=new_limit,
        extra_days=extra_days,
    )


def stats_rows(
    stats: Stats,
    width: int,
    *,
    plain: bool = False,
    ascii: bool = False,  # noqa: A002 - the setting's own name
) -> list[Text]:
    """The rows of the screen, the verdict first and alone in bold; none wider than `width` cells.

    Plain rows say one fact each and are left whole: a screen reader wants sentences, the terminal
    breaks them. So are all rows below 30 columns.
    """
    if not stats.answered_ever:
        return _before_the_first_answer(stats, width)
    if plain or width < TINY:
        return [Text(stats.verdict.sentence, style="bold"), *map(Text, _plain_facts(stats))]
    form = form_for(width)
    return [
        *paragraph(stats.verdict.sentence, width, "bold"),
        Text(),
        *table([(period_words(key), row) for key, row in stats.retention.items()], form),
        Text(),
        *form.row("Today", _today_words(stats)),
        *form.row("Tomorrow", _tomorrow_words(stats)),
        *_next_days(stats, form, ascii_only=ascii),
        *form.row("Cards", _cards_words(stats)),
        *_last_row(stats, form),
    ]


# Retention


def period_words(key: str) -> str:
    """A row of the table in words: `7d` is `7 days`."""
    return _many(int(key[:-1]), "day") if key.endswith("d") and key[:-1].isdigit() else key


# Sentences


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _spent(ms: int) -> str:
    """Time that was measured: `40 s`, `4 min`, `1 h 20 min`."""
    seconds = round(ms / 1000)
    return f"{seconds} s" if seconds < 60 else _minutes(ms)


def _estimate(ms: int) -> str:
    """Time that is a guess, never under a minute: `about 5 min`."""
    return f"about {_minutes(max(ms, 60_000))}"


def _minutes(ms: int) -> str:
    hours, minutes = divmod(round(ms / 60_000), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _date_words(day: int) -> str:
    date = date_of(day)
    return f"{date:%a} {date.day} {date:%b}"


def _today_words(stats: Stats) -> str:
    today = stats.today
    done = _many(today.cards, "card") if today.cards else "nothing answered yet"
    done += f" in {_spent(today.ms)}" if today.ms else ""
    waiting = today.left.new + today.left.due
    return f"{done}; {waiting} left, {_estimate(today.left_ms)}" if waiting else f"{done}; nothing left"


def _load_words(stats: Stats) -> str:
    """Tomorrow's cards and time."""
    tomorrow = stats.tomorrow
    parts = [f"{tomorrow.due} due"] * bool(tomorrow.due) + [f"{tomorrow.new} new"] * bool(tomorrow.new)
    return f"{' and '.join(parts)}, {_estimate(tomorrow.ms)}" if parts else "nothing due"


def _tomorrow_words(stats: Stats) -> str:
    heaviest = stats.heaviest
    ahead = f"; heaviest day {_date_words(heaviest.day)}, {heaviest.due}" if heaviest else ""
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


def _cards_words(stats: Stats) -> str:
    places = _places(stats)
    where = ", ".join(f"{count} {name}" for name, count in places.items())
    total = f"{sum(places.values())}: {where}" if places else "none"
    return "; ".join([total, *(f"{count} {name}" for name, count in _apart(stats).items())])


def _days_words(stats: Stats) -> str:
    return f"{stats.days_studied_30} of the last 30, {stats.streak} in a row"


def _last_row(stats: Stats, form: Form) -> list[Text]:
    """The row of days, with where there is more at its right end."""
    row, *more = form.row("Days", _days_words(stats))
    room = min(form.width, _MORE_ENDS) - len(row.plain) - len(_MORE)
    if not more and room >= _MORE_GAP:
        row = Text(row.plain + " " * room + _MORE)
    return [row, *more]


def _next_days(stats: Stats, form: Form, *, ascii_only: bool) -> list[Text]:
    """Bars of the coming days from today; as many as fit when each is drawn two cells wide."""
    room = (form.width - form.indent) // (1 if ascii_only else 2)
    dues = [entry.due for entry in stats.forecast[:room]]
    if len(dues) < _FEWEST_BARS:
        return []
    if not any(dues):
        return form.row(f"Next {len(dues)}", "nothing due")
    return [Text(form.head(f"Next {len(dues)}") + sparkline(dues, ascii_only=ascii_only))]


def _before_the_first_answer(stats: Stats, width: int) -> list[Text]:
    if not _places(stats):
        sentence = (
            "No cards yet. Try the deck that comes along: srs init --sample. Your own: srs import FILE.toml."
        )
        return paragraph(sentence, width, "bold")
    return [
        *paragraph("No answers yet. Your first: srs review", width, "bold"),
        *paragraph(f"Cards: {_cards_words(stats)}", width),
    ]


# Plain lines


def spoken_period(key: str) -> str:
    """The same as the beginning of a sentence: `Last 7 days`."""
    words = {"today": "Today", "yesterday": "Yesterday", "all": "Ever"}
    return words.get(key) or f"Last {period_words(key)}"


def _plain_facts(stats: Stats) -> list[str]:
    facts = []
    for key, row in stats.retention.items():
        period = spoken_period(key)
        facts += plain_facts(period, row) or [f"{period}: no card came back after a day or more."]
    places = _places(stats)
    done, rest = _today_words(stats).split("; ")
    heaviest = stats.heaviest
    return [
        *facts,
        f"Today: {done}.",
        f"Still today: {rest}.",
        f"Tomorrow: {_load_words(stats)}.",
        *([f"Heaviest day: {_date_words(heaviest.day)}, {_many(heaviest.due, 'card')}."] if heaviest else []),
        f"Next 30 days: {_many(sum(entry.due for entry in stats.forecast), 'card')} due.",
        f"Cards: {sum(places.values())}.",
        *(f"{name.capitalize()}: {count}." for name, count in (places | _apart(stats)).items()),
        f"Days studied: {stats.days_studied_30} of the last 30.",
        f"In a row: {_many(stats.streak, 'day')}.",
    ]
