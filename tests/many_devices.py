"""Devices that share nothing but what they send each other: a learner's laptops, each with its own ways."""

from dataclasses import dataclass, field

from histories import RATINGS, seeded
from world import DAYS, LEARNER, Clock, DeckFile, Written, classes_of, log_of, memories_of

from srs.collection import Collection
from srs.errors import SrsError
from srs.fold import live
from srs.intake import import_decks
from srs.model import ActKind, Options
from srs.scheduling import DEFAULT_PARAMETERS
from srs.settings import Settings
from srs.store import merging, reading, twins

SETTINGS = (
    Settings(),
    Settings(fuzz=False, desired_retention=0.8, learning_steps=(), relearning_steps=()),
    Settings(learning_steps=(60, 600, 7_200), relearning_steps=(30, 600), maximum_interval=30),
    Settings(desired_retention=0.97, leech="suspend"),
)
OTHER_PARAMETERS = tuple(
    value * factor
    for value, factor in zip(DEFAULT_PARAMETERS, [1.3, 0.9, 1.1, 1.2, 0.95, 1.1, *[1.0] * 15], strict=True)
)
SHELF = (ActKind.SUSPEND, ActKind.RESUME, ActKind.FORGET, ActKind.FLAG, ActKind.UNFLAG)
CARDS = 4
FILES = 3


@dataclass
class Laptop:
    """A device: its database, clock, settings, and its copy of the decks."""

    name: str
    folder: object
    collection: Collection
    clock: Clock
    decks: list = field(default_factory=list)

    @property
    def rows(self):
        """Run a query."""
        return self.collection.rows

    def import_decks(self):
        """Write and import its decks."""
        for deck in self.decks:
            deck.write()
        report = import_decks(self.collection, [deck.path for deck in self.decks])
        assert not [problem for problem in report.problems if problem.is_error], report.problems


def laptops(folder, number, source):
    """Some laptops with equal decks, clocks that differ by hours and days, and settings of their own."""
    found = []
    for which in range(number):
        clock = Clock()
        clock.advance(minutes=source.randrange(-4_000, 4_000))
        collection = Collection.in_memory(
            settings=source.choice(SETTINGS),
            days=DAYS,
            learner=LEARNER,
            device=f"{which:016x}",
            now=clock,
            random_bits=seeded(source.random()).getrandbits,
        )
        home = folder / f"laptop{which}"
        home.mkdir(exist_ok=True)
        laptop = Laptop(f"{which:016x}", home, collection, clock)
        for deck in ("d0", "d1"):
            cards = [Written(f"c{i}", f"What is {deck} {i}?") for i in range(CARDS)]
            laptop.decks.append(DeckFile(home / f"{deck}.toml", cards))
        laptop.import_decks()
        found.append(laptop)
    return found


def history_files(folder):
    """CSV files that several laptops may import; two of them say different things of one answer."""
    start = Clock().now - 400 * 86_400_000
    for number in range(FILES):
        rows = ["card,rating,reviewed_at"]
        for i in range(4):
            at = start + i * 9 * 86_400_000
            rating = 1 + (i + (number == 2)) % 4
            rows += [f"d0/c{i % 3},{rating},{at}", f"d1/c{number},{2 + i % 2},{at + 60_000 * number}"]
        (folder / f"history{number}.csv").write_text("\n".join(rows) + "\n")


# What a learner does on a laptop.


def answer(laptop, source):
    """Answer some card as the program does."""
    from world import answer_card

    rows = laptop.rows("SELECT deck, id FROM card WHERE retired = 0 ORDER BY deck, id", {})
    deck, card_id = source.choice(rows)
    answer_card(laptop.collection, f"{deck}/{card_id}", source.choice(RATINGS))


def some_key(laptop, source):
    """The key of some card."""
    return source.choice(laptop.rows("SELECT key FROM card ORDER BY key", {}))[0]


def shelve(laptop, source):
    """Suspend, resume, forget, flag or unflag a card."""
    laptop.collection.act(source.choice(SHELF), some_key(laptop, source))


def bury(laptop, source):
    """Bury a card for some days."""
    day = laptop.clock.today + source.randrange(1, 4)
    laptop.collection.act(ActKind.BURY, some_key(laptop, source), day=day)


