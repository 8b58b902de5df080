"""The work of a fit: parameters from answers, and predictions of answers that were not learned from.

Two stages: fsrs-rs fits first, and its result is where the search for the most probable parameters
begins. fsrs-rs learns in small batches and stops while still on its way; the search ends where the
prior and all reviews agree.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from srs.evaluation import (
    Difference,
    Scores,
    bins_of,
    difference,
    forecasts,
    losses,
    predictions,
    scores,
    splits,
)
from srs.fitting_items import Histories, training
from srs.fitting_map import MostProbable
from srs.scheduling import DEFAULT_PARAMETERS, clipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import fsrs_rs_python

    from srs.fitting_items import Answers, Bools, Floats, Ints

MOST_REVIEWS = 20_000
"""Long-term reviews a fit learns from; of more, cards are drawn. 21 numbers need no more: what chance
still adds to the log loss is at most about 21 / (2 x 20,000) = 0.0005, less with the prior."""

EPOCHS, GAMMA, BATCH_SIZE, RUST_SEED = 20, 2.0, 512, 2023
_LONGEST = 256


@dataclass(frozen=True, slots=True)
class Found:
    """What the work gives back: parameters fitted on everything, and scores on the splits.

    `against_default` and `against_current` are log losses of those minus those of the new ones, the
    latter over the `fresh` reviews that the current parameters had not been fitted on; `fresh_current`
    and `fresh_new` are the two log losses there. `scored` counts the reviews of the splits.
    """

    parameters: tuple[float, ...]
    default: Scores
    current: Scores
    new: Scores
    against_default: Difference
    against_current: Difference
    scored: int
    fresh: int
    fresh_current: float
    fresh_new: float
    long_term_reviews: int

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)

    @classmethod
    def of_json(cls, body: dict[str, Any]) -> Found:
        """The same from the fields."""
        made: dict[str, Any] = dict(body)
        made["parameters"] = tuple(made["parameters"])
        for name in ("default", "current", "new"):
            made[name] = Scores(**made[name])
        for name in ("against_default", "against_current"):
            made[name] = Difference(**made[name])
        return cls(**made)


def work(
    answers: Answers,
    current: Sequence[float],
    *,
    fitted_until: int | None,
    seed: int,
    tell: Callable[[float], None] = lambda _: None,
) -> Found:
    """Fit on everything and on the past of each split, and score what was not learned from.

    `fitted_until` is the moment (ms) of the last answer the current parameters were fitted on, None
    when they were not fitted on any of these. `tell` hears the share of the work done, 0..1.
    """
    histories = Histories(answers)
    progress = _Progress(histories, tell)
    parameters = DEFAULT_PARAMETERS

    def learn(reviews: int) -> tuple[float, ...]:
        """Each fit begins where the one before ended, so that the later ones are short."""
        nonlocal parameters
        parameters = fit(training(histories, reviews, MOST_REVIEWS, seed), parameters, rust=False)
        progress.done(reviews)
        return parameters

    forecast = forecasts(histories, learn)
    everything = training(histories, histories.targets.size, MOST_REVIEWS, seed)
    parameters = fit(everything, parameters)
    progress.done(histories.targets.size)
    return _judged(histories, parameters, _Incumbent(tuple(current), fitted_until), forecast, seed)


class _Progress:
    """How much of the fits is done, by the number of reviews each learns from."""

    def __init__(self, histories: Histories, tell: Callable[[float], None]) -> None:
        ends = [*(start for start, _ in splits(histories.targets.size)), histories.targets.size]
        self._whole = sum(_effort(end) for end in ends)
        self._so_far = 0.0
        self._tell = tell
        tell(0.0)

    def done(self, reviews: int) -> None:
        self._so_far += _effort(reviews)
        self._tell(min(1.0, self._so_far / self._whole))


def _effort(reviews: int) -> float:
    """What a fit costs, in reviews; what it costs with few is mostly Python."""
    return min(reviews, MOST_REVIEWS) + MOST_REVIEWS / 20


def fit(
    histories: Histories, start: Sequence[float] = DEFAULT_PARAMETERS, *, rust: bool = True
) -> tuple[float, ...]:
    """The most probable parameters, 21 numbers within the bounds of `fsrs`.

    The search begins at `start`, or with `rust` where fsrs-rs ends, if that is more probable. With no
    long-term review they are the defaults.
    """
    if not histories.targets.size:
        return DEFAULT_PARAMETERS
    searches = [MostProbable(histories, start)]
    if rust:
        searches.append(MostProbable(histories, fitted_by_rust(histories)))
    return min(searches, key=lambda search: search.cost).search()


def fitted_by_rust(histories: Histories) -> tuple[float, ...]:
    """What fsrs-rs makes of the histories: 20 epochs, gamma 2, clipped to the bounds of `fsrs`."""
    import fsrs_rs_python  # noqa: PLC0415 - only the child that fits needs it

    config = fsrs_rs_python.TrainingConfig(
        num_epochs=EPOCHS, batch_size=BATCH_SIZE, seed=RUST_SEED, max_seq_len=_LONGEST, gamma=GAMMA
    )
    items, cards = rust_items(histories)
    model = fsrs_rs_python.FSRS(list(DEFAULT_PARAMETERS))
    return clipped(model.compute_parameters(items, cards, training_config=config))


def rust_items(histories: Histories) -> tuple[list[fsrs_rs_python.FSRSItem], list[int]]:
    """One item for each long-term review, in order of time, and its card: all answers up to it."""
    from fsrs_rs_python import FSRSItem, FSRSReview  # noqa: PLC0415 - as above

    h = histories
    # Few pairs of rating and days occur, and one object can stand in many items.
    pairs, which = np.unique(np.stack([h.rating, h.days]), axis=1, return_inverse=True)
    known = [FSRSReview(rating, days) for rating, days in pairs.T.tolist()]
    reviews = [known[place] for place in which.ravel().tolist()]
    begins = h.begins[h.card[h.targets]]
    items = [
        FSRSItem(reviews[begin : target + 1])
        for begin, target in zip(begins.tolist(), h.targets.tolist(), strict=True)
    ]
    return items, h.card[h.targets].tolist()


@dataclass(frozen=True, slots=True)
class _Incumbent:
    """The parameters in force, and the moment up to which they know the answers."""

    parameters: tuple[float, ...]
    fitted_until: int | None


def _judged(
    h: Histories, parameters: tuple[float, ...], incumbent: _Incumbent, forecast: Floats, seed: int
) -> Found:
    """What the forecasts and the parameters in force make of the reviews of the splits."""
    tested = slice(splits(h.targets.size)[0][0], None)
    passed: Bools = h.passed[tested]
    bins, card = bins_of(h)[tested], h.card[h.targets[tested]]
    by_default = predictions(h, DEFAULT_PARAMETERS)[tested]
    fitted = incumbent.parameters != DEFAULT_PARAMETERS
    by_current = predictions(h, incumbent.parameters)[tested] if fitted else by_default
    forecast = forecast[tested]
    loss_new, loss_default, loss_current = (
        losses(each, passed) for each in (forecast, by_default, by_current)
    )
    at: Ints = h.answers.at[h.order[h.targets[tested]]]
    fresh = np.ones(at.size, dtype=bool)
    if fitted and incumbent.fitted_until is not None:
        fresh = at > incumbent.fitted_until
    return Found(
        parameters=parameters,
        default=scores(by_default, passed, bins),
        current=scores(by_current, passed, bins),
        new=scores(forecast, passed, bins),
        against_default=difference(loss_default, loss_new, card, seed),
        against_current=difference(loss_current[fresh], loss_new[fresh], card[fresh], seed),
        scored=int(passed.size),
        fresh=int(fresh.sum()),
        fresh_current=_mean(loss_current[fresh]),
        fresh_new=_mean(loss_new[fresh]),
        long_term_reviews=int(h.targets.size),
    )


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")
