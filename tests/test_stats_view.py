"""The statistics screen at 80 and 40 columns, plain and in ASCII."""

from __future__ import annotations

import unicodedata
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from sqlalchemy import create_engine, text

from srs.cli.stats_view import read_stats, stats_rows
from srs.coming import Left
from srs.days import StudyDays, day_number
from srs.stats import summarise
from srs.store import tables

ZONE = ZoneInfo("Europe/Berlin")
DAYS = StudyDays(ZONE)
TODAY = 20_782  # Wed 25 Nov 2026
NOW = DAYS.start(TODAY) + 6 * 3_600_000

RECALL = [
    (TODAY - 400, 30, 25, 20, 22, 5, 5),
    (TODAY - 100, 60, 52, 100, 110, 20, 22),
    (TODAY - 20, 200, 180, 164, 185, 110, 115),
    (TODAY - 4, 60, 52, 31, 38, 22, 23),
    (TODAY - 1, 20, 18, 10, 10, 7, 8),
    (TODAY, 12, 10, 7, 8, 4, 4),
]
EFFORT = [(TODAY, 15, 240_000, 2, 60_000, 10, 180_000)]
DUES = dict(
    enumerate(
        [3, 9, 6, 8, 5, 4, 24, 6, 4, 3, 7, 5, 4, 2, 5, 3, 1, 4, 3, 1, 4, 2, 3, 1, 2, 1, 1, 2, 1, 1], TODAY
    )
)
STATES = {
    "new": 57,
    "learning": 6,
    "relearning": 0,
    "young": 41,
    "mature": 16,
    "suspended": 0,
    "buried": 0,
    "retired": 0,
    "unknown": 0,
    "leech": 1,
}


def make(**changed):
    """The statistics behind the screens below, with what a test changes."""
    known = {
        "now": NOW,
        "days": DAYS,
        "recall": RECALL,
        "effort": EFFORT,
        "dues": DUES,
        "states": STATES,
        "last_missed": TODAY - 2,
        "left": Left(new=1, due=3),
        "aim": 0.9,
        "limits": (5, 200),
    }
    return summarise(**{**known, **changed})


def screen(stats, width, **how):
    """The rows as one text."""
    return "\n".join(row.plain for row in stats_rows(stats, width, **how))


def shown(cells):
    """How wide a text is where ambiguous characters take two cells."""
    return sum(2 if unicodedata.east_asian_width(char) == "A" else cell_len(char) for char in cells)


WIDE = """\
On aim: you recalled 91 % in the last 30 days (88-93), your aim is 90 %.

             young               mature              all
  today      7/8                 4/4                 11/12
  yesterday  10/10               7/8                 17/18
  7 days     48/56    86 %       33/35    94 %       81/91    89 % (81-94)
  30 days    212/241  88 %       143/150  95 %       355/391  91 % (88-93)
  365 days   312/351  89 %       163/172  95 %       475/523  91 % (88-93)
  all        332/373  89 %       168/177  95 %       500/550  91 % (88-93)

  Today      12 cards in 4 min; 4 left, about 1 min
  Tomorrow   9 due and 5 new, about 5 min; heaviest day Tue 1 Dec, 24
  Next 21    from tomorrow, most 24: ▄▃▄▃▃█▃▃▂▄▃▃▂▃▂▂▃▂▂▃▂
  Cards      120: 57 new, 6 learning, 41 young, 16 mature; 1 leech
  Days       4 of the last 30, 2 in a row            more: srs stats --all
"""

