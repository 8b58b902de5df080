"""What a typed answer is worth: right, right but written another way, one slip off, or wrong."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from srs.deck import judge as judging
from srs.deck.clean import clean_line
from srs.deck.folding import LONGEST, as_written, clusters, read, skeleton
from srs.deck.judge import Kind, judge

ODD = (
    " \u00a0\u3000\u200b\u200c\u200d\u00ad\t\n.,;:'\"`’“”„«»「」–—-_/\\@()[]^?!%0123456789"
    "²³¹⁻₂½⅓①abcABCßẞæøłıİŉſﬁéÉe\u0301\u0308\u0345ёйІίΣσςǿΐ"
    "किता्षक्ष가각ᄀᅠᅡᆨㄱがか゛ﾞｶｱ漢字ａＺ１👩💻🏽🇩🇪\ufe0f\x00\x1b\ud800\u202e≠…´"
)
ANY = st.text(st.one_of(st.characters(), st.sampled_from(ODD)), max_size=30)
# Single vowels of Hangul make a syllable with the consonant before, even past a mark in between.
ODD_LETTER = st.sampled_from(ODD.replace("ᅡ", "").replace("ᆨ", ""))
WORD = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=6, max_size=12)
FEW = st.text(st.sampled_from("ab-' "), max_size=8)


def unmarked(line):
    """A line without its brackets."""
    return line.replace("[", "").replace("]", "")


# --- the five kinds


def test_what_is_written_so_is_exact():
    """The text of the answer is right, with nothing to say about it, blanks round it or not."""
    for typed in ("latest", "  latest ", "latest\n"):
        verdict = judge(typed, ["latest"])
        assert (verdict.kind, verdict.right, verdict.sentence) == (Kind.EXACT, True, "Right.")
        assert (verdict.yours, verdict.answer, verdict.against) == ("latest", "latest", "latest")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("LATEST", "latest"),
        ("ete a la mer", "Été à la mer"),
        ("strasse", "Straße"),
        ("fjord i oresund", "Fjord i Øresund"),
        ("ista̱nbul", "İstanbul"),
        ("еще", "ещё"),
        ("αθηνα", "Αθήνα"),
        ("image  digest", "image digest"),
        ("imagedigest", "image digest"),
        ("image\u00a0digest", "image digest"),
        ("la\u200btest", "latest"),
        ("می\u200cخواهم", "میخواهم"),
        ("latest.", "latest"),
        ("東京", "東京。"),
        ("`latest`", "latest"),
        ("latest", "`latest`."),
        ("latest", "“latest.”"),
        ("“latest”", "'latest'"),
        ("the `latest` tag", "the latest tag"),
        ("it's", "it’s"),
        ("read-only", "read\u2011only"),
        ("a - b", "a — b"),
        ("push tag pull", "push, tag, pull"),
        ("and / or", "and/or"),
        ("90 %", "90%"),
        ("sha 256", "SHA256"),
        ("ｌａｔｅｓｔ　２", "latest 2"),
        ("10^3", "10³"),
        ("1 1/2", "1½"),
        ("m2", "m²"),
        ("ガギ", "ｶﾞｷﾞ"),
        ("image (a hash)", "image (a hash)."),
        ("it's here", "'it's here'"),
    ],
)
def test_another_way_of_writing_is_the_same(typed, answer):
    """Case, accents, spaces, quotes and dashes, a final full stop: none of them makes an answer wrong."""
    assert judge(typed, [answer]).kind is Kind.SAME
    assert judge(answer, [typed]).kind is Kind.SAME


@pytest.mark.parametrize(
    ("typed", "answer", "sentence"),
    [
        ("LATEST", "latest", "Right; only capitals differ."),
        ("resume", "résumé", "Right; only accents differ."),
        ("login", "log in", "Right; only spaces differ."),
        ("`Latest`", "latest", "Right, only written another way."),
    ],
)
def test_the_same_says_what_differs(typed, answer, sentence):
    """The sentence names what differs where it is one thing."""
    assert judge(typed, [answer]).sentence == sentence


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("10", "1 0"),
        ("103", "10³"),
        ("11/2", "1½"),
        ("rm -rf / tmp", "rm -rf /tmp"),
        ("docker run - v", "docker run -v"),
        ("=", "≠"),
        ("か", "が"),
        ("का", "कि"),
        ("אָ", "אַ"),
        ("가", "각"),
        ("🇩🇪", "🇩🇰"),
        (".", ".."),
        ("a or b", '"a" or "b"'),
        ('a" or "b', '"a" or "b"'),
        ("a/ b", "a/b"),
        ("a /b", "a/b"),
        ("latest`", "latest"),
    ],
)
def test_what_carries_meaning_is_not_folded(typed, answer):
    """Spaces in numbers and paths, raised digits, marks that are letters: they make another answer."""
    assert judge(typed, [answer]).kind is Kind.WRONG
    assert judge(answer, [typed]).kind is Kind.WRONG


@pytest.mark.parametrize(
    ("typed", "answer", "sentence", "yours", "right"),
    [
        ("lastest", "latest", "Nearly: one letter too many.", "la[s]test", "latest"),
        ("lattest", "latest", "Nearly: one letter too many.", "lat[t]est", "latest"),
        ("latst", "latest", "Nearly: one letter missing.", "latst", "lat[e]st"),
        ("latist", "Latest", "Nearly: one letter is another.", "lat[i]st", "Lat[e]st"),
        ("laetst", "latest", "Nearly: two letters changed places.", "la[et]st", "la[te]st"),
        ("readonly", "read-only", "Nearly: one hyphen missing.", "readonly", "read[-]only"),
        ("read only", "read-only", "Nearly: one hyphen missing.", "read only", "read[-]only"),
        ("log-in page", "log in page", "Nearly: one hyphen too many.", "log[-]in page", "log in page"),
        (
            "lets encrypt",
            "let’s encrypt",
            "Nearly: one apostrophe missing.",
            "lets encrypt",
            "let[’]s encrypt",
        ),
        ("docker-hubb", "docker_hub docker-hub", None, "docker-hubb", "docker_hub docker-hub"),
        (
            "dockerr rabbit",
            "docker rabbit",
            "Nearly: one letter too many.",
            "docker[r] rabbit",
            "docker rabbit",
        ),
        ("images tag", "image tag", "Nearly: one letter too many.", "image[s] tag", "image tag"),
        (
            "a manifst, signed",
            "A manifest, signed",
            "Nearly: one letter missing.",
            None,
            "A manif[e]st, signed",
        ),
        ("(manifst) 1", "(manifest) 1", "Nearly: one letter missing.", "(manifst) 1", "(manif[e]st) 1"),
        ("manifst: 1", "manifest: 1", "Nearly: one letter missing.", "manifst: 1", "manif[e]st: 1"),
        ("strase", "Straße", "Nearly: one letter missing.", "strase", "Stra[ß]e"),
        ("réultat", "resultat", "Nearly: one letter missing.", "réultat", "re[s]ultat"),
        ("किताबक", "किताबघर", None, "किताबक", "किताबघर"),
        ("पुस्तकालत", "पुस्तकालय", "Nearly: one letter is another.", "पुस्तकाल[त]", "पुस्तकाल[य]"),
        ("पुस्तकालयी", "पुस्तकालय", "Nearly: one letter is another.", "पुस्तकाल[यी]", "पुस्तकाल[य]"),
    ],
)
def test_one_slip_is_shown(typed, answer, sentence, yours, right):
    """What is too much, missing, another or swapped stands in brackets in the line that has it."""
    verdict = judge(typed, [answer])
    assert verdict.answer == right
    assert yours is None or verdict.yours == yours
    if sentence is None:
        assert verdict.kind is Kind.WRONG
    else:
        assert (verdict.kind, verdict.right, verdict.sentence) == (Kind.SLIP, True, sentence)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("401", "403"),
        ("sha512", "sha256"),
        ("sha25", "sha256"),
        ("manif3st", "manifest"),
        ("tags", "tag"),
        ("imag", "image"),
        ("image tab", "image tag"),
        ("--no-cahce", "--no-cache"),
        ("app_nmae", "app_name"),
        ("push tag", "push a tag"),
        ("image", "image digest"),
        ("image digest tag", "image digest"),
        ("lat st", "latest"),
        ("latets", "latset x"),
        ("manifest", "manyfist"),
        ("users", "users'"),
        ("five; sixth", "five: sixth"),
    ],
)
def test_no_slip_is_forgiven_in_short_words_or_beside_signs(typed, answer):
    """A digit, a sign, fewer than five letters on either side, a word more or less: wrong."""
    verdict = judge(typed, [answer])
    assert (verdict.kind, verdict.right, verdict.sentence) == (Kind.WRONG, False, "Wrong.")


def test_wrong_shows_one_difference_too():
    """What is wrong by one sign is easier to see in brackets; a pair of unlike texts stays plain."""
    verdict = judge("401", ["403"])
    assert (verdict.yours, verdict.answer) == ("40[1]", "40[3]")
    verdict = judge("tag", ["digest"])
    assert (verdict.yours, verdict.answer) == ("tag", "digest")
    verdict = judge("a", ["b"])
    assert (verdict.yours, verdict.answer) == ("a", "b")


def test_brackets_of_a_text_are_not_mixed_with_ours():
    """Where a text has brackets of its own, both lines stay as they are written."""
    verdict = judge("map[string] valeus", ["map[string] values"])
    assert (verdict.kind, verdict.yours, verdict.answer) == (
        Kind.SLIP,
        "map[string] valeus",
        "map[string] values",
    )


@pytest.mark.parametrize("typed", ["", "  ", "\n", "\u200b", "\u3000\u200d", "\x00\x1b", "\ufe0f", "\u0345"])
def test_nothing_typed_is_no_answer(typed):
    """Blanks, controls and what has no width are nothing: the person does not know."""
    verdict = judge(typed, ["latest"])
    assert (verdict.kind, verdict.right, verdict.sentence) == (Kind.NONE, False, "No answer.")
    assert (verdict.yours, verdict.answer) == ("", "latest")


@pytest.mark.parametrize("sign", ["``", "`", '" "', "' '", ".", "-", "?", ",", "'", "\u0301"])
def test_a_sign_alone_is_an_answer(sign):
    """What would be folded away to nothing is kept: a sign can be asked for."""
    assert judge(sign, [sign]).kind is Kind.EXACT
    assert judge("x", [sign]).kind is Kind.WRONG
    assert judge("", [sign]).kind is Kind.NONE


# --- several answers


def test_the_best_of_the_answers_is_taken():
    """Exact before the same before a slip, whatever their order; wrong is held against the first."""
    answers = ["manifest", "image manifest", "Image Manifest"]
    assert judge("Image Manifest", answers).against == "Image Manifest"
    assert judge("image  manifest", answers).against == "image manifest"
    assert judge("manifst", answers).against == "manifest"
    assert judge("image manifst", answers).against == "image manifest"
    assert judge("layer", answers).against == "manifest"
    assert judge("", answers).against == "manifest"


def test_an_answer_is_needed():
    """Without a right answer there is nothing to judge by."""
    with pytest.raises(ValueError, match="right answer"):
        judge("latest", [])


@pytest.mark.parametrize(
    ("others", "forgiven"),
    [
        ([], True),
        (["digester", "tag"], True),
        (["Digest.", "DIGEST"], True),
        (["digets"], False),
        (["`Digets`"], False),
        (["digits"], False),
        (["di gets"], False),
        (["diggets"], False),
        (["tag", "x" * 20_000, "gidets, digets", "dígets"], False),
    ],
)
def test_what_is_as_near_to_another_answer_is_no_slip(others, forgiven):
    """`digets` is a slip of `digest`, unless another answer is that, or one change from it."""
    assert judge("digets", ["digest"], others).right is forgiven


def test_other_answers_do_not_make_a_right_one_wrong():
    """An answer that is right here is right even when another card has it as well."""
    assert judge("digest", ["digest"], ["digest", "digests"]).kind is Kind.EXACT
    assert judge("Digest", ["digest"], ["Digest"]).kind is Kind.SAME


# --- laws


@given(ANY, st.lists(ANY, min_size=1, max_size=3), st.lists(ANY, max_size=3))
def test_any_text_gets_a_harmless_verdict(typed, answers, others):
    """Whatever is typed and whatever a deck holds, the lines are clean, and right means right."""
    verdict = judge(typed, answers, others)
    assert verdict.against in answers
    assert verdict.right is (verdict.kind in ("exact", "same", "slip"))
    for line in (verdict.yours, verdict.answer, verdict.sentence):
        assert clean_line(line) == line


@given(ANY)
def test_a_text_is_itself(text):
    """What is written exactly as the answer is exact, unless there is nothing to see in it."""
    kind = judge(text, [text]).kind
    assert kind is (Kind.EXACT if read(text).letters else Kind.NONE)


@given(ANY, st.sampled_from(["NFC", "NFD"]))
def test_the_form_of_unicode_does_not_count(text, form):
    """Composed or decomposed, a text is the same answer."""
    assume(read(text).letters)
    assert judge(unicodedata.normalize(form, clean_line(text)), [text]).kind is Kind.EXACT


@given(st.text(st.characters(categories=("Lu", "Ll", "Nd", "Zs"), max_codepoint=0x17F), max_size=20))
def test_case_and_accents_do_not_count(text):
    """In any letters of the Latin tables, what is written large, small or bare is right."""
    assume(text.strip())
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    for typed in (text.upper(), text.lower(), bare, f" {text.replace(' ', '  ')} "):
        assert judge(typed, [text]).kind in (Kind.EXACT, Kind.SAME)


@given(WORD, st.data())
def test_a_slip_in_a_long_word_is_forgiven_and_marked(word, data):
    """One letter added, lost, changed or swapped in a word: the lines without brackets are both texts."""
    place = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    typed = data.draw(
        st.sampled_from(
            [
                word[:place] + letter + word[place:],
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            ]
        )
    )
    assume(typed != word)
    verdict = judge(f"the {typed} here", [f"the {word} here"])
    assert verdict.kind is Kind.SLIP
    assert (unmarked(verdict.yours), unmarked(verdict.answer)) == (f"the {typed} here", f"the {word} here")
    assert "[" in verdict.yours + verdict.answer


def distance(one, other):
    """Optimal string alignment, by the book."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b)))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                row[-1] = min(row[-1], rows[-2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]


