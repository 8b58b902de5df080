"""`srs optimize`: what it says and writes, how it is stopped, and that its parameters are used."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from learners import REAL_LOG, learners
from programs import DEVICE, PATIENCE, ROOT, Home, Session, at_moment, run
from rich.cells import cell_len
from running import run as run_here
from test_json_contract import day, each, flag, line_id, moment, number, or_null, text, whole
from test_refolding import OTHERS, dues_of, fit_of, same
from world import DAYS, Clock, answer_card, check_laws, memories_of, open_at

from srs.cli.optimize_view import change_rows, history_rows, in_dry_run, report_rows
from srs.evaluation import Difference, Scores
from srs.fitting import Report, Verdict
from srs.history import import_answers
from srs.model import Act, ActKind, Rating
from srs.optimizing import AdoptedSet, Fit, InForce, Seen, adopt, fit, history, in_force
from srs.rescheduling import Change
from srs.scheduling import DEFAULT_PARAMETERS, Scheduling
from srs.store import reading
from srs.store.refolding import parameter_lines

SCORES = {name: or_null(number) for name in ("log_loss", "rmse_bins", "auc")}
DIFFERENCE = {name: or_null(number) for name in ("mean", "low", "high")}


def shaped(shape):
    """An object with at least these keys, each of which passes."""
    return lambda value: type(value) is dict and all(check(value[name]) for name, check in shape.items())


REPORT = {
    "adopted": flag,
    "reason": text,
    "parameters": lambda value: each(number)(value) and len(value) == 21,
    "reviews": whole,
    "long_term_reviews": whole,
    "scores": shaped({"default": shaped(SCORES), "current": shaped(SCORES), "new": or_null(shaped(SCORES))}),
    "differences": lambda value: all(shaped(DIFFERENCE)(found) for found in value.values()),
}
HISTORY = {
    "id": line_id,
    "at": moment,
    "study_day": day,
    "deck": or_null(text),
    "in_force": flag,
    "undone": flag,
    "reviews": whole,
    "long_term_reviews": whole,
    "parameters": each(number),
    "scores": shaped({"new": shaped(SCORES)}),
}


def bring_in(home, answers, *, deck="mind", zone=UTC):
    """Import answers into a home, a card for each; returns the moment after the last."""
    path = home.folder / f"{deck}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        told = csv.writer(file)
        told.writerow(["card", "rating", "reviewed_at"])
        for card, at, rating in zip(answers.card, answers.at, answers.rating, strict=True):
            told.writerow([f"{deck}-{card}", rating, datetime.fromtimestamp(at / 1000, UTC).isoformat()])
    clock = Clock(int(answers.at.max()) + 3_600_000)
    with open_at(home.db, clock, device=DEVICE, create=True) as collection:
        report = import_answers(collection, path, create=home.folder / f"{deck}.toml", zone=zone)
        assert not report.problems, report.problems
    return clock.now


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """The home of somebody far from the defaults, and the moment after their last answer."""
    home = Home(tmp_path_factory.mktemp("far") / "home")
    return home, bring_in(home, learners("far", 1, answers=1_600, seed=9)[0].answers)


@pytest.fixture
def home(far, tmp_path):
    """A copy of it."""
    return far[0].copy(tmp_path / "home")


@pytest.fixture
def then(far):
    """The moment after their last answer."""
    return far[1]


def lines(home):
    """How many lines the log has, and all memories."""
    count = home.rows("SELECT (SELECT count(*) FROM review), (SELECT count(*) FROM act)")
    with home.collection() as collection:
        return count, memories_of(collection)


def check(home):
    """The laws hold; returns the due days and all that adopting leaves alone."""
    home.check()
    with home.collection() as collection:
        return dues_of(collection)


def test_a_fit_is_adopted_shown_and_taken_back(home):
    """JSON has its shape, dues stay, laws hold; the next fit finds nothing new; `--revert` undoes it all."""
    before, dues = lines(home), check(home)
    told = json.loads(run_here(home, "optimize", "--json").stdout)
    assert shaped(REPORT)(told)
    assert told["adopted"]
    assert told["reviews"] == 1_600
    assert told["scores"]["new"]["log_loss"] < told["scores"]["default"]["log_loss"]
    assert check(home) == dues
    with home.collection() as collection:
        assert list(in_force(collection.rows, "me", None).parameters) == told["parameters"]
        [line] = parameter_lines(collection.rows, "me")
        assert line.payload["deck"] is None
        assert line.payload["scores"] == told["scores"]

    again = json.loads(run_here(home, "optimize", "--json").stdout)
    assert (again["adopted"], again["parameters"]) == (False, told["parameters"])
    assert again["reason"].startswith("Kept your parameters: nothing new to learn since today, ")
    assert run_here(home, "optimize").stdout.split(". ", 1)[0].rstrip() == again["reason"]

    [entry] = json.loads(run_here(home, "optimize", "--history", "--json").stdout)
    assert shaped(HISTORY)(entry)
    assert (entry["in_force"], entry["undone"], entry["parameters"]) == (True, False, told["parameters"])
    assert "new parameters" in run_here(home, "log").stdout

    reverted = run_here(home, "optimize", "--revert")
    assert reverted.stderr.startswith("Took back the parameters adopted today")
    check(home)
    same(lines(home)[1], before[1])
    assert "taken back" in run_here(home, "optimize", "--history").stdout
    assert run_here(home, "optimize", "--revert").returncode == 3


@pytest.mark.sqlite_file
def test_a_dry_run_writes_nothing(home):
    """It says what it would do, and the database is byte for byte as it was."""
    before = home.db.read_bytes()
    done = run_here(home, "optimize", "--dry-run")
    assert done.returncode == 0
    assert done.stdout.startswith("Would adopt new parameters: they predict answers they had not seen better")
    assert "Nothing written (dry run). To do it: srs optimize" in done.stdout
    assert home.db.read_bytes() == before


def test_below_450_the_report_says_how_far_it_is(tmp_path):
    """Too few answers: how many there are, how many are missing, how long that takes; nothing is written."""
    home = Home(tmp_path / "home")
    now = bring_in(home, learners("near", 1, answers=500, seed=3)[0].answers)
    before = lines(home)
    told = json.loads(run_here(home, "optimize", "--json").stdout)
    assert shaped(REPORT)(told)
    there = told["long_term_reviews"]
    assert told["scores"]["new"] is None
    assert not told["adopted"]
    assert told["parameters"] == list(DEFAULT_PARAMETERS)
    done = run(home, "optimize", program=at_moment(now))
    assert f"there are {there} so far, {450 - there} to go" in " ".join(done.stdout.split())
    assert "At the pace of your last 30 days that takes about" in " ".join(done.stdout.split())
    assert "log loss" not in done.stdout
    assert lines(home) == before


@pytest.mark.sqlite_file
def test_an_empty_collection_is_no_error(tmp_path):
    """Nobody has answered yet: a sentence, exit 0; without a database there is an error, and none is made."""
    home = Home(tmp_path / "home")
    assert run_here(home, "optimize", "--dry-run").returncode == 3
    assert run_here(home, "optimize").returncode == 3
    assert not home.has_database()
    home.fill()
    done = run_here(home, "optimize")
    assert done.returncode == 0
    assert "0 so far, 450 to go" in " ".join(done.stdout.split())
    assert run_here(home, "optimize", "--history").stderr.startswith("No parameters were adopted yet")
    assert json.loads(run_here(home, "optimize", "--history", "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--reschedule"], 2, "nobody can be asked here"),
        (["--yes"], 2, "`--yes` answers what `--reschedule` asks"),
        (["--history", "--revert"], 2, "do not go together"),
        (["--revert", "--dry-run"], 2, "fits nothing"),
        (["-d", "minds"], 3, "did you mean `mind`?"),
        (["--history", "-d", "minds"], 3, "did you mean `mind`?"),
        (["-d", "mi"], 3, "did you mean `mind`?"),
    ],
)
def test_what_does_not_go_is_a_sentence(home, arguments, code, said):
    """Wrong usage is refused before any work, with a hint."""
    done = run_here(home, "optimize", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert not done.stdout


def test_parameters_of_a_deck_rule_its_cards_alone(home):
    """With `-d` only that deck's answers are learned from, and only its cards change."""
    bring_in(home, learners("near", 1, answers=300, seed=4)[0].answers, deck="other")
    with home.collection() as collection:
        before = memories_of(collection)
        of = dict(collection.rows("SELECT card, deck FROM memory", {}))
    told = json.loads(run_here(home, "optimize", "-d", "mind", "--json").stdout)
    assert (told["adopted"], told["deck"], told["reviews"]) == (True, "mind", 1_600)
    check(home)
    with home.collection() as collection:
        after = memories_of(collection)
        changed = {of[key] for key in after if after[key] != before[key]}
        assert changed == {"mind"}
        assert reading.parameters_for(collection.rows, "me", "other") is None
        assert list(reading.parameters_for(collection.rows, "me", "mind")) == told["parameters"]
        others = fit(collection.rows, "me", today=0)
        assert (others.report.reviews, others.before.parameters) == (300, DEFAULT_PARAMETERS)


