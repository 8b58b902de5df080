"""The shapes of `--json`, from the real program over its own folders: more keys may come, these stay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import postgres
import pytest
from world import Clock, open_at

REGISTRY = Path(__file__).parents[1] / "decks" / "registry.toml"
BAD = '[deck]\nid = "bad"\n[[cards]]\nid = "one"\nquestion = "q"\nanwser = "a"\n'
ANSWERS = "\n3\n\n1\n\n4\n\n2\nq\n"


def whole(value):
    """A whole number, not below zero."""
    return type(value) is int and value >= 0


def proportion(value):
    """A number from 0 to 1."""
    return type(value) in {int, float} and 0 <= value <= 1


def number(value):
    """A number."""
    return type(value) in {int, float}


def text(value):
    """A text that is not empty."""
    return type(value) is str and bool(value)


def flag(value):
    """True or false."""
    return type(value) is bool


def day(value):
    """A date."""
    return type(value) is str and date.fromisoformat(value).isoformat() == value


def moment(value):
    """A moment with its zone."""
    return type(value) is str and "T" in value and datetime.fromisoformat(value).tzinfo is not None


def line_id(value):
    """A UUIDv7 as text."""
    return type(value) is str and str(UUID(value)) == value and UUID(value).version == 7


def one_of(*values):
    """One of some values."""
    return lambda value: type(value) is type(values[0]) and value in values


def or_null(check):
    """A value or null."""
    return lambda value: value is None or check(value)


def each(check):
    """An array, each element of which passes."""
    return lambda value: type(value) is list and all(map(check, value))


PROBLEM = {
    "path": text,
    "line": whole,
    "column": whole,
    "code": text,
    "message": text,
    "hint": or_null(text),
}
IMPORTED = {
    "deck": text,
    "path": text,
    **dict.fromkeys(("added", "updated", "moved", "retired", "revived", "unchanged"), whole),
}
DUE = {"new": whole, "learning": whole, "review": whole, "total": whole, "next_due": or_null(moment)}
CARD = {
    "card": text,
    "deck": text,
    "state": one_of("new", "learning", "review", "relearning"),
    "due": or_null(lambda value: day(value) if "T" not in value else moment(value)),
    "stability": or_null(number),
    "difficulty": or_null(number),
    "retrievability": or_null(proportion),
    "suspended": flag,
    "buried": flag,
    "retired": flag,
    "leech": flag,
    "tags": each(text),
}
MATCHED = (
    *("card", "term", "question", "answer", "accept", "choices"),
    *("explanation", "scenario", "hint", "source", "tags"),
)
TEXTS = {
    "question": text,
    "answer": text,
    **dict.fromkeys(("term", "scenario", "explanation", "source"), or_null(text)),
}
WITH_IT = {
    "choices": each(lambda choice: choice.keys() == {"text", "why"} and text(choice["text"])),
    "accept": each(text),
    "cloze": or_null(text),
    "hint": or_null(text),
    "needs": each(text),
    "waits_for": each(text),
}
REVIEW = {
    "id": line_id,
    "at": moment,
    "study_day": day,
    "rating": one_of(1, 2, 3, 4),
    "took_ms": or_null(whole),
    "mode": or_null(text),
    "hinted": or_null(flag),
    "response": or_null(text),
    "interval_before": or_null(whole),
    "undone": flag,
}
SHARE = {"passed": whole, "total": whole, "low": or_null(proportion), "high": or_null(proportion)}
DECK = {"deck": text, "name": text, "cards": whole, "due": whole, "new": whole, "path": or_null(text)}
LOG = {"id": line_id, "at": moment, "study_day": day, "card": or_null(text), "kind": text, "undone": flag}


def assert_shape(value, shape, *, complete=False):
    """The object has all keys of the shape, each with a value that passes its check."""
    assert type(value) is dict
    missing = shape.keys() - value.keys()
    assert not missing, f"missing: {sorted(missing)}"
    wrong = {key: value[key] for key, check in shape.items() if not check(value[key])}
    assert not wrong, f"wrong: {wrong}"
    assert not complete or value.keys() == shape.keys()


def shaped(shape):
    """An object of a shape."""

    def check(value):
        assert_shape(value, shape)
        return True

    return check


@dataclass
class Program:
    """The program over folders of its own."""

    folder: Path

    @property
    def database(self):
        """Its database: the usual file, or what stands for it on a server."""
        return self.folder / "data" / "srs" / "srs.db"

    def __call__(self, *arguments, typed="", code=0):
        """Run it; what it printed, after checking how it ended."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "TZ": "Europe/Berlin",
            "PYTHONUTF8": "1",
        }
        if postgres.SERVER is not None:
            environment |= {"SRS_DB": str(postgres.empty(self.database)), "SRS_LEARNER": "me"}
        done = subprocess.run(
            [sys.executable, "-m", "srs", *arguments],
            env=environment,
            input=typed,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments):
        """What it prints as JSON: one value and nothing round it."""
        out = self(*arguments, "--json").stdout
        assert "\x1b" not in out
        return json.loads(out)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program after a session: a deck in, four answers given, one undone, cards put away."""
    folder = tmp_path_factory.mktemp("contract")
    run = Program(folder)
    (folder / "registry.toml").write_bytes(REGISTRY.read_bytes())
    run("import", str(folder / "registry.toml"))
    run("review", typed=ANSWERS)
    run("undo")
    run("suspend", "registry/image-digest")
    run("bury", "registry/promotion")
    return run


def test_import(tmp_path):
    """`import` gives counts per deck and every problem with its place, also when nothing was taken in."""
    run = Program(tmp_path)
    folder = tmp_path / "decks"
    folder.mkdir()
    (folder / "registry.toml").write_bytes(REGISTRY.read_bytes())
    for dry_run in (["--dry-run"], []):
        done = json.loads(run("import", str(folder), "--json", *dry_run).stdout)
        assert_shape(done, {"decks": each(lambda _: True), "problems": each(lambda _: True)})
        (deck,) = done["decks"]
        assert_shape(deck, IMPORTED)
        assert (deck["deck"], deck["added"] > 0, done["problems"]) == ("registry", True, [])
    (folder / "bad.toml").write_text(BAD)
    done = json.loads(run("import", str(folder), "--json", code=1).stdout)
    assert [entry["deck"] for entry in done["decks"]] == ["registry"]
    assert done["decks"][0]["unchanged"] == deck["added"]
    for problem in done["problems"]:
        assert_shape(problem, PROBLEM)
    assert any(problem["line"] == 6 for problem in done["problems"])


def test_due(program):
    """`due` gives three counts, their sum, which is `--count`, and the moment it grows."""
    due = program.json("due")
    assert_shape(due, DUE)
    assert due["new"] + due["learning"] + due["review"] == due["total"]
    assert program("due", "--count").stdout == f"{due['total']}\n"


def test_list(program):
    """`list` gives an array; due is a date in review, a moment in steps, null when new."""
    cards = program.json("list")
    assert type(cards) is list
    for card in cards:
        assert_shape(card, CARD)
        assert card["card"].startswith(f"{card['deck']}/")
        unanswered = card["state"] == "new"
        assert [card[key] is None for key in ("due", "stability", "difficulty", "retrievability")] == [
            unanswered
        ] * 4
        if not unanswered:
            assert (day if card["state"] == "review" else moment)(card["due"])
    assert {"new", "learning", "review"} <= {card["state"] for card in cards}
    assert [card["card"] for card in cards if card["suspended"]] == ["registry/image-digest"]
    assert [card["card"] for card in cards if card["buried"]] == ["registry/promotion"]
    assert program.json("list", "--state", "retired") == []
    assert {tuple(card["matched"]) for card in cards} == {()}


def test_a_list_of_words_tells_where_they_are(program):
    """`list WORD --json` is in the order of its lines, and tells the fields in which the words occur."""
    cards = program.json("list", "promotion")
    assert cards[0]["card"] == "registry/promotion"
    assert [card["card"] for card in cards] == [
        line.split("\t")[0] for line in program("list", "promotion").stdout.splitlines()
    ]
    for card in cards:
        assert_shape(card, CARD | {"matched": each(one_of(*MATCHED))})
        assert card["matched"]
    assert "card" in cards[0]["matched"]


def test_show(program):
    """`show` gives what `list` gives, the texts, and every answer in the order of the log."""
    answered = [card for card in program.json("list") if card["state"] != "new"]
    listed = answered[0]
    shown = program.json("show", listed["card"])
    assert_shape(shown, CARD | TEXTS | {"reviews": each(lambda _: True), "names": each(text)})
    assert {key: shown[key] for key in CARD if key != "retrievability"} == {
        key: listed[key] for key in CARD if key != "retrievability"
    }
    reviews = [review for card in answered for review in program.json("show", card["card"])["reviews"]]
    for review in reviews:
        assert_shape(review, REVIEW)
        assert review["interval_before"] == 0
    assert {review["rating"] for review in reviews} >= {1, 3, 4}
    new = program.json("show", "registry/image-digest")
    assert_shape(new, CARD | TEXTS | WITH_IT)
    assert new["reviews"] == []


def test_log(program):
    """`log` gives answers and acts, newest first; the one taken back says so."""
    log = program.json("log")
    for entry in log:
        assert_shape(entry, LOG)
    assert [entry["id"] for entry in log] == sorted((entry["id"] for entry in log), reverse=True)
    assert [entry["kind"] for entry in log][:2] == ["bury", "suspend"]
    assert sum(entry["undone"] for entry in log) == 1
    assert program.json("log", "-n", "2") == log[:2]


def test_decks(program):
    """`decks` gives each deck's counts and file."""
    (deck,) = program.json("decks")
    assert_shape(deck, DECK | {"changed": flag, "gone": flag})
    assert deck["path"] == str(program.folder / "registry.toml")


