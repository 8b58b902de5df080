"""What a plan makes of files and rows, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from srs.deck.content import content
from srs.deck.plan import plan_decks
from srs.ids import card_key
from srs.model import Card, Choice, Deck, card_name
from srs.planned import TEXT_FIELDS, Known


def card(name, *, says="text", was=(), **more):
    """A card named `deck/id#variant` that says something, with former names."""
    deck, _, rest = name.partition("/")
    card_id, _, variant = rest.partition("#")
    former = tuple(tuple(each.split("/")) for each in was)
    return Card(deck, card_id, f"What is {says}?", f"{says}.", variant=variant, was=former, **more)


def deck(name, *cards):
    """A deck of these cards in this order."""
    placed = (replace(each, position=number, line=10 * number + 1) for number, each in enumerate(cards))
    return Deck(id=name, name=name.title(), cards=tuple(placed))


def row(name, *, says="text", key=None, retired=0, position=0):
    """A stored card as `card` writes it, at a given place in its file."""
    each = card(name, says=says)
    natural = card_key(each.deck, each.id, each.variant)
    return Known(
        key or natural,
        each.deck,
        each.id,
        each.variant,
        card_key(each.deck, each.id),
        position,
        10 * position + 1,
        retired,
        content(each)[0],
    )


@dataclass
class Shelf:
    """A library in memory: rows, joined keys, and the rows that have answers."""

    rows: list[Known] = field(default_factory=list)
    alias: dict[bytes, bytes] = field(default_factory=dict)
    with_answers: set[bytes] = field(default_factory=set)
    stored: dict[bytes, dict[str, str | None]] = field(default_factory=dict)
    told: dict[bytes, set[str]] = field(default_factory=dict)
    newest: dict[bytes, str] = field(default_factory=dict)

    def of_decks(self, decks):
        return [row for row in self.rows if row.deck in decks]

    def named(self, names):
        return [row for row in self.rows if (row.deck, row.id) in names]

    def keyed(self, keys):
        return [row for row in self.rows if row.key in keys]

    def roots(self, keys):
        own = {row.key for row in self.rows} | set(self.alias.values())
        return {key: self.alias.get(key, key) for key in keys if key in own or key in self.alias}

    def entries(self, entries):
        return {row.entry for row in self.rows} & set(entries)

    def texts(self, keys):
        return {key: self.stored[key] for key in keys}

    def answered(self, keys):
        return self.with_answers & set(keys)

    def needs_elsewhere(self, _decks):
        return {}

    def told_names(self, key):
        return self.told.get(key, set())

    def told_key(self, name):
        return next((key for key, told in self.newest.items() if told == name), None)

    def newest_name(self, key):
        return self.newest.get(self.alias.get(key, key))


def plan_deck(deck, library, path=""):
    """The plan of one deck imported alone."""
    return plan_decks([deck], library, {deck.id: path})[0]


def names(placed):
    """The names of placed cards."""
    return [each.card.name for each in placed]


def counts(plan):
    """The counts of a plan that are not 0."""
    return {name: count for name, count in plan.counts.items() if count}


def joins(plan):
    """The pairs of keys a plan joins."""
    return {(join.keep, join.other) for join in plan.joins}


def test_an_unknown_card_is_added_under_the_key_of_its_name():
    """A card no row and no `was` leads to is added; its key and its entry are made from its name."""
    plan = plan_deck(deck("d", card("d/a"), card("d/a#reverse")), Shelf())
    assert counts(plan) == {"added": 2}
    assert [each.key for each in plan.added] == [card_key("d", "a"), card_key("d", "a", "reverse")]
    assert {each.entry for each in plan.added} == {card_key("d", "a")}
    assert not plan.joins


def test_a_known_card_with_its_text_is_unchanged():
    """A row of the same name and hash is unchanged and nothing is written for it."""
    plan = plan_deck(deck("d", card("d/a")), Shelf([row("d/a")]))
    assert counts(plan) == {"unchanged": 1}
    assert not plan.shuffled
    assert not plan.changes_cards


def test_a_new_place_in_the_file_is_no_change():
    """Cards in another order are unchanged, and written again only where they stand elsewhere."""
    shelf = Shelf([row("d/a", position=0), row("d/b", position=1), row("d/c", position=2)])
    plan = plan_deck(deck("d", card("d/b"), card("d/a"), card("d/c")), shelf)
    assert counts(plan) == {"unchanged": 3}
    assert names(plan.shuffled) == ["d/b", "d/a"]


@pytest.mark.parametrize(
    ("now", "fields"),
    [
        ({"answer": "other"}, ("answer",)),
        ({"explanation": "why", "term": "t"}, ("term", "explanation")),
        ({"tags": ("x",)}, ("tags",)),
        ({"accept": ("b",), "choices": (Choice("c", "no"),)}, ("accept", "choices")),
        ({"hint": "h", "cloze": "{{c1::a::h}}"}, ("cloze", "hint")),
    ],
)
def test_an_updated_card_names_what_changed(now, fields):
    """Any changed text, tag or extra key makes the card updated and is named."""
    before = replace(card("d/a"), accept=("a",))
    known = row("d/a")._replace(content_hash=content(before)[0])
    _, tags, extra = content(before)
    stored = {name: getattr(before, name) for name in TEXT_FIELDS} | {"tags": tags, "extra": extra}
    plan = plan_deck(deck("d", replace(before, **now)), Shelf([known], stored={known.key: stored}))
    assert counts(plan) == {"updated": 1}
    assert plan.updated[0].fields == fields


def test_fields_do_not_run_into_each_other():
    """Text that moves from one field to the next changes the hash."""
    one = Card("d", "a", "ab", "c")
    assert content(one)[0] != content(Card("d", "a", "a", "bc"))[0]
    assert content(replace(one, term=""))[0] != content(replace(one, term=None))[0]
    assert content(replace(one, position=4, line=7, deck="e", id="z", was=(("e", "y"),))) == content(one)


@pytest.mark.parametrize("retired", [0, 1])
@pytest.mark.parametrize("former", ["d/a", "other/a"])
def test_a_renamed_card_keeps_its_row(former, retired):
    """A row under a `was` name, live or retired, here or in another deck, takes the new name."""
    known = row(former, retired=retired)
    plan = plan_deck(deck("d", card("d/b", says="new", was=[former])), Shelf([known]))
    assert counts(plan) == {"moved": 1}
    moved = plan.moved[0]
    assert (moved.key, moved.entry, moved.came_from) == (known.key, known.entry, former)
    assert joins(plan) == {(known.key, card_key("d", "b"))}
    assert plan.robbed == ({"other"} if former == "other/a" else set())


def test_every_variant_follows_a_rename():
    """A `was` names an entry: each variant takes the row of the same variant."""
    shelf = Shelf([row("d/a"), row("d/a#c1", position=1)])
    plan = plan_deck(deck("d", card("d/b", was=["d/a"]), card("d/b#c1", was=["d/a"])), shelf)
    assert [(each.card.name, each.came_from) for each in plan.moved] == [("d/b", "d/a"), ("d/b#c1", "d/a#c1")]


@pytest.mark.parametrize("order", [("d", "e"), ("e", "d")])
def test_decks_imported_together_pass_cards_whichever_comes_first(order):
    """A card that goes from one file to another is moved once and retired nowhere."""
    decks = {"d": deck("d", card("d/x")), "e": deck("e", card("e/a", was=["d/a"]))}
    shelf = Shelf([row("d/x"), row("d/a", position=1)])
    plans = {plan.deck.id: plan for plan in plan_decks([decks[each] for each in order], shelf, {})}
    assert counts(plans["e"]) == {"moved": 1}
    assert counts(plans["d"]) == {"unchanged": 1}
    assert not plans["e"].robbed


def test_a_card_whose_past_is_not_here_has_the_key_of_its_oldest_name():
    """Without a row the first name in `was` makes the key, and every other name is joined to it."""
    plan = plan_deck(deck("d", card("d/c", was=["e/a", "d/b"])), Shelf())
    oldest = card_key("e", "a")
    assert [(each.key, each.entry) for each in plan.added] == [(oldest, oldest)]
    assert joins(plan) == {(oldest, card_key("d", "b")), (oldest, card_key("d", "c"))}


def test_a_name_given_up_makes_the_next_key():
    """A new card under a name whose key went with a rename gets a key and an entry of its own."""
    shelf = Shelf([row("d/b", says="old", key=card_key("d", "a"))])
    shelf.rows[0] = shelf.rows[0]._replace(entry=card_key("d", "a"))
    shelf.alias = {card_key("d", "b"): card_key("d", "a")}
    plan = plan_deck(deck("d", card("d/b", says="old"), card("d/a", says="new")), shelf)
    assert counts(plan) == {"added": 1, "unchanged": 1}
    second = card_key("d", "a", "", 2)
    assert [(each.key, each.entry) for each in plan.added] == [(second, second)]
    assert not plan.joins


def test_a_new_name_that_another_card_once_had_is_not_joined():
    """A rename onto a name whose key went with another card joins no keys: two histories stay two."""
    shelf = Shelf(
        [row("d/x", key=card_key("d", "c")), row("d/a", position=1)],
        alias={card_key("d", "x"): card_key("d", "c")},
    )
    plan = plan_deck(deck("d", card("d/x"), card("d/c", was=["d/a"])), shelf)
    assert counts(plan) == {"moved": 1, "unchanged": 1}
    assert not plan.joins


def test_a_rename_taken_back_takes_its_row_back():
    """A name that comes back with the text its card had is that card, without a `was`."""
    shelf = Shelf(
        [row("d/b", key=card_key("d", "a"))],
        alias={card_key("d", "b"): card_key("d", "a")},
    )
    plan = plan_deck(deck("d", card("d/a")), shelf)
    assert counts(plan) == {"moved": 1}
    assert plan.moved[0].key == card_key("d", "a")
    assert counts(plan_deck(deck("d", card("d/a", says="other")), shelf)) == {"added": 1, "retired": 1}


def test_a_was_that_skips_a_name_finds_the_card():
    """`was` naming only the first of two former names leads to the row by its key."""
    shelf = Shelf(
        [row("d/b", key=card_key("d", "a"))],
        alias={card_key("d", "b"): card_key("d", "a")},
    )
    plan = plan_deck(deck("d", card("d/c", says="new", was=["d/a"])), shelf)
    assert counts(plan) == {"moved": 1}
    assert joins(plan) == {(card_key("d", "a"), card_key("d", "c"))}


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("retired", [0, 1])
def test_a_was_written_later_joins_both_histories(answered, retired):
    """With a row of its own the card takes in the row of its former name, and says so if it had answers."""
    old = row("d/a", retired=retired, position=1)
    shelf = Shelf([row("d/b"), old], with_answers={old.key} if answered else set())
    plan = plan_deck(deck("d", card("d/b", was=["d/a"])), shelf)
    assert counts(plan) == ({"moved": 1} if answered else {"unchanged": 1})
    assert [(join.keep, join.other, join.absorbs) for join in plan.joins] == [
        (card_key("d", "b"), old.key, True)
    ]


def test_a_live_card_of_another_deck_keeps_its_history():
    """A `was` that names a live card elsewhere, from a card that has a row, is a warning and no more."""
    shelf = Shelf([row("d/b"), row("e/a")])
    plan = plan_deck(deck("d", card("d/b", was=["e/a"])), shelf, "d.toml")
    assert counts(plan) == {"unchanged": 1}
    assert not plan.joins
    assert plan.unsettled
    assert [(each.path, each.line, each.code) for each in plan.warnings] == [("d.toml", 1, "W201")]
    assert not plan.warnings[0].is_error


def test_a_name_the_log_tells_of_the_card_is_not_another_card():
    """A former name that renames in the log tell of does not take in the retired row that had it next."""
    own, other = row("d/b"), row("d/a", key=card_key("d", "a", "", 2), retired=1)
    shelf = Shelf([own, other], with_answers={other.key}, told={own.key: {"d/a"}})
    plan = plan_deck(deck("d", card("d/b", was=["d/a"])), shelf)
    assert counts(plan) == {"unchanged": 1}
    assert not any(join.absorbs for join in plan.joins)


@pytest.mark.parametrize(
    ("before", "now", "warned"),
    [
        ("SHA-256", "manifest", True),
        ("SHA-256", "sha-256 sum", False),
        ("an index", "the Index", False),
        ("tag, pin", "label, tag", False),
    ],
)
def test_a_hole_that_hides_something_else_is_told(before, now, warned):
    """A cloze number whose hidden text changed wholly is warned of; a better wording of it is not."""
    old = replace(card("d/a#c1"), answer=before)
    known = row("d/a#c1")._replace(content_hash=content(old)[0])
    _, tags, extra = content(old)
    stored = {name: getattr(old, name) for name in TEXT_FIELDS} | {"tags": tags, "extra": extra}
    plan = plan_deck(
        deck("d", replace(old, answer=now)), Shelf([known], stored={known.key: stored}), "d.toml"
    )
    assert [problem.code for problem in plan.warnings] == (["W205"] if warned else [])
    assert counts(plan) == {"updated": 1}


def test_a_settled_was_is_settled():
    """A `was` whose key already is this card's changes nothing, even if another card took the old name."""
    shelf = Shelf(
        [row("d/b", key=card_key("e", "a")), row("e/a", key=card_key("e", "a", "", 2))],
        alias={card_key("d", "b"): card_key("e", "a")},
    )
    plan = plan_deck(deck("d", card("d/b", was=["e/a"])), shelf)
    assert counts(plan) == {"unchanged": 1}
    assert not plan.joins
    assert not plan.warnings


