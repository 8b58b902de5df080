"""The commands about cards, decks and the log, run in this process with a clock that is set."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from hashlib import sha256
from itertools import count
from types import SimpleNamespace

import postgres
import pytest
from hypothesis import given
from hypothesis import strategies as st
from postgres import looking_into

from srs import clock
from srs.cli import acting, context
from srs.cli.curve import span_words
from srs.cli.listing import table_rows
from srs.days import date_of
from srs.deck.clean import clean_line
from srs.errors import UsageError
from srs.ids import id_ms
from srs.model import ActKind, Rating
from srs.reviewing import Shown
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store.reading import parameters_for

DAY_MS = 86_400_000
NOON = 1_764_846_000_000  # Thu 4 Dec 2025, 12:00 in Berlin

DECK = """[deck]
id = "aws"
name = "Cloud words"

[[cards]]
id = "bucket"
term = "bucket"
question = "What is a bucket?"
answer = "A place for objects."
tags = ["storage", "core"]

[[cards]]
id = "role"
scenario = "Lead: Use the role, not a key."
question = "What is 100% of a role_name?"
answer = "Rights [a-z0-9]{0,63} without a user, registry:key:1."
explanation = "Größe und Übung."

[[cards]]
id = "region"
question = "What is a region?"
answer = "A place with data centres."
"""


class World:
    """A database of its own, a clock, and the program run over them in this process."""

    def __init__(self, folder, capsys, monkeypatch):
        self.folder = folder
        self.db = folder / "cards.db"
        self.now = NOON
        self._capsys = capsys
        monkeypatch.setenv("SRS_DB", str(postgres.empty(self.db)))
        monkeypatch.setenv("SRS_LEARNER", "me")
        monkeypatch.setenv("SRS_CONFIG", str(folder / "config.toml"))
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        monkeypatch.setenv("TZ", "Europe/Berlin")
        ticks = count(1)

        def tick():
            return self.now + next(ticks)

        monkeypatch.setattr(clock, "now_ms", tick)
        monkeypatch.setattr(context.Context.__init__, "__kwdefaults__", self._defaults(tick))

    @staticmethod
    def _defaults(tick):
        return context.Context.__init__.__kwdefaults__ | {"now": tick}

    def srs(self, *arguments):
        """Run the program; its exit code and what it printed."""
        from srs.__main__ import run

        code = run([*arguments])
        captured = self._capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    def json(self, *arguments):
        """What the program prints as JSON."""
        done = self.srs(*arguments, "--json")
        assert (done.code, done.err) == (0, "")
        return json.loads(done.out)

    def deck(self, text=DECK, name="aws.toml"):
        """Write and import a deck."""
        (self.folder / name).write_text(text, encoding="utf-8")
        assert self.srs("import", str(self.folder / name)).code == 0

    def open(self):
        """The collection, to write with."""
        return context.Context(db=str(postgres.place(self.db))).open()

    def answer(self, name, *ratings, took_ms=4000):
        """Answer a card by its name, now."""
        with self.open() as collection:
            for rating in ratings:
                on_file = collection.find(name)
                at = collection.now()
                options = collection.settings.options(on_file.deck_retention)
                shown = Shown(on_file, "new", collection.days.day(at), options)
                parameters = parameters_for(collection.rows, collection.learner, on_file.card.deck)
                scheduling = Scheduling(parameters or DEFAULT_PARAMETERS, options)
                outcomes = scheduling.outcomes(on_file.memory, key=on_file.key, study_day=shown.study_day)
                collection.answer(shown, outcomes[rating - 1], at=at, took_ms=took_ms)

    def lines(self):
        """How many lines the log has."""
        with looking_into(self.db) as connection:
            return connection.execute(
                "SELECT (SELECT count(*) FROM review) + (SELECT count(*) FROM act)"
            ).fetchone()[0]


@pytest.fixture
def world(tmp_path, capsys, monkeypatch):
    """An empty world."""
    return World(tmp_path, capsys, monkeypatch)


@pytest.fixture
def cards(world):
    """A world with one deck of three cards."""
    world.deck()
    return world


def names(listed):
    """The first column of a piped list."""
    return [line.split("\t")[0] for line in listed.out.splitlines()]


# list


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), ["aws/bucket", "aws/role", "aws/region"]),
        (("PLACE",), ["aws/bucket", "aws/region"]),
        (("place", "data"), ["aws/region"]),
        (("storage",), ["aws/bucket"]),
        (("aws/re",), ["aws/region"]),
        (("lead:",), ["aws/role"]),
        (("100%",), ["aws/role"]),
        (("role_",), ["aws/role"]),
        (("role\\",), []),
        (("r_gion",), []),
        (("GRÖSSE",), ["aws/role"]),
        (("U\u0308bung", "[a-z0-9]"), ["aws/role"]),
        (("x" * 100_000,), []),
        (tuple("a" for _ in range(3000)), ["aws/bucket", "aws/role", "aws/region"]),
    ],
)
def test_every_word_must_occur_somewhere_in_the_card(cards, words, found):
    """Words are looked for in all texts and tags, in any case, as they are and not as patterns."""
    done = cards.srs("list", *words)
    assert (done.code, sorted(names(done))) == (0, sorted(found))
    assert bool(done.err) == (not found)


def test_search_is_list(cards):
    """`srs search WORDS` does what `srs list WORDS` does and stays out of the help."""
    assert cards.srs("search", "place").out == cards.srs("list", "place").out != ""
    assert "search" not in cards.srs("-h").out


def test_lists_by_state_deck_tag_and_mark(cards):
    """Each state finds its cards; retired cards are in no other list."""
    cards.answer("aws/bucket", Rating.EASY)
    cards.answer("aws/role", Rating.GOOD)
    assert names(cards.srs("list", "--state", "review")) == ["aws/bucket"]
    assert names(cards.srs("list", "--state", "learning")) == ["aws/role"]
    assert names(cards.srs("list", "--state", "new")) == ["aws/region"]
    assert names(cards.srs("list", "--state", "relearning")) == []
    assert names(cards.srs("list", "-t", "core", "-t", "other")) == ["aws/bucket"]
    cards.srs("suspend", "role")
    cards.srs("bury", "region")
    assert names(cards.srs("list", "--state", "suspended")) == ["aws/role"]
    assert names(cards.srs("list", "--state", "buried")) == ["aws/region"]
    with cards.open() as collection:
        collection.act(ActKind.FLAG, collection.find("bucket").key)
    assert names(cards.srs("list", "--flagged")) == ["aws/bucket"]
    cards.deck(DECK[: DECK.index('[[cards]]\nid = "region"')])
    assert names(cards.srs("list")) == ["aws/bucket", "aws/role"]
    assert names(cards.srs("list", "--state", "retired")) == ["aws/region"]
    assert names(cards.srs("list", "-d", "aws", "role")) == ["aws/role"]
    cards.now += DAY_MS
    assert names(cards.srs("list", "--state", "buried")) == []


def test_a_leech_is_found(cards):
    """A card missed eight times in review is listed as a leech."""
    cards.answer("bucket", Rating.EASY)
    for _ in range(8):
        cards.now += 40 * DAY_MS
        cards.answer("bucket", Rating.AGAIN, Rating.GOOD)
    (leech,) = cards.json("list", "--state", "leech")
    assert leech["leech"]
    assert leech["card"] == "aws/bucket"
    assert "leech" in cards.srs("list", "bucket").out


def test_piped_lists_are_whole_and_tab_separated(world):
    """A pipe gets one line a card with five columns, nothing cut, dates as ISO, hostile text harmless."""
    world.deck(DECK)
    with looking_into(world.db) as connection:
        hostile = "tab\there\nrow\x1b[2J\u202eback " + "long " * 100
        connection.execute("UPDATE card SET question = ? WHERE id = 'role'", (hostile,))
    world.answer("bucket", Rating.EASY)
    rows = [line.split("\t") for line in world.srs("list").out.splitlines()]
    assert [len(row) for row in rows] == [5, 5, 5]
    assert rows[0][:2] == ["aws/bucket", "review"]
    assert rows[0][2].startswith("2025-12-")
    assert rows[0][3] == "99 %"
    assert rows[1][4].startswith("tab here row")
    assert rows[1][4].count("long") == 100
    assert not {"\x1b", "\u202e"} & set(rows[1][4])
    assert rows[2][1:4] == ["new", "-", "-"]


@given(
    st.lists(st.tuples(st.text(max_size=90), st.text(max_size=40), st.text(max_size=300)), max_size=4),
    st.integers(20, 120),
    st.booleans(),
)
def test_no_row_of_a_table_is_too_wide(texts, width, ascii_only):
    """However hostile the texts, a question never pushes its row over the width, nor past a control."""
    from srs.cli.drawing import cells

    rows = [(f"aws/{name}", state, "tomorrow", "90 %", question) for name, state, question in texts]
    for row in table_rows(rows, width, ascii_only=ascii_only):
        # A name is never cut, because it is there to be copied.
        longest = max(cells(clean_line(row[0])) for row in [*rows, ("",)])
        assert cells(row.plain.rstrip()) <= max(width, longest)
        assert not set(row.plain) & set(map(chr, [*range(32), *range(127, 160), 0x202E, 0x2066]))


def test_no_hits_is_a_sentence_on_stderr(cards):
    """Nothing found is exit 0 with a sentence; as JSON it is an empty array and nothing else."""
    done = cards.srs("list", "zebra")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("No card matches.")
    assert cards.json("list", "zebra") == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("list", "--state", "revew"), 2, "did you mean `review`?"),
        (("list", "--state", "x\x1b"), 2, "the states are new, learning"),
        (("list", "-d", "awz"), 3, "did you mean `aws`?"),
        (("list", "-d", "\udcff"), 2, "`\\xff` is not UTF-8 text"),
        (("show", "aws/buket"), 3, "did you mean `aws/bucket`?"),
        (("show", "\udcff"), 2, "`\\xff` is not UTF-8 text"),
        (("show", "aws/bucket:reverse"), 3, "its entry has `aws/bucket`"),
        (("suspend", "role", "nope"), 3, "there is no card `nope`"),
        (("due-on", "bucket", "tomorrow"), 2, "only a card in review has a due day"),
        (("log", "-n", "0"), 2, "takes a whole number from 1 to 999999999"),
        (("log", "--card", "nope"), 3, "there is no card"),
        (("undo", "bucket"), 3, "has no answer to take back"),
        (("undo",), 3, "nothing to take back"),
        (("retire", "aws", "nope"), 3, "there is no deck `nope`"),
    ],
)
def test_wrong_names_are_sentences_and_change_nothing(cards, arguments, code, said):
    """A mistake is one sentence with a hint and its exit code; stdout stays empty, the log as it was."""
    before = cards.lines()
    done = cards.srs(*arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")
    assert said in done.err
    assert "\x1b" not in done.err
    assert cards.lines() == before
    assert names(cards.srs("list", "--state", "retired")) == []


def test_an_id_of_several_decks_needs_its_deck(cards):
    """Where two decks have the id, the sentence names both and nothing is done."""
    cards.deck(DECK.replace('id = "aws"', 'id = "other"'), "other.toml")
    done = cards.srs("suspend", "bucket")
    assert done.code == 2
    assert "`aws/bucket`, `other/bucket`" in done.err
    assert cards.srs("suspend", "other/bucket").code == 0
    assert names(cards.srs("list", "--state", "suspended")) == ["other/bucket"]


def test_a_variant_is_named_with_a_colon_or_a_hash(cards):
    """`:reverse` finds what is printed as `#reverse`."""
    with looking_into(cards.db) as connection:
        connection.execute("UPDATE card SET variant = 'reverse' WHERE id = 'role'")
    for name in ("aws/role:reverse", "aws/role#reverse", "role:reverse"):
        assert cards.json("show", name)["card"] == "aws/role#reverse"
    assert names(cards.srs("list", "role#rev")) == ["aws/role#reverse"]


# acts


def test_several_cards_are_suspended_together_or_not_at_all(cards):
    """One unknown name among several leaves all as they were; a card already there is told, not written."""
    assert cards.srs("suspend", "bucket", "nope", "role").code == 3
    assert names(cards.srs("list", "--state", "suspended")) == []
    done = cards.srs("suspend", "bucket", "aws/bucket", "role")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        "Suspended aws/bucket: it is out of the queue until srs resume.",
        "Suspended aws/role: it is out of the queue until srs resume.",
    ]
    before = cards.lines()
    assert cards.srs("suspend", "bucket").err == "aws/bucket is suspended already.\n"
    assert cards.lines() == before
    assert cards.srs("bury", "bucket").err == "aws/bucket is suspended, out of the queue already.\n"
    assert cards.srs("resume", "bucket", "region").err.splitlines() == [
        "aws/bucket is in the queue again.",
        "aws/region is not suspended.",
    ]
    assert cards.lines() == before + 1
    assert names(cards.srs("list", "--state", "suspended")) == ["aws/role"]


def test_bury_lasts_until_tomorrow_and_is_said_once(cards):
    """A buried card is back on the next study day; burying it again writes nothing."""
    assert cards.srs("bury", "bucket").err == "Buried aws/bucket until tomorrow.\n"
    before = cards.lines()
    assert cards.srs("bury", "bucket").err == "aws/bucket is buried already until tomorrow.\n"
    assert cards.srs("resume", "bucket").err == "aws/bucket is not suspended, but buried until tomorrow.\n"
    assert cards.lines() == before
    assert cards.json("show", "bucket")["buried"]
    cards.now += DAY_MS
    assert not cards.json("show", "bucket")["buried"]


def test_forget_keeps_the_answers_and_can_be_taken_back(cards):
    """After forget a card is new, its answers stay in show, and undo brings the memory back exactly."""
    cards.answer("bucket", Rating.GOOD, Rating.EASY)
    before = cards.json("list", "bucket")[0]
    done = cards.srs("forget", "bucket")
    assert done.err == (
        "Forgot aws/bucket: it is new again; its 2 answers stay in the statistics."
        " To take it back: srs undo\n"
    )
    shown = cards.json("show", "bucket")
    assert (shown["state"], shown["due"], shown["stability"], len(shown["reviews"])) == ("new", None, None, 2)
    assert "none since it was forgotten" in cards.srs("show", "bucket").out
    lines = cards.lines()
    assert (
        cards.srs("forget", "bucket", "role").err == "aws/bucket is new already.\naws/role is new already.\n"
    )
    assert cards.lines() == lines
    assert cards.srs("undo").err == "Took back the forgetting of aws/bucket.\n"
    after = cards.json("list", "bucket")[0]
    assert after.pop("retrievability") == pytest.approx(before.pop("retrievability"))
    assert after == before


def test_undo_takes_back_the_newest_thing_or_a_cards_answer(cards):
    """Without a card the newest of all falls, with one that card's newest live answer; then it is exit 3."""
    cards.answer("bucket", Rating.GOOD)
    cards.answer("role", Rating.HARD)
    cards.srs("suspend", "region")
    assert cards.srs("undo", "bucket").err == "Took back Good on aws/bucket (today, 12:00).\n"
    assert cards.srs("undo").err == "Took back the suspension of aws/region.\n"
    assert cards.srs("undo").err == "Took back Hard on aws/role (today, 12:00).\n"
    done = cards.srs("undo")
    assert done.code == 3
    assert "nothing to take back" in done.err
    assert {card["state"] for card in cards.json("list")} == {"new"}
    assert [review["undone"] for review in cards.json("show", "role")["reviews"]] == [True]