def test_stats(program):
    """`stats` gives the day, retention by period and age, the forecast, states and the row of days."""
    stats = program.json("stats")
    assert_shape(
        stats,
        {
            "as_of": moment,
            "study_day": day,
            "today": lambda _: True,
            "retention": lambda _: True,
            "forecast": each(lambda _: True),
            "states": lambda value: type(value) is dict and all(map(whole, value.values())),
            "streak": whole,
        },
    )
    assert_shape(stats["today"], {"answered": whole, "cards": whole, "minutes": number})
    assert {"today", "yesterday", "7d", "30d", "365d", "all"} <= stats["retention"].keys()
    for period in stats["retention"].values():
        assert {"young", "mature", "all"} <= period.keys()
        for share in period.values():
            assert_shape(share, SHARE)
            assert (share["low"] is None) == (share["high"] is None) == (share["total"] == 0)
    assert len(stats["forecast"]) >= 30
    assert stats["streak"] == 1


HISTOGRAM = {"cards": whole, "median": or_null(number), "bins": each(lambda _: True)}
ESTIMATE = dict.fromkeys(("value", "low", "high"), or_null(number))
SPENT = {"days": whole, "answers": whole, "timed": whole, "minutes": number}
GROUP = {"young": shaped(SHARE), "mature": shaped(SHARE), "all": shaped(SHARE)}
VIEWS = {
    "retention": lambda value: all(map(shaped(GROUP), value.values())),
    "calibration": shaped(
        {
            **dict.fromkeys(("answers", "recorded", "replayed", "unknown"), whole),
            **dict.fromkeys(("predicted", "error", "error_by_chance", "rmse_bins"), or_null(number)),
            "observed": shaped(SHARE),
            "log_loss": shaped(ESTIMATE),
            "auc": shaped(ESTIMATE),
            "bins": each(shaped({"from": proportion, "to": proportion, "predicted": proportion, **SHARE})),
        }
    ),
    "forecast": each(
        shaped(
            {
                "day": day,
                "due": whole,
                **dict.fromkeys(
                    ("expected", "low", "high", "minutes", "minutes_low", "minutes_high", "new"),
                    or_null(number),
                ),
            }
        )
    ),
    "knowledge": shaped(
        {"every": whole, "days": each(shaped({"day": day, "known": number, "cards": whole}))}
    ),
    "calendar": each(shaped({"day": day, "answers": whole, "cards": whole, "minutes": number})),
    "time": shaped(
        {
            "periods": lambda value: all(map(shaped(SPENT), value.values())),
            "weeks": each(shaped({"monday": day, **SPENT})),
        }
    ),
    "hours": each(shaped({"hour": or_null(whole), "answers": whole, **SHARE})),
    "ratings": each(
        shaped(
            {
                "state": or_null(text),
                **dict.fromkeys(("again", "hard", "good", "easy"), whole),
                **SHARE,
            }
        )
    ),
    **dict.fromkeys(("intervals", "stability", "difficulty", "retrievability"), shaped(HISTOGRAM)),
    "hard": each(
        shaped(
            {
                "card": text,
                **dict.fromkeys(("lapses", "reps", "answers"), whole),
                **dict.fromkeys(("difficulty", "minutes"), number),
                **dict.fromkeys(("leech", "suspended"), flag),
                "taken": each(shaped({"text": text, "times": whole, "card": or_null(text)})),
            }
        )
    ),
}