@given(FEW, FEW)
def test_one_change_is_a_distance_of_one(one, other):
    """A single change is found exactly where the distance is 1 by the book."""
    mine, theirs = read(one), read(other)
    assert (judging._one_change(mine.letters, theirs.letters) is not None) == (
        distance(mine.key, theirs.key) == 1
    )
    if distance(mine.key, theirs.key) == 1:
        assert judging._change(mine, theirs)
    assert judging._near(one, other) == (distance(one, other) <= 1)


@given(st.text(ODD_LETTER, max_size=12), st.data())
def test_the_quick_look_misses_nothing(text, data):
    """Texts that are the same answer, or one change apart, have skeletons at most one change apart."""
    place = data.draw(st.integers(0, len(text)))
    lost = data.draw(st.integers(0, 2))
    other = text[:place] + data.draw(st.text(ODD_LETTER, max_size=2)) + text[place + lost :]
    mine, theirs = read(text), read(other)
    if mine.key == theirs.key or judging._change(mine, theirs):
        assert judging._near(skeleton(text), skeleton(other))


@given(st.text(st.sampled_from("aab-' eé."), min_size=4, max_size=9), st.lists(FEW, max_size=4))
def test_the_short_cuts_change_no_verdict(typed, others):
    """Looking at the others one by one, without any short cut, finds the same."""
    mine = read(typed)
    slow = any(
        read(each).key == mine.key or judging._change(mine, read(each))
        for each in others
        if read(each).key != "ab"
    )
    assert judging._mistaken(typed, mine, {"ab"}, others) == bool(slow)


