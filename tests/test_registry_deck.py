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
MAIN_TOPICS = ("registry", "tags", "digests", "auth", "promotion")
TOPICS = (
    *MAIN_TOPICS,
    *("anatomy", "naming", "protocol", "operations", "security", "tools", "kubernetes"),
)
LEVELS = ("core", "working", "deep")
REQUIRED = {"id", "scenario", "explanation", "choices", "tags", "source"}
KNOWN = REQUIRED | {"question", "answer", "cloze", "term", "reverse", "accept", "needs", "was"}
HOLE = re.compile(r"\{\{c1::(.*?)(?:::(.*?))?\}\}(?!\})")
TEXT_WIDTH = 72
MAX_ROWS = {"scenario": 3, "question": 2, "answer": 3, "explanation": 4, "source": 1}
# Rows 4 to 18 of an 80x24 screen hold these four and the blank rows between them (ux, screens A to C).
MAX_ROWS_TOGETHER = 11
MAX_ANSWER_WORDS = 40
MAX_CHARACTERS = {"answer": 140, "explanation": 280, "text": 140, "why": 110}
SHORT = 12
"""Answers under so many characters are terms or single words, whose choices need not be of one length."""
# A word that stands in more answers than this belongs to the subject and gives nothing away.
COMMON_FROM = 4
# What a question has to name although few answers do.
SUBJECTS = {"platform", "token"}
YES_NO = re.compile(r"(?i)(is|are|was|does|do|did|can|could|may|must|should|has|have|will|would)\b")


def each_card():
    """One test case for every card, named by its id."""
    return pytest.mark.parametrize("card", CARDS, ids=[card["id"] for card in CARDS])


def right(card):
    """The right answer: that of the card, or what its hole hides."""
    return card["answer"] if "answer" in card else HOLE.search(card["cloze"])[1]


def asked(card):
    """What is shown as the question; of a cloze the sentence with its hole, below the question if any."""
    if "answer" in card:
        return card["question"]
    return "\n".join([*filter(None, [card.get("question")]), HOLE.sub("[...]", card["cloze"])])


def wrong(card):
    """The texts of its choices."""
    return [choice["text"] for choice in card["choices"]]


def texts_of(card):
    """Every text of a card by its key, those in lists among them."""
    texts = {key: value for key, value in card.items() if isinstance(value, str)}
    for number, choice in enumerate(card["choices"]):
        texts |= {f"choices.{number}.{key}": text for key, text in choice.items()}
    lists = ((key, card.get(key, ())) for key in ("accept", "needs", "tags", "was"))
    return texts | {f"{key}.{number}": text for key, list_ in lists for number, text in enumerate(list_)}


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


ANSWERS_WITH = Counter(stem for card in CARDS for stem in stems(right(card)))


def given_away(question, answer, term=""):
    """Words of the answer, rare among the answers of the deck, that its question says already."""
    rare = {stem for stem in stems(answer) if ANSWERS_WITH[stem] < COMMON_FROM}
    return (rare & stems(question)) - stems(term) - SUBJECTS


def test_the_head_names_the_deck():
    """The head has the id, name and description that the program shows, and all tags are listed."""
    assert DECK.keys() == {"deck", "check", "cards"}
    assert DECK["check"] == {"tags": [*TOPICS, *LEVELS]}
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
    """Every required key is there and none is unknown; a card asks a question or a cloze, not both."""
    assert card.keys() >= REQUIRED
    assert card.keys() <= KNOWN
    assert ("answer" in card) != ("cloze" in card)
    assert "question" in card or "cloze" in card
    assert all(text == text.strip() != "" for text in texts_of(card).values())


@each_card()
def test_a_card_has_one_topic_and_one_level(card):
    """The tags are one known topic and one known level, in this order."""
    assert len(card["tags"]) == 2
    assert card["tags"][0] in TOPICS
    assert card["tags"][1] in LEVELS


def test_there_are_a_hundred_and_twenty_cards():
    """The deck has at least 120 cards, of every topic some."""
    assert len(CARDS) >= 120
    assert {topic(card) for card in CARDS} == set(TOPICS)


@pytest.mark.parametrize("name", MAIN_TOPICS)
def test_every_main_topic_has_ten_cards(name):
    """Each of the five main topics is asked about by at least ten cards, at every level."""
    of_topic = [card for card in CARDS if topic(card) == name]
    assert len(of_topic) >= 10
    assert {level(card) for card in of_topic} == set(LEVELS)


def test_some_cards_are_asked_otherwise():
    """About fifteen cards are also asked the other way round, about fifteen have a hole."""
    assert 12 <= sum(card.get("reverse", False) for card in CARDS) <= 22
    assert 12 <= sum("cloze" in card for card in CARDS) <= 22


