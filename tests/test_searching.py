"""Finding cards by words: what is found, in which order, whatever is typed, with the index and without."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from hashlib import sha256

import postgres
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.cli.ansi import Pen
from srs.cli.drawing import cells
from srs.cli.listing import Sought, table_rows
from srs.model import Card, Choice
from srs.store import searching
from srs.store.database import Database
from srs.store.listing import Wanted, find_cards
from srs.store.searching import Search, folded, spans

DAY = 20_000
CARDS = {
    "image-digest": {
        "term": "digest",
        "question": "What names one image for ever?",
        "answer": "The sha256 of its manifest.",
        "explanation": "A tag can be moved.",
        "tags": ["identity", "core"],
    },
    "login": {
        "question": "How does a script log in?",
        "answer": "With `--password-stdin`, against /v2/ or it gets a 401.",
        "source": "https://docs.example/Login_Guide",
    },
    "manifest-type": {
        "question": "Which type has a manifest?",
        "answer": "application/vnd.oci.image.manifest.v1+json",
        "extra": {
            "choices": [['A\nfolder "x\\y"', "imagePullPolicy is for pods"], ["Übung"]],
            "accept": ["OCI type"],
        },
    },
    "kanji": {"question": "镜像摘要是什么", "answer": "内容的散列", "scenario": "Lead: 用摘要部署。"},
    "compound": {
        "question": "Was ist ein Containerregistrierungsdienst?",
        "answer": "Ein Dienst der Größe nach.",
    },
}


def digest(name):
    """A key for a name."""
    return sha256(name.encode()).digest()[:16]


class Library:
    """Cards in a database in memory, written as an import would write them."""

    def __init__(self, database=None):
        self.database = database or Database.in_memory("0")
        self.rows = self.database.rows
        self.clear()

    def clear(self):
        """No cards, an index of none."""
        self.rows("DELETE FROM card", {})
        with self.database.transaction() as connection:
            searching.create_search(connection)
            searching.index_all(connection)
        return self

    def write(self, name, *, indexed=True, deck="oci", **said):
        """Add a card or change it; returns its key."""
        packed = {"tags": json.dumps(said.pop("tags", []), ensure_ascii=False)}
        packed["extra"] = json.dumps(said.pop("extra", {}), ensure_ascii=False, separators=(",", ":"))
        blank = dict.fromkeys(("term", "scenario", "explanation", "source"))
        key = digest(f"{deck}/{name}")
        values = blank | {"question": "q", "answer": "a"} | said | packed
        values |= {"deck": deck, "id": name, "variant": "", "entry": key, "position": 0, "retired": 0}
        values |= {"content_hash": b"", "key": key}
        columns = ", ".join(values)
        with self.database.transaction() as connection:
            connection.exec_driver_sql(
                "INSERT INTO deck (id, name, description, origin, content_hash, extra)"
                " VALUES (?, '', '', 'file', '', '{}') ON CONFLICT (id) DO NOTHING",
                (deck,),
            )
            connection.exec_driver_sql("DELETE FROM card WHERE key = ?", (key,))
            connection.exec_driver_sql(
                f"INSERT INTO card ({columns}) VALUES ({', '.join('?' * len(values))})",
                tuple(values.values()),
            )
            if indexed:
                searching.index_cards(connection, [key])
        return key

    def remove(self, key):
        """Delete a card."""
        with self.database.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM card WHERE key = ?", (key,))
            searching.drop_cards(connection, [key])

    def found(self, *words, dialect="postgresql" if postgres.SERVER else "sqlite", **rest):
        """The ids that are found, best first."""
        hits = find_cards(self.rows, "me", Wanted(words, **rest), DAY, dialect=dialect)
        return [on_file.card.id for on_file in hits]

    def ranked(self, *words):
        """The keys that the index gives."""
        return set(searching.ranks(self.rows, words))

    def unindex(self):
        """Make it a database of the schema before."""
        for table in ("card_fts", "card_search"):
            self.rows(f"DROP TABLE IF EXISTS {table}", {})


@pytest.fixture(scope="module")
def library():
    """Five cards, indexed."""
    library = Library()
    for name, said in CARDS.items():
        library.write(name, **said)
    return library


@pytest.fixture(scope="module")
def blank():
    """A database to write into and to clear again."""
    return Library()


@pytest.fixture(scope="module")
def old_library():
    """The same in a database without an index."""
    library = Library()
    for name, said in CARDS.items():
        library.write(name, indexed=False, **said)
    library.unindex()
    return library


FINDS = [
    ("sha256", ["image-digest"]),
    ("SHA256 manifest", ["image-digest"]),
    ("manifest.v1+json", ["manifest-type"]),
    ("v1+j", ["manifest-type"]),
    ("/v2/", ["login"]),
    ("--password-stdin", ["login"]),
    ("password-st", ["login"]),
    ("401", ["login"]),
    ("`--", ["login"]),
    ("login_g", ["login"]),
    ("stdin%", []),
    ("_guide%", []),
    ("imagepullpolicy", ["manifest-type"]),
    ("image-dig", ["image-digest"]),
    ("oci/image-d", ["image-digest"]),
    ("mage-dig", ["image-digest"]),
    ("摘要", ["kanji"]),
    ("散", ["kanji"]),
    ("registrierung", ["compound"]),
    ("grösse", ["compound"]),
    ("GRO\u0308SSE dienst", ["compound"]),
    ("ubung", ["manifest-type"]),
    ("U\u0308BUNG", ["manifest-type"]),
    ('"x\\y"', ["manifest-type"]),
    ("folder", ["manifest-type"]),
    ("nfolder", []),
    ("choices", []),
    ("accept", []),
    ('["', []),
    ("zebra", []),
    ("digest 401", []),
]


@pytest.mark.parametrize(("typed", "found"), FINDS)
def test_what_engineers_type_is_found(library, old_library, typed, found):
    """Codes, paths, flags, parts of ids and of compounds, CJK: the same cards with the index and without."""
    words = typed.split()
    assert library.found(*words) == found
    if typed != "ubung":  # only the index knows letters without their accents
        assert old_library.found(*words) == found


@pytest.mark.sqlite_file
def test_a_database_without_the_index_is_searched_and_not_changed(tmp_path):
    """The schema before has no index: a search finds by text, and the file stays as it was."""
    path = tmp_path / "cards.db"
    with Database.open(path, "0", create=True) as database:
        library = Library(database)
        library.write("image-digest", **CARDS["image-digest"])
        library.unindex()
    before = path.read_bytes()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:

        def rows(sql, params):
            return connection.execute(sql, params).fetchall()

        assert not searching.has_index(rows)
        (hit,) = find_cards(rows, "me", Wanted(("sha256", "tag")), DAY)
        assert hit.card.id == "image-digest"
    assert path.read_bytes() == before


@pytest.mark.sqlite_file
def test_writing_without_the_index_is_no_error(old_library):
    """An import into a database that has no index asks for it in vain and goes on."""
    with old_library.database.transaction() as connection:
        searching.index_cards(connection, [digest("oci/login")])
        searching.drop_cards(connection, [digest("oci/login")])
        searching.index_all(connection)
    assert not searching.has_index(old_library.rows)


def test_another_dialect_is_asked_without_fts(library):
    """Where the database is no SQLite the statements name no index and no catalogue of SQLite's."""
    asked = []

    def rows(sql, params):
        asked.append(sql)
        return library.rows(sql, params)

    (hit,) = find_cards(rows, "me", Wanted(("sha256",)), DAY, dialect="postgresql")
    assert hit.card.id == "image-digest"
    assert not re.search("fts|sqlite|pragma|MATCH", "".join(asked))


