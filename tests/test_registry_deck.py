"""The rules for `decks/registry.toml` that can be computed."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations, groupby, pairwise
from pathlib import Path
from textwrap import wrap

import pytest

DECK_FILE = Path(__file__).parents[1] / "decks" / "registry.toml"
DECK = tomllib.loads(DECK_FILE.read_text(encoding="utf-8"))
CARDS = DECK["cards"]
TOPICS = ("registry", "tags", "digests", "auth", "promotion")
LEVELS = ("core", "working", "deep")
REQUIRED = {"id", "scenario", "question", "answer", "explanation", "tags", "source"}
KNOWN = REQUIRED | {"term", "was"}
TEXT_WIDTH = 72
MAX_ROWS = {"scenario": 3, "question": 2, "answer": 3, "explanation": 4, "source": 1}
# Rows 4 to 18 of an 80x24 screen hold these four and the blank rows between them (ux, screens A to C).
MAX_ROWS_TOGETHER = 11
MAX_ANSWER_WORDS = 40
# A word that stands in more answers than this belongs to the subject and gives nothing away.
COMMON_FROM = 4
# What a question has to name although few answers do.
SUBJECTS = {"platform", "token"}
YES_NO = re.compile(r"(?i)(is|are|was|does|do|did|can|could|may|must|should|has|have|will|would)\b")


def each_card():
    """One test case for every card, named by its id."""
    return pytest.mark.parametrize("card", CARDS, ids=[card["id"] for card in CARDS])


def topic(card):
    """The one tag that says what the card is about."""
    return card["tags"][0]


def level(card):
    """The one tag that says how early the card is met."""
    return card["tags"][-1]


def rows(text):
    """Rows that a text takes on the screen; a line break in it starts a row."""
    return sum(len(wrap(line, TEXT_WIDTH, break_on_hyphens=False)) for line in text.split("\n"))


def as_shown(scenario):
    """The scenario with the quotation marks that the program puts round each speaker's words."""
    return re.sub(r"(?m)^([^:\n]+): (.+)$", r"\1: “\2”", scenario)


def stems(text):
    """The longer words of a text without their commonest endings, so that `pushes` meets `pushed`."""
    words = re.findall(r"[a-z][a-z0-9-]{4,}", text.lower())
    return {re.sub(r"(ing|ed|es|s|e)$", "", word) for word in words}


ANSWERS_WITH = Counter(stem for card in CARDS for stem in stems(card["answer"]))


def given_away(question, answer, term=""):
    """Words of the answer, rare among the answers of the deck, that its question says already."""
    rare = {stem for stem in stems(answer) if ANSWERS_WITH[stem] < COMMON_FROM}
    return (rare & stems(question)) - stems(term) - SUBJECTS


def test_the_head_names_the_deck():
    """The head has the id, name and description that the program shows, and nothing unknown."""
    assert DECK.keys() == {"deck", "cards"}
    assert DECK["deck"].keys() == {"id", "name", "description"}
    assert DECK["deck"]["id"] == "registry"
    assert DECK["deck"]["name"] == "Container registry vocabulary"
    assert DECK["deck"]["description"].strip()


def test_ids_are_well_formed_and_unique():
    """An id is a card's identity: it obeys the grammar, and no two cards share one, past ids included."""
    ids = [name for card in CARDS for name in (card["id"], *card.get("was", []))]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert [name for name in ids if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name)] == []


@each_card()
def test_a_card_has_its_keys_and_no_others(card):
    """Every required key holds text (tags: a list of it), and no key is unknown."""
    assert card.keys() >= REQUIRED
    assert card.keys() <= KNOWN
    texts = [value for key, value in card.items() if key not in {"tags", "was"}]
    assert all(isinstance(text, str) and text == text.strip() != "" for text in texts)


@each_card()
def test_a_card_has_one_topic_and_one_level(card):
    """The tags are one known topic and one known level, in this order."""
    assert len(card["tags"]) == 2
    assert card["tags"][0] in TOPICS
    assert card["tags"][1] in LEVELS


@pytest.mark.parametrize("name", TOPICS)
def test_every_topic_has_ten_cards(name):
    """Each of the five topics is asked about by at least ten cards, at every level."""
    of_topic = [card for card in CARDS if topic(card) == name]
    assert len(of_topic) >= 10
    assert {level(card) for card in of_topic} == set(LEVELS)


def test_levels_come_in_order():
    """New cards are met in file order, so core stands before working and working before deep."""
    order = [LEVELS.index(level(card)) for card in CARDS if level(card) in LEVELS]
    assert order == sorted(order)


def test_topics_come_in_short_runs():
    """Within a level three to five cards of one topic follow each other."""
    runs = [(key, len(list(run))) for key, run in groupby(CARDS, key=lambda card: (level(card), topic(card)))]
    assert [run for run in runs if not 3 <= run[1] <= 5] == []


