"""The scanner finds every key, header and list element where it stands."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field

import pytest
import rtoml
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.deck.lines import Places, card_lines, scan
from srs.deck.parse import parse_deck
from srs.deck.source import decode

# What makes trouble inside of texts and comments, among harmless letters.
ODD = st.text(st.sampled_from("ab é😀\"'\\#=[]{},.\n\t"), max_size=12)
KEYS = ["id", "answer", "tags", "x-y", "a b", "é", "q.r", 'quo"te', "[[cards]]", "3"]


@dataclass
class RandomWriter:
    """Writes TOML in random dress and notes where each thing was put."""

    draw: object
    lines: list[str] = field(default_factory=lambda: [""])
    places: dict[tuple, tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=dict)

    def here(self):
        return len(self.lines), len(self.lines[-1]) + 1

    def put(self, text):
        first, *rest = text.split("\n")
        self.lines[-1] += first
        self.lines.extend(rest)

    def pick(self, *choices):
        return self.draw(st.sampled_from(choices))

    def space(self):
        self.put(self.pick("", "", " ", "\t", "  "))

    def line_end(self):
        self.space()
        if self.pick(True, False, False):
            self.put("#" + self.draw(ODD).replace("\n", " "))
        self.put("\n")
        for _ in range(self.pick(0, 0, 1)):
            self.put(self.pick("", "  ", "# [[cards]]", '# a = "', "#") + "\n")

    def key(self, name):
        place = self.here()
        bare = name.isascii() and name.replace("-", "").isalnum()
        dress = self.pick("bare", "basic", "literal") if bare else self.pick("basic", "literal")
        if dress == "bare":
            self.put(name)
        elif dress == "literal":
            self.put(f"'{name}'")
        else:
            self.put(json.dumps(name, ensure_ascii=self.pick(True, False)) if name != "😀" else f'"{name}"')
        return place

    def string(self):
        text = self.draw(ODD)
        kind = self.pick("basic", "literal", "long basic", "long literal")
        if kind == "basic":
            self.put(json.dumps(text, ensure_ascii=False))
        elif kind == "literal":
            self.put("'" + text.replace("'", "").replace("\n", " ") + "'")
        elif kind == "long basic":
            body = text.replace("\\", "\\\\").replace('"""', '""\\"')
            ends = self.pick("", '\\"', '"', '""') if not body.endswith('"') else "x"
            self.put('"""' + self.pick("", "\n", "\\\n  ") + body + ends + '"""')
        else:
            body = text.replace("'''", "''")
            ends = self.pick("", "'", "''") if not body.endswith("'") else "x"
            self.put("'''" + body + ends + "'''")

    def value(self, path, depth):
        """Write a value at the path; the place of it is where it begins."""
        place = self.here()
        kind = self.pick("string", "string", "scalar", *(["list", "table"] if depth < 3 else []))
        if kind == "string":
            self.string()
        elif kind == "scalar":
            self.put(self.pick("1", "true", "-0.5e3", "1979-05-27", "1979-05-27 07:32:00", "07:32:00.5"))
        elif kind == "list":
            self.sequence("[", "]", range(self.pick(0, 1, 2, 3)), path, depth)
        else:
            names = self.draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
            self.sequence("{", "}", names, path, depth)
        return place

    def gap(self):
        for _ in range(self.pick(0, 0, 0, 1, 2)):
            self.line_end()
        self.space()

    def sequence(self, opening, closing, steps, path, depth):
        self.put(opening)
        self.gap()
        for rank, step in enumerate(steps):
            if rank:
                self.put(",")
                self.gap()
            if isinstance(step, int):
                place = self.value((*path, step), depth + 1)
                self.places[*path, step] = (place, place)
            else:
                self.pair(step, path, depth + 1)
            self.gap()
        self.put(closing)

    def sign(self, depth):
        """Write an equals sign; within inline tables the reader takes line ends round it."""
        blank = self.gap if depth else self.space
        blank()
        self.put("=")
        blank()

    def pair(self, name, path, depth=0):
        key = self.key(name)
        path = (*path, name)
        if self.pick(True, False, False, False):
            self.space()
            self.put(".")
            self.space()
            self.places[path] = (key, key)
            key = self.key("deep")
            path = (*path, "deep")
        self.sign(depth)
        self.places[path] = (key, self.value(path, depth))

    def pairs(self, path):
        for name in self.draw(st.lists(st.sampled_from(KEYS), max_size=4, unique=True)):
            self.space()
            self.pair(name, path)
            self.line_end()

    def header(self, brackets, *names):
        self.space()
        bracket = self.here()
        self.put("[" * brackets)
        for rank, name in enumerate(names):
            self.put("." if rank else "")
            self.space()
            key = self.key(name)
            self.space()
        self.put("]" * brackets)
        self.line_end()
        return key, bracket

    def document(self):
        self.line_end()
        self.places["deck",] = self.header(1, "deck")
        self.pairs(("deck",))
        for index in range(self.pick(0, 1, 2, 3)):
            key, bracket = self.header(2, "cards")
            self.places.setdefault(("cards",), (key, bracket))
            self.places["cards", index] = (bracket, bracket)
            self.pairs(("cards", index))
            for rank in range(self.pick(0, 0, 1, 2)):
                key, bracket = self.header(2, "cards", "choices")
                self.places.setdefault(("cards", index, "choices"), (key, bracket))
                self.places["cards", index, "choices", rank] = (bracket, bracket)
                self.pairs(("cards", index, "choices", rank))
        return "\n".join(self.lines)


