"""Importing into a real database: rows, memories, acts, and histories through any edits."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel, create_engine

from srs.deck.plan import plan_decks
from srs.errors import NotFoundError
from srs.ids import card_key
from srs.model import Card, Deck
from srs.store import tables
from srs.store.importing import FileFacts, apply_plan, retire_deck
from srs.store.library import CardLibrary, reviews_kept

LEARNER = "me"
TABLES = ("deck", "card", "alias", "card_tag", "card_need", "memory", "act", "review")


class PlainJournal:
    """A journal that keeps acts, and memories that only count answers."""

    def __init__(self, connection):
        self.connection = connection
        self.learner = LEARNER
        self.refolded = []

    def append_act(self, kind, *, card=None, payload=None):
        """Log an act under the next id."""
        newest = self.connection.exec_driver_sql("SELECT count(*) FROM act").scalar()
        line = (newest + 1).to_bytes(16, "big")
        row = tables.ActRow(
            learner=LEARNER,
            id=line,
            kind=kind,
            card=card,
            at=0,
            study_day=0,
            payload=json.dumps(payload),
            device="here",
        )
        self.connection.execute(SQLModel.metadata.tables["act"].insert(), row.model_dump())
        return line

    def refold(self, keys):
        """Write how many answers the whole class of each card has."""
        self.refolded = list(keys)
        for key in self.refolded:
            reps = len(answers_of(self.connection, key))
            self.connection.exec_driver_sql(
                "INSERT INTO memory (learner, card, entry, deck, position, state, reps, lapses, suspended,"
                " flagged, shelf) SELECT ?, key, entry, deck, position, ?, ?, 0, 0, 0, retired FROM card"
                " WHERE key = ? ON CONFLICT DO UPDATE SET reps = excluded.reps, state = excluded.state",
                (LEARNER, min(reps, 2), reps, key),
            )


def classes(connection):
    """The classes of keys as the log has them: each key with the keys `same` acts join to it."""
    owner = {}
    for (text,) in connection.exec_driver_sql("SELECT payload FROM act WHERE kind = 'same'"):
        payload = json.loads(text)
        joined = {bytes.fromhex(payload["old"]), bytes.fromhex(payload["new"])}
        whole = set().union(*(owner.get(key, {key}) for key in joined))
        owner.update(dict.fromkeys(whole, whole))
    return owner


def answers_of(connection, key):
    """The ids of the answers to a card, found by the log alone."""
    keys = classes(connection).get(key, {key})
    return {line for line, card in connection.exec_driver_sql("SELECT id, card FROM review") if card in keys}


def put_answer(connection, key, line):
    """Write an answer to a key, and count it in its memory where there is one."""
    row = tables.ReviewRow(
        learner=LEARNER, id=line.to_bytes(16, "big"), card=key, at=0, study_day=0, rating=3, device="here"
    )
    connection.execute(SQLModel.metadata.tables["review"].insert(), row.model_dump())
    connection.exec_driver_sql("UPDATE memory SET reps = reps + 1, state = 2 WHERE card = ?", (key,))
    return row.id


def dump(connection):
    """All rows of all tables an import may touch."""
    return {table: set(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}"))) for table in TABLES}


def run_import(connection, *decks, content_hash="hash", turned=False):
    """Plan decks together and apply the plans, perhaps the last one first; plans and journal."""
    journal = PlainJournal(connection)
    plans = plan_decks(
        decks, CardLibrary(connection, LEARNER), {each.id: f"{each.id}.toml" for each in decks}
    )
    for plan in reversed(plans) if turned else plans:
        apply_plan(journal, plan, FileFacts(f"{plan.deck.id}.toml", content_hash, 10, 20))
    return plans, journal


def card(name, says="text", was=(), **more):
    """A card named `deck/id#variant`, with former names."""
    deck_id, _, rest = name.partition("/")
    card_id, _, variant = rest.partition("#")
    former = tuple(tuple(each.split("/")) for each in was)
    return Card(deck_id, card_id, f"What is {says}?", f"{says}.", variant=variant, was=former, **more)


def deck(name, *cards):
    """A deck of these cards in this order."""
    placed = tuple(replace(each, position=place, line=9 * place + 1) for place, each in enumerate(cards))
    return Deck(id=name, name=name.title(), cards=placed)


def memories(connection):
    """Where each memory stands: card name -> (state, reps, position, deck, entry, shelf)."""
    rows = connection.exec_driver_sql(
        "SELECT c.deck || '/' || c.id || c.variant, m.state, m.reps, m.position, m.deck, m.entry, m.shelf"
        " FROM memory m LEFT JOIN card c ON c.key = m.card"
    )
    return {name: tuple(rest) for name, *rest in rows}


@pytest.fixture
def connection():
    """A connection to a database of its own, in a transaction."""
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_an_added_card_has_its_row_its_tags_and_a_new_memory(connection):
    """An import writes text, tags, a new memory in deck order, and the deck with its file's facts."""
    more = {"tags": ("core", "identity"), "accept": ("x",), "term": "t", "source": "s"}
    run_import(connection, deck("d", card("d/b"), card("d/a", **more)))
    stored = connection.exec_driver_sql(
        "SELECT term, source, tags, extra, position, line, retired FROM card WHERE id = 'a'"
    )
    assert tuple(stored.one()) == ("t", "s", '["core","identity"]', '{"accept":["x"]}', 1, 10, 0)
    key = card_key("d", "a")
    assert set(map(tuple, connection.exec_driver_sql("SELECT tag, card FROM card_tag"))) == {
        ("core", key),
        ("identity", key),
    }
    assert memories(connection) == {
        "d/b": (0, 0, 0, "d", card_key("d", "b"), 0),
        "d/a": (0, 0, 1, "d", key, 0),
    }
    facts = connection.exec_driver_sql("SELECT name, origin, path, content_hash, size, mtime_ns FROM deck")
    assert tuple(facts.one()) == ("D", "file", "d.toml", "hash", 10, 20)


