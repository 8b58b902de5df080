"""A small world for the tests of the engine: decks in files, a clock that is set, collections, laws."""

import math
import shutil
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import postgres
from histories import seeded

from srs import clock as real_clock
from srs.collection import Collection
from srs.days import StudyDays
from srs.fold import live, replay
from srs.intake import import_decks
from srs.model import ActKind, Memory, Rating, State
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.settings import Settings
from srs.store import heads, reading
from srs.today import scope_at

DAYS = StudyDays(ZoneInfo("Europe/Berlin"), 4)
MINUTE_MS = 60_000
DAY_MS = 86_400_000
START = 1_760_000_000_000
LEARNER = "me"

assert real_clock.now_ms() > START, "the made-up clock starts in the past"


@dataclass
class Clock:
    """A clock that stands where it is put."""

    now: int = START

    def __call__(self):
        return self.now

    def advance(self, *, days=0, minutes=0, seconds=0):
        """Move on, or back, and return the moment."""
        self.now += days * DAY_MS + minutes * MINUTE_MS + seconds * 1000
        return self.now

    @property
    def today(self):
        """The study day."""
        return DAYS.day(self.now)


@dataclass
class Written:
    """A card as it stands in a deck file."""

    id: str
    question: str = "What is it?"
    answer: str = "A thing."
    tags: tuple = ()
    was: tuple = ()


@dataclass
class DeckFile:
    """A deck file that can be edited and written."""

    path: object
    cards: list = field(default_factory=list)
    retention: float | None = None

    def write(self):
        """Write the file; returns its path."""
        lines = ["[deck]", f'id = "{self.path.stem}"', f'name = "The deck {self.path.stem}"']
        if self.retention is not None:
            lines.append(f"desired_retention = {self.retention}")
        for card in self.cards:
            lines += ["[[cards]]", f'id = "{card.id}"', f'question = "{card.question}"']
            lines.append(f'answer = "{card.answer}"')
            lines += [
                f"{name} = [{', '.join(f'{chr(34)}{word}{chr(34)}' for word in words)}]"
                for name, words in (("tags", card.tags), ("was", card.was))
                if words
            ]
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.path


def deck_of(folder, name, size, **rest):
    """A deck file of `size` cards with ids `c0`, `c1`, …, written."""
    deck = DeckFile(folder / f"{name}.toml", [Written(f"c{i}") for i in range(size)], **rest)
    deck.write()
    return deck


def open_at(path, clock, *, seed=1, settings=None, create=False, durable=False, as_file=False, **rest):
    """A collection on a file with a clock and random source of the test's own.

    Only a `durable` one waits for the disk: what is tested here is seldom the disk. One `as_file` is a
    file where the tests run on a server, too.
    """
    collection = Collection.open(
        path if as_file else postgres.place(path, create=create),
        create=create,
        settings=settings or Settings(),
        days=rest.pop("days", DAYS),
        learner=rest.pop("learner", LEARNER),
        device=rest.pop("device", "laptop"),
        now=clock,
        random_bits=seeded(seed).getrandbits,
        **rest,
    )
    if not durable and postgres.SERVER is None:
        collection.rows("PRAGMA synchronous = OFF", {})
    return collection


def filled(folder, clock, *sizes, settings=None, name="cards.db", seed=1):
    """A new collection with decks `d0`, `d1`, … of these sizes imported."""
    collection = open_at(folder / name, clock, settings=settings, create=True, seed=seed)
    decks = [deck_of(folder, f"d{i}", size) for i, size in enumerate(sizes)]
    report = import_decks(collection, [deck.path for deck in decks])
    assert not report.problems
    return collection


def copied(template, target):
    """A copy of a closed database file."""
    shutil.copyfile(template, target)
    return target


def started(collection, request=None):
    """A review of a collection, started now."""
    return collection.review() if request is None else collection.review(request)


def answer_next(review, clock, rating, *, took_ms=5_000):
    """Answer the next card a few seconds from now; returns what was shown and what was recorded."""
    shown = review.next(clock())
    assert shown is not None
    clock.advance(seconds=5)
    return shown, review.answer(rating, now=clock(), took_ms=took_ms)