def test_a_due_day_is_set_and_taken_back(cards):
    """`due-on` moves a card in review to a day; the same day again writes nothing; undo restores it."""
    cards.answer("bucket", Rating.EASY)
    before = cards.json("list", "bucket")[0]["due"]
    done = cards.srs("due-on", "bucket", "+3")
    assert done.code == 0
    assert done.err.startswith("aws/bucket is due Sun 7 Dec now, was ")
    assert cards.json("list", "bucket")[0]["due"] == "2025-12-07"
    lines = cards.lines()
    assert cards.srs("due-on", "bucket", "2025-12-07").err == "aws/bucket is due Sun 7 Dec already.\n"
    assert cards.lines() == lines
    assert cards.srs("undo").err == "Took back the due day set for aws/bucket.\n"
    assert cards.json("list", "bucket")[0]["due"] == before


@pytest.mark.parametrize(
    ("text", "ahead"),
    [("today", 0), ("Tomorrow", 1), ("+3", 3), ("3d", 3), ("+3d", 3), ("2026-01-01", 28), (" today ", 0)],
)
def test_dates_are_read(text, ahead):
    """ISO dates, today, tomorrow, +3 and 3d are days."""
    today = NOON // DAY_MS
    assert acting.day_named(text, today) == today + ahead


@pytest.mark.parametrize(
    "text",
    ["", "3", "-3", "+", "d", "+٣", "2025-2-30", "2025-02-30", "20251204", "2025-W49-4", "yesterday", "\x1b"],
)
def test_what_is_no_date_is_refused(text):
    """Anything else is a usage error whose hint says what a date is."""
    with pytest.raises(UsageError) as caught:
        acting.day_named(text, 20_000)
    assert "2026-12-03" in caught.value.hint