# Order


@pytest.mark.sqlite_file
def test_the_card_of_the_name_comes_first_then_name_and_term_question_answer_and_the_rest():
    """A card asked for by its id is first, then its term; further down what weighs less."""
    library = Library()
    library.write("zz-rest", explanation="push")
    library.write("zz-answer", answer="push")
    library.write("zz-question", question="push")
    library.write("zz-inside", question="the pushpin", explanation="unpushed")
    library.write("zz-within", question="unpushed")
    library.write("zz-term", term="push")
    library.write("zz-name-push", question="a")
    library.write("push", question="something long that says it not at all, or hardly", answer="long " * 30)
    for position in range(30):
        library.write(f"other-{position}", question="nothing of that sort", answer="at all")
    found = library.found("push")
    assert found[:2] == ["push", "zz-term"]
    assert found[2] == "zz-name-push"
    assert found.index("zz-question") < found.index("zz-answer") < found.index("zz-rest")
    assert found[-1] == "zz-within"
    assert len(found) == 8
    library.unindex()
    without = library.found("push")
    assert sorted(without) == sorted(found)
    assert without[:2] == ["push", "zz-term"]
    assert library.found("PUSH") == without


@pytest.mark.parametrize("typed", ["image-digest", "Image digest", "oci/image-digest"])
def test_an_id_may_be_typed_in_words(library, typed):
    """`image digest` asks for the card `image-digest` first, as its id and its full name do."""
    library.write("image-digest-of-index", question="image digest digest digest", answer="image digest")
    try:
        assert library.found(*typed.split())[0] == "image-digest"
    finally:
        library.remove(digest("oci/image-digest-of-index"))


