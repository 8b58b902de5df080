"""The statistics counted once more from an exported log, one answer after the other, in plain Python.

Nothing of the program is used here: the definitions are written out from README, so that an error there
is not an error here.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from naive_fold import DAY, CardState, W, day_of, of_deck, recall


def wilson(passed, total):
    """The score interval as the roots of its quadratic."""
    if not total:
        return {"passed": 0, "total": 0, "low": None, "high": None}
    z2 = 1.959963984540054**2
    a, b, c = total + z2, -(2 * passed + z2), passed**2 / total
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return {"passed": passed, "total": total, "low": (-b - root) / (2 * a), "high": (-b + root) / (2 * a)}


def rounded_beside(low, high, aim):
    """An interval in per cent with as few decimals as leave it on the same side of the aim."""
    for digits in range(5):
        told = [f"{100 * bound:.{digits}f}" for bound in (low, high)]
        if (low <= aim <= high) == (float(told[0]) <= 100 * aim <= float(told[1])):
            break
    return told


def shares(answers):
    """Young, mature and all of some answers of true retention."""
    ages = {
        "young": [a for a in answers if a["gap"] < 21],
        "mature": [a for a in answers if a["gap"] >= 21],
        "all": answers,
    }
    return {age: wilson(sum(a["rating"] > 1 for a in some), len(some)) for age, some in ages.items()}


STATES = (
    *("new", "learning", "relearning", "young", "mature", "review"),
    *("suspended", "buried", "retired", "unknown", "leech"),
)


class Count:
    """All counts of one export."""

    def __init__(self, lines, world, deck=None, last=None):
        self.world, self.last = world, last
        self.today = world.today
        self.lines = [line for line in lines if not line["undone"]]
        self.whole = self
        if deck is not None:
            # Limits and the rollover are of all decks.
            self.whole = Count([dict(line) for line in lines], world)
            self.world = replace(world, cards={n: t for n, t in world.cards.items() if of_deck(n) == deck})
            self.lines = [
                line
                for line in self.lines
                if line["kind"] == "params" or (line.get("card") and of_deck(line["card"]) == deck)
            ]
        self.sets = {
            line["payload"]["deck"]: tuple(line["payload"]["parameters"])
            for line in self.lines
            if line["kind"] == "params"
        }
        self.cards = {name: self.fresh(name) for name in self.world.cards}
        self.of_card = defaultdict(list)
        for place, line in enumerate(self.lines):
            line["place"] = place
            whose = line.get("card") or line.get("key")
            if whose is None or line["kind"] in {"undo", "options", "batch", "deck", "same", "params"}:
                continue
            line["whose"] = whose
            self.of_card[whose].append(line)
            self.cards.setdefault(whose, self.fresh(whose)).take(line)
        self.answers = [line for line in self.lines if line["kind"] == "answer"]
        self.mark()

    def fresh(self, name):
        """A card before its first line."""
        own = self.sets.get(of_deck(name)) if name in self.world.cards else None
        return CardState(own or self.sets.get(None) or W)

    def mark(self):
        """Say of each answer whether it is its card's first of the day, its gap, its time."""
        seen, before = set(), {}
        for a in self.answers:
            day = day_of(a["study_day"])
            a["day"] = day
            a["first"] = (a["whose"], day) not in seen
            seen.add((a["whose"], day))
            last = before.get(a["whose"])
            a["gap"] = a["interval_before"]
            if a["gap"] is None:
                a["gap"] = 0 if last is None else (day - last).days
            a["met_new"] = a["state_before"] == "new" or (a["state_before"] is None and last is None)
            before[a["whose"]] = day
            a["ms"] = 0 if a["took_ms"] is None else min(a["took_ms"], 60_000)
        self.counted = [a for a in self.answers if a["first"] and a["gap"] >= 1]

    def back(self, days):
        """The first of the last so many days."""
        return self.today - timedelta(days=days - 1)

    def asked(self, answers):
        """The answers of the days asked for with `--days`, or all."""
        return answers if self.last is None else self.within(answers, self.last)

    def within(self, answers, days):
        """The answers of the last so many days."""
        return [a for a in answers if self.back(days) <= a["day"] <= self.today]

    # The half screen

    def retention(self):
        yesterday = self.today - timedelta(days=1)
        return {
            "today": shares([a for a in self.counted if a["day"] == self.today]),
            "yesterday": shares([a for a in self.counted if a["day"] == yesterday]),
            **{f"{days}d": shares(self.within(self.counted, days)) for days in {7, 30, 365, self.last or 7}},
            "all": shares(self.counted),
        }

    def verdict(self):
        month, aim = self.retention()["30d"]["all"], self.world.aim
        passed, total = month["passed"], month["total"]
        goal = f"your aim is {100 * aim:g} %."
        if not total:
            told = "no card came back after a day or more in 30 days"
            return {"kind": "unknown", "sentence": f"Too early to judge: {told}; {goal}"}
        if total < 50:
            told = f"{passed} of {total} recalled in the last 30 days, it takes 50"
            return {"kind": "unknown", "sentence": f"Too early to judge: {told}; {goal}"}
        kind = "under" if month["high"] < aim else "above" if month["low"] > aim else "on"
        low, high = rounded_beside(month["low"], month["high"], aim)
        percent = (
            100 if passed == total else 0 if not passed else min(99, max(1, round(100 * passed / total)))
        )
        told = f"you recalled {percent} % in the last 30 days ({low}-{high})"
        return {"kind": kind, "sentence": f"{kind.capitalize()} aim: {told}, {goal}"}

    def pace(self):
        """Mean time of a new card and of another one on a day."""
        days = defaultdict(list)
        for a in self.within(self.answers, 30):
            days[a["whose"], a["day"]].append(a)
        times = {True: [], False: []}
        for some in days.values():
            timed = [a["ms"] for a in some if a["took_ms"] is not None]
            if timed:
                times[some[0]["met_new"]].append(sum(timed))
        new, old = times[True], times[False]
        return sum(new) / len(new) if new else 60_000, sum(old) / len(old) if old else 20_000

    def waiting(self, name):
        """Whether a card could be asked: not suspended, retired, without text or buried."""
        card = self.cards[name]
        if name not in self.world.cards or name in self.world.retired or card.suspended:
            return False
        return card.buried is None or card.buried <= self.today

    def left(self):
        """What today still asks: new cards, all others."""
        new = met = 0
        for a in (a for a in self.whole.answers if a["day"] == self.today):
            lines = self.whole.of_card[a["whose"]]
            forgets = [line["place"] for line in lines if line["kind"] == "forget"]
            new += a["state_before"] == "new" and not any(place > a["place"] for place in forgets)
            met += a["first"] and a["state_before"] == "review"
        end = self.world.end(self.today)
        open_cards = [self.cards[name] for name in self.cards if self.waiting(name)]
        fresh = sum(card.state == "new" for card in open_cards)
        due = sum(card.state == "review" and card.due_day <= self.today for card in open_cards)
        steps = sum(card.state in {"learning", "relearning"} and card.due_at < end for card in open_cards)
        world = self.world
        return min(fresh, max(0, world.new_per_day - new)), steps + min(
            due, max(0, world.reviews_per_day - met)
        )

    def dues(self):
        """Cards due by day, overdue ones under their own."""
        found = Counter()
        for name, card in self.cards.items():
            if name in self.world.cards and name not in self.world.retired and not card.suspended:
                if card.state == "review":
                    found[card.due_day] += 1
                elif card.state != "new":
                    found[self.world.day(card.due_at)] += 1
        return found

    def forecast(self):
        dues = self.dues()
        days = [self.today + timedelta(days=ahead) for ahead in range(30)]
        due = [dues[day] for day in days]
        due[0] += sum(n for day, n in dues.items() if day < self.today)
        return [{"day": day.isoformat(), "due": n} for day, n in zip(days, due, strict=True)]

    def states(self):
        found = dict.fromkeys(STATES, 0)
        for name, card in self.cards.items():
            if name not in self.world.cards:
                place = "unknown"
            elif name in self.world.retired:
                place = "retired"
            elif card.suspended:
                place = "suspended"
            elif card.buried is not None and card.buried > self.today:
                place = "buried"
            elif card.state == "review":
                place = "mature" if (card.due_day - card.last_day).days >= 21 else "young"
                found["review"] += 1
            else:
                place = card.state
            found[place] += 1
            found["leech"] += card.lapses >= 8 and place not in {"unknown", "retired"}
        return found

    def missed(self):
        """The newest past day without an answer although something was due."""
        studied = {a["day"] for a in self.answers if a["day"] <= self.today}
        overdue = min(self.dues(), default=date.max)
        spans = []
        for lines in self.of_card.values():
            answers = [line for line in lines if line["kind"] == "answer"]
            for one, later in pairwise(answers):
                between = [x for x in lines if one["place"] < x["place"] < later["place"]]
                due = day_of(one["due_day"])
                if one["due_at_ms"] is not None:
                    due = self.world.day(one["due_at_ms"])
                if due is not None and not any(x["kind"] in {"forget", "suspend", "due"} for x in between):
                    spans.append((max(one["day"], due), later["day"]))
        day = self.today - timedelta(days=1)
        while studied and day >= min(studied):
            if day not in studied and (overdue <= day or any(a <= day < b for a, b in spans)):
                return day
            day -= timedelta(days=1)
        return None

    def head(self):
        new, due = self.left()
        pace_new, pace_old = self.pace()
        today = [a for a in self.answers if a["day"] == self.today]
        waiting = max(0, self.forecast()[0]["due"] - due)
        tomorrow = min(self.world.reviews_per_day, waiting + self.forecast()[1]["due"])
        fresh = min(self.world.new_per_day, max(0, self.states()["new"] - new))
        studied = {a["day"] for a in self.answers if a["day"] <= self.today}
        missed = self.missed()
        return {
            "as_of": datetime.fromtimestamp(self.world.now // 1000, self.world.zone).isoformat(),
            "study_day": self.today.isoformat(),
            "today": {
                "answered": len(today),
                "cards": len({a["whose"] for a in today}),
                "minutes": sum(a["ms"] for a in today) / 60_000,
                "right_first_try": sum(a["rating"] > 1 for a in today if a["first"]),
                "left_new": new,
                "left_due": due,
                "left_minutes": round(new * pace_new + due * pace_old) / 60_000,
                "waiting": waiting,
            },
            "tomorrow": {
                "due": tomorrow,
                "new": fresh,
                "minutes": round(fresh * pace_new + tomorrow * pace_old) / 60_000,
            },
            "retention": self.retention(),
            "desired_retention": self.world.aim,
            "states": self.states(),
            "streak": sum(missed is None or day > missed for day in studied),
            "days_studied_30": sum(day >= self.back(30) for day in studied),
        }

    # The views

    def calibration(self):
        scored = [
            (a["replayed"] if a["recall"] is None else a["recall"], a["rating"] > 1, a)
            for a in self.asked(self.counted)
        ]
        unknown = sum(p is None for p, *_ in scored)
        scored = [one for one in scored if one[0] is not None]
        n = len(scored)
        found = {
            "answers": n,
            "recorded": sum(a["recall"] is not None for *_, a in scored),
            "replayed": sum(a["recall"] is None for *_, a in scored),
            "unknown": unknown,
            "predicted": sum(p for p, *_ in scored) / n if n else None,
            "observed": wilson(sum(ok for _, ok, _ in scored), n),
        }
        bins = defaultdict(list)
        for p, ok, _ in scored:
            bins[min(19, next(k for k in range(19, -1, -1) if p >= k / 20))].append((p, ok))
        found["bins"] = [
            {
                "from": k / 20,
                "to": (k + 1) / 20,
                "predicted": sum(p for p, _ in some) / len(some),
                **wilson(sum(ok for _, ok in some), len(some)),
            }
            for k, some in sorted(bins.items())
        ]
        found["error"] = sum(abs(sum(p - ok for p, ok in some)) for some in bins.values()) / n if n else None
        chance = sum(math.sqrt(sum(p * (1 - p) for p, _ in some)) for some in bins.values())
        found["error_by_chance"] = math.sqrt(2 / math.pi) * chance / n if n else None
        found["log_loss"], found["auc"] = log_loss(scored), auc(scored)
        found["rmse_bins"] = self.rmse(scored) if n else None
        return found

    def rmse(self, scored):
        """RMSE over bins of elapsed days, length and lapses, on their logarithmic scales."""
        traits = {}
        for lines in self.of_card.values():
            length = lapses = 0
            for line in lines:
                if line["kind"] == "forget":
                    length = lapses = 0
                elif line["kind"] == "answer":
                    long_term = line["life_days"] > 0
                    traits[line["id"]] = max(line["life_days"], 1), length + 2, lapses
                    length += long_term
                    lapses += long_term and line["rating"] == 1
        bins = defaultdict(list)
        for p, ok, a in scored:
            days, length, lapses = traits[a["id"]]
            lapse = 0 if not lapses else 1 + math.floor(math.log(lapses) / math.log(1.73))
            key = math.floor(math.log(days) / math.log(3.62)), math.floor(math.log(length) / math.log(1.89))
            bins[(*key, lapse)].append(min(1 - 1e-4, max(1e-4, p)) - ok)
        return math.sqrt(sum(sum(some) ** 2 / len(some) for some in bins.values()) / len(scored))

    def knowledge(self):
        first = min((a["day"] for a in self.answers), default=None)
        days = []
        if first is None or first > self.today:
            first = self.today if self.answers else None
        if first is None:
            return {"every": 1, "days": []}
        for ahead in range((self.today - first).days + 1):
            day = first + timedelta(days=ahead)
            moment = min(self.world.end(day), self.world.now)
            known, cards = 0.0, 0
            for card in self.cards.values():
                latest, last = None, date.min
                for when, s, at in card.trace:
                    last = max(last, when)
                    if min(last, self.today) <= day:
                        latest = s, at
                if latest is not None and latest[0] is not None:
                    known += recall(latest[0], max(0, moment - latest[1]) / DAY, card.w)
                    cards += 1
            days.append({"day": day.isoformat(), "known": known, "cards": cards})
        while days and not days[0]["cards"]:
            days.pop(0)
        return {"every": 1, "days": days}

    def spent(self, answers):
        return {
            "days": len({a["day"] for a in answers}),
            "answers": len(answers),
            "timed": sum(a["took_ms"] is not None for a in answers),
            "minutes": sum(a["ms"] for a in answers) / 60_000,
        }

    def time(self):
        periods = {"today": 1, "7d": 7, "30d": 30, "365d": 365}
        monday = self.today - timedelta(days=self.today.weekday())
        weeks = []
        for back in range(25, -1, -1):
            start = monday - timedelta(days=7 * back)
            end = min(start + timedelta(days=6), self.today)
            some = [a for a in self.answers if start <= a["day"] <= end]
            weeks.append({"monday": start.isoformat(), **self.spent(some)})
        told = {name: self.spent(self.within(self.answers, days)) for name, days in periods.items()}
        return {"periods": {**told, "all": self.spent(self.answers)}, "weeks": weeks}

    def calendar(self):
        days = []
        for back in range(364, -1, -1):
            day = self.today - timedelta(days=back)
            some = [a for a in self.answers if a["day"] == day]
            cards = len({a["whose"] for a in some})
            minutes = sum(a["ms"] for a in some) / 60_000
            days.append({"day": day.isoformat(), "answers": len(some), "cards": cards, "minutes": minutes})
        return days

    @staticmethod
    def hour(a):
        """The hour of the wall clock where it was given."""
        if a["utc_offset"] is None:
            return None
        wall = datetime(1970, 1, 1) + timedelta(milliseconds=a["at_ms"], minutes=a["utc_offset"])  # noqa: DTZ001 - a wall clock
        return wall.hour

    def hours(self):
        found = []
        for hour in (*range(24), None):
            answers = [a for a in self.asked(self.answers) if self.hour(a) == hour]
            counted = [a for a in self.asked(self.counted) if self.hour(a) == hour]
            if hour is not None or answers:
                share = wilson(sum(a["rating"] > 1 for a in counted), len(counted))
                found.append({"hour": hour, "answers": len(answers), **share})
        return found

    def ratings(self):
        found = []
        for state in ("new", "learning", "review", "relearning", None):
            some = [a["rating"] for a in self.asked(self.answers) if a["state_before"] == state]
            if some:
                counts = {name: some.count(n) for n, name in enumerate(("again", "hard", "good", "easy"), 1)}
                share = wilson(sum(r > 1 for r in some), len(some))
                found.append({"state": state, **counts, **share})
        return found

    def histograms(self):
        here = [
            card
            for name, card in self.cards.items()
            if name in self.world.cards
            and name not in self.world.retired
            and not card.suspended
            and card.s is not None
        ]
        spans = [0, 1, 2, 4, 8, 15, 31, 61, 121, 241, 366, 731, 1827, None]
        # A due day can be set before the last answer: no interval is under zero.
        review = [max(0, (card.due_day - card.last_day).days) for card in here if card.state == "review"]
        now = [recall(card.s, max(0, self.world.now - card.last_at) / DAY, card.w) for card in here]
        return {
            "intervals": histogram(review, spans),
            "stability": histogram([card.s for card in here], spans),
            "difficulty": histogram([card.d for card in here], [*range(1, 11)]),
            "retrievability": histogram(now, [k / 10 for k in range(11)]),
        }

    def hard(self):
        missed = [
            (name, card)
            for name, card in self.cards.items()
            if card.lapses and name in self.world.cards and name not in self.world.retired
        ]
        missed.sort(key=lambda one: (-one[1].lapses, -one[1].d, one[0].split("/")))
        found = []
        for name, card in missed[:10]:
            answers = [a for a in self.answers if a["whose"] == name]
            found.append(
                {
                    "card": name,
                    "lapses": card.lapses,
                    "reps": card.reps,
                    "difficulty": card.d,
                    "leech": card.lapses >= 8,
                    "suspended": card.suspended,
                    "answers": len(answers),
                    "minutes": sum(a["ms"] for a in answers) / 60_000,
                    "taken": self.taken(name, answers),
                }
            )
        return found

    def taken(self, name, answers):
        """What was given most often instead of a card's answer; alike but for case and spaces is one."""
        alike = defaultdict(Counter)
        for a in answers:
            if a["rating"] == 1 and a["response"] is not None:
                alike[" ".join(a["response"].split()).casefold()][a["response"]] += 1
        alike.pop(" ".join(self.world.texts[name].split()).casefold(), None)
        found = []
        for key, forms in alike.items():
            text = min(forms, key=lambda form: (-forms[form], form))
            cards = [other for other, answer in self.world.texts.items() if answer.lower() == key]
            here = [other for other in cards if other != name and other not in self.world.retired]
            whose = [other for other in here if of_deck(other) == of_deck(name)]
            found.append({"text": text, "times": forms.total(), "card": whose[0] if whose else None})
        return sorted(found, key=lambda one: (-one["times"], one["text"]))[:3]

    def retention_by(self):
        days = self.last or 30
        month = self.within(self.counted, days)
        tags = self.world.cards
        levels = ("core", "working", "deep")

        def names(a, by):
            known = tags.get(a["whose"], ())
            return {
                "deck": [a["whose"].split("/")[0] if a["whose"] in tags else None],
                "tag": list(known) or [None],
                "level": [tag for tag in known if tag in levels] or [None],
                "mode": [a["mode"]],
                "hour": [None if self.hour(a) is None else f"{self.hour(a):02}:00"],
                "weekday": [a["day"].strftime("%A")],
            }[by]

        found = {}
        for by in ("deck", "tag", "level", "mode", "hour", "weekday"):
            groups = defaultdict(list)
            for a in month:
                for name in names(a, by):
                    groups[name].append(a)
            found[by] = {
                "days": days,
                "groups": {name: {"name": name, **shares(some)} for name, some in groups.items()},
                "all": shares(month),
            }
        return found

    def rollover(self):
        """Own answers by the rollover that is set, then those of imports by that of their import."""
        batches = {line["id"]: line["payload"] for line in self.whole.lines if line["kind"] == "batch"}
        groups = defaultdict(Counter)
        for a in self.within(self.whole.answers, 90):
            payload = batches.get(a["batch"], {})
            if a["utc_offset"] is not None and (a["batch"] is None or "source" not in payload):
                groups[None if a["batch"] is None else payload["rollover"]][self.hour(a)] += 1
        own = groups.pop(None, Counter())
        by_number = sorted(groups.items(), key=lambda group: (-group[1].total(), group[0]))
        for rollover, hours in [(self.world.rollover, own), *by_number]:
            if found := self.cut(hours, rollover):
                return found | {"imported": hours is not own}
        return None

    @staticmethod
    def cut(hours, rollover):
        """Whether answers by hour are many around a rollover, and another hour is quiet."""

        def around(hour, wide=1):
            return sum(hours[(hour + off) % 24] for off in range(-wide, wide))

        total, here = hours.total(), around(rollover)
        if total < 200 or here * 10 <= total:
            return None
        quiet = min(range(24), key=lambda hour: tuple(around(hour, wide) for wide in range(1, 13)))
        if around(quiet) * 3 > here:
            return None
        told = {"answers": total, "around": here, "around_quiet": around(quiet)}
        return {"rollover": rollover, "quiet": quiet, **told}

    def everything(self):
        """What `srs stats --json` says, the simulated numbers left out."""
        return {
            **self.head(),
            "days": self.last,
            "verdict": self.verdict(),
            "forecast": self.forecast(),
            "calibration": self.calibration(),
            "knowledge": self.knowledge(),
            "calendar": self.calendar(),
            "time": self.time(),
            "hours": self.hours(),
            "ratings": self.ratings(),
            **self.histograms(),
            "hard": self.hard(),
            "retention_by": self.retention_by(),
            "rollover": self.rollover(),
        }


def by_card(scored, values):
    """The standard error of the mean of values of alike answers of one card, times their number."""
    sums = defaultdict(float)
    for (_, _, a), value in zip(scored, values, strict=True):
        sums[a["whose"]] += value
    cards = len(sums)
    if cards < 2:
        return None
    return math.sqrt(sum(value**2 for value in sums.values()) * cards / (cards - 1))


def log_loss(scored):
    """Log loss with its interval by card."""
    if not scored:
        return {"value": None, "low": None, "high": None}
    losses = []
    for p, ok, _ in scored:
        p = min(1 - 1e-4, max(1e-4, p))  # noqa: PLW2901 - clipped
        losses.append(-math.log(p if ok else 1 - p))
    mean = sum(losses) / len(losses)
    spread = by_card(scored, [loss - mean for loss in losses])
    if spread is None:
        return {"value": mean, "low": 0.0, "high": None}
    spread *= 1.959963984540054 / len(losses)
    return {"value": mean, "low": max(0.0, mean - spread), "high": mean + spread}


def auc(scored):
    """The chance that a recalled answer was predicted above a missed one, with DeLong's interval by card."""
    clipped = [min(1 - 1e-4, max(1e-4, p)) for p, *_ in scored]
    good = sorted(p for p, (_, ok, _) in zip(clipped, scored, strict=True) if ok)
    bad = sorted(p for p, (_, ok, _) in zip(clipped, scored, strict=True) if not ok)
    if not good or not bad:
        return {"value": None, "low": None, "high": None}

    def half_below(values, p):
        return (bisect_left(values, p) + bisect_right(values, p)) / 2 / len(values)

    value = sum(half_below(bad, p) for p in good) / len(good)
    parts = [
        (half_below(bad, p) - value) / len(good) if ok else (1 - half_below(good, p) - value) / len(bad)
        for p, (_, ok, _) in zip(clipped, scored, strict=True)
    ]
    spread = by_card(scored, parts)
    if spread is None:
        return {"value": value, "low": 0.0, "high": 1.0}
    spread *= 1.959963984540054
    return {"value": value, "low": max(0.0, value - spread), "high": min(1.0, value + spread)}


def histogram(values, edges):
    """Counts between edges, from the first bin with a card to the last; None is no end."""
    if not values:
        return {"cards": 0, "median": None, "bins": []}
    bars = []
    for place, (low, high) in enumerate(pairwise(edges)):
        last = place == len(edges) - 2
        n = sum(
            (value >= low or not place) and (high is None or value < high or (last and value >= high))
            for value in values
        )
        bars.append({"from": low, "to": high, "cards": n})
    filled = [place for place, bar in enumerate(bars) if bar["cards"]]
    return {"cards": len(values), "median": median(values), "bins": bars[filled[0] : filled[-1] + 1]}


SIMULATED = frozenset({"expected", "low", "high", "minutes", "minutes_low", "minutes_high", "new"})
"""What a day of the forecast says from simulated futures; all other numbers of the JSON are counted."""


def differences(told, counted, path=""):
    """Where the program's JSON and the naive count part; numbers may differ by rounding.

    What only one of the two has is a difference, but for the simulated numbers.
    """
    if isinstance(counted, dict) and isinstance(told, dict):
        simulated = SIMULATED if path.startswith("/forecast[") else frozenset()
        yield from (f"{path}/{key}: missing" for key in counted.keys() - told.keys())
        yield from (f"{path}/{key}: not counted" for key in told.keys() - counted.keys() - simulated)
        for key in counted.keys() & told.keys():
            yield from differences(told[key], counted[key], f"{path}/{key}")
    elif isinstance(counted, list) and isinstance(told, list):
        if len(told) != len(counted):
            yield f"{path}: {len(told)} entries, counted {len(counted)}"
        for place, (one, other) in enumerate(zip(told, counted, strict=False)):
            yield from differences(one, other, f"{path}[{place}]")
    elif not (told == counted or _nearly(told, counted)):
        yield f"{path}: {told}, counted {counted}"


def _nearly(told, counted):
    if not isinstance(counted, float) or not isinstance(told, (int, float)):
        return False
    return math.isclose(told, counted, rel_tol=1e-9, abs_tol=1e-9)