@pytest.mark.parametrize("view", VIEWS)
def test_stats_of_one_view(program, after_a_day, view):
    """A named view gives the moment and its part of the whole, under the same key."""
    for run in (program, after_a_day):
        found = run.json("stats", view)
        assert_shape(found, {"as_of": moment, "study_day": day, view: VIEWS[view]})
        if view not in {"retrievability", "knowledge"}:  # these fall while one looks
            assert run.json("stats")[view] == found[view]


def test_stats_tell_where_the_study_day_is_cut(tmp_path_factory):
    """`rollover` has the hour, a quiet one, counts, and whether they are of imported answers."""
    run = Program(tmp_path_factory.mktemp("cut"))
    now = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)
    lines = [
        f"far/c,3,{(now - timedelta(days=back, minutes=minutes)).isoformat()}"
        for back in range(2, 22)
        for minutes in range(12)
    ]
    (run.folder / "night.csv").write_text("\n".join(["card,rating,reviewed_at", *lines]) + "\n")
    run("log", "import", str(run.folder / "night.csv"), "--zone", "UTC", "--rollover", "4")
    assert_shape(
        run.json("stats")["rollover"],
        dict.fromkeys(("rollover", "quiet", "answers", "around", "around_quiet"), whole) | {"imported": flag},
    )