def test_an_update_writes_texts_and_tags_and_leaves_the_memory(connection):
    """New text and tags replace the old ones under the same key; what is remembered stays."""
    run_import(connection, deck("d", card("d/a", tags=("x", "y"))))
    put_answer(connection, card_key("d", "a"), 1)
    before = memories(connection)
    plans, journal = run_import(connection, deck("d", card("d/a", "new", tags=("y", "z"))))
    assert plans[0].updated[0].fields == ("question", "answer", "tags")
    assert [row.answer for row in connection.exec_driver_sql("SELECT answer FROM card")] == ["new."]
    assert {row.tag for row in connection.exec_driver_sql("SELECT tag FROM card_tag")} == {"y", "z"}
    assert memories(connection) == before
    assert not journal.refolded


def test_retired_cards_leave_the_queue_and_return(connection):
    """A card gone from its file goes on the shelf with its answers, and comes off it with its id."""
    run_import(connection, deck("d", card("d/a"), card("d/b")))
    put_answer(connection, card_key("d", "a"), 1)
    run_import(connection, deck("d", card("d/b")))
    assert memories(connection)["d/a"] == (2, 1, 0, "d", card_key("d", "a"), 1)
    connection.exec_driver_sql("UPDATE memory SET suspended = 1 WHERE card = ?", (card_key("d", "b"),))
    run_import(connection, deck("d"))
    plans, _ = run_import(connection, deck("d", card("d/b"), card("d/a")))
    assert plans[0].counts["revived"] == 2
    assert memories(connection) == {
        "d/a": (2, 1, 1, "d", card_key("d", "a"), 0),
        "d/b": (0, 0, 0, "d", card_key("d", "b"), 1),
    }, "a suspended card stays on the shelf"


