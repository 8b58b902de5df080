"""`python -m tests.benchmarks.fit`: how well fits predict answers they have not seen.

Simulated learners of nine kinds, whose true chance of recall is known: what a prediction loses against
the truth, in thousandths of a nat a review, on the 3,000 answers after those learned from. Then one
real log, on its time-series splits.

What is kept was chosen on other simulated learners (other seeds), among 18 variants; the real log had
only been used to reproduce the published figures, and nothing was changed after it was looked at. The
prior is about as wide as the learners made from FSRS differ, which flatters it there; the half-lives
and the real log owe it nothing.

Left out, as each gained less than 0.0005 on average or lost: in fsrs-rs more epochs (40), another
weight of the prior, four seeds averaged; priors by 0.5, 1 and 1.5 instead of 0.7; whole days in the
fit; two weights for recent reviews; two logistic calibrations of the predictions afterwards; two
corrections by how a card went before; another start of the search.
"""

import argparse
import sys
import time

import fsrs_rs_python
import numpy as np

from srs.evaluation import bins_of, difference, forecasts, losses, predictions, scores, splits
from srs.fitting_items import Histories, training
from srs.fitting_work import fit, rust_items, work
from srs.scheduling import DEFAULT_PARAMETERS, clipped
from tests.learners import POPULATIONS, learners, real_answers

SIZES = (600, 1_000, 3_000, 10_000, 20_000)
ADOPTION_SIZES = (1_500, 5_000)
AHEAD = 3_000
SEED = 2_001


def library(epochs, gamma):
    """A fit by fsrs-rs alone."""

    def learn(histories):
        items, cards = rust_items(histories)
        config = fsrs_rs_python.TrainingConfig(num_epochs=epochs, gamma=gamma)
        model = fsrs_rs_python.FSRS(list(DEFAULT_PARAMETERS))
        return clipped(model.compute_parameters(items, cards, training_config=config))

    return learn


ANKI = "Anki: fsrs-rs, 8 epochs, whole days"
OURS = "srs: most probable parameters, fractional days"
RIVALS = {
    # name: (fit, predicted with fractional days)
    "defaults, whole days": (lambda _: DEFAULT_PARAMETERS, False),
    "defaults, fractional days": (lambda _: DEFAULT_PARAMETERS, True),
    "fsrs-rs, 5 epochs, whole days": (library(5, 1.0), False),
    ANKI: (library(8, 1.0), False),
    "fsrs-rs, 20 epochs, whole days": (library(20, 1.0), False),
    "fsrs-rs, 20 epochs, gamma 2, fractional days": (library(20, 2.0), True),
    OURS: (fit, True),
}
SHOWN = ("defaults, fractional days", ANKI, "fsrs-rs, 20 epochs, gamma 2, fractional days", OURS)
EVERYTHING = 1 << 60


def excess(truth, predicted):
    """What each prediction loses against the truth, in thousandths of a nat."""
    predicted = np.clip(predicted, 1e-4, 1 - 1e-4)
    failed = (1 - truth) * np.log((1 - truth) / (1 - predicted))
    return 1_000 * (truth * np.log(truth / predicted) + failed)


def simulated(count, sizes=SIZES, seed=SEED):
    """The mean excess of each learner, by (population, answers, rival), a list each."""
    found = {}
    for number, kind in enumerate(POPULATIONS):
        for learner in learners(kind, count, answers=max(sizes) + AHEAD, seed=seed + number):
            histories = Histories(learner.answers)
            place = histories.order[histories.targets]
            truth = np.clip(learner.recall[place], 1e-9, 1 - 1e-9)
            for size in sizes:
                known, until = np.searchsorted(place, (size, size + AHEAD))
                past = training(histories, int(known), EVERYTHING, 0)
                for name in SHOWN:
                    learn, fractional = RIVALS[name]
                    ahead = predictions(histories, learn(past), fractional=fractional)[known:until]
                    loss = excess(truth[known:until], ahead).mean()
                    found.setdefault((kind, size, name), []).append(loss)
    return found