@pytest.mark.parametrize(
    "when", ["2025-12-03", "1970-01-01", "0001-01-01", "+999999", "9999-12-31", "nonsense"]
)
def test_days_gone_by_and_far_away_are_refused(cards, when):
    """A past day, one beyond a hundred years and no day at all change nothing."""
    cards.answer("bucket", Rating.EASY)
    lines = cards.lines()
    done = cards.srs("due-on", "bucket", when)
    assert (done.code, done.out, cards.lines()) == (2, "", lines)


# show


def test_show_says_everything_in_words(cards):
    """The text as in a review, the memory, every answer newest last; undone ones are only counted."""
    cards.answer("role", Rating.AGAIN, took_ms=61_000)
    cards.now += 600_000
    cards.answer("role", Rating.GOOD)
    cards.srs("undo")
    cards.answer("role", Rating.EASY)
    out = cards.srs("show", "role").out
    assert "Lead: “Use the role, not a key.”" in out
    assert "Rights [a-z0-9]{0,63} without a user, registry:key:1." in out
    for label in ("State", "Due", "Stability", "Difficulty", "Answers", "File", "Recall"):
        assert f"\n  {label} " in out
    assert "of 10" in out
    assert f"{cards.folder / 'aws.toml'}:12" in out.replace("\n              ", "")
    *told, hidden = out.rstrip().splitlines()[-3:]
    assert [line.split()[2] for line in told] == ["Again", "Easy"]
    assert hidden == "  1 answer taken back is not shown: srs log --card aws/role"
    assert "undone" in cards.srs("log", "--card", "aws/role").out
    assert "1 min" in told[0]
    assert "after nothing  next 1 min" in told[0]
    assert max(map(len, out.splitlines())) <= 80