def answer_card(collection, name, rating, *, at=None):
    """Answer a card by its name without a session; returns what was recorded."""
    from srs.reviewing import Shown

    at = collection.now() if at is None else at
    on_file = collection.find(name)
    options = collection.settings.options(on_file.deck_retention)
    shown = Shown(on_file, "review", collection.days.day(at), options)
    rules = Scheduling().under(options)
    outcomes = rules.outcomes(shown.memory, key=shown.key, study_day=shown.study_day)
    return collection.answer(shown, outcomes[rating - 1], at=at, took_ms=4_000)


def make_due(collection, name, *, days_ago=1, last=10, rating=Rating.EASY):
    """Put a card in review, answered and due some days ago, by the log; returns its key."""
    now = collection.now()
    at = now - last * DAY_MS
    key = answer_card(collection, name, rating, at=at).answer.card
    collection.act(ActKind.DUE, key, at=at, day=collection.days.day(now) - days_ago)
    return key


def siblings(collection, *names):
    """Make some cards one entry, as no deck file can yet."""
    for name in names:
        for table, column in (("card", "key"), ("memory", "card")):
            collection.rows(
                f"UPDATE {table} SET entry = :entry WHERE {column} = :card",
                {"entry": bytes(16), "card": collection.find(name).key},
            )


