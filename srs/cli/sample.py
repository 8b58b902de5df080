"""The deck that comes along, and a starter deck to fill: copied or written, then imported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import srs
from srs import places
from srs.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from srs.cli.context import Context

SAMPLE = "registry.toml"

STARTER = """\
# A deck of cards. Each card keeps its history under its id: edit any text, never the id.
# Import it, and again after each edit:  srs import {path}

[deck]
id = "{deck}"
name = "{name}"
description = ""
# desired_retention = 0.9    # how much of it you want to recall when it is due

[[cards]]
id = "first-card"            # a-z, 0-9, dot, dash, underscore; short, and for good
term = "spaced repetition"   # what the card is about (optional when there is a question)
scenario = '''
Colleague: I learned all of this last year.
You: And how much of it do you still know?'''
question = "What does spaced repetition do?"
answer = "It asks each card again just before you would forget it."
explanation = "A card you know well comes seldom, one you miss comes soon."
tags = ["learning"]
source = "where the fact is from"
# was = ["old-id"]           # after a rename: the ids it had before, so that its history follows
"""


def sample_file() -> Path:
    """The deck file that comes along: in the package when installed, beside it in a checkout."""
    package = Path(srs.__file__).parent
    for folder in (package / "decks", package.parent / "decks"):
        if (folder / SAMPLE).is_file():
            return folder / SAMPLE
    raise NotFoundError("the deck that comes along is missing from this installation")


def sample_size() -> int:
    """How many cards the deck that comes along has."""
    counted = (b"[[cards]]", b"reverse = true")
    return sum(line.strip() in counted for line in sample_file().read_bytes().splitlines())


def take_sample(context: Context, target: Path | None = None) -> Path:
    """Copy the deck that comes along (into the data folder by default) and import the copy.

    The copy is the person's own: an upgrade of srs never touches it.

    Raises:
        RefusedError: a file is there already and says something else.
    """
    from srs.cli.importing import run_import

    target = target or Path(places.decks_dir()) / SAMPLE
    if target.is_dir():
        target /= SAMPLE
    text = sample_file().read_bytes()
    if target.exists():
        if target.read_bytes() != text:
            raise RefusedError(f"`{target}` is there already", f"import it as it is: `srs import {target}`")
    else:
        write_new(target, text)
    sys.stderr.write(f"Copied to {target}; it is yours to edit.\n")
    run_import(context, [target])
    return target


def write_starter(target: Path) -> None:
    """Write a commented starter deck.

    Raises:
        RefusedError: the file is there already.
    """
    from srs.deck.clean import clean_line
    from srs.deck.names import made_id

    if target.exists():
        raise RefusedError(f"`{target}` is there already", "choose another name; nothing was written")
    deck = made_id(target.stem) or "deck"
    name = target.stem.replace("-", " ").replace("_", " ").strip().capitalize() or "My deck"
    name = clean_line(name).replace("\\", "/").replace('"', "'")
    write_new(target, STARTER.format(path=clean_line(str(target)), deck=deck, name=name).encode())


def write_new(target: Path, data: bytes) -> None:
    """Write a file that was not there, its folders made."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise RefusedError(f"`{target}` is there already", "nothing was written") from None
    except OSError as error:
        raise NotFoundError(f"`{target}` cannot be written: {error.strerror}") from error