def chart_of(out):
    """The rows of the curve without the labels under it."""
    lines = out.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("  100 %"))
    return "\n".join(lines[start : next(at for at in range(start, len(lines)) if "today" in lines[at])])


def test_the_curve_falls_from_now_past_the_due_day(cards):
    """Words give recall now, on the due day and at the end; the curve never rises, D is the due moment."""
    cards.answer("bucket", Rating.EASY)
    out = cards.srs("show", "bucket").out
    recall = next(line for line in out.splitlines() if line.startswith("  Recall"))
    assert recall.split()[1] == "99"
    assert "when due" in recall
    drawn = [line for line in out.splitlines() if re.search("[⠁-⣿]", line)]
    begins = [min(at for at, sign in enumerate(line) if "⠁" <= sign <= "⣿") for line in drawn]
    assert begins == sorted(begins)
    assert drawn[0].startswith("  100 %⠉")
    assert "D" in chart_of(out)
    assert "\n  D due " in out
    assert max(map(len, drawn)) <= 80
    (cards.folder / "config.toml").write_text("ascii = true\n")
    assert cards.srs("show", "bucket").out.isascii()
    (cards.folder / "config.toml").write_text('screen = "plain"\n')
    plain = cards.srs("show", "bucket").out
    assert not re.search("[⠁-⣿]", plain)
    assert recall in plain


