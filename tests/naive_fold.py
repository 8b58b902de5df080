"""Memories folded once more from an exported log: one line after the other, in plain Python.

Nothing of the program is used here: the formulas are the published ones of FSRS-6, written out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

# fmt: off
W = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)
# fmt: on
DAY = 86_400_000
EPOCH = date(1970, 1, 1)
STEPS, AGAIN_STEPS = (60, 600), (600,)


@dataclass
class World:
    """What the log does not hold: the cards of the decks, the moment, the calendar, the settings."""

    cards: dict  # name -> tags
    now: int
    zone: object
    rollover: int = 4
    aim: float = 0.9
    new_per_day: int = 20
    reviews_per_day: int = 200
    retired: frozenset = frozenset()
    texts: dict = field(default_factory=dict)  # name -> answer

    def day(self, ms):
        """The study day of a moment, as a date."""
        wall = datetime.fromtimestamp(ms / 1000, UTC).astimezone(self.zone).replace(tzinfo=None)
        return (wall - timedelta(hours=self.rollover)).date()

    def end(self, day):
        """The first moment after a study day, found by halving."""
        low = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) - DAY
        high = low + 4 * DAY
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.day(middle) > day else (middle, high)
        return high

    @property
    def today(self):
        """The study day of now."""
        return self.day(self.now)


def of_deck(name):
    """The deck of a card by its name."""
    return name.split("/")[0]


def day_of(text):
    """A date of the export."""
    return None if text is None else date.fromisoformat(text)


def day_of_payload(line):
    """The day an act says."""
    return EPOCH + timedelta(days=line["payload"]["day"])


def recall(stability, days, w=W):
    """FSRS-6's forgetting curve."""
    factor = 0.9 ** (-1 / w[20]) - 1
    return (1 + factor * days / stability) ** -w[20]


def first_difficulty(rating, w=W):
    """D0, before it is clipped."""
    return w[4] - math.exp(w[5] * (rating - 1)) + 1


def next_memory(s, d, days, rating, w=W):
    """Stability and difficulty after an answer."""
    if s is None:
        return max(w[rating - 1], 0.001), min(10.0, max(1.0, first_difficulty(rating, w)))
    if days < 1:
        growth = math.exp(w[17] * (rating - 3 + w[18])) * s ** -w[19]
        after = s * (growth if rating == 1 else max(1.0, growth))
    elif rating == 1:
        r = recall(s, days, w)
        after = w[11] * d ** -w[12] * ((s + 1) ** w[13] - 1) * math.exp((1 - r) * w[14])
        after = min(after, s / math.exp(w[17] * w[18]))
    else:
        r = recall(s, days, w)
        bonus = {2: w[15], 3: 1.0, 4: w[16]}[rating]
        gain = math.exp(w[8]) * (11 - d) * s ** -w[9] * (math.exp((1 - r) * w[10]) - 1) * bonus
        after = s * (1 + gain)
    moved = d - w[6] * (rating - 3) * (10 - d) / 9
    mixed = w[7] * first_difficulty(4, w) + (1 - w[7]) * moved
    return max(after, 0.001), min(10.0, max(1.0, mixed))


@dataclass
class CardState:
    """One card while its lines are gone through, under the parameters in force now."""

    w: tuple = W
    state: str = "new"
    step: int = 0
    s: float | None = None
    d: float | None = None
    due_day: date | None = None
    due_at: int | None = None
    last_at: int | None = None
    last_day: date | None = None
    last_id: str | None = None
    reps: int = 0
    lapses: int = 0
    suspended: bool = False
    buried: date | None = None
    trace: list = field(default_factory=list)  # (day, s, at) after each answer; s None after a forget

    def take(self, line):
        """Go through one live line."""
        kind = line["kind"]
        day = day_of(line["study_day"])
        if kind == "answer":
            self.answer(line, day)
        elif kind == "forget":
            kept = {"w": self.w, "suspended": self.suspended, "buried": self.buried, "trace": self.trace}
            self.__init__(last_id=line["id"], **kept)
            self.trace.append((day, None, line["at_ms"]))
        elif kind in {"suspend", "resume"}:
            self.suspended = kind == "suspend"
        elif kind == "due":
            self.due_day = day_of_payload(line) if self.state == "review" else self.due_day
        elif kind == "bury":
            self.buried = day_of_payload(line)
        else:
            raise AssertionError(f"the naive count knows no {kind}")

    def answer(self, line, day):
        """Go through one live answer."""
        midway = self.s is None and line["state_before"] == "review" and (line["interval_before"] or 0) >= 1
        if midway:
            self.state, self.s = "review", float(line["interval_before"])
            told = line["difficulty_before"]
            self.d = min(10.0, max(1.0, first_difficulty(3, self.w) if told is None else told))
            self.last_day = day - timedelta(days=line["interval_before"])
            self.due_day = day
        day = day if self.last_day is None else max(day, self.last_day)
        elapsed = 0 if self.last_day is None else (day - self.last_day).days
        line["replayed"] = None
        if self.last_at is not None:
            line["replayed"] = recall(self.s, max(0, line["at_ms"] - self.last_at) / DAY, self.w)
        line["life_days"] = elapsed if self.last_at is not None else 0
        before = self.s, self.d
        was = self.state
        rating = line["rating"]
        self.s, self.d = next_memory(*before, elapsed, rating, self.w)
        if line["state_after"] is not None:
            assert line["after"] == self.last_id, "a broken chain of decisions"
            self.state, self.step = line["state_after"], line["step_after"]
            self.due_day, self.due_at = day_of(line["due_day"]), line["due_at_ms"]
        else:
            self.decide(rating, line["at_ms"], day, before, elapsed)
        self.lapses += was == "review" and rating == 1
        self.reps += 1
        self.last_id, self.last_at, self.last_day = line["id"], line["at_ms"], day
        self.trace.append((day, self.s, line["at_ms"]))

    def decide(self, rating, at, day, before, elapsed):
        """State and due of an imported answer: 1m 10m, 10m, 0.90, no fuzz."""
        previous = (self.due_day - self.last_day).days if self.state == "review" else 0
        delay, step, days = None, 0, {}
        floor = 1
        for each in (2, 3, 4):
            if self.step_of(each) is None:
                plain = max(1, round(next_memory(*before, elapsed, each, self.w)[0]))
                if plain > previous:
                    plain = max(plain, previous + 1)
                days[each] = min(36_500, max(plain, floor))
                floor = max(plain, floor) + 1
        if rating in days:
            self.state, self.due_day, self.due_at = "review", day + timedelta(days=days[rating]), None
            return
        step, delay = self.step_of(rating)
        self.state = "relearning" if self.state in {"review", "relearning"} else "learning"
        self.step, self.due_day, self.due_at = step, None, at + delay * 1000

    def step_of(self, rating):
        """The step and its seconds that a rating leads to; None: to review."""
        if self.state == "review":
            return (0, 600) if rating == 1 else None
        steps = AGAIN_STEPS if self.state == "relearning" else STEPS
        at = self.step if self.state != "new" else 0
        if rating == 4:
            return None
        if rating == 1:
            return 0, steps[0]
        if rating == 2:
            if at > 0:
                return at, steps[at]
            return 0, 330 if len(steps) > 1 else 900
        return (at + 1, steps[at + 1]) if at + 1 < len(steps) else None
