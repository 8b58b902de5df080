"""Retention told apart: the order of groups, the table at every width, plain, ASCII, with hostile names."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cli.drawing import cells, harmless
from srs.cli.groups_view import group_rows
from srs.days import StudyDays
from srs.errors import UsageError
from srs.grouping import as_json, group, window
from srs.stats import Retention, Share

ZONE = ZoneInfo("Europe/Berlin")
DAYS = StudyDays(ZONE)
TODAY = 20_782  # Wed 25 Nov 2026
NOW = DAYS.start(TODAY) + 6 * 3_600_000

MODES = [
    (None, 9, 10, 0, 0),
    ("type", 40, 52, 0, 0),
    ("choice", 110, 120, 30, 31),
    ("reveal", 212, 240, 143, 150),
]
TAGS = [
    ("tags", 40, 44, 3, 3),
    (None, 9, 10, 0, 0),
    ("authentication", 110, 120, 30, 31),
    ("Core", 1, 2, 0, 0),
]


def make(rows, by="mode", **changed):
    """A table of groups; each answer counts once in all."""
    counts = [sum(row[at] for row in rows) for at in range(1, 5)]
    recall = [(TODAY, 0, 0, *counts)] if rows else []
    return group(
        **{"now": NOW, "days": DAYS, "by": by, "rows": rows, "recall": recall, "aim": 0.9, **changed}
    )


def screen(table, width, **how):
    """The rows as one text."""
    return "".join(f"{row.plain}\n" for row in group_rows(table, width, **how))


WIDE = """\
Retention by mode in the last 30 days; your aim is 90 %.

                young               mature              all
  reveal        212/240  88 %       143/150  95 %       355/390  91 % (88-93)
  choice        110/120  92 %       30/31    97 %       140/151  93 % (87-96)
  type          40/52    77 %       -                   40/52    77 % (64-86)
  not recorded  9/10                -                   9/10
  all           371/422  88 %       173/181  96 %       544/603  90 % (88-92)

  Choice: a guess among four options is right one time in four.
"""

MIDDLE = """\
Retention by tag in the last 30 days; your aim is 90 %.

                 young          mature         all
  authentication 110/120  92 %  30/31    97 %  140/151  93 %
  Core           1/2            -              1/2
  tags           40/44    91 %  3/3            43/47    91 %
  no tag         9/10           -              9/10
  all            160/176  91 %  33/34    97 %  193/210  92 %

  A card counts under each of its tags.
"""

NARROW = """\
Retention by mode in the last 30 days;
your aim is 90 %.

            young  mature  all
 reveal     88 %   95 %    91 % of 390
 choice     92 %   97 %    93 % of 151
 type       77 %   -       77 % of 52
 not recorded
            9/10   -       9/10
 all        88 %   96 %    90 % of 603

 Choice: a guess among four options is
 right one time in four.
