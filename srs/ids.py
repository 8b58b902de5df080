"""Names that last: card keys (UUIDv5 of a name) and line ids (UUIDv7, the order of the log).

`uuid.uuid7` is only in Python 3.14, and `uuid` itself costs 5 ms to import, which the quick look
cannot spare; both layouts are short enough to write from RFC 9562.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha1
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE = bytes.fromhex("6f0c2b6c1f0d5f0e9a4b8d1be7c3a5f2")
"""The namespace of all card keys; changing it would orphan every history."""

# Made once: `json.dumps` would make one for each of the 100,000 keys of a large deck.
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_BITS = 74


def card_key(deck: str, card_id: str, variant: str = "", generation: int = 1) -> bytes:
    """The 16-byte key of a card's first name: UUIDv5 over the JSON array `[deck, id, variant]`.

    A name that was given up by a rename and taken by another card gets `generation` 2, 3, … as a
    fourth element, because the first key went with the renamed card.
    """
    name = [deck, card_id, variant] if generation == 1 else [deck, card_id, variant, generation]
    return uuid5(_compact(name))


def anki_key(guid: str, number: int) -> bytes:
    """The key of a card of an Anki note: UUIDv5 over the JSON array `["anki", guid, number]` (LOG §1).

    `number` is that of its template or hole, from 0.
    """
    return uuid5(_compact(["anki", guid, number]))


def note_guid(entry: bytes, kind: str = "") -> str:
    """The GUID of the note that an entry is in Anki, by its 16 bytes; notes of a `kind` get another.

    It is what an export writes and what an import knows the entry by again.
    """
    made = uuid5(json.dumps(["note", entry.hex(), kind])) if kind else entry
    return urlsafe_b64encode(made).decode().rstrip("=")


def uuid5(name: str) -> bytes:
    """The UUIDv5 of a name in this project's namespace (RFC 9562 §5.5)."""
    digest = bytearray(sha1(NAMESPACE + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


def uuid7(ms: int, random_bits: int) -> bytes:
    """A UUIDv7 of a moment (ms since 1970 UTC) and 74 random bits (RFC 9562 §5.7)."""
    random_bits &= (1 << _RANDOM_BITS) - 1
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    return ((ms & ((1 << 48) - 1)) << 80 | _VERSION_7 | high << 64 | _VARIANT | low).to_bytes(16, "big")


def id_ms(line_id: bytes) -> int:
    """The milliseconds a line id was made from."""
    return int.from_bytes(line_id[:6], "big")


def next_line_id(now: int, newest: bytes | None, random_bits: Callable[[int], int]) -> bytes:
    """An id above every id this database has seen, whatever the clock says (LOG §1).

    `newest` is the greatest id seen. With a clock that stands or went back, the milliseconds stay
    those of `newest` and its random part counts up by a random step, so that two devices that share
    a newest line still make different ids.
    """
    if newest is None or now > id_ms(newest):
        # The top bit is left clear so that counting up has room within one millisecond.
        return uuid7(now, random_bits(_RANDOM_BITS - 1))
    value = int.from_bytes(newest, "big")
    counter = (value >> 64 & 0xFFF) << 62 | value & ((1 << 62) - 1)
    counter += 1 + random_bits(32)
    return uuid7(id_ms(newest) + (counter >> _RANDOM_BITS), counter)
