"""Cloze notes with several cards: each card asks for its own holes, as Anki shows and types them."""

import json

import pytest

pytest.importorskip("anki", reason="the extra `anki` is not installed")

from anki_world import make

from srs.interop.anki_cloze import shown_holes, without_holes, written_holes
from srs.interop.anki_read import open_package

# A field, and for each card of it (its number from 1) what is asked and what is right.
NOTES = [
    (
        "A {{c1::one}} and {{c1::two}} and {{c2::three}}.",
        {1: ("A [...] and [...] and three.", "one, two"), 2: ("A one and two and [...].", "three")},
    ),
    (
        "Same {{c1::word}} twice {{c1::word}}, {{c2::word}}.",
        {1: ("Same [...] twice [...], word.", "word"), 2: ("Same word twice word, [...].", "word")},
    ),
    (
        "{{c1::outer {{c2::inner}} end}} tail {{c2::again}}",
        {1: ("[...] tail again", "outer inner end"), 2: ("outer [...] end tail [...]", "inner, again")},
    ),
    ("{{c1::a {{c1::b}} c}} d {{c2::e}}", {1: ("[...] d e", "a b c"), 2: ("a b c d [...]", "e")}),
    (
        "{{c1,2::both}} {{c2::two}} {{c1::one}}",
        {1: ("[...] two [...]", "both, one"), 2: ("[...] [...] one", "both, two")},
    ),
    (
        "<div>{{c1::first</div><div>second}}</div> {{c2::x<br>y}}",
        {1: ("[...]\nx\ny", "first\nsecond"), 2: ("first\nsecond\n[...]", "x\ny")},
    ),
    ("{{c1::{{c2::{{c3::deep}} er}} est}}", {1: ("[...]", "deep er est"), 3: ("[...] er est", "deep")}),
    (
        "{{c3::<b>b</b>::a <i>hint</i>}} {{c2::std::vector}}",
        {3: ("[a hint] std", "b"), 2: ("b [vector]", "std")},
    ),
]


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    """The cards of all notes by (guid, number), and what Anki takes for the right thing to type."""
    folder = tmp_path_factory.mktemp("cloze")
    typed = (
        "found = {}\n"
        "for card in map(col.get_card, col.find_cards('')):\n"
        "    text = card.note().fields[0]\n"
        "    found[f'{card.note().guid} {card.ord + 1}'] = "
        "col._backend.extract_cloze_for_typing(text=text, ordinal=card.ord + 1)\n"
        "(folder / 'typed.json').write_text(json.dumps(found))\n"
        "model = col.models.copy(col.models.by_name('Cloze'))\n"
        "model['name'] = 'Typed cloze'\n"
        "for side in ('qfmt', 'afmt'):\n"
        "    model['tmpls'][0][side] = '{{cloze:Text}}{{type:cloze:Text}}'\n"
        "col.models.update_dict(model)\n"
        "for guid, text in (('typed', '{{c1::outer {{c2::inner}} end}} tail'), "
        "('math', 'is \\\\({{c1::x^{2} }}\\\\) or {{c1::y}}')):\n"
        "    note = col.new_note(col.models.by_name('Typed cloze'))\n"
        "    note.guid, note.fields = guid, [text, '']\n"
        "    col.add_note(note, 1)\n"
    )
    notes = [
        {"type": "Cloze", "guid": f"g{n}", "fields": [text, "extra"]} for n, (text, _) in enumerate(NOTES)
    ]
    make(folder, notes=notes, then=typed, exports=["new.apkg"])
    with open_package(folder / "new.apkg", lambda *_: None) as package:
        found = {(card.guid, card.ord + 1): card for card in package.cards()}
    return found, json.loads((folder / "typed.json").read_text())


@pytest.mark.parametrize("place", range(len(NOTES)))
def test_each_card_asks_for_its_own_holes(cards, place):
    """Several holes of one number, one text twice, holes in holes, of two cards, and over lines."""
    found, _ = cards
    for number, (question, answer) in NOTES[place][1].items():
        card = found[f"g{place}", number]
        assert (card.question, card.answer) == (question, answer)
        assert card.explanation.endswith("extra")


def test_what_a_field_hides_is_what_anki_has_typed(cards):
    """The holes read from the field are those that Anki's own library finds for its box to type in.

    But for a hole in a hole of its own number: Anki has it typed again, though it shows one gap.
    """
    _, typed = cards
    for place, (text, numbers) in enumerate(NOTES):
        if "{{c1::a {{c1::b}}" not in text:
            told = {number: typed[f"g{place} {number}"] for number in numbers}
            assert told == {
                number: ", ".join(dict.fromkeys(written_holes(text, number))) for number in numbers
            }


def test_a_box_to_type_in_adds_nothing_to_the_sentence(cards):
    """The sentence with its holes filled says it all, and no mark of a hole is left in it."""
    card = cards[0]["typed", 1]
    assert (card.answer, card.explanation) == ("outer inner end", "outer inner end tail")


def test_a_hole_in_a_formula_is_not_left_out_of_the_answer(cards):
    """Anki marks no hole within a formula, so the answer is the whole sentence."""
    card = cards[0]["math", 1]
    assert card.question == "is \\( [...] \\) or [...]".replace("( ", "(").replace(" \\)", "\\)")
    assert "x^{2}" in card.answer
    assert "y" in card.answer


def test_marks_that_do_not_come_out_even_are_read_without_harm():
    """Open ends, strays and thousands of openings end soon."""
    assert without_holes("a {{c1::b {{c2::c}} }} }} {{c3::d").startswith("a b c  }} ")
    assert written_holes("{{c1::" * 10_000 + "x" + "}}" * 10_000, 1)
    assert shown_holes('<span class="cloze" data-ordinal="1">open <span>', 1) == []
    assert shown_holes("</span>" * 10_000 + "<span " * 10_000, 1) == []
