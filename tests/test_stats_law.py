"""Every number of `srs stats --json` equals an independent count of the exported log (naive_stats.py)."""

from __future__ import annotations

import ast
import csv
import io
import json
import sys
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import naive_fold
import naive_stats
import postgres
import pytest
from histories import seeded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_fold import World
from naive_stats import SIMULATED, Count, differences
from world import DAY_MS, START, Clock, DeckFile, Written, open_at

from srs.cli.context import Context
from srs.cli.log_export import run_log_export
from srs.cli.stats import stats
from srs.days import StudyDays
from srs.history import import_answers
from srs.intake import import_decks
from srs.model import ActKind, Rating
from srs.reviewing import Shown
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling, clipped

REAL = Path("/work/shared/data/real-reviews.csv")
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati")]
TAGS = [("core",), ("working", "digests"), ("deep", "core"), (), ("digests",)]
TEXTLESS = ("d0/gone", "d1/gone", "gone/for-ever")
"""Cards of a history from elsewhere that no deck here has."""
RATINGS = [Rating.AGAIN, Rating.HARD, Rating.GOOD, Rating.GOOD, Rating.GOOD, Rating.EASY]


def printed(run, *arguments, **named):
    """What a command writes on stdout."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(*arguments, **named) == 0
    return out.getvalue()


def both(path, world, calendar, deck=None, last=None):
    """What the program says of a database, and what the naive count makes of its exported log."""
    decks = () if deck is None else (deck,)
    context = Context(db=str(postgres.place(path)), learner="me", env={}, now=lambda: world.now)
    context._days = calendar
    told = json.loads(printed(stats, context, days=last, decks=decks, json_=True))
    exported = printed(run_log_export, context, output="jsonl", decks=(), card=None, file=None)
    lines = [json.loads(line) for line in exported.splitlines()]
    return told, Count(lines, world, deck, last).everything()


def shaped(told):
    """The program's JSON, as the naive count gives it."""
    by = {
        name: {**table, "groups": {one["name"]: one for one in table["groups"]}}
        for name, table in told["retention_by"].items()
    }
    return {**told, "retention_by": by}


def assert_alike(told, counted):
    """No number differs and none is left out, but for those of `SIMULATED`."""
    assert [*differences(shaped(told), counted)] == []
    for by, table in counted["retention_by"].items():
        assert len(told["retention_by"][by]["groups"]) == len(table["groups"])


