"""Deck files that are wrong: each with the place and the code of everything that is wrong."""

from __future__ import annotations

import re
import time

import pytest

from srs.deck.parse import parse_deck
from srs.deck.problems import LISTED, PROBLEM_CODES

HEAD = '[deck]\nid = "d"\n'
CARD = '[[cards]]\nid = "a"\nquestion = "Q?"\nanswer = "A."\n'
GOOD = HEAD + CARD
CLOZE = HEAD + '[[cards]]\nid = "a"\ncloze = "A {{c1::x}}."\n'
HOLES_101 = "".join(f"{{{{c{number}::x}}}}" for number in range(1, 102))
HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")

# Each name with a file, and the line, column and code of all its problems.
FILES: dict[str, tuple[str | bytes, list[tuple[int, int, str]]]] = {
    "empty": ("", [(1, 1, "E115")]),
    "only comments": ("# a deck\n\n", [(1, 1, "E115")]),
    "another program's file": ('[project]\nname = "x"\n[tool.x]\na = 1\n', [(1, 1, "E115")]),
    "no deck": (CARD, [(1, 1, "E115")]),
    "no cards": (HEAD, [(1, 1, "E115")]),
    "no cards in the list": ('cards = []\n[deck]\nid = "d"\n', [(1, 1, "E115")]),
    "no deck id": ("[deck]\n" + CARD, [(1, 1, "W102")]),
    "a misspelt deck": ('[dekc]\nid = "d"\n' + CARD, [(1, 2, "E104")]),
    "a misspelt cards": (HEAD + '[[card]]\nid = "a"\n', [(3, 3, "E104")]),
    "an unknown table": (GOOD + "[extra]\nx = 1\n", [(7, 2, "E104")]),
    "a key above all": ('answer = "x"\n' + GOOD, [(1, 1, "E112")]),
    "a deck without header": ('id = "d"\nname = "D"\n' + CARD, [(1, 1, "E112"), (2, 1, "E112")]),
    "one table of cards": (HEAD + '[cards]\nid = "a"\n', [(3, 2, "E112")]),
    "cards by name": (HEAD + '[cards.a-b]\nanswer = "a"\n', [(3, 2, "E112")]),
    "a list of decks": ('[[deck]]\nid = "d"\n' + CARD, [(1, 3, "E112")]),
    "cards in the deck": (HEAD + '[[deck.cards]]\nid = "a"\n' + CARD, [(3, 8, "E112")]),
    "a card's keys in the deck": (
        HEAD + 'question = "Q"\n  answer = "A"\n' + CARD,
        [(3, 1, "E112"), (4, 3, "E112")],
    ),
    "the deck's keys in a card": (GOOD + "desired_retention = 0.9\n", [(7, 1, "E112")]),
    "deck is a value": ('deck = "d"\n' + CARD, [(1, 1, "E105")]),
    "cards is a value": ('cards = "d"\n[deck]\nid = "d"\n', [(1, 1, "E105")]),
    "cards are values": ('cards = [1,\n "b"]\n[deck]\nid = "d"\n', [(1, 10, "E105"), (2, 2, "E105")]),
    "an unknown key": (GOOD + 'anwser = "A"\n', [(7, 1, "E104")]),
    "a misspelt answer": (
        HEAD + '[[cards]]\nid = "a"\nquestion = "Q?"\n\t anwser = "A."\n',
        [(6, 3, "E104")],
    ),
    "an unknown key in the deck": (HEAD + 'nmae = "D"\n' + CARD, [(3, 1, "E104")]),
    "an unknown quoted dotted key": (GOOD + '"an\\u0073wers" . "x.y" = 1\n', [(7, 1, "E104")]),
    "a table within a card": (GOOD + "[cards.more]\nx = 1\n", [(7, 8, "E104")]),
    "two cards with one id": (GOOD + "\n" + CARD, [(9, 6, "E102")]),
    "three cards with one id": (GOOD + CARD + CARD, [(8, 6, "E102"), (12, 6, "E102")]),
    "an id in capitals": (GOOD.replace('"a"', '"Image digest"'), [(4, 6, "E107")]),
    "an id that is too long": (GOOD.replace('"a"', f'"{"a" * 65}"'), [(4, 6, "E107")]),
    "a deck id with a slash": (GOOD.replace('"d"', "'a/b'"), [(2, 6, "E107")]),
    "an id that is a number": (GOOD.replace('"a"', "7"), [(4, 6, "E105")]),
    "no card id": (GOOD.replace('id = "a"\n', ""), [(3, 1, "W101")]),
    "an empty card id": (GOOD.replace('"a"', '""'), [(3, 1, "W101")]),
    "no card ids, one question": (
        HEAD + CARD.replace('id = "a"\n', "") * 2,
        [(3, 1, "W101"), (6, 1, "E102")],
    ),
    "no answer": (GOOD.replace('answer = "A."\n', ""), [(3, 1, "E106")]),
    "an empty answer": (GOOD.replace("A.", ""), [(6, 10, "E106")]),
    "a blank answer": (GOOD.replace('"A."', '"""\n \\u200b\n"""'), [(6, 10, "E106")]),
    "no question and no term": (GOOD.replace('question = "Q?"\n', ""), [(3, 1, "E106")]),
    "an empty question": (GOOD.replace("Q?", ""), [(5, 12, "E106")]),
    "a date where text belongs": (GOOD.replace('"A."', "2026-11-23"), [(6, 10, "E105")]),
    "a time where text belongs": (GOOD.replace('"A."', "07:30:00"), [(6, 10, "E105")]),
    "a number where text belongs": (GOOD.replace('"A."', "401"), [(6, 10, "E105")]),
    "a truth where text belongs": (GOOD.replace('"Q?"', "true"), [(5, 12, "E105")]),
    "a table where text belongs": (GOOD.replace('"Q?"', "{ a = 1 }"), [(5, 12, "E105")]),
    "tags are text": (GOOD + 'tags = "a, b"\n', [(7, 8, "E105")]),
    "a tag is a number": (
        GOOD + 'tags = ["a", # one\n  2,\n  "c", 2026-01-01]\n',
        [(8, 3, "E105"), (9, 8, "E105")],
    ),
    "retention as per cent": (GOOD.replace("\n[[", "\ndesired_retention = 90\n[["), [(3, 21, "E108")]),
    "retention too low": (GOOD.replace("\n[[", "\ndesired_retention = 0.6999\n[["), [(3, 21, "E108")]),
    "retention nan": (GOOD.replace("\n[[", "\ndesired_retention=nan\n[["), [(3, 19, "E108")]),
    "retention inf": (GOOD.replace("\n[[", "\ndesired_retention = -inf\n[["), [(3, 21, "E108")]),
    "retention true": (GOOD.replace("\n[[", "\ndesired_retention = true\n[["), [(3, 21, "E105")]),
    "retention as text": (GOOD.replace("\n[[", '\ndesired_retention = "0.9"\n[['), [(3, 21, "E105")]),
    "was is text": (GOOD + 'was = "b"\n', [(7, 7, "E105")]),
    "a was entry of no form": (
        GOOD + 'was = ["b", "B c", "x/y/z", ""]\n',
        [(7, 13, "E113"), (7, 20, "E113"), (7, 29, "E113")],
    ),
    "a card that was itself": (GOOD + "was = [\n  'b',\n  'a']\n", [(9, 3, "E114")]),
    "a card that was a live one": (
        GOOD + 'was = ["b", "d/b"]\n' + CARD.replace('"a"', '"b"'),
        [(7, 8, "E114"), (7, 13, "E114")],
    ),
    "bad UTF-8": (GOOD.encode().replace(b"A.", b"d\xc3\xa9j\xe0 vu"), [(6, 14, "E110")]),
    "bad UTF-8 after a BOM and CRLF": (
        b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode().replace(b"A.", b"\xff"),
        [(6, 11, "E110")],
    ),
    "a surrogate as UTF-8": (GOOD.encode().replace(b"A.", b"\xed\xa0\x80"), [(6, 11, "E110")]),
    "UTF-16": (GOOD.encode("utf-16"), [(1, 1, "E110")]),
    "UTF-16 without BOM": (GOOD.encode("utf-16-le"), [(1, 1, "E110")]),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(40), [(1, 1, "E110")]),
    "a NUL": (GOOD.replace("A.", "A\0."), [(6, 12, "E111")]),
    "a raw escape": (
        GOOD.replace("Q?", "\x1b[31mred\x1b[0m") + "# \x07\n",
        [(5, 13, "E111"), (7, 3, "E111")],
    ),
    "a raw C1 control": (GOOD.replace("A.", "A\x9b31m"), [(6, 12, "E111")]),
    "an escaped escape": (GOOD.replace("A.", "A\\\\\\u001b[31m"), [(6, 14, "E111")]),
    "an escaped escape, short": (GOOD.replace('"A."', '"""\nA\n \\e]0;x\\x07"""'), [(8, 2, "E111")]),
    "an escaped bell in a tag": (GOOD + 'tags = ["a", "\\u0007"]\n', [(7, 15, "E111")]),
    "a bidi override": (GOOD.replace("A.", "A\u202e.B"), [(6, 10, "W103")]),
    "an escaped bidi isolate": (GOOD.replace("A.", "A\\u2066.B"), [(6, 10, "W103")]),
    "a key twice": (GOOD + 'answer = "B"\n', [(7, 1, "E103")]),
    "a table twice": (GOOD + '[deck]\nname = "D"\n', [(7, 2, "E103")]),
    "a text that never ends": (GOOD.replace('"Q?"', '"Q?'), [(5, 12, "E109")]),
    "a long text that never ends": (GOOD.replace('"Q?"', '"""Q?'), [(5, 12, "E109")]),
    "a literal that never ends": (GOOD.replace('"Q?"', "'Q?"), [(5, 12, "E109")]),
    "a list that never ends": (GOOD + 'tags = ["a", "b"\n', [(7, 8, "E109")]),
    "a text without quotes": (GOOD.replace('"Q?"', "What is it?"), [(5, 12, "E109")]),
    "a text in curly quotes": (GOOD.replace('"Q?"', "“Q?”"), [(5, 12, "E109")]),
    "quotes within quotes": (GOOD.replace("Q?", 'What is "it"?'), [(5, 22, "E109")]),
    "a backslash": (GOOD.replace("A.", "C:\\dir"), [(6, 14, "E109")]),
    "half a surrogate": (GOOD.replace("A.", "\\ud800"), [(6, 13, "E109")]),
    "YAML": ("deck:\n  id: d\n", [(1, 5, "E109")]),
    "a header that never ends": ("[deck\n", [(1, 6, "E109")]),
    "no such date": (GOOD.replace('"A."', "2026-02-30"), [(6, 10, "E109")]),
    "old line ends": (GOOD.replace("\n", "\r"), [(1, 8, "E109")]),
    "deep lists": (GOOD + "tags = " + "[" * 5000 + "]" * 5000, [(7, 88, "E109")]),
    "deep keys": (GOOD + "a" + ".a" * 5000 + " = 1\n", [(7, 1, "E109")]),
    "deep headers": (GOOD + "[a" + ".a" * 5000 + "]\n", [(7, 2, "E109")]),
    "a huge number": (GOOD.replace('"A."', "9" * 5000), [(6, 10, "E109")]),
    "a broken hole": (CLOZE.replace("::x", ":x"), [(5, 9, "E116")]),
    "no hole": (CLOZE.replace("{{c1::x}}", "x"), [(5, 9, "E116")]),
    "a hole inside another": (CLOZE.replace("::x", "::x {{c2::y}}"), [(5, 9, "E116")]),
    "a hole that hides nothing": (CLOZE.replace("::x", "::  ::hint"), [(5, 9, "E116")]),
    "too many numbers": (CLOZE.replace("{{c1::x}}", HOLES_101), [(5, 9, "E116")]),
    "an empty cloze": (CLOZE.replace("A {{c1::x}}.", ""), [(5, 9, "E106")]),
    "a blank cloze": (CLOZE.replace("A {{c1::x}}.", " \\u200b"), [(5, 9, "E106")]),
    "a cloze that is a list": (CLOZE.replace('"A {{c1::x}}."', '["{{c1::x}}"]'), [(5, 9, "E105")]),
    "a misspelt cloze": (CLOZE.replace("cloze", "clozes"), [(5, 1, "E104")]),
    "an empty answer beside a cloze": (CLOZE + 'answer = ""\nquestion = "Q?"\n', [(6, 10, "E106")]),
    "an answer beside a cloze and no question": (CLOZE + 'answer = "A"\n', [(3, 1, "E106")]),
    "a cloze without id": (CLOZE.replace('id = "a"\n', ""), [(3, 1, "W101")]),
    "reverse without a term": (GOOD + "reverse = true\n", [(7, 1, "E117")]),
    "reverse with an empty term": (GOOD + 'term = "\\u200b"\n  reverse = true\n', [(8, 3, "E117")]),
    "reverse with a misspelt term": (GOOD + 'tern = "t"\nreverse = true\n', [(7, 1, "E104")]),
    "reverse with no answer": (
        HEAD + '[[cards]]\nid = "a"\nterm = "t"\nreverse = true\n',
        [(3, 1, "E106")],
    ),
    "reverse with a cloze alone": (CLOZE + 'reverse = true\nterm = "t"\n', [(6, 1, "E117")]),
    "reverse is text": (GOOD + 'term = "t"\nreverse = "yes"\n', [(8, 11, "E105")]),
    "reverse is a number": (GOOD + "reverse = 1\n", [(7, 11, "E105")]),
    "no reverse": (GOOD + "reverse = false\n", []),
    "choices and accept of two numbers": (
        CLOZE.replace(".", " {{c2::y}}.") + 'choices = ["z"]\naccept = ["w"]\n',
        [(6, 1, "E118"), (7, 1, "E118")],
    ),
    "no choices, two numbers": (CLOZE.replace(".", " {{c2::y}}.") + "choices = []\naccept = []\n", []),
    "choices are text": (GOOD + 'choices = "a"\n', [(7, 11, "E105")]),
    "choices are one table": (GOOD + '[cards.choices]\ntext = "B"\n', [(7, 1, "E105")]),
    "choices of wrong types": (
        GOOD + "choices = [1, 'b',\n  [ ], 2026-11-23, true, '']\n",
        [(7, 12, "E105"), (8, 3, "E105"), (8, 8, "E105"), (8, 20, "E105"), (8, 26, "E106")],
    ),
    "choices without a text": (
        GOOD + "choices = [{}, { why = 'x' }, { text = '' }, {text=\n3}, { text = 'b', why = 1 }]\n",
        [(7, 12, "E106"), (7, 16, "E106"), (7, 40, "E106"), (8, 1, "E105"), (8, 25, "E105")],
    ),
    "unknown keys in a choice": (
        GOOD + "choices = [{ text = 'b', wy = 'x' }, { txt = 'c' }, { text = 'd', mode = 1 }]\n",
        [(7, 26, "E104"), (7, 40, "E104"), (7, 67, "E104")],
    ),
    "a card's key in a choice": (
        GOOD + '[[cards.choices]]\ntext = "b"\n[[cards.choices]]\ntext = "c"\n tags = ["x"]\n',
        [(11, 2, "E112")],
    ),
    "choices twice": (GOOD + 'choices = ["b"]\n[[cards.choices]]\ntext = "c"\n', [(8, 9, "E103")]),
    "choices that are right": (
        GOOD + "accept = ['A, too']\nchoices = ['a', 'B', { text = 'b.' },\n 'A,  TOO']\n",
        [(8, 12, "E119"), (8, 22, "E119"), (9, 2, "E119")],
    ),
    "choices of a hole that are right": (CLOZE + "choices = ['b', 'X']\n", [(6, 17, "E119")]),
    "what counts for the term is no choice's matter": (
        GOOD + "term = 't'\nreverse = true\naccept = ['b']\nchoices = ['b']\n",
        [],
    ),
    "accept is text": (GOOD + 'accept = "b"\n', [(7, 10, "E105")]),
    "accept holds a table": (GOOD + "accept = ['b', { text = 'c' }]\n", [(7, 16, "E105")]),
    "needs is a table": (GOOD + "needs = { a = 1 }\n", [(7, 9, "E105")]),
    "needs of no form": (
        GOOD + "needs = ['b', 'B c', 'x/y/z', 'a#c1', '']\n",
        [(7, 15, "E113"), (7, 22, "E113"), (7, 31, "E113"), (7, 39, "E113")],
    ),
    "an unknown mode": (GOOD.replace("\n[[", "\nmode = 'Auto'\n[["), [(3, 8, "E120")]),
    "an empty mode": (GOOD.replace("\n[[", "\nmode = ''\n[["), [(3, 8, "E120")]),
    "a mode with a blank after it": (GOOD.replace("\n[[", "\nmode = 'auto '\n[["), []),
    "a mode that is true": (GOOD.replace("\n[[", "\nmode = true\n[["), [(3, 8, "E105")]),
    "a mode in a card": (GOOD + 'mode = "type"\n', [(7, 1, "E112")]),
    "a hint in a card": (GOOD + 'cloze = "{{c1::x}}"\nhint = "h"\n', [(8, 1, "E104")]),
    "escapes in the new keys": (
        CLOZE.replace("x}}", "x\\u001b[31m}}")
        + "choices = ['b', \"c\\u0007\", { text = 'd', why = \"\\u009be\" }]\naccept = [\"\\u0000\"]\n",
        [(5, 19, "E111"), (6, 19, "E111"), (6, 49, "E111"), (7, 12, "E111")],
    ),
    "bidi in the new keys": (
        CLOZE.replace("x}}", "x\u202e}}") + "choices = ['b\u2066', { text = 'c', why = 'd\u202e' }]\n",
        [(5, 9, "W103"), (6, 12, "W103"), (6, 38, "W103")],
    ),
    "much at once": (
        """\
[deck]
id = "D D"
desired_retention = 2
foo = 1

[[cards]]
id = 3
question = ""

[[cards]]
term = "t"
answer = "A"
tags = "x"
""",
        [
            (2, 6, "E107"), (3, 21, "E108"), (4, 1, "E104"), (6, 1, "E106"), (7, 6, "E105"), (8, 12, "E106"),
            (10, 1, "W101"), (13, 8, "E105"),
        ],
    ),
}  # fmt: skip