def test_the_session_and_the_card_use_what_was_adopted(home, then):
    """Intervals on the screen, and the recall that `srs show` tells, are those of the new parameters."""
    clock = Clock(then)
    with open_at(home.db, clock, device=DEVICE) as collection:
        before = collection.review().next(clock())
        adopt(collection, fit_of(collection, OTHERS))
        review = collection.review()
        shown = review.next(clock())
        assert (shown.name, shown.memory.due_day) == (before.name, before.memory.due_day)
        rules = Scheduling(OTHERS).under(shown.options)
        assert review.outcomes() == rules.outcomes(shown.memory, key=shown.key, study_day=shown.study_day)
        recorded = review.answer(Rating.GOOD, now=clock())
        assert recorded.answer.recall == pytest.approx(rules.recall(shown.memory, clock()))
        check_laws(collection)
    told = json.loads(run(home, "show", before.name, "--json", program=at_moment(then)).stdout)
    assert told["stability"] == pytest.approx(recorded.memory.stability)


def test_due_days_move_when_asked_to(home, then):
    """`--reschedule --yes` moves them in the same deed and tells the load; both are taken back together."""
    before, dues = lines(home), check(home)
    done = run(home, "optimize", "--reschedule", "--yes", "--json", program=at_moment(then))
    told = json.loads(done.stdout)["reschedule"]
    assert told["moved"] == told["would_move"] > 10
    assert all(len(told[name]["due"]) == 30 for name in ("before", "after"))
    after = check(home)
    assert sum(after[key] != dues[key] for key in dues) == told["moved"]
    assert {kind for (kind,) in home.rows("SELECT kind FROM act WHERE cause IS NOT NULL")} == {
        "due",
        "reschedule",
    }
    assert run(home, "optimize", "--revert", program=at_moment(then)).returncode == 0
    assert check(home) == dues
    same(lines(home)[1], before[1])