"""

PLAIN = """\
Retention by mode in the last 30 days; your aim is 90 %.
Mode reveal, young cards: 212 of 240 recalled, 88 %, interval 84 to 92 %.
Mode reveal, mature cards: 143 of 150 recalled, 95 %, interval 91 to 98 %.
Mode reveal, all cards: 355 of 390 recalled, 91 %, interval 88 to 93 %.
Mode choice, young cards: 110 of 120 recalled, 92 %, interval 85 to 95 %.
Mode choice, mature cards: 30 of 31 recalled, 97 %, interval 84 to 99 %.
Mode choice, all cards: 140 of 151 recalled, 93 %, interval 87 to 96 %.
Mode type, young cards: 40 of 52 recalled, 77 %, interval 64 to 86 %.
Mode type, all cards: 40 of 52 recalled, 77 %, interval 64 to 86 %.
Mode not recorded, young cards: 9 of 10 recalled.
Mode not recorded, all cards: 9 of 10 recalled.
Together, young cards: 371 of 422 recalled, 88 %, interval 84 to 91 %.
Together, mature cards: 173 of 181 recalled, 96 %, interval 92 to 98 %.
Together, all cards: 544 of 603 recalled, 90 %, interval 88 to 92 %.
Choice: a guess among four options is right one time in four.
"""


@pytest.mark.parametrize(
    ("by", "width", "plain", "drawn"),
    [
        ("mode", 80, False, WIDE),
        ("tag", 60, False, MIDDLE),
        ("mode", 40, False, NARROW),
        ("mode", 80, True, PLAIN),
        ("mode", 25, False, PLAIN),
    ],
)
def test_the_table(by, width, plain, drawn):
    """A bold sentence, the groups in their order, all together, and a quiet line where one is needed."""
    table = make(MODES if by == "mode" else TAGS, by)
    assert screen(table, width, plain=plain) == drawn
    rows = group_rows(table, width, plain=plain)
    bold = [row.plain for row in rows if "bold" in str(row.style)]
    assert " ".join(bold) == f"Retention by {by} in the last 30 days; your aim is 90 %."


@pytest.mark.parametrize("width", [80, 40])
def test_an_empty_table_is_a_sentence(width):
    """Where nothing counts there is no table, and the days are named."""
    words = " ".join(screen(make([]), width).split())
    assert words == "Last 30 days: no card came back after a day or more."
    assert "Today: no card" in screen(make([], last_days=1), width)
    assert screen(make(MODES, last_days=1), 80).startswith("Retention by mode today; your aim is 90 %.\n")


def test_a_note_stands_only_where_it_is_needed():
    """The guess is told beside choice only, the tags beside tags only; one group needs no row for all."""
    assert "guess" not in screen(make([("reveal", 1, 2, 0, 0)]), 80)
    assert "guess" in screen(make([("choice", 1, 2, 0, 0)]), 80)
    assert "each of" not in screen(make([(None, 1, 2, 0, 0)], "tag"), 80)
    assert "  all " not in screen(make([("choice", 1, 2, 0, 0)]), 80)
    # Decks may have aims of their own.
    assert "aim" not in screen(make([("choice", 1, 2, 0, 0)], "deck"), 80)
    assert "  without text" in screen(make([(None, 1, 2, 0, 0)], "deck"), 80)


def test_all_counts_each_answer_once():
    """An answer that stands under two tags is one answer of all."""
    table = make([("a", 1, 2, 0, 0), ("b", 1, 2, 0, 0)], "tag", recall=[(TODAY, 2, 1, 1, 2, 0, 0)])
    assert table.all == Retention(Share(1, 2), Share())


@given(st.permutations([None, "type", "choice", "reveal", "auto", "a new one"]))
def test_modes_stand_in_the_order_of_the_house(names):
    """However they were counted: the known modes, then others, then what was not recorded."""
    table = make([(name, 1, 1, 0, 0) for name in names])
    assert [name for name, _ in table.groups] == ["reveal", "choice", "type", "auto", "a new one", None]


def test_the_days_are_thirty_or_those_asked_for():
    """The window ends with today; impossible days are refused with a hint."""
    assert window(TODAY, None) == (TODAY - 29, TODAY)
    assert window(TODAY, 1) == (TODAY, TODAY)
    assert make(MODES, last_days=7).days == 7
    assert make(MODES, recall=[(TODAY - 7, 0, 0, 1, 1, 0, 0)], last_days=7).all == Retention()
    with pytest.raises(UsageError) as refused:
        window(TODAY, 36_501)
    assert "--days" in str(refused.value.hint)


def test_json_has_the_promised_shape():
    """Moments with zone, dates, the group without a name as null, intervals where there are answers."""
    table = as_json(make([(None, 1, 2, 0, 0)]), ZONE)
    none = {"passed": 0, "total": 0, "low": None, "high": None}
    share = table["all"]["all"]
    assert (share["passed"], share["total"]) == (1, 2)
    assert 0 < share["low"] < 0.5 < share["high"] < 1
    assert table == {
        "as_of": "2026-11-25T10:00:00+01:00",
        "study_day": "2026-11-25",
        "by": "mode",
        "days": 30,
        "desired_retention": 0.9,
        "groups": [{"name": None, "young": share, "mature": none, "all": share}],
        "all": {"young": share, "mature": none, "all": share},
    }


counts = st.integers(0, 2_000_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(
    st.dictionaries(
        st.none()
        | st.text(max_size=50)
        | st.sampled_from(["\x1b[2J", "[bold]", ":smile:", "\u202etag", "שלום", "日本語" * 9]),
        st.tuples(counts, counts),
        min_size=1,
        max_size=6,
    ),
    st.integers(30, 132),
    st.booleans(),
)
def test_hostile_names_fit_any_screen(groups, width, ascii_only):
    """Whatever a tag is called, rows fit and hold no control; right-to-left text stands alone."""
    table = make([(name, *young, *mature) for name, (young, mature) in groups.items()], "tag")
    drawn = [row.plain for row in group_rows(table, width, ascii=ascii_only)]
    for row in drawn:
        assert cells(row) <= width, row
        assert harmless(row) == row
        assert not ("ש" in row and "%" in row)
    figures = [row for row in drawn[2:] if row.strip()]
    assert len(figures) >= 1 + len(groups)
    assert "[bold]" not in groups or any("[bold]" in row for row in drawn)


def test_a_name_in_ascii_is_measured_after_it_grew():
    """Signs that ASCII needs three characters for are counted as three."""
    table = make([("a…b…c", 1, 2, 0, 0), ("d", 1, 2, 0, 0)], "tag")
    rows = screen(table, 80, ascii=True).splitlines()
    assert rows[3].startswith("  a...b...c ")
    assert len({row.index("1/2") for row in rows if "1/2" in row}) == 1