def test_the_deck_opens_with_what_a_registry_is():
    """The first card explains the subject of the deck, and `image-digest` asks the question of screen A."""
    assert CARDS[0]["id"] == "registry"
    digest = next(card for card in CARDS if card["id"] == "image-digest")
    assert digest["question"] == "What is an image digest?"


@each_card()
def test_a_card_fits_the_small_screen(card):
    """Every text stays within its rows at 72 cells, and all together leave the ratings in place at 80x24."""
    shown = card | {"scenario": as_shown(card["scenario"])}
    taken = {key: rows(shown[key]) for key in MAX_ROWS}
    assert {key: count for key, count in taken.items() if count > MAX_ROWS[key]} == {}
    assert sum(taken.values()) - taken["source"] <= MAX_ROWS_TOGETHER


@each_card()
def test_a_text_is_plain_ascii(card):
    """Texts are plain ASCII, which every terminal shows alike, with line breaks in the scenario only."""
    for key, value in card.items():
        text = value if isinstance(value, str) else " ".join(value)
        allowed = r"[\x20-\x7e\n]+" if key == "scenario" else r"[\x20-\x7e]+"
        assert re.fullmatch(allowed, text), key


@each_card()
def test_a_scenario_is_people_speaking(card):
    """One or two lines `Name: words`, the words a whole sentence without quotation marks of their own."""
    lines = card["scenario"].split("\n")
    assert 1 <= len(lines) <= 2
    for line in lines:
        assert re.fullmatch(r"[A-Z][A-Za-z-]*( [A-Za-z-]+){0,2}: [A-Z0-9].*[.?!]", line), line
        assert not set('"“”') & set(line)


@each_card()
def test_a_question_asks_one_thing(card):
    """A question ends with its only question mark and cannot be answered by yes or no."""
    asked = re.split(r"(?<=[.]) ", card["question"])[-1]
    assert card["question"].count("?") == 1
    assert card["question"].endswith("?")
    assert not YES_NO.match(asked)


@each_card()
def test_an_answer_can_be_recalled(card):
    """An answer is one or two sentences of at most forty words."""
    assert 1 <= len(re.findall(r"[.](?= [A-Z`]|$)", card["answer"])) <= 2
    assert card["answer"].endswith(".")
    assert len(card["answer"].split()) <= MAX_ANSWER_WORDS


@each_card()
def test_an_explanation_is_short(card):
    """An explanation is one to three sentences."""
    assert 1 <= len(re.findall(r"[.](?= [A-Z`]|$)", card["explanation"])) <= 3
    assert card["explanation"].endswith(".")


@each_card()
def test_a_question_does_not_give_its_answer_away(card):
    """No word that is rare among the answers stands in the question as well, except the card's term."""
    assert given_away(card["question"], card["answer"], card.get("term", "")) == set()


def test_giving_away_is_noticed():
    """The rule above finds a question that says what it asks for, in another form of the word."""
    assert given_away("Which tag does a push overwrite?", "Any tag: it overwrites what is there.")
    assert not given_away("What is an image tag?", "A pointer to one image in the registry.")


def test_questions_are_all_different():
    """No question or answer is nearly the same as another."""
    for key in ("question", "answer"):
        texts = [card[key].lower() for card in CARDS]
        alike = [pair for pair in combinations(texts, 2) if SequenceMatcher(None, *pair).quick_ratio() > 0.9]
        close = [pair for pair in alike if SequenceMatcher(None, *pair).ratio() > 0.9]
        assert close == []


def test_terms_are_all_different():
    """A word is defined by one card only."""
    terms = Counter(card["term"].lower() for card in CARDS if "term" in card)
    assert [term for term, count in terms.items() if count > 1] == []


def test_scenes_vary():
    """No scene is played twice, and neighbours do not open with the same words."""
    openings = [card["scenario"].split(": ", 1)[1].split()[:3] for card in CARDS]
    assert len({card["scenario"] for card in CARDS}) == len(CARDS)
    assert [pair for pair in pairwise(openings) if pair[0] == pair[1]] == []


@each_card()
def test_a_source_is_named_not_linked(card):
    """A source is a document and a section, never an address."""
    assert not re.search(r"https?:|www\.|\.md\b", card["source"])
    assert "," in card["source"] or card["source"].startswith("Common practice")


def test_hosts_are_examples():
    """No text names a real registry host: what looks like a host ends in `.example`."""
    text = DECK_FILE.read_text(encoding="utf-8")
    hosts = re.findall(r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|io|net|org|dev|example)\b", text)
    known_words = {"kubernetes.io"}  # the type of a Secret, not a host
    assert {host for host in hosts if not host.endswith(".example")} <= known_words
    assert "registry.example" in hosts
