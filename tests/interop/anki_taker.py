"""Imports packages into a new Anki collection through Anki's own library: `anki_taker.py FOLDER < plan`.

The plan is JSON: {"imports": [path, ...], "exports": ["new.apkg", ...], "name": "taken"}. What the
collection says after each import goes to FOLDER/NAME.json, the exports beside it.
"""

import json
import os
import sys
from pathlib import Path

from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)


def take(col, path):
    """Import a package with everything in it; how many notes were new, updated, or were let be."""
    options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
    log = col.import_anki_package(ImportAnkiPackageRequest(package_path=path, options=options)).log
    kinds = ("new", "updated", "duplicate", "conflicting", "first_field_match", "missing_notetype")
    return {kind: len(getattr(log, kind)) for kind in kinds}


def card_facts(col, card_id):
    """What Anki's API says of a card."""
    card = col.get_card(card_id)
    note = card.note()
    memory = card.memory_state
    rendered = card.render_output()
    return {
        "id": card.id,
        "guid": note.guid,
        "note": note.id,
        "notetype": note.mid,
        "fields": dict(note.items()),
        "tags": note.tags,
        "ord": card.ord,
        "deck": col.decks.name(card.did),
        "type": card.type,
        "queue": card.queue,
        "due_in": card.due - col.sched.today if card.type == 2 else card.due,
        "interval": card.ivl,
        "reps": card.reps,
        "lapses": card.lapses,
        "left": card.left % 1000,
        "flags": card.flags & 7,
        "stability": memory.stability if memory else None,
        "difficulty": memory.difficulty if memory else None,
        "retention": card.desired_retention,
        "decay": card.decay,
        "last": card.last_review_time,
        "question": rendered.question_text,
        "answer": rendered.answer_text,
        "rows": col.db.all(
            "SELECT id, ease, ivl, lastIvl, factor, time, type FROM revlog WHERE cid = ? ORDER BY id", card_id
        ),
    }


def facts(col):
    """Everything."""
    cards = [card_facts(col, card_id) for card_id in col.find_cards("")]
    decks = {}
    for deck in col.decks.all():
        config = col.decks.config_dict_for_deck_id(deck["id"])
        decks[deck["name"]] = {
            "id": deck["id"],
            "retention": config.get("desiredRetention"),
            "parameters": config.get("fsrsParams6"),
            "new": config["new"]["perDay"],
            "steps": config["new"]["delays"],
            "preset": config["id"],
        }
    recomputed = {}
    for card in cards:
        memory = col.compute_memory_state(card["id"])
        recomputed[card["id"]] = [memory.stability, memory.difficulty]
    return {
        "cards": cards,
        "decks": decks,
        "recomputed": recomputed,
        "notes": col.note_count(),
        "rows": col.db.scalar("SELECT count() FROM revlog"),
        "media": {path.name: path.read_text(errors="replace") for path in Path(col.media.dir()).iterdir()},
        "missing": list(col.media.check().missing),
        "notetypes": sorted(
            model.id for model in col.models.all_names_and_ids() if model.id > 1_700_000_000_000
        ),
    }


def export(col, folder, name):
    """Write a package: `new` in the latest format, `old` in the one before."""
    kind, suffix = name.split(".")
    legacy = kind.startswith("old")
    if suffix == "colpkg":
        col.export_collection_package(str(folder / name), True, legacy)
        col.reopen()
        return
    options = ExportAnkiPackageOptions(
        with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy
    )
    col.export_anki_package(out_path=str(folder / name), options=options, limit=None)


def main():
    """Carry out the plan."""
    folder, plan = Path(sys.argv[1]), json.load(sys.stdin)
    name = plan.get("name", "taken")
    col = Collection(str(folder / f"{name}.anki2"))
    col.set_config("fsrs", True)
    steps = []
    for path in plan["imports"]:
        told = take(col, path)
        fixed = col.fix_integrity()
        steps.append({"log": told, "check": fixed, **facts(col)})
    for export_name in plan.get("exports", []):
        export(col, folder, export_name)
    col.close()
    (folder / f"{name}.json").write_text(json.dumps(steps))


if __name__ == "__main__":
    os.umask(0o077)
    main()