def test_without_a_hit_the_signs_between_letters_are_let_go(library):
    """`image_digest` is nowhere as typed and finds `image-digest`; what is found as typed stays alone."""
    assert library.found("image_digest") == ["image-digest"]
    library.write("under", question="image_digest")
    assert library.found("image_digest") == ["under"]
    library.remove(digest("oci/under"))
    assert library.found("choices_why") == []


def test_filters_hold_for_what_is_found():
    """Deck, tag and state narrow a search, with the index and by the text alone."""
    library = Library()
    library.write("one", question="push it", tags=["core"])
    library.write("two", question="unpushed")
    library.write("three", deck="aws", question="push it")
    key = library.write("gone", question="push it")
    library.rows("UPDATE card SET retired = 1 WHERE key = :key", {"key": key})
    library.rows("INSERT INTO card_tag VALUES ('core', :key)", {"key": digest("oci/one")})
    assert sorted(library.found("push")) == ["one", "three", "two"]
    assert library.found("push", decks=("oci",)) == ["one", "two"]
    assert library.found("push", tags=("core", "\udcff")) == ["one"]
    assert library.found("push", state="retired") == ["gone"]
    assert library.found("push", flagged=True) == []
    assert library.found("push", state="new", decks=("aws",)) == ["three"]


# Anything typed

HOSTILE = [
    ("NEAR(",),
    ("NEAR(a b, 2)",),
    ('"',),
    ('a"b',),
    ('" OR "1',),
    ("question:what",),
    ("{term question}:what",),
    ("^what",),
    ("what*",),
    ("*",),
    ("-what",),
    ("a AND", "OR", "NOT"),
    ("\0",),
    ("what\0",),
    ("\udcff",),
    ("what", "\ud800"),
    ("%",),
    ("_",),
    ("\\",),
    ("'",),
    ("; DROP TABLE card",),
    ("\u0301",),
    ("",),
    ("x" * 100_000,),
    ("é" * 100_000,),
    tuple(f"w{i}" for i in range(10_000)),
    tuple("what" + "é" * (i % 5) for i in range(10_000)),
    ("\x1b[2J",),
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_typed_is_syntax(library, old_library, words):
    """Signs of the index's language, of patterns and of SQL are letters like others, in any number."""
    naive = {
        name
        for name, card in ((c.card.id, c.card) for c in find_cards(library.rows, "me", Wanted(), DAY))
        if all(any(folded(word) in folded(text) for _, text in searching.texts_of(card)) for word in words)
    }
    for searched in (library, old_library):
        assert set(searched.found(*words)) >= naive
        if naive:
            assert set(searched.found(*words)) == naive


_PIECES = st.sampled_from(
    [
        "push",
        "Tag",
        "v2",
        "/",
        "-",
        "_",
        ".",
        '"',
        "%",
        "\\",
        "ü",
        "u\u0308",
        "ß",
        "ST",
        "摘",
        "要",
        "é",
        " ",
        "İ",
    ]
)
_TEXT = st.lists(_PIECES | st.just("\n"), max_size=6).map("".join)
_WORD = st.lists(_PIECES, min_size=1, max_size=3).map("".join)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(_TEXT, _TEXT, _TEXT, st.lists(_TEXT, max_size=2)), min_size=1, max_size=4),
    st.lists(_WORD, min_size=1, max_size=2),
)
def test_a_card_is_found_exactly_if_all_words_occur(blank, texts, words):
    """Over random texts and words: found is what a plain look at every text finds."""
    library = blank.clear()
    for at, (question, answer, term, wrong) in enumerate(texts):
        library.write(
            f"c{at}",
            question=question,
            answer=answer,
            term=term or None,
            extra={"choices": [[w] for w in wrong]},
        )
    expected = {
        f"c{at}"
        for at, (question, answer, term, wrong) in enumerate(texts)
        if all(
            any(folded(word) in folded(text) for text in (f"oci/c{at}", term, question, answer, *wrong))
            for word in words
        )
    }
    found = library.found(*words)
    assert len(found) == len(set(found))
    if expected:
        assert set(found) == expected
    library.unindex()
    without = set(library.found(*words))
    # LIKE looks for plain words, and sees no letter below its accent.
    assert without <= expected or (postgres.SERVER and not expected)
    if expected and not any(map(str.isascii, words)):
        assert without == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=12), max_size=4))
