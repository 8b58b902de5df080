"""The README says what is true: its deck, its session, its commands, its settings and its Python run."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from srs.cli.app import app
from srs.cli.screen import ANSWER_KEYS, CardView, rows
from srs.cli.talk import interval_text
from srs.deck.parse import parse_deck
from srs.deck.read import read_deck
from srs.ids import card_key
from srs.interop.answers_csv import read_answers
from srs.interop.cards_csv import COLUMNS
from srs.interop.cards_csv_read import parse_cards
from srs.interop.csv_rows import MAX_BYTES, MAX_LINE, MAX_ROWS
from srs.interop.csv_values import Reading
from srs.model import Memory, State
from srs.scheduling import Scheduling
from srs.settings import SETTINGS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DECK = ROOT / "decks" / "registry.toml"


def section(heading: str) -> str:
    """The text under a second-level heading."""
    return README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The names of all commands that help shows."""
    group = typer.main.get_command(app)
    return [name for name, command in group.commands.items() if not command.hidden]


def test_the_first_screen_shows_a_real_card():
    """The rows of the card on the first screen stand in the deck that comes along, in their order."""
    head, card = blocks(README, "toml")[0].split("\n\n", 1)
    deck = DECK.read_text(encoding="utf-8")
    whole = next(text for text in deck.split("\n\n") if text.startswith("\n".join(card.split("\n")[:2])))
    rows_left = iter(whole.splitlines())
    assert all(row in rows_left for row in card.splitlines())
    assert all(line in deck.splitlines() for line in head.splitlines())
    assert parse_deck(blocks(README, "toml")[0].encode(), "registry.toml").problems == ()


def test_the_first_screen_shows_a_real_session():
    """The session on the first screen is what the program draws for that card, empty rows apart."""
    deck = read_deck(DECK, "deck").deck
    card = next(card for card in deck.cards if card.id == "image-digest")
    memory = Memory(
        state=State.REVIEW, stability=2.3065, difficulty=2.118, due_day=100, last_day=98, last_at=0, reps=2
    )
    outcomes = Scheduling().outcomes(memory, key=card_key(deck.id, card.id), study_day=100)
    view = CardView(
        deck_name=deck.name,
        deck_id=deck.id,
        question=card.question,
        new=2,
        learning=1,
        due=6,
        finished=3,
        total=12,
        scenario=card.scenario,
        answer=card.answer,
        explanation=card.explanation,
        source=card.source,
        ratings=tuple((outcome.rating.word, interval_text(outcome)) for outcome in outcomes),
        keys=ANSWER_KEYS,
    )
    drawn = [row.plain.rstrip() for row in rows(view, 80, 24) if row.plain.strip()]
    told = [line for line in blocks(README, "text")[0].splitlines() if line.strip()]
    assert told == drawn


def test_the_documented_deck_is_a_good_deck():
    """The deck file that documents the format is read without any problem."""
    parsed = parse_deck(blocks(section("Decks"), "toml")[0].encode(), "registry.toml")
    assert parsed.problems == ()
    assert parsed.deck.cards[0].was == (("registry", "manifest-hash"), ("docker", "image-digest"))


def test_the_documented_history_is_a_good_one():
    """The CSV that shows how a history comes in is read without a problem; its cards are in the deck."""
    found = read_answers(
        io.BufferedReader(io.BytesIO(blocks(section("Bring your history"), "csv")[0].encode())),
        "history.csv",
        reading=Reading(1_760_000_000_000),
    )
    assert (found.problems, [row.rating for row in found.rows]) == ([], [3, 1])
    deck = read_deck(DECK, "deck").deck
    assert {row.card for row in found.rows} <= {f"{deck.id}/{card.id}" for card in deck.cards}


def test_the_documented_list_is_a_good_one():
    """The CSV that shows how cards come in is read without a problem; so are all its columns."""
    text = section("Cards in and out")
    parsed = parse_cards(blocks(text, "csv")[0].encode(), "cards.csv")
    assert (parsed.problems, [card.id for card in parsed.deck.cards]) == ((), ["image-digest", "layer"])
    assert parsed.deck.cards[0].tags == ("digests", "core")
    told = set(re.findall(r"[a-z]+", text.split("Other columns are ")[1].split(";")[0]))
    assert told | {"id", "question", "answer", "tags"} == {*COLUMNS, "was"}
    assert f"Over {MAX_BYTES >> 20} MB, {MAX_ROWS:,} cards, or {MAX_LINE >> 20} MB in a line" in text


@pytest.mark.parametrize("heading", ["Start", "Test"])
def test_one_command_each_to_start_and_to_test(heading):
    """Under `Start` and `Test` stands exactly one `sh` block of one line, and no other one anywhere."""
    found = blocks(section(heading), "sh")
    assert len(found) == 1
    assert found[0].count("\n") == 1
    assert len(blocks(README, "sh")) == 2
    if heading == "Start":
        assert found[0].endswith("&& srs import decks/registry.toml && srs review\n")


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command):
    """Each command that help shows stands in the README's table."""
    assert re.search(rf"`srs {command}[ `]", section("Every day"))


def test_the_readme_names_no_command_that_is_not_there():
    """Each `srs word` in the README is a command."""
    known = {*commands(), "search"}
    assert set(re.findall(r"`srs ([a-z][a-z-]*)", README)) <= known


def test_the_settings_table_is_that_of_the_program():
    """Each setting stands in the README with its values, default and meaning, and no other does."""
    told = [line for line in section("Settings").splitlines() if line.startswith("| `")]
    expected = []
    for setting in SETTINGS:
        default = "" if setting.default is None else f"`{setting.text(setting.default)}`"
        expected.append(f"| `{setting.name}` | {setting.type_text} | {default} | {setting.meaning} |")
    assert told == expected


@pytest.mark.sqlite_file
def test_the_python_example_runs(tmp_path):
    """The Python in the README runs as it stands, next to the deck that comes along."""
    (tmp_path / "decks").symlink_to(ROOT / "decks")
    code = blocks(section("From Python"), "python")[0]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stderr == ""
    assert re.fullmatch(r"\d+ cards added\n(registry/\S+\n){3}3 cards answered\n", ran.stdout)