class WrongWriter(RandomWriter):
    """Writes decks in which values are wrong, in random dress; notes what is to be told, and where."""

    def document(self):
        self.told = []
        self.line_end()
        self.header(1, "deck")
        self.row("id", lambda: self.text("d"))
        self.wrong({"name": self.number, "desired_retention": self.word, "mode": self.no_mode})
        for index in range(self.pick(1, 2, 3)):
            self.header(2, "cards")
            self.row("id", lambda index=index: self.text(f"c{index}"))
            texts = ["term", "scenario", "explanation", "source", "question", "answer", "cloze"]
            self.wrong(
                dict.fromkeys(texts, self.number)
                | {"reverse": self.word, "accept": self.texts, "tags": self.texts}
                | {"needs": self.names, "was": self.names, "choices": self.choices},
                right={"question": "Q?", "answer": "A"},
            )
        return "\n".join(self.lines)

    def wrong(self, keys, right=None):
        """Write some keys with wrong values, and with right ones those of the others that must be there."""
        chosen = self.draw(st.lists(st.sampled_from(sorted(keys)), max_size=5, unique=True))
        for name in self.draw(st.permutations([*chosen, *(set(right or ()) - set(chosen))])):
            self.row(name, keys[name] if name in chosen else lambda name=name: self.text(right[name]))
        if right and "choices" not in chosen:
            for _ in range(self.pick(0, 0, 0, 1, 2)):
                _, bracket = self.header(2, "cards", "choices")
                self.choice_keys(bracket, self.row)

    def row(self, name, write):
        self.space()
        place = self.key(name)
        self.sign(0)
        write()
        self.line_end()
        return place

    def tell(self, code, place):
        self.told.append((*place, code))

    def text(self, text):
        self.put(self.pick(*(f"{quote}{text}{quote}" for quote in ('"', "'", '"""', "'''"))))

    def number(self):
        self.tell("E105", self.here())
        self.put(self.pick("1", "true", "0.5", "1979-05-27", "{ a = 1 }") if self.pick(1, 0) else "07:32:00")

    def word(self):
        self.tell("E105", self.here())
        self.text("yes")

    def no_mode(self):
        self.tell("E120", self.here())
        self.text("Auto")

    def elements(self, *writers):
        """A list of what some of these write."""
        self.put("[")
        self.gap()
        for rank, write in enumerate(self.draw(st.lists(st.sampled_from(writers), max_size=4))):
            if rank:
                self.put(",")
                self.gap()
            write(rank)
            self.gap()
        self.put("]")

    def texts(self):
        if self.pick(True, False, False, False):
            self.word()
        else:
            self.elements(lambda _: self.number(), lambda rank: self.text(f"t{rank}"))

    def names(self):
        self.elements(lambda _: self.number(), self.no_name, lambda rank: self.text(f"old{rank}"))

    def no_name(self, _):
        self.tell("E113", self.here())
        self.text("No Name")

    def choices(self):
        if self.pick(True, False, False, False):
            self.word()
        else:
            self.elements(self.no_choice, self.choice, lambda rank: self.text(f"w{rank}"))

    def no_choice(self, _):
        self.tell("E105", self.here())
        self.put(self.pick("1", "false", "07:32:00", "[]", '["a"]'))

    def choice(self, _):
        self.put("{")
        place = self.here()[0], self.here()[1] - 1
        written = []

        def pair(name, write):
            if written:
                self.gap()
                self.put(",")
            self.gap()
            written.append(name)
            key = self.key(name)
            self.sign(1)
            write()
            return key

        self.choice_keys(place, pair)
        self.gap()
        self.put("}")

    def choice_keys(self, place, pair):
        """Write the keys of one choice, its table standing at a place."""
        kind = self.pick("right", "no text", "wrong text", "empty text")
        if kind == "no text":
            self.tell("E106", place)
        elif kind == "wrong text":
            pair("text", self.number)
        elif kind == "empty text":
            pair("text", self.empty)
        else:
            pair("text", lambda: self.text(f"choice {len(self.lines)} {len(self.lines[-1])}"))
        if self.pick(True, False):
            pair("why", self.pick(self.number, lambda: self.text("since")))
        if self.pick(True, False):
            name, code = self.pick(("zzz", "E104"), ("tags", "E112"), ("mode", "E104"))
            self.tell(code, pair(name, lambda: self.text("x")))

    def empty(self):
        self.tell("E106", self.here())
        self.put(self.pick('""', "''", '"""\n"""', "'''  '''"))