NARROW = """\
On aim: you recalled 91 % in the last
30 days (88-93), your aim is 90 %.

           young  mature  all
 today     7/8    4/4     11/12
 yesterday 10/10  7/8     17/18
 7 days    86 %   94 %    89 % of 91
 30 days   88 %   95 %    91 % of 391
 365 days  89 %   95 %    91 % of 523
 all       89 %   95 %    91 % of 550

 Today     12 cards in 4 min; 4 left,
           about 1 min
 Tomorrow  9 due and 5 new, about 5 min;
           heaviest day Tue 1 Dec, 24
 Next 10   most 24: ▄▃▄▃▃█▃▃▂▄
 Cards     120: 57 new, 6 learning,
           41 young, 16 mature; 1 leech
 Days      4 of the last 30, 2 in a row
"""

PLAIN = """\
On aim: you recalled 91 % in the last 30 days (88-93), your aim is 90 %.
Today, young cards: 7 of 8 recalled.
Today, mature cards: 4 of 4 recalled.
Today, all cards: 11 of 12 recalled.
Yesterday, young cards: 10 of 10 recalled.
Yesterday, mature cards: 7 of 8 recalled.
Yesterday, all cards: 17 of 18 recalled.
Last 7 days, young cards: 48 of 56 recalled, 86 %, interval 74 to 93 %.
Last 7 days, mature cards: 33 of 35 recalled, 94 %, interval 81 to 98 %.
Last 7 days, all cards: 81 of 91 recalled, 89 %, interval 81 to 94 %.
Last 30 days, young cards: 212 of 241 recalled, 88 %, interval 83 to 91 %.
Last 30 days, mature cards: 143 of 150 recalled, 95 %, interval 91 to 98 %.
Last 30 days, all cards: 355 of 391 recalled, 91 %, interval 88 to 93 %.
Last 365 days, young cards: 312 of 351 recalled, 89 %, interval 85 to 92 %.
Last 365 days, mature cards: 163 of 172 recalled, 95 %, interval 90 to 97 %.
Last 365 days, all cards: 475 of 523 recalled, 91 %, interval 88 to 93 %.
Ever, young cards: 332 of 373 recalled, 89 %, interval 85 to 92 %.
Ever, mature cards: 168 of 177 recalled, 95 %, interval 91 to 97 %.
Ever, all cards: 500 of 550 recalled, 91 %, interval 88 to 93 %.
Today: 12 cards in 4 min.
Still today: 4 left, about 1 min.
Tomorrow: 9 due and 5 new, about 5 min.
Heaviest day: Tue 1 Dec, 24 cards.
Next 30 days: 125 cards due.
Cards: 120.
New: 57.
Learning: 6.
Young: 41.
Mature: 16.
Leech: 1.
Days studied: 4 of the last 30.
In a row: 2 days.
"""


def test_the_screen_at_80_columns():
    """The verdict, the table, today, tomorrow, the days ahead, cards and days: the half screen."""
    assert screen(make(), 80) + "\n" == WIDE


def test_the_screen_at_40_columns():
    """Columns are folded to per cents, the days ahead to as many as fit."""
    assert screen(make(), 40) + "\n" == NARROW


def test_plain_lines_say_one_fact_each():
    """No columns, no bars: every line is a sentence that ends in a full stop."""
    text = screen(make(), 80, plain=True)
    assert text + "\n" == PLAIN
    assert all(line.endswith(".") and "  " not in line for line in text.split("\n"))


def test_only_the_verdict_is_bold():
    """One bold thing a screen, at any width and in plain lines."""
    for width, plain in ((80, False), (40, False), (80, True)):
        rows = stats_rows(make(), width, plain=plain)
        bold = [row.plain for row in rows if "bold" in str(row.style)]
        assert " ".join(bold) == make().verdict.sentence
        assert rows[0].plain == bold[0]


def test_ascii_screens_hold_only_ascii():
    """Where the encoding is not UTF-8, bars are drawn with ASCII signs, an empty day by the lowest."""
    text = screen(make(dues={TODAY: 3, TODAY + 2: 8}), 80, ascii=True)
    assert text.isascii()
    assert "Next 29    from tomorrow, most 8: _#___" in text