def scatter(collection, random):
    """Give every card a random place in its life: any state, due about now, on or off the shelf."""
    now, today = collection.now(), collection.days.day(collection.now())
    keys = [key for (key,) in collection.rows("SELECT card FROM memory ORDER BY card", {})]
    entries = random.choice([len(keys) * 20, len(keys), max(1, len(keys) // 2)])
    for key in keys:
        state = random.choice([0, 0, 1, 2, 2, 2, 3])
        last_day = today - random.choice([0, 1, 1, 2, 9])
        row = dict.fromkeys(("step", "due_day", "due_at", "last_day", "last_at", "stability", "difficulty"))
        if state:
            row |= {"last_day": last_day, "last_at": now - (today - last_day) * DAY_MS - 60_000}
            row |= {"stability": random.uniform(0.5, 40), "difficulty": random.uniform(1, 10)}
        if state == State.REVIEW:
            row["due_day"] = max(last_day, today + random.randrange(-4, 3))
        elif state:
            row |= {"step": random.randrange(2), "due_at": now + random.randrange(-300, 1_400) * MINUTE_MS}
        row["buried"] = random.choice([None, None, None, None, today, today + 1])
        row["shelf"] = int(random.random() < 0.1)
        collection.rows(
            "UPDATE memory SET state = :state, step = :step, due_day = :due_day, due_at = :due_at,"
            " last_day = :last_day, last_at = :last_at, stability = :stability, difficulty = :difficulty,"
            " buried_until = :buried, shelf = :shelf, suspended = :shelf, entry = :entry, reps = :state"
            " WHERE card = :key",
            row | {"state": state, "key": key, "entry": random.randrange(entries).to_bytes(16, "big")},
        )


def log_of(collection):
    """Every line of the learner's log, in log order, with the stored bits as they are."""
    mine = {"learner": collection.learner}
    answers = collection.rows(f"SELECT {reading.ANSWER_COLUMNS} FROM review WHERE learner = :learner", mine)
    acts = collection.rows(f"SELECT {reading.ACT_COLUMNS} FROM act WHERE learner = :learner", mine)
    lines = [*map(reading.answer_from, answers), *map(reading.act_from, acts)]
    return sorted(lines, key=lambda line: line.id)


def classes_of(lines):
    """Key -> frozenset of all keys that live `same` acts join it to, from the log alone."""
    joined = {}
    for line in lines:
        keys = {line.card} if line.card is not None else set()
        if getattr(line, "kind", None) is ActKind.SAME:
            keys |= {bytes.fromhex(line.payload["old"]), bytes.fromhex(line.payload["new"])}
        whole = frozenset(keys.union(*(joined.get(key, {key}) for key in keys)))
        joined.update(dict.fromkeys(whole, whole))
    return joined


def memories_of(collection):
    """Card key -> stored memory."""
    found = collection.rows(
        f"SELECT card, {reading.MEMORY_COLUMNS} FROM memory WHERE learner = :learner",
        {"learner": collection.learner},
    )
    return {row[0]: reading.memory_from(row[1:]) for row in found}


def state_of(collection, scope):
    """All that an undo must bring back: memories with their shelves, limits, counts."""
    shelves = collection.rows("SELECT card, shelf FROM memory WHERE learner = :learner", {"learner": LEARNER})
    return (
        memories_of(collection),
        dict(shelves),
        heads.done_today(collection.rows, LEARNER, scope.today),
        heads.count(collection.rows, scope, new_limit=10_000, review_limit=10_000),
    )


def scope_of(collection):
    """The scope of everything now."""
    return scope_at(collection.now(), collection.days, collection.learner)


def check_laws(collection):
    """Stored bits and memories are those the log alone gives (LOG §2 line 24); returns the log."""
    lines = log_of(collection)
    standing = live(lines)
    live_ids = {line.id for line in standing}
    assert {line.id for line in lines if not line.undone} == live_ids
    options = reading.options_by_name(collection.rows, collection.learner)
    for line in standing:
        if getattr(line, "kind", None) is ActKind.OPTIONS:
            assert options[bytes.fromhex(line.payload["hash"])].body() == line.payload["body"]
    classes = classes_of(standing)
    stored = memories_of(collection)
    assert len({classes.get(key, frozenset({key})) for key in stored}) == len(stored)
    assert {line.card for line in lines if line.card} <= {
        key for owner in stored for key in classes.get(owner, {owner})
    }
    follows = set()
    ruling = schedulings_of(collection)
    in_arrays = any(getattr(line, "kind", None) in {ActKind.PARAMS, ActKind.BATCH} for line in lines)
    for key, memory in stored.items():
        keys = classes.get(key, frozenset({key}))
        folded = replay(
            [line for line in standing if line.card in keys], scheduling=ruling[key], options=options
        )
        assert memory == (rounded_as(memory, folded.memory) if in_arrays else folded.memory)
        follows |= folded.follows
    assert {line.id for line in lines if getattr(line, "follows", False)} == follows
    _check_places(collection, stored)
    return lines


def schedulings_of(collection):
    """Card key -> the parameters that rule its memory (LOG §2 line 4), read from the log."""
    known = {}
    newest = {}
    for line in live(log_of(collection)):
        if getattr(line, "kind", None) is ActKind.PARAMS:
            newest[line.payload["deck"]] = tuple(line.payload["parameters"])
    for card, deck in collection.rows("SELECT card, deck FROM memory WHERE learner = :me", {"me": LEARNER}):
        parameters = newest.get(deck) or newest.get(None) or DEFAULT_PARAMETERS
        known[card] = Scheduling(parameters)
    return known


def rounded_as(memory, other):
    """Another memory with this one's stability and difficulty, where they differ by rounding alone."""
    close = {
        name: getattr(memory, name)
        for name in ("stability", "difficulty")
        if None not in (getattr(memory, name), getattr(other, name))
        and math.isclose(getattr(memory, name), getattr(other, name), rel_tol=1e-9)
    }
    return replace(other, **close)


def _check_places(collection, stored):
    """Each memory stands where its card's row does; each live card has one."""
    cards = {
        row[0]: row[1:] for row in collection.rows("SELECT key, entry, deck, position, retired FROM card", {})
    }
    places = collection.rows(
        "SELECT card, entry, deck, position, shelf FROM memory WHERE learner = :learner", {"learner": LEARNER}
    )
    assert {key for key, row in cards.items() if not row[3]} <= stored.keys()
    for key, entry, deck, position, shelf in places:
        row = cards.get(key)
        assert shelf == int(row is None or bool(row[3]) or stored[key].suspended)
        if row is not None and not row[3]:
            assert (entry, deck, position) == row[:3]


def as_shown(memory, outcome, line):
    """The memory that an outcome promised on the screen."""
    day = line.study_day if memory.last_day is None else max(line.study_day, memory.last_day)
    return replace(
        Memory(
            state=outcome.state,
            step=outcome.step,
            stability=outcome.stability,
            difficulty=outcome.difficulty,
            due_day=None if outcome.interval is None else day + outcome.interval,
            due_at=None if outcome.delay is None else line.at + 1000 * outcome.delay,
            last_at=line.at,
            last_day=day,
            last_id=line.id,
            reps=memory.reps + 1,
        ),
        lapses=memory.lapses + (memory.state.word == "review" and outcome.rating == 1),
        passed=memory.passed or outcome.rating > 1,
        suspended=memory.suspended,
        flagged=memory.flagged,
        buried_until=memory.buried_until,
    )