def test_the_log_tells_many_due_days_as_one_line(home, then):
    """What one adoption did to due days is one line, counted as one; `--all` and `--json` tell each."""
    program = at_moment(then)

    def listed(*arguments):
        lines = run(home, "log", *arguments, program=program).stdout.splitlines()
        return [line.split("\t")[1:] for line in lines]

    run(home, "optimize", "--reschedule", "--yes", program=program)
    by_kind = dict(home.rows("SELECT kind, count(*) FROM act WHERE cause IS NOT NULL GROUP BY kind"))
    kept, moved = by_kind["due"], by_kind["reschedule"]
    assert min(kept, moved) > 1
    told = f"new parameters; {kept} due days kept; {moved} due days moved"
    assert [row[1] for row in listed("-n", "2")] == [told, "log imported"]
    assert {row[1] for row in listed("-n", "2", "-d", "mind")} == {
        f"{kept} due days kept",
        f"{moved} due days moved",
    }
    each = [row[1] for row in listed("--all", "-n", str(kept + moved + 1))]
    assert (each.count("due day kept"), each.count("rescheduled"), each[-1]) == (
        *(kept, moved),
        "new parameters",
    )
    [newest] = listed("--all", "-n", "1")
    assert listed("-n", "1", "--card", newest[0]) == [newest]
    entries = json.loads(run(home, "log", "--json", program=program).stdout)
    assert sum(entry["kind"] in {"due", "reschedule"} for entry in entries) == kept + moved
    run(home, "optimize", "--revert", program=program)
    assert listed("-n", "1") == [["-", told, "-", "-", "undone", ""]]
    with Session(home, "log", "-n", "1", program=program) as terminal:
        assert terminal.to_the_end() == 0
        screen = [row.rstrip() for row in terminal.rows if row.strip()]
    assert screen[0].endswith(f"  {told}, taken back")
    assert screen[1] == "1,601 older: srs log -n 1602"


