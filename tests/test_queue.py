"""Which card is next: the pure choice, how new cards are spread, and the count of a session."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from srs.model import Rating
from srs.queue import Heads, Mix, Pick, choose, day_pivot, shuffled, spread
from srs.session import Answered, Left, begin

SIZES = st.integers(0, 40)
KEYS = st.lists(st.binary(min_size=1, max_size=2), unique=True, max_size=3).map(tuple)
A, B, C, D = b"a", b"b", b"c", b"d"


def asked(reviews, new):
    """The kinds of cards in the order a session asks them, all passing."""
    waiting = {
        "review": [b"r%d" % i for i in range(reviews)],
        "new": [b"n%d" % i for i in range(new)],
    }
    session = begin(Left(new=new, review=reviews))
    kinds = []
    while pick := session.pick(Heads(reviews=tuple(waiting["review"]), new=tuple(waiting["new"]))):
        assert waiting[pick.kind].pop(0) == pick.card
        kinds.append(pick.kind)
        answered = Answered(pick.card, pick.card, "", "", Rating.GOOD, 1_000, pick.kind)
        session.answer(answered, comes_back=False)
    return kinds


def test_new_cards_stand_between_the_reviews():
    """Of 6 reviews and 2 new cards the new ones come after the second and the fourth review."""
    assert "".join(kind[0] for kind in asked(6, 2)) == "rrnrrnrr"


@given(reviews=SIZES, new=SIZES)
def test_interleaving_shows_every_card_and_spreads_new_ones_evenly(reviews, new):
    """All cards come; the reviews between two new cards differ by at most one."""
    kinds = asked(reviews, new)
    assert (kinds.count("review"), kinds.count("new")) == (reviews, new)
    runs = [len(run) for run in "".join(kind[0] for kind in kinds).split("n")]
    if new:
        assert max(runs) - min(runs) <= 1


@given(total=SIZES, reviews=SIZES, new=SIZES)
def test_a_limit_keeps_the_first_of_the_interleaving(total, reviews, new):
    """What a session of N cards takes of each kind is what the first N of all would be."""
    first = asked(reviews, new)[:total]
    assert spread(total, reviews, new) == (first.count("review"), first.count("new"))


@given(limit=SIZES, new=SIZES, learning=SIZES, review=SIZES)
def test_a_limit_counts_cards_with_steps_first(limit, new, learning, review):
    """A session of at most N cards has N or all of them, cards in steps before all others."""
    left = begin(Left(new, learning, review), limit=limit).left
    assert left.total == min(limit, new + learning + review)
    assert left.learning == min(limit, learning)
    assert left.new <= new
    assert left.review <= review


@given(lists=st.tuples(KEYS, KEYS, KEYS, KEYS), mix=st.tuples(SIZES, SIZES, SIZES, SIZES), data=st.data())
def test_the_card_just_shown_waits_while_another_can_be_shown(lists, mix, data):
    """The choice is the last card only where no list has another, and None only where all are empty."""
    heads = Heads(*lists)
    every = {card for cards in heads for card in cards}
    last = data.draw(st.sampled_from([None, *sorted(every)]))
    pick = choose(heads, Mix(*mix), last)
    if pick is None:
        assert not every - {last}
        assert last not in (*heads.steps_due, *heads.steps_ahead)
    else:
        assert pick.card in every
        assert pick.card != last or every == {last}


def test_steps_due_come_first_and_steps_ahead_last():
    """A step due now goes before reviews and new cards, a step due soon after both."""
    heads = Heads((A,), (B,), (C,), (D,))
    for mix in (Mix(1, 1), Mix(5, 0), Mix(0, 5)):
        assert choose(heads, mix) == Pick(A, "learning")
        assert choose(heads._replace(steps_due=()), mix).kind in ("review", "new")
    assert choose(Heads(steps_ahead=(D,)), Mix(0, 0)) == Pick(D, "learning")


@given(
    cards=st.lists(st.binary(min_size=16, max_size=16), unique=True, max_size=30), day=st.integers(0, 40_000)
)
def test_random_order_depends_on_card_and_day_alone(cards, day):
    """However the cards are handed in, and whichever are there, they stand in one order on a day."""
    order = shuffled(cards, day)
    assert shuffled(cards[::-1], day) == order
    assert shuffled(cards[1:], day) == [card for card in order if card != cards[0]] if cards else True


def test_each_day_draws_another_pivot_and_order():
    """Pivots and random orders of a hundred days are all different."""
    cards = [bytes([i]) * 16 for i in range(20)]
    days = range(20_000, 20_100)
    assert len({day_pivot(day) for day in days}) == 100
    assert len({tuple(shuffled(cards, day)) for day in days}) == 100


@given(data=st.data())
def test_numbers_of_a_session_never_grow_or_fall_below_nothing(data):
    """Finished and left add up to the same all along, whatever kind of card is answered or put away."""
    session = begin(Left(*(data.draw(st.integers(0, 3)) for _ in range(3))))
    total, lines, undone = session.left.total, [], []
    for number, (kind, doing) in enumerate(
        data.draw(
            st.lists(
                st.sampled_from(
                    [*product(("new", "review", "learning"), ("answer", "again", "away", "back", "forth"))]
                )
            )
        )
    ):
        line = number.to_bytes(2, "big")
        if doing == "back" and lines:
            assert session.take_back(lines[-1])
            undone.append(lines.pop())
        elif doing == "forth" and undone:
            assert session.put_back(undone[-1])
            lines.append(undone.pop())
        elif doing == "away":
            session.put_away(line, line, kind)
        elif doing in ("answer", "again"):
            session.answer(
                Answered(line, line, "", "", Rating.GOOD, 1_000, kind), comes_back=doing == "again"
            )
        if doing in ("away", "answer", "again"):
            lines.append(line)
            undone.clear()
        assert session.left.total == total
        assert min(session.left) >= 0