def test_a_card_taken_from_another_deck_makes_that_file_be_read_again(connection):
    """A live card moves with memory and answers, and the deck that lost it forgets its file's hash."""
    run_import(connection, deck("e", card("e/a"), card("e/b")))
    put_answer(connection, card_key("e", "a"), 1)
    run_import(connection, deck("d", card("d/x"), card("d/a", was=["e/a"])))
    assert memories(connection)["d/a"] == (2, 1, 1, "d", card_key("e", "a"), 0)
    hashes = dict(map(tuple, connection.exec_driver_sql("SELECT id, content_hash FROM deck")))
    assert hashes == {"d": "hash", "e": ""}


def test_a_card_meets_answers_that_came_before_it(connection):
    """Answers kept under a key without a card are refolded when the card is imported or renamed onto it."""
    for line, name in enumerate(("a", "b", "c"), start=1):
        put_answer(connection, card_key("d", name), line)
    _, journal = run_import(connection, deck("d", card("d/a"), card("d/c", was=["d/b"]), card("d/x")))
    assert set(journal.refolded) == {card_key("d", "a"), card_key("d", "b")}
    found = memories(connection)
    assert {name: row[1] for name, row in found.items()} == {"d/a": 1, "d/c": 2, "d/x": 0}


def test_a_card_added_to_a_class_of_the_log_stands_under_its_root(connection):
    """Keys joined in the log before any card was here are one card when it comes."""
    root, other = card_key("d", "older"), card_key("d", "a")
    connection.exec_driver_sql("INSERT INTO alias (old, card) VALUES (?, ?)", (other, root))
    PlainJournal(connection).append_act("same", card=root, payload={"old": other.hex(), "new": root.hex()})
    put_answer(connection, other, 1)
    _, journal = run_import(connection, deck("d", card("d/a")))
    assert journal.refolded == [root]
    assert memories(connection)["d/a"][1] == 1


@pytest.mark.parametrize("names", ["xy", "yx"])
def test_a_card_renamed_to_a_name_the_log_joins_to_others_has_its_history(connection, names):
    """Joined keys without a card here give their answers to the card that gets one of their names."""
    root, other = (card_key("d", name) for name in names)
    connection.exec_driver_sql("INSERT INTO alias (old, card) VALUES (?, ?)", (other, root))
    told = {"old": card_key("d", "x").hex(), "new": card_key("d", "y").hex()}
    PlainJournal(connection).append_act("same", card=card_key("d", "y"), payload=told)
    put_answer(connection, card_key("d", "y"), 1)
    run_import(connection, deck("d", card("d/a")))
    _, journal = run_import(connection, deck("d", card("d/x", was=["d/a"])))
    assert journal.refolded == [card_key("d", "a")]
    assert memories(connection)["d/x"][1] == 1


def test_histories_joined_later_leave_one_row(connection):
    """A `was` added after both cards were imported joins rows, answers and aliases under one key."""
    run_import(connection, deck("d", card("d/a", tags=("t",))))
    run_import(connection, deck("d", card("d/b", was=["d/a"], tags=("t",))))
    run_import(connection, deck("d", card("d/c")))
    put_answer(connection, card_key("d", "b"), 1)
    put_answer(connection, card_key("d", "c"), 2)
    plans, journal = run_import(connection, deck("d", card("d/c", was=["d/b"])))
    keep = card_key("d", "c")
    assert [each.came_from for each in plans[0].moved] == ["d/b"]
    assert journal.refolded == [keep]
    aliases = dict(map(tuple, connection.exec_driver_sql("SELECT old, card FROM alias")))
    assert aliases == {card_key("d", "a"): keep, card_key("d", "b"): keep}
    assert memories(connection) == {"d/c": (2, 2, 0, "d", keep, 0)}
    assert not list(connection.exec_driver_sql("SELECT tag FROM card_tag"))
    assert reviews_kept(connection, LEARNER, [keep]) == {keep: 2}


