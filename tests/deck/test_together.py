"""Problems between the files of one import."""

from __future__ import annotations

from srs.deck.parse import parse_deck
from srs.deck.together import check_together


def parsed(path, deck_id, *cards):
    """A parsed deck of cards given as id and further lines."""
    head = f'[deck]\nid = "{deck_id}"\n' if deck_id else "[deck]\n"
    body = "".join(f'[[cards]]\nid = "{name}"\nterm = "t"\nanswer = "A"\n{more}\n' for name, more in cards)
    return parse_deck((head + body).encode(), path)


def found(*files):
    """What is wrong between the files: line, column, code and message by path."""
    return {
        path: [(problem.line, problem.column, problem.code, problem.message) for problem in problems]
        for path, problems in check_together(files).items()
    }


def test_two_files_with_one_deck_id_are_both_named():
    """Each file gets the error, at its id or, where the id is its file's name, at `[deck]`."""
    one = parsed("aws/deck.toml", "", ("a", ""))
    two = parsed("gcp/x.toml", "deck", ("b", ""))
    other = parsed("z.toml", "z", ("a", ""))
    assert found(one, two, other) == {
        "aws/deck.toml": [(1, 1, "E102", "the deck id `deck` is taken by `gcp/x.toml`")],
        "gcp/x.toml": [(2, 6, "E102", "the deck id `deck` is taken by `aws/deck.toml`")],
    }


def test_a_was_that_is_live_in_another_file_is_an_error_there():
    """The file with the `was` is refused, at the entry; a card that left its old file is no problem."""
    new = parsed("new.toml", "new", ("a", "was = ['old/gone', 'old/here']"))
    old = parsed("old.toml", "old", ("x", ""), ("here", ""))
    message = "`old/here` is still a card of `old.toml`, line 8"
    assert found(new, old) == {"new.toml": [(7, 20, "E114", message)]}
    assert found(old, new) == found(new, old)


def test_files_with_errors_of_their_own_are_not_looked_at():
    """A file that will not be imported holds no live cards and no deck id."""
    new = parsed("new.toml", "new", ("a", "was = ['old/here']"))
    broken = parsed("old.toml", "old", ("here", "tags = 1"))
    assert broken.deck is None
    assert found(new, broken, parsed("o.toml", "old", ("y", ""))) == {}


def test_hostile_paths_are_cleaned_in_messages():
    """A file name with an escape in it does not reach the terminal through a message."""
    problems = check_together([parsed("a\x1b[31m.toml", "d", ("a", "")), parsed("b.toml", "d", ("a", ""))])
    assert problems["b.toml"][0].message == "the deck id `d` is taken by `a[31m.toml`"
