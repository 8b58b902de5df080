"""Cards as text: a deck of TOML for srs, the same cards as CSV for Anki."""

import csv
import json

from tests.benchmarks.anki_side import FIELDS, NOTE_TYPE, PARENT
from tests.benchmarks.making import tags_of, texts_of


def write_toml(path, cards, *, name="Imported"):
    """Write a deck of the cards 0 to `cards`."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f'[deck]\nid = "{path.stem}"\nname = "{name}"\n')
        for i in range(cards):
            texts = texts_of(i) | {"tags": tags_of(i)}
            file.write(f'\n[[cards]]\nid = "card-{i}"\n')
            file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in texts.items())


def write_csv(path, cards, *, name="Imported"):
    """Write the same cards with the head lines that tell Anki what they are."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"#separator:Comma\n#html:false\n#notetype:{NOTE_TYPE}\n#deck:{PARENT}::{name}\n")
        file.write(f"#columns:{','.join(FIELDS)},Tags\n#tags column:{len(FIELDS) + 1}\n")
        rows = csv.writer(file)
        for i in range(cards):
            texts = texts_of(i)
            rows.writerow([*(texts[field.lower()] for field in FIELDS), " ".join(tags_of(i))])