def test_a_was_that_was_never_here_is_joined_once():
    """A card with a row is joined to the key of a former name this database never had a card for."""
    shelf = Shelf([row("d/b")])
    same = deck("d", card("d/b", was=["d/a"]))
    plan = plan_deck(same, shelf)
    assert counts(plan) == {"unchanged": 1}
    assert joins(plan) == {(card_key("d", "b"), card_key("d", "a"))}
    shelf.alias = {join.other: join.keep for join in plan.joins}
    assert not plan_deck(same, shelf).joins


def test_of_two_cards_with_one_former_name_the_first_has_the_history():
    """When a card was split and both parts name it, the first in the file takes the row."""
    known = row("d/a")
    split = deck("d", card("d/b", says="new", was=["d/a"]), card("d/c", says="newer", was=["d/a"]))
    plan = plan_deck(split, Shelf([known]))
    assert names(plan.moved) == ["d/b"]
    assert [(each.card.name, each.key) for each in plan.added] == [("d/c", card_key("d", "c"))]
    assert joins(plan) == {(known.key, card_key("d", "b"))}


def test_cards_gone_from_the_file_are_retired_in_their_order():
    """Live rows no card of the file stands for are retired; those retired before are not told again."""
    shelf = Shelf([row("d/b", position=2), row("d/a", position=1), row("d/c", retired=1), row("e/a")])
    plan = plan_deck(deck("d"), shelf)
    assert counts(plan) == {"retired": 2}
    assert [card_name(each.deck, each.id) for each in plan.retired] == ["d/a", "d/b"]