def check_told(data):
    """Hold that a random deck's problems are those its writer noted, each at its place."""
    writer = WrongWriter(data.draw)
    text = writer.document()
    raw = (text.replace("\n", "\r\n") if data.draw(st.booleans()) else text).encode()
    if data.draw(st.booleans()):
        raw = b"\xef\xbb\xbf" + raw
    problems = parse_deck(raw, "d.toml").problems
    assert [(p.line, p.column, p.code) for p in problems] == sorted(writer.told), [str(p) for p in problems]


@given(st.data())
@settings(max_examples=60)
def test_what_is_wrong_is_told_where_a_random_writer_put_it(data):
    """Line and column of every refused key, value, element and choice are those noted while writing."""
    check_told(data)


@pytest.mark.nightly
@given(st.data())
@settings(max_examples=4000, deadline=None)
def test_what_is_wrong_is_told_where_a_random_writer_put_it_at_length(data):
    """The same over many decks."""
    check_told(data)


def paths_of(value, path=()):
    """Every path in what the TOML reader gives."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from paths_of(inner, (*path, step))


def paths_in(place, path=()):
    """Every path the scanner found."""
    inner = place.inner
    steps = inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
    for step, below in steps:
        yield (*path, step)
        yield from paths_in(below, (*path, step))


@given(st.data())
def test_every_key_and_element_is_found_where_a_random_writer_put_it(data):
    """Places equal those noted while writing, over all strings, comments, dotted keys, CR LF and BOM."""
    writer = RandomWriter(data.draw)
    text = writer.document()
    raw = text.encode()
    if data.draw(st.booleans()):
        raw = text.replace("\n", "\r\n").encode()
    if data.draw(st.booleans()):
        raw = b"\xef\xbb\xbf" + raw
    source = decode(raw)
    expected = rtoml.loads(source.text)
    assert set(writer.places) == set(paths_of(expected))
    places = scan(source.text)
    for path, (key, value) in writer.places.items():
        place = places.find(path)
        assert (places.position(place.key), places.position(place.value)) == (key, value), path
    assert set(paths_in(places.root)) == set(writer.places)
    assert places.unclosed is None
    assert places.twice == {}


@given(st.data())
def test_card_lines_are_those_of_the_headers_whatever_texts_hold(data):
    """The quick way to the lines of cards agrees with the full scan and with the writer."""
    writer = RandomWriter(data.draw)
    text = writer.document()
    cards = rtoml.loads(text).get("cards", [])
    assert card_lines(text, len(cards)) == [writer.places["cards", i][0][0] for i in range(len(cards))]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('[deck]\n[[cards]]\na = 1\n[["cards"]]\n', [2, 4]),
        ("[deck]\n[[cards]]\na = '''\n[[cards]]\n'''\n", [2]),
        ("[deck]\n  [[ cards ]]\na = '[[x]]'\n", [2]),
        ("[deck]\n[[cards]]\na = [[1], [[2]]]\n[['cards']]\n", [2, 4]),
        ("cards = [{a = '''\n[[cards]]'''},\n {a=1}]\n[deck]\n", [1, 3]),
        ("cards = [{a = 1}]\n[deck]\na = '[['\n", [1]),
        ("# [[cards]]\n[deck]\n[[cards]]\n[cards.x]\n[[cards.y]]\n[[cards]]", [3, 6]),
    ],
)
def test_card_lines_are_not_fooled(text, lines):
    """Headers in quotes, headers in texts, inline cards and lists of lists give the right lines."""
    cards = rtoml.loads(text)["cards"]
    assert card_lines(text, len(cards)) == lines


@given(st.text(st.sampled_from("ab=\"'\\#[]{},.\n \t1"), max_size=60))
@settings(max_examples=400)
def test_what_the_reader_accepts_the_scanner_maps(text):
    """For any text that is TOML, the scanner finds exactly the paths the reader finds."""
    try:
        expected = rtoml.loads(text)
    except (rtoml.TomlParsingError, UnicodeEncodeError):
        scan(text)
        return
    assert set(paths_in(scan(text).root)) == set(paths_of(expected))


@given(st.text(max_size=80), st.integers(0, 90))
def test_position_and_offset_are_inverse(text, offset):
    """An offset is at one line and column, and that is where it is."""
    places = Places(text)
    offset = min(offset, len(text))
    line, column = places.position(offset)
    assert places.offset(line, column) == offset
    assert text[:offset].count("\n") == line - 1


def calls_of(work):
    """How many functions are called, ours and the library's: a count that does not wobble."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_scanning_is_linear():
    """Four times the cards are four times the work, and lines of cards are found without a scan."""
    card = '[[cards]]\nid = "a"\nanswer = """\nb "c" \\" d\n"""\ntags = ["a", "b"]\n'
    small, large = "[deck]\n" + card * 1_000, "[deck]\n" + card * 4_000
    work = [calls_of(lambda text=text: scan(text)) for text in (small, large)]
    assert work[1] < 4.1 * work[0]
    assert len(card_lines(large, 4_000)) == 4_000
    assert calls_of(lambda: card_lines(large, 4_000)) < work[1] / 3
