"""The process that fits: `python -m srs.fitting_child` reads answers from stdin and tells on stdout.

First a line of JSON: the length and type of each array, the parameters in force and the seed; then the
arrays themselves, byte by byte. Out come lines of JSON: `{"done": 0.4}` now and then, and at the end
`{"found": …}`. A process of its own, because fsrs-rs can neither be stopped nor be trusted not to
panic, and because a fit must not leave its memory behind.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from srs.fitting_items import Answers
from srs.fitting_work import work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Half of what the arrays take in memory; a study day and a card's number fit into 32 bits.
_ON_THE_WIRE = {
    "card": np.int32,
    "study_day": np.int32,
    "at": np.int64,
    "rating": np.int8,
    "interval_before": np.int32,
}


def write_request(
    to: IO[bytes], answers: Answers, current: Sequence[float], *, fitted_until: int | None, seed: int
) -> None:
    """What the process is to do, as it reads it."""
    _, card = np.unique(answers.card, return_inverse=True)
    arrays = answers.arrays | {"card": card}
    head = {
        "arrays": list(arrays),
        "count": len(answers),
        "current": list(current),
        "fitted_until": fitted_until,
        "seed": seed,
    }
    to.write(json.dumps(head).encode() + b"\n")
    for name, array in arrays.items():
        to.write(array.astype(_ON_THE_WIRE[name]).data)
    to.flush()


def read_request(source: IO[bytes]) -> tuple[Answers, dict[str, Any]]:
    """The answers and the rest of a request."""
    head = json.loads(source.readline())
    arrays = {}
    for name in head["arrays"]:
        kind = np.dtype(_ON_THE_WIRE[name])
        arrays[name] = np.frombuffer(source.read(head["count"] * kind.itemsize), dtype=kind)
    return Answers(**arrays), head


def main() -> None:
    """Do what stdin asks for."""
    # Ctrl-C reaches every process of a terminal; this one ends there, also in the middle of the library.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answers, head = read_request(sys.stdin.buffer)
    found = work(
        answers,
        head["current"],
        fitted_until=head["fitted_until"],
        seed=head["seed"],
        tell=_teller("done"),
    )
    _teller("found")(found.as_json())


def _teller(name: str) -> Callable[[Any], None]:
    def tell(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        sys.stdout.write(json.dumps({name: value}) + "\n")
        sys.stdout.flush()

    return tell


if __name__ == "__main__":
    main()