def test_a_single_card_is_more_than_none_in_the_bars():
    """The lowest bar means no card, one card among very many is the next one."""
    stats = make(dues={TODAY + 1: 1, TODAY + 2: 1000}, limits=(5, 9_999))
    row = next(line for line in screen(stats, 132).split("\n") if "▁" in line)
    assert row.endswith("most 1,000: ▂█" + "▁" * 27)


@pytest.mark.parametrize("width", [80, 40])
def test_before_the_first_answer_a_friendly_sentence(width):
    """Nothing answered: what to type, and the cards; no empty table."""
    text = screen(make(recall=[], effort=[]), width)
    assert text.startswith("No answers yet. Your first: srs review\n")
    assert "\n120 cards: 57 new" in text
    assert "/" not in text
    assert screen(make(recall=[], effort=[], states={"new": 156}), width).endswith("\n156 cards, all new")


def test_before_the_first_answer_the_deck_is_named():
    """Who asks for a deck is told how to begin with it, not with all of them."""
    rows = stats_rows(make(recall=[], effort=[]), 80, decks=["registry", "two words"])
    assert rows[0].plain == "No answers yet. Your first: srs review registry 'two words'"
    assert stats_rows(make(recall=[], effort=[], states={}), 80, decks=["d"])[0].plain == "No cards in d."


def test_what_waits_beyond_the_limit_is_said():
    """A backlog is told with today and with tomorrow, and the limit that holds it back."""
    limited = Left(new=1, due=200, limited=True)
    stats = make(dues={TODAY - 9: 400}, left=limited, effort=[], recall=RECALL[:-1])
    text = screen(stats, 80)
    assert "Today      nothing answered yet; 201 left, about 1 h 10 min; 200 more wait for" in text
    assert "           another day (limit 200)" in text
    assert "Tomorrow   200 due and 5 new, about 1 h 10 min\n" in text
    more = make(dues={TODAY - 9: 401}, left=Left(due=200, limited=True))
    assert "Tomorrow   200 due and 5 new, about 1 h 5 min (limit 200)" in screen(more, 80)
    assert "Beyond today: 201 more wait for another day (limit 200)." in screen(more, 80, plain=True)
    buried = make(dues={TODAY: 4}, left=Left(due=3))
    assert "1 more waits for another day\n" in screen(buried, 100)


def test_tomorrow_is_not_free_while_today_is_not_done():
    """Nothing is due tomorrow only if what is overdue today is done today."""
    stats = make(dues={TODAY - 3: 3}, states={"young": 3})
    assert "Tomorrow   nothing due once today is done" in screen(stats, 80)
    done = make(dues={}, left=Left(), states={"young": 3})
    assert "Tomorrow   nothing due\n" in screen(done, 80)


def test_an_empty_table_is_left_out():
    """Before a card came back after a day there are no rows of dashes."""
    text = screen(make(recall=[(TODAY, 12, 10, 0, 0, 0, 0)]), 80)
    assert "yesterday" not in text
    assert text.split("\n\n")[1].startswith("  Today      12 cards")


def test_without_any_card_the_first_run_sentence():
    """An empty database is told where cards come from."""
    text = screen(make(recall=[], effort=[], states={}), 120)
    assert text == (
        "No cards yet. Try the deck that comes along: srs init --sample. Your own: srs import FILE.toml."
    )


def test_singular_and_plural():
    """One card, one day, one leech are said as one; several as several."""
    one = make(
        recall=[(TODAY, 1, 1, 1, 1, 0, 0)],
        effort=[(TODAY, 1, 8_000, 1, 8_000, 0, 0)],
        dues={TODAY + 2: 1},
        states={"young": 1, "leech": 1},
        left=Left(),
        extra_days=1,
    )
    text = screen(one, 80)
    assert "Today      1 card in 8 s; nothing left" in text
    assert "Tomorrow   nothing due\n" in text
    assert "1 day      1/1" in text
    assert "1, all young; 1 leech" in text
    assert "In a row: 1 day." in screen(one, 80, plain=True)
    many = make(states={"young": 2, "leech": 2, "retired": 3, "unknown": 1, "suspended": 1, "buried": 4})
    assert "7: 2 young, 1 suspended, 4 buried; 2 leeches; 3 retired; 1 without text" in screen(many, 100)