def suspend_for_an_answer(laptop, source):
    """Suspend a card because of its newest answer, as a leech is."""
    found = laptop.rows("SELECT id, card FROM review WHERE batch IS NULL ORDER BY id DESC LIMIT 3", {})
    if found:
        line, key = source.choice(found)
        with laptop.collection.journal() as journal:
            journal.append_act(ActKind.SUSPEND, card=key, cause=line)
            # Its answer may have been taken back already.
            journal.relive(line)
            journal.refold([key])


def set_due(laptop, source):
    """Set the due day of a card in review, if there is one."""
    in_review = reading.cards_where(laptop.rows, LEARNER, "m.state = 2 ORDER BY c.key", {})
    if in_review:
        laptop.collection.set_due(source.choice(in_review), laptop.clock.today + source.randrange(-5, 40))


def reschedule(laptop, source):
    """Reschedule a card under some options."""
    options = source.choice([Options(), Options(desired_retention=0.8), Options(fuzz=False)])
    with laptop.collection.journal() as journal:
        name = journal.name_options(options).hex()
        journal.act_on(ActKind.RESCHEDULE, some_key(laptop, source), payload={"options": name})


def adopt(laptop, source):
    """Adopt parameters for a deck or all cards, or take the newest such line back."""
    with laptop.collection.journal() as journal:
        found = journal.rows(
            "SELECT id FROM act WHERE kind = 'params' AND undone = 0 ORDER BY id DESC LIMIT 1", {}
        )
        if found and source.random() < 0.4:
            journal.append_act(ActKind.UNDO, target=found[0][0])
            journal.relive(found[0][0])
        else:
            payload = {"deck": source.choice([None, "d0"])}
            payload["parameters"] = list(source.choice([DEFAULT_PARAMETERS, OTHER_PARAMETERS]))
            journal.append_act(ActKind.PARAMS, payload=payload)
        journal.refold([key for (key,) in journal.rows("SELECT card FROM memory", {})])


def undo(laptop, source):
    """Take back the newest line of this device, or put it back."""
    if source.random() < 0.3:
        laptop.collection.redo()
    else:
        laptop.collection.undo()


def undo_any(laptop, source):
    """Take back any answer, whichever device wrote it."""
    found = laptop.rows("SELECT id FROM review ORDER BY id", {})
    if found:
        with laptop.collection.journal() as journal:
            journal.take_back(source.choice(found)[0])


def undo_batch(laptop, source):
    """Take back any import, whichever device made it, or put one back."""
    found = laptop.rows(
        "SELECT id FROM act WHERE kind = 'batch' OR (kind = 'undo' AND target IN"
        " (SELECT id FROM act WHERE kind = 'batch')) ORDER BY id",
        {},
    )
    if found:
        with laptop.collection.journal() as journal:
            journal.take_back(source.choice(found)[0])


def import_history(laptop, source):
    """Import one of the files that all laptops have."""
    from srs.history import import_answers

    path = laptop.folder.parent / f"history{source.randrange(FILES)}.csv"
    try:
        import_answers(laptop.collection, path)
    except SrsError:
        assert path.exists()


def pass_time(laptop, source):
    """Let time pass, or put the clock back."""
    laptop.clock.advance(minutes=source.choice([1, 20, 700, 1_440, 9_000, 60_000]))
    if source.random() < 0.15:
        laptop.clock.advance(minutes=-source.randrange(40_000))


def change_settings(laptop, source):
    """Take other settings."""
    laptop.collection.settings = source.choice(SETTINGS)


DOINGS = {
    answer: 40,
    shelve: 8,
    bury: 3,
    suspend_for_an_answer: 2,
    set_due: 4,
    reschedule: 3,
    adopt: 2,
    undo: 8,
    undo_any: 3,
    undo_batch: 3,
    import_history: 4,
    pass_time: 14,
    change_settings: 2,
}


def live_on(laptop, source, turns, doings=None):
    """Let a laptop be used for some turns."""
    doings = DOINGS if doings is None else doings
    for doing in source.choices(list(doings), weights=list(doings.values()), k=turns):
        doing(laptop, source)