def test_a_warning_that_waits_for_another_file_settles_with_it(connection):
    """A deck with a `was` of a live card elsewhere is read again, and joins once that card is gone."""
    run_import(connection, deck("d", card("d/a")), deck("e", card("e/a")))
    later = deck("d", card("d/a", was=["e/a"]))
    plans, _ = run_import(connection, later)
    assert [each.code for each in plans[0].warnings] == ["W201"]
    hashes = dict(map(tuple, connection.exec_driver_sql("SELECT id, content_hash FROM deck")))
    assert hashes == {"d": "", "e": "hash"}
    run_import(connection, deck("e"), later)
    assert set(memories(connection)) == {"d/a"}


def test_a_carried_variant_keeps_its_answers_and_is_told_of_once(connection):
    """A variant that goes with its entry is on the shelf under its name; rows put right are not logged."""
    run_import(connection, deck("e", card("e/a"), card("e/a#c1")))
    put_answer(connection, card_key("e", "a", "c1"), 1)
    run_import(connection, deck("e"), deck("d", card("d/b", was=["e/a"])), turned=True)
    entry = card_key("e", "a")
    assert memories(connection) == {"d/b": (0, 0, 0, "d", entry, 0), "d/bc1": (2, 1, 1, "d", entry, 1)}
    told = CardLibrary(connection, LEARNER).told_names(card_key("e", "a", "c1"))
    assert told == {"e/a#c1", "d/b#c1"}
    connection.exec_driver_sql("UPDATE card SET entry = x'00' WHERE variant = 'c1'")
    acts = len(dump(connection)["act"])
    run_import(connection, deck("d", card("d/b")))
    assert memories(connection)["d/bc1"][4] == entry
    assert len(dump(connection)["act"]) == acts
    plans, _ = run_import(connection, deck("d", card("d/b"), card("d/b#c1")))
    assert plans[0].counts["revived"] == 1
    assert memories(connection)["d/bc1"] == (2, 1, 1, "d", entry, 0)


def test_reviews_kept_counts_live_answers_of_all_keys(connection):
    """Answers under every key of a card count, those taken back do not."""
    run_import(connection, deck("d", card("d/b", was=["d/a"]), card("d/c")))
    put_answer(connection, card_key("d", "a"), 1)
    put_answer(connection, card_key("d", "b"), 2)
    put_answer(connection, card_key("d", "b"), 3)
    connection.exec_driver_sql("UPDATE review SET undone = 1 WHERE id = ?", ((3).to_bytes(16, "big"),))
    keys = [card_key("d", "a"), card_key("d", "c")]
    assert reviews_kept(connection, LEARNER, keys) == {keys[0]: 2, keys[1]: 0}


def test_retiring_a_deck_puts_all_its_cards_away(connection):
    """`retire_deck` shelves the live cards, names them, and lets the file be read again."""
    run_import(connection, deck("d", card("d/b"), card("d/a#c1")), deck("e", card("e/a")))
    run_import(connection, deck("d", card("d/a#c1"), card("d/c")))
    assert retire_deck(PlainJournal(connection), "d") == ["d/a#c1", "d/c"]
    assert {name: row[-1] for name, row in memories(connection).items()} == {
        "d/b": 1, "d/ac1": 1, "d/c": 1, "e/a": 0
    }  # fmt: skip
    hashes = dict(map(tuple, connection.exec_driver_sql("SELECT id, content_hash FROM deck")))
    assert hashes == {"d": "", "e": "hash"}
    with pytest.raises(NotFoundError):
        retire_deck(PlainJournal(connection), "nowhere")


def test_statements_do_not_grow_with_cards(connection):
    """An import of many cards takes as many statements as one of a few, but for keys asked in parts."""

    def statements(start, size):
        seen = []
        connection.connection.driver_connection.set_trace_callback(seen.append)
        run_import(connection, deck("d", *(card(f"d/c{number}") for number in range(start, size))))
        connection.connection.driver_connection.set_trace_callback(None)
        return Counter(statement.split(" ")[0] for statement in seen)["SELECT"]

    assert statements(0, 400) - statements(0, 10) <= 6