def test_stats_give_everything(program):
    """`stats --json` has every view, retention told apart by all there is, and what the rollover needs."""
    stats = program.json("stats")
    assert VIEWS.keys() <= stats.keys()
    assert (stats["rollover"], stats["days"]) == (None, None)
    assert program.json("stats", "--days", "9")["days"] == 9
    assert program.json("stats", "hours", "--days", "9")["days"] == 9
    assert {*stats["retention_by"]} == {"deck", "tag", "level", "mode", "hour", "weekday"}
    for table in stats["retention_by"].values():
        assert_shape(table, {"days": one_of(30), "all": shaped(GROUP), "groups": each(shaped(GROUP))})


@pytest.fixture(scope="module")
def after_a_day(tmp_path_factory):
    """The program after one answer that met an interval of three days, given in choice mode."""
    run = Program(tmp_path_factory.mktemp("after"))
    deck = run.folder / "words.toml"
    deck.write_text(
        '[deck]\nid = "words"\nname = "Words"\n[[cards]]\nid = "a"\nquestion = "q"\nanswer = "a"\n'
    )
    run("import", str(deck))
    run("review", typed="\n3\nq\n")
    with open_at(run.database, Clock()) as collection, collection.database.transaction():
        collection.database.run(
            "UPDATE review SET interval_before = 3, mode = 'choice', utc_offset = 0,"
            " at = at / 86400000 * 86400000 + 32400000",
            {},
        )
    return run


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("mode", "choice"),
        ("deck", "words"),
        ("tag", None),
        ("level", None),
        ("hour", "09:00"),
        ("weekday", "today"),
    ],
)
@pytest.mark.parametrize("days", [30, 7])
def test_stats_by(program, after_a_day, by, name, days):
    """`stats --by` gives each group with its name or null, and all together; no group without an answer."""
    arguments = ("stats", "--by", by, *(() if days == 30 else ("--days", str(days))))
    shape = {
        "as_of": moment,
        "study_day": day,
        "by": one_of(by),
        "days": one_of(days),
        "desired_retention": proportion,
        "groups": each(lambda _: True),
        "all": lambda _: True,
    }
    for run, names in ((program, []), (after_a_day, [name])):
        table = run.json(*arguments)
        assert_shape(table, shape)
        today = f"{date.fromisoformat(table['study_day']):%A}"
        assert [group["name"] for group in table["groups"]] == [
            today if each == "today" else each for each in names
        ]
        for group in (*table["groups"], table["all"]):
            for age, total in (("young", len(names)), ("mature", 0), ("all", len(names))):
                assert_shape(group[age], SHARE)
                assert group[age]["total"] == total