def test_on_a_terminal_due_days_are_asked_for(home, then):
    """The load is shown, and what each answer does; `n` adopts, moves nothing, and only then says so."""
    dues = check(home)
    with Session(home, "optimize", "--reschedule", program=at_moment(then), lines=50) as terminal:
        terminal.shows("[y/N]")
        screen = "\n".join(terminal.rows)
        assert "would be due on another day:" in screen
        assert "before" in screen
        assert screen.lstrip().startswith("New parameters predict answers they had not seen better")
        assert "n adopts and moves none" in screen
        assert "Adopted" not in screen
        terminal.press("n\r")
        assert terminal.to_the_end() == 0
        told = "\n".join(terminal.rows)
        assert "Adopted the new parameters.\nDue days stay as they are." in re.sub(" +\n", "\n", told)
    assert check(home) == dues
    assert home.rows("SELECT count(*) FROM act WHERE kind = 'params'") == [(1,)]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("Ctrl-C stops", "Stopped; nothing changed."),
        ("[y/N]", "Stopped: parameters and due days are as they were."),
    ],
)
def test_control_c_changes_nothing(home, then, when, said):
    """While it fits, and at the question: at once, 130, no line written, a sentence and no traceback."""
    before = lines(home)
    with Session(home, "optimize", "--reschedule", program=at_moment(then), lines=50) as terminal:
        terminal.shows(when)
        pressed = time.monotonic()
        terminal.press("\x03")
        assert terminal.to_the_end() == 130
        assert time.monotonic() - pressed < 5
        assert "Traceback" not in terminal.raw.decode()
        assert said in [row.rstrip() for row in terminal.rows]
    assert lines(home) == before


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_a_killed_child_is_a_sentence_and_changes_nothing(home):
    """When the system ends the process that fits, the person reads so, and everything is as it was."""
    before = lines(home)
    program = subprocess.Popen(
        [sys.executable, "-m", "srs", "optimize"],
        env=home.env,
        cwd=home.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    task = Path(f"/proc/{program.pid}/task/{program.pid}/children")
    deadline = time.monotonic() + PATIENCE
    while not (children := task.read_text().split()):
        assert time.monotonic() < deadline
    os.kill(int(children[0]), signal.SIGKILL)
    out, err = program.communicate(timeout=PATIENCE)
    assert program.returncode == 70
    assert not out
    assert "your parameters are as they were" in err
    assert "Traceback" not in err
    assert lines(home) == before


# What is drawn


def a_fit(*, adopted=True, low=0.001, deck=None):
    """A fit with figures of its own."""
    scores = {
        "default": Scores(0.4722, 0.0922, 0.737),
        "current": Scores(0.4701, 0.09, 0.738),
        "new": Scores(0.4653, 0.067, 0.7384),
    }
    gains = {"default": Difference(0.0069, 0.002, 0.011), "current": Difference(0.0048, low, 0.009)}
    verdict = Verdict.ADOPTED if adopted else Verdict.KEPT
    because = "predict better (log loss 0.465 against 0.470)"
    report = Report(verdict, because, OTHERS, 8_000, 3_638, scores, gains, 5)
    return Fit(deck, InForce(DEFAULT_PARAMETERS, b"x", 3), report, Seen(None, 1))


def real_fit():
    """The first fit of the real log, as `srs optimize` found it."""
    scores = {
        "default": Scores(0.4705, 0.0920, 0.742),
        "current": Scores(0.4705, 0.0920, 0.742),
        "new": Scores(0.4544, 0.0530, 0.752),
    }
    gain = Difference(0.0160, 0.0105, 0.0211)
    because = "predict answers they had not seen better (log loss 0.454 against 0.470)"
    gains = {"default": gain, "current": gain}
    report = Report(Verdict.ADOPTED, because, OTHERS, 8_000, 3_638, scores, gains)
    return Fit(None, InForce(DEFAULT_PARAMETERS), report, Seen(None, 1))


def test_the_readme_shows_the_screen():
    """The report in the README is what the program draws for the figures of the real log."""
    drawn = "\n".join(row.plain.rstrip() for row in report_rows(real_fit(), 80))
    assert f"```text\n{drawn}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [30, 40, 80, 200])
def test_no_row_is_wider_than_the_screen(width):
    """Report, load and history fit any width; the verdict comes first and is the one bold thing."""
    change = Change({b"a": 1}, {}, tuple(range(30)), tuple(range(100, 130)))
    payload = {"deck": None, "parameters": list(OTHERS), "reviews": 8_000}
    line = Act(bytes(16), ActKind.PARAMS, 1_750_000_000_000, 20_000, payload=payload)
    rows = [
        *report_rows(a_fit(), width),
        *change_rows(change, 12_000, width, plain=False, ascii_only=False),
        *history_rows([AdoptedSet(line, True)], DAYS, 1_760_000_000_000, width),
    ]
    assert max(cell_len(row.plain) for row in rows) <= width
    bold = [row for row in rows if "bold" in str(row.style)]
    assert " ".join(row.plain for row in bold) == a_fit().report.reason
    assert rows[0] is bold[0]


def test_the_screen_reader_gets_sentences():
    """Plain rows say one fact each, with all figures of the table."""
    told = "\n".join(row.plain for row in report_rows(a_fit(), 80, plain=True))
    assert "New: log loss 0.4653, RMSE(bins) 0.0670, AUC 0.738." in told
    assert "Log loss is the mean surprise" in told


@pytest.mark.parametrize(("low", "said"), [(0.001, "cards)."), (-0.001, "chance alone may have done it")])
def test_the_interval_is_told_in_words(low, said):
    """An interval that holds 0 is said to be one."""
    told = " ".join(row.plain for row in report_rows(a_fit(low=low), 500))
    of_current = next(part for part in told.split("Against ") if part.startswith("your current"))
    assert "0.0048 lower log loss" in of_current
    assert said in of_current


def test_a_dry_run_keeps_what_is_in_force():
    """What would be adopted is said so; the parameters told are those that stay."""
    dry = in_dry_run(a_fit(deck="mind"))
    assert (dry.report.adopted, dry.report.parameters) == (False, DEFAULT_PARAMETERS)
    told = " ".join(row.plain for row in report_rows(dry, 80, dry_run=True))
    assert told.startswith("Would adopt new parameters")
    assert "To do it: srs optimize -d mind" in told


@pytest.mark.skipif(not REAL_LOG.exists(), reason="the real log is not there; SRS_REAL_LOG says where")
def test_the_real_log_from_its_file_to_its_parameters(tmp_path):
    """Imported, fitted and adopted by the program: better than the mark, dues as they were, laws kept."""
    home = Home(tmp_path / "home")
    imported = run_here(
        home,
        *("log", "import", REAL_LOG, "-d", "real", "--create", home.folder / "real.toml"),
        *("--zone", "America/New_York"),
    )
    assert imported.returncode == 0, imported.stderr
    with home.collection() as collection:
        dues = dues_of(collection)
    told = json.loads(run_here(home, "optimize", "--json").stdout)
    assert told["adopted"]
    assert told["reviews"] == 8_000
    for name, shown in real_fit().report.scores.items():  # as the README has them
        assert told["scores"][name] == pytest.approx(shown.as_json(), abs=1e-3)
    assert told["scores"]["new"]["log_loss"] <= 0.4660
    with home.collection() as collection:
        assert dues_of(collection) == dues
        assert len(history(collection.rows, "me")) == 1
        answer_card(collection, "real/1724474035498", Rating.GOOD)
        check_laws(collection)