@pytest.mark.parametrize("says", ["text", "other"])
def test_a_retired_card_that_returns_is_revived(says):
    """The id of a retired card brings it back, once, whatever it says now."""
    plan = plan_deck(deck("d", card("d/a", says=says)), Shelf([row("d/a", retired=1)]))
    assert counts(plan) == {"revived": 1}


def test_keys_the_log_knows_joined_lead_to_where_they_stand():
    """A card added under a key that the log joined to others stands where they all stand."""
    root = card_key("d", "older")
    plan = plan_deck(deck("d", card("d/a")), Shelf(alias={card_key("d", "a"): root}))
    assert [each.key for each in plan.added] == [root]
    assert plan.met == [root]


def test_a_name_the_log_tells_leads_to_its_card():
    """Keys joined in the log go to the card that was told their name last, not to the one named so before."""
    root = card_key("d", "a")
    library = Shelf(alias={card_key("d", "b"): root}, newest={root: "d/b"})
    plan = plan_deck(deck("d", card("d/a"), card("d/b")), library)
    assert {each.card.name: each.key for each in plan.added} == {
        "d/a": card_key("d", "a", "", 2),
        "d/b": root,
    }
    alone = plan_deck(deck("d", card("d/a")), library)
    assert [each.key for each in alone.added] == [root]


