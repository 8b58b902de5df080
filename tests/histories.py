"""Random parameters, options, memories and logs of several devices, for the tests of the fold."""

import random
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from srs.fold import answer_line, fold, live
from srs.ids import next_line_id
from srs.model import IMPORTED_OPTIONS, Act, ActKind, Answer, Memory, Options, Rating, State
from srs.scheduling import DEFAULT_PARAMETERS, PARAMETER_BOUNDS, Scheduling

CARD = b"card-of-16-bytes"
DAY_MS = 86_400_000
START = 1_760_000_000_000
DEFAULT = Scheduling()
OPTION_SETS = (
    Options(),
    Options(fuzz=False),
    Options(desired_retention=0.8, learning_steps=(), relearning_steps=()),
    Options(desired_retention=0.97, learning_steps=(30,), relearning_steps=(60, 3_600, 7_200)),
    Options(learning_steps=(60, 600, 3_600), relearning_steps=(), maximum_interval=30),
)
KNOWN = {options.name(): options for options in (*OPTION_SETS, IMPORTED_OPTIONS)}
RATINGS = (Rating.AGAIN, Rating.HARD, Rating.GOOD, Rating.GOOD, Rating.GOOD, Rating.EASY)
SHELF = (ActKind.SUSPEND, ActKind.RESUME, ActKind.FLAG, ActKind.UNFLAG, ActKind.BURY)


def seeded(seed):
    """A random source that gives the same again for the same seed."""
    return random.Random(seed)  # noqa: S311 - seeded on purpose, nothing is secret


def parameter_sets():
    """The defaults, or 21 numbers anywhere within the bounds of `fsrs`."""
    anywhere = st.tuples(*(st.floats(low, high) for low, high in PARAMETER_BOUNDS))
    return st.one_of(st.just(DEFAULT_PARAMETERS), anywhere)


def option_sets():
    """Any options the settings would accept."""
    steps = st.lists(st.integers(1, 86_399), max_size=4).map(lambda found: tuple(sorted(found)))
    return st.builds(
        Options,
        desired_retention=st.floats(0.7, 0.99),
        learning_steps=steps,
        relearning_steps=steps,
        maximum_interval=st.integers(1, 36_500),
        fuzz=st.booleans(),
    )


@st.composite
def memories(draw):
    """A card in any state, with steps that may lie beyond today's."""
    state = draw(st.sampled_from(State))
    if state is State.NEW:
        return Memory()
    in_review = state is State.REVIEW
    last_day = draw(st.integers(20_000, 21_000))
    interval = draw(st.integers(0, 40_000))
    return Memory(
        state=state,
        step=None if in_review else draw(st.integers(0, 6)),
        stability=draw(st.floats(0.001, 50_000)),
        difficulty=draw(st.floats(1, 10)),
        due_day=last_day + interval if in_review else None,
        due_at=None if in_review else last_day * DAY_MS,
        last_at=last_day * DAY_MS,
        last_day=last_day,
        last_id=b"line-of-16-bytes",
        reps=draw(st.integers(1, 500)),
        lapses=draw(st.integers(0, 50)),
    )


