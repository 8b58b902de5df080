"""Makes Anki collections through Anki's own library, in a process of its own: `anki_maker.py FOLDER < plan`.

The plan is JSON: {"notes": [...], "days": 20, "seed": 1, "fsrs": true, "steps": [...], "exports": [...]}.
Cards are answered by Anki's scheduler; a day passes by moving everything that happened a day back. What
Anki says of each card in the end is written to FOLDER/facts.json, the packages beside it.
"""

import json
import os
import random
import sys
import time
from pathlib import Path

from anki.collection import Collection, ExportAnkiPackageOptions  # first: the others need it loaded

from anki.cards import Card  # isort: skip

DAY = 86_400


def note_type(col, told):
    """A note type of the collection, made first where it is described."""
    if isinstance(told, str):
        return col.models.by_name(told)
    known = col.models.by_name(told["name"])
    if known:
        return known
    made = col.models.new(told["name"])
    for name in told["fields"]:
        col.models.add_field(made, col.models.new_field(name))
    for name, front, back in told["templates"]:
        template = col.models.new_template(name)
        template["qfmt"], template["afmt"] = front, back
        col.models.add_template(made, template)
    col.models.add(made)
    return col.models.by_name(told["name"])


def add_notes(col, notes):
    """Add notes; a `guid` makes them findable."""
    for told in notes:
        note = col.new_note(note_type(col, told["type"]))
        for place, text in enumerate(told["fields"]):
            note.fields[place] = text
        if "guid" in told:
            note.guid = told["guid"]
        note.tags = told.get("tags", [])
        col.add_note(note, col.decks.id(told.get("deck", "Default")))


def pass_a_day(path):
    """Move what happened a day back, so that today is the next day."""
    col = Collection(path)
    col.db.execute(f"UPDATE col SET crt = crt - {DAY}")
    col.db.execute(f"UPDATE revlog SET id = id - {DAY * 1000}")
    col.db.execute(f"UPDATE cards SET due = due - {DAY}, mod = mod - {DAY} WHERE due > 1000000000")
    for card, data in col.db.all("SELECT id, data FROM cards WHERE data LIKE '%lrt%'"):
        told = json.loads(data)
        told["lrt"] -= DAY
        col.db.execute("UPDATE cards SET data = ? WHERE id = ?", json.dumps(told), card)
    col.close()


def study(path, rng, weights):
    """Answer all that is due in every deck, at most 60 answers a deck."""
    col = Collection(path)
    for deck in col.decks.all_names_and_ids():
        col.decks.select(deck.id)
        study_deck(col, rng, weights)
    col.close()


def study_deck(col, rng, weights):
    """Answer what is due in the chosen deck."""
    for _ in range(60):
        queue = col.sched.get_queued_cards(fetch_limit=1)
        if not queue.cards:
            break
        told = queue.cards[0]
        card = Card(col, backend_card=told.card)
        card.start_timer()
        rating = rng.choices([0, 1, 2, 3], weights)[0]
        answer = col.sched.build_answer(card=card, states=told.states, rating=rating)
        answer.milliseconds_taken = rng.randrange(1_000, 20_000)
        col.sched.answer_card(answer)


def facts(col):
    """What Anki says of each card."""
    today = int((time.time() - 4 * 3600) // DAY)
    found = []
    for card_id in col.find_cards(""):
        card = col.get_card(card_id)
        memory = col.compute_memory_state(card_id)
        due = card.odue or card.due if card.odid else card.due
        found.append(
            {
                "guid": card.note().guid,
                "ord": card.ord,
                "type": card.type,
                "queue": card.queue,
                "due_day": today + due - col.sched.today if card.type == 2 else None,
                "due_at": due if card.type in (1, 3) and due > 1e9 else None,
                "stability": memory.stability,
                "difficulty": memory.difficulty,
                "answers": col.db.scalar(
                    "SELECT count() FROM revlog WHERE cid = ? AND ease > 0 AND (type <> 3 OR factor <> 0)",
                    card_id,
                ),
                "flags": card.flags & 7,
                "deck": col.decks.name(card.odid or card.did),
            }
        )
    return found


def export(col, folder, name):
    """Write a package: `new` in the latest format, `old` in the one before."""
    kind, suffix = name.split(".")
    path = str(folder / name)
    legacy = kind.startswith("old")
    if suffix == "colpkg":
        col.export_collection_package(path, True, legacy)
        col.reopen()
        return
    options = ExportAnkiPackageOptions(
        with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy
    )
    col.export_anki_package(out_path=path, options=options, limit=None)


def main():
    """Carry out the plan."""
    folder, plan = Path(sys.argv[1]), json.load(sys.stdin)
    path = str(folder / "made.anki2")
    col = Collection(path)
    if plan.get("fsrs"):
        col.set_config("fsrs", True)
    if "preset" in plan:
        config = col.decks.get_config(1)
        config.update({key: value for key, value in plan["preset"].items() if key not in {"new", "lapse"}})
        for part in ("new", "lapse"):
            config[part].update(plan["preset"].get(part, {}))
        col.decks.update_config(config)
    for name, text in plan.get("media", {}).items():
        col.media.write_data(name, text.encode())
    add_notes(col, plan.get("notes", []))
    col.close()
    rng = random.Random(plan.get("seed", 1))  # noqa: S311 - no secret is made
    for day in range(plan.get("days", 0)):
        if day:
            pass_a_day(path)
        study(path, rng, plan.get("weights", [15, 15, 60, 10]))
    for _ in range(plan.get("pause", 0)):
        pass_a_day(path)
    col = Collection(path)
    # Whatever else is to be done, in Python, with `col` at hand.
    exec(plan.get("then", ""), {"col": col, "json": json, "folder": folder})  # noqa: S102 - what a test says
    col.close()
    col = Collection(path)
    (folder / "facts.json").write_text(json.dumps(facts(col)))
    for name in plan.get("exports", []):
        export(col, folder, name)
    col.close()


if __name__ == "__main__":
    os.umask(0o077)
    main()