def test_the_curve_has_past_answers_on_it(cards):
    """An answer recalled is `o`, one missed `x`, each at what was predicted for it; one undone is neither."""
    cards.answer("bucket", Rating.EASY)
    for rating in (Rating.GOOD, Rating.AGAIN):
        cards.now += 9 * DAY_MS
        cards.answer("bucket", rating)
    out = cards.srs("show", "bucket").out
    assert "\n  Recall, the last 18 days and 14 ahead\n  o recalled, x missed\n" in out
    assert [chart_of(out).count(sign) for sign in "oxD"] == [1, 1, 0]
    cards.srs("undo")
    out = cards.srs("show", "bucket").out
    assert "\n  o recalled, D due " in out
    assert [chart_of(out).count(sign) for sign in "oxD"] == [1, 0, 1]


def test_the_curve_reaches_back_to_the_newest_answers(cards):
    """However long a card lies overdue, its newest answers are on the curve, and those just before them."""
    cards.answer("bucket", Rating.GOOD)
    for rating in (Rating.AGAIN, Rating.GOOD):
        cards.now += 3 * DAY_MS
        cards.answer("bucket", rating)
    for wait in (100, 700):
        cards.now += wait * DAY_MS
        out = cards.srs("show", "bucket").out
        assert "\n  o recalled, x missed\n" in out
        assert "o" in chart_of(out)