class Life:
    """A learner who answers, takes back, forgets, puts away and travels, by a random source."""

    def __init__(self, folder, seed):
        self.source = seeded(seed)
        self.clock = Clock(START)
        self.path = folder / "cards.db"
        self.calendar = StudyDays(ZONES[0], 4)
        self.collection = open_at(self.path, self.clock, seed=seed, create=True, days=self.calendar)
        self.cards, self.texts = {}, {}
        self.decks, self.away = {}, {}
        for name in ("d0", "d1"):
            written = [
                Written(f"c{i}", answer=f"Answer {i}", tags=self.source.choice(TAGS)) for i in range(4)
            ]
            deck = self.decks[name] = DeckFile(folder / f"{name}.toml", written)
            import_decks(self.collection, [deck.write()])
            self.cards |= {f"{name}/{card.id}": card.tags for card in written}
            self.texts |= {f"{name}/{card.id}": card.answer for card in written}
        if self.source.random() < 0.5:
            self.bring_in(folder / "history.csv")

    def bring_in(self, file):
        """Import a history of some months ago.

        Some cards of it were in review already, and some have no text here; some answers tell a recall.
        """
        lines = ["card,rating,reviewed_at,took_ms,interval_before,recall"]
        at = datetime.fromtimestamp(START / 1000, ZONES[0]) - timedelta(days=200)
        names = [*self.cards, *(TEXTLESS if self.source.random() < 0.5 else ())]
        for _ in range(self.source.randrange(1, 40)):
            at += timedelta(hours=self.source.choice([0.1, 1, 20, 200]))
            name, rating = self.source.choice(names), int(self.source.choice(RATINGS))
            met = self.source.choice(["", "", "0", "12", "40"])
            told = self.source.choice(["", f"{self.source.randrange(21) / 20!r}", "0.9", "0.123456789"])
            took = self.source.choice(["", "7000"])
            lines.append(f"{name},{rating},{at.isoformat()},{took},{met},{told}")
        file.write_text("\n".join(lines) + "\n")
        assert not import_answers(self.collection, file).problems

    def adopt(self):
        """Other parameters, for everything or for one deck, as a fit would bring."""
        moved = [value * self.source.uniform(0.9, 1.1) for value in DEFAULT_PARAMETERS]
        payload = {"deck": self.source.choice([None, "d0"]), "parameters": list(clipped(moved))}
        with self.collection.journal() as journal:
            journal.append_act(ActKind.PARAMS, payload=payload)
            journal.refold([self.collection.find(name).key for name in self.cards])

    def travel(self):
        """Another zone, and sometimes another rollover hour, from now on."""
        self.calendar = StudyDays(self.source.choice(ZONES), self.source.choice([0, 4, 4, 12]))
        self.collection.days = self.calendar

    def retire(self):
        """Take a card out of its file, or put back the one that was taken out."""
        name = self.source.choice([*self.decks])
        deck = self.decks[name]
        if name in self.away:
            deck.cards.append(self.away.pop(name))
        else:
            self.away[name] = deck.cards.pop(self.source.randrange(len(deck.cards)))
        assert not import_decks(self.collection, [deck.write()]).problems

    @property
    def gone(self):
        """The names of the cards that are in no file now."""
        return frozenset(f"{name}/{card.id}" for name, card in self.away.items())

    def answer(self, name):
        """Answer a card as the program does, in some mode, with a time or without."""
        source, collection, at = self.source, self.collection, self.clock()
        on_file = collection.find(name)
        options = collection.settings.options(None)
        shown = Shown(on_file, "review", collection.days.day(at), options)
        rules = Scheduling().under(options)
        outcomes = rules.outcomes(shown.memory, key=shown.key, study_day=shown.study_day)
        collection.answer(
            shown,
            outcomes[source.choice(RATINGS) - 1],
            at=at,
            took_ms=source.choice([None, 3_000, 9_000, 75_000]),
            mode=source.choice(["reveal", "choice", "type"]),
            response=source.choice([None, "Answer 1", " answer  1", "Answer 2", "a tag", "A tag"]),
        )

    def turn(self):
        """Let some time pass and do one thing."""
        source, collection = self.source, self.collection
        self.clock.now += source.choice([20_000, 600_000, 9 * 3_600_000, DAY_MS, 3 * DAY_MS, 30 * DAY_MS])
        if source.random() < 0.05:
            self.clock.now -= 30 * 3_600_000  # a clock that was set back
        here = [name for name in self.cards if name not in self.gone]
        name = source.choice(here)
        key = collection.find(name).key
        doing = source.choices(
            ["answer", "undo", "redo", "forget", "suspend", "resume", "bury", "due", "travel", "retire"],
            weights=[70, 8, 3, 3, 3, 3, 3, 3, 3, 3],
        )[0]
        if doing == "answer":
            for _ in range(source.choice([1, 1, 2, 4])):
                self.answer(name)
                self.clock.advance(seconds=30)
                name = source.choice(here)
        elif doing in {"bury", "due"}:
            ahead = 1 if doing == "bury" else source.choice([-20, -1, 0, 1, 9, 100])
            collection.act(ActKind(doing), key, day=collection.days.day(self.clock()) + ahead)
        elif doing in {"travel", "retire"}:
            getattr(self, doing)()
        elif doing in {"undo", "redo"}:
            getattr(collection, doing)()
        else:
            collection.act(ActKind(doing), key)

    def check(self):
        """The program and the naive count agree on all there is."""
        if self.source.random() < 0.3:
            self.adopt()
        self.collection.close()
        for deck, last in ((None, None), ("d0", None), (None, self.source.choice([1, 7, 12, 90, 400]))):
            assert_alike(*both(self.path, self.world(), self.calendar, deck, last))

    def world(self):
        """What the naive count is told besides the log."""
        calendar = self.calendar
        return World(
            self.cards,
            self.clock(),
            calendar.zone,
            calendar.rollover,
            retired=self.gone,
            texts=self.texts,
        )