@given(ANY, ANY)
def test_brackets_tear_no_character(typed, answer):
    """Brackets stand between characters as a person sees them, never between a letter and its marks."""
    verdict = judge(typed, [answer])
    for line, text in ((verdict.yours, typed), (verdict.answer, answer)):
        if "[" not in text and "[" in line:
            parts = line.replace("]", "[").replace("◌", "").split("[")
            assert [each for part in parts for each in clusters(part)] == clusters(as_written(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("e\u0301a", 2),
        ("किताब", 3),
        ("क्ष", 1),
        ("👩🏽\u200d💻", 1),
        ("🇩🇪🇫🇷", 2),
        ("a🇩", 2),
        ("🏴\U000e0067\U000e0062\U000e007f", 1),
        ("ｶﾞ", 1),
        ("กำ", 1),
        ("\u1112\u119e\u11ab", 1),
        ("❤\ufe0f", 1),
    ],
)
def test_a_cluster_is_what_a_person_takes_for_one_character(text, count):
    """Marks, joined emoji, flags, voicing and old Hangul stay with what they belong to."""
    assert len(clusters(text)) == count


def test_a_mark_alone_has_something_to_stand_on():
    """A mark that begins a text and is bracketed does not sit on the bracket."""
    assert judge("\u0331latest", ["latest"]).yours in ("[◌\u0331]latest", "\u0331latest")
    assert judge("\u05b7latest", ["latest"]).yours == "[◌\u05b7]latest"