def edit_decks(laptop, source):
    """Rename a card, drop or add one, take a `was` out, move one to the other deck; then import."""
    deck = source.choice(laptop.decks)
    other = laptop.decks[1 - laptop.decks.index(deck)]
    card = source.choice(deck.cards) if deck.cards else None
    edit = source.choice(["rename", "rename", "add", "drop", "forget_was", "move"])
    if edit == "add" or card is None:
        deck.cards.append(Written(free_name(deck, source), f"What is new {source.randrange(1000)}?"))
    elif edit == "rename":
        name = free_name(deck, source)
        card.was, card.id = (*card.was, card.id), name
    elif edit == "drop" and len(deck.cards) > 1:
        deck.cards.remove(card)
    elif edit == "forget_was":
        card.was = ()
    elif edit == "move" and len(deck.cards) > 1:
        deck.cards.remove(card)
        was = tuple(was if "/" in was else f"{deck.path.stem}/{was}" for was in (*card.was, card.id))
        name = free_name(other, source)
        other.cards.append(Written(name, card.question, card.answer, card.tags, was))
    make_valid(laptop.decks)
    laptop.import_decks()


def make_valid(decks):
    """Take out of `was` what names a card that is there, and what another card claims, too."""
    claimed = {f"{deck.path.stem}/{card.id}" for deck in decks for card in deck.cards}
    for deck in decks:
        for card in deck.cards:
            kept = []
            for was in card.was:
                full = was if "/" in was else f"{deck.path.stem}/{was}"
                if full not in claimed:
                    claimed.add(full)
                    kept.append(was)
            card.was = tuple(kept)


def free_name(deck, source):
    """An id no card of the deck has: one of few, so that names are given up and taken again."""
    taken = {card.id for card in deck.cards}
    some = range(max(CARDS, len(taken)) + 4)
    return source.choice([f"c{i}" for i in some if f"c{i}" not in taken])


def pull(laptop, other):
    """Take over another laptop's deck files, as by git, and import them."""
    from dataclasses import replace

    for mine, theirs in zip(laptop.decks, other.decks, strict=True):
        mine.cards = [replace(card) for card in theirs.cards]
    laptop.import_decks()


# Merging, and what must come out.


def versions_of(collection):
    """Every line of the log in every version, as values: what travels."""
    columns = ", ".join(twins.VALUE_NAMES)
    mine = {"me": LEARNER}
    answers = collection.rows(f"SELECT {columns} FROM review WHERE learner = :me", mine)
    answers += [
        twins.unpacked(line) for (line,) in collection.rows("SELECT line FROM twin WHERE learner = :me", mine)
    ]
    acts = collection.rows(
        "SELECT id, kind, at, study_day, card, target, cause, payload, device FROM act WHERE learner = :me",
        mine,
    )
    return {tuple(row) for row in answers}, {tuple(row) for row in acts}


def give(source_laptop, target, source=None, **how):
    """Merge one laptop's log into another's; in any order and parts, some lines twice, with a `source`."""
    answers, acts = map(sorted, versions_of(source_laptop.collection))
    return take_all(target, answers, acts, source, **how)


def take_all(target, answers, acts, source=None, **how):
    """Take some lines as values."""
    if source is not None:
        answers = answers + source.sample(answers, len(answers) // 4)
        acts = acts + source.sample(acts, len(acts) // 4)
        source.shuffle(answers)
        source.shuffle(acts)
    size = len(answers) + len(acts) if source is None else source.randrange(1, len(answers) + len(acts) + 2)
    parts = [
        merging.Part(answers[first : first + size], acts[first : first + size])
        for first in range(0, max(len(answers), len(acts)), max(1, size))
    ]
    with target.collection.journal() as journal:
        return merging.take_values(journal, parts, **how)


def by_class(collection):
    """What follows from the log: bits, classes, options, memories by class, without rounding."""
    lines = log_of(collection)
    classes = classes_of(live(lines))
    memories = {}
    for key, memory in memories_of(collection).items():
        members = classes.get(key, frozenset({key}))
        assert members not in memories, "a class has two memories"
        memories[members] = memory
    answered = {members: memory for members, memory in memories.items() if memory.last_id or memory != blank}
    bits = {line.id: (line.undone, getattr(line, "follows", None)) for line in lines}
    options = reading.options_by_name(collection.rows, LEARNER)
    return bits, set(classes.values()), options, {m: _rounded(memory) for m, memory in answered.items()}


from srs.model import Memory  # noqa: E402

blank = Memory()


def _rounded(memory):
    from dataclasses import replace

    def short(value):
        return None if value is None else float(f"{value:.9g}")

    return replace(memory, stability=short(memory.stability), difficulty=short(memory.difficulty))