def test_a_new_variant_is_a_sibling_of_the_old_ones():
    """A variant added to a renamed entry gets the entry its siblings have."""
    known = row("d/b", key=card_key("d", "a"))._replace(entry=card_key("d", "a"))
    plan = plan_deck(deck("d", card("d/b#reverse"), card("d/b")), Shelf([known]))
    assert [each.entry for each in plan.added] == [card_key("d", "a")]


def test_a_card_that_comes_from_several_takes_the_newest_row_and_joins_the_others():
    """Without a row of its own a card takes the row of its last name, and takes in those of older ones."""
    older, newest = row("d/a", retired=1), row("e/b")
    plan = plan_deck(deck("d", card("d/c", was=["d/a", "e/b"])), Shelf([older, newest]))
    assert [(each.key, each.came_from) for each in plan.moved] == [(newest.key, "e/b")]
    assert joins(plan) == {(newest.key, older.key), (newest.key, card_key("d", "c"))}
    assert plan.robbed == {"e"}
    assert not plan.warnings


def carried(plan):
    """What rows that go with their entry were called, and are now."""
    return {(each.former, card_name(each.deck, each.id, each.variant)) for each in plan.carried}


@pytest.mark.parametrize("retired", [0, 1])
@pytest.mark.parametrize("former", ["d/a", "other/a"])
def test_a_variant_taken_out_goes_with_its_entry(former, retired):
    """The row of a variant that a renamed entry has no longer takes its name too, and is retired."""
    gone = row(f"{former}#reverse", position=1, retired=retired)
    plan = plan_deck(deck("d", card("d/b", was=[former])), Shelf([row(former), gone]))
    assert carried(plan) == {(f"{former}#reverse", "d/b#reverse")}
    assert counts(plan) == {"moved": 1} | ({} if retired else {"retired": 1})
    assert {each.entry for each in (*plan.carried, *plan.moved)} == {gone.entry}


