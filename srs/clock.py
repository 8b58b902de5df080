"""The clock and the random source, the one place they are made; everything else is handed them."""

from __future__ import annotations

import os
import time


def now_ms() -> int:
    """The moment, in ms since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def random_bits(count: int) -> int:
    """A random whole number of `count` bits from the system's source."""
    size = (count + 7) // 8
    return int.from_bytes(os.urandom(size), "big") >> (size * 8 - count)
