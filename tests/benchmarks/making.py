"""Collections to measure on: `python -m tests.benchmarks.making CARDS PATH` makes one.

Histories are simulated with FSRS's default parameters and a fixed seed, each answer on the day it was
due or the day after. A few hundred of them are dealt out to all cards, so that every memory is the
fold of its log and a million cards take about a minute. Rows go in by the columns of the tables.
"""

import json
import os
import random
import shutil
import sys
import time
from dataclasses import astuple, dataclass, fields, replace
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path

from srs.collection import Collection
from srs.days import DEFAULT_ROLLOVER
from srs.fold import answer_line, step
from srs.ids import card_key, uuid7
from srs.model import Answer, Memory, Options, Rating, State
from srs.scheduling import Scheduling
from srs.store import tables
from srs.store.planning import describe_tables
from srs.store.summing import sum_up
from srs.store.tables import CardRow, CardTagRow, DeckRow, MemoryRow, ReviewRow

DECKS = 10
HISTORIES = 400
OLDEST_DAYS = 800
"""How long ago the first card was met; with it a card has about ten answers."""

ONE_ANSWER_FROM = 1_000_000
"""From this size on each card was answered once."""

FARTHEST_DAYS = 2_000
LEARNER = "me"
DEVICE = "benchmark"
TAGS = ("identity", "security", "pushing", "promotion", "mutable", "storage", "clients")
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_AT_ONCE = 10_000
_ANSWER_NAMES = [field.name for field in fields(Answer)]
_MEMORY_NAMES = [field.name for field in fields(Memory)]


@dataclass(frozen=True)
class Made:
    """What a collection holds: cards, and of them due for review today, and never seen; answers."""

    cards: int
    due: int
    new: int
    answers: int


@dataclass
class History:
    """A card's answers and the memory they leave; keys, ids and minutes are dealt out later."""

    answers: tuple
    memory: Memory

    def shifted(self, days):
        """The same history so many days later (earlier, below 0)."""
        return History(tuple(_shifted(answer, days) for answer in self.answers), _shifted(self.memory, days))

    @cached_property
    def answer_rows(self):
        """Each answer as a row of its table."""
        return [dict(zip(_ANSWER_NAMES, astuple(answer), strict=True)) for answer in self.answers]

    @cached_property
    def memory_row(self):
        """The memory as a row of its table."""
        return dict(zip(_MEMORY_NAMES, astuple(self.memory), strict=True))


def _shifted(value, days):
    by = dict.fromkeys(("study_day", "last_day", "due_day"), days)
    by |= dict.fromkeys(("at", "last_at", "due_at"), days * _DAY_MS)
    moved = {name: getattr(value, name, None) for name in by}
    return replace(value, **{name: was + by[name] for name, was in moved.items() if was is not None})


def make(path, cards, *, seed=1):
    """Make a collection of this many cards in a new database; returns what it holds.

    It is that of a person who is up to date: a day's reviews are due (200, in a small collection one
    card in five), one card in twenty has not been met.
    """
    dealt = random.Random(seed)  # noqa: S311 - a fixed seed is the point
    Path(path).unlink(missing_ok=True)
    with Collection.open(path, create=True, device=DEVICE, random_bits=dealt.getrandbits) as collection:
        with collection.journal() as journal:
            options = journal.name_options(Options())
        simulation = Simulation(collection, options, dealt)
        later, due = simulation.once() if cards >= ONE_ANSWER_FROM else simulation.often()
        order = list(range(cards))
        dealt.shuffle(order)
        new, asked = cards // 20, min(200, cards // 5)
        histories = [dealt.choice(later) for _ in order]
        for i in order[:new]:
            histories[i] = None
        for i in order[new : new + asked]:
            histories[i] = dealt.choice(due)
        answers = _write(collection, histories, dealt)
    return Made(cards, asked, new, answers)