def test_any_text_at_all_may_be_typed(library, words):
    """No word makes a search fail, lone surrogates and controls among them."""
    assert set(library.found(*words)) <= set(CARDS)


# The index


_CHANGES = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["push", "pull", "tag", "digest", None])), max_size=25
)


@pytest.mark.sqlite_file
@settings(max_examples=40, deadline=None)
@given(_CHANGES, st.integers(0, 6))
def test_the_index_knows_what_the_cards_say_now(blank, changes, slack):
    """After any changes and removals the index gives what one made anew would give, and stays small."""
    library = blank.clear()
    was, searching._SLACK = searching._SLACK, slack
    try:
        for number, word in changes:
            if word is None:
                library.remove(digest(f"oci/c{number}"))
            else:
                library.write(f"c{number}", question=f"the {word}")
    finally:
        searching._SLACK = was
    said = dict(changes)
    for word in ("push", "pull", "tag", "digest", "the"):
        expected = {digest(f"oci/c{number}") for number, now in said.items() if now and word in {now, "the"}}
        assert library.ranked(word) == expected
    assert [len(said) - list(said.values()).count(None)] == [
        count for (count,) in library.rows("SELECT count(*) FROM card_search", {})
    ]
    ((held,),) = library.rows("SELECT count(*) FROM card_fts_docsize", {})
    assert held <= 2 * len(said) + slack + 1


@pytest.mark.sqlite_file
def test_a_change_that_is_rolled_back_leaves_the_index(library):
    """What is indexed in a transaction that fails is not in the index."""
    key = digest("oci/login")

    def fail():
        with library.database.transaction() as connection:
            connection.exec_driver_sql("UPDATE card SET answer = 'zebra' WHERE key = ?", (key,))
            searching.index_cards(connection, [key])
            assert library.ranked("zebra") == {key}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert library.ranked("zebra") == set()
    assert library.ranked("stdin") == {key}


@pytest.mark.sqlite_file
def test_the_index_outlives_a_vacuum(tmp_path):
    """Rows of cards may get other numbers of SQLite's when a file is packed; the index has its own."""
    with Database.open(tmp_path / "cards.db", "0", create=True) as database:
        library = Library(database)
        keys = [library.write(f"c{i}", question=f"word{i}x") for i in range(20)]
        for key in keys[::2]:
            library.remove(key)
        database.rows("VACUUM", {})
        assert [library.ranked(f"word{i}x") for i in (1, 3, 19)] == [{keys[1]}, {keys[3]}, {keys[19]}]


@pytest.mark.sqlite_file
def test_an_index_made_afterwards_is_the_same(library):
    """`index_all` over the cards of an older database gives what indexing them one by one gave."""
    late = Library()
    for name, said in CARDS.items():
        late.write(name, indexed=False, **said)
    assert late.ranked("sha256") == set()
    with late.database.transaction() as connection:
        searching.index_all(connection)
    for typed, _ in FINDS:
        assert late.ranked(*typed.split()) == library.ranked(*typed.split()), typed


# Marks


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=4), max_size=3))
def test_marks_lie_on_what_is_looked_for(text, words):
    """Each mark is within the text, after the one before, and says one of the words or several together."""
    needles = [needle for word in words if (needle := folded(word))]
    end = -1
    for start, stop in spans(text, needles):
        assert end < start < stop <= len(text)
        end = stop
        assert any(needle in folded(text[start:stop]) for needle in needles) or not unicodedata.is_normalized(
            "NFC", text
        )
    if text.isascii():
        marked = any(needle in text.lower() for needle in needles)
        assert marked == bool(spans(text, needles))


@pytest.mark.parametrize(
    ("text", "word", "marked"),
    [
        ("The Digest of a digest", "DIGEST", ["Digest", "digest"]),
        ("Größe", "grösse", ["Größe"]),
        ("U\u0308bung", "ubung", ["U\u0308bung"]),
        ("cafe\u0301!", "cafe", ["cafe\u0301"]),
        ("aaaa", "aa", ["aaaa"]),
        ("镜像摘要是", "摘要", ["摘要"]),
        ("İstanbul", "istanbul", ["İstanbul"]),
        ("nothing", "else", []),
    ],
)
def test_marks_follow_the_text_as_it_is(text, word, marked):
    """Case, accents and letters that fold to two do not shift a mark."""
    assert [text[start:end] for start, end in spans(text, [folded(word)])] == marked