def as_bytes(file: str | bytes) -> bytes:
    """The bytes of a file of the table."""
    return file if isinstance(file, bytes) else file.encode()


@pytest.mark.parametrize("name", FILES)
def test_each_problem_has_its_line_column_and_code(name):
    """Every malformed file gives exactly its problems, each at its place."""
    file, expected = FILES[name]
    parsed = parse_deck(as_bytes(file), "decks/d.toml")
    found = [(problem.line, problem.column, problem.code) for problem in parsed.problems]
    assert found == expected, [str(problem) for problem in parsed.problems]


@pytest.mark.parametrize("name", FILES)
def test_places_are_the_same_with_a_bom_and_crlf(name):
    """A byte order mark and CR LF line ends move no problem."""
    file, expected = FILES[name]
    if isinstance(file, bytes) or name == "old line ends":
        return
    crlf = b"\xef\xbb\xbf" + file.replace("\n", "\r\n").encode()
    parsed = parse_deck(crlf, "d.toml")
    assert [(problem.line, problem.column, problem.code) for problem in parsed.problems] == expected


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_an_error_gives_no_deck_and_warnings_do_not_stop_it(name):
    """The deck is there exactly where no problem is an error."""
    file, expected = FILES[name]
    parsed = parse_deck(as_bytes(file), "d.toml")
    assert (parsed.deck is None) == any(code[0] == "E" for _, _, code in expected)