def simulated_table(found):
    """Means by population and by size, and how much better ours is, with an interval over learners."""
    sizes = sorted({size for _, size, _ in found})
    short = ("defaults", "Anki's fit", "fsrs-rs 20", "srs")
    rows = [
        f"| learners | answers | {' | '.join(short)} | defaults - srs | Anki's fit - srs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    groups = [((kind,), (size,)) for kind in POPULATIONS for size in sizes]
    groups += [(tuple(POPULATIONS), (size,)) for size in sizes] + [(tuple(POPULATIONS), tuple(sizes))]
    for kinds, counts in groups:
        of = {
            name: np.concatenate([found[kind, size, name] for kind in kinds for size in counts])
            for name in SHOWN
        }
        means = " | ".join(f"{of[name].mean():.1f}" for name in SHOWN)
        gains = " | ".join(_gain(of[name] - of[OURS]) for name in SHOWN[:2])
        who = kinds[0] if len(kinds) == 1 else "all"
        count = f"{counts[0]:,}" if len(counts) == 1 else "all"
        rows.append(f"| {who} | {count} | {means} | {gains} |")
    return "\n".join(rows)


def _gain(gains):
    draws = np.random.default_rng(0).choice(gains, (2_000, gains.size)).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return f"{gains.mean():+.1f} ({low:+.1f} to {high:+.1f})"


def real_table(answers):
    """The real log on its splits: figures of each rival and intervals by card."""
    histories = Histories(answers)
    first = splits(histories.targets.size)[0][0]
    passed, bins = histories.passed[first:], bins_of(histories)[first:]
    card = histories.card[histories.targets[first:]]
    of = {
        name: forecasts(
            histories,
            lambda reviews, learn=learn: learn(training(histories, reviews, EVERYTHING, 0)),
            fractional=fractional,
        )[first:]
        for name, (learn, fractional) in RIVALS.items()
    }
    adopted = work(answers, DEFAULT_PARAMETERS, fitted_until=None, seed=0).new
    told = f"What `srs optimize` reports: {adopted.log_loss:.4f}. {passed.size:,} scored reviews."
    rows = [
        "| parameters | log loss | RMSE(bins) | AUC | Anki's fit - it | defaults - it |",
        "|---|---|---|---|---|---|",
    ]
    for name, predicted in of.items():
        figures = scores(predicted, passed, bins)
        gains = []
        for rival in (ANKI, "defaults, whole days"):
            gain = difference(losses(of[rival], passed), losses(predicted, passed), card, SEED)
            gains.append(f"{gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})")
        shown = f"{figures.log_loss:.4f} | {figures.rmse_bins:.4f} | {figures.auc:.3f}"
        rows.append(f"| {name} | {shown} | {' | '.join(gains)} |")
    return "\n".join([*rows, "", told])


def adoption_table(count, seed=SEED):
    """What adopting by the mean over the splits, or by its interval, makes of simulated learners."""
    judged = {size: [] for size in ADOPTION_SIZES}
    for number, kind in enumerate(POPULATIONS):
        for learner in learners(kind, count, answers=max(ADOPTION_SIZES) + AHEAD, seed=seed + number):
            histories = Histories(learner.answers)
            place = histories.order[histories.targets]
            truth = np.clip(learner.recall[place], 1e-9, 1 - 1e-9)
            for size in ADOPTION_SIZES:
                found = work(learner.until(size).answers, DEFAULT_PARAMETERS, fitted_until=None, seed=0)
                known, until = np.searchsorted(place, (size, size + AHEAD))
                losing = [
                    excess(truth[known:until], predictions(histories, each)[known:until]).mean()
                    for each in (DEFAULT_PARAMETERS, found.parameters)
                ]
                gate = found.against_default
                judged[size].append((*losing, gate.mean > 0, gate.low > 0))
    rows = [
        "| answers | rule | adopted | though worse | kept though better | excess in force |",
        "|---|---|---|---|---|---|",
    ]
    for size, all_judged in judged.items():
        default, new, by_mean, by_interval = np.array(all_judged).T
        rules = {
            "never": by_mean < 0,
            "always": by_mean >= 0,
            "mean": by_mean > 0,
            "interval": by_interval > 0,
        }
        for rule, taken in rules.items():
            worse, better = taken & (new > default + 0.2), ~taken & (new < default - 0.2)
            shares = " | ".join(f"{100 * share.mean():.0f} %" for share in (taken, worse, better))
            rows.append(f"| {size:,} | {rule} | {shares} | {np.where(taken, new, default).mean():.2f} |")
    return "\n".join(rows)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.fit", description=__doc__)
    parser.add_argument("--learners", type=int, default=4, help="learners of each kind (default 4)")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, other learners")
    asked = parser.parse_args()
    began = time.perf_counter()
    _say("Simulated learners: excess log loss over the truth, 0.001 nat; in brackets 95 % over learners.\n")
    _say(simulated_table(simulated(asked.learners, seed=asked.seed)))
    _say("\nWhich rule adopts: excess as above, worse and better by more than 0.2.\n")
    _say(adoption_table(asked.learners, seed=asked.seed))
    answers = real_answers()
    _say("\nOne real log, five expanding splits; in brackets 95 % by a paired bootstrap of cards.\n")
    _say(
        "skipped: the log is not there (SRS_REAL_LOG says where)" if answers is None else real_table(answers)
    )
    _say(f"\n{time.perf_counter() - began:.0f} s.")


def _say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