def test_long_times_are_hours():
    """Eighty minutes of answers are 1 h 20 min, two hours 2 h."""
    stats = make(effort=[(TODAY, 15, 4_800_000, 0, 0, 1, 3_600_000)], left=Left(due=2), dues={})
    assert "Today      12 cards in 1 h 20 min; 3 left" not in screen(stats, 80)
    assert "Today      12 cards in 1 h 20 min; 2 left, about 2 h" in screen(stats, 80)


def test_times_not_recorded_are_not_called_zero():
    """An imported day without times says its cards and no time."""
    assert "Today      12 cards; 4 left" in screen(make(effort=[(TODAY, 15, 0, 0, 0, 0, 0)]), 80)


counts = st.integers(0, 2_000_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(
    st.lists(st.tuples(st.integers(0, 400), counts, counts), max_size=8, unique_by=lambda day: day[0]),
    st.integers(30, 132),
    st.integers(0, 1_000_000),
    st.booleans(),
    st.one_of(st.none(), st.integers(1, 36_500)),
)
@example(days=[(0, (0, 0), (10, 10))], width=30, size=1, ascii_only=True, extra_days=None)
def test_no_row_is_wider_than_the_screen(days, width, size, ascii_only, extra_days):
    """Whatever the counts, rows fit, also where ambiguous characters take two cells and stand last."""
    stats = make(
        recall=[
            (TODAY - back, size, size, *young, *mature) for back, young, mature in sorted(days, reverse=True)
        ],
        effort=[(TODAY, size, size * 60_000, size, size * 60_000, 1, 60_000)],
        dues={TODAY + 3: size},
        states=dict.fromkeys(STATES, size),
        extra_days=extra_days,
    )
    for row in stats_rows(stats, width, ascii=ascii_only):
        assert shown(row.plain) <= width, row.plain
        ambiguous = [at for at, char in enumerate(row.plain) if unicodedata.east_asian_width(char) == "A"]
        assert ambiguous == list(range(len(row.plain) - len(ambiguous), len(row.plain)))


def test_the_date_of_the_fixture():
    """The screens above are of Wednesday 25 November 2026."""
    assert day_number(date(2026, 11, 25)) == TODAY


@pytest.mark.sqlite_file
def test_the_screen_is_read_from_a_database(tmp_path):
    """Two cards answered yesterday and one today, from the tables to the screen and its JSON twin."""
    engine = create_engine(f"sqlite:///{tmp_path / 'srs.db'}")
    tables.SQLModel.metadata.create_all(engine)
    with engine.begin() as connection:
        for number, (card, back, interval) in enumerate([(1, 1, 0), (2, 1, 4), (1, 0, 1)]):
            answer = f"x'0{number}', x'0{card}', {number}, {TODAY - back}, 3, {interval}, 20000"
            connection.execute(
                text(
                    "INSERT INTO review (learner, id, card, at, study_day, rating, interval_before, took_ms,"
                    f" device, undone, follows) VALUES ('me', {answer}, 'd', 0, 1)"
                )
            )

        def rows(sql, bound):
            return connection.execute(text(sql), bound).fetchall()

        stats = read_stats(rows, "me", DAYS, NOW, left=Left(), aim=0.9, limits=(5, 200))
    engine.dispose()
    assert stats.retention["7d"].all.total == 2
    assert "  yesterday  1/1                 -                   1/1" in screen(stats, 80).split("\n")
    assert "  Days       2 of the last 30, 2 in a row            more: srs stats --all" in screen(
        stats, 80
    ).split("\n")