# Histories through any edits.

IDS = [f"id{number}" for number in range(7)]
DECKS = ("d", "e", "f")


VARIANTS = ("", "c1", "c2", "c3")


@dataclass
class Identity:
    """An entry as a person thinks of it: what it is called today, and the answers its cards were given."""

    secret: int
    deck: str
    id: str
    says: str
    variants: set[str]
    was: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, set[bytes]] = field(default_factory=lambda: {variant: set() for variant in VARIANTS})
    """By variant, those it has no longer among them."""
    had: set[tuple[str, str]] = field(default_factory=set)
    """The names it was imported under."""
    here: bool = True
    said: str = ""
    """What it said when it was imported last."""

    @property
    def name(self):
        return self.deck, self.id

    def cards(self):
        return [
            Card(self.deck, self.id, self.says, self.says, variant=variant, was=tuple(self.was))
            for variant in sorted(self.variants)
        ]


class World:
    """Deck files that somebody edits, a database they are imported into, and the truth about both."""

    def __init__(self, connection, random):
        self.connection = connection
        self.random = random
        self.cards = []
        self.joining = []
        self.numbers = count(1)
        self.moves = Counter()

    # What is where.

    def present(self):
        return [each for each in self.cards if each.here]

    def every_row(self):
        """(deck, id, variant) -> (key, retired, entry) of every row."""
        rows = self.connection.exec_driver_sql("SELECT deck, id, variant, key, retired, entry FROM card")
        return {tuple(row[:3]): tuple(row[3:]) for row in rows}

    def rows(self):
        """(deck, id) -> whether all rows of this name are retired."""
        rows = self.connection.exec_driver_sql("SELECT deck, id, min(retired) FROM card GROUP BY deck, id")
        return {(deck_id, card_id): bool(retired) for deck_id, card_id, retired in rows}

    def free_name(self):
        """A name no file has, none gives as a former one, and no row stands under."""
        used = {each.name for each in self.cards} | set(self.rows())
        used |= {name for each in self.present() for name in each.was}
        used |= {name for pair in self.joining for each in pair for name in (each.name, *each.was)}
        used |= {name for each in self.cards for name in each.was if each.name not in self.rows()}
        free = [(deck_id, card_id) for deck_id in DECKS for card_id in IDS if (deck_id, card_id) not in used]
        return self.random.choice(free) if free else None

    def pick(self, cards):
        return self.random.choice(cards) if cards else None

    # Edits.

    def edit_add(self):
        name = self.free_name()
        if name:
            number = next(self.numbers)
            variants = {self.random.choice(VARIANTS[:2])}
            self.cards.append(Identity(number, *name, f"text {number}", variants))

    def edit_text(self):
        chosen = self.pick(self.present())
        if chosen:
            chosen.says = f"text {chosen.secret} {next(self.numbers)}"

    def edit_order(self):
        self.random.shuffle(self.cards)

    def edit_rename(self):
        """Rename or move to another deck, the former name in `was` (a card never imported has none)."""
        chosen, name = self.pick(self.present()), self.free_name()
        if chosen and name:
            if chosen.name in self.rows() or chosen.was:
                chosen.was.append(chosen.name)
            chosen.deck, chosen.id = name
            self.moves["rename"] += 1

    def edit_rename_back(self):
        """Give a card its former name again, with the one between in `was`."""
        rows = self.rows()
        taken = {each.name for each in self.present()} | set(rows)
        chosen = self.pick([each for each in self.present() if each.was and each.name in rows])
        # A name that another card gives as a former one cannot be a live card's: the files are refused.
        claimed = {name for each in self.cards if each is not chosen for name in each.was}
        if chosen and chosen.was[-1] not in taken | claimed:
            between = chosen.name
            chosen.deck, chosen.id = chosen.was.pop()
            chosen.was.append(between)
            self.moves["back"] += 1

    def edit_tidy(self):
        """Drop `was` from a card the database has under its name of today."""
        rows = self.rows()
        settled = [each for each in self.present() if each.was and not rows.get(each.name, True)]
        chosen = self.pick([each for each in settled if not any(each in pair for pair in self.joining)])
        if chosen:
            chosen.was = []

    def edit_delete(self):
        chosen = self.pick(self.present())
        if chosen:
            chosen.here = False

    def edit_return(self):
        absorbed = [old for _, old in self.joining]
        gone = [each for each in self.cards if not each.here and each not in absorbed]
        chosen, names = self.pick(gone), {each.name for each in self.present()}
        if chosen and chosen.name not in names:
            others = [name for each in self.present() for name in each.was]
            # Nobody can tell a name it was never imported under from one that another card had.
            had = {name for each in self.cards if each is not chosen for name in (each.name, *each.was)}
            reused = had.intersection(chosen.was) - chosen.had
            if chosen.name not in others and not reused:
                chosen.here = True
                self.moves["return"] += 1

    def edit_join(self):
        """Write `was` too late: both cards have rows, the old one retired."""
        rows = self.rows()
        named = {name for each in self.cards for name in each.was}
        old = self.pick([
            each for each in self.cards
            if not each.here and rows.get(each.name) and each.name not in named
        ])  # fmt: skip
        new = self.pick([each for each in self.present() if each.name in rows])
        pairs = [each for pair in self.joining for each in pair]
        if old and new:
            # A name the card once had itself cannot also mean the card that had it next.
            owner = classes(self.connection)
            keys = [key for name, (key, *_) in self.every_row().items() if name[:2] == new.name]
            known = set().union(*(owner.get(key, {key}) for key in keys))
            if known.intersection(card_key(*old.name, variant) for variant in VARIANTS):
                return
        if old and new and old.name not in new.had and old not in pairs and new not in pairs:
            new.was.append(old.name)
            self.joining.append((new, old))

    def edit_take_back(self):
        """Give a card a name it had in this deck again, without a word in `was`; its text tells."""
        rows = self.rows()
        taken = {each.name for each in self.cards} | set(rows)
        taken |= {name for each in self.cards for name in each.was}
        owner = classes(self.connection)
        every = self.every_row()
        pairs = []
        for each in self.present():
            if (
                rows.get(each.name, True)
                or each.says != each.said
                or any(each in pair for pair in self.joining)
            ):
                continue
            for old in sorted(each.had - taken):
                for variant in each.variants:
                    key, retired, _ = every.get((*each.name, variant), (b"", 1, b""))
                    known = card_key(*old, variant) in owner.get(key, {key})
                    if old[0] == each.deck and not retired and known:
                        pairs.append((each, old))
        if pairs:
            chosen, old = self.random.choice(pairs)
            chosen.id, chosen.was = old[1], []
            self.moves["take back"] += 1
            self.bring_in([chosen.deck])

    def edit_answer(self):
        every = self.every_row()
        asked = [
            (each, variant)
            for each in self.present()
            for variant in sorted(each.variants)
            if every.get((*each.name, variant), (b"", 1))[1] == 0
        ]
        if asked:
            # Another device may answer under any key of the card.
            each, variant = self.random.choice(asked)
            key = every[*each.name, variant][0]
            keys = sorted(classes(self.connection).get(key, {key}))
            answer = put_answer(self.connection, self.random.choice(keys), next(self.numbers))
            each.answers[variant].add(answer)
            self.connection.exec_driver_sql(
                "UPDATE memory SET reps = ? WHERE card = ?", (len(each.answers[variant]), key)
            )

    def edit_variants(self):
        """Give a card a further variant, or take one away, perhaps its first: its history waits for it."""
        chosen = self.pick(self.present())
        if chosen:
            changed = chosen.variants ^ {self.random.choice(VARIANTS)}
            chosen.variants = changed or {self.random.choice(VARIANTS)}

    # Imports.

    def edit_import(self):
        size = self.random.randint(1, len(DECKS))
        self.bring_in(self.random.sample(DECKS, size))

    def bring_in(self, deck_ids):
        files = []
        for deck_id in deck_ids:
            cards = [card for each in self.present() if each.deck == deck_id for card in each.cards()]
            placed = tuple(replace(each, position=place, line=place + 1) for place, each in enumerate(cards))
            files.append(Deck(deck_id, deck_id, cards=placed))
        plans, _ = run_import(self.connection, *files, turned=self.random.random() < 0.5)
        assert [str(problem) for plan in plans for problem in plan.warnings] == []
        for plan in plans:
            told = sum(count for name, count in plan.counts.items() if name != "retired")
            assert told == len(plan.deck.cards)
        for new, old in list(self.joining):
            if new.here and new.deck in deck_ids:
                for variant, answers in old.answers.items():
                    new.answers[variant] |= answers
                new.had |= old.had
                self.joining.remove((new, old))
                self.cards.remove(old)
                self.moves["join"] += 1
        for each in self.present():
            if each.deck in deck_ids:
                each.had.add(each.name)
                each.said = each.says
        self.check(deck_ids)
        self.check_again(files)

    def check(self, deck_ids):
        every = self.every_row()
        stored = self.connection.exec_driver_sql("SELECT card, reps, deck, shelf, entry FROM memory")
        memory = {key: tuple(rest) for key, *rest in stored}
        for each in self.present():
            for variant, answers in each.answers.items() if each.deck in deck_ids else ():
                key, retired, entry = every.get((*each.name, variant), (b"", 1, b""))
                assert retired == (variant not in each.variants)
                assert answers_of(self.connection, key) == answers
                if key:
                    assert memory[key] == (len(answers), each.deck, retired, entry)
        assert memory.keys() == {key for key, _, _ in every.values()}
        for key, retired, _ in every.values():
            assert memory[key][2] == retired
        # Each name is one entry, live and retired, and each entry has one name.
        named = {(name[:2], entry) for name, (_, _, entry) in every.items()}
        assert len(named) == len({name for name, _ in named}) == len({entry for _, entry in named})
        whole = {frozenset(keys) for keys in classes(self.connection).values() if len(keys) > 1}
        aliases = {}
        for old, key in self.connection.exec_driver_sql("SELECT old, card FROM alias"):
            aliases.setdefault(key, {key}).add(old)
        assert {frozenset(keys) for keys in aliases.values()} == whole

    def check_again(self, files):
        before = dump(self.connection)
        plans, journal = run_import(self.connection, *files)
        assert dump(self.connection) == before
        assert not journal.refolded
        assert all(plan.counts["unchanged"] == len(plan.deck.cards) for plan in plans)


EDITS = [name for name in vars(World) if name.startswith("edit_")]
WEIGHTS = [
    {"edit_import": 5, "edit_answer": 4, "edit_add": 4, "edit_rename": 3, "edit_take_back": 3}.get(name, 1)
    for name in EDITS
]


def live_through(seed, steps):
    """A world after so many random edits, checked at each import and at the end."""
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with engine.begin() as connection:
        world = World(connection, Random(seed))  # noqa: S311 - a repeatable test
        for edit in world.random.choices(EDITS, WEIGHTS, k=steps):
            getattr(world, edit)()
        world.bring_in(DECKS)
    engine.dispose()
    return world


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.integers(10, 60))
def test_histories_survive_edits(seed, steps):
    """Whatever is edited and in whatever order files come in, every card has exactly its answers."""
    live_through(seed, steps)


def test_histories_survive_a_thousand_edits():
    """One long life of three decks: 1,000 random edits, every card with exactly the history it had."""
    world = live_through(20, 1000)
    assert min(world.moves[kind] for kind in ("rename", "back", "return", "join")) > 5


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(40))
def test_histories_survive_many_thousand_edits(seed):
    """Forty lives of 1,000 edits each."""
    live_through(seed, 1000)