def test_an_entry_is_taken_over_whole():
    """Of two tables that name one entry the first has all its rows, and the other is told so."""
    shelf = Shelf([row("d/a"), row("d/a#reverse", position=1)])
    first, second = card("d/b", was=["d/a"]), card("d/c", was=["d/a"])
    plan = plan_deck(deck("d", first, second, replace(second, variant="reverse")), shelf, "d.toml")
    assert names(plan.moved) == ["d/b"]
    assert carried(plan) == {("d/a#reverse", "d/b#reverse")}
    assert [each.key for each in plan.added] == [card_key("d", "c"), card_key("d", "c", "reverse")]
    assert {each.entry for each in plan.added} == {card_key("d", "c")}
    assert [(each.code, each.line) for each in plan.warnings] == [("W208", 11)]


def test_an_entry_is_taken_in_whole():
    """With a `was` written later both entries are one: rows of one variant join, the others come along."""
    old = [row("d/a"), row("d/a#reverse", position=1), row("d/a#c1", position=2), row("d/a#c2", retired=1)]
    own = [row("d/b", position=3), row("d/b#c2", position=4, retired=1)]
    now = card("d/b", was=["d/a"])
    plan = plan_deck(deck("d", now, replace(now, variant="reverse")), Shelf([*old, *own]))
    absorbed = {(join.keep, join.other) for join in plan.joins if join.absorbs}
    assert absorbed == {(own[0].key, old[0].key), (own[1].key, old[3].key)}
    assert [(each.key, each.card.name, each.came_from) for each in plan.moved] == [
        (old[1].key, "d/b#reverse", "d/a#reverse")
    ]
    assert carried(plan) == {("d/a#c1", "d/b#c1")}
    assert counts(plan) == {"moved": 1, "retired": 1, "unchanged": 1}
    assert {each.entry for each in (*plan.carried, *plan.moved)} == {own[0].entry}