def test_what_an_imported_answer_does_not_tell_has_no_column(cards):
    """An answer from a file has no interval before and given: neither stands there as a sign for nothing."""
    path = cards.folder / "history.csv"
    path.write_text("card,rating,reviewed_at,took_ms\naws/role,3,2025-11-01T10:00:00Z,15000\n")
    assert cards.srs("log", "import", str(path), "--zone", "UTC").code == 0
    assert cards.srs("show", "role").out.splitlines()[-1].split("  ")[-2:] == ["Good", "15 s"]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (-42, 14, "Recall, the last 6 weeks and 2 ahead"),
        (-1, 14, "Recall, the last day and 14 ahead"),
        (-300, 100, "Recall, the last 10 months and 3 ahead"),
        (-0.2, 14, "Recall, 14 days ahead"),
        (-2000, 14, "Recall, the last 5 years"),
    ],
)
def test_the_curve_says_how_far_it_reaches(first, last, said):
    """Days, weeks, months or years, the unit that fits the longer side."""
    assert span_words(first, last) == said


def test_show_keeps_hostile_text_from_the_terminal(cards):
    """Whatever a database holds, no escape, control or bidi override reaches the terminal."""
    with looking_into(cards.db) as connection:
        hostile = "a\x1b]0;x\x07b\x9bc\u202ed\rE"
        for column in ("term", "scenario", "question", "answer", "explanation", "source"):
            connection.execute(f"UPDATE card SET {column} = ?", (hostile,))
        connection.execute("UPDATE card SET tags = ?", (json.dumps([hostile]),))
        connection.execute("UPDATE deck SET name = ?, path = ?", (hostile, hostile))
    for arguments in (("show", "bucket"), ("list",), ("decks",), ("log",)):
        out = cards.srs(*arguments).out
        assert not set(out) & set("\x1b\x07\x9b\u202e\r")


def test_a_renamed_card_tells_its_old_names(cards):
    """After a rename the old name is told and the answers are there under the new one."""
    cards.answer("bucket", Rating.GOOD)
    cards.deck(DECK.replace('id = "bucket"', 'id = "pail"\nwas = ["bucket"]'))
    shown = cards.json("show", "pail")
    assert shown["names"] == ["aws/bucket"]
    assert [review["rating"] for review in shown["reviews"]] == [3]
    assert "Was         aws/bucket" in cards.srs("show", "pail").out
    assert names_in_log(cards) == ["aws/pail", "aws/pail"]


def names_in_log(world):
    """The card of each line of the log."""
    return [line.split("\t")[1] for line in world.srs("log").out.splitlines()]


# log


def test_the_log_is_newest_first_with_acts_and_marks(cards):
    """Answers and acts come newest first; what was undone says so in a word; a limit cuts the old."""
    cards.answer("bucket", Rating.GOOD)
    cards.answer("role", Rating.EASY, took_ms=125_000)
    cards.srs("undo")
    cards.srs("suspend", "region")
    rows = [line.split("\t") for line in cards.srs("log").out.splitlines()]
    assert [(*row[1:3], *row[4:]) for row in rows] == [
        ("aws/region", "suspended", "-", "", ""),
        ("aws/role", "Easy", "2 min", "undone", ""),
        ("aws/bucket", "Good", "4 s", "", ""),
    ]
    assert rows[0][3] == "-"
    assert rows[1][3].endswith(" days")
    assert rows[2][3] == "10 min"
    assert rows[0][0].startswith("2025-12-04T12:00:00")
    assert len(cards.srs("log", "-n", "1").out.splitlines()) == 1
    assert names_in_log(cards)[:1] == ["aws/region"]
    only = cards.srs("log", "--card", "role").out.splitlines()
    assert [line.split("\t")[1] for line in only] == ["aws/role"]
    cards.deck(DECK.replace('id = "aws"', 'id = "other"'), "other.toml")
    assert cards.srs("log", "-d", "other").out == ""
    assert len(cards.srs("log", "-d", "aws").out.splitlines()) == 3