SIMULATED = {
    "value": number,
    "stands": flag,
    **dict.fromkeys(
        ("answers_per_day", "reviews_per_day", "minutes_per_day", "known", "seen", "waiting"), number
    ),
    "minutes_per_known": or_null(number),
}


def test_simulate(program):
    """`simulate` gives the moment, the seed, what is known now, and a row for each value of a setting."""
    arguments = ("simulate", "--days", "5", "--repeats", "1")
    told = program.json(*arguments)
    assert_shape(
        told,
        {
            "as_of": moment,
            "study_day": day,
            "days": one_of(5),
            "seed": whole,
            "cards": whole,
            "known_now": number,
            "known_idle": number,
            **dict.fromkeys(("desired_retention", "new_per_day"), each(lambda _: True)),
            "reviews_per_day": or_null(each(lambda _: True)),
            "keeps": lambda value: value == {},
            "assumed": each(lambda part: text(part["what"]) and whole(part["answers"])),
        },
    )
    limited = program.json(*arguments, "--limit", "7")
    assert limited["desired_retention"] is limited["new_per_day"] is None
    for rows in (told["desired_retention"], told["new_per_day"], limited["reviews_per_day"]):
        assert [row["value"] for row in rows] == sorted(row["value"] for row in rows)
        assert sum(row["stands"] for row in rows) == 1
        for row in rows:
            assert_shape(row, SIMULATED, complete=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "registry/nope"),
        ("list", "-d", "nope"),
        ("list", "--state", "nope"),
        ("log", "--card", "nope"),
        ("import", "no-such-file.toml"),
        ("--db", "no-such.db", "list"),
        ("--db", "no-such.db", "decks"),
        ("--db", "no-such.db", "due"),
        ("--db", "no-such.db", "stats"),
        ("stats", "--by", "moon"),
        ("simulate", "-d", "nope"),
        ("--db", "no-such.db", "simulate"),
    ],
)
def test_a_failure_leaves_stdout_empty(program, arguments):
    """When `--json` fails, stdout is empty, stderr has a sentence, and no database was made."""
    code = 2 if {"--state", "--by"} & {*arguments} else 3
    done = program(*arguments, "--json", code=code)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert not Path("no-such.db").exists()
