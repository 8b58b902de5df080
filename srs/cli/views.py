"""The view of the card on the screen: its texts, its turn so far, what each rating would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srs.cli import key_rows, talk
from srs.cli.screen import CardView
from srs.cli.turn import Stage
from srs.model import Rating

if TYPE_CHECKING:
    from srs.cli.responses import Options, Response, Typed
    from srs.cli.turn import Turn
    from srs.deck.judge import Verdict
    from srs.model import Card
    from srs.reviewing import Review

_BRACKETED_UP_TO = 300
"""An answer longer than this is told whole and not with its difference marked."""


def card_view(
    review: Review,
    turn: Turn,
    *,
    keys: tuple[str, ...],
    note: str | None = None,
    hints: tuple[str, ...] = (),
    outcome: str | None = None,
    offset: int = 0,
) -> CardView:
    """The card on the screen, as its turn has it."""
    shown = review.shown
    if shown is None:
        raise RuntimeError("no card is on the screen")
    card = shown.card
    answer_shown = turn.stage is not Stage.ASKED
    return CardView(
        deck_name=shown.on_file.deck_name,
        deck_id=card.deck,
        question=card.question,
        new=review.left.new,
        learning=review.left.learning,
        due=review.left.review,
        finished=review.left.finished,
        total=review.left.total,
        scenario=card.scenario,
        answer=card.answer if answer_shown else None,
        explanation=card.explanation if answer_shown else None,
        source=card.source if answer_shown else None,
        hint=card.hint,
        hinted=turn.hinted,
        response=_response(card, turn),
        outcome=outcome,
        ratings=_ratings(review, turn) if turn.stage is Stage.ANSWERED else (),
        note=note,
        hints=hints,
        keys=keys,
        offset=offset,
    )


def keys_of(review: Review, turn: Turn, *, lines: bool = False) -> tuple[str, ...]:
    """The keys of the last row, on the full screen or for lines."""
    shown = review.shown
    return (key_rows.in_lines if lines else key_rows.on_screen)(
        turn,
        hint=shown is not None and shown.card.hint is not None and not turn.hinted,
        missed=shown is not None and review.missed(shown.key),
    )


def _ratings(review: Review, turn: Turn) -> tuple[tuple[str, str], ...]:
    words = {rating: rating.word for rating in turn.offered}
    if turn.options and turn.right:
        words[Rating.AGAIN] = "I guessed"
    if not review.records:
        return tuple(
            (word, "once more" if rating is Rating.AGAIN else "done") for rating, word in words.items()
        )
    outcomes = review.outcomes()
    return tuple((word, talk.interval_text(outcomes[rating - 1])) for rating, word in words.items())


def _response(card: Card, turn: Turn) -> Response | None:
    if turn.options:
        return _options(turn)
    if turn.waits_for_text or turn.verdict is not None:
        return _typed(card, turn)
    return None


def _options(turn: Turn) -> Options:
    from srs.cli.responses import RIGHT, YOURS, OptionLine, Options
    from srs.modes import LETTERS

    lines = []
    for index, (letter, option) in enumerate(zip(LETTERS, turn.options, strict=False)):
        mark, why = "", None
        if turn.stage is not Stage.ASKED and option.right:
            mark = RIGHT
        elif turn.stage is not Stage.ASKED and index == turn.picked:
            mark, why = YOURS, option.why
        lines.append(OptionLine(letter, option.text, mark, why))
    verdict = "Right." if turn.right else "Not known." if turn.picked is None else "Wrong."
    return Options(tuple(lines), "" if turn.stage is Stage.ASKED else verdict)


def _typed(card: Card, turn: Turn) -> Typed:
    from srs.cli.responses import Typed

    if turn.verdict is None:
        return Typed()
    return Typed(turn.response or "", turn.verdict.sentence, _compared(card, turn.verdict))


def _compared(card: Card, verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """What was typed above what it was compared with; the card's own answer is always told."""
    whole = ("answer", card.answer)
    yours = (("yours", verdict.yours),) if verdict.yours else ()
    differs = verdict.yours != verdict.answer
    if verdict.against != card.answer:
        return (*yours, *((("meant", verdict.answer),) if differs else ()), whole)
    if not differs:
        return (whole,)
    short = "\n" not in card.answer and len(card.answer) <= _BRACKETED_UP_TO
    return (*yours, ("answer", verdict.answer) if short else whole)