def test_the_log_as_json_is_in_the_order_of_ids(cards):
    """Ids are UUIDs of falling age; answers have rating and interval, acts their kind."""
    cards.answer("bucket", Rating.AGAIN, Rating.GOOD)
    cards.srs("bury", "role")
    log = cards.json("log")
    assert [entry["kind"] for entry in log] == ["bury", "answer", "answer"]
    assert [entry["id"] for entry in log] == sorted((entry["id"] for entry in log), reverse=True)
    assert log[0]["day"] == date_of(NOON // DAY_MS + 1).isoformat()
    assert log[2]["step_seconds"] == 60
    assert id_ms(bytes.fromhex(log[2]["id"].replace("-", ""))) >= NOON


def test_an_answer_without_its_text_is_told(cards):
    """An answer to a card this database has no text for stays in the log, said to have none."""
    cards.answer("bucket", Rating.GOOD)
    with looking_into(cards.db) as connection:
        connection.execute("DELETE FROM card WHERE id = 'bucket'")
    assert names_in_log(cards) == ["(no text here)"]
    assert cards.json("log")[0]["card"] is None


def test_an_empty_log_is_a_sentence(cards):
    """Before the first answer the log says so on stderr."""
    done = cards.srs("log")
    assert (done.code, done.out, done.err) == (0, "", "Nothing has been answered yet.\n")
    assert cards.json("log") == []


# decks and retire


def test_decks_tell_counts_and_how_their_files_stand(cards):
    """Counts know no limits; a changed and a missing file are told, a new date alone is not."""
    (cards.folder / "config.toml").write_text("new_per_day = 1\n")
    cards.answer("bucket", Rating.EASY)
    cards.answer("role", Rating.GOOD)
    path = cards.folder / "aws.toml"
    (deck,) = cards.json("decks")
    assert {key: deck[key] for key in ("deck", "name", "cards", "due", "new", "changed", "gone")} == {
        "deck": "aws",
        "name": "Cloud words",
        "cards": 3,
        "due": 1,
        "new": 1,
        "changed": False,
        "gone": False,
    }
    os.utime(path, (1, 1))
    assert not cards.json("decks")[0]["changed"]
    assert cards.srs("decks").out == f"aws\tCloud words\t3\t1\t1\t{path}\t\n"
    path.write_text(DECK.replace("A place for", "A pail for"))
    assert cards.json("decks")[0]["changed"]
    assert cards.srs("decks").out.endswith("\tchanged since import\n")
    path.unlink()
    assert cards.json("decks")[0]["gone"]
    assert cards.srs("decks").out.endswith("\tfile is gone\n")
    cards.srs("suspend", "role")
    cards.srs("bury", "region")
    assert {key: cards.json("decks")[0][key] for key in ("cards", "due", "new")} == {
        "cards": 3,
        "due": 0,
        "new": 0,
    }
    cards.now += 400 * DAY_MS
    assert {key: cards.json("decks")[0][key] for key in ("cards", "due", "new")} == {
        "cards": 3,
        "due": 1,
        "new": 1,
    }


def test_retire_empties_the_queue_and_keeps_the_history(cards):
    """A retired deck has nothing due and lists as retired; importing its file brings all back."""
    cards.answer("bucket", Rating.EASY)
    before = cards.json("list", "bucket")[0]
    done = cards.srs("retire", "aws", "aws")
    assert done.err == (
        "3 cards of aws leave the queue; the history stays."
        f" They come back when the file is imported: srs import {cards.folder / 'aws.toml'}\n"
    )
    assert cards.json("due")["total"] == 0
    assert len(cards.json("list", "--state", "retired")) == 3
    assert cards.srs("decks").out.endswith("\tretired\n")
    assert cards.srs("retire", "aws").err == "aws has no cards in the queue; nothing to retire.\n"
    assert cards.srs("import", str(cards.folder / "aws.toml")).code == 0
    after = cards.json("list", "bucket")[0]
    assert after.pop("retrievability") == pytest.approx(before.pop("retrievability"))
    assert after == before


# reading changes nothing


READING = [
    ("list",),
    ("list", "place", "--json"),
    ("list", "--state", "retired"),
    ("show", "bucket"),
    ("show", "bucket", "--json"),
    ("decks",),
    ("decks", "--json"),
    ("log",),
    ("log", "--json"),
    ("show", "nope"),
]


@pytest.mark.sqlite_file
def test_reading_commands_change_no_database(cards):
    """Bytes and date of the database are the same after every reading command."""
    cards.answer("bucket", Rating.EASY)
    before = (sha256(cards.db.read_bytes()).digest(), cards.db.stat().st_mtime_ns)
    for arguments in READING:
        cards.srs(*arguments)
        assert (sha256(cards.db.read_bytes()).digest(), cards.db.stat().st_mtime_ns) == before, arguments


def test_no_command_here_makes_a_database(world):
    """Where there is no database, reading and acting alike say so with exit 3 and make none."""
    acts = [
        ("suspend", "x"),
        ("resume", "x"),
        ("bury", "x"),
        ("forget", "x"),
        ("due-on", "x", "today"),
        ("undo",),
        ("retire", "x"),
    ]
    for arguments in (*READING, *acts):
        done = world.srs(*arguments)
        assert (done.code, done.out) == (3, "")
        assert "there is no database" in done.err
    assert not postgres.is_there(world.db)
    assert postgres.SERVER or list(world.folder.iterdir()) == []


# terminals


@pytest.fixture
def spawn(cards):
    """Start the program on a terminal of some size and give back what it printed until its end."""
    assert postgres.is_there(cards.db)
    pexpect = pytest.importorskip("pexpect")

    def run(*arguments, size=(24, 80), until_end=True, **variables):
        environment = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1", **variables}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "srs", *arguments],
            env=environment,
            encoding="utf-8",
            timeout=20,
            dimensions=size,
        )
        if not until_end:
            return child
        child.expect(pexpect.EOF)
        return child.before.replace("\r\n", "\n")

    return run


