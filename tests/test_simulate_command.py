"""`srs simulate` from the outside, its screens at any width, and the sentence before a change that hurts."""

import json
import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from programs import Home, Session, now_ms
from rich.cells import cell_len
from running import run
from world import DAYS, LEARNER, Clock, answer_card, deck_of, filled, make_due

from srs.cli.pace_warning import hurts, sentence
from srs.cli.simulate_view import simulate_rows
from srs.intake import import_decks
from srs.looking_ahead import look_ahead
from srs.model import ActKind, Rating
from srs.settings import Settings
from srs.simulation_behaviour import Assumed
from srs.simulation_forecast import Comparison, Load, Row

ONE = ("simulate", "--days", "10", "--retention", "0.9", "--repeats", "2")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The home of a person with 60 cards, a third of them answered."""
    folder = tmp_path_factory.mktemp("simulate")
    home = Home(folder / "home")
    clock = Clock(now_ms())
    home.fill(deck_of(folder, "d0", 60).path, clock=clock)
    with home.collection(clock) as collection:
        for number in range(20):
            make_due(collection, f"d0/c{number}", days_ago=number % 4)
    return home


@pytest.fixture
def home(template, tmp_path):
    """A copy of it."""
    return template.copy(tmp_path / "home")


@pytest.fixture(scope="module")
def ahead(tmp_path_factory):
    """Forty cards, half of them due, and a deck of its own aim."""
    folder, clock = tmp_path_factory.mktemp("ahead"), Clock()
    with filled(folder, clock, 40) as collection:
        import_decks(collection, [deck_of(folder, "own", 3, retention=0.95).path])
        for number in range(20):
            make_due(collection, f"d0/c{number}")
        return look_ahead(collection.rows, LEARNER, Settings(), DAYS, clock())


@pytest.fixture(scope="module")
def tables(ahead):
    """Comparisons of all three settings."""
    how = {"days": 20, "seed": 1, "repeats": 3}
    return {
        "desired_retention": ahead.retentions(**how),
        "new_per_day": ahead.paces(**how),
        "reviews_per_day": ahead.review_limits([0, 50], **how),
    }


def test_the_same_seed_gives_the_same_bytes(home):
    """Two runs of one day agree to the byte, as text and as JSON; so do two with a seed, another differs."""
    for more in ((), ("--seed", "5")):
        first, second = (run(home, *ONE, *more).stdout for _ in range(2))
        assert first == second
    shapes = [json.loads(run(home, *ONE, "--json", *more).stdout) for more in ((), (), ("--seed", "5"))]
    for shape in shapes:
        del shape["as_of"], shape["known_now"]
    assert shapes[0] == shapes[1]
    assert shapes[2]["seed"] == 5
    assert shapes[2]["desired_retention"] != shapes[0]["desired_retention"]


def test_without_a_wish_two_tables_come_and_the_own_rows_are_marked(home):
    """Retention from 70 to 98 % and new cards a day, each with the value in force among them, marked."""
    text = run(home, "simulate", "--days", "20", "--repeats", "2").stdout
    values = re.findall(r"^ {2,}(\d+) (?:%|yours| )", text, re.MULTILINE)
    assert values == ["70", "75", "80", "85", "90", "95", "98", "0", "10", "20", "30", "50"]
    assert re.findall(r"^ +(\d+)(?: %)? yours ", text, re.MULTILINE) == ["90", "20"]
    assert text.startswith("As it is: ")
    assert "is yours to say" in text.replace("\n", " ")
    assert not {"optimal", "recommend", "best"} & set(text.lower().split())


def test_values_are_those_asked_for_and_the_own(home):
    """Lists, repeated options and a range give their rows, ascending, with the value in force."""

    def values(*arguments):
        shape = json.loads(
            run(home, "simulate", "--days", "3", "--repeats", "1", "--json", *arguments).stdout
        )
        return {
            name: [row["value"] for row in shape[name]]
            for name in ("desired_retention", "new_per_day", "reviews_per_day")
            if shape[name] is not None
        }

    assert values("--retention", "0.8,0.95", "--retention", "0.85") == {
        "desired_retention": [0.8, 0.85, 0.9, 0.95]
    }
    assert values("--retention", "0.92-0.79") == {"desired_retention": [0.79, 0.8, 0.85, 0.9, 0.92]}
    assert values("--new", "3,40", "--limit", "50") == {
        "new_per_day": [3, 20, 40],
        "reviews_per_day": [50, 200],
    }
    assert values("--new", "30-7", "--limit", "120-160") == {
        "new_per_day": [7, 10, 20, 30],
        "reviews_per_day": [120, 150, 160, 200],
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--retention", "0.5"), "`--retention` takes numbers from 0.70 to 0.99, not `0.5`"),
        (("--retention", "nan"), "`--retention` takes numbers from 0.70 to 0.99, not `nan`"),
        (("--retention", "0.8-"), "`--retention` takes numbers from 0.70 to 0.99, not `0.8-`"),
        (("--retention", ""), "`--retention` takes numbers from 0.70 to 0.99, not ``"),
        (("--new", "-1"), "`--new` takes whole numbers from 0 to 9999, not `-1`"),
        (("--new", "٣"), "`--new` takes whole numbers from 0 to 9999, not `٣`"),
        (("--limit", "1e3"), "`--limit` takes whole numbers from 0 to 9999, not `1e3`"),
        (("--limit", ",".join("1" * 51)), "`--limit` takes at most 50 values, not 51"),
        (("--days", "3651"), "`--days` takes a whole number from 1 to 3650, not `3651`"),
        (("--days", "0"), "`--days` takes a whole number from 1 on, not `0`"),
        (("--repeats", "1001"), "`--repeats` takes a whole number from 1 to 1000, not `1001`"),
        (("--seed", "-1"), "`--seed` takes a whole number from 0 on, not `-1`"),
    ],
)
def test_a_wrong_value_is_a_sentence(home, arguments, sentence):
    """What cannot be is told with what could be, exit code 2, and nothing on stdout."""
    done = run(home, "simulate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {sentence}\n")


@pytest.mark.parametrize("word", ["90", "90%", "80-90", "0.8,90"])
def test_percents_get_the_hint_how_they_are_written(home, word):
    """Who asks for 90 % as 90 reads how it is written."""
    done = run(home, "simulate", "--retention", word)
    first = "80 % is written 0.8" if word == "80-90" else "90 % is written 0.9"
    assert (done.returncode, done.stderr.splitlines()[1]) == (2, f"hint: {first}")


@pytest.mark.sqlite_file
def test_without_cards_there_is_a_sentence(tmp_path, home):
    """No database, no such deck and a queue with nothing in it are told, exit code 3; nothing is made."""
    empty = Home(tmp_path / "empty", named=False)
    done = run(empty, "simulate")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: no cards yet\n")
    assert not empty.db.exists()
    assert run(home, "simulate", "-d", "nope").stderr.startswith("error: there is no deck `nope`\n")
    with home.collection() as collection:
        for number in range(60):
            collection.act(ActKind.SUSPEND, collection.find(f"d0/c{number}").key)
    for arguments, where in (((), ""), (("-d", "d0"), " in `d0`")):
        done = run(home, "simulate", *arguments)
        told = f"error: there is no card{where} to look ahead with: all are suspended or retired\n"
        assert (done.returncode, done.stderr.startswith(told)) == (3, True)


def test_the_numbers_are_those_of_the_engine(home):
    """JSON and table show what the comparison computed: answers, minutes, known, minutes for each known."""
    shape = json.loads(run(home, *ONE, "--json", "--seed", "3").stdout)
    with home.collection() as collection:
        ahead = look_ahead(collection.rows, LEARNER, collection.settings, DAYS, collection.now())
    (row,) = ahead.retentions([0.9], days=10, seed=3, repeats=2).rows
    (told,) = shape["desired_retention"]
    assert told["stands"] is True
    for name in ("answers_per_day", "minutes_per_day", "known", "minutes_per_known", "seen", "waiting"):
        assert told[name] == pytest.approx(getattr(row, name), abs=1e-4)
    line = next(line for line in run(home, *ONE, "--seed", "3").stdout.splitlines() if " yours " in line)
    assert line.split()[3:7] == [
        *(str(round(row.answers_per_day)), f"{row.minutes_per_day:.1f}"),
        *(str(round(row.known)), f"{row.minutes_per_known:.2f}"),
    ]
    assert shape["cards"] == 60
    assert {part["what"] for part in shape["assumed"]} >= {"seconds per answer"}


@pytest.mark.parametrize("width", [40, 59, 60, 80, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_row_is_wider_than_the_screen(ahead, tables, width, ascii_only):
    """At any width rows fit, bars counted double when they are no ASCII, and no column is lost."""
    drawn = simulate_rows(ahead, tables, width, plain=False, ascii_only=ascii_only)
    for row in drawn:
        assert cell_len(row.plain) + len(re.findall("[▏▎▍▌▋▊▉█]", row.plain)) <= width
    text = "\n".join(row.plain for row in drawn)
    bold = [str(row.style) == "bold" for row in drawn]
    assert bold == sorted(bold, reverse=True)
    assert any(bold)
    assert drawn[bold.count(True)].plain == ""
    assert not ascii_only or text.isascii()
    mark = r"^ *[0-9,]+(?: %)? yours " if width >= 60 else r"^ *[0-9,]+(?: %)? \* "
    assert len(re.findall(mark, text, re.MULTILINE)) == len(tables)
    for known in {f"{round(row.known):,}" for table in tables.values() for row in table.rows}:
        assert known in text


README_ROWS = {
    "desired_retention": (
        (0.70, 72.1, 10.62, 2460.7, 1.576),
        (0.75, 80.2, 11.79, 2560.7, 1.680),
        (0.80, 88.1, 12.92, 2670.1, 1.767),
        (0.85, 99.7, 14.59, 2767.3, 1.925),
        (0.90, 117.0, 17.07, 2846.9, 2.188),
        (0.95, 159.0, 23.09, 2925.3, 2.881),
        (0.98, 227.3, 32.91, 2969.5, 4.045),
    ),
    "new_per_day": (
        (0, 10.6, 1.53, 474.6, 1.178),
        (10, 117.0, 17.07, 2846.9, 2.188),
        (20, 126.6, 18.46, 2846.6, 2.367),
        (30, 128.7, 18.75, 2847.6, 2.403),
        (50, 129.7, 18.91, 2847.6, 2.424),
    ),
}
"""A real run: 3,000 cards, 500 of them seen, 10 new ones a day."""


def test_the_screen_of_the_readme_is_drawn_by_the_program(ahead):
    """The tables in the README are what these numbers look like at 80 columns."""
    comparisons = {
        name: Comparison(
            rows=tuple(
                Row(value, value in (0.9, 10), answers, answers, minutes, known, each, 3000.0, 0.0)
                for value, answers, minutes, known, each in rows
            ),
            days=365,
            known_now=465.3,
            known_idle=316.8,
            assumed=(Assumed("seconds per answer", 41),),
        )
        for name, rows in README_ROWS.items()
    }
    person = replace(ahead, cards=3_000, new=2_500, keeps=())
    drawn = simulate_rows(person, comparisons, 80, plain=False, ascii_only=False)
    screen = "\n".join(row.plain for row in drawn)
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert f"```text\n{screen}\n```" in readme, screen


def test_plain_lines_say_one_fact_each(ahead, tables):
    """For a screen reader each value is a sentence, without bars and columns."""
    drawn = [row.plain for row in simulate_rows(ahead, tables, 80, plain=True, ascii_only=False)]
    assert all(line.endswith(".") and "  " not in line and "█" not in line for line in drawn)
    assert sum(len(table.rows) for table in tables.values()) == sum(" answers and " in line for line in drawn)
    assert sum(", as it is now: " in line for line in drawn) == len(tables)


def test_what_the_numbers_rest_on_is_said(ahead, tables):
    """Decks that keep their aim, a time box, reviews left waiting and what is assumed are told."""
    boxed = replace(ahead, limits=replace(ahead.limits, minutes=15))
    text = " ".join(row.plain for row in simulate_rows(boxed, tables, 80, plain=True, ascii_only=False))
    assert "own (95 %) keeps its own aim in every row" in text
    assert "Each day ends with your time box of 15 min." in text
    assert "Reviews still waiting at the end, for want of room in a day: " in text
    assert " at 0 reviews a day." in text
    assert "The first ratings of new cards, ratings in learning steps" in text
    one = {
        name: replace(table, assumed=(Assumed("seconds per answer", 3),)) for name, table in tables.items()
    }
    text = " ".join(row.plain for row in simulate_rows(ahead, one, 80, plain=True, ascii_only=False))
    assert "Seconds per answer are assumed until you have 50 answers." in text
    assert "time box" not in text


def test_one_figure_is_told_where_all_rows_agree(ahead, tables):
    """As many reviews waiting in every row are told once, not once a row."""
    table = tables["desired_retention"]
    behind = replace(table, rows=tuple(replace(row, waiting=184.2) for row in table.rows))
    text = " ".join(
        row.plain
        for row in simulate_rows(ahead, {"desired_retention": behind}, 80, plain=True, ascii_only=False)
    )
    assert "for want of room in a day: 184 in every row." in text


def test_ctrl_c_stops_at_once_and_leaves_a_tidy_screen(home):
    """On a terminal a long run shows how far it is; Ctrl-C ends it with 130, a sentence where the bar was."""
    session = Session(home, "simulate", "--days", "3650", "--repeats", "1000")
    session.shows("Ctrl-C stops")
    session.shows("Simulating")
    time.sleep(0.3)  # the bar is not just being drawn
    session.child.kill(signal.SIGINT)
    session.to_the_end()
    assert session.child.exitstatus == 130
    assert [row.strip() for row in session.rows if row.strip()] == ["Stopped; nothing changed."]


def test_known_now_is_the_figure_of_the_statistics(home):
    """Of the same cards, none suspended, both commands say the same sum, fractions of days in it."""
    simulated = json.loads(run(home, "simulate", "--days", "1", "--repeats", "3", "--json").stdout)
    known = json.loads(run(home, "stats", "knowledge", "--json").stdout)["knowledge"]["days"][-1]["known"]
    assert simulated["known_now"] == pytest.approx(known, abs=0.001)


# The sentence before a change that hurts


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [(50, 120, True), (100, 159, True), (100, 149, False), (20, 34, False), (20, 36, True), (200, 260, True)],
)
def test_much_more_time_is_said(now, then, said):
    """An hour a day more is said, and a quarter of an hour that is half as much again; nothing less."""
    load = Load(50, (then, then, then), (now, now, now))
    assert hurts(load) is said
    assert sentence(load, 20).startswith("50 new a day means about ")


def test_the_heaviest_week_is_named():
    """The sentence names the week, and what it is at the number in force."""
    load = Load(50, (60.0, 90.0, 120.0), (30.0, 40.0, 50.0))
    assert (
        sentence(load, 20) == "50 new a day means about 2 h a day in three weeks; at 20 it is about 50 min."
    )


def test_a_pace_that_hurts_is_said_and_set_all_the_same(tmp_path):
    """`config set new_per_day` says what it leads to on stderr, asks nothing, and sets it; less is quiet."""
    home = Home(tmp_path / "home")
    home.fill(deck_of(tmp_path, "many", 2_000).path)
    done = run(home, "config", "set", "new_per_day", "90")
    first, second = done.stderr.splitlines()
    assert first.startswith("90 new a day means about ")
    assert "; at 20 it is about " in first
    assert (done.returncode, done.stdout, second) == (0, "", "new_per_day is now 90")
    for quiet in ("90", "30"):
        assert len(run(home, "config", "set", "new_per_day", quiet).stderr.splitlines()) == 1
    assert run(home, "config", "set", "new_per_day", "10000").returncode == 2
    assert run(home, "config", "get", "new_per_day").stdout == "30\n"


@pytest.mark.sqlite_file
def test_a_setting_is_set_whatever_the_database_is_like(tmp_path):
    """Without a database, with a file that is none, or with nothing new the pace is set, and nothing told."""
    home = Home(tmp_path / "home")
    assert run(home, "config", "set", "new_per_day", "500").stderr == "new_per_day is now 500\n"
    assert not home.db.exists()
    home.db.write_text("no database")
    assert run(home, "config", "set", "new_per_day", "501").stderr == "new_per_day is now 501\n"
    home.db.unlink()
    clock = Clock(now_ms())
    home.fill(deck_of(tmp_path, "one", 1).path, clock=clock)
    with home.collection(clock) as collection:
        answer_card(collection, "one/c0", Rating.EASY)
    assert run(home, "config", "set", "new_per_day", "502").stderr == "new_per_day is now 502\n"
