"""What `srs optimize` says: the verdict, the scores, the load of moved due days, the history."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.text import Text

from srs.cli import words
from srs.cli.drawing import sparkline
from srs.cli.recall_table import paragraph, wrapped
from srs.days import date_of, moment
from srs.deck.clean import clean_line
from srs.fitting import Verdict
from srs.model import ActKind
from srs.rescheduling import DAYS_AHEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srs.days import StudyDays
    from srs.evaluation import Difference, Scores
    from srs.model import Act
    from srs.optimizing import AdoptedSet, Fit
    from srs.rescheduling import Change

LOG_LOSS = (
    "Log loss is the mean surprise at what you really answered: 0 for a prophet, 0.69 for a coin; lower is"
    " better."
)
OTHERS = (
    "RMSE(bins) is how far predictions are off on average over groups of alike answers, AUC how well they"
    " tell what you knew from what you did not (0.5 is chance, 1 perfect)."
)
_NARROW, _TABLE, _LOAD = 60, 36, 56
"""Below these widths there is no margin, no table of scores, no table of due days."""


def in_dry_run(found: Fit) -> Fit:
    """The same fit when nothing is to be written: what is in force stays so."""
    report = found.report
    if not report.adopted:
        return found
    report = replace(report, verdict=Verdict.WOULD_ADOPT, parameters=found.before.parameters)
    return replace(found, report=report)


def not_yet_written(found: Fit) -> Fit:
    """The same fit before anything is written: what was found, not what was done."""
    if not found.report.adopted:
        return found
    return replace(found, report=replace(found.report, verdict=Verdict.BETTER))


def with_since(found: Fit, days: StudyDays, now: int) -> Fit:
    """The same fit; where it came to what is in force, it says since when there was nothing to learn."""
    if not found.nothing_new or found.before.at is None:
        return found
    since = words.moment(moment(found.before.at, days.zone), moment(now, days.zone))
    return replace(found, report=replace(found.report, because=f"nothing new to learn since {since}"))


def as_json(found: Fit) -> dict[str, Any]:
    """The report as JSON."""
    body: dict[str, Any] = _without_nan(found.report.as_json())
    return body | {"deck": found.deck}


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def report_rows(found: Fit, width: int, *, plain: bool = False, dry_run: bool = False) -> list[Text]:
    """The verdict, alone in bold; the scores; what they mean and rest on."""
    report = found.report
    told = " ".join(_after_verdict(found, dry_run=dry_run))
    rows = paragraph(report.reason, width, "bold")
    if told:
        rows += paragraph(told, width)
    if report.scores.get("new") is None or found.nothing_new:
        return rows  # the same figures under two names would tell nothing
    facts = [_learned_from(found), *_gains(found), *_flattered(found), LOG_LOSS, OTHERS]
    if plain:
        return [*rows, *map(Text, [*_score_sentences(report.scores), *facts])]
    if width < _TABLE:
        return [*rows, *_wrapped([*_score_sentences(report.scores), *facts], width)]
    rows += [Text(), *_table(report.scores, width), Text()]
    return [*rows, *_wrapped(facts, width)]


def _wrapped(sentences: Iterable[str], width: int) -> list[Text]:
    return [row for sentence in sentences for row in paragraph(sentence, width)]


def _after_verdict(found: Fit, *, dry_run: bool) -> list[str]:
    told = []
    if found.days_to_go is not None:
        told.append(f"At the pace of your last 30 days that takes about {words.days(found.days_to_go)}.")
    if dry_run and found.report.verdict is Verdict.WOULD_ADOPT:
        told.append("Nothing written (dry run). To do it: srs optimize" + _for_deck(found.deck))
    return told


def _for_deck(deck: str | None) -> str:
    return f" -d {clean_line(deck)}" if deck is not None else ""


def _learned_from(found: Fit) -> str:
    report = found.report
    of = "" if found.deck is None else f" of {clean_line(found.deck)}"
    counted = (
        f"{words.plural(report.reviews, 'answer')}{of}, {words.digits(report.long_term_reviews)} of them"
    )
    return (
        f"{counted} a day or more after the one before; only these are scored, each predicted from what was"
        " answered earlier."
    )


def _flattered(found: Fit) -> list[str]:
    """Why the current ones may look better in the table than in the comparison."""
    if found.before.fitted_until is None or found.report.scores.get("new") is None:
        return []
    return ["Your current ones were fitted on most of these answers, which flatters them in the table."]


def _gains(found: Fit) -> list[str]:
    since = "your current ones, on the answers since they were fitted,"
    fitted = found.before.fitted_until is not None
    names = {"default": "the defaults", "current": since if fitted else "your current ones"}
    shown = dict(found.report.differences)
    if found.report.scores.get("default") == found.report.scores.get("current"):
        shown.pop("current", None)
    return [
        _gain(names[name], difference)
        for name, difference in shown.items()
        if not math.isnan(difference.mean)
    ]


def _gain(other: str, difference: Difference) -> str:
    """The difference in log loss with its interval, and what the interval says."""
    better = difference.mean > 0
    low, high = (difference.low, difference.high) if better else (-difference.high, -difference.low)
    which = "lower" if better else "higher"
    sure = "" if low > 0 else "; chance alone may have done it"
    return (
        f"Against {other} the new ones have {abs(difference.mean):.4f} {which} log loss"
        f" ({low:.4f} to {high:.4f} in 95 of 100 draws of your cards){sure}."
    )


def _figures(scores: Scores) -> tuple[str, str, str]:
    found = (f"{scores.log_loss:.4f}", f"{scores.rmse_bins:.4f}", f"{scores.auc:.3f}")
    return tuple("-" if "nan" in each else each for each in found)  # type: ignore[return-value]


def _table(scores: dict[str, Scores | None], width: int) -> list[Text]:
    margin = "  " if width >= _NARROW else ""
    rows = [Text(f"{margin}{'':9}{'log loss':>8}{'RMSE(bins)':>12}{'AUC':>7}", style="dim")]
    for name, each in scores.items():
        if each is not None:
            loss, rmse, auc = _figures(each)
            rows.append(Text(f"{margin}{name:9}{loss:>8}{rmse:>12}{auc:>7}"))
    return rows


def _score_sentences(scores: dict[str, Scores | None]) -> list[str]:
    return [
        "{}: log loss {}, RMSE(bins) {}, AUC {}.".format(name.capitalize(), *_figures(each))
        for name, each in scores.items()
        if each is not None
    ]


# Due days


def question(cards: int) -> str:
    """What is asked before due days move."""
    return f"Move the due {words.noun(cards, 'day')} of {words.plural(cards, 'card')}?"


def answers_rows(found: Fit, width: int) -> list[Text]:
    """What the answers to that question do."""
    if found.report.adopted:
        told = "y adopts the parameters and moves them, n adopts and moves none, Ctrl-C changes nothing."
    else:
        told = "y moves them, n changes nothing."
    return [Text(), *paragraph(told, width)]


def change_rows(change: Change, review_ms: float, width: int, *, plain: bool, ascii_only: bool) -> list[Text]:
    """How many cards are due on the days to come, before and after, and how long they take."""
    if not change.dues:
        return [Text(), *paragraph("No due day would move.", width)]
    rows = [
        Text(),
        *paragraph(f"{words.plural(len(change.dues), 'card')} would be due on another day:", width),
    ]
    told = [("before", change.before), ("after", change.after)]
    if plain or width < _LOAD:
        sentences = [f"{name.capitalize()}: {_spans(days, review_ms)}." for name, days in told]
        return [*rows, *(map(Text, sentences) if plain else _wrapped(sentences, width))]
    margin = "  " if width >= _NARROW else ""
    rows.append(Text(f"{margin}{'':8}{'today':>7}{'7 days':>9}{'30 days':>9}  time", style="dim"))
    for name, days in told:
        spans = "".join(f"{words.digits(sum(days[:n])):>{wide}}" for n, wide in ((1, 7), (7, 9), (30, 9)))
        rows.append(Text(f"{margin}{name:8}{spans}  {_time(days, review_ms)}"))
    most = max(*change.before, *change.after)
    if width >= len(margin) + 8 + DAYS_AHEAD * (1 if ascii_only else 2):
        for name, days in told:
            rows.append(Text(f"{margin}{name:8}{sparkline(days, most=most, ascii_only=ascii_only)}"))
    return rows


def _spans(days: Sequence[int], review_ms: float) -> str:
    counts = f"{days[0]} today, {sum(days[:7])} in 7 days, {sum(days)} in {DAYS_AHEAD} days"
    return f"{counts}, {_time(days, review_ms)}"


def _time(days: Iterable[int], review_ms: float) -> str:
    return words.about(round(sum(days) * review_ms))


def change_json(change: Change, review_ms: float, *, moved: int | None) -> dict[str, Any]:
    """The same as JSON: `due` by day from today on, minutes in all; `moved` is null in a dry run."""
    return {
        "would_move": len(change.dues),
        "moved": moved,
        **{
            name: {"due": list(days), "minutes": round(sum(days) * review_ms / 60_000, 1)}
            for name, days in (("before", change.before), ("after", change.after))
        },
    }


def afterwards(found: Fit, *, moved: int, asked: bool) -> list[str]:
    """What was done, and how to take it back; nothing where nothing was."""
    told = []
    if asked and found.report.adopted:
        told.append("Adopted the new parameters.")
    if moved:
        told.append(f"{words.plural(moved, 'card')} moved to another due day.")
    elif found.report.adopted:
        told.append("Due days stay as they are.")
        if not asked:
            told.append(f"To move them: srs optimize{_for_deck(found.deck)} --reschedule")
    if moved or found.report.adopted:
        told.append(f"To take it back: srs optimize{_for_deck(found.deck)} --revert")
    return told


# History


def history_rows(sets: Sequence[AdoptedSet], days: StudyDays, now: int, width: int) -> list[Text]:
    """Each adopted set on a row: when, for what, on how many answers, log loss, whether in force."""
    told = [("adopted", "for", "answers", "log loss", "before", "")]
    told += [_history_cells(each, days, now) for each in sets]
    wide = [max(len(row[at]) for row in told) for at in range(6)]
    if sum(wide[:5]) + 2 * 5 + wide[5] > width:
        return [line for each in sets for line in _folded(each, days, now, width)]
    rows = []
    for number, row in enumerate(told):
        left = [text.ljust(wide[at]) if at < 2 else text.rjust(wide[at]) for at, text in enumerate(row[:5])]
        rows.append(Text("  ".join([*left, row[5]]).rstrip(), style="" if number else "dim"))
    return rows


def _history_cells(each: AdoptedSet, days: StudyDays, now: int) -> tuple[str, str, str, str, str, str]:
    reviews = each.figure("reviews")
    return (
        words.moment(moment(each.line.at, days.zone), moment(now, days.zone)),
        "all cards" if each.deck is None else clean_line(each.deck),
        "-" if reviews is None else words.digits(int(reviews)),
        _loss(each.figure("scores", "new", "log_loss")),
        _loss(each.figure("scores", "current", "log_loss")),
        "in force" if each.in_force else "taken back" if each.line.undone else "",
    )


def _loss(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _folded(each: AdoptedSet, days: StudyDays, now: int, width: int) -> list[Text]:
    when, of, reviews, new, before, state = _history_cells(each, days, now)
    told = f"{when}, {of}: {reviews} answers, log loss {new}, before {before}"
    return [Text(line) for line in wrapped(f"{told}; {state}" if state else told, width)]


def history_json(each: AdoptedSet, days: StudyDays) -> dict[str, Any]:
    """An adopted set as JSON."""
    payload = each.line.payload
    return {
        "id": str(UUID(bytes=each.line.id)),
        "at": moment(each.line.at, days.zone).isoformat(),
        "study_day": date_of(each.line.study_day).isoformat(),
        "deck": each.deck,
        "in_force": each.in_force,
        "undone": each.line.undone,
        **{
            name: payload.get(name)
            for name in ("reviews", "long_term_reviews", "scores", "differences", "parameters")
        },
    }


def reverted(line: Act, days: StudyDays, now: int) -> str:
    """What was taken back."""
    when = words.moment(moment(line.at, days.zone), moment(now, days.zone))
    if line.kind is ActKind.RESCHEDULE:
        return f"Took back the due days moved {when}."
    deck = line.payload.get("deck")
    of = f" of {clean_line(deck)}" if isinstance(deck, str) else ""
    return f"Took back the parameters{of} adopted {when}, with all that came of them."


def reverted_json(line: Act, days: StudyDays) -> dict[str, Any]:
    """The line that was taken back, as JSON."""
    return {
        "reverted": {
            "id": str(UUID(bytes=line.id)),
            "kind": line.kind.value,
            "at": moment(line.at, days.zone).isoformat(),
            "deck": line.payload.get("deck"),
        }
    }