def row_of(card, state="new"):
    """A row of the table, and what a search looks for in it."""
    return (card.name, state, "-", "-", card.question)


def drawn(card, *words, width=80, pen=Pen(styles=True, colours=False), ascii_only=False):  # noqa: B008 - frozen
    """The rows of a found card as a terminal gets them, bold written as asterisks."""
    search = Search.of(words)
    sought = Sought(search.needles_in(card), searching.texts_of(card))
    rows = table_rows([row_of(card)], width, [sought], ascii_only=ascii_only)
    told = [pen.draw(row).rstrip() for row in rows if "dim" not in str(row.spans)]
    return [line.replace("\x1b[1m", "*").replace("\x1b[0m", "*") for line in told]


LONG = Card(
    "oci",
    "image-digest",
    "What is an image digest?",
    "Some words before it, and then the digest that is the SHA-256 of the manifest, and many words after it.",
    choices=(Choice("A moving name", "that is a tag"),),
    tags=("identity",),
)


def test_a_match_that_is_shown_is_bold():
    """In the name and the question every match is bold, and no row is added."""
    assert drawn(LONG, "DIGEST") == ["oci/image-*digest*  new    -         -  What is an image *digest*?"]
    assert drawn(LONG, "new") == ["oci/image-digest  new    -         -  What is an image digest?"]


def test_a_match_elsewhere_gets_a_row_that_names_the_field():
    """Where neither name nor question shows a word, a piece of the field that does follows."""
    (_, answer) = drawn(LONG, "sha-256")
    assert answer.startswith("  answer: … ")
    assert "the *SHA-256* of the manifest" in answer
    assert answer.endswith("…")
    assert drawn(LONG, "digest", "tag", "identity")[1:] == [
        "  choices: A moving name that is a *tag*",
        "  tags: *identity*",
    ]
    assert drawn(LONG, "moving", width=40)[-1] == "  choices: A *moving* name that is a tag"
    assert drawn(LONG, "sha-256", width=40, ascii_only=True)[-1].startswith("  answer: ... ")


def test_marks_cannot_be_forged():
    """Escapes and marks in a card's text are no styles: what is bold is what was looked for."""
    card = Card("oci", "x", "plain \x1b[1mbold\x1b[0m [bold]red[/] digest", "a\x1b[2J\u202edigest here")
    (line,) = drawn(card, "digest")
    assert line.count("*") == 2
    assert "*digest*" in line
    (_, line) = drawn(card, "here")
    assert line == "  answer: a[2Jdigest *here*"


def test_without_styles_nothing_is_marked():
    """A dumb terminal gets the same rows without a sign of a mark."""
    dumb = drawn(LONG, "sha-256", pen=Pen(styles=False, colours=False))
    assert [line.replace("*", "") for line in drawn(LONG, "sha-256")] == dumb


_HOSTILE_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("a b\t\n\x1b\u202e\u05d0\u0301摘👩\u200d")), max_size=120
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(_HOSTILE_TEXT, _HOSTILE_TEXT, _HOSTILE_TEXT), min_size=1, max_size=3),
    st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=3),
    st.integers(20, 120),
    st.booleans(),
)
def test_no_row_of_a_search_is_too_wide(texts, words, width, ascii_only):
    """However hostile the texts, pieces and marks keep every row within the width and harmless."""
    search = Search.of(words)
    found = [
        Card("d", f"c{at}", question, answer, explanation=why)
        for at, (question, answer, why) in enumerate(texts)
    ]
    sought = [Sought(search.needles_in(card), searching.texts_of(card)) for card in found]
    for row in table_rows([row_of(card) for card in found], width, sought, ascii_only=ascii_only):
        assert cells(row.plain.rstrip()) <= width
        assert not set(row.plain) & set(map(chr, [*range(32), *range(127, 160), 0x202E, 0x2066]))
        assert all(0 <= span.start < span.end <= len(row.plain) for span in row.spans)


def test_the_fields_of_a_match_are_told():
    """`fields` names where the words occur, by weight; a word let go by its letters counts, too."""
    assert Search.of(["digest"]).fields(LONG) == ["card", "question", "answer"]
    assert Search.of(["tag", "identity"]).fields(LONG) == ["choices", "tags"]
    assert Search.of(["image_digest"]).fields(LONG) == ["card", "question", "answer"]
    assert Search.of([]).fields(LONG) == []
