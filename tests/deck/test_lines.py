"""The scanner finds every key, header and list element where it stands."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

import pytest
import rtoml
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.deck.lines import Places, card_lines, scan
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
        self.space()
        self.put("=")
        self.space()
        self.places[path] = (key, self.value(path, depth))

    def pairs(self, path):
        for name in self.draw(st.lists(st.sampled_from(KEYS), max_size=4, unique=True)):
            self.space()
            self.pair(name, path)
            self.line_end()

    def header(self, brackets, name):
        self.space()
        bracket = self.here()
        self.put("[" * brackets)
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
        return "\n".join(self.lines)


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


def test_scanning_is_linear():
    """Four times the cards take about four times as long, and lines of cards are found much faster."""
    card = '[[cards]]\nid = "a"\nanswer = """\nb "c" \\" d\n"""\ntags = ["a", "b"]\n'
    small, large = "[deck]\n" + card * 1_000, "[deck]\n" + card * 4_000
    times = []
    for text in (small, large):
        began = time.process_time()
        scan(text)
        times.append(time.process_time() - began)
    assert times[1] < 4 * 4 * times[0]
    began = time.process_time()
    assert len(card_lines(large, 4_000)) == 4_000
    assert time.process_time() - began < times[1] / 3