def test_entries_that_name_each_others_names_are_not_mixed():
    """Two tables that both name both of two entries have one of them each, and both are told."""
    shelf = Shelf([row("d/a"), row("d/b", position=1)])
    plan = plan_deck(deck("d", card("d/x", was=["d/a", "d/b"]), card("d/y", was=["d/b", "d/a"])), shelf)
    assert {(each.came_from, each.card.name) for each in plan.moved} == {("d/a", "d/y"), ("d/b", "d/x")}
    assert [problem.code for problem in plan.warnings] == ["W208", "W208"]
    assert not any(join.absorbs for join in plan.joins)


def test_an_entry_that_one_file_still_has_is_not_gone():
    """A name once had leads to no entry of which another card is live elsewhere."""
    shelf = Shelf([row("e/b", key=card_key("e", "a"), retired=1), row("e/b#c1")])
    shelf.alias = {card_key("e", "b"): card_key("e", "a")}
    plan = plan_deck(deck("d", card("d/x", was=["e/a"])), shelf)
    assert counts(plan) == {"added": 1}
    assert not plan.robbed
    assert not plan.joins


def test_a_variant_added_later_has_no_key_of_a_name_that_went_on():
    """A former name that leads to another entry's card makes no key, whatever the variant."""
    shelf = Shelf([row("d/b"), row("d/c", key=card_key("d", "a"), position=1)])
    shelf.alias = {card_key("d", "c"): card_key("d", "a")}
    now = card("d/b", was=["d/a"])
    plan = plan_deck(deck("d", now, replace(now, variant="reverse"), card("d/c")), shelf)
    assert [each.key for each in plan.added] == [card_key("d", "b", "reverse")]
    assert not plan.joins


def test_entries_of_databases_of_before_are_put_right():
    """One name with two entries gets that of its first live row; two names with one get one each."""
    other = b"another entry..."
    split = [
        row("d/a", retired=1)._replace(entry=other),
        row("d/a#c1", position=0),
        row("d/a#c2", position=1)._replace(entry=other),
        row("d/b", position=2)._replace(entry=card_key("d", "a")),
        row("d/c", position=3)._replace(entry=card_key("d", "a")),
        row("d/c#c1", position=4)._replace(entry=card_key("d", "a")),
    ]
    cards = deck("d", *(card(each) for each in ("d/a#c1", "d/a#c2", "d/b", "d/c", "d/c#c1")))
    plan = plan_deck(cards, Shelf(split))
    assert counts(plan) == {"unchanged": 5}
    found = {placed.card.name: placed.entry for placed in plan.shuffled}
    assert found.keys() == {"d/a#c2", "d/b", "d/c", "d/c#c1"}
    assert found["d/a#c2"] == card_key("d", "a") == plan.carried[0].entry
    assert found["d/c"] == found["d/c#c1"]
    assert len({card_key("d", "a"), other, found["d/b"], found["d/c"]}) == 4
    assert carried(plan) == {("d/a", "d/a")}
