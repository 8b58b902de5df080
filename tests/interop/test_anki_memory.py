"""What an answer of a package takes while it is on its way in: bytes, counted by the allocator."""

import tracemalloc
from zoneinfo import ZoneInfo

from srs.anki_log import history_of
from srs.days import StudyDays
from srs.history_lines import Calendar
from srs.interop.anki_words import AnkiCard, LogRow, card_of

ROWS = 2_000
DAY_MS = 86_400_000
FIRST = 1_600_000_000_000
NOW = FIRST + ROWS * DAY_MS
MOST_BYTES = 250
"""Of an answer: its row and its line together."""


def told(count):
    """A card as the process that reads a package tells it, with so many answers."""
    card = dict.fromkeys(AnkiCard._fields, 0)
    rows = [
        [FIRST + place * DAY_MS, 3, place, place - 1, 300, 5_000, int(place > 0)] for place in range(count)
    ]
    return card | {"rows": rows, "tags": [], "media": [], "traits": [], "type": 2}


def test_answers_on_their_way_in_are_packed():
    """A row and the line made of it take few bytes more than their numbers."""
    calendar, said = Calendar(StudyDays(ZoneInfo("UTC"), 4)), told(ROWS)
    history_of(card_of(told(ROWS)), calendar, NOW)  # the calendar keeps the days it has seen
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        card = card_of(said)
        history = history_of(card, calendar, NOW)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(card.rows) == len(history.events) == ROWS
    assert (after - before) / ROWS < MOST_BYTES


def test_packed_rows_are_the_rows_told():
    """Rows and parts of them read back as they were."""
    rows = card_of(told(5)).rows
    assert list(rows) == [LogRow(*row) for row in told(5)["rows"]]
    assert rows[-1] == list(rows)[-1]
    assert list(rows[:1]) == list(rows)[:1]


def test_packed_lines_are_one_by_one_what_they_are_together():
    """A line by its place, from either end, in a slice, and as the last that is kept."""
    events = history_of(card_of(told(5)), Calendar(StudyDays(ZoneInfo("UTC"), 4)), NOW).events
    together = list(events)
    assert [events[place] for place in range(5)] == together
    assert list(events[1:3]) == together[1:3]
    events.keep_last()
    assert list(events) == together[-1:]