def kept_of(folder, cards):
    """The path of a collection of this many cards, made in the folder once a study day; not to be changed."""
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() - DEFAULT_ROLLOVER * 3_600))
    made = Path(folder) / f"{cards}-{day}-{ways_of(tables.__file__, __file__)}.db"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        for old in made.parent.glob(f"{cards}-????-??-??-????????.*"):
            if old.is_file():
                old.unlink()  # of another day: what is due in it is not due today
        draft = made.with_suffix(".part")
        make(draft, cards)
        draft.rename(made)
    return made


def ways_of(*files):
    """A name for what makes a collection: it changes when one of these files does."""
    return sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()[:8]


def copied(made, copy):
    """A fresh copy of a kept file; returns its path."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    for left in copy.parent.glob(f"{copy.name}*"):
        left.unlink()  # its log, too, or it would be replayed into the new copy
    shutil.copyfile(made, copy)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())  # or the first answers would wait for a gigabyte on its way to the disk
    return copy


def collection_of(folder, cards):
    """The path of a fresh copy of a collection of this many cards."""
    made = kept_of(folder, cards)
    return copied(made, made.with_suffix(".copy"))


class Simulation:
    """Histories that end before today: with the next answer due after today, or due by today."""

    def __init__(self, collection, options, dealt):
        self._days = collection.days
        self._today = collection.days.day(collection.now())
        self._options = options
        self._dealt = dealt
        self._scheduling = Scheduling()

    def often(self):
        """Histories of many answers, (due later, due now)."""
        histories = [self._history(5 + OLDEST_DAYS * i // HISTORIES) for i in range(HISTORIES)]
        later = [history for history in histories if history.memory.due_day > self._today]
        late = [self._dealt.randint(0, 2) for _ in later]
        due = [h.shifted(self._today - n - h.memory.due_day) for h, n in zip(later, late, strict=True)]
        return later, due

    def once(self):
        """Histories of one answer, (due later, due now); their due days are dealt out far and wide."""
        first = next(h for h in (self._history(3) for _ in range(100)) if len(h.answers) == 1)
        later = [_due_on(first, self._today + 1 + i) for i in range(FARTHEST_DAYS)]
        return later, [_due_on(first, self._today - i) for i in range(3)]

    def _history(self, age):
        """Answers from `age` days ago on, for as long as they are due before today."""
        key = self._dealt.randbytes(16)
        memory, answers = Memory(), []
        day = self._today - age
        while memory.state is not State.REVIEW or day < self._today:
            # Not in the first hour of the day, so that summer time moves no answer to another one.
            at = memory.due_at or self._days.start(day) + self._dealt.randrange(_HOUR_MS, 6 * _HOUR_MS)
            outcomes = self._scheduling.outcomes(memory, key=key, study_day=day)
            line = answer_line(
                memory,
                outcomes[self._rating(memory, at) - 1],
                id=uuid7(at, self._dealt.getrandbits(74)),
                card=key,
                at=at,
                study_day=day,
                options=self._options,
                recall=self._scheduling.recall(memory, at),
                took_ms=self._dealt.randrange(2_000, 30_000),
                device=DEVICE,
                mode="reveal",
            )
            answers.append(replace(line, follows=True))
            memory = step(memory, line, scheduling=self._scheduling, options={self._options: Options()})
            if memory.due_day is not None:
                day = memory.due_day + (self._dealt.random() < 0.2)
        return History(tuple(answers), memory)

    def _rating(self, memory, at):
        recall = self._scheduling.recall(memory, at)
        if recall is None:
            return self._dealt.choices(tuple(Rating), (20, 10, 50, 20))[0]
        if memory.state is State.REVIEW and self._dealt.random() > recall:
            return Rating.AGAIN
        return self._dealt.choices((Rating.HARD, Rating.GOOD, Rating.EASY), (10, 80, 10))[0]


def _due_on(history, day):
    last = replace(history.answers[-1], due_day=day)
    return History((*history.answers[:-1], last), replace(history.memory, due_day=day))


def _write(collection, histories, dealt):
    """Write decks, cards, answers and memories in one transaction; returns how many answers."""
    cards = range(len(histories))
    names = [(f"deck{i % DECKS}", f"card-{i}") for i in cards]
    keys = [card_key(*name) for name in names]
    late = [dealt.randrange(2 * _HOUR_MS) for _ in cards]
    told = [(i, n) for i in cards if histories[i] is not None for n in range(len(histories[i].answers))]
    ids = {(i, n): uuid7(histories[i].answers[n].at + late[i], dealt.getrandbits(74)) for i, n in told}
    in_key_order = sorted(cards, key=keys.__getitem__)
    filled = (DeckRow, CardRow, CardTagRow, ReviewRow, MemoryRow)
    indexes = [index for row in filled for index in row.__table__.indexes]
    with collection.database.transaction() as connection:
        for index in indexes:
            index.drop(connection)
        insert = _Inserter(connection.connection.driver_connection)
        insert(DeckRow, ({"id": f"deck{i}", "name": f"Deck {i}"} for i in range(DECKS)))
        insert(CardRow, (_card_row(i, *names[i], keys[i]) for i in cards))
        insert(CardTagRow, ({"tag": tag, "card": keys[i]} for i in in_key_order for tag in tags_of(i)))
        insert(
            ReviewRow,
            (
                _answer_row(histories[i], n, late[i])
                | {"learner": LEARNER, "id": ids[i, n], "card": keys[i], "after": ids.get((i, n - 1))}
                for i, n in sorted(told, key=ids.__getitem__)
            ),
        )
        insert(
            MemoryRow,
            (
                _memory_row(i, histories[i], late[i], ids)
                | {"learner": LEARNER, "card": keys[i], "entry": keys[i]}
                | {"deck": names[i][0], "position": i}
                for i in in_key_order
            ),
        )
        for index in indexes:
            index.create(connection)
        describe_tables(connection)  # what it says of an index goes with the index
        sum_up(connection, LEARNER)
    return len(told)


def tags_of(i):
    """The tags of a card."""
    return sorted({TAGS[i % len(TAGS)], TAGS[i // 7 % len(TAGS)]})


def texts_of(i):
    """The texts of a card, by their names."""
    return {
        "term": f"term {i}",
        "scenario": "Security engineer: In production, deploy the image by its digest, not by its tag.",
        "question": f"What is term {i}, and who asks for it?",
        "answer": f"The first sentence says what term {i} is. The second says what it is good for.",
        "explanation": "A tag can be moved to another image tomorrow; a digest cannot.",
        "source": f"Handbook, page {i % 400}",
    }


def _card_row(i, deck, card_id, key):
    return texts_of(i) | {
        "key": key,
        "deck": deck,
        "id": card_id,
        "entry": key,
        "position": i,
        "line": 9 * i,
        "tags": json.dumps(tags_of(i)),
        "content_hash": key,
    }


def _answer_row(history, n, late):
    row = history.answer_rows[n]
    return row | {"at": row["at"] + late, "due_at": None if row["due_at"] is None else row["due_at"] + late}


def _memory_row(i, history, late, ids):
    if history is None:
        return {"state": 0}
    row = history.memory_row
    return row | {"last_at": row["last_at"] + late, "last_id": ids[i, len(history.answers) - 1]}


class _Inserter:
    """Writes rows, given as dicts; what a row does not name takes the column's default."""

    def __init__(self, driver):
        self._driver = driver

    def __call__(self, table, rows):
        columns = table.__table__.columns
        defaults = {c.name: None if c.default is None else c.default.arg for c in columns}
        sql = (
            f"INSERT INTO {table.__tablename__} ({', '.join(defaults)})"
            f" VALUES ({', '.join('?' * len(defaults))})"
        )
        rows = iter(rows)
        while part := [tuple((defaults | row).values()) for row in islice(rows, _AT_ONCE)]:
            self._driver.executemany(sql, part)


def main():
    """Make a collection of CARDS cards at PATH and say what it holds."""
    cards, path = int(sys.argv[1]), sys.argv[2]
    began = time.monotonic()
    made = make(path, cards)
    size = Path(path).stat().st_size / 1e6
    print(f"{made}: {size:.0f} MB in {time.monotonic() - began:.1f} s")  # noqa: T201 - the thing asked for


if __name__ == "__main__":
    main()