@dataclass
class Device:
    """A laptop with a log of one card, a clock of its own and settings of its own."""

    source: random.Random
    name: str = "a"
    clock: int = START
    options: Options = OPTION_SETS[0]
    lines: dict = field(default_factory=dict)
    shown: list = field(default_factory=list)

    def fold(self, scheduling=DEFAULT):
        """The card's memory on this device."""
        return fold(self.lines.values(), scheduling=scheduling, options=KNOWN)

    def next_id(self):
        """An id above all this device has seen."""
        return next_line_id(self.clock, max(self.lines, default=None), self.source.getrandbits)

    def write(self, line):
        """Append a line to the log."""
        self.lines[line.id] = line
        return line

    @property
    def day(self):
        """The study day of the device's clock."""
        return self.clock // DAY_MS

    def act(self, kind, **rest):
        """Write an act on the card."""
        return self.write(Act(self.next_id(), kind, self.clock, self.day, card=CARD, **rest))

    def undo(self, target):
        """Write an undo of a line."""
        return self.act(ActKind.UNDO, target=target)

    def answer(self, rating):
        """Answer the card as the program does, keeping what was shown."""
        memory = self.fold().memory
        rules = DEFAULT.under(self.options)
        outcome = rules.outcomes(memory, key=CARD, study_day=self.day)[rating - 1]
        line = answer_line(
            memory,
            outcome,
            id=self.next_id(),
            card=CARD,
            at=self.clock,
            study_day=self.day,
            options=self.options.name(),
            recall=rules.recall(memory, self.clock),
            device=self.name,
        )
        self.shown.append((memory, outcome, line))
        return self.write(line)

    def bring_in(self):
        """Import a few answers of long ago without decisions, as one batch; some start mid-way."""
        batch = self.act(ActKind.BATCH)
        at = self.clock - self.source.randrange(1, 400) * DAY_MS
        midway = self.source.random() < 0.5
        for _ in range(self.source.randrange(1, 4)):
            line_id = next_line_id(at, None, self.source.getrandbits)
            self.write(
                Answer(
                    line_id,
                    CARD,
                    at,
                    at // DAY_MS,
                    self.source.choice(RATINGS),
                    state_before=State.REVIEW if midway else None,
                    interval_before=self.source.randrange(30) if midway else None,
                    difficulty_before=self.source.choice([None, 7.5]),
                    batch=batch.id,
                )
            )
            at += self.source.randrange(1, 20) * DAY_MS // 2

    def live_ids(self):
        """The ids of the lines that count, oldest first."""
        return [line.id for line in live(self.lines.values())]


def take_turn(device):
    """Let some time pass (clocks may also run backwards), then do one thing a learner does."""
    source = device.source
    device.clock += source.choice([20_000, 600_000, 9 * 3_600_000, DAY_MS, 5 * DAY_MS, 40 * DAY_MS])
    if source.random() < 0.1:
        device.clock -= source.randrange(30) * DAY_MS
    if source.random() < 0.1:
        device.options = source.choice(OPTION_SETS)
    doings = (
        _answer,
        _shelve,
        _set_due,
        _reschedule,
        _forget,
        Device.bring_in,
        _lapse_with_consequence,
        _undo,
    )
    source.choices(doings, weights=(62, 10, 4, 3, 3, 3, 3, 12))[0](device)


def _answer(device):
    device.answer(device.source.choice(RATINGS))


def _shelve(device):
    device.act(device.source.choice(SHELF), payload={"day": device.day + device.source.randrange(-1, 3)})


def _set_due(device):
    device.act(ActKind.DUE, payload={"day": device.day + device.source.randrange(-10, 60)})


def _reschedule(device):
    device.act(ActKind.RESCHEDULE, payload={"options": device.options.name().hex()})


def _forget(device):
    device.act(ActKind.FORGET)


def _lapse_with_consequence(device):
    device.act(ActKind.SUSPEND, cause=device.answer(Rating.AGAIN).id)


def _undo(device):
    """Take back the newest live line most often, else any: also one already undone, also an undo."""
    if not device.lines:
        return
    newest = max(device.live_ids(), default=None)
    if newest is None or device.source.random() < 0.4:
        newest = device.source.choice(sorted(device.lines))
    device.undo(newest)


def random_log(seed, turns=30, devices=3):
    """A log of several devices that now and then merge, as one dict of lines by id, and the devices."""
    source = seeded(seed)
    found = [
        Device(seeded(source.random()), name, START + source.randrange(-5, 5) * DAY_MS // 3)
        for name in "abcdefgh"[:devices]
    ]
    for device in found:
        device.options = source.choice(OPTION_SETS)
    for _ in range(turns):
        device = source.choice(found)
        take_turn(device)
        if source.random() < 0.15:
            device.lines.update(source.choice(found).lines)
    united = {line_id: line for device in found for line_id, line in device.lines.items()}
    return united, found


def without_decision(answer):
    """The answer as an import would bring it."""
    return replace(answer, after=None, state_after=None, step_after=None, due_day=None, due_at=None)