@pytest.mark.parametrize("name", FILES)
def test_messages_are_one_clean_line_with_a_known_code(name):
    """No message or hint carries a control character, and every code is in the table."""
    for problem in parse_deck(as_bytes(FILES[name][0]), "d.toml").problems:
        assert not HOSTILE.search(problem.message + (problem.hint or ""))
        assert problem.code in PROBLEM_CODES
        assert not problem.message.endswith(".")
        assert len(problem.message) < 200


MESSAGES = {
    "two cards with one id": (
        "the id `a` is taken by line 4",
        "give the newer card an id of its own; the id carries the history",
    ),
    "an unknown key": ("`anwser` is not a key of a card", "did you mean `answer`?"),
    "a misspelt cards": ("`card` is not a table of a deck file", "did you mean `cards`?"),
    "a card that was a live one": (
        "`b` is a card of this file, in line 9",
        "a card is renamed or kept, not both: take one of the two out",
    ),
    "a key twice": (
        "`answer` stands here for the second time, first in line 6",
        "each card begins with a `[[cards]]` of its own",
    ),
    "an id in capitals": (
        "`Image digest` cannot be a card's id, which is `[a-z0-9][a-z0-9._-]{0,63}`",
        "for example `image-digest`",
    ),
    "no card id": (
        "this card has no id; it goes by `q`, from its question",
        "write it down: with another term or question the card would lose its history",
    ),
    "retention as per cent": (
        "`desired_retention` lies between 0.70 and 0.99, that is not",
        "it is a proportion: `desired_retention = 0.9`",
    ),
    "a date where text belongs": ("`answer` is text, not a date or time", "put the value in quotes"),
    "a raw escape": ("the terminal escape U+001B is not allowed here", None),
    "deep lists": ("tables and lists nest too deep here", None),
    "a broken hole": (
        "in this `cloze`, `{{c1:` begins no hole",
        "a hole is written `{{c1::hidden}}`, with a hint `{{c1::hidden::hint}}`, numbers from 1 to 999",
    ),
    "reverse without a term": (
        "`reverse` shows the answer and asks for the term, and this card has no `term`",
        "give it one with `term`, or take `reverse` out",
    ),
    "an answer beside a cloze and no question": (
        "this card has no `question` and no `term`",
        "an `answer` beside a `cloze` is that of a question: ask one, or leave the answer out",
    ),
    "a cloze without id": (
        "this card has no id; it goes by `a-x`, from its cloze",
        "write it down: with another cloze the card would lose its history",
    ),
    "too many numbers": (
        "in this `cloze`, there are 101 hole numbers, and 100 is the most",
        "a hole is written `{{c1::hidden}}`, with a hint `{{c1::hidden::hint}}`, numbers from 1 to 999",
    ),
    "choices and accept of two numbers": (
        "`choices` cannot tell which of 2 hole numbers is meant",
        "they go with an `answer`, or with a `cloze` of one number",
    ),
    "choices are text": (
        "`choices` is a list of wrong answers, not text",
        'a list looks like `choices = ["one", { text = "two", why = "…" }]`',
    ),
    "choices are one table": (
        "`choices` is a list of wrong answers, not a table",
        "each choice begins with `[[cards.choices]]`",
    ),
    "choices of wrong types": (
        "an entry of `choices` is text, or a table with `text` and `why`, not a number",
        "put the value in quotes",
    ),
    "unknown keys in a choice": (
        "`wy` is not a key of a choice, which has `text` and `why`",
        "did you mean `why`?",
    ),
    "a card's key in a choice": (
        "`tags` is a key of a card, not of a choice, which has `text` and `why`",
        "the card's own keys stand above its first `[[cards.choices]]`",
    ),
    "choices that are right": ("`a` is also the right answer", "each choice is another wrong answer"),
    "reverse is text": ("`reverse` is true or false, not text", "write `reverse = true`, without quotes"),
    "needs of no form": (
        "`B c` is not the name of a card",
        "write `other-id`, or `otherdeck/other-id` for a card of another deck",
    ),
    "an unknown mode": ("`Auto` is no mode", "a mode is `reveal`, `choice`, `type` or `auto`"),
    "an empty mode": (
        "the `mode` of this deck is empty",
        "a mode is `reveal`, `choice`, `type` or `auto`",
    ),
    "a hint in a card": (
        "`hint` is not a key of a card",
        "a hint stands in its hole: `{{c1::hidden::hint}}`",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_the_first_problem_reads_as_intended(name):
    """Messages name the thing in backquotes and the hint says what to do."""
    problem = parse_deck(as_bytes(FILES[name][0]), "d.toml").problems[0]
    assert (problem.message, problem.hint) == MESSAGES[name]


def test_a_hostile_key_is_shown_without_its_controls():
    """An unknown key's name is cleaned and cut before it is shown."""
    key = "\\u001b[31m\\u202e`" + "x" * 500
    (problem,) = parse_deck((GOOD + f'"{key}" = 1\n').encode(), "d.toml").problems
    assert problem.code == "E104"
    assert problem.message == "`[31m'" + "x" * 54 + "…` is not a key of a card"


LONG = {
    "a text": ('answer = "' + "x" * 10_000_000 + '"\n', 0),
    "a text that never ends": ('answer = "' + "x" * 10_000_000, 1),
    "backslashes": ('answer = "' + "\\" * 10_000_000, 1),
    "quotes": ('answer = "' + '"' * 10_000_000, 1),
    "spaces": ("answer" + " " * 10_000_000 + "x\n", 1),
    "brackets": ("answer = " + "[" * 10_000_000, 1),
    "an unknown key": ("answer = 'a'\n" + "x" * 10_000_000 + " = 1\n", 1),
    "a cloze": ('cloze = "' + "{{c1::a}} {" * 300_000 + '"\n', 0),
    "a cloze of openings": ('cloze = "' + "{{c1::a" * 1_400_000 + '"\n', 1),
    "choices": ('answer = "A"\nchoices = [' + ", ".join(f'"{n}"' for n in range(300_000)) + "]\n", 0),
    "newlines in a text": ('answer = """' + "\n \t" * 3_000_000 + 'x"""\n', 0),
}


@pytest.mark.parametrize("name", LONG)
def test_a_line_of_ten_megabytes_is_read_in_linear_time(name):
    """Ten megabytes on one line take seconds at most, whatever they are."""
    text, errors = LONG[name]
    began = time.process_time()
    parsed = parse_deck((HEAD + '[[cards]]\nid = "a"\nterm = "t"\n' + text).encode(), "d.toml")
    assert time.process_time() - began < 10
    assert len(parsed.errors) == errors, parsed.problems


def test_very_many_problems_are_listed_up_to_a_bound_and_counted():
    """A file of nothing but problems gives the first of them and says how many more there are."""
    more = 500
    lines = "".join(f"key{number} = 1\n" for number in range(LISTED + more))
    problems = parse_deck((GOOD + lines).encode(), "d.toml").problems
    assert len(problems) == LISTED + 1
    assert problems[-1].code == "E199"
    assert problems[-1].message == f"{more} more errors in this file, not listed"