@each_card()
def test_a_reverse_card_can_be_asked(card):
    """What is asked the other way round has a term that its answer does not say."""
    if card.get("reverse"):
        assert card["term"].lower() not in card["answer"].lower()


@each_card()
def test_a_cloze_has_one_hole(card):
    """A cloze hides one thing and leaves four words or more to read."""
    if "cloze" in card:
        assert len(HOLE.findall(card["cloze"])) == 1
        assert card["cloze"].count("{{") == 1
        assert len(asked(card).split()) >= 5


def test_a_card_needs_what_stands_before_it():
    """What a card needs is an earlier card of the deck, so that nothing waits in a circle."""
    seen = set()
    for card in CARDS:
        assert set(card.get("needs", ())) <= seen, card["id"]
        seen.add(card["id"])


@each_card()
def test_a_card_has_three_choices_each_with_a_reason(card):
    """There are three wrong answers, all different and none the right one, each with why it is wrong."""
    texts = [text.casefold().rstrip(".") for text in (*wrong(card), right(card), *card.get("accept", ()))]
    assert [choice.keys() for choice in card["choices"]] == [{"text", "why"}] * 3
    assert len(set(texts)) == len(texts) or card.get("reverse")


@each_card()
def test_choices_are_as_long_as_the_answer(card):
    """A wrong answer has 0.7 to 1.4 times the characters of the right one, unless that is a single word."""
    length = len(right(card))
    ratios = [len(text) / length for text in wrong(card)]
    assert length < SHORT or all(0.7 <= ratio <= 1.4 for ratio in ratios), ratios


def test_length_does_not_give_the_answer_away():
    """The right answer is the longest of the four in 15 to 40 of a hundred cards."""
    longest = sum(len(right(card)) > max(map(len, wrong(card))) for card in CARDS)
    assert 0.15 <= longest / len(CARDS) <= 0.40


def test_no_choice_is_right_elsewhere_on_the_same_question():
    """A wrong answer is not the right one of a card that asks the same."""
    answers = {(asked(card).casefold(), right(card).casefold()) for card in CARDS}
    chosen = {(asked(card).casefold(), text.casefold()) for card in CARDS for text in wrong(card)}
    assert answers & chosen == set()


@each_card()
def test_texts_have_their_lengths(card):
    """Answers, choices, reasons and explanations stay within their number of characters."""
    limits = {key: MAX_CHARACTERS.get(key.rpartition(".")[2]) for key in texts_of(card)}
    over = {key: len(text) for key, text in texts_of(card).items() if limits[key] and len(text) > limits[key]}
    assert over == {}


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
    shown = card | {"scenario": as_shown(card["scenario"]), "question": asked(card), "answer": right(card)}
    taken = {key: rows(shown[key]) for key in MAX_ROWS}
    most = MAX_ROWS | ({"question": 3} if "cloze" in card else {})
    assert {key: count for key, count in taken.items() if count > most[key]} == {}
    assert sum(taken.values()) - taken["source"] <= MAX_ROWS_TOGETHER


@each_card()
def test_a_text_is_plain_ascii(card):
    """Texts are plain ASCII, which every terminal shows alike, with line breaks in the scenario only."""
    for key, text in texts_of(card).items():
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
    """A question ends with its only question mark, is not answered by yes or no; a cloze is a sentence."""
    if "question" in card:
        last = re.split(r"(?<=[.]) ", card["question"])[-1]
        assert card["question"].count("?") == 1
        assert card["question"].endswith("?")
        assert not YES_NO.match(last)
    else:
        assert card["cloze"][-1] in ".:"


@each_card()
def test_an_answer_can_be_recalled(card):
    """An answer is one or two sentences of at most forty words."""
    if "answer" in card:
        assert 1 <= len(re.findall(r"[.](?= [A-Z`]|$)", card["answer"])) <= 2
        assert card["answer"].endswith(".") or len(card["answer"]) < 2 * SHORT
        assert len(card["answer"].split()) <= MAX_ANSWER_WORDS


@each_card()
def test_an_explanation_is_short(card):
    """An explanation is one to three sentences."""
    assert 1 <= len(re.findall(r"[.](?= [A-Z`]|$)", card["explanation"])) <= 3
    assert card["explanation"].endswith(".")


@each_card()
def test_a_question_does_not_give_its_answer_away(card):
    """No word that is rare among the answers stands in the question as well, except the card's term."""
    assert given_away(card.get("question", ""), right(card), card.get("term", "")) == set()


def test_giving_away_is_noticed():
    """The rule above finds a question that says what it asks for, in another form of the word."""
    assert given_away("Which tag does a push overwrite?", "Any tag: it overwrites what is there.")
    assert not given_away("What is an image tag?", "A pointer to one image in the registry.")


def test_questions_are_all_different():
    """No question or answer is nearly the same as another."""
    for text_of in (asked, right):
        texts = [text_of(card).lower() for card in CARDS]
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