def live(seed, turns):
    """One life, checked at its end."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SRS_CONFIG", str(Path(folder) / "config.toml"))
        life = Life(Path(folder), seed)
        for _ in range(turns):
            life.turn()
        life.check()


LAW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=15, **LAW)
@given(st.integers(0, 2**32), st.integers(0, 60))
def test_statistics_equal_a_naive_count_of_the_exported_log(seed, turns):
    """Random logs with undos, redos, forgets, suspends, buries, journeys, clocks set back, imports, a fit.

    Due days are set by hand, cards leave their files and come back.
    """
    live(seed, turns)


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
@settings(max_examples=600, **LAW)
@given(st.integers(0, 2**32), st.integers(0, 250))
def test_statistics_equal_a_naive_count_of_very_many_exported_logs(seed, turns):
    """The same on hundreds of logs."""
    live(seed, turns)


@pytest.fixture(scope="module", params=[4, 12], ids="imported at {}".format)
def real(tmp_path_factory, request):
    """A database of the real answers, imported as the program does: its path, its clock, its rollover."""
    if not REAL.exists():
        pytest.skip(f"{REAL} is not there: the real log lies outside the project")
    folder = tmp_path_factory.mktemp("real")
    zone = ZoneInfo("America/New_York")
    days = StudyDays(zone, 4)
    clock = Clock(round((datetime(2024, 9, 15, 13, tzinfo=zone)).timestamp() * 1000))
    with open_at(folder / "real.db", clock, create=True, days=days) as collection:
        report = import_answers(collection, REAL, create=folder / "real.toml", rollover=request.param)
        assert (report.problems, report.new) == ((), 8_000)
    return folder / "real.db", clock, request.param


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=20)])
@pytest.mark.parametrize("rollover", [4, 12])
def test_statistics_equal_a_naive_count_of_the_real_log(real, later, rollover, monkeypatch, tmp_path):
    """8,000 real answers, seen on the day after the last one and three weeks later, under two rollovers.

    Whether the day is cut goes by the rollover they were imported with, not by the one that is set.
    """
    path, clock, imported = real
    monkeypatch.setenv("SRS_CONFIG", str(tmp_path / "config.toml"))
    calendar = StudyDays(ZoneInfo("America/New_York"), rollover)
    with REAL.open() as file:
        cards = {f"real/{row['card_id']}": () for row in csv.DictReader(file)}
    now = clock() + round(later.total_seconds() * 1000)
    texts = dict.fromkeys(cards, "no text yet: this card came with a log of answers")
    world = World(cards, now, calendar.zone, rollover, texts=texts)
    told, counted = both(path, world, calendar)
    assert counted["calibration"]["answers"] > 3_000
    assert (counted["rollover"] is None) == (imported == 4)
    assert_alike(told, counted)


def test_the_naive_count_can_disagree(tmp_path, monkeypatch):
    """One answer more in the log than in the count is told as a difference: this law can fail."""
    monkeypatch.setenv("SRS_CONFIG", str(tmp_path / "config.toml"))
    life = Life(tmp_path, 5)
    for _ in range(40):
        life.turn()
    life.collection.close()
    told, counted = both(life.path, life.world(), life.calendar)
    told["time"]["periods"]["all"]["answers"] += 1
    told["knowledge"]["days"][-1]["known"] += 1e-6
    assert len([*differences(shaped(told), counted)]) == 2


def test_only_the_simulated_numbers_are_not_compared(tmp_path, monkeypatch):
    """Whatever leaf of the JSON is changed, or added, is told as a difference, but for the simulated ones."""
    monkeypatch.setenv("SRS_CONFIG", str(tmp_path / "config.toml"))
    life = Life(tmp_path, 5)
    for _ in range(40):
        life.turn()
    life.collection.close()
    told, counted = both(life.path, life.world(), life.calendar)
    assert [*differences(shaped(told), counted)] == []
    unseen = set()
    for holder, key, path in leaves(told):
        kept, holder[key] = holder[key], "changed"
        if not [*differences(shaped(told), counted)]:
            unseen.add(path)
        holder[key] = kept
        if isinstance(holder, dict):
            holder["more"] = 1
            assert [*differences(shaped(told), counted)], path
            del holder["more"]
    assert unseen == {f"/forecast/{name}" for name in SIMULATED}


@pytest.mark.parametrize("module", [naive_fold, naive_stats])
def test_the_naive_count_uses_nothing_of_the_program(module):
    """It imports the standard library and its own fold alone, so that an error there is not an error here."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    found = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    found |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in found} - sys.stdlib_module_names <= {"naive_fold"}


def leaves(shape, path=""):
    """Each value of a JSON that holds no other: what holds it, under what, and its path without numbers.

    Of a long list the first and the last entry stand for all.
    """
    of_list = isinstance(shape, list)
    keys = sorted({0, len(shape) - 1} & {*range(len(shape))}) if of_list else [*shape]
    for key in keys:
        here = path if of_list else f"{path}/{key}"
        if isinstance(shape[key], (dict, list)):
            yield from leaves(shape[key], here)
        else:
            yield shape, key, here