# --- much text


def test_what_is_too_long_is_wrong():
    """Beyond the longest text nothing is right, not even the answer itself."""
    text = "a" * (LONGEST + 1)
    assert judge(text, [text]).kind is Kind.WRONG
    assert judge(text[:LONGEST], [text]).kind is Kind.WRONG
    assert judge(text[:LONGEST], [text[:LONGEST]]).kind is Kind.EXACT


def test_long_lines_are_cut_round_the_difference():
    """The lines stay short enough for a screen, and the brackets are in what is left."""
    answer = "manifest " * 1000
    typed = answer[:5000] + "x" + answer[5000:]
    verdict = judge(typed, [answer])
    assert verdict.kind is Kind.SLIP
    assert verdict.yours.startswith("…")
    assert verdict.yours.endswith("…")
    assert "[x]" in verdict.yours
    assert len(verdict.yours) < 420
    assert len(judge("a" + "\u0301" * 9000, ["b"]).yours) < 20


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("manifst", "".join("{} of words that are different every time")),
        ("あいうえおか", "漢字とかな{}あいうえおか"),
    ],
)
def test_ten_thousand_other_answers_take_no_time(typed, other):
    """A person does not wait for a verdict: far less than a second of work on any machine."""
    others = [other.format(number) for number in range(10_000)]
    begun = time.process_time()
    assert judge(typed, [typed[:4] + "e" + typed[4:]], others).kind is Kind.SLIP
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "piece", ["a ", "'\"", "`", "a.", "a, ", "\u0301\u0316", "क्", "\u200d", "👩\u200d💻", "10³", "1 - "]
)
def test_much_of_anything_is_judged_soon(piece):
    """No text, however odd, keeps a person waiting: the work does not grow with its square."""
    begun = time.process_time()
    for text in (piece * 5000, piece * 200_000):
        assert judge(text, ["latest", piece * 300_000], [piece * 400_000]).kind in (Kind.WRONG, Kind.NONE)
    assert time.process_time() - begun < 10