def test_a_terminal_gets_a_table_that_fits(cards, spawn):
    """On a terminal the table is cropped to the width and words stand for dates."""
    cards.answer("bucket", Rating.EASY)
    with looking_into(cards.db) as connection:
        connection.execute("UPDATE card SET question = ? WHERE id = 'role'", ("long words " * 30,))
    for width in (100, 80, 40):
        out = spawn("list", size=(60, width), NO_COLOR="1", TERM="dumb")
        assert max(map(len, out.splitlines())) <= width
        assert "…" in out
        assert "\x1b" not in out


def test_a_terminal_shows_what_was_looked_for_in_bold(cards, spawn):
    """A match is bold, under NO_COLOR too, and has a row of its own where the table does not show it."""
    assert postgres.is_there(cards.db)
    for variables in ({}, {"NO_COLOR": "1"}):
        out = spawn("list", "bucket", "objects", **variables)
        assert "aws/\x1b[1mbucket\x1b[0m" in out
        assert "What is a \x1b[1mbucket\x1b[0m?" in out
        assert out.splitlines()[-1] == "  answer: A place for \x1b[1mobjects\x1b[0m."
    assert "\x1b" not in spawn("list", "objects", TERM="dumb")


def test_a_pipe_gets_the_same_lines_with_words(cards):
    """In a pipe nothing is marked and no row is added: five columns, the best match first."""
    cards.deck(DECK.replace('id = "aws"', 'id = "zoo"').replace("A place for objects.", "region"), "zoo.toml")
    done = cards.srs("list", "region")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [len(row) for row in rows] == [5, 5, 5]
    assert [row[0] for row in rows] == ["aws/region", "zoo/region", "zoo/bucket"]
    assert "\x1b" not in done.out


def test_only_what_does_not_fit_goes_through_the_pager(spawn, tmp_path):
    """A long output goes to SRS_PAGER, which wins over PAGER; a short one and --no-pager do not."""
    kept = tmp_path / "paged"
    pager = {"SRS_PAGER": f"cat > {kept}", "PAGER": "false"}
    spawn("list", size=(24, 80), **pager)
    assert not kept.exists()
    out = spawn("list", "--no-pager", size=(3, 80), **pager)
    assert "aws/region" in out
    assert not kept.exists()
    spawn("list", size=(3, 80), **pager)
    assert "aws/region" in kept.read_text()
    assert "aws/region" in spawn("list", size=(3, 80), SRS_PAGER="", PAGER="false")
    assert "aws/region" in spawn("list", size=(3, 80), SRS_PAGER="no-such-program-here")
    spawn("list", size=(3, 80), SRS_PAGER="true")


@pytest.mark.skipif(shutil.which("less") is None, reason="needs less")
def test_less_is_the_pager_and_quits_quietly(spawn):
    """Without a wish it is less; quitting it early is no error."""
    child = spawn("show", "role", size=(5, 80), until_end=False)
    child.expect("\r\n:")
    child.send("q")
    child.wait()
    assert child.exitstatus == 0


def test_a_reader_that_goes_away_is_no_error(cards):
    """`srs list | head` ends quietly, whatever there was still to print."""
    import subprocess

    with looking_into(cards.db) as connection:
        connection.execute("UPDATE card SET question = ?", ("words " * 50_000,))
    environment = {**os.environ, "PYTHONUTF8": "1"}
    child = subprocess.Popen(
        [sys.executable, "-m", "srs", "list"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout.read(10) == b"aws/bucket"
    child.stdout.close()
    told = child.stderr.read()
    child.stderr.close()
    assert (child.wait(20), told) == (0, b"")
