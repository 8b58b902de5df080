"""Write `tests/schemas/N.sql`: a database of the newest schema with a lived-in log, as SQL.

Run it once when schema N is about to be released: `python tests/schema_dump.py`. A dump that has been
released is never written again.
"""

import sqlite3
import tempfile
from pathlib import Path

from world import Clock, Written, answer_next, deck_of, open_at, started

from srs.intake import import_decks
from srs.model import ActKind, Rating
from srs.settings import Settings
from srs.store.peek import SCHEMA

RATINGS = (Rating.GOOD, Rating.AGAIN, Rating.EASY, Rating.HARD, Rating.GOOD)


def live_a_while(folder):
    """Make `cards.db` in a folder: answers on several days, undone and redone, acts, a rename."""
    clock = Clock()
    deck = deck_of(folder, "registry", 6, retention=0.85)
    deck.cards[0].tags = ("identity", "security")
    deck.write()
    with open_at(folder / "cards.db", clock, create=True, settings=Settings(leech="suspend")) as collection:
        import_decks(collection, [deck.path])
        for day in range(4):
            review = started(collection)
            for number in range(8):
                if review.next(clock()) is None:
                    break
                answer_next(review, clock, RATINGS[(day + number) % len(RATINGS)])
                clock.advance(minutes=3)
            collection.undo()
            clock.advance(days=1)
        collection.redo()
        for kind, name in ((ActKind.SUSPEND, "c1"), (ActKind.FORGET, "c2"), (ActKind.FLAG, "c3")):
            collection.act(kind, collection.find(f"registry/{name}").key)
        collection.act(ActKind.BURY, collection.find("registry/c5").key, day=clock.today + 1)
        deck.cards[0].was, deck.cards[0].id = ("c0",), "image-digest"
        deck.cards[3:4] = [Written("fresh")]
        deck.write()
        import_decks(collection, [deck.path])
        answer_next(started(collection), clock, Rating.GOOD)


def statements(plain):
    """The database as SQL; its word index is made, but what is in it cannot be dumped."""
    index = "card_fts"
    for statement in plain.iterdump():
        if statement.startswith("INSERT INTO sqlite_master") or "PRAGMA writable_schema" in statement:
            continue
        if index not in statement:
            yield statement
    (made,) = plain.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone()
    yield f"{made};"


def main():
    """Write the dump of the newest schema."""
    target = Path(__file__).parent / "schemas" / f"{SCHEMA}.sql"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        live_a_while(Path(name))
        plain = sqlite3.connect(Path(name) / "cards.db")
        plain.execute("UPDATE deck SET path = '/home/me/decks/registry.toml'")
        plain.execute("DELETE FROM card_search")
        target.write_text("\n".join(statements(plain)) + "\n", encoding="utf-8")
        plain.close()


if __name__ == "__main__":
    main()
